# shellcheck shell=bash
#
# A small DNS of our own on loopback: one authoritative server (NSD) for a root
# zone and its children, and resolvers that validate (Unbound and BIND's named)
# whose clocks we move.  It is sourced, never run; lib.sh comes first, and, where
# it signs the root, platform/sign.sh.
#
# named sends all its queries to one port and listens only on addresses that an
# interface has.  So the authoritative server and each Unbound have an address
# of their own in 127/8 and one port in common, and each named has 127.0.0.1 and
# two ports: one for queries, the next for its control channel.

# What the world needs, as Debian packages.
WORLD_NEEDS='
build-essential   compiles cc make
nsd               command nsd
unbound           command unbound
bind9             command named
bind9-utils       command dnssec-signzone
bind9-dnsutils    command dig
ldnsutils         command ldns-verify-zone
jq                command jq
util-linux        command setpriv
'

# The queries that a resolver is judged by, and what a validating one answers.
QUESTIONS=(. SOA www.example. A www.other. A www.plain. A www.broken. A)
ALL_WELL='secure secure secure insecure SERVFAIL'
ALL_FAIL='SERVFAIL SERVFAIL SERVFAIL SERVFAIL SERVFAIL'
ALL_INSECURE='insecure insecure insecure insecure insecure'

# The first of 64 ports that nobody listens on or speaks from.
free_ports() {
	local first used

	while :; do
		first=$((RANDOM % 12000 + 20000))
		used=$(cat /proc/net/{tcp,udp}{,6} 2>/dev/null | awk '
			{ sub(/.*:/, "", $2); print $2 }' | while read -r port; do
			[[ $port =~ ^[0-9A-F]{4}$ ]] || continue
			[ $((16#$port)) -lt "$first" ] ||
				[ $((16#$port)) -ge $((first + 64)) ] ||
				echo used
		done) || true
		[ -n "$used" ] || break
	done
	echo "$first"
}

# world_begin DIR: an empty world in a folder that does not exist.
declare -A ADDRESS LISTENS KIND PID MAY_HALT POLLS
world_begin() {
	WORLD=$1
	mkdir -p -- "$WORLD/bin" "$WORLD/zones"
	# Sockets have names of 107 octets at most.
	SOCKETS=$(mktemp -d "${TMPDIR:-/tmp}/rollover.XXXXXX")
	NET=127.$((RANDOM % 254 + 1)).$((RANDOM % 254 + 1))
	PORT=$(free_ports)
	ADDRESS=() LISTENS=() KIND=() PID=() MAY_HALT=() POLLS=()
	NUDGES=0
	quietly cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -shared \
		-fPIC -o "$WORLD/bin/moving_clock.so" \
		"$ROOT/ceremony-scripts/rollover/moving_clock.c" -pthread ||
		die "moving_clock.c does not compile"
	# Copies: what a system's AppArmor lets its own named and unbound do
	# ends outside of their own folders.
	for server in named unbound nsd; do
		cp -- "$(command -v "$server")" "$WORLD/bin/$server"
	done
	clock_set "$EPOCHSECONDS"
}

# world_end: stops all that was started.  May be called more than once.
world_end() {
	local name

	[ -n "${WORLD-}" ] || return 0
	for name in "${!PID[@]}"; do
		stop "$name"
	done
	rm -rf -- "$SOCKETS"
}

# clock_set TIME: it is then, for every server, and goes on from there.
clock_set() {
	local i offset=$(($1 - EPOCHSECONDS)) octet text=

	for i in 56 48 40 32 24 16 8 0; do
		printf -v octet '\\x%02x' $((offset >> i & 255))
		text+=$octet
	done
	CLOCK_OFFSET=$offset
	# Eight octets in place: every server has this file mapped.
	printf '%b' "$text" 1<>"$WORLD/clock"
}

# clock_now: the world's time, in $REPLY as all that is asked for at each step of
# the clock: a subshell a time would be most of what a rehearsal costs.
clock_now() {
	REPLY=$((EPOCHSECONDS + CLOCK_OFFSET))
}

# in_world COMMAND...: runs it by the world's clock.
in_world() {
	CLOCK_FILE=$WORLD/clock LD_PRELOAD=$WORLD/bin/moving_clock.so "$@"
}

# start NAME COMMAND...: a server of that name.  It dies with this script even
# if that is killed.
start() {
	local name=$1

	shift
	unset "POLLS[$name]"
	CLOCK_FILE=$WORLD/clock LD_PRELOAD=$WORLD/bin/moving_clock.so \
		setpriv --pdeathsig TERM "$@" \
		</dev/null >>"$WORLD/$name/output" 2>&1 &
	PID[$name]=$!
}

# stop NAME: politely, and after five seconds no longer.
stop() {
	local pid=${PID[$1]-} i

	[ -n "$pid" ] || return 0
	unset "PID[$1]"
	kill "$pid" 2>/dev/null || true
	for i in {1..250}; do
		kill -0 "$pid" 2>/dev/null || break
		[ "$i" -lt 250 ] || kill -KILL "$pid" 2>/dev/null || true
		sleep 0.02
	done
	wait "$pid" 2>/dev/null || true
}

# wait_for WHAT COMMAND...: until the command succeeds, for a minute.
wait_for() {
	local what=$1 i

	shift
	for i in {1..3000}; do
		! "$@" || return 0
		sleep 0.02
	done
	die "$what: nothing after a minute; see $WORLD"
}

# dig_at NAME ARGUMENT...: asks the server of that name.
dig_at() {
	dig @"${ADDRESS[$1]}" -p "${LISTENS[$1]}" +time=5 +tries=2 +nocookie "${@:2}"
}

answers() {
	kill -0 "${PID[$1]}" 2>/dev/null ||
		die "$1 has ended; see $WORLD/$1/output"
	dig_at "$1" +time=1 +tries=1 +noall +comments "${2:-.}" SOA \
		>/dev/null 2>&1
}

# The authoritative server.

start_authority() {
	local zone

	ADDRESS[authority]=$NET.1
	LISTENS[authority]=$PORT
	mkdir -- "$WORLD/authority"
	{
		cat <<-END
			server:
			  ip-address: $NET.1@$PORT
			  username: ""
			  chroot: ""
			  database: ""
			  server-count: 1
			  ipv4-edns-size: 1232
			  zonesdir: "$WORLD/zones"
			  pidfile: "$WORLD/authority/pid"
			  xfrdfile: "$WORLD/authority/xfrd"
			  zonelistfile: "$WORLD/authority/zonelist"
			  xfrdir: "$SOCKETS"
			remote-control:
			  control-enable: yes
			  control-interface: "$SOCKETS/nsd"
		END
		for zone in . example. other. plain. broken.; do
			printf 'zone:\n  name: "%s"\n  zonefile: "%s"\n' \
				"$zone" "${zone}zone"
		done
	} >"$WORLD/authority/nsd.conf"
	start authority "$WORLD/bin/nsd" -d -c "$WORLD/authority/nsd.conf"
	wait_for "nsd" answers authority
}

# serve ZONEFILE SERIAL: the root zone from now on.
serve() {
	mv -- "$1" "$WORLD/zones/.zone"
	quietly nsd-control -c "$WORLD/authority/nsd.conf" reload . ||
		die "nsd does not reload"
	wait_for "root zone $2" serves "$2"
}

serves() {
	[[ $(dig_at authority +short . SOA) == *" $1 "* ]]
}

# Resolvers.  An anchor is a file of DNSKEY records in presentation form.

# unbound_server NAME NUMBER: what each Unbound's section "server:" begins with; it
# has the address of that number.
unbound_server() {
	ADDRESS[$1]=$NET.$2
	LISTENS[$1]=$PORT
	cat <<-END
		server:
		  username: ""
		  chroot: ""
		  directory: "$WORLD/$1"
		  pidfile: "$WORLD/$1/pid"
		  use-syslog: no
		  interface: $NET.$2@$PORT
		  outgoing-interface: $NET.$2
		  access-control: 127.0.0.0/8 allow
		  do-not-query-localhost: no
		  do-ip6: no
		  num-threads: 1
	END
}

# start_unbound NAME NUMBER KIND ANCHOR: KIND is follow (RFC 5011) or static.
start_unbound() {
	local name=$1 dir=$WORLD/$1 zone anchor

	KIND[$name]=unbound-$3
	mkdir -- "$dir"
	cp -- "$4" "$dir/root.key"
	anchor="auto-trust-anchor-file"
	[ "$3" = follow ] || anchor="trust-anchor-file"
	{
		unbound_server "$name" "$2"
		cat <<-END
			  log-time-ascii: yes
			  val-log-level: 2
			  msg-cache-size: 1m
			  rrset-cache-size: 1m
			  key-cache-size: 1m
			  neg-cache-size: 1m
			  infra-cache-numhosts: 100
			  outgoing-range: 64
			  module-config: "validator iterator"
			  $anchor: "$dir/root.key"
			remote-control:
			  control-enable: no
		END
		for zone in . example. other. plain. broken.; do
			printf 'stub-zone:\n  name: "%s"\n  stub-addr: %s@%s\n' \
				"$zone" "$NET.1" "$PORT"
		done
	} >"$dir/unbound.conf"
	run_unbound "$name"
}

run_unbound() {
	start "$1" "$WORLD/bin/unbound" -d -c "$WORLD/$1/unbound.conf"
	wait_for "$1" answers "$1"
}

# named_options KIND: what 9.18 wants to be told otherwise than 9.20.  Until then
# named locks a file that is not its caller's; 9.20 does not know the option, and
# ends at once.  From then on it keeps managed keys only as "auto", with anchors
# of its own, which are not this root's.
named_options() {
	if [[ $(named -v) =~ ^BIND\ 9\.1[0-9]\. ]]; then
		echo 'lock-file none; dnssec-validation yes;'
	elif [ "$1" = follow ]; then
		echo 'dnssec-validation auto;'
	else
		echo 'dnssec-validation yes;'
	fi
}

# named_control NAME NUMBER: what each named.conf begins with; its channel is behind
# the port of that number.
named_control() {
	ADDRESS[$1]=127.0.0.1
	LISTENS[$1]=$((PORT + 2 * $2))
	(
		umask 077
		printf 'key "%s" {\n\talgorithm hmac-sha256;\n\tsecret "%s";\n};\n' \
			control "$(head -c 32 /dev/urandom | base64)" \
			>"$WORLD/$1/rndc.key"
	)
	cat <<-END
		include "$WORLD/$1/rndc.key";
		controls {
			inet 127.0.0.1 port $((PORT + 2 * $2 + 1)) allow { any; }
			    keys { control; };
		};
	END
}

# start_named NAME NUMBER KIND ANCHOR [ALGORITHM]: as start_unbound; it does not
# know the algorithm.
start_named() {
	local name=$1 dir=$WORLD/$1 word=initial-key lacks=

	KIND[$name]=named-$3
	[ "$3" = follow ] || word=static-key
	[ -z "${5-}" ] || lacks="disable-algorithms \".\" { $5; };"
	mkdir -- "$dir"
	printf '. 3600000 IN NS server.\nserver. 3600000 IN A %s.1\n' "$NET" \
		>"$dir/hints"
	{
		named_control "$name" "$2"
		cat <<-END
			logging {
				channel file {
					file "$dir/log";
					severity info;
					print-time yes;
					print-category yes;
				};
				category default { file; };
			};
			options {
				directory "$dir";
				managed-keys-directory "$dir";
				pid-file "$dir/pid";
				$(named_options "$3")
				$lacks
				session-keyfile "$dir/session.key";
				port $PORT;
				listen-on port ${LISTENS[$name]} { 127.0.0.1; };
				listen-on-v6 { none; };
				recursion yes;
				allow-query { any; };
				max-cache-size 8m;
			};
			zone "." { type hint; file "$dir/hints"; };
			trust-anchors {
		END
		awk -v word="$word" '$4 == "DNSKEY" {
			key = ""
			for (i = 8; i <= NF; i++)
				key = key $i
			printf "\t%s %s %s %s %s \"%s\";\n", $1, word, $5, $6, $7, key
		}' "$4"
		echo "};"
	} >"$dir/named.conf"
	run_named "$name"
}

run_named() {
	start "$1" "$WORLD/bin/named" -f -4 -n 1 \
		-c "$WORLD/$1/named.conf"
	wait_for "$1" answers "$1"
}

# pause NAME, resume_named NAME: off for a while, its state kept.
pause() {
	stop "$1"
	unset "KIND[$1]"
}

resume_named() {
	KIND[$1]=named-follow
	run_named "$1"
}

control_named() {
	local port=${LISTENS[$1]}

	in_world rndc -s 127.0.0.1 -p $((port + 1)) -y control \
		-k "$WORLD/$1/rndc.key" "${@:2}"
}

# next_poll NAME: when a follower asks for the root's keys next, by its own
# account, in $REPLY; nothing if it does not say.
next_poll() {
	local line next=

	case ${KIND[$1]} in
	unbound-follow)
		while read -r line; do
			[[ $line != ';;next_probe_time: '* ]] ||
				read -r _ next _ <<<"$line"
		done <"$WORLD/$1/root.key"
		;;
	named-follow)
		line=$(control_named "$1" managed-keys status 2>/dev/null) || true
		if [[ $line =~ .*'next scheduled event: '([^$'\n']+) ]]; then
			next=$(date -u -d "${BASH_REMATCH[1]}" +%s 2>/dev/null) ||
				true
		fi
		;;
	esac
	REPLY=$next
}

# polled NAME: its next poll lies ahead, as it said when it was last asked.
polled() {
	local now

	clock_now
	now=$REPLY
	[ "${POLLS[$1]:-0}" -le "$now" ] || return 0
	next_poll "$1"
	POLLS[$1]=$REPLY
	[ "${REPLY:-0}" -gt "$now" ]
}

# polls_soon NAME: waits for it two seconds at most.
polls_soon() {
	local i

	for i in {1..40}; do
		! polled "$1" || return 0
		sleep 0.05
	done
	return 1
}

# settle: every follower whose time to poll has come has polled.
#
# BIND 9.18 at times schedules no other poll: when two of its fetches delete the
# old key at once, the second is "not exact" and the last.  It is then asked to
# refresh, or restarted with its state, as its operator would who reads the log.
# NUDGES counts that.  One that can no longer validate may come to the same
# halt; whoever is in MAY_HALT is left there.
settle() {
	local name

	for name in "${!KIND[@]}"; do
		[[ ${KIND[$name]} = *-follow ]] || continue
		[ "${MAY_HALT[$name]-}" != halted ] || continue
		polls_soon "$name" || halted "$name"
	done
}

halted() {
	if [ -n "${MAY_HALT[$1]-}" ]; then
		MAY_HALT[$1]=halted
	elif [ "${KIND[$1]}" = named-follow ]; then
		nudge "$1"
	else
		wait_for "$1" polled "$1"
	fi
}

nudge() {
	NUDGES=$((NUDGES + 1))
	control_named "$1" managed-keys refresh >/dev/null 2>&1 || true
	! polls_soon "$1" || return 0
	stop "$1"
	run_named "$1"
	wait_for "$1" polled "$1"
}

# forget NAME: a static resolver's caches are emptied.
forget() {
	case ${KIND[$1]} in
	unbound-*)
		stop "$1"
		run_unbound "$1"
		;;
	named-*)
		control_named "$1" flush >/dev/null ||
			die "$1 does not empty its cache"
		;;
	esac
}

# ask NAME: its answers to QUESTIONS, as in ALL_WELL.
ask() {
	dig_at "$1" +noall +comments "${QUESTIONS[@]}" 2>&1 | awk '
		/HEADER/ { sub(/.*status: /, ""); sub(/,.*/, ""); status = $0 }
		/^;; flags:/ {
			sub(/;[^;]*$/, "")
			print status != "NOERROR" ? status : \
			    / ad(;| |$)/ ? "secure" : "insecure"
		}
		/no servers could be reached|timed out/ { print "timeout" }' |
		paste -sd ' '
}

# ask_all NAME...: asks them at the same time; $WORLD/NAME/answers.
ask_all() {
	local name asked=()

	for name in "$@"; do
		ask "$name" >"$WORLD/$name/answers" &
		asked+=($!)
	done
	wait "${asked[@]}" || true # what they said tells
}

# Zones.

# make_children BEGIN END: the children, signed for all that time but for
# plain., which is not signed; broken. is not signed by the key of its DS.  All by
# RSA, which every resolver here can verify.
make_children() {
	local zone key dir=$WORLD/children

	mkdir -- "$dir"
	for zone in example. other. broken.; do
		key=$(cd -- "$dir" && dnssec-keygen -q -a RSASHA256 -b 2048 \
			-f KSK "$zone")
		dnssec-dsfromkey -2 "$dir/$key.key" >>"$dir/ds"
		if [ "$zone" = broken. ]; then
			key=$(cd -- "$dir" && dnssec-keygen -q \
				-a RSASHA256 -b 2048 -f KSK "$zone")
		fi
		cp -- "$ROOT/ceremony-scripts/rollover/child.zone" "$dir/$zone"
		cat -- "$dir/$key.key" >>"$dir/$zone"
		quietly dnssec-signzone -P -z -o "$zone" -d "$dir" \
			-s "$(stamp "$1")" -e "$(stamp "$2")" \
			-f "$WORLD/zones/${zone}zone" "$dir/$zone" \
			"$dir/$key" || die "$zone cannot be signed"
	done
	cp -- "$ROOT/ceremony-scripts/rollover/child.zone" \
		"$WORLD/zones/plain.zone"
	# NSD wants a zone to begin with.
	{
		cat -- "$ROOT/ceremony-scripts/rollover/root.zone"
		printf 'server. 172800 IN A %s.1\n' "$NET"
	} >"$WORLD/zones/.zone"
	cat -- "$WORLD/zones/.zone" "$dir/ds" >"$WORLD/unsigned"
}

# sign_root RRSET SERIAL BEGIN END ZSK...: $WORLD/root.zone, the root zone with
# a slot's DNSKEY RRset and its RRSIGs as they are in the file RRSET; each ZSK, a
# name of files as dnssec-keygen makes them, signs all the rest.
sign_root() {
	sed "s/hostmaster\. 1 /hostmaster. $2 /" "$WORLD/unsigned" \
		>"$WORLD/unsigned.slot"
	grep ' IN DNSKEY ' "$1" >>"$WORLD/unsigned.slot"
	sign_zone . "$3" "$4" "$WORLD/unsigned.slot" "$WORLD/signed" "${@:5}" ||
		die "the root zone cannot be signed with ${*:5}"
	{
		grep -vE '^;|[[:space:]]RRSIG[[:space:]]+DNSKEY[[:space:]]' \
			"$WORLD/signed"
		grep ' IN RRSIG ' "$1"
	} >"$WORLD/root.zone"
}
