#include <string.h>

#include "ksr/base/nearest.h"

#define WORD_MAX 48 /* what is longer is near to nothing */

static char
folded(char c)
{
	if (c == '_')
		return '-';
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Letters that are missing, too many, other ones, or two that changed places
 * (optimal string alignment distance).
 */
static size_t
distance_of(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][WORD_MAX + 1] = { 0 };
	size_t *before = rows[0], *last = rows[1], *now = rows[2], *spare;

	for (size_t j = 0; j <= b_len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			bool same = folded(a[i - 1]) == folded(b[j - 1]);

			now[j] = least(last[j - 1] + (same ? 0 : 1),
			    least(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 &&
			    folded(a[i - 1]) == folded(b[j - 2]) &&
			    folded(a[i - 2]) == folded(b[j - 1]))
				now[j] = least(now[j], before[j - 2] + 1);
		}
		spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[b_len];
}

/* One letter in three may be wrong, and one in a short word. */
static size_t
allowed(size_t len)
{
	return len < 6 ? 1 : len / 3;
}

void
nearest_try(struct nearest *nearest, const char *word)
{
	size_t given = strlen(nearest->given), len = strlen(word), distance;

	if (given == 0 || given > WORD_MAX || len > WORD_MAX)
		return;
	distance = distance_of(nearest->given, given, word, len);
	if (distance > allowed(least(given, len)) || distance >= len ||
	    (nearest->word != NULL && distance >= nearest->distance))
		return;
	nearest->word = word;
	nearest->distance = distance;
}

bool
nearest_say(const struct nearest *nearest, const char *prefix, struct err *err)
{
	if (nearest->word == NULL)
		return false;
	return err_append(err, "; is it %s%s?", prefix, nearest->word);
}
