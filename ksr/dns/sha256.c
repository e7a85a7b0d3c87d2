#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "ksr/dns/sha256.h"

bool
sha256(struct bytes data, uint8_t ret[SHA256_SIZE], struct err *err)
{
	if (EVP_Digest(data.data, data.len, ret, NULL, EVP_sha256(), NULL) == 1)
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
