#!/bin/bash
# The recipes for the zone's side: their files are written and their commands run
# as they stand there, and a resolver that has our KSK alone validates the zone.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
# shellcheck source=tests/support/signers.sh
. tests/support/signers.sh
needs jq keymgr knotd delv dig softhsm2-util rndc-confgen nsd ldns-keygen \
	ldns-signzone ldns-verify-zone
ROOT=$PWD
mkdir "$SCRATCH/bin"
ln -s "$(realpath "$ANCHORITE")" "$SCRATCH/bin/anchorite"
PATH=$SCRATCH/bin:$PATH
SERVED='257'

# fill: the page's words for what is the reader's own, and ports that are free.
fill() {
	sed -e "s/\\<DAY\\>/$(date -u +%F)/; s/\\<NOW\\>/$NOW/g" \
		-e "s/port 53\\>/port $ZONE_PORT/; s/@53\\>/@$ZONE_PORT/" \
		-e "s/port 953\\>/port $((ZONE_PORT + 1))/" \
		-e "s/-p 953\\>/-p $((ZONE_PORT + 1))/"
}

# type_in COMMAND: as typed at a terminal; who answers `Yes` there has --batch here.
# A server runs until the page ends.
type_in() {
	local command=$1

	case $command in
	'anchorite register activate '*) sleep 1 ;;& # the next quarter is later
	knotd\ * | nsd\ *) command=${command/nsd /nsd -d } ;;
	named\ *) command=${command/named /named -f } ;;
	*)
		[[ $command != 'anchorite sign '* ]] || command+=' --batch'
		bash -euo pipefail -c "$command" >"$SCRATCH/out" \
			2>"$SCRATCH/err" </dev/null ||
			fail "$page: status $?: $command"
		! grep -qE '^error|failed' "$SCRATCH/out" ||
			fail "$page: $command"
		CASES=$((CASES + 1))
		return
		;;
	esac
	bash -c "exec $command" >log 2>&1 &
	SERVER=$!
	until_within 20 answers
}

answers() {
	dig +short +time=1 @127.0.0.1 -p "$ZONE_PORT" "$ZONE" SOA | grep . >/dev/null
}

# follow PAGE: its files and commands, in order.
follow() {
	local line file='' commands=0

	page=docs/operate/$1
	while IFS= read -r line; do
		case $line in
		'```'*) [ -z "$file" ] && file=- || file= ;;
		'    $ '*)
			type_in "$(fill <<<"${line#'    $ '}")"
			commands=$((commands + 1))
			;;
		*)
			if [ "$file" = - ]; then
				file=${line##* }
				: >"$file"
			fi
			[ -z "$file" ] || fill <<<"$line" >>"$file"
			;;
		esac
	done <"$ROOT/$page"
	[ "$commands" -gt 8 ] || fail "$page: $commands commands"
}

# there EXAMPLE: a folder as a reader has who begins a page, who has a KSK and
# the example's configuration.
there() {
	cd "$ROOT"
	child_zone "$1" "$2"
	mkdir "$SCRATCH/there-$1"
	cd "$SCRATCH/there-$1"
	mkdir keys run
	zone_file >example.zone
	NOW=$(date -u +%Y-%m-%dT%H:%M:%SZ)
}

### Knot

there knot knot
follow knot.md
until_within 20 serves "$SERVED"
validates skr.txt
anchorite release skr-2.txt --at "$(date -u +%FT%TZ)" --into knot -o slot.txt >/dev/null
keymgr -c knot.conf "$ZONE" import-skr slot.txt >"$SCRATCH/out" 2>&1 ||
	fail "keymgr does not import a slot alone"
stop_server

### ldns' tools

there ldns bind
sed -i '/^cds:/d' "$ANCHORITE_CONFIG"
follow ldns.md
validates skr.txt
# The keys alone, with the ZSK's own signature, are not enough.
stop_server
cp signed served
nsd -d -c nsd.conf >log 2>&1 &
SERVER=$!
until_within 20 answers
anchor "$(ksk_of skr.txt)"
! delve || fail "the zone validates without our signature"
stop_server

### BIND

cd "$ROOT"
bind_9_20
there bind bind
rndc-confgen -a -c "$PWD/rndc.key" -k rndc-key >/dev/null 2>&1
follow bind.md
until_within 20 serves "$SERVED"
validates skr.txt
anchorite release skr-2.txt --at "$(date -u +%FT%TZ)" --into bind -o slot.txt >/dev/null
rndc -p $((ZONE_PORT + 1)) -k rndc.key skr -import slot.txt "$ZONE" \
	>"$SCRATCH/out" 2>&1 || fail "rndc does not import a slot alone"
! grep -q failed "$SCRATCH/out" || fail "rndc does not import a slot alone"
stop_server
cd "$ROOT"
finish
