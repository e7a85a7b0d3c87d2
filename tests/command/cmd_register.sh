#!/bin/bash
# The register: what was signed, what may be signed again, what is active; and
# the power that fails at any step.  Overrides, which leave a trace of their own.
# shellcheck source=tests/support/lib.sh disable=SC2016
. tests/support/lib.sh
needs jq

workspace
export ANCHORITE_CONFIG=$CONFIG
REGISTER=$WS/register.jsonl
RECORD=$SCRATCH/ceremony/log.jsonl

# entries FILTER: of every entry of the register, one a line.
entries() {
	accepts --json register list
	jq -r ".entries[] | $1" "$SCRATCH/out"
}

# of_record FILTER: of the last run on record.
of_record() {
	jq -rs "[.[] | select(.event == \"run\") | .seq] as \$runs |
		.[\$runs[-1] - 1:][] | $1" "$RECORD"
}

sha256_of() {
	sha256sum "$1" | cut -d' ' -f1
}

# sign KSR NAME OPTION...: into a file of that name among the responses.
sign() {
	local ksr=$1 name=$2
	shift 2
	accepts --at "$AT" sign "$ksr" "$WS/$name.xml" --batch "$@"
}

# sign_refused STATUS TEXT KSR OPTION...
sign_refused() {
	local status=$1 text=$2 ksr=$3
	shift 3
	refuses "$status" "$text" --at "$AT" sign "$ksr" "$OUTPUT/skr.xml" \
		--batch "$@"
	nothing_written
}

### what the workspace signed

equal "the entry" "2027-q1 normal null published false" \
	"$(entries '"\(.quarter) \(.schema) \(.alternative) \(.state) \(.active)"')"
equal "its request" "$(sha256_of "$WS/ksr.xml")" "$(entries .request_sha256)"
equal "its response" "$(sha256_of "$WS/skr.xml")" "$(entries .response_sha256)"
equal "its bundles" "$(grep -o '<ResponseBundle id="[^"]*' "$WS/skr.xml" |
	cut -d'"' -f2)" "$(entries '.bundles[]')"
accepts register list
says "Register $REGISTER: whole and in order"
says "2027-q1  schema normal: published"
says "$(sha256_of "$WS/skr.xml")"
equal "its lines" "signing published" \
	"$(jq -rs 'map(.event) | join(" ")' "$REGISTER")"

### once signed is signed

sign_refused 1 "$WS/ksr.xml: KSR-ID, KSR-BUNDLE-UNIQUE" "$WS/ksr.xml" --first
says "which was signed before (schema \"normal\", no alternative)"
says "required: an alternative name under which this request was never signed"
refuses 1 "KSR-ID, KSR-BUNDLE-UNIQUE" --at "$AT" check "$WS/ksr.xml"
sed 's|serial="1"|serial="2"|' "$WS/ksr.xml" >"$WS/other.xml"
for more in "" "--alternative other"; do
	# shellcheck disable=SC2086
	sign_refused 1 "KSR-ID, KSR-ONCE, KSR-BUNDLE-UNIQUE" "$WS/other.xml" \
		--first $more
	says "required: an id that no other request was signed with"
done
sed 's|<KSR id="|&0|' "$WS/ksr.xml" >"$WS/other.xml"
sign_refused 1 "$WS/other.xml: KSR-ONCE, KSR-BUNDLE-UNIQUE" "$WS/other.xml" \
	--first
sed -E 's|(<RequestBundle id=")|\10|' "$WS/ksr.xml" >"$WS/other.xml"
sign_refused 1 "$WS/other.xml: KSR-ID, KSR-ONCE" "$WS/other.xml" --first
# Elsewhere, where nothing was signed, it is as good as new.
mkdir "$SCRATCH/elsewhere"
cp "$OFFLINE" "$SCRATCH/elsewhere/"
accepts --config "$SCRATCH/elsewhere/offline.yaml" --at "$AT" \
	--ceremony "$SCRATCH/elsewhere/ceremony" check "$WS/ksr.xml"
says "there is neither a previous SKR nor a register"
absent "$SCRATCH/elsewhere/register.jsonl"
accepts --config "$SCRATCH/elsewhere/offline.yaml" register list
says "there is none, nothing was signed"
refuses 1 "there is no register" --config "$SCRATCH/elsewhere/offline.yaml" \
	register activate "$WS/skr.xml"
absent "$SCRATCH/elsewhere/register.jsonl"

### alternatives: another schema needs another KSK

accepts --at "$AT" keygen --label ksk-2 --algorithm RSASHA256
sed -n '/^  ksk_next:$/,$p' "$SCRATCH/out" >>"$CONFIG"
for name in "" A "a b" "$(printf 'a%.0s' {1..64})"; do
	sign_refused 2 "--alternative: a name is 1 to 63 of a-z, 0-9, _ and -" \
		"$WS/ksr.xml" --first --alternative "$name"
	refuses 2 "--alternative: a name is" --at "$AT" check "$WS/ksr.xml" \
		--alternative "$name"
done
accepts --at "$AT" check "$WS/ksr.xml" --alternative rollover
sign "$WS/ksr.xml" rollover --first --schema rollover --alternative rollover
equal "asked for" rollover "$(of_record 'select(.event == "asked").alternative')"
sign_refused 1 "KSR-ID, KSR-BUNDLE-UNIQUE" "$WS/ksr.xml" --first \
	--schema rollover --alternative rollover
sign_refused 1 "KSR-ID, KSR-BUNDLE-UNIQUE" "$WS/ksr.xml" --first \
	--schema pre-publish
sign "$WS/ksr.xml" fallback --first --schema pre-publish --alternative fallback
equal "three entries" "normal/null rollover/rollover pre-publish/fallback" \
	"$(entries '"\(.schema)/\(.alternative)"' | paste -sd' ')"

### of alternatives one is active

refuses 2 "$WS/next.xml: is a request (KSR)" register activate "$WS/next.xml"
sed 's|^  *||' "$WS/skr.xml" >"$WS/other.xml"
refuses 1 "$WS/other.xml: no response with this SHA-256 is in the register" \
	register activate "$WS/other.xml"
lines=$(wc -l <"$REGISTER")
accepts --at "$AT" register activate "$WS/rollover.xml"
says "is active from ${AT%Z}, in answer to request"
says "(schema rollover, alternative rollover)"
equal "one line more" "$((lines + 1))" "$(wc -l <"$REGISTER")"
refuses 1 "$WS/skr.xml: of the responses to request" --at "$NEXT_AT" \
	register activate "$WS/skr.xml"
grep -qF "another is active since ${AT%Z}: $(sha256_of "$WS/rollover.xml")" \
	"$SCRATCH/err" || fail "does not say which is active"
accepts --at "$NEXT_AT" register activate "$WS/rollover.xml"
says "has been active since ${AT%Z}"
equal "no line more" "$((lines + 1))" "$(wc -l <"$REGISTER")"
accepts --json --at "$NEXT_AT" register activate "$WS/rollover.xml"
equal "not changed" "false ${AT%Z}+00:00" \
	"$(jq -r '"\(.changed) \(.activated)"' "$SCRATCH/out")"
equal "the active one" rollover "$(entries 'select(.active).alternative')"
accepts register list
says "schema rollover, alternative rollover: ACTIVE"
refuses 2 "lists: no such subcommand; is it list?" register lists
refuses 2 "SKR is missing; usage: anchorite register list" register activate
refuses 2 "one argument too many; usage: anchorite register list" register list "$WS/skr.xml"

# The ceremony record tells it: intent, then deed.
accepts --ceremony "$SCRATCH/ceremony" --at "$AT" register activate \
	"$WS/rollover.xml"
equal "nothing to record" "input input input end" \
	"$(of_record 'select(.event != "run").event' | paste -sd' ')"

### a back-out in slot 4: the chain follows what is active last

refuses 2 "--from-slot 0: expected a number from 1" register activate \
	"$WS/skr.xml" --from-slot 0
refuses 1 "it has no slot 10: its slots are 1 to 9" register activate \
	"$WS/skr.xml" --from-slot 10
accepts --at "$AT" register activate "$WS/skr.xml" --from-slot 4
says "from slot 4 on, which begins 2027-01-31T00:00:00"
equal "the active one" "null 4" \
	"$(entries 'select(.active) | "\(.alternative) \(.from_slot)"')"
accepts register list
says "  activated  ${AT%Z}, until another was"
says "  activated  ${AT%Z}, from slot 4 on"
equal "on record" "activating register line activated" "$(of_record \
	'select(.event | test("register|activat")) | .event' | paste -sd' ')"
accepts --at "$NEXT_AT" check "$WS/next.xml" --previous-skr "$WS/skr.xml"
refuses 1 "KSR-CHAIN-PREVIOUS" --at "$NEXT_AT" check "$WS/next.xml" \
	--previous-skr "$WS/rollover.xml"
says "required: the active response: $(sha256_of "$WS/skr.xml")"

### three quarters in one ceremony, past the horizon

HORIZON=KSR-POLICY-SIG-HORIZON
WHY="three quarters in one ceremony, as decided"
previous=$WS/skr.xml
for quarter in 2027-q2 2027-q3 2027-q4; do
	ksr=$WS/ksr-$quarter.xml
	accepts --at "$AT" request "$ksr" --previous-skr "$previous"
	sign_refused 1 "$ksr: $HORIZON" "$ksr" --previous-skr "$previous"
	sign_refused 2 "has no --reason behind it" "$ksr" \
		--previous-skr "$previous" --override "$HORIZON"
	sign "$ksr" "skr-$quarter" --previous-skr "$previous" \
		--override "$HORIZON" --reason "$WHY"
	grep -Eq "^  overridden +$HORIZON" "$SCRATCH/out" ||
		fail "$quarter: the override is not in the table"
	says "overridden because: $WHY"
	! grep -q "nothing to override" "$SCRATCH/out" ||
		fail "$quarter: the override was of use"
	equal "$quarter: asked, on record" "$HORIZON $WHY" "$(of_record \
		'select(.event == "asked").overrides[] | "\(.id) \(.reason)"')"
	equal "$quarter: rows, on record" "5.1.4 overridden $WHY
RFC 4034 3.1.5 pass null" "$(of_record \
		"select(.event == \"checks\").rows[] |
		select(.id == \"$HORIZON\") |
		\"\(.clause) \(.verdict) \(.reason)\"")"
	equal "$quarter: unused, on record" "" \
		"$(of_record 'select(.event == "unused overrides").ids[]')"
	previous=$WS/skr-$quarter.xml
	accepts verify "$ksr" "$previous"
done
equal "quarters" "2027-q1 2027-q2 2027-q3 2027-q4" \
	"$(entries .quarter | sort -u | paste -sd' ')"
# A request of two quarters ago, replayed; nothing but the register knows.
sign_refused 1 "KSR-ID, KSR-BUNDLE-UNIQUE" "$WS/ksr.xml" \
	--previous-skr "$previous" --override "$HORIZON" --reason "$WHY"

# An override of what is in order, in --json and on the screen.
cp -R "$WS" "$SCRATCH/copy"
sed -i "s|$WS|$SCRATCH/copy|g" "$SCRATCH/copy/anchorite.yaml" \
	"$SCRATCH/copy/softhsm2.conf"
rm "$SCRATCH/copy/register.jsonl"
# The record would tell that the copy lacks what was signed.
mv "$SCRATCH/ceremony" "$SCRATCH/ceremony-before"
for json in "" --json; do
	# shellcheck disable=SC2086
	accepts --config "$SCRATCH/copy/anchorite.yaml" --at "$AT" $json sign \
		"$WS/ksr.xml" "$SCRATCH/copy/unused$json.xml" --first --batch \
		--alternative "a$json" --override "$HORIZON" --reason "$WHY"
	equal "unused, on record" "$HORIZON" \
		"$(of_record 'select(.event == "unused overrides").ids[]')"
	[ -n "$json" ] || says "--override $HORIZON had nothing to override"
done
equal "unused, in --json" "$HORIZON a--json" \
	"$(jq -r '"\(.unused_overrides[]) \(.alternative)"' "$SCRATCH/out")"
for id in SKR-VERIFY KSR-ONCE KSR-CHAIN-PREVIOUS KSR-BUNDLE-POP KSR-CHAIN-KEYS \
	KSR-KEY-VALID KSR-DOMAIN; do
	sign_refused 2 "$id may not be overridden" "$WS/next.xml" \
		--previous-skr "$WS/skr.xml" --override "$id" --reason "$WHY"
done

### tampered with

# tampered TEXT SED: refused by all who read it, at that place, and the HSM is
# not touched.
tampered() {
	cp "$REGISTER" "$SCRATCH/whole.jsonl"
	sed -i "$2" "$REGISTER"
	! cmp -s "$REGISTER" "$SCRATCH/whole.jsonl" || fail "no change: $2"
	refuses 1 "register: $REGISTER:$1" --at "$AT" sign "$WS/ksr.xml" \
		"$OUTPUT/skr.xml" --config "$OFFLINE" --first --batch
	nothing_written
	refuses 1 "register: $REGISTER:$1" --at "$AT" check "$WS/ksr.xml"
	refuses 1 "register: $REGISTER:$1" register list
	refuses 1 "register: $REGISTER:$1" register activate "$WS/skr.xml"
	cp "$SCRATCH/whole.jsonl" "$REGISTER"
}

tampered '2: its "prev" is' '1s|"serial":1|"serial":2|'
tampered '1: its "seq" is not 1' 1d
tampered '3: its "seq" is not 3' 3d
tampered '3: its "seq" is not 3' 2p
tampered '2: is not one JSON object' '2s|"format":2|&,&|'
tampered '4: is not one JSON object' '4s|^.|\x01|'
tampered "$(wc -l <"$REGISTER"): its \"event\" is not" '$s|published|unsaid|'
tampered "$(wc -l <"$REGISTER"): is no line of a register" \
	'$s|"format":2|&,"more":1|'

# Another run is signing.
exec 9>>"$REGISTER"
flock -n 9 || fail "the register is locked"
refuses 2 "$REGISTER: another run is writing it" --at "$AT" sign \
	"$WS/ksr.xml" "$OUTPUT/skr.xml" --config "$OFFLINE" --first --batch
nothing_written
accepts register list
exec 9>&-

### the power fails

# Before every call that makes something lasting, a fresh workspace each time.
# The response is there whole or not at all, and never without its line; the
# same sign is possible again, into the same file or another, and gives the same
# bytes; what is in place is not signed again; the list says what was.
CRASH=$SCRATCH/crash
TEST_BIN=${TEST_BIN:-build-test/tests}
prepare() {
	rm -rf "$CRASH" "$SCRATCH/ceremony"
	mkdir "$CRASH"
	cp -R "$WS/." "$CRASH"
	rm "$CRASH/register.jsonl"
	sed -i "s|$WS|$CRASH|g" "$CRASH/anchorite.yaml" "$CRASH/softhsm2.conf"
}
export ANCHORITE_CONFIG=$CRASH/anchorite.yaml
ASAN=${ASAN_OPTIONS:-}
step=0 interrupted=0 published=0 in_place=0
while :; do
	step=$((step + 1))
	prepare
	CRASH_AT=$step LD_PRELOAD=$TEST_BIN/libcrash_module.so \
		ASAN_OPTIONS=$ASAN:verify_asan_link_order=0 \
		run --at "$AT" sign "$CRASH/ksr.xml" "$CRASH/new.xml" \
		--first --batch 2>"$SCRATCH/killed"
	[ "$status" -ne 0 ] || break
	equal "step $step" 137 "$status"
	state=$(entries .state)
	if [ -e "$CRASH/new.xml" ]; then
		cmp "$CRASH/new.xml" "$WS/skr.xml" || fail "half a response"
		[ -n "$state" ] || fail "step $step: published without a line"
	fi
	case $state in
	"") wanted=published ;;
	interrupted)
		wanted="repeated published"
		interrupted=$((interrupted + 1))
		accepts register list
		says "INTERRUPTED before it was published"
		refuses 1 "(line 1) was interrupted before it was published" \
			register activate "$WS/skr.xml"
		refuses 1 "KSR-ID" --at "$AT" sign "$CRASH/ksr.xml" \
			"$OUTPUT/skr.xml" --first --batch --schema rollover
		refuses 1 "KSR-ID" --at "$AT" sign "$CRASH/ksr.xml" \
			"$OUTPUT/skr.xml" --first --batch --alternative a
		;;
	published)
		published=$((published + 1))
		[ -e "$CRASH/new.xml" ] || fail "step $step: no response"
		refuses 1 "KSR-ID" --at "$AT" sign "$CRASH/ksr.xml" \
			"$OUTPUT/skr.xml" --first --batch
		continue
		;;
	*) fail "step $step: the register says $state" ;;
	esac
	again=$CRASH/new.xml
	[ -n "$state" ] || [ $((step % 2)) -eq 0 ] || again=$CRASH/again.xml
	there=$(stat -c %i "$again" 2>/dev/null) || true
	accepts --at "$AT" sign "$CRASH/ksr.xml" "$again" --first --batch
	cmp "$again" "$WS/skr.xml" || fail "step $step: other bytes"
	if [ -n "$there" ]; then
		in_place=$((in_place + 1))
		equal "step $step: signed again" "" \
			"$(of_record 'select(.event == "signing").event')"
		equal "step $step: the file" "$there" "$(stat -c %i "$again")"
		says "Checks of the response, found in place"
	fi
	equal "step $step: the entries" "$wanted" \
		"$(entries .state | paste -sd' ')"
	accepts --at "$AT" register activate "$again"
	if [ -n "$there" ]; then
		accepts replay "$SCRATCH/ceremony"
		refuses 2 "$again: already exists" --at "$AT" sign \
			"$CRASH/ksr.xml" "$again" --first --batch
	fi
done
[ "$in_place" -ge 1 ] || fail "no response was in place"
[ "$step" -gt 20 ] || fail "only $step steps"
[ "$interrupted" -ge 3 ] || fail "only $interrupted were interrupted"
[ "$published" -ge 1 ] || fail "none was published"
echo "$((step - 1)) losses of power: $interrupted after \"signing\"," \
	"$published after \"published\""
finish
