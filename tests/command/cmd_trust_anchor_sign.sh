#!/bin/bash
# The signature of trust anchors: by a key in the token and by one in a file, as
# openssl and unbound-anchor take it, and what is refused: on both sides.
# shellcheck source=tests/support/lib.sh disable=SC2016
. tests/support/lib.sh
needs jq openssl nginx unbound-anchor expect

PIDS=()
trap 'own_shell && { kill "${PIDS[@]}" 2>/dev/null || true; rm -rf "$SCRATCH"; }' EXIT

### Certificates: a CA's, and the signers'

PKI=$SCRATCH/pki
mkdir "$PKI"
# quietly COMMAND...: openssl says something only when it fails.
quietly() {
	"$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || fail "$*"
}
# authority NAME: a self-signed CA.
authority() {
	quietly openssl req -x509 -newkey rsa:2048 -nodes -days 3650 \
		-keyout "$PKI/$1.key" -out "$PKI/$1.pem" -subj "/CN=$1" \
		-addext basicConstraints=critical,CA:TRUE \
		-addext keyUsage=critical,keyCertSign,cRLSign
}
authority ca
authority stranger
# certify NAME PUBLIC [DAYS [USAGE [EXTENDED [CA]]]]: a certificate of that key.
certify() {
	{
		echo 'basicConstraints=critical,CA:FALSE'
		[ "${4-digitalSignature}" = none ] ||
			echo "keyUsage=critical,${4-digitalSignature}"
		[ -z "${5-}" ] || echo "extendedKeyUsage=$5"
	} >"$PKI/ext"
	quietly openssl x509 -new -force_pubkey "$2" -CA "$PKI/${6-ca}.pem" \
		-CAkey "$PKI/${6-ca}.key" -days "${3:-365}" -extfile "$PKI/ext" \
		-subj "/O=Anchors/CN=$1/emailAddress=dnssec@anchors.test" \
		-out "$PKI/$1.pem"
}
# pair NAME OPTION...: a private key in a file, and its public half.
pair() {
	quietly openssl genpkey -out "$PKI/$1.key" "${@:2}"
	chmod 600 "$PKI/$1.key"
	quietly openssl pkey -in "$PKI/$1.key" -pubout -out "$PKI/$1.pub"
}
pair rsa -algorithm RSA -pkeyopt rsa_keygen_bits:2048
pair ec -algorithm EC -pkeyopt ec_paramgen_curve:P-256
pair ec384 -algorithm EC -pkeyopt ec_paramgen_curve:P-384
pair ed -algorithm ED25519
pair weak -algorithm RSA -pkeyopt rsa_keygen_bits:1024
for name in rsa ec ec384 ed weak; do
	certify "$name" "$PKI/$name.pub"
done

### The zone's anchors, and its keys for them

WS=$SCRATCH/ws
init_workspace ws
echo "trust_anchor: {source: \"https://anchors.test/a.xml\"}" >>"$ANCHORITE_CONFIG"
cp "$ANCHORITE_CONFIG" "$WS/plain.yaml"
XML=$SCRATCH/a.xml
RECORD=(--ceremony "$SCRATCH/record")
accepts "${RECORD[@]}" trust-anchor make "$XML"
# The token's keys, each with the certificate that its request asks for.
for key in RSASHA256:token ECDSAP256SHA256:token-ec; do
	label=${key#*:}
	accepts "${RECORD[@]}" keygen --label "$label" --algorithm "${key%:*}" \
		--purpose anchor --csr "$PKI/$label.csr"
	says "Anchor key $label"
	equal "the request's name" "subject=CN=Trustanchors$label" \
		"$(openssl req -in "$PKI/$label.csr" -noout -subject | tr -d ' ')"
	quietly openssl req -in "$PKI/$label.csr" -verify -noout
	openssl req -in "$PKI/$label.csr" -pubkey -noout >"$PKI/$label.pub"
	certify "$label" "$PKI/$label.pub"
done
grep -q 'other_keys' "$ANCHORITE_CONFIG" && fail "a mark was not enough"

### Signed, and as openssl sees it

# by_openssl P7S [CA]: openssl's verdict on the very file.
by_openssl() {
	openssl cms -verify -binary -inform DER -in "$1" -content "$XML" \
		-CAfile "$PKI/${2-ca}.pem" -out "$SCRATCH/seen" \
		>"$SCRATCH/openssl" 2>&1 && cmp -s "$XML" "$SCRATCH/seen"
}
# signs NAME ARGS...: into NAME.p7s, which both verify.
signs() {
	local name=$1
	shift
	accepts "${RECORD[@]}" trust-anchor sign "$XML" "$SCRATCH/$name.p7s" \
		--certificate "$PKI/$name.pem" --batch "$@"
	says "Signer "
	says "CN=$name,O=Anchors"
	by_openssl "$SCRATCH/$name.p7s" || fail "openssl refuses $name.p7s"
	! by_openssl "$SCRATCH/$name.p7s" stranger ||
		fail "openssl trusts a stranger"
	accepts trust-anchor verify "$XML" "$SCRATCH/$name.p7s" "$PKI/ca.pem"
	says "CN=$name,O=Anchors"
	says "as the signer says"
}
signs token --label token
signs token-ec --label token-ec
signs rsa --key-file "$PKI/rsa.key"
signs ec --key-file "$PKI/ec.key"
signs ec384 --key-file "$PKI/ec384.key"
accepts "${RECORD[@]}" --json trust-anchor verify "$XML" "$SCRATCH/token.p7s" \
	"$PKI/ca.pem" --signer dnssec@anchors.test
equal "json" "true $(sha256sum "$XML" | cut -c1-64)" \
	"$(jq -r '"\(.accepted) \(.sha256)"' "$SCRATCH/out")"
openssl cms -cmsout -print -inform DER -in "$SCRATCH/token.p7s" -noout \
	>"$SCRATCH/printed"
for attribute in contentType signingTime messageDigest; do
	grep -q "object: $attribute" "$SCRATCH/printed" ||
		fail "the signature has no $attribute"
done
# An intermediate's certificate goes with it.
quietly openssl req -new -newkey rsa:2048 -nodes -keyout "$PKI/sub.key" \
	-out "$PKI/sub.csr" -subj /CN=sub
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n' \
	>"$PKI/ext"
quietly openssl x509 -req -in "$PKI/sub.csr" -CA "$PKI/ca.pem" \
	-CAkey "$PKI/ca.key" -days 365 -extfile "$PKI/ext" -out "$PKI/sub.pem"
certify leaf "$PKI/rsa.pub" 365 digitalSignature emailProtection sub
cat "$PKI/leaf.pem" "$PKI/sub.pem" >"$PKI/chain.pem"
accepts trust-anchor sign "$XML" "$SCRATCH/chain.p7s" --batch \
	--certificate "$PKI/chain.pem" --key-file "$PKI/rsa.key"
by_openssl "$SCRATCH/chain.p7s" || fail "openssl refuses the chain"
accepts trust-anchor verify "$XML" "$SCRATCH/chain.p7s" "$PKI/ca.pem"

### What the signing side refuses

# unsigned STATUS TEXT ARGS...: says so and leaves nothing.
unsigned() {
	local wanted=$1 text=$2
	shift 2
	refuses "$wanted" "$text" trust-anchor sign "$XML" "$SCRATCH/no.p7s" \
		--batch "$@"
	absent "$SCRATCH/no.p7s"
}
KSK=$(sed -n 's/^    label: *"\{0,1\}\([^" ]*\).*/\1/p' "$ANCHORITE_CONFIG" | head -n 1)
unsigned 1 "is a KSK of the configuration: a KSK signs the zone's DNSKEY RRset and nothing else" \
	--certificate "$PKI/token.pem" --label "$KSK"
accepts keygen --label audit --algorithm RSASHA256 --purpose audit
unsigned 1 'key "audit" is an audit key (expected an anchor key)' \
	--certificate "$PKI/token.pem" --label audit
accepts keygen --label other-ksk --algorithm RSASHA256
unsigned 1 'key "other-ksk" is a KSK by its mark' \
	--certificate "$PKI/token.pem" --label other-ksk
refuses 1 'key "token" is an anchor key (expected an audit key)' \
	--ceremony "$SCRATCH/record" log sign "$SCRATCH/no.p7s" --key token
unsigned 1 'key "token" is not the one of the certificate' \
	--certificate "$PKI/rsa.pem" --label token
unsigned 1 'key "key file" is not the one of the certificate' \
	--certificate "$PKI/token.pem" --key-file "$PKI/rsa.key"
unsigned 1 "neither RSA, P-256 nor P-384" --certificate "$PKI/ed.pem" \
	--key-file "$PKI/ed.key"
unsigned 1 "has not 2048 to 4096 bits" --certificate "$PKI/weak.pem" \
	--key-file "$PKI/weak.key"
unsigned 2 "expected either --label, of a key in a token, or --key-file" \
	--certificate "$PKI/rsa.pem"
unsigned 2 "expected either --label, of a key in a token, or --key-file" \
	--certificate "$PKI/rsa.pem" --key-file "$PKI/rsa.key" --label token
unsigned 2 "--passphrase-file is for --key-file" --label token \
	--certificate "$PKI/rsa.pem" --passphrase-file "$PKI/rsa.key"
unsigned 2 "holds no certificate in PEM" --certificate "$PKI/rsa.pub" \
	--key-file "$PKI/rsa.key"
(umask 077 && cat "$PKI/rsa.pem" >"$PKI/none.key")
unsigned 2 "is no private key in PEM" --certificate "$PKI/rsa.pem" \
	--key-file "$PKI/none.key"
cp "$PKI/rsa.key" "$PKI/open.key"
chmod 644 "$PKI/open.key"
unsigned 2 "open.key" --certificate "$PKI/rsa.pem" --key-file "$PKI/open.key"
refuses 2 "there is no terminal to confirm on; --batch" trust-anchor sign "$XML" \
	"$SCRATCH/no.p7s" --certificate "$PKI/token.pem" --label token
refuses 2 "sign needs --certificate" trust-anchor sign "$XML" \
	"$SCRATCH/no.p7s" --label token
# Certificates that are not for it: no usage, another, another's extended one.
certify bare "$PKI/rsa.pub" 365 none
certify crypt "$PKI/rsa.pub" 365 keyEncipherment
certify server "$PKI/rsa.pub" 365 digitalSignature serverAuth
for name in bare crypt server; do
	unsigned 1 "is not for signatures: expected key usage digitalSignature" \
		--certificate "$PKI/$name.pem" --key-file "$PKI/rsa.key"
done
# Expired, and not yet valid: by the time of the decision.
LATER=$(date -u -d '+400 days' +%Y-%m-%dT00:00:00Z)
EARLIER=$(date -u -d '-1 day' +%Y-%m-%dT00:00:00Z)
unsigned 1 "is valid from" --certificate "$PKI/token.pem" --label token \
	--at "$LATER"
unsigned 1 "is valid from" --certificate "$PKI/token.pem" --label token \
	--at "$EARLIER"

# Documents that are not the declared ones, in one thing each.
WHOLE=$XML
XML=$SCRATCH/wrong.xml
for edit in 's/<Digest>..../<Digest>0000/; /PublicKey/d; /Flags/d' \
	's/validFrom="20[0-9]*/validFrom="2001/' \
	's/\(validFrom="[^"]*"\)/\1 validUntil="2090-01-01T00:00:00Z"/'; do
	sed "$edit" "$WHOLE" >"$XML"
	unsigned 1 "not what is declared" \
		--certificate "$PKI/token.pem" --label token
done
sed 's/<Digest>..../<Digest>0000/' "$WHOLE" >"$XML"
unsigned 2 "Digest is not that of the PublicKey" \
	--certificate "$PKI/token.pem" --label token
sed '2i<!DOCTYPE TrustAnchor [<!ENTITY a "x">]>' "$WHOLE" >"$XML"
unsigned 2 "a DOCTYPE is not allowed" --certificate "$PKI/token.pem" \
	--label token
XML=$WHOLE

### Outside of a rehearsal a key file is encrypted

openssl pkey -in "$PKI/rsa.key" -aes256 -passout pass:'over the hills' \
	-out "$PKI/locked.key"
chmod 600 "$PKI/locked.key"
(umask 077 && printf 'over the hills\n' >"$PKI/pass" &&
	printf 'wrong\n' >"$PKI/wrong")
LOCKED=(--certificate "$PKI/rsa.pem" --key-file "$PKI/locked.key")
accepts trust-anchor sign "$XML" "$SCRATCH/locked.p7s" --batch "${LOCKED[@]}" \
	--passphrase-file "$PKI/pass"
by_openssl "$SCRATCH/locked.p7s" || fail "openssl refuses locked.p7s"
unsigned 2 "or has another passphrase" "${LOCKED[@]}" \
	--passphrase-file "$PKI/wrong"
chmod 644 "$PKI/pass"
unsigned 2 "--passphrase-file" "${LOCKED[@]}" --passphrase-file "$PKI/pass"
sed -e '/^rehearsal:/d' -e '/^    pin:/d' "$ANCHORITE_CONFIG" >"$WS/real.yaml"
refuses 2 "the private key is not encrypted, which is for rehearsals" \
	--config "$WS/real.yaml" trust-anchor sign "$XML" "$SCRATCH/no.p7s" \
	--batch --certificate "$PKI/rsa.pem" --key-file "$PKI/rsa.key"
# From the terminal, without echo; and the question.
cat >"$SCRATCH/typed.exp" <<'END'
set timeout 20
log_file -noappend [lindex $argv 0]
spawn -noecho {*}[lrange $argv 1 end]
expect "passphrase of" { send "over the hills\r" } timeout { exit 9 }
expect "Type Yes and Enter: " { send "Yes\r" } timeout { exit 9 }
expect eof
exit [lindex [wait] 3]
END
expect "$SCRATCH/typed.exp" "$SCRATCH/typed" "$ANCHORITE" \
	--ceremony "$SCRATCH/typed-record" --config "$WS/real.yaml" \
	trust-anchor sign "$XML" "$SCRATCH/typed.p7s" "${LOCKED[@]}" \
	>/dev/null || fail "the passphrase was typed in vain: $(cat "$SCRATCH/typed")"
by_openssl "$SCRATCH/typed.p7s" || fail "openssl refuses typed.p7s"
! grep -q 'over the hills' "$SCRATCH/typed" || fail "the passphrase was shown"
! grep -rq 'over the hills\|PRIVATE KEY' "$SCRATCH/typed-record" \
	"$SCRATCH/record" || fail "a secret is on record"
accepts replay "$SCRATCH/typed-record"
sed -i 's/send "Yes/send "yes/' "$SCRATCH/typed.exp"
! expect "$SCRATCH/typed.exp" "$SCRATCH/typed" "$ANCHORITE" \
	--ceremony "$SCRATCH/typed-record" --config "$WS/real.yaml" \
	trust-anchor sign "$XML" "$SCRATCH/no.p7s" "${LOCKED[@]}" >/dev/null ||
	fail "it was not confirmed"
absent "$SCRATCH/no.p7s"

### What the verifying side refuses

# unverified TEXT [XML [P7S [CA]]] [OPTION...]
unverified() {
	refuses 1 "$1" trust-anchor verify "${2:-$XML}" \
		"${3:-$SCRATCH/token.p7s}" "${4:-$PKI/ca.pem}" "${@:5}"
}
unverified "does not verify" '' '' "$PKI/stranger.pem"
unverified "expected the address other@anchors.test" '' '' '' \
	--signer other@anchors.test
unverified "does not verify" '' '' '' --at "$LATER"
sed 's/source="https/source="http/' "$XML" >"$SCRATCH/other.xml"
unverified "does not verify" "$SCRATCH/other.xml"
{ cat "$XML"; echo; } >"$SCRATCH/longer.xml"
unverified "does not verify" "$SCRATCH/longer.xml"
{ cat "$SCRATCH/token.p7s"; echo; } >"$SCRATCH/longer.p7s"
unverified "something stands behind it" '' "$SCRATCH/longer.p7s"
head -c 400 "$SCRATCH/token.p7s" >"$SCRATCH/cut.p7s"
unverified "is no CMS structure in DER" '' "$SCRATCH/cut.p7s"
refuses 2 "holds no certificate" trust-anchor verify "$XML" \
	"$SCRATCH/token.p7s" "$XML"
# made NAME OPTION...: openssl's own, of what this program would not make.
made() {
	quietly openssl cms -sign -binary -in "$XML" -outform DER \
		-out "$SCRATCH/$1.p7s" "${@:2}"
}
BY=(-signer "$PKI/rsa.pem" -inkey "$PKI/rsa.key")
made attached -nodetach "${BY[@]}"
unverified "it has a content of its own" '' "$SCRATCH/attached.p7s"
made sha1 -md sha1 "${BY[@]}"
unverified "its digest is not SHA-256, 384 or 512" '' "$SCRATCH/sha1.p7s"
made two "${BY[@]}" -signer "$PKI/ec.pem" -inkey "$PKI/ec.key"
unverified "it has not one signer" '' "$SCRATCH/two.p7s"
made bare -signer "$PKI/bare.pem" -inkey "$PKI/rsa.key"
unverified "is not for signatures" '' "$SCRATCH/bare.p7s"
made crypt -signer "$PKI/crypt.pem" -inkey "$PKI/rsa.key"
unverified "does not verify" '' "$SCRATCH/crypt.p7s"
made server -signer "$PKI/server.pem" -inkey "$PKI/rsa.key"
unverified "does not verify" '' "$SCRATCH/server.p7s"
made weak -signer "$PKI/weak.pem" -inkey "$PKI/weak.key"
unverified "does not verify" '' "$SCRATCH/weak.p7s"
made nobody -nocerts "${BY[@]}"
unverified "does not verify" '' "$SCRATCH/nobody.p7s"
# Without attributes it is a signature too.
made plain -noattr "${BY[@]}"
accepts trust-anchor verify "$XML" "$SCRATCH/plain.p7s" "$PKI/ca.pem"
made good "${BY[@]}"
accepts trust-anchor verify "$XML" "$SCRATCH/good.p7s" "$PKI/ca.pem"
# A document that is signed well is read as strictly as any.
sed 's/<Digest>..../<Digest>0000/' "$WHOLE" >"$SCRATCH/lie.xml"
XML=$SCRATCH/lie.xml
made lie "${BY[@]}"
refuses 2 "Digest is not that of the PublicKey" trust-anchor verify "$XML" \
	"$SCRATCH/lie.p7s" "$PKI/ca.pem"
XML=$WHOLE

# Octets of the signature, some of them: each counts, but for what RFC 5652
# leaves outside of it and what says the same in another way.
size=$(stat -c %s "$SCRATCH/token-ec.p7s")
idle=0
for ((at = 0; at < size; at += 29)); do
	cp "$SCRATCH/token-ec.p7s" "$SCRATCH/flipped.p7s"
	octet=$(od -An -tu1 -j "$at" -N 1 "$SCRATCH/token-ec.p7s")
	printf '%b' "\\x$(printf %x $((octet ^ (1 << at % 8))))" |
		dd of="$SCRATCH/flipped.p7s" bs=1 seek="$at" conv=notrunc status=none
	run trust-anchor verify "$XML" "$SCRATCH/flipped.p7s" "$PKI/ca.pem"
	if [ "$status" -eq 0 ]; then
		idle=$((idle + 1))
		says "CN=token-ec,O=Anchors"
	elif [ "$status" -ne 1 ]; then
		fail "octet $at of the signature: status $status"
	fi
	CASES=$((CASES + 1))
done
[ "$idle" -le 2 ] || fail "$idle octets of the signature do not count"

### unbound-anchor takes them from a web server

WEB=$SCRATCH/web
mkdir -p "$WEB/root/root-anchors"
cp "$XML" "$WEB/root/root-anchors/root-anchors.xml"
cp "$SCRATCH/token.p7s" "$WEB/root/root-anchors/root-anchors.p7s"
quietly openssl req -x509 -newkey rsa:2048 -nodes -days 30 \
	-keyout "$WEB/key.pem" -out "$WEB/cert.pem" -subj /CN=localhost \
	-addext subjectAltName=IP:127.0.0.1
PORT=$((20000 + $$ % 20000))
cat >"$WEB/conf" <<END
worker_processes 1;
daemon off;
pid $WEB/pid;
error_log $WEB/log;
events { worker_connections 16; }
http {
	access_log off;
	keepalive_timeout 0;
	client_body_temp_path $WEB/body;
	proxy_temp_path $WEB/proxy;
	fastcgi_temp_path $WEB/fastcgi;
	uwsgi_temp_path $WEB/uwsgi;
	scgi_temp_path $WEB/scgi;
	server {
		listen 127.0.0.1:$PORT ssl;
		ssl_certificate $WEB/cert.pem;
		ssl_certificate_key $WEB/key.pem;
		root $WEB/root;
	}
}
END
chmod 755 "$SCRATCH" "$WEB"
nginx -e "$WEB/log" -c "$WEB/conf" >"$WEB/out" 2>&1 &
PIDS+=($!)
for _ in {1..50}; do
	! openssl s_client -connect "127.0.0.1:$PORT" </dev/null \
		>"$WEB/hello" 2>&1 || break
	sleep 0.1
done
# fetched CA NAME: what unbound-anchor has afterwards in $SCRATCH/fetched.
fetched() {
	# Before, it trusts what is no key; and it waits for no name server.
	echo ". 3600 IN DS 1 8 2 $(printf '%064d' 1)" >"$SCRATCH/fetched"
	printf 'server:\n  local-zone: "." static\n' >"$SCRATCH/no-dns"
	timeout 60 unbound-anchor -v -F -a "$SCRATCH/fetched" -c "$1" -n "$2" \
		-u 127.0.0.1 -P "$PORT" -C "$SCRATCH/no-dns" \
		>"$SCRATCH/unbound-anchor" 2>&1 || true
}
fetched "$PKI/ca.pem" dnssec@anchors.test
accepts trust-anchor make "$SCRATCH/a.ds" --format ds
grep -qF "$(awk '{ print $NF }' "$SCRATCH/a.ds")" "$SCRATCH/fetched" ||
	fail "unbound-anchor did not take it: $(cat "$SCRATCH/unbound-anchor")"
for wrong in "$PKI/stranger.pem:dnssec@anchors.test" "$PKI/ca.pem:other@anchors.test"; do
	fetched "${wrong%%:*}" "${wrong#*:}"
	! grep -qF "$(awk '{ print $NF }' "$SCRATCH/a.ds")" "$SCRATCH/fetched" ||
		fail "unbound-anchor took it by $wrong"
	CASES=$((CASES + 1))
done
kill "${PIDS[@]}"
wait "${PIDS[@]}" 2>/dev/null || true
PIDS=()

### On record, replayed; and no other record is believed

accepts replay "$SCRATCH/record"
accepts log show "$SCRATCH/record"
says "about to sign trust anchors into $SCRATCH/token.p7s with key \"token\""
says "trust anchors signed, and the signature verified"
says "verified the signature of trust anchors $XML"
accepts --ceremony "$SCRATCH/short" trust-anchor sign "$XML" \
	"$SCRATCH/short.p7s" --batch --certificate "$PKI/token.pem" --label token
accepts --ceremony "$SCRATCH/short" trust-anchor verify "$XML" \
	"$SCRATCH/short.p7s" "$PKI/ca.pem"
accepts replay "$SCRATCH/short"
# forged FILTER TEXT: a record changed so differs, and says so.
forged() {
	forge_record "$SCRATCH/short" "$SCRATCH/forged" "$1"
	run replay "$SCRATCH/forged"
	[ "$status" -eq 1 ] || fail "replay believes $1"
	has_text "$SCRATCH/out" "$2" || fail "does not say \"$2\" of $1"
	CASES=$((CASES + 1))
}
forged 'if .event == "answer" then .text = "No" else . end' \
	"signing trust anchors without a Yes"
forged 'if .event == "anchors compared" then .same = false else . end' \
	"trust anchors are signed that are not the declared ones"
forged 'if .event == "signing anchors" then
	.sha256 = "'"$(printf '%064d' 1)"'" else . end' \
	"the trust anchors are not those that were read"
forged 'if .event == "signing anchors" then
	.certificate_sha256 = "'"$(printf '%064d' 1)"'" else . end' "certificate_sha256: recorded"
forged 'if .event == "anchors signed" then
	.signatures[0].signature |= sub("^...."; "AAAA") else . end' "Differences"
forged 'if .event == "anchors verified" then .signer = "CN=x" else . end' "Differences"

finish
