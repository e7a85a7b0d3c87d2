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
	{ "token", "label serial manufacturer model slot login",
	    ALWAYS("the token was open" NOTHING_SIGNED),
	    .text = "token \"{label}\", serial {serial}, {manufacturer}, "
		    "{model}, slot {slot:n}" LOGIN_WORDS,
	    .html = "logged in to token \"{label}\", serial {serial}, "
		    "{manufacturer}, {model}, slot {slot:n}" LOGIN_WORDS },
	{ "ksks", "ksks extractable",
	    ALWAYS("the KSKs had been found" NOTHING_SIGNED),
	    .remarks = REMARKS("[extractable?Waived: {extractable} can leave "
			       "its token (CKA_EXTRACTABLE), which key_policy "
			       "permits.]"),
	    .tell = tell_ksks },
	{ "generating", "label algorithm bits purpose extractable",
	    ALWAYS("a key may have been made"),
	    .remarks = REMARKS("[extractable?The key \"{label}\" is made to "
			       "leave its token (CKA_EXTRACTABLE, "
			       "{extractable}), as key_policy says.]"),
	    .text = "about to make {purpose:purpose}, \"{label}\", {algorithm}"
		    "[extractable?, extractable {extractable}]",
	    .html = "about to make {purpose:purpose}, \"{label}\", "
		    "{algorithm}, {bits:n} bits"
		    "[extractable?, extractable {extractable}]" },
	{ "key", "key", ALWAYS("the key was made"), .is_part = true,
	    .text = "made key " KEY_WORDS },
	{ "key to delete", "key", ALWAYS("nothing was deleted"),
	    .is_part = true, .text = "{event} " KEY_WORDS },
	{ "deleting", "key", ALWAYS("the key may or may not have been deleted"),
	    .is_part = true, .text = "{event} " KEY_WORDS },
	{ "deleted", "key", ALWAYS("the key was deleted"), .is_part = true,
	    .text = "{event} " KEY_WORDS },
	{ "key to back up", "key recipient_sha256", ALWAYS("no copy was made"),
	    .is_part = true,
	    .text =
		"{event} " KEY_WORDS ", for the recipient {recipient_sha256}" },
	{ "backing up", "key recipient_sha256",
	    ALWAYS("the token may have made a copy; none was published"),
	    .is_part = true,
	    .text =
		"{event} " KEY_WORDS ", for the recipient {recipient_sha256}" },
	{ "backed up",
	    "path sha256 size key recipient_sha256 carried_by wrapped_by "
	    "check_value components",
	    ALWAYS(UNNAMED("a copy was made; its file")),
	    .text =
		"backed up " KEY_WORDS ": {path}, {size:n} octets, "
		"SHA-256 {sha256}, by {wrapped_by} and {carried_by}, check "
		"value {check_value}, for the recipient {recipient_sha256}" },
	{ "key to hand over", "key recipient_sha256",
	    ALWAYS("nothing was handed over"), .is_part = true,
	    .text =
		"{event} " KEY_WORDS ", to the recipient {recipient_sha256}" },
	{ "handing over", "key recipient_sha256",
	    ALWAYS("the token may have wrapped a ZSK; none was published"),
	    .is_part = true,
	    .text =
		"{event} " KEY_WORDS ", to the recipient {recipient_sha256}" },
	{ "handed over",
	    "path sha256 size key recipient_sha256 carried_by wrapped_by "
	    "check_value",
	    ALWAYS(UNNAMED("a ZSK was wrapped; its file")),
	    .text =
		"handed over " KEY_WORDS ": {path}, {size:n} octets, "
		"SHA-256 {sha256}, by {wrapped_by} and {carried_by}, check "
		"value {check_value}, to the recipient {recipient_sha256}" },
	{ "backup",
	    "path sha256 size key recipient_sha256 carried_by wrapped_by "
	    "check_value components",
	    ALWAYS("nothing was restored"),
	    .text = "read the backup of " KEY_WORDS ": {path}, {size:n} "
		    "octets, SHA-256 {sha256}, by {wrapped_by} and "
		    "{carried_by}, check value {check_value}, for the "
		    "recipient {recipient_sha256}" },
	{ "component", "number of by path check_value whole",
	    ALWAYS("no copy was made, and nothing restored"),
	    .text = "an officer gave component {number:n} of {of:n} "
		    "({by}[path? {path}]): "
		    "check value {check_value}[whole?; of the key of all of "
		    "them {whole}]" },
	{ "transport key", "key", ALWAYS("nothing was restored"),
	    .is_part = true,
	    .text = "unwraps by the transport key \"{key.key_identifier}\"" },
	{ "restoring", "key",
	    ALWAYS("the key may or may not have been restored"),
	    .is_part = true, .text = "{event} " KEY_WORDS },
	{ "restored", "key differences", ALWAYS("the key was restored"),
	    .is_part = true,
	    .text = "{event} " KEY_WORDS "[differences?; other than in a key "
		    "made in its token, false: {differences}]" },
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
	    .text = "asks: {text}", .html = "asked the operator: ^{text}^" },
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
	{ "not signed", "status message",
	    ALWAYS("the zone was not signed"),
	    .remarks = REMARKS("Zone {zone} was not signed: {message}"),
	    .tone = BAD,
	    .text = "*zone {zone} was not signed: {message}*" },
	{ "output", "role path sha256 size",
	    CERTAIN(
		{ "output response", UNNAMED("the response is stored; it") },
		{ "output request", UNNAMED("the request is stored; it") },
		{ "output drawing", UNNAMED("the drawing is stored; it") },
		{ "output records",
		    "the records are stored; they may or may not have got "
		    "their name" },
		{ "output transport key",
		    UNNAMED("the key was made; its public half's file") },
		{ "output components",
		    UNNAMED("the components were taken and forgotten; their "
			    "list") },
		{ "output certificate request",
		    UNNAMED("the key was made; its certificate request") },
		{ "output manifest", UNNAMED("the manifest is stored; it") },
		{ "output records for the parent",
		    UNNAMED("the records are stored; their file") },
		{ "output trust anchor",
		    UNNAMED("the trust anchors are stored; their file") },
		{ "output trust anchor signature",
		    UNNAMED("the trust anchors' signature is stored; it") }),
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
	{ "anchors compared", "path same anchors",
	    ALWAYS("the trust anchors were compared"),
	    .remarks = REMARKS("[!same:yes?Trust anchors, {path}: not those that "
			       "are declared.]"),
	    .tell = tell_anchors },
	{ "parent compared", "path same anchors",
	    ALWAYS("the parent's DS were compared"),
	    .remarks = REMARKS("[!same:yes?The parent's DS, {path}: not those "
			       "that are declared.]"),
	    .tell = tell_anchors },
	{ "anchors verified",
	    "path sha256 signer certificate_sha256 signed_at",
	    ALWAYS("the trust anchors' signature was verified"), .tone = GOOD,
	    .text = "verified the signature of trust anchors `{path}`, by "
		    "\"{signer}\"[signed_at?, made at {signed_at}]",
	    .hash = "certificate_sha256" },
	{ "anchor key", "key", ALWAYS("no trust anchors were signed"),
	    .is_part = true,
	    .text = "trust anchors are to be signed by \"{key.key_identifier}\"" },
	{ "signing anchors",
	    "path sha256 key signer certificate_sha256 to_be_signed_sha256",
	    ALWAYS("a signature of the trust anchors may have been made; none "
		   "was published"),
	    .text = "about to sign trust anchors into `{path}` with key "
		    "\"{key.key_identifier}\", for \"{signer}\"; SHA-256 of "
		    "the document",
	    .hash = "sha256" },
	{ "anchors signed", "signatures",
	    ALWAYS("the trust anchors were signed; no signature was published"),
	    .tone = GOOD,
	    .text = "trust anchors signed, and the signature verified" },
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
	{ "decided",
	    "quarter step inception until from_day until_day measures verdict "
	    "decision planned response delay by reason",
	    ALWAYS("the decision is on record"),
	    .text = "decided for {quarter}: {decision}, response {response}; "
		    "the measures said {verdict}[by?; by {by}][reason?, "
		    "because: {reason}]",
	    .html = "decided for {quarter}: {decision}, so that the response "
		    "`{response}` follows; the measures said {verdict}[by?; "
		    "decided by {by}][reason?, because: {reason}]" },
	{ "decision overridden", "quarter decided activated reason",
	    ALWAYS("another response than the decided one was to be "
		   "activated; the register may or may not say that it is"),
	    .remarks = REMARKS("The decision about {quarter} was overridden: "
			       "{activated} in the place of {decided}. Reason: "
			       "{reason}."),
	    .text = "*decision about {quarter} overridden: {activated} in the "
		    "place of {decided}, because: {reason}*",
	    .tone = ATTENTION },
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
