/*
 * What followers see and make of the previous response and the new one
 * together, before the new one is signed: by the schema, or by the response
 * where there is one.  What happened before the first of them is unknown.
 */
#pragma once

#include "ksr/document/wording.h"
#include "ksr/rules/check.h"
#include "ksr/trust/timeline.h"
#include "ksr/trust/validator.h"

/* The document whose bundles findings name: the response, once there is one. */
const struct ksr *outlook_document(const struct check_input *in);

/* The RRsets that the new response has or is going to have. */
struct outlook_new {
	size_t n;
	struct rfc5011_rrset *rrsets; /* owned */
};

/*
 * E_INPUT for documents that cannot be understood, E_MEMORY.  NULL in
 * ret->rrsets where neither a response nor a schema that has a slot for each
 * bundle is given.
 */
MUST_USE bool outlook_rrsets(
    const struct check_input *in, struct outlook_new *ret, struct err *err);

struct outlook {
	struct outlook_new made; /* owned */
	struct timeline timeline;
	size_t first; /* slot of the timeline: the new response's first */
	struct parent_ds parent; /* TRUST_PARENT_DS */
};

/* E_INPUT also where the responses cannot follow each other in time. */
MUST_USE bool outlook_make(
    const struct check_input *in, struct outlook *ret, struct err *err);
void outlook_clear(struct outlook *outlook);

/* "KSK ksk_next (38696)"; by its tag alone where it is not configured. */
struct text outlook_key_text(const struct check_input *in,
    const uint8_t ds[DS_SHA256_SIZE], uint16_t tag);

/* One kind of follower. */
struct outlook_follower {
	const char
	    *kind; /* "follows", "starts now", "static"; "holds DS" ... */
	int64_t start;
	struct text trusts; /* "19036, 20326", what it begins with */
	bool fails; /* at some time while the new response is published */
	int64_t fails_at;
	size_t slot; /* of the new response, from 0 */
};

#define OUTLOOK_FOLLOWERS_MAX 3u
struct outlook_followers {
	size_t n;
	struct outlook_follower followers[OUTLOOK_FOLLOWERS_MAX];
};

/* E_MEMORY. */
MUST_USE bool
outlook_judge(const struct check_input *in, const struct outlook *outlook,
    struct outlook_followers *ret, struct err *err);

/*
 * All of it; ret->n is 0 where no schema is named or the responses cannot be
 * put in order.
 */
MUST_USE bool outlook_of(const struct check_input *in,
    struct outlook_followers *ret, struct err *err);
