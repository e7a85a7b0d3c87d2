#!/bin/bash
# Every PKCS#11 call of sign, keygen, keydelete and inventory fails once, with
# eleven errors: instead of the call, after its work, and from there on.  There
# are two outcomes: it is done, or it is not and the message says what failed.
# One run in WHOLE is tried of some thousands; WHOLE=1 tries all.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq

workspace
KSR=$WS/ksr.xml
MODULE=$(sed -n 's/^    module: "\(.*\)"$/\1/p' "$CONFIG")
export SOFTHSM2_CONF=$WS/softhsm2.conf
export FAILING_TARGET=$MODULE FAILING_CALL=0 FAILING_RV FAILING_HOW
FAILING_MODULE=$TEST_BIN/libfailing_calls.so
[ -e "$FAILING_MODULE" ] || fail "$FAILING_MODULE is not built"
FAILING=$WS/failing.yaml
sed "s|module: .*|module: \"$FAILING_MODULE\"|" "$CONFIG" >"$FAILING"
accepts --config "$CONFIG" --at "$AT" keygen --label old \
	--algorithm ECDSAP256SHA256
rm -rf "$WS/tokens.good"
cp -a "$WS/tokens" "$WS/tokens.good"

ERRORS=(0x2:CKR_HOST_MEMORY 0x5:CKR_GENERAL_ERROR 0x6:CKR_FUNCTION_FAILED
	0x30:CKR_DEVICE_ERROR 0x31:CKR_DEVICE_MEMORY 0x32:CKR_DEVICE_REMOVED
	0x90:CKR_OPERATION_ACTIVE 0xb3:CKR_SESSION_HANDLE_INVALID
	0xe0:CKR_TOKEN_NOT_PRESENT 0x101:CKR_USER_NOT_LOGGED_IN
	0x80000123:vendor-defined)

objects() {
	find "$WS/tokens" -name '*.object' | wc -l
}

# attempt ARGS...: with that call failing; from the same beginning each time.
attempt() {
	rm -rf "$WS/tokens" "$WS/register.jsonl" "$SCRATCH/c" "$SCRATCH/new.xml"
	cp -a "$WS/tokens.good" "$WS/tokens"
	status=0
	timeout 30 "$ANCHORITE" --config "$FAILING" --at "$AT" \
		--ceremony "$SCRATCH/c" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" \
		</dev/null || status=$?
}

# What each is when it is done, and when it is not.
done_sign() { cmp -s "$SCRATCH/new.xml" "$WS/skr.xml"; }
not_sign() { [ ! -e "$SCRATCH/new.xml" ]; }
done_keygen() { [ "$(objects)" -eq $((OBJECTS + 2)) ]; }
not_keygen() {
	[ "$(objects)" -eq "$OBJECTS" ] ||
		grep -qE 'made all the same|cannot be seen|could not be destroyed' \
			"$SCRATCH/err"
}
done_keydelete() { [ "$(objects)" -eq $((OBJECTS - 2)) ]; }
not_keydelete() {
	[ "$(objects)" -eq "$OBJECTS" ] ||
		grep -qE 'are gone|half was deleted|cannot be seen|still shows it|C_FindObjects' \
			"$SCRATCH/err"
}
done_inventory() { grep -q '^  *ksk-1 ' "$SCRATCH/out"; }
not_inventory() { true; }
OBJECTS=$(objects)

# hold OPERATION NAME ARGS...: the outcome is one of the two, and the message
# has the error's name.
hold() {
	local operation=$1 name=$2

	case $status in
	0) "done_$operation" ||
		fail "$WHERE: says that it is done, and it is not" ;;
	1 | 2)
		"not_$operation" || fail "$WHERE: says that it is not done"
		# In a list it stands beside the key.
		grep -qF "$name" "$SCRATCH/err" "$SCRATCH/out" ||
			fail "$WHERE: does not say $name"
		grep -qE 'token "|hsm\.softhsm|key |failing_calls' \
			"$SCRATCH/err" "$SCRATCH/out" ||
			fail "$WHERE: names no place"
		REFUSED=$((REFUSED + 1))
		;;
	124) fail "$WHERE: does not end" ;;
	*) fail "$WHERE: status $status" ;;
	esac
	CASES=$((CASES + 1))
}

# each OPERATION ARGS...: every call, error and way.
each() {
	local operation=$1 n=0 tried=0 call calls error
	shift
	REFUSED=0
	rm -f "$SCRATCH/calls"
	FAILING_CALL=0 FAILING_CALLS=$SCRATCH/calls attempt "$@"
	equal "$operation without a fault" 0 "$status"
	calls=$(wc -l <"$SCRATCH/calls")
	for call in $(seq "$calls"); do
		for error in "${ERRORS[@]}"; do
			for FAILING_HOW in instead after from; do
				n=$((n + 1))
				[ $((n % EVERY)) -eq 0 ] || continue
				FAILING_CALL=$call FAILING_RV=${error%%:*}
				WHERE="$* call $call ($(sed -n "${call}p" \
					"$SCRATCH/calls")) ${error#*:} $FAILING_HOW"
				attempt "$@"
				hold "$operation" "${error#*:}"
				tried=$((tried + 1))
			done
		done
	done
	echo "$*: $calls calls, $tried of $n faults tried, $REFUSED not done"
}

EVERY=$(one_of 37)
each sign sign "$KSR" "$SCRATCH/new.xml" --first --batch
each sign sign "$KSR" "$SCRATCH/new.xml" --first --batch --jobs 4
each keygen keygen --label new --algorithm ECDSAP256SHA256
each keydelete keydelete --label old --batch
each inventory inventory
finish
