#!/bin/bash
# What resolvers make of published responses, and of a rollover from its first
# quarter to its last; which sequences are refused; on record, and replayed.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq xmllint

Q1=$(corpus root/skr-root-2017-q1-0.xml)
Q2=$(corpus root/skr-root-2017-q2-0.xml)
ROLL=$(corpus root/skr-root-2018-q1-0-d_to_e.xml)

# facts FILTER: of the last --json simulation, as one line.
facts() {
	jq -r "$1" "$SCRATCH/out"
}

### Published responses: sizes, parts, and who would have failed

accepts --json simulate "$Q1" "$Q2"
equal "sizes" "1139 864 864 864 864 864 864 864 1139 1139 864 864 864 864 864 864 864 1139" \
	"$(facts '[.slots[].octets] | join(" ")')"
equal "nobody fails" "null null" \
	"$(facts '[.resolvers[].fails_at | tostring] | join(" ")')"
equal "parts" '{"p":[19036],"s":[19036],"r":[]}' "$(jq -c '[.slots[] |
	{p: .published, s: .signing, r: .revoked}] | unique[]' "$SCRATCH/out")"
equal "slot 9 of q1 ends when q2 begins" "2017-04-01T00:00:00+00:00" \
	"$(facts '.slots[8].until')"

# The roll as it was prepared for January 2018.
accepts --json simulate "$ROLL" --resolver follower --resolver static \
	--resolver static,anchor=20326 \
	--resolver static,anchor=19036,anchor=Klajeyz
equal "sizes" "1414 1139 1139 1139 1139 1139 1139 1139 1414" \
	"$(facts '[.slots[].octets] | join(" ")')"
equal "slot 1" "[19036,20326] [19036] [] [41824,46809]" \
	"$(jq -c '.slots[0] | .published, .signing, .revoked, .zsks' \
		"$SCRATCH/out" | paste -sd' ')"
equal "slot 2" "[20326]" "$(jq -c '.slots[1].signing' "$SCRATCH/out")"
equal "follower" "2018-01-11T00:00:00+00:00 2018-01-13T00:00:00+00:00 null" \
	"$(facts '.resolvers[0] | "\(.fails_at) \(.hidden_until) \(.recovers_at)"')"
equal "its new key" "2018-01-01T00:00:00+00:00 AddPend" \
	"$(facts '.resolvers[0].keys["20326"].history |
		map("\(.at) \(.to)") | join(" ")')"
equal "static" "2018-01-11T00:00:00+00:00 [19036] Start" \
	"$(facts '.resolvers[1] | "\(.fails_at) \(.anchors) \(.keys["20326"].state)"')"
equal "static with the new one alone" \
	"2018-01-01T00:00:00+00:00 null 2018-01-11T00:00:00+00:00" \
	"$(facts '.resolvers[2] | "\(.fails_at) \(.hidden_until) \(.recovers_at)"')"
equal "outcomes" "FAILS ok ok ok ok ok ok ok ok" \
	"$(facts '[.resolvers[2].slots[].outcome] | join(" ")')"
equal "static with both" null "$(facts '.resolvers[3].fails_at')"

# By a parent's DS nobody minds that the new key is new: what counts is that
# everybody can hold its DS when it signs alone, to the second.
OLD_DS=ds=19036@2010-07-15T00:00:00Z
accepts --json simulate "$ROLL" \
	--resolver "ds,$OLD_DS,ds=20326@2018-01-09T23:00:00Z,lag=P1DT1H" \
	--resolver "ds,$OLD_DS,ds=20326@2018-01-09T23:00:01Z,lag=P1DT1H" \
	--resolver "ds,$OLD_DS/2018-01-10T00:00:00Z,ds=20326@2018-01-01T00:00:00Z"
equal "by DS" "null 2018-01-11T00:00:00+00:00 2018-01-10T00:00:00+00:00" \
	"$(facts '[.resolvers[].fails_at | tostring] | join(" ")')"
equal "held by all a second later" "2018-01-11T00:00:01+00:00" \
	"$(facts '.resolvers[1].recovers_at')"
equal "what each holds" "Valid AddPend Valid" \
	"$(facts '[.resolvers[1].slots[1,0].states["20326"],
		.resolvers[2].slots[0].states["20326"]] | join(" ")')"
accepts simulate "$ROLL" --resolver "ds,$OLD_DS,lag=P1D"
says "goes by the parent, trusts keys whose DS all hold"

# Who cannot verify an algorithm has no key of it: of the only one, nothing.
accepts --json simulate "$ROLL" \
	--resolver static,anchor=20326,anchor=19036,lacks=RSASHA256 \
	--resolver static,anchor=20326,anchor=19036,lacks=ECDSAP256SHA256,lacks=ED25519
equal "lacks RSA, lacks others" "2018-01-01T00:00:00+00:00 null" \
	"$(facts '[.resolvers[].fails_at | tostring] | join(" ")')"

accepts simulate "$ROLL"
transcript docs/simulate.md "anchorite simulate skr-root-2018-q1-0-d_to_e.xml"
says "1.1     2018-01-01T00:00:00  19036/S,20326/P   1414!  ok    Va    ok    V-"
says "FAILS at 2018-01-11T00:00:00 (slot 1.2): no signature by a key that it trusts"
says "answers in caches hide it until 2018-01-13T00:00:00 at the latest"
says "in 2 slots the DNSKEY response has more than 1232 octets"

### Sequences and resolvers that make no sense

refuses 2 "begins at 2017-01-01T00:00:00, when slot 9 of the response before it, from 2017-06-20T00:00:00, has begun" \
	simulate "$Q2" "$Q1"
refuses 2 "has begun; one that takes over in its course is given as SKR@TIME" \
	simulate "$Q1" "$Q1"
refuses 2 "expired at 2017-07-11T00:00:00: a response is missing between them" \
	simulate "$Q1" "$Q2" "$ROLL"
refuses 2 "nothing to publish at 2019-01-01T00:00:00" \
	simulate "$Q1" "$ROLL@2019-01-01T00:00:00Z"
refuses 2 "takes over at 2017-01-15T00:00:00, before anything else" \
	simulate "$Q2" "$Q1@2017-01-15T00:00:00Z"
refuses 2 "No such file" simulate "$Q1@yesterday"
refuses 2 "is a request (KSR), expected a response" \
	simulate "$(corpus root/ksr-root-2017-q2-0.xml)"
refuses 2 "anchor=1: no such KSK" simulate "$Q1" --resolver static,anchor=1
while IFS='|' read -r resolver text; do
	refuses 2 "--resolver $resolver: $text" simulate "$Q1" \
		--resolver "$resolver"
done <<'END'
recursive|"recursive": expected follower, static, absent, late or ds
|"": expected follower, static, absent, late or ds
late|a late resolver wants start=TIME
absent|an absent resolver wants off=TIME/DURATION
static,anchor|"anchor": expected KEY=VALUE
static,anchor=|anchor: expected 1 to 255 characters
static,name=a b|name=a b: expected letters, digits, - and _
static,colour=red|"colour": expected name, anchor, anchor-file, start, off, ds, lag or lacks
ds|ds=TAG@TIME is for resolvers of kind ds, and they want one
static,ds=19036@2017-01-01T00:00:00Z|ds=TAG@TIME is for resolvers of kind ds
ds,ds=19036|ds=19036: expected a key and since when
ds,ds=19036@2017-01-02T00:00:00Z/2017-01-02T00:00:00Z|ds=19036@2017-01-02T00:00:00Z/2017-01-02T00:00:00Z: expected a key
ds,lag=soon|lag=soon: expected a duration such as P1DT1H
follower,lacks=ECDSA|lacks=ECDSA: expected 
ds,ds=19036@2017-01-01T00:00:00Z,anchor=19036|a ds resolver has no anchors of its own
late,start=soon|start=soon: expected a time
late,start=2017-01-02T00:00:00Z,start=2017-01-02T00:00:00Z|start is given twice
absent,off=2017-01-02T00:00:00Z|off=2017-01-02T00:00:00Z: expected a time and a duration
absent,off=2017-01-02T00:00:00Z/PT0S|off=2017-01-02T00:00:00Z/PT0S: expected a time and a duration
absent,off=2017-01-02T00:00:00Z/P9D,off=2017-01-03T00:00:00Z/P9D|off=2017-01-03T00:00:00Z/P9D: begins before the one before it has ended
END
refuses 2 "a resolver that starts at 2016-12-31T23:59:59: the responses cover 2017-01-01T00:00:00 to 2017-04-11T00:00:00" \
	simulate "$Q1" --resolver late,start=2016-12-31T23:59:59Z
refuses 2 "a resolver that starts at 2017-04-11T00:00:00" \
	simulate "$Q1" --resolver late,start=2017-04-11T00:00:00Z

# A response with a signature that does not verify is not simulated.
awk '/<SignatureData>/ && !n++ {
	i = index($0, "<SignatureData>") + 20
	c = substr($0, i, 1) == "A" ? "B" : "A"
	$0 = substr($0, 1, i - 1) c substr($0, i + 1)
} { print }' "$Q1" >"$SCRATCH/spoilt.xml"
refuses 1 "signature 1 by Kjqmt7v: does not verify" simulate \
	"$SCRATCH/spoilt.xml"

### Anchors from files

digest=$(pin Kjqmt7v)
cat >"$SCRATCH/anchors" <<END
; the old one as a DS, cut in two
. 172800 IN DS 19036 8 2 ${digest:0:48} ${digest:48}

END
accepts --json simulate "$ROLL" --resolver "static,anchor-file=$SCRATCH/anchors"
equal "a DS" "[19036] 2018-01-11T00:00:00+00:00" \
	"$(facts '.resolvers[0] | "\(.anchors) \(.fails_at)"')"
"$ANCHORITE" show "$ROLL" --format dns | grep 'DNSKEY 257' | sort -u \
	>"$SCRATCH/both"
accepts --json simulate "$ROLL" --resolver "static,anchor-file=$SCRATCH/both"
equal "two DNSKEYs" "[19036,20326] null" \
	"$(facts '.resolvers[0] | "\(.anchors | sort | tostring) \(.fails_at)"')"
while IFS='|' read -r line text; do
	printf '\n%s\n' "$line" >"$SCRATCH/bad"
	refuses 2 "$SCRATCH/bad:2: $text" simulate "$ROLL" \
		--resolver "static,anchor-file=$SCRATCH/bad"
done <<'END'
test. IN DS 1 8 2 00|is for another zone, test.
. IN DS 1 8 1 00|digest type 1: expected 2, SHA-256
. IN DS 1 8 2 00|digest "00": expected 64 hex digits
. IN DS 65536 8 2 00|key tag "65536": expected a number up to 65535
. IN DNSKEY 385 3 8 AwEAAQ==|flags 385, protocol 3: expected a zone key that is not revoked
. IN DNSKEY 257 3 8 !|the public key is no base64
. IN A 192.0.2.1|expected a DS or DNSKEY record on one line
END
: >"$SCRATCH/bad"
refuses 2 "$SCRATCH/bad: holds no anchor" simulate "$ROLL" \
	--resolver "static,anchor-file=$SCRATCH/bad"

### A rollover signed quarter by quarter, as its operators would

DAY=86400
init_workspace ws --at 2026-11-01T12:00:00Z
WS=$SCRATCH/ws
PREVIOUS=

# sign QUARTER DATE SCHEMA NAME [OPTION]...: $WS/NAME.xml, 45 days before.
sign() {
	local quarter=$1 at ksr=$WS/ksr-$1.xml chain=(--first) ask=() name=$4
	at=$(date -u -d "@$(($(date -u -d "$2" +%s) - 45 * DAY))" \
		+%Y-%m-%dT%H:%M:%SZ)
	if [ -n "$PREVIOUS" ]; then
		chain=(--previous-skr "$PREVIOUS")
		ask=("${chain[@]}")
	fi
	[ -e "$ksr" ] || accepts --at "$at" request "$ksr" \
		--quarter "$quarter" "${ask[@]}"
	accepts --at "$at" sign "$ksr" "$WS/$name.xml" --schema "$3" --batch \
		"${chain[@]}" "${@:5}"
}

sign 2027-q1 2027-01-01 normal c1
PREVIOUS=$WS/c1.xml
accepts --at 2027-02-01T12:00:00Z keygen --label ksk-2 --algorithm RSASHA256
sed -n '/^  ksk_next:$/,$p' "$SCRATCH/out" >>"$ANCHORITE_CONFIG"
accepts --json inventory --dns
read -r OLD REVOKED < <(facts '.keys[] | select(.label == "ksk-1") |
	"\(.dns.key_tag) \(.dns.revoked_key_tag)"')
NEW=$(facts '.keys[] | select(.label == "ksk-2") | .dns.key_tag')
sign 2027-q2 2027-04-01 pre-publish d2
PREVIOUS=$WS/d2.xml
sign 2027-q3 2027-07-01 publish+ d3
PREVIOUS=$WS/d3.xml
sign 2027-q4 2027-10-01 rollover e4
sign 2027-q4 2027-10-01 publish+ d4 --alternative d_to_d
PREVIOUS=$WS/e4.xml
sign 2028-q1 2028-01-01 revoke f1
PREVIOUS=$WS/f1.xml
sed -i 's/^  ksk_current:$/  ksk_old:/; s/^  ksk_next:$/  ksk_current:/' \
	"$ANCHORITE_CONFIG"
sign 2028-q2 2028-04-01 normal c2
QUARTERS=("$WS"/{c1,d2,d3,e4,f1,c2}.xml)
unset ANCHORITE_CONFIG

# seen RESOLVER...: each resolver's outcome over all quarters, a line each:
# when it fails, until when that is hidden, when it recovers.
seen() {
	local resolvers=() resolver
	for resolver in "$@"; do
		resolvers+=(--resolver "$resolver")
	done
	accepts --json simulate "${QUARTERS[@]}" "${resolvers[@]}"
	facts '.resolvers[] | "\(.fails_at) \(.hidden_until) \(.recovers_at)"' |
		sed 's/T00:00:00+00:00//g' | paste -sd'|'
}

# history N TAG: of the N-th resolver, from 0.
history() {
	facts ".resolvers[$1].keys[\"$2\"].history |
		map(\"\\(.at[:10]) \\(.to)\") | join(\", \")"
}

# The new key is published from slot 2 of q2 on, 2027-04-11, and is trusted 30
# days later; it signs from slot 2 of q4, 2027-10-11, which is day 0 here.
equal "resolvers" "null null null|2027-10-11 2027-10-13 null|null null null" \
	"$(seen follower static "static,anchor=$OLD,anchor=$NEW")"
equal "the follower and the new key" \
	"2027-04-11 AddPend, 2027-05-11 Valid" "$(history 0 "$NEW")"
equal "the follower and the old key" \
	"2028-01-11 Revoked, 2028-04-20 Removed" "$(history 0 "$OLD")"
equal "slots of the revocation" "[$NEW,$OLD] [$NEW,$REVOKED] [$NEW]" "$(jq -c \
	'[.slots[] | select(.response == 5)] | .[0].published, .[1].signing,
	.[8].published | sort' "$SCRATCH/out" | paste -sd' ' |
	sed "s/\[$OLD,$NEW\]/[$NEW,$OLD]/; s/\[$REVOKED,$NEW\]/[$NEW,$REVOKED]/")"
equal "sizes" "864 1139 1414 1425" \
	"$(facts '[.slots[].octets] | unique | map(tostring) | join(" ")')"
equal "late" "null null null|2027-10-11 2027-10-13 null" \
	"$(seen late,start=2027-09-10T23:59:59Z late,start=2027-09-11T00:00:00Z)"
equal "absent" "null null null|null null null|2027-10-20 null null" "$(seen \
	absent,off=2027-04-01T00:00:00Z/P40D \
	absent,off=2028-01-10T00:00:00Z/P85D \
	absent,off=2027-03-01T00:00:00Z/P233D)"
equal "away while it was published" "2027-05-11 AddPend, 2027-06-10 Valid" \
	"$(history 0 "$NEW")"
equal "away while it was revoked" "2028-04-04 Missing" "$(history 1 "$OLD")"

# The fallback that holds the zone in D takes over: from the quarter's first
# day, and nobody fails; on 2027-10-20, when some have.
QUARTERS=("$WS"/{c1,d2,d3,d4}.xml)
equal "no roll" "null null null" "$(seen static)"
QUARTERS=("$WS"/{c1,d2,d3,e4}.xml "$WS/d4.xml@2027-10-20T00:00:00Z")
equal "back to D" "2027-10-11 2027-10-13 2027-10-20" "$(seen static)"
accepts simulate "${QUARTERS[@]}" --resolver static --svg "$SCRATCH/back.svg"
equal "from failure to recovery, drawn" 1 "$(grep -c \
	'class="fails".*, 2027-10-11T00:00:00 to 2027-10-20T00:00:00' \
	"$SCRATCH/back.svg")"
equal "validation before and after, drawn" 2 \
	"$(grep -c 'class="valid".*validates, ' "$SCRATCH/back.svg")"

# A sequence that begins in the revocation: the old key, which signs, is no
# anchor, and goes by the tag that it had before.
accepts --json simulate "$WS/f1.xml@2028-02-01T00:00:00Z"
equal "begins revoked" "[$NEW] null $OLD $NEW" "$(facts '.resolvers[0] |
	"\(.anchors) \(.fails_at) \(.keys | keys_unsorted | join(" "))"' |
	sed "s/$NEW $OLD\$/$OLD $NEW/")"
accepts --json simulate "$WS/f1.xml@2028-02-01T00:00:00Z" \
	--resolver "follower,anchor=$OLD"
equal "the old one revokes itself" "2028-02-01 Revoked" "$(history 0 "$OLD")"
equal "and is of no use" "2028-02-01T00:00:00+00:00 null" \
	"$(facts '.resolvers[0] | "\(.fails_at) \(.recovers_at)"')"

# Another zone operator's responses: the same label, another key.
init_workspace other --at 2026-11-01T12:00:00Z
accepts --at 2027-02-15T00:00:00Z request "$SCRATCH/other/ksr.xml" \
	--quarter 2027-q2
accepts --at 2027-02-15T00:00:00Z sign "$SCRATCH/other/ksr.xml" \
	"$SCRATCH/other/skr.xml" --first --batch
unset ANCHORITE_CONFIG
refuses 2 "resolver 1 (static): anchor=ksk-1: is more than one key" simulate \
	"$WS/c1.xml" "$SCRATCH/other/skr.xml" --resolver static,anchor=ksk-1
QUARTERS=("$WS/c1.xml" "$SCRATCH/other/skr.xml")
equal "a key out of nowhere" "2027-04-01 2027-04-03 null" "$(seen follower)"

### Drawn

QUARTERS=("$WS"/{c1,d2,d3,e4,f1,c2}.xml)
accepts --ceremony "$SCRATCH/drawn" simulate "${QUARTERS[@]}" --resolver \
	follower --resolver static --resolver \
	late,start=2027-09-11T00:00:00Z --resolver \
	absent,off=2028-01-10T00:00:00Z/P85D --svg "$SCRATCH/roll.svg"
xmllint --noout "$SCRATCH/roll.svg" || fail "the drawing is no XML"
equal "failures drawn" 2 "$(grep -c 'class="fails".*no signature by a key that it trusts, 2027-10-11T00:00:00 to ' \
	"$SCRATCH/roll.svg")"
grep -q "class=\"revoked\".*KSK $OLD: revoked, signs, 2028-01-11T00:00:00 to 2028-03-21T00:00:00" \
	"$SCRATCH/roll.svg" || fail "the revocation is not drawn"
grep -q "class=\"published\".*$NEW is AddPend, 2027-04-11T00:00:00 to 2027-05-11T00:00:00" \
	"$SCRATCH/roll.svg" || fail "the hold-down is not drawn"
cp "$SCRATCH/roll.svg" "$SCRATCH/kept.svg"
refuses 2 "$SCRATCH/roll.svg: already exists" simulate "$Q1" \
	--svg "$SCRATCH/roll.svg"
cmp "$SCRATCH/roll.svg" "$SCRATCH/kept.svg" || fail "a file was overwritten"
refuses 1 "does not verify" simulate "$SCRATCH/spoilt.xml" \
	--svg "$OUTPUT/spoilt.svg"
nothing_written
accepts simulate "${QUARTERS[@]}" --svg "$SCRATCH/again.svg" --resolver \
	follower --resolver static --resolver \
	late,start=2027-09-11T00:00:00Z --resolver \
	absent,off=2028-01-10T00:00:00Z/P85D
cmp "$SCRATCH/roll.svg" "$SCRATCH/again.svg" || fail "drawn in another way"
accepts replay "$SCRATCH/drawn"

# forged NAME FILTER TEXT: the record forged/ of NAME, its lines run through the
# filter and chained anew; TEXT is what replay says of it.
forged() {
	jq -c "$2" "$1/log.jsonl" >"$SCRATCH/forged/log.jsonl"
	rechain "$SCRATCH/forged"
	run replay "$SCRATCH/forged"
	equal "replay's status after $2" 1 "$status"
	says "$3"
}

cp -r "$SCRATCH/drawn" "$SCRATCH/forged"
was=$(sha256sum <"$SCRATCH/roll.svg" | cut -c1-64)
sed 's/FAILS/fails/' "$SCRATCH/roll.svg" >"$SCRATCH/fair.svg"
is=$(sha256sum <"$SCRATCH/fair.svg" | cut -c1-64)
rm "$SCRATCH/forged/outputs/$was"
cp "$SCRATCH/fair.svg" "$SCRATCH/forged/outputs/$is"
forged "$SCRATCH/drawn" "if .sha256 == \"$was\" then .sha256 = \"$is\" |
	if .size then .size = $(stat -c %s "$SCRATCH/fair.svg") else . end
	else . end" "drawing: what is stored is not what is derived"
rm -r "$SCRATCH/forged"
cp -r "$SCRATCH/drawn" "$SCRATCH/forged"
forged "$SCRATCH/drawn" 'if .event == "simulated" then
	.resolvers[1].fails_at = null else . end' \
	"resolvers 2, fails_at: recorded null"
forged "$SCRATCH/drawn" 'if .event == "run" then
	.arguments |= map(if . == "static" then "follower" else . end)
	else . end' 'resolvers 2, resolver: recorded "static"'
forged "$SCRATCH/drawn" 'if .event == "run" then
	.arguments |= map(select(endswith("d2.xml") | not)) else . end' \
	'd2.xml", replayed'
forged "$SCRATCH/drawn" 'select(.event != "simulated")' \
	'"output drawing" is recorded where "simulated" is due'

### On record

RECORD=$SCRATCH/record
accepts --ceremony "$RECORD" simulate "$Q1" "$Q2"
accepts --ceremony "$RECORD" simulate "$ROLL" --resolver follower \
	--resolver "static,anchor-file=$SCRATCH/anchors" --resolver \
	"static,anchor-file=$SCRATCH/both,name=both"
refuses 1 "does not verify" --ceremony "$RECORD" simulate "$SCRATCH/spoilt.xml"
refuses 2 "a response is missing" --ceremony "$RECORD" simulate "$Q1" "$ROLL"
mv "$SCRATCH/anchors" "$SCRATCH/elsewhere"
accepts --json replay "$RECORD"
equal "replay" "true 4 0" \
	"$(facts '"\(.identical) \(.runs | length) \(.differences | length)"')"
accepts log show "$RECORD"
says "simulated follower: fails at 2018-01-11T00:00:00+00:00"
says "simulated both: validates throughout"

finish
