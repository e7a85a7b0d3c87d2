#include "ksr/document/bundle.h"
#include "ksr/document/convert.h"
#include "ksr/document/format.h"

static bool
in_requests(const struct ksr *ksr)
{
	return ksr->kind == KSR_REQUEST;
}

static bool
always(const struct ksr *ksr)
{
	return ksr != NULL;
}

static bool
has_use(const struct ksr *ksr)
{
	for (size_t i = 0; i < ksr->n_bundles; i++)
		if (ksr->bundles[i].lead_s != 0)
			return true;
	return false;
}

static bool
has_child(const struct ksr *ksr)
{
	for (size_t i = 0; i < ksr->n_bundles; i++)
		for (size_t j = 0; j < CHILD_TYPES; j++)
			if (ksr->bundles[i].child[j].n_records > 0)
				return true;
	return false;
}

static bool
has_refreshes(const struct ksr *ksr)
{
	for (size_t i = 0; i < ksr->n_bundles; i++)
		if (ksr->bundles[i].refreshes)
			return true;
	return false;
}

static bool
has_superseded(const struct ksr *ksr)
{
	for (size_t i = 0; i < ksr->n_bundles; i++)
		if (bundle_is_superseded(ksr, i))
			return true;
	return false;
}

static void
drop_superseded(struct ksr *ksr)
{
	size_t n = 0;

	for (size_t i = 0; i < ksr->n_bundles; i++)
		if (bundle_is_superseded(ksr, i))
			bundle_clear(&ksr->bundles[i]);
		else
			ksr->bundles[n++] = ksr->bundles[i];
	ksr->n_bundles = n;
}

/* What may get lost, and whether the document has it. */
static const struct loss {
	unsigned lack;
	bool (*has)(const struct ksr *ksr);
	const char *what;
} rows[] = {
	{ LACKS_ID, always, "ids, and the identifiers of keys" },
	{ LACKS_SERIAL, always, "the serial" },
	{ LACKS_POLICY, always, "the policy sections" },
	{ LACKS_EXPIRATION, in_requests, "the bundles' expirations" },
	{ LACKS_PROOF, in_requests, "the ZSKs' proofs of possession" },
	{ LACKS_USE, has_use,
	    "when a record is used: its signatures' inception takes the place" },
	{ LACKS_CHILD, has_child, "CDNSKEY and CDS records" },
	{ LACKS_GENERATED, always, "when and by what the file was generated" },
	{ LACKS_REFRESHES, has_refreshes,
	    "which records only sign the same keys once more" },
	{ LACKS_AGAIN, has_superseded,
	    "records that end when they begin, since the next begins then" },
};

/* What the format demands beyond what the document came with. */
static bool
has_enough(const struct ksr *ksr, unsigned needed, struct err *err)
{
	if (in_requests(ksr) && (needed & LACKS_PROOF) != 0)
		return err_set(err, E_INPUT,
		    "a request in %s proves possession of each ZSK; one in %s "
		    "proves nothing, and only the ZSKs' owner could",
		    format_of(KSR_XML)->title,
		    format_of(ksr->format)->title);
	return (needed & LACKS_POLICY) == 0 || ksr->completed ||
	    err_set(err, E_INPUT,
		"%s has no policy sections: they are the configuration's, and "
		"there is none",
		format_of(ksr->format)->title);
}

bool
ksr_convert(struct ksr *ksr, enum ksr_format to, struct losses *ret,
    struct err *err)
{
	unsigned lacks = format_of(to)->lacks & ~ksr_lacks(ksr);
	struct losses losses = { 0 };

	if (!has_enough(ksr, ksr_lacks(ksr) & ~format_of(to)->lacks, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if ((lacks & rows[i].lack) != 0 && rows[i].has(ksr))
			losses.what[losses.n++] = rows[i].what;
	if ((lacks & LACKS_AGAIN) != 0)
		drop_superseded(ksr);
	ksr->format = to;
	*ret = losses;
	return true;
}
