#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "ksr/dns/pubkey.h"

bool
sha256(struct bytes data, uint8_t ret[SHA256_SIZE], struct err *err)
{
	if (EVP_Digest(data.data, data.len, ret, NULL, EVP_sha256(), NULL) == 1)
		return true;
	ERR_clear_error();
	return err_set(err, E_INTERNAL, "OpenSSL cannot compute SHA-256");
}

bool
same_sha256(const uint8_t a[SHA256_SIZE], const uint8_t b[SHA256_SIZE])
{
	return memcmp(a, b, SHA256_SIZE) == 0;
}
