#!/bin/bash
# A KSK is copied under a key that officers' components make: each is typed or in
# its officer's file, compared by its check value, and nowhere else: not in the
# record, the arguments or the program's memory.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
# shellcheck source=tests/support/copying.sh
. tests/support/copying.sh
needs jq openssl expect python3

umask 077
for officer in 1 2 3; do
	openssl rand -hex 32 | sed 's/......../& /g; s/ $//' \
		>"$SCRATCH/component-$officer"
done
C=("$SCRATCH/component-1" "$SCRATCH/component-2" "$SCRATCH/component-3")
FILES=(--component-file "${C[0]}" --component-file "${C[1]}" --component-file "${C[2]}")

# check_of FILE...: the check value of the key that these components make, by
# other means.
check_of() {
	python3 - "$@" >"$SCRATCH/key" <<-'PY'
		import sys
		key = 0
		for name in sys.argv[1:]:
		    key ^= int("".join(open(name).read().split()), 16)
		print(f"{key:064x}", end="")
	PY
	head -c 16 /dev/zero | openssl enc -aes-256-ecb -nopad \
		-K "$(cat "$SCRATCH/key")" | od -An -tx1 -N3 |
		tr 'a-f' 'A-F' | sed 's/^ //'
}

# none_told PLACE...: no component, in whatever spelling, is in these files.
none_told() {
	local file word
	for file in "${C[@]}"; do
		for word in $(cat "$file") "$(tr -d ' \n' <"$file")"; do
			! grep -rqiF -- "$word" "$@" ||
				fail "a component is in $*"
		done
	done
	CASES=$((CASES + 1))
}

two_tokens ws --algorithm ECDSAP256SHA256
pin ksk_current ksk-1 --algorithm ECDSAP256SHA256
accepts --at "$AT" request "$WS/ksr.xml" --zsk-dir "$WS/zsks"

### the list, one officer at the terminal

typed 0 'Component 3 of 3: ' "$(cat "${C[2]}")\r" --ceremony "$RECORD" \
	--at "$AT" transport "$WS/list" --components 3 --hsm second \
	"${FILES[@]:0:4}"
none_told "$SCRATCH/out" "$RECORD" "$WS/list"
for officer in 1 2 3; do
	says "component $officer: check value $(check_of "${C[officer - 1]}")"
	grep -qx "$officer $(check_of "${C[officer - 1]}")" "$WS/list" ||
		fail "component $officer is not in the list"
done
whole=$(check_of "${C[@]}")
grep -qx "whole $whole" "$WS/list" || fail "all of them are not in the list"
HASH=$(hash_of "$WS/list")
equal "who gave them" 'file file terminal' "$(jq -r 'select(.event ==
	"component").by' "$RECORD/log.jsonl" | xargs)"
TO=(--to "$WS/list" --recipient-sha256 "$HASH")

### copied, the first deleted, a quarter signed by the second

accepts --at "$AT" backup --hsm softhsm --label ksk-1 --batch "${TO[@]}" \
	"${FILES[@]}" "$WS/ksk-1.backup"
says "Key of all components check value $whole"
equal "what is in the backup" 'COMPONENTS_XOR 3 null' "$(jq -r \
	'"\(.carried_by) \(.components | length) \(.carrier)"' \
	"$WS/ksk-1.backup")"
accepts --at "$AT" restore --hsm second "${FILES[@]}" "$WS/ksk-1.backup"
says "Key of all components check value $whole"
says "CKA_LOCAL, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE"
sed '/^    label: "ksk-1"$/a\    valid_until: 2026-11-16T00:00:00+00:00' \
	"$CONFIG" >"$WS/ended.yaml"
accepts --config "$WS/ended.yaml" --at 2026-12-01T00:00:00Z keydelete \
	--hsm softhsm --label ksk-1 --batch
accepts --at "$AT" sign --hsm second "$WS/ksr.xml" "$WS/skr.xml" --first \
	--batch
accepts verify "$WS/ksr.xml" "$WS/skr.xml"
accepts_replay
accepts log show "$RECORD"
says "an officer gave component 3 of 3 (terminal): check value"
none_told "$RECORD" "$WS/ksk-1.backup" "$WS/skr.xml"
equal "secret keys that are left" '' "$(find "$WS/tokens" "$WS-2/tokens" \
	-newer "$WS/list" -name '*.object' -exec grep -lF -- "$whole" {} +)"
accepts --config "$WS/ended.yaml" --at 2026-12-01T00:00:00Z keydelete \
	--hsm second --label ksk-1 --batch

### what is refused, with nothing done

pin ksk_other ksk-2 --algorithm ECDSAP256SHA256
first=$(inventory_of softhsm)
second=$(inventory_of second)

# refused STATUS TEXT ARGS...
refused() {
	refuses "$1" "$2" --at "$AT" "${@:3}"
	equal "the first token after: $2" "$first" "$(inventory_of softhsm)"
	equal "the second token after: $2" "$second" "$(inventory_of second)"
	[ ! -e "$WS/none" ] || fail "a file after: $2"
	none_told "$SCRATCH/err"
}
list=(transport "$WS/none" --hsm second)
for n in 0 1 10 3x; do
	refused 2 "--components: \"$n\", expected 2 to 9" "${list[@]}" \
		--components "$n"
done
refused 2 'makes no key: neither --label nor --size' "${list[@]}" \
	--components 3 --label x
refused 2 '--label is missing (or --components)' "${list[@]}"
refused 2 '--component-file: 1 files, for 0 components' "${list[@]}" --label x \
	--component-file "${C[0]}"
refused 2 '--component-file: 3 files, for 2 components' "${list[@]}" \
	--components 2 "${FILES[@]}"
refused 2 'component 3 of 3 must be typed and there is no terminal' \
	"${list[@]}" --components 3 "${FILES[@]:0:4}"
refused 1 'the components cancel each other out' "${list[@]}" --components 2 \
	--component-file "${C[0]}" --component-file "${C[0]}"
refused 2 'components 1 and 3 have the same check value' "${list[@]}" \
	--components 3 --component-file "${C[0]}" --component-file "${C[1]}" \
	--component-file "${C[0]}"
# wrong TEXT CONTENT: a file that holds no component.
wrong() {
	printf '%s\n' "$2" >"$SCRATCH/wrong"
	refused "${3-2}" "$1" "${list[@]}" --components 2 \
		--component-file "$SCRATCH/wrong" --component-file "${C[1]}"
}
wrong 'a component is 64 hex digits' "$(cut -c 1-60 "${C[0]}")"
wrong 'a component is 64 hex digits' "$(cat "${C[0]}")0"
wrong 'a component is 64 hex digits' "$(sed 's/./x/9' "${C[0]}")"
wrong 'the component is all zeros' "$(printf '%064d' 0)" 1
wrong 'holds a blank at an end beside the component' "$(cat "${C[0]}") "
chmod 644 "$SCRATCH/wrong"
wrong 'wrong' "$(cat "${C[0]}")"
# A token that makes no such key is found out before anybody gives a component.
TARGET=$(sed -n 's/^    module: "\(.*\)"$/\1/p' "$CONFIG" | head -n 1)
sed "s|module: .*|module: \"$TEST_BIN/libfailing_calls.so\"|" "$CONFIG" \
	>"$WS/failing.yaml"
export FAILING_TARGET=$TARGET FAILING_CALL=0 FAILING_RV=0xd1
export FAILING_HOW=instead FAILING_CALLS=$SCRATCH/calls
run --config "$WS/failing.yaml" --at "$AT" "${list[@]}" --components 3
FAILING_CALL=$(grep -n -m 1 '^C_CreateObject$' "$SCRATCH/calls" | cut -d : -f 1)
refused 2 "it makes no key of officers' components: the AES key: C_CreateObject: CKR_TEMPLATE_INCONSISTENT" \
	--config "$WS/failing.yaml" "${list[@]}" --components 3
unset FAILING_CALLS

copy=(backup --hsm softhsm --label ksk-2 --batch "$WS/none" "${TO[@]}")
refused 1 'component 2: its check value is' "${copy[@]}" \
	--component-file "${C[0]}" --component-file "${C[2]}" --component-file "${C[1]}"
refused 2 '--component-file: 4 files, for 3 components' "${copy[@]}" \
	"${FILES[@]}" --component-file "${C[0]}"
sed 's/^2 00/2 01/;t;s/^2 ../2 00/' "$WS/list" >"$WS/other"
refused 1 'announced was' backup --hsm softhsm --label ksk-2 --batch \
	"$WS/none" --to "$WS/other" --recipient-sha256 "$HASH" "${FILES[@]}"
echo >>"$WS/other"
refused 2 'is no list of components' backup --hsm softhsm --label ksk-2 \
	--batch "$WS/none" --to "$WS/other" --recipient-sha256 \
	"$(hash_of "$WS/other")" "${FILES[@]}"

back=(restore --hsm second "$WS/ksk-1.backup")
refused 1 'component 1: its check value is' "${back[@]}" \
	--component-file "${C[1]}" --component-file "${C[1]}" --component-file "${C[2]}"
refused 2 "--transport-key: the backup is wrapped under the key of 3 officers' components" \
	"${back[@]}" --transport-key transport-1
# One bit anywhere.
SIZE=$(stat -c %s "$WS/ksk-1.backup")
for at in $(seq 5 "$(one_of 97)" $((SIZE - 1))); do
	python3 - "$WS/ksk-1.backup" "$WS/bit.backup" "$at" <<-'PY'
		import sys
		octets = bytearray(open(sys.argv[1], "rb").read())
		at = int(sys.argv[3])
		octets[at] ^= 1 << at % 7
		open(sys.argv[2], "wb").write(octets)
	PY
	run --at "$AT" restore --hsm second "${FILES[@]}" "$WS/bit.backup"
	[ "$status" -ne 0 ] || fail "octet $at was changed, and it is restored"
	CASES=$((CASES + 1))
done
equal "the second token after changed bits" "$second" "$(inventory_of second)"
accepts_replay

### nowhere in the program's own memory

# The module does not come back from C_WrapKey: all components were given.
export FAILING_CALL=0 FAILING_RV=0x5 FAILING_HOW=hangs
export FAILING_CALLS=$SCRATCH/calls
rm -f "$SCRATCH/calls"
hanging=(--config "$WS/failing.yaml" --ceremony "$SCRATCH/hanging" --at "$AT"
	backup --hsm softhsm --label ksk-2 --batch "${TO[@]}" "${FILES[@]}")
"$ANCHORITE" "${hanging[@]}" "$WS/ksk-2.backup" >"$SCRATCH/out" \
	2>"$SCRATCH/err" || fail "the key is not copied"
FAILING_CALL=$(grep -n '^C_WrapKey$' "$SCRATCH/calls" | tail -n 1 |
	cut -d : -f 1)
rm "$SCRATCH/calls"
"$ANCHORITE" "${hanging[@]}" "$WS/none" >"$SCRATCH/out" 2>"$SCRATCH/err" \
	</dev/null &
pid=$!
for ((tries = 0; tries < 600; tries++)); do
	[ ! -e "$SCRATCH/calls" ] ||
		[ "$(wc -l <"$SCRATCH/calls")" -lt "$FAILING_CALL" ] || break
	sleep 0.1
done
# The key of all of them is there, in the page that is locked and shared: the one
# who looks would have found a component.
check_of "${C[@]}" >"$SCRATCH/whole"
PYTHONPATH=tests/support python3 -B - "$pid" "$SCRATCH/key" "${C[@]}" \
	>"$SCRATCH/found" <<-'PY'
	import sys
	from memory import mapped
	words = {}
	for name in sys.argv[2:]:
	    text = "".join(open(name).read().split())
	    short = name.rsplit("/", 1)[-1]
	    words[short] = [bytes.fromhex(text), text.encode(),
	        open(name).read().strip().encode()]
	found = set()
	for line, octets in mapped(sys.argv[1]):
	    for name, forms in words.items():
	        if any(form in octets for form in forms):
	            found.add(name + (" shared" if line.split()[1][3] == "s" else ""))
	print(*sorted(found))
PY
kill "$pid"
wait "$pid" 2>/dev/null || true
equal "what is in memory of the components" "key shared" \
	"$(cat "$SCRATCH/found")"
none_told "$SCRATCH/hanging" "$WS/ksk-2.backup" "$SCRATCH/out" "$SCRATCH/err"
finish
