/*
 * Reads files of captures and logs, each spoilt in many ways, as
 * anchorite-readiness does, and prints how often each count was met.  It is
 * the sanitizers that look for what goes wrong; whatever is read must end.
 *
 * usage: mutated_captures TIMES FILE...
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "signer/readiness/reading.h"

#define FILE_MAX (1024u * 1024)

static uint64_t state = 0x9e3779b97f4a7c15u;

/* xorshift64: the same everywhere. */
static size_t
below(size_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (size_t)(state % n);
}

static void
die(const char *what)
{
	perror(what);
	exit(2);
}

/* Octets that lengths, counts and pointers go wrong with. */
static uint8_t
odd_octet(void)
{
	static const uint8_t odd[] = { 0, 1, 2, 4, 12, 14, 0x3f, 0x40, 0x7f,
		0x80, 0xc0, 0xfe, 0xff };

	return below(3) == 0 ? (uint8_t)below(256) : odd[below(sizeof(odd))];
}

/* One change at a place; the length may shrink. */
static size_t
spoil(uint8_t *data, size_t len)
{
	size_t at = below(len), n = 1 + below(16);

	if (n > len - at)
		n = len - at;
	switch (below(6)) {
	case 0:
		data[at] ^= (uint8_t)(1u << below(8));
		break;
	case 1:
		data[at] = odd_octet();
		break;
	case 2:
		memset(data + at, odd_octet(), n);
		break;
	case 3: /* octets are missing */
		memmove(data + at, data + at + n, len - at - n);
		return len - n;
	case 4: /* others stand in their place */
		memmove(data + at, data + below(len - n + 1), n);
		break;
	case 5:
		return below(8) == 0 ? at : len;
	}
	return len;
}

static void
read_spoilt(int fd, struct bytes original, struct counts *counts)
{
	static const uint64_t key[2] = { 1, 2 };
	struct reading reading = { .until = INT32_MAX, .zone = { .len = 1 } };
	uint8_t *data = malloc(original.len);
	size_t len = original.len;
	char path[32];
	struct err err;

	if (data == NULL)
		die("memory");
	memcpy(data, original.data, len);
	for (size_t i = 1 + below(6); i > 0 && len > 0; i--)
		len = spoil(data, len);
	if (ftruncate(fd, 0) != 0 || pwrite(fd, data, len, 0) != (ssize_t)len)
		die("memfd");
	free(data);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	tally_init(&reading.summary.tally, 64, key);
	if (!reading_file(&reading, path, &err)) {
		fprintf(stderr, "a spoilt file is an error: %s\n", err.msg);
		exit(1);
	}
	counts_add(counts, &reading.summary.counts);
	reading_free(&reading);
}

int
main(int argc, char **argv)
{
	long times = argc < 3 ? 0 : strtol(argv[1], NULL, 10);
	int fd = memfd_create("spoilt", MFD_CLOEXEC);
	struct counts counts = { 0 };
	struct err err;

	if (times <= 0 || fd < 0)
		die("usage: mutated_captures TIMES FILE...");
	for (int i = 2; i < argc; i++) {
		struct buf whole = buf_new(FILE_MAX);

		if (!file_read(argv[i], FILE_MAX, &whole, &err))
			die(err.msg);
		for (long j = 0; j < times; j++)
			read_spoilt(fd, buf_bytes(&whole), &counts);
		buf_free(&whole);
	}
	for (size_t i = 0; i < COUNTS; i++)
		printf("%s %" PRIu64 "\n", count_rows[i].name, counts.n[i]);
	return 0;
}
