#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What refstack stat says of a live stack, against what the Linux kernel and the
# test itself know: connections one by one, states, counters, pool; by parts, as
# JSON, with 2,000 connections (NTR_LONG=1: 10,000), and for nobody else.
. "$(dirname "$0")/../tools/lib.sh"
. "$TOP/tests/tools/ns.sh"
command -v python3 >/dev/null || { skip stat "no python3"; finish; }

ask() { timeout 20 "$stack" stat "$live" "$@"; }
pick() { python3 -c "import json, sys
d = json.load(sys.stdin)
print($1)"; }

echo small >www/small
begin --cpus 2 || finish

# Idle connections, held by one process until it is told to let them go.
many=2000
[ -z "$NTR_LONG" ] || many=10000
[ "$(ulimit -Hn)" -ge $((many + 100)) ] || many=1000
cat >hold.py <<-'EOF'
	import resource, socket, sys, time
	n = int(sys.argv[1])
	resource.setrlimit(resource.RLIMIT_NOFILE, (n + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
	held = []
	for i in range(n):
	    held.append(socket.create_connection(("192.0.2.1", 9), 10))
	    if i % 100 == 99: # the backlog is 200: what is not accepted is refused
	        time.sleep(0.01)
	for i in range(5):
	    held[i].close()
	print("held", flush=True)
	sys.stdin.read()
EOF
in_ns ping -c 1 -W 2 192.0.2.1 >ping.out # the neighbour is known from now on
ask pool --json >before.json
mkfifo go
in_ns timeout 100 python3 hold.py $many <go >held 2>hold.err &
holder=$!
exec 5>go
for _ in $(seq 300); do grep -q held held && break; sleep 0.1; done
has held held held
sleep 0.2

ask connections --limit 20 >out
same limited "$(grep -c '^  tcp ' out)" 20
same limited-more "$(awk '/more$/ { print $2 }' out)" "$((many - 25))"
ask connections --limit 20000 --json >all.json
same all "$(pick 'sum(c["state"] == "ESTABLISHED" for c in d["connections"])' <all.json)" "$((many - 5))"
same all-states "$(pick 'next(s["connections"] for s in d["connection_states"] if s["state"] == "ESTABLISHED")' <all.json)" "$((many - 5))"
# one by one as the kernel of the other side has them
in_ns ss -Htn state established dst 192.0.2.1 | awk '{ print $3 }' | sort >theirs
pick '"\n".join(c["remote"] for c in d["connections"] if c["state"] == "ESTABLISHED")' <all.json | sort >ours
same as-linux "$(cmp theirs ours 2>&1 && wc -l <ours)" "$((many - 5))"
ask --json >every.json
if python3 -c 'import jsonschema' 2>/dev/null; then
	same stat-schema "$(python3 -c 'import json, sys, jsonschema
v = jsonschema.Draft7Validator(json.load(open(sys.argv[1])))
v.check_schema(v.schema)
d = [json.load(open(f)) for f in sys.argv[2:]]
print(len(d[0]) == len(v.schema["properties"]), [e.message[:150] for x in d for e in v.iter_errors(x)],
	v.is_valid({"pools": [{"pool": "paged"}]}))' "$TOP/docs/refstack-stat.schema.json" every.json all.json before.json 2>&1)" "True [] False"
else
	skip stat-schema "no python3-jsonschema"
fi
ask services --json >s.json
same services-open "$(pick 'd["services"][0]["open"]' <s.json)" "$((many - 5))"
same services-accepted "$(pick 'd["services"][0]["accepted"]' <s.json)" "$many"
ask threads --limit 5 >out
has threads out '^ +[0-9]+ discard +waiting '
ask protocols --json >p.json
same passive-opens "$(pick 'next(r["value"] for r in d["protocols"] if r["counter"] == "Passive Opens")' <p.json)" "$many"

exec 5>&-
wait "$holder"
# Of 10,000 FINs at once Linux's queue of the device drops most, and TCP sends them
# again and again: it is over when nobody is served and nothing but TIME-WAIT is left.
left() {
	ask connections services --limit 20000 --json | pick 'sum(c["state"] != "TIME_WAIT" for c in d["connections"]) + d["services"][0]["open"]'
}
# Every block of a connection is given back, by tag; what stays are tables that
# grew (TCPt), and one TCB for each in TIME-WAIT.
grown() {
	ask pool connections --limit 20000 --json >after.json
	python3 - <<-'EOF'
		import json
		b, a = (json.load(open(f)) for f in ("before.json", "after.json"))
		n = len(a["connections"])
		was = {t["tag"]: t["used"] for t in b["tags"]}
		print([t["tag"] for t in a["tags"] if t["tag"] != "TCPt"
		       and t["used"] - (n if t["tag"] == "TCPb" else 0) > was.get(t["tag"], 0)])
	EOF
}
for _ in $(seq 100); do [ "$(left)" = 0 ] && break; sleep 0.3; done
same gone "$(left)" 0
# a thread gives its own block back a moment after the last of its work
for _ in $(seq 10); do [ "$(grown)" = "[]" ] && break; sleep 0.2; done
same pool-as-before "$(grown)" "[]"

# The counters are as many as there were: pings, datagrams, refused ones.
value() { pick "next(r['value'] for r in d['protocols'] if r['counter'] == '$2')" <"$1"; }
ask protocols --json >one.json
in_ns ping -c 7 -i 0.01 -W 2 192.0.2.1 >ping.out
for i in 1 2 3; do
	in_ns bash -c 'exec 3<>/dev/udp/192.0.2.1/7 && echo hi >&3 && timeout 5 head -c 3 <&3 >/dev/null'
	in_ns bash -c 'echo hi >/dev/udp/192.0.2.1/99'
done
in_ns bash -c 'exec 3<>/dev/tcp/192.0.2.1/99' 2>refused
sleep 0.3
ask protocols --json >two.json
for c in "Messages Received=7" "Messages Sent=10" "Datagrams Received=3" "No Ports=3" "Datagrams Sent=3" "Passive Opens=0" "Segments Received=1" "Segments Sent=1"; do
	n=$(($(value two.json "${c%=*}") - $(value one.json "${c%=*}")))
	same "counter-${c// /-}" "$n" "${c#*=}"
done

ask listeners udp addresses routes neighbours locks work dpc timers >out
same status $? 0
for p in 7 9 19 80 5001; do has "listens-$p" out "^  tcp +0\.0\.0\.0:$p +$"; done
has udp-7 out '^  udp +0\.0\.0\.0:7 +$'
has address out '^  192\.0\.2\.1/24 +preferred +eth0 '
has route out '^  192\.0\.2\.0/24 +0\.0\.0\.0 +eth0 '
has neighbour out "^  192\.0\.2\.2 +$(in_ns cat /sys/class/net/tap0/address) +dynamic +eth0"
has locks-held out '^Locks held'
has queue out '^  delayed +0 +7 +0 +0 +[0-9]+$'
has cpus out '^ +1 +0 +0 +[0-9]+ no '
has timer out '^  ip +[0-9]+ +1000 .*tcpip'
hasnt no-other-part out '^(Connections|Pools|Events)'

ask nonsense 2>err
same unknown-part $? 2
timeout 5 "$stack" stat 1 2>err
same bad-number $? 2
timeout 5 "$stack" stat $$ 2>err
same not-a-refstack $? 1
has not-a-refstack-said err 'no live refstack of this user'
if command -v setpriv >/dev/null; then
	setpriv --reuid=65534 --regid=65534 --clear-groups timeout 5 "$stack" stat "$live" >out 2>err
	same other-user $? 1
	same other-user-gets "$(cat out)" ""
else
	skip other-user "no setpriv"
fi
# Of the same user, and no refstack: a client that says nothing, one that says too
# much, one that gives more files than are asked for, one that never reads.
cat >odd.py <<-'EOF'
	import array, os, socket, struct, sys, time
	path, fds = sys.argv[1], "/proc/%s/fd" % sys.argv[2]
	def client():
	    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
	    s.connect(path)
	    s.settimeout(5)
	    return s
	def heard(s):
	    try:
	        return len(s.recv(1000))
	    except ConnectionError:
	        return 0
	before = len(os.listdir(fds))
	ask = struct.pack("IIII", 1, 1, 10, 0)
	out = []
	s = client() # longer by a byte is another request
	s.send(ask + b"x")
	out.append("long:%d" % heard(s))
	s = client()
	s.send(ask[:5])
	out.append("short:%d" % heard(s))
	for n in (1, 2, 3):
	    for _ in range(20):
	        s = client()
	        files = array.array("i", [0] * n)
	        s.sendmsg([ask], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files)])
	        heard(s)
	silent = [client() for _ in range(3)]
	for _ in range(5): # asks, and never reads
	    client().send(ask)
	t = time.time()
	s = client()
	s.send(ask)
	out.append("asked:%d" % heard(s))
	out.append("in-time:%s" % (time.time() - t < 2))
	time.sleep(0.5)
	out.append("files:%d" % (len(os.listdir(fds)) - before))
	print(*out)
EOF
at=$(ls "${XDG_RUNTIME_DIR:-/run}"/refstack-$live.sock /tmp/refstack-$live.sock 2>/dev/null | head -1)
same odd-clients "$(timeout 30 python3 odd.py "$at" "$live" 2>&1)" "long:0 short:0 asked:256 in-time:True files:0"
hasnt quiet live.err .
stop ends
gone=$(ls "${XDG_RUNTIME_DIR:-/run}"/refstack-$live.sock /tmp/refstack-$live.sock 2>/dev/null)
same no-socket-left "$gone" ""
finish
