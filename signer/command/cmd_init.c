#include <errno.h>
#include <limits.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ksr/base/file.h"
#include "ksr/dns/dname.h"
#include "ksr/dns/pubkey.h"
#include "ksr/policy/config.h"
#include "signer/keys/generate.h"
#include "signer/keys/keyinfo.h"
#include "signer/line/args.h"
#include "signer/line/command.h"
#include "signer/live/pin.h"
#include "signer/record/context.h"
#include "signer/record/json.h"
#include "signer/screen/screen.h"
#include "signer/token/token.h"
#include "signer/workshop/softhsm.h"

#define TOKEN_LABEL "anchorite rehearsal"
#define KSK_LABEL   "ksk-1"
#define PIN_DIGITS  8

struct workspace {
	char dir[PATH_MAX]; /* absolute */
	const char *module;
	const char *zone;
	struct keygen keygen;
	struct secret pin, so_pin;
	int64_t now;
	struct hsm_token token;
	struct keyinfo ksk;
};

static bool
find_module(const char *given, const char **ret, struct err *err)
{
	*ret = given != NULL ? given : softhsm_module();
	return *ret != NULL ||
	    err_set(err, E_HSM,
		"SoftHSM is not installed (package softhsm2), or give "
		"--module");
}

static bool
random_pin(struct secret *ret, struct err *err)
{
	uint8_t octets[PIN_DIGITS];

	if (RAND_bytes(octets, sizeof(octets)) != 1)
		return err_set(err, E_INTERNAL, "no random numbers");
	for (size_t i = 0; i < PIN_DIGITS; i++)
		ret->text[i] = (char)('0' + octets[i] % 10);
	ret->text[PIN_DIGITS] = '\0';
	explicit_bzero(octets, sizeof(octets));
	return true;
}

/* A file of the workspace that its owner alone can read. */
static bool
write_file(const struct workspace *ws, const char *name, struct bytes content,
    struct err *err)
{
	char path[PATH_MAX + 32];
	struct output *output;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s", ws->dir, name);
	ok = output_open_mode(path, 0600, &output, err);
	if (ok) {
		ok = output_write(output, content, err) &&
		    output_publish(output, err);
		output_free(output);
	}
	return ok;
}

static bool
write_softhsm(const struct workspace *ws, struct err *err)
{
	char path[PATH_MAX + 32];
	struct buf text = buf_new(2 * PATH_MAX);
	bool ok;

	snprintf(path, sizeof(path), "%s/tokens", ws->dir);
	if (mkdir(path, 0700) != 0)
		return err_set_errno(err, "%s", path);
	buf_printf(&text,
	    "directories.tokendir = %s\n"
	    "objectstore.backend = file\n"
	    "log.level = ERROR\n",
	    path);
	ok = write_file(ws, "softhsm2.conf", buf_bytes(&text), err);
	buf_free(&text);
	snprintf(path, sizeof(path), "%s/softhsm2.conf", ws->dir);
	if (ok && setenv("SOFTHSM2_CONF", path, 1) != 0)
		ok = err_set_errno(err, "SOFTHSM2_CONF");
	return ok;
}

static bool
make_token(struct workspace *ws, struct err *err)
{
	struct hsm *hsm;
	bool ok;

	if (!hsm_open(ws->module, &hsm, err))
		return false;
	ok = hsm_init_token(hsm, TOKEN_LABEL, ws->so_pin.text, ws->pin.text,
	    &ws->token, err);
	hsm_close(hsm);
	return ok;
}

static bool
make_ksk(struct workspace *ws, uint32_t ttl_s, struct err *err)
{
	struct token token = { 0 };
	struct hsm_key key;
	char uri[64];
	bool ok;

	snprintf(uri, sizeof(uri), "pkcs11:serial=%s", ws->token.serial);
	if (!hsm_open(ws->module, &token.hsm, err))
		return false;
	ok = hsm_select(token.hsm, uri, err) &&
	    hsm_login(token.hsm, ws->pin.text, err) &&
	    keygen_run(&token, &ws->keygen, ws->zone, ttl_s, &key, &ws->ksk,
		err);
	token_close(&token);
	return ok;
}

/* A request's ZSKs are of the KSK's algorithm, which the policy must permit. */
static void
put_algorithm(uint8_t number, struct buf *ret)
{
	const struct algorithm *algorithm = algorithm_of_number(number);

	if (number == ALGORITHM_RSASHA256)
		return; /* as the defaults have it */
	buf_printf(
	    ret, "  approved_algorithms: [%s]\n", algorithm->mnemonic);
	if (algorithm->family == FAMILY_ECDSA)
		buf_puts(ret, "  enable_unsupported_ecdsa: true\n");
	if (algorithm->family == FAMILY_EDDSA)
		buf_puts(ret, "  enable_unsupported_edwards_dsa: true\n");
}

/* A name as YAML has it in quotes: its escapes are not YAML's. */
static void
put_quoted(const char *name, struct buf *ret)
{
	buf_puts(ret, "\"");
	for (; *name != '\0'; name++)
		buf_printf(ret, "%s%c",
		    *name == '\\' || *name == '"' ? "\\" : "", *name);
	buf_puts(ret, "\"");
}

static void
put_config(const struct workspace *ws, struct buf *ret)
{
	int64_t today = ws->now - ws->now % 86400;

	buf_printf(ret,
	    "# A rehearsal workspace.  docs/configuration.md explains every "
	    "key.\n"
	    "rehearsal: true\n\n"
	    "hsm:\n"
	    "  softhsm:\n"
	    "    module: \"%s\"\n"
	    "    token: \"pkcs11:serial=%s\"\n"
	    "    pin_file: \"%s/pin\"\n"
	    "    env:\n"
	    "      SOFTHSM2_CONF: \"%s/softhsm2.conf\"\n\n"
	    "request_policy:\n"
	    "  acceptable_domains: [",
	    ws->module, ws->token.serial, ws->dir, ws->dir);
	put_quoted(ws->zone, ret);
	buf_puts(ret, "]\n");
	put_algorithm(ws->keygen.algorithm, ret);
	buf_puts(ret, "\nksk_policy:\n  signers_name: ");
	put_quoted(ws->zone, ret);
	buf_puts(ret, "\n\nkeys:\n");
	keyinfo_config(&ws->ksk, ROLE_CURRENT, today, ret);
}

/* What was written must load: a workspace that does not is not one. */
static bool
write_config(const struct workspace *ws, struct err *err)
{
	struct buf text = buf_new(CONFIG_FILE_MAX);
	struct config *config = NULL;
	bool ok;

	put_config(ws, &text);
	ok = config_read(buf_bytes(&text), "anchorite.yaml", &config, err) &&
	    write_file(ws, "anchorite.yaml", buf_bytes(&text), err);
	config_free(config);
	buf_free(&text);
	return ok;
}

static bool
fill_workspace(struct workspace *ws, struct err *err)
{
	char pin[PIN_MAX + 2];
	bool ok;

	snprintf(pin, sizeof(pin), "%s\n", ws->pin.text);
	/* The root's DNSKEY TTL (DPS 6.9), the configuration's default. */
	ok = write_softhsm(ws, err) &&
	    write_file(ws, "pin", bytes_of_string(pin), err) &&
	    make_token(ws, err) && make_ksk(ws, 172800, err) &&
	    write_config(ws, err);
	explicit_bzero(pin, sizeof(pin));
	return ok;
}

/* A quote, backslash or control character has no place in the files we write. */
static bool
make_folder(const char *path, struct workspace *ws, struct err *err)
{
	if (mkdir(path, 0700) != 0)
		return err_set_errno(err, "%s", path);
	if (realpath(path, ws->dir) == NULL) {
		err_set_errno(err, "%s", path);
		rmdir(path);
		return false;
	}
	for (const char *c = ws->dir; *c != '\0'; c++) {
		if (*c < 0x20 || *c > 0x7e || *c == '"' || *c == '\\') {
			rmdir(path);
			return err_set(err, E_USAGE,
			    "%s: expected a path of printable ASCII without "
			    "quotes and backslashes",
			    path);
		}
	}
	return true;
}

static bool
print(const struct context *context, const struct workspace *ws,
    const char *path, struct err *err)
{
	char dir[4 * PATH_MAX_LEN];
	enum screen_kind before;

	text_ascii(dir, sizeof(dir), path);
	if (context->json)
		return json_print(
		    json_pack("{s:s, s:s, s:s, s:o}", "command", "init",
			"directory", ws->dir, "token_serial",
			ws->token.serial, "ksk", keyinfo_json(&ws->ksk)),
		    err);
	printf("Workspace %s\n  configuration  %s/anchorite.yaml\n"
	       "  token          \"%s\", serial %s, PIN in %s/pin\n",
	    ws->dir, dir, TOKEN_LABEL, ws->token.serial, dir);
	keyinfo_print(&ws->ksk);
	printf("\nNext:\n");
	before = screen_set(SCREEN_DATA);
	printf("  anchorite --config %s/anchorite.yaml \\\n"
	       "    request %s/ksr.xml\n"
	       "  anchorite --config %s/anchorite.yaml \\\n"
	       "    sign %s/ksr.xml \\\n"
	       "    %s/skr.xml --first\n",
	    dir, dir, dir, dir, dir);
	screen_set(before);
	return true;
}

static bool
init(const struct context *context, const struct args *args,
    struct workspace *ws, struct err *err)
{
	const char *algorithm = args_value(args, "algorithm");
	struct dname zone;

	ws->now = context->now;
	ws->zone = args_value(args, "zone");
	if (ws->zone == NULL)
		ws->zone = ".";
	if (!dname_parse(ws->zone, &zone, err))
		return err_prefix(err, "--zone");
	if (!keygen_parse(KSK_LABEL,
		algorithm == NULL ? "RSASHA256" : algorithm,
		args_value(args, "size"), &ws->keygen, err) ||
	    !find_module(args_value(args, "module"), &ws->module, err) ||
	    !random_pin(&ws->pin, err) || !random_pin(&ws->so_pin, err) ||
	    !make_folder(args->files[0], ws, err))
		return false;
	if (!fill_workspace(ws, err)) {
		/* Ours alone: it was made a moment ago. */
		folder_remove(ws->dir);
		return false;
	}
	return print(context, ws, args->files[0], err);
}

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	struct workspace ws = { 0 };
	bool ok;

	if (args_value(args, "config") != NULL)
		return err_set(err, E_USAGE,
		    "--config has no meaning for init, which writes a new one");
	ok = init(context, args, &ws, err);
	secret_wipe(&ws.pin);
	secret_wipe(&ws.so_pin);
	return ok;
}

static const struct option_row options[] = {
	{ "algorithm", "NAME", "of its KSK (default: RSASHA256)", false },
	{ "size", "BITS", "RSA: 2048 (the default), 3072 or 4096", false },
	{ "module", "FILE", "the PKCS#11 module (default: SoftHSM's)", false },
	{ NULL, NULL, NULL, false },
};

const struct command cmd_init = {
	.name = "init",
	.run = run,
	.usage = "DIR [--zone NAME] [--algorithm NAME] [--size BITS]",
	.summary = "make a rehearsal workspace with a SoftHSM token and a KSK",
	.help =
	    "DIR must not exist.  Holds afterwards: anchorite.yaml, a SoftHSM\n"
	    "token of its own with a KSK, and its PIN.  For rehearsals only: a\n"
	    "real ceremony's token is initialised by its vendor's tools and\n"
	    "keygen makes its KSK.",
	.min_files = 1,
	.max_files = 1,
	.zone = ZONE_OWN,
	.options = options,
};
