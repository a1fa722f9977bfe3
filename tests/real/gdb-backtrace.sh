#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ELF cores: the frames of the thread that ended the process, innermost first,
# against gdb's backtrace of the same core and its program.  Of i386 gdb has
# two frames more: its first frame is in the vdso, which no module of the core
# covers, and only the vdso's own unwind data knows the way from there; ours
# goes on by ebp and must find all the others, in order.
. "$(dirname "$0")/../tools/lib.sh"
command -v gdb >/dev/null || { skip gdb-backtrace "no gdb"; finish; }

# backtrace ARCH: gdb's addresses into the file want, ours into got
backtrace() {
	local f=elf_cores/elfutils/backtrace.$1
	bzcat "$NTR_CORPUS/$f.core.bz2" >core && bzcat "$NTR_CORPUS/$f.exec.bz2" >exec || return
	# gdb shows its first frame once more before all others
	gdb -nx -batch -ex bt exec core 2>/dev/null | grep '^#' | sed 1d |
		sed -n 's/^#[0-9]* *0x0*\([0-9a-f]*\) in .*/\1/p' >want
	"$NTRIAGE" analyze --json core 2>err | jq -r '.stack[].ip' |
		sed 's/^0x0*//' >got
	[ -s want ] && [ -s got ]
}

if [ ! -e "$NTR_CORPUS/elf_cores/elfutils/backtrace.x86_64.core.bz2" ]; then
	skip gdb-backtrace "no corpus"
	finish
fi
if backtrace x86_64; then
	same gdb-backtrace-x86_64 "$(tr '\n' ' ' <got)" "$(tr '\n' ' ' <want)"
else
	fail gdb-backtrace-x86_64 "no frames"
fi
if backtrace i386; then
	same gdb-backtrace-i386 "$(tr '\n' ' ' <got)" "$(sed '2,3d' want | tr '\n' ' ')"
else
	fail gdb-backtrace-i386 "no frames"
fi
finish
