#include <inttypes.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/base/uri.h"
#include "ksr/dns/pubkey.h"
#include "ksr/policy/config.h"
#include "ksr/policy/config_value.h"

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

struct boolean {
	const char *text;
	bool value;
};

/* YAML 1.1 (type bool) without y, n, on and off.  NULL if it is none. */
static const struct boolean *
boolean_of(const char *text)
{
	static const struct boolean booleans[] = {
		{ "true", true },
		{ "True", true },
		{ "TRUE", true },
		{ "yes", true },
		{ "Yes", true },
		{ "YES", true },
		{ "false", false },
		{ "False", false },
		{ "FALSE", false },
		{ "no", false },
		{ "No", false },
		{ "NO", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(booleans); i++)
		if (strcmp(text, booleans[i].text) == 0)
			return &booleans[i];
	return NULL;
}

static bool
is_null(const char *text)
{
	return text[0] == '\0' || strcmp(text, "~") == 0 ||
	    strcmp(text, "null") == 0 || strcmp(text, "Null") == 0 ||
	    strcmp(text, "NULL") == 0;
}

/*
 * What other readers of the file take an unquoted text for, where they do not
 * agree with each other or with us: YAML 1.1 and 1.2 differ in these.  NULL if
 * there is no doubt.
 */
static const char *
other_reading(const char *text)
{
	static const struct {
		const char *any, *reading;
	} marks[] = {
		{ "_", "a number with an underscore" },
		{ ":", "a sexagesimal number" },
		{ ".eE", "a fraction" },
	};

	if (is_null(text))
		return "nothing";
	if (boolean_of(text) != NULL)
		return "a boolean";
	if (text[0] == '0' && text[1] != '\0' &&
	    strchr("xXoObB", text[1]) != NULL)
		return "a hexadecimal, octal or binary number";
	if (strpbrk(text, DIGITS) == NULL ||
	    strchr(DIGITS "+-.", *text) == NULL ||
	    strspn(text + 1, DIGITS "_:.eE+-") != strlen(text + 1))
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (strpbrk(text, marks[i].any) != NULL)
			return marks[i].reading;
	if (text[0] == '+' || text[0] == '-')
		return "a signed number";
	return text[0] == '0' && text[1] != '\0' ? "an octal number" : NULL;
}

bool
config_number_plain(const char *text)
{
	return text[0] != '\0' && strspn(text, DIGITS) == strlen(text) &&
	    (text[0] != '0' || text[1] == '\0');
}

/* "reads as an octal number" helps more than what it is not. */
static bool
refuse_number(
    const struct tree *tree, const struct config_row *row, struct err *err)
{
	const char *reading = tree->quoted ? "a text, being in quotes"
					   : other_reading(tree->text);

	if (!tree->quoted && config_number_plain(tree->text))
		return tree_refuse(tree, err,
		    "%.60s is out of range (expected %" PRIu64 " to %" PRIu64
		    ")",
		    tree->text, row->min, row->max);
	return tree_refuse(tree, err,
	    "\"%.60s\" is not a whole number%s%s (expected %" PRIu64
	    " to %" PRIu64 ")",
	    tree->text, reading == NULL ? "" : ": it reads as ",
	    reading == NULL ? "" : reading, row->min, row->max);
}

/* The row's range is within what its member holds. */
static void
store_number(void *at, size_t size, uint64_t value)
{
	uint8_t u8 = (uint8_t)value;
	uint16_t u16 = (uint16_t)value;
	uint32_t u32 = (uint32_t)value;

	switch (size) {
	case sizeof(u8):
		memcpy(at, &u8, size);
		break;
	case sizeof(u16):
		memcpy(at, &u16, size);
		break;
	case sizeof(u32):
		memcpy(at, &u32, size);
		break;
	default:
		memcpy(at, &value, sizeof(value));
	}
}

static bool
read_number(const struct tree *tree, const struct config_row *row, void *at,
    struct err *err)
{
	uint64_t value;

	if (tree->quoted || !config_number_plain(tree->text) ||
	    !number_parse(tree->text, row->max, &value) || value < row->min)
		return refuse_number(tree, row, err);
	store_number(at, row->size, value);
	return true;
}

static bool
read_bool(const struct tree *tree, bool *ret, struct err *err)
{
	const struct boolean *boolean = boolean_of(tree->text);

	if (tree->quoted || boolean == NULL)
		return tree_refuse(tree, err,
		    "\"%.60s\" is not a boolean (expected true or false)%s",
		    tree->text, tree->quoted ? " without quotes" : "");
	*ret = boolean->value;
	return true;
}

static bool
read_duration(const struct tree *tree, int64_t *ret, struct err *err)
{
	if (!duration_parse(tree->text, ret))
		return tree_refuse(tree, err,
		    "\"%.60s\" is not a duration (expected days, hours, "
		    "minutes and seconds as in P21D or P14DT23H59M59S, at "
		    "most P36525D)",
		    tree->text);
	return true;
}

static bool
read_time(const struct tree *tree, int64_t *ret, struct err *err)
{
	if (!time_parse(tree->text, ret))
		return tree_refuse(tree, err,
		    "\"%.60s\" is not a time (expected the form "
		    "2010-07-15T00:00:00Z)",
		    tree->text);
	return true;
}

static bool
is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

static bool
read_text(const struct tree *tree, char *ret, size_t size, struct err *err)
{
	const char *reading = tree->quoted ? NULL : other_reading(tree->text);

	if (tree->text[0] == '\0')
		return tree_refuse(tree, err, "is empty (expected text)");
	if (reading != NULL)
		return tree_refuse(tree, err,
		    "\"%.60s\" reads as %s (expected text; put it in quotes)",
		    tree->text, reading);
	if (!is_printable(tree->text))
		return tree_refuse(
		    tree, err, "\"%.60s\" is not printable ASCII", tree->text);
	if (strlen(tree->text) >= size)
		return tree_refuse(tree, err,
		    "is too long (expected at most %zu octets)", size - 1);
	memcpy(ret, tree->text, strlen(tree->text) + 1);
	return true;
}

static bool
read_path(const struct tree *tree, const struct config_row *row, char *ret,
    struct err *err)
{
	char unused[PATH_MAX_LEN + 1];

	if (tree->text[0] == '$')
		return tree_refuse(tree, err,
		    "\"%.60s\" names an environment variable, which would let "
		    "the environment choose the file (expected the path "
		    "itself)",
		    tree->text);
	if (strncmp(tree->text, "~/", 2) == 0)
		return tree_refuse(tree, err,
		    "\"%.60s\": ~ is not expanded (expected the path itself)",
		    tree->text);
	if (row->unused)
		return read_text(tree, unused, sizeof(unused), err);
	return read_text(tree, ret, row->size, err);
}

/*
 * Here and not when the token is looked for, so that no PIN in it gets into a
 * message or a record.  No message holds a value of an attribute.
 */
static bool
read_token(const struct tree *tree, const struct config_row *row, char *ret,
    struct err *err)
{
	struct token_uri uri;
	struct err why;

	if (tree->text[0] != '\0' && !uri_parse(tree->text, &uri, &why))
		return tree_refuse(tree, err,
		    "%.300s (expected a URI such as pkcs11:serial=0123)",
		    why.msg);
	return read_text(tree, ret, row->size, err);
}

/* No message here holds any part of the value. */
static bool
read_pin(const struct tree *tree, char *ret, size_t size, struct err *err)
{
	size_t len = strlen(tree->text);
	const char *reading = tree->quoted ? NULL : other_reading(tree->text);

	if (len == 0)
		return tree_refuse(tree, err,
		    "is empty (expected a PIN; leave the key out to be asked, "
		    "or say `empty_pin: true`)");
	if (reading != NULL)
		return tree_refuse(tree, err,
		    "reads as %s (expected a PIN; put it in quotes)", reading);
	if (len >= size)
		return tree_refuse(tree, err,
		    "is too long (expected at most %zu octets)", size - 1);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)tree->text[i] < 0x20)
			return tree_refuse(
			    tree, err, "holds a control character");
	memcpy(ret, tree->text, len + 1);
	return true;
}

static bool
read_domain(const struct tree *tree, char *ret, size_t size, struct err *err)
{
	struct dname dname;
	struct err why;

	if (!dname_parse(tree->text, &dname, &why))
		return tree_refuse(
		    tree, err, "%.300s (expected a domain name)", why.msg);
	return read_text(tree, ret, size, err);
}

static bool
read_algorithm(const struct tree *tree, uint8_t *ret, struct err *err)
{
	const struct algorithm *algorithm = algorithm_of_mnemonic(tree->text);
	char names[ALGORITHM_NAMES_SIZE];
	uint64_t number;

	if (algorithm != NULL) {
		*ret = algorithm->number;
		return true;
	}
	if (number_parse(tree->text, UINT8_MAX, &number))
		algorithm = algorithm_of_number((uint8_t)number);
	if (algorithm != NULL)
		return tree_refuse(tree, err,
		    "\"%.60s\" is not an algorithm (expected its IANA "
		    "mnemonic, such as %s)",
		    tree->text, algorithm->mnemonic);
	algorithm_names(names);
	tree_refuse(tree, err,
	    "\"%.60s\" is not an algorithm (expected its IANA mnemonic: %s)",
	    tree->text, names);
	return algorithm_suggest(tree->text, err);
}

static bool
read_ds(const struct tree *tree, uint8_t *ret, struct err *err)
{
	if (!hex_parse(tree->text, ret, DS_SHA256_SIZE))
		return tree_refuse(tree, err,
		    "\"%.70s\" is not a SHA-256 digest (expected exactly %d "
		    "hexadecimal digits)",
		    tree->text, 2 * DS_SHA256_SIZE);
	return true;
}

/* RFC 4034 section 2.2: as it stands in the DNSKEY, on one line. */
static bool
read_public_key(
    const struct tree *tree, struct config_public_key *ret, struct err *err)
{
	size_t len;

	if (!base64_parse(tree->text, ret->octets, sizeof(ret->octets), &len) ||
	    len == 0)
		return tree_refuse(tree, err,
		    "\"%.60s\" is no public key (expected that of the "
		    "DNSKEY, 1 to %u octets in base64 without blanks)",
		    tree->text, PUBLIC_KEY_MAX);
	ret->len = (uint16_t)len;
	return true;
}

static bool
read_digest(const struct tree *tree, uint8_t *ret, struct err *err)
{
	if (strcmp(tree->text, "SHA256") == 0)
		*ret = DS_DIGEST_SHA256;
	else if (strcmp(tree->text, "SHA384") == 0)
		*ret = DS_DIGEST_SHA384;
	else
		return tree_refuse(tree, err,
		    "\"%.60s\" is no digest type (expected SHA256 or SHA384)",
		    tree->text);
	return true;
}

static bool
read_required(const struct tree *tree, uint8_t *ret, struct err *err)
{
	bool required = strcmp(tree->text, "required") == 0;

	if (!required && strcmp(tree->text, "none") != 0)
		return tree_refuse(tree, err,
		    "\"%.60s\" (expected required or none)", tree->text);
	memcpy(ret, &required, sizeof(required));
	return true;
}

static bool
read_trust(const struct tree *tree, uint8_t *ret, struct err *err)
{
	enum config_trust trust;

	if (strcmp(tree->text, "rfc5011") == 0)
		trust = TRUST_RFC5011;
	else if (strcmp(tree->text, "parent-ds") == 0)
		trust = TRUST_PARENT_DS;
	else
		return tree_refuse(tree, err,
		    "\"%.60s\" is no way to trust a KSK (expected rfc5011 or "
		    "parent-ds)",
		    tree->text);
	memcpy(ret, &trust, sizeof(trust));
	return true;
}

static bool
read_demand(const struct tree *tree, const struct config_row *row, uint8_t *ret,
    struct err *err)
{
	bool may_be_for_backup = strcmp(row->key, "extractable") == 0;
	const struct boolean *boolean = boolean_of(tree->text);
	enum config_demand demand = DEMAND_ANY;

	if (may_be_for_backup && strcmp(tree->text, "for-backup") == 0)
		demand = DEMAND_FOR_BACKUP;
	else if (tree->quoted ||
	    (boolean == NULL && strcmp(tree->text, "any") != 0))
		return tree_refuse(tree, err,
		    "\"%.60s\" is not what an attribute has to be (expected "
		    "true, false or any%s)%s",
		    tree->text, may_be_for_backup ? ", or for-backup" : "",
		    tree->quoted ? " without quotes" : "");
	if (boolean != NULL)
		demand = boolean->value ? DEMAND_TRUE : DEMAND_FALSE;
	memcpy(ret, &demand, sizeof(demand));
	return true;
}

static bool
read_purpose(const struct tree *tree, enum key_purpose *ret, struct err *err)
{
	enum key_purpose purpose;

	if (!purpose_of_name(tree->text, &purpose) || purpose == PURPOSE_KSK)
		return tree_refuse(tree, err,
		    "\"%.60s\" is not a purpose (expected %s, %s, %s or %s; "
		    "a KSK's place is under `keys`)",
		    tree->text, purpose_name(PURPOSE_ZSK),
		    purpose_name(PURPOSE_AUDIT),
		    purpose_name(PURPOSE_TRANSPORT),
		    purpose_name(PURPOSE_ANCHOR));
	*ret = purpose;
	return true;
}

static bool
read_env(const struct tree *entry, struct config_env *ret, struct err *err)
{
	const char *name = entry->key;

	if (strlen(name) > NAME_MAX_LEN ||
	    strspn(name, LETTERS DIGITS "_") != strlen(name) ||
	    strchr(DIGITS, name[0]) != NULL)
		return tree_refuse_key(
		    entry, err, "is not the name of an environment variable");
	if (!tree_expect(entry, TREE_TEXT, err) ||
	    !read_text(entry, ret->value, sizeof(ret->value), err))
		return false;
	memcpy(ret->name, name, strlen(name) + 1);
	return true;
}

static bool
read_item(const struct tree *tree, const struct config_row *row, void *at,
    struct err *err)
{
	if (row->type == CONFIG_ENV)
		return read_env(tree, at, err);
	if (!tree_expect(tree, TREE_TEXT, err))
		return false;
	switch (row->type) {
	case CONFIG_BOOL:
		return read_bool(tree, at, err);
	case CONFIG_NUMBER:
		return read_number(tree, row, at, err);
	case CONFIG_DURATION:
		return read_duration(tree, at, err);
	case CONFIG_TIME:
		return read_time(tree, at, err);
	case CONFIG_TEXT:
		return read_text(tree, at, row->size, err);
	case CONFIG_PATH:
		return read_path(tree, row, at, err);
	case CONFIG_TOKEN:
		return read_token(tree, row, at, err);
	case CONFIG_PIN:
		return read_pin(tree, at, row->size, err);
	case CONFIG_DOMAIN:
		return read_domain(tree, at, row->size, err);
	case CONFIG_ALGORITHM:
		return read_algorithm(tree, at, err);
	case CONFIG_DS:
		return read_ds(tree, at, err);
	case CONFIG_PUBLIC_KEY:
		return read_public_key(tree, at, err);
	case CONFIG_DIGEST:
		return read_digest(tree, at, err);
	case CONFIG_REQUIRED:
		return read_required(tree, at, err);
	case CONFIG_TRUST:
		return read_trust(tree, at, err);
	case CONFIG_DEMAND:
		return read_demand(tree, row, at, err);
	case CONFIG_PURPOSE:
		return read_purpose(tree, at, err);
	default:
		return err_set(err, E_INTERNAL, "%s has no type", row->key);
	}
}

static bool
read_items(const struct tree *tree, const struct config_row *row, uint8_t *base,
    struct err *err)
{
	size_t n = 0;

	if (!tree_expect(
		tree, row->type == CONFIG_ENV ? TREE_MAP : TREE_LIST, err))
		return false;
	if (tree->n > row->room)
		return tree_refuse(tree, err,
		    "has %zu entries (expected at most %zu)", tree->n,
		    row->room);
	for (const struct tree *item = tree->first; item != NULL;
	     item = item->next, n++)
		if (!read_item(item, row, base + row->at + n * row->size, err))
			return false;
	memcpy(base + row->count_at, &n, sizeof(n));
	return true;
}

bool
config_value_read(const struct tree *tree, const struct config_row *row,
    void *base, struct err *err)
{
	uint8_t *at = base;
	bool given = true;

	if (row->list)
		return read_items(tree, row, base, err);
	if (!read_item(tree, row, at + row->at, err))
		return false;
	if (row->marked)
		memcpy(at + row->mark_at, &given, sizeof(given));
	return true;
}

bool
config_name_read(const struct tree *entry, char *ret, struct err *err)
{
	size_t len = strlen(entry->key);

	if (len > NAME_MAX_LEN ||
	    strspn(entry->key, LETTERS DIGITS "_-.+") != len)
		return tree_refuse_key(entry, err,
		    "is not a name (expected 1 to %u letters, digits and "
		    "_-.+)",
		    NAME_MAX_LEN);
	memcpy(ret, entry->key, len + 1);
	return true;
}
