#!/bin/bash
# What is read aloud, of every command: never wider than 80 columns, nor broken
# inside of a word; errors behind all that was printed, on a line of their own.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq openssl script

workspace
export ANCHORITE_CONFIG=$CONFIG
KSR=$WS/ksr.xml
SKR=$WS/skr.xml
ROLL=$(corpus root/skr-root-2018-q1-0-d_to_e.xml)
RECORD=$SCRATCH/ceremony
HEADING='#  Inception           Expiration           ZSK Tags      KSK Tag(CKA_LABEL)'

mapfile -t COMMANDS < <("$ANCHORITE" --help | sed -n 's/^  \([a-z-]\+\)  .*/\1/p')
[ "${#COMMANDS[@]}" -ge 20 ] || fail "--help lists ${#COMMANDS[@]} commands"

# on_terminal ARGS...: as on a terminal of 80x24, without its colours.
on_terminal() {
	local command
	printf -v command '%q ' "$ANCHORITE" --ceremony "$RECORD" "$@"
	status=0
	TERM=xterm script -qec "stty cols 80 rows 24; $command" /dev/null \
		</dev/null >"$SCRATCH/screen" 2>"$SCRATCH/err" || status=$?
	tr -d '\r' <"$SCRATCH/screen" | sed 's/\x1b\[[0-9;]*m//g' >"$SCRATCH/out"
}

# fits_terminal: there rows of tables are folded too.
fits_terminal() {
	local wide
	wide=$(awk 'length($0) > 80 && NF > 1 { print; exit }' "$SCRATCH/out")
	[ -z "$wide" ] || fail "wider than the terminal: $wide"
	CASES=$((CASES + 1))
}

# --- 300 hashes, all words whole

for ((i = 0; i < 300; i++)); do
	echo "$i"
	openssl rand 32 >"$SCRATCH/random.$i"
done >/dev/null
accepts hash "$SCRATCH"/random.*
cp "$SCRATCH/out" "$SCRATCH/words"
equal "lines wider than 80" 0 "$(awk 'length($0) > 80' "$SCRATCH/out" | wc -l)"
accepts --json hash "$SCRATCH"/random.*
diff <(sed -n '/^          /p' "$SCRATCH/words" | tr -s ' \n' '\n') \
	<(jq -r '.[].words' "$SCRATCH/out" | tr ' ' '\n' | sed '1s/^/\n/') \
	>/dev/null || fail "words are not whole"
equal "words a line" "2 6" "$(sed -n '/^          /p' "$SCRATCH/words" |
	awk '{ print NF }' | sort -nu | paste -sd ' ')"

# --- every help text

accepts --help
for command in "${COMMANDS[@]}"; do
	accepts "$command" --help
	on_terminal "$command" --help
	fits_terminal
done

# --- tables: a row a line in a file, folded under the KSKs on a terminal

accepts show "$ROLL"
says "$HEADING"
equal "rows in a file" 9 "$(grep -cE '^[1-9]  2018.*\),?' "$SCRATCH/out")"
grep -q '(.*)/.*,.*(.*)/' <<<"$(grep -E '^1  2018' "$SCRATCH/out")" ||
	fail "no row with two KSKs"
sed -n '/^#/,$p' "$SCRATCH/out" >"$SCRATCH/rows"
[ "$(wc -l <"$SCRATCH/rows")" -eq 10 ] || fail "not ten lines"
on_terminal show "$ROLL"
fits_terminal
column=$(awk '/^#/ { print index($0, "KSK Tag") }' "$SCRATCH/out")
sed -n '/^#/,/^$/p' "$SCRATCH/out" | sed '$d' >"$SCRATCH/folded"
[ "$(wc -l <"$SCRATCH/folded")" -gt 10 ] || fail "no row was folded"
awk -v column="$column" 'NR > 1 && !/^[1-9] / {
	match($0, /[^ ]/)
	if (RSTART != column)
		exit 1
	}' "$SCRATCH/folded" ||
	fail "KSKs are not under their own column"
awk 'NR > 1 && !/^[1-9] / { sub(/^ +/, ""); printf "%s", $0; next }
	{ printf("%s%s", (NR > 1 ? "\n" : ""), $0) } END { print "" }' \
	"$SCRATCH/folded" | cmp -s - "$SCRATCH/rows" ||
	fail "a folded table is not the same table"
CASES=$((CASES + 3))

# --- what every command prints, on a terminal

AT_Q2=(--at "$NEXT_AT")
on_terminal "${AT_Q2[@]}" check "$WS/next.xml" --previous-skr "$SKR"
fits_terminal
grep -q '^accepted$' "$SCRATCH/out" || fail "not accepted"
on_terminal "${AT_Q2[@]}" check "$KSR" --previous-skr "$SKR"
fits_terminal
grep -q 'REFUSE' "$SCRATCH/out" || fail "nothing is refused"
on_terminal --at "$AT" verify "$KSR" "$SKR"
fits_terminal
on_terminal --at "$AT" inventory
fits_terminal
on_terminal register list
fits_terminal
on_terminal --at "$AT" keygen --label another --algorithm ECDSAP256SHA256
fits_terminal
grep -qE '^ +[0-9A-F]{64}$' "$SCRATCH/out" || fail "no DS, whole on its line"
for command in 'log show' 'log verify' replay; do
	# shellcheck disable=SC2086 # two words
	"$ANCHORITE" $command "$RECORD" >"$SCRATCH/out" 2>"$SCRATCH/err" ||
		fail "$command"
	keeps_width "$SCRATCH/out"
done

# --- errors: last, alone, behind all of standard output

# ends_in_error WHAT ARGS...: with both streams in one file.
declare -A FAILS=()
ends_in_error() {
	local what=$1 record=(--ceremony "$RECORD")
	shift
	case " $* " in
	*" init "* | *" log "* | *" replay "* | *" report "* | *" list "* | *" nonsense "*)
		record=()
		;;
	esac
	status=0
	"$ANCHORITE" "${record[@]}" "$@" >"$SCRATCH/out" 2>&1 </dev/null ||
		status=$?
	[ "$status" -eq 1 ] || [ "$status" -eq 2 ] ||
		fail "$what: status $status, wanted a failure"
	equal "$what: errors anywhere" 1 \
		"$(grep -c 'anchorite: ' "$SCRATCH/out")"
	grep -q '^anchorite: ' <<<"$(tail -n 1 "$SCRATCH/out")" ||
		fail "$what: the error is not the last line"
	head -n -1 "$SCRATCH/out" >"$SCRATCH/printed"
	keeps_width "$SCRATCH/printed"
	FAILS[$what]=$(wc -c <"$SCRATCH/printed")
}

NONE=$SCRATCH/none
mkdir "$SCRATCH/folder"
HEAD=$(printf '0%.0s' {1..64})
ends_in_error init init "$WS"
ends_in_error keygen --at "$AT" keygen --label ksk-1 --algorithm RSASHA256
ends_in_error inventory --config "$OFFLINE" inventory
ends_in_error keydelete --at "$AT" keydelete --label none --batch
ends_in_error transport --at "$AT" transport "$OUTPUT/transport.pem" \
	--label ksk-1
ends_in_error backup --at "$AT" backup "$OUTPUT/backup" --label ksk-1 \
	--to "$CONFIG" --recipient-sha256 "$HEAD" --batch
ends_in_error handover --at "$AT" handover "$OUTPUT/zsk" --label ksk-1 \
	--to "$CONFIG" --recipient-sha256 "$HEAD" --batch
ends_in_error restore --at "$AT" restore "$CONFIG" --transport-key none
ends_in_error convert convert "$KSR" "$OUTPUT/ksr.txt" --into nonsense
ends_in_error request --at "$AT" request "$KSR"
ends_in_error check "${AT_Q2[@]}" check "$KSR" --previous-skr "$SKR"
ends_in_error sign "${AT_Q2[@]}" sign "$KSR" "$OUTPUT/skr.xml" \
	--previous-skr "$SKR" --batch
ends_in_error verify --at "$AT" verify "$WS/next.xml" "$SKR"
ends_in_error release release "$SKR" --at 2030-01-01T00:00:00Z
ends_in_error simulate simulate "$SKR" --resolver nonsense
ends_in_error plan plan check "$NONE"
ends_in_error show show "$CONFIG"
ends_in_error hash hash "$SCRATCH"/random.* "$NONE"
ends_in_error trust-anchor trust-anchor show "$CONFIG"
ends_in_error parent parent show --format none
ends_in_error register --at "$AT" register activate "$KSR"
ends_in_error log log verify "$RECORD" --head "$HEAD"
ends_in_error replay replay "$WS"
ends_in_error report report "$NONE" "$OUTPUT/report.html"
ends_in_error manifest manifest "$SCRATCH/folder" --compare "$NONE"
ends_in_error selftest selftest nonsense
ends_in_error step step "done" --number 1.1
for command in "${COMMANDS[@]}"; do
	[ -n "${FAILS[$command]-}" ] || fail "no failure of $command is tried"
done
# Some print more than any stream holds back.
((FAILS[check] > 4096 && FAILS[hash] > 65536)) ||
	fail "too little was printed: ${FAILS[check]}, ${FAILS[hash]}"
ends_in_error "no command" nonsense

# On a terminal an error is folded as well.
on_terminal check "$KSR" nonsense
fits_terminal
equal "the usage in lines" 3 "$(wc -l <"$SCRATCH/out")"

# --- a record's head is no document's hash

accepts hash "$KSR"
grep -q '^|' "$SCRATCH/out" && fail "a document's hash has a frame"
RECORDING=
set_head_apart() {
	:
}
accepts --ceremony "$RECORD" hash "$KSR"
equal "frames" "2 8" "$(grep -c '^+-' "$SCRATCH/out") $(
	grep -c '^|' "$SCRATCH/out")"
finish
