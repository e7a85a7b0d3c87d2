#!/bin/bash
# KSKs of every kind: what is printed about a key is what other tools make of
# it, its proof of ownership verifies, and the token keeps it.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq openssl dnssec-dsfromkey ldns-key2ds pkcs11-tool

init_workspace ws --at "$AT"
WS=$SCRATCH/ws
MODULE=$(sed -n 's|^    module: "\(.*\)"|\1|p' "$ANCHORITE_CONFIG")

# by_bind, by_ldns: "TAG ALGORITHM 2 DIGEST" of the record $1.
by_bind() {
	echo "$1" >"$SCRATCH/key"
	dnssec-dsfromkey -a SHA-256 -f "$SCRATCH/key" "$ZONE" |
		awk '{ print $4, $5, $6, $7 $8 }'
}

by_ldns() {
	echo "$1" >"$SCRATCH/key"
	ldns-key2ds -f -n -2 "$SCRATCH/key" |
		awk '{ print $(NF - 3), $(NF - 2), $(NF - 1), toupper($NF) }'
}

# proves_ownership LABEL: the request in $SCRATCH/csr verifies and is for the
# public key of $DNSKEY.
proves_ownership() {
	local field modulus
	openssl req -in "$SCRATCH/csr" -verify -noout 2>"$SCRATCH/err" ||
		fail "openssl does not verify the request of $1"
	openssl req -in "$SCRATCH/csr" -noout -subject >"$SCRATCH/out"
	says "$DS"
	field=$(awk '{ print $NF }' <<<"$DNSKEY" | openssl base64 -d -A |
		od -An -v -tx1 | tr -d ' \n')
	openssl req -in "$SCRATCH/csr" -noout -pubkey |
		openssl pkey -pubin -outform DER | od -An -v -tx1 |
		tr -d ' \n' >"$SCRATCH/out"
	# RFC 3110: length 3, exponent 65537; what follows is the modulus.
	modulus=${field#03010001}
	says "$modulus"
}

# generates LABEL ALGORITHM NUMBER PKCS11 [OPTION]...: a key that pkcs11-tool
# describes like that.
generates() {
	local label=$1 algorithm=$2 number=$3 pkcs11=$4 tag revoked ds
	shift 4
	rm -f "$SCRATCH/csr"
	accepts --json keygen --label "$label" --algorithm "$algorithm" \
		--csr "$SCRATCH/csr" "$@"
	DNSKEY=$(jq -r .dnskey "$SCRATCH/out")
	DS=$(jq -r .ds "$SCRATCH/out")
	tag=$(jq .key_tag "$SCRATCH/out")
	revoked=$(jq .revoked_key_tag "$SCRATCH/out")
	ds=$(jq -r .ds_sha256 "$SCRATCH/out")
	equal "$label: DS record" "$ZONE IN DS $tag $number 2 $ds" "$DS"
	equal "$label: DS, after BIND" "$(by_bind "$DNSKEY")" \
		"$tag $number 2 $ds"
	equal "$label: DS, after ldns" "$(by_ldns "$DNSKEY")" \
		"$tag $number 2 $ds"
	equal "$label: revoked tag, after ldns" "$(
		by_ldns "${DNSKEY/DNSKEY 257/DNSKEY 385}" | cut -d' ' -f1
	)" "$revoked"
	proves_ownership "$label"

	accepts inventory
	grep -qE ", sensitive, always-sensitive, never-extractable, local, sign " \
		<<<"$(grep -A1 "^  $label " "$SCRATCH/out" | tr -s ' \n' ' ')" ||
		fail "$label: inventory"
	SOFTHSM2_CONF=$WS/softhsm2.conf pkcs11-tool --module "$MODULE" --login \
		--pin "$(<"$WS/pin")" --list-objects --type privkey \
		>"$SCRATCH/objects" 2>"$SCRATCH/err" || fail pkcs11-tool
	grep -A9 "$pkcs11" "$SCRATCH/objects" |
		grep -A9 -E "label: +$label\$" >"$SCRATCH/out" ||
		fail "$label: pkcs11-tool does not show it as $pkcs11"
	says "Usage:      sign"
	says "Access:     sensitive, always sensitive, never extractable, local"
}

ZONE=.
generates rsa-2048 RSASHA256 8 RSA
generates rsa-3072 RSASHA256 8 RSA --size 3072
generates rsa-4096 RSASHA256 8 RSA --size 4096
generates sha512 RSASHA512 10 RSA
generates p-256 ECDSAP256SHA256 13 EC
generates p-384 ECDSAP384SHA384 14 EC
generates ed25519 ED25519 15 EC_EDWARDS
generates ed448 ED448 16 EC_EDWARDS

# The printed entry is one that the configuration takes.
accepts --at "$AT" keygen --label ksk-2 --algorithm RSASHA256
sed -n '/^  ksk_next:$/,$p' "$SCRATCH/out" >>"$ANCHORITE_CONFIG"
accepts --json inventory --dns
equal "ksk-2 is configured" keys.ksk_next \
	"$(jq -r '.keys[] | select(.label == "ksk-2").configured_as' \
		"$SCRATCH/out")"
equal "nothing is missing" "[]" "$(jq -c .missing "$SCRATCH/out")"

# The inventory says so where the token and the configuration differ.
cp "$ANCHORITE_CONFIG" "$SCRATCH/other.yaml"
sed -i '/^  ksk_next:$/,$s|key_tag: .*|key_tag: 1|
	s|label: "ksk-1"|label: "ksk-0"|' "$SCRATCH/other.yaml"
refuses 1 "not as the configuration has it: keys.ksk_next, keys.ksk_current" \
	--config "$SCRATCH/other.yaml" inventory
says "ksk-0                not in this token: MISSING; keys.ksk_current"
grep -qE ' ksk-2 RSA 2048, [^;]*; MISMATCH: [^;]* the configuration pins 1( |$)' \
	<<<"$(unfolded "$SCRATCH/out")" ||
	fail "the inventory does not see another tag"

# A label is a key's name: there is one of each.
rm -f "$SCRATCH/csr"
refuses 2 '"ksk-2"' keygen --label ksk-2 --algorithm RSASHA256 \
	--csr "$SCRATCH/csr"
absent "$SCRATCH/csr"
refuses 2 "ECDSAP256SHA256, ECDSAP384SHA384, ED25519 or ED448" \
	keygen --label ksk-3 --algorithm RSASHA1
refuses 2 "--size is for RSA" keygen --label ksk-3 \
	--algorithm ECDSAP256SHA256 --size 2048
refuses 2 "expected 2048, 3072 or 4096" keygen --label ksk-3 \
	--algorithm RSASHA256 --size 1024

# RFC 6840 5.11: a KSK of one algorithm does not sign ZSKs of another.
for algorithm in ECDSAP256SHA256 ECDSAP384SHA384; do
	init_workspace "$algorithm" --at "$AT" --algorithm "$algorithm"
	ZONE=.
	sed -i '/approved_algorithms/d' "$ANCHORITE_CONFIG"
	accepts --at "$AT" request "$SCRATCH/$algorithm.xml"
	refuses 1 "$algorithm.xml: SKR-SCHEDULE" --at "$AT" check \
		"$SCRATCH/$algorithm.xml" --schema normal
	says "seen:     a KSK of $algorithm signs and no ZSK has it"
	refuses 1 "$algorithm.xml: SKR-SCHEDULE" --at "$AT" sign \
		"$SCRATCH/$algorithm.xml" "$SCRATCH/skr.xml" --first --batch
	absent "$SCRATCH/skr.xml"
done

# A zone's name has its final dot in every record.
init_workspace zone --zone Some-Zone.EXAMPLE --at "$AT"
WS=$SCRATCH/zone
ZONE=some-zone.example.
generates ksk-2 RSASHA256 8 RSA
finish
