#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <strings.h>

#include "ksr/readiness/day.h"
#include "signer/readiness/reading.h"

void
reading_free(struct reading *reading)
{
	tally_free(&reading->summary.tally);
	buf_free(&reading->hash_key);
}

void
reading_count(struct reading *reading, enum count count)
{
	reading->summary.counts.n[count]++;
}

/* The source as the summary names it; false if the library cannot hash. */
static bool
name_source(const struct reading *reading, struct source *source)
{
	const struct source_naming *naming = &reading->summary.naming;
	uint8_t digest[EVP_MAX_MD_SIZE];
	size_t len = source->family == 4 ? 4 : SOURCE_OCTETS;

	source_mask(naming, source);
	if (naming->form != SOURCE_HASH)
		return true;
	if (HMAC(EVP_sha256(), reading->hash_key.data,
		(int)reading->hash_key.len, source->octets, len, digest,
		NULL) == NULL)
		return false;
	memcpy(source->octets, digest, SOURCE_OCTETS);
	source->family = 0;
	return true;
}

static enum count
transport_count(const struct sender *sender)
{
	bool six = sender->address.family == 6;

	switch (sender->transport) {
	case TRANSPORT_UDP:
		return six ? COUNT_UDP6 : COUNT_UDP4;
	case TRANSPORT_TCP:
		return six ? COUNT_TCP6 : COUNT_TCP4;
	case TRANSPORT_UNKNOWN:
		break;
	}
	return COUNT_TRANSPORT_UNKNOWN;
}

void
reading_signal(struct reading *reading, const struct sender *sender,
    const struct tag_set *set, enum count kind)
{
	struct source source = sender->address;
	int32_t day;

	if (!sender->timed || !day_of_time(sender->time, &day)) {
		reading_count(reading, SKIP_TIME);
		return;
	}
	if (day < reading->from || day > reading->until) {
		reading_count(reading, SKIP_DAY);
		return;
	}
	reading_count(reading, kind);
	reading_count(reading, transport_count(sender));
	if (!name_source(reading, &source)) {
		reading_count(reading, SKIP_ROWS);
		return;
	}
	switch (tally_add(&reading->summary.tally, day, &source, set)) {
	case TALLY_ADDED:
		break;
	case TALLY_MORE_SETS:
		reading_count(reading, SKIP_SETS);
		break;
	case TALLY_NO_ROOM:
		reading_count(reading, SKIP_ROWS);
		break;
	}
}

#define SIGNAL_BEGINS "_ta-"

bool
name_is_signal(struct bytes name)
{
	size_t len = strlen(SIGNAL_BEGINS);

	return name.len > len + 1 && name.data[0] > len &&
	    strncasecmp((const char *)name.data + 1, SIGNAL_BEGINS, len) == 0;
}

bool
reading_is_zone(const struct reading *reading, struct bytes name)
{
	if (name.len != reading->zone.len)
		return false;
	/* The zone's is lower case; a label's length is no letter's octet. */
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] != reading->zone.wire[i] &&
		    (name.data[i] < 'A' || name.data[i] > 'Z' ||
		    (name.data[i] | 0x20) != reading->zone.wire[i]))
			return false;
	return true;
}

/*
 * RFC 8145 5.1: NULL.  Who minimises names (RFC 9156 2.1) asks for them with a
 * type of these before, and never comes to NULL, since there is no such name:
 * Unbound does so by itself.
 */
static bool
is_signal_type(uint16_t type)
{
	return type == TYPE_NULL || type == TYPE_A || type == TYPE_AAAA ||
	    type == TYPE_NS;
}

void
reading_name(struct reading *reading, const struct sender *sender,
    struct bytes name, uint16_t type, uint16_t class)
{
	size_t begins = strlen(SIGNAL_BEGINS), label = name.data[0];
	struct tag_set set;

	if (!reading_is_zone(reading,
		(struct bytes){ name.data + 1 + label, name.len - 1 - label }))
		return;
	if (!is_signal_type(type) || class != CLASS_IN)
		reading_count(reading, SKIP_TYPE);
	else if (!tag_set_parse((const char *)name.data + 1 + begins,
		     label - begins, &set))
		reading_count(reading, SKIP_NAME);
	else
		reading_signal(reading, sender, &set,
		    type == TYPE_NULL ? COUNT_SIGNALS_NAME
				      : COUNT_SIGNALS_MINIMISED);
}

static bool
begins(struct bytes bytes, const char *with, size_t len)
{
	return bytes.len >= len && memcmp(bytes.data, with, len) == 0;
}

/* pcap of either order, with microseconds or nanoseconds, and pcapng. */
static bool
is_pcap(struct bytes first)
{
	static const char magic[][4] = {
		{ '\xd4', '\xc3', '\xb2', '\xa1' },
		{ '\xa1', '\xb2', '\xc3', '\xd4' },
		{ '\x4d', '\x3c', '\xb2', '\xa1' },
		{ '\xa1', '\xb2', '\x3c', '\x4d' },
		{ '\x0a', '\x0d', '\x0d', '\x0a' },
	};

	for (size_t i = 0; i < ARRAY_LEN(magic); i++)
		if (begins(first, magic[i], sizeof(magic[i])))
			return true;
	return false;
}

/* A frame stream begins with a control frame: an escape of four zeros. */
static bool
is_frames(struct bytes first)
{
	return begins(first, "\0\0\0\0", 4);
}

/* Lines of text begin with what can be read. */
static bool
is_text(struct bytes first)
{
	for (size_t i = 0; i < first.len; i++)
		if (first.data[i] < 0x20 && strchr("\t\r\n", first.data[i]) == NULL)
			return false;
	return memchr(first.data, '\0', first.len) == NULL;
}

static bool
read_any(struct reading *reading, struct stream *stream, struct err *err)
{
	struct bytes first = stream_peek(stream);

	if (first.len == 0)
		return true;
	if (is_pcap(first))
		return read_pcap(reading, stream, err);
	if (is_frames(first))
		return read_dnstap(reading, stream, err);
	if (is_text(first))
		read_log(reading, stream);
	else
		reading_count(reading, SKIP_FILE);
	return true;
}

bool
reading_file(struct reading *reading, const char *path, struct err *err)
{
	struct stream *stream;
	bool ok;

	if (!stream_open(path, &stream, err))
		return false;
	reading_count(reading, COUNT_FILES);
	ok = read_any(reading, stream, err) || err_prefix(err, "%s", path);
	if (stream_is_broken(stream))
		reading_count(reading, SKIP_GZIP);
	stream_free(stream);
	return ok;
}
