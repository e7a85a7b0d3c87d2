#!/bin/bash
# The sentinel of RFC 8509: a zone below a root of our own, and what Unbound and
# named say of it who trust one key, another, both, who do not know the sentinel,
# and who do not validate; files of results; the page in a browser, for each
# outcome, with the names resolved as these resolvers answer.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
PATH=$PATH:/usr/sbin:/sbin
needs nsd unbound named rndc dig dnssec-signzone dnssec-keygen jq setpriv \
	chromium python3

export TMPDIR=$SCRATCH
# shellcheck source=ceremony-scripts/lib.sh
. ceremony-scripts/lib.sh
# shellcheck source=ceremony-scripts/rollover/world.sh
. ceremony-scripts/rollover/world.sh
# shellcheck source=ceremony-scripts/platform/sign.sh
. ceremony-scripts/platform/sign.sh
script=$ROOT/ceremony-scripts/sentinel
cleanup() {
	world_end
	rm -rf "$SCRATCH"
}
trap 'own_shell && cleanup' EXIT

WORLD=
world_begin "$SCRATCH/world"
ROOT_KEYS=$WORLD/root
mkdir "$ROOT_KEYS"

# root_key FILE [OPTION]...: a key of the root, and its tag.
root_key() {
	local name

	name=$(dnssec-keygen -q -K "$ROOT_KEYS" -a ECDSAP256SHA256 "${@:2}" .)
	cp "$ROOT_KEYS/$name.key" "$ROOT_KEYS/$1.key"
	cp "$ROOT_KEYS/$name.private" "$ROOT_KEYS/$1.private"
	# As world.sh reads anchors: a TTL in the line.
	sed -n 's/^\. IN DNSKEY/. 172800 IN DNSKEY/p' "$ROOT_KEYS/$name.key" \
		>"$ROOT_KEYS/$1.anchor"
	tag=$((10#${name##*+}))
}
root_key now -f KSK
now=$tag
next=$now
while [ "$next" -eq "$now" ]; do
	root_key next -f KSK
	next=$tag
done
root_key zsk
zsk=$ROOT_KEYS/K.+013+$(printf '%05d' "$tag")
ksk=$ROOT_KEYS/K.+013+$(printf '%05d' "$now")
cat "$ROOT_KEYS/now.anchor" "$ROOT_KEYS/next.anchor" >"$ROOT_KEYS/both.anchor"

### The zone

ends 0 "$script" zone "$SCRATCH/zone" example. --tag "$now" --tag "$next" \
	--address 127.0.0.1 --server server.
zonefile=$SCRATCH/zone/example.zone
keys=$(cat "$SCRATCH"/zone/keys/*.key)
equal "mode of the keys" 700 "$(stat -c %a "$SCRATCH/zone/keys")"
equal "left behind" '' "$(find "$SCRATCH/zone" -name '.work*')"
printf -v wanted '%s A\n' \
	"root-key-sentinel-is-ta-$(printf %05d "$now").example." \
	"root-key-sentinel-not-ta-$(printf %05d "$now").example." \
	"root-key-sentinel-is-ta-$(printf %05d "$next").example." \
	"root-key-sentinel-not-ta-$(printf %05d "$next").example." bogus.example.
equal "queries" "$(sort <<<"${wanted%$'\n'}")" "$(sort "$SCRATCH/zone/queries")"
# One signature does not verify, and all others do.
! dnssec-verify -o example. "$zonefile" >"$SCRATCH/out" 2>&1 ||
	fail "bogus verifies"
equal "what does not verify" 'bogus.example A' "$(sed -n \
	's/^No correct [A-Z0-9]* signature for //p' "$SCRATCH/out")"
cp "$SCRATCH/zone/ds" "$SCRATCH/ds"
ends 0 "$script" zone "$SCRATCH/zone" example --tag "$now" --tag "$next" \
	--address 127.0.0.1 --address ::1 --server server. --days 2
cmp -s "$SCRATCH/ds" "$SCRATCH/zone/ds" || fail "another DS"
equal "keys" "$keys" "$(cat "$SCRATCH"/zone/keys/*.key)"
equal "end of the signatures" "$(date -u -d '+2 days' +%Y%m%d)" "$(awk '
	$4 == "RRSIG" && $5 == "SOA" { print substr($9, 1, 8) }' "$zonefile")"

### Resolvers

{
	cat ceremony-scripts/rollover/root.zone
	printf 'server. 172800 IN A %s.1\n' "$NET"
	cat "$SCRATCH/zone/ds" "$ROOT_KEYS"/{now,zsk}.key
} >"$WORLD/unsigned"
sign_zone . $((EPOCHSECONDS - 3600)) $((EPOCHSECONDS + 86400)) "$WORLD/unsigned" \
	"$WORLD/signed" "$ksk" "$zsk" || fail "the root"
cp "$WORLD/signed" "$WORLD/zones/.zone"
cp "$zonefile" "$WORLD/zones/example.zone"
start_authority

# other NAME EXPRESSION: the resolver with its configuration edited.
other() {
	local kind=${KIND[$1]%%-*}

	stop "$1"
	sed -i "$2" "$WORLD/$1/$kind.conf"
	"run_$kind" "$1"
}

number=2
for kind in unbound named; do
	for name in old:now ready:both stale:next ignorant:now lax:now; do
		"start_$kind" "$kind-${name%:*}" "$number" static \
			"$ROOT_KEYS/${name#*:}.anchor"
		number=$((number + 1))
	done
done
other unbound-ignorant '/^  num-threads/a\  root-key-sentinel: no'
other named-ignorant '/recursion yes/a\root-key-sentinel no;'
start_unbound filter "$number" static "$ROOT_KEYS/now.anchor"
other filter '/^  num-threads/a\  local-zone: "example." always_nodata'
other unbound-lax 's/validator iterator/iterator/'
other named-lax 's/dnssec-validation [a-z]*;/dnssec-validation no;/'

# judged STATUS NAME NOW NEXT: `ask` ends with it, and says this of the two keys.
judged() {
	local at=${ADDRESS[$2]}@${LISTENS[$2]}

	ends "$1" "$script" ask example. "$at" --tag "$now" --tag "$next"
	equal "$2" "$(printf '%s\n' "$now $3" "$next $4" | sort -n)" \
		"$(awk -v at="$at" '$1 == at { print $2, $NF }' "$SCRATCH/out")"
}
for kind in unbound named; do
	judged 1 "$kind-old" trusts distrusts
	says 'distrusts (1; RFC 8509: Vold)'
	judged 0 "$kind-ready" trusts trusts
	judged 1 "$kind-stale" fails fails
	judged 1 "$kind-ignorant" unknowing unknowing
	judged 1 "$kind-lax" lax lax
done
# An answer without data is none.
judged 1 filter odd odd
# Nobody listens there.
ends 1 "$script" ask example. "$NET.77@$PORT" --tag "$now"
says 'silent (1; RFC 8509: other)'
# The queries, as others make them.
dig @"$NET.2" -p "$PORT" +noall +comments -f "$SCRATCH/zone/queries" |
	sed -n 's/.*status: \([A-Z]*\),.*/\1/p' | sort | uniq -c |
	sed 's/^ *//' >"$SCRATCH/out"
equal "dig -f queries" $'2 NOERROR\n3 SERVFAIL' "$(<"$SCRATCH/out")"

### Results

lax=${ADDRESS[named-lax]}@${LISTENS[named-lax]}
ends 0 "$script" ask example. "$lax" "$NET.2@$PORT" --tag "$next" --results
cp "$SCRATCH/out" "$SCRATCH/results"
equal "results" "$lax $next NOERROR NOERROR NOERROR
$NET.2@$PORT $next SERVFAIL NOERROR SERVFAIL" "$(<"$SCRATCH/results")"
ends 1 "$script" judge "$SCRATCH/results"
says 'distrusts (1; RFC 8509: Vold)'
says 'lax (1; RFC 8509: nonV)'
cp "$SCRATCH/out" "$SCRATCH/by-lines"
jq -nR '[inputs / " " | {resolver: .[0], tag: (.[1] | tonumber), is_ta: .[2],
	not_ta: .[3], bogus: .[4]}]' "$SCRATCH/results" >"$SCRATCH/results.json"
ends 1 "$script" judge "$SCRATCH/results.json"
cmp -s "$SCRATCH/out" "$SCRATCH/by-lines" || fail "JSON is judged otherwise"

# of IS-TA NOT-TA BOGUS: the verdict.
of() {
	echo "192.0.2.1 7 $*" >"$SCRATCH/one"
	"$script" judge "$SCRATCH/one" >"$SCRATCH/out" || :
	awk '$1 == "192.0.2.1" { print $NF }' "$SCRATCH/out"
}
while read -r is not bogus wanted; do
	equal "$is $not $bogus" "$wanted" "$(of "$is" "$not" "$bogus")"
done <<'END'
NOERROR SERVFAIL SERVFAIL trusts
SERVFAIL NOERROR SERVFAIL distrusts
NOERROR NOERROR SERVFAIL unknowing
NOERROR NOERROR NOERROR lax
SERVFAIL SERVFAIL SERVFAIL fails
none none none silent
SERVFAIL SERVFAIL NOERROR odd
SERVFAIL NOERROR NOERROR odd
NOERROR SERVFAIL NOERROR odd
NODATA SERVFAIL SERVFAIL odd
NOERROR SERVFAIL none odd
NOERROR none SERVFAIL odd
REFUSED REFUSED REFUSED odd
NXDOMAIN NOERROR SERVFAIL odd
END
# wrong TEXT RESULTS: refused, without a verdict on what stands before.
wrong() {
	printf '%s\n' "$2" >"$SCRATCH/wrong"
	ends 2 "$script" judge "$SCRATCH/wrong"
	grep -qF -- "$1" "$SCRATCH/err" || fail "does not say \"$1\""
	[ ! -s "$SCRATCH/out" ] || fail "judges and refuses: $2"
	equal "lines" 1 "$(wc -l <"$SCRATCH/err")"
}
well='192.0.2.1 7 NOERROR SERVFAIL SERVFAIL'
wrong 'wrong:2: 4 words' "$well"$'\n192.0.2.1 7 NOERROR SERVFAIL'
wrong 'wrong:1: key tag "65536"' '192.0.2.1 65536 NOERROR SERVFAIL SERVFAIL'
wrong 'wrong:1: status "servfail"' '192.0.2.1 7 NOERROR servfail SERVFAIL'
wrong 'no results' '# none'
wrong 'expected resolver, tag, is_ta, not_ta, bogus' \
	'[{"resolver": "192.0.2.1", "tag": 7}]'
wrong 'wrong: ' '[{"resolver": '

# refused TEXT ARGUMENT...
refused() {
	ends 2 "$script" "${@:2}"
	grep -qF -- "$1" "$SCRATCH/err" || fail "does not say \"$1\""
	equal "lines" 1 "$(wc -l <"$SCRATCH/err")"
}
refused 'needs --tag' ask example. 127.0.0.1
refused '--tag "65536"' ask example. 127.0.0.1 --tag 65536
refused '--tag "007"' ask example. 127.0.0.1 --tag 007
refused 'zone "Example."' ask Example 127.0.0.1 --tag 7
refused '--address of IPv4' zone "$SCRATCH/none" example. --tag 7 --address ::1
refused '--address "here"' zone "$SCRATCH/none" example. --tag 7 --address here
refused '--path "/../x"' page "$SCRATCH/none" example. --tag 7 --path /../x
refused '--scheme "ftp"' page "$SCRATCH/none" example. --tag 7 --scheme ftp
absent "$SCRATCH/none"
refused 'cannot be read' judge "$SCRATCH/none"

### The page

web=$((PORT + 60))
site=$SCRATCH/site
# As many keys as a browser is shown outcomes for at a time.
ends 0 "$script" page "$site" example. --port "$web" --path /image/1.gif \
	--tag "$now" --tag "$next" --tag 1 --tag 2 --tag 3 --tag 4
! grep -nP '[^\x20-\x7e\t]' "$site/index.html" || fail "not ASCII"
# Nothing is named but the images and what is typed by hand.
equal "what it loads" '' "$(grep -oE 'https?://[^" ;]*' "$site/index.html" |
	grep -vE "^http://(root-key-sentinel-(is|not)-ta-[0-9]{5}|bogus)\.example:$web(/image/1\.gif)?\$")"

serve_site() {
	mkdir -p "$WORLD/web"
	setpriv --pdeathsig TERM python3 -m http.server --bind 127.0.0.1 \
		--directory "$site" "$web" >"$WORLD/web/output" 2>&1 &
	PID[web]=$!
	wait_for "the web server" listens "$web"
}

listens() {
	(: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# browser RULES [PAGE [OPTION]]: the page as a visitor sees it whose names resolve
# by them, when all is quiet.
browser() {
	mkdir "$SCRATCH/profile"
	timeout 60 chromium --headless --no-sandbox --disable-gpu --no-first-run \
		--disable-background-networking --disable-component-update \
		--disable-sync --user-data-dir="$SCRATCH/profile" \
		--host-resolver-rules="$1" \
		"${3---virtual-time-budget=60000}" \
		--dump-dom "http://127.0.0.1:$web/${2-}" \
		>"$SCRATCH/out" 2>"$SCRATCH/browser" || fail "chromium: $1"
	rm -rf "$SCRATCH/profile"
}

# rules NAME...: these are found, and no other.
rules() {
	local name

	for name in "$@"; do
		printf 'MAP %s 127.0.0.1,' "$name"
	done
	printf 'MAP *.example ~NOTFOUND'
}

is() {
	printf 'root-key-sentinel-is-ta-%05d.example\n' "$@"
}

not() {
	printf 'root-key-sentinel-not-ta-%05d.example\n' "$@"
}

# shows TAG VERDICT: in the browser's words.
shows() {
	local text

	text=$(awk -v tag="<h2>Key $1</h2>" '
		/<section/ { section = $0 }
		$0 == tag { print section }' "$SCRATCH/out")
	equal "key $1" "<section data-verdict=\"$2\">" "$text"
}

serve_site
# found_by NAME: which names the resolver of that name finds.
found_by() {
	local name type

	while read -r name type; do
		[ -z "$(dig_at "$1" +short "$name" "$type")" ] ||
			echo "${name%.}"
	done <"$SCRATCH/zone/queries"
}
for name in unbound-old:trusts:distrusts named-ready:trusts:trusts \
	named-ignorant:unknowing:unknowing unbound-lax:lax:lax \
	named-stale:fails:fails; do
	IFS=: read -r name first second <<<"$name"
	mapfile -t found < <(found_by "$name")
	browser "$(rules ${found[@]+"${found[@]}"})"
	shows "$now" "$first"
	shows "$next" "$second"
done
says 'Either the zone or its servers cannot be reached'

# Every outcome there is.
mapfile -t found < <(is 1 3; not 2 3)
browser "$(rules "${found[@]}")"
shows 1 trusts
shows 2 distrusts
shows 3 unknowing
shows 4 fails
says '<p class="warning"><strong>It validates, and does not trust the key.</strong>'
says '<p class="today"><strong>It validates, and trusts the key.</strong>'
browser "$(rules "${found[@]}" bogus.example)"
shows 1 odd
shows 2 odd
shows 3 lax
shows 4 odd
# Nothing but the page and the images was asked for, and nothing told.
equal "what was asked for" $'GET /\nGET /image/1.gif' "$(sed -n \
	's/^[^"]*"\([A-Z]* [^ ?]*\).*/\1/p' "$WORLD/web/output" | sort -u |
	grep -v favicon)"

# What is no image has not come from the zone.
mv "$site/image/1.gif" "$SCRATCH/1.gif"
cp "$site/index.html" "$site/image/1.gif"
browser "$(rules "${found[@]}" bogus.example)"
shows 3 fails
mv "$SCRATCH/1.gif" "$site/image/1.gif"

# The page's policy stands: what it does not name is not run.
sed 's/const LIMIT_MS/const OTHER_MS/' "$site/index.html" >"$site/other.html"
browser "$(rules "${found[@]}")" other.html
says '<strong>Not tried yet.</strong>'

# Whose answer never ends has said nothing.  The time that the page waits is
# shortened in a copy, and its policy lifted.
mkdir "$WORLD/mute"
setpriv --pdeathsig TERM python3 -c 'import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(60)' $((web + 1)) >"$WORLD/mute/output" 2>&1 &
PID[mute]=$!
wait_for "the mute server" listens $((web + 1))
sed -e '/Content-Security-Policy/d' -e 's/LIMIT_MS = 30000/LIMIT_MS = 1000/' \
	"$site/index.html" >"$site/hasty.html"
found=("$(is 1)" "$(not 2)")
browser "MAP $(not 1) 127.0.0.1:$((web + 1)),$(rules "${found[@]}")" hasty.html \
	--timeout=6000
shows 1 odd
shows 2 distrusts
says 'no end was seen'
finish
