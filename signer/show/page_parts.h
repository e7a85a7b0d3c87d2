/*
 * The parts of the page, each appending its section.  Used by report_*.c only.
 * They fail through page->out, which remembers that something did not fit.
 */
#pragma once

#include "ksr/document/ksr.h"
#include "signer/record/ceremony.h"
#include "signer/show/html.h"

struct page {
	const struct ceremony *ceremony;
	struct buf *out;
	json_t *files; /* SHA-256 -> indexes of the lines that name it; owned */
};

/* The style sheet; its hash is in the page's security policy. */
extern const char report_style[];

/* "completed", "refused", "failed" or "interrupted": also the CSS class. */
const char *run_outcome(const struct run *run);

/* Links to runs by their numbers: "runs 1, 3 to 5". */
void page_runs(struct page *page, const json_t *numbers);

/* report_attention.c: whatever is not as in a ceremony without exceptions. */
void page_attention(struct page *page);

/* report_circumstances.c: who, what and when, with each value's runs. */
MUST_USE bool page_circumstances(struct page *page, struct err *err);

/* report_document.c: each request and response once; then the other files. */
MUST_USE bool page_documents(struct page *page, struct err *err);

/* The link to a file's entry, by an "input" or "output" line. */
void html_file_link(struct buf *out, const json_t *line);

/* report_timeline.c: which key is what in which slot, and validity. */
void page_timeline(struct page *page, const struct ksr *ksr);

/*
 * report_script.c: the steps of the ceremony's script, each run that did
 * nothing else included.
 */
void page_script(struct page *page);

/*
 * Name, date and place of the ceremony as rows, from the values that each
 * script was begun with.
 */
MUST_USE bool page_ceremony(struct page *page, struct err *err);

/* report_run.c: every step of every run but those of page_script. */
void page_run_details(struct page *page);

/* report_checks.c: one "checks" line's rows with all findings. */
void html_checks(struct buf *out, const json_t *line);
