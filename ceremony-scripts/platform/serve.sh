# shellcheck shell=bash
#
# The testbed's name server: NSD, with the zones that are due and nothing else.
# It is sourced, never run; zone.sh comes first.
#
# serve/nsd.conf, pid, control   the server's
# serve/NAME.zone                a zone as it is served
# serve/shown                    a line a zone: its name, and when its slot began

# nsd_conf: no recursion (NSD knows none), no transfers, few answers to whoever
# asks a great deal, none that has to be divided.
nsd_conf() {
	local address name

	echo "server:"
	while read -r address; do
		echo "  ip-address: $address"
	done <"$bed/listen"
	cat <<-END
		  username: ""
		  chroot: ""
		  database: ""
		  server-count: 1
		  zonesdir: "$bed/serve"
		  pidfile: "$bed/serve/pid"
		  logfile: "$bed/serve/log"
		  xfrdfile: "$bed/serve/xfrd"
		  zonelistfile: "$bed/serve/zonelist"
		  xfrdir: "$bed/serve"
		  hide-version: yes
		  hide-identity: yes
		  refuse-any: yes
		  ipv4-edns-size: 1232
		  ipv6-edns-size: 1232
		  tcp-count: 100
		  tcp-timeout: 10
		  rrl-ratelimit: 50
		  rrl-slip: 2
		  minimal-responses: yes
		remote-control:
		  control-enable: yes
		  control-interface: "$bed/serve/control"
	END
	for name in "$@"; do
		printf 'zone:\n  name: "%s"\n  zonefile: "%s.zone"\n' \
			"$name.$domain" "$name"
	done
}

# server_runs: NSD answers by its control channel.
server_runs() {
	nsd-control -c "$bed/serve/nsd.conf" status >/dev/null 2>&1
}

# server_reads: it takes up what is new; nothing where it does not run.
server_reads() {
	server_runs || return 0
	if ! quietly nsd-control -c "$bed/serve/nsd.conf" reconfig ||
		! quietly nsd-control -c "$bed/serve/nsd.conf" reload; then
		die "nsd does not take up the zones; see $bed/serve/log"
	fi
}

# publish_due TIME: each zone as it is due; one line for each that changes.  Says
# "yes" in $changed where something is another than before.
publish_due() {
	local now=$1 name due=() was begin skr zsks

	mkdir -p -- "$bed/serve"
	: >"$bed/serve/shown.new"
	while read -r name; do
		zone_use "$name"
		slot_at "$now" || continue
		due+=("$name")
		was=$(awk -v name="$name" '$1 == name { print $2 }' \
			"$bed/serve/shown" 2>/dev/null) || was=
		echo "$name $begin" >>"$bed/serve/shown.new"
		[ "$was" != "$begin" ] || [ ! -e "$bed/serve/$name.zone" ] ||
			continue
		zone_file "$now" "$bed/serve/$name.new"
		mv -- "$bed/serve/$name.new" "$bed/serve/$name.zone"
		printf '%-24s  slot of %s\n' "$name" "$(iso "$begin")"
		changed=yes
	done < <(zone_names)
	nsd_conf "${due[@]}" >"$bed/serve/nsd.conf.new"
	cmp -s "$bed/serve/nsd.conf.new" "$bed/serve/nsd.conf" || changed=yes
	mv -- "$bed/serve/nsd.conf.new" "$bed/serve/nsd.conf"
	[ "$changed" = no ] || server_reads
	mv -- "$bed/serve/shown.new" "$bed/serve/shown"
}

# server_begin, server_end: it runs as long as this script.
server_begin() {
	setpriv --pdeathsig TERM nsd -d -c "$bed/serve/nsd.conf" \
		</dev/null >>"$bed/serve/output" 2>&1 &
	server_pid=$!
}

server_end() {
	[ -n "${server_pid-}" ] || return 0
	kill "$server_pid" 2>/dev/null || true
	wait "$server_pid" 2>/dev/null || true
	server_pid=
}
