#!/bin/bash
# Every PKCS#11 call of sign, keygen, keydelete, transport, backup, restore (by a
# transport key and by officers' components), handover and inventory fails once, with
# eleven errors: instead of the call, after its work, and from there on.  There
# are two outcomes: it is done, or it is not and the message says what failed.
# One run in WHOLE is tried of some thousands; WHOLE=1 tries all.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq openssl

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

# A KSK that is copied: one token is both sides, from which the copied key was
# deleted when it is restored.
printf '\nkey_policy:\n  extractable: for-backup\n' >"$SCRATCH/policy"
cat "$CONFIG" "$SCRATCH/policy" >"$WS/policy.yaml"
accepts --config "$WS/policy.yaml" --at "$AT" keygen --label copied \
	--algorithm ECDSAP256SHA256
sed -n '/^  ksk_next:$/,/^$/p' "$SCRATCH/out" | sed '/^$/d' >"$SCRATCH/pin"
sed "/^keys:/r $SCRATCH/pin" "$FAILING" >"$WS/copying.yaml"
sed "s|module: .*|module: \"$MODULE\"|" "$WS/copying.yaml" >"$WS/copied.yaml"
accepts --config "$CONFIG" --at "$AT" transport --label transport \
	--size 2048 "$SCRATCH/transport.pem"
TO=(--to "$SCRATCH/transport.pem" --recipient-sha256
	"$(sha256sum "$SCRATCH/transport.pem" | cut -c 1-64)")
accepts --config "$WS/copied.yaml" --at "$AT" backup --label copied --batch \
	"${TO[@]}" "$SCRATCH/copied.backup"
# The same by officers' components.
umask 077
OFFICERS=()
for officer in 1 2; do
	openssl rand -hex 32 >"$SCRATCH/component-$officer"
	OFFICERS+=(--component-file "$SCRATCH/component-$officer")
done
accepts --config "$CONFIG" --at "$AT" transport --components 2 \
	"${OFFICERS[@]}" "$SCRATCH/officers"
TO_OFFICERS=(--to "$SCRATCH/officers" --recipient-sha256
	"$(sha256sum "$SCRATCH/officers" | cut -c 1-64)" "${OFFICERS[@]}")
accepts --config "$WS/copied.yaml" --at "$AT" backup --label copied --batch \
	"${TO_OFFICERS[@]}" "$SCRATCH/officers.backup"
# A ZSK that goes to its signer.
printf '  zsk_handover: true\n' | cat "$WS/policy.yaml" - >"$WS/handover.yaml"
sed "s|module: .*|module: \"$FAILING_MODULE\"|" "$WS/handover.yaml" \
	>"$WS/handing.yaml"
accepts --config "$WS/handover.yaml" --at "$AT" keygen --label leaving \
	--algorithm ECDSAP256SHA256 --purpose zsk
GOOD=$WS/tokens.good
cp -a "$WS/tokens" "$GOOD"
accepts --config "$CONFIG" --at "$AT" keydelete --label copied --batch
cp -a "$WS/tokens" "$WS/tokens.bare"

ERRORS=(0x2:CKR_HOST_MEMORY 0x5:CKR_GENERAL_ERROR 0x6:CKR_FUNCTION_FAILED
	0x30:CKR_DEVICE_ERROR 0x31:CKR_DEVICE_MEMORY 0x32:CKR_DEVICE_REMOVED
	0x90:CKR_OPERATION_ACTIVE 0xb3:CKR_SESSION_HANDLE_INVALID
	0xe0:CKR_TOKEN_NOT_PRESENT 0x101:CKR_USER_NOT_LOGGED_IN
	0x80000123:vendor-defined)

# The tries are some ten thousand: what each asks is asked without a process more.

# objects FOLDER: how many the tokens in it hold, in $N.
objects() {
	local found=("$1"/*/*.object)

	[ -e "${found[0]}" ] || found=()
	N=${#found[@]}
}

# said PATTERN: on the screen.
said() {
	[[ $SCREEN =~ $1 ]]
}

# attempt ARGS...: with that call failing; from the same beginning each time.
attempt() {
	local text

	rm -rf "$WS/tokens" "$WS/register.jsonl" "$SCRATCH/c" "$SCRATCH"/new.*
	cp -a "$GOOD" "$WS/tokens"
	status=0
	timeout 30 "$ANCHORITE" --config "$FAILING" --at "$AT" \
		--ceremony "$SCRATCH/c" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" \
		</dev/null || status=$?
	IFS= read -rd '' SCREEN <"$SCRATCH/err" || :
	IFS= read -rd '' text <"$SCRATCH/out" || :
	SCREEN+=$text
	objects "$WS/tokens"
}

# What each is when it is done, and when it is not.
done_sign() { cmp -s "$SCRATCH/new.xml" "$WS/skr.xml"; }
not_sign() { [ ! -e "$SCRATCH/new.xml" ]; }
done_keygen() { [ "$N" -eq $((OBJECTS + 2)) ]; }
not_keygen() {
	[ "$N" -eq "$OBJECTS" ] ||
		said 'made all the same|cannot be seen|could not be destroyed'
}
done_keydelete() { [ "$N" -eq $((OBJECTS - 2)) ]; }
not_keydelete() {
	[ "$N" -eq "$OBJECTS" ] ||
		said 'are gone|half was deleted|cannot be seen|still shows it|C_FindObjects'
}
done_transport() { done_keygen && [ -e "$SCRATCH/new.pem" ]; }
not_transport() { not_keygen && [ ! -e "$SCRATCH/new.pem" ]; }
done_list() { [ -e "$SCRATCH/new.list" ] && [ "$N" -eq "$OBJECTS" ]; }
not_list() { [ ! -e "$SCRATCH/new.list" ] && [ "$N" -eq "$OBJECTS" ]; }
done_backup() { [ -e "$SCRATCH/new.backup" ] && [ "$N" -eq "$OBJECTS" ]; }
not_backup() { [ ! -e "$SCRATCH/new.backup" ] && [ "$N" -eq "$OBJECTS" ]; }
done_restore() { done_keygen; }
not_restore() {
	[ "$N" -eq "$OBJECTS" ] ||
		said 'is left in the token|cannot be seen|could not be deleted'
}
done_inventory() { said $'\n *ksk-1 '; }
not_inventory() { true; }

# hold OPERATION NAME ARGS...: the outcome is one of the two, and the message
# has the error's name.
hold() {
	local operation=$1 name=$2

	case $status in
	0) "done_$operation" ||
		fail "$WHERE: says that it is done, and it is not" ;;
	1 | 2)
		"not_$operation" || fail "$WHERE: says that it is not done"
		# In a list it stands beside the key.  A slot without a token
		# is passed over.
		[[ $SCREEN == *"$name"* ]] ||
			{ [[ $WHERE == *"(C_GetTokenInfo) CKR_TOKEN_NOT_PRESENT"* ]] &&
				said 'no initialised token'; } ||
			fail "$WHERE: does not say $name"
		said 'token "|hsm\.softhsm|key |failing_calls' ||
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
	local operation=$1 n=0 tried=0 call calls error called=()
	shift
	objects "$GOOD"
	OBJECTS=$N
	REFUSED=0
	rm -f "$SCRATCH/calls"
	FAILING_CALL=0 FAILING_CALLS=$SCRATCH/calls attempt "$@"
	equal "$operation without a fault" 0 "$status"
	mapfile -t -O 1 called <"$SCRATCH/calls"
	calls=${#called[@]}
	for ((call = 1; call <= calls; call++)); do
		for error in "${ERRORS[@]}"; do
			for FAILING_HOW in instead after from; do
				n=$((n + 1))
				[ $((n % EVERY)) -eq 0 ] || continue
				FAILING_CALL=$call FAILING_RV=${error%%:*}
				WHERE="$* call $call (${called[call]})"
				WHERE+=" ${error#*:} $FAILING_HOW"
				attempt "$@"
				hold "$operation" "${error#*:}"
				tried=$((tried + 1))
			done
		done
	done
	echo "$*: $calls calls, $tried of $n faults tried, $REFUSED not done"
}

EVERY=$(one_of 149)
each sign sign "$KSR" "$SCRATCH/new.xml" --first --batch
each sign sign "$KSR" "$SCRATCH/new.xml" --first --batch --jobs 4
each keygen keygen --label new --algorithm ECDSAP256SHA256
each keydelete keydelete --label old --batch
each inventory inventory
each transport transport --label new --size 2048 "$SCRATCH/new.pem"
each list transport --components 2 "${OFFICERS[@]}" "$SCRATCH/new.list"
FAILING=$WS/copying.yaml
each backup backup --label copied "${TO[@]}" --batch "$SCRATCH/new.backup"
each backup backup --label copied "${TO_OFFICERS[@]}" --batch \
	"$SCRATCH/new.backup"
FAILING=$WS/handing.yaml
each backup handover --label leaving "${TO[@]}" --batch "$SCRATCH/new.backup"
FAILING=$WS/copying.yaml
GOOD=$WS/tokens.bare
each restore restore --transport-key transport "$SCRATCH/copied.backup"
each restore restore "${OFFICERS[@]}" "$SCRATCH/officers.backup"
finish
