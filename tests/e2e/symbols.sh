#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Symbols from a store into the verdict, the types and the unwinder; the truth
# is the scenario that the dump and its symbols were forged from.
. "$(dirname "$0")/../tools/lib.sh"
fix=$TOP/tests/fixtures

# --- frames have the scenario's names -------------------------------------------
"$NTRIAGE" forge "$fix/x64-7-d1.forge" -o d1.dmp --symbols-to sym || fail "forge" "no dump"
run "with symbols" 0 --symbols sym analyze --json d1.dmp
cp out d1.json
same "every frame of the scenario" "$(jq -r '.stack[] | "\(.module)!\(.function)+\(.displacement)"' d1.json | tr '\n' ' ')" \
	"nt!KeBugCheckEx+0x0 nt!KiBugCheckDispatch+0x69 nt!KiPageFault+0x260 netflt!null+null netflt!FilterReceiveNetBufferLists+0x1c4 ndis!ndisMIndicateReceiveNetBufferListsInternal+0xa3 ndis!NdisMIndicateReceiveNetBufferLists+0x2d nt!KiRetireDpcList+0x1bc nt!KiIdleLoop+0x5a "
same "the kernel's file" "$(jq -r '.modules[] | select(.name == "nt") | .symbols_by' d1.json)" "GUID and age"
same "nothing is said to be missing" "$(jq '[.missing[] | select(.what | test("symbols"))] | length' d1.json)" 0
run "without symbols" 0 analyze --json d1.dmp
same "without: no file in use" "$(jq '[.modules[] | select(.symbols != null)] | length' out)" 0
same "without: the kernel's file is named" "$(jq -r '.missing[] | select(.what == "kernel symbols") | .supply' out | cut -d/ -f1)" ntkrnlmp.pdb

# A file of another build is refused, and said.
mkdir -p other/ntkrnlmp.pdb
cp -r sym/ntkrnlmp.pdb/* other/ntkrnlmp.pdb/
sed -i '1s/ [0-9A-F]\{33\} / 00000000000000000000000000000000A /' other/ntkrnlmp.pdb/*/ntkrnlmp.sym
run "wrong symbols" 0 --symbols other analyze --json d1.dmp
same "wrong symbols are not used" "$(jq -r '.modules[] | select(.name == "nt") | .symbols' out)" null
same "wrong symbols: what was there" "$(jq -r '.modules[] | select(.name == "nt") | .symbols_lacking' out | grep -c 'refused')" 1

# A constant of the linker's is no function.
cp -r sym literal
sed -i 's/^FUNC \([0-9a-f]*\) .*/PUBLIC \1 0 __xmm@07000000070000000700000007000000/' literal/netflt.pdb/*/netflt.sym
run "a constant before the code" 0 --symbols literal analyze --json d1.dmp
same "a constant before the code: gives no name" "$(jq -r '[.stack[] | select(.function != null) | select(.function | test("xmm"))] | length' out)" 0

# --- a trace of the unwinder -----------------------------------------------------
run "trace" 0 --symbols sym analyze --unwind-trace d1.dmp
has "trace: a step taken" out '#1 pdata: taken'
has "trace: the trap" out '#2 pdata: taken.*machine frame'

# --- an encoded debugger block: symbols have its keys ---------------------------
sed 's/^container full/&\nkdbg encoded/; s/machine x64 7/machine x64 10/' "$fix/x64-7-d1.forge" >enc.forge
"$NTRIAGE" forge enc.forge -o enc.dmp --symbols-to encsym || fail "forge encoded" "no dump"
run "encoded, with symbols" 0 --symbols encsym analyze --json enc.dmp
same "encoded: nothing missing" "$(jq -c .missing out)" "[]"
same "encoded: the thread" "$(jq -r '.thread.tid' out)" 88

# --- the kernel of a small dump, by the addresses of its data --------------------
cat >small.forge <<'END'
machine x64 10 cpus 2
container triage
memory 64MiB
time 2022-01-02T03:04:05Z
stop 0xe2 0 0 0 0
current "System" tid 0x58
stack {
	frame "nt!KeBugCheckEx"
	frame "nt!ExpWorkerThread+0x105"
	frame "nt!PspSystemThreadStartup+0x55"
}
END
"$NTRIAGE" forge small.forge -o small.dmp --symbols-to smallsym || fail "forge small" "no dump"
mkdir -p plain/ntkrnlmp.pdb
cp smallsym/ntkrnlmp.pdb/*/ntkrnlmp.sym plain/ntkrnlmp.pdb/
run "small dump" 0 --symbols plain analyze --json small.dmp
by=$(jq -r '.modules[] | select(.name == "nt") | .symbols_by' out)
if jq -e '.modules[] | select(.name == "nt" and .pdb == null)' out >/dev/null; then
	case $by in *"addresses of kernel data") pass "by addresses" ;; *) fail "by addresses" "by: $by" ;; esac
	same "by addresses: names" "$(jq -r '.stack[0].function' out)" KeBugCheckEx
	sed -i 's/^PUBLIC [0-9a-f]* 0 PsLoadedModuleList/PUBLIC 10 0 PsLoadedModuleList/' plain/ntkrnlmp.pdb/ntkrnlmp.sym
	rm -rf .cache
	run "one address differs" 0 --symbols plain analyze --json small.dmp
	same "one address differs: not used" "$(jq -r '.modules[] | select(.name == "nt") | .symbols' out)" null
else
	skip "by addresses" "this small dump has the kernel's debug record"
fi

# --- a small dump holds no code: the unwinder reads it in the image's file ----------
"$NTRIAGE" forge small.forge -o small.dmp --images-to images || fail "forge images" "no images"
run "small dump without images" 0 analyze --json small.dmp
same "without images: no unwind record" "$(jq -r '[.stack[] | select(.trust == "cfi")] | length' out)" 0
run "small dump with images" 0 --symbols images analyze --json small.dmp
same "with images: exact" "$(jq -r '[.stack[] | "\(.trust) \(.function)"] | join(", ")' out)" \
	"context KeBugCheckEx, cfi ExpWorkerThread, cfi PspSystemThreadStartup"

# --- dt, ln, x against the scenario ------------------------------------------------
thread=$(jq -r .thread.address d1.json)
run "dt from the table" 0 dt d1.dmp nt!_KTHREAD
has "dt: a member of 7601" out '^   \+0x028 InitialStack +: Ptr64 Void$'
has "dt: where it is from" out 'from the table of this build'
run "dt of values" 0 dt --json --at "$thread" d1.dmp nt!_ETHREAD Cid.UniqueThread Cid.UniqueProcess
same "dt: tid" "$(jq -r '.members[0].value' out)" "0x00000000\`00000058 Void"
run "dt: no such type" 1 dt d1.dmp nt!_NO_SUCH
run "dt: no such member" 1 dt d1.dmp nt!_KTHREAD NoSuchMember
run "dt --at in a symbol file" 2 dt --at 0 "$(echo sym/ntkrnlmp.pdb/*/ntkrnlmp.sym)" _X
run "ln" 0 --symbols sym ln --json d1.dmp "$(jq -r '.stack[4].ip' d1.json)"
same "ln: name" "$(jq -r '.symbol + " " + .displacement' out)" "FilterReceiveNetBufferLists 0x1c4"
run "ln outside of all modules" 1 ln d1.dmp 0x1000
run "x" 0 --symbols sym x --json d1.dmp 'nt!ki*loop'
same "x: name" "$(jq -r '.symbols[].name' out)" KiIdleLoop
run "x: nothing" 1 --symbols sym x d1.dmp 'nt!NoSuchName*'
run "x in a symbol file" 0 x "$(echo sym/ndis.pdb/*/ndis.sym)" '*ndis*'
same "x in a symbol file: lines" "$(wc -l <out)" 2

# --- damaged symbol files: said, and the rest goes on -------------------------------
for n in 0 1 64 200; do
	rm -rf cut
	cp -r sym cut
	head -c $n sym/ndis.pdb/*/ndis.sym >cut.sym
	cp cut.sym "$(echo cut/ndis.pdb/*/ndis.sym)"
	run "symbols cut at $n" 0 --symbols cut analyze --json d1.dmp
	same "cut at $n: the others go on" "$(jq -r '.stack[8].function' out)" KiIdleLoop
done
finish
