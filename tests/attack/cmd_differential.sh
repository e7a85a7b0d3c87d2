#!/bin/bash
# The program and an independent judge agree about generated cases, some of them
# before Unbound; and the campaign notices a program that lets something pass.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
PATH=$PATH:/usr/sbin:/sbin
needs unbound unbound-control softhsm2-util

script=tests/attack/differential/run
export ANCHORITE TMPDIR=$SCRATCH
unset ANCHORITE_KSRSIGNER
/usr/bin/python3 -c 'import dns, cryptography' 2>/dev/null || {
	echo "SKIPPED: python3-dnspython or python3-cryptography is not installed" >&2
	exit 77
}

# campaign STATUS ARGUMENT...: ends with it, and leaves no file but on purpose.
campaign() {
	ends "$1" "$script" "${@:2}"
	[ ! -s "$SCRATCH/err" ] || fail "something on standard error: $*"
	CASES=$((CASES + 1))
}

# Its own --help, from anywhere; what it does not understand it does not begin.
grep -q '^usage: run ' <<<"$(cd / && "$OLDPWD/$script" --help)" ||
	fail "$script --help does not show its usage"
campaign_refuses() {
	ends 2 "$script" "$@"
}
campaign_refuses --fast
campaign_refuses --cases none
campaign_refuses --keep "$SCRATCH"

campaign 0 --cases 60 --accepted 2 --refused 2
says "60 cases from 1 on"
says " 0 DIFFERS"
says "2 accepted before Unbound"
says "2 refused before Unbound"
absent "$SCRATCH"/differential.

# Each rule that the page explains is one that the campaign goes by.
mapfile -t rules < <(sed -n '/^RULES = {/,/}/s/"\([a-z-]*\)": [a-z_]*/\n\1\n/gp' \
	tests/attack/differential/explained.py | grep -xE '[a-z]+(-[a-z]+)+')
[ "${#rules[@]}" -ge 5 ] || fail "only ${#rules[@]} rules explain anything"
for rule in "${rules[@]}"; do
	grep -qF "| \`$rule\` |" docs/differential.md ||
		fail "docs/differential.md does not explain $rule"
	CASES=$((CASES + 1))
done

# A program that lets pass what lies beyond the horizon is found out.
cat >"$SCRATCH/lax" <<END
#!/bin/bash
exec "$ANCHORITE" "\$@" --override KSR-POLICY-SIG-HORIZON --reason lax
END
chmod +x "$SCRATCH/lax"
ANCHORITE=$SCRATCH/lax campaign 1 --cases 1 --seed 438
says "the judge says ['KSR-POLICY-SIG-HORIZON'], the program accepted"
finish
