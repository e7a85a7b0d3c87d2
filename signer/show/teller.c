#include <string.h>

#include "ksr/rules/check.h"
#include "signer/show/teller.h"

enum tone
verdict_tone(const char *verdict)
{
	static const struct {
		enum verdict verdict;
		enum tone tone;
	} tones[] = {
		{ VERDICT_PASS, GOOD },
		{ VERDICT_WAIVED, ATTENTION },
		{ VERDICT_OVERRIDDEN, OVERRIDDEN },
		{ VERDICT_NOT_RUN, PLAIN },
	};

	for (size_t i = 0; i < ARRAY_LEN(tones); i++)
		if (strcmp(verdict, verdict_text(tones[i].verdict)) == 0)
			return tones[i].tone;
	return BAD;
}

const char *
tone_class(enum tone tone)
{
	static const char *const classes[] = {
		[PLAIN] = "not-run",
		[GOOD] = "pass",
		[ATTENTION] = "waived",
		[OVERRIDDEN] = "overridden",
		[BAD] = "refuse",
		[HEADING] = "not-run",
	};

	return classes[tone];
}

void
say_at(struct teller *teller, enum tone tone, const char *first, size_t left,
    const json_t *facts, const char *text)
{
	if (teller->verbs->is_text)
		teller->verbs->line(teller, tone, first, left, facts, text);
}

void
say(struct teller *teller, enum tone tone, const json_t *facts,
    const char *text, const char *html)
{
	const char *words = teller->verbs->is_text ? text : html;

	if (words == NULL)
		return;
	teller->verbs->line(
	    teller, tone, teller->first, TELLER_LEFT, facts, words);
	teller->first = "";
}

void
say_part(struct teller *teller, enum tone tone, const char *class,
    const json_t *facts, const char *text, const char *html)
{
	if (teller->verbs->part == NULL)
		say(teller, tone, facts, text, NULL);
	else if (html != NULL)
		teller->verbs->part(teller, tone, class, facts, html);
}

void
say_parts(struct teller *teller, enum tone tone, const char *class,
    const json_t *facts, const char *key, const char *text, const char *html)
{
	const json_t *list = json_object_get(facts, key), *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		say_part(teller, tone, class, item, text, html);
	}
}
