/*
 * Published logs: what is read, what is only counted, what is refused, and
 * every column in which a log and a response can disagree.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/workshop/ksrsigner_log.h"
#include "tests/support/support.h"

#define OLDER   "2017-10-18T21:04:05Z: [info] "
#define NEWER   "2019-02-27 22:27:18,384: kskm.display: INFO "
#define HEADING "#  Inception  Expiration  ZSK Tags  KSK Tag(CKA_LABEL)\n"
#define TIMES   "2018-01-01T00:00:00 2018-01-22T00:00:00 "
#define HASH                               \
	"00ff00ff00ff00ff00ff00ff00ff00ff" \
	"00ff00ff00ff00ff00ff00ff00ff00ff"
/* 00 in two syllables, ff in three. */
#define WORDS4 "aardvark Yucatan aardvark Yucatan "
#define WORDS  WORDS4 WORDS4 WORDS4 WORDS4 WORDS4 WORDS4 WORDS4 WORDS4
#define BAD_WORDS                                        \
	WORDS4 WORDS4 WORDS4 WORDS4 WORDS4 WORDS4 WORDS4 \
	    "aardvark Yucatan aardvark yesteryear "

static struct ksrsigner_log *
read_ok(const char *text)
{
	struct ksrsigner_log *log;
	struct err err;

	assert_ok(
	    ksrsigner_log_read(bytes_of_string(text), "x.log", &log, &err),
	    &err);
	return log;
}

static void
log_generation_is_told_by_the_lines_beginning(void **state)
{
	struct ksrsigner_log *log = read_ok(OLDER HEADING NEWER
	    "1 " TIMES "1\n" HEADING "2017-13-18T21:04:05Z: [info] x\n"
	    "2017-10-18T21:04:05Z: (info) x\n"
	    "2019-02-27 22:27:18.384: kskm.display: INFO x\n"
	    "2019-02-27 22:27:18,38: kskm.display: INFO x\n");

	(void)state;
	assert_int_equal(log->n_lines, 7);
	assert_int_equal(log->n_older, 1);
	assert_int_equal(log->n_newer, 1);
	assert_int_equal(log->n_other, 4);
	assert_int_equal(log->n_tables, 2);
	assert_int_equal(log->tables[0].n_rows, 1);
	ksrsigner_log_free(log);
}

static void
log_row_in_any_column_form_is_read(void **state)
{
	static const char *const forms[] = {
		"1  " TIMES " 05017,41824   19036(Kjqmt7v)/S,20326(Klajeyz)/P",
		"1\t" TIMES "05017, 41824\t19036(Kjqmt7v)/PS 20326(Klajeyz)/P",
		"01 " TIMES "05017 41824 19036(Kjqmt7v)/S, 20326(Klajeyz)/P\r",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct buf text = buf_new(4096), ksks = buf_new(4096);
		struct ksrsigner_log *log;
		const struct log_row *row;

		buf_printf(&text, OLDER HEADING OLDER "%s\n", forms[i]);
		buf_u8(&text, 0);
		log = read_ok((const char *)text.data);
		assert_int_equal(log->tables[0].n_rows, 1);
		row = &log->tables[0].rows[0];
		assert_int_equal(row->slot, 1);
		assert_int_equal(row->inception, 1514764800);
		assert_int_equal(row->expiration, 1516579200);
		assert_int_equal(row->n_zsks, 2);
		assert_int_equal(row->zsks[0], 5017);
		assert_int_equal(row->zsks[1], 41824);
		log_ksks_text(row, &ksks);
		buf_u8(&ksks, 0);
		assert_string_equal((const char *)ksks.data,
		    "19036(Kjqmt7v)/S,20326(Klajeyz)/P");
		buf_free(&text);
		buf_free(&ksks);
		ksrsigner_log_free(log);
	}
}

static void
log_row_not_in_form_is_counted_only(void **state)
{
	static const char *const rows[] = {
		"1 " TIMES,
		"1 2018-02-30T00:00:00 2018-03-22T00:00:00 1 2(a)/S",
		"1 " TIMES "65536",
		"1 " TIMES "-1",
		"x " TIMES "1",
		"4097 " TIMES "1",
		"1 " TIMES "1 2(a)/X",
		"1 " TIMES "1 2(a)/",
		"1 " TIMES "1 2()/S",
		"1 " TIMES "1 2(a/S",
		"1 " TIMES "1 (a)/S",
		"1 " TIMES "1 2(a)/S 3",
		"1 " TIMES "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
		"1 " TIMES "1 \x1b[2J",
		"1 " TIMES "1 \x80",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf text = buf_new(4096);
		struct ksrsigner_log *log;

		buf_printf(&text, NEWER HEADING NEWER "%s\n", rows[i]);
		buf_u8(&text, 0);
		log = read_ok((const char *)text.data);
		if (log->tables[0].n_rows != 0 || log->n_other != 1)
			fail_msg("taken for a row: %s", rows[i]);
		buf_free(&text);
		ksrsigner_log_free(log);
	}
}

static void
log_hash_is_held_against_its_words(void **state)
{
	static const struct {
		const char *text;
		enum log_words words;
	} cases[] = {
		{ OLDER "file x " HASH "\n", WORDS_NONE },
		{ OLDER "file x " HASH " and so on\n", WORDS_NONE },
		{ OLDER "file x " HASH "\n" OLDER "and so on\n", WORDS_NONE },
		{ NEWER "file x SHA-256 " HASH " WORDS " WORDS "\n",
		    WORDS_MATCH },
		{ NEWER "file x SHA-256 " HASH " " WORDS "\n", WORDS_MATCH },
		{ NEWER HASH " WORDS " BAD_WORDS "\n", WORDS_DIFFER },
		{ NEWER HASH " WORDS " WORDS4 "\n", WORDS_DIFFER },
		{ NEWER HASH " WORDS no such words\n", WORDS_DIFFER },
		{ OLDER HASH "\n" OLDER ">> " WORDS "<<\n", WORDS_MATCH },
		{ OLDER HASH "\n" WORDS "\n", WORDS_MATCH },
		{ OLDER HASH "\n" OLDER ">> " BAD_WORDS "<<\n", WORDS_DIFFER },
		{ OLDER HASH "\n" OLDER ">> none <<\n", WORDS_DIFFER },
		{ OLDER HASH "\n\n" OLDER ">> " WORDS "<<\n", WORDS_NONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ksrsigner_log *log = read_ok(cases[i].text);

		assert_int_equal(log->n_hashes, 1);
		assert_int_equal(log->hashes[0].sha256[31], 0xff);
		if (log->hashes[0].words != cases[i].words)
			fail_msg("%d, wanted %d: %s", log->hashes[0].words,
			    cases[i].words, cases[i].text);
		ksrsigner_log_free(log);
	}
}

static void
log_table_is_named_by_its_place_and_title(void **state)
{
#define WITH_KSK    HEADING "1 " TIMES "1 2(a)/S\n"
#define WITHOUT_KSK HEADING "1 " TIMES "1\n"
	static const struct {
		const char *text;
		const char *names;
	} cases[] = {
		{ WITH_KSK WITHOUT_KSK WITH_KSK,
		    "previous response,request,response," },
		{ WITHOUT_KSK WITH_KSK, "request,response," },
		{ "New SKR:\n" WITH_KSK, "response," },
		{ WITHOUT_KSK "the previous SKR\n" WITH_KSK,
		    "request,previous response," },
		{ WITHOUT_KSK "blasted\n" WITH_KSK, "request,response," },
		{ "renewed\n" WITH_KSK, "previous response," },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ksrsigner_log *log = read_ok(cases[i].text);
		struct buf names = buf_new(4096);

		for (size_t k = 0; k < log->n_tables; k++)
			buf_printf(
			    &names, "%s,", log_table_name(log->tables[k].kind));
		buf_u8(&names, 0);
		assert_string_equal((const char *)names.data, cases[i].names);
		buf_free(&names);
		ksrsigner_log_free(log);
	}
}

static void
refuse(struct bytes text, const char *part)
{
	struct ksrsigner_log *log;
	struct err err;

	assert_false(ksrsigner_log_read(text, "x.log", &log, &err));
	assert_int_equal(err.code, E_INPUT);
	assert_message_has(&err, part);
}

static void
refuse_repeated(const char *begin, const char *line, size_t n, const char *part)
{
	struct buf text = buf_new(KSRSIGNER_LOG_MAX);

	buf_puts(&text, begin);
	for (size_t i = 0; i < n; i++)
		buf_puts(&text, line);
	refuse(buf_bytes(&text), part);
	buf_free(&text);
}

static void
log_beyond_its_limits_is_refused_with_its_line(void **state)
{
	(void)state;
	refuse_repeated(
	    "", HEADING, LOG_TABLES_MAX + 1, "x.log:65: too many tables");
	refuse_repeated(
	    "", HASH "\n", LOG_HASHES_MAX + 1, "x.log:257: too many hashes");
	refuse_repeated(HEADING, "1 " TIMES "1\n", BUNDLES_MAX + 1,
	    "x.log:4098: too many rows in one table");
	refuse(bytes_of_string(""), "neither a table nor a hash");
	refuse(bytes_of_string(OLDER "all is well\n\n"),
	    "x.log: 2 lines, and neither a table nor a hash");
}

static void
log_line_too_long_is_counted_only(void **state)
{
	struct buf text = buf_new(2 * LOG_TEXT_MAX);
	struct ksrsigner_log *log;

	(void)state;
	buf_puts(&text, HEADING);
	while (text.len < LOG_TEXT_MAX + 100)
		buf_puts(&text, "#");
	buf_u8(&text, 0);
	log = read_ok((const char *)text.data);
	assert_int_equal(log->n_other, 1);
	buf_free(&text);
	ksrsigner_log_free(log);
}

/* Slot 1 of the response that compare_... hold logs against. */
static void
make_bundle(struct bundle *bundle)
{
	struct err err;

	assert_ok(bundle_alloc(bundle, 4, 1, &err), &err);
	bundle->inception = 1514764800;
	bundle->expiration = 1516579200;
	for (size_t i = 0; i < 4; i++) {
		struct dnskey *key = &bundle->keys[i];

		key->flags = i < 2 ? DNSKEY_FLAGS_ZSK : DNSKEY_FLAGS_KSK;
		key->tag = (uint16_t)(i + 1);
		key->algorithm = 8;
		snprintf(key->identifier, sizeof(key->identifier), "k%zu", i);
	}
	bundle->signatures[0].tag = 3;
	bundle->signatures[0].algorithm = 8;
	memcpy(bundle->signatures[0].identifier, "k2", 3);
}

static void
compare_finds_every_difference(void **state)
{
	static const struct {
		const char *rows;
		const char *difference; /* "": none */
	} cases[] = {
		{ "1 " TIMES "1,2 3(k2)/S,4(k3)/P\n", "" },
		{ "1 " TIMES "2,1 4(k3)/P,3(k2)/S\n", "" },
		{ "1 " TIMES "00001,00002 3(k2),4(k3)\n", "" },
		{ "1 " TIMES "1,2 3/S,4/P\n", "" },
		{ "1 " TIMES "1,3 3(k2)/S,4(k3)/P\n",
		    "slot 1: ZSKs 1,3 in the log, 1,2 in the response" },
		{ "1 " TIMES "1 3(k2)/S,4(k3)/P\n",
		    "slot 1: ZSKs 1 in the log, 1,2 in the response" },
		{ "1 " TIMES "1,2,2 3(k2)/S,4(k3)/P\n",
		    "slot 1: ZSKs 1,2,2 in the log, 1,2 in the response" },
		{ "1 " TIMES "1,2 3(k2)/S,5(k3)/P\n",
		    "slot 1: KSKs 3(k2)/S,5(k3)/P in the log, "
		    "3(k2)/S,4(k3)/P in the response" },
		{ "1 " TIMES "1,2 3(k9)/S,4(k3)/P\n",
		    "slot 1: KSKs 3(k9)/S,4(k3)/P in the log, " },
		{ "1 " TIMES "1,2 3(k2)/P,4(k3)/S\n",
		    "slot 1: KSKs 3(k2)/P,4(k3)/S in the log, " },
		{ "1 " TIMES "1,2 3(k2)/RS,4(k3)/P\n",
		    "slot 1: KSKs 3(k2)/RS,4(k3)/P in the log, " },
		{ "1 " TIMES "1,2 3(k2)/S\n",
		    "slot 1: KSKs 3(k2)/S in the log, " },
		{ "1 " TIMES "1,2 3(k2)/S,3(k2)/S\n",
		    "slot 1: KSKs 3(k2)/S,3(k2)/S in the log, " },
		{ "1 2018-01-01T00:00:01 2018-01-22T00:00:00 1,2 "
		  "3(k2)/S,4(k3)/P\n",
		    "slot 1: inception 2018-01-01T00:00:01 in the log, "
		    "2018-01-01T00:00:00 in the response" },
		{ "1 2018-01-01T00:00:00 2018-01-21T00:00:00 1,2 "
		  "3(k2)/S,4(k3)/P\n",
		    "slot 1: expiration 2018-01-21T00:00:00 in the log, " },
		{ "2 " TIMES "1,2 3(k2)/S,4(k3)/P\n",
		    "slot 2: is in the log only" },
		{ "0 " TIMES "1,2 3(k2)/S,4(k3)/P\n",
		    "slot 0: is in the log only" },
		{ "9 none 3(k2)/S\n", "slot 1: is in the response only" },
		{ "1 " TIMES "1,2 3(k2)/S,4(k3)/P\n"
		  "1 " TIMES "1,2 3(k2)/S,4(k3)/P\n",
		    "slot 1: has another row in the log" },
	};
	struct ksr *skr = ksr_new(KSR_RESPONSE, 1);

	(void)state;
	make_bundle(&skr->bundles[0]);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf text = buf_new(4096);
		struct differences found = { 0 };
		struct ksrsigner_log *log;

		buf_printf(&text, HEADING "%s", cases[i].rows);
		buf_u8(&text, 0);
		log = read_ok((const char *)text.data);
		log_table_compare(&log->tables[0], skr, &found);
		assert_false(found.failed);
		if (cases[i].difference[0] == '\0')
			assert_int_equal(found.n, 0);
		else if (found.n == 0 ||
		    strstr(found.list[0].text, cases[i].difference) == NULL)
			fail_msg("wanted \"%s\", not \"%s\"",
			    cases[i].difference,
			    found.n == 0 ? "" : found.list[0].text);
		differences_clear(&found);
		buf_free(&text);
		ksrsigner_log_free(log);
	}
	ksr_free(skr);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_generation_is_told_by_the_lines_beginning),
		cmocka_unit_test(log_row_in_any_column_form_is_read),
		cmocka_unit_test(log_row_not_in_form_is_counted_only),
		cmocka_unit_test(log_hash_is_held_against_its_words),
		cmocka_unit_test(log_table_is_named_by_its_place_and_title),
		cmocka_unit_test(
		    log_beyond_its_limits_is_refused_with_its_line),
		cmocka_unit_test(log_line_too_long_is_counted_only),
		cmocka_unit_test(compare_finds_every_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
