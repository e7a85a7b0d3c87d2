#include <stdio.h>

#include "ksr/rules/outlook.h"
#include "signer/record/context.h"
#include "signer/record/json.h"
#include "signer/sign/followers_show.h"

static void
print_verdict(const struct context *context, bool fails)
{
	const char *text = fails ? "FAILS" : "ok";

	if (context->colour)
		printf("  \033[%sm%-6s\033[0m", fails ? "1;31" : "32", text);
	else
		printf("  %-6s", text);
}

static void
print_follower(
    const struct context *context, const struct outlook_follower *one)
{
	struct text line = { 0 };

	text_add(&line, "%s since %s by %s", one->kind, time_text(one->start).s,
	    one->trusts.s);
	print_verdict(context, one->fails);
	printf("%s\n", line.s);
	if (one->fails)
		printf("        at %s, slot %zu of the new response\n",
		    time_text(one->fails_at).s, one->slot + 1);
}

bool
followers_print(const struct context *context, const struct check_input *in,
    struct err *err)
{
	struct outlook_followers followers;

	if (!outlook_of(in, &followers, err))
		return false;
	if (followers.n > 0)
		printf("\nWhat followers make of %s\n",
		    in->previous == NULL ? "the new response alone"
					 : "the previous and the new response");
	for (size_t i = 0; i < followers.n; i++)
		print_follower(context, &followers.followers[i]);
	return true;
}

json_t *
json_of_followers(const struct check_input *in)
{
	struct outlook_followers followers;
	json_t *list = json_array();
	struct err err;

	if (!outlook_of(in, &followers, &err)) {
		json_decref(list);
		return NULL;
	}
	for (size_t i = 0; i < followers.n; i++) {
		const struct outlook_follower *one = &followers.followers[i];

		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:o, s:o, s:o}", "follower",
			one->kind, "trusts", one->trusts.s, "since",
			json_of_time(one->start), "fails_at",
			one->fails ? json_of_time(one->fails_at) : json_null(),
			"slot",
			one->fails ? json_integer((json_int_t)one->slot + 1)
				   : json_null()));
	}
	return list;
}
