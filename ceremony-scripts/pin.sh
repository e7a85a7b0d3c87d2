# shellcheck shell=bash
#
# A PIN among officers: what pin-split and pin-join share.  Sourced after lib.sh.
#
# What ssss divides is a block: a format octet (01), the PIN's length, the PIN,
# zeros, and 8 octets of the SHA-256 of all before.  It has 32, 64 or 128
# octets, and so every share tells no more of the PIN's length than that.  The
# checksum is inside of what is divided: beside a share it would let whoever
# holds one try all short PINs.
#
# A share's code is one line: SET NEEDED NUMBER, the share in hex, and 8 digits
# of the SHA-256 of those, which find what was mistyped.
#
# The PIN and the block are in pipes and in this shell's memory only, never in
# an argument, the environment or a file that is not asked for.

# A crash leaves no memory behind.
ulimit -c 0

# Octets of a block around the PIN; the longest PIN, and the most officers.
BLOCK_FRAME=10
PIN_MAX=118
OFFICERS_MAX=50

# digest_of LENGTH: the first hex digits of the SHA-256 of standard input.
digest_of() {
	sha256sum | cut -c "1-$1"
}

# put_octets HEX: by a builtin command, so that nothing of it is an argument.
put_octets() {
	local i

	for ((i = 0; i < ${#1}; i += 2)); do
		printf '%b' "\\x${1:i:2}"
	done
}

# block_of PIN_HEX: sets $block to the block in hex.
block_of() {
	local length=$((${#1} / 2)) size=32 start zeros

	while [ "$((length + BLOCK_FRAME))" -gt "$size" ]; do
		size=$((size * 2))
	done
	printf -v zeros '%*s' "$((2 * (size - length - BLOCK_FRAME)))" ''
	printf -v start '01%02x%s%s' "$length" "$1" "${zeros// /0}"
	block=$start$(put_octets "$start" | digest_of 16)
}

# pin_of BLOCK: sets $pin_hex, and fails if the block is none.
pin_of() {
	local length

	[[ $1 =~ ^01([0-9a-f]{2}) ]] || return 1
	length=$((16#${BASH_REMATCH[1]}))
	[ "$length" -ge 1 ] || return 1
	[ "$((2 * (length + BLOCK_FRAME)))" -le "${#1}" ] || return 1
	pin_hex=${1:4:2*length}
	block_of "$pin_hex"
	[ "$1" = "$block" ]
}

# check_of SET NEEDED NUMBER HEX: prints the last digits of a share's code.
check_of() {
	printf '%s %s %s %s' "$@" | digest_of 8
}

# code_of SET NEEDED NUMBER HEX: prints a share's code.
code_of() {
	local i

	printf '%s %s %s' "$1" "$2" "$3"
	for ((i = 0; i < ${#4}; i += 8)); do
		printf ' %s' "${4:i:8}"
	done
	printf ' %s\n' "$(check_of "$@")"
}

# read_code TEXT: sets $set, $needed, $number and $share, or $wrong and fails.
# However its digits are grouped, and in capitals too.
read_code() {
	local words digits

	read -ra words <<<"${1,,}"
	set=${words[0]-} needed=${words[1]-} number=${words[2]-}
	printf -v digits '%s' "${words[@]:3}"
	wrong="is no share's code, or not all of one"
	[[ $set =~ ^[0-9a-f]{8}$ && $needed =~ ^[1-9][0-9]?$ &&
		$number =~ ^[1-9][0-9]?$ ]] || return 1
	case ${#digits}:${digits//[0-9a-f]/} in
	72: | 136: | 264:) ;;
	*) return 1 ;;
	esac
	share=${digits:0:-8}
	wrong='is mistyped: its last 8 digits do not agree with the others'
	[ "${digits: -8}" = "$(check_of "$set" "$needed" "$number" "$share")" ]
}

# join_shares NEEDED: numbers and shares on standard input, as ssss has them;
# sets $pin_hex, or $wrong and fails.
join_shares() {
	local said

	said=$(ssss-combine -t "$1" -x -Q 2>&1) || said=
	wrong='these shares do not make a PIN: one of them is not what was given out'
	pin_of "${said##*$'\n'}"
}
