/*
 * Trust anchors and DS as others take them: a form is a row.  Lines of text,
 * or an extension of EPP.  Pure.
 */
#pragma once

#include "ksr/anchor/trust_anchor.h"

struct anchor_form {
	const char *name; /* as --format has it */
	const char *what; /* one line for people */
	bool needs_key;   /* each anchor's public key, not its digest alone */
	/* Before, for each anchor, and behind them; before and behind may be
	 * NULL. */
	void (*begin)(const struct trust_anchors *anchors, struct buf *ret);
	void (*put)(const struct trust_anchors *anchors,
	    const struct trust_anchor *anchor, struct buf *ret);
	void (*end)(const struct trust_anchors *anchors, struct buf *ret);
};

/* "ds", "dnskey", "unbound", "bind", "bind-static", "knot-resolver". */
extern const struct anchor_form resolver_forms[];
extern const size_t n_resolver_forms;

/* "ds", "dnskey", "cds", "cdnskey", "epp-ds", "epp-key". */
extern const struct anchor_form parent_forms[];
extern const size_t n_parent_forms;

/* NULL: there is none of that name. */
const struct anchor_form *
anchor_form_of(const struct anchor_form *forms, size_t n, const char *name);

/* "ds, dnskey or cds". */
#define ANCHOR_FORM_NAMES_SIZE 128
void anchor_form_names(const struct anchor_form *forms, size_t n,
    char ret[ANCHOR_FORM_NAMES_SIZE]);

/*
 * E_REFUSED for a form that wants a key that is not known, and where there is
 * no anchor.
 */
MUST_USE bool anchor_form_put(const struct anchor_form *form,
    const struct trust_anchors *anchors, struct buf *ret, struct err *err);
