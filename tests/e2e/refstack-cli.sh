#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# refstack as a program: help, completion and manual page of its tables, what is
# said of mistakes, results as text and as JSON that its schemas allow, schedules
# that are kept and replayed, progress on a terminal.
. "$(dirname "$0")/../tools/lib.sh"
stack=$B/refstack
[ -x "$stack" ] || { skip refstack "it is not built"; finish; }

# try NAME EXIT ARGS...: output in out and err
try() {
	local name=$1 want=$2 st
	shift 2
	timeout 60 "$stack" "$@" >out 2>err
	st=$?
	if [ $st -eq "$want" ]; then pass "$name"; else fail "$name" "exit $st, want $want: $(head -c 200 err | tr '\n' '~')"; fi
}
# says NAME TEXT ARGS...: unusable, and this is all that is said
says() {
	local name=$1 text=$2
	shift 2
	timeout 60 "$stack" "$@" >out 2>err
	same "$name" "$? $(cat err)$(cat out)" "2 refstack: $text"
}

# --- tables ---------------------------------------------------------------------------
commands="run attach stat dump script help"
try "help" 0 help
same "help lists the commands" "$(sed -n '/^Commands$/,/^$/s/^  \([a-z]*\) .*/\1/p' out | xargs)" "$commands"
for c in $commands; do
	try "help $c" 0 help "$c"
	cp out help.out
	has "help $c: example" help.out '^  .*refstack '
	"$stack" "$c" --help 2>&1 | cmp -s - help.out && pass "$c --help" || fail "$c --help" "is other than help $c"
	grep -q "refstack $c" "$TOP/docs/refstack.md" && pass "$c is in the guide" || fail "$c is in the guide" "docs/refstack.md"
	grep -oE '^  --[a-z0-9-]+' help.out >>options
done
try "version" 0 --version
same "the version of both programs" "$(cut -d' ' -f2 out)" "$("$NTRIAGE" --version | cut -d' ' -f2)"
same "help is no wider than a terminal of 100" "$(for c in $commands; do "$stack" help "$c"; done | awk 'length > 100')" ""

"$stack" help --man >refstack.1
for o in $(sort -u options | tr -d ' '); do
	grep -qF ".B $(printf %s "$o" | sed 's/^--/\\-\\-/')" refstack.1 || fail "man: $o" "not there"
done
if command -v groff >/dev/null; then
	groff -man -Tascii -ww refstack.1 >page 2>warn
	same "man page: groff has no complaint" "$(cat warn)" ""
else
	skip "man page: rendered" "no groff"
fi
"$stack" help --completion >refstack.bash
complete_after() {
	bash -c '. ./refstack.bash; shift 0
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _refstack "$1"; printf "%s\n" "${COMPREPLY[@]}"' _ "$stack" "$@" | sort | xargs
}
same "completion: commands" "$(complete_after s)" "script stat"
same "completion: of help" "$(complete_after help a)" "attach"
same "completion: options" "$(complete_after run w.txt --se)" "--seed --seeds"
same "completion: values" "$(complete_after attach --personality nt)" "nt4 nt5"
same "completion: operands" "$(complete_after stat 5 con)" "connections"
same "completion: files are readline's" "$(complete_after run '')" ""

# --- mistakes on the command line --------------------------------------------------------
says "nothing" 'what shall be done? "refstack help" lists the commands'
says "a command" 'there is no command "rum"; did you mean "run"?' rum
says "an option" 'run: there is no option "--sead"; did you mean "--seed"?' run x --sead 3
says "a value is missing" '--seed wants N' run x --seed
says "a number" '--mtu wants a number from 68 to 65535, not "9z"' attach --mtu 9z
says "a number too large" '--mtu wants a number from 68 to 65535, not "65536"' attach --mtu=65536
says "a switch" '--json takes no value' run x --json=yes
says "a word" 'there is no personality "nt6"; did you mean "nt4"?' attach --personality nt6
says "operands" 'run: operands missing; usage: refstack run WORKLOAD' run
says "too many" 'run: too many operands (from "b" on); usage: refstack run WORKLOAD' run a b
says "seeds" '--seeds wants A-B with A not above B, not "5-4"' run x --seeds 5-4
says "a part" 'there is no part "pol"; did you mean "pool"?' stat 77 pol
says "a process" 'stat: "me" is no number of a process' stat me
says "an address" '--ip wants an address as 192.0.2.1/24, not "300.0.2.1/24"' attach --tap t --ip 300.0.2.1/24
says "no file" 'no/such: No such file or directory' run no/such
says "control characters" 'there is no command "?[31m"; there is: run attach stat dump script help' $'\033[31m'

# --- mistakes in workloads and scripts ------------------------------------------------------
good="machine a ip 10.0.0.1/24
machine b ip 10.0.0.2/24
link a b"
wrong() { # NAME LINE WHAT
	printf '%s\n%s\n' "$good" "$2" >w.txt
	says "workload: $1" "w.txt:4: $3" run w.txt
}
wrong "a line" "transfr a b 5" 'there is no line "transfr"; did you mean "transfer"?'
wrong "a word" "machine c ip 10.0.0.3/24 cpu 2" 'there is no word of "machine": "cpu"; did you mean "cpus"?'
wrong "a chance" "link a b loss 1.5" '"loss" wants a number from 0 to 1, not "1.5"'
wrong "a count" "echo a b 5 chunk 0" '"chunk" wants a whole number from 1 to 65000, not "0"'
wrong "no value" "link a b loss" '"loss" wants a value, not ""'
wrong "an address" "machine c ip 10.0.0.3" '"ip" wants an address as 10.0.0.1/24, not "10.0.0.3"'
wrong "who" "transfer a bb 5" 'there is no machine "bb"; did you mean "b"?'
wrong "how much" "transfer a b many" 'how much? A number above 0 is wanted behind the machines'
wrong "operands" "transfer a b" 'transfer wants A B BYTES'
wrong "a personality" "machine c ip 10.0.0.3/24 personality nt44" 'there is no personality "nt44"; did you mean "nt4"?'
wrong "a name" "machine a ip 10.0.0.3/24" 'there is a machine of this name'
wrong "a call" "a: 0 conect b 5" 'there is no call "conect"; did you mean "connect"?'
wrong "a story's machine" "c: 0 socket tcp" 'there is no machine "c"; there is: a b'
wrong "a long line" "transfer a b $(head -c 2000 /dev/zero | tr '\0' 5)" 'a line has at most 1000 characters'
printf '%s\ntransfer a b 1000\nexho a b 5\n' "$good" >w.txt
says "nothing runs before all is read" 'w.txt:5: there is no line "exho"; did you mean "echo"?' run w.txt --seeds 1-9

script() { # NAME LINE WHAT
	printf '0 s = socket(stream)\n%s\n' "$2" >s.pkt
	says "script: $1" "s.pkt:2: $3" script s.pkt
}
script "a datagram" "1 < upd 5 > 9 (5)" 'no such kind of datagram'
script "a time" "soon < S 0:0(0)" 'a line begins with a time'
script "a time that is past" "-1 < S 0:0(0)" 'a line begins with a time'
script "a call" "+1 lisen(s, 5)" 'there is no call "lisen"; did you mean "listen"?'
script "arguments" "+1 bind(s)" 'bind() wants 2 arguments, not 1'
script "a socket" "+1 listen(t, 5)" 't is no socket'
printf 'set personalty=nt4\n' >s.pkt
says "script: a setting" 's.pkt:1: there is no setting "personalty=nt4"; did you mean "personality="?' script s.pkt

: >empty
head -c 300000 /dev/urandom >junk
head -c 3000000 /dev/zero >zeros
yes 'transfer a b 1' | head -20000 >long
for f in empty junk zeros "$NTRIAGE" . /dev/zero; do
	try "workload: $(basename "$f")" 2 run "$f"
	[ "$(wc -l <err)" = 1 ] || fail "workload: $f" "not one line: $(head -c 200 err)"
done
{ echo "$good"; cat long; } >w.txt
says "workload: more jobs than there may be" 'w.txt:10004: at most 10000 jobs and streams' run w.txt
for f in empty junk zeros "$NTRIAGE" /dev/zero; do
	try "script: $(basename "$f")" 2 script "$f"
	[ "$(wc -l <err)" = 1 ] || fail "script: $f" "not one line: $(head -c 200 err)"
done
mkdir none
says "script: a folder without any" 'none: there is no *.pkt below it' script none

# --- runs ------------------------------------------------------------------------------------
work=$TOP/stack/workloads/transfer.txt
try "run" 0 run "$work" --seed 42
has "run: what it was" out '^seed 42: as it should be, [0-9.]+ s, [0-9]+ steps$'
has "run: a job" out '^ +transfer a b 1048576 +1048576 +1048576 +[0-9.]+ +[0-9.]+ ok$'
has "run: losses and retransmissions" out '^ +a +[0-9]+ +[1-9][0-9]* .* [1-9][0-9]*$'
hasnt "run: no schedule" out '[0-9];[0-9]+[A-Z]'
same "run: few lines" "$(($(wc -l <out) < 12))" 1
cp out first
try "run: schedule" 0 run "$work" --seed 42 --schedule s
head -c 3 s | grep -q '^2a;' && pass "schedule: it begins with the seed" || fail "schedule" "$(head -c 20 s)"
try "run: replay" 0 run "$work" --replay @s
same "replay: the same run" "$(cat out)" "$(cat first)"
try "schedule on stdout" 0 run "$work" --seed 42 --schedule -
same "schedule: the same there" "$(tail -1 out | sha256sum)" "$(sha256sum <s)"
says "no schedule" "this is no schedule to replay" run "$work" --replay nothing
says "no file of one" 'none: no schedule can be read' run "$work" --replay @none
says "one seed only" '--schedule, --replay and --pcap are for one seed' run "$work" --seeds 1-2 --schedule x

try "seeds" 0 run "$work" --seeds 1-5
same "seeds: one line when all is well" "$(cat out)$(cat err)" "5 runs, 0 wrong"
# Nobody listens after the link is down: every transfer fails.
printf '%s down 5\ntransfer a b 100000\n' "$good" >down.txt
try "seeds that fail" 1 run down.txt --seeds 7-9
has "seeds: the failed one" out '^seed 7: WRONG'
has "seeds: how again" out '^again: refstack run down.txt --seed 7$'
has "seeds: a result in words" out 'transfer a b 100000 .*(timed out|has not ended|unreachable)'
same "seeds: summary" "$(tail -3 out)" "3 runs, 3 wrong
seeds: 7 8 9
again: refstack run down.txt --seed 7"

# --- scripts -----------------------------------------------------------------------------------
try "a folder of scripts" 0 script "$TOP/tests/pkt/udp"
same "a folder: summary" "$(tail -1 out)" "$(find "$TOP/tests/pkt/udp" -name '*.pkt' | wc -l) scripts, 0 not as they say, 0 with a mistake"
cat >d.pkt <<-'END'
	# An echo request is answered with its own bytes, not with one less.
	0.5 < icmp echo-request id 1 seq 2 (56)
	+0 > icmp echo-reply id 1 seq 3 (56)
END
try "a script that differs" 1 script d.pkt
same "it shows both" "$(cat out)" "d.pkt:3: the sequence is 2, not 3
  expected             icmp echo-reply id 1 seq 3 (56)
  sent      0.500000   icmp 0/0 (56)"

# --- JSON ---------------------------------------------------------------------------------------
if python3 -c 'import jsonschema' 2>/dev/null; then
	cat >validate.py <<-'PY'
		import json, sys, jsonschema
		schema = json.load(open(sys.argv[1]))
		jsonschema.Draft7Validator.check_schema(schema)
		n = 0
		for line in open(sys.argv[2]):
		    jsonschema.validate(json.loads(line), schema, jsonschema.Draft7Validator)
		    n += 1
		print(n)
	PY
	valid() { python3 validate.py "$TOP/docs/refstack-$1.schema.json" "$2" 2>&1 | tail -1; }
	"$stack" run "$work" --seeds 1-3 --json >out 2>err
	same "json: runs" "$(valid run out)" 3
	same "json: nothing but objects on stdout" "$(cat err)" "3 runs, 0 wrong"
	same "json: sums" "$(jq -s '[.[].jobs[] | select(.job | startswith("transfer")) | .came] | add' out)" 6291456
	"$stack" run down.txt --json >bad 2>err
	same "json: a failed run" "$(valid run bad) $(jq -r '.ok, .jobs[0].ok' bad | xargs)" "1 false false"
	jq -r .schedule bad >bad.s
	same "json: its schedule is one" "$("$stack" run down.txt --replay @bad.s --json | jq -c '.steps, .seconds')" "$(jq -c '.steps, .seconds' bad)"
	"$stack" run "$TOP/stack/workloads/calls/both-ways.txt" --json >out
	same "json: stories" "$(valid run out) $(jq '.stories | length' out)" "1 $(grep -cE '^[ab]: ' "$TOP/stack/workloads/calls/both-ways.txt")"
	"$stack" script "$TOP/tests/pkt/arp" d.pkt s.pkt --json >out 2>err
	same "json: scripts" "$(valid script out)" $(($(ls "$TOP"/tests/pkt/arp/*.pkt | wc -l) + 2))
	same "json: what differs" "$(jq -r 'select(.result == "differs") | "\(.line) \(.time) \(.expected) | \(.is)"' out)" \
		"3 0.5 icmp echo-reply id 1 seq 3 (56) | icmp 0/0 (56)"
	same "json: a mistake" "$(jq -r 'select(.result == "mistake") | .line' out)" 1
	# The schemas are tight.
	n=0
	for change in 'del(.seed)' '.seed = "1"' '.jobs[0].came = -1' '.more = 1' '.machines = []' '.schema = "refstack.run/2"' 'del(.jobs[0].ok)'; do
		jq -c "$change" bad >changed
		[ "$(valid run changed)" = 1 ] && { fail "schema refuses" "$change"; n=1; }
	done
	[ $n = 0 ] && pass "the schema refuses what is wrong"
else
	skip "json" "no python3-jsonschema"
fi

# --- progress ---------------------------------------------------------------------------------------
"$stack" run "$work" --seeds 1-3 2>err >/dev/null
same "no progress without a terminal" "$(cat err)" ""
cat >slow.py <<-'PY'
	# Runs refstack with a terminal as stderr until it shows how far it is.
	import os, pty, re, signal, subprocess, sys, time
	master, slave = pty.openpty()
	p = subprocess.Popen(sys.argv[1:], stderr=slave, stdout=subprocess.DEVNULL)
	os.close(slave)
	end, seen, began, first = time.time() + 20, b"", time.time(), 0
	while time.time() < end and not re.search(rb"of 100000 runs, \d+ wrong, about \d+ s to go", seen):
	    seen += os.read(master, 4096)
	    first = first or time.time() - began
	p.send_signal(signal.SIGTERM)
	p.wait()
	print("shown" if time.time() < end else seen, "after two seconds" if first >= 1.9 else first)
PY
if command -v python3 >/dev/null; then
	same "progress on a terminal" "$(timeout 40 python3 slow.py "$stack" run "$work" --seeds 1-100000)" "shown after two seconds"
else
	skip "progress" "no python3"
fi
finish
