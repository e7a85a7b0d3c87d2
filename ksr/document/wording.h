/*
 * The words that messages and findings describe things with: times, durations,
 * keys and algorithms, the same everywhere.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ksr/base/macros.h"
#include "ksr/document/ksr.h"

/* Text built up piece by piece; cut where it does not fit. */
#define WORDING_MAX 512
struct text {
	size_t len;
	char s[WORDING_MAX];
};

void text_add(struct text *text, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* "2018-01-01T00:00:00" */
struct text time_text(int64_t time);
/* "P21D (1814400 s)" */
struct text duration_text(int64_t duration_s);
/* "P9D to P12D (777600 to 1036800 s)" */
struct text range_text(int64_t min_s, int64_t max_s);
/* "14796 (keyIdentifier)", the tag as declared, the identifier cut. */
struct text key_text(const struct dnskey *key);
/* "RSASHA256" */
struct text algorithm_name(uint8_t algorithm);
