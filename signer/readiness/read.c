#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/sha256.h"
#include "signer/readiness/commands.h"
#include "signer/readiness/reading.h"
#include "signer/readiness/running.h"

/* What tells this key from others, and nothing of it. */
static const char key_label[] = "anchorite-readiness hash key";

static bool
load_hash_key(const char *path, struct reading *reading, struct err *err)
{
	struct buf labelled = buf_new(sizeof(key_label) + HASH_KEY_MAX);
	uint8_t digest[SHA256_SIZE];
	bool ok;

	if (!file_read(path, HASH_KEY_MAX, &reading->hash_key, err))
		return false;
	if (reading->hash_key.len < HASH_KEY_MIN)
		return err_set(err, E_INPUT,
		    "%s: %zu octets; a secret has %u or more", path,
		    reading->hash_key.len, HASH_KEY_MIN);
	buf_put(&labelled, key_label, sizeof(key_label));
	buf_put(&labelled, reading->hash_key.data, reading->hash_key.len);
	ok = sha256(buf_bytes(&labelled), digest, err);
	buf_free(&labelled);
	reading->summary.naming.form = SOURCE_HASH;
	if (ok)
		memcpy(reading->summary.naming.key_id, digest, SOURCE_KEY_ID);
	return ok;
}

/* "24,48" as "prefix 24 48" is in a summary. */
static bool
set_prefix(const char *text, struct source_naming *ret, struct err *err)
{
	char naming[SOURCE_NAMING_TEXT];
	char *comma;

	snprintf(naming, sizeof(naming), "prefix %.20s", text);
	comma = strchr(naming, ',');
	if (comma != NULL)
		*comma = ' ';
	return (comma != NULL && source_naming_parse(naming, ret)) ||
	    err_set(err, E_USAGE,
		"--prefix %.40s: expected bits of IPv4 and of IPv6 such as "
		"24,48",
		text);
}

static bool
set_naming(const struct args *args, struct reading *reading, struct err *err)
{
	const char *prefix = args_value(args, "prefix");
	const char *path = args_value(args, "hash-key");

	reading->hash_key = buf_new(HASH_KEY_MAX);
	if (prefix != NULL && path != NULL)
		return err_set(err, E_USAGE,
		    "--prefix and --hash-key contradict each other");
	if (prefix != NULL)
		return set_prefix(prefix, &reading->summary.naming, err);
	return path == NULL || load_hash_key(path, reading, err);
}

static bool
set_zone(const struct args *args, struct reading *reading, struct err *err)
{
	const char *zone = args_value(args, "zone");

	if (!dname_parse(zone == NULL ? "." : zone, &reading->zone, err))
		return err_prefix(err, "--zone");
	dname_text(&reading->zone, reading->summary.zone);
	return true;
}

static bool
read_files(const struct args *args, struct reading *reading, struct err *err)
{
	for (size_t i = 1; i < args->n_files; i++)
		if (!reading_file(reading, args->files[i], err))
			return false;
	return true;
}

bool
readiness_read(const struct args *args, struct err *err)
{
	struct reading reading = { 0 };
	struct output *output = NULL;
	bool ok;

	ok = set_zone(args, &reading, err) &&
	    running_days(args, &reading.from, &reading.until, err) &&
	    set_naming(args, &reading, err) &&
	    running_tally(args, &reading.summary.tally, err) &&
	    running_confined(args, 1, args->files[0], &output, err) &&
	    read_files(args, &reading, err) &&
	    running_publish(args, output, &reading.summary, err);
	output_free(output);
	reading_free(&reading);
	return ok;
}
