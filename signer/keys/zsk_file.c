#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bn.h>

#include "ksr/base/file.h"
#include "ksr/base/text.h"
#include "ksr/dns/dname.h"
#include "ksr/dns/key_valid.h"
#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "signer/keys/zsk_file.h"
#include "signer/keys/zsk_pair.h"
#include "signer/keys/zsk_private.h"

#define LABEL_COMMENT "; Label: "

/* One line, taken apart at blanks. */
#define WORDS_MAX 16
struct words {
	size_t n;
	char *word[WORDS_MAX];
};

static bool
split(char *line, struct words *ret)
{
	char *save = line;

	ret->n = 0;
	for (char *at = line; *at != '\0'; at = save) {
		at += strspn(at, " \t");
		save = at + strcspn(at, " \t");
		if (save == at)
			break;
		if (*save != '\0')
			*save++ = '\0';
		if (ret->n == WORDS_MAX)
			return false;
		ret->word[ret->n++] = at;
	}
	return true;
}

static bool
take_label(
    const char *label, struct dnskey *key, const char *place, struct err *err)
{
	size_t len = strlen(label);

	if (key->identifier[0] != '\0')
		return err_set(err, E_INPUT, "%s: a second label", place);
	for (size_t i = 0; i < len; i++)
		if (label[i] < 0x21 || label[i] > 0x7e || label[i] == '"' ||
		    label[i] == '\\')
			len = 0;
	if (len == 0 || len > ID_MAX)
		return err_set(err, E_INPUT,
		    "%s: the label is not 1 to %u printable characters without "
		    "blanks, quotes and backslashes",
		    place, ID_MAX);
	memcpy(key->identifier, label, len + 1);
	return true;
}

/* OWNER [TTL] [IN] DNSKEY 256 3 ALGORITHM BASE64 ..., RFC 4034 2.2. */
static bool
parse_record(char *line, const char *zone, struct dnskey *ret)
{
	uint64_t ttl, flags, protocol, algorithm;
	char base64[2 * PUBLIC_KEY_MAX] = "";
	struct dname owner, wanted;
	struct words words;
	struct err ignored;
	size_t i = 1, len;

	if (!split(line, &words) || words.n < 6 ||
	    !dname_parse(words.word[0], &owner, &ignored) ||
	    !dname_parse(zone, &wanted, &ignored) ||
	    !dname_equal(&owner, &wanted))
		return false;
	if (number_parse(words.word[i], DNS_TTL_MAX, &ttl))
		i++;
	if (strcmp(words.word[i], "IN") == 0)
		i++;
	if (words.n < i + 5 || strcmp(words.word[i++], "DNSKEY") != 0 ||
	    !number_parse(words.word[i++], UINT16_MAX, &flags) ||
	    !number_parse(words.word[i++], UINT8_MAX, &protocol) ||
	    !number_parse(words.word[i++], UINT8_MAX, &algorithm) ||
	    flags != DNSKEY_FLAGS_ZSK || protocol != DNSKEY_PROTOCOL)
		return false;
	for (; i < words.n; i++) {
		if (strlen(base64) + strlen(words.word[i]) >= sizeof(base64))
			return false;
		memcpy(base64 + strlen(base64), words.word[i],
		    strlen(words.word[i]) + 1);
	}
	if (!base64_parse(
		base64, ret->public_key, sizeof(ret->public_key), &len))
		return false;
	ret->flags = (uint16_t)flags;
	ret->protocol = (uint8_t)protocol;
	ret->algorithm = (uint8_t)algorithm;
	ret->public_key_len = (uint16_t)len;
	return true;
}

static bool
parse_line(char *line, const char *zone, struct dnskey *ret, bool *ret_found,
    const char *place, struct err *err)
{
	if (line[strspn(line, " \t")] == '\0')
		return true;
	if (strncmp(line, LABEL_COMMENT, strlen(LABEL_COMMENT)) == 0)
		return take_label(
		    line + strlen(LABEL_COMMENT), ret, place, err);
	if (line[0] == ';')
		return true;
	if (*ret_found)
		return err_set(err, E_INPUT, "%s: a second record", place);
	*ret_found = true;
	return parse_record(line, zone, ret) ||
	    err_set(err, E_INPUT,
		"%s: expected \"%s [TTL] IN DNSKEY %d %d ALGORITHM KEY\" on "
		"one line",
		place, zone, DNSKEY_FLAGS_ZSK, DNSKEY_PROTOCOL);
}

/* The record of a .key file, with the label of its comment. */
static bool
parse_public(char *text, const char *path, const char *zone, struct dnskey *ret,
    struct err *err)
{
	char place[PATH_MAX_LEN + 32];
	const struct algorithm *algorithm;
	bool found = false;
	struct err why;
	size_t number = 1;

	for (char *line = text, *end; line != NULL; line = end, number++) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		snprintf(place, sizeof(place), "%s:%zu", path, number);
		if (!parse_line(line, zone, ret, &found, place, err))
			return false;
	}
	if (!found)
		return err_set(err, E_INPUT, "%s: no DNSKEY record", path);
	algorithm = algorithm_of_number(ret->algorithm);
	if (algorithm == NULL || !algorithm->supported)
		return err_set(err, E_INPUT,
		    "%s: algorithm %u (expected RSA, ECDSA or EdDSA)", path,
		    ret->algorithm);
	if (!pubkey_valid(ret, &key_limits_quick, NULL, &why))
		return err_set(err, E_INPUT, "%s: %s", path, why.msg);
	ret->tag = dnskey_tag(ret);
	return true;
}

bool
zsk_text_read(const char *path, char ret[ZSK_FILE_MAX + 1], struct err *err)
{
	struct buf buf = buf_new(ZSK_FILE_MAX);
	bool ok = file_read(path, ZSK_FILE_MAX, &buf, err);

	if (ok && buf.len > 0 && memchr(buf.data, '\0', buf.len) != NULL)
		ok = err_set(err, E_INPUT, "%s: holds a NUL", path);
	if (ok) {
		if (buf.len > 0)
			memcpy(ret, buf.data, buf.len);
		ret[buf.len] = '\0';
	}
	buf_free(&buf);
	return ok;
}

/* "K<zone>+008+12345", as BIND names a key; the zone as dname_file_text. */
static void
name_of(
    const char *zone, const struct dnskey *key, char ret[DNAME_TEXT_MAX + 16])
{
	snprintf(ret, DNAME_TEXT_MAX + 16, "K%s+%03u+%05u", zone,
	    key->algorithm, key->tag);
}

static bool
read_file(const struct zsk_folder *folder, const char *name,
    struct zsk_file *ret, struct err *err)
{
	char path[PATH_MAX_LEN + 1], wanted[DNAME_TEXT_MAX + 16];
	char text[ZSK_FILE_MAX + 1];
	size_t len = strlen(name) - strlen(".key");

	if (snprintf(path, sizeof(path), "%s/%s", folder->path, name) >=
	    (int)sizeof(path))
		return err_set(err, E_INPUT, "%s: its path is too long", name);
	*ret = (struct zsk_file){ 0 };
	if (!zsk_text_read(path, text, err) ||
	    !parse_public(text, path, folder->zone, &ret->dnskey, err))
		return false;
	name_of(folder->file_zone, &ret->dnskey, wanted);
	if (strlen(wanted) != len || strncmp(wanted, name, len) != 0)
		return err_set(err, E_INPUT,
		    "%s: holds the key that is called %s", path, wanted);
	if (ret->dnskey.identifier[0] == '\0')
		snprintf(ret->dnskey.identifier, sizeof(ret->dnskey.identifier),
		    "%.*s", (int)ID_MAX, wanted);
	memcpy(ret->base, path, strlen(path) - strlen(".key"));
	return true;
}

/* Of this zone, by its name; what else lies in the folder is not looked at. */
static bool
is_key_file(const struct zsk_folder *folder, const char *name)
{
	char begin[DNAME_TEXT_MAX + 3];
	size_t len = strlen(name);

	snprintf(begin, sizeof(begin), "K%s+", folder->file_zone);
	return strncmp(name, begin, strlen(begin)) == 0 &&
	    len > strlen(".key") &&
	    strcmp(name + len - strlen(".key"), ".key") == 0;
}

static bool
add_file(struct zsk_folder *folder, const char *name, struct err *err)
{
	struct zsk_file *files =
	    realloc(folder->files, (folder->n + 1) * sizeof(*files));
	struct zsk_file *file;

	if (files == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	folder->files = files;
	file = &files[folder->n];
	if (folder->n == ZSK_FILES_MAX)
		return err_set(err, E_INPUT, "%s: more than %u keys",
		    folder->path, ZSK_FILES_MAX);
	if (!read_file(folder, name, file, err))
		return false;
	if (zsk_folder_find(folder, file->dnskey.identifier) != NULL)
		return err_set(err, E_INPUT,
		    "%s.key: another key has its label \"%s\"", file->base,
		    file->dnskey.identifier);
	folder->n++;
	return true;
}

static bool
read_folder(struct zsk_folder *folder, struct err *err)
{
	struct dirent **list = NULL;
	int n = scandir(folder->path, &list, NULL, alphasort);
	bool ok = n >= 0 || err_set_errno(err, "%s", folder->path);

	for (int i = 0; i < n; i++) {
		if (ok && is_key_file(folder, list[i]->d_name))
			ok = add_file(folder, list[i]->d_name, err);
		free(list[i]);
	}
	free(list);
	return ok;
}

bool
zsk_folder_open(
    const char *path, const char *zone, struct zsk_folder *ret, struct err *err)
{
	struct zsk_folder folder = { .n = 0 };
	struct dname owner;

	if (path[0] == '\0' || strlen(path) > PATH_MAX_LEN)
		return err_set(err, E_USAGE,
		    "the folder of ZSKs is empty or longer than %u octets",
		    PATH_MAX_LEN);
	if (!dname_parse(zone, &owner, err))
		return false;
	dname_text(&owner, folder.zone);
	dname_file_text(&owner, folder.file_zone);
	memcpy(folder.path, path, strlen(path) + 1);
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return err_set_errno(err, "%s", path);
	if (!read_folder(&folder, err)) {
		zsk_folder_close(&folder);
		return false;
	}
	*ret = folder;
	return true;
}

void
zsk_folder_close(struct zsk_folder *folder)
{
	free(folder->files);
	*folder = (struct zsk_folder){ 0 };
}

const struct zsk_file *
zsk_folder_find(const struct zsk_folder *folder, const char *label)
{
	for (size_t i = 0; i < folder->n; i++)
		if (strcmp(folder->files[i].dnskey.identifier, label) == 0)
			return &folder->files[i];
	return NULL;
}

const struct zsk_file *
zsk_folder_find_key(const struct zsk_folder *folder, const struct dnskey *key)
{
	for (size_t i = 0; i < folder->n; i++)
		if (dnskey_same_key(&folder->files[i].dnskey, key))
			return &folder->files[i];
	return NULL;
}

static bool
write_file(
    const char *path, mode_t mode, const struct buf *text, struct err *err)
{
	struct output *output = NULL;
	bool ok = output_open_mode(path, mode, &output, err);

	if (text->failed)
		ok = err_set(err, E_MEMORY, "%s: out of memory", path);
	ok = ok && output_write(output, buf_bytes(text), err) &&
	    output_publish(output, err);
	output_free(output);
	return ok;
}

bool
zsk_file_write(const struct zsk_folder *folder, const struct dnskey *key,
    const EVP_PKEY *pkey, struct err *err)
{
	struct buf private = buf_new(ZSK_FILE_MAX), public = private;
	char name[DNAME_TEXT_MAX + 16], path[PATH_MAX_LEN + 1];
	bool ok;

	name_of(folder->file_zone, key, name);
	buf_printf(&public,
	    "; This is a zone-signing key, keyid %u, for %s\n" LABEL_COMMENT
	    "%s\n%s %u IN DNSKEY %u %u %u ",
	    key->tag, folder->zone, key->identifier, folder->zone, key->ttl_s,
	    key->flags, key->protocol, key->algorithm);
	buf_base64(
	    &public, (struct bytes){ key->public_key, key->public_key_len });
	buf_puts(&public, "\n");
	ok = zsk_private_format(key, pkey, &private, err) &&
	    (snprintf(path, sizeof(path), "%s/%s.private", folder->path, name) <
		    (int)sizeof(path) ||
		err_set(err, E_USAGE, "%s: the path is too long", name)) &&
	    write_file(path, 0600, &private, err);
	if (ok) {
		memcpy(strrchr(path, '.'), ".key", sizeof(".key"));
		ok = write_file(path, 0644, &public, err);
	}
	buf_free(&private);
	buf_free(&public);
	return ok;
}
