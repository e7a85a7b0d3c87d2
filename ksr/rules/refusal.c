#include <stdio.h>
#include <string.h>

#include "ksr/rules/check.h"

/* "SKR-SCHEDULE (d_to_d)" where one of several responses is judged. */
static void
name_result(const struct check_result *result, char *ret, size_t size)
{
	const char *subject = result->subject;

	snprintf(ret, size, "%s%s%s%s", result->check->id,
	    subject == NULL ? "" : " (", subject == NULL ? "" : subject,
	    subject == NULL ? "" : ")");
}

bool
err_set_report(struct err *err, const char *subject, const struct report *report)
{
	char ids[ERR_MSG_MAX / 2] = "";
	char last[NAME_MAX_LEN + 64] = "", id[sizeof(last)];
	size_t len = 0;

	for (size_t i = 0; i < report->n_results; i++) {
		const struct check_result *result = &report->results[i];

		if (result->verdict != VERDICT_REFUSE &&
		    result->verdict != VERDICT_NONE)
			continue;
		name_result(result, id, sizeof(id));
		if (strcmp(id, last) == 0)
			continue;
		memcpy(last, id, sizeof(last));
		if (len + strlen(last) + 3 > sizeof(ids))
			break;
		len += (size_t)snprintf(ids + len, sizeof(ids) - len, "%s%s",
		    len > 0 ? ", " : "", last);
	}
	return err_set(err, E_REFUSED, "%s: %s", subject, ids);
}
