#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/base/file.h"
#include "ksr/policy/purpose.h"
#include "signer/cms/log_sign.h"
#include "signer/line/args.h"
#include "signer/record/context.h"
#include "signer/record/json.h"
#include "signer/record/publishing.h"
#include "signer/screen/interrupt.h"
#include "signer/screen/print.h"

struct signing_log {
	const struct context *context;
	const char *path;
	struct token token;
	struct hsm_key key;
	struct keyinfo info;
	uint8_t key_sha256[SHA256_SIZE];
	struct output *output;
	size_t n_lines; /* that are signed */
};

/* In the record's folder it would be a file that no line names. */
static bool
check_place(const char *path, const char *dir, struct err *err)
{
	char folder[PATH_MAX], record[PATH_MAX], copy[PATH_MAX_LEN + 1];
	char *slash;

	if (strlen(path) > PATH_MAX_LEN)
		return err_set(err, E_USAGE, "the path of the signature is "
					     "too long");
	snprintf(copy, sizeof(copy), "%s", path);
	slash = strrchr(copy, '/');
	if (slash != NULL)
		slash[slash == copy ? 1 : 0] = '\0';
	if (realpath(slash == NULL ? "." : copy, folder) == NULL)
		return err_set_errno(err, "%s", path);
	if (realpath(dir, record) == NULL)
		return err_set_errno(err, "%s", dir);
	return strcmp(folder, record) != 0 ||
	    err_set(err, E_USAGE,
		"%s: the signature stands beside the record, not in it", path);
}

static bool
find_key(struct signing_log *s, const char *label, struct err *err)
{
	const struct config *config = s->context->config;
	struct ceremony ceremony;
	bool ok;

	if (!token_find(&s->token, label, &s->key, err) ||
	    !keyinfo_of_key(&s->key, config, &s->info, err) ||
	    !purpose_require(config, &s->info.dnskey,
		(struct bytes){ s->key.id, s->key.id_len }, PURPOSE_AUDIT,
		err) ||
	    !record_history(s->context->record, &ceremony, err))
		return false;
	ok = (ceremony.n_runs > 1 ||
		 err_set(err, E_REFUSED,
		     "nothing is on this record: there is nothing to sign")) &&
	    seal_may_sign(
		config, &ceremony, ceremony.log.n, &s->info.dnskey, err);
	record_history_clear(s->context->record, &ceremony);
	return ok && seal_key_sha256(&s->info.dnskey, s->key_sha256, err);
}

/* The last line of the run and of what is signed. */
static bool
put_intent(struct signing_log *s, struct err *err)
{
	return record_seal(s->context->record,
	    json_pack("{s:o, s:o, s:o}", "path", json_of_text(s->path), "key",
		json_of_key(&s->info.dnskey), "key_sha256",
		json_of_sha256(s->key_sha256)),
	    err);
}

/* The log as it lies there, which must be the record at hand. */
static bool
read_log(struct signing_log *s, struct chain_lines *ret, struct err *err)
{
	const char *dir = record_dir(s->context->record);
	char path[PATH_MAX_LEN + 32];
	struct chain_lines log;

	snprintf(path, sizeof(path), "%s/" RECORD_LOG, dir);
	if (!chain_read(path, &log, err))
		return false;
	if (strcmp(log.head, record_head(s->context->record)) != 0) {
		chain_lines_clear(&log);
		return err_set(
		    err, E_REFUSED, "%s: is not what was written", path);
	}
	*ret = log;
	return true;
}

/* What is on disk must be a signature of the log before it gets its name. */
static bool
check_written(struct signing_log *s, const struct chain_lines *log,
    struct err *err)
{
	struct buf der = buf_new(CMS_MAX);
	struct seal *seal = NULL;
	bool ok = output_read(s->output, CMS_MAX, &der, err) &&
	    seal_read(buf_bytes(&der), s->path, &seal, err) &&
	    seal_find(seal, log, &s->n_lines, err) &&
	    (s->n_lines == log->n ||
		err_set(err, E_INTERNAL, "the signature is not of the log"));

	seal_free(seal);
	buf_free(&der);
	return ok;
}

static bool
sign_log(struct signing_log *s, struct err *err)
{
	struct buf der = buf_new(CMS_MAX);
	struct chain_lines log;
	bool ok;

	if (!read_log(s, &log, err))
		return false;
	ok = seal_make(&s->token, &s->key, &s->info.dnskey,
		 buf_bytes(&log.content), &der, err) &&
	    output_write(s->output, buf_bytes(&der), err) &&
	    check_written(s, &log, err) &&
	    publishing_name(s->context, s->output, s->path, err);
	buf_free(&der);
	chain_lines_clear(&log);
	return ok;
}

static bool
show(const struct signing_log *s, struct err *err)
{
	struct log_signature made = { .path = s->path,
		.n_lines = s->n_lines };

	memcpy(made.key_sha256, s->key_sha256, SHA256_SIZE);
	if (s->context->json)
		return json_print(
		    json_pack("{s:s, s:o, s:s}", "command", "log sign",
			"signature", log_signature_json(&made), "head",
			record_head(s->context->record)),
		    err);
	log_signature_print(&made, s->n_lines);
	return true;
}

bool
log_sign(const struct context *context, const struct args *args,
    struct err *err)
{
	struct signing_log s = { .context = context };
	const char *label = args_value(args, "key");
	bool ok, again = false;

	if (args->n_files != 2 || label == NULL)
		return err_set(err, E_USAGE, "log sign wants FILE and --key");
	s.path = args->files[1];
	if ((record_recorded(context->record) == NULL &&
		!check_place(s.path, record_dir(context->record), err)) ||
	    !publishing_open(context, s.path, &s.output, err))
		return false;
	interrupt_guard_file(output_temporary(s.output));
	ok = token_open(
	    context, args_value(args, "hsm"), UINT32_MAX, &s.token, err);
	if (ok) {
		again = s.token.recorded != NULL;
		ok = find_key(&s, label, err) && put_intent(&s, err) &&
		    (again || sign_log(&s, err));
		token_close(&s.token);
	}
	interrupt_guard_file(NULL);
	output_free(s.output);
	/* What comes behind the last line is on no record. */
	return ok && (again || show(&s, err));
}

bool
log_signature_of_args(const struct args *args, const struct chain_lines *log,
    struct log_signature *ret, struct err *err)
{
	const char *wanted = args_value(args, "key-sha256");
	struct log_signature signature = { .path = args_value(args,
		"signature") };
	struct buf der = buf_new(CMS_MAX);
	uint8_t digest[SHA256_SIZE];
	struct seal *seal = NULL;
	bool ok;

	signature.key_given = wanted != NULL;
	if (wanted != NULL && signature.path == NULL)
		return err_set(
		    err, E_USAGE, "--key-sha256 is for --signature");
	if (wanted != NULL && !hex_parse(wanted, digest, sizeof(digest)))
		return err_set(err, E_USAGE,
		    "--key-sha256 %s: expected the 64 hex digits of a SHA-256",
		    wanted);
	if (signature.path == NULL) {
		*ret = signature;
		return true;
	}
	ok = file_read(signature.path, CMS_MAX, &der, err) &&
	    seal_read(buf_bytes(&der), signature.path, &seal, err) &&
	    (seal_find(seal, log, &signature.n_lines, err) ||
		err_prefix(err, "%s", signature.path));
	if (ok) {
		memcpy(signature.key_sha256, seal_key(seal), SHA256_SIZE);
		ok = wanted == NULL ||
		    memcmp(digest, seal_key(seal), SHA256_SIZE) == 0 ||
		    err_set(err, E_REFUSED,
			"%s: the signature is by another key than %s",
			signature.path, wanted);
	}
	seal_free(seal);
	buf_free(&der);
	if (ok)
		*ret = signature;
	return ok;
}

void
log_signature_print(const struct log_signature *signature, size_t n_lines)
{
	char path[4 * PATH_MAX_LEN];

	text_printable(path, sizeof(path), signature->path);
	printf("Signature %s\n", path);
	if (signature->n_lines == n_lines)
		printf("  of the whole record, lines 1 to %zu\n", n_lines);
	else
		printf("  of lines 1 to %zu; the %zu lines after them were "
		       "added since and are NOT signed\n",
		    signature->n_lines, n_lines - signature->n_lines);
	print_digest("Key of", signature->path, signature->key_sha256);
	if (!signature->key_given)
		printf("Whose key it is, only its hash on paper says "
		       "(--key-sha256).\n");
}

json_t *
log_signature_json(const struct log_signature *signature)
{
	if (signature->path == NULL)
		return json_null();
	return json_pack("{s:o, s:I, s:o, s:o, s:b}", "path",
	    json_of_text(signature->path), "lines",
	    (json_int_t)signature->n_lines, "key_sha256",
	    json_of_sha256(signature->key_sha256), "key_words",
	    json_of_words((struct bytes){ signature->key_sha256, SHA256_SIZE }),
	    "key_given", signature->key_given);
}
