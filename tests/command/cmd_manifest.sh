#!/bin/bash
# What a medium holds, as text: hostile names, everything that can differ, and
# all that must be refused.
# shellcheck source=tests/support/lib.sh disable=SC2016
. tests/support/lib.sh
needs jq

RECORDING=
set_head_apart() {
	:
}
ANCHORITE=$(realpath "$ANCHORITE")
cd "$SCRATCH"
umask 022

# A folder with all that a medium can hold.
make_medium() {
	rm -rf medium
	mkdir -p medium/.hidden medium/empty medium/deep/er
	printf 'one' >medium/deep/1
	printf 'two' >medium/deep/2
	printf 'x' >medium/-rf
	printf 'x' >"$(printf 'medium/a\n      %064d\nfile  0644            1 b' 0)"
	printf 'x' >'medium/a"b'\''c'
	printf 'x' >$'medium/\xc3\xa9\xff\033[2J'
	printf 'x' >'medium/a\x20b'
	printf 'x' >'medium/a b'
	: >medium/deep/er/nothing
	ln -s /etc/passwd medium/link
	ln -s gone medium/dangling
	printf 'h' >medium/.hidden/file
}

# of DIR: its manifest without what is said of it.
of() {
	accepts manifest "$1"
	grep -v '^#' "$SCRATCH/out"
}

make_medium
of medium >first
! LC_ALL=C grep -n '[^ -~]' first || fail "not printable ASCII"
for line in 'dir   0755            - .' 'dir   0755            - .hidden' \
	'dir   0755            - empty' 'file  0644            1 -rf' \
	'file  0644            1 a\x20b' 'file  0644            1 a\x5cx20b' \
	'file  0644            1 \xc3\xa9\xff\x1b[2J' \
	'file  0644            0 deep/er/nothing' \
	'link     -           11 link' '      -> /etc/passwd' \
	"      $(printf one | sha256sum | cut -c1-64)" \
	'total 17 entries, 13 octets'; do
	grep -qxF -- "$line" first || fail "the manifest lacks: $line"
	CASES=$((CASES + 1))
done
equal "entries" 17 "$(grep -cE '^(file|dir|link)' first)"
equal "a forged line" 0 "$(grep -c '^file .* b$' first || true)"
echo "no manifest" >names
accepts manifest medium
says "#   SHA-256 $(sha256sum <first | cut -c1-64)"

# The same in any locale, order of making and file system.
for locale in C C.UTF-8 POSIX; do
	equal "locale $locale" "$(cat first)" "$(LC_ALL=$locale of medium)"
done
mkdir copied
(cd medium && find . -mindepth 1 -depth -print0 | sort -rz |
	xargs -0 cp -a --parents -t ../copied 2>/dev/null)
touch -d 2001-01-01 copied/deep/1
equal "a copy in another order" "$(cat first)" "$(of copied)"
if mkdir other && mount -t tmpfs tmpfs other 2>/dev/null; then
	trap 'own_shell && { umount -l "$SCRATCH/medium/empty" 2>/dev/null || true
		umount -l "$SCRATCH/other"; rm -rf "$SCRATCH"; }' EXIT
	cp -a medium other/
	equal "another file system" "$(cat first)" "$(of other/medium)"
	# One within the medium is seen and not entered.
	mount -t tmpfs -o mode=755 tmpfs medium/empty
	echo hidden >medium/empty/file
	of medium >mounted
	grep -qxF 'mount 0755            - empty' mounted ||
		fail "a mounted folder is not named"
	! grep -q 'empty/file' mounted || fail "a mounted folder was entered"
	umount medium/empty
else
	echo "SKIPPED: mount is not permitted: other file systems" >&2
fi

# --- Files: written once, read back as they are.

accepts manifest medium first.txt
cmp first first.txt || fail "another text in the file"
says "Manifest of medium"
says "  SHA-256 $(sha256sum <first | cut -c1-64)"
refuses 2 "exists" manifest medium first.txt
refuses 2 "No such file" manifest medium none/first.txt
accepts manifest medium >/dev/null
cp "$SCRATCH/out" with-remarks
accepts manifest medium --compare with-remarks
says "The same as the manifest with-remarks"
accepts --json manifest medium --compare first.txt
equal "json" "17 $(sha256sum <first | cut -c1-64) 0" \
	"$(jq -r '"\(.entries) \(.sha256) \(.differences | length)"' \
		"$SCRATCH/out")"
equal "json text" "$(cat first)" "$(jq -r .text "$SCRATCH/out")"
mkdir inside
accepts manifest inside inside/manifest
grep -qxF 'total 1 entries, 0 octets' inside/manifest ||
	fail "a manifest names itself"

# --- Every difference: those that a hash of contents does not see first.

contents() {
	(cd medium && find . -type f -print0 | sort -z | xargs -0 cat) |
		sha256sum
}
before=$(contents)

# differs NAMES...: "what name" of each difference, sorted.
differs() {
	refuses 1 "difference" --json manifest medium --compare first.txt
	equal "differences" "$(printf '%s\n' "$@")" \
		"$(jq -r '.differences[] | "\(.what) \(.name)"' "$SCRATCH/out")"
	make_medium
}
printf 'on' >medium/deep/1
printf 'etwo' >medium/deep/2
equal "contents" "$before" "$(contents)"
differs 'size deep/1' 'content deep/1' 'size deep/2' 'content deep/2'
mv medium/deep/1 medium/deep/0
equal "contents" "$before" "$(contents)"
differs 'added deep/0' 'missing deep/1'
rmdir medium/empty
equal "contents" "$before" "$(contents)"
differs 'missing empty'
mv medium/deep/1 medium/t
mv medium/deep/2 medium/deep/1
mv medium/t medium/deep/2
differs 'content deep/1' 'content deep/2'
chmod 600 medium/deep/1
chmod 4755 medium/deep/2
differs 'mode deep/1' 'mode deep/2'
ln -sf /etc/shadow medium/link
differs 'target link'
rm medium/link
cp /etc/passwd medium/link
differs 'type link'
rm medium/.hidden/file
differs 'missing .hidden/file'
: >medium/.new
differs 'added .new'
chmod 700 medium
differs 'mode .'
printf 'tWo' >medium/deep/2
refuses 1 "1 difference from the manifest first.txt" manifest medium \
	--compare first.txt
says "  content  deep/2"
says "             is  $(printf tWo | sha256sum | cut -c1-64)"
make_medium

# --- What has no manifest.

none() {
	refuses 2 "$1" manifest medium
	[ ! -s "$SCRATCH/out" ] || fail "something on standard output"
	refuses 2 "$1" manifest medium none.txt
	absent none.txt
	make_medium
}
mkfifo medium/pipe
none 'medium/pipe: is neither file, folder nor symbolic link'
refuses 2 "No such file" manifest nothing
refuses 2 "Not a directory" manifest first.txt
refuses 2 "is no manifest" manifest medium --compare names
refuses 2 "No such file" manifest medium --compare none.txt
head -n -1 first.txt >cut.txt
refuses 2 "the manifest is cut off" manifest medium --compare cut.txt
deep=medium
for _ in $(seq 64); do
	deep+=/d
done
mkdir -p "$deep"
of medium >/dev/null
mkdir "$deep/d"
none 'folders are nested too deep'
long=$(printf '%0250d' 0)
(cd medium && for _ in $(seq 17); do
	mkdir "$long" && cd "$long" || exit 1
done)
none 'a name in it is too long'
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 755 .
	chmod 000 medium/deep/1
	status=0
	setpriv --reuid=65534 --regid=65534 --clear-groups "$ANCHORITE" \
		manifest medium >out 2>err || status=$?
	equal "unreadable: status" 2 "$status"
	grep -q 'deep/1: Permission denied' err || fail "says: $(cat err)"
	[ ! -s out ] || fail "a manifest with something left out"
	make_medium
fi
# /proc has files that say they are empty and are not.
refuses 2 "changed while it was read" manifest /proc/sys/kernel/random
mkdir many
(cd many && seq 1 100000 | xargs touch)
refuses 2 "more entries than a manifest has" manifest many
rm many/1
accepts --json manifest many
equal "many" 100000 "$(jq .entries "$SCRATCH/out")"
rm -rf many

# --- On record, and replayed.

recorded() {
	local wanted=$1
	shift
	run --ceremony record "$@"
	[ "$status" -eq "$wanted" ] || fail "status $status: $*"
}
recorded 0 manifest medium
recorded 0 manifest medium second.txt --compare first.txt
rm medium/deep/1
recorded 1 manifest medium --compare first.txt
recorded 2 manifest medium --compare names
recorded 2 manifest nothing
make_medium
accepts log show record
says "compared manifests: 1 differences"
says "missing deep/1"
accepts replay record
says "5 runs, every conclusion and every byte the same"
accepts report record -o record.html

# forged FILTER TEXT: the lines run through jq; replay must say TEXT.
forged() {
	forge_record record forged "$1"
	run replay forged
	[ "$status" -eq 1 ] || fail "status $status after $1"
	says "$2"
}
forged 'if .event == "compared" then .differences = [] else . end' \
	'differences: 0 recorded, 1 replayed'
forged 'select(.event != "compared")' 'nothing to refuse'
forged 'if .event == "end" and .status == 1 then .status = 0 else . end' \
	'the run ended with status 0'
forged 'if .event == "end" and .status == 2 then .message = "x" else . end' \
	'the run ended with status 2 "x"'
stored=record/outputs/$(sha256sum <first | cut -c1-64)
sed -i 's/0644/0600/' "$stored"
run replay record
[ "$status" -eq 1 ] || fail "a changed manifest replays"
says "was changed"
finish
