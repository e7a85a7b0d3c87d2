#!/bin/bash
# No rule can be lost unnoticed: one in five of them.
. tests/support/lib.sh
tests/blank_checks --one-of "$(one_of 5)"
