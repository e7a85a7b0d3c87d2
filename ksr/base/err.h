/*
 * The one error type.  A function that can fail returns bool and takes a
 * struct err last; on false the err says what happened and where.  Nothing is
 * printed here: main prints an err once.
 *
 * Messages are printable ASCII whatever was formatted into them: any other
 * byte appears as \xNN, so that no input can reach the terminal as a control
 * sequence.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ksr/base/macros.h"

#define ERR_MSG_MAX 1024

enum err_code {
	E_NONE = 0,
	E_USAGE,    /* the command line */
	E_INPUT,    /* the content of a file: configuration or document */
	E_IO,       /* the system: open, read, write, rename */
	E_HSM,      /* the PKCS#11 module, token, PIN or key */
	E_REFUSED,  /* a check or a signature: exit status 1, others 2 */
	E_MEMORY,   /* out of memory */
	E_INTERNAL, /* our own defect */
};

struct err {
	enum err_code code;
	char msg[ERR_MSG_MAX];
};

/* Sets *err and returns false, so that `return err_set(...)` fails. */
bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Sets *err to E_IO with ": " and strerror(errno) appended; returns false. */
bool err_set_errno(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Puts "context: " in front of the message; returns false. */
bool err_prefix(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Puts text behind the message; returns false. */
bool err_append(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* 1 for E_REFUSED, 2 for every other error. */
int err_exit_status(const struct err *err);

/*
 * Copies src to dst[size] with every byte outside printable ASCII as \xNN;
 * cuts at a whole escape where it does not fit.
 */
void text_printable(char *dst, size_t size, const char *src);
