/*
 * One record in presentation form (RFC 4034 2.2, 3.2, 5.3; RFC 7344): DNSKEY,
 * CDNSKEY, CDS or an RRSIG of these.  Every field is held to its range; a
 * DNSKEY must be a public key of a known algorithm.
 */
#pragma once

#include "ksr/document/ksr.h"
#include "ksr/document/text/scan.h"
#include "ksr/document/text/text.h"

struct rr {
	struct place place;
	char owner[DNAME_TEXT_MAX + 1]; /* as written */
	uint32_t ttl_s;
	uint16_t type;
	uint16_t covers;     /* of an RRSIG */
	struct dnskey key;   /* of a DNSKEY */
	struct rrsig rrsig;  /* of an RRSIG */
	struct child_record rdata;  /* of a CDNSKEY or CDS */
};

/* Reads it with its end. */
MUST_USE bool rr_read(struct scan *scan, const struct text_style *style,
    struct rr *ret, struct err *err);

/* "20270101000000" */
bool stamp_parse(const char *text, int64_t *ret);
