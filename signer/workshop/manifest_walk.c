#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ksr/dns/sha256.h"
#include "signer/workshop/manifest.h"

struct walk {
	const char *dir; /* for messages */
	dev_t device;
	struct manifest *manifest;
	struct err *err;
};

static bool walk_folder(struct walk *walk, int fd, const char *name,
    unsigned depth);

/* A long name must leave room for what is wrong with it. */
#define NAME	   "%.300s/%.300s"
#define PLACE_SIZE 602

static bool
failed(const struct walk *walk, const char *name, const char *why)
{
	return err_set(
	    walk->err, E_INPUT, NAME ": %s", walk->dir, name, why);
}

static bool
failed_errno(const struct walk *walk, const char *name)
{
	return err_set_errno(walk->err, NAME, walk->dir, name);
}

/* Nothing but what is read is hashed, and all of it. */
static bool
hash_file(struct walk *walk, int fd, const char *name,
    struct manifest_entry *entry)
{
	char place[PLACE_SIZE];
	uint64_t total;

	snprintf(place, sizeof(place), NAME, walk->dir, name);
	return sha256_fd(fd, place, &total, entry->sha256, walk->err) &&
	    (total == entry->size ||
	    failed(walk, name, "changed while it was read"));
}

static bool
read_file(struct walk *walk, int at, const char *base, const char *name,
    struct manifest_entry *entry)
{
	int fd = openat(
	    at, base, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	bool ok;

	if (fd < 0)
		return failed_errno(walk, name);
	ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		(uint64_t)st.st_size == entry->size
	    ? hash_file(walk, fd, name, entry)
	    : failed(walk, name, "changed while it was read");
	close(fd);
	return ok;
}

static bool
read_link(struct walk *walk, int at, const char *base, const char *name,
    struct manifest_entry *entry)
{
	char target[MANIFEST_NAME_MAX + 1];
	ssize_t n = readlinkat(at, base, target, sizeof(target));

	if (n < 0)
		return failed_errno(walk, name);
	if ((size_t)n >= sizeof(target))
		return failed(walk, name, "the link's target is too long");
	target[n] = '\0';
	entry->mode = 0; /* not the link's: the system has none */
	entry->size = (uint64_t)n;
	entry->target = strdup(target);
	return entry->target != NULL ||
	    err_set(walk->err, E_MEMORY, "out of memory");
}

static bool
enter_folder(struct walk *walk, int at, const char *base, const char *name,
    unsigned depth)
{
	int fd;

	if (depth >= MANIFEST_DEPTH_MAX)
		return failed(walk, name, "folders are nested too deep");
	fd = openat(
	    at, base, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return failed_errno(walk, name);
	return walk_folder(walk, fd, name, depth + 1);
}

/* What an entry is; anything but these has no place on a medium. */
static bool
fill_entry(struct walk *walk, int at, const char *base, const char *name,
    const struct stat *st, struct manifest_entry *entry)
{
	entry->mode = st->st_mode & 07777u;
	if (S_ISREG(st->st_mode)) {
		entry->type = MANIFEST_FILE;
		entry->size = (uint64_t)st->st_size;
		return read_file(walk, at, base, name, entry);
	}
	if (S_ISLNK(st->st_mode)) {
		entry->type = MANIFEST_LINK;
		return read_link(walk, at, base, name, entry);
	}
	if (!S_ISDIR(st->st_mode))
		return failed(walk, name,
		    "is neither file, folder nor symbolic link");
	entry->type =
	    st->st_dev == walk->device ? MANIFEST_DIR : MANIFEST_MOUNT;
	return true;
}

static bool
add_entry(struct walk *walk, int at, const char *base, const char *name,
    unsigned depth)
{
	struct manifest_entry entry = { 0 };
	bool folder;
	struct stat st;

	if (walk->manifest->n == MANIFEST_ENTRIES_MAX)
		return failed(walk, name, "more entries than a manifest has");
	if (fstatat(at, base, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return failed_errno(walk, name);
	if (!fill_entry(walk, at, base, name, &st, &entry)) {
		free(entry.target);
		return false;
	}
	folder = entry.type == MANIFEST_DIR;
	entry.name = strdup(name);
	if (entry.name == NULL) {
		free(entry.target);
		return err_set(walk->err, E_MEMORY, "out of memory");
	}
	return manifest_add(walk->manifest, &entry, walk->err) &&
	    (!folder || enter_folder(walk, at, base, name, depth));
}

/* Takes fd over. */
static bool
walk_folder(struct walk *walk, int fd, const char *name, unsigned depth)
{
	char path[MANIFEST_NAME_MAX + 1];
	struct dirent *entry;
	DIR *dir = fdopendir(fd);
	bool ok = true;

	if (dir == NULL) {
		failed_errno(walk, name);
		close(fd);
		return false;
	}
	while (ok && (errno = 0, entry = readdir(dir)) != NULL) {
		const char *base = entry->d_name;

		if (strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
			continue;
		if (strcmp(name, ".") == 0)
			ok = (size_t)snprintf(path, sizeof(path), "%s", base) <
			    sizeof(path);
		else
			ok = (size_t)snprintf(path, sizeof(path), "%s/%s",
				 name, base) < sizeof(path);
		ok = ok ? add_entry(walk, dirfd(dir), base, path, depth)
			: failed(walk, name, "a name in it is too long");
	}
	if (ok && errno != 0)
		ok = failed_errno(walk, name);
	closedir(dir);
	return ok;
}

bool
manifest_of_folder(const char *dir, struct manifest *ret, struct err *err)
{
	struct manifest manifest = { 0 };
	struct manifest_entry root = { .type = MANIFEST_DIR };
	struct walk walk = { .dir = dir, .manifest = &manifest, .err = err };
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	bool ok;

	if (fd < 0)
		return err_set_errno(err, "%s", dir);
	root.name = strdup(".");
	if (root.name == NULL || fstat(fd, &st) != 0) {
		err_set_errno(err, "%s", dir);
		free(root.name);
		close(fd);
		return false;
	}
	root.mode = st.st_mode & 07777u;
	walk.device = st.st_dev;
	ok = manifest_add(&manifest, &root, err);
	if (!ok)
		close(fd);
	ok = ok && walk_folder(&walk, fd, ".", 0);
	if (!ok) {
		manifest_clear(&manifest);
		return false;
	}
	manifest_sort(&manifest);
	*ret = manifest;
	return true;
}
