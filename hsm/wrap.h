/*
 * Keys under keys: the AES key of a copy, used once, how it gets into another
 * token, and what is wrapped under it.  It is an object of the session, never
 * leaves the token in the clear, and is destroyed by who made it.
 */
#pragma once

#include "hsm/internal.h"

/* The mechanism, of those that the token offers for that side. */
MUST_USE bool wrap_choose(struct hsm *hsm, enum hsm_side side,
    enum hsm_carriage carriage, enum hsm_wrap *ret, struct err *err);
MUST_USE bool wrap_offered(struct hsm *hsm, enum hsm_side side,
    enum hsm_carriage carriage, enum hsm_wrap how, struct err *err);

/* The key of these octets, which nothing keeps, and its check value. */
MUST_USE bool wrap_give(struct hsm *hsm, enum hsm_side side,
    const uint8_t octets[COMPONENT_SIZE], CK_OBJECT_HANDLE *ret,
    uint8_t ret_check[HSM_CHECK_SIZE], struct err *err);

/*
 * The key out of its carrier by the transport key, or of the components' sum;
 * its check value is compared.
 */
MUST_USE bool wrap_receive(struct hsm *hsm, const struct hsm_key *transport,
    const uint8_t *sum, const struct hsm_wrapped *wrapped,
    CK_OBJECT_HANDLE *ret, struct err *err);

/* One that the token makes, to wrap and unwrap and be destroyed. */
MUST_USE bool wrap_make_trial(
    struct hsm *hsm, CK_OBJECT_HANDLE *ret, struct err *err);

/* The private key under it; how is said in *ret. */
MUST_USE bool wrap_private(struct hsm *hsm, CK_OBJECT_HANDLE once,
    CK_OBJECT_HANDLE private, struct hsm_wrapped *ret, struct err *err);

/* What is wrapped under it becomes an object that has these attributes. */
MUST_USE bool wrap_open(struct hsm *hsm, const struct hsm_wrapped *wrapped,
    CK_OBJECT_HANDLE once, CK_ATTRIBUTE *attributes, CK_ULONG n,
    CK_OBJECT_HANDLE *ret, struct err *err);

/* Afterwards; ok is whether all before went well, err why not. */
bool
wrap_forget(struct hsm *hsm, CK_OBJECT_HANDLE once, bool ok, struct err *err);

/* A one-time key goes out to the pair and comes back the same. */
MUST_USE bool
wrap_carries(struct hsm *hsm, const struct hsm_key *transport, struct err *err);
