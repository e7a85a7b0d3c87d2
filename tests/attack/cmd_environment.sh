#!/bin/bash
# Nobody chooses code for the program, or tells a PKCS#11 module what to do,
# through the environment; what code was there is on record, by its hash.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
FORGETFUL=yes
needs jq cc strace

workspace
LOG=$SCRATCH/ceremony/log.jsonl
REAL=$SCRATCH/real.yaml
grep -v '^rehearsal: true$' "$CONFIG" >"$REAL"
! cmp -s "$CONFIG" "$REAL" || fail "the configuration is no rehearsal's"
MODULE=$(sed -n 's/^    module: "\(.*\)"$/\1/p' "$CONFIG")
# A preloaded library comes before that of the sanitizers.
export ASAN_OPTIONS=verify_asan_link_order=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}

# library NAME [OPTION]...: $SCRATCH/NAME.so of the C on standard input.
library() {
	local name=$1
	shift
	cc -shared -fPIC -x c - -x none -o "$SCRATCH/$name.so" "$@" ||
		fail "$name.so cannot be compiled"
}

# with_module PATH CONFIG: $SCRATCH/other.yaml, with another module.
with_module() {
	sed "s|^    module: .*|    module: \"$1\"|" "$2" >"$SCRATCH/other.yaml"
}

# last_mapped FILTER: of the last line that says what was in memory.
last_mapped() {
	grep '"event":"mapped"' "$LOG" | tail -n 1 | jq -r "$1"
}

### libcrypto reads no configuration, whoever names one

library evil <<END
#include <stdio.h>
__attribute__((constructor)) static void leave_trace(void)
{
	fclose(fopen("$SCRATCH/trace", "w"));
}
int OSSL_provider_init(void *a, void *b, void **c, void **d) { return 0; }
int bind_engine(void *e, const char *id, void *f) { return 0; }
unsigned long v_check(unsigned long v) { return v; }
END
cat >"$SCRATCH/evil.cnf" <<END
openssl_conf = all
[all]
providers = providers
engines = engines
[providers]
evil = evil
default = default
[default]
activate = 1
[evil]
module = $SCRATCH/evil.so
activate = 1
[engines]
evil = engine
[engine]
dynamic_path = $SCRATCH/evil.so
init = 1
END
cp "$SCRATCH/evil.so" "$SCRATCH/legacy.so"
cp "$SCRATCH/evil.cnf" "$SCRATCH/openssl.cnf"
if command -v openssl >/dev/null; then
	OPENSSL_CONF=$SCRATCH/evil.cnf openssl version -a >/dev/null 2>&1 || true
	OPENSSL_CONF=$SCRATCH/evil.cnf openssl dgst -sha256 "$CONFIG" \
		>/dev/null 2>&1 || true
	[ -e "$SCRATCH/trace" ] || fail "the trap would catch nobody"
	rm -f "$SCRATCH/trace"
fi
for command in "hash $CONFIG" "check $WS/ksr.xml" "inventory" \
	"verify $WS/ksr.xml $WS/skr.xml"; do
	# shellcheck disable=SC2086
	OPENSSL_CONF=$SCRATCH/evil.cnf OPENSSL_CONF_INCLUDE=$SCRATCH \
		OPENSSL_MODULES=$SCRATCH OPENSSL_ENGINES=$SCRATCH \
		SSL_CERT_DIR=$SCRATCH run --config "$CONFIG" --at "$AT" $command
	[ ! -e "$SCRATCH/trace" ] || fail "$command: foreign code was loaded"
	equal "$command" 0 "$status"
done

### what a module finds in its environment

library nosy <<END
#include <stdio.h>
extern char **environ;
long C_GetFunctionList(void **list)
{
	FILE *file = fopen("$SCRATCH/seen", "w");
	for (char **entry = environ; *entry != NULL; entry++)
		fprintf(file, "%s\n", *entry);
	fclose(file);
	return 5;
}
END

# nosy CONFIG: what it saw, sorted, is in $SCRATCH/seen.
nosy() {
	with_module "$SCRATCH/nosy.so" "$1"
	rm -f "$SCRATCH/seen"
	LANG=C TERM=dumb SOFTHSM2_CONF=/tmp/a P11_KIT_SERVER_ADDRESS=b \
		PKCS11_PROXY_SOCKET=c OPENSSL_CONF=d CHRYSTOKI_CONF=e HOME=/f \
		GCONV_PATH=/g LC_ALL=C run --config "$SCRATCH/other.yaml" \
		inventory
	equal "status of a module that fails" 2 "$status"
	sort -o "$SCRATCH/seen" "$SCRATCH/seen"
}
nosy "$REAL"
equal "names in the environment of a ceremony's module" \
	"LANG LC_ALL SOFTHSM2_CONF TERM TZ" \
	"$(grep -vE '^(ASAN|LSAN|UBSAN|TMPDIR)' "$SCRATCH/seen" |
		cut -d= -f1 | xargs)"
equal "whose SOFTHSM2_CONF" "SOFTHSM2_CONF=$WS/softhsm2.conf" \
	"$(grep SOFTHSM2 "$SCRATCH/seen")"
# By which other code is loaded, or what was meant for others is taken: of each
# kind one.
NEVER=(OPENSSL_CONF SSL_CERT_FILE SSLKEYLOGFILE CTLOG_FILE OQS_X RANDFILE
	P11_KIT_X P11_X PKCS11_X SOFTHSM2_X OPENSC_CONF LD_X GLIBC_TUNABLES
	MALLOC_X GCONV_PATH GETCONF_DIR LOCPATH NLSPATH LOCALDOMAIN RES_OPTIONS
	HOSTALIASES NSS_X NIS_PATH RESOLV_X TZDIR)
for name in "${NEVER[@]}"; do
	export "$name=x"
done
nosy "$CONFIG"
unset "${NEVER[@]}"
equal "a rehearsal's instruments" "CHRYSTOKI_CONF HOME" \
	"$(grep -oE '^(CHRYSTOKI_CONF|HOME)' "$SCRATCH/seen" | xargs)"
equal "what no rehearsal needs" "" "$(cut -d= -f1 "$SCRATCH/seen" |
	grep -xE "$(tr ' ' '|' <<<"${NEVER[*]}")")"
equal "whose SOFTHSM2_CONF" "SOFTHSM2_CONF=$WS/softhsm2.conf" \
	"$(grep SOFTHSM2 "$SCRATCH/seen")"

# libcrypto's configuration, which may name code, is read by nobody.
ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -e trace=open,openat \
	-o "$SCRATCH/calls" "$ANCHORITE" hash "$CONFIG" \
	>"$SCRATCH/out" || fail "no hash"
grep -qF anchorite.yaml "$SCRATCH/calls" || fail "nothing was traced"
equal "configurations of libcrypto" "" \
	"$(grep -oE '[^"/]*openssl[^"/]*\.cnf' "$SCRATCH/calls")"

### what the dynamic loader was told

library idle <<'END'
int idle_library;
END
LD_PRELOAD=$SCRATCH/idle.so refuses 2 'LD_PRELOAD is set, by which other code' \
	--config "$REAL" inventory
LD_LIBRARY_PATH=$SCRATCH refuses 2 'LD_LIBRARY_PATH is set' \
	--config "$REAL" inventory
LD_PRELOAD=$SCRATCH/idle.so accepts --config "$CONFIG" --ceremony "$SCRATCH/ceremony" inventory
equal "the loader's variables" LD_PRELOAD "$(last_mapped '.loader | join(" ")')"
equal "the preloaded file" "$(sha256sum <"$SCRATCH/idle.so" | cut -c1-64)" \
	"$(last_mapped ".objects[] | select(.path == \"$SCRATCH/idle.so\").sha256")"
accepts log show "$SCRATCH/ceremony"
says 'the loader was given LD_PRELOAD (a rehearsal)'

### a module without a hash is not loaded

cp "$MODULE" "$SCRATCH/large.so"
truncate -s 257M "$SCRATCH/large.so"
with_module "$SCRATCH/large.so" "$CONFIG"
refuses 2 "it has no hash, and what has none is not used: $SCRATCH/large.so: larger than the limit of 268435456 octets" \
	--config "$SCRATCH/other.yaml" inventory
rm "$SCRATCH/large.so"
mkfifo "$SCRATCH/fifo.so"
with_module "$SCRATCH/fifo.so" "$CONFIG"
refuses 2 "$SCRATCH/fifo.so: not a regular file" \
	--config "$SCRATCH/other.yaml" inventory

### all code that is in memory is on record, what the module loaded included

FAULTY_MODULE=$(readlink -f "$TEST_BIN/libfaulty_module.so")
with_module "$FAULTY_MODULE" "$CONFIG"
FAULTY_TARGET=$MODULE accepts --config "$SCRATCH/other.yaml" --ceremony "$SCRATCH/ceremony" inventory
for file in "$FAULTY_MODULE" "$MODULE" "$ANCHORITE"; do
	file=$(readlink -f "$file")
	equal "$file on record" "$(sha256sum <"$file" | cut -c1-64)" \
		"$(last_mapped ".objects[] | select(.path == \"$file\").sha256")"
done
equal "the program's own hash" "$(last_mapped .binary)" \
	"$(last_mapped ".objects[] | select(.path == \"$(readlink -f "$ANCHORITE")\").sha256")"
[ "$(last_mapped '.objects | length')" -gt 5 ] || fail "few files are mapped"

# Code that is no file's any more, or none's.
library hidden <<'END'
#include <sys/mman.h>
__attribute__((constructor)) static void hide(void)
{
	mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
long C_GetFunctionList(void **list);
END
LD_PRELOAD=$SCRATCH/hidden.so refuses 2 'code in memory that comes from no file' \
	--config "$CONFIG" inventory
library gone <<END
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <unistd.h>
__attribute__((constructor)) static void leave(void)
{
	if (strcmp(program_invocation_short_name, "anchorite") == 0)
		unlink("$SCRATCH/gone.so");
}
END
LD_PRELOAD=$SCRATCH/gone.so refuses 2 'is loaded and cannot be hashed' \
	--config "$CONFIG" inventory

# A module with companions in its own folder finds them there.
mkdir "$SCRATCH/vendor"
library companion <<'END'
long companion(void) { return 6; }
END
mv "$SCRATCH/companion.so" "$SCRATCH/vendor/libcompanion.so"
library pair -L"$SCRATCH/vendor" -lcompanion "-Wl,-rpath,\$ORIGIN" <<'END'
long companion(void);
long C_GetFunctionList(void **list) { return companion(); }
END
mv "$SCRATCH/pair.so" "$SCRATCH/vendor/pair.so"
with_module "$SCRATCH/vendor/pair.so" "$REAL"
refuses 2 'C_GetFunctionList: CKR_FUNCTION_FAILED' \
	--config "$SCRATCH/other.yaml" inventory

### replay holds a record to it

# forged FILTER TEXT: the record with its chain written anew is refused.
forged() {
	forge_record "$SCRATCH/ceremony" "$SCRATCH/forged" "$1"
	run replay "$SCRATCH/forged"
	equal "replay's status after $1" 1 "$status"
	says "$2"
}
rm -rf "$SCRATCH/ceremony"
accepts --config "$CONFIG" --at "$AT" --ceremony "$SCRATCH/ceremony" inventory
accepts replay "$SCRATCH/ceremony"
forged 'select(.event != "mapped")' 'it is not said what code was in memory'
forged 'if .event == "mapped" then .objects |= map(select(.path |
	endswith("libsofthsm2.so") | not)) else . end' \
	'is not among the code in memory'
forged 'if .event == "mapped" then .objects |= reverse else . end' \
	'not in the order of their paths'
forged 'if .event == "mapped" then .objects[0].sha256 = "none" else . end' \
	'has no hash'
rm -rf "$SCRATCH/ceremony"
accepts --config "$REAL" --ceremony "$SCRATCH/ceremony" inventory
accepts replay "$SCRATCH/ceremony"
equal "further variables in a ceremony" 0 "$(last_mapped .further_variables)"
forged 'if .event == "mapped" then .loader = ["LD_AUDIT"] else . end' \
	'the environment holds more than is allowed'
forged 'if .event == "mapped" then .further_variables = 1 else . end' \
	'the environment holds more than is allowed'

finish
