/* The register: what it remembers, what it refuses to have in it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "signer/record/register.h"
#include "tests/support.h"

#define T0   INT64_C(1794744000) /* 2026-11-15T12:00:00 */
#define NAME "r.jsonl"

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
		cmocka_unit_test(ledger_of_bytes_refuses_what_cannot_follow),
		cmocka_unit_test(ledger_of_bytes_finds_every_changed_octet),
		cmocka_unit_test(ledger_open_after_any_cut_goes_on),
		cmocka_unit_test(ledger_open_twice_is_refused),
		cmocka_unit_test(ledger_path_is_beside_the_configuration),
		cmocka_unit_test(alternative_is_name_knows_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
