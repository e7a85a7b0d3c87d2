#include <string.h>

#include <openssl/bn.h>

#include "ksr/dns/edwards.h"
#include "ksr/dns/evp.h"

#define POINT_SIZE_MAX 57 /* RFC 8032 5.2.2 */

/*
 * a x^2 + y^2 = 1 + d x^2 y^2 modulo p (RFC 8032 sections 5.1 and 5.2).  d is
 * no square, so that no denominator below is ever zero.
 */
struct curve {
	BIGNUM *p, *a, *d;
	int cofactor_bits; /* the cofactor is a power of two */
	BN_CTX *ctx;
};

static bool
set_ed25519(struct curve *c, BN_CTX *ctx)
{
	BIGNUM *n = BN_CTX_get(ctx);

	c->cofactor_bits = 3;
	/* p = 2^255 - 19, a = -1, d = -121665 / 121666 */
	return n != NULL && BN_set_bit(c->p, 255) && BN_sub_word(c->p, 19) &&
	    BN_sub(c->a, c->p, BN_value_one()) && BN_set_word(n, 121666) &&
	    BN_mod_inverse(n, n, c->p, ctx) != NULL && BN_mul_word(n, 121665) &&
	    BN_sub(n, c->p, n) && BN_nnmod(c->d, n, c->p, ctx);
}

static bool
set_ed448(struct curve *c, BN_CTX *ctx)
{
	BIGNUM *n = BN_CTX_get(ctx);

	c->cofactor_bits = 2;
	/* p = 2^448 - 2^224 - 1, a = 1, d = -39081 */
	return n != NULL && BN_set_bit(c->p, 448) && BN_set_bit(n, 224) &&
	    BN_sub(c->p, c->p, n) && BN_sub_word(c->p, 1) && BN_one(c->a) &&
	    BN_copy(c->d, c->p) != NULL && BN_sub_word(c->d, 39081);
}

/* ret = over / under */
static bool
divide(
    const struct curve *c, BIGNUM *ret, const BIGNUM *over, const BIGNUM *under)
{
	BIGNUM *inverse;
	bool ok;

	BN_CTX_start(c->ctx);
	inverse = BN_CTX_get(c->ctx);
	ok = inverse != NULL &&
	    BN_mod_inverse(inverse, under, c->p, c->ctx) != NULL &&
	    BN_mod_mul(ret, over, inverse, c->p, c->ctx);
	BN_CTX_end(c->ctx);
	return ok;
}

/* x^2 = (1 - y^2) / (a - d y^2) */
static bool
x2_of_y2(const struct curve *c, BIGNUM *x2, const BIGNUM *y2)
{
	BIGNUM *over, *under;
	bool ok;

	BN_CTX_start(c->ctx);
	over = BN_CTX_get(c->ctx);
	under = BN_CTX_get(c->ctx);
	ok = under != NULL &&
	    BN_mod_sub(over, BN_value_one(), y2, c->p, c->ctx) &&
	    BN_mod_mul(under, c->d, y2, c->p, c->ctx) &&
	    BN_mod_sub(under, c->a, under, c->p, c->ctx) &&
	    divide(c, x2, over, under);
	BN_CTX_end(c->ctx);
	return ok;
}

/* The doubled point's y = (y^2 - a x^2) / (1 - d x^2 y^2); x is not needed. */
static bool
double_y(const struct curve *c, BIGNUM *y)
{
	BIGNUM *x2, *y2, *over, *under;
	bool ok;

	BN_CTX_start(c->ctx);
	x2 = BN_CTX_get(c->ctx);
	y2 = BN_CTX_get(c->ctx);
	over = BN_CTX_get(c->ctx);
	under = BN_CTX_get(c->ctx);
	ok = under != NULL && BN_mod_sqr(y2, y, c->p, c->ctx) &&
	    x2_of_y2(c, x2, y2) && BN_mod_mul(over, c->a, x2, c->p, c->ctx) &&
	    BN_mod_sub(over, y2, over, c->p, c->ctx) &&
	    BN_mod_mul(under, x2, y2, c->p, c->ctx) &&
	    BN_mod_mul(under, under, c->d, c->p, c->ctx) &&
	    BN_mod_sub(under, BN_value_one(), under, c->p, c->ctx) &&
	    divide(c, y, over, under);
	BN_CTX_end(c->ctx);
	return ok;
}

static bool
cannot_compute(struct err *err)
{
	return evp_fail(err, E_MEMORY, "cannot examine an EdDSA key");
}

/* RFC 8032 5.1.3 and 5.2.3: x^2 is a square; where it is 0, x has no sign. */
static bool
check_on_curve(
    const struct curve *c, const BIGNUM *y, bool x_odd, struct err *err)
{
	BIGNUM *x2 = BN_CTX_get(c->ctx), *y2 = BN_CTX_get(c->ctx);
	int square;

	if (y2 == NULL || !BN_mod_sqr(y2, y, c->p, c->ctx) ||
	    !x2_of_y2(c, x2, y2))
		return cannot_compute(err);
	square = BN_kronecker(x2, c->p, c->ctx);
	if (square < -1)
		return cannot_compute(err);
	if (square == -1)
		return err_set(
		    err, E_REFUSED, "EdDSA public key is not on its curve");
	if (square == 0 && x_odd)
		return err_set(err, E_REFUSED,
		    "EdDSA public key is not canonical (RFC 8032)");
	return true;
}

/* A point of small order is the neutral one, y = 1, times the cofactor. */
static bool
check_order(const struct curve *c, BIGNUM *y, struct err *err)
{
	for (int i = 0; i < c->cofactor_bits; i++)
		if (!double_y(c, y))
			return cannot_compute(err);
	if (BN_is_one(y))
		return err_set(err, E_REFUSED,
		    "EdDSA public key is a point of small order");
	return true;
}

/* The sign of x is the top bit of the last octet, the rest is y. */
static bool
check_point(const struct curve *c, struct bytes point, struct err *err)
{
	uint8_t octets[POINT_SIZE_MAX];
	BIGNUM *y = BN_CTX_get(c->ctx);
	bool x_odd = (point.data[point.len - 1] & 0x80) != 0;

	memcpy(octets, point.data, point.len);
	octets[point.len - 1] &= 0x7f;
	if (y == NULL || BN_lebin2bn(octets, (int)point.len, y) == NULL)
		return cannot_compute(err);
	if (BN_cmp(y, c->p) >= 0)
		return err_set(err, E_REFUSED,
		    "EdDSA public key is not canonical (RFC 8032)");
	return check_on_curve(c, y, x_odd, err) && check_order(c, y, err);
}

bool
edwards_valid(
    const struct algorithm *algorithm, struct bytes point, struct err *err)
{
	struct curve c = { .ctx = BN_CTX_new() };
	bool ok;

	if (c.ctx == NULL)
		return cannot_compute(err);
	BN_CTX_start(c.ctx);
	c.p = BN_CTX_get(c.ctx);
	c.a = BN_CTX_get(c.ctx);
	c.d = BN_CTX_get(c.ctx);
	ok = c.d != NULL &&
	    (algorithm->number == ALGORITHM_ED25519 ? set_ed25519(&c, c.ctx)
						    : set_ed448(&c, c.ctx));
	ok = ok ? check_point(&c, point, err) : cannot_compute(err);
	BN_CTX_end(c.ctx);
	BN_CTX_free(c.ctx);
	return ok;
}
