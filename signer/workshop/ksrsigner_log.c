#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ksr/base/text.h"
#include "ksr/base/words.h"
#include "signer/workshop/ksrsigner_log.h"

#define SPACES     " \t"
#define SEPARATORS " \t,"
#define DIGITS     "0123456789"

struct reading {
	const char *name;
	struct ksrsigner_log *log;
	size_t line;
	char title[LOG_TITLE_MAX + 1]; /* the last line not understood */
};

static bool
refuse(const struct reading *reading, struct err *err, const char *what)
{
	return err_set(
	    err, E_INPUT, "%s:%zu: %s", reading->name, reading->line, what);
}

static void
cut_into(char ret[LOG_TITLE_MAX + 1], const char *text, size_t len)
{
	while (len > 0 && text[len - 1] == ' ')
		len--;
	if (len > LOG_TITLE_MAX)
		len = LOG_TITLE_MAX;
	memcpy(ret, text, len);
	ret[len] = '\0';
}

/* The text after "2017-10-18T21:04:05Z: [info]"; NULL if it is no such line. */
static char *
after_older(char *line)
{
	char stamp[sizeof("2017-10-18T21:04:05Z")] = "";
	size_t len = sizeof(stamp) - 1;
	int64_t time;
	char *end;

	if (strlen(line) < len)
		return NULL;
	memcpy(stamp, line, len);
	if (!time_parse(stamp, &time) || strncmp(line + len, ": [", 3) != 0)
		return NULL;
	end = strchr(line + len + 3, ']');
	return end == NULL ? NULL : end + 1;
}

/* The text after "2019-02-27 22:27:18,384: kskm.module: INFO". */
static char *
after_newer(char *line)
{
	char stamp[sizeof("2019-02-27T22:27:18")] = "";
	size_t len = sizeof(stamp) - 1;
	int64_t time;
	char *at;

	if (strlen(line) < len || line[10] != ' ')
		return NULL;
	memcpy(stamp, line, len);
	stamp[10] = 'T';
	at = line + len;
	if (!time_parse(stamp, &time) || *at != ',')
		return NULL;
	at++;
	if (strspn(at, DIGITS) != 3 || strncmp(at + 3, ": ", 2) != 0)
		return NULL;
	at = strstr(at + 5, ": ");
	if (at == NULL)
		return NULL;
	at += 2;
	return at + strcspn(at, " ");
}

static char *
message_of(struct reading *reading, char *line)
{
	char *message = after_older(line);

	if (message != NULL) {
		reading->log->n_older++;
	} else {
		message = after_newer(line);
		if (message != NULL)
			reading->log->n_newer++;
		else
			message = line;
	}
	return message + strspn(message, SPACES);
}

/* Cuts the next word off *rest; NULL where there is none. */
static char *
next_word(char **rest, const char *separators)
{
	char *word = *rest + strspn(*rest, separators);
	size_t len = strcspn(word, separators);

	if (len == 0)
		return NULL;
	*rest = word + len;
	if (**rest != '\0')
		*(*rest)++ = '\0';
	return word;
}

/* What signs or is revoked is published, whether the log says so or not. */
static bool
role_parse(const char *text, char ret[3])
{
	bool revoked = strchr(text, 'R') != NULL;
	bool signs = strchr(text, 'S') != NULL;

	if (text[0] == '\0' || strlen(text) > 3 ||
	    strspn(text, "SPR") != strlen(text))
		return false;
	if (revoked)
		*ret++ = 'R';
	if (signs)
		*ret++ = 'S';
	if (!revoked && !signs)
		*ret++ = 'P';
	*ret = '\0';
	return true;
}

/* 19036(Kjqmt7v)/S: label and role may be missing, the tag may not. */
static bool
ksk_parse(char *text, struct log_ksk *ret)
{
	struct log_ksk ksk = { 0 };
	char *role = strrchr(text, '/'), *label = strchr(text, '(');
	uint64_t tag;

	if (role != NULL) {
		*role++ = '\0';
		if (!role_parse(role, ksk.role))
			return false;
	}
	if (label != NULL) {
		size_t len = strlen(++label);

		if (len < 2 || len - 1 > ID_MAX || label[len - 1] != ')')
			return false;
		memcpy(ksk.label, label, len - 1);
		label[-1] = '\0';
	}
	if (!number_parse(text, UINT16_MAX, &tag))
		return false;
	ksk.tag = (uint16_t)tag;
	*ret = ksk;
	return true;
}

/* The tags of both columns; KSKs are told by what stands after the tag. */
static bool
keys_parse(char *text, struct log_row *row, struct log_ksk *ksks)
{
	uint64_t tag;
	char *item;

	while ((item = next_word(&text, SEPARATORS)) != NULL) {
		if (row->n_zsks + row->n_ksks == BUNDLE_KEYS_MAX)
			return false;
		if (strpbrk(item, "(/") != NULL) {
			if (!ksk_parse(item, &ksks[row->n_ksks]))
				return false;
			row->n_ksks++;
		} else {
			if (row->n_ksks > 0 ||
			    !number_parse(item, UINT16_MAX, &tag))
				return false;
			row->zsks[row->n_zsks++] = (uint16_t)tag;
		}
	}
	return row->n_zsks > 0;
}

static bool
row_parse(char *text, struct log_row *row, struct log_ksk *ksks)
{
	const char *slot = next_word(&text, SPACES);
	const char *inception = next_word(&text, SPACES);
	const char *expiration = next_word(&text, SPACES);

	return slot != NULL && inception != NULL && expiration != NULL &&
	    number_parse(slot, BUNDLES_MAX, &row->slot) &&
	    time_parse(inception, &row->inception) &&
	    time_parse(expiration, &row->expiration) &&
	    keys_parse(text, row, ksks);
}

/* "#  Inception  Expiration" and whatever the generation calls the rest. */
static bool
is_heading(char *text)
{
	static const char *const columns[] = { "#", "Inception", "Expiration" };
	const char *word;

	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		word = next_word(&text, SPACES);
		if (word == NULL || strcmp(word, columns[i]) != 0)
			return false;
	}
	return true;
}

static bool
add_table(struct reading *reading, struct err *err)
{
	struct ksrsigner_log *log = reading->log;
	struct log_table *table;

	if (log->n_tables == LOG_TABLES_MAX)
		return refuse(reading, err, "too many tables");
	table = &log->tables[log->n_tables++];
	table->line = reading->line;
	memcpy(table->title, reading->title, sizeof(table->title));
	reading->title[0] = '\0';
	return true;
}

static bool
add_row(struct reading *reading, struct log_row row, const struct log_ksk *ksks,
    struct err *err)
{
	struct ksrsigner_log *log = reading->log;
	struct log_table *table = &log->tables[log->n_tables - 1];
	struct log_row *rows;

	if (table->n_rows == BUNDLES_MAX)
		return refuse(reading, err, "too many rows in one table");
	row.line = reading->line;
	row.ksks = calloc(row.n_ksks + 1, sizeof(*row.ksks));
	rows = realloc(table->rows, (table->n_rows + 1) * sizeof(*rows));
	if (rows != NULL)
		table->rows = rows;
	if (row.ksks == NULL || rows == NULL) {
		free(row.ksks);
		return err_set(err, E_MEMORY, "out of memory");
	}
	memcpy(row.ksks, ksks, row.n_ksks * sizeof(*ksks));
	rows[table->n_rows++] = row;
	return true;
}

/* 64 hex digits that are a word of their own; NULL if there are none. */
static char *
find_hash(char *message)
{
	static const char hex[] = DIGITS "abcdefABCDEF";
	char *at = message;

	while (*at != '\0') {
		size_t len = strcspn(at, SPACES);

		if (len == 2 * SHA256_SIZE && strspn(at, hex) == len)
			return at;
		at += len;
		at += strspn(at, SPACES);
	}
	return NULL;
}

/*
 * Whether the text is the hash in words: "WORDS w w ...", ">> w w ... <<" or,
 * unmarked, nothing but words.
 */
static enum log_words
words_of(const uint8_t sha256[SHA256_SIZE], char *text)
{
	uint8_t digest[SHA256_SIZE];
	bool marked = true;
	struct err err;
	char *end;

	text += strspn(text, SPACES);
	if (strncmp(text, "WORDS ", 6) == 0)
		text += 6;
	else if (strncmp(text, ">>", 2) == 0)
		text += 2;
	else
		marked = false;
	end = strstr(text, "<<");
	if (end != NULL && end[2 + strspn(end + 2, SPACES)] == '\0')
		*end = '\0';
	if (!words_parse(text, digest, sizeof(digest), &err))
		return marked ? WORDS_DIFFER : WORDS_NONE;
	return memcmp(digest, sha256, sizeof(digest)) == 0 ? WORDS_MATCH
							   : WORDS_DIFFER;
}

static bool
add_hash(struct reading *reading, char *message, char *digits, struct err *err)
{
	struct ksrsigner_log *log = reading->log;
	struct log_hash *hash;
	char *rest = digits + 2 * SHA256_SIZE;

	if (log->n_hashes == LOG_HASHES_MAX)
		return refuse(reading, err, "too many hashes");
	hash = &log->hashes[log->n_hashes];
	hash->line = reading->line;
	cut_into(hash->title, message, (size_t)(digits - message));
	if (*rest != '\0')
		*rest++ = '\0';
	if (!hex_parse(digits, hash->sha256, sizeof(hash->sha256)))
		return refuse(reading, err, "not a SHA-256");
	hash->words = words_of(hash->sha256, rest);
	log->n_hashes++;
	return true;
}

/* The words of a hash may stand on the line after it. */
static bool
take_words(struct reading *reading, char *message)
{
	struct ksrsigner_log *log = reading->log;
	struct log_hash *last;
	enum log_words words;

	if (log->n_hashes == 0)
		return false;
	last = &log->hashes[log->n_hashes - 1];
	if (last->words != WORDS_NONE || reading->line != last->line + 1)
		return false;
	words = words_of(last->sha256, message);
	last->words = words;
	return words != WORDS_NONE;
}

/* A copy that may be cut into words. */
static char *
copy_of(const char *message, char copy[LOG_TEXT_MAX + 1])
{
	return memcpy(copy, message, strlen(message) + 1);
}

static bool
take_message(struct reading *reading, const char *message, struct err *err)
{
	struct ksrsigner_log *log = reading->log;
	struct log_ksk ksks[BUNDLE_KEYS_MAX];
	char copy[LOG_TEXT_MAX + 1];
	struct log_row row = { 0 };
	char *digits;

	if (message[0] == '\0')
		return true;
	if (is_heading(copy_of(message, copy)))
		return add_table(reading, err);
	if (log->n_tables > 0 && row_parse(copy_of(message, copy), &row, ksks))
		return add_row(reading, row, ksks, err);
	digits = find_hash(copy_of(message, copy));
	if (digits != NULL)
		return add_hash(reading, copy, digits, err);
	if (take_words(reading, copy))
		return true;
	cut_into(reading->title, message, strlen(message));
	log->n_other++;
	return true;
}

static bool
is_printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((text[i] < 0x20 || text[i] > 0x7e) && text[i] != '\t')
			return false;
	return true;
}

static bool
take_line(struct reading *reading, struct bytes bytes, struct err *err)
{
	char line[LOG_TEXT_MAX + 1];
	size_t len = bytes.len;

	reading->line = ++reading->log->n_lines;
	if (len > 0 && bytes.data[len - 1] == '\r')
		len--;
	if (len > LOG_TEXT_MAX ||
	    !is_printable((const char *)bytes.data, len)) {
		reading->log->n_other++;
		return true;
	}
	memcpy(line, bytes.data, len);
	line[len] = '\0';
	return take_message(reading, message_of(reading, line), err);
}

static bool
read_lines(struct reading *reading, struct bytes text, struct err *err)
{
	while (text.len > 0) {
		const uint8_t *end = memchr(text.data, '\n', text.len);
		size_t len = end == NULL ? text.len : (size_t)(end - text.data);

		if (!take_line(reading, (struct bytes){ text.data, len }, err))
			return false;
		if (end != NULL)
			len++;
		text.data += len;
		text.len -= len;
	}
	return true;
}

static bool
has_word(const char *text, const char *word)
{
	size_t len = strlen(word);
	const char *at = text;

	for (; (at = strcasestr(at, word)) != NULL; at++)
		if ((at == text || !isalnum((unsigned char)at[-1])) &&
		    !isalnum((unsigned char)at[len]))
			return true;
	return false;
}

static bool
has_ksks(const struct log_table *table)
{
	for (size_t i = 0; i < table->n_rows; i++)
		if (table->rows[i].n_ksks > 0)
			return true;
	return false;
}

/*
 * A request has no KSKs.  Of two responses the one before the request's table
 * is the previous one, unless the text before it says so in words.
 */
static void
name_tables(struct ksrsigner_log *log)
{
	bool requested = false;

	for (size_t i = 0; i < log->n_tables; i++) {
		struct log_table *table = &log->tables[i];

		if (!has_ksks(table)) {
			table->kind = LOG_REQUEST;
			requested = true;
		} else if (has_word(table->title, "previous") ||
		    has_word(table->title, "last")) {
			table->kind = LOG_PREVIOUS;
		} else if (has_word(table->title, "new") || requested) {
			table->kind = LOG_RESPONSE;
		} else {
			table->kind = LOG_PREVIOUS;
		}
	}
}

bool
ksrsigner_log_read(struct bytes text, const char *name,
    struct ksrsigner_log **ret, struct err *err)
{
	struct reading reading = { .name = name };
	bool ok;

	reading.log = calloc(1, sizeof(*reading.log));
	if (reading.log == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	ok = read_lines(&reading, text, err);
	if (ok && reading.log->n_tables == 0 && reading.log->n_hashes == 0)
		ok = err_set(err, E_INPUT,
		    "%s: %zu lines, and neither a table nor a hash in them: "
		    "not the log of a ceremony",
		    name, reading.log->n_lines);
	if (!ok) {
		ksrsigner_log_free(reading.log);
		return false;
	}
	name_tables(reading.log);
	*ret = reading.log;
	return true;
}

void
ksrsigner_log_free(struct ksrsigner_log *log)
{
	if (log == NULL)
		return;
	for (size_t i = 0; i < log->n_tables; i++) {
		for (size_t k = 0; k < log->tables[i].n_rows; k++)
			free(log->tables[i].rows[k].ksks);
		free(log->tables[i].rows);
	}
	free(log);
}
