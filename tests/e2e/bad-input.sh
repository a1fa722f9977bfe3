#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Input that is no dump, or a damaged one: a message in words, never a crash,
# a hang or much memory.
. "$(dirname "$0")/../tools/lib.sh"
fixture=$TOP/tests/fixtures/nt351-double-fault.forge

# refused NAME FILE PATTERN: exit 2, one line that names the file and says what
refused() {
	run "$1: analyze" 2 analyze "$2"
	has "$1: said" err "$3"
	same "$1: one line" "$(wc -l <err)" 1
	same "$1: nothing on stdout" "$(wc -c <out)" 0
	run "$1: analyze --json" 2 analyze --json "$2"
	same "$1: JSON error" "$(jq -r '.schema + " " + .file' out 2>&1)" "ntriage.error/1 $2"
}

: >empty.dmp
refused "empty" empty.dmp 'empty'
head -c 300000 /dev/zero >zeros.dmp
refused "zeros" zeros.dmp 'zero'
refused "text" "$TOP/README.md" 'text'
mkdir folder
refused "directory" folder '(folder|directory)'
refused "program" /bin/sh '(ELF|executable|program)'
refused "character device" /dev/null '(device|regular)'
refused "no such file" nothing.dmp 'nothing.dmp'
mkfifo pipe
refused "pipe" pipe '(pipe|fifo|FIFO|regular)'
head -c 100000 /dev/urandom >random.bin
run "random bytes" 2 analyze random.bin
printf 'PAGEDU64' >short.dmp
run "signature only" 2 analyze short.dmp
has "signature only: where" err 'short.dmp'
printf 'MDMP' >short.mdmp
run "minidump signature only" 2 analyze short.mdmp
printf '\177ELF\002\001\001' >short.elf
run "ELF magic only" 2 analyze short.elf
printf 'KDUMP   ' >short.kdump
run "kdump magic only" 2 analyze short.kdump
printf 'EMiL\001\000\000\000' >short.lime
run "LiME magic only" 2 analyze short.lime
printf 'PK\003\004garbage' >bad.zip
run "broken zip" 2 analyze bad.zip
: >a.gz
printf '\037\213\010' >short.gz
run "broken gzip" 2 analyze short.gz

# bounded NAME FILE: any exit code of ours, in time and in 256 MiB
bounded() {
	local st
	(case $B in */asan) ;; *) ulimit -v 1048576 ;; esac
		timeout 20 "$NTRIAGE" analyze --json "$2" >out 2>err)
	st=$?
	if [ $st -gt 2 ]; then
		fail "$1" "exit $st: $(head -c 200 err | tr '\n' '~')"
		return 1
	fi
	if ! jq -e .schema out >/dev/null 2>&1; then
		fail "$1" "not one JSON object"
		return 1
	fi
}

forge "$fixture" whole.dmp || finish
size=$(stat -c %s whole.dmp)
good=1
for cut in 1 3 4 7 8 31 32 63 127 512 1000 2047 2048 4000 4095 4096 4097 8191 \
	8192 8193 12288 $((size / 7)) $((size / 3)) $((size / 2)) $((size - 4097)) $((size - 1)); do
	[ "$cut" -gt 0 ] && [ "$cut" -lt "$size" ] || continue
	head -c "$cut" whole.dmp >cut.dmp
	bounded "cut at $cut" cut.dmp || good=
done
[ -n "$good" ] && pass "a dump cut anywhere"
head -c $((size / 2)) whole.dmp >cut.dmp
run "half a dump" "$("$NTRIAGE" analyze cut.dmp >/dev/null 2>&1; echo $?)" analyze --json cut.dmp
same "half a dump is marked" "$(jq .file.complete out)" false
same "half a dump keeps its bug check" "$(jq -r .bugcheck.code out)" 0x7f

# Every 4-byte word of the header in turn becomes a huge number.
good=1
for ((at = 8; at < 2048; at += 44)); do
	cp whole.dmp lie.dmp
	printf '\377\377\377\177' | dd of=lie.dmp bs=1 seek=$at conv=notrunc status=none
	bounded "word at $at huge" lie.dmp || good=
done
[ -n "$good" ] && pass "huge numbers in the header"

# Several files: all are reported, the worst code wins.
cp whole.dmp ok.dmp
run "several files, one bad" 2 analyze ok.dmp empty.dmp ok.dmp
same "several files: both good ones are shown" "$(grep -c '^Arguments:' out)" 2
has "several files: the bad one is named" err 'empty.dmp'
run "several files in JSON" 2 analyze --json ok.dmp empty.dmp zeros.dmp ok.dmp
same "several files in JSON: one line each" "$(wc -l <out)" 4
same "several files in JSON: schemas" "$(jq -r .schema out | tr '\n' ' ')" \
	"ntriage.verdict/1 ntriage.error/1 ntriage.error/1 ntriage.verdict/1 "
run "all good" 0 analyze ok.dmp ok.dmp
finish
