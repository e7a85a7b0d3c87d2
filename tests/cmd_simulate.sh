#!/bin/bash
# What resolvers make of published responses, and of a rollover from its first
# quarter to its last; which sequences are refused; on record, and replayed.
# shellcheck source=tests/lib.sh
. tests/lib.sh
needs jq

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
accepts simulate "$ROLL"
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
recursive|"recursive": expected follower, static, absent or late
|"": expected follower, static, absent or late
late|a late resolver wants start=TIME
absent|an absent resolver wants off=TIME/DURATION
static,anchor|"anchor": expected KEY=VALUE
static,anchor=|anchor: expected 1 to 255 characters
static,name=a b|name=a b: expected letters, digits, - and _
static,colour=red|"colour": expected name, anchor, anchor-file, start or off
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

cat >"$SCRATCH/anchors" <<'END'
; the old one as a DS, cut in two
. 172800 IN DS 19036 8 2 49AAC11D7B6F6446702E54A1607371607A1A41855200FD2C E1CDDE32F24E8FB5

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
