#include <string.h>

#include "ksr/trust/rfc5011.h"

#define REFRESH_MAX_S (15 * INT64_C(86400))
#define RETRY_MAX_S   INT64_C(86400)
#define ASK_MIN_S     INT64_C(3600)

int64_t
rfc5011_add_hold_down_s(uint32_t ttl_s)
{
	return ttl_s > RFC5011_ADD_HOLD_DOWN_S ? ttl_s :
						 RFC5011_ADD_HOLD_DOWN_S;
}

int64_t
rfc5011_refresh_s(uint32_t ttl_s, int64_t validity_s)
{
	int64_t refresh_s = REFRESH_MAX_S;

	if (ttl_s / 2 < refresh_s)
		refresh_s = ttl_s / 2;
	if (validity_s / 2 < refresh_s)
		refresh_s = validity_s / 2;
	return refresh_s < ASK_MIN_S ? ASK_MIN_S : refresh_s;
}

int64_t
rfc5011_retry_s(uint32_t ttl_s, int64_t validity_s)
{
	int64_t retry_s = RETRY_MAX_S;

	if (ttl_s / 10 < retry_s)
		retry_s = ttl_s / 10;
	if (validity_s / 10 < retry_s)
		retry_s = validity_s / 10;
	return retry_s < ASK_MIN_S ? ASK_MIN_S : retry_s;
}

const char *
rfc5011_state_text(enum rfc5011_state state)
{
	static const char *const texts[] = {
		[RFC5011_START] = "Start",
		[RFC5011_ADDPEND] = "AddPend",
		[RFC5011_VALID] = "Valid",
		[RFC5011_MISSING] = "Missing",
		[RFC5011_REVOKED] = "Revoked",
		[RFC5011_REMOVED] = "Removed",
	};

	return texts[state];
}

static bool
same_ds(const uint8_t a[DS_SHA256_SIZE], const uint8_t b[DS_SHA256_SIZE])
{
	return memcmp(a, b, DS_SHA256_SIZE) == 0;
}

static const struct rfc5011_key *
find_key(const struct rfc5011 *view, const uint8_t ds[DS_SHA256_SIZE])
{
	for (size_t i = 0; i < view->n; i++)
		if (same_ds(view->keys[i].ds, ds))
			return &view->keys[i];
	return NULL;
}

static bool
is_trusted(enum rfc5011_state state)
{
	return state == RFC5011_VALID || state == RFC5011_MISSING;
}

enum rfc5011_state
rfc5011_state(const struct rfc5011 *view, const uint8_t ds[DS_SHA256_SIZE])
{
	const struct rfc5011_key *key = find_key(view, ds);

	return key == NULL ? RFC5011_START : key->state;
}

bool
rfc5011_trusts(const struct rfc5011 *view, const uint8_t ds[DS_SHA256_SIZE])
{
	return is_trusted(rfc5011_state(view, ds));
}

/* In Start, unless it is known. */
static bool
add_key(struct rfc5011 *view, const uint8_t ds[DS_SHA256_SIZE],
    struct err *err)
{
	struct rfc5011_key *key = &view->keys[view->n];

	if (find_key(view, ds) != NULL)
		return true;
	if (view->n == RFC5011_KEYS_MAX)
		return err_set(err, E_INPUT,
		    "more than %u different keys for a validator to follow",
		    RFC5011_KEYS_MAX);
	*key = (struct rfc5011_key){ .state = RFC5011_START };
	memcpy(key->ds, ds, DS_SHA256_SIZE);
	view->n++;
	return true;
}

bool
rfc5011_anchor(struct rfc5011 *view, const uint8_t ds[DS_SHA256_SIZE],
    struct err *err)
{
	if (!add_key(view, ds, err))
		return false;
	for (size_t i = 0; i < view->n; i++)
		if (same_ds(view->keys[i].ds, ds))
			view->keys[i].state = RFC5011_VALID;
	return true;
}

/* RFC 4034 3.1.5: both ends belong to the validity. */
static bool
in_time(const struct rfc5011_rrset *rrset, int64_t now)
{
	return rrset->inception <= now && now <= rrset->expiration;
}

bool
rfc5011_validates(const struct rfc5011 *view,
    const struct rfc5011_rrset *rrset, int64_t now)
{
	if (!in_time(rrset, now))
		return false;
	for (size_t i = 0; i < rrset->n; i++) {
		const struct rfc5011_seen *seen = &rrset->keys[i];

		if (seen->signs && !seen->revoked &&
		    rfc5011_trusts(view, seen->ds))
			return true;
	}
	return false;
}

/* How the RRset shows a key. */
struct sight {
	bool present;	   /* as an anchor to be: SEP, not revoked */
	bool with_revoke;  /* with its REVOKE bit set */
	bool self_revoked; /* and signed by it like this: RevBit */
};

static struct sight
look_for(const struct rfc5011_rrset *rrset, const uint8_t ds[DS_SHA256_SIZE])
{
	struct sight sight = { false, false, false };

	for (size_t i = 0; i < rrset->n; i++) {
		const struct rfc5011_seen *seen = &rrset->keys[i];

		if (!same_ds(seen->ds, ds))
			continue;
		if (seen->revoked) {
			sight.with_revoke = true;
			sight.self_revoked |= seen->signs;
		} else {
			sight.present = true;
		}
	}
	return sight;
}

/*
 * RevBit, of keys that are trusted.  It stands before the question whether the
 * RRset validates: the key's own signature is good for this one purpose even
 * where nothing else is (section 2.1).
 */
static void
revoke_keys(struct rfc5011 *view, const struct rfc5011_rrset *rrset)
{
	for (size_t i = 0; i < view->n; i++) {
		struct rfc5011_key *key = &view->keys[i];

		if (is_trusted(key->state) &&
		    look_for(rrset, key->ds).self_revoked) {
			key->state = RFC5011_REVOKED;
			key->gone = false;
		}
	}
}

/* RemTime: gone from every RRset seen for the remove hold-down time. */
static void
age_revoked(struct rfc5011_key *key, bool there, int64_t now)
{
	if (there) {
		key->gone = false;
	} else if (!key->gone) {
		key->gone = true;
		key->removed_from = now + RFC5011_REMOVE_HOLD_DOWN_S;
	} else if (now >= key->removed_from) {
		key->state = RFC5011_REMOVED;
	}
}

/* The events of section 4.1 that a validated RRset can bring, but RevBit. */
static void
advance(struct rfc5011_key *key, const struct rfc5011_rrset *rrset, int64_t now)
{
	struct sight sight = look_for(rrset, key->ds);

	switch (key->state) {
	case RFC5011_START: /* NewKey */
		if (sight.present) {
			key->state = RFC5011_ADDPEND;
			key->trusted_from =
			    now + rfc5011_add_hold_down_s(rrset->ttl_s);
		}
		break;
	case RFC5011_ADDPEND:
		if (!sight.present) /* KeyRem */
			key->state = RFC5011_START;
		else if (now >= key->trusted_from) /* AddTime */
			key->state = RFC5011_VALID;
		break;
	case RFC5011_VALID: /* KeyRem */
		if (!sight.present)
			key->state = RFC5011_MISSING;
		break;
	case RFC5011_MISSING: /* KeyPres */
		if (sight.present)
			key->state = RFC5011_VALID;
		break;
	case RFC5011_REVOKED:
		age_revoked(key, sight.present || sight.with_revoke, now);
		break;
	case RFC5011_REMOVED: /* for ever */
		break;
	}
}

bool
rfc5011_see(struct rfc5011 *view, const struct rfc5011_rrset *rrset,
    int64_t now, struct err *err)
{
	if (!in_time(rrset, now))
		return true;
	revoke_keys(view, rrset);
	if (!rfc5011_validates(view, rrset, now))
		return true;
	for (size_t i = 0; i < rrset->n; i++) {
		const struct rfc5011_seen *seen = &rrset->keys[i];

		if (seen->sep && !seen->revoked &&
		    !add_key(view, seen->ds, err))
			return false;
	}
	for (size_t i = 0; i < view->n; i++)
		advance(&view->keys[i], rrset, now);
	return true;
}
