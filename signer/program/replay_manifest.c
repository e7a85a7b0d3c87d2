#include <string.h>

#include "signer/program/replay_steps.h"
#include "signer/workshop/manifest.h"

/*
 * The stored text as a manifest.  One that is not there is a difference; one
 * that is none sets *ret_why, E_NONE otherwise.  False only without memory.
 */
static bool
read_manifest(struct rerun *rerun, const json_t *line, bool *ret_there,
    struct manifest *ret, struct err *ret_why, struct err *err)
{
	struct buf text = buf_new(MANIFEST_FILE_MAX);
	struct err why;
	bool stored = stored_read(&rerun->replay->ceremony, line, &text, &why);

	*ret_why = (struct err){ 0 };
	*ret_there = stored &&
	    manifest_parse(buf_bytes(&text), fact_text(line, "path"), ret, &why);
	buf_free(&text);
	if (*ret_there)
		return true;
	if (why.code == E_MEMORY || why.code == E_INTERNAL) {
		*err = why;
		return false;
	}
	if (!stored)
		differs(rerun, "%s", why.msg);
	else
		*ret_why = why;
	return true;
}

/* What is no manifest ended the run then and does so now. */
bool
replay_manifest(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct manifest manifest;
	struct err why;
	bool there;

	if (!read_manifest(rerun, line, &there, &manifest, &why, err))
		return false;
	if (there)
		manifest_clear(&manifest);
	if (strcmp(fact_text(line, "event"), "input") == 0) {
		rerun->manifest = line;
		rerun->refusal = why;
	} else if (why.code != E_NONE) {
		differs(rerun, "%s", why.msg);
	}
	return true;
}

static void
compare(struct rerun *rerun, const json_t *line, const struct manifest *was,
    const struct manifest *is)
{
	json_t *differences = manifest_compare(was, is);
	struct err why;

	if (!manifest_judge(
		differences, fact_text(rerun->manifest, "path"), &why))
		rerun->refusal = why;
	differs_unless_equal(rerun, "differences",
	    json_object_get(line, "differences"), differences);
}

bool
replay_compared(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct manifest was = { 0 }, is = { 0 };
	bool have_was, have_is = false, ok;
	struct err why;

	if (rerun->manifest == NULL || rerun->output == NULL) {
		differs(rerun, "there are no two manifests to compare");
		return true;
	}
	ok = read_manifest(
		 rerun, rerun->manifest, &have_was, &was, &why, err) &&
	    read_manifest(rerun, rerun->output, &have_is, &is, &why, err);
	if (ok && have_was && have_is)
		compare(rerun, line, &was, &is);
	manifest_clear(&was);
	manifest_clear(&is);
	return ok;
}
