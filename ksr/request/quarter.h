/*
 * The root's cycles (DPS 6.6): four a year, from the first of January, April,
 * July and October; nine slots of ten days, the last takes the spare days.
 */
#pragma once

#include <stdint.h>

#include "ksr/base/err.h"

struct quarter {
	int year;
	int number; /* 1 to 4 */
};

#define QUARTER_TEXT_SIZE 16

/* "2027-q1", years 1970 to 2100.  E_USAGE. */
MUST_USE bool quarter_parse(
    const char *text, struct quarter *ret, struct err *err);
void quarter_format(struct quarter quarter, char ret[QUARTER_TEXT_SIZE]);

struct quarter quarter_of_time(int64_t time);
struct quarter quarter_next(struct quarter quarter);
struct quarter quarter_before(struct quarter quarter);

/* 00:00:00 UTC of its first day; 0 for what is no quarter. */
int64_t quarter_start(struct quarter quarter);
