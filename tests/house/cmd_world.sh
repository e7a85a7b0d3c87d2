#!/bin/bash
# A command reaches the world through the doors that a replay leads elsewhere
# (docs/architecture.md), and by no call of its own: what an object of the rooms
# that act refers to says so.
. tests/support/lib.sh
needs nm

world='open(at)?(64)?|creat(64)?|fopen(64)?|(l|f)?stat(64)?|access|realpath'
world+='|opendir|fdopendir|mkdir(at)?|unlink(at)?|rename(at|at2)?|link(at)?|symlink'
world+='|(secure_)?getenv|setenv|putenv|isatty|fgets|getline|tc[sg]etattr'
world+='|time|clock_gettime|gettimeofday|fork|vfork|posix_spawnp?|exec[a-z]+|dlopen'
world+='|hsm_[a-z_]+|file_(read|open|sync)[a-z_]*|output_open[a-z_]*'
world+='|chain_(open|read)|ceremony_read|ledger_(open|read)|environment_[a-z_]+'

# What stands outside, and why a replay never comes there.
outside() {
	cat <<'END'
command/cmd_init.c      hsm_close hsm_init_token hsm_login hsm_open hsm_select mkdir output_open_mode realpath setenv  never on record
command/cmd_log.c       ceremony_read                     log verify, show, import: never on record
command/cmd_report.c    ceremony_read output_open         never on record
command/cmd_step.c      ceremony_read                     step status: never on record
command/cmd_hash.c      fstat open                         of a stored file recorded_input is asked
cms/log_sign.c          chain_read file_read realpath     what stands behind the last line is on no record
keys/zsk_file.c         file_read mkdir output_open_mode  by_files is false in a replay
keys/zsk_private.c      stat                              by_files is false in a replay
END
}

objects=$(dirname -- "$TEST_BIN")/CMakeFiles/program.dir/signer
for room in sign keys cms foresight script command; do
	for object in "$objects/$room"/*.c.o; do
		file=$room/$(basename -- "$object" .o)
		calls=$(nm -u "$object" | awk '{ print $NF }' |
			sed -E 's/@.*//; s/^__(.*)_chk$/\1/' |
			{ grep -xE "$world" || :; } | sort -u | xargs)
		allowed=$(outside | awk -v file="$file" '$1 == file {
			sub(/^[^ ]+ +/, ""); sub(/  +.*/, ""); print }')
		equal "what $file asks the world itself" \
			"$(tr ' ' '\n' <<<"$allowed" | sort | xargs)" "$calls"
	done
done
[ "$CASES" -gt 50 ] || fail "only $CASES objects were found"
finish
