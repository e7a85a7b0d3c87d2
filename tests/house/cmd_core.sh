#!/bin/bash
# All that a KSK's signature depends on stands in the rooms of the core.
. tests/support/lib.sh

core() {
	tests/house/core --in "$SCRATCH/core" "$@" >"$SCRATCH/out" \
		2>"$SCRATCH/err" || return "$?"
}

core || fail "something stands outside: $(cat "$SCRATCH/out" "$SCRATCH/err")"
for function in checks_run clear_rrset response_build token_sign_rrset hsm_sign \
	ledger_append_signing output_publish independent_verify; do
	grep -q " $function " "$SCRATCH/core/functions" ||
		fail "$function is not counted"
done

# What an auditor is led through is there, and the figures are these.
# shellcheck disable=SC2016 # Markdown
grep -oE '`(ksr|hsm|signer|tests)/[a-z_0-9/.]+`' docs/read-first/README.md |
	tr -d '`' | sort -u >"$SCRATCH/led"
while read -r file; do
	[ -e "$file" ] || fail "docs/read-first: there is no $file"
done <"$SCRATCH/led"
figures=$(awk '$1 == "all" { print $2, $3, $4 }' "$SCRATCH/out")
read -r files functions lines <<<"$figures"
for figure in "$files files" "$functions functions" "$lines lines"; do
	grep -qw "$figure" <<<"$(tr -d ',' <docs/read-first/README.md)" ||
		fail "docs/read-first: not $figure"
done

# Signing by a plan needs plans, which are none of it.
status=0
core --door plan_signing_run || status=$?
equal "status of a door too many" 1 "$status"
grep -qE '^signer/foresight/plan_signing\.c +[0-9]+ +sign_due ' "$SCRATCH/out" ||
	fail "what stands outside is not named"
grep -qE '^ksr/plan/plan\.c' "$SCRATCH/out" || fail "plans are not named"
finish
