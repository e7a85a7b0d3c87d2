#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hsm/internal.h"

/* Whether the numbers make a public key, which only they have to say. */
static bool
is_whole(const struct hsm_key *key)
{
	return key->type == HSM_RSA
	    ? key->modulus_len > 0 && key->exponent_len > 0
	    : key->point_len > 0;
}

/* Leaves *ret alone where none of them is the pinned one. */
static void
take_pinned(
    const struct halves *halves, const struct hsm_pin *pin, struct hsm_key *ret)
{
	for (size_t i = 0; i < halves->n; i++) {
		if (!is_whole(&halves->list[i]) ||
		    !pin->is_it(&halves->list[i], pin->arg))
			continue;
		*ret = halves->list[i];
		ret->has_public = true;
		return;
	}
}

/* Among the public objects; label NULL is any. */
static bool
take_public(struct hsm *hsm, const char *label, const struct hsm_pin *pin,
    struct hsm_key *ret, struct err *err)
{
	struct halves public = { 0 };

	if (!halves_read(hsm, CKO_PUBLIC_KEY, label, &public, err))
		return false;
	take_pinned(&public, pin, ret);
	free(public.list);
	return true;
}

/* Nothing that could be compared: then its caller's word is all there is. */
static bool
shows_none(const struct halves *private)
{
	for (size_t i = 0; i < private->n; i++)
		if (is_whole(&private->list[i]))
			return false;
	return true;
}

/*
 * True with ret->has_public false where the token shows none, or nothing bears
 * the label.
 */
static bool
find_public(struct hsm *hsm, const char *label, const struct halves *private,
    const struct hsm_pin *pin, struct hsm_key *ret, struct err *err)
{
	if (!take_public(hsm, label, pin, ret, err))
		return false;
	if (!ret->has_public)
		take_pinned(private, pin, ret);
	if (ret->has_public || private->n == 0)
		return true;
	if (!take_public(hsm, NULL, pin, ret, err))
		return false;
	if (!ret->has_public && pin->known != NULL && shows_none(private)) {
		*ret = *pin->known;
		ret->has_public = true;
	}
	return true;
}

/* How well a private half goes with the public one; 0 if it cannot. */
static unsigned
rank(const struct hsm_key *private, const struct hsm_key *public)
{
	if (private->defect[0] != '\0' || !key_same(private, public))
		return 0;
	if (is_whole(private))
		return 3;
	return bytes_equal(key_id(private), key_id(public)) ? 2 : 1;
}

/* The best; with *ret_n how many there are that are not whole. */
static const struct hsm_key *
private_of(
    const struct halves *private, const struct hsm_key *public, size_t *ret_n)
{
	const struct hsm_key *best = NULL;
	unsigned best_rank = 0;

	*ret_n = 0;
	for (size_t i = 0; i < private->n; i++) {
		unsigned r = rank(&private->list[i], public);

		if (r > best_rank) {
			best = &private->list[i];
			best_rank = r;
			*ret_n = 0;
		}
		if (r > 0 && r == best_rank && r < 3)
			++*ret_n;
	}
	return best;
}

static struct hsm_key
under_label(const struct hsm_key *public, const char *label)
{
	struct hsm_key key = *public;

	snprintf(key.label, sizeof(key.label), "%s", label);
	snprintf(key.name, sizeof(key.name), "%s", label);
	return key;
}

/* Under the public half's CKA_ID, where the label leads to none. */
static bool
join_private(const char *label, const struct halves *private,
    const struct hsm_key *public, struct hsm_key *ret, struct err *err)
{
	size_t n;
	const struct hsm_key *found = private_of(private, public, &n);

	if (found == NULL && private->n > 0 &&
	    private->list[0].defect[0] != '\0')
		return err_set(err, E_HSM, "key \"%s\" cannot be used: %s",
		    label, private->list[0].defect);
	if (found == NULL)
		return err_set(err, E_HSM,
		    "the pinned public key is there, its private key is not: "
		    "\"%s\"",
		    label);
	if (n > 1)
		return err_set(err, E_HSM,
		    "%zu private keys may be the pinned key's, and nothing "
		    "tells which: \"%s\"",
		    n, label);
	*ret = key_join(found, public);
	*ret = under_label(ret, label);
	return true;
}

/* Those that bear the public half's CKA_ID. */
static bool
private_by_id(struct hsm *hsm, const struct hsm_key *public, struct halves *ret,
    struct err *err)
{
	struct halves all = { 0 };
	size_t n = 0;

	if (!halves_read(hsm, CKO_PRIVATE_KEY, NULL, &all, err))
		return false;
	for (size_t i = 0; i < all.n; i++)
		if (public->id_len > 0 &&
		    bytes_equal(key_id(&all.list[i]), key_id(public)))
			all.list[n++] = all.list[i];
	all.n = n;
	*ret = all;
	return true;
}

/* With `alone` a public half that has no private one is enough. */
static bool
find_pinned(struct hsm *hsm, const char *label, const struct hsm_pin *pin,
    bool alone, struct hsm_key *ret, struct err *err)
{
	struct halves private = { 0 };
	struct hsm_key public = { 0 };
	bool ok = key_check_label(label, err) &&
	    token_require_login(hsm, err) &&
	    halves_read(hsm, CKO_PRIVATE_KEY, label, &private, err) &&
	    find_public(hsm, label, &private, pin, &public, err);

	if (ok && public.has_public && private.n == 0) {
		free(private.list);
		private.list = NULL;
		ok = private_by_id(hsm, &public, &private, err);
	}
	if (ok && alone && public.has_public && private.n == 0)
		*ret = under_label(&public, label);
	else if (ok)
		ok = public.has_public
		    ? join_private(label, &private, &public, ret, err)
		    : key_find(hsm, label, ret, err);
	free(private.list);
	return ok;
}

bool
here_find_pinned(struct hsm *hsm, const char *label, const struct hsm_pin *pin,
    struct hsm_key *ret, struct err *err)
{
	return find_pinned(hsm, label, pin, false, ret, err) ||
	    token_context(hsm, err);
}

bool
here_find_published(struct hsm *hsm, const char *label,
    const struct hsm_pin *pin, struct hsm_key *ret, struct err *err)
{
	return find_pinned(hsm, label, pin, true, ret, err) ||
	    token_context(hsm, err);
}
