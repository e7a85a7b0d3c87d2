#!/bin/bash
# The same request, keys and schema give the same response, byte for byte:
# twice, from another folder, and however the request is spelled.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs xmllint
FORGETFUL=yes

init_workspace ws --at "$AT"
WS=$SCRATCH/ws
KSR=$SCRATCH/ksr.xml
SKR=$SCRATCH/skr.xml
SPELLED=$SCRATCH/spelled.xml
accepts --at "$AT" keygen --label ksk-2 --algorithm RSASHA256
sed -n '/^  ksk_next:$/,$p' "$SCRATCH/out" >>"$ANCHORITE_CONFIG"

# signed_alike WHAT REQUEST: its response is $SKR.
signed_alike() {
	rm -f "$SCRATCH/again.xml"
	accepts --at "$AT" sign "$2" "$SCRATCH/again.xml" --first --batch \
		--schema revoke
	cmp "$SCRATCH/again.xml" "$SKR" || fail "$1: another response"
	CASES=$((CASES + 1))
}

# spelled_alike WHAT: $SPELLED, which is not $KSR, has its response.
spelled_alike() {
	! cmp -s "$SPELLED" "$KSR" || fail "$1: nothing was changed"
	signed_alike "$1" "$SPELLED"
}

accepts --at "$AT" request "$KSR"
accepts --at "$AT" request "$SPELLED"
cmp "$KSR" "$SPELLED" || fail "another request with the same keys"

# `revoke`: two signatures in most slots, whose order must not vary.
accepts --at "$AT" sign "$KSR" "$SKR" --first --batch --schema revoke
signed_alike "a second time" "$KSR"
AT=2026-11-20T23:59:59Z
signed_alike "five days later" "$KSR"

# Another copy of the workspace, of another name, from another folder, with
# the keys first in the configuration and in another order.
cp -R "$WS" "$SCRATCH/a copy"
mv "$WS" "$SCRATCH/gone"
{
	echo "keys:"
	sed -n '/^  ksk_next:$/,$p' "$SCRATCH/a copy/anchorite.yaml"
	sed -n '/^  ksk_current:$/,/valid_from/p' \
		"$SCRATCH/a copy/anchorite.yaml"
	sed '/^keys:$/,$d' "$SCRATCH/a copy/anchorite.yaml"
} | sed "s|$WS|$SCRATCH/a copy|g" >"$SCRATCH/other.yaml"
sed -i "s|$WS|$SCRATCH/a copy|g" "$SCRATCH/a copy/softhsm2.conf"
program=$(realpath "$ANCHORITE")
(
	cd "$SCRATCH/a copy"
	ANCHORITE=$program
	ANCHORITE_CONFIG=../other.yaml
	signed_alike "from another folder" "$KSR"
)
mv "$SCRATCH/gone" "$WS"

# The same request in other words.
xmllint --noblanks "$KSR" >"$SPELLED"
spelled_alike "on one line"
sed 's|^ *||; s|$|\r|' "$KSR" >"$SPELLED"
spelled_alike "with carriage returns and no indentation"
sed 's|<Key \([^ ]*\) \([^>]*\)>|<Key\t\2\n\1 >|' "$KSR" >"$SPELLED"
spelled_alike "with attributes in another order"
sed "s|\"|'|g" "$KSR" >"$SPELLED"
spelled_alike "with single quotes"
sed '1d; s|<RequestBundle|<!-- > " & -->&|; s|</TTL>|<!-- s -->&|' "$KSR" \
	>"$SPELLED"
spelled_alike "with comments and without a declaration"
sed 's|\(>[0-9T:-]*\)+00:00<|\1<|; s|keyTag="|&0|; s|<TTL>|&0|' "$KSR" \
	>"$SPELLED"
spelled_alike "without offsets, with leading zeros"
sed 's|\(<PublicKey>.\{20\}\)|\1\n\t |; s|\(<SignatureData>\)|\1\n|' "$KSR" \
	>"$SPELLED"
spelled_alike "with base64 over several lines"
# Each bundle's elements of one name change places, last first.
awk '
/<Key / || /<Signature / { held = ""; holding = 1 }
holding { held = held $0 "\n" }
!holding && kept != "" { printf "%s", kept; kept = "" }
!holding
/<\/Key>/ || /<\/Signature>/ {
	holding = 0
	name = /<\/Key>/ ? "Key" : "Signature"
	if (name != last) { printf "%s", kept; kept = "" }
	kept = held kept
	last = name
}' "$KSR" >"$SPELLED"
spelled_alike "with keys and signatures in another order"

# And in another way where the request itself is another.
sed 's|serial="1"|serial="2"|' "$KSR" >"$SPELLED"
rm -f "$SCRATCH/again.xml"
accepts --at "$AT" sign "$SPELLED" "$SCRATCH/again.xml" --first \
	--batch --schema revoke
! cmp -s "$SCRATCH/again.xml" "$SKR" || fail "the serial makes no difference"
finish
