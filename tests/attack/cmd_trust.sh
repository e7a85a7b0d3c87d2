#!/bin/bash
# Responses that no resolver could use: a KSK that nobody knows signs alone, a
# revoked one comes back.  Refused before the token is touched, and told.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq

workspace
export ANCHORITE_CONFIG=$CONFIG
accepts --at "$AT" keygen --label ksk-2 --algorithm RSASHA256
sed -n '/^  ksk_next:$/,$p' "$SCRATCH/out" >"$SCRATCH/next.yaml"
for config in "$CONFIG" "$OFFLINE"; do
	# `keys:` is the last section of what init writes, or is made so.
	awk -v more="$SCRATCH/next.yaml" '{ print } /^keys:/ {
		while ((getline line < more) > 0) print line }' \
		"$config" >"$SCRATCH/new.yaml"
	cp "$SCRATCH/new.yaml" "$config"
done
NEXT=$WS/next.xml
CHAIN=(--previous-skr "$WS/skr.xml")

# --- After `normal` nobody knows the next KSK.

for schema in revoke rollover+; do
	refuses 1 "SKR-TRUST" --config "$OFFLINE" --at "$NEXT_AT" check "$NEXT" \
		"${CHAIN[@]}" --schema "$schema"
	says "KSK ksk_next"
	says "is not in the previous SKR's last bundle"
	says "every kind of follower fails"
	says "What followers make of the previous and the new response"
	equal "$schema: failing kinds" 3 "$(grep -c '^  FAILS ' "$SCRATCH/out")"
	# The module does not exist: whoever opened it would end with 2.
	refuses 1 "SKR-TRUST" --config "$OFFLINE" --at "$NEXT_AT" sign "$NEXT" \
		"$OUTPUT/skr.xml" "${CHAIN[@]}" --schema "$schema" --batch
	says "  FAILS "
	nothing_written
done
longest=$(awk '/^What followers make/, 0 { if (length > n) n = length }
	END { print n }' <(sed '/^$/q' <(grep -A 8 '^What followers' \
	"$SCRATCH/out")))
[ "$longest" -le 80 ] || fail "a line of $longest columns"

# --- For scripts.

failing() {
	equal "followers" "$1" "$(jq -r \
		'[.followers[] | "\(.follower):\(.slot)"] | join(" ")' \
		"$SCRATCH/out")"
}
run --config "$OFFLINE" --json --at "$NEXT_AT" check "$NEXT" "${CHAIN[@]}" \
	--schema revoke
failing "follows:1 starts now:1 static:1"
run --config "$OFFLINE" --json --at "$NEXT_AT" sign "$NEXT" "$OUTPUT/skr.xml" \
	"${CHAIN[@]}" --schema revoke --batch
equal "refused" 1 "$status"
failing "follows:1 starts now:1 static:1"
nothing_written
cp "$WS/register.jsonl" "$SCRATCH/before.jsonl"
accepts --json --ceremony "$SCRATCH/other" --at "$NEXT_AT" sign "$NEXT" \
	"$WS/normal.xml" "${CHAIN[@]}" --batch
failing "follows:null starts now:null static:null"
equal "of each response" "$(jq -c .followers "$SCRATCH/out")" \
	"$(jq -c '.responses[0].followers' "$SCRATCH/out")"
rm "$WS/normal.xml"
mv "$SCRATCH/before.jsonl" "$WS/register.jsonl"

# --- By a parent's DS the next KSK may sign at once, as soon as all hold it.

cp "$OFFLINE" "$WS/rfc5011.yaml"
sed -i -e '1i trust: parent-ds\nparent_ds: {ttl: 86400, propagation: PT1H}' \
	-e '/^  ksk_current:$/a\    ds_published: 2020-01-01T00:00:00Z' \
	-e '/^  ksk_next:$/a\    ds_published: 2027-03-30T23:00:00Z' "$OFFLINE"
accepts --config "$OFFLINE" --at "$NEXT_AT" check "$NEXT" "${CHAIN[@]}" \
	--schema rollover+
says "caches DS"
sed -i 's/2027-03-30T23:00:00Z/2027-03-30T23:00:01Z/' "$OFFLINE"
refuses 1 "SKR-TRUST" --config "$OFFLINE" --at "$NEXT_AT" check "$NEXT" \
	"${CHAIN[@]}" --schema rollover+
says "not every follower holds its DS"
cp "$WS/rfc5011.yaml" "$OFFLINE"

# --- A person may decide otherwise, of trust, with reasons on record.

accepts --ceremony "$SCRATCH/lost" --at "$NEXT_AT" sign "$NEXT" \
	"$WS/alone.xml" "${CHAIN[@]}" \
	--schema revoke --batch \
	--override SKR-TRUST --reason "the old KSK is lost" \
	--override SKR-FOLLOWERS --reason "the old KSK is lost" \
	--override KSR-POLICY-SAFETY --reason "the old KSK is lost"
says "overridden because: the old KSK is lost"
accepts replay "$SCRATCH/lost"

# --- Revoked is revoked, whatever anybody decides.

THIRD=$WS/third.xml
THIRD_AT=2027-05-15T12:00:00Z
accepts --at "$THIRD_AT" request "$THIRD" --previous-skr "$WS/alone.xml"
for schema in publish+ rollover; do
	refuses 1 "SKR-REVOKED" --config "$OFFLINE" --at "$THIRD_AT" sign \
		"$THIRD" "$OUTPUT/skr.xml" --previous-skr "$WS/alone.xml" \
		--schema "$schema" --batch \
		--override SKR-TRUST --reason "try" \
		--override SKR-FOLLOWERS --reason "try" \
		--override KSR-POLICY-SAFETY --reason "try"
	says "it was revoked in slot 2 of the previous SKR"
	nothing_written
done
refuses 2 "SKR-REVOKED may not be overridden" --at "$THIRD_AT" sign "$THIRD" \
	"$OUTPUT/skr.xml" --previous-skr "$WS/alone.xml" --batch \
	--override SKR-REVOKED --reason "try"
accepts --at "$THIRD_AT" check "$THIRD" --previous-skr "$WS/alone.xml" \
	--schema revoke+

# --- Nor within one response.

cat >>"$OFFLINE" <<'END'
schemas:
  back-again:
    1: {publish: [ksk_current, ksk_next], sign: ksk_next}
    2-4: {publish: ksk_next, sign: [ksk_current, ksk_next], revoke: ksk_current}
    5-9: {publish: [ksk_current, ksk_next], sign: ksk_current}
END
refuses 1 "SKR-REVOKED" --config "$OFFLINE" --at "$AT" check "$WS/ksr.xml" \
	--alternative x --schema back-again
says "signs unrevoked; it was revoked in slot 2 of this response"

finish
