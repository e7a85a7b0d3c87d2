#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "hsm/wrap.h"

/* By OpenSSL, what a key that is no secret makes of zeros. */
static bool
known_check(const uint8_t key[COMPONENT_SIZE], uint8_t ret[HSM_CHECK_SIZE],
    struct err *err)
{
	uint8_t zeros[16] = { 0 }, block[32];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len;
	bool ok = ctx != NULL &&
	    EVP_EncryptInit_ex2(ctx, EVP_aes_256_ecb(), key, NULL, NULL) == 1 &&
	    EVP_EncryptUpdate(ctx, block, &len, zeros, sizeof(zeros)) == 1 &&
	    len == (int)sizeof(zeros);

	EVP_CIPHER_CTX_free(ctx);
	if (!ok)
		return err_set(err, E_INTERNAL, "OpenSSL's AES");
	memcpy(ret, block, HSM_CHECK_SIZE);
	return true;
}

static bool
try_one(struct hsm *hsm, enum hsm_side side, struct err *err)
{
	uint8_t key[COMPONENT_SIZE], wanted[HSM_CHECK_SIZE],
	    seen[HSM_CHECK_SIZE];
	CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
	enum hsm_wrap how;
	bool ok;

	if (RAND_bytes(key, sizeof(key)) != 1)
		return err_set(err, E_INTERNAL, "no random octets");
	if (!known_check(key, wanted, err) ||
	    !wrap_choose(hsm, side, HSM_FROM_COMPONENTS, &how, err))
		return false;
	ok = wrap_give(hsm, side, key, &handle, seen, err);
	ok = wrap_forget(hsm, handle, ok, err);
	return ok &&
	    (memcmp(seen, wanted, sizeof(seen)) == 0 ||
		err_set(err, E_HSM, "its check value is another than AES's"));
}

bool
here_can_take_components(struct hsm *hsm, enum hsm_side side, struct err *err)
{
	if (token_require_login(hsm, err) && try_one(hsm, side, err))
		return true;
	err_prefix(err, "it makes no key of officers' components");
	return token_context(hsm, err);
}

static bool
is_zero(const uint8_t octets[COMPONENT_SIZE])
{
	uint8_t all = 0;

	for (size_t i = 0; i < COMPONENT_SIZE; i++)
		all |= octets[i];
	return all == 0;
}

static bool
check_of(struct hsm *hsm, enum hsm_side side,
    const uint8_t octets[COMPONENT_SIZE], uint8_t ret[HSM_CHECK_SIZE],
    struct err *err)
{
	CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
	bool ok = wrap_give(hsm, side, octets, &handle, ret, err);

	return wrap_forget(hsm, handle, ok, err);
}

bool
here_component(struct hsm *hsm, enum hsm_side side,
    const uint8_t component[COMPONENT_SIZE],
    uint8_t sum[COMPONENT_SIZE], uint8_t ret[HSM_CHECK_SIZE],
    uint8_t ret_whole[HSM_CHECK_SIZE], struct err *err)
{
	if (is_zero(component))
		return err_set(err, E_REFUSED, "the component is all zeros");
	for (size_t i = 0; i < COMPONENT_SIZE; i++)
		sum[i] ^= component[i];
	if (is_zero(sum))
		return err_set(err, E_REFUSED,
		    "the components cancel each other out: one was given "
		    "twice");
	return (token_require_login(hsm, err) &&
		   check_of(hsm, side, component, ret, err) &&
		   check_of(hsm, side, sum, ret_whole, err)) ||
	    token_context(hsm, err);
}
