#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ksr/base/bytes.h"
#include "ksr/base/limits.h"
#include "ksr/base/text.h"
#include "ksr/dns/dname.h"
#include "ksr/document/xml/field.h"

/* Says what text was and what it should have been; false. */
static bool
refuse(struct err *err, const char *text, const char *wanted)
{
	return err_set(err, E_INPUT, "\"%.60s%s\", wanted %s", text,
	    strlen(text) > 60 ? "..." : "", wanted);
}

/* That an optional value is there. */
static void
mark(const struct field *field, uint8_t *object)
{
	if (field->companion != 0)
		memcpy(
		    object + field->companion, &(bool){ true }, sizeof(bool));
}

static bool
store_number(const struct field *field, const char *text, uint8_t *at,
    uint8_t *object, struct err *err)
{
	uint64_t number;
	char wanted[64];

	if (!number_parse(text, field->max, &number)) {
		snprintf(wanted, sizeof(wanted),
		    "a decimal number from 0 to %" PRIu64, field->max);
		return refuse(err, text, wanted);
	}
	mark(field, object);
	switch (field->size) {
	case sizeof(uint8_t):
		*at = (uint8_t)number;
		return true;
	case sizeof(uint16_t):
		memcpy(at, &(uint16_t){ (uint16_t)number }, sizeof(uint16_t));
		return true;
	case sizeof(uint32_t):
		memcpy(at, &(uint32_t){ (uint32_t)number }, sizeof(uint32_t));
		return true;
	default:
		memcpy(at, &number, sizeof(number));
		return true;
	}
}

static bool
store_time(const struct field *field, const char *text, uint8_t *at,
    uint8_t *object, struct err *err)
{
	int64_t time;

	if (!time_parse(text, &time))
		return refuse(err, text,
		    "a time as 2018-01-01T00:00:00 with nothing, Z or +00:00 "
		    "behind it");
	memcpy(at, &time, sizeof(time));
	mark(field, object);
	return true;
}

static bool
store_duration(const char *text, uint8_t *at, struct err *err)
{
	int64_t duration_s;

	if (!duration_parse(text, &duration_s))
		return refuse(err, text,
		    "a duration of at most P36525D in days, hours, minutes and "
		    "seconds, as P21D or PT12H");
	memcpy(at, &duration_s, sizeof(duration_s));
	return true;
}

static bool
store_base64(const struct field *field, const char *text, uint8_t *at,
    uint8_t *object, struct err *err)
{
	char wanted[64];
	size_t len;

	if (!base64_parse(text, at, field->size, &len)) {
		snprintf(wanted, sizeof(wanted), "base64 of 1 to %zu octets",
		    field->size);
		return refuse(err, text, wanted);
	}
	memcpy(object + field->companion, &(uint16_t){ (uint16_t)len },
	    sizeof(uint16_t));
	return true;
}

static bool
store_hex(const struct field *field, const char *text, uint8_t *at,
    uint8_t *object, struct err *err)
{
	size_t len = strlen(text) / 2;
	char wanted[64];

	if (len == 0 || len > field->size || !hex_parse(text, at, len)) {
		snprintf(wanted, sizeof(wanted),
		    "1 to %zu octets in hex digits", field->size);
		return refuse(err, text, wanted);
	}
	memcpy(object + field->companion, &(uint16_t){ (uint16_t)len },
	    sizeof(uint16_t));
	return true;
}

static bool
store_domain(
    const struct field *field, const char *text, uint8_t *at, struct err *err)
{
	struct dname name;
	struct err why;

	if (!dname_parse(text, &name, &why))
		return err_set(err, E_INPUT, "\"%.60s%s\": %s", text,
		    strlen(text) > 60 ? "..." : "", why.msg);
	if (strlen(text) >= field->size)
		return refuse(err, text, "a shorter domain name");
	memcpy(at, text, strlen(text) + 1);
	return true;
}

static bool
store_identifier(const char *text, uint8_t *at, struct err *err)
{
	size_t len = 0;

	while (text[len] >= 0x20 && text[len] <= 0x7e)
		len++;
	if (text[len] != '\0' || len < 1 || len > ID_MAX)
		return refuse(err, text, "1 to 255 printable ASCII characters");
	memcpy(at, text, len + 1);
	return true;
}

bool
field_store(
    const struct field *field, const char *text, void *object, struct err *err)
{
	uint8_t *at = (uint8_t *)object + field->offset;

	switch (field->kind) {
	case FIELD_NUMBER:
		return store_number(field, text, at, object, err);
	case FIELD_TIME:
		return store_time(field, text, at, object, err);
	case FIELD_DURATION:
		return store_duration(text, at, err);
	case FIELD_BASE64:
		return store_base64(field, text, at, object, err);
	case FIELD_HEX:
		return store_hex(field, text, at, object, err);
	case FIELD_DOMAIN:
		return store_domain(field, text, at, err);
	case FIELD_IDENTIFIER:
		return store_identifier(text, at, err);
	case FIELD_DNSKEY:
		if (strcmp(text, "DNSKEY") == 0)
			return true;
		return refuse(err, text, "DNSKEY");
	case FIELD_NONE:
		break;
	}
	return err_set(err, E_INTERNAL, "a field without a kind");
}
