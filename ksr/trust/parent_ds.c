#include <string.h>

#include "ksr/trust/parent_ds.h"

static bool
is_published(const struct parent_ds_record *record, int64_t time)
{
	return record->from <= time && time < record->until;
}

static bool
is_before_first(const struct parent_ds *parent, int64_t time)
{
	for (size_t i = 0; i < parent->n; i++)
		if (parent->records[i].from <= time)
			return false;
	return true;
}

static bool
signs(const struct rfc5011_rrset *rrset, const uint8_t ds[DS_SHA256_SIZE])
{
	for (size_t i = 0; i < rrset->n; i++)
		if (rrset->keys[i].signs && !rrset->keys[i].revoked &&
		    memcmp(rrset->keys[i].ds, ds, DS_SHA256_SIZE) == 0)
			return true;
	return false;
}

/* By the set that the parent published at that time. */
static bool
set_validates(const struct parent_ds *parent, const struct rfc5011_rrset *rrset,
    int64_t time)
{
	for (size_t i = 0; i < parent->n; i++)
		if (is_published(&parent->records[i], time) &&
		    signs(rrset, parent->records[i].ds))
			return true;
	return is_before_first(parent, time);
}

/* The first change of the parent's set after that time. */
static int64_t
next_set(const struct parent_ds *parent, int64_t time)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < parent->n; i++) {
		const struct parent_ds_record *record = &parent->records[i];

		if (record->from > time && record->from < next)
			next = record->from;
		if (record->until > time && record->until < next)
			next = record->until;
	}
	return next;
}

bool
parent_ds_validates(const struct parent_ds *parent,
    const struct rfc5011_rrset *rrset, int64_t now)
{
	if (now < rrset->inception || now > rrset->expiration)
		return false;
	for (int64_t time = now - parent->lag_s; time <= now;
	     time = next_set(parent, time))
		if (!set_validates(parent, rrset, time))
			return false;
	return true;
}

bool
parent_ds_fails(const struct parent_ds *parent,
    const struct rfc5011_rrset *rrset, int64_t from, int64_t until,
    int64_t *ret)
{
	struct rfc5011_rrset always = *rrset;

	always.inception = INT64_MIN;
	always.expiration = INT64_MAX;
	for (int64_t at = from; at < until; at = parent_ds_next(parent, at))
		if (!parent_ds_validates(parent, &always, at)) {
			*ret = at;
			return true;
		}
	return false;
}

enum parent_ds_hold
parent_ds_hold(const struct parent_ds *parent, const uint8_t ds[DS_SHA256_SIZE],
    int64_t now)
{
	bool all = true, some = false;

	for (int64_t time = now - parent->lag_s; time <= now;
	     time = next_set(parent, time)) {
		bool published = false;

		for (size_t i = 0; i < parent->n; i++)
			published |= is_published(&parent->records[i], time) &&
			    memcmp(parent->records[i].ds, ds, DS_SHA256_SIZE) ==
				0;
		all &= published;
		some |= published;
	}
	return all ? PARENT_DS_ALL : some ? PARENT_DS_SOME : PARENT_DS_NONE;
}

int64_t
parent_ds_next(const struct parent_ds *parent, int64_t now)
{
	int64_t change = next_set(parent, now);
	int64_t forgotten = next_set(parent, now - parent->lag_s);

	if (forgotten != INT64_MAX)
		forgotten += parent->lag_s;
	return change < forgotten ? change : forgotten;
}
