#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/readiness/classes.h"
#include "ksr/readiness/day.h"
#include "signer/readiness/commands.h"
#include "signer/readiness/drawing.h"
#include "signer/readiness/results.h"
#include "signer/readiness/running.h"
#include "signer/screen/screen.h"

#define DRAWING_MAX (4u * 1024 * 1024)

static bool
set_tag(const struct args *args, const char *name, uint16_t *ret,
    struct err *err)
{
	const char *text = args_value(args, name);
	uint64_t tag;

	if (!number_parse(text, UINT16_MAX, &tag))
		return err_set(err, E_USAGE,
		    "--%s %.40s: expected a key tag, 0 to 65535", name, text);
	*ret = (uint16_t)tag;
	return true;
}

static bool
set_compiled(
    const struct args *args, struct question *question, struct err *err)
{
	for (size_t i = 0; i < args->n_values; i++) {
		const struct option_value *value = &args->values[i];

		if (strcmp(value->row->name, "compiled-in") != 0)
			continue;
		if (question->n_compiled == COMPILED_SETS_MAX)
			return err_set(err, E_USAGE,
			    "--compiled-in: more than %u sets",
			    COMPILED_SETS_MAX);
		if (!tag_set_parse_decimal(value->value, ',',
			&question->compiled[question->n_compiled++]))
			return err_set(err, E_USAGE,
			    "--compiled-in %.40s: expected tags such as "
			    "19036,20326",
			    value->value);
	}
	return true;
}

static bool
set_question(
    const struct args *args, struct question *question, struct err *err)
{
	if (!set_tag(args, "old", &question->old_tag, err) ||
	    !set_tag(args, "new", &question->new_tag, err) ||
	    !set_compiled(args, question, err) ||
	    !running_days(args, &question->from, &question->until, err))
		return false;
	return question->old_tag != question->new_tag ||
	    err_set(err, E_USAGE, "--old and --new are the same key tag");
}

/* "5.12", of a hundred. */
#define PERCENT_TEXT 16
static const char *
percent(uint32_t millionths, char ret[PERCENT_TEXT])
{
	uint32_t hundredths = (millionths + 50) / 100;

	snprintf(ret, PERCENT_TEXT, "%" PRIu32 ".%02" PRIu32,
	    hundredths / 100, hundredths % 100);
	return ret;
}

static void
print_head(const struct summary *summary, const struct question *question,
    const struct readiness *readiness)
{
	char naming[SOURCE_NAMING_TEXT], from[DAY_TEXT], until[DAY_TEXT];
	uint64_t n = kind_sources(readiness, KINDS);

	source_naming_format(&summary->naming, naming);
	printf("Zone %s, old key %u, new key %u\nSources named by %s\n",
	    summary->zone, question->old_tag, question->new_tag, naming);
	if (readiness->n_days > 0) {
		day_format(readiness->days[0].day, from);
		day_format(readiness->days[readiness->n_days - 1].day, until);
		printf("%s to %s, %zu day%s with signals\n", from, until,
		    readiness->n_days, readiness->n_days == 1 ? "" : "s");
	}
	if (readiness->level == 0)
		printf("%" PRIu64 " sources, all that were seen\n", n);
	else
		printf("%" PRIu64 " sources, a sample: one of %" PRIu64
		       ", so about %" PRIu64 " +- %" PRIu64 "\n",
		    n, UINT64_C(1) << readiness->level,
		    estimate(n, readiness->level),
		    estimate_error(n, readiness->level));
}

static void
print_classes(const struct readiness *readiness)
{
	uint64_t all = kind_sources(readiness, KINDS);
	char part[PERCENT_TEXT], error[PERCENT_TEXT];

	printf("\n%-14s", "Class");
	for (size_t kind = 0; kind < KINDS; kind++)
		printf(" %10s", kind_names[kind]);
	printf(" %10s %8s %8s\n", "all", "share %", "+-");
	for (size_t class = 0; class < CLASSES; class++) {
		uint64_t n = 0;

		printf("%-14s", class_names[class]);
		for (size_t kind = 0; kind < KINDS; kind++) {
			printf(" %10" PRIu64, readiness->n[kind][class]);
			n += readiness->n[kind][class];
		}
		printf(" %10" PRIu64 " %8s %8s\n", n,
		    percent(share(n, all), part),
		    percent(share_error(n, all, readiness->level), error));
	}
	printf("%-14s", "all");
	for (size_t kind = 0; kind < KINDS; kind++)
		printf(" %10" PRIu64,
		    kind_sources(readiness, (enum kind)kind));
	printf(" %10" PRIu64 "\n", all);
}

static void
print_days(const struct readiness *readiness)
{
	char text[DAY_TEXT], part[PERCENT_TEXT];

	printf("\nShares of each day in percent; +- is of old only\n"
	       "%-10s %8s %8s %8s %8s %8s %8s %8s %6s\n",
	    "Day", "sources", "new only", "both", "old only", "neither",
	    "compiled", "contrad.", "+-");
	for (size_t i = 0; i < readiness->n_days; i++) {
		const struct day_shares *day = &readiness->days[i];
		uint64_t all = day_sources(day);

		day_format(day->day, text);
		printf("%-10s %8" PRIu64, text, all);
		for (size_t class = 0; class < CLASSES; class++)
			printf(" %8s",
			    percent(share(day->n[class], all), part));
		printf(" %6s\n",
		    percent(share_error(day->n[CLASS_OLD], all,
				readiness->level),
			part));
	}
}

static void
print_shown(const struct summary *summary, const struct question *question,
    const struct readiness *readiness)
{
	enum screen_kind before;

	print_head(summary, question, readiness);
	before = screen_set(SCREEN_ROWS);
	print_classes(readiness);
	print_days(readiness);
	screen_set(before);
	running_say_skipped(&summary->counts);
}

static bool
draw(const struct summary *summary, const struct question *question,
    const struct readiness *readiness, struct output *output, struct err *err)
{
	struct buf drawing = buf_new(DRAWING_MAX);
	char title[64 + DNAME_TEXT_MAX];
	bool ok;

	snprintf(title, sizeof(title),
	    "Trust anchors of zone %s: %u to %u, share of sources a day",
	    summary->zone, question->old_tag, question->new_tag);
	drawing_put(readiness, title, &drawing);
	ok = drawing.failed
	    ? err_set(err, E_MEMORY, "the drawing is too large")
	    : output_write(output, buf_bytes(&drawing), err) &&
		output_publish(output, err);
	buf_free(&drawing);
	return ok;
}

static bool
show(const struct args *args, struct summary *summary,
    const struct question *question, struct output *output, struct err *err)
{
	struct readiness readiness;
	bool ok;

	if (!running_summaries(args, 0, summary, err) ||
	    !readiness_measure(&summary->tally, question, &readiness, err))
		return false;
	ok = output == NULL ||
	    draw(summary, question, &readiness, output, err);
	if (ok && args_flag(args, "json"))
		results_print_shown(summary, question, &readiness);
	else if (ok)
		print_shown(summary, question, &readiness);
	readiness_free(&readiness);
	return ok;
}

bool
readiness_show(const struct args *args, struct err *err)
{
	struct summary summary = { 0 };
	struct question question = { 0 };
	struct output *output = NULL;
	bool ok;

	ok = set_question(args, &question, err) &&
	    running_tally(args, &summary.tally, err) &&
	    running_confined(args, 0, args_value(args, "svg"), &output, err) &&
	    show(args, &summary, &question, output, err);
	output_free(output);
	tally_free(&summary.tally);
	return ok;
}
