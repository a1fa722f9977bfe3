#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Run every bench program of an optimised build, one after the other.
#   bench.sh build/rel
# Each line: name, value unit, floor value unit, ratio; tab-separated. The
# floor is measured in the same run.
set -u
export B=$1 NTRIAGE=$1/ntriage LC_ALL=C
export NTR_CORPUS=${NTR_CORPUS:-$PWD/../shared/corpus}
bad=0
for p in "$B"/bench/bench_*; do
	[ -f "$p" ] && [ -x "$p" ] || continue
	timeout 600 "$p" || {
		st=$?
		echo "# $(basename "$p"): exit $st" >&2
		bad=1
	}
done
exit $bad
