#include "ksr/base/limits.h"
#include "ksr/document/xml/grammar.h"
#include "ksr/document/ksr.h"

/* A table of tables: its lines are cut by hand. */
/* clang-format off */

#define MEMBER(type, member)                                                   \
	.offset = offsetof(struct type, member),                               \
	.size = sizeof(((struct type *)NULL)->member)

#define NUMBER(type, member, most)                                             \
	{ .kind = FIELD_NUMBER, .max = (most), MEMBER(type, member) }
#define TIME(type, member) { .kind = FIELD_TIME, MEMBER(type, member) }
#define DURATION(type, member) { .kind = FIELD_DURATION, MEMBER(type, member) }
#define DOMAIN(type, member) { .kind = FIELD_DOMAIN, MEMBER(type, member) }
#define IDENTIFIER(type, member)                                               \
	{ .kind = FIELD_IDENTIFIER, MEMBER(type, member) }
#define BASE64(type, member)                                                   \
	{ .kind = FIELD_BASE64, MEMBER(type, member),                          \
	  .companion = offsetof(struct type, member##_len) }

/* One element that holds text. */
#define TEXT(element_name, ...)                                                \
	{ 1, 1, { &(const struct element){                                     \
		.name = element_name, .text = __VA_ARGS__ } } }

/*
 * From here on the file reads as the document does, innermost elements first.
 */

static const struct element rsa = {
	.name = "RSA",
	.object = OBJECT_RSA,
	.attributes = {
		{ "size", false,
		  NUMBER(signature_algorithm, size, UINT16_MAX) },
		{ "exponent", false,
		  NUMBER(signature_algorithm, exponent, UINT64_MAX) },
	},
};

static const struct element ecdsa = {
	.name = "ECDSA",
	.object = OBJECT_ECDSA,
	.attributes = {
		{ "size", false,
		  NUMBER(signature_algorithm, size, UINT16_MAX) },
	},
};

static const struct element eddsa = {
	.name = "EdDSA",
	.object = OBJECT_EDDSA,
	.attributes = {
		{ "size", false,
		  NUMBER(signature_algorithm, size, UINT16_MAX) },
	},
};

static const struct element signature_algorithm = {
	.name = "SignatureAlgorithm",
	.object = OBJECT_ALGORITHM,
	.attributes = {
		{ "algorithm", false,
		  NUMBER(signature_algorithm, algorithm, UINT8_MAX) },
	},
	.particles = { { 1, 1, { &rsa, &ecdsa, &eddsa } } },
};

#define POLICY_PARTICLES                                                       \
	TEXT("PublishSafety", DURATION(signature_policy, publish_safety_s)),   \
	TEXT("RetireSafety", DURATION(signature_policy, retire_safety_s)),     \
	TEXT("MaxSignatureValidity",                                           \
	    DURATION(signature_policy, max_signature_validity_s)),             \
	TEXT("MinSignatureValidity",                                           \
	    DURATION(signature_policy, min_signature_validity_s)),             \
	TEXT("MaxValidityOverlap",                                             \
	    DURATION(signature_policy, max_validity_overlap_s)),               \
	TEXT("MinValidityOverlap",                                             \
	    DURATION(signature_policy, min_validity_overlap_s)),               \
	{ 1, POLICY_ALGS_MAX, { &signature_algorithm } }

static const struct element ksk_policy = {
	.name = "KSK",
	.object = OBJECT_KSK_POLICY,
	.particles = { POLICY_PARTICLES },
};

static const struct element zsk_policy = {
	.name = "ZSK",
	.object = OBJECT_ZSK_POLICY,
	.particles = { POLICY_PARTICLES },
};

static const struct element request_policy = {
	.name = "RequestPolicy",
	.particles = { { 1, 1, { &zsk_policy } } },
};

static const struct element response_policy = {
	.name = "ResponsePolicy",
	.particles = {
		{ 1, 1, { &ksk_policy } },
		{ 1, 1, { &zsk_policy } },
	},
};

static const struct element key = {
	.name = "Key",
	.object = OBJECT_KEY,
	.attributes = {
		{ "keyIdentifier", false, IDENTIFIER(dnskey, identifier) },
		{ "keyTag", false, NUMBER(dnskey, tag, UINT16_MAX) },
	},
	.particles = {
		TEXT("TTL", NUMBER(dnskey, ttl_s, DNS_TTL_MAX)),
		TEXT("Flags", NUMBER(dnskey, flags, UINT16_MAX)),
		TEXT("Protocol", NUMBER(dnskey, protocol, UINT8_MAX)),
		TEXT("Algorithm", NUMBER(dnskey, algorithm, UINT8_MAX)),
		TEXT("PublicKey", BASE64(dnskey, public_key)),
	},
};

static const struct element signature = {
	.name = "Signature",
	.object = OBJECT_SIGNATURE,
	.attributes = {
		{ "keyIdentifier", false, IDENTIFIER(rrsig, identifier) },
	},
	.particles = {
		TEXT("TTL", NUMBER(rrsig, ttl_s, DNS_TTL_MAX)),
		TEXT("TypeCovered", { .kind = FIELD_DNSKEY }),
		TEXT("Algorithm", NUMBER(rrsig, algorithm, UINT8_MAX)),
		TEXT("Labels", NUMBER(rrsig, labels, UINT8_MAX)),
		TEXT("OriginalTTL", NUMBER(rrsig, original_ttl_s, DNS_TTL_MAX)),
		TEXT("SignatureExpiration", TIME(rrsig, expiration)),
		TEXT("SignatureInception", TIME(rrsig, inception)),
		TEXT("KeyTag", NUMBER(rrsig, tag, UINT16_MAX)),
		TEXT("SignersName", DOMAIN(rrsig, signers_name)),
		TEXT("SignatureData", BASE64(rrsig, signature)),
	},
};

/* Read and counted; nobody needs its identifier, which must be one though. */
static const struct element signer = {
	.name = "Signer",
	.object = OBJECT_SIGNER,
	.attributes = {
		{ "keyIdentifier", false,
		  { .kind = FIELD_IDENTIFIER, .size = ID_MAX + 1 } },
	},
};

static const struct element request_bundle = {
	.name = "RequestBundle",
	.object = OBJECT_BUNDLE,
	.attributes = { { "id", false, IDENTIFIER(bundle, id) } },
	.particles = {
		TEXT("Inception", TIME(bundle, inception)),
		TEXT("Expiration", TIME(bundle, expiration)),
		{ 0, SIZE_MAX, { &signer } },
		{ 1, BUNDLE_KEYS_MAX, { &key } },
		{ 1, BUNDLE_SIGS_MAX, { &signature } },
	},
};

static const struct element response_bundle = {
	.name = "ResponseBundle",
	.object = OBJECT_BUNDLE,
	.attributes = { { "id", false, IDENTIFIER(bundle, id) } },
	.particles = {
		TEXT("Inception", TIME(bundle, inception)),
		TEXT("Expiration", TIME(bundle, expiration)),
		{ 1, BUNDLE_KEYS_MAX, { &key } },
		{ 1, BUNDLE_SIGS_MAX, { &signature } },
	},
};

#define TIMESTAMP                                                              \
	{ "timestamp", true,                                                   \
	  { .kind = FIELD_TIME, MEMBER(ksr, timestamp),                        \
	    .companion = offsetof(struct ksr, has_timestamp) } }

static const struct element request = {
	.name = "Request",
	.object = OBJECT_REQUEST,
	.attributes = { TIMESTAMP },
	.particles = {
		{ 1, 1, { &request_policy } },
		{ 1, BUNDLES_MAX, { &request_bundle } },
	},
};

static const struct element response = {
	.name = "Response",
	.object = OBJECT_RESPONSE,
	.attributes = { TIMESTAMP },
	.particles = {
		{ 1, 1, { &response_policy } },
		{ 1, BUNDLES_MAX, { &response_bundle } },
	},
};

static const struct element ksr = {
	.name = "KSR",
	.object = OBJECT_DOCUMENT,
	.attributes = {
		{ "id", false, IDENTIFIER(ksr, id) },
		{ "domain", false, DOMAIN(ksr, domain) },
		{ "serial", false, NUMBER(ksr, serial, INT64_MAX) },
	},
	.particles = { { 1, 1, { &request, &response } } },
};

const struct element document_element = {
	.name = "document",
	.particles = { { 1, 1, { &ksr } } },
};
