#!/bin/bash
# Published logs against responses.  The logs in tests/data/ksrsigner-logs are
# made up, in the form of either generation, from the published tables; where
# documents are made up, too, the logs here have their hashes.
. tests/support/lib.sh

LOGS=tests/data/ksrsigner-logs
OLDER=$LOGS/older-2017-q2.log
NEWER=$LOGS/newer-2018-q1.log
skr_2017_q1=$(corpus root/skr-root-2017-q1-0.xml)
skr_2017_q2=$(corpus root/skr-root-2017-q2-0.xml)
ksr_2017_q2=$(corpus root/ksr-root-2017-q2-0.xml)
skr_2018_q1=$(corpus root/skr-root-2018-q1-0-d_to_e.xml)
needs jq

# digest_of FILE: sets digest and words.
digest_of() {
	accepts hash "$1"
	digest=$(sha256sum <"$1" | cut -c1-64)
	words=$(sed -n '/SHA-256/,$p' "$SCRATCH/out" | tail -n +2 | xargs)
}

if [ -r "$CORPUS/pins" ]; then
	digest_of "$ksr_2017_q2"
	sed "28s/: [0-9A-F]*\$/: ${digest^^}/; 29s/>> .*/>> $words/" "$OLDER" \
		>"$SCRATCH/older.half"
	digest_of "$skr_2017_q2"
	sed "42s/: [0-9A-F]*\$/: ${digest^^}/; 43s/>> .*/>> $words/" \
		"$SCRATCH/older.half" >"$SCRATCH/older.log"
	OLDER=$SCRATCH/older.log
	digest_of "$(corpus root/ksr-root-2018-q1-0-d_to_e.xml)"
	sed "2s/SHA-256 .*/SHA-256 $digest WORDS $words/" "$NEWER" \
		>"$SCRATCH/newer.half"
	digest_of "$skr_2018_q1"
	sed "27s/SHA-256 .*/SHA-256 $digest WORDS $words/" \
		"$SCRATCH/newer.half" >"$SCRATCH/newer.log"
	NEWER=$SCRATCH/newer.log
fi

# What a log holds, with nothing to compare it with.
accepts log import-ksrsigner "$OLDER"
says 'older generation, 44 lines, 10 of them not understood'
says 'line 5: previous response'
says 'line 17: request'
says 'line 32: response'
says "$(sha256sum <"$ksr_2017_q2" | cut -c1-64), words match"
says '9  2017-06-20T00:00:00 2017-07-11T00:00:00  15768,14796   19036(Kjqmt7v)/S'
accepts log import-ksrsigner "$NEWER"
says 'newer generation, 27 lines, 5 of them not understood'
says 'line 2: Loaded KSR from file ksr-root-2018-q1-0-d_to_e.xml SHA-256'

# Either generation agrees with the response that it is about.
accepts log import-ksrsigner "$OLDER" --skr "$skr_2017_q2"
says 'its SHA-256 is in the log, line 42'
says 'the same: 9 slots, their times, ZSKs and KSKs'
accepts log import-ksrsigner "$NEWER" --skr "$skr_2018_q1"
says 'the same: 9 slots, their times, ZSKs and KSKs'

# The response of another quarter: the first difference in the message, all of
# them in the output.
refuses 1 "27 differences, first at line 33: slot 1: inception" \
	log import-ksrsigner "$OLDER" --skr "$skr_2017_q1"
says 'its SHA-256 is not in the log'
says 'line 41: slot 9: expiration 2017-07-11T00:00:00 in the log'

# changed SED TEXT: a log with this change differs, and says so.
changed() {
	sed "$1" "$NEWER" >"$SCRATCH/changed.log"
	! cmp -s "$NEWER" "$SCRATCH/changed.log" || fail "no change: $1"
	refuses 1 "$2" log import-ksrsigner "$SCRATCH/changed.log" \
		--skr "$skr_2018_q1"
	[ "$(grep -c '^  line [0-9]*: ' "$SCRATCH/out")" -eq 1 ] ||
		fail "more than one difference: $1"
}

changed '20s|19036(Kjqmt7v)/P,20326(Klajeyz)/S|19036(Kjqmt7v)/S,20326(Klajeyz)/P|' \
	'line 20: slot 3: KSKs 19036(Kjqmt7v)/S,20326(Klajeyz)/P in the log'
changed '20s/Klajeyz/Klajeyx/' 'line 20: slot 3: KSKs 19036(Kjqmt7v)/P,20326(Klajeyx)/S'
changed '26s/39570/39571/' 'line 26: slot 9: ZSKs 39571,41824 in the log'
changed '22s/2018-02-10T/2018-02-11T/' 'line 22: slot 5: inception 2018-02-11'
changed '22s/2018-03-03T/2018-03-04T/' 'line 22: slot 5: expiration 2018-03-04'
changed '22d' 'line 17: slot 5: is in the response only'
changed '22s/  41824 .*/  41824 what/' 'slot 5: is in the response only'
changed '26p' 'line 27: slot 9: has another row in the log'
changed '2s/WORDS [a-zA-Z]*/WORDS crackdown/' 'line 2: the words are not those'
changed '27s/ [a-zA-Z]*$//' 'line 27: the words are not those'
changed '27s/SHA-256 ..../SHA-256 0000/' 'line 27: the words are not those of the SHA-256'

# Words that do not match are a refusal without a response, too.
sed '29s/>> [a-zA-Z]*/>> beehive/' "$OLDER" >"$SCRATCH/words.log"
refuses 1 'line 28: the words are not those of the SHA-256' \
	log import-ksrsigner "$SCRATCH/words.log"

# Nothing to compare with is not the same as no difference.
sed '/New response/,$d' "$NEWER" >"$SCRATCH/half.log"
refuses 1 'holds no table of a new response' \
	log import-ksrsigner "$SCRATCH/half.log" --skr "$skr_2018_q1"
refuses 2 'neither a table nor a hash' log import-ksrsigner tests/support/lib.sh
refuses 2 'is a request (KSR), expected a response' log import-ksrsigner "$NEWER" --skr "$ksr_2017_q2"
refuses 2 'log: FILE is missing' log import-ksrsigner
refuses 2 '--skr has no meaning for log show' log show --skr "$skr_2018_q1"

# For machines; control characters stay in the file.
accepts log import-ksrsigner "$NEWER" --skr "$skr_2018_q1" --json
jq -e '.accepted and .response_in_log and .generation == "newer" and
	(.tables | map(.kind)) == ["request", "response"] and
	.tables[1].rows[0].ksks[1] ==
		{"key_tag": 20326, "label": "Klajeyz", "role": "P"} and
	(.hashes | map(.words)) == ["words match", "words match"] and
	.differences == []' "$SCRATCH/out" >/dev/null || fail "JSON"
run log import-ksrsigner "$OLDER" --skr "$skr_2017_q1" --json
jq -e '(.accepted | not) and (.differences | length) == 27' "$SCRATCH/out" \
	>/dev/null || fail "JSON of differences"
{
	cat "$NEWER"
	printf '\033[2J SHA-256 %064d\n' 0
	printf '\000\377\n'
} >"$SCRATCH/control.log"
accepts log import-ksrsigner "$SCRATCH/control.log"
! grep -q $'\033' "$SCRATCH/out" || fail "a control character got out"
says 'of them not understood'

# Every cut of a log, and every octet changed here and there, is read without
# harm: the sanitizers watch.
size=$(wc -c <"$OLDER")
# Behind the last row's times and tags nothing is missed.
enough=$(($(head -n 40 "$OLDER" | wc -c) + 29))
for ((at = 0; at < size; at += 97)); do
	head -c "$at" "$OLDER" >"$SCRATCH/cut.log"
	run log import-ksrsigner "$SCRATCH/cut.log" --skr "$skr_2017_q2"
	[ "$status" -eq 1 ] || [ "$status" -eq 2 ] || [ "$at" -gt "$enough" ] ||
		fail "status $status after $at octets"
	{
		head -c "$at" "$OLDER"
		printf '(%%/'
		tail -c +"$((at + 4))" "$OLDER"
	} >"$SCRATCH/bent.log"
	run log import-ksrsigner "$SCRATCH/bent.log" --skr "$skr_2017_q2"
	[ "$status" -le 2 ] || fail "status $status, bent at $at"
	CASES=$((CASES + 2))
done
finish
