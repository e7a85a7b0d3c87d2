#include <string.h>

#include "ksr/policy/purpose.h"
#include "signer/cms/seal.h"

static bool
is_ksk(struct err *err, const struct dnskey *key, const char *of)
{
	return err_set(err, E_REFUSED,
	    "key \"%s\" is a KSK %s: a KSK signs the zone's DNSKEY RRset and "
	    "nothing else (DPS 5.1.4)",
	    key->identifier, of);
}

/* By its label, and by its DS whatever its label is. */
static bool
check_config(const struct config *config, const struct dnskey *key,
    struct err *err)
{
	const struct config_key *pinned;

	return purpose_pinned(config, key, &pinned, err) &&
	    (pinned == NULL || is_ksk(err, key, "of the configuration"));
}

static bool
check_ksr(const struct ksr *ksr, const struct dnskey *key, struct err *err)
{
	for (size_t i = 0; i < ksr->n_bundles; i++)
		for (size_t k = 0; k < ksr->bundles[i].n_keys; k++) {
			const struct dnskey *other = &ksr->bundles[i].keys[k];

			if ((other->flags & DNSKEY_FLAG_SEP) != 0 &&
			    dnskey_same_key(other, key))
				return is_ksk(
				    err, key, "in a response on this record");
		}
	return true;
}

/* Whatever the record stored that is a document; other files have no KSKs. */
static bool
check_file(const struct ceremony *ceremony, const json_t *line,
    const struct dnskey *key, struct err *err)
{
	const char *event = fact_text(line, "event");
	const char *role = fact_text(line, "role");
	struct buf content = buf_new(KSR_FILE_MAX);
	struct ksr *ksr = NULL;
	struct err why;
	bool ok;

	if ((strcmp(event, "input") != 0 && strcmp(event, "output") != 0) ||
	    (strstr(role, "response") == NULL && strcmp(role, "document") != 0))
		return true;
	ok = stored_read(ceremony, line, &content, err);
	if (ok && ksr_read(buf_bytes(&content), role, &ksr, &why))
		ok = check_ksr(ksr, key, err);
	ksr_free(ksr);
	buf_free(&content);
	return ok;
}

/* The KSKs that a run found in the token. */
static bool
check_found(const json_t *line, const struct dnskey *key, struct err *err)
{
	const json_t *list = json_object_get(line, "ksks"), *ksk;
	uint8_t octets[PUBLIC_KEY_MAX];
	size_t i, len;

	json_array_foreach(list, i, ksk)
	{
		const char *text =
		    fact_text(json_object_get(ksk, "key"), "public_key");

		if (base64_parse(text, octets, sizeof(octets), &len) &&
		    bytes_equal((struct bytes){ octets, len },
			(struct bytes){ key->public_key,
			    key->public_key_len }))
			return is_ksk(err, key, "found in the token before");
	}
	return true;
}

bool
seal_may_sign(const struct config *config, const struct ceremony *ceremony,
    size_t n_lines, const struct dnskey *key, struct err *err)
{
	if (config != NULL && !check_config(config, key, err))
		return false;
	for (size_t i = 0; i < n_lines && i < ceremony->log.n; i++) {
		const json_t *line = ceremony->log.lines[i].json;

		if (!check_file(ceremony, line, key, err) ||
		    !check_found(line, key, err))
			return false;
	}
	return true;
}
