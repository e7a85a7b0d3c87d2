#include <stdio.h>
#include <string.h>

#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/json.h"
#include "signer/record/record.h"
#include "signer/record/recorded.h"
#include "signer/screen/screen.h"
#include "signer/workshop/selftest.h"

#define PASS	"pass"
#define FAIL	"FAIL"
#define NOT_RUN "not run"

#define NO_SOFTHSM "SoftHSM is not installed (package softhsm2)"

static json_t *
json_of_row(const char *id, const char *title, const char *source,
    const char *result, const char *note)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "id", id, "title", title,
	    "source", source, "result", result, "note", json_of_text(note));
}

/* A row of the table, printed as soon as it is known. */
static bool
add_row(const struct context *context, json_t *rows, json_t *row,
    struct err *err)
{
	const char *result =
	    json_string_value(json_object_get(row, "result"));
	const char *note = json_string_value(json_object_get(row, "note"));
	const char *colour = "";

	if (row == NULL || json_array_append_new(rows, row) != 0)
		return err_set(err, E_MEMORY, "out of memory");
	if (context->json)
		return true;
	if (context->colour)
		colour = strcmp(result, PASS) == 0 ? "\033[32m"
		    : strcmp(result, FAIL) == 0	   ? "\033[1;31m"
						   : "\033[33m";
	printf("  %s%-7s%s  %-18s %s\n", colour, result,
	    context->colour ? "\033[0m" : "",
	    json_string_value(json_object_get(row, "id")),
	    json_string_value(json_object_get(row, "title")));
	if (note[0] != '\0')
		printf("           %s\n", note);
	return screen_flush(err);
}

static bool
run_cases(const struct context *context, json_t *rows, size_t *n_failed,
    struct err *err)
{
	for (size_t i = 0; i < selftest_n_cases; i++) {
		const struct selftest_case *self = &selftest_cases[i];
		struct err why = { 0 };
		bool ok = selftest_run(self, &why);

		if (!ok)
			(*n_failed)++;
		if (!add_row(context, rows,
			json_of_row(self->id, self->title, self->source,
			    ok ? PASS : FAIL, ok ? "" : why.msg),
			err))
			return false;
	}
	return true;
}

static bool
run_signing(const struct context *context, json_t *rows, size_t *n_failed,
    struct err *err)
{
	struct err why = { 0 };
	bool there, ok = selftest_signing(&there, &why);
	const char *result = !ok ? FAIL : there ? PASS : NOT_RUN;

	if (!ok)
		(*n_failed)++;
	return add_row(context, rows,
	    json_of_row(SELFTEST_SIGNING, SELFTEST_SIGNING_TITLE, "", result,
		ok && there ? ""
		    : ok    ? NO_SOFTHSM
			    : why.msg),
	    err);
}

/* --- In a replay. */

/* Pure cases are asked again; what came of the token's is taken as it was. */
static json_t *
row_again(struct recorded *recorded, const json_t *row)
{
	const char *id = fact_text(row, "id");
	const struct selftest_case *self = selftest_find(id);
	struct err why = { 0 };
	bool ok;

	if (self == NULL && strcmp(id, SELFTEST_SIGNING) != 0)
		recorded_notes(
		    recorded, "this program has no self-test %.40s", id);
	if (self == NULL)
		return json_deep_copy(row);
	ok = selftest_run(self, &why);
	return json_of_row(id, fact_text(row, "title"),
	    fact_text(row, "source"), ok ? PASS : FAIL, ok ? "" : why.msg);
}

/* Of another program, which may have had others, in other words. */
static bool
run_again(const struct context *context, struct recorded *recorded,
    json_t *rows, size_t *n_failed, struct err *err)
{
	const json_t *list, *row;
	size_t i;

	list = json_object_get(recorded_if(recorded, "selftest"), "rows");
	json_array_foreach(list, i, row)
	{
		json_t *again = row_again(recorded, row);

		if (strcmp(fact_text(again, "result"), FAIL) == 0)
			(*n_failed)++;
		if (!add_row(context, rows, again, err))
			return false;
	}
	return true;
}

/* The last row of this program's own record. */
static bool
take_signing(const struct context *context, struct recorded *recorded,
    json_t *rows, size_t *n_failed, struct err *err)
{
	const json_t *list =
	    json_object_get(recorded_if(recorded, "selftest"), "rows");
	const json_t *row = json_array_get(list, json_array_size(rows));
	const char *result =
	    row == NULL ? NOT_RUN : fact_text(row, "result");

	if (strcmp(result, FAIL) == 0)
		(*n_failed)++;
	return add_row(context, rows,
	    json_of_row(SELFTEST_SIGNING, SELFTEST_SIGNING_TITLE, "", result,
		strcmp(result, PASS) == 0      ? ""
		    : strcmp(result, FAIL) == 0 ? fact_text(row, "note")
						: NO_SOFTHSM),
	    err);
}

static bool
conclude(const struct context *context, json_t *rows, size_t n_failed,
    struct err *err)
{
	if (!record_event(context->record, "selftest",
		json_pack("{s:O}", "rows", rows), err))
		return false;
	if (context->json &&
	    !json_print(json_pack("{s:s, s:b, s:O}", "command", "selftest",
			    "accepted", n_failed == 0, "rows", rows),
		err))
		return false;
	if (!context->json)
		printf("\n%zu self-tests, %zu failed\n",
		    json_array_size(rows), n_failed);
	return n_failed == 0 || selftest_refuse(n_failed, err);
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	struct recorded *recorded = record_recorded(context->record);
	json_t *rows = json_array();
	size_t n_failed = 0;
	bool ok;

	(void)args;
	if (recorded != NULL && !recorded->same_program)
		ok = run_again(context, recorded, rows, &n_failed, err);
	else
		ok = run_cases(context, rows, &n_failed, err) &&
		    (recorded != NULL
			    ? take_signing(
				  context, recorded, rows, &n_failed, err)
			    : run_signing(context, rows, &n_failed, err));
	ok = ok && conclude(context, rows, n_failed, err);
	json_decref(rows);
	return ok;
}

static const struct option_row options[] = {
	{ NULL, NULL, NULL, false },
};

const struct command cmd_selftest = {
	.name = "selftest",
	.run = run,
	.usage = "",
	.summary = "known answers and a whole signing, before use",
	.help =
	    "Asks each part of the program questions whose answers are "
	    "published (hashes,\n"
	    "words, documents, key tags, DS, signatures), and such whose "
	    "answer must be no.\n"
	    "Then a whole ceremony in a new SoftHSM token in a temporary "
	    "folder, where\n"
	    "SoftHSM is installed.  Needs no configuration.  Status 1 if one "
	    "answer is\n"
	    "wrong.\n",
	.recording = RECORD_ASKED,
	.options = options,
};
