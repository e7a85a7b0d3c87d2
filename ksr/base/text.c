#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ksr/base/limits.h"
#include "ksr/base/text.h"

#define DAY_S        86400
#define YEAR_MIN     1970
#define OFFSET_MAX_S (14 * 3600)           /* XML Schema part 2, 3.2.7.3 */
#define TIME_MAX     INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
number_parse(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;
	size_t n = 0;

	for (; is_digit(text[n]); n++) {
		uint64_t digit = (uint64_t)(text[n] - '0');

		if (n >= 20 || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	if (n == 0 || text[n] != '\0' || v > max)
		return false;
	*ret = v;
	return true;
}

/* Reads exactly n digits at *text and moves behind them. */
static bool
take_digits(const char **text, size_t n, int *ret)
{
	int v = 0;

	for (size_t i = 0; i < n; i++) {
		if (!is_digit((*text)[i]))
			return false;
		v = v * 10 + ((*text)[i] - '0');
	}
	*text += n;
	*ret = v;
	return true;
}

static bool
take_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

/* Days from 1970-01-01 of a date in the proleptic Gregorian calendar. */
static int64_t
days_of_date(int64_t year, int month, int day)
{
	/* Years begin in March, so that the leap day is a year's last. */
	int64_t y = month > 2 ? year : year - 1;
	int m = month > 2 ? month - 3 : month + 9;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day -
	    1 - 719468;
}

static int
days_of_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

static bool
take_offset(const char **text, int64_t *ret_s)
{
	int sign = **text == '-' ? -1 : 1;
	int hour, minute;

	*ret_s = 0;
	if (**text == '\0' || take_char(text, 'Z'))
		return true;
	if (!take_char(text, '+') && !take_char(text, '-'))
		return false;
	if (!take_digits(text, 2, &hour) || !take_char(text, ':') ||
	    !take_digits(text, 2, &minute) || minute > 59)
		return false;
	*ret_s = sign * (hour * 3600 + minute * 60);
	return *ret_s >= -OFFSET_MAX_S && *ret_s <= OFFSET_MAX_S;
}

bool
time_parse(const char *text, int64_t *ret)
{
	int year, month, day, hour, minute, second;
	int64_t offset_s, time;

	if (!take_digits(&text, 4, &year) || !take_char(&text, '-') ||
	    !take_digits(&text, 2, &month) || !take_char(&text, '-') ||
	    !take_digits(&text, 2, &day) || !take_char(&text, 'T') ||
	    !take_digits(&text, 2, &hour) || !take_char(&text, ':') ||
	    !take_digits(&text, 2, &minute) || !take_char(&text, ':') ||
	    !take_digits(&text, 2, &second) || !take_offset(&text, &offset_s) ||
	    *text != '\0')
		return false;
	if (year < YEAR_MIN || month < 1 || month > 12 || day < 1 ||
	    day > days_of_month(year, month) || hour > 23 || minute > 59 ||
	    second > 59)
		return false;
	time = days_of_date(year, month, day) * DAY_S + hour * 3600 +
	    minute * 60 + second - offset_s;
	/* An offset can lead out of the years that have a text. */
	if (time < 0 || time > TIME_MAX)
		return false;
	*ret = time;
	return true;
}

/* Reads "<digits><unit>" if it is next; *ret_s grows by it in seconds. */
static bool
take_part(
    const char **text, char unit, int64_t unit_s, bool *ret_any, int64_t *ret_s)
{
	const char *at = *text;
	int64_t v = 0;
	size_t n = 0;

	for (; is_digit(at[n]); n++) {
		if (n >= 9)
			return false;
		v = v * 10 + (at[n] - '0');
	}
	if (n == 0 || at[n] != unit)
		return true; /* the next unit may be the one */
	*text = at + n + 1;
	*ret_any = true;
	*ret_s += v * unit_s;
	return true;
}

bool
duration_parse(const char *text, int64_t *ret_s)
{
	bool any_day = false, any_time = false;
	int64_t duration_s = 0;

	if (!take_char(&text, 'P') ||
	    !take_part(&text, 'D', DAY_S, &any_day, &duration_s))
		return false;
	if (take_char(&text, 'T') &&
	    (!take_part(&text, 'H', 3600, &any_time, &duration_s) ||
		!take_part(&text, 'M', 60, &any_time, &duration_s) ||
		!take_part(&text, 'S', 1, &any_time, &duration_s) || !any_time))
		return false;
	if (*text != '\0' || (!any_day && !any_time) ||
	    duration_s > DURATION_MAX_S)
		return false;
	*ret_s = duration_s;
	return true;
}

struct civil {
	int64_t year;
	uint8_t month, day, hour, minute, second;
};

static struct civil
civil_of_time(int64_t time)
{
	int64_t days = time / DAY_S, rest = time % DAY_S;
	int64_t era, year_of_era, day_of_era, day_of_year, m;
	struct civil civil;

	if (rest < 0) {
		rest += DAY_S;
		days--;
	}
	days += 719468; /* 0000-03-01 */
	era = (days >= 0 ? days : days - 146096) / 146097;
	day_of_era = days - era * 146097;
	year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
			  day_of_era / 146096) /
	    365;
	day_of_year = day_of_era -
	    (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	m = (5 * day_of_year + 2) / 153;
	civil.day = (uint8_t)(day_of_year - (153 * m + 2) / 5 + 1);
	civil.month = (uint8_t)(m < 10 ? m + 3 : m - 9);
	civil.year = year_of_era + era * 400 + (civil.month <= 2 ? 1 : 0);
	civil.hour = (uint8_t)(rest / 3600);
	civil.minute = (uint8_t)(rest / 60 % 60);
	civil.second = (uint8_t)(rest % 60);
	return civil;
}

static void
format_civil(const char *fmt, int64_t time, char ret[TIME_TEXT_SIZE])
{
	struct civil c = civil_of_time(time);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(ret, TIME_TEXT_SIZE, fmt, (long long)c.year, c.month, c.day,
	    c.hour, c.minute, c.second);
#pragma GCC diagnostic pop
}

void
time_format(int64_t time, char ret[TIME_TEXT_SIZE])
{
	format_civil("%04lld-%02d-%02dT%02d:%02d:%02d", time, ret);
}

void
time_format_utc(int64_t time, char ret[TIME_TEXT_SIZE])
{
	format_civil("%04lld-%02d-%02dT%02d:%02d:%02d+00:00", time, ret);
}

void
time_format_rrsig(int64_t time, char ret[TIME_TEXT_SIZE])
{
	format_civil("%04lld%02d%02d%02d%02d%02d", time, ret);
}

void
duration_format(int64_t duration_s, char ret[DURATION_TEXT_SIZE])
{
	const struct {
		char unit;
		uint64_t unit_s;
	} parts[] = { { 'H', 3600 }, { 'M', 60 }, { 'S', 1 } };
	const char *sign = duration_s < 0 ? "-" : "";
	uint64_t left =
	    duration_s < 0 ? -(uint64_t)duration_s : (uint64_t)duration_s;
	size_t len;

	len = (size_t)snprintf(ret, DURATION_TEXT_SIZE, "%sP", sign);
	if (left >= DAY_S)
		len += (size_t)snprintf(ret + len, DURATION_TEXT_SIZE - len,
		    "%" PRIu64 "D", left / DAY_S);
	else if (left == 0)
		snprintf(ret + len, DURATION_TEXT_SIZE - len, "T0S");
	left %= DAY_S;
	for (size_t i = 0; i < ARRAY_LEN(parts) && left > 0; i++) {
		uint64_t n = left / parts[i].unit_s;

		left %= parts[i].unit_s;
		if (strchr(ret, 'T') == NULL)
			len += (size_t)snprintf(
			    ret + len, DURATION_TEXT_SIZE - len, "T");
		if (n > 0)
			len += (size_t)snprintf(ret + len,
			    DURATION_TEXT_SIZE - len, "%" PRIu64 "%c", n,
			    parts[i].unit);
	}
}
