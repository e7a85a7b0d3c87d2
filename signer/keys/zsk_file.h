/*
 * ZSKs in files, for rehearsals: a folder of pairs K<zone>+008+12345.key and
 * .private in BIND's format, which dnssec-signzone and ldns-signzone take as
 * they are.  docs/formats.md describes them.  The private halves are never put
 * on record or shown.
 */
#pragma once

#include <openssl/evp.h>

#include "ksr/base/limits.h"
#include "ksr/document/ksr.h"

struct zsk_file {
	char base[PATH_MAX_LEN + 1]; /* the path without ".key" */
	struct dnskey dnskey; /* identifier: its label, or else its name */
};

struct zsk_folder {
	char path[PATH_MAX_LEN + 1];
	char zone[DNAME_TEXT_MAX + 1]; /* canonical, with its final dot */
	char file_zone[DNAME_TEXT_MAX + 1]; /* the same in names of files */
	size_t n;
	struct zsk_file *files; /* owned; in the order of their names */
};

/*
 * Reads the public half of every ZSK of the zone; a folder that does not exist
 * is made, for its owner alone.  E_INPUT with "path:line: ..." for a file that
 * does not hold the key that its name names, or a label that another has.
 */
MUST_USE bool zsk_folder_open(const char *path, const char *zone,
    struct zsk_folder *ret, struct err *err);
void zsk_folder_close(struct zsk_folder *folder);

/* NULL if there is none. */
const struct zsk_file *
zsk_folder_find(const struct zsk_folder *folder, const char *label);
const struct zsk_file *
zsk_folder_find_key(const struct zsk_folder *folder, const struct dnskey *key);

/*
 * The private half.  Refused unless its owner alone may read it, and unless a
 * signature by it verifies with the public half.
 */
MUST_USE bool
zsk_file_load(const struct zsk_file *file, EVP_PKEY **ret, struct err *err);

/*
 * Writes the pair, the private half first and with mode 0600; the public half
 * has the key's identifier as its label.  Replaces no file.
 */
MUST_USE bool zsk_file_write(const struct zsk_folder *folder,
    const struct dnskey *key, const EVP_PKEY *pkey, struct err *err);
