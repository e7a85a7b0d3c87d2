#include <stdio.h>
#include <string.h>

#include "ksr/base/words.h"
#include "ksr/document/presentation.h"
#include "signer/screen/print.h"
#include "signer/screen/screen.h"
#include "signer/show/teller.h"

#define COLUMNS      80
#define TEXT_MAX     8192
#define ROW_LEFT     14             /* where what a check says begins */
#define WORDS_MARGIN "            " /* as wide as TELLER_LEFT */

static const char *const colours[] = {
	[PLAIN] = "",
	[GOOD] = "\033[32m",
	[ATTENTION] = "\033[33m",
	[OVERRIDDEN] = "\033[33m",
	[BAD] = "\033[1;31m",
	[HEADING] = "\033[1m",
};

/* How much of the text goes on a line of this width. */
static size_t
cut(const char *text, size_t width)
{
	size_t len = strlen(text), at = width;

	if (len <= width)
		return len;
	while (at > 0 && text[at] != ' ' && text[at - 1] != ',')
		at--;
	return at == 0 ? strcspn(text, " ,") : at;
}

/*
 * Folded where words end.  All of it came from the record: nothing but
 * printable ASCII leaves here.
 */
void
text_line(const struct teller *teller, enum tone tone, const char *first,
    size_t left, const char *text)
{
	char safe[TEXT_MAX];

	text_printable(safe, sizeof(safe), text);
	text = safe;
	if (teller->colour)
		printf("%s", colours[tone]);
	do {
		size_t n = cut(text, COLUMNS - left);

		printf("%-*s%.*s\n", (int)left, first, (int)n, text);
		first = "";
		text += n;
		text += strspn(text, " ");
	} while (*text != '\0');
	if (teller->colour)
		printf("%s", tone == PLAIN ? "" : "\033[0m");
}

static void
put_line(struct teller *teller, enum tone tone, const char *first, size_t left,
    const json_t *facts, const char *words)
{
	struct buf text = buf_new(CHAIN_LINE_MAX);

	words_fill(&medium_text, &text, tone, facts, words);
	buf_u8(&text, 0);
	text_line(teller, text.failed ? BAD : tone, first, left,
	    text.failed ? "out of memory" : (const char *)text.data);
	buf_free(&text);
}

static void
put_hash(struct teller *teller, const char *hex, bool with_words)
{
	uint8_t digest[SHA256_SIZE];
	struct buf words = buf_new(1024);
	bool is_hash = hex_parse(hex, digest, sizeof(digest));

	if (is_hash || !with_words)
		text_line(teller, PLAIN, "", TELLER_LEFT, hex);
	if (is_hash && with_words)
		words_format_lines((struct bytes){ digest, sizeof(digest) },
		    WORDS_MARGIN, &words);
	printf("%.*s", (int)words.len, (const char *)words.data);
	buf_free(&words);
}

/* The operator's table, a row a line, folded where it is too wide. */
static void
print_slots(const struct ksr *ksr)
{
	struct buf table = buf_new(2 * (size_t)KSR_FILE_MAX);
	enum screen_kind before;
	char *text, *rest;

	ksr_table(ksr, &table);
	buf_u8(&table, 0);
	rest = table.failed ? NULL : (char *)table.data;
	before = screen_set(SCREEN_PAPER);
	while ((text = strsep(&rest, "\n")) != NULL)
		if (text[0] != '\0')
			printf("  %s\n", text);
	screen_set(before);
	buf_free(&table);
}

static void
put_file(struct teller *teller, const json_t *facts)
{
	struct buf content = buf_new(KSR_FILE_MAX);
	struct ksr *ksr = NULL;
	struct err err;

	put_hash(teller, fact_text(facts, "sha256"), true);
	if (!stored_read(teller->ceremony, facts, &content, &err))
		text_line(teller, BAD, "", TELLER_LEFT, err.msg);
	else if (!is_document_role(fact_text(facts, "role")))
		;
	else if (ksr_read(
		     buf_bytes(&content), fact_text(facts, "path"), &ksr, &err))
		print_slots(ksr);
	else
		text_line(teller, ATTENTION, "", TELLER_LEFT, err.msg);
	ksr_free(ksr);
	buf_free(&content);
}

static void
put_table(struct teller *teller, const json_t *list, const char *heads,
    const char *cells,
    void (*tell_item)(struct teller *teller, const json_t *item, size_t i))
{
	const json_t *item;
	size_t i;

	(void)heads;
	(void)cells;
	json_array_foreach(list, i, item)
	{
		tell_item(teller, item, i);
	}
}

static void
tell_finding(struct teller *teller, const json_t *finding)
{
	if (json_integer_value(json_object_get(finding, "bundle")) > 0)
		say_at(teller, PLAIN, "", ROW_LEFT, finding,
		    "bundle {bundle:n} ({bundle_id})");
	say_at(teller, PLAIN, "              seen:", 24, finding, "{seen}");
	say_at(teller, PLAIN, "              required:", 24, finding,
	    "{required}");
}

static void
put_checks(struct teller *teller, const json_t *facts)
{
	const json_t *rows = json_object_get(facts, "rows"), *check, *finding;
	size_t i, k;

	json_array_foreach(rows, i, check)
	{
		const char *verdict = fact_text(check, "verdict");
		char first[ROW_LEFT + 1];

		snprintf(first, sizeof(first), "  %-10.10s", verdict);
		say_at(teller, verdict_tone(verdict), first, ROW_LEFT, check,
		    "{id}: {title}");
		if (fact_text(check, "note")[0] != '\0')
			say_at(teller, PLAIN, "", ROW_LEFT, check, "{note}");
		if (fact_text(check, "reason")[0] != '\0')
			say_at(teller, ATTENTION, "", ROW_LEFT, check,
			    "overridden because: {reason}");
		json_array_foreach(
		    json_object_get(check, "findings"), k, finding)
		{
			tell_finding(teller, finding);
		}
	}
}

static const struct verbs verbs = {
	.is_text = true,
	.line = put_line,
	.hash = put_hash,
	.file = put_file,
	.table = put_table,
	.checks = put_checks,
};

struct teller
teller_text(const struct ceremony *ceremony, bool colour)
{
	return (struct teller){
		.verbs = &verbs,
		.ceremony = ceremony,
		.colour = colour,
		.clock = "",
		.first = "",
	};
}
