#!/bin/bash
# RSA signatures are, bit for bit, those that openssl makes with the same key.
# What is signed is put together here from the fields of the response, after
# RFC 4034 sections 3.1.8.1 and 6, not by the program.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq openssl softhsm2-util

# hex BYTES NUMBER: big-endian.
hex() {
	printf '%0*X' "$((2 * $1))" "$2"
}

# hex_of_base64 TEXT
hex_of_base64() {
	openssl base64 -d -A <<<"$1" | od -An -v -tx1 | tr -d ' \n' |
		tr a-f A-F
}

# hex_of_name NAME: lower case, in wire form; no escapes.
hex_of_name() {
	local label labels
	IFS=. read -ra labels <<<"${1,,}"
	[ "$1" != . ] || labels=()
	for label in "${labels[@]}"; do
		hex 1 "${#label}"
		printf '%s' "$label" | od -An -v -tx1 | tr -d ' \n' |
			tr a-f A-F
	done
	echo 00
}

# hex_of_time TEXT: seconds since 1970 in 32 bits.
hex_of_time() {
	hex 4 "$(date -u -d "$1" +%s)"
}

# to_be_signed BUNDLE SIGNATURE: both from 0; hex.
to_be_signed() {
	local algorithm labels ttl expiration inception tag name owner
	local flags protocol key rdata
	IFS=$'\t' read -r algorithm labels ttl expiration inception tag name < <(
		jq -r ".bundles[$1].signatures[$2] | [.algorithm, .labels,
			.original_ttl, .expiration, .inception, .key_tag,
			.signers_name] | @tsv" "$SCRATCH/skr.json"
	)
	owner=$(hex_of_name "$name")
	hex 2 48 # DNSKEY
	hex 1 "$algorithm"
	hex 1 "$labels"
	hex 4 "$ttl"
	hex_of_time "$expiration"
	hex_of_time "$inception"
	hex 2 "$tag"
	echo "$owner"
	jq -r ".bundles[$1].keys[] | [.flags, .protocol, .algorithm,
		.public_key] | @tsv" "$SCRATCH/skr.json" |
		while IFS=$'\t' read -r flags protocol algorithm key; do
			echo "$(hex 2 "$flags")$(hex 1 "$protocol")$(
				hex 1 "$algorithm")$(hex_of_base64 "$key")"
		done | sort | while read -r rdata; do
		echo "$owner"
		hex 2 48
		hex 2 1 # IN
		hex 4 "$ttl"
		hex 2 "$((${#rdata} / 2))"
		echo "$rdata"
	done
}

# octets: from hex, over any number of lines, on standard input.
octets() {
	local text
	text=$(tr -d '\n' | sed 's/../\\x&/g')
	printf '%b' "$text"
}

# import_ksk LABEL BITS: a key that openssl has made.
import_ksk() {
	openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:$2" \
		-out "$SCRATCH/$1.pem"
	SOFTHSM2_CONF=$SCRATCH/$WS/softhsm2.conf softhsm2-util \
		--import "$SCRATCH/$1.pem" --token "anchorite rehearsal" \
		--pin "$(<"$SCRATCH/$WS/pin")" --label "$1" \
		--id "$(printf '%s' "$1" | od -An -tx1 | tr -d ' \n')" \
		>"$SCRATCH/out" 2>"$SCRATCH/err" || fail "import of $1"
}

# configure_ksk NAME LABEL BITS: its entry, from the inventory.
configure_ksk() {
	jq -r --arg name "$1" --arg ksk "$2" --arg bits "$3" '.keys[] |
		select(.label == $ksk).dns |
		"  \($name):\n    label: \"\($ksk)\"\n" +
		"    algorithm: \(.algorithm)\n" +
		"    rsa_size: \($bits)\n" +
		"    key_tag: \(.key_tag)\n    ds_sha256: \(.ds_sha256)\n" +
		"    valid_from: 2026-11-01T00:00:00Z"' "$SCRATCH/out" \
		>>"$ANCHORITE_CONFIG"
}

# same_signatures: every signature of $SCRATCH/skr.xml is openssl's.
same_signatures() {
	local bundle count=0 i label signature made
	accepts show "$SCRATCH/skr.xml" --format json
	mv "$SCRATCH/out" "$SCRATCH/skr.json"
	while IFS=$'\t' read -r bundle i label signature; do
		made=$(to_be_signed "$bundle" "$i" | octets |
			openssl dgst -sha256 -sign "$SCRATCH/$label.pem" |
			openssl base64 -A)
		equal "$WS bundle $((bundle + 1)), signature by $label" \
			"$made" "$signature"
		count=$((count + 1))
	done < <(jq -r '.bundles | to_entries[] | .key as $bundle |
		.value.signatures | to_entries[] | [$bundle, .key,
		.value.key_identifier, .value.signature] | @tsv' \
		"$SCRATCH/skr.json")
	equal "$WS: number of signatures" "$SIGNATURES" "$count"
}

# quarter NAME ZONE BITS: `revoke` has all there is: a key that is published,
# one that is revoked, one signature and two.
SIGNATURES=16
quarter() {
	WS=$1
	init_workspace "$WS" --zone "$2" --at "$AT"
	sed -i '/^keys:$/,$d' "$ANCHORITE_CONFIG"
	import_ksk old "$3"
	import_ksk new "$3"
	accepts --json inventory --dns
	echo "keys:" >>"$ANCHORITE_CONFIG"
	configure_ksk ksk_current old "$3"
	configure_ksk ksk_next new "$3"
	rm -f "$SCRATCH/ksr.xml" "$SCRATCH/skr.xml"
	accepts --at "$AT" request "$SCRATCH/ksr.xml"
	accepts --at "$AT" sign "$SCRATCH/ksr.xml" "$SCRATCH/skr.xml" \
		--schema revoke --first --batch
	same_signatures
}

quarter root . 2048
quarter zone Some-Zone.EXAMPLE. 3072
finish
