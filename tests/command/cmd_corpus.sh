#!/bin/bash
# Quarters of the root zone, made up or as they were published: accepted, refused
# and shown, with their KSKs pinned and no HSM.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq ldns-read-zone openssl

KSR_2016=$(corpus root/ksr-root-2016-q3-0.xml)
KSR_2017=$(corpus root/ksr-root-2017-q2-0.xml)
KSR_2018=$(corpus root/ksr-root-2018-q1-0-d_to_e.xml)
SKR_2017_Q1=$(corpus root/skr-root-2017-q1-0.xml)
SKR_2017=$(corpus root/skr-root-2017-q2-0.xml)
SKR_2018=$(corpus root/skr-root-2018-q1-0-d_to_e.xml)
ANCHORITE_CONFIG=$(pinned tests/data/corpus.yaml)
export ANCHORITE_CONFIG

# What the last --json command found: "ID N" for each id, N findings in all.
findings_by_id() {
	jq -r '[.checks[] | select(.verdict == "REFUSE")] | group_by(.id)[] |
		"\(.[0].id) \([.[].findings[]] | length)"' "$SCRATCH/out"
}

# And where: "ID:BUNDLE ..." in order, each once; bundle 0 is the document.
findings_by_bundle() {
	jq -r '[.checks[] | select(.verdict == "REFUSE") | .id as $id |
		.findings[] | "\($id):\(.bundle)"] | unique | join(" ")' \
		"$SCRATCH/out"
}

# The ids of the checks with this verdict, each once.
ids() {
	jq -r --arg verdict "$1" '[.checks[] |
		select(.verdict == $verdict).id] | unique | join(" ")' \
		"$SCRATCH/out"
}

# --- check

accepts --json --at 2017-02-15T12:00:00Z check "$KSR_2017" \
	--previous-skr "$SKR_2017_Q1"
equal "2017-q2: what did not run" \
	"KSR-CHAIN-PREVIOUS KSR-ONCE SKR-FOLLOWERS SKR-REVOKED SKR-SCHEDULE SKR-TRUST" "$(ids 'not run')"
equal "2017-q2: what was waived" "" "$(ids waived)"
equal "2017-q2: accepted" true "$(jq .accepted "$SCRATCH/out")"
accepts --at 2017-02-15T12:00:00Z check "$KSR_2017" \
	--previous-skr "$SKR_2017_Q1" --schema normal
says "accepted"

accepts --json --at 2017-11-15T12:00:00Z check "$KSR_2018"
accepts --at 2017-11-15T12:00:00Z check "$KSR_2018" --schema rollover
says "accepted"

# Every reason, not only the first: the old size is declared once and two keys
# have it; nine bundles are not valid for 21 days, seven of them not even for
# the request's own 15; none of eight overlaps fits either policy.
refuses 1 "$KSR_2016: KSR-POLICY-ALG, KSR-POLICY-SIG-VALIDITY, \
KSR-POLICY-SIG-OVERLAP" --json --at 2016-05-01T12:00:00Z check "$KSR_2016"
equal "2016-q3: findings" "KSR-POLICY-ALG 3
KSR-POLICY-SIG-OVERLAP 16
KSR-POLICY-SIG-VALIDITY 16" "$(findings_by_id)"
run --at 2016-05-01T12:00:00Z check "$KSR_2016"
says "required: one of rsa_approved_key_sizes: 2048"
says "seen:     valid for P14DT23H59M59S (1295999 s)"
says "required: P15D to P20D (1296000 to 1728000 s) by the request's own policy"
says "seen:     overlaps the bundle before by P4DT23H59M59S (431999 s)"

# The same requests at the wrong time, or after the wrong response.
refuses 1 "$KSR_2017: KSR-POLICY-SIG-HORIZON" \
	--at 2016-12-15T12:00:00Z check "$KSR_2017"
refuses 1 "$KSR_2017: KSR-POLICY-SIG-HORIZON" \
	--at 2017-04-22T00:00:01Z check "$KSR_2017"
run --json --at 2017-02-15T12:00:00Z check "$KSR_2017" \
	--previous-skr "$SKR_2017"
equal "its own response before it: status" 1 "$status"
[[ " $(ids REFUSE) " == *" KSR-ID "* ]] || fail "its own id is accepted"
run --json --at 2017-11-15T12:00:00Z check "$KSR_2018" \
	--previous-skr "$SKR_2017"
equal "a response two quarters before it: status" 1 "$status"
equal "a response two quarters before it" \
	"KSR-CHAIN-KEYS KSR-CHAIN-OVERLAP KSR-POLICY-SAFETY" "$(ids REFUSE)"

# --- verify

accepts verify "$KSR_2017" "$SKR_2017"
says "verified"
accepts --json verify "$KSR_2017" "$SKR_2017" --schema normal \
	--previous-skr "$SKR_2017_Q1"
equal "2017-q2: what did not run" "" "$(ids 'not run')"
accepts verify "$KSR_2018" "$SKR_2018"
accepts verify "$KSR_2018" "$SKR_2018" --schema rollover
refuses 1 "$SKR_2018: SKR-PAIR" --json verify "$KSR_2018" "$SKR_2018" \
	--schema normal
equal "2018-q1 under normal" "$(printf 'SKR-PAIR:%d ' 1 2 3 4 5 6 7 8 9)" \
	"$(findings_by_bundle) "
run --json verify "$KSR_2017" "$SKR_2018"
equal "another quarter's response: status" 1 "$status"
equal "another quarter's response" "SKR-MATCH SKR-PAIR" "$(ids REFUSE)"
refuses 2 "expected a response (SKR)" verify "$KSR_2017" "$KSR_2017"
refuses 2 "expected a request (KSR)" verify "$SKR_2017" "$SKR_2017"

# A KSK that the configuration does not pin is none, whatever its label.
sed "s/$(pin Kjqmt7v)/$(pin Klajeyz)/" "$ANCHORITE_CONFIG" \
	>"$SCRATCH/other-pin.yaml"
run --config "$SCRATCH/other-pin.yaml" --json verify "$KSR_2017" "$SKR_2017"
equal "a KSK with another DS: status" 1 "$status"
[[ " $(ids REFUSE) " == *" SKR-VERIFY "* ]] ||
	fail "a KSK with another DS is accepted"

# --- verify, after one thing in the response was changed.  The 2017-q2
# response has one element a line.

# nth N TEXT: the number of the N-th line that holds TEXT.
nth() {
	awk -v n="$1" -v text="$2" 'index($0, text) && --n == 0 { print NR }' \
		"$SKR_2017"
}

# flip LINE: the lowest bit of the first base64 character on that line.
flip() {
	awk -v line="$1" '
	BEGIN { b64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		b64 = b64 "0123456789+/" }
	NR == line {
		at = index($0, ">") + 1
		i = index(b64, substr($0, at, 1)) - 1
		i += i % 2 ? -1 : 1
		$0 = substr($0, 1, at - 1) substr(b64, i + 1, 1) \
			substr($0, at + 1)
	}
	{ print }' "$SKR_2017"
}

# tampered WHAT WANTED...: $CHANGED must be refused at exactly these places.
CHANGED=$SCRATCH/changed.xml
tampered() {
	local what=$1
	shift
	! cmp -s "$CHANGED" "$SKR_2017" || fail "$what: nothing was changed"
	run --json verify "$KSR_2017" "$CHANGED"
	equal "$what: status" 1 "$status"
	equal "$what" "$*" "$(findings_by_bundle)"
}

flip "$(nth 3 '<SignatureData>')" >"$CHANGED"
tampered "one bit of bundle 3's signature" SKR-VERIFY:3
fourth=$(sed -n "$(nth 4 '<SignatureData>')p" "$SKR_2017")
sed "$(nth 3 '<SignatureData>')s|.*|$fourth|" "$SKR_2017" >"$CHANGED"
tampered "bundle 4's signature in bundle 3" SKR-VERIFY:3
flip "$(nth 2 '<PublicKey>')" >"$CHANGED"
tampered "one bit of a ZSK in bundle 1" KSR-KEY-VALID:1 SKR-PAIR:1 SKR-VERIFY:1
sed "$(nth 1 '<TTL>172800')s|172800|172799|" "$SKR_2017" >"$CHANGED"
tampered "the TTL of a ZSK in bundle 1" SKR-PAIR:1 SKR-VERIFY:1
sed "$(nth 1 '<OriginalTTL>')s|172800|172799|" "$SKR_2017" >"$CHANGED"
tampered "the original TTL of bundle 1's signature" SKR-VERIFY:1
# without_key N: the document without its N-th key, seven lines long.
without_key() {
	local line
	line=$(nth "$1" '<Key ')
	sed "$line,$((line + 6))d" "$SKR_2017"
}

without_key 1 >"$CHANGED"
tampered "bundle 1 without one ZSK" SKR-PAIR:1 SKR-VERIFY:1
without_key 4 >"$CHANGED"
tampered "bundle 2 without its ZSK" SKR-PAIR:2 SKR-VERIFY:2
without_key 5 >"$CHANGED"
tampered "bundle 2 without its KSK" SKR-FOLLOWERS:2 SKR-PAIR:2 SKR-TRUST:2 SKR-VERIFY:2
sed "$(nth 2 '<Expiration>')s|05-02|05-03|" "$SKR_2017" >"$CHANGED"
tampered "bundle 2's expiration" SKR-MATCH:2 SKR-VERIFY:2
sed "$(nth 2 '<SignatureExpiration>')s|05-02|05-03|" "$SKR_2017" >"$CHANGED"
tampered "the expiration of bundle 2's signature" SKR-VERIFY:2
sed '2s|serial="1"|serial="2"|' "$SKR_2017" >"$CHANGED"
tampered "another serial" SKR-MATCH:0
sed '2s|KSR id="|&0|' "$SKR_2017" >"$CHANGED"
tampered "another id" SKR-MATCH:0
sed "$(nth 9 '<ResponseBundle')s|id=\"|id=\"0|" "$SKR_2017" >"$CHANGED"
tampered "another id of bundle 9" SKR-MATCH:9
sed '7s|P28D|P29D|' "$SKR_2017" >"$CHANGED"
tampered "another policy of the KSK operator" SKR-MATCH:0

# --- show

# shows TITLE FILE: the table on standard input, after title, hash and words.
shows() {
	local sha256
	sha256=$(openssl dgst -sha256 -r "$2" | cut -d' ' -f1)
	accepts show "$2"
	says "$1 $2"
	says "  SHA-256 $sha256"
	diff - <(sed -n '/^#/,$p' "$SCRATCH/out") || fail "the table of $2"
	CASES=$((CASES + 1))
}

shows Request "$KSR_2016" <<'END'
#  Inception           Expiration           ZSK Tags      KSK Tag(CKA_LABEL)
1  2016-07-01T00:00:00 2016-07-15T23:59:59  46551,60615
2  2016-07-11T00:00:00 2016-07-25T23:59:59  46551
3  2016-07-21T00:00:00 2016-08-04T23:59:59  46551
4  2016-07-31T00:00:00 2016-08-14T23:59:59  46551
5  2016-08-10T00:00:00 2016-08-24T23:59:59  46551
6  2016-08-20T00:00:00 2016-09-03T23:59:59  46551
7  2016-08-30T00:00:00 2016-09-13T23:59:59  46551
8  2016-09-09T00:00:00 2016-09-24T23:59:59  46551
9  2016-09-20T00:00:00 2016-10-05T23:59:59  46551,39291
END
shows Request "$KSR_2017" <<'END'
#  Inception           Expiration           ZSK Tags      KSK Tag(CKA_LABEL)
1  2017-04-01T00:00:00 2017-04-22T00:00:00  14796,61045
2  2017-04-11T00:00:00 2017-05-02T00:00:00  14796
3  2017-04-21T00:00:00 2017-05-12T00:00:00  14796
4  2017-05-01T00:00:00 2017-05-22T00:00:00  14796
5  2017-05-11T00:00:00 2017-06-01T00:00:00  14796
6  2017-05-21T00:00:00 2017-06-11T00:00:00  14796
7  2017-05-31T00:00:00 2017-06-21T00:00:00  14796
8  2017-06-10T00:00:00 2017-07-01T00:00:00  14796
9  2017-06-20T00:00:00 2017-07-11T00:00:00  14796,15768
END
shows Request "$KSR_2018" <<'END'
#  Inception           Expiration           ZSK Tags      KSK Tag(CKA_LABEL)
1  2018-01-01T00:00:00 2018-01-22T00:00:00  46809,41824
2  2018-01-11T00:00:00 2018-02-01T00:00:00  41824
3  2018-01-21T00:00:00 2018-02-11T00:00:00  41824
4  2018-01-31T00:00:00 2018-02-21T00:00:00  41824
5  2018-02-10T00:00:00 2018-03-03T00:00:00  41824
6  2018-02-20T00:00:00 2018-03-13T00:00:00  41824
7  2018-03-02T00:00:00 2018-03-23T00:00:00  41824
8  2018-03-12T00:00:00 2018-04-02T00:00:00  41824
9  2018-03-22T00:00:00 2018-04-12T00:00:00  39570,41824
END
shows Response "$SKR_2017_Q1" <<'END'
#  Inception           Expiration           ZSK Tags      KSK Tag(CKA_LABEL)
1  2017-01-01T00:00:00 2017-01-22T00:00:00  39291,61045   19036(Kjqmt7v)/S
2  2017-01-11T00:00:00 2017-02-01T00:00:00  61045         19036(Kjqmt7v)/S
3  2017-01-21T00:00:00 2017-02-11T00:00:00  61045         19036(Kjqmt7v)/S
4  2017-01-31T00:00:00 2017-02-21T00:00:00  61045         19036(Kjqmt7v)/S
5  2017-02-10T00:00:00 2017-03-03T00:00:00  61045         19036(Kjqmt7v)/S
6  2017-02-20T00:00:00 2017-03-13T00:00:00  61045         19036(Kjqmt7v)/S
7  2017-03-02T00:00:00 2017-03-23T00:00:00  61045         19036(Kjqmt7v)/S
8  2017-03-12T00:00:00 2017-04-02T00:00:00  61045         19036(Kjqmt7v)/S
9  2017-03-21T00:00:00 2017-04-11T00:00:00  61045,14796   19036(Kjqmt7v)/S
END
shows Response "$SKR_2017" <<'END'
#  Inception           Expiration           ZSK Tags      KSK Tag(CKA_LABEL)
1  2017-04-01T00:00:00 2017-04-22T00:00:00  61045,14796   19036(Kjqmt7v)/S
2  2017-04-11T00:00:00 2017-05-02T00:00:00  14796         19036(Kjqmt7v)/S
3  2017-04-21T00:00:00 2017-05-12T00:00:00  14796         19036(Kjqmt7v)/S
4  2017-05-01T00:00:00 2017-05-22T00:00:00  14796         19036(Kjqmt7v)/S
5  2017-05-11T00:00:00 2017-06-01T00:00:00  14796         19036(Kjqmt7v)/S
6  2017-05-21T00:00:00 2017-06-11T00:00:00  14796         19036(Kjqmt7v)/S
7  2017-05-31T00:00:00 2017-06-21T00:00:00  14796         19036(Kjqmt7v)/S
8  2017-06-10T00:00:00 2017-07-01T00:00:00  14796         19036(Kjqmt7v)/S
9  2017-06-20T00:00:00 2017-07-11T00:00:00  15768,14796   19036(Kjqmt7v)/S
END
shows Response "$SKR_2018" <<'END'
#  Inception           Expiration           ZSK Tags      KSK Tag(CKA_LABEL)
1  2018-01-01T00:00:00 2018-01-22T00:00:00  41824,46809   19036(Kjqmt7v)/S,20326(Klajeyz)/P
2  2018-01-11T00:00:00 2018-02-01T00:00:00  41824         19036(Kjqmt7v)/P,20326(Klajeyz)/S
3  2018-01-21T00:00:00 2018-02-11T00:00:00  41824         19036(Kjqmt7v)/P,20326(Klajeyz)/S
4  2018-01-31T00:00:00 2018-02-21T00:00:00  41824         19036(Kjqmt7v)/P,20326(Klajeyz)/S
5  2018-02-10T00:00:00 2018-03-03T00:00:00  41824         19036(Kjqmt7v)/P,20326(Klajeyz)/S
6  2018-02-20T00:00:00 2018-03-13T00:00:00  41824         19036(Kjqmt7v)/P,20326(Klajeyz)/S
7  2018-03-02T00:00:00 2018-03-23T00:00:00  41824         19036(Kjqmt7v)/P,20326(Klajeyz)/S
8  2018-03-12T00:00:00 2018-04-02T00:00:00  41824         19036(Kjqmt7v)/P,20326(Klajeyz)/S
9  2018-03-22T00:00:00 2018-04-12T00:00:00  41824,39570   19036(Kjqmt7v)/P,20326(Klajeyz)/S
END

# Needs no configuration.  Other readers see what the document says: as many
# records, the keys and signatures as they stand in the XML.
unset ANCHORITE_CONFIG
for file in "$KSR_2016" "$KSR_2017" "$KSR_2018" "$SKR_2017_Q1" "$SKR_2017" \
	"$SKR_2018"; do
	sed -n 's|^ *<PublicKey>\(.*\)</PublicKey>.*|\1|p
		s|^ *<SignatureData>\(.*\)</SignatureData>.*|\1|p' "$file" |
		sort >"$SCRATCH/data"
	[ -s "$SCRATCH/data" ] || fail "no keys found in $file"

	accepts show "$file" --format dns
	ldns-read-zone "$SCRATCH/out" >"$SCRATCH/records" ||
		fail "ldns does not read the records of $file"
	equal "$file: records in presentation form" \
		"$(wc -l <"$SCRATCH/data")" \
		"$(grep -vc '^;' "$SCRATCH/out")"
	awk '!/^;/ { print $NF }' "$SCRATCH/out" | sort |
		diff - "$SCRATCH/data" || fail "$file: keys and signatures"
	# ldns knows each key's tag.
	while read -r tag; do
		grep -q "{id = $tag " "$SCRATCH/records" ||
			fail "$file: ldns finds no key with tag $tag"
	done < <(sed -n 's|.*keyTag="0*\([0-9]*\)".*|\1|p' "$file" | sort -u)

	accepts show "$file" --format json
	jq -r '.bundles[] | (.keys[].public_key, .signatures[].signature)' \
		"$SCRATCH/out" | sort | diff - "$SCRATCH/data" ||
		fail "$file: keys and signatures as JSON"
	mv "$SCRATCH/out" "$SCRATCH/json"
	accepts --json show "$file"
	cmp "$SCRATCH/json" "$SCRATCH/out" || fail "--json is another format"
done
finish
