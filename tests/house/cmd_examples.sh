#!/bin/bash
# docs/examples: no example is there that nobody runs.  A configuration loads
# and is named by a test that uses it for what it says, as is a plan; the values
# of a ceremony are those of an act, all of which cmd_acts.sh fills in.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh

# named NAME: by a test other than this one.
named() {
	local by
	by=$(grep -lF -- "$1" tests/*/*.sh tests/*/*.c tests/unit/*/*.c \
		tests/unit/*/*/*.c 2>/dev/null)
	grep -qv '^tests/house/cmd_examples\.sh$' <<<"$by"
}

n=0
for example in docs/examples/*; do
	name=${example##*/}
	n=$((n + 1))
	case $name in
	*.yaml)
		named "${name%.yaml}" || fail "$example: no test runs it"
		[[ $name != plan-* ]] || continue
		# What it departs from in the practice statement it says.
		run --config "$example" --ceremony "$SCRATCH/ceremony" \
			check --policy
		[ "$status" -le 1 ] || fail "$example does not load"
		;;
	*.values)
		# cmd_acts.sh fills in each of the acts with its values.
		[ -e "ceremony-scripts/acts/${name%.values}.act" ] ||
			fail "$example: no ceremony is called so"
		;;
	*)
		fail "$example: nobody knows what it is an example of"
		;;
	esac
	CASES=$((CASES + 1))
done
[ "$n" -ge 10 ] || fail "only $n examples were found"
finish
