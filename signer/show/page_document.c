#include <stdio.h>
#include <string.h>

#include "ksr/document/presentation.h"
#include "signer/show/page_parts.h"
#include "signer/show/zones_told.h"

static const json_t *
line_at(const struct page *page, const json_t *indexes, size_t i)
{
	json_int_t at = json_integer_value(json_array_get(indexes, i));

	return page->ceremony->log.lines[at].json;
}

static bool
has_role(const struct page *page, const json_t *indexes, const char *role)
{
	for (size_t i = 0; i < json_array_size(indexes); i++)
		if (strcmp(fact_text(line_at(page, indexes, i), "role"),
			role) == 0)
			return true;
	return false;
}

static bool
is_document(const struct page *page, const json_t *indexes)
{
	for (size_t i = 0; i < json_array_size(indexes); i++)
		if (is_document_role(
			fact_text(line_at(page, indexes, i), "role")))
			return true;
	return false;
}

/* A response that is judged or made here, not one that only lies before. */
static bool
deserves_drawing(
    const struct page *page, const json_t *indexes, const struct ksr *ksr)
{
	return ksr->kind == KSR_RESPONSE &&
	    (has_role(page, indexes, "response") ||
		has_role(page, indexes, "response in place") ||
		has_role(page, indexes, "document"));
}

void
html_file_link(struct buf *out, const json_t *line)
{
	const char *hash = fact_text(line, "sha256");
	struct html_value id;

	snprintf(id.s, sizeof(id.s), "%.16s", hash);
	HTML(out, "<a href=\"#file-$\">$</a>", id.s,
	    fact_text(line, "path"));
}

static size_t
run_of(const struct ceremony *ceremony, size_t line)
{
	size_t number = 0;

	for (size_t i = 0; i < ceremony->n_runs; i++)
		if (ceremony->runs[i].first <= line)
			number = ceremony->runs[i].number;
	return number;
}

/* "written as response.xml, run 2": each use of the file once. */
static void
put_uses(struct page *page, const json_t *indexes)
{
	json_t *uses = json_object(), *use;
	const char *key;

	for (size_t i = 0; i < json_array_size(indexes); i++) {
		const json_t *line = line_at(page, indexes, i), *number;
		bool input = strcmp(fact_text(line, "event"), "input") == 0;
		json_t *text =
		    json_sprintf("%s as %s: %s", input ? "read" : "written",
			fact_text(line, "role"), fact_text(line, "path"));
		size_t run = run_of(page->ceremony,
		    (size_t)json_integer_value(json_array_get(indexes, i)));

		key = json_string_value(text);
		if (key != NULL && json_object_get(uses, key) == NULL)
			json_object_set_new(uses, key, json_array());
		use = key == NULL ? NULL : json_object_get(uses, key);
		number = json_array_get(use, json_array_size(use) - 1);
		if (json_integer_value(number) != (json_int_t)run)
			json_array_append_new(
			    use, json_integer((json_int_t)run));
		json_decref(text);
	}
	json_object_foreach(uses, key, use)
	{
		HTML(page->out, "<div>$, ", key);
		page_runs(page, use);
		buf_puts(page->out, "</div>");
	}
	json_decref(uses);
}

static bool
is_ksk(const struct dnskey *key)
{
	return (key->flags & DNSKEY_FLAG_SEP) != 0;
}

static void
put_keys(struct page *page, const struct bundle *bundle, bool ksks)
{
	const char *separator = "";

	for (size_t i = 0; i < bundle->n_keys; i++) {
		const struct dnskey *key = &bundle->keys[i];

		if (is_ksk(key) != ksks)
			continue;
		HTML(page->out, "$$", separator, html_number(key->tag).s);
		if (ksks)
			HTML(page->out, "($)/<b>$</b>", key->identifier,
			    ksk_role(bundle, key));
		separator = ", ";
	}
}

/* The operator's table: the same columns as on the ceremony's screen. */
static void
put_slots(struct page *page, const struct ksr *ksr)
{
	HTML(page->out,
	    "<table class=\"slots\">\n<thead><tr><th>#</th><th>Inception</th>"
	    "<th>Expiration</th><th>ZSK Tags</th><th>$</th></tr></thead>\n"
	    "<tbody>\n",
	    ksr->kind == KSR_RESPONSE ? "KSK Tag(CKA_LABEL)" : "");
	for (size_t i = 0; i < ksr->n_bundles; i++) {
		const struct bundle *bundle = &ksr->bundles[i];

		HTML(page->out, "<tr><td>$</td><td>$</td><td>$</td><td>",
		    html_number(i + 1).s, html_time(bundle->inception).s,
		    html_time(bundle->expiration).s);
		put_keys(page, bundle, false);
		buf_puts(page->out, "</td><td>");
		put_keys(page, bundle, true);
		buf_puts(page->out, "</td></tr>\n");
	}
	buf_puts(page->out, "</tbody>\n</table>\n");
	if (ksr->kind == KSR_RESPONSE)
		buf_puts(page->out,
		    "<p class=\"note\">S signs, P published only, R published "
		    "revoked, RS published revoked and signs. Times are UTC."
		    "</p>\n");
}

static void
put_document(struct page *page, const json_t *indexes, struct bytes content)
{
	const json_t *line = line_at(page, indexes, 0);
	struct ksr *ksr = NULL;
	struct err err;

	if (!ksr_read(content, fact_text(line, "path"), &ksr, &err)) {
		HTML(page->out,
		    "<p><span class=\"badge refuse\">unreadable</span> $</p>\n",
		    err.msg);
		return;
	}
	HTML(page->out,
	    "<p>$ <code>$</code>, serial $, domain <code>$</code>, $ slots"
	    "</p>\n",
	    ksr->kind == KSR_REQUEST ? "Request" : "Response", ksr->id,
	    html_number(ksr->serial).s, ksr->domain,
	    html_number(ksr->n_bundles).s);
	if (deserves_drawing(page, indexes, ksr))
		page_timeline(page, ksr);
	put_slots(page, ksr);
	ksr_free(ksr);
}

/* The stored file is what the record says, or there is no page. */
static bool
read_stored(const struct page *page, const json_t *indexes, struct buf *ret,
    struct err *err)
{
	for (size_t i = 0; i < json_array_size(indexes); i++) {
		ret->len = 0;
		if (!stored_read(
			page->ceremony, line_at(page, indexes, i), ret, err))
			return err_prefix(err, "line %lld",
			    (long long)json_integer_value(
				json_array_get(indexes, i)) +
				1);
	}
	return true;
}

/* Its zone's row has its hash. */
static bool
is_of_zones(const struct page *page, const json_t *indexes)
{
	for (size_t i = 0; i < json_array_size(indexes); i++)
		if (!is_of_zone(line_at(page, indexes, i)))
			return false;
	return true;
}

static bool
put_file(struct page *page, const char *hash, const json_t *indexes,
    bool documents, struct err *err)
{
	const json_t *line = line_at(page, indexes, 0);
	struct buf content = buf_new(KSR_FILE_MAX);
	bool ok;

	if (is_document(page, indexes) != documents ||
	    is_of_zones(page, indexes))
		return true;
	ok = read_stored(page, indexes, &content, err);
	if (ok) {
		struct html_value id;

		snprintf(id.s, sizeof(id.s), "%.16s", hash);
		HTML(page->out,
		    "<article id=\"file-$\" class=\"file\">\n<h3>$</h3>\n"
		    "<div class=\"identity\"><div>",
		    id.s, fact_text(line, "path"));
		put_uses(page, indexes);
		HTML(page->out, "<div>$ octets, SHA-256</div></div><div>",
		    html_integer(line, "size").s);
		html_digest(page->out, hash, true);
		buf_puts(page->out, "</div></div>\n");
		if (documents)
			put_document(page, indexes, buf_bytes(&content));
		buf_puts(page->out, "</article>\n");
	}
	buf_free(&content);
	return ok;
}

static bool
put_files(struct page *page, bool documents, struct err *err)
{
	const char *hash;
	json_t *indexes;

	json_object_foreach(page->files, hash, indexes)
	{
		if (!put_file(page, hash, indexes, documents, err))
			return false;
	}
	return true;
}

bool
page_documents(struct page *page, struct err *err)
{
	buf_puts(page->out,
	    "<section id=\"documents\">\n"
	    "<h2>Requests and responses</h2>\n");
	if (!put_files(page, true, err))
		return false;
	buf_puts(page->out,
	    "</section>\n<section id=\"files\">\n"
	    "<h2>Other inputs and outputs</h2>\n"
	    "<p>The configuration is stored with every PIN in "
	    "it masked; its hash here is that of the masked "
	    "file.</p>\n");
	if (!put_files(page, false, err))
		return false;
	buf_puts(page->out, "</section>\n");
	return true;
}
