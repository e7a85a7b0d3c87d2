#!/bin/bash
# What a parent is told, in each form, as others make the same of the key; and
# what it has, against what is declared.
# shellcheck source=tests/support/lib.sh disable=SC2016
. tests/support/lib.sh
needs jq jing xmllint ldns-key2ds dnssec-dsfromkey

WS=$SCRATCH/ws
ZONE=example.test.
init_workspace ws --zone "$ZONE" --algorithm ECDSAP256SHA256 \
	--at 2026-11-15T12:00:00Z
RECORD=(--ceremony "$SCRATCH/record")
LATER=(--at 2027-01-15T12:00:00Z)

# form NAME ARGS...: what the parent is handed, into $SCRATCH/NAME.
form() {
	accepts "${LATER[@]}" parent show --format "$1" "${@:2}"
	cp "$SCRATCH/out" "$SCRATCH/$1"
}
# records FILE: of any tool, in one spelling.
records() {
	awk '!/^;/ && NF { n = index($0, " DS ") || index($0, "\tDS\t");
		if (!n) next; hex = ""; for (i = 1; i <= NF; i++) if ($i == "DS")
			at = i; for (i = at + 4; i <= NF; i++) hex = hex $i;
		print $1, $(at + 1), $(at + 2), $(at + 3), toupper(hex) }' "$1" |
		sort
}

### Each form, beside what others make of the same key

form dnskey
form ds --digest SHA256 --digest SHA384
equal "two digests" 2 "$(wc -l <"$SCRATCH/ds")"
for type in 2 4; do
	ldns-key2ds -n "-$type" "$SCRATCH/dnskey"
done >"$SCRATCH/ldns"
equal "DS as ldns has them" "$(records "$SCRATCH/ldns")" \
	"$(records "$SCRATCH/ds")"
sed 's/ IN / 3600 IN /' "$SCRATCH/dnskey" >"$SCRATCH/timed"
dnssec-dsfromkey -a SHA-256 -a SHA-384 -f "$SCRATCH/timed" "$ZONE" \
	>"$SCRATCH/bind"
equal "DS as BIND has them" "$(records "$SCRATCH/bind")" \
	"$(records "$SCRATCH/ds")"
form cds --digest SHA256 --digest SHA384
equal "CDS" "$(sed 's/ IN DS / IN CDS /' "$SCRATCH/ds")" \
	"$(cat "$SCRATCH/cds")"
form cdnskey
equal "CDNSKEY" "$(sed 's/ IN DNSKEY / IN CDNSKEY /' "$SCRATCH/dnskey")" \
	"$(cat "$SCRATCH/cdnskey")"

# RFC 5910 section 4: dsData, with or without keyData in it, or keyData.
cat >"$SCRATCH/secdns.rnc" <<'END'
default namespace = "urn:ietf:params:xml:ns:secDNS-1.1"
datatypes xsd = "http://www.w3.org/2001/XMLSchema-datatypes"
start = element create { ds+ | key+ }
ds = element dsData {
  element keyTag { xsd:unsignedShort }, element alg { xsd:unsignedByte },
  element digestType { xsd:unsignedByte }, element digest { xsd:hexBinary },
  key?
}
key = element keyData {
  element flags { xsd:unsignedShort }, element protocol { xsd:unsignedByte },
  element alg { xsd:unsignedByte },
  element pubKey { xsd:base64Binary { minLength = "1" } }
}
END
TAG=$(awk '{ print $4; exit }' "$SCRATCH/ds")
for name in epp-ds epp-key; do
	form "$name" --digest SHA256 --digest SHA384
	jing -c "$SCRATCH/secdns.rnc" "$SCRATCH/$name" >"$SCRATCH/out" ||
		fail "$name is not RFC 5910's"
done
# field FILE NAME: the texts of these elements.
field() {
	xmllint --xpath "//*[local-name()='$2']/text()" "$SCRATCH/$1" |
		paste -sd' '
}
equal "EPP's tags" "$TAG $TAG" "$(field epp-ds keyTag)"
equal "EPP's digests" "$(awk '{ print $NF }' "$SCRATCH/ds" | paste -sd' ')" \
	"$(field epp-ds digest)"
equal "EPP's key, once" "$(awk '{ print $NF }' "$SCRATCH/dnskey")" \
	"$(field epp-key pubKey)"
form epp-ds --offline --digest SHA256
! grep -q keyData "$SCRATCH/epp-ds" || fail "--offline asked the token"
refuses 1 "is neither in a token nor in the configuration" "${LATER[@]}" \
	parent show --format epp-key --offline
refuses 1 "its SHA-384 is unknown" "${LATER[@]}" parent show --format ds \
	--offline --digest SHA384
accepts "${RECORD[@]}" "${LATER[@]}" parent show --format ds -o "$SCRATCH/file.ds"
cmp <(head -n 1 "$SCRATCH/ds") "$SCRATCH/file.ds" || fail "the file has others"
refuses 2 "--format xml: expected ds, dnskey, cds, cdnskey, epp-ds or epp-key" \
	parent show --format xml
refuses 2 "--digest SHA1: expected SHA256 or SHA384" parent show --digest SHA1
refuses 2 "-o wants --format" parent show -o "$SCRATCH/x"
refuses 2 "--format has no meaning for parent compare" parent compare x \
	--format ds
refuses 2 "the root has no parent" --config docs/examples/root.yaml \
	parent show --offline

### Told, with what is declared

accepts "${LATER[@]}" parent show
says "What the parent of $ZONE is to be told"
says "valid since 2026-11-15T00:00:00, so the parent is to have its DS"
LABEL=$("$ANCHORITE" "${LATER[@]}" --json parent show | jq -r '.keys[0].label')
accepts "${LATER[@]}" keygen --label K2 --algorithm ECDSAP256SHA256
"$ANCHORITE" --json "${LATER[@]}" inventory | jq -r '.keys[] |
	select(.label == "K2") | .pin' | sed 's/^  k2:/  ksk_next:/' >"$SCRATCH/pin" ||
	true
# declared OLD NEW: a configuration in which the parent's DS are these.
declared() {
	awk -v old="$1" -v new="$2" -v pin="$(cat "$SCRATCH/pin")" '
		/^keys:/ { print; print pin; print new; next }
		/^    label:/ { print; if (old != "") print old; next }
		{ print }' "$ANCHORITE_CONFIG" >"$WS/declared.yaml"
	printf 'trust: parent-ds\nparent_ds: {ttl: 86400, propagation: PT1H}\n' \
		>>"$WS/declared.yaml"
}
declared "    ds_published: 2026-11-20T00:00:00Z
    ds_withdrawn: 2027-02-01T00:00:00Z" "    ds_published: 2027-01-20T00:00:00Z"
BY=(--config "$WS/declared.yaml")
accepts "${BY[@]}" "${LATER[@]}" parent show
says "$LABEL: the parent has its DS since 2026-11-20T00:00:00"
says "K2: the parent is not said to have its DS"
accepts "${BY[@]}" --json --at 2027-01-25T00:00:00Z parent show
equal "both" "true true" "$(jq -r '[.keys[].at_parent | tostring] | join(" ")' \
	"$SCRATCH/out")"
accepts "${BY[@]}" --json --at 2027-03-01T00:00:00Z parent show
equal "the new one" K2 "$(jq -r '.keys[].label' "$SCRATCH/out")"

### Compared with what the parent has

accepts "${BY[@]}" --at 2027-01-25T00:00:00Z parent show --format ds
cp "$SCRATCH/out" "$SCRATCH/both"
grep " $TAG " "$SCRATCH/both" >"$SCRATCH/old"
grep -v " $TAG " "$SCRATCH/both" >"$SCRATCH/new"
# parent_has STATUS VERDICTS TIME FILE
parent_has() {
	run "${BY[@]}" --json --at "$3" parent compare "$SCRATCH/$4"
	equal "status at $3 of $4" "$1" "$status"
	equal "verdicts at $3 of $4" "$2" \
		"$(jq -r '[.records[].verdict] | join(",")' "$SCRATCH/out")"
}
parent_has 0 same 2027-01-15T12:00:00Z old
parent_has 1 same,unknown 2027-01-15T12:00:00Z both
parent_has 0 same,same 2027-01-25T00:00:00Z both
parent_has 1 missing,same 2027-01-25T00:00:00Z new
parent_has 0 same 2027-03-01T00:00:00Z new
parent_has 1 missing,unknown 2027-03-01T00:00:00Z old
: >"$SCRATCH/none"
parent_has 1 missing 2027-03-01T00:00:00Z none
sed 's/ 2 ..../ 2 0000/' "$SCRATCH/old" >"$SCRATCH/wrong"
parent_has 1 "other digest" 2027-01-15T12:00:00Z wrong
# As dig prints it: with a TTL, tabs, and the digest in parts; of two types.
form ds --digest SHA256 --digest SHA384
awk '{ printf "%s\t3600\tIN\tDS\t%s %s %s %s %s\n", $1, $4, $5, $6,
	substr($7, 1, 56), substr($7, 57) }' "$SCRATCH/ds" >"$SCRATCH/dig"
parent_has 0 same,same 2027-01-15T12:00:00Z dig
sed '$s/[0-9A-F]\{8\}$/00000000/' "$SCRATCH/dig" >"$SCRATCH/dig-wrong"
parent_has 1 "same,other digest" 2027-01-15T12:00:00Z dig-wrong
accepts "${RECORD[@]}" "${BY[@]}" --at 2027-01-15T12:00:00Z parent compare \
	"$SCRATCH/old"
says "DS of $ZONE at its parent, against what is declared"
refuses 1 "$SCRATCH/both: not what is declared; DS" "${RECORD[@]}" "${BY[@]}" \
	--at 2027-01-15T12:00:00Z parent compare "$SCRATCH/both"
# spoiled SED TEXT: a file that is not what it should be.
spoiled() {
	sed "$1" "$SCRATCH/old" >"$SCRATCH/spoiled"
	refuses 2 "$2" "${BY[@]}" "${LATER[@]}" parent compare "$SCRATCH/spoiled"
}
spoiled 's/ 2 / 1 /' "spoiled:1: digest type 1: expected 2, SHA-256, or 4"
spoiled 's/^example/other/' "is for another zone, other.test."
spoiled 's/..$//' "expected 64 hex digits"
spoiled 's/ DS / CDS /' "expected a DS record on one line"
spoiled 's/DS [0-9]*/DS 65536/' 'key tag "65536"'
spoiled p "stands there twice"

### On record

forge() {
	forge_record "$SCRATCH/record" "$SCRATCH/forged" "$1"
	run replay "$SCRATCH/forged"
	[ "$status" -eq 1 ] || fail "replay believes $1"
	CASES=$((CASES + 1))
}
refuses 1 "the configuration changed" replay "$SCRATCH/record"
rm -r "$SCRATCH/record" "$SCRATCH/file.ds"
accepts "${RECORD[@]}" "${BY[@]}" --at 2027-01-15T12:00:00Z parent show \
	--format ds -o "$SCRATCH/file.ds"
accepts "${RECORD[@]}" "${BY[@]}" --at 2027-01-15T12:00:00Z parent compare \
	"$SCRATCH/old"
accepts replay "$SCRATCH/record"
accepts log show "$SCRATCH/record"
says "compared the parent's DS $SCRATCH/old, with what is declared"
forge 'if .event == "parent compared" then .same = false else . end'
forge 'if .event == "parent compared" then .anchors[0].verdict = "missing"
	else . end'
forge 'if .event == "parent compared" then .path = "x" else . end'

finish
