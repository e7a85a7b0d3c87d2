#!/bin/bash
# Hostile captures and logs: each that is wrong in one way ends in the count that
# says so, and thousands that are spoilt at random end.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs python3

READINESS=$(dirname -- "$(realpath "$ANCHORITE")")/anchorite-readiness
needs "$READINESS"
TIMES=$(($(one_of 30) == 1 ? 10000 : 300))

python3 tests/support/signals.py hostile "$SCRATCH"
# counted SUMMARY: what was skipped, by name.
counted() {
	sed -nE 's/^count ([a-z-]+) .*/\1/p' "$1" |
		grep -vxE 'files|read|queries|signals-.*|(ud|tc)p[46]|transport-.*' |
		xargs
}
while read -r file wanted; do
	"$READINESS" read "$SCRATCH/$file.signals" "$SCRATCH/$file" \
		>"$SCRATCH/out" 2>"$SCRATCH/err" ||
		fail "$file: status $?"
	[ ! -s "$SCRATCH/err" ] || fail "$file: something on standard error"
	equal "what $file is counted as" "$wanted" \
		"$(counted "$SCRATCH/$file.signals")"
	equal "files read" 1 \
		"$(sed -n 's/^count files //p' "$SCRATCH/$file.signals")"
done <"$SCRATCH/wanted"
[ "$CASES" -ge 100 ] || fail "only $CASES assertions"

# What came before the spoilt place counts.
equal "rows before the end of a cut capture" "end 4" \
	"$(tail -n 1 "$SCRATCH/cut.dnstap.signals")"
equal "sets that are kept of a day" "end 4" \
	"$(tail -n 1 "$SCRATCH/sets.log.signals")"

# Under a limit of memory, with the sanitizers where this build has them.
"$TEST_BIN/mutated_captures" "$TIMES" \
	"$SCRATCH"/{s,raw,vlan}.pcap "$SCRATCH"/s.{pcapng,dnstap,log,log.gz} \
	"$SCRATCH"/{loop-opt,option-many,ip6-beyond,tcp-gap}.pcap \
	>"$SCRATCH/out" 2>"$SCRATCH/err" || fail "a spoilt file is no mere count"
equal "files read" $((11 * TIMES)) \
	"$(sed -n 's/^files //p' "$SCRATCH/out")"
# Some of each were met, and signals among them.
for count in signals-name signals-edns gzip capture line time frame link cut ip \
	tcp-gap message name type option; do
	[ "$(sed -n "s/^$count //p" "$SCRATCH/out")" -gt 0 ] ||
		fail "no $count among spoilt files"
	CASES=$((CASES + 1))
done
sed 's/^/  /' "$SCRATCH/out"
finish
