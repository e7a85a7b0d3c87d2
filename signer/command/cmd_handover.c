#include "ksr/policy/purpose.h"
#include "signer/keys/copy_facts.h"
#include "signer/keys/copying.h"
#include "signer/keys/keyinfo.h"
#include "signer/line/command.h"

/* Whoever signs with a KSK is its holder, and no zone's signer. */
static bool
find(const struct context *context, struct token *token, const char *label,
    struct hsm_key *ret, struct dnskey *ret_dnskey, struct err *err)
{
	const struct config *config = context->config;
	struct keyinfo info;
	struct hsm_key key;

	if (!token_find(token, label, &key, err) ||
	    !keyinfo_of_key(&key, config, &info, err) ||
	    !purpose_require(config, &info.dnskey,
		(struct bytes){ key.id, key.id_len }, PURPOSE_ZSK, err))
		return false;
	*ret = key;
	*ret_dnskey = info.dnskey;
	return true;
}

static const struct copying copying = {
	.command = "handover",
	.shown = "key to hand over",
	.begun = "handing over",
	.done = "handed over",
	.question = "Hand this key over?",
	.verb = "hand it over",
	.not_done = HANDOVER_NOT_DONE,
	.result = "Wrapped ZSK",
	.find = find,
};

static bool
run(const struct context *context, const struct args *args, struct err *err)
{
	return copying_run(&copying, context, args, NULL, err);
}

static const struct option_row options[] = {
	{ "label", "LABEL", "of the ZSK in the token", false },
	{ "to", "FILE", "the public half of the signer's RSA key, in PEM",
	    false },
	{ "recipient-sha256", "HASH",
	    "of that file as it was read aloud, in hex or in words", false },
	{ "hsm", "NAME", "which HSM of the configuration", false },
	{ "batch", NULL, "confirm without a terminal; rehearsals only", false },
	{ NULL, NULL, NULL, false },
};

const struct command cmd_handover = {
	.name = "handover",
	.run = run,
	.usage = "FILE --label LABEL --to FILE --recipient-sha256 HASH",
	.summary = "hand a ZSK to a zone's signer, wrapped for it alone",
	.help =
	    "Of a ZSK that was made in this token, by `request` or `keygen`, where\n"
	    "the configuration has `key_policy: {zsk_handover: true}`.  As with\n"
	    "`backup` the token makes a one-time AES-256 key, wraps the ZSK under\n"
	    "it and that key for the signer (RSA-OAEP), and forgets it.\n"
	    "`zsk-receive`, a script that the signer runs, unwraps FILE with the\n"
	    "signer's private key and writes PKCS #8, as SoftHSM's import and\n"
	    "Knot's keymgr read it.\n\n"
	    "The signer's key is an RSA key of its own, whose public half is\n"
	    "written by `openssl pkey -pubout`.  Its SHA-256 is compared with what\n"
	    "was read aloud, then key and recipient are shown and the key's label\n"
	    "must be typed.  A KSK is never handed over, nor an audit or a\n"
	    "transport key, nor a key that cannot leave its token, nor an Edwards\n"
	    "key, which no known token wraps.\n\n"
	    "The record has FILE's hash and not its octets.",
	.min_files = 1,
	.max_files = 1,
	.needs_config = true,
	.needed = { "label", "to", "recipient-sha256" },
	.recording = RECORD_ACT,
	.options = options,
};
