#!/bin/bash
# Every condition of a ceremony's steps: where it holds the step runs; where it
# fails the step does not, the record says why and the screen what to do.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs expect jq faketime groff findmnt

# Here the record is the subject: commands name it, and its head stays.
RECORDING=
set_head_apart() {
	:
}

ANCHORITE=$(realpath "$ANCHORITE")
export ANCHORITE
PROJECT=$PWD
RUN=$PROJECT/ceremony-scripts/run
cd "$SCRATCH"
workspace
REAL=$WS/real.yaml
sed 's/^rehearsal: true/# rehearsal: true/' "$CONFIG" >"$REAL"

# scene CONDITION INPUT=VALUE...: an act whose one step has the condition, and
# the values that it is walked with.
scene() {
	local name
	CONDITION=$1
	shift
	{
		echo 'title: One step'
		echo 'purpose: to have a condition'
		for name in "$@"; do
			echo "input: ${name%%=*} for the test"
		done
		echo 'act: The act'
		echo 'step: The step'
		echo "before: $CONDITION"
		echo 'run: touch ran'
	} >one.act
	SET=()
	for name in "$@"; do
		SET+=(--set "$name")
	done
	rm -rf record ran
	TYPED=
}

# walks ANSWER...: to the end or to the first question that has no answer.
walks() {
	printf '%s\n' '' ${TYPED:+"$TYPED"} "$@" >answers
	status=0
	"$RUN" ./one.act --ceremony record --batch answers "${SET[@]}" \
		>screen 2>errors </dev/null || status=$?
}

# holds: and so the step runs.
holds() {
	walks IW
	[ "$status" -eq 0 ] || fail "$CONDITION: $(tail -n 8 screen errors)"
	[ -e ran ] || fail "$CONDITION: the step did not run"
	grep -q '^  holds  ' screen || fail "$CONDITION: does not say so"
	CASES=$((CASES + 1))
}

# stopped SEEN REMEDY: what the screen says, joined; the step did not run.
stopped() {
	local shown text
	[ ! -e ran ] || fail "$CONDITION: the step ran"
	shown=$(tr -d '\r' <screen | tr -s '[:space:]' ' ')
	for text in "FAILS ${CONDITION%% *}: " "$1" "$2" 'Step 1.1 stopped at'; do
		[[ $shown == *"$text"* ]] ||
			fail "$CONDITION: does not say \"$text\": $(tail -n 12 screen)"
	done
	grep -qF "$CONDITION: " \
		<<<"$(jq -r 'select(.step == "failed") | .text' record/log.jsonl)" ||
		fail "$CONDITION: is not on record"
	CASES=$((CASES + 1))
}

# fails SEEN REMEDY
fails() {
	walks
	[ "$status" -eq 2 ] || fail "$CONDITION: status $status"
	grep -q 'has no answer to "r repeat' errors ||
		fail "$CONDITION: does not ask what to do: $(<errors)"
	accepts --json step status --ceremony record
	equal "state" stopped "$(jq -r .state "$SCRATCH/out")"
	stopped "$@"
}

# on_terminal: the same where it is no rehearsal, which takes a terminal.
cat >dialogue.exp <<'END'
set timeout 60
log_user 0
log_file -a -noappend screen
spawn -noecho {*}$argv
foreach {text answer} {abort: "" abort: q stay: abort Why: test} {
	expect {
		-ex $text {}
		timeout { exit 250 }
		eof { exit 251 }
	}
	send -- "$answer\r"
}
expect {
	timeout { exit 252 }
	eof {}
}
exit [lindex [wait] 3]
END
fails_on_terminal() {
	local status=0
	TERM=dumb expect -f dialogue.exp -- "$RUN" ./one.act \
		--ceremony record "${SET[@]}" >/dev/null 2>errors </dev/null ||
		status=$?
	[ "$status" -eq 1 ] || fail "$CONDITION: status $status: $(tail screen errors)"
	stopped "$@"
}

# in_ceremony EXPRESSION: in a shell that has the conditions, in no rehearsal.
in_ceremony() {
	bash -c '
		. "$1/ceremony-scripts/lib.sh"
		. "$1/ceremony-scripts/acts.sh"
		. "$1/ceremony-scripts/screen.sh"
		. "$1/ceremony-scripts/remarks.sh"
		. "$1/ceremony-scripts/conditions.sh"
		. "$1/ceremony-scripts/walk.sh"
		acts_load ./one.act
		acts_set "CONFIG=$2"
		seen="" remedy=""
		eval "$3" && echo "holds: $seen" || echo "fails: $seen: $remedy"' \
		bash "$PROJECT" "$REAL" "$1"
}

### clock: DPS 5.7, and a ceremony whose clock was not set to UTC

scene clock "CONFIG=$CONFIG"
TYPED=$(date -u +%T)
holds
scene clock "CONFIG=$CONFIG"
TYPED=$(date -u '+%F %T')
holds
for minutes in 4 -4; do
	scene clock "CONFIG=$CONFIG"
	TYPED=$(date -u -d "$minutes minutes" '+%F %T')
	fails 's apart' "Set the clock by the wall clock: \`date --utc --set="
done
for minutes in 2 -2; do
	scene clock "CONFIG=$CONFIG"
	TYPED=$(date -u -d "$minutes minutes" '+%F %T')
	holds
done
scene clock "CONFIG=$CONFIG"
TYPED=$(date -u -d '1 day' '+%F %T')
fails '86' 'Set the clock'
scene clock "CONFIG=$CONFIG"
TYPED=$(date -u +%T)
TZ=America/New_York fails 'zone E' "or \`timedatectl set-timezone UTC\`"
scene clock "CONFIG=$CONFIG"
TYPED=noon
walks
grep -q '"noon": That is no time.' errors || fail "noon is a time"
scene clock "CONFIG=$CONFIG"
TYPED=$(date -u '+%F')' 25:00:00'
walks
grep -q 'That is no time.' errors || fail "25:00:00 is a time"

### no-network: DPS 5.6

scene no-network "CONFIG=$CONFIG"
holds
mkdir -p net/lo net/eth7 net/wlan7
echo 0x9 >net/lo/flags
echo 0x1002 >net/eth7/flags
echo 0x1002 >net/wlan7/flags
seen=$(in_ceremony 'INTERFACES=net; condition_no_network')
equal "no interface up" "holds: no interface but lo is up" "$seen"
echo 0x1003 >net/eth7/flags
seen=$(in_ceremony 'INTERFACES=net; condition_no_network')
[[ $seen == "fails: up: eth7: Pull the network cable and switch off: \`ip link set eth7 down\`"* ]] ||
	fail "an interface is up: $seen"
seen=$(in_ceremony 'INTERFACES=none; condition_no_network')
[[ $seen == "fails: none is missing"* ]] || fail "no list: $seen"
up=$(ip -o link show up 2>/dev/null | grep -vc ': lo:') || up=0
if [ "$up" -gt 0 ]; then
	scene no-network "CONFIG=$REAL"
	fails_on_terminal 'up: ' 'Pull the network cable'
else
	echo "SKIPPED: a network that is up: there is none" >&2
fi

### medium: the wrong stick was pulled, and broke logging

mkdir HSMFD
echo HSMFD-46 >HSMFD/MEDIUM
DRIVE=(HSMFD=HSMFD HSMFD_MEDIUM=HSMFD-46 "CONFIG=$CONFIG")
scene 'medium HSMFD rw' "${DRIVE[@]}"
holds
echo KSRFD-46 >HSMFD/MEDIUM
scene 'medium HSMFD rw' "${DRIVE[@]}"
fails 'the medium at HSMFD is labelled "KSRFD-46", not "HSMFD-46"' \
	'put in the medium labelled HSMFD-46'
for label in '' 'HSMFD-46 ' $'HSMFD-46\nHSMFD-45' $'\e[2JHSMFD-46' HSMFD-4; do
	printf '%s\n' "$label" >HSMFD/MEDIUM
	scene 'medium HSMFD rw' "${DRIVE[@]}"
	fails 'is labelled' 'put in the medium labelled HSMFD-46'
	! grep -q $'\e' screen || fail "a label speaks to the terminal"
done
rm HSMFD/MEDIUM
scene 'medium HSMFD rw' "${DRIVE[@]}"
fails 'is labelled "", not "HSMFD-46"' 'put in the medium labelled HSMFD-46'
echo HSMFD-46 >HSMFD/MEDIUM
scene 'medium HSMFD ro' "${DRIVE[@]}"
fails 'mounted rw, not ro' 'remount,ro'
chmod a-w HSMFD
scene 'medium HSMFD ro' "${DRIVE[@]}"
holds
scene 'medium HSMFD rw' "${DRIVE[@]}"
fails 'mounted ro, not rw' 'remount,rw'
chmod u+w HSMFD
scene 'medium HSMFD rw' HSMFD=nowhere HSMFD_MEDIUM=HSMFD-46 "CONFIG=$CONFIG"
fails 'there is no folder nowhere' 'Put in the medium labelled HSMFD-46'
# A folder is no medium where it is no rehearsal.
scene 'medium HSMFD rw' "${DRIVE[@]:0:2}" "CONFIG=$REAL"
fails_on_terminal 'nothing is mounted at HSMFD' 'Put in the medium'
trap 'own_shell && { umount "$SCRATCH/HSMFD" 2>/dev/null || :; rm -rf "$SCRATCH"; }' EXIT
if mount -t tmpfs -o size=64k none HSMFD 2>/dev/null; then
	echo HSMFD-46 >HSMFD/MEDIUM
	scene 'medium HSMFD rw' "${DRIVE[@]:0:2}" "CONFIG=$REAL"
	seen=$(in_ceremony 'acts_set HSMFD=HSMFD; acts_set HSMFD_MEDIUM=HSMFD-46
		condition_medium HSMFD rw')
	equal "mounted" "holds: HSMFD-46 at HSMFD, rw" "$seen"
	scene 'space HSMFD 1' "${DRIVE[@]}"
	fails '0 MiB are free at HSMFD, 1 are needed' 'take the spare one'
	mount -o remount,ro HSMFD
	scene 'medium HSMFD rw' "${DRIVE[@]}"
	fails 'mounted ro, not rw' 'remount,rw'
	scene 'medium HSMFD ro' "${DRIVE[@]}"
	holds
	umount HSMFD
else
	echo "SKIPPED: mounted media: mount is not permitted" >&2
fi

### manifest: a hash that covered contents but not names

mkdir state
echo one >state/a
echo two >state/b
accepts manifest state manifest.txt
DRIVE=(STATE=state STATE_MANIFEST=manifest.txt "CONFIG=$CONFIG")
scene 'manifest STATE' "${DRIVE[@]}"
holds
mv state/a state/c
mv state/b state/a
mv state/c state/b
scene 'manifest STATE' "${DRIVE[@]}"
fails 'state differs from manifest.txt' 'Use nothing of this medium.'
rm -r state
scene 'manifest STATE' "${DRIVE[@]}"
fails 'state differs from manifest.txt' 'Use nothing of this medium.'

### hashes

sha256() {
	sha256sum <"$1" | cut -c1-64
}
module=$(sed -n 's/^    module: "\(.*\)"$/\1/p' "$CONFIG")
wrong=$(printf '%064d' 0)
HASHES=("CONFIG=$CONFIG" "PROGRAM_SHA256=$(sha256 "$ANCHORITE")"
	"CONFIG_SHA256=$(sha256 "$CONFIG")" "MODULE_SHA256=$(sha256 "$module")")
scene hashes "${HASHES[@]}"
holds
for i in 1 2 3; do
	what=$(cut -d' ' -f$((i + 1)) <<<'- program configuration module')
	changed=("${HASHES[@]}")
	changed[i]=${HASHES[i]%%=*}=$wrong
	scene hashes "${changed[@]}"
	fails "the $what " "Fetch the $what whose hash is on the title page"
done
# What the configuration loads is what counts: one module, and no other.
sed "s|^    module: .*|    module: /nonexistent/module.so|" "$CONFIG" \
	>"$WS/other.yaml"
scene hashes "CONFIG=$WS/other.yaml" "${HASHES[1]}" \
	"CONFIG_SHA256=$(sha256 "$WS/other.yaml")" "${HASHES[3]}"
fails 'the module /nonexistent/module.so cannot be read' 'path of the module'
sed '/^    module: /{p;s/^.*$/  second:\n    module: "\/lib\/other.so"/}' \
	"$CONFIG" >"$WS/two.yaml"
scene hashes "CONFIG=$WS/two.yaml" "${HASHES[1]}" \
	"CONFIG_SHA256=$(sha256 "$WS/two.yaml")" "${HASHES[3]}"
fails 'the module (not found) cannot be read' 'path of the module'

### file-hash, exists, absent, space

FILE=("KSR=$WS/ksr.xml" "CONFIG=$CONFIG")
scene 'file-hash KSR' "${FILE[@]}" "KSR_SHA256=$(sha256 "$WS/ksr.xml")"
holds
scene 'file-hash KSR' "${FILE[@]}" "KSR_SHA256=$(sha256 "$WS/next.xml")"
fails "has SHA-256 $(sha256 "$WS/ksr.xml"), not" 'Do not use it.'
scene 'file-hash KSR' KSR=nowhere "CONFIG=$CONFIG" "KSR_SHA256=$wrong"
fails 'nowhere cannot be read' 'Look at the path of the file'
scene 'exists KSR' "${FILE[@]}"
holds
scene 'exists KSR' KSR=nowhere "CONFIG=$CONFIG"
fails 'there is no nowhere' 'Look whether the right medium is in'
: >empty
scene 'exists KSR' KSR=empty "CONFIG=$CONFIG"
fails 'empty is empty' 'Fetch it again'
scene 'absent SKR' SKR=new "CONFIG=$CONFIG"
holds
ln -s nowhere dangling
for name in empty dangling state-of-all "$WS"; do
	mkdir -p state-of-all
	scene 'absent SKR' "SKR=$name" "CONFIG=$CONFIG"
	fails "$name exists" 'Nothing is overwritten.'
done
scene 'absent SKR' SKR=nowhere/new "CONFIG=$CONFIG"
fails 'there is no folder for nowhere/new' 'Look whether the right medium'
scene 'space PAPER 1' PAPER=. "CONFIG=$CONFIG"
holds
scene 'space PAPER 9999999' PAPER=. "CONFIG=$CONFIG"
fails 'MiB are free at ., 9999999 are needed' 'take the spare one'
scene 'space PAPER 1' PAPER=nowhere "CONFIG=$CONFIG"
fails 'there is no nowhere' 'Put in the medium'

### paper

mkdir paper
scene paper PAPER=paper "CONFIG=$CONFIG"
holds
[ -z "$(ls -A paper)" ] || fail "paper: left behind"
scene paper PAPER=nowhere "CONFIG=$CONFIG"
fails 'nothing can be written to nowhere' 'Make the folder'
mkdir bin
printf '#!/bin/sh\nexit 1\n' >bin/groff
chmod +x bin/groff
scene paper PAPER=paper "CONFIG=$CONFIG"
PATH=$SCRATCH/bin:$PATH fails 'groff made no page' 'Install groff'
[ -z "$(ls -A paper)" ] || fail "paper: left behind"

### previous-active: without the previous response a tool only warned

PREVIOUS=("PREVIOUS_SKR=$WS/skr.xml" "CONFIG=$CONFIG")
scene previous-active "${PREVIOUS[@]}"
fails 'is not a response that the register has as active' \
	'anchorite register activate SKR'
accepts --config "$CONFIG" register activate "$WS/skr.xml"
scene previous-active "${PREVIOUS[@]}"
holds
# An alternative to the active one is not the one that the zone uses.
accepts --config "$CONFIG" --at "$AT" sign "$WS/ksr.xml" fallback.xml --first \
	--batch --alternative fallback --schema normal \
	--override KSR-POLICY-SIG-HORIZON --reason "another file for the test"
if ! cmp -s fallback.xml "$WS/skr.xml"; then
	scene previous-active PREVIOUS_SKR=fallback.xml "CONFIG=$CONFIG"
	fails 'is not a response that the register has as active' 'activate SKR'
fi
scene previous-active "PREVIOUS_SKR=$WS/ksr.xml" "CONFIG=$CONFIG"
fails 'is not a response' 'Take the response that the zone uses'
scene previous-active PREVIOUS_SKR=nowhere "CONFIG=$CONFIG"
fails 'there is no nowhere' 'nothing is signed without it'
sed -i '1s/e/E/' "$WS/register.jsonl"
scene previous-active "${PREVIOUS[@]}"
fails 'register.jsonl' 'Use the register of the last ceremony'

### selftest, of a program that fails it

cat >bin/failing <<END
#!/bin/bash
[ "\${!#}" != selftest ] || { echo "FAIL  sha256"; exit 1; }
exec "$ANCHORITE" "\$@"
END
chmod +x bin/failing
scene selftest "CONFIG=$CONFIG"
ANCHORITE=$SCRATCH/bin/failing fails 'the selftest fails' 'Do not use this machine'
grep -q 'FAIL  sha256' screen || fail "what fails is not shown"

### pin

PINS=(PIN_FILE=pin "CONFIG=$CONFIG")
(
	umask 077
	echo 1234 >pin
)
scene 'pin PIN_FILE' "${PINS[@]}"
holds
chmod 640 pin
scene 'pin PIN_FILE' "${PINS[@]}"
fails 'has mode 640' 'chmod 600 pin'
chmod 600 pin
: >pin
scene 'pin PIN_FILE' "${PINS[@]}"
fails 'there is no PIN in pin' 'pin-join --output pin'
scene 'pin PIN_FILE' PIN_FILE=nowhere "CONFIG=$CONFIG"
fails 'there is no PIN in nowhere' 'pin-join --output nowhere'
echo 1234 >pin
scene 'pin PIN_FILE' PIN_FILE=pin "CONFIG=$REAL"
fails_on_terminal 'a PIN file is for rehearsals' 'Take pin_file out'

### all of them

# Each condition that acts may name is here, and fails here.
mapfile -t names < <(sed -n 's/^condition_\([a-z_]*\)() {$/\1/p' \
	"$PROJECT/ceremony-scripts/conditions.sh")
[ "${#names[@]}" -ge 13 ] || fail "only ${#names[@]} conditions found"
for name in "${names[@]}"; do
	grep -qE "^scene '?${name//_/-}[ ']?" "$PROJECT/tests/scripts/cmd_conditions.sh" ||
		fail "${name//_/-} is not tried"
	CASES=$((CASES + 1))
done
# And several at once are all looked at.
scene 'exists KSR' KSR=nowhere SKR=empty "CONFIG=$CONFIG"
sed -i 's/^before: .*/&\nbefore: absent SKR/' one.act
fails 'empty exists' 'Nothing is overwritten.'
grep -q 'FAILS  exists' screen || fail "only the last failure is shown"
finish
