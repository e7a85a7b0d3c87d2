#!/bin/bash
# A module that does not come back: it hangs, leaves or crashes in each call of
# each act.  The message says in which, of which token and key; nothing is
# signed or left running.  And what it prints, and whose environment it sees.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
FORGETFUL=yes
needs jq pgrep

workspace
KSR=$WS/ksr.xml
MODULE=$(sed -n 's/^    module: "\(.*\)"$/\1/p' "$CONFIG")
export FAILING_TARGET=$MODULE FAILING_CALL=0 FAILING_RV=0 FAILING_HOW=instead
FAILING_MODULE=$TEST_BIN/libfailing_calls.so
[ -e "$FAILING_MODULE" ] || fail "$FAILING_MODULE is not built"
FAILING=$WS/failing.yaml
sed -e "s|module: .*|module: \"$FAILING_MODULE\"|" \
	-e 's|^    pin_file: .*|&\n    call_timeout: PT1S|' "$CONFIG" >"$FAILING"

# nobody_left: no process of the program's, after a second at the most.
nobody_left() {
	local n
	for n in $(seq 20); do
		pgrep -f -- "--config $WS/" >/dev/null || break
		sleep 0.1
	done
	[ "$n" -lt 20 ] || fail "left running: $(pgrep -af -- "--config $WS/")"
	CASES=$((CASES + 1))
}

### each call of a signing, as many times as it is made

export FAILING_CALLS=$SCRATCH/calls
accepts --config "$FAILING" --at "$AT" sign "$KSR" "$SCRATCH/0.xml" --first \
	--batch
unset FAILING_CALLS
cmp -s "$SCRATCH/0.xml" "$WS/skr.xml" || fail "another response"
HANGS=' did not return within 1 s; the module.s process was ended'
LEAVES=": the module's process ended (by itself, with status 0)"
LEAVES_PATTERN=": the module's process ended \(by itself, with status 0\)"
CRASHES=": the module's process ended (killed by signal (4|5|6), SIG(ILL|TRAP|ABRT))"
n=0 tried=0
declare -A made
while read -r call; do
	n=$((n + 1))
	# What is called once more is as good as what was called before.
	made[$call]=$((${made[$call]-0} + 1))
	[ "${made[$call]}" -le 2 ] || continue
	for FAILING_HOW in leaves crashes hangs; do
		FAILING_CALL=$n
		run --config "$FAILING" --at "$AT" sign "$KSR" "$OUTPUT/1.xml" \
			--first --batch
		case $call,$FAILING_HOW in
		C_Logout,* | C_Finalize,*)
			# The response is published by then.
			equal "status of $call $FAILING_HOW" 0 "$status"
			cmp -s "$OUTPUT/1.xml" "$WS/skr.xml" || fail "no response"
			rm "$OUTPUT/1.xml"
			;;
		C_CloseSession,*) rm -f "$OUTPUT/1.xml" ;;
		*)
			equal "status of $call $FAILING_HOW" 2 "$status"
			nothing_written
			wanted=$call
			case $FAILING_HOW in
			hangs) wanted+=$HANGS ;;
			leaves) wanted+=$LEAVES_PATTERN ;;
			crashes) wanted+=$(sed 's/ended (/ended \\(/; s/)$/\\)/' \
				<<<"$CRASHES") ;;
			esac
			grep -qE -- "$wanted" "$SCRATCH/err" ||
				fail "does not say $wanted"
			;;
		esac
		case $call in
		C_Sign) grep -qF ': key "ksk-1": C_Sign' "$SCRATCH/err" ||
			fail "names no key" ;;&
		C_Login | C_Sign | C_SignInit | C_FindObjects)
			grep -qF 'token "anchorite rehearsal" (serial ' \
				"$SCRATCH/err" || fail "names no token"
			;;
		esac
		nobody_left
		tried=$((tried + 1))
	done
done <"$SCRATCH/calls"
[ $tried -ge 60 ] || fail "$tried were tried"

### as many threads as there are

FAILING_CALL=$(grep -n '^C_Sign$' "$SCRATCH/calls" | sed -n '5s/:.*//p')
for FAILING_HOW in leaves hangs; do
	run --config "$FAILING" --at "$AT" sign "$KSR" "$OUTPUT/1.xml" --first \
		--batch --jobs 4
	equal "status with threads, $FAILING_HOW" 2 "$status"
	nothing_written
	nobody_left
done

### acts that change the token

FAILING_HOW=leaves
accepts --config "$CONFIG" --at "$AT" keygen --label old \
	--algorithm ECDSAP256SHA256
for call in C_GenerateKeyPair C_DestroyObject; do
	rm -rf "$WS/tokens.good"
	cp -a "$WS/tokens" "$WS/tokens.good"
	case $call in
	C_GenerateKeyPair) act=(keygen --label new --algorithm ECDSAP256SHA256) ;;
	*) act=(keydelete --label old --batch) ;;
	esac
	export FAILING_CALLS=$SCRATCH/$call
	FAILING_CALL=0 accepts --config "$FAILING" --at "$AT" "${act[@]}"
	unset FAILING_CALLS
	rm -rf "$WS/tokens"
	cp -a "$WS/tokens.good" "$WS/tokens"
	FAILING_CALL=$(grep -n "^$call\$" "$SCRATCH/$call" |
		sed -n '1s/:.*//p')
	refuses 2 "$call$LEAVES" --config "$FAILING" --at "$AT" "${act[@]}"
	nobody_left
done

### the program is killed, or told to end, while the module hangs

FAILING_HOW=hangs
FAILING_CALL=$(grep -n '^C_Sign$' "$SCRATCH/calls" | sed -n '1s/:.*//p')
sed 's/PT1S/PT10M/' "$FAILING" >"$WS/patient.yaml"
for signal in KILL TERM INT; do
	forget
	rm -rf "$SCRATCH/ceremony"
	# A group of its own, as a terminal's; Ctrl-C goes to all of it.
	setsid env --default-signal=INT "$ANCHORITE" \
		--ceremony "$SCRATCH/ceremony" --config "$WS/patient.yaml" \
		--at "$AT" sign "$KSR" "$OUTPUT/1.xml" --first --batch \
		>"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null &
	pid=$!
	for _ in $(seq 100); do
		! grep -q '"signing"' "$SCRATCH/ceremony/log.jsonl" 2>/dev/null ||
			break
		sleep 0.1
	done
	sleep 0.3
	equal "processes while it hangs" 2 "$(pgrep -fc -- "--config $WS/patient")"
	if [ $signal = INT ]; then
		kill -INT -- "-$pid"
	else
		kill -$signal "$pid"
	fi
	status=0
	wait "$pid" 2>/dev/null || status=$?
	equal "status after $signal" $((128 + $(kill -l $signal))) "$status"
	nobody_left
	[ $signal = KILL ] || nothing_written
	rm -f "$OUTPUT"/*
done

### what it prints is not ours

FAILING_HOW=speaks
for FAILING_CALL in 1 $FAILING_CALL; do
	rm -f "$SCRATCH/2.xml"
	run --config "$FAILING" --at "$AT" --json sign "$KSR" "$SCRATCH/2.xml" \
		--first --batch
	equal "status of what speaks" 0 "$status"
	jq -e .accepted "$SCRATCH/out" >/dev/null || fail "no JSON"
	for text in 'the module says' 'and more'; do
		grep -qF "$text" "$SCRATCH/err" || fail "not told: $text"
		! grep -qF "$text" "$SCRATCH/out" || fail "in the JSON: $text"
	done
done

### one module in two environments: two HSMs

FAILING_CALL=0
FORGETFUL=
forget
accepts init "$SCRATCH/second" --at "$AT"
accepts --config "$SCRATCH/second/anchorite.yaml" --at "$AT" keygen \
	--label ksk-2 --algorithm RSASHA256
sed -n '/^  ksk_next:$/,/^$/p' "$SCRATCH/out" | sed '/^$/d' >"$SCRATCH/next"
rm -rf "$SCRATCH/ceremony"
sed -n '/^hsm:/,/^$/p' "$SCRATCH/second/anchorite.yaml" |
	sed -e '1d;/^$/d' -e 's/^  softhsm:/  second:/' >"$SCRATCH/hsm"
sed -e "/^hsm:/r $SCRATCH/hsm" \
	-e '/^    label: "ksk-1"/a \    hsm: softhsm' "$CONFIG" >"$WS/two.yaml"
sed -i -e "/^keys:/r $SCRATCH/next" "$WS/two.yaml"
sed -i '/^    label: "\{0,1\}ksk-2/a \    hsm: second' "$WS/two.yaml"
for jobs in 1 4; do
	rm -f "$WS/register.jsonl" "$SCRATCH/two.xml"
	rm -rf "$SCRATCH/ceremony"
	accepts --config "$WS/two.yaml" --at "$AT" sign "$KSR" \
		"$SCRATCH/two.xml" --first --batch --schema rollover --jobs $jobs
	equal tokens 2 "$(jq -r 'select(.event == "token").serial' \
		"$SCRATCH/ceremony/log.jsonl" | sort -u | wc -l)"
	accepts replay "$SCRATCH/ceremony"
done
nobody_left
finish
