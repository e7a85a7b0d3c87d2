#!/bin/bash
# What an override can do, row by row: each rule is broken, with and without its
# override, and the token's own count says whether a KSK was used.  Either there
# is a response with the override on record, or there is no signature at all.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq

REQUESTS=$SCRATCH/requests
mkdir "$REQUESTS"
ASAN_OPTIONS=detect_leaks=0 "$TEST_BIN/broken_requests" "$REQUESTS"

accepts init "$SCRATCH/ws" --at "$AT"
FAULTY_TARGET=$(sed -n 's/^    module: "\(.*\)"$/\1/p' \
	"$SCRATCH/ws/anchorite.yaml")
export FAULTY_TARGET FAULTY_COUNT=$SCRATCH/count
# More is approved than the requests declare, so that one rule breaks at a time.
sed "s|^    module: .*|    module: \"$TEST_BIN/libfaulty_module.so\"|" \
	"$SCRATCH/ws/anchorite.yaml" >"$SCRATCH/ws/counting.yaml"
sed -i 's/^    valid_from: .*/    valid_from: 2020-01-01T00:00:00Z/
	/^  \(approved_algorithms\|rsa_approved_key_sizes\|rsa_approved_exponents\):/d
	/^request_policy:/a \  approved_algorithms: [RSASHA256, RSASHA512]\
  rsa_approved_key_sizes: [2048, 3072]\
  rsa_approved_exponents: [3, 65537]' "$SCRATCH/ws/counting.yaml"
# Where nobody has a key's private half, possession is waived, in plain sight.
sed '/^request_policy:/a \  validate_signatures: false' \
	"$SCRATCH/ws/counting.yaml" >"$SCRATCH/ws/unproved.yaml"

RECORD=$SCRATCH/record
PREVIOUS=
CONFIG=counting.yaml
WHEN=$AT

# attempt NAME [ID]...: signs the request, overriding these; $status, $made.
attempt() {
	local name=$1 id overrides=() history=(--first)
	shift
	for id in "$@"; do
		overrides+=(--override "$id" --reason "to see")
	done
	[ -z "$PREVIOUS" ] || history=(--previous-skr "$PREVIOUS")
	rm -rf "$RECORD" "$FAULTY_COUNT" "$OUTPUT/skr.xml"
	[ -n "$PREVIOUS" ] || rm -f "$SCRATCH/ws/register.jsonl"
	[ -z "$PREVIOUS" ] ||
		cp "$SCRATCH/register.before" "$SCRATCH/ws/register.jsonl"
	run --config "$SCRATCH/ws/$CONFIG" --at "$WHEN" --ceremony "$RECORD" \
		sign "$REQUESTS/$name.xml" "$OUTPUT/skr.xml" \
		"${history[@]}" --batch "${overrides[@]}"
	made=0
	[ ! -e "$FAULTY_COUNT" ] || made=$(wc -l <"$FAULTY_COUNT")
}

# The record has as many signatures as the token made.
recorded() {
	[ -e "$RECORD/log.jsonl" ] || { echo 0 && return; }
	jq -s '[.[] | select(.event == "signed").signatures[]] | length' \
		"$RECORD/log.jsonl"
}

nothing() {
	[ "$status" -ne 0 ] || fail "$1: accepted"
	equal "$1: signatures that the token made" 0 "$made"
	[ ! -e "$OUTPUT/skr.xml" ] || fail "$1: there is a response"
	[ ! -e "$RECORD/log.jsonl" ] || equal "$1: asked for a signature" 0 \
		"$(grep -c '"event":"signing"' "$RECORD/log.jsonl" || true)"
}

# may NAME ID...: refused as it is, signed with these overridden.
may() {
	local name=$1 id
	attempt "$name"
	nothing "$name as it is"
	shift
	attempt "$name" "$@"
	[ "$status" -eq 0 ] || fail "$name: not signed although $* overridden"
	equal "$name: signatures that the token made" 9 "$made"
	equal "$name: signatures on record" 9 "$(recorded)"
	for id in "$@"; do
		jq -se --arg id "$id" 'any(.[] | select(.event == "checks") | .rows[];
			.id == $id and .verdict == "overridden" and
				.reason == "to see")' "$RECORD/log.jsonl" \
			>/dev/null || fail "$name: $id is not on record"
	done
	accepts replay "$RECORD"
	n_may=$((n_may + 1))
}

# never NAME ID...: refused as it is, and with these and all else overridden.
EVERY=(KSR-ID KSR-BUNDLE-UNIQUE KSR-BUNDLE-KEYS KSR-BUNDLE-COUNT
	KSR-BUNDLE-CYCLE-DURATION KSR-POLICY-KEYS KSR-POLICY-ALG
	KSR-POLICY-SIG-VALIDITY KSR-POLICY-SIG-HORIZON KSR-POLICY-CLOCK
	KSR-POLICY-SIG-OVERLAP KSR-POLICY-BUNDLE-INTERVAL KSR-POLICY-SAFETY
	KSR-CHAIN-OVERLAP KSR-TAG-CLASH SKR-TRUST SKR-FOLLOWERS)
never() {
	local name=$1 id=$2
	attempt "$name"
	nothing "$name as it is"
	grep -qF "$id" "$SCRATCH/out" "$SCRATCH/err" ||
		fail "$name: refused for another reason than $id"
	attempt "$name" "$id"
	nothing "$name, $id overridden"
	attempt "$name" "${EVERY[@]}"
	nothing "$name, all overridden"
	grep -qE "^  REFUSE +$id" "$SCRATCH/out" ||
		fail "$name: refused for another reason than $id"
	accepts replay "$RECORD"
	n_never=$((n_never + 1))
}

n_may=0 n_never=0
attempt sound
equal "a sound request: status" 0 "$status"
equal "a sound request: signatures" 9 "$made"
WHEN=2026-09-15T12:00:00Z
attempt before
WHEN=$AT
equal "the quarter before: status" 0 "$status"
cp "$OUTPUT/skr.xml" "$SCRATCH/before.xml"
cp "$SCRATCH/ws/register.jsonl" "$SCRATCH/register.before"

never zone KSR-DOMAIN
never flags-257 KSR-BUNDLE-KEYS
never flags-385 KSR-BUNDLE-KEYS
never flags-0 KSR-BUNDLE-KEYS
never tag-declared KSR-BUNDLE-KEYS
never one-name KSR-BUNDLE-KEYS
never proof KSR-BUNDLE-POP
never small KSR-POLICY-ALG
never too-long KSR-POLICY-SIG-VALIDITY
never backwards KSR-POLICY-SIG-VALIDITY
never wire-time KSR-POLICY-SIG-HORIZON
never order KSR-POLICY-BUNDLE-INTERVAL
# Another number of bundles than the schema has slots has no schedule.
never count SKR-SCHEDULE

may bundle-id KSR-BUNDLE-UNIQUE
may size-undeclared KSR-BUNDLE-KEYS
may exponent-undeclared KSR-BUNDLE-KEYS
may algorithm-undeclared KSR-BUNDLE-KEYS KSR-POLICY-ALG
may cycle KSR-BUNDLE-CYCLE-DURATION
may ttl KSR-POLICY-KEYS
may too-short KSR-POLICY-SIG-VALIDITY
may overlap KSR-POLICY-SIG-OVERLAP
may distance KSR-POLICY-BUNDLE-INTERVAL KSR-POLICY-SIG-OVERLAP

WHEN=2026-09-15T12:00:00Z
may sound KSR-POLICY-SIG-HORIZON
WHEN=$AT

CONFIG=unproved.yaml
may tag-apart KSR-TAG-CLASH
never tag-together KSR-TAG-CLASH
never weak KSR-KEY-VALID
CONFIG=counting.yaml

PREVIOUS=$SCRATCH/before.xml
may safety KSR-POLICY-SAFETY
may chain-overlap KSR-CHAIN-OVERLAP
never chain KSR-CHAIN-KEYS
PREVIOUS=

# What is said of the response alone nobody may override.
for id in SKR-SCHEDULE SKR-REVOKED SKR-MATCH SKR-PAIR SKR-BOUNDARY SKR-VERIFY; do
	attempt sound "$id"
	equal "$id overridden: status" 2 "$status"
	nothing "$id overridden"
done

echo "$n_may rules signed with an override on record, $n_never never"
finish
