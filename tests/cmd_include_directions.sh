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

# Who may include what: a room, the rooms whose headers it may include besides
# its own, and what it may have of libraries.  docs/architecture.md says what a
# room is for.  No circle: a row names rows above it alone.
rooms() {
	cat <<'END'
ksr/base      -                                                       -
ksr/dns       ksr/base                                                openssl/.*
ksr/document  ksr/base ksr/dns                                        expat\.h
ksr/trust     ksr/base ksr/dns ksr/document                           -
ksr/policy    ksr/base ksr/dns ksr/document ksr/trust                 yaml\.h
ksr/response  ksr/base ksr/dns ksr/document ksr/policy                -
ksr/rules     ksr/base ksr/dns ksr/document ksr/trust ksr/policy ksr/response  ldns/.*
ksr/request   ksr/base ksr/dns ksr/document ksr/policy                -
ksr/zone      ksr/base ksr/dns ksr/document ksr/policy ksr/rules      -
ksr/plan      ksr/base ksr/dns ksr/trust ksr/policy ksr/rules ksr/request  -
hsm           ksr/base                                                openssl/.*|p11-kit/.*
signer        ksr/[a-z]+ hsm                                          openssl/.*|jansson\.h|spawn\.h
END
}

# Prints every include of the files in folder $1 (not below it) that neither
# the other rooms $2 nor the libraries $3 allow.
wrong_includes() {
	local room=$1 ours theirs=$3

	ours="($(tr ' ' '|' <<<"$room $2"))/[a-z0-9_]+\.h"
	[ "$theirs" != - ] || theirs=none
	find "$room" -maxdepth 1 -name '*.[ch]' -exec grep -HnE \
		'^[[:space:]]*#[[:space:]]*include' {} + |
		grep -vE "include[[:space:]]*(\"($ours)\"|<($libc|$theirs)>)" ||
		true
}

banned='strcpy|strcat|stpcpy|sprintf|vsprintf|gets|atoi|atol|atoll|atof'
banned+='|strtok|strtok_r|scanf|sscanf|fscanf|system|popen|tmpnam|mktemp'

wrong_calls() {
	grep -rnE --include='*.[ch]' "\b($banned)\(" "$@" || true
}

# Prints everything that is wrong in the current folder.
check_tree() {
	local room theirs others known=''

	while read -r room others; do
		theirs=${others##* }
		others=$(xargs <<<"${others% *}")
		for other in ${others#-}; do
			[[ $room = signer || " $known " == *" $other "* ]] ||
				echo "$room may include $other: a circle"
		done
		wrong_includes "$room" "$others" "$theirs"
		known+=" $room"
	done < <(rooms)
	find ksr hsm signer -name '*.[ch]' -printf '%h\n' | sort -u |
		grep -vxF -f <(rooms | cut -d ' ' -f 1) |
		sed 's/$/: is no room/' || true
	wrong_calls ksr hsm signer
}

# expect_found FILE LINE: the line, alone in the tree, is reported.
expect_found() {
	local tree found

	tree=$(mktemp -d)
	(cd "$tree" && rooms | cut -d ' ' -f 1 | xargs mkdir -p)
	printf '%s\n' "$2" >"$tree/$1"
	found=$(cd "$tree" && check_tree)
	rm -r "$tree"
	if [[ $found != "$1:1:$2"* ]]; then
		echo "FAIL: $1 may hold: $2"
		exit 1
	fi
}

expect_found ksr/base/x.c '#include <openssl/evp.h>'
expect_found ksr/base/x.h '#include "ksr/dns/dnskey.h"'
expect_found ksr/base/x.h '  #  include "base/err.h"'
expect_found ksr/dns/x.h '#include "ksr/document/ksr.h"'
expect_found ksr/document/x.c '#include "ksr/policy/config.h"'
expect_found ksr/trust/x.c '#include "ksr/rules/check.h"'
expect_found ksr/trust/x.c '#include "ksr/plan/plan.h"'
expect_found ksr/trust/x.h '#include "ksr/policy/config.h"'
expect_found ksr/trust/x.c '#include <openssl/evp.h>'
expect_found ksr/response/x.c '#include "ksr/rules/check.h"'
expect_found ksr/rules/x.c '#include "hsm/hsm.h"'
expect_found ksr/rules/x.c '#include "signer/command.h"'
expect_found ksr/policy/x.c '#include <p11-kit/pkcs11.h>'
expect_found ksr/document/x.c '#include <jansson.h>'
expect_found hsm/x.c '#include "ksr/document/ksr.h"'
expect_found hsm/x.c '#include <ldns/ldns.h>'
expect_found hsm/x.c '#include <spawn.h>'
expect_found signer/x.c '#include <p11-kit/pkcs11.h>'
expect_found signer/x.c '#include "tests/support.h"'
expect_found ksr/dns/x.c '	strcpy(a, b);'
expect_found hsm/x.c '	n = sprintf(a, "x");'
expect_found signer/x.c '	if (system(line) != 0)'

found=$(check_tree)
if [ -n "$found" ]; then
	echo "FAIL: not allowed by docs/architecture.md:"
	echo "$found"
	exit 1
fi
echo "include directions and calls are as agreed"
