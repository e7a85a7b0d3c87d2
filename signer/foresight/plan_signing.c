#include <stdio.h>
#include <stdlib.h>

#include "ksr/plan/plan_check.h"
#include "signer/foresight/plan_asked.h"
#include "signer/foresight/plan_judging.h"
#include "signer/foresight/plan_signing.h"
#include "signer/foresight/planned.h"
#include "signer/record/context.h"
#include "signer/record/facts.h"
#include "signer/record/input.h"
#include "signer/record/json.h"
#include "signer/screen/print.h"

struct plan_signing {
	struct planned planned;
	struct plan_due due;
	struct config *policy; /* NULL if the step has none of its own */
};

/* What is signed, in their order, and where each goes. */
static void
show_responses(const struct asked *asked)
{
	for (size_t i = 0; i < asked->n; i++) {
		const struct asked_response *response = &asked->responses[i];
		char path[4 * PATH_MAX_LEN];

		text_printable(path, sizeof(path), response->path);
		printf("  %zu  %s, schema %s, %s%s\n     %s\n", i + 1,
		    response->name, response->schema->name,
		    response->planned ? "planned" : "fallback",
		    response->in_place ? ": in place, not signed again" : "",
		    path);
	}
}

/* What the plan has for the quarter. */
static void
show_plan(const void *of, const struct asked *asked)
{
	const struct plan_signing *by = of;
	const struct plan *plan = by->planned.plan;
	const struct plan_due *due = &by->due;
	const struct plan_quarter *step = &plan->quarters[due->step];

	printf("\n");
	print_digest("Plan", by->planned.path, by->planned.sha256);
	printf("\n%s: ", asked->quarter);
	if (due->cycle != due->step)
		printf("%zu later than planned, the step of %s; ",
		    due->cycle - due->step, asked->step);
	printf("%zu response%s\n", asked->n, asked->n == 1 ? "" : "s");
	if (asked->other_active)
		printf("  !  the register has another response than the "
		       "previous one as active\n");
	show_responses(asked);
	for (size_t i = 1; i < step->n_responses; i++)
		if (!plan_due_allows(plan, due, i))
			printf("  -  %s is not signed: the plan's delays are "
			       "used up\n",
			    step->responses[i].name);
		else if (due->request == 0 && plan_request_of(step, i) == i)
			printf("  -  %s is not signed: it answers a request of "
			       "its own, with --fallback %s\n",
			    step->responses[i].name, step->responses[i].name);
}

/* A plan is signed by only if it is safe whatever the zone comes to use. */
static bool
judge_plan(const void *of, const struct context *context,
    struct report *report, struct err *err)
{
	const struct planned *planned = &((const struct plan_signing *)of)->planned;
	struct plan_reach reach;

	if (!plan_judge(context, planned, report, &reach, err))
		return false;
	if (!context->json) {
		printf("\nChecks of the plan, on every path through it\n");
		print_report(context->colour, report, 0);
	}
	return report_accepted(report) ||
	    err_set_report(err, planned->path, report);
}

static json_t *
json_of_plan(const void *of, const struct asked *asked)
{
	const struct planned *planned = &((const struct plan_signing *)of)->planned;

	return json_pack("{s:{s:o, s:o, s:s, s:s, s:b}}", "plan", "file",
	    json_of_text(planned->path), "sha256",
	    json_of_sha256(planned->sha256), "quarter", asked->quarter, "step",
	    asked->step, "other_active", asked->other_active);
}

static bool
find_due(struct plan_signing *by, const struct config *config,
    const struct signing_inputs *inputs, const char *folder, struct asked *ret,
    struct err *err)
{
	const struct plan *plan = by->planned.plan;
	const struct document *previous = inputs->previous;

	return (plan_due_find(plan, inputs->request->ksr, inputs->fallback,
		    inputs->ledger,
		    previous->ksr == NULL ? NULL : previous->sha256, &by->due,
		    err) ||
		   err_prefix(err, "%s", by->planned.path)) &&
	    plan_due_policy(plan, &by->due, config, &by->policy, err) &&
	    asked_of_plan(plan, &by->due, inputs->request->ksr,
		config->ksk_policy.signers_name, folder, ret, err);
}

static bool
sign_due(struct plan_signing *by, const struct context *context,
    struct signing *signing, const char *folder, struct err *err)
{
	const struct signing_inputs inputs = signing_inputs(signing);
	struct asked asked;

	if (!find_due(by, context->config, &inputs, folder, &asked, err))
		return false;
	return signing_carry_out(signing, &asked,
	    &(struct signing_basis){ .of = by,
		.policy = by->policy,
		.show = show_plan,
		.judge = judge_plan,
		.facts = json_of_plan },
	    err);
}

bool
plan_signing_run(const struct context *context,
    const struct signing_request *request, const char *plan_path,
    const char *folder, struct err *err)
{
	struct plan_signing by = { 0 };
	struct signing *signing = NULL;
	bool ok = planned_load(context->record, plan_path, context->config,
		      &by.planned, err) &&
	    signing_read(context, request, &signing, err) &&
	    sign_due(&by, context, signing, folder, err);

	signing_close(signing);
	free(by.policy);
	planned_clear(&by.planned);
	return ok;
}
