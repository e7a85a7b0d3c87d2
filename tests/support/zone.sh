# A zone round a released DNSKEY RRset, put before verifiers that are not ours.
# Sourced after lib.sh.
needs dnssec-signzone dnssec-verify ldns-verify-zone kzonecheck

"${CC:-cc}" -std=c11 -D_GNU_SOURCE -shared -fPIC -o "$SCRATCH/set_clock.so" \
	tests/support/set_clock.c || fail "set_clock.c does not compile"

DAY=86400

stamp() {
	date -u -d "@$1" +%Y%m%d%H%M%S
}

# quiet WHAT COMMAND...: shows what the command said only if it fails.
quiet() {
	local what=$1
	shift
	"$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || fail "$what: $*"
}

# judge WHAT TIME [ZONE]: all three accept $SCRATCH/zone at that second.
judge() {
	local zone=${3:-.}
	quiet "$1" ldns-verify-zone -t "$(stamp "$2")" "$SCRATCH/zone"
	CLOCK=$2 LD_PRELOAD=$SCRATCH/set_clock.so quiet "$1" \
		dnssec-verify -o "$zone" "$SCRATCH/zone"
	quiet "$1" kzonecheck -d on -t "$(stamp "$2")" -o "$zone" "$SCRATCH/zone"
	CASES=$((CASES + 3))
}

# slot_records SLOT: of the response that `show --format dns` printed into
# $SCRATCH/dns, into $SCRATCH/slot.
slot_records() {
	awk -v slot="$1" '/^;/ { on = $3 == slot; next } on' "$SCRATCH/dns" \
		>"$SCRATCH/slot"
}

# build_zone WHAT ZONE INCEPTION SECONDS KEY...: $SCRATCH/zone, with the keys of
# $SCRATCH/slot and our signatures over them; ZSKs (files) make all the others.
build_zone() {
	local what=$1 zone=$2 inception=$3 seconds=$4
	shift 4
	{
		cat <<-END
			$zone 86400 IN SOA a.test. b.test. 1 1800 900 604800 86400
			$zone 518400 IN NS a.test.
		END
		[ "$zone" != . ] || cat <<-'END'
			test. 172800 IN NS a.test.
			a.test. 172800 IN A 192.0.2.1
		END
		grep ' IN DNSKEY ' "$SCRATCH/slot"
	} >"$SCRATCH/unsigned"
	quiet "$what" dnssec-signzone -P -O full -o "$zone" -d "$SCRATCH" \
		-f "$SCRATCH/signed" -s "$(stamp "$inception")" -e "+$seconds" \
		"$SCRATCH/unsigned" "${@%.key}"
	{
		grep -vE 'RRSIG[[:space:]]+DNSKEY' "$SCRATCH/signed"
		grep ' IN RRSIG ' "$SCRATCH/slot"
	} >"$SCRATCH/zone"
}
