#include <stdio.h>
#include <stdlib.h>

#include "signer/record/differences.h"

void
differences_vadd(
    struct differences *differences, size_t line, const char *fmt, va_list ap)
{
	struct difference *list, *new;
	char raw[ERR_MSG_MAX];

	list = realloc(differences->list, (differences->n + 1) * sizeof(*list));
	if (list == NULL) {
		differences->failed = true;
		return;
	}
	differences->list = list;
	new = &list[differences->n++];
	new->line = line;
	/* It quotes the record, which is hostile. */
	if (vsnprintf(raw, sizeof(raw), fmt, ap) < 0)
		raw[0] = '\0';
	text_printable(new->text, sizeof(new->text), raw);
}

void
differences_add(
    struct differences *differences, size_t line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	differences_vadd(differences, line, fmt, ap);
	va_end(ap);
}

void
differences_clear(struct differences *differences)
{
	free(differences->list);
	*differences = (struct differences){ 0 };
}
