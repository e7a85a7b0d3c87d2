#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/policy/rules.h"

static const char *const versions[] = {
	[RULES_TODAY] = "0.2.0",
	[RULES_0_1_0] = "0.1.0",
	[RULES_0_2_0] = "0.2.0",
};

#define VERSION_NUMBERS    3
#define VERSION_NUMBER_MAX 65535

const char *
rules_text(enum rules rules)
{
	return versions[rules];
}

/* "0.1.3" */
static bool
version_parse(const char *text, uint64_t ret[VERSION_NUMBERS])
{
	for (size_t i = 0; i < VERSION_NUMBERS; i++) {
		size_t len = strcspn(text, ".");
		char number[8];

		if (len >= sizeof(number))
			return false;
		snprintf(number, sizeof(number), "%.*s", (int)len, text);
		if (!number_parse(number, VERSION_NUMBER_MAX, &ret[i]))
			return false;
		text += len;
		if (*text++ != (i == VERSION_NUMBERS - 1 ? '\0' : '.'))
			return false;
	}
	return true;
}

static bool
version_is_newer(
    const uint64_t a[VERSION_NUMBERS], const uint64_t b[VERSION_NUMBERS])
{
	for (size_t i = 0; i < VERSION_NUMBERS; i++)
		if (a[i] != b[i])
			return a[i] > b[i];
	return false;
}

bool
rules_of_version(const char *version, enum rules *ret)
{
	uint64_t wanted[VERSION_NUMBERS], brought[VERSION_NUMBERS];

	if (!version_parse(version, wanted))
		return false;
	for (enum rules rules = RULES_NEWEST; rules > RULES_TODAY; rules--)
		if (version_parse(versions[rules], brought) &&
		    !version_is_newer(brought, wanted)) {
			*ret = rules;
			return true;
		}
	return false;
}
