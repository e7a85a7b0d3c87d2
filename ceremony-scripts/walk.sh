# shellcheck shell=bash
#
# Walks through a script step by step and puts each step on the ceremony
# record.  Sourced after acts.sh, screen.sh and conditions.sh, never run.
#
# The record decides where the script stands.  A step is "ready" until its
# conditions hold, "running" from just before its first command until it has
# its initials, "stopped" after a failure.  Nothing is shown as done that is
# not on record; a record that cannot be written stops the walk.
#
# What the functions here share: $program, $folder (the record) and $place
# (where it belongs), $batch, $dry, $at_time, $practice; $state and $index, the
# step at hand; $wish, what to do next.

# Octets that a step's text may have on record.
TEXT_MAX=4000

# Commands of the program that take no --ceremony.
UNRECORDED=' --version init log replay report '

# What can be answered where a step may be left.
CHOICES_READY='Enter go on, r repeat, b back, p pause, x exception, ! shell, q abort:'
CHOICES_STOPPED='r repeat, c continue, s skip, b back, p pause, x exception, ! shell, q abort:'

# anchorite ARGUMENT...: the program, as acts call it.
anchorite() {
	local options=()

	if [ "$1" != --version ]; then
		[ -z "$at_time" ] || options+=(--at "$at_time")
		[ -z "$(input CONFIG)" ] || options+=(--config "$(input CONFIG)")
	fi
	[[ $UNRECORDED == *" $1 "* ]] || options+=(--ceremony "$folder")
	case ${batch:+$1} in
	sign | keydelete | backup)
		options+=(--batch)
		;;
	esac
	"$program" "${options[@]}" "$@"
}

# input NAME: prints its value, or nothing.
input() {
	local acts_text

	[ -z "${ACT_INPUT_TEXT[$1]-}" ] || ! acts_value "$1" ||
		printf '%s\n' "$acts_text"
}

# record EVENT OPTION...
record() {
	[ -z "$dry" ] || return 0
	"$program" --ceremony "$folder" step "$@" </dev/null ||
		die "$folder does not take \"step $1\": nothing more is done;" \
			"--resume goes on once it does"
}

# The time of day, as it goes on paper.
now() {
	date -u '+%H:%M:%S UTC'
}

# Where the script stands: sets $state and $index, and what it was begun with.
find_position() {
	local json next

	json=$("$program" --ceremony "$folder" --json step status </dev/null) ||
		die "$folder: the script's position cannot be read"
	state=$(json_text state "$json")
	begun_script=$(json_text script "$json")
	begun_values=$(json_text values "$json")
	next=$(json_text next "$json")
	gap="an interruption"
	[[ $json != *'"paused": true'* ]] || gap="a pause"
	gap+=", since $(json_text time "$json")"
	for ((index = 0; index < ${#STEP_NUMBER[@]}; index++)); do
		[ "${STEP_NUMBER[index]}" != "$next" ] || break
	done
}

# json_text KEY JSON: a plain text of one of our own JSON objects.  Quotes in
# a text have a backslash before them, so that none can pass for a key.
json_text() {
	local pattern='"'$1'": ?"([^"\]*)"'

	[[ $2 =~ $pattern ]] || return 0
	printf '%s\n' "${BASH_REMATCH[1]}"
}

# The walk.  What was wished for is done; doing it may bring another wish.
walk() {
	local this

	wish='' page_stays='' last_done=''
	remarks_open
	[ "$folder" = "$place" ] || last_done="The record waits in $folder"
	[ -z "$resume" ] || last_done="Resumed at $(now), after $gap"
	trap 'interrupted=yes; echo; put 2 "p pauses, q aborts."' INT
	while [ "$index" -lt "${#STEP_NUMBER[@]}" ]; do
		[ -n "$page_stays" ] || show_step
		page_stays=
		choose
		while [ -n "$wish" ]; do
			this=$wish wish=
			"wish_$this"
		done
	done
	record end
}

# Every step's page, without doing any of it.
walk_dry() {
	for ((index = 0; index < ${#STEP_NUMBER[@]}; index++)); do
		show_step
	done
}

# Asks what is to be done with the step at hand.
choose() {
	local prompt=$CHOICES_READY

	inside=
	[ "$state" != running ] || show_unfinished
	[ "$state" = ready ] || prompt=$CHOICES_STOPPED
	while ask_step letters "$prompt"; do
		case $state:$answer in
		ready:)
			wish=perform
			;;
		stopped:c | running:c)
			wish="continue"
			;;
		stopped:s | running:s)
			wish=skip
			;;
		*)
			not_understood 'One of these, please.'
			continue
			;;
		esac
		return 0
	done
}

# ask_step letters|words PROMPT: sets $answer, or $wish and fails where the step
# is to be left.  Where the answer is a text, a single letter may be one, and
# only words lead away.  Exceptions and pauses are seen to here.
ask_step() {
	while :; do
		ask "$2"
		case $1:$answer in
		*:exception | letters:x)
			take_exception
			;;
		*:pause | letters:p)
			take_pause || return 1
			;;
		*:shell | letters:!)
			open_shell
			;;
		*:repeat | letters:r)
			wish=repeat
			return 1
			;;
		*:back | letters:b)
			wish=back
			return 1
			;;
		*:abort | letters:q)
			! confirm_abort || return 1
			;;
		*)
			return 0
			;;
		esac
	done
}

# ask_text PROMPT: until there is something in $answer.
ask_text() {
	while :; do
		ask "$1"
		[ -z "$answer" ] || return 0
		not_understood 'Something has to be said here.'
	done
}

# Sets $exception_text to it in one line.
take_exception() {
	local expected happened

	echo
	put_marked '' "$strong" 'An exception.  It goes on record as it is written here.'
	ask_text '  Expected:'
	expected=$answer
	ask_text '  Happened:'
	happened=$answer
	ask_text '  Decided:'
	record exception --number "${STEP_NUMBER[index]}" \
		--expected "$expected" --happened "$happened" \
		--decided "$answer"
	exception_text="exception: $happened; decided: $answer"
	put 2 "On record at $(now).  IW writes it down."
	echo
}

take_pause() {
	record paused
	pause_begin
	echo
	put_marked '' "$strong" "Paused at $(now)."
	while :; do
		ask 'Enter go on, q leave (--resume goes on later):'
		case $answer in
		'')
			pause_end
			record resumed --text "after a pause of $pause_text"
			put 0 "Resumed at $(now), after a pause of $pause_text."
			return 0
			;;
		q)
			wish=leave
			return 1
			;;
		esac
		not_understood 'Enter or q.'
	done
}

# For what a remedy or a step wants typed: the script pauses, and what was typed
# is on record when it goes on.
open_shell() {
	local history typed

	if [ -n "$batch" ]; then
		not_understood 'A shell needs a terminal.'
		return
	fi
	record paused --text 'for a shell'
	pause_begin
	history=$(mktemp)
	echo
	put_marked '' "$strong" 'A shell.  What is typed goes on record.  exit comes back.'
	# shellcheck disable=SC2016 # the prompt is that shell's
	HISTFILE=$history HISTCONTROL='' HISTIGNORE='' PS1='shell$ ' \
		PATH=$ROOT/ceremony-scripts:$PATH bash --norc -i || :
	typed=$(paste -sd ';' "$history")
	rm -f -- "$history"
	pause_end
	typed="after a shell: ${typed:-nothing was typed}"
	record resumed --text "${typed:0:TEXT_MAX}"
	put 0 "Resumed at $(now), after a shell for $pause_text."
}

# The second question before a script is left for good.
confirm_abort() {
	echo
	put_marked '' "$bad" 'An aborted script cannot be resumed.'
	ask 'Type abort to abort, anything else to stay:'
	[ "$answer" = abort ] || return 1
	ask_text 'Why:'
	abort_reason=$answer
	wish=abort
}

# What was wished for.

wish_perform() {
	perform commands
}

# The step at hand once more, or, before it has begun, the one just done.
wish_repeat() {
	if [ "$state" = ready ] && [ -z "$inside" ]; then
		if [ "$index" -eq 0 ]; then
			page_stays=yes
			not_understood 'No step was done yet.'
			return 0
		fi
		index=$((index - 1))
	fi
	record repeated --number "${STEP_NUMBER[index]}"
	state=ready
}

wish_back() {
	local i wanted

	page_stays=yes
	if [ "$index" -eq 0 ]; then
		not_understood 'This is the first step.'
		return 0
	fi
	ask "Back to which step (Enter: ${STEP_NUMBER[index - 1]}):"
	wanted=${answer:-${STEP_NUMBER[index - 1]}}
	for ((i = 0; i < index; i++)); do
		[ "$wanted" = "${STEP_NUMBER[i]}" ] || continue
		record back --number "$wanted"
		index=$i state=ready page_stays=
		return 0
	done
	not_understood 'No step before this one has that number.'
}

# Skipping departs from the script, and so does going on without commands.

wish_skip() {
	take_exception
	record skipped --number "${STEP_NUMBER[index]}" \
		--text "${exception_text:0:TEXT_MAX}"
	next_step
}

# The commands have had their effect, before a crash or in another way: what
# the step is to bring about is looked at, and nothing runs.
wish_continue() {
	take_exception
	if [ "$state" = stopped ]; then
		record repeated --number "${STEP_NUMBER[index]}"
		record start --number "${STEP_NUMBER[index]}"
	fi
	state=running
	perform nothing
}

wish_abort() {
	record aborted --text "$abort_reason"
	put_marked '' "$bad" "Aborted at $(now)."
	exit 1
}

wish_leave() {
	put 0 "Left at step ${STEP_NUMBER[index]}; --resume goes on."
	exit 1
}

# One step.

# perform commands|nothing: from its conditions to its initials; it is left
# where something fails, or something else is wished for.
perform() {
	local observed='' answered=()

	inside=yes
	if [ "$1" = commands ]; then
		check_conditions "${STEP_BEFORE[index]}" || return 0
		acts_expand -v text "${STEP_TITLE[index]}"
		record start --number "${STEP_NUMBER[index]}" --title "$text"
		state=running
		run_commands
		[ "$state" = running ] || return 0
	else
		observed='no command was run'
	fi
	check_conditions "${STEP_AFTER[index]}" || return 0
	settle || return 0
	show_outcome
	ask_answer || return 0
	ask_initials || return 0
	remark_initials "${STEP_INITIAL[index]}" "$answer"
	observed+="${observed:+${remarks:+; }}$remarks"
	record "done" --number "${STEP_NUMBER[index]}" --initials "$answer" \
		--role "${STEP_INITIAL[index]}" "${answered[@]}" \
		${observed:+--text "${observed:0:TEXT_MAX}"}
	last_done="${STEP_NUMBER[index]} done at $(now), ${STEP_INITIAL[index]}: $answer${remarks_seen:+; $remarks_seen}"
	remarks_clear
	next_step
}

next_step() {
	index=$((index + 1))
	state=ready
}

# stop_step WHY: the step at hand failed.
stop_step() {
	record failed --number "${STEP_NUMBER[index]}" \
		--text "${1:0:TEXT_MAX}"
	state=stopped
	page_stays=yes
	echo
	put_marked '' "$bad" "Step ${STEP_NUMBER[index]} stopped at $(now)."
}

# check_conditions LINES: all of them, so that all that is wrong is seen.
check_conditions() {
	local line words failed=''

	[ -n "$1" ] || return 0
	while IFS= read -r line <&3; do
		read -ra words <<<"$line"
		seen='' remedy=''
		if "condition_${words[0]//-/_}" "${words[@]:1}"; then
			put_marked '  holds  ' "$good" "${words[0]}: $seen"
			observed+="${observed:+; }$line: $seen"
			continue
		fi
		[ -z "$wish" ] || return 1
		put_marked '  FAILS  ' "$bad" "${words[0]}: $seen"
		show_remedy
		failed+="${failed:+; }$line: $seen"
	done 3<<<"$1"
	[ -z "$failed" ] && return 0
	stop_step "$failed"
	return 1
}

# What is to be done about a failure; what is to be typed stands in backquotes.
show_remedy() {
	put_marked '         ' "$strong" "$remedy"
	[[ $remedy != *\`* ]] ||
		put_marked '         ' "$quiet" 'Such a command is typed in a shell: ! opens one, exit comes back. Whoever is not root there needs sudo.'
}

# The record, and the configuration, may be on a medium that only the script's
# own steps bring in.  Until then the record waits where this machine keeps what
# is temporary, and the configuration says nothing.

# medium_is_in NAME: the medium that belongs there, and writable.
medium_is_in() {
	local seen remedy

	condition_medium "$1" rw
}

# find_record: sets $folder to where the record is now.
find_record() {
	place=$folder
	find_medium
	waiting_folder
	if [ -n "$waits_for" ] ||
		{ [ ! -e "$place/log.jsonl" ] && [ -e "$waiting/log.jsonl" ]; }; then
		folder=$waiting
	fi
}

# Sets $waits_for to the input of the medium that the record's place is on, if
# that medium is not in.
find_medium() {
	local name point

	waits_for=''
	for name in "${ACT_INPUTS[@]}"; do
		point=$(input "$name")
		[[ -n ${ACT_INPUT_TEXT[${name}_MEDIUM]-} && -n $point &&
			$place/ == "${point%/}"/* ]] || continue
		medium_is_in "$name" || waits_for=$name
	done
}

# Sets $waiting; its parent belongs to this user and nobody else.
waiting_folder() {
	local parent

	parent=${TMPDIR:-/tmp}/anchorite-waiting-$(id -u)
	mkdir -m 700 -- "$parent" 2>/dev/null || :
	[[ -O $parent && ! -L $parent && $(stat -c %a -- "$parent") = 700 ]] ||
		die "$parent: is not this user's own folder with mode 700"
	waiting=$parent/$(printf '%s\n' "$PWD" "$place" | sha256sum | cut -c 1-16)
}

# settle: once the medium is there, the record goes where it belongs, and the
# configuration must say that this is practice if somebody said so before.
settle() {
	[ "$folder" != "$place" ] || return 0
	[ -z "$waits_for" ] || medium_is_in "$waits_for" || return 0
	if [ -n "$practice" ] && [ -f "$(input CONFIG)" ] && ! is_rehearsal; then
		seen="$(input CONFIG) does not say \`rehearsal: true\`"
		remedy='Begin again without --rehearsal, --batch and --at, or with the medium of the rehearsal.'
	elif [ -e "$place" ] || [ -L "$place" ]; then
		seen="$place is there already: the record of this ceremony has no place"
		remedy="Look whether this is the right medium. If it is, move what is there: \`mv $place $place.before\`, then repeat."
	elif ! move_record; then
		seen="the record cannot be copied to $place"
		remedy='Look whether the medium is writable and not full, then repeat.'
	else
		put 2 "The record has moved to its place: $place"
		return 0
	fi
	put_marked '  FAILS  ' "$bad" "record: $seen"
	show_remedy
	stop_step "record: $seen"
	return 1
}

# Copied, compared, and only then taken away here.
move_record() {
	mkdir -p -- "$(dirname -- "$place")" &&
		rm -rf -- "$place.part" && cp -R -- "$folder" "$place.part" &&
		sync && diff -r -- "$folder" "$place.part" >/dev/null &&
		mv -T -- "$place.part" "$place" && sync || return 1
	rm -rf -- "$folder"
	folder=$place
}

# What was shown runs, in a shell of its own, until something fails.  Called
# where bash heeds `set -e`: behind || it would not, in that shell either.
run_commands() {
	local line status

	[ -n "${STEP_RUN[index]}" ] || return 0
	while IFS= read -r line <&3; do
		acts_command -v text "$line"
		echo
		put_command '$ ' "$text"
		interrupted=
		set +e
		(
			set -eu
			run_command "$text"
		)
		status=$?
		set -e
		[ "$status" -ne 0 ] || continue
		stop_step "status $status${interrupted:+, interrupted}: $text"
		return 0
	done 3<<<"${STEP_RUN[index]}"
	echo
}

run_command() {
	exec 3<&-
	if [ -n "$batch" ]; then
		exec {answers}<&- </dev/null
	fi
	PATH=$ROOT/ceremony-scripts:$PATH
	eval "$1"
}

ask_answer() {
	local prompt

	[ -n "${STEP_ASK[index]}" ] || return 0
	acts_expand -v prompt "${STEP_ASK[index]}"
	while ask_step words "$prompt:"; do
		if [ -n "$answer" ]; then
			answered=(--prompt "$prompt" --answer "$answer")
			return 0
		fi
		again 'Something has to be answered here.' "$prompt"
	done
	return 1
}

ask_initials() {
	while ask_step letters "Initials of ${STEP_INITIAL[index]} (or r, b, p, x, q):"; do
		answer=${answer^^}
		[[ ! $answer =~ ^[A-Z]{2,4}$ ]] || return 0
		again 'Two to four letters.' "Initials of ${STEP_INITIAL[index]}"
	done
	return 1
}

# The page of a step; one that is longer than the screen comes in parts.
show_step() {
	local page

	screen_clear
	page=$(put_step)
	screen_pages "$page"
}

# What is on paper, in the same order.
put_step() {
	local act=${STEP_ACT[index]}

	rule
	put_marked '' "$quiet" "${last_done:-$ACT_TITLE}"
	acts_expand -v text "${ACTS[act - 1]}"
	put_marked "Act $act.  " "$strong" "$text"
	echo
	acts_expand -v text "${STEP_TITLE[index]}"
	put_marked "Step ${STEP_NUMBER[index]}  " "$strong" "$text"
	show_part 'do      ' '' acts_expand "${STEP_DO[index]}"
	show_part '      | ' "$said" acts_expand "${STEP_SAY[index]}"
	show_part 'before  ' '' acts_condition "${STEP_BEFORE[index]}"
	show_part '$' "$strong" acts_command "${STEP_RUN[index]}"
	show_part 'after   ' '' acts_condition "${STEP_AFTER[index]}"
	show_part 'expect  ' '' acts_expand "${STEP_EXPECT[index]}"
	show_part 'paper   ' '' acts_expand "${STEP_WRITE[index]}"
}

# show_part MARK COLOUR EXPANDER LINES
show_part() {
	local line

	[ -n "$4" ] || return 0
	echo
	while IFS= read -r line; do
		"$3" -v text "$line"
		if [ "$1" = '$' ]; then
			put_command '  $ ' "$text"
		else
			put_marked "  $1" "$2" "$text"
		fi
	done <<<"$4"
}

# Behind what commands have printed, what to look for in it.
show_outcome() {
	[ -n "${STEP_RUN[index]}" ] && [ -n "${STEP_EXPECT[index]}" ] ||
		return 0
	acts_expand -v text "${STEP_EXPECT[index]}"
	put_marked '  expect  ' "$strong" "$text"
	echo
}

# What a step that was started and not finished has done, by the record.
show_unfinished() {
	put_marked '' "$bad" "Step ${STEP_NUMBER[index]} was started and is not done.  Since then the record has:"
	runs_since_start
	put 0 'r runs its commands again: the program refuses to sign what the register says was signed.  c runs nothing, and looks at what the step was to bring about.'
	echo
}

runs_since_start() {
	awk "$RECORD_TEXT"'
	{ event = text("event") }
	event == "run" {
		n++
		command[n] = text("command")
		how[n] = "was interrupted"
		used[n] = ""
	}
	event == "end" { how[n] = "ended" }
	event ~ /^(signing|signed|published|generating|deleting)$/ {
		used[n] = used[n] (used[n] == "" ? ": " : ", ") event
	}
	event == "step" && text("step") == "start" { n = 0 }
	END {
		for (i = 1; i <= n; i++) {
			if (command[i] == "step")
				continue
			printf "  %s %s%s\n", command[i], how[i], used[i]
			shown = 1
		}
		if (!shown)
			print "  nothing that the program did"
	}' "$folder/log.jsonl"
}
