#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "signer/live/confirm.h"
#include "signer/record/context.h"
#include "signer/record/json.h"
#include "signer/record/record.h"
#include "signer/record/recorded.h"
#include "signer/screen/screen.h"

#define ANSWER_SIZE (ID_MAX + 32)

bool
confirm_possible(const struct context *context, bool batch, struct err *err)
{
	if (batch || record_recorded(context->record) != NULL)
		return true;
	if (context->json)
		return err_set(err, E_USAGE,
		    "--json leaves no screen to confirm on; add --batch");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(err, E_USAGE,
		    "there is no terminal to confirm on; --batch confirms "
		    "without one");
	return true;
}

static bool
err_set_unconfirmed(struct err *err, const char *answer, const char *wanted,
    const char *not_done)
{
	return err_set(err, E_REFUSED,
	    "not confirmed: the answer was \"%s\", not \"%s\" and Enter; %s",
	    answer, wanted, not_done);
}

static bool
facts_prompt(struct record *record, const char *prompt, struct err *err)
{
	return record_event(
	    record, "prompt", json_pack("{s:o}", "text", json_of_text(prompt)),
	    err);
}

static bool
facts_answer(
    struct record *record, const char *by, const char *answer, struct err *err)
{
	return record_event(record, "answer",
	    json_pack("{s:s, s:o}", "by", by, "text", json_of_text(answer)),
	    err);
}

/* Only the wanted text and the end of the line are a yes. */
static bool
read_answer(const char *prompt, const char *wanted, char answer[ANSWER_SIZE],
    bool *ret_yes, struct err *err)
{
	char line[ID_MAX + 2];
	size_t len;
	bool yes;

	/* What is typed ahead is no answer; what follows the question is. */
	tcflush(STDIN_FILENO, TCIFLUSH);
	printf("\n%s", prompt);
	if (!screen_flush(err))
		return false;
	if (fgets(line, sizeof(line), stdin) == NULL)
		line[0] = '\0';
	len = strcspn(line, "\n");
	if (line[len] == '\n')
		screen_answered();
	yes = line[len] == '\n' && len == strlen(wanted) &&
	    memcmp(line, wanted, len) == 0;
	line[len] = '\0';
	/* On record only what was confirmed may look like it. */
	snprintf(answer, ANSWER_SIZE, "%s%s", line,
	    !yes && strcmp(line, wanted) == 0 ? " without Enter" : "");
	*ret_yes = yes;
	return true;
}

/* What was answered then; only what was confirmed looks like it. */
static bool
find_answer(struct recorded *recorded, const char *wanted,
    char answer[ANSWER_SIZE], bool *ret_yes, struct err *err)
{
	const json_t *line = recorded_if(recorded, "answer");

	if (line == NULL)
		return recorded_fails(recorded, err);
	snprintf(answer, ANSWER_SIZE, "%.*s", ANSWER_SIZE - 1,
	    fact_text(line, "text"));
	*ret_yes = strcmp(answer, wanted) == 0;
	return true;
}

static bool
ask(const struct context *context, const struct confirmation *confirmation,
    struct err *err)
{
	struct recorded *recorded = record_recorded(context->record);
	const char *wanted = confirmation->wanted;
	char answer[ANSWER_SIZE];
	bool yes = false;

	if (recorded != NULL
		? !find_answer(recorded, wanted, answer, &yes, err)
		: !read_answer(
		      confirmation->prompt, wanted, answer, &yes, err))
		return false;
	if (!facts_answer(context->record, "terminal", answer, err))
		return false;
	return yes ||
	    err_set_unconfirmed(err, answer, wanted, confirmation->not_done);
}

bool
confirm(const struct context *context, const struct confirmation *confirmation,
    struct err *err)
{
	struct record *record = context->record;

	if (confirmation->batch)
		return screen_flush(err) &&
		    facts_answer(record, "batch", confirmation->wanted, err);
	return facts_prompt(record, confirmation->prompt, err) &&
	    ask(context, confirmation, err);
}
