#include <string.h>

#include "ksr/dns/rrset.h"
#include "ksr/document/bundle.h"
#include "ksr/document/wording.h"

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

/* "The last slot that has begun" has a meaning only in order of time. */
static bool
slots_in_order(const struct ksr *response, struct err *err)
{
	for (size_t i = 1; i < response->n_bundles; i++) {
		const struct bundle *slot = &response->bundles[i];

		if (slot->inception <= response->bundles[i - 1].inception)
			return err_set(err, E_REFUSED,
			    "slot %zu (%s) begins at %s, not after the one "
			    "before it",
			    i + 1, slot->id, time_text(slot->inception).s);
	}
	return true;
}

bool
bundle_find_at(
    const struct ksr *response, int64_t at, size_t *ret, struct err *err)
{
	const struct bundle *slots = response->bundles;
	size_t n = response->n_bundles, begun = 0;

	if (!slots_in_order(response, err))
		return false;
	while (begun < n && slots[begun].inception <= at)
		begun++;
	if (begun == 0)
		return err_set(err, E_REFUSED,
		    "nothing to publish at %s: the first slot begins at %s",
		    time_text(at).s,
		    n == 0 ? "no time" : time_text(slots[0].inception).s);
	/* RFC 4034 3.1.5: of no use to anybody after its expiration. */
	if (slots[begun - 1].expiration <= at)
		return err_set(err, E_REFUSED,
		    "nothing to publish at %s: slot %zu of %zu expired at %s, "
		    "and %s%s",
		    time_text(at).s, begun, n,
		    time_text(slots[begun - 1].expiration).s,
		    begun == n ? "it is the last" : "the next begins at ",
		    begun == n ? "" : time_text(slots[begun].inception).s);
	*ret = begun - 1;
	return true;
}
