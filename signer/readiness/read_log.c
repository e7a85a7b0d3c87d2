/*
 * BIND's logs, one line a query:
 *
 *   29-Nov-2026 23:50:31.501 queries: info: client @0x7f18 192.0.2.1#36226
 *   (_ta-4a5c): view x: query: _ta-4a5c IN NULL -E(0)TK (198.51.100.1)
 *
 *   29-Nov-2026 23:50:31.549 trust-anchor-telemetry './IN' from 192.0.2.1 19036
 *
 * The second kind tells of EDNS option 14, and of signals in names too; who logs
 * both has the same row twice, which is one.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "ksr/base/text.h"
#include "signer/readiness/reading.h"

#define LINE_SIZE 4096u /* a name of 255 octets takes 1,020, and stands twice */

/* Copies the word at the text's beginning; false where it does not fit. */
static bool
take_word(const char **text, char *ret, size_t size)
{
	size_t len = strcspn(*text, " ");

	if (len == 0 || len >= size)
		return false;
	memcpy(ret, *text, len);
	ret[len] = '\0';
	*text += len;
	*text += strspn(*text, " ");
	return true;
}

/* "29-Nov-2026" becomes "2026-11-29". */
static bool
turn_date(const char *date, char ret[sizeof("2026-11-29")])
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char month[4] = "";
	const char *found;
	unsigned number;

	if (strlen(date) != strlen("29-Nov-2026") || date[2] != '-' ||
	    date[6] != '-')
		return false;
	memcpy(month, date + 3, 3);
	found = strstr(months, month);
	if (found == NULL || (found - months) % 3 != 0)
		return false;
	number = (unsigned)(found - months) / 3 + 1;
	snprintf(ret, sizeof("2026-11-29"), "%.4s-%c%c-%.2s", date + 7,
	    number < 10 ? '0' : '1', (char)('0' + number % 10), date);
	return true;
}

/*
 * The line's first words: named's own form, taken as UTC, or either of the forms
 * of ISO 8601 that it has.  Milliseconds say nothing here.
 */
static bool
line_time(const char *line, int64_t *ret)
{
	char date[40], clock[40], text[48];

	if (!take_word(&line, date, sizeof(date)))
		return false;
	if (turn_date(date, text)) {
		if (!take_word(&line, clock, sizeof(clock)))
			return false;
		clock[strcspn(clock, ".")] = '\0';
		snprintf(text + 10, sizeof(text) - 10, "T%.30s", clock);
	} else {
		size_t dot = strcspn(date, "."), rest = dot;

		rest += strspn(date + dot, ".0123456789");
		snprintf(text, sizeof(text), "%.*s%s", (int)dot, date,
		    date + rest);
	}
	return time_parse(text, ret);
}

static bool
parse_address(const char *text, struct source *ret)
{
	*ret = (struct source){ .family = 4 };
	if (inet_pton(AF_INET, text, ret->octets) == 1)
		return true;
	ret->family = 6;
	return inet_pton(AF_INET6, text, ret->octets) == 1;
}

static struct sender
line_sender(const char *line)
{
	struct sender sender = { 0 };

	sender.timed = line_time(line, &sender.time);
	return sender;
}

/* "client @0x7f18 192.0.2.1#36226 (...": @... is of BIND 9.11 and later. */
static bool
client_address(const char *line, struct source *ret)
{
	const char *at = strstr(line, "client ");
	char word[80];

	if (at == NULL)
		return false;
	at += strlen("client ");
	if (!take_word(&at, word, sizeof(word)) ||
	    (word[0] == '@' && !take_word(&at, word, sizeof(word))))
		return false;
	if (strchr(word, '#') == NULL)
		return false;
	*strchr(word, '#') = '\0';
	return parse_address(word, ret);
}

static uint16_t
type_of(const char *text)
{
	static const struct {
		const char *text;
		uint16_t type;
	} types[] = {
		{ "NULL", TYPE_NULL },
		{ "A", TYPE_A },
		{ "AAAA", TYPE_AAAA },
		{ "NS", TYPE_NS },
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (strcmp(types[i].text, text) == 0)
			return types[i].type;
	return 0;
}

/* "_ta-4a5c IN NULL -E(0)TK": what is behind "query: ". */
static void
take_query(struct reading *reading, const char *line, const char *query)
{
	struct sender sender = line_sender(line);
	char name[DNAME_TEXT_MAX + 1], class[16], type[16], flags[32];
	struct dname dname;
	struct err why;

	if (!take_word(&query, name, sizeof(name)) ||
	    !take_word(&query, class, sizeof(class)) ||
	    !take_word(&query, type, sizeof(type)) ||
	    !take_word(&query, flags, sizeof(flags)) ||
	    !client_address(line, &sender.address)) {
		reading_count(reading, SKIP_LINE);
		return;
	}
	if (!dname_parse(name, &dname, &why)) {
		reading_count(reading, SKIP_NAME);
		return;
	}
	sender.transport =
	    strchr(flags, 'T') == NULL ? TRANSPORT_UDP : TRANSPORT_TCP;
	reading_name(reading, &sender, (struct bytes){ dname.wire, dname.len },
	    type_of(type), strcmp(class, "IN") == 0 ? CLASS_IN : 0);
}

/* "./IN' from 192.0.2.1 19036 20326", or "_ta-4a5c/IN' from 192.0.2.1". */
static void
take_telemetry(struct reading *reading, const char *line, const char *rest)
{
	struct sender sender = line_sender(line);
	char name[DNAME_TEXT_MAX + 8], from[16], address[64];
	struct tag_set set;
	struct dname dname;
	struct bytes wire;
	struct err why;
	char *slash;

	if (!take_word(&rest, name, sizeof(name)) ||
	    (slash = strstr(name, "/IN'")) == NULL ||
	    !take_word(&rest, from, sizeof(from)) ||
	    !take_word(&rest, address, sizeof(address)) ||
	    !parse_address(address, &sender.address)) {
		reading_count(reading, SKIP_LINE);
		return;
	}
	*slash = '\0';
	if (!dname_parse(name, &dname, &why)) {
		reading_count(reading, SKIP_NAME);
		return;
	}
	wire = (struct bytes){ dname.wire, dname.len };
	if (name_is_signal(wire))
		reading_name(reading, &sender, wire, TYPE_NULL, CLASS_IN);
	else if (!reading_is_zone(reading, wire))
		return;
	else if (tag_set_parse_decimal(rest, ' ', &set))
		reading_signal(reading, &sender, &set, COUNT_SIGNALS_EDNS);
	else
		reading_count(reading, SKIP_OPTION);
}

static void
take_line(struct reading *reading, char *line)
{
	static const char query[] = " query: ",
			  telemetry[] = "trust-anchor-telemetry '";
	const char *at = strstr(line, query);

	reading_count(reading, COUNT_READ);
	if (at != NULL) {
		reading_count(reading, COUNT_QUERIES);
		at += strlen(query);
		if (strncasecmp(at, "_ta-", 4) == 0)
			take_query(reading, line, at);
		return;
	}
	at = strstr(line, telemetry);
	if (at != NULL)
		take_telemetry(reading, line, at + strlen(telemetry));
}

/* A line that does not fit is skipped to its end. */
void
read_log(struct reading *reading, struct stream *stream)
{
	char data[16 * LINE_SIZE + 1];
	size_t len = 0, got;
	bool skipping = false;

	do {
		char *line = data, *end;

		got = stream_read(stream, data + len, sizeof(data) - 1 - len);
		len += got;
		/* The last line may lack its end, unless more is missing. */
		if (got == 0 && len > 0 && !stream_is_broken(stream))
			data[len++] = '\n';
		while ((end = memchr(line, '\n',
			    len - (size_t)(line - data))) != NULL) {
			*end = '\0';
			if (!skipping)
				take_line(reading, line);
			skipping = false;
			line = end + 1;
		}
		len -= (size_t)(line - data);
		if (len > LINE_SIZE) {
			if (!skipping)
				reading_count(reading, SKIP_LONG_LINE);
			skipping = true;
			len = 0;
		}
		memmove(data, line, len);
	} while (got > 0);
}
