#include "signer/readiness/commands.h"
#include "signer/readiness/running.h"

bool
readiness_merge(const struct args *args, struct err *err)
{
	struct summary summary = { 0 };
	struct output *output = NULL;
	bool ok;

	ok = running_tally(args, &summary.tally, err) &&
	    running_confined(args, 1, args->files[0], &output, err) &&
	    running_summaries(args, 1, &summary, err) &&
	    running_publish(args, output, &summary, err);
	output_free(output);
	tally_free(&summary.tally);
	return ok;
}
