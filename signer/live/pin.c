#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "signer/live/pin.h"
#include "signer/screen/interrupt.h"
#include "signer/screen/screen.h"

/*
 * What editors and other systems put round a PIN is none of it, and would cost
 * a try.
 */
static bool
is_plain(const char *text, size_t len, const char *path, struct err *err)
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
		"pin_file: %s: holds %s beside the PIN; the token was not "
		"asked",
		path, stranger);
}

/* Straight into locked memory: no buffer in between has a copy. */
static bool
read_pin_line(int fd, const char *path, struct pin *ret, struct err *err)
{
	size_t len = 0;
	ssize_t n = 1;
	char more;

	while (n > 0 && len < sizeof(ret->text)) {
		n = read(fd, ret->text + len, sizeof(ret->text) - len);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n < 0)
			return err_set_errno(err, "pin_file: %s", path);
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
		    "pin_file: %s: expected one line of 1 to %u octets (an "
		    "empty PIN is `empty_pin: true`)",
		    path, PIN_MAX);
	ret->text[len] = '\0';
	return is_plain(ret->text, len, path, err);
}

static bool
pin_from_file(const char *path, struct pin *ret, struct err *err)
{
	bool has_modes, ok;
	int fd;

	if (!file_open_own(path, S_IRWXG | S_IRWXO, &fd, &has_modes, err))
		return err_prefix(err, "pin_file");
	if (!has_modes)
		screen_complain("note: pin_file %s lies on a file system "
				"without modes: whoever holds the medium can "
				"read it",
		    path);
	ok = read_pin_line(fd, path, ret, err);
	close(fd);
	return ok;
}

/* One octet at a time: nothing is left behind in a stdio buffer. */
static bool
read_line(int fd, struct pin *ret, struct err *err)
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
			    "terminal: closed before a PIN was entered");
		if (c == '\n' || c == '\r')
			break;
		if (len == PIN_MAX)
			return err_set(err, E_IO,
			    "the PIN is longer than %u octets", PIN_MAX);
		ret->text[len++] = c;
	}
	ret->text[len] = '\0';
	if (len == 0)
		return err_set(err, E_IO,
		    "no PIN was entered (if the token's is the empty one, "
		    "`empty_pin: true` says so)");
	return true;
}

static bool
pin_from_terminal(const char *token, struct pin *ret, struct err *err)
{
	struct termios saved, silent;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	bool ok;

	if (fd < 0)
		return err_set(err, E_IO,
		    "the PIN of token %s must be typed and there is no "
		    "terminal; set pin_file in the configuration",
		    token);
	if (tcgetattr(fd, &saved) != 0) {
		err_set_errno(err, "terminal");
		close(fd);
		return false;
	}
	silent = saved;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
	silent.c_lflag |= ICANON | ECHONL;
	interrupt_guard_terminal(fd, &saved);
	/* Also discards what was typed ahead, which was not meant as a PIN. */
	if (tcsetattr(fd, TCSAFLUSH, &silent) != 0) {
		ok = err_set_errno(err, "terminal: echo cannot be switched off");
	} else {
		dprintf(fd, "PIN of token %s: ", token);
		ok = read_line(fd, ret, err);
		tcsetattr(fd, TCSAFLUSH, &saved);
	}
	interrupt_guard_terminal(-1, NULL);
	close(fd);
	return ok;
}

bool
pin_obtain(const struct config *config, const struct config_hsm *hsm,
    const char *token, struct pin *ret, struct err *err)
{
	bool ok;

	if (mlock(ret, sizeof(*ret)) != 0 && !config->rehearsal)
		return err_set_errno(err,
		    "the memory for the PIN cannot be locked (ulimit -l)");
	if (hsm->empty_pin) {
		ret->text[0] = '\0';
		ok = true;
	} else if (hsm->pin_file[0] != '\0') {
		ok = pin_from_file(hsm->pin_file, ret, err);
	} else if (!hsm->has_pin) {
		ok = pin_from_terminal(token, ret, err);
	} else if (!config->rehearsal) {
		ok = err_set(err, E_USAGE,
		    "hsm.%s.pin: a PIN in the configuration is for rehearsals "
		    "and the file does not say `rehearsal: true`; remove it to "
		    "be asked, or use pin_file",
		    hsm->name);
	} else {
		snprintf(ret->text, sizeof(ret->text), "%s", hsm->pin);
		ok = true;
	}
	if (!ok)
		pin_wipe(ret);
	return ok;
}

void
pin_wipe(struct pin *pin)
{
	explicit_bzero(pin, sizeof(*pin));
	munlock(pin, sizeof(*pin));
}
