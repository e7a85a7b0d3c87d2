#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "signer/live/secret.h"
#include "signer/screen/interrupt.h"
#include "signer/screen/screen.h"

/*
 * What editors and other systems put round a secret is none of it, and of a PIN
 * would cost a try.
 */
static bool
is_plain(const struct secret_kind *kind, const char *text, size_t len,
    const char *path, struct err *err)
{
	const char *stranger =
	    memchr(text, '\r', len) != NULL	? "a carriage return" :
	    strncmp(text, "\xef\xbb\xbf", 3) == 0 ? "a byte order mark" :
	    strchr(" \t", text[0]) != NULL ||
		    strchr(" \t", text[len - 1]) != NULL ?
						"a blank at an end" :
						NULL;

	return stranger == NULL ||
	    err_set(err, E_INPUT,
		"%s: %s: holds %s beside the %s%s", kind->file, path, stranger,
		kind->name, kind->spared);
}

/* Straight into locked memory: no buffer in between has a copy. */
static bool
read_file_line(const struct secret_kind *kind, int fd, const char *path,
    struct secret *ret, struct err *err)
{
	size_t len = 0;
	ssize_t n = 1;
	char more;

	while (n > 0 && len < sizeof(ret->text)) {
		n = read(fd, ret->text + len, sizeof(ret->text) - len);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n < 0)
			return err_set_errno(err, "%s: %s", kind->file, path);
		else
			len += (size_t)n;
	}
	if (n > 0 && read(fd, &more, 1) == 1)
		len = 0; /* too long for one */
	if (len > 0 && ret->text[len - 1] == '\n')
		len--;
	if (len == 0 || len > PIN_MAX || memchr(ret->text, '\0', len) != NULL ||
	    memchr(ret->text, '\n', len) != NULL)
		return err_set(err, E_INPUT,
		    "%s: %s: expected one line of 1 to %u octets%s",
		    kind->file, path, PIN_MAX, kind->empty);
	ret->text[len] = '\0';
	return is_plain(kind, ret->text, len, path, err);
}

bool
secret_read(const struct secret_kind *kind, const char *path,
    struct secret *ret, struct err *err)
{
	bool has_modes, ok;
	int fd;

	if (!file_open_own(path, S_IRWXG | S_IRWXO, &fd, &has_modes, err))
		return err_prefix(err, "%s", kind->file);
	if (!has_modes)
		screen_complain("note: %s %s lies on a file system without "
				"modes: whoever holds the medium can read it",
		    kind->file, path);
	ok = read_file_line(kind, fd, path, ret, err);
	close(fd);
	return ok;
}

/* One octet at a time: nothing is left behind in a stdio buffer. */
static bool
read_typed_line(const struct secret_kind *kind, int fd, struct secret *ret,
    struct err *err)
{
	size_t len = 0;
	char c;

	for (;;) {
		ssize_t n = read(fd, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(err, "terminal");
		if (n == 0)
			return err_set(err, E_IO,
			    "terminal: closed before a %s was entered",
			    kind->name);
		if (c == '\n' || c == '\r')
			break;
		if (len == PIN_MAX)
			return err_set(err, E_IO,
			    "the %s is longer than %u octets", kind->name,
			    PIN_MAX);
		ret->text[len++] = c;
	}
	ret->text[len] = '\0';
	if (len == 0)
		return err_set(err, E_IO, "no %s was entered%s", kind->name,
		    kind->absent);
	return true;
}

bool
secret_type(const struct secret_kind *kind, const char *prompt,
    const char *without, struct secret *ret, struct err *err)
{
	struct termios saved, silent;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	bool ok;

	if (fd < 0)
		return err_set(err, E_IO, "%s", without);
	if (tcgetattr(fd, &saved) != 0) {
		err_set_errno(err, "terminal");
		close(fd);
		return false;
	}
	silent = saved;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
	silent.c_lflag |= ICANON | ECHONL;
	interrupt_guard_terminal(fd, &saved);
	/* Also discards what was typed ahead, which was not meant as a secret. */
	if (tcsetattr(fd, TCSAFLUSH, &silent) != 0) {
		ok = err_set_errno(err, "terminal: echo cannot be switched off");
	} else {
		dprintf(fd, "%s", prompt);
		ok = read_typed_line(kind, fd, ret, err);
		tcsetattr(fd, TCSAFLUSH, &saved);
	}
	interrupt_guard_terminal(-1, NULL);
	close(fd);
	return ok;
}

bool
secret_type_of(const struct secret_kind *kind, const char *of,
    struct secret *ret, struct err *err)
{
	char prompt[ERR_MSG_MAX], without[ERR_MSG_MAX];

	snprintf(prompt, sizeof(prompt), "%s of %s: ", kind->name, of);
	snprintf(without, sizeof(without),
	    "the %s of %s must be typed and there is no terminal; %s",
	    kind->name, of, kind->remedy);
	return secret_type(kind, prompt, without, ret, err);
}

bool
secret_lock(
    struct secret *secret, const char *name, bool may_swap, struct err *err)
{
	return mlock(secret, sizeof(*secret)) == 0 || may_swap ||
	    err_set_errno(err,
		"the memory for the %s cannot be locked (ulimit -l)", name);
}

void
secret_wipe(struct secret *secret)
{
	explicit_bzero(secret, sizeof(*secret));
	munlock(secret, sizeof(*secret));
}
