#include "ksr/base/cursor.h"

struct cursor
cursor_new(struct bytes bytes)
{
	return (struct cursor){ .rest = bytes };
}

struct bytes
cursor_take(struct cursor *cursor, size_t len)
{
	struct bytes taken;

	if (cursor->failed || len > cursor->rest.len) {
		cursor->failed = true;
		return (struct bytes){ NULL, 0 };
	}
	taken = (struct bytes){ cursor->rest.data, len };
	if (len > 0)
		cursor->rest.data += len;
	cursor->rest.len -= len;
	return taken;
}

uint8_t
cursor_u8(struct cursor *cursor)
{
	struct bytes b = cursor_take(cursor, 1);

	if (b.data == NULL)
		return 0;
	return b.data[0];
}

uint16_t
cursor_u16(struct cursor *cursor)
{
	struct bytes b = cursor_take(cursor, 2);

	if (b.data == NULL)
		return 0;
	return (uint16_t)(b.data[0] << 8 | b.data[1]);
}

struct bytes
cursor_rest(struct cursor *cursor)
{
	return cursor_take(cursor, cursor->rest.len);
}

bool
cursor_done(const struct cursor *cursor)
{
	return !cursor->failed && cursor->rest.len == 0;
}
