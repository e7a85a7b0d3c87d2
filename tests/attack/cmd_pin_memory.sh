#!/bin/bash
# Where the PIN is after a login: nowhere.  A module looks through all memory of
# the program when it is asked to sign.  And whose the files with the PIN and
# the configuration may be, and what no record may hold.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
FORGETFUL=yes
needs jq cc python3

workspace
FAULTY_TARGET=$(sed -n 's/^    module: "\(.*\)"$/\1/p' "$CONFIG")
FAULTY_PIN_MASKED=$(tr 0-9 1032547698 <"$WS/pin")
export FAULTY FAULTY_TARGET FAULTY_PIN_MASKED
sed "s|module: .*|module: \"$TEST_BIN/libfaulty_module.so\"|" "$CONFIG" \
	>"$WS/faulty.yaml"

### memory

# Whether this kernel locks memory for us and tells (proc(5): VmLck).  Under
# AddressSanitizer mlock does nothing: this is a test of the program as shipped.
locks_are_counted() {
	python3 - <<'END'
import ctypes, mmap, re
page = mmap.mmap(-1, 4096)
at = ctypes.addressof(ctypes.c_char.from_buffer(page))
libc = ctypes.CDLL(None)
libc.mlock.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
assert libc.mlock(at, 4096) == 0
assert int(re.search(r"VmLck:\s+(\d+)", open("/proc/self/status").read())[1])
END
}

# The one who looks finds the PIN where it is: in the hands of C_Login.
FAULTY=login_finds_pin
refuses 2 'the PIN has expired' --config "$WS/faulty.yaml" --at "$AT" \
	sign "$WS/ksr.xml" "$SCRATCH/0.xml" --first --batch
FAULTY=sign_finds_pin
if locks_are_counted 2>/dev/null; then
	FAULTY+=,login_wants_locked_pages
else
	echo "SKIPPED: locked memory cannot be seen here" >&2
fi
accepts --config "$WS/faulty.yaml" --at "$AT" sign "$WS/ksr.xml" \
	"$SCRATCH/1.xml" --first --batch
cmp -s "$SCRATCH/1.xml" "$WS/skr.xml" || fail "another response"
FAULTY=
FORGETFUL=
forget

### whose the files are

chmod 620 "$CONFIG"
refuses 2 "$CONFIG: has mode 0620, expected that its owner alone can write it (chmod go-w)" \
	--config "$CONFIG" --at "$AT" check "$WS/ksr.xml"
chmod 602 "$CONFIG"
refuses 2 "has mode 0602" --config "$CONFIG" --at "$AT" inventory
chmod 644 "$CONFIG"
accepts --config "$CONFIG" --at "$AT" inventory
chmod 640 "$WS/pin"
refuses 2 "pin_file: $WS/pin: has mode 0640, expected that its owner alone can read it (chmod 600)" \
	--config "$CONFIG" --at "$AT" inventory
chmod 600 "$WS/pin"
if [ "$(id -u)" -eq 0 ]; then
	cp "$CONFIG" "$WS/other.yaml"
	chown 12345 "$WS/other.yaml"
	refuses 2 "other.yaml: belongs to user 12345, expected this user (0) or root" \
		--config "$WS/other.yaml" --at "$AT" inventory
	chown 12345 "$WS/pin"
	refuses 2 "pin_file: $WS/pin: belongs to user 12345" \
		--config "$CONFIG" --at "$AT" inventory
	chown 0 "$WS/pin"
fi
# A drive without modes, as FAT has it: said, and gone on with.
cc -shared -fPIC -x c - -o "$SCRATCH/fat.so" <<'END'
#include <string.h>
#include <sys/vfs.h>
int fstatfs(int fd, struct statfs *fs)
{
	memset(fs, 0, sizeof(*fs));
	fs->f_type = 0x4d44;
	return 0;
}
END
chmod 666 "$CONFIG" "$WS/pin"
status=0
ASAN_OPTIONS=verify_asan_link_order=0${ASAN_OPTIONS:+:$ASAN_OPTIONS} \
	LD_PRELOAD=$SCRATCH/fat.so run --config "$CONFIG" --at "$AT" inventory
equal "status on FAT" 0 "$status"
equal "notes" 2 "$(grep -c 'lies on a file system without modes' "$SCRATCH/err")"
chmod 600 "$CONFIG" "$WS/pin"

### what a record holds: its own files, readable, whatever the caller's umask

for mask in 000 077; do
	rm -rf "$SCRATCH/ceremony"
	(
		umask "$mask"
		accepts --config "$CONFIG" --ceremony "$SCRATCH/ceremony" --at "$AT" check "$WS/ksr.xml"
	)
	equal "modes with umask $mask" "644 755" "$(find "$SCRATCH/ceremony" \
		-printf '%m\n' | sort -u | xargs)"
done
for part in inputs outputs; do
	mv "$SCRATCH/ceremony/$part" "$SCRATCH/elsewhere"
	ln -s "$SCRATCH/elsewhere" "$SCRATCH/ceremony/$part"
	refuses 1 "$SCRATCH/ceremony/$part: is a symbolic link" \
		--config "$CONFIG" --ceremony "$SCRATCH/ceremony" --at "$AT" check "$WS/ksr.xml"
	[ "$part" = outputs ] ||
		refuses 1 '' replay "$SCRATCH/ceremony"
	rm "$SCRATCH/ceremony/$part"
	mv "$SCRATCH/elsewhere" "$SCRATCH/ceremony/$part"
done
for file in log.jsonl "inputs/$(sha256sum <"$WS/ksr.xml" | cut -c1-64)"; do
	mv "$SCRATCH/ceremony/$file" "$SCRATCH/elsewhere"
	ln -s "$SCRATCH/elsewhere" "$SCRATCH/ceremony/$file"
	run --config "$CONFIG" --ceremony "$SCRATCH/ceremony" --at "$AT" check "$WS/ksr.xml"
	[ "$status" -ne 0 ] || fail "a link was written through: $file"
	refuses 1 '' replay "$SCRATCH/ceremony"
	rm "$SCRATCH/ceremony/$file"
	mv "$SCRATCH/elsewhere" "$SCRATCH/ceremony/$file"
done
accepts --config "$CONFIG" --ceremony "$SCRATCH/ceremony" --at "$AT" check "$WS/ksr.xml"

### a PIN in a URI gets nowhere

rm -rf "$SCRATCH/ceremony"
for uri in 'pkcs11:token=x?pin-value=87654321' 'pkcs11:pin-value=87654321' \
	'pkcs11:token=x;pin-source=87654321'; do
	sed "s|token: .*|token: \"$uri\"|" "$CONFIG" >"$WS/uri.yaml"
	refuses 2 "$WS/uri.yaml:7:12: hsm.softhsm.token: token URI: " \
		--config "$WS/uri.yaml" --ceremony "$SCRATCH/ceremony" --at "$AT" \
		inventory
	[ -s "$SCRATCH/ceremony/log.jsonl" ] || fail "no record"
	! grep -q 87654321 "$SCRATCH/err" || fail "the PIN is shown"
	! grep -rq 87654321 "$SCRATCH/ceremony" || fail "the PIN is on record"
done

finish
