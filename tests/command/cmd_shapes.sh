#!/bin/bash
# Every shape of ZSKs that `request` makes, quarter after quarter in a chain:
# accepted by `check`, signed, and each slot put before three verifiers that are
# not ours, in its first second and in its last.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
# shellcheck source=tests/support/zone.sh
. tests/support/zone.sh
needs jq

VALIDITY=$((21 * DAY))

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

# quarter NAME SCHEMA COUNTS DIFFERENT: request, check, sign, and the judges.
PREVIOUS=
quarter() {
	local schema=$2 chain=() begin at slot inception signers
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
		slot_records "$slot"
		mapfile -t signers < <(signers "$slot")
		build_zone "$1 slot $slot" . "$inception" "$VALIDITY" "${signers[@]}"
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
