#!/bin/bash
# What a person at a terminal sees and can do: the confirmation, the PIN,
# interrupts, colours.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
FORGETFUL=yes
needs expect openssl setsid stty

workspace
export ANCHORITE_CONFIG=$CONFIG
PIN=$(<"$WS/pin")
KSR=$WS/ksr.xml
SKR=$OUTPUT/skr.xml
SIGN=(--ceremony "$SCRATCH/ceremony" --at "$AT" sign "$KSR" "$SKR" --first)

# For whoever wants to be asked.
sed '/pin_file/d' "$CONFIG" >"$WS/ask.yaml"

# What every dialogue below can say; the transcript goes to $SCRATCH/out.  A
# dialogue ends with the program's status, 128 and more after a signal as in a
# shell, or 250 and more where it came otherwise than the dialogue says.
cat >"$SCRATCH/prologue.exp" <<'END'
set timeout 60
log_user 0
log_file -a -noappend $env(TRANSCRIPT)
proc program {} {
	global env argv spawn_id pid
	set pid [spawn -noecho {*}$argv]
}
proc sees {text} {
	expect {
		-ex $text {}
		timeout { exit 250 }
		eof { exit 251 }
	}
}
proc ends {} {
	expect {
		timeout { exit 252 }
		eof {}
	}
	set result [wait]
	if {[llength $result] > 4} {
		array set numbers {SIGINT 2 SIGQUIT 3 SIGTERM 15}
		exit [expr {128 + $numbers([lindex $result 5])}]
	}
	exit [lindex $result 3]
}
END

# dialogue STATUS WHAT COMMAND...: plays the dialogue on standard input.
dialogue() {
	local wanted=$1 what=$2
	shift 2
	forget
	rm -rf "$SCRATCH/ceremony"
	status=0
	cat "$SCRATCH/prologue.exp" - >"$SCRATCH/dialogue.exp"
	TERM=xterm TRANSCRIPT=$SCRATCH/out expect -f \
		"$SCRATCH/dialogue.exp" -- "$@" 2>"$SCRATCH/err" </dev/null || status=$?
	[ ! -s "$SCRATCH/err" ] || fail "$what: expect complains"
	equal "$what: status" "$wanted" "$status"
}

# never_says TEXT: the transcript must not hold it.
never_says() {
	! grep -qF -- "$1" "$SCRATCH/out" || fail "the terminal shows \"$1\""
	CASES=$((CASES + 1))
}

# answered STATUS WHAT ANSWER: what is typed at the question, in Tcl's quotes.
QUESTION="Type Yes to sign, anything else to stop:"
answered() {
	dialogue "$1" "$2" "$ANCHORITE" "${SIGN[@]}" <<-END
		program
		sees "$QUESTION"
		send -- "$3"
		ends
	END
}

# --- the confirmation

answered 0 "Yes" 'Yes\r'
says "signatures made, each verified in software"
# What the operator had on the screen before the question.
sed "/$QUESTION/q" "$SCRATCH/out" >"$SCRATCH/before"
sha256=$(openssl dgst -sha256 -r "$KSR" | cut -d' ' -f1)
accepts hash "$KSR"
for text in "SHA-256 $sha256" "$(sed -n '/^   */{s///;p;q}' "$SCRATCH/out")" \
	"Checks of the request" "Response to be signed, schema normal" \
	"1  2027-01-01T00:00:00 2027-01-22T00:00:00"; do
	grep -qF -- "$text" "$SCRATCH/before" || fail "not shown before: $text"
done
# Of that, what is compared is on the last of the screens, 80 columns by 24
# lines: the request's hash, all its words, and the table.
tail -n 24 "$SCRATCH/before" | tr -d '\r' >"$SCRATCH/last-screen"
equal "columns of the last screen" 0 \
	"$(awk 'length($0) > 80' "$SCRATCH/last-screen" | wc -l)"
while IFS= read -r line; do
	grep -qxF -- "$line" "$SCRATCH/last-screen" ||
		fail "not on the screen of the question: $line"
done < <(grep -v '^File' "$SCRATCH/out")
equal "the table on it" "# 1 2 3 4 5 6 7 8 9" "$(grep -E \
	'^(#  Inception .*KSK Tag|[1-9]  20.*\(ksk-1\)/S$)' \
	"$SCRATCH/last-screen" | cut -c1 | paste -sd ' ')"
grep -q '^Checks of' "$SCRATCH/last-screen" &&
	fail "checks stand between table and question"
equal "the last line" "$QUESTION" "$(tail -n 1 "$SCRATCH/last-screen" |
	sed 's/^Sign this response? //; s/ Yes *$//; s/ $//')"
accepts verify "$KSR" "$SKR"
equal "who can read the response" "$(stat -c %a "$KSR")" \
	"$(stat -c %a "$SKR")"
rm "$SKR"

while read -r what answer; do
	answered 1 "the answer: $what" "$answer"
	says "not confirmed"
	says "nothing was signed"
	never_says "signatures made"
	nothing_written
done <<'END'
yes          yes\r
y            y\r
capitals     YES\r
nothing      \r
No           No\r
leading      \040Yes\r
trailing     Yes\040\r
more         Yes,\040please\r
quoted       \042Yes\042\r
twice        YesYes\r
too-long     Yes\040\040\040\040\040\040\040\040\040\040\040\040\040\040\040Yes\r
nul          Yes\000\r
return       Yes\026\r\r
end          \004
unfinished   Yes\004\004
END

# What was refused here is refused anew from the record.
accepts replay "$SCRATCH/ceremony"

answered 130 "Ctrl-C" '\003'
nothing_written
answered 130 "Ctrl-C after Yes" 'Yes\003'
nothing_written
answered 131 "Ctrl-\\" '\034'
nothing_written
dialogue 143 "terminated" "$ANCHORITE" "${SIGN[@]}" <<END
program
sees "$QUESTION"
exec kill -TERM \$pid
ends
END
nothing_written

# What was typed before the question is no answer to it.
dialogue 1 "typed ahead" "$ANCHORITE" "${SIGN[@]}" <<END
program
send "Yes\r"
sees "Previous response"
send "Yes\r"
sees "$QUESTION"
sleep 1
send "\r"
ends
END
says 'the answer was ""'
nothing_written

# Nobody to ask: refused before anything is opened.
refuses 2 "no terminal to confirm on" "${SIGN[@]}"
refuses 2 "add --batch" --json "${SIGN[@]}"
for redirected in ">'$SCRATCH/redirected'" '</dev/null'; do
	# shellcheck disable=SC2016 # for the shell on the terminal
	dialogue 2 "redirected: $redirected" \
		sh -c '"$@" '"$redirected" sh "$ANCHORITE" "${SIGN[@]}" <<-END
		program
		ends
	END
	says "no terminal to confirm on"
done
nothing_written

# --- the PIN

PROMPT="PIN of token anchorite rehearsal: "
ASK=(--config "$WS/ask.yaml" "${SIGN[@]}")

# While the question is on the screen, the PIN is nowhere to be seen: neither
# in the arguments nor in the environment.
dialogue 0 "the right PIN" "$ANCHORITE" "${ASK[@]}" <<END
program
sees "$PROMPT"
send "$PIN\r"
sees "$QUESTION"
foreach file {cmdline environ} {
	if {![catch {open /proc/\$pid/\$file} channel]} {
		fconfigure \$channel -translation binary
		if {[string first "$PIN" [read \$channel]] >= 0} { exit 253 }
		close \$channel
	}
}
send "Yes\r"
ends
END
never_says "$PIN"
accepts verify "$KSR" "$SKR"
rm "$SKR"

# The PIN that was typed ahead was not meant for this token.
dialogue 2 "a PIN typed ahead" "$ANCHORITE" "${ASK[@]}" <<END
program
send "$PIN\r"
sees "$PROMPT"
sleep 1
send "\r"
ends
END
says "no PIN was entered"
nothing_written

# refused_pin TYPED TEXT
refused_pin() {
	dialogue 2 "the PIN $1" "$ANCHORITE" "${ASK[@]}" <<-END
		program
		sees "$PROMPT"
		send "$1"
		ends
	END
	says "$2"
	never_says "$QUESTION"
	nothing_written
}

refused_pin '0000\r' "wrong PIN"
never_says "0000"
refused_pin '\r' "no PIN was entered"
refused_pin '\004' "closed before a PIN was entered"
refused_pin "$(printf '7%.0s' {1..256})\r" "the PIN is longer than 255 octets"
never_says "777777"
refused_pin "$PIN\\007\r" "wrong PIN"

# Interrupted at the prompt, the terminal echoes again.
# shellcheck disable=SC2016 # for the shell on the terminal
dialogue 0 "Ctrl-C at the PIN" sh -c 'trap : INT
	"$@"
	echo "status $?"
	stty -a' sh "$ANCHORITE" "${ASK[@]}" <<END
program
sees "$PROMPT"
send "12\003"
ends
END
says "status 130"
grep -qE '[^-]\becho\b' "$SCRATCH/out" || fail "the terminal is left silent"
grep -qE '[^-]\bicanon\b' "$SCRATCH/out" || fail "the terminal is left raw"
nothing_written

# And there is no other way in: without a terminal nobody is asked.
status=0
setsid -w "$ANCHORITE" --ceremony "$SCRATCH/ceremony" \
	--config "$WS/ask.yaml" inventory >"$SCRATCH/out" \
	2>"$SCRATCH/err" <<<"$PIN" || status=$?
equal "a PIN from standard input: status" 2 "$status"
grep -q "must be typed and there is no terminal" "$SCRATCH/err" ||
	fail "a PIN from standard input"

# --- colours

ESC=$'\033'
on_terminal() {
	dialogue 0 "colours" env "$@" "$ANCHORITE" --at "$AT" \
		--ceremony "$SCRATCH/ceremony" check "$KSR" <<-END
		program
		ends
	END
}

on_terminal TERM=xterm
says "${ESC}[32mpass"
says "${ESC}[36mnot run"
on_terminal NO_COLOR=1
says "pass        KSR-DOMAIN"
never_says "$ESC"
on_terminal NO_COLOR=
says "${ESC}[32mpass"
on_terminal TERM=dumb
never_says "$ESC"
on_terminal -u TERM
never_says "$ESC"
TERM=xterm accepts --at "$AT" check "$KSR"
never_says "$ESC"
finish
