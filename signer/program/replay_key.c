#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "signer/keys/generate.h"
#include "signer/keys/keyinfo.h"
#include "signer/program/replay_steps.h"
#include "signer/record/input.h"
#include "signer/record/json.h"

#define CSR_MAX 16384

static bool
number_of(const json_t *json, const char *key, uint64_t max, uint64_t *ret)
{
	const json_t *number = json_object_get(json, key);

	if (!json_is_integer(number) || json_integer_value(number) < 0 ||
	    (uint64_t)json_integer_value(number) > max)
		return false;
	*ret = (uint64_t)json_integer_value(number);
	return true;
}

static bool
parse_dnskey(const json_t *json, struct dnskey *ret)
{
	const char *identifier = fact_text(json, "key_identifier");
	uint64_t tag, ttl, flags, protocol, algorithm;
	struct dnskey key = { 0 };
	size_t len;

	if (identifier[0] == '\0' || strlen(identifier) > ID_MAX ||
	    !number_of(json, "key_tag", UINT16_MAX, &tag) ||
	    !number_of(json, "ttl", DNS_TTL_MAX, &ttl) ||
	    !number_of(json, "flags", UINT16_MAX, &flags) ||
	    !number_of(json, "protocol", UINT8_MAX, &protocol) ||
	    !number_of(json, "algorithm", UINT8_MAX, &algorithm) ||
	    !base64_parse(fact_text(json, "public_key"), key.public_key,
		sizeof(key.public_key), &len))
		return false;
	snprintf(key.identifier, sizeof(key.identifier), "%s", identifier);
	key.tag = (uint16_t)tag;
	key.ttl_s = (uint32_t)ttl;
	key.flags = (uint16_t)flags;
	key.protocol = (uint8_t)protocol;
	key.algorithm = (uint8_t)algorithm;
	key.public_key_len = (uint16_t)len;
	*ret = key;
	return true;
}

bool
dnskey_of_json(struct rerun *rerun, const json_t *json, struct dnskey *ret)
{
	struct pubkey_info info;
	struct dnskey key;
	struct err why;

	if (!parse_dnskey(json, &key)) {
		differs(rerun, "a recorded key is no DNSKEY");
	} else if (key.protocol != DNSKEY_PROTOCOL) {
		differs(rerun, "key \"%s\": protocol %u", key.identifier,
		    key.protocol);
	} else if (!pubkey_info(&key, &info, &why)) {
		differs(rerun, "key \"%s\": %s", key.identifier, why.msg);
	} else if (dnskey_tag(&key) != key.tag) {
		differs(rerun, "key \"%s\": has key tag %u, recorded is %u",
		    key.identifier, dnskey_tag(&key), key.tag);
	} else {
		*ret = key;
		return true;
	}
	return false;
}

bool
replay_generating(struct rerun *rerun, const json_t *line, struct err *err)
{
	(void)err;
	replay_clash(rerun);
	rerun->generating = line;
	return true;
}

/*
 * What keys of this run are for: what keygen was told, ZSKs for a request.
 * Versions before 0.2.0 did not record it and made no others.
 */
static bool
purpose_of_run(struct rerun *rerun, enum key_purpose *ret, struct err *err)
{
	const json_t *recorded = json_object_get(rerun->generating, "purpose");
	enum key_purpose purpose = PURPOSE_ZSK;
	char *given = NULL;

	if (strcmp(rerun->run->command, "keygen") == 0) {
		purpose = PURPOSE_KSK;
		if (!replay_argument(
			rerun, &cmd_keygen, "purpose", &given, err))
			return false;
		if (given != NULL && !purpose_of_name(given, &purpose))
			differs(rerun, "keys have no purpose \"%s\"", given);
		free(given);
	}
	if (recorded != NULL)
		differs_unless_equal(rerun, "purpose", recorded,
		    json_string(purpose_name(purpose)));
	*ret = purpose;
	return true;
}

/* The key is the one that was about to be made. */
static bool
compare_intent(struct rerun *rerun, const struct dnskey *key, struct err *err)
{
	const json_t *intent = rerun->generating;
	const struct algorithm *algorithm =
	    algorithm_of_mnemonic(fact_text(intent, "algorithm"));
	struct pubkey_info info;
	struct err why;
	enum key_purpose purpose = PURPOSE_KSK;

	if (!purpose_of_run(rerun, &purpose, err))
		return false;
	if (strcmp(fact_text(intent, "label"), key->identifier) != 0 ||
	    algorithm == NULL || algorithm->number != key->algorithm)
		differs(rerun,
		    "key \"%s\" (algorithm %u) is not the one that was about "
		    "to be made",
		    key->identifier, key->algorithm);
	if (pubkey_info(key, &info, &why) && info.family == FAMILY_RSA &&
	    json_integer_value(json_object_get(intent, "bits")) != info.bits)
		differs(rerun, "key \"%s\" has %u bits, asked for were others",
		    key->identifier, info.bits);
	if (rerun->config != NULL && key->ttl_s != config_ttl_s(rerun->config))
		differs(rerun, "key \"%s\" has TTL %u, not the configuration's",
		    key->identifier, key->ttl_s);
	if (key->flags != purpose_flags(purpose))
		differs(rerun, "key \"%s\" has flags %u", key->identifier,
		    key->flags);
	return true;
}

bool
replay_key(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct dnskey *list, key;

	if (!dnskey_of_json(rerun, json_object_get(line, "key"), &key))
		return true;
	if (!compare_intent(rerun, &key, err))
		return false;
	list =
	    realloc(rerun->generated, (rerun->n_generated + 1) * sizeof(*list));
	if (list == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	rerun->generated = list;
	list[rerun->n_generated++] = key;
	return replay_made(rerun, &key, err);
}

bool
replay_key_to_delete(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct dnskey key;
	struct err why;

	(void)err;
	if (!dnskey_of_json(rerun, json_object_get(line, "key"), &key))
		return true;
	rerun->to_delete = line;
	if (rerun->config != NULL &&
	    !keyinfo_deletable(
		rerun->config, key.identifier, rerun->now, &why))
		rerun->refusal = why;
	return true;
}

bool
replay_deletion(struct rerun *rerun, const json_t *line, struct err *err)
{
	(void)err;
	if (!json_equal(json_object_get(line, "key"),
		json_object_get(rerun->to_delete, "key")))
		differs(rerun,
		    "this is not the key whose deletion was confirmed");
	return true;
}

static bool
stands_in(const struct ksr *request, const struct dnskey *key)
{
	for (size_t i = 0; i < request->n_bundles; i++)
		for (size_t j = 0; j < request->bundles[i].n_keys; j++)
			if (dnskey_equal(&request->bundles[i].keys[j], key))
				return true;
	return false;
}

static void
verify_possession(struct rerun *rerun, const struct ksr *request)
{
	struct err why;

	for (size_t i = 0; i < request->n_bundles; i++) {
		const struct bundle *b = &request->bundles[i];

		for (size_t s = 0; s < b->n_signatures; s++) {
			const struct dnskey *key = NULL;

			for (size_t k = 0; k < b->n_keys; k++)
				if (strcmp(b->keys[k].identifier,
					b->signatures[s].identifier) == 0)
					key = &b->keys[k];
			if (key == NULL ||
			    !rrsig_verify(&b->signatures[s], key,
				request->domain, b->keys, b->n_keys, &why))
				differs(rerun,
				    "bundle %zu (%s): signature %zu does not "
				    "verify",
				    i + 1, b->id, s + 1);
		}
	}
}

bool
replay_request(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct buf xml = buf_new(KSR_FILE_MAX), again = buf_new(KSR_FILE_MAX);
	struct ksr *request = NULL;
	struct err why;

	(void)err;
	if (!stored_read(&rerun->replay->ceremony, line, &xml, &why) ||
	    !ksr_read(
		buf_bytes(&xml), fact_text(line, "path"), &request, &why) ||
	    !document_is(request, fact_text(line, "path"), KSR_REQUEST, &why)) {
		differs(rerun, "%s", why.msg);
	} else {
		verify_possession(rerun, request);
		replay_clash(rerun);
		replay_unknown_clash(rerun, request);
		for (size_t i = 0; i < rerun->n_generated; i++)
			if (!stands_in(request, &rerun->generated[i]))
				differs(rerun,
				    "the request lacks key \"%s\", which was "
				    "made for it",
				    rerun->generated[i].identifier);
		ksr_write(request, &again);
		if (!bytes_equal(buf_bytes(&xml), buf_bytes(&again)))
			differs(rerun,
			    "the request is not as this program writes it");
	}
	ksr_free(request);
	buf_free(&again);
	buf_free(&xml);
	return true;
}

/* The DNSKEY form of a certificate request's key. */
static bool
fields_of_pkey(EVP_PKEY *pkey, struct dnskey *ret, struct err *err)
{
	uint8_t modulus[PUBLIC_KEY_MAX], exponent[PUBLIC_KEY_MAX];
	uint8_t point[PUBLIC_KEY_MAX];
	BIGNUM *n = NULL, *e = NULL;
	size_t len = 0;
	bool ok = false;

	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
	    BN_num_bytes(n) <= (int)sizeof(modulus) &&
	    BN_num_bytes(e) <= (int)sizeof(exponent))
		ok = pubkey_encode_rsa(
		    (struct bytes){ modulus, (size_t)BN_bn2bin(n, modulus) },
		    (struct bytes){ exponent, (size_t)BN_bn2bin(e, exponent) },
		    ret, err);
	else if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY,
		     point, sizeof(point), &len) == 1 &&
	    len > 1 && point[0] == 4) {
		/* SEC 1 2.3.3: 4, X, Y; RFC 6605 4: X, Y. */
		memcpy(ret->public_key, point + 1, len - 1);
		ret->public_key_len = (uint16_t)(len - 1);
		ok = true;
	}
	BN_free(n);
	BN_free(e);
	return ok;
}

static bool
verify_csr(struct bytes pem, const struct dnskey *key)
{
	BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	X509_REQ *req =
	    bio == NULL ? NULL : PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
	EVP_PKEY *pkey = req == NULL ? NULL : X509_REQ_get0_pubkey(req);
	struct dnskey own = { .algorithm = key->algorithm };
	struct err ignored;
	bool ok;

	ok = pkey != NULL && X509_REQ_verify(req, pkey) == 1 &&
	    fields_of_pkey(pkey, &own, &ignored) && dnskey_same_key(&own, key);
	X509_REQ_free(req);
	BIO_free(bio);
	ERR_clear_error();
	return ok;
}

bool
replay_csr(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct buf pem = buf_new(CSR_MAX);
	struct err why;

	(void)err;
	if (!stored_read(&rerun->replay->ceremony, line, &pem, &why))
		differs(rerun, "%s", why.msg);
	else if (rerun->n_generated > 0 &&
	    !verify_csr(buf_bytes(&pem), &rerun->generated[0]))
		differs(rerun,
		    "the certificate request is not signed by the key that "
		    "was made");
	buf_free(&pem);
	return true;
}
