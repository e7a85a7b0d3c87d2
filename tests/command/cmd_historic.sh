#!/bin/bash
# docs/examples/historic.yaml: the root zone's old requests are accepted, what
# today's rules find in them is waived in plain sight, and `check --policy`
# names what the policy gives up.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq

KSR_2016=$(corpus root/ksr-root-2016-q3-0.xml)
KSR_2017=$(corpus root/ksr-root-2017-q2-0.xml)
KSR_2018=$(corpus root/ksr-root-2018-q1-0-d_to_e.xml)
SKR_2018=$(corpus root/skr-root-2018-q1-0-d_to_e.xml)
SKR_2017_Q1=$(corpus root/skr-root-2017-q1-0.xml)
SKR_2017=$(corpus root/skr-root-2017-q2-0.xml)
ANCHORITE_CONFIG=$(pinned docs/examples/historic.yaml)
export ANCHORITE_CONFIG
RECORD=(--ceremony "$SCRATCH/ceremony")

# waived ROWS: exactly these of the last report are waived; "ID FINDINGS" each.
waived() {
	equal "waived" "$1" "$(jq -r '.checks[] | select(.verdict == "waived") |
		"\(.id) \(.findings | length)"' "$SCRATCH/out")"
}

# waived_on_screen ROWS: the same in the text; "ID TITLE" each.
waived_on_screen() {
	equal "waived on screen" "$1" \
		"$(sed -nE 's/^  waived +([A-Z-]+) +/\1 /p' "$SCRATCH/out")"
}

# recorded ROWS: the same in the record of the last run.
recorded() {
	equal "waived on record" "$1" "$(tail -n 2 "$SCRATCH/ceremony/log.jsonl" |
		jq -r 'select(.event == "checks").rows[] |
			select(.verdict == "waived") |
			"\(.id) \(.findings | length)"')"
}

# --- 2016: 15 days less a second, overlapping by five days less a second.

WAIVED_2016="KSR-POLICY-SIG-VALIDITY 7
KSR-POLICY-SIG-OVERLAP 16"
accepts --json "${RECORD[@]}" --at 2016-05-01T12:00:00Z check "$KSR_2016"
equal "2016-q3: accepted" true "$(jq .accepted "$SCRATCH/out")"
waived "$WAIVED_2016"
recorded "$WAIVED_2016"
equal "2016-q3: findings that are not waived" 0 "$(jq '[.checks[] |
	select(.verdict != "waived").findings[]] | length' "$SCRATCH/out")"
equal "2016-q3: overridden" 0 "$(jq '[.checks[] |
	select(.verdict == "overridden")] | length' "$SCRATCH/out")"

accepts "${RECORD[@]}" --at 2016-05-01T12:00:00Z check "$KSR_2016"
waived_on_screen \
	"KSR-POLICY-SIG-VALIDITY each bundle's validity is within the
KSR-POLICY-SIG-OVERLAP neighbouring bundles overlap within"
equal "2016-q3: findings on screen" 23 \
	"$(grep -c '^              seen: ' "$SCRATCH/out")"
says "accepted"
transcript docs/checks.md "anchorite --config docs/examples/historic.yaml"

# Every line of the policy is needed: with today's value in its place the rule
# refuses.
today() {
	sed "s/^  $1: .*/  $1: $2/" "$ANCHORITE_CONFIG" \
		>"$SCRATCH/today.yaml"
	refuses 1 "$KSR_2016: $3" --config "$SCRATCH/today.yaml" \
		"${RECORD[@]}" --at 2016-05-01T12:00:00Z check "$KSR_2016"
}
today rsa_approved_key_sizes "[2048]" KSR-POLICY-ALG
today signature_validity_match_zsk_policy true KSR-POLICY-SIG-VALIDITY
today check_bundle_overlap true KSR-POLICY-SIG-OVERLAP
today min_signature_validity P21D KSR-POLICY-SIG-VALIDITY

# --- 2017 and 2018: today's rules find nothing.

accepts --json "${RECORD[@]}" --at 2017-02-15T12:00:00Z check "$KSR_2017" \
	--previous-skr "$SKR_2017_Q1" --schema normal
waived ""
accepts --json "${RECORD[@]}" --at 2017-11-15T12:00:00Z check "$KSR_2018" \
	--schema rollover
waived ""

accepts --json "${RECORD[@]}" verify "$KSR_2017" "$SKR_2017" \
	--previous-skr "$SKR_2017_Q1"
waived ""
accepts --json "${RECORD[@]}" verify "$KSR_2018" "$SKR_2018" --schema rollover
waived ""

# --- Every document of the root that is at hand: each request is checked six
# weeks before its first slot, each pair is verified.

folder=$(dirname "$KSR_2017")
n_requests=0 n_pairs=0
for request in "$folder"/ksr-*.xml; do
	first=$(sed -n 's|.*<Inception>\([^<Z]*\)Z\{0,1\}</Inception>.*|\1|p' \
		"$request" | sed 's/+00:00//' | sort | head -n 1)
	at=$(date -u -d "$first UTC 45 days ago" +%Y-%m-%dT%H:%M:%SZ)
	accepts "${RECORD[@]}" --at "$at" check "$request"
	says "accepted"
	n_requests=$((n_requests + 1))
	response=$folder/skr-${request##*/ksr-}
	[ -f "$response" ] || continue
	accepts "${RECORD[@]}" verify "$request" "$response"
	says "verified"
	n_pairs=$((n_pairs + 1))
done
[ "$n_requests" -ge 3 ] || fail "only $n_requests requests were found"
[ "$n_pairs" -ge 2 ] || fail "only $n_pairs pairs were found"
echo "$n_requests requests checked, $n_pairs pairs verified"

# --- What the policy cannot do.

# It waives nothing that matters: a proof of possession that is damaged.
damaged=$SCRATCH/damaged.xml
sed '0,/<SignatureData>./s//<SignatureData>A/' "$KSR_2016" >"$damaged"
! cmp -s "$KSR_2016" "$damaged" || fail "nothing is damaged"
refuses 1 "$damaged: KSR-BUNDLE-POP" "${RECORD[@]}" \
	--at 2016-05-01T12:00:00Z check "$damaged"

# --- What it gives up.

refuses 1 "the configuration departs from: DPS-5.1.3, DPS-5.1.4, DPS-5.7, \
DPS-6.6" --json "${RECORD[@]}" check --policy
equal "departures" "DPS-5.1.3: request_policy.rsa_approved_key_sizes has 1024
DPS-5.1.4: request_policy.signature_validity_match_zsk_policy is false
DPS-5.7: rehearsal is true
DPS-6.6: request_policy.check_bundle_overlap is false" \
	"$(jq -r '.clauses[] | .id as $id | .findings[] | "\($id): \(.seen)"' \
		"$SCRATCH/out")"
finish
