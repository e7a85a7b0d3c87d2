#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "signer/readiness/stream.h"

#define BUFFER_SIZE (256u * 1024)

struct stream {
	gzFile gz;
	uint8_t first[STREAM_PEEK];
	size_t n_first, at; /* of first: how many there are, how many are read */
	bool broken;
};

static size_t
read_gz(struct stream *stream, void *data, size_t len)
{
	unsigned wanted = len > BUFFER_SIZE ? BUFFER_SIZE : (unsigned)len;
	int status = Z_OK, got = gzread(stream->gz, data, wanted);

	/* At the end of a cut file it gives what it has, and then says so. */
	(void)gzerror(stream->gz, &status);
	if (got < 0 || (status != Z_OK && status != Z_STREAM_END))
		stream->broken = true;
	return got < 0 ? 0 : (size_t)got;
}

/* A folder can be opened, and has nothing to be read. */
static bool
open_file(const char *path, int *ret, struct err *err)
{
	bool standard = strcmp(path, "-") == 0;
	struct stat status;
	int fd = standard ? dup(STDIN_FILENO)
			  : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status) != 0) {
		err_set_errno(err, "%s", path);
	} else if (S_ISDIR(status.st_mode)) {
		err_set(err, E_INPUT, "%s: is a folder; expected a log or "
		    "capture", path);
	} else {
		*ret = fd;
		return true;
	}
	if (fd >= 0)
		close(fd);
	return false;
}

bool
stream_open(const char *path, struct stream **ret, struct err *err)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	size_t got;
	int fd;

	if (stream == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	if (!open_file(path, &fd, err)) {
		free(stream);
		return false;
	}
	stream->gz = gzdopen(fd, "rb");
	if (stream->gz == NULL) {
		close(fd);
		free(stream);
		return err_set(err, E_MEMORY, "out of memory");
	}
	(void)gzbuffer(stream->gz, BUFFER_SIZE);
	do {
		got = read_gz(stream, stream->first + stream->n_first,
		    STREAM_PEEK - stream->n_first);
		stream->n_first += got;
	} while (got > 0 && stream->n_first < STREAM_PEEK);
	*ret = stream;
	return true;
}

void
stream_free(struct stream *stream)
{
	if (stream == NULL)
		return;
	(void)gzclose(stream->gz);
	free(stream);
}

struct bytes
stream_peek(const struct stream *stream)
{
	return (struct bytes){ stream->first, stream->n_first };
}

size_t
stream_read(struct stream *stream, void *data, size_t len)
{
	size_t left = stream->n_first - stream->at;

	if (left == 0)
		return read_gz(stream, data, len);
	if (len > left)
		len = left;
	memcpy(data, stream->first + stream->at, len);
	stream->at += len;
	return len;
}

bool
stream_is_broken(const struct stream *stream)
{
	return stream->broken;
}

static ssize_t
cookie_read(void *cookie, char *data, size_t len)
{
	return (ssize_t)stream_read(cookie, data, len);
}

bool
stream_file(struct stream *stream, FILE **ret, struct err *err)
{
	FILE *file = fopencookie(
	    stream, "r", (cookie_io_functions_t){ .read = cookie_read });

	if (file == NULL)
		return err_set_errno(err, "a stream");
	(void)setvbuf(file, NULL, _IOFBF, BUFFER_SIZE);
	*ret = file;
	return true;
}
