# shellcheck shell=bash
#
# The testbed's pages: one over all zones, and one a zone that says what to
# configure, what to ask, and what will be seen on which day.  They need no
# scripts and nothing from elsewhere.  It is sourced, never run; zone.sh comes
# first.
#
# pages/index.html, NAME.html    pages
# pages/NAME.key                 the trust anchor for who begins now
# pages/mail/NAME-DAY-WHAT.txt   what to tell whom by mail on that day

html() {
	sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'
}

# page_begin TITLE [HEAD]: as far as the first words; HEAD is more of its head.
page_begin() {
	cat <<-END
		<!DOCTYPE html>
		<html lang="en">
		<head>
		<meta charset="utf-8">
		<meta name="viewport" content="width=device-width, initial-scale=1">
		<title>$1</title>${2:+
		$2}
		<style>
		$(<"$ROOT/ceremony-scripts/platform/page.css")
		</style>
		</head>
		<body>
		<main>
	END
}

# page_head TITLE: that, and what a testbed's page warns of.
page_head() {
	page_begin "$1"
	cat <<-END
		<p class="warning">A test.  The keys of these zones are throw-away keys:
		never use them, or what is said here, for any other zone.</p>
		<h1>$1</h1>
	END
}

page_tail() {
	printf '<footer>As of %s.</footer>\n</main>\n</body>\n</html>\n' \
		"$(sentence_time "$1")"
}

sentence_time() {
	date -u -d "@$1" '+%-d %B %Y, %H:%M UTC'
}

sentence_day() {
	date -u -d "@$1" '+%-d %B %Y'
}

# event_text WHAT TAGS: what people read of an event.
event_text() {
	local tags=${2//,/ and }

	case $1 in
	begin) echo "The zone begins; key $tags signs it." ;;
	published) echo "The new key $tags is published." ;;
	trusted) echo "Who has followed since the new key appeared trusts key $tags from now on." ;;
	signs) [[ $2 = *,* ]] && echo "Keys $tags sign." ||
		echo "Key $tags signs, and no other." ;;
	revoked) echo "Key $tags is revoked." ;;
	gone) echo "Key $tags has left the zone." ;;
	late) echo "From now on it is too late to begin with the first day's key." ;;
	fixed-fails) echo "A resolver whose trust anchor was fixed on the first day, or that began too late, fails." ;;
	fixed-recovers) echo "A resolver whose trust anchor was fixed on the first day validates again." ;;
	end) echo "The zone is no longer served." ;;
	esac
}

# phase_at TIME: the last event that the zone has come to.
phase_at() {
	local at what tags text="Not begun."

	while read -r at what tags; do
		[ "$at" -le "$1" ] || break
		case $what in
		trusted | late | fixed-*) ;;
		*) text=$(event_text "$what" "$tags") ;;
		esac
	done <"$home/events"
	echo "$text"
}

# next_event TIME: the first one that lies ahead, with its day.
next_event() {
	local at what tags

	while read -r at what tags; do
		[ "$at" -gt "$1" ] || continue
		echo "$(sentence_day "$at"): $(event_text "$what" "$tags")"
		return 0
	done <"$home/events"
}

# anchor_at TIME: the keys that sign in that slot and are not revoked, as
# DNSKEY records: an anchor for who begins then.
anchor_at() {
	local begin skr zsks

	slot_at "$1" || read -r begin skr zsks <"$home/slots"
	"$anchorite" --json show "$skr" | jq -r --arg origin "$origin" \
		--arg begin "$(date -u -d "@$begin" +%FT%T)" '
		.bundles[] | select(.inception | startswith($begin)) |
		[.signatures[].key_tag] as $signers | .keys[] |
		select(.flags == 257) | select(.key_tag as $t |
			any($signers[]; . == $t)) |
		"\($origin) 3600 IN DNSKEY 257 3 \(.algorithm) \(.public_key)"'
}

# outlook TIME FILE: what becomes of resolvers that begin then with the anchors
# of the file: $follows and $stays are when they fail, or empty.
outlook() {
	local responses now=$1

	slot_at "$now" || now=$start
	mapfile -t responses < <(awk '!seen[$2]++ { print $2 }' "$home/slots")
	"$anchorite" --json simulate "${responses[@]}" \
		--resolver "late,start=$(iso "$now"),anchor-file=$2" \
		--resolver "static,anchor-file=$2" >"$home/outlook" ||
		die "$zone: status $? from: anchorite simulate"
	{
		read -r follows
		read -r stays
	} < <(jq -r --argjson now "$now" '
		def time: sub("\\+00:00"; "Z") | fromdate;
		.resolvers[] | [.failures[] | select(.recovers_at == null or
			(.recovers_at | time) > $now) | .fails_at | time] |
		map(if . < $now then $now else . end) | min // ""' \
		"$home/outlook")
	rm -- "$home/outlook"
}

# code TEXT: as it has to be typed.
code() {
	printf '<pre><code>%s</code></pre>\n' "$(html <<<"$1")"
}

# lines_for SOFTWARE FILE: what makes it trust the anchors of the file.
lines_for() {
	case $1 in
	unbound)
		printf 'server:\n    auto-trust-anchor-file: "/var/lib/unbound/%s.key"\n' \
			"$zone"
		;;
	bind)
		printf 'trust-anchors {\n'
		awk '{ printf "    \"%s\" initial-key %s %s %s \"%s\";\n", \
			$1, $5, $6, $7, $8 }' "$2"
		printf '};\n'
		;;
	knot-resolver)
		printf "trust_anchors.add_file('/var/lib/knot-resolver/%s.key')\n" \
			"$zone"
		;;
	pdns-recursor)
		dnssec-dsfromkey -2 -f "$2" "$origin" | awk -v origin="$origin" '
			{ printf "addTA(\"%s\", \"%s %s %s %s\")\n", origin, \
			    $4, $5, $6, $7 }'
		;;
	esac
}

# fate WHEN: whether and when it fails.
fate() {
	if [ -n "$1" ]; then
		echo "<strong>fails on $(sentence_day "$1")</strong>"
	else
		echo "validates to the end"
	fi
}

page_configure() {
	local file=$bed/pages/$zone.key follows stays

	outlook "$1" "$file"
	cat <<-END
		<h2>What to configure</h2>
		<p>The anchor for who begins now is in <a href="$zone.key">$zone.key</a>:
		$(awk 'END { print NR == 1 ? "one key" : NR " keys" }' "$file").  A resolver that begins now with these lines and follows
		RFC 5011 $(fate "$follows"); one that keeps this anchor for ever
		$(fate "$stays").</p>
		<h3>Unbound</h3>
		<p>Put <a href="$zone.key">$zone.key</a> where Unbound may write, and</p>
		$(code "$(lines_for unbound "$file")")
		<h3>BIND</h3>
		$(code "$(lines_for bind "$file")")
		<h3>Knot Resolver 5</h3>
		<p>Put <a href="$zone.key">$zone.key</a> where it may write, and</p>
		$(code "$(lines_for knot-resolver "$file")")
		<h3>PowerDNS Recursor</h3>
		<p>It does not follow RFC 5011: what is configured stays, so it
		$(fate "$stays").  In the file that <code>lua-config-file</code> names:</p>
		$(code "$(lines_for pdns-recursor "$file")")
		<h2>What to ask</h2>
		$(code "dig @RESOLVER +dnssec $origin SOA
dig @RESOLVER +dnssec bogus.$origin TXT")
		<table>
		<tr><th>SOA</th><th>bogus TXT</th><th>The resolver</th></tr>
		<tr><td>NOERROR, flag <code>ad</code></td><td>SERVFAIL</td><td>validates: all is well</td></tr>
		<tr><td>NOERROR, no <code>ad</code></td><td>NOERROR</td><td>has no trust anchor for this zone, or does not validate: look at its
		configuration, and restart it</td></tr>
		<tr><td>SERVFAIL</td><td>SERVFAIL</td><td>does not trust the key that signs today; if the anchor was fixed, or the resolver
		began too late, that is what this zone shows: configure it anew with the lines above.  If not, it did not follow: see whether it can write its file of
		anchors, and whether it reaches the zone's servers by TCP</td></tr>
		</table>
		<p>The command <code>testbed ask</code> does this, and tells one from the other.</p>
	END
}

# page_days TIME: the events, and which lie behind.
page_days() {
	local at what tags class

	echo "<h2>What happens when</h2>"
	echo "<div class=\"wide\"><table>"
	echo "<tr><th>Day</th><th>Date</th><th>What</th></tr>"
	while read -r at what tags; do
		class=ahead
		[ "$at" -gt "$1" ] || class=behind
		printf '<tr class="%s"><td>%s</td><td class="day">%s</td><td>%s</td></tr>\n' \
			"$class" $(((at - start) / DAY)) "$(day_of "$at")" \
			"$(event_text "$what" "$tags")"
	done <"$home/events"
	echo "</table></div>"
}

# page_see: slot by slot what the zone shows, and who validates it; days that are
# alike are one row.
page_see() {
	echo "<h2>What is to be seen on each day</h2>"
	echo "<div class=\"wide\"><table>"
	echo "<tr><th>From</th><th>To</th><th>KSKs</th><th>DNSKEY answer, octets</th><th>Follows since day 0</th><th>Fixed since day 0</th></tr>"
	jq -r '
	[.slots, .resolvers[0].slots, .resolvers[1].slots] | transpose |
	map(. as [$slot, $follower, $fixed] | {
		from: $slot.from[:10], octets: $slot.octets,
		ksks: ([$slot.published[] | . as $t | "\($t)" +
			(if any($slot.revoked[]; . == $t) then " revoked,"
			else "" end) +
			(if any($slot.signing[]; . == $t) then " signs"
			else " published" end)] | join("; ")),
		follower: $follower.outcome, fixed: $fixed.outcome}) |
	reduce .[] as $day ([]; if length > 0 and
		(last | [.ksks, .follower, .fixed]) ==
		($day | [.ksks, .follower, .fixed])
		then (last | .to) = $day.from |
			(last | .most) = ([last.most, $day.octets] | max) |
			(last | .least) = ([last.least, $day.octets] | min)
		else . + [$day + {to: $day.from, least: $day.octets,
			most: $day.octets}] end) |
	.[] | "<tr><td class=\"day\">\(.from)</td><td class=\"day\">\(.to)</td><td>\(.ksks)</td><td>\(
		if .least == .most then "\(.least)" else
		"\(.least) to \(.most)" end)</td><td>\(.follower)</td><td>\(
		.fixed)</td></tr>"' "$home/forecast.json"
	echo "</table></div>"
}

# zone_page TIME: the page of the zone that is in use.
zone_page() {
	anchor_at "$1" >"$bed/pages/$zone.key"
	{
		page_head "$title"
		cat <<-END
			<p>The zone <code>$origin</code>, from $(sentence_day "$start") on.
			<a href="index.html">All zones</a></p>
			<p class="today"><strong>Today:</strong> $(phase_at "$1")
			<br><strong>Next:</strong> $(next_event "$1")</p>
		END
		page_configure "$1"
		page_days "$1"
		page_see
		page_tail "$1"
	} >"$bed/pages/$zone.html.new"
	mv -- "$bed/pages/$zone.html.new" "$bed/pages/$zone.html"
}

# status_page TIME
status_page() {
	local name

	{
		page_head "DNSSEC rollovers to try"
		cat <<-END
			<p>Each zone below changes its key-signing key as the root does, in
			days instead of months.  Configure its trust anchor in a resolver
			as its page says, and see whether the resolver follows.</p>
		END
		while read -r name; do
			zone_use "$name"
			cat <<-END
				<h2><a href="$name.html">$title</a></h2>
				<p><code>$origin</code>, day $((($1 - start) / DAY)) of
				$((cycles * SLOTS)).</p>
				<p class="today"><strong>Today:</strong> $(phase_at "$1")
				<br><strong>Next:</strong> $(next_event "$1")</p>
			END
		done < <(zone_names)
		page_tail "$1"
	} >"$bed/pages/index.html.new"
	mv -- "$bed/pages/index.html.new" "$bed/pages/index.html"
}

# zone_mails: for each day on which something happens.
zone_mails() {
	local at what tags file

	mkdir -p -- "$bed/pages/mail"
	while read -r at what tags; do
		file=$bed/pages/mail/$zone-$(day_of "$at")-$what.txt
		cat >"$file" <<-END
			Subject: [testbed] $origin, day $(((at - start) / DAY)): $(
				event_text "$what" "$tags")

			$title: $origin

			On $(sentence_time "$at"):
			$(event_text "$what" "$tags")

			$(mail_advice "$what")

			The zone's keys are throw-away keys, for this test alone.
		END
	done <"$home/events"
}

mail_advice() {
	case $1 in
	begin) echo "To take part configure the zone's trust anchor as its page says, before
$(sentence_day "$(awk '$2 == "late" { print $1 }' "$home/events")")." ;;
	late) echo "Who begins from now on takes the anchor that the page shows then, and may see
his resolver fail, as the page says." ;;
	published | trusted) echo "There is nothing to do.  Look whether the resolver's file of trust anchors
shows the new key (pending for 30 days, then valid)." ;;
	signs | revoked | fixed-*) echo "Ask your resolver as the zone's page says.  If it answers SERVFAIL it did not
follow; the page says what to do." ;;
	gone | end) echo "Take the zone's trust anchor out of the configuration when you no longer
test." ;;
	esac
}

# pages_at TIME: all of them.
pages_at() {
	local name

	mkdir -p -- "$bed/pages"
	while read -r name; do
		zone_use "$name"
		zone_page "$1"
	done < <(zone_names)
	status_page "$1"
}
