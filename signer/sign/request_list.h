/*
 * A manifest of requests: what `sign --manifest` is to sign, a zone a row, each
 * request with its SHA-256, so that who confirms the manifest's own confirms
 * all.  YAML, read as strictly as the configuration:
 *
 *   requests:
 *     example.:
 *       request: ksr/example.xml
 *       sha256: 64 hexadecimal digits
 *       previous_skr: skr/example-q1.xml     or `first: true`
 *       response: skr/example-q2.xml
 *       schema: normal                       the default
 *       alternative: name                    none by default
 *
 * Paths go from the folder that the manifest is in, a response's from the one
 * that is given for them, and never out of it.
 */
#pragma once

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"
#include "ksr/dns/dname.h"
#include "ksr/dns/sha256.h"

struct tree;

struct request_row {
	const char *zone; /* the list's, as it is written */
	struct dname dname;
	size_t line, column;
	char *request, *previous, *response; /* owned; previous may be NULL */
	uint8_t sha256[SHA256_SIZE]; /* that the request must have */
	const char *schema, *alternative; /* the list's; NULL: none */
};

struct request_list {
	const char *path; /* borrowed */
	uint8_t sha256[SHA256_SIZE];
	struct tree *tree; /* owned */
	size_t n;
	struct request_row *rows; /* owned; in the order of the file */
};

/*
 * E_INPUT with "path:line:column: ..." for whatever is no manifest, names a zone
 * or a file twice, or leads out of the folder.  `into` is where the responses go;
 * NULL: the manifest's folder.
 */
MUST_USE bool request_list_read(struct bytes yaml, const char *path,
    const char *into, struct request_list *ret, struct err *err);
void request_list_clear(struct request_list *list);
