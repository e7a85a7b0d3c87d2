/*
 * DS and DNSKEY in presentation form (RFC 4034 2.2 and 5.3), CDS and CDNSKEY
 * (RFC 7344), BIND's `trust-anchors`, Knot Resolver's Lua, and EPP's secDNS
 * (RFC 5910 section 4: dsData and keyData, of which a server takes one).
 */
#include <stdio.h>
#include <string.h>

#include "ksr/anchor/anchor_forms.h"
#include "ksr/base/text.h"
#include "ksr/document/xml/writer.h"

#define SECDNS_NAMESPACE "urn:ietf:params:xml:ns:secDNS-1.1"

static void
put_digest_fields(
    const struct trust_anchor *anchor, const char *quote, struct buf *ret)
{
	buf_printf(ret, "%u %u %u %s", anchor->tag, anchor->algorithm,
	    anchor->digest_type, quote);
	buf_hex(ret, (struct bytes){ anchor->digest, anchor->digest_len });
	buf_puts(ret, quote);
}

static void
put_record(const struct trust_anchors *anchors, const char *type,
    const struct trust_anchor *anchor, struct buf *ret)
{
	buf_printf(ret, "%s IN %s ", anchors->zone, type);
	put_digest_fields(anchor, "", ret);
	buf_puts(ret, "\n");
}

static void
put_ds(const struct trust_anchors *anchors, const struct trust_anchor *anchor,
    struct buf *ret)
{
	put_record(anchors, "DS", anchor, ret);
}

static void
put_cds(const struct trust_anchors *anchors, const struct trust_anchor *anchor,
    struct buf *ret)
{
	put_record(anchors, "CDS", anchor, ret);
}

/* Digests of several types are of one key, whose record stands there once. */
static bool
is_first_of_key(
    const struct trust_anchors *anchors, const struct trust_anchor *anchor)
{
	struct dnskey key, other;

	if (!trust_anchor_key(anchor, &key))
		return false;
	for (const struct trust_anchor *a = anchors->list; a < anchor; a++)
		if (trust_anchor_key(a, &other) &&
		    dnskey_same_key(&other, &key))
			return false;
	return true;
}

static void
put_key_record(const struct trust_anchors *anchors, const char *type,
    const struct trust_anchor *anchor, struct buf *ret)
{
	if (!is_first_of_key(anchors, anchor))
		return;
	buf_printf(ret, "%s IN %s %u %u %u ", anchors->zone, type,
	    anchor->flags, DNSKEY_PROTOCOL, anchor->algorithm);
	buf_base64(
	    ret, (struct bytes){ anchor->public_key, anchor->public_key_len });
	buf_puts(ret, "\n");
}

static void
put_dnskey(const struct trust_anchors *anchors,
    const struct trust_anchor *anchor, struct buf *ret)
{
	put_key_record(anchors, "DNSKEY", anchor, ret);
}

static void
put_cdnskey(const struct trust_anchors *anchors,
    const struct trust_anchor *anchor, struct buf *ret)
{
	put_key_record(anchors, "CDNSKEY", anchor, ret);
}

/* A comment never ends early: the set's texts are printable. */
static void
put_origin(
    const struct trust_anchors *anchors, const char *mark, struct buf *ret)
{
	buf_printf(ret, "%s trust anchors of %s, set %s%s%s\n", mark,
	    anchors->zone, anchors->id,
	    anchors->source[0] == '\0' ? "" : ", published at ",
	    anchors->source);
}

static void
put_validity(
    const struct trust_anchor *anchor, const char *mark, struct buf *ret)
{
	char from[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE];

	time_format_utc(anchor->valid_from, from);
	buf_printf(ret, "%s %s, valid from %s", mark, anchor->id, from);
	if (anchor->has_valid_until) {
		time_format_utc(anchor->valid_until, until);
		buf_printf(ret, " until %s", until);
	}
	buf_puts(ret, "\n");
}

static void
begin_unbound(const struct trust_anchors *anchors, struct buf *ret)
{
	put_origin(anchors, ";", ret);
	buf_puts(ret, "; server: trust-anchor-file: \"THIS FILE\"\n");
}

static void
put_unbound(const struct trust_anchors *anchors,
    const struct trust_anchor *anchor, struct buf *ret)
{
	put_validity(anchor, ";", ret);
	put_ds(anchors, anchor, ret);
}

static void
begin_bind(const struct trust_anchors *anchors, struct buf *ret)
{
	put_origin(anchors, "#", ret);
	buf_puts(ret, "trust-anchors {\n");
}

static void
put_bind_as(const struct trust_anchors *anchors, const char *type,
    const struct trust_anchor *anchor, struct buf *ret)
{
	put_validity(anchor, "\t#", ret);
	buf_printf(ret, "\t\"%s\" %s ", anchors->zone, type);
	put_digest_fields(anchor, "\"", ret);
	buf_puts(ret, ";\n");
}

static void
put_bind(const struct trust_anchors *anchors, const struct trust_anchor *anchor,
    struct buf *ret)
{
	put_bind_as(anchors, "initial-ds", anchor, ret);
}

static void
put_bind_static(const struct trust_anchors *anchors,
    const struct trust_anchor *anchor, struct buf *ret)
{
	put_bind_as(anchors, "static-ds", anchor, ret);
}

static void
end_bind(const struct trust_anchors *anchors, struct buf *ret)
{
	(void)anchors;
	buf_puts(ret, "};\n");
}

/* One call for all: each replaces what the one before had added. */
static void
begin_knot(const struct trust_anchors *anchors, struct buf *ret)
{
	put_origin(anchors, "--", ret);
	buf_puts(ret, "trust_anchors.add([[\n");
}

static void
put_knot(const struct trust_anchors *anchors, const struct trust_anchor *anchor,
    struct buf *ret)
{
	put_validity(anchor, ";", ret);
	buf_printf(ret, "%s 3600 IN DS ", anchors->zone);
	put_digest_fields(anchor, "", ret);
	buf_puts(ret, "\n");
}

static void
end_knot(const struct trust_anchors *anchors, struct buf *ret)
{
	(void)anchors;
	buf_puts(ret, "]])\n");
}

const struct anchor_form resolver_forms[] = {
	{ "ds", "DS records", false, NULL, put_ds, NULL },
	{ "dnskey", "DNSKEY records", true, NULL, put_dnskey, NULL },
	{ "unbound", "Unbound's trust-anchor-file", false, begin_unbound,
	    put_unbound, NULL },
	{ "bind", "BIND's trust-anchors, which RFC 5011 moves on", false,
	    begin_bind, put_bind, end_bind },
	{ "bind-static", "BIND's trust-anchors, which stay", false, begin_bind,
	    put_bind_static, end_bind },
	{ "knot-resolver", "Knot Resolver's configuration", false, begin_knot,
	    put_knot, end_knot },
};
const size_t n_resolver_forms = ARRAY_LEN(resolver_forms);

/* What RFC 5910 5.2.1 adds to a domain's <create>, in an <extension>. */
static void
begin_epp(const struct trust_anchors *anchors, struct buf *ret)
{
	(void)anchors;
	buf_puts(
	    ret, "<secDNS:create xmlns:secDNS=\"" SECDNS_NAMESPACE "\">\n");
}

static void
end_epp(const struct trust_anchors *anchors, struct buf *ret)
{
	(void)anchors;
	buf_puts(ret, "</secDNS:create>\n");
}

static void
put_epp_key_data(const struct trust_anchor *anchor, struct xml_writer *w)
{
	xml_put_tag(w, "secDNS:keyData");
	xml_put_open(w);
	xml_put_number(w, "secDNS:flags", anchor->flags);
	xml_put_number(w, "secDNS:protocol", DNSKEY_PROTOCOL);
	xml_put_number(w, "secDNS:alg", anchor->algorithm);
	xml_put_base64(
	    w, "secDNS:pubKey", anchor->public_key, anchor->public_key_len);
	xml_put_close(w, "secDNS:keyData");
}

/* With the key inside where it is known (RFC 5910 4.1). */
static void
put_epp_ds(const struct trust_anchors *anchors,
    const struct trust_anchor *anchor, struct buf *ret)
{
	struct xml_writer w = { .buf = ret, .indent = 2, .depth = 1 };

	(void)anchors;
	xml_put_tag(&w, "secDNS:dsData");
	xml_put_open(&w);
	xml_put_number(&w, "secDNS:keyTag", anchor->tag);
	xml_put_number(&w, "secDNS:alg", anchor->algorithm);
	xml_put_number(&w, "secDNS:digestType", anchor->digest_type);
	xml_put_hex(&w, "secDNS:digest", anchor->digest, anchor->digest_len);
	if (anchor->public_key_len > 0)
		put_epp_key_data(anchor, &w);
	xml_put_close(&w, "secDNS:dsData");
}

static void
put_epp_key(const struct trust_anchors *anchors,
    const struct trust_anchor *anchor, struct buf *ret)
{
	struct xml_writer w = { .buf = ret, .indent = 2, .depth = 1 };

	if (is_first_of_key(anchors, anchor))
		put_epp_key_data(anchor, &w);
}

const struct anchor_form parent_forms[] = {
	{ "ds", "DS records", false, NULL, put_ds, NULL },
	{ "dnskey", "DNSKEY records", true, NULL, put_dnskey, NULL },
	{ "cds", "CDS records", false, NULL, put_cds, NULL },
	{ "cdnskey", "CDNSKEY records", true, NULL, put_cdnskey, NULL },
	{ "epp-ds", "EPP's secDNS with dsData", false, begin_epp, put_epp_ds,
	    end_epp },
	{ "epp-key", "EPP's secDNS with keyData", true, begin_epp, put_epp_key,
	    end_epp },
};
const size_t n_parent_forms = ARRAY_LEN(parent_forms);

const struct anchor_form *
anchor_form_of(const struct anchor_form *forms, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(forms[i].name, name) == 0)
			return &forms[i];
	return NULL;
}

void
anchor_form_names(
    const struct anchor_form *forms, size_t n, char ret[ANCHOR_FORM_NAMES_SIZE])
{
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < n && len < ANCHOR_FORM_NAMES_SIZE; i++)
		len += (size_t)snprintf(ret + len, ANCHOR_FORM_NAMES_SIZE - len,
		    "%s%s",
		    i == 0          ? ""
			: i + 1 < n ? ", "
				    : " or ",
		    forms[i].name);
}

static bool
has_keys(const struct anchor_form *form, const struct trust_anchors *anchors,
    struct err *err)
{
	for (size_t i = 0; i < anchors->n; i++)
		if (form->needs_key && anchors->list[i].public_key_len == 0)
			return err_set(err, E_REFUSED,
			    "--format %s: the public key of \"%s\" (key tag "
			    "%u) is neither in a token nor in the "
			    "configuration",
			    form->name, anchors->list[i].id,
			    anchors->list[i].tag);
	return true;
}

bool
anchor_form_put(const struct anchor_form *form,
    const struct trust_anchors *anchors, struct buf *ret, struct err *err)
{
	if (anchors->n == 0)
		return err_set(err, E_REFUSED,
		    "--format %s: no key is valid at this time", form->name);
	if (!has_keys(form, anchors, err))
		return false;
	if (form->begin != NULL)
		form->begin(anchors, ret);
	for (size_t i = 0; i < anchors->n; i++)
		form->put(anchors, &anchors->list[i], ret);
	if (form->end != NULL)
		form->end(anchors, ret);
	return !ret->failed || err_set(err, E_MEMORY, "out of memory");
}
