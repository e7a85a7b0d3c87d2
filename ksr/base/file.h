/*
 * Files read whole, and files that appear whole or not at all.
 *
 * A pending output is a file without a name where the file system has such
 * (O_TMPFILE), elsewhere one with a temporary name beside its final path:
 * opening it proves that the path is writable and free before anything
 * irrevocable is done.  It is read back by its descriptor, and what gets the
 * name is that very file; the name never replaces what is there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"

/*
 * Appends the content of a regular file of at most max octets to *ret.
 * A directory, a device or a larger file is refused.  "-" has no meaning.  On
 * failure *ret has the length it had.
 */
MUST_USE bool
file_read(const char *path, size_t max, struct buf *ret, struct err *err);

/* The same; a symbolic link is E_REFUSED. */
MUST_USE bool file_read_no_link(
    const char *path, size_t max, struct buf *ret, struct err *err);

/*
 * Opens a regular file that others must not have a hand in: its owner is this
 * user or root, and it has none of the forbidden modes.  A file system that has
 * no modes (FAT) is not asked for them: *ret_has_modes says so.
 */
MUST_USE bool file_open_own(const char *path, mode_t forbidden, int *ret_fd,
    bool *ret_has_modes, struct err *err);

/* file_read of such a file, which others must not be able to write. */
MUST_USE bool file_read_own(const char *path, size_t max, struct buf *ret,
    bool *ret_has_modes, struct err *err);

/* Makes the name of a new file or folder survive a loss of power. */
MUST_USE bool file_sync_folder_of(const char *path, struct err *err);

struct output; /* a file that does not have its final name yet */

/*
 * Fails if path exists, or its folder cannot take a new file.  The file gets
 * the mode that the umask gives any new file.
 */
MUST_USE bool
output_open(const char *path, struct output **ret, struct err *err);

/* The same with this mode, whatever the umask; E_IO where it would be wider. */
MUST_USE bool output_open_mode(
    const char *path, mode_t mode, struct output **ret, struct err *err);

/* Writes all of data and fsyncs; the file still has no name. */
MUST_USE bool
output_write(struct output *output, struct bytes data, struct err *err);

/*
 * An output that has no place, and gets none: what is written can be read back,
 * and publishing it does nothing.
 */
MUST_USE bool
output_imagine(const char *path, struct output **ret, struct err *err);

/* Appends what was written, at most max octets of it, as the medium has it. */
MUST_USE bool output_read(const struct output *output, size_t max,
    struct buf *ret, struct err *err);

/* The path to remove if the program is killed; NULL where nothing stays. */
const char *output_temporary(const struct output *output);

/*
 * Gives the file its final name, if nothing has taken that name since, sees
 * that the name is this file's, and fsyncs the folder.  If only the fsync fails
 * the file stays.
 */
MUST_USE bool output_publish(struct output *output, struct err *err);

/* The file has its final name, whatever output_publish returned. */
bool output_is_published(const struct output *output);

/* Removes the temporary file unless it was published.  NULL does nothing. */
void output_free(struct output *output);
