#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "ksr/base/limits.h"
#include "tests/support/support.h"

#define NOBODY 65534

/* Every test has an empty folder of its own. */
static int
make_folder(void **state)
{
	*state = scratch_new();
	return 0;
}

static int
remove_folder(void **state)
{
	scratch_remove(*state);
	return 0;
}

/* "folder/name", in one of two static places. */
static const char *
in_folder(void **state, const char *name)
{
	static char paths[2][512];
	static size_t next;
	char *path = paths[next++ % 2];

	snprintf(path, sizeof(paths[0]), "%s/%s", (char *)*state, name);
	return path;
}

static void
put_file(const char *path, const char *content)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
assert_content(const char *path, const char *content)
{
	struct buf buf = read_whole(path);

	assert_string_equal((const char *)buf.data, content);
	buf_free(&buf);
}

static size_t
count_entries(const char *folder)
{
	DIR *dir = opendir(folder);
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n - 2; /* "." and ".." */
}

static void
file_read_appends_the_whole_content(void **state)
{
	const char *path = in_folder(state, "in");
	struct buf buf = buf_new(100);
	struct err err;

	put_file(path, "whole");
	buf_puts(&buf, "the ");
	assert_ok(file_read(path, 5, &buf, &err), &err);
	assert_true(bytes_equal(buf_bytes(&buf), bytes_of_string("the whole")));
	put_file(path, "");
	assert_ok(file_read(path, 0, &buf, &err), &err);
	assert_int_equal(buf.len, strlen("the whole"));
	buf_free(&buf);
}

static void
file_read_of_more_than_a_chunk_is_complete(void **state)
{
	const char *path = in_folder(state, "in");
	struct buf content = buf_new(200000), buf = buf_new(400000);
	struct err err;

	for (size_t i = 0; i < 199999; i++)
		buf_u8(&content, (uint8_t)('a' + i % 26));
	buf_u8(&content, 0);
	put_file(path, (const char *)content.data);
	content.len--;
	assert_ok(file_read(path, 199999, &buf, &err), &err);
	assert_true(bytes_equal(buf_bytes(&buf), buf_bytes(&content)));
	assert_false(file_read(path, 199998, &buf, &err));
	assert_message_has(&err, "larger than the limit of 199998 octets");
	assert_int_equal(buf.len, 199999);
	buf_free(&content);
	buf_free(&buf);
}

static void
file_read_of_what_is_no_file_is_refused(void **state)
{
	static const struct {
		const char *name; /* relative: in the test's folder */
		enum err_code code;
		const char *message;
	} cases[] = {
		{ "missing", E_IO, "missing: No such file or directory" },
		{ "file/below", E_IO, "Not a directory" },
		{ "folder", E_IO, "folder: not a regular file" },
		{ "fifo", E_IO, "fifo: not a regular file" },
		{ "loop", E_IO, "loop: Too many levels of symbolic links" },
		{ "dangling", E_IO, "No such file or directory" },
		{ "file", E_INPUT, "file: larger than the limit of 4 octets" },
		{ "/dev/zero", E_IO, "/dev/zero: not a regular file" },
		{ "", E_IO, "" },
	};
	struct buf buf = buf_new(100);

	assert_int_equal(mkdir(in_folder(state, "folder"), 0755), 0);
	assert_int_equal(mkfifo(in_folder(state, "fifo"), 0644), 0);
	assert_int_equal(symlink("loop", in_folder(state, "loop")), 0);
	assert_int_equal(symlink("nothing", in_folder(state, "dangling")), 0);
	put_file(in_folder(state, "file"), "five!");
	buf_puts(&buf, "kept");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *path = cases[i].name[0] == '/'
		    ? cases[i].name
		    : in_folder(state, cases[i].name);
		struct err err = { 0 };

		if (file_read(path, 4, &buf, &err))
			fail_msg("%s is read", path);
		assert_int_equal(err.code, cases[i].code);
		assert_message_has(&err, cases[i].message);
		assert_true(
		    bytes_equal(buf_bytes(&buf), bytes_of_string("kept")));
	}
	buf_free(&buf);
}

static void
file_read_beyond_the_buffers_cap_fails(void **state)
{
	const char *path = in_folder(state, "in");
	struct buf buf = buf_new(4);
	struct err err;

	put_file(path, "five!");
	assert_false(file_read(path, 100, &buf, &err));
	assert_int_equal(err.code, E_MEMORY);
	assert_true(buf.failed);
	buf_free(&buf);
}

static void
output_appears_whole_when_published(void **state)
{
	const char *path = in_folder(state, "skr.xml");
	struct buf there = buf_new(100);
	struct output *output;
	struct err err;

	assert_ok(output_open(path, &output, &err), &err);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_ok(output_write(output, bytes_of_string("one "), &err), &err);
	assert_ok(output_write(output, bytes_of_string("two"), &err), &err);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_ok(output_read(output, 7, &there, &err), &err);
	assert_true(bytes_equal(buf_bytes(&there), bytes_of_string("one two")));
	assert_false(output_read(output, 6, &there, &err));
	assert_message_has(&err, "larger than the limit of 6 octets");
	assert_int_equal(there.len, 7);
	buf_free(&there);
	assert_false(output_is_published(output));
	assert_ok(output_publish(output, &err), &err);
	assert_true(output_is_published(output));
	output_free(output);
	assert_content(path, "one two");
	assert_int_equal(count_entries(*state), 1);
}

static void
output_not_published_leaves_nothing(void **state)
{
	struct output *output;
	struct err err;

	assert_ok(
	    output_open(in_folder(state, "skr.xml"), &output, &err), &err);
	assert_ok(output_write(output, bytes_of_string("half"), &err), &err);
	output_free(output);
	assert_int_equal(count_entries(*state), 0);
	output_free(NULL);
}

/* A file, a folder, and links that lead somewhere, nowhere and in a circle. */
static void
output_open_of_taken_name_is_refused(void **state)
{
	static const char *const names[] = { "file", "folder", "folder/",
		"link", "dangling", "loop" };

	put_file(in_folder(state, "file"), "old");
	assert_int_equal(mkdir(in_folder(state, "folder"), 0755), 0);
	assert_int_equal(symlink("file", in_folder(state, "link")), 0);
	assert_int_equal(symlink("nothing", in_folder(state, "dangling")), 0);
	assert_int_equal(symlink("loop", in_folder(state, "loop")), 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct output *output = NULL;
		struct err err;

		if (output_open(in_folder(state, names[i]), &output, &err))
			fail_msg("%s is taken over", names[i]);
		assert_null(output);
		assert_int_equal(err.code, E_IO);
		assert_message_has(&err, names[i]);
		assert_message_has(
		    &err, "already exists and is never overwritten");
	}
	assert_content(in_folder(state, "file"), "old");
	assert_int_equal(count_entries(*state), 5);
	assert_int_equal(count_entries(in_folder(state, "folder")), 0);
}

static void
output_publish_onto_name_taken_meanwhile_is_refused(void **state)
{
	const char *path = in_folder(state, "skr.xml");
	struct output *output;
	struct err err;

	assert_ok(output_open(path, &output, &err), &err);
	assert_ok(output_write(output, bytes_of_string("new"), &err), &err);
	put_file(path, "of another");
	assert_false(output_publish(output, &err));
	assert_int_equal(err.code, E_IO);
	assert_message_has(&err, "skr.xml: File exists");
	output_free(output);
	assert_content(path, "of another");
	assert_int_equal(count_entries(*state), 1);
}

static void
output_open_of_impossible_path_is_refused(void **state)
{
	static const struct {
		const char *name;
		const char *message;
	} cases[] = {
		{ "missing/skr.xml", "cannot be created: No such file" },
		{ "file/skr.xml", "Not a directory" },
		{ "missing/", "No such file or directory" },
	};
	char path[PATH_MAX_LEN + 2];
	struct output *output = NULL;
	struct err err;

	put_file(in_folder(state, "file"), "");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_false(output_open(
		    in_folder(state, cases[i].name), &output, &err));
		assert_int_equal(err.code, E_IO);
		assert_message_has(&err, cases[i].message);
	}
	assert_false(output_open("", &output, &err));
	assert_int_equal(err.code, E_USAGE);
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_false(output_open(path, &output, &err));
	assert_int_equal(err.code, E_USAGE);
	assert_message_has(&err, "longer than 1023 octets");
	path[300] = '\0'; /* longer than a file system takes */
	assert_false(output_open(path, &output, &err));
	assert_message_has(&err, "File name too long");
	assert_null(output);
	assert_int_equal(count_entries(*state), 1);
}

/* Root may write anywhere, so the test steps down where it is root. */
static void
output_open_in_unwritable_folder_is_refused(void **state)
{
	const char *folder = in_folder(state, "locked");
	char path[512];
	struct output *output = NULL;
	struct err err;
	bool opened;

	assert_int_equal(chmod(*state, 0755), 0);
	assert_int_equal(mkdir(folder, 0755), 0);
	assert_int_equal(chmod(folder, 0555), 0);
	snprintf(path, sizeof(path), "%s/skr.xml", folder);
	if (geteuid() == 0)
		assert_int_equal(seteuid(NOBODY), 0);
	opened = output_open(path, &output, &err);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_false(opened);
	assert_message_has(&err, "skr.xml: cannot be created: Permission");
	assert_int_equal(count_entries(folder), 0);
}

static void
output_published_mode_honours_the_umask(void **state)
{
	static const struct {
		mode_t mask, mode;
	} cases[] = { { 022, 0644 }, { 077, 0600 }, { 0, 0666 },
		{ 0137, 0640 } };
	char name[16];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		mode_t mask = umask(cases[i].mask);
		struct output *output;
		struct stat st;
		struct err err;

		snprintf(name, sizeof(name), "skr%zu.xml", i);
		assert_ok(
		    output_open(in_folder(state, name), &output, &err), &err);
		assert_ok(output_publish(output, &err), &err);
		output_free(output);
		assert_int_equal(stat(in_folder(state, name), &st), 0);
		assert_int_equal(st.st_mode & 07777, cases[i].mode);
		assert_int_equal(umask(mask), cases[i].mask);
	}
}

static void
output_path_without_folder_is_in_the_current_one(void **state)
{
	char before[4096];
	struct output *output;
	struct err err;

	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(*state), 0);
	assert_ok(output_open("skr.xml", &output, &err), &err);
	assert_ok(output_publish(output, &err), &err);
	output_free(output);
	assert_int_equal(chdir(before), 0);
	assert_content(in_folder(state, "skr.xml"), "");
}

/* A limit on file sizes stands for a medium that is full. */
static void
output_write_onto_full_medium_fails_and_leaves_nothing(void **state)
{
	static const uint8_t octets[100000];
	struct rlimit whole, small;
	struct output *output;
	struct err err;
	bool written;

	assert_ok(
	    output_open(in_folder(state, "skr.xml"), &output, &err), &err);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &whole), 0);
	small = whole;
	small.rlim_cur = 4096;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	written = output_write(
	    output, (struct bytes){ octets, sizeof(octets) }, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &whole), 0);
	assert_false(written);
	assert_int_equal(err.code, E_IO);
	assert_message_has(&err, "File too large");
	output_free(output);
	assert_int_equal(count_entries(*state), 0);
}

/* Whoever else could have written it, or read what is a secret. */
static void
file_open_own_refuses_what_others_can_touch(void **state)
{
	static const struct {
		mode_t mode, forbidden;
		const char *why; /* NULL: none */
	} cases[] = {
		{ 0600, S_IRWXG | S_IRWXO, NULL },
		{ 0640, S_IRWXG | S_IRWXO, "mode 0640, expected that its owner "
					   "alone can read it (chmod 600)" },
		{ 0604, S_IRWXG | S_IRWXO, "mode 0604" },
		{ 0644, S_IWGRP | S_IWOTH, NULL },
		{ 0664, S_IWGRP | S_IWOTH, "mode 0664, expected that its owner "
					   "alone can write it (chmod go-w)" },
		{ 0646, S_IWGRP | S_IWOTH, "mode 0646" },
	};
	const char *path = in_folder(state, "own");
	struct err err;
	bool modes;
	int fd;

	put_file(path, "own");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(chmod(path, cases[i].mode), 0);
		if (file_open_own(
			path, cases[i].forbidden, &fd, &modes, &err) !=
		    (cases[i].why == NULL))
			fail_msg("mode %04o", (unsigned)cases[i].mode);
		if (cases[i].why != NULL)
			assert_message_has(&err, cases[i].why);
		else
			close(fd);
	}
	assert_int_equal(chmod(path, 0600), 0);
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(path, NOBODY, NOBODY), 0);
	assert_false(file_open_own(path, 0, &fd, &modes, &err));
	assert_message_has(&err, "belongs to user 65534, expected this user");
}

#define FILE_TEST(test) \
	cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(file_read_appends_the_whole_content),
		FILE_TEST(file_read_of_more_than_a_chunk_is_complete),
		FILE_TEST(file_read_of_what_is_no_file_is_refused),
		FILE_TEST(file_read_beyond_the_buffers_cap_fails),
		FILE_TEST(file_open_own_refuses_what_others_can_touch),
		FILE_TEST(output_appears_whole_when_published),
		FILE_TEST(output_not_published_leaves_nothing),
		FILE_TEST(output_open_of_taken_name_is_refused),
		FILE_TEST(output_publish_onto_name_taken_meanwhile_is_refused),
		FILE_TEST(output_open_of_impossible_path_is_refused),
		FILE_TEST(output_open_in_unwritable_folder_is_refused),
		FILE_TEST(output_published_mode_honours_the_umask),
		FILE_TEST(output_path_without_folder_is_in_the_current_one),
		FILE_TEST(
		    output_write_onto_full_medium_fails_and_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
