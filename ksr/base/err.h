/*
 * The one error type.  A function that can fail returns bool and takes a
 * struct err last; on false the err says what happened and where.  Nothing is
 * printed here: main prints an err once.
 *
 * No control character is in a message whatever was formatted into it: it
 * appears as \xNN.  Octets of 0x80 and more stay as they are, for they may be
 * a name in UTF-8 and may be anything else; who puts a message somewhere
 * decides about them.  Records, documents and JSON take text_ascii of it; a
 * screen (signer/screen/screen.h) shows the characters that its locale has.  A message
 * is cut where its ASCII form would be longer than ERR_MSG_MAX - 1.
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
 * Copies src to dst[size] with every control character as \xNN, for people.
 * What does not fit is cut where text_ascii would cut it.
 */
void text_printable(char *dst, size_t size, const char *src);

/*
 * The same with every octet outside of printable ASCII as \xNN, for records,
 * documents and whatever else other programs read; cuts at a whole escape where
 * it does not fit.  text_ascii of what text_printable made is text_ascii of
 * what that was made from.
 */
void text_ascii(char *dst, size_t size, const char *src);
