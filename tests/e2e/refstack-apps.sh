#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Programs that people use, against a live stack: ping, curl both ways, ab with
# and without persistent connections, iperf 2 in all its directions, and tshark
# that looks at what went by; then what the stack has left. Scaled down; with
# NTR_LONG=1 as much as is promised: 1 GiB, 10,000 requests.
. "$(dirname "$0")/../tools/lib.sh"
. "$TOP/tests/tools/ns.sh"
. "$TOP/tests/tools/apps.sh"

if [ -n "$NTR_LONG" ]; then
	mib=1024 requests=10000 pings=10000 seconds=10
else
	mib=64 requests=1000 pings=500 seconds=0.2
fi
served

# AddressSanitizer keeps 256 MiB of what is freed: no measure of what grows.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=1:thread_local_quarantine_size_kb=64

# Two requests in one segment are answered one after the other (RFC 9112 9.3.2).
pipelined() {
	printf 'GET /small HTTP/1.1\r\n\r\nGET /small HTTP/1.0\r\n\r\n' >two
	in_ns timeout 10 bash -c 'exec 3<>/dev/tcp/192.0.2.1/80 && cat two >&3 && cat <&3' >answers
	same "$name-pipelined" "$(grep -ao 'HTTP/1.1 200 OK' answers | wc -l)" 2
	same "$name-pipelined-end" "$(tail -c 1000 answers | cmp - www/small && echo same)" same
}

all_of() { # NAME OPTIONS...
	local before
	name=$1
	shift
	begin "$@" || return
	with_ping
	pipelined
	with_curl
	before=$(rss)
	settled >tags.before
	with_ab
	with_iperf
	settled >tags.after
	same "$name-pool" "$(diff tags.before tags.after)" ""
	# six runs of ab leave three times as many connections in TIME-WAIT, which
	# are less than 2 KiB each
	if [ $(($(rss) - before)) -lt $((6 * requests + 8192)) ]; then
		pass "$name-memory"
	else
		fail "$name-memory" "grew from $before to $(rss) KiB"
	fi
	say "$name: resident $before, then $(rss) KiB"
	hasnt "$name-quiet" live.err .
	stop "$name-ends"
}

all_of plain
all_of offloads --offloads

# What went by is well-formed, to the last checksum, in all of the above.
name=seen
has_program tshark && begin && {
	watch seen -i tap0 -a filesize:40000
	requests=300 pings=200 mib=1 seconds=0.05
	head -c 1000000 www/small >www/big
	want=$(sha256sum <www/big)
	with_ping >quiet && with_curl >>quiet && pipelined >>quiet && with_ab >>quiet
	hasnt seen-all quiet ^fail
	in_ns timeout 5 iperf -c 192.0.2.1 -n 1M >/dev/null 2>&1
	in_ns timeout 5 iperf -c 192.0.2.1 -n 1M -R >/dev/null 2>&1
	watched
	tshark -r seen.pcap -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -T fields -e ip.src -e _ws.malformed \
		-e ip.checksum.status -e tcp.checksum.status -Y 'ip.src == 192.0.2.1 && !icmp' 2>/dev/null >rows
	same seen-malformed "$(awk -F'\t' '$2 != "" || $3 != 1 || ($4 != "" && $4 != 1)' rows | head -3)" ""
	if [ "$(wc -l <rows)" -gt 3000 ]; then pass seen-enough; else fail seen-enough "$(wc -l <rows) frames"; fi
	same seen-malformed-icmp "$(tshark -r seen.pcap -Y 'icmp && (_ws.malformed || icmp.checksum.status == 0)' 2>/dev/null | head -3)" ""
	stop seen-ends
}
finish
