/*
 * A loss of power, for LD_PRELOAD: kills the program right before the n-th
 * call ($CRASH_AT) that makes something lasting: fsync, a rename, a link.
 * What was written before is there, what comes after never happens.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

int renameat2(int, const char *, int, const char *, unsigned);

static void
count(void)
{
	static long calls;
	const char *at = getenv("CRASH_AT");

	if (at != NULL && ++calls == strtol(at, NULL, 10))
		kill(getpid(), SIGKILL);
}

int
fsync(int fd)
{
	int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");

	count();
	return next(fd);
}

int
renameat2(
    int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	int (*next)(int, const char *, int, const char *, unsigned) =
	    (int (*)(int, const char *, int, const char *, unsigned))dlsym(
		RTLD_NEXT, "renameat2");

	count();
	return next(from_fd, from, to_fd, to, flags);
}

int
link(const char *from, const char *to)
{
	int (*next)(const char *, const char *) =
	    (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "link");

	count();
	return next(from, to);
}
