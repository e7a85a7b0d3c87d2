#!/bin/bash
# Documents that must not be read, given to every command that reads one: exit
# status 2, the position in the file, nothing on standard output, no response,
# and an HSM that nobody touched.
# shellcheck source=tests/support/lib.sh disable=SC2016
. tests/support/lib.sh
FORGETFUL=yes

workspace
KSR=$WS/ksr.xml
SKR=$WS/skr.xml
DOC=$SCRATCH/doc.xml
HERE=(--config "$OFFLINE" --at "$AT")

# refused TEXT ARGS...: TEXT stands right behind the document's name.
refused() {
	local text=$1
	shift
	refuses 2 "anchorite: $DOC$text" "$@"
	[ ! -s "$SCRATCH/out" ] || fail "something on standard output: $*"
	nothing_written
}

# request_refused TEXT: $DOC wherever a request is read.
request_refused() {
	refused "$1" show "$DOC"
	refused "$1" "${HERE[@]}" check "$DOC"
	refused "$1" "${HERE[@]}" verify "$DOC" "$SKR"
	refused "$1" "${HERE[@]}" sign "$DOC" "$OUTPUT/skr.xml" --first --batch
}

# response_refused TEXT: $DOC wherever a response is read.
response_refused() {
	refused "$1" show "$DOC" --format dns
	refused "$1" --json show "$DOC"
	refused "$1" "${HERE[@]}" check "$KSR" --previous-skr "$DOC"
	refused "$1" "${HERE[@]}" verify "$KSR" "$DOC"
	refused "$1" "${HERE[@]}" verify "$KSR" "$SKR" --previous-skr "$DOC"
	refused "$1" "${HERE[@]}" request "$OUTPUT/ksr.xml" \
		--previous-skr "$DOC"
	refused "$1" "${HERE[@]}" sign "$KSR" "$OUTPUT/skr.xml" \
		--previous-skr "$DOC" --batch
}

# edited TEXT SED, edited_response TEXT SED: the good document, changed.
edited() {
	sed "$2" "$KSR" >"$DOC"
	! cmp -s "$KSR" "$DOC" || fail "the edit changes nothing: $2"
	request_refused "$1"
}

edited_response() {
	sed "$2" "$SKR" >"$DOC"
	! cmp -s "$SKR" "$DOC" || fail "the edit changes nothing: $2"
	response_refused "$1"
}

# The positions below are those of the two documents that `workspace` makes.
POLICY=KSR/Request/RequestPolicy/ZSK
BUNDLE='KSR/Request/RequestBundle[1]'
KEY="$BUNDLE/Key[1]"
SIGNATURE="$BUNDLE/Signature[1]"
ANSWER='KSR/Response/ResponseBundle[1]'

### DOCTYPE and entities

edited ':2:31: a DOCTYPE is not allowed' '1a <!DOCTYPE KSR SYSTEM "ksr.dtd">'
edited ':2:15: a DOCTYPE is not allowed' \
	'1a <!DOCTYPE KSR [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]>'
edited ':2:15: a DOCTYPE is not allowed' \
	'1a <!DOCTYPE KSR [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
edited ":6:24: $POLICY/PublishSafety: undefined entity" '6s/P10D/\&period;/'
edited_response ':2:31: a DOCTYPE is not allowed' \
	'1a <!DOCTYPE KSR SYSTEM "skr.dtd">'
edited ':3:1: KSR: a processing instruction is not allowed' \
	'2a <?xml-stylesheet href="x"?>'

### elements: unknown, repeated, misplaced, missing

edited ":6:9: $POLICY: unknown element \"Safety\"" '6s/PublishSafety/Safety/g'
edited ":7:9: $POLICY: repeated or misplaced element \"PublishSafety\"" 6p
edited ":6:9: $POLICY: repeated or misplaced element \"RetireSafety\"" 6d
edited ':17:5: KSR/Request: unknown element "ResponseBundle"' \
	's/RequestBundle/ResponseBundle/'
edited ":19:7: $BUNDLE: repeated or misplaced element \"Key\"" 19d
edited ":20:7: $KEY: ends without PublicKey" 25d
edited ":34:7: $SIGNATURE: ends without SignatureData" 44d
edited ":17:5: $BUNDLE: ends without Key or Signature" 34,57d
edited ":20:7: $BUNDLE: repeated or misplaced element \"Signature\"" 20,33d
edited ":5:7: $POLICY: ends without SignatureAlgorithm" 12,14d
edited ":12:9: $POLICY/SignatureAlgorithm[1]: ends without RSA or ECDSA" 13d
edited ':3:3: KSR/Request: ends without RequestBundle' 17,261d
edited ':3:3: KSR: unknown element "Query", wanted Request or Response' \
	's/Request>/Query>/'
edited ':2:1: unknown element "SKR", wanted KSR' '2s/KSR/SKR/;$s/KSR/SKR/'
edited ':21:14: '"$KEY/TTL"': unknown element "a", wanted an end tag' \
	'21s/172800/<a\/>172800/'
edited ':263:1: KSR: repeated or misplaced element "Request"' \
	'262a <Request></Request>'
edited_response ':5:7: KSR/Response/ResponsePolicy: repeated or misplaced' 5,15d
edited_response ":31:7: $ANSWER: unknown element \"Signer\"" \
	'30a \      <Signer keyIdentifier="x"/>'
edited_response ":28:5: $ANSWER: ends without Key or Signature" 52,63d

### attributes: unknown, repeated, missing

edited ':2:1: KSR: unknown attribute "version"' '2s/ domain/ version="1" domain/'
edited ':2:1: KSR: unknown attribute "xmlns"' '2s/ domain/ xmlns="x" domain/'
edited ':2:70: duplicate attribute' '2s/$/ /;2s/"> $/" serial="1">/'
edited ':2:1: KSR: attribute serial is missing' '2s/ serial="1"//'
edited ":20:7: $KEY: attribute keyTag is missing" '20s/ keyTag=.*/>/'
edited ":17:5: $BUNDLE: attribute id is missing" '17s/ id=.*/>/'
edited ":34:7: $SIGNATURE: unknown attribute \"keyTag\"" '34s/>/ keyTag="1">/'
edited_response ":28:5: $ANSWER: attribute id is missing" '28s/ id=.*/>/'
edited_response ':3:3: KSR/Response: unknown attribute "id"' '3s/>/ id="1">/'

### trailing data

edited ':264:1: junk after document element' '$a <KSR/>'
edited ':264:1: junk after document element' '$a trailing'
edited ':264:1: junk after document element' '$a \x00'
edited ':16:1: KSR/Request/RequestPolicy: text "x" where only elements may be' \
	'15a x'
edited_response ':3:1: KSR: text "x" where only elements may be' '2a x'

### truncated: at places all over the request; the previous response likewise

cut_positions() {
	local size
	size=$(stat -c %s "$1")
	seq 1 397 2000
	printf '%s\n' 4000 9000 $((size / 2)) $((size - 9)) $((size - 2))
}
for octets in $(cut_positions "$KSR"); do
	head -c "$octets" "$KSR" >"$DOC"
	request_refused ":"
	grep -Eq "doc\.xml:[0-9]+:[0-9]+: .*the document is cut off$" \
		"$SCRATCH/err" || fail "cut at $octets: not called cut off"
done
for octets in $(cut_positions "$SKR"); do
	head -c "$octets" "$SKR" >"$DOC"
	response_refused ":"
	grep -Eq "doc\.xml:[0-9]+:[0-9]+: .*the document is cut off$" \
		"$SCRATCH/err" || fail "cut at $octets: not called cut off"
done
: >"$DOC"
request_refused ':1:1: the file is empty'
response_refused ':1:1: the file is empty'
printf ' \n' >"$DOC"
request_refused ':2:1: the document is cut off'

### encodings

for encoding in UTF-16 UTF-16LE UTF-16BE; do
	iconv -t "$encoding" "$KSR" >"$DOC"
	request_refused ':1:1: encoding UTF-16, wanted UTF-8'
	iconv -t "$encoding" "$SKR" >"$DOC"
	response_refused ':1:1: encoding UTF-16, wanted UTF-8'
done
edited ':1:1: encoding "ISO-8859-1", wanted UTF-8 or US-ASCII' \
	'1s/UTF-8/ISO-8859-1/'
edited ':1:1: encoding "UTF-16", wanted UTF-8 or US-ASCII' '1s/UTF-8/UTF-16/'
edited ':1:1: encoding "windows-1252"' '1s/UTF-8/windows-1252/'
edited ':1:1: XML version "1.1", wanted 1.0' '1s/1\.0/1.1/'
edited ':2:10: not well-formed (invalid token)' '2s/id="./id="\xe9/'
edited ':2:10: not well-formed (invalid token)' '2s/id="./id="\xc0\x80/'

### numbers: decimal, in range; a leading zero is fine

for number in -1 +1 0x10 1e3 1.0 '1 2' '' 2147483648 4294967296 \
	18446744073709551616 99999999999999999999999 ١; do
	edited ":21:9: $KEY/TTL: \"" "21s/172800/$number/"
	grep -qF '", wanted a decimal number from 0 to 2147483647' \
		"$SCRATCH/err" || fail "TTL $number: range missing"
done
edited ":22:9: $KEY/Flags: \"65536\", wanted a decimal number from 0 to 65535" \
	'22s/256/65536/'
edited ":23:9: $KEY/Protocol: \"259\"" '23s/3/259/'
edited ":24:9: $KEY/Algorithm: \"264\"" '24s/8/264/'
edited ":20:7: $KEY: attribute keyTag: \"65536\"" '20s/Tag="[0-9]*/Tag="65536/'
edited ":20:7: $KEY: attribute keyTag: \"0xA\"" '20s/Tag="[0-9]*/Tag="0xA/'
edited ":38:9: $SIGNATURE/Labels: \"256\"" '38s/0/256/'
edited ":42:9: $SIGNATURE/KeyTag: \"-1\"" '42s/>[0-9]*/>-1/'
edited ':2:1: KSR: attribute serial: "9223372036854775808"' \
	'2s/serial="1"/serial="9223372036854775808"/'
edited ":13:11: $POLICY/SignatureAlgorithm[1]/RSA: attribute size: \"65536\"" \
	'13s/2048/65536/'
edited ":13:11: $POLICY/SignatureAlgorithm[1]/RSA: attribute exponent: \"1x\"" \
	'13s/65537/1x/'
edited_response ":32:9: $ANSWER/Key[1]/TTL: \"2147483648\"" \
	'32s/172800/2147483648/'
edited ":36:9: $SIGNATURE/TypeCovered: \"SOA\", wanted DNSKEY" '36s/DNSKEY/SOA/'
sed 's/keyTag="/keyTag="0/' "$KSR" >"$DOC"
accepts "${HERE[@]}" check "$DOC"

### base64

for edit in 's/>A/>!/' 's/>A/>/' 's/<\/P/=<\/P/' 's/>.*</></' 's/>.*</>=</' \
	's/>.*</>AB==</' 's/>A/>A-/' 's/>A/>A\&#160;/'; do
	edited ":25:9: $KEY/PublicKey: \"" "25$edit"
	grep -qF '", wanted base64 of 1 to 520 octets' "$SCRATCH/err" ||
		fail "$edit: not called base64"
done
edited ":44:9: $SIGNATURE/SignatureData: \"" '44s/<\/S/*<\/S/'
edited ":25:9: $KEY/PublicKey: \"" \
	"25s/>A/>$(head -c 700 /dev/zero | tr '\0' A)A/"
edited_response ":62:9: $ANSWER/Signature[1]/SignatureData: \"" '62s/<\/S/=<\/S/'

### dates and durations

for time in 2027-02-30T00:00:00 2027-02-29T00:00:00 2027-13-01T00:00:00 \
	2027-00-01T00:00:00 2027-01-01T24:00:00 2027-01-01T00:60:00 \
	2027-01-01T00:00:60 2027-01-01T00:00:00.5 '2027-01-01 00:00:00' \
	2027-01-01 0000-01-01T00:00:00 10000-01-01T00:00:00 \
	1969-12-31T23:59:59 2027-01-01T00:00:00+15:00 2027-1-1T00:00:00 \
	2027-01-01T00:00:00ZZ -2027-01-01T00:00:00 now ''; do
	edited ":18:7: $BUNDLE/Inception: \"$time\", wanted a time as" \
		"18s/>.*</>$time</"
done
edited ':3:3: KSR/Request: attribute timestamp: "yesterday"' \
	'3s/>/ timestamp="yesterday">/'
edited ":40:9: $SIGNATURE/SignatureExpiration: \"20270122000000\"" \
	'40s/>.*</>20270122000000</'
edited_response ":59:9: $ANSWER/Signature[1]/SignatureInception: \"x\"" \
	'59s/>.*</>x</'
for duration in P1Y P1M -P1D P PT P1.5D 10D P10 P1DT P36526D P99999999999D \
	PT1.5S ''; do
	edited ":6:9: $POLICY/PublishSafety: \"$duration\", wanted a duration" \
		"6s/P10D/$duration/"
done

### over-long anything

# long N [CHARACTER], repeat N TEXT
repeat() {
	yes "$2" 2>/dev/null | head -n "$(($1 * $(wc -l <<<"$2")))" || :
}
long() {
	head -c "$1" /dev/zero | tr '\0' "${2-a}"
}
edited ':2:1: KSR: attribute id: "aaaaaaaa' "2s/id=\"/id=\"$(long 256)/"
edited ":17:5: $BUNDLE: attribute id: \"aaaa" "17s/id=\"/id=\"$(long 256)/"
edited ":20:7: $KEY: attribute keyIdentifier: \"aaaa" \
	"20s/ier=\"/ier=\"$(long 256)/"
edited ":43:9: $SIGNATURE/SignersName: \"aaaa" "43s/>\./>$(long 64)./"
edited ':2:1: KSR: attribute domain: "aaaa' "2s/domain=\"/domain=\"$(long 64)/"
edited ":21:9: $KEY/TTL: text of more than 4096 characters" \
	"21s/>1/>$(long 5000 1)1/"
edited ':2:1: KSR: unknown attribute "aaaa' "2s/ domain/ $(long 5000)=\"\"&/"
edited ':2:1: unknown element "aaaa' "2s/KSR/$(long 5000)/"
printf '2a <!-- %s -->\n' "$(long 70000)" >"$SCRATCH/sed"
sed -f "$SCRATCH/sed" "$KSR" >"$DOC"
request_refused ':3:1: KSR: a tag or comment of more than 65536 octets'
sed '20,26{H;26!d;g;s/.*/&&&&&&&&&&&&&&&&&/}' "$KSR" >"$DOC"
request_refused ':'
grep -qF "$BUNDLE: more than 16 Key elements" "$SCRATCH/err" ||
	fail "17 keys in a bundle"
{
	sed -n 1,16p "$KSR"
	repeat 4097 "$(sed -n 59,81p "$KSR")"
	printf '</Request></KSR>\n'
} >"$DOC"
request_refused ':'
grep -qF "KSR/Request: more than 4096 RequestBundle elements" \
	"$SCRATCH/err" || fail "4097 bundles"
truncate -s 33M "$DOC"
request_refused ': larger than the limit of 33554432 octets'
response_refused ': larger than the limit of 33554432 octets'
{
	printf '<KSR id="a" domain="." serial="1">'
	repeat 100000 '<Request>'
} >"$DOC"
request_refused ':'
grep -qF 'KSR/Request: unknown element "Request"' "$SCRATCH/err" ||
	fail "nested deeply"

### files that are none

rm "$DOC"
request_refused ': No such file or directory'
response_refused ': No such file or directory'
mkdir "$DOC"
request_refused ': not a regular file'
response_refused ': not a regular file'
rmdir "$DOC"
mkfifo "$DOC"
request_refused ': not a regular file'
response_refused ': not a regular file'
rm "$DOC"
for target in /dev/zero /dev/null /dev/tty /proc; do
	ln -s "$target" "$DOC"
	case $target in
	/dev/tty) request_refused ': ' ;;
	*) request_refused ': not a regular file' ;;
	esac
	rm "$DOC"
done
ln -s "$DOC" "$DOC"
request_refused ': Too many levels of symbolic links'
rm "$DOC"
ln -s "$KSR/none" "$DOC"
request_refused ': Not a directory'
rm "$DOC"

### a response where a request is wanted, and the other way round

cp "$SKR" "$DOC"
for command in "check $DOC" "verify $DOC $SKR" \
	"sign $DOC $OUTPUT/skr.xml --first --batch"; do
	# shellcheck disable=SC2086
	refused ': is a response (SKR), expected a request (KSR)' \
		"${HERE[@]}" $command
done
cp "$KSR" "$DOC"
for command in "check $KSR --previous-skr $DOC" "verify $KSR $DOC" \
	"verify $KSR $SKR --previous-skr $DOC" \
	"request $OUTPUT/ksr.xml --previous-skr $DOC" \
	"sign $KSR $OUTPUT/skr.xml --previous-skr $DOC --batch"; do
	# shellcheck disable=SC2086
	refused ': is a request (KSR), expected a response (SKR)' \
		"${HERE[@]}" $command
done
printf '#!/bin/sh\n' >"$DOC"
request_refused ':1:2: not well-formed (invalid token)'
cp "$CONFIG" "$DOC"
request_refused ':1:2: not well-formed (invalid token)'

### what a terminal would obey never reaches it raw

# sober: no octet on the screen but printable ASCII and line ends.
sober() {
	! LC_ALL=C grep -q '[^ -~]' "$SCRATCH/out" "$SCRATCH/err" ||
		fail "control characters in the output"
	CASES=$((CASES + 1))
}
edited ':2:10: reference to invalid character number' '2s/id="/id="\&#27;[2J/'
edited ':2:1: KSR: attribute id: "\xc2\x9b2J' '2s/id="/id="\&#x9b;2J/'
sober
edited ":20:7: $KEY: attribute keyIdentifier: \"\\x7f" '20s/ier="/ier="\&#x7f;/'
sober
edited ':2:1: KSR: attribute domain: "\xe2\x80\xae' \
	'2s/domain="/domain="\&#x202e;/'
sober
DOC=$SCRATCH/$'esc\e]0;owned\a.xml'
cp "$KSR" "$DOC"
accepts show "$DOC"
says 'Request '
sober
accepts --json show "$DOC"
sober
accepts hash "$DOC"
sober
run "${HERE[@]}" check "$DOC"
sober
run "${HERE[@]}" --json check "$DOC"
sober
run verify "$DOC.none" "$SKR" "${HERE[@]}"
sober

finish
