/*
 * RFC 7512 URIs that describe a token: "pkcs11:token=ksk;serial=0123".  They
 * describe nothing else here: a key is named by its label, and a PIN in a URI
 * would end in logs and records.  Knows no PKCS#11.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"

/* The longest field of CK_SLOT_INFO is 64 octets. */
#define URI_VALUE_MAX 64u

/* An attribute's value, percent-decoded; holds no NUL but the last. */
struct uri_value {
	bool given;
	size_t len;
	char data[URI_VALUE_MAX + 1];
};

struct token_uri {
	struct uri_value token;
	struct uri_value manufacturer;
	struct uri_value model;
	struct uri_value serial;
	struct uri_value slot_id;
	unsigned long slot; /* the number in slot_id */
	struct uri_value slot_description;
	struct uri_value slot_manufacturer;
	struct uri_value library_description;
	struct uri_value library_manufacturer;
	struct uri_value library_version;
	uint8_t library_major, library_minor; /* the numbers in it */
};

/* E_INPUT on failure.  Messages never repeat a value. */
MUST_USE bool
uri_parse(const char *text, struct token_uri *ret, struct err *err);

/* Appends what may stand as an attribute's value for these octets. */
void uri_escape(struct bytes value, struct buf *ret);
