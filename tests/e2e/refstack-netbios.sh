#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# NetBIOS of the reference stack, live: Samba's nmblookup and smbclient and
# impacket speak to it, it calls a node of Linux's (tests/tools/netbios_peer.py)
# and another of its kind, and tshark looks at every packet.  In a namespace of
# its own; what is not there is a counted skip.
. "$(dirname "$0")/../tools/lib.sh"

. "$TOP/tests/tools/ns.sh"

# tap0 and another TAP device on a bridge, which is 192.0.2.2.
bridge() {
	in_ns ip addr flush dev tap0 && in_ns ip link add br0 type bridge && in_ns ip link set tap0 master br0 &&
		in_ns ip tuntap add tap1 mode tap && in_ns ip link set tap1 master br0 up &&
		in_ns ip addr add 192.0.2.2/24 brd + dev br0 && in_ns ip link set br0 up
}
bridge 2>wires.err || { skip netbios "no bridge: $(head -1 wires.err)"; finish; }

# begin NUMBER OPTIONS...: a live stack on that TAP device, waited for
begin() {
	local n=$1
	shift
	: >"live$n.out"
	ip netns exec "$ns" "$stack" attach --tap "tap$n" "$@" >"live$n.out" 2>"live$n.err" &
	eval "live$n=$!"
	pids="$pids $!"
	wait_for "live$n.out" 'echo 7' "$!"
}
# stop NAME NUMBER: it ends with status 0
stop() {
	local p
	eval "p=\$live$2"
	kill -INT "$p" && wait "$p"
	same "$1" $? 0
	pids=${pids/ $p/}
}

if command -v tshark >/dev/null; then
	watch seen -i tap0 -i tap1
fi
begin 0 --ip 192.0.2.1/24 --netbios ntstack || { fail begin "$(head -c 300 live0.err)"; finish; }
sleep 1 # the workstation's name is claimed after the server's

if command -v nmblookup >/dev/null; then
	in_ns timeout 10 nmblookup -B 192.0.2.255 NTSTACK >nmb.out 2>&1
	has nmblookup-broadcast nmb.out '^192\.0\.2\.1 NTSTACK<00>$'
	in_ns timeout 10 nmblookup -B 192.0.2.255 'ntstack#20' >nmb.out 2>&1
	has nmblookup-server nmb.out '^192\.0\.2\.1 ntstack<20>$'
	in_ns timeout 10 nmblookup -U 192.0.2.1 'NTSTACK#20' >nmb.out 2>&1
	has nmblookup-unicast nmb.out '^192\.0\.2\.1 NTSTACK<20>$'
	in_ns timeout 10 nmblookup -B 192.0.2.255 'NOBODY#20' >nmb.out 2>&1
	has nmblookup-nobody nmb.out 'failed to find name NOBODY#20'
	in_ns timeout 10 nmblookup -A 192.0.2.1 >nmb.out 2>&1
	has nmblookup-status-20 nmb.out 'NTSTACK +<20> - +B <ACTIVE>'
	has nmblookup-status-00 nmb.out 'NTSTACK +<00> - +B <ACTIVE>'
	has nmblookup-status-mac nmb.out 'MAC Address = 02-00-00-4E-54-01'
else
	skip nmblookup "no nmblookup (samba-common-bin)"
fi

if command -v smbclient >/dev/null; then
	smb() { in_ns timeout 10 smbclient -p 139 -N -d 5 -s /dev/null "$@" >smb.out 2>&1; }
	smb -L //NTSTACK -I 192.0.2.1 --option='client min protocol=NT1'
	has smbclient-session smb.out 'session request ok'
	hasnt smbclient-negotiates smb.out 'protocol negotiation failed'
	has smbclient-is-refused smb.out 'ERRnosupport|NT_STATUS_NOT_IMPLEMENTED'
	smb -L 192.0.2.1 --option='client min protocol=NT1'
	has smbclient-any-server smb.out 'session request ok'
	smb -L //NTSTACK -I 192.0.2.1
	has smbclient-smb2 smb.out 'protocol negotiation failed: NT_STATUS_CONNECTION_(RESET|DISCONNECTED)'
else
	skip smbclient "no smbclient"
fi

cat >imp.py <<'END'
from impacket import nmb, smb

n = nmb.NetBIOS()
n.set_nameserver("192.0.2.1")
print("query", n.name_query_request("NTSTACK", "192.0.2.1", nmb.TYPE_SERVER).entries)
print("name", n.getnetbiosname("192.0.2.1"))
print("status", len(n.getnodestatus("*", "192.0.2.1")), n.getmacaddress())
s = nmb.NetBIOSTCPSession("CLIENT", "NTSTACK", "192.0.2.1", sess_port=139)
for size in 0, 1, 5, 1460, 65535, 65536, 131071:
    sent = bytes(i * 7 & 255 for i in range(size))
    s.get_socket().sendall(bytes([0, size >> 16]) + (size & 65535).to_bytes(2, "big") + sent)
    head = s.read_function(4, 10)
    got = s.read_function(((head[1] & 1) << 16) + head[2] * 256 + head[3], 10)
    print("message", size, got == sent)
s.close()
try:
    nmb.NetBIOSTCPSession("CLIENT", "NOBODY", "192.0.2.1", sess_port=139)
except nmb.NetBIOSError as e:
    print("nobody", e)
c = smb.SMB("NTSTACK", "192.0.2.1", my_name="CLIENT", sess_port=139)
try:
    c.login("", "")
except smb.SessionError as e:
    print("login", e.get_error_code())
END
if /usr/bin/python3 -c 'import impacket' 2>/dev/null; then
	in_ns timeout 20 /usr/bin/python3 imp.py >imp.out 2>imp.err || fail impacket "$(tail -1 imp.err)"
	has impacket-query imp.out "^query \['192\.0\.2\.1'\]"
	has impacket-name imp.out '^name NTSTACK$'
	has impacket-status imp.out '^status 2 02-00-00-4E-54-01$'
	for n in 0 1 5 1460 65535 65536 131071; do
		has "impacket-message-$n" imp.out "^message $n True$"
	done
	has impacket-nobody imp.out '^nobody'
	has impacket-login imp.out '^login'
else
	skip impacket "no python3-impacket"
fi

# The stack calls: a name by broadcast, sent on to another port, tried when silent.
in_ns timeout 30 /usr/bin/python3 "$TOP/tests/tools/netbios_peer.py" PEER 192.0.2.2 >peer.out 2>peer.err &
peer=$!
pids="$pids $peer"
wait_for peer.out ready
begin 1 --ip 192.0.2.3/24 --mac 02:00:00:00:00:03 --netbios second --keepalive 1 --call 'PEER#20'
wait_for peer.out 'the end'
has call-broadcast peer.out '^asked by broadcast$'
same call-requests "$(grep -c '^session request$' peer.out)" 2
has call-retarget peer.out '^the first connection ends$'
has call-message peer.out '^message second$'
same call-keepalives "$(grep -c '^keep-alive$' peer.out)" 2
has call-end peer.out '^the end$'
has call-received live1.out '^call PEER#20: received 5 bytes$'
wait_for live1.out 'it is over'
has call-over live1.out '^call PEER#20: it is over$'
stop call-ends 1

begin 1 --ip 192.0.2.3/24 --mac 02:00:00:00:00:03 --netbios second --call 'NTSTACK#20'
wait_for live1.out received
has stack-to-stack live1.out '^call NTSTACK#20: received 6 bytes$'
stop stack-to-stack-ends 1
in_ns timeout 10 "$stack" attach --tap tap1 --ip 192.0.2.3/24 --mac 02:00:00:00:00:03 --netbios ntstack >same.out 2>same.err
same name-taken $? 1
has name-taken-says same.err 'ADDRESS_ALREADY_EXISTS'
stop ends 0

if [ -n "$sharks" ]; then
	watched
	tshark -r seen.pcap -T fields -e ip.src -e frame.protocols -e _ws.malformed -e _ws.expert.severity \
		-Y 'nbns || nbss || nbdgm' -E separator='|' 2>/dev/null >frames
	has tshark-nbns frames '^192\.0\.2\.1\|[^|]*:nbns'
	has tshark-nbss frames '^192\.0\.2\.3\|[^|]*:nbss'
	same tshark-malformed "$(grep -cE '^192\.0\.2\.[13]\|[^|]*\|[^|]+\|' frames)" 0
else
	skip tshark "no tshark"
fi
finish
