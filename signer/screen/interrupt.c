#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "ksr/base/macros.h"
#include "signer/screen/interrupt.h"

static const char *volatile guarded_files[GUARDED_FILES_MAX];
static const struct termios *volatile guarded_terminal;
static volatile sig_atomic_t guarded_fd;

static void
undo_and_die(int sig)
{
	for (size_t i = 0; i < GUARDED_FILES_MAX; i++)
		if (guarded_files[i] != NULL)
			unlink(guarded_files[i]);
	if (guarded_terminal != NULL)
		tcsetattr(guarded_fd, TCSAFLUSH, guarded_terminal);
	/* SA_RESETHAND: now the signal does what it would have done. */
	raise(sig);
}

static void
install_handlers(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT,
		SIGPIPE };
	struct sigaction action = { .sa_handler = undo_and_die,
		.sa_flags = (int)SA_RESETHAND };

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		struct sigaction old;

		/* One that is ignored, as under nohup, stays ignored. */
		if (sigaction(signals[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

void
interrupt_guard_files(const char *const *paths, size_t n)
{
	for (size_t i = 0; i < GUARDED_FILES_MAX; i++)
		guarded_files[i] = i < n ? paths[i] : NULL;
	if (n > 0)
		install_handlers();
}

void
interrupt_guard_file(const char *path)
{
	interrupt_guard_files(&path, path == NULL ? 0 : 1);
}

void
interrupt_guard_terminal(int fd, const struct termios *saved)
{
	guarded_fd = fd;
	guarded_terminal = saved;
	if (saved != NULL)
		install_handlers();
}
