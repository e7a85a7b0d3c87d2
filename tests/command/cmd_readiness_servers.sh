#!/bin/bash
# The signals of real validators at a real server: Unbound and dig ask BIND's
# named, which logs them and taps them; both of its records say what was sent.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs named unbound dig dnssec-keygen dnssec-signzone

READINESS=$(dirname -- "$(realpath "$ANCHORITE")")/anchorite-readiness
needs "$READINESS"
cd "$SCRATCH"
# The servers may run as somebody else.
chmod 755 .

pids=()
stop_all() {
	local pid
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	rm -rf "$SCRATCH"
}
trap 'own_shell && stop_all' EXIT

# until_it COMMAND...: within ten seconds.
until_it() {
	local i
	for ((i = 0; i < 100; i++)); do
		! "$@" >out 2>&1 || return 0
		sleep 0.1
	done
	fail "within ten seconds: $*"
}

PORT=$((20000 + RANDOM % 20000))
mkdir zone
key=$(cd zone && dnssec-keygen -q -f KSK -a ECDSAP256SHA256 . 2>../err)
zsk=$(cd zone && dnssec-keygen -q -a ECDSAP256SHA256 . 2>../err)
cat >zone/root - "zone/$key.key" "zone/$zsk.key" <<'END2'
. 60 IN SOA ns. ns. 1 60 60 60 60
. 60 IN NS ns.
ns. 60 IN A 127.0.0.1
END2
dnssec-signzone -o . -K zone -f zone/signed zone/root >out 2>err ||
	fail "the zone cannot be signed"
TAG=$((10#${key##*+}))

cat >named.conf <<END2
options {
	directory "$SCRATCH"; listen-on port $PORT { 127.0.0.1; };
	listen-on-v6 { none; }; recursion no; pid-file none;
	session-keyfile none; querylog yes; dnssec-validation no;
	dnstap { auth query; }; dnstap-output file "$SCRATCH/tap";
};
controls { };
zone "." { type primary; file "$SCRATCH/zone/signed"; };
logging {
	channel q {
		file "$SCRATCH/query.log"; print-time iso8601-utc;
		print-category yes; print-severity yes;
	};
	channel t { file "$SCRATCH/telemetry.log"; print-time iso8601-utc; };
	category queries { q; };
	category trust-anchor-telemetry { t; };
};
END2
named -f -c named.conf >named.out 2>&1 &
pids+=($!)
until_it dig @127.0.0.1 -p "$PORT" +tries=1 +time=1 . SOA

# validator N MINIMISES: one that trusts the zone's key, and asks from 127.0.0.N.
validator() {
	cat >"unbound$1.conf" <<END2
server:
	interface: 127.0.0.1
	port: $((PORT + $1))
	outgoing-interface: 127.0.0.$1
	qname-minimisation: $2
	directory: "$SCRATCH"
	chroot: ""
	username: ""
	pidfile: ""
	use-syslog: no
	do-not-query-localhost: no
	trust-anchor-signaling: yes
	trust-anchor: "$(grep -v '^;' "zone/$key.key")"
	module-config: "validator iterator"
stub-zone:
	name: "."
	stub-addr: 127.0.0.1@$PORT
	stub-prime: no
remote-control:
	control-enable: no
END2
	unbound -d -c "unbound$1.conf" >"unbound$1.out" 2>&1 &
	pids+=($!)
	until_it dig @127.0.0.1 -p $((PORT + $1)) +tries=1 +time=1 ns. A
	until_it grep -i " 127.0.0.$1#.*_ta-$(printf '%04x' "$TAG")" query.log
}
validator 7 yes
validator 8 no

# What other validators would say, from other addresses.
ask() {
	local from=$1
	shift
	dig @127.0.0.1 -p "$PORT" -b "127.0.0.$from" +norec +tries=1 +time=2 \
		"$@" >out 2>&1 || fail "dig $*"
}
ask 2 _ta-4a5c. NULL
ask 3 +tcp _TA-4f66-4A5C. NULL
ask 4 . DNSKEY +ednsopt=14:4a5c4f66
ask 5 _ta-zzzz. NULL
ask 5 . DNSKEY
for pid in "${pids[@]}"; do
	kill "$pid"
	wait "$pid" || :
done
pids=()

wanted=$(printf '%s\n' "127.0.0.2 4a5c" "127.0.0.3 4a5c-4f66" \
	"127.0.0.4 4a5c-4f66" "127.0.0.7 $(printf '%04x' "$TAG")" \
	"127.0.0.8 $(printf '%04x' "$TAG")")
said() {
	"$READINESS" read "$@" >out 2>err || fail "read $*"
	sed -n '/^rows$/,/^end /p' "$1" | sed '1d; $d' | cut -d ' ' -f 1,2
}
equal "of the tap" "$wanted" "$(said tap.signals tap)"
equal "of both logs" "$wanted" \
	"$(said logs.signals query.log telemetry.log)"
equal "of the telemetry log alone, which has no minimised names" \
	"$(grep -v '127.0.0.7' <<<"$wanted")" \
	"$(said telemetry.signals telemetry.log)"
equal "of the query log alone, which knows no options" \
	"$(grep -v '127.0.0.4' <<<"$wanted")" "$(said query.signals query.log)"
for summary in tap query; do
	equal "names that are none in $summary" 1 \
		"$(sed -n 's/^count name //p' "$summary.signals")"
	equal "signals by TCP in $summary" 1 \
		"$(sed -n 's/^count tcp4 //p' "$summary.signals")"
	equal "minimised signals in $summary" 1 \
		"$(sed -n 's/^count signals-minimised //p' "$summary.signals")"
done
finish
