#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The reference stack as nmap sees it, over a TAP device in a network namespace
# of its own: the ports that are open and no others, by each kind of scan, and
# which Windows it takes each personality for.  What is not there is a counted skip.
. "$(dirname "$0")/../tools/lib.sh"

command -v nmap >/dev/null || { skip nmap "no nmap"; finish; }
. "$TOP/tests/tools/ns.sh"

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

begin --netbios NTSTACK --personality nt5 && {
	scan nt5-syn-scan "7:open 9:open 19:open 80:open 139:open 5001:open" -sS -p-
	scan nt5-ack-scan "80:unfiltered 81:unfiltered" -sA -p 80,81
	# Windows answers these whether a port is open or not (nmap's manual, -sN).
	for kind in sN sF sX; do
		scan "nt5-$kind-scan" "80:closed 81:closed" -$kind -p 80,81
	done
	scan nt5-udp-scan "7:open 9:closed 137:open 500:closed" -sU -p 7,9,137,500
	scan nt5-protocol-scan "1:open 6:open 17:open 41:closed 47:closed 253:closed" -sO -p 1,6,17,41,47,253
	looks nt5-system "Microsoft Windows XP SP2 or SP3, or Windows Server 2003"
	stop nt5-ends
}
begin --netbios NTSTACK --personality nt4 && {
	scan nt4-syn-scan "80:open 81:closed" -sS -p 80,81
	looks nt4-system "Microsoft Windows NT 4.0 SP5 - SP6a"
	stop nt4-ends
}
# RFC 9293 3.10.7.2 lets a listener be silent, so modern is no Windows to the
# last bit: the best guess is one of this age.
begin --netbios NTSTACK --personality modern && {
	scan modern-null-scan "80:open|filtered 81:closed" -sN -p 80,81
	in_ns timeout 60 nmap -n -Pn -T4 -O --osscan-guess --max-os-tries 1 -p 80,81 192.0.2.1 >os.txt 2>&1
	has modern-system os.txt '^Aggressive OS guesses: Microsoft Windows 10 .*\(9[0-9]%\)'
	stop modern-ends
}
finish
