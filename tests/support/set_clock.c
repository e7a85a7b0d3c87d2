/*
 * A clock that stands at $CLOCK, in seconds since 1970: preloaded into a
 * verifier that has no option for the time of its judgement.  (libfaketime
 * and BIND's jemalloc cannot live in one process.)
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t
clock_stands_at(void)
{
	const char *text = getenv("CLOCK");

	return text == NULL ? 0 : (time_t)strtoll(text, NULL, 10);
}

int
clock_gettime(clockid_t id, struct timespec *ret)
{
	if (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)
		return (int)syscall(SYS_clock_gettime, id, ret);
	*ret = (struct timespec){ .tv_sec = clock_stands_at() };
	return 0;
}

int
gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	(void)zone;
	*ret = (struct timeval){ .tv_sec = clock_stands_at() };
	return 0;
}

time_t
time(time_t *ret)
{
	if (ret != NULL)
		*ret = clock_stands_at();
	return clock_stands_at();
}
