#!/bin/bash
# The scripts: well formed, helpful, and sparing with the package manager.
. tests/support/lib.sh

# Every file that is a shell script by its first line, and what they source,
# which alone cannot show what its variables are for (SC2034).
mapfile -t scripts < <(grep -rlE '^#!.*sh$' ceremony-scripts tests .ci)
[ "${#scripts[@]}" -gt 5 ] || fail "only ${#scripts[@]} scripts found"
shellcheck -x "${scripts[@]}" || fail "shellcheck"
shellcheck -s bash -e SC2034 ceremony-scripts/lib.sh \
	ceremony-scripts/acts.sh ceremony-scripts/paper.sh \
	ceremony-scripts/screen.sh tests/support/lib.sh ||
	fail "shellcheck"
# These share the variables of the script that sources them (SC2154).
shellcheck -s bash -e SC2034,SC2153,SC2154 ceremony-scripts/conditions.sh \
	ceremony-scripts/walk.sh ceremony-scripts/platform/*.sh ||
	fail "shellcheck"

# Who stops reading early ends who writes, and with pipefail the whole fails: it
# was found and counts as not found.
! grep -lPz '[^|]\|\s*grep +-[a-zA-Z]*q' "${scripts[@]}" ||
	fail "grep -q at the end of a pipe: give it the text by <<<"

# --help answers at once, from anywhere, on standard output alone.
for script in ceremony-scripts/build ceremony-scripts/rehearse \
	ceremony-scripts/rehearse-rollover ceremony-scripts/testbed \
	ceremony-scripts/sentinel \
	ceremony-scripts/print ceremony-scripts/run ceremony-scripts/bundle \
	ceremony-scripts/pin-split ceremony-scripts/pin-join \
	ceremony-scripts/zsk-receive \
	ceremony-scripts/package tests/packages \
	tests/run tests/blank_checks tests/bind_tree tests/build_types tests/fresh \
	tests/house/facts .ci/run; do
	[ -x "$script" ] || fail "$script cannot be executed"
	for option in --help -h; do
		(cd / && "$OLDPWD/$script" "$option") </dev/null \
			>"$SCRATCH/out" 2>"$SCRATCH/err" ||
			fail "$script $option: status $?"
		grep -q "^usage: $script" "$SCRATCH/out" ||
			fail "$script $option does not show its usage"
		[ ! -s "$SCRATCH/err" ] || fail "$script $option complains"
	done
done

# What nobody understands is refused in one line, and nothing is begun.
for script in ceremony-scripts/build ceremony-scripts/rehearse \
	ceremony-scripts/rehearse-rollover ceremony-scripts/testbed \
	ceremony-scripts/sentinel \
	ceremony-scripts/print ceremony-scripts/run ceremony-scripts/bundle \
	ceremony-scripts/pin-split ceremony-scripts/pin-join \
	ceremony-scripts/zsk-receive \
	ceremony-scripts/package tests/packages \
	tests/run tests/blank_checks tests/bind_tree tests/build_types tests/fresh \
	tests/house/facts; do
	status=0
	"$script" --no-such-option </dev/null >"$SCRATCH/out" \
		2>"$SCRATCH/err" || status=$?
	[ "$status" -eq 2 ] || fail "$script --no-such-option: status $status"
	[ ! -s "$SCRATCH/out" ] || fail "$script --no-such-option goes on"
	[ "$(wc -l <"$SCRATCH/err")" -eq 1 ] ||
		fail "$script --no-such-option: $(cat "$SCRATCH/err")"
done

# Another system, where nothing is installed: one line with the packages.
mkdir "$SCRATCH/bare"
for tool in bash dirname basename id grep; do
	ln -s "$(command -v "$tool")" "$SCRATCH/bare/$tool"
done
for script in ceremony-scripts/build tests/run; do
	status=0
	PATH=$SCRATCH/bare bash "$script" </dev/null >"$SCRATCH/out" \
		2>"$SCRATCH/err" || status=$?
	[ "$status" -eq 2 ] || fail "$script without packages: status $status"
	[ "$(wc -l <"$SCRATCH/err")" -eq 1 ] ||
		fail "$script without packages: $(cat "$SCRATCH/err")"
	grep -q 'please install.*build-essential.*libp11-kit-dev.*softhsm2' \
		"$SCRATCH/err" || fail "$script: $(cat "$SCRATCH/err")"
done

# On Debian, packages are asked for only where something is missing.  The
# apt-get and sudo here take notes and install nothing.
mkdir "$SCRATCH/fake"
cat >"$SCRATCH/fake/apt-get" <<END
#!/bin/bash
echo "\$*" >>"$SCRATCH/apt"
END
cat >"$SCRATCH/fake/sudo" <<'END'
#!/bin/bash
shift
exec "$@"
END
chmod +x "$SCRATCH/fake/apt-get" "$SCRATCH/fake/sudo"

need() {
	PATH=$SCRATCH/fake:$PATH bash -c \
		'. ceremony-scripts/lib.sh; is_debian() { true; }; need "$1"' \
		need "$1" </dev/null >"$SCRATCH/out" 2>"$SCRATCH/err"
}

need 'bash   command bash' || fail "bash is missing: $(cat "$SCRATCH/err")"
[ ! -e "$SCRATCH/apt" ] || fail "apt-get was run for nothing"
! need 'bash   command bash
no-such-package   command no-such-command
no-such-dev   library no-such-library >= 3' || fail "missing packages are fine"
diff - "$SCRATCH/apt" <<'END' || fail "apt-get was run in another way"
-q update
-qy install --no-install-recommends no-such-package no-such-dev
END
grep -q 'still missing: no-such-package no-such-dev' "$SCRATCH/err" ||
	fail "what is missing is not named: $(cat "$SCRATCH/err")"

# What is needed once another package is there is asked for then.
cat >"$SCRATCH/fake/apt-get" <<END
#!/bin/bash
[[ " \$* " != *" first "* ]] || touch "$SCRATCH/first"
[[ " \$* " != *" second "* ]] || touch "$SCRATCH/second"
END
PATH=$SCRATCH/fake:$PATH bash -c '. ceremony-scripts/lib.sh
	is_debian() { true; }
	has_both() { [ ! -e "$1" ] || [ -e "$2" ]; }
	need "first   file $1
	second  both $1 $2"' need "$SCRATCH/first" "$SCRATCH/second" \
	</dev/null >"$SCRATCH/out" 2>"$SCRATCH/err" ||
	fail "what the second package needs: $(cat "$SCRATCH/err")"
equal "installed" "Installing Debian packages: first
Installing Debian packages: second" "$(cat "$SCRATCH/out")"
echo "${#scripts[@]} scripts are well formed and answer"
