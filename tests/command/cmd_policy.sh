#!/bin/bash
# `check --policy`: the shipped configuration of the root zone meets every
# clause; what departs is named by its clause.  Every departure there is stands
# in tests/unit/ksr/rules/test_practice.c; here is what a person and a script see of them.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq

ROOT_CONFIG=docs/examples/root.yaml
CHANGED=$SCRATCH/changed.yaml
RECORD=(--ceremony "$SCRATCH/ceremony")

policy() {
	accepts "${RECORD[@]}" --config "$1" check --policy "${@:2}"
}

# --- Met: on screen, as JSON, and on record.

policy "$ROOT_CONFIG"
says "The configuration and the root's KSK practice statement"
says "meets every clause"
equal "verdicts on screen" "11 pass
1 not run" "$(sed -nE 's/^  ([a-zA-Z]+( run)?) +DPS-.*/\1/p' \
	"$SCRATCH/out" | sort -r | uniq -c | sed 's/^ *//')"
transcript docs/checks.md \
	"anchorite --config docs/examples/root.yaml check --policy"

policy "$ROOT_CONFIG" --json
equal "keys of the answer" "accepted,clauses,command" \
	"$(jq -r 'keys | join(",")' "$SCRATCH/out")"
equal "command and verdict" "check true" \
	"$(jq -r '"\(.command) \(.accepted)"' "$SCRATCH/out")"
equal "clauses" "DPS-5.1.2 DPS-5.1.3 DPS-5.1.4 DPS-5.1.4 DPS-5.2 DPS-5.6 DPS-5.7 \
DPS-6.1 DPS-6.6 DPS-6.6 DPS-6.8 DPS-6.9" \
	"$(jq -r '[.clauses[].id] | join(" ")' "$SCRATCH/out")"
equal "what a clause holds" \
	"clause,findings,id,more_findings,note,reason,title,verdict" \
	"$(jq -r '[.clauses[] | keys[]] | unique | join(",")' "$SCRATCH/out")"
equal "what did not run" "DPS-5.6" \
	"$(jq -r '.clauses[] | select(.verdict != "pass").id' "$SCRATCH/out")"
equal "on record" "config true 12" \
	"$(jq -r 'select(.event == "checks") |
		"\(.stages | join(",")) \(.accepted) \(.rows | length)"' \
		"$SCRATCH/ceremony/log.jsonl" | tail -n 1)"

# --- Departed from: one change, one clause, status 1.

# departs CLAUSE SEEN EDIT: the shipped file after this edit.
departs() {
	sed "$3" "$ROOT_CONFIG" >"$CHANGED"
	! cmp -s "$ROOT_CONFIG" "$CHANGED" || fail "$3 changes nothing"
	refuses 1 "the configuration departs from: $1" "${RECORD[@]}" \
		--config "$CHANGED" check --policy
	grep -Eq "departs from: $1\$" "$SCRATCH/err" ||
		fail "$3: more than $1"
	says "seen:     $2"
	! grep -q "meets every clause" "$SCRATCH/out" || fail "$3: it meets all"
	refuses 1 "$1" "${RECORD[@]}" --json --config "$CHANGED" check --policy
	equal "$3" "false $1: $2" "$(jq -r '.accepted as $accepted |
		.clauses[] | select(.verdict == "REFUSE") | .id as $id |
		.findings[] | "\($accepted) \($id): \(.seen)"' "$SCRATCH/out")"
}

departs DPS-5.1.2 "request_policy.validate_signatures is false" \
	'0,/validate_signatures: true/s//validate_signatures: false/'
departs DPS-5.1.3 "request_policy.rsa_approved_key_sizes has 1024" \
	's/key_sizes: \[/&1024, /'
departs DPS-5.1.4 \
	'request_policy.acceptable_domains has "example"' \
	's/acceptable_domains: \[/&"example", /'
departs DPS-5.1.4 "ksk_policy.max_signature_validity is P21DT1S (1814401 s)" \
	's/max_signature_validity: P21D/&T1S/'
departs DPS-5.7 "rehearsal is true" '1i rehearsal: true'
departs DPS-6.1 "keys.ksk_next has no ds_sha256" '/ds_sha256: 683D/d'
departs DPS-6.6 "request_policy.check_chain_overlap is false" \
	's/check_chain_overlap: true/check_chain_overlap: false/'
departs DPS-6.8 "response_policy.validate_signatures is false" \
	'/^response_policy:/,/^ksk/s/signatures: true/signatures: false/'
departs DPS-6.9 "the TTL is 3600" 's/^  ttl: 172800/  ttl: 3600/'

# Several at once: each is named, once.
sed 's/^  ttl: 172800/  ttl: 3600/
	s/check_chain_keys: true/check_chain_keys: false/
	s/check_cycle_length: true/check_cycle_length: false/
	s/rsa_exponent: 65537/rsa_exponent: 3/' "$ROOT_CONFIG" >"$CHANGED"
refuses 1 "departs from: DPS-6.1, DPS-6.6, DPS-6.9" "${RECORD[@]}" \
	--config "$CHANGED" check --policy

# --- Not understood.

refuses 2 "check: $ROOT_CONFIG is one argument too many; usage: anchorite check KSR" "${RECORD[@]}" \
	--config "$ROOT_CONFIG" check --policy "$ROOT_CONFIG"
refuses 2 "check: KSR is missing; usage: anchorite check KSR" "${RECORD[@]}" \
	--config "$ROOT_CONFIG" check
echo "nonsense: true" >"$CHANGED"
refuses 2 "$CHANGED:1:1: " "${RECORD[@]}" --config "$CHANGED" check --policy
! grep -q DPS- "$SCRATCH/out" || fail "it judges what it cannot read"
finish
