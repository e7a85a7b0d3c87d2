/*
 * Laws of acts: what must have come before one, and what it must agree with.
 * Sources: docs/audit-log.md "Events", "The order of `sign`"; docs/checks.md
 * on overrides; RFC 7512 for token URIs; DPS 5.1.4.
 */
#include <stdio.h>
#include <string.h>

#include "ksr/base/limits.h"
#include "ksr/base/uri.h"
#include "signer/record/laws_parts.h"

static bool
is_one_of(const char *text, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(text, list[i]) == 0)
			return true;
	return false;
}

static bool
asked_has_override(const json_t *asked, const json_t *row)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(asked, "overrides"), i, item)
	{
		if (law_is(item, "id", fact_text(row, "id")) &&
		    law_is(item, "reason", fact_text(row, "reason")))
			return true;
	}
	return false;
}

/* "accepted" is what the rows say, and each override was asked for. */
static void
accepted_is_what_rows_say(const struct law *law, size_t i, const json_t *line)
{
	const json_t *row, *asked = law_last(law, i, "asked");
	bool accepted = true;
	size_t k;

	json_array_foreach(json_object_get(line, "rows"), k, row)
	{
		if (law_is(row, "verdict", "REFUSE"))
			accepted = false;
		if (law_is(row, "verdict", "overridden") &&
		    !asked_has_override(asked, row))
			law_broken(law, i,
			    "check %.60s was overridden, and "
			    "nobody asked for it",
			    fact_text(row, "id"));
	}
	if (accepted != json_is_true(json_object_get(line, "accepted")))
		law_broken(
		    law, i, "the rows do not say what \"accepted\" says");
}

/* After a refusal no key is used, and nothing is written. */
static void
nothing_follows_a_refusal(const struct law *law, size_t i, const json_t *line)
{
	static const char *const acts[] = { "hsm", "signing", "signed",
		"generating", "deleting", "backing up", "handing over",
		"restoring",
		"activating", "output", "published" };
	const char *zone = fact_text(line, "zone");

	if (json_is_true(json_object_get(line, "accepted")))
		return;
	for (size_t k = i + 1; k < law->run->first + law->run->n; k++) {
		const char *event = fact_text(law_line(law, k), "event");
		const char *of = fact_text(law_line(law, k), "zone");

		/* Others' acts go on. */
		if (zone[0] != '\0' && strcmp(zone, of) != 0)
			continue;
		if (is_one_of(event, acts, ARRAY_LEN(acts)))
			law_broken(law, k,
			    "\"%.40s\", after checks that "
			    "refused",
			    event);
	}
}

static bool
is_overridden(const struct law *law, size_t end, const char *id)
{
	const json_t *row;
	size_t k;

	for (size_t l = law->run->first; l < end; l++)
		json_array_foreach(
		    json_object_get(law_line(law, l), "rows"), k, row)
		{
			if (law_is(row, "id", id) &&
			    law_is(row, "verdict", "overridden"))
				return true;
		}
	return false;
}

static bool
holds_word(const json_t *list, const char *word)
{
	const json_t *item;
	size_t k;

	json_array_foreach(list, k, item)
	{
		const char *text = json_string_value(item);

		if (text != NULL && strcmp(text, word) == 0)
			return true;
	}
	return false;
}

/* An override that let nothing pass is told before a token is opened. */
static void
unused_overrides_are_told(const struct law *law, size_t i, const json_t *line)
{
	const json_t *told =
	    json_object_get(law_last(law, i, "unused overrides"), "ids");
	const json_t *item;
	size_t k;

	(void)line;
	json_array_foreach(
	    json_object_get(law_last(law, i, "asked"), "overrides"), k, item)
	{
		const char *id = fact_text(item, "id");

		if (is_overridden(law, i, id) == holds_word(told, id))
			law_broken(law, i,
			    "whether override %.60s let "
			    "anything pass is told wrongly",
			    id);
	}
}

/* A previous response is judged before a request follows it. */
static void
previous_is_judged(const struct law *law, size_t i, const json_t *line)
{
	const json_t *next =
	    i + 1 < law->run->first + law->run->n ? law_line(law, i + 1) : NULL;

	if (law->run->format >= 2 &&
	    law_is(line, "role", "previous response") &&
	    law_is(law->head, "command", "request") && next != NULL &&
	    !law_is(next, "event", "checks") && !law_is(next, "event", "end"))
		law_broken(law, i, "the previous response was not judged");
}

/* Signatures come after accepted checks and the exact answer. */
static void
signing_is_confirmed(const struct law *law, size_t i, const json_t *line)
{
	const json_t *checks = law_last(law, i, "checks");
	const json_t *answer = law_last(law, i, "answer");

	(void)line;
	if (!json_is_true(json_object_get(checks, "accepted")))
		law_broken(law, i, "signing without accepted checks");
	if (!law_is(answer, "text", "Yes"))
		law_broken(law, i, "signing without a Yes");
}

/* Two signatures' facts but for the signature itself. */
static bool
is_same_signature(const json_t *due, const json_t *made)
{
	json_t *bare = json_deep_copy(made);
	bool same;

	json_object_del(bare, "signature");
	same = bare != NULL && json_equal(due, bare);
	json_decref(bare);
	return same;
}

static bool
is_among(const json_t *list, const json_t *made)
{
	const json_t *due;
	size_t k;

	json_array_foreach(list, k, due)
	{
		if (is_same_signature(due, made))
			return true;
	}
	return false;
}

/* "signed" answers "signing", one for one. */
static void
signed_answers_signing(const struct law *law, size_t i, const json_t *line)
{
	const json_t *signing = law_last(law, i, "signing");
	const json_t *due = json_object_get(signing, "signatures");
	const json_t *made = json_object_get(line, "signatures"), *item;
	size_t k;

	if (json_array_size(due) != json_array_size(made) ||
	    !law_is(signing, "name", fact_text(line, "name")))
		law_broken(law, i, "what was signed is not what was due");
	json_array_foreach(made, k, item)
	{
		if (!is_among(due, item))
			law_broken(law, i, "signature %zu was not due", k + 1);
	}
}

/* The key was shown, and its label given as the answer. */
static bool
is_confirmed(
    const struct law *law, size_t i, const json_t *line, const char *shown)
{
	const json_t *key = json_object_get(line, "key");

	return json_equal(
		   key, json_object_get(law_last(law, i, shown), "key")) &&
	    law_is(law_last(law, i, "answer"), "text",
		fact_text(key, "key_identifier"));
}

static void
deleting_is_confirmed(const struct law *law, size_t i, const json_t *line)
{
	if (!is_confirmed(law, i, line, "key to delete"))
		law_broken(law, i,
		    "the key \"%.300s\" is deleted, and another "
		    "was shown and confirmed",
		    fact_text(json_object_get(line, "key"), "key_identifier"));
}

/* What stands before an act of copying, by what is said then. */
static const char *
event_before(const json_t *line)
{
	static const char *const rows[][2] = {
		{ "backing up", "key to back up" },
		{ "handing over", "key to hand over" },
		{ "backed up", "backing up" },
		{ "handed over", "handing over" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (law_is(line, "event", rows[i][0]))
			return rows[i][1];
	return "";
}

/* What is copied was confirmed, and for whom. */
static void
copying_is_confirmed(const struct law *law, size_t i, const json_t *line)
{
	const char *shown = event_before(line);

	if (!is_confirmed(law, i, line, shown) ||
	    !law_is(law_last(law, i, shown), "recipient_sha256",
		fact_text(line, "recipient_sha256")))
		law_broken(law, i,
		    "the key \"%.300s\" is copied, and another, or for another "
		    "recipient, was shown and confirmed",
		    fact_text(json_object_get(line, "key"), "key_identifier"));
}

/* DPS 5.1.4: no KSK goes to who signs a zone. */
static void
handed_over_is_a_zsk(const struct law *law, size_t i, const json_t *line)
{
	const json_t *key = json_object_get(line, "key");

	if (json_integer_value(json_object_get(key, "flags")) !=
	    256)
		law_broken(law, i,
		    "the key \"%.300s\" is handed over and is no ZSK",
		    fact_text(key, "key_identifier"));
}

/* The recipient's file was read, and has the hash that was announced. */
static void
recipient_was_read(const struct law *law, size_t i, const json_t *line)
{
	const json_t *input = law_last(law, i, "input");

	if (!law_is(input, "role", "recipient") ||
	    !law_is(input, "sha256", fact_text(line, "recipient_sha256")))
		law_broken(
		    law, i, "the recipient is not the one whose file was read");
}

/* The copy is of the key, and for whom, as it was meant. */
static void
copy_is_what_was_meant(const struct law *law, size_t i, const json_t *line)
{
	const json_t *intent = law_last(law, i, event_before(line));

	if (!json_equal(
		json_object_get(intent, "key"), json_object_get(line, "key")) ||
	    !law_is(intent, "recipient_sha256",
		fact_text(line, "recipient_sha256")))
		law_broken(law, i, "another copy was to be made");
}

/* Neither has it, or both the same. */
static bool
has_same(const json_t *a, const json_t *b, const char *fact)
{
	const json_t *of_a = json_object_get(a, fact);
	const json_t *of_b = json_object_get(b, fact);

	return of_a == of_b || json_equal(of_a, of_b);
}

/* What is in a file that this record saw made is what was put into it. */
static void
backup_is_as_it_was_made(const struct law *law, size_t i, const json_t *line)
{
	static const char *const facts[] = { "size", "key", "recipient_sha256",
		"carried_by", "wrapped_by", "check_value", "components" };

	for (size_t k = 0; k < i; k++) {
		const json_t *made = law_line(law, k);

		if (!law_is(made, "event", "backed up") ||
		    !law_is(made, "sha256", fact_text(line, "sha256")))
			continue;
		for (size_t f = 0; f < ARRAY_LEN(facts); f++)
			if (!has_same(made, line, facts[f]))
				law_broken(law, i,
				    "the backup had another %s when it was "
				    "made, at line %zu",
				    facts[f], k + 1);
	}
}

/* They come one after the other. */
static void
component_is_the_next(const struct law *law, size_t i, const json_t *line)
{
	const json_t *last = law_last(law, i, "component");
	json_int_t number =
	    json_integer_value(json_object_get(line, "number"));
	json_int_t of = json_integer_value(json_object_get(line, "of"));

	if (number !=
		1 + json_integer_value(json_object_get(last, "number")) ||
	    number > of ||
	    (last != NULL &&
		!json_equal(json_object_get(last, "of"),
		    json_object_get(line, "of"))))
		law_broken(law, i, "component %lld of %lld is not the next",
		    (long long)number, (long long)of);
}

/* What all of them made is what the copy was wrapped under. */
static void
components_make_the_key(const struct law *law, size_t i, const json_t *line)
{
	const json_t *last = law_last(law, i, "component");

	if (last != NULL &&
	    !law_is(last, "whole", fact_text(line, "check_value")))
		law_broken(law, i, "the components make another key");
}

static void
restoring_is_of_the_backup(const struct law *law, size_t i, const json_t *line)
{
	const json_t *backup = law_last(law, i, "backup");

	if (!json_equal(
		json_object_get(backup, "key"), json_object_get(line, "key")))
		law_broken(law, i, "the backup is of another key");
}

static void
restored_is_what_was_meant(const struct law *law, size_t i, const json_t *line)
{
	const json_t *intent = law_last(law, i, "restoring");

	if (!json_equal(
		json_object_get(intent, "key"), json_object_get(line, "key")))
		law_broken(law, i, "another key was to be restored");
}

/* A key answers its "generating"; only RSA keys have a choice of bits. */
static void
key_answers_generating(const struct law *law, size_t i, const json_t *line)
{
	const json_t *key = json_object_get(line, "key");
	const json_t *intent = law_last(law, i, "generating");
	json_int_t bits = json_integer_value(json_object_get(intent, "bits"));
	bool rsa = strncmp(fact_text(intent, "algorithm"), "RSA", 3) == 0;

	if (!law_is(intent, "label", fact_text(key, "key_identifier")))
		law_broken(law, i, "the key made is not the one intended");
	if ((bits == 0) == rsa)
		law_broken(law, i, "a key of %.40s was to have %lld bits",
		    fact_text(intent, "algorithm"), (long long)bits);
}

/* Of other characters than ASCII the record has marks in their place. */
static void
value_fits(const struct law *law, size_t i, const json_t *line,
    const char *fact, const struct uri_value *value)
{
	char wanted[4 * sizeof(value->data)];

	text_ascii(wanted, sizeof(wanted), value->data);
	if (value->given && strcmp(wanted, value->data) == 0 &&
	    !law_is(line, fact, wanted))
		law_broken(law, i,
		    "the token's %s is \"%.100s\", its URI says \"%.100s\"",
		    fact, fact_text(line, fact), wanted);
}

/* The token is the one that its HSM's URI describes, if there is one. */
static void
token_fits_its_uri(const struct law *law, size_t i, const json_t *line)
{
	const char *text = fact_text(law_last(law, i, "hsm"), "token");
	struct token_uri uri;
	struct err err;

	if (text[0] == '\0')
		return;
	if (!uri_parse(text, &uri, &err)) {
		law_broken(law, i, "%s", err.msg);
		return;
	}
	value_fits(law, i, line, "label", &uri.token);
	value_fits(law, i, line, "serial", &uri.serial);
	value_fits(law, i, line, "manufacturer", &uri.manufacturer);
	value_fits(law, i, line, "model", &uri.model);
}

/* Each HSM is opened once in a run. */
static void
hsm_is_opened_once(const struct law *law, size_t i, const json_t *line)
{
	for (size_t k = law->run->first; k < i; k++)
		if (law_is(law_line(law, k), "event", "hsm") &&
		    law_is(law_line(law, k), "name", fact_text(line, "name")))
			law_broken(law, i,
			    "HSM %.80s was opened at line %zu of the run "
			    "already",
			    fact_text(line, "name"), k - law->run->first + 1);
}

/* The HSMs whose tokens the run had logged in to, before line i. */
static size_t
count_open(const struct law *law, size_t i, const char *hsm, bool *ret_open)
{
	const char *name = "";
	size_t n = 0;

	*ret_open = false;
	for (size_t k = law->run->first; k < i; k++) {
		const json_t *line = law_line(law, k);

		if (law_is(line, "event", "hsm"))
			name = fact_text(line, "name");
		if (!law_is(line, "event", "token"))
			continue;
		n++;
		*ret_open = *ret_open || strcmp(name, hsm) == 0;
	}
	return n;
}

/* Of several tokens it is said which has the key; it was logged in to. */
static void
ksks_are_in_open_tokens(const struct law *law, size_t i, const json_t *line)
{
	const json_t *item;
	size_t k, n;
	bool open;

	json_array_foreach(json_object_get(line, "ksks"), k, item)
	{
		n = count_open(law, i, fact_text(item, "hsm"), &open);
		if (json_object_get(item, "from") != NULL)
			continue;
		if (json_object_get(item, "hsm") != NULL ? !open : n != 1)
			law_broken(law, i,
			    "%.80s is in no token that the run had logged in "
			    "to",
			    fact_text(item, "name"));
	}
}

/* Since it is told. */
static void
login_is_known(const struct law *law, size_t i, const json_t *line)
{
	static const char *const ways[] = { "pin", "pad", "none" };

	if ((law_is_own(law) || json_object_get(line, "login") != NULL) &&
	    !is_one_of(fact_text(line, "login"), ways, ARRAY_LEN(ways)))
		law_broken(law, i,
		    "it is not said how the token was logged in to");
}

static bool
is_same_token(const json_t *one, const json_t *other)
{
	static const char *const facts[] = { "label", "manufacturer", "model" };

	for (size_t k = 0; k < ARRAY_LEN(facts); k++)
		if (!law_is(one, facts[k], fact_text(other, facts[k])))
			return false;
	return true;
}

/* A token with the serial of an earlier one is that one, if it has one at all. */
static void
token_stays_itself(const struct law *law, size_t i, const json_t *line)
{
	if (strspn(fact_text(line, "serial"), "0 ") ==
	    strlen(fact_text(line, "serial")))
		return;
	for (size_t k = 0; k < i; k++) {
		const json_t *other = law_line(law, k);

		if (law_is(other, "event", "token") &&
		    law_is(other, "serial", fact_text(line, "serial")) &&
		    !is_same_token(line, other)) {
			law_broken(law, i,
			    "the token with serial %.80s was "
			    "another at line %zu",
			    fact_text(line, "serial"), k + 1);
			return;
		}
	}
}

/* The hash that the object's file had before; NULL: none. */
static const char *
hash_before(const struct law *law, size_t i, const json_t *object)
{
	const json_t *other;
	size_t k;

	for (size_t l = 0; l < i; l++)
		json_array_foreach(
		    json_object_get(law_line(law, l), "objects"), k, other)
		{
			if (law_is(other, "path", fact_text(object, "path")))
				return fact_text(other, "sha256");
		}
	return NULL;
}

/* Code that is in memory beside the keys is the same in each run. */
static void
code_stays_the_same(const struct law *law, size_t i, const json_t *line)
{
	const json_t *object;
	size_t k;

	json_array_foreach(json_object_get(line, "objects"), k, object)
	{
		const char *was = hash_before(law, i, object);

		if (was != NULL && !law_is(object, "sha256", was))
			law_broken(law, i,
			    "%.300s changed: it had SHA-256 "
			    "%.64s",
			    fact_text(object, "path"), was);
	}
}

/* How many lines the register had when the run read it; -1: one is torn. */
static json_int_t
lines_read(const struct law *law, size_t i)
{
	struct buf content = buf_new(KSR_FILE_MAX);
	const json_t *line = NULL;
	json_int_t n = 0;
	struct err err;

	while (i-- > law->run->first && line == NULL)
		if (law_is(law_line(law, i), "event", "input") &&
		    law_is(law_line(law, i), "role", "register"))
			line = law_line(law, i);
	if (line == NULL || !stored_read(law->ceremony, line, &content, &err))
		n = -1;
	for (size_t k = 0; k < content.len && n >= 0; k++)
		n += content.data[k] == '\n';
	if (content.len > 0 && content.data[content.len - 1] != '\n')
		n = -1;
	buf_free(&content);
	return n;
}

/* Lines are appended one after another. */
static void
register_grows_by_lines(const struct law *law, size_t i, const json_t *line)
{
	const json_t *before = law_last_of_any(law, i, "register line");
	json_int_t number = json_integer_value(json_object_get(line, "line"));
	json_int_t read = before == NULL ? lines_read(law, i) : -1;

	if (read >= 0 && number != read + 1)
		law_broken(law, i,
		    "line %lld of the register does not follow "
		    "what was read",
		    (long long)number);
	if (before != NULL &&
	    number != json_integer_value(json_object_get(before, "line")) + 1)
		law_broken(law, i,
		    "line %lld of the register does not follow "
		    "the one before",
		    (long long)number);
}

/* What "activated" says is what "activating" said. */
static void
activated_is_what_was_meant(const struct law *law, size_t i, const json_t *line)
{
	const json_t *intent = law_last(law, i, "activating");

	if (!law_is(intent, "sha256", fact_text(line, "sha256")) ||
	    !law_is(intent, "id", fact_text(line, "id")))
		law_broken(law, i, "another response was to be activated");
}

/* The document that was read, and compared, and confirmed. */
static void
anchors_are_confirmed(const struct law *law, size_t i, const json_t *line)
{
	const json_t *compared = law_last(law, i, "anchors compared");
	bool read = false;

	for (size_t k = law->run->first; k < i; k++)
		read = read ||
		    (law_is(law_line(law, k), "role", "trust anchor") &&
			law_is(law_line(law, k), "sha256",
			    fact_text(line, "sha256")));
	if (!read)
		law_broken(law, i,
		    "the trust anchors are not those that were read");
	if (!json_is_true(json_object_get(compared, "same")))
		law_broken(law, i,
		    "trust anchors are signed that are not the declared ones");
	if (!law_is(law_last(law, i, "answer"), "text", "Yes"))
		law_broken(law, i, "signing trust anchors without a Yes");
	if (!json_equal(json_object_get(line, "key"),
		json_object_get(law_last(law, i, "anchor key"), "key")))
		law_broken(law, i, "another key was to sign trust anchors");
}

/* One signature, of what was due, by the key. */
static void
anchors_signed_is_due(const struct law *law, size_t i, const json_t *line)
{
	const json_t *due = law_last(law, i, "signing anchors");
	const json_t *list = json_object_get(line, "signatures");
	const json_t *made = json_array_get(list, 0);

	if (json_array_size(list) != 1 ||
	    !law_is(made, "to_be_signed_sha256",
		fact_text(due, "to_be_signed_sha256")) ||
	    !law_is(made, "key",
		fact_text(json_object_get(due, "key"), "key_identifier")))
		law_broken(
		    law, i, "what was signed is not what was due");
}

/* What a token had of the anchors' keys is said where it was asked. */
static void
keys_of_anchors_are_told(const struct law *law, size_t i, const json_t *line)
{
	bool of_anchors = law_is(law->head, "command", "trust-anchor") ||
	    law_is(law->head, "command", "parent");
	bool done =
	    json_integer_value(json_object_get(line, "status")) == 0 ||
	    law_last(law, i, "anchors compared") != NULL ||
	    law_last(law, i, "parent compared") != NULL;

	if (of_anchors && done && law_last(law, i, "token") != NULL &&
	    law_last(law, i, "anchor key") == NULL &&
	    law_last(law, i, "ksks") == NULL)
		law_broken(law, i,
		    "a token was asked, and it is not said which KSKs it had");
}

/* All that passes, and nothing else, is the same. */
static void
anchors_same_is_what_rows_say(
    const struct law *law, size_t i, const json_t *line)
{
	static const char *const passing[] = { "same", "ended, and not there" };
	bool same = true;
	const json_t *row;
	size_t k;

	json_array_foreach(json_object_get(line, "anchors"), k, row)
	{
		same = same &&
		    is_one_of(fact_text(row, "verdict"), passing,
			ARRAY_LEN(passing));
	}
	if (json_is_true(json_object_get(line, "same")) != same)
		law_broken(law, i,
		    "trust anchors are said to be the same otherwise than "
		    "their verdicts say");
}

const struct law_row laws_of_acts[] = {
	{ "checks", accepted_is_what_rows_say },
	{ "checks", nothing_follows_a_refusal },
	{ "hsm", unused_overrides_are_told },
	{ "hsm", hsm_is_opened_once },
	{ "input", previous_is_judged },
	{ "signing", signing_is_confirmed },
	{ "signed", signed_answers_signing },
	{ "deleting", deleting_is_confirmed },
	{ "key to back up", recipient_was_read },
	{ "backing up", copying_is_confirmed },
	{ "key to hand over", recipient_was_read },
	{ "handing over", copying_is_confirmed },
	{ "handing over", handed_over_is_a_zsk },
	{ "handed over", copy_is_what_was_meant },
	{ "backed up", copy_is_what_was_meant },
	{ "component", component_is_the_next },
	{ "backed up", components_make_the_key },
	{ "backup", backup_is_as_it_was_made },
	{ "restoring", restoring_is_of_the_backup },
	{ "restored", restored_is_what_was_meant },
	{ "signing anchors", anchors_are_confirmed },
	{ "anchors signed", anchors_signed_is_due },
	{ "end", keys_of_anchors_are_told },
	{ "anchors compared", anchors_same_is_what_rows_say },
	{ "parent compared", anchors_same_is_what_rows_say },
	{ "key", key_answers_generating },
	{ "token", token_fits_its_uri },
	{ "token", login_is_known },
	{ "token", token_stays_itself },
	{ "ksks", ksks_are_in_open_tokens },
	{ "mapped", code_stays_the_same },
	{ "register line", register_grows_by_lines },
	{ "activated", activated_is_what_was_meant },
	{ NULL, NULL },
};
