#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two dumps of one machine: what grew leaks, what stood still does not; a
# baseline that cannot serve is said.
. "$(dirname "$0")/../tools/lib.sh"

# machine NAME TIME GROWS STANDS [MACHINE]: blocks of two tags at a time
machine() {
	cat >"$1.forge" <<SCENARIO
machine ${5:-x64 7}
memory 64MiB
time $2
stop 0xd1 0 2 0 0
pool nonpaged max 64MiB {
	block Grow size 1500 count $3 held
	block Stay size 1500 count $4 held
	tag Grow allocs $(($3 + 100)) frees 100
	tag Stay allocs $(($4 + 50)) frees 50
}
SCENARIO
	forge "$1.forge" "$1.dmp" || finish
}
machine old 2011-04-05T10:00:00Z 2000 3000
machine new 2011-04-05T12:00:00Z 3500 3000
machine other 2011-04-05T10:00:00Z 2000 3000 "x64 2003"
forge old.forge triage.dmp triage || finish

tag() { jq -r --arg t "$1" ".pool.tags[] | select(.tag == \$t) | $2" out; }
run "without a baseline" 0 analyze --pool --json new.dmp
same "without a baseline: both suspects" "$(tag Grow .verdict) $(tag Stay .verdict)" "suspect suspect"
same "without a baseline: no growth" "$(tag Grow '.growth_blocks')" null

run "with one" 0 analyze --json --baseline old.dmp new.dmp
same "with one: verdicts" "$(tag Grow .verdict) $(tag Stay .verdict)" "leak plateau"
same "with one: growth" "$(tag Grow '.growth_blocks') $(tag Stay '.growth_blocks')" "1500 0"
same "with one: bytes" "$(tag Grow '.growth_bytes')" $((1500 * 1520))
same "with one: two hours" "$(jq '[.pool.baseline, .pool.baseline_seconds]' -c out)" '[true,7200]'
same "with one: evidence" "$(tag Grow '[.evidence[].kind] | contains(["grew"])') $(tag Stay '[.evidence[].kind] | contains(["stood"])')" "true true"
run "text" 0 analyze --pool --baseline old.dmp new.dmp
has "text: rate" out '2000 blocks then, 3500 now: of 1500 allocations since, 1500 are still there'
has "text: age" out '^compared with a baseline taken 120 minutes before$'

fact() { jq -r "[.facts[].value[]? | select(.tag == \"$1\")][0].$2" out; }
run "facts" 0 facts --json --baseline old.dmp new.dmp pool.growth
same "facts: what grew" "$(fact Grow bytes_delta) $(fact Grow live_delta)" "$((1500 * 1520)) 1500"
run "facts, the other way" 0 facts --baseline old.dmp old.dmp pool.growth
same "facts: a dump against itself" "$(cat out)" "pool.growth = 0 elements"
sed 's/2011-04-05T10/2011-04-05T13/' old.forge >late.forge
forge late.forge late.dmp || finish
run "facts of what shrank" 0 facts --json --baseline new.dmp late.dmp pool.growth
same "facts: what shrank is negative" "$(fact Grow bytes_delta) $(fact Grow live_delta)" "$((-1500 * 1520)) -1500"
run "facts of what shrank, text" 0 facts --baseline new.dmp late.dmp 'pool.growth[0].live_delta'
same "facts: text has the sign" "$(cat out)" "pool.growth[0].live_delta = -1500"
run "facts, no baseline" 1 facts new.dmp pool.growth
has "facts, no baseline: why" out 'unknown because there is no second dump'
run "facts, no dump" 2 facts --baseline old.forge new.dmp pool.growth

run "in the debugger" 0 kd -c '!analyze -pool -baseline old.dmp' new.dmp
has "in the debugger: verdict" out '^Grow  nonpaged: leak$'
has "in the debugger: the other" out '^Stay  nonpaged: plateau$'
run "in the debugger: JSON" 0 kd --json -c '!analyze -pool -baseline old.dmp; .bugcheck' new.dmp
same "in the debugger: JSON" "$(head -1 out | jq -r '.pool.tags[0].verdict')" leak
run "in the debugger: no such file" 2 kd --json -c '!analyze -pool -baseline none.dmp' new.dmp
same "in the debugger: no such file, JSON is whole" "$(jq -r .command out)" '!analyze -pool -baseline none.dmp'

run "the wrong way round" 0 analyze --baseline new.dmp old.dmp
has "the wrong way round" out '^baseline not used: it is younger than this dump'
run "another system" 0 analyze --baseline other.dmp new.dmp
has "another system" out '^baseline not used: it is of another system'
run "a baseline without tables" 0 analyze --baseline triage.dmp new.dmp
has "a baseline without tables" out '^baseline not used: it has no tag table'
run "no dump" 2 analyze --baseline old.forge new.dmp
run "not asked for" 0 analyze --json new.dmp
same "not asked for: null" "$(jq .pool out)" null
finish
