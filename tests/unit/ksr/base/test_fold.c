#include <stdlib.h>
#include <string.h>

#include "ksr/base/fold.h"
#include "ksr/base/words.h"
#include "tests/support/support.h"

static char *
folded(const char *line, enum fold how)
{
	struct buf buf = buf_new(1 << 16);

	fold_line(bytes_of_string(line), 0, how, NULL, &buf);
	return text_of_buf(&buf);
}

/* Ten columns. */
#define TEN   "123456789 "
#define SIXTY TEN TEN TEN TEN TEN TEN
#define WORD_64 \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
line_goes_on_under_its_column(void **state)
{
	static const struct {
		enum fold how;
		const char *line, *folded;
	} cases[] = {
		{ FOLD_WORDS, "", "" },
		{ FOLD_WORDS, "short", "short" },
		/* 80 columns fit, 81 do not. */
		{ FOLD_WORDS, SIXTY TEN "123456789x", SIXTY TEN "123456789x" },
		{ FOLD_WORDS, SIXTY TEN "123456789xy",
		    SIXTY "123456789\n  123456789xy" },
		/* Under the indentation, and under the last column. */
		{ FOLD_WORDS, "    " SIXTY TEN TEN,
		    "    " SIXTY "123456789\n    123456789 " },
		{ FOLD_WORDS, "  pass    KSR-ID    " SIXTY "end",
		    "  pass    KSR-ID    " TEN TEN TEN TEN TEN
		    "123456789\n                    end" },
		/* Two spaces behind a sentence are no column. */
		{ FOLD_WORDS, "  One.  " SIXTY TEN "123456789",
		    "  One.  " SIXTY "123456789\n  123456789" },
		/* What is wider than its column moves to the left. */
		{ FOLD_WORDS, "  name                 SHA-256 " WORD_64,
		    "  name                 SHA-256\n               "
		    " " WORD_64 },
		{ FOLD_WORDS, "                    " WORD_64,
		    "                " WORD_64 },
		/* And what is wider than a line stays whole. */
		{ FOLD_WORDS, "path " WORD_64 WORD_64 " end",
		    "path\n  " WORD_64 WORD_64 "\n  end" },
		{ FOLD_WORDS, WORD_64 WORD_64, WORD_64 WORD_64 },
		/* Commas end pieces in lists only. */
		{ FOLD_WORDS, "a  " WORD_64 "1,2" WORD_64,
		    "a\n  " WORD_64 "1,2" WORD_64 },
		{ FOLD_LISTS,
		    "1  2027-01-01T00:00:00 2027-01-22T00:00:00  "
		    "46809,41824   19036(Kjqmt7v)/S,20326(Klajeyz)/P",
		    "1  2027-01-01T00:00:00 2027-01-22T00:00:00  46809,41824   "
		    "19036(Kjqmt7v)/S,\n"
		    "                                                          "
		    "20326(Klajeyz)/P" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *text = folded(cases[i].line, cases[i].how);

		assert_string_equal(text, cases[i].folded);
		free(text);
	}
}

/* Columns are counted as a terminal shows them. */
static void
colours_and_utf8_have_the_width_that_is_seen(void **state)
{
	/* 80 columns, of which twelve have two octets, and one more. */
	char *fits =
	    folded("\033[32mpass\033[0m  " SIXTY
		   "\303\274\303\274\303\274\303\274\303\274\303\274"
		   "\303\274\303\274\303\274\303\274\303\274\303\274xy",
		FOLD_WORDS);
	char *text =
	    folded("\033[32mpass\033[0m  " SIXTY "123456789012345", FOLD_WORDS);

	(void)state;
	assert_null(strchr(fits, '\n'));
	assert_string_equal(text,
	    "\033[32mpass\033[0m  " TEN TEN TEN TEN TEN "123456789"
	    "\n      123456789012345");
	free(fits);
	free(text);
}

static size_t
widest(const char *text)
{
	size_t most = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		most = len > most ? len : most;
		text += len + (text[len] == '\n');
	}
	return most;
}

/* Without its ends of lines and margins, a folded text is what it was. */
static void
unfold(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0';) {
		if (*from == '\n') {
			*to++ = ' ';
			from += 1 + strspn(from + 1, " ");
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

static unsigned
next_random(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 16;
}

static void
random_lines_are_never_wider_and_keep_their_words(void **state)
{
	char line[1024], *text;
	unsigned seed = 1;

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		size_t len = 0, n = next_random(&seed) % 40;

		for (size_t k = 0; k < n; k++) {
			size_t letters = 1 + next_random(&seed) % 20;

			if (k > 0)
				line[len++] = ' ';
			memset(line + len, 'a' + (int)(k % 26), letters);
			len += letters;
		}
		line[len] = '\0';
		text = folded(line, FOLD_WORDS);
		assert_in_range(widest(text), 0, FOLD_COLUMNS);
		/* What goes on cannot pass for a line of its own. */
		for (const char *c = text; (c = strchr(c, '\n')) != NULL; c++)
			assert_memory_equal(c, "\n  ", 3);
		unfold(text);
		assert_string_equal(text, line);
		free(text);
	}
}

/* The longest pairs there are, behind any margin of this program. */
static void
words_of_any_hash_fit_a_line(void **state)
{
	uint8_t digest[32];
	unsigned seed = 2;

	(void)state;
	for (unsigned i = 0; i < 65536 + 300; i++) {
		struct buf lines = buf_new(4096);

		for (size_t k = 0; k < sizeof(digest); k++)
			digest[k] = i >= 65536 ? (uint8_t)next_random(&seed)
			    : k % 2 == 0       ? (uint8_t)(i & 0xff)
					       : (uint8_t)(i >> 8);
		words_format_lines((struct bytes){ digest, sizeof(digest) },
		    "; |           ", &lines);
		buf_u8(&lines, 0);
		assert_false(lines.failed);
		assert_in_range(
		    widest((const char *)lines.data), 1, FOLD_COLUMNS);
		buf_free(&lines);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_goes_on_under_its_column),
		cmocka_unit_test(colours_and_utf8_have_the_width_that_is_seen),
		cmocka_unit_test(
		    random_lines_are_never_wider_and_keep_their_words),
		cmocka_unit_test(words_of_any_hash_fit_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
