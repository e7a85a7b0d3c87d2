#include <stdlib.h>
#include <string.h>

#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "ksr/policy/purpose.h"
#include "signer/keys/generate.h"
#include "signer/keys/zsk_pair.h"
#include "signer/keys/zsk_store.h"
#include "signer/record/context.h"
#include "signer/record/json.h"
#include "signer/record/record.h"
#include "signer/token/kinds.h"

void
zsk_clear(struct zsk *zsk)
{
	EVP_PKEY_free(zsk->pkey);
	*zsk = (struct zsk){ 0 };
}

/* The folder that the ZSKs of a rehearsal are in. */
static bool
facts_zsk_files(struct record *record, const char *dir, struct err *err)
{
	return record_event(record, "zsk files",
	    json_pack("{s:o}", "path", json_of_text(dir)), err);
}

static bool
open_folder(struct zsk_store *store, const char *dir, struct err *err)
{
	const struct context *context = store->context;

	if (!context->config->rehearsal)
		return err_set(err, E_USAGE,
		    "--zsk-dir is for rehearsals: %s does not say "
		    "`rehearsal: true`",
		    context->config_path);
	store->in_files = true;
	if (!facts_zsk_files(context->record, dir, err))
		return false;
	store->token = token_of_files(context);
	store->by_files = store->token.recorded == NULL;
	return !store->by_files ||
	    zsk_folder_open(dir, context->config->ksk_policy.signers_name,
		&store->folder, err);
}

bool
zsk_store_open(const struct context *context, const char *dir,
    const char *hsm_name, struct zsk_store *ret, struct err *err)
{
	struct zsk_store store = { .context = context };

	if (!(dir != NULL ? open_folder(&store, dir, err)
			  : token_open(context, hsm_name, UINT32_MAX,
				&store.token, err)))
		return false;
	if (!known_tags_add_config(&store.known, context->config, err)) {
		zsk_store_close(&store);
		return false;
	}
	*ret = store;
	return true;
}

void
zsk_store_close(struct zsk_store *store)
{
	if (store->context == NULL)
		return;
	if (!store->by_files)
		token_close(&store->token);
	zsk_folder_close(&store->folder);
	known_tags_clear(&store->known);
	*store = (struct zsk_store){ 0 };
}

static bool
of_token(struct zsk_store *store, uint8_t algorithm, struct zsk *zsk,
    struct err *err)
{
	const struct config *config = store->context->config;
	struct bytes id = { zsk->key.id, zsk->key.id_len };

	return token_dnskey(&zsk->key, algorithm, DNSKEY_FLAGS_ZSK,
		   config_request_ttl_s(config), &zsk->dnskey, err) &&
	    purpose_require(config, &zsk->dnskey, id, PURPOSE_ZSK, err);
}

static bool
of_file(struct zsk_store *store, const struct zsk_file *file, struct zsk *zsk,
    struct err *err)
{
	zsk->dnskey = file->dnskey;
	zsk->dnskey.ttl_s = config_request_ttl_s(store->context->config);
	return zsk_file_load(file, &zsk->pkey, err);
}

/* True with *ret_there false if there is none of that label. */
static bool
find(struct zsk_store *store, const char *label, uint8_t algorithm,
    struct zsk *ret, bool *ret_there, struct err *err)
{
	const struct zsk_file *file;

	if (store->by_files) {
		file = zsk_folder_find(&store->folder, label);
		*ret_there = file != NULL;
		return file == NULL || of_file(store, file, ret, err);
	}
	if (!token_shows(&store->token, label, ret_there, err))
		return false;
	return !*ret_there ||
	    (token_find(&store->token, label, &ret->key, err) &&
		of_token(store, algorithm, ret, err));
}

/* The same of the token's key that is said to be this one. */
static bool
find_known(struct zsk_store *store, const struct dnskey *wanted,
    struct zsk *ret, bool *ret_there, struct err *err)
{
	return token_shows(
		   &store->token, wanted->identifier, ret_there, err) &&
	    (!*ret_there ||
		(token_find_known(&store->token, wanted, &ret->key, err) &&
		    of_token(store, wanted->algorithm, ret, err)));
}

bool
zsk_store_take(struct zsk_store *store, const struct dnskey *wanted,
    struct zsk *ret, struct err *err)
{
	const struct zsk_file *file;
	struct zsk zsk = { .pkey = NULL };
	bool there = false;

	if (store->by_files) {
		file = zsk_folder_find_key(&store->folder, wanted);
		there = file != NULL;
		if (there && !of_file(store, file, &zsk, err))
			return false;
	} else if (!find_known(store, wanted, &zsk, &there, err)) {
		return false;
	}
	if (!there || !dnskey_same_key(&zsk.dnskey, wanted)) {
		zsk_clear(&zsk);
		return err_set(err, E_INPUT,
		    "key \"%.100s\" (key tag %u) is not in the %s",
		    wanted->identifier, wanted->tag,
		    store->in_files ? "folder of ZSKs" : "token");
	}
	memcpy(zsk.dnskey.identifier, wanted->identifier,
	    sizeof(zsk.dnskey.identifier));
	if (!known_tags_add(&store->known, &zsk.dnskey, err)) {
		zsk_clear(&zsk);
		return false;
	}
	*ret = zsk;
	return true;
}

/* What the maker's functions work on. */
struct making {
	struct zsk_store *store;
	const struct key_wanted *wanted;
	struct zsk *zsk;
};

static bool
make_in_token(void *arg, struct dnskey *ret, struct err *err)
{
	struct making *m = arg;
	const struct config *config = m->store->context->config;
	const char *zone = config->ksk_policy.signers_name;
	uint8_t mark[PURPOSE_MARK_SIZE] = { 0 };
	const struct hsm_keygen what = { .label = m->wanted->label,
		.type = token_kind_of(m->wanted->algorithm)->type,
		.rsa_bits = m->wanted->bits,
		.id = mark,
		.wishes = keygen_wishes(config, PURPOSE_ZSK) };

	if (!purpose_mark(PURPOSE_ZSK, zone, m->wanted->label, mark, err) ||
	    !token_keygen(&m->store->token, &what, &m->zsk->key, err) ||
	    !of_token(m->store, m->wanted->algorithm, m->zsk, err))
		return false;
	*ret = m->zsk->dnskey;
	return true;
}

static bool
discard_in_token(void *arg, const struct dnskey *key, struct err *err)
{
	struct making *m = arg;

	(void)key;
	return token_delete(&m->store->token, &m->zsk->key, err);
}

static bool
make_in_memory(void *arg, struct dnskey *ret, struct err *err)
{
	struct making *m = arg;
	struct dnskey key;

	if (!zsk_pair_make(m->wanted->algorithm, m->wanted->bits, &key,
		&m->zsk->pkey, err))
		return false;
	memcpy(key.identifier, m->wanted->label, strlen(m->wanted->label) + 1);
	key.ttl_s = config_request_ttl_s(m->store->context->config);
	key.flags = DNSKEY_FLAGS_ZSK;
	key.protocol = DNSKEY_PROTOCOL;
	key.tag = dnskey_tag(&key);
	m->zsk->dnskey = *ret = key;
	return true;
}

static bool
write_files(void *arg, const struct dnskey *key, struct err *err)
{
	struct making *m = arg;

	return zsk_file_write(&m->store->folder, key, m->zsk->pkey, err);
}

static bool
forget_in_memory(void *arg, const struct dnskey *key, struct err *err)
{
	struct making *m = arg;

	(void)key;
	(void)err;
	zsk_clear(m->zsk);
	return true;
}

static bool
make(struct zsk_store *store, const struct key_wanted *wanted, struct zsk *ret,
    struct err *err)
{
	struct making making = { store, wanted, ret };
	const struct key_maker in_token = { &making, make_in_token, NULL,
		discard_in_token };
	const struct key_maker in_files = { &making, make_in_memory,
		write_files, forget_in_memory };
	struct dnskey key;

	return distinct_key_make(store->context->record, &store->known, wanted,
	    store->by_files ? &in_files : &in_token, &key, err);
}

/* A key that was there already cannot be discarded: it may be in use. */
static bool
check_found(const struct zsk_store *store, const struct key_wanted *wanted,
    const struct zsk *zsk, struct err *err)
{
	const struct known_tag *clash =
	    known_tags_clash(&store->known, &zsk->dnskey);
	char text[ALGORITHM_TEXT_SIZE];

	if (zsk->dnskey.algorithm != wanted->algorithm)
		return err_set(err, E_INPUT,
		    "key \"%s\" is there already and is no key of %s",
		    wanted->label, algorithm_text(wanted->algorithm, text));
	return clash == NULL ||
	    err_set(err, E_INPUT,
		"key \"%s\" (key tag %u) is there already and shares tag and "
		"algorithm with \"%.100s\"",
		wanted->label, zsk->dnskey.tag, clash->identifier);
}

bool
zsk_store_find_or_make(struct zsk_store *store, const struct key_wanted *wanted,
    struct zsk *ret, struct err *err)
{
	struct zsk zsk = { .pkey = NULL };
	bool there = false;
	bool ok =
	    find(store, wanted->label, wanted->algorithm, &zsk, &there, err);

	if (ok)
		ok = there ? check_found(store, wanted, &zsk, err)
			   : make(store, wanted, &zsk, err);
	if (!ok || !known_tags_add(&store->known, &zsk.dnskey, err)) {
		zsk_clear(&zsk);
		return false;
	}
	*ret = zsk;
	ret->is_new = !there;
	return true;
}

bool
zsk_store_sign(struct zsk_store *store, const struct zsk *zsk,
    struct bytes data, struct rrsig *ret, struct err *err)
{
	if (store->by_files)
		return zsk_pair_sign(zsk->pkey, &zsk->dnskey, data, ret, err) ||
		    err_prefix(err, "key \"%s\"", zsk->dnskey.identifier);
	return token_sign_proof(
	    &store->token, &zsk->key, &zsk->dnskey, data, ret, err);
}
