#!/bin/bash
# One finding let pass, with a reason: where the operator, the record and a
# script see it, and what may not be let pass.  The case is the real one, more
# quarters signed in one ceremony than the horizon reaches.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq

init_workspace ws --at 2026-11-15T12:00:00Z
KSR=$SCRATCH/ws/ksr.xml
SKR=$OUTPUT/skr.xml
ID="KSR-POLICY-SIG-HORIZON"
REASON="no ceremony can be held next quarter"
RECORD=(--ceremony "$SCRATCH/ceremony")
EARLY=(--at 2026-10-05T12:00:00Z "${RECORD[@]}")
accepts --at 2026-11-15T12:00:00Z "${RECORD[@]}" request "$KSR"

# --- Nothing is let pass unasked, without a reason, or for another check.

refuses 1 "$KSR: $ID" "${EARLY[@]}" sign "$KSR" "$SKR" --first --batch
nothing_written
refuses 2 "reason" "${EARLY[@]}" sign "$KSR" "$SKR" --first --batch \
	--override "$ID"
refuses 2 "$ID needs a reason" "${EARLY[@]}" sign "$KSR" "$SKR" --first \
	--batch --override "$ID" --reason ""
refuses 1 "$KSR: $ID" "${EARLY[@]}" sign "$KSR" "$SKR" --first --batch \
	--override KSR-POLICY-CLOCK --reason "$REASON"
refuses 2 'there is no check "KSR-HORIZON"' "${EARLY[@]}" sign "$KSR" "$SKR" \
	--first --batch --override KSR-HORIZON --reason "$REASON"
for never in KSR-DOMAIN KSR-BUNDLE-POP KSR-CHAIN-KEYS KSR-KEY-VALID \
	SKR-SCHEDULE SKR-REVOKED SKR-VERIFY SKR-MATCH SKR-PAIR SKR-BOUNDARY; do
	refuses 2 "$never may not be overridden" "${EARLY[@]}" sign "$KSR" \
		"$SKR" --first --batch --override "$never" --reason "$REASON"
done
nothing_written

# --- Let pass: on screen, on record, for scripts.

accepts "${EARLY[@]}" sign "$KSR" "$SKR" --first --batch --override "$ID" \
	--reason "$REASON"
says "overridden because: $REASON"
equal "overridden on screen" "$ID" \
	"$(sed -nE 's/^  overridden +([A-Z-]+) .*/\1/p' "$SCRATCH/out")"
transcript docs/checks.md "anchorite sign"

recorded() {
	jq -r "select(.event == \"$1\") | $2" "$SCRATCH/ceremony/log.jsonl" |
		tail -n "${3:-1}"
}
equal "asked" "$ID: $REASON" \
	"$(recorded asked '.overrides[] | "\(.id): \(.reason)"')"
equal "on record" "$ID: $REASON, 1 finding in bundle 9" \
	"$(recorded checks '.rows[] | select(.verdict == "overridden") |
		"\(.id): \(.reason), \(.findings | length) finding in bundle " +
		"\(.findings[0].bundle)"')"

# another NAME: what a workspace keeps beside its configuration is new again.
another() {
	mkdir "$SCRATCH/$1"
	cp "$SCRATCH/ws/anchorite.yaml" "$SCRATCH/$1"
	export ANCHORITE_CONFIG=$SCRATCH/$1/anchorite.yaml
	rm "$SKR"
	# The record would tell that the copy lacks what was signed.
	rm -rf "$SCRATCH/ceremony"
}

another second
accepts "${EARLY[@]}" --json sign "$KSR" "$SKR" --first --batch \
	--override "$ID" --reason "$REASON"
equal "as JSON" "$ID: $REASON" "$(jq -r '.checks[] |
	select(.verdict == "overridden") | "\(.id): \(.reason)"' "$SCRATCH/out")"

# An override of what finds nothing leaves a pass a pass.
another third
accepts --at 2026-11-15T12:00:00Z "${RECORD[@]}" --json sign "$KSR" "$SKR" \
	--first --batch --override "$ID" --reason "$REASON"
equal "nothing to override" pass "$(jq -r --arg id "$ID" \
	'[.checks[] | select(.id == $id).verdict] | unique[]' "$SCRATCH/out")"
finish
