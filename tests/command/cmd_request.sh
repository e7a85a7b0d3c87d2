#!/bin/bash
# The ZSK operator's side: requests of any cycle and of two algorithms, with
# ZSKs in the token or in files that zone signers take, each following the last.
# shellcheck disable=SC2016 # expanded where KEY and BAD are known
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs jq openssl dnssec-signzone dnssec-verify ldns-signzone ldns-verify-zone

init_workspace ws --at "$AT"
CONFIG=$ANCHORITE_CONFIG
KEYS=$SCRATCH/keys

# policy NAME LINES [SED]...: the configuration $SCRATCH/ws/NAME.yaml, with
# these lines in its request_policy, and edited; prints its path.
policy() {
	local name=$1 lines=$2
	shift 2
	sed -e '/^  acceptable_domains:/r /dev/stdin' "$CONFIG" <<<"$lines" |
		sed -e '/^$/d' "$@" >"$SCRATCH/ws/$name.yaml"
	echo "$SCRATCH/ws/$name.yaml"
}

# labels FILE SLOT [ALGORITHM]: the identifiers of that slot's ZSKs.
labels() {
	"$ANCHORITE" --json show "$1" | jq -r --argjson slot "$2" \
		--argjson algorithm "${3:-0}" '.bundles[$slot - 1].keys |
		map(select($algorithm == 0 or .algorithm == $algorithm) |
			select(.flags == 256).key_identifier) |
		sort | join(",")'
}

# requests CONFIG FILE ARGS...: a request that the checks of that configuration
# accept.
requests() {
	local config=$1 file=$2
	shift 2
	accepts --config "$config" --at "$AT" request "$file" "$@"
	accepts --config "$config" --at "$AT" check "$file" "${CHAIN[@]}"
}
CHAIN=()

# told WHAT N: so many ZSKs were "there" or "made now", by the last output.
told() {
	equal "ZSKs $1" "$2" "$(grep -cE "^ZSK zsk-[a-z0-9-]+ +key tag +[0-9]+, $1\$" \
		"$SCRATCH/out")"
}

### Files

# Without any token: the module is none.
FILES=$(policy files '' \
	-e 's|module: .*|module: /nonexistent.so|')
accepts --config "$FILES" --at "$AT" request "$SCRATCH/a.xml" --zsk-dir "$KEYS"
told there 0
told "made now" 3
accepts --config "$FILES" --at "$AT" check "$SCRATCH/a.xml"
equal "slot 1" zsk-2026-q4,zsk-2027-q1 "$(labels "$SCRATCH/a.xml" 1)"
equal "slot 5" zsk-2027-q1 "$(labels "$SCRATCH/a.xml" 5)"
equal "slot 9" zsk-2027-q1,zsk-2027-q2 "$(labels "$SCRATCH/a.xml" 9)"
equal "the folder's mode" 700 "$(stat -c %a "$KEYS")"
equal "the private keys' mode" 600 "$(stat -c %a "$KEYS"/*.private | sort -u)"
equal "three pairs" 6 "$(find "$KEYS" -type f | wc -l)"
accepts --config "$FILES" --at "$AT" request "$SCRATCH/again.xml" --zsk-dir "$KEYS"
told there 3
told "made now" 0
cmp -s "$SCRATCH/a.xml" "$SCRATCH/again.xml" || fail "not the same request"

# No private half is on record: neither the file nor a number of it.
for file in "$KEYS"/*.private; do
	sum=$(sha256sum "$file" | cut -d' ' -f1)
	prime=$(sed -n 's/^Prime1: //p' "$file")
	! grep -rqF -e "$sum" -e "$prime" "$SCRATCH/ceremony" ||
		fail "$file is on record"
done
CASES=$((CASES + 1))

# A zone signed with the files as they are, by both signers.
printf '%s\n' '. 86400 IN SOA a. b. 1 1800 900 604800 86400' \
	'. 518400 IN NS a.' 'a. 518400 IN A 192.0.2.1' >"$SCRATCH/zone"

# signs_zone FILES KEY...: with those keys of the folder; the zone's apex gets
# their DNSKEYs, which the signers sign with the same keys.
signs_zone() {
	local key public=()
	for key in "$@"; do
		public+=("$key.key")
	done
	cat "$SCRATCH/zone" "${public[@]}" >"$SCRATCH/unsigned"
	dnssec-signzone -d "$SCRATCH" -P -z -x -o . -O full -f "$SCRATCH/signed" \
		"$SCRATCH/unsigned" "$@" >"$SCRATCH/log" 2>&1 ||
		fail "dnssec-signzone: $(cat "$SCRATCH/log")"
	dnssec-verify -z -o . "$SCRATCH/signed" >"$SCRATCH/log" 2>&1 ||
		fail "dnssec-verify: $(cat "$SCRATCH/log")"
	ldns-signzone -o . -f "$SCRATCH/signed" "$SCRATCH/zone" "$@" \
		>"$SCRATCH/log" 2>&1 ||
		fail "ldns-signzone: $(cat "$SCRATCH/log")"
	ldns-verify-zone "$SCRATCH/signed" >"$SCRATCH/log" 2>&1 ||
		fail "ldns-verify-zone: $(cat "$SCRATCH/log")"
	CASES=$((CASES + 4))
}

# key_of LABEL: the path of its files, without ending.
key_of() {
	local file
	file=$(grep -lx -- "; Label: $1" "$KEYS"/*.key) || fail "no key $1"
	echo "${file%.key}"
}
signs_zone "$(key_of zsk-2027-q1)"

### Any cycle

WEEKS='  num_bundles: 4
  num_keys_per_bundle: [2, 1, 1, 2]
  min_bundle_interval: P7D
  max_bundle_interval: P7D
  min_cycle_inception_length: P21D
  max_cycle_inception_length: P21D'
WEEKLY=$(policy weekly "$WEEKS" -e 's/^ksk_policy:/&\
  max_signature_validity: P14D\
  min_signature_validity: P14D\
  min_validity_overlap: P6D\
  max_validity_overlap: P8D/')

# answered CONFIG NAME ARGS...: the request $SCRATCH/NAME.xml, checked, signed
# into $SCRATCH/NAME-skr.xml, and that verified.
answered() {
	local config=$1 name=$2
	shift 2
	requests "$config" "$SCRATCH/$name.xml" "$@" "${CHAIN[@]}"
	accepts --config "$config" --at "$AT" sign "$SCRATCH/$name.xml" \
		"$SCRATCH/$name-skr.xml" --batch "${SIGN[@]}" \
		"${CHAIN[@]:---first}"
	accepts --config "$config" --at "$AT" verify "$SCRATCH/$name.xml" \
		"$SCRATCH/$name-skr.xml" "${CHAIN[@]}"
}
SIGN=()

# times FILE: inceptions, and the first and last expiration.
times() {
	"$ANCHORITE" --json show "$1" | jq -r '[(.bundles[].inception),
		.bundles[0].expiration, .bundles[-1].expiration] |
		map(.[0:10]) | join(" ")'
}
answered "$WEEKLY" w1 --start 2027-02-01
equal "four weeks" "2027-02-01 2027-02-08 2027-02-15 2027-02-22 2027-02-15 \
2027-03-08" "$(times "$SCRATCH/w1.xml")"
equal "named by days" zsk-2027-01-04,zsk-2027-02-01 \
	"$(labels "$SCRATCH/w1.xml" 1)"
CHAIN=(--previous-skr "$SCRATCH/w1-skr.xml")
answered "$WEEKLY" w2
equal "the next four" "2027-03-01 2027-03-08 2027-03-15 2027-03-22 2027-03-15 \
2027-04-05" "$(times "$SCRATCH/w2.xml")"
equal "keys go on" "$(labels "$SCRATCH/w1.xml" 4)" \
	"$(labels "$SCRATCH/w2.xml" 1)"
refuses 2 "a request that begins at 2027-03-15T00:00:00 does not follow it" \
	--config "$WEEKLY" --at "$AT" request "$OUTPUT/x.xml" \
	--start 2027-03-15 "${CHAIN[@]}"
refuses 2 "a request that begins at 2027-02-22T00:00:00 does not follow it" \
	--config "$WEEKLY" --at "$AT" request "$OUTPUT/x.xml" \
	--start 2027-02-22 "${CHAIN[@]}"
refuses 2 "a request that begins at 2027-03-03T00:00:00 does not follow it \
(expected after 2027-02-22T00:00:00, when its last bundle begins, and not \
after 2027-03-02T00:00:00" --config "$WEEKLY" --at "$AT" request \
	"$OUTPUT/x.xml" --start 2027-03-03 "${CHAIN[@]}"
nothing_written
forget
rm -rf "$SCRATCH/ceremony"
requests "$WEEKLY" "$SCRATCH/late.xml" --start 2027-03-02 "${CHAIN[@]}"
CHAIN=()

RANGE=$(policy range "${WEEKS/: P7D/: P6D}" -e 's/P21D$/P18D/' \
	-e 's/max_cycle_inception_length: .*/max_cycle_inception_length: P21D/')
requests "$RANGE" "$SCRATCH/six.xml" --start 2027-02-01 --slot-length P6D
equal "six days" "2027-02-01 2027-02-07 2027-02-13 2027-02-19 2027-02-22 \
2027-03-12" "$(times "$SCRATCH/six.xml")"

### Two algorithms: ECDSA comes in slot 9, and RSA goes after slot 1

accepts --at "$AT" keygen --label ksk-2 --algorithm ECDSAP256SHA256
sed -n '/^  ksk_next:$/,$p' "$SCRATCH/out" >>"$CONFIG"
cat >>"$CONFIG" <<-'END'
	schemas:
	  come:
	    1-8: { publish: ksk_current, sign: ksk_current }
	    9: { publish: [ksk_current, ksk_next], sign: [ksk_current, ksk_next] }
	  both:
	    1-9: { publish: [ksk_current, ksk_next], sign: [ksk_current, ksk_next] }
END
# counts NAME RSA N ECDSA N: a policy for both algorithms.
counts() {
	policy "$1" "  approved_algorithms: [RSASHA256, ECDSAP256SHA256]
  enable_unsupported_ecdsa: true
  signature_horizon_days: 400
  num_keys_per_bundle: {RSASHA256: [$2], ECDSAP256SHA256: [$4]}
  num_different_keys_in_all_bundles: {RSASHA256: $3, ECDSAP256SHA256: $5}"
}
COME=$(counts come 2,1,1,1,1,1,1,1,2 3 0,0,0,0,0,0,0,0,1 1)
BOTH=$(counts both 2,1,1,1,1,1,1,1,1 2 1,1,1,1,1,1,1,1,2 2)
GONE=$(counts gone 1,0,0,0,0,0,0,0,0 1 2,1,1,1,1,1,1,1,2 3)

for where in token files; do
	ZSKS=()
	[ "$where" = token ] || ZSKS=(--zsk-dir "$KEYS")
	forget
	rm -rf "$SCRATCH/ceremony"
	CHAIN=() SIGN=(--schema come)
	answered "$COME" "$where-1" "${ZSKS[@]}"
	equal "slot 1 of q1" zsk-2026-q4,zsk-2027-q1 \
		"$(labels "$SCRATCH/$where-1.xml" 1)"
	equal "slot 9 of q1" \
		zsk-2027-q1,zsk-2027-q2,zsk-2027-q2-ecdsap256sha256 \
		"$(labels "$SCRATCH/$where-1.xml" 9)"
	CHAIN=(--previous-skr "$SCRATCH/$where-1-skr.xml") SIGN=(--schema both)
	answered "$BOTH" "$where-2" "${ZSKS[@]}"
	equal "slot 1 of q2" "$(labels "$SCRATCH/$where-1.xml" 9)" \
		"$(labels "$SCRATCH/$where-2.xml" 1)"
	equal "slot 5 of q2" zsk-2027-q2,zsk-2027-q2-ecdsap256sha256 \
		"$(labels "$SCRATCH/$where-2.xml" 5)"
	CHAIN=(--previous-skr "$SCRATCH/$where-2-skr.xml")
	requests "$GONE" "$SCRATCH/$where-3.xml" "${ZSKS[@]}" "${CHAIN[@]}"
	equal "RSA in slot 1 of q3" zsk-2027-q2 \
		"$(labels "$SCRATCH/$where-3.xml" 1 8)"
	equal "RSA in slot 2 of q3" "" "$(labels "$SCRATCH/$where-3.xml" 2 8)"
	equal "ECDSA in slot 2 of q3" zsk-2027-q3-ecdsap256sha256 \
		"$(labels "$SCRATCH/$where-3.xml" 2)"
done
CHAIN=()
signs_zone "$(key_of zsk-2027-q2)" "$(key_of zsk-2027-q2-ecdsap256sha256)"

# The same counts from a plan.
PLAIN=$(policy plain '  approved_algorithms: [RSASHA256, ECDSAP256SHA256]
  enable_unsupported_ecdsa: true')
cat >"$SCRATCH/plan.yaml" <<-'END'
	old: ksk_current
	new: ksk_next
	quarters:
	  2027-q1:
	    schema: normal
	    num_keys_per_bundle: {RSASHA256: [2, 1, 1, 1, 1, 1, 1, 1, 2], ECDSAP256SHA256: [0, 0, 0, 0, 0, 0, 0, 0, 1]}
	    num_different_keys_in_all_bundles: {RSASHA256: 3, ECDSAP256SHA256: 1}
END
accepts --config "$PLAIN" --at "$AT" request "$SCRATCH/planned.xml" \
	--plan "$SCRATCH/plan.yaml" --zsk-dir "$KEYS"
forget
rm -rf "$SCRATCH/ceremony"
accepts --config "$COME" --at "$AT" check "$SCRATCH/planned.xml"
refuses 2 "plan.yaml: has no quarter that begins at 2027-04-01T00:00:00" \
	--config "$PLAIN" --at "$AT" request "$SCRATCH/x.xml" \
	--plan "$SCRATCH/plan.yaml" --quarter 2027-q2
absent "$SCRATCH/x.xml"

# Under other counts a request of two algorithms is refused.
refuses 1 "KSR-POLICY-KEYS" --config "$BOTH" --at "$AT" check \
	"$SCRATCH/token-1.xml"
says "seen:     2 RSASHA256 keys"
says "required: 1 by num_keys_per_bundle"
says "seen:     0 ECDSAP256SHA256 keys"
says "seen:     1 different ECDSAP256SHA256 keys in all bundles"
ONE=$(policy one '  num_keys_per_bundle: {RSASHA256: [2,1,1,1,1,1,1,1,2]}
  num_different_keys_in_all_bundles: {RSASHA256: 3}
  approved_algorithms: [RSASHA256, ECDSAP256SHA256]
  enable_unsupported_ecdsa: true')
refuses 1 "token-1.xml: KSR-POLICY-KEYS" --config "$ONE" --at "$AT" check \
	"$SCRATCH/token-1.xml"
says "(zsk-2027-q2-ecdsap256sha256) is of ECDSAP256SHA256"
says "required: an algorithm that num_keys_per_bundle names"
refuses 1 "KSR-POLICY-KEYS" --config "$CONFIG" --at "$AT" check \
	"$SCRATCH/token-1.xml"

### Other algorithms and sizes

for algorithm in RSASHA512:3072 ECDSAP384SHA384; do
	requests "$(policy "${algorithm%:*}" "  rsa_approved_key_sizes: [3072]
  enable_unsupported_ecdsa: true
  approved_algorithms: [${algorithm%:*}]")" "$SCRATCH/$algorithm.xml" \
		--zsk-dir "$SCRATCH/$algorithm" --algorithm "$algorithm"
done
for where in token files; do
	ZSKS=(--quarter 2030-q1)
	[ "$where" = token ] || ZSKS+=(--zsk-dir "$KEYS")
	accepts --config "$CONFIG" --at "$AT" request "$SCRATCH/$where-1536.xml" \
		"${ZSKS[@]}" --algorithm RSASHA256:1536
	refuses 1 "KSR-POLICY-ALG" --config "$CONFIG" --at 2029-11-15T00:00:00Z \
		check "$SCRATCH/$where-1536.xml"
	says "1536"
	accepts --config "$(policy small '  rsa_approved_key_sizes: [1536]')" \
		--at 2029-11-15T00:00:00Z check "$SCRATCH/$where-1536.xml"
done

### Refusals

# no_request TEXT CONFIG ARGS...
no_request() {
	local text=$1 config=$2
	shift 2
	refuses 2 "$text" --config "$config" --at "$AT" request \
		"$OUTPUT/x.xml" "$@"
	nothing_written
}
REAL=$(policy real '' -e '/^rehearsal/d')
refuses 2 "--zsk-dir is for rehearsals: $REAL does not say" --config "$REAL" \
	request "$OUTPUT/x.xml" --zsk-dir "$SCRATCH/none"
nothing_written
absent "$SCRATCH/none"
for day in 2027-02-30 2027-13-01 2027-2-1 tomorrow '' 2027-02-01T25:00:00; do
	no_request "start \"$day\": expected a day such as" "$FILES" \
		--start "$day"
done
no_request "in the years 1990 to 2100" "$FILES" --start 1989-12-31
no_request "give one of the two" "$FILES" --start 2027-01-01 \
	--quarter 2027-q1
for length in 10 P1M '' P0D -P1D; do
	no_request "--slot-length $length: expected a duration" "$FILES" \
		--slot-length "$length"
done
no_request "slots of P12D (expected more than nothing, and min_bundle_interval \
P9D to max_bundle_interval P11D)" "$FILES" --slot-length P12D
for name in RSA RSASHA1 ED2551 '' 8 RSASHA256x; do
	no_request "--algorithm $name: expected RSASHA256, RSASHA512" "$FILES" \
		--algorithm "$name"
done
for name in RSASHA256: RSASHA256:1024 RSASHA256:2047 RSASHA256:2048x \
	ECDSAP256SHA256:256; do
	no_request "--algorithm $name: a size is for RSA" "$FILES" \
		--algorithm "$name"
done
no_request "two algorithms need key counts of each" "$FILES" \
	--algorithm RSASHA256 --algorithm ECDSAP256SHA256
no_request "--algorithm RSASHA256:1536: is given twice" "$COME" \
	--algorithm RSASHA256 --algorithm RSASHA256:1536
no_request "num_keys_per_bundle has no key of it" "$COME" \
	--algorithm RSASHA512
no_request "num_keys_per_bundle of RSASHA256, bundle 3: keys after slots" \
	"$(counts gap 1,0,1,1,1,1,1,1,1 1 1,1,1,1,1,1,1,1,1 1)"
no_request "min_validity_overlap P16D is more than" \
	"$(policy overlap '' -e 's/^ksk_policy:/&\
  min_validity_overlap: P16D/')" --zsk-dir "$KEYS"

# What the folder may not be or hold.
no_request "$SCRATCH/a.xml: Not a directory" "$FILES" \
	--zsk-dir "$SCRATCH/a.xml"
no_request "$SCRATCH/x/y: No such file or directory" "$FILES" \
	--zsk-dir "$SCRATCH/x/y"
BAD=$SCRATCH/bad
# spoiled TEXT COMMAND: in a copy of the folder, where the file of zsk-2027-q1
# is $KEY (without ending), after the command.
spoiled() {
	local text=$1
	rm -rf "$BAD"
	cp -rp "$KEYS" "$BAD"
	KEY=$BAD/$(basename "$(key_of zsk-2027-q1)")
	eval "$2"
	no_request "$text" "$FILES" --zsk-dir "$BAD" --quarter 2027-q1
}
spoiled "has mode 0644, expected that its owner alone" \
	'chmod 644 "$KEY.private"'
spoiled ".private: No such file or directory" 'rm "$KEY.private"'
spoiled "does not fit its .key file" 'cp "$(
	ls "$BAD"/*+008+*.private | grep -vxF "$KEY.private" | head -n 1
)" "$KEY.private"'
spoiled ".private:1: expected \"Name: value\"" 'echo x >"$KEY.private"'
spoiled ".private: not a regular file" \
	'rm "$KEY.private"; mkdir -m 700 "$KEY.private"'
spoiled ".key: no DNSKEY record" ': >"$KEY.key"'
spoiled "expected \". [TTL] IN DNSKEY 256 3" \
	'sed -i "s/DNSKEY 256/DNSKEY 257/" "$KEY.key"'
spoiled ".key: holds the key that is called K.+008+" \
	'mv "$KEY.key" "$BAD/K.+008+00000.key"'
spoiled "another key has its label" \
	'sed -i "s/zsk-2027-q2$/zsk-2027-q1/" "$BAD"/*.key'
spoiled "is there already and is no key of RSASHA256" \
	'sed -i "/Label: zsk-2027-q1$/d" "$KEY.key"
	sed -i "s/zsk-2027-q2-ecdsap256sha256$/zsk-2027-q1/" "$BAD"/*.key'

# A key of a configured KSK's tag, or once it is revoked.
tag=$((10#${KEY##*+}))
for pinned in "$tag" $(((tag + 65536 - 128) % 65536)) \
	$(((tag + 65536 - 129) % 65536)); do
	no_request "\"zsk-2027-q1\" (key tag $tag) is there already and shares tag" \
		"$(policy clash '' -e "s/^keys:/&\n  taken: {label: taken, \
algorithm: RSASHA256, key_tag: $pinned}/")" --zsk-dir "$KEYS" \
		--quarter 2027-q1
done

# The chain: its keys are there, as many as the counts want, none comes back.
CHAIN=(--previous-skr "$SCRATCH/files-1-skr.xml" --zsk-dir "$BAD")
spoiled_chain() {
	rm -rf "$BAD"
	cp -rp "$KEYS" "$BAD"
	eval "$2"
	no_request "$1" "${3:-$BOTH}" "${CHAIN[@]}"
}
spoiled_chain "key \"zsk-2027-q2\" (key tag" \
	'rm "$BAD/$(basename "$(key_of zsk-2027-q2)")".*'
grep -q "is not in the folder of ZSKs" "$SCRATCH/err" || fail "no reason"
spoiled_chain "is retired: it stands in bundle 1 of" \
	'sed -i "/Label: zsk-2027-q3-ecdsap256sha256$/d" "$BAD"/*.key
	sed -i "s/zsk-2026-q4$/zsk-2027-q3/" "$BAD"/*.key' \
	"$(counts more 2,1,1,1,1,1,1,1,2 3 1,1,1,1,1,1,1,1,2 2)"
spoiled_chain "holds ZSK \"zsk-2027-q2-ecdsap256sha256\" of ECDSAP256SHA256" : \
	"$CONFIG"
spoiled_chain "holds 1 ZSKs of ECDSAP256SHA256, where num_keys_per_bundle wants 2" \
	: "$(counts two 2,1,1,1,1,1,1,1,1 2 2,1,1,1,1,1,1,1,2 3)"
# The token has keys of those labels, and they are others.
no_request 'key "zsk-2027-q1" (key tag' "$BOTH" \
	--previous-skr "$SCRATCH/files-1-skr.xml"
grep -q "is not in the token" "$SCRATCH/err" || fail "no reason"
CHAIN=()

# All of it replays.  That configurations came and went is a difference, the
# only one.
run replay "$SCRATCH/ceremony"
grep -E '^  line [0-9]+: ' "$SCRATCH/out" |
	grep -v ' stopped outside of what can be replayed:' \
		>"$SCRATCH/differences" || true
[ -s "$SCRATCH/differences" ] || fail "no differences, not even those"
! grep -v ': the configuration changed: ' "$SCRATCH/differences" ||
	fail "another difference"
CASES=$((CASES + 1))

### A clash

# The module of this test answers the first wish for a key with one that
# everybody has, and whose tag the configuration pins as a KSK's.
FAULTY_TARGET=$(sed -n 's|^    module: "\(.*\)"|\1|p' "$CONFIG")
export FAULTY_TARGET FAULTY
faulty_policy() {
	policy "$1" "  approved_algorithms: [ECDSAP256SHA256]
  enable_unsupported_ecdsa: true" \
		-e "s|module: .*|module: \"$TEST_BIN/libfaulty_module.so\"|" \
		-e "s/^keys:/&\n  taken: {label: taken, algorithm: \
ECDSAP256SHA256, key_tag: $2}/"
}
CLASH=$(faulty_policy clash-token 23697)
EC=(--algorithm ECDSAP256SHA256 --quarter 2031-q1)
FAULTY=keygen_gives_published_key:1
accepts --ceremony "$SCRATCH/one" --config "$CLASH" --at "$AT" request \
	"$SCRATCH/clash.xml" "${EC[@]}"
events() {
	jq -r '"\(.event) \(.key.key_tag // "")"' "$1/log.jsonl" |
		grep -E '^(generating|key|discard)' | tr -d ' ' | tr '\n' ' ' |
		sed 's/key[0-9]* /key /g'
}
equal "what is on record" "generating key discarding23697 discarded23697 \
generating key generating key generating key " "$(events "$SCRATCH/one")"
! grep -qw 23697 <<<"$("$ANCHORITE" show "$SCRATCH/clash.xml")" ||
	fail "the discarded key is in the request"
accepts replay "$SCRATCH/one"
accepts log show "$SCRATCH/one"
says 'about to discard "zsk-2030-q4-ecdsap256sha256", key tag 23697'
says 'because of its tag: "taken" has or will have key tag 23697'
run --config "$CLASH" --at "$AT" --json inventory --dns
equal "a KSK is missing" 1 "$status"
equal "four keys and no fifth" 3 "$(jq '[.keys[] |
	select(.label | startswith("zsk-203") and endswith("sha256"))] | length' \
	"$SCRATCH/out")"
equal "they are shown as ZSKs" true "$(jq '[.keys[] | select(.label |
	startswith("zsk-")).dns | (.dnskey | contains(" DNSKEY 256 ")) and
	has("ds") == false] | all' "$SCRATCH/out")"
equal "others as KSKs" true "$(jq '[.keys[] | select(.label |
	startswith("zsk-") | not).dns.dnskey | contains(" DNSKEY 257 ")] | all' \
	"$SCRATCH/out")"

FAULTY=keygen_gives_published_key
refuses 2 "8 keys were made and discarded" --ceremony "$SCRATCH/eight" \
	--config "$CLASH" --at "$AT" request "$OUTPUT/x.xml" \
	--algorithm ECDSAP256SHA256 --quarter 2032-q1
nothing_written
accepts replay "$SCRATCH/eight"
FAULTY=keygen_gives_published_key:1,destroy_fails
refuses 2 "nothing was deleted" --ceremony "$SCRATCH/undeleted" --config \
	"$CLASH" --at "$AT" request "$OUTPUT/x.xml" \
	--algorithm ECDSAP256SHA256 --quarter 2033-q1
nothing_written

# A KSK's tag, and the one that it gets when it is revoked.
for tag in 23698 23826; do
	FAULTY=keygen_gives_published_key:1
	accepts --ceremony "$SCRATCH/ksk-$tag" --config \
		"$(faulty_policy "clash-$tag" "$tag")" --at "$AT" keygen \
		--label "ksk-$tag" --algorithm ECDSAP256SHA256
	equal "keygen's record" \
		"generating key discarding23698 discarded23698 generating key " \
		"$(events "$SCRATCH/ksk-$tag")"
	accepts replay "$SCRATCH/ksk-$tag"
done
FAULTY=

# forged DIR FILTER TEXT: the record, each line changed by the filter, and
# chained anew; replay says TEXT.
forged() {
	forge_record "$SCRATCH/$1" "$SCRATCH/forged" "$2"
	run replay "$SCRATCH/forged"
	equal "status of forged $2" 1 "$status"
	says "$3"
}
forged one 'if .event == "discarding" then .clashes_with.key_tag = 1 else . end' \
	"clashes_with, key_tag: recorded 1"
forged one 'if .event == "discarding" then .key.key_identifier = "x" else . end' \
	'key_identifier: recorded "x"'
forged one 'if .event == "discarded" then .event = "key" else . end' \
	'"key" is recorded where "discarded" is due'
forged one 'if (.event | startswith("discard")) then empty else . end' \
	'"generating" is recorded where "discarding" is due'
forged one 'if .event == "generating" then .bits = 1 | .label = "x" else . end' \
	"the key made is not the one intended"

# A request whose ZSKs are in files, and in no rehearsal, was none.
accepts --ceremony "$SCRATCH/files" --config "$FILES" --at "$AT" request \
	"$SCRATCH/on-record.xml" --zsk-dir "$KEYS"
forged files 'if .event == "zsk files" then .path = "" else . end' \
	'path: recorded ""'
forged files 'if .event == "zsk files" then .event = "token" else . end' \
	'"token" is recorded where "zsk files" is due'
finish
