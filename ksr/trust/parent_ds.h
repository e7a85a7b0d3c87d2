/*
 * Followers of a parent: they trust a KSK while they hold its DS, whatever the
 * zone published before (RFC 4035 section 5.2, RFC 7583 section 2.2).  Pure:
 * the caller says which DS the parent publishes, and since when.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/trust/rfc5011.h"

#define PARENT_DS_MAX 16u

/* In the parent's zone: from is in it, until is not. */
struct parent_ds_record {
	uint8_t ds[DS_SHA256_SIZE];
	int64_t from, until; /* INT64_MAX: until further notice */
};

struct parent_ds {
	/*
	 * For how long after a change some follower still goes by the set
	 * before it: the DS TTL, and what the parent's servers take.
	 */
	int64_t lag_s;
	size_t n;
	struct parent_ds_record records[PARENT_DS_MAX];
};

/*
 * Whether the RRset validates at that time for every follower: one of the DS
 * that each may hold is that of a key that signs it and is not revoked in it
 * (a revoked key's RDATA has another digest).  Before the first DS the zone is
 * not signed for anybody (RFC 4035 section 5.2), and nobody can fail; a set
 * that was emptied later says nothing good.
 */
bool parent_ds_validates(const struct parent_ds *parent,
    const struct rfc5011_rrset *rrset, int64_t now);

/*
 * Whether at some time from the one to the other, which is not in it, somebody
 * holds no DS of a key that signs the RRset; *ret is the first such moment.
 * When the RRset itself is valid is another matter.
 */
bool parent_ds_fails(const struct parent_ds *parent,
    const struct rfc5011_rrset *rrset, int64_t from, int64_t until,
    int64_t *ret);

enum parent_ds_hold {
	PARENT_DS_NONE, /* nobody holds its DS */
	PARENT_DS_SOME,
	PARENT_DS_ALL,
};

enum parent_ds_hold parent_ds_hold(const struct parent_ds *parent,
    const uint8_t ds[DS_SHA256_SIZE], int64_t now);

/* When what followers hold changes next after that time; INT64_MAX: never. */
int64_t parent_ds_next(const struct parent_ds *parent, int64_t now);
