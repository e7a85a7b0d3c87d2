/*
 * What a signature costs by way of the module's process beside one in the
 * program's own: SoftHSM, RSA-2048, in turns of 100 each, so that what else the
 * machine does falls on both.  Time on the clock is that of the middle turn;
 * processor time is of both processes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "hsm/internal.h"
#include "hsm/process.h"
#include "tests/support/support.h"

#define SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"
#define PIN     "123456"
#define TURNS   60
#define EACH    100
#define OPENED  20

struct way {
	const char *name;
	struct hsm *hsm;
	bool (*sign)(struct hsm *, const struct hsm_key *, enum hsm_mechanism,
	    struct bytes, uint8_t *, size_t *, struct err *);
	struct hsm_key key;
	double turns[TURNS], cpu;
};

static double
seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Of this process and of the module's. */
static double
cpu_of(const struct way *way)
{
	double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	clockid_t clock;

	if (way->hsm->process != NULL &&
	    clock_getcpuclockid(process_pid(way->hsm->process), &clock) == 0)
		cpu += seconds(clock);
	return cpu;
}

static void
run_turn(struct way *way, size_t turn)
{
	uint8_t data[900] = { 1 }, signature[SIGNATURE_MAX];
	double cpu = cpu_of(way), wall = seconds(CLOCK_MONOTONIC);
	struct err err;
	size_t len;

	for (size_t i = 0; i < EACH; i++)
		assert_ok(way->sign(way->hsm, &way->key, HSM_RSA_PKCS1_SHA256,
			      (struct bytes){ data, sizeof(data) }, signature,
			      &len, &err),
		    &err);
	way->turns[turn] = (seconds(CLOCK_MONOTONIC) - wall) / EACH;
	way->cpu += (cpu_of(way) - cpu) / EACH / TURNS;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
middle(double *list, size_t n)
{
	qsort(list, n, sizeof(*list), compare);
	return list[n / 2];
}

static void
open_ways(struct way *remote, struct way *direct)
{
	struct hsm_keygen what = { "k", HSM_RSA, 2048, NULL, { 0 } };
	struct hsm_module *module;
	struct channel *channel = calloc(1, sizeof(*channel));
	struct hsm_token token;
	struct err err;

	assert_ok(hsm_open(SOFTHSM, &remote->hsm, &err), &err);
	assert_ok(
	    hsm_init_token(remote->hsm, "bench", "654321", PIN, &token, &err),
	    &err);
	assert_ok(hsm_select(remote->hsm, "", &err), &err);
	assert_ok(hsm_login(remote->hsm, PIN, &err), &err);
	assert_ok(hsm_keygen(remote->hsm, &what, &remote->key, &err), &err);
	assert_ok(hsm_module_open(SOFTHSM, &module, &err), &err);
	assert_ok(here_load(module, channel, &direct->hsm, &err), &err);
	assert_ok(here_select(direct->hsm, "", &err), &err);
	assert_ok(here_login(direct->hsm, PIN, &err), &err);
	assert_ok(here_find(direct->hsm, "k", &direct->key, &err), &err);
}

static double
open_direct(void)
{
	struct channel *channel = calloc(1, sizeof(*channel));
	double began = seconds(CLOCK_MONOTONIC);
	struct hsm_module *module;
	struct hsm *hsm;
	struct err err;

	assert_ok(hsm_module_open(SOFTHSM, &module, &err), &err);
	assert_ok(here_load(module, channel, &hsm, &err), &err);
	here_close(hsm);
	return seconds(CLOCK_MONOTONIC) - began;
}

/* In a process that has loaded nothing yet, as the program is. */
static double
open_direct_afresh(void)
{
	double taken = 0;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	if (fork() == 0) {
		taken = open_direct();
		_exit(write(ends[1], &taken, sizeof(taken)) != sizeof(taken));
	}
	assert_int_equal(read(ends[0], &taken, sizeof(taken)), sizeof(taken));
	close(ends[0]);
	close(ends[1]);
	return taken;
}

/* From nothing to a module that answers, and back. */
static void
time_opening(double *ret_remote, double *ret_direct)
{
	double remote[OPENED], direct[OPENED], began;
	struct hsm *hsm;
	struct err err;

	for (size_t i = 0; i < OPENED; i++) {
		began = seconds(CLOCK_MONOTONIC);
		assert_ok(hsm_open(SOFTHSM, &hsm, &err), &err);
		hsm_close(hsm);
		remote[i] = seconds(CLOCK_MONOTONIC) - began;
		direct[i] = open_direct_afresh();
	}
	*ret_remote = middle(remote, OPENED);
	*ret_direct = middle(direct, OPENED);
	printf("open and close, least: process %.2f ms, direct %.2f ms\n",
	    remote[0] * 1e3, direct[0] * 1e3);
}

int
main(void)
{
	struct way remote = { .name = "process", .sign = hsm_sign };
	struct way direct = { .name = "direct", .sign = here_sign };
	double a, b;
	char *folder = scratch_new(), path[512];
	FILE *conf;

	snprintf(path, sizeof(path), "%s/softhsm2.conf", folder);
	conf = fopen(path, "w");
	fprintf(conf, "directories.tokendir = %s\nlog.level = ERROR\n", folder);
	fclose(conf);
	setenv("SOFTHSM2_CONF", path, 1);
	time_opening(&a, &b);
	printf("open and close: process %.2f ms, direct %.2f ms\n", a * 1e3,
	    b * 1e3);
	open_ways(&remote, &direct);
	for (size_t turn = 0; turn < TURNS; turn++) {
		run_turn(&direct, turn);
		run_turn(&remote, turn);
	}
	a = middle(remote.turns, TURNS);
	b = middle(direct.turns, TURNS);
	printf("a signature, on the clock: process %.1f us, direct %.1f us, "
	       "%.3f times; least %.1f and %.1f us, %.3f times\n",
	    a * 1e6, b * 1e6, a / b, remote.turns[0] * 1e6,
	    direct.turns[0] * 1e6, remote.turns[0] / direct.turns[0]);
	printf("a signature, processor: process %.1f us, direct %.1f us, "
	       "%.3f times\n",
	    remote.cpu * 1e6, direct.cpu * 1e6, remote.cpu / direct.cpu);
	here_close(direct.hsm);
	hsm_close(remote.hsm);
	scratch_remove(folder);
	return 0;
}
