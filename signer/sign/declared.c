#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/sha256.h"
#include "signer/line/args.h"
#include "signer/record/json.h"
#include "signer/sign/declared.h"

#define ROUTINE_REASON \
	"routine: request_policy.routine_replacement of the configuration"

static bool
read_replaces(const char *text, struct declared *ret, struct err *err)
{
	if (!hex_parse(text, ret->replaces, SHA256_SIZE))
		return err_set(err, E_USAGE,
		    "--replaces %.80s: expected the 64 hex digits of a "
		    "response's SHA-256",
		    text);
	ret->has_replaces = true;
	return true;
}

/* The reason behind --replaces; one behind an --override is that one's. */
static bool
read_reason(const struct args *args, struct declared *ret, struct err *err)
{
	const char *owner = "", *reason = NULL;
	char safe[4 * REASON_MAX + 1];

	for (size_t i = 0; i < args->n_values; i++) {
		const char *name = args->values[i].row->name;

		if (strcmp(name, "override") == 0 ||
		    strcmp(name, "replaces") == 0)
			owner = name;
		else if (strcmp(name, "reason") == 0 &&
		    strcmp(owner, "replaces") == 0)
			reason = args->values[i].value;
	}
	if (reason == NULL || reason[0] == '\0')
		return err_set(err, E_USAGE,
		    "--replaces: has no --reason behind it");
	if (strlen(reason) > REASON_MAX)
		return err_set(err, E_USAGE,
		    "--reason: is longer than %u octets", REASON_MAX);
	text_ascii(safe, sizeof(safe), reason);
	snprintf(ret->reason, sizeof(ret->reason), "%.*s", (int)REASON_MAX,
	    safe);
	return true;
}

bool
declared_of_args(
    const struct args *args, struct declared *ret, struct err *err)
{
	const char *replaces = args_value(args, "replaces");
	struct declared declared = {
		.first = args_flag(args, "first"),
		.fallback = args_value(args, "fallback"),
	};

	if (declared.fallback != NULL &&
	    !alternative_is_name(declared.fallback))
		return err_set(err, E_USAGE,
		    "--fallback: a name is 1 to %u of a-z, 0-9, _ and -",
		    NAME_MAX_LEN);
	if (declared.fallback != NULL && replaces != NULL)
		return err_set(err, E_USAGE,
		    "--fallback and --replaces contradict each other: a "
		    "fallback request stands beside another, a replacement "
		    "takes its place");
	if (replaces != NULL &&
	    (!read_replaces(replaces, &declared, err) ||
		!read_reason(args, &declared, err)))
		return false;
	*ret = declared;
	return true;
}

void
declared_complete(struct declared *declared, const struct check_input *in)
{
	const struct history_use *use;

	if (!in->config->request_policy.routine_replacement ||
	    declared->fallback != NULL || declared->has_replaces ||
	    in->history == NULL || in->request == NULL ||
	    in->request->n_bundles == 0 || check_once_overlap(in) == NULL)
		return;
	use = history_before(
	    in->history, in->request->bundles[0].inception + 1);
	if (use == NULL)
		return;
	memcpy(declared->replaces, use->response->response_sha256, SHA256_SIZE);
	snprintf(declared->reason, sizeof(declared->reason), ROUTINE_REASON);
	declared->has_replaces = declared->is_routine = true;
}

void
declared_put(const struct declared *declared, struct check_input *in)
{
	in->first = declared->first;
	in->fallback = declared->fallback;
	in->replaces = declared->has_replaces ? declared->replaces : NULL;
}

void
declared_sign(const struct declared *declared, struct ledger_signing *signing)
{
	signing->fallback = declared->fallback;
	signing->replaces = declared->has_replaces ? declared->replaces : NULL;
	signing->reason = declared->has_replaces ? declared->reason : NULL;
}

void
declared_facts(const struct declared *declared, json_t *facts)
{
	if (declared->fallback != NULL)
		json_object_set_new(
		    facts, "fallback", json_string(declared->fallback));
	if (declared->has_replaces)
		json_object_set_new(facts, "replaces",
		    json_pack("{s:o, s:s, s:b}", "response_sha256",
			json_of_sha256(declared->replaces), "reason",
			declared->reason, "routine", declared->is_routine));
}

void
declared_print(const struct declared *declared, const char *alternative)
{
	char hash[SHA256_TEXT_SIZE];

	if (alternative != NULL)
		printf("\nDeclared: the alternative \"%s\", a response more to "
		       "a request that is signed\n",
		    alternative);
	if (declared->fallback != NULL)
		printf("\nDeclared: the fallback request \"%s\", for slots "
		       "that are signed\n",
		    declared->fallback);
	if (!declared->has_replaces)
		return;
	sha256_text(declared->replaces, hash);
	printf("\nDeclared: a replacement of response\n  %s\n  because: %s\n",
	    hash, declared->reason);
}
