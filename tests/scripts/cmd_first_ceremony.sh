#!/bin/bash
# A first ceremony: what rehearse prepares is walked to its end on a terminal of
# 80x24, as docs/first-ceremony.txt has it; and every script tells people where
# to write down what it asks them to write down.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs expect jq
ANCHORITE=$(realpath "$ANCHORITE")
export ANCHORITE
DOC=docs/first-ceremony.txt

# frame FILE: what the scripts show of themselves, without the output of
# commands; hashes, numbers and times are all the same.
frame() {
	sed -n '/^\$ ceremony-scripts\/run /,$p' "$1" | sed -E \
		-e 's/[0-9a-f]{64}/HASH/g' -e 's/[0-9]+/0/g' |
		awk '
		ended { next }
		/^The script ended/ { print; ended = 1 }
		/^  (holds|FAILS|expect|paper) / || /^(Enter|Initials|Witness|Date|Who|First|Number)/ ||
			/^--------/ { output = 0 }
		/^\$ / { print; output = 1; next }
		!output && NF { print }'
}

tests/first_ceremony "$SCRATCH/walked" >"$SCRATCH/out" 2>"$SCRATCH/err" ||
	fail "the ceremony does not come to its end"
frame "$SCRATCH/walked" >"$SCRATCH/frame"
frame "$DOC" >"$SCRATCH/frame-doc"
[ "$(wc -l <"$SCRATCH/frame-doc")" -gt 400 ] || fail "$DOC has no frame"
diff "$SCRATCH/frame-doc" "$SCRATCH/frame" >"$SCRATCH/out" ||
	fail "$DOC is not what is shown; tests/first_ceremony $DOC makes it anew"
CASES=$((CASES + 1))
! grep -E '^.{81}' "$SCRATCH/frame" || fail "wider than 80 columns"
! grep -q $'\e' "$SCRATCH/walked" || fail "colours on a terminal without any"
equal "steps" "$(grep -c '^step:' ceremony-scripts/acts/key-signing.act)" \
	"$(grep -c '^Step ' "$SCRATCH/frame")"

# The last thing is the head of the record, in hex and words.
awk '/Head of the ceremony record/ { last = "" }
	{ last = last $0 "\n" }
	END { printf "%s", last }' "$SCRATCH/walked" |
	sed -E '1d; s/^\| *//; /^\+-*$/d' >"$SCRATCH/out"
grep -qE '^SHA-256 [0-9a-f]{64}$' "$SCRATCH/out" ||
	fail "the head is not last"
equal "words of the head" 32 "$(sed 1d "$SCRATCH/out" | wc -w)"

# What a step says is seen, in quotes, is seen between its command and that.
awk '
	/^Step / { output = ""; ran = 0 }
	/^\$ / { ran = 1 }
	ran && !/^  expect / { output = output $0 "\n" }
	/^  expect / && ran {
		rest = $0
		while (match(rest, /"[^"]+"/)) {
			n++
			word = substr(rest, RSTART + 1, RLENGTH - 2)
			rest = substr(rest, RSTART + RLENGTH)
			if (index(output, word) == 0) {
				print "not seen: " word
				exit 1
			}
		}
	}
	END { if (n < 2) exit 1 }' "$SCRATCH/walked" ||
	fail "a step does not show what it says is seen"

# Of every script: what is to be written down, or was read off something that
# is not on the screen, has its line.
writes='IW writes (down|that down|the numbers)|writes? .* down|(bag|serial|seal) numbers? aloud|number of the tamper|its (serial )?number aloud|which credentials'
for act in ceremony-scripts/acts/*.act; do
	bash -c '. ceremony-scripts/lib.sh; . ceremony-scripts/acts.sh; trap acts_forget EXIT
		acts_load "$1"
		for ((i = 0; i < ${#STEP_NUMBER[@]}; i++)); do
			text="${STEP_DO[i]} ${STEP_SAY[i]} ${STEP_EXPECT[i]}"
			[[ ! $text =~ $2 || -n ${STEP_WRITE[i]}${STEP_ASK[i]} ]] ||
				echo "$1:${STEP_LINE[i]}: ${STEP_TITLE[i]}"
		done' acts "$act" "$writes" >"$SCRATCH/out"
	[ ! -s "$SCRATCH/out" ] || fail "$act: no line to write on"
	CASES=$((CASES + 1))
done

# A remedy with a command says so in backquotes, for which the screen tells how
# a shell is opened.
grep -nE "[\"' (](mount|umount|chmod|date --|timedatectl|ip link|mv|pin-join|anchorite) [^.,]*then repeat" \
	ceremony-scripts/conditions.sh ceremony-scripts/walk.sh |
	grep -v '`' >"$SCRATCH/out" || :
[ ! -s "$SCRATCH/out" ] || fail "a command that is not told as one"

# In a quarter's first days the next cannot be signed yet: it says when.
mkdir -p "$SCRATCH/copy/build"
cp -r ceremony-scripts "$SCRATCH/copy"
cp "$ANCHORITE" "$SCRATCH/copy/build/anchorite"
printf '#!/bin/sh\n' >"$SCRATCH/copy/ceremony-scripts/build"
month=$(date -u '+%-m')
early=$(date -u -d "$(date -u +%Y-%m-03) $((3 - (month - 1) % 3)) months" +%F)
faketime "$early 12:00:00" "$SCRATCH/copy/ceremony-scripts/rehearse" \
	--prepare key-signing >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null ||
	fail "nothing is prepared in a quarter's first days"
grep -qE -- ' --at [-0-9T:]+Z$' <(tail -n 1 "$SCRATCH/out") ||
	fail "it does not say when the quarter can be signed"
for kind in rehearse-rollover key-backup ''; do
	status=0
	ceremony-scripts/rehearse --prepare "$kind" >"$SCRATCH/out" \
		2>"$SCRATCH/err" </dev/null || status=$?
	equal "status of --prepare $kind" 2 "$status"
done
finish
