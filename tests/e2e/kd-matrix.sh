#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every command of the debugger on every generation of NT: one scenario, forged
# for each, and what it says must be what the commands show.  A command that has
# no line below runs as its help's example does: it may not crash, nor say
# nothing, nor fail without a reason.  Then the same on real small dumps, and
# NT commands on machines that run none.
. "$(dirname "$0")/../tools/lib.sh"
. "$TOP/tests/tools/kd-sweep.sh"

scenario() { # MACHINE UNLOADED-FROM UNLOADED-TO
	echo "machine $1 cpus 2"
	echo "unloaded \"gone.sys\" start $2 end $3"
	cat <<'F'
container full
memory 64MiB
time 2005-06-07T08:09:10Z
uptime 3h
stop 0xd1 0x10 2 0 ip
module "disk.sys" size 0x9000
module "filter.sys" size 0x9000
module "work.sys" size 0x9000 date 2004-05-06
lock "A" mutex owner 0x204
lock "B" mutex owner 0x304
lock "R" resource owner 0x204 contention 5
queue critical processed 4711 lastpass 4700 {
	item "work!Routine" times 3 parameter 0x1234
}
dpc "work!LateDpc" context 0x77 times 2
driver "disk" module "disk.sys" dispatch READ "disk!Read"
driver "filter" module "filter.sys" dispatch READ "filter!Read"
device "DR0" driver "disk" type 7 flags 0x50
device "flt" driver "filter" on "DR0" type 7 unnamed
process "one.exe" pid 0x200 {
	thread tid 0x204 wait Executive on "B" for 90s { stack {
		frame "nt!KeWaitForSingleObject+0x1c2"
		frame "work!TakeSecond+0x40"
		frame "nt!PspSystemThreadStartup+0x2e"
	} }
}
process "two.exe" pid 0x300 {
	thread tid 0x304 wait Executive on "A" for 91s { stack {
		frame "nt!KeWaitForSingleObject+0x1c2"
		frame "work!TakeFirst+0x30"
		frame "nt!PspSystemThreadStartup+0x2e"
	} }
	thread tid 0x30c wait Executive on "R" for 30s times 3 { stack {
		frame "nt!KeWaitForSingleObject+0x1c2"
		frame "work!Slow+0x50"
		frame "nt!PspSystemThreadStartup+0x2e"
	} }
	thread tid 0x320 ready
}
process "System" {
	thread tid 0x40 wait WrQueue worker critical for 65s times 2
}
irp tid 0x304 flags 0x43 pending {
	location READ device "DR0" control 1 args 0x1000 0 0x2000 current
	location READ device "flt" control 0xe0 completion "filter!ReadDone" context 0x1234
}
pooltags on
pool nonpaged {
	block Lek1 size 100 count 50 held
}
pool paged {
	block Pgd1 size 64 count 20 held
}
current "System" tid 0x50 irql 2
stack {
	frame "nt!KeBugCheckEx"
	trap "nt!KiTrap0E+0x60" error 0 address 0x10
	frame "work!Fault+0x31"
	frame "work!Caller+0x44"
	frame "nt!KiIdleLoop+0x28"
}
F
}

# ID | GENERATIONS (glob) | COMMAND | WHAT A LINE OF THE OUTPUT LOOKS LIKE
# An ID may have several lines; IRP, DEV, FLT, DRV, P1, T1, T2, LEAK are addresses.
# Numbers are the scenario's: tid 0x204 waits 90 s, the IRP has flags 0x43, ...
table() {
	cat <<'F'
bang_address|*|!address work!Fault|work
bang_address|*|!address @rsp@|stack
bang_analyze|*|!analyze|^BugCheck D1, \{10, 2, 0, [0-9a-f]+\}$
bang_analyze|*|!analyze|^Probably caused by : work\.sys
bang_analyze|*|!analyze -hang|^HANG: deadlock of 2 threads
bang_analyze|*|!analyze -hang|thread 0x204 \(one\.exe\) has waited 90\.0 s for mutant
bang_deadlock|*|!deadlock|^Deadlock detected \(2 locks in 2 threads\):
bang_deadlock|*|!deadlock|Cid 0200\.0204  one\.exe
bang_deadlock|*|!deadlock|Cid 0300\.0304  two\.exe
bang_deadlock|*|!deadlock|\(90\.0 s so far\)
bang_deadlock|*|!deadlock|\(91\.0 s so far\)
bang_devobj|*|!devobj DEV|DR0
bang_devobj|*|!devobj DEV|\\Driver\\disk
bang_devstack|*|!devstack DEV|\\Driver\\filter
bang_devstack|*|!devstack DEV|^> .*\\Driver\\disk
bang_dh|*|!dh work|number of sections
bang_dh|*|!dh -f work|409980C0|time date stamp
bang_dh|*|!dh -s work|\.text name
bang_dpcs|*|!dpcs|^CPU 0: 2 queued
bang_dpcs|*|!dpcs|work!LateDpc \(0*`?0*77\)
bang_dpcs|*|!dpcs|^CPU 1: 0 queued
bang_drvobj|*|!drvobj DRV 7|disk!Read
bang_drvobj|*|!drvobj DRV|\\Driver\\disk
bang_error|*|!error c0000005|STATUS_ACCESS_VIOLATION
bang_exqueue|*|!exqueue|WorkerRoutine work!Routine .*1234 .*\(3 items\)
bang_exqueue|*|!exqueue|^3 pending; workers: 0 blocked, 2 waiting for work
bang_exqueue|x86-xp x86-2003 x64-2003 x64-7|!exqueue|^WorkItemsProcessed = 4711 LastPass = 4700
bang_gdt|*|!gdt|^0010 |
bang_idt|*|!idt e|^0e:
bang_irp|*|!irp IRP 1|READ|
bang_irp|*|!irp IRP 1|filter!ReadDone
bang_irp|*|!irp IRP 1|\\Driver\\disk
bang_irpfind|*|!irpfind|IRP_MJ_READ\(3\).*\\Driver\\disk
bang_irpfind|*|!irpfind|^1 IRPs
bang_locks|*|!locks|Exclusively owned
bang_locks|*|!locks|Contention Count = 5$
bang_locks|*|!locks|1 locks currently held$
bang_object|x86-2000 x86-xp x86-2003 x64-*|!object \Driver|Driver +disk$
bang_object|x86-2000 x86-xp x86-2003 x64-*|!object \Device|Device +DR0$
bang_pcr|*|!pcr 0|Irql: 2$
bang_pcr|*|!pcr 1|^KPCR for Processor 1
bang_pool|*|!pool LEAK|^\*.*Lek1
bang_poolfind|*|!poolfind Lek1 0|Lek1
bang_poolused|*|!poolused|^ Lek1 +50[ ]
bang_poolused|*|!poolused|^ Pgd1 +0 +0 +20[ ]
bang_prcb|*|!prcb 0|Number: 0$
bang_process|*|!process 0 0|Image: two\.exe
bang_process|*|!process 0 0 one.exe|Cid: 0200
bang_process|*|!process 300 7|Cid 0300\.030c
bang_process|*|!process 300 7|work!Slow\+0x50
bang_process|*|!process P1 3|Cid 0200\.0204 .*WAIT: \(Executive\)
bang_process|*|!process 0 17|Image: one\.exe
bang_pte|*|!pte work!Fault|valid, physical 0x
bang_ready|*|!ready|Cid 0300\.0320 .*READY
bang_running|*|!running -ti|RUNNING on processor 0
bang_running|*|!running -it|RUNNING on processor 1
bang_stacks|*|!stacks|^Threads Processed: 9$
bang_stacks|*|!stacks|0:00:01:30\.000  Blocked    work!TakeSecond\+0x40
bang_stacks|*|!stacks 2 Slow|^ +work!Slow\+0x50
bang_stacks|*|!stacks 0|^3 threads in one stack:
bang_stacks|*|!stacks 1|^ 300\.00030c
bang_thread|*|!thread T1|Cid 0200\.0204 .*WAIT: \(Executive\)
bang_thread|*|!thread T1|\(0:00:01:30\.000\)
bang_thread|*|!thread T1|work!TakeSecond\+0x40
bang_thread|*|!thread|Cid 000[248]\.0050 .*RUNNING on processor 0
bang_vm|*|!vm|NonPagedPool Max:
bang_vtop|*|!vtop 0 work!Fault|translates to physical address [0-9a-f]*[04]40\.$
bang_vtop|*|!vtop 0 work|translates to physical address [0-9a-f]*000\.$
bang_waits|*|!waits|one\.exe
d|*|db work L2|4d 5a  +MZ$
d|*|dw work L1|5a4d$
d|*|dd /c 1 work L2|[0-9a-f]  [0-9a-f]{8}$
d|*|da work+2 L1|"
d|*|dps @$csp L4|[0-9a-f]
d|*|dpp @$csp L2|[0-9a-f]
d|*|db 10 L4|\?\? \?\? \?\? \?\?
dot_bugcheck|*|.bugcheck|^Bugcheck code 000000D1  DRIVER_IRQL_NOT_LESS_OR_EQUAL$
dot_chain|*|.chain|!process
dot_cxr|*|.cxr 0|^Resetting default scope$
dot_echo|*|.echo hello, kd|^hello, kd$
dot_effmach|x86-*|.effmach|x86$
dot_effmach|x64-*|.effmach|x64$
dot_formats|*|.formats 0n65|\.A$
dot_frame|*|.frame 3|^03 .*work!Caller\+0x44
dot_frame|*|.frame /r 2|^work!Fault\+0x31:
dot_help|*|.help k|^k: the stack
dot_if|*|.foreach (p {k}) {r}|^there is no \.foreach here
dot_lastevent|*|.lastevent|^Last event: Bugcheck D1 \(DRIVER_IRQL_NOT_LESS_OR_EQUAL\)$
dot_process|*|.process P1|^Implicit process is now
dot_reload|*|.reload|5 modules from
dot_shell|*|.shell ls|.
dot_thread|*|.thread T1|^Implicit thread is now
dot_time|*|.time|^Debug session time: 2005-06-07 08:09:10 UTC$
dot_time|*|.time|^System Uptime: 0 days 3:00:00$
dt|*|dt nt!_EPROCESS P1 ImageFileName|"one\.exe"
dt|*|dt -r1 nt!_EPROCESS P1 ImageFileName|"one\.exe"
dt|*|dt -v nt!_KTHREAD|^struct _KTHREAD, [0-9]+ elements
dt|*|dt -l ActiveProcessLinks.Flink nt!_EPROCESS P1 ImageFileName|"two\.exe"
dt|*|dt -l ActiveProcessLinks.Flink nt!_EPROCESS P1 ImageFileName|^\(3 in all: back at the first one\)$
dv|*|dv|takes private symbols
e|*|eb @$ip cc|read-only
evaluate|*|? 0n10 + 6|= [0`]*10$
evaluate|*|? poi(work) & ffff|= [0`]*5a4d$
evaluate|*|? by(work)|= [0`]*4d$
evaluate|x86-*|? work!Fault - work|= [0`]*440$
evaluate|x64-*|? work!Fault - work|= [0`]*1040$
g|*|g|this is a dump
cpp|*|?? 1|C\+\+
k|*|k|work!Fault\+0x31 \[trap
k|*|kn 3|^02[ ]
k|*|kb|Args to Child
k|*|kv 2|KiTrap0E\+0x60
k|*|kc|^work!Caller\+0x44$
k|*|kf|Memory
k|*|kL|work!Fault
k|*|kp|private symbols
k|*|kP|private symbols
k|*|~*k|hal!HalProcessorIdle\+0x12
k|*|~1k|nt!KiIdleLoop\+0x3d
k|*|.thread T1; k|work!TakeSecond\+0x40
lm|*|lm|  filter [ ]
lm|*|lmvm work|^ +Timestamp: +Thu May 06 00:00:00 2004
lm|*|lmvmwork|^ +ImageSize: +00009000
lm|*|lmf|work\.sys
lm|*|lmt m work|2004
lm|*|lm m w*|  work [ ]
lm|*|lm1m f*|^filter$
lm|x86-xp x86-2003 x64-*|lm|gone\.sys
ln|*|ln work!Slow+4|work!Slow\+0x4
processors|*|~|^\.   0 .*nt!KeBugCheckEx
processors|*|~1s|^\.   1 .*hal!HalProcessorIdle
processors|*|~0s|^\.   0[ ]
r|*|r|KeBugCheckEx:$
r|*|r $ip|^\$ip=
r|x64-*|r @rax, ecx|^ecx=
r|x86-*|r eax, al|^al=
s|*|s -b work L2 4d 5a|4d 5a
script|*|$$< lines.txt|= [0`]*7$
u|*|u work!Fault L1|^work!Fault:$
u|*|ub work!Caller+44 L1|call.*work!Fault
u|*|u . L1|^nt!KeBugCheckEx:$
version|*|version|^ntriage [0-9]
vertarget|x86-nt3.51|vertarget|Windows NT 3\.51
vertarget|x86-nt4|vertarget|Windows NT 4
vertarget|x86-2000|vertarget|Windows 2000
vertarget|x86-xp|vertarget|Windows XP
vertarget|x86-2003|vertarget|Server 2003
vertarget|x64-2003|vertarget|3790
vertarget|x64-7|vertarget|7601
vertarget|x64-10|vertarget|19041
x|*|x work!Take*|work!TakeFirst$
x|*|x work!Take*|work!TakeSecond$
F
}

"$NTRIAGE" kd -c .help /dev/null >/dev/null 2>&1 # no dump: must not crash
echo '? 3 + 4' >lines.txt

# addresses DUMP: those that the table names
addresses() {
	"$NTRIAGE" kd --json -c '!process 0 2; !irpfind; !poolfind Lek1 0' "$1" >a.json 2>/dev/null
	P1=$(jq -r 'select(.processes).processes[] | select(.image == "one.exe").process' a.json)
	T1=$(jq -r 'select(.processes).processes[].threads[] | select(.tid == 516).thread' a.json)
	IRP=$(jq -r 'select(.irps).irps[0].irp' a.json)
	LEAK=$(jq -r 'select(.blocks).blocks[0].address' a.json)
	"$NTRIAGE" kd --json -c "!irp $IRP" "$1" >i.json 2>/dev/null
	DEV=$(jq -r '.locations[0].device' i.json)
	DRV=$("$NTRIAGE" kd --json -c "!devobj $DEV" "$1" 2>/dev/null | jq -r .driver)
}

generation() { # NAME MACHINE UNLOADED-FROM UNLOADED-TO
	local n=0 id gens cmd want bad=0 g ok sp=esp asserted
	scenario "$2" "$3" "$4" >"$1.forge"
	forge "$1.forge" g.dmp || return
	case $1 in x64-*) sp=rsp ;; esac
	addresses g.dmp
	for a in "$P1" "$T1" "$IRP" "$LEAK" "$DEV" "$DRV"; do
		case $a in 0x?*) ;; *) fail "$1: addresses" "P1 $P1 T1 $T1 IRP $IRP LEAK $LEAK DEV $DEV DRV $DRV"; return ;; esac
	done
	: >list
	: >wants
	set -f # * is a pattern, no list of files
	while IFS='|' read -r id gens cmd want; do
		ok=
		for g in $gens; do
			# shellcheck disable=SC2254
			case $1 in $g) ok=1 ;; esac
		done
		[ -n "$ok" ] || continue
		cmd=$(printf '%s' "$cmd" | sed "s/@rsp@/@$sp/;s/\bP1\b/$P1/;s/\bT1\b/$T1/;s/\bIRP\b/$IRP/;s/\bLEAK\b/$LEAK/;s/\bDEV\b/$DEV/;s/\bDRV\b/$DRV/")
		printf '%s|%s\n' "$id" "$cmd" >>list
		printf '%s\n' "$want" >>wants
	done <tables
	set +f
	asserted=$(wc -l <list)
	[ "$asserted" -gt 120 ] || fail "$1: the table" "has only $asserted lines for it"
	while IFS='|' read -r id cmd; do
		grep -q "^$id|" list || { printf '%s|%s\n' "$id" "$cmd" >>list; echo . >>wants; }
	done <examples
	sweep "$1" g.dmp list
	while IFS='|' read -r id cmd <&3 && read -r want <&4; do
		n=$((n + 1))
		[ "$want" = . ] && continue
		grep -qE -- "$want" "answers/$n" && continue
		fail "$1: $cmd" "no line like \"$want\": $(head -c 200 "answers/$n" | tr '\n' '~')"
		bad=1
	done 3<list 4<wants
	[ $bad = 0 ] && pass "$1: $asserted answers are what the scenario says"
}

table | grep -v '^#' >tables
forge "$TOP/tests/fixtures/kd-x64.forge" kd.dmp || finish
examples kd.dmp >examples
same "every command has an example" "$(cut -d'|' -f1 examples | sort | tr '\n' ' ')" "$(printf '%s\n' "$ids" | sort | tr '\n' ' ')"
same "the table names commands that exist" "$(cut -d'|' -f1 tables | sort -u | grep -vxF "$ids")" ""
generation x86-nt3.51 "x86 nt3.51" 0xf8800000 0xf8808000
generation x86-nt4 "x86 nt4" 0xf8800000 0xf8808000
generation x86-2000 "x86 2000" 0xf8800000 0xf8808000
generation x86-xp "x86 xp" 0xf8800000 0xf8808000
generation x86-2003 "x86 2003" 0xf8800000 0xf8808000
generation x64-2003 "x64 2003" 0xfffff88009000000 0xfffff88009008000
generation x64-7 "x64 7" 0xfffff88009000000 0xfffff88009008000
generation x64-10 "x64 10" 0xfffff88009000000 0xfffff88009008000

# Other machines and kinds of file: nothing is asserted but an answer.
for f in alpha-nt4 ia64-2003 arm64-11 user-crash cut-short; do
	"$NTRIAGE" forge "$TOP/tests/fixtures/$f.forge" -o o.dmp 2>/dev/null || continue
	"$NTRIAGE" kd -c q o.dmp >/dev/null 2>&1 || continue
	sweep "$f" o.dmp examples
done
finish
