#include "ksr/dns/pubkey.h"
#include "signer/token/kinds.h"

/* Of algorithms that share a type the usual one first. */
static const struct token_kind kinds[] = {
	{ ALGORITHM_RSASHA256, HSM_RSA, "RSA", HSM_RSA_PKCS1_SHA256 },
	{ ALGORITHM_RSASHA512, HSM_RSA, "RSA", HSM_RSA_PKCS1_SHA512 },
	{ ALGORITHM_ECDSAP256SHA256, HSM_EC_P256, "EC P-256", HSM_ECDSA_SHA256 },
	{ ALGORITHM_ECDSAP384SHA384, HSM_EC_P384, "EC P-384", HSM_ECDSA_SHA384 },
	{ ALGORITHM_ED25519, HSM_ED25519, "Ed25519", HSM_EDDSA_25519 },
	{ ALGORITHM_ED448, HSM_ED448, "Ed448", HSM_EDDSA_448 },
};

const struct token_kind *
token_kind_of(uint8_t algorithm)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].algorithm == algorithm)
			return &kinds[i];
	return NULL;
}

static const struct token_kind *
usual_of_type(enum hsm_key_type type)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

uint8_t
token_algorithm_of(enum hsm_key_type type)
{
	const struct token_kind *kind = usual_of_type(type);

	return kind == NULL ? 0 : kind->algorithm;
}

const char *
token_type_name(enum hsm_key_type type)
{
	const struct token_kind *kind = usual_of_type(type);

	return kind == NULL ? "other type" : kind->type_name;
}
