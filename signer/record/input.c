#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ksr/document/format.h"
#include "ksr/policy/records.h"
#include "signer/line/command.h"
#include "signer/record/context.h"
#include "signer/record/input.h"
#include "signer/record/recorded.h"
#include "signer/record/zones.h"
#include "signer/screen/screen.h"

/* NULL if there is none in the usual places. */
static const char *
find_configuration(const char *given)
{
	static const char *const places[] = { "anchorite.yaml",
		"/etc/anchorite/anchorite.yaml" };
	const char *path = getenv("ANCHORITE_CONFIG");

	if (given != NULL)
		return given;
	if (path != NULL && path[0] != '\0')
		return path;
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (access(places[i], F_OK) == 0)
			return places[i];
	return NULL;
}

bool
configuration_is_there(const char *path)
{
	return find_configuration(path) != NULL;
}

bool
configuration_load(
    const char *path, struct configuration *ret, struct err *err)
{
	struct configuration loaded = { .masked = buf_new(2 * CONFIG_FILE_MAX) };
	struct buf yaml = buf_new(CONFIG_FILE_MAX);
	bool ok, has_modes = true;

	path = find_configuration(path);
	if (path == NULL)
		return err_set(err, E_USAGE,
		    "no configuration: give --config FILE or "
		    "$ANCHORITE_CONFIG, or run where ./anchorite.yaml is "
		    "(`anchorite init DIR` makes one for rehearsals)");
	if (strlen(path) > PATH_MAX_LEN)
		return err_set(err, E_USAGE,
		    "the configuration's path is longer than %u octets",
		    PATH_MAX_LEN);
	snprintf(loaded.path, sizeof(loaded.path), "%s", path);
	ok = file_read_own(path, CONFIG_FILE_MAX, &yaml, &has_modes, err) &&
	    sha256(buf_bytes(&yaml), loaded.sha256, err) &&
	    config_read(buf_bytes(&yaml), path, &loaded.config, err) &&
	    config_mask_pins(buf_bytes(&yaml), path, &loaded.masked, err) &&
	    zones_new(loaded.config, &loaded.zones, err);
	buf_free(&yaml); /* may hold a rehearsal's PIN: overwritten */
	if (!ok) {
		configuration_free(&loaded);
		return false;
	}
	if (!has_modes)
		screen_complain("note: %s lies on a file system without modes: "
				"whoever holds the medium can change it",
		    path);
	*ret = loaded;
	return true;
}

void
configuration_free(struct configuration *configuration)
{
	zones_free(configuration->zones);
	config_free(configuration->config);
	buf_free(&configuration->masked);
	*configuration = (struct configuration){ 0 };
}

static bool
has_option(const struct command *command, const char *name)
{
	const struct option_row *row = command->options;

	while (row != NULL && row->name != NULL && strcmp(row->name, name) != 0)
		row++;
	return row != NULL && row->name != NULL;
}

const char *
document_format(const struct command *command, const struct args *args)
{
	return args_value(
	    args, has_option(command, "from") ? "from" : "format");
}

/* Before anything is made of it. */
static bool
is_wanted(const struct context *context, const struct document *document,
    struct err *err)
{
	char seen[SHA256_TEXT_SIZE], wanted[SHA256_TEXT_SIZE];

	if (context->wanted_sha256 == NULL ||
	    same_sha256(document->sha256, context->wanted_sha256))
		return true;
	sha256_text(document->sha256, seen);
	sha256_text(context->wanted_sha256, wanted);
	return err_set(err, E_REFUSED,
	    "%s: has SHA-256 %s, the manifest has %s", document->path, seen,
	    wanted);
}

static bool
parse(const struct context *context, struct document *document,
    struct err *err)
{
	struct bytes octets = buf_bytes(&document->octets);
	enum ksr_format format;

	if (!sha256(octets, document->sha256, err) ||
	    !is_wanted(context, document, err))
		return false;
	if (context->format == NULL)
		return ksr_read(octets, document->path, &document->ksr, err);
	return format_named(context->format, &format, err) &&
	    ksr_read_as(format, octets, document->path, &document->ksr, err);
}

static bool
complete(const struct context *context, struct document *document,
    struct err *err)
{
	struct context zoned;

	return (context_of_zone(context, document->ksr->domain, &zoned, err) &&
		   records_complete(zoned.config, document->ksr, err)) ||
	    err_prefix(err, "%s", document->path);
}

/* As the file has it. */
static bool
load(const struct context *context, const char *role, const char *path,
    struct document *ret, struct err *err)
{
	struct document loaded = { .path = path,
		.octets = buf_new(KSR_FILE_MAX) };

	if (!(context->no_links ? record_read_no_link : record_read)(
		context->record, role, path, KSR_FILE_MAX, &loaded.octets,
		err) ||
	    !parse(context, &loaded, err)) {
		document_free(&loaded);
		return false;
	}
	*ret = loaded;
	return true;
}

bool
document_load(const struct context *context, const char *role,
    const char *path, struct document *ret, struct err *err)
{
	struct document loaded;

	if (!load(context, role, path, &loaded, err))
		return false;
	if (!complete(context, &loaded, err)) {
		document_free(&loaded);
		return false;
	}
	*ret = loaded;
	return true;
}

static bool
document_is(const struct ksr *ksr, const char *path, enum ksr_kind kind,
    struct err *err)
{
	return ksr->kind == kind ||
	    err_set(err, E_INPUT, "%s: is a %s, expected a %s", path,
		kind == KSR_REQUEST ? "response (SKR)" : "request (KSR)",
		kind == KSR_REQUEST ? "request (KSR)" : "response (SKR)");
}

/* Version 0.1.0 left them as they stood in the file. */
static bool
orders_bundles(const struct record *record)
{
	const struct recorded *recorded = record_recorded(record);

	return recorded == NULL || recorded->rules != RULES_0_1_0;
}

bool
document_load_kind(const struct context *context, const char *role,
    const char *path, enum ksr_kind kind, struct document *ret,
    struct err *err)
{
	struct document loaded;

	if (!load(context, role, path, &loaded, err))
		return false;
	if (!document_is(loaded.ksr, path, kind, err) ||
	    !complete(context, &loaded, err)) {
		document_free(&loaded);
		return false;
	}
	if (orders_bundles(context->record))
		ksr_order(loaded.ksr);
	*ret = loaded;
	return true;
}

bool
document_read_back(const struct context *context, const struct output *output,
    const char *path, enum ksr_kind kind, struct document *ret,
    struct err *err)
{
	struct document loaded = { .path = path,
		.octets = buf_new(KSR_FILE_MAX) };

	if (!output_read(output, KSR_FILE_MAX, &loaded.octets, err) ||
	    !parse(context, &loaded, err) ||
	    !document_is(loaded.ksr, path, kind, err) ||
	    !complete(context, &loaded, err)) {
		document_free(&loaded);
		return false;
	}
	*ret = loaded;
	return true;
}

void
document_free(struct document *document)
{
	ksr_free(document->ksr);
	buf_free(&document->octets);
	*document = (struct document){ 0 };
}
