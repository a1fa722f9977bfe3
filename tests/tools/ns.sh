# SPDX-License-Identifier: Apache-2.0
# A network namespace with a TAP device, and a live stack on it, for the tests of
# refstack attach. A script sources this behind lib.sh: then $ns is there, with
# 192.0.2.2/24 on tap0, or the test has ended with a counted skip. What has to end
# with the test is in $live (the stack) and $pids.
stack=$B/refstack
[ -x "$stack" ] || { skip refstack "it is not built"; finish; }
[ "$(id -u)" = 0 ] || { skip tap "only root may make a namespace"; finish; }
[ -e /dev/net/tun ] || { skip tap "there is no /dev/net/tun"; finish; }
command -v ip >/dev/null || { skip tap "no ip (iproute2)"; finish; }

ns=ntr-$$
ip netns add "$ns" 2>ns.err || { skip tap "no namespace: $(head -1 ns.err)"; finish; }
live= pids= sharks=
mkdir www # what the stack serves
done_() {
	for p in $live $pids; do
		kill "$p" 2>/dev/null || continue
		# one that hangs hears of it, too
		for _ in $(seq 50); do kill -0 "$p" 2>/dev/null || break; sleep 0.1; done
		kill -KILL "$p" 2>/dev/null
		wait "$p" 2>/dev/null
	done
	ip netns del "$ns" 2>/dev/null
	rm -rf "$here"
}
trap done_ EXIT
in_ns() { ip netns exec "$ns" "$@"; }

wires() {
	in_ns ip link set lo up && in_ns ip tuntap add tap0 mode tap &&
		in_ns ip addr add 192.0.2.2/24 dev tap0 && in_ns ip link set tap0 up
}
wires 2>wires.err || { skip tap "no TAP device: $(head -1 wires.err)"; finish; }

# wait_for FILE PATTERN [PID]: at most 8 seconds, or until the process is gone
wait_for() {
	for _ in $(seq 400); do
		grep -q "$2" "$1" && return 0
		[ -z "$3" ] || kill -0 "$3" 2>/dev/null || break
		sleep 0.02
	done
	grep -q "$2" "$1"
}
# watch NAME ARGS...: tshark writes NAME.pcap from now on; watched: all of them end
watch() {
	local name=$1
	shift
	ip netns exec "$ns" timeout 100 tshark -q "$@" -w "$name.pcap" 2>"$name.shark" &
	pids="$pids $!" sharks="$sharks $!"
	wait_for "$name.shark" 'Capture started' "$!"
}
watched() {
	sleep 0.5 # the kernel hands frames over in blocks
	for p in $sharks; do kill "$p" 2>/dev/null; wait "$p"; pids=${pids/ $p/}; done
	sharks=
}
# begin OPTIONS...: a live stack, waited for until it says that it serves
begin() {
	: >live.out
	# no function: its process is the one that is waited for
	ip netns exec "$ns" "$stack" attach --tap tap0 --ip 192.0.2.1/24 --http "$here/www" --put "$@" \
		>live.out 2>live.err &
	live=$!
	wait_for live.out 'echo 7' "$live" && return 0
	fail begin "$(head -c 300 live.err)"
	return 1
}
stop() {
	local st
	kill -INT "$live" && wait "$live"
	st=$?
	same "$1" $st 0
	[ $st = 0 ] || head -c 3000 live.err
	live=
}
round() { # NAME: what goes out by echo comes back
	local got
	got=$(in_ns timeout 10 bash -c 'exec 3<>/dev/tcp/192.0.2.1/7 && echo "hello $0" >&3 && head -1 <&3' "$1" 2>&1)
	same "$1-echo" "$got" "hello $1"
}
# What of pool is in use: a line "TAG BLOCKS BYTES" each
tags() {
	timeout 10 "$stack" stat "$live" pool | awk '/^Pool by tag/ { on = 1 } on && $2 == "nonpaged" && $5 { print $1, $5, $6 }'
}
rss() { awk '/^VmRSS/ { print $2 }' "/proc/$live/status"; } # KiB
