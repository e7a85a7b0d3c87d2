#!/bin/bash
# Ceremonies of older versions: replayed by the rules of their day, each run
# comes to the end that it came to then; nothing of them is lost to readers.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq

RECORDS=tests/data/records
RECORDING=
set_head_apart() {
	:
}

# What keeps a record in each version: all of it is on record here.
declare -A COMMANDS=(
	[0.1.0]='check hash inventory keydelete keygen log manifest plan register release request selftest show sign simulate step verify'
)

for ends in "$RECORDS"/*.runs; do
	version=$(basename "$ends" .runs)
	equal "commands on record in $version" "${COMMANDS[$version]}" \
		"$(cut -d' ' -f3 "$ends" | sort -u | paste -sd' ')"
	for record in "$RECORDS/$version"-*/; do
		name=$(basename "$record")
		head=$(awk -v name="$name" '$1 == name && NF == 2 { print $2 }' \
			"$RECORDS/README.md")
		equal "the record is of $version" "\"$version\"" \
			"$(jq .version "$record/log.jsonl" | sort -u)"
		accepts replay "$record" --head "$head"
		says "every conclusion and every byte the same"
		# A rule of that version that its program never ran is none of it.
		! grep -F "newer than the record" "$SCRATCH/out" ||
			fail "$name was not judged by that"
		accepts --json replay "$record" --head "$head"
		equal "$name: its runs" "$(grep -F "$name " "$ends")" \
			"$(jq -r --arg name "$name" '.runs[] |
			"\($name) \(.run) \(.command) \(.ended) \(.status) \(.outcome)"' \
				"$SCRATCH/out")"
		accepts log show "$record"
		accepts report "$record" -o "$SCRATCH/$name.html"
		signature=$RECORDS/$name.p7s
		[ ! -e "$signature" ] ||
			accepts log verify "$record" --signature "$signature"
	done
done

# What the rules of today say of them stands apart: a KSK that nobody knew
# signed alone, one came back from its revocation; the verdicts above stay.
accepts replay "$RECORDS/0.1.0-rollover"
says "By the rules of version "
says "REFUSE      SKR-TRUST"
says "REFUSE      SKR-REVOKED"
accepts --json replay "$RECORDS/0.1.0-rollover"
equal "refused today" "REFUSE SKR-REVOKED 7, REFUSE SKR-TRUST 6" "$(jq -r '
	[.today.rows[] | select(.id == "SKR-TRUST" and .run == 6 or
		.id == "SKR-REVOKED" and .run == 7) |
		"\(.verdict) \(.id) \(.run)"] | unique | join(", ")' \
	"$SCRATCH/out")"

finish
