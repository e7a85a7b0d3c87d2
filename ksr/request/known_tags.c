#include <stdlib.h>
#include <string.h>

#include "ksr/dns/rrset.h"
#include "ksr/document/key_list.h"
#include "ksr/request/known_tags.h"

uint16_t
dnskey_revoked_tag(const struct dnskey *key)
{
	struct dnskey revoked = *key;

	if ((key->flags & DNSKEY_FLAG_SEP) != 0)
		revoked.flags |= DNSKEY_FLAG_REVOKE;
	return dnskey_tag(&revoked);
}

static bool
add(struct known_tags *known, const struct known_tag *tag, struct err *err)
{
	if (known->n == known->room) {
		size_t room = 2 * known->room + 16;
		struct known_tag *tags =
		    realloc(known->tags, room * sizeof(*tags));

		if (tags == NULL)
			return err_set(err, E_MEMORY, "out of memory");
		known->tags = tags;
		known->room = room;
	}
	known->tags[known->n++] = *tag;
	return true;
}

bool
known_tags_add(
    struct known_tags *known, const struct dnskey *key, struct err *err)
{
	struct known_tag tag = {
		.algorithm = key->algorithm, .tag = dnskey_tag(key), .key = *key
	};

	memcpy(tag.identifier, key->identifier, sizeof(tag.identifier));
	if (!add(known, &tag, err))
		return false;
	if (dnskey_revoked_tag(key) == tag.tag)
		return true;
	tag.tag = dnskey_revoked_tag(key);
	return add(known, &tag, err);
}

bool
known_tags_add_document(
    struct known_tags *known, const struct ksr *ksr, struct err *err)
{
	struct key_list list;
	bool ok = true;

	if (ksr == NULL)
		return true;
	if (!key_list_by_key(ksr, &list, err))
		return false;
	key_list_distinct(&list);
	for (size_t i = 0; i < list.n && ok; i++)
		ok = known_tags_add(known, list.keys[i].key, err);
	key_list_clear(&list);
	return ok;
}

bool
known_tags_add_config(
    struct known_tags *known, const struct config *config, struct err *err)
{
	static const uint16_t revoked[] = { 0, 128, 129 };

	for (size_t i = 0; i < config->n_keys; i++) {
		const struct config_key *key = &config->keys[i];
		struct known_tag tag = { .algorithm = key->algorithm };

		if (!key->has_tag)
			continue;
		memcpy(tag.identifier, key->label, sizeof(tag.identifier));
		for (size_t k = 0; k < ARRAY_LEN(revoked); k++) {
			tag.tag = (uint16_t)(key->tag + revoked[k]);
			if (!add(known, &tag, err))
				return false;
		}
	}
	return true;
}

const struct known_tag *
known_tags_clash(const struct known_tags *known, const struct dnskey *key)
{
	uint16_t tag = dnskey_tag(key), revoked = dnskey_revoked_tag(key);

	for (size_t i = 0; i < known->n; i++) {
		const struct known_tag *other = &known->tags[i];

		if (other->algorithm == key->algorithm &&
		    (other->tag == tag || other->tag == revoked) &&
		    !dnskey_same_key(&other->key, key))
			return other;
	}
	return NULL;
}

void
known_tags_clear(struct known_tags *known)
{
	free(known->tags);
	*known = (struct known_tags){ 0 };
}
