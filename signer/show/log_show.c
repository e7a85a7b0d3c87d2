#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/words.h"
#include "ksr/dns/sha256.h"
#include "ksr/document/presentation.h"
#include "ksr/policy/purpose.h"
#include "ksr/rules/check.h"
#include "signer/screen/screen.h"
#include "signer/script/steps_record.h"
#include "signer/show/log_show.h"

#define COLUMNS   80
#define TEXT_MAX  8192
#define TIME_AT   11 /* of "2027-01-01T12:00:00" */
#define STEP_LEFT 12 /* where the text of a step begins */
#define WORDS_MARGIN "            " /* as wide */

enum tone { PLAIN, GOOD, ATTENTION, BAD, HEADING };

static const char *const colours[] = { "", "\033[32m", "\033[33m", "\033[1;31m",
	"\033[1m" };

struct show {
	const struct ceremony *ceremony;
	bool colour;
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
 * first, then text at column `left`, folded where words end.  All of it came
 * from the record: nothing but printable ASCII leaves here.
 */
static void put(const struct show *show, enum tone tone, const char *first,
    size_t left, const char *fmt, ...) PRINTF_LIKE(5, 6);

static void
put(const struct show *show, enum tone tone, const char *first, size_t left,
    const char *fmt, ...)
{
	char raw[TEXT_MAX], safe[TEXT_MAX];
	const char *text = safe;
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(raw, sizeof(raw), fmt, ap) < 0)
		raw[0] = '\0';
	va_end(ap);
	text_printable(safe, sizeof(safe), raw);
	if (show->colour)
		printf("%s", colours[tone]);
	do {
		size_t n = cut(text, COLUMNS - left);

		printf("%-*s%.*s\n", (int)left, first, (int)n, text);
		first = "";
		text += n;
		text += strspn(text, " ");
	} while (*text != '\0');
	if (show->colour)
		printf("%s", tone == PLAIN ? "" : "\033[0m");
}

/* "  02:04:50  " */
static void
clock_of(const json_t *line, char ret[STEP_LEFT + 1])
{
	const char *time = fact_text(line, "time");

	snprintf(ret, STEP_LEFT + 1, "  %.8s  ",
	    strlen(time) > TIME_AT ? time + TIME_AT : "");
}

static void
show_digest(const struct show *show, const char *hex)
{
	uint8_t digest[SHA256_SIZE];
	struct buf words = buf_new(1024);

	if (!hex_parse(hex, digest, sizeof(digest)))
		return;
	put(show, PLAIN, "", STEP_LEFT, "%s", hex);
	words_format_lines((struct bytes){ digest, sizeof(digest) },
	    WORDS_MARGIN, &words);
	printf("%.*s", (int)words.len, (const char *)words.data);
	buf_free(&words);
}

/* The operator's table, a row a line, folded where it is too wide. */
static void
show_table(const struct ksr *ksr)
{
	struct buf table = buf_new(2 * (size_t)KSR_FILE_MAX);
	enum screen_kind before;
	char *line, *rest;

	ksr_table(ksr, &table);
	buf_u8(&table, 0);
	rest = table.failed ? NULL : (char *)table.data;
	before = screen_set(SCREEN_PAPER);
	while ((line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '\0')
			printf("  %s\n", line);
	screen_set(before);
	buf_free(&table);
}

static void
show_document(const struct show *show, const json_t *line)
{
	const char *role = fact_text(line, "role");
	struct buf content = buf_new(KSR_FILE_MAX);
	struct ksr *ksr = NULL;
	struct err err;

	if (!stored_read(show->ceremony, line, &content, &err))
		put(show, BAD, "", STEP_LEFT, "%s", err.msg);
	else if (strcmp(role, "request") == 0 ||
	    strcmp(role, "response") == 0 ||
	    strcmp(role, "previous response") == 0 ||
	    strcmp(role, "response in place") == 0 ||
	    strcmp(role, "document") == 0) {
		if (ksr_read(buf_bytes(&content), fact_text(line, "path"), &ksr,
			&err))
			show_table(ksr);
		else
			put(show, ATTENTION, "", STEP_LEFT, "%s", err.msg);
	}
	ksr_free(ksr);
	buf_free(&content);
}

static void
show_file(const struct show *show, const char *clock, const json_t *line)
{
	bool input = strcmp(fact_text(line, "event"), "input") == 0;

	put(show, PLAIN, clock, STEP_LEFT, "%s %s: %s, %lld octets, SHA-256",
	    input ? "read" : "stored", fact_text(line, "role"),
	    fact_text(line, "path"),
	    (long long)json_integer_value(json_object_get(line, "size")));
	show_digest(show, fact_text(line, "sha256"));
	show_document(show, line);
}

static enum tone
tone_of(const char *verdict)
{
	if (strcmp(verdict, verdict_text(VERDICT_PASS)) == 0)
		return GOOD;
	if (strcmp(verdict, verdict_text(VERDICT_WAIVED)) == 0 ||
	    strcmp(verdict, verdict_text(VERDICT_OVERRIDDEN)) == 0)
		return ATTENTION;
	if (strcmp(verdict, verdict_text(VERDICT_NOT_RUN)) == 0)
		return PLAIN;
	return BAD;
}

static void
show_findings(const struct show *show, const json_t *row)
{
	const json_t *list = json_object_get(row, "findings"), *finding;
	size_t i;

	json_array_foreach(list, i, finding)
	{
		json_int_t bundle =
		    json_integer_value(json_object_get(finding, "bundle"));

		if (bundle > 0)
			put(show, PLAIN, "", 14, "bundle %lld (%s)",
			    (long long)bundle, fact_text(finding, "bundle_id"));
		put(show, PLAIN, "              seen:", 24, "%s",
		    fact_text(finding, "seen"));
		put(show, PLAIN, "              required:", 24, "%s",
		    fact_text(finding, "required"));
	}
}

static void
show_row(const struct show *show, const json_t *row)
{
	const char *verdict = fact_text(row, "verdict");
	char head[16];

	snprintf(head, sizeof(head), "  %-10.10s", verdict);
	put(show, tone_of(verdict), head, 14, "%s: %s", fact_text(row, "id"),
	    fact_text(row, "title"));
	if (fact_text(row, "note")[0] != '\0')
		put(show, PLAIN, "", 14, "%s", fact_text(row, "note"));
	if (fact_text(row, "reason")[0] != '\0')
		put(show, ATTENTION, "", 14, "overridden because: %s",
		    fact_text(row, "reason"));
	show_findings(show, row);
}

static void
show_checks(const struct show *show, const char *clock, const json_t *line)
{
	bool accepted = json_is_true(json_object_get(line, "accepted"));
	const json_t *rows = json_object_get(line, "rows"), *row;
	const char *name = fact_text(line, "name");
	char step[STEP_TEXT_SIZE];
	size_t i;

	step_text(line, step);
	put(show, accepted ? GOOD : BAD, clock, STEP_LEFT, "%s%s%s: %s", step,
	    name[0] == '\0' ? "" : " of ", name,
	    accepted ? "accepted" : "REFUSED");
	json_array_foreach(rows, i, row)
	{
		show_row(show, row);
	}
}

static void
show_hsm(const struct show *show, const char *clock, const json_t *line)
{
	put(show, PLAIN, clock, STEP_LEFT, "opens HSM %s, module %s",
	    fact_text(line, "name"), fact_text(line, "module"));
	put(show, PLAIN, "", STEP_LEFT, "%s", fact_text(line, "sha256"));
}

/* A list of texts as one. */
static void
join(const json_t *list, struct buf *ret)
{
	const json_t *text;
	size_t i;

	json_array_foreach(list, i, text)
	{
		buf_printf(ret, "%s%s", i == 0 ? "" : ", ",
		    json_is_string(text) ? json_string_value(text) : "?");
	}
	buf_u8(ret, 0);
}

static void
show_mapped(const struct show *show, const char *clock, const json_t *line)
{
	const json_t *loader = json_object_get(line, "loader");
	struct buf names = buf_new(1024);

	put(show, PLAIN, clock, STEP_LEFT, "code of %zu files is in memory",
	    json_array_size(json_object_get(line, "objects")));
	join(loader, &names);
	if (json_array_size(loader) > 0 && !names.failed)
		put(show, PLAIN, "", STEP_LEFT,
		    "the loader was given %s (a rehearsal)",
		    (const char *)names.data);
	buf_free(&names);
}

static void
show_token(const struct show *show, const char *clock, const json_t *line)
{
	put(show, PLAIN, clock, STEP_LEFT,
	    "token \"%s\", serial %s, %s, %s, slot %lld",
	    fact_text(line, "label"), fact_text(line, "serial"),
	    fact_text(line, "manufacturer"), fact_text(line, "model"),
	    (long long)json_integer_value(json_object_get(line, "slot")));
}

static void
show_dnskey(const struct show *show, const char *clock, const char *what,
    const json_t *key)
{
	put(show, PLAIN, clock, STEP_LEFT,
	    "%s \"%s\", key tag %lld, flags %lld, algorithm %lld", what,
	    fact_text(key, "key_identifier"),
	    (long long)json_integer_value(json_object_get(key, "key_tag")),
	    (long long)json_integer_value(json_object_get(key, "flags")),
	    (long long)json_integer_value(json_object_get(key, "algorithm")));
}

static void
show_ksks(const struct show *show, const char *clock, const json_t *line)
{
	const json_t *ksks = json_object_get(line, "ksks"), *ksk;
	size_t i;

	json_array_foreach(ksks, i, ksk)
	{
		show_dnskey(show, i == 0 ? clock : "", fact_text(ksk, "name"),
		    json_object_get(ksk, "key"));
	}
}

static void
show_key(const struct show *show, const char *clock, const json_t *line)
{
	show_dnskey(show, clock, "made key", json_object_get(line, "key"));
}

static void
show_deletion(const struct show *show, const char *clock, const json_t *line)
{
	show_dnskey(show, clock, fact_text(line, "event"),
	    json_object_get(line, "key"));
}

static void
show_discarding(const struct show *show, const char *clock, const json_t *line)
{
	const json_t *clash = json_object_get(line, "clashes_with");

	show_dnskey(show, clock, "about to discard",
	    json_object_get(line, "key"));
	put(show, ATTENTION, "", STEP_LEFT,
	    "because of its tag: \"%s\" has or will have key tag %lld",
	    fact_text(clash, "key_identifier"),
	    (long long)json_integer_value(json_object_get(clash, "key_tag")));
}

static void
show_zsk_files(const struct show *show, const char *clock, const json_t *line)
{
	put(show, PLAIN, clock, STEP_LEFT, "ZSKs in the files of %s",
	    fact_text(line, "path"));
}

static void
show_generating(const struct show *show, const char *clock, const json_t *line)
{
	enum key_purpose purpose;
	bool said = purpose_of_name(fact_text(line, "purpose"), &purpose);

	put(show, PLAIN, clock, STEP_LEFT, "about to make %s, \"%s\", %s",
	    said ? purpose_text(purpose) : "a key", fact_text(line, "label"),
	    fact_text(line, "algorithm"));
}

/* One response that is due. */
static void
show_due(const struct show *show, const json_t *due, const char *first)
{
	const char *name = fact_text(due, "name");
	const char *alternative = fact_text(due, "alternative");
	bool in_place = json_is_true(json_object_get(due, "in_place"));

	put(show, PLAIN, first, 16, "%s%sinto %s, schema %s%s%s%s%s", name,
	    name[0] == '\0' ? "" : ": ", fact_text(due, "response"),
	    fact_text(due, "schema"),
	    alternative[0] == '\0' ? "" : ", alternative ", alternative,
	    in_place ? ", in place: not signed again" : "",
	    name[0] != '\0' && alternative[0] == '\0' ? ", as planned" : "");
}

static void
show_planned(const struct show *show, const json_t *line)
{
	const json_t *list = json_object_get(line, "responses"), *due;
	bool late = strcmp(fact_text(line, "quarter"),
			fact_text(line, "step")) != 0;
	char first[STEP_LEFT + 32];
	size_t i;

	put(show, PLAIN, "", STEP_LEFT,
	    "%zu responses of the plan for %s%s%s", json_array_size(list),
	    fact_text(line, "quarter"), late ? ", by the step of " : "",
	    late ? fact_text(line, "step") : "");
	if (json_is_true(json_object_get(line, "other_active")))
		put(show, ATTENTION, "", STEP_LEFT,
		    "the register had another response than the previous one "
		    "as active");
	json_array_foreach(list, i, due)
	{
		snprintf(first, sizeof(first), "%*s%zu", STEP_LEFT, "",
		    i + 1);
		show_due(show, due, first);
	}
}

static void
show_asked(const struct show *show, const char *clock, const json_t *line)
{
	const json_t *list = json_object_get(line, "overrides"), *override;
	size_t i;

	put(show, PLAIN, clock, STEP_LEFT, "asked to sign %s%s%s",
	    fact_text(line, "request"),
	    json_is_true(json_object_get(line, "first"))
		? ", as the first response"
		: "",
	    json_is_true(json_object_get(line, "batch"))
		? ", confirmed in advance (--batch)"
		: "");
	if (json_object_get(line, "responses") == NULL)
		show_due(show, line, "");
	else
		show_planned(show, line);
	json_array_foreach(list, i, override)
	{
		put(show, ATTENTION, "", STEP_LEFT, "overriding %s because: %s",
		    fact_text(override, "id"), fact_text(override, "reason"));
	}
}

static void
show_unused(const struct show *show, const char *clock, const json_t *line)
{
	const json_t *ids = json_object_get(line, "ids"), *id;
	size_t i;

	json_array_foreach(ids, i, id)
	{
		put(show, ATTENTION, clock, STEP_LEFT,
		    "the override of %s was not needed",
		    json_is_string(id) ? json_string_value(id) : "");
	}
}

static void
show_activation(const struct show *show, const char *clock, const json_t *line)
{
	put(show, PLAIN, clock, STEP_LEFT, "%s response %s",
	    fact_text(line, "event"), fact_text(line, "id"));
	put(show, PLAIN, "", STEP_LEFT, "%s", fact_text(line, "sha256"));
}

static void
show_register_line(
    const struct show *show, const char *clock, const json_t *line)
{
	put(show, PLAIN, clock, STEP_LEFT, "register line %lld",
	    (long long)json_integer_value(json_object_get(line, "line")));
	put(show, PLAIN, "", STEP_LEFT, "%s", fact_text(line, "sha256"));
}

static void
show_adoption(const struct show *show, const char *clock, const json_t *line)
{
	put(show, PLAIN, clock, STEP_LEFT, "%s %lld lines of the register",
	    strcmp(fact_text(line, "event"), "adopted") == 0 ? "took up"
							     : "taking up",
	    (long long)json_integer_value(json_object_get(line, "lines")));
}

static void
show_prompt(const struct show *show, const char *clock, const json_t *line)
{
	put(show, PLAIN, clock, STEP_LEFT, "asks: %s", fact_text(line, "text"));
}

static void
show_answer(const struct show *show, const char *clock, const json_t *line)
{
	put(show, PLAIN, clock, STEP_LEFT, "answer (%s): %s",
	    fact_text(line, "by"), fact_text(line, "text"));
}

static void
show_signatures(const struct show *show, const char *clock, const json_t *line)
{
	bool made = strcmp(fact_text(line, "event"), "signed") == 0;
	const char *name = fact_text(line, "name");
	const json_t *list = json_object_get(line, "signatures"), *item;
	size_t i;

	put(show, made ? GOOD : PLAIN, clock, STEP_LEFT,
	    made ? "%s%s%zu signatures made and verified"
		 : "%s%sabout to make %zu signatures; SHA-256 of what each "
		   "covers",
	    name, name[0] == '\0' ? "" : ": ", json_array_size(list));
	if (made)
		return;
	json_array_foreach(list, i, item)
	{
		put(show, PLAIN, "", STEP_LEFT,
		    "bundle %lld, key \"%s\" (%lld)",
		    (long long)json_integer_value(
			json_object_get(item, "bundle")),
		    fact_text(item, "key"),
		    (long long)json_integer_value(
			json_object_get(item, "key_tag")));
		put(show, PLAIN, "", 14, "%s",
		    fact_text(item, "to_be_signed_sha256"));
	}
}

static void
show_discarded_signatures(
    const struct show *show, const char *clock, const json_t *line)
{
	put(show, ATTENTION, clock, STEP_LEFT,
	    "%lld of %lld signatures were made in the token and discarded",
	    (long long)json_integer_value(json_object_get(line, "made")),
	    (long long)json_integer_value(json_object_get(line, "due")));
}

static void
show_simulated(const struct show *show, const char *clock, const json_t *line)
{
	const json_t *list = json_object_get(line, "resolvers"), *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const char *fails = fact_text(one, "fails_at");

		put(show, fails[0] == '\0' ? GOOD : ATTENTION,
		    i == 0 ? clock : "", STEP_LEFT, "simulated %s: %s%s",
		    fact_text(one, "name"),
		    fails[0] == '\0' ? "validates throughout" : "fails at ",
		    fails);
	}
}

static void
show_published(const struct show *show, const char *clock, const json_t *line)
{
	put(show, GOOD, clock, STEP_LEFT, "published %s",
	    fact_text(line, "path"));
	put(show, PLAIN, "", STEP_LEFT, "%s", fact_text(line, "sha256"));
}

/* Of a file that is too large to be stored. */
static void
show_hashed(const struct show *show, const char *clock, const json_t *line)
{
	put(show, PLAIN, clock, STEP_LEFT, "hashed, not stored: %s",
	    fact_text(line, "path"));
	put(show, PLAIN, "", STEP_LEFT, "%s", fact_text(line, "sha256"));
}

static void
show_seal(const struct show *show, const char *clock, const json_t *line)
{
	put(show, PLAIN, clock, STEP_LEFT,
	    "about to sign this record, up to this line, into %s, with key",
	    fact_text(line, "path"));
	put(show, PLAIN, "", STEP_LEFT, "\"%s\", SHA-256",
	    fact_text(json_object_get(line, "key"), "key_identifier"));
	show_digest(show, fact_text(line, "key_sha256"));
}

static void
show_selftest(const struct show *show, const char *clock, const json_t *line)
{
	const json_t *rows = json_object_get(line, "rows"), *row;
	size_t i, n_failed = 0;

	json_array_foreach(rows, i, row)
	{
		if (strcmp(fact_text(row, "result"), "FAIL") == 0)
			n_failed++;
	}
	put(show, n_failed == 0 ? GOOD : BAD, clock, STEP_LEFT,
	    "self-test: %zu cases, %zu failed", json_array_size(rows),
	    n_failed);
	json_array_foreach(rows, i, row)
	{
		if (strcmp(fact_text(row, "result"), "pass") != 0)
			put(show, ATTENTION, "", STEP_LEFT, "%s %s: %s",
			    fact_text(row, "result"), fact_text(row, "id"),
			    fact_text(row, "note"));
	}
}

static void
show_compared(const struct show *show, const char *clock, const json_t *line)
{
	const json_t *list = json_object_get(line, "differences"), *item;
	size_t i;

	put(show, json_array_size(list) == 0 ? GOOD : BAD, clock, STEP_LEFT,
	    "compared manifests: %zu differences", json_array_size(list));
	json_array_foreach(list, i, item)
	{
		put(show, BAD, "", STEP_LEFT, "%s %s",
		    fact_text(item, "what"), fact_text(item, "name"));
	}
}

/* A fact on lines of its own, if the step tells it. */
static void
show_step_fact(const struct show *show, enum tone tone, const char *what,
    const json_t *line, const char *key)
{
	if (fact_text(line, key)[0] != '\0')
		put(show, tone, what, STEP_LEFT + 10, "%s",
		    fact_text(line, key));
}

static void
show_answers(const struct show *show, const json_t *line)
{
	const json_t *list = json_object_get(line, "answers"), *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		show_step_fact(show, PLAIN, "            asked:", item,
		    "prompt");
		show_step_fact(show, PLAIN, "            answer:", item,
		    "answer");
	}
}

static enum tone
tone_of_step(const json_t *line)
{
	if (is_step_of(line, STEP_FAILED) || is_step_of(line, STEP_ABORTED) ||
	    is_step_of(line, STEP_EXCEPTION))
		return BAD;
	if (is_step_of(line, STEP_REPEATED) || is_step_of(line, STEP_BACK) ||
	    is_step_of(line, STEP_SKIPPED) || is_step_of(line, STEP_PAUSED) ||
	    is_step_of(line, STEP_RESUMED))
		return ATTENTION;
	return is_step_of(line, STEP_DONE) || is_step_of(line, STEP_END)
	    ? GOOD
	    : PLAIN;
}

/* "step 2.3 done, initials AB (IW)", then what was told of it. */
static void
show_step(const struct show *show, const char *clock, const json_t *line)
{
	const char *number = fact_text(line, "number");
	const char *initials = fact_text(line, "initials");
	const char *role = fact_text(line, "role");
	const char *title = fact_text(line, "title");
	bool exception = is_step_of(line, STEP_EXCEPTION);
	enum tone tone = tone_of_step(line);

	put(show, tone, clock, strlen(clock), "%s%s%s%s %s%s%s%s%s%s%s%s",
	    number[0] == '\0' ? "script" : "step ", number,
	    is_step_of(line, STEP_BEGIN) ? " " : "", fact_text(line, "kind"),
	    exception ? "EXCEPTION" : fact_text(line, "step"),
	    title[0] == '\0' ? "" : ": ", title,
	    initials[0] == '\0' ? "" : ", initials ", initials,
	    role[0] == '\0' ? "" : " (", role, role[0] == '\0' ? "" : ")");
	show_answers(show, line);
	show_step_fact(show, tone, "            text:", line, "text");
	show_step_fact(show, tone, "            expected:", line, "expected");
	show_step_fact(show, tone, "            happened:", line, "happened");
	show_step_fact(show, tone, "            decided:", line, "decided");
}

static void
show_end(const struct show *show, const char *clock, const json_t *line)
{
	json_int_t status = json_integer_value(json_object_get(line, "status"));

	put(show, status == 0 ? GOOD : BAD, clock, STEP_LEFT,
	    "ended with status %lld%s%s", (long long)status,
	    status == 0 ? "" : ": ", fact_text(line, "message"));
}

static void
show_configuration(const struct show *show, const json_t *line)
{
	const json_t *configuration = json_object_get(line, "configuration");

	if (configuration == NULL)
		return;
	put(show, PLAIN, "  configuration", 17, "%s",
	    fact_text(configuration, "path"));
	put(show, PLAIN, "", STEP_LEFT, "%s",
	    fact_text(configuration, "sha256"));
}

static void
show_arguments(const struct show *show, const json_t *line)
{
	const json_t *list = json_object_get(line, "arguments"), *argument;
	struct buf text = buf_new(TEXT_MAX / 2);
	size_t i;

	json_array_foreach(list, i, argument)
	{
		buf_printf(&text, "%s%s", i == 0 ? "" : " ",
		    json_is_string(argument) ? json_string_value(argument)
					     : "");
	}
	put(show, PLAIN, "  arguments", 17, "%.*s", (int)text.len,
	    text.data == NULL ? "" : (const char *)text.data);
	buf_free(&text);
}

/* A run's heading: what, when, where, by which program. */
static void
show_run(const struct show *show, const char *clock, const json_t *line)
{
	const json_t *host = json_object_get(line, "host");
	bool at = json_is_true(json_object_get(line, "rehearsal_time"));

	(void)clock;
	put(show, HEADING, "", 0, "%s at %s", fact_text(line, "command"),
	    fact_text(line, "time"));
	show_arguments(show, line);
	put(show, at ? ATTENTION : PLAIN, "  decides as of", 17, "%s%s",
	    fact_text(line, "now"), at ? " (rehearsal: given by --at)" : "");
	put(show, PLAIN, "  host", 17, "%s, clock %s, time zone %s",
	    fact_text(host, "name"), fact_text(host, "clock"),
	    fact_text(host, "time_zone"));
	put(show, PLAIN, "  program", 17, "version %s, SHA-256",
	    fact_text(line, "version"));
	put(show, PLAIN, "", STEP_LEFT, "%s", fact_text(line, "binary"));
	show_configuration(show, line);
}

static const struct {
	const char *event;
	void (*show)(
	    const struct show *show, const char *clock, const json_t *line);
} events[] = {
	{ "run", show_run },
	{ "input", show_file },
	{ "output", show_file },
	{ "asked", show_asked },
	{ "checks", show_checks },
	{ "hsm", show_hsm },
	{ "mapped", show_mapped },
	{ "token", show_token },
	{ "ksks", show_ksks },
	{ "generating", show_generating },
	{ "key", show_key },
	{ "key to delete", show_deletion },
	{ "deleting", show_deletion },
	{ "deleted", show_deletion },
	{ "discarding", show_discarding },
	{ "discarded", show_deletion },
	{ "zsk files", show_zsk_files },
	{ "prompt", show_prompt },
	{ "answer", show_answer },
	{ "signing", show_signatures },
	{ "signed", show_signatures },
	{ "signatures discarded", show_discarded_signatures },
	{ "published", show_published },
	{ "hashed", show_hashed },
	{ "simulated", show_simulated },
	{ "step", show_step },
	{ "selftest", show_selftest },
	{ "signing record", show_seal },
	{ "compared", show_compared },
	{ "unused overrides", show_unused },
	{ "register line", show_register_line },
	{ "adopting", show_adoption },
	{ "adopted", show_adoption },
	{ "activating", show_activation },
	{ "activated", show_activation },
	{ "end", show_end },
};

static void
show_line(const struct show *show, const json_t *line)
{
	const char *event = fact_text(line, "event");
	char clock[STEP_LEFT + 1];
	char *text;

	clock_of(line, clock);
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		if (strcmp(events[i].event, event) == 0) {
			events[i].show(show, clock, line);
			return;
		}
	}
	/* What a newer program may have written is shown as it stands. */
	text = json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);
	put(show, ATTENTION, clock, STEP_LEFT, "%s", text == NULL ? "" : text);
	free(text);
}

static void
show_interruption(const struct show *show, const struct run *run)
{
	char step[STEP_TEXT_SIZE];
	const char *certain = run_interrupted(show->ceremony, run, step);

	put(show, BAD, "  INTERRUPTED", 15, "after \"%s\": %s", step, certain);
}

/* Such runs are many: one line each, without a heading. */
static void
show_brief(const struct show *show, const struct run *run)
{
	const json_t *line = show->ceremony->log.lines[run->first + 1].json;
	char first[64];

	snprintf(first, sizeof(first), "Run %zu: %.19s ", run->number,
	    fact_text(line, "time"));
	show_step(show, first, line);
}

static void
show_whole(const struct show *show, const struct run *run)
{
	printf("Run %zu: ", run->number);
	for (size_t k = run->first; k < run->first + run->n; k++) {
		const json_t *line = show->ceremony->log.lines[k].json;

		if (line != NULL)
			show_line(show, line);
		else
			put(show, BAD, "", STEP_LEFT,
			    "a torn line: power or the program went while it "
			    "was written");
	}
	if (!run->ended)
		show_interruption(show, run);
}

void
log_show(const struct ceremony *ceremony, bool colour)
{
	const struct show show = { ceremony, colour };
	bool brief = false, was_brief = false;

	for (size_t i = 0; i < ceremony->n_runs; i++) {
		const struct run *run = &ceremony->runs[i];

		brief = run_is_step(ceremony, run);
		if (i > 0 && !(brief && was_brief))
			printf("\n");
		if (brief)
			show_brief(&show, run);
		else
			show_whole(&show, run);
		was_brief = brief;
	}
	put(&show, HEADING, "", 0, "%s", "");
	put(&show, HEADING, "Head", STEP_LEFT, "%zu lines, SHA-256",
	    ceremony->log.n);
	show_digest(&show, ceremony->log.head);
}
