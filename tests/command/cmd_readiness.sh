#!/bin/bash
# Trust-anchor signals of a year at three servers, in every kind of file: what
# anchorite-readiness makes of them is what was sent.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs python3 jq openssl readelf script strace xmllint

READINESS=$(dirname -- "$(realpath "$ANCHORITE")")/anchorite-readiness
needs "$READINESS"
DOCUMENT=$PWD/docs/readiness.md
SIGNALS=$PWD/tests/support/signals.py
KEYS=(--old 19036 --new 20326 --compiled-in "19036,1234")
cd "$SCRATCH"

# does ARGS...: it must do this, and complain of nothing.
does() {
	"$READINESS" "$@" >out 2>err || fail "status $?: $*"
	[ ! -s err ] || fail "something on standard error: $*"
	prints_data "$@" || keeps_width out
	CASES=$((CASES + 1))
}
# refuses TEXT ARGS...: it says why it cannot.
refuses() {
	local wanted=$1 status=0
	shift
	"$READINESS" "$@" >out 2>err </dev/null || status=$?
	equal "status of $*" 2 "$status"
	[[ $(<err) == *"$wanted"* ]] || fail "\"$wanted\" is not said: $*"
	equal "lines of it" 1 "$(wc -l <err)"
	[[ $(<err) == "anchorite-readiness: "* ]] || fail "nobody says it: $*"
}
# holds JSON FILTER: what the last command printed as JSON, in one line.
holds() {
	equal "JSON: $2" "$1" "$(jq -c "$2" out)"
}
# tells SUMMARY: the counts that it has are those of the JSON, and no others.
tells() {
	equal "counts of $1" "$(sed -n 's/^count //p' "$1" | tr - _ | sort)" \
		"$(jq -r '.counts + .skipped | to_entries[] | select(.value > 0) |
			"\(.key) \(.value)"' out | sort)"
}
rows() {
	sed -n '/^rows$/,$p' "$1"
}

# --- the same five queries in every kind of file are the same rows

mkdir samples
python3 "$SIGNALS" samples samples
does read first samples/s.pcap
equal "rows of a pcap" "rows
192.0.2.1 4a5c 2017-09-01
192.0.2.2 4f66 2017-09-01
192.0.2.3 4a5c-4f66 2017-09-01
2001:db8::1 4a5c-4f66 2017-09-01
2001:db8::2 4a5c 2017-09-01
end 5" "$(rows first)"
for file in samples/*; do
	does read "again-${file##*/}" "$file"
	equal "rows of $file" "$(rows first)" "$(rows "again-${file##*/}")"
done
does read stdin - <samples/s.pcapng
equal "rows of standard input" "$(rows first)" "$(rows stdin)"
does read piped - < <(gzip <samples/s.dnstap)
equal "rows of a pipe" "$(rows first)" "$(rows piped)"

# --- a year

python3 "$SIGNALS" year .
does read a.signals a.log a.log.gz
does read b.signals b.pcap b.pcapng.gz
does read c.signals c.dnstap
does merge all.signals [abc].signals
does show all.signals "${KEYS[@]}" --svg all.svg
mv out shown
python3 "$SIGNALS" check . shown >out 2>&1 || fail "the shares are others"
xmllint --noout all.svg || fail "the drawing is not well formed"
grep -q 'old only, [0-9]*\.[0-9] % at last' all.svg ||
	fail "the drawing lacks the old key's share"
# What was skipped, as the writer counted it.
for count in name type; do
	equal "skipped: $count" \
		"$(jq ".skipped.$count" truth.json)" \
		"$(sed -n "s/^count $count //p" all.signals)"
done

# The same for other programs.
does --json show all.signals "${KEYS[@]}" --svg again.svg
cmp -s all.svg again.svg || fail "another drawing with --json"
tells all.signals
holds '[".","address",0,19036,20326,[[1234,19036]]]' \
	'[.zone, .named_by, .level, .old, .new, .compiled_in]'
holds '[true,0]' \
	'[.sources.counted == .sources.estimate, .sources.error]'
holds '["2017-09-01","2018-08-31",365]' \
	'[.days[0].day, .days[-1].day, (.days | length)]'
while read -r name; do
	grep -qF "\`$name\`" "$DOCUMENT" ||
		fail "docs/readiness.md does not explain $name"
	CASES=$((CASES + 1))
done < <(jq -r 'keys[], (.classes, .classes.both, .days[0], .sources | keys[])' \
	out | sort -u)
# shellcheck disable=SC2016 # Markdown
equal "counts that are explained" "$(sed -n '/^## What is counted/,$p' \
	"$DOCUMENT" | sed -n 's/^| \(`.*`\) | .*/\1/p' | tr -s '`, ' '\n' |
	grep . | tr - _ | sort)" \
	"$(jq -r '.counts, .skipped | keys[]' out | sort)"
mv out shown.json
python3 "$SIGNALS" check . shown.json >out 2>&1 ||
	fail "the shares are others as JSON"
does read --json json.signals a.log a.log.gz
cmp -s a.signals json.signals || fail "another summary with --json"
tells a.signals
holds "$(sed -n 's/^end //p' a.signals)" .rows
does merge json.all [abc].signals --json
cmp -s all.signals json.all || fail "another merge with --json"
tells all.signals
holds "$(sed -n 's/^end //p' all.signals)" .rows

# Each signal is counted once, by what it came.
for server in a b c; do
	while read -r count sent; do
		equal "signals at $server by $count" "$sent" \
			"$(sed -n "s/^count $count //p" $server.signals)"
	done < <(jq -r ".sent.$server | to_entries[] | \"\(.key) \(.value)\"" \
		truth.json)
done

# In any order, and again, it is the same.
does merge other.signals c.signals a.signals b.signals
cmp all.signals other.signals || fail "the order of a merge matters"
does merge twice.signals all.signals a.signals
equal "rows of what is merged twice" "$(rows all.signals)" \
	"$(rows twice.signals)"

# --- more than there is room for: a sample, the same wherever it is taken

for limit in 30000 8000; do
	does read "a.$limit" a.log a.log.gz --limit $limit
	does read "b.$limit" b.pcap b.pcapng.gz --limit $limit
	does read "c.$limit" c.dnstap --limit $limit
	does merge "all.$limit" [abc].$limit --limit $limit
	does merge "of-all.$limit" all.signals --limit $limit
	equal "rows of a sample" "$(rows "of-all.$limit")" "$(rows "all.$limit")"
	[ "$(rows "all.$limit" | sed -n 's/^end //p')" -le "$limit" ] ||
		fail "more rows than $limit"
	does show "all.$limit" "${KEYS[@]}"
	mv out shown
	python3 "$SIGNALS" check . shown >out 2>&1 ||
		fail "the sample's shares are outside its error"
	grep -q '^one of 1:' out && fail "$limit rows are no sample"
	does show "all.$limit" "${KEYS[@]}" --json
	mv out shown.json
	python3 "$SIGNALS" check . shown.json >out 2>&1 ||
		fail "the sample's shares are outside its error, as JSON"
	equal "a sample's figures" "$(sed -n \
		's/^\([0-9]*\) sources, .* about \([0-9]*\) +- /\1 \2 /p' shown)" \
		"$(jq -r '.sources | "\(.counted) \(.estimate) \(.error)"' \
			shown.json)"
done

# --- without addresses

head -c 32 /dev/zero | tr '\0' k >key1
head -c 32 /dev/zero | tr '\0' l >key2
does read a.hashed a.log a.log.gz --hash-key key1
does read b.hashed b.pcap b.pcapng.gz --hash-key key1
does read c.hashed c.dnstap --hash-key key1
does merge all.hashed [abc].hashed
! grep -qE '^[0-9a-f:.]*[:.][0-9a-f:.]* ' all.hashed ||
	fail "an address stands in a hashed summary"
does show all.hashed "${KEYS[@]}"
mv out shown
python3 "$SIGNALS" check . shown >out 2>&1 || fail "hashed, shares are others"
# 192.0.2.2, the one that has the new key alone.
does read hashed samples/s.pcap --hash-key key1
equal "a hash is HMAC-SHA256, its first half" \
	"$(printf '\300\0\002\002' | openssl dgst -sha256 -mac HMAC \
		-macopt "hexkey:$(printf '6b%.0s' {1..32})" |
		sed 's/.* //; s/^\(.\{32\}\).*/\1/')" \
	"$(sed -n 's/ 4f66 2017-09-01$//p' hashed)"
does read other.hashed samples/s.pcap --hash-key key2
refuses "the same source would be two" merge new hashed other.hashed
refuses "the same source would be two" merge new hashed first
[ ! -e new ] || fail "a refused merge leaves a file"
does read prefixed samples/s.pcap --prefix 24,32
equal "prefixes" "192.0.2.0
2001:db8::" "$(rows prefixed | sed -n 's/ .* .*//p' | sort -u)"

# --- it confines itself before it reads

# Sanitizers look for leaks where nothing may be looked at any more.
if ! readelf -d "$READINESS" | grep -F libasan >/dev/null; then
	strace -o trace -e trace=openat,landlock_create_ruleset,landlock_restrict_self \
		"$READINESS" read traced samples/s.pcap >out 2>&1 ||
		fail "traced, it fails"
	grep -qF landlock_create_ruleset trace || fail "it does not ask for it"
	wanted=confined
	grep -q '^landlock_create_ruleset(.*= [0-9]' trace || wanted=free
	equal "when it reads" "$wanted" "$(awk '
		/^landlock_restrict_self.* = 0$/ { confined = 1 }
		/samples\/s[.]pcap/ && !/O_PATH/ {
			print confined ? "confined" : "free" }' trace)"
fi

# --- days, zones, and what is refused

does show first "${KEYS[@]}"
grep -qx '2017-09-01 to 2017-09-01, 1 day with signals' out || fail "the days"
does show first --old 19036 --new 20326
transcript "$DOCUMENT" 'anchorite-readiness show one-day'
does show first "${KEYS[@]}" --from 2017-09-02 --json
holds '[0,[]]' '[.sources.counted, .days]'
does read escaped samples/s.pcap --zone 'A\.b\"c\092.'
does --json show escaped "${KEYS[@]}"
equal "a zone with escapes" "$(sed -n 's/^zone //p' escaped)" \
	"$(jq -r .zone out)"
does read never samples/s.pcap --from 2017-09-02
equal "outside of the days" 5 "$(sed -n 's/^count day //p' never)"
does read other-zone samples/s.pcap --zone example.
equal "of another zone" "end 0" "$(rows other-zone | tail -n 1)"
refuses "it is of zone example." merge new first other-zone
refuses "first" read first samples/s.pcap
refuses "no-such-file" read new no-such-file
printf 'short' >short
refuses "a secret has 16 or more" read new samples/s.pcap --hash-key short
refuses "contradict" read new samples/s.pcap --hash-key key1 --prefix 24,48
refuses "--prefix 33,1" read new samples/s.pcap --prefix 33,1
refuses "--limit 3" read new samples/s.pcap --limit 3
refuses "--from 2017-02-30" read new samples/s.pcap --from 2017-02-30
refuses "--zone" read new samples/s.pcap --zone a..b
refuses "--from 2017-09-02 is a later day than --until 2017-09-01" read new \
	samples/s.pcap --from 2017-09-02 --until 2017-09-01
refuses "is a later day" show first "${KEYS[@]}" --from 2017-09-02 \
	--until 2017-09-01
refuses "samples: is a folder" read new samples
refuses "is a folder" read new samples/s.pcap samples
refuses "--old is missing" show first --new 20326
refuses "the same key tag" show first --new 20326 --old 20326
refuses "--compiled-in x" show first --new 20326 --old 1 --compiled-in x
refuses "is it show" shwo first
refuses "usage: anchorite-readiness merge" merge new
head -n -1 first >cut-off
refuses "line 20: the summary breaks off" merge new cut-off
for n in 4 6; do
	sed "s/^end 5/end $n/" first >miscounted
	refuses "the number of rows" merge new miscounted
done
sed 's/ 4a5c 2017-09-01$/ 4a5c 2017-09-31/' first >days
refuses "a source, tags and days" merge new days
refuses "anchorite-readiness 1" merge new samples/s.log
[ ! -e new ] || fail "what was refused has left a file"

# --- the screen

# on_terminal ARGS...: as on a terminal of 80x24.
on_terminal() {
	local command
	printf -v command '%q ' "$READINESS" "$@"
	TERM=xterm script -qec "stty cols 80 rows 24; $command" /dev/null \
		</dev/null >terminal || fail "on a terminal: $*"
	tr -d '\r' <terminal >out
	equal "columns of $*" "" "$(awk 'length($0) > 80' out)"
	! grep -q $'\x1b' out || fail "what is no text: $*"
}
for words in help 'help read' 'help merge' 'help show' version; do
	# shellcheck disable=SC2086 # words
	on_terminal $words
done
does show all.8000 "${KEYS[@]}"
mv out wanted
on_terminal show all.8000 "${KEYS[@]}"
cmp -s out wanted || fail "a terminal has another table"
LC_ALL=C.UTF-8 refuses $'n\u00e4: No such file' read new $'n\u00e4'
refuses 'n\xc3\xa4\x1b: No such file' read new $'n\xc3\xa4\x1b'

# What nobody sees is no success, and a drawing stays what it is.
status=0
"$READINESS" show all.signals "${KEYS[@]}" --svg closed.svg >&- 2>err ||
	status=$?
equal "status with a closed standard output" 2 "$status"
cmp -s all.svg closed.svg || fail "a table stands in the drawing"
status=0
"$READINESS" --json show first "${KEYS[@]}" >/dev/full 2>err || status=$?
equal "status with a full standard output" 2 "$status"
grep -q 'standard output: No space left on device' err || fail "nobody says why"
finish
