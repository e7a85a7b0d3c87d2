#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "ksr/base/macros.h"
#include "ksr/base/text.h"
#include "signer/live/environment.h"
#include "signer/record/json.h"

#define LOADER	       "LD_"
#define LOADER_MAX     8u
#define VARIABLE_NAME_MAX 64u

/* ld.so(8): what was set when it ran; it cannot be undone from inside. */
static struct {
	size_t n;
	char names[LOADER_MAX][VARIABLE_NAME_MAX];
} loader;

/* A name that ends in "*" stands for all that begin so. */
static const char *const never[] = {
	"OPENSSL_*", "SSL_*", "SSLKEYLOGFILE", "CTLOG_FILE", "OQS*", "RANDFILE",
	"P11_KIT_*", "P11_*", "PKCS11*", "SOFTHSM*", "OPENSC_*",
	"LD_*", "GLIBC_TUNABLES", "MALLOC_*", "GCONV_PATH", "GETCONF_DIR",
	"LOCPATH", "NLSPATH", "LOCALDOMAIN", "RES_OPTIONS", "HOSTALIASES",
	"NSS_*", "NIS_PATH", "RESOLV_*", "TZDIR",
};

/* What this program reads, and what languages and times are shown by. */
static const char *const allowed[] = {
	"ANCHORITE_CONFIG", "LANG", "LANGUAGE", "LC_*", "NO_COLOR", "TERM",
	"TMPDIR", "TZ",
#ifdef ANCHORITE_SANITIZED
	"ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS",
#endif
};

static bool
fits(const char *name, const char *pattern)
{
	size_t len = strlen(pattern);

	return pattern[len - 1] == '*' ? strncmp(name, pattern, len - 1) == 0
				       : strcmp(name, pattern) == 0;
}

static bool
is_listed(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fits(name, list[i]))
			return true;
	return false;
}

static bool
is_configured(const char *name, const struct config_hsm *hsm)
{
	for (size_t i = 0; i < hsm->n_env; i++)
		if (strcmp(name, hsm->env[i].name) == 0)
			return true;
	return false;
}

/* Of an entry of environ; a name that does not fit is cut. */
static void
name_of(const char *entry, char ret[VARIABLE_NAME_MAX])
{
	snprintf(ret, VARIABLE_NAME_MAX, "%.*s", (int)strcspn(entry, "="),
	    entry);
}

/* The order of the others stays; what they point at is the system's. */
static void
leave_out(const char *const *list, size_t n, bool listed)
{
	char **kept = environ;

	for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
		char name[VARIABLE_NAME_MAX];

		name_of(*entry, name);
		if (is_listed(name, list, n) != listed)
			*kept++ = *entry;
	}
	if (kept != NULL)
		*kept = NULL;
}

static void
note_loader(void)
{
	for (char **entry = environ;
	     entry != NULL && *entry != NULL && loader.n < LOADER_MAX;
	     entry++)
		if (strncmp(*entry, LOADER, strlen(LOADER)) == 0)
			name_of(*entry, loader.names[loader.n++]);
}

/*
 * OPENSSL_INIT_NO_LOAD_CONFIG, so that libcrypto reads no configuration at all:
 * not that of OPENSSL_CONF, and not the system's, which can name providers too.
 */
void
environment_start(void)
{
	note_loader();
	leave_out(never, ARRAY_LEN(never), true);
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
		_exit(2);
}

bool
environment_for_modules(bool rehearsal, struct err *err)
{
	if (!rehearsal && loader.n > 0)
		return err_set(err, E_USAGE,
		    "%s is set, by which other code than the program's was "
		    "loaded, and the configuration does not say `rehearsal: "
		    "true`; run the program without it (env -u %s)",
		    loader.names[0], loader.names[0]);
	if (!rehearsal)
		leave_out(allowed, ARRAY_LEN(allowed), false);
	return true;
}

bool
environment_of_module(const struct config_hsm *hsm, struct err *err)
{
	for (size_t i = 0; i < hsm->n_env; i++)
		if (setenv(hsm->env[i].name, hsm->env[i].value, 1) != 0)
			return err_set_errno(
			    err, "hsm.%s.env.%s", hsm->name, hsm->env[i].name);
	return true;
}

json_t *
environment_loader(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < loader.n; i++) {
		json_array_append_new(list, json_of_text(loader.names[i]));
	}
	return list;
}

size_t
environment_further(const struct config_hsm *hsm)
{
	size_t n = 0;

	for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
		char name[VARIABLE_NAME_MAX];

		name_of(*entry, name);
		n += !is_listed(name, allowed, ARRAY_LEN(allowed)) &&
		    !is_configured(name, hsm);
	}
	return n;
}
