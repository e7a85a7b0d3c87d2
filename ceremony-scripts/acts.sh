# shellcheck shell=bash
#
# Reads act files, ceremony-scripts/acts/KIND.act: the one source of what is
# printed for the witnesses and of what runs.  docs/ceremony.md has the format.
# Sourced after lib.sh; every error ends the script with file and line.
#
#   acts_kinds                    prints the kinds of ceremony
#   acts_load FILE                reads one, into the variables below
#   acts_whole FILE               prints it with its parts put in
#   acts_set NAME=VALUE           gives an input its value
#   acts_set_file FILE            the same, from lines NAME=VALUE
#   acts_require                  every input must have a value by now
#   acts_expand [-v VAR] TEXT     the text, each ${NAME} replaced by its value
#   acts_command [-v VAR] COMMAND the same for bash, each value quoted
#   acts_words COMMAND            sets acts_split to a command's words
#   acts_condition [-v VAR] TEXT  a condition in words
#   acts_role ROLE                sets acts_text to the role's name in words
#
# Those with -v print, or set VAR.  Nothing here starts a process for a line.

ACTS_FOLDER=$ROOT/ceremony-scripts/acts

# What is allowed; no ceremony comes near.
ACTS_MAX_BYTES=262144
ACTS_MAX_VALUE=4096

# Who takes part, in the order in which they sign.
ACTS_ROLES=(CA IW CA2 IW2 SSC SA CO RKSH RZM EW AUD)
declare -A ACTS_ROLE_TEXT=(
	[CA]='Ceremony Administrator'
	[IW]='Internal Witness'
	[CA2]='Second Ceremony Administrator'
	[IW2]='Second Internal Witness'
	[SSC]='Safe Security Controller'
	[SA]='System Administrator'
	[CO]='Crypto Officer'
	[RKSH]='Recovery Key Share Holder'
	[RZM]='Root Zone Maintainer'
	[EW]='External Witness'
	[AUD]='Auditor'
)

# Conditions: their arguments, the inputs that they look at, and how they read.
# In arguments NAME is an input, MIB a number and a|b a choice; in the others
# 1 and 2 are the first and second argument.
declare -A ACTS_CONDITION_ARGUMENTS=(
	[clock]='' [no-network]='' [medium]='NAME rw|ro' [manifest]='NAME'
	[hashes]='' [file-hash]='NAME' [exists]='NAME' [absent]='NAME'
	[space]='NAME MIB' [paper]='' [previous-active]='' [selftest]=''
	[pin]='NAME'
)
declare -A ACTS_CONDITION_INPUTS=(
	[medium]='1 1_MEDIUM' [manifest]='1 1_MANIFEST'
	[hashes]='PROGRAM_SHA256 CONFIG_SHA256 MODULE_SHA256'
	[file-hash]='1 1_SHA256' [exists]='1' [absent]='1' [space]='1'
	[paper]='PAPER' [previous-active]='PREVIOUS_SKR' [pin]='1'
)
declare -A ACTS_CONDITION_TEXT=(
	[clock]='the clock is UTC and within 3 minutes of the wall clock'
	[no-network]='no network interface is up'
	[medium]='the medium at {1} is the right one and {2}'
	[manifest]='{1} holds exactly what its manifest says'
	[hashes]='program, configuration and PKCS#11 module have their SHA-256 on the page of hashes'
	[file-hash]='{1} has its SHA-256 on the page of hashes'
	[exists]='{1} is there'
	[absent]='{1} does not exist yet'
	[space]='{1} has {2} MiB to spare'
	[paper]='what is printed comes out on paper'
	[previous-active]='the response before is there and is the active one in the register'
	[selftest]="the program's selftest passes on this machine"
	[pin]='the PIN file {1} is there, for its owner only'
	[rw]='writable' [ro]='read-only'
)

# What acts_load leaves behind: the file's header, its acts, and of each step
# its parts.  Several values of one part are separated by newlines.
acts_clear() {
	ACT_FILE='' ACT_KIND='' ACT_TITLE='' acts_in_step=no
	ACT_PURPOSE=() ACT_PARTICIPANTS=() ACT_INPUTS=() ACT_FILES=() ACTS=()
	STEP_NUMBER=() STEP_ACT=() STEP_TITLE=() STEP_LINE=()
	STEP_DO=() STEP_SAY=() STEP_RUN=() STEP_BEFORE=() STEP_AFTER=()
	STEP_EXPECT=() STEP_WRITE=() STEP_ASK=() STEP_INITIAL=()
	STEP_EXCEPTION=()
	unset ACT_INPUT_TEXT ACT_DEFAULT ACT_VALUE ACT_VALUE_FROM
	declare -gA ACT_INPUT_TEXT=() ACT_DEFAULT=()
	declare -gA ACT_VALUE=() ACT_VALUE_FROM=()
}

acts_kinds() {
	local file

	for file in "$ACTS_FOLDER"/*.act; do
		file=${file##*/}
		printf '%s\n' "${file%.act}"
	done
}

# Where in the file the reader is, for messages.
acts_wrong() {
	die "$ACT_FILE:$acts_line: $1"
}

# A file of text: readable, not too long, UTF-8 without control characters.
# Its lines are then in acts_lines.
acts_read() {
	local file=$1 size bad

	[ -f "$file" ] || die "$file: there is no such file"
	[ -r "$file" ] || die "$file: cannot be read"
	size=$(stat -L -c %s -- "$file") || die "$file: cannot be read"
	[ "$size" -le "$ACTS_MAX_BYTES" ] ||
		die "$file: $size bytes; at most $ACTS_MAX_BYTES are read"
	bad=$(grep -a -n -m 1 -P '[\x00-\x08\x0b-\x1f\x7f]' -- "$file" |
		tr -d '\0') || true
	[ -z "$bad" ] || die "$file:${bad%%:*}: a control character"
	iconv -f UTF-8 -t UTF-8 -- "$file" >/dev/null 2>&1 ||
		die "$file: not UTF-8"
	mapfile -t acts_lines <"$file"
}

# acts_trim TEXT: sets acts_text to it without white space at either end.
acts_trim() {
	acts_text=${1#"${1%%[![:blank:]]*}"}
	acts_text=${acts_text%"${acts_text##*[![:blank:]]}"}
}

# What several kinds have in common stands once, in acts/parts/NAME.part, and is
# put in where a line says "part: NAME"; a part has no parts.  The whole is what is
# printed, hashed and put on record: it can be read without anything else.
acts_whole() {
	local line name number=0 acts_lines whole=()

	acts_read "$1"
	local lines=("${acts_lines[@]}")
	for line in "${lines[@]}"; do
		number=$((number + 1))
		[[ $line == part:* ]] || {
			whole+=("$line")
			continue
		}
		[[ $line =~ ^part:\ +([a-z][a-z-]*)$ ]] ||
			die "$1:$number: wanted \"part: NAME\", not \"$line\""
		name=$ACTS_FOLDER/parts/${BASH_REMATCH[1]}.part
		[ -f "$name" ] || die "$1:$number: there is no part $name"
		acts_read "$name"
		! grep -q '^part:' -- "$name" || die "$name: a part in a part"
		whole+=("${acts_lines[@]}")
	done
	printf '%s\n' "${whole[@]}"
}

# acts_take FILE: sets ACT_FILE to it, or, where it has parts, to a file of the
# same name with the whole, which acts_forget takes away.
acts_take() {
	local acts_lines

	ACT_FILE=$1
	acts_read "$1"
	[[ $'\n'$(printf '%s\n' "${acts_lines[@]}") == *$'\npart:'* ]] || return 0
	[ -n "${ACTS_WHOLE-}" ] ||
		ACTS_WHOLE=$(mktemp -d "${TMPDIR:-/tmp}/act.XXXXXX")
	ACT_FILE=$ACTS_WHOLE/${1##*/}
	acts_whole "$1" >"$ACT_FILE"
}

# acts_forget: at a script's end.
acts_forget() {
	[ -z "${ACTS_WHOLE-}" ] || rm -rf -- "$ACTS_WHOLE"
	ACTS_WHOLE=
}

acts_load() {
	local acts_line acts_text acts_key='' acts_value='' acts_lines number=0
	local line key_line=0

	acts_clear
	acts_take "$1"
	acts_read "$ACT_FILE"
	ACT_KIND=${1##*/}
	ACT_KIND=${ACT_KIND%.act}
	for line in "${acts_lines[@]}"; do
		number=$((number + 1))
		acts_line=$number
		case $line in
		'#'*)
			continue
			;;
		[[:blank:]]*)
			acts_trim "$line"
			[ -n "$acts_text" ] || continue
			[ -n "$acts_key" ] ||
				acts_wrong "continues a line, but none precedes it"
			acts_value+=${acts_value:+ }$acts_text
			continue
			;;
		'')
			continue
			;;
		esac
		acts_line=$key_line
		acts_entry
		acts_line=$number
		key_line=$number
		[[ $line =~ ^([a-z]+):(.*)$ ]] ||
			acts_wrong "wanted \"key: value\", not \"$line\""
		acts_key=${BASH_REMATCH[1]}
		acts_trim "${BASH_REMATCH[2]}"
		acts_value=$acts_text
	done
	acts_line=$key_line
	acts_entry
	acts_line=$((number > 0 ? number : 1))
	acts_end_act
	acts_check_whole
}

# Takes the entry that has been read, acts_key and acts_value.
acts_entry() {
	local key=$acts_key

	[ -n "$key" ] || return 0
	[ -n "$acts_value" ] || acts_wrong "\"$key:\" has no value"
	case $key in
	title | purpose | participants | input | default | file)
		[ "${#ACTS[@]}" -eq 0 ] ||
			acts_wrong "\"$key:\" belongs before the first act"
		"acts_header_$key"
		;;
	act)
		acts_end_act
		acts_begin_act
		;;
	step)
		[ "${#ACTS[@]}" -gt 0 ] || acts_wrong "a step before the first act"
		acts_end_step
		acts_begin_step
		;;
	do | say | run | before | after | expect | write | ask | initial | \
		exception)
		[ "$acts_in_step" = yes ] ||
			acts_wrong "\"$key:\" belongs in a step"
		acts_step_part
		;;
	*)
		acts_wrong "unknown key \"$key:\""
		;;
	esac
}

acts_header_title() {
	[ -z "$ACT_TITLE" ] || acts_wrong "a second title"
	acts_check_names "$acts_value"
	ACT_TITLE=$acts_value
}

acts_header_purpose() {
	acts_check_names "$acts_value"
	ACT_PURPOSE+=("$acts_value")
}

# A role may have a number behind it: CO1, EW12.
acts_check_role() {
	local role=$1

	[ -n "${ACTS_ROLE_TEXT[$role]-}" ] ||
		{ [[ $role =~ ^([A-Z]+)[1-9][0-9]?$ ]] &&
			[ -n "${ACTS_ROLE_TEXT[${BASH_REMATCH[1]}]-}" ]; } ||
		acts_wrong "unknown role \"$role\" (known: ${ACTS_ROLES[*]})"
}

acts_role() {
	local role=$1

	[ -n "${ACTS_ROLE_TEXT[${role:-none}]-}" ] || role=${role%%[0-9]*}
	acts_text=${ACTS_ROLE_TEXT[${role:-none}]-}
}

acts_header_participants() {
	local role seen=' '

	[ "${#ACT_PARTICIPANTS[@]}" -eq 0 ] ||
		acts_wrong "participants a second time"
	read -ra ACT_PARTICIPANTS <<<"$acts_value"
	for role in "${ACT_PARTICIPANTS[@]}"; do
		acts_check_role "$role"
		[[ $seen != *" $role "* ]] ||
			acts_wrong "participant $role a second time"
		seen+="$role "
	done
}

# acts_split: sets name and text from "NAME Text".
acts_split() {
	[[ $acts_value =~ ^([A-Z][A-Z0-9_]*)[[:blank:]]+(.+)$ ]] ||
		acts_wrong "wanted \"$acts_key: NAME Text\", not \"$acts_value\""
	name=${BASH_REMATCH[1]}
	text=${BASH_REMATCH[2]}
}

acts_header_input() {
	local name text

	acts_split
	[ -z "${ACT_INPUT_TEXT[$name]-}" ] ||
		acts_wrong "input $name a second time"
	ACT_INPUTS+=("$name")
	ACT_INPUT_TEXT[$name]=$text
}

acts_header_default() {
	local name text

	acts_split
	acts_declared "$name"
	[ -z "${ACT_DEFAULT[$name]-}" ] ||
		acts_wrong "a second default of $name"
	ACT_DEFAULT[$name]=$text
}

acts_header_file() {
	local name

	acts_declared "$acts_value"
	for name in "${ACT_FILES[@]}"; do
		[ "$name" != "$acts_value" ] ||
			acts_wrong "file $name a second time"
	done
	ACT_FILES+=("$acts_value")
}

acts_declared() {
	[ -n "${ACT_INPUT_TEXT[$1]-}" ] || acts_wrong "no input is named \"$1\""
}

acts_begin_act() {
	acts_check_names "$acts_value"
	ACTS+=("$acts_value")
	acts_act_line=$acts_line
	acts_steps_in_act=0
	acts_in_step=no
}

acts_begin_step() {
	acts_check_names "$acts_value"
	acts_steps_in_act=$((acts_steps_in_act + 1))
	acts_in_step=yes
	acts_step=${#STEP_NUMBER[@]}
	STEP_NUMBER+=("${#ACTS[@]}.$acts_steps_in_act")
	STEP_ACT+=("${#ACTS[@]}")
	STEP_TITLE+=("$acts_value")
	STEP_LINE+=("$acts_line")
	STEP_DO+=('') STEP_SAY+=('') STEP_RUN+=('') STEP_BEFORE+=('')
	STEP_AFTER+=('') STEP_EXPECT+=('') STEP_WRITE+=('') STEP_ASK+=('')
	STEP_INITIAL+=('') STEP_EXCEPTION+=('')
}

# One part of the step that is being read.
acts_step_part() {
	local -n part=STEP_${acts_key^^}

	case $acts_key in
	run)
		acts_check_command "$acts_value"
		;;
	before | after)
		acts_check_condition "$acts_value"
		;;
	initial)
		acts_check_role "$acts_value"
		;;
	*)
		acts_check_names "$acts_value"
		;;
	esac
	case $acts_key in
	say | expect | ask | initial)
		[ -z "${part[acts_step]}" ] ||
			acts_wrong "\"$acts_key:\" a second time in step ${STEP_NUMBER[acts_step]}"
		;;
	esac
	part[acts_step]+=${part[acts_step]:+$'\n'}$acts_value
}

# Before a step ends: it must be one.
acts_end_step() {
	[ "$acts_in_step" = yes ] || return 0
	[ -n "${STEP_DO[acts_step]}${STEP_SAY[acts_step]}${STEP_RUN[acts_step]}" ] ||
		die "$ACT_FILE:${STEP_LINE[acts_step]}: nobody does anything" \
			"in step ${STEP_NUMBER[acts_step]} (do:, say: or run:)"
	[ -n "${STEP_INITIAL[acts_step]}" ] || STEP_INITIAL[acts_step]=IW
}

acts_end_act() {
	[ "${#ACTS[@]}" -gt 0 ] || return 0
	[ "$acts_in_step" = yes ] ||
		die "$ACT_FILE:$acts_act_line: act ${#ACTS[@]} has no steps"
	acts_end_step
}

acts_check_whole() {
	[ -n "$ACT_TITLE" ] || acts_wrong "there is no \"title:\""
	[ "${#ACT_PURPOSE[@]}" -gt 0 ] || acts_wrong "there is no \"purpose:\""
	[ "${#ACTS[@]}" -gt 0 ] || acts_wrong "there is no \"act:\""
}

# Every ${NAME} in a text must be declared, and "${" begins nothing else.
acts_check_names() {
	local rest=$1

	while [[ $rest == *"\${"* ]]; do
		rest=${rest#*"\${"}
		[[ $rest =~ ^([A-Z][A-Z0-9_]*)\}(.*)$ ]] ||
			acts_wrong "wanted \${NAME}, not \"\${$rest\""
		acts_declared "${BASH_REMATCH[1]}"
		rest=${BASH_REMATCH[2]}
	done
}

# What is printed is what runs: a command has no expansions but ${NAME}, and
# that stands outside quotes, because its value comes with its own.
acts_check_command() {
	local rest=$1 before quotes

	acts_check_names "$rest"
	[[ $rest != *'`'* ]] || acts_wrong "a command in a command (\`)"
	while [[ $rest == *'$'* ]]; do
		before=${rest%%'$'*}
		rest=${rest#*'$'}
		[[ $rest == '{'* ]] ||
			acts_wrong "a command may expand \${NAME} and nothing else"
		quotes=${before//[!\'\"]/}
		[ "$((${#quotes} % 2))" -eq 0 ] ||
			acts_wrong "in quotes, where values bring their own: \$$rest"
	done
}

acts_check_condition() {
	local words wanted i name

	read -ra words <<<"$1"
	[ -n "${ACTS_CONDITION_ARGUMENTS[${words[0]}]+set}" ] ||
		acts_wrong "unknown condition \"${words[0]}\""
	read -ra wanted <<<"${ACTS_CONDITION_ARGUMENTS[${words[0]}]}"
	[ "${#words[@]}" -eq "$((${#wanted[@]} + 1))" ] ||
		acts_wrong "wanted \"${words[0]} ${wanted[*]}\", not \"$1\""
	for ((i = 0; i < ${#wanted[@]}; i++)); do
		acts_check_argument "${wanted[i]}" "${words[i + 1]}"
	done
	for name in ${ACTS_CONDITION_INPUTS[${words[0]}]-}; do
		acts_declared "${name/#1/${words[1]-}}"
	done
}

acts_check_argument() {
	case $1 in
	NAME)
		acts_declared "$2"
		;;
	MIB)
		[[ $2 =~ ^[1-9][0-9]{0,6}$ ]] ||
			acts_wrong "wanted a number of MiB, not \"$2\""
		;;
	*)
		[[ "|$1|" == *"|$2|"* ]] || acts_wrong "wanted $1, not \"$2\""
		;;
	esac
}

# Inputs.

# acts_give WHERE NAME=VALUE: each input has its value from one place.
acts_give() {
	local where=$1 name=${2%%=*} value=${2#*=}

	[[ $2 == *=* && $name =~ ^[A-Z][A-Z0-9_]*$ ]] ||
		die "$where: wanted NAME=VALUE, not \"$2\""
	[ -n "${ACT_INPUT_TEXT[$name]-}" ] ||
		die "$where: $ACT_KIND has no input \"$name\""
	[ -z "${ACT_VALUE_FROM[$name]-}" ] ||
		die "$where: $name has its value from ${ACT_VALUE_FROM[$name]}"
	[ -n "$value" ] || die "$where: $name is empty"
	[ "${#value}" -le "$ACTS_MAX_VALUE" ] ||
		die "$where: $name has ${#value} octets; at most $ACTS_MAX_VALUE"
	[[ $value != *[[:cntrl:]]* ]] ||
		die "$where: $name holds a control character"
	[[ $value != -* ]] ||
		die "$where: $name begins with \"-\", as an option does"
	[[ $name != *_SHA256 || $value =~ ^[0-9a-f]{64}$ ]] ||
		die "$where: $name: wanted 64 digits 0-9a-f, not \"$value\""
	ACT_VALUE[$name]=$value
	ACT_VALUE_FROM[$name]=$where
}

acts_set() {
	iconv -f UTF-8 -t UTF-8 <<<"$1" >/dev/null 2>&1 ||
		die "--set ${1%%=*}: not UTF-8"
	acts_give "--set ${1%%=*}" "$1"
}

acts_set_file() {
	local acts_lines line number=0

	acts_read "$1"
	for line in "${acts_lines[@]}"; do
		number=$((number + 1))
		[[ -n $line && $line != '#'* ]] || continue
		acts_give "$1:$number" "$line"
	done
}

# acts_value NAME: sets acts_text to the input's value, or fails.
acts_value() {
	acts_text=${ACT_VALUE[$1]-${ACT_DEFAULT[$1]-}}
	[ -n "$acts_text" ]
}

acts_require() {
	local name acts_text missing=()

	for name in "${ACT_INPUTS[@]}"; do
		acts_value "$name" || missing+=("$name")
	done
	[ "${#missing[@]}" -eq 0 ] ||
		die "$ACT_KIND needs --set NAME=VALUE for: ${missing[*]}"
}

# acts_quote VALUE: sets acts_text to a word that bash reads as the value, and
# people too: quoted only where it must be.
acts_quote() {
	acts_text=$1
	[[ $1 == *[!A-Za-z0-9%+,./:=@_-]* ]] || return 0
	acts_text="'${1//\'/\'\\\'\'}'"
}

# acts_replace QUOTE TEXT: sets acts_result.  An input without a value is an
# error; where ACTS_BLANKS is set, it stays as it is written.
acts_replace() {
	local quote=$1 rest=$2 name acts_text

	acts_result=
	while [[ $rest == *"\${"* ]]; do
		acts_result+=${rest%%"\${"*}
		rest=${rest#*"\${"}
		name=${rest%%'}'*}
		rest=${rest#*'}'}
		[ -n "${ACT_INPUT_TEXT[$name]-}" ] ||
			die "$ACT_FILE: no input is named \"$name\""
		if acts_value "$name"; then
			"$quote" "$acts_text"
		elif [ -n "${ACTS_BLANKS-}" ]; then
			acts_text="\${$name}"
		else
			die "$ACT_KIND needs --set $name=VALUE"
		fi
		acts_result+=$acts_text
	done
	acts_result+=$rest
}

# acts_answer [-v VAR] RESULT: how the three below give their answers.
acts_answer() {
	if [ "$1" = -v ]; then
		printf -v "$2" '%s' "$acts_result"
	else
		printf '%s\n' "$acts_result"
	fi
}

acts_plain() {
	acts_text=$1
}

acts_expand() {
	local acts_result

	acts_replace acts_plain "${!#}"
	acts_answer "$@"
}

acts_command() {
	local acts_result

	acts_replace acts_quote "${!#}"
	acts_answer "$@"
}

# acts_words COMMAND: sets acts_split to the words that bash would make of
# it, each as it is written.
acts_words() {
	local command=$1 quote='' word='' i character

	acts_split=()
	for ((i = 0; i < ${#command}; i++)); do
		character=${command:i:1}
		case $quote$character in
		\' | \")
			quote=$character
			;;
		\'\' | \"\")
			quote=
			;;
		' ')
			[ -z "$word" ] || acts_split+=("$word")
			word=
			continue
			;;
		esac
		word+=$character
	done
	[ -z "$word" ] || acts_split+=("$word")
}

# Inputs that are places are shown by their values, as commands show them.
acts_condition() {
	local acts_result acts_words first='' second=''

	read -ra acts_words <<<"${!#}"
	acts_result=${ACTS_CONDITION_TEXT[${acts_words[0]}]}
	if [ "${#acts_words[@]}" -gt 1 ]; then
		acts_replace acts_quote "\${${acts_words[1]}}"
		first=$acts_result
		second=${acts_words[2]-}
		second=${ACTS_CONDITION_TEXT[${second:-none}]-$second}
		acts_result=${ACTS_CONDITION_TEXT[${acts_words[0]}]}
		acts_result=${acts_result/'{2}'/"$second"}
		acts_result=${acts_result/'{1}'/"$first"}
	fi
	acts_answer "$@"
}
