#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A live stack with several CPUs, each on a host thread of its own: everything that
# people use it with, all at once too; its state and its dump while it is busy; and
# what it has left. How many threads there are says the kernel, and gdb of the dump.
. "$(dirname "$0")/../tools/lib.sh"
. "$TOP/tests/tools/ns.sh"
. "$TOP/tests/tools/apps.sh"

if [ -n "$NTR_LONG" ]; then
	mib=256 requests=10000 pings=10000 seconds=5 busy=10
else
	mib=16 requests=300 pings=300 seconds=0.5 busy=2
fi
served

tasks() { ls "/proc/$live/task"; }
# Threads that have had at least a hundredth of a second of a processor
worked() { awk '{ sub(/.*\) /, ""); n += $12 + $13 > 0 } END { print n + 0 }' "/proc/$live"/task/*/stat; }

# What has ended by itself is looked at no further.
alive() {
	kill -0 "$live" 2>/dev/null && return
	fail "$name-alive" "$(head -c 300 live.err)"
	live=
	return 1
}

# Load of every kind until it is told to end, at most for $busy seconds. What comes
# of it is in load-*: a line for each that went wrong.
load() {
	local until=$((SECONDS + busy))
	rm -f load-*
	{
		while [ "$SECONDS" -lt "$until" ]; do
			in_ns timeout 60 curl -s http://192.0.2.1/big | sha256sum | grep -qF "$want" || echo download
		done >load-down
	} &
	{
		while [ "$SECONDS" -lt "$until" ]; do
			in_ns timeout 60 curl -s -T www/big http://192.0.2.1/up-load || echo upload
			cmp -s www/big www/up-load || echo other-bytes
		done >load-up
	} &
	{
		while [ "$SECONDS" -lt "$until" ]; do
			in_ns timeout 60 ab -q -n 200 -c 20 http://192.0.2.1/small 2>&1 |
				awk '/^(Failed requests|Non-2xx)/ { n += $3 } /^Complete/ { c = $3 } END { if (n || c != 200) print "ab", c, n }'
		done >load-ab
	} &
	{ in_ns timeout 60 iperf -f m -c 192.0.2.1 -d -t "$busy" >load.iperf 2>&1 || echo iperf >load-iperf; } &
	# whatever else comes and goes, this one is served
	in_ns timeout 60 bash -c 'exec 3<>/dev/tcp/192.0.2.1/9; sleep $0' $((busy + 2)) &
	{ in_ns timeout 60 ping -i 0.01 -c $((busy * 100)) -q 192.0.2.1 >load.ping 2>&1 || echo ping >load-ping; } &
}

# Its state, again and again: each is whole, and no counter goes back.
stat_while_busy() {
	for i in $(seq 10); do
		timeout 10 "$stack" stat "$live" --json --limit 5000 >"state.$i" || echo "status $?"
	done
	python3 - <<-'EOF'
		import json
		was = {}
		for i in range(1, 11):
		    d = json.load(open("state.%d" % i))
		    now = {("service", k): d["services"][0][k] for k in ("accepted", "bytes_in", "bytes_out")}
		    now.update({("event", e["event"]): e["count"] for e in d["events"]})
		    now.update({(r["protocol"], r["counter"]): r["value"] for r in d["protocols"]
		                if r["counter"] != "Current Connections"})
		    print(*["%s went back" % (k,) for k in now if now[k] < was.get(k, 0)], sep="\n", end="")
		    if d["services"][0]["open"] > 1000 or not d["adapters"]:
		        print("state", i, d["services"], d["adapters"])
		    was = now
	EOF
}

# The text of note NTSTACK: strings would find what is left of its making, too.
ntstack() { # CORE
	python3 - "$1" <<-'EOF'
		import struct, sys
		b = open(sys.argv[1], "rb").read(64 << 20)
		at, each, n = (struct.unpack_from(f, b, o)[0] for f, o in (("<Q", 32), ("<H", 54), ("<H", 56)))
		for i in range(n):
		    kind, _, off, _, _, length = struct.unpack_from("<IIQQQQ", b, at + i * each)
		    end = off + length if kind == 4 else off
		    while off < end:
		        name, desc, _ = struct.unpack_from("<III", b, off)
		        off += 12
		        text = off + (name + 3 & ~3)
		        if b[off:off + name] == b"NTSTACK\0":
		            print(b[text:text + desc].decode())
		        off = text + (desc + 3 & ~3)
	EOF
}

# Thread by thread: those of /proc, but the first, in whose place the child is that
# writes the dump.
dump_while_busy() { # CPUS
	local n=$1 id lanes=0
	tasks >before.tasks
	timeout 20 "$stack" dump "$live" busy.core 2>dump.err
	same "$name-dumped" $? 0
	command -v gdb >/dev/null || { skip "$name-dump-gdb" "no gdb"; return; }
	timeout 60 gdb -q -batch -nx -iex 'set auto-load no' -iex 'set debuginfod enabled off' -ex 'set width 0' \
		-ex 'info threads' -ex 'thread apply all -q backtrace 20' "$stack" busy.core >gdb.out 2>&1
	for id in $(grep -vx "$live" before.tasks); do
		grep -qE "LWP $id\)? " gdb.out && lanes=$((lanes + 1))
	done
	same "$name-dump-host-threads" $((lanes + 1)) "$n"
	has "$name-dump-main-thread" gdb.out ' serve_client \('
	if command -v python3 >/dev/null; then
		same "$name-dump-note" "$(ntstack busy.core | grep -cE '^host [0-9]+( |$)')" "$n"
	else
		skip "$name-dump-note" "no python3"
	fi
	same "$name-dump-cpus" "$(grep -cE '^[* ] +[0-9]+ +LWP 10737418(2[4-9]|3[0-9]|4[0-9]|5[0-5]) ' gdb.out)" "$n"
	has "$name-dump-stacks" gdb.out ' in co_start \(\)$'
	has "$name-dump-service" gdb.out ' connection_thread \('
	hasnt "$name-dump-whole" gdb.out 'Cannot access memory|find general-purpose registers'
	rm -f busy.core
}

all_of() { # CPUS [OPTION...]
	local n=$1
	name=cpus$n
	shift
	begin --cpus "$n" --dump "$here/signal.core" "$@" || return
	same "$name-host-threads" "$(tasks | wc -l)" "$n"
	with_ping
	with_curl
	settled >tags.before
	with_ab
	with_iperf
	alive || return
	load
	sleep 0.3
	if command -v python3 >/dev/null; then
		same "$name-busy-stat" "$(stat_while_busy 2>&1)" ""
	else
		skip "$name-busy-stat" "no python3"
	fi
	dump_while_busy "$n"
	round "$name-busy"
	kill -USR1 "$live"
	kill -QUIT "$live"
	wait_for live.err 'the machine is in'
	has "$name-busy-signal" live.err 'the machine is in .*signal.core'
	has "$name-busy-state" live.out '^Services$'
	for p in $(jobs -p | grep -vx "$live"); do wait "$p"; done
	alive || return
	same "$name-busy" "$(cat load-* | sort | uniq -c)" ""
	same "$name-busy-iperf" "$(awk '$NF == "Mbits/sec" && $(NF - 1) >= 1 { n++ } END { print n + 0 }' load.iperf)" 2
	has "$name-busy-ping" load.ping ' 0% packet loss'
	if [ "$(worked)" -ge 2 ]; then pass "$name-on-several"; else fail "$name-on-several" "$(worked) threads have worked"; fi
	same "$name-host-threads-still" "$(tasks | wc -l)" "$n"
	settled >tags.after
	same "$name-pool" "$(diff tags.before tags.after)" ""
	same "$name-quiet" "$(grep -v 'the machine is in' live.err)" ""
	stop "$name-ends"
	rm -f signal.core www/up*
}

all_of 2 --busy 100
all_of 4
finish
