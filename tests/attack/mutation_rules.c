#include <string.h>

#include "ksr/base/macros.h"
#include "tests/attack/mutation_rules.h"

#define REQUEST_ZSK  "KSR/Request/RequestPolicy/ZSK/"
#define RESPONSE_ZSK "KSR/Response/ResponsePolicy/ZSK/"
#define ASKED        "KSR/Request/RequestBundle"
#define GIVEN        "KSR/Response/ResponseBundle"
#define RRSIG_DATA   GIVEN "/Signature/SignatureData"

/* Tables: their lines are cut by hand. */
/* clang-format off */

/* A duration that the response repeats, within what the rules allow. */
#define DURATION(name)                                                         \
	{ DOCUMENT_REQUEST, REQUEST_ZSK name,                                  \
	  "the request's own policy, which no signature covers", false,        \
	  { RESPONSE_ZSK name }, { NULL } }

/* What the previous SKR says and nothing reads again. */
#define UNUSED(path, why)                                                      \
	{ DOCUMENT_PREVIOUS, path, why, false, { NULL }, { NULL } }

#define PREVIOUS_POLICY(whose, name)                          \
	UNUSED("KSR/Response/ResponsePolicy/" whose "/" name, \
	    "the policy of the quarter before, which binds nobody now")

static const struct harmless rows[] = {
	{ DOCUMENT_REQUEST, "KSR@id",
	  "a name; KSR-ID sees to it that it is new", false,
	  { "KSR@id" }, { NULL } },
	{ DOCUMENT_REQUEST, "KSR@serial",
	  "a number that the ZSK operator counts for itself", false,
	  { "KSR@serial" }, { NULL } },
	{ DOCUMENT_REQUEST, "KSR/Request@timestamp",
	  "when the file was made, says its maker", false,
	  { NULL }, { NULL } },
	DURATION("PublishSafety"),
	DURATION("RetireSafety"),
	DURATION("MaxSignatureValidity"),
	DURATION("MinSignatureValidity"),
	DURATION("MaxValidityOverlap"),
	DURATION("MinValidityOverlap"),
	{ DOCUMENT_REQUEST, ASKED "@id",
	  "a name; KSR-BUNDLE-UNIQUE sees to it that it is new", false,
	  { GIVEN "@id" }, { NULL } },
	{ DOCUMENT_REQUEST, ASKED "/Inception",
	  "a proof of possession covers keys, not the bundle's times", false,
	  { GIVEN "/Inception", GIVEN "/Signature/SignatureInception" },
	  { RRSIG_DATA } },
	{ DOCUMENT_REQUEST, ASKED "/Expiration",
	  "a proof of possession covers keys, not the bundle's times", false,
	  { GIVEN "/Expiration", GIVEN "/Signature/SignatureExpiration" },
	  { RRSIG_DATA } },
	{ DOCUMENT_REQUEST, ASKED "/Signer#",
	  "which KSKs sign is the schema's business", false,
	  { NULL }, { NULL } },
	{ DOCUMENT_REQUEST, ASKED "/Signer@keyIdentifier",
	  "which KSKs sign is the schema's business", false,
	  { NULL }, { NULL } },
	{ DOCUMENT_REQUEST, ASKED "/Key@keyIdentifier",
	  "a name; a key that was published before keeps its own "
	  "(KSR-CHAIN-KEYS)", false,
	  { GIVEN "/Key@keyIdentifier" }, { NULL } },
	{ DOCUMENT_REQUEST, ASKED "/Signature@keyIdentifier",
	  "the name of the key that made it (KSR-BUNDLE-POP)", false,
	  { NULL }, { NULL } },
	{ DOCUMENT_REQUEST, ASKED "/Signature/TTL",
	  "an RRSIG's own TTL, which no signature covers; the original TTL is "
	  "what is signed", false,
	  { NULL }, { NULL } },
	{ DOCUMENT_REQUEST, ASKED "/Key@keyTag",
	  "of the next ZSK, which its operator chooses", true,
	  { NULL }, { GIVEN "/Key@keyTag", GIVEN "/Key@keyIdentifier",
	    RRSIG_DATA } },
	{ DOCUMENT_REQUEST, ASKED "/Key/PublicKey",
	  "of the next ZSK, which its operator chooses", true,
	  { NULL }, { GIVEN "/Key/PublicKey", RRSIG_DATA } },

	UNUSED("KSR@id", "KSR-ID and nothing else looks at it"),
	UNUSED("KSR@serial", "nothing compares serials"),
	UNUSED("KSR/Response@timestamp", "when the file was made"),
	UNUSED(GIVEN "@id", "KSR-BUNDLE-UNIQUE and nothing else looks at it"),
	PREVIOUS_POLICY("KSK", "PublishSafety"),
	PREVIOUS_POLICY("KSK", "RetireSafety"),
	PREVIOUS_POLICY("KSK", "MaxSignatureValidity"),
	PREVIOUS_POLICY("KSK", "MinSignatureValidity"),
	PREVIOUS_POLICY("KSK", "MaxValidityOverlap"),
	PREVIOUS_POLICY("KSK", "MinValidityOverlap"),
	PREVIOUS_POLICY("ZSK", "PublishSafety"),
	PREVIOUS_POLICY("ZSK", "RetireSafety"),
	PREVIOUS_POLICY("ZSK", "MaxSignatureValidity"),
	PREVIOUS_POLICY("ZSK", "MinSignatureValidity"),
	PREVIOUS_POLICY("ZSK", "MaxValidityOverlap"),
	PREVIOUS_POLICY("ZSK", "MinValidityOverlap"),
	PREVIOUS_POLICY("KSK", "SignatureAlgorithm#"),
	PREVIOUS_POLICY("KSK", "SignatureAlgorithm@algorithm"),
	PREVIOUS_POLICY("KSK", "SignatureAlgorithm/RSA@size"),
	PREVIOUS_POLICY("KSK", "SignatureAlgorithm/RSA@exponent"),
	PREVIOUS_POLICY("ZSK", "SignatureAlgorithm#"),
	PREVIOUS_POLICY("ZSK", "SignatureAlgorithm@algorithm"),
	PREVIOUS_POLICY("ZSK", "SignatureAlgorithm/RSA@size"),
	PREVIOUS_POLICY("ZSK", "SignatureAlgorithm/RSA@exponent"),
	UNUSED(GIVEN "/Key@keyIdentifier",
	    "a name; that of a KSK that signs and those of the last bundle "
	    "are looked at (KSR-CHAIN-KEYS)"),

	{ DOCUMENT_RESPONSE, "KSR/Response@timestamp",
	  "when the file was made", false, { NULL }, { NULL } },
};
/* clang-format on */

const struct harmless *
harmless_find(enum document document, const char *path, bool resigned)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].document == document &&
		    strcmp(rows[i].path, path) == 0 &&
		    (resigned || !rows[i].resigned_only))
			return &rows[i];
	return NULL;
}

static bool
is_in(const char *const paths[ECHOES_MAX], const char *path)
{
	for (size_t i = 0; i < ECHOES_MAX && paths[i] != NULL; i++)
		if (strcmp(paths[i], path) == 0)
			return true;
	return false;
}

bool
harmless_echoes(const struct harmless *row, const char *path)
{
	return is_in(row->echoes, path);
}

bool
harmless_entails(const struct harmless *row, const char *path)
{
	return is_in(row->consequences, path);
}
