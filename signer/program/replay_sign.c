#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/dns/dname.h"
#include "ksr/dns/pubkey.h"
#include "ksr/response/response.h"
#include "signer/keys/key_facts.h"
#include "signer/live/confirm.h"
#include "signer/program/replay_steps.h"
#include "signer/record/input.h"
#include "signer/record/json.h"
#include "signer/sign/signatures.h"
#include "signer/sign/signing_facts.h"

/* The configuration key of that name that pins this DNSKEY. */
static bool
find_pinned(struct rerun *rerun, const char *name, const struct dnskey *dnskey,
    size_t *ret)
{
	const struct config *config = rerun->config;
	struct dname owner;
	struct err why;

	for (size_t i = 0; i < config->n_keys; i++) {
		if (strcmp(config->keys[i].name, name) != 0)
			continue;
		if (!dname_parse(
			config->ksk_policy.signers_name, &owner, &why) ||
		    config_key_of(config, &owner, dnskey) != &config->keys[i] ||
		    dnskey->flags != DNSKEY_FLAGS_KSK ||
		    dnskey->ttl_s != config_ttl_s(config)) {
			differs(rerun,
			    "the token's key \"%s\" (key tag %u) is not what "
			    "the configuration pins as keys.%s",
			    dnskey->identifier, dnskey->tag, name);
			return false;
		}
		*ret = i;
		return true;
	}
	differs(rerun, "the configuration has no key \"%s\"", name);
	return false;
}

bool
replay_ksks(struct rerun *rerun, const json_t *line, struct err *err)
{
	const json_t *item;
	size_t i;

	if (rerun->config == NULL || rerun->ksks != NULL)
		return true;
	rerun->ksks = calloc(CONFIG_KEYS_MAX, sizeof(*rerun->ksks));
	if (rerun->ksks == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	json_array_foreach(json_object_get(line, "ksks"), i, item)
	{
		struct dnskey dnskey;
		size_t key;

		if (!dnskey_of_json(
			rerun, json_object_get(item, "key"), &dnskey) ||
		    !find_pinned(rerun, fact_text(item, "name"), &dnskey, &key))
			continue;
		rerun->ksks[key] = dnskey;
		rerun->keys_in_hsm |= UINT32_C(1) << key;
	}
	return true;
}

/* Each key that the schema uses was in the token. */
static bool
has_keys_of(struct rerun *rerun, const struct schema *schema)
{
	if ((schema_keys(schema) & ~rerun->keys_in_hsm) == 0)
		return true;
	differs(rerun, "a KSK of schema \"%s\" is not among those found",
	    schema->name);
	return false;
}

bool
replay_build(struct rerun *rerun, struct err *err)
{
	struct err why;

	(void)err;
	if (rerun->request.ksr == NULL || rerun->ksks == NULL)
		return true;
	for (size_t i = 0; i < rerun->asked.n; i++) {
		const struct asked_response *asked = &rerun->asked.responses[i];

		if (asked->in_place || rerun->responses[i].built != NULL ||
		    !has_keys_of(rerun, asked->schema))
			continue;
		if (!response_build(rerun->config, asked->schema,
			rerun->request.ksr, rerun->ksks,
			&rerun->responses[i].built, &why)) {
			rerun->refusal = why;
			break;
		}
	}
	return true;
}

static bool
has_argument(const struct rerun *rerun, const char *wanted)
{
	const json_t *list = json_object_get(rerun->head, "arguments");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text != NULL && strcmp(text, wanted) == 0)
			return true;
	}
	return false;
}

/* Of 0.1.0 the responses were judged only when they were signed. */
static void
answer_needs_built(struct rerun *rerun)
{
	if (rerun->rules >= RULES_0_2_0 && rerun->asked.n > 0 &&
	    !replay_turns_done(rerun, TURN_BUILT))
		differs(rerun,
		    "an answer, although not every response was checked before "
		    "it was to be signed");
}

bool
replay_answer(struct rerun *rerun, const json_t *line, struct err *err)
{
	const char *by = fact_text(line, "by"), *text = fact_text(line, "text");
	const char *wanted = SIGNING_CONFIRMED, *not_done = SIGNING_NOT_DONE;
	bool batch = strcmp(by, "batch") == 0;
	bool asked = strcmp(rerun->before, "prompt") == 0;

	(void)err;
	answer_needs_built(rerun);
	if (rerun->to_delete != NULL) {
		wanted = fact_text(
		    json_object_get(rerun->to_delete, "key"), "key_identifier");
		not_done = KEYDELETE_NOT_DONE;
	}
	if (!batch && strcmp(by, "terminal") != 0)
		differs(rerun, "the answer is by \"%s\"", by);
	if (batch != has_argument(rerun, "--batch"))
		differs(rerun, "the answer is by %s, the arguments %s --batch",
		    by, batch ? "do not have" : "have");
	if (batch == asked)
		differs(rerun,
		    batch ? "an answer by batch after a prompt"
			  : "an answer at the terminal without a prompt");
	if (strcmp(text, wanted) != 0)
		err_set_unconfirmed(&rerun->refusal, text, wanted, not_done);
	return true;
}

/* One by one, so that the first that differs is named. */
static void
compare_signatures(
    struct rerun *rerun, const json_t *recorded, json_t *replayed)
{
	char name[64];
	size_t n = json_array_size(recorded);

	if (n != json_array_size(replayed))
		differs(rerun, "%zu signatures are recorded, %zu are due", n,
		    json_array_size(replayed));
	for (size_t i = 0; i < n && i < json_array_size(replayed); i++) {
		snprintf(name, sizeof(name), "signature %zu", i + 1);
		differs_unless_equal(rerun, name, json_array_get(recorded, i),
		    json_incref(json_array_get(replayed, i)));
	}
	json_decref(replayed);
}

bool
replay_signing(struct rerun *rerun, const json_t *line, struct err *err)
{
	size_t i;

	(void)err;
	if (replay_turn(rerun, line, TURN_SIGNING, true, &i) &&
	    rerun->responses[i].built != NULL)
		compare_signatures(rerun, json_object_get(line, "signatures"),
		    json_of_signatures(rerun->responses[i].built, false));
	return true;
}

static const struct dnskey *
ksk_of(const struct rerun *rerun, const char *label)
{
	for (size_t i = 0; i < rerun->config->n_keys; i++)
		if ((rerun->keys_in_hsm >> i & 1) != 0 &&
		    strcmp(rerun->config->keys[i].label, label) == 0)
			return &rerun->ksks[i];
	return NULL;
}

/* The signature that a record's entry speaks of, not yet filled. */
static bool
find_signature(const struct ksr *response, const json_t *entry,
    size_t *ret_bundle, size_t *ret_index)
{
	json_int_t bundle =
	    json_integer_value(json_object_get(entry, "bundle"));
	json_int_t tag = json_integer_value(json_object_get(entry, "key_tag"));
	const struct bundle *b;

	if (bundle < 1 || (size_t)bundle > response->n_bundles)
		return false;
	b = &response->bundles[bundle - 1];
	for (size_t i = 0; i < b->n_signatures; i++) {
		if (b->signatures[i].signature_len == 0 &&
		    b->signatures[i].tag == tag &&
		    strcmp(b->signatures[i].identifier,
			fact_text(entry, "key")) == 0) {
			*ret_bundle = (size_t)bundle - 1;
			*ret_index = i;
			return true;
		}
	}
	return false;
}

/*
 * A valid RSA signature of PKCS#1 v1.5 is the only one (RFC 8017 8.2), so that
 * verifying is deriving; one of ECDSA is taken from the record.
 */
static void
take_signature(struct rerun *rerun, struct ksr *built, size_t number,
    const json_t *entry)
{
	struct buf data = buf_new(TO_BE_SIGNED_MAX);
	const struct dnskey *ksk;
	struct rrsig *rrsig;
	size_t bundle, index, len;
	struct err why;

	if (!find_signature(built, entry, &bundle, &index)) {
		differs(rerun, "signature %zu is not one that is due", number);
		return;
	}
	rrsig = &built->bundles[bundle].signatures[index];
	ksk = ksk_of(rerun, rrsig->identifier);
	if (ksk == NULL ||
	    !base64_parse(fact_text(entry, "signature"), rrsig->signature,
		sizeof(rrsig->signature), &len)) {
		differs(rerun, "signature %zu is none", number);
	} else if (!response_to_be_signed(
		       built, bundle, index, &data, &why) ||
	    !pubkey_verify(ksk, buf_bytes(&data),
		(struct bytes){ rrsig->signature, len }, &why)) {
		differs(rerun,
		    "signature %zu (bundle %zu, key \"%s\") does not verify: "
		    "%s",
		    number, bundle + 1, ksk->identifier, why.msg);
	} else {
		rrsig->signature_len = (uint16_t)len;
	}
	buf_free(&data);
}

/* As signing does: written, and read back for the checks. */
static bool
write_response(struct rerun *rerun, size_t i, struct err *err)
{
	struct document *document = &rerun->responses[i].document;

	document->xml = buf_new(KSR_FILE_MAX);
	document->path = rerun->asked.responses[i].path;
	ksr_write(rerun->responses[i].built, &document->xml);
	if (document->xml.failed)
		return err_set(err, E_MEMORY, "the response does not fit");
	if (!sha256(buf_bytes(&document->xml), document->sha256, err))
		return false;
	if (!ksr_read(buf_bytes(&document->xml), "the derived response",
		&document->ksr, err)) {
		differs(rerun, "%s", err->msg);
		return err->code != E_MEMORY;
	}
	return true;
}

static bool
all_signed(const struct ksr *response)
{
	for (size_t i = 0; i < response->n_bundles; i++)
		for (size_t j = 0; j < response->bundles[i].n_signatures; j++)
			if (response->bundles[i].signatures[j].signature_len ==
			    0)
				return false;
	return true;
}

bool
replay_signed(struct rerun *rerun, const json_t *line, struct err *err)
{
	const json_t *list = json_object_get(line, "signatures"), *entry;
	struct ksr *built;
	size_t i, turn;

	if (!replay_turn(rerun, line, TURN_SIGNED, true, &turn) ||
	    rerun->responses[turn].built == NULL)
		return true;
	built = rerun->responses[turn].built;
	json_array_foreach(list, i, entry)
	{
		take_signature(rerun, built, i + 1, entry);
	}
	if (!all_signed(built)) {
		differs(rerun, "a signature that is due is missing");
		return true;
	}
	rerun->n_made += signatures_count(built);
	for (i = 0; i < built->n_bundles; i++)
		bundle_sort(&built->bundles[i]);
	compare_signatures(rerun, list, json_of_signatures(built, true));
	return write_response(rerun, turn, err);
}

/* How many signatures the run was to make. */
static size_t
count_due(const struct rerun *rerun)
{
	size_t n = 0;

	for (size_t i = 0; i < rerun->asked.n; i++)
		if (rerun->responses[i].built != NULL)
			n += signatures_count(rerun->responses[i].built);
	return n;
}

/* The response that was being signed; NULL if that was done for all begun. */
static struct ksr *
unfinished(const struct rerun *rerun)
{
	size_t begun = rerun->turns[TURN_SIGNING];

	return begun == rerun->turns[TURN_SIGNED]
	    ? NULL
	    : rerun->responses[begun - 1].built;
}

/*
 * The signatures that were made and went nowhere: each verifies, and there are
 * as many as the line says.
 */
bool
replay_discarded_signatures(
    struct rerun *rerun, const json_t *line, struct err *err)
{
	const json_t *list = json_object_get(line, "signatures"), *entry;
	struct ksr *built = unfinished(rerun);
	size_t made = rerun->n_made + json_array_size(list);
	size_t due = count_due(rerun), i;

	(void)err;
	differs_unless_equal(rerun, "signatures made",
	    json_object_get(line, "made"), json_integer((json_int_t)made));
	differs_unless_equal(rerun, "signatures due",
	    json_object_get(line, "due"), json_integer((json_int_t)due));
	if (made == 0 || (built == NULL && json_array_size(list) > 0))
		differs(rerun, "signatures were discarded that were not made");
	json_array_foreach(list, i, entry)
	{
		if (built != NULL)
			take_signature(rerun, built, i + 1, entry);
	}
	if (built != NULL) {
		json_t *again = json_of_made(built);

		compare_signatures(rerun, list, again);
	}
	rerun->discarded = true;
	if (rerun->refusal.code != E_NONE)
		err_prefix_discarded(&rerun->refusal, made, due,
		    rerun->turns[TURN_PUBLISHED] > 0);
	return true;
}

/* What was stored, against what was derived, or found in place. */
static void
compare_stored(
    struct rerun *rerun, const struct document *response, struct bytes stored)
{
	struct bytes derived = buf_bytes(&response->xml);
	size_t at = 0;

	if (response->ksr == NULL || bytes_equal(stored, derived))
		return;
	while (at < stored.len && at < derived.len &&
	    stored.data[at] == derived.data[at])
		at++;
	differs(rerun,
	    "the stored response is not the one derived: they differ from "
	    "octet %zu on",
	    at);
}

bool
replay_response(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct buf stored = buf_new(KSR_FILE_MAX);
	struct err why;
	size_t i;

	(void)err;
	if (strcmp(rerun->run->command, "register") == 0)
		replay_recovered(rerun, line);
	if (replay_turn(rerun, line, TURN_STORED, false, &i)) {
		if (strcmp(fact_text(line, "path"),
			rerun->asked.responses[i].path) != 0)
			differs(rerun,
			    "another response was stored than asked for");
		if (!stored_read(
			&rerun->replay->ceremony, line, &stored, &why))
			differs(rerun, "%s", why.msg);
		else
			compare_stored(rerun, &rerun->responses[i].document,
			    buf_bytes(&stored));
		if (rerun->responses[i].built != NULL)
			rerun->n_made -=
			    signatures_made(rerun->responses[i].built);
	}
	buf_free(&stored);
	return true;
}
