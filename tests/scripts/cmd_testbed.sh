#!/bin/bash
# The testbed: its zones before real resolvers, configured by the lines of its own
# pages, for 45 days in moved time, with the server killed and a day lost; its
# pages, its mail, and what it says to each resolver.  Two zones and the days on
# which something happens; all of them, and every day, with WHOLE.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
PATH=$PATH:/usr/sbin:/sbin
needs nsd unbound named rndc dig dnssec-signzone jq setpriv kresd pdns_recursor

export TMPDIR=$SCRATCH
# shellcheck source=ceremony-scripts/lib.sh
. ceremony-scripts/lib.sh
# shellcheck source=ceremony-scripts/rollover/world.sh
. ceremony-scripts/rollover/world.sh
script=$ROOT/ceremony-scripts/testbed
export ANCHORITE
BED=$SCRATCH/bed
DAY=86400
START=2027-02-01
cleanup() {
	world_end
	rm -rf "$SCRATCH"
}
trap 'own_shell && cleanup' EXIT

WORLD=
world_begin "$SCRATCH/world"
mkdir "$WORLD/authority"
SERVER=$NET.1@$PORT
kinds=(backed-out roll)
days=(0 1 2 6 14 20 22 30 32 33 34 41 42 45)
if [ -n "${WHOLE-}" ]; then
	kinds=(algorithm backed-out postponed roll)
	mapfile -t days < <(seq 0 20; seq 22 "${WHOLE_DAYS:-45}")
fi

### Made, refused, and safe beside nothing real

options=()
for kind in "${kinds[@]}"; do
	options+=(--kind "$kind")
done
ends 0 "$script" init "$BED" --start "$START" --listen "$SERVER" "${options[@]}"
ends 2 "$script" init "$BED" --start "$START"
grep -q 'exists' "$SCRATCH/err" || fail "a testbed is made over another"
ends 2 "$script" add "$BED" roll --start "$START"
grep -q "there is a zone roll-$START" "$SCRATCH/err" || fail "a zone twice"
ends 2 "$script" add "$BED" sideways
grep -q 'kind "sideways" is not known' "$SCRATCH/err" || fail "a kind"
ends 2 "$script" init "$SCRATCH/$(printf 'x%.0s' {1..90})"
grep -q 'path is too long' "$SCRATCH/err" || fail "a long path"
ends 2 "$script" status "$SCRATCH"
grep -q 'is no testbed' "$SCRATCH/err" || fail "no testbed"
mkdir "$SCRATCH/real"
echo 'ksk_policy: {signers_name: "."}' >"$SCRATCH/real/anchorite.yaml"
(
	cd "$SCRATCH/real"
	ends 2 "$script" status "$BED"
)
grep -q 'configuration of real ceremonies' "$SCRATCH/err" ||
	fail "it runs where real keys are"
zones=()
for kind in "${kinds[@]}"; do
	zones+=("$kind-$START")
done
for zone in "${zones[@]}"; do
	accepts replay "$BED/zones/$zone/ceremony" \
		--config "$BED/zones/$zone/anchorite.yaml"
done

# What happens on which day, as docs/testbed.md has it.
declare -A calendar=(
	[roll]='0 begin 1 published 3 late 31 trusted 33 fixed-fails 33 signs 41 revoked 73 gone 81 end'
	[algorithm]='0 begin 7 published 7 signs 11 late 37 trusted 41 fixed-fails 41 revoked 41 signs 73 gone 89 end'
	[postponed]='0 begin 1 published 11 late 31 trusted 41 fixed-fails 41 signs 49 revoked 81 gone 89 end'
	[backed-out]='0 begin 1 published 3 late 31 trusted 33 fixed-fails 33 signs 41 fixed-recovers 41 signs 49 fixed-fails 49 signs 57 revoked 89 gone 97 end'
)
for kind in "${kinds[@]}"; do
	equal "the days of $kind" "${calendar[$kind]}" "$(awk -v day="$DAY" \
		-v start="$(date -u -d "$START" +%s)" '{
			print ($1 - start) / day, $2 }' \
		"$BED/zones/$kind-$START/events" | sort -k1,1n -k2 |
		paste -sd ' ')"
done

### What the pages say is what their software takes

page() {
	echo "$BED/pages/$1.html"
}

# lines_of ZONE SOFTWARE: what stands below that heading, as it is typed; the
# resolver's own folder in the place of the package's.
lines_of() {
	awk -v wanted="<h3>$2</h3>" '
		$0 == wanted { below = 1 }
		below && /<pre><code>/ { on = 1; sub(/.*<pre><code>/, "") }
		on && /<\/code>/ { sub(/<\/code>.*/, ""); print; exit }
		on { print }' "$(page "$1")" |
		sed 's/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g' |
		sed "s#/var/lib/[a-z-]*/#$dir/#"
}

# resolver NAME NUMBER SOFTWARE ANCHOR: with the lines of each zone's page as it
# is now; ANCHOR is follow or static.
resolver() {
	local name=$1 zone dir=$WORLD/$1

	mkdir "$dir"
	for zone in "${zones[@]}"; do
		cp "$BED/pages/$zone.key" "$dir/"
	done
	"configure_$3" "$2" "$4"
}

configure_unbound() {
	local zone

	KIND[$name]=unbound-$2
	{
		unbound_server "$name" "$1"
		cat <<-END
			remote-control:
			  control-enable: no
			stub-zone:
			  name: "testbed.example."
			  stub-addr: $SERVER
		END
		for zone in "${zones[@]}"; do
			printf 'stub-zone:\n  name: "%s"\n  stub-addr: %s\n' \
				"$zone.testbed.example." "$SERVER"
			lines_of "$zone" Unbound | if [ "$2" = static ]; then
				sed 's/auto-trust-anchor-file/trust-anchor-file/'
			else
				cat
			fi
		done
	} >"$dir/unbound.conf"
	quietly unbound-checkconf "$dir/unbound.conf" ||
		fail "Unbound does not take the page's lines"
	start "$name" "$WORLD/bin/unbound" -d -c "$dir/unbound.conf"
	wait_for "$name" up "$name"
}

configure_named() {
	local zone

	KIND[$name]=named-$2
	{
		named_control "$name" "$1"
		cat <<-END
			options {
				directory "$dir";
				managed-keys-directory "$dir";
				pid-file "$dir/pid";
				$(named_options "$2")
				session-keyfile "$dir/session.key";
				listen-on port ${LISTENS[$name]} { 127.0.0.1; };
				listen-on-v6 { none; };
				allow-query { any; };
				max-cache-size 8m;
			};
			zone "testbed.example." {
				type forward;
				forward only;
				forwarders { ${SERVER%@*} port $PORT; };
			};
		END
		for zone in "${zones[@]}"; do
			lines_of "$zone" BIND
		done
	} >"$dir/named.conf"
	quietly named-checkconf "$dir/named.conf" ||
		fail "BIND does not take the page's lines"
	start "$name" "$WORLD/bin/named" -f -4 -n 1 -c "$dir/named.conf"
	wait_for "$name" up "$name"
}

# up NAME: it answers, whatever it says.
up() {
	kill -0 "${PID[$1]}" 2>/dev/null ||
		fail "$1 has ended: $(tail -n 3 "$WORLD/$1/output")"
	dig_at "$1" +time=1 +tries=1 +noall +comments \
		"${zones[0]}.testbed.example." SOA >"$SCRATCH/up" 2>&1 &&
		grep -q 'status:' "$SCRATCH/up"
}

# polled_all NAME: of each of its anchors the next poll lies ahead.
polled_all() {
	local now zone
	clock_now
	now=$REPLY
	case ${KIND[$1]} in
	unbound-follow)
		for zone in "${zones[@]}"; do
			[ "$(sed -n 's/^;;next_probe_time: \([0-9]*\).*/\1/p' \
				"$WORLD/$1/$zone.key" | tail -n 1)" -gt "$now" ] \
				2>/dev/null || return 1
		done
		;;
	named-follow) polled "$1" ;;
	esac
}

# patiently WHAT COMMAND...: until it succeeds, for three minutes.  Whoever asked a
# server that was not there asks again when its timeouts are over, which are up
# to two minutes each: the clock is put forward for that.
patiently() {
	local i
	for i in {1..900}; do
		! "${@:2}" || return 0
		sleep 0.2
		[ $((i % 25)) -ne 0 ] ||
			{ clock_now && clock_set $((REPLY + 120)); }
	done
	fail "$1: nothing after three minutes"
}

settle_all() {
	local name
	for name in "${!KIND[@]}"; do
		[ -z "${MAY_HALT[$name]-}" ] || {
			sleep 0.3
			continue
		}
		patiently "the poll of $name" polled_all "$name"
	done
}

# zone_server: NSD, as `run` starts it.
zone_server() {
	start authority nsd -d -c "$BED/serve/nsd.conf"
	wait_for nsd served
}

served() {
	dig +time=1 +tries=1 +noall +comments "@${SERVER%@*}" -p "$PORT" \
		"${zones[0]}.testbed.example." SOA >"$SCRATCH/up" 2>&1 &&
		grep -q 'status: NOERROR' "$SCRATCH/up"
}

# day N: noon of that day, $at.  What is due then is served before anybody's clock
# is there: who polls at once sees no signatures that have expired.
day() {
	now=$(($(date -u -d "$START" +%s) + $1 * DAY + DAY / 2))
	at=$(date -u -d "@$now" +%FT%TZ)
	ends 0 "$script" step "$BED" --at "$at"
	clock_set "$now"
}

# due N NAME ZONE: what a resolver must be told on that day, by the forecast of the
# program: the table of the zone's page.
due() {
	local fixed=validates

	case $2 in
	unbound | named) echo validates ;;
	*)
		fixed=$(jq -r --arg day "$(date -u -d "$START +$1 days" +%F)" '
			[.slots, .resolvers[1].slots] | transpose[] |
			select(.[0].from | startswith($day)) | .[1].outcome' \
			"$BED/zones/$3/forecast.json")
		[ "$fixed" = ok ] && echo validates || echo fails
		;;
	esac
}

# asked N NAME: `testbed ask` says so of each zone, and ends with it.
asked() {
	local zone wanted status=0

	for zone in "${zones[@]}"; do
		wanted=$(due "$1" "$2" "$zone")
		[ "$wanted" = validates ] || status=1
		printf '%s.testbed.example.: %s\n' "$zone" "$wanted"
	done >"$SCRATCH/due"
	ends "$status" "$script" ask "$BED" \
		"${ADDRESS[$2]}@${LISTENS[$2]}" --at "$at"
	grep '^[a-z]' "$SCRATCH/out" | cmp -s - "$SCRATCH/due" ||
		fail "day $1: $2 should be told: $(<"$SCRATCH/due")"
	CASES=$((CASES + 1))
}

day 0
zone_server
resolver unbound 2 unbound follow
resolver named 3 named follow
resolver fixed 4 unbound static
for name in unbound named fixed; do
	asked 0 "$name"
done
equal "who is asked too late" 0 "$(grep -c 'too late to begin' "$SCRATCH/out")"

### 45 days

last=0
for n in "${days[@]}"; do
	# Long jumps go by way of days on which everybody polls.
	while [ $((n - last)) -gt 5 ]; do
		last=$((last + 5))
		day "$last"
		settle_all
	done
	last=$n
	day "$n"
	settle_all
	if [ "$n" -eq 6 ]; then
		resolver late 5 unbound follow
		MAY_HALT[late]=yes
	fi
	for name in unbound named fixed ${ADDRESS[late]+late}; do
		# Unbound takes the key when its hold-down is over, though no
		# valid set shows it (docs/rehearsal.md).
		[ "$name" != late ] || [ "$n" -lt 36 ] || continue
		asked "$n" "$name"
	done
	if [ "$n" -eq 20 ]; then
		# The server is killed, and nobody is there for a day.
		kill -KILL "${PID[authority]}"
		wait "${PID[authority]}" 2>/dev/null || true
		pkill -KILL -f "nsd -d -c $BED/serve/nsd.conf" || true
		clock_set $((now + DAY))
		sleep 0.5
		ends 0 "$script" step "$BED" \
			--at "$(date -u -d "$START +22 days" +%F)T12:00:00Z"
		zone_server
		day 22
	fi
done
ends 1 "$script" ask "$BED" "${ADDRESS[fixed]}@${LISTENS[fixed]}" \
	"roll-$START" --at "$at"
says "was never replaced, or it began less than 30 days before"

stop authority

### Served as `run` does it, in today's time: the day of another testbed's roll

for name in "${!KIND[@]}"; do
	stop "$name"
	unset "KIND[$name]"
done
BED=$SCRATCH/today
START=$(date -u -d '-33 days' +%F)
ends 0 "$script" init "$BED" --start "$START" --listen "$SERVER" --kind roll
zones=("roll-$START")
ends 0 "$script" step "$BED" --at "${START}T12:00:00Z"
dir=$WORLD/first-day
mkdir "$dir"
lines_of "${zones[0]}" "PowerDNS Recursor" >"$dir/anchors.lua"
"$script" run "$BED" --every 1 >"$SCRATCH/run" 2>&1 &
PID[run]=$!
wait_for "the testbed's server" served
first=$(<"$BED/serve/pid")
kill -KILL "$first"
restarted() {
	served && [ "$(<"$BED/serve/pid")" != "$first" ]
}
wait_for "another server" restarted
grep -q 'started again' "$SCRATCH/run" || fail "it does not say so"
# The anchor for who begins now is the key that signs, and not the other one that
# is there.
equal "keys of the day's anchor" "$(awk '$2 == "signs" { print $3 }' \
	"$BED/zones/${zones[0]}/events")" \
	"$(dnssec-dsfromkey -2 -f "$BED/pages/${zones[0]}.key" \
		"${zones[0]}.testbed.example." | awk '{ print $4 }' | paste -sd ,)"
dig +noall +comments "@${SERVER%@*}" -p "$PORT" example.com. A >"$SCRATCH/out"
says "status: REFUSED"

# beside NAME COMMAND...: a resolver by the real clock.
beside() {
	setpriv --pdeathsig TERM "${@:2}" >"$WORLD/$1/output" 2>&1 &
	PID[$1]=$!
}

# recursor NAME PORT [DNSSEC]: by the anchors in its folder.
recursor() {
	ADDRESS[$1]=127.0.0.1
	LISTENS[$1]=$2
	beside "$1" pdns_recursor --config-dir="$WORLD/$1" --daemon=no \
		--local-address=127.0.0.1 --local-port="$2" \
		--socket-dir="$WORLD/$1" --dnssec="${3-validate}" --threads=1 \
		--lua-config-file="$WORLD/$1/anchors.lua" --dont-query= \
		--hint-file=no --setuid= --setgid= \
		--forward-zones="testbed.example.=$SERVER_COLON"
	wait_for "$1" up "$1"
}
SERVER_COLON=${SERVER%@*}:$PORT
at=$(date -u +%FT%TZ)
recursor first-day $((PORT + 42))
asked_today() {
	ends "$2" "$script" ask "$BED" "127.0.0.1@${LISTENS[$1]}"
	says "${zones[0]}.testbed.example.: $3"
}
asked_today first-day 1 fails
says "anchor is that of the first day"
dir=$WORLD/today
mkdir "$dir"
lines_of "${zones[0]}" "PowerDNS Recursor" >"$dir/anchors.lua"
recursor today $((PORT + 43))
asked_today today 0 validates
stop today
recursor today $((PORT + 43)) off
asked_today today 1 lax
says "has no trust anchor for this zone"
dir=$WORLD/kresd
mkdir "$dir"
cp "$BED/pages/${zones[0]}.key" "$dir/"
{
	printf "net.listen('127.0.0.1', %s, { kind = 'dns' })\n" $((PORT + 44))
	printf "cache.size = 10 * MB\n"
	printf "policy.add(policy.suffix(policy.FORWARD('%s'), {todname('testbed.example.')}))\n" \
		"$SERVER"
	lines_of "${zones[0]}" "Knot Resolver 5"
} >"$dir/kresd.conf"
ADDRESS[kresd]=127.0.0.1 LISTENS[kresd]=$((PORT + 44))
beside kresd kresd -n -c "$dir/kresd.conf" "$dir"
wait_for kresd up kresd
asked_today kresd 0 validates
stop kresd
asked_today kresd 1 silent
stop run
! served || fail "the server outlives the testbed"

### Pages

for file in "$BED"/pages/*.html; do
	! grep -q '<script\|http:\|https:' "$file" ||
		fail "$file wants something from elsewhere"
	grep -q 'throw-away keys' "$file" || fail "$file does not warn"
done
equal "mails" "$(wc -l <"$BED/zones/${zones[0]}/events")" \
	"$(find "$BED/pages/mail" -name "${zones[0]}-*" | wc -l)"
finish
