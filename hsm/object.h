/*
 * Objects on the token and their attributes.  Whatever the token answers is
 * held to the buffer it was given: a length is never believed.
 */
#pragma once

#include "hsm/internal.h"

/* More objects than this in one search are refused. */
#define OBJECTS_MAX 4096u

/* A 4,096-bit modulus with room for leading zeros. */
#define ATTRIBUTE_MAX 1024u

enum attribute_state {
	ATTRIBUTE_ABSENT, /* the object has none, or the token does not say */
	ATTRIBUTE_TOO_LONG,
	ATTRIBUTE_PRESENT,
};

struct attribute {
	enum attribute_state state;
	size_t len; /* 0 unless present */
	uint8_t data[ATTRIBUTE_MAX];
};

/*
 * All objects of the class that bear the label, with or without a NUL behind
 * it, as some tools write it; class NULL is any.  *ret is freed with free().
 */
MUST_USE bool object_find_label(struct hsm *hsm, const CK_OBJECT_CLASS *class,
    const char *label, CK_OBJECT_HANDLE **ret, size_t *ret_n, struct err *err);

/* Which halves of a label the token shows. */
enum halves_left {
	LEFT_UNKNOWN, /* it does not answer */
	LEFT_NONE,
	LEFT_PRIVATE,
	LEFT_PUBLIC,
	LEFT_BOTH,
};

/* Asked when a call that makes or destroys has failed: it may have done so. */
enum halves_left halves_left(struct hsm *hsm, const char *label);

/* All objects with these attributes; *ret is freed with free(). */
MUST_USE bool object_find(struct hsm *hsm, CK_ATTRIBUTE *match, size_t n_match,
    CK_OBJECT_HANDLE **ret, size_t *ret_n, struct err *err);

/*
 * A value that the token does not have is no error.  E_INPUT where it is this
 * object that is odd; E_HSM where the token does not answer.
 */
MUST_USE bool object_read(struct hsm *hsm, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, struct attribute *ret, struct err *err);

/* False with *ret_absent set (if not NULL) where the token does not say. */
MUST_USE bool object_read_bool(struct hsm *hsm, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, bool *ret, bool *ret_absent, struct err *err);

/* CK_UNAVAILABLE_INFORMATION where the token does not say. */
MUST_USE bool object_read_ulong(struct hsm *hsm, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, CK_ULONG *ret, struct err *err);
