#include <inttypes.h>
#include <time.h>

#include "signer/screen/progress.h"
#include "signer/screen/screen.h"

#define SHOWN_EVERY_MS 200

static int64_t
clock_ms(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
progress_begin(struct progress *progress, const char *what, size_t total)
{
	*progress = (struct progress){ .what = what,
		.total = screen_is_watched() ? total : 0 };
	if (progress->total > 0)
		progress->began_ms = clock_ms();
}

/* Spaces behind it cover what stood there before. */
static void
show(const struct progress *progress, int64_t now_ms)
{
	int64_t ms = now_ms - progress->began_ms, left_s;
	double rate = 1000.0 * (double)progress->done /
	    (double)(ms > 0 ? ms : 1);

	left_s = (int64_t)((double)(progress->total - progress->done) /
	    (rate > 0 ? rate : 1));
	screen_progress("%zu of %zu zones %s, %.1f a second, %" PRId64
			":%02" PRId64 " left   ",
	    progress->done, progress->total, progress->what, rate, left_s / 60,
	    left_s % 60);
}

void
progress_step(struct progress *progress)
{
	int64_t now_ms;

	if (progress->total == 0)
		return;
	progress->done++;
	now_ms = clock_ms();
	if (progress->done < progress->total &&
	    now_ms - progress->shown_ms < SHOWN_EVERY_MS)
		return;
	progress->shown_ms = now_ms;
	show(progress, now_ms);
}

void
progress_end(struct progress *progress)
{
	if (progress->total > 0 && progress->done > 0)
		screen_progress_done();
	progress->total = 0;
}
