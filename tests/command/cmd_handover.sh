#!/bin/bash
# ZSKs are made in the HSM, stand in a request, and one is handed to the zone's
# signer, wrapped for its key: SoftHSM imports it, Knot DNS signs the zone with it
# beside our response, and a validator accepts that.  No KSK goes this way.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
# shellcheck source=tests/support/signers.sh
. tests/support/signers.sh
# shellcheck source=tests/support/copying.sh
. tests/support/copying.sh
needs jq openssl python3 keymgr knotd delv dig softhsm2-util pkcs11-tool
python3 -c 'import cryptography' 2>/dev/null || {
	echo "SKIPPED: python3-cryptography is not installed" >&2
	exit 77
}

# The quarter that runs, so that what is served validates today.
month=$(date -u +%-m)
first=$(date -u "+%Y-$(printf %02d $(((month - 1) / 3 * 3 + 1)))-01")
QUARTER=$(date -u +%Y)-q$(((month - 1) / 3 + 1))
AT=${first}T12:00:00Z
WS=$SCRATCH/ws
accepts init "$WS" --zone example. --algorithm ECDSAP256SHA256 --at "$AT"
CONFIG=$WS/anchorite.yaml
printf '\nkey_policy:\n  extractable: for-backup\n  zsk_handover: true\n' \
	>>"$CONFIG"
export ANCHORITE_CONFIG=$CONFIG
openssl genrsa -out "$WS/signer.key" 2048 2>/dev/null
openssl pkey -in "$WS/signer.key" -pubout -out "$WS/signer.pem"
TO=(--to "$WS/signer.pem" --recipient-sha256 "$(hash_of "$WS/signer.pem")")

### made, and put into a request

accepts --at "$AT" request "$WS/ksr.xml" --quarter "$QUARTER"
ZSK=zsk-$QUARTER-ecdsap256sha256
says "ZSK $ZSK"
equal "ZSKs that are made to leave" 'for-handover for-handover for-handover' \
	"$(jq -r 'select(.event == "generating").extractable' \
		"$RECORD/log.jsonl" | xargs)"
accepts --at "$AT" sign "$WS/ksr.xml" "$WS/skr.xml" --first --batch
accepts convert "$WS/skr.xml" "$WS/skr.txt" --into knot

### handed over

accepts --at "$AT" handover "$WS/zsk.wrapped" --label "$ZSK" --batch "${TO[@]}"
says "$(hash_of "$WS/zsk.wrapped")"
equal "on record" "$(hash_of "$WS/zsk.wrapped")" "$(jq -r \
	'select(.event == "handed over").sha256' "$RECORD/log.jsonl")"
for member in carrier wrapped_key; do
	! grep -rqF -- "$(jq -r ".$member" "$WS/zsk.wrapped" | cut -c 9-48)" \
		"$RECORD" || fail "the record has the ZSK's $member"
done
typed 1 'Hand this key over?' 'Yes\r' --ceremony "$RECORD" --at "$AT" \
	handover --label "$ZSK" "${TO[@]}" "$WS/none"
says 'nothing was handed over'
typed 0 'Hand this key over?' "$ZSK\\r" --ceremony "$RECORD" --at "$AT" \
	handover --label "$ZSK" "${TO[@]}" "$WS/again"
accepts_replay

### what is not handed over

# refused STATUS TEXT ARGS...
refused() {
	refuses "$1" "$2" --at "$AT" handover "$WS/none" --batch "${@:3}"
	[ ! -e "$WS/none" ] || fail "a file after: $2"
}
refused 1 'is a KSK of the configuration' --label ksk-1 "${TO[@]}"
accepts --at "$AT" keygen --label ksk-2 --algorithm ECDSAP256SHA256
refused 1 'is a KSK' --label ksk-2 "${TO[@]}"
accepts --at "$AT" keygen --label audit-1 --algorithm ECDSAP256SHA256 \
	--purpose audit
refused 1 'is an audit key' --label audit-1 "${TO[@]}"
sed '/zsk_handover/d' "$CONFIG" >"$WS/strict.yaml"
accepts --at "$AT" --config "$WS/strict.yaml" keygen --label zsk-stays \
	--algorithm ECDSAP256SHA256 --purpose zsk
refused 2 'its CKA_EXTRACTABLE is false' --label zsk-stays "${TO[@]}"
accepts --at "$AT" keygen --label zsk-ed --algorithm ED25519 --purpose zsk
says 'It can leave its token (CKA_EXTRACTABLE), for its handover'
refused 2 'ED25519 keys are wrapped by no token' --label zsk-ed "${TO[@]}"
refused 1 'announced was' --label "$ZSK" --to "$WS/signer.pem" \
	--recipient-sha256 "$(hash_of "$CONFIG")"
printf 'anchorite components 1\n1 00 00 01\n2 00 00 02\nwhole 00 00 03\n' \
	>"$WS/list"
refused 1 'is a list of components' --label "$ZSK" --to "$WS/list" \
	--recipient-sha256 "$(hash_of "$WS/list")"
# What is handed over is no KSK's backup.
refuses 2 'expected 257' --at "$AT" restore "$WS/zsk.wrapped" \
	--transport-key x
refuses 1 'which no ceremony record holds' --ceremony "$RECORD" hash \
	"$WS/zsk.wrapped"

### received

# receives STATUS TEXT ARGS...: by the script; what is not received leaves no file.
receives() {
	ends "$1" ceremony-scripts/zsk-receive "${@:3}" --output "$WS/zsk.pem"
	has_text "$SCRATCH/$([ "$1" -eq 0 ] && echo out || echo err)" "$2" ||
		fail "zsk-receive does not say \"$2\""
	[ "$1" -eq 0 ] || [ ! -e "$WS/zsk.pem" ] || fail "a ZSK after: $2"
	CASES=$((CASES + 1))
}
HASH=$(hash_of "$WS/zsk.wrapped")
openssl genrsa -out "$WS/other.key" 2048 2>/dev/null
receives 1 'was not wrapped for this key, or was changed' "$WS/zsk.wrapped" \
	--sha256 "$HASH" --key "$WS/other.key"
receives 1 'its SHA-256 is' "$WS/zsk.wrapped" --sha256 "$(hash_of "$CONFIG")" \
	--key "$WS/signer.key"
receives 2 'is no RSA private key' "$WS/zsk.wrapped" --sha256 "$HASH" \
	--key "$WS/signer.pem"
# changed FILTER TEXT
changed() {
	jq --indent 2 "$1" "$WS/zsk.wrapped" >"$WS/changed"
	receives 1 "$2" "$WS/changed" --sha256 "$(hash_of "$WS/changed")" \
		--key "$WS/signer.key"
}
changed '.wrapped_key |= (.[0:8] + (if .[8:9] == "A" then "B" else "A" end) +
	.[9:])' 'was not wrapped for this key, or was changed'
changed '.dnskey.public_key |= ("AAAA" + .[4:])' \
	'the key in it is another than its DNSKEY'
changed '.dnskey.flags = 257' 'is no ZSK'
receives 0 "$ZSK, key tag" "$WS/zsk.wrapped" --sha256 "$HASH" \
	--key "$WS/signer.key"
equal "whose it is" 600 "$(stat -c %a "$WS/zsk.pem")"
ends 2 ceremony-scripts/zsk-receive "$WS/zsk.wrapped" --sha256 "$HASH" \
	--key "$WS/signer.key" --output "$WS/zsk.pem"

### SoftHSM imports it

mkdir "$SCRATCH/tokens"
printf 'directories.tokendir = %s\n' "$SCRATCH/tokens" >"$SCRATCH/softhsm2.conf"
(
	export SOFTHSM2_CONF=$SCRATCH/softhsm2.conf
	softhsm2-util --init-token --free --label signer --pin 1234 --so-pin 1234
	softhsm2-util --import "$WS/zsk.pem" --token signer --label zsk --id a1 \
		--pin 1234
	pkcs11-tool --module "$(sed -n 's/^    module: "\(.*\)"$/\1/p' "$CONFIG")" \
		--token-label signer --read-object --type pubkey --id a1 \
		--output-file "$SCRATCH/imported.der"
) >"$SCRATCH/out" 2>"$SCRATCH/err" || fail "SoftHSM does not import it"
equal "the public half that SoftHSM has" "$(jq -r .dnskey.public_key \
	"$WS/zsk.wrapped" | base64 -d | od -An -tx1 | tr -d ' \n')" \
	"$(tail -c 64 "$SCRATCH/imported.der" | od -An -tx1 | tr -d ' \n')"

### Knot DNS signs a zone with it

K=$SCRATCH/k
knot_zone "$K" zsk
# The response has the policy's TTL.
sed -i 's/dnskey-ttl: .*/dnskey-ttl: 172800/' "$K/zsk.conf"
keymgr=(keymgr -c "$K/zsk.conf" example.)
t=20200101000000
"${keymgr[@]}" import-pem "$WS/zsk.pem" algorithm=ecdsap256sha256 size=256 \
	ksk=no zsk=yes created=$t publish=$t ready=$t active=$t \
	>"$SCRATCH/out" 2>&1 || fail "keymgr does not import it"
"${keymgr[@]}" import-skr "$WS/skr.txt" >"$SCRATCH/out" 2>&1 ||
	fail "keymgr does not import our response"
knotd -c "$K/zsk.conf" >"$K/knotd.log" 2>&1 &
SERVER=$!
until_within 20 serves 257
validates "$WS/skr.xml"
# signed_by TAG: the zone's data is, by that key alone.
signed_by() {
	[ "$(dig +dnssec +short @127.0.0.1 -p "$ZONE_PORT" example. TXT |
		awk '$1 == "TXT" { print $7 }')" = "$1" ]
}
until_within 20 signed_by "$(jq -r .key_tag "$WS/zsk.wrapped")"
stop_server
finish
