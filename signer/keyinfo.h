/*
 * A KSK as it is announced: DNSKEY, DS, tags, the words of its DS, and the
 * lines that pin it in the configuration.
 */
#pragma once

#include <jansson.h>

#include "ksr/dname.h"
#include "ksr/ksr.h"
#include "ksr/rrset.h"

struct keyinfo {
	struct dnskey dnskey; /* flags 257 */
	uint16_t revoked_tag;
	uint8_t ds_sha256[DS_SHA256_SIZE];
	char zone[DNAME_TEXT_MAX + 1]; /* canonical, with its final dot */
};

MUST_USE bool keyinfo_of(const struct dnskey *dnskey, const char *zone,
    struct keyinfo *ret, struct err *err);

void keyinfo_print(const struct keyinfo *info);
json_t *keyinfo_json(const struct keyinfo *info);

/*
 * Appends the entry for `keys:` in the configuration, named `name`, valid from
 * that time.
 */
void keyinfo_config(const struct keyinfo *info, const char *name,
    int64_t valid_from, struct buf *ret);
