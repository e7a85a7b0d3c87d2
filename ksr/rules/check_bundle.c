#include "ksr/rules/check_rules.h"

bool
in_range(int64_t value, int64_t min, int64_t max)
{
	return value >= min && value <= max;
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
