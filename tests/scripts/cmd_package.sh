#!/bin/bash
# Source archives: versions and changelog from commits, the same octets of the
# same commit; and what a program says that it was built from.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs git cmake dpkg-parsechangelog

ANCHORITE=$(realpath "$ANCHORITE")
PROJECT=$PWD
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b.example
export GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@b.example

# A history of its own, with these scripts: two versions, the second untagged.
clone=$SCRATCH/clone
git init -q "$clone"
cp -R ceremony-scripts "$clone/"
# commit N SUBJECT
commit() {
	GIT_AUTHOR_DATE="2026-01-0$1T12:00:00 +0000" \
		GIT_COMMITTER_DATE="2026-01-0$1T12:00:00 +0000" \
		git -C "$clone" commit -q --allow-empty -m "$2"
}
version() {
	echo "project(anchorite VERSION $1 LANGUAGES C)" >"$clone/CMakeLists.txt"
	git -C "$clone" add -A
}
version 0.1.0
commit 1 'all: begin'
commit 2 'hsm: open'
version 0.2.0
commit 3 'all: begin the second version'
commit 4 "docs: $(printf 'a long subject %.0s' 1 2 3 4 5 6 7)"

# archived [ARGUMENT]...: sets archive and $SCRATCH/tree/.
archived() {
	archive=$("$clone/ceremony-scripts/package" --archive \
		--output "$SCRATCH/archives" "$@") || fail "no archive: $*"
	rm -rf "$SCRATCH/tree"
	mkdir "$SCRATCH/tree"
	tar -C "$SCRATCH/tree" --strip-components 1 -xzf "$archive"
	CASES=$((CASES + 1))
}
# said FIELD: of the changelog.
said() {
	dpkg-parsechangelog -l "$SCRATCH/tree/debian/changelog" -S "$1" \
		2>"$SCRATCH/err"
	[ ! -s "$SCRATCH/err" ] || fail "the changelog is not well formed"
}

# --- versions

head=$(git -C "$clone" rev-parse HEAD)
archived
equal "before the tag" "0.2.0~4.g${head:0:8}" "$(said Version)"
equal "commit" "$head" "$(cat "$SCRATCH/tree/debian/commit")"
equal "time" 1767528000 "$(said Timestamp)"
before=$(said Version)
git -C "$clone" tag v0.2.0
archived
equal "at the tag" 0.2.0 "$(said Version)"
equal "name" anchorite-0.2.0.tar.gz "${archive##*/}"
commit 5 'hsm: close'
archived
after=$(said Version)
[[ $after == 0.2.0+5.g* ]] || fail "behind the tag: $after"
for pair in "$before lt 0.2.0" "0.2.0 lt $after" "0.1.0 lt $before"; do
	# shellcheck disable=SC2086 # words
	dpkg --compare-versions $pair || fail "not $pair"
done
archived HEAD~3
[[ $(said Version) == 0.1.0~2.g* ]] || fail "a commit of the first version"
status=0
"$clone/ceremony-scripts/package" --archive nothing 2>"$SCRATCH/err" || status=$?
equal "status without a commit" 2 "$status"

# --- changelog

archived
changelog=$SCRATCH/tree/debian/changelog
equal "versions" "anchorite ($after) anchorite (0.1.0)" \
	"$(sed -n 's/^\(anchorite ([^)]*)\).*/\1/p' "$changelog" | paste -sd ' ')"
equal "changes" 'hsm: close;docs: a long;all: begin the;hsm: open;all: begin' \
	"$(sed -n 's/^  \* \([a-z]*: [^ ]*\( a\| t\| l\)\?[a-z]*\).*/\1/p' \
		"$changelog" | paste -sd ';')"
! grep -E '^ {2}.{79}' "$changelog" || fail "a line of the changelog is too long"

# --- the same octets

(
	umask 077
	export TZ=Pacific/Kiritimati TMPDIR=$SCRATCH/archives
	git -C "$clone" config tar.umask 0
	"$clone/ceremony-scripts/package" --archive --output "$SCRATCH/other" \
		>/dev/null
)
cmp "$archive" "$SCRATCH/other/${archive##*/}" || fail "other octets"
touch "$clone/not-committed"
echo >>"$clone/CMakeLists.txt"
archived
cmp "$archive" "$SCRATCH/other/${archive##*/}" ||
	fail "what is not committed is in the archive"
git -C "$clone" checkout -q CMakeLists.txt
rm "$clone/not-committed"

# --- what was built from what

# built_from FOLDER: what a program of this folder would say.
built_from() {
	cmake -DSOURCE="$1" -DWITH=x -DOUTPUT="$SCRATCH/from.c" \
		-P "$PROJECT/ceremony-scripts/built_from.cmake"
	sed -n 's/.*built_from\[\] = "\(.*\)";/\1/p' "$SCRATCH/from.c"
}
head=$(git -C "$clone" rev-parse HEAD)
equal "of a clone" "$head" "$(built_from "$clone")"
touch "$clone/new"
equal "of a clone with a new file" "$head, and changes" "$(built_from "$clone")"
rm "$clone/new"
echo >>"$clone/CMakeLists.txt"
equal "of a changed clone" "$head, and changes" "$(built_from "$clone")"
equal "of an archive" "$head" "$(built_from "$SCRATCH/tree")"
mkdir "$clone/inside"
equal "of neither" "an unknown commit" "$(built_from "$clone/inside")"

accepts --version
sed -n 2p "$SCRATCH/out" |
	grep -xE 'commit     ([0-9a-f]{40}(, and changes)?|an unknown commit)' \
	>/dev/null ||
	fail "--version has no commit"
for library in libcrypto expat ldns jansson; do
	equal "$library" "$(pkg-config --modversion $library)" \
		"$(sed -n "s/^$library *//p" "$SCRATCH/out")"
done
commit=$(sed -n 2p "$SCRATCH/out")
captures=${ANCHORITE%/*}/anchorite-readiness
if [ -x "$captures" ]; then
	"$captures" --version >"$SCRATCH/out" || fail "$captures --version"
	equal "the other program's commit" "$commit" "$(sed -n 2p "$SCRATCH/out")"
	for library in libcrypto ldns libpcap libfstrm \
		libprotobuf-c:protobuf-c zlib; do
		equal "$library" "$(pkg-config --modversion "${library%:*}")" \
			"$(sed -n "s/^${library#*:} *//p" "$SCRATCH/out")"
	done
	equal "lines of its version" 9 "$(wc -l <"$SCRATCH/out")"
fi
finish
