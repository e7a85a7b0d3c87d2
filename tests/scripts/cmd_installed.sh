#!/bin/bash
# cmake --install: what is put in place, readable by all whatever the umask, and
# scripts that find the program and their data there, for people who may not
# write there.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs cmake pdftotext setpriv

ANCHORITE=$(realpath "$ANCHORITE")
PREFIX=$SCRATCH/prefix
# What a system has before.
mkdir -p "$PREFIX"/{bin,share/{doc,man/man1,man/man5,zsh/vendor-completions}} \
	"$PREFIX/share/bash-completion/completions"
(
	umask 077
	ends 0 cmake --install "$(dirname -- "$ANCHORITE")" --prefix "$PREFIX"
)
chmod 755 "$SCRATCH"
cmp -s "$ANCHORITE" "$PREFIX/bin/anchorite" || fail "another program"
unset ANCHORITE

# --- what is there

hidden=$(find "$PREFIX" -mindepth 1 -not -perm -444 -o -perm /022 -o \
	-type d -not -perm -555)
[ -z "$hidden" ] || fail "not for all to read, or for others to write: $hidden"
for program in "$PREFIX"/bin/anchorite "$PREFIX"/bin/anchorite-readiness; do
	[ -x "$program" ] || continue
	for completion in "bash-completion/completions/${program##*/}" \
		"zsh/vendor-completions/_${program##*/}" "man/man1/${program##*/}.1"; do
		[ -s "$PREFIX/share/$completion" ] || fail "no share/$completion"
	done
done
for script in ceremony-scripts/*; do
	installed=$PREFIX/share/anchorite/$script
	case ${script##*/} in
	build | package | debian | *.cmake)
		absent "$installed"
		;;
	anchorite-script)
		[ -x "$PREFIX/bin/anchorite-script" ] || fail "no anchorite-script"
		;;
	*)
		diff -r "$script" "$installed" || fail "$script is not installed"
		[ ! -x "$script" ] || [ -x "$installed" ] ||
			fail "$installed cannot be executed"
		;;
	esac
done
diff -r docs "$PREFIX/share/doc/anchorite" >"$SCRATCH/out" || :
[ "$(grep -vc '^Only in .*: \(LICENSE\|README.md\)$' "$SCRATCH/out")" -eq 0 ] ||
	fail "the documents are not those of docs/"

# --- as somebody uses it who is not root

mkdir "$SCRATCH/home"
chmod 777 "$SCRATCH/home"
chmod 555 "$OUTPUT"
as_user() {
	local user=()
	[ "$(id -u)" -ne 0 ] ||
		user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	(cd "$SCRATCH/home" && exec "${user[@]}" env -i HOME="$SCRATCH/home" \
		PATH="$PREFIX/bin:/usr/bin:/bin" TMPDIR="$SCRATCH/home" "$@")
}
ends 0 as_user anchorite-script --help
for script in rehearse rehearse-rollover testbed sentinel print run bundle notice \
	pin-split pin-join zsk-receive; do
	grep -qE "^  $script +[A-Z]" "$SCRATCH/out" || fail "--help lacks $script"
done
for script in rehearse rehearse-rollover testbed sentinel print run bundle notice \
	pin-split pin-join zsk-receive; do
	ends 0 as_user anchorite-script $script --help
	grep -q "^usage: anchorite-script $script" "$SCRATCH/out" ||
		fail "$script: another usage"
	! grep -q 'ceremony-scripts/' "$SCRATCH/out" ||
		fail "$script: --help speaks of the tree"
done
for word in '' ../bin/anchorite lib.sh acts none --none; do
	ends 2 as_user anchorite-script $word
	equal "lines" 1 "$(wc -l <"$SCRATCH/err")"
done

ends 0 as_user anchorite-script rehearse
grep -qF "$PREFIX/bin/anchorite --config" "$SCRATCH/out" ||
	fail "a rehearsal with another program"
compgen -G "$SCRATCH/home/rehearsal/skr-*.xml" >/dev/null || fail "no response"
log=$SCRATCH/home/rehearsal/ceremony/log.jsonl
digest=$(sha256sum <"$PREFIX/bin/anchorite" | cut -c1-64)
equal "programs on record" "\"binary\":\"$digest\"" \
	"$(grep -o '"binary": \?"[0-9a-f]*"' "$log" | tr -d ' ' | sort -u)"

ends 0 as_user anchorite-script print key-signing -o script.pdf
pdftotext "$SCRATCH/home/script.pdf" - | tr -d '\n' >"$SCRATCH/out"
grep -qF "$PREFIX/bin/anchorite" "$SCRATCH/out" ||
	fail "the paper names another program"
ends 0 as_user anchorite-script run key-signing --dry-run
ends 0 as_user anchorite-script bundle rehearsal/ceremony -o bundle.tar.gz
ends 0 as_user anchorite-script bundle --verify bundle.tar.gz
CASES=$((CASES + 8))
finish
