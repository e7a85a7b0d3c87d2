#!/bin/bash
# All that a ceremony leaves in one archive: the same bytes on any day, and
# nothing is believed of an archive that came from elsewhere.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq faketime groff pdftotext openssl

# Here the record is the subject: commands name it, and its head stays.
RECORDING=
set_head_apart() {
	:
}

ANCHORITE=$(realpath "$ANCHORITE")
export ANCHORITE
SCRIPTS=$PWD/ceremony-scripts
cd "$SCRATCH"
workspace
rm -r "$WS/register.jsonl" ceremony

cat >short.act <<'END'
title: A short ceremony
purpose: to be kept
input: CONFIG The configuration
input: KSR The request
input: SKR The response
file: KSR
act: Signing
step: Sign the request
run: anchorite sign ${KSR} ${SKR} --first
END
printf '\nIW\n' >answers
"$SCRIPTS/run" ./short.act --ceremony record --at "$AT" --batch answers \
	--set "CONFIG=$CONFIG" --set "KSR=$WS/ksr.xml" --set SKR=skr.xml \
	>walked 2>&1 </dev/null || fail "the walk: $(tail walked)"
head=$(tail -n 1 record/log.jsonl | sha256sum | cut -c1-64)

# bundle STATUS ARGUMENT...
bundle() {
	local wanted=$1
	shift
	status=0
	TMPDIR=$SCRATCH/temporary "$SCRIPTS/bundle" "$@" >said 2>errors \
		</dev/null || status=$?
	[ "$status" -eq "$wanted" ] ||
		fail "bundle $*: status $status, wanted $wanted: $(cat errors said)"
	[ -z "$(ls -A temporary)" ] || fail "left behind: $(ls -A temporary)"
	CASES=$((CASES + 1))
}
mkdir temporary

# complains TEXT: standard error is this one line.
complains() {
	grep -qF -- "$1" errors || fail "does not say \"$1\": $(<errors)"
	equal "lines on standard error" 1 "$(wc -l <errors)"
}

### the same bytes, twice and on another day

before=$(find record -type f -exec sha256sum {} + | sort)
bundle 0 record -o one.tar.gz
equal "the record after it" "$before" \
	"$(find record -type f -exec sha256sum {} + | sort)"
grep -qF "SHA-256 $(sha256sum <one.tar.gz | cut -c1-64)" said ||
	fail "its hash is not shown"
# The media are back in their safe, and whoever does it is somewhere else.
mv "$WS" away
cp -a record elsewhere
chmod -R go-rwx elsewhere
touch -d 2020-01-01 elsewhere/log.jsonl
(
	umask 077
	# The sanitizer would be the first library; faketime is.
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
	TZ=Asia/Tokyo LC_ALL=C.UTF-8 faketime '2031-03-04 05:06:07' \
		"$SCRIPTS/bundle" elsewhere/ -o two.tar.gz >said 2>&1 </dev/null
) || fail "on another day: $(<said)"
mv away "$WS"
cmp one.tar.gz two.tar.gz || fail "not the same bytes"

### what is in it, by other means

mkdir unpacked
tar -xzf one.tar.gz -C unpacked
for part in log.jsonl inputs outputs; do
	diff -r "record/$part" "unpacked/bundle/content/record/$part" ||
		fail "the record is another"
done
content=unpacked/bundle/content
accepts report record -o report.html
cmp report.html "$content/report.html" || fail "the report is another"
pdftotext -layout "$content/script.pdf" script.txt
grep -q 'A short ceremony' script.txt || fail "no script"
grep -q 'Sign the request' script.txt || fail "no step"
grep -q "1.1" script.txt || fail "no step number"
grep -qF 'anchorite sign' script.txt || fail "no command"
grep -qx "SHA-256 $(sha256sum <"$ANCHORITE" | cut -c1-64)" \
	"$content/program.txt" || fail "the program's hash"
grep -q "^bash $(dpkg-query -W -f '${Version}' bash) " \
	"$content/program.txt" || fail "the packages' versions"
while read -r name digest; do
	equal "hash of $name" "$(openssl dgst -sha256 -r "$content/$name" |
		cut -d' ' -f1)" "$digest"
done < <(awk '$1 == "file" { name = $4; getline; print name, $1 }' \
	unpacked/bundle/manifest.txt)
equal "files in the manifest" "$(find "$content" -type f | wc -l)" \
	"$(grep -c '^file ' unpacked/bundle/manifest.txt)"

### looked into

bundle 0 --verify one.tar.gz
grep -q 'a whole bundle, and its record replays' said || fail "not said"
bundle 0 --verify one.tar.gz --head "$head"
bundle 1 --verify one.tar.gz --head "$(printf '%064d' 0)"
bundle 2 --verify one.tar.gz --head xyz
grep -qF 'expected the 64 hex digits' errors || fail "a head that is none"
bundle 2 --verify nowhere
complains "nowhere: cannot be read"

# pack FOLDER [TAR OPTION]...: as bundles are packed, to forged.tar.gz.
pack() {
	local folder=$1
	shift
	tar --create --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 \
		--numeric-owner -C "$folder" "$@" bundle | gzip -n -9 \
		>forged.tar.gz
}
pack unpacked
cmp one.tar.gz forged.tar.gz || fail "tar packs it otherwise"

# forge COMMAND: on a copy of what was in it, which is then packed again.
forge() {
	rm -rf forged
	cp -a unpacked forged
	(cd forged/bundle && bash -ec "$1")
	pack forged
}

# remanifest: the manifest, made anew as a forger would.
# shellcheck disable=SC2016 # for the shell that forges
export REMANIFEST='rm manifest.txt; cd ..
	"$ANCHORITE" manifest bundle/content bundle/manifest.txt >/dev/null
	chmod 644 bundle/manifest.txt'

# forged WHAT COMMAND TEXT: refused, and it says TEXT.
forged() {
	forge "$2"
	bundle 1 --verify forged.tar.gz
	grep -qF -- "$3" said errors || fail "$1: does not say \"$3\": $(cat said errors)"
}
forged "a changed page" 'sed -i s/accepted/Accepted/ content/report.html' \
	'content'
forged "a changed page and manifest" \
	"sed -i s/A/B/ content/report.html; $REMANIFEST" \
	'the report is not that of the record'
forged "a changed record and manifest" \
	"sed -i '\$s/e/E/' content/record/log.jsonl; $REMANIFEST" ''
# As a forger would who has this program: another chain, another page.
rm -rf forged
cp -a unpacked forged
(
	cd forged/bundle/content/record
	prev=$(printf '%064d' 0)
	jq -c 'if .event == "end" and .status == 0 then .time = "2026-01-01T00:00:00+00:00"
		elif .event == "checks" then .rows |= map(select(.id != "KSR-ID"))
		else . end' log.jsonl | while IFS= read -r line; do
		line=$(jq -c --arg prev "$prev" '.prev = $prev' <<<"$line")
		printf '%s\n' "$line"
		prev=$(sha256sum <<<"$line" | cut -c1-64)
	done >new
	mv new log.jsonl
	cd ..
	rm report.html
	"$ANCHORITE" report record -o report.html >/dev/null
	chmod 644 report.html
	cd ..
	bash -c "$REMANIFEST"
)
pack forged
bundle 1 --verify forged.tar.gz
grep -qF 'KSR-ID' said errors || fail "a replay that differs: $(cat said errors)"

forged "a missing file" 'rm content/script.pdf' 'script.pdf'
forged "a missing input" "rm content/record/inputs/$(sha256sum \
	<"$WS/ksr.xml" | cut -c1-64); $REMANIFEST" 'is missing'
forged "an empty one" 'rm -r content/*' 'script.pdf'
forged "no manifest" 'rm manifest.txt' 'has no manifest'
forged "another file" 'echo >content/extra' 'no name in a bundle'
forged "a hidden file" 'echo >content/record/.x' 'no name in a bundle'
forged "another folder" 'mkdir content/record/more' 'no name in a bundle'
forged "a newline" 'echo >"content/record/inputs/a
b"' 'no name in a bundle'
forged "a link" 'ln -s /etc/passwd content/record/inputs/'"$head" \
	'no entry of a bundle'
forged "a link for a folder" \
	'rm -r content/record/outputs; ln -s /etc content/record/outputs' \
	'no entry of a bundle'
forged "a hard link" 'ln content/script.pdf content/record/inputs/'"$head" \
	'no entry of a bundle'
forged "a pipe" 'mkfifo content/record/inputs/'"$head" 'no entry of a bundle'
forged "a mode" 'chmod 4755 content/script.pdf' 'no entry of a bundle'
forged "an executable" 'chmod 755 content/script.pdf' 'no entry of a bundle'

# Names that lead elsewhere.
for name in /tmp/anchorite-outside ../outside bundle/../../outside \
	"bundle/content/record/inputs/../../../../../outside"; do
	tar --create --format=ustar --mtime=@0 --owner=0 --group=0 -P \
		--numeric-owner --transform "s|.*|$name|" answers 2>/dev/null |
		gzip -n -9 >forged.tar.gz
	bundle 1 --verify forged.tar.gz
	complains 'forged.tar.gz: no '
done
[ ! -e /tmp/anchorite-outside ] || fail "written outside"

# What hides behind the end, between entries, in headers.
gzip -dc one.tar.gz >one.tar
{
	cat one.tar
	echo hidden
} | gzip -n -9 >forged.tar.gz
bundle 1 --verify forged.tar.gz
complains 'is not packed as bundles are'
tar --create --format=pax --sort=name --mtime=@0 --owner=0 --group=0 \
	--numeric-owner -C unpacked bundle | gzip -n -9 >forged.tar.gz
bundle 1 --verify forged.tar.gz
complains 'is not packed as bundles are'
tar --create --format=ustar --sort=name --mtime=@1 --owner=0 --group=0 \
	--numeric-owner -C unpacked bundle | gzip -n -9 >forged.tar.gz
bundle 1 --verify forged.tar.gz
complains 'is not packed as bundles are'
pack unpacked bundle/content/script.pdf
bundle 1 --verify forged.tar.gz
head -c 5000 one.tar.gz >forged.tar.gz
bundle 1 --verify forged.tar.gz
complains 'is no whole gzip file'
cp answers forged.tar.gz
bundle 1 --verify forged.tar.gz
complains 'gzip file'
: >forged.tar.gz
bundle 1 --verify forged.tar.gz
gzip -n -9 <answers >forged.tar.gz
bundle 1 --verify forged.tar.gz
complains 'no tar archive'
# More than anybody wants: a gibibyte of zeros in a megabyte.
head -c $(((1 << 30) + 512)) /dev/zero | gzip -n -1 >forged.tar.gz
bundle 1 --verify forged.tar.gz
complains 'octets unpacked'

### what is not bundled

bundle 2 record -o one.tar.gz
complains 'one.tar.gz: exists'
bundle 2 record
complains 'give -o FILE'
bundle 2 nowhere -o new.tar.gz
complains 'nowhere: there is no ceremony record'
bundle 2 record -o nowhere/new.tar.gz
complains 'nowhere: cannot be written to'
cp -a record strange
echo x >strange/notes.txt
bundle 2 strange -o new.tar.gz
complains 'strange/notes.txt: is no part of a ceremony record'
rm strange/notes.txt
ln -s /etc/passwd "strange/inputs/$head"
bundle 2 strange -o new.tar.gz
complains "strange/inputs/$head: is no file"
rm "strange/inputs/$head"
sed -i '2s/e/E/' strange/log.jsonl
bundle 1 strange -o new.tar.gz
[ ! -e new.tar.gz ] || fail "a broken record was bundled"
absent new.tar.gz

# A record without a script has none on paper.
accepts --ceremony plain hash answers
bundle 0 plain -o plain.tar.gz
! grep -q script.pdf <<<"$(tar -tzf plain.tar.gz)" || fail "a script that was not"
bundle 0 --verify plain.tar.gz
finish
