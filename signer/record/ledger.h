/*
 * The register: every request that was signed, with its response's hash and
 * slots, and which response was activated.  A hash-chained file (chain.h) beside
 * the configuration, so that it outlives each ceremony's record.  Holds the
 * responses of any number of zones.
 *
 *   signing    a response was made and verified, and is about to be published
 *   published  the response of the line before has its name
 *   adopted    a response that was signed elsewhere is taken up
 *   activated  the zone uses this response from one of its slots on
 *
 * A "signing" that its "published" does not follow was interrupted: nobody
 * knows whether the response left the ceremony.  Never decides what may be
 * signed: the checks do, from ledger_processed and ledger_history.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/rules/check.h"
#include "ksr/rules/history.h"
#include "signer/record/chain.h"
#include "signer/record/input.h"
#include "signer/record/ledger_slots.h"

#define REGISTER_FILE      "register.jsonl"
#define REGISTER_PATH_SIZE (PATH_MAX_LEN + sizeof("/" REGISTER_FILE))
#define REASON_MAX	   1000u
#define REGISTER_FORMAT	   2 /* of lines that are written; 1 is read */

enum ledger_state {
	LEDGER_INTERRUPTED,
	LEDGER_REPEATED, /* interrupted, and signed once more further down */
	LEDGER_PUBLISHED,
};

/* One "signing" and what followed; texts are the ledger's. */
struct ledger_entry {
	size_t line; /* in the file, from 1 */
	size_t before; /* the zone's entry before it, from 1; 0: none */
	bool adopted; /* signed elsewhere */
	int64_t signed_at; /* or taken up at */
	const char *request_id;
	uint8_t request_sha256[SHA256_SIZE];
	const char *domain;
	uint64_t serial;
	int64_t inception;  /* the first bundle's */
	int64_t begins;	    /* when that one is used: then, or later */
	int64_t expiration; /* the last bundle's */
	const char *schema;	 /* "": not known, it was taken up */
	const char *alternative; /* NULL: signed without that name */
	const char *fallback;	 /* NULL: not declared a fallback request's */
	bool has_previous;	 /* the response that it was chained to */
	uint8_t previous_sha256[SHA256_SIZE];
	bool has_replaces; /* declared to replace a response */
	uint8_t replaces[SHA256_SIZE];
	const char *reason; /* of that; NULL */
	uint8_t response_sha256[SHA256_SIZE];
	size_t n_bundle_ids;
	const char **bundle_ids;   /* the array is owned */
	struct ledger_slots slots; /* empty in a line of form 1 */
	enum ledger_state state;
	int64_t published_at;
	size_t published_line;
	/* Said to be used last, of those with its first inception. */
	bool active;
	size_t active_from_slot; /* from 1; 0: never activated */
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
 * Opens for writing, locked against other runs; one that is not there is made
 * by ledger_begin or the first line.  The hash of each line that is appended
 * goes on record.  E_REFUSED with
 * "path:line: ..." for a broken chain or a line that is none of a register's.
 */
MUST_USE bool ledger_open(const char *path, struct record *record,
    struct ledger **ret, struct err *err);

/* Makes the file: from here on no other run opens it. */
MUST_USE bool ledger_begin(struct ledger *ledger, struct err *err);

/* Reads without a lock; *ret is NULL where there is no register. */
MUST_USE bool
ledger_read(const char *path, struct ledger **ret, struct err *err);

/*
 * Reads a register's content, which is copied; name is used in messages.  What
 * is appended to it is appended to no file.
 */
MUST_USE bool ledger_of_bytes(struct bytes content, const char *name,
    struct ledger **ret, struct err *err);

/* NULL does nothing, and is empty to all that only ask, up to "processed". */
void ledger_close(struct ledger *ledger);

/*
 * E_REFUSED unless the hash, as it was written down, is that of a line: what
 * lacks it was cut short or exchanged.  NULL is none.
 */
MUST_USE bool ledger_has_head(
    const struct ledger *ledger, const char *head, struct err *err);

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
 * What the checks and others may know of this zone (history.h); borrows from
 * the ledger.  NULL where there is no register.
 */
MUST_USE bool ledger_history(const struct ledger *ledger, const char *zone,
    struct history **ret, struct err *err);

/* E_REFUSED unless the response with this hash was published. */
MUST_USE bool ledger_may_recover(const struct ledger *ledger,
    const uint8_t sha256[SHA256_SIZE], struct err *err);

/*
 * The entry whose published response has this hash.  slot counts from 1; 0 if
 * none was named, which is the first.  E_REFUSED if there is none, if it has no
 * such slot, or if another response for the same time is active and neither a
 * slot was named nor the response declared to replace that one.
 */
struct ledger_activation {
	const struct ledger_entry *entry;
	size_t slot;   /* from 1 */
	int64_t from;  /* its inception */
	bool is_so;    /* it is active from there, or from earlier, already */
};
MUST_USE bool ledger_may_activate(const struct ledger *ledger,
    const struct document *response, size_t slot,
    struct ledger_activation *ret, struct err *err);

/* What is about to be published, or is taken up. */
struct ledger_signing {
	const struct document *request, *response;
	const uint8_t *previous_sha256; /* NULL: it is the first */
	const char *schema;		/* NULL: it is not known */
	const char *alternative;	/* or NULL */
	const char *fallback;		/* or NULL */
	const uint8_t *replaces;	/* or NULL */
	const char *reason;		/* of that */
};

/*
 * Each appends one line, on disk when it returns, and puts the line's hash on
 * record.  Times are decisions'.
 */
MUST_USE bool ledger_append_signing(struct ledger *ledger, int64_t now,
    const struct ledger_signing *signing, struct err *err);
MUST_USE bool ledger_append_adopted(struct ledger *ledger, int64_t now,
    const struct ledger_signing *signing, struct err *err);
MUST_USE bool ledger_append_published(struct ledger *ledger, int64_t now,
    const struct document *response, struct err *err);
MUST_USE bool ledger_append_activated(struct ledger *ledger, int64_t now,
    const struct document *response, const struct ledger_activation *activation,
    struct err *err);

/* The last line's SHA-256 as it is by now, in hex. */
const char *ledger_head_now(const struct ledger *ledger);
