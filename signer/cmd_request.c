#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/file.h"
#include "ksr/dname.h"
#include "ksr/pubkey.h"
#include "ksr/rrset.h"
#include "signer/command.h"
#include "signer/facts.h"
#include "signer/input.h"
#include "signer/interrupt.h"
#include "signer/json.h"
#include "signer/print.h"
#include "ksr/quarter.h"
#include "signer/token.h"

#define ZSK_BITS 2048

/* The ZSKs of a quarter: the last one's, its own and the next one's. */
enum { ZSK_OLD, ZSK_CURRENT, ZSK_NEXT, ZSK_COUNT };

struct zsk {
	struct hsm_key key;
	struct dnskey dnskey;
};

struct requesting {
	const struct context *context;
	const struct config *config;
	struct quarter quarter;
	struct document previous; /* ksr is NULL for the first request */
	struct token token;
	struct zsk zsks[ZSK_COUNT];
	struct ksr *request;
	struct output *output;
};

/* The field's values for a ZSK policy; validity is the KSK operator's. */
static struct signature_policy
zsk_policy(const struct config *config)
{
	const struct signature_policy *ksk = &config->ksk_policy.signature;

	return (struct signature_policy){
		.publish_safety_s = QUARTER_SLOT_S,
		.retire_safety_s = QUARTER_SLOT_S,
		.max_signature_validity_s = ksk->max_signature_validity_s,
		.min_signature_validity_s = ksk->min_signature_validity_s,
		.max_validity_overlap_s = 12 * INT64_C(86400),
		.min_validity_overlap_s = 9 * INT64_C(86400),
		.n_algorithms = 1,
		.algorithms = { { .algorithm = ALGORITHM_RSASHA256,
		    .family = FAMILY_RSA,
		    .size = ZSK_BITS,
		    .exponent = 65537 } },
	};
}

static bool
choose_quarter(struct requesting *r, const char *given, struct err *err)
{
	if (r->previous.ksr != NULL)
		r->quarter = quarter_next(quarter_of_time(
		    r->previous.ksr->bundles[0].inception));
	else
		r->quarter = quarter_next(quarter_of_time(r->context->now));
	return given == NULL || quarter_parse(given, &r->quarter, err);
}

/* A ZSK is named by the quarter in which it signs the zone. */
static void
zsk_label(struct quarter quarter, size_t which, char ret[ID_MAX + 1])
{
	char text[QUARTER_TEXT_SIZE];

	if (which == ZSK_OLD)
		quarter = quarter_before(quarter);
	else if (which == ZSK_NEXT)
		quarter = quarter_next(quarter);
	quarter_format(quarter, text);
	snprintf(ret, ID_MAX + 1, "zsk-%s", text);
}

static bool
has_label(struct token *token, const char *label, bool *ret, struct err *err)
{
	struct hsm_key *keys;
	size_t n;

	*ret = false;
	if (!hsm_keys(token->hsm, &keys, &n, err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(keys[i].label, label) == 0)
			*ret = true;
	free(keys);
	return true;
}

/* Takes the ZSK from the token, or makes it. */
static bool
find_or_make_zsk(struct requesting *r, size_t which, struct err *err)
{
	char label[ID_MAX + 1];
	const struct hsm_keygen what = { .label = label,
		.type = HSM_RSA,
		.rsa_bits = ZSK_BITS };
	struct zsk *zsk = &r->zsks[which];
	bool there;

	zsk_label(r->quarter, which, label);
	if (!has_label(&r->token, label, &there, err))
		return false;
	if (there ? !hsm_find(r->token.hsm, label, &zsk->key, err) :
		    !facts_generating(r->context->record, label,
			"RSASHA256", ZSK_BITS, err) ||
		    !hsm_keygen(r->token.hsm, &what, &zsk->key, err))
		return false;
	return token_dnskey(&zsk->key, ALGORITHM_RSASHA256, DNSKEY_FLAGS_ZSK,
		   config_ttl_s(r->config), &zsk->dnskey, err) &&
	    (there || facts_key(r->context->record, &zsk->dnskey, err));
}

/* The previous response ends with the ZSKs with which this request begins. */
static bool
follows_previous(const struct requesting *r, struct err *err)
{
	const struct ksr *previous = r->previous.ksr;
	const struct bundle *last;
	size_t n_zsks = 0, n_found = 0;

	if (previous == NULL)
		return true;
	last = &previous->bundles[previous->n_bundles - 1];
	for (size_t i = 0; i < last->n_keys; i++) {
		if ((last->keys[i].flags & DNSKEY_FLAG_SEP) != 0)
			continue;
		n_zsks++;
		for (size_t which = ZSK_OLD; which <= ZSK_CURRENT; which++)
			if (dnskey_same_key(&last->keys[i],
				&r->zsks[which].dnskey))
				n_found++;
	}
	if (n_zsks != 2 || n_found != 2)
		return err_set(err, E_INPUT,
		    "%s: its last bundle holds %zu ZSKs, expected the token's "
		    "\"%s\" and \"%s\"",
		    r->previous.path, n_zsks,
		    r->zsks[ZSK_OLD].dnskey.identifier,
		    r->zsks[ZSK_CURRENT].dnskey.identifier);
	return true;
}

/*
 * Ids that depend on the content alone, so that the same keys and quarter give
 * the same request: a UUID of version 8 (RFC 9562 5.8) over SHA-256.
 */
static bool
make_id(const struct requesting *r, size_t bundle, char ret[ID_MAX + 1],
    struct err *err)
{
	struct buf seed = buf_new(4096);
	uint8_t d[SHA256_SIZE];
	bool ok;

	buf_puts(&seed, r->config->ksk_policy.signers_name);
	buf_u32(&seed, (uint32_t)bundle);
	buf_u32(&seed, (uint32_t)(4 * r->quarter.year + r->quarter.number));
	for (size_t i = 0; i < ZSK_COUNT; i++)
		dnskey_rdata(&r->zsks[i].dnskey, &seed);
	ok = !seed.failed && sha256(buf_bytes(&seed), d, err);
	buf_free(&seed);
	if (!ok)
		return false;
	d[6] = (uint8_t)((d[6] & 0x0f) | 0x80);
	d[8] = (uint8_t)((d[8] & 0x3f) | 0x80);
	snprintf(ret, ID_MAX + 1,
	    "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x"
	    "%02x",
	    d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10],
	    d[11], d[12], d[13], d[14], d[15]);
	return true;
}

/* Proof of possession: the ZSK signs the set it stands in. */
static bool
sign_possession(struct requesting *r, struct bundle *bundle, size_t index,
    const struct zsk *zsk, struct err *err)
{
	const char *zone = r->config->ksk_policy.signers_name;
	struct rrsig *rrsig = &bundle->signatures[index];
	struct buf data = buf_new(TO_BE_SIGNED_MAX);
	struct dname owner;
	bool ok;

	*rrsig = (struct rrsig){
		.ttl_s = zsk->dnskey.ttl_s,
		.algorithm = zsk->dnskey.algorithm,
		.original_ttl_s = zsk->dnskey.ttl_s,
		.expiration = bundle->expiration,
		.inception = bundle->inception,
		.tag = zsk->dnskey.tag,
	};
	snprintf(rrsig->identifier, sizeof(rrsig->identifier), "%s",
	    zsk->dnskey.identifier);
	snprintf(
	    rrsig->signers_name, sizeof(rrsig->signers_name), "%s", zone);
	ok = dname_parse(zone, &owner, err);
	if (ok)
		rrsig->labels = dname_labels(&owner);
	ok = ok &&
	    rrset_to_be_signed(
		&owner, rrsig, bundle->keys, bundle->n_keys, &data, err) &&
	    token_sign(&r->token, &zsk->key, &zsk->dnskey, buf_bytes(&data),
		rrsig, err);
	buf_free(&data);
	return ok;
}

static bool
fill_bundle(struct requesting *r, size_t slot, struct err *err)
{
	struct bundle *bundle = &r->request->bundles[slot];
	const struct zsk *zsks[2] = { &r->zsks[ZSK_CURRENT], NULL };
	size_t n = 1;

	if (slot == 0)
		zsks[n++] = &r->zsks[ZSK_OLD];
	else if (slot == QUARTER_SLOTS - 1)
		zsks[n++] = &r->zsks[ZSK_NEXT];
	bundle->inception =
	    quarter_start(r->quarter) + (int64_t)slot * QUARTER_SLOT_S;
	bundle->expiration = bundle->inception +
	    r->config->ksk_policy.signature.max_signature_validity_s;
	if (!make_id(r, slot + 1, bundle->id, err) ||
	    !bundle_alloc(bundle, n, n, err))
		return false;
	for (size_t i = 0; i < n; i++)
		bundle->keys[i] = zsks[i]->dnskey;
	for (size_t i = 0; i < n; i++)
		if (!sign_possession(r, bundle, i, zsks[i], err))
			return false;
	bundle_sort(bundle);
	return true;
}

static bool
build(struct requesting *r, struct err *err)
{
	const struct ksr *previous = r->previous.ksr;
	const char *zone = r->config->ksk_policy.signers_name;
	struct ksr *request = ksr_new(KSR_REQUEST, QUARTER_SLOTS);

	if (request == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	r->request = request;
	request->serial = previous == NULL ? 1 : previous->serial + 1;
	request->zsk_policy = zsk_policy(r->config);
	snprintf(request->domain, sizeof(request->domain), "%s", zone);
	if (!make_id(r, 0, request->id, err))
		return false;
	for (size_t slot = 0; slot < QUARTER_SLOTS; slot++)
		if (!fill_bundle(r, slot, err))
			return false;
	return true;
}

static bool
write(struct requesting *r, const char *path, struct err *err)
{
	struct document written = { 0 };
	struct buf xml = buf_new(KSR_FILE_MAX);
	bool ok;

	ksr_write(r->request, &xml);
	ok = xml.failed ? err_set(err, E_MEMORY, "the request does not fit") :
			  output_write(r->output, buf_bytes(&xml), err);
	buf_free(&xml);
	if (!ok ||
	    !document_load_kind(NULL, "", output_temporary(r->output),
		KSR_REQUEST, &written, err))
		return false;
	ok = record_output(r->context->record, "request", path,
		 buf_bytes(&written.xml), err) &&
	    output_publish(r->output, err) &&
	    facts_published(r->context->record, path,
		buf_bytes(&written.xml), err);
	interrupt_guard_file(NULL);
	written.path = path;
	if (ok && r->context->json) {
		ok = json_print(json_pack("{s:s, s:o}", "command", "request",
				    "request", json_of_document(&written)),
		    err);
	} else if (ok) {
		print_digest("Request", path, written.sha256);
		ok = print_table("", written.ksr, err);
	}
	document_free(&written);
	return ok;
}

static bool
request(struct requesting *r, const struct args *args, struct err *err)
{
	const char *previous = args_value(args, "previous-skr");

	if (previous != NULL &&
	    !document_load_kind(r->context->record, "previous response",
		previous, KSR_RESPONSE, &r->previous, err))
		return false;
	if (!choose_quarter(r, args_value(args, "quarter"), err) ||
	    !output_open(args->files[0], &r->output, err))
		return false;
	interrupt_guard_file(output_temporary(r->output));
	if (!token_open(r->context, args_value(args, "hsm"), UINT32_MAX,
		&r->token, err))
		return false;
	for (size_t which = 0; which < ZSK_COUNT; which++)
		if (!find_or_make_zsk(r, which, err))
			return false;
	return follows_previous(r, err) && build(r, err) &&
	    write(r, args->files[0], err);
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	struct requesting *r = calloc(1, sizeof(*r));
	bool ok;

	if (r == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	r->context = context;
	r->config = context->config;
	ok = request(r, args, err);
	token_close(&r->token);
	interrupt_guard_file(NULL);
	output_free(r->output);
	ksr_free(r->request);
	document_free(&r->previous);
	free(r);
	return ok;
}

static const struct option_row options[] = {
	{ "quarter", "QUARTER", "such as 2027-q1; default: the next one", false },
	{ "previous-skr", "SKR", "the response that this request follows",
	    false },
	{ "hsm", "NAME", "which HSM of the configuration", false },
	{ NULL, NULL, NULL, false },
};

const struct command cmd_request = {
	.name = "request",
	.run = run,
	.usage = "KSR [--quarter 2027-q1] [--previous-skr SKR]",
	.summary = "make a quarter's request, as the ZSK operator does",
	.help =
	    "Nine slots of ten days, RSA-2048 ZSKs with proof of possession:\n"
	    "slot 1 holds the last quarter's ZSK and this one's, slot 9 this\n"
	    "one's and the next one's.  The ZSKs are in the token as\n"
	    "zsk-YYYY-qN, by the quarter in which they sign; what is missing\n"
	    "is generated.  The same keys and quarter give the same request.",
	.min_files = 1,
	.max_files = 1,
	.needs_config = true,
	.recording = RECORD_ALWAYS,
	.options = options,
};
