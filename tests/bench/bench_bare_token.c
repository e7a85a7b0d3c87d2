/*
 * What the token alone takes: it is opened in this process and logged in to, then
 * each key on standard input, "LABEL ALGORITHM N" a line, is found and makes N
 * signatures of 900 octets.  For tests/many_zones, to stand beside the
 * ceremony's time.
 *
 *   bench_bare_token MODULE URI PIN-FILE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hsm/internal.h"
#include "hsm/process.h"
#include "ksr/base/file.h"
#include "tests/support/support.h"

static const struct {
	const char *algorithm;
	enum hsm_mechanism mechanism;
} mechanisms[] = {
	{ "RSASHA256", HSM_RSA_PKCS1_SHA256 },
	{ "ECDSAP256SHA256", HSM_ECDSA_SHA256 },
	{ "ECDSAP384SHA384", HSM_ECDSA_SHA384 },
	{ "ED25519", HSM_EDDSA_25519 },
};

static double
seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct hsm *
open_token(const char *path, const char *uri, const char *pin_file)
{
	struct channel *channel = calloc(1, sizeof(*channel));
	struct buf pin = buf_new(PIN_MAX + 2);
	struct hsm_module *module;
	struct hsm *hsm;
	struct err err;

	assert_ok(file_read(pin_file, PIN_MAX, &pin, &err), &err);
	while (pin.len > 0 && pin.data[pin.len - 1] == '\n')
		pin.len--;
	buf_u8(&pin, 0);
	assert_ok(hsm_module_open(path, &module, &err), &err);
	assert_ok(here_load(module, channel, &hsm, &err), &err);
	assert_ok(here_select(hsm, uri, &err), &err);
	assert_ok(here_login(hsm, (const char *)pin.data, &err), &err);
	buf_free(&pin);
	return hsm;
}

static void
sign(struct hsm *hsm, const char *label, const char *algorithm, unsigned n)
{
	uint8_t data[900] = { 1 }, signature[SIGNATURE_MAX];
	struct hsm_key key;
	struct err err;
	size_t len, m = 0;

	while (m < ARRAY_LEN(mechanisms) &&
	    strcmp(mechanisms[m].algorithm, algorithm) != 0)
		m++;
	assert_true(m < ARRAY_LEN(mechanisms));
	assert_ok(here_find(hsm, label, &key, &err), &err);
	while (n-- > 0)
		assert_ok(here_sign(hsm, &key, mechanisms[m].mechanism,
			      (struct bytes){ data, sizeof(data) }, signature,
			      &len, &err),
		    &err);
}

int
main(int argc, char **argv)
{
	double wall = seconds(CLOCK_MONOTONIC);
	char label[256], algorithm[64];
	unsigned n, keys = 0, made = 0;
	struct hsm *hsm;

	if (argc != 4)
		return 2;
	hsm = open_token(argv[1], argv[2], argv[3]);
	for (; scanf("%255s %63s %u", label, algorithm, &n) == 3; keys++) {
		sign(hsm, label, algorithm, n);
		made += n;
	}
	here_close(hsm);
	printf("%u keys, %u signatures: %.2f s on the clock, %.2f s of the "
	       "processor\n",
	    keys, made, seconds(CLOCK_MONOTONIC) - wall,
	    seconds(CLOCK_PROCESS_CPUTIME_ID));
	return 0;
}
