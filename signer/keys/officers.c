#include <stdio.h>
#include <string.h>

#include "signer/keys/officers.h"
#include "signer/live/component.h"
#include "signer/record/json.h"
#include "signer/screen/screen.h"

struct giving {
	const struct context *context;
	const char *files[COMPONENTS_MAX]; /* NULL: typed */
	struct token *token;
	enum hsm_side side;
	size_t n;
};

bool
officers_check_files(const struct args *args, size_t n, struct err *err)
{
	size_t files = 0;

	for (size_t i = 0; i < args->n_values; i++)
		if (strcmp(args->values[i].row->name, "component-file") == 0)
			files++;
	return files <= n ||
	    err_set(err, E_USAGE, "--component-file: %zu files, for %zu components",
		files, n);
}

static void
take_files(const struct args *args, struct giving *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < args->n_values && n < ret->n; i++)
		if (strcmp(args->values[i].row->name, "component-file") == 0)
			ret->files[n++] = args->values[i].value;
}

/* What several of them make, but not all, is nobody's to know. */
static bool
facts_component(const struct giving *giving, size_t i,
    const uint8_t check[HSM_CHECK_SIZE], const uint8_t so_far[HSM_CHECK_SIZE],
    struct err *err)
{
	json_t *facts = json_pack("{s:i, s:i, s:s, s:o}", "number", (int)i + 1,
	    "of", (int)giving->n, "by",
	    giving->files[i] == NULL ? "terminal" : "file", "check_value",
	    json_of_bytes_hex((struct bytes){ check, HSM_CHECK_SIZE }));

	if (giving->files[i] != NULL)
		json_object_set_new(
		    facts, "path", json_of_text(giving->files[i]));
	if (i + 1 == giving->n)
		json_object_set_new(facts, "whole",
		    json_of_bytes_hex((struct bytes){ so_far, HSM_CHECK_SIZE }));
	return record_event(giving->context->record, "component", facts, err);
}

/* The token alone is asked in a replay, which has no secret. */
static bool
hand_over(const struct giving *giving, size_t i, uint8_t check[HSM_CHECK_SIZE],
    uint8_t so_far[HSM_CHECK_SIZE], struct err *err)
{
	const struct context *context = giving->context;
	struct secret component = { "" };
	bool ok;

	if (record_recorded(context->record) != NULL)
		return token_component(giving->token, giving->side,
		    component_octets(&component), check, so_far, err);
	if (!screen_flush(err) ||
	    !component_obtain(context->config, i + 1, giving->n,
		giving->files[i], &component, err))
		return false;
	ok = token_component(giving->token, giving->side,
	    component_octets(&component), check, so_far, err);
	secret_wipe(&component);
	return ok || err_prefix(err, "component %zu", i + 1);
}

static bool
compare(const char *what, const uint8_t seen[HSM_CHECK_SIZE],
    const uint8_t wanted[HSM_CHECK_SIZE], struct err *err)
{
	char is[CHECK_TEXT_SIZE], due[CHECK_TEXT_SIZE];

	check_text(seen, is);
	check_text(wanted, due);
	return memcmp(seen, wanted, HSM_CHECK_SIZE) == 0 ||
	    err_set(err, E_REFUSED,
		"%s: its check value is %s, the list has %s", what, is, due);
}

static bool
give_one(const struct giving *giving, size_t i, bool listed,
    struct components *components, uint8_t so_far[HSM_CHECK_SIZE],
    struct err *err)
{
	uint8_t check[HSM_CHECK_SIZE] = { 0 };
	char text[CHECK_TEXT_SIZE], what[32];

	if (!hand_over(giving, i, check, so_far, err) ||
	    !facts_component(giving, i, check, so_far, err))
		return false;
	check_text(check, text);
	if (!giving->context->json)
		printf("Component %zu of %zu: check value %s\n", i + 1,
		    giving->n, text);
	snprintf(what, sizeof(what), "component %zu", i + 1);
	if (listed)
		return compare(what, check, components->checks[i], err);
	memcpy(components->checks[i], check, HSM_CHECK_SIZE);
	return true;
}

bool
officers_give(const struct context *context, const struct args *args,
    struct token *token, enum hsm_side side, bool listed,
    struct components *components, struct err *err)
{
	struct giving giving = { context, { NULL }, token, side,
		components->n };
	uint8_t whole[HSM_CHECK_SIZE] = { 0 };

	take_files(args, &giving);
	if (!token_can_take_components(token, side, err))
		return false;
	for (size_t i = 0; i < components->n; i++)
		if (!give_one(&giving, i, listed, components, whole, err))
			return false;
	if (listed)
		return compare("the key of all components", whole,
		    components->whole, err);
	memcpy(components->whole, whole, HSM_CHECK_SIZE);
	return true;
}

void
officers_print(const struct components *components)
{
	char text[CHECK_TEXT_SIZE];

	for (size_t i = 0; i < components->n; i++) {
		check_text(components->checks[i], text);
		printf("  component %zu: check value %s\n", i + 1, text);
	}
	check_text(components->whole, text);
	printf("  all of them: check value %s\n", text);
}
