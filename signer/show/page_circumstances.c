#include <stdlib.h>
#include <string.h>

#include "signer/show/page_parts.h"

/*
 * One kind of fact: each distinct value, in the order of its first appearance,
 * with the runs in which it held.
 */
struct circumstance {
	const char *title;
	const char *event; /* the lines that state it */
	const char
	    *object; /* the member that holds the facts; NULL: the line */
	const char *texts[4];
	const char *hash; /* NULL: none */
};

static const struct circumstance circumstances[] = {
	{ "Host", "run", "host", { "name" }, NULL },
	{ "Time zone", "run", "host", { "time_zone" }, NULL },
	{ "Program", "run", NULL, { "version" }, "binary" },
	{ "Configuration", "run", "configuration", { "path" }, "sha256" },
	{ "PKCS#11 module", "hsm", NULL, { "module" }, "sha256" },
	{ "Token", "token", NULL,
	    { "label", "serial", "manufacturer", "model" }, NULL },
};

/* What the line says of it, as a list of texts; NULL where it says nothing. */
static json_t *
value_of(const struct circumstance *what, const json_t *line)
{
	const json_t *facts =
	    what->object == NULL ? line : json_object_get(line, what->object);
	json_t *value;

	if (facts == NULL || strcmp(fact_text(line, "event"), what->event) != 0)
		return NULL;
	value = json_array();
	for (size_t i = 0; i < ARRAY_LEN(what->texts); i++)
		if (what->texts[i] != NULL)
			json_array_append_new(value,
			    json_string(fact_text(facts, what->texts[i])));
	if (what->hash != NULL)
		json_array_append_new(
		    value, json_string(fact_text(facts, what->hash)));
	return value;
}

/* Adds the run's number under the value, unless it is the last one there. */
static void
value_add(json_t *values, json_t *value, size_t run)
{
	char *key = json_dumps(value, JSON_COMPACT);
	json_t *entry = key == NULL ? NULL : json_object_get(values, key);
	json_t *runs;

	if (key != NULL && entry == NULL) {
		entry = json_pack("{s:O, s:[]}", "value", value, "runs");
		json_object_set_new(values, key, entry);
	}
	runs = json_object_get(entry, "runs");
	if (json_integer_value(json_array_get(
		runs, json_array_size(runs) - 1)) != (json_int_t)run)
		json_array_append_new(runs, json_integer((json_int_t)run));
	free(key);
}

static json_t *
values_of(const struct page *page, const struct circumstance *what)
{
	const struct ceremony *ceremony = page->ceremony;
	json_t *values = json_object();

	for (size_t i = 0; i < ceremony->n_runs; i++) {
		const struct run *run = &ceremony->runs[i];

		for (size_t k = run->first; k < run->first + run->n; k++) {
			json_t *value =
			    value_of(what, ceremony->log.lines[k].json);

			if (value != NULL)
				value_add(values, value, run->number);
			json_decref(value);
		}
	}
	return values;
}

static void
put_value(
    struct page *page, const struct circumstance *what, const json_t *value)
{
	size_t n = json_array_size(value);
	const char *text;

	for (size_t i = 0; i < n; i++) {
		text = json_string_value(json_array_get(value, i));
		if (text == NULL)
			continue;
		if (what->hash != NULL && i + 1 == n) {
			buf_puts(page->out, "<br/>");
			html_digest(page->out, text, false);
		} else {
			HTML(page->out, "$$", i == 0 ? "" : ", ", text);
		}
	}
}

static void
put_circumstance(struct page *page, const struct circumstance *what)
{
	json_t *values = values_of(page, what), *entry;
	size_t n = json_object_size(values), row = 0;
	const char *key;

	json_object_foreach(values, key, entry)
	{
		buf_puts(page->out, "<tr>");
		if (row++ == 0)
			HTML(page->out,
			    "<th scope=\"row\" rowspan=\"$\">$$</th>",
			    html_number(n).s, what->title,
			    n > 1 ? " (changed)" : "");
		buf_puts(page->out, "<td>");
		put_value(page, what, json_object_get(entry, "value"));
		buf_puts(page->out, "</td><td>");
		page_runs(page, json_object_get(entry, "runs"));
		buf_puts(page->out, "</td></tr>\n");
	}
	json_decref(values);
}

bool
page_circumstances(struct page *page, struct err *err)
{
	bool ok;

	buf_puts(page->out,
	    "<section id=\"circumstances\">\n<h2>Who, what, where</h2>\n"
	    "<table class=\"facts\">\n<thead><tr><th></th><th>As recorded</th>"
	    "<th>In</th></tr></thead>\n<tbody>\n");
	ok = page_ceremony(page, err);
	for (size_t i = 0; i < ARRAY_LEN(circumstances); i++)
		put_circumstance(page, &circumstances[i]);
	buf_puts(page->out, "</tbody>\n</table>\n</section>\n");
	return ok;
}
