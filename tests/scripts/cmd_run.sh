#!/bin/bash
# A ceremony's script walked with answers from a file: what is shown, run and
# put on record, whatever is answered.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq

# Here the record is the subject: commands name it, and its head stays.
RECORDING=
set_head_apart() {
	:
}

ANCHORITE=$(realpath "$ANCHORITE")
export ANCHORITE
ROOT=$PWD
RUN=$ROOT/ceremony-scripts/run
cd "$SCRATCH"
workspace
rm -r "$WS/register.jsonl" ceremony
mkdir "a place"

cat >short.act <<'END'
title: A short ceremony
purpose: to be walked in tests

input: PLACE Where it is
input: CONFIG The configuration
input: KSR The request
input: SKR The response

act: Opening of ${PLACE}
step: Welcome
do: CA welcomes everybody, one by one, and reads the rules of the place aloud, until nobody has a question left — très
  bien.
say: Welcome to ${PLACE}.
ask: Who is here
step: Hash the request
run: anchorite hash ${KSR}
expect: The request's hash.
act: Signing
step: Sign
before: absent SKR
before: exists KSR
run: anchorite sign ${KSR} ${SKR} --first
after: exists SKR
expect: A response.
step: Farewell
do: Everybody leaves.
initial: CA
END
cp short.act kept.act
SET=(--set "PLACE=the 'north' room; \$(touch hacked)" --set "CONFIG=$CONFIG"
	--set "KSR=$WS/ksr.xml" --set "SKR=a place/skr.xml" --at "$AT")

# As if nothing had ever been signed, on a new record.
fresh() {
	rm -rf record "a place/skr.xml" "$WS/register.jsonl"
}

# walks STATUS ANSWER...: on the record at hand; "-" is Enter.
walks() {
	local wanted=$1 answer
	shift
	: >answers
	for answer in "$@"; do
		printf '%s\n' "${answer#-}" >>answers
	done
	status=0
	"$RUN" ./short.act --ceremony record --batch answers "${SET[@]}" \
		>out 2>err </dev/null || status=$?
	[ "$status" -eq "$wanted" ] ||
		fail "status $status, wanted $wanted: $(tail -n 5 out err)"
	CASES=$((CASES + 1))
}

# resumes STATUS ANSWER...
resumes() {
	local SET=(--at "$AT" --resume)
	walks "$@"
}

# complains TEXT: standard error is this one line.
complains() {
	grep -qF -- "$1" err || fail "does not say \"$1\": $(<err)"
	equal "lines on standard error" 1 "$(wc -l <err)"
}

# events: the steps on record, as "start 1.1".
events() {
	jq -r 'select(.event == "step") | [.step, .number // empty] |
		join(" ")' record/log.jsonl | paste -sd ,
}

# position WANTED: state and step that the record has.
position() {
	accepts --json step status --ceremony record
	equal "position" "$1" "$(jq -r '[.state, .next // empty] |
		join(" ")' "$SCRATCH/out")"
}

# replays: the whole record; fails otherwise.
replays() {
	"$ANCHORITE" replay record >replayed 2>&1 ||
		fail "does not replay: $(tail -n 5 replayed)"
	CASES=$((CASES + 1))
}

TO_SIGN=(- everybody IW - iw)
ALL=("${TO_SIGN[@]}" - IW - CA)

### from beginning to end

fresh
walks 0 "${ALL[@]}"
[ ! -s err ] || fail "something on standard error: $(<err)"
ORDINARY="begin,start 1.1,done 1.1,start 1.2,done 1.2,start 2.1,done 2.1,start 2.2,done 2.2,end"
equal "events" "$ORDINARY" "$(events)"
cp out whole
replays
accepts verify "$WS/ksr.xml" "a place/skr.xml" --config "$CONFIG" --at "$AT" \
	--ceremony elsewhere
equal "answer" "Who is here everybody" "$(jq -r 'select(.answers) |
	.answers[0] | .prompt + " " + .answer' record/log.jsonl)"
equal "initials" "IW IW,IW IW,IW IW,CA CA" "$(jq -r 'select(.initials) |
	.role + " " + .initials' record/log.jsonl | paste -sd ,)"
# text EVENT STEP: what the record says of it besides.
text() {
	jq -r --arg event "$1" --arg number "$2" 'select(.step == $event and
		.number == $number) | .text' record/log.jsonl
}
equal "what the conditions saw" "absent SKR: a place/skr.xml does not exist; exists KSR: $WS/ksr.xml is there; exists SKR: a place/skr.xml is there" \
	"$(text "done" 2.1)"
values=$(jq -r 'select(.step == "begin").values' record/log.jsonl)
grep -qxF "PLACE=the 'north' room; \$(touch hacked)" "record/inputs/$values" ||
	fail "the values are not on record"
# As a shell would read it: what a backslash divides is one line.
sed -e :a -e '/ \\$/{N;s/ \\\n */ /;ta' -e '}' -e '/\\$/{N;s/\\\n//;ta' -e '}' \
	whole >joined
grep -qF "  \$ anchorite sign $WS/ksr.xml 'a place/skr.xml' --first" joined ||
	fail "the command is not shown as it runs"
grep -qF 'Act 1.  Opening of the' whole || fail "no act"
grep -qF 'Step 2.1  Sign' whole || fail "no step"
grep -qF '      | Welcome to the' whole || fail "what is said is not set apart"
grep -qF '2.1 done at' whole || fail "the time of a step is not shown"
[ ! -e hacked ] || fail "a value was carried out"
# The head that is shown last is the record's.
grep -qF "SHA-256 $(tail -n 1 record/log.jsonl | sha256sum | cut -c1-64)" whole ||
	fail "the last head is not shown"
! grep -q $'\e' whole || fail "colours in a file"
grep -qF -- '— très' whole || fail "UTF-8 is broken"

# It was ended: another begins on the same record, and cannot be resumed.
resumes 2
complains "no script was begun there to resume"
walks 1 p q
equal "events" "$ORDINARY,begin,paused" "$(events)"

### answers from a file: not one too few, not one too many

fresh
walks 2 "${TO_SIGN[@]}" -
complains 'answers: has no answer to "Initials of IW'
position "running 2.1"
fresh
walks 2 "${ALL[@]}" -
complains 'answers:10: "" answers nothing'
fresh
walks 2 - everybody I
complains 'answers:3: "I": Two to four letters.'
fresh
walks 2 y
complains 'answers:1: "y": One of these, please.'
fresh
walks 2 - ''
complains "Something has to be answered here."
fresh
walks 2 - $'every\tbody'
complains "control characters"
fresh
walks 2 - "$(printf 'x%.0s' {1..1025})"
complains "At most 1024 octets."
fresh
walks 0 "# a remark" "${ALL[@]}" "# and another"

### repeating, going back, pausing, exceptions

fresh
walks 2 r
complains "No step was done yet."
fresh
walks 2 b
complains "This is the first step."
fresh
walks 0 - everybody IW r - somebody IW "${ALL[@]:3}"
equal "events" "done 1.1,repeated 1.1,start 1.1,done 1.1,start 1.2" \
	"$(events | cut -d, -f3-7)"
replays
fresh
walks 0 - everybody IW - r - IW "${ALL[@]:5}"
equal "events" "start 1.2,repeated 1.2,start 1.2,done 1.2" \
	"$(events | cut -d, -f4-7)"
fresh
walks 0 - everybody IW - IW b 1.1 "${ALL[@]}"
equal "events" "done 1.2,back 1.1,start 1.1" "$(events | cut -d, -f5-7)"
fresh
walks 0 - everybody IW - IW b - - IW "${ALL[@]:5}"
equal "events" "done 1.2,back 1.2,start 1.2" "$(events | cut -d, -f5-7)"
fresh
walks 2 - everybody IW b 1.2
complains "No step before this one has that number."
fresh
walks 0 p - x 'a door' 'no door' 'the window' - everybody p - IW "${ALL[@]:3}"
equal "events" "paused,resumed,exception 1.1,start 1.1,paused,resumed,done 1.1" \
	"$(events | cut -d, -f2-8)"
equal "exception" "a door/no door/the window" "$(jq -r 'select(.expected) |
	[.expected, .happened, .decided] | join("/")' record/log.jsonl)"
replays
# A pause and its length are said on the page that follows, and on record.
grep -q '^1.1 done at .*; paused for 0 min [0-9]* s; paused for 0 min' out ||
	fail "the pauses are not said"
equal "pauses on record" 2 "$(jq -r 'select(.step == "resumed").text' \
	record/log.jsonl | grep -c '^after a pause of 0 min [0-9]* s$')"
# So are initials that are others than before, also before a resumption.
fresh
walks 0 - everybody IW - XY "${ALL[@]:5:2}" - CA
grep -q 'IW was IW until now, and is XY from this step on.' out ||
	fail "other initials are not said"
grep -q '^1.2 done at .*, IW: XY; IW was IW until now$' out ||
	fail "other initials are not on the next page"
equal "other initials" "IW was IW until now/IW was XY until now" "$(jq -r '
	select(.step == "done").text // empty' record/log.jsonl |
	grep -o 'IW was .. until now$' | paste -sd /)"
replays
fresh
walks 1 - everybody IW p q
resumes 0 - XY - XY - CA
grep -q "^Resumed at .*, after a pause, since $(date -u +%Y)-" out ||
	fail "the resumption is not said"
equal "initials and resumption" "after a pause/IW was IW until now" "$(jq -r '
	select(.step == "resumed" or .number == "1.2").text // empty' \
	record/log.jsonl | sed 's/, since .*//' | paste -sd /)"
# Where a text is asked for, a single letter may be one.
fresh
walks 0 - x IW "${ALL[@]:3}"
equal "answer" x \
	"$(jq -r 'select(.answers) | .answers[0].answer' record/log.jsonl)"
fresh
walks 0 - exception e h d pause - everybody IW "${ALL[@]:3}"
equal "events" "start 1.1,exception 1.1,paused,resumed,done 1.1" \
	"$(events | cut -d, -f2-6)"

# Leaving in a pause; going on.
fresh
walks 1 - everybody IW p q
position "ready 1.2"
walks 2 -
complains "record: this script was begun and has not ended; --resume goes on"
resumes 0 - IW "${ALL[@]:5}"
equal "events" "done 1.1,paused,resumed,start 1.2" "$(events | cut -d, -f3-6)"
replays

# What it was begun with is what it goes on with.
fresh
walks 1 - everybody IW p q
(
	cd "a place"
	ln -s ../record ../short.act .
	status=0
	"$RUN" ./short.act --ceremony record --resume --batch /dev/null \
		>../out 2>../err </dev/null || status=$?
	rm record short.act
	[ "$status" -eq 2 ] || fail "resumed elsewhere"
)
complains "no file of answers"
: >"a place/answers"
(
	cd "a place"
	ln -s ../record ../short.act .
	status=0
	"$RUN" ./short.act --ceremony record --resume --batch answers \
		>../out 2>../err </dev/null || status=$?
	rm record short.act answers
	[ "$status" -eq 2 ] || fail "resumed elsewhere"
)
complains "was begun in the folder $SCRATCH; go there"
SET+=(--resume)
walks 2
complains "no --set or --set-file, but --ceremony record"
unset 'SET[-1]'
sed -i 's/Everybody leaves/Nobody leaves/' short.act
resumes 2
complains "is not the script that was begun"
cp kept.act short.act
cp -a record kept
echo "PLACE=elsewhere" >"record/inputs/$(jq -r 'select(.step ==
	"begin").values' record/log.jsonl)"
resumes 2
complains "was changed"
rm -r record
mv kept record
resumes 0 - IW "${ALL[@]:5}"

# Aborting is asked twice, and for good.
fresh
walks 1 q no q abort 'a fire'
equal "events" "begin,aborted" "$(events)"
equal "reason" "a fire" \
	"$(jq -r 'select(.step == "aborted").text' record/log.jsonl)"
resumes 2
complains "no script was begun there to resume"
replays

### what fails

# A condition: nothing runs, it is said what to do; put right, it goes on.
fresh
touch "a place/skr.xml"
walks 2 "${TO_SIGN[@]}" -
complains 'has no answer to "r repeat'
grep -qF 'FAILS  absent: a place/skr.xml exists' out || fail "not said"
grep -qF 'Nothing is overwritten.' out || fail "not said what to do"
position "stopped 2.1"
equal "events" "done 1.2,failed 2.1" "$(events | cut -d, -f5-)"
! grep -q '"command":"sign"' record/log.jsonl || fail "it ran"
grep -q '"text":"absent SKR: a place/skr.xml exists"' record/log.jsonl ||
	fail "why is not on record"
resumes 2 ''
complains 'One of these, please.'
rm "a place/skr.xml"
resumes 0 r - IW - CA
replays

# A command: so does what follows in its line and in its step not run.
# shellcheck disable=SC2016 # an input of the act
sed -e 's|^run: anchorite hash.*|run: false \| true ; anchorite hash ${KSR}\
run: touch ran|' -e 's|^after: exists SKR|after: absent SKR|' kept.act >short.act
fresh
walks 2 "${TO_SIGN[@]:0:4}"
[ ! -e ran ] || fail "a command ran behind one that failed"
position "stopped 1.2"
! grep -q '"command":"hash"' record/log.jsonl || fail "it went on in the line"
[[ $(text failed 1.2) == 'status 1: false | true ; anchorite hash '* ]] ||
	fail "the status is not on record"
# One step is left out, with what was decided; the other goes on without being
# carried out again, though what it was to bring about is looked at.
resumes 2 s e 'it failed' 'go on' -
equal "events" "failed 1.2,resumed,exception 1.2,skipped 1.2,start 2.1,failed 2.1" \
	"$(events | cut -d, -f5-)"
resumes 2 c e h 'the response is there'
complains 'has no answer to "r repeat'
equal "events" "resumed,exception 2.1,repeated 2.1,start 2.1,failed 2.1" \
	"$(events | cut -d, -f11-)"
equal "signings" 1 "$(grep -c '"event":"signed"' record/log.jsonl)"
cp kept.act short.act

# The program's own refusal of a second signature is the last word.
fresh
walks 2 "${TO_SIGN[@]}" -
mv "a place/skr.xml" skr.xml
resumes 2 r -
grep -q 'sign ended: signing, signed, published' out ||
	fail "what the record has of the step is not shown"
position "stopped 2.1"
mv skr.xml "a place/skr.xml"
resumes 0 c 'one run' 'the power was cut' 'go on with the response' IW - CA
equal "signings" 1 "$(grep -c '"event":"signed"' record/log.jsonl)"
equal "published" 1 "$(grep -c '"event":"published"' record/log.jsonl)"
replays

# A record that takes no more: nothing goes on.
fresh
walks 1 - everybody IW p q
sed -i '3s/e/E/' record/log.jsonl
resumes 2 - IW "${ALL[@]:5}"
[ ! -e "a place/skr.xml" ] || fail "it went on without a record"

### usage

fresh
usage_error() {
	local text=$1
	shift
	status=0
	"$RUN" "$@" >out 2>err </dev/null || status=$?
	equal "status of run $*" 2 "$status"
	complains "$text"
	[ ! -e record ] || fail "begun: $*"
}
: >answers
usage_error 'no ceremony is called "no-such"; there are:' no-such
usage_error 'which ceremony?'
usage_error 'a ceremony is walked on a terminal (or with --batch)' ./short.act \
	--ceremony record "${SET[@]}"
usage_error 'needs --set NAME=VALUE for: KSR SKR' ./short.act --set PLACE=x \
	--set "CONFIG=$CONFIG" --ceremony record --batch answers
usage_error 'nowhere: no file of answers' ./short.act "${SET[@]}" \
	--ceremony record --batch nowhere
usage_error 'one KIND' ./short.act ./short.act
usage_error '--at needs a value' ./short.act --at
sed 's/^rehearsal: true/# rehearsal: true/' "$CONFIG" >"$WS/real.yaml"
# shellcheck disable=SC2016 # a key of the configuration
usage_error 'does not say `rehearsal: true`' ./short.act --ceremony record \
	--batch answers --set PLACE=x --set "CONFIG=$WS/real.yaml" \
	--set KSR=x --set SKR=x
ANCHORITE=/nonexistent usage_error '/nonexistent is missing' ./short.act \
	--ceremony record --batch answers "${SET[@]}"

### without acting

"$RUN" ./short.act --dry-run >out 2>err </dev/null || fail "--dry-run"
[ ! -s err ] || fail "--dry-run complains"
[ -z "$(ls -d record ceremony 2>/dev/null)" ] || fail "--dry-run acted"
equal "steps" "1.1,1.2,2.1,2.2" \
	"$(sed -n 's/^Step \([0-9.]*\)  .*/\1/p' out | paste -sd ,)"
# shellcheck disable=SC2016 # inputs without a value
grep -qF '  $ anchorite sign ${KSR} ${SKR} --first' out ||
	fail "inputs without a value"
# What is on the screen is what is on paper: both read the same file.
for act in "$ROOT"/ceremony-scripts/acts/*.act; do
	"$RUN" "$act" --dry-run >out 2>err </dev/null || fail "$act --dry-run"
	equal "steps of $act" "$(whole_act "$act" | grep -c '^step:')" \
		"$(grep -c '^Step ' out)"
	! LC_ALL=C.UTF-8 grep -E '^.{81}' out ||
		fail "$act: wider than 80 columns"
done
[ ! -e ceremony ] || fail "--dry-run acted"
finish
