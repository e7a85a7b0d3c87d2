#!/bin/bash
# A slot is signed once, and the chain is not left: fallback requests,
# replacements, a back-out in mid-quarter, lost responses, registers that were
# lost, rolled back, of two sites, or begun from another tool's archive.  Each
# story replays.
# shellcheck source=tests/support/lib.sh disable=SC2016
. tests/support/lib.sh
needs jq

init_workspace ws --at 2026-11-15T12:00:00Z
WS=$SCRATCH/ws
ZSKS=$SCRATCH/zsks
mkdir "$ZSKS"
HEAD=
AT1=2026-11-15T12:00:00Z
AT2=2027-02-15T12:00:00Z

sha256_of() {
	sha256sum "$1" | cut -d' ' -f1
}

# ask AT FILE DIR OPTION...: a request with the ZSKs of that folder.
ask() {
	local at=$1 file=$2 dir=$3
	shift 3
	accepts --at "$at" --ceremony "$SCRATCH/zone" request "$file" \
		--zsk-dir "$dir" "$@"
}

# forget_next KSR DIR: takes away the ZSK that the request has in its last slot
# alone; another will be made in its place.
forget_next() {
	local tag
	accepts show "$1"
	tag=$(awk '$1 == 2 { own = $4 } $1 == 9 {
		n = split($4, tags, ",")
		for (i = 1; i <= n; i++) if (tags[i] != own) print tags[i] }' \
		"$SCRATCH/out")
	rm "$2"/K*"$(printf '+%05d' "$tag")".*
}

# signs AT KSR SKR OPTION...
signs() {
	local at=$1 ksr=$2 skr=$3
	shift 3
	accepts --at "$at" sign "$ksr" "$skr" --batch "$@"
}

# signs_not STATUS TEXT AT KSR OPTION...: and the token makes no signature.
signs_not() {
	local wanted=$1 text=$2 at=$3 ksr=$4 before
	shift 4
	before=$(grep -c '"event":"signed"' "$SCRATCH/ceremony/log.jsonl") || true
	refuses "$wanted" "$text" --at "$at" sign "$ksr" "$OUTPUT/skr.xml" \
		--batch "$@"
	nothing_written
	equal "signatures" "$before" \
		"$(grep -c '"event":"signed"' "$SCRATCH/ceremony/log.jsonl")"
}

replays() {
	accepts replay "$SCRATCH/ceremony"
}

# asked FILTER: of the last signing on record.
asked() {
	jq -rs "[.[] | select(.event == \"asked\")][-1] | $1" \
		"$SCRATCH/ceremony/log.jsonl"
}

### two quarters, and what is no continuation

ask "$AT1" "$WS/q1.xml" "$ZSKS"
signs "$AT1" "$WS/q1.xml" "$WS/s1.xml" --first
refuses 2 "already exists" --at "$AT1" sign "$WS/q1.xml" "$WS/s1.xml" --first \
	--batch
ask "$AT2" "$WS/q2.xml" "$ZSKS" --previous-skr "$WS/s1.xml"
cp -R "$ZSKS" "$SCRATCH/other"
forget_next "$WS/q2.xml" "$SCRATCH/other"
ask "$AT2" "$WS/f2.xml" "$SCRATCH/other" --previous-skr "$WS/s1.xml"
! cmp -s "$WS/q2.xml" "$WS/f2.xml" || fail "the fallback has the same ZSKs"
signs_not 1 KSR-CHAIN-PREVIOUS "$AT2" "$WS/q2.xml" --first
says "required: the newest quarter's response: $(sha256_of "$WS/s1.xml")"
signs "$AT2" "$WS/q2.xml" "$WS/s2.xml" --previous-skr "$WS/s1.xml"
signs_not 1 KSR-ONCE "$AT2" "$WS/f2.xml" --previous-skr "$WS/s1.xml"
signs_not 1 KSR-ONCE "$AT2" "$WS/f2.xml" --previous-skr "$WS/s1.xml" \
	--alternative other
for id in KSR-ONCE KSR-CHAIN-PREVIOUS; do
	signs_not 2 "$id may not be overridden" "$AT2" "$WS/f2.xml" \
		--previous-skr "$WS/s1.xml" --override "$id" --reason x
done

### a fallback request: other ZSKs, the same slots

signs_not 2 "--fallback: a name is" "$AT2" "$WS/f2.xml" --previous-skr \
	"$WS/s1.xml" --fallback "A b"
accepts --at "$AT2" check "$WS/f2.xml" --previous-skr "$WS/s1.xml" \
	--fallback fallback-1
signs "$AT2" "$WS/f2.xml" "$WS/sf2.xml" --previous-skr "$WS/s1.xml" \
	--fallback fallback-1
says 'Declared: the fallback request "fallback-1"'
equal "asked" fallback-1 "$(asked .fallback)"
accepts report "$SCRATCH/ceremony" -o "$SCRATCH/report.html"
grep -q 'Declared: fallback request &quot;fallback-1&quot;' \
	"$SCRATCH/report.html" || fail "the report does not say so"
replays

### a back-out in slot 4; the chain follows what is active last

accepts --at "$AT2" register activate "$WS/s2.xml"
refuses 1 "--from-slot N" --at "$AT2" register activate "$WS/sf2.xml"
accepts --at "$AT2" register activate "$WS/sf2.xml" --from-slot 4
# A register without it lacks no response; the record knows it all the same,
# from the run that appended it or from one that only read it.
cp "$WS/register.jsonl" "$SCRATCH/activated.jsonl"
for reader in "" list; do
	[ -z "$reader" ] || accepts --ceremony "$SCRATCH/ceremony" register list
	head -n -1 "$SCRATCH/activated.jsonl" >"$WS/register.jsonl"
	refuses 1 "it was cut short or exchanged" --at "$AT2" register \
		activate "$WS/sf2.xml" --from-slot 4
	cp "$SCRATCH/activated.jsonl" "$WS/register.jsonl"
done
AT3=2027-05-15T12:00:00Z
ask "$AT3" "$WS/q3.xml" "$ZSKS" --previous-skr "$WS/s2.xml"
ask "$AT3" "$WS/q3f.xml" "$SCRATCH/other" --previous-skr "$WS/sf2.xml"
signs_not 1 KSR-CHAIN-PREVIOUS "$AT3" "$WS/q3.xml" --previous-skr "$WS/s2.xml"
says "required: the active response: $(sha256_of "$WS/sf2.xml")"
signs "$AT3" "$WS/q3f.xml" "$WS/s3.xml" --previous-skr "$WS/sf2.xml"
replays

### a lost response is had back, and nothing is signed

mv "$WS/s3.xml" "$SCRATCH/lost"
signed=$(grep -c '"event":"signed"' "$SCRATCH/ceremony/log.jsonl")
refuses 1 "no response with this SHA-256" register recover \
	"$(sha256_of "$WS/q3.xml")" "$WS/s3.xml"
cp -R "$SCRATCH/ceremony" "$SCRATCH/changed"
STORED=$SCRATCH/changed/outputs/$(sha256_of "$SCRATCH/lost")
sed -i 's|<TTL>172800|<TTL>172801|' "$STORED"
refuses 2 "was changed: its SHA-256 is $(sha256_of "$STORED")" --at "$AT3" \
	--ceremony "$SCRATCH/changed" register recover \
	"$(sha256_of "$SCRATCH/lost")" "$WS/s3.xml"
absent "$WS/s3.xml"
cp "$SCRATCH/lost" "$STORED"
accepts replay "$SCRATCH/changed"
accepts --at "$AT3" register recover "$(sha256_of "$SCRATCH/lost")" "$WS/s3.xml"
cmp "$SCRATCH/lost" "$WS/s3.xml" || fail "it is another response"
equal "signatures" "$signed" \
	"$(grep -c '"event":"signed"' "$SCRATCH/ceremony/log.jsonl")"
refuses 2 "$WS/s3.xml" --at "$AT3" register recover \
	"$(sha256_of "$SCRATCH/lost")" "$WS/s3.xml"
replays

### a ZSK that was compromised before its quarter: another request in its place

forget_next "$WS/q3f.xml" "$SCRATCH/other"
ask "$AT3" "$WS/r3.xml" "$SCRATCH/other" --previous-skr "$WS/sf2.xml"
HASH=$(sha256_of "$WS/s3.xml")
signs_not 1 KSR-ONCE "$AT3" "$WS/r3.xml" --previous-skr "$WS/sf2.xml"
signs_not 2 "has no --reason" "$AT3" "$WS/r3.xml" --previous-skr \
	"$WS/sf2.xml" --replaces "$HASH"
signs_not 1 KSR-ONCE "$AT3" "$WS/r3.xml" --previous-skr "$WS/sf2.xml" \
	--replaces "$(sha256_of "$WS/s1.xml")" --reason "the wrong one"
signs "$AT3" "$WS/r3.xml" "$WS/sr3.xml" --previous-skr "$WS/sf2.xml" \
	--replaces "$HASH" --reason "the next ZSK was compromised"
says "because: the next ZSK was compromised"
equal "asked" "$HASH" "$(asked .replaces.response_sha256)"
accepts report "$SCRATCH/ceremony" -o "$SCRATCH/report2.html"
grep -q "Declared: replacement of response $HASH" "$SCRATCH/report2.html" ||
	fail "the report does not say so"
AT4=2027-08-15T12:00:00Z
ask "$AT4" "$WS/q4.xml" "$SCRATCH/other" --previous-skr "$WS/sr3.xml"
refuses 1 KSR-CHAIN-PREVIOUS --at "$AT4" check "$WS/q4.xml" --previous-skr \
	"$WS/s3.xml"
signs "$AT4" "$WS/q4.xml" "$WS/s4.xml" --previous-skr "$WS/sr3.xml"
replays

### the register cut short, gone, or left behind

REGISTER=$WS/register.jsonl
cp "$REGISTER" "$SCRATCH/whole.jsonl"
HEAD=$(tail -n 1 "$REGISTER" | sha256_of /dev/stdin)
AT5=2027-11-15T12:00:00Z
ask "$AT5" "$WS/q5.xml" "$SCRATCH/other" --previous-skr "$WS/s4.xml"
for lines in 0 2 "$(($(wc -l <"$REGISTER") - 1))"; do
	head -n "$lines" "$SCRATCH/whole.jsonl" >"$REGISTER"
	signs_not 1 "\`register adopt\` takes up what is missing" "$AT5" \
		"$WS/q5.xml" --previous-skr "$WS/s4.xml"
	refuses 1 "takes up what is missing" --ceremony "$SCRATCH/ceremony" \
		register list
done
# Where no record tells of it the paper does, and a previous response.
head -n 2 "$SCRATCH/whole.jsonl" >"$REGISTER"
mv "$SCRATCH/ceremony" "$SCRATCH/before"
mkdir "$SCRATCH/ceremony"
touch "$SCRATCH/ceremony/log.jsonl"
refuses 1 "no line with the head that was written down" --at "$AT2" sign \
	"$WS/q2.xml" "$OUTPUT/skr.xml" --batch --previous-skr "$WS/s1.xml" \
	--register-head "$HEAD"
: >"$REGISTER"
refuses 1 KSR-CHAIN-PREVIOUS --at "$AT2" sign "$WS/q2.xml" "$OUTPUT/skr.xml" \
	--batch --previous-skr "$WS/s1.xml"
says "\`register adopt\` takes up what it lacks"
nothing_written
replays
rm -r "$SCRATCH/ceremony"
mv "$SCRATCH/before" "$SCRATCH/ceremony"

### two sites in turn: one's register extends the other's

head -n 2 "$SCRATCH/whole.jsonl" >"$REGISTER"
sed '2s/published/activated/' "$SCRATCH/whole.jsonl" >"$SCRATCH/broken.jsonl"
refuses 1 "$SCRATCH/broken.jsonl:" register adopt "$SCRATCH/broken.jsonl"
head -n 1 "$SCRATCH/whole.jsonl" >"$SCRATCH/short.jsonl"
refuses 1 "does not extend this configuration's register" register adopt \
	"$SCRATCH/short.jsonl"
head -n 4 "$SCRATCH/whole.jsonl" >"$SCRATCH/short.jsonl"
refuses 1 "lacks a response that this record published" register adopt \
	"$SCRATCH/short.jsonl"
accepts --at "$AT5" register adopt "$SCRATCH/whole.jsonl"
cmp "$REGISTER" "$SCRATCH/whole.jsonl" || fail "not the other site's register"
accepts --at "$AT5" register adopt "$SCRATCH/whole.jsonl"
says "0 lines taken up"
signs "$AT5" "$WS/q5.xml" "$WS/s5.xml" --previous-skr "$WS/s4.xml" \
	--register-head "$HEAD"
replays
# The other site goes on from there, with a record of its own.
mkdir "$SCRATCH/site"
cp "$WS/anchorite.yaml" "$SCRATCH/whole.jsonl" "$SCRATCH/site/"
SITE=(--config "$SCRATCH/site/anchorite.yaml" --ceremony "$SCRATCH/site/record")
refuses 1 KSR-CHAIN-PREVIOUS "${SITE[@]}" --at "$AT5" sign "$WS/q5.xml" \
	"$OUTPUT/skr.xml" --batch --previous-skr "$WS/s4.xml"
accepts "${SITE[@]}" --at "$AT5" register adopt "$REGISTER"
accepts replay "$SCRATCH/site/record"

### an archive of pairs

mkdir "$SCRATCH/archive" "$SCRATCH/new"
cp "$WS"/{q1,s1,q2,s2,f2,sf2,q3f,s3,q4}.xml "$SCRATCH/archive/"
cp "$WS/anchorite.yaml" "$SCRATCH/new/"
NEW=(--config "$SCRATCH/new/anchorite.yaml" --ceremony "$SCRATCH/new/record")
refuses 1 "no response to this request is in the archive" "${NEW[@]}" \
	--at "$AT5" register adopt "$SCRATCH/archive"
cp "$WS/r3.xml" "$WS/sr3.xml" "$WS/s4.xml" "$SCRATCH/archive/"
rm "$SCRATCH/archive"/{q2,s2,f2,sf2}.xml
refuses 1 KSR-CHAIN-KEYS "${NEW[@]}" --at "$AT5" register adopt \
	"$SCRATCH/archive"
cp "$WS"/{q2,s2,f2,sf2}.xml "$SCRATCH/archive/"
sed 's|<TTL>172800|<TTL>172801|' "$WS/s4.xml" >"$SCRATCH/archive/s4.xml"
refuses 1 SKR-PAIR "${NEW[@]}" --at "$AT5" register adopt "$SCRATCH/archive"
cp "$WS/s4.xml" "$SCRATCH/archive/"
accepts "${NEW[@]}" --at "$AT5" register adopt "$SCRATCH/archive"
says "6 lines taken up"
accepts "${NEW[@]}" register list
says "2027-q4  taken up: published"
accepts "${NEW[@]}" --at "$AT5" sign "$WS/q5.xml" "$OUTPUT/q5.xml" --batch \
	--previous-skr "$WS/s4.xml"
cmp "$OUTPUT/q5.xml" "$WS/s5.xml" || fail "another response"
accepts replay "$SCRATCH/new/record"

### a line of the register that no run of the record read or appended

accepts --config "$SCRATCH/new/anchorite.yaml" --ceremony "$SCRATCH/new/other" \
	--at "$AT5" register activate "$OUTPUT/q5.xml"
cp -R "$SCRATCH/new/record" "$SCRATCH/new/told"
accepts "${NEW[@]}" register list
refuses 1 "1 lines that no run of this record read or appended" \
	replay "$SCRATCH/new/record"
# Whoever gave the head knew of it.
refuses 1 KSR-ID --config "$SCRATCH/new/anchorite.yaml" \
	--ceremony "$SCRATCH/new/told" --at "$AT5" sign "$WS/q5.xml" \
	"$OUTPUT/again.xml" --batch --previous-skr "$WS/s4.xml" \
	--register-head "$(tail -n 1 "$SCRATCH/new/register.jsonl" | sha256_of /dev/stdin)"
accepts replay "$SCRATCH/new/told"
says "1 lines more than the record's runs appended"
finish
