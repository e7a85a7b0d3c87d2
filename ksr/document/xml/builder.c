#include <stdlib.h>
#include <string.h>

#include "ksr/document/xml/builder.h"

static struct bundle *
bundle_open(struct builder *b)
{
	struct ksr *ksr = b->ksr;

	if (ksr->n_bundles == b->bundles_size) {
		size_t size = b->bundles_size == 0 ? 16 : 2 * b->bundles_size;
		struct bundle *bundles =
		    reallocarray(ksr->bundles, size, sizeof(*bundles));

		if (bundles == NULL)
			return NULL;
		ksr->bundles = bundles;
		b->bundles_size = size;
	}
	b->n_keys = b->n_signatures = 0;
	ksr->bundles[ksr->n_bundles] = (struct bundle){ 0 };
	return &ksr->bundles[ksr->n_bundles++];
}

bool
builder_close(
    struct builder *b, enum object object, void *what, struct err *err)
{
	struct bundle *bundle = what;

	if (object != OBJECT_BUNDLE)
		return true;
	if (!bundle_alloc(bundle, b->n_keys, b->n_signatures, err))
		return false;
	memcpy(bundle->keys, b->keys, b->n_keys * sizeof(b->keys[0]));
	memcpy(bundle->signatures, b->signatures,
	    b->n_signatures * sizeof(b->signatures[0]));
	return true;
}

/* Parameters of an algorithm: the element's name is the family. */
static void *
family_open(struct signature_algorithm *algorithm, enum algorithm_family family)
{
	algorithm->family = family;
	return algorithm;
}

void *
builder_open(struct builder *b, enum object object, void *parent)
{
	struct signature_policy *policy = parent; /* of OBJECT_ALGORITHM */
	struct bundle *bundle = parent;           /* of OBJECT_SIGNER */

	switch (object) {
	case OBJECT_DOCUMENT:
		return b->ksr;
	case OBJECT_REQUEST:
		b->ksr->kind = KSR_REQUEST;
		return b->ksr;
	case OBJECT_RESPONSE:
		b->ksr->kind = KSR_RESPONSE;
		return b->ksr;
	case OBJECT_KSK_POLICY:
		return &b->ksr->ksk_policy;
	case OBJECT_ZSK_POLICY:
		return &b->ksr->zsk_policy;
	case OBJECT_ALGORITHM:
		return &policy->algorithms[policy->n_algorithms++];
	case OBJECT_RSA:
		return family_open(parent, FAMILY_RSA);
	case OBJECT_ECDSA:
		return family_open(parent, FAMILY_ECDSA);
	case OBJECT_EDDSA:
		return family_open(parent, FAMILY_EDDSA);
	case OBJECT_BUNDLE:
		return bundle_open(b);
	case OBJECT_SIGNER:
		bundle->n_signers++;
		return b->signer;
	case OBJECT_KEY:
		b->keys[b->n_keys] = (struct dnskey){ 0 };
		return &b->keys[b->n_keys++];
	case OBJECT_SIGNATURE:
		b->signatures[b->n_signatures] = (struct rrsig){ 0 };
		return &b->signatures[b->n_signatures++];
	}
	return NULL;
}

void
builder_fit(struct builder *b)
{
	struct bundle *bundles =
	    reallocarray(b->ksr->bundles, b->ksr->n_bundles, sizeof(*bundles));

	if (bundles != NULL)
		b->ksr->bundles = bundles;
}
