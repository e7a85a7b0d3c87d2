#!/bin/bash
# `plan`: the templates are proved, shown and drawn; what is planted in them is
# refused by the rule and in the place that it belongs to; every run is on record
# and is replayed.  Every rule's bounds are in tests/unit/ksr/plan/test_plan_check.c.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq xmllint

EXAMPLES=docs/examples
ROLLOVER=$EXAMPLES/plan-rollover.yaml
RECORD=$SCRATCH/record # -CONFIG: a ceremony has one configuration
PLANTED=$SCRATCH/planted.yaml

# plan CONFIG ARGS...: accepts `plan ARGS`, on record.
plan() {
	accepts --ceremony "$RECORD-$1" --config "$EXAMPLES/$1.yaml" \
		plan "${@:2}"
}

# --- The templates: proved, shown, drawn.

while read -r config template paths octets; do
	file=$EXAMPLES/$template.yaml
	plan "$config" check "$file"
	says "Paths $paths, slots judged"
	says "Largest DNSKEY response: $octets octets"
	says "accepted"
	equal "rules that pass" 7 "$(grep -c '^  pass  *PLAN-' "$SCRATCH/out")"
	plan "$config" show "$file"
	plan "$config" draw "$file" -o "$SCRATCH/$template.svg"
	xmllint --noout "$SCRATCH/$template.svg" ||
		fail "$template.svg is not well-formed"
	grep -q '<title>' "$SCRATCH/$template.svg" || fail "no title"
done <<-END
	root plan-rollover 3850 1425
	root-algorithm plan-algorithm 45 1470
	root-algorithm plan-algorithm-back-out 1 1470
	root-algorithm plan-algorithm-withdraw 1 1391
	root-algorithm plan-proposal 30942 1139
	root-algorithm plan-proposal-back-out 1 1139
	root-algorithm plan-classic 3156 1470
	root-algorithm plan-classic-back-out 1 1470
END

# --- What people and scripts see.

plan root check "$ROLLOVER"
transcript docs/plan.md \
	"anchorite --config docs/examples/root.yaml plan check"
plan root show "$ROLLOVER"
transcript docs/plan.md \
	"anchorite --config docs/examples/root.yaml plan show"
plan root check "$ROLLOVER" --json
equal "answer of check" "plan check true 7 3850 1425 e_to_f 2 true false" \
	"$(jq -r '"\(.command) \(.accepted) \(.rules | length) \(.paths) " +
	"\(.largest | "\(.octets) \(.response) \(.slot) \(.above_1232) " +
	"\(.above_1452)")"' "$SCRATCH/out")"
plan root show "$ROLLOVER" --json
equal "files of a quarter" "skr-root-2027-q4-0-e_to_f.xml - 2028-q1 9
skr-root-2027-q4-1-e_to_e.xml fallback 2027-q4 2
skr-root-2027-q4-2-e_to_d.xml fallback 2027-q3 2" \
	"$(jq -r '.quarters[3].responses[] | "\(.file) " +
	"\(if .fallback then "fallback" else "-" end) \(.next) \(.until)"' \
		"$SCRATCH/out")"
equal "slots of a response" "ksk_next ksk_current,ksk_next ksk_current 1425" \
	"$(jq -r '.quarters[3].responses[0].slots[4] | [(.publish, .sign,
	.revoke | join(",")), .octets] | join(" ")' "$SCRATCH/out")"
equal "what the drawing shows of the old key" "S 3, P 2, RS 1" \
	"S $(grep -c '<title>2027-q[123].*ksk_current S' \
		"$SCRATCH/plan-rollover.svg" | awk '{ print $1 - 2 }'), P $(grep \
		-c '<rect class="published".*ksk_current P' \
		"$SCRATCH/plan-rollover.svg"), RS $(grep -c 'ksk_current RS' \
		"$SCRATCH/plan-rollover.svg")"

# Where the zone's data is signed with what is not in the set, and which
# fallback answers a request of its own.
plan root-algorithm show "$EXAMPLES/plan-classic.yaml"
says "    2-8           864  38696(Kmyv6jo)/S; zone signed with ECDSAP256SHA256 too"
says "    2             280  ?(ecdsa-ksk)/S; zone signed with RSASHA256 too"
equal "fallbacks of their own request" 3 \
	"$(grep -c '^    answers a request of its own$' "$SCRATCH/out")"
plan root-algorithm show "$EXAMPLES/plan-classic.yaml" --json
equal "what signs the zone" "RSASHA256 false, ECDSAP256SHA256,RSASHA256 true" \
	"$(jq -r '[(.quarters[1].responses[0].slots[0], .quarters[2].responses[1].slots[8])
	| .zone_signatures | sort | join(",")] as $signed |
	"\($signed[0]) \(.quarters[1].responses[0].own_request), " +
	"\($signed[1]) \(.quarters[2].responses[1].own_request)"' "$SCRATCH/out")"

# The plan of the proposal is within its aim.
plan root-algorithm check "$EXAMPLES/plan-proposal.yaml" --json
equal "the largest" "1139 false" \
	"$(jq -r '.largest | "\(.octets) \(.above_1232)"' "$SCRATCH/out")"

# --- Planted: the rule, the slot, the quarter and the path are named.

# planted CONFIG TEMPLATE FROM TO RULE PLACE SEEN: TEMPLATE with the first FROM
# replaced by TO is refused by RULE at PLACE.
planted() {
	FROM=$3 TO=$4 perl -0pe 's/\Q$ENV{FROM}\E/$ENV{TO}/' \
		"$EXAMPLES/$2.yaml" >"$PLANTED"
	! cmp -s "$EXAMPLES/$2.yaml" "$PLANTED" || fail "$2 has no \"$3\""
	refuses 1 "$5" --ceremony "$RECORD-$1" \
		--config "$EXAMPLES/$1.yaml" plan check "$PLANTED"
	awk -v rule="$5" '$1 == "REFUSE" { on = $2 == rule }
		$1 == "pass" { on = 0 } on' "$SCRATCH/out" >"$SCRATCH/rule"
	grep -qF -- "$7" \
		<<<"$(grep -A3 -F "$6" "$SCRATCH/rule" | tr -s ' \n' ' ')" ||
		fail "$5 does not say \"$7\" at $6"
	CASES=$((CASES + 1))
}

# own NAME SLOTS: a schema of the plan's own, in place of the standard one.
own() {
	printf 'schemas:\n  %s: {%s}\n' "$1" "$2"
}
old='sign: ksk_current' both='publish: [ksk_current, ksk_next]'

planted root plan-rollover "schemas:
" "$(own pre-publish "1: {$old}, 2-3: {$both, $old}, \
4-9: {$both, sign: ksk_next}")
" PLAN-HOLD-DOWN "slot 4 (2027-q2 c_to_d)" "published since 2027-04-11"
planted root plan-rollover "schemas:
" "$(own revoke "1: {$both, sign: ksk_next}, \
2-8: {revoke: ksk_current, sign: ksk_next}, 9: {sign: ksk_next}")
" PLAN-REVOKE "slot 2 (2027-q4 e_to_f)" "revoked and does not sign"
planted root plan-rollover "schemas:
" "$(own pre-publish "1: {$old}, 2-4: {$both, $old}, 5: {$old}, \
6-9: {$both, $old}")
" PLAN-CHAIN "slot 6 (2027-q2 c_to_d)" "returns after it was missing"
planted root plan-rollover "d_to_d: {schema: publish+}" \
	"d_to_d: {schema: normal}" PLAN-CHAIN "slot 1 (2027-q3 d_to_d)" \
	"is missing; path: 2027-q3 d_to_d"
planted root plan-rollover "rollover+, until: 2" "rollover+, until: 3" \
	PLAN-REVOKE "slot 3 (2027-q4 e_to_e)" "from slot 3 e_to_e"
planted root plan-rollover "schemas:
" "$(own rollover "1: {$both, $old}, 2: {revoke: ksk_current, \
sign: [ksk_current, ksk_next]}, 3-9: {sign: ksk_next}")
" PLAN-RETIRE "slot 3 (2027-q3 d_to_e)" "RetireSafety is P28D"
planted root-algorithm plan-algorithm "both:
    1-9: {sign: [ksk_current, ksk_next]}" "both:
    1-9: {$both, $old}" PLAN-ALGORITHM "slot 1 (2028-q3 both)" \
	"a KSK and ZSKs of ECDSAP256SHA256 and no KSK of it signs"
planted root-algorithm plan-algorithm "both:
    1-9: {sign: [ksk_current, ksk_next]}" "both:
    1-9: {revoke: ksk_current, sign: [ksk_current, ksk_next]}" \
	PLAN-TRUST "slot 1 (2028-q3 both)" "ksk_current (38696) signs revoked"
planted root-algorithm plan-classic "{1-8: ECDSAP256SHA256}" \
	"{1-7: ECDSAP256SHA256}" PLAN-ALGORITHM "slot 9 (2028-q3 introduce)" \
	"keys of ECDSAP256SHA256 come"
planted root plan-rollover "delays: 3" "max_response_size: 1424" \
	PLAN-SIZE "slot 2 (2027-q4 e_to_f)" "1425 octets"

# A plan of short cycles: D ends before 30 days are over.
sed -e 's/num_bundles: 9/num_bundles: 3/' -e 's/\[2, 1.*2\]/[2, 1, 2]/' \
	-e 's/min_bundle_interval: P9D/min_bundle_interval: P10D/' \
	"$EXAMPLES/root.yaml" >"$SCRATCH/short.yaml"
cat >"$PLANTED" <<-END
	old: ksk_current
	new: ksk_next
	quarters:
	  2027-01-01: {schema: pre-publish}
	  2027-01-31: {schema: rollover}
END
refuses 1 "PLAN-HOLD-DOWN" --config "$SCRATCH/short.yaml" plan check "$PLANTED"
says "slot 2 (2027-01-31 d_to_e)"
says "signs from 2027-02-10T00:00:00, published since 2027-01-11T00:00:00"

# --- Usage, files, hostile YAML: status 2, one line with the place.

export ANCHORITE_CONFIG=$EXAMPLES/root.yaml
refuses 2 "plan: prove: no such subcommand" plan prove "$ROLLOVER"
refuses 2 "PLAN is missing; usage: anchorite plan" plan check
refuses 2 "usage: anchorite plan" plan check "$ROLLOVER" "$ROLLOVER"
refuses 2 "plan: draw needs --output" plan draw "$ROLLOVER"
refuses 2 "-o has no meaning for plan check" plan check "$ROLLOVER" -o x
refuses 2 "$SCRATCH/none.yaml" plan check "$SCRATCH/none.yaml"
refuses 2 "not a regular file" plan check "$SCRATCH"
refuses 2 "never overwritten" plan draw "$ROLLOVER" -o "$SCRATCH/plan-rollover.svg"
refuses 2 "No such file" plan draw "$ROLLOVER" -o "$SCRATCH/none/x.svg"
absent "$SCRATCH/none"

while IFS='|' read -r text message; do
	printf '%b' "$text" >"$PLANTED"
	refuses 2 "$PLANTED:$message" plan check "$PLANTED"
done <<-'END'
	|1:1: there is nothing in it
	quarters: {}\n|1:11: quarters: has 0 entries
	old: &a ksk_current\n|1:6: 
	old: !!str ksk_current\n|1:6: 
	quarters:\n\t2027-q1: {}\n|2:1: 
	quarters: {2027-q1: {schema: normal}}\nquarters: {}\n|2:1: 
	a: 1\n---\nb: 2\n|2:1: 
	quarters: {2027-q9: {schema: normal}}\n|1:12: 
	old: ksk_current\nquarters: {2027-q1: {schema: normal, name: "../../x"}}\n|2:38: 
	old: ksk_current\nquarters: {2027-q1: {schema: "\e]0;x\a"}}\n|2:
	old: ksk_current\ndelays: 1e9\nquarters: {2027-q1: {schema: normal}}\n|2:9: 
	old: ksk_current\nquarters: {2027-q1: {schema: normal, fallbacks: {x: {schema: normal, resume: 2027-q1, until: 99999999999999999999}}}}\n|2:94: 
	\xff\xfe\n|1:1: 
END
head -c 2000000 /dev/zero | tr '\0' '#' >"$PLANTED"
refuses 2 "$PLANTED" plan check "$PLANTED"

# --- On record: every run above is replayed to the same findings and drawing.

printf 'quarters: {}\n' >"$PLANTED"
refuses 2 "has 0 entries" --ceremony "$RECORD-root" plan show "$PLANTED"
for config in root root-algorithm; do
	accepts replay "$RECORD-$config"
	grep -q "every conclusion and every byte the same" "$SCRATCH/head" ||
		fail "$config: the replay differs"
done
accepts log show "$RECORD-root"
says "read plan: $ROLLOVER"
says "stored plan drawing: $SCRATCH/plan-rollover.svg"

# forged CODE DIFFERENCE: a record in which CODE, perl for each line, changed
# something, chained anew; replay finds the difference.
forged() {
	local line prev
	perl -pi -e "$1" "$SCRATCH/forged/log.jsonl"
	! cmp -s "$RECORD-root/log.jsonl" "$SCRATCH/forged/log.jsonl" ||
		fail "nothing to forge"
	prev=$(printf '%064d' 0)
	while IFS= read -r line; do
		line=$(sed -E "s/\"prev\": ?\"[0-9a-f]{64}\"/\"prev\":\"$prev\"/" \
			<<<"$line")
		printf '%s\n' "$line"
		prev=$(printf '%s\n' "$line" | sha256sum | cut -c1-64)
	done <"$SCRATCH/forged/log.jsonl" >"$SCRATCH/chained"
	mv "$SCRATCH/chained" "$SCRATCH/forged/log.jsonl"
	run replay "$SCRATCH/forged"
	[ "$status" -eq 1 ] || fail "status $status, wanted 1: $1"
	says "$2"
}
fresh() {
	rm -rf "$SCRATCH/forged"
	cp -r "$RECORD-root" "$SCRATCH/forged"
}

fresh
forged 's/PublishSafety, PT0S/PublishSafety, PT1S/' "PLAN-HOLD-DOWN"
fresh
# shellcheck disable=SC2016
forged 's/"arguments":(.*)"show"/"arguments":$1"check"/' \
	'the run claims success, but "checks plan" is still due'

# Another drawing, under its own hash and with its own size everywhere.
fresh
was=$(sha256sum <"$SCRATCH/plan-rollover.svg" | cut -c1-64)
sed 's/>RS</>SR</' "$SCRATCH/plan-rollover.svg" >"$SCRATCH/other.svg"
now=$(sha256sum <"$SCRATCH/other.svg" | cut -c1-64)
rm "$SCRATCH/forged/outputs/$was"
cp "$SCRATCH/other.svg" "$SCRATCH/forged/outputs/$now"
forged "s/$was/$now/" "plan drawing: what is stored is not what is derived"

finish
