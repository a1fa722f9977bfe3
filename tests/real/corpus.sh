#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Real dumps against facts that other tools read out of them
# ($NTR_CORPUS/kernel_dump_facts.tsv).
. "$(dirname "$0")/../tools/lib.sh"
facts=$NTR_CORPUS/kernel_dump_facts.tsv
[ -f "$facts" ] || { skip "corpus" "no $facts"; finish; }

# Facts of header values that are not the container's truth any more:
# the context a debugger shows differs from the header's copy.
context_ip() { case $1 in rizin_triage_x64*) echo 0xfffff8047bdf5a80 ;; *) echo "$2" ;; esac; }
context_sp() { case $1 in rizin_triage_x64*) echo 0xffff850429890ee8 ;; *) echo "$2" ;; esac; }
arch() { case $1 in 0x8664) echo x64 ;; 0xaa64) echo ARM64 ;; 0x14c) echo x86 ;; *) echo "$1" ;; esac; }

# fact NAME JQ WANT; an empty fact is no fact
fact() {
	[ -n "$3" ] || return
	local got
	got=$(jq -r "$2" out)
	[ "$got" = "$3" ] || wrong="$wrong $1 is $got, want $3;"
}

check_dump() { # FILE
	local st
	"$NTRIAGE" analyze --json "$1" >out 2>err
	st=$?
	wrong=
	[ $st -eq 0 ] || [ "$drivers" = "" ] || wrong=" exit $st;"
	fact arch .system.arch "$(arch "$machine")"
	fact build .system.build "$build"
	fact cpus .system.cpus "$cpus"
	fact code .bugcheck.code "$code"
	fact p1 '.bugcheck.parameters[0]' "$p1"
	fact p2 '.bugcheck.parameters[1]' "$p2"
	fact p3 '.bugcheck.parameters[2]' "$p3"
	fact p4 '.bugcheck.parameters[3]' "$p4"
	fact time .system.time "$time"
	fact uptime .system.uptime_s "$uptime"
	fact modules '.modules | length' "$drivers"
	fact kernel_base .system.kernel_base "$base"
	fact kernel_size '.modules[] | select(.name == "nt") | .size' "$ksize"
	fact kernel_timestamp '.modules[] | select(.name == "nt") | .timestamp' "$kstamp"
	fact ip .context.ip "$(context_ip "$file" "$ip")"
	fact sp .context.sp "$(context_sp "$file" "$sp")"
	if [ -z "$wrong" ]; then pass "$file"; else fail "$file" "$wrong"; fi
}

while IFS='|' read -r file _ sig _ build machine cpus code p1 p2 p3 p4 _ time uptime _ _ _ ip sp _ drivers base ksize kstamp _; do
	path=$(find "$NTR_CORPUS/kernel_dumps" -name "$file" | head -1)
	[ -n "$path" ] || { skip "$file" "not in the corpus"; continue; }
	case $sig in
	NOT*)
		run "$file is refused" 2 analyze "$path"
		has "$file: why" err "(zero|empty)"
		;;
	*) check_dump "$path" ;;
	esac
done < <(tail -n +2 "$facts" | tr '\t' '|')

d=$NTR_CORPUS/kernel_dumps/rizin_triage_x64_0x1000007e.dmp
if [ -f "$d" ]; then
	run "amdppm" 0 analyze --json "$d"
	same "amdppm is blamed" "$(jq -r .blame.module out)" amdppm
	same "amdppm: image" "$(jq -r .blame.image out)" amdppm.sys
	same "amdppm: frames passed over have reasons" "$(jq '[.blame.skipped[] | select(.reason == null)] | length' out)" 0
	# The frames an independent debugger with all symbols shows.
	same "amdppm: the faulting frame is on the stack" "$(jq '[.stack[] | select(.ip == "0xfffff8048b58334c")] | length' out)" 1
	run "amdppm in text" 0 analyze "$d"
	has "amdppm in text: context" out 'rip=fffff8047bdf5a80 rsp=ffff850429890ee8'
	has "amdppm in text: blame" out '^Probably caused by : amdppm.sys \( amdppm'
fi

d=$NTR_CORPUS/kernel_dumps/imhex_full_header_trunc16k.dmp
if [ -f "$d" ]; then
	"$NTRIAGE" analyze "$d" >out 2>err
	has "cut full dump: header is shown" out '19045'
	has "cut full dump: incomplete" out 'INCOMPLETE'
	has "cut full dump: what is missing" out '^What is missing:'
	"$NTRIAGE" analyze --json "$d" >out 2>err
	same "cut full dump: complete" "$(jq .file.complete out)" false
	same "cut full dump: missing" "$(jq '.missing | length > 0' out)" true
fi

for x in "$NTR_CORPUS"/vmcore_made_with_qemu/*.elf.xz "$NTR_CORPUS"/vmcore_made_with_qemu/*.kdump*; do
	[ -f "$x" ] || continue
	n=$(basename "$x")
	timeout 120 "$NTRIAGE" analyze "$x" >out 2>err
	same "$n: exit" $? 1
	has "$n: a Linux guest" out 'Linux'
done
finish
