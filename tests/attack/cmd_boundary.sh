#!/bin/bash
# One way to a signature: who calls what signs, and what the boundary leans on.
# The boundary itself is tests/attack/test_clear.c.
set -euo pipefail
export LC_ALL=C

# Each call on the way to the token, and the only files that may make it: its
# definition's and its users'.  A KSK's signature over an RRset has one way,
# through clear_rrset.
ways() {
	cat <<'END'
C_Sign hsm/sign.c
C_SignInit hsm/sign.c
key_sign hsm/sign.c hsm/keygen.c
here_sign hsm/sign.c hsm/remote.c
hsm_sign hsm/remote.c signer/token/token.c
token_sign_rrset signer/token/token.c signer/sign/signatures.c
token_sign_proof signer/token/token.c signer/keys/zsk_store.c
token_sign_der signer/token/token.c signer/cms/csr.c signer/cms/seal_certificate.c
token_sign_record signer/token/token.c signer/cms/seal.c
clear_rrset ksr/response/clear.c ksr/rules/check_boundary.c signer/sign/signatures.c
END
}

# Prints every file of the tree that makes a call which is not its own.
strangers() {
	local call files file

	while read -r call files; do
		grep -rlE --include='*.c' "\b$call\(" ksr hsm signer |
			while read -r file; do
				[[ " $files " == *" $file "* ]] ||
					echo "$file calls $call"
			done || true
	done < <(ways)
}

# A struct cleared is made in its own file alone, and seen into nowhere else.
makers() {
	grep -rnE --include='*.[ch]' 'struct cleared( \*?[a-z]+ =)? \{|sizeof\((struct |\*)cleared' \
		ksr hsm signer | grep -v '^ksr/response/clear\.c:' || true
}

# What takes the octets apart shares nothing with what put them together.
borrowed() {
	grep -nE '\b(rrset|rrsig|dname|response|bundle)_[a-z_]+\(|\bdnskey_(rdata|tag|ds|same_key|equal)\(' \
		ksr/response/clear.c || true
}

check_tree() {
	strangers
	makers
	borrowed
}

# expect_found FILE LINE SAID: the line, added to the file, is reported.
expect_found() {
	local tree found

	tree=$(mktemp -d)
	cp -r ksr hsm signer "$tree"
	printf '%s\n' "$2" >>"$tree/$1"
	found=$(cd "$tree" && check_tree)
	rm -r "$tree"
	if [[ $found != *"$3"* ]]; then
		echo "FAIL: $1 may hold: $2"
		exit 1
	fi
}

expect_found signer/cms/csr.c '	hsm_sign(hsm, key);' 'signer/cms/csr.c calls hsm_sign'
expect_found signer/cms/csr.c '	token_sign_rrset(token);' 'calls token_sign_rrset'
expect_found signer/sign/signatures.c '	token_sign_der(token);' 'calls token_sign_der'
expect_found hsm/delete.c '	p11->C_Sign(session);' 'hsm/delete.c calls C_Sign'
expect_found signer/sign/signatures.c '	struct cleared *c = malloc(sizeof(struct cleared));' \
	signer/sign/signatures.c:
expect_found ksr/response/clear.c '	tag = dnskey_tag(&key);' 'dnskey_tag(&key)'
expect_found ksr/response/clear.c '	ok = dname_parse(text, &name);' 'dname_parse('

found=$(check_tree)
if [ -n "$found" ]; then
	echo "FAIL: not allowed by docs/signed-bytes.md:"
	echo "$found"
	exit 1
fi
echo "one way to a KSK's signature, through the boundary"
