/*
 * For whom a copy is wrapped: a transport key, or officers with components; the
 * file says which, and its SHA-256, which was read aloud, that it is theirs.
 */
#pragma once

#include "signer/line/args.h"
#include "signer/record/context.h"
#include "signer/token/components.h"

struct recipient {
	uint8_t sha256[SHA256_SIZE];
	struct components components; /* none: the key */
	struct hsm_key key;	      /* RSA: its numbers */
};

/*
 * As --to and --recipient-sha256 say; on record as the input "recipient".
 * E_REFUSED where the file has another hash.
 */
MUST_USE bool recipient_read(const struct context *context,
    const struct args *args, struct recipient *ret, struct err *err);
