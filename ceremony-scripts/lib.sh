# shellcheck shell=bash
#
# What the scripts here and in tests/ share: where the project is, how they
# speak, and how they get what they need.  It is sourced, never run.

set -euo pipefail
export LC_ALL=C
# Where Debian has its servers, and its users do not look.
PATH=$PATH:/usr/sbin:/sbin

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
NAME=$(basename -- "$0")

# How people call the scripts, and where the program is: in the tree what build
# makes, and else what is installed in the same prefix.
if [ -e "$ROOT/ceremony-scripts/build" ]; then
	SCRIPT=ceremony-scripts/
	PROGRAM=$ROOT/build/anchorite
	EXAMPLES=$ROOT/docs/examples
else
	SCRIPT='anchorite-script '
	PROGRAM=${ROOT%/share/anchorite}/bin/anchorite
	EXAMPLES=${ROOT%/anchorite}/doc/anchorite/examples
	PATH=$PATH:${PROGRAM%/*}
fi

# What building needs, as Debian packages; the last five for captures alone,
# without which all but anchorite-readiness is built.  The second column asks
# whether what the package is needed for is there, however it came.
BUILD_NEEDS='
build-essential   compiles cc make
cmake             command cmake
pkg-config        command pkg-config
libssl-dev        library libcrypto >= 3.0
libp11-kit-dev    library p11-kit-1
libldns-dev       library ldns
libexpat1-dev     library expat
libyaml-dev       library yaml-0.1
libjansson-dev    library jansson
libpcap-dev       library libpcap
libfstrm-dev      library libfstrm
libprotobuf-c-dev library libprotobuf-c
protobuf-c-compiler command protoc-c
zlib1g-dev        library zlib
'

# What rehearsing needs.
TOKEN_NEEDS='
softhsm2          command softhsm2-util
'
BUILD_NEEDS+=$TOKEN_NEEDS

# What building with the other compiler needs.
CLANG_NEEDS='
clang             command clang
'

# What printing scripts needs.  Where groff's own list of fonts names files of
# ghostscript (Debian 12), that has them.
PRINT_NEEDS='
groff              command gropdf
perl               perl_module Compress::Zlib
fonts-urw-base35   file /usr/share/fonts/type1/urw-base35/P052-Roman.t1
libgs10-common     typefaces
'

# What dividing a PIN among officers needs.
PIN_NEEDS='
ssss               command ssss-split
'

# Announces a step.
say() {
	if [ -t 1 ] && [ -z "${NO_COLOR-}" ] && [ "${TERM:-dumb}" != dumb ]; then
		printf '\033[1m%s\033[0m\n' "$*"
	else
		printf '%s\n' "$*"
	fi
}

# Says what is wrong in one line, and stops: could not run.
die() {
	printf '%s: %s\n' "$NAME" "$*" >&2
	exit 2
}

# What scripts read in a configuration, without its reader: only its plainest
# form counts.

# config_is_rehearsal FILE: says that it is practice.
config_is_rehearsal() {
	[ -f "$1" ] && grep -Eq '^rehearsal: +true[[:blank:]]*(#.*)?$' -- "$1"
}

# config_path KEY FILE: prints the path that HSMs have under KEY; fails where
# there is none, or more than one.
config_path() {
	local paths

	mapfile -t paths < <(sed -nE \
		's/^ +'"$1"': +"?([^"#]*[^"# ])"? *(#.*)?$/\1/p' -- "$2" \
		2>/dev/null | sort -u)
	[ "${#paths[@]}" -eq 1 ] && printf '%s\n' "${paths[0]}"
}

# A time in seconds since 1970 as the program has it, and as zones do.
iso() {
	TZ=UTC0 printf '%(%Y-%m-%dT%H:%M:%SZ)T\n' "$1"
}

stamp() {
	TZ=UTC0 printf '%(%Y%m%d%H%M%S)T\n' "$1"
}

# Runs a command and shows what it printed only if it fails.
quietly() {
	local output status=0

	output=$("$@" </dev/null 2>&1) || status=$?
	[ "$status" -eq 0 ] || printf '%s\n' "$output" >&2
	return "$status"
}

# Probes: the second column of a table of needs, with the rest as arguments.

has_command() {
	command -v "$1" >/dev/null
}

has_file() {
	[ -r "$1" ]
}

has_library() {
	command -v pkg-config >/dev/null && pkg-config --exists "$*"
}

has_perl_module() {
	command -v perl >/dev/null && perl -M"$1" -e 1 2>/dev/null
}

# Debian's own python3 has Debian's modules, whatever comes first in PATH.
has_python_module() {
	[ -x /usr/bin/python3 ] && /usr/bin/python3 -c "import $1" 2>/dev/null
}

# The files that a script's typefaces are in, by our list or by that of groff,
# which gropdf reads after ours.  Before groff is there, nobody knows.
has_typefaces() {
	local file lists=(/usr/share/groff/*/font/devpdf/download)

	has_command gropdf && [ -r "${lists[0]}" ] || return 0
	while IFS= read -r file; do
		[ -r "$file" ] || return 1
	done < <(awk -F '\t+' '
		FILENAME == ARGV[1] && NF > 2 { ours[$2] }
		$1 == "" && $2 in ours && $3 !~ /^[*]/ { file[$2] = $3 }
		END { for (name in file) print file[name] }' \
		"$ROOT/ceremony-scripts/paper/devpdf/download" "${lists[@]}")
}

# A compiler that finds the C library, and make.
has_compiles() {
	command -v "$1" >/dev/null && command -v "$2" >/dev/null &&
		echo '#include <stdio.h>' | "$1" -E -x c - >/dev/null 2>&1
}

has_sanitizers() {
	echo 'int main(void) { return 0; }' |
		"$1" -fsanitize=address,undefined -x c - -o /dev/null \
			>/dev/null 2>&1
}

# Prints the packages of a table whose need is not met.
missing_packages() {
	local package probe arguments

	while read -r package probe arguments; do
		[ -n "$package" ] || continue
		# shellcheck disable=SC2086 # several arguments
		"has_$probe" $arguments || printf '%s\n' "$package"
	done <<<"$1"
}

is_debian() {
	command -v apt-get >/dev/null && [ -r /etc/os-release ] &&
		grep -Eq '^ID(_LIKE)?=.*debian' /etc/os-release
}

# Runs as root, through sudo for everybody else.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo -- "$@"
	fi
}

# without_services COMMAND...: Debian's packages of servers start them as they
# are installed, unless this file says no (Debian Policy 9.11).
without_services() {
	local policy=/usr/sbin/policy-rc.d ours=no status=0

	if [ ! -e "$policy" ] && printf '#!/bin/sh\nexit 101\n' |
		as_root install -m 755 /dev/stdin "$policy"; then
		ours=yes
	fi
	"$@" || status=$?
	[ "$ours" = no ] || as_root rm -f "$policy"
	return "$status"
}

# install_packages PACKAGE...
install_packages() {
	local guard=()

	say "Installing Debian packages: $*"
	quietly as_root apt-get -q update ||
		die "apt-get update failed; missing: $*"
	[[ ! " $* " =~ \ (nsd|unbound|bind9|knot-resolver|pdns-recursor)\  ]] ||
		guard=(without_services)
	"${guard[@]}" quietly as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -qy install --no-install-recommends "$@" ||
		die "apt-get install failed; missing: $*"
	hash -r
}

# Installs what is missing; without anything missing it calls nothing.  What
# was installed may show that another package is missing.
need() {
	local missing installed=' '

	mapfile -t missing < <(missing_packages "$1")
	while [ "${#missing[@]}" -gt 0 ]; do
		is_debian ||
			die "please install (Debian's names): ${missing[*]}"
		[[ $installed != *" ${missing[0]} "* ]] ||
			die "still missing: ${missing[*]}"
		[ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
			die "needs root or sudo for: apt-get install ${missing[*]}"
		install_packages "${missing[@]}"
		installed+="${missing[*]} "
		mapfile -t missing < <(missing_packages "$1")
	done
}

# make_program: builds it, where this is the tree.
make_program() {
	[ ! -e "$ROOT/ceremony-scripts/build" ] || "$ROOT/ceremony-scripts/build"
}

# build_in FOLDER [CMAKE OPTION]...: configures and compiles.  One at a time:
# two scripts may want the same folder.
build_in() {
	local folder=$1 lock

	shift
	mkdir -p -- "$folder"
	exec {lock}>"$folder/.lock"
	flock "$lock"
	quietly cmake -S "$ROOT" -B "$folder" -DCMAKE_RULE_MESSAGES=OFF "$@" ||
		die "$folder: could not be configured"
	quietly cmake --build "$folder" --parallel "$(nproc)" ||
		die "$folder: could not be built"
	exec {lock}>&-
}
