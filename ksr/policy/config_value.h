/*
 * One key of the configuration: text to the member its row names.
 */
#pragma once

#include "ksr/base/err.h"
#include "ksr/policy/config_rows.h"
#include "ksr/policy/tree.h"

/* Sets the row's member of the struct at base; E_INPUT with the position. */
MUST_USE bool config_value_read(const struct tree *tree,
    const struct config_row *row, void *base, struct err *err);

/*
 * The name of an HSM, key or schema: 1 to NAME_MAX_LEN letters, digits and
 * "_-.+".  ret holds NAME_MAX_LEN + 1 octets.
 */
MUST_USE bool
config_name_read(const struct tree *entry, char *ret, struct err *err);

/* YAML 1.1's other forms of a whole number, "010" too, are none here. */
bool config_number_plain(const char *text);
