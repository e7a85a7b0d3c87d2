/*
 * What a program was built from: --version, for whoever wants to repeat it.
 */
#pragma once

/* Written as the program is built, by ceremony-scripts/built_from.cmake. */
extern const char built_from[]; /* the commit, in hex */
extern const char built_with[]; /* "name version; ..." of compiler, libraries */

/* The program's version, commit, and a line for the compiler and for each library. */
void version_print(const char *program);
