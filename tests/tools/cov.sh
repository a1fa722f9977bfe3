#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Line coverage of a build made with MODE=cov and run by check.sh.
#   cov.sh build/cov
# One line per source file of the library and the tools, worst first.
set -u
cd "$1" || exit 1
find analyzer kdtools -name '*.gcda' | while read -r f; do
	gcov -n -o "$(dirname "$f")" "$f" 2>/dev/null
done | awk '
	/^File / { name = $2; gsub(/\x27/, "", name) }
	/^Lines executed:/ { split($0, p, /[:% ]+/); if (name ~ /^(analyzer|kdtools)\//) { pct[name] = p[3]; of[name] = p[5] } name = "" }
	END { for (n in pct) { printf "%6.2f%% of %5d  %s\n", pct[n], of[n], n | "sort -n"; hit += pct[n] * of[n] / 100; all += of[n] }
		close("sort -n")
		if (all) printf "%6.2f%% of %5d  total\n", 100 * hit / all, all }'
