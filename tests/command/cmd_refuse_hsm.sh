#!/bin/bash
# Modules, tokens, PINs and keys that must not be used: a message each, status
# 2 (1 where a signature is wrong), and nothing written.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
FORGETFUL=yes
needs jq pkcs11-tool softhsm2-util

workspace
KSR=$WS/ksr.xml
BAD=$SCRATCH/bad.yaml
TOKEN='anchorite rehearsal'
MODULE=$(sed -n 's/^    module: "\(.*\)"$/\1/p' "$CONFIG")
SERIAL=$(sed -n 's/^    token: "pkcs11:serial=\(.*\)"$/\1/p' "$CONFIG")
PIN=$(<"$WS/pin")
export SOFTHSM2_CONF=$WS/softhsm2.conf
HERE="hsm.softhsm: token \"$TOKEN\" (serial $SERIAL): "
KEY="keys.ksk_current (label \"ksk-1\"): token \"$TOKEN\" (serial $SERIAL): "
cp -a "$WS/tokens" "$WS/tokens.good"

# sign_refused STATUS TEXT CONFIG: TEXT is how the message starts.
sign_refused() {
	refuses "$1" "anchorite: $2" --config "$3" --at "$AT" sign "$KSR" \
		"$OUTPUT/skr.xml" --first --batch
	nothing_written
	! grep -q '^Response /' "$SCRATCH/out" || fail "looks like success"
}

# edited TEXT SED: with the good configuration changed.
edited() {
	sed "$2" "$CONFIG" >"$BAD"
	! cmp -s "$CONFIG" "$BAD" || fail "the edit changes nothing: $2"
	sign_refused 2 "$1" "$BAD"
}

# p11 ARGS...: what a person with the PIN can do to the token.
p11() {
	pkcs11-tool --module "$MODULE" --token-label "$TOKEN" --login \
		--pin "$PIN" "$@" >"$SCRATCH/p11" 2>&1 </dev/null ||
		fail "pkcs11-tool $*: $(tail -n 1 "$SCRATCH/p11")"
}

# The token as init made it.
restore() {
	rm -rf "$WS/tokens"
	cp -a "$WS/tokens.good" "$WS/tokens"
}

### the module

edited 'hsm.softhsm: cannot load PKCS#11 module: /nonexistent/module.so: No such file' \
	's|module: .*|module: /nonexistent/module.so|'
edited 'hsm.softhsm: PKCS#11 module "libsofthsm2.so" is not a path' \
	's|module: .*|module: libsofthsm2.so|'
edited "hsm.softhsm: cannot load PKCS#11 module: $KSR: " \
	"s|module: .*|module: \"$KSR\"|"
edited "hsm.softhsm: cannot load PKCS#11 module: $WS: " \
	"s|module: .*|module: \"$WS\"|"
LIBRARY=$(ldd "$ANCHORITE" | awk '/libexpat/ { print $3 }')
edited "hsm.softhsm: $LIBRARY is not a PKCS#11 module: it has no C_GetFunctionList" \
	"s|module: .*|module: $LIBRARY|"

### the token

edited 'hsm.softhsm: '"$MODULE"': no token matches the URI; present: "'"$TOKEN"'" (serial '"$SERIAL"')' \
	's|serial=.*"|serial=0000"|'
for uri in 'pkcs11:serial' 'pkcs11:seriel=1' 'pkcs11:serial=' 'serial=1' \
	'pkcs11:serial=1;serial=1' 'pkcs11:serial=%0' 'pkcs11:slot-id=x' \
	'pkcs11:serial=1;' 'pkcs11:object=ksk-1' \
	"pkcs11:serial=$SERIAL?pin-value=$PIN" \
	"pkcs11:pin-value=$PIN" 'pkcs11:module-path=/m.so'; do
	edited "$BAD:7:12: hsm.softhsm.token: token URI: " \
		"s|token: .*|token: \"$uri\"|"
	! grep -qF "$PIN" "$SCRATCH/err" || fail "the PIN is shown"
	! grep -rqF "$PIN" "$SCRATCH/ceremony" || fail "the PIN is on record"
done
rm -rf "$WS/tokens"
mkdir "$WS/tokens"
sign_refused 2 "hsm.softhsm: $MODULE: no initialised token" "$CONFIG"
restore

### the PIN

echo 00000000 >"$WS/pin"
sign_refused 2 "${HERE}wrong PIN: CKR_PIN_INCORRECT" "$CONFIG"
echo 1 >"$WS/pin"
sign_refused 2 "${HERE}wrong PIN" "$CONFIG"
echo "$PIN" >"$WS/pin"
# Neither argv nor the environment gives a PIN, and without a terminal there is
# nobody to ask.
sed /pin_file/d "$CONFIG" >"$BAD"
status=0
env ANCHORITE_PIN="$PIN" PIN="$PIN" setsid -w "$ANCHORITE" --config "$BAD" --at "$AT" \
	--ceremony "$SCRATCH/ceremony" sign "$KSR" "$OUTPUT/skr.xml" --first --batch >"$SCRATCH/out" \
	2>"$SCRATCH/err" </dev/null || status=$?
equal status 2 "$status"
grep -qF "hsm.softhsm: the PIN of token $TOKEN must be typed and there is no terminal" \
	"$SCRATCH/err" || fail "does not say that there is no terminal"
nothing_written
refuses 2 'unknown option --pin' --config "$CONFIG" inventory --pin "$PIN"

### the key: missing, twice, half

edited "keys.ksk_current (label \"ksk-9\"): token \"$TOKEN\" (serial $SERIAL): no key with label \"ksk-9\"" \
	's/ksk-1/ksk-9/'
# The pin tells the KSK from another of its label, and without its public half.
p11 --keypairgen --key-type rsa:2048 --label ksk-1 --id 99
accepts --config "$CONFIG" --at "$AT" sign "$KSR" "$SCRATCH/twins.xml" --first --batch
cmp "$SCRATCH/twins.xml" "$WS/skr.xml" || fail "not the same response"
p11 --delete-object --type privkey --id 99
p11 --delete-object --type pubkey --label ksk-1
p11 --delete-object --type pubkey --label ksk-1
accepts --config "$CONFIG" --at "$AT" sign "$KSR" "$SCRATCH/half.xml" --first --batch
cmp "$SCRATCH/half.xml" "$WS/skr.xml" || fail "not the same response"
restore
p11 --keypairgen --key-type rsa:2048 --label ksk-1 --id 99
p11 --delete-object --type privkey --label ksk-1
p11 --delete-object --type privkey --label ksk-1
sign_refused 2 "${KEY}the pinned public key is there, its private key is not: \"ksk-1\"" "$CONFIG"
restore
# The public key of another: its tag and DS are not the pinned ones.
p11 --delete-object --type privkey --label ksk-1
p11 --delete-object --type pubkey --label ksk-1
p11 --keypairgen --key-type rsa:2048 --label ksk-1 --id 99
sign_refused 2 "keys.ksk_current (label \"ksk-1\"): the token's key has DS SHA-256" \
	"$CONFIG"
restore
p11 --delete-object --type privkey --label ksk-1
p11 --delete-object --type pubkey --label ksk-1
p11 --keypairgen --key-type EC:prime256v1 --label ksk-1 --id 99
sign_refused 2 'keys.ksk_current (label "ksk-1"): key "ksk-1" in the token is not one for RSASHA256' \
	"$CONFIG"
restore

### several tokens and no URI: the one with the key, if only one has it

softhsm2-util --init-token --free --label second --so-pin 87654321 \
	--pin "$PIN" >"$SCRATCH/p11"
softhsm2-util --init-token --free --label third --so-pin 87654321 \
	--pin "$PIN" >"$SCRATCH/p11"
sed '/^    token:/d' "$CONFIG" >"$BAD"
accepts --config "$BAD" --at "$AT" sign "$KSR" "$SCRATCH/one.xml" --first --batch
says "Token $TOKEN, serial $SERIAL"
edited "hsm.softhsm: $MODULE: 3 tokens match, choose one by its URI: " \
	'/^    token:/d;s/ksk-1/ksk-9/'
edited "hsm.softhsm: $MODULE: 3 tokens match, choose one by its URI: " \
	's|serial=.*"|manufacturer=SoftHSM%20project"|'
pkcs11-tool --module "$MODULE" --token-label second --login --pin "$PIN" \
	--keypairgen --key-type rsa:2048 --label ksk-1 --id 98 \
	>"$SCRATCH/p11" 2>&1 || fail "no key in the second token"
edited "hsm.softhsm: $MODULE: 3 tokens match, choose one by its URI: " \
	'/^    token:/d'
accepts --config "$CONFIG" --at "$AT" sign "$KSR" "$SCRATCH/two.xml" --first --batch
restore

### a token that breaks or lies; $FAULTY says how

FAULTY_CONFIG=$WS/faulty.yaml
FAULTY_MODULE=$TEST_BIN/libfaulty_module.so
[ -e "$FAULTY_MODULE" ] || fail "$FAULTY_MODULE is not built"
export FAULTY_TARGET=$MODULE FAULTY
sed "s|module: .*|module: \"$FAULTY_MODULE\"|" "$CONFIG" >"$FAULTY_CONFIG"
FAULTY=
accepts --config "$FAULTY_CONFIG" --at "$AT" sign "$KSR" "$SCRATCH/3.xml" \
	--first --batch
cmp "$SCRATCH/3.xml" "$WS/skr.xml" || fail "not the same response"

# faulty FAULT STATUS TEXT
faulty() {
	FAULTY=$1
	sign_refused "$2" "$3" "$FAULTY_CONFIG"
}

faulty initialize_fails 2 "hsm.softhsm: $FAULTY_MODULE does not initialise: CKR_GENERAL_ERROR"
faulty function_missing 2 "hsm.softhsm: $FAULTY_MODULE lacks functions"
faulty version_one 2 "hsm.softhsm: $FAULTY_MODULE does not offer the functions of PKCS#11 2"
faulty open_session_fails 2 "${HERE}C_OpenSession: CKR_SESSION_COUNT"
faulty pin_locked 2 "${HERE}PIN locked"
faulty login_locks 2 "${HERE}PIN locked: CKR_PIN_LOCKED"
faulty login_finds_no_pin 2 "${HERE}no user PIN is set"
faulty login_expired 2 "${HERE}the PIN has expired"
faulty login_lies 2 "${HERE}the token took the PIN, but: not logged in"
echo 00000000 >"$WS/pin"
FAULTY=pin_final_try
run --config "$FAULTY_CONFIG" --at "$AT" sign "$KSR" "$OUTPUT/skr.xml" --first --batch
equal "the last try" "$(printf 'anchorite: note: token "%s": this is the last try before its PIN is locked\nanchorite: %swrong PIN, one try left: CKR_PIN_INCORRECT (0xa0)' \
	"$TOKEN" "$HERE")" "$(<"$SCRATCH/err")"
nothing_written
faulty login_lies 2 "${HERE}the token took the PIN, but: not logged in"
echo "$PIN" >"$WS/pin"
faulty find_fails 2 "${KEY}C_FindObjects: CKR_DEVICE_ERROR"
faulty find_overflows 2 "${KEY}C_FindObjects gave 65 objects"
faulty huge_object_count 2 "${KEY}more than 4096 objects"
faulty attributes_fail 2 "${KEY}C_GetAttributeValue"
faulty modulus_missing 2 "${KEY}key \"ksk-1\" cannot be used: CKA_MODULUS"
faulty modulus_too_long 2 "${KEY}key \"ksk-1\" cannot be used: CKA_MODULUS"
faulty modulus_zero 2 "${KEY}key \"ksk-1\" cannot be used: CKA_MODULUS"
faulty modulus_other 2 "keys.ksk_current (label \"ksk-1\"): the token's key has DS"
faulty exponent_three 2 "keys.ksk_current (label \"ksk-1\"): the token's key has DS"
faulty exponent_too_long 2 "${KEY}key \"ksk-1\" cannot be used: CKA_PUBLIC_EXPONENT"
faulty sign_forbidden 2 'keys.ksk_current (label "ksk-1"): the private key may not sign'
faulty always_authenticate 2 "${KEY}key \"ksk-1\": its CKA_ALWAYS_AUTHENTICATE asks for the PIN at each signature"
faulty sensitive_garbage 2 "${KEY}key \"ksk-1\" cannot be used: attribute 0x103 is not a truth value"
faulty sign_init_fails 2 'bundle 1 ('
faulty sign_fails 2 'bundle 1 ('
DISCARDED='signatures were made and discarded; nothing was published: '
faulty sign_fails:9 2 "8 of 9 ${DISCARDED}bundle 9 ("
grep -qF 'key "ksk-1": C_Sign: CKR_DEVICE_ERROR' "$SCRATCH/err" ||
	fail "does not say what failed"
faulty sign_short 2 'bundle 1 ('
faulty sign_long:2 2 "1 of 9 ${DISCARDED}bundle 2 ("
faulty sign_huge 2 'bundle 1 ('
grep -qF "C_Sign gave 1000000 octets, the key's signatures have 256" \
	"$SCRATCH/err" || fail "does not say what the length was"
for n in 1 5 9; do
	said="$((n - 1)) of 9 $DISCARDED"
	[ "$n" -gt 1 ] || said=
	faulty "sign_flips_bit:$n" 1 "refused: ${said}bundle $n ("
	grep -qF "SKR-VERIFY: key \"ksk-1\": the token's signature does not verify with the pinned public key" \
		"$SCRATCH/err" || fail "does not say SKR-VERIFY"
done
for n in $(seq 0 3 45); do
	faulty "token_gone_after_login:$n" 2 ''
	grep -qF CKR_DEVICE_REMOVED "$SCRATCH/err" || fail "gone after $n calls"
done
# Of all keys that it gives the pinned one is taken, whatever it calls it.
for FAULTY in find_ignores_label label_differs; do
	accepts --config "$FAULTY_CONFIG" --at "$AT" sign "$KSR" \
		"$SCRATCH/$FAULTY.xml" --first --batch
done
# A response is as good as its signatures, whatever the token is called.
FAULTY=label_not_printable
accepts --config "$FAULTY_CONFIG" --at "$AT" sign "$KSR" "$SCRATCH/4.xml" \
	--first --batch
says 'Token ?[2J\xffrite rehearsal'
! grep -q '[^ -~]' "$SCRATCH/out" || fail "control characters on the screen"
accepts --config "$FAULTY_CONFIG" --at "$AT" inventory
! grep -q '[^ -~]' "$SCRATCH/out" || fail "control characters on the screen"
FAULTY=

### outside rehearsals: the key must not be able to leave its token.  The clock
### is the real one there; the horizon is moved so that the season is no matter

REAL=$SCRATCH/real
accepts init "$REAL"
sed '2d;/^request_policy:/a \  signature_horizon_days: 300' \
	"$REAL/anchorite.yaml" >"$REAL/ceremony.yaml"
# real_faulty FAULT: what a module sees there comes from the configuration.
real_faulty() {
	sed -e "s|module: .*|module: \"$FAULTY_MODULE\"|" \
		-e "/^    env:/a \\      FAULTY: $1\n      FAULTY_TARGET: \"$MODULE\"" \
		"$REAL/ceremony.yaml" >"$REAL/faulty.yaml"
}
export SOFTHSM2_CONF=$REAL/softhsm2.conf
PIN=$(<"$REAL/pin")
accepts --config "$REAL/ceremony.yaml" request "$REAL/ksr.xml"
accepts --config "$REAL/ceremony.yaml" sign "$REAL/ksr.xml" "$REAL/skr.xml" \
	--first --batch

# kept_refused TEXT CONFIG
kept_refused() {
	refuses 2 "anchorite: keys.ksk_current (label \"$LABEL\"): $1; only a rehearsal may use it" \
		--config "$2" sign "$REAL/ksr.xml" "$OUTPUT/skr.xml" --first \
		--batch
	nothing_written
}
LABEL=ksk-1
real_faulty extractable_missing
kept_refused 'CKA_EXTRACTABLE of the private key is true' "$REAL/faulty.yaml"
real_faulty sensitive_missing
kept_refused 'CKA_SENSITIVE of the private key is false' "$REAL/faulty.yaml"
LABEL=loose
p11 --keypairgen --key-type rsa:2048 --label "$LABEL" --id 77 --sensitive \
	--extractable
accepts --config "$REAL/anchorite.yaml" --json inventory
ds=$(jq -r '.keys[] | select(.label == "loose").dns.ds_sha256' "$SCRATCH/out")
tag=$(jq -r '.keys[] | select(.label == "loose").dns.key_tag' "$SCRATCH/out")
sed -i "s/\"ksk-1\"/\"loose\"/;s/^    ds_sha256: .*/    ds_sha256: $ds/;s/^    key_tag: .*/    key_tag: $tag/" \
	"$REAL/anchorite.yaml" "$REAL/ceremony.yaml"
kept_refused 'CKA_EXTRACTABLE of the private key is true' "$REAL/ceremony.yaml"
# A line of the configuration permits it, which is told wherever one looks.
sed '/^request_policy:/i key_policy:\n  extractable: any\n' \
	"$REAL/ceremony.yaml" >"$REAL/permits.yaml"
accepts --config "$REAL/permits.yaml" --ceremony "$SCRATCH/waived" sign \
	"$REAL/ksr.xml" "$REAL/waived.xml" --first --batch
says 'Waived: keys.ksk_current can leave its token (CKA_EXTRACTABLE), which key_policy permits'
accepts log show "$SCRATCH/waived"
says 'Waived: ksk_current can leave its token (CKA_EXTRACTABLE), which key_policy permits'
accepts report "$SCRATCH/waived" -o "$SCRATCH/waived.html"
grep -q 'ksk_current can leave its token' "$SCRATCH/waived.html" ||
	fail "the report does not tell"
accepts replay "$SCRATCH/waived"
run --config "$REAL/permits.yaml" check --policy
says 'key_policy.extractable is any'
grep -q '^  waived  *DPS-5.2 ' "$SCRATCH/out" || fail "no waiver"
sed 's/extractable: any/extractable: false/' "$REAL/permits.yaml" >"$BAD"
refuses 2 'CKA_EXTRACTABLE of the private key is true, and key_policy wants it otherwise' \
	--config "$BAD" sign "$REAL/ksr.xml" "$OUTPUT/skr.xml" --first --batch
# And the rehearsal of a ceremony keeps to what is written down.
sed '/^request_policy:/i key_policy:\n  extractable: false\n  local: true\n' \
	"$REAL/anchorite.yaml" >"$BAD"
refuses 2 'CKA_EXTRACTABLE of the private key is true, and key_policy wants it otherwise' \
	--config "$BAD" sign "$REAL/ksr.xml" "$OUTPUT/skr.xml" --first --batch
sed -i '/^request_policy:/a \  signature_horizon_days: 300' "$REAL/anchorite.yaml"
accepts --config "$REAL/anchorite.yaml" sign "$REAL/ksr.xml" \
	"$REAL/loose.xml" --first --batch
export SOFTHSM2_CONF=$WS/softhsm2.conf
PIN=$(<"$WS/pin")

### keygen, init and request

# keygen_refused TEXT ARGS...
keygen_refused() {
	local text=$1
	shift
	refuses 2 "anchorite: $text" --config "$CONFIG" --at "$AT" keygen "$@" \
		--csr "$OUTPUT/csr.pem"
	[ ! -s "$SCRATCH/out" ] || fail "something on standard output"
	nothing_written
}
keygen_refused 'keygen: --algorithm is missing' --label k
keygen_refused 'keygen: --label is missing' --algorithm RSASHA256
for label in '' 'a"b' 'a\b' $'a\eb' "$(printf '%0256d' 0)"; do
	keygen_refused '--label: expected' --label "$label" --algorithm RSASHA256
done
keygen_refused '--algorithm RSA: expected RSASHA256' --label k --algorithm RSA
keygen_refused '--algorithm RSASHA1: expected' --label k --algorithm RSASHA1
keygen_refused '--size 1024: expected 2048, 3072 or 4096' --label k \
	--algorithm RSASHA256 --size 1024
keygen_refused '--size is for RSA' --label k --algorithm ECDSAP256SHA256 --size 256
keygen_refused "token \"$TOKEN\" (serial $SERIAL): " --label ksk-1 \
	--algorithm RSASHA256
grep -q 'ksk-1' "$SCRATCH/err" || fail "does not say which label is taken"
touch "$SCRATCH/csr.pem"
refuses 2 "$SCRATCH/csr.pem: already exists and is never overwritten" \
	--config "$CONFIG" --at "$AT" keygen --label k --algorithm RSASHA256 \
	--csr "$SCRATCH/csr.pem"
for fault in keygen_fails keygen_extractable extractable_missing sensitive_missing; do
	FAULTY=$fault
	refuses 2 'anchorite: ' --config "$FAULTY_CONFIG" --at "$AT" keygen \
		--label k --algorithm ECDSAP256SHA256 --csr "$OUTPUT/csr.pem"
	nothing_written
done
FAULTY=
accepts --config "$CONFIG" --at "$AT" inventory
! grep -q '^  k ' "$SCRATCH/out" || fail "a refused key stays in the token"

# init_refused TEXT ARGS...: no folder is left.
init_refused() {
	local text=$1
	shift
	refuses 2 "anchorite: $text" init "$OUTPUT/new" "$@"
	nothing_written
}
init_refused '--zone: ' --zone a..b
init_refused '--algorithm NONE: expected RSASHA256' --algorithm NONE
init_refused 'cannot load PKCS#11 module: /nonexistent/module.so' \
	--module /nonexistent/module.so
init_refused '--config has no meaning for init' --config "$CONFIG"
FAULTY=init_pin_fails init_refused '' --module "$FAULTY_MODULE"
FAULTY=keygen_fails init_refused '' --module "$FAULTY_MODULE"
refuses 2 "anchorite: $WS: File exists" init "$WS"
refuses 2 "anchorite: $WS/a/b: No such file or directory" init "$WS/a/b"
refuses 2 "expected a path of printable ASCII without quotes" init "$OUTPUT/a\"b"
nothing_written

# request_refused TEXT ARGS...
request_refused() {
	local text=$1
	shift
	refuses 2 "anchorite: $text" --config "$CONFIG" --at "$AT" request "$@"
	nothing_written
}
for quarter in 2027 2027-q5 2027-q0 2027-Q1 27-q1 2027-q1x ''; do
	request_refused "quarter \"$quarter\": expected one such as 2027-q1" \
		"$OUTPUT/ksr.xml" --quarter "$quarter"
done
request_refused "$KSR: already exists and is never overwritten" "$KSR"
request_refused "$WS/skr.xml: a request that begins at 2028-01-01T00:00:00 does not follow it" \
	"$OUTPUT/ksr.xml" --previous-skr "$WS/skr.xml" --quarter 2028-q1
p11 --delete-object --type pubkey --label zsk-2027-q1
request_refused "token \"$TOKEN\" (serial $SERIAL): private key without a public key: \"zsk-2027-q1\"" \
	"$OUTPUT/ksr.xml" --quarter 2027-q1

finish
