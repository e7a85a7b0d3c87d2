#!/bin/bash
# Trust anchors made, shown and compared: the root's as it is published, a
# token's against its pins, by a plan, as Unbound and BIND take them, on record.
# shellcheck source=tests/support/lib.sh disable=SC2016
. tests/support/lib.sh
# shellcheck source=tests/support/zone.sh
. tests/support/zone.sh
needs jq jing xmllint unbound unbound-checkconf named named-checkconf delv dig
ROOT_KEYS=/usr/share/dns/root.key
[ -r "$ROOT_KEYS" ] || {
	echo "SKIPPED: package dns-root-data is not installed" >&2
	exit 77
}

PIDS=()
trap 'own_shell && { kill "${PIDS[@]}" 2>/dev/null || true; rm -rf "$SCRATCH"; }' EXIT

# row FILTER: of the last --json output, as one line.
row() {
	jq -r "$1" "$SCRATCH/out"
}

### The root's own: rebuilt as it is published, but for its id

# digest_of LABEL: by the configurations that pin it, and as the corpus has it.
digest_of() {
	local digest
	digest=$(grep -h -A 8 "label: $1\$" docs/examples/root.yaml \
		tests/data/corpus.yaml | sed -n '0,/ds_sha256/s/.*ds_sha256: //p')
	[ ! -r "$CORPUS/README.md" ] ||
		grep -qF "$digest" "$CORPUS/README.md" ||
		fail "the corpus has another digest of $1"
	echo "$digest"
}
# key_of TAG: the public key that the package has.
key_of() {
	sed -n "s/.* DNSKEY 257 3 8 \([^ ]*\) ; keytag $1\$/\1/p" "$ROOT_KEYS"
}
OLD=$(digest_of Kjqmt7v)
NOW=$(digest_of Klajeyz)
NEXT=$(digest_of Kmyv6jo)
SOURCE=http://data.iana.org/root-anchors/root-anchors.xml
ROOT=$SCRATCH/root.yaml
cat >"$ROOT" <<END
keys:
  ksk_2024:
    label: Kmyv6jo
    key_tag: 38696
    algorithm: RSASHA256
    valid_from: 2024-07-18T00:00:00+00:00
    ds_sha256: $NEXT
    public_key: $(key_of 38696)
  ksk_2017:
    label: Klajeyz
    algorithm: RSASHA256
    valid_from: 2017-02-02T00:00:00+00:00
    ds_sha256: $NOW
    public_key: $(key_of 20326)
  ksk_2010:
    label: Kjqmt7v
    key_tag: 19036
    algorithm: RSASHA256
    valid_from: 2010-07-15T00:00:00+00:00
    valid_until: 2019-01-11T00:00:00+00:00
    ds_sha256: $OLD
trust_anchor:
  source: $SOURCE
END
ID=0C05FDD6-422C-4910-8ED6-430ED15E11C2
RECORD=(--ceremony "$SCRATCH/record")
accepts --config "$ROOT" trust-anchor make "$SCRATCH/root.xml" --id "$ID"
says "Klajeyz, key tag 20326, RSASHA256, valid from 2017-02-02T00:00:00; valid"
says "Kjqmt7v, key tag 19036, RSASHA256, valid from 2010-07-15T00:00:00 until 2019-01-11T00:00:00; valid no more; no public key"
says "Trust anchors $SCRATCH/root.xml SHA-256 $(sha256sum "$SCRATCH/root.xml" |
	cut -c1-64)"

# digest ID VALIDITY TAG HEX [KEY]: an element as IANA publishes it.
digest() {
	printf '    <KeyDigest id="%s" %s>\n' "$1" "$2"
	printf '        <%s>%s</%s>\n' KeyTag "$3" KeyTag Algorithm 8 Algorithm \
		DigestType 2 DigestType Digest "$4" Digest
	[ -z "${5-}" ] || printf '        <%s>%s</%s>\n' PublicKey "$5" \
		PublicKey Flags 257 Flags
	printf '    </KeyDigest>\n'
}
{
	echo '<?xml version="1.0" encoding="UTF-8"?>'
	echo "<TrustAnchor id=\"$ID\" source=\"$SOURCE\">"
	echo '    <Zone>.</Zone>'
	digest Kjqmt7v 'validFrom="2010-07-15T00:00:00+00:00" validUntil="2019-01-11T00:00:00+00:00"' \
		19036 "$OLD"
	digest Klajeyz 'validFrom="2017-02-02T00:00:00+00:00"' 20326 "$NOW" \
		"$(key_of 20326)"
	digest Kmyv6jo 'validFrom="2024-07-18T00:00:00+00:00"' 38696 "$NEXT" \
		"$(key_of 38696)"
	echo '</TrustAnchor>'
} >"$SCRATCH/published.xml"
cmp "$SCRATCH/published.xml" "$SCRATCH/root.xml" ||
	fail "the root's anchors are not as they are published"
CASES=$((CASES + 1))
jing -c docs/trust-anchor.rnc "$SCRATCH/root.xml" >"$SCRATCH/out" ||
	fail "docs/trust-anchor.rnc refuses it"
for spoiled in '/<Flags>/d' 's/<Zone>.*//' 's/ source="[^"]*"//' \
	's/20326/70000/' 's/<Digest>49/<Digest>4/' 's/2010-07-15T/2010-07-15 /'; do
	sed "$spoiled" "$SCRATCH/root.xml" >"$SCRATCH/spoiled.xml"
	! jing -c docs/trust-anchor.rnc "$SCRATCH/spoiled.xml" >"$SCRATCH/out" ||
		fail "docs/trust-anchor.rnc accepts $spoiled"
	refuses 2 "$SCRATCH/spoiled.xml:" trust-anchor show "$SCRATCH/spoiled.xml"
done
# The id of its own is of the content.
accepts --config "$ROOT" trust-anchor make "$SCRATCH/a.xml"
accepts --config "$ROOT" trust-anchor make "$SCRATCH/b.xml"
cmp "$SCRATCH/a.xml" "$SCRATCH/b.xml" || fail "two ids of one content"
diff "$SCRATCH/a.xml" "$SCRATCH/root.xml" >"$SCRATCH/diff" || true
equal "but for its id" 2 "$(grep -c '^[<>] <TrustAnchor id=' "$SCRATCH/diff")"
equal "nothing but its id" 4 "$(wc -l <"$SCRATCH/diff")"

refuses 2 "root.xml: already exists" --config "$ROOT" trust-anchor make \
	"$SCRATCH/root.xml"
refuses 2 "--format json: expected xml, ds, dnskey, unbound" --config "$ROOT" \
	trust-anchor make "$SCRATCH/x" --format json
refuses 2 "--id a b: expected" --config "$ROOT" trust-anchor make \
	"$SCRATCH/x" --id 'a b'
refuses 2 "--id has no meaning for --format ds" --config "$ROOT" trust-anchor \
	make "$SCRATCH/x" --format ds --id a
refuses 2 "--key none: the configuration has no key" --config "$ROOT" \
	trust-anchor make "$SCRATCH/x" --key none
refuses 2 "--format has no meaning for trust-anchor show" trust-anchor show \
	"$SCRATCH/root.xml" --format ds
# broken SED STATUS TEXT: what the configuration has to say of an anchor.
broken() {
	sed "$1" "$ROOT" >"$SCRATCH/broken.yaml"
	refuses "$2" "$3" --config "$SCRATCH/broken.yaml" trust-anchor make \
		"$SCRATCH/x"
	absent "$SCRATCH/x"
}
broken '/valid_from: 2010/d' 1 "keys.ksk_2010: it has no valid_from"
broken '/key_tag: 19036/d' 1 "keys.ksk_2010: it has no key_tag"
broken '/ds_sha256: 49AA/d' 1 "keys.ksk_2010: it has no ds_sha256"
broken '/^trust_anchor:/,$d' 2 "has no trust_anchor.source"
broken 's/key_tag: 38696/key_tag: 38697/' 2 "key tag"

# A form that cannot say when has those that are valid now.
accepts --config "$ROOT" trust-anchor make "$SCRATCH/root.ds" --format ds
equal "valid now" "20326 38696" \
	"$(awk '{ print $4 }' "$SCRATCH/root.ds" | paste -sd' ')"
refuses 1 "no key is valid at this time" --config "$ROOT" trust-anchor make \
	"$SCRATCH/x" --format ds --key ksk_2010
absent "$SCRATCH/x"

# Knot Resolver, where there is one, has both.
accepts --config "$ROOT" trust-anchor make "$SCRATCH/root.lua" \
	--format knot-resolver
equal "one call" 1 "$(grep -c 'trust_anchors.add' "$SCRATCH/root.lua")"
if command -v kresd >/dev/null; then
	mkdir "$SCRATCH/kresd"
	cat >"$SCRATCH/kresd/conf" <<-END
		trust_anchors.remove('.')
		dofile('$SCRATCH/root.lua')
		print(trust_anchors.summary())
		quit()
	END
	timeout 20 kresd -n -q -c "$SCRATCH/kresd/conf" "$SCRATCH/kresd" \
		>"$SCRATCH/kresd/out" 2>&1 || fail "kresd does not take it"
	for tag in 20326 38696; do
		grep -q "DS[[:space:]]*$tag " "$SCRATCH/kresd/out" ||
			fail "kresd does not trust $tag"
	done
fi

### Shown

accepts trust-anchor show "$SCRATCH/root.xml"
says "Trust anchors of ., set $ID"
says "published at $SOURCE"
says "Who made it, only its signature says"
accepts --json trust-anchor show "$SCRATCH/root.xml"
equal "shown" "19036 valid no more,20326 valid,38696 valid" "$(row \
	'[.set.anchors[] | "\(.key_tag) \(.state)"] | join(",")')"
accepts --json --at 2017-01-01T00:00:00Z trust-anchor show "$SCRATCH/root.xml"
equal "earlier" "valid,not yet valid,not yet valid" "$(row \
	'[.set.anchors[].state] | join(",")')"

### Compared

# compared WANTED SED: each anchor's verdict when the file is edited so.
compared() {
	local wanted=0
	[[ $1 =~ ^((same|ended,\ and\ not\ there)(,|$))+$ ]] || wanted=1
	sed "$2" "$SCRATCH/root.xml" >"$SCRATCH/edited.xml"
	run --config "$ROOT" --json trust-anchor compare "$SCRATCH/edited.xml"
	equal "verdicts of $2" "$1" "$(row '[.anchors[].verdict] | join(",")')"
	equal "status of $2" "$wanted" "$status"
}
compared same,same,same ''
compared same,same,same "s/id=\"$ID\"/id=\"x\"/"
compared "ended, and not there,same,same" '/Kjqmt7v/,/<.KeyDigest>/d'
compared same,missing,same '/Klajeyz/,/<.KeyDigest>/d'
compared same,same,"validity differs" 's/2024-07-18T00:00:00/2024-07-18T00:00:01/'
compared same,"validity differs",same \
	's/\(validFrom="2017[^"]*"\)/\1 validUntil="2030-01-01T00:00:00Z"/'
compared "validity differs",same,same 's/ validUntil="[^"]*"//'
compared "other digest",same,same 's/<Digest>49/<Digest>48/'
sed 's/<Digest>49/<Digest>48/; s/Kjqmt7v/Kother/; s/19036/19037/' \
	"$SCRATCH/root.xml" >"$SCRATCH/edited.xml"
refuses 1 "Kother (key tag 19037): unknown" --config "$ROOT" trust-anchor \
	compare "$SCRATCH/edited.xml"
says "Kother, key tag 19037: unknown"
says "found: key tag 19037"
sed 's/<Zone>./<Zone>test/; /PublicKey/d; /Flags/d' "$SCRATCH/root.xml" \
	>"$SCRATCH/edited.xml"
refuses 1 "is of the zone test: expected ." --config "$ROOT" trust-anchor \
	compare "$SCRATCH/edited.xml"

### By a plan: an anchor ends where its key is revoked

{
	cat docs/examples/root.yaml
	echo "trust_anchor: {source: $SOURCE}"
} >"$SCRATCH/planned.yaml"
accepts --config "$SCRATCH/planned.yaml" --json trust-anchor make \
	"$SCRATCH/planned.xml" --plan docs/examples/plan-rollover.yaml --offline
equal "by the plan" "20326 2027-10-11T00:00:00+00:00,38696 null" "$(row \
	'[.set.anchors[] | "\(.key_tag) \(.valid_until)"] | join(",")')"
sed 's/^    valid_from: 2025.*//' "$SCRATCH/planned.yaml" >"$SCRATCH/begin.yaml"
accepts --config "$SCRATCH/begin.yaml" --json trust-anchor make \
	"$SCRATCH/begin.xml" --plan docs/examples/plan-rollover.yaml --offline
equal "it begins by the plan" 2027-04-11T00:00:00+00:00 \
	"$(row '.set.anchors[1].valid_from')"
sed '0,/valid_from/s/^    valid_from: .*/&\n    valid_until: 2027-10-12/' \
	"$SCRATCH/planned.yaml" | sed 's/2027-10-12/&T00:00:00+00:00/' \
	>"$SCRATCH/other.yaml"
refuses 1 "its valid_until is 2027-10-12T00:00:00, by the plan it ends at 2027-10-11T00:00:00" \
	--config "$SCRATCH/other.yaml" trust-anchor make "$SCRATCH/x" \
	--plan docs/examples/plan-rollover.yaml --offline
sed 's/valid_from: 2025-01-11/valid_from: 2028-01-11/' \
	"$SCRATCH/planned.yaml" >"$SCRATCH/late.yaml"
refuses 1 "the plan signs with it from" --config "$SCRATCH/late.yaml" \
	trust-anchor make "$SCRATCH/x" \
	--plan docs/examples/plan-rollover.yaml --offline

### A token's: the key that is pinned, or nothing

# The quarter that is now, so that resolvers need no other clock.
month=$((10#$(date -u +%m)))
QUARTER=$(date -u +%Y)-q$(((month + 2) / 3))
BEGIN=$(date -u -d "$(date -u +%Y)-$((3 * ((month + 2) / 3) - 2))-01" +%s)
BEFORE=$(date -u -d "@$((BEGIN - 45 * DAY))" +%Y-%m-%dT%H:%M:%SZ)
WS=$SCRATCH/ws
init_workspace ws --at "$BEFORE"
echo "trust_anchor: {source: \"https://anchors.test/a.xml\"}" >>"$ANCHORITE_CONFIG"
accepts "${RECORD[@]}" trust-anchor make "$SCRATCH/own.xml"
accepts --json trust-anchor show "$SCRATCH/own.xml"
TAG=$(row '.set.anchors[0].key_tag')
equal "from the token" true "$(row '.set.anchors[0].public_key != null')"
accepts "${RECORD[@]}" trust-anchor compare "$SCRATCH/own.xml"
accepts trust-anchor compare "$SCRATCH/own.xml" --offline
accepts trust-anchor make "$SCRATCH/off.xml" --offline
! grep -q PublicKey "$SCRATCH/off.xml" || fail "--offline asked the token"
refuses 1 "is neither in a token nor in the configuration" trust-anchor make \
	"$SCRATCH/x" --offline --format dnskey
refuses 2 "--offline and --hsm contradict each other" trust-anchor make \
	"$SCRATCH/x" --offline --hsm rehearsal
# A digest that the token's key has not, by its pin and by its file.
sed -E 's/(ds_sha256: ).{4}/\10000/' "$ANCHORITE_CONFIG" >"$WS/wrong.yaml"
refuses 2 "keys.ksk_current" --config "$WS/wrong.yaml" trust-anchor make \
	"$SCRATCH/x"
refuses 2 "keys.ksk_current" --config "$WS/wrong.yaml" trust-anchor compare \
	"$SCRATCH/own.xml"
refuses 1 "other digest" --config "$WS/wrong.yaml" trust-anchor compare \
	"$SCRATCH/own.xml" --offline

### As resolvers take them

for form in ds dnskey unbound bind bind-static knot-resolver; do
	accepts "${RECORD[@]}" trust-anchor make "$SCRATCH/own.$form" \
		--format "$form"
done
equal "DS and DNSKEY" "$(grep -v '^;' "$SCRATCH/own.ds")" \
	"$(ldns-key2ds -n -2 "$SCRATCH/own.dnskey" |
		awk '{ $2 = "IN"; $3 = "DS"; print $1, $2, $3, $(NF-3), $(NF-2),
			$(NF-1), toupper($NF) }')"
accepts --at "$BEFORE" request "$WS/ksr.xml" --quarter "$QUARTER" \
	--zsk-dir "$WS/zsks"
accepts --at "$BEFORE" sign "$WS/ksr.xml" "$WS/skr.xml" --batch --first
"$ANCHORITE" show "$WS/skr.xml" --format dns >"$SCRATCH/dns"
SLOT=$((($(date -u +%s) - BEGIN) / (10 * DAY) + 1))
[ "$SLOT" -le 9 ] || SLOT=9
slot_records "$SLOT"
mapfile -t signers < <(
	for key in "$WS"/zsks/*.key; do
		! grep -qF "$(awk '/DNSKEY/ { print $NF }' "$key")" \
			"$SCRATCH/slot" || echo "$key"
	done
)
build_zone "the zone" . $((BEGIN + (SLOT - 1) * 10 * DAY)) $((21 * DAY)) \
	"${signers[@]}"
PORT=$((20000 + $$ % 20000))

# unbound_with ANCHORS PORT: Unbound, which has the zone and trusts these.
unbound_with() {
	local dir=$SCRATCH/unbound-$2
	mkdir "$dir"
	cat >"$dir/conf" <<-END
		server:
		  username: ""
		  chroot: ""
		  directory: "$dir"
		  pidfile: "$dir/pid"
		  use-syslog: no
		  interface: 127.0.0.1@$2
		  num-threads: 1
		  module-config: "validator iterator"
		  do-not-query-localhost: no
		  local-zone: test. nodefault
		  trust-anchor-file: "$1"
		auth-zone:
		  name: "."
		  zonefile: "$SCRATCH/zone"
		  for-downstream: no
		  for-upstream: yes
		  fallback-enabled: no
		remote-control:
		  control-enable: no
	END
	quiet "unbound-checkconf" unbound-checkconf "$dir/conf"
	unbound -d -c "$dir/conf" >"$dir/log" 2>&1 &
	PIDS+=($!)
	wait_for "$2"
}
# wait_for PORT: until somebody answers there, five seconds at most.
wait_for() {
	for _ in {1..50}; do
		! dig +time=1 +tries=1 @127.0.0.1 -p "$1" . SOA +cd \
			>"$SCRATCH/dig" 2>&1 || return 0
		sleep 0.1
	done
	fail "nobody answers at port $1"
}
# asked PORT: the answer's status and whether it was validated.
asked() {
	dig +time=3 +tries=1 +dnssec @127.0.0.1 -p "$1" . SOA >"$SCRATCH/dig"
	sed -n 's/.*status: \([A-Z]*\),.*/\1/p; s/.*flags:\( [a-z ]*\);.*QUERY.*/\1/p' \
		"$SCRATCH/dig" | tr -d '\n' | sed 's/ .* ad.*/ ad/; s/ qr.*//'
}
unbound_with "$SCRATCH/own.unbound" "$PORT"
equal "Unbound with our anchors" "NOERROR ad" "$(asked "$PORT")"
# The root's own anchors are others.
accepts --config "$ROOT" trust-anchor make "$SCRATCH/root.unbound" \
	--format unbound
unbound_with "$SCRATCH/root.unbound" $((PORT + 1))
equal "Unbound with others" SERVFAIL "$(asked $((PORT + 1)))"

# named_with ANCHORS PORT: BIND, which asks Unbound and trusts these.
named_with() {
	local dir=$SCRATCH/named-$2
	mkdir "$dir"
	cat >"$dir/conf" <<-END
		options {
			directory "$dir";
			pid-file "$dir/pid";
			session-keyfile "$dir/session";
			$([[ ! $(named -v) =~ ^BIND\ 9\.1[0-9]\. ]] || echo 'lock-file none;')
			listen-on port $2 { 127.0.0.1; };
			listen-on-v6 { none; };
			forward only;
			forwarders { 127.0.0.1 port $PORT; };
			dnssec-validation yes;
			recursion yes;
		};
		controls { };
		include "$1";
	END
	quiet "named-checkconf" named-checkconf "$dir/conf"
	named -f -4 -n 1 -c "$dir/conf" -L "$dir/log" >"$dir/out" 2>&1 &
	PIDS+=($!)
	wait_for "$2"
}
named_with "$SCRATCH/own.bind-static" $((PORT + 2))
equal "BIND with our anchors" "NOERROR ad" "$(asked $((PORT + 2)))"
accepts --config "$ROOT" trust-anchor make "$SCRATCH/root.bind" \
	--format bind-static
named_with "$SCRATCH/root.bind" $((PORT + 3))
equal "BIND with others" SERVFAIL "$(asked $((PORT + 3)))"
named_with "$SCRATCH/own.bind" $((PORT + 4))
equal "BIND from our anchors on" "NOERROR ad" "$(asked $((PORT + 4)))"

# delv_with ANCHORS: what delv says of the zone.
delv_with() {
	delv -a "$1" +root=. @127.0.0.1 -p "$PORT" . SOA 2>&1 | sed -n 1p
}
equal "delv with our anchors" "; fully validated" \
	"$(delv_with "$SCRATCH/own.bind-static")"
[[ $(delv_with "$SCRATCH/root.bind") != "; fully validated" ]] ||
	fail "delv trusts others' anchors"
kill "${PIDS[@]}"
wait "${PIDS[@]}" 2>/dev/null || true
PIDS=()

### On record, told, replayed; a record that says otherwise is not believed

accepts replay "$SCRATCH/record"
accepts log show "$SCRATCH/record"
says "stored trust anchor: $SCRATCH/own.xml"
says "compared trust anchors $SCRATCH/own.xml, with what is declared"
says "key tag $TAG: same"
forge_record "$SCRATCH/record" "$SCRATCH/forged" \
	'if .event == "anchors compared" then .anchors[0].verdict = "missing"
	else . end'
refuses 1 "differ" replay "$SCRATCH/forged"
accepts report "$SCRATCH/record" -o "$SCRATCH/report.html"
grep -q 'compared trust anchors' "$SCRATCH/report.html" ||
	fail "the report does not tell of it"

finish
