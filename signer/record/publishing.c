#include <stdio.h>
#include <string.h>

#include "signer/record/context.h"
#include "signer/record/facts.h"
#include "signer/record/publishing.h"
#include "signer/record/record.h"

#define NAME_TEXT_MAX 160 /* of a path in a message */

void
publishing_note(const struct context *context, const char *path)
{
	struct published *published = context->published;
	size_t len = strlen(published->names);
	size_t skip = strlen(path);
	char safe[NAME_TEXT_MAX];

	/* Of a long path its end says more. */
	skip = skip < NAME_TEXT_MAX / 4 ? 0 : skip - NAME_TEXT_MAX / 4 + 1;
	text_printable(safe, sizeof(safe), path + skip);
	snprintf(published->names + len, sizeof(published->names) - len,
	    "%s%s%s", published->n == 0 ? "" : ", ", skip == 0 ? "" : "...",
	    safe);
	published->n++;
}

void
publishing_said(const struct context *context)
{
	context->published->said = true;
}

bool
publishing_say(const struct context *context, struct err *err)
{
	struct published *published = context->published;

	if (published->n == 0 || published->said)
		return false;
	published->said = true;
	return err_prefix(err, "%s %s published, but then", published->names,
	    published->n == 1 ? "is" : "are");
}

bool
publishing_open(const struct context *context, const char *path,
    struct output **ret, struct err *err)
{
	return record_recorded(context->record) == NULL
	    ? output_open(path, ret, err)
	    : output_imagine(path, ret, err);
}

bool
publishing_name(const struct context *context, struct output *output,
    const char *path, struct err *err)
{
	bool ok = output_publish(output, err);

	if (output_is_published(output))
		publishing_note(context, path);
	return ok;
}

bool
publishing_keep(
    const struct context *context, const char *path, struct err *err)
{
	return record_recorded(context->record) != NULL ||
	    file_sync_folder_of(path, err);
}

bool
publishing_finish(const struct context *context, struct output *output,
    const char *path, struct bytes text, struct err *err)
{
	return publishing_name(context, output, path, err) &&
	    facts_published(context->record, path, text, err);
}

bool
publishing_text(const struct context *context, struct output *output,
    const char *role, const char *path, struct bytes text, struct err *err)
{
	return output_write(output, text, err) &&
	    record_output(context->record, role, path, text, err) &&
	    publishing_finish(context, output, path, text, err);
}
