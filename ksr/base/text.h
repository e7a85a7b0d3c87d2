/*
 * Text to numbers, times and durations, and back.  Strict: no sign, no base
 * prefix, no locale, no trailing characters.  Times are seconds since
 * 1970-01-01T00:00:00Z in 64 bits; the clock is read in main only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/macros.h"

/* Decimal digits only, 1 to 20 of them, leading zeros allowed, at most max. */
MUST_USE bool number_parse(const char *text, uint64_t max, uint64_t *ret);

/*
 * xsd:dateTime (XML Schema part 2, 3.2.7): YYYY-MM-DDThh:mm:ss, then nothing
 * (meaning UTC), Z, or +hh:mm / -hh:mm up to 14:00.  Years 1970 to 9999, real
 * dates only, no fraction, no 24:00:00, no leap second.  What the offset moves
 * out of those years is refused.
 */
MUST_USE bool time_parse(const char *text, int64_t *ret);

/*
 * xsd:duration (3.2.6) without sign, years, months and fractions, whose length
 * depends on the calendar: PnDTnHnMnS with at least one part, each at most 9
 * digits, at most DURATION_MAX_S seconds in all.
 */
MUST_USE bool duration_parse(const char *text, int64_t *ret_s);

/* Of any 64-bit number of seconds, and of what gcc takes for one: a year of 20
 * characters, and of three digits whatever else has two. */
#define TIME_TEXT_SIZE     sizeof("-9223372036854775808-012-031T023:059:059+00:00")
#define DURATION_TEXT_SIZE 64

/* "2018-01-01T00:00:00", as the operator's table has it. */
void time_format(int64_t time, char ret[TIME_TEXT_SIZE]);

/* "2018-01-01T00:00:00+00:00", as a written document has it. */
void time_format_utc(int64_t time, char ret[TIME_TEXT_SIZE]);

/* "20180101000000", as an RRSIG in presentation form has it (RFC 4034 3.2). */
void time_format_rrsig(int64_t time, char ret[TIME_TEXT_SIZE]);

/* The shortest form: "P21D", "PT0S", "P14DT23H59M59S". */
void duration_format(int64_t duration_s, char ret[DURATION_TEXT_SIZE]);
