#!/bin/bash
# The README's first ceremony, and the guides for those who come with a key, or
# with a configuration: their files are written and their commands run as they
# stand there, with a token in software in the HSM's place.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs expect pkcs11-tool softhsm2-util
ROOT=$PWD
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

# there: an empty folder, as a reader has who begins a page.
there() {
	rm -rf "$SCRATCH/there"
	mkdir "$SCRATCH/there"
	cd "$SCRATCH/there"
	unset SOFTHSM2_CONF MODULE ANCHORITE_CONFIG
	serial='' key_tag='' ds='' pin=''
}

# public_octets FILE: what a DNSKEY has of a key: RFC 3110's exponent's length,
# 65537 and the modulus, or RFC 6605's point.
public_octets() {
	local hex

	if hex=$(openssl rsa -pubin -inform DER -in "$1" -noout -modulus \
		2>/dev/null); then
		hex=03010001${hex#Modulus=}
	else
		hex=$(tail -c 64 "$1" | od -A n -v -t x1 | tr -d ' \n')
	fi
	printf '%s' "$hex" | sed 's/../\\x&/g' | xargs -0 printf '%b'
}

# other_eyes ZONE FLAGS LABEL: the DS of a key in the token, by tools that are
# not ours, in a line.
other_eyes() {
	local conf=softhsm2.conf

	[ -f "$conf" ] || conf=practice/softhsm2.conf
	SOFTHSM2_CONF=$conf pkcs11-tool --module "$MODULE_HERE" --read-object \
		--type pubkey --label "$3" --output-file "$SCRATCH/key.der" \
		>"$SCRATCH/out" 2>&1 || fail "no public key $3"
	printf '%s 3600 IN DNSKEY %s 3 %s %s\n' "$1" "$2" "$algorithm" \
		"$(public_octets "$SCRATCH/key.der" | base64 -w 0)" \
		>"$SCRATCH/key.dnskey"
	ldns-key2ds -f -n -2 "$SCRATCH/key.dnskey" || fail "no DS of $3"
}

# read_off ZONE LABEL: what the page tells the reader to take from the screen:
# the token's serial, and of the key its tag and DS, which are compared with what
# others see in the token.
read_off() {
	local tag digest

	serial=$(sed -n 's/^ *token *".*", serial \([0-9a-f]*\).*/\1/p' seen)
	# shellcheck disable=SC2046
	set -- "$1" "$2" $(tr -d '\r' <seen | awk -v key="$2" '
		$1 == "Key" { on = $2 == key }
		on && match($0, /key tag [0-9]+/) {
			print substr($0, RSTART + 8, RLENGTH - 8)
		}
		on && / IN DS / { ds = 1 }
		on && ds && length($NF) == 64 { print $NF; exit }')
	key_tag=${3-} ds=${4-}
	read -r _ _ _ _ tag _ _ digest < <(other_eyes "$1" 257 "$2")
	[ -n "$serial" ] || fail "$page: no serial is shown"
	equal "$page: tag of $2" "$tag" "$key_tag"
	equal "$page: DS of $2" "${digest^^}" "$ds"
}

# fill: the page's words for what is the reader's own.
fill() {
	[ ! -f practice/pin ] || pin=$(<practice/pin)
	sed -e "s/SERIAL/$serial/" -e "s/KEY_TAG/$key_tag/" -e "s/DS_SHA256/$ds/" \
		-e "s/\"PIN\"/\"$pin\"/" -e "s/QUARTER/$quarter/" \
		-e "s/INCEPTION/$inception/"
}

# expect_seen TEXT: below a command, the page shows what is seen.
expect_seen() {
	has_text seen "$1" || {
		tail -n 40 seen >&2
		fail "$page: \`$command\` does not show \"$1\""
	}
	CASES=$((CASES + 1))
}

# run COMMAND: as typed; what is exported stays.
run() {
	status=0
	case $1 in
	export\ *)
		eval "$1"
		;;
	*)
		expect -f "$SCRATCH/person.exp" -- "$1" >"$SCRATCH/out" \
			2>&1 </dev/null || status=$?
		;;
	esac
}

# follow PAGE ZONE LABEL: its files and commands in order.  A command whose first
# line below it begins with the name of a file fails; every other succeeds.  The
# KSK is taken from the first command that shows it.  Where the page says to wait,
# $pretend is added to what would be refused today; $example says that what it
# shows is of another day.
follow() {
	local line file='' status command='' commands=0 next lines i

	page=$1
	mapfile -t lines < <(as_read "$1")
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
			command=$(fill <<<"${line#'    $ '}")
			[[ ! $command =~ \ (check|sign)\  ]] || command+=$pretend
			run "$command"
			if [[ $next =~ ^\ {4}[a-z.]+:[0-9]+: ]]; then
				equal "status of $command" 2 "$status"
			elif [[ $command != *' check --policy' ]]; then
				[ "$status" -eq 0 ] || cat seen >&2
				equal "status of $command" 0 "$status"
			fi
			[ -n "$ds" ] || ! grep -q "^Key $3" seen 2>"$SCRATCH/err" ||
				read_off "$2" "$3"
			commands=$((commands + 1))
			;;
		'    '*)
			[ -z "$file" ] || { fill <<<"$line" >>"$file" && continue; }
			[ -z "$command" ] || [ -n "$example" ] ||
				expect_seen "${line#    }"
			;;
		*)
			[ -z "$file" ] || fill <<<"$line" >>"$file"
			;;
		esac
	done
	[ "$commands" -gt 5 ] || fail "$page: $commands commands"
}

# as_read PAGE: the page's lines.  With ECDSA, as its paragraph on that says.
as_read() {
	local page=$ROOT/docs/$1

	[ -f "$page" ] || page=$ROOT/$1
	if [ "$algorithm" -eq 13 ]; then
		sed -e '/^\*\*With ECDSA/,/^$/d' -e '/^    rsa_/d' \
			-e 's/algorithm: RSASHA256/algorithm: ECDSAP256SHA256/' \
			-e 's/zsk-QUARTER/&-ecdsap256sha256/' \
			-e 's/--key-type rsa:2048/--key-type EC:prime256v1/' \
			-e '/^    \$ /s/request ksr.xml/& --algorithm ECDSAP256SHA256/' \
			-e '/^request_policy:/a\  approved_algorithms: [ECDSAP256SHA256]' \
			-e '/^request_policy:/a\  enable_unsupported_ecdsa: true' "$page"
	else
		cat "$page"
	fi
}

# in_slot_1 ZONE: the ZSK of today is where the zone goes on with it.
in_slot_1() {
	local label tag

	label=$(sed -n 's/.*{label: \(.*\), purpose: zsk}$/\1/p' anchorite.yaml)
	read -r _ _ _ _ tag _ < <(other_eyes "$1" 256 "$label")
	grep -qE "^1 .*[ ,]$tag(,|\$| )" <<<"$(anchorite show ksr.xml)" ||
		fail "$page: the ZSK of today, $tag, is not in slot 1"
	CASES=$((CASES + 1))
}

MODULE_HERE=/usr/lib/softhsm/libsofthsm2.so
month=$(date -u '+%-m')
quarter=$(date -u '+%Y')-q$(((month + 2) / 3))
start=$(date -u -d "$(date -u +%Y-%m-01) $((3 - (month - 1) % 3)) months" +%F)
inception=${start}T00:00:00
pretend='' example=''

# A ccTLD, with either algorithm.  Its own DS is in what was shown, the ZSK of
# today stays, and the quarter that was signed is nobody's but this zone's.
for algorithm in 8 13; do
	there
	follow guide-cctld.md xx. xx-ksk-2024
	in_slot_1 xx.
	grep -q '<SignersName>xx.</SignersName>' skr.xml ||
		fail "signed for another"
	equal "bundles" 9 "$(grep -c '<ResponseBundle ' skr.xml)"
	# What only looks needs no record, and leaves none.
	equal "records" ./ceremony/log.jsonl "$(find . -name log.jsonl)"
done
for word in 'approved_algorithms: \[ECDSAP256SHA256\]' 'enable_unsupported_ecdsa: true' \
	zsk-QUARTER-ecdsap256sha256 '--algorithm ECDSAP256SHA256' EC:prime256v1; do
	grep -qe "$word" \
		<<<"$(sed -n '/^\*\*With ECDSA/,/^$/p' "$ROOT/docs/guide-cctld.md")" ||
		fail "guide-cctld.md does not say $word"
done

algorithm=8
there
follow guide-ksrsigner.md . ksk-1
equal "bundles" 9 "$(grep -c '<ResponseBundle ' skr.xml)"

# The last quarter was the older tool's: nothing here remembers it.
adopt=$(grep -o 'anchorite [a-z. -]* register adopt FOLDER' \
	"$ROOT/docs/guide-ksrsigner.md") ||
	fail "guide-ksrsigner.md takes nothing up"
mkdir FOLDER
mv ksr.xml skr.xml FOLDER
rm -r ceremony register.jsonl
sed -i 's/^# *previous_skr: .*/  previous_skr: prev-skr.xml/' ksrsigner.yaml
cp FOLDER/skr.xml prev-skr.xml
later='anchorite --config ksrsigner.yaml --at 2027-02-15T12:00:00Z'
run "$later request ksr.xml --previous-skr prev-skr.xml"
equal "status of the next request" 0 "$status"
run "$later sign"
equal "status of what continues nothing" 1 "$status"
has_text seen KSR-CHAIN-PREVIOUS || fail "refused for another reason"
run "$adopt"
equal "status of $adopt" 0 "$status"
run "$later sign"
equal "status of what continues the older tool's" 0 "$status"

# The README's seven commands, on any day of a quarter.
due=$(date -u -d "$start 78 days ago" +%F)
[[ ! $(date -u +%F) < $due ]] || pretend=" --at ${due}T00:00:00Z"
example=yes
there
follow README.md . ksk-1
equal "bundles" 9 "$(grep -c '<ResponseBundle ' skr.xml)"

# Every key of a ksrsigner.yaml that behaves otherwise is in the second page:
# those that the reader's manual marks so.
for word in pin so_pin module ds_sha256 rsa_size valid_until hash_using_hsm \
	null dns_ttl previous_skr output_skr output_trustanchor num_bundles \
	validate_signatures schema check_declarations_once check_bundle_order \
	other_keys --hsm; do
	grep -qe "^|.*$word" "$ROOT/docs/guide-ksrsigner.md" ||
		fail "guide-ksrsigner.md does not speak of $word"
done
finish
