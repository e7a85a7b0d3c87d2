# shellcheck shell=bash
#
# What would pass unnoticed in a step: answers that were not taken, initials
# that are others than before, pauses.  It is said when it happens, again on the
# next page, since each page clears the screen, and with the step on record.
# Sourced after screen.sh, never run.
#
#   remarks_open             what the record has of it so far
#   remark TEXT              goes on the next page and on record
#   remark_seen TEXT         goes on the next page; the record has it already
#   again WHY PROMPT         asks once more, $answer is no answer to PROMPT
#   remark_initials ROLE INITIALS
#   pause_begin, pause_end   pause_end sets $pause_text to how long it was
#
# $remarks holds what is for the record, $remarks_seen what is for the page.

# For awk: a text of a line of the record.  Lines are printable ASCII and one
# object each; a quote in a text has a backslash before it, so that none can
# pass for a key.
RECORD_TEXT='
	function text(key,   at, rest) {
		at = index($0, "\"" key "\":\"")
		if (at == 0)
			return ""
		rest = substr($0, at + length(key) + 4)
		return substr(rest, 1, index(rest, "\"") - 1)
	}'

remarks='' remarks_seen=''
declare -A initials_of=()

remark() {
	remarks+="${remarks:+; }$1"
	remark_seen "$1"
}

remark_seen() {
	remarks_seen+="${remarks_seen:+; }$1"
}

# They have been said.
remarks_clear() {
	remarks='' remarks_seen=''
}

remarks_open() {
	local role initials

	initials_of=()
	[ -e "$folder/log.jsonl" ] || return 0
	while read -r role initials <&3; do
		initials_of[$role]=$initials
	done 3< <(awk "$RECORD_TEXT"'
		text("event") != "step" { next }
		text("step") == "begin" { split("", last) }
		text("initials") != "" && text("role") != "" {
			last[text("role")] = text("initials")
		}
		END { for (role in last) print role, last[role] }' \
		"$folder/log.jsonl")
}

again() {
	remark "\"$2\" was answered with ${answer:+\"}${answer:-nothing}${answer:+\"}, and asked again"
	not_understood "$1"
}

remark_initials() {
	local before=${initials_of[$1]-}

	initials_of[$1]=$2
	if [ -n "$before" ] && [ "$before" != "$2" ]; then
		put_marked '  ' "$bad" "$1 was $before until now, and is $2 from this step on."
		remark "$1 was $before until now"
	fi
}

pause_begin() {
	pause_began=$(date '+%s')
}

pause_end() {
	local length

	length=$(($(date '+%s') - pause_began))
	printf -v pause_text '%d min %d s' "$((length / 60))" "$((length % 60))"
	remark_seen "paused for $pause_text"
}
