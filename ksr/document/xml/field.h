/*
 * One text of a document and the field of the model that it fills.  A field is
 * described by data, so that the grammar can be a table.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/err.h"

enum field_kind {
	FIELD_NONE = 0,
	FIELD_NUMBER,     /* decimal, 0 to max */
	FIELD_TIME,       /* xsd:dateTime, see time_parse */
	FIELD_DURATION,   /* xsd:duration, see duration_parse */
	FIELD_BASE64,     /* 1 to size octets */
	FIELD_HEX,        /* 1 to size octets, as xsd:hexBinary */
	FIELD_DOMAIN,     /* see dname_parse; kept as written */
	FIELD_IDENTIFIER, /* 1 to ID_MAX printable ASCII characters */
	FIELD_DNSKEY,     /* the word DNSKEY; nothing to keep */
};

struct field {
	enum field_kind kind;
	size_t offset; /* in the object */
	size_t size;   /* of the member */
	uint64_t max;  /* FIELD_NUMBER */
	/*
	 * Offset of the uint16_t that counts a FIELD_BASE64's or FIELD_HEX's
	 * octets, or of the bool that says that an optional FIELD_TIME or
	 * FIELD_NUMBER is there; else 0.
	 */
	size_t companion;
};

/*
 * Reads text into the object's field.  E_INPUT says what was seen, cut short,
 * and what was wanted; the object is then unchanged, but for FIELD_BASE64
 * and FIELD_HEX.
 */
MUST_USE bool field_store(
    const struct field *field, const char *text, void *object, struct err *err);
