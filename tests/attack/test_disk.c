/*
 * The chain and the outputs on a disk that fails, or that lacks what others
 * have: the calls that change it are ours here.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "signer/record/chain.h"
#include "tests/support/support.h"

#define PATH_SIZE 512

/* The disk; zero is a good one. */
static struct {
	int calls;
	int fail_from, fail_to; /* the numbers of the calls that fail */
	int number;		/* errno */
	bool half;		/* a write that fails takes half before */
	bool no_tmpfile, no_noreplace, no_link;
	bool no_rename;
	bool swap_name;	     /* and the final one, right after it is given */
	bool swap_taken;     /* or after it was taken for an empty file */
	bool no_chance;	     /* what is random is always the same */
	char folder[PATH_SIZE];
} disk;

static bool
call_fails(void)
{
	disk.calls++;
	if (disk.calls < disk.fail_from || disk.calls > disk.fail_to)
		return false;
	errno = disk.number;
	return true;
}

/* Standard error's writes are the test program's. */
ssize_t
write(int fd, const void *data, size_t len)
{
	if (fd > STDERR_FILENO && call_fails()) {
		if (disk.half && syscall(SYS_write, fd, data, len / 2) < 0)
			abort();
		errno = disk.number;
		return -1;
	}
	return syscall(SYS_write, fd, data, len);
}

int
fsync(int fd)
{
	return call_fails() ? -1 : (int)syscall(SYS_fsync, fd);
}

int
ftruncate(int fd, off_t len)
{
	return call_fails() ? -1 : (int)syscall(SYS_ftruncate, fd, len);
}

static void
put(int fd, const char *name, const char *text)
{
	int other = (int)syscall(
	    SYS_openat, fd, name, O_WRONLY | O_CREAT | O_EXCL, 0644);

	assert_true(other >= 0);
	assert_int_equal(
	    syscall(SYS_write, other, text, strlen(text)), strlen(text));
	close(other);
}

static void
swap(int fd, const char *name, const char *text)
{
	assert_int_equal(unlinkat(fd, name, 0), 0);
	put(fd, name, text);
}

static bool
is_final(const char *name)
{
	return strcmp(name, "skr.xml") == 0;
}

int
openat(int fd, const char *path, int flags, ...)
{
	mode_t mode = 0;
	int opened;
	va_list ap;

	va_start(ap, flags);
	if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE)
		mode = (mode_t)va_arg(ap, int);
	va_end(ap);
	if ((flags & O_TMPFILE) == O_TMPFILE && disk.no_tmpfile) {
		errno = EOPNOTSUPP;
		return -1;
	}
	opened = (int)syscall(SYS_openat, fd, path, flags, mode);
	if (opened >= 0 && disk.swap_taken && is_final(path))
		swap(fd, path, "a stranger's");
	return opened;
}

ssize_t
getrandom(void *octets, size_t len, unsigned flags)
{
	if (!disk.no_chance)
		return syscall(SYS_getrandom, octets, len, flags);
	memset(octets, 0, len);
	return (ssize_t)len;
}

int
linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	int status;

	if (disk.no_link) {
		errno = EPERM;
		return -1;
	}
	status =
	    (int)syscall(SYS_linkat, from_fd, from, to_fd, to, flags);
	if (status == 0 && disk.swap_name && is_final(to))
		swap(to_fd, to, "a stranger's");
	return status;
}

int
renameat2(
    int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	int status;

	if (disk.no_rename || (flags != 0 && disk.no_noreplace)) {
		errno = flags == 0 ? EIO : EINVAL;
		return -1;
	}
	status = (int)syscall(
	    SYS_renameat2, from_fd, from, to_fd, to, flags);
	if (status == 0 && disk.swap_name && is_final(to))
		swap(to_fd, to, "a stranger's");
	return status;
}

int
renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return renameat2(from_fd, from, to_fd, to, 0);
}

static char *
disk_new(void)
{
	char *dir = scratch_new();

	memset(&disk, 0, sizeof(disk));
	snprintf(disk.folder, sizeof(disk.folder), "%.400s", dir);
	return dir;
}

static void
disk_good(void)
{
	disk.calls = disk.fail_from = disk.fail_to = 0;
}

/* The numbers of the calls from now on that fail. */
static void
disk_fails(int from, int to)
{
	disk.calls = 0;
	disk.fail_from = from;
	disk.fail_to = to;
}

/* "folder/log", in a static place. */
static const char *
log_path(void)
{
	static char path[PATH_SIZE + 8];

	snprintf(path, sizeof(path), "%s/log", disk.folder);
	return path;
}

static struct chain *
open_chain(void)
{
	struct chain *chain;
	struct err err;

	assert_ok(chain_open(log_path(), &chain, &err), &err);
	return chain;
}

static void
assert_lines(size_t n)
{
	struct chain_lines lines;
	struct err err;

	assert_ok(chain_read(log_path(), &lines, &err), &err);
	assert_int_equal(lines.n, n);
	for (size_t i = 0; i < n; i++)
		assert_non_null(lines.lines[i].json);
	chain_lines_clear(&lines);
}

static json_t *
fact(int n)
{
	return json_pack("{s:i, s:s}", "n", n, "text", "some text");
}

/* A write or its fsync fails: the line is gone, and the next one takes it. */
static void
chain_append_that_failed_is_taken_back(void **state)
{
	static const struct {
		int at, number;
		bool half;
	} cases[] = { { 1, EIO, false }, { 1, ENOSPC, false },
		{ 1, ENOSPC, true }, { 1, EIO, true }, { 2, EIO, false },
		{ 2, ENOSPC, false } };
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *dir = disk_new();
		struct chain *chain = open_chain();
		char head[CHAIN_HASH_SIZE];

		assert_ok(chain_append(chain, fact(1), &err), &err);
		memcpy(head, chain_head(chain), sizeof(head));
		disk.number = cases[i].number;
		disk.half = cases[i].half;
		disk_fails(cases[i].at, cases[i].at);
		assert_false(chain_append(chain, fact(2), &err));
		assert_int_equal(err.code, E_IO);
		assert_message_has(&err, strerror(cases[i].number));
		assert_null(strstr(err.msg, "unfinished"));
		/* Cut back, and that is synced, before anything else. */
		assert_int_equal(disk.calls, cases[i].at + 2);
		assert_string_equal(chain_head(chain), head);
		assert_lines(1);
		assert_ok(chain_append(chain, fact(3), &err), &err);
		chain_close(chain);
		assert_lines(2);
		scratch_remove(dir);
	}
}

/* The name of a new file is in a folder, and that is synced before a line. */
static void
chain_begin_not_synced_writes_nothing(void **state)
{
	char *dir = disk_new();
	struct chain *chain = open_chain();
	struct err err;

	(void)state;
	disk.number = EIO;
	disk_fails(1, 1);
	assert_false(chain_append(chain, fact(1), &err));
	assert_message_has(&err, "the folder of ");
	assert_lines(0);
	chain_close(chain);
	scratch_remove(dir);
}

/* Nothing comes behind a line that could be neither finished nor taken back. */
static void
chain_append_behind_an_unfinished_line_is_refused(void **state)
{
	struct err err;

	(void)state;
	for (int half = 0; half < 2; half++) {
		for (int taken_back = 2; taken_back <= 3; taken_back++) {
			char *dir = disk_new();
			struct chain *chain = open_chain();

			assert_ok(chain_append(chain, fact(1), &err), &err);
			disk.number = EIO;
			disk.half = half == 1;
			disk_fails(1, 100);
			assert_false(chain_append(chain, fact(2), &err));
			assert_message_has(&err, "a line is left unfinished");
			assert_message_has(&err, "nothing more is written");
			/* The first thing is to cut it, and that fails. */
			disk_fails(1, 100);
			assert_false(chain_append(chain, fact(3), &err));
			assert_message_has(
			    &err, "an unfinished line cannot be taken back");
			assert_int_equal(disk.calls, 1);
			/* It can be cut now, but that is not on disk. */
			disk_fails(taken_back, 100);
			if (taken_back == 2) {
				assert_false(
				    chain_append(chain, fact(4), &err));
				assert_int_equal(disk.calls, 2);
				assert_lines(1);
			}
			disk_good();
			assert_ok(chain_append(chain, fact(5), &err), &err);
			chain_close(chain);
			assert_lines(2);
			scratch_remove(dir);
		}
	}
}

/* The run ends there: the next one keeps what is torn and owns up to it. */
static void
chain_open_after_an_unfinished_line_goes_on(void **state)
{
	char *dir = disk_new();
	struct chain *chain = open_chain();
	struct chain_lines lines;
	char head[CHAIN_HASH_SIZE];
	struct err err;

	(void)state;
	assert_ok(chain_append(chain, fact(1), &err), &err);
	memcpy(head, chain_head(chain), sizeof(head));
	disk.number = EIO;
	disk.half = true;
	disk_fails(1, 100);
	assert_false(chain_append(chain, fact(2), &err));
	assert_string_equal(chain_head(chain), head);
	chain_close(chain);
	/* Its end cannot be written either, and then it can. */
	disk.half = false;
	chain = open_chain();
	disk_fails(1, 1);
	assert_false(chain_append(chain, fact(3), &err));
	chain_close(chain);
	disk_good();
	chain = open_chain();
	assert_ok(chain_append(chain, fact(3), &err), &err);
	chain_close(chain);
	assert_ok(chain_read(log_path(), &lines, &err), &err);
	assert_int_equal(lines.n, 3);
	assert_string_equal(lines.lines[0].hash, head);
	assert_null(lines.lines[1].json);
	assert_true(json_is_true(
	    json_object_get(lines.lines[2].json, "after_torn")));
	chain_lines_clear(&lines);
	scratch_remove(dir);
}

/* The lock keeps our own runs out; somebody else may not care for it. */
static void
chain_append_to_what_another_program_wrote_is_refused(void **state)
{
	char *dir = disk_new();
	struct chain *chain = open_chain();
	struct err err;
	FILE *file;

	(void)state;
	assert_ok(chain_append(chain, fact(1), &err), &err);
	file = fopen(log_path(), "a");
	assert_non_null(file);
	assert_true(fputs("theirs\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_false(chain_append(chain, fact(2), &err));
	assert_message_has(&err, "another program wrote to it");
	chain_close(chain);
	scratch_remove(dir);
}

/* Every kind of medium; what is said of each must hold on all. */
static const struct medium {
	bool no_tmpfile, no_noreplace, no_link;
} media[] = {
	{ false, false, false }, /* what Linux has */
	{ false, false, true },	 /* a nameless file that cannot be named */
	{ true, false, false },
	{ true, false, true }, /* FAT */
	{ true, true, false }, /* NFS */
	{ true, true, true },  /* exFAT, NTFS through FUSE */
};

static char *
medium_new(const struct medium *medium)
{
	char *dir = disk_new();

	disk.no_tmpfile = medium->no_tmpfile;
	disk.no_noreplace = medium->no_noreplace;
	disk.no_link = medium->no_link;
	return dir;
}

static const char *
skr_path(void)
{
	static char path[PATH_SIZE + 16];

	snprintf(path, sizeof(path), "%s/skr.xml", disk.folder);
	return path;
}

static struct output *
output_new(const char *text)
{
	struct output *output;
	struct err err;

	assert_ok(output_open(skr_path(), &output, &err), &err);
	assert_ok(output_write(output, bytes_of_string(text), &err), &err);
	return output;
}

static void
assert_content(const char *text)
{
	struct buf there = read_whole(skr_path());

	assert_string_equal((const char *)there.data, text);
	buf_free(&there);
}

static size_t
count_entries(void)
{
	DIR *dir = opendir(disk.folder);
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n - 2; /* "." and ".." */
}

static void
output_publish_on_every_medium_gives_the_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(media); i++) {
		char *dir = medium_new(&media[i]);
		struct output *output = output_new("whole");
		bool nameless = !media[i].no_tmpfile && !media[i].no_link;
		struct stat st;
		struct err err;

		assert_int_equal(count_entries(), nameless ? 0 : 1);
		assert_int_equal(output_temporary(output) == NULL, nameless);
		assert_ok(output_publish(output, &err), &err);
		output_free(output);
		assert_content("whole");
		assert_int_equal(stat(skr_path(), &st), 0);
		assert_int_equal(st.st_nlink, 1);
		assert_int_equal(count_entries(), 1);
		scratch_remove(dir);
	}
}

static void
output_publish_on_every_medium_replaces_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(media); i++) {
		char *dir = medium_new(&media[i]);
		struct output *output = output_new("ours");
		struct err err;

		put(AT_FDCWD, skr_path(), "there before");
		assert_false(output_publish(output, &err));
		assert_message_has(&err, "skr.xml: File exists");
		assert_false(output_is_published(output));
		output_free(output);
		assert_content("there before");
		assert_int_equal(count_entries(), 1);
		scratch_remove(dir);
	}
}

/* What was read back is what gets the name, and not what is called like it. */
static void
output_publish_of_an_exchanged_temporary_file_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(media); i++) {
		char *dir = medium_new(&media[i]);
		struct output *output = output_new("verified");
		const char *temporary = output_temporary(output);
		struct err err;

		if (temporary != NULL) {
			swap(AT_FDCWD, temporary, "a stranger's");
			assert_false(output_publish(output, &err));
			assert_int_not_equal(access(skr_path(), F_OK), 0);
			assert_false(output_is_published(output));
		} else {
			assert_ok(output_publish(output, &err), &err);
			assert_content("verified");
		}
		output_free(output);
		scratch_remove(dir);
	}
}

static void
output_publish_of_an_exchanged_name_fails(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(media); i++) {
		char *dir = medium_new(&media[i]);
		struct output *output = output_new("verified");
		struct err err;

		disk.swap_name = true;
		assert_false(output_publish(output, &err));
		assert_message_has(
		    &err, "another file than the one that was written");
		assert_false(output_is_published(output));
		output_free(output);
		/* It is not ours to remove. */
		assert_content("a stranger's");
		scratch_remove(dir);
	}
}

/* Where only a plain rename is left: what replaces must be what we put there. */
static void
output_publish_onto_a_name_that_was_taken_is_refused(void **state)
{
	static const struct medium plain = { true, true, true };

	(void)state;
	for (int fails = 0; fails < 2; fails++) {
		char *dir = medium_new(&plain);
		struct output *output = output_new("verified");
		struct err err;

		disk.swap_taken = fails == 0;
		disk.no_rename = fails == 1;
		assert_false(output_publish(output, &err));
		assert_message_has(&err,
		    strerror(fails == 1 ? EIO : EEXIST));
		assert_false(output_is_published(output));
		output_free(output);
		if (fails == 0)
			assert_content("a stranger's");
		assert_int_equal(count_entries(), fails == 0 ? 1 : 0);
		scratch_remove(dir);
	}
}

/* A temporary name that somebody has is nobody's to write to. */
static void
output_open_writes_to_a_file_of_its_own(void **state)
{
	static const struct medium named = { true, false, false };
	char *dir = medium_new(&named), path[PATH_SIZE + 32];
	struct output *output;
	struct buf there;
	struct err err;

	(void)state;
	disk.no_chance = true;
	snprintf(path, sizeof(path), "%s.aaaaaa", skr_path());
	put(AT_FDCWD, path, "a stranger's");
	assert_false(output_open(skr_path(), &output, &err));
	assert_message_has(&err, "skr.xml: cannot be created: File exists");
	there = read_whole(path);
	assert_string_equal((const char *)there.data, "a stranger's");
	buf_free(&there);
	assert_int_equal(count_entries(), 1);
	scratch_remove(dir);
}

/* The folder's fsync fails: it is out, and whoever asks is told. */
static void
output_publish_not_synced_says_that_it_is_in_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(media); i++) {
		char *dir = medium_new(&media[i]);
		struct output *output = output_new("whole");
		struct err err;

		disk.number = EIO;
		disk_fails(1, 1);
		assert_false(output_publish(output, &err));
		assert_message_has(&err, "is in place, but may not survive");
		assert_true(output_is_published(output));
		output_free(output);
		assert_content("whole");
		scratch_remove(dir);
	}
}

static void
output_write_not_synced_publishes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(media); i++) {
		char *dir = medium_new(&media[i]);
		struct output *output;
		struct err err;

		assert_ok(output_open(skr_path(), &output, &err), &err);
		disk.number = EIO;
		disk_fails(2, 2);
		assert_false(
		    output_write(output, bytes_of_string("whole"), &err));
		output_free(output);
		assert_int_equal(count_entries(), 0);
		scratch_remove(dir);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chain_append_that_failed_is_taken_back),
		cmocka_unit_test(chain_begin_not_synced_writes_nothing),
		cmocka_unit_test(
		    chain_append_behind_an_unfinished_line_is_refused),
		cmocka_unit_test(chain_open_after_an_unfinished_line_goes_on),
		cmocka_unit_test(
		    chain_append_to_what_another_program_wrote_is_refused),
		cmocka_unit_test(output_publish_on_every_medium_gives_the_name),
		cmocka_unit_test(
		    output_publish_on_every_medium_replaces_nothing),
		cmocka_unit_test(
		    output_publish_of_an_exchanged_temporary_file_is_refused),
		cmocka_unit_test(output_publish_of_an_exchanged_name_fails),
		cmocka_unit_test(
		    output_publish_onto_a_name_that_was_taken_is_refused),
		cmocka_unit_test(output_open_writes_to_a_file_of_its_own),
		cmocka_unit_test(
		    output_publish_not_synced_says_that_it_is_in_place),
		cmocka_unit_test(output_write_not_synced_publishes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
