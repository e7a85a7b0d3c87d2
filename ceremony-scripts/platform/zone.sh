# shellcheck shell=bash
#
# The testbed's zones: each has a folder with a ceremony of its own, and all of
# its cycles are held when it is added, as of five days before each.  It is
# sourced, never run; lib.sh and sign.sh come first.
#
# zones/NAME/   kind, start
#               anchorite.yaml, plan.yaml, tokens/, zsks/: the program's
#               keys/, ceremony/: records, of the new KSK and of the cycles
#               CYCLE.ksr, CYCLE/skr-*: requests, and all that was signed for them
#               slots: a line a slot, when it begins (in seconds since 1970), the
#               response it is in, and the ZSKs that sign the zone's data then
#               forecast.json: what `simulate` says of all of it
#               events: when what happens (events_of)

DAY=86400
SLOTS=8 # of a day each, in a cycle

# What a zone is made for: its plan, the new KSK's algorithm, how many cycles it
# takes, what the zone turns to in the place of what was planned (cycle:fallback),
# and what people call it.
KINDS='
roll        roll       RSASHA256        10  -           A KSK rollover, RSA to RSA
algorithm   algorithm  ECDSAP256SHA256  11  -           An algorithm rollover, RSA to ECDSA P-256
postponed   roll       RSASHA256        11  5:hold      A KSK rollover that is postponed by eight days
backed-out  roll       RSASHA256        12  6:back-out  A KSK rollover that is backed out, and done again
'

day_of() {
	date -u -d "@$1" +%F
}

seconds_of() {
	date -u -d "$1" +%s
}

# kind_of NAME: $plan, $algorithm, $cycles, $turns and $title of a kind.
# shellcheck disable=SC2034 # for whoever calls it
kind_of() {
	local name

	while read -r name plan algorithm cycles turns title; do
		[ "$name" != "$1" ] || return 0
	done <<<"$KINDS"
	die "kind \"$1\" is not known (expected $(
		awk 'NF { print $1 }' <<<"$KINDS" | paste -sd ' '))"
}

kinds() {
	awk 'NF { print $1 }' <<<"$KINDS"
}

# zone_names: of the zones that there are, in order.
zone_names() {
	local folder

	for folder in "$bed"/zones/*/; do
		[ ! -e "$folder/events" ] || basename -- "$folder"
	done
}

# zone_use NAME: $zone, its folder $home, its $origin, $kind and $start, and
# those of its kind.
# shellcheck disable=SC2034 # for whoever calls it
zone_use() {
	zone=$1
	home=$bed/zones/$1
	origin=$1.$domain
	[ -e "$home/events" ] || die "$bed has no zone \"$1\" (it has: $(
		zone_names | paste -sd ' '))"
	kind=$(<"$home/kind")
	start=$(<"$home/start")
	kind_of "$kind"
}

# program ARGUMENT...: with this zone's configuration, and in the record that
# $record names: a record is of one configuration.
program() {
	"$anchorite" --config "$home/anchorite.yaml" \
		--ceremony "$home/$record" "$@" </dev/null >"$home/output" ||
		die "$zone: status $? from: anchorite $*"
}

# Its ceremonies.

# zone_policy: the lines of a cycle of short slots.  Who looks at the zone once a
# day sees each of them.
zone_policy() {
	local counts='RSASHA256: [2, 1, 1, 1, 1, 1, 1, 2]' algorithms=RSASHA256
	local ecdsa=false

	if [ "$algorithm" != RSASHA256 ]; then
		algorithms+=", $algorithm"
		ecdsa=true
	fi
	sed -i -e "/^request_policy:/a\\
  approved_algorithms: [$algorithms]\\
  enable_unsupported_ecdsa: $ecdsa\\
  num_bundles: $SLOTS\\
  min_bundle_interval: P1D\\
  max_bundle_interval: P1D\\
  min_cycle_inception_length: P$((SLOTS - 1))D\\
  max_cycle_inception_length: P$((SLOTS - 1))D\\
  num_keys_per_bundle: {$counts}\\
  num_different_keys_in_all_bundles: {RSASHA256: 3}" -e '/^ksk_policy:/a\
  ttl: 3600\
  publish_safety: PT0S\
  retire_safety: P2D\
  max_signature_validity: P2D\
  min_signature_validity: P2D\
  min_validity_overlap: P1D\
  max_validity_overlap: P1D' "$home/anchorite.yaml"
}

# cycle_day N: the first day of the zone's cycle N, counted from 1.
cycle_day() {
	day_of $((start + ($1 - 1) * SLOTS * DAY))
}

zone_plan() {
	local text i

	text=$(<"$ROOT/ceremony-scripts/platform/$plan.yaml")
	text=${text//@DESCRIPTION@/$title}
	for ((i = 1; i <= cycles; i++)); do
		text=${text//@$i@/$(cycle_day "$i")}
	done
	printf '%s\n' "$text" >"$home/plan.yaml"
}

# hold_cycle N: the request and the responses; $response is what the zone uses,
# and $chain what the next one continues.
hold_cycle() {
	local day at turned
	local -a found counts=()

	day=$(cycle_day "$1")
	at=$(iso $((start + ($1 - 1) * SLOTS * DAY - 5 * DAY)))
	# Beyond the plan's cycles its delays go on, with the policy's counts.
	[[ $(<"$home/plan.yaml") != *"\"$day\":"* ]] ||
		counts=(--plan "$home/plan.yaml")
	program --at "$at" request "$home/$day.ksr" --start "$day" \
		--zsk-dir "$home/zsks" "${counts[@]}" "${chain[@]}"
	mkdir -- "$home/$day"
	program --at "$at" sign "$home/$day.ksr" "$home/$day" \
		--plan "$home/plan.yaml" --batch "${chain[@]:---first}"
	found=("$home/$day"/skr-*-0-*.xml)
	if [ "${turns%%:*}" = "$1" ]; then
		turned=${turns#*:}
		found=("$home/$day"/skr-*-[1-9]-"$turned".xml)
	fi
	[ -e "${found[0]}" ] || die "$zone: no such response: ${found[0]}"
	[ "${turns%%:*}" != "$1" ] ||
		program --at "$at" register activate "${found[0]}"
	response=${found[0]}
	chain=(--previous-skr "$response")
}

# What will be seen.

# zone_simulate RESOLVER RESPONSE...: by the program's own reckoning.
zone_simulate() {
	# shellcheck disable=SC2086 # several options
	"$anchorite" --json simulate "${@:2}" $1 ||
		die "$zone: status $? from: anchorite simulate"
}

# fails_late DAY RESPONSE...: who begins on that day does not come through.
fails_late() {
	zone_simulate "--resolver late,start=$(iso $((start + $1 * DAY)))" \
		"${@:2}" >"$home/late" || return 2
	jq -e '.resolvers[0].fails_at != null' "$home/late" >/dev/null
}

# zone_forecast RESPONSE...: for who follows and for who does not; and $late, the
# first day on which it is too late to begin with the keys of the first.
zone_forecast() {
	local well=0 day

	zone_simulate "--resolver follower --resolver static" "$@" \
		>"$home/forecast.json"
	late=$((cycles * SLOTS - 1))
	fails_late "$late" "$@" || die "$zone: nobody is ever late"
	while [ $((late - well)) -gt 1 ]; do
		day=$(((well + late) / 2))
		if fails_late "$day" "$@"; then
			late=$day
		else
			well=$day
		fi
	done
	late=$((start + late * DAY))
}

# zone_slots RESPONSE...: the file of slots.  Of each algorithm one ZSK signs: its
# cycle's own, or else the one that there is; by their files' names, as
# dnssec-keygen makes them.
zone_slots() {
	local response

	for response in "$@"; do
		"$anchorite" --json show "$response" | jq -r \
			--arg day "$(basename -- "$(dirname -- "$response")")" \
			--arg folder "$home/zsks" --arg origin "$origin" \
			--arg response "$response" '
			def padded($n): tostring | "00000"[:$n - length] + .;
			.bundles[] | "\(.inception | sub("\\+00:00"; "Z") |
				fromdate) \($response) \([[.keys[] |
				select(.flags == 256)] | group_by(.algorithm)[] |
				(map(select(.key_identifier | test($day))) + .)[0] |
				"\($folder)/K\($origin)+\(.algorithm | padded(3))+\(
					.key_tag | padded(5))"] | join(" "))"' ||
			die "$zone: status $? from: anchorite show $response"
	done >"$home/slots"
}

# zone_events: the file of events, in order of time: seconds, what, key tags.
#
#   begin TAGS       the zone is there, and these keys sign it
#   published TAG    a KSK appears
#   trusted TAG      who follows since the first day trusts it
#   signs TAGS       other KSKs sign than before
#   revoked TAG      a KSK appears revoked; the tag is that from before
#   gone TAG         a KSK has left
#   fixed-fails, fixed-recovers   who never updates his anchor
#   late             from this day on, who begins with the keys that sign in
#                    the first slot does not come through
#   end              the zone's last signatures end
zone_events() {
	jq -r --argjson late "$late" '
	def time: sub("\\+00:00"; "Z") | fromdate;
	def valid($set): $set.published - $set.revoked | sort;
	def signers($set): $set.signing - $set.revoked | sort;
	[.slots[] | {at: (.from | time), until: (.until // .expiration | time),
		published: valid(.), signing: signers(.), revoked}] as $slots |
	(.resolvers[0].keys | to_entries | map(.key | tonumber)) as $tags |
	# RFC 4034 appendix B: 128 more, as ones-complement sums carry.
	def before($tag): first($tags[] |
		select(. + 128 == $tag or . + 128 - 65535 == $tag));
	[{at: $slots[0].at, what: "begin", tags: $slots[0].signing}] +
	[range(1; $slots | length) | $slots[. - 1] as $was | $slots[.] as $is |
		($is.published - $was.published | select(. != []) |
			{at: $is.at, what: "published", tags: .}),
		($is.revoked - $was.revoked | select(. != []) |
			{at: $is.at, what: "revoked", tags: map(before(.))}),
		(select($is.signing != $was.signing) |
			{at: $is.at, what: "signs", tags: $is.signing}),
		($was.revoked - $is.revoked | select(. != []) |
			{at: $is.at, what: "gone", tags: map(before(.))})] +
	[.resolvers[0].keys | to_entries[] | .key as $tag | .value.history[] |
		select(.from == "AddPend" and .to == "Valid") |
		{at: (.at | time), what: "trusted", tags: [$tag | tonumber]}] +
	[.resolvers[1].failures[] |
		{at: (.fails_at | time), what: "fixed-fails", tags: []},
		(select(.recovers_at) | {at: (.recovers_at | time),
			what: "fixed-recovers", tags: []})] +
	[{at: $late, what: "late", tags: []}] +
	[{at: ($slots | last).until, what: "end", tags: []}] |
	sort_by(.at) | .[] | "\(.at) \(.what) \(.tags | map(tostring) | join(","))"' \
		"$home/forecast.json" >"$1"
}

# add_zone KIND START: everything about it.  What an earlier try left unfinished
# is made anew.
add_zone() {
	local responses=() chain=() response late i record=keys

	start=$(seconds_of "$2")
	kind=$1
	kind_of "$kind"
	zone=$kind-$(day_of "$start")
	home=$bed/zones/$zone
	origin=$zone.$domain
	[ ! -e "$home/events" ] || die "there is a zone $zone"
	rm -rf -- "$home"
	"$anchorite" --at "$(iso $((start - 10 * DAY)))" init "$home" \
		--zone "$origin" >/dev/null ||
		die "$zone: no workspace can be made"
	zone_policy
	program --at "$(iso $((start - 10 * DAY)))" keygen --label ksk-2 \
		--algorithm "$algorithm"
	sed -n '/^  ksk_next:$/,/^$/p' "$home/output" >>"$home/anchorite.yaml"
	zone_plan
	record=ceremony
	for ((i = 1; i <= cycles; i++)); do
		hold_cycle "$i"
		responses+=("$response")
	done
	zone_forecast "${responses[@]}"
	zone_slots "${responses[@]}"
	echo "$kind" >"$home/kind"
	echo "$start" >"$home/start"
	zone_events "$home/events.new"
	rm -- "$home/output" "$home/late"
	mv -- "$home/events.new" "$home/events"
}

# What is due.

# slot_at TIME: $begin, $skr and $zsks of the slot that holds then; fails before
# the first and after the last.
slot_at() {
	local line

	[ "$1" -lt "$(awk '$2 == "end" { print $1 }' "$home/events")" ] ||
		return 1
	line=$(awk -v now="$1" '$1 <= now { line = $0 } END { print line }' \
		"$home/slots")
	[ -n "$line" ] || return 1
	read -r begin skr zsks <<<"$line"
}

# unsigned_zone: its data, and a name whose signature will not verify.
unsigned_zone() {
	cat <<-END
		\$TTL 300
		$origin SOA $server hostmaster.$domain $begin 3600 600 86400 300
		$origin NS $server
		$origin TXT "$title; throw-away keys"
		bogus.$origin TXT "who validates does not see this"
	END
}

# zone_file TIME FILE: the signed zone of that moment.
zone_file() {
	local work=$bed/work signed

	slot_at "$1" || return 1
	rm -rf -- "$work"
	mkdir -- "$work"
	"$anchorite" --config "$home/anchorite.yaml" release "$skr" \
		--at "$(iso "$begin")" >"$work/rrset" </dev/null ||
		die "$zone: status $? from: anchorite release $skr"
	{
		unsigned_zone
		grep ' IN DNSKEY ' "$work/rrset"
	} >"$work/unsigned"
	signed=$work/signed
	# shellcheck disable=SC2086 # names of files without spaces
	sign_zone "$origin" "$((begin - 3600))" "$((begin + 2 * DAY))" \
		"$work/unsigned" "$signed" $zsks ||
		die "$zone: the zone cannot be signed with $zsks"
	{
		spoil "bogus.$origin" "$signed" | awk '
			/^;/ || ($4 == "RRSIG" && $5 == "DNSKEY") { next }
			{ print }'
		grep ' IN RRSIG ' "$work/rrset"
	} >"$2"
	rm -rf -- "$work"
}
