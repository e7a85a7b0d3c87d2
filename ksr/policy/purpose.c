#include <string.h>

#include "ksr/dns/dname.h"
#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "ksr/policy/config.h"
#include "ksr/policy/purpose.h"

#define LETTERS 4 /* of the purpose, at the beginning of a mark */

static const struct purpose {
	const char *text, *name;
	const char *letters;
	bool of_zone;
} purposes[] = {
	[PURPOSE_KSK] = { "a KSK", "ksk", "ksk:", true },
	[PURPOSE_ZSK] = { "a ZSK", "zsk", "zsk:", true },
	[PURPOSE_AUDIT] = { "an audit key", "audit", "aud:", false },
	[PURPOSE_TRANSPORT] = { "a transport key", "transport", "tra:", false },
	[PURPOSE_ANCHOR] = { "an anchor key", "anchor", "anc:", false },
};

const char *
purpose_text(enum key_purpose purpose)
{
	return purposes[purpose].text;
}

const char *
purpose_name(enum key_purpose purpose)
{
	return purposes[purpose].name;
}

bool
purpose_of_name(const char *name, enum key_purpose *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(purposes); i++) {
		if (strcmp(purposes[i].name, name) != 0)
			continue;
		*ret = (enum key_purpose)i;
		return true;
	}
	return false;
}

bool
purpose_mark(enum key_purpose purpose, const char *zone, const char *label,
    uint8_t ret[PURPOSE_MARK_SIZE], struct err *err)
{
	struct buf text = buf_new(DNAME_WIRE_MAX + ID_MAX + 1);
	uint8_t digest[SHA256_SIZE];
	struct dname owner;
	bool ok = true;

	if (purposes[purpose].of_zone) {
		ok = dname_parse(zone, &owner, err);
		if (ok)
			buf_put(&text, owner.wire, owner.len);
	}
	buf_puts(&text, label);
	ok = ok &&
	    (!text.failed ||
		err_set(err, E_INTERNAL, "a label is too long to be marked")) &&
	    sha256(buf_bytes(&text), digest, err);
	buf_free(&text);
	if (!ok)
		return false;
	memcpy(ret, purposes[purpose].letters, LETTERS);
	memcpy(ret + LETTERS, digest, PURPOSE_MARK_SIZE - LETTERS);
	return true;
}

/* What the mark says.  `of_zone` is false for a KSK of another zone's. */
struct mark {
	bool there;
	enum key_purpose purpose;
	bool of_zone;
};

static bool
has_letters(struct bytes id, enum key_purpose purpose)
{
	return id.len == PURPOSE_MARK_SIZE &&
	    memcmp(id.data, purposes[purpose].letters, LETTERS) == 0;
}

/*
 * A mark that does not fit label and zone is none, but for a KSK's, which
 * takes nothing away from what the key counts as anyway.
 */
static bool
mark_read(const struct config *config, const char *label, struct bytes id,
    struct mark *ret, struct err *err)
{
	uint8_t expected[PURPOSE_MARK_SIZE];
	struct mark mark = { .there = false };

	for (size_t i = 0; i < ARRAY_LEN(purposes); i++) {
		if (!has_letters(id, (enum key_purpose)i))
			continue;
		if (!purpose_mark((enum key_purpose)i,
			config->ksk_policy.signers_name, label, expected, err))
			return false;
		mark.purpose = (enum key_purpose)i;
		mark.of_zone =
		    memcmp(id.data, expected, PURPOSE_MARK_SIZE) == 0;
		mark.there = mark.of_zone || i == PURPOSE_KSK;
	}
	*ret = mark;
	return true;
}

bool
purpose_pinned(const struct config *config, const struct dnskey *key,
    const struct config_key **ret, struct err *err)
{
	uint8_t ds[DS_SHA256_SIZE];
	struct dnskey ksk = *key;
	struct dname owner;

	*ret = NULL;
	ksk.flags = DNSKEY_FLAGS_KSK;
	if (!dname_parse(config->ksk_policy.signers_name, &owner, err) ||
	    !dnskey_ds(&owner, &ksk, ds, err))
		return false;
	for (size_t i = 0; i < config->n_keys && *ret == NULL; i++) {
		const struct config_key *pinned = &config->keys[i];

		if (strcmp(pinned->label, key->identifier) == 0 ||
		    (pinned->has_ds &&
			memcmp(pinned->ds_sha256, ds, sizeof(ds)) == 0))
			*ret = pinned;
	}
	return true;
}

static const struct config_other_key *
declared_other(const struct config *config, const char *label)
{
	for (size_t i = 0; i < config->n_other_keys; i++)
		if (strcmp(config->other_keys[i].label, label) == 0)
			return &config->other_keys[i];
	return NULL;
}

static bool
contradict(const char *label, enum key_purpose one, const char *says,
    enum key_purpose other, const char *name, struct err *err)
{
	return err_set(err, E_REFUSED,
	    "key \"%s\" is %s by %s and %s by %s: a key has one purpose",
	    label, purpose_text(one), says, purpose_text(other), name);
}

/* How a KSK is known as one, for messages. */
static const char *
ksk_by(const struct mark *mark, const struct config_key *pinned)
{
	if (pinned != NULL)
		return "is a KSK of the configuration";
	return mark->there ? "is a KSK by its mark in the token"
			   : "counts as a KSK, having no mark of its purpose "
			     "and no entry in `other_keys`";
}

/* The mark beside the configuration's word, and both of its words. */
static bool
find_purpose(const struct config *config, const struct dnskey *key,
    struct bytes id, struct mark *ret, const char **ret_ksk, struct err *err)
{
	const char *label = key->identifier;
	const struct config_other_key *other = declared_other(config, label);
	const struct config_key *pinned;
	struct mark mark;

	if (!mark_read(config, label, id, &mark, err) ||
	    !purpose_pinned(config, key, &pinned, err))
		return false;
	/* Its mark is of the zone that it was made for. */
	if (pinned != NULL && pinned->shared && mark.purpose == PURPOSE_KSK)
		mark.of_zone = true;
	*ret_ksk = ksk_by(&mark, pinned);
	if (pinned != NULL && other != NULL)
		return contradict(label, PURPOSE_KSK, pinned->name,
		    other->purpose, other->name, err);
	if (mark.there && pinned != NULL && mark.purpose != PURPOSE_KSK)
		return contradict(label, mark.purpose, "its mark in the token",
		    PURPOSE_KSK, pinned->name, err);
	if (mark.there && other != NULL && mark.purpose != other->purpose)
		return contradict(label, mark.purpose, "its mark in the token",
		    other->purpose, other->name, err);
	if (!mark.there) {
		mark.of_zone = true;
		mark.purpose = other == NULL
		    ? PURPOSE_KSK
		    : other->purpose;
	}
	*ret = mark;
	return true;
}

/* In the replay of such a record. */
static bool
had_no_purposes(const struct config *config)
{
	return config->rules == RULES_0_1_0;
}

bool
purpose_of(const struct config *config, const struct dnskey *key,
    struct bytes id, enum key_purpose *ret, struct err *err)
{
	const char *ksk;
	struct mark mark;

	*ret = PURPOSE_KSK;
	if (had_no_purposes(config))
		return true;
	if (!find_purpose(config, key, id, &mark, &ksk, err))
		return false;
	*ret = mark.purpose;
	return true;
}

bool
purpose_require(const struct config *config, const struct dnskey *key,
    struct bytes id, enum key_purpose wanted, struct err *err)
{
	const char *ksk;
	struct mark mark;

	if (had_no_purposes(config))
		return true;
	if (!find_purpose(config, key, id, &mark, &ksk, err))
		return false;
	if (mark.purpose != wanted && mark.purpose == PURPOSE_KSK)
		return err_set(err, E_REFUSED,
		    "key \"%s\" %s: a KSK signs the zone's DNSKEY RRset and "
		    "nothing else (DPS 5.1.4)",
		    key->identifier, ksk);
	if (mark.purpose != wanted)
		return err_set(err, E_REFUSED,
		    "key \"%s\" is %s (expected %s): a key has one purpose",
		    key->identifier, purpose_text(mark.purpose),
		    purpose_text(wanted));
	if (!mark.of_zone)
		return err_set(err, E_REFUSED,
		    "key \"%s\" is marked as the KSK of another zone than %s, "
		    "or of another label",
		    key->identifier, config->ksk_policy.signers_name);
	return true;
}
