#!/bin/bash
# A name is shown as it is in a UTF-8 locale, and in \xNN in any other; records,
# JSON and documents are the same in both.  What is malformed, hides itself or
# moves the text around it is in \xNN everywhere.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq pkcs11-tool softhsm2-util

grep -qix 'c\.utf-\?8' <<<"$(locale -a 2>/dev/null)" || {
	echo "SKIPPED: there is no C.UTF-8" >&2
	exit 77
}

ANCHORITE=$(realpath "$ANCHORITE")
PLAN=$PWD/docs/examples/plan-rollover.yaml
ROOT=$PWD/docs/examples/root.yaml
ACT=$PWD/ceremony-scripts/acts/key-signing.act
workspace
export ANCHORITE_CONFIG=$CONFIG
KSR=$WS/ksr.xml
SKR=$WS/skr.xml
RECORD=$SCRATCH/ceremony
mapfile -t COMMANDS < <("$ANCHORITE" --help |
	sed -n 's/^  \([a-z-]\+\)  .*/\1/p')
[ "${#COMMANDS[@]}" -ge 20 ] || fail "--help lists ${#COMMANDS[@]} commands"
"$ANCHORITE" --config "$CONFIG" --at "$AT" --ceremony "$SCRATCH/transport" \
	transport --label transport "$WS/transport.pem" >/dev/null ||
	fail "no transport key"
mkdir "$SCRATCH/place"
cd "$SCRATCH/place"

# escaped TEXT: each octet that is no printable ASCII as \xNN.
escaped() {
	local LC_ALL=C text=$1 c i
	for ((i = 0; i < ${#text}; i++)); do
		c=${text:i:1}
		case $c in
		[\ -~]) printf %s "$c" ;;
		*) printf '\\x%02x' "$(($(printf '%d' "'$c") & 255))" ;;
		esac
	done
}

# A name, and how it is to be seen in UTF-8.
GOOD=$'Schl\303\274ssel-\320\272\320\273\321\216\321\207.xml'
WIDE=$'\345\220\215\345\211\215.xml'
# ESC, C1 as an octet and as a character, torn, overlong, a surrogate, U+202E,
# U+2066, U+200B, U+200F, U+FEFF, U+E000 and a combining mark.
HOSTILE=$'a\e[2J\x9b1m\302\205\303\300\257\355\240\200\342\200\256'
HOSTILE+=$'\342\201\246\342\200\213\342\200\217\357\273\277\356\200\200e\314\201.xml'
equal "the escapes" 'Schl\xc3\xbcssel-\xd0\xba\xd0\xbb\xd1\x8e\xd1\x87.xml' \
	"$(escaped "$GOOD")"
declare -A ESCAPED
for name in "$GOOD" "$WIDE" "$HOSTILE"; do
	ESCAPED[$name]=$(escaped "$name")
done

# in_locale LOCALE ARGS...: both streams in $SCRATCH/shown, $status.
in_locale() {
	local locale=$1
	shift
	status=0
	LC_ALL=$locale "$ANCHORITE" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" \
		</dev/null || status=$?
	cat "$SCRATCH/out" "$SCRATCH/err" >"$SCRATCH/shown"
	! grep -q 'out of memory' "$SCRATCH/shown" || fail "memory: $*"
}

# What no screen may be sent: controls, and of the hostile name's characters.
UNSEEN=$'*[\x01-\x09\x0b-\x1f\x7f\xc0\xff]*|*\xc2[\x80-\x9f]*'
UNSEEN+=$'|*\xe2\x8[01]*|*\xef\xbb*|*\xee*|*\xcc*|*\xed*'
shopt -s extglob

# shows TEXT WHAT: TEXT is there, and nothing that must be escaped.
shows() {
	local shown
	shown=$(<"$SCRATCH/shown")
	[[ $shown == *"$1"* ]] || fail "$2: does not show $1"
	# shellcheck disable=SC2053 # patterns
	[[ $shown != @($UNSEEN) ]] || fail "$2: shows what must be escaped"
	CASES=$((CASES + 1))
}

# names NAME ARGS...: both locales end the same way; each shows its form.
TRIED=
names() {
	local name=$1 visible first
	shift
	visible=$name
	[ "$name" != "$HOSTILE" ] || visible=${ESCAPED[$name]}
	in_locale C.UTF-8 "$@"
	first=$status
	shows "$visible" "UTF-8, $*"
	in_locale C "$@"
	equal "status of $*" "$first" "$status"
	shows "${ESCAPED[$name]}" "C, $*"
	! grep -q '[^ -~]' "$SCRATCH/shown" || fail "C: not ASCII: $*"
}

# reads ARGS...: NAME among them is a file to read: it is missing, or it is no
# document.
reads() {
	TRIED+=" $* "
	rm -rf ./*
	names "$WIDE" "${@/NAME/$WIDE}"
	[ "$status" -ne 0 ] || fail "accepted: $*"
	for name in "$GOOD" "$HOSTILE"; do
		printf 'nothing\n' >"$name"
		names "$name" "${@/NAME/$name}"
		[ "$status" -ne 0 ] || fail "accepted: $*"
	done
}

# writes ARGS...: NAME is there already.
writes() {
	TRIED+=" $* "
	rm -rf ./*
	for name in "$GOOD" "$HOSTILE"; do
		: >"$name"
		names "$name" "${@/NAME/$name}"
		equal "status of $*" 2 "$status"
		[ ! -s "$name" ] || fail "written over: $*"
	done
}

HERE=(--config "$CONFIG" --at "$AT" --ceremony "$SCRATCH/none")
reads check NAME
reads check "$KSR" --previous-skr NAME
reads --at "$AT" --config "$OFFLINE" sign NAME skr --first --batch
reads --at "$AT" --config "$OFFLINE" sign "$KSR" skr --batch \
	--previous-skr NAME
reads --at "$AT" --config "$OFFLINE" sign "$KSR" folder --plan NAME --batch \
	--first
writes --at "$AT" --config "$OFFLINE" sign "$KSR" NAME --first --batch
reads verify NAME "$SKR" --config "$CONFIG"
reads verify "$KSR" NAME --config "$CONFIG"
reads verify "$KSR" "$SKR" --config "$CONFIG" --previous-skr NAME
reads release NAME --at 2027-01-05T00:00:00Z
writes release "$SKR" --at 2027-01-05T00:00:00Z -o NAME
reads simulate NAME
writes simulate "$SKR" --svg NAME
reads --config "$ROOT" plan check NAME
reads --config "$ROOT" plan show NAME
reads --config "$ROOT" plan draw NAME -o drawing
writes --config "$ROOT" plan draw "$PLAN" -o NAME
reads show NAME
reads hash "$KSR" NAME-
reads "${HERE[@]}" register activate NAME
reads "${HERE[@]}" register adopt NAME
writes --config "$CONFIG" --ceremony "$RECORD" register recover "$(sha256sum <"$SKR" | cut -c1-64)" NAME
reads log verify NAME
reads log verify "$RECORD" --signature NAME
reads log show NAME
reads log import-ksrsigner NAME
writes --config "$CONFIG" --ceremony "$RECORD" log sign NAME --key ksk-1
reads replay NAME
reads report NAME -o page
writes report "$RECORD" -o NAME
reads manifest NAME- out
writes manifest "$WS/tokens" NAME
reads manifest "$WS/tokens" --compare NAME
writes "${HERE[@]}" request NAME
reads "${HERE[@]}" request out --previous-skr NAME
reads "${HERE[@]}" request out --plan NAME
writes "${HERE[@]}" keygen --label k --algorithm RSASHA256 --csr NAME
writes init NAME
reads convert NAME out --into bind
writes convert "$SKR" NAME --into bind
writes "${HERE[@]}" transport --label t NAME
reads "${HERE[@]}" backup out --label ksk-1 --to NAME \
	--recipient-sha256 "$(printf '%064d' 0)" --batch
writes "${HERE[@]}" backup NAME --label ksk-1 --to "$WS/transport.pem" \
	--recipient-sha256 "$(sha256sum <"$WS/transport.pem" | cut -c1-64)" --batch
reads "${HERE[@]}" restore NAME --transport-key t
reads "${HERE[@]}" handover out --label z --to NAME \
	--recipient-sha256 "$(printf '%064d' 0)" --batch
writes "${HERE[@]}" handover NAME --label z --to "$WS/transport.pem" \
	--recipient-sha256 "$(sha256sum <"$WS/transport.pem" | cut -c1-64)" --batch
reads step begin --ceremony "$SCRATCH/none" --script NAME
rm -rf ./*
for name in "$GOOD" "$HOSTILE"; do
	names "$name" step begin --ceremony "$SCRATCH/none" --script "$ACT" \
		--values "$name"
done
reads step status --ceremony NAME
printf 'ksk_policy: {signers_name: example}\n' >"$SCRATCH/child.yaml"
reads trust-anchor show NAME
reads --config "$CONFIG" trust-anchor compare NAME --offline
reads "${HERE[@]}" trust-anchor sign NAME p7s --certificate x --label x --batch
reads trust-anchor verify "$SKR" "$SKR" NAME
writes "${HERE[@]}" trust-anchor make NAME
writes "${HERE[@]}" trust-anchor sign "$SKR" NAME --certificate x --label x \
	--batch
reads --config "$SCRATCH/child.yaml" parent compare NAME
writes --config "$SCRATCH/child.yaml" parent show --format ds -o NAME
reads inventory --config NAME
reads keydelete --label ksk-1 --batch --config NAME
for command in "${COMMANDS[@]}"; do
	[ "$command" = selftest ] || [[ $TRIED == *" $command "* ]] ||
		fail "$command was not tried"
done

# Of what is typed and is no file.
for name in "$GOOD" "$HOSTILE"; do
	names "$name" "$name"
	names "$name" show "--$name"
	names "$name" show x "$name"
	names "$name" log "$name"
	names "$name" "${HERE[@]}" keygen --label k --algorithm "$name"
	names "$name" --at "$name" show "$SKR"
	names "$name" simulate "$SKR" --resolver "$name"
done

# --- what is on record and what other programs read

# both ARGS...: in a folder for each locale, from the same start.
both() {
	local locale
	for locale in C C.UTF-8; do
		cd "$SCRATCH/$locale"
		status=0
		LC_ALL=$locale "$ANCHORITE" --at "$AT" \
			--config ws/anchorite.yaml --ceremony "$NOTES" "$@" \
			>"$SCRATCH/out.$locale" 2>"$SCRATCH/err.$locale" \
			</dev/null || status=$?
		cat "$SCRATCH/out.$locale" "$SCRATCH/err.$locale" \
			>"$SCRATCH/shown"
		[ "$status" -eq "$WANTED" ] || {
			cat "$SCRATCH/shown" >&2
			fail "$locale: status $status, wanted $WANTED: $*"
		}
		[ -z "$SEEN" ] || [[ $locale == C ]] || shows "$SEEN" "$*"
	done
	CASES=$((CASES + 1))
}

# facts LOCALE: all that the record says, but for when.
facts() {
	jq -cS 'del(.time, .prev, .host.clock)' \
		"$SCRATCH/$1/$NOTES/log.jsonl"
}

NOTES=$'Protokoll-\303\274' SEEN='' WANTED=0
for locale in C C.UTF-8; do
	mkdir "$SCRATCH/$locale"
	cd "$SCRATCH/$locale"
	cp -r "$WS" ws
	rm ws/register.jsonl
	cp "$KSR" "$GOOD"
	printf 'nothing\n' >"$HOSTILE"
done
ANSWER=$'Antwort-\321\221.xml'
SEEN=$GOOD both check "$GOOD"
SEEN=$ANSWER both sign "$GOOD" "$ANSWER" --first --batch
SEEN=$ANSWER both verify "$GOOD" "$ANSWER"
SEEN=$GOOD both hash "$GOOD"
SEEN=$(escaped "$HOSTILE") both hash "$HOSTILE"
SEEN=$(escaped "$HOSTILE") WANTED=2 both show "$HOSTILE"
SEEN=$WIDE WANTED=2 both show "$WIDE"
SEEN=$NOTES both register list
equal "lines of the record" "$(facts C | wc -l)" "$(facts C.UTF-8 | wc -l)"
facts C >"$SCRATCH/facts"
facts C.UTF-8 | diff "$SCRATCH/facts" - >&2 || fail "the records differ"
! LC_ALL=C grep -q '[^ -~]' "$SCRATCH/C.UTF-8/$NOTES/log.jsonl" ||
	fail "a record is not ASCII"
jq -r '.. | strings' "$SCRATCH/C.UTF-8/$NOTES/log.jsonl" >"$SCRATCH/strings"
for text in "$GOOD" "$ANSWER" "$HOSTILE" "$WIDE: No such file or directory"; do
	grep -qxF -- "$(escaped "$text")" "$SCRATCH/strings" ||
		fail "not on record: $text"
done

for locale in C C.UTF-8; do
	for other in C C.UTF-8; do
		cd "$SCRATCH/$other"
		in_locale "$locale" replay "$NOTES"
		equal "$locale: replay of $other" 0 "$status"
		in_locale "$locale" log verify "$NOTES"
		equal "$locale: log verify of $other" 0 "$status"
		in_locale "$locale" log show "$NOTES"
		shows "$(escaped "$GOOD")" "log show"
	done
	cd "$SCRATCH/C"
	in_locale "$locale" report "$NOTES" -o "$SCRATCH/page.$locale"
	equal "$locale: report" 0 "$status"
	! LC_ALL=C grep -q '[^ -~]' "$SCRATCH/page.$locale" || fail "page"
done
cmp -s "$SCRATCH/page.C" "$SCRATCH/page.C.UTF-8" ||
	fail "a page depends on the locale"

# json STATUS ARGS...: the same in both locales, in ASCII, a whole.
json() {
	local wanted=$1
	shift
	in_locale C.UTF-8 --json "$@"
	equal "status of $*" "$wanted" "$status"
	cp "$SCRATCH/out" "$SCRATCH/json"
	in_locale C --json "$@"
	cmp -s "$SCRATCH/out" "$SCRATCH/json" || fail "JSON differs: $*"
	! LC_ALL=C grep -q '[^ -~]' "$SCRATCH/json" || fail "not ASCII: $*"
	jq -r '.. | strings' "$SCRATCH/json" >"$SCRATCH/strings" ||
		fail "no JSON: $*"
	! LC_ALL=C grep -q '[^ -~]' "$SCRATCH/strings" ||
		fail "not ASCII behind JSON's escapes: $*"
	CASES=$((CASES + 1))
}

cd "$SCRATCH/C"
for name in "$GOOD" "$HOSTILE"; do
	rm -rf "$SCRATCH/n" && mkdir "$SCRATCH/n"
	cp ws/ksr.xml "$SCRATCH/n/$name"
	cp ws/skr.xml "$SCRATCH/n/$name.skr"
	cp "$PLAN" "$SCRATCH/n/$name.yaml"
	cp ws/anchorite.yaml "$SCRATCH/n/$name.conf"
	name=$SCRATCH/n/$name
	json 0 hash "$name"
	json 0 show "$name"
	json 0 check "$name" --config ws/anchorite.yaml --at "$AT" \
		--alternative again
	json 0 verify "$name" "$name.skr" --config ws/anchorite.yaml --at "$AT"
	json 0 release "$name.skr" --at 2027-01-05T00:00:00Z
	json 0 release "$name.skr" --at 2027-01-05T00:00:00Z \
		--config "$name.conf"
	json 0 simulate "$name.skr"
	json 0 register list --config "$name.conf"
	json 0 --config "$ROOT" plan show "$name.yaml"
	json 0 --config "$ROOT" plan check "$name.yaml"
	rm -f "$name.svg"
	in_locale C --json --config "$ROOT" plan draw "$name.yaml" \
		-o "$name.svg"
	equal "plan draw" "$(escaped "$name.svg")" \
		"$(jq -r .output "$SCRATCH/out")"
	in_locale C --json report "$NOTES" -o "$name.html"
	equal "report" "$(escaped "$name.html")" \
		"$(jq -r .output "$SCRATCH/out")"
	json 0 manifest "$SCRATCH/n"
	json 0 replay "$NOTES"
	in_locale C.UTF-8 show --format dns "$name"
	! LC_ALL=C grep -q '[^ -~]' "$SCRATCH/out" || fail "zone data"
	in_locale C.UTF-8 manifest "$SCRATCH/n"
	! LC_ALL=C grep -q '[^ -~]' "$SCRATCH/out" || fail "a manifest"
done

# --- labels

export SOFTHSM2_CONF=$WS/softhsm2.conf
MODULE=$(sed -n 's/^ *module: *"\?\([^"]*\)"\?$/\1/p' "$CONFIG")
LABEL=$'Schl\303\274ssel'
BAD=$'x\342\200\256\e[2Jy'
serial=$(sed -n 's/.*serial=\([^";]*\).*/\1/p' "$CONFIG")
softhsm2-util --init-token --free --label "$LABEL" --so-pin 654321 \
	--pin 123456 >/dev/null
softhsm2-util --init-token --free --label "$BAD" --so-pin 654321 \
	--pin 123456 >/dev/null
slot=$(softhsm2-util --show-slots | awk -v serial="$serial" '
	/^Slot/ { slot = $2 } $1 == "Serial" && $3 == serial { print slot }')
for label in "$LABEL" "$BAD"; do
	pkcs11-tool --module "$MODULE" --slot "$slot" --login \
		--pin "$(<"$WS/pin")" --keypairgen --key-type EC:prime256v1 \
		--label "$label" >/dev/null 2>&1 || fail "pkcs11-tool"
done
unset SOFTHSM2_CONF
cd "$SCRATCH/place"
INVENTORY=(--config "$CONFIG" --at "$AT" inventory)
in_locale C.UTF-8 "${INVENTORY[@]}"
shows "token \"$LABEL\"" inventory
shows 'token "x\xe2\x80\xae?[2Jy"' inventory
# The columns of a label are those that are seen.
shows "  $LABEL            EC P-256" inventory
shows ' x\xe2\x80\xae\x1b[2Jy' inventory
in_locale C "${INVENTORY[@]}"
shows 'token "Schl\xc3\xbcssel"' inventory
shows '  Schl\xc3\xbcssel     EC P-256' inventory
json 0 "${INVENTORY[@]}"
jq -e --arg wanted "$(escaped "$LABEL")" \
	'any(.keys[]; .label == $wanted)' "$SCRATCH/json" >/dev/null ||
	fail "JSON lacks the key's label"
finish
