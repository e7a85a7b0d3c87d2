#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ksr/base/err.h"

static bool
is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

/* Characters of an octet in its ASCII form. */
static size_t
width_of(unsigned char c)
{
	return is_control(c) || c >= 0x80 ? strlen("\\xNN") : 1;
}

static size_t
width_of_text(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++)
		width += width_of((unsigned char)*text);
	return width;
}

/* Octets of text, from its beginning, whose ASCII form fits into room. */
static size_t
fitting(const char *text, size_t room)
{
	size_t n = 0;

	for (; text[n] != '\0' && width_of((unsigned char)text[n]) <= room; n++)
		room -= width_of((unsigned char)text[n]);
	return n;
}

/*
 * Both forms of a text end behind the same octet, so that who has the one and
 * who has the other have read the same.
 */
static void
copy(char *dst, size_t size, const char *src, bool ascii)
{
	static const char hex[] = "0123456789abcdef";
	size_t at = 0, n = size == 0 ? 0 : fitting(src, size - 1);

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)src[i];

		if (!is_control(c) && (c < 0x80 || !ascii)) {
			dst[at++] = (char)c;
			continue;
		}
		dst[at++] = '\\';
		dst[at++] = 'x';
		dst[at++] = hex[c >> 4];
		dst[at++] = hex[c & 0xf];
	}
	if (size > 0)
		dst[at] = '\0';
}

void
text_printable(char *dst, size_t size, const char *src)
{
	copy(dst, size, src, false);
}

void
text_ascii(char *dst, size_t size, const char *src)
{
	copy(dst, size, src, true);
}

/* Behind what the message says already, as far as its ASCII form fits. */
static void
append(struct err *err, const char *text)
{
	text_printable(err->msg + strlen(err->msg),
	    sizeof(err->msg) - width_of_text(err->msg), text);
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
	size_t width = width_of_text(reason);

	room -= width < room / 2 ? width : room / 2;
	err->msg[fitting(err->msg, room)] = '\0';
	append(err, ": ");
	append(err, reason);
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
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(raw, sizeof(raw), fmt, ap) > 0)
		append(err, raw);
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
