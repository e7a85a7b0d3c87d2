#include <stdlib.h>
#include <string.h>

#include "ksr/base/macros.h"
#include "signer/manual/manual.h"
#include "signer/program/commands.h"
#include "signer/readiness/commands.h"

static const struct guide_row {
	const char *name, *summary, *document;
} guides[] = {
	{ "anchorite.yaml", "the configuration of anchorite",
	    "configuration.md" },
	{ "anchorite-record", "the record of a key ceremony", "audit-log.md" },
	{ "anchorite-plan", "a rollover, declared", "plan.md" },
	{ "anchorite-register", "the register of what was signed",
	    "register.md" },
	{ "anchorite-signals", "what validators say they trust, summed up",
	    "readiness.md" },
};

/* The file DIR/NAME, new; ends the program where it cannot be had. */
static FILE *
create(const char *dir, const char *name, const char *suffix)
{
	char path[4096];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s%s", dir, name, suffix);
	out = fopen(path, "w");
	if (out == NULL) {
		perror(path);
		exit(2);
	}
	return out;
}

static void
finish(FILE *out)
{
	if (ferror(out) | fclose(out)) {
		perror("manual");
		exit(2);
	}
}

static void
write_commands(const char *dir)
{
	char name[64];
	FILE *out = create(dir, "anchorite", ".1");

	program_page(out);
	finish(out);
	for (size_t i = 0; i < anchorite_program.n_commands; i++) {
		const struct command *command = anchorite_program.commands[i];

		snprintf(name, sizeof(name), "anchorite-%s", command->name);
		out = create(dir, name, ".1");
		command_page(out, command);
		finish(out);
	}
}

static void
write_guides(const char *dir, const char *docs)
{
	char path[4096];

	for (size_t i = 0; i < ARRAY_LEN(guides); i++) {
		FILE *out = create(dir, guides[i].name, ".5");

		snprintf(path, sizeof(path), "%s/%s", docs, guides[i].document);
		guide_page(out, guides[i].name, guides[i].summary, path);
		finish(out);
	}
}

static void
write_completion(const char *dir, const struct program *program)
{
	FILE *out = create(dir, program->name, ".bash");
	char name[64];

	completion_bash(out, program);
	finish(out);
	snprintf(name, sizeof(name), "_%s", program->name);
	out = create(dir, name, "");
	completion_zsh(out, program);
	finish(out);
}

int
main(int argc, char **argv)
{
	FILE *out;

	if (argc < 3) {
		fprintf(stderr, "usage: manual DIR DOCS [SCRIPT]...\n");
		return 2;
	}
	write_commands(argv[1]);
	write_guides(argv[1], argv[2]);
	out = create(argv[1], "anchorite-readiness", ".1");
	readiness_page(out);
	finish(out);
	out = create(argv[1], "anchorite-script", ".1");
	scripts_page(out, (size_t)argc - 3, argv + 3);
	finish(out);
	write_completion(argv[1], &anchorite_program);
	write_completion(argv[1], &readiness_program);
	return 0;
}
