/*
 * KSR-POLICY-SAFETY: a key signs only after caches can have it, and stays
 * until they need it no more (RFC 6781 4.1.1.1, RFC 7583 3.2.1).
 *
 * A request does not say which of its ZSKs signs the zone when.  There must be
 * a way: at every moment a key of each algorithm that was published for
 * PublishSafety, and for the TTL, and stays for RetireSafety.  KSKs sign where
 * the schema says so.  What happened before the first document at hand is
 * unknown, and what is unknown is not a finding.
 */
#include <stdlib.h>
#include <string.h>

#include "ksr/rules/check_rules.h"
#include "ksr/rules/history.h"
#include "ksr/trust/followers.h"

/* One unbroken publication of a ZSK. */
struct stay {
	const struct dnskey *key;
	/* From the first slot that has it to the first that has it not. */
	int64_t from, until;
	/* It comes with its algorithm, or was there before all documents. */
	bool founds;
	bool stays; /* it leaves with its algorithm, or is there at the end */
};

/* The slots of both documents, and the ZSKs in them. */
struct zsks {
	const struct check_input *in;
	int64_t publish_s, retire_s;
	size_t n_slots, first; /* first: the request's */
	struct zsk_slot {
		const struct bundle *bundle;
		int64_t start;
	} * slots; /* owned */
	size_t n_stays, room;
	struct stay *stays; /* owned */
};

#define UNKNOWN_PAST   (INT64_MIN / 4)
#define UNKNOWN_FUTURE (INT64_MAX / 4)

static void
zsks_clear(struct zsks *zsks)
{
	free(zsks->slots);
	free(zsks->stays);
}

/* Of the previous SKR those slots that are over before the request begins. */
static bool
find_slots(struct zsks *zsks, const struct check_input *in)
{
	const struct ksr *parts[] = { in->previous, in->request };
	int64_t start = in->request->bundles[0].inception;
	size_t n = in->request->n_bundles +
	    (in->previous == NULL ? 0 : in->previous->n_bundles);

	zsks->slots = calloc(n, sizeof(*zsks->slots));
	if (zsks->slots == NULL)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (parts[i] == in->request)
			zsks->first = zsks->n_slots;
		for (size_t j = 0; parts[i] != NULL && j < parts[i]->n_bundles;
		     j++) {
			const struct bundle *bundle = &parts[i]->bundles[j];

			if (parts[i] == in->previous &&
			    bundle->inception >= start)
				continue;
			zsks->slots[zsks->n_slots++] =
			    (struct zsk_slot){ bundle, bundle->inception };
		}
	}
	return true;
}

static bool
has_key(const struct bundle *bundle, const struct dnskey *key)
{
	for (size_t i = 0; i < bundle->n_keys; i++)
		if (!is_ksk(&bundle->keys[i]) &&
		    dnskey_same_key(&bundle->keys[i], key))
			return true;
	return false;
}

static bool
has_algorithm(const struct bundle *bundle, uint8_t algorithm)
{
	for (size_t i = 0; i < bundle->n_keys; i++)
		if (!is_ksk(&bundle->keys[i]) &&
		    bundle->keys[i].algorithm == algorithm)
			return true;
	return false;
}

static bool
add_stay(struct zsks *zsks, const struct stay *stay)
{
	struct stay *grown;

	if (zsks->n_stays == zsks->room) {
		zsks->room = zsks->room == 0 ? 16 : 2 * zsks->room;
		grown = realloc(zsks->stays, zsks->room * sizeof(*grown));
		if (grown == NULL)
			return false;
		zsks->stays = grown;
	}
	zsks->stays[zsks->n_stays++] = *stay;
	return true;
}

/* The stay that begins with the key in this slot. */
static struct stay
stay_of(const struct zsks *zsks, size_t slot, const struct dnskey *key)
{
	size_t end = slot + 1;

	while (end < zsks->n_slots && has_key(zsks->slots[end].bundle, key))
		end++;
	return (struct stay){
		.key = key,
		.from = zsks->slots[slot].start,
		.until = end < zsks->n_slots ? zsks->slots[end].start
					     : UNKNOWN_FUTURE,
		.founds = slot == 0 ||
		    !has_algorithm(
			zsks->slots[slot - 1].bundle, key->algorithm),
		.stays = end == zsks->n_slots ||
		    !has_algorithm(zsks->slots[end].bundle, key->algorithm),
	};
}

static bool
find_stays(struct zsks *zsks)
{
	for (size_t i = 0; i < zsks->n_slots; i++) {
		const struct bundle *bundle = zsks->slots[i].bundle;

		for (size_t j = 0; j < bundle->n_keys; j++) {
			const struct dnskey *key = &bundle->keys[j];
			struct stay stay;

			if (is_ksk(key) ||
			    (i > 0 && has_key(zsks->slots[i - 1].bundle, key)))
				continue;
			stay = stay_of(zsks, i, key);
			if (!add_stay(zsks, &stay))
				return false;
		}
	}
	return true;
}

/* While keys of an algorithm are published and none can sign. */
struct gap {
	int64_t from, until;
	const struct stay *next; /* whoever can sign from then on; NULL: none */
};

struct gaps {
	size_t n;
	struct gap *gaps; /* owned; as many as there are stays, and one more */
};

/* The key can sign from the one, by what caches hold, to the other. */
static int64_t
signs_from(const struct zsks *zsks, const struct stay *stay)
{
	return stay->founds ? stay->from : stay->from + zsks->publish_s;
}

static int64_t
signs_until(const struct zsks *zsks, const struct stay *stay, bool retire)
{
	return stay->stays || !retire ? stay->until
				      : stay->until - zsks->retire_s;
}

static void
add_gap(struct gaps *gaps, int64_t from, int64_t until, const struct stay *next)
{
	if (from < until)
		gaps->gaps[gaps->n++] = (struct gap){ from, until, next };
}

/*
 * Stays are in order of the slots in which they begin, and so are the times
 * from which their keys can sign.
 */
static bool
find_gaps(
    const struct zsks *zsks, uint8_t algorithm, bool retire, struct gaps *ret)
{
	int64_t covered = UNKNOWN_PAST, end = UNKNOWN_PAST;

	ret->n = 0;
	ret->gaps = calloc(zsks->n_stays + 1, sizeof(*ret->gaps));
	if (ret->gaps == NULL)
		return false;
	for (size_t i = 0; i < zsks->n_stays; i++) {
		const struct stay *stay = &zsks->stays[i];
		int64_t from = signs_from(zsks, stay);
		int64_t until = signs_until(zsks, stay, retire);

		if (stay->key->algorithm != algorithm)
			continue;
		/* The algorithm was gone, and is back. */
		if (stay->from >= end) {
			add_gap(ret, covered, end, NULL);
			covered = stay->from;
		}
		if (stay->until > end)
			end = stay->until;
		if (until <= from || until <= covered)
			continue;
		add_gap(ret, covered, from, stay);
		covered = until;
	}
	add_gap(ret, covered, end, NULL);
	return true;
}

/* The bundle of the request that is published then, from 0. */
static size_t
bundle_at(const struct zsks *zsks, int64_t time)
{
	size_t i = zsks->first;

	while (i + 1 < zsks->n_slots && zsks->slots[i + 1].start <= time)
		i++;
	return i - zsks->first;
}

/* What the previous SKR has done cannot be mended by the request. */
static void
report_unpublished(const struct zsks *zsks, uint8_t algorithm,
    const struct gap *gap, struct check_result *result)
{
	int64_t start = zsks->slots[zsks->first].start;
	int64_t from = gap->from > start ? gap->from : start;

	if (from >= gap->until)
		return;
	if (gap->next != NULL)
		finding_add(result, zsks->in->request, bundle_at(zsks, from),
		    "no ZSK of %s can sign from %s to %s: key %s is published "
		    "since %s",
		    algorithm_name(algorithm).s, time_text(from).s,
		    time_text(gap->until).s, key_text(gap->next->key).s,
		    time_text(gap->next->from).s);
	else
		finding_add(result, zsks->in->request, bundle_at(zsks, from),
		    "no ZSK of %s can sign from %s on",
		    algorithm_name(algorithm).s, time_text(from).s);
	finding_required(result,
	    "at each moment a ZSK that has been published for PublishSafety "
	    "and for the TTL, %s",
	    duration_text(zsks->publish_s).s);
}

/* Whoever could sign then if it stayed for longer. */
static const struct stay *
leaving_key(const struct zsks *zsks, uint8_t algorithm, int64_t at)
{
	const struct stay *found = NULL;

	for (size_t i = 0; i < zsks->n_stays; i++) {
		const struct stay *stay = &zsks->stays[i];

		if (stay->key->algorithm == algorithm &&
		    signs_from(zsks, stay) <= at && at < stay->until &&
		    (found == NULL || stay->until > found->until))
			found = stay;
	}
	return found;
}

static void
report_unretired(const struct zsks *zsks, uint8_t algorithm, int64_t at,
    struct check_result *result)
{
	const struct stay *stay = leaving_key(zsks, algorithm, at);

	if (stay == NULL)
		return;
	finding_add(result, zsks->in->request, bundle_at(zsks, stay->until),
	    "key %s is published until %s, and no other ZSK of %s can sign at "
	    "%s",
	    key_text(stay->key).s, time_text(stay->until).s,
	    algorithm_name(algorithm).s, time_text(at).s);
	finding_required(result,
	    "a ZSK that signs is published for RetireSafety, %s, after it last "
	    "signed",
	    duration_text(zsks->retire_s).s);
}

/*
 * From when on the request has a part in it: a key of the previous SKR's last
 * bundle could have signed before, had the request kept it.
 */
static int64_t
concerns_from(const struct zsks *zsks, uint8_t algorithm)
{
	int64_t start = zsks->slots[zsks->first].start, from = start;

	for (size_t i = 0; i < zsks->n_stays; i++) {
		const struct stay *stay = &zsks->stays[i];

		if (stay->key->algorithm == algorithm && stay->from < start &&
		    stay->until >= start && signs_from(zsks, stay) < from)
			from = signs_from(zsks, stay);
	}
	return from;
}

/* What is a gap with RetireSafety alone: gaps without it are part of them. */
static void
report_retirements(const struct zsks *zsks, uint8_t algorithm,
    const struct gaps *without, const struct gaps *with,
    struct check_result *result)
{
	int64_t concerns = concerns_from(zsks, algorithm);
	size_t j = 0;

	for (size_t i = 0; i < with->n; i++) {
		int64_t at = with->gaps[i].from;

		if (at < concerns)
			at = concerns;
		for (; j < without->n &&
		     without->gaps[j].until <= with->gaps[i].until;
		     j++)
			if (without->gaps[j].from <= at &&
			    at < without->gaps[j].until)
				at = without->gaps[j].until;
		if (at < with->gaps[i].until)
			report_unretired(zsks, algorithm, at, result);
	}
}

static bool
judge_algorithm(const struct zsks *zsks, uint8_t algorithm, enum safety safety,
    struct check_result *result)
{
	struct gaps without = { 0 }, with = { 0 };
	bool ok = find_gaps(zsks, algorithm, false, &without) &&
	    find_gaps(zsks, algorithm, true, &with);

	for (size_t i = 0; ok && safety == SAFETY_PUBLISH && i < without.n; i++)
		report_unpublished(zsks, algorithm, &without.gaps[i], result);
	if (ok && safety == SAFETY_RETIRE)
		report_retirements(zsks, algorithm, &without, &with, result);
	free(without.gaps);
	free(with.gaps);
	return ok;
}

static bool
judge_algorithms(
    const struct zsks *zsks, enum safety safety, struct check_result *result)
{
	bool has[UINT8_MAX + 1] = { false };

	for (size_t i = 0; i < zsks->n_stays; i++)
		has[zsks->stays[i].key->algorithm] = true;
	for (size_t i = 0; i <= UINT8_MAX; i++)
		if (has[i] &&
		    !judge_algorithm(zsks, (uint8_t)i, safety, result))
			return false;
	return true;
}

static enum verdict
judge_zsks(const struct check_input *in, enum safety safety,
    struct check_result *result)
{
	const struct signature_policy *policy = &in->request->zsk_policy;
	struct zsks zsks = { .in = in,
		.publish_s = policy->publish_safety_s,
		.retire_s = policy->retire_safety_s };
	enum verdict verdict = VERDICT_PASS;

	if (in->request->n_bundles == 0)
		return check_broken(result, "a request without bundles");
	if (zsks.publish_s < config_ttl_s(in->config))
		zsks.publish_s = config_ttl_s(in->config);
	if (!find_slots(&zsks, in) || !find_stays(&zsks) ||
	    !judge_algorithms(&zsks, safety, result))
		verdict = check_broken(result, "out of memory");
	zsks_clear(&zsks);
	return verdict;
}

/* What is known of one KSK up to the slot that is looked at. */
struct ksk_history {
	bool in_rrset;
	bool since_known;
	int64_t since; /* first inception of the unbroken publication */
	bool signs;    /* unrevoked: a revoked key only signs itself away */
	bool has_signed_before;
	bool retired;
	int64_t retired_at; /* inception of the first slot without it signing */
	bool published;     /* unrevoked */
	int64_t inception;  /* of the slot before */
	struct followers_key trust;
};

/* Whether one that saw it as early as can be may trust it by now. */
static void
note_trust(struct ksk_history *history, const struct check_input *in,
    bool published, int64_t inception, bool is_first)
{
	const struct followers_times times = followers_times(
	    config_ttl_s(in->config), inception - history->inception);
	const struct followers_slot before = { history->inception, inception,
		inception };
	const struct followers_slot now = { inception, inception, inception };

	if (is_first) {
		history->trust = followers_unseen();
		if (published)
			history->trust.flags = FOLLOWERS_ALL | FOLLOWERS_SOME;
	} else if (history->published) {
		followers_leave(&history->trust, &times, &before);
	} else if (published) {
		followers_appear(&history->trust, &times, &now);
	}
	history->published = published;
	history->inception = inception;
}

static void
history_advance(struct ksk_history *history, const struct check_input *in,
    const struct schema_slot *slot, uint32_t bit, int64_t inception,
    bool is_first)
{
	bool in_rrset = ((slot->publish | slot->revoke) & bit) != 0;
	bool signs = (slot->sign & ~slot->revoke & bit) != 0;

	if (in_rrset && !history->in_rrset) {
		history->since = inception;
		history->since_known = !is_first;
	}
	if (history->signs) {
		history->has_signed_before = true;
		history->retired = !signs;
		history->retired_at = inception;
	} else if (signs) {
		history->retired = false;
	}
	history->in_rrset = in_rrset;
	history->signs = signs;
	note_trust(history, in, (slot->publish & bit) != 0, inception, is_first);
}

/*
 * RetireSafety is for those who depend on the key: nobody does before the add
 * hold-down is over (RFC 5011 section 2.4.1), as PLAN-RETIRE has it too.
 */
static bool
is_missed(const struct check_input *in, const struct ksk_history *history)
{
	return in->config->trust != TRUST_RFC5011 ||
	    (history->trust.flags & FOLLOWERS_SOME) != 0;
}

static void
judge_ksk(const struct check_input *in, size_t slot,
    const struct config_key *key, const struct ksk_history *history,
    enum safety safety, bool missed, struct check_result *result)
{
	const struct signature_policy *policy =
	    &in->config->ksk_policy.signature;
	int64_t inception = in->request->bundles[slot].inception;

	if (safety == SAFETY_PUBLISH && history->signs &&
	    !history->has_signed_before && history->since_known &&
	    inception - history->since < policy->publish_safety_s) {
		finding_add(result, in->request, slot,
		    "KSK %s signs from %s and is published since %s, %s before",
		    key->name, time_text(inception).s,
		    time_text(history->since).s,
		    duration_text(inception - history->since).s);
		finding_required(result,
		    "published for publish_safety of ksk_policy, %s, before",
		    duration_text(policy->publish_safety_s).s);
	}
	if (safety == SAFETY_RETIRE && missed && history->retired &&
	    !history->in_rrset &&
	    inception - history->retired_at < policy->retire_safety_s) {
		finding_add(result, in->request, slot,
		    "KSK %s is not in the bundle and signed until %s, %s "
		    "before",
		    key->name, time_text(history->retired_at).s,
		    duration_text(inception - history->retired_at).s);
		finding_required(result,
		    "published for retire_safety of ksk_policy, %s, after",
		    duration_text(policy->retire_safety_s).s);
	}
}

struct used_before {
	const struct config *config;
	struct ksk_history *histories;
};

/* A key that was published before the previous SKR was may be trusted since. */
static bool
note_used(void *arg, const struct history_slot *slot, int64_t gives_way)
{
	struct used_before *used = arg;

	(void)gives_way;
	for (size_t k = 0; k < used->config->n_keys; k++) {
		const uint8_t *ds = used->config->keys[k].ds_sha256;
		bool seen = slot == NULL; /* nobody knows what it had */

		for (size_t i = 0; !seen && i < slot->n_ksks; i++)
			seen = slot->ksks[i].published &&
			    memcmp(slot->ksks[i].ds_sha256, ds,
				DS_SHA256_SIZE) == 0;
		if (seen)
			used->histories[k].trust.flags |= FOLLOWERS_SOME;
	}
	return true;
}

/* Goes through the previous SKR's slots, then judges those of the schema. */
enum verdict
safety_of_ksks(const struct check_input *in, enum safety safety,
    bool trusted_alone, struct check_result *result)
{
	struct ksk_history histories[CONFIG_KEYS_MAX] = { 0 };
	struct used_before used = { in->config, histories };
	size_t n_before = bundles_followed(in);
	struct dname owner;
	struct err err;

	if (!dname_parse(in->request->domain, &owner, &err))
		return check_broken(result, err.msg);
	for (size_t i = 0; i < n_before; i++) {
		const struct bundle *bundle = &in->previous->bundles[i];
		struct schema_slot slot =
		    bundle_slot(in->config, &owner, bundle);

		for (size_t k = 0; k < in->config->n_keys; k++)
			history_advance(&histories[k], in, &slot,
			    UINT32_C(1) << k, bundle->inception, i == 0);
	}
	if (n_before > 0 && in->history != NULL &&
	    !history_walk(in->history, in->previous->bundles[0].inception,
		note_used, &used))
		return check_broken(result, "the register cannot be walked");
	for (size_t i = 0;
	     i < in->request->n_bundles && i < in->schema->n_slots; i++)
		for (size_t k = 0; k < in->config->n_keys; k++) {
			struct ksk_history *history = &histories[k];

			history_advance(history, in, &in->schema->slots[i],
			    UINT32_C(1) << k, in->request->bundles[i].inception,
			    n_before == 0 && i == 0);
			judge_ksk(in, i, &in->config->keys[k], history, safety,
			    !trusted_alone || is_missed(in, history), result);
		}
	return VERDICT_PASS;
}

static enum verdict
judge_all(const struct check_input *in, enum safety safety,
    struct check_result *result)
{
	enum verdict verdict = judge_zsks(in, safety, result);

	if (verdict == VERDICT_PASS && in->schema != NULL)
		verdict = safety_of_ksks(in, safety, true, result);
	return verdict;
}

enum verdict
check_publish_safety(const struct check_input *in, struct check_result *result)
{
	return judge_all(in, SAFETY_PUBLISH, result);
}

enum verdict
check_retire_safety(const struct check_input *in, struct check_result *result)
{
	return judge_all(in, SAFETY_RETIRE, result);
}
