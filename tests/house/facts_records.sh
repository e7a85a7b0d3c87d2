# The records that tests/house/facts changes: small ones, each of few runs, of
# every command that can be on record.  Sourced by it, with tests/support/lib.sh.
# shellcheck shell=bash disable=SC2154

# recorded RECORD STATUS ARGS...: one run into that record.
recorded() {
	local record=$1 wanted=$2
	shift 2
	run --config "$CONFIG" --ceremony "records/$record" "$@"
	[ "$status" -eq "$wanted" ] || fail "status $status, wanted $wanted: $*"
}

# typed RECORD TEXT ARGS...: the same with TEXT typed at its question.
typed() {
	local record=$1 text=$2
	shift 2
	cat >dialogue <<-END
		set timeout 60
		spawn -noecho $ANCHORITE --config $CONFIG --ceremony records/$record $@
		expect {
			"stop:" { }
			timeout { exit 98 }
			eof { exit 99 }
		}
		send -- "$text\r"
		expect eof
		exit [lindex [wait] 3]
	END
	expect dialogue >out 2>err || fail "status $? at the terminal: $*"
}

# A zone whose keys are quick to judge.
ecdsa_workspace() {
	accepts init "$1" --at "$AT" --algorithm ECDSAP256SHA256 --zone example.
	sed -i 's/^request_policy:$/&\n  approved_algorithms: [ECDSAP256SHA256]\n  enable_unsupported_ecdsa: true/' \
		"$1/anchorite.yaml"
	CONFIG=$1/anchorite.yaml
}
EC=(--algorithm ECDSAP256SHA256)

# --- Two quarters, refused once, signed, verified, in use; looked at.

documents_records() {
	local at=$AT next=2027-02-15T12:00:00Z

	recorded request 0 --at "$at" request ksr-1.xml "${EC[@]}"
	recorded sign 0 --at "$at" sign ksr-1.xml skr-1.xml --first --batch
	recorded sign 1 --at "$at" sign ksr-1.xml skr-x.xml --first --batch
	recorded sign 0 --at "$at" verify ksr-1.xml skr-1.xml
	recorded sign 0 --at "$at" register activate skr-1.xml
	recorded sign 0 --at "$at" register recover \
		"$(sha256sum <skr-1.xml | cut -c1-64)" back.xml
	recorded request 0 --at "$next" request ksr-2.xml "${EC[@]}" \
		--previous-skr skr-1.xml
	recorded second 0 --at 2027-01-20T12:00:00Z register list
	recorded second 1 --at 2026-06-01T12:00:00Z sign ksr-2.xml skr-2.xml \
		--previous-skr skr-1.xml --batch
	typed second Yes --at 2027-01-20T12:00:00Z sign ksr-2.xml skr-2.xml \
		--previous-skr skr-1.xml --override KSR-POLICY-SIG-HORIZON \
		--reason early --override KSR-POLICY-SIG-OVERLAP --reason unused
	recorded second 0 --at "$next" verify ksr-2.xml skr-2.xml \
		--previous-skr skr-1.xml --schema normal
	recorded check 0 --at "$at" check ksr-1.xml --alternative other
	recorded check 1 --at 2026-06-01T12:00:00Z check ksr-1.xml
	run --config "$CONFIG" --ceremony records/policy check --policy
	recorded look 0 show skr-1.xml
	recorded look 0 hash skr-1.xml ksr-1.xml large
	recorded look 0 release skr-1.xml --at 2027-01-15T00:00:00Z
	recorded look 0 release skr-1.xml --at 2027-01-15T00:00:00Z \
		-o slot.records
	anchors_file
	recorded simulate 0 simulate skr-1.xml skr-2.xml --resolver follower \
		--resolver "static,anchor-file=anchors" --svg drawing.svg
}

# What the parent would publish for the zone's KSK.
anchors_file() {
	local key

	key=$(jq -r 'select(.event == "ksks") | .ksks[0].key |
		"\(.flags) \(.protocol) \(.algorithm) \(.public_key)"' \
		records/sign/log.jsonl | head -n 1)
	printf 'example. 3600 IN DNSKEY %s\n' "$key" >anchors
}

# --- Registers taken up, and a response had back.

register_records() {
	mkdir archive
	cp ksr-1.xml archive/1-ksr.xml
	cp skr-1.xml archive/1-skr.xml
	cp ws/register.jsonl theirs.jsonl
	rm ws/register.jsonl
	recorded adopt 0 --at "$AT" register adopt archive
	rm ws/register.jsonl
	recorded theirs 0 --at "$AT" register adopt theirs.jsonl
	recorded theirs 2 --at "$AT" register activate ksr-1.xml
}

# --- Keys made, shown, deleted; the record signed by one.

key_records() {
	recorded keys 0 --at "$AT" keygen --label spare "${EC[@]}" --csr spare.csr
	recorded keys 0 --at "$AT" keygen --label rsa --algorithm RSASHA256
	recorded keys 0 --at "$AT" inventory
	recorded keys 0 --at "$AT" keydelete --label rsa --batch
	typed keys spare --at "$AT" keydelete --label spare
	recorded keys 1 --at "$AT" keydelete --label ksk-1 --batch
	recorded sealed 0 --at "$AT" keygen --purpose audit --label audit "${EC[@]}"
	recorded sealed 0 --at "$AT" log sign log.p7s --key audit
}

# --- A plan, and what is signed by it.

plan_records() {
	accepts --at "$AT" --config "$CONFIG" keygen --label ksk-2 "${EC[@]}"
	sed -n '/^  ksk_next:$/,/^$/p' "$SCRATCH/out" >>"$CONFIG"
	cat >plan.yaml <<-'END'
		description: "from ksk-1 to ksk-2"
		old: ksk_current
		new: ksk_next
		delays: 1
		quarters:
		  2027-q1:
		    schema: normal
		  2027-q2:
		    schema: pre-publish
		    fallbacks:
		      c_to_c: {schema: normal}
		  2027-q3:
		    schema: rollover
		    fallbacks:
		      d_to_d: {schema: publish+}
		  2027-q4:
		    schema: revoke
		    fallbacks:
		      e_to_e: {schema: rollover+, until: 1}
		  2028-q1:
		    schema: normal
		    name: after
		    old: ksk_next
	END
	recorded plan 0 plan check plan.yaml
	recorded plan 0 plan show plan.yaml
	recorded plan 0 plan draw plan.yaml -o plan.svg
	mkdir signed
	rm -rf ceremony
	accepts --config "$CONFIG" --at "$AT" request p1.xml "${EC[@]}"
	accepts --config "$CONFIG" --at "$AT" sign p1.xml signed --plan plan.yaml \
		--first --batch
	accepts --config "$CONFIG" --at 2027-02-15T12:00:00Z register activate \
		signed/*2027-q1*.xml
	accepts --config "$CONFIG" --at 2027-02-15T12:00:00Z request p2.xml \
		"${EC[@]}" --previous-skr signed/*2027-q1*.xml
	recorded planned 0 --at 2027-02-15T12:00:00Z sign p2.xml signed \
		--plan plan.yaml --previous-skr signed/*2027-q1*.xml --batch
}

# --- A medium, the program itself, a script.

other_records() {
	mkdir medium
	printf one >medium/1
	recorded manifest 0 manifest medium manifest.txt
	printf two >medium/2
	recorded manifest 1 manifest medium --compare manifest.txt
	recorded selftest 0 selftest
	cat >walk.act <<-'END'
		title: A walk
		purpose: to have steps
		input: WHERE Where
		act: Opening
		step: Doors
		step: Signatures
		act: Closing
		step: Doors again
	END
	printf 'WHERE=here\n' >values
	recorded step 0 step begin --script walk.act --values values --title "A walk"
	recorded step 0 step start --number 1.1 --title Doors
	recorded step 0 step 'done' --number 1.1 --initials AB --role CA \
		--prompt "Are they shut?" --answer yes
	recorded step 0 step exception --number 1.2 --initials CD --role IW \
		--expected "a pen" --happened "a pencil" --decided "it will do"
	recorded step 0 step start --number 1.2
	recorded step 0 step failed --number 1.2 --text "no ink"
	recorded step 0 step skipped --number 1.2 --text "no pen"
	recorded step 0 step start --number 2.1
	recorded step 0 step 'done' --number 2.1
	recorded step 0 step end
}

# Every record, below records/.
make_records() {
	ecdsa_workspace ws
	truncate -s 33M large
	documents_records
	register_records
	key_records
	other_records
	ecdsa_workspace planned-ws
	plan_records
}
