/*
 * SKR-REVOKED: a KSK that was published revoked, by this response, the previous
 * one or any that the register knows, is never published unrevoked again.
 */
#include <stdlib.h>
#include <string.h>

#include "ksr/rules/check_rules.h"
#include "ksr/rules/history.h"
#include "ksr/rules/outlook.h"

/* Keys that were published revoked, and where first. */
struct revoked {
	size_t n;
	struct {
		uint8_t ds[DS_SHA256_SIZE];
		struct text where;
		bool found; /* a finding says so already */
	} keys[RFC5011_KEYS_MAX];
};

static size_t
find_revoked(const struct revoked *revoked, const uint8_t ds[DS_SHA256_SIZE])
{
	size_t i = 0;

	while (i < revoked->n &&
	    memcmp(revoked->keys[i].ds, ds, DS_SHA256_SIZE) != 0)
		i++;
	return i;
}

static bool
remember_key(struct revoked *revoked, const uint8_t ds[DS_SHA256_SIZE],
    struct text where, struct err *err)
{
	size_t at = find_revoked(revoked, ds);

	if (at < revoked->n)
		return true;
	if (at == RFC5011_KEYS_MAX)
		return err_set(err, E_INPUT, "more than %u revoked keys",
		    RFC5011_KEYS_MAX);
	memcpy(revoked->keys[at].ds, ds, DS_SHA256_SIZE);
	revoked->keys[at].where = where;
	revoked->n++;
	return true;
}

static bool
remember_revoked(struct revoked *revoked, const struct rfc5011_rrset *rrset,
    const char *document, size_t slot, struct err *err)
{
	for (size_t i = 0; i < rrset->n; i++) {
		struct text where = { 0 };

		if (!rrset->keys[i].revoked)
			continue;
		text_add(&where, "slot %zu of %s", slot + 1, document);
		if (!remember_key(revoked, rrset->keys[i].ds, where, err))
			return false;
	}
	return true;
}

/* What the register has of earlier responses. */
struct remembering {
	struct revoked *revoked;
	struct err *err;
};

static bool
remember_used(void *arg, const struct history_slot *slot, int64_t gives_way)
{
	struct remembering *remembering = arg;

	(void)gives_way;
	for (size_t i = 0; slot != NULL && i < slot->n_ksks; i++) {
		struct text where = { 0 };

		if (!slot->ksks[i].revoked)
			continue;
		text_add(&where, "the slot of %s, as the register has it",
		    time_text(slot->inception).s);
		if (!remember_key(remembering->revoked, slot->ksks[i].ds_sha256,
			where, remembering->err))
			return false;
	}
	return true;
}

static void
judge_return(const struct check_input *in, size_t slot,
    const struct rfc5011_rrset *rrset, struct revoked *revoked,
    struct check_result *result)
{
	for (size_t i = 0; i < rrset->n; i++) {
		const struct rfc5011_seen *seen = &rrset->keys[i];
		size_t at = find_revoked(revoked, seen->ds);

		if (seen->revoked || at == revoked->n ||
		    revoked->keys[at].found)
			continue;
		revoked->keys[at].found = true;
		finding_add(result, outlook_document(in), slot,
		    "%s is published%s unrevoked; it was revoked in %s",
		    outlook_key_text(in, seen->ds, 0).s,
		    seen->signs ? " and signs" : "", revoked->keys[at].where.s);
		finding_required(result,
		    "a revoked key stays revoked: followers distrust it for "
		    "ever (RFC 5011 section 2.1)");
	}
}

static bool
judge_revoked(const struct check_input *in, const struct outlook_new *made,
    struct revoked *revoked, struct check_result *result, struct err *err)
{
	const struct ksr *previous = in->previous;
	struct remembering remembering = { revoked, err };
	struct rfc5011_rrset rrset;
	struct dname owner;

	if (previous != NULL && !dname_parse(previous->domain, &owner, err))
		return false;
	for (size_t i = 0; i < bundles_followed(in); i++)
		if (!timeline_rrset(
			&previous->bundles[i], &owner, &rrset, err) ||
		    !remember_revoked(
			revoked, &rrset, "the previous SKR", i, err))
			return false;
	if (in->history != NULL && made->n > 0 &&
	    !history_walk(in->history, made->rrsets[0].inception, remember_used,
		&remembering))
		return false;
	for (size_t i = 0; i < made->n; i++) {
		if (!remember_revoked(
			revoked, &made->rrsets[i], "this response", i, err))
			return false;
		judge_return(in, i, &made->rrsets[i], revoked, result);
	}
	return true;
}

enum verdict
check_revoked(const struct check_input *in, struct check_result *result)
{
	struct outlook_new made = { 0 };
	struct revoked *revoked = calloc(1, sizeof(*revoked));
	enum verdict verdict = VERDICT_PASS;
	struct err err;

	if (revoked == NULL)
		return check_broken(result, "out of memory");
	if (!outlook_rrsets(in, &made, &err))
		verdict = check_broken(result, err.msg);
	else if (made.rrsets == NULL)
		verdict = check_not_run(result, NOT_SLOT_BY_SLOT);
	else if (!judge_revoked(in, &made, revoked, result, &err))
		verdict = check_broken(result, err.msg);
	free(made.rrsets);
	free(revoked);
	return verdict;
}
