/*
 * The officers whose components make the key that a copy is wrapped under, by
 * the components' check values: a file for everybody, which stands for a
 * recipient as a transport key's does.  A component itself is seen by its
 * officer, in locked memory, and by the token.
 */
#pragma once

#include <jansson.h>

#include "ksr/base/bytes.h"
#include "ksr/dns/sha256.h"
#include "signer/token/token.h"

#define COMPONENTS_MIN	    2u
#define COMPONENTS_MAX	    9u
#define COMPONENTS_FILE_MAX 512u

struct components {
	size_t n; /* 0: there are none */
	uint8_t checks[COMPONENTS_MAX][HSM_CHECK_SIZE];
	uint8_t whole[HSM_CHECK_SIZE]; /* of the key that all of them make */
};

/* Whether the file begins as a list of components does. */
bool components_begin(struct bytes text);

MUST_USE bool components_format(
    const struct components *components, struct buf *ret, struct err *err);

/*
 * Strict: E_INPUT for a file that components_format would not write so, and
 * where two check values are the same.
 */
MUST_USE bool components_parse(
    struct bytes text, struct components *ret, struct err *err);

/* Of the file that components_format writes. */
MUST_USE bool components_hash(const struct components *components,
    uint8_t ret[SHA256_SIZE], struct err *err);

/* The check values, in hex, but for the whole's. */
json_t *json_of_components(const struct components *components);

/* The reverse, without the whole's.  E_INPUT. */
MUST_USE bool components_of_json(
    const json_t *json, struct components *ret, struct err *err);

/* "AB CD EF" */
#define CHECK_TEXT_SIZE (3 * HSM_CHECK_SIZE)
void check_text(
    const uint8_t check[HSM_CHECK_SIZE], char ret[CHECK_TEXT_SIZE]);
