/*
 * What goes on record: each function appends one event with its facts.  The
 * names of events and facts are the record's format; docs/audit-log.md lists
 * them and replay reads them.
 */
#pragma once

#include "ksr/policy/purpose.h"
#include "ksr/request/known_tags.h"
#include "ksr/rules/check.h"
#include "signer/asked.h"
#include "signer/command.h"
#include "signer/input.h"
#include "signer/record.h"
#include "signer/signing.h"
#include "signer/simulating.h"
#include "signer/token.h"

/* What a deletion that is not confirmed says. */
#define KEYDELETE_NOT_DONE "nothing was deleted"

/*
 * "run": the arguments, the configuration's path and hash, each HSM's module
 * with its hash and token URI, the time decisions are made at, host, clock and
 * time zone.  configuration is NULL where there is none.
 */
MUST_USE bool facts_run(const struct context *context, int argc, char **argv,
    const char *command, const struct configuration *configuration,
    struct err *err);

/*
 * "end": the exit status and the message of a failure.  None where the record
 * was signed: its signature would not cover it; nor where a failure that is no
 * refusal came before the act began, which leaves no trace.
 */
MUST_USE bool facts_end(struct record *record, bool ok,
    const struct err *outcome, struct err *err);

/* "checks": the stages, whether all passed, and every row from first on. */
MUST_USE bool facts_report(struct record *record, unsigned stages,
    const struct report *report, size_t first, struct err *err);

/* The same with the "name" of the response that is judged, unless NULL. */
MUST_USE bool facts_report_of(struct record *record, unsigned stages,
    const char *name, const struct report *report, size_t first,
    struct err *err);

/*
 * "unused overrides", where there are any: those that let no finding of the
 * report pass.
 */
MUST_USE bool facts_unused_overrides(struct record *record,
    const struct override *overrides, size_t n, const struct report *report,
    struct err *err);

/*
 * "hsm": which module and token are about to be opened; sha256 is of the file
 * that will be loaded; NULL for one that has no hash, which is not loaded.
 */
MUST_USE bool facts_hsm(struct record *record, const struct config_hsm *hsm,
    const uint8_t sha256[SHA256_SIZE], struct err *err);

/*
 * "mapped": the files whose code is in memory, with their hashes, as far as they are not
 * in `known` (path to hash), to which they are added; no line where none is
 * new.  With the loader's variables, and how many others there are beyond what
 * is allowed.
 */
MUST_USE bool facts_mapped(struct record *record, const struct config_hsm *hsm,
    json_t *known, struct err *err);

/* "token": label, serial, manufacturer, model, slot of the one logged in to. */
MUST_USE bool facts_token(
    struct record *record, const struct hsm_token *token, struct err *err);

/* "ksks": the configured KSKs found in the token, as DNSKEYs. */
MUST_USE bool facts_ksks(struct record *record, const struct config *config,
    const struct ksk ksks[CONFIG_KEYS_MAX], struct err *err);

/* "asked": what sign was asked to do, and the responses that are due. */
MUST_USE bool facts_asked(struct record *record,
    const struct signing_request *request, const struct asked *asked,
    const struct declared *declared, struct err *err);

/* "prompt" and "answer": the operator's confirmation. */
MUST_USE bool facts_prompt(
    struct record *record, const char *prompt, struct err *err);
MUST_USE bool facts_answer(
    struct record *record, const char *by, const char *answer, struct err *err);

/*
 * "signing" before the first signature: every signature that will be made with
 * the SHA-256 of the bytes it covers.  "signed" after the last: the same with
 * the signatures.  Each with the response's "name", unless NULL.
 */
json_t *json_of_signatures(const struct ksr *response, bool made);
MUST_USE bool facts_signatures(struct record *record, const char *event,
    const char *name, const struct ksr *response, struct err *err);

/*
 * "signatures discarded": what was made in the token and is published nowhere,
 * when the run cannot go on; `made` of `due`, and those of the response that
 * was being signed, which no "signed" has.  response may be NULL.
 */
json_t *json_of_made(const struct ksr *response);
#define DISCARDED_EVENT "signatures discarded"
MUST_USE bool facts_discarded_signatures(struct record *record,
    const char *name, const struct ksr *response, size_t made, size_t due,
    struct err *err);
/* "5 of 9 signatures were made and discarded; nothing was published" */
void err_prefix_discarded(
    struct err *err, size_t made, size_t due, bool published);

/*
 * "activating" before the register's line, "activated" after it: the response
 * that the zone uses.
 */
MUST_USE bool facts_activation(struct record *record, const char *event,
    const struct document *response, struct err *err);

/* "zsk files": the folder that the ZSKs of a rehearsal are in. */
MUST_USE bool facts_zsk_files(
    struct record *record, const char *dir, struct err *err);

/*
 * "discarding": a new key is about to be deleted, because it has a known key's
 * tag; "discarded" after it is facts_deletion.
 */
MUST_USE bool facts_discarding(struct record *record,
    const struct dnskey *dnskey, const struct known_tag *clash,
    struct err *err);

/* "generating" before keygen, "key" after it. */
MUST_USE bool facts_generating(struct record *record, const char *label,
    const char *algorithm, unsigned bits, enum key_purpose purpose,
    struct err *err);
MUST_USE bool facts_key(struct record *record, const struct dnskey *dnskey,
    struct err *err);

/*
 * "key to delete" before the confirmation, "deleting" before the act, "deleted"
 * after it, "discarded" after a new key was: the key, as it stood in the token.
 */
MUST_USE bool facts_deletion(struct record *record, const char *event,
    const struct dnskey *dnskey, struct err *err);

/* "simulated": what each resolver came to. */
MUST_USE bool facts_simulated(struct record *record,
    const struct simulating *simulating, struct err *err);

/* "hashed": a file that is too large to be stored was read. */
MUST_USE bool facts_hashed(struct record *record, const char *path,
    const uint8_t sha256[SHA256_SIZE], uint64_t size, struct err *err);

/* "published": an output has its final name. */
MUST_USE bool facts_published(struct record *record, const char *path,
    struct bytes content, struct err *err);
