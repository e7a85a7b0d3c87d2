#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "signer/keys/distinct_key.h"
#include "signer/keys/key_facts.h"
#include "signer/record/recorded.h"

static bool
discard(struct record *record, const struct known_tag *clash,
    const struct key_maker *maker, const struct dnskey *key, struct err *err)
{
	return facts_discarding(record, key, clash, err) &&
	    maker->discard(maker->arg, key, err) &&
	    facts_deletion(record, "discarded", key, err);
}

/* A key that is not on record must not stay: the next run knows nothing of it.
 */
static bool
withdraw(const struct key_maker *maker, const struct dnskey *key,
    struct err *err)
{
	struct err why;
	bool gone = maker->discard(maker->arg, key, &why);

	return err_prefix(err, "key \"%s\" (key tag %u) was generated and %s",
	    key->identifier, key->tag,
	    gone ? "deleted again, since it is not on record"
		 : "cannot be deleted again, though it is not on record");
}

/* In a replay: a program from before keys were discarded may have kept one. */
static bool
was_kept(const struct record *record, const struct dnskey *key)
{
	struct recorded *recorded = record_recorded(record);

	if (recorded == NULL || recorded->rules != RULES_0_1_0 ||
	    recorded_if(recorded, "discarding") != NULL)
		return false;
	recorded_notes(recorded,
	    "key \"%s\" (key tag %u) has a known key's tag and was kept",
	    key->identifier, key->tag);
	return true;
}

bool
distinct_key_make(struct record *record, const struct known_tags *known,
    const struct key_wanted *wanted, const struct key_maker *maker,
    struct dnskey *ret, struct err *err)
{
	char algorithm[ALGORITHM_TEXT_SIZE];

	for (unsigned i = 0; i < DISTINCT_KEY_TRIES; i++) {
		const struct known_tag *clash;
		struct dnskey key;

		if (!facts_generating(record, wanted->label,
			algorithm_text(wanted->algorithm, algorithm),
			wanted->bits, wanted->purpose, wanted->leaves, err) ||
		    !maker->make(maker->arg, &key, err))
			return false;
		clash = known_tags_clash(known, &key);
		if (clash == NULL && maker->keep != NULL &&
		    !maker->keep(maker->arg, &key, err))
			return false;
		if (!facts_key(record, &key, err))
			return maker->keep == NULL &&
			    withdraw(maker, &key, err);
		if (clash == NULL || was_kept(record, &key)) {
			*ret = key;
			return true;
		}
		if (!discard(record, clash, maker, &key, err))
			return false;
	}
	return err_set(err, E_HSM,
	    "key \"%s\": %u keys were made and discarded, because each had a "
	    "known key's tag: the source of random numbers is not to be "
	    "trusted",
	    wanted->label, DISTINCT_KEY_TRIES);
}
