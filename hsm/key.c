#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hsm/kind.h"
#include "hsm/object.h"
#include "hsm/rv.h"

static struct bytes
attribute_bytes(const struct attribute *attribute)
{
	return (struct bytes){ attribute->data, attribute->len };
}

#define LABEL_CUT "\\..." /* no whole label has this form */

/* Octets of the label as \xNN: a backslash, controls, those above `last`. */
static void
put_label(struct buf *ret, struct bytes label, uint8_t last)
{
	for (size_t i = 0; i < label.len; i++) {
		uint8_t c = label.data[i];

		if (c < 0x20 || c == 0x7f || c > last || c == '\\')
			buf_printf(ret, "\\x%02x", c);
		else
			buf_u8(ret, c);
	}
	buf_u8(ret, 0);
}

/*
 * Printable, and different for different labels: a backslash is escaped too.
 */
static void
printable_label(char ret[ID_MAX + 1], struct bytes label)
{
	struct buf text = buf_new(4 * ATTRIBUTE_MAX + 1);

	put_label(&text, label, 0x7e);
	if (text.failed || text.len > ID_MAX + 1)
		memcpy(ret, LABEL_CUT, sizeof(LABEL_CUT));
	else
		memcpy(ret, text.data, text.len);
	buf_free(&text);
}

/* The same label for people; cut where printable_label cuts. */
static void
name_label(struct hsm_key *key, struct bytes label)
{
	struct buf text = buf_new(4 * ATTRIBUTE_MAX + 1);

	put_label(&text, label, 0xff);
	if (text.failed || strcmp(key->label, LABEL_CUT) == 0)
		memcpy(key->name, key->label, sizeof(key->name));
	else
		memcpy(key->name, text.data, text.len);
	buf_free(&text);
}

/* The labels that printable_label leaves as they are. */
bool
key_check_label(const char *label, struct err *err)
{
	char printable[ID_MAX + 1];

	printable_label(printable, bytes_of_string(label));
	if (label[0] == '\0' || strcmp(label, printable) != 0)
		return err_set(err, E_HSM,
		    "a key's label is 1 to %u printable characters without "
		    "backslashes",
		    ID_MAX);
	return true;
}

static void
set_defect(struct hsm_key *key, const char *text)
{
	snprintf(key->defect, sizeof(key->defect), "%.*s",
	    (int)sizeof(key->defect) - 1, text);
}

/* C's programs store the end of their string with it. */
static struct bytes
without_nuls(struct bytes label)
{
	while (label.len > 0 && label.data[label.len - 1] == '\0')
		label.len--;
	return label;
}

static bool
read_label(struct hsm *hsm, CK_OBJECT_HANDLE object, struct hsm_key *key,
    struct err *err)
{
	struct attribute value;
	struct bytes label;

	if (!object_read(hsm, object, CKA_LABEL, &value, err))
		return false;
	if (value.state == ATTRIBUTE_TOO_LONG)
		set_defect(key, "CKA_LABEL is too long");
	label = without_nuls(attribute_bytes(&value));
	printable_label(key->label, label);
	name_label(key, label);
	return true;
}

static bool
read_id(struct hsm *hsm, CK_OBJECT_HANDLE object, struct hsm_key *key,
    struct err *err)
{
	struct attribute value;

	if (!object_read(hsm, object, CKA_ID, &value, err))
		return false;
	if (value.state == ATTRIBUTE_TOO_LONG)
		set_defect(key, "CKA_ID is longer than 1024 octets");
	memcpy(key->id, value.data, value.len);
	key->id_len = value.len;
	return true;
}

/* Big-endian without leading zeros, at most size octets. */
static bool
copy_number(
    const struct attribute *from, uint8_t *ret, size_t size, size_t *ret_len)
{
	struct bytes number = attribute_bytes(from);

	while (number.len > 0 && number.data[0] == 0) {
		number.data++;
		number.len--;
	}
	if (from->state == ATTRIBUTE_TOO_LONG || number.len > size)
		return false;
	if (number.len > 0)
		memcpy(ret, number.data, number.len);
	*ret_len = number.len;
	return true;
}

static unsigned
count_bits(const uint8_t *number, size_t len)
{
	unsigned bits = (unsigned)len * 8;

	for (unsigned top = 0x80; len > 0 && top > number[0]; top >>= 1)
		bits--;
	return bits;
}

/* A private half may keep its numbers to itself. */
static bool
read_rsa(struct hsm *hsm, CK_OBJECT_HANDLE object, struct hsm_key *key,
    struct err *err)
{
	struct attribute value;

	key->type = HSM_RSA;
	if (!object_read(hsm, object, CKA_MODULUS, &value, err))
		return false;
	if (!copy_number(&value, key->modulus, sizeof(key->modulus),
		&key->modulus_len) ||
	    (key->has_public && key->modulus_len == 0))
		set_defect(key,
		    "CKA_MODULUS is missing, zero or longer than 4096 bits");
	if (!object_read(hsm, object, CKA_PUBLIC_EXPONENT, &value, err))
		return false;
	if (!copy_number(&value, key->exponent, sizeof(key->exponent),
		&key->exponent_len) ||
	    (key->has_public && key->exponent_len == 0))
		set_defect(key,
		    "CKA_PUBLIC_EXPONENT is missing, zero or longer than 16 "
		    "octets");
	key->bits = count_bits(key->modulus, key->modulus_len);
	return true;
}

/* Few private halves show their point. */
static bool
read_point(struct hsm *hsm, CK_OBJECT_HANDLE object, const struct kind *kind,
    struct hsm_key *key, struct err *err)
{
	struct attribute value;

	if (!object_read(hsm, object, CKA_EC_POINT, &value, err))
		return false;
	if (!point_read(kind, attribute_bytes(&value), key) && key->has_public)
		set_defect(key, "CKA_EC_POINT is no point of its curve");
	return true;
}

static bool
read_curve(struct hsm *hsm, CK_OBJECT_HANDLE object, struct hsm_key *key,
    struct err *err)
{
	const struct kind *kind;
	struct attribute value;

	if (!object_read(hsm, object, CKA_EC_PARAMS, &value, err))
		return false;
	kind = kind_of_curve(attribute_bytes(&value));
	if (kind == NULL) {
		set_defect(key,
		    "CKA_EC_PARAMS names none of the known curves");
		return true;
	}
	key->type = kind->type;
	key->bits = kind->bits;
	return read_point(hsm, object, kind, key, err);
}

static bool
read_material(struct hsm *hsm, CK_OBJECT_HANDLE object, struct hsm_key *key,
    struct err *err)
{
	CK_KEY_TYPE type;

	key->type = HSM_OTHER;
	if (!object_read_ulong(hsm, object, CKA_KEY_TYPE, &type, err))
		return false;
	switch (type) {
	case CKK_RSA:
		return read_rsa(hsm, object, key, err);
	case CKK_EC:
	case CKK_EC_EDWARDS:
		return read_curve(hsm, object, key, err);
	default:
		set_defect(key, "CKA_KEY_TYPE is none of RSA, EC, EC_EDWARDS");
		return true;
	}
}

static bool
read_private_flags(struct hsm *hsm, CK_OBJECT_HANDLE object,
    struct hsm_key *key, struct err *err)
{
	const struct {
		CK_ATTRIBUTE_TYPE type;
		bool *ret;
	} flags[] = {
		{ CKA_SENSITIVE, &key->sensitive },
		{ CKA_ALWAYS_SENSITIVE, &key->always_sensitive },
		{ CKA_EXTRACTABLE, &key->extractable },
		{ CKA_NEVER_EXTRACTABLE, &key->never_extractable },
		{ CKA_SIGN, &key->sign },
		{ CKA_DECRYPT, &key->decrypt },
		{ CKA_UNWRAP, &key->unwrap },
		{ CKA_DERIVE, &key->derive },
		{ CKA_LOCAL, &key->local },
		{ CKA_TOKEN, &key->token_object },
		{ CKA_PRIVATE, &key->private_object },
		{ CKA_ALWAYS_AUTHENTICATE, &key->always_authenticate },
	};

	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		bool absent = false;

		if (!object_read_bool(
			hsm, object, flags[i].type, flags[i].ret, &absent, err))
			return false;
		/* Unless the token says that a key stays in it, it may not. */
		if (absent && flags[i].type == CKA_EXTRACTABLE)
			key->extractable = true;
	}
	return true;
}

/* One odd object is a key that cannot be used, and no more than that. */
static bool
or_defect(bool was_read, struct hsm_key *key, const struct err *err)
{
	if (was_read)
		return true;
	if (err->code != E_INPUT)
		return false;
	set_defect(key, err->msg);
	return true;
}

static bool
read_half(struct hsm *hsm, CK_OBJECT_HANDLE object, CK_OBJECT_CLASS class,
    struct hsm_key *ret, struct err *err)
{
	struct hsm_key key = { .has_private = class == CKO_PRIVATE_KEY,
		.has_public = class == CKO_PUBLIC_KEY };

	if (key.has_private)
		key.private_handle = object;
	else
		key.public_handle = object;
	if (!or_defect(read_material(hsm, object, &key, err), &key, err) ||
	    !or_defect(read_label(hsm, object, &key, err), &key, err) ||
	    !or_defect(read_id(hsm, object, &key, err), &key, err) ||
	    (key.has_private &&
		!or_defect(
		    read_private_flags(hsm, object, &key, err), &key, err)))
		return false;
	if (key.defect[0] != '\0') {
		key.type = HSM_OTHER;
		key.bits = 0;
		key.modulus_len = key.exponent_len = key.point_len = 0;
	}
	*ret = key;
	return true;
}

static bool
find_halves(struct hsm *hsm, CK_OBJECT_CLASS class, const char *label,
    CK_OBJECT_HANDLE **ret, size_t *ret_n, struct err *err)
{
	CK_ATTRIBUTE match = { CKA_CLASS, &class, sizeof(class) };

	return label == NULL
	    ? object_find(hsm, &match, 1, ret, ret_n, err)
	    : object_find_label(hsm, &class, label, ret, ret_n, err);
}

/* Of either class, sorted by label. */
struct known_halves {
	struct halves private, public;
};

static int
compare_labels(const void *a, const void *b)
{
	const struct hsm_key *x = a, *y = b;

	return strcmp(x->label, y->label);
}

/* Copies of those that bear the label, or of all. */
static bool
take_known(const struct halves *known, const char *label, struct halves *ret,
    struct err *err)
{
	size_t first = 0, n = known->n, last;

	while (label != NULL && n > 0) {
		size_t half = n / 2;

		if (strcmp(known->list[first + half].label, label) < 0) {
			first += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	for (last = first; last < known->n && (label == NULL ||
		 strcmp(known->list[last].label, label) == 0);)
		last++;
	ret->n = last - first;
	ret->list = calloc(ret->n + 1, sizeof(*ret->list));
	if (ret->list == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	memcpy(ret->list, known->list + first, ret->n * sizeof(*ret->list));
	return true;
}

void
keys_forget(struct hsm *hsm)
{
	if (hsm->known == NULL)
		return;
	free(hsm->known->private.list);
	free(hsm->known->public.list);
	free(hsm->known);
	hsm->known = NULL;
}

static bool halves_ask(struct hsm *hsm, CK_OBJECT_CLASS class,
    const char *label, struct halves *ret, struct err *err);

bool
here_know_keys(struct hsm *hsm, struct err *err)
{
	struct known_halves *known = calloc(1, sizeof(*known));

	keys_forget(hsm);
	if (known == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	if (!token_require_login(hsm, err) ||
	    !halves_ask(hsm, CKO_PRIVATE_KEY, NULL, &known->private, err) ||
	    !halves_ask(hsm, CKO_PUBLIC_KEY, NULL, &known->public, err)) {
		free(known->private.list);
		free(known);
		return token_context(hsm, err);
	}
	qsort(known->private.list, known->private.n,
	    sizeof(*known->private.list), compare_labels);
	qsort(known->public.list, known->public.n,
	    sizeof(*known->public.list), compare_labels);
	hsm->known = known;
	return true;
}

bool
halves_read(struct hsm *hsm, CK_OBJECT_CLASS class, const char *label,
    struct halves *ret, struct err *err)
{
	if (hsm->known == NULL)
		return halves_ask(hsm, class, label, ret, err);
	return take_known(class == CKO_PRIVATE_KEY ? &hsm->known->private
						   : &hsm->known->public,
	    label, ret, err);
}

static bool
halves_ask(struct hsm *hsm, CK_OBJECT_CLASS class, const char *label,
    struct halves *ret, struct err *err)
{
	CK_OBJECT_HANDLE *objects;
	struct halves halves = { 0 };
	size_t n;
	bool ok = true;

	if (!find_halves(hsm, class, label, &objects, &n, err))
		return false;
	halves.list = calloc(n + 1, sizeof(*halves.list));
	if (halves.list == NULL)
		ok = err_set(err, E_MEMORY, "out of memory");
	for (; ok && halves.n < n; halves.n++)
		ok = read_half(
		    hsm, objects[halves.n], class, &halves.list[halves.n], err);
	free(objects);
	if (!ok) {
		free(halves.list);
		return false;
	}
	*ret = halves;
	return true;
}

struct bytes
key_id(const struct hsm_key *key)
{
	return (struct bytes){ key->id, key->id_len };
}

/* A private half may give no modulus, and seldom gives a point. */
bool
key_same(const struct hsm_key *private, const struct hsm_key *public)
{
	if (private->type != public->type || private->type == HSM_OTHER)
		return private->type == public->type;
	if (private->type != HSM_RSA)
		return private->point_len == 0 ||
		    memcmp(private->point, public->point, public->point_len) ==
		    0;
	return private->bits == 0 ||
	    (private->bits == public->bits &&
		memcmp(private->modulus, public->modulus,
		    private->modulus_len) == 0);
}

struct hsm_key
key_join(const struct hsm_key *private, const struct hsm_key *public)
{
	struct hsm_key key = *private;

	key.type = public->type;
	key.bits = public->bits;
	memcpy(key.modulus, public->modulus, sizeof(key.modulus));
	key.modulus_len = public->modulus_len;
	memcpy(key.exponent, public->exponent, sizeof(key.exponent));
	key.exponent_len = public->exponent_len;
	memcpy(key.point, public->point, sizeof(key.point));
	key.point_len = public->point_len;
	key.has_public = true;
	key.public_handle = public->public_handle;
	return key;
}

static int
compare_names(const struct hsm_key *a, const struct hsm_key *b)
{
	int cmp = strcmp(a->label, b->label);

	return cmp != 0 ? cmp : bytes_compare(key_id(a), key_id(b));
}

/* Private halves first among those of one label and id. */
static int
compare_halves(const void *a, const void *b)
{
	const struct hsm_key *ka = a, *kb = b;
	int cmp = compare_names(ka, kb);

	return cmp != 0 ? cmp : ka->has_public - kb->has_public;
}

/*
 * Joins each private half with the public half of its label and id, where
 * there is one of each; where there are more, nobody can tell which belongs
 * to which.  Returns how many keys are left.
 */
static size_t
join_pairs(struct hsm_key *keys, size_t n)
{
	size_t out = 0;

	for (size_t i = 0; i < n;) {
		size_t end = i + 1;

		while (end < n && compare_names(&keys[i], &keys[end]) == 0)
			end++;
		if (end - i == 2 && keys[i].has_private &&
		    keys[i + 1].has_public &&
		    key_same(&keys[i], &keys[i + 1])) {
			keys[out++] = key_join(&keys[i], &keys[i + 1]);
		} else {
			memmove(
			    &keys[out], &keys[i], (end - i) * sizeof(*keys));
			out += end - i;
		}
		i = end;
	}
	return out;
}

bool
here_keys(struct hsm *hsm, struct hsm_key **ret, size_t *ret_n, struct err *err)
{
	struct halves private = { 0 }, public = { 0 };
	struct hsm_key *keys = NULL;
	size_t n = 0;
	bool ok = false;

	if (!token_require_login(hsm, err) ||
	    !halves_read(hsm, CKO_PRIVATE_KEY, NULL, &private, err) ||
	    !halves_read(hsm, CKO_PUBLIC_KEY, NULL, &public, err)) {
		token_context(hsm, err);
		goto out;
	}
	keys = calloc(private.n + public.n + 1, sizeof(*keys));
	if (keys == NULL) {
		err_set(err, E_MEMORY, "out of memory");
		goto out;
	}
	for (size_t i = 0; i < private.n; i++)
		keys[n++] = private.list[i];
	for (size_t i = 0; i < public.n; i++)
		keys[n++] = public.list[i];
	qsort(keys, n, sizeof(*keys), compare_halves);
	*ret_n = join_pairs(keys, n);
	*ret = keys;
	ok = true;
out:
	free(private.list);
	free(public.list);
	return ok;
}

bool
here_shows(struct hsm *hsm, const char *label, bool *ret, struct err *err)
{
	struct halves public = { 0 };

	if (!key_check_label(label, err) ||
	    !halves_read(hsm, CKO_PUBLIC_KEY, label, &public, err))
		return token_context(hsm, err);
	*ret = public.n > 0;
	free(public.list);
	return true;
}

static bool
choose_pair(const char *label, const struct halves *private,
    const struct halves *public, struct hsm_key *ret, struct err *err)
{
	size_t n = private->n > public->n ? private->n : public->n;
	const struct hsm_key *a = private->list, *b = public->list;

	if (n == 0)
		return err_set(err, E_HSM, "no key with label \"%s\"", label);
	if (n > 1)
		return err_set(
		    err, E_HSM, "%zu keys with label \"%s\"", n, label);
	if (public->n == 0)
		return err_set(err, E_HSM,
		    "private key without a public key: \"%s\"", label);
	if (private->n == 0)
		return err_set(err, E_HSM,
		    "public key without a private key: \"%s\"", label);
	if (a->defect[0] != '\0' || b->defect[0] != '\0')
		return err_set(err, E_HSM, "key \"%s\" cannot be used: %s",
		    label, a->defect[0] != '\0' ? a->defect : b->defect);
	if (strcmp(a->label, b->label) != 0 || strcmp(a->label, label) != 0)
		return err_set(err, E_HSM,
		    "asked for label \"%s\", the token gave \"%s\" and \"%s\"",
		    label, a->label, b->label);
	if (!bytes_equal(key_id(a), key_id(b)))
		return err_set(err, E_HSM,
		    "private and public key \"%s\" differ in CKA_ID", label);
	if (!key_same(a, b))
		return err_set(err, E_HSM,
		    "private and public key \"%s\" are not one key", label);
	*ret = key_join(a, b);
	return true;
}

bool
key_find(
    struct hsm *hsm, const char *label, struct hsm_key *ret, struct err *err)
{
	struct halves private = { 0 }, public = { 0 };
	bool ok;

	ok = key_check_label(label, err) && token_require_login(hsm, err) &&
	    halves_read(hsm, CKO_PRIVATE_KEY, label, &private, err) &&
	    halves_read(hsm, CKO_PUBLIC_KEY, label, &public, err) &&
	    choose_pair(label, &private, &public, ret, err);
	free(private.list);
	free(public.list);
	return ok;
}

bool
here_find(
    struct hsm *hsm, const char *label, struct hsm_key *ret, struct err *err)
{
	return key_find(hsm, label, ret, err) || token_context(hsm, err);
}
