#include <string.h>

#include "ksr/base/words.h"
#include "signer/keys/recipient.h"
#include "signer/keys/transport.h"
#include "signer/record/json.h"

/* What the file says, and what was read aloud. */
static bool
check_hash(struct bytes file, const char *announced,
    uint8_t ret[SHA256_SIZE], struct err *err)
{
	uint8_t wanted[SHA256_SIZE];
	char seen[SHA256_TEXT_SIZE], due[SHA256_TEXT_SIZE];

	if (!hex_parse(announced, wanted, sizeof(wanted)) &&
	    !words_parse(announced, wanted, sizeof(wanted), err))
		return err_prefix(err,
		    "--recipient-sha256: neither the 64 hex digits of a "
		    "SHA-256 nor its 32 PGP words");
	if (!sha256(file, ret, err))
		return false;
	sha256_text(ret, seen);
	sha256_text(wanted, due);
	return memcmp(ret, wanted, SHA256_SIZE) == 0 ||
	    err_set(err, E_REFUSED,
		"the recipient's file has SHA-256 %s, announced was %s: it is "
		"another's",
		seen, due);
}

static bool
parse(struct bytes file, struct recipient *ret, struct err *err)
{
	struct dnskey dnskey;

	if (components_begin(file))
		return components_parse(file, &ret->components, err);
	ret->components.n = 0;
	return transport_parse(file, &dnskey, err) &&
	    token_public_half(&dnskey, &ret->key, err);
}

bool
recipient_read(const struct context *context, const struct args *args,
    struct recipient *ret, struct err *err)
{
	const char *path = args_value(args, "to");
	struct buf file = buf_new(TRANSPORT_FILE_MAX);
	bool ok = record_read(
	    context->record, "recipient", path, TRANSPORT_FILE_MAX, &file, err);

	if (ok) {
		ok = parse(buf_bytes(&file), ret, err);
		ok = ok || err_prefix(err, "%s", path);
	}
	ok = ok &&
	    check_hash(buf_bytes(&file), args_value(args, "recipient-sha256"),
		ret->sha256, err);
	buf_free(&file);
	return ok;
}
