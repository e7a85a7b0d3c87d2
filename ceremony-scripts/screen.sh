# shellcheck shell=bash
#
# What a ceremony's terminal shows and asks: 80 columns, one thing at a time.
# Answers come from the terminal or, in batch mode, from a file.  Sourced after
# lib.sh, never run.
#
#   screen_open [FILE]       from now on answers come from here
#   screen_clear             a fresh page
#   screen_pages TEXT        text, as much at once as the screen holds
#   put INDENT TEXT          text, wrapped
#   put_marked MARK TEXT     wrapped text with a mark in front of its first line
#   put_command MARK TEXT    a command, with a mark in front of it
#   ask PROMPT               sets $answer to a line
#   screen_close             in batch mode every answer must have been used

SCREEN_WIDTH=80
ANSWER_MAX=1024

# Colours, on a terminal that has some: strong, said, good, bad, plain again.
screen_colours() {
	strong='' quiet='' said='' good='' bad='' plain=''
	[ -t 1 ] && [ -z "${NO_COLOR-}" ] && [ "${TERM:-dumb}" != dumb ] ||
		return 0
	strong=$'\e[1m' quiet=$'\e[2m' said=$'\e[36m' good=$'\e[32m'
	bad=$'\e[1;31m' plain=$'\e[0m'
}

screen_open() {
	batch=${1-}
	answers_used=0
	screen_colours
	if [ -n "$batch" ]; then
		[ -f "$batch" ] || die "$batch: no file of answers"
		exec {answers}<"$batch"
	else
		answers=0
	fi
}

# Nothing on a pipe: there every page follows the one before.
screen_clear() {
	if [ -t 1 ] && [ -z "$batch" ] && [ "${TERM:-dumb}" != dumb ]; then
		printf '\e[H\e[2J'
	else
		echo
	fi
}

# Behind the text there is room for a question.
screen_pages() {
	local rows='' lines i

	mapfile -t lines <<<"$1"
	[ -n "$batch$dry" ] || [ ! -t 1 ] || rows=$(stty size 2>/dev/null) || rows=
	rows=${rows%% *}
	[[ $rows =~ ^[1-9][0-9]*$ && $rows -ge 10 ]] ||
		rows=$((${#lines[@]} + 2))
	for ((i = 0; i < ${#lines[@]}; i++)); do
		if [ "$((i % (rows - 2)))" -eq 0 ] && [ "$i" -gt 0 ] &&
			[ "${#lines[@]}" -gt "$((rows - 2))" ]; then
			ask 'Enter shows the rest:'
		fi
		printf '%s\n' "${lines[i]}"
	done
	echo
}

rule() {
	local line

	printf -v line '%*s' "$SCREEN_WIDTH" ''
	printf '%s%s%s\n' "$quiet" "${line// /-}" "$plain"
}

# Words never break; one that is longer than a line has a line of its own.
# Characters of UTF-8 are counted as such, or the margin would be ragged.
put_lines() {
	local first=$1 rest=$2 colour=$3 line='' word words width length=0 letters

	width=$((SCREEN_WIDTH - ${#rest}))
	read -ra words <<<"$4"
	for word in "${words[@]}"; do
		letters=${word//[$'\x80'-$'\xbf']/}
		if [ -n "$line" ] &&
			[ "$((length + 1 + ${#letters}))" -gt "$width" ]; then
			printf '%s%s%s%s\n' "$first" "$colour" "$line" "$plain"
			first=$rest
			line='' length=0
		fi
		length=$((length + ${#letters} + (${#line} > 0)))
		line+=${line:+ }$word
	done
	printf '%s%s%s%s\n' "$first" "$colour" "$line" "$plain"
}

put() {
	local indent

	printf -v indent '%*s' "$1" ''
	put_lines "$indent" "$indent" '' "$2"
}

# put_marked MARK COLOUR TEXT
put_marked() {
	local indent

	printf -v indent '%*s' "${#1}" ''
	put_lines "$1" "$indent" "$2" "$3"
}

# put_command MARK TEXT: as it could be typed.  A line that is too long ends
# with a backslash, and so does a piece of a word that is longer than a line.
put_command() {
	local line=$1 word acts_split room=$((SCREEN_WIDTH - 2)) least=${#1}

	acts_words "$2"
	for word in "${acts_split[@]}"; do
		if [ "${#line}" -gt "$least" ] &&
			[ "$((${#line} + ${#word}))" -ge "$room" ]; then
			put_command_line "$line" " \\"
			line='      ' least=6
		fi
		[ "${#line}" -le "$least" ] || line+=' '
		line+=$word
		while [ "${#line}" -gt "$room" ]; do
			put_command_line "${line:0:room}" "\\"
			line=${line:room} least=0
		done
	done
	put_command_line "$line" ''
}

put_command_line() {
	printf '%s%s%s%s\n' "$strong" "$1" "$plain" "$2"
}

# What was typed before the question is no answer to it.
screen_discard() {
	local unwanted

	while IFS= read -r -s -t 0.01 -n 1000 unwanted; do
		:
	done
	: "$unwanted"
}

# One answer from the file; lines that begin with # are remarks.
answer_from_batch() {
	while IFS= read -r answer <&"$answers" || [ -n "$answer" ]; do
		answers_used=$((answers_used + 1))
		[[ $answer != '#'* ]] || continue
		printf '%s\n' "$answer"
		return 0
	done
	echo
	die "$batch: has no answer to \"$1\""
}

# ask PROMPT: sets $answer, without white space at its ends.
ask() {
	[ -n "$batch" ] || screen_discard
	while :; do
		printf '%s%s%s ' "$strong" "$1" "$plain"
		if [ -n "$batch" ]; then
			answer_from_batch "$1"
		elif ! IFS= read -r answer; then
			echo
			die "the terminal was closed; --resume goes on here"
		fi
		answer=${answer#"${answer%%[![:blank:]]*}"}
		answer=${answer%"${answer##*[![:blank:]]}"}
		if [[ $answer == *[[:cntrl:]]* ]]; then
			not_understood "That held control characters."
		elif [ "${#answer}" -gt "$ANSWER_MAX" ]; then
			not_understood "At most $ANSWER_MAX octets."
		else
			return 0
		fi
	done
}

# not_understood WHY: a person is asked again; a file of answers is wrong.
not_understood() {
	[ -z "$batch" ] || die "$batch:$answers_used: \"$answer\": $1"
	put_marked '  ' "$bad" "$1"
}

screen_close() {
	local left

	[ -n "$batch" ] || return 0
	while IFS= read -r left <&"$answers" || [ -n "$left" ]; do
		answers_used=$((answers_used + 1))
		[[ $left == '#'* ]] ||
			die "$batch:$answers_used: \"$left\" answers nothing;" \
				"the script had come to its end"
	done
	exec {answers}<&-
}
