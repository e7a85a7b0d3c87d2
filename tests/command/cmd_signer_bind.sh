#!/bin/bash
# BIND 9.20 and later run a zone whose KSK is here: its request is signed,
# `rndc skr -import` takes our response, its zone validates, and we verify what
# its own dnssec-ksr signs.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
# shellcheck source=tests/support/signers.sh
. tests/support/signers.sh
needs softhsm2-util
bind_9_20

child_zone bind bind
B=$SCRATCH/b
bind_zone "$B"
mkdir "$B/ksk"
ksr=(-k p -l "$B/named.conf" -i now -e +75d)

### Its request

dnssec-ksr -K "$B/zsk" "${ksr[@]}" keygen example. >/dev/null
dnssec-ksr -K "$B/zsk" "${ksr[@]}" request example. >"$B/ksr.txt"
accepts sign "$B/ksr.txt" "$B/skr.txt" --first --batch
accepts verify "$B/ksr.txt" "$B/skr.txt" --schema normal

### Our response in its zone

named -g -c "$B/named.conf" >"$B/named.log" 2>&1 &
SERVER=$!
until_within 20 grep -q ' running$' "$B/named.log"
rndc -c "$B/rndc.conf" skr -import "$B/skr.txt" example. >"$SCRATCH/out" 2>&1 ||
	fail "rndc does not import our response"
until_within 20 serves 257
serves_as "$B/skr.txt" "$(awk '$5 == "DNSKEY" && $4 == "RRSIG" && !n++ {
	print $9 }' "$B/skr.txt")"
stop_server

### The response of its own dnssec-ksr

dnssec-keygen -K "$B/ksk" -q -f KSK -a ECDSAP256SHA256 -P 20260101000000 -A 20260101000000 example. \
	>"$B/name" 2>/dev/null
dnssec-ksr -K "$B/ksk" "${ksr[@]}" -f "$B/ksr.txt" sign example. \
	>"$B/theirs.txt" 2>"$SCRATCH/err"
accepts convert "$B/theirs.txt" "$B/again.txt" --into bind
cmp "$B/theirs.txt" "$B/again.txt" || fail "theirs is written otherwise"
ds=$(dnssec-dsfromkey -2 "$B/ksk/$(cat "$B/name").key" | awk '{ print $7 }')
# Its last record is at the end of the request, whenever that was asked for.
last() {
	sed -n 's/^;; [A-Za-z]* 1.0 \([0-9]\{8\}\)\([0-9][0-9]\)\([0-9][0-9]\)\([0-9][0-9]\) .*/\1 \2:\3:\4/p' \
		"$1" | tail -n 1 | date -f - +%s
}
sed "s/ds_sha256: .*/ds_sha256: $ds/; /key_tag:/d
	s/cover_last: .*/cover_last: PT$(($(last "$B/theirs.txt") -
		$(last "$B/ksr.txt")))S/" "$WS/policy.yaml" >"$WS/theirs.yaml"
chmod 600 "$WS/theirs.yaml"
accepts --config "$WS/theirs.yaml" verify "$B/ksr.txt" "$B/theirs.txt"

### What it signs once more when other keys begin

# Where a record lasts less than a refresh takes, BIND's response has the same
# keys again at the moment at which the next record begins.
mkdir "$B/zsk6"
sed 's/signatures-refresh P7D/signatures-refresh P6D/' "$B/named.conf" \
	>"$B/six.conf"
six=(-k p -l "$B/six.conf" -i 20270101000000 -e 20270315000000)
dnssec-ksr -K "$B/zsk6" "${six[@]}" keygen example. >/dev/null
dnssec-ksr -K "$B/zsk6" "${six[@]}" request example. >"$B/ksr6.txt"
dnssec-ksr -K "$B/ksk" "${six[@]}" -f "$B/ksr6.txt" sign example. \
	>"$B/theirs6.txt" 2>"$SCRATCH/err"
twice=$(awk '/^;; SignedKeyResponse/ { if ($4 == before) print $4; before = $4 }' \
	"$B/theirs6.txt")
[ -n "$twice" ] || fail "no two records of one time"
sed "s/refresh: P7D/refresh: P6D/
	s/cover_last: .*/cover_last: PT$(($(last "$B/theirs6.txt") -
		$(last "$B/ksr6.txt")))S/
	s/max_validity_overlap: .*/max_validity_overlap: P23D/" \
	"$WS/theirs.yaml" >"$WS/six.yaml"
chmod 600 "$WS/six.yaml"
export ANCHORITE_CONFIG=$WS/six.yaml
accepts --json verify "$B/ksr6.txt" "$B/theirs6.txt"
accepts convert "$B/theirs6.txt" "$B/again6.txt" --into bind
cmp "$B/theirs6.txt" "$B/again6.txt" || fail "theirs is written otherwise"
# Used is the second; in a format that has one record a moment it is the one.
moment=${twice:0:4}-${twice:4:2}-${twice:6:2}T${twice:8:2}:${twice:10:2}:${twice:12}Z
accepts --json release "$B/theirs6.txt" --at "$moment"
equal "ZSKs from then on" "$(awk -v at="$twice" '
	/^;;/ { n = 0; on = $4 == at }
	on && $4 == "DNSKEY" && $5 == 256 { n++ }
	on { last = n } END { print last }' "$B/theirs6.txt")" \
	"$(jq '[.records[] | select(test(" DNSKEY 256 "))] | length' \
		"$SCRATCH/out")"
accepts convert "$B/theirs6.txt" "$B/knot6.txt" --into knot
says "not in it: records that end when they begin"
says "not in it: which records only sign the same keys once more"
equal "records in Knot's" "$(($(grep -c '^;; Signed' "$B/theirs6.txt") - 1))" \
	"$(grep -c '^;; Signed' "$B/knot6.txt")"
# It is held to the request as every other: not with the next one's keys, nor
# with a changed signature, nor where no other begins.
first=$(grep -n "^;; SignedKeyResponse 1.0 $twice" "$B/theirs6.txt" |
	sed -n '1s/:.*//p')
second=$(grep -n "^;; SignedKeyResponse 1.0 $twice" "$B/theirs6.txt" |
	sed -n '2s/:.*//p')
end=$(awk -v from="$second" 'NR > from && /^(;;|$)/ && !n++ { print NR }' \
	"$B/theirs6.txt")
{
	head -n "$first" "$B/theirs6.txt"
	sed -n "$((second + 1)),$((end - 1))p" "$B/theirs6.txt"
	tail -n "+$((second - 1))" "$B/theirs6.txt"
} >"$B/forged6.txt"
refuses 1 SKR-PAIR verify "$B/ksr6.txt" "$B/forged6.txt"
awk -v line="$((first + 3))" 'NR == line {
	with = $NF ~ /^A/ ? "B" : "A"; $NF = with substr($NF, 2) } { print }' \
	"$B/theirs6.txt" >"$B/forged6.txt"
cmp -s "$B/theirs6.txt" "$B/forged6.txt" && fail "nothing was forged"
refuses 1 SKR-VERIFY verify "$B/ksr6.txt" "$B/forged6.txt"
sed "$((second - 1))d" "$B/theirs6.txt" >"$B/forged6.txt"
refuses 2 "a record that is not used after the one before it" \
	verify "$B/ksr6.txt" "$B/forged6.txt"
# Taken up, and gone on from.
mkdir "$B/archive"
cp "$B/ksr6.txt" "$B/theirs6.txt" "$B/archive/"
rm -f "$WS/register.jsonl"
accepts --at 2026-12-20T00:00:00Z --ceremony "$B/record" register adopt \
	"$B/archive"
says "1 lines taken up"
accepts register list
accepts replay "$B/record"
finish
