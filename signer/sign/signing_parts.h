/*
 * The parts of a signing run, used by signing*.c only: what the run holds, what
 * it holds for each response, and the steps that are taken for each.
 */
#pragma once

#include <jansson.h>

#include "ksr/base/file.h"
#include "signer/sign/asked.h"
#include "signer/sign/sitting.h"
#include "signer/token/tokens.h"

/* One response; it borrows what it was asked for. */
struct signing_response {
	const struct asked_response *asked;
	struct output *output;   /* NULL if the response is in place */
	struct schema schema; /* owned: what was asked for, stretched */
	struct ksr *built;       /* to be signed; NULL if it is in place */
	struct document written; /* as read back, or as found in place */
	bool signed_whole;	 /* and on record as that */
	bool stored;		 /* in the record, about to be published */
	bool published;		 /* in this run */
	json_t *followers; /* what they make of it; NULL but for a script */
};

/* What the requests of one run share; zero is empty. */
struct sitting {
	const struct context *context;
	const struct signing_request *request; /* of what all have alike */
	const struct request_list *list; /* or NULL: it is one request */
	bool stops; /* at the first zone that fails */
	bool register_failed; /* it did not take a line: nothing follows */
	struct ledger *ledger;
	struct tokens tokens;
	size_t n;
	struct signing **signings; /* borrowed where there is no list */
};

/* How far one of several has come. */
enum signing_state {
	SIGNING_GOES_ON,
	SIGNING_WAS_DONE, /* by an earlier run; there is nothing to do */
	SIGNING_FAILED,
	SIGNING_DONE,
};

/* All that is held for one request; zero is empty. */
struct signing {
	struct sitting *sitting;
	struct sitting alone;	  /* is that, where there is no list */
	struct signing *self;	  /* the one of it */
	const struct request_row *row; /* of the list; or NULL */
	enum signing_state state;
	struct err why;		       /* it failed */
	const struct context *context; /* of its zone */
	struct context zoned;
	const struct signing_request *request;
	struct signing_request of_row; /* is that, of a list */
	const struct config *config;
	struct asked asked;
	const struct signing_basis *basis; /* or NULL */
	struct document ksr, previous;
	struct history *history;  /* of the request's zone */
	struct declared declared; /* also by the configuration */
	const struct processed *processed; /* by others than this run */
	struct processed *own_processed;   /* owned: where they are fewer */
	size_t n_processed;
	struct report report;
	struct ksk ksks[CONFIG_KEYS_MAX];
	struct signing_response responses[ASKED_MAX];
};

/* How many of the request's responses are still to be signed. */
size_t signing_count_due(const struct signing *signing);

/* Whether it has pages on the screen, and not a line, or a script's JSON. */
bool signing_has_pages(const struct signing *signing);

/*
 * signing.c: the steps of one request, which a sitting takes for each of its
 * requests before it takes the next.
 */
/* Of a list: reads what its row names. */
MUST_USE bool signing_begin(struct signing *signing, struct err *err);
/* Up to the checks that need no token. */
MUST_USE bool signing_judge(struct signing *signing, struct err *err);
/* Keys found, responses built and judged: the last before the question. */
MUST_USE bool signing_build(struct signing *signing, struct err *err);
/* Signed, verified, published. */
MUST_USE bool signing_finish(struct signing *signing, struct err *err);

struct ksks_wanted signing_wanted(const struct signing *signing);

/*
 * What was made in the token and leaves it for nobody is said to be that, on
 * record and in the message; false where the record does not take it.
 */
bool signing_discard(struct signing *signing, struct err *err);

/* All that was read and made goes; what it came to stays. */
void signing_release(struct signing *signing);

/*
 * signing_response.c: the steps of one response, in their order.  Those of a
 * response that is in place do nothing but its publication, if the register
 * lacks it.
 */
void response_clear(struct signing_response *response);

/* Finds it in place if the register has it so; the file is on record then. */
MUST_USE bool
response_find(struct signing *signing, struct asked_response *asked,
    struct signing_response *response, struct err *err);
MUST_USE bool response_open(const struct signing *signing,
    struct signing_response *response, struct err *err);
MUST_USE bool
response_prepare(struct signing *signing, struct signing_response *response,
    const struct dnskey *ksks, struct err *err);
MUST_USE bool response_sign(struct signing *signing,
    struct signing_response *response, struct err *err);
MUST_USE bool
response_write(const struct signing *signing,
    struct signing_response *response, struct err *err);
MUST_USE bool response_publish(struct signing *signing,
    struct signing_response *response, struct err *err);

/* signing_show.c: what the screen, and a script, is shown. */
MUST_USE bool show_inputs(const struct signing *signing, struct err *err);
void show_tokens(const struct signing *signing);

/*
 * What must be compared before anybody says Yes, and nothing behind it but the
 * question: the tables of what will be signed, then the request's hash and
 * words, then a line a response.  Of one response with nine slots all of it is
 * on a screen of 24 lines.
 */
MUST_USE bool show_to_be_signed(const struct signing *signing, struct err *err);
MUST_USE bool show_published(const struct signing *signing, struct err *err);

/* The checks so far and the refusal, for scripts. */
MUST_USE bool show_refusal(
    const struct signing *signing, const char *message, struct err *err);

/*
 * What a stage's checks are of: "Checks of the response" or, of several,
 * "Checks of response 2 of 3, d_to_d", and then what.
 */
void show_checks_title(const struct signing *signing, unsigned stage,
    const struct signing_response *response);

/* "Sign this response?", with the number if it is another one. */
#define QUESTION_SIZE 256
void signing_question(const struct signing *signing, char ret[QUESTION_SIZE]);

/*
 * sitting_show.c: the same of many, a line a zone.  What is compared is the
 * list's SHA-256, which covers that of each request.
 */
void show_list_to_be_signed(const struct sitting *sitting);
void list_question(const struct sitting *sitting, char ret[QUESTION_SIZE]);

/* What came of it. */
MUST_USE bool show_list_outcome(
    const struct sitting *sitting, struct err *err);

size_t sitting_count(const struct sitting *sitting, enum signing_state state);
