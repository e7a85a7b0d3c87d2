/*
 * The document model: a Key Signing Request (KSR) or Signed Key Response (SKR)
 * as read from XML or as about to be written.  Plain data, no behaviour: what
 * may be in it is the reader's business, whether it is right the checks'.
 *
 * Source of the format: the root zone's KSR and SKR schema, restated in
 * docs/ksr.rnc.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"
#include "ksr/base/limits.h"
#include "ksr/dns/dnskey.h"

struct bundle {
	char id[ID_MAX + 1];
	int64_t inception;
	int64_t expiration;
	size_t n_keys, n_signatures;
	size_t n_signers; /* Signer elements, which are ignored with a warning */
	struct dnskey *keys;	   /* owned, n_keys of them */
	struct rrsig *signatures; /* owned, n_signatures of them */
	size_t place; /* in the file, from 1, once ksr_order has run */
};

/* One SignatureAlgorithm element of a policy. */
struct signature_algorithm {
	uint8_t algorithm;
	enum algorithm_family family; /* the child element's name */
	uint16_t size;		      /* bits */
	uint64_t exponent;	      /* RSA only, else 0 */
};

/* The policy of one key type: durations in seconds. */
struct signature_policy {
	int64_t publish_safety_s;
	int64_t retire_safety_s;
	int64_t max_signature_validity_s;
	int64_t min_signature_validity_s;
	int64_t max_validity_overlap_s;
	int64_t min_validity_overlap_s;
	size_t n_algorithms;
	struct signature_algorithm algorithms[POLICY_ALGS_MAX];
};

enum ksr_kind { KSR_REQUEST, KSR_RESPONSE };

struct ksr {
	enum ksr_kind kind;
	char id[ID_MAX + 1];
	char domain[DNAME_TEXT_MAX + 1];
	uint64_t serial;
	bool has_timestamp;
	int64_t timestamp;
	struct signature_policy ksk_policy; /* responses only */
	struct signature_policy zsk_policy;
	size_t n_bundles;
	struct bundle *bundles; /* owned, n_bundles of them */
};

/*
 * Reads one document.  name is used in messages: "name:line:column: ...".
 * Errors are E_INPUT or E_MEMORY.  The document is owned by the caller.
 */
MUST_USE bool ksr_read(
    struct bytes xml, const char *name, struct ksr **ret, struct err *err);

/*
 * Puts the bundles in order of time, by inception and then expiration; equal
 * ones stay as they are.  Some signers write them in another order.
 */
void ksr_order(struct ksr *ksr);

/*
 * Appends the document as XML: UTF-8, two spaces of indentation, times with
 * "+00:00".  Keys and signatures are written in the order they have;
 * bundle_sort gives the canonical one.
 */
void ksr_write(const struct ksr *ksr, struct buf *ret);

/*
 * RFC 4034 6.3: keys by RDATA, so that ZSKs come before KSKs and KSKs before
 * revoked ones; signatures by algorithm, tag and octets.
 */
void bundle_sort(struct bundle *bundle);

/* A document with n empty bundles, or NULL when out of memory. */
struct ksr *ksr_new(enum ksr_kind kind, size_t n_bundles);

/* Room for that many keys and signatures, all zero; E_MEMORY. */
MUST_USE bool bundle_alloc(struct bundle *bundle, size_t n_keys,
    size_t n_signatures, struct err *err);

void ksr_free(struct ksr *ksr); /* NULL does nothing */
