/*
 * What a register takes up: the lines by which another site's register extends
 * it, or an archive of requests with their responses.  The command and replay do
 * it alike, on a register in a file or on one without.
 */
#pragma once

#include "ksr/policy/config.h"
#include "signer/record/ledger.h"

struct adopting {
	struct ledger *other; /* owned; NULL: an archive */
	size_t n;
	struct document *documents; /* owned: of the archive, in any order */
	size_t n_pairs;
	struct adopting_pair *pairs; /* owned, once it was judged */
};

/* One request and its response. */
struct adopting_pair {
	const struct document *request, *response;
	const struct document *previous; /* one that it continues; or NULL */
	bool is_there;			 /* the register has it */
	char name[NAME_MAX_LEN + 1]; /* of a second response; "": the first */
};
void adopting_clear(struct adopting *adopting);

/* Room for one document more, all zero; NULL when out of memory. */
struct document *adopting_add(struct adopting *adopting);

/*
 * Whether the register may take it up.  Another register must have all of its
 * lines in front of its own.  Of an archive each response must have its request
 * and the other way round; each pair is verified with the configuration's KSKs
 * (KSR-BUNDLE-POP, SKR-VERIFY, SKR-MATCH, SKR-PAIR), continues one before it
 * (KSR-CHAIN-KEYS), and is later than what the register has.  E_REFUSED.
 */
MUST_USE bool adopting_judge(struct adopting *adopting,
    const struct config *config, const struct ledger *ledger, struct err *err);

/* Whether the published response with this hash would then be there. */
bool adopting_has(const struct adopting *adopting, const struct ledger *ledger,
    const uint8_t sha256[SHA256_SIZE]);

/* Lines that will be appended; and appends them. */
size_t adopting_lines(
    const struct adopting *adopting, const struct ledger *ledger);
MUST_USE bool adopting_append(const struct adopting *adopting,
    struct ledger *ledger, int64_t now, struct err *err);
