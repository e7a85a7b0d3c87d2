#include <string.h>

#include "ksr/dns/pubkey.h"
#include "ksr/policy/purpose.h"
#include "signer/keys/generate.h"

bool
err_set_algorithm(const char *given, struct err *err)
{
	char names[ALGORITHM_NAMES_SIZE];

	algorithm_names(false, names);
	err_set(
	    err, E_USAGE, "--algorithm %.60s: expected %s", given, names);
	return algorithm_suggest(given, err);
}

bool
keygen_parse(const char *label, const char *algorithm, const char *size,
    struct keygen *ret, struct err *err)
{
	const struct algorithm *known = algorithm_of_mnemonic(algorithm);
	struct keygen keygen = { .label = label };

	if (label[0] == '\0' || strlen(label) > ID_MAX)
		return err_set(
		    err, E_USAGE, "--label: expected 1 to %u characters", ID_MAX);
	for (const char *c = label; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e || *c == '"' || *c == '\\')
			return err_set(err, E_USAGE,
			    "--label: expected printable ASCII without quotes "
			    "and backslashes");
	if (known == NULL)
		return err_set_algorithm(algorithm, err);
	keygen.algorithm = known->number;
	if (known->number == ALGORITHM_ECDSAP256SHA256)
		keygen.type = HSM_EC_P256;
	else if (known->number == ALGORITHM_ECDSAP384SHA384)
		keygen.type = HSM_EC_P384;
	else if (known->supported && known->family == FAMILY_RSA)
		keygen.type = HSM_RSA;
	else
		return err_set_algorithm(algorithm, err);
	if (keygen.type != HSM_RSA) {
		if (size != NULL)
			return err_set(err, E_USAGE,
			    "--size is for RSA; %s has one size", algorithm);
	} else if (size == NULL || strcmp(size, "2048") == 0) {
		keygen.rsa_bits = 2048;
	} else if (strcmp(size, "3072") == 0) {
		keygen.rsa_bits = 3072;
	} else if (strcmp(size, "4096") == 0) {
		keygen.rsa_bits = 4096;
	} else {
		return err_set(err, E_USAGE,
		    "--size %s: expected 2048, 3072 or 4096", size);
	}
	*ret = keygen;
	return true;
}

uint16_t
purpose_flags(enum key_purpose purpose)
{
	switch (purpose) {
	case PURPOSE_ZSK:
		return DNSKEY_FLAGS_ZSK;
	case PURPOSE_AUDIT:
		return 0;
	default:
		return DNSKEY_FLAGS_KSK;
	}
}

bool
keygen_run(struct token *token, const struct keygen *what, const char *zone,
    uint32_t ttl_s, struct hsm_key *ret_key, struct keyinfo *ret_info,
    struct err *err)
{
	uint8_t mark[PURPOSE_MARK_SIZE] = { 0 };
	const struct hsm_keygen request = { .label = what->label,
		.type = what->type,
		.rsa_bits = what->rsa_bits,
		.id = mark };
	struct hsm_key key;
	struct dnskey dnskey;

	if (!purpose_mark(what->purpose, zone, what->label, mark, err) ||
	    !token_keygen(token, &request, &key, err) ||
	    !token_dnskey(&key, what->algorithm, purpose_flags(what->purpose),
		ttl_s, &dnskey, err) ||
	    !keyinfo_of(&dnskey, zone, ret_info, err))
		return false;
	*ret_key = key;
	return true;
}
