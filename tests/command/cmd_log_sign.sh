#!/bin/bash
# The record's signature: by a key in the token that is no KSK, checked here
# and by openssl, of the whole record and of one that has grown.
# shellcheck source=tests/support/lib.sh disable=SC2016
. tests/support/lib.sh
needs jq openssl

# Here the record is the subject: commands name it, and its head stays.
RECORDING=
set_head_apart() {
	:
}
ANCHORITE=$(realpath "$ANCHORITE")
cd "$SCRATCH"
accepts init ws --at "$AT"
CONFIG=ws/anchorite.yaml
RECORD=record
lines=()

# recorded STATUS ARGS...
recorded() {
	local wanted=$1
	shift
	run --config "$CONFIG" --ceremony "$RECORD" --at "$AT" "$@"
	[ "$status" -eq "$wanted" ] || fail "status $status, wanted $wanted: $*"
}
# sealed TEXT STATUS ARGS...: log sign must say TEXT, leave no file, and have
# an end on record.
sealed() {
	local text=$1 wanted=$2
	shift 2
	recorded "$wanted" log sign "$@"
	grep -qF -- "$text" "$SCRATCH/err" || fail "does not say \"$text\""
	absent none.p7s
	equal "the last line" "end $wanted" \
		"$(tail -n 1 "$RECORD/log.jsonl" |
			jq -r '"\(.event) \(.status)"')"
}

recorded 0 keygen --purpose audit --label audit --algorithm RSASHA256
recorded 0 keygen --purpose audit --label audit-256 --algorithm ECDSAP256SHA256
recorded 0 keygen --purpose audit --label audit-384 --algorithm ECDSAP384SHA384
run --config "$CONFIG" --ceremony fresh --at "$AT" log sign none.p7s --key audit
[ "$status" -eq 1 ] || fail "an empty record was signed"
grep -qF 'nothing is on this record' "$SCRATCH/err" || fail "says otherwise"

# --- By each kind of key, and as openssl sees it.

# by_openssl RECORD FILE: the very file, with no program of ours; prints the
# SHA-256 of the key.
by_openssl() {
	openssl cms -verify -binary -inform DER -in "$2" \
		-content "$1/log.jsonl" -noverify -certsout cert.pem \
		-out seen 2>"$SCRATCH/err" || fail "openssl refuses $2"
	cmp -s seen "$1/log.jsonl" || fail "openssl saw another content"
	# The certificate says no more than its key, and lies about nothing.
	openssl verify -CAfile cert.pem -check_ss_sig cert.pem \
		>/dev/null 2>"$SCRATCH/err" || fail "openssl: the certificate"
	openssl x509 -in cert.pem -pubkey -noout |
		openssl pkey -pubin -outform DER | sha256sum | cut -c1-64
}
for key in audit audit-256 audit-384; do
	recorded 0 log sign "$key.p7s" --key "$key"
	says "of the whole record"
	says "Head of the ceremony record record"
	equal "the last line" "signing record" \
		"$(tail -n 1 record/log.jsonl | jq -r .event)"
	seen=$(by_openssl record "$key.p7s")
	equal "the key of $key" "$seen" \
		"$(tail -n 1 record/log.jsonl | jq -r .key_sha256)"
	# OpenSSL 3.2 and later spell it "CN=x".
	equal "the certificate's name" "subject=CN=$seen" \
		"$(openssl x509 -in cert.pem -noout -subject | tr -d ' ')"
	accepts log verify record --signature "$key.p7s"
	says "  of the whole record, lines 1 to $(wc -l <record/log.jsonl)"
	says "$seen"
	says "only its hash on paper says"
	accepts log verify record --signature "$key.p7s" --key-sha256 "$seen" \
		--head "$(tail -n 1 record/log.jsonl | sha256sum | cut -c1-64)"
	! grep -q 'on paper says' "$SCRATCH/out" || fail "asks for paper"
	lines[${#lines[@]}]=$(wc -l <record/log.jsonl)
	cp -r record "record-$key"
done
# RSA's is deterministic: the same log, the same octets, but for the hour.
accepts --json log verify record --signature audit-256.p7s
equal "json" "${lines[1]} true false" "$(jq -r '"\(.signature.lines) " +
	"\(.accepted) \(.signature.key_given)"' "$SCRATCH/out")"
accepts --json log verify record
equal "json without" null "$(jq .signature "$SCRATCH/out")"

# --- A record that has grown, and one that is another.

accepts log verify record --signature audit.p7s
says "of lines 1 to ${lines[0]}; the $((lines[2] - lines[0])) lines after"
says "NOT signed"
head -n "${lines[0]}" record/log.jsonl >was
cmp was record-audit/log.jsonl || fail "the record was changed"
refuses 1 'is of no state that this record had' log verify record-audit \
	--signature audit-256.p7s
refuses 1 'by another key than' log verify record --signature audit.p7s \
	--key-sha256 "$(printf '%064d' 0)"
refuses 2 'expected the 64 hex digits' log verify record \
	--signature audit.p7s --key-sha256 12
refuses 2 '--key-sha256 is for --signature' log verify record --key-sha256 \
	"$(printf '%064d' 0)"
refuses 2 'has no meaning for log show' log show record --signature audit.p7s
refuses 2 'has no meaning for log verify' log verify record --key audit
refuses 2 'No such file' log verify record --signature none.p7s
refuses 1 'is no signature of a record' log verify record --signature cert.pem

# forge_audit FILTER: the record $FORGED with its chain written anew.
FORGED="record-audit"
forge_audit() {
	forge_record "$FORGED" forged "$1"
}
forge_audit 'if .event == "token" then .label = "other" else . end'
accepts log verify forged
refuses 1 'is of no state that this record had' log verify forged \
	--signature audit.p7s
! openssl cms -verify -binary -inform DER -in audit.p7s -noverify \
	-content forged/log.jsonl -out seen 2>/dev/null ||
	fail "openssl accepts a forged log"

# A signature that others made in another form, by the very same means.
openssl req -x509 -newkey rsa:2048 -nodes -keyout own.key -out own.pem \
	-subj /CN=own -days 2 2>/dev/null
for form in -nosmimecap -noattr '-noattr -nodetach' '-noattr -nocerts' \
	'-noattr -md sha512'; do
	# shellcheck disable=SC2086
	openssl cms -sign -binary $form -in record/log.jsonl -signer own.pem \
		-inkey own.key -outform DER -out own.p7s
	refuses 1 own.p7s log verify record --signature own.p7s
done

# --- Replay.

accepts replay record
says "every conclusion and every byte the same"
accepts replay record-audit
accepts log show record
says "about to sign this record, up to this line, into audit.p7s"
accepts report record -o page.html
grep -qF 'about to sign this record' page.html || fail "not on the page"

# replay_says FILTER TEXT
replay_says() {
	forge_audit "$1"
	run replay forged
	[ "$status" -eq 1 ] || fail "status $status after $1"
	says "$2"
}
seal='if .event == "signing record" then'
replay_says "$seal .key_sha256 = .prev else . end" "key_sha256: recorded"
replay_says "$seal .key.key_tag = 1 else . end" "key_tag: recorded 1,"
replay_says "$seal ., (.event = \"end\" | .status = 0 | .message = null) else . end" \
	'"end" is recorded behind what was signed'
replay_says "$seal ., . else . end" '"signing record" is recorded behind what was signed'
replay_says 'select(.event != "token")' '"signing record", although the run had to stop'

# --- Never by a KSK.

recorded 0 request ksr.xml
recorded 0 sign ksr.xml skr.xml --first --batch
sealed 'key "ksk-1" is a KSK of the configuration' 1 none.p7s --key ksk-1
cp -r record other
RECORD=other
sed '/ksk-1/s/ksk-1/another/' "$CONFIG" >relabelled.yaml
CONFIG=relabelled.yaml sealed 'key "ksk-1" is a KSK of the configuration' 1 \
	none.p7s --key ksk-1
# The configuration forgets it; its mark does not.
sed '/label: /s/ksk-1/another/; /ds_sha256/d; /key_tag/d' "$CONFIG" \
	>forgotten.yaml
CONFIG=forgotten.yaml sealed 'key "ksk-1" is a KSK by its mark' 1 none.p7s \
	--key ksk-1
RECORD=record
sealed 'no key' 2 none.p7s --key nobody
sealed 'log: sign needs --key' 2 none.p7s
sealed 'log: FILE is missing' 2 --key audit
sealed 'exists' 2 audit.p7s --key audit
sealed 'beside the record, not in it' 2 record/none.p7s --key audit
sealed 'No such file' 2 none/none.p7s --key audit
refuses 2 'no configuration' --ceremony record log sign none.p7s --key audit
recorded 0 log sign last.p7s --key audit
accepts log verify record --signature last.p7s
says "of the whole record"

# --- A disk that takes no file after the intent: the failure is on record.

if mkdir small && mount -t tmpfs -o size=4k tmpfs small 2>/dev/null; then
	trap 'own_shell && { umount -l "$SCRATCH/small"; rm -rf "$SCRATCH"; }' EXIT
	dd if=/dev/zero of=small/fill bs=4k count=1 status=none 2>/dev/null ||
		true
	sealed 'No space left' 2 small/none.p7s --key audit
	grep -q '"event":"signing record".*small' record/log.jsonl ||
		fail "no intent on record"
	absent small/none.p7s
fi
accepts replay record

# --- A record that claims to be signed by a KSK does not replay.

FORGED=record
ksk=$(jq -c 'select(.event == "ksks") | .ksks[0].key' record/log.jsonl)
replay_says "$seal .key = ($ksk | .key_identifier = \"mine\") else . end" \
	'key "mine" is a KSK of the configuration'
finish
