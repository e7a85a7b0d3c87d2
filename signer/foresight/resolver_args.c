#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/pubkey.h"
#include "signer/foresight/resolver_args.h"

static const struct {
	const char *name;
	bool follows, wants_off, wants_start, by_parent;
} kinds[] = {
	{ "follower", true, false, false, false },
	{ "static", false, false, false, false },
	{ "absent", true, true, false, false },
	{ "late", true, false, true, false },
	{ "ds", false, false, false, true },
};

static bool
copy(const char *what, const char *value, char *ret, size_t size,
    struct err *err)
{
	size_t len = strlen(value);

	if (len == 0 || len >= size)
		return err_set(err, E_USAGE, "%s: expected 1 to %zu characters",
		    what, size - 1);
	memcpy(ret, value, len + 1);
	return true;
}

static bool
put_name(const char *value, struct resolver_args *args, struct err *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

	if (value[strspn(value, allowed)] != '\0')
		return err_set(err, E_USAGE,
		    "name=%s: expected letters, digits, - and _", value);
	return copy("name", value, args->name, sizeof(args->name), err);
}

static bool
put_anchor(const char *value, struct resolver_args *args, struct err *err)
{
	if (args->n_anchors == RESOLVER_ANCHORS_MAX)
		return err_set(
		    err, E_USAGE, "more than %u anchors", RESOLVER_ANCHORS_MAX);
	return copy("anchor", value, args->anchors[args->n_anchors++],
	    sizeof(args->anchors[0]), err);
}

static bool
put_file(const char *value, struct resolver_args *args, struct err *err)
{
	return args->anchor_file[0] == '\0'
	    ? copy("anchor-file", value, args->anchor_file,
		  sizeof(args->anchor_file), err)
	    : err_set(err, E_USAGE, "anchor-file is given twice");
}

static bool
put_start(const char *value, struct resolver_args *args, struct err *err)
{
	if (args->has_start)
		return err_set(err, E_USAGE, "start is given twice");
	args->has_start = true;
	return time_parse(value, &args->start) ||
	    err_set(err, E_USAGE,
		"start=%s: expected a time such as 2027-01-01T12:00:00Z",
		value);
}

/* An interval of ISO 8601: its beginning and how long it lasts. */
static bool
put_off(const char *value, struct resolver_args *args, struct err *err)
{
	const char *slash = strchr(value, '/');
	char begin[TIME_TEXT_SIZE];
	struct resolver_off off;
	int64_t length_s;

	if (slash == NULL || (size_t)(slash - value) >= sizeof(begin))
		goto bad;
	snprintf(begin, sizeof(begin), "%.*s", (int)(slash - value), value);
	if (!time_parse(begin, &off.from) ||
	    !duration_parse(slash + 1, &length_s) || length_s == 0)
		goto bad;
	off.until = off.from + length_s;
	if (args->n_off == RESOLVER_OFF_MAX)
		return err_set(
		    err, E_USAGE, "off more than %u times", RESOLVER_OFF_MAX);
	if (args->n_off > 0 && off.from <= args->off[args->n_off - 1].until)
		return err_set(err, E_USAGE,
		    "off=%s: begins before the one before it has ended", value);
	args->off[args->n_off++] = off;
	return true;
bad:
	return err_set(err, E_USAGE,
	    "off=%s: expected a time and a duration, such as "
	    "2027-01-01T00:00:00Z/P30D",
	    value);
}

/* "20326@2027-01-01T00:00:00Z", and until when behind a slash. */
static bool
put_ds(const char *value, struct resolver_args *args, struct err *err)
{
	const char *at = strrchr(value, '@');
	struct resolver_ds *ds = &args->ds[args->n_ds];
	char from[TIME_TEXT_SIZE];
	const char *slash;

	if (args->n_ds == PARENT_DS_MAX)
		return err_set(err, E_USAGE, "more than %u DS", PARENT_DS_MAX);
	if (at == NULL || at == value || (size_t)(at - value) > ID_MAX)
		goto bad;
	slash = strchr(at, '/');
	snprintf(ds->key, sizeof(ds->key), "%.*s", (int)(at - value), value);
	snprintf(from, sizeof(from), "%.*s",
	    (int)(slash == NULL ? strlen(at + 1) : (size_t)(slash - at - 1)),
	    at + 1);
	ds->until = INT64_MAX;
	if (!time_parse(from, &ds->from) ||
	    (slash != NULL && !time_parse(slash + 1, &ds->until)) ||
	    ds->until <= ds->from)
		goto bad;
	args->n_ds++;
	return true;
bad:
	return err_set(err, E_USAGE,
	    "ds=%s: expected a key and since when, such as "
	    "20326@2027-01-01T00:00:00Z, and behind a slash until when",
	    value);
}

static bool
put_lag(const char *value, struct resolver_args *args, struct err *err)
{
	return duration_parse(value, &args->lag_s) ||
	    err_set(err, E_USAGE, "lag=%s: expected a duration such as P1DT1H",
		value);
}

static bool
put_lacks(const char *value, struct resolver_args *args, struct err *err)
{
	const struct algorithm *algorithm = algorithm_of_mnemonic(value);
	char names[ALGORITHM_NAMES_SIZE];

	if (algorithm == NULL || !algorithm->supported) {
		algorithm_names(names);
		return err_set(err, E_USAGE, "lacks=%s: expected %s", value,
		    names);
	}
	args->lacks |= UINT32_C(1) << algorithm->number;
	return true;
}

static bool
put(const char *key, const char *value, struct resolver_args *args,
    struct err *err)
{
	static const struct {
		const char *key;
		bool (*put)(const char *value, struct resolver_args *args,
		    struct err *err);
	} rows[] = {
		{ "name", put_name },
		{ "anchor", put_anchor },
		{ "anchor-file", put_file },
		{ "start", put_start },
		{ "off", put_off },
		{ "ds", put_ds },
		{ "lag", put_lag },
		{ "lacks", put_lacks },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].key, key) == 0)
			return rows[i].put(value, args, err);
	return err_set(err, E_USAGE,
	    "\"%s\": expected name, anchor, anchor-file, start, off, ds, lag "
	    "or lacks",
	    key);
}

static bool
set_kind(const char *name, struct resolver_args *args, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(kinds[i].name, name) != 0)
			continue;
		args->kind = kinds[i].name;
		args->follows = kinds[i].follows;
		if (kinds[i].wants_off && args->n_off == 0)
			return err_set(err, E_USAGE,
			    "an %s resolver wants off=TIME/DURATION", name);
		if (kinds[i].wants_start && !args->has_start)
			return err_set(err, E_USAGE,
			    "a %s resolver wants start=TIME", name);
		if (kinds[i].by_parent != (args->n_ds > 0))
			return err_set(err, E_USAGE,
			    "ds=TAG@TIME is for resolvers of kind ds, and they "
			    "want one");
		if (kinds[i].by_parent &&
		    (args->n_anchors > 0 || args->anchor_file[0] != '\0'))
			return err_set(err, E_USAGE,
			    "a ds resolver has no anchors of its own");
		if (args->name[0] == '\0')
			snprintf(
			    args->name, sizeof(args->name), "%s", args->kind);
		return true;
	}
	return err_set(err, E_USAGE,
	    "\"%s\": expected follower, static, absent, late or ds", name);
}

static bool
parse(char *text, struct resolver_args *args, struct err *err)
{
	char *kind, *word, *value;

	kind = strsep(&text, ",");
	while ((word = strsep(&text, ",")) != NULL) {
		value = strchr(word, '=');
		if (value == NULL)
			return err_set(
			    err, E_USAGE, "\"%s\": expected KEY=VALUE", word);
		*value++ = '\0';
		if (!put(word, value, args, err))
			return false;
	}
	return set_kind(kind, args, err);
}

bool
resolver_args_parse(
    const char *text, struct resolver_args *ret, struct err *err)
{
	struct resolver_args args = { 0 };
	char *own = strdup(text);
	bool ok;

	if (own == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	ok = parse(own, &args, err) || err_prefix(err, "--resolver %s", text);
	free(own);
	if (ok)
		*ret = args;
	return ok;
}
