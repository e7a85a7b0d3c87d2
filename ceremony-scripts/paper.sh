# shellcheck shell=bash
#
# Puts an act file that is loaded, and its values, into groff's language.
# Sourced by print after lib.sh and acts.sh; paper/paper.tmac has the look.
#
# Whatever comes from outside goes through paper_text or paper_code and is
# written behind \&, or behind the name of a string: no text can be a request,
# a macro's argument or an escape.

# Columns of typewriter face that a command's box has.
PAPER_COLUMNS=58
# Code may be divided after so many octets without a slash.  A word of prose
# that is as long as this is treated as code.
PAPER_LONG_WORD=18
PAPER_LONGEST_WORD=32
# What the head of a sheet has room for, in octets.
PAPER_HEAD=64

# What print finds out: the program, and the rows of the page of hashes.
program_path='' program_version='' script_digest=''
hash_names=() hash_paths=() hash_digests=() hash_words=()

# The field's abbreviations, in print beside the roles of those present.
PAPER_ABBREVIATIONS=(
	'DPS|DNSSEC Practice Statement'
	'HSM|Hardware Security Module: holds the private keys'
	'HSMFD|Flash drive of the ceremony: configuration, register, records'
	'KSK|Key-Signing Key: signs the DNSKEY record set'
	'KSR|Key Signing Request: the keys of a quarter, to be signed'
	'KSRFD|Flash drive on which request and response travel'
	'PGP words|A SHA-256 as 32 words to be read aloud, one for each octet'
	'PIN|What a crypto officer knows besides the credential'
	'RZM|Root Zone Maintainer: holds the zone-signing keys'
	'SHA-256|A hash: two files with the same one are the same'
	'SKR|Signed Key Response: the answer to a KSR'
	'TEB|Tamper-Evident Bag'
	'UTC|The time zone of every time in this script'
	'ZSK|Zone-Signing Key: signs the zone itself'
)

# paper_code TEXT: sets paper to it, character by character as it is.
paper_code() {
	paper=${1//\\/\\[rs]}
	paper=${paper//\'/\\[aq]}
	paper=${paper//\"/\\[dq]}
	paper=${paper//\`/\\[ga]}
	paper=${paper//^/\\[ha]}
	paper=${paper//\~/\\[ti]}
}

# paper_prose TEXT: the same with a book's quotation marks.
paper_prose() {
	if [[ $1 =~ [^\ ]{$PAPER_LONGEST_WORD} ]]; then
		paper_breakable "$1"
		return
	fi
	paper=${1//\\/\\[rs]}
	paper=${paper//\'/\\[cq]}
	paper=" $paper"
	paper=${paper// \"/ \\[lq]}
	paper=${paper//(\"/(\\[lq]}
	paper=${paper//\"/\\[rq]}
	paper=${paper# }
	paper=${paper//\`/\\[ga]}
	paper=${paper//^/\\[ha]}
	paper=${paper//\~/\\[ti]}
}

# paper_text TEXT: prose, in which `words` are in typewriter face.
paper_text() {
	local rest=$1 whole=''

	while [[ $rest == *\`*\`* ]]; do
		paper_prose "${rest%%\`*}"
		whole+=$paper
		rest=${rest#*\`}
		paper_inline "${rest%%\`*}"
		whole+="\\f[CR]\\s[9]$paper\\s[0]\\f[]"
		rest=${rest#*\`}
	done
	paper_prose "$rest"
	paper=$whole$paper
}

# paper_breakable TEXT: code that may be divided behind a slash, and anywhere
# if it is long; where it is, a backslash shows it.
paper_breakable() {
	local text=$1 piece='' run=0 i character whole='' may=''

	for ((i = 0; i < ${#text}; i++)); do
		character=${text:i:1}
		run=$((run + 1))
		[ "$character" != ' ' ] || run=0
		# Never within a character of more than one octet.
		[ "$run" -le "$PAPER_LONG_WORD" ] ||
			[[ $character == [$'\x80'-$'\xbf'] ]] || may=yes
		if [ -n "$may" ] && [ "$character" != ' ' ]; then
			paper_code "$piece"
			whole+=$paper'\%'
			piece='' run=1
		fi
		may=
		piece+=$character
		[ "$character" != / ] || may=yes
	done
	paper_code "$piece"
	paper=$whole$paper
}

# paper_inline COMMAND: the same for one amid prose, which may be divided between
# its words, too.
paper_inline() {
	local word whole='' words

	IFS=' ' read -ra words <<<"$1"
	for word in "${words[@]}"; do
		paper_breakable "$word"
		whole+=${whole:+'\ \%'}$paper
	done
	paper=$whole
}

# text TEXT: a line of text, its inputs put in.
text() {
	local expanded

	acts_expand -v expanded "$1"
	paper_text "$expanded"
	printf '\\&%s\n' "$paper"
}

# plain TEXT: the same for a text that holds no inputs.
plain() {
	paper_text "$1"
	printf '\\&%s\n' "$paper"
}

# string NAME TEXT
string() {
	paper_text "$2"
	printf '.ds %s \\&%s\n' "$1" "$paper"
}

# Each line of $2 as a line of text behind the request $1.
each() {
	local line

	[ -n "$2" ] || return 0
	while IFS= read -r line; do
		printf '%s\n' "$1"
		text "$line"
	done <<<"$2"
}

# A command in its box.  A line that is too long ends with " \", as it could
# be typed; a word that is too long for a line with "\".
paper_command() {
	local command line='' word acts_split

	acts_command -v command "$1"
	acts_words "$command"
	printf '.RUN\n'
	for word in "${acts_split[@]}"; do
		if [ -n "$line" ] &&
			[ "$((${#line} + ${#word} + 3))" -gt "$PAPER_COLUMNS" ]; then
			paper_code "$line"
			printf '\\&%s \\[rs]\n' "$paper"
			line="    $word"
		else
			line+=${line:+ }$word
		fi
		paper_divide
	done
	paper_code "$line"
	printf '\\&%s\n.RUNEND\n' "$paper"
}

# Prints as much of $line as is too long for the box.
paper_divide() {
	local at

	while [ "${#line}" -gt "$PAPER_COLUMNS" ]; do
		at=$((PAPER_COLUMNS - 2))
		while [[ ${line:at:1} == [$'\x80'-$'\xbf'] ]]; do
			at=$((at - 1))
		done
		paper_code "${line:0:at}"
		printf '\\&%s\\[rs]\n' "$paper"
		line=${line:at}
	done
}

# The conditions in $2, each with a square to tick, labelled $1.
paper_conditions() {
	local line words label=$1

	[ -n "$2" ] || return 0
	while IFS= read -r line; do
		acts_condition -v words "$line"
		paper_breakable "$words"
		printf '.CONDITION "%s"\n\\&%s\n.LABELEND\n' "$label" "$paper"
		label=
	done <<<"$2"
}

# labelled LABEL TEXT [REQUEST]: beside a label in the gutter.
labelled() {
	[ -n "$2" ] || return 0
	printf '.LABEL %s 2p\n' "$1"
	text "$2"
	[ -z "${3-}" ] || printf '%s\n' "$3"
	printf '.LABELEND\n'
}

paper_step() {
	local i=$1 command exception line numbers=

	printf '.STEP %s %s\n' "${STEP_NUMBER[i]}" "${STEP_INITIAL[i]}"
	text "${STEP_TITLE[i]}"
	each .DO "${STEP_DO[i]}"
	if [ -n "${STEP_SAY[i]}" ]; then
		printf '.SAY\n'
		text "${STEP_SAY[i]}"
		printf '.SAYEND\n'
	fi
	paper_conditions before "${STEP_BEFORE[i]}"
	while IFS= read -r command; do
		[ -z "$command" ] || paper_command "$command"
	done <<<"${STEP_RUN[i]}"
	labelled expected "${STEP_EXPECT[i]}"
	paper_conditions after "${STEP_AFTER[i]}"
	while IFS= read -r line; do
		labelled write "$line" .ANSWER
	done <<<"${STEP_WRITE[i]}"
	labelled answer "${STEP_ASK[i]}" .ANSWER
	while IFS= read -r exception; do
		[ -n "$exception" ] || continue
		exceptions+=("$i|$exception")
		numbers+=${numbers:+, }E${#exceptions[@]}
	done <<<"${STEP_EXCEPTION[i]}"
	labelled exception "${numbers:+If not: form $numbers}"
	printf '.STEPEND\n'
}

paper_acts() {
	local i act=0

	printf '.SHEET\n.TABLE\n'
	for ((i = 0; i < ${#STEP_NUMBER[@]}; i++)); do
		if [ "${STEP_ACT[i]}" -ne "$act" ]; then
			act=${STEP_ACT[i]}
			string act-title "${ACTS[act - 1]}"
			printf '.ACT %s\n' "$act"
		fi
		paper_step "$i"
	done
	printf '.TABLE-END\n'
}

# paper_hash_row NAME PATH DIGEST WORDS: with lines to write on for what is
# not known.
paper_hash_row() {
	local words row

	string pair "$1"
	printf '.HASH\n'
	paper_breakable "$2"
	printf '\\&%s\n' "$paper"
	if [ -n "$3" ]; then
		printf '.DIGEST\n\\&%s\n' "$3"
	else
		printf '.SQUARES 2 32\n'
	fi
	if [ -n "$4" ]; then
		printf '.WORDS\n'
		read -ra words <<<"$4"
		for ((row = 0; row < ${#words[@]}; row += 8)); do
			(IFS=$'\t'; printf '\\&%s\n' "${words[*]:row:8}")
		done
	elif [ -z "$3" ]; then
		printf '.BLANKS 4 8\n'
	fi
	printf '.PAIREND\n'
}

paper_section() {
	string section "$1"
	printf '.SECTION\n'
}

paper_title() {
	local line name what i

	string title "$ACT_TITLE"
	for name in CEREMONY_NAME CEREMONY_DATE CEREMONY_PLACE; do
		paper_value "$name"
		string "${name,,}" "$paper_input"
	done
	printf '.TITLEHEAD\n'
	for line in "${ACT_PURPOSE[@]}"; do
		printf '.P\n'
		text "$line"
	done
	printf '.TITLEBOX\n'
	for ((i = 0; i < ${#hash_names[@]}; i++)); do
		[ -n "${hash_digests[i]}" ] || continue
		what=${hash_paths[i]}
		[ "${hash_names[i]}" != PROGRAM ] || what="$program_version, $what"
		paper_title_row "${hash_names[i]}" "$what" "${hash_digests[i]}"
	done
	printf '.COPY\n'
}

# paper_title_row NAME TEXT DIGEST
paper_title_row() {
	string pair "$1"
	paper_breakable "$2"
	printf '.PAIR\n.small\n\\&%s\n.br\n.mono\n\\&%s\n.PAIREND\n' \
		"$paper" "$3"
}

# paper_value NAME: sets paper_input to an input's value, or to nothing.
paper_value() {
	local acts_text=

	[ -z "${ACT_INPUT_TEXT[$1]-}" ] || acts_value "$1" || :
	paper_input=$acts_text
}

paper_participants() {
	local role acts_text

	printf '.SHEET\n'
	paper_section Participants
	printf '.P\n'
	plain 'Each participant signs before the first act and prints the name as in an identity document. Whoever signs confirms to have been present, no more.'
	printf '.sp 6p\n.PARTICIPANTS\n'
	for role in "${ACT_PARTICIPANTS[@]}" '' ''; do
		acts_role "$role"
		printf '.PARTICIPANT "%s" "%s"\n' "$role" "$acts_text"
	done
	printf '.TABLE-END\n'
}

paper_values() {
	local name

	printf '.SHEET\n'
	paper_section 'Values'
	printf '.P\n'
	plain 'What was known when this was printed. A value that is missing is written on its line before the first act.'
	printf '.sp 6p\n.rule\n'
	for name in "${ACT_INPUTS[@]}"; do
		[ "$name" != CEREMONY_NAME ] || continue
		# It stands beside its file, on the page of hashes.
		[[ $name != *_SHA256 || " ${hash_names[*]} " != *" ${name%_SHA256} "* ]] ||
			continue
		string pair "$name"
		printf '.PAIR\n'
		text "${ACT_INPUT_TEXT[$name]}"
		paper_value "$name"
		if [ -n "$paper_input" ]; then
			paper_breakable "$paper_input"
			printf '.br\n.mono\n\\&%s\n' "$paper"
		else
			printf '.BLANKS 1 1\n'
		fi
		printf '.PAIREND\n'
	done
}

paper_hashes() {
	local i

	printf '.SHEET\n'
	paper_section 'Hashes'
	printf '.P\n'
	plain 'The SHA-256 of each file, in hex and in PGP words, as computed when this was printed. What was not at hand then is written down when it is first shown.'
	printf '.sp 6p\n.rule\n'
	for ((i = 0; i < ${#hash_names[@]}; i++)); do
		paper_hash_row "${hash_names[i]}" "${hash_paths[i]}" \
			"${hash_digests[i]}" "${hash_words[i]}"
	done
}

# One a line; the roles of those who take part are among them.
paper_abbreviations() {
	local role

	printf '%s\n' "${PAPER_ABBREVIATIONS[@]}"
	for role in "${ACTS_ROLES[@]}"; do
		[[ " ${ACT_PARTICIPANTS[*]}" != *" $role"* || $role = RZM ]] ||
			printf '%s|%s\n' "$role" "${ACTS_ROLE_TEXT[$role]}"
	done
}

paper_reading() {
	local line

	printf '.SHEET\n'
	paper_section 'Acts'
	printf '.CONTENTS\n'
	for ((line = 0; line < ${#ACTS[@]}; line++)); do
		string entry "${ACTS[line]}"
		printf '.ENTRY %d\n' "$((line + 1))"
	done
	printf '.CONTENTSEND\n'
	paper_section 'How to read a step'
	printf '.P\n'
	plain 'The Ceremony Administrator does what a step says, in order. What stands beside a bar is spoken. What stands in a grey box runs exactly as printed; a line that ends with \ goes on in the next, without a space unless there is one before the \.'
	printf '.P\n'
	plain 'The program looks at the conditions before and after a step by itself and goes on only if they hold; a witness may tick each square. The role in the column Initial initials the step and writes its time, in UTC. A step that did not go as printed is repeated or written down as an exception.'
	printf '.P\n'
	paper_value CONFIG
	plain "In commands, \`anchorite\` is the program $program_path, with \`--config\` ${paper_input:-CONFIG} and the ceremony's record."
	# All of them on one sheet.
	printf '.NEED (%d*13.5p+2c)\n' "$(paper_abbreviations | wc -l)"
	paper_section 'Abbreviations'
	printf '.ABBREVIATIONS\n'
	while IFS= read -r line; do
		string pair "${line%%|*}"
		string entry "${line#*|}"
		printf '.ABBREVIATION\n'
	done < <(paper_abbreviations | sort)
	printf '.ABBREVIATIONSEND\n'
}

# Forms for what was foreseen are short, and those for what was not have a sheet
# of their own: what happens is told there.
paper_exceptions() {
	local i step n=0

	printf '.SHEET\n'
	for i in "${exceptions[@]}"; do
		n=$((n + 1))
		step=${i%%|*}
		string section "Exception E$n, step ${STEP_NUMBER[step]}: ${STEP_TITLE[step]}"
		acts_expand -v i "${i#*|}"
		string pair "$i"
		printf '.SHORTFORM\n'
	done
	for i in 1 2; do
		printf '.SHEET\n'
		paper_section 'Exception'
		printf '.FORM\n'
	done
}

paper_closing() {
	local role acts_text

	printf '.SHEET\n'
	paper_section 'Head of the ceremony record'
	printf '.P\n'
	plain 'Written by hand from the screen at the end, in hex or as PGP words. It shows later that nothing was taken from the record or put into it.'
	printf '.HEADBOX\n'
	printf '.SHEET\n'
	paper_section 'Signatures'
	printf '.P\n'
	plain 'Whoever signs was present, saw the steps carried out as this script says, and knows of no exception but those written down here.'
	printf '.sp 6p\n.SIGNATURES\n'
	for role in "${ACT_PARTICIPANTS[@]}" '' ''; do
		acts_role "$role"
		printf '.SIGNATURE "%s" "%s"\n' "$role" "$acts_text"
	done
	printf '.TABLE-END\n.WITNESS\n'
}

# paper_short TEXT: sets paper to as much of it as a sheet's head has room for.
paper_short() {
	local at=$PAPER_HEAD

	paper=$1
	[ "${#1}" -gt "$at" ] || return 0
	while [[ ${1:at:1} == [$'\x80'-$'\xbf'] ]]; do
		at=$((at - 1))
	done
	paper=${1:0:at}...
}

# What a reader of PDFs calls the document, in UTF-16 as PDF has texts.
paper_document_title() {
	local hex

	paper_value CEREMONY_NAME
	hex=$(printf '%s' "$ACT_TITLE${paper_input:+: $paper_input}" |
		iconv -f UTF-8 -t UTF-16BE | od -An -v -t x1 | tr -d ' \n')
	printf ".nop \\X'ps:exec [/Title <FEFF%s> /DOCINFO pdfmark'\n" "$hex"
}

# The whole script.  Two runs of groff make it: the first counts the sheets,
# and what it found is in $1 for the second.
paper_script() {
	local exceptions=()

	printf '.mso paper.tmac\n'
	paper_document_title
	paper_value CEREMONY_NAME
	paper_short "${paper_input:-$ACT_KIND}"
	string head-left "$paper"
	paper_short "$ACT_TITLE"
	string head-right "$paper"
	paper_short "$ACT_KIND.act"
	string foot-left "$paper, SHA-256 ${script_digest:0:16}"
	printf '%s\n' "$1"
	paper_title
	paper_participants
	paper_reading
	paper_values
	paper_hashes
	paper_acts
	paper_exceptions
	paper_closing
	printf '.tm sheets \\n%%\n.tm room \\n[room]\n'
}
