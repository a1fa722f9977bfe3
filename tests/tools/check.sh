#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Run every test of a build folder, NTR_JOBS (2) at a time, and count.  A test
# is a program or script that prints lines "pass NAME", "fail NAME: why",
# "skip NAME: why"; one that ends with another status than 0 without a "fail"
# line has failed itself, and so has one that printed none of the three.
#
#   check.sh build/<mode> [pattern]
# Environment for tests: B (build folder), NTRIAGE (the program), NTR_CORPUS
# (real dumps, default ../shared/corpus; not there: those tests are skipped).
set -u
case $1 in /*) export B=$1 ;; *) export B=$PWD/$1 ;; esac
export NTRIAGE=$B/ntriage TOP=$PWD LC_ALL=C TZ=UTC NO_COLOR=1
export NTR_CORPUS=${NTR_CORPUS:-$PWD/../shared/corpus}
export UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=detect_leaks=1
# A test goes on after a race, and fails at its end.
export TSAN_OPTIONS="halt_on_error=0 exitcode=66 report_thread_leaks=0 ${TSAN_OPTIONS:-}"
pattern=${2:-}
jobs=${NTR_JOBS:-2}
log=$(mktemp -d) || exit 1
trap 'rm -rf "$log"' EXIT
mkdir -p "$B/tmp"
started=0

# test_of NAME COMMAND...: run, then leave result lines in $log/NNN.count and
# what a person should see in $log/NNN.show.
test_of() {
	local id=$1 name=$2 st
	shift 2
	timeout "${NTR_TEST_SECONDS:-300}" "$@" >"$log/$id.out" 2>&1 </dev/null
	st=$?
	grep -E '^(pass|fail|skip) ' "$log/$id.out" |
		sed "s|^\([a-z]*\) |\1 $name/|" >"$log/$id.count"
	grep -A3 -E '^fail ' "$log/$id.out" | grep -vE '^(pass|skip|--)' |
		sed "s|^fail |FAIL $name/|" >"$log/$id.show"
	if [ $st -ne 0 ] && ! grep -q '^fail ' "$log/$id.out"; then
		echo "fail $name: exit status $st" >>"$log/$id.count"
		echo "FAIL $name: exit status $st" >>"$log/$id.show"
		grep '^SUMMARY: Thread' "$log/$id.out" | sort | uniq -c >>"$log/$id.show"
		tail -25 "$log/$id.out" | sed 's/^/    /' >>"$log/$id.show"
	elif ! [ -s "$log/$id.count" ]; then
		echo "fail $name: asserted nothing" >>"$log/$id.count"
		echo "FAIL $name: asserted nothing" >>"$log/$id.show"
	fi
	cat "$log/$id.show"
}

run_one() { # NAME COMMAND...
	case $1 in *"$pattern"*) ;; *) return ;; esac
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
	started=$((started + 1))
	test_of "$(printf %04d $started)" "$@" &
}

if [ -x tests/tools/make-seeds.sh ] && [ -n "$(ls tests/fuzz/fuzz_*.c 2>/dev/null)" ]; then
	run_one seeds bash -c 'tests/tools/make-seeds.sh "$NTRIAGE" build/seeds >/dev/null && echo "pass made"'
	wait
fi
for t in tests/e2e/*.sh tests/golden/run-*.sh tests/real/*.sh; do
	[ -f "$t" ] && run_one "${t#tests/}" bash "$t"
done
for t in tests/unit/*_test.c; do
	n=$(basename "$t" .c)
	run_one "unit/$n" "$B/tests/$n"
done
for t in tests/stack/*_test.c; do
	[ -f "$t" ] || continue
	n=$(basename "$t" .c)
	run_one "stack/$n" "$B/tests/$n"
done
for t in tests/fuzz/fuzz_*.c tests/stack/fuzz_*.c; do
	[ -f "$t" ] || continue
	n=$(basename "$t" .c)
	run_one "replay/$n" "$B/replay/$n" build/seeds/"$n" tests/fuzz/corpus/"$n"
done
case $B in
*/asan | */tsan | */cov) ;;
*) run_one lint tests/tools/lint.sh "${CC:-gcc}" ;;
esac
wait

cat "$log"/*.count >"$log/all" 2>/dev/null
grep '^skip ' "$log/all" | sed 's/^/  /'
passed=$(grep -c '^pass ' "$log/all")
failed=$(grep -c '^fail ' "$log/all")
skipped=$(grep -c '^skip ' "$log/all")
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
