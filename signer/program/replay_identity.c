#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/sha256.h"
#include "signer/line/args.h"
#include "signer/program/replay_identity.h"

static const struct {
	const char *option, *title, *name, *none;
} kinds[IDENTITY_KINDS] = {
	[IDENTITY_PROGRAM] = { "program-sha256", "Program", "program",
	    "no run is on record" },
	[IDENTITY_CONFIGURATION] = { "config-sha256", "Configuration",
	    "configuration", "no run had a configuration" },
	[IDENTITY_MODULE] = { "module-sha256", "PKCS#11 module", "module",
	    "no run opened one" },
};

bool
identity_of_args(
    const struct args *args, struct identity_given *ret, struct err *err)
{
	struct identity_given given = { 0 };
	uint8_t digest[SHA256_SIZE];

	for (size_t i = 0; i < args->n_values; i++) {
		const struct option_value *v = &args->values[i];

		for (size_t k = 0; k < IDENTITY_KINDS; k++) {
			if (strcmp(v->row->name, kinds[k].option) != 0)
				continue;
			if (!hex_parse(v->value, digest, sizeof(digest)))
				return err_set(err, E_USAGE,
				    "--%s %s: expected the 64 hex digits of a "
				    "SHA-256",
				    kinds[k].option, v->value);
			if (given.n[k] == IDENTITY_GIVEN_MAX)
				return err_set(err, E_USAGE,
				    "--%s: more than %u", kinds[k].option,
				    IDENTITY_GIVEN_MAX);
			sha256_text(digest, given.sha256[k][given.n[k]++]);
		}
	}
	*ret = given;
	return true;
}

/* One that a line names. */
struct seen {
	const char *sha256; /* "" where the module could not be read */
	const char *which;  /* its version or path */
};

static bool
seen_in(const json_t *line, enum identity_kind kind, struct seen *ret)
{
	const char *event = fact_text(line, "event");
	const json_t *configuration = json_object_get(line, "configuration");

	switch (kind) {
	case IDENTITY_PROGRAM:
		*ret = (struct seen){ fact_text(line, "binary"),
			fact_text(line, "version") };
		return strcmp(event, "run") == 0;
	case IDENTITY_CONFIGURATION:
		*ret = (struct seen){ fact_text(configuration, "sha256"),
			fact_text(configuration, "path") };
		return strcmp(event, "run") == 0 && configuration != NULL;
	case IDENTITY_MODULE:
	case IDENTITY_KINDS:
		break;
	}
	*ret = (struct seen){ fact_text(line, "sha256"),
		fact_text(line, "module") };
	return strcmp(event, "hsm") == 0;
}

/* The next one from line *at on that no line before it has. */
static bool
next_seen(const struct ceremony *ceremony, enum identity_kind kind, size_t *at,
    struct seen *ret)
{
	const struct chain_line *lines = ceremony->log.lines;

	for (; *at < ceremony->log.n; (*at)++) {
		struct seen before;
		bool again = false;

		if (!seen_in(lines[*at].json, kind, ret))
			continue;
		for (size_t i = 0; i < *at && !again; i++)
			again = seen_in(lines[i].json, kind, &before) &&
			    strcmp(before.sha256, ret->sha256) == 0 &&
			    strcmp(before.which, ret->which) == 0;
		if (!again)
			return true;
	}
	return false;
}

static bool
is_given(const struct identity_given *given, enum identity_kind kind,
    const char *sha256)
{
	for (size_t i = 0; i < given->n[kind]; i++)
		if (strcmp(given->sha256[kind][i], sha256) == 0)
			return true;
	return false;
}

void
identity_compare(const struct identity_given *given, struct replay *replay)
{
	for (size_t k = 0; k < IDENTITY_KINDS; k++) {
		enum identity_kind kind = (enum identity_kind)k;
		struct seen seen;
		size_t n = 0;

		if (given->n[k] == 0)
			continue;
		for (size_t at = 0;
		     next_seen(&replay->ceremony, kind, &at, &seen); at++) {
			n++;
			if (!is_given(given, kind, seen.sha256))
				differences_add(&replay->differences, at + 1,
				    "%s (%s): its SHA-256 is %s, not the one "
				    "given with --%s",
				    kinds[k].title, seen.which,
				    seen.sha256[0] == '\0' ? "not on record"
							   : seen.sha256,
				    kinds[k].option);
		}
		if (n == 0)
			differences_add(&replay->differences, 0,
			    "--%s cannot be compared: %s", kinds[k].option,
			    kinds[k].none);
	}
}

static const char *
verdict(const struct identity_given *given, enum identity_kind kind,
    const char *sha256)
{
	if (given->n[kind] == 0)
		return "not compared";
	return is_given(given, kind, sha256) ? "as given" : "NOT as given";
}

void
identity_print(
    const struct identity_given *given, const struct ceremony *ceremony)
{
	printf("\nAt work\n");
	for (size_t k = 0; k < IDENTITY_KINDS; k++) {
		enum identity_kind kind = (enum identity_kind)k;
		struct seen seen;
		size_t n = 0;

		for (size_t at = 0; next_seen(ceremony, kind, &at, &seen);
		     at++) {
			n++;
			printf("  %s %s%s: %s\n    SHA-256 %s\n",
			    kinds[k].title,
			    kind == IDENTITY_PROGRAM ? "version " : "",
			    seen.which, verdict(given, kind, seen.sha256),
			    seen.sha256[0] == '\0' ? "not on record"
						   : seen.sha256);
		}
		if (n == 0)
			printf("  %s: %s\n", kinds[k].title, kinds[k].none);
	}
}

json_t *
identity_json(
    const struct identity_given *given, const struct ceremony *ceremony)
{
	json_t *list = json_array();

	for (size_t k = 0; k < IDENTITY_KINDS; k++) {
		enum identity_kind kind = (enum identity_kind)k;
		struct seen seen;

		for (size_t at = 0; next_seen(ceremony, kind, &at, &seen);
		     at++)
			json_array_append_new(list,
			    json_pack("{s:s, s:s, s:s, s:s}", "what",
				kinds[k].name, "which", seen.which, "sha256",
				seen.sha256, "compared",
				verdict(given, kind, seen.sha256)));
	}
	return list;
}
