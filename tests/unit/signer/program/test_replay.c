/*
 * Replay against records that must keep replaying, whole and tampered with:
 * by hand, which breaks the chain or the witnessed head, and by someone who
 * writes the whole chain anew, which only replay itself can find.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "signer/program/replay.h"
#include "signer/record/laws.h"
#include "signer/show/witness.h"
#include "tests/support/support.h"

#define ROLLOVER "tests/data/records/rollover"
#define ECDSA    "tests/data/records/ecdsa"
#define SIGNED   "tests/data/records/signed"
#define COMMANDS "tests/data/records/0.1.0-commands"
#define PLAN     "tests/data/records/0.1.0-plan"
#define ROLLOVER_HEAD \
	"ea9c94ddd0bb7724c5ffb16c4295b28fc9ad050f90fc089c36ab80da188d9864"
#define ECDSA_HEAD \
	"bf7c347d4cf2710db9b4dd7983f179479e22e1c08efa9d886eacc1697b77dd9e"
#define SIGNED_HEAD \
	"877ef113ca46623dd45bf3f0bfbcc6b321f4f2c8776d0454d4c8d8fda5216804"
#define PATH_SIZE  1024
#define FILES_MAX  128
#define BYTE_CASES 320

static const char *const folders[] = { RECORD_INPUTS, RECORD_OUTPUTS };

static void
write_whole(const char *path, struct bytes content)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(
	    fwrite(content.data, 1, content.len, file), content.len);
	assert_int_equal(fclose(file), 0);
}

/* Files of a record, below its folder; returns their number. */
static size_t
list_files(const char *dir, char ret[FILES_MAX][PATH_SIZE])
{
	char path[PATH_SIZE];
	struct dirent *entry;
	size_t n = 0;

	snprintf(ret[n++], PATH_SIZE, "%s", RECORD_LOG);
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		DIR *open_dir;

		snprintf(path, sizeof(path), "%s/%s", dir, folders[i]);
		open_dir = opendir(path);
		assert_non_null(open_dir);
		while ((entry = readdir(open_dir)) != NULL) {
			if (entry->d_name[0] == '.')
				continue;
			assert_true(n < FILES_MAX);
			snprintf(ret[n++], PATH_SIZE, "%s/%.255s", folders[i],
			    entry->d_name);
		}
		closedir(open_dir);
	}
	return n;
}

/* A copy that a test may spoil. */
static char *
copy_record(const char *record)
{
	char files[FILES_MAX][PATH_SIZE], from[PATH_SIZE], to[PATH_SIZE];
	char *dir = scratch_new();
	size_t n = list_files(record, files);

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		snprintf(to, sizeof(to), "%s/%s", dir, folders[i]);
		assert_int_equal(mkdir(to, 0755), 0);
	}
	for (size_t i = 0; i < n; i++) {
		struct buf content;

		snprintf(from, sizeof(from), "%.400s/%.400s", record, files[i]);
		snprintf(to, sizeof(to), "%.400s/%.400s", dir, files[i]);
		content = read_whole(from);
		write_whole(to, buf_bytes(&content));
		buf_free(&content);
	}
	return dir;
}

/*
 * The first thing that replay with the witnessed head finds; false if nothing.
 */
static bool
finds(const char *dir, const char *head, char ret[ERR_MSG_MAX])
{
	struct witness witness = { .given = head != NULL };
	struct replay replay;
	struct err err = { 0 };
	bool found;

	ret[0] = '\0';
	if (!replay_ceremony(dir, &replay, &err)) {
		assert_true(err.code != E_MEMORY && err.code != E_INTERNAL);
		snprintf(ret, ERR_MSG_MAX, "%s", err.msg);
		return true;
	}
	if (head != NULL)
		snprintf(witness.head, sizeof(witness.head), "%s", head);
	found = replay.differences.n > 0;
	if (found)
		snprintf(
		    ret, ERR_MSG_MAX, "%s", replay.differences.list[0].text);
	if (!witness_agrees(&witness, &replay.ceremony.log, &err)) {
		if (!found)
			snprintf(ret, ERR_MSG_MAX, "%s", err.msg);
		found = true;
	}
	replay_clear(&replay);
	return found;
}

static void
assert_found(const char *dir, const char *head, const char *what, size_t i)
{
	char first[ERR_MSG_MAX];

	if (!finds(dir, head, first))
		fail_msg("%s %zu was not found", what, i);
}

static void
replay_fixed_record_agrees(void **state)
{
	static const struct {
		const char *dir, *head;
	} cases[] = { { ROLLOVER, ROLLOVER_HEAD }, { ECDSA, ECDSA_HEAD },
		{ SIGNED, SIGNED_HEAD } };
	char first[ERR_MSG_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (finds(cases[i].dir, cases[i].head, first))
			fail_msg("%s: %s", cases[i].dir, first);
}

/* --- By hand. */

enum edit { REMOVED, REPEATED, SWAPPED, INSERTED, EDITS };

static void
put_line(struct buf *log, const struct chain_line *line)
{
	buf_put(log, line->raw.data, line->raw.len);
}

/* A line as the program would write it after line i. */
static void
put_inserted(struct buf *log, const struct chain_line *after, size_t seq)
{
	buf_printf(log,
	    "{\"seq\":%zu,\"prev\":\"%s\",\"time\":\"%s\",\"event\":\"answer\","
	    "\"version\":\"%s\",\"binary\":\"%s\",\"by\":\"batch\",\"text\":"
	    "\"Yes\"}\n",
	    seq, after->hash, fact_text(after->json, "time"),
	    fact_text(after->json, "version"),
	    fact_text(after->json, "binary"));
}

static void
put_edited(
    struct buf *log, const struct chain_lines *lines, enum edit edit, size_t at)
{
	for (size_t i = 0; i < lines->n; i++) {
		const struct chain_line *line = &lines->lines[i];

		if (edit == SWAPPED && i == at) {
			put_line(log, line + 1);
			put_line(log, line);
			i++;
			continue;
		}
		if (edit != REMOVED || i != at)
			put_line(log, line);
		if (edit == REPEATED && i == at)
			put_line(log, line);
		if (edit == INSERTED && i == at)
			put_inserted(log, line, i + 2);
	}
}

static void
replay_edited_line_is_found(void **state)
{
	static const char *const names[EDITS] = { "removed line",
		"repeated line", "swapped line", "inserted line" };
	char *dir = copy_record(ROLLOVER), path[PATH_SIZE];
	struct chain_lines lines;
	struct err err;

	(void)state;
	assert_ok(chain_read(ROLLOVER "/" RECORD_LOG, &lines, &err), &err);
	snprintf(path, sizeof(path), "%.400s/%s", dir, RECORD_LOG);
	for (int edit = 0; edit < EDITS; edit++) {
		for (size_t i = 0; i < lines.n; i++) {
			struct buf log = buf_new(CHAIN_FILE_MAX);

			if (edit == SWAPPED && i + 1 == lines.n)
				continue;
			put_edited(&log, &lines, (enum edit)edit, i);
			write_whole(path, buf_bytes(&log));
			buf_free(&log);
			assert_found(dir, ROLLOVER_HEAD, names[edit], i + 1);
		}
	}
	chain_lines_clear(&lines);
	scratch_remove(dir);
}

static void
replay_spoiled_file_is_found(void **state)
{
	char files[FILES_MAX][PATH_SIZE], path[PATH_SIZE];
	char *dir = copy_record(ROLLOVER);
	size_t n = list_files(dir, files);

	(void)state;
	assert_true(n > 6);
	for (size_t i = 0; i < n; i++) {
		struct buf content;

		snprintf(path, sizeof(path), "%.400s/%.400s", dir, files[i]);
		content = read_whole(path);
		assert_int_equal(unlink(path), 0);
		assert_found(dir, ROLLOVER_HEAD, "missing file", i);
		content.data[content.len / 2] ^= 1;
		write_whole(path, buf_bytes(&content));
		assert_found(dir, ROLLOVER_HEAD, "changed file", i);
		content.data[content.len / 2] ^= 1;
		content.len--;
		write_whole(path, buf_bytes(&content));
		assert_found(dir, ROLLOVER_HEAD, "shortened file", i);
		content.len++;
		write_whole(path, buf_bytes(&content));
		buf_free(&content);
	}
	scratch_remove(dir);
}

static void
replay_extra_file_is_found(void **state)
{
	static const char *const names[] = { "extra", "inputs/extra",
		"outputs/"
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8"
		"55",
		"inputs/"
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8"
		"55",
		"outputs/.hidden" };
	char *dir = copy_record(ECDSA), path[PATH_SIZE], first[ERR_MSG_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%.400s/%s", dir, names[i]);
		write_whole(path, bytes_of_string(""));
		assert_true(finds(dir, ECDSA_HEAD, first));
		assert_non_null(strstr(first, "is not part of the record"));
		assert_non_null(strstr(first, names[i]));
		assert_int_equal(unlink(path), 0);
	}
	assert_false(finds(dir, ECDSA_HEAD, first));
	scratch_remove(dir);
}

/* xorshift64: the same cases in each run. */
static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void
replay_changed_byte_is_found(void **state)
{
	char files[FILES_MAX][PATH_SIZE], path[PATH_SIZE];
	char *dir = copy_record(ECDSA);
	size_t n = list_files(dir, files);
	uint64_t random = 0x616e63686f72;

	(void)state;
	for (size_t i = 0; i < BYTE_CASES; i++) {
		/* Half of them in the log, whose changes are the subtlest. */
		size_t file = i % 2 == 0 ? 0 : next_random(&random) % n;
		struct buf content;
		uint8_t was, *at;

		snprintf(path, sizeof(path), "%.400s/%.400s", dir, files[file]);
		content = read_whole(path);
		at = &content.data[next_random(&random) % content.len];
		was = *at;
		while (*at == was)
			*at = (uint8_t)next_random(&random);
		write_whole(path, buf_bytes(&content));
		assert_found(dir, ECDSA_HEAD, "changed byte", i);
		*at = was;
		write_whole(path, buf_bytes(&content));
		buf_free(&content);
	}
	scratch_remove(dir);
}

/* Cut at a line's end it is a shorter chain: nothing but the head tells. */
static void
replay_truncation_is_found_by_head_alone(void **state)
{
	char *dir = copy_record(ECDSA), path[PATH_SIZE];
	struct witness none = { 0 }, witness = { .given = true };
	struct chain_lines lines, cut;
	struct err err;

	(void)state;
	snprintf(witness.head, sizeof(witness.head), "%s", ECDSA_HEAD);
	assert_ok(chain_read(ECDSA "/" RECORD_LOG, &lines, &err), &err);
	snprintf(path, sizeof(path), "%.400s/%s", dir, RECORD_LOG);
	for (size_t n = 0; n < lines.n; n++) {
		struct buf log = buf_new(CHAIN_FILE_MAX);

		for (size_t i = 0; i < n; i++)
			put_line(&log, &lines.lines[i]);
		write_whole(
		    path, n == 0 ? bytes_of_string("") : buf_bytes(&log));
		buf_free(&log);
		assert_ok(chain_read(path, &cut, &err), &err);
		assert_ok(witness_agrees(&none, &cut, &err), &err);
		assert_false(witness_agrees(&witness, &cut, &err));
		assert_message_has(&err, "changed or removed since");
		chain_lines_clear(&cut);
		assert_found(dir, ECDSA_HEAD, "truncation to", n);
	}
	/* And a record that went on is not the witnessed one either. */
	snprintf(witness.head, sizeof(witness.head), "%s", lines.lines[3].hash);
	assert_false(witness_agrees(&witness, &lines, &err));
	assert_message_has(&err, "that of line 4");
	chain_lines_clear(&lines);
	scratch_remove(dir);
}

/* --- By someone who writes the chain anew. */

/* The value at "rows/3/verdict". */
static json_t *
json_at(json_t *json, const char *path, char last[64])
{
	char copy[128], *rest = copy, *part;

	snprintf(copy, sizeof(copy), "%s", path);
	while ((part = strsep(&rest, "/")) != NULL) {
		snprintf(last, 64, "%s", part);
		if (rest == NULL)
			return json;
		json = json_is_array(json)
		    ? json_array_get(json, (size_t)atol(part))
		    : json_object_get(json, part);
	}
	return json;
}

struct forgery {
	size_t line;       /* from 1 */
	const char *path;  /* NULL: the line is left out */
	const char *value; /* JSON; NULL: removes the list's item or fact */
	const char *says;  /* some difference must hold this */
};

/* The line says that this very program wrote it. */
static void
claim(json_t *line)
{
	char binary[CHAIN_HASH_SIZE];
	struct err err;

	assert_ok(record_binary(binary, &err), &err);
	json_object_set_new(line, "binary", json_string(binary));
	json_object_set_new(line, "version", json_string(ANCHORITE_VERSION));
}

/* The line, which is taken over, as the chain's next; head is its hash then. */
static void
chain_on(struct buf *log, json_t *line, size_t seq, char head[CHAIN_HASH_SIZE])
{
	uint8_t digest[SHA256_SIZE];
	size_t start = log->len;
	struct err err;
	char *text;

	json_object_set_new(line, "seq", json_integer((json_int_t)seq));
	json_object_set_new(line, "prev", json_string(head));
	text = json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);
	assert_non_null(text);
	buf_printf(log, "%s\n", text);
	assert_false(log->failed);
	assert_ok(sha256((struct bytes){ log->data + start, log->len - start },
		      digest, &err), &err);
	sha256_text(digest, head);
	free(text);
	json_decref(line);
}

/*
 * The record with one line forged and every hash as it should be; as if it were
 * of this program where `own`.
 */
static void
forge(const char *record, const char *dir, const struct forgery *forgery,
    bool own)
{
	char path[PATH_SIZE], last[64], head[CHAIN_HASH_SIZE];
	struct buf log = buf_new(CHAIN_FILE_MAX);
	struct chain_lines lines;
	size_t seq = 0;
	struct err err;

	memset(head, '0', CHAIN_HASH_SIZE - 1);
	head[CHAIN_HASH_SIZE - 1] = '\0';
	snprintf(path, sizeof(path), "%.400s/%s", record, RECORD_LOG);
	assert_ok(chain_read(path, &lines, &err), &err);
	snprintf(path, sizeof(path), "%.400s/%s", dir, RECORD_LOG);
	for (size_t i = 0; i < lines.n; i++) {
		json_t *line = json_deep_copy(lines.lines[i].json);

		if (own)
			claim(line);
		if (i + 1 == forgery->line && forgery->path == NULL) {
			json_decref(line);
			continue;
		}
		if (i + 1 == forgery->line) {
			json_t *in = json_at(line, forgery->path, last);
			json_t *value = forgery->value == NULL
			    ? NULL
			    : json_loads(forgery->value, JSON_DECODE_ANY, NULL);

			assert_non_null(in);
			if (value != NULL)
				json_object_set_new(in, last, value);
			else if (json_is_array(in))
				json_array_remove(in, (size_t)atol(last));
			else
				json_object_del(in, last);
		}
		chain_on(&log, line, ++seq, head);
	}
	write_whole(path, buf_bytes(&log));
	buf_free(&log);
	chain_lines_clear(&lines);
}

/* Some difference, or the error, holds the text. */
static bool
says(const char *dir, const char *text)
{
	struct replay replay;
	struct err err;
	bool found = false;

	if (!replay_ceremony(dir, &replay, &err))
		return strstr(err.msg, text) != NULL;
	for (size_t i = 0; i < replay.differences.n; i++)
		if (strstr(replay.differences.list[i].text, text) != NULL)
			found = true;
	if (!found && replay.differences.n > 0)
		print_message("first: %s\n", replay.differences.list[0].text);
	replay_clear(&replay);
	return found;
}

#define ZEROS \
	"\"0000000000000000000000000000000000000000000000000000000000000000\""
#define OTHER_REQUEST \
	"\"b693c17cba25f20b1bd7e8172875fdaccf6960283c1ca600e45fdaf30f5c344b\""

/* Lines 40 to 46 are the refused run of the record, 47 to 64 the last. */
static const struct forgery forgeries[] = {
	/* Order, intent and confirmation. */
	{ 57, NULL, NULL, "\"answer\" is recorded where \"prompt\" is due" },
	{ 58, NULL, NULL, "\"signing\", although the run had to stop" },
	{ 59, NULL, NULL, "\"signed\" is recorded where \"signing\"" },
	{ 60, NULL, NULL, "\"checks response\", although the run had to" },
	{ 61, NULL, NULL, "\"output response\" is recorded where \"checks" },
	{ 62, NULL, NULL, "\"published\" is recorded where \"output resp" },
	{ 63, NULL, NULL, "claims success, but \"published\" is still" },
	{ 64, "event", "\"nod\"", "\"nod\" is recorded where the run was done" },
	{ 47, "event", "\"nod\"", "a line behind the run's end" },
	{ 53, NULL, NULL, "\"token\" is recorded where \"hsm\" is due" },
	{ 35, NULL, NULL, "\"key\" is recorded where \"output request\"" },
	{ 58, "text", "\"yes\"",
	    "although the run had to stop: not confirmed" },
	{ 58, "text", "\"Ye\"", "although the run had to stop: not confirmed" },
	{ 58, "by", "\"batch\"", "by: recorded \"batch\", replayed \"terminal\"" },
	{ 58, "said", "\"aloud\"", "said: recorded \"aloud\", replayed nothing" },
	{ 58, "event", "\"nod\"", "\"nod\", although the run had to stop" },
	{ 47, "command", "\"resign\"", "there is no command \"resign\"" },
	/* Checks. */
	{ 45, "accepted", "true", "accepted: recorded true" },
	{ 45, "rows/14/verdict", "\"pass\"", "check KSR-POLICY-SIG-HORIZON" },
	{ 45, "rows/14/findings/2", NULL, "check KSR-POLICY-SIG-HORIZON" },
	{ 45, "rows/14", NULL, "is not recorded; it says: REFUSE" },
	{ 45, NULL, NULL, "the replay finds nothing to refuse" },
	{ 45, "rows/3/id", "\"KSR-EVERYTHING\"", "no such rule" },
	{ 45, "rows/14/more_findings", "1", "more_findings: recorded 1" },
	{ 52, "rows/14/reason", "\"none\"", "reason: recorded \"none\"" },
	{ 51, "overrides/0/reason", "\"none\"", "overrides 1, reason: recorded \"none\"" },
	{ 51, "overrides/0", NULL, "overrides: 0 recorded, 1 replayed" },
	{ 51, "overrides/0/id", "\"KSR-KEY-VALID\"", "overrides 1, id: recorded" },
	{ 51, "schema", "\"normal\"", "schema: recorded \"normal\"" },
	{ 51, "schema", NULL, "schema: recorded nothing, replayed \"rollover" },
	{ 51, "first", "true", "first: recorded true" },
	{ 51, "request", "\"other.xml\"", "request: recorded \"other.xml\"" },
	{ 47, "now", "\"2027-02-15T12:00:00Z\"", "check KSR-POLICY-SIG" },
	{ 47, "now", "\"noon\"", "is none" },
	{ 46, "status", "0", "the replay with 1 \"" },
	{ 46, "status", "2", "the replay with 1 \"" },
	{ 46, "message", "\"all is well\"", "ended with status 1 \"all is" },
	{ 64, "status", "1", "the replay finds" },
	/* What was read and opened. */
	{ 49, "path", "\"other.xml\"", "path: recorded \"other.xml\"" },
	{ 49, "sha256", ZEROS, "is missing" },
	{ 49, "sha256", "\"../log.jsonl\"", "is not a SHA-256" },
	{ 49, "size", "1", "octets, the record says otherwise" },
	{ 50, "role", "\"request\"", "where \"input previous response\" is due" },
	{ 47, "configuration/sha256", ZEROS, "the configuration changed" },
	{ 47, "configuration/masked_sha256", ZEROS,
	    "is not the one that the run" },
	{ 47, "hsms/0/sha256", ZEROS, "a PKCS#11 module changed" },
	{ 47, "hsms/0/module", "\"/lib/other.so\"", "HSM 1 is not the one" },
	{ 53, "sha256", ZEROS, "sha256: recorded \"0000" },
	{ 55, "binary", ZEROS, "another program's than its run's" },
	{ 55, "version", "\"9\"", "another program's than its run's" },
	{ 47, "binary", ZEROS, "the program changed" },
	{ 54, "serial", "\"\"", "no serial number" },
	{ 47, "format", "3", "has format 3, this program reads up to 2" },
	{ 47, "format", "0", "names no record format" },
	{ 47, "time", "\"soon\"", "has no time" },
	/* Keys. */
	{ 55, "ksks/0/key/key_tag", "1", "key_tag: recorded 1," },
	{ 55, "ksks/0/key/key_tag", "65536", "key_tag: recorded 65536" },
	{ 55, "ksks/0/key/flags", "256", "flags: recorded 256" },
	{ 55, "ksks/0/key/more", "1", "key, more: recorded 1, replayed nothing" },
	{ 55, "ksks/0/name", "\"ksk_next\"", "name: recorded \"ksk_next\"" },
	{ 55, "ksks/0/name", "\"ksk\"", "name: recorded \"ksk\"" },
	{ 55, "ksks/1", NULL, "key \"ksk-2\" was not found" },
	{ 36, "key/key_identifier", "\"zsk-1\"", "that was about to be made" },
	{ 36, "key/protocol", "2", "protocol: recorded 2" },
	/* Signatures and outputs. */
	{ 59, "signatures/3/to_be_signed_sha256", ZEROS, "signatures 4, to_be_signed" },
	{ 59, "signatures/8", NULL, "signatures: 8 recorded, 9 replayed" },
	{ 60, "signatures/8", NULL, "has no signature of key \"ksk" },
	{ 60, "signatures/8/key", "\"ksk-1\"", "has no signature of key" },
	{ 60, "signatures/3/bundle", "1000000", "bundle: recorded 1000000" },
	{ 60, "signatures/0/signature", "\"AAAA\"", "does not verify" },
	{ 60, "signatures/0/signature", "\"?\"", "has no signature of key" },
	{ 62, "sha256", OTHER_REQUEST, "octets, the record says otherwise" },
	{ 62, "path", "\"other.xml\"", "path: recorded \"other.xml\"" },
	{ 63, "sha256", ZEROS, "is published and was not stored" },
	{ 63, "path", "\"other.xml\"", "path: recorded \"other.xml\"" },
};

/* What another program may have worded otherwise, or not asked, this one may not. */
static const struct forgery forgeries_own[] = {
	{ 45, "rows/0", NULL, "is not recorded; it says: pass" },
	{ 45, "rows/3/title", "\"?\"", "title: recorded \"?\"" },
	{ 45, "rows/3/clause", "\"?\"", "clause: recorded \"?\"" },
	{ 45, "rows/3/note", "\"?\"", "note: recorded \"?\"" },
};

static void
assert_forgeries_found(const struct forgery *list, size_t n, bool own)
{
	char *dir = copy_record(ROLLOVER);

	for (size_t i = 0; i < n; i++) {
		forge(ROLLOVER, dir, &list[i], own);
		if (!says(dir, list[i].says))
			fail_msg("case %zu: nothing says \"%s\"", i,
			    list[i].says);
	}
	scratch_remove(dir);
}

static void
replay_forgery_is_found(void **state)
{
	(void)state;
	assert_forgeries_found(forgeries, ARRAY_LEN(forgeries), false);
	assert_forgeries_found(forgeries_own, ARRAY_LEN(forgeries_own), true);
}

/*
 * The laws, in the order of laws_*.c.  Those of "mapped" and "register line",
 * which no old record has, are tried by cmd_replay.
 */
static const struct forgery lawless[] = {
	{ 9, "time", "\"2026-11-28T00:00:00+00:00\"",
	    "is before that of the line" },
	{ 47, "now", "\"2026-11-15T12:00:01+00:00\"",
	    "say --at 2026-11-15T12:00:00Z" },
	{ 47, "rehearsal_time", "false", "--at is the clock of a rehearsal" },
	{ 277, "rehearsal_time", "true", "--at is no clock of a rehearsal" },
	{ 47, "earliest_now", "\"2026-11-21T00:00:00+00:00\"",
	    "--at has no earliest time" },
	{ 4, "now", "\"2026-11-28T20:04:47+00:00\"", "is not its clock's" },
	{ 4, "rehearsal_time", "true", "a rehearsal's clock without --at" },
	{ 4, "earliest_now", "null", "no earliest time, and no --at" },
	{ 47, "host/clock", "\"2026-11-28T00:00:00+00:00\"",
	    "is not the line's time" },
	{ 8, "format", "2", "the same program wrote another format" },
	{ 278, NULL, NULL, "has a configuration, and it is not stored" },
	{ 47, "configuration/sha256", ZEROS, "no PIN is masked" },
	{ 154, "path", "\"ws/other.jsonl\"", "does not lie beside the conf" },
	{ 123, "sha256", ZEROS, "is missing" },
	{ 119, "sha256", ZEROS, "is missing" },
	{ 304, NULL, NULL, "claims success, but medium.manifest" },
	{ 54, "path", "\"other.csr\"", "is published and was not stored" },
	{ 84, "status", "3", "ended with no known status" },
	{ 84, "status", "\"done\"", "ended with no known status" },
	{ 84, "message", "\"all is well\"", "status 0 and the message" },
	{ 99, "message", "null", "status 1 and the message" },
	{ 82, "event", "\"end\"", "lines follow the run's end" },

	{ 47, "configuration/path", "\"other\"", "not that of --config" },
	{ 130, "path", "\"other.xml\"",
	    "input request: the run's arguments do" },
	{ 215, "path", "\"s2.xml\"", "input previous response: the run" },
	{ 292, "path", "\"other.xml\"", "input response: the run's arguments" },
	{ 123, "path", "\"other\"", "input document: the run's arguments" },
	{ 299, "path", "\"other\"", "input file: the run's arguments do" },
	{ 5, "path", "\"other\"", "input script: the run's arguments do" },
	{ 141, "role", "\"script values\"", "input script values: the run" },
	{ 141, "role", "\"register to adopt\"", "input register to adopt: " },
	{ 141, "role", "\"archive\"", "input archive: the run's arguments" },
	{ 141, "role", "\"trust anchors\"", "input trust anchors: the run" },
	{ 119, "path", "\"other\"", "output request: the run's arguments" },
	{ 53, "path", "\"other\"", "output certificate request: the run" },
	{ 303, "path", "\"other\"", "output manifest: the run's arguments" },
	{ 284, "path", "\"other\"", "output records: the run's arguments" },
	{ 295, "path", "\"other\"", "output drawing: the run's arguments" },
	{ 299, NULL, NULL, "was not the next file to be hashed" },
	{ 300, NULL, NULL, "was to be hashed" },
	{ 307, "path", "\"other\"", "is not that of --compare" },
	{ 302, "arguments/7", NULL, "arguments name no file for it" },
	{ 191, "batch", "false", "it was not asked for in batch" },
	{ 191, "response", "\"other.xml\"",
	    "do not name the response \"other" },
	{ 191, "overrides/0/reason", "\"none\"",
	    "have no override KSR-DOMAIN" },
	{ 191, "overrides/0", NULL, "have another number of overrides" },
	{ 51, "label", "\"other\"", "the key is \"other\", the arguments" },
	{ 51, "algorithm", "\"ED25519\"", "do not name the algorithm" },
	{ 89, "key/key_identifier", "\"other\"",
	    "the key is \"other\", the arg" },
	{ 318, "path", "\"other\"", "do not name the signature or its key" },
	{ 12, "text", "\"other\"", "is not as the run's arguments tell" },
	{ 6, "kind", "\"other\"", "is not as the run's arguments tell" },

	{ 131, "rows/0/verdict", "\"REFUSE\"", "the rows do not say what" },
	{ 192, "rows/2/verdict", "\"overridden\"", "nobody asked for it" },
	{ 192, "accepted", "false", "\"signing\", after checks that refused" },
	{ 193, NULL, NULL, "whether override KSR-DOMAIN let anything" },
	{ 234, "format", "2", "the previous response was not judged" },
	{ 197, "accepted", "false", "signing without accepted checks" },
	{ 173, "text", "\"yes\"", "signing without a Yes" },
	{ 200, "signatures/3/key_tag", "1", "signature 4 was not due" },
	{ 199, "signatures/8", NULL, "what was signed is not what was due" },
	{ 91, "key/ttl", "1", "and another was shown and confirmed" },
	{ 52, "key/key_identifier", "\"other\"",
	    "made is not the one intended" },
	{ 51, "bits", "0", "a key of RSASHA256 was to have 0 bits" },
	{ 44, "token", "\"pkcs11:serial\"", "URI: an attribute has no" },
	{ 45, "serial", "\"0\"", "its URI says \"3888ad35f28f6bcf\"" },
	{ 50, "model", "\"other\"", "was another at line 45" },
	{ 227, "id", "\"other\"", "another response was to be activated" },
};

static const struct forgery lawless_plan[] = {
	{ 3, "path", "\"other\"", "input plan: the run's arguments do" },
	{ 18, "path", "\"other\"", "output plan drawing: the run's arguments" },
};

/* Laws of what this program itself writes: the record claims to be its. */
static const struct forgery lawless_own[] = {
	{ 0, NULL, NULL, "of this program, which writes format 2" },
	{ 4, "earliest_now", "\"2026-11-20T00:00:00+00:00\"",
	    "this program's earliest time" },
};

/*
 * By the laws alone: what replay finds without them is no proof of them, and a
 * whole replay of each would take a quarter of an hour.
 */
static bool
law_says(const char *dir, const char *text)
{
	struct differences found = { 0 }, notes = { 0 };
	char binary[CHAIN_HASH_SIZE];
	struct ceremony ceremony;
	struct err err;
	bool says_it = false;

	assert_ok(record_binary(binary, &err), &err);
	if (!ceremony_read(dir, &ceremony, &err))
		return false;
	laws_judge(&ceremony, binary, &found, &notes);
	for (size_t i = 0; i < found.n; i++)
		if (strstr(found.list[i].text, text) != NULL)
			says_it = true;
	differences_clear(&found);
	differences_clear(&notes);
	ceremony_clear(&ceremony);
	return says_it;
}

static void
assert_lawless(
    const char *record, const struct forgery *list, size_t n, bool own)
{
	char *dir = copy_record(record);

	for (size_t i = 0; i < n; i++) {
		forge(record, dir, &list[i], own);
		if (!law_says(dir, list[i].says))
			fail_msg("case %zu: nothing says \"%s\"", i,
			    list[i].says);
	}
	scratch_remove(dir);
}

static void
replay_broken_law_is_found(void **state)
{
	(void)state;
	assert_lawless(COMMANDS, lawless, ARRAY_LEN(lawless), false);
	assert_lawless(COMMANDS, lawless_own, ARRAY_LEN(lawless_own), true);
	assert_lawless(PLAN, lawless_plan, ARRAY_LEN(lawless_plan), false);
}

/* It would have been refused before anything was written. */
static void
replay_command_that_is_never_recorded_is_found(void **state)
{
	static const struct forgery list = { 218, "command", "\"replay\"", NULL };
	char *dir = copy_record(COMMANDS);

	(void)state;
	forge(COMMANDS, dir, &list, false);
	if (!says(dir, "a run of replay is never recorded"))
		fail_msg("a replay was replayed");
	scratch_remove(dir);
}

/* An interruption is no difference, and is told from an end. */
static void
replay_interrupted_run_is_noted(void **state)
{
	static const struct forgery cut = { 64, NULL, NULL, NULL };
	char *dir = copy_record(ROLLOVER);
	struct replay replay;
	struct err err;

	(void)state;
	forge(ROLLOVER, dir, &cut, false);
	assert_ok(replay_ceremony(dir, &replay, &err), &err);
	assert_int_equal(replay.differences.n, 0);
	assert_int_equal(replay.ceremony.n_runs, 5);
	assert_string_equal(replay.runs[4].outcome,
	    "interrupted after \"published\": the file had been published; all "
	    "was done");
	replay_clear(&replay);
	scratch_remove(dir);
}

/* A file that only lines which are cut off name. */
static bool
is_of_a_file(const struct difference *difference)
{
	return difference->line == 0 &&
	    strstr(difference->text, "is not part of the record") != NULL;
}

/* As power may fail: the runs before are whole, and the last one is told. */
static void
assert_cut(const char *dir, const struct chain_lines *lines, size_t n)
{
	const char *event = fact_text(lines->lines[n - 1].json, "event");
	bool ends = strcmp(event, "end") == 0 ||
	    strcmp(event, "signing record") == 0;
	struct replay replay;
	const char *outcome;
	struct err err;

	assert_ok(replay_ceremony(dir, &replay, &err), &err);
	for (size_t i = 0; i < replay.differences.n; i++)
		if (!is_of_a_file(&replay.differences.list[i]))
			fail_msg("cut after line %zu (%s): %s", n, event,
			    replay.differences.list[i].text);
	outcome = replay.runs[replay.ceremony.n_runs - 1].outcome;
	if ((strncmp(outcome, "interrupted after", 17) == 0) == ends)
		fail_msg("cut after line %zu (%s): %s", n, event, outcome);
	replay_clear(&replay);
}

static void
replay_of_a_cut_record_goes_to_its_end(void **state)
{
	static const struct {
		const char *record;
		size_t step; /* one line in so many */
	} cases[] = { { ROLLOVER, 1 }, { COMMANDS, 11 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *dir = copy_record(cases[i].record), path[PATH_SIZE];
		struct chain_lines lines;
		struct err err;

		snprintf(path, sizeof(path), "%.400s/%s", dir, RECORD_LOG);
		assert_ok(chain_read(path, &lines, &err), &err);
		for (size_t n = 1; n <= lines.n; n += cases[i].step) {
			struct buf log = buf_new(CHAIN_FILE_MAX);

			for (size_t k = 0; k < n; k++)
				put_line(&log, &lines.lines[k]);
			write_whole(path, buf_bytes(&log));
			buf_free(&log);
			assert_cut(dir, &lines, n);
		}
		chain_lines_clear(&lines);
		scratch_remove(dir);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replay_fixed_record_agrees),
		cmocka_unit_test(replay_edited_line_is_found),
		cmocka_unit_test(replay_spoiled_file_is_found),
		cmocka_unit_test(replay_extra_file_is_found),
		cmocka_unit_test(replay_changed_byte_is_found),
		cmocka_unit_test(replay_truncation_is_found_by_head_alone),
		cmocka_unit_test(replay_forgery_is_found),
		cmocka_unit_test(replay_broken_law_is_found),
		cmocka_unit_test(replay_command_that_is_never_recorded_is_found),
		cmocka_unit_test(replay_interrupted_run_is_noted),
		cmocka_unit_test(replay_of_a_cut_record_goes_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
