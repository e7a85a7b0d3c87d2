/*
 * The events that more than one sentence tells.  For signer/show/telling.c, whose
 * rows name them.
 */
#pragma once

#include "signer/show/teller.h"

/* A key, whose facts stand under "key", with words before it. */
#define KEY_WORDS                                                   \
	"\"{key.key_identifier}\", key tag {key.key_tag:n}, flags " \
	"{key.flags:n}, algorithm {key.algorithm:n}"

#define LOGIN_WORDS                                                     \
	"[login=pin?, login by PIN][login=pad?, login on its pin pad]" \
	"[login=none?, which wants no login]"

typedef void tell_event(struct teller *teller, const json_t *line);

tell_event tell_run, tell_file, tell_asked, tell_unused_overrides, tell_checks,
    tell_hsm, tell_mapped, tell_ksks, tell_discarding, tell_signing,
    tell_simulated, tell_seal, tell_selftest, tell_compared, tell_step, tell_anchors,
    tell_end;
