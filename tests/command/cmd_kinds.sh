#!/bin/bash
# Every kind of key, as KSK and as ZSK: made, listed, pinned, signed with in two
# quarters of a chain, replayed, and its signatures put before verifiers that are
# not ours.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
# shellcheck source=tests/support/zone.sh
. tests/support/zone.sh
needs jq openssl
/usr/bin/python3 -c 'import dns, cryptography' 2>/dev/null || {
	echo "SKIPPED: python3-dnspython or python3-cryptography is not installed" >&2
	exit 77
}

ZONE=example.

# The DNSKEY RRset and its RRSIG of $SCRATCH/slot, for the judge in Python.
dnspython() {
	cat >"$SCRATCH/judge.py" <<-'END'
		import sys
		import dns.dnssec, dns.name, dns.rdatatype, dns.rrset

		owner = dns.name.from_text(sys.argv[2])
		sets = {"DNSKEY": [], "RRSIG": []}
		for line in open(sys.argv[1]):
		    _, ttl, _, kind, rdata = line.split(None, 4)
		    sets[kind].append((int(ttl), rdata))
		made = {
		    kind: dns.rrset.from_text_list(
		        owner, rows[0][0], "IN", kind, [r for _, r in rows])
		    for kind, rows in sets.items()
		}
		dns.dnssec.validate(made["DNSKEY"], made["RRSIG"],
		    {owner: made["DNSKEY"]}, now=int(sys.argv[3]))
	END
	quiet "$1: dnspython" /usr/bin/python3 "$SCRATCH/judge.py" \
		"$SCRATCH/slot" "$ZONE" "$2"
	CASES=$((CASES + 1))
}

# judge_slot WHAT SLOT BEGIN: as released, at its first second.
judge_slot() {
	local zsk
	slot_records "$2"
	zsk=$(jq -r --argjson slot "$2" '.bundles[$slot - 1].keys[] |
		select(.flags == 256) | .key_identifier' "$SCRATCH/ksr.json" |
		tail -n 1)
	dnspython "$1" "$3"
	zsk=$(grep -lx -- "; Label: $zsk" "$WS"/zsks/*.key)
	build_zone "$1" "$ZONE" "$3" $((21 * DAY)) "$zsk"
	judge "$1" "$3" "$ZONE"
}

# quarter KIND QUARTER AT BEGIN [PREVIOUS]
quarter() {
	local kind=$1 name=$2 at=$3 begin=$4 chain=()
	[ -z "${5-}" ] || chain=(--previous-skr "$5")
	accepts --at "$at" request "$WS/$name.ksr" --quarter "$name" \
		--zsk-dir "$WS/zsks" "${chain[@]}"
	accepts --at "$at" check "$WS/$name.ksr" "${chain[@]}"
	accepts --at "$at" sign "$WS/$name.ksr" "$WS/$name.skr" --batch \
		"${chain[@]:---first}"
	accepts verify "$WS/$name.ksr" "$WS/$name.skr" "${chain[@]}"
	"$ANCHORITE" --json show "$WS/$name.ksr" >"$SCRATCH/ksr.json"
	"$ANCHORITE" show "$WS/$name.skr" --format dns >"$SCRATCH/dns"
	begin=$(date -u -d "$begin" +%s)
	judge_slot "$kind, $name, slot 1" 1 "$begin"
	judge_slot "$kind, $name, slot 9" 9 $((begin + 80 * DAY))
}

# lists KIND LABEL TYPE: the inventory has that key as one of this type.
lists() {
	grep -qE "^ *$2 +$3[, ]" "$SCRATCH/out" ||
		fail "$1: the inventory does not have $2 as $3"
	CASES=$((CASES + 1))
}

# kind ALGORITHM TYPE OTHER NUMBER: the whole of it.
kind() {
	WS=$SCRATCH/$1
	accepts init "$WS" --at "$AT" --zone "$ZONE" --algorithm "$1"
	export ANCHORITE_CONFIG=$WS/anchorite.yaml
	accepts inventory
	lists "$1" ksk-1 "$2"
	says "; keys.ksk_current"

	# Its request for a certificate is one, by its own key.
	accepts --at "$AT" --ceremony "$SCRATCH/made-$1" keygen --label ksk-2 \
		--algorithm "$1" --csr "$SCRATCH/$1.csr"
	sed -n '/^  ksk_next:$/,/^$/p' "$SCRATCH/out" >>"$ANCHORITE_CONFIG"
	quiet "$1" openssl req -in "$SCRATCH/$1.csr" -verify -noout

	# A request and its answer; the ZSKs of the policy's one algorithm.
	quarter "$1" 2027-q1 "$AT" 2027-01-01
	quarter "$1" 2027-q2 2027-02-15T12:00:00Z 2027-04-01 "$WS/2027-q1.skr"
	accepts replay "$SCRATCH/ceremony"
	equal "$1: algorithms" "$4" "$(jq -r '[.bundles[].keys[].algorithm] |
		unique | join(" ")' "$SCRATCH/ksr.json")"

	# ZSKs in the token.
	rm -f "$WS/register.jsonl"
	accepts --at "$AT" --ceremony "$SCRATCH/in-$1" request "$WS/token.ksr" \
		--quarter 2027-q1
	accepts --at "$AT" check "$WS/token.ksr"
	accepts inventory
	lists "$1" 'zsk-2027-q1\S*' "$2"

	# A key pinned as another kind is not the key.
	sed "s/^    algorithm: $1$/    algorithm: $3/; /rsa_/d" \
		"$ANCHORITE_CONFIG" >"$WS/other.yaml"
	refuses 1 "ksk_current" --config "$WS/other.yaml" inventory
	says "is not one for $3"
	accepts replay "$SCRATCH/in-$1"
	accepts replay "$SCRATCH/made-$1"
	rm -rf "$SCRATCH/ceremony"
}

kind RSASHA256 "RSA 2048" ED448 8
kind RSASHA512 "RSA 2048" ECDSAP256SHA256 10
kind ECDSAP256SHA256 "EC P-256" ECDSAP384SHA384 13
kind ECDSAP384SHA384 "EC P-384" ECDSAP256SHA256 14
kind ED25519 Ed25519 ED448 15
kind ED448 Ed448 ED25519 16
finish
