#include <stdlib.h>
#include <string.h>

#include "signer/live/confirm.h"
#include "signer/record/context.h"
#include "signer/record/facts.h"
#include "signer/record/publishing.h"
#include "signer/record/record.h"
#include "signer/record/register_open.h"
#include "signer/screen/progress.h"
#include "signer/screen/screen.h"
#include "signer/sign/signing_facts.h"
#include "signer/sign/signing_parts.h"

size_t
sitting_count(const struct sitting *sitting, enum signing_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < sitting->n; i++)
		n += sitting->signings[i]->state == state;
	return n;
}

/* What takes all others with it, and not this zone alone. */
static bool
is_everybodys(const struct sitting *sitting, const struct err *why)
{
	return why->code == E_MEMORY || why->code == E_INTERNAL ||
	    sitting->register_failed;
}

/* What was made for nobody, and why the zone goes no further, is on record. */
static bool
is_told(const struct sitting *sitting, struct signing *signing,
    struct err *why)
{
	struct err late;

	return signing_discard(signing, why) &&
	    (facts_not_signed(sitting->context->record, why, &late) ||
		err_append(why, "; nor is this on record: %.300s", late.msg));
}

/*
 * Of a list the zone goes no further, and the others do, unless nothing can or
 * nothing shall.
 */
static bool
goes_on_without(struct sitting *sitting, struct signing *signing,
    struct err *why, struct err *err)
{
	bool others;

	if (sitting->list == NULL) {
		*err = *why;
		return false;
	}
	others = is_told(sitting, signing, why) &&
	    !is_everybodys(sitting, why) && !sitting->stops;
	signing->state = SIGNING_FAILED;
	signing->why = *why;
	signing_release(signing);
	if (others)
		return true;
	*err = *why;
	return err_prefix(err, "zone %.255s", signing->row->zone);
}

/* The step for each request that has come so far. */
static bool
each(struct sitting *sitting, const char *done,
    bool (*step)(struct signing *, struct err *), struct err *err)
{
	struct record *record = sitting->context->record;
	struct progress progress;
	bool ok = true;

	progress_begin(&progress, done,
	    sitting->list == NULL || sitting->context->json
		? 0
		: sitting_count(sitting, SIGNING_GOES_ON));
	for (size_t i = 0; ok && i < sitting->n; i++) {
		struct signing *signing = sitting->signings[i];
		struct err why = { 0 };

		if (signing->state != SIGNING_GOES_ON)
			continue;
		if (signing->row != NULL)
			record_scope(record, signing->row->zone);
		ok = step(signing, &why) ||
		    goes_on_without(sitting, signing, &why, err);
		progress_step(&progress);
	}
	progress_end(&progress);
	record_scope(record, NULL);
	return ok;
}

static bool
begin_and_judge(struct signing *signing, struct err *err)
{
	return (signing->row == NULL || signing_begin(signing, err)) &&
	    signing_judge(signing, err);
}

/* What is finished needs nothing that was held for it. */
static bool
finish_and_release(struct signing *signing, struct err *err)
{
	if (!signing_finish(signing, err))
		return false;
	if (signing->row != NULL)
		signing_release(signing);
	return true;
}

static bool
open_tokens(struct sitting *sitting, struct err *err)
{
	struct ksks_wanted *wanted = calloc(sitting->n + 1, sizeof(*wanted));
	size_t n = 0;
	bool ok;

	if (wanted == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	for (size_t i = 0; i < sitting->n; i++)
		if (sitting->signings[i]->state == SIGNING_GOES_ON)
			wanted[n++] = signing_wanted(sitting->signings[i]);
	ok = tokens_open(sitting->list == NULL ? sitting->signings[0]->context
					       : sitting->context,
	    sitting->request->hsm, wanted, n, &sitting->tokens, err);
	free(wanted);
	return ok;
}

static bool
ask(const struct sitting *sitting, struct err *err)
{
	const struct signing *first = sitting->signings[0];
	char question[QUESTION_SIZE];
	const struct confirmation confirmation = {
		.prompt = question,
		.wanted = SIGNING_CONFIRMED,
		.not_done = SIGNING_NOT_DONE,
		.batch = sitting->request->batch,
	};

	if (sitting->list != NULL) {
		show_list_to_be_signed(sitting);
		list_question(sitting, question);
	} else {
		if (!show_to_be_signed(first, err))
			return false;
		signing_question(first, question);
	}
	return confirm(sitting->context, &confirmation, err);
}

/* Whether there is anything left to do; a single request always is. */
static bool
goes_on(const struct sitting *sitting)
{
	return sitting_count(sitting, SIGNING_GOES_ON) > 0;
}

bool
sitting_run(struct sitting *sitting, struct err *err)
{
	if (!each(sitting, "judged", begin_and_judge, err))
		return false;
	if (!goes_on(sitting))
		return true;
	if (!ledger_begin(sitting->ledger, err) || !open_tokens(sitting, err) ||
	    !each(sitting, "found in the token", signing_build, err))
		return false;
	return !goes_on(sitting) ||
	    (ask(sitting, err) &&
		each(sitting, "signed", finish_and_release, err));
}

/* --- Of a list. */

static bool
make_signings(struct sitting *sitting, struct err *err)
{
	sitting->signings =
	    calloc(sitting->list->n, sizeof(*sitting->signings));
	if (sitting->signings == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	for (; sitting->n < sitting->list->n; sitting->n++) {
		const struct request_row *row = &sitting->list->rows[sitting->n];
		struct signing *signing = calloc(1, sizeof(*signing));

		if (signing == NULL)
			return err_set(err, E_MEMORY, "out of memory");
		*signing = (struct signing){ .sitting = sitting,
			.row = row,
			.context = sitting->context,
			.of_row = *sitting->request };
		signing->of_row.ksr_path = row->request;
		signing->of_row.sha256 = row->sha256;
		signing->of_row.previous_path = row->previous;
		signing->of_row.declared.first = row->previous == NULL;
		signing->request = &signing->of_row;
		sitting->signings[sitting->n] = signing;
	}
	return true;
}

/* Which, as far as they are few; refused where all of them were. */
#define FAILED_NAMED 6
static bool
all_were_signed(const struct sitting *sitting, struct err *err)
{
	size_t n = sitting_count(sitting, SIGNING_FAILED), named = 0;
	enum err_code code = E_REFUSED;

	if (n == 0)
		return true;
	for (size_t i = 0; i < sitting->n; i++)
		if (sitting->signings[i]->state == SIGNING_FAILED &&
		    sitting->signings[i]->why.code != E_REFUSED)
			code = E_IO;
	err_set(err, code, "%s: %zu of %zu zones %s not signed:",
	    sitting->list->path, n, sitting->n, n == 1 ? "was" : "were");
	for (size_t i = 0; i < sitting->n && named < FAILED_NAMED; i++)
		if (sitting->signings[i]->state == SIGNING_FAILED)
			err_append(err, "%s %.64s", named++ == 0 ? "" : ",",
			    sitting->signings[i]->row->zone);
	if (n > named)
		err_append(err, " and %zu more", n - named);
	publishing_said(sitting->context);
	return false;
}

static bool
run_list(struct sitting *sitting, struct err *err)
{
	struct err shown;

	if (!make_signings(sitting, err) ||
	    !register_open(sitting->context, sitting->request->register_head,
		&sitting->ledger, err))
		return false;
	if (!sitting_run(sitting, err)) {
		if (!show_list_outcome(sitting, &shown))
			err_prefix(err, "%s", shown.msg);
		return false;
	}
	return show_list_outcome(sitting, err) &&
	    all_were_signed(sitting, err);
}

bool
sitting_of_list(const struct context *context,
    const struct signing_request *request, const struct request_list *list,
    bool stops, struct err *err)
{
	struct sitting sitting = { .context = context,
		.request = request,
		.list = list,
		.stops = stops };
	bool ok = run_list(&sitting, err);

	tokens_close(&sitting.tokens);
	for (size_t i = 0; i < sitting.n; i++)
		signing_close(sitting.signings[i]);
	free(sitting.signings);
	ledger_close(sitting.ledger);
	return ok;
}
