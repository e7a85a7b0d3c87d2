#!/bin/bash
# Zones of any legal name on Knot's and BIND's servers: their requests, our
# responses, and a resolver that validates the zone.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
# shellcheck source=tests/support/signers.sh
. tests/support/signers.sh
needs jq keymgr knotd delv dig softhsm2-util

### Knot

for ((i = 0; i < ${#ZONES[@]}; i += 3)); do
	ZONE=${ZONES[i]}
	child_zone "knot-$i" knot
	D=$SCRATCH/k$i
	knot_zone "$D" zsk
	keymgr=(keymgr -c "$D/zsk.conf" "$ZONE")
	"${keymgr[@]}" pregenerate +40d >/dev/null
	"${keymgr[@]}" generate-ksr +0 +40d >"$D/ksr.txt"
	accepts sign "$D/ksr.txt" "$D/skr.txt" --first --batch
	accepts verify "$D/ksr.txt" "$D/skr.txt"
	"${keymgr[@]}" validate-skr "$D/skr.txt" >"$SCRATCH/out" 2>&1
	! grep -q '^error' "$SCRATCH/out" ||
		fail "keymgr does not validate $ZONE"
	"${keymgr[@]}" import-skr "$D/skr.txt" >"$SCRATCH/out" 2>&1 ||
		fail "keymgr does not import $ZONE"
	knotd -c "$D/zsk.conf" >"$D/log" 2>&1 &
	SERVER=$!
	until_within 20 serves 257
	validates "$D/skr.txt"
	stop_server
	accepts replay "$SCRATCH/ceremony"
	rm -rf "$SCRATCH/ceremony"
done

### BIND

bind_9_20

# imports SKR: into the zone.
imports() {
	rndc -c "$D/rndc.conf" skr -import "$1" "$ZONE" >"$SCRATCH/out" 2>&1 &&
		! grep -q failed "$SCRATCH/out"
}

for ((i = 0; i < ${#ZONES[@]}; i += 3)); do
	ZONE=${ZONES[i]}
	# dnssec-ksr cannot make key files of a name that is too long for them.
	[ -n "${ZONES[i + 2]}" ] || continue
	child_zone "bind-$i" bind
	D=$SCRATCH/b$i
	bind_zone "$D"
	ksr=(-K "$D/zsk" -k p -l "$D/named.conf" -i now -e +40d)
	dnssec-ksr "${ksr[@]}" keygen "$ZONE" >/dev/null
	dnssec-ksr "${ksr[@]}" request "$ZONE" >"$D/ksr.txt"
	accepts sign "$D/ksr.txt" "$D/skr.txt" --first --batch
	accepts verify "$D/ksr.txt" "$D/skr.txt"
	named -g -c "$D/named.conf" >"$D/log" 2>&1 &
	SERVER=$!
	until_within 20 grep -q ' running$' "$D/log"
	# BIND reads no quotes and parentheses in a name, in its own requests either.
	if ! imports "$D/skr.txt"; then
		[[ $ZONE == *\(* ]] || fail "rndc does not import $ZONE"
		! dnssec-ksr "${ksr[@]}" -f "$D/ksr.txt" sign "$ZONE" \
			>"$SCRATCH/out" 2>"$SCRATCH/err" ||
			fail "BIND reads its own request for $ZONE"
		stop_server
		continue
	fi
	until_within 20 serves 257
	validates "$D/skr.txt"
	stop_server
	rm -rf "$SCRATCH/ceremony"
done
finish
