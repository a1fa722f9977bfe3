#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The table of NT structure offsets against other collections of them.
. "$(dirname "$0")/../tools/lib.sh"
command -v python3 >/dev/null || { skip "nt-types" "no python3"; finish; }
python3 "$TOP/tests/real/nt_types_truth.py" "$TOP/analyzer/sym/nt_types.txt" \
	"$NTR_CORPUS/../facts/nt-offsets.tsv" "$NTR_CORPUS/symbols/kphdyn.xml" ||
	fail "nt-types" "python3 ended with $?"
finish
