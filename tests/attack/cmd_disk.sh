#!/bin/bash
# A sample of every single fault of a disk; tests/attack/disk_faults tries them
# all, which takes minutes.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq

export ANCHORITE
tests/attack/disk_faults -b "$TEST_BIN" -e 160 \
	>"$SCRATCH/out" 2>"$SCRATCH/err" || fail "a fault ended wrong"
cat "$SCRATCH/out"
equal "scenes" 8 "$(grep -cE '^[a-z]+: [0-9]+ faults, 0 wrong$' "$SCRATCH/out")"
! grep -q ': 0 faults' "$SCRATCH/out" || fail "a scene without a fault"

# What was done by then, and what is not told of it.
tests/attack/disk_faults -b "$TEST_BIN" -l 12 -e 5 sign \
	>"$SCRATCH/out" 2>"$SCRATCH/err" || fail "a late fault ended wrong"
cat "$SCRATCH/out"
grep -qE '^sign: [1-9][0-9]* faults, 0 wrong$' "$SCRATCH/out" ||
	fail "no late fault"

# A line of the register that no run of the record can have left untold.
init_workspace ws --at 2026-11-15T12:00:00Z
AT=(--at 2026-11-15T12:00:00Z)
accepts "${AT[@]}" --ceremony "$SCRATCH/zone" request "$SCRATCH/ksr.xml"
accepts "${AT[@]}" sign "$SCRATCH/ksr.xml" "$SCRATCH/skr.xml" --first --batch
accepts "${AT[@]}" --ceremony "$SCRATCH/other" register activate \
	"$SCRATCH/skr.xml"
refuses 1 KSR-ID "${AT[@]}" --ceremony "$SCRATCH/ceremony" check "$SCRATCH/ksr.xml"
refuses 1 "the register has 1 lines that no run of this record read" \
	replay "$SCRATCH/ceremony"
finish
