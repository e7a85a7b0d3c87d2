#include <string.h>

#include "ksr/dns/pubkey.h"
#include "ksr/policy/purpose.h"
#include "signer/keys/generate.h"
#include "signer/token/kinds.h"

bool
err_set_algorithm(const char *given, struct err *err)
{
	char names[ALGORITHM_NAMES_SIZE];

	algorithm_names(names);
	err_set(
	    err, E_USAGE, "--algorithm %.60s: expected %s", given, names);
	return algorithm_suggest(given, err);
}

bool
keygen_parse(const char *label, const char *algorithm, const char *size,
    struct keygen *ret, struct err *err)
{
	const struct algorithm *known = algorithm_of_mnemonic(algorithm);
	const struct token_kind *kind;
	struct keygen keygen = { .label = label };

	if (label[0] == '\0' || strlen(label) > ID_MAX)
		return err_set(
		    err, E_USAGE, "--label: expected 1 to %u characters", ID_MAX);
	for (const char *c = label; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e || *c == '"' || *c == '\\')
			return err_set(err, E_USAGE,
			    "--label: expected printable ASCII without quotes "
			    "and backslashes");
	kind = known == NULL ? NULL : token_kind_of(known->number);
	if (kind == NULL)
		return err_set_algorithm(algorithm, err);
	keygen.algorithm = known->number;
	keygen.type = kind->type;
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
	case PURPOSE_TRANSPORT:
	case PURPOSE_ANCHOR:
		return 0;
	default:
		return DNSKEY_FLAGS_KSK;
	}
}

/* What an attribute has to be, as what it is asked to be. */
static enum hsm_wish
wish_of(enum config_demand demand)
{
	switch (demand) {
	case DEMAND_ANY:
		return HSM_LEFT_TO_TOKEN;
	case DEMAND_FALSE:
		return HSM_FALSE;
	case DEMAND_TRUE:
	case DEMAND_FOR_BACKUP:
		return HSM_TRUE;
	case DEMAND_NONE:
		break;
	}
	return HSM_AS_EVER;
}

/* What may be either is made as strict as ever. */
static enum hsm_wish
strict_wish_of(enum config_demand demand)
{
	return demand == DEMAND_ANY ? HSM_AS_EVER : wish_of(demand);
}

const char *
keygen_leaves(const struct config *config, enum key_purpose purpose)
{
	return keygen_wishes(config, purpose).extractable != HSM_TRUE ? NULL
	    : purpose == PURPOSE_KSK ? "for-backup"
				     : "for-handover";
}

struct hsm_wishes
keygen_wishes(const struct config *config, enum key_purpose purpose)
{
	struct hsm_wishes wishes = { 0 };
	const struct key_policy *policy;

	if (config == NULL)
		return wishes;
	policy = &config->key_policy;
	wishes.public_private = wish_of(policy->public_private);
	wishes.any_id = !policy->mark && purpose == PURPOSE_KSK;
	if (purpose == PURPOSE_TRANSPORT) {
		wishes.sign = HSM_FALSE;
		wishes.unwrap = HSM_TRUE;
	}
	if (purpose == PURPOSE_ZSK && policy->zsk_handover)
		wishes.extractable = HSM_TRUE;
	if (purpose != PURPOSE_KSK)
		return wishes;
	wishes.extractable = strict_wish_of(policy->extractable);
	wishes.sensitive = strict_wish_of(policy->sensitive);
	wishes.decrypt = wish_of(policy->decrypt);
	wishes.unwrap = wish_of(policy->unwrap);
	wishes.derive = wish_of(policy->derive);
	wishes.always_sensitive = wish_of(policy->always_sensitive);
	wishes.never_extractable = wish_of(policy->never_extractable);
	wishes.local = wish_of(policy->local);
	return wishes;
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
		.id = mark,
		.wishes = keygen_wishes(what->config, what->purpose) };
	struct hsm_key key;
	struct dnskey dnskey;

	if (!purpose_mark(what->purpose, zone, what->label, mark, err) ||
	    !token_keygen(token, &request, &key, err) ||
	    !token_dnskey(&key, what->algorithm, purpose_flags(what->purpose),
		ttl_s, &dnskey, err) ||
	    !keyinfo_of(&dnskey, zone, ret_info, err))
		return false;
	ret_info->purpose = what->purpose;
	*ret_key = key;
	return true;
}
