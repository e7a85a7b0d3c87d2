/*
 * What a replay found: texts with the line that they speak of, in the order
 * they were found.
 */
#pragma once

#include <stdarg.h>

#include "ksr/base/err.h"

struct difference {
	size_t line; /* of the log, from 1; 0: the folder as a whole */
	char text[ERR_MSG_MAX];
};

struct differences {
	size_t n;
	struct difference *list; /* owned */
	bool failed;             /* memory ran out: something is not in it */
};

void differences_add(struct differences *differences, size_t line,
    const char *fmt, ...) PRINTF_LIKE(3, 4);
void differences_vadd(struct differences *differences, size_t line,
    const char *fmt, va_list ap) PRINTF_LIKE(3, 0);
void differences_clear(struct differences *differences);
