#!/bin/bash
# The rollover rehearsed with real servers, quickly: it is as predicted, it
# notices what is spoilt on purpose, and it leaves nothing behind.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
PATH=$PATH:/usr/sbin:/sbin
needs nsd unbound named rndc dig dnssec-signzone ldns-verify-zone jq setpriv

export ANCHORITE TMPDIR=$SCRATCH
script=ceremony-scripts/rehearse-rollover

# rehearse STATUS ARGUMENT...: ends with it, and with nothing running on.
rehearse() {
	ends "$1" "$script" "${@:2}"
	nothing_left
}

# nothing_left: no server of ours runs, no socket of theirs is there.
nothing_left() {
	local link target
	for link in /proc/[0-9]*/exe; do
		target=$(readlink "$link" 2>/dev/null) || continue
		[[ $target != "$SCRATCH"/* ]] || fail "$target still runs"
	done
	! compgen -G "$SCRATCH/rollover.*" >/dev/null ||
		fail "sockets are left"
	CASES=$((CASES + 1))
}

# scenes SLOTS OPTION...: each slot of each scene has a line, and nobody is
# surprised.
scenes() {
	local slots=$1
	shift
	rehearse 0 --quick --report "$SCRATCH/report.md" "$@"
	[ ! -s "$SCRATCH/err" ] || fail "something on standard error"
	says "All is as expected."
	equal "slots" "$slots" "$(grep -cE '^20[0-9-]+ +20..-q./' "$SCRATCH/out")"
	equal "lines of the report" "$slots" \
		"$(grep -cE '^\| 20..-..-.. ' "$SCRATCH/report.md")"
	equal "temporary folders" "" \
		"$(find "$SCRATCH" -maxdepth 1 -name 'rehearse-rollover.*')"
}

# By the published plan: the old anchor fails with the roll and not before.
failing() {
	awk -v column="$1" '/^20/ && $column == "fails/fails" { print $2 }' \
		"$SCRATCH/out" | head -n "$2" | tail -n 1
}
first_date() {
	local octets
	for octets in 864 1139 1414 1425; do
		grep -qE "^20.* $octets  ok" "$SCRATCH/out" ||
			fail "no slot has $octets octets"
	done
	equal "the old anchor" 2027-q3/2 "$(failing 7 1)"
	equal "the late one" 2027-q3/2 "$(failing 8 1)"
	equal "the late Unbound" 2027-q3/2 "$(failing 9 1)"
}
if [ "$(one_of 3)" -eq 1 ]; then
	scenes $((8 * 9 + 5 * 9))
	equal "the postponed roll" 2028-q2/2 "$(failing 7 1)"
	awk '/first date/ { on = 1 } on' "$SCRATCH/out" >"$SCRATCH/early"
	mv "$SCRATCH/early" "$SCRATCH/out"
	grep -qE '^2027-07-11 .* 19 of 20$' "$SCRATCH/out" ||
		fail "not one of twenty fails with the roll"
else
	scenes $((5 * 9)) --kind RSASHA256
fi
first_date

# From RSA to ECDSA by the plan of the proposal and by the classic order, asked in
# the slots that matter: who follows comes through, an old anchor and who does not
# know ECDSA fail where the old KSK is revoked and not before, and a follower of
# which that was the only key has no anchor any more.
began=$SECONDS
rehearse 0 --quick --algorithm --report "$SCRATCH/algorithm.md"
echo "the algorithm's rollover, twice: $((SECONDS - began)) s"
[ ! -s "$SCRATCH/err" ] || fail "something on standard error"
says "All is as expected."
equal "slots" $(((9 + 7) * 9)) "$(grep -cE '^20[0-9-]+ +20..-q./' "$SCRATCH/out")"
cp "$SCRATCH/out" "$SCRATCH/both"
sed '/^The plan of the classic order/,$d' "$SCRATCH/both" \
	>"$SCRATCH/out"
equal "the old anchor, proposal" 2028-q3/2 "$(failing 7 1)"
equal "who knows no ECDSA, proposal" 2028-q3/2 "$(failing 10 1)"
grep -qE '^2028-07-11 .*[ ,][0-9]+/RS[ ,].* insecure/insecure ' "$SCRATCH/out" ||
	fail "the late Unbound still has an anchor"
equal "octets, proposal" "280 359 800 864 1011 1052 1075 1131 1139" \
	"$(awk '/^20/ { print $4 }' "$SCRATCH/out" | sort -nu | paste -sd' ')"
sed -n '/The plan of the classic order/,$p' "$SCRATCH/both" >"$SCRATCH/out"
equal "the old anchor, classic order" 2028-q1/2 "$(failing 7 1)"
equal "who knows no ECDSA, classic order" 2028-q1/2 "$(failing 10 1)"
! grep -qE '^2027.* fails' "$SCRATCH/out" || fail "somebody fails before"

# To another algorithm, and back, before anybody trusts the new KSK and after; every
# hold and way back of the two plans.
if [ "$(one_of 3)" -eq 1 ]; then
	rehearse 0 --quick --to ED25519
	says "All is as expected."
	equal "slots" $((6 * 9)) "$(grep -cE '^20[0-9-]+ +20..-q./' "$SCRATCH/out")"
	equal "the old anchor" 2027-q4/2 "$(failing 7 1)"
	for plan in proposal classic rollover; do
		rehearse 0 --quick --plan "$plan"
		says "All is as expected."
	done
	# Backed out, the old key signs again: who has no other comes back, until
	# the roll is repeated.
	awk '/^The plan / { on = $NF == "back-out" } on' "$SCRATCH/out" \
		>"$SCRATCH/back-out"
	grep -qE '^2027-07-11 .* fails/fails  fails/fails ' "$SCRATCH/back-out" ||
		fail "back-out: the old anchor leads through the roll"
	grep -qE '^2027-10-11 .* ok/ok +either/ok ' "$SCRATCH/back-out" ||
		fail "back-out: the old anchor does not lead back"
	grep -qE '^2028-01-11 .* fails/fails  ok/ok ' "$SCRATCH/back-out" ||
		fail "back-out: who came late did not learn the new key"
	for back in withdraw back-out; do
		rehearse 0 --quick --to ECDSAP256SHA256 --back "$back"
		says "All is as expected."
		! grep -q ' fails' "$SCRATCH/out" || fail "$back: somebody fails"
	done
fi

# What is spoilt is noticed, and for its own reason.
spoilt() {
	rehearse 1 --quick --spoil "$1" --dir "$SCRATCH/$1"
	says "$2"
	says "The world differs in"
}
spoilt previous-slot "DIFFERS  2027-q2/5: signatures of 20270501000000, not 20270511000000"
if [ "$(one_of 3)" -eq 1 ]; then
	spoilt skip-hold-down "simulate says that followers fail"
	says "unbound should be ok and is fails"
	says "named should be ok and is fails"
	spoilt no-self-signature "does not hold"
fi

# Interrupted, it takes everything with it.
for signal in INT TERM; do
	# What was said before is not what this one says.  A shell's job in the
	# background would be deaf to SIGINT.
	rm "$SCRATCH/out"
	env --default-signal=INT "$script" --quick \
		--dir "$SCRATCH/stopped-$signal" </dev/null >"$SCRATCH/out" 2>"$SCRATCH/err" &
	pid=$!
	for ((i = 0; i < 600; i++)); do
		! grep -qs 2027-q1/2 "$SCRATCH/out" || break
		sleep 0.1
	done
	kill "-$signal" "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -gt 128 ] || fail "SIG$signal: status $status"
	nothing_left
done

# What it does not understand, or would overwrite, it does not begin.
refuses_to_begin() {
	local text=$1
	shift
	rehearse 2 "$@"
	grep -qF -- "$text" "$SCRATCH/err" || fail "does not say \"$text\""
	equal "lines" 1 "$(wc -l <"$SCRATCH/err")"
}
refuses_to_begin 'unknown argument "--fast"' --fast
refuses_to_begin '--spoil needs a value' --spoil
refuses_to_begin '--back is a way back from --to' --back withdraw
refuses_to_begin '--back there is not known' --to ED448 --back there
refuses_to_begin '--way is a way through --plan' --way hold
refuses_to_begin '--plan other is not known' --plan other
refuses_to_begin '--spoil is for the rehearsal with RSA keys' --to ED448 \
	--spoil previous-slot
refuses_to_begin '--spoil nothing is not known' --spoil nothing
refuses_to_begin "$SCRATCH exists" --dir "$SCRATCH"
refuses_to_begin "$SCRATCH/report.md exists" --report "$SCRATCH/report.md"
finish
