#!/bin/bash
# Command lines and places to write that must not be accepted: status 2, before
# any document is shown, any check is run and the HSM is touched.
# shellcheck source=tests/support/lib.sh disable=SC2016
. tests/support/lib.sh

workspace
KSR=$WS/ksr.xml
SKR=$WS/skr.xml
NEW=$OUTPUT/skr.xml
HERE=(--config "$OFFLINE" --at "$AT")

# usage_refused TEXT ARGS...
usage_refused() {
	local text=$1
	shift
	refuses 2 "anchorite: $text" "$@"
	[ ! -s "$SCRATCH/out" ] || fail "something on standard output: $*"
	nothing_written
}

### commands

usage_refused 'no command'
usage_refused 'no command' --json
usage_refused 'no command' --config
for command in frobnicate Sign sig signs '' $'sign\e[2J' "$KSR"; do
	usage_refused 'unknown command "' "$command"
done
usage_refused 'unknown command "resign"' "${HERE[@]}" resign sign
! grep -q '[^ -~]' "$SCRATCH/err" || fail "control characters on the screen"

### options that every command treats alike

while read -r command files; do
	# shellcheck disable=SC2206
	files=($files)
	good=("$command" "${files[@]}")
	usage_refused "$command: unknown option --frobnicate" "${good[@]}" \
		--frobnicate
	usage_refused "$command: unknown option --frobnicate=1" \
		--frobnicate=1 "${good[@]}"
	usage_refused "$command: unknown option -x" "${good[@]}" -x
	usage_refused "$command: unknown option --con; is it --config?" \
		"${good[@]}" --con "$OFFLINE"
	usage_refused "$command: unknown option --js; is it --json?" \
		"${good[@]}" --js
	usage_refused "$command: unknown option --json=yes" "${good[@]}" \
		--json=yes
	usage_refused "$command: --config is given twice" --config "$OFFLINE" \
		"${good[@]}" --config "$CONFIG"
	usage_refused "$command: --json is given twice" "${good[@]}" --json \
		--json
	usage_refused "$command: --config wants a value" "${good[@]}" --config
	usage_refused "$command: --at wants a value" "${good[@]}" --at
	accepts "${good[@]}" --help
	says "usage: anchorite $command"
	[ "$command" = hash ] ||
		usage_refused "$command: $KSR is one argument too many; usage: anchorite $command" \
			"${good[@]}" "$KSR" "$KSR" "$KSR"
	case ${#files[@]}$command in
	0* | *sign | *hash) ;;
	*)
		missing=$("$ANCHORITE" "$command" --help | awk 'NR == 1 { print $4 }')
		usage_refused "$command: $missing is missing; usage: anchorite $command" \
			"$command"
		;;
	esac
done <<END
init $OUTPUT/new
keygen
inventory
request $OUTPUT/new.xml
check $KSR
sign $KSR $NEW
verify $KSR $SKR
release $SKR
show $KSR
hash $KSR
END

### options of one command

for option in previous-skr schema hsm first batch; do
	value=x
	case $option in first | batch) value= ;; esac
	# shellcheck disable=SC2086
	usage_refused "sign: --$option is given twice" sign "$KSR" "$NEW" \
		--$option $value --$option $value
done
for option in previous-skr schema hsm override reason; do
	usage_refused "sign: --$option wants a value" sign "$KSR" "$NEW" \
		"--$option"
done
usage_refused 'sign: unknown option --over; is it --override?' sign "$KSR" \
	"$NEW" --over KSR-DOMAIN --reason x
usage_refused 'sign: unknown option --force' sign "$KSR" "$NEW" --force
usage_refused 'sign: unknown option --batch=no' sign "$KSR" "$NEW" --batch=no
usage_refused 'check: unknown option --first' check "$KSR" --first
usage_refused 'verify: SKR is missing; usage: anchorite verify' verify "$KSR"
usage_refused '--format xml: expected table, dns or json' show "$KSR" \
	--format xml
usage_refused '--json and --format dns contradict each other' --json show \
	"$KSR" --format dns
# Behind "--" all are files, and before it an option's value is its value.
usage_refused '--batch: No such file or directory' show -- --batch
usage_refused '--json: No such file or directory' --config --json check "$KSR"

### the previous response, the confirmation

usage_refused 'no previous response: give --previous-skr SKR, or --first' \
	"${HERE[@]}" sign "$KSR" "$NEW" --batch
usage_refused '--first and --previous-skr contradict each other' \
	"${HERE[@]}" sign "$KSR" "$NEW" --batch --first --previous-skr "$SKR"
usage_refused 'there is no terminal to confirm on; --batch confirms without' \
	"${HERE[@]}" sign "$KSR" "$NEW" --first
usage_refused '--json leaves no screen to confirm on; add --batch' \
	"${HERE[@]}" --json sign "$KSR" "$NEW" --first
sed '$a filenames: {previous_skr: old.xml}' "$OFFLINE" \
	>"$SCRATCH/continues.yaml"
usage_refused '--first contradicts filenames.previous_skr of the configuration, old.xml' \
	--config "$SCRATCH/continues.yaml" --at "$AT" sign "$KSR" "$NEW" \
	--batch --first
usage_refused 'no request: give it as an argument or under `filenames:`' \
	"${HERE[@]}" sign --batch --first
usage_refused 'no response path: give it as an argument or under `filenames:`' \
	"${HERE[@]}" sign "$KSR" --batch --first

### where the response goes

# unwritable TEXT PATH: noticed before anything is shown or the HSM is touched.
unwritable() {
	usage_refused "$1" "${HERE[@]}" sign "$KSR" "$2" --first --batch
	usage_refused "$1" --config "$OFFLINE" --at "$NEXT_AT" sign \
		"$WS/next.xml" "$2" --batch --previous-skr "$SKR"
	usage_refused "$1" "${HERE[@]}" request "$2"
	usage_refused "$1" "${HERE[@]}" keygen --label k \
		--algorithm RSASHA256 --csr "$2"
}
before=$(sha256sum <"$SKR")
unwritable "$SKR: already exists and is never overwritten" "$SKR"
equal 'the existing response' "$before" "$(sha256sum <"$SKR")"
: >"$SCRATCH/empty"
unwritable "$SCRATCH/empty: already exists" "$SCRATCH/empty"
ln -s "$OUTPUT/nowhere" "$SCRATCH/dangling"
unwritable "$SCRATCH/dangling: already exists" "$SCRATCH/dangling"
unwritable "$OUTPUT: already exists" "$OUTPUT"
unwritable "/dev/null: already exists" /dev/null
unwritable "$KSR: already exists" "$KSR"
unwritable "$OUTPUT/none/skr.xml: " "$OUTPUT/none/skr.xml"
unwritable "$OUTPUT/none/: " "$OUTPUT/none/"
unwritable "$KSR/skr.xml: Not a directory" "$KSR/skr.xml"
unwritable "/proc/skr.xml: cannot be created" /proc/skr.xml
unwritable 'output path is empty or longer than 1023 octets' ''
long=$(printf 'd/%.0s' $(seq 600))
unwritable 'output path is empty or longer than 1023 octets' "$OUTPUT/$long"
unwritable "$OUTPUT/" "$OUTPUT/$(printf '%0260d' 0)"
ln -s loop "$SCRATCH/loop"
unwritable "$SCRATCH/loop/skr.xml: Too many levels of symbolic links" \
	"$SCRATCH/loop/skr.xml"
mkdir "$SCRATCH/sealed"
trap 'own_shell && { umount "$SCRATCH/sealed" 2>/dev/null || :; rm -rf "$SCRATCH"; }' EXIT
if [ "$(id -u)" -ne 0 ]; then
	chmod 555 "$SCRATCH/sealed"
	unwritable "$SCRATCH/sealed/skr.xml: cannot be created" \
		"$SCRATCH/sealed/skr.xml"
elif mount --bind -o ro "$SCRATCH/sealed" "$SCRATCH/sealed" 2>/dev/null; then
	unwritable "$SCRATCH/sealed/skr.xml: cannot be created: Read-only file system" \
		"$SCRATCH/sealed/skr.xml"
	umount "$SCRATCH/sealed"
else
	echo "SKIPPED: a folder that cannot be written: mount is not permitted" >&2
fi

finish
