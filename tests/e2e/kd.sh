#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The debugger without a terminal: -c, standard input, scripts, logs, JSON,
# exit codes, Ctrl-C.
. "$(dirname "$0")/../tools/lib.sh"
forge "$TOP/tests/fixtures/kd-x64.forge" d.dmp || finish

run "-c" 0 kd -c '? 1+1; .echo two' d.dmp
same "-c: output" "$(cat out)" "Evaluate expression: 2 = 00000000\`00000002
two"
same "-c: nothing on stderr" "$(cat err)" ""
printf '? 2\n\n* a comment\n? 3; ? 4\nq\n? 5\n' | "$NTRIAGE" kd d.dmp >out 2>err
same "stdin: exit" $? 0
same "stdin: no prompt, up to q" "$(cut -d= -f1 out | tr '\n' ,)" "Evaluate expression: 2 ,Evaluate expression: 3 ,Evaluate expression: 4 ,"
printf '? 2\n~1s\n? 3\n' | "$NTRIAGE" kd --echo d.dmp >out
has "--echo: prompt and command" out '^0: kd> \? 2$'
has "--echo: the processor chosen" out '^1: kd> \? 3$'
printf '? 6\r\n$$>< inner.txt\r\n' >outer.txt
echo '.echo inner' >inner.txt
run "--script" 0 kd --script outer.txt d.dmp
same "--script: output" "$(tail -1 out)" "inner"
echo '$$>< loop.txt' >loop.txt
run "a script that runs itself" 1 kd --script loop.txt d.dmp
has "is stopped" out 'scripts that call each other'
run "no such script" 2 kd --script nosuch.txt d.dmp

run ".logopen" 0 kd -c '.logopen a.log; ? 7; .logclose; ? 8' d.dmp
has "log: has it" a.log 'Evaluate expression: 7'
hasnt "log: ends" a.log 'Evaluate expression: 8'
run ".logappend" 0 kd -c '.logappend a.log; ? 9' d.dmp
has "log: keeps" a.log 'Evaluate expression: 7'
has "log: goes on" a.log 'Evaluate expression: 9'
run ".logopen where it cannot be" 2 kd -c '.logopen /nosuch/dir/a.log' d.dmp

run "exit 1: nothing found" 1 kd -c 'lm m nosuch' d.dmp
run "exit 2: not understood" 2 kd -c 'nosuch' d.dmp
run "the worst counts" 2 kd -c 'lm m nosuch; nosuch; ? 1' d.dmp
has "a mistake ends nothing" out 'Evaluate expression: 1'
echo junk >junk.dmp
run "not a dump" 2 kd -c k junk.dmp

run "--json: exit" 2 kd --json -c 'lm; k; db fffff8a0`00001000 L4; ? 1/0; lm m zz' d.dmp
same "one object a command, one a line" "$(wc -l <out)" 5
same "each has its schema" "$(jq -r .schema out | sort -u)" "ntriage.kd/1"
same "commands" "$(jq -r .command out | tr '\n' ,)" 'lm,k,db fffff8a0`00001000 L4,? 1/0,lm m zz,'
same "status" "$(jq -r .status out | tr '\n' ,)" "ok,ok,ok,bad usage,not in this dump,"
same "place of the mistake" "$(sed -n 4p out | jq .error_at)" 3
same "names" "$(jq -r 'select(.command == "lm").modules[].name' out | tr '\n' ,)" "nt,hal,drv,"
same "what is not there is null" "$(sed -n 3p out | jq -c '.rows[0].values')" "[null,null,null,null]"
run "!analyze -v" 0 kd --json -c '!analyze -v' d.dmp
jq -e .verdict out >v.json && "$NTRIAGE" analyze --json d.dmp | jq -e . >a.json
same "is the verdict" "$(jq -S . v.json | md5sum)" "$(jq -S . a.json | md5sum)"
run "!analyze -v text" 0 kd -c '!analyze -v' d.dmp
"$NTRIAGE" analyze d.dmp >a.txt
same "is the report" "$(cmp out a.txt 2>&1)" ""

# Every command's own example can be read, and help names every command.
"$NTRIAGE" kd -c .help d.dmp >help.txt
for c in k r d u s x ln dt lm .frame .trap .tss .cxr .exr .thread .process .bugcheck .ecxr .formats .time \
	vertarget version .effmach !address !pte !vtop .logopen .logclose .logappend .echo .cls q .reload .sympath \
	.symfix .chain .shell !analyze; do
	awk -v c="$c" '$1 == c { found = 1 } END { exit !found }' help.txt ||
		fail "help lists $c" "no such line"
done
pass "help lists the commands"
"$NTRIAGE" kd --json -c "$(sed -n 's/^NTR_CMD(\(.*\))$/\1/p' "$TOP/kdtools/cmd/cmd_list.h" | head -0; echo .help)" d.dmp |
	jq -r '.commands[].names' | cut -d' ' -f1 >names.txt
while read -r n; do
	"$NTRIAGE" kd --json -c ".help $n" d.dmp >one.json 2>&1
	ex=$(jq -r '.commands[0].example' one.json)
	[ -n "$ex" ] && [ "$ex" != null ] || { fail "example of $n" "none"; continue; }
	"$NTRIAGE" kd --offline -c "$ex" d.dmp >ex.txt 2>&1
	if grep -qE 'there is no command|was not expected|operator was expected|wants' ex.txt; then
		fail "example of $n" "$ex: $(head -1 ex.txt)"
	fi
done <names.txt
pass "examples are understood"

# Ctrl-C ends the command, and the rest of a line.
timeout -s INT 2 "$NTRIAGE" kd -c 's -b 0 L?7fffffffffff 1 2 3; ? 5' d.dmp >out 2>err
same "Ctrl-C: exit 1" $? 124
has "Ctrl-C is said" out 'interrupted'
hasnt "Ctrl-C: the rest is not run" out 'Evaluate'
finish
