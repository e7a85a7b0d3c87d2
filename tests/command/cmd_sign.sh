#!/bin/bash
# Two rollovers, thirteen quarters in a chain, each schema in its place; every
# slot's DNSKEY RRset, in a small zone that BIND signs with the slot's ZSK, is
# put before two verifiers that are not ours.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq dnssec-keygen dnssec-signzone dnssec-verify ldns-verify-zone \
	softhsm2-keyconv softhsm2-util

"${CC:-cc}" -std=c11 -D_GNU_SOURCE -shared -fPIC -o "$SCRATCH/set_clock.so" \
	tests/support/set_clock.c || fail "set_clock.c does not compile"

DAY=86400
VALIDITY=$((21 * DAY))

init_workspace ws --at 2026-11-01T12:00:00Z
WS=$SCRATCH/ws
export SOFTHSM2_CONF=$WS/softhsm2.conf

# next QUARTER: 2027-q4 is followed by 2028-q1.
next() {
	local year=${1%-q*} n=${1#*-q}
	if [ "$n" -eq 4 ]; then
		echo "$((year + 1))-q1"
	else
		echo "$year-q$((n + 1))"
	fi
}

# start QUARTER: its first day.
start() {
	printf '%d-%02d-01\n' "${1%-q*}" "$((3 * ${1#*-q} - 2))"
}

# quiet COMMAND...: shows what it said only if it fails.
quiet() {
	"$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || fail "$*"
}

# give_zsk QUARTER: makes the ZSK that signs in that quarter as a file, for
# dnssec-signzone, puts it into the token, for `request` to find, and declares
# it: what another tool made has no mark.
declare -A ZSK
give_zsk() {
	local name
	mkdir -p "$SCRATCH/zsks"
	name=$(dnssec-keygen -q -K "$SCRATCH/zsks" -a RSASHA256 -b 2048 .)
	ZSK[$1]=$SCRATCH/zsks/$name
	quiet softhsm2-keyconv --in "${ZSK[$1]}.private" --out "$WS/zsk.pem"
	quiet softhsm2-util --import "$WS/zsk.pem" --token "anchorite rehearsal" \
		--pin "$(<"$WS/pin")" --label "zsk-$1" --id "0${1/-q/}"
	rm "$WS/zsk.pem"
	grep -q '^other_keys:$' "$ANCHORITE_CONFIG" ||
		sed -i 's/^keys:$/other_keys:\n\n&/' "$ANCHORITE_CONFIG"
	sed -i "s/^other_keys:\$/&\n  zsk_${1/-/_}: {label: zsk-$1, purpose: zsk}/" \
		"$ANCHORITE_CONFIG"
}

# add_ksk LABEL: a KSK that the configuration then knows as ksk_next.
add_ksk() {
	accepts --at "$AT" keygen --label "$1" --algorithm RSASHA256
	sed -n '/^  ksk_next:$/,$p' "$SCRATCH/out" >>"$ANCHORITE_CONFIG"
	read_tags
}

# The next KSK becomes the current one; the old one stays known.
change_roles() {
	sed -i 's/^  ksk_old:$/  ksk_older:/
		s/^  ksk_current:$/  ksk_old:/
		s/^  ksk_next:$/  ksk_current:/' "$ANCHORITE_CONFIG"
}

# Key tags by label, and by label and "R" where revoked.
declare -A TAG
read_tags() {
	local label tag revoked
	accepts --json inventory --dns
	while read -r label tag revoked; do
		TAG[$label]=$tag
		TAG[${label}R]=$revoked
	done < <(jq -r '.keys[] | select(.label | startswith("ksk-")) |
		"\(.label) \(.dns.key_tag) \(.dns.revoked_key_tag)"' \
		"$SCRATCH/out")
}

# phase SCHEMA SLOT OLD NEW: the KSKs of the slot and the part of each, as
# the phases of a root rollover have them.
phase() {
	local schema=$1 slot=$2 old=$3 new=$4
	case $schema:$slot in
	normal:* | pre-publish:1) echo "$old/S" ;;
	pre-publish:* | publish+:* | rollover:1) echo "$old/S $new/P" ;;
	rollover:* | rollover+:* | revoke:1) echo "$old/P $new/S" ;;
	revoke+:1 | revoke:9 | revoke+:9) echo "$new/S" ;;
	revoke:* | revoke+:*) echo "$old/RS $new/S" ;;
	esac
}

# ksk_column PART...: "TAG(LABEL)/PART,..." by tag, as the table has it.
ksk_column() {
	local part label
	for part in "$@"; do
		label=${part%/*}
		[[ $part != */R* ]] || label+=R
		echo "${TAG[$label]}($part"
	done | sed 's|/|)/|' | sort | paste -sd,
}

# sorted_column SLOT: the same from the table of $SKR.
sorted_column() {
	awk -v slot="$1" '$1 == slot && NF == 5 { print $5 }' "$WS/table" |
		tr , '\n' | sort | paste -sd,
}

# stamp SECONDS: a time as verifiers take it.
stamp() {
	date -u -d "@$1" +%Y%m%d%H%M%S
}

# by_ldns TIME ZONE, by_bind TIME ZONE: the verifiers, at a time in seconds.
by_ldns() {
	ldns-verify-zone -t "$(stamp "$1")" "$2" \
		>"$SCRATCH/out" 2>"$SCRATCH/err"
}

by_bind() {
	CLOCK=$1 LD_PRELOAD=$SCRATCH/set_clock.so dnssec-verify -o . "$2" \
		>"$SCRATCH/out" 2>"$SCRATCH/err"
}

# build_zone QUARTER SLOT INCEPTION: $ZONE, with the slot's keys and our
# signatures over them; the ZSK makes all the others.
ZONE=$SCRATCH/zone
build_zone() {
	awk -v slot="$2" '/^;/ { on = $3 == slot; next } on' "$WS/dns" \
		>"$SCRATCH/slot"
	{
		cat <<-'END'
			. 86400 IN SOA a.test. b.test. 1 1800 900 604800 86400
			. 518400 IN NS a.test.
			test. 172800 IN NS a.test.
			a.test. 172800 IN A 192.0.2.1
		END
		grep ' IN DNSKEY ' "$SCRATCH/slot"
	} >"$SCRATCH/unsigned"
	quiet dnssec-signzone -P -O full -o . -d "$SCRATCH" \
		-f "$SCRATCH/signed" \
		-s "$(stamp "$3")" \
		-e "+$VALIDITY" "$SCRATCH/unsigned" "${ZSK[$1]}"
	{
		grep -vE 'RRSIG[[:space:]]+DNSKEY' "$SCRATCH/signed"
		grep ' IN RRSIG ' "$SCRATCH/slot"
	} >"$ZONE"
}

# judge_slot QUARTER SLOT INCEPTION PART...: both verifiers accept the
# zone from its first second to its last, and BIND sees the same parts.
judge_slot() {
	local what="$1 slot $2" inception=$3 last parts
	last=$((inception + VALIDITY - 1))
	build_zone "$1" "$2" "$inception"
	shift 3
	by_ldns "$inception" "$ZONE" || fail "$what: ldns-verify-zone, at first"
	by_ldns "$last" "$ZONE" || fail "$what: ldns-verify-zone, at last"
	by_bind "$last" "$ZONE" || fail "$what: dnssec-verify, at last"
	by_bind "$inception" "$ZONE" || fail "$what: dnssec-verify, at first"
	parts=" $* "
	says "KSKs: $(grep -o '/S ' <<<"$parts" | wc -l) active, $(
		grep -o '/P ' <<<"$parts" | wc -l) stand-by, $(
		grep -o '/RS ' <<<"$parts" | wc -l) revoked"
}

# One quarter: request, check, sign, verify, and the judges.
PREVIOUS=
quarter() {
	local schema=$1 old=$2 new=$3 chain=() wanted slot parts
	local begin inception
	QUARTER=$(next "${QUARTER:-2026-q4}")
	begin=$(date -u -d "$(start "$QUARTER")" +%s)
	AT=$(date -u -d "@$((begin - 45 * DAY))" +%Y-%m-%dT%H:%M:%SZ)
	KSR=$WS/ksr-$QUARTER.xml
	SKR=$WS/skr-$QUARTER.xml
	[ "$new" = none ] || [ -n "${TAG[$new]-}" ] || add_ksk "$new"
	[ -z "$PREVIOUS" ] || chain=(--previous-skr "$PREVIOUS")
	give_zsk "$(next "$QUARTER")"

	accepts --at "$AT" request "$KSR" --quarter "$QUARTER" "${chain[@]}"
	accepts --at "$AT" sign "$KSR" "$SKR" --schema "$schema" --batch \
		"${chain[@]:---first}"
	accepts verify "$KSR" "$SKR" --schema "$schema" "${chain[@]}"
	accepts show "$SKR"
	mv "$SCRATCH/out" "$WS/table"
	accepts show "$SKR" --format dns
	mv "$SCRATCH/out" "$WS/dns"

	for slot in 1 2 3 4 5 6 7 8 9; do
		read -ra parts < <(phase "$schema" "$slot" "$old" "$new")
		wanted=$(ksk_column "${parts[@]}")
		equal "$QUARTER ($schema) slot $slot" "$wanted" \
			"$(sorted_column "$slot")"
		inception=$((begin + (slot - 1) * 10 * DAY))
		judge_slot "$QUARTER" "$slot" "$inception" "${parts[@]}"
	done
	PREVIOUS=$SKR
}

give_zsk 2026-q4
give_zsk 2027-q1
read_tags
quarter normal ksk-1 none

# The verifiers do judge: one second too early or too late, one bit of our
# signature, or a key set that is not the one signed, and they refuse.
refused_by_both() {
	! by_ldns "$2" "$3" || fail "ldns-verify-zone accepts $1"
	! by_bind "$2" "$3" || fail "dnssec-verify accepts $1"
	CASES=$((CASES + 2))
}

first=$(date -u -d "2027-02-10" +%s)
build_zone 2027-q1 5 "$first"
by_ldns "$first" "$ZONE" || fail "slot 5 is not accepted"
refused_by_both "a zone before its time" "$((first - 1))" "$ZONE"
refused_by_both "a zone after its time" "$((first + VALIDITY + 1))" "$ZONE"
awk '/ RRSIG DNSKEY / {
	i = index("BADC", substr($NF, 5, 1))
	$NF = substr($NF, 1, 4) (i ? substr("ABCD", i, 1) : "A") \
		substr($NF, 6)
} { print }' "$ZONE" >"$SCRATCH/flipped"
! cmp -s "$ZONE" "$SCRATCH/flipped" || fail "no bit was flipped"
refused_by_both "another signature" "$first" "$SCRATCH/flipped"
{
	cat "$ZONE"
	sed -n 's/^\. IN DNSKEY/. 172800 IN DNSKEY/p' "${ZSK[2026-q4]}.key"
} >"$SCRATCH/added"
[ "$(wc -l <"$SCRATCH/added")" -eq "$(($(wc -l <"$ZONE") + 1))" ] ||
	fail "no key was added"
refused_by_both "one key more" "$first" "$SCRATCH/added"

quarter normal ksk-1 none
quarter pre-publish ksk-1 ksk-2
quarter publish+ ksk-1 ksk-2
quarter rollover ksk-1 ksk-2
quarter rollover+ ksk-1 ksk-2
quarter revoke ksk-1 ksk-2
quarter revoke+ ksk-1 ksk-2
change_roles
quarter normal ksk-2 none
quarter pre-publish ksk-2 ksk-3
quarter rollover ksk-2 ksk-3
quarter revoke ksk-2 ksk-3
change_roles
quarter normal ksk-3 none
equal "the last quarter" 2030-q1 "$QUARTER"
finish
