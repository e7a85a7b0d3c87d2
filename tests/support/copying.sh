# shellcheck shell=bash
# What tests of copied keys share: two tokens, a KSK that may leave the first,
# a person at a terminal.  Sourced behind lib.sh.

RECORD=$SCRATCH/ceremony

# inventory_of HSM: what its token holds, one key a line.
inventory_of() {
	run --json inventory --hsm "$1"
	jq -r '.keys[] | "\(.label) \(.type) \(.attributes)"' "$SCRATCH/out"
}

# hash_of FILE
hash_of() {
	sha256sum "$1" | cut -c 1-64
}

# two_tokens NAME [OPTION]...: a workspace whose one configuration has the HSMs
# softhsm and second, each a SoftHSM of its own, and no KSK yet.
two_tokens() {
	local name=$1 first=$SCRATCH/$1/anchorite.yaml
	shift
	accepts init "$SCRATCH/$name" --at "$AT" "$@"
	accepts init "$SCRATCH/$name-2" --at "$AT" "$@"
	for dir in "$name" "$name-2"; do
		ANCHORITE_CONFIG=$SCRATCH/$dir/anchorite.yaml
		export ANCHORITE_CONFIG
		sed -i '/^    label: "ksk-1"$/a\    valid_until: 2026-11-16T00:00:00+00:00' \
			"$ANCHORITE_CONFIG"
		accepts --at 2026-12-01T00:00:00Z keydelete --label ksk-1 --batch
	done
	sed -n '/^hsm:/,/^$/p' "$ANCHORITE_CONFIG" |
		sed -e '1d;/^$/d' -e 's/softhsm:/second:/' >"$SCRATCH/second"
	sed -i -e "/^hsm:/r $SCRATCH/second" -e '/^keys:/,/^$/d' "$first"
	printf '\nkey_policy:\n  extractable: for-backup\n' >>"$first"
	ANCHORITE_CONFIG=$first
	CONFIG=$first
	WS=$SCRATCH/$name
	rm -rf "$RECORD"
}

# pin NAME LABEL ARGS...: a KSK that can be copied, in the configuration.
pin() {
	local name=$1 label=$2
	shift 2
	accepts --at "$AT" keygen --hsm softhsm --label "$label" "$@"
	grep -q '^keys:' "$CONFIG" || printf '\nkeys:\n' >>"$CONFIG"
	sed -n '/^  ksk_next:$/,/^$/p' "$SCRATCH/out" |
		sed -e "/^$/d" -e "s/ksk_next:/$name:/" >>"$CONFIG"
}

# accepts_replay: of the record, but for the configurations that differ.
accepts_replay() {
	run --json replay "$RECORD"
	equal "runs that are not replayed" '[]' "$(jq -c '[.differences[].text |
		select(test("the configuration changed") | not)]' \
		"$SCRATCH/out")"
}

# typed STATUS QUESTION ANSWER ARGS...: at a terminal, the program asks and is
# answered, in expect's spelling.
typed() {
	local wanted=$1 question=$2 answer=$3 status=0
	shift 3
	TYPED=$(printf '{%s} ' "$ANCHORITE" "$@")
	cat >"$SCRATCH/dialogue" <<-END
		set timeout 60
		spawn -noecho $TYPED
		expect {
			"$question" { }
			timeout { exit 98 }
			eof { exit 99 }
		}
		send -- "$answer"
		expect eof
		exit [lindex [wait] 3]
	END
	expect "$SCRATCH/dialogue" >"$SCRATCH/out" 2>"$SCRATCH/err" ||
		status=$?
	equal "status after \"$answer\"" "$wanted" "$status"
}
