#include <string.h>

#include "ksr/check_rules.h"

bool
in_range(int64_t value, int64_t min, int64_t max)
{
	return value >= min && value <= max;
}

bool
same_domain(const char *a, const char *b)
{
	struct dname left, right;
	struct err err;

	return dname_parse(a, &left, &err) && dname_parse(b, &right, &err) &&
	    dname_equal(&left, &right);
}

bool
is_ksk(const struct dnskey *key)
{
	return (key->flags & DNSKEY_FLAG_SEP) != 0;
}

bool
is_revoked(const struct dnskey *key)
{
	return (key->flags & DNSKEY_FLAG_REVOKE) != 0;
}

static bool
names_key(const struct rrsig *rrsig, const struct dnskey *key)
{
	return rrsig->algorithm == key->algorithm &&
	    strcmp(rrsig->identifier, key->identifier) == 0 &&
	    rrsig->tag == dnskey_tag(key);
}

const struct dnskey *
bundle_signer(const struct bundle *bundle, const struct rrsig *rrsig)
{
	for (size_t i = 0; i < bundle->n_keys; i++)
		if (names_key(rrsig, &bundle->keys[i]))
			return &bundle->keys[i];
	return NULL;
}

size_t
bundle_signatures_by(const struct bundle *bundle, const struct dnskey *key)
{
	size_t n = 0;

	for (size_t i = 0; i < bundle->n_signatures; i++)
		if (names_key(&bundle->signatures[i], key))
			n++;
	return n;
}

struct schema_slot
bundle_slot(const struct config *config, const struct dname *owner,
    const struct bundle *bundle)
{
	struct schema_slot slot = { 0 };

	for (size_t i = 0; i < bundle->n_keys; i++) {
		const struct dnskey *key = &bundle->keys[i];
		const struct config_key *known;
		uint32_t bit;

		if (!is_ksk(key))
			continue;
		known = config_key_of(config, owner, key);
		if (known == NULL)
			continue;
		bit = UINT32_C(1) << (known - config->keys);
		if (is_revoked(key))
			slot.revoke |= bit;
		else
			slot.publish |= bit;
		if (bundle_signatures_by(bundle, key) > 0)
			slot.sign |= bit;
	}
	return slot;
}
