#!/bin/bash
# Looking leaves no trace, and acts do: every command in an empty folder and
# beside a record, that and all else compared before and after.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq

# Here it matters where the record is that nobody names.
KNOWN_ACTS=$RECORDING
RECORDING=
set_head_apart() {
	:
}

ANCHORITE=$(realpath "$ANCHORITE")
EXAMPLES=$PWD/docs/examples
ACT=$PWD/ceremony-scripts/acts/key-signing.act
OUT=$SCRATCH/out.d
cd "$SCRATCH"
mkdir first && cd first
workspace
export ANCHORITE_CONFIG=$CONFIG
cd "$SCRATCH"
printf 'keys: [\n' >"$WS/broken.yaml"

# A record to stand beside, with a head that a witness has written down.
RECORD=$SCRATCH/first/ceremony
accepts log verify "$RECORD"

# tree: every name below the current folder and the workspace, and every
# file's content, but for what the token keeps for itself.
tree() {
	tar -cf - --sort=name --mtime=@0 --exclude="$WS/tokens" -P . "$WS" |
		sha256sum
}

# place KIND: a new current folder, empty or beside a record.
place() {
	rm -rf "$SCRATCH/place"
	mkdir "$SCRATCH/place"
	cd "$SCRATCH/place"
	[ "$1" = empty ] || cp -r "$RECORD" ceremony
	rm -rf "$OUT"
	mkdir "$OUT"
	: >"$SCRATCH/began"
}

# The register as it was, so that each act is the first.
register_again() {
	cp "$SCRATCH/register-q1" "$WS/register.jsonl"
}

# Where things are tried.
KINDS='empty beside'

# no_trace STATUS ARGS...: exits so, and everything is as it was.
no_trace() {
	local wanted=$1 kind before
	shift
	for kind in $KINDS; do
		place "$kind"
		before=$(tree)
		run "$@"
		[ "$status" -eq "$wanted" ] ||
			fail "$kind: status $status, wanted $wanted: $*"
		[ "$before" = "$(tree)" ] || {
			find . "$WS" -newer "$SCRATCH/began" ! -path "$WS/tokens*" >&2
			fail "$kind: something was left by $*"
		}
		CASES=$((CASES + 1))
		! grep -q '^Ceremony record ceremony' "$SCRATCH/out" ||
			fail "$kind: shows a head: $*"
	done
	TRIED+=$(tried "$@")
}

# With --ceremony the same is on record.
on_record() {
	local wanted=$1 lines=0
	shift
	place beside
	lines=$(wc -l <ceremony/log.jsonl)
	run --ceremony ceremony "$@"
	[ "$status" -eq "$wanted" ] || fail "status $status, wanted $wanted: $*"
	[ "$(wc -l <ceremony/log.jsonl)" -ge $((lines + 2)) ] ||
		fail "not on record: $*"
	accepts log verify ceremony
}

# acts STATUS ARGS...: exits so, and is on record, in either place, whole.
# KIND in them is the place's.
acts() {
	local wanted=$1 kind lines
	shift
	for kind in $KINDS; do
		place "$kind"
		register_again
		lines=0
		[ "$kind" = empty ] || lines=$(wc -l <ceremony/log.jsonl)
		run "${@//KIND/$kind}"
		[ "$status" -eq "$wanted" ] ||
			fail "$kind: status $status, wanted $wanted: $*"
		tail -n "+$((lines + 1))" ceremony/log.jsonl >"$SCRATCH/new" ||
			fail "$kind: no record of $*"
		equal "$kind: first line of $*" run \
			"$(head -n 1 "$SCRATCH/new" | jq -r .event)"
		tail -n 1 "$SCRATCH/new" | jq -e --argjson status "$wanted" \
			'.event == "signing record" or
			(.event == "end" and .status == $status)' >/dev/null ||
			fail "$kind: last line of $*"
		accepts log verify ceremony
	done
	register_again
	ACTED+=$(tried "$@")
}

# tried ARGS...: prints the command among them.
tried() {
	while [[ $1 == --* ]]; do
		shift 2
	done
	echo " $1"
}

TRIED=' init' ACTED=''
register_again

# --- Looking.

# looks STATUS ARGS...: no trace, and on record with --ceremony.
looks() {
	no_trace "$@"
	on_record "$@"
}

looks 0 --at "$AT" check "$WS/ksr.xml" --alternative again
looks 1 --at 2026-06-01T00:00:00Z check "$WS/ksr.xml"
looks 1 check --policy
looks 0 --at "$AT" verify "$WS/ksr.xml" "$WS/skr.xml"
looks 1 --at "$AT" verify "$WS/next.xml" "$WS/skr.xml"
looks 0 show "$WS/skr.xml"
looks 0 hash "$WS/skr.xml" "$WS/ksr.xml"
looks 0 inventory --dns
looks 0 release "$WS/skr.xml" --at 2027-01-05T00:00:00Z
looks 0 release "$WS/skr.xml" --at 2027-01-05T00:00:00Z -o "$OUT/out"
looks 0 simulate "$WS/skr.xml"
looks 0 simulate "$WS/skr.xml" --svg "$OUT/out"
looks 0 manifest "$WS/tokens"
looks 0 manifest "$WS/tokens" "$OUT/out"
looks 0 selftest
looks 0 register list
plan=(--config "$EXAMPLES/root.yaml" plan)
looks 0 "${plan[@]}" check "$EXAMPLES/plan-rollover.yaml"
looks 0 "${plan[@]}" show "$EXAMPLES/plan-rollover.yaml"
looks 0 "${plan[@]}" draw "$EXAMPLES/plan-rollover.yaml" -o "$OUT/out"
no_trace 0 log verify "$RECORD"
no_trace 0 log show "$RECORD"
no_trace 0 replay "$RECORD"
no_trace 0 report "$RECORD" -o "$OUT/out"
no_trace 0 step status --ceremony "$RECORD"

# --- Whatever cannot run: each command with words that mean nothing, with a
# configuration that cannot be read, and with a file that is not there.

commands() {
	accepts --help
	sed -n 's/^  \([a-z]\+\)  .*/\1/p' "$SCRATCH/out"
}
for command in $(commands); do
	no_trace 2 "$command" a b c d --config "$WS/broken.yaml" --at never
	[ "$command" = selftest ] || [ "$command" = inventory ] ||
		KINDS=empty no_trace 2 "$command" missing missing
done
sign=(--at "$AT" sign "$WS/ksr.xml")
no_trace 2 "${sign[@]}" "$OUT/skr.xml" --batch
no_trace 2 "${sign[@]}" "$OUT/skr.xml" --first
no_trace 2 "${sign[@]}" "$OUT/skr.xml" --first --batch --schema none
no_trace 2 "${sign[@]}" "$WS/skr.xml" --first --batch
no_trace 2 --at "$AT" sign "$WS/skr.xml" "$OUT/skr.xml" --first --batch
no_trace 2 --at never sign "$WS/ksr.xml" "$OUT/skr.xml" --first --batch
no_trace 2 keygen --label new
no_trace 2 keygen --label new --algorithm RSASHA1
no_trace 2 keygen --label new --algorithm RSASHA256 --csr "$WS/skr.xml"
no_trace 2 keydelete --batch
no_trace 2 keydelete --label ksk-1
no_trace 2 transport --label transport "$WS/skr.xml"
no_trace 2 backup --label ksk-1 --to missing --recipient-sha256 00 --batch \
	"$OUT/backup"
no_trace 2 restore --transport-key transport "$WS/skr.xml"
no_trace 2 handover --label zsk --to missing --recipient-sha256 00 --batch \
	"$OUT/zsk"
no_trace 2 --at "$AT" request "$WS/ksr.xml"
no_trace 2 --at "$AT" request "$OUT/ksr.xml" --previous-skr missing
no_trace 2 register activate missing
no_trace 2 register adopt missing
no_trace 2 register recover 12 "$OUT/skr.xml"
no_trace 2 step start --number 1.1
no_trace 2 step begin
no_trace 2 step begin --script missing
no_trace 2 log sign "$OUT/sig"
# No register is begun either, where there was none.
rm "$WS/register.jsonl"
KINDS=empty no_trace 2 "${sign[@]}" "$WS/skr.xml" --first --batch
register_again

# --- Acts, and those that the rules refuse or the token fails.

acts 0 "${sign[@]}" "$OUT/skr.xml" --first --batch --alternative again
acts 1 "${sign[@]}" "$OUT/skr.xml" --first --batch
acts 2 --config "$OFFLINE" "${sign[@]}" "$OUT/skr.xml" --first --batch \
	--alternative again
acts 0 keygen --label new-KIND --algorithm ECDSAP256SHA256
acts 2 keygen --label new-empty --algorithm ECDSAP256SHA256
acts 1 keydelete --label ksk-1 --batch
acts 2 keydelete --label none --batch
KINDS=beside acts 0 transport --label transport --size 2048 "$SCRATCH/to.pem"
acts 2 backup --label ksk-1 --to "$SCRATCH/to.pem" --batch --recipient-sha256 \
	"$(sha256sum "$SCRATCH/to.pem" | cut -c 1-64)" "$OUT/backup"
jq -n '{anchorite_backup: 1, zone: "example.", label: "ksk-1", dnskey: {
	flags: 257, protocol: 3, algorithm: 13, public_key: "AAAA"},
	recipient_sha256: ("0" * 64), carried_by: "RSA_PKCS_OAEP_SHA1",
	carrier: "AAAA", check_value: "000000",
	wrapped_by: "AES_KEY_WRAP_PAD", wrapped_key: "AAAA"}' >"$SCRATCH/backup"
acts 1 restore --transport-key transport "$SCRATCH/backup"
acts 1 handover --label ksk-1 --to "$SCRATCH/to.pem" --batch \
	--recipient-sha256 "$(sha256sum "$SCRATCH/to.pem" | cut -c 1-64)" \
	"$OUT/zsk"
acts 0 --at "$NEXT_AT" request "$OUT/ksr.xml" --previous-skr "$WS/skr.xml"
acts 0 --at "$AT" register activate "$WS/skr.xml"
sed '0,/ id="/s// id="other-/' "$WS/skr.xml" >"$WS/other.xml"
acts 1 --at "$AT" register activate "$WS/other.xml"
KINDS=beside acts 0 register recover "$(sha256sum <"$WS/skr.xml" | cut -c1-64)" \
	"$OUT/again.xml"
printf '%s\n' 'anchorite-readiness 1' 'zone .' 'sources address' 'level 0' \
	rows 'end 0' >"$SCRATCH/signals"
decide=(--config "$EXAMPLES/historic.yaml" --at 2017-09-27T12:00:00Z plan decide
	"$EXAMPLES/plan-historic.yaml" --readiness "$SCRATCH/signals")
acts 0 "${decide[@]}"
acts 1 "${decide[@]}" --decide go --by nobody --reason none
acts 0 step begin --script "$ACT"
acts 0 keygen --label audit-KIND --purpose audit --algorithm RSASHA256
KINDS=beside acts 0 log sign "$OUT/sig" --key audit-empty

# --- None was left out, and the table of commands says the same.

for command in $(commands); do
	[[ " $TRIED " == *" $command "* ]] || fail "$command was not tried"
	"$ANCHORITE" "$command" --help >help
	said=$(grep -c 'is an act: recorded' help) || true
	# shellcheck disable=SC2013,SC2016
	for act in $(sed -n 's/^`\([a-z]* \)\?\([a-z]*\)` is an act: .*/\2/p' help); do
		[[ $KNOWN_ACTS == *" $act "* ]] ||
			fail "tests/support/lib.sh does not know the act $act"
	done
	[[ " $ACTED " == *" $command "* ]] && wanted=act || wanted=none
	equal "$command --help" "$wanted" "$([ "$said" -gt 0 ] && echo act ||
		echo none)"
done
finish
