#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ksr/base/file.h"
#include "ksr/plan/plan_check.h"
#include "signer/foresight/deciding.h"
#include "signer/foresight/plan_judging.h"
#include "signer/foresight/planned.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/facts.h"
#include "signer/record/input.h"
#include "signer/record/json.h"
#include "signer/record/publishing.h"
#include "signer/screen/interrupt.h"
#include "signer/screen/print.h"
#include "signer/show/plan_draw.h"
#include "signer/show/plan_show.h"

/* The places where resolvers and networks differ in what they let through. */
static const struct {
	unsigned octets;
	const char *text;
} thresholds[] = {
	{ PLAN_SIZE_ETHERNET,
	    "1452, what IPv6 over Ethernet carries in one "
	    "packet" },
	{ PLAN_SIZE_IPV6, "1232, what every IPv6 path carries in one packet" },
};

/* "" below all; else why the size is worth a warning. */
static const char *
size_warning(size_t octets)
{
	for (size_t i = 0; i < ARRAY_LEN(thresholds); i++)
		if (octets > thresholds[i].octets)
			return thresholds[i].text;
	return "";
}

static json_t *
json_of_largest(const struct plan *plan, const struct plan_reach *reach)
{
	const struct plan_quarter *quarter = &plan->quarters[reach->quarter];

	return json_pack("{s:I, s:s, s:s, s:I, s:b, s:b}", "octets",
	    (json_int_t)reach->octets, "quarter", quarter->name, "response",
	    quarter->responses[reach->response].name, "slot",
	    (json_int_t)reach->slot + 1, "above_1232",
	    reach->octets > PLAN_SIZE_IPV6, "above_1452",
	    reach->octets > PLAN_SIZE_ETHERNET);
}

static json_t *
json_of_paths(const struct plan_reach *reach)
{
	return reach->n_paths > INT64_MAX
	    ? json_null()
	    : json_integer((json_int_t)reach->n_paths);
}

static void
print_reach(const struct plan *plan, const struct plan_reach *reach)
{
	const char *more = reach->n_paths == UINT64_MAX ? "more than " : "";
	const struct plan_quarter *quarter = &plan->quarters[reach->quarter];
	const char *warning = size_warning(reach->octets);

	printf("\nPaths %s%" PRIu64 ", slots judged %" PRIu64
	       "; delays of %u quarters in all\n",
	    more, reach->n_paths, reach->n_slots, plan->delays);
	printf("Largest DNSKEY response: %zu octets, %s %s slot %zu\n",
	    reach->octets, quarter->name,
	    quarter->responses[reach->response].name, reach->slot + 1);
	if (warning[0] != '\0')
		printf("WARNING: above %s\n", warning);
}

static bool
print_check(const struct context *context, const struct planned *planned,
    const struct report *report, const struct plan_reach *reach,
    struct err *err)
{
	if (context->json)
		return json_print(
		    json_pack("{s:s, s:b, s:o, s:o, s:o, s:I, s:o}", "command",
			"plan check", "accepted", report_accepted(report),
			"plan", plan_json_head(planned), "rules",
			json_of_report(report, 0), "paths",
			json_of_paths(reach), "slots",
			(json_int_t)reach->n_slots, "largest",
			json_of_largest(planned->plan, reach)),
		    err);
	print_digest("Plan", planned->path, planned->sha256);
	printf("\n");
	print_report(context->colour, report, 0);
	print_reach(planned->plan, reach);
	return true;
}

static bool
check(const struct context *context, const struct args *args,
    const struct planned *planned, struct err *err)
{
	struct report report = { 0 };
	struct plan_reach reach;
	bool ok;

	(void)args;
	ok = plan_judge(context, planned, &report, &reach, err) &&
	    print_check(context, planned, &report, &reach, err);
	if (ok && !report_accepted(&report))
		ok = err_set_report(err, planned->path, &report);
	if (ok && !context->json)
		printf("\naccepted\n");
	report_clear(&report);
	return ok;
}

static bool
show(const struct context *context, const struct args *args,
    const struct planned *planned, struct err *err)
{
	(void)args;
	if (context->json)
		return json_print(plan_json(planned, context->config), err);
	print_digest("Plan", planned->path, planned->sha256);
	plan_print(planned->plan, context->config);
	return true;
}

static bool
write_drawing(const struct context *context, const char *path,
    struct output *output, struct bytes drawing, struct err *err)
{
	char safe[4 * PATH_MAX_LEN];

	if (!publishing_text(
		context, output, "plan drawing", path, drawing, err))
		return false;
	if (context->json)
		return json_print(
		    json_pack("{s:s, s:o, s:I}", "command", "plan draw",
			"output", json_of_text(path), "size",
			(json_int_t)drawing.len),
		    err);
	text_printable(safe, sizeof(safe), path);
	printf("Drawing %s, %zu octets\n", safe, drawing.len);
	return true;
}

static bool
draw(const struct context *context, const struct args *args,
    const struct planned *planned, struct err *err)
{
	const char *path = args_value(args, "output");
	struct buf drawing = buf_new(PLAN_DRAWING_MAX);
	struct output *output = NULL;
	bool ok = publishing_open(context, path, &output, err);

	if (ok) {
		interrupt_guard_file(output_temporary(output));
		plan_draw(planned->plan, context->config, &drawing);
		ok = drawing.failed
		    ? err_set(err, E_REFUSED,
			  "%s: its drawing is larger than %u octets",
			  planned->path, PLAN_DRAWING_MAX)
		    : write_drawing(
			  context, path, output, buf_bytes(&drawing), err);
	}
	interrupt_guard_file(NULL);
	output_free(output);
	buf_free(&drawing);
	return ok;
}

/* `anchorite plan NAME PLAN`: files[0] is the name. */
static const struct subcommand {
	const char *name;
	bool (*run)(const struct context *context, const struct args *args,
	    const struct planned *planned, struct err *err);
	bool writes; /* into the file that -o names */
} subcommands[] = {
	{ "check", check, false },
	{ "show", show, false },
	{ "draw", draw, true },
	{ "decide", plan_decide, false },
};

static const struct subcommand *
find_subcommand(const struct args *args, struct err *err)
{
	bool output = args_value(args, "output") != NULL;

	for (size_t i = 0; i < ARRAY_LEN(subcommands); i++) {
		if (strcmp(subcommands[i].name, args->files[0]) != 0)
			continue;
		if (subcommands[i].writes == output)
			return &subcommands[i];
		err_set(err, E_USAGE,
		    output ? "-o has no meaning for plan %s"
			   : "where to? plan %s wants -o FILE",
		    args->files[0]);
		return NULL;
	}
	err_set(err, E_USAGE,
	    "plan %s: no such subcommand; `anchorite plan --help` lists them",
	    args->files[0]);
	return NULL;
}

/* Only a decision is made of signals, by somebody. */
static bool
check_options(
    const struct subcommand *sub, const struct args *args, struct err *err)
{
	static const struct option_row rows[] = { DECIDING_OPTIONS };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (sub->run != plan_decide &&
		    args_value(args, rows[i].name) != NULL)
			return err_set(err, E_USAGE,
			    "--%s has no meaning for plan %s", rows[i].name,
			    sub->name);
	return true;
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	const struct subcommand *sub = find_subcommand(args, err);
	struct planned planned;
	bool ok;

	if (sub == NULL || !check_options(sub, args, err) ||
	    !planned_load(context->record, args->files[1], context->config,
		&planned, err))
		return false;
	ok = sub->run(context, args, &planned, err);
	planned_clear(&planned);
	return ok;
}

static const struct option_row options[] = {
	{ "output", "FILE", "draw: where to (short: -o); never overwritten",
	    false },
	DECIDING_OPTIONS,
	{ NULL, NULL, NULL, false },
};

static const struct verb_row verbs[] = {
	{ "check", true, RECORD_ASKED, "PLAN", NULL, ZONE_NAMED },
	{ "show", true, RECORD_ASKED, "PLAN", NULL, ZONE_NAMED },
	{ "draw", true, RECORD_ASKED, "PLAN", "output", ZONE_NAMED },
	{ "decide", true, RECORD_ACT, "PLAN", "readiness", ZONE_NAMED },
	{ NULL, false, RECORD_NEVER, NULL, NULL, ZONE_NONE },
};

const struct command cmd_plan = {
	.name = "plan",
	.run = run,
	.usage = "check PLAN | show PLAN | decide PLAN --readiness FILE... | "
		 "draw PLAN -o FILE",
	.summary = "prove, show and draw a declared rollover, and decide how "
		   "it goes on; no HSM",
	.help =
	    "A plan is a YAML file that declares a rollover: which schema "
	    "each\n"
	    "quarter is signed with, and which fallbacks are signed beside it\n"
	    "in case the zone has to wait or to go back.\n\n"
	    "check   walks every path through the plan, as planned and with\n"
	    "        every fallback from every slot, as often as its delays\n"
	    "        allow, and holds each slot against what the slowest\n"
	    "        follower of RFC 5011 trusts by then\n"
	    "show    each response: its KSKs slot by slot, the octets of the\n"
	    "        DNSKEY response, its file's name, and what comes next\n"
	    "draw    the same as a drawing (SVG)\n"
	    "decide  whether the next quarter that declares `proceed` goes on\n"
	    "        or is held, by its measures and the signals that\n"
	    "        `anchorite-readiness` has summed up; or by a person\n\n"
	    "docs/plan.md explains the form and the rules; docs/examples has\n"
	    "a rollover and a change of algorithm to begin with.",
	.min_files = 1,
	.max_files = 2,
	.needs_config = true,
	.recording = RECORD_ASKED,
	.verbs = verbs,
	.options = options,
};
