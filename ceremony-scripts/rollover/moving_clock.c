/*
 * A clock that is ahead of the real one by as many seconds as the file
 * $CLOCK_FILE says (8 octets, big-endian), preloaded into name servers that
 * have no option for the time.  The file may change at any time: all clocks of
 * the process jump together, those that count from the machine's start as well,
 * and whoever sleeps until a certain time is woken within NAP milliseconds to
 * see that it has come.  Between two jumps the clock runs at its real pace, so
 * that timeouts on the network stay what they are.  (libfaketime and BIND's
 * jemalloc cannot live in one process, and it would not wake a sleeper.)
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NAP 20 /* ms */

static const volatile uint64_t *shared_offset;
static int64_t first_offset; /* when this process began */

/* A server whose clock does not move would make the rehearsal lie. */
__attribute__((constructor)) static void
open_clock(void)
{
	const char *path = getenv("CLOCK_FILE");
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	void *map;

	if (fd < 0)
		abort();
	map = mmap(NULL, sizeof(uint64_t), PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		abort();
	(void)close(fd);
	shared_offset = map;
	first_offset = (int64_t)be64toh(*shared_offset);
}

/*
 * How far a clock is ahead.  One that counts from the machine's start must not
 * go below zero, whatever the date; it moves as others do from then on.
 */
static time_t
ahead(clockid_t id)
{
	int64_t offset;

	if (shared_offset == NULL)
		return 0;
	offset = (int64_t)be64toh(*shared_offset);
	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		return offset;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_BOOTTIME:
		return offset - first_offset;
	default:
		return 0; /* of a process or thread */
	}
}

int
clock_gettime(clockid_t id, struct timespec *ret)
{
	int status = (int)syscall(SYS_clock_gettime, id, ret);

	if (status == 0)
		ret->tv_sec += ahead(id);
	return status;
}

int
gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	*ret = (struct timeval){ .tv_sec = now.tv_sec,
		.tv_usec = now.tv_nsec / 1000 };
	return 0;
}

time_t
time(time_t *ret)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (ret != NULL)
		*ret = now.tv_sec;
	return now.tv_sec;
}

/*
 * Waits that end early without an event are legal, and libuv and libevent
 * then look at the clock again.  A wait for ever has no time to come.
 */
static int
nap(int timeout_ms)
{
	return timeout_ms > NAP ? NAP : timeout_ms;
}

int
epoll_pwait(int fd, struct epoll_event *events, int max, int timeout_ms,
    const sigset_t *mask)
{
	return (int)syscall(SYS_epoll_pwait, fd, events, max, nap(timeout_ms),
	    mask, (size_t)(_NSIG / 8));
}

int
epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms)
{
	return epoll_pwait(fd, events, max, timeout_ms, NULL);
}

/*
 * POSIX lets a condition's waiters wake for no reason, so that they test it
 * again.  The deadline is by the wall clock or since the machine started; no
 * machine has been up for the thirty years that would confuse the two.
 */
int
pthread_cond_timedwait(pthread_cond_t *restrict cond,
    pthread_mutex_t *restrict mutex, const struct timespec *restrict deadline)
{
	clockid_t id = deadline->tv_sec < 1000000000 ? CLOCK_MONOTONIC
						     : CLOCK_REALTIME;
	struct timespec now, wake;
	int status;

	(void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &wake);
	wake.tv_nsec += NAP * 1000000L;
	wake.tv_sec += wake.tv_nsec / 1000000000L;
	wake.tv_nsec %= 1000000000L;
	status = pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, &wake);
	clock_gettime(id, &now);
	if (status == ETIMEDOUT && (now.tv_sec < deadline->tv_sec ||
	    (now.tv_sec == deadline->tv_sec &&
	    now.tv_nsec < deadline->tv_nsec)))
		return 0;
	return status;
}
