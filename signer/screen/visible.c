#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "ksr/base/macros.h"
#include "signer/screen/visible.h"

#define ESCAPE 0x1b

/* LC_CTYPE alone, where it is UTF-8; else 0. */
static locale_t utf8;

void
visible_open(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);

	if (locale == (locale_t)0)
		return;
	if (strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0)
		utf8 = locale;
	else
		freelocale(locale);
}

/*
 * What a locale may call printable, and nobody sees or can tell from a space;
 * what turns the text around it, or means what no standard says.
 */
static bool
is_hidden(wchar_t c)
{
	static const struct {
		wchar_t from, to;
	} ranges[] = {
		{ 0x80, 0xa0 },       /* controls, no-break space */
		{ 0xad, 0xad },       /* soft hyphen */
		{ 0x34f, 0x34f },     /* grapheme joiner */
		{ 0x61c, 0x61c },     /* Arabic letter mark */
		{ 0x115f, 0x1160 },   /* Hangul fillers */
		{ 0x1680, 0x1680 },   /* Ogham space */
		{ 0x180b, 0x180f },   /* Mongolian selectors */
		{ 0x2000, 0x200f },   /* spaces, zero width, marks */
		{ 0x2028, 0x202f },   /* ends of lines, embeddings, overrides */
		{ 0x205f, 0x206f },   /* invisible operators, isolates */
		{ 0x2800, 0x2800 },   /* blank Braille pattern */
		{ 0x3000, 0x3000 },   /* ideographic space */
		{ 0x3164, 0x3164 },   /* Hangul filler */
		{ 0xe000, 0xf8ff },   /* private use */
		{ 0xfdd0, 0xfdef },   /* no characters */
		{ 0xfe00, 0xfe0f },   /* variation selectors */
		{ 0xfeff, 0xfeff },   /* byte order mark */
		{ 0xffa0, 0xffa0 },   /* Hangul filler */
		{ 0xfff0, 0xffff },   /* specials */
		{ 0xe0000, 0x10ffff } /* tags, selectors, private use */
	};

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		if (c >= ranges[i].from && c <= ranges[i].to)
			return true;
	return (c & 0xfffe) == 0xfffe;
}

/*
 * The character that begins there, of more octets than one: how many it has, and
 * columns; 0: it is malformed or not to be sent.
 */
static size_t
character_at(const uint8_t *data, size_t len, size_t *ret_columns)
{
	mbstate_t state = { 0 };
	locale_t before;
	wchar_t c = 0;
	int columns = 0;
	size_t n;

	if (utf8 == (locale_t)0)
		return 0;
	before = uselocale(utf8);
	n = mbrtowc(&c, (const char *)data, len, &state);
	if (n > 1 && n <= len && !is_hidden(c) && iswprint((wint_t)c) != 0)
		columns = wcwidth(c);
	uselocale(before);
	*ret_columns = columns > 0 ? (size_t)columns : 0;
	return columns > 0 ? n : 0;
}

size_t
visible_columns(const uint8_t *character, size_t len)
{
	size_t columns;

	return character[0] >= 0x80 &&
		character_at(character, len, &columns) == len
	    ? columns
	    : 1;
}

/* ESC [ 1;31 m, and the like: its length, or 0. */
static size_t
colour_at(const uint8_t *data, size_t len)
{
	size_t n = 2;

	if (len < 3 || data[0] != ESCAPE || data[1] != '[')
		return 0;
	while (
	    n < len && ((data[n] >= '0' && data[n] <= '9') || data[n] == ';'))
		n++;
	return n < len && data[n] == 'm' ? n + 1 : 0;
}

/* Octets that are sent as they are from there on; 0: the first is not. */
static size_t
visible_at(const uint8_t *data, size_t len)
{
	size_t columns;

	if (data[0] < 0x20 || data[0] == 0x7f)
		return colour_at(data, len);
	if (data[0] < 0x80)
		return 1;
	return character_at(data, len, &columns);
}

void
visible_put(struct bytes text, struct buf *ret)
{
	for (size_t at = 0, n; at < text.len && !ret->failed; at += n) {
		n = visible_at(text.data + at, text.len - at);
		if (n > 0)
			buf_put(ret, text.data + at, n);
		else
			buf_printf(ret, "\\x%02x", text.data[at]);
		n = n > 0 ? n : 1;
	}
}

size_t
visible_width(const char *text)
{
	struct bytes all = bytes_of_string(text);
	size_t width = 0, n;

	for (size_t at = 0; at < all.len; at += n) {
		n = visible_at(all.data + at, all.len - at);
		width +=
		    n > 0 ? visible_columns(all.data + at, n) : strlen("\\xNN");
		n = n > 0 ? n : 1;
	}
	return width;
}
