/*
 * Documents as people and DNS tools read them.  Appends to a buffer; printing
 * is the caller's.
 */
#pragma once

#include "ksr/base/bytes.h"
#include "ksr/document/ksr.h"

/*
 * The operator's table: a heading, then one row a bundle:
 *   #  Inception  Expiration  ZSK Tags  KSK Tag(CKA_LABEL)
 * KSKs carry S (signs), P (published only), R (revoked), RS (revoked, signs).
 * In a label, characters that the table itself is made of appear as \xNN.
 */
void ksr_table(const struct ksr *ksr, struct buf *ret);

/* The part that a KSK of the bundle plays in it: "S", "P", "R" or "RS". */
const char *ksk_role(const struct bundle *bundle, const struct dnskey *key);

/*
 * Every bundle's DNSKEY and RRSIG records in RFC 4034 presentation form, each
 * bundle under a comment line "; bundle N ID inception expiration".
 * ret fails at a name that dname_parse refuses; ksr_read lets none through.
 */
void ksr_dns(const struct ksr *ksr, struct buf *ret);

/* The same of one bundle, counted from 0. */
void bundle_dns(const struct ksr *ksr, size_t bundle, struct buf *ret);
