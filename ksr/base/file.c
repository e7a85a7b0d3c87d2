#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "ksr/base/limits.h"

#define TEMPORARY_TRIES 16
#define SUFFIX_SIZE	8 /* ".", six letters and a NUL */

struct output {
	char path[PATH_MAX_LEN + 1];
	char temporary[PATH_MAX_LEN + SUFFIX_SIZE]; /* "": it has no name */
	int fd;
	int folder_fd;
	bool published;
	bool imagined;
};

/* Non-blocking, so that a FIFO cannot hold the ceremony. */
static int
open_to_read(const char *path, int more_flags)
{
	return open(path,
	    O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | more_flags);
}

static bool
read_all(int fd, const char *path, size_t max, struct buf *ret, struct err *err)
{
	struct stat st;
	uint8_t chunk[65536];
	size_t total = 0, before = ret->len;
	ssize_t n;
	bool ok = false;

	if (fstat(fd, &st) != 0) {
		err_set_errno(err, "%s", path);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(err, E_IO, "%s: not a regular file", path);
		goto out;
	}
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_set_errno(err, "%s", path);
			goto out;
		}
		total += (size_t)n;
		if (total > max) {
			err_set(err, E_INPUT,
			    "%s: larger than the limit of %zu octets", path,
			    max);
			goto out;
		}
		buf_put(ret, chunk, (size_t)n);
	}
	if (ret->failed) {
		err_set(err, E_MEMORY, "%s: out of memory", path);
		goto out;
	}
	ok = true;
out:
	if (!ok)
		ret->len = before;
	explicit_bzero(chunk, sizeof(chunk)); /* the file may hold a PIN */
	return ok;
}

bool
file_read(const char *path, size_t max, struct buf *ret, struct err *err)
{
	int fd = open_to_read(path, 0);
	bool ok;

	if (fd < 0)
		return err_set_errno(err, "%s", path);
	ok = read_all(fd, path, max, ret, err);
	close(fd);
	return ok;
}

bool
file_read_no_link(
    const char *path, size_t max, struct buf *ret, struct err *err)
{
	int fd = open_to_read(path, O_NOFOLLOW);
	bool ok;

	if (fd < 0 && errno == ELOOP)
		return err_set(err, E_REFUSED,
		    "%s: is a symbolic link, which has no place here", path);
	if (fd < 0)
		return err_set_errno(err, "%s", path);
	ok = read_all(fd, path, max, ret, err);
	close(fd);
	return ok;
}

/*
 * File systems that keep neither owner nor modes, by statfs(2): those of a
 * mount stand for all files.
 */
static bool
has_modes(int fd)
{
	static const unsigned long without[] = {
		0x4d44,	    /* FAT */
		0x2011bab0, /* exFAT */
		0x9660,	    /* ISO 9660, which may lack them */
		0x5346544e, /* NTFS */
		0x7366746e, /* NTFS3 */
		0x4244,	    /* HFS */
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) != 0)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(without); i++)
		if ((unsigned long)fs.f_type == without[i])
			return false;
	return true;
}

bool
file_open_own(const char *path, mode_t forbidden, int *ret_fd,
    bool *ret_has_modes, struct err *err)
{
	int fd = open_to_read(path, 0);
	struct stat st;
	bool modes, ok = true;

	if (fd < 0 || fstat(fd, &st) != 0) {
		err_set_errno(err, "%s", path);
		if (fd >= 0)
			close(fd);
		return false;
	}
	modes = has_modes(fd);
	if (!S_ISREG(st.st_mode))
		ok = err_set(err, E_IO, "%s: not a regular file", path);
	else if (modes && st.st_uid != 0 && st.st_uid != geteuid())
		ok = err_set(err, E_IO,
		    "%s: belongs to user %lu, expected this user (%lu) or root",
		    path, (unsigned long)st.st_uid, (unsigned long)geteuid());
	else if (modes && (st.st_mode & forbidden) != 0)
		ok = err_set(err, E_IO,
		    "%s: has mode %04o, expected that its owner alone can %s "
		    "it (chmod %s)",
		    path, (unsigned)(st.st_mode & 07777),
		    (forbidden & S_IROTH) != 0 ? "read" : "write",
		    (forbidden & S_IROTH) != 0 ? "600" : "go-w");
	if (!ok) {
		close(fd);
		return false;
	}
	*ret_fd = fd;
	*ret_has_modes = modes;
	return true;
}

bool
file_read_own(const char *path, size_t max, struct buf *ret,
    bool *ret_has_modes, struct err *err)
{
	int fd;
	bool ok;

	if (!file_open_own(
		path, S_IWGRP | S_IWOTH, &fd, ret_has_modes, err))
		return false;
	ok = read_all(fd, path, max, ret, err);
	close(fd);
	return ok;
}

/* Opens the folder that path is in, so that publishing can fsync it. */
static int
open_folder_of(const char *path)
{
	char folder[PATH_MAX_LEN + 1];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash == NULL)
		snprintf(folder, sizeof(folder), ".");
	else if (slash == folder)
		folder[1] = '\0';
	else
		*slash = '\0';
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Some file systems cannot sync a folder and say EINVAL. */
static bool
sync_folder(int fd)
{
	return fsync(fd) == 0 || errno == EINVAL;
}

bool
file_sync_folder_of(const char *path, struct err *err)
{
	int fd = open_folder_of(path);
	bool ok = fd >= 0 && sync_folder(fd);

	if (!ok)
		err_set_errno(err, "the folder of %s", path);
	if (fd >= 0)
		close(fd);
	return ok;
}

/* The name within its folder, of a path or of its temporary sibling. */
static const char *
name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* "PATH.xxxxxx" into output->temporary. */
static bool
choose_temporary(struct output *output, struct err *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
	uint8_t octets[SUFFIX_SIZE - 2];
	char suffix[SUFFIX_SIZE] = ".";

	if (getrandom(octets, sizeof(octets), 0) != (ssize_t)sizeof(octets))
		return err_set_errno(err, "%s", output->path);
	for (size_t i = 0; i < sizeof(octets); i++)
		suffix[i + 1] = letters[octets[i] % 32];
	snprintf(output->temporary, sizeof(output->temporary), "%s%s",
	    output->path, suffix);
	return true;
}

/* A file of this folder that has no name; -1 where it has no such. */
static int
open_nameless(const struct output *output)
{
	return openat(
	    output->folder_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

/* Unlike rename, this fails if the name has been taken. */
static bool
name_nameless(const struct output *output, int fd, const char *path)
{
	char link[32];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, link, output->folder_fd, name_of(path),
		   AT_SYMLINK_FOLLOW) == 0;
}

/*
 * Whether a nameless file can get a name here: tried with another one, since
 * the one that counts can get a name only once.
 */
static bool
nameless_can_be_named(struct output *output, struct err *err)
{
	int fd = open_nameless(output);
	bool named;

	if (fd < 0)
		return false;
	named = choose_temporary(output, err) &&
	    name_nameless(output, fd, output->temporary);
	if (named)
		named = unlinkat(output->folder_fd,
			    name_of(output->temporary), 0) == 0;
	output->temporary[0] = '\0';
	close(fd);
	return named;
}

static bool
open_named(struct output *output, struct err *err)
{
	for (int i = 0; i < TEMPORARY_TRIES; i++) {
		if (!choose_temporary(output, err))
			return false;
		output->fd =
		    openat(output->folder_fd, name_of(output->temporary),
			O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC,
			0600);
		if (output->fd >= 0)
			return true;
		if (errno != EEXIST)
			break;
	}
	output->temporary[0] = '\0';
	return err_set_errno(err, "%s: cannot be created", output->path);
}

/* A drive without modes has those of its mount: they may only be as narrow. */
static bool
set_mode(const struct output *output, mode_t mode, struct err *err)
{
	const mode_t access = 0666;
	struct stat st;
	struct err why;

	if (fchmod(output->fd, mode) == 0)
		return true;
	if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
		return err_set_errno(err, "%s", output->path);
	err_set_errno(&why, "%s", output->path);
	if (fstat(output->fd, &st) == 0 && (st.st_mode & access & ~mode) == 0)
		return true;
	*err = why;
	return false;
}

/*
 * Creates the file with the mode that the final one has: whatever can fail
 * shall fail here and not when the KSK has signed.
 */
static bool
open_unpublished(struct output *output, mode_t mode, struct err *err)
{
	struct err ignored;

	output->folder_fd = open_folder_of(output->path);
	if (output->folder_fd < 0)
		return err_set_errno(
		    err, "%s: cannot be created", output->path);
	if (nameless_can_be_named(output, &ignored))
		output->fd = open_nameless(output);
	if (output->fd < 0 && !open_named(output, err))
		return false;
	return set_mode(output, mode, err);
}

bool
output_open_mode(
    const char *path, mode_t mode, struct output **ret, struct err *err)
{
	struct output *output;
	struct stat st;

	if (path[0] == '\0' || strlen(path) > PATH_MAX_LEN)
		return err_set(err, E_USAGE,
		    "output path is empty or longer than %u octets",
		    PATH_MAX_LEN);
	if (lstat(path, &st) == 0)
		return err_set(err, E_IO,
		    "%s: already exists and is never overwritten", path);
	if (errno != ENOENT)
		return err_set_errno(err, "%s", path);
	output = calloc(1, sizeof(*output));
	if (output == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	output->fd = output->folder_fd = -1;
	snprintf(output->path, sizeof(output->path), "%s", path);
	if (!open_unpublished(output, mode, err)) {
		output_free(output);
		return false;
	}
	*ret = output;
	return true;
}

bool
output_open(const char *path, struct output **ret, struct err *err)
{
	mode_t mask = umask(0);

	umask(mask);
	return output_open_mode(path, 0666 & ~mask, ret, err);
}

bool
output_imagine(const char *path, struct output **ret, struct err *err)
{
	struct output *output = calloc(1, sizeof(*output));

	if (output == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	output->imagined = true;
	output->folder_fd = -1;
	snprintf(output->path, sizeof(output->path), "%s", path);
	output->fd = memfd_create("output", MFD_CLOEXEC);
	if (output->fd < 0) {
		output_free(output);
		return err_set_errno(err, "a file in memory");
	}
	*ret = output;
	return true;
}

bool
output_write(struct output *output, struct bytes data, struct err *err)
{
	while (data.len > 0) {
		ssize_t n = write(output->fd, data.data, data.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(err, "%s", output->path);
		data.data += n;
		data.len -= (size_t)n;
	}
	if (fsync(output->fd) != 0)
		return err_set_errno(err, "%s", output->path);
	return true;
}

bool
output_read(const struct output *output, size_t max, struct buf *ret,
    struct err *err)
{
	uint8_t chunk[65536];
	size_t before = ret->len;
	off_t at = 0;
	ssize_t n;

	/* It is on the medium: let it be read from there. */
	(void)posix_fadvise(output->fd, 0, 0, POSIX_FADV_DONTNEED);
	while ((n = pread(output->fd, chunk, sizeof(chunk), at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_set_errno(err, "%s", output->path);
			goto fail;
		}
		at += n;
		if ((size_t)at > max) {
			err_set(err, E_INPUT,
			    "%s: larger than the limit of %zu octets",
			    output->path, max);
			goto fail;
		}
		buf_put(ret, chunk, (size_t)n);
	}
	if (!ret->failed)
		return true;
	err_set(err, E_MEMORY, "%s: out of memory", output->path);
fail:
	ret->len = before;
	return false;
}

const char *
output_temporary(const struct output *output)
{
	return output->temporary[0] == '\0' ? NULL : output->temporary;
}

static bool
is_same_file(int fd, int folder_fd, const char *name)
{
	struct stat file, named;

	return fstat(fd, &file) == 0 &&
	    fstatat(folder_fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	    file.st_dev == named.st_dev && file.st_ino == named.st_ino;
}

/*
 * Where a file system has neither a rename that spares what is there nor hard
 * links (exFAT and NTFS through FUSE): the name is taken with an empty file of
 * our own, and that is what the rename replaces.
 */
static bool
rename_onto_own(int folder, const char *from, const char *to)
{
	int fd = openat(folder, to,
	    O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool ours, ok = false;
	int saved;

	if (fd < 0)
		return false;
	ours = is_same_file(fd, folder, to);
	if (ours)
		ok = renameat(folder, from, folder, to) == 0;
	else
		errno = EEXIST;
	saved = errno;
	if (ours && !ok)
		unlinkat(folder, to, 0);
	close(fd);
	errno = saved;
	return ok;
}

/* Unlike rename, this fails if the name has been taken meanwhile. */
static bool
rename_without_replacing(int folder, const char *from, const char *to)
{
	if (renameat2(folder, from, folder, to, RENAME_NOREPLACE) == 0)
		return true;
	/* NFS and some others lack the flag; link does not replace either. */
	if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
		return false;
	if (linkat(folder, from, folder, to, 0) == 0) {
		unlinkat(folder, from, 0);
		return true;
	}
	if (errno != EPERM && errno != EINVAL && errno != ENOSYS &&
	    errno != EOPNOTSUPP)
		return false;
	return rename_onto_own(folder, from, to);
}

static bool
give_name(const struct output *output)
{
	if (output->temporary[0] == '\0')
		return name_nameless(output, output->fd, output->path);
	/* Whoever took the temporary name shall not get the final one. */
	if (!is_same_file(output->fd, output->folder_fd,
		name_of(output->temporary))) {
		errno = ESTALE;
		return false;
	}
	return rename_without_replacing(output->folder_fd,
	    name_of(output->temporary), name_of(output->path));
}

bool
output_publish(struct output *output, struct err *err)
{
	if (output->imagined) {
		output->published = true;
		return true;
	}
	if (!give_name(output))
		return err_set_errno(err, "%s", output->path);
	if (!is_same_file(
		output->fd, output->folder_fd, name_of(output->path)))
		return err_set(err, E_IO,
		    "%s: is another file than the one that was written: "
		    "something has taken its place",
		    output->path);
	output->published = true;
	if (!sync_folder(output->folder_fd))
		return err_set_errno(err,
		    "%s: is in place, but may not survive a loss of power",
		    output->path);
	return true;
}

bool
output_is_published(const struct output *output)
{
	return output->published;
}

void
output_free(struct output *output)
{
	if (output == NULL)
		return;
	if (output->fd >= 0)
		close(output->fd);
	if (output->temporary[0] != '\0' && !output->published)
		unlinkat(output->folder_fd, name_of(output->temporary), 0);
	if (output->folder_fd >= 0)
		close(output->folder_fd);
	free(output);
}
