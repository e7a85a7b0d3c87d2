#!/bin/bash
# Every kind of ceremony from its shipped script, walked to its end on SoftHSM:
# its commands exist, do what the script says, and the record replays.
. tests/support/lib.sh
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
		"$(grep -c '^step:' "$ROOT/ceremony-scripts/acts/$kind.act")" \
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
trap 'rm -rf "$SCRATCH" "$MEMORY"' EXIT
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

### a second key, and its backup

begin key-generation "$CONFIG"
with LABEL=ksk-2 "CSR=$SCRATCH/made/ksk-2.csr" "OUTFD=$SCRATCH/OUTFD" \
	OUTFD_MEDIUM=OUTFD "CSR_COPY=$SCRATCH/OUTFD/ksk-2.csr"
ceremony key-generation "$AT"
openssl req -in OUTFD/ksk-2.csr -noout -verify >"$SCRATCH/out" 2>&1 ||
	fail "the proof does not verify"
sed -n '/^  ksk_next:/,/^ *valid_from/p' out.txt >pins
[ "$(wc -l <pins)" -eq 8 ] || fail "the new key's pins are not shown"
key_tag=$(sed -n 's/^ *key_tag: //p' pins)

sed "s|^directories.tokendir.*|directories.tokendir = $SCRATCH/BACKUP1/tokens|" \
	"$WS/softhsm2.conf" >copy.conf
{
	sed -n '1,/^hsm:/p' "$CONFIG"
	sed -n '/^  softhsm:/,/^$/p' "$CONFIG" | sed '/^$/d'
	sed -n '/^  softhsm:/,/^$/p' "$CONFIG" | sed -e 's/softhsm:/copy:/' \
		-e "s|SOFTHSM2_CONF:.*|SOFTHSM2_CONF: \"$SCRATCH/copy.conf\"|"
	sed '1,/^$/d' "$CONFIG" | sed '1,/^$/d'
} >"$WS/two-hsms.yaml"
begin key-backup "$WS/two-hsms.yaml"
with HSM=softhsm "TOKEN=$WS/tokens" "TOKEN_MANIFEST=$SCRATCH/made/token.manifest" \
	"BACKUP1=$SCRATCH/BACKUP1" BACKUP1_MEDIUM=BACKUP1 \
	"COPY1=$SCRATCH/BACKUP1/tokens" \
	"COPY1_MANIFEST=$SCRATCH/made/token.manifest" \
	"BACKUP2=$SCRATCH/BACKUP2" BACKUP2_MEDIUM=BACKUP2 \
	"COPY2=$SCRATCH/BACKUP2/tokens" \
	"COPY2_MANIFEST=$SCRATCH/made/token.manifest" BACKUP_HSM=copy
ceremony key-backup "$AT"
equal "inventories with the second key" 3 "$(grep -c '^  ksk-2 ' out.txt)"

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

### the second key's end

begin key-deletion "$CONFIG"
with LABEL=ksk-2 "KEY_TAG=$key_tag"
ceremony key-deletion "$AT"
accepts --config "$CONFIG" --ceremony other --at "$AT" inventory
! grep -q ksk-2 "$SCRATCH/out" || fail "the key is still there"

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
