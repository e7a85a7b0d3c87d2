/*
 * Signals in a DNS message.  Of a busy server's queries nearly none is one, so a
 * look at the header and the question's name comes first; what may be one is
 * taken apart by ldns, whole.
 */
#include <ldns/ldns.h>

#include "ksr/base/cursor.h"
#include "signer/readiness/reading.h"

#define HEADER_SIZE    12u
#define OPTION_KEY_TAG 14u /* edns-key-tag, RFC 8145 section 4.1 */

struct question {
	struct bytes name; /* wire form, uncompressed */
	uint16_t type, class;
	bool additional; /* something stands behind question and answers */
};

enum looked {
	LOOKED_OTHER, /* a response, a notification: nothing of ours */
	LOOKED_QUERY,
	LOOKED_MALFORMED,
};

/* The name before the cursor's place; empty where it is malformed. */
static struct bytes
take_name(struct cursor *cursor)
{
	struct bytes name = { cursor->rest.data, 0 };
	uint8_t len;

	do {
		len = cursor_u8(cursor);
		/* Nothing stands before a question that it could point to. */
		if (cursor->failed || len > 63)
			return (struct bytes){ NULL, 0 };
		(void)cursor_take(cursor, len);
		name.len += len + 1u;
	} while (len > 0);
	if (cursor->failed || name.len > DNAME_WIRE_MAX)
		return (struct bytes){ NULL, 0 };
	return name;
}

static enum looked
look_at(struct bytes wire, struct question *ret)
{
	struct cursor cursor = cursor_new(wire);
	uint16_t flags, n_questions, n_additional;

	(void)cursor_u16(&cursor);
	flags = cursor_u16(&cursor);
	n_questions = cursor_u16(&cursor);
	(void)cursor_take(&cursor, 4);
	n_additional = cursor_u16(&cursor);
	if (cursor.failed)
		return LOOKED_MALFORMED;
	if ((flags & 0xf800) != 0 || n_questions != 1)
		return LOOKED_OTHER;
	ret->name = take_name(&cursor);
	ret->type = cursor_u16(&cursor);
	ret->class = cursor_u16(&cursor);
	ret->additional = n_additional > 0;
	return cursor.failed || ret->name.len == 0 ? LOOKED_MALFORMED
						   : LOOKED_QUERY;
}

/* The tags of an EDNS option; false where it holds none, or half of one. */
static bool
option_tags(struct bytes data, struct tag_set *ret)
{
	struct cursor cursor = cursor_new(data);
	struct tag_set set = { 0 };

	if (data.len == 0 || data.len % 2 != 0)
		return false;
	while (!cursor_done(&cursor))
		if (!tag_set_add(&set, cursor_u16(&cursor)))
			return false;
	*ret = set;
	return true;
}

static void
find_option(struct reading *reading, const struct sender *sender,
    const ldns_rdf *options)
{
	struct cursor cursor = cursor_new((struct bytes){
	    ldns_rdf_data(options), ldns_rdf_size(options) });
	struct tag_set set;

	while (!cursor_done(&cursor) && !cursor.failed) {
		uint16_t code = cursor_u16(&cursor);
		struct bytes data = cursor_take(&cursor, cursor_u16(&cursor));

		if (cursor.failed || code != OPTION_KEY_TAG)
			continue;
		if (option_tags(data, &set))
			reading_signal(
			    reading, sender, &set, COUNT_SIGNALS_EDNS);
		else
			reading_count(reading, SKIP_OPTION);
	}
	if (cursor.failed)
		reading_count(reading, SKIP_MESSAGE);
}

/* A message that may hold a signal, whole: all of it must be well formed. */
static void
take_apart(struct reading *reading, const struct sender *sender,
    struct bytes wire, const struct question *question, bool named)
{
	ldns_pkt *packet = NULL;
	const ldns_rdf *options;

	if (ldns_wire2pkt(&packet, wire.data, wire.len) != LDNS_STATUS_OK) {
		reading_count(reading, SKIP_MESSAGE);
		return;
	}
	if (named)
		reading_name(reading, sender, question->name,
		    question->type, question->class);
	options = ldns_pkt_edns_data(packet);
	if (!named && options != NULL)
		find_option(reading, sender, options);
	ldns_pkt_free(packet);
}

void
reading_message(struct reading *reading, const struct sender *sender,
    struct bytes wire)
{
	struct question question = { 0 };
	bool named, tagged;

	switch (look_at(wire, &question)) {
	case LOOKED_OTHER:
		return;
	case LOOKED_MALFORMED:
		reading_count(reading, SKIP_MESSAGE);
		return;
	case LOOKED_QUERY:
		break;
	}
	reading_count(reading, COUNT_QUERIES);
	named = name_is_signal(question.name);
	/* RFC 8145 section 4.2: of the zone whose keys are asked for. */
	tagged = question.additional && question.type == TYPE_DNSKEY &&
	    question.class == CLASS_IN &&
	    reading_is_zone(reading, question.name);
	if (named || tagged)
		take_apart(reading, sender, wire, &question, named);
}
