/*
 * The parts of replay, one run at a time.  Used by replay*.c only.
 */
#pragma once

#include "ksr/request/known_tags.h"
#include "ksr/rules/check.h"
#include "signer/foresight/plan_due.h"
#include "signer/foresight/planned.h"
#include "signer/foresight/simulating.h"
#include "signer/line/command.h"
#include "signer/program/replay.h"
#include "signer/record/adopting.h"
#include "signer/record/input.h"
#include "signer/record/register.h"
#include "signer/sign/asked.h"
#include "signer/sign/declared.h"

/*
 * What sign does for one response after the other: each of them once, in the
 * order in which they were asked for.
 */
enum turn {
	TURN_JUDGED, /* checks of the request, as far as they are its */
	TURN_BUILT,  /* checks of the response before it is signed */
	TURN_SIGNING,
	TURN_SIGNED,
	TURN_VERIFIED, /* checks of the response */
	TURN_STORED,
	TURN_PUBLISHED,
	TURNS,
};

/* One response that sign was asked for. */
struct rerun_response {
	struct ksr *built;	  /* derived anew; owned */
	struct document document; /* as written then, or found in place */
};

/* One run as far as it has been replayed. */
struct rerun {
	struct replay *replay;
	const struct run *run;
	const json_t *head; /* its "run" line */
	bool same_program;  /* the one that replays wrote it */
	enum rules rules;   /* those that its program judged by */
	size_t line;        /* the line at hand, from 1 */
	const char *before; /* the event before it */
	int64_t now, earliest_now;
	struct config *config; /* owned */
	struct document request, previous, response;
	struct ledger *ledger; /* the register as it was read; or NULL */
	struct history *history; /* of the request's zone; or NULL */
	struct args args; /* owned; read with what was declared in them */
	struct declared declared;
	struct adopting adopting;
	const char *register_path; /* as it was read */
	struct ledger_activation activation;
	size_t n_register_lines; /* since the last output or activation */
	const struct schema *schema;
	char *alternative;          /* owned, or NULL */
	struct override *overrides; /* owned; texts borrowed */
	size_t n_overrides;
	struct report report;
	struct dnskey *ksks; /* owned; CONFIG_KEYS_MAX, by configuration key */
	uint32_t keys_in_hsm;
	const json_t *hsm;        /* the last "hsm" line; or NULL */
	const json_t *manifest;   /* the "input" line of one; or NULL */
	const json_t *script;     /* the "input" line of a script; or NULL */
	const json_t *values;     /* that of its values; or NULL */
	/* Of sign alone. */
	struct planned planned; /* its path is NULL if no plan was read */
	bool plan_proved;   /* the report begins with the plan's rules */
	bool plan_compared; /* and the record has them */
	struct plan_due due;
	struct config *policy; /* for its checks, if the plan has its own */
	struct asked asked;
	struct rerun_response responses[PLAN_RESPONSES_MAX];
	size_t turns[TURNS]; /* responses that had theirs, or need none */
	size_t n_in_place;
	struct document in_place[PLAN_RESPONSES_MAX];
	struct processed *processed; /* owned */
	size_t n_processed;
	size_t n_made; /* signatures of responses that were not stored */
	bool discarded; /* and the record says what became of them */
	const json_t *output;     /* the last "output" line */
	const json_t *generating; /* the last "generating" line */
	const json_t *to_delete;  /* the "key to delete" line */
	struct dnskey *generated; /* owned; without what was discarded */
	size_t n_generated;
	struct known_tags known;     /* what new keys must not clash with */
	size_t n_known_before;	     /* without the last key made */
	bool clashes;		     /* the last key made, unless discarded */
	const json_t *unknown_clash; /* a "discarding" still to be proved */
	struct simulating simulating;
	/* Why the run had to stop here; E_NONE: it had not to. */
	struct err refusal;
};

/* A difference, or a note, at the line at hand. */
void differs(struct rerun *rerun, const char *fmt, ...) PRINTF_LIKE(2, 3);
void notes(struct rerun *rerun, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A difference unless the two are the same JSON; names the fact. */
void differs_unless_equal(struct rerun *rerun, const char *fact,
    const json_t *recorded, json_t *replayed);

/* replay_order.c: every step of the run may follow the one before. */
void replay_order(struct rerun *rerun);

/*
 * Each replays the line of its step.  They return false only when memory or
 * OpenSSL fails; all else is a difference or the run's refusal.
 */

/* replay_input.c */
MUST_USE bool replay_begin(struct rerun *, const json_t *line, struct err *);
MUST_USE bool
replay_configuration(struct rerun *, const json_t *line, struct err *);
MUST_USE bool replay_document(struct rerun *, const json_t *line, struct err *);
MUST_USE bool replay_file(struct rerun *, const json_t *line, struct err *);
MUST_USE bool replay_plan(struct rerun *, const json_t *line, struct err *);

/* replay_adopt.c */
MUST_USE bool replay_archive(struct rerun *, const json_t *line, struct err *);
MUST_USE bool
replay_other_register(struct rerun *, const json_t *line, struct err *);
MUST_USE bool
replay_adopting(struct rerun *, const json_t *line, struct err *);
void replay_adopted_line(struct rerun *rerun, const json_t *line);
void replay_not_adopted(struct rerun *rerun);
void replay_recovered(struct rerun *rerun, const json_t *line);

/* replay_register.c */
MUST_USE bool replay_register(struct rerun *, const json_t *line, struct err *);
/* What the run's arguments declare, and the configuration completes. */
MUST_USE bool replay_declared(
    struct rerun *, const struct command *command, struct err *);
/* Whether the register let the response that was read be activated. */
MUST_USE bool replay_may_activate(struct rerun *, struct err *);
MUST_USE bool
replay_activation(struct rerun *, const json_t *line, struct err *);
MUST_USE bool
replay_register_line(struct rerun *, const json_t *line, struct err *);
/*
 * A difference unless so many lines of the register were appended since this was
 * asked last; records of format 1 do not tell.
 */
void replay_compare_lines(struct rerun *rerun, size_t wanted);

/*
 * What the run was asked for: arguments are recorded without the command's
 * name, as they were parsed.  Texts are the record's; freed with args_free.
 */
MUST_USE bool replay_arguments(const struct rerun *rerun,
    const struct command *command, struct args *ret, struct err *err);

/* replay_simulate.c */
MUST_USE bool replay_simulated_response(struct rerun *, struct err *);
MUST_USE bool replay_anchors(struct rerun *, const json_t *line, struct err *);
MUST_USE bool
replay_simulated(struct rerun *, const json_t *line, struct err *);
MUST_USE bool replay_drawing(struct rerun *, const json_t *line, struct err *);

/* replay_plan.c */
/* Proves the plan, if one was read, unless that is done. */
MUST_USE bool replay_prove_plan(struct rerun *, struct err *);
MUST_USE bool
replay_plan_checks(struct rerun *, const json_t *line, struct err *);
MUST_USE bool
replay_plan_drawing(struct rerun *, const json_t *line, struct err *);
/* What a run of plan that succeeded was asked for was its last step. */
void replay_plan_end(struct rerun *rerun, const char *last);

/* replay_release.c */
MUST_USE bool replay_release(struct rerun *, struct err *);
MUST_USE bool replay_records(struct rerun *, const json_t *line, struct err *);

/* replay_asked.c */
MUST_USE bool replay_asked(struct rerun *, const json_t *line, struct err *);

/* A response that was found in place. */
MUST_USE bool
replay_in_place(struct rerun *, const json_t *line, struct err *);

/*
 * The index of the response whose turn it is at this line.  False, with a
 * difference, if it is nobody's or something had to be done for all before.
 * The name is compared where `named`.
 */
bool replay_turn(struct rerun *rerun, const json_t *line, enum turn turn,
    bool named, size_t *ret);

/* Whether every response had its turn. */
bool replay_turns_done(const struct rerun *rerun, enum turn turn);

/* replay_input.c */
/* Reads what a line stored; a difference if it is not there or not that. */
MUST_USE bool replay_stored(struct rerun *rerun, const json_t *line,
    struct buf *ret, bool *ret_there, struct err *err);

/* replay_checks.c */
/*
 * The report's rows from `first` on against those of the line, and the refusal
 * of the subject that they come to.
 */
void replay_compare_report(struct rerun *rerun, const json_t *line,
    size_t first, const char *subject);
/*
 * The value that a run gave to an option, NULL if it gave none; the caller's.
 * Arguments are recorded without the command's name, as they were parsed.
 */
MUST_USE bool replay_argument(const struct rerun *rerun,
    const struct command *command, const char *option, char **ret,
    struct err *err);
MUST_USE bool replay_checks(struct rerun *, const json_t *line, struct err *);
MUST_USE bool replay_policy(struct rerun *, const json_t *line, struct err *);
MUST_USE bool
replay_unused_overrides(struct rerun *, const json_t *line, struct err *);

/*
 * replay_today.c: the same documents by the rules that came or changed since,
 * beside all that is compared.
 */
MUST_USE bool replay_practice_today(struct rerun *, struct err *);
MUST_USE bool replay_checks_today(struct rerun *, unsigned stages,
    const struct check_input *then, size_t first, struct err *);
MUST_USE bool replay_plan_today(struct rerun *, struct err *);

/* replay_sign.c */
MUST_USE bool replay_ksks(struct rerun *, const json_t *line, struct err *);
/* Derives the responses from schemas, request and KSKs, unless it is done. */
MUST_USE bool replay_build(struct rerun *, struct err *);
MUST_USE bool replay_answer(struct rerun *, const json_t *line, struct err *);
MUST_USE bool replay_signing(struct rerun *, const json_t *line, struct err *);
MUST_USE bool replay_signed(struct rerun *, const json_t *line, struct err *);
MUST_USE bool
replay_discarded_signatures(struct rerun *, const json_t *line, struct err *);
MUST_USE bool replay_response(struct rerun *, const json_t *line, struct err *);

/* replay_hsm.c */
MUST_USE bool replay_hsm(struct rerun *, const json_t *line, struct err *);
MUST_USE bool replay_mapped(struct rerun *, const json_t *line, struct err *);
MUST_USE bool replay_token(struct rerun *, const json_t *line, struct err *);

/* replay_seal.c */
MUST_USE bool replay_seal(struct rerun *, const json_t *line, struct err *);

/* replay_selftest.c */
MUST_USE bool replay_selftest(struct rerun *, const json_t *line, struct err *);

/* replay_manifest.c */
MUST_USE bool replay_manifest(struct rerun *, const json_t *line, struct err *);
MUST_USE bool replay_hashed(struct rerun *, const json_t *line, struct err *);
MUST_USE bool replay_compared(struct rerun *, const json_t *line, struct err *);

/* replay_step.c */
MUST_USE bool replay_script(struct rerun *, const json_t *line, struct err *);
MUST_USE bool replay_values(struct rerun *, const json_t *line, struct err *);
MUST_USE bool replay_step(struct rerun *, const json_t *line, struct err *);

/* replay_key.c */
MUST_USE bool
replay_generating(struct rerun *, const json_t *line, struct err *);
MUST_USE bool replay_key(struct rerun *, const json_t *line, struct err *);
MUST_USE bool
replay_zsk_files(struct rerun *, const json_t *line, struct err *);
MUST_USE bool
replay_discarding(struct rerun *, const json_t *line, struct err *);
MUST_USE bool
replay_discarded(struct rerun *, const json_t *line, struct err *);
/* Of the key just made: whether its tag is a known key's. */
MUST_USE bool
replay_made(struct rerun *, const struct dnskey *key, struct err *);
/* A difference if the last key made has a known key's tag and was kept. */
void replay_clash(struct rerun *);
/* What a key was discarded for stands in the request. */
void replay_unknown_clash(struct rerun *, const struct ksr *request);
MUST_USE bool replay_key_to_delete(struct rerun *, const json_t *line, struct err *);
MUST_USE bool replay_deletion(struct rerun *, const json_t *line, struct err *);
MUST_USE bool replay_request(struct rerun *, const json_t *line, struct err *);
MUST_USE bool replay_csr(struct rerun *, const json_t *line, struct err *);

/* The DNSKEY that json_of_key described; a difference if it is none. */
bool
dnskey_of_json(struct rerun *rerun, const json_t *json, struct dnskey *ret);
