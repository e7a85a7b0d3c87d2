#!/bin/bash
# A rollover signed by its plan: each quarter's planned response with all its
# fallbacks in one run; what the zone used decides what comes next.  Runs cut
# short, records tampered with, and all that must be refused.
# shellcheck source=tests/support/lib.sh disable=SC2016
. tests/support/lib.sh
needs jq

AT=2026-11-15T12:00:00Z
DAY=86400
init_workspace ws --at 2026-11-01T12:00:00Z
WS=$SCRATCH/ws
CONFIG=$WS/anchorite.yaml
DIR=$SCRATCH/signed
PLAN=$SCRATCH/plan.yaml
RECORD=$SCRATCH/ceremony/log.jsonl
mkdir "$DIR"
accepts --at 2026-11-01T12:00:00Z keygen --label ksk-2 --algorithm RSASHA256
sed -n '/^  ksk_next:$/,/^$/p' "$SCRATCH/out" >>"$CONFIG"
rm -r "$SCRATCH/ceremony"
sed 's|^    module: .*|    module: /nonexistent/module.so|' "$CONFIG" \
	>"$WS/offline.yaml"
OFFLINE=$WS/offline.yaml

cat >"$PLAN" <<'END_OF_PLAN'
description: "from ksk-1 to ksk-2"
old: ksk_current
new: ksk_next
delays: 2
schemas:
  try:
    1: {publish: ksk_next, sign: ksk_current}
    2-8: {sign: [ksk_current, ksk_next]}
    9: {publish: ksk_next, sign: ksk_current}
quarters:
  2027-q1:
    schema: normal
  2027-q2:
    schema: normal
  2027-q3:
    schema: pre-publish
    fallbacks:
      c_to_c: {schema: normal}
  2027-q4:
    schema: rollover
    fallbacks:
      d_to_d: {schema: publish+}
      d_try: {schema: try}
  2028-q1:
    schema: revoke
    fallbacks:
      e_to_e: {schema: rollover+, until: 1}
  2028-q2:
    schema: normal
    name: after
    old: ksk_next
  2028-q3:
    schema: normal
    name: last
    old: ksk_next
END_OF_PLAN

# start QUARTER: its first day, in seconds.
start() {
	date -u -d "$(printf '%d-%02d-01' "${1%-q*}" \
		"$((3 * ${1#*-q} - 2))")" +%s
}

# before QUARTER DAYS: that long before its first day.
before() {
	date -u -d "@$(($(start "$1") - $2 * DAY))" +%Y-%m-%dT%H:%M:%SZ
}

# of_record FILTER: of the last run on record.
of_record() {
	jq -rs "[.[] | select(.event == \"run\") | .seq] as \$runs |
		.[\$runs[-1] - 1:][] | $1" "$RECORD"
}

# column FILE SLOT: the KSKs of the slot with their parts, "ksk-1/S".
column() {
	accepts show "$1"
	awk -v slot="$2" '$1 == slot && NF == 5 { print $5 }' "$SCRATCH/out" |
		tr , '\n' | sed 's/.*(\(.*\))/\1/' | sort | paste -sd' '
}

# holds FILE FIRST MIDDLE LAST: the KSKs of slots 1, 2 to 8, and 9.
holds() {
	local slot wanted
	for slot in 1 2 5 8 9; do
		wanted=$3
		[ "$slot" -gt 1 ] || wanted=$2
		[ "$slot" -lt 9 ] || wanted=$4
		equal "$1 slot $slot" "$wanted" "$(column "$1" "$slot")"
	done
}

# by_name FILE NAME: what the response of that name has to hold.
by_name() {
	case $2 in
	normal | c_to_c) holds "$1" ksk-1/S ksk-1/S ksk-1/S ;;
	c_to_d) holds "$1" ksk-1/S "ksk-1/S ksk-2/P" "ksk-1/S ksk-2/P" ;;
	d_to_d) holds "$1" "ksk-1/S ksk-2/P" "ksk-1/S ksk-2/P" \
		"ksk-1/S ksk-2/P" ;;
	d_try) holds "$1" "ksk-1/S ksk-2/P" "ksk-1/S ksk-2/S" \
		"ksk-1/S ksk-2/P" ;;
	d_to_e) holds "$1" "ksk-1/S ksk-2/P" "ksk-1/P ksk-2/S" \
		"ksk-1/P ksk-2/S" ;;
	e_to_e) holds "$1" "ksk-1/P ksk-2/S" "ksk-1/P ksk-2/S" \
		"ksk-1/P ksk-2/S" ;;
	e_to_f) holds "$1" "ksk-1/P ksk-2/S" "ksk-1/RS ksk-2/S" ksk-2/S ;;
	after | last) holds "$1" ksk-2/S ksk-2/S ksk-2/S ;;
	*) fail "no such response: $2" ;;
	esac
}

# The record's replay comes to the same; nothing more is in the text.
replays() {
	accepts replay "$SCRATCH/ceremony"
	! grep -q "interrupted\|refused" "$SCRATCH/out" ||
		fail "a run did not come to its end"
}

# above_question NAME...: what was compared before the first signature stood
# behind all tables and checks: the request's hash, its words, and a line for
# each response, on one screen with the question.
above_question() {
	local n=$# name i=0
	sed '/signatures made/,$d' "$SCRATCH/out" | sed '$d' |
		tail -n "$((n + 8))" >"$SCRATCH/above"
	[ "$((n + 10))" -le 24 ] || fail "more than a screen"
	equal "the request's hash" "Request $KSR
  SHA-256 $(sha256sum <"$KSR" | cut -c1-64)" "$(head -n 2 "$SCRATCH/above")"
	equal "its words" 32 "$(sed -n 3,8p "$SCRATCH/above" | wc -w)"
	for name in "$@"; do
		i=$((i + 1))
		grep -qE "^  $i  $name: (planned|fallback), schema " \
			<<<"$(sed -n "$((8 + i))p" "$SCRATCH/above")" ||
			fail "no line for response $i, $name"
	done
}

# quarter QUARTER USED NAME...: these are the responses, of which the zone then
# uses one.
PREVIOUS=
quarter() {
	local quarter=$1 used=$2 name i=0 file at chain=() wanted=()
	shift 2
	[ -z "$PREVIOUS" ] || chain=(--previous-skr "$PREVIOUS")
	KSR=$SCRATCH/ksr-$quarter.xml
	at=$(before "$quarter" 45)
	accepts --at "$at" request "$KSR" --quarter "$quarter" "${chain[@]}"
	accepts --at "$at" sign "$KSR" "$DIR" --plan "$PLAN" --batch \
		"${chain[@]:---first}"
	for name in "$@"; do
		file=$DIR/skr-root-$quarter-$i-$name.xml
		wanted+=("${file##*/}")
		says "Response $((i + 1)) of $#, $name $file"
		i=$((i + 1))
	done
	above_question "$@"
	equal "$quarter: files" "${wanted[*]}" \
		"$(cd "$DIR" && echo skr-root-"$quarter"-*)"
	equal "$quarter: in order" "$(printf '%s\n' "${wanted[@]}")" \
		"$(of_record 'select(.event == "published").path' |
			sed 's|.*/||')"
	for name in "$@"; do
		file=$(compgen -G "$DIR/skr-root-$quarter-*-$name.xml")
		accepts verify "$KSR" "$file" "${chain[@]}"
		by_name "$file" "$name"
		[ "$name" != "$used" ] || PREVIOUS=$file
	done
	accepts --at "$(before "$quarter" 0)" register activate "$PREVIOUS"
	accepts --json register list
	equal "$quarter: in the register" "null${*:2}" "$(jq -r ".entries[] |
		select(.quarter == \"$quarter\").alternative" \
		"$SCRATCH/out" | paste -sd' ' | sed 's/ //')"
}

quarter 2027-q1 normal normal
quarter 2027-q2 normal normal
quarter 2027-q3 c_to_d c_to_d c_to_c
cp -R "$WS" "$SCRATCH/before-e"
E_PREVIOUS=$PREVIOUS
quarter 2027-q4 d_to_d d_to_e d_to_d d_try
E_KSR=$KSR
quarter 2028-q1 d_to_e d_to_e d_to_d d_try
quarter 2028-q2 e_to_e e_to_f e_to_e
F_PREVIOUS=$PREVIOUS
cp -R "$WS" "$SCRATCH/before-f"
quarter 2028-q3 e_to_f e_to_f
F_KSR=$KSR
quarter 2028-q4 after after
quarter 2029-q1 last last
replays
says "succeeded"


### the same run elsewhere: the same bytes, whatever the number of jobs

# as_before NAME: the workspace $E as it was before a quarter, and a folder
# for what is signed there.
E=$SCRATCH/e
MADE=$SCRATCH/made
as_before() {
	rm -rf "$E" "$MADE" "$SCRATCH/ceremony"
	mkdir "$MADE"
	cp -R "$SCRATCH/$1" "$E"
	sed -i "s|$WS|$E|g" "$E/anchorite.yaml" "$E/offline.yaml" \
		"$E/softhsm2.conf"
}
E_AT=$(before 2027-q4 45)
export ANCHORITE_CONFIG=$E/anchorite.yaml
SIGN=(--at "$E_AT" sign "$E_KSR" "$MADE" --plan "$PLAN" --batch
	--previous-skr "$E_PREVIOUS")
NAMES=(d_to_e d_to_d d_try)
FILES=(skr-root-2027-q4-{0-d_to_e,1-d_to_d,2-d_try}.xml)
same_bytes() {
	local file
	for file in "${FILES[@]}"; do
		cmp "$MADE/$file" "$DIR/$file" || fail "$1: other bytes"
	done
	CASES=$((CASES + 1))
}
as_before before-e
accepts --json "${SIGN[@]}" --jobs 4
same_bytes "with 4 jobs"
equal "in --json" "d_to_e/null d_to_d/d_to_d d_try/d_try" "$(jq -r \
	'.responses[] | "\(.name)/\(.alternative)"' "$SCRATCH/out" |
	paste -sd' ')"
equal "paths in --json" "${FILES[*]/#/$MADE/}" \
	"$(jq -r '.responses[].response.file' "$SCRATCH/out" | paste -sd' ')"
equal "quarter in --json" "$PLAN 2027-q4 2027-q4 false" \
	"$(jq -r '.plan | "\(.file) \(.quarter) \(.step) \(.other_active)"' \
		"$SCRATCH/out")"
equal "no single one in --json" "null null" \
	"$(jq -r '"\(.response) \(.schema)"' "$SCRATCH/out")"
for name in "${NAMES[@]}"; do
	equal "$name: checks in --json" \
		"KSR-BUNDLE-UNIQUE KSR-ID KSR-KEY-VALID KSR-POLICY-ALG KSR-POLICY-SAFETY KSR-TAG-CLASH SKR-BOUNDARY SKR-FOLLOWERS SKR-MATCH SKR-PAIR SKR-REVOKED SKR-SCHEDULE SKR-TRUST SKR-VERIFY" \
		"$(jq -r ".checks[] | select(.name == \"$name\").id" \
			"$SCRATCH/out" | sort -u | paste -sd' ')"
done
equal "proofs of possession are judged once" 1 "$(jq \
	'[.checks[] | select(.id == "KSR-BUNDLE-POP")] | length' "$SCRATCH/out")"
refuses 2 "${FILES[0]}: already exists and is never overwritten: it is the" \
	"${SIGN[@]}"
replays

### the token lets the second response down: none is there

as_before before-e
sed -i "s|module: .*|module: \"$TEST_BIN/libfaulty_module.so\"|" \
	"$E/anchorite.yaml"
FAULTY_TARGET=$(sed -n 's/^    module: "\(.*\)"$/\1/p' "$CONFIG")
export FAULTY FAULTY_TARGET
for FAULTY in sign_fails:14 sign_flips_bit:14 sign_fails:34; do
	run "${SIGN[@]}"
	[ "$status" -ne 0 ] || fail "$FAULTY: signed"
	equal "$FAULTY: what there is" "" "$(ls -A "$MADE")"
	equal "$FAULTY: in the register" 0 \
		"$(grep -c 2027-10-01 "$E/register.jsonl")"
done
unset FAULTY
accepts "${SIGN[@]}"
same_bytes "after failures"

### a file takes the second one's name while the token signs, and goes away

as_before before-e
sed -i "s|module: .*|module: \"$TEST_BIN/libfaulty_module.so\"|" \
	"$E/anchorite.yaml"
FAULTY=sign_sleeps:1 "$ANCHORITE" --ceremony "$SCRATCH/ceremony" "${SIGN[@]}" \
	>"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null &
pid=$!
for _ in $(seq 600); do
	! grep -q '"event":"signing"' "$RECORD" 2>/dev/null || break
	read -rt 0.05 <> <(:) || true
done
echo precious >"$MADE/${FILES[1]}"
status=0
wait "$pid" || status=$?
equal "status of the one that lost its name" 2 "$status"
equal "what there is" "${FILES[0]} ${FILES[1]}" \
	"$(cd "$MADE" && echo *)"
equal "the other file" precious "$(<"$MADE/${FILES[1]}")"
rm "$MADE/${FILES[1]}"
accepts "${SIGN[@]}"
says "1  d_to_e, schema rollover, planned: in place, not signed again"
same_bytes "after a race"
accepts replay "$SCRATCH/ceremony"

### the power fails, from the first signature on

# states: of the quarter's responses in the register, in its order.
states() {
	accepts --json register list
	jq -r '.entries[] | select(.quarter == "2027-q4") |
		"\(.alternative // "d_to_e"):\(.state)"' "$SCRATCH/out" |
		paste -sd' '
}

ALL="d_to_e:published d_to_d:published d_try:published"
ASAN=${ASAN_OPTIONS:-}
# What is before leaves nothing but its record.
step=22 half=0 whole=0 losses=0
while :; do
	step=$((step + $(one_of 3)))
	losses=$((losses + 1))
	as_before before-e
	CRASH_AT=$step LD_PRELOAD=$TEST_BIN/libcrash_module.so \
		ASAN_OPTIONS=$ASAN:verify_asan_link_order=0 \
		run "${SIGN[@]}" 2>"$SCRATCH/killed"
	[ "$status" -ne 0 ] || break
	equal "step $step" 137 "$status"
	[ "$step" -gt 23 ] || equal "the first step is early" 0 \
		"$(grep -c '"event":"signed"' "$RECORD")"
	state=$(states)
	n=0
	for file in "${FILES[@]}"; do
		[ -e "$MADE/$file" ] || break
		cmp "$MADE/$file" "$DIR/$file" || fail "step $step: half a file"
		n=$((n + 1))
	done
	# In the plan's order, and none without its line.
	equal "step $step: files" "${FILES[*]:0:n}" "$(cd "$MADE" &&
		find . -name '*.xml' | sort | cut -c3- | paste -sd' ')"
	[ "$(wc -w <<<"$state")" -ge "$n" ] ||
		fail "step $step: a response without a line"
	if [ "$n" -gt 0 ] && [ "$n" -lt 3 ]; then
		half=$((half + 1))
		accepts log show "$SCRATCH/ceremony"
		says "INTERRUPTED"
		# Others may not come in between.
		if [[ $state = *interrupted ]]; then
			refuses 1 KSR-ID --at "$E_AT" sign "$E_KSR" \
				"$OUTPUT/skr.xml" --previous-skr "$E_PREVIOUS" \
				--batch --schema rollover --alternative other
		fi
	fi
	there=$(cd "$MADE" && stat -c '%i %n' -- *.xml 2>/dev/null) || true
	if [ "$state" = "$ALL" ]; then
		whole=$((whole + 1))
		refuses 2 "that the register has as published; so are the others" "${SIGN[@]}"
	else
		accepts "${SIGN[@]}"
		equal "step $step: signed again" "${NAMES[*]:n}" "$(of_record \
			'select(.event == "signed").name' | paste -sd' ')"
	fi
	same_bytes "step $step"
	equal "step $step: untouched" "$there" "$(cd "$MADE" &&
		stat -c '%i %n' -- "${FILES[@]:0:n}" 2>/dev/null)"
	equal "step $step: published" "$ALL" \
		"$(states | sed 's/[^ ]*:repeated *//g;s/ $//')"
	[ $((losses % 3)) -ne 0 ] || accepts replay "$SCRATCH/ceremony"
done
echo "$((losses - 1)) losses of power, $half of them between two publications"
[ "$step" -gt 40 ] || fail "only $step steps"
[ "$half" -ge $((8 / $(one_of 3))) ] || fail "only $half between two publications"
[ "$whole" -ge 1 ] || fail "none after the last one"
accepts register list

### what must be refused, with the HSM left alone and nothing written

as_before before-e
# refused STATUS TEXT PLAN [OPTION]...
refused() {
	local status=$1 text=$2 plan=$3
	shift 3
	refuses "$status" "$text" --config "$E/offline.yaml" --at "$E_AT" sign \
		"$E_KSR" "$OUTPUT" --batch --plan "$plan" "$@"
	nothing_written
}
BEFORE=(--previous-skr "$E_PREVIOUS")
CHANGED=$SCRATCH/changed.yaml
# changed SED: the plan, changed.
changed() {
	sed "$1" "$PLAN" >"$CHANGED"
	! cmp -s "$PLAN" "$CHANGED" || fail "the edit changes nothing: $1"
}

refused 2 "--schema and --plan contradict each other" "$PLAN" "${BEFORE[@]}" \
	--schema rollover
refused 2 "--alternative and --plan contradict each other" "$PLAN" \
	"${BEFORE[@]}" --alternative other
refused 2 "no previous response" "$PLAN"
refuses 2 "give the request and the folder" --at "$E_AT" sign "$E_KSR" \
	--batch --plan "$PLAN" "${BEFORE[@]}"
for folder in "$OUTPUT/none" "$PLAN"; do
	refuses 2 "anchorite: $folder/skr-root-2027-q4-0-d_to_e.xml" \
		--config "$E/offline.yaml" --at "$E_AT" sign "$E_KSR" \
		"$folder" --batch --plan "$PLAN" "${BEFORE[@]}"
done
refused 2 "No such file" "$SCRATCH/no.yaml" "${BEFORE[@]}"
changed 's/^quarters:/quarter:/'
refused 2 "$CHANGED:" "$CHANGED" "${BEFORE[@]}"
changed 's/rollover+/rolling/'
refused 2 "$CHANGED:" "$CHANGED" "${BEFORE[@]}"

# One of the files is there, but is not what the register has.
echo precious >"$OUTPUT/${FILES[1]}"
refuses 2 "$OUTPUT/${FILES[1]}: already exists and is never overwritten" \
	--config "$E/offline.yaml" --at "$E_AT" sign "$E_KSR" "$OUTPUT" \
	--batch --plan "$PLAN" "${BEFORE[@]}"
equal "what there is" "${FILES[1]} precious" "$(ls -A "$OUTPUT") $(<"$OUTPUT/${FILES[1]}")"
rm "$OUTPUT/${FILES[1]}"

# Not proved on every path, or no quarter for this request.
changed 's/, until: 1//'
refused 1 "anchorite: refused: $CHANGED: PLAN-REVOKE" "$CHANGED" "${BEFORE[@]}"
says "Checks of the plan, on every path through it"
says "2028-q1 e_to_e"
sed '/^  2027-q4/,$d;s/^delays: .*/delays: 0/;/^schemas:/,/^    9:/d' \
	"$PLAN" >"$CHANGED"
refused 1 "begins 2027-10-01T00:00:00, when no quarter of the plan does; it has 2027-q1 to 2027-q3, 0 of them for delays" \
	"$CHANGED" "${BEFORE[@]}"
sed -i 's/^delays: .*/delays: 1/' "$CHANGED"
refused 1 "$CHANGED: the plan is at its end" "$CHANGED" "${BEFORE[@]}"
# The plan is not the one that was signed by.
changed '/^  2027-q2/,/normal/s/schema: normal/&\n    name: other/'
accepts --at "$E_AT" sign "$E_KSR" "$MADE" --plan "$CHANGED" --batch \
	"${BEFORE[@]}"
as_before before-e
changed '/^  2027-q2:/,/schema:/d'
refused 2 "$CHANGED:" "$CHANGED" "${BEFORE[@]}"
changed 's/      c_to_c: .*/      stay: {schema: normal}/;s/schema: pre-publish/schema: normal/'
refused 1 "is none that the register has for 2027-q3 and the plan allows there" \
	"$CHANGED" "${BEFORE[@]}"
# A copy of the previous response is not the one that the register has.
sed 's/^  *//' "$E_PREVIOUS" >"$SCRATCH/copy.xml"
refused 1 "the previous response is none that the register has for 2027-q3" \
	"$PLAN" --previous-skr "$SCRATCH/copy.xml"

# The fallback that the register does not have as active is none to go on from;
# once it is, the plan waits.
as_before before-e
STAYED=$DIR/skr-root-2027-q3-1-c_to_c.xml
refused 1 KSR-CHAIN-PREVIOUS "$PLAN" --previous-skr "$STAYED"
rm -r "$SCRATCH/ceremony" # which was of the offline configuration
accepts --at "$E_AT" register activate "$STAYED" --from-slot 1
accepts --at "$E_AT" sign "$E_KSR" "$MADE" --plan "$PLAN" --batch \
	--previous-skr "$STAYED"
says "2027-q4: 1 later than planned, the step of 2027-q3; 2 responses"
equal "files" "skr-root-2027-q4-0-c_to_d.xml skr-root-2027-q4-1-c_to_c.xml" \
	"$(cd "$MADE" && echo *)"
accepts log show "$SCRATCH/ceremony"
says "2 responses of the plan for 2027-q4, by the step of 2027-q3"
accepts replay "$SCRATCH/ceremony"

# A rule of the request that one fallback alone breaks: the old KSK is in its
# last slot, which expires after that KSK.  The plan's rules do not know it.
as_before before-f
sed -i '/^  ksk_current:/s/$/\n    valid_until: 2028-10-05T00:00:00Z/' \
	"$E/offline.yaml"
sed "s/^delays: 2/delays: 3/" "$PLAN" >"$CHANGED"
refuses 1 "anchorite: refused: $F_KSR: SKR-SCHEDULE (e_to_e)" \
	--config "$E/offline.yaml" --at "$(before 2028-q3 45)" sign "$F_KSR" \
	"$OUTPUT" --batch --plan "$CHANGED" --previous-skr "$F_PREVIOUS"
nothing_written
says "Checks of response 2 of 2, e_to_e: its schedule"
accepts replay "$SCRATCH/ceremony"
says "SKR-SCHEDULE (e_to_e)"

### a record that was tampered with, its chain written anew

as_before before-e
accepts "${SIGN[@]}"
replays
mv "$SCRATCH/ceremony" "$SCRATCH/record"

# forged FILTER TEXT: jq on the list of all lines; replay must say TEXT.
forged() {
	forge_record "$SCRATCH/record" "$SCRATCH/forged" "$1 | .[]" -s
	! cmp -s "$SCRATCH/forged/log.jsonl" "$SCRATCH/record/log.jsonl" ||
		fail "no change: $1"
	run replay "$SCRATCH/forged"
	[ "$status" -eq 1 ] || fail "status $status after $1"
	says "$2"
}
of='(.event == "signing" or .event == "signed")'
swap='if .name == "d_to_d" then .name = "d_try" elif .name == "d_try" then .name = "d_to_d" else . end'
forged "map(if $of then $swap else . end)" \
	'name: recorded "d_try", replayed "d_to_d"'
forged 'map(if .event == "checks" then '"$swap"' else . end)' \
	'name: recorded "d_try", replayed "d_to_d"'
forged "map(select(($of and .name == \"d_to_d\") | not))" \
	'name: recorded "d_try", replayed "d_to_d"'
forged "map(select(($of and .name == \"d_try\") | not))" \
	'"checks response" is recorded where "signing" is due'
forged 'map(select((.event == "checks" and .stages == ["response"] and .name == "d_try") | not))' \
	'"output response" is recorded where "checks response" is due'
forged 'map(select((.event == "checks" and .stages == ["schedule"]) | not))' \
	'"hsm" is recorded where "checks schedule" is due'
forged 'map(select(.stages != ["plan"]))' \
	'"checks request" is recorded where "checks plan" is due'
forged 'map(select(.role != "plan"))' \
	'"input request" is recorded where "input plan" is due'
forged 'map(select(.role != "register"))' \
	'"asked" is recorded where "input register" is due'
forged 'map(if .event == "asked" then .responses |= .[:2] else . end)' \
	'responses: 2 recorded, 3 replayed'
forged 'map(if .event == "asked" then .responses[1].alternative = null else . end)' \
	'responses 2, alternative: recorded null'
forged 'map(if .event == "asked" then .responses[1].in_place = true else . end)' \
	'responses 2, in_place: recorded true'
forged 'map(if .event == "asked" then .step = "2028-q1" else . end)' \
	'step: recorded'
forged 'map(if .event == "asked" then .quarter = "2028-q1" else . end)' \
	'quarter: recorded'
forged 'map(if .event == "asked" then .other_active = true else . end)' \
	'other_active: recorded'
last='([to_entries[] | select(.value.event == "published").key] | last)'
forged "del(.[$last, $last - 1])" \
	'the run claims success, but "register line" is still due'
forged "del(.[$last])" 'the run claims success, but "published" is still due'
swapped() {
	forged "([to_entries[] | select(.value.event == \"$1\").key]) as \$at |
		.[\$at[0]] as \$a | .[\$at[1]] as \$b |
		.[\$at[0]] = \$b | .[\$at[1]] = \$a" "$2"
}
swapped output 'response: what is stored is not what is derived'
swapped published 'was not stored before'
forged "([to_entries[] | select(.value.event == \"output\").key]) as \$at |
	(.[\$at[0]] | {sha256, size}) as \$a |
	(.[\$at[1]] | {sha256, size}) as \$b |
	.[\$at[0]] += \$b | .[\$at[1]] += \$a" \
	'response: what is stored is not what is derived'
forged 'map(if .event == "published" and (.path | endswith("d_try.xml")) then .path |= sub("d_try"; "d_to_e") else . end)' \
	'd_to_e.xml is published and was not stored before'
# Signatures of one given to the other: the same times, other keys.
forged "(map(select(.event == \"signed\"))[0].signatures) as \$a |
	map(if .event == \"signed\" and .name == \"d_to_d\" then .signatures = \$a else . end)" \
	'signatures 7, to_be_signed_sha256: recorded'

### people see one question, and each response by its name

needs expect
cp -R "$SCRATCH/record" "$SCRATCH/ceremony"
accepts log show "$SCRATCH/ceremony"
says "3 responses of the plan for 2027-q4"
says "3   d_try: into"
says "schema try, alternative d_try"
says "checks schedule of d_to_d: accepted"
says "d_try: 16 signatures made and verified"
accepts report "$SCRATCH/ceremony" -o "$SCRATCH/report.html"
for name in "${NAMES[@]}"; do
	grep -q "<b>$name</b>: about to make" "$SCRATCH/report.html" ||
		fail "the report does not name $name"
done
for answer in no Yes; do
	as_before before-e
	cat >"$SCRATCH/ask.exp" <<-END_OF_EXPECT
		set timeout 60
		log_user 0
		spawn -noecho {*}\$argv
		expect -ex "Sign these 3 responses? Type Yes to sign, anything else to stop: "
		send "$answer\r"
		expect eof
		exit [lindex [wait] 3]
	END_OF_EXPECT
	status=0
	expect "$SCRATCH/ask.exp" "$ANCHORITE" --ceremony "$SCRATCH/ceremony" \
		"${SIGN[@]:0:5}" --plan "$PLAN" "${BEFORE[@]}" \
		>"$SCRATCH/out" 2>&1 || status=$?
	equal "status of $answer" "$([ "$answer" = Yes ] && echo 0 || echo 1)" \
		"$status"
	equal "files of $answer" "$([ "$answer" != Yes ] || echo "${FILES[*]}")" \
		"$(cd "$MADE" && find . -type f | sort | cut -c3- | paste -sd' ')"
	accepts replay "$SCRATCH/ceremony"
done
finish
