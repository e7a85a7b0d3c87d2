/* Of `release`: the same slot at the same time, and the same octets of it. */
#include "ksr/zone/release.h"
#include "signer/program/replay_steps.h"
#include "signer/record/input.h"

bool
replay_release(struct rerun *rerun, struct err *err)
{
	struct document *response = &rerun->response;
	struct release made;
	struct err why;

	if (!release_make(
		response->ksr, rerun->config, rerun->now, &made, &why)) {
		if (why.code == E_MEMORY) {
			*err = why;
			return false;
		}
		err_prefix(&why, "%s", response->path);
		rerun->refusal = why;
	}
	return true;
}

bool
replay_records(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct buf stored = buf_new(KSR_FILE_MAX), text = buf_new(KSR_FILE_MAX);
	struct release made;
	struct err why;
	bool ok = true;

	if (rerun->response.ksr == NULL)
		return true; /* what is missing has been reported */
	if (!stored_read(&rerun->replay->ceremony, line, &stored, &why)) {
		differs(rerun, "%s", why.msg);
	} else {
		ok = release_make(rerun->response.ksr, rerun->config,
		    rerun->now, &made, err);
		if (ok)
			release_text(&made, rerun->response.sha256, &text);
		if (ok && !bytes_equal(buf_bytes(&stored), buf_bytes(&text)))
			differs(rerun,
			    "the stored records are not those of the response "
			    "at that time");
	}
	buf_free(&text);
	buf_free(&stored);
	return ok;
}
