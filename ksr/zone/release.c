#include <stdio.h>

#include "ksr/base/text.h"
#include "ksr/document/presentation.h"
#include "ksr/rules/check_rules.h"
#include "ksr/rules/independent.h"
#include "ksr/zone/release.h"

/* text_ascii makes at most four characters of one. */
#define ID_TEXT_SIZE (4 * ID_MAX + 1)

static bool
verify_signatures(const struct ksr *response, size_t slot, struct err *err)
{
	const struct bundle *bundle = &response->bundles[slot];
	bool usable = false;

	for (size_t i = 0; i < bundle_count_signatures(bundle); i++) {
		const struct child_set *set;
		uint16_t type;
		const struct dnskey *key = bundle_signer(
		    bundle, bundle_signature(bundle, i, &set, &type));

		if (!independent_verify(response, slot, i, err))
			return false;
		if (set == NULL && key != NULL && !is_revoked(key))
			usable = true;
	}
	return usable ||
	    err_set(err, E_REFUSED,
		"bundle %zu (%s): no signature by a key that is not revoked",
		slot + 1, bundle->id);
}

static bool
verify_pins(const struct ksr *response, const struct config *config,
    size_t slot, struct err *err)
{
	const struct bundle *bundle = &response->bundles[slot];
	struct dname owner;

	if (!dname_parse(response->domain, &owner, err))
		return false;
	for (size_t i = 0; i < bundle->n_keys; i++) {
		const struct dnskey *key = &bundle->keys[i];
		bool signs = bundle_signatures_by(bundle, key) > 0;

		if ((is_ksk(key) || signs) &&
		    config_key_of(config, &owner, key) == NULL)
			return err_set(err, E_REFUSED,
			    "bundle %zu (%s): key %s is none that the "
			    "configuration pins",
			    slot + 1, bundle->id, key_text(key).s);
	}
	return true;
}

bool
release_make(const struct ksr *response, const struct config *config,
    int64_t at, struct release *ret, struct err *err)
{
	struct release release = { response, at, 0, config != NULL };

	if (!bundle_find_used(response, at, &release.slot, err) ||
	    !verify_signatures(response, release.slot, err) ||
	    (config != NULL &&
		!verify_pins(response, config, release.slot, err)))
		return false;
	*ret = release;
	return true;
}

const struct bundle *
release_next(const struct release *release)
{
	const struct ksr *response = release->response;

	return release->slot + 1 == response->n_bundles
	    ? NULL
	    : &response->bundles[release->slot + 1];
}

static void PRINTF_LIKE(2, 3)
warn(struct release_warnings *warnings, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(warnings->lines[warnings->n++], FINDING_TEXT_MAX, fmt, ap);
	va_end(ap);
}

/*
 * What is fetched now may stay in a cache for a TTL: a change within it is
 * soon, and signatures that end within it cut the caching short (RFC 4035
 * 5.3.3).
 */
void
release_warnings(const struct release *release, struct release_warnings *ret)
{
	const struct bundle *slot = &release->response->bundles[release->slot];
	const struct bundle *next = release_next(release);
	int64_t ttl_s = slot->signatures[0].original_ttl_s;
	int64_t left_s = slot->expiration - release->at;

	ret->n = 0;
	if (next != NULL && bundle_begins(next) - release->at <= ttl_s)
		warn(ret, "the next slot begins in %s, within the TTL of %s",
		    duration_text(bundle_begins(next) - release->at).s,
		    duration_text(ttl_s).s);
	if (next == NULL)
		warn(ret,
		    "this is the last slot: the next response must take over "
		    "before %s",
		    time_text(slot->expiration).s);
	if (left_s <= ttl_s)
		warn(ret, "the signatures expire in %s, within the TTL of %s",
		    duration_text(left_s).s, duration_text(ttl_s).s);
}

bool
release_response(const struct release *release, enum ksr_format format,
    struct losses *ret_lost, struct buf *ret, struct err *err)
{
	/* A borrowed view: the slot's records are the response's. */
	struct ksr one = *release->response;

	one.bundles += release->slot;
	one.n_bundles = 1;
	if (!ksr_convert(&one, format, ret_lost, err))
		return false;
	ksr_write(&one, ret);
	return !ret->failed || err_set(err, E_MEMORY, "out of memory");
}

static void
put_origin(const struct release *release, const uint8_t sha256[SHA256_SIZE],
    struct buf *ret)
{
	const struct ksr *response = release->response;
	char id[ID_TEXT_SIZE];

	text_ascii(id, sizeof(id), response->id);
	buf_printf(ret, "; to be published at %s\n; response %s, SHA-256 ",
	    time_text(release->at).s, id);
	for (size_t i = 0; i < SHA256_SIZE; i++)
		buf_printf(ret, "%02x", sha256[i]);
	buf_printf(ret, "\n; slot %zu of %zu\n", release->slot + 1,
	    response->n_bundles);
}

void
release_text(const struct release *release,
    const uint8_t sha256[SHA256_SIZE], struct buf *ret)
{
	const struct bundle *slot = &release->response->bundles[release->slot];
	const struct bundle *next = release_next(release);
	struct release_warnings warnings;

	put_origin(release, sha256, ret);
	buf_printf(ret, "; verified: %zu signature%s, %s\n",
	    bundle_count_signatures(slot),
	    bundle_count_signatures(slot) == 1 ? "" : "s",
	    release->pinned
		? "every KSK is one that the configuration pins"
		: "but the keys are the file's own: no configuration says "
		  "which KSKs to expect");
	if (next != NULL)
		buf_printf(ret, "; next: slot %zu from %s\n", release->slot + 2,
		    time_text(bundle_begins(next)).s);
	release_warnings(release, &warnings);
	for (size_t i = 0; i < warnings.n; i++)
		buf_printf(ret, "; WARNING: %s\n", warnings.lines[i]);
	bundle_dns(release->response, release->slot, ret);
}
