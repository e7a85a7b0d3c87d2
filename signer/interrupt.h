/*
 * What must be undone when a person presses Ctrl-C, the power manager says
 * goodbye or the reader of our output goes away: a half-made output file, and a
 * terminal without echo.
 *
 * One of each at a time.  Handlers for SIGINT, SIGTERM, SIGHUP, SIGQUIT and
 * SIGPIPE do the undoing with async-signal-safe calls and then let the signal
 * kill.
 */
#pragma once

#include <termios.h>

/* path is borrowed until the guard is lifted with NULL. */
void interrupt_guard_file(const char *path);

/* saved is borrowed until the guard is lifted with NULL. */
void interrupt_guard_terminal(int fd, const struct termios *saved);
