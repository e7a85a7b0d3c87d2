#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "tests/support/support.h"

/* Whether it is there. */
static bool
corpus_find(const char *name, char *ret, size_t size)
{
	const char *folder = getenv("ANCHORITE_CORPUS");

	if (folder == NULL)
		folder = "tests/data/quarters";
	snprintf(ret, size, "%s/%s", folder, name);
	return access(ret, R_OK) == 0;
}

bool
corpus_is_published(void)
{
	char path[4096];

	return !corpus_find("pins", path, sizeof(path));
}

const char *
corpus_path(const char *name)
{
	static char path[4096];

	if (!corpus_find(name, path, sizeof(path)))
		fail_msg("%s is missing", path);
	return path;
}

/* With $ONLY_TEST the program runs the tests of that name (cmocka's pattern). */
__attribute__((constructor)) static void
only_one_test(void)
{
	const char *name = getenv("ONLY_TEST");

	if (name != NULL && name[0] != '\0')
		cmocka_set_test_filter(name);
}

/* Where text has the DS of label: after "label: LABEL". */
static char *
find_ds(char *text, const char *label)
{
	char *at = strstr(text, label);

	at = at == NULL ? NULL : strstr(at, "ds_sha256: ");
	return at == NULL ? NULL : at + strlen("ds_sha256: ");
}

char *
text_of_buf(struct buf *buf)
{
	char *text;

	buf_u8(buf, 0);
	assert_false(buf->failed);
	text = strdup((const char *)buf->data);
	assert_non_null(text);
	buf_free(buf);
	return text;
}

struct buf
corpus_config(void)
{
	struct buf yaml = read_whole("tests/data/corpus.yaml");
	char path[4096], label[32], digest[65];
	FILE *pins;

	if (!corpus_find("pins", path, sizeof(path)))
		return yaml;
	pins = fopen(path, "re");
	assert_non_null(pins);
	while (fscanf(pins, "%31s %64s", label, digest) == 2) {
		char *at = find_ds((char *)yaml.data, label);

		assert_non_null(at);
		memcpy(at, digest, 64);
	}
	fclose(pins);
	return yaml;
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
	char said[4 * ERR_MSG_MAX];

	/* As a record has it. */
	text_ascii(said, sizeof(said), err->msg);
	if (strstr(said, part) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", said, part);
}
