/*
 * The values that may differ without a refusal, each by name.  Anything that
 * is not here and changes without being refused is a hole.
 */
#pragma once

#include "tests/attack/mutate.h"

#define ECHOES_MAX 4

struct harmless {
	enum document document;
	const char *path; /* as xml_compare gives it */
	const char *why;
	bool resigned_only; /* what the ZSK operator decides */
	/* Where the response repeats it, as it is. */
	const char *echoes[ECHOES_MAX];
	/* What else of the same bundle follows from it. */
	const char *consequences[ECHOES_MAX];
};

/* NULL: the value must not change. */
const struct harmless *
harmless_find(enum document document, const char *path, bool resigned);

bool harmless_echoes(const struct harmless *row, const char *path);
bool harmless_entails(const struct harmless *row, const char *path);
