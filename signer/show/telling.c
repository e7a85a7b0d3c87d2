#include <string.h>

#include "signer/record/record.h"
#include "signer/show/telling.h"
#include "signer/show/telling_events.h"

#define CERTAIN(...)   (const struct certain[]){ __VA_ARGS__, { NULL, NULL } }
#define ALWAYS(words)  CERTAIN({ NULL, words })
#define REMARKS(...)   (const char *const[]){ __VA_ARGS__, NULL }
#define UNNAMED(what)  what " may or may not have got its name"
#define NOTHING_SIGNED "; nothing was signed"

static const char *const asked_remarks[] = {
	"[batch:yes?Confirmed in advance by --batch: nobody was asked before "
	"the KSK was used.]",
	"[first:yes?Signed as the first response: there was no previous one "
	"to chain to.]",
	"[other_active:yes?The previous response was not the one that the "
	"register had as active.]",
	"[alternative?Declared: alternative \"{alternative}\", for slots that "
	"were signed before.]",
	"[fallback?Declared: fallback request \"{fallback}\", for slots that "
	"were signed before.]",
	"[replaces:object?Declared: replacement of response "
	"{replaces.response_sha256}, because: {replaces.reason}]",
	NULL,
};

const struct telling tellings[] = {
	{ "run",
	    "format command arguments rehearsal_time now "
	    "earliest_now host configuration hsms",
	    .remarks = REMARKS("[rehearsal_time:yes?Rehearsal: decisions were "
			       "made as of a time that --at gave, not as of "
			       "the clock's.]"),
	    .tell = tell_run },
	{ "input", "role path sha256 size",
	    CERTAIN({ "input script",
			"a script was stored; its beginning is not on record" },
		{ "input script values",
		    "a script and its values were stored; its beginning is "
		    "not on record" }),
	    .remarks = REMARKS("[role=response in place?A response that an "
			       "interrupted run had published before was "
			       "found in place and not signed again.]"),
	    .tell = tell_file },
	{ "asked",
	    "request first batch overrides response schema "
	    "alternative in_place folder quarter step other_active "
	    "responses fallback replaces",
	    .remarks = asked_remarks, .tell = tell_asked },
	{ "unused overrides", "ids",
	    .remarks =
		REMARKS("An override was given that let no finding pass."),
	    .tell = tell_unused_overrides },
	{ "checks", "name stages accepted rows",
	    CERTAIN(
		{ "checks token", "the KSKs had been found" NOTHING_SIGNED },
		{ "checks built",
		    "the response had been judged" NOTHING_SIGNED },
		{ "checks response",
		    "all signatures were made; no response was published" }),
	    .tell = tell_checks },
	{ "hsm", "name module sha256 token",
	    ALWAYS("the token was being opened" NOTHING_SIGNED),
	    .tell = tell_hsm },
	{ "mapped", "objects loader further_variables",
	    ALWAYS("the token was being opened" NOTHING_SIGNED),
	    .tell = tell_mapped },
	{ "token", "label serial manufacturer model slot",
	    ALWAYS("the token was open" NOTHING_SIGNED),
	    .text = "token \"{label}\", serial {serial}, {manufacturer}, "
		    "{model}, slot {slot:n}",
	    .html = "logged in to token \"{label}\", serial {serial}, "
		    "{manufacturer}, {model}, slot {slot:n}" },
	{ "ksks", "ksks extractable",
	    ALWAYS("the KSKs had been found" NOTHING_SIGNED),
	    .remarks = REMARKS("[extractable?Waived: {extractable} can leave "
			       "its token (CKA_EXTRACTABLE), which key_policy "
			       "permits.]"),
	    .tell = tell_ksks },
	{ "generating", "label algorithm bits purpose",
	    ALWAYS("a key may have been made"),
	    .text = "about to make {purpose:purpose}, \"{label}\", {algorithm}",
	    .html = "about to make {purpose:purpose}, \"{label}\", "
		    "{algorithm}, {bits:n} bits" },
	{ "key", "key", ALWAYS("the key was made"), .is_part = true,
	    .text = "made key " KEY_WORDS },
	{ "key to delete", "key", ALWAYS("nothing was deleted"),
	    .is_part = true, .text = "{event} " KEY_WORDS },
	{ "deleting", "key", ALWAYS("the key may or may not have been deleted"),
	    .is_part = true, .text = "{event} " KEY_WORDS },
	{ "deleted", "key", ALWAYS("the key was deleted"), .is_part = true,
	    .text = "{event} " KEY_WORDS },
	{ "discarding", "key clashes_with",
	    ALWAYS("the new key may or may not have been discarded"),
	    .tell = tell_discarding },
	{ "discarded", "key", ALWAYS("the new key was discarded"),
	    .is_part = true, .text = "{event} " KEY_WORDS },
	{ "zsk files", "path",
	    ALWAYS("no ZSK had been made, nothing was signed"),
	    .text = "ZSKs in the files of {path}" },
	{ "prompt", "text",
	    ALWAYS("the operator had been asked" NOTHING_SIGNED),
	    .text = "asks: {text}",
	    .html = "asked the operator: ^{text}^" },
	{ "answer", "by text",
	    ALWAYS("the operator had answered" NOTHING_SIGNED),
	    .text = "answer ({by}): {text}",
	    .html = "answer, by {by}: ^{text}^" },
	{ "signing", "name signatures",
	    ALWAYS("signatures may have been made in the token; "
		   "none was recorded, none published"),
	    .tell = tell_signing },
	{ "signed", "name signatures",
	    ALWAYS("all signatures were made; no response was published"),
	    .tone = GOOD,
	    .text = "[name?{name}: ]{signatures:count} signatures made and "
		    "verified",
	    .html = "[name?\"{name}\": ]{signatures:count} signatures made, "
		    "each verified in software before the next" },
	{ "signatures discarded", "name made due signatures",
	    ALWAYS("signatures were made in the token and discarded"),
	    .tone = ATTENTION,
	    .text = "*{made:n} of {due:n} signatures were made in the token "
		    "and discarded*" },
	{ "output", "role path sha256 size",
	    CERTAIN(
		{ "output response", UNNAMED("the response is stored; it") },
		{ "output request", UNNAMED("the request is stored; it") },
		{ "output drawing", UNNAMED("the drawing is stored; it") },
		{ "output records",
		    "the records are stored; they may or may not have got "
		    "their name" },
		{ "output certificate request",
		    UNNAMED("the key was made; its certificate request") },
		{ "output manifest", UNNAMED("the manifest is stored; it") }),
	    .tell = tell_file },
	{ "published", "path sha256",
	    ALWAYS("the file had been published; all was done"), .tone = GOOD,
	    .text = "published {path:file}", .hash = "sha256" },
	{ "hashed", "path sha256 size", ALWAYS("files were being hashed"),
	    .text = "hashed, not stored: `{path}`", .hash = "sha256" },
	{ "simulated", "resolvers", .tell = tell_simulated },
	{ "step",
	    "step kind script values number title initials role text "
	    "expected happened decided answers",
	    ALWAYS("the script's step is on record"),
	    .remarks =
		REMARKS("[step=exception?EXCEPTION[number? at step {number}]. "
			"Expected: {expected}. Happened: {happened}. Decided: "
			"{decided}.]",
		    "[step=failed,repeated,back,skipped,aborted?Script {step}"
		    "[number? at step {number}][text?: {text}]]"),
	    .tell = tell_step },
	{ "selftest", "rows", ALWAYS("the self-test was done"),
	    .tell = tell_selftest },
	{ RECORD_SEALED_BY, "path key key_sha256", .tell = tell_seal },
	{ "compared", "differences", ALWAYS("the manifests were compared"),
	    .tell = tell_compared },
	{ "register line", "line sha256",
	    ALWAYS("the register has its line; a response that it "
		   "tells of may or may not have got its name"),
	    .text = "register line {line:n}",
	    .html = "line {line:n} of the register", .hash = "sha256" },
	{ "adopting", "lines",
	    ALWAYS("the register may have taken up some of the "
		   "lines, or none"),
	    .text = "taking up {lines:n} lines of the register",
	    .html = "about to take up lines of the register: {lines:n}" },
	{ "adopted", "lines head", ALWAYS("the register took up the lines"),
	    .remarks = REMARKS("The register took up lines that were not "
			       "written by this ceremony."),
	    .text = "took up {lines:n} lines of the register",
	    .html = "took up lines of the register: {lines:n}" },
	{ "activating", "id sha256",
	    ALWAYS("the register may or may not say that the "
		   "response is active"),
	    .text = "activating response {id}",
	    .html = "about to activate the response to `{id}`",
	    .hash = "sha256" },
	{ "activated", "id sha256",
	    ALWAYS("the register says that the response is active"),
	    .text = "activated response {id}",
	    .html = "activated the response to `{id}`", .hash = "sha256" },
	{ "end", "status message", .tell = tell_end },
};

const size_t n_tellings = ARRAY_LEN(tellings);

const struct telling *
telling_of(const json_t *line)
{
	const char *event = fact_text(line, "event");

	for (size_t i = 0; i < ARRAY_LEN(tellings); i++)
		if (strcmp(tellings[i].event, event) == 0)
			return &tellings[i];
	return NULL;
}

static void
tell_sentence(
    struct teller *teller, const struct telling *row, const json_t *line)
{
	const char *html = row->html == NULL ? row->text : row->html;

	if (row->is_part)
		say_part(teller, row->tone, NULL, line, row->text, html);
	else
		say(teller, row->tone, line, row->text, html);
	if (row->hash != NULL)
		teller->verbs->hash(teller, fact_text(line, row->hash), false);
}

void
tell(struct teller *teller, const char *clock, const json_t *line)
{
	const struct telling *row = telling_of(line);

	teller->clock = clock;
	teller->first = clock;
	if (row == NULL)
		/* A newer program's is shown as it stands. */
		say(teller, ATTENTION, line, BOTH("`{:whole}`"));
	else if (row->tell != NULL)
		row->tell(teller, line);
	else
		tell_sentence(teller, row, line);
}
