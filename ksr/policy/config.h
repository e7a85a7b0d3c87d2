/*
 * The configuration: YAML in the layout that root operators have, read
 * strictly, with every default filled in.  Reading opens no other file.
 *
 * Unknown and repeated keys, anchors, aliases, tags, tabs, several documents,
 * octal-looking numbers and wrong types are E_INPUT with
 * "name:line:column: path.of.key: ... expected ...".
 *
 * It is of one zone, or has many below `zones`: then what is outside of them is
 * what they inherit and no zone by itself, and config_zone gives each as a
 * configuration of one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"
#include "ksr/base/limits.h"
#include "ksr/dns/dname.h"
#include "ksr/dns/rrset.h"
#include "ksr/document/ksr.h"
#include "ksr/policy/key_counts.h"
#include "ksr/policy/purpose.h"
#include "ksr/policy/rules.h"
#include "ksr/policy/schema.h"
#include "ksr/trust/parent_ds.h"

struct tree;

struct config_env {
	char name[NAME_MAX_LEN + 1];
	char value[PATH_MAX_LEN + 1];
};

struct config_hsm {
	char name[NAME_MAX_LEN + 1];
	char module[PATH_MAX_LEN + 1];
	char token[PATH_MAX_LEN + 1];	 /* RFC 7512 URI, or "" */
	char pin_file[PATH_MAX_LEN + 1]; /* or "" */
	bool has_pin, has_so_pin;	 /* rehearsal only */
	char pin[PIN_MAX + 1];
	char so_pin[PIN_MAX + 1];
	bool empty_pin;	 /* the user PIN is the empty one */
	bool pin_per_signature; /* kept for keys that want it so */
	int64_t call_timeout_s; /* for one function of the module; 0: not given */
	size_t n_env;
	struct config_env env[CONFIG_ENV_MAX];
};

struct config_public_key {
	uint16_t len; /* 0: not given */
	uint8_t octets[PUBLIC_KEY_MAX]; /* as in the DNSKEY */
};

/* One KSK that the operator knows, pinned. */
struct config_key {
	char name[NAME_MAX_LEN + 1];
	char description[ID_MAX + 1];
	char label[ID_MAX + 1]; /* CKA_LABEL, and keyIdentifier in documents */
	bool has_tag;
	uint16_t tag;
	uint8_t algorithm;
	uint16_t rsa_size;     /* 0: not given */
	uint64_t rsa_exponent; /* 0: not given */
	int64_t valid_from;
	bool has_valid_until;
	int64_t valid_until;
	bool has_ds;
	uint8_t ds_sha256[DS_SHA256_SIZE];
	/* TRUST_PARENT_DS: while the parent publishes that DS. */
	bool has_ds_published, has_ds_withdrawn;
	int64_t ds_published, ds_withdrawn;
	bool hash_using_hsm;
	bool shared; /* by several zones */
	char hsm[NAME_MAX_LEN + 1]; /* which holds it, or "" */
	/* That of ds_sha256: it may be published without its token. */
	struct config_public_key public_key;
};

/* A key of the token that is no KSK and bears no mark: purpose.h. */
struct config_other_key {
	char name[NAME_MAX_LEN + 1];
	char label[ID_MAX + 1]; /* CKA_LABEL */
	enum key_purpose purpose;
};

struct request_policy {
	size_t n_domains;
	char domains[CONFIG_LIST_MAX][DNAME_TEXT_MAX + 1];
	uint64_t num_bundles;
	bool check_bundle_count;
	bool check_bundle_order;
	bool check_declarations_once;
	bool check_valid_until;
	bool validate_signatures;
	bool keys_match_zsk_policy;
	bool rsa_exponent_match_zsk_policy;
	bool enable_unsupported_ecdsa;
	bool enable_unsupported_edwards_dsa;
	bool check_cycle_length;
	int64_t min_cycle_inception_length_s;
	int64_t max_cycle_inception_length_s;
	int64_t min_bundle_interval_s;
	int64_t max_bundle_interval_s;
	bool check_bundle_overlap;
	bool signature_algorithms_match_zsk_policy;
	size_t n_algorithms;
	uint8_t algorithms[CONFIG_LIST_MAX];
	size_t n_rsa_exponents;
	uint64_t rsa_exponents[CONFIG_LIST_MAX];
	size_t n_rsa_sizes;
	uint16_t rsa_sizes[CONFIG_LIST_MAX];
	bool signature_validity_match_zsk_policy;
	bool check_keys_match_ksk_operator_policy;
	struct key_counts key_counts; /* num_bundles numbers for each */
	uint32_t dns_ttl_s; /* 0: ksk_policy.ttl_s */
	bool signature_check_expire_horizon;
	uint64_t signature_horizon_days;
	int64_t min_signature_validity_s; /* 0: ksk_policy's */
	bool check_bundle_intervals;
	bool check_chain_keys;
	bool check_chain_keys_in_hsm;
	bool check_chain_overlap;
	bool check_keys_publish_safety;
	bool check_keys_retire_safety;
	bool proof_of_possession; /* of formats that have none: required */
	bool routine_replacement; /* undeclared, as some signers work */
};

struct response_policy {
	uint64_t num_bundles;
	bool validate_signatures;
};

/* What the text of other signers leaves open: records.h. */
struct records_policy {
	int64_t validity_s; /* from its use on; 0: ksk_policy's longest */
	int64_t refresh_s;  /* before the expiration */
	bool has_inception_before;
	int64_t inception_before_s; /* not given: the format's */
	int64_t cover_last_s;	    /* further records of a request's last */
};

/* What a child zone says to its parent (RFC 7344); all zero: nothing. */
struct cds_policy {
	bool cdnskey;
	size_t n_digests;
	uint8_t digests[CDS_DIGESTS_MAX]; /* of CDS records */
	bool delete; /* RFC 8078 4: that there be no DS; nothing else then */
};

struct ksk_policy {
	char signers_name[DNAME_TEXT_MAX + 1];
	uint32_t ttl_s;
	/* Durations as in a document; algorithms are those of the keys. */
	struct signature_policy signature;
};

/* What an attribute of a KSK's private half has to be. */
enum config_demand {
	DEMAND_NONE, /* not given: outside rehearsals as by the defaults */
	DEMAND_ANY,
	DEMAND_FALSE,
	DEMAND_TRUE,
	DEMAND_FOR_BACKUP, /* extractable: as any, and what keygen makes is */
};

/* CKA_ names. */
struct key_policy {
	enum config_demand extractable; /* by default false */
	enum config_demand sensitive;	/* by default true */
	enum config_demand always_sensitive, never_extractable, local;
	enum config_demand decrypt, unwrap, derive;
	/* Of what keygen makes. */
	enum config_demand public_private; /* CKA_PRIVATE of public halves */
	bool mark;			   /* CKA_ID tells the purpose */
	bool zsk_handover; /* new ZSKs may leave, for `handover` */
};

/* How the zone's followers come to trust a KSK. */
enum config_trust {
	TRUST_RFC5011,	 /* by what the zone publishes */
	TRUST_PARENT_DS, /* by the DS that the parent publishes */
};

/* The parent's side; all zero unless TRUST_PARENT_DS. */
struct config_parent_ds {
	uint32_t ttl_s; /* of the DS RRset */
	/* From a change of it until each of the parent's servers has it. */
	int64_t propagation_s;
};

/* Of the document that publishes the zone's trust anchors (RFC 9718). */
struct config_trust_anchor {
	char source[ID_MAX + 1]; /* where it is to be found; "" if not given */
};

/* Paths that a command takes where its arguments leave them out; "" if none. */
struct config_filenames {
	char previous_skr[PATH_MAX_LEN + 1];
	char input_ksr[PATH_MAX_LEN + 1];
	char output_skr[PATH_MAX_LEN + 1];
};

/* One of many zones. */
struct config_zone {
	const char *name;	 /* as it is written */
	const struct tree *tree; /* what is below it */
	struct dname dname;
};

struct config {
	enum rules rules; /* as of when it is read; RULES_TODAY but in replay */
	bool rehearsal;
	enum config_trust trust;
	size_t n_hsms;
	struct config_hsm *hsms; /* CONFIG_HSMS_MAX; owned but in a zone's */
	size_t n_keys;
	struct config_key keys[CONFIG_KEYS_MAX];
	size_t n_other_keys;
	struct config_other_key other_keys[CONFIG_OTHER_KEYS_MAX];
	struct config_filenames filenames;
	struct request_policy request_policy;
	struct response_policy response_policy;
	struct records_policy records;
	struct cds_policy cds;
	struct ksk_policy ksk_policy;
	struct key_policy key_policy;
	struct config_parent_ds parent_ds;
	struct config_trust_anchor trust_anchor;
	size_t n_schemas; /* of the file, then those built in and not overridden */
	struct schema schemas[CONFIG_SCHEMAS_MAX];
	/* Where there are many zones, in the order of RFC 4034 6.1. */
	size_t n_zones;
	struct config_zone *zones;
	struct tree *tree;  /* owned: what they are read from */
	bool is_one_of_many; /* config_zone's */
};

/* Reads and checks; owned by the caller.  Where there are many zones, name is
 * borrowed as long as the configuration lives. */
MUST_USE bool config_read(
    struct bytes yaml, const char *name, struct config **ret, struct err *err);

/* The zone of that name among many, however it is written; NULL: none. */
const struct config_zone *config_find_zone(
    const struct config *config, const char *name);

/*
 * The configuration of one zone of many, with all that it inherits; its HSMs are
 * those of the whole, which outlives it.  Owned by the caller.
 */
MUST_USE bool config_zone(const struct config *config,
    const struct config_zone *zone, struct config **ret, struct err *err);

/*
 * Appends the file as it may be kept: every PIN in it replaced by "masked".
 * The same bytes where it holds none.
 */
MUST_USE bool config_mask_pins(
    struct bytes yaml, const char *name, struct buf *ret, struct err *err);

/* Overwrites the PINs and frees.  NULL does nothing. */
void config_free(struct config *config);

/* NULL if there is none of that name. */
const struct schema *config_schema(
    const struct config *config, const char *name);

/* E_USAGE: there is none of that name, and which there are; false. */
bool err_set_schema(
    const struct config *config, const char *name, struct err *err);

/*
 * The key whose label is key's identifier and whose pinned algorithm, DS and,
 * where given, tag, size and exponent are key's, revoked or not; NULL if there
 * is none.  A key without a pinned DS is never recognised: a label proves
 * nothing.
 */
const struct config_key *config_key_of(const struct config *config,
    const struct dname *owner, const struct dnskey *key);

/*
 * The DNSKEY of flags 257 is what is pinned: algorithm, DS, and where given
 * tag, size and exponent.  E_INPUT where no DS is pinned, else E_HSM: whose key
 * ("the token's key") has what, and what the configuration pins.
 */
MUST_USE bool config_key_check(const struct config *config,
    const struct config_key *pinned, const char *whose,
    const struct dnskey *dnskey, struct err *err);

/* The DNSKEY, flags 257, whose public half the configuration has. */
MUST_USE bool config_key_dnskey(const struct config *config,
    const struct config_key *key, struct dnskey *ret, struct err *err);

/* True unless the configuration lets a KSK be extractable. */
bool config_keeps_ksks(const struct config *config);

/* What the parent publishes, as far as the configuration says. */
struct parent_ds config_parent_ds(const struct config *config);

/*
 * The TTL every DNSKEY RR of a response has: ksk_policy.ttl.  To records of
 * 0.1.0 it was dns_ttl where that was given.
 */
uint32_t config_ttl_s(const struct config *config);

/* That of each key of a request: dns_ttl, or the response's. */
uint32_t config_request_ttl_s(const struct config *config);
