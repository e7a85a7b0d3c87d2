#include <string.h>

#include "ksr/dns/rrset.h"
#include "ksr/document/bundle.h"
#include "ksr/response/child.h"

/* Where the records of a bundle are gathered. */
struct gathering {
	struct child_record *records;
	size_t n;
};

static bool
add(struct gathering *g, const struct buf *rdata, struct err *err)
{
	struct child_record *record = &g->records[g->n];

	if (rdata->failed)
		return err_set(err, E_MEMORY, "out of memory");
	if (g->n == BUNDLE_KEYS_MAX)
		return err_set(err, E_REFUSED, "more than %u CDS records",
		    BUNDLE_KEYS_MAX);
	record->len = (uint16_t)rdata->len;
	memcpy(record->octets, rdata->data, rdata->len);
	g->n++;
	return true;
}

static bool
add_cds(struct gathering *g, const struct dname *owner,
    const struct dnskey *key, uint8_t type, struct err *err)
{
	struct buf rdata = buf_new(RDATA_MAX);
	uint8_t digest[DS_DIGEST_MAX];
	size_t len;
	bool ok;

	if (!dnskey_digest(owner, key, type, digest, &len, err))
		return false;
	buf_u16(&rdata, dnskey_tag(key));
	buf_u8(&rdata, key->algorithm);
	buf_u8(&rdata, type);
	buf_put(&rdata, digest, len);
	ok = add(g, &rdata, err);
	buf_free(&rdata);
	return ok;
}

static bool
add_cdnskey(struct gathering *g, const struct dnskey *key, struct err *err)
{
	struct buf rdata = buf_new(RDATA_MAX);
	bool ok;

	dnskey_rdata(key, &rdata);
	ok = add(g, &rdata, err);
	buf_free(&rdata);
	return ok;
}

/* RFC 8078 4: "CDS 0 0 0 00", "CDNSKEY 0 3 0 AA==". */
static bool
add_deletion(struct gathering *g, enum child_type type, struct err *err)
{
	static const uint8_t cdnskey[] = { 0, 0, 3, 0, 0 };
	static const uint8_t cds[] = { 0, 0, 0, 0, 0 };
	struct buf rdata = buf_new(RDATA_MAX);
	bool ok;

	buf_put(&rdata, type == CHILD_CDS ? cds : cdnskey, sizeof(cds));
	ok = add(g, &rdata, err);
	buf_free(&rdata);
	return ok;
}

static bool
add_key(struct gathering *g, const struct cds_policy *policy,
    const struct dname *owner, const struct dnskey *key, enum child_type type,
    struct err *err)
{
	if (type == CHILD_CDNSKEY)
		return !policy->cdnskey || add_cdnskey(g, key, err);
	for (size_t i = 0; i < policy->n_digests; i++)
		if (!add_cds(g, owner, key, policy->digests[i], err))
			return false;
	return true;
}

bool
child_records(const struct config *config, const char *domain,
    const struct bundle *bundle, enum child_type type,
    struct child_record *ret, size_t *ret_n, struct err *err)
{
	const struct cds_policy *policy = &config->cds;
	struct gathering g = { .records = ret };
	struct dname owner;
	bool ok = dname_parse(domain, &owner, err);

	if (ok && policy->delete)
		ok = add_deletion(&g, type, err);
	for (size_t i = 0; ok && !policy->delete && i < bundle->n_keys; i++)
		if (is_ksk(&bundle->keys[i]) && !is_revoked(&bundle->keys[i]))
			ok = add_key(&g, policy, &owner, &bundle->keys[i],
			    type, err);
	if (ok && g.n > 0 && dname_labels(&owner) == 0)
		ok = err_set(err, E_REFUSED,
		    "the root has no parent to tell of its keys");
	*ret_n = g.n;
	return ok;
}
