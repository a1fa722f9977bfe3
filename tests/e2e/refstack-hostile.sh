#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A live stack among enemies (hostile.py): known attacks and mutated frames from
# the other side of its TAP device. After each it answers others as before; pool
# never passes a cap, and is what it was when it is over. NTR_LONG=1: a minute of
# mutated frames, not five seconds.
. "$(dirname "$0")/../tools/lib.sh"
. "$TOP/tests/tools/ns.sh"
command -v python3 >/dev/null || { skip hostile "no python3"; finish; }

bytes_of() { tags | awk '{ n += $3 } END { print n + 0 }'; }
count() { "$stack" stat "$live" protocols --json | python3 -c '
import json, sys
print(next(r["value"] for r in json.load(sys.stdin)["protocols"] if r["counter"] == sys.argv[1]))' "$1"; }
attack() { in_ns timeout 100 python3 "$TOP/tests/e2e/hostile.py" "$@" >attack.out 2>&1; }

echo small >www/small
begin || finish
round before
sleep 0.5
quiet=$(bytes_of)
# What hostile input may take at most: reassembly 512 KiB, 1,024 half-open
# connections, the tables of ARP and routes, buffers on their way.
cap=$((quiet + 4000000))

after() { # NAME: alive, answers, not grown
	round "$1"
	same "$1-http" "$(in_ns timeout 10 curl -s http://192.0.2.1/small 2>&1)" small
	local now
	now=$(bytes_of)
	if [ "${now:-$cap}" -lt "$cap" ]; then pass "$1-pool"; else fail "$1-pool" "$now bytes, was $quiet"; fi
}
for a in teardrop newtear land ping_of_death fragments bad_sums option_bombs blind redirects; do
	attack "$a"
	same "$a-sent" "$(cat attack.out)" "$a"
	after "$a"
done

# While half-open connections pile up a real client is served.
attack syn_flood &
flood=$!
sleep 0.05
for i in 1 2 3 4 5; do
	round "during-flood-$i"
	sleep 0.05
done
wait "$flood"
half=$("$stack" stat "$live" connections --limit 2000 | awk '$1 == "SYN_RECEIVED" { print $2 }')
if [ "${half:-0}" -gt 0 ] && [ "$half" -le 1024 ]; then pass flood-bounded; else fail flood-bounded "$half half-open"; fi
after syn_flood

seconds=5
[ -z "$NTR_LONG" ] || seconds=60
attack mutated $seconds &
wild=$!
sleep 1
round during-mutated
wait "$wild"
sent=$(awk '{ print $2 }' attack.out)
if [ "${sent:-0}" -ge $((seconds * 450)) ]; then pass mutated-enough; else fail mutated-enough "$(head -c 300 attack.out)"; fi
after mutated

# They were seen for what they are, and none of it is kept: but for pieces that
# may still be completed, which go after a minute at most, and for the packet that
# the device has ready for the next frame.
for c in "Received Header Errors" "Received Address Errors" "Reassembly Failures" "Errors Received"; do
	if [ "$(count "$c")" -gt 100 ]; then pass "counted-${c// /-}"; else fail "counted-${c// /-}" "$(count "$c")"; fi
done
few=512
[ -z "$NTR_LONG" ] || { sleep 62; few=1; }
for tag in NDPt NDbk TcRa TcpR AfdB AfdS; do
	n=$(tags | awk -v t=$tag '$1 == t { print $2 }')
	if [ "${n:-0}" -le $few ]; then pass "left-$tag"; else fail "left-$tag" "$n blocks"; fi
	[ "$tag" != NDbk ] || few=0
done
in_ns ping -c 3 -i 0.05 -W 2 192.0.2.1 >ping.out 2>&1
has ping-at-the-end ping.out ' 0% packet loss'
hasnt quiet live.err .
stop ends
finish
