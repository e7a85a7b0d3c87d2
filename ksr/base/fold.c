#include <stdbool.h>
#include <string.h>

#include "ksr/base/fold.h"

enum {
	HANGING = 2, /* where a line has no column that text goes on under */
	ESCAPE = 0x1b,
};

/* One line being folded: what of it is done, and where the cursor stands. */
struct folding {
	struct bytes line;
	enum fold how;
	size_t (*columns)(const uint8_t *character, size_t len);
	size_t at;     /* octet of the line */
	size_t column; /* of the cursor */
	size_t under;  /* where a new line begins */
	struct buf *ret;
};

/* Octets of what stands at `at`: a character, or an escape sequence. */
static size_t
length_at(struct bytes line, size_t at)
{
	size_t end = at + 1;

	if (line.data[at] == ESCAPE) {
		while (end < line.len && line.data[end - 1] != 'm')
			end++;
		return end - at;
	}
	while (end < line.len && (line.data[end] & 0xc0) == 0x80)
		end++;
	return end - at;
}

static size_t
width_at(const struct folding *f, size_t at)
{
	const uint8_t *data = f->line.data + at;

	if (data[0] == ESCAPE)
		return 0;
	if (f->columns == NULL || data[0] < 0x80)
		return 1;
	return f->columns(data, length_at(f->line, at));
}

/* The next piece that does not break, from `at` on: its end and its width. */
static size_t
piece_end(const struct folding *f, size_t *ret_width)
{
	struct bytes line = f->line;
	size_t end = f->at;

	*ret_width = 0;
	while (end < line.len && line.data[end] != ' ') {
		bool comma = line.data[end] == ',';

		*ret_width += width_at(f, end);
		end += length_at(line, end);
		if (comma && f->how == FOLD_LISTS)
			break;
	}
	return end;
}

static size_t
spaces_at(struct bytes line, size_t at)
{
	size_t n = 0;

	while (at + n < line.len && line.data[at + n] == ' ')
		n++;
	return n;
}

static bool
ends_sentence(uint8_t c)
{
	return strchr(".!?", c) != NULL && c != '\0';
}

/*
 * A gap of two spaces, but for those behind a sentence, begins a column, and
 * so does the line's own indentation.
 */
static bool
begins_column(const struct folding *f, size_t spaces)
{
	if (f->at == 0)
		return spaces > 0;
	return spaces >= 2 && !ends_sentence(f->line.data[f->at - 1]);
}

static void
put_spaces(struct folding *f, size_t n)
{
	for (size_t i = 0; i < n && !f->ret->failed; i++)
		buf_u8(f->ret, ' ');
	f->column += n;
}

/* Where a piece begins that may not begin right of `column`. */
static size_t
place_of(size_t column, size_t width)
{
	size_t left = HANGING;

	if (width + HANGING < FOLD_COLUMNS)
		left = FOLD_COLUMNS - width;
	return column < left ? column : left;
}

static void
begin_line(struct folding *f, size_t width)
{
	buf_u8(f->ret, '\n');
	f->column = 0;
	put_spaces(f, place_of(f->under, width));
}

static void
put_piece(struct folding *f, size_t spaces)
{
	size_t from = f->at + spaces, end, width;

	if (begins_column(f, spaces))
		f->under = f->column + spaces;
	f->at = from;
	end = piece_end(f, &width);
	if (f->column + spaces + width <= FOLD_COLUMNS)
		put_spaces(f, spaces);
	else if (f->column > 0 && width > 0)
		begin_line(f, width);
	else if (width > 0)
		put_spaces(f, place_of(spaces, width));
	buf_put(f->ret, f->line.data + from, end - from);
	f->column += width;
	f->at = end;
}

size_t
fold_line(struct bytes line, size_t start, enum fold how,
    size_t (*columns)(const uint8_t *character, size_t len), struct buf *ret)
{
	struct folding f = { line, how, columns, 0, start, HANGING, ret };

	while (f.at < line.len && !ret->failed)
		put_piece(&f, spaces_at(line, f.at));
	return f.column;
}
