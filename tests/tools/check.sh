#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Run every test of a build folder and count.  A test is a program or script
# that prints lines "pass NAME", "fail NAME: why", "skip NAME: why"; one that
# ends with another status than 0 (1 after a "fail" line) has failed itself.
#
#   check.sh build/<mode> [pattern]
# Environment for tests: B (build folder), NTRIAGE (the program), NTR_CORPUS
# (real dumps, default ../shared/corpus; not there: those tests are skipped).
set -u
export B=$1 NTRIAGE=$1/ntriage TOP=$PWD LC_ALL=C TZ=UTC NO_COLOR=1
export NTR_CORPUS=${NTR_CORPUS:-$PWD/../shared/corpus}
export UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=detect_leaks=1
pattern=${2:-}
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
mkdir -p "$B/tmp"

run_one() { # NAME COMMAND...
	local name=$1 out st
	shift
	case $name in *"$pattern"*) ;; *) return ;; esac
	out=$(timeout "${NTR_TEST_SECONDS:-300}" "$@" 2>&1 </dev/null)
	st=$?
	printf '%s\n' "$out" | grep -E '^(pass|fail|skip) ' | sed "s|^\([a-z]*\) |\1 $name/|" >>"$log"
	printf '%s\n' "$out" | grep -E '^fail ' | sed "s|^fail |FAIL $name/|"
	if [ $st -ne 0 ] && ! printf '%s\n' "$out" | grep -q '^fail '; then
		echo "fail $name: exit status $st" >>"$log"
		echo "FAIL $name: exit status $st"
		printf '%s\n' "$out" | tail -25 | sed 's/^/    /'
	elif ! printf '%s\n' "$out" | grep -qE '^(pass|fail|skip) '; then
		echo "fail $name: asserted nothing" >>"$log"
		echo "FAIL $name: asserted nothing"
	fi
}

for t in tests/unit/*_test.c; do
	n=$(basename "$t" .c)
	run_one "unit/$n" "$B/tests/$n"
done
for t in tests/e2e/*.sh tests/golden/run-*.sh tests/real/*.sh; do
	[ -f "$t" ] && run_one "${t#tests/}" bash "$t"
done
if [ -x tests/tools/make-seeds.sh ]; then
	tests/tools/make-seeds.sh "$NTRIAGE" build/seeds >/dev/null || echo "fail seeds: cannot be made" >>"$log"
fi
for t in tests/fuzz/fuzz_*.c; do
	[ -f "$t" ] || continue
	n=$(basename "$t" .c)
	run_one "replay/$n" "$B/replay/$n" build/seeds/"$n" tests/fuzz/corpus/"$n"
done
case $B in
*/asan | */cov) ;;
*) run_one lint tests/tools/lint.sh "${CC:-gcc}" ;;
esac

grep '^skip ' "$log" | sed 's/^/  /'
passed=$(grep -c '^pass ' "$log")
failed=$(grep -c '^fail ' "$log")
skipped=$(grep -c '^skip ' "$log")
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
