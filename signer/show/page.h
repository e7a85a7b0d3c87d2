/*
 * The ceremony record as one HTML page for auditors: no script, nothing that
 * is loaded from elsewhere, the same bytes whenever it is made.  What it says
 * comes from the record and the files stored with it, nothing else.
 */
#pragma once

#include "signer/record/ceremony.h"

#define REPORT_PAGE_MAX (256u * 1024 * 1024)

/*
 * Appends the page.  E_REFUSED if a stored file is missing or is not what the
 * record says; E_INPUT if the page would be larger than ret takes.
 */
MUST_USE bool
report_page(const struct ceremony *ceremony, struct buf *ret, struct err *err);
