#!/bin/bash
# What hands expect that come from other programs: help and version wherever
# they are asked for, the right word for a near miss, what is missing by its
# name.  Over all commands, verbs and options, as both programs list them.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs script

ANCHORITE=$(realpath "$ANCHORITE")
EXAMPLES=$PWD/docs/examples
cd "$SCRATCH"

# is_now PROGRAM: the one that is tried from now on.
is_now() {
	ANCHORITE=$1
	NAME=${1##*/}
	mapfile -t COMMANDS < <("$ANCHORITE" --help |
		sed -n 's/^  \([a-z-]\+\)  .*/\1/p')
}

# suggests WORD ARGS...: status 2, and "is it WORD?".
suggests() {
	local said
	status=0
	said=$("$ANCHORITE" "${@:2}" 2>&1 </dev/null) || status=$?
	[ "$status" -eq 2 ] || fail "status $status, wanted 2: ${*:2}"
	[[ $said == *"; is it $1?"* ]] || fail "${*:2}: not \"is it $1?\": $said"
	CASES=$((CASES + 1))
}

# short_of WORD, swapped WORD: without each letter; each two letters swapped.
short_of() {
	local i
	for ((i = 0; i < ${#1}; i++)); do
		echo "${1:0:i}${1:i+1}"
	done
}
swapped() {
	local i
	for ((i = 0; i + 1 < ${#1}; i++)); do
		[ "${1:i:1}" = "${1:i+1:1}" ] ||
			echo "${1:0:i}${1:i+1:1}${1:i:1}${1:i+2}"
	done
}

# --- the program itself

asked_itself() {
	local word
	for word in help --help -h; do
		accepts $word
		cp out "said.$word"
		cmp -s said.help "said.$word" || fail "$word is not help"
	done
	for word in version --version -V; do
		accepts $word
		grep -qxE "$NAME [0-9]+(\.[0-9]+)+" out || fail "$word"
		grep -q '^commit  ' out || fail "$word: no commit"
	done
	accepts help help
	cmp -s said.help out || fail "help help"
	for word in $(short_of help) $(swapped help); do
		suggests help "$word"
		suggests --help "--$word"
	done
	for word in $(short_of version) $(swapped version); do
		suggests version "$word"
		suggests --version "--$word"
	done
	refuses 2 "no command; \`$NAME help\` lists them"
	refuses 2 "help: x is one argument too many; usage: $NAME help" \
		help "${COMMANDS[0]}" x
	suggests "${COMMANDS[0]}" help "${COMMANDS[0]%?}"
	suggests --json --jsn "${COMMANDS[0]}"
}

# --- commands

tries_commands() {
	local command asked word
	for command in "${COMMANDS[@]}"; do
		accepts "$command" --help
		cp out wanted
		for asked in "help $command" "$command -h" "--help $command"; do
			# shellcheck disable=SC2086 # words
			accepts $asked
			cmp -s wanted out || fail "$asked: not $command --help"
		done
		for word in $(short_of "$command") $(swapped "$command"); do
			[[ " ${COMMANDS[*]} " == *" $word "* ]] ||
				suggests "$command" "$word"
		done
	done
}

# --- options: of each its own, of one the global ones too

# options COMMAND: those under "Options:", "NAME ARGUMENT" a line.
options() {
	"$ANCHORITE" "$1" --help | sed -n "/^Options:/,/^\$/p
		${2-}" | sed -n 's/^  --\([a-z0-9-]*\) \?\([^ ]*\)  .*/\1 \2/p'
}
tries_options() {
	local command globals option middle word words
	n=0
	for command in "${COMMANDS[@]}"; do
		globals=
		[ "$command" != show ] || globals='/^Global options:/,/^$/p'
		while read -r option _; do
			n=$((n + 1))
			middle=$((${#option} / 2))
			for word in "${option%?}" \
				"${option:0:middle}${option:middle+1}" \
				"${option/[a-z]/_}"; do
				suggests "--$option" "$command" "--$word"
				suggests "--$option" "$command" "--$word=x"
			done
			# Two letters that change places are as near to other words.
			mapfile -t words < <(swapped "$option")
			[ "${#option}" -le 2 ] ||
				suggests "--$option" "$command" "--${words[-1]}"
			suggests "--$option" "$command" "--${option^^}"
			[[ $option != *-* ]] ||
				suggests "--$option" "$command" "--${option//-/_}" x
		done < <(options "$command" "$globals")
	done
}

# --- what is missing: each word of a usage that stands outside of brackets

tries_missing() {
	local command usage given name
	for command in "${COMMANDS[@]}"; do
		usage=$("$ANCHORITE" "$command" --help | sed '/^$/q' | paste -sd' ' |
			tr -s ' ' | sed "s/^usage: $NAME $command *//")
		[[ $usage != *'|'* ]] || continue
		usage=$(sed ':a; s/ *\[[^][]*\]\(\.\.\.\)\?//; ta' <<<" $usage")
		given=("$command")
		# shellcheck disable=SC2086 # words
		set -- $usage
		while [ "$#" -gt 0 ]; do
			name=${1/#-o/--output}
			refuses 2 "$command: ${name%%[@.]*} is missing; usage: $NAME $command" \
				"${given[@]}"
			given+=("$1")
			[[ $1 != -* ]] || {
				given+=(x)
				shift
			}
			shift
		done
	done
}

# --- both programs

PROGRAMS=("$ANCHORITE")
[ ! -x "${ANCHORITE%/*}/anchorite-readiness" ] ||
	PROGRAMS+=("${ANCHORITE%/*}/anchorite-readiness")
for program in "${PROGRAMS[@]}"; do
	is_now "$program"
	asked_itself
	tries_commands
	tries_options
	tries_missing
	case $NAME in
	anchorite) [ "${#COMMANDS[@]}" -ge 20 ] && [ "$n" -gt 70 ] ;;
	*) [ "${COMMANDS[*]}" = "read merge show" ] && [ "$n" -ge 16 ] ;;
	esac || fail "only $n options of ${COMMANDS[*]} were found"
done

# --- of the one, what the other has not

is_now "${PROGRAMS[0]}"
suggests --config --confg anchorite.yaml show
suggests sign help sgn
suggests --previous-skr verify --previous_skr=x
suggests --first sign --firts
for case in 'register activate:SKR' 'register adopt:REGISTER|DIR' \
	'register recover:SHA256' 'log sign:FILE' 'plan draw:PLAN'; do
	# shellcheck disable=SC2086 # words
	refuses 2 "${case#*:} is missing" ${case%:*}
done
refuses 2 'sign needs --key' log sign x
refuses 2 'draw needs --output' plan draw x
refuses 2 'begin needs --script' step begin

# --- verbs

for command in register log plan step; do
	while read -r verb; do
		accepts help "$command" "$verb"
		[ "${#verb}" -gt 3 ] || continue
		for word in $(short_of "$verb") $(swapped "$verb"); do
			suggests "$verb" "$command" "$word"
		done
	done < <("$ANCHORITE" "$command" --help |
		sed -n "s/^\`$command \([a-z-]*\)\` .*/\1/p")
	[ "$command" = step ] || refuses 2 \
		"$command: a subcommand is missing; usage: anchorite $command" \
		"$command"
done

# --- values: the known ones are listed, the near one is named

lists='expected RSASHA256, RSASHA512, ECDSAP256SHA256, ECDSAP384SHA384, ED25519 or ED448'
export ANCHORITE_CONFIG=$EXAMPLES/root.yaml
refuses 2 "$lists" init "$SCRATCH/none" --algorithm nonsense
refuses 2 "$lists; is it RSASHA256?" init "$SCRATCH/none" --algorithm rsasha256
refuses 2 "$lists; is it RSASHA512?" keygen --label x \
	--algorithm RSASHA521
refuses 2 "$lists" request x --algorithm nonsense
absent "$SCRATCH/none"
sed 's/RSASHA256/RSASHA25/' "$ANCHORITE_CONFIG" >algorithm.yaml
refuses 2 'RSASHA512, ECDSAP256SHA256, ECDSAP384SHA384, ED25519 or ED448); is it RSASHA256?' \
	--config algorithm.yaml check --policy
refuses 2 'there is no check "KSR-DOMIAN"; is it KSR-DOMAIN?' \
	sign x y --first --batch --override KSR-DOMIAN --reason x

# --- hash: standard input, any size, and how far it is

echo x >small
accepts hash small
grep -q "$(sha256sum <small | cut -c1-64)" out || fail "hash of a file"
for given in '' -; do
	# shellcheck disable=SC2086
	"$ANCHORITE" hash $given <small >out 2>err || fail "hash $given"
	grep -q "$(sha256sum <small | cut -c1-64)" out || fail "hash $given"
	grep -q 'standard input' out || fail "whose hash this is"
done
truncate -s 200M large
digest=$(sha256sum large | cut -c1-64)
accepts hash large
grep -q "$digest" out || fail "hash of a large file"
"$ANCHORITE" hash <large >out 2>err
[ ! -s err ] || fail "progress in a pipe"
grep -q "$digest" out || fail "hash of a large standard input"
# On a terminal each word overwrites the one before, and the last is gone.
TERM=xterm script -qec "$ANCHORITE --ceremony told hash large" /dev/null \
	</dev/null >terminal
progress=$(tr '\r' '\n' <terminal | grep -c '^read [0-9]* of 200 MiB$') || true
equal "words of progress" 3 "$progress"
grep -qF $'\rread 64 of 200 MiB\rread 128 of 200 MiB\rread 192 of 200 MiB\r' \
	terminal || fail "progress is not in one line"
grep -qx ' \{19,\}' \
	<<<"$(tr '\r' '\n' <terminal | sed -n '/^read 192/,$p' | sed -n 2p)" ||
	fail "progress is not wiped out"
grep -q "$digest" terminal || fail "hash on a terminal"
! grep -q MiB told/log.jsonl || fail "progress on record"
grep -q "$digest" told/log.jsonl || fail "the hash is not on record"
absent told/inputs/"$digest"
script -qec "$ANCHORITE --json hash large" /dev/null </dev/null >terminal
! grep -q MiB terminal || fail "progress among JSON"
finish
