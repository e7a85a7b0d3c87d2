# shellcheck shell=bash
#
# The sentinel of RFC 8509: names of a signed zone by which a resolver tells
# whether it trusts a key of the root, without being asked for it.  It is sourced,
# never run; lib.sh, sign.sh, ask.sh and pages.sh come first.

# What three answers mean; the first row that fits holds.  "yes" is an answer with
# data, "no" is SERVFAIL, or in a browser nothing; "none" is silence.  The second
# column is the name of RFC 8509 section 4.
#
#        name       RFC    is-ta not-ta bogus  meaning | what to do
VERDICTS='
	trusts     Vnew   yes   no     no     It validates, and trusts the key. | Nothing is to be done.
	distrusts  Vold   no    yes    no     It validates, and does not trust the key. | When the root is signed by this key alone, nothing will resolve there. Its operator lets it follow the root (RFC 5011), or updates its trust anchors. Of a key that has left the root this is as it should be.
	unknowing  Vind   yes   yes    no     It validates, and does not tell which keys it trusts. | It does not know the sentinel, or several resolvers answer and not all of them trust the key. Its operator asks each by itself, or looks into its trust anchors.
	lax        nonV   yes   yes    yes    It does not validate, or one of several resolvers does not. | No change of keys stops it, and it takes forged answers for true. Its operator turns validation on.
	fails      other  no    no     no     None of the three is found. | Either the zone or its servers cannot be reached from there, or it validates and trusts no key that signs the root today. If other signed zones fail as well, its trust anchors are out of date.
	silent     other  none  none   none   It does not answer. | See whether it runs, and whether it answers to this address.
	odd        other  *     *      *      The answers fit nothing that is known. | Ask again; something on the way may change or lose answers.
'

# verdicts: the table as lines of seven columns divided by tabs.
verdicts() {
	awk 'NF {
		head = $1 "\t" $2 "\t" $3 "\t" $4 "\t" $5 "\t"
		$1 = $2 = $3 = $4 = $5 = ""
		sub(/^ +/, "")
		sub(/ \| /, "\t")
		print head $0
	}' <<<"$VERDICTS"
}

# names_for TAG ZONE: the three names, in the order of the table's columns.
names_for() {
	printf 'root-key-sentinel-is-ta-%05d.%s\n' "$1" "$2"
	printf 'root-key-sentinel-not-ta-%05d.%s\n' "$1" "$2"
	printf 'bogus.%s\n' "$2"
}

# names_of ZONE TAG...: all of them, each once.
names_of() {
	local tag

	for tag in "${@:2}"; do
		names_for "$tag" "$1"
	done | awk '!seen[$0]++'
}

# The zone.

# sentinel_zone ZONE SERVER TIME ADDRESS...: its data, without keys; reads names.
sentinel_zone() {
	local zone=$1 server=$2 name address names=("$1")

	cat <<-END
		\$TTL 300
		$zone SOA $server hostmaster.$zone $3 3600 600 86400 300
		$zone NS $server
	END
	while read -r name; do
		names+=("$name")
	done
	# Below the zone the server is where the names are.
	[[ $server != *."$zone" ]] || names+=("$server")
	for name in "${names[@]}"; do
		for address in "${@:4}"; do
			if [[ $address == *:* ]]; then
				echo "$name AAAA $address"
			else
				echo "$name A $address"
			fi
		done
	done
}

# make_keys FOLDER ZONE: where the zone has none there.
make_keys() {
	! compgen -G "$1/K$2+*.private" >/dev/null || return 0
	[ -d "$1" ] || mkdir -m 700 -- "$1"
	if ! quietly dnssec-keygen -q -K "$1" -a ECDSAP256SHA256 -f KSK "$2" ||
		! quietly dnssec-keygen -q -K "$1" -a ECDSAP256SHA256 "$2"; then
		die "$1: no keys can be made"
	fi
}

# write_zone DIR ZONE SERVER DAYS ADDRESS...: the signed zone, its DS records, and
# the queries, by way of the folder $work; reads names.
write_zone() {
	local dir=$1 zone=$2 key keys=() now=$EPOCHSECONDS

	mkdir -p -- "$dir"
	work=$(mktemp -d -- "$dir/.work.XXXXXX")
	make_keys "$dir/keys" "$zone"
	cat >"$work/names"
	sentinel_zone "$zone" "$3" "$now" "${@:5}" <"$work/names" \
		>"$work/unsigned"
	for key in "$dir/keys/K$zone+"*.key; do
		cat -- "$key" >>"$work/unsigned"
		keys+=("${key%.key}")
	done
	sign_zone "$zone" "$((now - 3600))" "$((now + $4 * 86400))" \
		"$work/unsigned" "$work/signed" "${keys[@]}" ||
		die "$zone: the zone cannot be signed"
	spoil "bogus.$zone" "$work/signed" >"$work/spoilt"
	sed 's/$/ A/' "$work/names" >"$work/queries"
	mv -- "$work/spoilt" "$dir/${zone}zone"
	mv -- "$work/dsset-$zone" "$dir/ds"
	mv -- "$work/queries" "$dir/queries"
}

# Results: RESOLVER TAG IS-TA NOT-TA BOGUS, a line each.

# ask_sentinel ZONE RESOLVER[@PORT] TAG...: prints them.
ask_sentinel() {
	local zone=$1 tag name words resolver resolver_port
	local -A said=()

	resolver_use "$2"
	for tag in "${@:3}"; do
		words=
		while read -r name; do
			[ -n "${said[$name]-}" ] ||
				said[$name]=$(dig_resolver "$name" A)
			words+=" ${said[$name]% ad}"
		done < <(names_for "$tag" "$zone")
		echo "$2 $tag$words"
	done
}

# results_of FILE: the lines of a file that has them as such or as JSON.
results_of() {
	local text

	text=$(cat -- "$1" 2>/dev/null) || die "$1 cannot be read"
	if [[ ! $text =~ ^[[:space:]]*[\[{] ]]; then
		printf '%s\n' "$text"
		return
	fi
	need 'jq   command jq'
	jq -r '["resolver", "tag", "is_ta", "not_ta", "bogus"] as $known |
		if type == "array" then .[] else . end |
		if type != "object" or (keys - $known) != [] or
			($known - keys) != [] then
			error("expected \($known | join(", ")) in each result")
		else "\(.resolver) \(.tag) \(.is_ta) \(.not_ta) \(.bogus)" end' \
		<<<"$text" 2>"$scratch/jq" ||
		die "$1: $(tail -n 1 "$scratch/jq")"
}

# judge NAME: reads results; a line each, and what they mean.  Status 1 where
# one is other than "trusts".
judge() {
	awk -F '\t' -v name="$1" -f "$ROOT/ceremony-scripts/platform/sentinel.awk" \
		<(verdicts) - | fold -s -w 80 | sed 's/ *$//'
}

# The page.

# html_names TAG: the names as items, with what is loaded from them.
html_names() {
	local name

	while read -r name; do
		printf '<li data-url="%s"><code>%s</code>: <span>not tried</span></li>\n' \
			"$scheme://${name%.}$port$path" "${name%.}"
	done < <(names_for "$1" "$zone")
}

html_verdicts() {
	verdicts | html | awk -F '\t' '
		function shown(word) {
			return word == "yes" ? "loads" : \
			    word == "no" ? "does not load" : "anything else"
		}
		$1 == "silent" { next } # a browser does not see it
		{
			if ($1 == "odd")
				$3 = $4 = $5 = "*"
			printf "<tr data-answers=\"%s %s %s\" data-name=\"%s\"><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n",
			    $3, $4, $5, $1, shown($3), shown($4), shown($5), $6, $7
		}'
}

# page_policy: what this page may load, which its browser then holds it to.
page_policy() {
	local name sources=() digest

	while read -r name; do
		sources+=("$scheme://${name%.}$port")
	done < <(names_of "$zone" "$@")
	# As it stands between the tags, ends of lines and all.
	digest=$(printf '\n%s\n' "$script" | sha256sum | cut -c1-64 |
		sed 's/../\\x&/g')
	digest=$(printf '%b' "$digest" | base64)
	printf '<meta http-equiv="Content-Security-Policy" content="%s">\n' \
		"default-src 'none'; img-src ${sources[*]}; script-src 'sha256-$digest'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
	printf '<meta name="referrer" content="no-referrer">\n'
}

# sentinel_page TAG...: of $zone, by $scheme, $port and $path.
sentinel_page() {
	local tag title='Does your resolver trust the keys of the root?' script

	script=$(<"$ROOT/ceremony-scripts/platform/sentinel.js")
	page_begin "$title" "$(page_policy "$@")"
	cat <<-END
		<h1>$title</h1>
		<p>Every name that you look up is answered by a resolver, mostly your
		provider's or your company's. Many check the answers' signatures, and trust
		keys of the DNS root to do so. When the root changes its key, who does not
		trust the new one finds nothing any more. Your browser tries that now: it
		loads an image from three names for each key, and your resolver lets those
		load that fit what it trusts (RFC 8509).</p>
		<noscript><p class="warning">This test needs scripts, which your browser does
		not run. The last part of this page says how to ask by hand.</p></noscript>
	END
	for tag in "$@"; do
		cat <<-END
			<section>
			<h2>Key $tag</h2>
			<p class="today"><strong>Not tried yet.</strong> <span></span></p>
			<ul>
			$(html_names "$tag")
			</ul>
			</section>
		END
	done
	cat <<-END
		<h2>What the outcomes mean</h2>
		<div class="wide"><table>
		<tr><th>is-ta</th><th>not-ta</th><th>bogus</th><th>the resolver</th><th>what to do</th></tr>
		$(html_verdicts)
		</table></div>
		<p>If your device uses several resolvers, one answers where another refuses, and
		the outcome is that of all of them together. If your browser has a resolver of
		its own (DNS over HTTPS), that one is tried.</p>
		<h2>By hand</h2>
		<p>NOERROR is what loads here, SERVFAIL what does not:</p>
		<pre><code>$(names_of "$zone" "$@" | sed 's/^/dig /; s/$/ A/')</code></pre>
		<footer>The images come from ${zone%.}, whose servers see your address and your
		resolver's as those of any page do. Nothing else is loaded, and the outcome
		stays in your browser.</footer>
		</main>
		<script>
		$script
		</script>
		</body>
		</html>
	END
}

# write_page DIR TAG...: the page, and the image.
write_page() {
	local dir=$1

	mkdir -p -- "$dir$(dirname -- "$path")"
	# A pixel that shows through.
	base64 -d >"$dir$path" <<<'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'
	sentinel_page "${@:2}" >"$dir/index.html.new"
	mv -- "$dir/index.html.new" "$dir/index.html"
}
