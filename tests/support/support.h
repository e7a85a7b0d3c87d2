/*
 * What every test program needs: cmocka in the order it wants, files, the
 * documents of corpus_path, and assertions on struct err.  Tests run in the project's root.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"

/*
 * The path of a document in the shape of the root zone's
 * ("root/ksr-root-2017-q2-0.xml"): below $ANCHORITE_CORPUS, which has the
 * published ones, else below tests/data/quarters.  Static storage.
 */
const char *corpus_path(const char *name);

/* Whether these are the root zone's own, not ones made up in their shape. */
bool corpus_is_published(void);

/* The buffer's octets as a string, to be freed; the buffer is freed. */
char *text_of_buf(struct buf *buf);

/* tests/data/corpus.yaml, with the KSKs of these documents pinned. */
struct buf corpus_config(void);

/* The whole file, NUL-terminated beyond len; the test fails if unreadable. */
struct buf read_whole(const char *path);

/* A new empty folder below $TMPDIR, removed by scratch_remove. */
char *scratch_new(void);
void scratch_remove(char *path);

/* Fails the test, printing err, unless ok. */
#define assert_ok(ok, err)                                                     \
	do {                                                                   \
		if (!(ok))                                                     \
			fail_msg("%s", (err)->msg);                            \
	} while (0)

/* Fails unless the message holds part. */
void assert_message_has(const struct err *err, const char *part);
