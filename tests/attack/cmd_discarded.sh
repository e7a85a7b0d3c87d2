#!/bin/bash
# A token that fails half-way: what it signed by then is said to be what it is,
# on the screen, on record and to scripts, and nothing else is left.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq

accepts init "$SCRATCH/ws" --at "$AT"
CONFIG=$SCRATCH/ws/faulty.yaml
KSR=$SCRATCH/ksr.xml
RECORD=$SCRATCH/record
FAULTY_TARGET=$(sed -n 's/^    module: "\(.*\)"$/\1/p' \
	"$SCRATCH/ws/anchorite.yaml")
export FAULTY_TARGET FAULTY_COUNT=$SCRATCH/count FAULTY=
sed "s|^    module: .*|    module: \"$TEST_BIN/libfaulty_module.so\"|" \
	"$SCRATCH/ws/anchorite.yaml" >"$CONFIG"
accepts --config "$CONFIG" --at "$AT" request "$KSR"
SIGN=(--config "$CONFIG" --at "$AT" --ceremony "$RECORD" sign "$KSR"
	"$OUTPUT/skr.xml" --first --batch)

event() {
	jq -r "select(.event == \"$1\") | $2" "$RECORD/log.jsonl"
}

# half_way FAULT STATUS MADE WHY: MADE of 9 are discarded.
half_way() {
	rm -rf "$RECORD" "$FAULTY_COUNT"
	FAULTY=$1
	refuses "$2" "$3 of 9 signatures were made and discarded; nothing was published: $4" \
		"${SIGN[@]}"
	nothing_written
	[ ! -s "$SCRATCH/ws/register.jsonl" ] || fail "$1: in the register"
	equal "$1: on record" "$3 of 9, $3 kept" "$(event 'signatures discarded' \
		'"\(.made) of \(.due), \(.signatures | length) kept"')"
	equal "$1: its end" "$(sed 's/^anchorite: \(refused: \)\?//' \
		"$SCRATCH/err")" "$(event end .message)"
	accepts replay "$RECORD"
	accepts log show "$RECORD"
	says "$3 of 9 signatures were made in the token and discarded"
}

half_way sign_fails:6 2 5 'bundle 6 ('
equal "the token's count" 5 "$(wc -l <"$FAULTY_COUNT")"
half_way sign_fails:2 2 1 'bundle 2 ('
half_way sign_flips_bit:9 1 8 'bundle 9 ('

# The first fails: the KSK was not used, and nobody says so.
rm -rf "$RECORD"
FAULTY=sign_fails:1
refuses 2 'anchorite: bundle 1 (' "${SIGN[@]}"
equal "nothing was made" "" "$(event 'signatures discarded' .made)"
accepts replay "$RECORD"

# A record that does not say what became of signatures is not one of this
# program's; nor is one that says more than was made.
rm -rf "$RECORD" "$FAULTY_COUNT"
FAULTY=sign_fails:6
run "${SIGN[@]}"

# rechained JQ: the record with each line changed so, its hashes made anew.
rechained() {
	forge_record "$RECORD" "$SCRATCH/changed" "$1"
}

rechained .
accepts replay "$SCRATCH/changed"
for change in '.made = 4' '.made = 6' '.due = 8' '.signatures = .signatures[1:]' \
	'.signatures[2].signature = .signatures[1].signature' \
	'.signatures[0].bundle = 7' 'del(.due)'; do
	rechained "if .event == \"signatures discarded\" then $change else . end"
	refuses 1 differs replay "$SCRATCH/changed"
done

# Refused before: no answer without the checks of what is to be signed.
FAULTY=
rm -rf "$RECORD" "$FAULTY_COUNT"
accepts "${SIGN[@]}"
equal "checked before it is signed" "true" \
	"$(event checks 'select(.stages == ["built"]).accepted')"
rechained 'select(.stages != ["built"])'
refuses 1 differs replay "$SCRATCH/changed"
grep -qF '"answer" is recorded where "checks built" is due' \
	"$SCRATCH/out" "$SCRATCH/err" || fail "does not say what is missing"
finish
