#!/bin/bash
# Configurations that must not be used, given to every command that reads one:
# exit status 2 with line and column, no output, no response.
# shellcheck source=tests/support/lib.sh disable=SC2016
. tests/support/lib.sh
FORGETFUL=yes

workspace
KSR=$WS/ksr.xml
SKR=$WS/skr.xml
BAD=$SCRATCH/bad.yaml

# sign_refused STATUS TEXT ARGS...: by `sign`, with the configuration in ARGS.
sign_refused() {
	local status=$1 text=$2
	shift 2
	refuses "$status" "$text" "$@" sign "$KSR" "$OUTPUT/skr.xml" --first \
		--batch
	nothing_written
}

# bad_refused TEXT: $BAD, by every command; TEXT stands behind its name.
bad_refused() {
	local text="anchorite: $BAD$1" at=(--config "$BAD" --at "$AT")
	sign_refused 2 "$text" "${at[@]}"
	[ ! -s "$SCRATCH/out" ] || fail "something on standard output"
	refuses 2 "$text" "${at[@]}" check "$KSR"
	refuses 2 "$text" "${at[@]}" verify "$KSR" "$SKR"
	refuses 2 "$text" "${at[@]}" request "$OUTPUT/ksr.xml"
	refuses 2 "$text" "${at[@]}" inventory
	refuses 2 "$text" "${at[@]}" keygen --label new --algorithm RSASHA256 \
		--csr "$OUTPUT/csr.pem"
	nothing_written
}

# edited TEXT SED: the good configuration, changed.
edited() {
	sed "$2" "$OFFLINE" >"$BAD"
	! cmp -s "$OFFLINE" "$BAD" || fail "the edit changes nothing: $2"
	bad_refused "$1"
}

### none at all

nowhere() {
	(cd "$OUTPUT" && "$ANCHORITE" --ceremony "$SCRATCH/ceremony" "$@") >"$SCRATCH/out" 2>"$SCRATCH/err" \
		</dev/null && fail "runs without a configuration: $*"
	grep -qF "anchorite: no configuration: give --config FILE" \
		"$SCRATCH/err" || fail "does not say how to give one: $*"
	nothing_written
}
if [ ! -e /etc/anchorite/anchorite.yaml ]; then
	nowhere check "$KSR"
	nowhere verify "$KSR" "$SKR"
	nowhere sign "$KSR" "$OUTPUT/skr.xml" --first --batch
	nowhere inventory
	nowhere request "$OUTPUT/ksr.xml"
	nowhere keygen --label new --algorithm RSASHA256
fi
rm -f "$BAD"
bad_refused ': No such file or directory'
mkdir "$BAD"
bad_refused ': not a regular file'
rmdir "$BAD"
mkfifo "$BAD"
bad_refused ': not a regular file'
rm "$BAD"
truncate -s 1100000 "$BAD"
bad_refused ': larger than the limit of 1048576 octets'
: >"$BAD"
bad_refused ':1:1: there is nothing in it'
printf '# nothing\n' >"$BAD"
bad_refused ':2:1: there is nothing in it'
ANCHORITE_CONFIG=$BAD refuses 2 "anchorite: $BAD:" check "$KSR"

### what YAML allows and we do not

edited ':2:1: rehersal: is not a known key' '2s/.*/rehersal: true/'
edited ':7:5: hsm.softhsm.tokens: is not a known key' '7s/token/tokens/'
edited ':3:1: rehearsal: is given twice (first in line 2)' '2p'
edited ':7:5: hsm.softhsm.module: is given twice (first in line 6)' '6p'
edited ':2:12: an anchor is not accepted' '2s/true/\&a true/'
edited ':2:12: an alias is not accepted' '2s/true/*a/'
edited ':2:12: a tag is not accepted' '2s/true/!!bool true/'
edited ':3:1: a merge key is not accepted' '2a <<: {}'
edited ':7:1: character U+0009 (a tab) is not accepted' '7s/^ */\t/'
edited ':2:16: character U+000C is not accepted' '2s/$/\f/'
edited ':1:3: character U+202E is not accepted' '1s/A/\xe2\x80\xae/'
edited ':1:3: not UTF-8 (octet 0xe9)' '1s/A/\xe9/'
edited ':27:1: a second document begins' '$a ---\nrehearsal: false'
edited ':2:1: a directive is not accepted' '1a %YAML 1.1\n---'
edited ':20:12: text goes over several lines' '20s/"ksk-1"/|\n      ksk-1/'
edited ':18:7: keys: is a single value (expected a map of keys and values)' \
	'18s/$/ none/;19,$d'
edited ':13:23: request_policy.acceptable_domains: is a single value (expected a list)' \
	'13s/\[.*/"."/'
edited ':20:12: keys.ksk_current.label: is a list (expected a single value)' \
	'20s/"ksk-1"/[ksk-1]/'
edited ':5:' '5s/softhsm:/softhsm/'
edited ':6:13: ' '6s|: /.*|: "/nonexistent|'

### values of the wrong kind: what was found and what is expected

for value in 010 0x9 0o11 9.0 +9 -9 1_0 '"9"' nine '""'; do
	edited ":13:16: request_policy.num_bundles: " \
		"13s/.*/  num_bundles: $value/"
	grep -qF '(expected 1 to 4096)' "$SCRATCH/err" ||
		fail "num_bundles $value: range missing"
done
edited ':13:16: request_policy.num_bundles: "010" is not a whole number: it reads as an octal number (expected 1 to 4096)' \
	'13s/.*/  num_bundles: 010/'
edited ':13:16: request_policy.num_bundles: 4097 is out of range (expected 1 to 4096)' \
	'13s/.*/  num_bundles: 4097/'
edited ':13:16: request_policy.num_bundles: 0 is out of range' \
	'13s/.*/  num_bundles: 0/'
edited ':2:12: rehearsal: "1" is not a boolean (expected true or false)' \
	'2s/true/1/'
edited ':2:12: rehearsal: "true" is not a boolean' '2s/true/"true"/'
edited ':2:12: rehearsal: "on" is not a boolean' '2s/true/on/'
edited ':17:19: ksk_policy.publish_safety: "P1M" is not a duration' \
	'16a \  publish_safety: P1M'
edited ':26:17: keys.ksk_current.valid_from: "2026-02-30T00:00:00Z" is not a time' \
	'26s/: .*/: 2026-02-30T00:00:00Z/'
edited ':21:16: keys.ksk_current.algorithm: "8" is not an algorithm (expected its IANA mnemonic, such as RSASHA256)' \
	'21s/RSASHA256/8/'
edited ':21:16: keys.ksk_current.algorithm: "RSASHA3" is not an algorithm' \
	'21s/RSASHA256/RSASHA3/'
edited ':25:16: keys.ksk_current.ds_sha256: "' '25s/.$//'
edited ':25:16: keys.ksk_current.ds_sha256: "' '25s/$/0/'
edited ':25:16: keys.ksk_current.ds_sha256: "' '25s/.$/x/'
grep -qF '(expected exactly 64 hexadecimal digits)' "$SCRATCH/err" ||
	fail "ds_sha256: its length missing"
edited ':22:14: keys.ksk_current.key_tag: 65536 is out of range' \
	'22s/: .*/: 65536/'
edited ':24:19: keys.ksk_current.rsa_exponent: is even' '24s/65537/65536/'
edited ':20:12: keys.ksk_current.label: is empty' '20s/"ksk-1"/""/'
edited ':20:12: keys.ksk_current.label: is too long (expected at most 255 octets)' \
	"20s/ksk-1/$(head -c 256 /dev/zero | tr '\0' k)/"
edited ':20:12: keys.ksk_current.label: "no" reads as a boolean' '20s/"ksk-1"/no/'
edited ':6:13: hsm.softhsm.module: "$HOME/m.so" names an environment variable' \
	'6s|: /.*|: $HOME/m.so|'
edited ':10:7: hsm.softhsm.env.A=B: is not the name of an environment variable' \
	'10s/SOFTHSM2_CONF/A=B/'
edited ':16:17: ksk_policy.signers_name: ' '16s/"\."/"a..b"/'

### values that do not fit each other

edited ':19:3: keys.ksk_current: has no key "label"' 20d
edited ':5:3: hsm.softhsm: has no key "module"' 6d
edited ':14:24: request_policy.num_keys_per_bundle: num_keys_per_bundle has 2 numbers, num_bundles is 9' \
	'13a \  num_keys_per_bundle: [1, 1]'
edited ':17:27: ksk_policy.min_signature_validity: min_signature_validity P22D is longer than max_signature_validity P21D' \
	'16a \  min_signature_validity: P22D'
edited ':27:18: keys.ksk_current.valid_until: is not after valid_from' \
	'26a \    valid_until: 2020-01-01T00:00:00Z'
edited ':28:12: keys.b.label: "ksk-1" is the label of ksk_current too' \
	'$a \  b:\n    label: ksk-1\n    algorithm: RSASHA256'

# A schema with a slot missing, given twice, without a signer, of unknown keys.
schema() {
	printf '%s\n' 'schemas:' '  mine:' "$@" | cat "$OFFLINE" - >"$BAD"
}
schema '    1: { sign: ksk_current }' '    3-9: { sign: ksk_current }'
bad_refused ':28:3: schemas.mine: slot 2 is missing'
schema '    1-9: { sign: ksk_current }' '    9: { sign: ksk_current }'
bad_refused ':30:5: schemas.mine.9: slot 9 is given twice'
schema '    1-9: { sign: [] }'
bad_refused ':29:5: schemas.mine.1-9: no key signs'
schema '    1-9: { sign: other }'
bad_refused ':29:18: schemas.mine.1-9.sign: "other" is not the name of a key in this configuration'
schema '    0-9: { sign: ksk_current }'
bad_refused ':29:5: schemas.mine.0-9: is not a slot'
schema '    1-9: { sign: ksk_current, sine: ksk_current }'
bad_refused ':29:31: schemas.mine.1-9.sine: is not known (expected publish, sign or revoke)'

### --at without a rehearsal, in the file or on the command line

sed 2d "$OFFLINE" >"$BAD"
bad='--at is for rehearsals: '$BAD' does not say `rehearsal: true`'
sign_refused 2 "$bad" --config "$BAD" --at "$AT"
refuses 2 "$bad" --config "$BAD" --at "$AT" check "$KSR"
refuses 2 "$bad" check "$KSR" --config "$BAD" --at "$AT"
refuses 2 "$bad" --config "$BAD" --at "$AT" inventory
for time in yesterday 2027-02-30T00:00:00Z '' 1; do
	sign_refused 2 "anchorite: --at $time: expected a time such as" \
		--config "$OFFLINE" --at "$time"
done

### a PIN in the file: rehearsals only, never shown

sed '2d;s|^    pin_file: .*|    pin: "31415926"|' "$CONFIG" >"$BAD"
refuses 2 'hsm.softhsm: hsm.softhsm.pin: a PIN in the configuration is for rehearsals' \
	--config "$BAD" inventory
! grep -qF 31415926 "$SCRATCH/err" || fail "the PIN is shown"
for pin in 031415926 '[31415926]' '!x 31415926' '{pin:31415926}' \
	"$(head -c 300 /dev/zero | tr '\0' 7)"; do
	edited ':8:' "8s|.*|    pin: $pin|"
	! grep -Eq '31415926|7777' "$SCRATCH/err" || fail "the PIN is shown"
done

### which HSM, and its PIN file

sed 4,10d "$OFFLINE" >"$BAD"
sign_refused 2 'the configuration has no HSM; add one under `hsm:`' \
	--config "$BAD" --at "$AT"
sed '10a \  second:\n    module: /nonexistent/second.so' "$OFFLINE" >"$BAD"
sign_refused 2 'the configuration has 2 HSMs; choose one with --hsm' \
	--config "$BAD" --at "$AT"
refuses 2 '--hsm third: the configuration has none of that name' \
	--config "$BAD" --at "$AT" sign "$KSR" "$OUTPUT/skr.xml" --first \
	--batch --hsm third
nothing_written
chmod 640 "$WS/pin"
sign_refused 2 "pin_file: $WS/pin: has mode 0640, expected that its owner alone can read it" \
	--config "$CONFIG" --at "$AT"
chmod 604 "$WS/pin"
sign_refused 2 "pin_file: $WS/pin: has mode 0604" --config "$CONFIG" --at "$AT"
chmod 600 "$WS/pin"
mv "$WS/pin" "$WS/pin.good"
sign_refused 2 "pin_file: $WS/pin: No such file" --config "$CONFIG" --at "$AT"
for content in '' '\n' '12345678\n12345678\n' '1234\x005678'; do
	printf '%b' "$content" >"$WS/pin"
	chmod 600 "$WS/pin"
	sign_refused 2 "pin_file: $WS/pin: expected one line of 1 to 255 octets" \
		--config "$CONFIG" --at "$AT"
done
head -c 256 /dev/zero | tr '\0' 7 >"$WS/pin"
sign_refused 2 "pin_file: $WS/pin: expected one line" --config "$CONFIG" --at "$AT"
head -c 257 /dev/zero | tr '\0' 7 >"$WS/pin"
sign_refused 2 "pin_file: $WS/pin: expected one line" --config "$CONFIG" --at "$AT"
rm "$WS/pin"
mkfifo -m 600 "$WS/pin"
sign_refused 2 "$WS/pin: not a regular file" --config "$CONFIG" --at "$AT"
rm "$WS/pin"
mv "$WS/pin.good" "$WS/pin"

### a schema that there is not

for schema in backwards Normal pre-publish rollover ''; do
	refuses 2 "schema \"$schema\" is neither in the configuration nor a standard one" \
		--config "$OFFLINE" --at "$AT" sign "$KSR" \
		"$OUTPUT/skr.xml" --first --batch --schema "$schema"
	refuses 2 "schema \"$schema\" is neither in the configuration nor" --config "$OFFLINE" \
		--at "$AT" check "$KSR" --schema "$schema"
	refuses 2 "schema \"$schema\" is neither in the configuration nor" --config "$OFFLINE" \
		--at "$AT" verify "$KSR" "$SKR" --schema "$schema"
done
nothing_written

### a KSK that is not what the configuration pins: before the HSM where the
### file alone shows it, else before anything is signed

sed 25d "$OFFLINE" >"$BAD"
sign_refused 1 "anchorite: refused: $KSR: SKR-SCHEDULE" --config "$BAD" --at "$AT"
says 'KSK ksk_current of schema normal has no ds_sha256'
# pinned TEXT SED: the token's key against another pin.
pinned() {
	sed "$2" "$CONFIG" >"$BAD"
	sign_refused 2 "anchorite: keys.ksk_current (label \"ksk-1\"): $1" \
		--config "$BAD" --at "$AT"
}
ds=$(sed -n 's/^    ds_sha256: //p' "$CONFIG")
tag=$(sed -n 's/^    key_tag: //p' "$CONFIG")
zeros=$(printf '%064d' 0)
pinned "the token's key has DS SHA-256 $ds, the configuration pins $zeros" \
	"25s/: .*/: $zeros/"
pinned "the token's key has key tag $tag, the configuration pins $((tag ^ 1))" \
	"22s/: .*/: $((tag ^ 1))/"
pinned "the token's key has 2048 bits, the configuration pins 4096" \
	'23s/2048/4096/'
pinned "the token's key has exponent 65537, the configuration pins 3" \
	'24s/65537/3/'
# Another algorithm than the ZSKs': nobody needs to ask the token.
for algorithm in RSASHA512 ECDSAP256SHA256; do
	sed "21s/RSASHA256/$algorithm/;23,24d" "$CONFIG" >"$BAD"
	sign_refused 1 "anchorite: refused: $KSR: SKR-SCHEDULE" \
		--config "$BAD" --at "$AT"
	says "a KSK of $algorithm signs and no ZSK has it"
done
refuses 1 "the token is not as the configuration has it: keys.ksk_current" \
	--config "$BAD" --at "$AT" inventory
says "MISMATCH: keys.ksk_current"

finish
