# shellcheck shell=bash
#
# What a resolver makes of a zone, held against what the day lets expect.  It is
# sourced, never run; for a testbed's zones zone.sh comes first.

# resolver_use ADDRESS[@PORT]: whom dig_resolver asks.
resolver_use() {
	resolver=${1%@*}
	resolver_port=53
	[[ $1 != *@* ]] || resolver_port=${1#*@}
}

# dig_resolver ARGUMENT...: asks the resolver; its status, NODATA where that is
# NOERROR and it has no answer, and "ad" if it says that it validated; or "none".
dig_resolver() {
	{
		dig "@$resolver" -p "$resolver_port" +dnssec +time=5 +tries=2 \
			+noall +comments "$@" 2>/dev/null || :
	} | awk '
		/HEADER/ { sub(/.*status: /, ""); sub(/,.*/, ""); status = $0 }
		/^;; flags:/ {
			if (status == "NOERROR" && / ANSWER: 0,/)
				status = "NODATA"
			sub(/;[^;]*$/, "")
			ad = / ad(;| |$)/
		}
		END { print status == "" ? "none" : status (ad ? " ad" : "") }'
}

# resolver_sees: $verdict: validates, lax, fails, unreachable (the zone), silent
# (the resolver) or odd.
resolver_sees() {
	local soa bogus unchecked

	soa=$(dig_resolver "$origin" SOA)
	bogus=$(dig_resolver "bogus.$origin" TXT)
	unchecked=$(dig_resolver +cd "$origin" SOA)
	verdict=odd
	case $soa/$bogus/$unchecked in
	none/*) verdict=silent ;;
	"NOERROR ad/SERVFAIL"/*) verdict=validates ;;
	NOERROR/NOERROR/*) verdict=lax ;;
	SERVFAIL/SERVFAIL/NOERROR*) verdict=fails ;;
	SERVFAIL/*/SERVFAIL | SERVFAIL/*/none) verdict=unreachable ;;
	esac
	said="SOA: $soa; bogus: $bogus; unchecked: $unchecked"
}

# fixed_fails TIME: an anchor of the first day leads nowhere then.
fixed_fails() {
	awk -v now="$1" '$1 > now { exit }
		$2 == "fixed-fails" { fails = 1 }
		$2 == "fixed-recovers" { fails = 0 }
		END { exit !fails }' "$home/events"
}

# advice TIME: what it means, and what to do, in $advice; status 0 where all is
# as it should be.
advice() {
	case $verdict in
	validates)
		advice="It validates the zone: it has a key that signs today."
		return 0
		;;
	lax)
		advice="It answers without validating: it has no trust anchor for this zone, or does not validate at all.  Configure the lines of the zone's page, restart it, and ask again."
		;;
	fails)
		if fixed_fails "$1"; then
			advice="It validates, and does not trust the key that signs today: the anchor is that of the first day and was never replaced, or it began less than 30 days before the old key ceased to sign.  That is what the zone's page says of such a resolver.  To follow, let it write its file of anchors and begin early enough; to repair it now, configure the anchor that the page shows today."
		else
			advice="It validates, and does not trust the key that signs today, though the first day's anchor would do: another key is configured.  Compare the configuration with the zone's page."
		fi
		;;
	unreachable)
		advice="It cannot get the zone's records: see whether it reaches the zone's servers, by UDP and by TCP."
		;;
	silent)
		advice="It does not answer at all: see whether it runs, and whether it answers this address."
		;;
	odd)
		advice="Its answers fit nothing that is known; what it said stands above."
		;;
	esac
	return 1
}

# ask_zone TIME: one zone; status 1 where the resolver does not validate it.
ask_zone() {
	local verdict said advice begin skr zsks status=0

	if ! slot_at "$1"; then
		printf '%s: not served at %s\n' "$origin" "$(iso "$1")"
		return 0
	fi
	resolver_sees
	advice "$1" || status=1
	printf '%s: %s\n' "$origin" "$verdict"
	printf '  %s\n' "$said" "today: $(phase_at "$1")"
	fold -s -w 76 <<<"$advice" | sed 's/^/  /; s/ *$//'
	return "$status"
}
