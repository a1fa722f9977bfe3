#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Real dumps with real symbols, through the program: the stacks that were
# expected when the dumps were made, or that other debuggers show.
. "$(dirname "$0")/../tools/lib.sh"

# --- made/triple: PE, PDB and dump of one program, four ways of compiling ------
t=$NTR_CORPUS/made/triple
if [ -d "$t" ]; then
	for p in crash32_O0 crash32_O1 crash64_O0 crash64_O1; do
		run "$p" 0 --symbols "$t" analyze --json "$t/$p.dmp"
		same "$p: names" "$(jq -r --arg m $p '[.stack[] | select(.module == $m) | .function] | join(" ")' out)" \
			"Level4 Level3 Level2 Handler Level1 Entry"
		same "$p: nothing guessed inside the program" "$(jq --arg m $p '[.stack[] | select(.module == $m and .trust == "scan")] | length' out)" 0
		same "$p: the file" "$(jq -r --arg m $p '.modules[] | select(.name == $m) | .symbols_by' out)" "GUID and age"
		same "$p: lines are there" "$(jq -r --arg m $p '[.stack[] | select(.module == $m and (.source_file | tostring | test("crash.c$")))] | length' out)" 6
	done
else
	skip "triple" "no $t"
fi

# --- a program of MinGW, with DWARF in the image ---------------------------------
m=$NTR_CORPUS/made/mdmp
if [ -f "$m/crash64.dmp" ]; then
	run "mingw" 0 --symbols "$m" analyze --json "$m/crash64.dmp"
	same "mingw: names" "$(jq -r '[.stack[] | select(.module == "md64") | .function] | join(" ")' out)" \
		"boom main __tmainCRTStartup mainCRTStartup"
	has "mingw: the line" out '"source_file": "[^"]*md\.c"'
else
	skip "mingw" "no $m"
fi

# --- a small dump of 19041 with the symbol table of its kernel --------------------
d=$NTR_CORPUS/kernel_dumps/rizin_triage_x64_0x1000007e.dmp
isf=$NTR_CORPUS/symbols/isf
if [ -f "$d" ] && [ -d "$isf" ]; then
	run "small dump" 0 --symbols "$isf" analyze --json "$d"
	same "small dump: by its addresses" "$(jq -r '.modules[] | select(.name == "nt") | .symbols_by' out)" "6 addresses of kernel data"
	same "small dump: the table" "$(jq -r '.modules[] | select(.name == "nt") | .symbols | sub(".*/"; "") | sub("-1.json.*"; "")' out)" 5278AFF86C341677D7D7835C85B7B844
	# Every frame that a debugger with all symbols shows, by ip, sp and name.
	jq -r '.stack[] | "\(.ip) \(.sp) \(.module) \(.function // "-")+\(.displacement // "0x0")"' out |
		while read -r ip sp mod name; do
			printf '%s %s %s %s+%d\n' "$ip" "$sp" "$mod" "${name%+*}" "$((${name##*+}))"
		done | sed 's/+0$//' | sort >got
	grep -v '^[#f]' "$NTR_CORPUS/expected_triage_x64.tsv" |
		awk -F'\t' '{ print $2, $3, $5, $5 == "nt" && $6 != "" ? $6 : "-" }' | sort >want
	same "small dump: true frames" "$(cut -d' ' -f1-3 want | sort | comm -23 - <(cut -d' ' -f1-3 got | sort) | wc -l)" 0
	same "small dump: names of nt frames" "$(grep -v ' -$' want | comm -23 - got | head -3 | tr '\n' '~')" ""
	jq -r '.stack[] | select(.trust != "scan") | "\(.ip) \(.sp)"' out | sort >better
	cut -d' ' -f1,2 want | sort >true
	wrong=$(comm -23 better true | wc -l)
	all=$(wc -l <better)
	if [ $((wrong * 10)) -le "$all" ]; then pass "small dump: false frames"; else fail "small dump: false frames" "$wrong of $all better than scan"; fi
	run "small dump: dt" 0 --symbols "$isf" dt --json "$d" nt!_KTHREAD InitialStack KernelStack State Process
	same "small dump: dt is exact" "$(jq -r .source out)" exact
	jq -c '[.members[] | [.name, .offset]]' out >exact
	run "small dump: dt without symbols" 0 dt --json "$d" nt!_KTHREAD InitialStack KernelStack State Process
	same "small dump: dt equals the table" "$(jq -c '[.members[] | [.name, .offset]]' out)" "$(cat exact)"
	# A path through an array (KPRCB.DpcData[2]) is of its first element.
	run "small dump: DPC queues" 0 --symbols "$isf" kd -c "!dpcs" "$d"
	cp out with
	run "small dump: DPC queues without symbols" 0 kd -c "!dpcs" "$d"
	same "small dump: DPC queues are the same" "$(cmp out with 2>&1)" ""
	# Members of nt!MiSystemPartition that this dump happens to hold: 31.9 GiB.
	run "small dump: memory" 0 --symbols "$isf" kd --json -c "!vm" "$d"
	same "small dump: physical memory" "$(jq -c '[.physical, .zeroed]' out)" "[$((8366927 * 4096)),null]"
	# Places of timers, queued locks and APCs: by the table as by symbols.
	run "small dump: timers" 0 --symbols "$isf" kd -c "!timer; !qlocks; !apc thre" "$d"
	cp out with
	run "small dump: timers without symbols" 0 kd -c "!timer; !qlocks; !apc thre" "$d"
	same "small dump: timers are the same" "$(cmp out with 2>&1)" ""
	# What is not there is said once, and nothing is made of it.
	has "small dump: lists that leave the dump" out '^  .[0-9]* lists lead to timers that are not in the dump.$'
	has "small dump: encoded pointers" out '^  .encoded: nt!KiWaitNever and nt!KiWaitAlways'
	has "small dump: no lock's owner" out '^  .of [0-9]* locks it cannot be told: the lock.s word is not in the dump.$'
else
	skip "small dump" "no $d or no $isf"
fi

# --- Windows 10's memory counters, by the members that its symbols name ----------
if [ -f "$isf/ntkrnlmp.pdb/79BE8C368BEC7DD9677EA9B355ACE784-1.json.xz" ]; then
	# The kernel is at fffff80447a00000, nt!MiSystemPartition at RVA c50b80,
	# its Vp at +1b00, PageLists at +880, Commit at +1840.
	cat >mi.forge <<'EOF'
machine x64 10 cpus 1
memory 64MiB
stop 0xe2 0 0 0 0
module "ntoskrnl.exe" pdb "ntkrnlmp.pdb" guid 79BE8C36-8BEC-7DD9-677E-A9B355ACE784 age 1
poke 0xfffff80448652690 00 40 00 00 00 00 00 00
poke 0xfffff80448652740 34 12 00 00 00 00 00 00
poke 0xfffff804486514c0 77 07 00 00 00 00 00 00
poke 0xfffff804486523c0 22 22 00 00 00 00 00 00
EOF
	forge mi.forge mi.dmp full
	run "partition" 0 --symbols "$isf" kd --json -c "!vm" mi.dmp
	same "partition: pages" "$(jq -c '[.physical, .available, .standby, .peak_commit]' out)" "[$((0x4000 * 4096)),$((0x1234 * 4096)),$((0x777 * 4096)),$((0x2222 * 4096))]"
else
	skip "partition" "no symbols of that kernel"
fi

# --- a core of a static program -----------------------------------------------------
c=$NTR_CORPUS/elf_cores/elfutils
if [ -f "$c/backtrace.x86_64.core.bz2" ] && command -v gdb >/dev/null; then
	for f in backtrace.x86_64.core backtrace.x86_64.exec; do bzip2 -dkc "$c/$f.bz2" >$f; done
	gdb -nx -batch -ex bt backtrace.x86_64.exec backtrace.x86_64.core 2>/dev/null |
		sed -n 's/^#[0-9]* *\(0x[0-9a-f]*\) in .*/\1/p' | sed 's/^0x0*/0x/' | uniq >want
	run "core" 1 --symbols . analyze --json backtrace.x86_64.core
	same "core: as gdb has it" "$(jq -r '.stack[].ip' out | tr '\n' ' ')" "$(tr '\n' ' ' <want)"
	same "core: by build-id" "$(jq -r '.modules[0].symbols_by' out)" build-id
else
	skip "core" "no core or no gdb"
fi
finish
