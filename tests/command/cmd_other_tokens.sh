#!/bin/bash
# Tokens of other makes, as $QUIRKY has them: each is used, or its message says
# why not before anybody is asked.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
FORGETFUL=yes
needs jq

workspace
KSR=$WS/ksr.xml
MODULE=$(sed -n 's/^    module: "\(.*\)"$/\1/p' "$CONFIG")
QUIRKY_CONFIG=$WS/quirky.yaml
QUIRKY_PIN=$(<"$WS/pin")
export QUIRKY QUIRKY_PIN QUIRKY_TARGET=$MODULE
export SOFTHSM2_CONF=$WS/softhsm2.conf
[ -e "$TEST_BIN/libquirky_module.so" ] || fail "quirky_module is not built"
sed "s|module: .*|module: \"$TEST_BIN/libquirky_module.so\"|" "$CONFIG" \
	>"$QUIRKY_CONFIG"

# quirky QUIRKS [SED]: the module's ways from now on, and a change of the
# configuration.
quirky() {
	QUIRKY=$1
	sed "${2-}" "$QUIRKY_CONFIG" >"$WS/now.yaml"
	[ -z "${2-}" ] || ! cmp -s "$QUIRKY_CONFIG" "$WS/now.yaml" ||
		fail "the edit changes nothing: $2"
}

# command ARGS...: with that configuration.
COMMAND=(--config "$WS/now.yaml" --at "$AT")

# signs: and the response is the one that any other token gives.
signs() {
	rm -f "$SCRATCH/signed.xml"
	accepts "${COMMAND[@]}" sign "$KSR" "$SCRATCH/signed.xml" --first --batch
	cmp "$SCRATCH/signed.xml" "$WS/skr.xml" || fail "not the same response"
}

# last_events: those of the record's last run.
last_events() {
	jq -rs '[.[] | .event] | .[rindex("run"):] | join(" ")' \
		"$SCRATCH/ceremony/log.jsonl"
}

# last_login: how it was logged in to, on record.
last_login() {
	jq -r 'select(.event == "token").login' "$SCRATCH/ceremony/log.jsonl" |
		tail -n 1
}

# unasked TEXT: refused before anybody was asked, and the record tells of no
# signing.
unasked() {
	refuses 2 "$1" "${COMMAND[@]}" sign "$KSR" "$OUTPUT/skr.xml" --first \
		--batch
	nothing_written
	[[ " $(last_events) " != *" signing "* ]] || fail "signing is on record"
	[[ " $(last_events) " != *" answer "* ]] || fail "somebody was asked"
}

### what is read of it

for quirks in version_three interface cant_lock exact_sizes label_nul id_long id_private=x \
	no_public no_numbers foreign_slot flag_empty=zsk-2027-q1; do
	quirky "$quirks"
	signs
done
quirky 'serial=,label=' '/^    token:/d'
signs
equal "login on record" pin "$(last_login)"
accepts log show "$SCRATCH/ceremony"
says ', login by PIN'
quirky foreign_slot
accepts "${COMMAND[@]}" inventory
says 'slot 7777777: CKR_TOKEN_NOT_RECOGNIZED (0xe1)'
accepts "${COMMAND[@]}" --json inventory
jq -e '.tokens | map(.trouble) | index("CKR_TOKEN_NOT_RECOGNIZED (0xe1)")' \
	"$SCRATCH/out" >"$SCRATCH/jq" || fail "no trouble in JSON"
quirky flag_odd=zsk-2027-q1
accepts "${COMMAND[@]}" inventory
says 'UNUSABLE: attribute 0x202 is not a truth value'
accepts "${COMMAND[@]}" --json inventory
equal "odd keys" 1 "$(jq '[.keys[] | select(.unusable)] | length' "$SCRATCH/out")"

# An EC key of which the token shows no point in either half: the DNSKEY that the
# configuration pins decides.
ECDSA=$SCRATCH/ecdsa
SOFTHSM_OF_RSA=$SOFTHSM2_CONF
accepts init "$ECDSA" --at "$AT" --algorithm ECDSAP256SHA256
accepts --config "$ECDSA/anchorite.yaml" --at "$AT" request \
	"$ECDSA/ksr.xml" --algorithm ECDSAP256SHA256
accepts --config "$ECDSA/anchorite.yaml" --json inventory
public=$(jq -r '.keys[] | select(.label == "ksk-1").dns.dnskey' \
	"$SCRATCH/out" | awk '{ print $NF }')
sed "s|module: .*|module: \"$TEST_BIN/libquirky_module.so\"|" \
	"$ECDSA/anchorite.yaml" >"$ECDSA/quirky.yaml"
sed "/^    label: \"ksk-1\"/a \\    public_key: $public" \
	"$ECDSA/quirky.yaml" >"$ECDSA/pinned.yaml"
QUIRKY=no_public,no_numbers SOFTHSM2_CONF=$ECDSA/softhsm2.conf
refuses 2 'private key without a public key: "ksk-1"' \
	--config "$ECDSA/quirky.yaml" --at "$AT" sign "$ECDSA/ksr.xml" \
	"$OUTPUT/skr.xml" --first --batch
nothing_written
accepts --config "$ECDSA/pinned.yaml" --at "$AT" sign "$ECDSA/ksr.xml" \
	"$ECDSA/skr.xml" --first --batch --ceremony "$ECDSA/ceremony"
accepts replay "$ECDSA/ceremony"
SOFTHSM2_CONF=$SOFTHSM_OF_RSA

# What a message proposes may be pasted.
quirky 'twin,serial=,label=Card' '/^    token:/d'
unasked '2 tokens match, choose one by its URI: "Card" (serial none): pkcs11:token=Card;slot-id='
uri=$(grep -o 'pkcs11:[^ ;]*;slot-id=[0-9]*' "$SCRATCH/err" | head -n 1)
quirky 'twin,serial=,label=Card' "s|token: .*|token: \"$uri\"|"
signs
quirky late_serial=H1404001 's|token: .*|token: "pkcs11:serial=H1404001"|'
signs
quirky late_serial=H1404001 's|token: .*|token: "pkcs11:serial=H1404002"|'
unasked 'after the login its serial is H1404001, the token URI wants H1404002'

### ways in

for pin in '' /pin_file/d; do
	quirky pin_pad "$pin"
	rm -f "$SCRATCH/signed.xml"
	run "${COMMAND[@]}" sign "$KSR" "$SCRATCH/signed.xml" --first --batch
	equal status 0 "$status"
	equal "login on record" pad "$(last_login)"
	grep -q 'asks for its PIN by itself: enter it there' "$SCRATCH/err" ||
		fail "nobody is told to enter it"
	cmp "$SCRATCH/signed.xml" "$WS/skr.xml" || fail "not the same response"
done
quirky empty_pin 's|pin_file: .*|empty_pin: true|'
signs
quirky empty_pin
unasked 'wrong PIN: CKR_PIN_INCORRECT'
quirky empty_pin 's|pin_file: .*|&\n    empty_pin: true|'
refuses 2 "$WS/now.yaml:9:16: hsm.softhsm.empty_pin: there is a PIN as well" \
	"${COMMAND[@]}" sign "$KSR" "$OUTPUT/skr.xml" --first --batch
for pin in '' /pin_file/d; do
	quirky no_login "$pin"
	signs
	equal "login on record" none "$(last_login)"
done
quirky count_low
signs
printf '%s\r\n' "$QUIRKY_PIN" >"$WS/pin"
unasked "holds a carriage return beside the PIN; the token was not asked"
printf '%s\n' "$QUIRKY_PIN" >"$WS/pin"

### a PIN before each signature

quirky always_authenticate
unasked 'key "ksk-1": its CKA_ALWAYS_AUTHENTICATE asks for the PIN at each signature'
quirky always_authenticate 's|pin_file: .*|&\n    pin_per_signature: true|'
signs
rm -f "$SCRATCH/signed.xml"
accepts "${COMMAND[@]}" sign "$KSR" "$SCRATCH/signed.xml" --first --batch --jobs 4
cmp "$SCRATCH/signed.xml" "$WS/skr.xml" || fail "not the same response"
quirky always_authenticate,pin_pad 's|pin_file: .*|pin_per_signature: true|'
run "${COMMAND[@]}" sign "$KSR" "$SCRATCH/pad.xml" --first --batch
equal status 0 "$status"

### a token that hashes, too

quirky hashed_only
signs
for quirks in hashed_only hashed_at_sign ''; do
	quirky "$quirks" '/^    label: "ksk-1"/a \    hash_using_hsm: true'
	signs
done
quirky hashed_at_sign
# shellcheck disable=SC2016 # as the message has it
refuses 2 'C_Sign: vendor-defined (0x80000123); a token that signs only what it has hashed itself wants `hash_using_hsm: true`' \
	"${COMMAND[@]}" sign "$KSR" "$OUTPUT/skr.xml" --first --batch
nothing_written
quirky no_signing
unasked 'key "ksk-1": the token does not offer CKM_RSA_PKCS, nor CKM_SHA256_RSA_PKCS'

### what it prints is none of the program's output

quirky chatter
for jobs in 1 4; do
	rm -f "$SCRATCH/signed.xml"
	run "${COMMAND[@]}" sign "$KSR" "$SCRATCH/signed.xml" --first --batch \
		--jobs "$jobs"
	equal status 0 "$status"
	cmp "$SCRATCH/signed.xml" "$WS/skr.xml" || fail "not the same response"
	! grep -q 'library 4.2' "$SCRATCH/out" || fail "the module is heard"
	grep -q 'this is printed' "$SCRATCH/err" || fail "nothing was printed"
	grep -q 'written' "$SCRATCH/err" || fail "nothing was written"
done
run "${COMMAND[@]}" --json inventory
equal status 0 "$status"
jq -e .keys "$SCRATCH/out" >"$SCRATCH/jq" || fail "no JSON"

finish
