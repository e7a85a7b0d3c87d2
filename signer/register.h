/*
 * The register: every request that was signed, with its response's hash, and
 * which response was activated.  A hash-chained file (chain.h) beside the
 * configuration, so that it outlives each ceremony's record.
 *
 *   signing    a response was made and verified, and is about to be published
 *   published  the response of the line before has its name
 *   activated  the zone uses this response
 *
 * A "signing" that its "published" does not follow was interrupted: nobody
 * knows whether the response left the ceremony.  Never decides what may be
 * signed: the checks do, from ledger_processed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/check.h"
#include "signer/chain.h"
#include "signer/input.h"

#define REGISTER_FILE      "register.jsonl"
#define REGISTER_PATH_SIZE (PATH_MAX_LEN + sizeof("/" REGISTER_FILE))
#define REGISTER_FORMAT    1

enum ledger_state {
	LEDGER_INTERRUPTED,
	LEDGER_REPEATED, /* interrupted, and signed once more further down */
	LEDGER_PUBLISHED,
};

/* One "signing" and what followed; texts are the ledger's. */
struct ledger_entry {
	size_t line; /* in the file, from 1 */
	int64_t signed_at;
	const char *request_id;
	uint8_t request_sha256[SHA256_SIZE];
	const char *domain;
	uint64_t serial;
	int64_t inception;  /* the first bundle's */
	int64_t expiration; /* the last bundle's */
	const char *schema;
	const char *alternative; /* NULL: signed without that name */
	uint8_t response_sha256[SHA256_SIZE];
	size_t n_bundle_ids;
	const char **bundle_ids; /* the array is owned */
	enum ledger_state state;
	int64_t published_at;
	bool active;
	int64_t activated_at;
};

struct ledger; /* opaque: the register as read, or as opened for writing */

/* The register beside this configuration file. */
void ledger_path(const char *configuration, char ret[REGISTER_PATH_SIZE]);

/* 1 to NAME_MAX_LEN of a-z, 0-9, "_" and "-". */
bool alternative_is_name(const char *text);

/* E_USAGE: --alternative is none. */
bool err_set_alternative(struct err *err);

/*
 * Opens for writing, locked against other runs, or creates.  E_REFUSED with
 * "path:line: ..." for a broken chain or a line that is none of a register's.
 */
MUST_USE bool
ledger_open(const char *path, struct ledger **ret, struct err *err);

/* Reads without a lock; *ret is NULL where there is no register. */
MUST_USE bool
ledger_read(const char *path, struct ledger **ret, struct err *err);

/* Reads a register's content, which is copied; name is used in messages. */
MUST_USE bool ledger_of_bytes(struct bytes content, const char *name,
    struct ledger **ret, struct err *err);

/* NULL does nothing, and is empty to all that only ask, up to "processed". */
void ledger_close(struct ledger *ledger);

/* The file as it was read. */
struct bytes ledger_content(const struct ledger *ledger);
/* The last line's SHA-256 as it was read, in hex. */
const char *ledger_head(const struct ledger *ledger);
/*
 * The time before which a clock is wrong (KSR-POLICY-CLOCK): the later of
 * earliest_now and the last line's; 0 if earliest_now is, in rehearsal time.
 */
int64_t ledger_floor(const struct ledger *ledger, int64_t earliest_now);

const struct ledger_entry *
ledger_entries(const struct ledger *ledger, size_t *ret_n);

/*
 * The response that was last signed to this request by this schema, under this
 * alternative's name or without one (NULL); NULL if there is none.
 */
const struct ledger_entry *ledger_find(const struct ledger *ledger,
    const uint8_t request_sha256[SHA256_SIZE], const char *schema,
    const char *alternative);

/* For check_input: not NULL where there is a register, however empty. */
const struct processed *
ledger_processed(const struct ledger *ledger, size_t *ret_n);

/*
 * The entry whose published response has this hash.  E_REFUSED if there is
 * none, or if another response to the same request is active.
 */
MUST_USE bool ledger_may_activate(const struct ledger *ledger,
    const uint8_t response_sha256[SHA256_SIZE], const struct ledger_entry **ret,
    struct err *err);

/* What is about to be published. */
struct ledger_signing {
	const struct document *request, *response;
	const char *schema;
	const char *alternative; /* or NULL */
};

/* Each appends one line, on disk when it returns.  Times are decisions'. */
MUST_USE bool ledger_append_signing(struct ledger *ledger, int64_t now,
    const struct ledger_signing *signing, struct err *err);
MUST_USE bool ledger_append_published(struct ledger *ledger, int64_t now,
    const uint8_t response_sha256[SHA256_SIZE], struct err *err);
MUST_USE bool ledger_append_activated(struct ledger *ledger, int64_t now,
    const uint8_t response_sha256[SHA256_SIZE], struct err *err);
