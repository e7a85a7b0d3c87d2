/*
 * The document model: a Key Signing Request (KSR) or Signed Key Response (SKR)
 * as read from a file of any format or as about to be written.  Plain data, no
 * behaviour: what may be in it is the reader's business (format.h), whether it
 * is right the checks'.
 *
 * The model is that of the root zone's XML (docs/ksr.rnc); other formats have
 * no place for some of it, and say so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"
#include "ksr/base/limits.h"
#include "ksr/dns/dnskey.h"

/* What a child zone tells its parent beside its keys (RFC 7344). */
enum child_type { CHILD_CDNSKEY, CHILD_CDS, CHILD_TYPES };

struct child_record {
	uint16_t len;
	uint8_t octets[RDATA_MAX];
};

/* One RRset of these in a response's bundle, with its signatures; or none. */
struct child_set {
	uint32_t ttl_s;
	size_t n_records, n_signatures;
	struct child_record *records;	  /* owned */
	struct rrsig *signatures; /* owned */
};

struct bundle {
	char id[ID_MAX + 1];
	int64_t inception;
	int64_t expiration;
	size_t n_keys, n_signatures;
	size_t n_signers; /* Signer elements, which are ignored with a warning */
	struct dnskey *keys;	   /* owned, n_keys of them */
	struct rrsig *signatures; /* owned, n_signatures of them */
	size_t place; /* in the file, from 1, once ksr_order has run */
	/* How long after its inception it is taken; 0 in the root's XML. */
	int64_t lead_s;
	/* The same keys as before, signed again: no bundle of the request. */
	bool refreshes;
	struct child_set child[CHILD_TYPES]; /* responses only */
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

/* A row of format.c each. */
enum ksr_format { KSR_XML = 0, KSR_BIND, KSR_KNOT };

struct ksr;

/* What the document's format has no place for: of enum ksr_lack. */
enum ksr_lack {
	LACKS_ID = 1,	      /* ids of the document and its bundles */
	LACKS_SERIAL = 2,
	LACKS_POLICY = 4,     /* what the ZSK operator declares */
	LACKS_EXPIRATION = 8, /* of a request's bundles */
	LACKS_PROOF = 16,     /* signatures of a request's ZSKs */
	LACKS_SLOTS = 32,     /* bundles at set times: one for each change */
	LACKS_USE = 64,	      /* when a bundle is used, if not at its inception */
	LACKS_CHILD = 128,    /* CDNSKEY and CDS */
	LACKS_GENERATED = 256, /* by what program the file was made */
	LACKS_REFRESHES = 512, /* which records only sign once more */
	LACKS_AGAIN = 1024, /* what another supersedes when it begins */
};
unsigned ksr_lacks(const struct ksr *ksr);

/* How a file of its format is called that is named here: "xml". */
const char *ksr_suffix(const struct ksr *ksr);

struct ksr {
	enum ksr_kind kind;
	enum ksr_format format;
	char id[ID_MAX + 1];
	char domain[DNAME_TEXT_MAX + 1];
	uint64_t serial;
	bool has_timestamp;
	int64_t timestamp;
	bool completed; /* by the policy, where the format lacks something */
	char generated[ID_MAX + 1]; /* text formats: when and by what; or "" */
	struct signature_policy ksk_policy; /* responses only */
	struct signature_policy zsk_policy;
	size_t n_bundles;
	struct bundle *bundles; /* owned, n_bundles of them */
};

/*
 * Reads one document, of the format that its octets are meant to be of.  name
 * is used in messages: "name:line:column: ...".  Errors are E_INPUT or
 * E_MEMORY.  The document is owned by the caller.
 */
MUST_USE bool ksr_read(
    struct bytes octets, const char *name, struct ksr **ret, struct err *err);

/* The same of this format and no other. */
MUST_USE bool ksr_read_as(enum ksr_format format, struct bytes octets,
    const char *name, struct ksr **ret, struct err *err);

/*
 * Puts the bundles in order of time, by inception and then expiration; equal
 * ones stay as they are.  Some signers write them in another order.
 */
void ksr_order(struct ksr *ksr);

/*
 * Appends the document in its format, the same octets for the same document.
 * Keys and signatures are written in the order they have; bundle_sort gives the
 * canonical one.
 */
void ksr_write(const struct ksr *ksr, struct buf *ret);

/*
 * RFC 4034 6.3: keys by RDATA, so that ZSKs come before KSKs and KSKs before
 * revoked ones; signatures by algorithm, tag and octets.
 */
void bundle_sort(struct bundle *bundle);

/* A document with n empty bundles, or NULL when out of memory. */
struct ksr *ksr_new(enum ksr_kind kind, size_t n_bundles);

/* When it is taken by who signs the zone. */
int64_t bundle_begins(const struct bundle *bundle);

/* Room for that many records and signatures, all zero; E_MEMORY. */
MUST_USE bool child_alloc(struct child_set *set, size_t n_records,
    size_t n_signatures, struct err *err);

/* Frees what the bundle owns. */
void bundle_clear(struct bundle *bundle);

/* Room for that many keys and signatures, all zero; E_MEMORY. */
MUST_USE bool bundle_alloc(struct bundle *bundle, size_t n_keys,
    size_t n_signatures, struct err *err);

void ksr_free(struct ksr *ksr); /* NULL does nothing */

/*
 * Adds what the key is, unless it is there already.  E_REFUSED for a key that
 * cannot be read and where there is no room.
 */
MUST_USE bool signature_policy_add(
    struct signature_policy *policy, const struct dnskey *key, struct err *err);
