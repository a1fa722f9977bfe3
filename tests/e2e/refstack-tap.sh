#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The reference stack against the Linux kernel, over a TAP device in a network
# namespace of its own: ping, echo, discard, chargen, files over HTTP both ways,
# a NetBIOS session, and a look at every frame by tshark.  What is not there is a counted skip.
. "$(dirname "$0")/../tools/lib.sh"
. "$TOP/tests/tools/ns.sh"

head -c 20000000 /dev/urandom >www/big
want=$(sha256sum <www/big)

all_of() { # NAME OPTIONS...
	local name=$1 got
	shift
	begin "$@" || return
	if command -v ping >/dev/null; then
		in_ns ping -c 5 -i 0.05 -W 2 192.0.2.1 >ping.out 2>&1
		has "$name-ping" ping.out ' 0% packet loss'
		in_ns ping -f -c 2000 -W 2 192.0.2.1 >ping.out 2>&1
		has "$name-flood-ping" ping.out ' 0% packet loss'
	else
		skip "$name-ping" "no ping"
	fi
	round "$name"
	got=$(in_ns timeout 10 bash -c 'exec 3<>/dev/tcp/192.0.2.1/19 && head -c 74 <&3' 2>&1)
	same "$name-chargen" "${got:0:10}" ' !"#$%&'"'()"
	in_ns timeout 30 bash -c 'exec 3<>/dev/tcp/192.0.2.1/9 && head -c 3000000 /dev/zero >&3' 2>dis.err
	same "$name-discard" $? 0
	if command -v curl >/dev/null; then
		got=$(in_ns timeout 60 curl -s http://192.0.2.1/big | sha256sum)
		same "$name-download" "$got" "$want"
		in_ns timeout 60 curl -s -T www/big http://192.0.2.1/up
		same "$name-upload" "$(sha256sum <www/up 2>&1)" "$want"
		got=$(in_ns timeout 10 curl -s -o /dev/null -w '%{http_code}' http://192.0.2.1/none)
		same "$name-not-found" "$got" 404
		got=$(in_ns timeout 10 curl -s --path-as-is -o /dev/null -w '%{http_code}' http://192.0.2.1/../../etc/passwd)
		same "$name-no-way-out" "$got" 400
	else
		skip "$name-http" "no curl"
	fi
	got=$(in_ns timeout 10 bash -c 'exec 3<>/dev/tcp/192.0.2.1/77' 2>&1)
	case $got in *refused*) pass "$name-refused" ;; *) fail "$name-refused" "$got" ;; esac
	"$stack" stat "$live" >stat.out
	same "$name-stat" $? 0
	has "$name-stat-pool" stat.out '^  nonpaged +[1-9][0-9]* '
	has "$name-stat-connections" stat.out '^  tcp +192.0.2.1:80 +192.0.2.2:[0-9]+ +TIME_WAIT '
	stop "$name-ends"
}

all_of plain
all_of nt4 --personality nt4
all_of modern --personality modern --cpus 2
all_of offloads --offloads

# A session request as bytes (RFC 1002 4.3.2): to CALLED<20> from "CLIENT"<00>,
# names in the half-ASCII of RFC 1001 14.1.
half() { # NAME SUFFIX(hex): 32 letters
	local i c out=
	for ((i = 0; i < 15; i++)); do
		c=$(printf %d "'${1:i:1}")
		[ "$i" -lt ${#1} ] || c=32
		out+=$(printf "\\$(printf %o $((65 + c / 16)))\\$(printf %o $((65 + c % 16)))")
	done
	printf '%s' "$out"
	printf "\\$(printf %o $((65 + 0x$2 / 16)))\\$(printf %o $((65 + 0x$2 % 16)))"
}
# session CALLED N: the first N bytes of the answer (4.3.3, 4.3.4), in hex
session() {
	{
		printf '\201\000\000\104\040'
		half "$1" 20
		printf '\000\040'
		half CLIENT 00
		printf '\000'
	} >request
	in_ns timeout 10 bash -c 'exec 3<>/dev/tcp/192.0.2.1/139 && cat request >&3 && head -c $0 <&3' "$2" | od -An -tx1 | tr -d ' \n'
}
begin --netbios ntstack && {
	has netbios-says live.out 'NetBIOS sessions 139'
	same netbios-session "$(session NTSTACK 4)" 82000000
	same netbios-other-name "$(session NOBODY 5)" 8300000182
	round netbios
	stop netbios-ends
}

if command -v tshark >/dev/null; then
	begin && {
		watch seen -i tap0
		round tshark
		in_ns timeout 20 bash -c 'exec 3<>/dev/tcp/192.0.2.1/19 && head -c 300000 <&3 >/dev/null'
		watched
		# what is sent is no protocol, whatever the client's port is known for
		bad=$(tshark -r seen.pcap -d tcp.port==7,data -d tcp.port==19,data -Y '_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0' \
			-o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE 2>/dev/null | grep -c ' 192.0.2.1 ')
		same tshark-malformed "$bad" 0
		[ "$bad" = 0 ] || tshark -r seen.pcap -Y _ws.malformed -V 2>/dev/null | head -60
		stop tshark-ends
	}
else
	skip tshark "no tshark"
fi
# The device is taken away: the machine says so and rests, and answers stat.
begin
in_ns ip link del tap0
for _ in $(seq 50); do [ -s live.err ] && break; sleep 0.1; done
has vanished live.err 'tap: eth0: the device is gone'
ticks() { awk '{ print $14 + $15 }' "/proc/$live/stat"; }
busy=$(ticks)
sleep 0.5
same vanished-rests "$(($(ticks) - busy < 10))" 1
timeout 5 "$stack" stat "$live" adapters >stat.out
has vanished-stat stat.out '^  eth0 '
stop vanished-ends
finish
