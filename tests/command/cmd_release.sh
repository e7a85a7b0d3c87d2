#!/bin/bash
# One slot's records at a time: which slot, to the second; nothing that does not
# verify or is not pinned; as other DNS tools read them; on record.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq ldns-read-zone xmllint

ROLL=$(corpus root/skr-root-2018-q1-0-d_to_e.xml)
LAST=$(corpus root/skr-root-2017-q1-0.xml)
PINNED=$(pinned tests/data/corpus.yaml)
FIRST=$(sed -n '/<ResponseBundle/{s/.*id="//;s/".*//p;q}' "$ROLL")

# at TIME SLOT [SKR]: the slot released at that time.
at() {
	accepts --json release "${3:-$ROLL}" --at "$1"
	equal "the slot at $1" "$2" "$(jq .slot "$SCRATCH/out")"
}

### Which slot, to the second

at 2018-01-01T00:00:00Z 1
at 2018-01-10T23:59:59Z 1
at 2018-01-11T00:00:00Z 2
at 2018-03-21T23:59:59Z 8
at 2018-03-22T00:00:00Z 9
at 2018-04-11T23:59:59Z 9
at 2017-03-20T23:59:59Z 8 "$LAST"
at 2017-03-21T02:00:00+02:00 9 "$LAST"
refuses 1 "nothing to publish at 2017-12-31T23:59:59: the first slot begins at 2018-01-01T00:00:00" \
	release "$ROLL" --at 2017-12-31T23:59:59Z
[ ! -s "$SCRATCH/out" ] || fail "something was released before its time"
refuses 1 "slot 9 of 9 expired at 2018-04-12T00:00:00, and it is the last" \
	release "$ROLL" --at 2018-04-12T00:00:00Z
[ ! -s "$SCRATCH/out" ] || fail "something was released after its time"
refuses 2 "release: SKR is missing; usage: anchorite release SKR --at TIME" release \
	--at 2018-01-01T00:00:00Z
refuses 2 "--at is missing; usage: anchorite release SKR --at TIME" release "$ROLL"
refuses 2 "--at yesterday: expected a time" release "$ROLL" --at yesterday

### What is released

accepts show "$ROLL" --format dns
for slot in 1 2 3 4 5 6 7 8 9; do
	awk -v slot="$slot" '/^;/ { on = $3 == slot; next } on' \
		"$SCRATCH/out" >"$SCRATCH/slot-$slot"
done
accepts release "$ROLL" --at 2018-02-25T12:00:00Z
grep -v '^;' "$SCRATCH/out" | cmp - "$SCRATCH/slot-6" ||
	fail "these are not the records of slot 6"
says "; slot 6 of 9"
says "; next: slot 7 from 2018-03-02T00:00:00"
says "the keys are the file's own"
! grep -q WARNING "$SCRATCH/out" || fail "a warning about nothing"
accepts --json release "$ROLL" --at 2018-02-25T12:00:00Z
jq -r '.records[]' "$SCRATCH/out" | cmp - "$SCRATCH/slot-6" ||
	fail "the JSON has other records"
equal "json" "null 0 2018-03-02T00:00:00+00:00" "$(jq -r '"\(.pinned_by) " +
	"\(.warnings | length) \(.next_inception)"' "$SCRATCH/out")"

### What to look out for

accepts release "$ROLL" --at 2018-01-09T00:00:00Z
says "; WARNING: the next slot begins in P2D (172800 s), within the TTL"
accepts release "$ROLL" --at 2018-01-08T23:59:59Z
! grep -q WARNING "$SCRATCH/out" || fail "a warning too early"
accepts release "$ROLL" --at 2018-04-10T00:00:00Z
says "; WARNING: this is the last slot: the next response must take over before 2018-04-12T00:00:00"
says "; WARNING: the signatures expire in P2D (172800 s), within the TTL"
accepts --json release "$ROLL" --at 2018-04-10T00:00:00Z
equal "warnings" "2 null" "$(jq -r '"\(.warnings | length) " +
	"\(.next_inception)"' "$SCRATCH/out")"

### Pins: by --config, by the environment, or none; no rehearsal is needed

accepts --config "$PINNED" release "$ROLL" --at 2018-01-05T00:00:00Z
says "; verified: 1 signature, every KSK is one that the configuration pins"
sed '/^rehearsal:/d' "$PINNED" >"$SCRATCH/real.yaml"
ANCHORITE_CONFIG=$SCRATCH/real.yaml accepts release "$ROLL" \
	--at 2018-01-05T00:00:00Z
says "every KSK is one that the configuration pins"
refuses 2 "--at is for rehearsals" --config "$SCRATCH/real.yaml" \
	check "$ROLL" --at 2018-01-05T00:00:00Z
sed '/^  ksk_next:/,$d' "$PINNED" >"$SCRATCH/one.yaml"
accepts --config "$SCRATCH/one.yaml" release "$LAST" --at 2017-01-05T00:00:00Z
refuses 1 "bundle 1 ($FIRST): key 20326 (Klajeyz) is none that the configuration pins" \
	--config "$SCRATCH/one.yaml" release "$ROLL" --at 2018-01-05T00:00:00Z
[ ! -s "$SCRATCH/out" ] || fail "an unknown KSK was released"
refuses 2 "No such file" --config /nonexistent release "$ROLL" \
	--at 2018-01-05T00:00:00Z

### What does not verify is not released; other slots are not its business

# spoil SLOT: one character of the slot's signature is another.
spoil() {
	awk -v slot="$1" '/<ResponseBundle / { n++ }
		/<SignatureData>/ && n == slot {
			i = index($0, "<SignatureData>") + 20
			c = substr($0, i, 1) == "A" ? "B" : "A"
			$0 = substr($0, 1, i - 1) c substr($0, i + 1)
		} { print }' "$ROLL" >"$SCRATCH/spoilt.xml"
	! cmp -s "$ROLL" "$SCRATCH/spoilt.xml" || fail "nothing was spoilt"
}
spoil 4
refuses 1 "bundle 4 " release "$SCRATCH/spoilt.xml" --at 2018-02-05T00:00:00Z
grep -q "signature 1 by Klajeyz: does not verify" "$SCRATCH/err" ||
	fail "it does not say which signature"
[ ! -s "$SCRATCH/out" ] || fail "a bad signature was released"
refuses 1 "bundle 4 " release "$SCRATCH/spoilt.xml" \
	--at 2018-02-05T00:00:00Z -o "$OUTPUT/zone"
nothing_written
at 2018-02-15T00:00:00Z 5 "$SCRATCH/spoilt.xml"
refuses 2 "is a request (KSR), expected a response (SKR)" release \
	"$(corpus root/ksr-root-2017-q2-0.xml)" --at 2017-04-05T00:00:00Z

# A gap: slots 2 to 4 are missing, and slot 1 ends before slot 5 begins.
xmllint --format "$ROLL" | awk '/<ResponseBundle / { n++ }
	n < 2 || n > 4 || /^  <\/Response>/ { print }' >"$SCRATCH/gap.xml"
at 2018-01-21T23:59:59Z 1 "$SCRATCH/gap.xml"
refuses 1 "slot 1 of 6 expired at 2018-01-22T00:00:00, and the next begins at 2018-02-10T00:00:00" \
	release "$SCRATCH/gap.xml" --at 2018-01-22T00:00:00Z
# Out of order, slots 1 and 2 change places: read in order of time.
xmllint --format "$ROLL" | awk '/<ResponseBundle / { n++ }
	n == 1 { first = first $0 "\n"; next }
	{ print }
	n == 2 && /<\/ResponseBundle>/ { printf "%s", first }' \
	>"$SCRATCH/order.xml"
accepts release "$ROLL" --at 2018-02-05T00:00:00Z
grep -v '^;' "$SCRATCH/out" >"$SCRATCH/in-order"
accepts release "$SCRATCH/order.xml" --at 2018-02-05T00:00:00Z
grep -v '^;' "$SCRATCH/out" | cmp - "$SCRATCH/in-order" || fail "another order, another slot"

### As DNS tools read it

accepts release "$ROLL" --at 2018-02-25T12:00:00Z
{
	cat "$SCRATCH/out"
	echo ". 86400 IN SOA a.test. b.test. 1 1800 900 604800 86400"
} >"$SCRATCH/zone"
ldns-read-zone "$SCRATCH/zone" >"$SCRATCH/read" || fail "ldns cannot read it"
equal "records read by ldns" "3 1" "$(grep -c '[[:space:]]DNSKEY.25' "$SCRATCH/read") $(
	grep -c 'RRSIG.DNSKEY' "$SCRATCH/read")"

### Into a file, never over another; on record, and replayed

# From here on the record is a subject too: its head stays.
set_head_apart() {
	:
}
RECORD=$SCRATCH/record
accepts --ceremony "$RECORD" --config "$PINNED" release "$ROLL" \
	--at 2018-02-25T12:00:00Z -o "$SCRATCH/part"
says "Slot 6 of 9 in $SCRATCH/part"
grep -v '^;' "$SCRATCH/part" | cmp - "$SCRATCH/slot-6" ||
	fail "the file has other records"
cp "$SCRATCH/part" "$SCRATCH/kept"
refuses 2 "$SCRATCH/part: " --ceremony "$RECORD" --config "$PINNED" release \
	"$ROLL" --at 2018-03-25T12:00:00Z --output "$SCRATCH/part"
cmp "$SCRATCH/part" "$SCRATCH/kept" || fail "a file was overwritten"
refuses 1 "the first slot begins" --ceremony "$RECORD" --config "$PINNED" \
	release "$ROLL" --at 2016-03-25T12:00:00Z -o "$OUTPUT/early"
nothing_written
refuses 1 "does not verify" --ceremony "$RECORD" --config "$PINNED" \
	release "$SCRATCH/spoilt.xml" --at 2018-02-05T00:00:00Z

# On standard output a record's head is a remark: all of it stays a zone file.
"$ANCHORITE" --ceremony "$RECORD" --config "$PINNED" release "$ROLL" \
	--at 2018-01-05T00:00:00Z >"$SCRATCH/out"
says "; | Head of the ceremony record $RECORD"
grep -vE '^(;|$)' "$SCRATCH/out" | cmp - "$SCRATCH/slot-1" ||
	fail "something else stands among the records"
equal "a rehearsal?" "false 2018-01-05T00:00:00+00:00" "$(jq -sr '
	map(select(.event == "run"))[-1] | "\(.rehearsal_time) \(.now)"' \
	"$RECORD/log.jsonl")"
accepts replay "$RECORD"
says "replayed: 5 runs, every conclusion and every byte the same"
accepts log show "$RECORD"
says "stored records: $SCRATCH/part"

# rechained FILTER TEXT: a forger's record, its chain written anew; TEXT is
# what replay says of it.
rechained() {
	forge_record "$RECORD" "$SCRATCH/forged" "$1"
	run replay "$SCRATCH/forged"
	equal "replay's status after $1" 1 "$status"
	says "$2"
}
rechained 'if .event == "run" and .now == "2018-02-25T12:00:00+00:00"
	then .now = "2018-03-25T12:00:00+00:00" else . end' \
	"records: what is stored is not what is derived"
rechained 'if .event == "run" and .now == "2016-03-25T12:00:00+00:00"
	then .now = "2018-03-25T12:00:00+00:00" else . end' \
	"the replay finds nothing to refuse"
rechained 'select(.event != "output")' '"published" is recorded where "output records" is due'
rechained 'select(.event != "published")' 'the run claims success, but "published" is still due'
finish
