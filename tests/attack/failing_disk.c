/*
 * A disk that fails once, or that lacks something, for LD_PRELOAD.
 *
 *   DISK_UNDER   the folder whose files are on it; calls elsewhere are others'
 *   DISK_SPARE   a folder below it that is not, such as a token's
 *   DISK_CALLS   a file that gets the name of every call that could fail
 *   DISK_AT      the number of the call that fails, from 1
 *   DISK_FAULT   how: EIO, ENOSPC, short (a write takes half and says so), half
 *                (it takes half and the next one finds the disk full)
 *   DISK_LACKS   what the medium has not: tmpfile, noreplace, link, in a list
 *   DISK_SWAP    a folder: whatever gets a name there is exchanged right after
 *
 * A call is one that changes the disk: write, fsync, fdatasync, ftruncate,
 * fchmod, mkdir, link, rename, and open where it may make a file.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))

typedef int (*open_call)(const char *, int, ...);
typedef int (*openat_call)(int, const char *, int, ...);
typedef ssize_t (*write_call)(int, const void *, size_t);

static int full_fd = -1; /* its next write finds no room */

static bool
lacks(const char *what)
{
	const char *list = getenv("DISK_LACKS");

	return list != NULL && strstr(list, what) != NULL;
}

static bool
is_below(const char *path, const char *variable)
{
	const char *folder = getenv(variable);
	size_t len = folder == NULL ? 0 : strlen(folder);

	return len > 0 && strncmp(path, folder, len) == 0;
}

/* The descriptor's path, or that of a name in the descriptor's folder. */
static bool
is_on_disk(int fd, const char *name)
{
	char link[64], path[PATH_MAX] = "";
	ssize_t len;

	if (name != NULL && name[0] == '/')
		return is_below(name, "DISK_UNDER") &&
		    !is_below(name, "DISK_SPARE");
	if (fd == AT_FDCWD) {
		if (getcwd(path, sizeof(path)) == NULL)
			return false;
	} else {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		len = readlink(link, path, sizeof(path) - 1);
		if (len < 0)
			return false;
		path[len] = '\0';
	}
	if (name != NULL && strlen(path) + 1 + strlen(name) < sizeof(path)) {
		strcat(path, "/");
		strcat(path, name);
	}
	return is_below(path, "DISK_UNDER") && !is_below(path, "DISK_SPARE");
}

static void
note(const char *call)
{
	const char *path = getenv("DISK_CALLS");
	int fd;

	if (path == NULL)
		return;
	fd = NEXT(open_call, "open")(
	    path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (NEXT(write_call, "write")(fd, call, strlen(call)) < 0 ||
	    NEXT(write_call, "write")(fd, "\n", 1) < 0)
		abort();
	close(fd);
}

/* The kind of the fault, or NULL: this call succeeds. */
static const char *
fault_of(const char *call, int fd, const char *name)
{
	static long calls;
	const char *at = getenv("DISK_AT");

	if (!is_on_disk(fd, name))
		return NULL;
	calls++;
	note(call);
	if (at == NULL || strtol(at, NULL, 10) != calls)
		return NULL;
	return getenv("DISK_FAULT");
}

static int
number_of(const char *fault)
{
	return strcmp(fault, "EIO") == 0 ? EIO : ENOSPC;
}

static bool
fails(const char *call, int fd, const char *name)
{
	const char *fault = fault_of(call, fd, name);

	if (fault == NULL)
		return false;
	errno = number_of(fault);
	return true;
}

ssize_t
write(int fd, const void *data, size_t len)
{
	write_call next = NEXT(write_call, "write");
	const char *fault;

	if (fd == full_fd) {
		full_fd = -1;
		errno = ENOSPC;
		return -1;
	}
	fault = fault_of("write", fd, NULL);
	if (fault == NULL)
		return next(fd, data, len);
	if (len > 1 && (strcmp(fault, "half") == 0 ||
			   strcmp(fault, "short") == 0)) {
		full_fd = strcmp(fault, "half") == 0 ? fd : -1;
		return next(fd, data, len / 2);
	}
	errno = number_of(fault);
	return -1;
}

int
fsync(int fd)
{
	return fails("fsync", fd, NULL) ? -1
					: NEXT(int (*)(int), "fsync")(fd);
}

int
fdatasync(int fd)
{
	return fails("fdatasync", fd, NULL)
	    ? -1
	    : NEXT(int (*)(int), "fdatasync")(fd);
}

int
ftruncate(int fd, off_t len)
{
	return fails("ftruncate", fd, NULL)
	    ? -1
	    : NEXT(int (*)(int, off_t), "ftruncate")(fd, len);
}

int
fchmod(int fd, mode_t mode)
{
	return fails("fchmod", fd, NULL)
	    ? -1
	    : NEXT(int (*)(int, mode_t), "fchmod")(fd, mode);
}

int
mkdir(const char *path, mode_t mode)
{
	return fails("mkdir", AT_FDCWD, path)
	    ? -1
	    : NEXT(int (*)(const char *, mode_t), "mkdir")(path, mode);
}

/* Another file under the name, as long as nobody has looked at it. */
static void
swap(int fd, const char *name)
{
	const char *folder = getenv("DISK_SWAP");
	int other;

	if (folder == NULL || !is_on_disk(fd, name))
		return;
	unlinkat(fd, name, 0);
	other = NEXT(openat_call, "openat")(
	    fd, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	if (other < 0 || NEXT(write_call, "write")(other, "another\n", 8) != 8)
		abort();
	close(other);
}

int
linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	int (*next)(int, const char *, int, const char *, int) =
	    NEXT(int (*)(int, const char *, int, const char *, int), "linkat");
	int status;

	if (lacks("link") && is_on_disk(to_fd, to)) {
		errno = EPERM;
		return -1;
	}
	if (fails("linkat", to_fd, to))
		return -1;
	status = next(from_fd, from, to_fd, to, flags);
	if (status == 0 && strchr(to, '.') == strrchr(to, '.'))
		swap(to_fd, to);
	return status;
}

int
link(const char *from, const char *to)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
renameat2(
    int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	int (*next)(int, const char *, int, const char *, unsigned) = NEXT(
	    int (*)(int, const char *, int, const char *, unsigned),
	    "renameat2");
	int status;

	if (flags != 0 && lacks("noreplace") && is_on_disk(to_fd, to)) {
		errno = EINVAL;
		return -1;
	}
	if (fails("rename", to_fd, to))
		return -1;
	status = next(from_fd, from, to_fd, to, flags);
	if (status == 0)
		swap(to_fd, to);
	return status;
}

int
renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return renameat2(from_fd, from, to_fd, to, 0);
}

int
rename(const char *from, const char *to)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

static bool
is_tmpfile(int flags)
{
	return (flags & O_TMPFILE) == O_TMPFILE;
}

/* Only what may make a file changes the disk. */
static int
open_at(const char *name, int fd, const char *path, int flags, mode_t mode)
{
	bool makes = (flags & O_CREAT) != 0 || is_tmpfile(flags);

	if (is_tmpfile(flags) && lacks("tmpfile") && is_on_disk(fd, path)) {
		errno = EOPNOTSUPP;
		return -1;
	}
	if (makes && fails("open", fd, path))
		return -1;
	return NEXT(openat_call, name)(fd, path, flags, mode);
}

#define MODE_OF(last, mode)                                               \
	do {                                                              \
		va_list ap;                                               \
		va_start(ap, last);                                       \
		if (((last) & O_CREAT) != 0 || is_tmpfile(last))          \
			(mode) = (mode_t)va_arg(ap, int);                 \
		va_end(ap);                                               \
	} while (0)

int
open(const char *path, int flags, ...)
{
	mode_t mode = 0;

	MODE_OF(flags, mode);
	return open_at("openat", AT_FDCWD, path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	mode_t mode = 0;

	MODE_OF(flags, mode);
	return open_at("openat64", AT_FDCWD, path, flags, mode);
}

int
openat(int fd, const char *path, int flags, ...)
{
	mode_t mode = 0;

	MODE_OF(flags, mode);
	return open_at("openat", fd, path, flags, mode);
}

int
openat64(int fd, const char *path, int flags, ...)
{
	mode_t mode = 0;

	MODE_OF(flags, mode);
	return open_at("openat64", fd, path, flags, mode);
}
