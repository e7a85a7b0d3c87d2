#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/response/response.h"
#include "ksr/rules/key_tests.h"
#include "tests/attack/mutation_rules.h"
#include "tests/attack/mutation_scene.h"
#include "tests/support/fixture.h"
#include "tests/support/keys.h"

#define DOCUMENT_MAX (1u << 20)
#define ZSKS         4

static const char *const document_files[] = {
	[DOCUMENT_REQUEST] = "request.xml",
	[DOCUMENT_PREVIOUS] = "previous.xml",
	[DOCUMENT_RESPONSE] = "response.xml",
};

/* What one mutant's way through the program holds. */
struct passage {
	const struct scene *scene;
	enum mutant_family family;
	struct outcome *outcome;
	struct ksr *documents[DOCUMENTS];
	struct bytes bytes[DOCUMENTS];
	struct buf skr;
};

static void
illegal(struct outcome *outcome, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
illegal(struct outcome *outcome, const char *fmt, ...)
{
	va_list ap;

	outcome->kind = ILLEGAL;
	va_start(ap, fmt);
	vsnprintf(outcome->why, sizeof(outcome->why), fmt, ap);
	va_end(ap);
}

/*
 * Reading and checking.
 */

/* "request.xml:12:3: ..." */
static bool
has_position(const char *message, const char *file)
{
	unsigned long line, column;
	char *end;

	if (strncmp(message, file, strlen(file)) != 0 ||
	    message[strlen(file)] != ':')
		return false;
	line = strtoul(message + strlen(file) + 1, &end, 10);
	if (*end != ':')
		return false;
	column = strtoul(end + 1, &end, 10);
	return line > 0 && column > 0 && strncmp(end, ": ", 2) == 0;
}

static bool
passage_read(struct passage *p, enum document document)
{
	const char *file = document_files[document];
	enum ksr_kind kind =
	    document == DOCUMENT_REQUEST ? KSR_REQUEST : KSR_RESPONSE;
	struct err err;

	if (ksr_read(p->bytes[document], file, &p->documents[document], &err)) {
		if (p->documents[document]->kind == kind)
			return true;
		illegal(p->outcome, "%s is another kind of document", file);
		return false;
	}
	p->outcome->kind = REFUSED_BY_READER;
	if (err.code != E_INPUT || !has_position(err.msg, file))
		illegal(p->outcome, "no position: %s", err.msg);
	return false;
}

/* Thousands of damaged moduli: how deep each is tested is not the point. */
static struct key_tests *
mutation_key_tests(void)
{
	static struct key_tests *tests;
	struct err err;

	if (tests == NULL)
		assert_ok(key_tests_new(&key_limits_quick, &tests, &err), &err);
	return tests;
}

static bool
passage_check(struct passage *p, unsigned stages)
{
	struct check_input in = {
		.config = p->scene->config,
		.now = p->scene->now,
		.request = p->documents[DOCUMENT_REQUEST],
		.previous = p->documents[DOCUMENT_PREVIOUS],
		.response = p->documents[DOCUMENT_RESPONSE],
		.schema = config_schema(p->scene->config, p->scene->schema),
		.keys_in_hsm = UINT32_MAX,
		.key_tests = mutation_key_tests(),
	};
	struct report report = { 0 };
	struct err err;
	bool accepted;

	if (!checks_run(stages, &in, NULL, 0, &report, &err)) {
		illegal(p->outcome, "%s", err.msg);
		return false;
	}
	accepted = report_accepted(&report);
	for (size_t i = 0; i < report.n_results; i++)
		if (report.results[i].verdict == VERDICT_REFUSE)
			row_set_add(&p->outcome->rows,
			    (size_t)(report.results[i].check - checks));
	report_clear(&report);
	if (!accepted)
		p->outcome->kind = REFUSED_BY_CHECK;
	return accepted;
}

/*
 * Signing, as signer/sign/signing.c does it, with keys in memory.
 */

static const struct keypair *
ksk_of(const struct rrsig *rrsig)
{
	return fixture_key(
	    rrsig->identifier, DNSKEY_FLAGS_KSK, ALGORITHM_RSASHA256, 2048);
}

static bool
sign_bundle(struct ksr *response, size_t bundle, struct err *err)
{
	struct bundle *b = &response->bundles[bundle];

	for (size_t i = 0; i < b->n_signatures; i++) {
		struct buf data = buf_new(TO_BE_SIGNED_MAX);

		if (!response_to_be_signed(response, bundle, i, &data, err)) {
			buf_free(&data);
			return false;
		}
		keypair_sign(ksk_of(&b->signatures[i]), buf_bytes(&data),
		    &b->signatures[i]);
		buf_free(&data);
	}
	bundle_sort(b);
	return true;
}

static bool
make_response(const struct scene *scene, const struct ksr *request,
    struct buf *ret, struct err *err)
{
	const struct schema *schema =
	    config_schema(scene->config, scene->schema);
	struct ksr *response = NULL;
	bool ok = response_build(
	    scene->config, schema, request, scene->ksks, &response, err);

	for (size_t i = 0; ok && i < response->n_bundles; i++)
		ok = sign_bundle(response, i, err);
	if (ok)
		ksr_write(response, ret);
	ksr_free(response);
	return ok;
}

/*
 * Judging what was accepted.
 */

/* The document as ksr_write spells it. */
static struct xml *
canonical_tree(const struct ksr *ksr)
{
	struct buf buf = buf_new(DOCUMENT_MAX);
	struct xml *tree;

	ksr_write(ksr, &buf);
	tree = xml_tree_of(buf_bytes(&buf));
	buf_free(&buf);
	return tree;
}

/* The proofs, where they were made anew. */
static bool
is_made_anew(const struct passage *p, const struct xml_difference *difference)
{
	static const char signature[] = "KSR/Request/RequestBundle/Signature";

	return p->family == FAMILY_RESIGNED &&
	    strncmp(difference->path, signature, strlen(signature)) == 0;
}

/* Everything in which the document differs has a name in the table. */
static bool
judge_document(const struct passage *p, enum document document)
{
	struct xml *tree = xml_tree_of(p->bytes[document]);
	struct xml_differences differences = { 0 };
	bool ok = true;

	xml_compare(p->scene->trees[document], tree, &differences);
	for (size_t i = 0; ok && i < differences.n; i++) {
		const struct xml_difference *d = &differences.at[i];

		ok = is_made_anew(p, d) ||
		    harmless_find(document, d->path,
			p->family == FAMILY_RESIGNED) != NULL;
		if (!ok)
			illegal(p->outcome,
			    "accepted, and %s differs at %s in bundle %zu: "
			    "\"%.300s\" became \"%.300s\"",
			    document_files[document], d->path, d->bundle,
			    d->before, d->after);
	}
	xml_differences_clear(&differences);
	xml_free(tree);
	return ok;
}

static bool
is_explained(const struct xml_difference *out,
    const struct xml_differences *asked, bool resigned)
{
	for (size_t i = 0; i < asked->n; i++) {
		const struct xml_difference *in = &asked->at[i];
		const struct harmless *row =
		    harmless_find(DOCUMENT_REQUEST, in->path, resigned);

		if (row == NULL || in->bundle != out->bundle)
			continue;
		if (harmless_entails(row, out->path) ||
		    (harmless_echoes(row, out->path) &&
			strcmp(in->after, out->after) == 0))
			return true;
	}
	return false;
}

static bool
is_answered(const struct xml_difference *in,
    const struct xml_differences *given, const char *echo)
{
	for (size_t i = 0; i < given->n; i++)
		if (given->at[i].bundle == in->bundle &&
		    strcmp(given->at[i].path, echo) == 0 &&
		    strcmp(given->at[i].after, in->after) == 0)
			return true;
	return false;
}

/* What differs in the response is what was asked otherwise, and all of it. */
static void
judge_echoes(const struct passage *p, const struct xml_differences *asked,
    const struct xml_differences *given)
{
	bool resigned = p->family == FAMILY_RESIGNED;

	for (size_t i = 0; i < given->n; i++) {
		const struct xml_difference *out = &given->at[i];

		if (is_explained(out, asked, resigned))
			continue;
		illegal(p->outcome,
		    "the response differs at %s in bundle %zu for no reason: "
		    "\"%.300s\" became \"%.300s\"",
		    out->path, out->bundle, out->before, out->after);
		return;
	}
	for (size_t i = 0; i < asked->n; i++) {
		const struct xml_difference *in = &asked->at[i];
		const struct harmless *row =
		    harmless_find(DOCUMENT_REQUEST, in->path, resigned);

		for (size_t j = 0; row != NULL && j < ECHOES_MAX; j++) {
			if (row->echoes[j] == NULL ||
			    is_answered(in, given, row->echoes[j]))
				continue;
			illegal(p->outcome, "%s in bundle %zu is not echoed",
			    in->path, in->bundle);
			return;
		}
	}
}

/*
 * What the rules leave to the request, once more and in few words, so that a
 * rule that lost a bound is not taken for one that allows the value.  Gives
 * the name of what is beyond, or NULL.
 */
static const char *
range_left(const struct ksr *request, const struct ksr *previous)
{
	const struct signature_policy *own = &request->zsk_policy;
	const struct bundle *before =
	    &previous->bundles[previous->n_bundles - 1];
	const struct bundle *at = request->bundles;
	int64_t ttl_s = at[0].keys[0].ttl_s;

	/*
	 * The ZSK of the previous quarter stands until the second bundle, the
	 * new one from the bundle before on: RFC 7583 3.2.1 leaves the time in
	 * between to both, but not less than both ask for.
	 */
	if ((own->publish_safety_s > ttl_s ? own->publish_safety_s : ttl_s) +
		own->retire_safety_s >
	    at[1].inception - before->inception)
		return "PublishSafety with its RetireSafety";
	for (size_t i = 0; i < request->n_bundles; before = &at[i++]) {
		int64_t validity_s = at[i].expiration - at[i].inception;
		int64_t overlap_s = before->expiration - at[i].inception;
		int64_t interval_s = at[i].inception - before->inception;

		if (validity_s < own->min_signature_validity_s ||
		    validity_s > own->max_signature_validity_s ||
		    validity_s > 21 * DAY_S)
			return "validity";
		if (overlap_s < own->min_validity_overlap_s ||
		    overlap_s > own->max_validity_overlap_s ||
		    overlap_s < 9 * DAY_S || overlap_s > 16 * DAY_S)
			return "overlap";
		if (i > 0 &&
		    (interval_s < 9 * DAY_S || interval_s > 11 * DAY_S))
			return "interval";
	}
	return NULL;
}

static bool
id_is_taken(const struct ksr *ksr, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(ksr->bundles[i].id, id) == 0)
			return true;
	return false;
}

/* As range_left, for names. */
static const char *
name_left(const struct ksr *request, const struct ksr *previous)
{
	if (strcmp(request->id, previous->id) == 0)
		return "id";
	for (size_t i = 0; i < request->n_bundles; i++) {
		const char *id = request->bundles[i].id;

		if (id_is_taken(request, i, id) ||
		    id_is_taken(previous, previous->n_bundles, id))
			return "bundle id";
	}
	return NULL;
}

static bool
judge_limits(const struct passage *p)
{
	const struct ksr *request = p->documents[DOCUMENT_REQUEST];
	const struct ksr *previous = p->documents[DOCUMENT_PREVIOUS];
	const char *left = range_left(request, previous);

	if (left == NULL)
		left = name_left(request, previous);
	if (left != NULL)
		illegal(p->outcome, "signed, and its %s is beyond what is left",
		    left);
	return left == NULL;
}

static void
judge_response(const struct passage *p)
{
	struct xml *request = canonical_tree(p->documents[DOCUMENT_REQUEST]);
	struct xml *response = xml_tree_of(buf_bytes(&p->skr));
	struct xml_differences asked = { 0 }, given = { 0 };

	xml_compare(p->scene->request_tree, request, &asked);
	xml_compare(p->scene->skr_tree, response, &given);
	judge_echoes(p, &asked, &given);
	xml_differences_clear(&asked);
	xml_differences_clear(&given);
	xml_free(request);
	xml_free(response);
}

static void
passage_sign(struct passage *p)
{
	struct err err;

	if (!make_response(
		p->scene, p->documents[DOCUMENT_REQUEST], &p->skr, &err)) {
		illegal(p->outcome, "accepted, but not signed: %s", err.msg);
		return;
	}
	p->bytes[DOCUMENT_RESPONSE] = buf_bytes(&p->skr);
	if (!passage_read(p, DOCUMENT_RESPONSE) ||
	    !passage_check(p, STAGE_RESPONSE)) {
		illegal(p->outcome, "signed, and the response is refused");
		return;
	}
	if (!judge_limits(p))
		return;
	p->outcome->kind = SAME_RESPONSE;
	if (bytes_equal(buf_bytes(&p->skr), buf_bytes(&p->scene->skr))) {
		if (p->family != FAMILY_SPELLING &&
		    judge_document(p, DOCUMENT_PREVIOUS))
			judge_document(p, DOCUMENT_REQUEST);
		return;
	}
	p->outcome->kind = ECHOED;
	if (judge_document(p, DOCUMENT_PREVIOUS) &&
	    judge_document(p, DOCUMENT_REQUEST))
		judge_response(p);
}

static void
passage_clear(struct passage *p)
{
	if (p->family == FAMILY_SPELLING && p->outcome->kind != SAME_RESPONSE &&
	    p->outcome->kind != ILLEGAL)
		illegal(p->outcome,
		    "spelled otherwise, and not answered as before");
	for (size_t i = 0; i < DOCUMENTS; i++)
		ksr_free(p->documents[i]);
	buf_free(&p->skr);
}

void
scene_sign(const struct scene *scene, struct bytes request,
    struct bytes previous, enum mutant_family family, struct outcome *ret)
{
	struct passage p = {
		.scene = scene,
		.family = family,
		.outcome = ret,
		.bytes = { request, previous },
		.skr = buf_new(DOCUMENT_MAX),
	};

	*ret = (struct outcome){ 0 };
	if (passage_read(&p, DOCUMENT_REQUEST) &&
	    passage_read(&p, DOCUMENT_PREVIOUS) &&
	    passage_check(&p, STAGE_REQUEST | STAGE_TOKEN))
		passage_sign(&p);
	passage_clear(&p);
}

void
scene_verify(const struct scene *scene, struct bytes response,
    enum mutant_family family, struct outcome *ret)
{
	struct passage p = {
		.scene = scene,
		.family = family,
		.outcome = ret,
		.bytes = { buf_bytes(&scene->bytes[DOCUMENT_REQUEST]),
		    buf_bytes(&scene->bytes[DOCUMENT_PREVIOUS]), response },
	};

	*ret = (struct outcome){ 0 };
	if (passage_read(&p, DOCUMENT_REQUEST) &&
	    passage_read(&p, DOCUMENT_PREVIOUS) &&
	    passage_read(&p, DOCUMENT_RESPONSE) &&
	    passage_check(&p, STAGE_RESPONSE)) {
		ret->kind = SAME_RESPONSE;
		if (family != FAMILY_SPELLING)
			judge_document(&p, DOCUMENT_RESPONSE);
	}
	passage_clear(&p);
}

/*
 * Proofs made anew.
 */

static const struct keypair *
zsk_pair(size_t n)
{
	return fixture_key(fixture_zsk(n)->identifier, DNSKEY_FLAGS_ZSK,
	    ALGORITHM_RSASHA256, 2048);
}

/* The private half; keys that tests make for one purpose come by name. */
static const struct keypair *
pair_of(const struct dnskey *key)
{
	for (size_t i = 0; i < ZSKS; i++)
		if (bytes_equal(
			(struct bytes){ key->public_key, key->public_key_len },
			(struct bytes){ zsk_pair(i)->dnskey.public_key,
			    zsk_pair(i)->dnskey.public_key_len }))
			return zsk_pair(i);
	return strncmp(key->identifier, "made-", strlen("made-")) == 0
	    ? fixture_key(key->identifier, key->flags, key->algorithm, 0)
	    : NULL;
}

/* Signs as the key is declared to be, whatever that is. */
static void
prove(const struct ksr *request, struct bundle *bundle,
    const struct dnskey *key, struct rrsig *ret)
{
	const struct keypair *pair = pair_of(key);
	struct buf tbs = buf_new(TO_BE_SIGNED_MAX);
	struct dname owner;
	struct err err;

	*ret = (struct rrsig){ .ttl_s = key->ttl_s,
		.algorithm = key->algorithm,
		.original_ttl_s = key->ttl_s,
		.inception = DAY_S,
		.expiration = 2 * DAY_S,
		.tag = dnskey_tag(key),
		.signature_len = 256 };
	memcpy(ret->identifier, key->identifier, sizeof(ret->identifier));
	if (pair != NULL && dname_parse(request->domain, &owner, &err)) {
		struct keypair signer = *pair;

		/* RSA signs for its two algorithms, others for their own. */
		ret->labels = dname_labels(&owner);
		dname_text(&owner, ret->signers_name);
		if (key->algorithm == ALGORITHM_RSASHA512)
			signer.dnskey.algorithm = key->algorithm;
		assert_ok(rrset_to_be_signed(&owner, ret, bundle->keys,
			      bundle->n_keys, &tbs, &err),
		    &err);
		keypair_sign(&signer, buf_bytes(&tbs), ret);
	} else {
		snprintf(ret->signers_name, sizeof(ret->signers_name), ".");
	}
	buf_free(&tbs);
}

bool
scene_prove(struct bytes xml, struct buf *ret)
{
	struct ksr *request = NULL;
	struct err err;

	if (!ksr_read(xml, "request.xml", &request, &err))
		return false;
	for (size_t i = 0; i < request->n_bundles; i++) {
		struct bundle *bundle = &request->bundles[i];

		free(bundle->signatures);
		bundle->n_signatures = bundle->n_keys;
		bundle->signatures =
		    calloc(bundle->n_keys, sizeof(bundle->signatures[0]));
		assert_non_null(bundle->signatures);
		for (size_t j = 0; j < bundle->n_keys; j++)
			prove(request, bundle, &bundle->keys[j],
			    &bundle->signatures[j]);
	}
	ksr_write(request, ret);
	ksr_free(request);
	return true;
}

/*
 * Making a scene.
 */

static void
find_ksks(struct scene *scene)
{
	scene->ksks = calloc(CONFIG_KEYS_MAX, sizeof(scene->ksks[0]));
	assert_non_null(scene->ksks);
	for (size_t i = 0; i < scene->config->n_keys; i++)
		for (size_t j = 0; j < 2; j++)
			if (strcmp(scene->config->keys[i].label,
				fixture_ksk(j)->identifier) == 0)
				scene->ksks[i] = *fixture_ksk(j);
}

static void
set_document(struct scene *scene, enum document document, struct bytes xml)
{
	scene->trees[document] = xml_tree_of(xml);
	scene->bytes[document] = buf_new(DOCUMENT_MAX);
	xml_write(scene->trees[document], NULL, &scene->bytes[document]);
}

static void
set_ksr(struct scene *scene, enum document document, struct ksr *ksr)
{
	struct buf xml = buf_new(DOCUMENT_MAX);

	ksr->has_timestamp = true;
	ksr->timestamp = scene->now - DAY_S;
	ksr_write(ksr, &xml);
	set_document(scene, document, buf_bytes(&xml));
	buf_free(&xml);
}

static void
sign_original(struct scene *scene, const struct ksr *request)
{
	struct ksr *response = NULL;
	struct err err;

	scene->skr = buf_new(DOCUMENT_MAX);
	assert_ok(make_response(scene, request, &scene->skr, &err), &err);
	scene->skr_tree = xml_tree_of(buf_bytes(&scene->skr));
	assert_ok(ksr_read(buf_bytes(&scene->skr), "original", &response, &err),
	    &err);
	set_ksr(scene, DOCUMENT_RESPONSE, response);
	ksr_free(response);
}

struct scene *
scene_new(const char *schema_before, const char *schema)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct ksr *before = fixture_request(FIXTURE_START - CYCLE_S, 0);
	struct ksr *request = fixture_request(FIXTURE_START, 1);
	struct ksr *previous;

	assert_non_null(scene);
	scene->schema = schema;
	scene->now = FIXTURE_START - 45 * DAY_S;
	scene->config = fixture_config(0, 1, "");
	find_ksks(scene);
	previous = fixture_respond(scene->config, schema_before, before);
	set_ksr(scene, DOCUMENT_REQUEST, request);
	set_ksr(scene, DOCUMENT_PREVIOUS, previous);
	scene->request_tree = canonical_tree(request);
	sign_original(scene, request);
	for (size_t i = 0; i < ZSKS; i++)
		zsk_pair(i); /* before there are processes that share them */
	ksr_free(before);
	ksr_free(previous);
	ksr_free(request);
	return scene;
}

void
scene_configure(struct scene *scene, const char *more)
{
	config_free(scene->config);
	scene->config = fixture_config(0, 1, more);
}

void
scene_free(struct scene *scene)
{
	for (size_t i = 0; i < DOCUMENTS; i++) {
		xml_free(scene->trees[i]);
		buf_free(&scene->bytes[i]);
	}
	xml_free(scene->skr_tree);
	xml_free(scene->request_tree);
	buf_free(&scene->skr);
	config_free(scene->config);
	free(scene->ksks);
	free(scene);
}
