#!/bin/bash
# A script's steps on record: in order, whole, and as replay judges them.
# shellcheck source=tests/support/lib.sh disable=SC2016
. tests/support/lib.sh
needs jq xmllint

# Here the record is the subject: commands name it, and its head stays.
RECORDING=
set_head_apart() {
	:
}

ANCHORITE=$(realpath "$ANCHORITE")
cd "$SCRATCH"

cat >walk.act <<'END'
title: A walk
purpose: to have steps
# act: this is no act
act: Opening
step: Doors
  do: step: this is no step
step: Signatures
act: Closing
step: Doors again
END

# step ARGS...: puts it on record; nothing is printed.
step() {
	accepts --ceremony record step "$@"
	[ ! -s "$SCRATCH/out" ] || fail "printed: step $*"
}

# stands FIELDS: what status says in JSON.
stands() {
	accepts --json step status --ceremony record
	equal "status" "$1" "$(jq -r '[.state, .paused, .next, .unfinished,
		.last.event, .last.number, .exceptions] |
		map(tostring) | join(" ")' "$SCRATCH/out")"
}

# not_now TEXT ARGS...: refused, and no step on record.
not_now() {
	local before text=$1
	shift
	before=$(grep -c '"event":"step"' record/log.jsonl || true)
	refuses 2 "$text" --ceremony record step "$@"
	equal "steps after a refusal" "$before" \
		"$(grep -c '"event":"step"' record/log.jsonl || true)"
}

refuses 2 "No such file" step status --ceremony record
accepts --ceremony record hash walk.act
accepts step status --ceremony record
says "No script was begun"
before=$(sha256sum <record/log.jsonl)
stands "none false null null null null 0"
equal "status wrote" "$before" "$(sha256sum <record/log.jsonl)"

# --- The command line.

not_now 'is no event' frobnicate --number 1.1
not_now 'step: begin needs --script' begin
not_now '--script is for step begin' start --number 1.1 --script walk.act
not_now 'No such file' begin --script none.act
printf 'title: x\n' >empty.act
not_now 'is no script' begin --script empty.act
not_now 'no script was begun' start --number 1.1
not_now 'step start needs --number' start
not_now '--text has no meaning' start --number 1.1 --text x
not_now 'each answers one' 'done' --number 1.1 --prompt x
not_now 'each answers one' 'done' --number 1.1 --answer x --answer y --prompt x
not_now '--title is given twice' start --number 1.1 --title a --title b
not_now 'at most 4096' 'done' --number 1.1 \
	--text "$(printf '%4097d' 0)"
refuses 2 "--number has no meaning for step status" step status \
	--ceremony record --number 1.1

# --- A walk with all that can happen.

step begin --script walk.act --title "A walk"
stands "ready false 1.1 null begin null 0"
not_now 'step 1.1 comes next' begin --script walk.act
step start --number 1.1 --title Doors
stands "running false 1.1 1.1 start 1.1 0"
accepts step status --ceremony record
says "step 1.1 was started and is not done"
step resumed --text "after a power cut"
not_now 'was started and is not done' start --number 1.1
step repeated --number 1.1
step start --number 1.1
hostile=$'a\n{"event":"step","step":"end"}\r\033[2J\177<script>"\xff'
step 'done' --number 1.1 --initials AB --role IW \
	--prompt "Are the doors shut?" --answer "yes" \
	--prompt "Who shut them?" --answer "$hostile" --text "$hostile"
stands "ready false 1.2 null done 1.1 0"
step paused
not_now 'the script is paused' start --number 1.2
stands "ready true 1.2 null paused null 0"
step exception --number 1.2 --initials CD --role CA \
	--expected "all sign" --happened "the pen is empty" \
	--decided "another pen"
step resumed
step failed --number 1.2 --text "the sheet is missing"
stands "stopped false 1.2 null failed 1.2 1"
step back --number 1.1
step skipped --number 1.1 --text "they are still shut"
step start --number 1.2
step 'done' --number 1.2 --initials AB
not_now 'step 2.1 comes next' end
step start --number 2.1
run --ceremony record --json step 'done' --number 2.1
equal "json" "done 2.1" "$(jq -r '"\(.step) \(.number)"' "$SCRATCH/out")"
grep -qF "\"prev\":\"$(jq -r .line_sha256 "$SCRATCH/out")\"" \
	record/log.jsonl || fail "line_sha256 is no line's hash"
stands "ready false null null done 2.1 1"
accepts step status --ceremony record
says "every step is done; the script is not ended"
step end
stands "ended false null null end null 1"
not_now 'only begin may follow' exception --expected a --happened b \
	--decided c
step begin --script walk.act
stands "ready false 1.1 null begin null 0"
step aborted --text "enough for a test"
accepts step status --ceremony record
says "aborted"

# --- What is on record: lines, screen, page, replay.

! LC_ALL=C grep -nP '[^\x20-\x7e]' record/log.jsonl || fail "not ASCII"
equal "the text" 'a\x0a{"event":"step","step":"end"}\x0d\x1b[2J\x7f<script>"\xff' \
	"$(jq -r 'select(.step == "done" and .number == "1.1") | .text' \
		record/log.jsonl)"
equal "the script" "$(sha256sum <walk.act | cut -c1-64)" \
	"$(jq -r 'select(.step == "begin") | .script' record/log.jsonl |
		sort -u)"
accepts log show record
! LC_ALL=C grep -q '[^ -~]' "$SCRATCH/out" || fail "not plain text"
LC_ALL=C awk 'length > 80 { bad = 1 } END { exit bad }' "$SCRATCH/out" ||
	fail "a line is longer than 80 columns"
says "step 1.2 EXCEPTION, initials CD (CA)"
says "            happened: the pen is empty"
says "            asked:    Are the doors shut?"
says "step 1.1 done, initials AB (IW)"
accepts report record -o page.html
xmllint --noout page.html || fail "the page is not well-formed"
for text in '<h2>Script</h2>' 'EXCEPTION at step 1.2. Expected: all sign' \
	'<div>happened: the pen is empty</div>' 'they are still shut' \
	'Script skipped at step 1.1' 'Script aborted: enough for a test' \
	'<td>AB</td><td>IW</td>' '&lt;script&gt;'; do
	grep -qF -- "$text" page.html || fail "the page lacks: $text"
	CASES=$((CASES + 1))
done
while read -r target; do
	grep -qF "id=\"$target\"" page.html || fail "no target for $target"
done < <(grep -oE 'href="#[^"]*' page.html | sort -u | cut -d'#' -f2)
accepts replay record
says "every conclusion and every byte the same"

# --- Forged with the chain written anew.

# The walk alone, as clean as it can be.
rm -rf record
step begin --script walk.act
for number in 1.1 1.2 2.1; do
	step start --number $number
	step 'done' --number $number --initials AB --role IW
done
step exception --expected a --happened b --decided c
step end
mv record clean

# forged FILTER TEXT: jq on the array of all lines; replay must say TEXT, and
# a further step must be refused because of it.
forged() {
	forge_record clean record "$1 | .[]" -s
	run replay record
	[ "$status" -eq 1 ] || fail "status $status after $1"
	says "$2"
}
# A run is three lines, that of begin four: the start of 1.1 is in lines 5 to 7.
forged 'del(.[4:7])' 'step done: step 1.1 comes next'
forged 'del(.[7:10])' 'step start: step 1.1 was started and is not done'
forged 'del(.[4:10])' 'step start: step 1.1 comes next'
forged 'del(.[10:16])' 'step start: step 1.2 comes next'
forged 'del(.[16:22])' 'step end: step 2.1 comes next'
forged 'del(.[0:4])' 'no script was begun on this record'
forged '.[4:10] as $a | .[10:16] as $b | .[0:4] + $b + $a + .[16:]' \
	'step start: step 1.1 comes next'
forged '. + .[7:10]' 'only begin may follow'
forged '.[5].number = "1.2"' 'number: recorded "1.2", replayed "1.1"'
forged 'del(.[8].number)' 'number: recorded nothing, replayed "1.1"'
forged 'del(.[8].initials)' 'initials: recorded nothing, replayed "AB"'
forged '.[5].step = "frob"' 'step: recorded "frob", replayed "start"'
forged '.[5].step = 1' 'step: recorded 1, replayed "start"'
forged 'del(.[23].decided)' 'decided: recorded nothing'
forged '.[23].text = "x"' 'text: recorded "x", replayed nothing'
forged '.[2].script = .[2].prev' 'script: recorded'
forged 'del(.[1])' '"step" is recorded where "input script" is due'
forged '.[0:5] + [.[1]] + .[5:]' \
	'"input script" is recorded where "step" is due'
forged '.[5].step = "begin"' 'step: recorded "begin", replayed "start"'
forged '.[0:5] + [.[5], .[5]] + .[6:]' '"step" is recorded where the run was done'

# The values of its inputs, stored with it.
rm -rf record
echo NAME=VALUE >values
refuses 2 'No such file' --ceremony record step begin --script walk.act \
	--values none
step begin --script walk.act --values values
refuses 2 "has no meaning without --script" --ceremony record step start --number 1.1 \
	--values values
values=$(sha256sum <values | cut -c1-64)
accepts --json step status --ceremony record
equal "values" "$values" "$(jq -r .values "$SCRATCH/out")"
equal "values stored" NAME=VALUE "$(<"record/inputs/$values")"
accepts replay record
mv clean bare
mv record clean
forged 'map(if .role == "script values" then .sha256 = .prev else . end)' \
	'is missing'
forged 'map(select(.role != "script values"))' \
	'"step" is recorded where "input script values" is due'
forged 'map(del(.values))' 'values: recorded nothing'
rm -r clean
mv bare clean

# A script that was changed, and one that is gone.
rm -rf record
cp -r clean record
stored=record/inputs/$(sha256sum <walk.act | cut -c1-64)
sed -i 's/^step: Signatures/# &/' "$stored"
refuses 1 'is not what its name says' --ceremony record step begin \
	--script walk.act
refuses 1 'was changed' --ceremony record step resumed
run replay record
[ "$status" -eq 1 ] || fail "a changed script replays"
says 'was changed'
rm "$stored"
refuses 1 'is missing' step status --ceremony record
finish
