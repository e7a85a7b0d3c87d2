#!/bin/bash
# The ceremony record as a person, a thief and a power cut meet it.
#
# The kills run the program as shipped: $SHIPPED, or build/anchorite.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq strace expect flock

# Here the record is the subject: commands name it, and its head stays.
RECORDING=
set_head_apart() {
	:
}

ANCHORITE=$(realpath "$ANCHORITE")
: "${SHIPPED:=$PWD/build/anchorite}"
DOC=$PWD/docs/audit-log.md
[ -x "$SHIPPED" ] || ceremony-scripts/build >/dev/null
cd "$SCRATCH"
workspace

# The register lets a request be signed once; here each signing is the first.
anew() {
	rm -f "$WS/register.jsonl" register.jsonl
}
anew

# recorded DIR ARGS...: a run at $AT into the record DIR.
recorded() {
	local dir=$1
	shift
	run --config "$CONFIG" --ceremony "$dir" --at "$AT" "$@"
}

# events DIR [EVENT]: how many such lines there are.
events() {
	jq -c --arg event "${2-}" \
		'select($event == "" or .event == $event)' "$1/log.jsonl" |
		wc -l
}

head_of() {
	tail -n 1 "$1/log.jsonl" | sha256sum | cut -c1-64
}

# --- The head, on the screen and on paper.

recorded first sign "$WS/ksr.xml" first.xml --first --batch
says "Head of the ceremony record first"
says "$(head_of first)"
words=$(sed -n '/^| Head of the ceremony record/,$p' "$SCRATCH/out" |
	sed -n '3,$s/^|//p')
accepts log verify first
says "runs 1, interrupted 0"
says "lines are missing at the end"
accepts log verify first --head "$(head_of first)"
says "This is the witnessed head"
accepts log verify first --words "$words"
accepts --json log verify first
equal "json head" "$(head_of first)" "$(jq -r .head "$SCRATCH/out")"
refuses 2 "no such subcommand" log rewrite first
refuses 2 "has no meaning for log show" log show first --head "$(head_of first)"
refuses 2 "has no meaning for log verify" log verify first --format text
refuses 2 "expected 32 words, not 2" log verify first --words "aardvark adviser"
cp -r first cut
sed -i '$d' cut/log.jsonl
accepts log verify cut
refuses 1 "lines were changed or removed" log verify cut \
	--head "$(head_of first)"
sed -i '3s/0/1/' cut/log.jsonl
refuses 1 "cut/log.jsonl:" log verify cut
recorded cut check "$WS/ksr.xml"
equal "a broken chain: status" 1 "$status"

# --- The chain without our program.

sed -n '/^    # bash SCRIPT DIR$/,/^$/s/^    //p' "$DOC" >verify.sh
[ "$(grep -c '^[^#]' verify.sh)" -le 4 ] || fail "the script has grown"
equal "the script" "head $(head_of first)" "$(bash verify.sh first)"
for line in 1 2 9; do
	cp first/log.jsonl cut/log.jsonl
	sed -i "${line}s/\"time\":\"2/\"time\":\"3/" cut/log.jsonl
	[[ $(bash verify.sh cut) == "broken at: "* ]] ||
		fail "the script did not find a change in line $line"
	CASES=$((CASES + 1))
done

# --- As people read it.

accepts log show first
LC_ALL=C awk 'length > 80 { bad = 1 } END { exit bad }' "$SCRATCH/out" ||
	fail "a line is longer than 80 columns"
! LC_ALL=C grep -q '[^ -~]' "$SCRATCH/out" || fail "not plain text"
says "Run 1: sign at "
says "decides as of  2026-11-15T12:00:00+00:00 (rehearsal: given by --at)"
says "checks request: accepted"
says "1  2027-01-01T00:00:00 2027-01-22T00:00:00"
says "9 signatures made and verified"
says "ended with status 0"
cp "$SCRATCH/out" plain
accepts log show first --format text
cmp -s plain "$SCRATCH/out" || fail "--format text differs from a pipe's"
on_terminal() {
	TERM=xterm expect -c "log_user 1; set timeout 30
		spawn -noecho $ANCHORITE $*; expect eof" </dev/null
}
grep -q $'\033\[32m' <<<"$(on_terminal log show first)" ||
	fail "no colour on a terminal"
! grep -q $'\033' <<<"$(on_terminal log show first --format text)" ||
	fail "colour in a text for paper"
anew
recorded waived sign "$WS/ksr.xml" waived.xml --first --batch \
	--override KSR-POLICY-KEYS --reason "none needed"
accepts log show waived
says "overriding KSR-POLICY-KEYS because: none needed"

# --- PINs.

pin=$(cat "$WS/pin")
sed "s|^    pin_file: .*|    pin: \"$pin\"|" "$CONFIG" >pin.yaml
anew
accepts --config pin.yaml --ceremony pins --at "$AT" sign "$WS/ksr.xml" \
	pins.xml --first --batch
sed '/^    pin_file: /d' "$CONFIG" >asked.yaml
anew
expect -c "log_user 0; set timeout 30
	spawn -noecho $ANCHORITE --config asked.yaml --ceremony typed --at $AT \
		sign $WS/ksr.xml typed.xml --first --batch
	expect -re {PIN}; send $pin\r; expect eof; exit [lindex [wait] 3]" ||
	fail "a typed PIN was not accepted"
! grep -rqF -- "$pin" pins typed || fail "a PIN is on record"
grep -rqF "pin: masked" pins/inputs || fail "the configuration is not masked"
accepts replay pins
accepts replay typed

# --- Names that would forge a line.

forged=$'x\n{"seq":2,"event":"end"}\r\033[2J\177.txt'
echo x >"$forged"
before=$(wc -l <first/log.jsonl)
run --ceremony first hash "$forged"
equal "a hostile name: status" 0 "$status"
equal "a hostile name: lines" $((before + 3)) "$(wc -l <first/log.jsonl)"
accepts log verify first
accepts replay first
accepts log show first
! LC_ALL=C grep -q '[^ -~]' "$SCRATCH/out" || fail "a name reached the screen"

# --- One run at a time.

before=$(sha256sum <first/log.jsonl)
flock first/log.jsonl "$ANCHORITE" --ceremony first hash first.xml \
	>"$SCRATCH/out" 2>"$SCRATCH/err" && fail "ran beside another run"
grep -q "another run is writing it" "$SCRATCH/err" || fail "says otherwise"
equal "a refused run" "$before" "$(sha256sum <first/log.jsonl)"
for i in $(seq 12); do
	("$ANCHORITE" --ceremony many hash first.xml "$WS/ksr.xml" \
		>/dev/null 2>"many.$i" && echo ended >"many.$i") &
done
wait
equal "runs side by side" "$(cat many.* | grep -c '^ended$')" \
	"$(events many end)"
[ "$(cat many.* | grep -cv -e '^ended$' -e 'another run')" -eq 0 ] ||
	fail "a run failed otherwise"
accepts replay many

# --- No room, no permission: the token is not opened.

if mkdir small && mount -t tmpfs -o size=64k tmpfs small 2>/dev/null; then
	trap 'own_shell && { umount -l "$SCRATCH/small"; rm -rf "$SCRATCH"; }' EXIT
	for room in 0 1 2 3 4 5 6 7 8 9 10; do
		rm -rf small/*
		mkdir -p small/ceremony/inputs small/ceremony/outputs
		: >small/ceremony/log.jsonl
		dd if=/dev/zero of=small/fill bs=4k count=$((16 - room)) \
			status=none 2>/dev/null || true
		anew
		run --config "$OFFLINE" --ceremony small/ceremony --at "$AT" \
			sign "$WS/ksr.xml" small.xml --first --batch
		[ "$status" -ne 0 ] || fail "signed without room ($room)"
		# Either the record had room for the intent to open the module,
		# which this configuration has not, or nothing was opened.
		if [ "$(events small/ceremony hsm)" -eq 0 ]; then
			grep -q "No space left" "$SCRATCH/err" ||
				fail "room $room: another failure"
			stopped=$room
		fi
		absent small.xml
		accepts log verify small/ceremony
	done
	[ "${stopped-0}" -ge 3 ] || fail "the disk was never full"
	rm -rf small/*
	recorded small/ceremony hash first.xml >/dev/null || true
	mount -o remount,ro small
	before=$(sha256sum <small/ceremony/log.jsonl 2>/dev/null || true)
	refuses 2 "Read-only file system" --config "$OFFLINE" --ceremony \
		small/ceremony --at "$AT" sign "$WS/ksr.xml" small.xml \
		--first --batch
	equal "read-only" "$before" \
		"$(sha256sum <small/ceremony/log.jsonl 2>/dev/null || true)"
	absent small.xml
else
	echo "SKIPPED: mount is not permitted: full and read-only disks" >&2
fi

# --- Killed at any system call.

export SCRATCH SHIPPED WS AT
mkdir kills

# killed SYSCALL WHEN: says what is wrong with what such a kill leaves.
killed() {
	local dir=$SCRATCH/kills/$1-$2 status=0 sha
	mkdir "$dir"
	cd "$dir" || exit 1
	# SoftHSM rewrites its files at a login and does not survive each kill:
	# each has a token of its own, which is as new for the run after it.
	cp -r "$WS" ws
	sed -i "s|$WS|$dir/ws|" ws/anchorite.yaml ws/softhsm2.conf
	local program=("$SHIPPED" --config ws/anchorite.yaml --ceremony record
		--at "$AT")
	local sign=("${program[@]}" sign ws/ksr.xml)
	"${program[@]}" check ws/ksr.xml >/dev/null || echo "WRONG check $*"
	strace -f -qq -o /dev/null -e "trace=$1" \
		-e "inject=$1:signal=KILL:when=$2" \
		"${sign[@]}" skr.xml --first --batch >/dev/null 2>&1 || status=$?
	[ "$status" -ne 0 ] && echo killed
	"$SHIPPED" log verify record >out 2>&1 || echo "WRONG log verify $*"
	"$SHIPPED" log show record >out 2>&1 || echo "WRONG log show $*"
	if [ "$status" -ne 0 ] && grep -q 'event":"run".*"command":"sign' \
		record/log.jsonl && ! grep -q "INTERRUPTED" out &&
		[ "$(grep -c '"event":"end"' record/log.jsonl)" -lt 2 ]; then
		echo "WRONG show does not say so: $*"
	fi
	if [ -e skr.xml ]; then
		cmp -s skr.xml "$SCRATCH/first.xml" || echo "WRONG half SKR $*"
		sha=$(sha256sum skr.xml | cut -c1-64)
		grep -q "\"event\":\"output\".*$sha" record/log.jsonl &&
			[ -e "record/outputs/$sha" ] ||
			echo "WRONG SKR without its record $*"
	fi
	rm -rf ws/tokens
	cp -r "$WS/tokens" ws/tokens
	# What was published is signed again as an alternative only.
	"${sign[@]}" again.xml --first --batch >/dev/null 2>err ||
		"${sign[@]}" again.xml --first --batch --alternative again \
			>/dev/null 2>>err ||
		echo "WRONG no new run $*: $(cat err)"
	cmp -s again.xml "$SCRATCH/first.xml" || echo "WRONG new SKR $*"
	"$SHIPPED" replay record >out 2>&1 || echo "WRONG replay $*: $(tail -1 out)"
	cd "$SCRATCH" && rm -rf "$dir"
}
export -f killed

anew
strace -f -qq -c -o counts "$SHIPPED" --config "$CONFIG" --ceremony counted \
	--at "$AT" sign "$WS/ksr.xml" counted.xml --first --batch >/dev/null
anew
# Each call that changes a file, and every fourth of the others of its kind.
awk '$4 ~ /^[0-9]+$/ && $NF != "total" {
		step = $NF ~ /^(write|fsync|renameat2|mkdir|fchmod|flock|openat)$/ \
			? 1 : 4
		for (i = 1; i <= $4; i += step) print $NF, i
	}' counts | awk -v step="$(one_of 7)" 'NR % step == 0' >points
# shellcheck disable=SC2016
xargs -P "$(nproc)" -L 1 bash -c 'killed "$1" "$2"' _ <points >outcome 2>&1
if grep -q WRONG outcome; then
	grep WRONG outcome | head -n 20 >&2
	fail "$(grep -c WRONG outcome) things wrong after kills"
fi
kills=$(grep -c '^killed$' outcome)
[ "$kills" -ge $((500 / $(one_of 7))) ] || fail "only $kills kills"
echo "$kills kills of $(wc -l <points)"
finish
