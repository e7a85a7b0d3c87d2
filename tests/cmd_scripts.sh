#!/bin/bash
# The scripts: well formed, helpful, and sparing with the package manager.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
	echo "FAIL: $*"
	exit 1
}

# Every file that is a shell script by its name or its first line.
mapfile -t scripts < <(grep -rlE --include='*.sh' '' ceremony-scripts tests
	grep -rlE '^#!.*sh$' ceremony-scripts tests .ci)
[ "${#scripts[@]}" -gt 5 ] || fail "only ${#scripts[@]} scripts found"
shellcheck -s bash -x "${scripts[@]}" || fail "shellcheck"

# --help answers at once, from anywhere, on standard output alone.
for script in ceremony-scripts/build ceremony-scripts/rehearse tests/run \
	.ci/run; do
	[ -x "$script" ] || fail "$script cannot be executed"
	for option in --help -h; do
		(cd / && "$OLDPWD/$script" "$option") </dev/null \
			>"$scratch/out" 2>"$scratch/err" ||
			fail "$script $option: status $?"
		grep -q "^usage: $script" "$scratch/out" ||
			fail "$script $option does not show its usage"
		[ ! -s "$scratch/err" ] || fail "$script $option complains"
	done
done

# What nobody understands is refused in one line, and nothing is begun.
for script in ceremony-scripts/build ceremony-scripts/rehearse tests/run; do
	status=0
	"$script" --no-such-option </dev/null >"$scratch/out" \
		2>"$scratch/err" || status=$?
	[ "$status" -eq 2 ] || fail "$script --no-such-option: status $status"
	[ ! -s "$scratch/out" ] || fail "$script --no-such-option goes on"
	[ "$(wc -l <"$scratch/err")" -eq 1 ] ||
		fail "$script --no-such-option: $(cat "$scratch/err")"
done

# Another system, where nothing is installed: one line with the packages.
mkdir "$scratch/bare"
for tool in bash dirname basename id grep; do
	ln -s "$(command -v "$tool")" "$scratch/bare/$tool"
done
for script in ceremony-scripts/build tests/run; do
	status=0
	PATH=$scratch/bare bash "$script" </dev/null >"$scratch/out" \
		2>"$scratch/err" || status=$?
	[ "$status" -eq 2 ] || fail "$script without packages: status $status"
	[ "$(wc -l <"$scratch/err")" -eq 1 ] ||
		fail "$script without packages: $(cat "$scratch/err")"
	grep -q 'please install.*build-essential.*libp11-dev.*softhsm2' \
		"$scratch/err" || fail "$script: $(cat "$scratch/err")"
done

# On Debian, packages are asked for only where something is missing.  The
# apt-get and sudo here take notes and install nothing.
mkdir "$scratch/fake"
cat >"$scratch/fake/apt-get" <<END
#!/bin/bash
echo "\$*" >>"$scratch/apt"
END
cat >"$scratch/fake/sudo" <<'END'
#!/bin/bash
shift
exec "$@"
END
chmod +x "$scratch/fake/apt-get" "$scratch/fake/sudo"

need() {
	PATH=$scratch/fake:$PATH bash -c \
		'. ceremony-scripts/lib.sh; is_debian() { true; }; need "$1"' \
		need "$1" </dev/null >"$scratch/out" 2>"$scratch/err"
}

need 'bash   command bash' || fail "bash is missing: $(cat "$scratch/err")"
[ ! -e "$scratch/apt" ] || fail "apt-get was run for nothing"
! need 'bash   command bash
no-such-package   command no-such-command
no-such-dev   library no-such-library >= 3' || fail "missing packages are fine"
diff - "$scratch/apt" <<'END' || fail "apt-get was run in another way"
-q update
-qy install --no-install-recommends no-such-package no-such-dev
END
grep -q 'still missing: no-such-package no-such-dev' "$scratch/err" ||
	fail "what is missing is not named: $(cat "$scratch/err")"
echo "${#scripts[@]} scripts are well formed and answer"
