/*
 * What must be undone when a person presses Ctrl-C, the power manager says
 * goodbye or the reader of our output goes away: half-made output files, and a
 * terminal without echo.  Handlers for SIGINT, SIGTERM, SIGHUP, SIGQUIT and
 * SIGPIPE do the undoing with async-signal-safe calls and then let the signal
 * kill.
 */
#pragma once

#include <stddef.h>
#include <termios.h>

/* path is borrowed until the guard is lifted with NULL. */
void interrupt_guard_file(const char *path);

/*
 * Several files, in place of those guarded before; 0 lifts the guard.  Each
 * path is borrowed until then, the list is not.
 */
#define GUARDED_FILES_MAX 8
void interrupt_guard_files(const char *const *paths, size_t n);

/* saved is borrowed until the guard is lifted with NULL. */
void interrupt_guard_terminal(int fd, const struct termios *saved);
