/*
 * A plan as a drawing: each KSK's part over the quarters as planned, and below
 * each quarter its fallbacks.
 */
#pragma once

#include "ksr/plan/plan.h"

#define PLAN_DRAWING_MAX (4u * 1024 * 1024)

/* Appends an SVG document; ret fails where it does not fit. */
void plan_draw(
    const struct plan *plan, const struct config *config, struct buf *ret);

/* "P", "S", "R", "RS" or "". */
const char *plan_role(const struct schema_slot *slot, uint32_t key);

/* "then 2027-q4", "2027-q3 again, from any slot": of a response. */
#define PLAN_NEXT_TEXT_SIZE 80
void plan_next_text(const struct plan *plan, size_t quarter, size_t response,
    char ret[PLAN_NEXT_TEXT_SIZE]);
