/*
 * Trust anchors as text: DS (digest type 2) and DNSKEY records in presentation
 * form, one on a line, as keygen and inventory print them.
 */
#pragma once

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"
#include "ksr/dns/dname.h"
#include "ksr/dns/rrset.h"

#define ANCHOR_FILE_MAX (64u * 1024)

struct anchor {
	uint16_t tag;
	uint8_t ds[DS_SHA256_SIZE];
};

/*
 * "OWNER [TTL] [IN] DS TAG ALGORITHM 2 HEX" or "OWNER [TTL] [IN] DNSKEY FLAGS 3
 * ALGORITHM BASE64"; HEX and BASE64 may be cut by spaces; ";" begins a comment.
 * The owner must be the zone.  From 1 to max anchors.  E_INPUT with
 * "name:line: ...".
 */
MUST_USE bool anchors_read(struct bytes text, const char *name,
    const struct dname *zone, size_t max, struct anchor *ret, size_t *ret_n,
    struct err *err);

/* A DS record, of either digest type that is in use. */
struct ds_record {
	uint16_t tag;
	uint8_t algorithm;
	uint8_t digest_type; /* DS_DIGEST_SHA256 or DS_DIGEST_SHA384 */
	uint8_t digest_len;
	uint8_t digest[DS_DIGEST_MAX];
};

/*
 * DS records alone, as `dig +noall +answer` prints what a parent has.  From 0 to
 * max of them, none twice.  E_INPUT with "name:line: ...".
 */
MUST_USE bool ds_records_read(struct bytes text, const char *name,
    const struct dname *zone, size_t max, struct ds_record *ret,
    size_t *ret_n, struct err *err);
