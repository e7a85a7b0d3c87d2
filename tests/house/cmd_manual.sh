#!/bin/bash
# The manual and the completion of shells, of both programs: well formed, and in
# them each command, verb and option that --help has, with its words.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs mandoc zsh expect

ANCHORITE=$(realpath "$ANCHORITE")
quiet() {
	"$@" >"$SCRATCH/out" 2>"$SCRATCH/err" || fail "$*"
}
# What this program's build made, as it is installed.
quiet cmake --install "$(dirname -- "$ANCHORITE")" --prefix "$SCRATCH/prefix"
PAGES=$SCRATCH/prefix/share/man
BASH_COMPLETIONS=$SCRATCH/prefix/share/bash-completion/completions
ZSH_COMPLETIONS=$SCRATCH/prefix/share/zsh/vendor-completions
READINESS=${ANCHORITE%/*}/anchorite-readiness
PROGRAMS=("$ANCHORITE")
[ ! -x "$READINESS" ] || PROGRAMS+=("$READINESS")
mapfile -t COMMANDS < <("$ANCHORITE" --help | sed -n 's/^  \([a-z-]\+\)  .*/\1/p')
[ "${#COMMANDS[@]}" -ge 20 ] || fail "--help lists ${#COMMANDS[@]} commands"

# shown PAGE: as it is read, without what makes it bold, on one line.
shown() {
	mandoc -T ascii -O width=78 "$1" | sed $'s/.\b//g' | unfolded /dev/stdin
}

# --- each page by itself

n=0
for page in "$PAGES"/man?/*; do
	n=$((n + 1))
	# Where pages refer to is looked for below: they are not installed yet.
	mandoc -T lint "$page" >"$SCRATCH/out" || :
	! grep -v 'referenced manual not found' "$SCRATCH/out" ||
		fail "$page: mandoc complains"
	while read -r name section; do
		[ -e "$PAGES/man$section/$name.$section" ] ||
			fail "$page: there is no $name($section)"
	done < <(sed -nE 's/^\.(It )?Xr ([^ ]+) ([0-9]).*/\2 \3/p' "$page")
done
equal "pages" $((${#COMMANDS[@]} + 8)) "$n"
for page in "$PAGES"/man1/*; do
	mandoc -T ascii -O width=80 "$page" | sed $'s/.\b//g' >"$SCRATCH/out"
	keeps_width "$SCRATCH/out"
done

# --- what --help says is on the command's page, in its order

# options PROGRAM COMMAND: of its own and global ones, as --help lists them.
options() {
	"$1" "$2" --help |
		sed -n 's/^  \(--[a-z0-9-]*\)\( .*\|$\)/\1/p' | sort
}
# of_options PROGRAM COMMAND: the page as it is written, without the options of
# other commands where all are on one page.
of_options() {
	if [ "$1" = "$ANCHORITE" ]; then
		cat "$PAGES/man1/anchorite-$2.1"
	else
		sed -n "/^\.Ss $2\$/,/^\.S[sh] /p; /^\.Ss Global/,/^\.Sh /p" \
			"$PAGES/man1/${1##*/}.1"
	fi
}
# has_help PROGRAM COMMAND PAGE: each part of the help, and each option.
has_help() {
	local text part
	text=$(shown "$3")
	while read -r part; do
		[[ $text == *"${part//\`/}"* || ${text//\`/} == *"${part//\`/}"* ]] ||
			fail "$2: the page lacks \"$part\""
		CASES=$((CASES + 1))
	done < <("$1" "$2" --help | awk '
		NR == 1, NF == 0 { next }
		/^(Global o|O)ptions:/ { next }
		/^  --/ { sub(/^  /, "") }
		NF == 0 { print ""; next }
		{ printf "%s ", $0 }
		/^--/ { print "" }' | tr -s ' ' | sed 's/ $//; /^$/d')
	equal "options of $2 on its page" "$(options "$1" "$2")" \
		"$(of_options "$1" "$2" |
			sed -nE 's/^\.It Fl Fl ([^ ]+).*/--\1/p' | sort)"
}
# usage_of PROGRAM COMMAND: what follows the command's name, in one line.
usage_of() {
	"$1" "$2" --help | sed '/^$/q' | tr -s ' \n' ' ' |
		sed "s/^usage: ${1##*/} $2//; s/ | / /g; s/ \$//"
}
for command in "${COMMANDS[@]}"; do
	page=$PAGES/man1/anchorite-$command.1
	# Each way to call it is a line of its own there.
	[[ $(shown "$page" | sed "s/ anchorite $command / /g; s/ | / /g") == \
		*" SYNOPSIS$(usage_of "$ANCHORITE" "$command") DESCRIPTION "* ]] ||
		fail "$command: the page lacks its usage"
	has_help "$ANCHORITE" "$command" "$page"
done
for program in "${PROGRAMS[@]:1}"; do
	page=$PAGES/man1/${program##*/}.1
	synopsis=$(shown "$page")
	synopsis=${synopsis%% DESCRIPTION *}
	for command in read merge show; do
		[[ "$synopsis " == *" ${program##*/} $command$(
			usage_of "$program" "$command") "* ]] ||
			fail "$command: the page lacks its usage"
		has_help "$program" "$command" "$page"
	done
done
# What is asked of a program itself.
for program in "${PROGRAMS[@]}"; do
	text=$(shown "$PAGES/man1/${program##*/}.1")
	for part in "${program##*/} help COMMAND" "${program##*/} version" \
		' --version' ' -V'; do
		[[ $text == *"$part"* ]] || fail "${program##*/}(1) lacks \"$part\""
		CASES=$((CASES + 1))
	done
done

# --- completion

# completed PROGRAM WORD...: what bash offers for the last word.
completed() {
	local program=${1##*/}
	# shellcheck disable=SC2016 # for the shell inside
	bash -c '. "$1"; COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2))
		"_${2//-/_}" "$2" "${*: -1}" "${*: -2:1}"
		printf "%s\n" "${COMPREPLY[@]}"' \
		completed "$BASH_COMPLETIONS/$program" "$program" "${@:2}" | sort
}
# in_zsh PROGRAM COMMAND: the options of its own in zsh's completion.
in_zsh() {
	sed -n "/^	$2)\$/,/;;\$/p; /^globals=/,/^)/p" \
		"$ZSH_COMPLETIONS/_${1##*/}" |
		sed -nE "s/^	+'\*?(--[a-z0-9-]+)[=[].*/\1/p" | sort
}
for program in "${PROGRAMS[@]}"; do
	quiet zsh -n "$ZSH_COMPLETIONS/_${program##*/}"
	mapfile -t names < <("$program" --help |
		sed -n 's/^  \([a-z-]\+\)  .*/\1/p')
	equal "commands for bash" "$(printf '%s\n' "${names[@]}" help version | sort)" \
		"$(completed "$program" '' | grep -v '^-')"
	equal "commands to be helped with" "$(printf '%s\n' "${names[@]}" | sort)" \
		"$(cd "$SCRATCH/prefix/bin" && completed "$program" help '' |
			grep -v '^anch')"
	for command in "${names[@]}"; do
		equal "options of $command for bash" \
			"$(options "$program" "$command")" \
			"$(completed "$program" "$command" --)"
		equal "options of $command for zsh" \
			"$(options "$program" "$command")" \
			"$(in_zsh "$program" "$command")"
	done
done
equal "verbs for bash" "$(printf '%s\n' activate adopt list recover)" \
	"$(cd "$SCRATCH/prefix/bin" && completed anchorite register '' |
		grep -v '^-\|^anch')"
for option in config ceremony zone at; do
	equal "after --$option" --first \
		"$(completed anchorite --$option x sign --fi)"
done
equal "a file for bash" README.md "$(completed anchorite sign --plan READ)"
equal "no file for bash" '' "$(completed anchorite sign --schema READ)"
if [ "${#PROGRAMS[@]}" -gt 1 ]; then
	for words in 'show --svg' 'read --hash-key' 'merge new'; do
		# shellcheck disable=SC2086 # words
		equal "a file behind $words" README.md \
			"$(completed anchorite-readiness $words READ)"
	done
	equal "no file for bash" '' \
		"$(completed anchorite-readiness show --old READ)"
	for words in 'show --svg' 'read --hash-key'; do
		# shellcheck disable=SC2086 # words
		equal "options behind $words" '' \
			"$(completed anchorite-readiness $words '' | grep '^--')"
	done
fi

# zsh itself, as somebody types.
cat >"$SCRATCH/person" <<'END'
set timeout 300
log_user 0
set stty_init "rows 24 columns 80"
spawn -noecho zsh -f -i
proc typed {text wanted} {
	send -- $text
	expect {
		-ex $wanted { send -- "\x15" }
		timeout { puts "$text: no $wanted"; exit 1 }
	}
}
send -- "PS1=; unsetopt beep; fpath=($env(FOLDER) \$fpath); autoload -U compinit\r"
send -- "compinit -u -d $env(FOLDER)/dump && echo rea\\dy\r"
expect timeout { exit 1 } "ready"
typed "anchorite inv\t" "anchorite inventory"
typed "anchorite sign --prev\t" "--previous-skr"
typed "anchorite --json register act\t" "register activate"
typed "anchorite report --wor\t" "--words"
if {$env(BOTH)} {
	typed "anchorite-readiness me\t" "anchorite-readiness merge"
	typed "anchorite-readiness --json show --comp\t" "--compiled-in"
	typed "anchorite-readiness help me\t" "help merge"
}
END
FOLDER=$ZSH_COMPLETIONS BOTH=$((${#PROGRAMS[@]} - 1)) quiet expect \
	"$SCRATCH/person"
CASES=$((CASES + 4 + 3 * (${#PROGRAMS[@]} - 1)))
finish
