#!/bin/bash
# No rule can be lost unnoticed.
. tests/lib.sh
tests/blank_checks
