#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ksr/base/err.h"

void
text_printable(char *dst, size_t size, const char *src)
{
	static const char hex[] = "0123456789abcdef";
	size_t at = 0;

	for (; *src != '\0'; src++) {
		unsigned char c = (unsigned char)*src;
		size_t need = (c >= 0x20 && c < 0x7f) ? 1 : 4;

		if (at + need + 1 > size)
			break;
		if (need == 1) {
			dst[at++] = (char)c;
		} else {
			dst[at++] = '\\';
			dst[at++] = 'x';
			dst[at++] = hex[c >> 4];
			dst[at++] = hex[c & 0xf];
		}
	}
	if (size > 0)
		dst[at] = '\0';
}

static void
set_message(struct err *err, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

static void
set_message(struct err *err, const char *fmt, va_list ap)
{
	char raw[ERR_MSG_MAX];

	if (vsnprintf(raw, sizeof(raw), fmt, ap) < 0)
		raw[0] = '\0';
	text_printable(err->msg, sizeof(err->msg), raw);
}

/*
 * Appends ": reason".  Where both do not fit, what stands in front is cut
 * first: a long path must not hide what went wrong.
 */
static void
append_reason(struct err *err, const char *reason)
{
	size_t room = ERR_MSG_MAX - 1 - strlen(": ");
	size_t want = strnlen(reason, room / 2);
	size_t len = strnlen(err->msg, room - want);

	snprintf(err->msg + len, sizeof(err->msg) - len, ": %s", reason);
}

bool
err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
	va_start(ap, fmt);
	set_message(err, fmt, ap);
	va_end(ap);
	return false;
}

bool
err_set_errno(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	err->code = E_IO;
	va_start(ap, fmt);
	set_message(err, fmt, ap);
	va_end(ap);
	append_reason(err, strerror(saved));
	return false;
}

bool
err_append(struct err *err, const char *fmt, ...)
{
	char raw[ERR_MSG_MAX];
	size_t len = strlen(err->msg);
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(raw, sizeof(raw), fmt, ap) > 0)
		text_printable(err->msg + len, sizeof(err->msg) - len, raw);
	va_end(ap);
	return false;
}

bool
err_prefix(struct err *err, const char *fmt, ...)
{
	char rest[ERR_MSG_MAX];
	va_list ap;

	memcpy(rest, err->msg, sizeof(rest));
	va_start(ap, fmt);
	set_message(err, fmt, ap);
	va_end(ap);
	append_reason(err, rest);
	return false;
}

int
err_exit_status(const struct err *err)
{
	return err->code == E_REFUSED ? 1 : 2;
}
