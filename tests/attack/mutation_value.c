#include <inttypes.h>
#include <string.h>

#include "ksr/base/limits.h"
#include "ksr/base/text.h"
#include "tests/attack/mutation_value.h"
#include "tests/support/support.h"

#define DAY_S      INT64_C(86400)
#define YEAR_S     (365 * DAY_S)
#define OCTETS_MAX PUBLIC_KEY_MAX

enum value_kind
value_kind(const char *name)
{
	static const struct {
		const char *name;
		enum value_kind kind;
	} rows[] = {
		{ "id", VALUE_NAME },
		{ "domain", VALUE_NAME },
		{ "serial", VALUE_NUMBER },
		{ "timestamp", VALUE_TIME },
		{ "PublishSafety", VALUE_DURATION },
		{ "RetireSafety", VALUE_DURATION },
		{ "MaxSignatureValidity", VALUE_DURATION },
		{ "MinSignatureValidity", VALUE_DURATION },
		{ "MaxValidityOverlap", VALUE_DURATION },
		{ "MinValidityOverlap", VALUE_DURATION },
		{ "algorithm", VALUE_NUMBER },
		{ "size", VALUE_NUMBER },
		{ "exponent", VALUE_NUMBER },
		{ "Inception", VALUE_TIME },
		{ "Expiration", VALUE_TIME },
		{ "keyIdentifier", VALUE_NAME },
		{ "keyTag", VALUE_NUMBER },
		{ "TTL", VALUE_NUMBER },
		{ "Flags", VALUE_NUMBER },
		{ "Protocol", VALUE_NUMBER },
		{ "Algorithm", VALUE_NUMBER },
		{ "PublicKey", VALUE_BASE64 },
		{ "TypeCovered", VALUE_NAME },
		{ "Labels", VALUE_NUMBER },
		{ "OriginalTTL", VALUE_NUMBER },
		{ "SignatureExpiration", VALUE_TIME },
		{ "SignatureInception", VALUE_TIME },
		{ "KeyTag", VALUE_NUMBER },
		{ "SignersName", VALUE_NAME },
		{ "SignatureData", VALUE_BASE64 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].kind;
	return VALUE_NONE;
}

/* By a little, around what a type of 8, 16, 32 or 64 bits holds. */
static bool
change_number(const char *value, size_t variant, struct buf *ret)
{
	static const int64_t steps[] = { -1, 1, 128, 256, 65536,
		INT64_C(1) << 31, INT64_C(1) << 32 };
	static const char *const limits[] = { "0", "1", "255", "256", "65535",
		"65536", "2147483647", "2147483648", "4294967295", "4294967296",
		"9223372036854775807", "9223372036854775808",
		"18446744073709551615", "18446744073709551616" };
	uint64_t number;

	if (variant < ARRAY_LEN(steps)) {
		if (!number_parse(value, INT64_MAX / 2, &number))
			number = 0;
		buf_printf(ret, "%" PRId64, (int64_t)number + steps[variant]);
		return true;
	}
	variant -= ARRAY_LEN(steps);
	if (variant >= ARRAY_LEN(limits))
		return false;
	buf_puts(ret, limits[variant]);
	return true;
}

static const int64_t moves_s[] = { 1, -1, DAY_S, -DAY_S, YEAR_S, -YEAR_S };

static bool
change_time(const char *value, size_t variant, struct buf *ret)
{
	static const char *const limits[] = { "1970-01-01T00:00:00",
		"2106-02-07T06:28:16", "9999-12-31T23:59:59" };
	char text[TIME_TEXT_SIZE];
	int64_t time;

	if (variant < ARRAY_LEN(moves_s)) {
		if (!time_parse(value, &time))
			time = 2 * YEAR_S;
		time_format_utc(time + moves_s[variant], text);
		buf_puts(ret, text);
		return true;
	}
	variant -= ARRAY_LEN(moves_s);
	if (variant >= ARRAY_LEN(limits))
		return false;
	buf_puts(ret, limits[variant]);
	return true;
}

static bool
change_duration(const char *value, size_t variant, struct buf *ret)
{
	static const char *const limits[] = { "PT0S", "P36525D", "P36525DT1S",
		"-P1D" };
	char text[DURATION_TEXT_SIZE];
	int64_t duration_s;

	if (variant < ARRAY_LEN(moves_s)) {
		if (!duration_parse(value, &duration_s))
			duration_s = 0;
		duration_s += moves_s[variant];
		duration_format(
		    duration_s < 0 ? -duration_s : duration_s, text);
		buf_puts(ret, duration_s < 0 ? "-" : "");
		buf_puts(ret, text);
		return true;
	}
	variant -= ARRAY_LEN(moves_s);
	if (variant >= ARRAY_LEN(limits))
		return false;
	buf_puts(ret, limits[variant]);
	return true;
}

/*
 * One bit in several places, one octet fewer or more, and two pairs of octets
 * exchanged, which leaves a key's tag as it is.
 */
static bool
change_base64(const char *value, size_t variant, struct buf *ret)
{
	uint8_t octets[OCTETS_MAX + 1] = { 0 };
	size_t len;

	if (!base64_parse(value, octets, OCTETS_MAX, &len) || len < 24)
		return false;
	switch (variant) {
	case 0: /* the length of an RSA exponent */
	case 1: /* the exponent */
	case 2:
	case 3:
	case 4: /* the modulus: its first octets */
	case 5:
		octets[variant] ^= (uint8_t)(0x80 >> variant);
		break;
	case 6:
		octets[len / 3] ^= 0x10;
		break;
	case 7:
		octets[len / 2] ^= 0x01;
		break;
	case 8:
		octets[len - 2] ^= 0x08;
		break;
	case 9:
		octets[len - 1] ^= 0x01;
		break;
	case 10:
		octets[len - 1] ^= 0x80;
		break;
	case 11:
		len--;
		break;
	case 12:
		len++;
		break;
	case 13:
		for (size_t i = 0; i < 2; i++) {
			uint8_t octet = octets[10 + i];

			octets[10 + i] = octets[20 + i];
			octets[20 + i] = octet;
		}
		break;
	default:
		return false;
	}
	buf_base64(ret, (struct bytes){ octets, len });
	return true;
}

static bool
change_name(const char *value, size_t variant, struct buf *ret)
{
	size_t len = strlen(value);

	switch (variant) {
	case 0:
		buf_puts(ret, value);
		buf_puts(ret, "x");
		return true;
	case 1:
		buf_put(ret, value, len > 0 ? len - 1 : 0);
		return true;
	case 2: /* another first character; for most, the other case */
		if (len == 0)
			return false;
		buf_u8(ret, (uint8_t)(value[0] ^ 0x20));
		buf_puts(ret, value + 1);
		return true;
	case 3:
		buf_puts(ret, "example.");
		return true;
	case 4:
		for (size_t i = 0; i < ID_MAX + 1; i++)
			buf_puts(ret, "x");
		return true;
	default:
		return false;
	}
}

bool
value_change(
    enum value_kind kind, const char *value, size_t variant, struct buf *ret)
{
	bool changed = false;

	if (kind == VALUE_NUMBER)
		changed = change_number(value, variant, ret);
	else if (kind == VALUE_TIME)
		changed = change_time(value, variant, ret);
	else if (kind == VALUE_DURATION)
		changed = change_duration(value, variant, ret);
	else if (kind == VALUE_BASE64)
		changed = change_base64(value, variant, ret);
	else if (kind == VALUE_NAME)
		changed = change_name(value, variant, ret);
	buf_u8(ret, 0);
	return changed && !ret->failed;
}

static void
respell_time(const char *value, size_t variant, struct buf *ret)
{
	char text[TIME_TEXT_SIZE];
	int64_t time = 0;

	if (!time_parse(value, &time))
		fail_msg("no time: %s", value);
	time_format(variant == 1 ? time + 7200 : time, text);
	buf_puts(ret, text);
	buf_puts(ret, variant == 0 ? "Z" : "+02:00");
}

static void
respell_duration(const char *value, size_t variant, struct buf *ret)
{
	int64_t duration_s = 0;

	if (!duration_parse(value, &duration_s))
		fail_msg("no duration: %s", value);
	if (variant == 0)
		buf_printf(ret, "PT%" PRId64 "S", duration_s);
	else
		buf_printf(ret, "P%" PRId64 "DT%" PRId64 "S",
		    duration_s / DAY_S, duration_s % DAY_S);
}

bool
value_respell(
    enum value_kind kind, const char *value, size_t variant, struct buf *ret)
{
	size_t half = strlen(value) / 2;

	if (variant > 1 || kind == VALUE_NONE || kind == VALUE_NAME)
		return false;
	if (kind == VALUE_NUMBER) {
		buf_puts(ret, variant == 0 ? "0" : "000");
		buf_puts(ret, value);
	} else if (kind == VALUE_TIME) {
		respell_time(value, variant, ret);
	} else if (kind == VALUE_DURATION) {
		respell_duration(value, variant, ret);
	} else {
		buf_put(ret, value, half);
		buf_puts(ret, variant == 0 ? " " : "\n\t");
		buf_puts(ret, value + half);
	}
	buf_u8(ret, 0);
	return !ret->failed;
}
