#!/bin/bash
# Every shape of ZSKs that `request` makes, quarter after quarter in a chain:
# accepted by `check`, signed, and each slot put before three verifiers that are
# not ours, in its first second and in its last.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq dnssec-signzone dnssec-verify ldns-verify-zone kzonecheck

"${CC:-cc}" -std=c11 -D_GNU_SOURCE -shared -fPIC -o "$SCRATCH/set_clock.so" \
	tests/support/set_clock.c || fail "set_clock.c does not compile"

DAY=86400
VALIDITY=$((21 * DAY))

stamp() {
	date -u -d "@$1" +%Y%m%d%H%M%S
}

# quiet WHAT COMMAND...: shows what the command said only if it fails.
quiet() {
	local what=$1
	shift
	"$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || fail "$what: $*"
}

# judge WHAT TIME: all three accept the zone at that second.
judge() {
	quiet "$1" ldns-verify-zone -t "$(stamp "$2")" "$SCRATCH/zone"
	CLOCK=$2 LD_PRELOAD=$SCRATCH/set_clock.so quiet "$1" \
		dnssec-verify -o . "$SCRATCH/zone"
	quiet "$1" kzonecheck -d on -t "$(stamp "$2")" -o . "$SCRATCH/zone"
	CASES=$((CASES + 3))
}

# signers SLOT: the ZSKs' files that sign the zone in that slot: of each
# algorithm the quarter's own key, or else the one that there is.
signers() {
	local suffix label
	for suffix in '' -ecdsap256sha256; do
		label=$(jq -r --argjson slot "$1" --arg own "zsk-$QUARTER$suffix" \
			--argjson ec "$([ -z "$suffix" ] && echo false || echo true)" '
			.bundles[$slot - 1].keys | map(select(.flags == 256) |
				.key_identifier | select(test("ecdsa") == $ec)) |
			(map(select(. == $own)) + .)[0] // empty' "$SCRATCH/ksr.json")
		[ -z "$label" ] || grep -lx -- "; Label: $label" "$ZSKS"/*.key
	done
}

# build_zone SLOT INCEPTION: $SCRATCH/zone, with the slot's keys and our
# signatures over them; the ZSKs make all the others.
build_zone() {
	local keys
	mapfile -t keys < <(signers "$1")
	awk -v slot="$1" '/^;/ { on = $3 == slot; next } on' "$SCRATCH/dns" \
		>"$SCRATCH/slot"
	{
		cat <<-'END'
			. 86400 IN SOA a.test. b.test. 1 1800 900 604800 86400
			. 518400 IN NS a.test.
			test. 172800 IN NS a.test.
			a.test. 172800 IN A 192.0.2.1
		END
		grep ' IN DNSKEY ' "$SCRATCH/slot"
	} >"$SCRATCH/unsigned"
	quiet "slot $1" dnssec-signzone -P -O full -o . -d "$SCRATCH" \
		-f "$SCRATCH/signed" -s "$(stamp "$2")" -e "+$VALIDITY" \
		"$SCRATCH/unsigned" "${keys[@]%.key}"
	{
		grep -vE 'RRSIG[[:space:]]+DNSKEY' "$SCRATCH/signed"
		grep ' IN RRSIG ' "$SCRATCH/slot"
	} >"$SCRATCH/zone"
}

# quarter NAME SCHEMA COUNTS DIFFERENT: request, check, sign, and the judges.
PREVIOUS=
quarter() {
	local schema=$2 chain=() begin at slot inception
	QUARTER=$1
	sed -i -e '/^  num_keys_per_bundle:/d' \
		-e '/^  num_different_keys_in_all_bundles:/d' \
		-e "/^request_policy:/a\\  num_keys_per_bundle: $3" \
		-e "/^request_policy:/a\\  num_different_keys_in_all_bundles: $4" \
		"$ANCHORITE_CONFIG"
	begin=$(date -u -d "${1%-q*}-$((3 * ${1#*-q} - 2))-01" +%s)
	at=$(date -u -d "@$((begin - 45 * DAY))" +%Y-%m-%dT%H:%M:%SZ)
	[ -z "$PREVIOUS" ] || chain=(--previous-skr "$PREVIOUS")
	accepts --at "$at" request "$WS/$1.ksr" --quarter "$1" \
		--zsk-dir "$ZSKS" "${chain[@]}"
	accepts --at "$at" check "$WS/$1.ksr" --schema "$schema" \
		"${chain[@]}"
	accepts --at "$at" sign "$WS/$1.ksr" "$WS/$1.skr" --batch \
		--schema "$schema" "${chain[@]:---first}"
	PREVIOUS=$WS/$1.skr
	"$ANCHORITE" --json show "$WS/$1.ksr" >"$SCRATCH/ksr.json"
	"$ANCHORITE" show "$PREVIOUS" --format dns >"$SCRATCH/dns"
	for slot in 1 2 3 4 5 6 7 8 9; do
		inception=$((begin + (slot - 1) * 10 * DAY))
		build_zone "$slot" "$inception"
		judge "$1 slot $slot, at first" "$inception"
		judge "$1 slot $slot, at last" $((inception + VALIDITY - 1))
	done
}

# --- One algorithm: its first quarter, the ordinary one, wider ones, its last.

init_workspace one --at 2026-11-01T12:00:00Z
WS=$SCRATCH/one
ZSKS=$WS/zsks
quarter 2027-q1 normal '[1, 1, 1, 1, 1, 1, 1, 1, 2]' 2
quarter 2027-q2 normal '[2, 1, 1, 1, 1, 1, 1, 1, 2]' 3
quarter 2027-q3 normal '[2, 2, 1, 1, 1, 1, 1, 2, 2]' 3
quarter 2027-q4 normal '[2, 2, 2, 1, 1, 1, 1, 1, 2]' 3
quarter 2028-q1 normal '[2, 2, 2, 2, 2, 2, 2, 2, 2]' 3
quarter 2028-q2 normal '[2, 1, 1, 1, 1, 1, 1, 1, 1]' 2

# --- From one algorithm to another: one comes, one goes.

init_workspace two --at 2026-11-01T12:00:00Z
WS=$SCRATCH/two
ZSKS=$WS/zsks
PREVIOUS=
accepts --at "$AT" keygen --label ksk-ec --algorithm ECDSAP256SHA256
sed -n '/^  ksk_next:$/,$p' "$SCRATCH/out" >"$SCRATCH/next.yaml"
sed -i -e "/^keys:/r $SCRATCH/next.yaml" -e "/^request_policy:/a\\
  approved_algorithms: [RSASHA256, ECDSAP256SHA256]\\
  enable_unsupported_ecdsa: true" -e "/^ksk_policy:/a\\
  retire_safety: PT0S" "$ANCHORITE_CONFIG"
cat >>"$ANCHORITE_CONFIG" <<'END'
schemas:
  comes:
    1-8: {publish: ksk_current, sign: ksk_current}
    9: {publish: [ksk_current, ksk_next], sign: [ksk_current, ksk_next]}
  both:
    1-9: {publish: [ksk_current, ksk_next], sign: [ksk_current, ksk_next]}
  goes:
    1: {publish: [ksk_current, ksk_next], sign: [ksk_current, ksk_next]}
    2-9: {publish: ksk_next, sign: ksk_next}
END
quarter 2027-q1 comes '{RSASHA256: [2, 1, 1, 1, 1, 1, 1, 1, 2], ECDSAP256SHA256: [0, 0, 0, 0, 0, 0, 0, 0, 1]}' \
	'{RSASHA256: 3, ECDSAP256SHA256: 1}'
quarter 2027-q2 both '{RSASHA256: [2, 1, 1, 1, 1, 1, 1, 1, 2], ECDSAP256SHA256: [1, 1, 1, 1, 1, 1, 1, 1, 2]}' \
	'{RSASHA256: 3, ECDSAP256SHA256: 2}'
quarter 2027-q3 both '{RSASHA256: [2, 1, 1, 1, 1, 1, 1, 1, 1], ECDSAP256SHA256: [2, 1, 1, 1, 1, 1, 1, 1, 2]}' \
	'{RSASHA256: 2, ECDSAP256SHA256: 3}'
quarter 2027-q4 goes '{RSASHA256: [1, 0, 0, 0, 0, 0, 0, 0, 0], ECDSAP256SHA256: [2, 1, 1, 1, 1, 1, 1, 1, 2]}' \
	'{RSASHA256: 1, ECDSAP256SHA256: 3}'

# --- Slots shorter than the TTL: `request` refuses what `check` would.

init_workspace three --at 2026-11-01T12:00:00Z
WS=$SCRATCH/three
sed -i -e "/^request_policy:/a\\
  num_bundles: 4\\
  num_keys_per_bundle: [2, 1, 1, 2]\\
  min_bundle_interval: P7D\\
  max_bundle_interval: P7D\\
  min_cycle_inception_length: P21D\\
  max_cycle_inception_length: P21D" -e "/^ksk_policy:/a\\
  ttl: 864000" "$ANCHORITE_CONFIG"
accepts --at 2026-12-15T12:00:00Z request "$WS/a.ksr" --start 2027-02-01 \
	--zsk-dir "$WS/zsks"
accepts --at 2026-12-15T12:00:00Z sign "$WS/a.ksr" "$WS/a.skr" --first --batch
refuses 2 "KSR-POLICY-SAFETY would refuse the request, bundle 2: key " \
	--at 2027-01-15T12:00:00Z request "$WS/b.ksr" --previous-skr "$WS/a.skr" \
	--zsk-dir "$WS/zsks"
absent "$WS/b.ksr"

finish
