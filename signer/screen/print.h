/*
 * What people see on stdout, which is the screen (signer/screen/screen.h): it folds
 * lines, whoever prints them, and knows which characters the terminal has.
 * Every text that came from a file or a token went through text_printable
 * before it gets here, or goes through it here; colours only where the caller
 * says so.
 */
#pragma once

#include <stdio.h>

#include "ksr/document/convert.h"
#include "ksr/rules/check.h"

/*
 * "title PATH", then the digest in hex and in PGP words, WORDS_A_LINE of them
 * a line, as it is read aloud.
 */
void print_digest(
    const char *title, const char *path, const uint8_t digest[SHA256_SIZE]);

/* What print_digest prints: at most DIGEST_TEXT_MAX octets. */
#define DIGEST_TEXT_MAX (8 * PATH_MAX_LEN)
void digest_text(const char *title, const char *path,
    const uint8_t digest[SHA256_SIZE], struct buf *ret);

/*
 * The head of a ceremony record, in a frame, so that nobody takes it for a
 * document's hash; each line behind `mark` unless that is NULL.
 */
void print_record_head(const char *mark, const char *dir,
    const uint8_t digest[SHA256_SIZE]);

/* "  text", and spaces up to as many columns as the cell has. */
void print_padded(const char *text, int columns);

/* What other programs read, or people copy: it leaves as it is. */
void print_data(struct bytes data);

/* The same, in ASCII, with each line behind the mark of a remark. */
void print_remark(const char *mark, struct bytes text);

/* The words of some octets, indented, WORDS_A_LINE a line. */
void print_words(struct bytes bytes);

/* The operator's table under a title line, in rows (signer/screen/screen.h). */
MUST_USE bool print_table(
    const char *title, const struct ksr *ksr, struct err *err);

/* What a document in another format has not, a line each. */
void print_losses(const struct losses *losses);

/*
 * One line a rule: verdict, id, title; then each finding, seen and required.
 * Rows from `first` on, so that a later stage prints only its own.
 */
void print_report(bool colour, const struct report *report, size_t first);

/* A line for each override that let no finding of the report pass. */
void print_unused_overrides(const struct override *overrides, size_t n,
    const struct report *report);
