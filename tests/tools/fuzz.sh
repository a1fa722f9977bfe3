#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Run every libFuzzer program for a number of seconds, two at a time.
#   fuzz.sh PROGRAMS SEEDS SECONDS
set -u
dir=$1 seeds=$2 secs=$3
out=build/fuzz/out
mkdir -p "$out"
bad=0
run() {
	n=$(basename "$1")
	mkdir -p "$out/$n" "$seeds/$n"
	extra=
	[ -d "tests/fuzz/corpus/$n" ] && extra="tests/fuzz/corpus/$n"
	# shellcheck disable=SC2086
	if "$1" -max_total_time="$secs" -rss_limit_mb=2048 -timeout=10 \
		-max_len=131072 -artifact_prefix="$out/$n-" -print_final_stats=1 \
		"$out/$n" "$seeds/$n" $extra >"$out/$n.log" 2>&1; then
		printf '%-24s %s executions, coverage %s\n' "$n" \
			"$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$n.log")" \
			"$(grep -o 'cov: [0-9]*' "$out/$n.log" | tail -1 | cut -c6-)"
	else
		printf '%-24s FAILED, see %s\n' "$n" "$out/$n.log"
		tail -15 "$out/$n.log"
		return 1
	fi
}
pids=()
for p in "$dir"/fuzz_*; do
	run "$p" &
	pids+=($!)
	if [ ${#pids[@]} -ge 2 ]; then
		wait "${pids[0]}" || bad=1
		pids=("${pids[@]:1}")
	fi
done
for p in "${pids[@]}"; do wait "$p" || bad=1; done
exit $bad
