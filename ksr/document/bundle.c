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

static void
rename_signatures(
    struct rrsig *signatures, size_t n, const char *from, const char *to)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(signatures[i].identifier, from) == 0)
			memcpy(signatures[i].identifier, to, strlen(to) + 1);
}

bool
bundle_is_superseded(const struct ksr *ksr, size_t bundle)
{
	return (ksr_lacks(ksr) & LACKS_SLOTS) != 0 &&
	    bundle + 1 < ksr->n_bundles &&
	    bundle_begins(&ksr->bundles[bundle]) ==
		bundle_begins(&ksr->bundles[bundle + 1]);
}

bool
bundle_has_zsks(const struct bundle *response, const struct bundle *request)
{
	size_t n = 0;

	for (size_t i = 0; i < response->n_keys; i++) {
		bool found = is_ksk(&response->keys[i]);

		n += !found;
		for (size_t k = 0; !found && k < request->n_keys; k++)
			found = dnskey_same_key(
			    &response->keys[i], &request->keys[k]);
		if (!found)
			return false;
	}
	return n == request->n_keys;
}

void
bundle_rename(struct bundle *bundle, const char *from, const char *to)
{
	rename_signatures(
	    bundle->signatures, bundle->n_signatures, from, to);
	for (size_t i = 0; i < CHILD_TYPES; i++)
		rename_signatures(bundle->child[i].signatures,
		    bundle->child[i].n_signatures, from, to);
}

const uint16_t child_rrtypes[CHILD_TYPES] = {
	[CHILD_CDNSKEY] = RRTYPE_CDNSKEY,
	[CHILD_CDS] = RRTYPE_CDS,
};

size_t
bundle_count_signatures(const struct bundle *bundle)
{
	size_t n = bundle->n_signatures;

	for (size_t i = 0; i < CHILD_TYPES; i++)
		n += bundle->child[i].n_signatures;
	return n;
}

struct rrsig *
bundle_signature(const struct bundle *bundle, size_t index,
    const struct child_set **ret_set, uint16_t *ret_type)
{
	*ret_set = NULL;
	*ret_type = RRTYPE_DNSKEY;
	if (index < bundle->n_signatures)
		return &bundle->signatures[index];
	index -= bundle->n_signatures;
	for (size_t i = 0; i < CHILD_TYPES; i++) {
		const struct child_set *set = &bundle->child[i];

		if (index < set->n_signatures) {
			*ret_set = set;
			*ret_type = child_rrtypes[i];
			return &set->signatures[index];
		}
		index -= set->n_signatures;
	}
	return NULL;
}

/* "The last slot that has begun" has a meaning only in order of time. */
static bool
slots_in_order(const struct ksr *response, struct err *err)
{
	for (size_t i = 1; i < response->n_bundles; i++) {
		const struct bundle *slot = &response->bundles[i];

		if (bundle_begins(slot) <=
			bundle_begins(&response->bundles[i - 1]) &&
		    !bundle_is_superseded(response, i - 1))
			return err_set(err, E_REFUSED,
			    "slot %zu (%s) begins at %s, not after the one "
			    "before it",
			    i + 1, slot->id, time_text(bundle_begins(slot)).s);
	}
	return true;
}

bool
bundle_find_used(
    const struct ksr *response, int64_t at, size_t *ret, struct err *err)
{
	const struct bundle *slots = response->bundles;
	size_t n = response->n_bundles, begun = 0;

	if (!slots_in_order(response, err))
		return false;
	while (begun < n && bundle_begins(&slots[begun]) <= at)
		begun++;
	if (begun == 0)
		return err_set(err, E_REFUSED,
		    "nothing to publish at %s: the first slot begins at %s",
		    time_text(at).s,
		    n == 0 ? "no time" : time_text(bundle_begins(&slots[0])).s);
	/* RFC 4034 3.1.5: of no use to anybody after its expiration. */
	if (slots[begun - 1].expiration <= at)
		return err_set(err, E_REFUSED,
		    "nothing to publish at %s: slot %zu of %zu expired at %s, "
		    "and %s%s",
		    time_text(at).s, begun, n,
		    time_text(slots[begun - 1].expiration).s,
		    begun == n ? "it is the last" : "the next begins at ",
		    begun == n ? "" : time_text(bundle_begins(&slots[begun])).s);
	*ret = begun - 1;
	return true;
}
