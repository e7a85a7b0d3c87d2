# shellcheck shell=bash
#
# The conditions of acts.  condition_NAME ARGUMENT... looks at the machine and
# succeeds if the condition holds; $seen is what was seen, and $remedy, where it
# fails, what to do about it.  Each would have caught a mistake that was made in
# a real ceremony; docs/ceremony.md says which.  Sourced after walk.sh's
# neighbours, never run.
#
# Media are told apart by what they hold, never by a drive's letter: the file
# MEDIUM in a medium's root has its label as its one line; where there is none,
# the file system's label counts.  In a rehearsal a plain folder will do for a
# medium; otherwise it must be mounted.

# How far the host's clock may be from the wall clock (DPS 5.7), in seconds.
CLOCK_TOLERANCE=180

# Where Linux says which interfaces there are; IFF_UP of linux/if.h.
INTERFACES=/sys/class/net
INTERFACE_UP=1

# holds SEEN, fails SEEN REMEDY: how a condition answers.
holds() {
	seen=$1
}

fails() {
	seen=$1
	remedy=$2
	return 1
}

# Whether the configuration says that this is practice; while the medium that it
# is on is not there, whether whoever began the script did.
is_rehearsal() {
	local config

	config=$(input CONFIG)
	if [[ -n ${practice-} && $folder != "$place" && ! -e $config ]]; then
		return 0
	fi
	config_is_rehearsal "$config"
}

# The same, or there is no configuration that could say so.
is_practice() {
	[ -z "$(input CONFIG)" ] || is_rehearsal
}

# digest FILE: sets $digest to its SHA-256; coreutils', not the program's.
digest() {
	digest=
	[ -f "$1" ] && digest=$(sha256sum <"$1" 2>/dev/null) && digest=${digest%% *}
}

# complaint OUTPUT: what the program says is wrong, without its name.
complaint() {
	sed -n '/^anchorite: /{s///p;q}' <<<"$1"
}

condition_clock() {
	local host zone wall difference

	zone=$(date '+%Z %z')
	while ask_step words 'Witness, read the wall clock, UTC (YYYY-MM-DD hh:mm:ss, or hh:mm:ss):'; do
		host=$(date '+%s')
		[ -z "$batch" ] || [ "$answer" != now ] ||
			answer=$(date -u -d "@$host" '+%T')
		[[ $answer != ??:??:?? ]] || answer="$(date -u '+%F') $answer"
		if [[ $answer =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}\ [0-9]{2}:[0-9]{2}:[0-9]{2}$ ]] &&
			wall=$(date -u -d "$answer UTC" '+%s' 2>/dev/null); then
			break
		fi
		again 'That is no time.' 'the wall clock'
		wall=
	done
	[ -z "$wish" ] || return 1
	difference=$((host - wall))
	seen="host $(date -u -d "@$host" '+%F %T'), wall clock $answer, zone $zone"
	[[ $zone == *' +0000' ]] ||
		fails "$seen" "Set the time zone to UTC: \`export TZ=UTC\` before this script begins, or \`timedatectl set-timezone UTC\`, then repeat." ||
		return 1
	[ "${difference#-}" -le "$CLOCK_TOLERANCE" ] ||
		fails "$seen: ${difference#-} s apart" \
			"Set the clock by the wall clock: \`date --utc --set=\"YYYY-MM-DD hh:mm:ss\"\`, then repeat."
}

condition_no_network() {
	local interface flags up=()

	for interface in "$INTERFACES"/*; do
		[[ ${interface##*/} != lo && -r $interface/flags ]] || continue
		flags=$(<"$interface/flags")
		[ "$((flags & INTERFACE_UP))" -eq 0 ] ||
			up+=("${interface##*/}")
	done
	[ -d "$INTERFACES" ] ||
		fails "$INTERFACES is missing" 'Start from the boot medium.' || return 1
	if [ "${#up[@]}" -eq 0 ]; then
		holds 'no interface but lo is up'
	elif is_rehearsal; then
		holds "up: ${up[*]}; allowed in a rehearsal"
	else
		fails "up: ${up[*]}" \
			"Pull the network cable and switch off: \`ip link set ${up[0]} down\`, then repeat."
	fi
}

# medium_label FOLDER: sets $label.
medium_label() {
	local source

	label=
	if [ -f "$1/MEDIUM" ]; then
		label=$(head -c 256 -- "$1/MEDIUM" | tr -d '\0')
	elif source=$(findmnt -n -o SOURCE --mountpoint "$1" 2>/dev/null); then
		label=$(lsblk -n -d -o LABEL -- "$source" 2>/dev/null) || label=
	fi
}

# medium_mode FOLDER: sets $mode to rw or ro: how it is mounted, or, of a plain
# folder, whether its mode lets anybody write.
medium_mode() {
	local options

	mode=ro
	if options=$(findmnt -n -o OPTIONS --mountpoint "$1" 2>/dev/null); then
		[[ ,$options, != *,rw,* ]] || mode=rw
	else
		[[ $(stat -c %A -- "$1") != *w* ]] || mode=rw
	fi
}

condition_medium() {
	local folder_of_medium wanted label mode

	folder_of_medium=$(input "$1")
	wanted=$(input "$1_MEDIUM")
	[ -d "$folder_of_medium" ] ||
		fails "there is no folder $folder_of_medium" \
			"Put in the medium labelled $wanted and mount it: \`mkdir -p $folder_of_medium; mount --label $wanted $folder_of_medium\`, then repeat." ||
		return 1
	mountpoint -q -- "$folder_of_medium" || is_rehearsal ||
		fails "nothing is mounted at $folder_of_medium" \
			"Put in the medium labelled $wanted and mount it: \`mount --label $wanted $folder_of_medium\`, then repeat." ||
		return 1
	medium_label "$folder_of_medium"
	[ "$label" = "$wanted" ] ||
		fails "the medium at $folder_of_medium is labelled \"${label//[[:cntrl:]]/?}\", not \"$wanted\"" \
			"Unmount it (\`umount $folder_of_medium\`) and take it out; put in the medium labelled $wanted and mount it (\`mount --label $wanted $folder_of_medium\`), then repeat." ||
		return 1
	medium_mode "$folder_of_medium"
	[ "$mode" = "$2" ] ||
		fails "the medium $wanted at $folder_of_medium is mounted $mode, not $2" \
			"Mount it anew: \`mount -o remount,$2 $folder_of_medium\`, then repeat." ||
		return 1
	holds "$wanted at $folder_of_medium, $mode"
}

condition_manifest() {
	local compared status=0

	compared=$(anchorite manifest "$(input "$1")" --compare \
		"$(input "$1_MANIFEST")" 2>&1 </dev/null) || status=$?
	if [ "$status" -eq 0 ]; then
		holds "$(input "$1") is as in $(input "$1_MANIFEST")"
		return 0
	fi
	printf '%s\n' "$compared"
	fails "$(input "$1") differs from $(input "$1_MANIFEST"): $(complaint "$compared")" \
		'Use nothing of this medium. Look whether it is the right one; if it is, what was changed since its manifest was made is an exception.'
}

# same_digest WHAT FILE WANTED
same_digest() {
	digest "$2" ||
		fails "the $1 ${2:-(not found)} cannot be read" \
			"Look at the path of the $1, then repeat."  || return 1
	[ "$digest" = "$3" ] ||
		fails "the $1 $2 has SHA-256 $digest, not $3" \
			"Do not use it. Fetch the $1 whose hash is on the title page, then repeat."
}

condition_hashes() {
	same_digest program "$program" "$(input PROGRAM_SHA256)" &&
		same_digest configuration "$(input CONFIG)" "$(input CONFIG_SHA256)" &&
		same_digest module "$(config_path module "$(input CONFIG)")" "$(input MODULE_SHA256)" &&
		holds 'program, configuration and module are those of the title page'
}

condition_file_hash() {
	local file

	file=$(input "$1")
	same_digest file "$file" "$(input "$1_SHA256")" &&
		holds "$file has SHA-256 $digest"
}

condition_exists() {
	local path

	path=$(input "$1")
	[ -e "$path" ] ||
		fails "there is no $path" \
			'Look whether the right medium is in and the name is right, then repeat.' ||
		return 1
	[ ! -f "$path" ] || [ -s "$path" ] ||
		fails "$path is empty" 'Fetch it again from where it came, then repeat.' ||
		return 1
	holds "$path is there"
}

condition_absent() {
	local path

	path=$(input "$1")
	[ ! -e "$path" ] && [ ! -L "$path" ] ||
		fails "$path exists" \
			"Nothing is overwritten. Find out what it is; if it is in the way, move it elsewhere with \`mv\`, then repeat." ||
		return 1
	[ -d "$(dirname -- "$path")" ] ||
		fails "there is no folder for $path" \
			'Look whether the right medium is in and the name is right, then repeat.' ||
		return 1
	holds "$path does not exist"
}

condition_space() {
	local place free

	place=$(input "$1")
	free=$(df -P -k -- "$place" 2>/dev/null | awk 'NR == 2 { print int($4 / 1024) }') ||
		free=
	[ -n "$free" ] ||
		fails "there is no $place" 'Put in the medium and mount it, then repeat.' ||
		return 1
	[ "$free" -ge "$2" ] ||
		fails "$free MiB are free at $place, $2 are needed" \
			'Do not delete anything from the medium; take the spare one, which is an exception.' ||
		return 1
	holds "$free MiB are free at $place"
}

# What is printed is made of groff's output, as PDF, and goes into a folder.
condition_paper() {
	local paper page

	paper=$(input PAPER)
	[ -d "$paper" ] && page=$(mktemp -p "$paper" .page.XXXXXX 2>/dev/null) ||
		fails "nothing can be written to $paper" \
			'Make the folder for pages to be printed, or connect the printer, then repeat.' ||
		return 1
	printf '.ps 12\nA page to see that paper comes out.\n' |
		groff -Tpdf >"$page" 2>/dev/null || :
	if [ "$(head -c 5 -- "$page")" != '%PDF-' ]; then
		rm -f -- "$page"
		fails 'groff made no page' \
			'Install groff on the boot medium; write by hand today, which is an exception.'
		return 1
	fi
	rm -f -- "$page"
	holds "a page can be made in $paper"
}

# The register lists each response under the quarter that it is for; the
# quarter's line says whether one is active.
condition_previous_active() {
	local previous register

	previous=$(input PREVIOUS_SKR)
	digest "$previous" ||
		fails "there is no $previous" \
			'Fetch the response to the request before; nothing is signed without it.' ||
		return 1
	register=$(anchorite register list 2>&1 </dev/null) ||
		fails "$(complaint "$register")" \
			'Use the register of the last ceremony; nothing is signed without it.' ||
		return 1
	awk -v wanted="$digest" '
		/^[^ ]/ { active = / ACTIVE$/; fact = "" }
		/^  [^ ]/ { fact = $1 }
		active && fact == "response" && $NF == wanted { found = 1 }
		END { exit !found }' <<<"$register" ||
		fails "$previous (SHA-256 $digest) is not a response that the register has as active" \
			"Take the response that the zone uses, or tell the register: \`anchorite register activate SKR\`, then repeat." ||
		return 1
	holds "$previous is active in the register"
}

condition_selftest() {
	local output

	output=$(anchorite selftest 2>&1 </dev/null) ||
		{
			printf '%s\n' "$output"
			fails 'the selftest fails' \
				'Do not use this machine, or this copy of the program.'
			return 1
		}
	holds 'the selftest passes'
}

# A PIN in a file is for rehearsals: an HSM asks its officers itself.
condition_pin() {
	local file

	file=$(input "$1")
	is_rehearsal ||
		fails 'a PIN file is for rehearsals' \
			'Take pin_file out of the configuration; officers use their credentials.' ||
		return 1
	[ -f "$file" ] && [ -s "$file" ] ||
		fails "there is no PIN in $file" \
			"The officers join it: \`pin-join --output $file\`, then repeat." ||
		return 1
	[ "$(stat -c '%a %u' -- "$file")" = "600 $(id -u)" ] ||
		fails "$file has mode $(stat -c '%a, owner %U' -- "$file")" \
			"Only its owner may read it: \`chmod 600 $file\`, then repeat." ||
		return 1
	holds "$file is there, for its owner only"
}
