#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/macros.h"
#include "signer/workshop/manifest.h"
#include "tests/support/support.h"

#define ZEROS                                                                  \
	"0000000000000000000000000000000000000000000000000000000000000000"
#define HEAD  "anchorite manifest 1\ndir   0755            - .\n"
#define FILE1 "file  0644            7 a\n      " ZEROS "\n"
#define LINK1 "link     -            1 b\n      -> a\n"
#define TOTAL "total 3 entries, 7 octets\n"

static struct manifest
parsed(const char *text)
{
	struct manifest manifest;
	struct err err;

	assert_ok(
	    manifest_parse(bytes_of_string(text), "m", &manifest, &err), &err);
	return manifest;
}

static void
manifest_parse_reads_what_manifest_format_writes(void **state)
{
	/* Every octet that a name can have, in a name and in a target. */
	char all[256];
	struct manifest manifest = { 0 }, again;
	struct manifest_entry entries[] = {
		{ .type = MANIFEST_LINK, .size = 3 },
		{ .type = MANIFEST_FILE, .mode = 06755, .size = 1u << 31 },
		{ .type = MANIFEST_MOUNT, .mode = 01777 },
	};
	struct buf text = buf_new(65536), copy = buf_new(65536);
	struct err err;

	(void)state;
	for (unsigned i = 1; i < sizeof(all); i++)
		all[i - 1] = (char)i;
	all[255] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
		entries[i].name = strdup(all + i);
		if (entries[i].type == MANIFEST_LINK)
			entries[i].target = strdup(all);
		assert_ok(
		    manifest_add(&manifest, &entries[i], &err), &err);
	}
	manifest_sort(&manifest);
	assert_ok(manifest_format(&manifest, &text, &err), &err);
	for (size_t i = 0; i < text.len; i++)
		assert_true(text.data[i] == '\n' ||
		    (text.data[i] >= 0x20 && text.data[i] < 0x7f));
	assert_ok(
	    manifest_parse(buf_bytes(&text), "m", &again, &err), &err);
	assert_int_equal(again.n, 3);
	assert_string_equal(again.entries[0].name, all);
	assert_string_equal(again.entries[0].target, all);
	assert_int_equal(again.entries[1].mode, 06755);
	assert_ok(manifest_format(&again, &copy, &err), &err);
	assert_true(bytes_equal(buf_bytes(&text), buf_bytes(&copy)));
	buf_free(&text);
	buf_free(&copy);
	manifest_clear(&manifest);
	manifest_clear(&again);
}

static void
manifest_parse_other_forms_are_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "", "m:1: is no manifest" },
		{ "anchorite manifest 1", "m:1: is no manifest" },
		{ "anchorite manifest 2\n", "m:1: is no manifest" },
		{ "anchorite\n", "m:1: is no manifest" },
		{ "anchorite manifest 1\n", "cut off: no total" },
		{ HEAD FILE1 LINK1, "m:7: the manifest is cut off" },
		{ HEAD "file  0644            7 a\n", "the entry is cut off" },
		{ HEAD "file  0644            7 a\n      00\n", "SHA-256" },
		{ HEAD "link     -            1 b\n      ->\n", "target" },
		{ HEAD FILE1 LINK1 "total 2 entries, 7 octets\n", "m:7: " },
		{ HEAD FILE1 LINK1 "total 3 entries, 8 octets\n", "m:7: " },
		{ HEAD FILE1 LINK1 "total 3 entries, 7 octets", "m:7: " },
		{ HEAD FILE1 LINK1 TOTAL "x", "m:8: " },
		{ HEAD FILE1 LINK1 TOTAL " # x\n", "m:8: " },
		{ HEAD FILE1 LINK1 TOTAL "\n# x\ny\n", "m:8: " },
		{ HEAD LINK1 FILE1 TOTAL, "is out of order" },
		{ HEAD FILE1 FILE1 TOTAL, "is out of order" },
		{ HEAD "fifo  0644            7 a\n" TOTAL, "is no entry" },
		{ HEAD "file  0648            7 a\n", "mode is not octal" },
		{ HEAD "file  0644           -7 a\n", "size is no number" },
		{ HEAD "file  0644            7 \n", "name is not as" },
		{ HEAD "file  0644            7 \\a\n", "name is not as" },
		{ HEAD "file  0644            7 \\x0\n", "name is not as" },
		{ HEAD "file  0644            7 \\x00\n", "name is not as" },
		{ HEAD "file  0644            7 \\X41\n", "name is not as" },
		/* Understood, but never written so. */
		{ HEAD "file  0644            7 \\x41\n      " ZEROS
		       "\ntotal 2 entries, 7 octets\n",
		    "m:3: is not as a manifest is written" },
		{ HEAD "file  644             7 a\n      " ZEROS
		       "\ntotal 2 entries, 7 octets\n",
		    "m:3: " },
		{ HEAD "file  0644 7 a\n      " ZEROS
		       "\ntotal 2 entries, 7 octets\n",
		    "m:3: " },
		{ HEAD "file  0644            7 a b\n      " ZEROS
		       "\ntotal 2 entries, 7 octets\n",
		    "m:3: " },
		{ HEAD "dir   0755            9 b\ntotal 2 entries, 0 octets\n",
		    "m:3: " },
		{ HEAD "link  0777            1 b\n      -> a\n"
		       "total 2 entries, 0 octets\n",
		    "m:3: " },
	};
	struct manifest manifest;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (manifest_parse(bytes_of_string(cases[i].text), "m",
			&manifest, &err))
			fail_msg("accepted: %s", cases[i].text);
		assert_int_equal(err.code, E_INPUT);
		assert_message_has(&err, cases[i].says);
	}
	assert_false(manifest_parse(
	    (struct bytes){ (const uint8_t *)"a\0\n", 3 }, "m", &manifest,
	    &err));
	assert_message_has(&err, "is no manifest");
}

static void
manifest_parse_remarks_may_follow(void **state)
{
	struct manifest manifest =
	    parsed(HEAD FILE1 LINK1 TOTAL "\n# head\n\n#x");

	(void)state;
	assert_int_equal(manifest.n, 3);
	manifest_clear(&manifest);
}

static void
manifest_compare_names_every_difference(void **state)
{
	static const char was[] = HEAD FILE1 LINK1 TOTAL;
	static const struct {
		const char *is, *differences;
	} cases[] = {
		{ HEAD FILE1 LINK1 TOTAL, "[]" },
		{ HEAD LINK1 "total 2 entries, 0 octets\n",
		    "[{\"name\":\"a\",\"what\":\"missing\",\"was\":\"file\","
		    "\"is\":null}]" },
		{ "anchorite manifest 1\n"
		  "dir   0700            - .\n" FILE1 LINK1 TOTAL,
		    "[{\"name\":\".\",\"what\":\"mode\",\"was\":\"0755\","
		    "\"is\":\"0700\"}]" },
		{ HEAD FILE1 LINK1 "dir   0755            - c\\x0a\n"
				   "total 4 entries, 7 octets\n",
		    "[{\"name\":\"c\\\\x0a\",\"what\":\"added\",\"was\":null,"
		    "\"is\":\"dir\"}]" },
		{ HEAD FILE1 "mount 0755            - b\n" TOTAL,
		    "[{\"name\":\"b\",\"what\":\"type\",\"was\":\"link\","
		    "\"is\":\"mount\"}]" },
		{ HEAD "file  0644            8 a\n      " ZEROS "\n" LINK1
		       "total 3 entries, 8 octets\n",
		    "[{\"name\":\"a\",\"what\":\"size\",\"was\":7,\"is\":8}]" },
		{ HEAD FILE1 "link     -            1 b\n      -> c\n" TOTAL,
		    "[{\"name\":\"b\",\"what\":\"target\",\"was\":\"a\","
		    "\"is\":\"c\"}]" },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct manifest a = parsed(was), b = parsed(cases[i].is);
		json_t *list = manifest_compare(&a, &b);
		char *text = json_dumps(list, JSON_COMPACT);

		assert_string_equal(text, cases[i].differences);
		assert_int_equal(manifest_judge(list, "m", &err), i == 0);
		if (i > 0) {
			assert_int_equal(err.code, E_REFUSED);
			assert_string_equal(
			    err.msg, "1 difference from the manifest m");
		}
		free(text);
		json_decref(list);
		manifest_clear(&a);
		manifest_clear(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    manifest_parse_reads_what_manifest_format_writes),
		cmocka_unit_test(manifest_parse_other_forms_are_refused),
		cmocka_unit_test(manifest_parse_remarks_may_follow),
		cmocka_unit_test(manifest_compare_names_every_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
