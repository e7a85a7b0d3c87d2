/*
 * The key that signs a document of trust anchors: in a token, marked or
 * declared for nothing else, or in a file.  It is the certificate's, and no KSK
 * of the configuration.
 *
 * A file is PEM, its owner's alone, and, but in a rehearsal, encrypted: its
 * passphrase comes from the terminal or from a file of the same kind, is kept
 * in locked memory and overwritten.  Neither is ever on record.
 */
#pragma once

#include <openssl/evp.h>

#include "signer/line/args.h"
#include "signer/record/context.h"
#include "signer/token/token.h"

#define KEY_FILE_MAX 16384u

struct anchor_key {
	struct token token;
	struct hsm_key key; /* in the token */
	EVP_PKEY *pkey;     /* in a file; owned; NULL in a token, or a replay */
	struct dnskey dnskey;
};

/*
 * By --label, or --key-file and --passphrase-file; certified is the key of the
 * certificate.  Opens the token.  The key is on record ("anchor key").
 */
MUST_USE bool
anchor_key_open(const struct context *context, const struct args *args,
    const struct dnskey *certified, struct anchor_key *ret, struct err *err);
void anchor_key_close(struct anchor_key *key);

/* Signs the attributes of a signature, and verifies that. */
MUST_USE bool anchor_key_sign(struct anchor_key *key, struct bytes attributes,
    struct rrsig *ret, struct err *err);
