# SPDX-License-Identifier: Apache-2.0
# Programs that people use, against the live stack of ns.sh, which a script sources
# before: with_ping, with_curl, with_ab, with_iperf; settled: what the stack has left.
# Each says what it has seen as "$name-..."; how much there is to do is in mib,
# requests, pings and seconds.

# What is there to be had: www/big of $mib MiB, whose hash is $want, and www/small.
served() {
	head -c $((mib << 20)) /dev/urandom >www/big
	head -c 1000 /dev/urandom >www/small
	want=$(sha256sum <www/big)
}

has_program() { command -v "$1" >/dev/null || { skip "$name-$1" "no $1"; false; }; }

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
		[ "$(timeout 5 "$stack" stat "$live" services | awk 'NR == 3 { print $1 }')" = 0 ] && break
		sleep 0.1
	done
	sleep 0.3
	tags | awk '$1 != "TCPb" && $1 != "TCPt" { print $1, $2 }' | sort
	timeout 10 "$stack" stat "$live" connections --limit 100000 |
		awk '$4 != "TIME_WAIT" && $1 == "tcp" { print "open", $0 }'
}
