#!/bin/bash
# KSKs of one schema in two HSMs of different makes: a whole rollover with the
# old key in SoftHSM and the new one in NSS, each run replayed, and what is
# refused with nothing signed.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq certutil unshare pkcs11-tool openssl

LIBRARIES=$(find /usr/lib -maxdepth 2 -name libp11-kit.so.0 -printf '%h\n' |
	head -n 1)
if [ ! -e "$LIBRARIES/p11-kit-proxy.so" ] || [ ! -e "$LIBRARIES/libsoftokn3.so" ]; then
	echo "SKIPPED: p11-kit-proxy or NSS is not installed" >&2
	exit 77
fi
PROGRAM=$ANCHORITE
WS=$SCRATCH/ws
CONFIG=$WS/anchorite.yaml
RECORD=$SCRATCH/ceremony/log.jsonl
AT=2026-11-15T12:00:00Z
accepts init "$WS" --at "$AT"

### the second HSM.  The proxy reads the system's list of modules, which a mount
### of our own hides.

mkdir "$SCRATCH/nss" "$SCRATCH/modules"
echo two-hsms-nss >"$SCRATCH/nss.pin"
chmod 600 "$SCRATCH/nss.pin"
certutil -N -d "sql:$SCRATCH/nss" -f "$SCRATCH/nss.pin"
printf '%s\n' "module: $LIBRARIES/libsoftokn3.so" \
	"x-init-reserved: configdir='sql:$SCRATCH/nss' certPrefix='' keyPrefix='' secmod='secmod.db' flags=" \
	>"$SCRATCH/modules/nss.module"
cat >"$SCRATCH/under" <<END_OF_UNDER
#!/bin/bash
exec unshare -rm bash -c 'mount --bind "\$1" /usr/share/p11-kit/modules &&
	shift && exec "\$@"' under "$SCRATCH/modules" "$PROGRAM" "\$@"
END_OF_UNDER
chmod +x "$SCRATCH/under"
if ! "$SCRATCH/under" --version >/dev/null 2>&1; then
	echo "SKIPPED: no name space of mounts for this user" >&2
	exit 77
fi
ANCHORITE=$SCRATCH/under

# second_hsm: its entry in the configuration.
second_hsm() {
	cat <<END_OF_HSM
  nss:
    module: "$LIBRARIES/p11-kit-proxy.so"
    token: "pkcs11:token=NSS%20Certificate%20DB"
    pin_file: "$SCRATCH/nss.pin"
END_OF_HSM
}

{
	echo 'rehearsal: true'
	echo 'hsm:'
	second_hsm
} >"$SCRATCH/nss.yaml"
accepts --config "$SCRATCH/nss.yaml" --at "$AT" keygen --label ksk-2 \
	--algorithm RSASHA256
sed -n '/^  ksk_next:$/,/^$/p' "$SCRATCH/out" | sed '/^$/d' >"$SCRATCH/next"
accepts --config "$SCRATCH/nss.yaml" --json inventory
PUBLIC=$(jq -r '.keys[] | select(.label == "ksk-2").dns.dnskey' \
	"$SCRATCH/out" | awk '{ print $NF }')
rm -r "$SCRATCH/ceremony"

# Both HSMs, and where each key is.
second_hsm >"$SCRATCH/second"
sed -i -e "/^hsm:/r $SCRATCH/second" \
	-e '/^    label: "ksk-1"/a \    hsm: softhsm' "$CONFIG"
{
	cat "$SCRATCH/next"
	echo '    hsm: nss'
} >>"$CONFIG"

sed -i '/^schemas:/,$d' "$CONFIG"
cat >>"$CONFIG" <<'END_OF_SCHEMAS'
schemas:
  after:
    1-9: {sign: ksk_next}
END_OF_SCHEMAS

# variant NAME SED...: another configuration, with the register as it is now and
# a record of its own; then $VARIANT are the arguments that take it.
variant() {
	local dir=$SCRATCH/$1
	rm -rf "$dir"
	mkdir "$dir"
	sed "${@:2}" "$CONFIG" >"$dir/anchorite.yaml"
	! cmp -s "$CONFIG" "$dir/anchorite.yaml" ||
		fail "the edit changes nothing: $1"
	[ ! -e "$WS/register.jsonl" ] || cp "$WS/register.jsonl" "$dir"
	VARIANT=(--config "$dir/anchorite.yaml" --ceremony "$dir/ceremony")
	RECORD=$dir/ceremony/log.jsonl
}

# of_record FILTER: of the last run on record.
of_record() {
	jq -rs "[.[] | select(.event == \"run\") | .seq] as \$runs |
		.[\$runs[-1] - 1:][] | $1" "$RECORD"
}

tokens_of_record() {
	of_record 'select(.event == "token").label' | paste -sd,
}

# replays DIR: nothing differs.
replays() {
	local status=0
	"$PROGRAM" replay "$1" "${@:2}" >"$SCRATCH/out" 2>"$SCRATCH/err" ||
		status=$?
	equal "replay of $1" 0 "$status"
}

# differs DIR TEXT ARGS...: it does not replay, and says TEXT.
differs() {
	local status=0
	"$PROGRAM" replay "$1" "${@:3}" >"$SCRATCH/out" 2>"$SCRATCH/err" ||
		status=$?
	equal "replay of $1" 1 "$status"
	says "$2"
}

# asks N AT [PREVIOUS]: the request of the N-th quarter.
asks() {
	local previous=()
	[ "$1" -eq 1 ] ||
		previous=(--previous-skr "$WS/$(($1 - 1)).skr")
	accepts --config "$CONFIG" --at "$2" request "$WS/$1.ksr" \
		--hsm softhsm "${previous[@]}"
	SIGN=(--at "$2" sign "$WS/$1.ksr")
	[ "$1" -eq 1 ] && PREVIOUS=(--first) || PREVIOUS=("${previous[@]}")
}

# signs N SCHEMA TOKENS ARGS...: by the tokens of these labels, in this order.
signs() {
	RECORD=$SCRATCH/ceremony/log.jsonl
	accepts --config "$CONFIG" "${SIGN[@]}" "$WS/$1.skr" "${PREVIOUS[@]}" \
		--schema "$2" --batch "${@:4}"
	equal "tokens of $2" "$3" "$(tokens_of_record)"
}

# signs_apart TOKENS ARGS...: with the last variant, $SCRATCH/apart.skr.
signs_apart() {
	rm -f "$SCRATCH/apart.skr"
	accepts "${VARIANT[@]}" "${SIGN[@]}" "$SCRATCH/apart.skr" \
		"${PREVIOUS[@]}" --batch "${@:2}"
	cp "$SCRATCH/out" "$SCRATCH/said"
	equal tokens "$1" "$(tokens_of_record)"
	replays "$(dirname -- "$RECORD")"
}

# unsigned STATUS TEXT ARGS...: refused, and no line says that anybody was asked
# or that anything was about to be signed.
unsigned() {
	refuses "$1" "$2" "${VARIANT[@]}" "${SIGN[@]}" "$OUTPUT/x.skr" \
		"${PREVIOUS[@]}" --batch "${@:3}"
	nothing_written
	[ ! -e "$RECORD" ] ||
		equal "acts on record" '' "$(of_record '.event' |
			grep -E '^(answer|signing|signed|output)$' || true)"
}

SOFTHSM='anchorite rehearsal'
NSS='NSS Certificate DB'

### both listed, each asked for its own PIN

accepts --config "$CONFIG" --ceremony "$SCRATCH/looked" --json inventory
equal "keys and HSMs" 'softhsm ksk-1 keys.ksk_current,nss ksk-2 keys.ksk_next' \
	"$(jq -r '[.keys[] | select(.label | startswith("ksk-"))] |
		sort_by(.label)[] | "\(.hsm) \(.label) \(.configured_as)"' \
		"$SCRATCH/out" | paste -sd,)"
equal missing '[]' "$(jq -c .missing "$SCRATCH/out")"
replays "$SCRATCH/looked"
variant exchanged -e 's/^    hsm: softhsm$/    hsm: x/' \
	-e 's/^    hsm: nss$/    hsm: softhsm/' -e 's/^    hsm: x$/    hsm: nss/'
refuses 1 'are not as the configuration has them: keys.ksk_current, keys.ksk_next' \
	"${VARIANT[@]}" inventory
says 'ksk-1                not in HSM nss: MISSING; keys.ksk_current'
replays "${RECORD%/*}"

### the quarter before: the other token is not touched

asks 1 2026-11-15T12:00:00Z
mv "$SCRATCH/nss.pin" "$SCRATCH/nss.away"
signs 1 normal "$SOFTHSM"
mv "$SCRATCH/nss.away" "$SCRATCH/nss.pin"

### D: the new key is published.  Its public half comes from its token, from
### the configuration, or from the other token.

asks 2 2027-02-15T12:00:00Z
HSM='/^    hsm: nss$/'
variant from_configuration "$HSM a\\    public_key: $PUBLIC"
mv "$SCRATCH/nss.pin" "$SCRATCH/nss.away"
signs_apart "$SOFTHSM" --schema pre-publish
grep -qx 'Of the configuration, to be published only: keys.ksk_next' \
	"$SCRATCH/said" || fail "it is not said where the key is from"
equal source configuration \
	"$(of_record 'select(.event == "ksks").ksks[1].from')"
cp "$SCRATCH/apart.skr" "$SCRATCH/wanted.skr"
accepts log show "${RECORD%/*}"
says 'algorithm 8, of the configuration'

# As another tool imports it.
hex=$(base64 -d <<<"$PUBLIC" | od -An -tx1 | tr -d ' \n')
equal exponent 03010001 "${hex:0:8}"
cat >"$SCRATCH/asn1" <<END_OF_ASN1
asn1=SEQUENCE:info
[info]
algorithm=SEQUENCE:algorithm
key=BITWRAP,SEQUENCE:key
[algorithm]
oid=OID:rsaEncryption
null=NULL
[key]
modulus=INTEGER:0x${hex:8}
exponent=INTEGER:0x010001
END_OF_ASN1
openssl asn1parse -genconf "$SCRATCH/asn1" -noout -out "$SCRATCH/public.der"
MODULE=$(sed -n 's/^    module: "\(.*softhsm.*\)"$/\1/p' "$CONFIG")
SOFTHSM2_CONF=$WS/softhsm2.conf pkcs11-tool --module "$MODULE" --login \
	--pin "$(<"$WS/pin")" --token-label "$SOFTHSM" --type pubkey \
	--write-object "$SCRATCH/public.der" --label ksk-2 --id 02 \
	>"$SCRATCH/out" 2>&1 || fail "pkcs11-tool"
variant from_the_other "$HSM d"
signs_apart "$SOFTHSM" --schema pre-publish
equal half public "$(of_record 'select(.event == "ksks").ksks[1].half')"
cmp "$SCRATCH/apart.skr" "$SCRATCH/wanted.skr" || fail "another response"

mv "$SCRATCH/nss.away" "$SCRATCH/nss.pin"
signs 2 pre-publish "$NSS,$SOFTHSM"
says "Token $NSS, serial 0000000000000000, of HSM nss"
cmp "$WS/2.skr" "$SCRATCH/wanted.skr" || fail "another response"

### what is refused, before anybody is asked

asks 3 2027-05-15T12:00:00Z
echo wrong-pin >"$SCRATCH/wrong.pin"
chmod 600 "$SCRATCH/wrong.pin"
variant wrong_pin "s|pin_file: \"$WS/pin\"|pin_file: \"$SCRATCH/wrong.pin\"|"
unsigned 2 'hsm.softhsm: token "anchorite rehearsal"' --schema rollover
grep -q 'wrong PIN' "$SCRATCH/err" || fail "not the PIN"
equal "tokens before the refusal" "$NSS" "$(tokens_of_record)"
replays "$SCRATCH/wrong_pin/ceremony"
variant no_module "s|module: \"$MODULE\"|module: \"/nonexistent/module.so\"|"
unsigned 2 'hsm.softhsm: cannot load PKCS#11 module: /nonexistent/module.so' \
	--schema rollover
replays "$SCRATCH/no_module/ceremony"
variant wrong_hsm 's/^    hsm: softhsm$/    hsm: nss/'
unsigned 2 'keys.ksk_current (label "ksk-1"): token "NSS Certificate DB" (serial 0000000000000000): no key with label "ksk-1"' \
	--schema rollover
variant from_the_other "$HSM d"
unsigned 2 'the pinned public key is there, its private key is not: "ksk-2"' \
	--schema rollover
variant bound_to_one '/^    hsm: softhsm$/d'
unsigned 2 'no key with label "ksk-1"' --schema rollover
variant bound_to_none '/^    hsm: \(softhsm\|nss\)$/d'
unsigned 2 'the configuration has 2 HSMs; choose one with --hsm, or say of each key where it is (keys.*.hsm)' \
	--schema rollover
variant restricted "\$a # the same"
unsigned 2 'keys.ksk_next is needed to sign and is in HSM nss, which --hsm softhsm leaves out' \
	--schema rollover --hsm softhsm
unsigned 2 'keys.ksk_next is needed to be published (it has no public_key) and is in HSM nss, which --hsm softhsm leaves out' \
	--schema publish+ --hsm softhsm

### two ceremonies for two fallbacks, each with one safe open

OLD=$(awk '/ IN DNSKEY 257 /' <("$PROGRAM" show "$WS/1.skr" --format dns) |
	head -n 1 | awk '{ print $NF }')
both_public() {
	variant "$1" -e "$HSM a\\    public_key: $PUBLIC" \
		-e "/^    hsm: softhsm\$/a\\    public_key: $OLD" "${@:2}"
}
both_public fallback_a
signs_apart "$SOFTHSM" --schema publish+ --hsm softhsm
both_public fallback_b
unsigned 1 KSR-CHAIN-KEYS --schema rollover+ --hsm nss
both_public fallback_b -e '/^request_policy:/a\  check_chain_keys_in_hsm: false'
signs_apart "$NSS" --schema rollover+ --hsm nss

### E and F: each signs with its own token

variant one_job "\$a # the same"
signs_apart "$NSS,$SOFTHSM" --schema rollover
signs 3 rollover "$NSS,$SOFTHSM" --jobs 4
cmp "$WS/3.skr" "$SCRATCH/apart.skr" || fail "--jobs makes another response"
equal signers ksk-1,ksk-2 "$(of_record 'select(.event == "signed") |
	.signatures[].key' | sort -u | paste -sd,)"
asks 4 2027-08-15T12:00:00Z
signs 4 revoke "$NSS,$SOFTHSM"
asks 5 2027-11-15T12:00:00Z
mv "$WS/pin" "$WS/pin.away"
signs 5 after "$NSS"
mv "$WS/pin.away" "$WS/pin"

### the record

"$PROGRAM" log show "$SCRATCH/ceremony" >"$SCRATCH/out"
says 'flags 257, algorithm 8, in HSM nss'
modules=()
for name in softhsm nss; do
	modules+=(--module-sha256 "$(jq -r --arg name $name \
		'select(.event == "hsm" and .name == $name).sha256' \
		"$SCRATCH/ceremony/log.jsonl" | sort -u)")
done
replays "$SCRATCH/ceremony" "${modules[@]}"
differs "$SCRATCH/ceremony" 'not the one given with --module-sha256' \
	"${modules[@]:0:2}"
"$PROGRAM" report "$SCRATCH/ceremony" -o "$SCRATCH/report.html" >"$SCRATCH/out"
grep -q 'in HSM nss' "$SCRATCH/report.html" || fail "the report names no HSM"

# forged FILTER TEXT: a record that was written anew is found out.
forged() {
	forge_record "$SCRATCH/ceremony" "$SCRATCH/forged" "$1"
	differs "$SCRATCH/forged" "$2"
}
forged 'if .event == "ksks" and (.ksks[0].hsm == "softhsm")
	then .ksks[0].hsm = "nss" else . end' 'was not found'
forged 'if .event == "ksks" and (.ksks[0].hsm == "softhsm")
	then .ksks[0].hsm = "third" else . end' \
	'ksk_current is in no token that the run had logged in to'
forged 'if .event == "ksks" and .ksks[0].hsm then del(.ksks[0].hsm) else . end' \
	'ksk_current is in no token that the run had logged in to'
forged 'if .event == "hsm" and .name == "softhsm" then .name = "nss" else . end' \
	'HSM nss was opened at line'

### what the configuration may say

# malformed SED POSITION TEXT
malformed() {
	variant malformed "$1"
	refuses 2 "anchorite.yaml:$2: keys.ksk_next.$3" "${VARIANT[@]}" \
		"${SIGN[@]}" "$OUTPUT/x.skr" "${PREVIOUS[@]}" --schema after \
		--batch
	nothing_written
}
line=$(grep -n '^    hsm: nss$' "$CONFIG" | cut -d: -f1)
malformed "$HSM s/nss/safe-b/" "$line:10" \
	'hsm: "safe-b" is no HSM of this file'
malformed "$HSM a\\    public_key: $OLD" "$((line + 1)):17" \
	'public_key: is not the key that is pinned beside it: it has DS'
malformed "$HSM a\\    public_key: ${PUBLIC:0:100}" "$((line + 1)):17" \
	'public_key: is not the key that is pinned beside it: '
malformed "$HSM a\\    public_key: ksk-2.pem" "$((line + 1)):17" \
	'public_key: "ksk-2.pem" is no public key'
variant malformed "$HSM a\\    public_key: $PUBLIC"
sed -i '/^  ksk_next:/,$s/^    ds_sha256: .*//' "$SCRATCH/malformed/anchorite.yaml"
refuses 2 'keys.ksk_next.public_key: has no ds_sha256 beside it' \
	"${VARIANT[@]}" "${SIGN[@]}" "$OUTPUT/x.skr" "${PREVIOUS[@]}" \
	--schema after --batch
finish
