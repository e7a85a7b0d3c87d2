#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "signer/foresight/simulating.h"
#include "signer/line/args.h"

bool
simulating_path(const char *argument, char **ret,
    struct timeline_part *ret_part, struct err *err)
{
	const char *at = strrchr(argument, '@');
	struct timeline_part part = { 0 };
	char *path = strdup(argument);

	if (path == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	if (at != NULL && time_parse(at + 1, &part.from)) {
		part.takes_over = true;
		path[at - argument] = '\0';
	}
	*ret = path;
	*ret_part = part;
	return true;
}

bool
simulating_resolvers(const struct args *args, struct simulated **ret,
    size_t *ret_n, struct err *err)
{
	static const char *const usual[] = { "follower", "static" };
	struct simulated *list = calloc(RESOLVERS_MAX, sizeof(*list));
	size_t n = 0;
	bool ok = list != NULL || err_set(err, E_MEMORY, "out of memory");

	for (size_t i = 0; ok && i < args->n_values; i++) {
		if (strcmp(args->values[i].row->name, "resolver") != 0)
			continue;
		ok = n < RESOLVERS_MAX
		    ? resolver_args_parse(
			  args->values[i].value, &list[n++].args, err)
		    : err_set(err, E_USAGE, "more than %u resolvers",
			  RESOLVERS_MAX);
	}
	for (size_t i = 0; ok && i < ARRAY_LEN(usual); i++)
		if (args_value(args, "resolver") == NULL)
			ok = resolver_args_parse(
			    usual[i], &list[n++].args, err);
	if (!ok) {
		free(list);
		return false;
	}
	*ret = list;
	*ret_n = n;
	return true;
}

static bool
make_parts(
    struct simulating *simulating, const struct args *args, struct err *err)
{
	simulating->parts =
	    calloc(args->n_files + 1, sizeof(*simulating->parts));
	if (simulating->parts == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	if (args->n_files != simulating->n_documents)
		return err_set(err, E_INPUT, "%zu responses were read of %zu",
		    simulating->n_documents, args->n_files);
	for (size_t i = 0; i < args->n_files; i++) {
		struct document *document = &simulating->documents[i];
		struct timeline_part *part = &simulating->parts[i];
		char *path;
		bool same;

		if (!simulating_path(args->files[i], &path, part, err))
			return false;
		same = strcmp(path, document->path) == 0;
		free(path);
		if (!same)
			return err_set(err, E_INPUT,
			    "%s was read for %s", document->path,
			    args->files[i]);
		part->response = document->ksr;
		part->name = document->path;
	}
	return true;
}

/* A key tag, else a keyIdentifier, of exactly one key in the responses. */
static bool
find_anchor(const struct timeline *timeline, const char *text,
    struct anchor *ret, struct err *err)
{
	const struct timeline_key *found = NULL;
	uint64_t tag;
	bool by_tag = number_parse(text, UINT16_MAX, &tag);

	for (size_t i = 0; i < timeline->n_keys; i++) {
		const struct timeline_key *key = &timeline->keys[i];

		if (by_tag ? key->tag != tag
			   : strcmp(key->key->identifier, text) != 0)
			continue;
		if (found != NULL)
			return err_set(err, E_INPUT,
			    "anchor=%s: is more than one key; give an "
			    "anchor-file",
			    text);
		found = key;
	}
	if (found == NULL)
		return err_set(err, E_INPUT,
		    "anchor=%s: no such KSK in the responses", text);
	ret->tag = found->tag;
	memcpy(ret->ds, found->ds, sizeof(ret->ds));
	return true;
}

/* What signs as the timeline begins: whoever came before had to trust it. */
static bool
usual_anchors(
    const struct timeline *timeline, struct simulated *one, struct err *err)
{
	const struct rfc5011_rrset *rrset = &timeline->slots[0].rrset;

	for (size_t i = 0; i < rrset->n; i++) {
		const struct rfc5011_seen *seen = &rrset->keys[i];
		struct anchor *anchor =
		    &one->anchors[one->resolver.n_anchors];

		if (!seen->signs || seen->revoked)
			continue;
		anchor->tag =
		    timeline->keys[timeline_find_key(timeline, seen->ds)].tag;
		memcpy(anchor->ds, seen->ds, sizeof(anchor->ds));
		one->resolver.n_anchors++;
	}
	return one->resolver.n_anchors > 0 ||
	    err_set(err, E_INPUT,
		"no key signs the first slot: give anchors");
}

static bool
give_anchors(const struct simulating *simulating, struct simulated *one,
    const struct buf *file, struct err *err)
{
	const struct timeline *timeline = &simulating->timeline;
	const struct resolver_args *args = &one->args;
	size_t n = args->n_anchors, more = 0;

	for (size_t i = 0; i < n; i++)
		if (!find_anchor(
			timeline, args->anchors[i], &one->anchors[i], err))
			return false;
	if (args->anchor_file[0] != '\0' &&
	    !anchors_read(buf_bytes(file), args->anchor_file, &timeline->owner,
		RESOLVER_ANCHORS_MAX - n, &one->anchors[n], &more, err))
		return false;
	one->resolver.n_anchors = n + more;
	if (n + more == 0 && !usual_anchors(timeline, one, err))
		return false;
	for (size_t i = 0; i < one->resolver.n_anchors; i++)
		memcpy(one->resolver.anchors[i], one->anchors[i].ds,
		    DS_SHA256_SIZE);
	return true;
}

/* What the parent publishes, in the place of anchors. */
static bool
give_parent(const struct simulating *simulating, struct simulated *one,
    struct err *err)
{
	const struct resolver_args *args = &one->args;

	one->parent.lag_s = args->lag_s;
	for (size_t i = 0; i < args->n_ds; i++) {
		struct parent_ds_record *record = &one->parent.records[i];
		struct anchor anchor;

		if (!find_anchor(&simulating->timeline, args->ds[i].key,
			&anchor, err))
			return false;
		memcpy(record->ds, anchor.ds, DS_SHA256_SIZE);
		record->from = args->ds[i].from;
		record->until = args->ds[i].until;
	}
	one->parent.n = args->n_ds;
	one->resolver.parent = &one->parent;
	return true;
}

static bool
run_one(const struct simulating *simulating, struct simulated *one,
    const struct buf *file, struct err *err)
{
	const struct resolver_args *args = &one->args;

	one->resolver.follows = args->follows;
	one->resolver.lacks = args->lacks;
	one->resolver.start = args->has_start
	    ? args->start
	    : timeline_begin(&simulating->timeline);
	one->resolver.n_off = args->n_off;
	memcpy(one->resolver.off, args->off, sizeof(args->off));
	return (args->n_ds > 0 ? give_parent(simulating, one, err)
			       : give_anchors(simulating, one, file, err)) &&
	    validator_run(
		&simulating->timeline, &one->resolver, &one->run, err);
}

bool
simulating_run(
    struct simulating *simulating, const struct args *args, struct err *err)
{
	size_t n_files = 0;

	if (!make_parts(simulating, args, err) ||
	    !timeline_make(simulating->parts, simulating->n_documents,
		&simulating->timeline, err) ||
	    !simulating_resolvers(args, &simulating->resolvers,
		&simulating->n_resolvers, err))
		return false;
	for (size_t i = 0; i < simulating->n_resolvers; i++) {
		struct simulated *one = &simulating->resolvers[i];
		const struct buf *file = NULL;

		if (one->args.anchor_file[0] != '\0') {
			if (n_files == simulating->n_anchor_files)
				return err_set(err, E_INPUT,
				    "%s was not read", one->args.anchor_file);
			file = &simulating->anchor_files[n_files++];
		}
		if (!run_one(simulating, one, file, err))
			return err_prefix(err, "resolver %zu (%s)", i + 1,
			    one->args.name);
	}
	return true;
}

void
simulating_clear(struct simulating *simulating)
{
	for (size_t i = 0; i < simulating->n_resolvers; i++)
		validator_run_clear(&simulating->resolvers[i].run);
	free(simulating->resolvers);
	timeline_clear(&simulating->timeline);
	free(simulating->parts);
	for (size_t i = 0; i < simulating->n_anchor_files; i++)
		buf_free(&simulating->anchor_files[i]);
	for (size_t i = 0; i < simulating->n_documents; i++)
		document_free(&simulating->documents[i]);
	free(simulating->documents);
	*simulating = (struct simulating){ 0 };
}

void
simulating_slot_text(const struct timeline_slot *slot, char ret[SLOT_TEXT_SIZE])
{
	snprintf(
	    ret, SLOT_TEXT_SIZE, "%zu.%zu", slot->part + 1, slot->slot + 1);
}
