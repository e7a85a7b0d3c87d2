#include <string.h>

#include "ksr/dns/pubkey.h"
#include "signer/script/steps_record.h"
#include "signer/show/page.h"
#include "signer/show/page_parts.h"

static void
put_run_link(struct page *page, const char *separator, size_t run)
{
	struct html_value number = html_number(run);

	HTML(page->out, "$<a href=\"#run-$\">$</a>", separator, number.s,
	    number.s);
}

static size_t
number_at(const json_t *numbers, size_t i)
{
	return (size_t)json_integer_value(json_array_get(numbers, i));
}

void
page_runs(struct page *page, const json_t *numbers)
{
	size_t n = json_array_size(numbers), last;

	buf_puts(page->out, n == 1 ? "run " : "runs ");
	for (size_t i = 0; i < n; i = last + 1) {
		last = i;
		while (last + 1 < n &&
		    number_at(numbers, last + 1) ==
			number_at(numbers, last) + 1)
			last++;
		put_run_link(page, i == 0 ? "" : ", ", number_at(numbers, i));
		if (last > i)
			put_run_link(page, last == i + 1 ? ", " : " to ",
			    number_at(numbers, last));
	}
}

/* Every stored file once, in the order in which the record names them. */
static json_t *
files_of(const struct ceremony *ceremony)
{
	json_t *files = json_object(), *indexes;

	for (size_t i = 0; i < ceremony->log.n; i++) {
		const json_t *line = ceremony->log.lines[i].json;
		const char *event = fact_text(line, "event");
		const char *hash = fact_text(line, "sha256");

		if (strcmp(event, "input") != 0 && strcmp(event, "output") != 0)
			continue;
		indexes = json_object_get(files, hash);
		if (indexes == NULL) {
			indexes = json_array();
			json_object_set_new(files, hash, indexes);
		}
		json_array_append_new(indexes, json_integer((json_int_t)i));
	}
	return files;
}

static const char *
began_at(const struct ceremony *ceremony)
{
	const json_t *head = ceremony->n_runs == 0
	    ? NULL
	    : ceremony->log.lines[ceremony->runs[0].first].json;

	return fact_text(head, "time");
}

/*
 * The policy lets nothing in but this very style sheet: whatever a fact might
 * become, a browser neither runs nor loads it.
 */
static bool
put_head(struct page *page, struct err *err)
{
	struct bytes style = bytes_of_string(report_style);
	uint8_t digest[SHA256_SIZE];

	if (!sha256(style, digest, err))
		return false;
	buf_puts(page->out,
	    "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" "
	    "lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
	    "<meta http-equiv=\"Content-Security-Policy\" "
	    "content=\"default-src &#39;none&#39;; style-src &#39;sha256-");
	buf_base64(page->out, (struct bytes){ digest, sizeof(digest) });
	buf_puts(page->out,
	    "&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;\"/>\n"
	    "<meta name=\"viewport\" content=\"width=device-width\"/>\n"
	    "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
	    "<title>Key ceremony report</title>\n<style>");
	buf_puts(page->out, report_style);
	buf_puts(page->out, "</style>\n</head>\n<body>\n");
	return true;
}

static void
put_run_row(struct page *page, const struct run *run)
{
	const struct chain_line *lines = page->ceremony->log.lines;
	const json_t *head = lines[run->first].json;
	const json_t *last = lines[run->first + run->n - 1].json;
	struct html_value number = html_number(run->number);

	HTML(page->out,
	    "<tr><td><a href=\"#run-$\">$</a></td><td>$</td>"
	    "<td><time>$</time></td><td><time>$</time></td>"
	    "<td><span class=\"badge $\">$</span>",
	    number.s, number.s, run->command,
	    html_recorded_time(fact_text(head, "time")).s,
	    html_recorded_time(fact_text(head, "now")).s, run_outcome(run),
	    run_outcome(run));
	if (run->ended && fact_text(last, "message")[0] != '\0')
		HTML(page->out, "<div>$</div>", fact_text(last, "message"));
	buf_puts(page->out, "</td></tr>\n");
}

static void
put_runs(struct page *page)
{
	const struct ceremony *ceremony = page->ceremony;
	size_t n_steps = 0;

	buf_puts(page->out,
	    "<section id=\"runs\">\n<h2>Runs of the program</h2>\n"
	    "<table class=\"runs\">\n<thead><tr><th>Run</th><th>Command</th>"
	    "<th>Began</th><th>Decided as of</th><th>Outcome</th></tr></thead>"
	    "\n<tbody>\n");
	for (size_t i = 0; i < ceremony->n_runs; i++) {
		if (run_is_step(ceremony, &ceremony->runs[i]))
			n_steps++;
		else
			put_run_row(page, &ceremony->runs[i]);
	}
	if (ceremony->n_runs == n_steps)
		buf_puts(page->out, "<tr><td colspan=\"5\">none</td></tr>\n");
	buf_puts(page->out, "</tbody>\n</table>\n");
	if (n_steps > 0)
		HTML(page->out,
		    "<p>$ more runs put a step of the <a href=\"#script\">"
		    "script</a> on record and did nothing else.</p>\n",
		    html_number(n_steps).s);
	buf_puts(page->out, "</section>\n");
}

static void
put_chain_head(struct page *page)
{
	const struct ceremony *ceremony = page->ceremony;

	HTML(page->out,
	    "<section id=\"head\">\n<h2>The record's head</h2>\n"
	    "<div class=\"identity\"><div><p>The SHA-256 of the last of the "
	    "record's $ lines, each of which holds that of the line before. If "
	    "it is what a witness wrote on paper at the ceremony's end, no "
	    "line was changed, added or removed since.</p></div><div>",
	    html_number(ceremony->log.n).s);
	html_digest(page->out, ceremony->log.head, true);
	buf_puts(page->out, "</div></div>\n</section>\n");
}

static void
put_derivation(struct page *page)
{
	buf_puts(page->out,
	    "<footer id=\"derivation\">\n<h2>What this page is</h2>\n"
	    "<p>It was made by <code>anchorite report</code> from a ceremony "
	    "record alone: from <code>log.jsonl</code>, whose chain of hashes "
	    "was verified, and from the files stored in <code>inputs</code> "
	    "and <code>outputs</code>, whose hashes are those on record. The "
	    "same record gives the same page, byte for byte. The page shows "
	    "what is recorded and judges nothing: <code>anchorite replay DIR "
	    "--head HEX</code> runs every check again, verifies every "
	    "signature and derives every response anew, and with the "
	    "witnessed head shows that nothing is missing.</p>\n"
	    "<p>All times are UTC. Hashes are SHA-256, in hexadecimal and as "
	    "PGP words.</p>\n</footer>\n");
}

static bool
put_page(struct page *page, struct err *err)
{
	if (!put_head(page, err))
		return false;
	HTML(page->out,
	    "<header>\n<h1>Key ceremony report</h1>\n<p class=\"lead\">$ runs, "
	    "the first on <time>$</time> UTC</p>\n</header>\n<main>\n",
	    html_number(page->ceremony->n_runs).s,
	    html_recorded_time(began_at(page->ceremony)).s);
	page_attention(page);
	put_chain_head(page);
	if (!page_circumstances(page, err))
		return false;
	page_script(page);
	put_runs(page);
	if (!page_documents(page, err))
		return false;
	page_run_details(page);
	buf_puts(page->out, "</main>\n");
	put_derivation(page);
	buf_puts(page->out, "</body>\n</html>\n");
	return true;
}

bool
report_page(const struct ceremony *ceremony, struct buf *ret, struct err *err)
{
	struct page page = {
		.ceremony = ceremony, .out = ret, .files = files_of(ceremony)
	};
	bool ok = put_page(&page, err);

	json_decref(page.files);
	if (ok && ret->failed)
		return err_set(err, E_INPUT,
		    "the page would be larger than %zu octets", ret->cap);
	return ok;
}
