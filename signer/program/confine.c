#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "signer/program/confine.h"

/* Of Landlock's first version, which every later one has. */
#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
/* A new file gets its name, and its folder is made to last. */
#define MAKING \
	(LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define ALL \
	(READING | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | \
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | \
	    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | \
	    LANDLOCK_ACCESS_FS_MAKE_SYM)

/* What looks for leaks at the end does so in /proc. */
#ifdef ANCHORITE_SANITIZED
#define LOOKS_FOR_LEAKS true
#else
#define LOOKS_FOR_LEAKS false
#endif

/* What is no folder has no files in it. */
static bool
permit(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access };
	struct stat status;
	bool ok;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return true;
	if (fstat(rule.parent_fd, &status) == 0 && !S_ISDIR(status.st_mode))
		rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
	ok = syscall(SYS_landlock_add_rule, ruleset,
		 LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
	close(rule.parent_fd);
	return ok;
}

static bool
restrict_to(int ruleset, size_t n, const char *const *paths, const char *makes)
{
	for (size_t i = 0; i < n; i++)
		if (!permit(ruleset, paths[i], READING))
			return false;
	return (makes == NULL || permit(ruleset, makes, MAKING)) &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

bool
confine_to(size_t n, const char *const *paths, const char *makes,
    struct err *err)
{
	const struct landlock_ruleset_attr all = { .handled_access_fs = ALL };
	int ruleset = (int)syscall(
	    SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	bool ok = true;

	if (ruleset >= 0 && !LOOKS_FOR_LEAKS &&
	    !restrict_to(ruleset, n, paths, makes))
		ok = err_set_errno(err, "confining what this process may do");
	if (ruleset >= 0)
		close(ruleset);
	return ok;
}
