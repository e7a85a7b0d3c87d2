#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "signer/program/confine.h"

/* Of Landlock's first version, which every later one has. */
#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
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

/* The folder may be read: the only rule that gives anything. */
static bool
restrict_to(int ruleset, int folder)
{
	const struct landlock_path_beneath_attr rule = {
		.allowed_access = READING,
		.parent_fd = folder,
	};

	return syscall(SYS_landlock_add_rule, ruleset,
		   LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

bool
confine_to_folder(const char *dir, struct err *err)
{
	const struct landlock_ruleset_attr all = { .handled_access_fs = ALL };
	int ruleset = (int)syscall(
	    SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	int folder = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool ok = true;

	/* A folder that is not there is for the reader to tell. */
	if (ruleset >= 0 && folder >= 0 && !LOOKS_FOR_LEAKS &&
	    !restrict_to(ruleset, folder))
		ok = err_set_errno(err, "confining the replay to %s", dir);
	if (folder >= 0)
		close(folder);
	if (ruleset >= 0)
		close(ruleset);
	return ok;
}
