#!/bin/bash
# A ceremony's script walked on a terminal, and killed at every question and
# amid commands: it goes on at the right step, and nothing is signed twice.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs expect jq

# Here the record is the subject: commands name it, and its head stays.
RECORDING=
set_head_apart() {
	:
}

ANCHORITE=$(realpath "$ANCHORITE")
export ANCHORITE
RUN=$PWD/ceremony-scripts/run
FAULTY_MODULE=$TEST_BIN/libfaulty_module.so
[ -e "$FAULTY_MODULE" ] || fail "$FAULTY_MODULE is not built"
cd "$SCRATCH"
workspace
rm -r "$WS/register.jsonl" ceremony
export FAULTY='' FAULTY_TARGET
FAULTY_TARGET=$(sed -n 's/^    module: "\(.*\)"$/\1/p' "$CONFIG")
sed -i "s|module: .*|module: \"$FAULTY_MODULE\"|" "$CONFIG"
mkfifo gate

cat >short.act <<'END'
title: A short ceremony
purpose: to be interrupted in tests

input: CONFIG The configuration
input: KSR The request
input: SKR The response

act: Opening
step: Welcome
do: CA welcomes everybody.
ask: Who is here
step: Hash the request
run: anchorite hash ${KSR}
expect: The request's hash.
act: Signing
step: Sign
before: absent SKR
run: anchorite sign ${KSR} ${SKR} --first
after: exists SKR
step: Farewell
run: cat gate
END
SET=(--set "CONFIG=$CONFIG" --set "KSR=$WS/ksr.xml" --set "SKR=skr.xml")

# answerer.exp KILL_AT TEXT COMMAND...: answers what is asked as a person would
# who wants the ceremony to go on.  At question number KILL_AT, or once TEXT is
# seen, the whole process group is killed as if the power were cut.
cat >answerer.exp <<'END'
set timeout 60
log_user 0
log_file -a -noappend screen
set kill_at [lindex $argv 0]
set kill_text [lindex $argv 1]
set pid [spawn -noecho {*}[lrange $argv 2 end]]
set asked 0
set published 0
proc cut {} {
	global pid
	exec kill -KILL -- -$pid
	expect eof
	wait
	exit 137
}
proc answer {text} {
	global asked kill_at
	incr asked
	if {$asked == $kill_at} cut
	send -- "$text\r"
}
while 1 {
	expect {
		-ex "Enter shows the rest:" { send -- "\r" }
		-ex "Enter go on, r repeat, b back, p pause, x exception, ! shell, q abort:" {
			answer ""
		}
		-re "sign ended: \[a-z, ]*published" { set published 1 }
		-ex "r repeat, c continue, s skip, b back, p pause, x exception, ! shell, q abort:" {
			if {$published} { answer c } else { answer r }
			set published 0
		}
		-ex "Who is here:" { answer everybody }
		-re {Initials of [^:]*:} { answer IW }
		-ex "Type Yes to sign, anything else to stop:" { answer Yes }
		-ex "Expected:" { answer "no interruption" }
		-ex "Happened:" { answer "the power was cut" }
		-ex "Decided:" { answer "go on with the response" }
		-ex "\n$ cat gate" {
			if {$kill_text eq "gate"} cut
			exec sh -c "echo opened >gate" &
		}
		timeout { exit 250 }
		eof { break }
	}
	if {$kill_text eq "signing" && $asked >= 7} {
		while {[catch {exec grep -q "\"event\":\"signing\"" record/log.jsonl}]} {
			after 20
		}
		cut
	}
}
exit [lindex [wait] 3]
END

# on_terminal STATUS KILL_AT TEXT [OPTION]...
on_terminal() {
	local wanted=$1 kill_at=$2 text=$3 status=0
	shift 3
	TERM=dumb expect -f answerer.exp -- "$kill_at" "$text" "$RUN" \
		./short.act --ceremony record --at "$AT" "$@" >errors 2>&1 \
		</dev/null || status=$?
	[ "$status" -eq "$wanted" ] ||
		fail "status $status, wanted $wanted: $(tail -n 12 screen errors)"
	CASES=$((CASES + 1))
}

fresh() {
	rm -rf record skr.xml .skr.xml* "$WS/register.jsonl"
}

# position WANTED: state and step that the record has.
position() {
	accepts --json step status --ceremony record
	equal "position, killed at $at" "$1" "$(jq -r '[.state, .next // empty] |
		join(" ")' "$SCRATCH/out")"
}

# once EVENT: there is one such line on the record.
once() {
	equal "$1, killed at $at" 1 \
		"$(grep -c "\"event\":\"$1\"" record/log.jsonl)"
}

# whole: everything was done, signed once, and replays.
whole() {
	once signed
	once published
	equal "in the register" "signing,published" \
		"$(jq -r .event "$WS/register.jsonl" | paste -sd ,)"
	equal "steps done" "1.1,1.2,2.1,2.2" "$(jq -r 'select(.step == "done") |
		.number' record/log.jsonl | paste -sd ,)"
	equal "last event" end \
		"$(jq -r '.step // empty' record/log.jsonl | tail -n 1)"
	"$ANCHORITE" replay record >replayed 2>&1 ||
		fail "does not replay: $(tail -n 5 replayed)"
}

### a person at the terminal

fresh
at=never
on_terminal 0 0 none "${SET[@]}"
whole
! grep -q $'\e' screen || fail "colours on a terminal that has none"

### the power is cut at every question

while read -r at state number; do
	fresh
	on_terminal 137 "$at" none "${SET[@]}"
	position "$state $number"
	before=$(wc -l <record/log.jsonl)
	on_terminal 0 0 none --resume
	grep -q "Step $number " <(sed -n '1,/^Step/p' screen) ||
		fail "killed at $at: resumed elsewhere"
	if [ "$state" = running ]; then
		grep -q "Step $number was started and is not done" screen ||
			fail "killed at $at: does not say so"
	fi
	equal "after the gap" resumed "$(tail -n +$((before + 1)) \
		record/log.jsonl | jq -r '.step // empty' | head -n 1)"
	whole
done <<'END'
1 ready 1.1
2 running 1.1
3 running 1.1
4 ready 1.2
5 running 1.2
6 ready 2.1
7 running 2.1
8 running 2.1
9 ready 2.2
10 running 2.2
END

### and amid commands

at="a command"
fresh
on_terminal 137 0 gate "${SET[@]}"
position "running 2.2"
on_terminal 0 0 none --resume
grep -q 'nothing that the program did' screen || fail "says what it did not do"
whole

at="the signing"
fresh
FAULTY=sign_sleeps:1 on_terminal 137 0 signing "${SET[@]}"
position "running 2.1"
! grep -q '"event":"published"' record/log.jsonl || fail "it had ended"
on_terminal 0 0 none --resume
grep -q 'sign was interrupted: signing' screen ||
	fail "does not say how far it had come: $(grep -A3 'was started' screen)"
whole

# Killed again and again, at the question after the resumption.
at="every resumption"
fresh
on_terminal 137 8 none "${SET[@]}"
on_terminal 137 1 none --resume
on_terminal 137 3 none --resume
on_terminal 0 0 none --resume
whole

### the keyboard

cat >keys.exp <<'END'
set timeout 30
log_user 0
log_file -a -noappend screen
set pid [spawn -noecho {*}$argv]
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
	exit [lindex [wait] 3]
}
END
# keyboard STATUS: the dialogue on standard input.
keyboard() {
	local wanted=$1 status=0
	cat keys.exp - >dialogue.exp
	expect -f dialogue.exp -- "$RUN" ./short.act --ceremony record \
		--at "$AT" "${SET[@]}" >errors 2>&1 </dev/null || status=$?
	[ "$status" -eq "$wanted" ] ||
		fail "status $status, wanted $wanted: $(tail -n 20 screen errors)"
	CASES=$((CASES + 1))
}
CHOICES="Enter go on, r repeat, b back, p pause, x exception, ! shell, q abort:"
ABORT='send "q\r"
sees "stay:"
send "abort\r"
sees "Why:"
send "the test is over\r"
ends'

# Ctrl-C at a question leaves nothing; amid a command it stops the command.
at=Ctrl-C
fresh
TERM=dumb keyboard 1 <<END
sees "$CHOICES"
send "\003"
sees "p pauses, q aborts."
send "\r"
sees "Who is here:"
send "\003"
sees "p pauses"
send "\r"
sees "Something has to be answered here."
sees "Who is here:"
send "everybody\r"
sees "Initials"
send "IW\r"
sees "was answered"
sees "$CHOICES"
send "s\r"
sees "One of these, please."
sees "$CHOICES"
send "b\r"
sees "Back to which step"
send "7.7\r"
sees "No step before this one has that number."
sees "$CHOICES"
send "\r"
sees "Initials"
send "x1\r"
sees "Two to four letters."
sees "Initials"
send "iw\r"
sees "Step 2.1"
sees "$CHOICES"
send "\r"
sees "Type Yes to sign"
send "\003"
sees "Step 2.1 stopped at"
sees "r repeat, c continue"
$ABORT
END
! grep -q '"event":"signing"' record/log.jsonl || fail "signed after Ctrl-C"
grep -q '"text":"status 130, interrupted: anchorite sign' record/log.jsonl ||
	fail "the interrupt is not on record"
# What was no answer is on record beside the one that was.
equal "answers that were not taken" "1.1 \"Who is here\" was answered with nothing, and asked again/1.2 \"Initials of IW\" was answered with \"X1\", and asked again" \
	"$(jq -r 'select(.step == "done") | "\(.number) \(.text)"' \
		record/log.jsonl | paste -sd /)"

# A shell is opened and left; what was typed in it is on record.
fresh
TERM=dumb keyboard 1 <<END
sees "$CHOICES"
send "!\r"
sees "shell$ "
send "echo typed >typed\r"
sees "shell$ "
send "exit\r"
sees "Resumed at"
sees "$CHOICES"
$ABORT
END
equal "what the shell did" typed "$(<typed)"
equal "what was typed" "paused/for a shell,resumed/after a shell: echo typed >typed;exit" \
	"$(jq -r 'select(.step == "paused" or .step == "resumed") |
		.step + "/" + .text' record/log.jsonl | paste -sd ,)"
"$ANCHORITE" replay record >replayed 2>&1 || fail "does not replay"

# What was typed before a question is no answer to it.
fresh
TERM=dumb keyboard 1 <<END
send "\r\r\r"
sees "$CHOICES"
sleep 1
send "\r"
sees "Who is here:"
send "everybody\rIW\r\r\r"
sees "Initials"
sleep 1
send "IW\r"
sees "Step 1.2"
sees "$CHOICES"
$ABORT
END
equal "events" "begin,start,done,aborted" \
	"$(jq -r 'select(.event == "step").step' record/log.jsonl | paste -sd ,)"

# A terminal that goes away is no answer either.
fresh
TERM=dumb keyboard 2 <<END
sees "$CHOICES"
send "\004"
sees "the terminal was closed; --resume goes on here"
ends
END
position "ready 1.1"

# One step at a time, in colours, where the terminal has both.
fresh
TERM=xterm keyboard 1 <<END
sees "$CHOICES"
send "\r"
sees "Who is here:"
send "everybody\r"
sees "Initials"
send "IW\r"
sees "1.1 done at"
sees "$CHOICES"
$ABORT
END
equal "pages" 2 "$(grep -c $'\e\[H\e\[2J' screen)"
grep -qF $'\e[1mHash the request' screen || fail "no colours"
fresh
NO_COLOR=1 TERM=xterm keyboard 1 <<END
sees "$CHOICES"
$ABORT
END
! grep -q $'\e\[[0-9;]*m' screen || fail "colours in spite of NO_COLOR"
finish
