#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "ksr/base/bytes.h"
#include "signer/live/component.h"

static const struct secret_kind component_kind = {
	.name = "component",
	.file = "component file",
	.spared = "",
	.empty = "",
	.absent = "",
};

static_assert(sizeof(((struct secret *)NULL)->text) > COMPONENT_SIZE,
    "a component fits where its digits stood");

const uint8_t *
component_octets(const struct secret *component)
{
	return (const uint8_t *)component->text;
}

/* In place: an octet is never further on than its digits. */
static bool
decode(struct secret *secret, struct err *err)
{
	uint8_t *octets = (uint8_t *)secret->text;
	size_t n = 0;
	bool ok = true;

	for (const char *c = secret->text; *c != '\0' && ok; c++) {
		int value = hex_value(*c);

		if (*c == ' ' || *c == '-')
			continue;
		ok = value >= 0 && n < 2 * (size_t)COMPONENT_SIZE;
		if (ok && n % 2 == 0)
			octets[n / 2] = (uint8_t)(value << 4);
		else if (ok)
			octets[n / 2] |= (uint8_t)value;
		n++;
	}
	return (ok && n == 2 * (size_t)COMPONENT_SIZE) ||
	    err_set(err, E_INPUT,
		"a component is %u hex digits, with blanks or - between them "
		"or not",
		2 * COMPONENT_SIZE);
}

static bool
type(size_t number, size_t n, struct secret *ret, struct err *err)
{
	char prompt[64], without[128];

	snprintf(prompt, sizeof(prompt), "Component %zu of %zu: ", number, n);
	snprintf(without, sizeof(without),
	    "component %zu of %zu must be typed and there is no terminal; "
	    "--component-file reads it from a file",
	    number, n);
	return secret_type(&component_kind, prompt, without, ret, err);
}

bool
component_obtain(const struct config *config, size_t number, size_t n,
    const char *path, struct secret *ret, struct err *err)
{
	if (!secret_lock(ret, component_kind.name, config->rehearsal, err))
		return false;
	if ((path == NULL ? type(number, n, ret, err)
			  : secret_read(&component_kind, path, ret, err)) &&
	    decode(ret, err))
		return true;
	secret_wipe(ret);
	return err_prefix(err, "component %zu of %zu", number, n);
}
