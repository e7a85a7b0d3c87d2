/*
 * Which of an algorithm's ZSKs stands in which slot of a cycle, as its key
 * count says.  Keys change at a cycle's edges only (DPS 6.6):
 *
 *   2 1 1 1 1 1 1 1 2   the last cycle's key leaves after slot 1, the next
 *                       one's comes in the last slot
 *   0 0 0 0 0 0 0 0 1   an algorithm comes: the next cycle's key
 *   1 1 1 1 1 1 1 1 2   in its first whole cycle no key leaves
 *   2 1 1 1 1 1 1 1 1   in its last whole cycle no key comes
 *   1 0 0 0 0 0 0 0 0   an algorithm goes: the last cycle's key
 */
#pragma once

#include "ksr/base/err.h"
#include "ksr/policy/key_counts.h"

/* By the cycle in which the key signs the zone. */
enum zsk_role { ZSK_OLD, ZSK_CURRENT, ZSK_NEXT, ZSK_ROLES };

/* Each role's slots, counted from 0: from the one, before the other. */
struct zsk_schedule {
	struct {
		size_t from, until; /* equal: it stands nowhere */
	} slots[ZSK_ROLES];
};

/*
 * E_INPUT for counts that fit no such row: three keys in a slot, a gap, two
 * keys between slots with one, or another number of different keys.
 */
MUST_USE bool zsk_schedule_of(
    const struct key_count *count, struct zsk_schedule *ret, struct err *err);

bool zsk_stands(
    const struct zsk_schedule *schedule, enum zsk_role role, size_t slot);
