#!/bin/bash
# The guides for those who come with a key, or with a configuration: their files
# are written and their commands run as they stand there, with a token in
# software in the HSM's place.
# shellcheck source=tests/lib.sh
. tests/lib.sh
needs expect pkcs11-tool softhsm2-util
ROOT=$PWD
MODULE=/usr/lib/softhsm/libsofthsm2.so
mkdir "$SCRATCH/bin"
ln -s "$(realpath "$ANCHORITE")" "$SCRATCH/bin/anchorite"
PATH=$SCRATCH/bin:$PATH

# What a person does at the terminal: the PIN, and Yes.
cat >"$SCRATCH/person.exp" <<'END'
set timeout 120
log_user 0
log_file -a -noappend seen
spawn -noecho bash -c [lindex $argv 0]
while 1 {
	expect {
		-re {PIN of token [^\n]*: $} { send -- "123456\r" }
		-ex "anything else to stop: " { send -- "Yes\r" }
		timeout { exit 250 }
		eof { break }
	}
}
exit [lindex [wait] 3]
END

# token LABEL...: a folder of its own with a token that has these keys, made
# with tools that are not ours.
token() {
	local label id=1

	rm -rf "$SCRATCH/there"
	mkdir -p "$SCRATCH/there/tokens"
	cd "$SCRATCH/there"
	echo "directories.tokendir = $SCRATCH/there/tokens" >softhsm2.conf
	export SOFTHSM2_CONF=$SCRATCH/there/softhsm2.conf
	softhsm2-util --init-token --free --label theirs --so-pin 654321 \
		--pin 123456 >"$SCRATCH/out" 2>&1 || fail "no token"
	for label; do
		pkcs11-tool --module "$MODULE" --token-label theirs --login \
			--pin 123456 --keypairgen --key-type rsa:2048 \
			--label "$label" --id "0$id" --usage-sign \
			>"$SCRATCH/out" 2>&1 || fail "no key $label"
		id=$((id + 1))
	done
	unset SOFTHSM2_CONF
}

# what_is_there ZONE LABEL: what the reader takes from the token, by another tool's eyes
# where there is one: serial, and of the key its tag and DS.
what_is_there() {
	local public

	serial=$(SOFTHSM2_CONF=softhsm2.conf pkcs11-tool --module "$MODULE" \
		--list-token-slots 2>&1 | sed -n 's/.*serial num *: *//p' | head -n 1)
	[ -n "$serial" ] || fail "the token has no serial"
	SOFTHSM2_CONF=softhsm2.conf pkcs11-tool --module "$MODULE" \
		--token-label theirs --read-object --type pubkey --label "$2" \
		--output-file key.der >"$SCRATCH/out" 2>&1 || fail "no public key"
	public=$(openssl rsa -pubin -inform DER -in key.der -noout -modulus \
		2>/dev/null | sed 's/^Modulus=//')
	# RFC 3110: the exponent's length, 65537, the modulus.
	printf '%s\n' "$1 3600 IN DNSKEY 257 3 8 $(
		{ printf '\003\001\000\001' && printf '%s' "$public" |
			tr -d '\n' | sed 's/../\\x&/g' | xargs -0 printf '%b'; } |
			base64 -w 0)" >key.dnskey
	ldns-key2ds -n -2 key.dnskey >key.ds || fail "no DS"
	read -r _ _ _ _ key_tag _ _ ds <key.ds
	rm key.der key.dnskey key.ds
	CASES=$((CASES + 1))
}

# fill: the page's words for what is the reader's own.
fill() {
	sed -e "s/SERIAL/$serial/" -e "s/KEY_TAG/$key_tag/" \
		-e "s/DS_SHA256/${ds^^}/" -e "s/QUARTER/$quarter/"
}

# expect_seen TEXT: below a command, the page shows what is seen.
expect_seen() {
	has_text seen "$1" || {
		tail -n 40 seen >&2
		fail "$page: \`$command\` does not show \"$1\""
	}
	CASES=$((CASES + 1))
}

# follow PAGE: its files and commands in order.  A command whose first line below
# it begins with the name of a file fails; every other succeeds.
follow() {
	local line file='' status command='' commands=0 next lines i

	page=$1
	mapfile -t lines <"$ROOT/docs/$page"
	for ((i = 0; i < ${#lines[@]}; i++)); do
		line=${lines[i]}
		next=${lines[i + 1]-}
		case $line in
		'```yaml')
			file=${next#'# '}
			: >"$file"
			;;
		'```')
			file=
			;;
		'    $ '*)
			command=${line#'    $ '}
			status=0
			expect -f "$SCRATCH/person.exp" -- "$command" >"$SCRATCH/out" \
				2>&1 </dev/null || status=$?
			if [[ $next =~ ^\ {4}[a-z.]+:[0-9]+: ]]; then
				equal "status of $command" 2 "$status"
			elif [[ $command != *' check --policy' ]]; then
				[ "$status" -eq 0 ] || cat seen >&2
				equal "status of $command" 0 "$status"
			fi
			commands=$((commands + 1))
			;;
		'    '*)
			[ -z "$file" ] || { fill <<<"$line" >>"$file" && continue; }
			[ -z "$command" ] || expect_seen "${line#    }"
			;;
		*)
			[ -z "$file" ] || fill <<<"$line" >>"$file"
			;;
		esac
	done
	[ "$commands" -gt 5 ] || fail "$page: $commands commands"
}

month=$(date -u '+%-m')
quarter=$(date -u '+%Y')-q$(((month + 2) / 3))
token xx-ksk-2024 "zsk-$quarter"
what_is_there xx. xx-ksk-2024
follow guide-cctld.md
# The reader's own DS is in what the first command showed, and the quarter that
# was signed is nobody's but this zone's.
grep -q '<SignersName>xx.</SignersName>' skr.xml || fail "signed for another"
equal "bundles" 9 "$(grep -c '<ResponseBundle ' skr.xml)"

token Kexample
what_is_there . Kexample
follow guide-ksrsigner.md
equal "bundles" 9 "$(grep -c '<ResponseBundle ' skr.xml)"

# Every key of a ksrsigner.yaml that behaves otherwise is in the second page:
# those that the reader's manual marks so.
for word in pin so_pin module ds_sha256 rsa_size valid_until hash_using_hsm \
	null dns_ttl previous_skr output_skr output_trustanchor num_bundles \
	validate_signatures schema check_declarations_once check_bundle_order \
	other_keys; do
	grep -q "^|.*$word" "$ROOT/docs/guide-ksrsigner.md" ||
		fail "guide-ksrsigner.md does not speak of $word"
done
finish
