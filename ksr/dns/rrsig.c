#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"

static bool
same_rdata(const struct dnskey *a, const struct dnskey *b)
{
	return a->flags == b->flags && a->protocol == b->protocol &&
	    dnskey_same_key(a, b);
}

static bool
is_member(const struct dnskey *key, const struct dnskey *keys, size_t n_keys)
{
	for (size_t i = 0; i < n_keys; i++)
		if (same_rdata(key, &keys[i]))
			return true;
	return false;
}

/* RFC 4035 5.3.1: the key is one that may have made this signature. */
static bool
key_fits(const struct rrsig *rrsig, const struct dnskey *key, struct err *err)
{
	if (rrsig->algorithm != key->algorithm)
		return err_set(err, E_REFUSED,
		    "signature has algorithm %u, its key %s has %u",
		    rrsig->algorithm, key->identifier, key->algorithm);
	if (rrsig->tag != dnskey_tag(key))
		return err_set(err, E_REFUSED,
		    "signature has key tag %u, its key %s has %u", rrsig->tag,
		    key->identifier, dnskey_tag(key));
	if ((key->flags & DNSKEY_FLAG_ZONE) == 0)
		return err_set(err, E_REFUSED,
		    "key %s has flags %u, which is no zone key (RFC 4034 "
		    "section 2.1.1)",
		    key->identifier, key->flags);
	if (key->protocol != DNSKEY_PROTOCOL)
		return err_set(err, E_REFUSED,
		    "key %s has protocol %u, not %d (RFC 4034 section 2.1.2)",
		    key->identifier, key->protocol, DNSKEY_PROTOCOL);
	return true;
}

/* RFC 4035 5.3.1: the signature is by the zone, over the owner as it is. */
static bool
owner_fits(
    const struct rrsig *rrsig, const struct dname *owner, struct err *err)
{
	struct dname signer;

	if (!dname_parse(rrsig->signers_name, &signer, err)) {
		err->code = E_REFUSED;
		return err_prefix(err, "signer's name");
	}
	if (!dname_equal(&signer, owner))
		return err_set(err, E_REFUSED,
		    "signer's name is %s, not the owner's",
		    rrsig->signers_name);
	if (rrsig->labels != dname_labels(owner))
		return err_set(err, E_REFUSED,
		    "signature has %u labels, its owner has %u", rrsig->labels,
		    dname_labels(owner));
	return true;
}

bool
rrsig_verify(const struct rrsig *rrsig, const struct dnskey *key,
    const char *owner, const struct dnskey *keys, size_t n_keys,
    struct err *err)
{
	struct bytes signature = { rrsig->signature, rrsig->signature_len };
	struct buf tbs = buf_new(TO_BE_SIGNED_MAX);
	struct dname name;
	bool ok;

	if (!dname_parse(owner, &name, err))
		return err_prefix(err, "owner");
	if (!key_fits(rrsig, key, err) || !owner_fits(rrsig, &name, err))
		return false;
	if (!is_member(key, keys, n_keys))
		return err_set(err, E_REFUSED,
		    "key %s is not in the RRset that it signs",
		    key->identifier);
	ok = rrset_to_be_signed(&name, rrsig, keys, n_keys, &tbs, err) &&
	    pubkey_verify(key, buf_bytes(&tbs), signature, err);
	buf_free(&tbs);
	return ok;
}
