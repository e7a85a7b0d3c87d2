#!/bin/bash
# A sample of every single fault of a disk; tests/attack/disk_faults tries them
# all, which takes minutes.
# shellcheck source=tests/lib.sh
. tests/lib.sh
needs jq

export ANCHORITE
tests/attack/disk_faults -b "$TEST_BIN" -e 160 \
	>"$SCRATCH/out" 2>"$SCRATCH/err" || fail "a fault ended wrong"
cat "$SCRATCH/out"
equal "scenes" 8 "$(grep -cE '^[a-z]+: [0-9]+ faults, 0 wrong$' "$SCRATCH/out")"
! grep -q ': 0 faults' "$SCRATCH/out" || fail "a scene without a fault"
finish
