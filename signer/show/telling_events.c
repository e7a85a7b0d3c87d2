#include <stdio.h>
#include <string.h>

#include "signer/script/steps_record.h"
#include "signer/show/telling.h"
#include "signer/show/telling_events.h"

#define FIELD_LEFT 17 /* of a run's heading */
#define FACT_LEFT  22 /* of what was told of a step */
#define DUE_LEFT   16

/* Another key, under "clashes_with". */
#define CLASH_WORDS                                                   \
	"\"{clashes_with.key_identifier}\" has or will have key tag " \
	"{clashes_with.key_tag:n}"

/* A run's heading: what, when, where, by which program. */
void
tell_run(struct teller *teller, const json_t *line)
{
	bool at = json_is_true(json_object_get(line, "rehearsal_time"));

	say_at(teller, HEADING, "", 0, line, "{command} at {time}");
	say_at(teller, PLAIN, "  arguments", FIELD_LEFT, line,
	    "{arguments:words}");
	say_at(teller, at ? ATTENTION : PLAIN, "  decides as of", FIELD_LEFT,
	    line, "{now}[rehearsal_time:yes? (rehearsal: given by --at)]");
	say_at(teller, PLAIN, "  host", FIELD_LEFT, line,
	    "{host.name}, clock {host.clock}, time zone {host.time_zone}");
	say_at(teller, PLAIN, "  program", FIELD_LEFT, line,
	    "version {version}, SHA-256");
	say_at(teller, PLAIN, "", TELLER_LEFT, line, "{binary}");
	if (json_object_get(line, "configuration") != NULL) {
		say_at(teller, PLAIN, "  configuration", FIELD_LEFT, line,
		    "{configuration.path}");
		say_at(teller, PLAIN, "", TELLER_LEFT, line,
		    "{configuration.sha256}");
	}
	say(teller, PLAIN, line, NULL,
	    "began: `anchorite {command}[arguments:some? {arguments:words}]`");
	say_part(teller, PLAIN, NULL, line, NULL,
	    "decides as of {now:time}"
	    "[rehearsal_time:yes?, given by --at (rehearsal)]");
}

void
tell_file(struct teller *teller, const json_t *line)
{
	say(teller, PLAIN, line,
	    "[event=input?read][!event=input?stored] {role}: {path}, {size:n} "
	    "octets, SHA-256",
	    "[event=input?read][!event=input?stored] {role} {path:file}");
	teller->verbs->file(teller, line);
}

#define DUE_TEXT                                          \
	"[name?{name}: ]into {response}, schema {schema}" \
	"[alternative?, alternative {alternative}]"       \
	"[in_place:yes?, in place: not signed again]"     \
	"[name?[!alternative?, as planned]]"

/* One response that is due of several. */
static void
tell_due(struct teller *teller, const json_t *due, size_t i)
{
	char first[TELLER_LEFT + 32];

	snprintf(first, sizeof(first), "%*s%zu", TELLER_LEFT, "", i + 1);
	say_at(teller, PLAIN, first, DUE_LEFT, due, DUE_TEXT);
}

#define PLANNED_TEXT "{responses:count} responses of the plan for {quarter}"

/* Whatever a plan has for the quarter. */
static void
tell_planned(struct teller *teller, const json_t *line)
{
	bool late =
	    strcmp(fact_text(line, "quarter"), fact_text(line, "step")) != 0;

	say(teller, PLAIN, line,
	    late ? PLANNED_TEXT ", by the step of {step}" : PLANNED_TEXT,
	    ": the plan's {responses:count} responses for \"{quarter}\"");
	if (late)
		say(teller, PLAIN, line, NULL,
		    ", later than planned, by the step of \"{step}\"");
	if (json_is_true(json_object_get(line, "other_active")))
		say(teller, ATTENTION, line,
		    "the register had another response than the previous one "
		    "as active",
		    NULL);
	teller->verbs->table(teller, json_object_get(line, "responses"),
	    "Name|Schema|Alternative|Into",
	    "\"{name}\"|{schema}|{alternative}[!alternative?none: as planned]|"
	    "`{response}`[in_place:yes?, found in place and not signed again]",
	    tell_due);
}

void
tell_asked(struct teller *teller, const json_t *line)
{
	say(teller, PLAIN, line,
	    BOTH("asked to sign `{request}`[first:yes?, as the first response]"
		 "[batch:yes?, confirmed in advance (--batch)]"));
	if (json_object_get(line, "responses") != NULL) {
		tell_planned(teller, line);
	} else {
		say_at(teller, PLAIN, "", DUE_LEFT, line, DUE_TEXT);
		say(teller, PLAIN, line, NULL,
		    " into `{response}`, schema \"{schema}\""
		    "[alternative?, as the alternative \"{alternative}\"]"
		    "[in_place:yes?, found in place and not signed again]");
	}
	say_parts(teller, ATTENTION, "reason", line, "overrides",
	    BOTH("overriding `{id}` because: {reason}"));
}

void
tell_unused_overrides(struct teller *teller, const json_t *line)
{
	const json_t *ids = json_object_get(line, "ids"), *id;
	size_t i;

	say(teller, ATTENTION, line, NULL, "overrides that let nothing pass:");
	json_array_foreach(ids, i, id)
	{
		teller->first = teller->clock;
		say(teller, ATTENTION, id, "the override of {} was not needed",
		    " `{}`");
	}
}

void
tell_checks(struct teller *teller, const json_t *line)
{
	bool accepted = json_is_true(json_object_get(line, "accepted"));

	say(teller, accepted ? GOOD : BAD, line,
	    accepted ? "{:step}[name? of {name}]: accepted"
		     : "{:step}[name? of {name}]: REFUSED",
	    accepted ? "{:step}[name? of \"{name}\"]: ~accepted~"
		     : "{:step}[name? of \"{name}\"]: ~REFUSED~");
	teller->verbs->checks(teller, line);
}

void
tell_hsm(struct teller *teller, const json_t *line)
{
	say(teller, PLAIN, line, "opens HSM {name}, module {module}",
	    "about to open HSM \"{name}\", module `{module}`, token "
	    "`{token}`");
	say_at(teller, PLAIN, "", TELLER_LEFT, line, "{sha256}");
}

void
tell_mapped(struct teller *teller, const json_t *line)
{
	const json_t *objects = json_object_get(line, "objects"), *object,
		     *name;
	const json_t *loader = json_object_get(line, "loader");
	size_t i;

	say(teller, PLAIN, line, "code of {objects:count} files is in memory",
	    "code of {objects:count} files is in memory:");
	json_array_foreach(objects, i, object)
	{
		say(teller, PLAIN, object, NULL,
		    i == 0 ? " `{path}` {sha256}" : ", `{path}` {sha256}");
	}
	if (json_array_size(loader) > 0)
		say(teller, PLAIN, line,
		    "the loader was given {loader:list} (a rehearsal)", NULL);
	json_array_foreach(loader, i, name)
	{
		say(teller, PLAIN, name, NULL,
		    "; the loader was given `{:item}`");
	}
}

void
tell_ksks(struct teller *teller, const json_t *line)
{
	say(teller, PLAIN, line, NULL, "KSKs found in the token");
	say_parts(teller, PLAIN, NULL, line, "ksks",
	    BOTH("{name} " KEY_WORDS "[hsm?, in HSM {hsm}][half?, its {half} "
		 "half alone][from?, of the {from}]"));
	say(teller, ATTENTION, line,
	    "[extractable?Waived: {extractable} can leave its token "
	    "(CKA_EXTRACTABLE), which key_policy permits]",
	    "[extractable?. Waived: {extractable} can leave its token "
	    "(CKA_EXTRACTABLE), which key_policy permits]");
}

void
tell_discarding(struct teller *teller, const json_t *line)
{
	say_part(
	    teller, PLAIN, NULL, line, BOTH("about to discard " KEY_WORDS));
	say(teller, ATTENTION, line, "because of its tag: " CLASH_WORDS,
	    ", because of its tag: " CLASH_WORDS);
}

static void
tell_signature(struct teller *teller, const json_t *signature, size_t i)
{
	(void)i;
	say(teller, PLAIN, signature,
	    "bundle {bundle:n}, key \"{key}\" ({key_tag:n})", NULL);
	say_at(teller, PLAIN, "", TELLER_LEFT + 2, signature,
	    "{to_be_signed_sha256}");
}

void
tell_signing(struct teller *teller, const json_t *line)
{
	say(teller, PLAIN, line,
	    "[name?{name}: ]about to make {signatures:count} signatures; "
	    "SHA-256 of what each covers",
	    "[name?\"{name}\": ]about to make {signatures:count} signatures");
	teller->verbs->table(teller, json_object_get(line, "signatures"),
	    "Slot|KSK|SHA-256 of what the signature covers",
	    "{bundle:n}|{key_tag:n}({key})|{to_be_signed_sha256:hash}",
	    tell_signature);
}

void
tell_simulated(struct teller *teller, const json_t *line)
{
	const json_t *list = json_object_get(line, "resolvers"), *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		bool fails = fact_text(one, "fails_at")[0] != '\0';

		say_part(teller, fails ? ATTENTION : GOOD, NULL, one,
		    BOTH("simulated `{name}`: [fails_at?fails at {fails_at}]"
			 "[!fails_at?validates throughout]"));
	}
}

void
tell_seal(struct teller *teller, const json_t *line)
{
	say(teller, PLAIN, line,
	    "about to sign this record, up to this line, into {path}, with key",
	    "about to sign this record, up to this line, into `{path}`, with "
	    "key \"{key.key_identifier}\", SHA-256");
	say(teller, PLAIN, line, "\"{key.key_identifier}\", SHA-256", NULL);
	teller->verbs->hash(teller, fact_text(line, "key_sha256"), true);
}

void
tell_selftest(struct teller *teller, const json_t *line)
{
	const json_t *rows = json_object_get(line, "rows"), *row;
	size_t i, n_failed = 0;
	char text[64];

	json_array_foreach(rows, i, row)
	{
		if (strcmp(fact_text(row, "result"), "FAIL") == 0)
			n_failed++;
	}
	snprintf(text, sizeof(text),
	    "self-test: {rows:count} cases, %zu failed", n_failed);
	say(teller, n_failed == 0 ? GOOD : BAD, line, text,
	    "self-test of {rows:count} cases; what did not pass:");
	json_array_foreach(rows, i, row)
	{
		const char *result = fact_text(row, "result");

		if (strcmp(result, "pass") == 0)
			continue;
		say(teller, ATTENTION, row, "{result} {id}: {note}", NULL);
		say_part(teller, strcmp(result, "FAIL") == 0 ? BAD : PLAIN,
		    NULL, row, NULL, "~{result}~ {id} {note}");
	}
}

void
tell_compared(struct teller *teller, const json_t *line)
{
	bool same = json_array_size(json_object_get(line, "differences")) == 0;

	say(teller, same ? GOOD : BAD, line,
	    BOTH("compared manifests: {differences:count} differences"));
	say_parts(
	    teller, BAD, NULL, line, "differences", BOTH("{what} `{name}`"));
}

void
tell_anchors(struct teller *teller, const json_t *line)
{
	bool same = json_is_true(json_object_get(line, "same"));

	say(teller, same ? GOOD : BAD, line,
	    BOTH("compared [event=parent compared?the parent's DS]"
		 "[!event=parent compared?trust anchors] `{path}`, with what is "
		 "declared"));
	say_parts(teller, PLAIN, NULL, line, "anchors",
	    BOTH("\"{id}\", key tag {key_tag:n}: {verdict}"));
}

enum tone
step_tone(const json_t *line)
{
	static const enum tone tones[STEP_EVENTS] = {
		[STEP_DONE] = GOOD,
		[STEP_END] = GOOD,
		[STEP_FAILED] = BAD,
		[STEP_ABORTED] = BAD,
		[STEP_EXCEPTION] = BAD,
		[STEP_REPEATED] = ATTENTION,
		[STEP_BACK] = ATTENTION,
		[STEP_SKIPPED] = ATTENTION,
		[STEP_PAUSED] = ATTENTION,
		[STEP_RESUMED] = ATTENTION,
	};
	enum step_event event;

	return is_step(line) &&
		step_event_parse(fact_text(line, "step"), &event)
	    ? tones[event]
	    : PLAIN;
}

/* What was told under the key, behind what it is; text may leave it out. */
static void
tell_fact(struct teller *teller, enum tone tone, const json_t *line,
    const char *key, const char *text, const char *html)
{
	char words[64], first[FACT_LEFT];

	if (fact_text(line, key)[0] == '\0')
		return;
	snprintf(words, sizeof(words), "{%s}", key);
	snprintf(first, sizeof(first), "%*s%s", TELLER_LEFT, "", text);
	if (text[0] != '\0')
		say_at(teller, tone, first, FACT_LEFT, line, words);
	snprintf(words, sizeof(words), "%s{%s:told}", html, key);
	say_part(teller, tone, NULL, line, NULL, words);
}

static void
tell_answer(struct teller *teller, const json_t *answer)
{
	say_part(teller, PLAIN, NULL, answer, NULL,
	    "asked: ^{prompt}^ answer: ^{answer:told}^");
	if (fact_text(answer, "prompt")[0] != '\0')
		say_at(teller, PLAIN, "            asked:", FACT_LEFT, answer,
		    "{prompt}");
	if (fact_text(answer, "answer")[0] != '\0')
		say_at(teller, PLAIN, "            answer:", FACT_LEFT, answer,
		    "{answer}");
}

void
tell_step_facts(struct teller *teller, const json_t *line)
{
	enum tone tone = step_tone(line);
	const json_t *answer;
	size_t i;

	tell_fact(teller, tone, line, "kind", "", "");
	tell_fact(teller, tone, line, "title", "", "");
	json_array_foreach(json_object_get(line, "answers"), i, answer)
	{
		tell_answer(teller, answer);
	}
	tell_fact(teller, tone, line, "text", "text:", "");
	tell_fact(teller, tone, line, "expected", "expected:", "expected: ");
	tell_fact(teller, tone, line, "happened", "happened:", "happened: ");
	tell_fact(teller, tone, line, "decided", "decided:", "decided: ");
}

/* "step 2.3 done, initials AB (IW)", then what was told of it. */
void
tell_step(struct teller *teller, const json_t *line)
{
	enum tone tone = step_tone(line);

	say_at(teller, tone, teller->clock, strlen(teller->clock), line,
	    "[number?step {number}][!number?script][step=begin? ]{kind} "
	    "[step=exception?EXCEPTION][!step=exception?{step}]"
	    "[title?: {title}][initials?, initials {initials}]"
	    "[role? ({role})]");
	say(teller, tone, line, NULL, "script {number} ~{step}~");
	tell_step_facts(teller, line);
}

void
tell_end(struct teller *teller, const json_t *line)
{
	json_int_t status = json_integer_value(json_object_get(line, "status"));

	say(teller, status == 0 ? GOOD : BAD, line,
	    BOTH("ended with status {status:n}[message?: {message}]"));
}
