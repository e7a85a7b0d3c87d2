#!/bin/bash
# A script is begun before the medium with configuration and record is there:
# the record waits, and goes to its place in the step that brings it in.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq
RECORDING=
ANCHORITE=$(realpath "$ANCHORITE")
export ANCHORITE
RUN=$PWD/ceremony-scripts/run
cd "$SCRATCH"
workspace
export TMPDIR=$SCRATCH/temporary
mkdir "$TMPDIR"
waiting=$TMPDIR/anchorite-waiting-$(id -u)

cat >short.act <<'END'
title: A short ceremony
purpose: to be begun without its drive

input: CEREMONY_NAME Its name
input: CEREMONY_PLACE Its place
input: CONFIG The configuration
input: KSR The request
input: CEREMONY The record
input: HSMFD The drive's mount point
input: HSMFD_MEDIUM The drive's label

act: Opening
step: Welcome
do: Everybody comes in.
after: no-network
step: Sit down
do: Everybody has a seat.
act: The drive
step: Bring it in
run: mv drawer/HSMFD HSMFD
after: medium HSMFD rw
step: Check
run: anchorite check ${KSR}
END

# drawer [CONFIGURATION]: the drive in its drawer, nothing recorded yet.
drawer() {
	rm -rf drawer HSMFD "$waiting"
	mkdir -p drawer/HSMFD/state
	echo drive-1 >drawer/HSMFD/MEDIUM
	cp "${1:-$CONFIG}" drawer/HSMFD/state/anchorite.yaml
}

# walks STATUS OPTION... -- ANSWER...; "-" is Enter.
walks() {
	local wanted=$1 options=()
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	printf '%s\n' "${@/#-/}" >answers
	status=0
	"$RUN" ./short.act --batch answers --at "$AT" "${options[@]}" \
		>"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || status=$?
	[ "$status" -eq "$wanted" ] || fail "status $status, wanted $wanted"
	CASES=$((CASES + 1))
}
SET=(--set "CEREMONY_NAME=A & B" --set "CEREMONY_PLACE=This room"
	--set CONFIG=HSMFD/state/anchorite.yaml --set "KSR=$WS/ksr.xml"
	--set CEREMONY=HSMFD/record --set HSMFD=HSMFD
	--set HSMFD_MEDIUM=drive-1)

# steps RECORD: the steps on it.
steps() {
	jq -r 'select(.event == "step") | [.step, .number // empty] |
		join(" ")' "$1/log.jsonl" | paste -sd ,
}
ALL="begin,start 1.1,done 1.1,start 1.2,done 1.2,start 2.1,done 2.1,start 2.2,done 2.2,end"

drawer
walks 0 "${SET[@]}" -- - IW - IW - IW - IW
[ ! -s err ] || fail "something on standard error"
equal "steps" "$ALL" "$(steps HSMFD/record)"
says "The record has moved to its place: HSMFD/record"
says "The record waits in"
equal "what still waits" "" "$(ls "$waiting")"
grep -q '"command":"check"' HSMFD/record/log.jsonl ||
	fail "the check is not on the same record"
accepts replay HSMFD/record

# The auditor's page has the ceremony's name and place, and divides no time.
accepts report HSMFD/record -o page.html
grep -qF '<th scope="row">Ceremony</th><td>A &amp; B</td>' page.html ||
	fail "the page lacks the ceremony's name"
grep -qF '<th scope="row">Place</th><td>This room</td>' page.html ||
	fail "the page lacks the ceremony's place"
grep -qF 'time{white-space:nowrap}' page.html || fail "times are divided"
sed -n '/<body>/,/<section id="documents"/p' page.html |
	sed 's|<time>[^<]*</time>||g' >rest
! grep -E '[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:' rest ||
	fail "a time that may be divided"

# resumes STATUS ANSWER...
resumes() {
	walks "$1" --resume --ceremony HSMFD/record -- "${@:2}"
}

# Cut off before the drive is in: it goes on with what waits.
drawer
walks 2 "${SET[@]}" -- - IW
[ ! -e HSMFD ] || fail "the drive's folder was made"
equal "waiting" "begin,start 1.1,done 1.1" "$(steps "$waiting"/*)"
resumes 2 - IW
[ ! -e HSMFD ] || fail "the drive's folder was made after a resumption"
resumes 0 - IW - IW
equal "steps" "${ALL/done 1.1,start 1.2,done 1.2/done 1.1,resumed,start 1.2,done 1.2,resumed}" \
	"$(steps HSMFD/record)"
accepts replay HSMFD/record

# Cut off when the drive is in: it goes on with what is there.
drawer
walks 2 "${SET[@]}" -- - IW - IW - IW
resumes 0 - IW
equal "steps" "${ALL/done 2.1/done 2.1,resumed}" "$(steps HSMFD/record)"
[ -z "$(ls "$waiting")" ] || fail "something waits"
# Neither there nor waiting.
rm -r HSMFD
resumes 2 -
grep -qF "no script was begun there to resume" err || fail "it was resumed"

# The wrong drive; a drive with a record of that name; and what to do.
drawer
echo drive-2 >drawer/HSMFD/MEDIUM
walks 2 "${SET[@]}" -- - IW - IW -
says 'FAILS  medium: the medium at HSMFD is labelled "drive-2", not "drive-1"'
says 'a shell: ! opens one'
[ ! -e HSMFD/record ] || fail "recorded on the wrong drive"
drawer
mkdir drawer/HSMFD/record
echo mine >drawer/HSMFD/record/log.jsonl
walks 2 "${SET[@]}" -- - IW - IW -
says "FAILS  record: HSMFD/record is there already"
equal "the record that was there" mine "$(<HSMFD/record/log.jsonl)"
equal "last" "failed 2.1" "$(steps "$waiting"/* | sed 's/.*,//')"
rm -r HSMFD/record
resumes 0 c 'no record' 'there was one' 'it was moved' IW - IW
accepts replay HSMFD/record

# Practice without a configuration that says so ends where that is seen.
sed 's/^rehearsal: true/rehearsal: false/' "$CONFIG" >"$WS/real.yaml"
drawer "$WS/real.yaml"
walks 2 "${SET[@]}" -- - IW - IW -
[ ! -e HSMFD/record ] || fail "practice on a drive of no rehearsal"
# A folder of another user's is not used.
drawer
rm -rf "$waiting"
mkdir -m 755 "$waiting"
walks 2 "${SET[@]}" -- - IW
grep -qF "$waiting: is not this user's own folder with mode 700" err ||
	fail "it was used"
finish
