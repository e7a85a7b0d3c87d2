#include <stdio.h>
#include <string.h>

#include "signer/record/json.h"
#include "signer/token/components.h"

#define FIRST_LINE "anchorite components 1\n"

void
check_text(const uint8_t check[HSM_CHECK_SIZE], char ret[CHECK_TEXT_SIZE])
{
	snprintf(ret, CHECK_TEXT_SIZE, "%02X %02X %02X", check[0], check[1],
	    check[2]);
}

bool
components_begin(struct bytes text)
{
	return text.len >= sizeof(FIRST_LINE) - 1 &&
	    memcmp(text.data, FIRST_LINE, sizeof(FIRST_LINE) - 1) == 0;
}

bool
components_format(
    const struct components *components, struct buf *ret, struct err *err)
{
	char text[CHECK_TEXT_SIZE];

	buf_puts(ret, FIRST_LINE);
	for (size_t i = 0; i < components->n; i++) {
		check_text(components->checks[i], text);
		buf_printf(ret, "%zu %s\n", i + 1, text);
	}
	check_text(components->whole, text);
	buf_printf(ret, "whole %s\n", text);
	return !ret->failed || err_set(err, E_MEMORY, "out of memory");
}

/* A line: a word, then the check value as check_text has it. */
static bool
take_line(const char **rest, const char *word, uint8_t ret[HSM_CHECK_SIZE])
{
	size_t len = strlen(word);
	char digits[2 * HSM_CHECK_SIZE + 1] = "";
	const char *at = *rest + len;

	if (strncmp(*rest, word, len) != 0)
		return false;
	for (size_t i = 0; i < HSM_CHECK_SIZE; i++, at += 3) {
		if (at[0] != ' ' || at[1] == '\0' || at[2] == '\0')
			return false;
		memcpy(digits + 2 * i, at + 1, 2);
	}
	*rest = at + 1;
	return *at == '\n' && hex_parse(digits, ret, HSM_CHECK_SIZE);
}

static void
take_lines(const char *rest, struct components *ret)
{
	char number[8];

	for (ret->n = 0; ret->n < COMPONENTS_MAX; ret->n++) {
		snprintf(number, sizeof(number), "%zu", ret->n + 1);
		if (!take_line(&rest, number, ret->checks[ret->n]))
			break;
	}
	(void)take_line(&rest, "whole", ret->whole);
}

static bool
check_differ(const struct components *components, struct err *err)
{
	if (components->n < COMPONENTS_MIN)
		return err_set(err, E_INPUT,
		    "%zu components, expected %u to %u", components->n,
		    COMPONENTS_MIN, COMPONENTS_MAX);
	for (size_t i = 0; i < components->n; i++)
		for (size_t k = 0; k < i; k++)
			if (memcmp(components->checks[i],
				components->checks[k], HSM_CHECK_SIZE) == 0)
				return err_set(err, E_INPUT,
				    "components %zu and %zu have the same "
				    "check value: they are one, given twice",
				    k + 1, i + 1);
	return true;
}

/* Whatever was not read as it would be written differs from what is. */
static bool
check_form(
    const struct components *components, struct bytes text, struct err *err)
{
	struct buf own = buf_new(COMPONENTS_FILE_MAX);
	bool ok = components_format(components, &own, err) &&
	    (bytes_equal(buf_bytes(&own), text) ||
		err_set(err, E_INPUT,
		    "is no list of components as `transport` writes it"));

	buf_free(&own);
	return ok;
}

bool
components_parse(struct bytes text, struct components *ret, struct err *err)
{
	struct components components = { 0 };
	char copy[COMPONENTS_FILE_MAX + 1];

	if (components_begin(text) && text.len < sizeof(copy)) {
		memcpy(copy, text.data, text.len);
		copy[text.len] = '\0';
		take_lines(copy + sizeof(FIRST_LINE) - 1, &components);
	}
	if (!check_form(&components, text, err) ||
	    !check_differ(&components, err))
		return false;
	*ret = components;
	return true;
}

bool
components_hash(const struct components *components, uint8_t ret[SHA256_SIZE],
    struct err *err)
{
	struct buf text = buf_new(COMPONENTS_FILE_MAX);
	bool ok = components_format(components, &text, err) &&
	    sha256(buf_bytes(&text), ret, err);

	buf_free(&text);
	return ok;
}

json_t *
json_of_components(const struct components *components)
{
	json_t *list = json_array();

	for (size_t i = 0; i < components->n; i++)
		json_array_append_new(list,
		    json_of_bytes_hex((struct bytes){
			components->checks[i], HSM_CHECK_SIZE }));
	return list;
}

bool
components_of_json(
    const json_t *json, struct components *ret, struct err *err)
{
	const json_t *item;
	size_t i;

	ret->n = json_array_size(json);
	if (ret->n > COMPONENTS_MAX)
		return err_set(err, E_INPUT,
		    "%zu components, expected %u to %u", ret->n,
		    COMPONENTS_MIN, COMPONENTS_MAX);
	json_array_foreach(json, i, item)
	{
		const char *text = json_string_value(item);

		if (text == NULL ||
		    !hex_parse(text, ret->checks[i], HSM_CHECK_SIZE))
			return err_set(err, E_INPUT,
			    "component %zu: expected %u hex digits", i + 1,
			    2 * HSM_CHECK_SIZE);
	}
	return check_differ(ret, err);
}
