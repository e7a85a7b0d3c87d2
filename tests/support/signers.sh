# What the tests with other signers share: a child zone whose KSK is ours, their
# zone, and a resolver that has only our KSK as anchor.  Sourced behind lib.sh.

L60=abcdefghijklmnopqrstabcdefghijklmnopqrstABCDEFGHIJKLMNOPQRST
LONG=${L60}xyz.${L60}xyz.${L60}xyz.\\255$L60.
# As an operator writes it, in canonical form, and as names of files have it,
# where it is not too long for that.
# shellcheck disable=SC2016
ZONES=(
	'A\.b.Example.' 'a\.b.example.' 'a%2Eb.example.'
	'2/8.2.0.192.in-addr.ARPA.' '2/8.2.0.192.in-addr.arpa.'
	'2%2F8.2.0.192.in-addr.arpa.'
	'x\032y\000\255.example.' 'x\032y\000\255.example.'
	'x%20y%00%FF.example.'
	'\097\$b\@\;\(\)\"\\.example.' 'a\$b\@\;\(\)\"\\.example.'
	'a%24b%40%3B%28%29%22%5C.example.'
	'XN--4GBRIM.' 'xn--4gbrim.' 'xn--4gbrim.'
	"$LONG" "$(tr '[:upper:]' '[:lower:]' <<<"$LONG")" ''
)

ZONE=example.
ZONE_PORT=$((20000 + RANDOM % 10000))
SERVER=

stop_server() {
	[ -z "$SERVER" ] || kill "$SERVER" 2>/dev/null || :
	[ -z "$SERVER" ] || wait "$SERVER" 2>/dev/null || :
	SERVER=
}
trap 'own_shell && { stop_server; rm -rf "$SCRATCH"; }' EXIT

# bind_9_20: its programs, which Debian 12 has only in the tree of tests/bind_tree.
bind_9_20() {
	local tree

	command -v dnssec-ksr >/dev/null || {
		tree=$(tests/bind_tree --where)
		[ -d "$tree/bin" ] || {
			echo "SKIPPED: no dnssec-ksr: tests/bind_tree makes one" >&2
			exit 77
		}
		PATH=$tree/bin:$PATH
	}
	needs dnssec-ksr dnssec-keygen dnssec-dsfromkey named rndc delv dig
}

# in_quotes: as YAML has it in quotes.
in_quotes() {
	sed 's/[\\"]/\\&/g'
}

# child_zone NAME EXAMPLE: a workspace with a KSK whose policy is the example's,
# for $ZONE.
child_zone() {
	local zone

	WS=$SCRATCH/$1
	accepts init "$WS" --zone "$ZONE" --algorithm ECDSAP256SHA256
	# As sed has it behind s///.
	zone=$(in_quotes <<<"$ZONE" | sed 's/[\\&/]/\\&/g')
	{
		sed '/^request_policy:/,/^$/d; /^ksk_policy:/,/^$/d' \
			"$WS/anchorite.yaml"
		echo "    ds_published: 2020-01-01T00:00:00Z"
		sed "/^#/d; /^keys:/,/^\$/d; s/\"example\\.\"/\"$zone\"/" \
			"docs/examples/$2.yaml"
	} >"$WS/policy.yaml"
	sed -i 's/^    valid_from: .*/    valid_from: 2020-01-01T00:00:00Z/' \
		"$WS/policy.yaml"
	chmod 600 "$WS/policy.yaml"
	export ANCHORITE_CONFIG=$WS/policy.yaml
}

# zone_file: of $ZONE, which has no names below it but for these.
zone_file() {
	cat <<END
$ZONE 3600 SOA ns.invalid. h.invalid. 1 3600 600 86400 300
$ZONE 3600 NS ns.invalid.
$ZONE 3600 TXT here
END
}

# knot_zone DIR SIDE...: $ZONE for knotd and keymgr, by $DIR/SIDE.conf: the side
# with the zone and its ZSKs, or one with a KSK of its own.
knot_zone() {
	local dir=$1 side

	shift
	mkdir -p "$dir/run"
	zone_file >"$dir/zone"
	for side in "$@"; do
		mkdir "$dir/$side"
		cat >"$dir/$side.conf" <<END
server:
    rundir: "$dir/run"
    listen: 127.0.0.1@$ZONE_PORT
database:
    storage: "$dir/$side"
log:
  - target: stderr
    any: info
policy:
  - id: p
    manual: on
    offline-ksk: on
    algorithm: ecdsap256sha256
    dnskey-ttl: 3600
    zone-max-ttl: 3600
    propagation-delay: 3600
    zsk-lifetime: 30d
    ksk-lifetime: 0
    rrsig-lifetime: 21d
    rrsig-refresh: 7d
zone:
  - domain: $ZONE
    storage: "$dir"
    file: "zone"
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: none
    dnssec-signing: on
    dnssec-policy: p
END
	done
}

# bind_zone DIR: $ZONE for named, with its ZSKs in DIR/zsk, and rndc.
bind_zone() {
	local dir=$1 port=$((ZONE_PORT + 1)) secret

	secret=$(head -c 32 /dev/urandom | base64)
	mkdir -p "$dir/zsk"
	zone_file >"$dir/zone"
	cat >"$dir/named.conf" <<END
options {
	directory "$dir"; pid-file "$dir/named.pid"; session-keyfile "$dir/session.key";
	listen-on port $ZONE_PORT { 127.0.0.1; }; listen-on-v6 { none; };
	recursion no; dnssec-validation no; allow-transfer { none; };
};
key "rndc-key" { algorithm hmac-sha256; secret "$secret"; };
controls { inet 127.0.0.1 port $port allow { 127.0.0.1; }
	keys { "rndc-key"; }; };
dnssec-policy "p" {
	offline-ksk yes;
	keys {
		ksk lifetime unlimited algorithm ecdsap256sha256;
		zsk lifetime P30D algorithm ecdsap256sha256;
	};
	dnskey-ttl 3600; max-zone-ttl 3600;
	publish-safety PT1H; retire-safety PT1H; zone-propagation-delay PT1H;
	signatures-validity P21D; signatures-validity-dnskey P21D;
	signatures-refresh P7D;
};
zone "$ZONE" {
	type primary; file "$dir/zone"; key-directory "$dir/zsk";
	dnssec-policy "p"; inline-signing yes;
};
END
	cat >"$dir/rndc.conf" <<END
key "rndc-key" { algorithm hmac-sha256; secret "$secret"; };
options { default-key "rndc-key"; default-server 127.0.0.1;
	default-port $port; };
END
}

# until_within SECONDS COMMAND...: it succeeds by then.
until_within() {
	local tries=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || fail "still not: $*"
		sleep 0.1
	done
}

# serves FLAGS: the server answers with a DNSKEY of these.
serves() {
	timeout 5 dig +short @127.0.0.1 -p "$ZONE_PORT" "$ZONE" DNSKEY |
		grep "^$1 " >/dev/null
}

# anchor KSK: $SCRATCH/anchor has this key of $ZONE alone.
anchor() {
	echo "trust-anchors { \"$ZONE\" static-key 257 3 13 \"$1\"; };" \
		>"$SCRATCH/anchor"
}

# delve [COMMAND...]: what a resolver with that anchor makes of the zone, by the
# command; true if it validates.
delve() {
	timeout 20 "$@" delv @127.0.0.1 -p "$ZONE_PORT" -a "$SCRATCH/anchor" \
		"+root=$ZONE" "$ZONE" TXT >"$SCRATCH/out" 2>&1 || :
	grep -q '^; fully validated' "$SCRATCH/out"
}

# ksk_of SKR: the first, in base64.
ksk_of() {
	"$ANCHORITE" show --format dns "$1" | awk '$4 == "DNSKEY" &&
		$5 == 257 && !n++ { print $8 }'
}

# validates SKR: with its KSK as the only anchor, and not with another.
validates() {
	local key

	key=$(ksk_of "$1")
	[ -n "$key" ] || fail "no KSK in $1"
	anchor "$key"
	delve || fail "a resolver does not validate the zone"
	echo "trust-anchors { \"$ZONE\" static-ds 1 13 2 \"$(printf '%064d' 1)\"; };" \
		>"$SCRATCH/anchor"
	! delve || fail "a resolver validates with any anchor"
	CASES=$((CASES + 2))
}

# serves_as SKR EXPIRATION: with our KSK as anchor the zone validates, its DNSKEYs
# are signed until that time, and what is for the parent is there.
serves_as() {
	local type

	validates "$1"
	equal "the RRSIG that it serves" "$2" \
		"$(dig +dnssec +short @127.0.0.1 -p "$ZONE_PORT" "$ZONE" DNSKEY |
			awk '$1 == "DNSKEY" { print $5 }')"
	for type in CDS CDNSKEY; do
		dig +dnssec +short @127.0.0.1 -p "$ZONE_PORT" "$ZONE" $type \
			>"$SCRATCH/out"
		grep -q "^$type " "$SCRATCH/out" ||
			fail "no signed $type is served"
	done
}

### A clock that servers and resolvers have instead of the machine's

# make_clock: $CLOCK is it.
make_clock() {
	CLOCK=$SCRATCH/clock.so
	export CLOCK_FILE=$SCRATCH/clock
	cc -O1 -D_GNU_SOURCE -shared -fPIC -o "$CLOCK" \
		ceremony-scripts/rollover/moving_clock.c -pthread ||
		fail "the clock does not compile"
	printf '\0\0\0\0\0\0\0\0' >"$CLOCK_FILE"
}

# clock_at SECONDS: since 1970; it goes on from there.
clock_at() {
	local octets

	octets=$(printf '%016x' $(($1 - $(date +%s))) | sed 's/../\\x&/g')
	# In one piece, into the very file that is mapped.
	# shellcheck disable=SC2059
	printf "$octets" | dd of="$CLOCK_FILE" bs=8 conv=notrunc status=none
}

# moved COMMAND...: by that clock.
moved() {
	LD_PRELOAD=$CLOCK "$@"
}

# served: what the server has for the DNSKEYs: the keys, and each signature's end.
served() {
	dig +dnssec +short @127.0.0.1 -p "$ZONE_PORT" "$ZONE" DNSKEY |
		awk '$1 ~ /^[0-9]+$/ { for (i = 5; i <= NF; i++) $4 = $4 $i
			print $1, $4 } $1 == "DNSKEY" { print $5 }' | sort
}

# record_of SKR I: the same of the response's record, from 0.
record_of() {
	jq -r --argjson i "$2" '.bundles[$i] | (.keys[] |
		"\(.flags) \(.public_key)"), (.signatures[] | .expiration |
		gsub("[-:T]"; "") | .[0:14])' "$1" | sort
}

serves_record() {
	[ "$(served)" = "$(record_of "$1" "$2")" ]
}

# walk SKR [COMMAND...]: from record to record, just before each begins and as it
# begins: the server has what the response says, once the command has told it to
# look, and a resolver validates.
walk() {
	local i n at

	accepts --json show "$1"
	cp "$SCRATCH/out" "$SCRATCH/records"
	anchor "$(ksk_of "$1")"
	n=$(jq '.bundles | length' "$SCRATCH/records")
	for ((i = 0; i < n; i++)); do
		at=$(date -d "$(jq -r ".bundles[$i].used_from" \
			"$SCRATCH/records")" +%s)
		if [ "$i" -gt 0 ]; then
			clock_at $((at - 2))
			serves_record "$SCRATCH/records" $((i - 1)) ||
				fail "record $i is gone before $((i + 1)) begins"
			delve env LD_PRELOAD="$CLOCK" ||
				fail "nobody validates before record $((i + 1))"
		fi
		clock_at "$at"
		delve env LD_PRELOAD="$CLOCK" ||
			fail "nobody validates as record $((i + 1)) begins"
		"${@:2}" >/dev/null
		until_within 10 serves_record "$SCRATCH/records" "$i"
		until_within 10 delve env LD_PRELOAD="$CLOCK"
		CASES=$((CASES + 2))
	done
}

# walk_out: behind a walk, until the last record has expired: none validates then.
walk_out() {
	local end

	end=$(date -d "$(jq -r '.bundles[-1].expiration' "$SCRATCH/records")" +%s)
	clock_at $((end - 5))
	delve env LD_PRELOAD="$CLOCK" || fail "nobody validates to the end"
	clock_at $((end + 1))
	! delve env LD_PRELOAD="$CLOCK" || fail "what expired validates"
	CASES=$((CASES + 2))
}
