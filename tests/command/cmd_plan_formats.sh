#!/bin/bash
# Requests of BIND and Knot signed by a plan, where signatures begin before their
# record is used: which step is due, what is signed, released and simulated at a
# slot's edges, what the register's responses are, and what a decision binds.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq python3

PLAN=$SCRATCH/plan.yaml
cp tests/data/plan-proceed.yaml "$PLAN"

# begins_before NAME DURATION: the configuration with that inception_before.
begins_before() {
	sed "s/inception_before: .*}/inception_before: $2}/" \
		"$WS/anchorite.yaml" >"$WS/$1.yaml"
	! cmp -s "$WS/anchorite.yaml" "$WS/$1.yaml" || fail "no other lead"
	chmod 600 "$WS/$1.yaml"
}

# act AT COMMAND...: on record.
act() {
	accepts --at "$1" --ceremony "$WS/ceremony" "${@:2}"
}

# made QUARTER INDEX NAME: the plan's response.
made() {
	echo "$WS/signed/skr-root-$1-$2-$3.txt"
}

# slots_of SKR: inception, expiration and when it is used, a line each.
slots_of() {
	accepts --json show "$1"
	jq -r '.bundles[] | "\(.inception) \(.expiration) \(.used_from)"' \
		"$SCRATCH/out" | sed 's/+00:00//g'
}

# has_slots SKR FIRST LEAD: nine, of ten days from then on, whose signatures begin
# that long before and are valid for 21 days.
has_slots() {
	local i at wanted=
	for ((i = 0; i < 9; i++)); do
		at=$(($(date -d "$2" +%s) + 864000 * i))
		wanted+=$(printf '%s %s %s' \
			"$(date -d "@$((at - $3))" +%Y-%m-%dT%H:%M:%S)" \
			"$(date -d "@$((at + 21 * 86400))" +%Y-%m-%dT%H:%M:%S)" \
			"$(date -d "@$at" +%Y-%m-%dT%H:%M:%S)")$'\n'
	done
	equal "slots of $1" "$wanted" "$(slots_of "$1")"$'\n'
	# The RRSIGs have these times and no others.
	equal "times of the RRSIGs of $1" "$(awk '{
		gsub("[-:T]", ""); print $2, $1 }' <<<"$wanted" | sed '/^ *$/d' |
		sort -u)" "$("$ANCHORITE" show --format dns "$1" |
		awk '$4 == "RRSIG" { print $9, $10 }' | sort -u)"
}

# slot_at SKR TIME: what is released then.
slot_at() {
	accepts --json release "$1" --at "$2"
	jq .slot "$SCRATCH/out"
}

# simulated SKR...: the slots as they are published, "1.1 FROM".
simulated() {
	accepts --json simulate "$@"
	jq -r '.slots[] | "\(.response).\(.slot) \(.from)"' "$SCRATCH/out" |
		sed 's/+00:00//'
}

# by_plan SIGNER LEAD: a rollover's first three quarters.
by_plan() {
	local signer=$1 lead=$2 q1 q2 held late tags
	init_workspace "$signer" --at 2026-11-01T12:00:00Z
	WS=$SCRATCH/$signer
	accepts --at 2026-11-01T12:00:00Z keygen --label ksk-2 \
		--algorithm RSASHA256
	sed -n '/^  ksk_next:$/,/^$/p' "$SCRATCH/out" >>"$WS/anchorite.yaml"
	rm -rf "$SCRATCH/ceremony"
	sed -i 's/^request_policy:/&\n  proof_of_possession: none/
		s/^ksk_policy:/&\n  max_signature_validity: P22D\n  retire_safety: P10D/' \
		"$WS/anchorite.yaml"
	echo "records: {validity: P21D, refresh: P10D, inception_before: PT${lead}S}" \
		>>"$WS/anchorite.yaml"
	begins_before sooner PT2H
	mkdir "$WS/signed"
	REQUEST=(request --into "$signer" --zsk-dir "$WS/zsks")
	SIGN=(sign --plan "$PLAN" --batch)
	q1=$(made 2027-q1 0 c_to_d)
	q2=$(made 2027-q2 0 d_to_e)
	held=$(made 2027-q2 1 d_to_d)
	late=$(made 2027-q3 0 d_to_e)

	# A quarter.
	act 2026-11-15T12:00:00Z "${REQUEST[@]}" "$WS/k1" --quarter 2027-q1
	accepts plan check "$PLAN"
	accepts plan show "$PLAN"
	act 2026-11-15T12:00:00Z check "$WS/k1" --schema pre-publish
	act 2026-11-15T12:00:00Z "${SIGN[@]}" "$WS/k1" "$WS/signed" --first
	says "2027-q1: 1 response"
	equal "what is made by a plan" "${q1##*/}" "$(ls -A "$WS/signed")"
	has_slots "$q1" 2027-01-01 "$lead"
	act 2026-11-15T12:00:00Z verify "$WS/k1" "$q1" --schema pre-publish
	accepts --json register list
	equal "quarter in the register" 2027-q1 \
		"$(jq -r '.entries[].quarter' "$SCRATCH/out")"

	# Its slots' first and last seconds.
	refuses 1 "the first slot begins at 2027-01-01T00:00:00" \
		release "$q1" --at 2026-12-31T23:59:59Z
	equal "the first slot" "1 1" "$(slot_at "$q1" 2027-01-01T00:00:00Z
		) $(slot_at "$q1" 2027-01-10T23:59:59Z)"
	equal "the second slot" 2 "$(slot_at "$q1" 2027-01-11T00:00:00Z)"
	equal "the last slot" "8 9 9" "$(slot_at "$q1" 2027-03-21T23:59:59Z
		) $(slot_at "$q1" 2027-03-22T00:00:00Z
		) $(slot_at "$q1" 2027-04-11T23:59:59Z)"
	refuses 1 "expired at 2027-04-12T00:00:00" \
		release "$q1" --at 2027-04-12T00:00:00Z

	# The next one has a fallback; a decision binds which of them is used.
	act 2027-02-15T12:00:00Z "${REQUEST[@]}" "$WS/k2" --plan "$PLAN" \
		--previous-skr "$q1"
	act 2027-02-15T12:00:00Z "${SIGN[@]}" "$WS/k2" "$WS/signed" \
		--previous-skr "$q1"
	says "2027-q2: 2 responses"
	has_slots "$q2" 2027-04-01 "$lead"
	has_slots "$held" 2027-04-01 "$lead"
	act 2027-02-15T12:00:00Z verify "$WS/k2" "$q2" --schema rollover \
		--previous-skr "$q1"
	# Once more it is the same step, which has been signed.
	refuses 2 "the response that the register has as published; so are the others" \
		--at 2027-02-15T12:00:00Z --ceremony "$WS/ceremony" \
		"${SIGN[@]}" "$WS/k2" "$WS/signed" --previous-skr "$q1"
	mapfile -t tags < <(sed -n 's/^    key_tag: //p' "$WS/anchorite.yaml")
	python3 tests/support/signals.py figures "$WS/signals" \
		$(($(date -d 2027-03-15 +%s) / 86400)) 10 400 200 40 20
	sed -i "s/4a5c/$(printf '%04x' "${tags[0]}")/
		s/4f66/$(printf '%04x' "${tags[1]}")/" "$WS/signals"
	act 2027-03-25T12:00:00Z plan decide "$PLAN" --readiness "$WS/signals"
	says "Decision for 2027-q2: hold; the response that follows is d_to_d"
	refuses 1 "about 2027-q2 is \"hold\", whose response is d_to_d" \
		--at 2027-03-30T12:00:00Z --ceremony "$WS/ceremony" \
		register activate "$q2"
	act 2027-03-30T12:00:00Z register activate "$q1"
	act 2027-03-30T12:00:00Z register activate "$held"

	# What followers see is what is released.
	equal "what is published" "1.1 2027-01-01T00:00:00
1.9 2027-03-22T00:00:00
2.1 2027-04-01T00:00:00" "$(simulated "$q1" "$held" | sed -n '1p; 9,10p')"
	equal "what takes over a second before slot 3" \
		"2.2 2027-04-20T23:59:59 2.3 2027-04-21T00:00:00" \
		"$(simulated "$q1" "$q2" "$held@2027-04-20T23:59:59Z" |
			sed -n 's/^3\./2./; 12,13p' | paste -sd' ')"

	# The quarter after waits for it, whose signatures begin sooner.
	export ANCHORITE_CONFIG=$WS/sooner.yaml
	rm -rf "$WS/record" && mv "$WS/ceremony" "$WS/record"
	act 2027-05-15T12:00:00Z "${REQUEST[@]}" "$WS/k3" --plan "$PLAN" \
		--previous-skr "$held" --step 2027-q2
	act 2027-05-15T12:00:00Z "${SIGN[@]}" "$WS/k3" "$WS/signed" \
		--previous-skr "$held"
	says "2027-q3: 1 later than planned, the step of 2027-q2; 1 response"
	has_slots "$late" 2027-07-01 7200
	act 2027-05-15T12:00:00Z verify "$WS/k3" "$late" --schema rollover \
		--previous-skr "$held"
	# Of the quarter before last the register knows it as well.
	act 2027-08-15T12:00:00Z "${REQUEST[@]}" "$WS/k4" --plan "$PLAN" \
		--previous-skr "$late" --step 2027-q3
	act 2027-08-15T12:00:00Z "${SIGN[@]}" "$WS/k4" "$WS/signed" \
		--previous-skr "$late"
	says "2027-q4: 1 later than planned, the step of 2027-q3; 1 response"
	accepts --json register list
	equal "quarters in the register" "2027-q1 2027-q2 2027-q3 2027-q4" \
		"$(jq -r '.entries[].quarter' "$SCRATCH/out" | sort -u |
			paste -sd' ')"

	for record in ceremony record; do
		accepts replay "$WS/$record"
	done
	forge_record "$WS/record" "$WS/forged" \
		'map(if .event == "asked" then .quarter = "2026-q4" else . end) | .[]' -s
	refuses 1 "quarter: recorded" replay "$WS/forged"
}
by_plan bind 3600
by_plan knot 5400
finish
