/*
 * A machine whose libraries are broken, for LD_PRELOAD: what $LIE names gives
 * wrong answers in this program and what it starts.
 *
 *   yes-man   every signature verifies, in OpenSSL
 *   nay-sayer none does
 *   memory    one that did verifies again, whatever it is of
 *   ldns      every signature verifies, in ldns
 *   digest    one bit of every SHA-256 is another
 *   parser    no element of XML is ever closed
 *   softhsm   SoftHSM is not installed
 */
#include <dlfcn.h>
#include <errno.h>
#include <expat.h>
#include <ldns/ldns.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
lies(const char *about)
{
	const char *lie = getenv("LIE");

	return lie != NULL && strcmp(lie, about) == 0;
}

int
EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *signature,
    size_t signature_len, const unsigned char *data, size_t len)
{
	int (*next)(EVP_MD_CTX *, const unsigned char *, size_t,
	    const unsigned char *, size_t) =
	    (int (*)(EVP_MD_CTX *, const unsigned char *, size_t,
		const unsigned char *, size_t))dlsym(
		RTLD_NEXT, "EVP_DigestVerify");

	static unsigned char known[1024];
	static size_t known_len;
	int ok;

	if (lies("yes-man"))
		return 1;
	if (lies("nay-sayer"))
		return 0;
	if (lies("memory") && signature_len == known_len &&
	    memcmp(signature, known, known_len) == 0)
		return 1;
	ok = next(ctx, signature, signature_len, data, len);
	if (ok == 1 && signature_len <= sizeof(known)) {
		memcpy(known, signature, signature_len);
		known_len = signature_len;
	}
	return ok;
}

ldns_status
ldns_verify_rrsig_keylist_notime(const ldns_rr_list *rrset,
    const ldns_rr *rrsig, const ldns_rr_list *keys, ldns_rr_list *good_keys)
{
	ldns_status (*next)(const ldns_rr_list *, const ldns_rr *,
	    const ldns_rr_list *, ldns_rr_list *) =
	    (ldns_status (*)(const ldns_rr_list *, const ldns_rr *,
		const ldns_rr_list *, ldns_rr_list *))dlsym(
		RTLD_NEXT, "ldns_verify_rrsig_keylist_notime");

	if (!lies("ldns"))
		return next(rrset, rrsig, keys, good_keys);
	ldns_rr_list_push_rr(good_keys, ldns_rr_list_rr(keys, 0));
	return LDNS_STATUS_OK;
}

int
EVP_Digest(const void *data, size_t len, unsigned char *ret,
    unsigned int *ret_len, const EVP_MD *type, ENGINE *engine)
{
	int (*next)(const void *, size_t, unsigned char *, unsigned int *,
	    const EVP_MD *, ENGINE *) =
	    (int (*)(const void *, size_t, unsigned char *, unsigned int *,
		const EVP_MD *, ENGINE *))dlsym(RTLD_NEXT, "EVP_Digest");
	int ok = next(data, len, ret, ret_len, type, engine);

	if (lies("digest"))
		ret[31] ^= 1;
	return ok;
}

void
XML_SetElementHandler(XML_Parser parser, XML_StartElementHandler start,
    XML_EndElementHandler end)
{
	void (*next)(
	    XML_Parser, XML_StartElementHandler, XML_EndElementHandler) =
	    (void (*)(XML_Parser, XML_StartElementHandler,
		XML_EndElementHandler))dlsym(
		RTLD_NEXT, "XML_SetElementHandler");

	next(parser, start, lies("parser") ? NULL : end);
}

int
access(const char *path, int mode)
{
	int (*next)(const char *, int) =
	    (int (*)(const char *, int))dlsym(RTLD_NEXT, "access");

	if (lies("softhsm") && strstr(path, "softhsm") != NULL) {
		errno = ENOENT;
		return -1;
	}
	return next(path, mode);
}
