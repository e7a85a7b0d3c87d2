#!/bin/bash
# A plan whose fallbacks answer requests of their own, with RSA ZSKs counted by
# size: request, sign and what comes next follow the plan; what does not is
# refused; the record replays.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq

init_workspace ws --at 2027-07-01T12:00:00Z
WS=$SCRATCH/ws
CONFIG=$WS/anchorite.yaml
PLAN=$SCRATCH/plan.yaml
accepts --at 2027-07-01T12:00:00Z keygen --label ksk-2 \
	--algorithm ECDSAP256SHA256
sed -n '/^  ksk_next:$/,/^$/p' "$SCRATCH/out" >>"$CONFIG"
rm -r "$SCRATCH/ceremony"
sed -i -e '/^  approved_algorithms:/d; /^  enable_unsupported/d; /^  rsa_approved_key_sizes:/d' \
	-e '/^request_policy:/a\
  approved_algorithms: [RSASHA256, ECDSAP256SHA256]\
  enable_unsupported_ecdsa: true\
  rsa_approved_key_sizes: [2048, 1536]\
  num_keys_per_bundle: {RSASHA256: [2, 1, 1, 1, 1, 1, 1, 1, 2]}\
  num_different_keys_in_all_bundles: {RSASHA256: 3}' \
	-e '/^ksk_policy:/a\
  publish_safety: PT0S\
  retire_safety: P28D' "$CONFIG"
# The plan of the proposal, from the quarter on in which the ZSK shrinks.
sed '/^  2027-q2:/,/^  # BB/ { /^  # BB/!d }' docs/examples/plan-proposal.yaml \
	>"$PLAN"

# before QUARTER DAYS: that long before it begins.
before() {
	date -u -d "$(printf '%d-%02d-01' "${1%-q*}" $((3 * ${1#*-q} - 2))) 00:00 UTC $2 days ago" \
		+%FT%TZ
}

# ask QUARTER FILE OPTION...: a request by the plan.
ask() {
	accepts --at "$(before "$1" 45)" request "$WS/$2" --quarter "$1" \
		--zsk-dir "$SCRATCH/zsks" --plan "$PLAN" "${@:3}"
}

# ask_not STATUS TEXT QUARTER OPTION...
ask_not() {
	refuses "$1" "$2" --at "$(before "$3" 45)" request "$WS/none.xml" \
		--quarter "$3" --zsk-dir "$SCRATCH/zsks" "${@:4}"
	absent "$WS/none.xml"
}

# signs QUARTER KSR OPTION...: into the folder of the quarter.
signs() {
	mkdir -p "$WS/$1"
	accepts --at "$(before "$1" 45)" sign "$WS/$2" "$WS/$1" --plan "$PLAN" \
		--batch "${@:3}"
}

# zsks FILE SLOT: the sizes of the ZSKs, "1536 2048".
zsks() {
	accepts --json show "$1"
	jq -r --argjson slot "$2" '[.bundles[$slot - 1].keys[] |
		select(.flags == 256) | .public_key | length |
		if . > 300 then 2048 else 1536 end] | sort | map(tostring) |
		join(" ")' "$SCRATCH/out"
}

### the ZSK shrinks, and held it does not

ask_not 2 "--step and --fallback are a plan's" 2027-q4 --fallback hold
ask_not 2 "no fallback of that name with a request of its own" 2027-q4 \
	--plan "$PLAN" --fallback bb
ask_not 2 "--step 2031-q1: has no such quarter" 2027-q4 --plan "$PLAN" \
	--step 2031-q1
ask 2027-q4 q4.xml
ask 2027-q4 q4-hold.xml --fallback hold
equal "as planned" "1536 2048" "$(zsks "$WS/q4.xml" 9)"
equal "held" "2048 2048" "$(zsks "$WS/q4-hold.xml" 9)"
signs 2027-q4 q4.xml --first
says "  -  hold is not signed: it answers a request of its own, with --fallback hold"
says "  1  bb, schema alone, planned"
Q4=$WS/2027-q4/skr-root-2027-q4-0-bb.xml
# Undeclared it is a second request for signed slots; misdeclared it is nothing.
mkdir "$WS/other"
refuses 1 KSR-ONCE --at "$(before 2027-q4 45)" sign "$WS/q4-hold.xml" \
	"$WS/other" --plan "$PLAN" --batch --first
refuses 1 "--fallback back-out: the step 2027-q4 has no fallback of that name" \
	--at "$(before 2027-q4 45)" sign "$WS/q4-hold.xml" "$WS/other" \
	--plan "$PLAN" --batch --first --fallback back-out
# The planned request's counts are not the fallback's.
refuses 1 KSR-POLICY-KEYS --at "$(before 2027-q4 45)" sign "$WS/q4.xml" \
	"$WS/other" --plan "$PLAN" --batch --first --fallback hold
signs 2027-q4 q4-hold.xml --first --fallback hold
says "  1  hold, schema alone, fallback"
HOLD=$WS/2027-q4/skr-root-2027-q4-1-hold.xml
[ -e "$HOLD" ] || fail "there is no response to hold with"

### what the zone used decides what comes next, and every step later

ask_not 2 "its last bundle holds" 2028-q1 --plan "$PLAN" --previous-skr "$HOLD"
ask 2028-q1 q1-later.xml --previous-skr "$HOLD" --step 2027-q4
equal "the step again" "1536 2048" "$(zsks "$WS/q1-later.xml" 9)"
signs 2028-q1 q1-later.xml --previous-skr "$HOLD"
says "2028-q1: 1 later than planned, the step of 2027-q4; 1 response"
[ -e "$WS/2028-q1/skr-root-2028-q1-0-bb.xml" ] || fail "not as planned"
ask 2028-q1 q1.xml --previous-skr "$Q4"
equal "2048 leaves" "1536 2048" "$(zsks "$WS/q1.xml" 1)"
equal "1536 alone" "1536" "$(zsks "$WS/q1.xml" 2)"

# A ZSK of another size than the plan has, in the same number.
sed 's/RSASHA256:1536/RSASHA256:3072/g; /^max_response_size:/d' "$PLAN" >"$SCRATCH/large.yaml"
refuses 1 KSR-POLICY-KEYS --at "$(before 2028-q1 45)" sign "$WS/q1.xml" \
	"$WS/other" --plan "$SCRATCH/large.yaml" --batch --previous-skr "$Q4"
says "RSASHA256 has 1536 bits"

accepts replay "$SCRATCH/ceremony"
grep -q "every conclusion and every byte the same" "$SCRATCH/head" ||
	fail "the replay differs"
accepts --json register list
equal "fallbacks in the register" "null hold null" \
	"$(jq -r '[.entries[].fallback | tostring] | join(" ")' "$SCRATCH/out")"
finish
