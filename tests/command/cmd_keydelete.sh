#!/bin/bash
# A key is deleted when its label was typed, and no other is; what the
# configuration still signs with stays.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
# shellcheck source=tests/support/copying.sh
. tests/support/copying.sh
needs jq expect

init_workspace ws --at "$AT"
CONFIG=$ANCHORITE_CONFIG
for label in old 'with space' p-256; do
	accepts keygen --label "$label" --algorithm ECDSAP256SHA256
done

# labels: what the token holds, one a line.
labels() {
	# Status 1 once the configured KSK is gone.
	run --json inventory
	jq -r '.keys[].label' "$SCRATCH/out"
}
all=$(labels)

### refused, and nothing is gone

refuses 2 "keydelete: --label is missing" keydelete --batch
refuses 2 "no key with label \"new\"" keydelete --label new --batch
refuses 2 "there is no terminal to confirm on" keydelete --label old
refuses 2 "--json leaves no screen" --json keydelete --label old
refuses 1 'key "ksk-1" is keys.ksk_current of the configuration, valid for ever' \
	keydelete --label ksk-1 --batch
sed 's/rehearsal: true/rehearsal: false/' "$CONFIG" >"$SCRATCH/real.yaml"
refuses 2 "--batch deletes keys in rehearsals only" \
	--ceremony "$SCRATCH/real" --config "$SCRATCH/real.yaml" keydelete --label old --batch
sed "/^  ksk_current:/a\    valid_until: 2027-01-01T00:00:00+00:00" "$CONFIG" \
	>"$SCRATCH/ends.yaml"
equal "nothing was deleted" "$all" "$(labels)"
accepts replay "$RECORD"

### at a terminal

# answers STATUS TEXT: what is typed at the question.
answers() {
	typed "$1" "anything else to stop:" "$2" --ceremony "$RECORD" \
		keydelete --label old
}

for answer in '\r' 'Yes\r' 'OLD\r' 'old \r' ' old\r' 'old\004\004' 'older\r'; do
	answers 1 "$answer"
	says "nothing was deleted"
	equal "after $answer" "$all" "$(labels)"
done
answers 0 'old\r'
says 'Key "old", key tag '
says 'was deleted: the token no longer shows it.'
equal "what is left" "$(grep -vx old <<<"$all")" "$(labels)"
accepts replay "$RECORD"
accepts log show "$RECORD"
says "Delete this key for ever? Type its label, old, to delete"
says 'deleted "old"'

### in batch

accepts --json keydelete --label 'with space' --batch
equal "json" '"with space" true' \
	"$(jq -c -r '"\"\(.key.key_identifier // .key.label)\" \(.deleted)"' \
		"$SCRATCH/out")"
refuses 2 'no key with label "old"' keydelete --label old --batch
equal "the rest" $'ksk-1\np-256' "$(labels)"
accepts replay "$RECORD"

# A key whose time is over may go.
refuses 1 "valid until 2027-01-01T00:00:00" \
	--ceremony "$SCRATCH/ends" --config "$SCRATCH/ends.yaml" \
	--at "$AT" keydelete --label ksk-1 --batch
accepts --ceremony "$SCRATCH/ends" --config "$SCRATCH/ends.yaml" \
	--at 2027-01-01T00:00:00Z keydelete --label ksk-1 --batch
accepts replay "$SCRATCH/ends"
equal "one is left" p-256 "$(labels)"

### on record

accepts --ceremony "$SCRATCH/one" keydelete --label p-256 --batch
# forged NAME FILTER TEXT: the record of one run, each line changed by the
# filter, and chained anew; replay says TEXT.
forged() {
	local line prev dir=$SCRATCH/forged-$1
	cp -r "$SCRATCH/one" "$dir"
	prev=$(printf '%064d' 0)
	while IFS= read -r line; do
		line=$(jq -c --arg prev "$prev" ".prev = \$prev | $2" <<<"$line")
		printf '%s\n' "$line"
		prev=$(printf '%s\n' "$line" | sha256sum | cut -c1-64)
	done <"$SCRATCH/one/log.jsonl" >"$dir/log.jsonl"
	run replay "$dir"
	equal "status of forged $1" 1 "$status"
	says "$3"
}
forged other 'if .event == "deleted" then .key.key_identifier = "x" else . end' \
	'key_identifier: recorded "x"'
forged answer 'if .event == "answer" then .text = "Yes" else . end' \
	'text: recorded "Yes"'
forged order 'if .event == "answer" then .event = "prompt" | .text = "?"
	else . end' '"prompt" is recorded where "answer" is due'
accepts replay "$SCRATCH/one"
finish
