#include <stdlib.h>
#include <string.h>

#include "signer/manual/manual.h"
#include "signer/manual/page.h"
#include "signer/program/commands.h"
#include "signer/readiness/commands.h"

static void
put_options(struct page *page, const struct option_row *row)
{
	page_line(page, ".Bl -tag -width Ds");
	for (; row != NULL && row->name != NULL; row++) {
		if (row->arg == NULL)
			page_line(page, ".It Fl Fl %s", row->name);
		else
			page_line(
			    page, ".It Fl Fl %s Ar %s", row->name, row->arg);
		page_text(page, row->help);
	}
	page_line(page, ".El");
}

/* Where a usage has its next "|" that stands in no brackets, or its end. */
static size_t
alternative_len(const char *usage)
{
	int depth = 0;
	size_t i;

	for (i = 0; usage[i] != '\0'; i++) {
		depth += (usage[i] == '[') - (usage[i] == ']');
		if (depth == 0 && strncmp(usage + i, " | ", 3) == 0)
			break;
	}
	return i;
}

/* Each way to call it begins a line of its own. */
static void
put_usage(struct page *page, const char *name, const char *usage)
{
	while (true) {
		size_t len = alternative_len(usage);
		char *way = strndup(usage, len);

		if (way == NULL)
			abort();
		page_line(page, ".Nm %s", name);
		page->code = true;
		page_text(page, way);
		page->code = false;
		free(way);
		if (usage[len] == '\0')
			return;
		usage += len + 3;
	}
}

static void
put_exit_status(struct page *page, const struct program *program)
{
	page_heading(page, "Sh", "EXIT STATUS");
	page_text(page, strchr(program->exit_status, ':') + 2);
}

/* What is asked of a program itself. */
static void
put_about(struct page *page, const struct program *program)
{
	char text[256];

	snprintf(text, sizeof(text),
	    "`%s help COMMAND` explains one command, as `%s COMMAND --help` "
	    "does; `%s version` says which program this is, as `--version` and "
	    "`-V` do.",
	    program->name, program->name, program->name);
	page_paragraph(page);
	page_text(page, text);
}

void
program_page(FILE *out)
{
	const struct program *program = &anchorite_program;
	struct page page;

	page_begin(&page, out, program->name, 1,
	    "from a key signing request to a signed key response");
	page_heading(&page, "Sh", "SYNOPSIS");
	put_usage(&page, program->name, program->usage);
	page_heading(&page, "Sh", "DESCRIPTION");
	page_text(&page,
	    "Reads a Key Signing Request (KSR), checks it, signs its DNSKEY "
	    "RRsets with a KSK that stays in an HSM (PKCS#11), and writes the "
	    "Signed Key Response (SKR), which it has read back and verified "
	    "twice. Each command has a page of its own.");
	page_line(&page, ".Bl -tag -width Ds");
	for (size_t i = 0; i < program->n_commands; i++) {
		const struct command *command = program->commands[i];

		page_line(&page, ".It Xr anchorite-%s 1", command->name);
		page_text(&page, command->summary);
	}
	page_line(&page, ".El");
	page.fresh = false;
	page_paragraph(&page);
	page_text(&page, configuration_text);
	put_about(&page, program);
	page_heading(&page, "Sh", "OPTIONS");
	put_options(&page, global_options);
	put_exit_status(&page, program);
	page_line(&page, ".Sh SEE ALSO");
	page_line(&page, ".Xr anchorite-readiness 1 ,");
	page_line(&page, ".Xr anchorite-script 1 ,");
	page_line(&page, ".Xr anchorite-plan 5 ,\n.Xr anchorite-record 5 ,");
	page_line(&page, ".Xr anchorite-register 5 ,\n.Xr anchorite.yaml 5");
}

static void
put_recording(struct page *page, const char *name, const char *verb,
    enum recording recording)
{
	char text[256];

	snprintf(text, sizeof(text), "`%s%s%s` %s.", name,
	    *verb == '\0' ? "" : " ", verb, recording_text(recording));
	page_paragraph(page);
	page_text(page, text);
}

static void
put_records(struct page *page, const struct command *command)
{
	page_heading(page, "Sh", "CEREMONY RECORD");
	put_recording(page, command->name, "", command->recording);
	for (const struct verb_row *verb = command->verbs;
	     verb != NULL && verb->name != NULL; verb++)
		put_recording(page, command->name, verb->name, verb->recording);
}

void
command_page(FILE *out, const struct command *command)
{
	char name[64];
	struct page page;

	snprintf(name, sizeof(name), "anchorite-%s", command->name);
	page_begin(&page, out, name, 1, command->summary);
	page_heading(&page, "Sh", "SYNOPSIS");
	snprintf(name, sizeof(name), "anchorite %s", command->name);
	put_usage(&page, name, command->usage);
	page_heading(&page, "Sh", "DESCRIPTION");
	page_help(&page, command->help);
	page_heading(&page, "Sh", "OPTIONS");
	if (command->options != NULL && command->options[0].name != NULL)
		put_options(&page, command->options);
	page_heading(&page, "Ss", "Global options");
	put_options(&page, global_options);
	put_records(&page, command);
	page_heading(&page, "Sh", "FILES");
	page_text(&page, configuration_text);
	put_exit_status(&page, &anchorite_program);
	page_line(&page, ".Sh SEE ALSO\n.Xr anchorite 1 ,");
	page_line(&page, ".Xr anchorite.yaml 5");
}

void
readiness_page(FILE *out)
{
	const struct program *program = &readiness_program;
	struct page page;
	char name[64];

	page_begin(&page, out, READINESS_PROGRAM, 1, readiness_summary);
	page_heading(&page, "Sh", "SYNOPSIS");
	for (size_t i = 0; i < READINESS_COMMANDS; i++) {
		snprintf(name, sizeof(name), "%s %s", READINESS_PROGRAM,
		    readiness_commands[i].name);
		put_usage(&page, name, readiness_commands[i].usage);
	}
	page_heading(&page, "Sh", "DESCRIPTION");
	page_text(&page,
	    "Finds in what name servers have logged and captured which trust "
	    "anchors validators say they have (RFC 8145), sums it up in files "
	    "that merge, and tells how many sources are ready for a rollover.");
	page_line(&page, ".Bl -tag -width Ds");
	for (size_t i = 0; i < READINESS_COMMANDS; i++) {
		page_line(&page, ".It Cm %s", readiness_commands[i].name);
		page_text(&page, readiness_commands[i].summary);
	}
	page_line(&page, ".El");
	page.fresh = false;
	put_about(&page, program);
	for (size_t i = 0; i < READINESS_COMMANDS; i++) {
		page_heading(&page, "Ss", readiness_commands[i].name);
		page_help(&page, readiness_commands[i].help);
		put_options(&page, readiness_commands[i].options);
	}
	page_heading(&page, "Ss", "Global options");
	put_options(&page, program->globals);
	put_exit_status(&page, program);
	page_line(&page, ".Sh SEE ALSO\n.Xr anchorite 1 ,");
	page_line(&page, ".Xr anchorite-signals 5");
}

/* The script's second line, which says what it is for. */
static void
put_script(struct page *page, const char *path)
{
	const char *name = strrchr(path, '/');
	FILE *in = fopen(path, "r");
	char line[256] = "";

	if (in == NULL || fgets(line, sizeof(line), in) == NULL ||
	    fgets(line, sizeof(line), in) == NULL ||
	    strncmp(line, "# ", 2) != 0) {
		fprintf(stderr, "%s: no script that says what it does\n", path);
		exit(2);
	}
	fclose(in);
	page_line(page, ".It Cm %s", name == NULL ? path : name + 1);
	page_text(page, line + 2);
}

void
scripts_page(FILE *out, size_t n, char **scripts)
{
	struct page page;

	page_begin(&page, out, "anchorite-script", 1,
	    "rehearse, print and walk through the scripts of key ceremonies");
	page_heading(&page, "Sh", "SYNOPSIS");
	put_usage(&page, "anchorite-script", "SCRIPT [ARGUMENT]...");
	page_heading(&page, "Sh", "DESCRIPTION");
	page_text(&page,
	    "Runs one of the scripts of key ceremonies. Each explains itself "
	    "with `--help`.");
	page_line(&page, ".Bl -tag -width Ds");
	for (size_t i = 0; i < n; i++)
		put_script(&page, scripts[i]);
	page_line(&page, ".El");
	page_line(&page, ".Sh SEE ALSO\n.Xr anchorite 1 ,");
	page_line(&page, ".Xr anchorite-step 1");
}
