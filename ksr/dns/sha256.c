#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ksr/dns/sha256.h"

#define CHUNK 65536u

bool
sha256(struct bytes data, uint8_t ret[SHA256_SIZE], struct err *err)
{
	if (EVP_Digest(data.data, data.len, ret, NULL, EVP_sha256(), NULL) == 1)
		return true;
	ERR_clear_error();
	return err_set(err, E_INTERNAL, "OpenSSL cannot compute SHA-256");
}

bool
sha256_fd(int fd, const char *name, uint64_t *ret_size,
    uint8_t ret[SHA256_SIZE], struct err *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t chunk[CHUNK];
	ssize_t n = 0;
	bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

	*ret_size = 0;
	while (ok && (n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_set_errno(err, "%s", name);
			break;
		}
		ok = EVP_DigestUpdate(ctx, chunk, (size_t)n) == 1;
		*ret_size += (uint64_t)n;
	}
	ok = ok && EVP_DigestFinal_ex(ctx, ret, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	if (n < 0)
		return false;
	if (ok)
		return true;
	ERR_clear_error();
	return err_set(err, E_INTERNAL, "OpenSSL cannot compute SHA-256");
}

bool
sha384(struct bytes data, uint8_t ret[SHA384_SIZE], struct err *err)
{
	if (EVP_Digest(data.data, data.len, ret, NULL, EVP_sha384(), NULL) == 1)
		return true;
	ERR_clear_error();
	return err_set(err, E_INTERNAL, "OpenSSL cannot compute SHA-384");
}

bool
same_sha256(const uint8_t a[SHA256_SIZE], const uint8_t b[SHA256_SIZE])
{
	return memcmp(a, b, SHA256_SIZE) == 0;
}

void
sha256_text(const uint8_t digest[SHA256_SIZE], char ret[SHA256_TEXT_SIZE])
{
	for (size_t i = 0; i < SHA256_SIZE; i++)
		snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}
