#!/bin/bash
# A PIN divided among officers: any m of n have it, fewer have not, and whatever
# is wrong with a share is said; and the PIN is nowhere to be seen.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs ssss-split ssss-combine expect strace

SPLIT=$PWD/ceremony-scripts/pin-split
JOIN=$PWD/ceremony-scripts/pin-join
cd "$SCRATCH"
MEMORY=$(mktemp -d -p /dev/shm anchorite-test.XXXXXX)
trap 'own_shell && rm -rf "$SCRATCH" "$MEMORY"' EXIT
PIN=$MEMORY/pin

# does STATUS COMMAND...
does() {
	local wanted=$1
	shift
	status=0
	"$@" >out 2>err <"${INPUT:-/dev/null}" || status=$?
	[ "$status" -eq "$wanted" ] ||
		fail "status $status, wanted $wanted: $* $(cat err)"
	CASES=$((CASES + 1))
}

# refuses_to TEXT COMMAND...: status 2, one line, no PIN.
refuses_to() {
	local text=$1
	shift
	does 2 "$@"
	grep -qF -- "$text" err || fail "does not say \"$text\": $(<err)"
	equal "lines" 1 "$(wc -l <err)"
	[ ! -e "$PIN" ] || fail "a PIN was written: $*"
}

# pin_file TEXT
pin_file() {
	rm -f secret
	(umask 077 && printf '%s' "$1" >secret)
}

# joins NUMBER...: the shares of these officers.
joins() {
	local wanted=$1 number options=()
	shift
	for number in "$@"; do
		options+=(--share "shares/CO$number.share")
	done
	does "$wanted" "$JOIN" "${options[@]}" --output "$PIN"
}

# the_pin: is what was divided; and is removed.
the_pin() {
	equal "mode of the PIN" 600 "$(stat -c %a "$PIN")"
	printf '%s\n' "$1" | cmp - "$PIN" || fail "another PIN"
	does 0 "$JOIN" --remove --output "$PIN"
	[ ! -e "$PIN" ] || fail "the PIN is still there"
}

### any three of seven

SECRET=48151623
pin_file "$SECRET"$'\n'
does 0 "$SPLIT" --pin-file secret -m 3 -n 7 --output shares
grep -qF 'secret still holds the PIN' out || fail "does not say so"
equal "files" "CO1 CO2 CO3 CO4 CO5 CO6 CO7" \
	"$(find shares -name '*.share' -perm 600 -printf '%f\n' | sort |
		sed 's/\.share$//' | paste -sd ' ')"
equal "mode of the folder" 700 "$(stat -c %a shares)"
! grep -rq "$SECRET" shares || fail "a share shows the PIN"
for officers in '1 2 3' '7 6 5' '2 4 7' '3 1 5'; do
	# shellcheck disable=SC2086 # several officers
	joins 0 $officers
	the_pin "$SECRET"
done

### too few, too many, repeated, mistyped, foreign, damaged

joins 2 1 2
grep -qF '2 of 3 shares: too few' err || fail "$(<err)"
[ ! -e "$PIN" ] || fail "two of three"
joins 2
grep -qF '0 of ? shares: too few' err || fail "$(<err)"
joins 2 1 2 1
grep -qF 'shares/CO1.share: is share 1, which was given before' err ||
	fail "$(<err)"
joins 2 1 2 3 4
grep -qF '4 shares, and 3 are needed: give no more' err || fail "$(<err)"
does 0 "$SPLIT" --pin-file secret -m 3 -n 7 --output others
refuses_to 'belongs to another set' "$JOIN" --share shares/CO1.share \
	--share others/CO2.share --share shares/CO3.share --output "$PIN"
! cmp -s shares/CO1.share others/CO1.share || fail "the same shares twice"

code=$(grep -v '^#' shares/CO2.share)
# changed SED TEXT: officer 2's code, damaged.
changed() {
	sed "$1" <<<"$code" >damaged
	! grep -qxF -- "$code" damaged || fail "not damaged: $1"
	refuses_to "$2" "$JOIN" --share shares/CO1.share --share damaged \
		--share shares/CO3.share --output "$PIN"
}
# Every one of its digits, mistyped.
set_digit() {
	local new=0
	[ "${code:$1:1}" != 0 ] || new=1
	printf '%s\n' "${code:0:$1}$new${code:$1+1}" >damaged
	refuses_to ': ' "$JOIN" --share shares/CO1.share --share damaged \
		--share shares/CO3.share --output "$PIN"
}
for ((i = 0; i < ${#code}; i += 5)); do
	[ "${code:i:1}" = ' ' ] || set_digit "$i"
done
changed 's/.$//' "is no share's code, or not all of one"
changed 's/^[^ ]* //' "is no share's code"
changed 's/ [^ ]*$//' "is no share's code"
changed 's/[0-9a-f]$/x/' "is no share's code"
changed 's/$/ 00/' "is no share's code"
changed 's/ \(........\) \(........\) \(........\)$/ \2 \1 \3/' 'is mistyped'
changed 's/.*//' "is no share's code"
changed 's/ 2 / 4 /' 'is mistyped'
changed 's/ 3 2 / 2 2 /' 'is mistyped'
# With check digits that agree: a wrong result is known all the same.
# shellcheck disable=SC2016 # for the other shell
forged=$(bash -c '. "$1/lib.sh"; . "$1/pin.sh"; read_code "$2"
	code_of "$set" "$needed" "$number" "${share:0:-4}0000"' \
	bash "$(dirname "$SPLIT")" "$code")
echo "$forged" >damaged
refuses_to 'these shares do not make a PIN' "$JOIN" --share shares/CO1.share \
	--share damaged --share shares/CO3.share --output "$PIN"
# A share under another's number.
# shellcheck disable=SC2016 # for the other shell
bash -c '. "$1/lib.sh"; . "$1/pin.sh"; read_code "$2"
	code_of "$set" "$needed" 5 "$share"' \
	bash "$(dirname "$SPLIT")" "$code" >damaged
refuses_to 'these shares do not make a PIN' "$JOIN" --share shares/CO1.share \
	--share damaged --share shares/CO3.share --output "$PIN"

# And whatever comes of wrong shares: no octet of a block may be another.
# shellcheck disable=SC2016 # for the other shell
bash -c '. "$1/lib.sh"; . "$1/pin.sh"
	block_of 3132333435
	good=$block
	pin_of "$good" && [ "$pin_hex" = 3132333435 ] || exit 1
	for ((i = 0; i < ${#good}; i++)); do
		digit=0
		[ "${good:i:1}" != 0 ] || digit=1
		! pin_of "${good:0:i}$digit${good:i+1}" || exit 1
	done
	! pin_of "" && ! pin_of 01 && ! pin_of "${good}00"' \
	bash "$(dirname "$SPLIT")" || fail "a block with an error is a PIN"

### typed

grep -hv '^#' shares/CO[246].share | tr 'a-f' 'A-F' | tr -d '\n' |
	sed 's/[0-9A-F]\{8\} 3 [246]/\n&/g' | sed 1d >typed
echo >>typed
INPUT=typed does 0 "$JOIN" --output "$PIN"
the_pin "$SECRET"
head -n 1 typed >first
INPUT=first refuses_to '1 of 3 shares: too few' "$JOIN" --output "$PIN"
# On a terminal: without echo, and again after a mistake.
cat >dialogue.exp <<END
set timeout 30
log_file -a -noappend screen
spawn -noecho $JOIN --share shares/CO1.share --output $PIN
proc answer {prompt text} {
	expect {
		-ex \$prompt {}
		timeout { exit 250 }
		eof { exit 251 }
	}
	send -- "\$text\r"
}
answer "(1 of 3 so far)" "$code"
answer "(2 of 3 so far)" "$code"
answer "(2 of 3 so far)" "12345678"
answer "(2 of 3 so far)" "$(grep -v '^#' shares/CO7.share)"
expect eof
exit [lindex [wait] 3]
END
does 0 expect -f dialogue.exp
the_pin "$SECRET"
for text in "${code#* }" "${code##* }"; do
	! grep -qF "$text" screen || fail "the terminal shows a share"
done
grep -qF 'is share 2, which was given before' screen || fail "not said"
grep -qF "is no share's code" screen || fail "not said"

### any PIN

for secret in 1 '  spaces  ' "quotes ' \" \\ \$(touch hacked) %s %b \\x41" \
	-n -e "$(printf 'x%.0s' {1..22})" "$(printf 'x%.0s' {1..23})" \
	"$(printf 'y%.0s' {1..118})" $'pi\xc3\xb1' $'\xff\x01\t\r'; do
	rm -rf shares
	pin_file "$secret"
	does 0 "$SPLIT" --pin-file secret -m 2 -n 2 --output shares
	joins 0 2 1
	the_pin "$secret"
done
[ ! -e hacked ] || fail "the PIN was carried out"
rm -rf shares
pin_file "$SECRET"
does 0 "$SPLIT" --pin-file secret -m 12 -n 50 --output shares
joins 0 50 2 10 11 12 1 31 32 33 34 35 36
the_pin "$SECRET"
# Shares tell no more of a PIN's length than in which of three classes it is.
rm -rf shares others
pin_file 1
does 0 "$SPLIT" --pin-file secret -m 2 -n 2 --output shares
pin_file 1234567890123456789012
does 0 "$SPLIT" --pin-file secret -m 2 -n 2 --output others
equal "groups of digits" 12 "$(grep -v '^#' shares/CO1.share | wc -w)"
equal "sizes" "$(wc -c <shares/CO1.share)" "$(wc -c <others/CO1.share)"

### nowhere to be seen: no argument, no environment, no other file

SECRET=uNmIsTaKaBlE77
pin_file "$SECRET"
rm -rf shares
export TMPDIR=$SCRATCH/temporary
mkdir temporary
does 0 strace -f -v -s 4096 -qq -o trace -e trace=execve,openat,creat,write \
	"$SPLIT" --pin-file secret -m 2 -n 3 --output shares
does 0 strace -f -v -s 4096 -qq -o trace.join \
	-e trace=execve,openat,creat,write "$JOIN" --share shares/CO1.share \
	--share shares/CO3.share --output "$PIN"
the_pin "$SECRET"
hex=$(printf '%s' "$SECRET" | od -An -v -tx1 | tr -d ' \n')
for trace in trace trace.join; do
	[ "$(grep -c execve "$trace")" -gt 5 ] || fail "nothing was traced"
	! grep -qE "$SECRET|$hex" <<<"$(grep execve "$trace")" ||
		fail "the PIN is in an argument or the environment"
	# Of regular files, the shares and the PIN alone are written.
	! grep -E 'O_CREAT|O_WRONLY|O_RDWR' "$trace" | grep -v ENOENT |
		grep -vE '/dev/(null|tty)|\.shares\.[A-Za-z0-9]*/CO[123]\.share' |
		grep -vF "\"$PIN\"" | grep openat ||
		fail "something else is written"
done
[ -z "$(ls -A temporary)" ] || fail "left behind: $(ls -A temporary)"

### refusals

rm -rf shares
does 0 "$SPLIT" --pin-file secret -m 2 -n 3 --output shares --remove \
	--officer Anna --officer Bert --officer Carl-2
[ ! -e secret ] || fail "the PIN file is still there"
equal "officers" "Anna.share Bert.share Carl-2.share" \
	"$(find shares -name '*.share' -printf '%f\n' | sort | paste -sd ' ')"
pin_file "$SECRET"
given=(--pin-file secret --output new)
while IFS='|' read -r text options; do
	# shellcheck disable=SC2086 # several options
	refuses_to "$text" "$SPLIT" "${given[@]}" $options
	[ ! -e new ] || fail "shares were written"
	[ -e secret ] || fail "the PIN file is gone"
done <<'END'
one officer alone is no control|-m 1 -n 7 --remove
more are needed than there are|-m 4 -n 3 --remove
at most 50|-m 3 -n 51
-m and -n are numbers|-m 3
-m and -n are numbers|-m three -n 7
-m and -n are numbers|-m 3 -n 700
-m and -n are numbers|-m 0 -n 0
1 times --officer, but -n 2|-m 2 -n 2 --officer A
--officer A: twice|-m 2 -n 2 --officer A --officer A
--officer ../A: wanted letters|-m 2 -n 2 --officer ../A --officer B
--officer -A: wanted letters|-m 2 -n 2 --officer -A --officer B
unknown argument "more"|-m 2 -n 2 more
END
chmod 640 secret
refuses_to 'has mode 640' "$SPLIT" "${given[@]}" -m 2 -n 2
for secret in '' $'\n' $'two\nlines' $'one\n\n' "$(printf 'y%.0s' {1..119})"; do
	pin_file "$secret"
	refuses_to 'secret: ' "$SPLIT" "${given[@]}" -m 2 -n 2
done
(umask 077 && printf 'a\0b' >nul)
refuses_to 'without NUL' "$SPLIT" --pin-file nul --output new -m 2 -n 2
refuses_to 'there is no such file' "$SPLIT" --pin-file none --output new -m 2 -n 2
pin_file "$SECRET"
refuses_to 'shares: exists' "$SPLIT" --pin-file secret --output shares -m 2 -n 2
refuses_to 'cannot be written to' "$SPLIT" --pin-file secret \
	--output none/shares -m 2 -n 2
two=(--share shares/Anna.share --share shares/Bert.share)
if [ "$(stat -f -c %T .)" != tmpfs ]; then
	refuses_to 'a PIN is written to memory only' "$JOIN" "${two[@]}" \
		--output pin
	refuses_to 'a PIN is written to memory only' "$JOIN" --remove --output secret
	[ -e secret ] || fail "removed from a disk"
fi
refuses_to 'no such folder' "$JOIN" "${two[@]}" --output none/pin
echo precious >"$MEMORY/other"
refuses_to 'exists' "$JOIN" "${two[@]}" --output "$MEMORY/other"
ln -s nowhere "$MEMORY/link"
refuses_to 'exists' "$JOIN" "${two[@]}" --output "$MEMORY/link"
refuses_to 'there is no such file' "$JOIN" --remove --output "$MEMORY/link"
refuses_to 'there is no such file' "$JOIN" --remove --output "$MEMORY/none"
equal "the other file" precious "$(<"$MEMORY/other")"
refuses_to 'there is no such file' "$JOIN" --share none --output "$PIN"
refuses_to 'not both' "$JOIN" --remove --output "$PIN" --config x
refuses_to 'where to?' "$JOIN"
refuses_to '--remove takes no shares' "$JOIN" "${two[@]}" --remove --output "$PIN"

### a token that opens with it

cp /dev/null used
accepts init ws --at "$AT"
rm -rf shares
does 0 "$SPLIT" --pin-file ws/pin -m 3 -n 5 --output shares --remove
sed -i "s|^    pin_file: .*|    pin_file: \"$PIN\"|" ws/anchorite.yaml
refuses 2 "pin_file: $PIN: No such file" --config ws/anchorite.yaml inventory
joins 0 5 1 4
accepts --config ws/anchorite.yaml inventory
does 0 "$JOIN" --remove --output "$PIN"
refuses 2 "pin_file: $PIN: No such file" --config ws/anchorite.yaml inventory

### as acts have it: by the configuration

joined() {
	does 0 "$JOIN" --config ws/anchorite.yaml "$@"
}
joined --shares shares
grep -qF "The PIN is in $PIN; pin-join --remove" out || fail "not joined from a folder"
joined --shares none
equal "a PIN that is there" "The PIN is in $PIN." "$(<out)"
accepts --config ws/anchorite.yaml inventory
joined --remove
[ ! -e "$PIN" ] || fail "the PIN is still there"
rm shares/CO[245].share
refuses_to '2 of 3 shares: too few' "$JOIN" --config ws/anchorite.yaml \
	--shares shares
cp shares/CO1.share shares/CO2.share
refuses_to 'CO2.share: is share 1, which was given before' "$JOIN" \
	--config ws/anchorite.yaml --shares shares
# Where it is no rehearsal, the HSM asks; and what was not joined stays.
sed 's/^rehearsal: true/# rehearsal: true/' ws/anchorite.yaml >ws/real.yaml
does 0 "$JOIN" --config ws/real.yaml --shares shares
equal "no rehearsal" "No rehearsal: the HSM asks its officers itself." "$(<out)"
sed '/pin_file/d' ws/anchorite.yaml >ws/typed.yaml
does 0 "$JOIN" --config ws/typed.yaml --shares shares
grep -q 'names no pin_file' out || fail "$(<out)"
[ ! -e "$PIN" ] || fail "joined for nothing"
sed "s|pin_file:.*|pin_file: \"$PWD/secret\"|" ws/anchorite.yaml >ws/disk.yaml
if [ "$(stat -f -c %T .)" != tmpfs ]; then
	does 0 "$JOIN" --config ws/disk.yaml --remove
	[ -e secret ] || fail "removed from a disk"
fi
refuses_to 'nowhere: there is no such file' "$JOIN" --config nowhere
finish
