/*
 * A zone that has ceremonies, in memory: requests shaped like the root's, with
 * real keys and proof of possession, and the responses to them.
 *
 * Keys are generated once in a process and never clash in their tags.  All
 * else is new in each fixture, so that a test may spoil what it likes; what it
 * then wants to be well signed it signs again.
 */
#pragma once

#include "ksr/rules/check.h"
#include "tests/support/support.h"

#define DAY_S         INT64_C(86400)
#define CYCLE_S       (90 * DAY_S)
#define FIXTURE_START INT64_C(1767225600) /* 2026-01-01T00:00:00 */
#define FIXTURE_SLOTS 9

struct keypair; /* tests/support/keys.h */
struct key_tests;

/* One for the whole process: most of its rules see the same keys. */
struct key_tests *fixture_key_tests(void);

/* By identifier; made with these parameters when first asked for. */
const struct keypair *fixture_key(const char *identifier, uint16_t flags,
    uint8_t algorithm, unsigned rsa_bits);
/* RSA-2048, RSASHA256, identifiers "zsk-N" and "ksk-N". */
const struct dnskey *fixture_zsk(size_t n);
const struct dnskey *fixture_ksk(size_t n);

/*
 * The root's default policy with KSK `current` as ksk_current and `next` as
 * ksk_next, and the one before `current` as ksk_old, all pinned.  more is
 * appended to the file.
 */
struct config *fixture_config(size_t current, size_t next, const char *more);

/*
 * Cycle n, beginning at start: its first bundle has the ZSKs n and n + 1, its
 * last n + 1 and n + 2, those between n + 1.
 */
struct ksr *fixture_request(int64_t start, size_t cycle);
/* Every key of the bundle signs the bundle's keys. */
void fixture_prove(struct ksr *request, size_t bundle);

/* The response to the request by the schema, signed. */
struct ksr *fixture_respond(
    const struct config *config, const char *schema, const struct ksr *request);
/* Makes the bundle's signatures again, each by the key that it names. */
void fixture_sign(struct ksr *response, size_t bundle);

/* Cycle 1 after cycle 0, both by the schema "normal". */
struct fixture {
	struct config *config;
	struct ksr *previous, *request, *response;
	struct check_input in; /* of all these */
};

struct fixture *fixture_new(void);
void fixture_free(struct fixture *fixture);

/* Replaces the key, in a request or a response, wherever it stands. */
void fixture_replace_key(
    struct ksr *ksr, const struct dnskey *old, const struct dnskey *new);
/* Adds a key, or takes one away, without signing again. */
void fixture_add_key(struct ksr *ksr, size_t bundle, const struct dnskey *key);
void fixture_drop_key(struct ksr *ksr, size_t bundle, const struct dnskey *key);

/* Every row of the id in the stage has this verdict. */
void assert_verdict(const struct check_input *in, unsigned stages,
    const char *id, enum verdict verdict);
/*
 * Some row of the id refuses with a finding at that bundle (from 1; 0 is the
 * document) that holds both texts.
 */
void assert_refuses(const struct check_input *in, unsigned stages,
    const char *id, size_t bundle, const char *seen, const char *required);
/* The ids that refuse are exactly these, separated by spaces, in order. */
void assert_refusing_ids(
    const struct check_input *in, unsigned stages, const char *ids);
