#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "tests/support.h"

const char *
corpus_path(const char *name)
{
	static char path[4096];
	const char *folder = getenv("ANCHORITE_CORPUS");

	if (folder == NULL)
		folder = "../shared/corpus";
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (access(path, R_OK) != 0) {
		fprintf(stderr,
		    "SKIPPED: %s is missing: set ANCHORITE_CORPUS to the "
		    "folder of published root documents\n",
		    path);
		skip();
	}
	return path;
}

struct buf
read_whole(const char *path)
{
	struct buf buf = buf_new(64u * 1024 * 1024);
	struct err err;

	assert_ok(file_read(path, buf.cap - 1, &buf, &err), &err);
	buf_u8(&buf, 0);
	assert_false(buf.failed);
	buf.len--;
	return buf;
}

char *
scratch_new(void)
{
	const char *tmp = getenv("TMPDIR");
	char *path = NULL;

	if (asprintf(&path, "%s/anchorite-test.XXXXXX",
		tmp == NULL ? "/tmp" : tmp) < 0)
		fail_msg("out of memory");
	assert_non_null(mkdtemp(path));
	return path;
}

static int
remove_entry(
    const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
scratch_remove(char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(path);
}

void
assert_message_has(const struct err *err, const char *part)
{
	if (strstr(err->msg, part) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err->msg, part);
}
