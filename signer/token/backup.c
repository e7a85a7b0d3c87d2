#include <stdio.h>
#include <string.h>

#include "signer/record/facts.h"
#include "signer/record/json.h"
#include "signer/record/publishing.h"
#include "signer/record/recorded.h"
#include "signer/token/backup.h"
#include "signer/token/token_recorded.h"

#define FORMAT   1

static const char *const wrap_names[] = {
	[HSM_AES_KEY_WRAP_PAD] = "AES_KEY_WRAP_PAD",
	[HSM_AES_KEY_WRAP] = "AES_KEY_WRAP",
};

static const char *const carriage_names[] = {
	[HSM_BY_OAEP] = "RSA_PKCS_OAEP_SHA1",
	[HSM_FROM_COMPONENTS] = "COMPONENTS_XOR",
};

/* --- What it is a copy of. */

bool
backup_begin(const struct config *config, const struct dnskey *ksk,
    const uint8_t recipient_sha256[SHA256_SIZE], struct backup *ret,
    struct err *err)
{
	struct dname owner;

	*ret = (struct backup){ .dnskey = *ksk };
	ret->dnskey.ttl_s = config_ttl_s(config);
	ret->dnskey.tag = dnskey_tag(&ret->dnskey);
	memcpy(ret->recipient_sha256, recipient_sha256, SHA256_SIZE);
	if (!dname_parse(config->ksk_policy.signers_name, &owner, err) ||
	    !dnskey_ds(&owner, &ret->dnskey, ret->ds_sha256, err))
		return false;
	dname_text(&owner, ret->zone);
	return true;
}

/* --- The file. */

static json_t *
json_of_dnskey(const struct dnskey *key)
{
	return json_pack("{s:i, s:i, s:i, s:o}", "flags", key->flags,
	    "protocol", key->protocol, "algorithm", key->algorithm,
	    "public_key",
	    json_of_bytes_base64(key->public_key, key->public_key_len));
}

/* How the AES key gets to the recipient. */
static json_t *
json_of_carriage(const struct backup *backup)
{
	const struct hsm_wrapped *wrapped = &backup->wrapped;

	return wrapped->carriage == HSM_BY_OAEP
	    ? json_pack("{s:o}", "carrier",
		  json_of_bytes_base64(wrapped->carrier, wrapped->carrier_len))
	    : json_pack("{s:o}", "components",
		  json_of_components(&backup->components));
}

static json_t *
json_of_backup(const struct backup *backup)
{
	const struct hsm_wrapped *wrapped = &backup->wrapped;
	struct bytes check = { wrapped->check, HSM_CHECK_SIZE };
	struct bytes ds = { backup->ds_sha256, DS_SHA256_SIZE };
	json_t *carriage = json_of_carriage(backup);
	json_t *json = json_pack("{s:i, s:s, s:s, s:o, s:i, s:o, s:o, s:s}",
	    "anchorite_backup", FORMAT, "zone", backup->zone, "label",
	    backup->dnskey.identifier, "dnskey",
	    json_of_dnskey(&backup->dnskey), "key_tag", backup->dnskey.tag,
	    "ds_sha256", json_of_bytes_hex(ds), "recipient_sha256",
	    json_of_sha256(backup->recipient_sha256), "carried_by",
	    carriage_names[wrapped->carriage]);
	json_t *rest = json_pack("{s:o, s:s, s:o}", "check_value",
	    json_of_bytes_hex(check), "wrapped_by", wrap_names[wrapped->how],
	    "wrapped_key",
	    json_of_bytes_base64(wrapped->key, wrapped->key_len));

	json_object_update(json, carriage);
	json_object_update(json, rest);
	json_decref(carriage);
	json_decref(rest);
	return json;
}

bool
backup_format(const struct backup *backup, struct buf *ret, struct err *err)
{
	json_t *json = json_of_backup(backup);
	char *text = json == NULL ? NULL : json_dumps(json, JSON_INDENT(2));

	if (text != NULL) {
		buf_puts(ret, text);
		buf_puts(ret, "\n");
	}
	free(text);
	json_decref(json);
	return (text != NULL && !ret->failed) ||
	    err_set(err, E_MEMORY, "the backup does not fit");
}

static bool
fail_member(const char *member, const char *expected, struct err *err)
{
	return err_set(err, E_INPUT, "\"%s\": expected %s", member, expected);
}

static bool
read_number(const json_t *json, const char *member, json_int_t max,
    json_int_t *ret, struct err *err)
{
	const json_t *value = json_object_get(json, member);

	*ret = json_integer_value(value);
	return (json_is_integer(value) && *ret >= 0 && *ret <= max) ||
	    err_set(err, E_INPUT, "\"%s\": expected a number from 0 to %lld",
		member, (long long)max);
}

static bool
read_hex(const json_t *json, const char *member, uint8_t *ret, size_t size,
    struct err *err)
{
	return hex_parse(fact_text(json, member), ret, size) ||
	    err_set(err, E_INPUT, "\"%s\": expected %zu hex digits", member,
		2 * size);
}

static bool
read_octets(const json_t *json, const char *member, uint8_t *ret, size_t size,
    size_t *ret_len, struct err *err)
{
	return base64_parse(fact_text(json, member), ret, size, ret_len) ||
	    err_set(err, E_INPUT, "\"%s\": expected 1 to %zu octets in base64",
		member, size);
}

static bool
read_label(const json_t *json, struct dnskey *ret, struct err *err)
{
	const char *label = fact_text(json, "label");

	if (label[0] == '\0' || strlen(label) > ID_MAX)
		return err_set(err, E_INPUT,
		    "\"label\": expected 1 to %u characters", ID_MAX);
	snprintf(ret->identifier, sizeof(ret->identifier), "%s", label);
	return true;
}

static bool
read_dnskey(const json_t *json, struct dnskey *ret, struct err *err)
{
	const json_t *key = json_object_get(json, "dnskey");
	json_int_t flags, protocol, algorithm;
	size_t len;

	if (!read_label(json, ret, err) ||
	    !read_number(key, "flags", UINT16_MAX, &flags, err) ||
	    !read_number(key, "protocol", UINT8_MAX, &protocol, err) ||
	    !read_number(key, "algorithm", UINT8_MAX, &algorithm, err) ||
	    !read_octets(key, "public_key", ret->public_key,
		sizeof(ret->public_key), &len, err))
		return false;
	ret->flags = (uint16_t)flags;
	ret->protocol = (uint8_t)protocol;
	ret->algorithm = (uint8_t)algorithm;
	ret->public_key_len = (uint16_t)len;
	if (flags != DNSKEY_FLAGS_KSK)
		return fail_member("flags", "257, a KSK's", err);
	return protocol == DNSKEY_PROTOCOL || fail_member("protocol", "3", err);
}

static bool
index_of_name(
    const char *const *names, size_t n, const char *name, size_t *ret)
{
	for (*ret = 0; *ret < n; (*ret)++)
		if (strcmp(names[*ret], name) == 0)
			return true;
	return false;
}

static bool
read_how(const json_t *json, struct hsm_wrapped *ret, struct err *err)
{
	size_t i;

	if (!index_of_name(carriage_names, ARRAY_LEN(carriage_names),
		fact_text(json, "carried_by"), &i))
		return fail_member(
		    "carried_by", "RSA_PKCS_OAEP_SHA1 or COMPONENTS_XOR", err);
	ret->carriage = (enum hsm_carriage)i;
	if (!index_of_name(wrap_names, ARRAY_LEN(wrap_names),
		fact_text(json, "wrapped_by"), &i))
		return fail_member(
		    "wrapped_by", "AES_KEY_WRAP_PAD or AES_KEY_WRAP", err);
	ret->how = (enum hsm_wrap)i;
	return read_hex(json, "check_value", ret->check, HSM_CHECK_SIZE, err);
}

/* Of components the check value is the whole's. */
static bool
read_components(const json_t *json, const struct hsm_wrapped *wrapped,
    struct components *ret, struct err *err)
{
	if (!components_of_json(json_object_get(json, "components"), ret, err))
		return err_prefix(err, "\"components\"");
	memcpy(ret->whole, wrapped->check, HSM_CHECK_SIZE);
	return true;
}

static bool
read_wrapped(const json_t *json, struct hsm_wrapped *ret,
    struct components *ret_components, struct err *err)
{
	return read_how(json, ret, err) &&
	    (ret->carriage == HSM_BY_OAEP
		    ? read_octets(json, "carrier", ret->carrier,
			  sizeof(ret->carrier), &ret->carrier_len, err)
		    : read_components(json, ret, ret_components, err)) &&
	    read_octets(json, "wrapped_key", ret->key, sizeof(ret->key),
		&ret->key_len, err);
}

/* The list of components, whose hash was read aloud, is that of the file. */
static bool
check_recipient(const struct backup *backup, struct err *err)
{
	uint8_t digest[SHA256_SIZE];

	if (backup->components.n == 0)
		return true;
	if (!components_hash(&backup->components, digest, err))
		return false;
	return memcmp(digest, backup->recipient_sha256, SHA256_SIZE) == 0 ||
	    err_set(err, E_INPUT,
		"\"recipient_sha256\" is not that of \"components\" and "
		"\"check_value\"");
}

/* What is said of the key more than once has to agree. */
static bool
check_agreement(
    const json_t *json, const struct backup *backup, struct err *err)
{
	uint8_t ds[DS_SHA256_SIZE];
	json_int_t tag;

	if (strcmp(fact_text(json, "zone"), backup->zone) != 0)
		return err_set(err, E_REFUSED,
		    "\"zone\": it is a backup for \"%.300s\", the "
		    "configuration's zone is \"%s\"",
		    fact_text(json, "zone"), backup->zone);
	if (!read_number(json, "key_tag", UINT16_MAX, &tag, err) ||
	    !read_hex(json, "ds_sha256", ds, sizeof(ds), err))
		return false;
	if (tag != backup->dnskey.tag)
		return err_set(err, E_INPUT,
		    "\"key_tag\": it is %lld, that of \"dnskey\" %u",
		    (long long)tag, backup->dnskey.tag);
	if (memcmp(ds, backup->ds_sha256, sizeof(ds)) != 0)
		return err_set(
		    err, E_INPUT, "\"ds_sha256\" is not that of \"dnskey\"");
	return check_recipient(backup, err);
}

static bool
read_members(const json_t *json, const struct config *config,
    struct backup *ret, struct err *err)
{
	uint8_t recipient[SHA256_SIZE];
	struct dnskey dnskey = { .ttl_s = 0 };
	struct hsm_wrapped wrapped = { .carrier_len = 0 };
	struct components components = { .n = 0 };
	json_int_t format;

	if (!read_number(json, "anchorite_backup", INT32_MAX, &format, err))
		return false;
	if (format != FORMAT)
		return fail_member("anchorite_backup", "1", err);
	if (!read_dnskey(json, &dnskey, err) ||
	    !read_hex(
		json, "recipient_sha256", recipient, sizeof(recipient), err) ||
	    !read_wrapped(json, &wrapped, &components, err) ||
	    !backup_begin(config, &dnskey, recipient, ret, err))
		return false;
	ret->wrapped = wrapped;
	ret->components = components;
	return check_agreement(json, ret, err);
}

/* Unknown members, other spellings and spaces: octet for octet. */
static bool
check_form(const struct backup *backup, struct bytes text, struct err *err)
{
	struct buf own = buf_new(BACKUP_FILE_MAX);
	bool ok = backup_format(backup, &own, err);

	if (ok && !bytes_equal(buf_bytes(&own), text)) {
		size_t at = 0, line = 1;

		while (at < text.len && at < own.len &&
		    text.data[at] == own.data[at])
			line += text.data[at++] == '\n';
		ok = err_set(err, E_INPUT,
		    "line %zu is not as `backup` writes it", line);
	}
	buf_free(&own);
	return ok;
}

bool
backup_parse(struct bytes text, const char *path, const struct config *config,
    struct backup *ret, struct err *err)
{
	json_error_t why;
	json_t *json = json_loadb(
	    (const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &why);
	struct backup backup;
	bool ok;

	if (json == NULL)
		return err_set(err, E_INPUT, "%s:%d:%d: %s", path, why.line,
		    why.column, why.text);
	ok = read_members(json, config, &backup, err) &&
	    check_form(&backup, text, err) && sha256(text, backup.sha256, err);
	json_decref(json);
	if (!ok)
		return err_prefix(err, "%s", path);
	backup.size = text.len;
	*ret = backup;
	return true;
}

/* --- On record. */

static json_t *
facts_of(const struct backup *backup, const char *path)
{
	struct bytes check = { backup->wrapped.check, HSM_CHECK_SIZE };
	json_t *facts = json_pack("{s:o, s:o, s:I, s:o, s:o, s:s, s:s, s:o}",
	    "path", json_of_text(path), "sha256",
	    json_of_sha256(backup->sha256), "size", (json_int_t)backup->size,
	    "key", json_of_key(&backup->dnskey), "recipient_sha256",
	    json_of_sha256(backup->recipient_sha256), "carried_by",
	    carriage_names[backup->wrapped.carriage], "wrapped_by",
	    wrap_names[backup->wrapped.how], "check_value",
	    json_of_bytes_hex(check));

	if (backup->components.n > 0)
		json_object_set_new(facts, "components",
		    json_of_components(&backup->components));
	return facts;
}

/* What only the token and the file told then. */
static bool
take_file(struct recorded *recorded, const json_t *line, struct backup *ret,
    struct err *err)
{
	struct hsm_wrapped *wrapped = &ret->wrapped;
	json_int_t size;

	if (!read_how(line, wrapped, err) ||
	    (wrapped->carriage == HSM_FROM_COMPONENTS &&
		!read_components(line, wrapped, &ret->components, err)) ||
	    !read_hex(line, "sha256", ret->sha256, SHA256_SIZE, err) ||
	    !read_number(line, "size", BACKUP_FILE_MAX, &size, err))
		return recorded_contradicts(recorded, err);
	ret->size = (size_t)size;
	return true;
}

static bool
read_again(struct recorded *recorded, const struct config *config,
    struct backup *ret, struct err *err)
{
	const json_t *line = recorded_if(recorded, "backup");
	uint8_t recipient[SHA256_SIZE];
	struct dnskey dnskey;

	if (line == NULL)
		return recorded_refuses(recorded, err);
	if (!token_dnskey_of_line(line, &dnskey, err) ||
	    !read_hex(
		line, "recipient_sha256", recipient, sizeof(recipient), err) ||
	    !backup_begin(config, &dnskey, recipient, ret, err))
		return recorded_contradicts(recorded, err);
	return take_file(recorded, line, ret, err);
}

static bool
read_now(const char *path, const struct config *config, struct backup *ret,
    struct err *err)
{
	struct buf text = buf_new(BACKUP_FILE_MAX);
	bool ok = file_read(path, BACKUP_FILE_MAX, &text, err) &&
	    backup_parse(buf_bytes(&text), path, config, ret, err);

	buf_free(&text);
	return ok;
}

bool
backup_read(const struct context *context, const char *path, struct backup *ret,
    struct err *err)
{
	struct recorded *recorded = record_recorded(context->record);

	return (recorded != NULL
		       ? read_again(recorded, context->config, ret, err)
		       : read_now(path, context->config, ret, err)) &&
	    record_event(context->record, "backup", facts_of(ret, path), err);
}

static bool
write_now(struct output *output, struct backup *backup, struct err *err)
{
	struct buf text = buf_new(BACKUP_FILE_MAX);
	bool ok = backup_format(backup, &text, err) &&
	    sha256(buf_bytes(&text), backup->sha256, err) &&
	    output_write(output, buf_bytes(&text), err);

	backup->size = text.len;
	buf_free(&text);
	return ok;
}

/* Called where token_backup took the octets, or the line that has none. */
static bool
write_again(struct recorded *recorded, const char *event,
    struct backup *backup, struct err *err)
{
	const json_t *line = recorded_if(recorded, event);

	return line == NULL ? recorded_fails(recorded, err)
			    : take_file(recorded, line, backup, err);
}

bool
backup_publish(const struct context *context, const char *event,
    struct output *output, const char *path, struct backup *backup,
    struct err *err)
{
	struct recorded *recorded = record_recorded(context->record);

	return (recorded != NULL ? write_again(recorded, event, backup, err)
				 : write_now(output, backup, err)) &&
	    record_event(
		context->record, event, facts_of(backup, path), err) &&
	    publishing_name(context, output, path, err) &&
	    facts_published_as(context->record, path, backup->sha256, err);
}
