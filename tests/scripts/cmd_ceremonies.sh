#!/bin/bash
# Every kind of ceremony from its shipped script, walked to its end on SoftHSM:
# its commands exist, do what the script says, and the record replays.
. tests/support/lib.sh
# shellcheck source=tests/support/many.sh
. tests/support/many.sh
needs jq openssl findmnt
RECORDING=

ANCHORITE=$(realpath "$ANCHORITE")
export ANCHORITE
ROOT=$PWD
cd "$SCRATCH"
workspace
MODULE=$(sed -n 's/^    module: "\(.*\)"$/\1/p' "$CONFIG")

# sha256 FILE
sha256() {
	sha256sum <"$1" | cut -c1-64
}

# media NAME...: folders that stand for media, with their labels.
media() {
	local name

	for name; do
		mkdir -p "$name"
		printf '%s\n' "$name" >"$name/MEDIUM"
	done
}

# begin KIND CONFIGURATION: the media as they are before it, the state on them
# being that of the configuration's workspace; and the values all kinds share.
begin() {
	rm -rf HSMFD KSRFD OUTFD BACKUP1 BACKUP2 paper made state.manifest
	media HSMFD KSRFD OUTFD BACKUP1 BACKUP2
	mkdir paper made
	STATE=$SCRATCH/HSMFD/state
	CEREMONY=$SCRATCH/HSMFD/record
	# New equipment holds no state yet, nor the record of its acceptance.
	[ "$1" != equipment-acceptance ] ||
		STATE=$SCRATCH/made/state CEREMONY=$SCRATCH/made/record
	mkdir "$STATE"
	cp "$2" "$STATE/anchorite.yaml"
	[ ! -e "$(dirname "$2")/register.jsonl" ] ||
		cp "$(dirname "$2")/register.jsonl" "$STATE"
	"$ANCHORITE" manifest "$STATE" state.manifest >"$SCRATCH/out.txt"
	cat >values <<END
CEREMONY_NAME=Test of $1
CEREMONY_DATE=2026-11-15
CEREMONY_PLACE=Room "1", it's here
CONFIG=$STATE/anchorite.yaml
CONFIG_SHA256=$(sha256 "$STATE/anchorite.yaml")
PROGRAM_SHA256=$(sha256 "$ANCHORITE")
MODULE=$MODULE
MODULE_SHA256=$(sha256 "$MODULE")
BOOT_MEDIUM=$SCRATCH/boot.img
BOOT_MEDIUM_SHA256=$(sha256 boot.img)
CEREMONY=$CEREMONY
HSMFD=$SCRATCH/HSMFD
HSMFD_MEDIUM=HSMFD
PAPER=$SCRATCH/paper
END
	[ "$1" = equipment-acceptance ] || with "STATE=$STATE" \
		"STATE_MANIFEST=$SCRATCH/state.manifest" \
		"STATE_MANIFEST_NEXT=$SCRATCH/made/state-next.manifest"
}

# with NAME=VALUE...
with() {
	printf '%s\n' "$@" >>values
}

# with_request KSR PREVIOUS
with_request() {
	cp "$1" KSRFD/ksr.xml
	with "KSRFD=$SCRATCH/KSRFD" KSRFD_MEDIUM=KSRFD \
		"KSR=$SCRATCH/KSRFD/ksr.xml" "KSR_SHA256=$(sha256 "$1")" \
		"PREVIOUS_SKR=$2" "SKR=$SCRATCH/made/skr.xml" \
		"SKR_COPY=$SCRATCH/KSRFD/skr.xml" \
		"REGISTER_HEAD_SHA256=$(tail -n 1 "$STATE/register.jsonl" |
			sha256sum | cut -c1-64)"
}

# answers KIND: a file of what would be typed if all goes well.
answers() {
	bash -c '. "$1/ceremony-scripts/lib.sh"
		. "$1/ceremony-scripts/acts.sh"
		trap acts_forget EXIT
		acts_load "$ACTS_FOLDER/$2.act"
		clocks() {
			local condition
			for condition in $1; do
				[ "$condition" != clock ] || echo now
			done
		}
		for ((i = 0; i < ${#STEP_NUMBER[@]}; i++)); do
			echo
			clocks "${STEP_BEFORE[i]}"
			clocks "${STEP_AFTER[i]}"
			[ -z "${STEP_ASK[i]}" ] || echo "as it was"
			initial=${STEP_INITIAL[i]}
			echo "${initial%%[0-9]}"
		done' acts "$ROOT" "$1" >answers
}

VERIFIES="Certificate request self-signature verify OK"

# ceremony KIND TIME [COMPLAINT]: from the first step to the last, and what is
# left of it.
ceremony() {
	local kind=$1 step

	answers "$kind"
	status=0
	"$ROOT/ceremony-scripts/run" "$kind" --set-file values --batch answers \
		--at "$2" >out.txt 2>"$SCRATCH/err" </dev/null || status=$?
	[ "$status" -eq 0 ] || {
		tail -n 40 out.txt >&2
		fail "$kind: status $status"
	}
	# Some versions of openssl say there that a signature verifies.
	equal "standard error of $kind" "${3-}" \
		"$(grep -vx "$VERIFIES" "$SCRATCH/err" || :)"
	step=$(jq -r 'select(.event == "step") | .step' "$CEREMONY/log.jsonl" |
		tail -n 1)
	equal "last step of $kind" end "$step"
	equal "steps of $kind done" \
		"$(whole_act "$kind" | grep -c '^step:')" \
		"$(jq -r 'select(.event == "step" and .step == "done") | .number' \
			"$CEREMONY/log.jsonl" | wc -l)"
	"$ANCHORITE" replay "$CEREMONY" >replayed 2>&1 ||
		fail "$kind does not replay: $(tail -n 5 replayed)"
	: >"$kind.walked"
	# What is on paper before it begins is made from the same values.
	rm -f script.pdf
	"$ROOT/ceremony-scripts/print" "$kind" --set-file values -o script.pdf ||
		fail "$kind is not printed"
	CASES=$((CASES + 2))
}

# shown TEXT: in what the last ceremony printed.
shown() {
	grep -qF -- "$1" out.txt || fail "the ceremony did not show \"$1\""
	CASES=$((CASES + 1))
}

head -c 40000000 /dev/zero >boot.img

### a quarter, three officers joining their shares of the PIN

MEMORY=$(mktemp -d -p /dev/shm anchorite-test.XXXXXX)
trap 'own_shell && rm -rf "$SCRATCH" "$MEMORY"' EXIT
"$ROOT/ceremony-scripts/pin-split" --pin-file "$WS/pin" -m 3 -n 7 \
	--output all-shares >out.txt </dev/null || fail "the PIN is not divided"
mkdir shares
cp all-shares/CO[257].share shares
sed "s|^    pin_file: .*|    pin_file: \"$MEMORY/pin\"|" "$CONFIG" \
	>"$WS/shared.yaml"
begin key-signing "$WS/shared.yaml"
with_request "$WS/next.xml" "$WS/skr.xml"
with "SHARES=$SCRATCH/shares"
ceremony key-signing "$NEXT_AT"
shown "The PIN is in $MEMORY/pin; pin-join"
shown "$MEMORY/pin is removed."
[ ! -e "$MEMORY/pin" ] || fail "the PIN outlives the ceremony"

# What it leaves, looked into by another copy of the scripts, in another place.
"$ROOT/ceremony-scripts/bundle" "$CEREMONY" -o ceremony.tar.gz >out.txt \
	</dev/null || fail "no bundle"
shown "SHA-256 $(sha256 ceremony.tar.gz)"
mkdir -p clean/build
cp -r "$ROOT/ceremony-scripts" clean
cp "$ANCHORITE" clean/build/anchorite
tail -n 1 "$CEREMONY/log.jsonl" >last-line
mv HSMFD away
(cd clean && exec env -u ANCHORITE ceremony-scripts/bundle \
	--verify ../ceremony.tar.gz --head "$(sha256 ../last-line)") \
	>out.txt 2>&1 </dev/null || fail "the bundle: $(tail -n 3 out.txt)"
mv away HSMFD
shown 'every conclusion and every byte the same'
shown 'a whole bundle, and its record replays'
cmp made/skr.xml KSRFD/skr.xml
accepts --config "$CONFIG" --ceremony other verify KSRFD/ksr.xml \
	KSRFD/skr.xml --previous-skr "$WS/skr.xml"
accepts manifest "$STATE" --compare made/state-next.manifest

### the same request, two months earlier: beyond the horizon

begin emergency-signing "$CONFIG"
with_request "$WS/next.xml" "$WS/skr.xml"
with 'REASON=The room is closed: "travel" isn'"'"'t possible'
ceremony emergency-signing "${NEXT_AT/2027-02/2026-12}" \
	"anchorite: refused: $SCRATCH/KSRFD/ksr.xml: KSR-POLICY-SIG-HORIZON"
# What a backslash divides is one line, as a shell reads it.
sed -i -e :a -e '/ \\$/{N;s/ \\\n */ /;ta' -e '}' \
	-e '/\\$/{N;s/\\\n//;ta' -e '}' out.txt
shown "--override KSR-POLICY-SIG-HORIZON --reason 'The room is closed"
grep -q 'KSR-POLICY-SIG-HORIZON.*The room is closed' "$CEREMONY/log.jsonl" ||
	fail "the override is not on record"

### the requests of several zones, by their manifest; one was signed before

ROOT_ZONE=("$WS" "$CONFIG")
many 4
"$ANCHORITE" --config "$CONFIG" --at "$AT" --ceremony before-many sign \
	"$WS/requests/z0000.example.xml" "$WS/z0000" --first --batch \
	>out.txt 2>&1 || fail "the first zone: $(tail -n 3 out.txt)"
begin key-signing-zones "$CONFIG"
cp -r "$WS/requests" KSRFD
sed 2,6d "$MANIFEST" >KSRFD/requests.yaml
mkdir made/responses
with "KSRFD=$SCRATCH/KSRFD" KSRFD_MEDIUM=KSRFD \
	"REQUESTS=$SCRATCH/KSRFD/requests.yaml" \
	"REQUESTS_SHA256=$(sha256 KSRFD/requests.yaml)" \
	"RESPONSES=$SCRATCH/made/responses" \
	"RESPONSES_MANIFEST=$SCRATCH/made/responses.manifest" \
	"RESPONSES_COPY=$SCRATCH/KSRFD/responses" \
	"REGISTER_HEAD_SHA256=$(tail -n 1 "$STATE/register.jsonl" |
		sha256sum | cut -c1-64)"
ceremony key-signing-zones "$AT"
shown "Of 3 zones 3 were signed, 0 were before, 0 were not"
equal "responses on the drive" 3 "$(find KSRFD/responses -name '*.skr' | wc -l)"
WS=${ROOT_ZONE[0]} CONFIG=${ROOT_ZONE[1]}

### a second key

cp "$CONFIG" "$WS/policy.yaml"
printf '\nkey_policy:\n  extractable: for-backup\n' >>"$WS/policy.yaml"
begin key-generation "$WS/policy.yaml"
with LABEL=ksk-2 "CSR=$SCRATCH/made/ksk-2.csr" "OUTFD=$SCRATCH/OUTFD" \
	OUTFD_MEDIUM=OUTFD "CSR_COPY=$SCRATCH/OUTFD/ksk-2.csr"
ceremony key-generation "$AT"
openssl req -in OUTFD/ksk-2.csr -noout -verify >"$SCRATCH/out" 2>&1 ||
	fail "the proof does not verify"
sed -n '/^  ksk_next:/,/^ *valid_from/p' out.txt >pins
[ "$(wc -l <pins)" -eq 8 ] || fail "the new key's pins are not shown"
key_tag=$(sed -n 's/^ *key_tag: //p' pins)

### its copy in another site's HSM

# That site has a token of its own, which holds no key.
accepts --at "$AT" init "$SCRATCH/other-site"
sed -i '/^    label: "ksk-1"$/a\    valid_until: 2026-11-16T00:00:00+00:00' \
	other-site/anchorite.yaml
accepts --config other-site/anchorite.yaml --at 2026-12-01T00:00:00Z \
	keydelete --label ksk-1 --batch
{
	sed -n '1,/^hsm:/p' "$CONFIG"
	sed -n '/^  softhsm:/,/^$/p' "$CONFIG" | sed '/^$/d'
	sed -n '/^  softhsm:/,/^$/p' other-site/anchorite.yaml |
		sed 's/softhsm:/other:/'
	sed '1,/^$/d' "$WS/policy.yaml" | sed '1,/^$/d' | sed '/^keys:/r pins'
} >"$WS/two-hsms.yaml"

begin key-transport "$WS/two-hsms.yaml"
with HSM=other TRANSPORT_LABEL=transport-1 \
	"TRANSPORT_KEY=$SCRATCH/made/transport.pem" "OUTFD=$SCRATCH/OUTFD" \
	OUTFD_MEDIUM=OUTFD "TRANSPORT_COPY=$SCRATCH/OUTFD/transport.pem"
ceremony key-transport "$AT"
transport=$(sha256 OUTFD/transport.pem)
shown "$transport"
cp OUTFD/transport.pem .

begin key-backup "$WS/two-hsms.yaml"
cp transport.pem OUTFD
with HSM=softhsm LABEL=ksk-2 "KEY_TAG=$key_tag" "INFD=$SCRATCH/OUTFD" \
	INFD_MEDIUM=OUTFD "TRANSPORT_KEY=$SCRATCH/OUTFD/transport.pem" \
	"TRANSPORT_KEY_SHA256=$transport" "BACKUP1=$SCRATCH/BACKUP1" \
	BACKUP1_MEDIUM=BACKUP1 "COPY1=$SCRATCH/BACKUP1/ksk-2.backup" \
	"BACKUP2=$SCRATCH/BACKUP2" BACKUP2_MEDIUM=BACKUP2 \
	"COPY2=$SCRATCH/BACKUP2/ksk-2.backup"
ceremony key-backup "$AT"
check_value=$(jq -r 'select(.event == "backed up").check_value' \
	"$CEREMONY/log.jsonl" | sed 's/../& /g; s/ $//')
shown "${check_value^^}"
cp BACKUP2/ksk-2.backup .

# octets_of NAME: of its wrapped key, as any part of a file may have them.
octets_of() {
	jq -r ".$1" ksk-2.backup | cut -c 9-48
}

# in_bundle TEXT: a bundle of the last ceremony, unpacked, has it somewhere.
in_bundle() {
	grep -rqF -- "$1" bundled
}

# bundled
bundled() {
	rm -rf bundled bundled.tar.gz
	"$ROOT/ceremony-scripts/bundle" "$CEREMONY" -o bundled.tar.gz \
		>"$SCRATCH/out" </dev/null || fail "no bundle"
	mkdir bundled
	tar -xzf bundled.tar.gz -C bundled
	for member in carrier wrapped_key; do
		! in_bundle "$(octets_of "$member")" ||
			fail "the bundle has the backup's $member"
	done
	find bundled -type f -exec cmp -s ksk-2.backup {} \; -print >found
	[ ! -s found ] || fail "the bundle has the backup"
}

# What an auditor needs of it, and nothing that helps a thief.
bundled
in_bundle "$transport" || fail "the bundle has not for whom it is"
in_bundle "$(sha256 ksk-2.backup)" || fail "the bundle has not the copy's hash"
find bundled -type f -exec cmp -s transport.pem {} \; -print >found
[ -s found ] || fail "the bundle has not the transport key's public half"
in_bundle 'extractable' || fail "the bundle has no attributes"
refuses 1 'is a backup of a key, which no ceremony record holds' \
	--ceremony other hash ksk-2.backup
cp -r "$CEREMONY" thief
cp ksk-2.backup "thief/inputs/$(sha256 ksk-2.backup)"
ends 1 "$ROOT/ceremony-scripts/bundle" thief -o thief.tar.gz
grep -q 'is a backup of a key' "$SCRATCH/err" || fail "it is bundled"

begin key-restore "$WS/two-hsms.yaml"
cp ksk-2.backup BACKUP1
with HSM=other TRANSPORT_LABEL=transport-1 LABEL=ksk-2 "KEY_TAG=$key_tag" \
	"BACKUP1=$SCRATCH/BACKUP1" BACKUP1_MEDIUM=BACKUP1 \
	"COPY1=$SCRATCH/BACKUP1/ksk-2.backup" \
	"COPY1_SHA256=$(sha256 ksk-2.backup)" "CHECK_VALUE=${check_value^^}"
ceremony key-restore "$AT"
shown "check value ${check_value^^}"
equal "differences on record" \
	'CKA_LOCAL, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE' \
	"$(jq -r 'select(.event == "restored").differences' \
		"$CEREMONY/log.jsonl")"
bundled
accepts --config "$WS/two-hsms.yaml" --ceremony other --at "$AT" \
	inventory --hsm other
! grep -q transport-1 "$SCRATCH/out" || fail "the transport key is still there"

### the roll to it, and the fallback

mkdir roll
cat "$CONFIG" pins >roll/anchorite.yaml
accepts --config roll/anchorite.yaml --ceremony other --at "$AT" \
	sign "$WS/ksr.xml" roll/skr.xml --first --schema pre-publish --batch
accepts --config roll/anchorite.yaml --ceremony other --at "$AT" \
	request roll/next.xml --previous-skr roll/skr.xml
begin key-signing-rollover roll/anchorite.yaml
with_request roll/next.xml "$SCRATCH/roll/skr.xml"
with "FALLBACK_SKR=$SCRATCH/made/fallback.xml" \
	"FALLBACK_SKR_COPY=$SCRATCH/KSRFD/fallback.xml"
ceremony key-signing-rollover "$NEXT_AT"
accepts --json --config "$STATE/anchorite.yaml" register list
equal "responses in the register" "null roll fallback" \
	"$(jq -r '[.entries[].alternative | tostring] | join(" ")' "$SCRATCH/out")"

### the second key's end in the first HSM, and a quarter by its copy

begin key-deletion "$CONFIG"
with LABEL=ksk-2 "KEY_TAG=$key_tag"
ceremony key-deletion "$AT"
accepts --config "$CONFIG" --ceremony other --at "$AT" inventory
! grep -q ksk-2 "$SCRATCH/out" || fail "the key is still there"

mkdir copy
sed -e '/^keys:/,/^$/d' other-site/anchorite.yaml >copy/anchorite.yaml
printf '\nkeys:\n' >>copy/anchorite.yaml
sed 's/ksk_next:/ksk_current:/' pins >>copy/anchorite.yaml
copy=(--config copy/anchorite.yaml --ceremony by-copy --at "$AT")
accepts "${copy[@]}" request copy/first.xml
accepts "${copy[@]}" sign copy/first.xml copy/skr.xml --first --batch
accepts "${copy[@]}" request copy/next.xml --previous-skr copy/skr.xml
begin key-signing copy/anchorite.yaml
with_request copy/next.xml "$SCRATCH/copy/skr.xml"
with "SHARES=$SCRATCH/shares"
ceremony key-signing "$NEXT_AT"
accepts --config copy/anchorite.yaml --ceremony by-copy verify \
	copy/next.xml KSRFD/skr.xml --previous-skr copy/skr.xml

### emergencies: from the call to the notice

# a_zone DIR CONFIGURATION SCHEMA: a quarter is signed and in use, and the next
# one's response, by SCHEMA, waits.
a_zone() {
	local dir=$1 first=${3/publish+/pre-publish}

	mkdir "$dir"
	cp "$2" "$dir/anchorite.yaml"
	accepts --config "$dir/anchorite.yaml" --ceremony "$dir/record" --at "$AT" \
		request "$dir/ksr.xml" --zsk-dir "$dir/zsks"
	accepts --config "$dir/anchorite.yaml" --ceremony "$dir/record" --at "$AT" \
		sign "$dir/ksr.xml" "$dir/skr.xml" --first --batch \
		--schema "${first/none/normal}"
	accepts --config "$dir/anchorite.yaml" --ceremony "$dir/record" --at "$AT" \
		register activate "$dir/skr.xml"
	accepts --config "$dir/anchorite.yaml" --ceremony "$dir/record" --at "$AT" \
		request "$dir/next.xml" --zsk-dir "$dir/zsks" \
		--previous-skr "$dir/skr.xml"
	[ "$3" = none ] || accepts --config "$dir/anchorite.yaml" \
		--ceremony "$dir/record" --at "$NEXT_AT" sign "$dir/next.xml" \
		"$dir/planned.xml" --previous-skr "$dir/skr.xml" --batch \
		--schema "$3"
}

# begin_emergency KIND DIR KSR REPLACED: as begin, with a decision.
begin_emergency() {
	begin "$1" "$2/anchorite.yaml"
	printf 'Decided by: the president\nOn: 2027-02-15 at 11:40 UTC\nDecision: %s\n' \
		"go on by the script \"$1\"" >decision.txt
	with_request "$3" "$SCRATCH/$2/skr.xml"
	mv decision.txt KSRFD/
	with "DECISION=$SCRATCH/KSRFD/decision.txt" \
		"DECISION_SHA256=$(sha256 KSRFD/decision.txt)" \
		"NOTICE=$SCRATCH/made/notice.txt" \
		"NOTICE_COPY=$SCRATCH/KSRFD/notice.txt" "REPLACED_SKR=$4"
}

# tags FILE SLOT COLUMN: the key tags there, sorted.
tags() {
	"$ANCHORITE" show "$1" | awk -v slot="$2" -v column="$3" \
		'$1 == slot && NF >= 4 { print $column }' | tr , '\n' |
		sed 's/(.*//' | sort -n
}

# told KIND TEXT...: the notice says it, and what every notice has to say; its copy
# left the room; the record is in a bundle that holds.
told() {
	local text took published

	tr -s ' \n' ' ' <made/notice.txt >told
	published=$(jq -r --arg sha256 "$(sha256 made/skr.xml)" 'select(
		.event == "published" and .sha256 == $sha256) | .time' \
		"$CEREMONY/log.jsonl")
	took=$(($(date -d "$published" +%s) - $(date -d "$(jq -r 'select(
		.step == "start" and .number == "1.1") | .time' \
		"$CEREMONY/log.jsonl")" +%s)))
	for text in "On: 2027-02-15 at 11:40 UTC" "$(sha256 KSRFD/decision.txt)" \
		"$(sha256 made/skr.xml)" "response published $published" \
		"from call to response 0 d 00:0$((took / 60)):$(printf %02d \
			$((took % 60)))" "${@:2}"; do
		grep -qF -- "${text//+00:00/Z}" <(sed 's/+00:00/Z/g' told) ||
			fail "the notice of $1 does not say \"$text\": $(cat made/notice.txt)"
		CASES=$((CASES + 1))
	done
	! grep -q '@' made/notice.txt || fail "$1: a name was not put in"
	cmp made/notice.txt KSRFD/notice.txt || fail "$1: another copy"
	rm -f ceremony.tar.gz
	"$ROOT/ceremony-scripts/bundle" "$CEREMONY" -o ceremony.tar.gz \
		>out.txt </dev/null || fail "no bundle of $1"
	tail -n 1 "$CEREMONY/log.jsonl" >last-line
	"$ROOT/ceremony-scripts/bundle" --verify ceremony.tar.gz --head \
		"$(sha256 last-line)" >out.txt 2>&1 </dev/null ||
		fail "the bundle of $1: $(tail -n 3 out.txt)"
	echo "$1: $took s from call to response"
}

# A ZSK that is published already, in a response that waits.
a_zone stolen-zsk "$CONFIG" normal
TAG=$(comm -13 <(tags stolen-zsk/next.xml 2 4 | sort) \
	<(tags stolen-zsk/next.xml 9 4 | sort))
cp -r stolen-zsk/zsks stolen-zsk/other-zsks
rm stolen-zsk/other-zsks/K*"$(printf '+%05d' "$TAG")".*
accepts --config stolen-zsk/anchorite.yaml --ceremony other --at "$NEXT_AT" \
	request stolen-zsk/instead.xml --zsk-dir stolen-zsk/other-zsks \
	--previous-skr stolen-zsk/skr.xml
begin_emergency zsk-compromise stolen-zsk stolen-zsk/instead.xml \
	"$SCRATCH/stolen-zsk/planned.xml"
with "TAG=$TAG" "REPLACED_SHA256=$(sha256 stolen-zsk/planned.xml)" \
	"REASON=The ZSK $TAG was seen outside"
ceremony zsk-compromise "$NEXT_AT" \
	"anchorite: refused: $SCRATCH/KSRFD/ksr.xml: KSR-ONCE"
told zsk-compromise "(ZSK) of the zone, key tag $TAG, is" "Nothing is to be configured" \
	"$(sha256 stolen-zsk/planned.xml)" "uses the response below from 2027-04-01T00:00:00Z" \
	"expire, on 2027-07-11T00:00:00Z at the latest"
accepts --json --config "$STATE/anchorite.yaml" register list
equal "the replaced response" "$(sha256 stolen-zsk/planned.xml)" \
	"$(jq -r '.entries[-1].replaces' "$SCRATCH/out")"
# A notice that the response contradicts, or of another one, is not made.
notice_refused() {
	ends "$1" "$ROOT/ceremony-scripts/notice" zsk-compromise --config "$CONFIG" \
		--ceremony "$CEREMONY" --decision KSRFD/decision.txt -o other.txt "${@:3}"
	grep -qF -- "$2" "$SCRATCH/err" || fail "does not say \"$2\""
	absent other.txt
}
notice_refused 1 "its last slot still has the ZSK" --response made/skr.xml \
	--tag "$(tags made/skr.xml 9 4 | head -n 1)"
notice_refused 1 "has not published stolen-zsk/planned.xml" --tag "$TAG" \
	--response stolen-zsk/planned.xml
notice_refused 2 "--tag: the key tag that is given up" --response made/skr.xml
# Nor is a call that was answered with another clock's time.
cp -r "$CEREMONY" called-later
sed -i '/"step":"done","number":"1.1"/s/"answer":"[^"]*"/"answer":"2027-02-15 11:40"/' \
	called-later/log.jsonl
ends 0 "$ROOT/ceremony-scripts/notice" zsk-compromise --config "$CONFIG" \
	--ceremony called-later --decision KSRFD/decision.txt \
	--response made/skr.xml --tag "$TAG" -o later.txt
grep -q 'is said to be of 2027-02-15T11:40:00Z, after the step' "$SCRATCH/err" ||
	fail "a call after its step is not told"
grep -qE '^  from call to response +0 d 00:0' later.txt || fail "no time taken"
# What cannot be told leaves no notice.
sed -i 's/"number":"1.1"/"number":"0.1"/' called-later/log.jsonl
CEREMONY=called-later notice_refused 1 "no step 1.1 took a call" --tag "$TAG" \
	--response made/skr.xml

# A KSK, where a standby key has been published for a quarter.
accepts --config "$CONFIG" --ceremony another --at "$AT" keygen --label ksk-3 \
	--algorithm RSASHA256
{
	cat "$CONFIG"
	sed -n '/^  ksk_next:/,/^ *valid_from/p' "$SCRATCH/out"
} >standby.yaml
a_zone stolen-ksk standby.yaml publish+
TAG=$(sed -n '/^  ksk_current:/,/key_tag/s/^ *key_tag: //p' standby.yaml)
STANDBY=$(sed -n '/^  ksk_next:/,/key_tag/s/^ *key_tag: //p' standby.yaml)
begin_emergency ksk-compromise stolen-ksk stolen-ksk/next.xml \
	"$SCRATCH/stolen-ksk/planned.xml"
with "TAG=$TAG"
ceremony ksk-compromise "$NEXT_AT"
told ksk-compromise "(KSK) of the zone with key tag $TAG is in" \
	"knew the standby key by 2027-04-01T00:00:00Z need nothing" \
	". IN DS $STANDBY 8 2 $(sed -n '/^  ksk_next:/,$s/^ *ds_sha256: //p' \
		standby.yaml | tr -d '"')"
ends 0 "$ROOT/ceremony-scripts/notice" ksk-compromise --config \
	"$STATE/anchorite.yaml" --ceremony "$CEREMONY" --decision KSRFD/decision.txt \
	--response made/skr.xml --tag "$TAG" -o planned.txt \
	--plan "$ROOT/docs/examples/plan-rollover.yaml"
grep -q '^  2027-q2, 9 slots from 2027-04-01T00:00:00$' planned.txt ||
	fail "the notice does not say what the plan has"
! grep -q '^  2027-q[14],' planned.txt || fail "it says too much of the plan"
grep -q '^  2027-q2  schema revoke, alternative compromise' planned.txt ||
	fail "the notice does not say what the register has"
equal "KSKs of slot 5" "$(printf '%s\n' "$((TAG + 128))" "$STANDBY" | sort -n)" \
	"$(tags made/skr.xml 5 5)"
equal "KSKs of slot 9" "$STANDBY" "$(tags made/skr.xml 9 5)"

# An HSM: the copy signs, and the configuration has it in the lost one's place.
cp -r "$WS/tokens" lost-tokens
sed "s|^directories.tokendir.*|directories.tokendir = $SCRATCH/lost-tokens|" \
	"$WS/softhsm2.conf" >west.conf
sed -e 's/^  softhsm:/  west:/' \
	-e "s|SOFTHSM2_CONF:.*|SOFTHSM2_CONF: \"$SCRATCH/west.conf\"|" \
	"$CONFIG" >west.yaml
a_zone lost-hsm "$CONFIG" none
cp west.yaml lost-hsm/anchorite.yaml
mv "$WS/tokens" "$WS/tokens-lost"
begin_emergency hsm-loss lost-hsm lost-hsm/next.xml "$SCRATCH/lost-hsm/skr.xml"
with HSM=west "TAG=$TAG"
ceremony hsm-loss "$NEXT_AT"
mv "$WS/tokens-lost" "$WS/tokens"
told hsm-loss "(HSM) that held" "another HSM signs with them" \
	"from 2027-04-01T00:00:00Z on"

### equipment

begin equipment-acceptance "$CONFIG"
"$ANCHORITE" manifest HSMFD new.manifest >"$SCRATCH/out"
with "HSMFD_MANIFEST=$SCRATCH/new.manifest" \
	"HSMFD_MANIFEST_NOW=$SCRATCH/made/new.manifest"
ceremony equipment-acceptance "$AT"

### none was forgotten

walked=$(printf '%s\n' *.walked | sed 's/\.walked$//')
equal "kinds" "$(cd "$ROOT/ceremony-scripts/acts" && printf '%s\n' *.act |
	sed 's/\.act$//')" "$walked"
finish
