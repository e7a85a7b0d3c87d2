/*
 * The pages of the manual and the completion of shells, written as the program
 * is built, from what it goes by itself: the tables of commands and options,
 * the documents, and the scripts' own first lines.  No part of the program.
 */
#pragma once

#include <stdio.h>

struct command;
struct program;

void program_page(FILE *out);
void command_page(FILE *out, const struct command *command);

/* Of anchorite-readiness, all its commands on one page. */
void readiness_page(FILE *out);

/* Of the scripts of ceremonies, by their paths. */
void scripts_page(FILE *out, size_t n, char **scripts);

/* A document of docs/, in the Markdown that is written there. */
void guide_page(
    FILE *out, const char *name, const char *summary, const char *document);

void completion_bash(FILE *out, const struct program *program);
void completion_zsh(FILE *out, const struct program *program);
