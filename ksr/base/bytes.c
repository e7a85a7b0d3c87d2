#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/bytes.h"

bool
bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len &&
	    (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int
bytes_compare(struct bytes a, struct bytes b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int cmp = len == 0 ? 0 : memcmp(a.data, b.data, len);

	if (cmp != 0)
		return cmp;
	return a.len < b.len ? -1 : a.len > b.len;
}

struct bytes
bytes_of_string(const char *s)
{
	return (struct bytes){ (const uint8_t *)s, strlen(s) };
}

struct buf
buf_new(size_t cap)
{
	return (struct buf){ .cap = cap };
}

void
buf_free(struct buf *buf)
{
	if (buf == NULL)
		return;
	if (buf->data != NULL)
		explicit_bzero(buf->data, buf->size);
	free(buf->data);
	*buf = (struct buf){ .cap = buf->cap };
}

struct bytes
buf_bytes(const struct buf *buf)
{
	return (struct bytes){ buf->data, buf->len };
}

/*
 * Makes room for len more octets, and for the NUL that vsnprintf puts behind
 * them.  Grows by copy, not realloc, so that what is left behind is
 * overwritten.
 */
static bool
buf_reserve(struct buf *buf, size_t len)
{
	uint8_t *data;
	size_t size;

	if (buf->failed || len > buf->cap - buf->len ||
	    len >= SIZE_MAX / 2 - buf->len) {
		buf->failed = true;
		return false;
	}
	if (buf->len + len < buf->size)
		return true;
	size = buf->size < 128 ? 128 : buf->size;
	while (size <= buf->len + len)
		size *= 2;
	data = malloc(size);
	if (data == NULL) {
		buf->failed = true;
		return false;
	}
	if (buf->len > 0)
		memcpy(data, buf->data, buf->len);
	if (buf->data != NULL)
		explicit_bzero(buf->data, buf->size);
	free(buf->data);
	buf->data = data;
	buf->size = size;
	return true;
}

void
buf_put(struct buf *buf, const void *data, size_t len)
{
	if (len == 0 || !buf_reserve(buf, len))
		return;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
}

void
buf_u8(struct buf *buf, uint8_t v)
{
	buf_put(buf, &v, 1);
}

void
buf_u16(struct buf *buf, uint16_t v)
{
	uint8_t be[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	buf_put(buf, be, sizeof(be));
}

void
buf_u32(struct buf *buf, uint32_t v)
{
	uint8_t be[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16),
		(uint8_t)(v >> 8), (uint8_t)v };

	buf_put(buf, be, sizeof(be));
}

void
buf_puts(struct buf *buf, const char *s)
{
	buf_put(buf, s, strlen(s));
}

void
buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list ap;
	int need;

	va_start(ap, fmt);
	need = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (need < 0 || !buf_reserve(buf, (size_t)need)) {
		buf->failed = true;
		return;
	}
	va_start(ap, fmt);
	vsnprintf((char *)buf->data + buf->len, (size_t)need + 1, fmt, ap);
	va_end(ap);
	buf->len += (size_t)need;
}

void
buf_hex(struct buf *buf, struct bytes bytes)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < bytes.len; i++) {
		buf_u8(buf, (uint8_t)digits[bytes.data[i] >> 4]);
		buf_u8(buf, (uint8_t)digits[bytes.data[i] & 0xf]);
	}
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
buf_base64(struct buf *buf, struct bytes bytes)
{
	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t left = bytes.len - i;
		uint32_t group = (uint32_t)bytes.data[i] << 16;
		char out[4];

		if (left > 1)
			group |= (uint32_t)bytes.data[i + 1] << 8;
		if (left > 2)
			group |= bytes.data[i + 2];
		out[0] = base64_digits[group >> 18];
		out[1] = base64_digits[group >> 12 & 63];
		out[2] = left > 1 ? base64_digits[group >> 6 & 63] : '=';
		out[3] = left > 2 ? base64_digits[group & 63] : '=';
		buf_put(buf, out, sizeof(out));
	}
}

int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
hex_parse(const char *text, uint8_t *ret, size_t size)
{
	if (strlen(text) != 2 * size)
		return false;
	for (size_t i = 0; i < 2 * size; i++)
		if (hex_value(text[i]) < 0)
			return false;
	for (size_t i = 0; i < size; i++)
		ret[i] = (uint8_t)(hex_value(text[2 * i]) << 4 |
		    hex_value(text[2 * i + 1]));
	return true;
}

static bool
is_xml_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

bool
base64_parse(const char *text, uint8_t *ret, size_t size, size_t *ret_len)
{
	uint32_t group = 0;
	size_t n = 0, pad = 0, len = 0;

	for (; *text != '\0'; text++) {
		int v;

		if (is_xml_space(*text))
			continue;
		if (*text == '=') {
			pad++;
			continue;
		}
		v = base64_value(*text);
		if (v < 0 || pad > 0)
			return false;
		group = group << 6 | (uint32_t)v;
		n++;
		if (n % 4 != 0)
			continue;
		if (len + 3 > size)
			return false;
		ret[len++] = (uint8_t)(group >> 16);
		ret[len++] = (uint8_t)(group >> 8);
		ret[len++] = (uint8_t)group;
		group = 0;
	}
	switch (n % 4) {
	case 0:
		if (pad != 0)
			return false;
		break;
	case 2:
		if (pad != 2 || (group & 0xf) != 0 || len + 1 > size)
			return false;
		ret[len++] = (uint8_t)(group >> 4);
		break;
	case 3:
		if (pad != 1 || (group & 0x3) != 0 || len + 2 > size)
			return false;
		ret[len++] = (uint8_t)(group >> 10);
		ret[len++] = (uint8_t)(group >> 2);
		break;
	default:
		return false;
	}
	if (len == 0)
		return false;
	*ret_len = len;
	return true;
}
