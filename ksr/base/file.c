#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "ksr/base/limits.h"

struct output {
	char path[PATH_MAX_LEN + 1];
	char temporary[PATH_MAX_LEN + 32];
	int fd;
	int folder_fd;
	bool published;
};

bool
file_read(const char *path, size_t max, struct buf *ret, struct err *err)
{
	struct stat st;
	uint8_t chunk[65536];
	size_t total = 0, before = ret->len;
	ssize_t n;
	bool ok = false;
	/* Non-blocking, so that a FIFO cannot hold the ceremony. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return err_set_errno(err, "%s", path);
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

/*
 * Creates the temporary file with the mode that the final one has: whatever
 * can fail shall fail here and not when the KSK has signed.
 */
static bool
open_temporary(struct output *output, struct err *err)
{
	mode_t mask = umask(0);

	umask(mask);
	output->folder_fd = open_folder_of(output->path);
	if (output->folder_fd < 0)
		return err_set_errno(
		    err, "%s: cannot be created", output->path);
	output->fd = mkostemp(output->temporary, O_CLOEXEC);
	if (output->fd < 0)
		return err_set_errno(
		    err, "%s: cannot be created", output->path);
	if (fchmod(output->fd, 0666 & ~mask) != 0)
		return err_set_errno(err, "%s", output->temporary);
	return true;
}

bool
output_open(const char *path, struct output **ret, struct err *err)
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
	snprintf(
	    output->temporary, sizeof(output->temporary), "%s.XXXXXX", path);
	if (!open_temporary(output, err)) {
		output_free(output);
		return false;
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
			return err_set_errno(err, "%s", output->temporary);
		data.data += n;
		data.len -= (size_t)n;
	}
	if (fsync(output->fd) != 0)
		return err_set_errno(err, "%s", output->temporary);
	return true;
}

const char *
output_temporary(const struct output *output)
{
	return output->temporary;
}

/* Unlike rename, this fails if the name has been taken meanwhile. */
static bool
rename_without_replacing(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return true;
	/* NFS and some others lack the flag; link does not replace either. */
	if (errno != EINVAL && errno != ENOSYS)
		return false;
	if (link(from, to) != 0)
		return false;
	unlink(from);
	return true;
}

bool
output_publish(struct output *output, struct err *err)
{
	if (!rename_without_replacing(output->temporary, output->path))
		return err_set_errno(err, "%s", output->path);
	output->published = true;
	if (!sync_folder(output->folder_fd))
		return err_set_errno(err,
		    "%s: is in place, but may not survive a loss of power",
		    output->path);
	return true;
}

void
output_free(struct output *output)
{
	if (output == NULL)
		return;
	if (output->fd >= 0) {
		if (!output->published)
			unlink(output->temporary);
		close(output->fd);
	}
	if (output->folder_fd >= 0)
		close(output->folder_fd);
	free(output);
}
