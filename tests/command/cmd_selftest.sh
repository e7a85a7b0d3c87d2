#!/bin/bash
# The self-test: passes here, fails on a machine that lies, and is on record.
# shellcheck source=tests/support/lib.sh disable=SC2016
. tests/support/lib.sh
needs jq

RECORDING=
set_head_apart() {
	:
}
ANCHORITE=$(realpath "$ANCHORITE")
cd "$SCRATCH"
mkdir tmp
export TMPDIR=$SCRATCH/tmp

# nothing_left: the folder that it made is gone.
nothing_left() {
	[ -z "$(ls -A tmp)" ] || fail "left behind: $(ls -A tmp)"
	CASES=$((CASES + 1))
}

ANCHORITE_CONFIG=/nonexistent accepts selftest
says "  pass     SELF-SHA256        SHA-256 of one block"
says "  pass     SELF-SIGNING       a quarter signed and replayed"
n=$(grep -c '^  pass ' "$SCRATCH/out")
says "$n self-tests, 0 failed"
LC_ALL=C awk 'length > 80 { bad = 1 } END { exit bad }' "$SCRATCH/out" ||
	fail "a line is longer than 80 columns"
nothing_left
accepts --json selftest
equal "json" "true $n" "$(jq -r '"\(.accepted) \(.rows |
	map(select(.result == "pass" and .title != "")) | length)"' \
	"$SCRATCH/out")"
refuses 2 "usage: anchorite selftest" selftest everything

# --- A machine that lies.

# A preloaded library comes before that of the sanitizers.
export ASAN_OPTIONS=verify_asan_link_order=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}

# lying ABOUT CASES...: exactly these, and perhaps the signing, fail.
lying() {
	local about=$1
	shift
	export LIE=$about LD_PRELOAD=$TEST_BIN/liblying_library.so
	run --json selftest
	unset LIE LD_PRELOAD
	[ "$status" -eq 1 ] || fail "status $status, although $about lies"
	grep -q 'must not be used' "$SCRATCH/err" || fail "says otherwise"
	equal "failed, as $about lies" "$(printf '%s\n' "$@")" \
		"$(jq -r '.rows[] | select(.result == "FAIL") | .id |
			select(. != "SELF-SIGNING")' "$SCRATCH/out")"
	nothing_left
}
lying yes-man SELF-RSASHA256 SELF-RSASHA512 SELF-ECDSAP256 SELF-ECDSAP384 \
	SELF-ED25519 SELF-POSSESSION SELF-COVERED
lying nay-sayer SELF-RSASHA256 SELF-RSASHA512 SELF-ECDSAP256 \
	SELF-ECDSAP384 SELF-ED25519 SELF-POSSESSION SELF-COVERED
lying memory SELF-RSASHA256 SELF-RSASHA512 SELF-ECDSAP256 SELF-ECDSAP384 \
	SELF-ED25519 SELF-POSSESSION SELF-COVERED
lying ldns SELF-INDEPENDENT
lying digest SELF-SHA256 SELF-SHA256-LONG SELF-DS SELF-DS-ROOT \
	SELF-READ-REQUEST SELF-READ-RESPONSE SELF-POSSESSION SELF-COVERED \
	SELF-INDEPENDENT
lying parser SELF-READ-REQUEST SELF-READ-RESPONSE SELF-POSSESSION \
	SELF-COVERED SELF-INDEPENDENT

# Where SoftHSM is not installed nothing has failed.
export LIE=softhsm LD_PRELOAD=$TEST_BIN/liblying_library.so
accepts --ceremony without selftest
unset LIE LD_PRELOAD
says "  not run  SELF-SIGNING"
says "SoftHSM is not installed"
accepts replay without

# Where no folder can be made the signing fails, and says why.
TMPDIR=$SCRATCH/none refuses 1 "1 self-test failed" --ceremony record selftest
says "FAIL     SELF-SIGNING"
says "No such file or directory"

# --- On record, and replayed.

accepts --ceremony record selftest
accepts log show record
says "self-test: $n cases, 0 failed"
says "self-test: $n cases, 1 failed"
says "FAIL SELF-SIGNING"
accepts replay record
says "2 runs, every conclusion and every byte the same"
accepts report record -o record.html

# forged FILTER TEXT: the lines run through jq; replay must say TEXT.
forged() {
	forge_record record forged "$1"
	run replay forged
	[ "$status" -eq 1 ] || fail "status $status after $1"
	says "$2"
}
row='if .event == "selftest" then'
forged "$row .rows[0].result = \"FAIL\" else . end" \
	'rows 1, result: recorded "FAIL", replayed "pass"'
forged "$row del(.rows[3]) else . end" 'rows: 16 recorded, 17 replayed'
forged "$row del(.rows[-1]) else . end" 'rows: 16 recorded, 17 replayed'
forged "$row .rows[0].id = \"SELF-LOVE\" else . end" \
	'rows 1, id: recorded "SELF-LOVE"'
forged 'if .event == "end" and .status == 1 then .status = 0 else . end' \
	'the run ended with status 0'
forged 'select(.event != "selftest")' 'the run claims success, but "selftest" is still due'
finish
