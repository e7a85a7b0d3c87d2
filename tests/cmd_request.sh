#!/bin/bash
# The ZSK operator's side: requests of any cycle and of two algorithms, with
# ZSKs in the token or in files that zone signers take, each following the last.
# shellcheck source=tests/lib.sh
. tests/lib.sh
needs jq openssl dnssec-signzone dnssec-verify ldns-signzone ldns-verify-zone

init_workspace ws --at "$AT"
CONFIG=$ANCHORITE_CONFIG
KEYS=$SCRATCH/keys

# policy NAME LINES [SED]...: the configuration $SCRATCH/ws/NAME.yaml, with
# these lines in its request_policy, and edited.
policy() {
	local name=$1 lines=$2
	shift 2
	sed -e 's/^  acceptable_domains:.*/&\n__LINES__/' "$CONFIG" |
		awk -v lines="$lines" '$0 == "__LINES__" { print lines; next }
			{ print }' | sed -e 's/^//' "$@" \
		>"$SCRATCH/ws/$name.yaml"
	echo "$SCRATCH/ws/$name.yaml"
}

# labels FILE SLOT [ALGORITHM]: the identifiers of that slot's ZSKs.
labels() {
	"$ANCHORITE" --json show "$1" | jq -r --argjson slot "$2" \
		--argjson algorithm "${3:-0}" '.bundles[$slot - 1].keys |
		map(select($algorithm == 0 or .algorithm == $algorithm) |
			select(.flags == 256).key_identifier) |
		sort | join(",")'
}

# requests CONFIG FILE ARGS...: a request that the checks of that configuration
# accept.
requests() {
	local config=$1 file=$2
	shift 2
	accepts --config "$config" --at "$AT" request "$file" "$@"
	accepts --config "$config" --at "$AT" check "$file" "${CHAIN[@]}"
}
CHAIN=()

### Files

# Without any token: the module is none.
FILES=$(policy files '' -e 's|module: .*|module: /nonexistent.so|')
requests "$FILES" "$SCRATCH/a.xml" --zsk-dir "$KEYS"
equal "slot 1" zsk-2026-q4,zsk-2027-q1 "$(labels "$SCRATCH/a.xml" 1)"
equal "slot 5" zsk-2027-q1 "$(labels "$SCRATCH/a.xml" 5)"
equal "slot 9" zsk-2027-q1,zsk-2027-q2 "$(labels "$SCRATCH/a.xml" 9)"
equal "the folder's mode" 700 "$(stat -c %a "$KEYS")"
equal "the private keys' mode" 600 "$(stat -c %a "$KEYS"/*.private | sort -u)"
equal "three pairs" 6 "$(find "$KEYS" -type f | wc -l)"
requests "$FILES" "$SCRATCH/again.xml" --zsk-dir "$KEYS"
cmp -s "$SCRATCH/a.xml" "$SCRATCH/again.xml" || fail "not the same request"

# No private half is on record: neither the file nor a number of it.
for file in "$KEYS"/*.private; do
	sum=$(sha256sum "$file" | cut -d' ' -f1)
	prime=$(sed -n 's/^Prime1: //p' "$file")
	! grep -rqF -e "$sum" -e "$prime" "$SCRATCH/ceremony" ||
		fail "$file is on record"
done
CASES=$((CASES + 1))

# A zone signed with the files as they are, by both signers.
printf '%s\n' '. 86400 IN SOA a. b. 1 1800 900 604800 86400' \
	'. 518400 IN NS a.' 'a. 518400 IN A 192.0.2.1' >"$SCRATCH/zone"

# signs_zone FILES KEY...: with those keys of the folder; the zone's apex gets
# their DNSKEYs, which the signers sign with the same keys.
signs_zone() {
	local key public=()
	for key in "$@"; do
		public+=("$key.key")
	done
	cat "$SCRATCH/zone" "${public[@]}" >"$SCRATCH/unsigned"
	dnssec-signzone -P -z -x -o . -O full -f "$SCRATCH/signed" \
		"$SCRATCH/unsigned" "$@" >"$SCRATCH/log" 2>&1 ||
		fail "dnssec-signzone: $(cat "$SCRATCH/log")"
	dnssec-verify -z -o . "$SCRATCH/signed" >"$SCRATCH/log" 2>&1 ||
		fail "dnssec-verify: $(cat "$SCRATCH/log")"
	ldns-signzone -o . -f "$SCRATCH/signed" "$SCRATCH/zone" "$@" \
		>"$SCRATCH/log" 2>&1 ||
		fail "ldns-signzone: $(cat "$SCRATCH/log")"
	ldns-verify-zone "$SCRATCH/signed" >"$SCRATCH/log" 2>&1 ||
		fail "ldns-verify-zone: $(cat "$SCRATCH/log")"
	CASES=$((CASES + 4))
}

# key_of LABEL: the path of its files, without ending.
key_of() {
	local file
	file=$(grep -lx -- "; Label: $1" "$KEYS"/*.key) || fail "no key $1"
	echo "${file%.key}"
}
signs_zone "$(key_of zsk-2027-q1)"
finish
