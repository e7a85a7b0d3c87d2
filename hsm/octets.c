#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "hsm/octets.h"

#define CHUNK 65536u

/* As many as there are up to len; -1 on an error. */
static ssize_t
read_at(int fd, uint8_t *ret, size_t len, uint64_t offset)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(
		    fd, ret + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static bool
hash_chunks(EVP_MD_CTX *ctx, int fd, const char *name,
    uint8_t ret[HSM_SHA256_SIZE], struct err *err)
{
	uint8_t chunk[CHUNK];
	uint64_t total = 0;
	ssize_t n;

	if (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
		return err_set(err, E_INTERNAL, "the digest failed");
	while ((n = read_at(fd, chunk, sizeof(chunk), total)) > 0) {
		total += (uint64_t)n;
		if (total > CODE_FILE_MAX)
			return err_set(err, E_HSM,
			    "%s: larger than the limit of %u octets", name,
			    CODE_FILE_MAX);
		if (EVP_DigestUpdate(ctx, chunk, (size_t)n) != 1)
			return err_set(err, E_INTERNAL, "the digest failed");
	}
	if (n < 0)
		return err_set(err, E_HSM, "%s: %s", name, strerror(errno));
	return EVP_DigestFinal_ex(ctx, ret, NULL) == 1 ||
	    err_set(err, E_INTERNAL, "the digest failed");
}

bool
octets_hash(int fd, const char *name, uint8_t ret[HSM_SHA256_SIZE],
    struct err *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	if (ctx == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	ok = hash_chunks(ctx, fd, name, ret, err);
	EVP_MD_CTX_free(ctx);
	return ok;
}

bool
octets_are(int fd, const uint8_t *memory, size_t len, uint64_t offset)
{
	uint8_t chunk[CHUNK];

	for (size_t done = 0; done < len;) {
		size_t part = len - done < CHUNK ? len - done : CHUNK;
		ssize_t n = read_at(fd, chunk, part, offset + done);

		if (n < 0)
			return false;
		memset(chunk + n, 0, part - (size_t)n);
		if (memcmp(memory + done, chunk, part) != 0)
			return false;
		done += part;
	}
	return true;
}
