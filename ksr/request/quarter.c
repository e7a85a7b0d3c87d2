#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/request/quarter.h"

bool
quarter_parse(const char *text, struct quarter *ret, struct err *err)
{
	uint64_t year, number;
	char digits[5] = "";

	if (strlen(text) != 7 || strncmp(text + 4, "-q", 2) != 0)
		goto bad;
	memcpy(digits, text, 4);
	if (!number_parse(digits, 2100, &year) || year < 1970 ||
	    !number_parse(text + 6, 4, &number) || number < 1)
		goto bad;
	*ret = (struct quarter){ (int)year, (int)number };
	return true;
bad:
	return err_set(err, E_USAGE,
	    "quarter \"%s\": expected one such as 2027-q1", text);
}

void
quarter_format(struct quarter quarter, char ret[QUARTER_TEXT_SIZE])
{
	snprintf(ret, QUARTER_TEXT_SIZE, "%04d-q%d", quarter.year,
	    quarter.number);
}

struct quarter
quarter_of_time(int64_t time)
{
	char text[TIME_TEXT_SIZE], part[5] = "";
	uint64_t year = 1970, month = 1;

	time_format(time, text);
	memcpy(part, text, 4);
	if (!number_parse(part, 9999, &year))
		year = 1970;
	memcpy(part, text + 5, 2);
	part[2] = '\0';
	if (!number_parse(part, 12, &month))
		month = 1;
	return (struct quarter){ (int)year, (int)(month - 1) / 3 + 1 };
}

struct quarter
quarter_next(struct quarter q)
{
	return q.number == 4 ? (struct quarter){ q.year + 1, 1 } :
			       (struct quarter){ q.year, q.number + 1 };
}

struct quarter
quarter_before(struct quarter q)
{
	return q.number == 1 ? (struct quarter){ q.year - 1, 4 } :
			       (struct quarter){ q.year, q.number - 1 };
}

int64_t
quarter_start(struct quarter quarter)
{
	char text[64];
	int64_t start;

	snprintf(text, sizeof(text), "%04d-%02d-01T00:00:00Z", quarter.year,
	    3 * quarter.number - 2);
	return time_parse(text, &start) ? start : 0;
}
