/*
 * The root zone's requests and responses: XML by the grammar of grammar.c,
 * restated in docs/ksr.rnc.  It has a place for nearly all of
 * the model.
 */
#pragma once

#include "ksr/document/ksr.h"

/* Strictly by the grammar; the first thing that is not in it is refused. */
struct text_style;
MUST_USE bool root_xml_read(const struct text_style *none, struct bytes xml,
    const char *name, struct ksr **ret, struct err *err);

/* UTF-8, two spaces of indentation, times with "+00:00". */
void root_xml_write(const struct text_style *none, const struct ksr *ksr,
    struct buf *ret);
