#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The debugger on real dumps: disassembly against objdump, stacks and types
# against the sources of made/triple, what a triage dump holds.
. "$(dirname "$0")/../tools/lib.sh"
triple=$NTR_CORPUS/made/triple
[ -d "$triple" ] || { skip "kd" "no $triple"; finish; }

# Every instruction of .text: address, bytes, mnemonic, and every number.
cat >compare.py <<'PY'
import json, re, subprocess, sys
exe, out = sys.argv[1:3]
def numbers(s):
    s = re.sub(r'<[^>]*>|#.*', '', s)
    return [int(x, 16) for x in re.findall(r'\b0x([0-9a-f]+)', s)]
want = {}
for l in subprocess.run(["objdump", "-d", "-M", "intel", "--insn-width=16", exe], capture_output=True, text=True).stdout.splitlines():
    m = re.match(r'\s*([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*\t?(.*)', l)
    if m:
        want[int(m[1], 16)] = (m[2].replace(" ", ""), m[3].strip())
same = bad = 0
ignore = {"data16", "cs", "ds", "rep", "repz"}
for i in json.load(open(out))["instructions"]:
    a = int(i["address"], 16)
    if a not in want:
        bad += 1
        print("not an instruction of objdump's:", i)
        continue
    raw, text = want[a]
    words = [w for w in text.split() if w not in ignore] or [""]
    if raw != i["bytes"]:
        bad += 1
        print("bytes", i, raw)
    elif words[0] != i["mnemonic"].split()[-1] and not {words[0], i["mnemonic"]} <= {"nop", "xchg"} and (words[0], i["mnemonic"]) not in {("movabs", "mov")}:
        bad += 1
        print("mnemonic", i, text)
    else:
        ours = [int(x, 16) for x in re.findall(r'\b([0-9][0-9A-F]*)h\b', i["operands"])]
        theirs = [n for n in numbers(text) if n > 9]
        ours = [n & 0xffffffffffffffff for n in ours]
        if i["target"]:
            theirs = []; ours = []
        if sorted(ours) != sorted(theirs):
            bad += 1
            print("numbers", i, text)
        else:
            same += 1
print("same", same, "bad", bad)
sys.exit(bad > 0 or same < 100)
PY
for n in crash64_O0 crash64_O1 crash32_O0 crash32_O1; do
	end=$(objdump -d "$triple/$n.exe" | sed -n 's/^ *\([0-9a-f]*\):\t.*/\1/p' | tail -1)
	start=$(objdump -d "$triple/$n.exe" | sed -n 's/^ *\([0-9a-f]*\):\t.*/\1/p' | head -1)
	"$NTRIAGE" kd --json --symbols "$triple" -c "u $start $end" "$triple/$n.dmp" >u.json 2>err
	if python3 compare.py "$triple/$n.exe" u.json >cmp.txt; then
		pass "$n: disassembly ($(tail -1 cmp.txt))"
	else
		fail "$n: disassembly" "$(tail -1 cmp.txt): $(head -1 cmp.txt)"
	fi
	run "$n: k" 0 kd --symbols "$triple" -c 'kc 4; ln' "$triple/$n.dmp"
	same "$n: calls" "$(sed -n '2,5s/+.*//p' out | cut -d! -f2 | tr '\n' ' ')" "$(case $n in *_O0) echo 'Level4 Level3 Level2 Handler ' ;; *) sed -n '2,5s/+.*//p' out | cut -d! -f2 | tr '\n' ' ' ;; esac)"
	has "$n: innermost" out 'Level4\+0x'
	run "$n: uf" 0 kd --symbols "$triple" --json -c "uf $n!Level3" "$triple/$n.dmp"
	same "$n: uf ends in a return" "$(jq -r '.instructions[-1].mnemonic' out)" ret
	# ub in front of every return address of the stack ends in a call.
	run "$n: frames" 0 kd --symbols "$triple" --json -c 'k 5' "$triple/$n.dmp"
	for ret in $(jq -r '.frames[1:5][].ip' out); do
		"$NTRIAGE" kd --symbols "$triple" --json -c "ub $ret L1" "$triple/$n.dmp" | jq -r '.instructions[0].mnemonic'
	done | sort -u >calls
	same "$n: ub finds the calls" "$(cat calls)" call
done
# Parameters by name, in every frame: Level4((int *)0x10, 3 * Tag + 3), called
# by Level3(3, Tag, 3), called by Level2(&g_Device, 3); Tag is 0x6c6f6f50.
for n in crash64_O0 crash32_O0; do
	run "$n: kp" 0 kd --symbols "$triple" --json -c 'kp 5' "$triple/$n.dmp"
	same "$n: parameters" "$(jq -c '[.frames[:3][].params | map(.name + "=" + (.value | sub("^0x[0`]*"; "0x")))]' out)" \
		"$(case $n in crash64*) g='1`40003000' ;; *) g=403000 ;; esac
		echo "[[\"p=0x10\",\"x=0n1162759667\"],[\"a=0n3\",\"b=0n1819242320\",\"c=0n3\"],[\"d=0x$g\",\"n=0n3\"]]")"
	run "$n: dv" 0 kd --symbols "$triple" --json -c '.frame 1; dv b; r' "$triple/$n.dmp"
	same "$n: a local by name" "$(jq -r 'select(.variables).variables[].value' out)" 0n1819242320
done
run "crash64_O1: a value in no known place" 0 kd --symbols "$triple" -c 'kp 2' "$triple/crash64_O1.dmp"
has "crash64_O1: is ???" out 'Level3\(Int4B a = \?\?\?, '
run "dt -r" 0 kd --symbols "$triple" -c 'dt -b crash64_O0!_DEMO_DEVICE' "$triple/crash64_O0.dmp"
has "dt -b: an inner member" out '^      \+0x008 Blink'
# The arguments of Level4(struct *, int): what the program was given.
"$NTRIAGE" kd --symbols "$triple" --json -c 'kb 1' "$triple/crash32_O0.dmp" >out
same "x86 arguments" "$(jq -c '.frames[0].args[:2]' out)" '["0x10","0x454e4df3"]'

d=$NTR_CORPUS/kernel_dumps/rizin_triage_x64_0x1000007e.dmp
if [ -f "$d" ]; then
	run "triage: k lm r" 0 kd --symbols "$NTR_CORPUS/symbols/isf" -c 'k; lm; r; .bugcheck; ~; .exr -1; .cxr ffff850429891720; r $ip; dt nt!_KTHREAD @$thread State' "$d"
	has "triage: the kernel's base" out '^fffff804.* nt '
	has "triage: the context of parameter 4" out '^\$ip=fffff8048b58334c'
	has "triage: bug check" out 'Bugcheck code 1000007E'
	# A triage dump holds no pool: each command says what is lacking. Without
	# symbols, also those that an earlier run kept.
	for c in '!vm' '!poolused 2' '!pool ffffd00000001000' '!poolval ffffd00000001000' '!poolfind Irp' '!lookaside' '!chkimg -d nt'; do
		XDG_CACHE_HOME=/nonexistent/cache run "triage: $c" 1 kd -c "$c" "$d"
		has "triage: $c says why" out 'not in (this|the) dump|not known|not at hand|not there'
		hasnt "triage: $c invents nothing" out 'Allocated|Pooltag| [0-9]+ Kb|bytes of code compared'
	done
	run "triage: !analyze -pool" 0 kd --json -c '!analyze -pool' "$d"
	same "triage: !analyze -pool: nothing known" "$(jq -c '.pool | [.nonpaged.used, .paged.used, .nonpaged.pressure, .tags, (.tags_lacking == null)]' out)" '[null,null,null,[],false]'
	run "triage: absent memory" 0 kd -c 'db 1000 L10; dps 2000 L2; u 3000 L2' "$d"
	has "triage: question marks" out '\?\? \?\? \?\? \?\?'
	has "triage: and why, once" out '^  \(\? '
	# Lists that a triage dump holds only the ends of: what is there, and what not.
	run "triage: !thread" 0 kd --symbols "$NTR_CORPUS/symbols/isf" -c '!thread' "$d"
	has "triage: the thread" out '^THREAD ffffc08b`de9e1640  Cid 0004\.0108 .* RUNNING on processor 0$'
	has "triage: its tick counts are absent" out 'Ticks: \?{8}'
	has "triage: its stack" out 'amdppm\+0x334c \[trap\]'
	run "triage: !process" 0 kd -c '!process 0 0; !process' "$d"
	has "triage: the process" out '^PROCESS ffffc08b`dce94180$'
	has "triage: threads that are not there" out '^ +THREAD ffffc08b`dceaf040  \(not in the dump\)'
	has "triage: where the list of threads ends" out 'which Flink of 0xffffc08bdceaf338'
	run "triage: lists" 1 kd --json -c '!waits -v; !deadlock; !stacks; !ready; !locks; !exqueue; !analyze -hang' "$d"
	same "triage: nothing is invented" "$(jq -c '[.cycles, .roots, .locks, .queues, .resources, .hang.findings] | map(select(. != null and . != []))' out | sort -u)" "[]"
	same "triage: a hang cannot be told" "$(jq -r 'select(.hang).hang.kind' out)" unknown
	run "triage: !running" 0 kd --json -c '!running -i' "$d"
	same "triage: the crashing processor" "$(jq -r '.processors[] | select(.current.thread == "0xffffc08bde9e1640").processor' out)" 0
	same "triage: idle ones" "$(jq '[.processors[] | select(.idle)] | length' out)" 14
else
	skip "triage" "no $d"
fi
for d in "$NTR_CORPUS"/kernel_dumps/*.dmp; do
	[ -f "$d" ] || continue
	n=$(basename "$d" .dmp)
	"$NTRIAGE" kd --json -c '!process 0 7; !thread; !stacks 2; !running -it; !ready 7; !locks -v; !deadlock; !waits -v; !exqueue 7; !analyze -hang' "$d" >out 2>err
	same "$n: ten answers" "$(jq -s length out)" 10
	same "$n: each has a result or says what is absent" "$(jq -r 'select(.status != "ok" and (.error == null or .error == "")).command' out)" ""
	same "$n: no hang is invented" "$(jq -r 'select(.hang).hang.kind' out)" unknown
done
finish
