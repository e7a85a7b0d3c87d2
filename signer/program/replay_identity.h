/*
 * What was at work in a ceremony, by its record: the program, the
 * configuration and the PKCS#11 modules that were opened, each by its SHA-256,
 * and what an auditor says it had to be.
 */
#pragma once

#include "signer/line/args.h"
#include "signer/program/replay.h"

enum identity_kind {
	IDENTITY_PROGRAM,
	IDENTITY_CONFIGURATION,
	IDENTITY_MODULE,
	IDENTITY_KINDS,
};

#define IDENTITY_GIVEN_MAX 8

/* --program-sha256, --config-sha256, --module-sha256; lower-case hex. */
struct identity_given {
	size_t n[IDENTITY_KINDS];
	char sha256[IDENTITY_KINDS][IDENTITY_GIVEN_MAX][CHAIN_HASH_SIZE];
};

#define IDENTITY_OPTIONS                                                  \
	{ "config-sha256", "HEX", "the configuration's file has to be this",  \
		false },                                                      \
	{ "program-sha256", "HEX", "the program has to be this", false },     \
	{                                                                     \
		"module-sha256", "HEX", "a module that is opened has to be one of these", \
		    true                                                      \
	}

/* E_USAGE for what is no SHA-256. */
MUST_USE bool identity_of_args(const struct args *args,
    struct identity_given *ret, struct err *err);

/*
 * Adds a difference for each one seen that is not what was given, and for what
 * was given where none was seen.
 */
void identity_compare(
    const struct identity_given *given, struct replay *replay);

/* Each one seen, once, and what it was compared with. */
void identity_print(
    const struct identity_given *given, const struct ceremony *ceremony);
json_t *identity_json(
    const struct identity_given *given, const struct ceremony *ceremony);
