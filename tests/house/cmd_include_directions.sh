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
ksr/document  ksr/base ksr/dns                                        -
ksr/document/xml  ksr/base ksr/dns ksr/document                       expat\.h
ksr/document/text  ksr/base ksr/dns ksr/document                      -
ksr/trust     ksr/base ksr/dns ksr/document                           -
ksr/policy    ksr/base ksr/dns ksr/document ksr/trust                 yaml\.h
ksr/response  ksr/base ksr/dns ksr/document ksr/policy                -
ksr/rules     ksr/base ksr/dns ksr/document ksr/trust ksr/policy ksr/response  ldns/.*
ksr/request   ksr/base ksr/dns ksr/document ksr/policy                -
ksr/zone      ksr/base ksr/dns ksr/document ksr/policy ksr/rules      -
ksr/readiness  ksr/base ksr/dns                                       arpa/inet\.h
ksr/plan      ksr/base ksr/dns ksr/readiness ksr/trust ksr/policy ksr/rules ksr/request  -
ksr/anchor    ksr/base ksr/dns ksr/document ksr/document/xml ksr/policy ksr/zone ksr/plan  -
hsm           ksr/base                                                openssl/.*|p11-kit/.*
signer/line     ksr/base                                              -
signer/screen   ksr/base ksr/dns ksr/document ksr/rules               (langinfo|locale|wchar|wctype)\.h
signer/record   ksr/base ksr/dns ksr/document ksr/policy ksr/rules signer/line signer/screen  jansson\.h
signer/live     ksr/base ksr/policy signer/screen signer/record       jansson\.h|openssl/crypto\.h
signer/token    ksr/base ksr/dns ksr/document ksr/policy ksr/response hsm signer/screen signer/record signer/live  jansson\.h
signer/sign     ksr/base ksr/dns ksr/document ksr/policy ksr/response ksr/rules signer/line signer/screen signer/record signer/live signer/token  jansson\.h
signer/foresight  ksr/base ksr/dns ksr/readiness ksr/trust ksr/policy ksr/rules ksr/zone ksr/plan signer/line signer/screen signer/record signer/sign  jansson\.h
signer/keys     ksr/base ksr/dns ksr/document ksr/policy ksr/rules ksr/request hsm signer/line signer/screen signer/record signer/live signer/token signer/foresight  jansson\.h|openssl/.*
signer/cms      ksr/base ksr/dns ksr/document ksr/policy signer/line signer/screen signer/record signer/token signer/keys  openssl/.*
signer/anchor   ksr/base ksr/dns ksr/document ksr/policy ksr/plan ksr/anchor signer/line signer/screen signer/record signer/live signer/token signer/foresight signer/keys signer/cms  jansson\.h|openssl/.*
signer/script   ksr/base ksr/dns signer/record                        jansson\.h
signer/show     ksr/base ksr/dns ksr/document ksr/policy ksr/rules ksr/plan signer/line signer/screen signer/record signer/foresight signer/script  jansson\.h
signer/workshop  ksr/base ksr/dns ksr/document ksr/response ksr/rules signer/line signer/screen signer/record  jansson\.h|openssl/.*|spawn\.h
signer/command  ksr/base ksr/dns ksr/document ksr/policy ksr/rules ksr/request ksr/zone ksr/plan ksr/anchor signer/line signer/screen signer/record signer/live signer/token signer/sign signer/foresight signer/keys signer/cms signer/anchor signer/script signer/show signer/workshop  openssl/.*
signer/program  ksr/base ksr/dns ksr/response ksr/rules ksr/request ksr/zone ksr/plan hsm signer/line signer/screen signer/record signer/live signer/sign signer/foresight signer/keys signer/cms signer/script signer/show signer/workshop  openssl/.*
signer/readiness  ksr/base ksr/dns ksr/readiness signer/line signer/screen signer/show signer/program  arpa/inet\.h|dnstap\.pb-c\.h|fstrm\.h|ldns/ldns\.h|openssl/.*|pcap/.*|zlib\.h
signer/manual   ksr/base signer/line signer/program signer/readiness  -
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
			[[ " $known " == *" $other "* ]] ||
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

# In a tree of these lines, each alone in its file, each is reported.
TREE=$(mktemp -d)
trap 'rm -rf "$TREE"' EXIT
(cd "$TREE" && rooms | cut -d ' ' -f 1 | xargs mkdir -p)
n=0
wrong() {
	local name

	n=$((n + 1))
	name=$1/x$n.$([ $((n % 2)) -eq 0 ] && echo h || echo c)
	printf '%s\n' "$2" >"$TREE/$name"
	printf '%s:1:%s\n' "$name" "$2" >>"$TREE/wanted"
}
wrong ksr/base '#include <openssl/evp.h>'
wrong ksr/base '#include "ksr/dns/dnskey.h"'
wrong ksr/base '  #  include "base/err.h"'
wrong ksr/dns '#include "ksr/document/ksr.h"'
wrong ksr/document '#include "ksr/policy/config.h"'
wrong ksr/trust '#include "ksr/rules/check.h"'
wrong ksr/trust '#include "ksr/plan/plan.h"'
wrong ksr/trust '#include "ksr/policy/config.h"'
wrong ksr/trust '#include <openssl/evp.h>'
wrong ksr/response '#include "ksr/rules/check.h"'
wrong ksr/rules '#include "hsm/hsm.h"'
wrong ksr/rules '#include "signer/line/command.h"'
wrong ksr/policy '#include <p11-kit/pkcs11.h>'
wrong ksr/document '#include <jansson.h>'
wrong ksr/document '#include <expat.h>'
wrong ksr/document '#include "ksr/document/xml/xml.h"'
wrong ksr/rules '#include "ksr/document/xml/xml.h"'
wrong ksr/policy '#include "ksr/document/text/text.h"'
wrong ksr/document/text '#include "ksr/document/xml/xml.h"'
wrong ksr/anchor '#include "ksr/rules/check.h"'
wrong hsm '#include "ksr/document/ksr.h"'
wrong hsm '#include <ldns/ldns.h>'
wrong hsm '#include <spawn.h>'
wrong signer/token '#include <p11-kit/pkcs11.h>'
wrong signer/command '#include "tests/support/support.h"'
wrong signer/command '#include "hsm/hsm.h"'
wrong signer/record '#include "signer/token/token.h"'
wrong signer/sign '#include "ksr/plan/plan.h"'
wrong signer/sign '#include "signer/foresight/plan_due.h"'
wrong signer/show '#include "signer/token/token.h"'
wrong signer/screen '#include "signer/record/context.h"'
wrong signer/program '#include "signer/manual/manual.h"'
wrong signer/manual '#include "signer/record/record.h"'
wrong ksr/readiness '#include <pcap/pcap.h>'
wrong signer/show '#include "signer/readiness/reading.h"'
wrong signer/command '#include <zlib.h>'
wrong signer/readiness '#include "signer/token/token.h"'
wrong ksr/dns '	strcpy(a, b);'
wrong hsm '	n = sprintf(a, "x");'
wrong signer/workshop '	if (system(line) != 0)'
(cd "$TREE" && check_tree) >"$TREE/found"
if ! diff <(sort "$TREE/wanted") <(sort "$TREE/found"); then
	echo "FAIL: what is wrong is not what is found"
	exit 1
fi

found=$(check_tree)
if [ -n "$found" ]; then
	echo "FAIL: not allowed by docs/architecture.md:"
	echo "$found"
	exit 1
fi
echo "include directions and calls are as agreed"
