/*
 * What a child zone says to its parent beside the keys of a bundle: CDNSKEY and
 * CDS records (RFC 7344) as the policy asks for them, or the form that asks for
 * the DS to be deleted (RFC 8078 section 4).  Pure.
 */
#pragma once

#include "ksr/document/ksr.h"
#include "ksr/policy/config.h"

/*
 * The records of that type beside these keys, of each KSK that is not revoked;
 * in ret[BUNDLE_KEYS_MAX], *ret_n of them.  None where the policy asks for none.
 * E_REFUSED for the root and for more than there is room for.
 */
MUST_USE bool child_records(const struct config *config, const char *domain,
    const struct bundle *bundle, enum child_type type,
    struct child_record *ret, size_t *ret_n, struct err *err);
