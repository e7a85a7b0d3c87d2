# shellcheck shell=bash
#
# What makes trees of Debian's other releases shares; $mirror is one that was
# asked for, or empty.  It is sourced, never run.

# sources RELEASE: apt's lines for it, from the same places as this machine's.
sources() {
	local uri codename component ours

	if [ -n "$mirror" ]; then
		printf 'deb %s %s main\n' "$mirror" "$1"
		return
	fi
	ours=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	# shellcheck disable=SC2016 # the placeholders are apt's
	apt-get indextargets --format \
		'$(REPO_URI) $(CODENAME) $(COMPONENT)' \
		'Created-By: Packages' | sort -u |
		while read -r uri codename component; do
			[[ $component = main && $codename == "$ours"* ]] ||
				continue
			printf 'deb %s %s main\n' "$uri" "${codename/#$ours/$1}"
		done
}

# What this machine's apt must know to reach its mirror.
apt_options() {
	apt-config dump --no-empty |
		grep -E '^Acquire::(https?::(Proxy|CAInfo)|Check-)' || :
}
