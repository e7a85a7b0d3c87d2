/*
 * What a folder holds, as text that can be put on paper and compared: every
 * entry below it, sorted by the octets of its name, one line each and a second
 * one for a file's SHA-256 or a link's target.
 *
 *   anchorite manifest 1
 *   dir   0755            - .
 *   file  0644         1234 docs/read\x20me
 *         e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
 *   link     -            4 last
 *         -> docs
 *   total 3 entries, 1234 octets
 *
 * Names stand with every octet that is not visible ASCII, and the backslash,
 * as \xNN: no name can begin a line or look like another.  There are no times:
 * copying changes them, and some file systems store local time.  The same
 * content gives the same octets on any file system, in any locale.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"
#include "ksr/dns/pubkey.h"

#define MANIFEST_FILE_MAX    (32u * 1024 * 1024)
#define MANIFEST_ENTRIES_MAX 100000u
#define MANIFEST_DEPTH_MAX   64u
#define MANIFEST_NAME_MAX    4096u /* octets from the folder on */

enum manifest_type {
	MANIFEST_FILE,
	MANIFEST_DIR,
	MANIFEST_LINK,	/* symbolic; not followed */
	MANIFEST_MOUNT, /* another file system; not entered */
};

struct manifest_entry {
	enum manifest_type type;
	unsigned mode; /* permission bits; 0 for a link */
	uint64_t size; /* octets of a file, or of a link's target */
	uint8_t sha256[SHA256_SIZE]; /* of a file */
	char *name;   /* owned; as the file system has it; "." is the folder */
	char *target; /* owned; of a link; else NULL */
};

struct manifest {
	size_t n;
	size_t size; /* allocated */
	struct manifest_entry *entries; /* owned; sorted, no name twice */
};

/*
 * Reads the folder.  E_INPUT for what has no place on a medium (devices, pipes,
 * sockets), for what cannot be read, changes meanwhile or is beyond a limit:
 * nothing is left out.
 */
MUST_USE bool
manifest_of_folder(const char *dir, struct manifest *ret, struct err *err);
void manifest_clear(struct manifest *manifest);

/* Appends the text; E_INPUT if it would be larger than MANIFEST_FILE_MAX. */
MUST_USE bool manifest_format(
    const struct manifest *manifest, struct buf *ret, struct err *err);

/*
 * Reads a text that manifest_format wrote; after it there may be empty lines
 * and such that begin with "#".  E_INPUT with "name:line: ...".
 */
MUST_USE bool manifest_parse(struct bytes text, const char *name,
    struct manifest *ret, struct err *err);

/*
 * Every difference as {"name", "what", "was", "is"} in the order of names;
 * what is "added", "missing", "type", "mode", "size", "content" or "target".
 * NULL if memory ran out.
 */
json_t *manifest_compare(
    const struct manifest *was, const struct manifest *is);

/* Takes what manifest_compare found: E_REFUSED if that is anything. */
MUST_USE bool manifest_judge(
    const json_t *differences, const char *path, struct err *err);

/* Adds an entry and takes its texts over, also on failure.  E_MEMORY. */
MUST_USE bool manifest_add(struct manifest *manifest,
    struct manifest_entry *entry, struct err *err);

/* Sorts by the octets of the names. */
void manifest_sort(struct manifest *manifest);
