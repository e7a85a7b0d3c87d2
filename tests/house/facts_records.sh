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

# --- Trust anchors made, compared, signed and verified; the parent's DS.

anchor_records() {
	echo 'trust_anchor: {source: "https://a.test/a.xml"}' >>"$CONFIG"
	recorded anchors 0 trust-anchor make a.xml
	recorded anchors 0 trust-anchor make a.bind --format bind
	recorded anchors 0 keygen --label anchor --purpose anchor "${EC[@]}" \
		--csr anchor.csr
	{
		openssl req -x509 -newkey rsa:2048 -nodes -days 30 -keyout ca.key \
			-out ca.pem -subj /CN=ca
		openssl req -in anchor.csr -pubkey -noout >anchor.pub
		echo 'keyUsage=critical,digitalSignature' >ext
		openssl x509 -new -force_pubkey anchor.pub -CA ca.pem \
			-CAkey ca.key -days 30 -extfile ext -subj /CN=signer \
			-out anchor.pem
	} >out 2>err || fail "no certificate"
	recorded signing 0 trust-anchor sign a.xml a.p7s --batch \
		--certificate anchor.pem --label anchor
	recorded signing 0 trust-anchor verify a.xml a.p7s ca.pem
	recorded signing 0 trust-anchor compare a.xml
	run --config "$CONFIG" parent show --format ds
	cp "$SCRATCH/out" parent.ds
	recorded parent 0 parent show --format epp-ds -o parent.epp
	recorded parent 0 parent compare parent.ds
	: >none.ds
	recorded parent 1 parent compare none.ds
}

# --- A KSK copied, deleted, and restored: one token is both sides.

copy_records() {
	printf '\nkey_policy:\n  extractable: for-backup\n' >policy
	cat "$CONFIG" policy >copyable.yaml
	accepts --at "$AT" --config copyable.yaml keygen --label ksk-2 \
		"${EC[@]}"
	cp "$CONFIG" bare.yaml
	sed -n '/^  ksk_next:$/,/^$/p' "$SCRATCH/out" >>"$CONFIG"
	recorded copies 0 --at "$AT" transport --label transport --size 2048 \
		transport.pem
	recorded copies 0 --at "$AT" backup --label ksk-2 --batch \
		--to transport.pem --recipient-sha256 \
		"$(sha256sum <transport.pem | cut -c1-64)" ksk-2.backup
	accepts --at "$AT" --config bare.yaml keydelete --label ksk-2 --batch
	recorded copies 0 --at "$AT" restore --transport-key transport \
		ksk-2.backup
	officers_records
	handover_records
	rm -rf ceremony
}

# A ZSK that goes to its signer.
handover_records() {
	local CONFIG=handover.yaml
	printf '  zsk_handover: true\n' | cat copyable.yaml - >handover.yaml
	recorded handover 0 --at "$AT" keygen --label zsk "${EC[@]}" \
		--purpose zsk
	recorded handover 0 --at "$AT" handover --label zsk --batch --to transport.pem --recipient-sha256 \
		"$(sha256sum <transport.pem | cut -c1-64)" zsk.wrapped
}

# The same by officers' components.
officers_records() {
	local officers=() officer
	for officer in 1 2; do
		(umask 077 && openssl rand -hex 32 >"component-$officer")
		officers+=(--component-file "component-$officer")
	done
	accepts --at "$AT" --config bare.yaml keydelete --label ksk-2 --batch
	accepts --at "$AT" --config copyable.yaml keygen --label ksk-3 \
		"${EC[@]}"
	sed -n '/^  ksk_next:$/,/^$/p' "$SCRATCH/out" |
		sed 's/ksk_next:/ksk_third:/' >>"$CONFIG"
	recorded officers 0 --at "$AT" transport --components 2 \
		"${officers[@]}" officers
	recorded officers 0 --at "$AT" backup --label ksk-3 --batch \
		--to officers --recipient-sha256 \
		"$(sha256sum <officers | cut -c1-64)" "${officers[@]}" \
		ksk-3.backup
	accepts --at "$AT" --config bare.yaml keydelete --label ksk-3 --batch
	recorded officers 0 --at "$AT" restore "${officers[@]}" ksk-3.backup
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
		    proceed:
		      days: 7
		      min_sources: 10
		      max_old_only: 1
		      no_rise_after: 2027-03-01
		      otherwise: c_to_c
		      deciders: [board]
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
	decided_records
}

# --- Whether that goes on: held, then not, and another response is used.

decided_records() {
	local tags decide=(--at 2027-03-25T12:00:00Z plan decide plan.yaml)

	python3 "$HOUSE/../support/signals.py" figures signals \
		$(($(date -u -d 2027-03-01 +%s) / 86400)) 25 40 20 10 5
	mapfile -t tags < <(sed -n 's/^    key_tag: //p' "$CONFIG")
	sed -i "s/^zone [.]$/zone example./
		s/4a5c/$(printf '%04x' "${tags[0]}")/
		s/4f66/$(printf '%04x' "${tags[1]}")/" signals
	recorded planned 0 "${decide[@]}" --readiness signals --decide go \
		--by board --reason "it is tried"
	recorded planned 0 "${decide[@]}" --readiness signals
	recorded planned 1 --at 2027-03-25T12:00:00Z register activate \
		signed/*2027-q2-0-*.xml
	recorded planned 0 --at 2027-03-25T12:00:00Z register activate \
		signed/*2027-q2-0-*.xml --override-decision "it is tried"
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
	ecdsa_workspace copy-ws
	copy_records
	ecdsa_workspace planned-ws
	plan_records
	ecdsa_workspace anchor-ws
	anchor_records
}
