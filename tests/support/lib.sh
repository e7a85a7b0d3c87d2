# What every command test needs.  Sourced by tests/*/cmd_*.sh, which run in the
# project's root with $ANCHORITE naming the binary.
set -euo pipefail

: "${ANCHORITE:=$PWD/build/anchorite}"
CORPUS=${ANCHORITE_CORPUS:-tests/data/quarters}
CASES=0

SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/anchorite-test.XXXXXX")

# own_shell: this is the test's own.  A signal may end what the test put into the
# background before that has become another program: it is a copy of this shell
# then, traps and all, and must leave things alone.
own_shell() {
	[[ $BASHPID == "$$" ]]
}
trap 'own_shell && rm -rf "$SCRATCH"' EXIT
unset ANCHORITE_CONFIG SOFTHSM2_CONF NO_COLOR
export TZ=UTC LC_ALL=C

# fail TEXT: the test is over; shows what the last command said.
fail() {
	printf 'FAILED: %s\n' "$1" >&2
	for stream in out err; do
		if [ -s "$SCRATCH/$stream" ]; then
			printf -- '--- %s\n' "$stream" >&2
			tail -n 40 "$SCRATCH/$stream" >&2
		fi
	done
	exit 1
}

# one_of N: of many cases of a kind, as the moments at which the power may fail,
# one in N is tried, and each with $WHOLE.
one_of() {
	if [ -n "${WHOLE-}" ]; then
		echo 1
	else
		echo "$1"
	fi
}

# forget: as if nothing had ever been signed.  A test that signs the same
# request many times for other reasons sets FORGETFUL: each command forgets.
# KEPT is a register that it does not forget, of the workspace.
FORGETFUL=
KEPT=
forget() {
	local registers=("$SCRATCH/register.jsonl" "$SCRATCH"/*/register.jsonl)
	present "${registers[@]}" && rm -f "${registers[@]}"
	[ -z "$KEPT" ] || tee "$WS/register.jsonl" "$SCRATCH/register.jsonl" \
		<"$KEPT" >/dev/null
}

# The acts, as the table of commands has them: the tests leave no record of
# theirs in the tree.
RECORDING=" $(sed -n -e 's/^\t\.name = "\(.*\)",/\1/; T verb; h' \
	-e ':verb' -e 's/^\t{ "\([a-z-]*\)", .*, RECORD_ACT, .*/\1/p' \
	-e '/^\t\.recording = RECORD_ACT,$/{ g; p; }' signer/*/cmd_*.c |
	sort -u | paste -sd' ') "

# What follows is asked some ten thousand times, and a process takes longer to
# begin than the program to answer: the shell asks by itself.

# content FILE: what it holds, in $REPLY.
content() {
	IFS= read -rd '' REPLY <"$1" || :
}

# present PATH...: one of them is there, were it a link to nothing.
present() {
	local path
	for path in "$@"; do
		[[ ! -e $path && ! -L $path ]] || return 0
	done
	return 1
}

# The record's head ends the output of a command that keeps one; here it goes
# to $SCRATCH/head, so that tests of other things do not see it.
set_head_apart() {
	local text head='| Head of the ceremony record '
	content "$SCRATCH/out"
	text=$'\n'$REPLY
	[[ $text == *$'\n'"$head"* ]] || return 0
	printf '%s' "$head${text##*$'\n'"$head"}" >"$SCRATCH/head"
	# Its frame and an empty line stand before it.
	text=${text%$'\n'"$head"*}
	text=${text%$'\n'*}
	text=${text%$'\n'*}$'\n'
	printf '%s' "${text#$'\n'}" >"$SCRATCH/out"
}

# keeps_width FILE: no line for people is wider than 80 columns, but for what
# does not fold: one word, data, and rows of tables, which stay whole in a file.
keeps_width() {
	local line shown_lines wide=
	mapfile -t shown_lines <"$1"
	for line in "${shown_lines[@]}"; do
		if ((${#line} > 80)); then
			wide=yes
			break
		fi
	done
	[ -n "$wide" ] || return 0
	wide=$(awk '{ width = $0; gsub(/[\200-\277]/, "", width) }
		length(width) <= 80 || NF == 1 { next }
		/ IN (DNSKEY|DS|RRSIG) / || /^ *[0-9.]+ +[0-9-]+T[0-9:]+ / { next }
		/^#  Inception / || /^Slot    Published from / { next }
		/^    [0-9]+(-[0-9]+)? +[0-9]+  [0-9?]+\(/ { next }
		{ print; exit }' "$1")
	[ -z "$wide" ] || fail "wider than 80 columns: $wide"
}

# prints_data ARGS...: what is printed is for other programs.
prints_data() {
	[[ " $* " =~ " "(--json|dns|json|release|manifest|ds|dnskey|cds|cdnskey|epp-ds|epp-key)" " ]]
}

# run ARGS...: runs the program; $status, $SCRATCH/out and $SCRATCH/err.
run() {
	local word record=()
	for word in "$@"; do
		[[ $RECORDING != *" $word "* ]] ||
			record=(--ceremony "$SCRATCH/ceremony")
	done
	[[ " $* " != *" --ceremony "* ]] || record=()
	if [ -n "$FORGETFUL" ]; then
		forget
		# The record tells of a register that is gone.
		[ ${#record[@]} -eq 0 ] || rm -rf "$SCRATCH/ceremony"
	fi
	status=0
	"$ANCHORITE" "${record[@]}" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" \
		</dev/null || status=$?
	prints_data "$@" || keeps_width "$SCRATCH/out"
	set_head_apart
}

# ends STATUS SCRIPT ARGS...: a script of the project ends with it; what it said
# is in $SCRATCH/out and $SCRATCH/err.
ends() {
	local wanted=$1 status=0
	shift
	"$@" </dev/null >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
	[ "$status" -eq "$wanted" ] || fail "status $status, wanted $wanted: $*"
}

# accepts ARGS...: the program must exit with 0 and an empty standard error.
accepts() {
	run "$@"
	[ "$status" -eq 0 ] || fail "status $status, wanted 0: $*"
	[ ! -s "$SCRATCH/err" ] || fail "something on standard error: $*"
	CASES=$((CASES + 1))
}

# refuses STATUS TEXT ARGS...: must exit with STATUS and say TEXT (a fixed
# string) on standard error, in one line.
refuses() {
	local wanted=$1 text=$2
	shift 2
	run "$@"
	[ "$status" -eq "$wanted" ] || fail "status $status, wanted $wanted: $*"
	content "$SCRATCH/err"
	[[ $REPLY == *"$text"* ]] || fail "does not say \"$text\": $*"
	[[ $REPLY == *$'\n' && ${REPLY%?} != *$'\n'* ]] ||
		fail "more than one line: $*"
	CASES=$((CASES + 1))
}

# unfolded FILE: its words, however its lines are folded.
unfolded() {
	tr -s ' \r\n' ' ' <"$1"
}

# has_text FILE TEXT: this fixed string, or its words where a line was folded.
has_text() {
	content "$1"
	[[ $REPLY == *"$2"* ]] ||
		grep -qF -- "$(unfolded <(printf '%s' "$2"))" <(unfolded "$1")
}

# says TEXT: the last command's standard output must hold this fixed string.
says() {
	has_text "$SCRATCH/out" "$1" || fail "output lacks \"$1\""
	CASES=$((CASES + 1))
}

# rechain DIR: every "seq" and "prev" of the record's log anew, as a forger may
# write them.
rechain() {
	python3 - "$1/log.jsonl" <<-'END'
		import hashlib, json, sys
		lines, prev = [], "0" * 64
		with open(sys.argv[1], encoding="utf-8") as log:
		    for seq, line in enumerate(log, 1):
		        event = json.loads(line)
		        event["seq"], event["prev"] = seq, prev
		        line = json.dumps(event, ensure_ascii=False,
		                          separators=(",", ":")) + "\n"
		        lines.append(line)
		        prev = hashlib.sha256(line.encode()).hexdigest()
		with open(sys.argv[1], "w", encoding="utf-8") as log:
		    log.writelines(lines)
	END
}

# forge_record RECORD COPY FILTER [OPTION...]: the copy has the record's lines run
# through jq, and a whole chain.
forge_record() {
	rm -rf "$2"
	cp -r "$1" "$2"
	jq -c "${@:4}" "$3" "$1/log.jsonl" >"$2/log.jsonl"
	rechain "$2"
}

# absent PATH...: no such file, nor a temporary one beside it.
absent() {
	local path
	for path in "$@"; do
		if compgen -G "$path*" >/dev/null; then
			fail "$path exists"
		fi
	done
	CASES=$((CASES + 1))
}

# When rehearsals in tests take place: the request for 2027-q1 is due.
AT=2026-11-15T12:00:00Z

# workspace: a rehearsal's workspace.  $WS/ksr.xml asks for 2027-q1 and
# $WS/skr.xml answers it; $WS/next.xml is the request for 2027-q2, due at
# $NEXT_AT.  $SCRATCH/register-q1 is the register as it is then.  $CONFIG is the configuration; $OFFLINE differs from it in one
# thing: its module does not exist, so that whoever touches the HSM fails.
workspace() {
	WS=$SCRATCH/ws
	CONFIG=$WS/anchorite.yaml
	OFFLINE=$WS/offline.yaml
	NEXT_AT=2027-02-15T12:00:00Z
	accepts init "$WS" --at "$AT"
	sed 's|^    module: .*|    module: /nonexistent/module.so|' "$CONFIG" \
		>"$OFFLINE"
	accepts --config "$CONFIG" --at "$AT" request "$WS/ksr.xml"
	accepts --config "$CONFIG" --at "$AT" sign "$WS/ksr.xml" \
		"$WS/skr.xml" --first --batch
	cp "$WS/register.jsonl" "$SCRATCH/register-q1"
	accepts --config "$CONFIG" --at "$AT" request "$WS/next.xml" \
		--previous-skr "$WS/skr.xml"
}

# Where the tests of refusals have their responses written: a folder that
# stays empty.
OUTPUT=$SCRATCH/responses
mkdir "$OUTPUT"

# nothing_written: no response, nor a temporary file of one.
nothing_written() {
	present "$OUTPUT"/* "$OUTPUT"/.[!.]* "$OUTPUT"/..?* &&
		fail "left behind: $(ls -A "$OUTPUT")"
	CASES=$((CASES + 1))
}

# corpus NAME: the path of one of the documents in the shape of the root zone's,
# made up as tests/data/quarters/make has it, or published ones, if
# $ANCHORITE_CORPUS names their folder.
corpus() {
	[ -r "$CORPUS/$1" ] || fail "$CORPUS/$1 is missing"
	echo "$CORPUS/$1"
}

# pin LABEL: the DS of that KSK of the documents.
pin() {
	if [ -r "$CORPUS/pins" ]; then
		sed -n "s/^$1 //p" "$CORPUS/pins"
	else
		grep -A 8 "label: $1\$" tests/data/corpus.yaml |
			sed -n '0,/ds_sha256/s/.*ds_sha256: //p'
	fi
}

# pinned FILE: the path of this configuration with the documents' KSKs pinned.
pinned() {
	local copy

	[ -r "$CORPUS/pins" ] || {
		echo "$1"
		return
	}
	copy=$SCRATCH/pinned-$(basename -- "$1")
	awk 'NR == FNR { pin[$1] = $2; next }
		$1 == "label:" { label = $2 }
		$1 == "ds_sha256:" && label in pin { sub($2, pin[label]) }
		{ print }' "$CORPUS/pins" "$1" >"$copy"
	echo "$copy"
}

# init_workspace NAME [OPTION]...: the workspace $SCRATCH/NAME as init makes it
# with these options; the commands that follow use its configuration.
init_workspace() {
	local dir=$SCRATCH/$1
	shift
	accepts init "$dir" "$@"
	export ANCHORITE_CONFIG=$dir/anchorite.yaml
}

# equal WHAT WANTED SEEN: two texts must be the same.
equal() {
	[ "$2" = "$3" ] || fail "$1: wanted \"$2\", not \"$3\""
	CASES=$((CASES + 1))
}

# needs COMMAND...: skips the whole test, loudly, where one is missing.
needs() {
	local command
	for command in "$@"; do
		if ! command -v "$command" >/dev/null; then
			echo "SKIPPED: $command is not installed" >&2
			exit 77
		fi
	done
}

# transcript DOCUMENT COMMAND: the indented block of the document that shows a
# command beginning so holds what the last command printed.  A line "..." stands
# for lines left out; ids in parentheses may be others.
transcript() {
	local line piece='' shown printed
	local ids='s/\([0-9a-f]{8}-[0-9a-f-]{27}\)/(id)/'
	printed=$(sed -E "$ids" "$SCRATCH/out")
	shown=$(awk -v command="    \$ $2" '
		index($0, command) == 1 { inside = 1; next }
		inside && !/^    / { exit }
		inside { print substr($0, 5) }' "$1" | sed -E "$ids")
	[ -n "$shown" ] || fail "$1 does not show \"$2\""
	while IFS= read -r line; do
		if [ "$line" != ... ]; then
			piece+=$line$'\n'
			continue
		fi
		[[ $'\n'$printed$'\n' == *$'\n'"$piece"* ]] ||
			fail "$1: \"$2\" did not print this: $piece"
		piece=
		CASES=$((CASES + 1))
	done <<<"$shown"$'\n...'
}

finish() {
	echo "$CASES assertions held"
}

# whole_act KIND: the act file of a kind of ceremony, or of that path, with its
# parts put in.
TREE=$PWD
whole_act() {
	bash -c '. "$1/ceremony-scripts/lib.sh"; . "$1/ceremony-scripts/acts.sh"
		file=$2
		[[ $file == */* ]] || file=$ACTS_FOLDER/$file.act
		acts_whole "$file"' acts "$TREE" "$1"
}
