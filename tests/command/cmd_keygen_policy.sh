#!/bin/bash
# KSKs are made as key_policy wants them: what is asked for is read back and
# compared, and where a token refuses an attribute the message names it.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq

WS=$SCRATCH/ws
CONFIG=$WS/anchorite.yaml
accepts init "$WS" --at "$AT"
QUIRKY_TARGET=$(sed -n 's/^    module: "\(.*\)"$/\1/p' "$CONFIG")
QUIRKY_PIN=$(<"$WS/pin")
export QUIRKY='' QUIRKY_TARGET QUIRKY_PIN SOFTHSM2_CONF=$WS/softhsm2.conf
[ -e "$TEST_BIN/libquirky_module.so" ] || fail "quirky_module is not built"
sed -i "s|module: .*|module: \"$TEST_BIN/libquirky_module.so\"|" "$CONFIG"

# policy LINE...: key_policy has these from now on.
policy() {
	{
		sed '/^key_policy:/,/^$/d' "$CONFIG"
		printf '\nkey_policy:\n'
		printf '  %s\n' "$@"
	} >"$WS/now.yaml"
	COMMAND=(--config "$WS/now.yaml" --at "$AT")
}

N=0
# has LABEL ATTRIBUTE WANTED: whether inventory tells it of the private half.
has() {
	local list
	list=$(jq -r --arg key "$1" \
		'.keys[] | select(.label == $key).attributes' "$SCRATCH/out")
	equal "$1: $2" "$3" "$(grep -qw -- "$2" <<<"$list" && echo true ||
		echo false)"
}

# makes ATTRIBUTE=WANTED...: the next key, and what is told of it.
makes() {
	local word
	N=$((N + 1))
	accepts "${COMMAND[@]}" keygen --label "k$N" --algorithm ECDSAP256SHA256
	cp "$SCRATCH/out" "$SCRATCH/made"
	accepts --config "$CONFIG" --json inventory
	for word in "$@"; do
		has "k$N" "${word%=*}" "${word#*=}"
	done
}

objects() {
	find "$WS/tokens" -name '*.object' | wc -l
}

# refused TEXT [OPTION...]: and no key is left.
refused() {
	local before
	before=$(objects)
	refuses 2 "$1" "${COMMAND[@]}" keygen --label none \
		--algorithm ECDSAP256SHA256 "${@:2}"
	equal "objects left" "$before" "$(objects)"
}

### what is asked for

policy 'sensitive: true'
makes EXTRACTABLE=false sensitive=true DECRYPT=false UNWRAP=false DERIVE=false
! grep -q 'It can leave' "$SCRATCH/made" || fail "it cannot leave its token"
policy 'decrypt: true' 'derive: true'
makes EXTRACTABLE=false DECRYPT=true UNWRAP=false DERIVE=true
# The token's own choice: SoftHSM's is true.
policy 'decrypt: any' 'unwrap: any'
makes DECRYPT=true UNWRAP=true DERIVE=false
policy 'extractable: any' 'sensitive: any'
makes EXTRACTABLE=false sensitive=true
policy 'extractable: for-backup' 'local: true'
makes EXTRACTABLE=true sensitive=true
grep -qF 'It can leave its token (CKA_EXTRACTABLE), for its backup, as key_policy says.' \
	"$SCRATCH/made" || fail "it is not told"
equal "on record" for-backup "$(jq -r \
	'select(.event == "generating").extractable // empty' \
	"$SCRATCH/ceremony/log.jsonl")"
accepts log show "$SCRATCH/ceremony"
says 'ECDSAP256SHA256, extractable for-backup'
rm -rf "$SCRATCH/ceremony"
accepts "${COMMAND[@]}" keygen --label once --algorithm RSASHA256
accepts replay "$SCRATCH/ceremony"
run "${COMMAND[@]}" check --policy
says 'key_policy.extractable is for-backup'

# A ZSK is none of its business.
accepts "${COMMAND[@]}" keygen --label zsk --algorithm RSASHA256 --purpose zsk
accepts --config "$CONFIG" --json inventory
has zsk EXTRACTABLE false

### what is compared

policy 'local: false'
refused 'the new key was destroyed: CKA_LOCAL of the private key is true, false was asked for'
policy 'extractable: for-backup' 'never_extractable: true'
refused 'the new key was destroyed: CKA_NEVER_EXTRACTABLE of the private key is false, true was asked for'
policy 'extractable: for-backup' 'always_sensitive: true'
makes EXTRACTABLE=true always-sensitive=true
policy 'extractable: false'
QUIRKY=extractable
refused 'CKA_EXTRACTABLE of the private key is true, false was asked for'
QUIRKY=

### tokens that refuse an attribute, or cut it

QUIRKY=public_private
policy 'extractable: false'
refused 'C_GenerateKeyPair: CKR_ATTRIBUTE_VALUE_INVALID (0x13); it refuses CKA_PRIVATE false of the public key'
policy 'public_private: any'
makes EXTRACTABLE=false
policy 'public_private: true'
makes EXTRACTABLE=false
accepts "${COMMAND[@]}" keygen --label zsk2 --algorithm RSASHA256 --purpose zsk
QUIRKY=id_short
policy 'extractable: false'
refused 'the new key was destroyed: its CKA_ID is not the one asked for'
QUIRKY=id_refused
refused 'C_GenerateKeyPair: CKR_TEMPLATE_INCONSISTENT (0xd1); it refuses CKA_ID of the public key'
for QUIRKY in id_short id_refused; do
	policy 'mark: false'
	makes EXTRACTABLE=false
done
refused 'key_policy.mark is false, and without its mark a key is a KSK' \
	--purpose audit
QUIRKY=

### what the configuration may say

policy 'extractable: backup'
refused 'key_policy.extractable: "backup" is not what an attribute has to be (expected true, false or any, or for-backup)'
policy 'decrypt: for-backup'
refused 'key_policy.decrypt: "for-backup" is not what an attribute has to be (expected true, false or any)'
finish
