/*
 * The configuration's keys as one table: what each is called, what it may hold
 * and what holds where it is left out.  Reader, defaults and the test of
 * docs/configuration.md go by it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ksr/base/err.h"
#include "ksr/policy/tree.h"

enum config_type {
	CONFIG_BOOL,      /* bool */
	CONFIG_NUMBER,    /* uint8_t to uint64_t, within min and max */
	CONFIG_DURATION,  /* int64_t, seconds */
	CONFIG_TIME,      /* int64_t, seconds since 1970 */
	CONFIG_TEXT,      /* char[], printable ASCII */
	CONFIG_PATH,      /* char[], nothing in it is expanded */
	CONFIG_TOKEN,     /* char[], an RFC 7512 URI of a token */
	CONFIG_PIN,       /* char[], never shown in a message */
	CONFIG_DOMAIN,    /* char[], as written */
	CONFIG_ALGORITHM, /* uint8_t, by mnemonic */
	CONFIG_PUBLIC_KEY, /* struct config_public_key, in base64 */
	CONFIG_DS,        /* uint8_t[DS_SHA256_SIZE] */
	CONFIG_TRUST,     /* enum config_trust */
	CONFIG_DIGEST,    /* uint8_t, a DS's digest type, by name */
	CONFIG_REQUIRED,  /* bool: required or none */
	CONFIG_DEMAND,    /* enum config_demand */
	CONFIG_PURPOSE,   /* enum key_purpose, of a key that is no KSK */
	CONFIG_ENV,       /* struct config_env[], a map of names to values */
	CONFIG_KEY_COUNT, /* with another key: see config_section.read_rest */
};

struct config_row {
	const char *key;
	enum config_type type;
	bool required;
	bool unused;     /* known in the field, read, not kept */
	bool list;       /* an array of the type and a size_t count */
	bool marked;     /* a bool says that it was given */
	size_t at, size; /* of the member; of one item if it is a list */
	size_t room;     /* items of the array */
	size_t count_at; /* the list's size_t */
	size_t mark_at;  /* the mark's bool */
	uint64_t min, max;
	const char *fallback; /* the default, as YAML; NULL: all zero */
};

/* One struct, or an array of structs that begin with their name. */
struct config_section {
	const char *name;
	const struct config_row *rows;
	size_t n_rows;
	size_t at;       /* in struct config */
	size_t room;     /* of the array; 0: one struct */
	size_t size;     /* of one struct of the array */
	size_t count_at; /* the array's size_t */
	bool of_file; /* apart from the struct; the same for all zones */
	bool of_zone; /* a zone may have its own */
	/* Reads the keys that mean something only together; or NULL. */
	bool (*read_rest)(const struct tree *map, void *base, struct err *err);
};

extern const struct config_section config_sections[];
extern const size_t n_config_sections;

/* The keys outside of any section. */
extern const struct config_section config_top;
