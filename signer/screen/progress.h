/*
 * How far an act of many parts has come: done of how many, how many a second,
 * and how long it will take; for who watches a terminal, and nobody else.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct progress {
	const char *what; /* borrowed: "signed" */
	size_t done, total; /* of total 0 nothing is shown */
	int64_t began_ms, shown_ms;
};

void progress_begin(struct progress *progress, const char *what, size_t total);
void progress_step(struct progress *progress); /* one more is done */
void progress_end(struct progress *progress);
