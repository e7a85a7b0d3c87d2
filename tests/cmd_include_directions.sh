#!/bin/bash
# Who may include what, and the calls that nobody makes.
set -euo pipefail
export LC_ALL=C

# The C library and the kernel; everything else is a dependency.
libc='(sys|linux)/[a-z0-9_]+\.h'
libc+='|(assert|ctype|dirent|dlfcn|errno|fcntl|ftw|getopt|inttypes|limits|poll)\.h'
libc+='|(pthread|sched|setjmp|signal|stdalign|stdarg|stdatomic|stdbool)\.h'
libc+='|(stddef|stdint|stdio|stdlib|string|strings|termios|threads|time)\.h'
libc+='|unistd\.h'

# Prints every include of the files in folder $1 (not below it) that neither
# pattern allows: $2 for "ours", $3 for <the system's> beyond the C library.
wrong_includes() {
	local folder=$1 ours=$2 theirs=$3

	find "$folder" -maxdepth 1 -name '*.[ch]' -exec grep -HnE \
		'^[[:space:]]*#[[:space:]]*include' {} + |
		grep -vE "include[[:space:]]*(\"($ours)\"|<($libc$theirs)>)" ||
		true
}

banned='strcpy|strcat|stpcpy|sprintf|vsprintf|gets|atoi|atol|atoll|atof'
banned+='|strtok|strtok_r|scanf|sscanf|fscanf|system|popen|tmpnam|mktemp'

wrong_calls() {
	grep -rnE --include='*.[ch]' "\b($banned)\(" "$@" || true
}

# Prints everything that is wrong in the current folder.
check_tree() {
	local base='ksr/base/[a-z0-9_]+\.h' ksr='ksr/(trust/)?[a-z0-9_]+\.h'
	local trust='ksr/trust/[a-z0-9_]+\.h'
	local hsm='hsm/[a-z0-9_]+\.h' signer='signer/[a-z0-9_]+\.h'

	wrong_includes ksr/base "$base" ''
	# What a key, an RRset and a document are; no rule, plan or configuration.
	wrong_includes ksr/trust \
		"$base|$trust|ksr/(bundle|dname|ksr|message|rrset|wording)\.h" ''
	wrong_includes ksr "$base|$ksr" '|openssl/.*|ldns/.*|expat\.h|yaml\.h'
	wrong_includes hsm "$base|$hsm" '|openssl/.*|p11-kit/.*'
	# The self-test starts the program itself: spawn.h, but no system().
	wrong_includes signer "$base|$ksr|$hsm|$signer" \
		'|openssl/.*|jansson\.h|spawn\.h'
	wrong_calls ksr hsm signer
}

# expect_found FILE LINE: the line, alone in the tree, is reported.
expect_found() {
	local tree found

	tree=$(mktemp -d)
	mkdir -p "$tree/ksr/base" "$tree/ksr/trust" "$tree/hsm" "$tree/signer"
	printf '%s\n' "$2" >"$tree/$1"
	found=$(cd "$tree" && check_tree)
	rm -r "$tree"
	if [[ $found != "$1:1:$2"* ]]; then
		echo "FAIL: $1 may hold: $2"
		exit 1
	fi
}

expect_found ksr/base/x.c '#include <openssl/evp.h>'
expect_found ksr/base/x.h '#include "ksr/ksr.h"'
expect_found ksr/base/x.h '  #  include "base/err.h"'
expect_found ksr/trust/x.c '#include "ksr/check.h"'
expect_found ksr/trust/x.c '#include "ksr/plan.h"'
expect_found ksr/trust/x.h '#include "ksr/config.h"'
expect_found ksr/trust/x.c '#include <openssl/evp.h>'
expect_found ksr/x.c '#include "hsm/hsm.h"'
expect_found ksr/x.c '#include "signer/command.h"'
expect_found ksr/x.c '#include <p11-kit/pkcs11.h>'
expect_found ksr/x.c '#include <jansson.h>'
expect_found hsm/x.c '#include "ksr/ksr.h"'
expect_found hsm/x.c '#include <ldns/ldns.h>'
expect_found hsm/x.c '#include <spawn.h>'
expect_found signer/x.c '#include <p11-kit/pkcs11.h>'
expect_found signer/x.c '#include "tests/support.h"'
expect_found ksr/x.c '	strcpy(a, b);'
expect_found hsm/x.c '	n = sprintf(a, "x");'
expect_found signer/x.c '	if (system(line) != 0)'

found=$(check_tree)
if [ -n "$found" ]; then
	echo "FAIL: not allowed by docs/architecture.md:"
	echo "$found"
	exit 1
fi
echo "include directions and calls are as agreed"
