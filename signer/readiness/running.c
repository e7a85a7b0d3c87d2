#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ksr/base/text.h"
#include "ksr/readiness/day.h"
#include "signer/program/confine.h"
#include "signer/readiness/results.h"
#include "signer/readiness/running.h"

#define SUMMARY_FILE_MAX (1024u * 1024 * 1024)

bool
running_tally(const struct args *args, struct tally *ret, struct err *err)
{
	const char *text = args_value(args, "limit");
	uint64_t limit = TALLY_LIMIT_DEFAULT, key[2];

	if (text != NULL &&
	    (!number_parse(text, UINT32_MAX / 4, &limit) || limit < 16))
		return err_set(err, E_USAGE,
		    "--limit %.40s: expected a number of rows, 16 to %u", text,
		    UINT32_MAX / 4);
	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return err_set_errno(err, "random octets");
	tally_init(ret, (size_t)limit, key);
	return true;
}

/* --NAME as a day; otherwise it stays. */
static bool
set_day(const struct args *args, const char *name, int32_t *ret,
    struct err *err)
{
	const char *text = args_value(args, name);

	return text == NULL || day_parse(text, ret) ||
	    err_set(err, E_USAGE,
		"--%s %.40s: expected a day such as 2017-09-01", name, text);
}

bool
running_days(const struct args *args, int32_t *ret_from, int32_t *ret_until,
    struct err *err)
{
	*ret_from = 0;
	*ret_until = INT32_MAX;
	if (!set_day(args, "from", ret_from, err) ||
	    !set_day(args, "until", ret_until, err))
		return false;
	return *ret_from <= *ret_until ||
	    err_set(err, E_USAGE, "--from %s is a later day than --until %s",
		args_value(args, "from"), args_value(args, "until"));
}

bool
running_confined(const struct args *args, size_t skip, const char *output,
    struct output **ret, struct err *err)
{
	char *folder = NULL, *slash;
	bool ok;

	if (output != NULL) {
		if (!output_open(output, ret, err))
			return false;
		folder = strdup(output);
		if (folder == NULL)
			return err_set(err, E_MEMORY, "out of memory");
		slash = strrchr(folder, '/');
		if (slash != NULL)
			slash[slash == folder] = '\0';
	}
	ok = confine_to(args->n_files - skip, args->files + skip,
	    folder == NULL		   ? NULL
		: strchr(output, '/') == NULL ? "."
					      : folder,
	    err);
	free(folder);
	return ok;
}

bool
running_summaries(const struct args *args, size_t skip,
    struct summary *summary, struct err *err)
{
	for (size_t i = skip; i < args->n_files; i++) {
		struct buf text = buf_new(SUMMARY_FILE_MAX);
		bool ok = file_read(args->files[i], SUMMARY_FILE_MAX, &text,
			      err) &&
		    (summary_read(summary, buf_bytes(&text), err) ||
		    err_prefix(err, "%s", args->files[i]));

		buf_free(&text);
		if (!ok)
			return false;
	}
	return true;
}

void
running_say_skipped(const struct counts *counts)
{
	bool any = false;

	for (size_t i = SKIP_FIRST; i < COUNTS; i++) {
		if (counts->n[i] == 0)
			continue;
		if (!any)
			printf("\nSkipped\n");
		any = true;
		printf("  %12" PRIu64 "  %-10s %s\n", counts->n[i],
		    count_rows[i].name, count_rows[i].meaning);
	}
}

static void
say_summary(const struct summary *summary)
{
	for (size_t i = 0; i < SKIP_FIRST; i++)
		if (summary->counts.n[i] > 0)
			printf("  %12" PRIu64 "  %s\n", summary->counts.n[i],
			    count_rows[i].meaning);
	printf("  %12zu  rows of a source, its tags and a day\n",
	    summary->tally.n);
	if (summary->tally.level > 0)
		printf("\nA sample: one source of %" PRIu64 ".\n",
		    UINT64_C(1) << summary->tally.level);
	running_say_skipped(&summary->counts);
}

bool
running_publish(const struct args *args, struct output *output,
    struct summary *summary, struct err *err)
{
	struct buf text = buf_new(SUMMARY_FILE_MAX);
	bool ok;

	summary_write(summary, &text);
	ok = text.failed
	    ? err_set(err, E_MEMORY, "the summary is too large to be written")
	    : output_write(output, buf_bytes(&text), err) &&
		output_publish(output, err);
	buf_free(&text);
	if (ok && args_flag(args, "json"))
		results_print_summary(summary);
	else if (ok)
		say_summary(summary);
	return ok;
}
