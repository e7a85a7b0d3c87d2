# A configuration of many zones, their requests, and a manifest of these: three
# formats and four kinds of keys in turn.  Sourced behind lib.sh.

MANY_ALGORITHMS=(RSASHA256 ECDSAP256SHA256 ECDSAP384SHA384 ED25519)
MANY_FORMATS=(xml bind knot)

# many_zone I: its name, its format and its algorithm, in $zone, $format and
# $algorithm; they have no common divisor, so that all pairs occur.
many_zone() {
	zone=$(printf 'z%04d.example.' "$1")
	format=${MANY_FORMATS[$(($1 % 3))]}
	algorithm=${MANY_ALGORITHMS[$(($1 % 4))]}
}

# many_head: what all zones inherit.
many_head() {
	sed -n '/^rehearsal:/p; /^hsm:/,/^$/p' "$WS/anchorite.yaml"
	cat <<-'END'
		request_policy:
		  approved_algorithms: [RSASHA256, ECDSAP256SHA256, ECDSAP384SHA384, ED25519]
		  enable_unsupported_ecdsa: true
		  enable_unsupported_edwards_dsa: true
	END
}

# many_policy FORMAT INDENT: what a zone has of its own.
many_policy() {
	[ "$1" = xml ] || sed "s/^/$2/" <<-'END'
		records: {validity: P21D, refresh: P7D}
		ksk_policy:
		  min_signature_validity: P21D
		  max_signature_validity: P21DT2H
		  min_validity_overlap: P7D
		  max_validity_overlap: P22D
	END
}

# many_alone: a configuration of that one zone, for what makes its keys.
many_alone() {
	{
		many_head
		printf '  acceptable_domains: ["%s"]\n' "$zone"
		printf 'ksk_policy:\n  signers_name: "%s"\n' "$zone"
	} >"$WS/alone.yaml"
	chmod 600 "$WS/alone.yaml"
}

# How many zones share a KSK; 0: each has one of its own.
MANY_SHARE=${MANY_SHARE:-0}

# many_shared I: the KSK of that zone and of others, as the lines that pin it.
many_shared() {
	local label pin
	label=ksk-$algorithm-$(($1 / (4 * MANY_SHARE)))
	pin=$WS/requests/$label
	if [ ! -e "$pin" ]; then
		"$ANCHORITE" --config "$WS/alone.yaml" --at "$AT" --json \
			--ceremony "$SCRATCH/making" keygen --label "$label" \
			--algorithm "$algorithm" >"$SCRATCH/key" ||
			fail "no key $label"
		printf '    keys: {ksk_current: {label: "%s", shared: true, algorithm: %s, public_key: "%s"}}\n' \
			"$label" "$algorithm" "$(jq -r '[.. | .dnskey? //
				empty][0] | split(" ")[-1]' "$SCRATCH/key")" \
			>"$pin"
	fi
	cat "$pin"
}

# many_key: a KSK of that zone, as the lines that pin it.
many_key() {
	"$ANCHORITE" --config "$WS/alone.yaml" --at "$AT" --json --ceremony \
		"$SCRATCH/making" keygen --label "ksk-$zone" --algorithm \
		"$algorithm" >"$SCRATCH/key" || fail "no key for $zone"
	printf '    keys:\n      ksk_current:\n        label: "ksk-%s"\n' "$zone"
	jq -r '"        algorithm: \(.algorithm // .key.algorithm_name)",
		"        ds_sha256: \(.ds_sha256 // .key.ds_sha256)"' "$SCRATCH/key"
}

# many_request: in its own format; XML has proofs in its own name.
many_request() {
	local file=$WS/requests/$zone$format template=$WS/requests/$algorithm
	if [ "$format" = xml ] || [ ! -e "$template.$format" ]; then
		"$ANCHORITE" --config "$WS/alone.yaml" --at "$AT" --ceremony \
			"$SCRATCH/making" request "$WS/made.xml" --zsk-dir \
			"$WS/zsks-$algorithm" --algorithm "$algorithm" \
			>"$SCRATCH/out" 2>"$SCRATCH/err" ||
			fail "no request for $zone"
	fi
	if [ "$format" = xml ]; then
		mv "$WS/made.xml" "$file"
		return
	fi
	if [ ! -e "$template.$format" ]; then
		"$ANCHORITE" convert "$WS/made.xml" "$template.$format" --into \
			"$format" >"$SCRATCH/out" 2>"$SCRATCH/err" ||
			fail "no $format of $zone"
		printf '%s\n' "$zone" >"$template.$format.zone"
		rm "$WS/made.xml"
	fi
	sed "s/$(<"$template.$format.zone")/$zone/" "$template.$format" >"$file"
}

# many_row: the manifest's.
many_row() {
	printf '  %s:\n    request: requests/%s%s\n    sha256: %s\n' "$zone" \
		"$zone" "$format" \
		"$(sha256sum "$WS/requests/$zone$format" | cut -d' ' -f1)"
	printf '    first: true\n    response: %sskr\n' "$zone"
}

# many N: a workspace $WS with $CONFIG, of N zones, and $MANIFEST.
many() {
	local i
	WS=$SCRATCH/many CONFIG=$SCRATCH/many/zones.yaml
	MANIFEST=$SCRATCH/many/manifest.yaml
	"$ANCHORITE" init "$WS" --at "$AT" >"$SCRATCH/out"
	mkdir "$WS/requests"
	{
		many_head
		printf '  proof_of_possession: none\nzones:\n'
	} >"$CONFIG"
	chmod 600 "$CONFIG"
	printf 'requests:\n' >"$MANIFEST"
	for ((i = 0; i < $1; i++)); do
		many_zone "$i"
		many_alone
		{
			printf '  %s:\n' "$zone"
			many_policy "$format" '    '
			if [ "$MANY_SHARE" -gt 0 ]; then
				many_shared "$i"
			else
				many_key
			fi
		} >>"$CONFIG"
		many_request
		many_row >>"$MANIFEST"
	done
}
