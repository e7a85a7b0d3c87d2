#include <stdio.h>
#include <string.h>

#include "signer/program/version.h"

void
version_print(const char *program)
{
	const char *part = built_with;

	printf("%s %s\n", program, ANCHORITE_VERSION);
	printf("commit     %s\n", built_from);
	while (*part != '\0') {
		int name = (int)strcspn(part, " ");
		int len = (int)strcspn(part, ";");

		printf("%-10.*s%.*s\n", name, part, len - name, part + name);
		part += len;
		part += strspn(part, "; ");
	}
}
