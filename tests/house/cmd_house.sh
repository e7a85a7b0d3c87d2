#!/bin/bash
# The program as shipped: hardened, and libraries that keep to themselves.
# The tests' own build has sanitizers, so this looks at build/.
. tests/support/lib.sh

ceremony-scripts/build
program=build/anchorite

# wants WHAT PATTERN COMMAND...: the command's output has the pattern.
wants() {
	local what=$1 pattern=$2

	shift 2
	grep -Eq -- "$pattern" <<<"$("$@" "$program")" ||
		fail "$program: no $what"
}

wants "position-independent executable" 'FLAGS_1.*\bPIE\b' readelf -dW
wants "read-only relocations" 'GNU_RELRO' readelf -lW
wants "binding at start (full RELRO)" 'BIND_NOW|FLAGS_1.*\bNOW\b' readelf -dW
wants "data-only stack" 'GNU_STACK .* RW +0x' readelf -lW
wants "stack protector" '\b__stack_chk_fail\b' readelf -W --dyn-syms
wants "fortified calls" '\b__[a-z]+_chk\b' readelf -W --dyn-syms
if grep -Eq 'RPATH|RUNPATH' <<<"$(readelf -dW "$program")"; then
	fail "$program looks for libraries in a place of its own"
fi
if grep -aqF "$PWD/" "$program"; then
	fail "$program holds the path of the folder it was built in"
fi

# A help text folds as its source does, and not a word further.
if grep -nE '^[[:blank:]]+"[^"]{72,}\\n"' signer/*/cmd_*.c ||
	grep -nE '^"[^"]{81,}\\n"' signer/readiness/commands.c; then
	fail "a line of a help text is folded once more"
fi

# Every library it loads is one that docs/architecture.md gives a reason for.
known='libcrypto|libexpat|libyaml-0|libldns|libjansson|libc'
unknown=$(readelf -dW "$program" | grep NEEDED | grep -vE "\[($known)\.so" ||
	true)
[ -z "$unknown" ] || fail "$program needs more than it should: $unknown"

# The other program has those for captures besides, and the first has none.
captures=build/anchorite-readiness
known='libcrypto|libldns|libpcap|libfstrm|libprotobuf-c|libz|libc'
needed=$(readelf -dW "$captures" | sed -nE 's/.*NEEDED.*\[(.*)\.so.*/\1/p' |
	sort | paste -sd '|')
[ "$needed" = "$(tr '|' '\n' <<<"$known" | sort | paste -sd '|')" ] ||
	fail "$captures needs $needed, not $known"
program=$captures
wants "position-independent executable" 'FLAGS_1.*\bPIE\b' readelf -dW
wants "read-only relocations" 'GNU_RELRO' readelf -lW
wants "binding at start (full RELRO)" 'BIND_NOW|FLAGS_1.*\bNOW\b' readelf -dW
wants "stack protector" '\b__stack_chk_fail\b' readelf -W --dyn-syms
program=build/anchorite

# Without the libraries for captures all else is built, and that is said.
cmake -S . -B "$SCRATCH/without" -DANCHORITE_READINESS=OFF >"$SCRATCH/out" 2>&1 ||
	fail "nothing can be built without the libraries for captures"
grep -q '^anchorite-readiness is not built' "$SCRATCH/out" ||
	fail "nobody says that a program is not built"
targets=$(cmake --build "$SCRATCH/without" --target help)
! grep -q 'anchorite-readiness' <<<"$targets" || fail "it is built all the same"
grep -qE '\banchorite\b' <<<"$targets" || fail "the program is not built"

# The libraries neither print nor exit nor ask for the time, and keep no state.
talks='(__)?v?(f|d)?printf(_chk)?|puts|fputs|putchar|perror|std(out|err)'
leaves='exit|_exit|quick_exit|abort|__assert_fail'
asks='time|clock_gettime|gettimeofday|localtime(_r)?|setlocale|getenv'
for library in build/libbase.a build/libksr.a build/libhsm.a; do
	# A module's process ends there, and nothing else does.
	calls=$(nm -A --undefined-only "$library" |
		grep -E " U ($talks|$leaves|$asks)\$" |
		grep -v ':process\.c\.o: *U _exit$' || true)
	[ -z "$calls" ] || fail "$library is not silent and pure: $calls"
	state=$(size -A "$library" | awk '/ :|\(ex/ { file = $1 }
		$1 ~ /^\.(bss|data|data\.rel|data\.rel\.local|tbss|tdata)$/ &&
		$2 > 0 { print file, $1, $2 }')
	[ -z "$state" ] || fail "$library has variables: $state"
done

# The locale is asked for in one place, what a screen may show, and changed for
# nobody else: no reader of a document or a number depends on it.
locale='(set|new|use|dup)locale|nl_langinfo(_l)?|localeconv'
locale+='|(mb|wc)[a-z]*|isw[a-z]*|tow[a-z]*'
for library in build/libbase.a build/libksr.a build/libhsm.a \
	build/libprogram.a; do
	calls=$(nm -A --undefined-only "$library" |
		grep -E " U ($locale)(@.*)?\$" | grep -v ':visible\.c\.o:' ||
		true)
	[ -z "$calls" ] || fail "$library knows the locale: $calls"
done
symbols=$(nm --undefined-only build/libprogram.a)
grep -q ' U uselocale' <<<"$symbols" || fail "nothing knows the locale"
! grep -q ' U setlocale' <<<"$symbols" ||
	fail "the program's own locale is changed"
echo "$program is hardened, its libraries are silent and without state"
