# shellcheck shell=bash
#
# How the zones here are signed, and how one name of theirs is spoilt, so that who
# validates is told from who does not.  It is sourced, never run; lib.sh comes
# first.

# sign_zone ORIGIN BEGIN END UNSIGNED SIGNED KEY...: times in seconds since 1970;
# keys as dnssec-keygen names their files.  The zone's DS records come beside the
# file SIGNED, as dsset-ORIGIN.
sign_zone() {
	quietly dnssec-signzone -P -O full -o "$1" -d "$(dirname -- "$5")" \
		-s "$(stamp "$2")" -e "$(stamp "$3")" -f "$5" "$4" "${@:6}"
}

# spoil NAME FILE: a signed zone, and no signature over what NAME has verifies;
# that there is no more than it has is still proved.
spoil() {
	awk -v bogus="$1" '
		$1 == bogus && $4 == "RRSIG" && $5 !~ /^NSEC/ {
			$NF = (substr($NF, 1, 1) == "A" ? "B" : "A") \
			    substr($NF, 2)
		}
		{ print }' "$2"
}
