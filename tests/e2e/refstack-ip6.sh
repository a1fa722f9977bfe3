#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The reference stack against the Linux kernel over IPv6: ping, fragments, echo,
# files both ways, an unreachable port, addresses from a router's advertisement,
# duplicates found by either side, and a look at every frame by tshark.  What is
# not there is a counted skip.
. "$(dirname "$0")/../tools/lib.sh"

stack=$B/refstack
tools=$TOP/tests/tools
[ -x "$stack" ] || { skip refstack "it is not built"; finish; }
[ "$(id -u)" = 0 ] || { skip tap "only root may make a namespace"; finish; }
[ -e /dev/net/tun ] || { skip tap "there is no /dev/net/tun"; finish; }
[ -e /proc/sys/net/ipv6 ] || { skip tap "the kernel has no IPv6"; finish; }
for tool in ip ping curl python3; do
	command -v $tool >/dev/null || { skip "$tool" "it is not installed"; finish; }
done

ns=ntr-$$
ip netns add "$ns" 2>ns.err || { skip tap "no namespace: $(head -1 ns.err)"; finish; }
live= shark=
done_() {
	for p in $live $shark; do kill "$p" 2>/dev/null && wait "$p" 2>/dev/null; done
	ip netns del "$ns" 2>/dev/null
	rm -rf "$here"
}
trap done_ EXIT
in_ns() { ip netns exec "$ns" "$@"; }

linux=2001:db8:1::2
machine=2001:db8:1::1
mac=02:00:00:4e:54:01
own=fe80::ff:fe4e:5401 # of its station's address (RFC 4291, appendix A)
if ! in_ns ip tuntap add tap0 mode tap 2>tap.err || ! in_ns ip link set lo up ||
	! in_ns ip link set tap0 up || ! in_ns ip -6 addr add $linux/64 dev tap0 nodad; then
	skip tap "no TAP device: $(head -1 tap.err)"
	finish
fi

# begin OPTIONS...: a live stack, waited for until it says that it serves
begin() {
	: >live.out
	ip netns exec "$ns" "$stack" attach --tap tap0 --http "$here/www" --put "$@" >live.out 2>live.err &
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
# is NAME PATTERN [TRIES]: what stat shows comes to have such a line
is() {
	for _ in $(seq "${3:-30}"); do
		"$stack" stat "$live" ip6 connections >stat.out 2>&1
		grep -qE -- "$2" stat.out && break
		sleep 0.15
	done
	has "$1" stat.out "$2"
}

mkdir www
head -c 20000000 /dev/urandom >www/big
want=$(sha256sum <www/big)
# All of everything small; of the files, their begin.
if command -v tshark >/dev/null; then
	ip netns exec "$ns" timeout 100 tshark -q -i tap0 -f 'not tcp port 80' -w small.pcap 2>shark.err &
	shark=$!
	ip netns exec "$ns" timeout 100 tshark -q -i tap0 -f 'tcp port 80' -c 4000 -w large.pcap 2>shark.err &
	shark="$shark $!"
	there small.pcap && there large.pcap
fi

# --- an address that is written down -------------------------------------------------

begin --ip 192.0.2.1/24 --ip6 $machine/64 && {
	is address "address +eth0 +$machine/64 +preferred"
	is link-local "address +eth0 +$own/64 +preferred"
	in_ns ping -6 -c 5 -i 0.2 -W 2 $machine >ping.out 2>&1
	has ping ping.out ' 0% packet loss'
	in_ns ping -6 -f -c 2000 -W 2 $machine >ping.out 2>&1
	has flood-ping ping.out '2000 received, 0% packet loss'
	in_ns ping -6 -c 3 -i 0.2 -W 2 -s 8000 $machine >ping.out 2>&1
	has large-ping ping.out '3 received, 0% packet loss'
	in_ns ping -6 -c 2 -i 0.2 -W 2 -s 65000 $machine >ping.out 2>&1
	has largest-ping ping.out '2 received, 0% packet loss'
	in_ns ping -6 -c 2 -i 0.2 -W 2 "$own%tap0" >ping.out 2>&1
	has link-local-ping ping.out '2 received, 0% packet loss'
	same udp-echo "$(in_ns python3 "$tools/udp6.py" $machine 7 64)" same
	same udp-echo-in-pieces "$(in_ns python3 "$tools/udp6.py" $machine 7 9000)" same
	same udp-port-unreachable "$(in_ns python3 "$tools/udp6.py" $machine 4242 64)" ConnectionRefusedError
	got=$(in_ns timeout 10 bash -c 'exec 3<>/dev/tcp/'$machine'/77' 2>&1)
	case $got in *refused*) pass tcp-refused ;; *) fail tcp-refused "$got" ;; esac
	got=$(in_ns timeout 10 bash -c 'exec 3<>/dev/tcp/'$machine'/7 && echo hello >&3 && head -1 <&3' 2>&1)
	same tcp-echo "$got" hello
	got=$(in_ns timeout 60 curl -gs "http://[$machine]/big" | sha256sum)
	same download "$got" "$want"
	in_ns timeout 60 curl -gs -T www/big "http://[$machine]/up"
	same upload "$(sha256sum <www/up 2>&1)" "$want"
	ip netns exec "$ns" bash -c 'exec 3<>/dev/tcp/'$machine'/7 && exec sleep 5' &
	held=$!
	is connection "tcp6 +\[$machine\]:7 +\[$linux\]:[0-9]+ +ESTABLISHED"
	is neighbour "neighbour +eth0 +$linux +(reachable|stale|delay|probe) +[0-9a-f:]{17}"
	kill $held
	wait $held 2>/dev/null

	# Linux must not take what the machine has (RFC 4862 5.4.3)
	in_ns ip -6 addr add $machine/64 dev tap0
	for _ in $(seq 30); do
		in_ns ip -6 addr show dev tap0 >addr.out
		grep -q dadfailed addr.out && break
		sleep 0.1
	done
	has linux-gives-way addr.out "$machine/64 .*dadfailed"
	in_ns ip -6 addr del $machine/64 dev tap0
	stop ends
}

# --- addresses from a router; small steps of the path ---------------------------------

begin --autoconf && {
	is slaac-link-local "address +eth0 +$own/64 +preferred"
	in_ns python3 "$tools/ra.py" tap0 1800 2001:db8:1:: 7200 3600 1400
	is slaac-address "address +eth0 +2001:db8:1::ff:fe4e:5401/64 +preferred"
	is slaac-prefix "on link +eth0 +2001:db8:1::/64 +advertised"
	is slaac-router "router +eth0 +fe80::[0-9a-f:]+ +advertised"
	in_ns ping -6 -c 2 -i 0.2 -W 2 2001:db8:1::ff:fe4e:5401 >ping.out 2>&1
	has slaac-ping ping.out '2 received, 0% packet loss'
	# the advertised MTU: RFC 4861 6.3.4
	got=$(in_ns timeout 60 curl -gs "http://[2001:db8:1::ff:fe4e:5401]/big" | sha256sum)
	same slaac-download "$got" "$want"
	# router no more, and an address that is deprecated but lives (RFC 4862 5.5.4)
	in_ns python3 "$tools/ra.py" tap0 0 2001:db8:1:: 7200 0
	is slaac-deprecated "address +eth0 +2001:db8:1::ff:fe4e:5401/64 +deprecated"
	hasnt slaac-no-router stat.out '^ *router'
	in_ns ping -6 -c 1 -W 2 2001:db8:1::ff:fe4e:5401 >ping.out 2>&1
	has slaac-deprecated-ping ping.out '1 received, 0% packet loss'
	stop slaac-ends
}

# --- what Linux has the machine must not take ---------------------------------------------

in_ns ip -6 addr add 2001:db8:1::7/64 dev tap0 nodad
begin --ip6 2001:db8:1::7/64 --ip6 $machine/64 && {
	is dad-duplicate 'address +eth0 +2001:db8:1::7/64 +duplicate'
	is dad-other "address +eth0 +$machine/64 +preferred"
	has dad-says live.err 'another has the address ending 0007'
	# from the very address that the machine did not get
	in_ns ping -6 -c 1 -W 2 -I 2001:db8:1::7 $machine >ping.out 2>&1
	has dad-other-ping ping.out '1 received, 0% packet loss'
	stop dad-ends
}

# --- every frame until here: with offloads its sums are the device's -------------------

# none NAME FILE FILTER: no frame of the machine's is so
none() {
	tshark -r "$2" -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE -Y "eth.src == $mac && ($3)" >bad.out 2>tshark.err
	same "$1" "$? $(head -3 bad.out)" '0 '
}
if [ -n "$shark" ]; then
	sleep 0.5
	kill $shark 2>/dev/null
	wait $shark
	shark=
	[ "$(tshark -r small.pcap -Y "eth.src == $mac" 2>/dev/null | wc -l)" -gt 2000 ] && pass tshark-saw ||
		fail tshark-saw "less than the flood of the machine's answers"
	wrong='_ws.malformed || tcp.checksum.status == 0 || udp.checksum.status == 0 || icmpv6.checksum.status == 0'
	# nobody would believe these: RFC 4861 6.1, 7.1; RFC 3810 5
	far='icmpv6.type >= 133 && icmpv6.type <= 137 && ipv6.hlim != 255'
	mld='(icmpv6.type == 143 || icmpv6.type == 131) && (ipv6.hlim != 1 || !ipv6.opt.router_alert)'
	none tshark-malformed small.pcap "$wrong || ($far) || ($mld)"
	none tshark-malformed-files large.pcap "$wrong"
else
	skip tshark "no tshark"
fi

# --- checksums and large sends left to the device, two processors --------------------

begin --ip6 $machine/64 --offloads --cpus 2 && {
	is offloads-address "address +eth0 +$machine/64 +preferred"
	got=$(in_ns timeout 60 curl -gs "http://[$machine]/big" | sha256sum)
	same offloads-download "$got" "$want"
	in_ns timeout 60 curl -gs -T www/big "http://[$machine]/up"
	same offloads-upload "$(sha256sum <www/up 2>&1)" "$want"
	same offloads-udp-echo "$(in_ns python3 "$tools/udp6.py" $machine 7 9000)" same
	stop offloads-ends
}
finish
