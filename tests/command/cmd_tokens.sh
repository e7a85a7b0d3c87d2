#!/bin/bash
# Real tokens of other makes, as far as they start without privileges: each that
# is here lists, logs in and signs, and docs/hsm.md shows every operation.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq p11-kit certutil swtpm pkcs11-tool

tests/tokens softhsm p11-kit nss tpm >"$SCRATCH/table"
for token in softhsm p11-kit nss tpm; do
	column=$(head -n 1 "$SCRATCH/table" | tr '|' '\n' |
		grep -n "^ $token \$" | cut -d: -f1)
	awk -F ' [|] ' -v column="$((column - 1))" 'NR > 2 {
		sub(/^[|] /, ""); sub(/ [|]$/, ""); print $1 ": " $column }' \
		"$SCRATCH/table" >"$SCRATCH/$token"
	if ! grep -qv ': -$' "$SCRATCH/$token"; then
		echo "SKIPPED: $token does not start here" >&2
		continue
	fi
	# shellcheck disable=SC2016 # Markdown
	wrong=$(grep -E '^(lists|tells|`sign)' "$SCRATCH/$token" |
		grep -vE ': yes$| ED(25519|448): no: no key$' || true)
	[ -z "$wrong" ] || fail "$token: $wrong"
	CASES=$((CASES + $(grep -c ': yes$' "$SCRATCH/$token")))
	# What a token does not take back it was not given.
	# shellcheck disable=SC2016 # Markdown
	wrong=$(grep '^`restore`' "$SCRATCH/$token" |
		grep -vE ': (yes|no: no copy)$' || true)
	[ -z "$wrong" ] || fail "$token: wrapped, and then: $wrong"
done
equal "what softhsm does" 43 "$(grep -c ': yes$' "$SCRATCH/softhsm")"
while read -r row; do
	grep -qF "| ${row%%: *} | " docs/hsm.md ||
		fail "docs/hsm.md has no row \"${row%%: *}\""
done <"$SCRATCH/softhsm"
finish
