#!/bin/bash
# Some of the facts of a record that a forger may change, one in eight of them;
# tests/house/facts tries all.  And that it can fail.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
needs expect jq python3

# A replay that agrees with everything.
printf '#!/bin/bash\nexit 0\n' >"$SCRATCH/agrees"
chmod +x "$SCRATCH/agrees"
mkdir "$SCRATCH/records"
cp -r tests/data/records/ecdsa "$SCRATCH/records"
status=0
ANCHORITE=$SCRATCH/agrees python3 -B tests/house/facts.py \
	--records "$SCRATCH/records" -m 1 >"$SCRATCH/out" || status=$?
equal "a blind replay" 1 "$status"
says "NOT NOTICED, and nobody says why"
says "sign/signing/signatures[].key_tag: 1 of 1"

# One that refuses everything, the unchanged record included.
status=0
ANCHORITE=false python3 -B tests/house/facts.py \
	--records "$SCRATCH/records" -m 1 >"$SCRATCH/out" 2>&1 || status=$?
equal "a replay that refuses" 1 "$status"
says "ecdsa does not replay unchanged"

tests/house/facts -m 1 -e "$(one_of 8)" >"$SCRATCH/out" 2>"$SCRATCH/err" ||
	fail "a fact was changed and not noticed"
tail -n 1 "$SCRATCH/out"
finish
