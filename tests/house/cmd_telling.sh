#!/bin/bash
# Every event that the program can put on record has its row in
# signer/show/telling.c, and every row an emitter: without a row `log show` and
# `report` would show the line as it stands, and nothing be certain after it.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh

# joined FILE: the source with a space for whatever stands between words, so
# that a call is on one line.
joined() {
	tr -s ' \t\n' ' ' <"$1"
}

# emitting FILE: the functions in it that are handed a record, or a context that
# has one, and an event, as a pattern.
emitting() {
	joined "$1" | grep -oP \
		'\b[a-z_]+(?=\( ?(struct record|const struct context) \*[a-z]+, const char \*event\b)' |
		sort -u | paste -sd'|' || true
}

# handed FILE FUNCTIONS: what calls of these functions hand over as the event.
handed() {
	joined "$1" | grep -oP "\b($2)\( ?[^,;{}]*, ?\K[^,;{}]*?(?= ?[,)])" ||
		true
}

# texts_of TYPE MEMBER: what objects of that struct have there.
texts_of() {
	grep -rlE "^(static )?const struct $1 [a-z_]+ = " "$TREE"/signer |
		xargs -r grep -hoP "^\s\.$2 = \K\".*?\"(?=,$)"
}

# resolved: what is a name of the preprocessor's becomes its text, and a member
# of a variable that is called like its struct each text that is put there.
resolved() {
	local word
	while read -r word; do
		if [[ $word =~ ^[A-Z_]+$ ]]; then
			grep -rhoP "^#define $word\s+\K\".*?\"" \
				"$TREE/signer" | head -n 1
		elif [[ $word =~ ^([a-z_]+)-\>([a-z_]+)$ ]]; then
			texts_of "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" ||
				printf '%s\n' "$word"
		else
			printf '%s\n' "$word"
		fi
	done
}

# emitters: what the tree's functions are handed as events, be it no text.  A
# function of a header may be called anywhere, another in its own file.
emitters() {
	local file public own
	cat "$TREE"/signer/*/*.h >"$SCRATCH/headers"
	public=$(emitting "$SCRATCH/headers")
	[[ "|$public|" == *"|record_event|"* ]] || fail "no record_event"
	grep -lE "\b($public)\(|const char \*event\b" "$TREE"/signer/*/*.c |
		while read -r file; do
			own=$(emitting "$file")
			handed "$file" "$public${own:+|$own}"
		done | grep -vxE '(const char \*)?event' | resolved | sort -u
}

# rows [PATTERN]: the events of the tree's table, of rows with this in them.
rows() {
	awk -v pattern="${1-.}" '/^const struct telling tellings/, /^};/ {
		if (/^\t\{ /) {
			event = $0
			is_printed = 0
		}
		if ($0 ~ pattern && event != "" && !is_printed++)
			print event
	}' \
		"$TREE/signer/show/telling.c" | sed 's/^\t{ //; s/,.*//' |
		resolved | sort
}

# disagreements: where they differ, a line each.
disagreements() {
	emitters >"$SCRATCH/emitters"
	rows >"$SCRATCH/rows"
	rows 'is_old = true' >"$SCRATCH/old"
	grep -hvxE '"[a-z ]+"' "$SCRATCH/emitters" "$SCRATCH/rows" |
		sort -u | sed 's/^/no text: /' || true
	uniq -d "$SCRATCH/rows" | sed 's/^/two rows: /'
	comm -23 "$SCRATCH/emitters" "$SCRATCH/rows" | sed 's/^/no row: /'
	comm -13 "$SCRATCH/emitters" "$SCRATCH/rows" |
		comm -23 - "$SCRATCH/old" | sed 's/^/no emitter: /'
	comm -12 "$SCRATCH/emitters" "$SCRATCH/old" |
		sed 's/^/has an emitter, but is old: /'
}

TREE=.
found=$(disagreements)
[ -z "$found" ] || fail "events and their rows: $found"
n=$(wc -l <"$SCRATCH/emitters")
[ "$n" -ge 36 ] || fail "only $n events were found"
for event in run input end 'signing record' deleted 'signatures discarded'; do
	grep -qxF "\"$event\"" "$SCRATCH/emitters" || fail "not found: $event"
done
CASES=$((CASES + n))

# planted FILE SED WANTED: with this defect in a copy of the sources, and none
# other, this is what is found.
planted() {
	TREE=$SCRATCH/tree
	rm -rf "$TREE"
	mkdir "$TREE"
	cp -r signer "$TREE/signer"
	sed -i "$2" "$TREE/signer/$1"
	! cmp -s "signer/$1" "$TREE/signer/$1" || fail "not planted: $2"
	equal "$2" "$3" "$(disagreements)"
	CASES=$((CASES + 1))
}
planted keys/zsk_store.c 's/"zsk files"/"zsk folder"/' 'no row: "zsk folder"
no emitter: "zsk files"'
planted record/facts.h 's/\("signatures \)discarded"/\1dropped"/' \
	'no row: "signatures dropped"
no emitter: "signatures discarded"'
planted record/record.c 's/record, "input",/record, "read",/' 'no row: "read"
no emitter: "input"'
planted command/cmd_keydelete.c 's/record, "deleted"/record, what ? "gone" : "kept"/' \
	'no text: what ? "gone" : "kept"
no row: what ? "gone" : "kept"
no emitter: "deleted"'
planted command/cmd_handover.c 's/"handed over"/"given away"/' \
	'no row: "given away"
no emitter: "handed over"'
planted show/telling.c 's/{ "adopted",/{ "adopting",/' 'two rows: "adopting"
no row: "adopted"
no emitter: "adopting"'
planted show/telling.c 's/^\t{ "hashed",/\t{ "mixed", "path", .is_old = true },\n&/' ''
planted show/telling.c 's/^\t{ "hashed",/\t{ "mixed", "path" },\n&/' \
	'no emitter: "mixed"'
planted show/telling.c 's/{ "hashed",/& .is_old = true,/' \
	'has an emitter, but is old: "hashed"'

echo "$n events, each told; $CASES cases"
