#!/bin/bash
# The rehearsal, more than once, from another folder and without a terminal.
# It runs the program as shipped, from build/.
. tests/support/lib.sh
root=$PWD

# rehearse [COMMAND]...: through the command, if there is one.
rehearse() {
	(cd "$SCRATCH" &&
		"$@" "$root/ceremony-scripts/rehearse" --dir "a place") \
		</dev/null >"$SCRATCH/out" 2>"$SCRATCH/err" ||
		fail "rehearse: status $?"
}

# expect WORKSPACE: the last rehearsal made one, with a quarter's response.
expect() {
	local skr

	[ ! -s "$SCRATCH/err" ] || fail "something on standard error"
	[ -d "$SCRATCH/$1" ] || fail "there is no workspace $1"
	skr=$(find "$SCRATCH/$1" -name 'skr-*.xml')
	[ "$(grep -c '<ResponseBundle ' "$skr")" -eq 9 ] ||
		fail "not a quarter's response: $skr"
	says "(SKR) is $skr"
	says '#  Inception           Expiration           ZSK Tags'
	grep -Eq '^   \$ build/anchorite .* sign .* --first' "$SCRATCH/out" ||
		fail "the commands are not shown"
}

rehearse
expect "a place"
before=$(cd "$SCRATCH/a place" && find . -type f -exec sha256sum {} +)
rehearse
expect "a place-2"
after=$(cd "$SCRATCH/a place" && find . -type f -exec sha256sum {} +)
[ "$before" = "$after" ] || fail "the second rehearsal changed the first"

# In a quarter's first days the next one would expire beyond the horizon.
month=$(date -u '+%-m')
early=$(date -u -d "$(date -u +%Y-%m-03) $((3 - (month - 1) % 3)) months" +%F)
rehearse faketime "$early 12:00:00"
expect "a place-3"
says "be signed from"
finish
