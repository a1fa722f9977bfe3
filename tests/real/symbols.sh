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
else
	skip "small dump" "no $d or no $isf"
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
