#!/bin/bash
# Requests that must not be signed: each check, provoked through `sign`, refuses
# with status 1 and its id, writes nothing and, where it needs no token, leaves
# the HSM alone: the module of the configuration used here does not exist.
# shellcheck source=tests/support/lib.sh disable=SC2016
. tests/support/lib.sh
FORGETFUL=yes
needs jq pkcs11-tool

workspace
KSR=$WS/ksr.xml
SKR=$WS/skr.xml
NEXT=$WS/next.xml
DOC=$SCRATCH/doc.xml
CONF=$SCRATCH/conf.yaml

# refused IDS SEEN CONFIG TIME ARGS...: `sign` refuses $DOC for exactly these
# ids; SEEN stands among the findings.
refused() {
	local ids=$1 seen=$2 config=$3 time=$4
	shift 4
	refuses 1 "anchorite: refused: $DOC: $ids" --config "$config" \
		--at "$time" sign "$DOC" "$OUTPUT/skr.xml" --batch "$@"
	equal ids "anchorite: refused: $DOC: $ids" "$(<"$SCRATCH/err")"
	says "$seen"
	says "required: "
	nothing_written
	! grep -q '^Response /' "$SCRATCH/out" || fail "looks like success"
}

# edit FILE SED: to $DOC.
edit() {
	sed "$2" "$1" >"$DOC"
	! cmp -s "$1" "$DOC" || fail "the edit changes nothing: $2"
}

# first IDS SEEN SED: the first request, changed.
first() {
	edit "$KSR" "$3"
	refused "$1" "$2" "$OFFLINE" "$AT" --first
}

# chained IDS SEEN SED: the second request, changed, after the first response.
chained() {
	edit "$NEXT" "$3"
	KEPT=$SCRATCH/register-q1
	refused "$1" "$2" "$OFFLINE" "$NEXT_AT" --previous-skr "$SKR"
	KEPT=
}

# policy SECTION LINE...: $CONF with these lines in a section.
policy() {
	local section=$1
	shift
	awk -v section="$section:" -v lines="$(printf '  %s\n' "$@")" \
		'{ print } $0 == section { print lines }' "$OFFLINE" >"$CONF"
}

# by_policy IDS SEEN SECTION LINE...: the good first request under another
# policy.
by_policy() {
	local ids=$1 seen=$2
	shift 2
	policy "$@"
	cp "$KSR" "$DOC"
	refused "$ids" "$seen" "$CONF" "$AT" --first
}

### KSR-DOMAIN

sed 's/^  acceptable_domains: .*/  acceptable_domains: ["example."]/' \
	"$OFFLINE" >"$CONF"
cp "$KSR" "$DOC"
refused KSR-DOMAIN 'domain "."' "$CONF" "$AT" --first
says 'one of acceptable_domains: "example."'
accepts init "$SCRATCH/example" --zone example. --at "$AT"
accepts --config "$SCRATCH/example/anchorite.yaml" --at "$AT" request \
	"$SCRATCH/example.xml"
cp "$SCRATCH/example.xml" "$DOC"
refused KSR-DOMAIN 'domain "example."' "$OFFLINE" "$AT" --first

### KSR-ID and KSR-BUNDLE-UNIQUE, a replay among them

id=$(sed -n '2s/.* id="\([^"]*\)".*/\1/p' "$SKR")
chained KSR-ID "id $id, which is the previous SKR's" "2s/ id=\"[^\"]*\"/ id=\"$id\"/"
bundle=$(sed -n '28s/.* id="\([^"]*\)".*/\1/p' "$SKR")
chained KSR-BUNDLE-UNIQUE 'the id is also that of bundle 1 of the previous SKR' \
	"59s/ id=\"[^\"]*\"/ id=\"$bundle\"/"
first KSR-BUNDLE-UNIQUE 'the id is also that of bundle 1 of the request' \
	"59s/ id=\"[^\"]*\"/ id=\"$bundle\"/"
cp "$KSR" "$DOC"
refuses 1 "anchorite: refused: $DOC: KSR-ID, KSR-BUNDLE-UNIQUE, " \
	--config "$OFFLINE" --at "$AT" sign "$DOC" "$OUTPUT/skr.xml" --batch \
	--previous-skr "$SKR"
nothing_written

### KSR-BUNDLE-KEYS: fields, identifiers, what the request declares

first KSR-BUNDLE-KEYS 'declares tag 1' '62s/keyTag="[0-9]*"/keyTag="1"/'
first KSR-BUNDLE-KEYS 'is called ' '59,81s/zsk-2027-q1/zsk/'
first KSR-BUNDLE-KEYS 'has tag ' '20,58s/zsk-2026-q4/zsk-2027-q2/'
first 'KSR-BUNDLE-KEYS, KSR-BUNDLE-POP' 'has flags 257' '64s/256/257/'
first 'KSR-BUNDLE-KEYS, KSR-BUNDLE-POP' 'has protocol 2' '65s/3/2/'
first 'KSR-BUNDLE-KEYS, KSR-POLICY-ALG' 'is RSASHA256 of 2048 bits' \
	'13s/2048/4096/'
first 'KSR-BUNDLE-KEYS, KSR-POLICY-ALG' 'is RSASHA256 of 2048 bits with exponent 65537' \
	'13s/65537/3/'

### KSR-BUNDLE-POP

first KSR-BUNDLE-POP 'does not verify' '79{s/>A/>B/;t;s/>./>A/}'
first KSR-BUNDLE-POP 'which is not in the bundle' '77s/>[0-9]*/>1/'
first KSR-BUNDLE-POP 'has 0 signatures' '34,45d'
first KSR-BUNDLE-POP 'has 2 signatures' '69,80{H;80!d;g;s/\(.*\)/\1\1/}'
first KSR-BUNDLE-POP 'does not verify' '78s/>\./>example./'
first KSR-BUNDLE-POP 'original TTL 3600' '74s/172800/3600/'
first KSR-BUNDLE-POP 'does not verify' '73s/0/1/'

### KSR-BUNDLE-COUNT and -CYCLE-DURATION

first 'KSR-BUNDLE-COUNT, KSR-BUNDLE-CYCLE-DURATION, KSR-POLICY-KEYS, SKR-SCHEDULE' \
	'8 bundles' '220,261d'
by_policy KSR-BUNDLE-CYCLE-DURATION 'P80D (6912000 s) from the first to the last' \
	request_policy 'min_cycle_inception_length: P81D'
by_policy KSR-BUNDLE-CYCLE-DURATION 'P80D (6912000 s) from the first to the last' \
	request_policy 'min_cycle_inception_length: P70D' \
	'max_cycle_inception_length: P79D'

### KSR-POLICY-KEYS and -ALG

by_policy KSR-POLICY-KEYS '1 keys' request_policy \
	'num_keys_per_bundle: [2, 1, 1, 1, 2, 1, 1, 1, 2]'
by_policy KSR-POLICY-KEYS '3 different keys in all bundles' request_policy \
	'num_different_keys_in_all_bundles: 2'
by_policy KSR-POLICY-KEYS 'has TTL 172800' request_policy 'dns_ttl: 3600'
by_policy KSR-POLICY-KEYS 'has TTL 172800' ksk_policy 'ttl: 86400'
by_policy KSR-POLICY-ALG 'RSASHA256 is used' request_policy \
	'approved_algorithms: [RSASHA512]'
by_policy KSR-POLICY-ALG 'has 2048 bits' request_policy \
	'rsa_approved_key_sizes: [3072, 4096]'
by_policy KSR-POLICY-ALG 'has exponent 65537' request_policy \
	'rsa_approved_exponents: [3]'
for algorithm in 1 3 5 7 12 253; do
	first KSR-POLICY-ALG "($algorithm) is declared" \
		"11a <SignatureAlgorithm algorithm=\"$algorithm\"><RSA size=\"2048\" exponent=\"65537\"/></SignatureAlgorithm>"
done
first KSR-POLICY-ALG 'ECDSAP256SHA256 is declared' \
	'11a <SignatureAlgorithm algorithm="13"><ECDSA size="256"/></SignatureAlgorithm>'
first KSR-POLICY-ALG 'ED25519 is declared' \
	'11a <SignatureAlgorithm algorithm="15"><EdDSA size="256"/></SignatureAlgorithm>'
first 'KSR-BUNDLE-KEYS, KSR-BUNDLE-POP, KSR-POLICY-KEYS, KSR-POLICY-ALG, SKR-SCHEDULE' \
	'RSASHA512 is used' '66s/8/10/'

### the times

first KSR-POLICY-SIG-VALIDITY "by the request's own policy" \
	'8s/P21D/P20D/;9s/P21D/P19D/'
first KSR-POLICY-SIG-VALIDITY "by the request's own policy" \
	'8s/P21D/P23D/;9s/P21D/P22D/'
by_policy KSR-POLICY-SIG-VALIDITY "by the KSK operator's policy" ksk_policy \
	'min_signature_validity: P15D' 'max_signature_validity: P20D'
first 'KSR-POLICY-SIG-VALIDITY, KSR-POLICY-SIG-OVERLAP, SKR-FOLLOWERS' \
	'an expiration after the inception' \
	'61s/2027-02-01/2027-01-10/'
cp "$KSR" "$DOC"
refused KSR-POLICY-SIG-HORIZON 'after now (2026-10-01T00:00:00)' "$OFFLINE" \
	2026-10-01T00:00:00Z --first
refused KSR-POLICY-SIG-HORIZON 'expired 2027-01-22T00:00:00, now it is' \
	"$OFFLINE" 2027-01-22T00:00:00Z --first
first KSR-POLICY-SIG-OVERLAP "by the request's own policy" '10s/P12D/P10D/'
by_policy KSR-POLICY-SIG-OVERLAP "by the KSK operator's policy" ksk_policy \
	'min_validity_overlap: P12D'
by_policy KSR-POLICY-BUNDLE-INTERVAL 'P10D (864000 s) after that of the bundle before' \
	request_policy 'min_bundle_interval: P11D'
first 'KSR-POLICY-SIG-VALIDITY, KSR-POLICY-SIG-OVERLAP, SKR-FOLLOWERS' 'a gap of ' \
	'19s/2027-01-22/2027-01-05/'
first 'KSR-POLICY-SIG-VALIDITY, KSR-POLICY-SIG-OVERLAP, KSR-POLICY-BUNDLE-INTERVAL, SKR-TRUST, SKR-FOLLOWERS' \
	'is not after that of the bundle before' '60s/2027-01-11/2027-01-01/'
# Bundles are read in order of time: this one becomes the first.
first 'KSR-POLICY-KEYS, KSR-POLICY-SIG-VALIDITY, KSR-POLICY-SIG-OVERLAP, KSR-POLICY-BUNDLE-INTERVAL' \
	'is P1D (86400 s) after that of the bundle before' \
	'60s/2027-01-11/2026-12-31/'
# Each bound is compared with itself: what is far from both is fine.
edit "$KSR" '8s/P21D/P30D/;9s/P21D/P1D/'
accepts --config "$OFFLINE" --at "$AT" check "$DOC"

### KSR-POLICY-SAFETY

chained KSR-POLICY-SAFETY 'no other ZSK of RSASHA256 can sign at' '6s/P10D/P11D/'
chained KSR-POLICY-SAFETY 'no other ZSK of RSASHA256 can sign at' '7s/P10D/P11D/'
cp "$KSR" "$DOC"
{
	cat "$OFFLINE"
	sed -n '/^  ksk_current:$/,$p' "$OFFLINE" |
		sed 's/ksk_current/other/;s/ksk-1/ksk-2/;s/^\(    ds_sha256: \).*/\1'"$(printf '%064d' 0)"'/;/key_tag/d'
	printf '%s\n' 'schemas:' '  hasty:' \
		'    1-4: { sign: ksk_current }' '    5-9: { sign: other }'
} >"$CONF"
refused 'KSR-POLICY-SAFETY, SKR-TRUST, SKR-FOLLOWERS' \
	'KSK ksk_current is not in the bundle' "$CONF" "$AT" --first --schema hasty

### KSR-CHAIN-KEYS and -OVERLAP

cp "$NEXT" "$DOC"
previous=$SCRATCH/previous.xml
KEPT=$SCRATCH/register-q1
# after IDS SEEN SED: the good second request, after a changed response.
after() {
	sed "$3" "$SKR" >"$previous"
	! cmp -s "$SKR" "$previous" || fail "the edit changes nothing: $3"
	refused "$1" "$2" "$OFFLINE" "$NEXT_AT" --previous-skr "$previous"
}
after 'KSR-CHAIN-KEYS, KSR-CHAIN-PREVIOUS' 'previous SKR: the signature by key' '62{s/>A/>B/;t;s/>./>A/}'
after 'KSR-CHAIN-KEYS, KSR-CHAIN-PREVIOUS' 'is valid from 2027-01-01T00:00:00 to 2027-01-23' \
	'58s/01-22/01-23/'
after 'KSR-CHAIN-KEYS, KSR-CHAIN-PREVIOUS' 'which is not in the bundle' '60s/>[0-9]*/>1/'
after 'KSR-CHAIN-KEYS, KSR-CHAIN-PREVIOUS' 'which is unknown' '45s/ksk-1/ksk-2/;52s/ksk-1/ksk-2/'
# The last bundle, with its ZSKs and its overlap, is gone.
last=$(grep -n '<ResponseBundle' "$SKR" | tail -n 1 | cut -d: -f1)
after 'KSR-BUNDLE-COUNT, KSR-POLICY-SAFETY, KSR-CHAIN-KEYS, KSR-CHAIN-PREVIOUS, KSR-CHAIN-OVERLAP' \
	"is not in the previous SKR's last bundle" \
	"$last,/<.ResponseBundle>/d"
# Another chain: other ZSKs, other KSKs.
accepts init "$SCRATCH/other" --at "$AT"
accepts --config "$SCRATCH/other/anchorite.yaml" --at "$AT" request \
	"$SCRATCH/other.xml"
accepts --config "$SCRATCH/other/anchorite.yaml" --at "$AT" sign \
	"$SCRATCH/other.xml" "$SCRATCH/other-skr.xml" --first --batch
refuses 1 "KSR-CHAIN-KEYS" --config "$OFFLINE" --at "$NEXT_AT" sign "$NEXT" \
	"$OUTPUT/skr.xml" --batch --previous-skr "$SCRATCH/other-skr.xml"
says 'which is unknown'
says "of the previous SKR's last bundle is missing"
nothing_written
# From the second quarter to the third it is eleven days and not ten.
accepts --config "$CONFIG" --at "$NEXT_AT" sign "$NEXT" "$WS/skr2.xml" --batch \
	--previous-skr "$SKR"
cp "$WS/register.jsonl" "$SCRATCH/register-q2"
KEPT=$SCRATCH/register-q2
accepts --config "$CONFIG" --at "$NEXT_AT" request "$WS/third.xml" \
	--previous-skr "$WS/skr2.xml"
cp "$WS/third.xml" "$DOC"
policy ksk_policy 'min_validity_overlap: P11D'
refused KSR-CHAIN-OVERLAP 'overlaps the bundle before by P10D' "$CONF" \
	2027-05-15T12:00:00Z --previous-skr "$WS/skr2.xml"
# The KSK that signed last time is not in the token.
KEPT=$SCRATCH/register-q1
cp "$NEXT" "$DOC"
accepts --config "$CONFIG" --at "$AT" keygen --label ksk-2 \
	--algorithm RSASHA256
{
	sed 's/^  ksk_current:/  ksk_old:/;s/^request_policy:/&\n  check_keys_retire_safety: false/' \
		"$CONFIG"
	sed -n 's/^  ksk_next:$/  ksk_current:/;/^  ksk_current:$/,$p' \
		"$SCRATCH/out"
} >"$CONF"
SOFTHSM2_CONF=$WS/softhsm2.conf pkcs11-tool --login --pin "$(<"$WS/pin")" \
	--module "$(sed -n 's/^    module: "\(.*\)"/\1/p' "$CONFIG")" \
	--delete-object --type privkey --label ksk-1 >"$SCRATCH/p11" 2>&1 ||
	fail "ksk-1 is not deleted"
# Nobody trusts the new one yet, which a person may override.
refused KSR-CHAIN-KEYS \
	'KSK ksk_old (ksk-1) signed the last bundle and is not in the HSM' \
	"$CONF" "$NEXT_AT" --previous-skr "$SKR" \
	--override SKR-TRUST --reason lost --override SKR-FOLLOWERS --reason lost
says 'Token anchorite rehearsal'
! grep -q 'signatures made' "$SCRATCH/out" || fail "something was signed"

KEPT=

### KSR-TAG-CLASH, KSR-KEY-VALID and SKR-SCHEDULE

cp "$KSR" "$DOC"
tag=$(sed -n '62s/.*keyTag="\([0-9]*\)".*/\1/p' "$KSR")
{
	cat "$OFFLINE"
	printf '  %s\n' 'past:' '  label: past' '  algorithm: RSASHA256' \
		"  key_tag: $tag" "  ds_sha256: $(printf '%064d' 0)"
} >"$CONF"
refused KSR-TAG-CLASH "share tag $tag and algorithm RSASHA256" "$CONF" "$AT" \
	--first
# An even modulus: the last four bits of the key are zero.
edit "$KSR" '67s/.=</A=</'
refuses 1 ', KSR-KEY-VALID' --config "$OFFLINE" --at "$AT" sign "$DOC" \
	"$OUTPUT/skr.xml" --first --batch
says 'modulus is even'
nothing_written
cp "$KSR" "$DOC"
sed 's/^    valid_from: .*/    valid_from: 2027-02-01T00:00:00Z/' "$OFFLINE" >"$CONF"
refused SKR-SCHEDULE 'KSK ksk_current is used at inception 2027-01-01T00:00:00' \
	"$CONF" "$AT" --first
sed 's/^    valid_from: .*/    valid_until: 2027-02-01T00:00:00Z/' "$OFFLINE" >"$CONF"
refused SKR-SCHEDULE 'KSK ksk_current is used at inception 2027-02-10T00:00:00' \
	"$CONF" "$AT" --first

### all reasons, not the first; the same for scripts

edit "$KSR" '10s/P12D/P10D/;59,81s/zsk-2027-q1/zsk/;79{s/>A/>B/;t;s/>./>A/}'
refused 'KSR-BUNDLE-KEYS, KSR-BUNDLE-POP, KSR-POLICY-SIG-HORIZON, KSR-POLICY-SIG-OVERLAP' \
	'seen: ' "$OFFLINE" 2026-09-01T00:00:00Z --first
refuses 1 "anchorite: refused: $DOC: KSR-BUNDLE-KEYS, KSR-BUNDLE-POP, " \
	--json --config "$OFFLINE" --at "$AT" sign "$DOC" "$OUTPUT/skr.xml" \
	--first --batch
nothing_written
equal accepted false "$(jq .accepted "$SCRATCH/out")"
equal ids 'KSR-BUNDLE-KEYS KSR-BUNDLE-POP KSR-POLICY-SIG-OVERLAP' \
	"$(jq -r '[.checks[] | select(.verdict == "REFUSE").id] | unique | join(" ")' \
		"$SCRATCH/out")"
equal 'bundle of the bad signature' 2 \
	"$(jq '.checks[] | select(.id == "KSR-BUNDLE-POP").findings[0].bundle' \
		"$SCRATCH/out")"

### overrides: an id that may be, with a reason

# override_refused TEXT ARGS...
override_refused() {
	local text=$1
	shift
	refuses 2 "anchorite: $text" --config "$OFFLINE" --at "$AT" sign "$KSR" \
		"$OUTPUT/skr.xml" --first --batch "$@"
	nothing_written
}
H='KSR-POLICY-SIG-HORIZON'
override_refused "--override $H: has no --reason behind it" --override "$H"
override_refused "--override $H: has no --reason behind it" --override "$H" \
	--override KSR-DOMAIN --reason late
override_refused '--reason without an --override or a --replaces before it' --reason late
override_refused '--reason without an --override or a --replaces before it' --reason late \
	--override "$H"
override_refused '--reason without an --override or a --replaces before it' --override "$H" \
	--reason late --reason later
override_refused "overriding $H needs a reason" --override "$H" --reason ''
for id in KSR-NONE ksr-domain '' KSR-POLICY; do
	override_refused "there is no check \"$id\"" --override "$id" --reason late
done
for id in KSR-DOMAIN KSR-BUNDLE-POP KSR-CHAIN-KEYS KSR-KEY-VALID \
	SKR-SCHEDULE SKR-VERIFY SKR-MATCH SKR-PAIR SKR-BOUNDARY; do
	override_refused "$id may not be overridden" --override "$id" \
		--reason late
done
cp "$KSR" "$DOC"
refused "$H" 'seen: ' "$OFFLINE" 2026-09-01T00:00:00Z --first \
	--override KSR-ID --reason late
edit "$KSR" '79{s/>A/>B/;t;s/>./>A/}'
refused KSR-BUNDLE-POP 'seen: ' "$OFFLINE" 2026-09-01T00:00:00Z --first \
	--override "$H" --reason late

# From here on the token is that of another workspace, with its KSK.
OTHER=(--config "$SCRATCH/other/anchorite.yaml" --at 2026-09-01T00:00:00Z)
sed -i 's/valid_from: .*/valid_from: 2026-01-01T00:00:00Z/' \
	"$SCRATCH/other/anchorite.yaml"
reason=$'two quarters at once\e[2J'
accepts "${OTHER[@]}" sign "$SCRATCH/other.xml" "$SCRATCH/overridden.xml" \
	--first --batch --override "$H" --reason "$reason"
says "overridden  $H"
says 'overridden because: two quarters at once\x1b[2J'
accepts "${OTHER[@]}" --json sign "$SCRATCH/other.xml" \
	"$SCRATCH/overridden2.xml" --first --batch --override "$H" \
	--reason "$reason"
equal verdict "$H: two quarters at once\\x1b[2J" \
	"$(jq -r '.checks[] | select(.verdict == "overridden") | .id + ": " + .reason' \
		"$SCRATCH/out")"
cmp "$SCRATCH/overridden.xml" "$SCRATCH/other-skr.xml" ||
	fail "an override changes the response"

### a check that is switched off still runs: what it finds is shown

waived() {
	sed "s/^request_policy:/&\n  $2: false\n  $3/" \
		"$SCRATCH/other/anchorite.yaml" >"$CONF"
	rm -f "$SCRATCH/waived.xml"
	accepts --config "$CONF" --at "$AT" sign "$SCRATCH/other.xml" \
		"$SCRATCH/waived.xml" --first --batch
	says "waived      $1"
	says 'seen: '
}
waived "$H" signature_check_expire_horizon 'signature_horizon_days: 30'
waived KSR-BUNDLE-CYCLE-DURATION check_cycle_length \
	'min_cycle_inception_length: P81D'
waived KSR-POLICY-BUNDLE-INTERVAL check_bundle_intervals \
	'min_bundle_interval: P11D'
waived KSR-POLICY-KEYS check_keys_match_ksk_operator_policy \
	'num_different_keys_in_all_bundles: 2'

### a response that is not the answer, given to `verify`

# verify_refused IDS SEEN SED
verify_refused() {
	sed "$3" "$SKR" >"$DOC"
	! cmp -s "$SKR" "$DOC" || fail "the edit changes nothing: $3"
	refuses 1 "anchorite: refused: $DOC: $1" --config "$OFFLINE" --at "$AT" \
		verify "$KSR" "$DOC"
	equal ids "anchorite: refused: $DOC: $1" "$(<"$SCRATCH/err")"
	says "$2"
	! grep -q '^verified' "$SCRATCH/out" || fail "looks like success"
}
verify_refused SKR-VERIFY 'does not verify' '62{s/>A/>B/;t;s/>./>A/}'
verify_refused SKR-MATCH "the request's serial, 1" '2s/serial="1"/serial="2"/'
verify_refused SKR-MATCH "the request's id" '2s/ id="./&0/'
verify_refused SKR-MATCH "the request's id" '65s/ id="./&0/'
verify_refused SKR-MATCH 'seen: ' '18s/P10D/P11D/'
verify_refused SKR-MATCH 'seen: ' '7s/P28D/P29D/'
verify_refused SKR-MATCH 'seen: ' '13s/65537/3/'
verify_refused 'SKR-VERIFY, SKR-MATCH' "the request's times" \
	'67s/2027-02-01/2027-02-02/'
verify_refused 'SKR-VERIFY, SKR-PAIR' "every ZSK of the request" '38,44d'
verify_refused 'SKR-VERIFY, SKR-PAIR' 'has TTL 3600' '32s/172800/3600/'
verify_refused 'SKR-TRUST, SKR-FOLLOWERS, SKR-VERIFY, SKR-PAIR' \
	'which is unknown' '47s/257/256/'
verify_refused SKR-MATCH 'as many as the request has, 9' \
	"$last,/<.ResponseBundle>/d"
refuses 1 SKR-MATCH --config "$OFFLINE" --at "$AT" verify "$NEXT" "$SKR"
refuses 1 SKR-VERIFY --config "$SCRATCH/other/anchorite.yaml" --at "$AT" \
	verify "$KSR" "$SKR"
says 'a KSK whose DS the configuration pins'
refuses 1 KSR-CHAIN-KEYS --config "$OFFLINE" --at "$AT" verify "$KSR" "$SKR" \
	--previous-skr "$SCRATCH/other-skr.xml"
edit "$KSR" '59,81s/zsk-2027-q1/zsk/'
refuses 1 SKR-PAIR --config "$OFFLINE" --at "$AT" verify "$DOC" "$SKR"

finish
