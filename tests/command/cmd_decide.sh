#!/bin/bash
# Going on or holding: one file of criteria on the published figures of 2017 and
# of 2018; a person's decision; what is on record and replays; and the register,
# which takes no other response than the decided one.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq python3

HISTORIC=docs/examples/historic.yaml
PLAN=docs/examples/plan-historic.yaml
RECORD=$SCRATCH/ceremony/log.jsonl

# figures FILE DAY DAYS SOURCES A_DAY OLD OLD_A_DAY
figures() {
	python3 tests/support/signals.py figures "$SCRATCH/$1" \
		$(($(date -u -d "$2" +%s) / 86400)) "${@:3}"
}
# of_record FILTER: of the last decision on record.
of_record() {
	jq -rs "[.[] | select(.event == \"decided\")] | last | $1" "$RECORD"
}
decide() {
	local at=$1
	shift
	accepts --config "$HISTORIC" --at "$at" plan decide "$PLAN" "$@"
}

# --- 2017: 12,000 addresses in September, 1,400 a day, 4 to 5 % of all and 6 to
# 8 % of a day's with KSK-2010 only; postponed on 27 September

figures 2017 2017-09-01 26 12000 1400 540 98
decide 2017-09-27T12:00:00Z --readiness "$SCRATCH/2017"
says "Signals of 2017-09-13 to 2017-09-26, old key 19036, new key 20326"
says "MISSED max_old_only"
says "The measures say: hold"
says "Decision for 2017-q4: hold; the response that follows is d_to_d"
says "A hold costs 1 quarter (0 of the plan's 4 are used): its last step, 2018-q2, then comes in 2018-q3"
says "It can be taken until 2017-10-11T00:00:00"
equal "what is on record" "hold false d_to_d hold" \
	"$(of_record '"\(.verdict) \(.planned) \(.response) \(.decision)"')"
seen=$(of_record '.measures[] | select(.id == "max_old_only").seen')
[[ $seen == 4.* || $seen == 5.0* ]] || fail "not 4 to 5 % of sources: $seen"
equal "sources wanted" "at least 5000" \
	"$(of_record '.measures[] | select(.id == "min_sources").wanted')"

# In the last moment, and after it.
decide 2017-10-10T23:59:59Z --readiness "$SCRATCH/2017"
says "The measures say: not enough data"
says "Decision for 2017-q4: hold"
refuses_to() {
	refuses "$1" "$2" --config "$HISTORIC" "${@:3}"
}
refuses_to 1 "can still be decided" --at 2017-10-11T00:00:00Z plan decide \
	"$PLAN" --readiness "$SCRATCH/2017"

# --- 2018: 5 % on 9 October (of 20,000 sources, which is an assumption), a year
# late by four holds; it went on all the same, by a person's decision

figures 2018 2018-09-20 20 20000 9000 1000 450
decide 2018-10-09T12:00:00Z --late 4 --readiness "$SCRATCH/2017" \
	--readiness "$SCRATCH/2018"
says "MISSED max_old_only"
says "The measures say: hold"
says "Decision for 2018-q4: hold"
says "WARNING: the plan has no more of them"
REASON='no accurate measure of affected users exists; the date is kept'
decide 2018-10-09T12:00:00Z --late 4 --readiness "$SCRATCH/2017" \
	--readiness "$SCRATCH/2018" --decide go --by 'ICANN Board' \
	--reason "$REASON"
says "The measures say: hold"
says "Decided by ICANN Board: go, AGAINST THE MEASURES"
says "Because: $REASON"
says "Decision for 2018-q4: go; the response that follows is d_to_e"
says "It can be taken until 2018-10-11T00:00:00"
equal "both are on record" "hold go $REASON ICANN Board" \
	"$(of_record '"\(.verdict) \(.decision) \(.reason) \(.by)"')"
# Had it been so in the measures' sense, they would have said so.
figures well 2018-09-20 20 20000 9000 100 45
decide 2018-10-09T12:00:00Z --late 4 --readiness "$SCRATCH/2017" \
	--readiness "$SCRATCH/well"
says "The measures say: go"
says "the response that follows is d_to_e"
decide 2018-10-09T12:00:00Z --late 4 --readiness "$SCRATCH/well"
says "not known  no_rise_after"
says "The measures say: not enough data"

# Sources with neither key say nothing of this rollover, however many they are.
sed 's/4a5c-4f66/1234/' "$SCRATCH/well" >"$SCRATCH/others"
decide 2018-10-09T12:00:00Z --late 4 --readiness "$SCRATCH/others"
says "100 sources; wanted: at least 5000"
says "The measures say: not enough data"
decide 2018-10-09T12:00:00Z --late 4 --readiness "$SCRATCH/2018" \
	--readiness "$SCRATCH/others"
says "MISSED max_old_only"

# --- who may, and with what

GO=(--at 2017-09-27T12:00:00Z plan decide "$PLAN" --readiness "$SCRATCH/2017"
	--decide go)
refuses_to 2 "--decide needs --by" "${GO[@]}"
refuses_to 1 "is none of the plan's deciders" "${GO[@]}" --by Nobody --reason x
refuses_to 2 "needs --reason" "${GO[@]}" --by 'ICANN Board'
refuses_to 2 "have no meaning without" "${GO[@]:0:7}" --by 'ICANN Board'
refuses_to 2 "expected go or hold" "${GO[@]:0:8}" perhaps --by x
refuses_to 2 "expected a number of quarters" "${GO[@]:0:7}" --late 5
refuses_to 2 "needs --readiness" --at 2017-09-27T12:00:00Z plan decide "$PLAN"
refuses_to 2 "has no meaning for plan check" plan check "$PLAN" --by x
sed 's/^zone [.]$/zone example./' "$SCRATCH/2017" >"$SCRATCH/other-zone"
refuses_to 1 "about the keys of example." "${GO[@]:0:6}" "$SCRATCH/other-zone"
sed '1s/$/\x00/' "$SCRATCH/2017" >"$SCRATCH/octet-0"
refuses_to 2 "line 1: holds an octet 0" "${GO[@]:0:6}" "$SCRATCH/octet-0"
head -c 1000 "$SCRATCH/2017" >"$SCRATCH/cut-off"
refuses_to 2 "the summary breaks off" "${GO[@]:0:6}" "$SCRATCH/cut-off"

# spoilt LINE TEXT WANTED: the plan with another line is refused.
spoilt() {
	sed "s|^      $1:.*|      $2|" "$PLAN" >"$SCRATCH/plan.yaml"
	refuses_to 2 "$3" plan check "$SCRATCH/plan.yaml"
}
spoilt days "days: 0" "expected a number of 1 to 366"
spoilt min_sources "min_sources: many" "expected a number of 1"
spoilt max_old_only "max_old_only: 101" "no share in percent"
spoilt max_old_only "max_old_only: 0.12345" "no share in percent"
spoilt max_old_only "max_old_only: 1." "no share in percent"
spoilt no_rise_after "no_rise_after: 2017-09-31" "is no day"
spoilt otherwise "otherwise: d_to_e" "none of the quarter's fallbacks"
spoilt otherwise "max_old: 1" "is not a known key"
spoilt days "# none" 'has no key "days"'

# --- all of it replays, and nothing else does

accepts replay "$SCRATCH/ceremony"
cp -R "$SCRATCH/ceremony" "$SCRATCH/copy"
stored=$(compgen -G "$SCRATCH/copy/inputs/$(sha256sum <"$SCRATCH/2018" |
	cut -c1-64)*")
sed -i 's/ 4a5c 2018/ 4f66 2018/' "$stored"
run replay "$SCRATCH/copy"
equal "a replay with other signals" 1 "$status"

# --- the register takes the decided response

rm -rf "$SCRATCH/ceremony"
init_workspace ws --at 2026-11-01T12:00:00Z
CONFIG=$SCRATCH/ws/anchorite.yaml
accepts --at 2026-11-01T12:00:00Z keygen --label ksk-2 --algorithm RSASHA256
sed -n '/^  ksk_next:$/,/^$/p' "$SCRATCH/out" >>"$CONFIG"
rm -rf "$SCRATCH/ceremony"
mkdir "$SCRATCH/signed"
cp tests/data/plan-proceed.yaml "$SCRATCH/plan.yaml"
accepts --at 2026-11-15T12:00:00Z request "$SCRATCH/k1.xml" --quarter 2027-q1
accepts --at 2026-11-15T12:00:00Z sign "$SCRATCH/k1.xml" "$SCRATCH/signed" \
	--plan "$SCRATCH/plan.yaml" --batch --first
previous=$SCRATCH/signed/skr-root-2027-q1-0-c_to_d.xml
accepts --at 2027-02-15T12:00:00Z request "$SCRATCH/k2.xml" \
	--quarter 2027-q2 --previous-skr "$previous"
accepts --at 2027-02-15T12:00:00Z sign "$SCRATCH/k2.xml" "$SCRATCH/signed" \
	--plan "$SCRATCH/plan.yaml" --batch --previous-skr "$previous"
planned=$SCRATCH/signed/skr-root-2027-q2-0-d_to_e.xml
held=$SCRATCH/signed/skr-root-2027-q2-1-d_to_d.xml

# Nine in ten of a few hundred sources have both keys: a hold.
mapfile -t tags < <(sed -n 's/^    key_tag: //p' "$CONFIG")
equal "key tags" 2 "${#tags[@]}"
figures held 2027-03-15 10 400 200 40 20
figures fine 2027-03-15 10 400 200 4 2
sed -i "s/4a5c/$(printf '%04x' "${tags[0]}")/
	s/4f66/$(printf '%04x' "${tags[1]}")/" "$SCRATCH/held" "$SCRATCH/fine"
DECIDE=(--at 2027-03-25T12:00:00Z plan decide "$SCRATCH/plan.yaml" --readiness
	"$SCRATCH/held")
ACTIVATE=(--at 2027-03-30T12:00:00Z register activate)
cp -R "$SCRATCH/ws" "$SCRATCH/kept"
accepts "${DECIDE[@]}"
says "Decision for 2027-q2: hold; the response that follows is d_to_d"
run "${ACTIVATE[@]}" "$planned"
equal "another response" 1 "$status"
grep -q "is \"hold\", whose response is d_to_d" "$SCRATCH/err" ||
	fail "nobody says which response was decided"
accepts --json register list
equal "what is active" "" "$(jq -r '.entries[] |
	select(.quarter == "2027-q2" and .active).schema' "$SCRATCH/out")"
run "${ACTIVATE[@]}" "$held" --override-decision "for nothing"
equal "an override without need" 2 "$status"
accepts "${ACTIVATE[@]}" "$planned" --override-decision "the servers have it"
equal "the override is on record" "2027-q2 d_to_d the servers have it" \
	"$(jq -r 'select(.event == "decision overridden") |
		"\(.quarter) \(.decided) \(.reason)"' "$RECORD")"
accepts replay "$SCRATCH/ceremony"
accepts log show "$SCRATCH/ceremony"
says "decided for 2027-q2: hold, response d_to_d; the measures said hold"
says "decision about 2027-q2 overridden"

# The other way round; of two decisions the last one counts.
rm -rf "$SCRATCH/ceremony" "$SCRATCH/ws"
mv "$SCRATCH/kept" "$SCRATCH/ws"
accepts "${DECIDE[@]}"
accepts "${DECIDE[@]:0:6}" "$SCRATCH/fine"
says "Decision for 2027-q2: go; the response that follows is d_to_e"
run "${ACTIVATE[@]}" "$held"
equal "a fallback against the decision" 1 "$status"
grep -q "is \"go\", whose response is d_to_e" "$SCRATCH/err" ||
	fail "nobody says that the planned response was decided"
accepts "${ACTIVATE[@]}" "$planned"
accepts replay "$SCRATCH/ceremony"
finish
