#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ksr/base/words.h"
#include "tests/support/support.h"

static char *
words_of(struct bytes bytes)
{
	struct buf buf = buf_new(8192);

	words_format(bytes, &buf);
	return text_of_buf(&buf);
}

/* The example by which the list is commonly known: a PGP fingerprint. */
static void
words_of_known_fingerprint_are_known(void **state)
{
	static const char hex[] = "E58294F2E9A227486E8B061B31CC528FD7FA3F19";
	uint8_t fingerprint[20];
	char *text;

	(void)state;
	assert_true(hex_parse(hex, fingerprint, sizeof(fingerprint)));
	text = words_of((struct bytes){ fingerprint, sizeof(fingerprint) });
	assert_string_equal(text,
	    "topmost Istanbul Pluto vagabond treadmill Pacific brackish "
	    "dictator goldfish Medusa afflict bravado chatter revolver Dupont "
	    "midsummer stopwatch whimsical cowbell bottomless");
	free(text);
}

static void
words_of_one_octet_depend_on_its_position(void **state)
{
	static const struct {
		uint8_t octets[2];
		const char *words;
	} cases[] = {
		{ { 0x00, 0x00 }, "aardvark adroitness" },
		{ { 0xff, 0xff }, "Zulu Yucatan" },
		{ { 0x00, 0xff }, "aardvark Yucatan" },
		{ { 0xff, 0x00 }, "Zulu adroitness" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *text = words_of((struct bytes){ cases[i].octets, 2 });

		assert_string_equal(text, cases[i].words);
		free(text);
	}
}

static void
words_of_nothing_are_nothing(void **state)
{
	struct buf buf = buf_new(8);

	(void)state;
	words_format((struct bytes){ NULL, 0 }, &buf);
	assert_false(buf.failed);
	assert_int_equal(buf.len, 0);
}

static void
words_beyond_the_cap_fail(void **state)
{
	static const uint8_t octets[2] = { 0, 0 };
	struct buf buf = buf_new(strlen("aardvark adroitnes"));

	(void)state;
	words_format((struct bytes){ octets, 2 }, &buf);
	assert_true(buf.failed);
	buf_free(&buf);
}

/* Every octet at an even and at an odd position: all 512 words. */
static char *
whole_list(void)
{
	uint8_t octets[512];

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(i / 2);
	return words_of((struct bytes){ octets, sizeof(octets) });
}

/* The digest of a list that was compared with a packaged copy. */
static void
words_whole_list_has_known_digest(void **state)
{
	static const char known[] = "E2C00DA33E504434C2EE6BD169207C75"
				    "08B9F672C0CDD50D78CC6AF3D37F99A6";
	uint8_t digest[SHA256_DIGEST_LENGTH], expected[SHA256_DIGEST_LENGTH];
	char *text = whole_list();

	(void)state;
	SHA256((const uint8_t *)text, strlen(text), digest);
	assert_true(hex_parse(known, expected, sizeof(expected)));
	assert_memory_equal(digest, expected, sizeof(digest));
	free(text);
}

static int
compare_words(const void *a, const void *b)
{
	return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

/* Two octets with one word would not be told apart by ear. */
static void
words_whole_list_has_512_different_words(void **state)
{
	char *text = whole_list(), *rest = text, *word;
	char *words[512];
	size_t n = 0;

	(void)state;
	while ((word = strsep(&rest, " ")) != NULL) {
		assert_true(n < ARRAY_LEN(words));
		words[n++] = word;
	}
	assert_int_equal(n, ARRAY_LEN(words));
	qsort(words, n, sizeof(words[0]), compare_words);
	for (size_t i = 1; i < n; i++)
		assert_int_not_equal(strcasecmp(words[i - 1], words[i]), 0);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_known_fingerprint_are_known),
		cmocka_unit_test(words_of_one_octet_depend_on_its_position),
		cmocka_unit_test(words_of_nothing_are_nothing),
		cmocka_unit_test(words_beyond_the_cap_fail),
		cmocka_unit_test(words_whole_list_has_known_digest),
		cmocka_unit_test(words_whole_list_has_512_different_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
