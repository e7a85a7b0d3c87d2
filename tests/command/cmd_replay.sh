#!/bin/bash
# A rehearsal's record replayed elsewhere, without token, network or
# configuration; the verdict in words and in JSON; what it says of tampering.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq strace

# Here the record is the subject: commands name it, and its head stays.
RECORDING=
set_head_apart() {
	:
}

ANCHORITE=$(realpath "$ANCHORITE")
cd "$SCRATCH"
workspace
rm "$WS/register.jsonl"
CEREMONY=$SCRATCH/ceremony-of-all

# recorded STATUS ARGS...: a run into the record; its status must be STATUS.
recorded() {
	local wanted=$1
	shift
	run --config "$CONFIG" --ceremony "$CEREMONY" "$@"
	[ "$status" -eq "$wanted" ] || fail "status $status, wanted $wanted: $*"
}

# --- Every command leaves a record that replays.

recorded 0 --at "$AT" check "$WS/ksr.xml" --schema normal
recorded 1 --at 2026-06-01T00:00:00Z check "$WS/ksr.xml"
recorded 0 --at "$AT" sign "$WS/ksr.xml" one.xml --first --batch
recorded 0 --at "$AT" verify "$WS/ksr.xml" one.xml
recorded 0 --at "$NEXT_AT" sign "$WS/next.xml" two.xml \
	--previous-skr one.xml --batch
recorded 0 --at "$NEXT_AT" verify "$WS/next.xml" two.xml \
	--previous-skr one.xml --schema normal
recorded 1 --at "$AT" sign "$WS/next.xml" three.xml --previous-skr two.xml \
	--batch
recorded 1 --at "$AT" sign "$WS/ksr.xml" four.xml --first --batch
recorded 0 --at "$AT" sign "$WS/ksr.xml" four.xml --first --batch \
	--alternative fallback --override KSR-POLICY-SIG-HORIZON --reason "not needed, and on record"
recorded 2 --at "$AT" sign "$WS/ksr.xml" one.xml --first --batch
recorded 2 --at "$AT" sign one.xml five.xml --first --batch
recorded 2 --at "$AT" sign "$WS/ksr.xml" five.xml --first
recorded 0 --at "$AT" keygen --label spare --algorithm RSASHA256 \
	--csr spare.csr
recorded 0 --at "$AT" keygen --label spare-ec --algorithm ECDSAP256SHA256 \
	--csr spare-ec.csr
recorded 0 --at "$AT" inventory
recorded 0 --at "$AT" request late.xml --quarter 2028-q1
run --ceremony "$CEREMONY" show one.xml
run --ceremony "$CEREMONY" hash one.xml two.xml
recorded 0 register list
recorded 0 --at "$AT" register activate one.xml
recorded 0 --at "$AT" register activate one.xml
{ cat one.xml && echo "<!-- another -->"; } >other.xml
recorded 1 --at "$AT" register activate other.xml
recorded 0 --at "$AT" check "$WS/ksr.xml" --alternative other
run --config "$CONFIG" --ceremony "$CEREMONY" check --policy

HEAD=$(tail -n 1 "$CEREMONY/log.jsonl" | sha256sum | cut -c1-64)
RUNS=$(jq -c 'select(.event == "run")' "$CEREMONY/log.jsonl" | wc -l)

# --- Elsewhere: no workspace, no token, no configuration.

mkdir elsewhere
mv "$CEREMONY" elsewhere/record
mv "$WS" hidden
export SOFTHSM2_CONF=/nonexistent ANCHORITE_CONFIG=/nonexistent
cd elsewhere
before=$(find . -type f -exec sha256sum {} + | sort)
accepts replay record --head "$HEAD"
says "replayed: $RUNS runs, every conclusion and every byte the same"
says "This is the witnessed head"
says "  sign       "
says "refused: "
accepts replay record
says "lines are missing at the end"
equal "replay changed the record" "$before" \
	"$(find . -type f -exec sha256sum {} + | sort)"
sha=$(sha256sum ../one.xml | cut -c1-64)
cmp "record/outputs/$sha" ../one.xml || fail "the SKR is not the recorded one"
# What program, configuration and modules had to be: every one on record, for
# one that is another is a difference, and so is one that is not there.
identity() {
	jq -r "select(.event == \"$1\") | $2 // empty" record/log.jsonl | sort -u
}
mapfile -t modules < <(identity hsm .sha256)
given=(--program-sha256 "$(identity run .binary)"
	--config-sha256 "$(identity run .configuration.sha256)")
for module in "${modules[@]}"; do
	given+=(--module-sha256 "$module")
done
accepts replay record "${given[@]}"
for ((i = 0; i < 2 * (2 + ${#modules[@]}); i += 2)); do
	wrong=("${given[@]}")
	wrong[i + 1]=$HEAD
	refuses 1 "not the one given with ${given[i]}" replay record "${wrong[@]}"
done
refuses 2 "--program-sha256 ${HEAD:1}: expected the 64 hex digits of a SHA-256" \
	replay record --program-sha256 "${HEAD:1}"
mkdir none
run --ceremony none hash ../one.xml
[ "$status" -eq 0 ] || fail "no record of a hash"
for option in --config-sha256 --module-sha256; do
	refuses 1 "$option cannot be compared" replay none "$option" "$HEAD"
done
rm -r none

accepts --json replay record --head "$HEAD"
equal "json" "true true $RUNS 0" "$(jq -r '"\(.identical) \(.witnessed) " +
	"\(.runs | length) \(.differences | length)"' "$SCRATCH/out")"
words=$("$ANCHORITE" log verify record | sed -n '/^|           /s/^|//p' |
	tr -s ' \n' ' ')
accepts replay record --words "$words"
accepts replay record --words "$(tr '[:lower:]' '[:upper:]' <<<"$words")"
refuses 1 "the witnessed head is 0000" replay record \
	--head "$(printf '%064d' 0)"
says "This is NOT the witnessed head"
refuses 2 "expected the 64 hex digits" replay record --head 12
refuses 2 "--head and --words say the same" replay record --head "$HEAD" \
	--words "$words"
refuses 2 "No such file" replay nowhere

# --- Forged with the chain written anew, replayed by the very program.

# A record drives commands: before the first of them the process gives up all but
# reading below its folder, where the kernel offers that.
strace -f -e trace=landlock_create_ruleset,landlock_restrict_self,openat \
	-o "$SCRATCH/calls" "$ANCHORITE" replay record >/dev/null
if ! readelf -d "$ANCHORITE" | grep -F libasan >/dev/null &&
	grep -q '^[0-9]* landlock_create_ruleset(.*= [0-9]' "$SCRATCH/calls"; then
	equal "what is opened before and after" "log.jsonl inputs" "$(awk '
		/landlock_restrict_self.* = 0$/ { confined = 1 }
		/"record\/log.jsonl"/ { print confined ? "log.jsonl" : "early" }
		/"record\/inputs\/[0-9a-f]/ && confined && !n++ { print "inputs" }
		' "$SCRATCH/calls" | xargs)"
fi
grep -qF landlock_create_ruleset "$SCRATCH/calls" ||
	fail "replay does not ask to be confined"

# forged FILTER TEXT...: jq on all lines; replay must say each TEXT.
forged() {
	local text
	forge_record record forged "$1"
	run replay forged
	[ "$status" -eq 1 ] || fail "status $status after $1"
	for text in "${@:2}"; do
		says "$text"
	done
	run log verify forged
	[ "$status" -eq 0 ] || fail "the chain is broken after $1"
	refuses 1 "lines were changed or removed" log verify forged \
		--head "$HEAD"
}
row='if .event == "checks" and .accepted and .stages == ["request"] then'
forged "$row .rows[3].title = \"?\" else . end" 'title: recorded "?"'
forged "$row del(.rows[3]) else . end" "is not recorded; it says: pass"
forged "$row .rows[3].verdict = \"waived\" else . end" \
	'recorded "waived", replayed "pass"'
forged 'select(.event != "answer")' '"signing" is recorded where "answer" is due'
forged 'if .event == "run" then .binary = "'"$HEAD"'" else . end' \
	"another program's than its run's"
forged '.version = "0.1.0"' 'of this program, but claims version "0.1.0"'
forged '.version = "0.0.1"' 'no rules are known of version "0.0.1"'
forged 'if .role == "certificate request" then .role = "request" else . end' \
	'"output request", although the run had to stop'
forged 'if .alternative == "fallback" then .alternative = null else . end' \
	'alternative: recorded null, replayed "fallback"'
forged 'if .event == "activating" then .sha256 = "'"$HEAD"'" else . end' \
	"sha256: recorded \"$HEAD\""
forged 'if .event == "unused overrides" then .ids = [] else . end' \
	'ids: 0 recorded, 1 replayed'
forged 'if .event == "key" then .key.key_tag = 1 else . end' "key_tag: recorded 1,"
# What a record of the first form may lack, one of today's may not.
forged 'select(.event != "register line" and .stages != ["built"]) |
	if .event == "asked" then del(.alternative) else . end |
	if .event == "generating" then del(.purpose) else . end' \
	'is recorded where "register line" is due' \
	'is recorded where "checks built" is due' \
	'alternative: recorded nothing' 'purpose: recorded nothing'
# A token that was never there, and a success all the same.
read -r token end < <(jq -s -r '(map(select(.command == "inventory"))[0].seq) as
	$run | (map(select(.seq > $run and .event == "token"))[0].seq),
	(map(select(.seq > $run and .event == "end"))[0].seq)' \
	record/log.jsonl | xargs)
forged "select(.seq < $token or .seq >= $end)" "claims success where it stopped"
# Laws of what no record of an older version has: of code, of register lines.
last_mapped=$(jq 'select(.event == "mapped") | .seq' record/log.jsonl | tail -n 1)
appended=$(jq 'select(.event == "register line") | .seq' record/log.jsonl | head -n 1)
forged 'if .seq == '"$last_mapped"' then .objects[0].sha256 = "'"$HEAD"'"
	elif .seq == '"$appended"' then .line += 1 else . end' \
	" changed: it had SHA-256 " \
	"of the register does not follow what was read" \
	"of the register does not follow the one before"

### names that the configuration gives, and no argument

init_workspace named --at 2026-11-15T12:00:00Z
cd "$SCRATCH/named"
accepts --at 2026-11-15T12:00:00Z --ceremony zone request ksr.xml
cat >>anchorite.yaml <<'END'
filenames:
  input_ksr: ksr.xml
  output_skr: skr.xml
END
accepts --at 2026-11-15T12:00:00Z --ceremony record sign --first --batch
accepts replay record
accepts --at 2026-11-15T12:00:00Z --ceremony zone request ksr2.xml \
	--quarter 2027-q2 --previous-skr skr.xml
sed -i -e 's/ksr\.xml$/ksr2.xml/' -e 's/skr\.xml$/skr2.xml/' anchorite.yaml
echo '  previous_skr: skr.xml' >>anchorite.yaml
accepts --at 2027-02-15T12:00:00Z --ceremony second sign --batch
accepts replay second
finish
