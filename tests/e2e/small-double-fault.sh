#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Small dumps of double faults that hold less than forge writes: no data
# blocks at all, or only a part of the thread's stack; other traps; a stack
# that still had room.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/../tools/lib.sh"
fx=$TOP/tests/fixtures

u32() { od -An -tu4 -j"$2" -N4 "$1" | tr -d ' '; }
put32() { # FILE OFFSET VALUE
	# shellcheck disable=SC2059
	printf "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $(($3 & 255)) $(($3 >> 8 & 255)) \
		$(($3 >> 16 & 255)) $(($3 >> 24 & 255)))" |
		dd of="$1" bs=1 seek=$(($2)) conv=notrunc status=none
}
# The block of the thread's stack is the largest: its entry's offset.
largest() {
	local n at best=0 entry=0 i len
	n=$(u32 "$1" $((0x207c)))
	at=$(u32 "$1" $((0x2078)))
	for ((i = 0; i < n; i++)); do
		len=$(u32 "$1" $((at + 16 * i + 12)))
		[ "$len" -gt "$best" ] && best=$len && entry=$((at + 16 * i))
	done
	echo $entry
}
proven() { # NAME FILE PATTERN
	run "$1" 0 analyze "$2"
	has "$1 proven" out '^STACK_OVERFLOW: proven'
	has "$1 memory" out "$3"
}

for p in x64-7 x64-10; do
	forge "$fx/$p-double-fault.forge" all.dmp triage || continue
	cp all.dmp none.dmp
	put32 none.dmp 0x207c 0
	proven "$p no blocks" none.dmp 'nothing of the 0x6000 bytes of stack'
	has "$p no blocks: unsure" out 'confidence: medium'
	hasnt "$p no blocks: no recursion" out 'rounds of'

	cp all.dmp part.dmp
	entry=$(largest part.dmp)
	put32 part.dmp $((entry + 12)) $((0x1c80))
	proven "$p part" part.dmp 'the dump holds 0x1c80'
	has "$p part: recursion" out 'rounds of [23] frames take'

	# without any code: only this block
	at=$(u32 all.dmp $((0x2078)))
	cp all.dmp stack.dmp
	for o in 0 4 8 12; do
		put32 stack.dmp $((at + o)) "$(u32 all.dmp $((entry + o)))"
	done
	put32 stack.dmp 0x207c 1
	proven "$p no code" stack.dmp '40 rounds of [23] frames'
	hasnt "$p no code: all of it" out 'the dump holds'
done

for p in x64-7 x64-10 xp w2k nt4; do
	c=full
	case $p in x64* | xp) c=triage ;; esac
	# sp inside the limits
	sed 's/^stack overflow {/stack size 24KiB {/; s/times 40/times 6/
		s/^stop .*/stop 0x7f 8 0 sp ip/' "$fx/$p-double-fault.forge" >room.forge
	forge room.forge room.dmp $c || continue
	run "$p room read" 0 analyze room.dmp
	has "$p room said" out 'bytes of the stack were still free'
	hasnt "$p room" out 'STACK_OVERFLOW: proven|kernel stack overflowed'
	# another trap
	sed 's/^stop 0x7f 8/stop 0x7f 0xd/' "$fx/$p-double-fault.forge" >gp.forge
	forge gp.forge gp.dmp $c || continue
	run "$p other trap read" 0 analyze gp.dmp
	has "$p other trap named" out '^UNEXPECTED_KERNEL_MODE_TRAP'
	hasnt "$p other trap" out 'STACK_OVERFLOW: proven|kernel stack overflowed'
done
finish
