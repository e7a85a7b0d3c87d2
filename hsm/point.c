#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#include "hsm/kind.h"

#define OCTET_STRING 0x04
#define BIT_STRING   0x03

/* SEC 1 2.3.3 with its first octet, the longest of our curves. */
#define ENCODED_MAX (1 + sizeof(((struct hsm_key *)0)->point))

/* What is in it, if value is one string of that tag and no more. */
static struct bytes
inside(struct bytes value, uint8_t tag)
{
	size_t head = tag == BIT_STRING ? 3 : 2;

	/* Our points are shorter than a length of two octets. */
	if (value.len < head || value.data[0] != tag ||
	    value.data[1] >= 0x80 || value.data[1] != value.len - 2 ||
	    (tag == BIT_STRING && value.data[2] != 0))
		return (struct bytes){ NULL, 0 };
	return (struct bytes){ value.data + head, value.len - head };
}

/* RFC 5480 2.2: compressed or not; the hybrid form is not used. */
static bool
is_usual_form(struct bytes point)
{
	return point.len > 1 &&
	    (point.data[0] == POINT_CONVERSION_UNCOMPRESSED ||
		point.data[0] == POINT_CONVERSION_COMPRESSED ||
		point.data[0] == POINT_CONVERSION_COMPRESSED + 1);
}

/* X || Y; false if it is not on the curve. */
static bool
take_sec1(const struct kind *kind, struct bytes point, struct hsm_key *key)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(EC_curve_nist2nid(kind->group));
	EC_POINT *p = group == NULL ? NULL : EC_POINT_new(group);
	uint8_t octets[ENCODED_MAX];
	bool ok = p != NULL && is_usual_form(point) &&
	    EC_POINT_oct2point(group, p, point.data, point.len, NULL) == 1 &&
	    EC_POINT_point2oct(group, p, POINT_CONVERSION_UNCOMPRESSED, octets,
		sizeof(octets), NULL) == 1 + kind->point_len;

	EC_POINT_free(p);
	EC_GROUP_free(group);
	ERR_clear_error();
	if (ok) {
		memcpy(key->point, octets + 1, kind->point_len);
		key->point_len = kind->point_len;
	}
	return ok;
}

/* RFC 8032 5.1.2: the encoding as it is; whether it is a point others test. */
static bool
take_edwards(const struct kind *kind, struct bytes point, struct hsm_key *key)
{
	if (point.len != kind->point_len)
		return false;
	memcpy(key->point, point.data, point.len);
	key->point_len = point.len;
	return true;
}

/* No form has the length of another, so that one alone can be meant. */
bool
point_read(const struct kind *kind, struct bytes value, struct hsm_key *key)
{
	bool (*take)(const struct kind *, struct bytes, struct hsm_key *) =
	    kind->key_type == CKK_EC ? take_sec1 : take_edwards;
	const struct bytes forms[] = { inside(value, OCTET_STRING),
		inside(value, BIT_STRING), value };

	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (take(kind, forms[i], key))
			return true;
	return false;
}
