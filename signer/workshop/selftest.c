#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/base/words.h"
#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "ksr/dns/sha256.h"
#include "ksr/response/response.h"
#include "ksr/rules/independent.h"
#include "signer/workshop/selftest.h"

#define VECTOR_MAX 8192

const struct selftest_case *
selftest_find(const char *id)
{
	for (size_t i = 0; i < selftest_n_cases; i++)
		if (strcmp(selftest_cases[i].id, id) == 0)
			return &selftest_cases[i];
	return NULL;
}

bool
selftest_run(const struct selftest_case *self, struct err *err)
{
	return self->run(self, err) || err_prefix(err, "%s", self->id);
}

bool
selftest_refuse(size_t n_failed, struct err *err)
{
	return err_set(err, E_REFUSED,
	    "%zu self-test%s failed: this program or this machine must not be "
	    "used",
	    n_failed, n_failed == 1 ? "" : "s");
}

static bool
wrong(struct err *err, const char *what)
{
	return err_set(err, E_REFUSED, "%s", what);
}

/* Two texts that must be the same. */
static bool
same(const char *what, const char *seen, const char *wanted, struct err *err)
{
	return strcmp(seen, wanted) == 0 ||
	    err_set(err, E_REFUSED, "%s is %.160s, not %.160s", what, seen,
		wanted);
}

static bool
same_digest(const char *what, struct bytes data, const char *wanted,
    struct err *err)
{
	char hex[SHA256_TEXT_SIZE];
	uint8_t digest[SHA256_SIZE];

	if (!sha256(data, digest, err))
		return false;
	sha256_text(digest, hex);
	return same(what, hex, wanted, err);
}

/* Hex digits of any even number, up to VECTOR_MAX octets. */
static bool
parse_hex(const char *text, uint8_t ret[VECTOR_MAX], struct bytes *ret_bytes,
    struct err *err)
{
	size_t len = strlen(text) / 2;

	if (len > VECTOR_MAX || !hex_parse(text, ret, len))
		return wrong(err, "a vector's hex digits are none");
	*ret_bytes = (struct bytes){ ret, len };
	return true;
}

/* message; SHA-256 in hex */
bool
selftest_sha256(const struct selftest_case *self, struct err *err)
{
	return same_digest("the SHA-256", bytes_of_string(self->texts[0]),
	    self->texts[1], err);
}

/* octets in hex; words */
bool
selftest_words(const struct selftest_case *self, struct err *err)
{
	uint8_t octets[VECTOR_MAX], back[VECTOR_MAX];
	struct buf words = buf_new(VECTOR_MAX);
	struct bytes bytes;
	bool ok = parse_hex(self->texts[0], octets, &bytes, err);

	if (ok) {
		words_format(bytes, &words);
		buf_u8(&words, '\0');
		ok = !words.failed &&
		    same("the words", (const char *)words.data, self->texts[1],
			err) &&
		    words_parse(self->texts[1], back, bytes.len, err) &&
		    (memcmp(octets, back, bytes.len) == 0 ||
			wrong(err, "the words are other octets"));
	}
	buf_free(&words);
	return ok;
}

/* XML; its SHA-256 in hex.  The document is the caller's. */
static bool
read_document(
    const struct selftest_case *self, struct ksr **ret, struct err *err)
{
	struct bytes xml = bytes_of_string(self->texts[0]);

	return same_digest("the document's SHA-256", xml, self->texts[1],
		   err) &&
	    ksr_read(xml, self->id, ret, err);
}

/* A document that ends early, anywhere, is none. */
static bool
refuses_cut(struct bytes xml, struct err *err)
{
	struct err why;

	for (size_t len = 0; len + 8 < xml.len; len += 97) {
		struct ksr *ksr;

		if (ksr_read((struct bytes){ xml.data, len }, "cut", &ksr,
			&why)) {
			ksr_free(ksr);
			return wrong(err, "a document cut short was accepted");
		}
	}
	return true;
}

/* XML as it is written here; its SHA-256; kind, id, serial, domain, counts */
bool
selftest_document(const struct selftest_case *self, struct err *err)
{
	struct buf again = buf_new(VECTOR_MAX);
	struct buf summary = buf_new(VECTOR_MAX);
	struct ksr *ksr;
	bool ok;

	if (!read_document(self, &ksr, err))
		return false;
	ksr_write(ksr, &again);
	buf_printf(&summary,
	    "%s %s %llu %s, %zu bundles, %zu keys, %zu signatures",
	    ksr->kind == KSR_REQUEST ? "request" : "response", ksr->id,
	    (unsigned long long)ksr->serial, ksr->domain, ksr->n_bundles,
	    ksr->bundles[0].n_keys, ksr->bundles[0].n_signatures);
	buf_u8(&summary, '\0');
	ok = !summary.failed &&
	    same("what was read", (const char *)summary.data, self->texts[2],
		err) &&
	    (bytes_equal(buf_bytes(&again), bytes_of_string(self->texts[0])) ||
		wrong(err, "what was read is written otherwise")) &&
	    refuses_cut(bytes_of_string(self->texts[0]), err);
	ksr_free(ksr);
	buf_free(&summary);
	buf_free(&again);
	return ok;
}

/* The key of the bundle that made its signature; NULL if none did. */
static const struct dnskey *
signer_of(const struct bundle *bundle, const struct rrsig *rrsig)
{
	for (size_t i = 0; i < bundle->n_keys; i++)
		if (strcmp(bundle->keys[i].identifier, rrsig->identifier) == 0)
			return &bundle->keys[i];
	return NULL;
}

/* Whether the signature fails, by `verify`, once an octet of it is another. */
static bool
refuses_changed(struct ksr *ksr,
    bool (*verify)(const struct ksr *ksr, struct err *err), struct err *err)
{
	struct rrsig *rrsig = &ksr->bundles[0].signatures[0];
	struct err why;

	rrsig->signature[rrsig->signature_len / 2] ^= 1;
	if (verify(ksr, &why))
		return wrong(err, "a changed signature was accepted");
	rrsig->signature[rrsig->signature_len / 2] ^= 1;
	/* Signed too: what is covered is other, the key is the same. */
	rrsig->inception++;
	return !verify(ksr, &why) ||
	    wrong(err, "a signature over other octets was accepted");
}

static bool
verify_ours(const struct ksr *ksr, struct err *err)
{
	const struct bundle *bundle = &ksr->bundles[0];
	const struct rrsig *rrsig = &bundle->signatures[0];
	const struct dnskey *key = signer_of(bundle, rrsig);

	return key == NULL
	    ? wrong(err, "the signature's key is missing")
	    : rrsig_verify(rrsig, key, ksr->domain, bundle->keys,
		  bundle->n_keys, err);
}

static bool
verify_independent(const struct ksr *ksr, struct err *err)
{
	return independent_verify(ksr, 0, 0, err);
}

static bool
has_ds(const struct ksr *ksr, const char *wanted, struct err *err)
{
	const struct bundle *bundle = &ksr->bundles[0];
	const struct dnskey *key = signer_of(bundle, &bundle->signatures[0]);
	uint8_t ds[DS_SHA256_SIZE];
	char hex[SHA256_TEXT_SIZE];
	struct dname owner;

	if (key == NULL)
		return wrong(err, "the signature's key is missing");
	if (!dname_parse(ksr->domain, &owner, err) ||
	    !dnskey_ds(&owner, key, ds, err))
		return false;
	sha256_text(ds, hex);
	return same("the KSK's DS", hex, wanted, err);
}

/* response; its SHA-256; SHA-256 of what its signature covers; the KSK's DS */
bool
selftest_covered(const struct selftest_case *self, struct err *err)
{
	struct buf data = buf_new(TO_BE_SIGNED_MAX);
	struct ksr *ksr;
	bool ok;

	if (!read_document(self, &ksr, err))
		return false;
	ok = response_to_be_signed(ksr, 0, 0, &data, err) &&
	    same_digest("the SHA-256 of what is signed", buf_bytes(&data),
		self->texts[2], err) &&
	    has_ds(ksr, self->texts[3], err) && verify_ours(ksr, err) &&
	    refuses_changed(ksr, verify_ours, err);
	ksr_free(ksr);
	buf_free(&data);
	return ok;
}

/* request; its SHA-256 */
bool
selftest_possession(const struct selftest_case *self, struct err *err)
{
	struct ksr *ksr;
	bool ok;

	if (!read_document(self, &ksr, err))
		return false;
	ok = verify_ours(ksr, err) && refuses_changed(ksr, verify_ours, err);
	ksr_free(ksr);
	return ok;
}

/* response; its SHA-256 */
bool
selftest_independent(const struct selftest_case *self, struct err *err)
{
	struct ksr *ksr;
	bool ok;

	if (!read_document(self, &ksr, err))
		return false;
	ok = verify_independent(ksr, err) &&
	    refuses_changed(ksr, verify_independent, err);
	ksr_free(ksr);
	return ok;
}

/* "257 13" and the public key in base64. */
static bool
parse_key(const char *numbers, const char *base64, struct dnskey *ret,
    struct err *err)
{
	struct dnskey key = { .protocol = DNSKEY_PROTOCOL };
	const char *space = strchr(numbers, ' ');
	char flags[8] = "";
	uint64_t number;
	size_t len;

	if (space == NULL || (size_t)(space - numbers) >= sizeof(flags))
		return wrong(err, "a vector's key has no numbers");
	memcpy(flags, numbers, (size_t)(space - numbers));
	if (!number_parse(flags, UINT16_MAX, &number))
		return wrong(err, "a vector's flags are none");
	key.flags = (uint16_t)number;
	if (!number_parse(space + 1, UINT8_MAX, &number))
		return wrong(err, "a vector's algorithm is none");
	key.algorithm = (uint8_t)number;
	if (!base64_parse(
		base64, key.public_key, sizeof(key.public_key), &len))
		return wrong(err, "a vector's key is no base64");
	key.public_key_len = (uint16_t)len;
	*ret = key;
	return true;
}

/* Neither another signature nor other octets may verify. */
static bool
refuses_forged(const struct dnskey *key, struct bytes data, uint8_t *octets,
    uint8_t *signature, size_t len, struct err *err)
{
	struct err why;

	signature[len - 1] ^= 1;
	if (pubkey_verify(key, data, (struct bytes){ signature, len }, &why))
		return wrong(err, "a changed signature was accepted");
	signature[len - 1] ^= 1;
	octets[data.len - 1] ^= 1;
	return !pubkey_verify(
		   key, data, (struct bytes){ signature, len }, &why) ||
	    wrong(err, "a signature over other octets was accepted");
}

/* flags and algorithm; public key; key tag; signed octets; signature */
bool
selftest_signature(const struct selftest_case *self, struct err *err)
{
	uint8_t octets[VECTOR_MAX], signature[SIGNATURE_MAX];
	char tag[8];
	struct dnskey key;
	struct bytes data;
	size_t len;

	if (!parse_key(self->texts[0], self->texts[1], &key, err) ||
	    !parse_hex(self->texts[3], octets, &data, err))
		return false;
	if (!base64_parse(
		self->texts[4], signature, sizeof(signature), &len))
		return wrong(err, "a vector's signature is no base64");
	snprintf(tag, sizeof(tag), "%u", dnskey_tag(&key));
	return same("the key tag", tag, self->texts[2], err) &&
	    pubkey_verify(
		&key, data, (struct bytes){ signature, len }, err) &&
	    refuses_forged(&key, data, octets, signature, len, err);
}

/* flags and algorithm; public key; owner; digest in hex */
bool
selftest_ds(const struct selftest_case *self, struct err *err)
{
	uint8_t ds[DS_SHA256_SIZE];
	char hex[SHA256_TEXT_SIZE];
	struct dnskey key;
	struct dname owner;

	if (!parse_key(self->texts[0], self->texts[1], &key, err) ||
	    !dname_parse(self->texts[2], &owner, err) ||
	    !dnskey_ds(&owner, &key, ds, err))
		return false;
	sha256_text(ds, hex);
	return same("the DS", hex, self->texts[3], err);
}

/* flags and algorithm; public key; key tag */
bool
selftest_tag(const struct selftest_case *self, struct err *err)
{
	struct dnskey key;
	char tag[8];

	if (!parse_key(self->texts[0], self->texts[1], &key, err))
		return false;
	snprintf(tag, sizeof(tag), "%u", dnskey_tag(&key));
	return same("the key tag", tag, self->texts[2], err);
}
