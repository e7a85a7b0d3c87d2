/*
 * Trust anchors told: on the screen, as JSON, on record.
 */
#pragma once

#include <jansson.h>

#include "ksr/anchor/anchor_compare.h"
#include "signer/record/context.h"

/* Zone, id and source, then two lines an anchor. */
void anchors_print(const struct trust_anchors *anchors, int64_t now);
json_t *json_of_anchors(const struct trust_anchors *anchors, int64_t now);

/* A line for each comparison, and what differs below it. */
void comparisons_print(const struct anchor_comparisons *comparisons);
json_t *json_of_comparisons(const struct anchor_comparisons *comparisons);

/*
 * The event: which file, and each anchor's id, tag and verdict; then E_REFUSED
 * unless all pass.
 */
#define ANCHORS_COMPARED "anchors compared"
#define PARENT_COMPARED  "parent compared"
MUST_USE bool
comparisons_fact(struct record *record, const char *event, const char *path,
    const struct anchor_comparisons *comparisons, struct err *err);
MUST_USE bool comparisons_judge(const char *path,
    const struct anchor_comparisons *comparisons, struct err *err);
