#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hsm/internal.h"
#include "hsm/octets.h"
#include "ksr/base/file.h"

#define MAPS_MAX (16u * 1024 * 1024)

/* One line of /proc/self/maps (proc(5)) that tells of executable memory. */
struct mapping {
	uintptr_t start, end;
	uint64_t offset;
	bool readable;
	const char *path;
};

struct objects {
	struct hsm_object *list;
	size_t n;
};

/* A hexadecimal number up to the character that ends it, which is passed. */
static bool
take_hex(const char **at, char end, uint64_t *ret)
{
	uint64_t number = 0;
	size_t n = 0;

	for (; **at != end && n < 16; (*at)++, n++) {
		const char *digits = "0123456789abcdef";
		const char *digit = strchr(digits, **at);

		if (**at == '\0' || digit == NULL)
			return false;
		number = number << 4 | (uint64_t)(digit - digits);
	}
	if (n == 0 || **at != end)
		return false;
	(*at)++;
	*ret = number;
	return true;
}

/* Past a field and the blanks behind it. */
static void
skip_field(const char **at)
{
	*at += strcspn(*at, " ");
	*at += strspn(*at, " ");
}

/*
 * Sets *ret_code where the line tells of code that came from outside the
 * kernel.  The line has its NUL in place of its end.
 */
static bool
read_line(const char *line, struct mapping *ret, bool *ret_code)
{
	uint64_t start, end;
	const char *mode;

	if (!take_hex(&line, '-', &start) || !take_hex(&line, ' ', &end) ||
	    end <= start)
		return false;
	mode = line;
	if (strcspn(mode, " ") != 4)
		return false;
	skip_field(&line);
	if (!take_hex(&line, ' ', &ret->offset))
		return false;
	skip_field(&line); /* the device */
	skip_field(&line); /* the inode */
	ret->start = (uintptr_t)start;
	ret->end = (uintptr_t)end;
	ret->path = line;
	ret->readable = mode[0] == 'r';
	*ret_code = mode[2] == 'x' && strcmp(ret->path, "[vdso]") != 0 &&
	    strcmp(ret->path, "[vsyscall]") != 0;
	return true;
}

static bool
is_known(const struct objects *objects, const char *path)
{
	for (size_t i = 0; i < objects->n; i++)
		if (strcmp(objects->list[i].path, path) == 0)
			return true;
	return false;
}

/* One mapping of a file: the file's hash, and that memory is what it holds. */
static bool
take_mapping(
    const struct mapping *mapping, struct objects *objects, struct err *err)
{
	struct hsm_object *object = &objects->list[objects->n];
	bool known = is_known(objects, mapping->path), ok;
	int fd;

	if (mapping->path[0] != '/')
		return err_set(err, E_HSM,
		    "there is code in memory that comes from no file (\"%s\")",
		    mapping->path);
	if (strlen(mapping->path) >= sizeof(object->path) ||
	    (!known && objects->n == MAPPED_MAX))
		return err_set(err, E_HSM,
		    "more than %u files are loaded, or one has a path of more "
		    "than %zu octets",
		    MAPPED_MAX, sizeof(object->path) - 1);
	fd = open(mapping->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return err_set(err, E_HSM,
		    "%s is loaded and cannot be hashed: %s", mapping->path,
		    strerror(errno));
	ok = known || octets_hash(fd, mapping->path, object->sha256, err);
	if (ok && mapping->readable &&
	    !octets_are(fd, (const uint8_t *)mapping->start,
		mapping->end - mapping->start, mapping->offset))
		ok = err_set(err, E_HSM,
		    "%s is not the file that was loaded from there",
		    mapping->path);
	close(fd);
	if (ok && !known) {
		memcpy(object->path, mapping->path, strlen(mapping->path) + 1);
		objects->n++;
	}
	return ok;
}

static bool
take_lines(char *text, struct objects *objects, struct err *err)
{
	for (char *line = text, *end; *line != '\0'; line = end + 1) {
		struct mapping mapping = { 0 };
		bool code;

		end = strchr(line, '\n');
		if (end == NULL)
			break;
		*end = '\0';
		if (!read_line(line, &mapping, &code))
			return err_set(err, E_HSM,
			    "/proc/self/maps: \"%s\" is not a line of it",
			    line);
		if (code && !take_mapping(&mapping, objects, err))
			return false;
	}
	return true;
}

static int
compare_objects(const void *a, const void *b)
{
	const struct hsm_object *left = a, *right = b;

	return strcmp(left->path, right->path);
}

bool
here_mapped(struct hsm_object **ret, size_t *ret_n, struct err *err)
{
	struct objects objects = { calloc(MAPPED_MAX + 1,
				       sizeof(*objects.list)),
		0 };
	struct buf text = buf_new(MAPS_MAX);
	bool ok;

	if (objects.list == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	ok = file_read("/proc/self/maps", MAPS_MAX - 1, &text, err);
	if (ok) {
		buf_u8(&text, 0);
		ok = text.failed ? err_set(err, E_MEMORY, "out of memory")
				 : take_lines((char *)text.data, &objects, err);
	}
	buf_free(&text);
	if (!ok) {
		free(objects.list);
		return false;
	}
	qsort(objects.list, objects.n, sizeof(*objects.list), compare_objects);
	*ret = objects.list;
	*ret_n = objects.n;
	return true;
}
