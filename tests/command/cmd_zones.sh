#!/bin/bash
# Many zones in one configuration: a command acts on the one that --zone names or
# whose request it reads, and says plainly where it cannot know which.
# shellcheck source=tests/support/lib.sh
. tests/support/lib.sh
# shellcheck source=tests/support/many.sh
. tests/support/many.sh
needs jq softhsm2-util

many 4
export ANCHORITE_CONFIG=$CONFIG
KSR=$WS/requests/z0000.example.xml

### Which zone

which="the configuration has 4 zones: say which with --zone NAME"
refuses 2 "$which" request "$WS/none" --at "$AT"
accepts inventory --at "$AT"
for i in 0 1 2 3; do
	many_zone "$i"
	says "; $zone keys.ksk_current"
done
refuses 2 "$which" check --policy
refuses 2 "$which" keygen --label x --algorithm ED25519 --at "$AT"
refuses 2 "$which" sign "$KSR" "$WS/out" --first --batch --plan "$KSR" --at "$AT"
refuses 2 'zone "z0000.exampel" is not in the configuration; there are' \
	inventory --zone z0000.exampel --at "$AT"
refuses 2 'is it z0000.example.?' inventory --zone z0000.exampel --at "$AT"
refuses 2 "--zone has no meaning for show" show "$KSR" --zone z0000.example.
accepts inventory --zone Z0001.EXAMPLE --at "$AT"
says "ksk-z0001.example."

### By the request

accepts check "$KSR" --schema normal --at "$AT"
accepts check "$KSR" --schema normal --at "$AT" --zone z0000.example
refuses 2 "is of zone z0000.example., and --zone says z0001.example." \
	check "$KSR" --at "$AT" --zone z0001.example.
sed 's/z0000/z0009/' "$KSR" >"$WS/other.xml"
refuses 1 'zone "z0009.example." is not in the configuration' \
	check "$WS/other.xml" --at "$AT"
for i in 0 1 2 3; do
	many_zone "$i"
	accepts sign "$WS/requests/$zone$format" "$WS/$zone.skr" --first --batch \
		--at "$AT"
	accepts verify "$WS/requests/$zone$format" "$WS/$zone.skr" --schema normal
	accepts release "$WS/$zone.skr" --at 2027-01-05T00:00:00Z
	accepts register activate "$WS/$zone.skr" --at "$AT"
done
refuses 2 'schema "x" is neither' sign "$KSR" "$WS/x.skr" --first --batch \
	--schema x --at "$AT"
accepts register list
for i in 0 1 2 3; do
	many_zone "$i"
	says "domain $zone"
done

### No zone's KSK may go

refuses 1 "keys.ksk_current" keydelete --label ksk-z0001.example. --batch \
	--zone z0000.example. --at "$AT"

### Replay

accepts replay "$SCRATCH/ceremony"

### One zone as ever

export ANCHORITE_CONFIG=$WS/anchorite.yaml
accepts inventory --zone . --at "$AT"
refuses 2 "--zone example.: the configuration is of zone . alone" inventory \
	--zone example. --at "$AT"
finish
