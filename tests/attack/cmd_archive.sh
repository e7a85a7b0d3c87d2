#!/bin/bash
# An operator who comes from another tool with sixteen years of requests and
# responses: all are taken up, in one command, and the chain goes on.  So it
# does after a loss of power at any of its writes.
# shellcheck source=tests/support/lib.sh disable=SC2016
. tests/support/lib.sh
needs jq strace

QUARTERS=64
init_workspace old --zone example. --algorithm ECDSAP256SHA256 \
	--at 2026-11-15T12:00:00Z
OLD=$SCRATCH/old
ARCHIVE=$SCRATCH/archive
mkdir "$ARCHIVE" "$SCRATCH/zsks"
previous=(--first)
chain=()
for ((n = 0; n <= QUARTERS; n++)); do
	month=$((3 * (n % 4) + 1)) year=$((2027 + n / 4))
	start=$(printf '%d-%02d-01' "$year" "$month")
	at=$(date -u -d "$start - 45 days" +%Y-%m-%dT12:00:00Z)
	name=$(printf '%s/%02d' "$ARCHIVE" "$n")
	accepts --at "$at" request "$name-ksr.xml" --quarter \
		"$year-q$((n % 4 + 1))" --algorithm ECDSAP256SHA256 \
		--zsk-dir "$SCRATCH/zsks" "${chain[@]}"
	chain=(--previous-skr "$name-skr.xml")
	[ "$n" -lt "$QUARTERS" ] || break
	accepts --at "$at" sign "$name-ksr.xml" "$name-skr.xml" --batch \
		"${previous[@]}"
	previous=("${chain[@]}")
	rm -rf "$SCRATCH/ceremony"
done
# The other tool kept neither a register nor a record.
rm -rf "$SCRATCH/ceremony" "$OLD/register.jsonl"
mv "$name-ksr.xml" "$SCRATCH/next.xml"

# The archive is taken up, all of it, in order.
before=$(date +%s%N)
accepts --at "$at" register adopt "$ARCHIVE"
printf '%d pairs taken up in %d ms\n' "$QUARTERS" \
	$((($(date +%s%N) - before) / 1000000))
says "$QUARTERS lines taken up"
cp "$OLD/register.jsonl" "$SCRATCH/whole.jsonl"
accepts --json register list
equal "published" "$QUARTERS" "$(jq '[.entries[] |
	select(.state == "published")] | length' "$SCRATCH/out")"
equal "from" 2027-q1 "$(jq -r '.entries[0].quarter' "$SCRATCH/out")"
equal "to" 2042-q4 "$(jq -r '.entries[-1].quarter' "$SCRATCH/out")"
accepts --at "$at" register adopt "$ARCHIVE"
says "0 lines taken up"
cmp "$OLD/register.jsonl" "$SCRATCH/whole.jsonl" || fail "it was taken up twice"

# The zone's next quarter: neither its first nor after an older one.
refuses 1 KSR-CHAIN-PREVIOUS --at "$at" sign "$SCRATCH/next.xml" \
	"$OUTPUT/skr.xml" --batch --first
refuses 1 KSR-CHAIN-PREVIOUS --at "$at" sign "$SCRATCH/next.xml" \
	"$OUTPUT/skr.xml" --batch --previous-skr "$ARCHIVE/62-skr.xml"
nothing_written
accepts --at "$at" sign "$SCRATCH/next.xml" "$OUTPUT/skr.xml" --batch \
	--previous-skr "$ARCHIVE/63-skr.xml"
refuses 1 "KSR-ID, KSR-BUNDLE-UNIQUE" --at "$at" sign "$ARCHIVE/30-ksr.xml" "$SCRATCH/30.xml" \
	--batch --previous-skr "$ARCHIVE/29-skr.xml"
accepts replay "$SCRATCH/ceremony"

# What the power cut short the same command ends.
for step in 1 20 64; do
	rm -rf "$SCRATCH/ceremony" "$OLD/register.jsonl"
	strace -f -qq -o /dev/null -P "$OLD/register.jsonl" -e trace=write \
		-e "inject=write:signal=KILL:when=$step" "$ANCHORITE" \
		--ceremony "$SCRATCH/ceremony" --at "$at" register adopt \
		"$ARCHIVE" >"$SCRATCH/out" 2>"$SCRATCH/err" &&
		fail "step $step: was not interrupted"
	accepts --at "$at" register adopt "$ARCHIVE"
	accepts --json register list
	equal "step $step" "$QUARTERS" "$(jq '.entries | length' "$SCRATCH/out")"
	accepts replay "$SCRATCH/ceremony"
done
finish
