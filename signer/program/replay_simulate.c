/* Of `simulate`: the same files and arguments come to the same results. */
#include <stdlib.h>

#include "ksr/rules/independent.h"
#include "signer/foresight/simulating.h"
#include "signer/line/args.h"
#include "signer/program/replay_steps.h"
#include "signer/record/input.h"

bool
replay_simulated_response(struct rerun *rerun, struct err *err)
{
	struct simulating *simulating = &rerun->simulating;
	struct document *documents = realloc(simulating->documents,
	    (simulating->n_documents + 1) * sizeof(*documents));
	struct document *document;
	struct err why;

	if (documents == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	simulating->documents = documents;
	document = &documents[simulating->n_documents++];
	*document = rerun->response;
	rerun->response = (struct document){ 0 };
	if (!independent_verify_all(document->ksr, &why)) {
		err_prefix(&why, "%s", document->path);
		rerun->refusal = why;
	}
	return true;
}

bool
replay_anchors(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct simulating *simulating = &rerun->simulating;
	struct buf *file =
	    &simulating->anchor_files[simulating->n_anchor_files];
	struct err why;

	if (simulating->n_anchor_files == RESOLVERS_MAX) {
		differs(rerun, "more trust anchors than resolvers");
		return true;
	}
	simulating->n_anchor_files++;
	*file = buf_new(ANCHOR_FILE_MAX);
	if (stored_read(&rerun->replay->ceremony, line, file, &why))
		return true;
	if (why.code != E_REFUSED) {
		*err = why;
		return false;
	}
	differs(rerun, "%s", why.msg);
	return true;
}

bool
replay_simulated(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct simulating *simulating = &rerun->simulating;
	struct err why = { .code = E_NONE };
	struct args args;

	if (simulating->parts != NULL)
		return true; /* twice: its order has said so */
	if (!replay_arguments(rerun, &cmd_simulate, &args, &why)) {
		differs(rerun, "%s", why.msg);
		return true;
	}
	if (simulating_run(simulating, &args, &why))
		differs_unless_equal(rerun, "results",
		    json_object_get(line, "resolvers"),
		    simulate_json_results(simulating));
	else if (why.code == E_MEMORY)
		*err = why;
	else
		differs(rerun, "the simulation fails: %s", why.msg);
	args_free(&args);
	return why.code != E_MEMORY;
}

bool
replay_drawing(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct buf stored = buf_new(SIMULATE_SVG_MAX);
	struct buf svg = buf_new(SIMULATE_SVG_MAX);
	struct err why;

	(void)err;
	if (rerun->simulating.n_resolvers == 0)
		return true; /* what is missing has been reported */
	if (!stored_read(&rerun->replay->ceremony, line, &stored, &why)) {
		differs(rerun, "%s", why.msg);
	} else {
		simulate_svg(&rerun->simulating, &svg);
		if (!bytes_equal(buf_bytes(&stored), buf_bytes(&svg)))
			differs(rerun,
			    "the stored drawing is not the one drawn anew");
	}
	buf_free(&svg);
	buf_free(&stored);
	return true;
}
