#!/bin/bash
# What may happen to `sign` while it runs: signals, a reader that goes away, a
# full disk, another `sign`.  Whatever it is, there is one whole response or
# none, and never a temporary file.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh

workspace
KSR=$WS/ksr.xml
NEW=$OUTPUT/skr.xml
SIGN=(--at "$AT" sign "$KSR" "$NEW" --first --batch)
# The slow one has a folder, and so a register and a record, of its own: two
# that share one are refused before they could race.
SLOW=$SCRATCH/slow/anchorite.yaml
mkdir "$SCRATCH/slow"
FORGETFUL=yes

# start CONFIG ARGS...: the program itself, as if nothing had been signed; for
# use where run cannot be.
start() {
	local config=$1
	shift
	forget
	exec "$ANCHORITE" --config "$config" \
		--ceremony "$(mktemp -d "$SCRATCH/record.XXXXXX")" "$@"
}
FAULTY_MODULE=$TEST_BIN/libfaulty_module.so
[ -e "$FAULTY_MODULE" ] || fail "$FAULTY_MODULE is not built"
export FAULTY FAULTY_TARGET FAULTY_GO=$SCRATCH/go
FAULTY_TARGET=$(sed -n 's/^    module: "\(.*\)"$/\1/p' "$CONFIG")
sed "s|module: .*|module: \"$FAULTY_MODULE\"|" "$CONFIG" >"$SLOW"

# appears TEXT FILE: waits until the file holds it.
appears() {
	local i
	for i in $(seq 300); do
		! grep -qF -- "$1" "$2" 2>/dev/null || return 0
		sleep 0.1
	done
	fail "\"$1\" did not appear in $i tries"
}

# begin: starts a `sign` whose token takes its time, or with sign_waits until
# there is $FAULTY_GO; $pid.  bash lets a process in the background ignore
# SIGINT and SIGQUIT, which a person's does not.
begin() {
	rm -f "$FAULTY_GO"
	: >"$SCRATCH/out"
	forget
	env --default-signal "$ANCHORITE" --config "$SLOW" \
		--ceremony "$(mktemp -d "$SCRATCH/record.XXXXXX")" "${SIGN[@]}" \
		>"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null &
	pid=$!
	appears 'Response to be signed' "$SCRATCH/out"
}

### signals while the KSK signs

# killed SIGNAL FILES: while there are so many temporary files.
killed() {
	begin
	equal 'temporary files' "$2" "$(find "$OUTPUT" -type f | wc -l)"
	kill -s "$1" "$pid"
	status=0
	{ wait "$pid" || status=$?; } 2>/dev/null
	equal "status after SIG$1" $((128 + $(kill -l "$1"))) "$status"
	nothing_written
	! grep -q 'signatures made' "$SCRATCH/out" || fail "it had ended"
}
FAULTY=sign_sleeps
for signal in INT TERM HUP QUIT; do
	killed "$signal" 0
	# A medium where a file cannot be without a name.
	DISK_LACKS=tmpfile DISK_UNDER=$OUTPUT \
		LD_PRELOAD=$TEST_BIN/libfailing_disk.so \
		ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 \
		killed "$signal" 1
done

### two at once for one path, or a file that appears there meanwhile

FAULTY=sign_waits:1
begin
FAULTY=
refuses 2 "anchorite: $WS: already exists" --config "$CONFIG" --at "$AT" sign \
	"$KSR" "$WS" --first --batch
cp "$SCRATCH/err" "$SCRATCH/second"
(start "$CONFIG" "${SIGN[@]}") >"$SCRATCH/second" 2>&1 ||
	fail "the quick one: $(tail -n 1 "$SCRATCH/second")"
: >"$FAULTY_GO"
status=0
wait "$pid" || status=$?
equal 'status of the slow one' 2 "$status"
grep -qF "anchorite: $NEW: File exists" "$SCRATCH/err" ||
	fail "the slow one does not say that the file exists"
! grep -q '^Response /' "$SCRATCH/out" || fail "looks like success"
cmp "$NEW" "$WS/skr.xml" || fail "not the response of the quick one"
equal 'what there is' skr.xml "$(ls -A "$OUTPUT")"
rm "$NEW"

# Many at once: one wins, whoever it is.  Each has a token of its own, because
# SoftHSM does not bear being started many times at once on one folder.
for i in 1 2 3 4; do
	cp -a "$WS/tokens" "$SCRATCH/tokens.$i"
	sed "s|$WS/tokens|$SCRATCH/tokens.$i|" "$WS/softhsm2.conf" \
		>"$SCRATCH/softhsm.$i"
	mkdir "$SCRATCH/many.$i"
	sed "s|$WS/softhsm2.conf|$SCRATCH/softhsm.$i|" "$CONFIG" \
		>"$SCRATCH/many.$i/anchorite.yaml"
done
for i in 1 2 3 4; do
	(start "$SCRATCH/many.$i/anchorite.yaml" "${SIGN[@]}") \
		>"$SCRATCH/many.$i/out" 2>&1 </dev/null &
done
won=0
for job in $(jobs -p); do
	! wait "$job" || won=$((won + 1))
done
equal 'how many won' 1 "$won"
equal 'how many said why not' 3 "$(cat "$SCRATCH"/many.*/out |
	grep -Ec '(already exists and is never overwritten|File exists)$')"
cmp "$NEW" "$WS/skr.xml" || fail "not a whole response"
equal 'what there is' skr.xml "$(ls -A "$OUTPUT")"
rm "$NEW"

FAULTY=sign_waits:1
begin
echo precious >"$NEW"
: >"$FAULTY_GO"
status=0
wait "$pid" || status=$?
equal status 2 "$status"
equal 'the other file' precious "$(<"$NEW")"
equal 'what there is' skr.xml "$(ls -A "$OUTPUT")"
rm "$NEW"
FAULTY=

### standard output that goes nowhere

# shown_nowhere REASON [BEFORE]: after a `sign` with something wrong with its
# output.  What was lost before the last flush has no reason any more.
shown_nowhere() {
	equal status 2 "$status"
	grep -Exq -- "anchorite: ${2-}standard output: ($1|$LOST)" \
		"$SCRATCH/err" ||
		fail "does not say that nothing was shown"
	nothing_written
}
LOST='not all of it arrived'
FULL='No space left on device'
CLOSED='Bad file descriptor'
status=0
(start "$CONFIG" "${SIGN[@]}") >/dev/full 2>"$SCRATCH/err" ||
	status=$?
shown_nowhere "$FULL"
status=0
(start "$CONFIG" "${SIGN[@]}") >&- 2>"$SCRATCH/err" || status=$?
shown_nowhere "$CLOSED"
status=0
(start "$CONFIG" --json "${SIGN[@]}") >/dev/full 2>"$SCRATCH/err" || status=$?
shown_nowhere "$FULL" \
	'9 of 9 signatures were made and discarded; nothing was published: '
for command in "show $KSR" "hash $KSR" "--json show $KSR" "sign --help" \
	"--help" "--version" \
	"--config $CONFIG --ceremony $WS/ceremony --at $AT check $KSR"; do
	forget
	status=0
	# shellcheck disable=SC2086
	"$ANCHORITE" $command >/dev/full 2>"$SCRATCH/err" || status=$?
	shown_nowhere "$FULL"
done
# The response's temporary file would be descriptor 1.
status=0
(start "$CONFIG" "${SIGN[@]}") 0<&- >&- 2>"$SCRATCH/err" ||
	status=$?
shown_nowhere "$CLOSED"
status=0
(start "$CONFIG" "${SIGN[@]}") 0<&- >&- 2>&- || status=$?
equal 'status with all closed' 2 "$status"
nothing_written
# Without standard error alone nothing is lost, least of all the response.
status=0
(start "$CONFIG" "${SIGN[@]}") >"$SCRATCH/out" 0<&- 2>&- ||
	status=$?
equal 'status without standard error' 0 "$status"
cmp "$NEW" "$WS/skr.xml" || fail "not the same response"
rm "$NEW"
FAULTY=sign_waits:1
rm -f "$FAULTY_GO"
(
	set +o pipefail
	forget
	env --default-signal=PIPE "$ANCHORITE" --config "$SLOW" \
		--ceremony "$(mktemp -d "$SCRATCH/record.XXXXXX")" "${SIGN[@]}" |
		{
			head -n 1 >"$SCRATCH/out"
			exec <&-
			: >"$FAULTY_GO"
		}
)
FAULTY=
nothing_written

### a full disk: noticed when writing, since a file system may lie about room

status=0
(
	ulimit -f 8
	(start "$CONFIG" "${SIGN[@]}")
) >/dev/null 2>"$SCRATCH/err" </dev/null || status=$?
equal 'status at the file size limit' 2 "$status"
grep -qF ': File too large' "$SCRATCH/err" || fail "does not say what is wrong"
nothing_written
trap 'own_shell && { umount "$OUTPUT" 2>/dev/null || :; rm -rf "$SCRATCH"; }' EXIT
if mount -t tmpfs -o size=8k none "$OUTPUT" 2>/dev/null; then
	refuses 2 ': No space left on device' --config "$CONFIG" "${SIGN[@]}"
	nothing_written
	head -c 8192 /dev/zero >"$OUTPUT/full"
	refuses 2 ': No space left on device' --config "$CONFIG" "${SIGN[@]}"
	equal 'what there is' full "$(ls -A "$OUTPUT")"
	umount "$OUTPUT"
else
	echo "SKIPPED: a full disk: mount is not permitted" >&2
fi

finish
