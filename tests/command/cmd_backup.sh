#!/bin/bash
# A KSK gets a second copy in another token: each kind that tokens wrap, the
# first one deleted, a quarter signed by the second; what cannot be copied, and
# what is no backup for this token, is refused with nothing left in either.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
# shellcheck source=tests/support/copying.sh
. tests/support/copying.sh
needs jq openssl expect python3 pkcs11-tool

# copies LABEL BACKUP: from softhsm for transport-1 of second.
copies() {
	accepts --at "$AT" backup --hsm softhsm --label "$1" --batch \
		--to "$WS/transport.pem" \
		--recipient-sha256 "$(hash_of "$WS/transport.pem")" "$2"
}

### each kind: copied, the first deleted, the second signs

N=0
# kind ALGORITHM [BITS]
kind() {
	local name="$1 ${2-}" size=() same=''
	[ -z "${2-}" ] || size=(--size "$2")
	N=$((N + 1))
	two_tokens "ws$N" --algorithm "$1"
	pin ksk_current ksk-1 --algorithm "$1" "${size[@]}"
	accepts --at "$AT" request "$WS/ksr.xml" --zsk-dir "$WS/zsks"
	accepts --at "$AT" sign --hsm softhsm "$WS/ksr.xml" "$WS/first.xml" \
		--first --batch
	rm -f "$WS/register.jsonl" "$SCRATCH/register.jsonl"
	rm -rf "$RECORD"

	accepts --at "$AT" transport --hsm second --label transport-1 --size 2048 \
		"$WS/transport.pem"
	says "$(hash_of "$WS/transport.pem")"
	openssl pkey -pubin -in "$WS/transport.pem" -noout ||
		fail "$name: openssl does not read the public half"
	copies ksk-1 "$WS/ksk-1.backup"
	says "$(hash_of "$WS/ksk-1.backup")"
	check=$(sed -n 's/^  check value //p' "$SCRATCH/out")
	accepts --at "$AT" restore --hsm second --transport-key transport-1 \
		"$WS/ksk-1.backup"
	says "CKA_LOCAL, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE"
	equal "$name: check value" "$check" \
		"$(sed -n 's/^  check value //p' "$SCRATCH/out")"
	accepts inventory --hsm second
	says "sensitive, sign; keys.ksk_current"

	# The first is deleted with its validity, which the second outlives.
	sed '/^    label: "ksk-1"$/a\    valid_until: 2026-11-16T00:00:00+00:00' \
		"$CONFIG" >"$WS/ended.yaml"
	accepts --config "$WS/ended.yaml" --at 2026-12-01T00:00:00Z keydelete \
		--hsm softhsm --label ksk-1 --batch
	refuses 2 'ksk-1' --at "$AT" sign --hsm softhsm "$WS/ksr.xml" \
		"$WS/none.xml" --first --batch
	accepts --at "$AT" sign --hsm second "$WS/ksr.xml" "$WS/copy.xml" \
		--first --batch
	accepts verify "$WS/ksr.xml" "$WS/copy.xml"
	case $1 in
	RSA*) cmp -s "$WS/first.xml" "$WS/copy.xml" ||
		fail "$name: the copy signs otherwise" ;;
	esac

	# Of the copy the record has all but its octets.
	accepts_replay
	for member in carrier wrapped_key; do
		same=$(jq -r ".$member" "$WS/ksk-1.backup" | cut -c 1-40)
		! grep -rqF -- "$same" "$RECORD" ||
			fail "$name: the record has the backup's $member"
	done
	equal "$name: in the record" "$(hash_of "$WS/ksk-1.backup")" \
		"$(jq -r 'select(.event == "backed up").sha256' \
			"$RECORD/log.jsonl")"
}

kind RSASHA256
kind RSASHA256 4096
kind ECDSAP256SHA256
kind ECDSAP384SHA384

### what is refused before anything is done

two_tokens refused
pin ksk_current ksk-1 --algorithm RSASHA256
sed '/^key_policy:/,/for-backup/d' "$CONFIG" >"$WS/strict.yaml"
accepts --config "$WS/strict.yaml" --at "$AT" keygen --hsm softhsm \
	--label stays --algorithm RSASHA256
sed -n '/^  ksk_next:$/,/^$/p' "$SCRATCH/out" |
	sed -e '/^$/d' -e 's/ksk_next:/ksk_stays:/' >>"$CONFIG"
pin ksk_edwards edwards --algorithm ED25519
accepts --at "$AT" keygen --hsm softhsm --label loose \
	--algorithm ECDSAP256SHA256
accepts --at "$AT" transport --hsm second --label transport-1 --size 2048 \
	"$WS/transport.pem"
says 'Note: it takes no copy of keys.ksk_edwards: '
accepts --at "$AT" transport --hsm second --label transport-2 --size 2048 \
	"$WS/other.pem"
HASH=$(hash_of "$WS/transport.pem")
first=$(inventory_of softhsm)
second=$(inventory_of second)

# nothing_done: neither token has another key, and there is no backup.
nothing_done() {
	equal "the first token after: $1" "$first" "$(inventory_of softhsm)"
	equal "the second token after: $1" "$second" "$(inventory_of second)"
	[ ! -e "$WS/none.backup" ] || fail "a backup after: $1"
}

# no_backup STATUS TEXT ARGS...
no_backup() {
	local status_wanted=$1 text=$2
	shift 2
	refuses "$status_wanted" "$text" --at "$AT" backup --hsm softhsm \
		"$WS/none.backup" "$@"
	nothing_done "$text"
}
to=(--to "$WS/transport.pem" --recipient-sha256 "$HASH")
no_backup 2 'its CKA_EXTRACTABLE is false' --label stays "${to[@]}" --batch
no_backup 2 'ED25519 keys are wrapped by no token' --label edwards \
	"${to[@]}" --batch
no_backup 1 '"loose" is none that the configuration pins' --label loose \
	"${to[@]}" --batch
no_backup 1 'announced was' --label ksk-1 --to "$WS/other.pem" \
	--recipient-sha256 "$HASH" --batch
no_backup 2 '--recipient-sha256 is missing' --label ksk-1 \
	--to "$WS/transport.pem" --batch
no_backup 2 'neither the 64 hex digits' --label ksk-1 \
	--to "$WS/transport.pem" --recipient-sha256 "${HASH%?}" --batch
no_backup 2 'there is no terminal to confirm on' --label ksk-1 "${to[@]}"

# recipient TEXT COMMAND...: a file that the command makes is no recipient.
recipient() {
	local text=$1
	shift
	"$@" >"$WS/bad.pem" 2>/dev/null
	no_backup 2 "$text" --label ksk-1 --to "$WS/bad.pem" \
		--recipient-sha256 "$(hash_of "$WS/bad.pem")" --batch
}
pkey() {
	openssl genpkey "$@" | openssl pkey -pubout
}
recipient 'has 1024 bits, expected 2048 to 4096' pkey -algorithm RSA \
	-pkeyopt rsa_keygen_bits:1024
recipient 'a transport key is an RSA key' pkey -algorithm EC \
	-pkeyopt ec_paramgen_curve:P-256
recipient 'is no public key in PEM' echo nothing
longer() {
	cat "$1"
	echo
}
recipient 'is not in the form' longer "$WS/transport.pem"
# One that is encrypted asks nobody for a passphrase.
encrypted() {
	sed "1a Proc-Type: 4,ENCRYPTED\\nDEK-Info: AES-256-CBC,$(printf '%032d' 7)\\n" \
		"$1"
}
recipient 'is no public key in PEM' encrypted "$WS/transport.pem"
typed 99 'pass phrase' 'x\r' --ceremony "$RECORD" --at "$AT" backup \
	--hsm softhsm --label ksk-1 --to "$WS/bad.pem" \
	--recipient-sha256 "$(hash_of "$WS/bad.pem")" "$WS/none.backup"
nothing_done 'an encrypted recipient'
sed 's/rehearsal: true/rehearsal: false/' "$CONFIG" >"$WS/real.yaml"
refuses 2 '--batch copies keys in rehearsals only' --config "$WS/real.yaml" \
	--ceremony "$SCRATCH/real" backup --label ksk-1 "${to[@]}" --batch \
	"$WS/none.backup"
sed -i '/^key_policy:/,/for-backup/d' "$WS/real.yaml"
refuses 2 'only a rehearsal may use it' --config "$WS/real.yaml" \
	--ceremony "$SCRATCH/real" restore --extractable --hsm second \
	--transport-key transport-1 "$WS/none.backup"
refuses 2 'expected ksk, zsk, audit or anchor' --at "$AT" keygen --label x \
	--algorithm RSASHA256 --purpose transport

# A token in which no KSK's copy would come to life makes nothing for one.
sed '/^  ksk_current:/,/valid_from/d; /^  ksk_stays:/,/valid_from/d' "$CONFIG" \
	>"$WS/edwards.yaml"
for way in '--label transport-3' '--components 2'; do
	# shellcheck disable=SC2086 # words
	refuses 2 'it takes no copy of keys.ksk_edwards' --at "$AT" \
		--config "$WS/edwards.yaml" transport --hsm second $way \
		"$WS/none.backup"
	nothing_done "$way"
done

# By the key's label, typed; and by the words of the hash.
WORDS=$("$ANCHORITE" --json hash "$WS/transport.pem" |
	jq -r '.[0].words')
# answers STATUS TEXT
answers() {
	typed "$1" "anything else to stop:" "$2" --ceremony "$RECORD" \
		--at "$AT" backup --hsm softhsm --label ksk-1 \
		--to "$WS/transport.pem" --recipient-sha256 "$WORDS" \
		"$WS/none.backup"
}
answers 1 'Yes\r'
says 'no copy was made'
nothing_done 'another answer'
answers 0 'ksk-1\r'
mv "$WS/none.backup" "$WS/ksk-1.backup"

### a transport key does nothing else

refuses 1 'is a transport key (expected an audit key)' --at "$AT" \
	--ceremony "$RECORD" log sign "$WS/none.sig" --key transport-1 \
	--hsm second
sed "s/^    label: \"ksk-1\"/    label: \"transport-1\"/" "$CONFIG" \
	>"$WS/as-ksk.yaml"
refuses 2 'the configuration pins' --config "$WS/as-ksk.yaml" --at "$AT" backup \
	--hsm second --label transport-1 "${to[@]}" "$WS/none.backup" --batch
nothing_done 'a transport key as KSK'

### what is no backup for this token, this key, this configuration

# no_restore STATUS TEXT ARGS...
no_restore() {
	local status_wanted=$1 text=$2
	shift 2
	refuses "$status_wanted" "$text" --at "$AT" restore --hsm second "$@"
	nothing_done "$text"
}
no_restore 1 'the backup is wrapped for the transport key with SHA-256' \
	--transport-key transport-2 "$WS/ksk-1.backup"
no_restore 2 'no key with label "transport-3"' --transport-key transport-3 \
	"$WS/ksk-1.backup"
sed '/^  ksk_current:/,/valid_from/d' "$CONFIG" >"$WS/unpinned.yaml"
no_restore 1 'is none that the configuration pins' \
	--config "$WS/unpinned.yaml" --transport-key transport-1 \
	"$WS/ksk-1.backup"
# Its first digit is another one, whatever it was.
sed '0,/ds_sha256: ./{/ds_sha256: 0/s//ds_sha256: 1/;t;s/ds_sha256: ./ds_sha256: 0/}' \
	"$CONFIG" >"$WS/other.yaml"
no_restore 1 'keys.ksk_current' --config "$WS/other.yaml" \
	--transport-key transport-1 "$WS/ksk-1.backup"
sed 's/signers_name: "."/signers_name: "example."/' "$CONFIG" >"$WS/zone.yaml"
no_restore 1 'it is a backup for ".", the configuration'"'"'s zone is "example."' \
	--config "$WS/zone.yaml" --transport-key transport-1 "$WS/ksk-1.backup"
jq --indent 2 '.more = 1' "$WS/ksk-1.backup" >"$WS/more.backup"
no_restore 2 "is not as \`backup\` writes it" --transport-key transport-1 \
	"$WS/more.backup"
sed 's/"key_tag"/"zone"/' "$WS/ksk-1.backup" >"$WS/twice.backup"
no_restore 2 'duplicate object key' --transport-key transport-1 \
	"$WS/twice.backup"
head -c 1000 "$WS/ksk-1.backup" >"$WS/cut.backup"
no_restore 2 "$WS/cut.backup:" --transport-key transport-1 "$WS/cut.backup"
# A policy that demands a key of this token has no use for a copy.
sed '/^  extractable: for-backup/a\  local: true' "$CONFIG" >"$WS/local.yaml"
no_restore 2 'CKA_LOCAL of the private key is false, true was asked for; nothing of it is left in the token' \
	--config "$WS/local.yaml" --transport-key transport-1 "$WS/ksk-1.backup"

# One bit anywhere.
SIZE=$(stat -c %s "$WS/ksk-1.backup")
for at in $(seq 3 "$(one_of 53)" $((SIZE - 1))); do
	python3 - "$WS/ksk-1.backup" "$WS/bit.backup" "$at" <<-'END'
		import sys
		octets = bytearray(open(sys.argv[1], "rb").read())
		at = int(sys.argv[3])
		octets[at] ^= 1 << at % 7
		open(sys.argv[2], "wb").write(octets)
	END
	run --at "$AT" restore --hsm second --transport-key transport-1 \
		"$WS/bit.backup"
	[ "$status" -ne 0 ] || fail "octet $at was changed, and it is restored"
	CASES=$((CASES + 1))
done
nothing_done 'changed bits'
accepts_replay

accepts --at "$AT" restore --hsm second --transport-key transport-1 \
	"$WS/ksk-1.backup"
refuses 2 'an object with this label exists already' --at "$AT" restore \
	--hsm second --transport-key transport-1 "$WS/ksk-1.backup"
accepts_replay

# A copy cannot be copied again, unless that was asked for.
refuses 2 'its CKA_EXTRACTABLE is false' --at "$AT" backup --hsm second \
	--label ksk-1 "${to[@]}" --batch "$WS/none.backup"

### nothing of the key is ever in the program's own process

# A key that the test knows, in the token beside the others, and a module that
# does not come back once everything is wrapped.
two_tokens known
TARGET=$(sed -n 's/^    module: "\(.*\)"$/\1/p' "$CONFIG" | head -n 1)
openssl genrsa -out "$WS/known.pem" 2048 2>/dev/null
openssl pkcs8 -topk8 -nocrypt -in "$WS/known.pem" -outform DER \
	-out "$WS/known.der"
openssl rsa -in "$WS/known.pem" -pubout -outform DER -out "$WS/public.der" \
	2>/dev/null
# puts TYPE FILE [OPTION]...
puts() {
	local type=$1 file=$2
	shift 2
	SOFTHSM2_CONF=$WS/softhsm2.conf pkcs11-tool --module "$TARGET" --login \
		--pin "$(cat "$WS/pin")" --token-label "anchorite rehearsal" \
		--write-object "$file" --type "$type" --label known --id 6b6e \
		--usage-sign "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" ||
		fail "pkcs11-tool does not write the $type"
}
puts privkey "$WS/known.der" --sensitive --extractable
puts pubkey "$WS/public.der"
accepts --json inventory --hsm softhsm
jq -r '.keys[] | select(.label == "known").pin' "$SCRATCH/out" >"$WS/pin.yaml"
printf '\nkeys:\n' | cat - "$WS/pin.yaml" >>"$CONFIG"
accepts --at "$AT" transport --hsm second --label transport-1 --size 2048 \
	"$WS/transport.pem"
sed "s|module: .*|module: \"$TEST_BIN/libfailing_calls.so\"|" "$CONFIG" \
	>"$WS/hanging.yaml"
export FAILING_TARGET=$TARGET FAILING_CALL=0 FAILING_RV=0x5 FAILING_HOW=hangs
export FAILING_CALLS=$SCRATCH/calls
hanging=(--config "$WS/hanging.yaml" --ceremony "$SCRATCH/hanging" --at "$AT"
	backup --hsm softhsm --label known --batch --to "$WS/transport.pem"
	--recipient-sha256 "$(hash_of "$WS/transport.pem")")
"$ANCHORITE" "${hanging[@]}" "$WS/known.backup" >"$SCRATCH/out" \
	2>"$SCRATCH/err" || fail "the known key is not copied"
FAILING_CALL=$(($(grep -n '^C_WrapKey$' "$SCRATCH/calls" | tail -n 1 |
	cut -d : -f 1) + 1))
rm "$SCRATCH/calls"
"$ANCHORITE" "${hanging[@]}" "$WS/none.backup" >"$SCRATCH/out" \
	2>"$SCRATCH/err" </dev/null &
pid=$!
for ((tries = 0; tries < 600; tries++)); do
	[ ! -e "$SCRATCH/calls" ] ||
		[ "$(wc -l <"$SCRATCH/calls")" -lt "$FAILING_CALL" ] || break
	sleep 0.1
done
openssl rsa -in "$WS/known.pem" -noout -text >"$SCRATCH/numbers"
# What is public of it is there: the one who looks would have found the rest.
PYTHONPATH=tests/support python3 -B - "$pid" "$SCRATCH/numbers" \
	>"$SCRATCH/found" <<-'END'
	import re, sys
	from memory import mapped
	text = open(sys.argv[2]).read()
	numbers = {name: bytes.fromhex(re.sub(r"[\s:]", "", value)).lstrip(b"\0")
	    for name, value in re.findall(
	        r"^(modulus|privateExponent|prime1|prime2):\n((?:    .*\n)+)",
	        text, re.M)}
	found = set()
	for _, octets in mapped(sys.argv[1]):
	    for name, number in numbers.items():
	        for form in (number[:32], number[::-1][-32:]):
	            if form in octets:
	                found.add(name)
	print(len(numbers), *sorted(found))
END
kill "$pid"
wait "$pid" 2>/dev/null || true
equal "what is in memory of the known key" "4 modulus" "$(cat "$SCRATCH/found")"
for number in privateExponent prime1 prime2; do
	sed -n "/^$number:/,/^[a-z]/p" "$SCRATCH/numbers" | sed -n '2,3p' |
		tr -d ' :\n' >"$SCRATCH/octets"
	python3 - "$SCRATCH/octets" "$SCRATCH/hanging" "$WS/known.backup" <<-'END' ||
		import base64, json, pathlib, sys
		octets = bytes.fromhex(open(sys.argv[1]).read()).lstrip(b"\0")
		assert len(octets) > 16
		backup = json.load(open(sys.argv[3]))
		places = [base64.b64decode(backup[m]) for m in ("carrier", "wrapped_key")]
		places += [p.read_bytes() for p in pathlib.Path(sys.argv[2]).rglob("*")
		    if p.is_file()]
		sys.exit(any(octets in place or octets.hex().encode() in place
		    for place in places))
	END
		fail "the known key's $number is in the record or in the backup"
	CASES=$((CASES + 1))
done
finish
