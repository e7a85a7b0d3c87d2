#!/bin/bash
# Many zones in one ceremony: one login, one confirmation, which is of the
# manifest's own hash; what is wrong with one zone is that zone's alone; the same
# command again finishes.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
# shellcheck source=tests/support/many.sh
. tests/support/many.sh
needs jq softhsm2-util expect

many 16
export ANCHORITE_CONFIG=$CONFIG
LOG=$SCRATCH/ceremony/log.jsonl
sign_many() {
	run --at "$AT" sign --manifest "$MANIFEST" --batch "$@"
}
row_of() {
	many_zone "$1"
	FILE=$WS/requests/$zone$format
}
# rehash: the manifest has the requests' hashes as they are now.
rehash() {
	local i
	printf 'requests:\n' >"$MANIFEST"
	for ((i = 0; i < 16; i++)); do
		many_zone "$i"
		many_row >>"$MANIFEST"
	done
}

### Manifests that are none

cp "$MANIFEST" "$SCRATCH/whole"
# wrong MESSAGE SED: the manifest, changed so, is refused as a whole.
wrong() {
	sed "$2" "$SCRATCH/whole" >"$MANIFEST"
	refuses 2 "$1" --at "$AT" sign --manifest "$MANIFEST" --batch
	absent "$WS/register.jsonl"
}
wrong "manifest.yaml:3:14: requests.z0000.example..request: \"../x\" is no path below" \
	'3s|request: .*|request: ../x|'
wrong "is no path below" '3s|request: .*|request: /etc/passwd|'
wrong "is no path below" '3s|request: .*|request: a/./b|'
wrong "manifest.yaml:6:15" '6s|response: .*|response: x/../../y|'
wrong "manifest.yaml:7:3: requests.z0000.example.: is given twice" \
	'7s/z0001/z0000/'
wrong "manifest.yaml:7:3: requests.Z0000.Example: its zone is that of line 2 too" \
	'7s/z0001.example./Z0000.Example/'
wrong "its request is that of line 2 too" \
	'8s|request: .*|request: requests/z0000.example.xml|'
wrong "its response is that of line 2 too" '11s|z0001|z0000|'
wrong "manifest.yaml:4:13: requests.z0000.example..sha256: \"12\" is not a SHA-256" \
	'4s|sha256: .*|sha256: "12"|'
wrong 'has no key "sha256"' 4d
wrong 'has no key "request"' 3d
wrong "expected previous_skr, or" 5d
wrong "manifest.yaml:5:12: requests.z0000.example..first: \"yes\" (expected true)" \
	'5s/true/yes/'
wrong "is not a known key; is it response?" '6s/response/respons/'
wrong 'has no key "requests"' "1s/.*/{}/;2,\$d"
wrong "names no request" "1s/.*/requests: {}/;2,\$d"
wrong "is not a known key" '1s/^/x: 1\n/'
wrong "no path below the folder" '3s|request: .*|request: requests//x|'
truncate -s 2M "$MANIFEST"
refuses 2 "manifest.yaml" --at "$AT" sign --manifest "$MANIFEST" --batch
refuses 2 "not a regular file" --at "$AT" sign --manifest "$WS" --batch
refuses 2 "No such file" --at "$AT" sign --manifest "$WS/none" --batch
cp "$SCRATCH/whole" "$MANIFEST"
for option in --first "--schema normal" "--zone z0000.example." "--plan x" \
	"--alternative x" "--override KSR-ID --reason x"; do
	# shellcheck disable=SC2086
	refuses 2 "and --manifest contradict each other" --at "$AT" sign \
		--manifest "$MANIFEST" --batch $option
done
refuses 2 "has a meaning only with --manifest" --at "$AT" sign "$MANIFEST" x \
	--first --batch --stop-at-failure
absent "$WS/register.jsonl"

### The confirmation is of the manifest's hash; progress is a terminal's

rm -rf "$SCRATCH/ceremony"
HASH=$(sha256sum "$MANIFEST" | cut -d' ' -f1)
cat >"$SCRATCH/talk" <<END
set timeout 60
spawn $ANCHORITE --ceremony $SCRATCH/ceremony --at $AT sign --manifest $MANIFEST
expect "anything else to stop:"
send "no\r"
expect eof
END
expect "$SCRATCH/talk" >"$SCRATCH/seen" || fail "nobody was asked"
tr -s ' \r\n' ' ' <"$SCRATCH/seen" >"$SCRATCH/words"
grep -qF "Sign 16 requests of the manifest with SHA-256 $HASH?" \
	"$SCRATCH/words" || fail "another question"
grep -qF "zones judged" "$SCRATCH/words" || fail "no progress on a terminal"
equal "responses after a no" 0 "$(find "$WS" -name '*.skr' | wc -l)"
grep -q '"event":"prompt".*'"$HASH" "$LOG" || fail "no hash in the prompt"
! grep -q "zones judged" "$LOG" || fail "progress is on record"
rm -rf "$SCRATCH/ceremony"

### What can be wrong with one

declare -A wrong=()
row_of 0; rm "$FILE"; wrong[0]="No such file"
row_of 1; sed -i 's/^;; KeySigningRequest 1.0 g/ &/' "$FILE"; wrong[1]="has SHA-256"
row_of 2; mv "$FILE" "$FILE.real"; ln -s "$FILE.real" "$FILE"; wrong[2]="symbolic link"
row_of 3; : >"$FILE"
row_of 4; truncate -s 40M "$FILE"
row_of 5; sed -i 's/z0005/z0006/' "$FILE"
row_of 6; sed -i '0,/172800/s//172801/' "$FILE"
row_of 7; sed -i 's/256 3 /257 3 /' "$FILE"
row_of 12; sed s/z0009/z0012/ "$WS/requests/z0009.example.xml" >"$FILE"
hashes() {
	many_zone "$1"
	sha=$(sha256sum <"$WS/requests/$zone$format" | cut -d' ' -f1)
	line=$(grep -n "^  $zone:" "$MANIFEST" | cut -d: -f1)
	sed -i "$((line + 2))s/sha256: .*/sha256: $sha/" "$MANIFEST"
}
for i in 3 4 5 6 7 12; do hashes "$i"; done
wrong[3]="the file is empty"
wrong[4]="z0004.example.bind"
wrong[5]="is of zone z0006.example., the manifest has it for z0005.example."
wrong[6]="KSR-"
wrong[7]="z0007.example.bind"
wrong[12]="is that of the request of zone z0009.example., too"
row_of 8; echo >"$WS/$zone"skr; wrong[8]="already exists"
sed -i 's/label: "ksk-z0009.example."/label: "ksk-none"/' "$CONFIG"
wrong[9]='no key with label "ksk-none"'
sed -i 's/^  z0010.example.:$/  other.example.:/' "$CONFIG"
wrong[10]='zone "z0010.example." is not in the configuration'
line=$(grep -n "^  z0011.example.:" "$MANIFEST" | cut -d: -f1)
sed -i "$((line + 3))s/.*/    previous_skr: none.skr/" "$MANIFEST"
wrong[11]="none.skr"

sign_many
equal "status" 2 "$status"
cp "$SCRATCH/out" "$SCRATCH/told"
grep -qF "manifest.yaml: 13 of 16 zones were not signed: z0000.example., " \
	"$SCRATCH/err" || fail "the error does not say which"
equal "lines on standard error" 1 "$(wc -l <"$SCRATCH/err")"
for i in "${!wrong[@]}"; do
	many_zone "$i"
	jq -r --arg zone "$zone" 'select(.event == "not signed" and
		.zone == $zone) | .message' "$LOG" >"$SCRATCH/message"
	equal "lines of $zone on record" 1 "$(wc -l <"$SCRATCH/message")"
	grep -qF -- "${wrong[$i]}" "$SCRATCH/message" ||
		fail "$zone: $(<"$SCRATCH/message")"
	has_text "$SCRATCH/told" "$zone: NOT SIGNED: " || fail "$zone is not told"
	[ "$i" -eq 8 ] || absent "$WS/$zone"skr
done
for i in 13 14 15; do
	row_of "$i"
	accepts verify "$FILE" "$WS/$zone"skr --schema normal
done
equal "register" 6 "$(wc -l <"$WS/register.jsonl")"
equal "one login" 1 "$(grep -c '"event":"token"' "$LOG")"
equal "one answer" 1 "$(grep -c '"event":"answer"' "$LOG")"
! grep -aq 'zones signed\|zones judged' "$SCRATCH/told" "$SCRATCH/err" "$LOG" ||
	fail "progress in a pipe or on record"
accepts replay "$SCRATCH/ceremony"
accepts log show "$SCRATCH/ceremony"
says "z0000.example.: NOT SIGNED: "
says "z0013.example.: signed, response SHA-256"
accepts log show "$SCRATCH/ceremony" --zone Z0013.example
says "read request"
accepts report "$SCRATCH/ceremony" -o "$SCRATCH/report.html"
grep -qF "Zone z0005.example. was not signed" "$SCRATCH/report.html" ||
	fail "the report does not say who was not signed"

### A record that says otherwise

forged() {
	forge_record "$SCRATCH/ceremony" "$SCRATCH/forged" "$2"
	run replay "$SCRATCH/forged"
	equal "replay of a record where $1" 1 "$status"
}
forged "a failed zone is done" 'if .event == "end" then .status = 0 | .message = null else . end'
forged "a refused zone was not" 'if .zone == "z0005.example." and .event == "not signed" then .status = 2 else . end'
forged "a zone failed that did not" 'if .zone == "z0013.example." and .event == "signing" then {event: "not signed", time, version, binary, zone, status: 1, message: "x"} else . end'
forged "a zone is another" 'if .event == "asked" and .zone == "z0013.example." then .zone = "z0014.example." else . end'
forged "the failure is another" 'if .zone == "z0006.example." and .event == "not signed" then .message = "x" else . end'

### The same command again, once they are right

sed -i 's/^  other.example.:$/  z0010.example.:/; s/label: "ksk-none"/label: "ksk-z0009.example."/' \
	"$CONFIG"
rm -f "$WS"/z0008.example.skr "$WS"/requests/z00*.example.*
rm -rf "$SCRATCH/ceremony"
for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
	many_zone "$i"
	[ "$i" -gt 12 ] || rm -f "$WS/requests/$zone$format"
	many_alone
	many_request
done
sha256sum "$WS"/z001[345].example.skr >"$SCRATCH/before"
for i in 13 14 15; do
	many_zone "$i"
	rm "$WS/$zone"skr
done
rm -f "$WS/register.jsonl"
rehash

# signed_zones: how often each was signed, and whose line says that it is there.
signed_zones() {
	jq -r 'select(.event == "signing") | .zone' "$LOG" | sort | uniq -c |
		awk '{ print $1 }' | sort | uniq -c | tr -s ' \n' ' '
}
sign_many --stop-at-failure --hsm none
equal "an HSM that is none" 2 "$status"
row_of 4
mv "$FILE" "$FILE.away"
sign_many --stop-at-failure
equal "status of a stop" 2 "$status"
grep -qF "zone z0004.example.: " "$SCRATCH/err" || fail "it does not say where"
equal "responses of a run that stops" 0 "$(find "$WS" -name '*.skr' | wc -l)"
sign_many --json
equal "status as JSON" 2 "$status"
equal "states" "15 signed 1 not signed " "$(jq -r '.zones[].state' "$SCRATCH/out" |
	sort -r | uniq -c | sed 's/^ *//' | sort -rn | tr '\n' ' ')"
equal "whose" z0004.example. "$(jq -r \
	'.zones[] | select(.error != null) | .zone' "$SCRATCH/out")"
(cd "$WS" && sha256sum ./*.skr && stat -c '%i %Y' ./*.skr) >"$SCRATCH/before"
mv "$FILE.away" "$FILE"
accepts --at "$AT" sign --manifest "$MANIFEST" --batch
says "Of 16 zones 1 were signed, 15 were before, 0 were not"
many_zone 4
(cd "$WS" && mv "$zone"skr x && sha256sum ./*.skr && stat -c '%i %Y' ./*.skr &&
	mv x "$zone"skr) >"$SCRATCH/after"
cmp "$SCRATCH/before" "$SCRATCH/after" || fail "what was there was touched"
equal "signings of each zone" " 16 1 " "$(signed_zones)"
lines=$(wc -l <"$WS/register.jsonl")
tokens=$(grep -c '"event":"token"' "$LOG")
accepts --at "$AT" sign --manifest "$MANIFEST" --batch
says "Of 16 zones 0 were signed, 16 were before, 0 were not"
equal "lines of the register" "$lines" "$(wc -l <"$WS/register.jsonl")"
equal "logins where nothing is left" "$tokens" \
	"$(grep -c '"event":"token"' "$LOG")"
for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
	row_of "$i"
	accepts verify "$FILE" "$WS/$zone"skr --schema normal
done
accepts replay "$SCRATCH/ceremony"

### Killed at any moment

rm -rf "$WS"/*.skr "$WS/register.jsonl" "$SCRATCH/ceremony"
for after in 0.3 0.5 0.6 0.7 0.8 0.9 1.1; do
	"$ANCHORITE" --ceremony "$SCRATCH/ceremony" --at "$AT" sign \
		--manifest "$MANIFEST" --batch >"$SCRATCH/out" 2>&1 &
	running=$!
	sleep "$after"
	kill -KILL "$running" 2>/dev/null || :
	wait "$running" 2>/dev/null || :
done
rm -f "$WS"/.*.??????
accepts --at "$AT" sign --manifest "$MANIFEST" --batch
for i in 0 5 10 15; do
	row_of "$i"
	accepts verify "$FILE" "$WS/$zone"skr --schema normal
done
equal "publications of each zone" " 16 1 " "$(jq -r 'select(.event ==
	"published") | .domain' "$WS/register.jsonl" | sort | uniq -c |
	awk '{ print $1 }' | sort | uniq -c | tr -s ' \n' ' ')"
accepts replay "$SCRATCH/ceremony"

### One key for several zones, and a folder for responses

many_zone 1
many_alone
"$ANCHORITE" --config "$WS/alone.yaml" --at "$AT" --ceremony "$SCRATCH/making" \
	keygen --label both --algorithm ECDSAP256SHA256 --json >"$SCRATCH/key"
mkdir "$WS/shared" "$WS/shared/out"
{
	many_head
	printf '  proof_of_possession: none\n'
	printf 'keys:\n  ksk_current: {label: both, shared: true, algorithm: ECDSAP256SHA256, public_key: "%s"}\n' \
		"$(jq -r '[.. | .dnskey? // empty][0] | split(" ")[-1]' "$SCRATCH/key")"
	printf 'zones:\n'
	for i in 1 5; do
		many_zone "$i"
		printf '  %s:\n' "$zone"
		many_policy "$format" '    '
	done
} >"$WS/shared/anchorite.yaml"
chmod 600 "$WS/shared/anchorite.yaml"
export ANCHORITE_CONFIG=$WS/shared/anchorite.yaml
printf 'requests:\n' >"$MANIFEST"
for i in 1 5; do
	many_zone "$i"
	many_row >>"$MANIFEST"
done
rm -rf "$SCRATCH/ceremony"
accepts --at "$AT" sign --manifest "$MANIFEST" "$WS/shared/out" --batch
for i in 1 5; do
	row_of "$i"
	accepts verify "$FILE" "$WS/shared/out/$zone"skr --schema normal
done
accepts replay "$SCRATCH/ceremony"
sed 's/shared: true, //; s/, public_key: "[^"]*"//' "$ANCHORITE_CONFIG" >"$WS/shared/undeclared.yaml"
chmod 600 "$WS/shared/undeclared.yaml"
refuses 2 'the key "both" is pinned by zone z0001.example. and by z0005.example.' \
	--config "$WS/shared/undeclared.yaml" --at "$AT" sign --manifest \
	"$MANIFEST" --batch
finish
