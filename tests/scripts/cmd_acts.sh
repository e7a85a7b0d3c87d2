#!/bin/bash
# The reader of act files: what it takes from them, and what it refuses with
# file and line.
. tests/support/lib.sh

# act_shell COMMAND...: bash with the reader in it; $status, out and err.
act_shell() {
	status=0
	bash -c '. ceremony-scripts/lib.sh; . ceremony-scripts/acts.sh; trap acts_forget EXIT; '"$1" \
		acts "${@:2}" </dev/null >"$SCRATCH/out" 2>"$SCRATCH/err" ||
		status=$?
}

# The smallest whole act file, with the lines of $1 in its header, those of $2
# in its only act and those of $3 in its only step.
act_file() {
	printf 'title: T\npurpose: P\ninput: A The A\ninput: B The B\n%s\nact: One\n%s\nstep: S\ndo: D\n%s\n' \
		"$1" "$2" "$3" >"$SCRATCH/x.act"
}

# reads CODE WANTED: the file is accepted and CODE prints WANTED.
reads() {
	act_shell "acts_load \"$SCRATCH/x.act\"; $1"
	[ "$status" -eq 0 ] || fail "status $status: $1"
	[ ! -s "$SCRATCH/err" ] || fail "something on standard error: $1"
	equal "$1" "$2" "$(cat "$SCRATCH/out")"
}

# wrong LINE TEXT: the file is refused at this line, in one line of text.
wrong() {
	act_shell "acts_load \"$SCRATCH/x.act\"; echo loaded"
	[ "$status" -eq 2 ] || fail "status $status, wanted 2: $2"
	[ ! -s "$SCRATCH/out" ] || fail "goes on: $2"
	[ "$(wc -l <"$SCRATCH/err")" -eq 1 ] || fail "not one line: $2"
	grep -qF -- "$SCRATCH/x.act:$1: $2" "$SCRATCH/err" ||
		fail "does not say \"$1: $2\""
	CASES=$((CASES + 1))
}

# What is read.
cat >"$SCRATCH/x.act" <<'END'
# A comment.
title:   A title  
purpose: One
	and more
 
  of it
purpose: Two
participants: CA IW CO1 CO12

input: FOLDER_1 Where
input: WHAT A word
default: WHAT it
file: FOLDER_1
act: First
step: Begin
do: x
do:
  y
say: Aloud
step: Run
run: cp -- ${FOLDER_1}/a ${WHAT}
run: sync
before: medium PLACE ro
before: clock
after: exists FOLDER_1
expect: No message: none
ask: Who?
initial: CO2
exception: e1
exception: e2
act: Second
step: End
do: x
END
sed -i 's/^input: WHAT.*/&\ninput: PLACE A place\ninput: PLACE_MEDIUM Its label/' \
	"$SCRATCH/x.act"
# shellcheck disable=SC2016 # expanded by the shell that reads the file
{
	reads 'echo "$ACT_TITLE|$ACT_KIND|${#ACT_PURPOSE[@]}|${ACT_PURPOSE[0]}"' \
		'A title|x|2|One and more of it'
	reads 'echo "${ACT_PARTICIPANTS[*]}|${ACT_INPUTS[*]}|${ACT_FILES[*]}"' \
		'CA IW CO1 CO12|FOLDER_1 WHAT PLACE PLACE_MEDIUM|FOLDER_1'
	reads 'echo "${ACT_INPUT_TEXT[FOLDER_1]}|${ACT_DEFAULT[WHAT]}"' 'Where|it'
	reads 'echo "${ACTS[0]}|${ACTS[1]}|${STEP_NUMBER[*]}|${STEP_ACT[*]}"' \
		'First|Second|1.1 1.2 2.1|1 1 2'
	reads 'echo "${STEP_TITLE[*]}|${STEP_INITIAL[*]}"' 'Begin Run End|IW CO2 IW'
	reads 'echo "${STEP_DO[0]}|${STEP_SAY[0]}"' $'x\ny|Aloud'
	reads 'echo "${STEP_RUN[1]}|${STEP_EXPECT[1]}|${STEP_ASK[1]}"' \
		$'cp -- ${FOLDER_1}/a ${WHAT}\nsync|No message: none|Who?'
	reads 'echo "${STEP_BEFORE[1]}|${STEP_AFTER[1]}|${STEP_EXCEPTION[1]}"' \
		$'medium PLACE ro\nclock|exists FOLDER_1|e1\ne2'

	# Values: as they are in texts, quoted for the shell in commands.
	reads 'acts_set "FOLDER_1=/a b/it'\''s \$HOME"
		acts_expand "\${FOLDER_1} \${WHAT}"
		acts_command "\${FOLDER_1}/x \${WHAT}"
		acts_command -v line "printf %s \${FOLDER_1}"; eval "$line"' \
		"/a b/it's \$HOME it
'/a b/it'\\''s \$HOME'/x it
/a b/it's \$HOME"
	reads 'acts_set "PLACE=/m&{2}"; acts_condition "medium PLACE ro"
		acts_condition clock' \
		"the medium at '/m&{2}' is the right one and read-only
the clock is UTC and within 3 minutes of the wall clock"
	reads 'ACTS_BLANKS=yes; acts_command "x \${FOLDER_1}/y"' 'x ${FOLDER_1}/y'
	# A second file leaves nothing of the first.
	reads 'acts_load ceremony-scripts/acts/key-signing.act
		acts_load "'"$SCRATCH/x.act"'"
		echo "${#ACTS[@]} ${#STEP_TITLE[@]} ${#ACT_INPUT_TEXT[@]}"' '2 3 4'
}

# What is refused, and where.
cases=0
while IFS='|' read -r line text header act step; do
	act_file "${header//\\n/$'\n'}" "$act" "${step//\\n/$'\n'}"
	wrong "$line" "$text"
	cases=$((cases + 1))
done <<'END'
5|unknown key "titel:"|titel: x
5|a second title|title: U
5|wanted "key: value", not "no key"|no key
5|wanted "key: value", not "Title: x"|Title: x
5|wanted "key: value", not ": x"|: x
5|"purpose:" has no value|purpose:
5|"input:" has no value|input:  
5|wanted "input: NAME Text", not "lower The"|input: lower The
5|wanted "input: NAME Text", not "C"|input: C
5|input A a second time|input: A Again
5|no input is named "C"|default: C x
6|a second default of A|default: A x\ndefault: A y
5|no input is named "C"|file: C
6|file A a second time|file: A\nfile: A
5|unknown role "XX" (known: CA|participants: CA XX
5|unknown role "CA0"|participants: CA0
5|participant CA a second time|participants: CA IW CA
6|participants a second time|participants: CA\nparticipants: IW
5|no input is named "C"|purpose: x ${C}
5|wanted ${NAME}, not "${A"|purpose: x ${A
5|a step before the first act|step: x
5|"do:" belongs in a step|do: x
7|"do:" belongs in a step||do: x
7|"title:" belongs before the first act||title: U
10|"input:" belongs before the first act|||input: C The C
6|act 1 has no steps||act: Two
10|unknown condition "moon"|||before: moon
10|wanted "clock ", not "clock A"|||before: clock A
10|wanted "exists NAME", not "exists"|||after: exists
10|no input is named "C"|||after: exists C
10|no input is named "A_MEDIUM"|||after: medium A rw
10|no input is named "A_SHA256"|||after: file-hash A
10|no input is named "PROGRAM_SHA256"|||before: hashes
10|wanted a number of MiB, not "0"|||before: space A 0
10|wanted a number of MiB, not "x"|||before: space A x
10|unknown role "XX"|||initial: XX
10|no input is named "C"|||run: x ${C}
10|wanted ${NAME}, not "${A-b}"|||run: x ${A-b}
10|a command may expand ${NAME} and nothing else|||run: x $HOME
10|a command may expand ${NAME} and nothing else|||run: x $(y)
10|a command in a command (`)|||run: x `y`
10|in quotes|||run: x "${A}"
10|in quotes|||run: x '${A}'
11|"run:" has no value|||say: x\nrun:
END
[ "$cases" -gt 40 ] || fail "only $cases cases"

# Longer files: the line is that of what is wrong.
act_file '' '' $'say: x\n\nsay: y'
wrong 12 '"say:" a second time in step 1.1'
act_file '' '' $'initial: IW\ninitial: CA'
wrong 11 '"initial:" a second time in step 1.1'
act_file '' '' $'act: Two\nstep: Idle\nsay: x\nstep: More\nexpect: y'
wrong 13 'nobody does anything in step 2.2'
act_file '' '' 'act: Empty'
wrong 10 'act 2 has no steps'
printf ' continues\n' >"$SCRATCH/x.act"
wrong 1 'continues a line, but none precedes it'
: >"$SCRATCH/x.act"
wrong 1 'there is no "title:"'
printf 'title: T\n' >"$SCRATCH/x.act"
wrong 1 'there is no "purpose:"'
printf 'title: T\npurpose: P\n' >"$SCRATCH/x.act"
wrong 2 'there is no "act:"'
for byte in '\000' '\007' '\r' '\033[31m' '\177'; do
	act_file '' '' ''
	# shellcheck disable=SC2059 # an octet
	printf "expect: a${byte}b\n" >>"$SCRATCH/x.act"
	wrong 11 'a control character'
done

# refused TEXT: what x.act as a whole is refused with, or a value for it.
refused() {
	[ "$status" -eq 2 ] || fail "status $status, wanted 2: $1"
	[ "$(wc -l <"$SCRATCH/err")" -eq 1 ] || fail "not one line: $1"
	grep -qF -- "$1" "$SCRATCH/err" || fail "does not say \"$1\""
	CASES=$((CASES + 1))
}
load="acts_load \"$SCRATCH/x.act\"; "
act_shell 'acts_load /nonexistent.act'
refused '/nonexistent.act: there is no such file'
printf 'title: \377\n' >"$SCRATCH/x.act"
act_shell "$load"
refused 'x.act: not UTF-8'
head -c 300000 /dev/zero | tr '\0' 'x' >"$SCRATCH/x.act"
act_shell "$load"
refused '300000 bytes; at most 262144 are read'

# Values of inputs.
act_file 'input: C_SHA256 A hash' '' ''
# shellcheck disable=SC2016 # expanded by the shell that reads the file
while IFS='|' read -r text code; do
	act_shell "$load$code"
	refused "$text"
done <<'END'
--set X: x has no input "X"|acts_set X=1
wanted NAME=VALUE, not "A"|acts_set A
wanted NAME=VALUE, not "a=1"|acts_set a=1
--set A: A is empty|acts_set A=
--set A: A has its value from --set A|acts_set A=1; acts_set A=2
--set A: A holds a control character|acts_set $'A=a\nb'
--set A: A holds a control character|acts_set $'A=a\eb'
--set A: not UTF-8|acts_set $'A=a\xffb'
--set A: A begins with "-", as an option does|acts_set A=-rf
A has 5000 octets; at most 4096|acts_set "A=$(printf %5000s x)"
wanted 64 digits 0-9a-f, not "12"|acts_set C_SHA256=12
x needs --set NAME=VALUE for: B C_SHA256|acts_set A=1; acts_require
x needs --set A=VALUE|acts_expand '${A}'
x needs --set A=VALUE|acts_command '${A}'
no input is named "D"|acts_expand '${D}'
END
printf '# values\n\nA=1 = 2\nB=\303\251\n' >"$SCRATCH/values"
# shellcheck disable=SC2016 # expanded by the shell that reads the file
reads "acts_set_file \"$SCRATCH/values\"; acts_expand '\${A}\${B}'" $'1 = 2\303\251'
printf 'A=1\nA=2\n' >"$SCRATCH/values"
act_shell "${load}acts_set_file \"$SCRATCH/values\""
refused "values:2: A has its value from $SCRATCH/values:1"
printf 'A=1\nB\n' >"$SCRATCH/values"
act_shell "${load}acts_set_file \"$SCRATCH/values\""
refused 'values:2: wanted NAME=VALUE, not "B"'

# Parts: what several kinds have in common is put in, once, as it stands.
mkdir "$SCRATCH/folder" "$SCRATCH/folder/parts"
printf '# remark\n\nact: Two\nstep: From the part\ndo: D2\n' \
	>"$SCRATCH/folder/parts/two.part"
printf 'part: two\n' >"$SCRATCH/folder/parts/again.part"
act_file '' '' ''
cp "$SCRATCH/x.act" "$SCRATCH/plain.act"
printf '\npart: two\n' >>"$SCRATCH/x.act"
in_folder="ACTS_FOLDER=$SCRATCH/folder; "
act_shell "${in_folder}acts_whole \"$SCRATCH/x.act\""
equal "the whole" "$(cat "$SCRATCH/plain.act" - "$SCRATCH/folder/parts/two.part" <<<'')" \
	"$(cat "$SCRATCH/out")"
# shellcheck disable=SC2016 # expanded by the shell that reads the file
act_shell "${in_folder}acts_load \"$SCRATCH/x.act\""'
	echo "${STEP_NUMBER[1]} ${STEP_TITLE[1]} ${ACT_FILE##*/} $ACT_KIND"
	sha256sum <"$ACT_FILE" | cut -c 1-64; acts_whole "'"$SCRATCH/x.act"'" | sha256sum | cut -c 1-64
	acts_forget; [ ! -e "$ACT_FILE" ] || echo "left behind"'
equal "a step from a part" "2.1 From the part x.act x" "$(sed -n 1p "$SCRATCH/out")"
equal "what is hashed" "$(sed -n 2p "$SCRATCH/out")" "$(sed -n 3p "$SCRATCH/out")"
equal "left behind" "" "$(sed -n 4p "$SCRATCH/out")"
while IFS='|' read -r line text; do
	cp "$SCRATCH/plain.act" "$SCRATCH/x.act"
	printf '%s\n' "$line" >>"$SCRATCH/x.act"
	act_shell "${in_folder}acts_load \"$SCRATCH/x.act\""
	refused "$text"
done <<'END'
part: three|there is no part
part: ../two|wanted "part: NAME", not "part: ../two"
part: again|again.part: a part in a part
part:|wanted "part: NAME", not "part:"
END

# The files that are shipped.
act_shell acts_kinds
[ -s "$SCRATCH/out" ] || fail "there are no kinds"
mapfile -t kinds <"$SCRATCH/out"
act_file '' '' ''
for kind in "${kinds[@]}"; do
	act_shell "acts_load ceremony-scripts/acts/$kind.act"
	[ "$status" -eq 0 ] || fail "$kind.act"
	[ ! -s "$SCRATCH/err" ] || fail "$kind.act"
	grep -q "^| \`$kind\` |" docs/ceremony.md ||
		fail "docs/ceremony.md does not tell of $kind"
	# Its example has every value but hashes, which no example can know.
	# shellcheck disable=SC2016 # expanded by the shell that reads the file
	reads "acts_load ceremony-scripts/acts/$kind.act
		acts_set_file docs/examples/$kind.values"'
		for name in "${ACT_INPUTS[@]}"; do
			[[ $name == *_SHA256 ]] || acts_value "$name" ||
				echo "$name"
		done' ''
done
finish
