/*
 * The grammar of a KSR or SKR document as data: for each element its
 * attributes, the elements in it in their order, and the field of the model
 * that each value fills.  docs/ksr.rnc says the same in RELAX NG, and a test
 * holds the two against each other.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ksr/document/xml/field.h"

#define ELEMENT_ATTRIBUTES_MAX 3
#define ELEMENT_PARTICLES_MAX  10
#define PARTICLE_CHOICES_MAX   3

/* KSR/Response/ResponsePolicy/KSK/SignatureAlgorithm/RSA */
#define ELEMENT_DEPTH_MAX 6

struct attribute {
	const char *name; /* NULL: no more attributes */
	bool optional;
	struct field field;
};

/* An element whose fields lie in the object of the element around it. */
#define OBJECT_OF_PARENT 0

/*
 * What of a request or response an element stands for; its fields lie in that
 * object.  Another grammar has its own.
 */
enum object {
	OBJECT_DOCUMENT = OBJECT_OF_PARENT + 1,
	OBJECT_REQUEST,
	OBJECT_RESPONSE,
	OBJECT_KSK_POLICY,
	OBJECT_ZSK_POLICY,
	OBJECT_ALGORITHM,
	OBJECT_RSA,
	OBJECT_ECDSA,
	OBJECT_EDDSA,
	OBJECT_BUNDLE,
	OBJECT_SIGNER,
	OBJECT_KEY,
	OBJECT_SIGNATURE,
};

struct element;

/* min to max of one of the choices; max 0: no more particles. */
struct particle {
	size_t min, max;
	const struct element *choices[PARTICLE_CHOICES_MAX]; /* or NULL */
};

/* Holds either text or elements, never both. */
struct element {
	const char *name;
	int object; /* of the grammar's own */
	struct field text; /* FIELD_NONE: nothing but white space */
	struct attribute attributes[ELEMENT_ATTRIBUTES_MAX + 1];
	struct particle particles[ELEMENT_PARTICLES_MAX + 1];
};

/* A particle whose one choice is the root element, KSR. */
extern const struct element document_element;
