/*
 * A day, as its number since 1970-01-01, and its text: "2017-09-01".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ksr/base/macros.h"

#define DAY_TEXT sizeof("2017-09-01")
#define DAY_S    86400

/* Of the years 1970 to 9999. */
MUST_USE bool day_parse(const char *text, int32_t *ret);
void day_format(int32_t day, char ret[DAY_TEXT]);

/* False where it is in no such year. */
MUST_USE bool day_of_time(int64_t time, int32_t *ret);
