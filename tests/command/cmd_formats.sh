#!/bin/bash
# Requests and responses of BIND and Knot: read, judged, signed, verified,
# released, simulated, converted, recorded and replayed as the root's are.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
# shellcheck source=tests/support/signers.sh
. tests/support/signers.sh
needs jq softhsm2-util

SIGNERS=tests/data/signers
WHEN=2026-12-20T00:00:00Z

# with NAME SED...: the policy changed so.
with() {
	local made=$WS/$1
	shift
	sed "$@" "$WS/policy.yaml" >"$made"
	chmod 600 "$made"
	cmp -s "$made" "$WS/policy.yaml" && fail "nothing changed: $*"
	return 0
}

# act ARGS...: in the record of the zone.
act() {
	accepts --at "$WHEN" --ceremony "$WS/ceremony" "$@"
}

# row VERDICT ID [TEXT]: a row of the last command's report.
row() {
	jq -e --arg v "$1" --arg id "$2" --arg t "${3-}" 'any(.checks[];
		.id == $id and .verdict == $v and
		(tostring | contains($t)))' "$SCRATCH/out" >/dev/null ||
		fail "no row $2 with verdict $1: ${3-}"
	CASES=$((CASES + 1))
}

# of_other SIGNER: what the other is called.
of_other() {
	[ "$1" = bind ] && echo knot || echo bind
}

for signer in bind knot; do
	for path in "$SIGNERS/$signer"/*-example; do :; done
	KSR=$path/ksr.txt
	child_zone "$signer" "$signer"

	### What it does not prove, and that letting it pass is a waiver

	with strict.yaml 's/\(proof_of_possession:\) none/\1 required/'
	refuses 1 "KSR-BUNDLE-POP" --config "$WS/strict.yaml" --at "$WHEN" \
		check "$KSR"
	refuses 2 "KSR-BUNDLE-POP may not be overridden" \
		--config "$WS/strict.yaml" --at "$WHEN" sign "$KSR" \
		"$OUTPUT/skr" --first --batch --override KSR-BUNDLE-POP \
		--reason "we know them"
	nothing_written
	accepts --json --at "$WHEN" check "$KSR" --schema normal
	row waived KSR-BUNDLE-POP "proves possession of none"
	row "not run" KSR-BUNDLE-POP "no signatures of ZSKs"
	row "not run" KSR-POLICY-SIG-VALIDITY "no policy section"
	row "not run" KSR-BUNDLE-COUNT "not slots at set times"

	### Another zone's

	with other.yaml 's/example\./example.net./'
	refuses 1 "KSR-DOMAIN" --config "$WS/other.yaml" --at "$WHEN" \
		check "$KSR"

	### Signed in its own format, verified, and what was altered refused

	act sign "$KSR" "$WS/skr.txt" --first --batch
	equal "what it begins with" ";; SignedKeyResponse 1.0 " \
		"$(head -c 25 "$WS/skr.txt")"
	equal "what it is closed by" anchorite \
		"$(tail -n 1 "$WS/skr.txt" | sed 's/.* by //')"
	accepts --json verify "$KSR" "$WS/skr.txt" --schema normal
	row pass SKR-VERIFY
	row pass SKR-MATCH "records and their times"
	row "not run" SKR-MATCH "neither ids nor serial"
	accepts --config "$WS/policy.yaml" show "$WS/skr.txt"
	says "domain example."
	# What is for the parent, and when a record is used, in JSON too.
	accepts --json show "$WS/skr.txt"
	equal "CDS" "$(awk '$3 == "IN" && $4 == "CDS" && !n++ {
		print $5, $6, $7, $8 $9 }' "$WS/skr.txt")" \
		"$(jq -r '.bundles[0].cds.records[0] // empty | "\(.key_tag) \(
			.algorithm) \(.digest_type) \(.digest | ascii_upcase)"' "$SCRATCH/out")"
	equal "CDNSKEYs" "$([ $signer = bind ] && echo 1 || echo 0)" \
		"$(jq '.bundles[0] | [.cdnskey.records[]?.public_key] as $told |
			[.keys[] | select(.flags == 257) | .public_key] |
			map(select(. == $told[])) | length' "$SCRATCH/out")"
	equal "used from" 2027-01-01T00:00:00+00:00 \
		"$(jq -r '.bundles[0].used_from' "$SCRATCH/out")"
	# The headers are those of their own response, but for what the policy
	# says; records of the last differ.
	sed -n 's/^;; SignedKeyResponse 1.0 \([0-9]*\) .*/\1/p' "$WS/skr.txt" \
		>"$SCRATCH/ours"
	sed -n 's/^;; SignedKeyResponse 1.0 \([0-9]*\) .*/\1/p' "$path/skr.txt" \
		>"$SCRATCH/theirs"
	equal "records that only one has" \
		"$([ $signer = bind ] && echo 2 || echo 0)" \
		"$(diff "$SCRATCH/ours" "$SCRATCH/theirs" | grep -c '^[<>]')"
	head -n -1 "$WS/skr.txt" >"$SCRATCH/cut"
	refuses 2 "the file is cut off: no line" verify "$KSR" "$SCRATCH/cut"
	# An octet of the first signature.
	awk '/RRSIG/ { inside = 1 }
		inside && !done && match($0, /[A-Za-z0-9+\/=]+$/) && RLENGTH > 20 {
			with = substr($0, RSTART, 1) == "A" ? "B" : "A"
			$0 = substr($0, 1, RSTART - 1) with substr($0, RSTART + 1)
			done = 1 }
		{ print }' "$WS/skr.txt" >"$SCRATCH/forged"
	cmp -s "$SCRATCH/forged" "$WS/skr.txt" && fail "nothing was forged"
	refuses 1 "SKR-VERIFY" verify "$KSR" "$SCRATCH/forged"
	sed 's/ 3600 20270122000000/ 3600 20270122000001/;
		s/ 20270122000000 (/ 20270122000001 (/' "$WS/skr.txt" >"$SCRATCH/forged"
	cmp -s "$SCRATCH/forged" "$WS/skr.txt" && fail "nothing was forged"
	refuses 1 "SKR-VERIFY, SKR-MATCH" verify "$KSR" "$SCRATCH/forged"
	# Theirs, whose KSK nobody here knows.
	run verify "$KSR" "$path/skr.txt"
	equal "verdict on another's response" 1 "$status"

	### The very same file a second time, and another for its slots

	refuses 1 "KSR-ID, KSR-BUNDLE-UNIQUE" --at "$WHEN" sign "$KSR" \
		"$OUTPUT/again" --first --batch
	act register activate "$WS/skr.txt"
	# From a moment on at which the zone has the second record's keys.
	second=$(grep -n '^;;' "$KSR" | sed -n '2s/:.*//p')
	tail -n "+$second" "$KSR" | sed '1s/1\.0 [0-9]* ([^)]*)/1.0 20270131003000 (Sun Jan 31 00:30:00 2027)/' \
		>"$WS/later.txt"
	with declared.yaml 's/\(routine_replacement:\) true/\1 false/'
	refuses 1 "KSR-ONCE" --config "$WS/declared.yaml" --at "$WHEN" sign \
		"$WS/later.txt" "$OUTPUT/later" --previous-skr "$WS/skr.txt" \
		--batch
	nothing_written
	act sign "$WS/later.txt" "$WS/later-skr.txt" \
		--previous-skr "$WS/skr.txt" --batch
	says "Declared: a replacement of response"
	# From the very moment on at which the keys change: the zone has them
	# by the previous response's record, whatever stood before.
	tail -n "+$second" "$KSR" >"$WS/exact.txt"
	mkdir "$WS/exact"
	sed '/"event":"activated"/q' "$WS/register.jsonl" \
		>"$WS/exact/register.jsonl"
	cp "$WS/policy.yaml" "$WS/exact/"
	exact=(--config "$WS/exact/policy.yaml" --at "$WHEN"
		--ceremony "$WS/exact/ceremony")
	accepts "${exact[@]}" sign "$WS/exact.txt" "$WS/exact-skr.txt" \
		--previous-skr "$WS/skr.txt" --batch
	says "Declared: a replacement of response"
	accepts replay "$WS/exact/ceremony"
	# With keys that it has neither before nor from then on.
	last=$(grep -n '^;;' "$KSR" | tail -n 2 | sed -n '1s/:.*//p')
	{
		sed -n "${second}p" "$KSR"
		tail -n "+$((last + 1))" "$KSR"
	} >"$WS/other-keys.txt"
	refuses 1 KSR-CHAIN-KEYS "${exact[@]}" sign "$WS/other-keys.txt" \
		"$OUTPUT/other" --previous-skr "$WS/skr.txt" --batch

	### What the zone publishes, and what its followers see

	accepts release "$WS/skr.txt" --at 2027-01-01T00:00:00Z
	refuses 1 "the first slot begins at 2027-01-01T00:00:00" \
		release "$WS/skr.txt" --at 2026-12-31T23:59:59Z
	accepts --json release "$WS/skr.txt" --at 2027-01-15T00:00:00Z
	equal "slot" 2 "$(jq .slot "$SCRATCH/out")"
	accepts --json release "$WS/skr.txt" --at 2027-01-14T23:59:59Z
	equal "slot" 1 "$(jq .slot "$SCRATCH/out")"
	accepts simulate "$WS/skr.txt"

	### Told and replayed

	accepts report "$WS/ceremony" -o "$WS/page.html"
	sed '/<h2/q' "$WS/page.html" >/dev/null
	has_text "$WS/page.html" "proves possession of none of its ZSKs" ||
		fail "the report does not say that nothing is proved"
	act check "$KSR" --alternative other
	act verify "$KSR" "$WS/skr.txt"
	act show "$WS/skr.txt"
	act convert "$WS/skr.txt" "$WS/other.txt" --into "$(of_other $signer)"
	accepts log verify "$WS/ceremony"
	run replay "$WS/ceremony"
	equal "status of the replay" 0 "$status"
	equal "runs replayed" 7 \
		"$(grep -c 'replayed  succeeded' "$SCRATCH/out")"

	### Converted there and back

	accepts convert "$WS/other.txt" "$WS/back.txt" --into "$signer"
	[ "$signer" = knot ] && equal "differences" "" \
		"$(diff "$WS/skr.txt" "$WS/back.txt")"
	accepts convert "$WS/skr.txt" "$WS/skr.xml" --into xml
	says "when a record is used"
	accepts --json show "$WS/skr.xml"
	refuses 2 "proves nothing" convert "$KSR" "$OUTPUT/ksr.xml" --into xml
	refuses 2 "there is no format \"bnd\"" convert "$KSR" "$OUTPUT/x" \
		--into bnd
	nothing_written

	### Taken up by a register that lost it, by what the files are

	archive=$WS/archive
	mkdir "$archive"
	cp "$WS/skr.txt" "$archive/1"
	echo "what is here" >"$archive/notes"
	grep DNSKEY "$SIGNERS/bind/9.20.30-small/ksr.txt" >"$archive/zone.key"
	mv "$WS/register.jsonl" "$WS/register.kept"
	adopting=(--at "$WHEN" --ceremony "$WS/taken-up" register adopt "$archive")
	run "${adopting[@]}"
	equal "status without its request" 1 "$status"
	has_text "$SCRATCH/err" "no request with its times and ZSKs" ||
		fail "a response without its request is taken up"
	# One of the same day, with other ZSKs.
	cp "$SIGNERS/$signer"/*-small/ksr.txt "$archive/other"
	run "${adopting[@]}"
	equal "status with another's request" 1 "$status"
	has_text "$SCRATCH/err" "no request with its times and ZSKs" ||
		fail "another's request is taken for its own"
	rm "$archive/other"
	cp "$KSR" "$archive/2"
	run "${adopting[@]}"
	equal "status with its request" 0 "$status"
	says "1 lines taken up"
	for note in "$archive/notes: begins neither as a request (KSR) nor as" \
		"$archive/zone.key:1:1: holds DNS records and no header"; do
		has_text "$SCRATCH/err" "note: passed over: $note" ||
			fail "does not say $note"
	done
	accepts --json register list
	equal "request taken up" "$signer-$(sha256sum "$KSR" | cut -c1-32)" \
		"$(jq -r '.entries[] | select(.state == "published") |
			.request_id' "$SCRATCH/out")"
	accepts replay "$WS/taken-up"
	# What is called a document must be one.
	echo "what is here" >"$archive/notes.xml"
	run "${adopting[@]}"
	equal "status with a broken document" 2 "$status"
	mv "$WS/register.kept" "$WS/register.jsonl"

	### Held to a format

	accepts --at "$WHEN" check "$KSR" --format "$signer" --alternative b
	refuses 2 "$KSR:1:1: " --at "$WHEN" check "$KSR" --format xml
	refuses 2 "$KSR:1:1: " --at "$WHEN" check "$KSR" \
		--format "$(of_other $signer)"
	refuses 2 "there is no format \"dns\"" --at "$WHEN" check "$KSR" \
		--format dns
done

### Requests of our own in another's format, one after another, and replayed

for signer in bind knot; do
	child_zone "made-$signer" "$signer"
	quarter() {
		act request "$WS/ksr-$1.txt" --into "$signer" "${@:2}"
		for lost in "ids, and the identifiers of keys" "the serial" \
			"the policy sections" "the bundles' expirations" \
			"the ZSKs' proofs of possession"; do
			says "not in it: $lost"
		done
		act sign "$WS/ksr-$1.txt" "$WS/skr-$1.txt" --batch \
			"${previous[@]}"
		previous=(--previous-skr "$WS/skr-$1.txt")
	}
	WHEN=2026-12-20T00:00:00Z
	previous=(--first)
	quarter 1 --quarter 2027-q1
	# What `convert` makes of the same in XML, to the octet.
	act --json request "$WS/ksr.xml" --quarter 2027-q1
	equal "lost in XML" "[]" "$(jq -c .lost "$SCRATCH/out")"
	accepts convert "$WS/ksr.xml" "$WS/converted.txt" --into "$signer"
	cmp "$WS/ksr-1.txt" "$WS/converted.txt" || fail "another than convert's"
	# Its first slot has the ZSKs of the previous response's record.
	WHEN=2027-03-01T00:00:00Z
	quarter 2 --previous-skr "$WS/skr-1.txt" --from "$signer"
	tags=$(accepts show "$WS/ksr-1.txt" && awk '$1 == 9 { print $4 }' \
		"$SCRATCH/out" | tr , '\n' | sort)
	accepts show "$WS/ksr-2.txt"
	equal "first slot" "1 2027-04-01T00:00:00" \
		"$(awk '$1 == 1 { print $1, $2 }' "$SCRATCH/out")"
	equal "ZSKs of the first slot" "$tags" "$(awk '$1 == 1 { print $4 }' \
		"$SCRATCH/out" | tr , '\n' | sort)"
	accepts --json verify "$WS/ksr-2.txt" "$WS/skr-2.txt" \
		--previous-skr "$WS/skr-1.txt"
	accepts replay "$WS/ceremony"
	equal "runs replayed" 5 \
		"$(grep -c 'replayed  succeeded' "$SCRATCH/out")"
	# From files, which a signer of BIND's tools reads.
	act request "$WS/files.txt" --into "$signer" --zsk-dir "$WS/zsks" \
		--quarter 2027-q1
	equal "ZSKs in files" 3 "$(find "$WS/zsks" -name 'K*.key' | wc -l)"
	refuses 2 "$WS/skr-1.txt:1:1: " --at "$WHEN" request "$OUTPUT/x" \
		--previous-skr "$WS/skr-1.txt" --from "$(of_other $signer)"
	refuses 2 "there is no format \"zone\"" --at "$WHEN" request \
		"$OUTPUT/x" --into zone
	nothing_written
done
WHEN=2026-12-20T00:00:00Z

### What was on record when text was new

for record in bind knot; do
	head=$(awk -v name="$record" '$1 == name && NF == 2 { print $2 }' \
		tests/data/records/README.md)
	run replay "tests/data/records/$record" --head "$head"
	equal "status of the replay of $record" 0 "$status"
	equal "runs of $record replayed" 7 \
		"$(grep -c 'replayed  succeeded' "$SCRATCH/out")"
	# Not what it was: one fact, one octet of the response.
	cp -r "tests/data/records/$record" "$SCRATCH/changed-$record"
	sed -i 's/"covers":"CDS"/"covers":"CDNSKEY"/; s/"key_tag":\([0-9]\)/"key_tag":1\1/' \
		"$SCRATCH/changed-$record/log.jsonl"
	rechain "$SCRATCH/changed-$record"
	run replay "$SCRATCH/changed-$record"
	equal "status of the replay of a changed $record" 1 "$status"
done

### What is lost from the root's XML is said

accepts convert "$(corpus root/ksr-root-2017-q2-0.xml)" "$SCRATCH/ksr.bind" \
	--into bind
for lost in "ids, and the identifiers of keys" "the serial" \
	"the policy sections" "the bundles' expirations" \
	"the ZSKs' proofs of possession"; do
	says "not in it: $lost"
done
accepts show "$SCRATCH/ksr.bind"

### Signed by a plan: called by its format, and only where the plan's slots are

init_workspace by-plan --at 2026-11-01T12:00:00Z
WS=$SCRATCH/by-plan
PLAN=$SCRATCH/plan.yaml
WHEN=2026-11-15T12:00:00Z
cat >>"$WS/anchorite.yaml" <<'END'
records: {validity: P21D, refresh: P10D, inception_before: PT0S}
END
sed -i 's/^request_policy:/&\n  proof_of_possession: none/' "$WS/anchorite.yaml"
# The same keys and slots, but each record is signed again after four days.
sed 's/refresh: P10D/refresh: P17D/' "$WS/anchorite.yaml" >"$WS/often.yaml"
chmod 600 "$WS"/*.yaml
cat >"$PLAN" <<'END'
old: ksk_current
quarters:
  2027-q1: {schema: normal}
END
for signer in bind knot; do
	KSR=$SCRATCH/plan-$signer.txt
	mkdir "$SCRATCH/plan-$signer"
	rm -rf "$WS/ceremony" "$WS/register.jsonl"
	act request "$KSR" --quarter 2027-q1 --into "$signer" \
		--zsk-dir "$SCRATCH/zsks-$signer"
	# A slot later in the same days, with the keys of the one before.
	awk '/^;; KeySigningRequest 1.0 / { n++ }
		n == 5 && /^;;/ { sub(/20270210000000|1802217600/, moved)
			sub(/Wed Feb 10/, "Thu Feb 11"); sub(/2027-02-10T/, "2027-02-11T") }
		{ print }' moved="$([ $signer = bind ] && echo 20270211000000 ||
			echo 1802304000)" "$KSR" >"$SCRATCH/moved.txt"
	cmp -s "$KSR" "$SCRATCH/moved.txt" && fail "no record was moved"
	refuses 1 "the request's record 5 begins 2027-02-11T00:00:00; the plan is proved for a slot that begins 2027-02-10T00:00:00" \
		--at "$WHEN" sign "$SCRATCH/moved.txt" "$OUTPUT" --plan "$PLAN" \
		--first --batch
	nothing_written
	refuses 1 "records, those that sign again included; the plan is proved for 9 slots" \
		--config "$WS/often.yaml" --at "$WHEN" sign "$KSR" "$OUTPUT" \
		--plan "$PLAN" --first --batch
	nothing_written
	act sign "$KSR" "$SCRATCH/plan-$signer" --plan "$PLAN" \
		--first --batch
	equal "what is made by a plan" skr-root-2027-q1-0-normal.txt \
		"$(ls -A "$SCRATCH/plan-$signer")"
	equal "what it begins with" ";; SignedKeyResponse 1.0 " \
		"$(head -c 25 "$SCRATCH/plan-$signer/skr-root-2027-q1-0-normal.txt")"
	accepts --at "$WHEN" verify "$KSR" \
		"$SCRATCH/plan-$signer/skr-root-2027-q1-0-normal.txt" --schema normal
	accepts replay "$WS/ceremony"
done

### Other files by their name

printf '<?xml version="1.0"?>\n<TrustAnchor id="x" source="y">\n' \
	>"$SCRATCH/anchors"
refuses 2 "is trust anchors (RFC 9718)" show "$SCRATCH/anchors"
grep DNSKEY "$SIGNERS/bind/9.20.30-small/ksr.txt" >"$SCRATCH/key"
refuses 2 "holds DNS records and no header" show "$SCRATCH/key"
finish
