/* The register: what it remembers, what it refuses to have in it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "signer/record/ledger.h"
#include "signer/record/register_seen.h"
#include "tests/support/support.h"

#define T0    INT64_C(1794744000) /* 2026-11-15T12:00:00 */
#define DAY_S INT64_C(86400)
#define NAME  "r.jsonl"

#define HASH_1 \
	"1111111111111111111111111111111111111111111111111111111111111111"
#define HASH_2 \
	"2222222222222222222222222222222222222222222222222222222222222222"
#define HASH_A \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B \
	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* What stands in a line behind "seq" and "prev". */
#define START(event, response)                                           \
	"\"format\":1,\"time\":\"2026-11-15T12:00:00+00:00\",\"event\":" \
	"\"" event "\",\"response_sha256\":\"" response "\""
#define SIGNING(id, request, schema, alternative, response)                  \
	START("signing", response)                                           \
	",\"request_id\":\"" id "\",\"request_sha256\":\"" request           \
	"\",\"domain\":\".\",\"serial\":1,"                                  \
	"\"inception\":\"2027-01-01T00:00:00+00:00\","                       \
	"\"expiration\":\"2027-04-12T00:00:00+00:00\",\"schema\":\"" schema  \
	"\",\"alternative\":" alternative ",\"bundles\":[\"" id "-1\",\"" id \
	"-2\"]"
#define SIGNED_A  SIGNING("q1", HASH_1, "normal", "null", HASH_A)
#define SIGNED_B  SIGNING("q1", HASH_1, "rollover", "\"roll\"", HASH_B)

#define LINES_MAX 8

static struct ledger *
read_register(const struct buf *content)
{
	struct ledger *ledger;
	struct err err;

	assert_ok(
	    ledger_of_bytes(buf_bytes(content), NAME, &ledger, &err), &err);
	return ledger;
}

/* A chain whose links are right, whatever its lines say. */
static struct buf
chained(const char *const lines[LINES_MAX])
{
	struct buf all = buf_new(1024 * 1024);
	char prev[CHAIN_HASH_SIZE];
	struct err err;

	memset(prev, '0', sizeof(prev) - 1);
	prev[sizeof(prev) - 1] = '\0';
	for (size_t i = 0; i < LINES_MAX && lines[i] != NULL; i++) {
		size_t start = all.len;
		uint8_t digest[SHA256_SIZE];

		buf_printf(&all, "{\"seq\":%zu,\"prev\":\"%s\",%s}\n", i + 1,
		    prev, lines[i]);
		assert_false(all.failed);
		assert_ok(
		    sha256((struct bytes){ all.data + start, all.len - start },
			digest, &err),
		    &err);
		for (size_t j = 0; j < SHA256_SIZE; j++)
			snprintf(prev + 2 * j, 3, "%02x", digest[j]);
	}
	return all;
}

static struct ledger *
ledger_of(const char *const lines[LINES_MAX])
{
	struct buf content = chained(lines);
	struct ledger *ledger = read_register(&content);

	buf_free(&content);
	return ledger;
}

static void
assert_register_refused(const char *const lines[LINES_MAX], const char *why)
{
	struct buf content = chained(lines);
	struct ledger *ledger;
	struct err err;

	if (ledger_of_bytes(buf_bytes(&content), NAME, &ledger, &err))
		fail_msg("accepted; expected \"%s\"", why);
	assert_message_has(&err, why);
	assert_int_equal(err.code, E_REFUSED);
	buf_free(&content);
}

static void
ledger_of_bytes_reads_entries(void **state)
{
	struct ledger *ledger = ledger_of((const char *const[LINES_MAX]){
	    SIGNED_A, START("published", HASH_A), SIGNED_B,
	    START("published", HASH_B), START("activated", HASH_B) });
	const struct ledger_entry *entries;
	const struct processed *processed;
	size_t n;

	(void)state;
	entries = ledger_entries(ledger, &n);
	assert_int_equal(n, 2);
	assert_string_equal(entries[0].request_id, "q1");
	assert_null(entries[0].alternative);
	assert_string_equal(entries[1].alternative, "roll");
	assert_string_equal(entries[1].schema, "rollover");
	assert_int_equal(entries[1].line, 3);
	assert_int_equal(entries[0].response_sha256[31], 0xaa);
	assert_int_equal(entries[0].state, LEDGER_PUBLISHED);
	assert_false(entries[0].active);
	assert_true(entries[1].active);
	assert_int_equal(entries[1].activated_at, T0);
	processed = ledger_processed(ledger, &n);
	assert_int_equal(n, 2);
	assert_true(processed[0].published);
	assert_int_equal(processed[0].request_sha256[0], 0x11);
	assert_int_equal(processed[1].n_bundle_ids, 2);
	assert_string_equal(processed[1].bundle_ids[1], "q1-2");
	assert_int_equal(ledger_floor(ledger, T0 - 1), T0);
	assert_int_equal(ledger_floor(ledger, T0 + 1), T0 + 1);
	assert_int_equal(ledger_floor(ledger, 0), 0);
	ledger_close(ledger);
}

static void
ledger_of_bytes_empty_is_a_register(void **state)
{
	struct ledger *ledger = ledger_of((const char *const[LINES_MAX]){ 0 });
	size_t n;

	(void)state;
	assert_non_null(ledger_processed(ledger, &n));
	assert_int_equal(n, 0);
	assert_int_equal(ledger_floor(ledger, T0), T0);
	ledger_close(ledger);
	assert_null(ledger_processed(NULL, &n));
	assert_int_equal(n, 0);
	assert_int_equal(ledger_floor(NULL, T0), T0);
	ledger_close(NULL);
}

/* Interrupted, done again: only the last attempt is what a check sees. */
static void
ledger_of_bytes_tells_interrupted_runs(void **state)
{
	struct ledger *ledger = ledger_of((const char *const[LINES_MAX]){
	    SIGNED_A, SIGNED_B, SIGNED_A, START("published", HASH_A) });
	const struct ledger_entry *entries;
	const struct processed *processed;
	size_t n;

	(void)state;
	entries = ledger_entries(ledger, &n);
	assert_int_equal(n, 3);
	assert_int_equal(entries[0].state, LEDGER_REPEATED);
	assert_int_equal(entries[1].state, LEDGER_INTERRUPTED);
	assert_int_equal(entries[2].state, LEDGER_PUBLISHED);
	processed = ledger_processed(ledger, &n);
	assert_int_equal(n, 2);
	assert_false(processed[0].published);
	assert_string_equal(processed[0].alternative, "roll");
	assert_true(processed[1].published);
	ledger_close(ledger);
}

static void
ledger_of_bytes_same_response_under_two_names_is_active_under_both(void **state)
{
	struct ledger *ledger = ledger_of((const char *const[LINES_MAX]){
	    SIGNED_A, START("published", HASH_A), START("activated", HASH_A),
	    SIGNING("q1", HASH_1, "normal", "\"again\"", HASH_A),
	    START("published", HASH_A) });
	const struct ledger_entry *entries;
	size_t n;

	(void)state;
	entries = ledger_entries(ledger, &n);
	assert_true(entries[0].active);
	assert_true(entries[1].active);
	ledger_close(ledger);
}

/* Links that are right around content that is not. */
static void
ledger_of_bytes_refuses_nonsense(void **state)
{
#define OTHER(a, b, c, d, e) \
	START("signing", HASH_A) "," a "," b "," c "," d "," e
#define ID     "\"request_id\":\"q1\",\"request_sha256\":\"" HASH_1 "\""
#define DOMAIN "\"domain\":\".\",\"serial\":1"
#define TIMES                                    \
	"\"inception\":\"2027-01-01T00:00:00\"," \
	"\"expiration\":\"2027-04-12T00:00:00\""
#define SCHEMA  "\"schema\":\"normal\",\"alternative\":null"
#define BUNDLES "\"bundles\":[\"a\"]"
#define X64     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	static const struct {
		const char *line, *why;
	} cases[] = {
		{ "\"event\":1", "its \"event\" is not signing, published, act" },
		{ START("deleted", HASH_A), "its \"event\" is not signing" },
		{ "\"event\":\"signing\"", "its \"format\" is none in which" },
		{ "\"format\":1,\"event\":\"signing\"",
		    "is no line of a register: " },
		{ START("published", HASH_A) ",\"more\":1", "more" },
		{ START("published", X64), "\"response_sha256\" is not a SHA" },
		{ START("published", HASH_A "a"), "is not a SHA-256" },
		{ OTHER(ID, DOMAIN, TIMES, SCHEMA, BUNDLES) ",\"x\":null",
		    "is no line of a register: 1 object item(s) left "
		    "unpacked" },
		{ OTHER(ID, DOMAIN, TIMES, SCHEMA, "\"bundle\":[\"a\"]"),
		    "Object item not found: bundles" },
		{ OTHER("\"request_id\":7,\"request_sha256\":\"" HASH_1 "\"",
		      DOMAIN, TIMES, SCHEMA, BUNDLES),
		    "its \"request_id\" is no id" },
		{ OTHER("\"request_id\":\"\",\"request_sha256\":\"" HASH_1 "\"",
		      DOMAIN, TIMES, SCHEMA, BUNDLES),
		    "its \"request_id\" is no id" },
		{ OTHER("\"request_id\":\"a\\u001b[2J\",\"request_sha256\":"
			"\"" HASH_1 "\"",
		      DOMAIN, TIMES, SCHEMA, BUNDLES),
		    "holds a text that cannot be printed" },
		{ OTHER("\"request_id\":\"a\\nb\",\"request_sha256\":\"" HASH_1
			"\"",
		      DOMAIN, TIMES, SCHEMA, BUNDLES),
		    "holds a text that cannot be printed" },
		{ OTHER("\"request_id\":\"" X64 X64 X64 X64
			"\",\"request_sha256\":\"" HASH_1 "\"",
		      DOMAIN, TIMES, SCHEMA, BUNDLES),
		    "its \"request_id\" is no id" },
		{ OTHER("\"request_id\":\"q1\",\"request_sha256\":\"11\"",
		      DOMAIN, TIMES, SCHEMA, BUNDLES),
		    "its \"request_sha256\" is not a SHA-256" },
		{ OTHER(ID, "\"domain\":\"\",\"serial\":1", TIMES, SCHEMA,
		      BUNDLES),
		    "its \"domain\" is no name" },
		{ OTHER(ID, "\"domain\":\".\",\"serial\":-1", TIMES, SCHEMA,
		      BUNDLES),
		    "its \"serial\" is negative" },
		{ OTHER(ID, "\"domain\":\".\",\"serial\":\"1\"", TIMES, SCHEMA,
		      BUNDLES),
		    "is no line of a register: Expected integer" },
		{ OTHER(ID, "\"domain\":\".\",\"serial\":1.5", TIMES, SCHEMA,
		      BUNDLES),
		    "is no line of a register: Expected integer" },
		{ OTHER(ID, DOMAIN,
		      "\"inception\":\"2027-02-30T00:00:00\","
		      "\"expiration\":\"2027-04-12T00:00:00\"",
		      SCHEMA, BUNDLES),
		    "its \"inception\" is not a time" },
		{ OTHER(ID, DOMAIN,
		      "\"inception\":\"2027-01-01T00:00:00\","
		      "\"expiration\":\"never\"",
		      SCHEMA, BUNDLES),
		    "its \"expiration\" is not a time" },
		{ OTHER(ID, DOMAIN, TIMES,
		      "\"schema\":\"" X64 "\",\"alternative\":null", BUNDLES),
		    "its \"schema\" is no name" },
		{ OTHER(ID, DOMAIN, TIMES,
		      "\"schema\":\"a\",\"alternative\":\"A b\"", BUNDLES),
		    "its \"alternative\" is neither null nor a name" },
		{ OTHER(ID, DOMAIN, TIMES,
		      "\"schema\":\"a\",\"alternative\":false", BUNDLES),
		    "its \"alternative\" is neither null nor a name" },
		{ OTHER(ID, DOMAIN, TIMES, SCHEMA, "\"bundles\":[]"),
		    "its \"bundles\" are not a list of 1 to 4096 ids" },
		{ OTHER(ID, DOMAIN, TIMES, SCHEMA, "\"bundles\":\"a\""),
		    "its \"bundles\" are not a list of 1 to 4096 ids" },
		{ OTHER(ID, DOMAIN, TIMES, SCHEMA, "\"bundles\":[\"a\",1]"),
		    "item 2 of its \"bundles\" is no id" },
		{ "\"format\":3,\"time\":\"2026-11-15T12:00:00+00:00\","
		  "\"event\":\"published\",\"response_sha256\":\"" HASH_A "\"",
		    "its \"format\" is none in which this program knows "
		    "\"published\": 1 to 2" },
		{ "\"format\":1,\"event\":\"adopted\"",
		    "its \"format\" is none in which" },
		{ "\"format\":1,\"time\":\"noon\",\"event\":\"published\","
		  "\"response_sha256\":\"" HASH_A "\"",
		    "its \"time\" is not a time" },
		{ START("published", HASH_A) ",\"format\":1",
		    "is not one JSON object" },
		{ SIGNED_A ",\"serial\":1", "is not one JSON object" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_register_refused(
		    (const char *const[LINES_MAX]){
			SIGNED_A, cases[i].line, SIGNED_B },
		    cases[i].why);
		assert_register_refused(
		    (const char *const[LINES_MAX]){
			SIGNED_A, cases[i].line, SIGNED_B },
		    NAME ":2: ");
	}
}

/* A line of the form of today, of two slots; well formed. */
static json_t *
line_of_today(void)
{
#define KSK(tag) \
	"{\"key_tag\":" tag ",\"algorithm\":8,\"ds_sha256\":\"" HASH_1 "\"}"
#define ZSK(tag) \
	"{\"key_tag\":" tag ",\"algorithm\":8,\"sha256\":\"" HASH_2 "\"}"
#define SLOT(bundle, from, published, signs, revoked, zsks)             \
	"{\"bundle\":\"" bundle "\",\"inception\":\"2027-01-" from        \
	"T00:00:00+00:00\",\"expiration\":\"2027-02-01T00:00:00+00:00\"," \
	"\"published\":[" published "],\"signs\":[" signs                 \
	"],\"revoked\":[" revoked "],\"zsks\":[" zsks "]}"
#define SLOT_1 SLOT("a", "01", "1", "1", "", "1")
#define SLOT_2 SLOT("b", "11", "1,2", "1", "2", "1")
	json_t *line = json_loads("{\"format\":2,"
		"\"time\":\"2026-11-15T12:00:00+00:00\",\"event\":\"signing\","
		"\"response_sha256\":\"" HASH_A "\",\"domain\":\".\","
		"\"request_id\":\"q1\",\"request_sha256\":\"" HASH_1 "\","
		"\"serial\":1,\"schema\":\"normal\",\"alternative\":null,"
		"\"fallback\":null,\"previous_sha256\":null,\"replaces\":null,"
		"\"ksks\":[" KSK("1") "," KSK("2") "],\"zsks\":[" ZSK("3") "],"
		"\"slots\":[" SLOT_1 "," SLOT_2 "]}", 0, NULL);

	assert_non_null(line);
	return line;
}

/* The members behind "seq" and "prev"; the line is taken over. */
static char *
members_of(json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT);

	assert_non_null(text);
	text[strlen(text) - 1] = '\0';
	memmove(text, text + 1, strlen(text));
	json_decref(line);
	return text;
}

/* One member other than it has to be. */
static void
ledger_of_bytes_refuses_nonsense_of_today(void **state)
{
#define KSKS_WHY  "its \"ksks\" are not a list of up to"
#define SLOTS_WHY "its \"slots\" are not a list of 1 to"
#define SLOT_WHY  "item 2 of its \"slots\" is no slot"
#define SLOTS(second) "[" SLOT_1 "," second "]"
#define REPLACES_WHY "its \"replaces\" is neither null nor a SHA-256 with its"
	static const struct {
		const char *member, *value; /* JSON; NULL: left out */
		const char *why;
	} cases[] = {
		{ "more", "null", "is no line of a register: 1 object item(s)" },
		{ "slots", NULL, "is no line of a register: Object item not" },
		{ "domain", "\"\"", "its \"domain\" is no name" },
		{ "fallback", "\"A b\"", "its \"fallback\" is neither null nor" },
		{ "previous_sha256", "\"12\"", "its \"previous_sha256\" is nei" },
		{ "previous_sha256", "12", "its \"previous_sha256\" is neither" },
		{ "replaces", "{}", REPLACES_WHY },
		{ "replaces", "{\"response_sha256\":\"" HASH_1 "\"}",
		    REPLACES_WHY },
		{ "replaces",
		    "{\"response_sha256\":\"" HASH_1 "\",\"reason\":\"\"}",
		    REPLACES_WHY },
		{ "replaces", "{\"response_sha256\":\"11\",\"reason\":\"a\"}",
		    REPLACES_WHY },
		{ "ksks", "{}", KSKS_WHY },
		{ "ksks", "[1]", "item 1 of its \"ksks\" is no key" },
		{ "ksks", "[" ZSK("1") "]", "item 1 of its \"ksks\" is no key" },
		{ "ksks", "[" KSK("65536") "]", "item 1 of its \"ksks\" is no" },
		{ "ksks", "[" KSK("-1") "]", "item 1 of its \"ksks\" is no key" },
		{ "zsks", "[" KSK("1") "]", "item 1 of its \"zsks\" is no key" },
		{ "slots", "{}", SLOTS_WHY },
		{ "slots", "[]", SLOTS_WHY },
		{ "slots", SLOTS("1"), SLOT_WHY },
		{ "slots", SLOTS(SLOT("", "11", "1", "1", "", "1")), SLOT_WHY },
		{ "slots", SLOTS(SLOT("b", "32", "1", "1", "", "1")), SLOT_WHY },
		{ "slots", SLOTS(SLOT("b", "11", "0", "1", "", "1")), SLOT_WHY },
		{ "slots", SLOTS(SLOT("b", "11", "3", "1", "", "1")), SLOT_WHY },
		{ "slots", SLOTS(SLOT("b", "11", "1,1", "1", "", "1")), SLOT_WHY },
		{ "slots", SLOTS(SLOT("b", "11", "2,1", "1", "", "1")), SLOT_WHY },
		{ "slots", SLOTS(SLOT("b", "11", "\"1\"", "1", "", "1")),
		    SLOT_WHY },
		{ "slots", SLOTS(SLOT("b", "11", "1", "3", "", "1")), SLOT_WHY },
		{ "slots", SLOTS(SLOT("b", "11", "1", "1", "3", "1")), SLOT_WHY },
		{ "slots", SLOTS(SLOT("b", "11", "1", "1", "", "2")), SLOT_WHY },
		{ "slots", SLOTS(SLOT("b", "01", "1", "1", "", "1")),
		    "its \"slots\" are not in the order of time" },
		{ "slots", "[" SLOT_2 "," SLOT_1 "]",
		    "its \"slots\" are not in the order of time" },
	};
	char *good = members_of(line_of_today());

	(void)state;
	ledger_close(ledger_of((const char *const[LINES_MAX]){ good }));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *line = line_of_today();
		char *text;

		if (cases[i].value == NULL)
			json_object_del(line, cases[i].member);
		else
			json_object_set_new(line, cases[i].member,
			    json_loads(cases[i].value, JSON_DECODE_ANY, NULL));
		text = members_of(line);
		assert_register_refused(
		    (const char *const[LINES_MAX]){ good, text, good },
		    cases[i].why);
		free(text);
	}
	free(good);
}

/* Each line in order, but not after the lines before it. */
static void
ledger_of_bytes_refuses_what_cannot_follow(void **state)
{
	static const struct {
		const char *lines[LINES_MAX];
		const char *why;
	} cases[] = {
		{ { START("published", HASH_A) },
		    NAME ":1: it says \"published\", but the line before" },
		{ { SIGNED_A, START("published", HASH_A),
		      START("published", HASH_A) },
		    NAME ":3: it says \"published\", but the line before" },
		{ { SIGNED_A, START("published", HASH_B) },
		    NAME ":2: it publishes another response than line 1" },
		{ { START("activated", HASH_A) },
		    NAME ":1: it activates a response that is not published" },
		{ { SIGNED_A, START("activated", HASH_A) },
		    NAME ":2: it activates a response that is not published" },
		{ { SIGNED_A, START("published", HASH_A),
		      START("activated", HASH_A), START("activated", HASH_A) },
		    NAME ":4: it activates what is active already" },
		{ { SIGNED_A, START("published", HASH_A), SIGNED_B,
		      START("published", HASH_B), START("activated", HASH_A),
		      START("activated", HASH_B) },
		    NAME ":6: of the responses to request q1 another is" },
		/* What this program began in its form it goes on with. */
		{ { SIGNED_A,
		      "\"format\":2,\"time\":\"2026-11-15T12:00:00+00:00\","
		      "\"event\":\"published\",\"response_sha256\":\"" HASH_A
		      "\",\"domain\":\".\"",
		      SIGNED_B },
		    NAME ":3: its \"format\" is 1, the line before has 2" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_register_refused(cases[i].lines, cases[i].why);
}

/*
 * Any octet that a "prev" covers.  The last line's, and the end of the line
 * before it, whose loss makes both one torn line, are for a witness to miss.
 */
static void
ledger_of_bytes_finds_every_changed_octet(void **state)
{
	struct buf content = chained((const char *const[LINES_MAX]){ SIGNED_A,
	    START("published", HASH_A), SIGNED_B, START("published", HASH_B) });
	size_t last = content.len - 1;

	(void)state;
	while (content.data[last - 1] != '\n')
		last--;
	for (size_t i = 0; i + 1 < last; i++) {
		struct ledger *ledger;
		struct err err;

		content.data[i] ^= 1;
		if (ledger_of_bytes(buf_bytes(&content), NAME, &ledger, &err))
			fail_msg("octet %zu may be changed", i);
		assert_message_has(&err, "register: " NAME ":");
		content.data[i] ^= 1;
	}
	buf_free(&content);
}

static struct document
document(struct ksr *ksr, uint8_t fill)
{
	struct document document = { .path = "x", .ksr = ksr };

	memset(document.sha256, fill, sizeof(document.sha256));
	return document;
}

/* A response with hostile texts, as the reader lets them through. */
static struct ksr *
new_response(void)
{
	struct ksr *ksr = ksr_new(KSR_RESPONSE, 2);

	strcpy(ksr->id, "a\"\\}{'b");
	strcpy(ksr->domain, ".");
	ksr->serial = INT64_MAX;
	strcpy(ksr->bundles[0].id, "b-1");
	strcpy(ksr->bundles[1].id, "b-2");
	ksr->bundles[0].inception = T0;
	ksr->bundles[1].inception = T0 + 60;
	ksr->bundles[1].expiration = T0 + 86400;
	return ksr;
}

static void
sign_once(const char *path, const struct ledger_signing *signing, bool publish)
{
	struct ledger *ledger;
	struct err err;

	assert_ok(ledger_open(path, NULL, &ledger, &err), &err);
	assert_ok(ledger_append_signing(ledger, T0, signing, &err), &err);
	if (publish)
		assert_ok(ledger_append_published(
			      ledger, T0 + 1, signing->response, &err),
		    &err);
	ledger_close(ledger);
}

/*
 * Cut at every octet, as a loss of power may leave it: it still opens, the
 * run can be repeated, and what was on disk before is all there.
 */
static void
ledger_open_after_any_cut_goes_on(void **state)
{
	char *dir = scratch_new(), path[256], cut[256];
	struct ksr *ksr = new_response();
	struct document request = document(ksr, 1), response = document(ksr, 2);
	struct ledger_signing signing = { .request = &request,
		.response = &response,
		.schema = "normal" };
	struct buf whole;

	(void)state;
	snprintf(path, sizeof(path), "%s/" REGISTER_FILE, dir);
	snprintf(cut, sizeof(cut), "%s/cut", dir);
	sign_once(path, &signing, true);
	whole = read_whole(path);
	for (size_t len = 0; len <= whole.len; len++) {
		struct bytes part = { whole.data, len };
		const struct ledger_entry *entries;
		struct ledger *ledger;
		struct output *output;
		struct err err;
		size_t n;

		unlink(cut);
		assert_ok(output_open(cut, &output, &err), &err);
		assert_ok(output_write(output, part, &err), &err);
		assert_ok(output_publish(output, &err), &err);
		output_free(output);
		sign_once(cut, &signing, true);
		assert_ok(ledger_read(cut, &ledger, &err), &err);
		entries = ledger_entries(ledger, &n);
		assert_in_range(n, 1, 2);
		assert_int_equal(entries[n - 1].state, LEDGER_PUBLISHED);
		assert_string_equal(entries[n - 1].request_id, ksr->id);
		assert_int_equal(entries[n - 1].serial, INT64_MAX);
		assert_int_equal(entries[n - 1].expiration, T0 + 86400);
		if (n == 2)
			assert_int_equal(entries[0].state,
			    len + 1 >= whole.len ? LEDGER_PUBLISHED
						 : LEDGER_REPEATED);
		ledger_close(ledger);
	}
	buf_free(&whole);
	ksr_free(ksr);
	scratch_remove(dir);
}

/* Three slots of ten days. */
static struct ksr *
new_quarter(const char *id, const char *domain, int64_t start)
{
	struct ksr *ksr = ksr_new(KSR_RESPONSE, 3);

	strcpy(ksr->id, id);
	strcpy(ksr->domain, domain);
	for (size_t i = 0; i < ksr->n_bundles; i++) {
		struct bundle *bundle = &ksr->bundles[i];

		snprintf(bundle->id, sizeof(bundle->id), "%.100s-%zu", id, i);
		bundle->inception = start + (int64_t)i * 10 * DAY_S;
		bundle->expiration = bundle->inception + 21 * DAY_S;
	}
	return ksr;
}

/* Published responses, each of another request; register.jsonl has them all. */
static const struct quarter {
	const char *id, *domain, *alternative;
	int64_t start;
} quarters[] = {
	{ "other", "example.", NULL, T0 },
	{ "q1", ".", NULL, T0 },
	{ "q1", ".", "alternative", T0 },
	{ "fallback", ".", NULL, T0 }, /* of another request, for these slots */
	{ "q2", ".", NULL, T0 + 30 * DAY_S },
};
enum { OTHER, Q1, ALTERNATIVE, FALLBACK, Q2 };

struct story {
	char *dir, path[256];
	struct document responses[ARRAY_LEN(quarters)];
};

static struct story
story_new(void)
{
	struct story story = { .dir = scratch_new() };

	snprintf(story.path, sizeof(story.path), "%s/" REGISTER_FILE,
	    story.dir);
	for (size_t i = 0; i < ARRAY_LEN(quarters); i++) {
		const struct quarter *q = &quarters[i];
		struct document *response = &story.responses[i];
		struct ledger_signing signing = { .request = response,
			.response = response,
			.schema = "normal",
			.alternative = q->alternative };

		*response = document(
		    new_quarter(q->id, q->domain, q->start), (uint8_t)(i + 1));
		sign_once(story.path, &signing, true);
	}
	return story;
}

static void
story_end(struct story *story)
{
	for (size_t i = 0; i < ARRAY_LEN(quarters); i++)
		ksr_free(story->responses[i].ksr);
	scratch_remove(story->dir);
}

static void
story_activate(const struct story *story, size_t i, size_t slot)
{
	struct ledger_activation activation;
	struct ledger *ledger;
	struct err err;

	assert_ok(ledger_open(story->path, NULL, &ledger, &err), &err);
	assert_ok(ledger_may_activate(ledger, &story->responses[i], slot,
		      &activation, &err),
	    &err);
	assert_ok(ledger_append_activated(ledger, T0, &story->responses[i],
		      &activation, &err),
	    &err);
	ledger_close(ledger);
}

static struct ledger *
story_read(const struct story *story)
{
	struct ledger *ledger;
	struct err err;

	assert_ok(ledger_read(story->path, &ledger, &err), &err);
	return ledger;
}

/* The active ones, each with its slot: "0/1 3/2". */
static void
assert_active(const struct story *story, const char *wanted)
{
	struct ledger *ledger = story_read(story);
	const struct ledger_entry *entries;
	char text[256] = "";
	size_t n;

	entries = ledger_entries(ledger, &n);
	assert_int_equal(n, ARRAY_LEN(quarters));
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(text);

		if (entries[i].active)
			snprintf(text + len, sizeof(text) - len, "%s%zu/%zu",
			    len == 0 ? "" : " ", i,
			    entries[i].active_from_slot);
	}
	assert_string_equal(text, wanted);
	ledger_close(ledger);
}

/* An alternative's, a fallback request's; but no other zone's or quarter's. */
static void
ledger_activation_ends_all_others_of_its_time(void **state)
{
	struct story story = story_new();

	(void)state;
	assert_active(&story, "");
	story_activate(&story, OTHER, 0);
	story_activate(&story, Q2, 0);
	story_activate(&story, Q1, 0);
	assert_active(&story, "0/1 1/1 4/1");
	story_activate(&story, FALLBACK, 2);
	assert_active(&story, "0/1 3/2 4/1");
	story_activate(&story, ALTERNATIVE, 3);
	assert_active(&story, "0/1 2/3 4/1");
	story_activate(&story, Q1, 3);
	assert_active(&story, "0/1 1/3 4/1");
	story_end(&story);
}

/* "1@0 3@10*": which response from which day on; "*" if it is active. */
static void
assert_zone_uses(
    const struct story *story, const char *zone, const char *wanted)
{
	struct ledger *ledger = story_read(story);
	struct history *history;
	char text[256] = "";
	struct err err;

	assert_ok(ledger_history(ledger, zone, &history, &err), &err);
	for (size_t i = 0; i < history->n_uses; i++) {
		const struct history_use *use = &history->uses[i];
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, "%s%u@%d%s",
		    i == 0 ? "" : " ",
		    use->response->response_sha256[0] - 1u,
		    (int)((use->from - T0) / DAY_S), use->active ? "*" : "");
	}
	assert_string_equal(text, wanted);
	history_free(history);
	ledger_close(ledger);
}

/* What was activated, from its slot on, and nothing of another zone. */
static void
ledger_history_knows_what_a_zone_activated(void **state)
{
	struct story story = story_new();

	(void)state;
	assert_zone_uses(&story, ".", "3@0 4@30");
	story_activate(&story, OTHER, 0);
	assert_zone_uses(&story, ".", "3@0 4@30");
	story_activate(&story, Q1, 0);
	story_activate(&story, ALTERNATIVE, 2);
	assert_zone_uses(&story, ".", "1@0* 2@10* 4@30");
	story_activate(&story, FALLBACK, 3);
	assert_zone_uses(&story, ".", "1@0* 2@10* 3@20* 4@30");
	assert_zone_uses(&story, "example.", "0@0*");
	story_end(&story);
}

/*
 * A run of an older version that published and then failed: its record has no
 * line of what it appended, and the register that it read is no proof.
 */
static void
register_extends_seen_misses_what_was_published(void **state)
{
	static const char *const log[LINES_MAX] = {
		"\"event\":\"run\",\"command\":\"sign\",\"format\":1",
		"\"event\":\"input\",\"role\":\"register\",\"path\":\"" NAME
		"\",\"size\":0,\"sha256\":\"e3b0c44298fc1c149afbf4c8996fb924"
		"27ae41e4649b934ca495991b7852b855\"",
		"\"event\":\"published\",\"sha256\":\"" HASH_A "\"",
		"\"event\":\"end\",\"status\":2",
	};
	const struct register_name name = { NAME, HASH_1 };
	struct buf content = chained(log);
	struct ledger *with = ledger_of((const char *const[LINES_MAX]){
	    SIGNED_A, START("published", HASH_A) });
	struct ledger *without =
	    ledger_of((const char *const[LINES_MAX]){ SIGNED_A });
	struct chain_lines lines;
	struct err err;

	(void)state;
	assert_ok(chain_of_bytes(buf_bytes(&content), "log", &lines, &err),
	    &err);
	assert_ok(register_extends_seen(
		      lines.lines, lines.n, &name, with, &err), &err);
	assert_false(register_extends_seen(
	    lines.lines, lines.n, &name, without, &err));
	assert_message_has(&err,
	    "lacks a response that this record published (its line 3)");
	ledger_close(without);
	ledger_close(with);
	chain_lines_clear(&lines);
	buf_free(&content);
}

/* A run counts that failed behind its line; and by its configuration, too. */
static void
register_extends_seen_misses_what_a_failed_run_appended(void **state)
{
#define EMPTY_SHA256 \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	static const char *const log[LINES_MAX] = {
		"\"event\":\"run\",\"command\":\"sign\",\"configuration\":"
		"{\"sha256\":\"" HASH_1 "\"}",
		"\"event\":\"input\",\"role\":\"register\",\"path\":\"x\","
		"\"size\":0,\"sha256\":\"" EMPTY_SHA256 "\"",
		"\"event\":\"register line\",\"sha256\":\"" HASH_2 "\"",
		"\"event\":\"end\",\"status\":2",
	};
	static const struct {
		struct register_name name;
		bool known;
	} cases[] = { { { "x", HASH_2 }, true }, { { NAME, HASH_1 }, true },
		{ { NAME, HASH_2 }, false } };
	struct buf content = chained(log);
	struct ledger *ledger =
	    ledger_of((const char *const[LINES_MAX]){ SIGNED_A });
	struct chain_lines lines;
	struct err err;

	(void)state;
	assert_ok(chain_of_bytes(buf_bytes(&content), "log", &lines, &err),
	    &err);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(!register_extends_seen(lines.lines, lines.n,
				     &cases[i].name, ledger, &err),
		    cases[i].known);
	ledger_close(ledger);
	chain_lines_clear(&lines);
	buf_free(&content);
}

/* What was never published is had back from nowhere. */
static void
ledger_may_recover_only_what_was_published(void **state)
{
	uint8_t a[SHA256_SIZE], b[SHA256_SIZE];
	struct ledger *ledger = ledger_of((const char *const[LINES_MAX]){
	    SIGNED_A, START("published", HASH_A), SIGNED_B });
	struct err err;

	(void)state;
	memset(a, 0xaa, sizeof(a));
	memset(b, 0xbb, sizeof(b));
	assert_ok(ledger_may_recover(ledger, a, &err), &err);
	assert_false(ledger_may_recover(ledger, b, &err));
	assert_message_has(&err, "(line 3) was interrupted before it was");
	b[0] ^= 1;
	assert_false(ledger_may_recover(ledger, b, &err));
	assert_message_has(&err, "no response with this SHA-256");
	assert_false(ledger_may_recover(NULL, a, &err));
	ledger_close(ledger);
}

static void
ledger_may_activate_refuses_a_slot_that_is_not_there(void **state)
{
	struct story story = story_new();
	struct ledger *ledger = story_read(&story);
	struct ledger_activation activation;
	struct err err;

	(void)state;
	assert_ok(ledger_may_activate(ledger, &story.responses[Q1], 3,
		      &activation, &err),
	    &err);
	assert_int_equal(activation.from, T0 + 20 * DAY_S);
	assert_false(ledger_may_activate(
	    ledger, &story.responses[Q1], 4, &activation, &err));
	assert_message_has(&err, "it has no slot 4: its slots are 1 to 3");
	ledger_close(ledger);
	story_end(&story);
}

/* A declared replacement takes that one's place without a slot being named. */
static void
ledger_may_activate_knows_what_a_replacement_replaces(void **state)
{
	struct story story = story_new();
	struct ksr *ksr = new_quarter("new", ".", T0);
	struct document response = document(ksr, 0xff);
	uint8_t replaces[SHA256_SIZE];
	struct ledger_signing signing = { .request = &response,
		.response = &response,
		.schema = "normal",
		.replaces = replaces,
		.reason = "x" };

	(void)state;
	story_activate(&story, Q1, 0);
	for (size_t i = 0; i < 2; i++) {
		struct ledger_activation activation;
		struct ledger *ledger;
		struct err err;
		bool ok;

		memcpy(replaces, story.responses[Q1].sha256, SHA256_SIZE);
		/* The first time another's, which differs at its end. */
		replaces[SHA256_SIZE - 1] ^= i == 0 ? 1 : 0;
		response.sha256[0] = (uint8_t)(0xa0 + i);
		sign_once(story.path, &signing, true);
		ledger = story_read(&story);
		ok = ledger_may_activate(
		    ledger, &response, 0, &activation, &err);
		if (i == 0)
			assert_message_has(&err, "another is active since");
		assert_int_equal(ok, i == 1);
		ledger_close(ledger);
	}
	ksr_free(ksr);
	story_end(&story);
}

/* Its links are right, and its slot is none of the response's. */
static void
ledger_read_refuses_an_activation_from_another_slot(void **state)
{
	static const struct {
		size_t response, slot;
		int64_t from;
	} cases[] = {
		{ Q1, 4, T0 + 30 * DAY_S },
		{ Q1, 2, T0 },
		{ Q1, 1, T0 + 10 * DAY_S },
		{ Q2, 1, T0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct story story = story_new();
		const struct ledger_activation activation = {
			.slot = cases[i].slot, .from = cases[i].from };
		struct ledger *ledger;
		struct err err;

		assert_ok(ledger_open(story.path, NULL, &ledger, &err), &err);
		assert_ok(ledger_append_activated(ledger, T0,
			      &story.responses[cases[i].response], &activation,
			      &err),
		    &err);
		ledger_close(ledger);
		assert_false(ledger_read(story.path, &ledger, &err));
		assert_message_has(&err,
		    ":11: it activates a response from a slot that it has not");
		story_end(&story);
	}
}

/* A line of another zone publishes or activates nothing of this one. */
static void
ledger_read_refuses_a_line_of_another_zone(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct story story = story_new();
		struct ksr *ksr = new_quarter("q1", "example.", T0);
		struct document stranger = document(ksr, Q2 + 1);
		const struct ledger_activation activation = { .slot = 1,
			.from = T0 + 30 * DAY_S };
		const struct ledger_signing again = {
			.request = &story.responses[Q2],
			.response = &story.responses[Q2],
			.schema = "normal" };
		struct ledger *ledger;
		struct err err;

		assert_ok(ledger_open(story.path, NULL, &ledger, &err), &err);
		if (i == 0)
			assert_ok(ledger_append_activated(ledger, T0, &stranger,
				      &activation, &err),
			    &err);
		else
			assert_ok(
			    ledger_append_signing(ledger, T0, &again, &err) &&
				ledger_append_published(
				    ledger, T0, &stranger, &err),
			    &err);
		ledger_close(ledger);
		assert_false(ledger_read(story.path, &ledger, &err));
		assert_message_has(&err, i == 0 ? ":11: it activates"
						: ":12: it publishes another");
		ksr_free(ksr);
		story_end(&story);
	}
}

static void
ledger_open_twice_is_refused(void **state)
{
	char *dir = scratch_new(), path[256];
	struct ledger *first, *second;
	struct err err;

	(void)state;
	snprintf(path, sizeof(path), "%s/" REGISTER_FILE, dir);
	assert_ok(ledger_read(path, &first, &err), &err);
	assert_null(first);
	assert_ok(ledger_open(path, NULL, &first, &err), &err);
	assert_ok(ledger_read(path, &second, &err), &err);
	assert_null(second);
	assert_ok(ledger_begin(first, &err), &err);
	assert_false(ledger_open(path, NULL, &second, &err));
	assert_message_has(&err, "another run is writing it");
	assert_ok(ledger_read(path, &second, &err), &err);
	assert_non_null(second);
	ledger_close(second);
	ledger_close(first);
	scratch_remove(dir);
}

static void
ledger_path_is_beside_the_configuration(void **state)
{
	static const char *const cases[][2] = {
		{ "anchorite.yaml", "register.jsonl" },
		{ "./a.yaml", "./register.jsonl" },
		{ "/etc/anchorite/anchorite.yaml",
		    "/etc/anchorite/register.jsonl" },
		{ "/a.yaml", "/register.jsonl" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char path[REGISTER_PATH_SIZE];

		ledger_path(cases[i][0], path);
		assert_string_equal(path, cases[i][1]);
	}
}

static void
alternative_is_name_knows_names(void **state)
{
	char longest[NAME_MAX_LEN + 2];

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	longest[NAME_MAX_LEN + 1] = '\0';
	assert_false(alternative_is_name(longest));
	longest[NAME_MAX_LEN] = '\0';
	assert_true(alternative_is_name(longest));
	assert_true(alternative_is_name("fall-back_2"));
	assert_false(alternative_is_name(""));
	assert_false(alternative_is_name("A"));
	assert_false(alternative_is_name("a b"));
	assert_false(alternative_is_name("a\xc3\xa9"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ledger_of_bytes_reads_entries),
		cmocka_unit_test(ledger_of_bytes_empty_is_a_register),
		cmocka_unit_test(ledger_of_bytes_tells_interrupted_runs),
		cmocka_unit_test(
		    ledger_of_bytes_same_response_under_two_names_is_active_under_both),
		cmocka_unit_test(ledger_of_bytes_refuses_nonsense),
		cmocka_unit_test(ledger_of_bytes_refuses_nonsense_of_today),
		cmocka_unit_test(ledger_of_bytes_refuses_what_cannot_follow),
		cmocka_unit_test(ledger_of_bytes_finds_every_changed_octet),
		cmocka_unit_test(ledger_open_after_any_cut_goes_on),
		cmocka_unit_test(ledger_activation_ends_all_others_of_its_time),
		cmocka_unit_test(ledger_history_knows_what_a_zone_activated),
		cmocka_unit_test(
		    register_extends_seen_misses_what_was_published),
		cmocka_unit_test(
		    register_extends_seen_misses_what_a_failed_run_appended),
		cmocka_unit_test(ledger_may_recover_only_what_was_published),
		cmocka_unit_test(
		    ledger_may_activate_refuses_a_slot_that_is_not_there),
		cmocka_unit_test(
		    ledger_may_activate_knows_what_a_replacement_replaces),
		cmocka_unit_test(
		    ledger_read_refuses_an_activation_from_another_slot),
		cmocka_unit_test(ledger_read_refuses_a_line_of_another_zone),
		cmocka_unit_test(ledger_open_twice_is_refused),
		cmocka_unit_test(ledger_path_is_beside_the_configuration),
		cmocka_unit_test(alternative_is_name_knows_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
