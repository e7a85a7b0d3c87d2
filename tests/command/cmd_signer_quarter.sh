#!/bin/bash
# A quarter with ZSK rollovers, of a zone whose KSK is not on its server, by
# Knot and by BIND: their request, our response, their server with a clock that
# goes from record to record, and a resolver at each record's edges.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
# shellcheck source=tests/support/signers.sh
. tests/support/signers.sh
needs jq cc keymgr knotd delv dig softhsm2-util
START=$(date -d 2027-01-01 +%s)
make_clock

### Knot

child_zone knot knot
D=$SCRATCH/k
knot_zone "$D" zsk
clock_at "$START"
keymgr=(moved keymgr -c "$D/zsk.conf" "$ZONE")
"${keymgr[@]}" pregenerate +90d >/dev/null
"${keymgr[@]}" generate-ksr +0 +90d >"$D/ksr.txt"
accepts --at 2026-12-30T00:00:00Z sign "$D/ksr.txt" "$D/skr.txt" --first --batch
"${keymgr[@]}" import-skr "$D/skr.txt" >"$SCRATCH/out" 2>&1 ||
	fail "keymgr does not import our response"
LD_PRELOAD=$CLOCK knotd -c "$D/zsk.conf" >"$D/log" 2>&1 &
SERVER=$!
until_within 20 serves 257
equal "ZSKs in the quarter" 3 "$(accepts --json show "$D/ksr.txt"
	jq '[.bundles[].keys[].public_key] | unique | length' "$SCRATCH/out")"
walk "$D/skr.txt"
walk_out
stop_server

### BIND

bind_9_20
child_zone bind bind
D=$SCRATCH/b
bind_zone "$D"
clock_at "$START"
ksr=(-k p -l "$D/named.conf" -i 20270101000000 -e 20270401000000)
dnssec-ksr -K "$D/zsk" "${ksr[@]}" keygen "$ZONE" >/dev/null
dnssec-ksr -K "$D/zsk" "${ksr[@]}" request "$ZONE" >"$D/ksr.txt"
accepts --at 2026-12-30T00:00:00Z sign "$D/ksr.txt" "$D/skr.txt" --first --batch
LD_PRELOAD=$CLOCK named -g -c "$D/named.conf" >"$D/log" 2>&1 &
SERVER=$!
until_within 20 grep -q ' running$' "$D/log"
moved rndc -c "$D/rndc.conf" skr -import "$D/skr.txt" "$ZONE" >"$SCRATCH/out" 2>&1 ||
	fail "rndc does not import our response"
until_within 20 serves 257
# It looks for the next record when its keys have an event, hours later.  Behind
# the request's end it has no ZSK.
walk "$D/skr.txt" moved rndc -c "$D/rndc.conf" loadkeys "$ZONE"
stop_server
finish
