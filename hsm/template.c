#include <string.h>

#include "hsm/object.h"
#include "hsm/template.h"

static const CK_BBOOL no = CK_FALSE, yes = CK_TRUE;

/* Where a wish for it stands, plus one. */
#define WISH(member) (offsetof(struct hsm_wishes, member) + 1)

/*
 * What a KSK may do: sign, and nothing else.  Everything is asked for in so
 * many words, because tokens differ in what they grant unasked.
 * CKA_MODIFIABLE comes last: once it is false, an object of SoftHSM's that is
 * unwrapped takes nothing more.
 */
static const struct wanted {
	CK_ATTRIBUTE_TYPE type;
	const char *name;
	CK_OBJECT_CLASS half;
	CK_BBOOL value;
	size_t wish; /* 0: none */
} wanted[] = {
#define NAMED(type) type, #type
	{ NAMED(CKA_TOKEN), CKO_PUBLIC_KEY, CK_TRUE, 0 },
	{ NAMED(CKA_PRIVATE), CKO_PUBLIC_KEY, CK_FALSE, WISH(public_private) },
	{ NAMED(CKA_VERIFY), CKO_PUBLIC_KEY, CK_TRUE, WISH(sign) },
	{ NAMED(CKA_ENCRYPT), CKO_PUBLIC_KEY, CK_FALSE, WISH(decrypt) },
	{ NAMED(CKA_WRAP), CKO_PUBLIC_KEY, CK_FALSE, WISH(unwrap) },
	{ NAMED(CKA_DERIVE), CKO_PUBLIC_KEY, CK_FALSE, WISH(derive) },
	{ NAMED(CKA_MODIFIABLE), CKO_PUBLIC_KEY, CK_FALSE, 0 },
	{ NAMED(CKA_TOKEN), CKO_PRIVATE_KEY, CK_TRUE, 0 },
	{ NAMED(CKA_PRIVATE), CKO_PRIVATE_KEY, CK_TRUE, 0 },
	{ NAMED(CKA_SENSITIVE), CKO_PRIVATE_KEY, CK_TRUE, WISH(sensitive) },
	{ NAMED(CKA_EXTRACTABLE), CKO_PRIVATE_KEY, CK_FALSE,
	    WISH(extractable) },
	{ NAMED(CKA_SIGN), CKO_PRIVATE_KEY, CK_TRUE, WISH(sign) },
	{ NAMED(CKA_DECRYPT), CKO_PRIVATE_KEY, CK_FALSE, WISH(decrypt) },
	{ NAMED(CKA_UNWRAP), CKO_PRIVATE_KEY, CK_FALSE, WISH(unwrap) },
	{ NAMED(CKA_DERIVE), CKO_PRIVATE_KEY, CK_FALSE, WISH(derive) },
	{ NAMED(CKA_MODIFIABLE), CKO_PRIVATE_KEY, CK_FALSE, 0 },
};

/* What the token says of how the key came about; nobody can ask for it. */
static const struct wanted history[] = {
	{ NAMED(CKA_ALWAYS_SENSITIVE), CKO_PRIVATE_KEY, CK_FALSE,
	    WISH(always_sensitive) },
	{ NAMED(CKA_NEVER_EXTRACTABLE), CKO_PRIVATE_KEY, CK_FALSE,
	    WISH(never_extractable) },
	{ NAMED(CKA_LOCAL), CKO_PRIVATE_KEY, CK_FALSE, WISH(local) },
#undef NAMED
};

void
attributes_add(struct attributes *attributes, CK_ATTRIBUTE_TYPE type,
    const void *value, size_t len)
{
	/* The token only reads it, though CK_ATTRIBUTE cannot say so. */
	attributes->list[attributes->n++] =
	    (CK_ATTRIBUTE){ type, (void *)(uintptr_t)value, len };
}

static enum hsm_wish
wish_of(const struct hsm_wishes *wishes, const struct wanted *w)
{
	enum hsm_wish wish;

	if (w->wish == 0)
		return HSM_AS_EVER;
	memcpy(&wish, (const uint8_t *)wishes + w->wish - 1, sizeof(wish));
	return wish;
}

/* NULL: it is left to the token. */
static const CK_BBOOL *
value_of(const struct hsm_wishes *wishes, const struct wanted *w)
{
	switch (wish_of(wishes, w)) {
	case HSM_LEFT_TO_TOKEN:
		return NULL;
	case HSM_FALSE:
		return &no;
	case HSM_TRUE:
		return &yes;
	case HSM_AS_EVER:
		break;
	}
	return w->value == CK_TRUE ? &yes : &no;
}

void
template_put(const struct hsm_wishes *wishes, struct attributes *private,
    struct attributes *public)
{
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		const CK_BBOOL *value = value_of(wishes, &wanted[i]);

		if (value != NULL)
			attributes_add(wanted[i].half == CKO_PRIVATE_KEY
				? private
				: public,
			    wanted[i].type, value, sizeof(*value));
	}
}

static const char *
half_name(CK_OBJECT_CLASS half)
{
	return half == CKO_PRIVATE_KEY ? "private" : "public";
}

static bool
check_one(struct hsm *hsm, const struct wanted *w, CK_BBOOL wished,
    CK_OBJECT_HANDLE object, struct err *err)
{
	bool value, absent;

	if (!object_read_bool(hsm, object, w->type, &value, &absent, err))
		return false;
	return (!absent && value == (wished == CK_TRUE)) ||
	    err_set(err, E_HSM, "%s of the %s key is %s, %s was asked for",
		w->name, half_name(w->half),
		absent      ? "not given"
		    : value ? "true"
			    : "false",
		wished == CK_TRUE ? "true" : "false");
}

/* Of a half, which lasts or is the session's. */
static bool
check_half(struct hsm *hsm, const struct hsm_wishes *wishes,
    CK_OBJECT_CLASS half, CK_OBJECT_HANDLE object, bool lasts, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		const struct wanted *w = &wanted[i];
		const CK_BBOOL *value = w->type == CKA_TOKEN && !lasts
		    ? &no
		    : value_of(wishes, w);

		if (w->half == half && value != NULL &&
		    !check_one(hsm, w, *value, object, err))
			return false;
	}
	return true;
}

static bool
check_history(struct hsm *hsm, const struct hsm_wishes *wishes,
    CK_OBJECT_HANDLE private, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(history); i++)
		if (wish_of(wishes, &history[i]) >= HSM_FALSE &&
		    !check_one(hsm, &history[i], *value_of(wishes, &history[i]),
			private, err))
			return false;
	return true;
}

bool
template_check(struct hsm *hsm, const struct hsm_wishes *wishes,
    CK_OBJECT_HANDLE private, CK_OBJECT_HANDLE public, struct err *err)
{
	return check_half(hsm, wishes, CKO_PUBLIC_KEY, public, true, err) &&
	    check_half(hsm, wishes, CKO_PRIVATE_KEY, private, true, err) &&
	    check_history(hsm, wishes, private, err);
}

bool
template_check_session(struct hsm *hsm, const struct hsm_wishes *wishes,
    CK_OBJECT_HANDLE private, struct err *err)
{
	return check_half(hsm, wishes, CKO_PRIVATE_KEY, private, false, err) &&
	    check_history(hsm, wishes, private, err);
}

struct attributes
template_in_session(const struct attributes *all, size_t without)
{
	struct attributes some = { .n = 0 };

	for (size_t i = 0; i < all->n; i++) {
		const CK_ATTRIBUTE *a = &all->list[i];

		if (i != without)
			attributes_add(&some, a->type,
			    a->type == CKA_TOKEN ? &no : a->pValue,
			    a->ulValueLen);
	}
	return some;
}

static bool
is_taken(struct hsm *hsm, CK_MECHANISM *mechanism, struct attributes private,
    struct attributes public)
{
	CK_OBJECT_HANDLE a, b;

	if (CALL(hsm, C_GenerateKeyPair, hsm->session, mechanism, public.list,
		public.n, private.list, private.n, &b, &a) != CKR_OK)
		return false;
	(void)CALL(hsm, C_DestroyObject, hsm->session, a);
	(void)CALL(hsm, C_DestroyObject, hsm->session, b);
	return true;
}

static void
say_refused(const CK_ATTRIBUTE *a, CK_OBJECT_CLASS half, struct err *err)
{
	const char *name = a->type == CKA_ID ? "CKA_ID" : "an attribute";
	bool value = a->ulValueLen == sizeof(CK_BBOOL) &&
	    *(const CK_BBOOL *)a->pValue == CK_TRUE;

	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		if (wanted[i].type == a->type)
			name = wanted[i].name;
	err_append(err, "; it refuses %s%s of the %s key", name,
	    a->type == CKA_ID ? ""
		: value       ? " true"
			      : " false",
	    half_name(half));
}

/* One of a half's that can be done without; false where none is the one. */
static bool
find_refused(struct hsm *hsm, CK_MECHANISM *mechanism,
    const struct attributes *private, const struct attributes *public,
    CK_OBJECT_CLASS half, struct err *err)
{
	const struct attributes *own =
	    half == CKO_PRIVATE_KEY ? private : public;
	const size_t none = SIZE_MAX;

	for (size_t i = 0; i < own->n; i++) {
		const CK_ATTRIBUTE *a = &own->list[i];

		if (a->type == CKA_TOKEN ||
		    (a->type != CKA_ID && a->ulValueLen != sizeof(CK_BBOOL)))
			continue;
		if (is_taken(hsm, mechanism,
			template_in_session(private, half == CKO_PRIVATE_KEY ? i : none),
			template_in_session(
			    public, half == CKO_PUBLIC_KEY ? i : none))) {
			say_refused(a, half, err);
			return true;
		}
	}
	return false;
}

void
template_say_refused(struct hsm *hsm, CK_MECHANISM *mechanism,
    const struct attributes *private, const struct attributes *public,
    struct err *err)
{
	/* As it is, but for the session: then that was not it. */
	if (!is_taken(hsm, mechanism, template_in_session(private, private->n),
		template_in_session(public, public->n)) &&
	    !find_refused(hsm, mechanism, private, public, CKO_PUBLIC_KEY, err))
		(void)find_refused(
		    hsm, mechanism, private, public, CKO_PRIVATE_KEY, err);
}
