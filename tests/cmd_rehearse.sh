#!/bin/bash
# The rehearsal, twice, from another folder and without a terminal.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
root=$PWD

fail() {
	echo "FAIL: $*"
	cat "$scratch/out" "$scratch/err"
	exit 1
}

rehearse() {
	(cd "$scratch" && "$root/ceremony-scripts/rehearse" --dir "a place") \
		</dev/null >"$scratch/out" 2>"$scratch/err" ||
		fail "rehearse: status $?"
}

for workspace in "a place" "a place-2"; do
	rehearse
	skr=$(find "$scratch/$workspace" -name 'skr-*.xml')
	[ -s "$skr" ] || fail "no response in $workspace"
	[ "$(grep -c '<ResponseBundle ' "$skr")" -eq 9 ] ||
		fail "not a quarter's response: $skr"
	grep -qF "$skr" "$scratch/out" || fail "$skr is not pointed out"
	grep -Eq '^ *#  Inception +Expiration' "$scratch/out" ||
		fail "no operator's table"
	grep -Eq '^   \$ build/anchorite .*sign .*--first' "$scratch/out" ||
		fail "the commands are not shown"
	[ ! -s "$scratch/err" ] || fail "complaints"
done
[ "$(find "$scratch/a place" -name 'skr-*.xml' | wc -l)" -eq 1 ] ||
	fail "the second rehearsal changed the first"
echo "a rehearsal ends with a response, every time"
