#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hsm/internal.h"
#include "hsm/octets.h"

struct hsm_module {
	char path[PATH_MAX_LEN + 1];
	int fd;
	bool at_its_place; /* see names_origin */
	uint8_t sha256[HSM_SHA256_SIZE];
	struct hsm_settings settings;
};

/*
 * A library that names $ORIGIN looks for others in the folder that it was
 * loaded from, which has to be its own then.
 */
static bool
names_origin(int fd, size_t size)
{
	static const char origin[] = "$ORIGIN", braced[] = "${ORIGIN}";
	void *all = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	bool found;

	if (all == MAP_FAILED)
		return false;
	found = memmem(all, size, origin, strlen(origin)) != NULL ||
	    memmem(all, size, braced, strlen(braced)) != NULL;
	munmap(all, size);
	return found;
}

static bool
take_file(struct hsm_module *module, struct err *err)
{
	struct stat st;

	/* Non-blocking, so that a FIFO cannot hold the ceremony. */
	module->fd =
	    open(module->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (module->fd < 0 || fstat(module->fd, &st) != 0)
		return err_set(err, E_HSM, "cannot load PKCS#11 module: %s: %s",
		    module->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, E_HSM,
		    "cannot load PKCS#11 module: %s: not a regular file",
		    module->path);
	if (!octets_hash(module->fd, module->path, module->sha256, err))
		return err_prefix(err,
		    "cannot load PKCS#11 module: it has no hash, and what has "
		    "none is not used");
	module->at_its_place =
	    st.st_size > 0 && names_origin(module->fd, (size_t)st.st_size);
	return true;
}

bool
hsm_module_open(const char *path, struct hsm_module **ret, struct err *err)
{
	struct hsm_module *module;

	/* A bare name would be looked for along LD_LIBRARY_PATH. */
	if (strchr(path, '/') == NULL)
		return err_set(
		    err, E_HSM, "PKCS#11 module \"%s\" is not a path", path);
	if (strlen(path) > PATH_MAX_LEN)
		return err_set(err, E_HSM,
		    "the PKCS#11 module's path is longer than %u octets",
		    PATH_MAX_LEN);
	module = calloc(1, sizeof(*module));
	if (module == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	module->fd = -1;
	module->settings.limit_s = HSM_LIMIT_S;
	memcpy(module->path, path, strlen(path) + 1);
	if (!take_file(module, err)) {
		hsm_module_close(module);
		return false;
	}
	*ret = module;
	return true;
}

const uint8_t *
hsm_module_sha256(const struct hsm_module *module)
{
	return module->sha256;
}

void
hsm_module_settings(
    struct hsm_module *module, const struct hsm_settings *settings)
{
	module->settings = *settings;
	if (settings->limit_s == 0)
		module->settings.limit_s = HSM_LIMIT_S;
}

const struct hsm_settings *
module_settings(const struct hsm_module *module)
{
	return &module->settings;
}

int
module_descriptor(const struct hsm_module *module)
{
	return module->fd;
}

const char *
module_path(const struct hsm_module *module)
{
	return module->path;
}

void
hsm_module_close(struct hsm_module *module)
{
	if (module == NULL)
		return;
	if (module->fd >= 0)
		close(module->fd);
	free(module);
}

static bool
is_still_there(const struct hsm_module *module)
{
	struct stat hashed, there;

	return fstat(module->fd, &hashed) == 0 &&
	    stat(module->path, &there) == 0 &&
	    hashed.st_dev == there.st_dev && hashed.st_ino == there.st_ino;
}

/*
 * By the descriptor whose content was hashed, so that nobody can put another
 * file under the path meanwhile; then that content is looked at once more,
 * because the file's owner could write into it.
 */
bool
module_dlopen(struct hsm *hsm, struct err *err)
{
	const int flags = RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE;
	struct hsm_module *module = hsm->file;
	uint8_t now[HSM_SHA256_SIZE];
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", module->fd);
	if (module->at_its_place && !is_still_there(module))
		return err_set(err, E_HSM,
		    "cannot load PKCS#11 module: %s is no longer the file that "
		    "was hashed",
		    module->path);
	call_begins(hsm, "dlopen");
	hsm->library = dlopen(module->at_its_place ? module->path : path, flags);
	call_ended(hsm, CKR_OK);
	if (hsm->library == NULL)
		return err_set(err, E_HSM,
		    "cannot load PKCS#11 module: %s: %s", module->path,
		    dlerror());
	if (!octets_hash(module->fd, module->path, now, err))
		return false;
	if (memcmp(now, module->sha256, sizeof(now)) != 0 ||
	    (module->at_its_place && !is_still_there(module)))
		return err_set(err, E_HSM,
		    "%s was changed while it was loaded", module->path);
	return true;
}
