#!/bin/bash
# What `plan show` tells of a slot's DNSKEY response is what NSD answers, octet for
# octet: by the plan of the proposal, from the quarter in which the RSA ZSK shrinks
# to the one in which both algorithms sign, fallbacks included.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
PATH=$PATH:/usr/sbin:/sbin
needs jq nsd dig

init_workspace ws --at 2027-07-01T12:00:00Z
WS=$SCRATCH/ws
CONFIG=$WS/anchorite.yaml
PLAN=$SCRATCH/plan.yaml
accepts --at 2027-07-01T12:00:00Z keygen --label ksk-2 \
	--algorithm ECDSAP256SHA256
sed -n '/^  ksk_next:$/,/^$/p' "$SCRATCH/out" >>"$CONFIG"
sed -i -e '/^  approved_algorithms:/d; /^  enable_unsupported/d; /^  rsa_approved_key_sizes:/d' \
	-e '/^request_policy:/a\
  approved_algorithms: [RSASHA256, ECDSAP256SHA256]\
  enable_unsupported_ecdsa: true\
  rsa_approved_key_sizes: [2048, 1536]' \
	-e '/^ksk_policy:/a\
  publish_safety: PT0S\
  retire_safety: P28D' "$CONFIG"
sed '/^  2027-q2:/,/^  # BB/ { /^  # BB/!d }' docs/examples/plan-proposal.yaml \
	>"$PLAN"

# The server: a root zone on a port of loopback that nobody has.
PORT=$((RANDOM % 12000 + 20000))
while grep -qi ":$(printf %04X "$PORT") " /proc/net/udp /proc/net/tcp; do
	PORT=$((PORT + 1))
done
mkdir "$SCRATCH/nsd"
cat >"$SCRATCH/nsd/nsd.conf" <<END
server:
  ip-address: 127.0.0.1@$PORT
  username: ""
  chroot: ""
  database: ""
  server-count: 1
  ipv4-edns-size: 4096
  zonesdir: "$SCRATCH/nsd"
  pidfile: "$SCRATCH/nsd/pid"
  xfrdfile: "$SCRATCH/nsd/xfrd"
  zonelistfile: "$SCRATCH/nsd/zonelist"
  xfrdir: "$SCRATCH/nsd"
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "root.zone"
END
serial=1
# zone RECORDS: the zone with them, served from then on.
zone() {
	serial=$((serial + 1))
	{
		printf '. 86400 IN SOA server. hostmaster. %d 1 1 1 1\n' "$serial"
		printf '. 86400 IN NS server.\nserver. 86400 IN A 127.0.0.1\n'
		cat -- "$@"
	} >"$SCRATCH/nsd/new"
	mv "$SCRATCH/nsd/new" "$SCRATCH/nsd/root.zone"
}
served() {
	local i
	for ((i = 0; i < 200; i++)); do
		[[ $(dig @127.0.0.1 -p "$PORT" +short +time=1 +tries=1 . SOA) != *" $serial "* ]] ||
			return 0
		kill -HUP "$NSD" 2>/dev/null || fail "nsd has ended"
		sleep 0.05
	done
	fail "nsd does not serve serial $serial"
}
zone /dev/null
nsd -d -c "$SCRATCH/nsd/nsd.conf" >"$SCRATCH/nsd/output" 2>&1 &
NSD=$!
trap 'own_shell && { kill "$NSD" 2>/dev/null; wait "$NSD" 2>/dev/null; rm -rf "$SCRATCH"; }' EXIT
served

accepts --json plan show "$PLAN"
cp "$SCRATCH/out" "$SCRATCH/plan.json"

# answered QUARTER NAME SKR: each of its slots, as told.
answered() {
	local slot at seen told
	accepts --json show "$3"
	jq -r '.bundles[].inception' "$SCRATCH/out" >"$SCRATCH/slots"
	slot=0
	while read -r at; do
		accepts release "$3" --at "$at"
		grep -v '^;' "$SCRATCH/out" >"$SCRATCH/rrset"
		zone "$SCRATCH/rrset"
		served
		seen=$(dig @127.0.0.1 -p "$PORT" +dnssec +norecurse +nocookie \
			+bufsize=4096 . DNSKEY | sed -n 's/^;; MSG SIZE *rcvd: //p')
		told=$(jq -r --arg quarter "$1" --arg name "$2" --argjson slot "$slot" '
			.quarters[] | select(.name == $quarter).responses[] |
			select(.name == $name).slots[$slot].octets' \
			"$SCRATCH/plan.json")
		equal "octets of $1 $2 slot $((slot + 1))" "$told" "$seen"
		all+="$seen "
		slot=$((slot + 1))
	done <"$SCRATCH/slots"
	equal "slots" 9 "$slot"
}

all=''
previous=(--first)
follows=()
for quarter in 2027-q4 2028-q1 2028-q2 2028-q3 2028-q4; do
	at=$(date -u -d "$(printf '%d-%02d-01' "${quarter%-q*}" \
		$((3 * ${quarter#*-q} - 2))) 00:00 UTC 45 days ago" +%FT%TZ)
	mkdir "$WS/$quarter"
	for fallback in '' $(jq -r --arg quarter "$quarter" '.quarters[] |
		select(.name == $quarter).responses[] | select(.own_request) |
		.name' "$SCRATCH/plan.json"); do
		accepts --at "$at" request "$WS/$quarter-$fallback.xml" \
			--quarter "$quarter" --zsk-dir "$SCRATCH/zsks" --plan "$PLAN" \
			${fallback:+--fallback "$fallback"} "${follows[@]}"
		accepts --at "$at" sign "$WS/$quarter-$fallback.xml" \
			"$WS/$quarter" --plan "$PLAN" --batch "${previous[@]}" \
			${fallback:+--fallback "$fallback"}
	done
	for response in "$WS/$quarter"/skr-*.xml; do
		name=${response##*/skr-root-"$quarter"-[0-9]-}
		answered "$quarter" "${name%.xml}" "$response"
	done
	used=("$WS/$quarter"/skr-*-0-*.xml)
	accepts --at "$at" register activate "${used[0]}"
	follows=(--previous-skr "${used[0]}")
	previous=("${follows[@]}")
done
equal "sizes" "800 864 1011 1052 1075 1131 1139" \
	"$(tr ' ' '\n' <<<"$all" | sort -nu | sed '/^$/d' | paste -sd' ')"
finish
