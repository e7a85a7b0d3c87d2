#!/bin/bash
# Several HSMs are listed one after another and judged together: what is bound to
# one is wanted there, what is bound to none anywhere; one that cannot be opened,
# or is gone, leaves the others in view and is an error.  Each run replays.
# shellcheck disable=SC2016 # sed's expressions
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
# shellcheck source=tests/support/copying.sh
. tests/support/copying.sh
needs jq expect pkcs11-tool

EC=(--algorithm ECDSAP256SHA256)
two_tokens ws "${EC[@]}"
pin ksk_current ksk-1 "${EC[@]}"
rm -rf "$RECORD"

# variant SED...: $VARIANT are the arguments of another configuration.
variant() {
	sed "$@" "$CONFIG" >"$WS/variant.yaml"
	! cmp -s "$CONFIG" "$WS/variant.yaml" || fail "the edit changes nothing"
	VARIANT=(--config "$WS/variant.yaml" --at "$AT")
	rm -rf "$RECORD"
}

# bound HSM: as a sed command, ksk-1 is in that one.
bound() {
	echo "/^    label: \"ksk-1\"/a\\    hsm: $1"
}

# lists STATUS TEXT ARGS...: as text and as JSON, and what stands on record can
# be replayed.  TEXT is on standard error, or nothing is.
lists() {
	local wanted=$1 text=$2
	shift 2
	rm -rf "$RECORD"
	run --json "${VARIANT[@]}" --ceremony "$RECORD" inventory "$@"
	equal "status of JSON" "$wanted" "$status"
	cp "$SCRATCH/out" "$SCRATCH/json"
	equal as_configured "$([ "$wanted" -eq 0 ] && echo true || echo false)" \
		"$(jq .as_configured "$SCRATCH/json")"
	run "${VARIANT[@]}" --ceremony "$RECORD" inventory "$@"
	equal status "$wanted" "$status"
	cp "$SCRATCH/out" "$SCRATCH/said"
	if [ -n "$text" ]; then
		grep -qF -- "$text" "$SCRATCH/err" || fail "does not say \"$text\""
	else
		equal "standard error" '' "$(<"$SCRATCH/err")"
	fi
	accepts replay "$RECORD"
	cp "$SCRATCH/said" "$SCRATCH/out"
}

# of_json FILTER: on one line.
of_json() {
	jq -r "$1" "$SCRATCH/json" | paste -sd,
}

# shows TEXT: on the screen, however it is folded.
shows() {
	has_text "$SCRATCH/said" "$1" || fail "does not show \"$1\""
}

hides() {
	! has_text "$SCRATCH/said" "$1" || fail "shows \"$1\""
}

headers() {
	grep -E '^HSM ' "$SCRATCH/said" | paste -sd,
}

### both, in the order of the configuration

variant '$a # the same'
lists 0 ''
equal headers 'HSM second,HSM softhsm' "$(headers)"
shows 'local, sign; keys.ksk_current '
hides 'MISSING'
hides 'not in this token'
equal "HSMs" 'second true,softhsm true' \
	"$(of_json '.hsms[] | "\(.name) \(.listed)"')"
equal "HSMs of tokens" 'second,softhsm' \
	"$(of_json '.tokens[] | select(.initialised).hsm')"
equal "HSMs of keys" 'softhsm ksk-1 keys.ksk_current' \
	"$(of_json '.keys[] | "\(.hsm) \(.label) \(.configured_as)"')"
equal missing '' "$(of_json '.missing[].name')"

# One of them is listed as one HSM is.
lists 0 '' --hsm second
equal headers '' "$(headers)"
shows 'ksk-1 not in this token: elsewhere; keys.ksk_current'
equal "HSMs" second "$(of_json '.hsms[].name')"
equal missing 'ksk_current elsewhere null' \
	"$(of_json '.missing[] | "\(.name) \(.state) \(.hsm)"')"
refuses 2 '--hsm third: the configuration has none of that name' \
	"${VARIANT[@]}" inventory --hsm third

### where a key is bound to

variant "$(bound softhsm)"
lists 0 ''
shows 'local, sign; keys.ksk_current '
lists 0 '' --hsm second
shows 'ksk-1 not in this token: elsewhere; keys.ksk_current'
variant "$(bound second)"
lists 1 'the tokens are not as the configuration has them: keys.ksk_current'
shows 'sign; keys.ksk_current, which is bound to HSM second'
shows 'ksk-1 not in HSM second: MISSING; keys.ksk_current'
equal missing 'ksk_current missing second' \
	"$(of_json '.missing[] | "\(.name) \(.state) \(.hsm)"')"
lists 1 'the token is not as the configuration has it: keys.ksk_current' \
	--hsm second
shows 'ksk-1 not in this token: MISSING; keys.ksk_current'
lists 0 '' --hsm softhsm
shows 'sign; keys.ksk_current, which is bound to HSM second'

### what none has

variant 's/^    label: "ksk-1"/    label: "ksk-0"/'
lists 1 'the tokens are not as the configuration has them: keys.ksk_current'
shows 'ksk-0 in none of these tokens: MISSING; keys.ksk_current'
equal missing 'ksk_current missing null' \
	"$(of_json '.missing[] | "\(.name) \(.state) \(.hsm)"')"
# The one that is there is none yet; its lines say where it is.
shows 'hsm: "softhsm"'
equal "lines that pin it" 1 "$(of_json '.keys[].pin' | grep -c 'hsm: "softhsm"')"
variant 's/^    label: "ksk-1"/    label: "ksk-0"\n    valid_until: 2026-11-16T00:00:00+00:00/'
VARIANT=("${VARIANT[@]:0:2}" --at 2026-12-01T00:00:00Z)
lists 0 ''
shows 'ksk-0 in none of these tokens: retired; keys.ksk_current'

### one that differs

variant '/^  ksk_current:/,$s/key_tag: .*/key_tag: 1/'
lists 1 'the tokens are not as the configuration has them: keys.ksk_current in HSM softhsm'
shows 'MISMATCH: '

### one that cannot be opened, or goes

MODULE=$(sed -n 's/^    module: "\(.*\)"$/\1/p' "$CONFIG" | head -n 1)
SECOND='/^  second:/,/^  softhsm:/'
# closed TEXT SED...: second cannot be listed, for that; the other is, and the
# key is told by what its binding leaves open.
closed() {
	local text=$1
	shift
	variant "$@"
	lists 2 "anchorite: 1 of 2 HSMs cannot be listed: hsm.second: $text"
	equal headers 'HSM second,HSM softhsm' "$(headers)"
	shows "NOT LISTED: hsm.second: $text"
	shows 'local, sign; keys.ksk_current '
	hides 'MISSING'
	equal "HSMs" 'second false,softhsm true' \
		"$(of_json '.hsms[] | "\(.name) \(.listed)"')"
	has_text <(of_json '.hsms[0].trouble') "hsm.second: $text" ||
		fail "no trouble in JSON"
	lists 0 '' --hsm softhsm
	rm -rf "$RECORD"
	refuses 2 "hsm.second: $text" "${VARIANT[@]}" inventory --hsm second
}
closed 'cannot load PKCS#11 module: /nonexistent.so' \
	"${SECOND}s|module: .*|module: \"/nonexistent.so\"|"
closed "$MODULE: no token matches" "${SECOND}s|token: .*|token: \"pkcs11:token=other\"|"
echo 000000 >"$SCRATCH/wrong"
chmod 600 "$SCRATCH/wrong"
closed 'token "anchorite rehearsal" (serial ' \
	"${SECOND}s|pin_file: .*|pin_file: \"$SCRATCH/wrong\"|"
grep -q 'wrong PIN' "$SCRATCH/err" || fail "not the PIN"

# gone FAULT: as a sed command, of second.
gone() {
	printf '%s\n' "$SECOND{s|module: .*|module: \"$TEST_BIN/libfaulty_module.so\"|
		/^    env:/a\\      FAULTY: $1\n      FAULTY_TARGET: \"$MODULE\"
		}"
}
variant "$(gone find_fails)"
lists 2 'anchorite: 1 of 2 HSMs cannot be listed: hsm.second: token "'
shows 'C_FindObjects: CKR_DEVICE_ERROR (0x30)'
shows 'local, sign; keys.ksk_current '

# What is bound to it may be there; what is bound to the other is not.
NO_MODULE="${SECOND}s|module: .*|module: \"/nonexistent.so\"|"
variant -e "$NO_MODULE" -e "$(bound second)"
lists 2 'cannot be listed: hsm.second: '
shows 'ksk-1 of HSM second, which is not listed: elsewhere; keys.ksk_current'
variant -e "$NO_MODULE" -e 's/^    label: "ksk-1"/    label: "ksk-0"/'
lists 2 'cannot be listed: hsm.second: '
shows 'ksk-0 in none of these tokens: elsewhere; keys.ksk_current'
variant -e "$NO_MODULE" -e 's/^    label: "ksk-1"/    label: "ksk-0"\n    hsm: softhsm/'
lists 2 'the others are not as the configuration has them: keys.ksk_current'
shows 'ksk-0 not in HSM softhsm: MISSING; keys.ksk_current'
variant 's|module: .*|module: "/nonexistent.so"|'
lists 2 'anchorite: 2 of 2 HSMs cannot be listed: hsm.second: '
equal headers 'HSM second,HSM softhsm' "$(headers)"

### a record that claims more than was seen

variant "$NO_MODULE"
lists 2 'cannot be listed'
forge_record "$RECORD" "$SCRATCH/forged" 'if .event == "end" then .status = 0 |
	del(.message, .refused) else . end'
refuses 1 '' replay "$SCRATCH/forged"
says 'the run claims success where it stopped'
variant '$a # the same'
lists 0 ''
equal "on record" hsm,token,hsm,token,hsm,token,hsm,token "$(jq -r '.event |
	select(. == "hsm" or . == "token")' "$RECORD/log.jsonl" | paste -sd,)"
first=$(jq 'select(.event == "token").seq' "$RECORD/log.jsonl" | head -n 1)
forge_record "$RECORD" "$SCRATCH/forged" "select(.seq != $first)"
refuses 1 '' replay "$SCRATCH/forged"
says 'the run claims success where it stopped'

### a public half beside the pair, which may also be bound

# p11 DIR ARGS...
p11() {
	SOFTHSM2_CONF=$SCRATCH/$1/softhsm2.conf pkcs11-tool --module "$MODULE" \
		--login --pin "$(<"$SCRATCH/$1/pin")" \
		--token-label 'anchorite rehearsal' "${@:2}" \
		>"$SCRATCH/p11" 2>&1 || fail "pkcs11-tool ${*:2}"
}
p11 ws --read-object --type pubkey --label ksk-1 -o "$SCRATCH/public.der"
p11 ws-2 --write-object "$SCRATCH/public.der" --type pubkey --label ksk-1 \
	--id 02
variant '$a # the same'
lists 0 ''
shows 'NO PRIVATE KEY; public half of keys.ksk_current'
equal "both" 'second public half of keys.ksk_current,softhsm keys.ksk_current' \
	"$(of_json '.keys[] | "\(.hsm) \(.configured_as)"')"
lists 1 'not as the configuration has it: keys.ksk_current' --hsm second
shows 'MISMATCH: '
variant "$(bound softhsm)"
lists 0 ''
shows 'public half of keys.ksk_current, which is bound to HSM softhsm'
variant "$(bound second)"
lists 1 'has them: keys.ksk_current in HSM second'
variant "$NO_MODULE"
lists 2 'cannot be listed'
variant '/^  softhsm:/,/^$/s|module: .*|module: "/nonexistent.so"|'
lists 2 'cannot be listed: hsm.softhsm: '
shows 'public half of keys.ksk_current'
shows 'ksk-1 in none of these tokens: elsewhere; keys.ksk_current'

# Of another key under the label nobody wants to know where it is not bound to.
p11 ws-2 --delete-object --type pubkey --label ksk-1
p11 ws-2 --keypairgen --key-type EC:prime256v1 --label ksk-1 --id 03 --sensitive
variant "$(bound softhsm)"
lists 0 ''
shows 'another key than keys.ksk_current, which is bound to HSM softhsm'
variant '$a # the same'
lists 1 'has them: keys.ksk_current in HSM second'
p11 ws-2 --delete-object --type privkey --label ksk-1
p11 ws-2 --delete-object --type pubkey --label ksk-1

### each token's own PIN, before anything is told

variant '/^    pin_file:/d'
cat >"$SCRATCH/dialogue" <<-END
	set timeout 60
	spawn -noecho $ANCHORITE ${VARIANT[@]} inventory
	foreach {hsm pin} {second $(<"$SCRATCH/ws-2/pin") softhsm $(<"$WS/pin")} {
		expect {
			"anchorite rehearsal of HSM \$hsm" { }
			"keys in token" { exit 97 }
			timeout { exit 98 }
			eof { exit 99 }
		}
		send -- "\$pin\r"
	}
	expect eof
	exit [lindex [wait] 3]
END
status=0
expect "$SCRATCH/dialogue" >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
equal "status with typed PINs" 0 "$status"
says 'HSM softhsm'

### a backup is of the token that the key is bound to

accepts --at "$AT" transport --hsm second --label transport-1 --size 2048 \
	"$WS/transport.pem"
COPY=(backup --label ksk-1 --batch --to "$WS/transport.pem"
	--recipient-sha256 "$(hash_of "$WS/transport.pem")")
refuses 2 'the configuration has 2 HSMs; choose one with --hsm' --at "$AT" \
	"${COPY[@]}" "$WS/none.backup"
absent "$WS/none.backup"
variant "$(bound softhsm)"
accepts "${VARIANT[@]}" "${COPY[@]}" "$WS/ksk-1.backup"
equal "the HSM" softhsm \
	"$(jq -r 'select(.event == "hsm").name' "$RECORD/log.jsonl")"
accepts replay "$RECORD"
refuses 2 'no key with label "ksk-1"' "${VARIANT[@]}" "${COPY[@]}" \
	--hsm second "$WS/none.backup"
absent "$WS/none.backup"

# With the copy there, that one is told as what it is.
variant '$a # the same'
accepts "${VARIANT[@]}" restore --hsm second --transport-key transport-1 \
	"$WS/ksk-1.backup"
lists 0 ''
equal "both" 'second keys.ksk_current,softhsm keys.ksk_current' \
	"$(of_json '.keys[] | select(.label == "ksk-1") |
		"\(.hsm) \(.configured_as)"')"
finish
