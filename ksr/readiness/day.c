#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/readiness/day.h"

#define DAY_LAST 2932896 /* 9999-12-31 */

bool
day_parse(const char *text, int32_t *ret)
{
	char midnight[DAY_TEXT + sizeof("T00:00:00Z")];
	int64_t time;

	if (strlen(text) != DAY_TEXT - 1)
		return false;
	snprintf(midnight, sizeof(midnight), "%sT00:00:00Z", text);
	return time_parse(midnight, &time) && day_of_time(time, ret);
}

void
day_format(int32_t day, char ret[DAY_TEXT])
{
	char text[TIME_TEXT_SIZE];

	time_format((int64_t)day * DAY_S, text);
	memcpy(ret, text, DAY_TEXT - 1);
	ret[DAY_TEXT - 1] = '\0';
}

bool
day_of_time(int64_t time, int32_t *ret)
{
	if (time < 0 || time / DAY_S > DAY_LAST)
		return false;
	*ret = (int32_t)(time / DAY_S);
	return true;
}
