#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ksr/base/bytes.h"
#include "ksr/base/fold.h"
#include "signer/screen/screen.h"
#include "signer/screen/visible.h"

#define LINE_MAX_LEN  (1u << 22) /* a row of a table with all keys that fit */
#define COMPLAINT_MAX (2u * ERR_MSG_MAX)
#define PROGRESS_MAX  FOLD_COLUMNS

static struct {
	const char *program;
	FILE *out;       /* standard output itself; NULL: not opened */
	struct buf line; /* printed and not ended */
	size_t column;   /* of the cursor, behind what has left */
	enum screen_kind kind;
	bool on_terminal;
	FILE *muted; /* what stdout was; NULL: nobody is muted */
	size_t progress; /* columns of it that are to be seen */
} screen = { .program = "anchorite" };

static bool
emit(const void *data, size_t len)
{
	return len == 0 || fwrite(data, 1, len, screen.out) == len;
}

/* The line so far, as the kind has it; `end` is put behind it. */
static bool
emit_line(const char *end)
{
	struct buf folded = buf_new(2 * LINE_MAX_LEN),
		   visible = buf_new(LINE_MAX_LEN);
	struct bytes line;
	bool ok;

	visible_put(buf_bytes(&screen.line), &visible);
	line = buf_bytes(&visible);
	if (screen.kind == SCREEN_ROWS && !screen.on_terminal) {
		buf_put(&folded, line.data, line.len);
		screen.column += line.len;
	} else {
		screen.column = fold_line(line, screen.column,
		    screen.kind == SCREEN_TEXT ? FOLD_WORDS : FOLD_LISTS,
		    visible_columns, &folded);
	}
	if (end[0] != '\0')
		screen.column = 0;
	buf_puts(&folded, end);
	ok = !folded.failed && !visible.failed && !screen.line.failed &&
	    emit(folded.data, folded.len);
	buf_free(&visible);
	buf_free(&folded);
	buf_free(&screen.line);
	screen.line = buf_new(LINE_MAX_LEN);
	return ok;
}

static bool
take_data(const char *data, size_t size)
{
	if (size > 0)
		screen.column = data[size - 1] == '\n' ? 0 : 1;
	return emit(data, size);
}

/* What printf and its like hand over, whole lines and parts of them. */
static ssize_t
take(void *cookie, const char *data, size_t size)
{
	bool ok = true;

	(void)cookie;
	if (screen.kind == SCREEN_DATA)
		return take_data(data, size) ? (ssize_t)size : 0;
	for (size_t i = 0; ok && i < size; i++) {
		if (data[i] == '\n')
			ok = emit_line("\n");
		else
			buf_u8(&screen.line, (uint8_t)data[i]);
	}
	return ok ? (ssize_t)size : 0;
}

/*
 * Descriptors 0 to 2, where the caller closed one, would go to the next files
 * that are opened, and what is meant for the screen into a response.  They
 * become files that nothing can be written to.
 */
static bool
open_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

bool
screen_open(const char *program, struct err *err)
{
	static const cookie_io_functions_t functions = { .write = take };
	FILE *file;

	if (!open_standard_files())
		return err_set_errno(err, "/dev/null");
	file = fopencookie(NULL, "w", functions);
	if (file == NULL)
		return err_set_errno(err, "standard output");
	/* Lines are put together here; each kind meets its own text only. */
	setvbuf(file, NULL, _IONBF, 0);
	visible_open();
	screen.program = program;
	screen.out = stdout;
	screen.line = buf_new(LINE_MAX_LEN);
	screen.on_terminal = isatty(STDOUT_FILENO) == 1;
	stdout = file;
	return true;
}

static ssize_t
drop(void *cookie, const char *data, size_t size)
{
	(void)cookie;
	(void)data;
	return (ssize_t)size;
}

void
screen_mute(bool muted)
{
	static const cookie_io_functions_t functions = { .write = drop };
	FILE *file;

	if (!muted && screen.muted != NULL) {
		fclose(stdout);
		stdout = screen.muted;
		screen.muted = NULL;
	} else if (muted && screen.muted == NULL) {
		file = fopencookie(NULL, "w", functions);
		if (file == NULL)
			abort(); /* no memory for a few octets */
		screen.muted = stdout;
		stdout = file;
	}
}

enum screen_kind
screen_set(enum screen_kind kind)
{
	enum screen_kind before = screen.kind;

	if (screen.muted != NULL)
		return before;
	/* A part of a line leaves as what it was printed as. */
	if (screen.out != NULL && kind != before && screen.line.len > 0)
		(void)emit_line("");
	screen.kind = kind;
	return before;
}

bool
screen_flush(struct err *err)
{
	FILE *out = screen.out == NULL ? stdout : screen.out;

	if (screen.muted != NULL)
		return true;
	if (screen.out != NULL && screen.line.len > 0)
		(void)emit_line("");
	if (fflush(out) != 0)
		return err_set_errno(err, "standard output");
	if (ferror(out) || ferror(stdout))
		return err_set(
		    err, E_IO, "standard output: not all of it arrived");
	return true;
}

/* What is still in a buffer is the parent's to write. */
void
screen_leave(void)
{
	(void)dup2(STDERR_FILENO, STDOUT_FILENO);
	stdout = stderr;
}

void
screen_answered(void)
{
	screen.column = 0;
}

/* Whatever was printed so far is to be seen before the next, and ended. */
static void
end_lines(void)
{
	struct err ignored;
	bool arrived = screen_flush(&ignored);

	if (arrived && screen.column > 0) {
		screen.column = 0;
		(void)emit("\n", 1);
		(void)fflush(screen.out);
	}
	if (screen.progress > 0)
		fputc('\n', stderr);
	screen.progress = 0;
}

void
screen_complain(const char *fmt, ...)
{
	struct buf text = buf_new(LINE_MAX_LEN), folded = buf_new(LINE_MAX_LEN);
	char message[COMPLAINT_MAX];
	va_list ap;

	if (screen.muted != NULL)
		return;
	va_start(ap, fmt);
	if (vsnprintf(message, sizeof(message), fmt, ap) < 0)
		message[0] = '\0';
	va_end(ap);
	end_lines();
	buf_printf(&text, "%s: ", screen.program);
	visible_put(bytes_of_string(message), &text);
	if (isatty(STDERR_FILENO) == 1)
		fold_line(
		    buf_bytes(&text), 0, FOLD_WORDS, visible_columns, &folded);
	else
		buf_put(&folded, text.data, text.len);
	buf_u8(&folded, '\n');
	fwrite(folded.data, 1, folded.len, stderr);
	buf_free(&folded);
	buf_free(&text);
}

bool
screen_is_watched(void)
{
	return screen.muted == NULL && isatty(STDERR_FILENO) == 1;
}

void
screen_progress(const char *fmt, ...)
{
	struct buf visible = buf_new(LINE_MAX_LEN);
	char text[PROGRESS_MAX];
	va_list ap;

	if (screen.muted != NULL)
		return;
	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	if (screen.progress == 0)
		end_lines();
	visible_put(bytes_of_string(text), &visible);
	fputc('\r', stderr);
	fwrite(visible.data, 1, visible.len, stderr);
	screen.progress = visible_width(text);
	buf_free(&visible);
}

void
screen_progress_done(void)
{
	if (screen.muted != NULL)
		return;
	fprintf(stderr, "\r%*s\r", (int)screen.progress, "");
	screen.progress = 0;
}
