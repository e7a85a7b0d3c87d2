/*
 * Proof of ownership: a PKCS#10 certificate request (RFC 2986) for a KSK,
 * signed by the KSK itself in its token, published with the key.  Of an anchor
 * key: what its certificate is asked for with.
 */
#pragma once

#include "signer/keys/keyinfo.h"
#include "signer/token/token.h"

/*
 * Appends the request in PEM form.  The subject is CN "<zone> KSK <label>";
 * the key's DS record stands in it as resourceRecord, the attribute that the
 * root's requests use (OID 1.3.6.1.4.1.1000.53).  An anchor key has CN "Trust
 * anchors <label>" alone.
 */
MUST_USE bool csr_make(struct token *token, const struct hsm_key *key,
    const struct keyinfo *info, struct buf *ret, struct err *err);
