#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Programs that people use, against a live stack: ping, curl both ways, ab with
# and without persistent connections, iperf 2 in all its directions, and tshark
# that looks at what went by; then what the stack has left. Scaled down; with
# NTR_LONG=1 as much as is promised: 1 GiB, 10,000 requests.
. "$(dirname "$0")/../tools/lib.sh"
. "$TOP/tests/tools/ns.sh"

if [ -n "$NTR_LONG" ]; then
	mib=1024 requests=10000 pings=10000 seconds=10
else
	mib=64 requests=1000 pings=500 seconds=0.2
fi
head -c $((mib << 20)) /dev/urandom >www/big
head -c 1000 /dev/urandom >www/small
want=$(sha256sum <www/big)
has_program() { command -v "$1" >/dev/null || { skip "$name-$1" "no $1"; false; }; }

# AddressSanitizer keeps 256 MiB of what is freed: no measure of what grows.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=1:thread_local_quarantine_size_kb=64

say() { [ -z "$NTR_LONG" ] || echo "  $*"; }

with_ping() {
	has_program ping || return
	in_ns ping -c 5 -i 0.05 -W 2 192.0.2.1 >ping.out 2>&1
	has "$name-ping" ping.out ' 0% packet loss'
	in_ns ping -f -c "$pings" -s 1400 -W 2 192.0.2.1 >ping.out 2>&1
	has "$name-flood-ping" ping.out ' 0% packet loss'
}

with_curl() {
	local rate
	has_program curl || return
	in_ns timeout 100 curl -sw '%{stderr}%{speed_download}' http://192.0.2.1/big 2>rate | sha256sum >sum
	same "$name-download" "$(cat sum)" "$want"
	rate=$(cat rate)
	in_ns timeout 100 curl -sw '%{stderr}%{speed_upload}' -T www/big http://192.0.2.1/up 2>rate
	same "$name-upload" "$(sha256sum <www/up 2>&1)" "$want"
	say "$name: $mib MiB down at $rate, up at $(cat rate) bytes a second"
	rm -f www/up
	in_ns timeout 10 curl -sv http://192.0.2.1/small http://192.0.2.1/small -o one -o two 2>curl.err
	has "$name-persistent" curl.err 'Re-using existing connection'
	same "$name-persistent-both" "$(cat one two | sha256sum)" "$(cat www/small www/small | sha256sum)"
}

# Two requests in one segment are answered one after the other (RFC 9112 9.3.2).
pipelined() {
	printf 'GET /small HTTP/1.1\r\n\r\nGET /small HTTP/1.0\r\n\r\n' >two
	in_ns timeout 10 bash -c 'exec 3<>/dev/tcp/192.0.2.1/80 && cat two >&3 && cat <&3' >answers
	same "$name-pipelined" "$(grep -ao 'HTTP/1.1 200 OK' answers | wc -l)" 2
	same "$name-pipelined-end" "$(tail -c 1000 answers | cmp - www/small && echo same)" same
}

with_ab() {
	local c k
	has_program ab || return
	for c in 1 10 100; do
		for k in "" -k; do
			in_ns timeout 100 ab -q $k -n "$requests" -c "$c" http://192.0.2.1/small >ab.out 2>&1
			same "$name-ab$k-$c" "$(awk '/^(Complete requests|Failed requests|Non-2xx)/ { print $1, $3 }' ab.out)" \
				"Complete $requests
Failed 0"
			say "$name: ab $k -c $c: $(awk '/^Requests per/ { print $4 }' ab.out) requests a second"
		done
	done
	same "$name-ab-kept" "$(awk '/^Keep-Alive/ { print $3 }' ab.out)" "$requests"
}

# At least 1 Mbit/s in each direction asked for: it is no benchmark, and a busy
# host gives one of two at once little of half a second.
with_iperf() {
	local how n
	has_program iperf || return
	while read -r how n; do
		in_ns timeout 50 iperf -f m -c 192.0.2.1 -t "$seconds" ${how#send} >iperf.out 2>&1
		same "$name-iperf-$how" "$(awk '$NF == "Mbits/sec" && $(NF - 1) >= 1 { n++ } END { print n + 0 }' iperf.out)" "$n"
		say "$name: iperf $how: $(awk '$NF == "Mbits/sec" { printf "%s Mbit/s ", $(NF - 1) }' iperf.out)"
	done <<-EOF
		send 1
		-R 1
		-r 2
		-d 2
	EOF
}

# Pool by tag when nothing is open any more, without what connections in TIME-WAIT
# have: one TCB each, the table of them.
settled() {
	for _ in $(seq 40); do
		[ "$("$stack" stat "$live" services | awk 'NR == 3 { print $1 }')" = 0 ] && break
		sleep 0.1
	done
	sleep 0.3
	tags | awk '$1 != "TCPb" && $1 != "TCPt" { print $1, $2 }' | sort
	"$stack" stat "$live" connections --limit 100000 |
		awk '$4 != "TIME_WAIT" && $1 == "tcp" { print "open", $0 }'
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
