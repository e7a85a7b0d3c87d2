#!/bin/bash
# Knot DNS runs a zone whose KSK is here: its request is signed, its keymgr
# accepts and imports our response, its server's zone validates, and we verify
# what its own keymgr signs.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
# shellcheck source=tests/support/signers.sh
. tests/support/signers.sh
needs keymgr knotd delv dig softhsm2-util

child_zone knot knot
# It publishes what we sign for the parent, too.
echo "cds: {cdnskey: true, digests: [SHA256]}" >>"$WS/policy.yaml"
K=$SCRATCH/k
knot_zone "$K" zsk ksk
keymgr=(keymgr -c "$K/zsk.conf" example.)

### Its request

"${keymgr[@]}" pregenerate +75d >/dev/null
"${keymgr[@]}" generate-ksr +0 +75d >"$K/ksr.txt"
accepts sign "$K/ksr.txt" "$K/skr.txt" --first --batch
accepts verify "$K/ksr.txt" "$K/skr.txt" --schema normal

### Our response

# It says OK whatever it finds: what it found is what counts.
validate() {
	"${keymgr[@]}" validate-skr "$1" >"$SCRATCH/out" 2>&1 &&
		! grep -q '^error' "$SCRATCH/out"
}
validate "$K/skr.txt" || fail "keymgr does not validate our response"
sed 's/^\(\t*\)\([A-Z]\)\([a-z]\)/\1\3\2/' "$K/skr.txt" >"$K/forged.txt"
! validate "$K/forged.txt" || fail "keymgr validates anything"
"${keymgr[@]}" import-skr "$K/skr.txt" >"$SCRATCH/out" 2>&1 ||
	fail "keymgr does not import our response"

### Its zone

knotd -c "$K/zsk.conf" >"$K/knotd.log" 2>&1 &
SERVER=$!
until_within 20 serves 257
serves_as "$K/skr.txt" "$(sed -n '/RRSIG DNSKEY/{
	s/.*3600 \([0-9]\{14\}\) (/\1/p;q}' "$K/skr.txt")"
stop_server

### The response of its own keymgr

t=20260101000000
keymgr -c "$K/ksk.conf" example. generate algorithm=ecdsap256sha256 ksk=yes \
	sep=yes created=$t publish=$t ready=$t active=$t >/dev/null
keymgr -c "$K/ksk.conf" example. sign-ksr "$K/ksr.txt" >"$K/theirs.txt"
accepts convert "$K/theirs.txt" "$K/again.txt" --into knot
cmp "$K/theirs.txt" "$K/again.txt" || fail "theirs is written otherwise"
equal "its records are ours" "$(grep -c '^;; Signed' "$K/skr.txt")" \
	"$(grep -c '^;; Signed' "$K/theirs.txt")"
ds=$(keymgr -c "$K/ksk.conf" example. ds | awk '$5 == 2 { print $6 }')
sed "s/ds_sha256: .*/ds_sha256: $ds/; /key_tag:/d; /^cds:/d" "$WS/policy.yaml" \
	>"$WS/theirs.yaml"
chmod 600 "$WS/theirs.yaml"
accepts --config "$WS/theirs.yaml" verify "$K/ksr.txt" "$K/theirs.txt"
finish
