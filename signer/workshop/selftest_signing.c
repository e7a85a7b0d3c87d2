#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "ksr/base/limits.h"
#include "signer/workshop/selftest.h"
#include "signer/workshop/softhsm.h"

#define ARGS_MAX      16
#define ERRORS	      "errors" /* what a run said on standard error */
#define ERRORS_MAX    4096u
#define PRETENDED_NOW "2026-11-25T12:00:00Z" /* 2027-q1 is due */

extern char **environ;

/* No variable of the caller's may lead a run to another configuration. */
static char **
plain_environment(void)
{
	static const char *const names[] = { "ANCHORITE_CONFIG=",
		"SOFTHSM2_CONF=" };
	size_t n = 0, kept = 0;
	char **plain;

	while (environ[n] != NULL)
		n++;
	plain = calloc(n + 1, sizeof(*plain));
	for (size_t i = 0; plain != NULL && i < n; i++) {
		bool leave = false;

		for (size_t k = 0; k < ARRAY_LEN(names); k++)
			leave |= strncmp(environ[i], names[k],
				     strlen(names[k])) == 0;
		if (!leave)
			plain[kept++] = environ[i];
	}
	return plain;
}

/* Starts this very program in the folder; its errors go to a file there. */
static bool
start(const char *dir, char *const argv[], pid_t *ret, struct err *err)
{
	posix_spawn_file_actions_t actions;
	char **environment = plain_environment();
	int rc = ENOMEM;

	if (environment == NULL ||
	    posix_spawn_file_actions_init(&actions) != 0) {
		free(environment);
		return err_set(err, E_MEMORY, "out of memory");
	}
	if (posix_spawn_file_actions_addchdir_np(&actions, dir) == 0 &&
	    posix_spawn_file_actions_addopen(
		&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
	    posix_spawn_file_actions_addopen(
		&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) == 0 &&
	    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, ERRORS,
		O_WRONLY | O_CREAT | O_TRUNC, 0600) == 0)
		rc = posix_spawn(ret, "/proc/self/exe", &actions, NULL, argv,
		    environment);
	posix_spawn_file_actions_destroy(&actions);
	free(environment);
	errno = rc;
	return rc == 0 || err_set_errno(err, "/proc/self/exe");
}

/* The refusal of a run that failed: what it said last. */
static bool
err_set_run(const char *dir, const char *command, struct err *err)
{
	char path[PATH_MAX_LEN + 32];
	struct buf said = buf_new(ERRORS_MAX);
	struct err ignored;

	snprintf(path, sizeof(path), "%s/" ERRORS, dir);
	if (!file_read(path, ERRORS_MAX, &said, &ignored))
		said.len = 0;
	while (said.len > 0 && said.data[said.len - 1] == '\n')
		said.len--;
	err_set(err, E_REFUSED, "%s failed: %.*s", command,
	    (int)(said.len > 400 ? 400 : said.len),
	    said.data == NULL ? "" : (const char *)said.data);
	buf_free(&said);
	return false;
}

/* arguments: the command first, NULL last. */
static bool
run(const char *dir, const char *const *arguments, struct err *err)
{
	char texts[ARGS_MAX][64], *argv[ARGS_MAX + 1] = { 0 };
	int status;
	pid_t pid;

	snprintf(texts[0], sizeof(texts[0]), "anchorite");
	argv[0] = texts[0];
	for (size_t i = 1; i < ARGS_MAX && arguments[i - 1] != NULL; i++) {
		snprintf(texts[i], sizeof(texts[i]), "%s", arguments[i - 1]);
		argv[i] = texts[i];
	}
	if (!start(dir, argv, &pid, err))
		return false;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_set_errno(err, "waitpid");
	return (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
	    err_set_run(dir, arguments[0], err);
}

#define AT     "--at", PRETENDED_NOW
#define CONFIG "--config", "ws/anchorite.yaml"

static const char *const runs[][ARGS_MAX] = {
	{ "init", "ws", AT },
	{ "request", "ksr.xml", CONFIG, AT },
	{ "check", "ksr.xml", CONFIG, AT },
	{ "sign", "ksr.xml", "skr.xml", "--first", "--batch", CONFIG, AT },
	{ "verify", "ksr.xml", "skr.xml", CONFIG, AT },
	{ "replay", "ceremony" },
};

bool
selftest_signing(bool *ret_there, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	char dir[PATH_MAX_LEN + 1];
	bool ok = true;

	*ret_there = softhsm_module() != NULL;
	if (!*ret_there)
		return true;
	if ((size_t)snprintf(dir, sizeof(dir), "%s/anchorite-selftest.XXXXXX",
		tmp == NULL || tmp[0] == '\0' ? "/tmp" : tmp) >= sizeof(dir))
		return err_set(err, E_USAGE, "$TMPDIR is too long");
	if (mkdtemp(dir) == NULL) /* mode 0700 */
		return err_set_errno(err, "%s", dir);
	for (size_t i = 0; ok && i < ARRAY_LEN(runs); i++)
		ok = run(dir, runs[i], err);
	folder_remove(dir);
	return ok;
}
