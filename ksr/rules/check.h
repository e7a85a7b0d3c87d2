/*
 * The checks: a table of rules, each run on every document it applies to, each
 * answering with all it found.  Pure: no HSM, no clock, no printing.
 *
 * A finding says where, what was seen and what was required.  A rule that
 * finds anything refuses; one that the configuration switches off still runs
 * and its findings are waived; one that the operator overrides with a reason
 * still runs and is recorded as overridden.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/err.h"
#include "ksr/dns/pubkey.h"
#include "ksr/document/ksr.h"
#include "ksr/policy/config.h"
#include "ksr/policy/rules.h"

enum verdict {
	VERDICT_NONE = 0, /* never a result: a rule that says nothing failed */
	VERDICT_PASS,
	VERDICT_REFUSE,
	VERDICT_WAIVED,	    /* found, but switched off in the configuration */
	VERDICT_OVERRIDDEN, /* found, but let pass with a reason */
	VERDICT_NOT_RUN,    /* an input is missing; the note says which */
};

/* "pass", "REFUSE", "waived", "overridden", "not run". */
const char *verdict_text(enum verdict verdict);

/*
 * When a rule can run.  A row holds one stage or several; checks_run takes one
 * or several and runs the rows that have any of them, each once.
 */
enum check_stage {
	STAGE_REQUEST = 1,  /* before the HSM is touched */
	STAGE_TOKEN = 2,    /* KSKs found in the HSM, nothing signed */
	STAGE_RESPONSE = 4, /* a response exists */
	STAGE_CHAIN = 8,    /* request and previous response, at any time */
	STAGE_CONFIG = 16,  /* the configuration alone: practice.h */
	/* What of STAGE_REQUEST depends on schema and alternative. */
	STAGE_SCHEDULE = 32,
	STAGE_PLAN = 64,    /* a plan and the configuration: plan_check.h */
	STAGE_BUILT = 128,  /* a response is built, nothing of it is signed */
	STAGE_PREVIOUS = 256, /* a previous response alone, no request yet */
};

/* A request that was signed before, as the register remembers it. */
struct processed {
	const char *request_id;
	const uint8_t *request_sha256; /* SHA256_SIZE octets */
	const char *schema;
	const char *alternative; /* NULL: signed without such a name */
	bool published;		 /* false: its run was interrupted */
	size_t n_bundle_ids;
	const char *const *bundle_ids;
};

struct plan_proof; /* plan_check.h */
struct key_tests;  /* key_tests.h */
struct history;	   /* history.h */

/* What a rule may look at.  Everything is borrowed. */
struct check_input {
	enum rules rules; /* what is judged by; RULES_TODAY but in replay */
	enum rules except; /* without the rows of these; RULES_TODAY: with all */
	const struct config *config;
	int64_t now;
	int64_t earliest_now; /* a clock before this is wrong; 0: unknown */
	const struct ksr *request;
	uint8_t request_sha256[SHA256_SIZE];
	const char *alternative; /* NULL: not declared to be one */
	const struct processed *processed; /* NULL: there is no register */
	size_t n_processed;
	const struct history *history; /* of the zone; NULL: no register */
	const char *fallback;	 /* NULL: not declared a fallback request */
	const uint8_t *replaces; /* a response's SHA-256; NULL: none declared */
	bool first;		 /* declared to have no previous SKR */
	const struct ksr *previous; /* NULL: none was given */
	uint8_t previous_sha256[SHA256_SIZE]; /* of the file, if one was */
	const struct schema *schema; /* NULL: none was named */
	/* STAGE_TOKEN: bit i is set if configuration key i is in the HSM. */
	uint32_t keys_in_hsm;
	/* STAGE_BUILT: as it is to be signed; STAGE_RESPONSE: as written. */
	const struct ksr *response;
	/* STAGE_PLAN */
	const struct plan_proof *proof;
	/* What is known of public keys; NULL: each rule finds out by itself. */
	struct key_tests *key_tests;
};

struct override {
	const char *id;
	const char *reason; /* not empty */
};

#define FINDING_TEXT_MAX 512
struct finding {
	size_t bundle; /* 1 is the first; 0: the document as a whole */
	char bundle_id[ID_MAX + 1]; /* "" if bundle is 0; a plan's response */
	char seen[FINDING_TEXT_MAX];
	char required[FINDING_TEXT_MAX];
};

struct check;

/* One row's outcome. */
struct check_result {
	const struct check *check;
	enum verdict verdict;
	const char *reason; /* the override's, borrowed; or NULL */
	const char *note;   /* why it did not run, static; or NULL */
	const char *subject; /* of several responses which; or NULL */
	size_t n_findings;
	struct finding *findings; /* owned; at most FINDINGS_MAX of them */
	size_t n_more;		  /* found beyond FINDINGS_MAX, not kept */
};
#define FINDINGS_MAX 4096u

struct check {
	const char *id;	    /* the field's name, "KSR-POLICY-SIG-OVERLAP" */
	const char *clause; /* of the root's DPS, or an RFC */
	const char *title;  /* what must hold, one line */
	const char *reason; /* why, one or two sentences */
	unsigned stages; /* of enum check_stage */
	bool may_override;
	/* True if the configuration switches the rule on; NULL: always on. */
	bool (*enabled)(const struct config *config);
	/*
	 * Adds findings through finding_add and returns VERDICT_PASS, or calls
	 * check_not_run.  Any other return is taken as a refusal.
	 */
	enum verdict (*run)(
	    const struct check_input *in, struct check_result *result);
	/* A row is in force from `since` on, and no longer in `until`. */
	enum rules since;
	enum rules until; /* RULES_TODAY: it was neither changed nor dropped */
	/* It does not run where a document's format lacks one of these. */
	unsigned needs; /* of enum ksr_lack */
	/* It is a row of such documents alone, instead of what they lack. */
	unsigned instead;
};

bool check_in_force(const struct check *check, enum rules rules);

/* The table; its order is the order of reports. */
extern const struct check checks[];
extern const size_t n_checks;

/* The results of one or more stages. */
struct report {
	size_t n_results;
	struct check_result *results; /* owned */
};

/*
 * Runs every row of the stages that is in force by in->rules and appends its
 * result.  E_MEMORY only: a refusal is in the report.  Overrides apply by id.
 */
MUST_USE bool checks_run(unsigned stages, const struct check_input *in,
    const struct override *overrides, size_t n_overrides,
    struct report *report, struct err *err);

/*
 * E_USAGE: the id is unknown to these rules, none of its rows may be
 * overridden, or there is no reason.  A row that may not be stays as it is
 * where another of its id may.
 */
MUST_USE bool override_allowed(const struct override *override,
    enum rules rules, struct err *err);

/* Whether it let any finding of the report pass. */
bool override_used(
    const struct override *override, const struct report *report);

bool report_accepted(const struct report *report);

/* The same of the rows from `first` on. */
bool report_accepted_from(const struct report *report, size_t first);
void report_clear(struct report *report);

/*
 * The newest response whose slots the request begins within or before, unless
 * the request's very octets were signed; NULL if there is none: then nothing
 * need be declared.  Needs history, config, request and its SHA-256.
 */
struct history_response;
const struct history_response *
check_once_overlap(const struct check_input *in);

/* For rules. bundle is its index from 0; NO_BUNDLE for the document. */
#define NO_BUNDLE SIZE_MAX
void finding_add(struct check_result *result, const struct ksr *ksr,
    size_t bundle, const char *seen_fmt, ...) PRINTF_LIKE(4, 5);
/* A finding of another making, as it is. */
void finding_copy(struct check_result *result, const struct finding *finding);
/* States what the last finding required. */
void finding_required(struct check_result *result, const char *fmt, ...)
    PRINTF_LIKE(2, 3);
enum verdict check_not_run(struct check_result *result, const char *note);

/* The refusal that ends a command whose report refuses: names the ids. */
bool err_set_report(
    struct err *err, const char *subject, const struct report *report);
