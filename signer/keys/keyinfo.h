/*
 * A key of the token as DNS has it; a KSK as it is announced: DNSKEY, DS, tags, the words of its DS, and the
 * lines that pin it in the configuration.
 */
#pragma once

#include <jansson.h>

#include "hsm/hsm.h"
#include "ksr/dns/dname.h"
#include "ksr/dns/rrset.h"
#include "ksr/document/ksr.h"
#include "ksr/policy/config.h"
#include "ksr/policy/purpose.h"

struct keyinfo {
	/* flags 257; 256 for a ZSK, 0 for other keys */
	struct dnskey dnskey;
	enum key_purpose purpose; /* keyinfo_of: as the flags say */
	uint16_t revoked_tag;
	uint8_t ds_sha256[DS_SHA256_SIZE];
	char zone[DNAME_TEXT_MAX + 1]; /* canonical, with its final dot */
};

MUST_USE bool keyinfo_of(const struct dnskey *dnskey, const char *zone,
    struct keyinfo *ret, struct err *err);

/* The key that the configuration pins under this label; NULL if none. */
const struct config_key *keyinfo_configured(
    const struct config *config, const char *label);

/*
 * E_REFUSED for a key that the configuration still signs with: deleting a trust
 * anchor by a slip of the label is the end of a zone.
 */
MUST_USE bool keyinfo_deletable(const struct config *config, const char *label,
    int64_t now, struct err *err);

/*
 * A key in the token, with the flags of its purpose (purpose.h; 0 for an audit
 * key); of the algorithm that the configuration pins, or else of
 * the usual one of its type (signer/token/kinds.h).
 */
MUST_USE bool keyinfo_of_key(const struct hsm_key *key,
    const struct config *config, struct keyinfo *ret, struct err *err);

/* A ZSK's without DS, which only trust anchors have. */
void keyinfo_print(const struct keyinfo *info);
json_t *keyinfo_json(const struct keyinfo *info);

/*
 * Appends the entry for `keys:` in the configuration, named `name`, valid from
 * that time.
 */
void keyinfo_config(const struct keyinfo *info, const char *name,
    int64_t valid_from, struct buf *ret);
