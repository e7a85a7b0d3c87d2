/*
 * The formats of requests and responses: a row a format.  A format is its
 * reader, its writer and what of the model it has no place for; no other part
 * of the program knows which there are.  A new one is a row and its reader.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"
#include "ksr/dns/sha256.h"
#include "ksr/document/ksr.h"

struct text_style; /* of what is spelled otherwise: text/text.h */

struct format {
	const char *name; /* as --format has it, and the record */
	const char *title; /* "the root's XML", in messages */
	const char *suffix; /* of a file that is named here: "xml" */
	unsigned lacks;	   /* of enum ksr_lack */
	/* How long its followers want signatures to begin before they are used. */
	int64_t lead_s;
	bool child_ttl_zero; /* of CDNSKEY and CDS; else the policy's TTL */
	const struct text_style *style; /* handed to its functions; or NULL */
	/* Whether the octets are meant to be of this format: by how they begin. */
	bool (*recognise)(const struct text_style *style, struct bytes octets);
	/*
	 * Reads a request or response; name is used in messages:
	 * "name:line:column: ...".  E_INPUT or E_MEMORY.
	 */
	bool (*read)(const struct text_style *style, struct bytes octets,
	    const char *name, struct ksr **ret, struct err *err);
	/* Appends it; the same octets for the same document. */
	void (*write)(const struct text_style *style, const struct ksr *ksr,
	    struct buf *ret);
	/*
	 * When a record is used, by the id that the reader gave it; false: it is
	 * no id of the file with this SHA-256.  NULL: ids are the document's.
	 */
	bool (*begins)(const struct text_style *style, const char *id,
	    const uint8_t file_sha256[SHA256_SIZE], int64_t *ret);
};

extern const struct format format_xml, format_bind, format_knot;

const struct format *format_of(enum ksr_format format);

/* That of this name; E_USAGE says which there are. */
MUST_USE bool
format_named(const char *name, enum ksr_format *ret, struct err *err);

/*
 * When the record of that id is used, where the request with this SHA-256 is of
 * a format whose reader makes ids; else false.
 */
bool format_begins_by_id(
    const char *id, const uint8_t request_sha256[SHA256_SIZE], int64_t *ret);

/*
 * Whether the octets begin as a request or response of some format; else *why
 * says what they are, as far as that is known.
 */
bool format_begins(struct bytes octets, const char *name, struct err *why);

/* Of XML: the root element and all behind it. */
struct bytes format_root_element(struct bytes octets);

/*
 * That which the octets are meant to be of; E_INPUT says what else they are,
 * where that is known.
 */
MUST_USE bool format_recognise(struct bytes octets, const char *name,
    enum ksr_format *ret, struct err *err);
