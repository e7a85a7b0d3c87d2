/*
 * The parts of a signing run, used by signing*.c only: what the run holds, what
 * it holds for each response, and the steps that are taken for each.
 */
#pragma once

#include <jansson.h>

#include "ksr/base/file.h"
#include "signer/sign/asked.h"
#include "signer/sign/signing.h"
#include "signer/token/token.h"

/* One response; it borrows what it was asked for. */
struct signing_response {
	const struct asked_response *asked;
	struct output *output;   /* NULL if the response is in place */
	struct ksr *built;       /* to be signed; NULL if it is in place */
	struct document written; /* as read back, or as found in place */
	bool signed_whole;	 /* and on record as that */
	bool stored;		 /* in the record, about to be published */
	bool published;		 /* in this run */
	json_t *followers; /* what they make of it; NULL but for a script */
};

/* All that one run holds; zero is empty. */
struct signing {
	const struct context *context;
	const struct signing_request *request;
	const struct config *config;
	struct asked asked;
	const struct signing_basis *basis; /* or NULL */
	struct document ksr, previous;
	struct ledger *ledger;
	struct history *history;  /* of the request's zone */
	struct declared declared; /* also by the configuration */
	struct processed *processed; /* by others than this run */
	size_t n_processed;
	struct report report;
	struct token token;
	struct ksk ksks[CONFIG_KEYS_MAX];
	struct signing_response responses[ASKED_MAX];
};

/* How many of the run's responses are still to be signed. */
size_t signing_count_due(const struct signing *signing);

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
response_write(struct signing_response *response, struct err *err);
MUST_USE bool response_publish(struct signing *signing,
    struct signing_response *response, struct err *err);

/* signing_show.c: what the screen, and a script, is shown. */
MUST_USE bool show_inputs(const struct signing *signing, struct err *err);
void show_token(const struct signing *signing);

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
#define QUESTION_SIZE 160
void signing_question(const struct signing *signing, char ret[QUESTION_SIZE]);
