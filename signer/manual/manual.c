#include <stdlib.h>
#include <string.h>

#include "ksr/base/macros.h"
#include "signer/manual/manual.h"
#include "signer/program/commands.h"

static const struct guide_row {
	const char *name, *summary, *document;
} guides[] = {
	{ "anchorite.yaml", "the configuration of anchorite",
	    "configuration.md" },
	{ "anchorite-record", "the record of a key ceremony", "audit-log.md" },
	{ "anchorite-plan", "a rollover, declared", "plan.md" },
	{ "anchorite-register", "the register of what was signed",
	    "register.md" },
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
	for (size_t i = 0; i < n_commands; i++) {
		snprintf(name, sizeof(name), "anchorite-%s", commands[i]->name);
		out = create(dir, name, ".1");
		command_page(out, commands[i]);
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
write_completion(const char *dir)
{
	FILE *out = create(dir, "anchorite", ".bash");

	completion_bash(out);
	finish(out);
	out = create(dir, "_anchorite", "");
	completion_zsh(out);
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
	out = create(argv[1], "anchorite-script", ".1");
	scripts_page(out, (size_t)argc - 3, argv + 3);
	finish(out);
	write_completion(argv[1]);
	return 0;
}
