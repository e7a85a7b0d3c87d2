#include <stdio.h>
#include <string.h>

#include "signer/script/steps.h"
#include "tests/support/support.h"

static struct script
script_of(const char *text)
{
	struct script script;
	struct err err;

	assert_ok(
	    script_read(bytes_of_string(text), "x.act", &script, &err), &err);
	return script;
}

static const char two_acts[] = "title: T\nact: One\nstep: a\n do: step: x\n"
			       "step: b\n# step: no\nact: Two\nstep: c";

static void
script_read_counts_steps_by_act(void **state)
{
	struct script script = script_of(two_acts);
	static const char *const numbers[] = { "1.1", "1.2", "2.1", "" };
	char number[STEP_NUMBER_SIZE];

	(void)state;
	assert_int_equal(script.n_acts, 2);
	assert_int_equal(script.n, 3);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		script_number(&script, i, number);
		assert_string_equal(number, numbers[i]);
	}
}

static void
script_read_no_script_is_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "", "x.act: is no script" },
		{ "act: One\n", "is no script" },
		{ "title: T\nstep: a\n", "x.act:2: a step before the first" },
	};
	struct script script;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_false(script_read(
		    bytes_of_string(cases[i].text), "x.act", &script, &err));
		assert_int_equal(err.code, E_INPUT);
		assert_message_has(&err, cases[i].says);
	}
}

static void
script_read_beyond_limits_is_refused(void **state)
{
	struct buf text = buf_new(65536);
	struct script script;
	struct err err;

	(void)state;
	for (unsigned i = 0; i < SCRIPT_ACTS_MAX; i++)
		buf_puts(&text, "act: x\n");
	for (unsigned i = 0; i < SCRIPT_STEPS_MAX; i++)
		buf_puts(&text, "step: x\n");
	assert_ok(
	    script_read(buf_bytes(&text), "x", &script, &err), &err);
	assert_int_equal(script.n, SCRIPT_STEPS_MAX);
	buf_puts(&text, "step: x\n");
	assert_false(script_read(buf_bytes(&text), "x", &script, &err));
	assert_message_has(&err, "x:1099: more than 999 steps");
	text.len = 7 * SCRIPT_ACTS_MAX;
	buf_puts(&text, "act: x\n");
	assert_false(script_read(buf_bytes(&text), "x", &script, &err));
	assert_message_has(&err, "x:100: more than 99 acts");
	buf_free(&text);
}

/* "start 1.1" as a step with all that it needs. */
static struct step
step_of(const char *text)
{
	static char number[16];
	static char name[16];
	struct step step = { 0 };

	number[0] = '\0';
	assert_true(sscanf(text, "%15s %15s", name, number) >= 1);
	assert_true(step_event_parse(name, &step.event));
	if (number[0] != '\0')
		step.facts[STEP_NUMBER] = number;
	return step;
}

/* Applies events one after the other; the last may have to be refused. */
static void
run_events(const char *const *events, const char *says, struct steps *ret)
{
	struct script script = script_of(two_acts);
	struct steps steps = { 0 }, before;
	struct err err;

	for (; *events != NULL; events++) {
		struct step step = step_of(*events);

		before = steps;
		if (events[1] != NULL || says == NULL) {
			assert_ok(
			    steps_apply(&steps, &step, &script, &err), &err);
			continue;
		}
		if (steps_apply(&steps, &step, &script, &err))
			fail_msg("%s was accepted; %s", *events, says);
		assert_int_equal(err.code, E_USAGE);
		assert_message_has(&err, says);
		assert_memory_equal(&steps, &before, sizeof(steps));
	}
	*ret = steps;
}

#define EVENTS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define FIRST	    "begin", "start 1.1", "done 1.1"
#define ALL	    FIRST, "start 1.2", "done 1.2", "start 2.1", "done 2.1"

static void
steps_apply_legal_orders_are_accepted(void **state)
{
	const struct {
		const char *const *events;
		enum steps_state state;
		size_t at;
	} cases[] = {
		{ EVENTS("begin"), STEPS_READY, 0 },
		{ EVENTS("begin", "start 1.1"), STEPS_RUNNING, 0 },
		{ EVENTS(FIRST), STEPS_READY, 1 },
		{ EVENTS(ALL), STEPS_READY, 3 },
		{ EVENTS(ALL, "end"), STEPS_ENDED, 3 },
		{ EVENTS(ALL, "end", "begin"), STEPS_READY, 0 },
		{ EVENTS(ALL, "exception", "end"), STEPS_ENDED, 3 },
		{ EVENTS("begin", "failed 1.1"), STEPS_STOPPED, 0 },
		{ EVENTS("begin", "start 1.1", "failed 1.1", "repeated 1.1",
		      "start 1.1"),
		    STEPS_RUNNING, 0 },
		{ EVENTS(FIRST, "failed 1.2", "back 1.1"), STEPS_READY, 0 },
		{ EVENTS(FIRST, "failed 1.2", "skipped 1.2"), STEPS_READY, 2 },
		{ EVENTS(FIRST, "repeated 1.1"), STEPS_READY, 0 },
		{ EVENTS(FIRST, "repeated 1.2"), STEPS_READY, 1 },
		{ EVENTS(ALL, "back 1.1"), STEPS_READY, 0 },
		{ EVENTS("begin", "start 1.1", "resumed", "done 1.1"),
		    STEPS_READY, 1 },
		{ EVENTS("begin", "start 1.1", "resumed", "repeated 1.1"),
		    STEPS_READY, 0 },
		{ EVENTS("begin", "paused", "exception", "exception 2.1",
		      "resumed", "start 1.1"),
		    STEPS_RUNNING, 0 },
		{ EVENTS("begin", "paused", "aborted", "begin", "start 1.1"),
		    STEPS_RUNNING, 0 },
		{ EVENTS("begin", "skipped 1.1", "skipped 1.2", "skipped 2.1",
		      "end"),
		    STEPS_ENDED, 3 },
	};
	struct steps steps;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		run_events(cases[i].events, NULL, &steps);
		assert_int_equal(steps.state, cases[i].state);
		assert_int_equal(steps.at, cases[i].at);
		assert_false(steps.paused);
	}
}

static void
steps_apply_other_orders_are_refused(void **state)
{
	const struct {
		const char *const *events;
		const char *says;
	} cases[] = {
		{ EVENTS("start 1.1"), "no script was begun" },
		{ EVENTS("exception"), "no script was begun" },
		{ EVENTS("resumed"), "no script was begun" },
		{ EVENTS("begin", "begin"), "step 1.1 comes next" },
		{ EVENTS("begin", "done 1.1"), "step 1.1 comes next" },
		{ EVENTS("begin", "start 1.2"), "step 1.1 comes next" },
		{ EVENTS("begin", "failed 1.2"), "step 1.1 comes next" },
		{ EVENTS("begin", "skipped 1.2"), "step 1.1 comes next" },
		{ EVENTS("begin", "back 1.1"), "step 1.1 comes next" },
		{ EVENTS("begin", "end"), "step 1.1 comes next" },
		{ EVENTS("begin", "start 1.1", "start 1.1"),
		    "1.1 was started and is not done" },
		{ EVENTS("begin", "start 1.1", "end"), "is not done" },
		{ EVENTS("begin", "start 1.1", "done 1.2"), "is not done" },
		{ EVENTS("begin", "start 1.1", "repeated 1.2"),
		    "is not done" },
		{ EVENTS(FIRST, "start 1.2", "repeated 1.1"), "is not done" },
		{ EVENTS("begin", "start 1.1", "resumed", "start 1.1"),
		    "is not done" },
		{ EVENTS(FIRST, "done 1.1"), "step 1.2 comes next" },
		{ EVENTS(FIRST, "start 1.1"), "step 1.2 comes next" },
		{ EVENTS(FIRST, "back 1.2"), "step 1.2 comes next" },
		{ EVENTS(FIRST, "start 1.2", "done 1.2", "repeated 1.1"),
		    "step 2.1 comes next" },
		{ EVENTS("begin", "failed 1.1", "start 1.1"),
		    "step 1.1 failed: repeat it" },
		{ EVENTS("begin", "failed 1.1", "done 1.1"), "failed" },
		{ EVENTS(ALL, "start 2.2"), "no step \"2.2\"" },
		{ EVENTS(ALL, "start 2.1"), "every step is done" },
		{ EVENTS(ALL, "end", "end"), "only begin may follow" },
		{ EVENTS(ALL, "end", "resumed"), "only begin may follow" },
		{ EVENTS(ALL, "end", "exception"), "only begin may follow" },
		{ EVENTS("begin", "aborted", "start 1.1"), "is aborted" },
		{ EVENTS("begin", "paused", "start 1.1"), "is paused" },
		{ EVENTS("begin", "paused", "paused"), "is paused" },
		{ EVENTS("begin", "start 0.1"), "no step \"0.1\"" },
		{ EVENTS("begin", "start 1.0"), "no step \"1.0\"" },
		{ EVENTS("begin", "start 1.3"), "no step \"1.3\"" },
		{ EVENTS("begin", "start 3.1"), "no step \"3.1\"" },
		{ EVENTS("begin", "start 01.1"), "no step \"01.1\"" },
		{ EVENTS("begin", "start 1.01"), "no step \"1.01\"" },
		{ EVENTS("begin", "start 1"), "no step \"1\"" },
		{ EVENTS("begin", "start 1.1.1"), "no step \"1.1.1\"" },
		{ EVENTS("begin", "start 99999999.1"), "no step" },
		{ EVENTS("begin", "exception 7.7"), "no step \"7.7\"" },
	};
	struct steps steps;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		run_events(cases[i].events, cases[i].says, &steps);
}

static void
step_check_facts_belong_to_their_event(void **state)
{
	/* Each event with all that it may tell. */
	static const unsigned required[STEP_EVENTS] = {
		[STEP_BEGIN] = 1u << STEP_KIND | 1u << STEP_SCRIPT,
		[STEP_START] = 1u << STEP_NUMBER,
		[STEP_DONE] = 1u << STEP_NUMBER,
		[STEP_FAILED] = 1u << STEP_NUMBER | 1u << STEP_TEXT,
		[STEP_REPEATED] = 1u << STEP_NUMBER,
		[STEP_BACK] = 1u << STEP_NUMBER,
		[STEP_SKIPPED] = 1u << STEP_NUMBER | 1u << STEP_TEXT,
		[STEP_EXCEPTION] = 1u << STEP_EXPECTED | 1u << STEP_HAPPENED |
		    1u << STEP_DECIDED,
	};
	struct err err;

	(void)state;
	for (unsigned event = 0; event < STEP_EVENTS; event++) {
		struct step step = { .event = event };

		for (unsigned i = 0; i < STEP_FACTS; i++)
			if ((required[event] & 1u << i) != 0)
				step.facts[i] = "1.1";
		assert_ok(step_check(&step, &err), &err);
		for (unsigned i = 0; i < STEP_FACTS; i++) {
			if (step.facts[i] == NULL)
				continue;
			step.facts[i] = NULL;
			assert_false(step_check(&step, &err));
			assert_message_has(&err, "needs --");
			step.facts[i] = "";
			assert_false(step_check(&step, &err));
			assert_message_has(&err, "is empty");
			step.facts[i] = "1.1";
		}
		step.facts[STEP_ROLE] = "IW";
		assert_false(step_check(&step, &err));
		assert_message_has(&err,
		    event == STEP_START ? "no meaning for step start"
					: "whose --initials");
		step.facts[STEP_ROLE] = NULL;
		if (event != STEP_EXCEPTION) {
			step.facts[STEP_DECIDED] = "x";
			assert_false(step_check(&step, &err));
			assert_message_has(&err, "--decided has no meaning");
			step.facts[STEP_DECIDED] = NULL;
		}
		step.n_answers = 1;
		step.prompts[0] = step.answers[0] = "";
		if (event == STEP_DONE || event == STEP_FAILED) {
			assert_ok(step_check(&step, &err), &err);
		} else {
			assert_false(step_check(&step, &err));
			assert_message_has(&err, "--answer has no meaning");
		}
	}
}

static void
step_check_long_texts_are_refused(void **state)
{
	char text[STEP_LONG_TEXT_MAX + 2];
	struct step step = { .event = STEP_DONE };
	struct err err;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[STEP_LONG_TEXT_MAX] = '\0';
	step.facts[STEP_NUMBER] = "1.1";
	step.facts[STEP_TEXT] = text;
	step.n_answers = 1;
	step.prompts[0] = step.answers[0] = text;
	assert_ok(step_check(&step, &err), &err);
	text[STEP_LONG_TEXT_MAX] = 'x';
	text[STEP_LONG_TEXT_MAX + 1] = '\0';
	assert_false(step_check(&step, &err));
	assert_message_has(&err, "--text has 4097 octets");
	step.facts[STEP_TEXT] = NULL;
	assert_false(step_check(&step, &err));
	assert_message_has(&err, "--prompt and --answer");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(script_read_counts_steps_by_act),
		cmocka_unit_test(script_read_no_script_is_refused),
		cmocka_unit_test(script_read_beyond_limits_is_refused),
		cmocka_unit_test(steps_apply_legal_orders_are_accepted),
		cmocka_unit_test(steps_apply_other_orders_are_refused),
		cmocka_unit_test(step_check_facts_belong_to_their_event),
		cmocka_unit_test(step_check_long_texts_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
