#include <string.h>

#include "ksr/base/macros.h"
#include "signer/line/program.h"
#include "signer/manual/manual.h"

/* True where a value, by what the option's row calls it, is a file. */
static bool
names_file(const char *arg)
{
	static const char *const names[] = { "FILE", "DIR", "SKR", "PLAN" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], arg) == 0)
			return true;
	return false;
}

static void
put_names(FILE *out, const struct option_row *row)
{
	for (; row != NULL && row->name != NULL; row++)
		fprintf(out, " --%s", row->name);
}

static void
put_verbs(FILE *out, const struct command *command)
{
	for (const struct verb_row *verb = command->verbs;
	     verb != NULL && verb->name != NULL; verb++)
		fprintf(out, " %s", verb->name);
}

static void
put_command_names(FILE *out, const struct program *program)
{
	for (size_t i = 0; i < program->n_commands; i++)
		fprintf(out, " %s", program->commands[i]->name);
}

/* "sign:--schema | ..." of the options whose value is a file, or is none. */
static void
put_values(FILE *out, const char *name, const struct option_row *row, bool file,
    const char **between)
{
	for (; row != NULL && row->name != NULL; row++)
		if (row->arg != NULL && names_file(row->arg) == file) {
			fprintf(out, "%s%s:--%s", *between, name, row->name);
			*between = " | ";
		}
}

static void
put_all_values(FILE *out, const struct program *program, bool file)
{
	const char *between = "\t";

	put_values(out, "*", program->globals, file, &between);
	for (size_t i = 0; i < program->n_commands; i++)
		put_values(out, program->commands[i]->name,
		    program->commands[i]->options, file, &between);
}

/* Global options whose value is the next word, which is no command then. */
static void
put_skipped(FILE *out, const struct option_row *row)
{
	const char *between = "\t\t";

	for (; row->name != NULL; row++)
		if (row->arg != NULL) {
			fprintf(out, "%s--%s", between, row->name);
			between = " | ";
		}
	if (strcmp(between, " | ") == 0)
		fprintf(out, ") i=$((i + 1)) ;;\n");
}

/* What follows the command: its verbs, its options, and the global ones. */
static void
put_words(FILE *out, const struct program *program,
    const struct command *command)
{
	fprintf(out, "\t%s) words='", command->name);
	put_verbs(out, command);
	put_names(out, command->options);
	put_names(out, program->globals);
	fprintf(out, "' ;;\n");
}

/* The program's name as a function's. */
static void
put_function(FILE *out, const char *name)
{
	fputc('_', out);
	for (; *name != '\0'; name++)
		fputc(*name == '-' ? '_' : *name, out);
}

static void
put_bash_begin(FILE *out, const struct program *program)
{
	fprintf(out,
	    "# Completion of %s for bash, from its table of commands.\n",
	    program->name);
	put_function(out, program->name);
	fprintf(out,
	    "() {\n"
	    "\tlocal word=$2 before=$3 command='' words='' i\n"
	    "\n"
	    "\tCOMPREPLY=()\n"
	    "\tfor ((i = 1; i < COMP_CWORD && ${#command} == 0; i++)); do\n"
	    "\t\tcase ${COMP_WORDS[i]} in\n");
	put_skipped(out, program->globals);
	fprintf(out,
	    "\t\t-*) ;;\n"
	    "\t\t*) command=${COMP_WORDS[i]} ;;\n"
	    "\t\tesac\n"
	    "\tdone\n"
	    "\tcase $command:$before in\n");
}

static void
put_bash_end(FILE *out, const struct program *program)
{
	fprintf(out,
	    "\tesac\n"
	    "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
	    "\t[ -z \"$command\" ] || [[ $word == -* ]] ||\n"
	    "\t\tmapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(\n"
	    "\t\t\tcompgen -f -- \"$word\")\n"
	    "}\n"
	    "complete -o filenames -F ");
	put_function(out, program->name);
	fprintf(out, " %s\n", program->name);
}

void
completion_bash(FILE *out, const struct program *program)
{
	put_bash_begin(out, program);
	put_all_values(out, program, true);
	fprintf(out,
	    ")\n\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
	    "\t\treturn ;;\n");
	put_all_values(out, program, false);
	fprintf(out, ")\n\t\treturn ;;\n\tesac\n\tcase $command in\n");
	fprintf(out, "\t'') words='");
	put_command_names(out, program);
	fprintf(out, " help version");
	put_names(out, program->globals);
	fprintf(out, " --version' ;;\n\thelp) words='");
	put_command_names(out, program);
	fprintf(out, "' ;;\n");
	for (size_t i = 0; i < program->n_commands; i++)
		put_words(out, program, program->commands[i]);
	put_bash_end(out, program);
}

/* Text within a single-quoted word of zsh, where these signs part a spec. */
static void
put_zsh_text(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			fputs("'\\'", out);
		else if (strchr("[]:\\", *text) != NULL)
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void
put_zsh_options(FILE *out, const char *tabs, const struct option_row *row)
{
	for (; row != NULL && row->name != NULL; row++) {
		fprintf(out, "%s'%s--%s%s[", tabs, row->repeatable ? "*" : "",
		    row->name, row->arg == NULL ? "" : "=");
		put_zsh_text(out, row->help);
		fputc(']', out);
		if (row->arg != NULL) {
			fputc(':', out);
			put_zsh_text(out, row->arg);
			fprintf(
			    out, ":%s", names_file(row->arg) ? "_files" : "");
		}
		fprintf(out, "' \\\n");
	}
}

static void
put_zsh_command(FILE *out, const struct command *command)
{
	fprintf(out, "\t%s)\n\t\t_arguments $globals \\\n", command->name);
	put_zsh_options(out, "\t\t\t", command->options);
	if (command->verbs != NULL) {
		fprintf(out, "\t\t\t'1:subcommand:(");
		put_verbs(out, command);
		fprintf(out, ")' \\\n");
	}
	fprintf(out, "\t\t\t'*:file:_files' ;;\n");
}

static void
put_zsh_names(FILE *out, const struct program *program)
{
	for (size_t i = 0; i < program->n_commands; i++) {
		fprintf(out, "\t'%s:", program->commands[i]->name);
		put_zsh_text(out, program->commands[i]->summary);
		fprintf(out, "'\n");
	}
	fprintf(out,
	    "\t'help:explain one command'\n"
	    "\t'version:say which program this is'\n");
}

void
completion_zsh(FILE *out, const struct program *program)
{
	fprintf(out,
	    "#compdef %s\n"
	    "# Completion of %s for zsh, from its table of commands.\n"
	    "local context state line\n"
	    "typeset -A opt_args\n"
	    "local -a names globals\n"
	    "\nnames=(\n",
	    program->name, program->name);
	put_zsh_names(out, program);
	fprintf(out, ")\nglobals=(\\\n");
	put_zsh_options(out, "\t", program->globals);
	fprintf(out,
	    ")\n_arguments -C $globals '--version[say which program this is]' "
	    "\\\n\t'1:command:->command' '*::argument:->argument'\n"
	    "case $state:${words[1]} in\n"
	    "command:*) _describe command names ;;\n"
	    "argument:help) _describe command names ;;\n"
	    "esac\n"
	    "[[ $state == argument ]] || return\n"
	    "case ${words[1]} in\n");
	for (size_t i = 0; i < program->n_commands; i++)
		put_zsh_command(out, program->commands[i]);
	fprintf(out, "esac\n");
}
