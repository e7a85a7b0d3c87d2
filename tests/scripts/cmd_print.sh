#!/bin/bash
# Scripts on paper: what is on the sheets, what cannot get onto them, and that
# the same inputs give the same bytes.
. tests/support/lib.sh
needs gropdf pdftotext pdfinfo pdffonts preconv
export ANCHORITE
print=ceremony-scripts/print
status=0

# print ARGUMENT...: runs the script; $status, out and err.
print() {
	status=0
	"$PWD/$print" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null ||
		status=$?
}

# printed PDF ARGUMENT...: it must succeed, silently.
printed() {
	print "${@:2}" -o "$1"
	[ "$status" -eq 0 ] || fail "status $status: print ${*:2}"
	[ ! -s "$SCRATCH/out" ] || fail "print ${*:2} says something"
	[ ! -s "$SCRATCH/err" ] || fail "print ${*:2} says something"
	CASES=$((CASES + 1))
}

# not_printed STATUS TEXT ARGUMENT...: refused in one line, nothing written.
not_printed() {
	print "${@:3}"
	[ "$status" -eq "$1" ] || fail "status $status, wanted $1: ${*:3}"
	grep -qF -- "$2" "$SCRATCH/err" || fail "does not say \"$2\""
	[ "$(wc -l <"$SCRATCH/err")" -eq 1 ] || fail "not one line: ${*:3}"
	nothing_written
}

# read_pages PDF: every sheet's text is in pages, from 1, its quotation marks as
# on a keyboard, its spaces single.
read_pages() {
	pdf=$1
	mapfile -d $'\f' -t pages < <(printf '\f'
		pdftotext -layout "$pdf" - | sed -e "s/\xe2\x80\x99/'/g" \
			-e 's/\xe2\x80[\x9c\x9d]/"/g' | tr -s ' \n' ' ')
	sheets=$((${#pages[@]} - 1))
	equal "sheets of $pdf" "$sheets" \
		"$(pdfinfo "$pdf" | sed -n 's/^Pages: *//p')"
	whole=${pages[*]}
}

# on_paper TEXT
on_paper() {
	[[ $whole == *"$1"* ]] || fail "$pdf lacks \"$1\""
	CASES=$((CASES + 1))
}

# bare TEXT: sets bare to it without what differs on paper: where lines end, and
# backquotes.
bare() {
	bare=${1//[[:space:]\\\`]/}
	bare=${bare//↵/}
	bare=${bare//□/}
}

# What a file has as acts_load reads it, a line for each thing: "act TITLE",
# "step NUMBER TITLE ROLE", and "part TEXT" for all that a step is made of.
parts_of() {
	bash -c '. ceremony-scripts/lib.sh; . ceremony-scripts/acts.sh
		part() {
			local line
			while IFS= read -r line; do
				[ -z "$line" ] || "$1" "$line"
			done <<<"$2"
		}
		text() { acts_expand "part $1"; }
		command() { printf "part "; acts_command "$1"; }
		condition() { printf "part "; acts_condition "$1"; }
		ACTS_BLANKS=yes
		acts_load "$1"
		act=0
		for ((i = 0; i < ${#STEP_NUMBER[@]}; i++)); do
			if [ "${STEP_ACT[i]}" -ne "$act" ]; then
				act=${STEP_ACT[i]}
				printf "act Act %d %s\n" "$act" "${ACTS[act - 1]}"
			fi
			printf "step %s %s %s\n" "${STEP_NUMBER[i]}" \
				"${STEP_TITLE[i]}" "${STEP_INITIAL[i]}"
			part text "${STEP_DO[i]}"
			part text "${STEP_SAY[i]}"
			part condition "${STEP_BEFORE[i]}"
			part command "${STEP_RUN[i]}"
			part text "${STEP_EXPECT[i]}"
			part condition "${STEP_AFTER[i]}"
			part text "${STEP_WRITE[i]}"
			part text "${STEP_ASK[i]}"
		done' parts "$1"
}

# check_steps FILE: everything in order, a step whole on one sheet, an act's
# title on that of its first step.
check_steps() {
	local what text n=1 act_page=0 step='' rest bare

	# The acts begin behind the hashes; before, there is the contents.
	while [[ ${pages[n]} != *'Step Activity Initial Time UTC'* ]]; do
		n=$((n + 1))
	done
	bare "${pages[n]}"
	rest=$bare
	while read -r what text; do
		bare "$text"
		text=$bare
		until [[ $what = part || $rest == *"$text"* ]]; do
			n=$((n + 1))
			[ "$n" -le "$sheets" ] || fail "\"$text\" is not in its place"
			bare "${pages[n]}"
			rest=$bare
		done
		[[ $rest == *"$text"* ]] ||
			fail "\"$text\" of step $step is not on sheet $n in its place"
		rest=${rest#*"$text"}
		case $what in
		act)
			act_page=$n
			;;
		step)
			step=$text
			[[ ! $step =~ ^[0-9]+\.1[^0-9] || $n -eq $act_page ]] ||
				fail "step $step is on sheet $n, its act's title on $act_page"
			;;
		esac
		CASES=$((CASES + 1))
	done < <(parts_of "$1")
}

# check_values: of the values, which fill a sheet and more, none stands alone.
check_values() {
	local n rows begun=

	for ((n = 1; n <= sheets; n++)); do
		[[ -z $begun || ${pages[n]} != *' Hashes '* ]] || return 0
		[[ ${pages[n]} != *' Values What was known '* ]] || begun=yes
		[ -n "$begun" ] || continue
		rows=$(pdftotext -layout -f "$n" -l "$n" "$pdf" - |
			grep -cE '^ *[A-Z][A-Z0-9_]{2,}  +[A-Z]') || :
		[ "$rows" -ge 2 ] ||
			fail "$pdf: one row on sheet $n"
	done
	fail "$pdf: no values, or no hashes behind them"
}

# Every kind on both papers, without a value and with all of them.
mkdir "$SCRATCH/pdf"
mapfile -t kinds < <(bash -c '. ceremony-scripts/lib.sh
	. ceremony-scripts/acts.sh; acts_kinds')
mkdir "$SCRATCH/whole"
for kind in "${kinds[@]}"; do
	whole_act "$kind" >"$SCRATCH/whole/$kind.act"
	for paper in a4 letter; do
		printed "$SCRATCH/pdf/$kind-$paper.pdf" "$kind" --paper "$paper"
		read_pages "$SCRATCH/pdf/$kind-$paper.pdf"
		[[ $sheets -ge 14 && $sheets -le 80 ]] ||
			fail "$kind has $sheets sheets of $paper"
		case $paper in
		a4) size='595.* x 84[12].* pts (A4)' ;;
		letter) size='612 x 792 pts (letter)' ;;
		esac
		grep -q "^Page size: *$size" <<<"$(pdfinfo "$pdf")" ||
			fail "$(pdfinfo "$pdf")"
		for ((n = 1; n <= sheets; n++)); do
			[[ ${pages[n]} == *"Page $n of $sheets"* ]] ||
				fail "$kind: sheet $n is not numbered"
		done
		check_steps "$SCRATCH/whole/$kind.act"
		check_values
	done
	digest=$(sha256sum "$SCRATCH/whole/$kind.act")
	on_paper "${digest%% *}"
	on_paper "$kind.act, SHA-256 ${digest:0:16} Page"
	read -rd '' -a words < <("$ANCHORITE" hash \
		"$SCRATCH/whole/$kind.act" | sed -n '/^          /p') || :
	on_paper "${words[*]}"
	on_paper "Exception E1, step"
	on_paper "Head of the ceremony record"
	# An act's foreseen exceptions have a form each, and two are blank.
	foreseen=$(grep -c '^exception:' "$SCRATCH/whole/$kind.act")
	[ "$(grep -o 'What was decided, and by whom' <<<"$whole" | wc -l)" -eq \
		"$((foreseen + 2))" ] || fail "$kind: not $foreseen forms"
	[ "$(pdffonts "$pdf" | awk 'NR > 2 { print $(NF - 4) }' |
		sort -u)" = yes ] || fail "$kind: fonts are not in the PDF"
done

# Values: hashes of the files that are there, in hex and words; commands as
# they will run, whatever is in the values.
name="it's \"a\" ~file^ \$HOME \`x\` \\f[CR] é"
mkdir -p "$SCRATCH/a folder/$name/which-has-a-name-that-is-longer-than-any-line-of-the-commands"
cd_to="$SCRATCH/a folder/$name/which-has-a-name-that-is-longer-than-any-line-of-the-commands"
printf 'request\n' >"$cd_to/ksr.xml"
ksr_sha256=$(sha256sum <"$cd_to/ksr.xml")
cat >"$SCRATCH/values" <<END
# as the ceremony's administrator knows them
CEREMONY_NAME=Ceremony 53
KSR=$cd_to/ksr.xml
KSR_SHA256=${ksr_sha256%% *}
SCHEMA=normal
REGISTER_HEAD_SHA256=${ksr_sha256%% *}
END
printed "$SCRATCH/pdf/values.pdf" key-signing --set-file "$SCRATCH/values" \
	--set SKR=/tmp/skr.xml --set PREVIOUS_SKR=/tmp/previous.xml
read_pages "$SCRATCH/pdf/values.pdf"
on_paper 'Ceremony 53 Key Signing Ceremony'
[[ ${pages[1]} == *"${ksr_sha256%% *}"* ]] ||
	fail "the request's hash is not on the title page"
read -rd '' -a words < <("$ANCHORITE" hash "$cd_to/ksr.xml" | sed -n '/^          /p') || :
on_paper "${words[*]}"
on_paper "$("$ANCHORITE" --version | sed -n 1p)"
program_sha256=$(sha256sum <"$ANCHORITE")
on_paper "${program_sha256%% *}"
# Put together again, what stands in the box is the command.
pdftotext -layout "$pdf" - | sed -e 's/^ *//' -e 's/ *$//' |
	sed -n '/^anchorite sign/,/[^\\]$/p' >"$SCRATCH/lines"
together=$(sed -e ':a' -e '/ \\$/{N;s/ \\\n/ /;ba}' -e '/\\$/{N;s/\\\n//;ba}' \
	"$SCRATCH/lines")
quoted=${cd_to//\'/\'\\\'\'}
[ "$together" = "anchorite sign '$quoted/ksr.xml' /tmp/skr.xml --previous-skr /tmp/previous.xml --schema normal --register-head ${ksr_sha256%% *}" ] ||
	fail "on paper the command is: $together"
CASES=$((CASES + 1))

equal "the document's title" "Key Signing Ceremony: Ceremony 53" \
	"$(pdfinfo "$pdf" | sed -n 's/^Title: *//p')"
printed "$SCRATCH/pdf/example.pdf" key-signing --files-elsewhere \
	--set-file docs/examples/key-signing.values
read_pages "$SCRATCH/pdf/example.pdf"
check_values
# A command amid prose is divided as visibly as one in its box.
grep -qE 'anchorite log( verify.*)? *\\$' <(pdftotext -layout "$pdf" -) ||
	fail "a command is divided in silence"

# The same inputs, the same bytes: on another day, elsewhere, in another tongue.
(cd / && TZ=Asia/Tokyo LC_ALL=C.UTF-8 LANG=de_DE.UTF-8 GROFF_TYPESETTER=dvi \
	ASAN_OPTIONS=verify_asan_link_order=0 \
		faketime '2031-05-05 12:00:00' "$OLDPWD/$print" key-signing \
	--set-file "$SCRATCH/values" --set SKR=/tmp/skr.xml \
	--set PREVIOUS_SKR=/tmp/previous.xml -o "$SCRATCH/pdf/again.pdf") ||
	fail "elsewhere it is not printed"
cmp "$SCRATCH/pdf/values.pdf" "$SCRATCH/pdf/again.pdf" ||
	fail "the same inputs give other bytes"

# Texts from outside are texts: no request, escape or macro's argument.
# The file has them as they are; %s here is U+202E, which turns text around.
rlo=$(printf '\342\200\256')
sed "s/%s/$rlo/" >"$SCRATCH/attacks" <<'END'
.sy touch HERE
'sy touch HERE
\&.sy x
\*[title] \n% \s100 big
" "quoted" "
'single
\c \
\X(ps: exec)
\Z
\D'l 9i 9i'
.br
\[sy] \(sq \e \\ \\\\
\$1 \\$1
`.so /etc/passwd` \!x
\{ \}
аdmin %sevil 中文 é
#comment
<U+4E2D> .fchar
END
printf '%0400d\n' 0 >>"$SCRATCH/attacks"
{
	printf 'title: .sy touch HERE\npurpose: \\*[x]\ninput: CEREMONY_NAME x\n'
	printf 'participants: CA IW\nact: \\n%% .bp\n'
	while IFS= read -r attack; do
		printf 'step: %s\ndo: %s\nsay: %s\nexpect: %s\nask: %s\nexception: %s\n' \
			"$attack" "$attack" "$attack" "$attack" "$attack" "$attack"
		[[ $attack == *[\`\$]* ]] || printf 'run: %s\n' "$attack"
	done <"$SCRATCH/attacks"
} >"$SCRATCH/attack.act"
(cd "$SCRATCH" && "$OLDPWD/$print" ./attack.act \
	--set CEREMONY_NAME="'\\*[x] \\" -o pdf/attack.pdf) >"$SCRATCH/out" \
	2>"$SCRATCH/err" || fail "the hostile act file is not printed"
[ ! -s "$SCRATCH/err" ] || fail "the hostile act file makes groff complain"
[ ! -e "$SCRATCH/HERE" ] || fail "a command was run"
read_pages "$SCRATCH/pdf/attack.pdf"
while IFS= read -r attack; do
	[ "$(grep -oF -- "$attack" <<<"$whole" | wc -l)" -ge 5 ] ||
		fail "on paper there is no \"$attack\""
	CASES=$((CASES + 1))
done <<'END'
.sy touch HERE
'sy touch HERE
\&.sy x
\*[title] \n% \s100 big
\c \
\X(ps: exec)
\D'l 9i 9i'
\[sy] \(sq \e \\ \\\\
\$1 \\$1
.so /etc/passwd \!x
\{ \}
dmin <U+202E>evil <U+4E2D><U+6587> é
#comment
END
on_paper "'\\*[x] \\"
equal "the hostile title" ".sy touch HERE: '\\*[x] \\" \
	"$(pdfinfo "$pdf" | sed -n 's/^Title: *//p')"
[ "$(tr -d ' \134' <<<"$whole" | grep -o '0\{400\}' | wc -l)" -ge 4 ] ||
	fail "a long word is cut"

# What is refused; nothing is left behind, and nothing replaced.
not_printed 2 'which KIND?' -o "$OUTPUT/x.pdf"
not_printed 2 'where to? give -o FILE' key-signing
not_printed 2 'key-singing.act: there is no such file' key-singing \
	-o "$OUTPUT/x.pdf"
not_printed 2 'one KIND at a time' key-signing key-signing -o "$OUTPUT/x.pdf"
not_printed 2 '--paper a3: wanted a4 or letter' key-signing --paper a3 \
	-o "$OUTPUT/x.pdf"
not_printed 2 '--set needs a value' key-signing -o "$OUTPUT/x.pdf" --set
not_printed 2 'key-signing has no input "KSKR"' key-signing --set KSKR=1 \
	-o "$OUTPUT/x.pdf"
not_printed 2 'KSR has its value from' key-signing --set KSR=1 --set KSR=2 \
	-o "$OUTPUT/x.pdf"
not_printed 2 'values: there is no such file' key-signing \
	--set-file "$OUTPUT/values" -o "$OUTPUT/x.pdf"
not_printed 1 "refused: $cd_to/ksr.xml has SHA-256 ${ksr_sha256:0:64}, KSR_SHA256 is 0" \
	key-signing --set "KSR=$cd_to/ksr.xml" \
	--set "KSR_SHA256=$(printf '%064d' 0)" -o "$OUTPUT/x.pdf"
not_printed 1 "refused: $ANCHORITE has SHA-256" key-signing \
	--set "PROGRAM_SHA256=${ksr_sha256:0:64}" -o "$OUTPUT/x.pdf"
not_printed 2 "$OUTPUT/no: cannot be written to" key-signing \
	-o "$OUTPUT/no/x.pdf"
{
	printf 'title: x\npurpose: x\nact: x\nstep: x\n'
	for ((n = 0; n < 90; n++)); do
		echo "do: $n"
	done
} >"$SCRATCH/long.act"
not_printed 2 'long.act: a step is longer than a sheet' "$SCRATCH/long.act" \
	-o "$OUTPUT/x.pdf"
# What groff says when it fails, and not what it counted until then.
mkdir "$SCRATCH/broken"
cat >"$SCRATCH/broken/groff" <<'END'
#!/bin/bash
printf '%s\n' 'act 1 8' 'troff: no such font' 'groff: gave up' 'sheets 9' >&2
exit 1
END
chmod +x "$SCRATCH/broken/groff"
PATH=$SCRATCH/broken:$PATH not_printed 2 \
	'print: groff: troff: no such font; groff: gave up' \
	key-signing -o "$OUTPUT/x.pdf"
echo mine >"$SCRATCH/mine.pdf"
print key-signing -o "$SCRATCH/mine.pdf"
[ "$status" -eq 2 ] || fail "status $status for a file that exists"
equal 'the file that was there' mine "$(cat "$SCRATCH/mine.pdf")"
# Not even one that appears while the script is printed.
mkdir "$SCRATCH/late"
printf '#!/bin/bash\necho theirs >"%s"\nexec "%s" "$@"\n' \
	"$SCRATCH/late.pdf" "$(command -v preconv)" >"$SCRATCH/late/preconv"
chmod +x "$SCRATCH/late/preconv"
PATH=$SCRATCH/late:$PATH print key-signing -o "$SCRATCH/late.pdf"
[ "$status" -eq 2 ] || fail "status $status for a file that appeared"
equal 'the file that appeared' theirs "$(cat "$SCRATCH/late.pdf")"
[ -z "$(find "$SCRATCH" -name '.print.*')" ] || fail "a temporary file stays"
ln -s "$OUTPUT/elsewhere" "$SCRATCH/link.pdf"
not_printed 2 'link.pdf: exists' key-signing -o "$SCRATCH/link.pdf"
finish
