#!/bin/bash
# Zones of any legal name: escapes, case, the longest labels and names, IDNA's
# A-labels.  In the configuration, in each format both ways, in the record, in
# names of files and on the screen; and Knot and BIND, each with such zones, take
# what is signed.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
# shellcheck source=tests/support/signers.sh
. tests/support/signers.sh
needs jq softhsm2-util

WHEN=2026-12-20T00:00:00Z

# owners FILE: the names of its records and signers, each once.
owners() {
	awk '/^[^;\t ]/ && NF > 3 { print $1 }
		{ for (i = 1; i < NF - 1; i++)
			if (length($i) == 14 && $i ~ /^20[0-9]*$/ &&
				$(i + 1) ~ /^[0-9]*$/ && length($(i + 1)) < 6)
				print $(i + 2) }' "$1" | sort -u
}

# owned_by NAME FILE: the file of BIND's with this owner.
owned_by() {
	awk -v zone="${1//\\/\\\\}" '/^;/ { print; next }
		{ sub(/^[^\t ]*[\t ]*/, ""); print zone "\t" $0 }' "$2"
}

### Ours, in each format and back

count=0
for ((i = 0; i < ${#ZONES[@]}; i += 3)); do
	ZONE=${ZONES[i]} canonical=${ZONES[i + 1]} file=${ZONES[i + 2]}
	count=$((count + 1))
	child_zone "zone-$count" knot
	record=(--at "$WHEN" --ceremony "$WS/ceremony")
	accepts "${record[@]}" request "$WS/ksr.xml" --quarter 2027-q1
	accepts "${record[@]}" sign "$WS/ksr.xml" "$WS/skr.xml" --first --batch
	accepts verify "$WS/ksr.xml" "$WS/skr.xml"
	accepts --json show "$WS/skr.xml"
	equal "zone of the signatures" "$canonical" \
		"$(jq -r '.bundles[].signatures[].signers_name' "$SCRATCH/out" |
			sort -u)"
	accepts show --format dns "$WS/skr.xml"
	equal "owners" "$canonical" \
		"$(awk '!/^;/ { print $1 }' "$SCRATCH/out" | sort -u)"
	accepts show "$WS/ksr.xml"
	says "domain $ZONE"
	# Each text has the canonical name, and each leads to the other's.
	for format in bind knot; do
		accepts convert "$WS/skr.xml" "$WS/skr.$format" --into $format
		accepts convert "$WS/ksr.xml" "$WS/ksr.$format" --into $format
		equal "owners in $format" "$canonical" "$(owners "$WS/skr.$format")"
		accepts convert "$WS/skr.$format" "$WS/$format.xml" --into xml
		accepts --json show "$WS/$format.xml"
		equal "zone read of $format" "$canonical" \
			"$(jq -r .domain "$SCRATCH/out")"
	done
	accepts convert "$WS/skr.bind" "$WS/skr.there" --into knot
	# But for the last line, which says when and by what the first was made.
	cmp <(head -n -1 "$WS/skr.there") <(head -n -1 "$WS/skr.knot") ||
		fail "another text by another way"
	accepts convert "$WS/skr.there" "$WS/skr.back" --into bind
	cmp "$WS/skr.back" "$WS/skr.bind" || fail "another text on the way back"
	# A text request of the zone, written otherwise, is the zone's.
	owned_by "$ZONE" "$WS/ksr.bind" >"$WS/as-given"
	mkdir "$WS/new"
	cp "$WS/policy.yaml" "$WS/new/"
	accepts --config "$WS/new/policy.yaml" --at "$WHEN" check "$WS/as-given"
	accepts log verify "$WS/ceremony"
	accepts replay "$WS/ceremony"
	# In names of files: as BIND has them, and no folder's.
	if [ -n "$file" ]; then
		accepts --at "$WHEN" request "$WS/files.xml" --quarter 2027-q1 \
			--zsk-dir "$WS/zsks"
		equal "files of ZSKs" "K$file" "$(find "$WS/zsks" -name '*.key' \
			-printf '%f\n' | sed 's/+013+.*//' | sort -u)"
		accepts --at "$WHEN" request "$WS/again.xml" --quarter 2027-q1 \
			--zsk-dir "$WS/zsks"
		says ", there"
		if command -v dnssec-dsfromkey >/dev/null; then
			(cd "$WS/zsks" && dnssec-dsfromkey -f <(cat ./*.key) \
				"$canonical" >/dev/null) ||
				fail "BIND does not read the keys of $ZONE"
		fi
	fi
done

### Another zone is another however alike it looks

ZONE=${ZONES[0]}
child_zone other knot
for other in 'a.b.example.' 'a\.c.example.' 'a\\.b.example.' 'a\.b.example.net.' \
	'a\046b.exampl\101.x.'; do
	owned_by "$other" "$SCRATCH/zone-1/ksr.bind" >"$WS/other"
	refuses 1 KSR-DOMAIN --at "$WHEN" check "$WS/other"
done
refuses 2 'a zone is not called "*"' init "$SCRATCH/wild" --zone '*.example.'
refuses 2 'is no octet' init "$SCRATCH/wild" --zone 'a\300.example.'
refuses 2 'A-labels' init "$SCRATCH/wild" --zone 'مثال.'
refuses 2 'longer than 255 octets' init "$SCRATCH/wild" \
	--zone "${L60}xyz.${L60}xyz.${L60}xyz.\\255\\255$L60."
refuses 2 'a label of 64 octets' init "$SCRATCH/wild" --zone "${L60}xyz\\.."
finish
