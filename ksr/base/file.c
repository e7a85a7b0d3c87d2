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
	bool published;
};

bool
file_read(const char *path, size_t max, struct buf *ret, struct err *err)
{
	struct stat st;
	uint8_t chunk[65536];
	size_t total = 0;
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
	explicit_bzero(chunk, sizeof(chunk)); /* the file may hold a PIN */
	close(fd);
	return ok;
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
	snprintf(output->path, sizeof(output->path), "%s", path);
	snprintf(output->temporary, sizeof(output->temporary), "%s.XXXXXX",
	    path);
	output->fd = mkostemp(output->temporary, O_CLOEXEC);
	if (output->fd < 0) {
		err_set_errno(err, "%s: cannot be created", path);
		free(output);
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

static bool
sync_folder_of(const char *path, struct err *err)
{
	char folder[PATH_MAX_LEN + 1];
	char *slash;
	int fd;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash == NULL)
		snprintf(folder, sizeof(folder), ".");
	else if (slash == folder)
		folder[1] = '\0';
	else
		*slash = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_set_errno(err, "%s", folder);
	if (fsync(fd) != 0) {
		err_set_errno(err, "%s", folder);
		close(fd);
		return false;
	}
	close(fd);
	return true;
}

bool
output_publish(struct output *output, struct err *err)
{
	mode_t mask = umask(0);

	umask(mask);
	if (fchmod(output->fd, 0666 & ~mask) != 0)
		return err_set_errno(err, "%s", output->temporary);
	/*
	 * Unlike rename, this fails if the name has been taken meanwhile.
	 */
	if (renameat2(AT_FDCWD, output->temporary, AT_FDCWD, output->path,
		RENAME_NOREPLACE) != 0) {
		/* vfat and others lack the flag; link does not replace. */
		if (errno != EINVAL)
			return err_set_errno(err, "%s", output->path);
		if (link(output->temporary, output->path) != 0)
			return err_set_errno(err, "%s", output->path);
		unlink(output->temporary);
	}
	output->published = true;
	return sync_folder_of(output->path, err);
}

void
output_free(struct output *output)
{
	if (output == NULL)
		return;
	if (!output->published)
		unlink(output->temporary);
	close(output->fd);
	free(output);
}
