/* What a register takes up: which archives and registers it refuses. */
#include <stdio.h>
#include <string.h>

#include "signer/record/adopting.h"
#include "tests/support/fixture.h"

#define T0 (FIXTURE_START + 1000 * DAY_S) /* when it is taken up */

/* A configuration, an archive that grows, and the register so far. */
struct scene {
	struct config *config;
	struct adopting adopting;
	struct ledger *ledger;
};

static struct ledger *
ledger_of(struct bytes content)
{
	struct ledger *ledger;
	struct err err;

	assert_ok(ledger_of_bytes(content, "r.jsonl", &ledger, &err), &err);
	return ledger;
}

static struct scene
scene_new(void)
{
	return (struct scene){ .config = fixture_config(0, 1, ""),
		.ledger = ledger_of((struct bytes){ 0 }) };
}

static void
scene_end(struct scene *s)
{
	adopting_clear(&s->adopting);
	ledger_close(s->ledger);
	config_free(s->config);
}

static struct ksr *
put(struct scene *s, const char *path, struct ksr *ksr)
{
	struct document *document = adopting_add(&s->adopting);
	struct bytes name = { (const uint8_t *)path, strlen(path) };
	struct err err;

	assert_non_null(document);
	document->path = path;
	document->ksr = ksr;
	assert_ok(sha256(name, document->sha256, &err), &err);
	return ksr;
}

/* A request of this cycle, in the n-th cycle's time. */
static struct ksr *
put_request(struct scene *s, const char *path, size_t cycle, size_t n)
{
	return put(s, path,
	    fixture_request(FIXTURE_START + (int64_t)n * CYCLE_S, cycle));
}

static struct ksr *
put_response(struct scene *s, const char *path, const struct ksr *request)
{
	return put(s, path, fixture_respond(s->config, "normal", request));
}

/* Cycle n with its response. */
static struct ksr *
put_pair(struct scene *s, const char *request, const char *response, size_t n)
{
	return put_response(s, response, put_request(s, request, n, n));
}

static void
assert_takes(struct scene *s, size_t lines)
{
	struct err err;

	assert_ok(
	    adopting_judge(&s->adopting, s->config, s->ledger, &err), &err);
	assert_int_equal(adopting_lines(&s->adopting, s->ledger), lines);
	assert_ok(adopting_append(&s->adopting, s->ledger, T0, &err), &err);
}

static void
assert_refused(struct scene *s, const char *why)
{
	struct err err;

	if (adopting_judge(&s->adopting, s->config, s->ledger, &err))
		fail_msg("taken up; expected \"%s\"", why);
	assert_message_has(&err, why);
	assert_int_equal(err.code, E_REFUSED);
}

/* Names are in no order of time, and a register is. */
static void
adopting_judge_takes_pairs_in_order_of_time(void **state)
{
	static const char *const paths[] = { "c-skr", "a-skr", "b-skr" };
	struct scene s = scene_new();

	(void)state;
	put_pair(&s, "a-ksr", "a-skr", 1);
	put_pair(&s, "b-ksr", "b-skr", 2);
	put_pair(&s, "c-ksr", "c-skr", 0);
	assert_takes(&s, 3);
	assert_int_equal(s.adopting.n_pairs, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct adopting_pair *pair = &s.adopting.pairs[i];

		assert_string_equal(pair->response->path, paths[i]);
		assert_string_equal(pair->name, "");
		if (i == 0)
			assert_null(pair->previous);
		else
			assert_string_equal(pair->previous->path, paths[i - 1]);
	}
	scene_end(&s);
}

static void
adopting_judge_names_a_second_response(void **state)
{
	struct scene s = scene_new();
	struct ksr *request = put_request(&s, "ksr", 0, 0);

	(void)state;
	put_response(&s, "skr-1", request);
	put_response(&s, "skr-2", request);
	put_response(&s, "skr-3", request);
	assert_takes(&s, 3);
	assert_string_equal(s.adopting.pairs[0].name, "");
	assert_string_equal(s.adopting.pairs[1].name, "adopted-2");
	assert_string_equal(s.adopting.pairs[2].name, "adopted-3");
	scene_end(&s);
}

/* The last one too, whose signatures nothing behind it verifies. */
static void
adopting_judge_refuses_a_response_that_does_not_verify(void **state)
{
	(void)state;
	for (size_t n = 0; n < 2; n++) {
		struct scene s = scene_new();
		struct ksr *responses[2];

		responses[0] = put_pair(&s, "0-ksr", "0-skr", 0);
		responses[1] = put_pair(&s, "1-ksr", "1-skr", 1);
		responses[n]->bundles[8].signatures[0].signature[5] ^= 1;
		assert_refused(&s,
		    n == 0 ? "0-skr: SKR-VERIFY" : "1-skr: SKR-VERIFY");
		scene_end(&s);
	}
}

static void
adopting_judge_refuses_a_request_without_proof(void **state)
{
	struct scene s = scene_new();
	struct ksr *request = put_request(&s, "ksr", 0, 0);

	(void)state;
	put_response(&s, "skr", request);
	request->bundles[4].signatures[0].signature[5] ^= 1;
	assert_refused(&s, "skr: KSR-BUNDLE-POP");
	scene_end(&s);
}

/* Each well signed, with the same id, and one not the answer to the other. */
static void
adopting_judge_refuses_what_is_no_pair(void **state)
{
	struct scene s = scene_new();
	struct ksr *request = put_request(&s, "ksr", 0, 0);
	struct ksr *other = fixture_request(FIXTURE_START, 0);

	(void)state;
	fixture_replace_key(other, fixture_zsk(1), fixture_zsk(3));
	put_response(&s, "skr", other);
	ksr_free(other);
	assert_refused(&s, "skr: SKR-PAIR");
	scene_end(&s);

	s = scene_new();
	request = put_request(&s, "ksr", 0, 0);
	put_response(&s, "skr", request)->serial++;
	assert_refused(&s, "skr: SKR-MATCH");
	scene_end(&s);

	s = scene_new();
	request = put_request(&s, "ksr", 0, 0);
	strcpy(put_response(&s, "skr", request)->id, "another");
	assert_refused(&s, "skr: answers request another, which is not in");
	scene_end(&s);

	s = scene_new();
	put_pair(&s, "0-ksr", "0-skr", 0);
	put_request(&s, "1-ksr", 1, 1);
	assert_refused(&s, "1-ksr: no response to this request is in the ar");
	scene_end(&s);
}

static void
adopting_judge_refuses_a_quarter_that_is_missing(void **state)
{
	struct scene s = scene_new();

	(void)state;
	put_pair(&s, "0-ksr", "0-skr", 0);
	put_pair(&s, "2-ksr", "2-skr", 2);
	assert_refused(&s, "2-skr: KSR-CHAIN-KEYS");
	scene_end(&s);
}

static void
adopting_judge_refuses_another_zone(void **state)
{
	struct scene s = scene_new();
	struct ksr *request = put_request(&s, "ksr", 0, 0);

	(void)state;
	strcpy(request->domain, "example.");
	strcpy(put_response(&s, "skr", request)->domain, "example.");
	assert_refused(&s, "skr: is for the zone \"example.\", not for \".\"");
	scene_end(&s);
}

/* A register of one response, which was signed here. */
static struct ledger *
ledger_with(struct ksr *ksr)
{
	char *dir = scratch_new(), path[256];
	struct document document = { .path = "x", .ksr = ksr };
	const struct ledger_signing line = {
		.request = &document, .response = &document, .schema = "normal"
	};
	struct ledger *ledger;
	struct err err;

	snprintf(path, sizeof(path), "%s/" REGISTER_FILE, dir);
	assert_ok(ledger_open(path, NULL, &ledger, &err), &err);
	assert_ok(ledger_append_signing(ledger, T0, &line, &err), &err);
	assert_ok(ledger_append_published(ledger, T0, &document, &err), &err);
	ledger_close(ledger);
	assert_ok(ledger_read(path, &ledger, &err), &err);
	scratch_remove(dir);
	return ledger;
}

/* Nor what is for the same slots: an archive begins behind the register. */
static void
adopting_judge_refuses_what_is_older_than_the_register(void **state)
{
	struct scene s = scene_new();
	struct ksr *request = fixture_request(FIXTURE_START + CYCLE_S, 1);

	(void)state;
	ledger_close(s.ledger);
	s.ledger = ledger_with(request);
	put_pair(&s, "0-ksr", "0-skr", 0);
	assert_refused(&s, "0-skr: begins before the register's last response");
	adopting_clear(&s.adopting);
	put_pair(&s, "1-ksr", "1-skr", 1);
	assert_refused(&s, "1-skr: begins before the register's last response");
	adopting_clear(&s.adopting);
	put_pair(&s, "2-ksr", "2-skr", 2);
	assert_takes(&s, 1);
	ksr_free(request);
	scene_end(&s);
}

/* A register's octets; each letter is a response that it took up. */
static struct buf
register_of(const char *responses)
{
	char *dir = scratch_new(), path[256];
	struct ksr *ksr = ksr_new(KSR_RESPONSE, 1);
	struct document document = { .path = "x", .ksr = ksr };
	struct ledger_signing line = { .request = &document,
		.response = &document };
	struct ledger *ledger;
	struct buf content;
	struct err err;

	snprintf(path, sizeof(path), "%s/" REGISTER_FILE, dir);
	strcpy(ksr->id, "id");
	strcpy(ksr->domain, ".");
	strcpy(ksr->bundles[0].id, "b");
	assert_ok(ledger_open(path, NULL, &ledger, &err), &err);
	assert_ok(ledger_begin(ledger, &err), &err);
	for (size_t i = 0; responses[i] != '\0'; i++) {
		memset(document.sha256, responses[i], SHA256_SIZE);
		assert_ok(ledger_append_adopted(ledger, T0, &line, &err), &err);
	}
	ledger_close(ledger);
	content = read_whole(path);
	ksr_free(ksr);
	scratch_remove(dir);
	return content;
}

static struct scene
scene_of_registers(const char *ours, struct buf other)
{
	struct buf content = register_of(ours);
	struct scene s = { .ledger = ledger_of(buf_bytes(&content)) };

	s.adopting.other = ledger_of(buf_bytes(&other));
	buf_free(&content);
	buf_free(&other);
	return s;
}

static void
adopting_judge_takes_a_register_that_extends_ours(void **state)
{
	static const struct {
		const char *ours, *other;
		size_t lines;
	} cases[] = { { "ab", "abcd", 2 }, { "", "ab", 2 }, { "ab", "ab", 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf other = register_of(cases[i].other);
		struct scene s = scene_of_registers(cases[i].ours, other);
		char head[CHAIN_HASH_SIZE];

		strcpy(head, ledger_head(s.adopting.other));
		assert_takes(&s, cases[i].lines);
		assert_string_equal(ledger_head_now(s.ledger), head);
		scene_end(&s);
	}
}

/* A shorter one; and longer ones that differ in the first line or the last. */
static void
adopting_judge_refuses_a_register_that_does_not_extend_ours(void **state)
{
	static const char *const others[] = { "", "a", "xbcd", "axcd" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		struct scene s =
		    scene_of_registers("ab", register_of(others[i]));

		assert_refused(&s,
		    "it does not extend this configuration's register, whose "
		    "2 lines it must begin with");
		scene_end(&s);
	}
}

/* The lines are written again here, and must come out as they were. */
static void
adopting_judge_refuses_lines_that_cannot_be_written_again(void **state)
{
	struct buf other = register_of("abc");
	struct scene s;

	(void)state;
	other.len -= 5;
	s = scene_of_registers("ab", other);
	assert_refused(&s, "its line 3 was cut off");
	scene_end(&s);

	/* The last line is in no other's "prev". */
	other = register_of("abc");
	other.data[other.len - 1] = ' ';
	buf_puts(&other, "\n");
	s = scene_of_registers("ab", other);
	assert_refused(
	    &s, "its line 3 is not written as this program writes it");
	scene_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adopting_judge_takes_pairs_in_order_of_time),
		cmocka_unit_test(adopting_judge_names_a_second_response),
		cmocka_unit_test(
		    adopting_judge_refuses_a_response_that_does_not_verify),
		cmocka_unit_test(
		    adopting_judge_refuses_a_request_without_proof),
		cmocka_unit_test(adopting_judge_refuses_what_is_no_pair),
		cmocka_unit_test(
		    adopting_judge_refuses_a_quarter_that_is_missing),
		cmocka_unit_test(adopting_judge_refuses_another_zone),
		cmocka_unit_test(
		    adopting_judge_refuses_what_is_older_than_the_register),
		cmocka_unit_test(
		    adopting_judge_takes_a_register_that_extends_ours),
		cmocka_unit_test(
		    adopting_judge_refuses_a_register_that_does_not_extend_ours),
		cmocka_unit_test(
		    adopting_judge_refuses_lines_that_cannot_be_written_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
