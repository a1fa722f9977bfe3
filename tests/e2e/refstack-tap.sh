#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The reference stack against the Linux kernel, over a TAP device in a network
# namespace of its own: ping, echo, discard, chargen, files over HTTP both ways,
# a NetBIOS session, and a look at every frame by tshark.  What is not there is a counted skip.
. "$(dirname "$0")/../tools/lib.sh"

stack=$B/refstack
[ -x "$stack" ] || { skip refstack "it is not built"; finish; }
[ "$(id -u)" = 0 ] || { skip tap "only root may make a namespace"; finish; }
[ -e /dev/net/tun ] || { skip tap "there is no /dev/net/tun"; finish; }
command -v ip >/dev/null || { skip tap "no ip (iproute2)"; finish; }

ns=ntr-$$
ip netns add "$ns" 2>ns.err || { skip tap "no namespace: $(head -1 ns.err)"; finish; }
live=
done_() {
	[ -n "$live" ] && kill "$live" 2>/dev/null && wait "$live" 2>/dev/null
	ip netns del "$ns" 2>/dev/null
	rm -rf "$here"
}
trap done_ EXIT
in_ns() { ip netns exec "$ns" "$@"; }

if ! in_ns ip tuntap add tap0 mode tap 2>tap.err || ! in_ns ip link set lo up ||
	! in_ns ip addr add 192.0.2.2/24 dev tap0 || ! in_ns ip link set tap0 up; then
	skip tap "no TAP device: $(head -1 tap.err)"
	finish
fi

# begin OPTIONS...: a live stack, waited for until it says that it serves
begin() {
	: >live.out
	# no function: its process is the one that is waited for
	ip netns exec "$ns" "$stack" attach --tap tap0 --ip 192.0.2.1/24 --http "$here/www" --put "$@" \
		>live.out 2>live.err &
	live=$!
	for _ in $(seq 100); do
		grep -q 'echo 7' live.out && return 0
		kill -0 "$live" 2>/dev/null || break
		sleep 0.05
	done
	fail begin "$(head -c 300 live.err)"
	return 1
}
stop() {
	kill -INT "$live" && wait "$live"
	same "$1" $? 0
	live=
}

mkdir www
head -c 20000000 /dev/urandom >www/big
want=$(sha256sum <www/big)

round() { # NAME: what goes out by echo comes back
	local got
	got=$(in_ns timeout 10 bash -c 'exec 3<>/dev/tcp/192.0.2.1/7 && echo "hello $0" >&3 && head -1 <&3' "$1" 2>&1)
	same "$1-echo" "$got" "hello $1"
}

all_of() { # NAME OPTIONS...
	local name=$1 got
	shift
	begin "$@" || return
	if command -v ping >/dev/null; then
		in_ns ping -c 5 -i 0.2 -W 2 192.0.2.1 >ping.out 2>&1
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
	"$stack" stat "$live"
	sleep 0.3
	has "$name-stat" live.out '^Nonpaged pool: [0-9]+ bytes'
	has "$name-stat-connections" live.out '^Connections \(accepted [1-9]'
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
		ip netns exec "$ns" timeout 40 tshark -q -i tap0 -w seen.pcap 2>/dev/null &
		shark=$!
		sleep 2
		round tshark
		in_ns timeout 20 bash -c 'exec 3<>/dev/tcp/192.0.2.1/19 && head -c 300000 <&3 >/dev/null'
		sleep 1
		kill "$shark"
		wait "$shark"
		bad=$(tshark -r seen.pcap -Y '_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0' \
			-o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE 2>/dev/null | grep -c ' 192.0.2.1 ')
		same tshark-malformed "$bad" 0
		stop tshark-ends
	}
else
	skip tshark "no tshark"
fi
finish
