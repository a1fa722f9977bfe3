#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The reference stack as nmap sees it, over a TAP device in a network namespace
# of its own: the ports that are open and no others, by each kind of scan, and
# which Windows it takes each personality for.  What is not there is a counted skip.
. "$(dirname "$0")/../tools/lib.sh"

stack=$B/refstack
[ -x "$stack" ] || { skip refstack "it is not built"; finish; }
command -v nmap >/dev/null || { skip nmap "no nmap"; finish; }
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
mkdir www

begin() { # PERSONALITY: a live stack, waited for until it says that it serves
	: >live.out
	ip netns exec "$ns" "$stack" attach --tap tap0 --ip 192.0.2.1/24 --http "$here/www" \
		--netbios NTSTACK --personality "$1" >live.out 2>live.err &
	live=$!
	for _ in $(seq 100); do
		grep -q 'echo 7' live.out && return 0
		kill -0 "$live" 2>/dev/null || break
		sleep 0.05
	done
	fail "$1-begin" "$(head -c 300 live.err)"
	return 1
}
stop() { # PERSONALITY
	kill -INT "$live" && wait "$live"
	same "$1-ends" $? 0
	live=
}

# scan NAME WANT ARGS...: what nmap says of each port, "7:open 80:open"
scan() {
	local name=$1 want=$2
	shift 2
	in_ns timeout 60 nmap -n -Pn -T4 --max-retries 3 "$@" -oG scan.out 192.0.2.1 >scan.txt 2>&1
	# Ports: 7/open/tcp//echo///, 9/open/tcp//discard///; of -sO: 1/open/icmp/
	same "$name" "$(sed -n 's/.*\(Ports\|Protocols\): \([^\t]*\).*/\2/p' scan.out | tr ',' '\n' |
		sed -n 's,^ *\([0-9]*\)/\([a-z|]*\)/.*,\1:\2,p' | tr '\n' ' ' | sed 's/ $//')" "$want"
}

# looks NAME WANT: all of a fingerprint's exact matches, as nmap prints them
looks() {
	in_ns timeout 60 nmap -n -Pn -T4 -O -p 80,81 192.0.2.1 >os.txt 2>&1
	same "$1" "$(sed -n 's/^OS details: //p' os.txt)" "$2"
}

begin nt5 && {
	scan nt5-syn-scan "7:open 9:open 19:open 80:open 139:open 5001:open" -sS -p-
	scan nt5-ack-scan "80:unfiltered 81:unfiltered" -sA -p 80,81
	# Windows answers these whether a port is open or not (nmap's manual, -sN).
	for kind in sN sF sX; do
		scan "nt5-$kind-scan" "80:closed 81:closed" -$kind -p 80,81
	done
	scan nt5-udp-scan "7:open 9:closed 137:open 500:closed" -sU -p 7,9,137,500
	scan nt5-protocol-scan "1:open 6:open 17:open 41:closed 47:closed 253:closed" -sO -p 1,6,17,41,47,253
	looks nt5-system "Microsoft Windows XP SP2 or SP3, or Windows Server 2003"
	stop nt5
}
begin nt4 && {
	scan nt4-syn-scan "80:open 81:closed" -sS -p 80,81
	looks nt4-system "Microsoft Windows NT 4.0 SP5 - SP6a"
	stop nt4
}
# RFC 9293 3.10.7.2 lets a listener be silent, so modern is no Windows to the
# last bit: the best guess is one of this age.
begin modern && {
	scan modern-null-scan "80:open|filtered 81:closed" -sN -p 80,81
	in_ns timeout 60 nmap -n -Pn -T4 -O --osscan-guess --max-os-tries 1 -p 80,81 192.0.2.1 >os.txt 2>&1
	has modern-system os.txt '^Aggressive OS guesses: Microsoft Windows 10 .*\(9[0-9]%\)'
	stop modern
}
finish
