#!/bin/bash
# A key has one purpose: whatever a document, an argument or a configuration
# says, a KSK signs no request and no record, and only a KSK signs a response.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh

needs jq pkcs11-tool
ANCHORITE=$(realpath "$ANCHORITE")
CONFIG=$SCRATCH/ws/anchorite.yaml
accepts init "$SCRATCH/ws" --at "$AT"
cd "$SCRATCH"

# on CONFIG ARGS...: each configuration has a record of its own.
on() {
	local config=$1
	shift
	run --config "$config" --at "$AT" \
		--ceremony "$SCRATCH/record-$(basename "$config")" "$@"
}
accepted_on() {
	on "$@"
	[ "$status" -eq 0 ] || fail "status $status: $*"
	CASES=$((CASES + 1))
}
refused_on() {
	local wanted=$1 text=$2
	shift 2
	on "$@"
	[ "$status" -eq "$wanted" ] || fail "status $status, wanted $wanted: $*"
	grep -qF -- "$text" "$SCRATCH/err" || fail "does not say \"$text\": $*"
	CASES=$((CASES + 1))
}

# --- keygen marks; each mark opens one door.

accepted_on "$CONFIG" keygen --label z --algorithm RSASHA256 --purpose zsk
grep -q 'IN DNSKEY 256 3 8' out || fail "a ZSK is not shown as one"
accepted_on "$CONFIG" keygen --label a --algorithm ECDSAP256SHA256 \
	--purpose audit
! grep -q DNSKEY out || fail "an audit key is shown as a DNSKEY"
accepted_on "$CONFIG" keygen --label k --algorithm RSASHA256
grep -q 'IN DNSKEY 257 3 8' out || fail "a KSK is not shown as one"
refused_on 2 'expected ksk, zsk, audit or anchor' "$CONFIG" keygen --label q \
	--algorithm RSASHA256 --purpose signing
refused_on 2 '--csr is for KSKs' "$CONFIG" keygen --label q \
	--algorithm RSASHA256 --purpose zsk --csr q.pem

log_sign() {
	refused_on "$1" "$2" "$3" log sign k.p7s \
		--key "$4"
	[ ! -e k.p7s ] || fail "a signature by $4"
}
log_sign 1 '"k" is a KSK' "$CONFIG" k
log_sign 1 '"z" is a ZSK (expected an audit key)' "$CONFIG" z
log_sign 1 '"ksk-1" is a KSK' "$CONFIG" ksk-1

# A configuration that knows no keys, or says that KSKs are something else.
sed '/^keys:/,/^[^ k]/{/^keys:/d;/^ /d}' "$CONFIG" >ws/none.yaml
! grep -q ksk-1 ws/none.yaml || fail "the configuration still names the KSK"
log_sign 1 '"ksk-1" is a KSK' ws/none.yaml ksk-1
for purpose in zsk audit; do
	{
		cat ws/none.yaml
		printf '\nother_keys:\n  o: {label: ksk-1, purpose: %s}\n' \
			"$purpose"
	} >ws/says.yaml
	cp ws/says.yaml "ws/says-$purpose.yaml"
	log_sign 1 'is a KSK by its mark in the token' "ws/says-$purpose.yaml" \
		ksk-1
done

# --- A response that names KSKs as its ZSKs leads no request.

# The ZSKs of its last bundle are what the next request would have sign.
accepted_on "$CONFIG" request ksr.xml
accepted_on "$CONFIG" sign ksr.xml skr.xml --first --batch
PUBLIC=$("$ANCHORITE" --config "$CONFIG" --at "$AT" --ceremony c \
	--json inventory --dns |
	jq -r '.keys[] | select(.label == "ksk-1") | .dns.dnskey' |
	cut -d ' ' -f 8- | tr -d ' ')
[ -n "$PUBLIC" ] || fail "no KSK to forge with"
# Every ZSK becomes the KSK's public key with a ZSK's flags.
awk -v public="$PUBLIC" '
	/<Key / { zsk = 0; key = $0; inkey = 1; body = ""; next }
	inkey && /<Flags>256/ { zsk = 1 }
	inkey { body = body $0 "\n" }
	inkey && /<\/Key>/ {
		inkey = 0
		if (zsk) {
			sub(/keyIdentifier="[^"]*"/, "keyIdentifier=\"ksk-1\"", key)
			sub(/<PublicKey>[^<]*/, "<PublicKey>" public, body)
		}
		printf "%s\n%s", key, body
		next
	}
	!inkey { print }' skr.xml >forged.xml
cmp -s skr.xml forged.xml && fail "nothing was forged"
refused_on 1 'KSR-CHAIN-KEYS' "$CONFIG" request out.xml \
	--previous-skr forged.xml
[ ! -e out.xml ] || fail "a request was made"
accepted_on "$CONFIG" request next.xml --previous-skr skr.xml
RECORDING=
accepts replay record-anchorite.yaml

# --- Keys that were made elsewhere: KSKs until the configuration says more.

MODULE=$(sed -n 's/^    module: *"*\([^"]*\)"*$/\1/p' "$CONFIG")
CONF=$(sed -n 's/^ *SOFTHSM2_CONF: *"*\([^"]*\)"*$/\1/p' "$CONFIG")
foreign() {
	SOFTHSM2_CONF=$CONF pkcs11-tool --module "$MODULE" --token-label \
		"anchorite rehearsal" --login --pin "$(cat ws/pin)" \
		--keypairgen --key-type "${3:-EC:prime256v1}" --label "$1" --id "$2" \
		>/dev/null 2>&1 || fail "pkcs11-tool makes no key"
}
foreign old-audit aa01
foreign old-zsk aa02
# Nor does the label that a request looks for make a ZSK of it.
foreign zsk-2027-q4 aa03 rsa:2048
accepted_on "$CONFIG" sign next.xml next-skr.xml --previous-skr skr.xml \
	--override KSR-POLICY-SIG-HORIZON --reason rehearsal --batch
refused_on 1 '"zsk-2027-q4" counts as a KSK' "$CONFIG" request later.xml \
	--previous-skr next-skr.xml
[ ! -e later.xml ] || fail "a request was made"
log_sign 1 '"old-audit" counts as a KSK' "$CONFIG" old-audit
{
	cat "$CONFIG"
	printf '\nother_keys:\n'
	printf '  a: {label: old-audit, purpose: audit}\n'
	printf '  z: {label: old-zsk, purpose: zsk}\n'
} >ws/others.yaml
log_sign 1 '"old-zsk" is a ZSK (expected an audit key)' ws/others.yaml old-zsk
on ws/others.yaml log sign o.p7s --key old-audit
[ "$status" -eq 0 ] || fail "status $status: a declared audit key"
[ -s o.p7s ] || fail "a declared audit key does not sign"

finish
