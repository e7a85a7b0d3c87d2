#include <inttypes.h>

#include "ksr/dns/pubkey.h"
#include "ksr/request/zsk_schedule.h"

static bool
refuse(const struct key_count *count, struct err *err, size_t slot,
    const char *what)
{
	char text[KEY_COUNT_TEXT_SIZE];

	return err_set(err, E_INPUT, "num_keys_per_bundle%s%s, bundle %zu: %s",
	    count->algorithm == 0 ? "" : " of ",
	    count->algorithm == 0 ? "" : key_count_text(count, text),
	    slot + 1, what);
}

/* The slots that have keys of the algorithm: one row without a gap. */
static bool
find_row(const struct key_count *count, size_t *ret_from, size_t *ret_until,
    struct err *err)
{
	size_t n = count->n_per_bundle, from = 0, until;

	while (from < n && count->per_bundle[from] == 0)
		from++;
	until = from;
	while (until < n && count->per_bundle[until] > 0)
		until++;
	for (size_t i = from; i < until; i++)
		if (count->per_bundle[i] > 2)
			return refuse(count, err, i,
			    "a request is made with at most 2 keys of an "
			    "algorithm in a slot");
	for (size_t i = until; i < n; i++)
		if (count->per_bundle[i] > 0)
			return refuse(count, err, i,
			    "keys after slots without any; a request is made "
			    "with keys in one row of slots");
	*ret_from = from;
	*ret_until = until;
	return true;
}

/*
 * The old key stands in the slots with two keys at the row's beginning, the
 * next one in those at its end.  Where all have two, the old one leaves after
 * the first.
 */
static bool
share_row(const struct key_count *count, size_t from, size_t until,
    struct zsk_schedule *ret, struct err *err)
{
	size_t n = count->n_per_bundle, old = from, next = until;

	while (from == 0 && old < until && count->per_bundle[old] == 2)
		old++;
	if (old == until && until == n && n > 1)
		old = 1;
	while (until == n && next > old && count->per_bundle[next - 1] == 2)
		next--;
	for (size_t i = old; i < next; i++)
		if (count->per_bundle[i] == 2)
			return refuse(count, err, i,
			    "2 keys that are neither the old one's slots at "
			    "the beginning nor the next one's at the end");
	ret->slots[ZSK_OLD].from = from;
	ret->slots[ZSK_OLD].until = old;
	ret->slots[ZSK_CURRENT].from = from;
	ret->slots[ZSK_CURRENT].until = until;
	ret->slots[ZSK_NEXT].from = next;
	ret->slots[ZSK_NEXT].until = until;
	return true;
}

static bool
check_different(const struct key_count *count,
    const struct zsk_schedule *schedule, struct err *err)
{
	uint64_t n = 0;

	for (enum zsk_role role = 0; role < ZSK_ROLES; role++)
		n += schedule->slots[role].from < schedule->slots[role].until;
	if (n == count->different)
		return true;
	return err_set(err, E_INPUT,
	    "num_different_keys_in_all_bundles is %" PRIu64
	    ", where num_keys_per_bundle makes a request with %" PRIu64,
	    count->different, n);
}

bool
zsk_schedule_of(
    const struct key_count *count, struct zsk_schedule *ret, struct err *err)
{
	size_t n = count->n_per_bundle, from = 0, until = 0;
	struct zsk_schedule schedule = { 0 };

	if (!find_row(count, &from, &until, err))
		return false;
	if (n > 1 && from == n - 1 && count->per_bundle[from] == 1) {
		schedule.slots[ZSK_NEXT].from = from;
		schedule.slots[ZSK_NEXT].until = until;
	} else if (n > 1 && until == 1 && count->per_bundle[0] == 1) {
		schedule.slots[ZSK_OLD].until = until;
	} else if (!share_row(count, from, until, &schedule, err)) {
		return false;
	}
	if (!check_different(count, &schedule, err))
		return false;
	*ret = schedule;
	return true;
}

bool
zsk_stands(const struct zsk_schedule *schedule, enum zsk_role role, size_t slot)
{
	return slot >= schedule->slots[role].from &&
	    slot < schedule->slots[role].until;
}
