#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/rrset.h"
#include "ksr/rules/check_rules.h"
#include "signer/record/json.h"
#include "signer/record/ledger_slots.h"

/* Keys of a response that differ: no more than this many of each kind. */
#define LINE_KEYS_MAX ((size_t)BUNDLES_MAX * BUNDLE_KEYS_MAX)

void
ledger_slots_clear(struct ledger_slots *slots)
{
	free(slots->slots);
	free(slots->ksks);
	free(slots->zsks);
	*slots = (struct ledger_slots){ 0 };
}

static json_t *
json_of_line_key(const struct dnskey *key, const char *digest_name,
    const uint8_t digest[SHA256_SIZE])
{
	struct dnskey unrevoked = dnskey_unrevoked(key);

	return json_pack("{s:i, s:i, s:o}", "key_tag", dnskey_tag(&unrevoked),
	    "algorithm", key->algorithm, digest_name, json_of_sha256(digest));
}

/* Its number in the list, from 1; appended unless it is there. */
static bool
number_of_key(json_t *list, const struct dname *owner, const struct dnskey *key,
    json_int_t *ret, struct err *err)
{
	uint8_t digest[DS_SHA256_SIZE];
	json_t *json;

	if (!dnskey_ds(owner, key, digest, err))
		return false;
	json = json_of_line_key(
	    key, is_ksk(key) ? "ds_sha256" : "sha256", digest);
	/* From the end: a key is mostly one of the slot before. */
	for (size_t i = json_array_size(list); i-- > 0;) {
		if (json_equal(json_array_get(list, i), json)) {
			json_decref(json);
			*ret = (json_int_t)i + 1;
			return true;
		}
	}
	*ret = (json_int_t)json_array_size(list) + 1;
	return json_array_append_new(list, json) == 0 ||
	    err_set(err, E_MEMORY, "out of memory");
}

struct line_keys {
	struct dname owner;
	json_t *ksks, *zsks;
};

/* The numbers of a slot's keys. */
struct slot_keys {
	json_t *published, *signs, *revoked, *zsks;
};

/* In order, and once. */
static void
put_number(json_t *list, json_int_t number)
{
	size_t at = json_array_size(list);

	while (at > 0 &&
	    json_integer_value(json_array_get(list, at - 1)) >= number)
		at--;
	if (json_integer_value(json_array_get(list, at)) != number)
		json_array_insert_new(list, at, json_integer(number));
}

static bool
put_key(struct line_keys *keys, const struct bundle *bundle,
    const struct dnskey *key, struct slot_keys *ret, struct err *err)
{
	json_t *list = is_ksk(key) ? keys->ksks : keys->zsks, *state;
	json_int_t number;

	if (!number_of_key(list, &keys->owner, key, &number, err))
		return false;
	state = !is_ksk(key) ? ret->zsks
	    : is_revoked(key)  ? ret->revoked
			       : ret->published;
	put_number(state, number);
	if (is_ksk(key) && bundle_signatures_by(bundle, key) > 0)
		put_number(ret->signs, number);
	return true;
}

static bool
put_slot(struct line_keys *keys, const struct bundle *bundle, json_t *slots,
    struct err *err)
{
	struct slot_keys slot = { json_array(), json_array(), json_array(),
		json_array() };
	json_t *json = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "bundle", bundle->id, "inception", json_of_time(bundle->inception),
	    "expiration", json_of_time(bundle->expiration), "published",
	    slot.published, "signs", slot.signs, "revoked", slot.revoked,
	    "zsks", slot.zsks);

	if (json_array_append_new(slots, json) != 0)
		return err_set(err, E_MEMORY, "out of memory");
	for (size_t i = 0; i < bundle->n_keys; i++)
		if (!put_key(keys, bundle, &bundle->keys[i], &slot, err))
			return false;
	return true;
}

bool
ledger_slots_put(json_t *line, const struct ksr *response, struct err *err)
{
	struct line_keys keys = { .ksks = json_array(), .zsks = json_array() };
	json_t *slots = json_array();
	bool ok = dname_parse(response->domain, &keys.owner, err);

	json_object_set_new(line, "ksks", keys.ksks);
	json_object_set_new(line, "zsks", keys.zsks);
	json_object_set_new(line, "slots", slots);
	for (size_t i = 0; ok && i < response->n_bundles; i++)
		ok = bundle_is_superseded(response, i) ||
		    put_slot(&keys, &response->bundles[i], slots, err);
	return ok;
}

/* A key of the line, as every slot that names it has it. */
struct line_key {
	uint16_t tag;
	uint8_t algorithm;
	uint8_t digest[SHA256_SIZE];
};

static bool
read_key(json_t *json, const char *digest_name, struct line_key *ret)
{
	int tag, algorithm;
	const char *digest;

	if (json_unpack(json, "{s:i, s:i, s:s !}", "key_tag", &tag, "algorithm",
		&algorithm, digest_name, &digest) != 0 ||
	    tag < 0 || tag > UINT16_MAX || algorithm < 0 ||
	    algorithm > UINT8_MAX ||
	    !hex_parse(digest, ret->digest, SHA256_SIZE))
		return false;
	ret->tag = (uint16_t)tag;
	ret->algorithm = (uint8_t)algorithm;
	return true;
}

static bool
read_keys(const json_t *list, const char *name, const char *digest_name,
    struct line_key **ret, struct err *err)
{
	size_t n = json_array_size(list);

	if (!json_is_array(list) || n > LINE_KEYS_MAX)
		return err_set(err, E_REFUSED,
		    "its \"%s\" are not a list of up to %zu keys", name,
		    LINE_KEYS_MAX);
	*ret = calloc(n + 1, sizeof((*ret)[0]));
	if (*ret == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	for (size_t i = 0; i < n; i++)
		if (!read_key(
			json_array_get(list, i), digest_name, &(*ret)[i]))
			return err_set(err, E_REFUSED,
			    "item %zu of its \"%s\" is no key", i + 1, name);
	return true;
}

/* What is read of one line. */
struct reading {
	size_t n_ksks, n_zsks; /* of the line */
	struct line_key *ksks, *zsks;
	size_t ksks_used, zsks_used; /* of the slots read so far */
	struct ledger_slots slots;
};

/* One slot's values, borrowed. */
struct slot_values {
	const char *inception, *expiration;
	json_t *bundle, *published, *signs, *revoked, *zsks;
};

static size_t
number_at(const json_t *list, size_t i)
{
	return (size_t)json_integer_value(json_array_get(list, i));
}

static bool
has_number(const json_t *list, size_t number)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (number_at(list, i) == number)
			return true;
	return false;
}

/* Numbers from 1 to n, in their order. */
static bool
are_numbers(const json_t *list, size_t n)
{
	size_t size = json_array_size(list), before = 0;

	if (!json_is_array(list) || size > BUNDLE_KEYS_MAX)
		return false;
	for (size_t i = 0; i < size; i++) {
		size_t number = number_at(list, i);

		if (!json_is_integer(json_array_get(list, i)) ||
		    number <= before || number > n)
			return false;
		before = number;
	}
	return true;
}

static void
take_keys(struct reading *reading, const struct slot_values *values,
    struct history_slot *slot)
{
	struct history_ksk *ksks = reading->slots.ksks + reading->ksks_used;
	struct history_zsk *zsks = reading->slots.zsks + reading->zsks_used;

	for (size_t i = 0; i < reading->n_ksks; i++) {
		struct history_ksk ksk = {
			.tag = reading->ksks[i].tag,
			.algorithm = reading->ksks[i].algorithm,
			.published = has_number(values->published, i + 1),
			.signs = has_number(values->signs, i + 1),
			.revoked = has_number(values->revoked, i + 1),
		};

		memcpy(ksk.ds_sha256, reading->ksks[i].digest, SHA256_SIZE);
		if (ksk.published || ksk.signs || ksk.revoked)
			ksks[slot->n_ksks++] = ksk;
	}
	for (size_t i = 0; i < json_array_size(values->zsks); i++) {
		const struct line_key *key =
		    &reading->zsks[number_at(values->zsks, i) - 1];
		struct history_zsk *zsk = &zsks[slot->n_zsks++];

		*zsk = (struct history_zsk){ .tag = key->tag,
			.algorithm = key->algorithm };
		memcpy(zsk->sha256, key->digest, SHA256_SIZE);
	}
	slot->ksks = ksks;
	slot->zsks = zsks;
	reading->ksks_used += slot->n_ksks;
	reading->zsks_used += slot->n_zsks;
}

static bool
read_slot(struct reading *reading, json_t *json, struct history_slot *slot)
{
	struct slot_values values;
	size_t len;

	if (json_unpack(json, "{s:o, s:s, s:s, s:o, s:o, s:o, s:o !}", "bundle",
		&values.bundle, "inception", &values.inception, "expiration",
		&values.expiration, "published", &values.published, "signs",
		&values.signs, "revoked", &values.revoked, "zsks",
		&values.zsks) != 0)
		return false;
	len = json_string_length(values.bundle);
	if (!json_is_string(values.bundle) || len == 0 || len > ID_MAX ||
	    !time_parse(values.inception, &slot->inception) ||
	    !time_parse(values.expiration, &slot->expiration) ||
	    !are_numbers(values.published, reading->n_ksks) ||
	    !are_numbers(values.signs, reading->n_ksks) ||
	    !are_numbers(values.revoked, reading->n_ksks) ||
	    !are_numbers(values.zsks, reading->n_zsks))
		return false;
	slot->bundle_id = json_string_value(values.bundle);
	take_keys(reading, &values, slot);
	return true;
}

static bool
read_slots(struct reading *reading, json_t *list, struct err *err)
{
	struct ledger_slots *slots = &reading->slots;

	for (size_t i = 0; i < slots->n; i++) {
		if (!read_slot(
			reading, json_array_get(list, i), &slots->slots[i]))
			return err_set(err, E_REFUSED,
			    "item %zu of its \"slots\" is no slot", i + 1);
		if (i > 0 &&
		    slots->slots[i].inception <= slots->slots[i - 1].inception)
			return err_set(err, E_REFUSED,
			    "its \"slots\" are not in the order of time");
	}
	return true;
}

/* How many keys all slots name together. */
static size_t
count_numbers(const json_t *slots, const char *const names[])
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(slots); i++)
		for (size_t k = 0; names[k] != NULL; k++)
			n += json_array_size(json_object_get(
			    json_array_get(slots, i), names[k]));
	return n;
}

static bool
make_room(struct ledger_slots *slots, const json_t *list, struct err *err)
{
	static const char *const ksk_names[] = { "published", "signs",
		"revoked", NULL };
	static const char *const zsk_names[] = { "zsks", NULL };

	slots->n = json_array_size(list);
	if (!json_is_array(list) || slots->n == 0 || slots->n > BUNDLES_MAX)
		return err_set(err, E_REFUSED,
		    "its \"slots\" are not a list of 1 to %u slots",
		    BUNDLES_MAX);
	slots->slots = calloc(slots->n, sizeof(slots->slots[0]));
	slots->ksks = calloc(
	    count_numbers(list, ksk_names) + 1, sizeof(slots->ksks[0]));
	slots->zsks = calloc(
	    count_numbers(list, zsk_names) + 1, sizeof(slots->zsks[0]));
	return (slots->slots != NULL && slots->ksks != NULL &&
		   slots->zsks != NULL) ||
	    err_set(err, E_MEMORY, "out of memory");
}

bool
ledger_slots_read(const json_t *ksks, const json_t *zsks, json_t *slots,
    struct ledger_slots *ret, struct err *err)
{
	struct reading reading = { .n_ksks = json_array_size(ksks),
		.n_zsks = json_array_size(zsks) };
	bool ok = read_keys(ksks, "ksks", "ds_sha256", &reading.ksks, err) &&
	    read_keys(zsks, "zsks", "sha256", &reading.zsks, err) &&
	    make_room(&reading.slots, slots, err) &&
	    read_slots(&reading, slots, err);

	free(reading.ksks);
	free(reading.zsks);
	if (!ok) {
		ledger_slots_clear(&reading.slots);
		return false;
	}
	*ret = reading.slots;
	return true;
}
