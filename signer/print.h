/*
 * What people see on stdout.  Every text that came from a file or a token is
 * printable ASCII before it gets here or is made so here; colours only where
 * the context says so.
 */
#pragma once

#include <stdio.h>

#include "ksr/check.h"
#include "signer/command.h"
#include "signer/input.h"

/*
 * Fails unless all that was printed so far has arrived: what people could not
 * see must not be acted on.
 */
MUST_USE bool print_flush(struct err *err);

/* Lower-case hex, as sha256sum prints it. */
#define SHA256_TEXT_SIZE (2 * SHA256_SIZE + 1)
void sha256_text(const uint8_t digest[SHA256_SIZE], char ret[SHA256_TEXT_SIZE]);

/*
 * "title PATH", then the digest in hex and in PGP words, eight words a line,
 * as it is read aloud.
 */
void print_digest(
    const char *title, const char *path, const uint8_t digest[SHA256_SIZE]);

/* What print_digest prints: at most DIGEST_TEXT_MAX octets. */
#define DIGEST_TEXT_MAX (8 * PATH_MAX_LEN)
void digest_text(const char *title, const char *path,
    const uint8_t digest[SHA256_SIZE], struct buf *ret);

/* The words of some octets, indented, eight a line. */
void print_words(struct bytes bytes);

/* The operator's table under a title line. */
MUST_USE bool print_table(
    const char *title, const struct ksr *ksr, struct err *err);

/*
 * One line a rule: verdict, id, title; then each finding, seen and required.
 * Rows from `first` on, so that a later stage prints only its own.
 */
void print_report(
    const struct context *context, const struct report *report, size_t first);

/* A line for each override that let no finding of the report pass. */
void print_unused_overrides(const struct override *overrides, size_t n,
    const struct report *report);

/* The refusal that ends a command whose report refuses: names the ids. */
bool err_set_report(
    struct err *err, const char *subject, const struct report *report);
