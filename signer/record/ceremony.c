#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "ksr/base/text.h"
#include "ksr/dns/pubkey.h"
#include "ksr/dns/sha256.h"
#include "signer/record/ceremony.h"

#define LOG_PATH_SIZE (PATH_MAX_LEN + 128)

const char *
fact_text(const json_t *line, const char *key)
{
	const char *text = json_string_value(json_object_get(line, key));

	return text == NULL ? "" : text;
}

static bool
is_digest(const char *text)
{
	return strlen(text) == 2 * SHA256_SIZE &&
	    strspn(text, "0123456789abcdef") == 2 * SHA256_SIZE;
}

void
step_text(const json_t *line, char ret[STEP_TEXT_SIZE])
{
	const char *event = fact_text(line, "event");
	const json_t *stages = json_object_get(line, "stages"), *stage;
	size_t i, len;

	len = (size_t)snprintf(ret, STEP_TEXT_SIZE, "%.40s", event);
	if (strcmp(event, "input") == 0 || strcmp(event, "output") == 0)
		snprintf(ret + len, STEP_TEXT_SIZE - len, " %.40s",
		    fact_text(line, "role"));
	if (strcmp(event, "checks") != 0)
		return;
	json_array_foreach(stages, i, stage)
	{
		const char *name = json_string_value(stage);

		if (name == NULL || len + 12 > STEP_TEXT_SIZE)
			return;
		len += (size_t)snprintf(ret + len, STEP_TEXT_SIZE - len,
		    "%c%.9s", i == 0 ? ' ' : '+', name);
	}
}

/* What every line has, whatever its event. */
static bool
check_line(const char *path, size_t number, const json_t *line, struct err *err)
{
	int64_t time;

	if (fact_text(line, "event")[0] == '\0')
		return err_set(
		    err, E_REFUSED, "%s:%zu: names no event", path, number);
	if (!time_parse(fact_text(line, "time"), &time))
		return err_set(
		    err, E_REFUSED, "%s:%zu: has no time", path, number);
	if (fact_text(line, "version")[0] == '\0' ||
	    !is_digest(fact_text(line, "binary")))
		return err_set(err, E_REFUSED,
		    "%s:%zu: does not name the program", path, number);
	return true;
}

static bool
begin_run(
    struct ceremony *ceremony, const char *path, size_t line, struct err *err)
{
	const json_t *json = ceremony->log.lines[line].json;
	const json_t *format = json_object_get(json, "format");
	struct run *run = &ceremony->runs[ceremony->n_runs];
	json_int_t number = json_integer_value(format);

	*run = (struct run){
		.number = ceremony->n_runs + 1,
		.first = line,
		.command = fact_text(json, "command"),
	};
	if (number < 1)
		return err_set(err, E_REFUSED, "%s:%zu: names no record format",
		    path, line + 1);
	if (number > RECORD_FORMAT)
		return err_set(err, E_INPUT,
		    "%s:%zu: the record has format %lld, this program reads "
		    "up to %d: use the program that wrote it or a newer one",
		    path, line + 1, (long long)number, RECORD_FORMAT);
	run->format = (int)number;
	ceremony->n_runs++;
	return true;
}

static bool
add_line(struct ceremony *ceremony, const char *path, size_t i, struct err *err)
{
	const json_t *json = ceremony->log.lines[i].json;
	struct run *run;

	if (json != NULL && !check_line(path, i + 1, json, err))
		return false;
	if (json != NULL && strcmp(fact_text(json, "event"), "run") == 0 &&
	    !begin_run(ceremony, path, i, err))
		return false;
	if (ceremony->n_runs == 0)
		/* A first line that a power cut tore belongs to no run. */
		return json == NULL ||
		    err_set(err, E_REFUSED,
			"%s:%zu: the record does not begin with a run", path,
			i + 1);
	run = &ceremony->runs[ceremony->n_runs - 1];
	run->n++;
	/* It ends a run that succeeded: what comes after is not signed. */
	if (strcmp(fact_text(json, "event"), RECORD_SEALED_BY) == 0)
		run->ended = true;
	if (json != NULL && strcmp(fact_text(json, "event"), "end") == 0) {
		run->ended = true;
		run->status =
		    (int)json_integer_value(json_object_get(json, "status"));
	}
	return true;
}

bool
ceremony_read(const char *dir, struct ceremony *ret, struct err *err)
{
	struct ceremony ceremony = { .dir = dir };
	char path[LOG_PATH_SIZE];

	if (dir[0] == '\0' || strlen(dir) > PATH_MAX_LEN)
		return err_set(err, E_USAGE,
		    "the ceremony folder's path is empty or too long");
	snprintf(path, sizeof(path), "%s/%s", dir, RECORD_LOG);
	if (!chain_read(path, &ceremony.log, err))
		return false;
	ceremony.runs = calloc(ceremony.log.n + 1, sizeof(*ceremony.runs));
	if (ceremony.runs == NULL) {
		ceremony_clear(&ceremony);
		return err_set(err, E_MEMORY, "out of memory");
	}
	for (size_t i = 0; i < ceremony.log.n; i++) {
		if (!add_line(&ceremony, path, i, err)) {
			ceremony_clear(&ceremony);
			return false;
		}
	}
	*ret = ceremony;
	return true;
}

void
ceremony_clear(struct ceremony *ceremony)
{
	chain_lines_clear(&ceremony->log);
	free(ceremony->runs);
	*ceremony = (struct ceremony){ 0 };
}

const char *
stored_folder(const json_t *line)
{
	return strcmp(fact_text(line, "event"), "input") == 0 ? RECORD_INPUTS
							      : RECORD_OUTPUTS;
}

bool
is_document_role(const char *role)
{
	static const char *const roles[] = { "request", "response",
		"previous response", "response in place", "document" };

	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (strcmp(roles[i], role) == 0)
			return true;
	return false;
}

bool
stored_read(const struct ceremony *ceremony, const json_t *line,
    struct buf *ret, struct err *err)
{
	const char *wanted = fact_text(line, "sha256");
	char path[LOG_PATH_SIZE], seen[SHA256_TEXT_SIZE];
	uint8_t digest[SHA256_SIZE];
	size_t before = ret->len;
	struct bytes content;
	struct stat st;

	/* The name goes into a path: nothing but a digest may. */
	if (!is_digest(wanted))
		return err_set(err, E_REFUSED,
		    "a stored file's name is not a SHA-256: \"%.80s\"", wanted);
	snprintf(path, sizeof(path), "%s/%s", ceremony->dir,
	    stored_folder(line));
	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		return err_set(err, E_REFUSED,
		    "%s: is a symbolic link, which has no place here", path);
	snprintf(path, sizeof(path), "%s/%s/%s", ceremony->dir,
	    stored_folder(line), wanted);
	if (access(path, F_OK) != 0)
		return err_set(err, E_REFUSED, "%s: is missing", path);
	if (!file_read_no_link(path, KSR_FILE_MAX, ret, err)) {
		if (err->code == E_INPUT || err->code == E_IO)
			err->code = E_REFUSED;
		return false;
	}
	content = (struct bytes){ ret->data + before, ret->len - before };
	if (!sha256(content, digest, err))
		return false;
	sha256_text(digest, seen);
	if (strcmp(seen, wanted) != 0)
		return err_set(err, E_REFUSED,
		    "%s: was changed: its SHA-256 is %s", path, seen);
	if (json_integer_value(json_object_get(line, "size")) !=
	    (json_int_t)content.len)
		return err_set(err, E_REFUSED,
		    "%s: has %zu octets, the record says otherwise", path,
		    content.len);
	return true;
}
