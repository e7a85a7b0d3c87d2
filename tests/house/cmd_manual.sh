#!/bin/bash
# The manual and the completion of shells: well formed, and in them each command,
# verb and option that --help has, with its words.
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
BASH_COMPLETION=$SCRATCH/prefix/share/bash-completion/completions/anchorite
ZSH_COMPLETION=$SCRATCH/prefix/share/zsh/vendor-completions/_anchorite
mapfile -t COMMANDS < <("$ANCHORITE" --help | sed -n 's/^  \([a-z]\+\)  .*/\1/p')
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
equal "pages" $((${#COMMANDS[@]} + 6)) "$n"
for page in "$PAGES"/man1/*; do
	mandoc -T ascii -O width=80 "$page" | sed $'s/.\b//g' >"$SCRATCH/out"
	keeps_width "$SCRATCH/out"
done

# --- what --help says is on the command's page, in its order

# options COMMAND: of its own and global ones, as --help lists them.
options() {
	"$ANCHORITE" "$1" --help |
		sed -n 's/^  \(--[a-z0-9-]*\)\( .*\|$\)/\1/p' | sort
}
for command in "${COMMANDS[@]}"; do
	page=$PAGES/man1/anchorite-$command.1
	text=$(shown "$page")
	# Each way to call it is a line of its own there.
	usage=$("$ANCHORITE" "$command" --help | sed '/^$/q' | tr -s ' \n' ' ' |
		sed "s/^usage: anchorite $command//; s/ | / /g; s/ \$//")
	[[ $(sed "s/ anchorite $command / /g; s/ | / /g" <<<"$text") == \
		*" SYNOPSIS$usage DESCRIPTION "* ]] ||
		fail "$command: the page lacks its usage"
	while read -r part; do
		[[ $text == *"${part//\`/}"* || ${text//\`/} == *"${part//\`/}"* ]] ||
			fail "$command: the page lacks \"$part\""
		CASES=$((CASES + 1))
	done < <("$ANCHORITE" "$command" --help | awk '
		NR == 1, NF == 0 { next }
		/^(Global o|O)ptions:/ { next }
		/^  --/ { sub(/^  /, "") }
		NF == 0 { print ""; next }
		{ printf "%s ", $0 }
		/^--/ { print "" }' | tr -s ' ' | sed 's/ $//; /^$/d')
	equal "options of $command on its page" "$(options "$command")" \
		"$(sed -nE 's/^\.It Fl Fl ([^ ]+).*/--\1/p' "$page" | sort)"
done

# --- completion

# completed WORD...: what bash offers for the last word.
completed() {
	# shellcheck disable=SC2016 # for the shell inside
	bash -c '. "$1"; COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2))
		_anchorite anchorite "${*: -1}" "${*: -2:1}"
		printf "%s\n" "${COMPREPLY[@]}"' \
		completed "$BASH_COMPLETION" anchorite "$@" | sort
}
# in_zsh COMMAND: the options of its own in zsh's completion.
in_zsh() {
	sed -n "/^	$1)\$/,/;;\$/p; /^globals=/,/^)/p" "$ZSH_COMPLETION" |
		sed -nE "s/^	+'\*?(--[a-z0-9-]+)[=[].*/\1/p" | sort
}
equal "commands for bash" "$(printf '%s\n' "${COMMANDS[@]}" help version | sort)" \
	"$(completed '' | grep -v '^-')"
for command in "${COMMANDS[@]}"; do
	equal "options of $command for bash" "$(options "$command")" \
		"$(completed "$command" --)"
	equal "options of $command for zsh" "$(options "$command")" \
		"$(in_zsh "$command")"
done
equal "verbs for bash" "$(printf '%s\n' activate adopt list recover)" \
	"$(cd "$SCRATCH/prefix/bin" && completed register '' | grep -v '^-\|^anch')"
equal "after a global option" --first \
	"$(completed --config x sign --fi)"
equal "a file for bash" README.md "$(completed sign --plan READ)"
equal "no file for bash" '' "$(completed sign --schema READ)"

# zsh itself, as somebody types.
quiet zsh -n "$ZSH_COMPLETION"
cat >"$SCRATCH/person" <<'END'
set timeout 10
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
END
FOLDER=$(dirname -- "$ZSH_COMPLETION") quiet expect "$SCRATCH/person"
CASES=$((CASES + 4))
finish
