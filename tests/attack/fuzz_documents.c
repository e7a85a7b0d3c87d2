/*
 * A fuzzing target for the readers of all formats: whatever is read is written
 * in one way, and what is written reads as the same; and so in each format that
 * it can be converted to, if that takes it.  An abort is a defect.
 *
 * With -DANCHORITE_FUZZ=ON and clang it is libFuzzer's; else it runs each file that
 * it is given, and all below a folder, and each of these cut and with an octet
 * changed at some places.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/file.h"
#include "ksr/document/convert.h"
#include "ksr/document/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_documents: %s\n", what);
	abort();
}

/*
 * As it is written, and again.  `convert` refuses what the other format's reader
 * would not take.
 */
static void
write_twice(const struct ksr *ksr, bool converted)
{
	struct buf once = buf_new(KSR_FILE_MAX), twice = buf_new(KSR_FILE_MAX);
	struct ksr *again = NULL;
	struct err err = { .msg = "" };

	ksr_write(ksr, &once);
	must(!once.failed, "what was read cannot be written");
	if (ksr_read_as(ksr->format, buf_bytes(&once), "again", &again, &err)) {
		ksr_write(again, &twice);
		must(bytes_equal(buf_bytes(&once), buf_bytes(&twice)),
		    "what was written reads as something else");
	} else {
		must(converted, err.msg);
	}
	ksr_free(again);
	buf_free(&once);
	buf_free(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bytes octets = { data, size };

	for (enum ksr_format to = KSR_XML; to <= KSR_KNOT; to++) {
		struct ksr *ksr = NULL;
		enum ksr_format from;
		struct losses losses;
		struct err err;

		if (!ksr_read(octets, "it", &ksr, &err)) {
			must(err.code == E_INPUT || err.code == E_MEMORY,
			    "refused for another reason than its octets");
			return 0;
		}
		from = ksr->format;
		if (ksr_convert(ksr, to, &losses, &err))
			write_twice(ksr, from != to);
		ksr_free(ksr);
	}
	return 0;
}

#ifndef ANCHORITE_FUZZ

static size_t inputs;

static void
try_near(struct bytes octets)
{
	uint8_t *copy = malloc(octets.len + 1);

	must(copy != NULL, "out of memory");
	for (size_t i = 0; i < octets.len; i += 1 + octets.len / 64) {
		memcpy(copy, octets.data, octets.len);
		LLVMFuzzerTestOneInput(copy, i);
		copy[i] ^= (uint8_t)(1u << i % 8);
		LLVMFuzzerTestOneInput(copy, octets.len);
		inputs += 2;
	}
	free(copy);
}

static int
try_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct buf octets = buf_new(KSR_FILE_MAX);
	struct err err;

	(void)st;
	(void)ftw;
	if (type == FTW_F) {
		must(file_read(path, KSR_FILE_MAX, &octets, &err), path);
		LLVMFuzzerTestOneInput(octets.data, octets.len);
		inputs++;
		try_near(buf_bytes(&octets));
	}
	buf_free(&octets);
	return 0;
}

int
main(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++)
		must(nftw(argv[i], try_file, 16, FTW_PHYS) == 0, argv[i]);
	must(inputs > 0, "no input");
	printf("%zu inputs\n", inputs);
	return 0;
}

#endif
