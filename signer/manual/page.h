/*
 * A page of the manual as it is written, in mdoc(7).  Text is escaped and
 * filled here, a sentence a line, as mandoc -T lint wants it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define PAGE_WORD_MAX 1024

struct page {
	FILE *out;
	bool markdown; /* text has **, * and [links](x), not ` alone */
	bool fresh;    /* a heading or item has just begun: no .Pp */
	size_t column;
	bool code, bold, italic;
	char word[PAGE_WORD_MAX];
	size_t len;
};

/* The page's head, dated with the version; summary is one line. */
void page_begin(struct page *page, FILE *out, const char *name, int section,
    const char *summary);

/* A line of mdoc, as printf has it; nothing in it is escaped. */
void page_line(struct page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* .Sh or .Ss; backticks are left out. */
void page_heading(struct page *page, const char *macro, const char *title);

/* .It with a tag of this text. */
void page_tag(struct page *page, const char *text);

/* Text that goes on where the last ended; a new paragraph; text as it is. */
void page_text(struct page *page, const char *text);
void page_paragraph(struct page *page);
void page_literal(struct page *page, const char *text);

/* Paragraphs as help texts have them: what is aligned stays as it is. */
void page_help(struct page *page, const char *text);
