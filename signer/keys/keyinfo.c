#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/base/words.h"
#include "ksr/dns/pubkey.h"
#include "signer/keys/generate.h"
#include "signer/keys/keyinfo.h"
#include "signer/record/json.h"
#include "signer/screen/print.h"
#include "signer/screen/screen.h"
#include "signer/token/kinds.h"
#include "signer/token/token.h"

#define RECORD_MAX 2048 /* octets of one DNSKEY record as text */

bool
keyinfo_of(const struct dnskey *dnskey, const char *zone, struct keyinfo *ret,
    struct err *err)
{
	struct keyinfo info = { .dnskey = *dnskey,
		.purpose = dnskey->flags == 0                ? PURPOSE_AUDIT
		    : (dnskey->flags & DNSKEY_FLAG_SEP) != 0 ? PURPOSE_KSK
							     : PURPOSE_ZSK };
	struct dnskey revoked = *dnskey;
	struct dname owner;

	if (!dname_parse(zone, &owner, err) ||
	    !dnskey_ds(&owner, dnskey, info.ds_sha256, err))
		return false;
	revoked.flags |= DNSKEY_FLAG_REVOKE;
	info.revoked_tag = dnskey_tag(&revoked);
	dname_text(&owner, info.zone);
	*ret = info;
	return true;
}

const struct config_key *
keyinfo_configured(const struct config *config, const char *label)
{
	for (size_t i = 0; i < config->n_keys; i++)
		if (strcmp(config->keys[i].label, label) == 0)
			return &config->keys[i];
	return NULL;
}

bool
keyinfo_deletable(const struct config *config, const char *label, int64_t now,
    struct err *err)
{
	const struct config_key *key = keyinfo_configured(config, label);
	char until[TIME_TEXT_SIZE];

	if (key == NULL || (key->has_valid_until && key->valid_until <= now))
		return true;
	if (key->has_valid_until)
		time_format(key->valid_until, until);
	return err_set(err, E_REFUSED,
	    "key \"%s\" is keys.%s of the configuration, valid %s%s: take it "
	    "out, or end its validity, before it is deleted",
	    label, key->name, key->has_valid_until ? "until " : "for ever",
	    key->has_valid_until ? until : "");
}

static uint8_t
algorithm_of_key(const struct hsm_key *key, const struct config *config)
{
	const struct config_key *pinned =
	    keyinfo_configured(config, key->label);

	return pinned != NULL ? pinned->algorithm
			      : token_algorithm_of(key->type);
}

bool
keyinfo_of_key(const struct hsm_key *key, const struct config *config,
    struct keyinfo *ret, struct err *err)
{
	struct bytes id = { key->id, key->id_len };
	uint8_t algorithm = algorithm_of_key(key, config);
	uint32_t ttl_s = config_ttl_s(config);
	enum key_purpose purpose = PURPOSE_KSK;
	struct dnskey dnskey;

	if (!key->has_public)
		return err_set(err, E_HSM, "key \"%s\" has no public half",
		    key->label);
	if (!token_dnskey(
		key, algorithm, DNSKEY_FLAGS_KSK, ttl_s, &dnskey, err) ||
	    !purpose_of(config, &dnskey, id, &purpose, err) ||
	    !token_dnskey(
		key, algorithm, purpose_flags(purpose), ttl_s, &dnskey, err) ||
	    !keyinfo_of(&dnskey, config->ksk_policy.signers_name, ret, err))
		return false;
	ret->purpose = purpose;
	return true;
}

static void
put_dnskey(const struct keyinfo *info, struct buf *ret)
{
	const struct dnskey *key = &info->dnskey;

	buf_printf(ret, "%s %u IN DNSKEY %u %u %u ", info->zone, key->ttl_s,
	    key->flags, key->protocol, key->algorithm);
	buf_base64(
	    ret, (struct bytes){ key->public_key, key->public_key_len });
}

static void
put_ds(const struct keyinfo *info, struct buf *ret)
{
	/* Digest type 2 is SHA-256 (RFC 4509). */
	buf_printf(ret, "%s IN DS %u %u 2 ", info->zone, info->dnskey.tag,
	    info->dnskey.algorithm);
	buf_hex(ret, (struct bytes){ info->ds_sha256, DS_SHA256_SIZE });
}

static bool
is_ksk(const struct keyinfo *info)
{
	return (info->dnskey.flags & DNSKEY_FLAG_SEP) != 0;
}

/* It stands in no zone. */
static void
print_other_key(const struct keyinfo *info)
{
	char algorithm[ALGORITHM_TEXT_SIZE];
	bool anchor = info->purpose == PURPOSE_ANCHOR;

	if (info->purpose == PURPOSE_TRANSPORT)
		printf("Transport key %s\n  RSA; unwraps backups (`restore`) "
		       "and does nothing else\n",
		    info->dnskey.identifier);
	else
		printf("%s key %s\n  algorithm %s; signs %s and nothing else\n",
		    anchor ? "Anchor" : "Audit", info->dnskey.identifier,
		    algorithm_text(info->dnskey.algorithm, algorithm),
		    anchor ? "trust anchors (`trust-anchor sign`)"
			   : "ceremony records (`log sign --key`)");
}

void
keyinfo_print(const struct keyinfo *info)
{
	char algorithm[ALGORITHM_TEXT_SIZE];
	enum screen_kind before;
	struct buf text;

	if (info->dnskey.flags == 0) {
		print_other_key(info);
		return;
	}
	text = buf_new(2 * RECORD_MAX);
	put_dnskey(info, &text);
	printf("Key %s\n  algorithm %s, key tag %u", info->dnskey.identifier,
	    algorithm_text(info->dnskey.algorithm, algorithm),
	    info->dnskey.tag);
	if (is_ksk(info)) {
		printf(", %u once revoked", info->revoked_tag);
		buf_puts(&text, "\n");
		put_ds(info, &text);
	}
	buf_puts(&text, "\n");
	printf("\n");
	/* A DS may be read aloud; in a file both are records for a zone. */
	before = screen_set(SCREEN_ROWS);
	fwrite(text.data, 1, text.len, stdout);
	screen_set(before);
	if (is_ksk(info))
		print_words((struct bytes){ info->ds_sha256, DS_SHA256_SIZE });
	buf_free(&text);
}

static json_t *
json_of_audit_key(const struct keyinfo *info)
{
	char algorithm[ALGORITHM_TEXT_SIZE];

	return json_pack("{s:s, s:s}", "label", info->dnskey.identifier,
	    "algorithm", algorithm_text(info->dnskey.algorithm, algorithm));
}

static json_t *
json_of_zsk(const struct keyinfo *info)
{
	struct buf dnskey = buf_new(RECORD_MAX);
	char algorithm[ALGORITHM_TEXT_SIZE];
	json_t *json;

	put_dnskey(info, &dnskey);
	json = json_pack("{s:s, s:s, s:i, s:s%}", "label",
	    info->dnskey.identifier, "algorithm",
	    algorithm_text(info->dnskey.algorithm, algorithm), "key_tag",
	    info->dnskey.tag, "dnskey", (const char *)dnskey.data, dnskey.len);
	buf_free(&dnskey);
	return json;
}

json_t *
keyinfo_json(const struct keyinfo *info)
{
	struct buf dnskey = buf_new(RECORD_MAX), ds = buf_new(RECORD_MAX);
	struct bytes digest = { info->ds_sha256, DS_SHA256_SIZE };
	char algorithm[ALGORITHM_TEXT_SIZE];
	json_t *json;

	if (info->dnskey.flags == 0)
		return json_of_audit_key(info);
	if (!is_ksk(info))
		return json_of_zsk(info);
	put_dnskey(info, &dnskey);
	put_ds(info, &ds);
	json = json_pack("{s:s, s:s, s:i, s:i, s:s%, s:s%, s:o, s:o}", "label",
	    info->dnskey.identifier, "algorithm",
	    algorithm_text(info->dnskey.algorithm, algorithm), "key_tag",
	    info->dnskey.tag, "revoked_key_tag", info->revoked_tag, "dnskey",
	    (const char *)dnskey.data, dnskey.len, "ds",
	    (const char *)ds.data, ds.len, "ds_sha256",
	    json_of_bytes_hex(digest), "ds_words", json_of_words(digest));
	buf_free(&dnskey);
	buf_free(&ds);
	return json;
}

void
keyinfo_config(const struct keyinfo *info, const char *name,
    int64_t valid_from, struct buf *ret)
{
	char time[TIME_TEXT_SIZE], algorithm[ALGORITHM_TEXT_SIZE];
	struct pubkey_info key;
	struct err err;

	time_format_utc(valid_from, time);
	buf_printf(ret,
	    "  %s:\n"
	    "    label: \"%s\"\n"
	    "    algorithm: %s\n"
	    "    key_tag: %u\n",
	    name, info->dnskey.identifier,
	    algorithm_text(info->dnskey.algorithm, algorithm),
	    info->dnskey.tag);
	if (pubkey_info(&info->dnskey, &key, &err) &&
	    key.family == FAMILY_RSA)
		buf_printf(ret,
		    "    rsa_size: %u\n"
		    "    rsa_exponent: %llu\n",
		    key.bits, (unsigned long long)key.exponent);
	buf_puts(ret, "    ds_sha256: ");
	buf_hex(ret, (struct bytes){ info->ds_sha256, DS_SHA256_SIZE });
	buf_printf(ret, "\n    valid_from: %s\n", time);
}
