#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A live stack's dump, asked for, by signal and after a bug check, as gdb and
# ntriage read it: the machine's threads with their stacks, the bytes of its pool;
# and the stack goes on meanwhile.
. "$(dirname "$0")/../tools/lib.sh"
. "$TOP/tests/tools/ns.sh"
command -v gdb >/dev/null || { skip dump "no gdb"; finish; }
command -v python3 >/dev/null || { skip dump "no python3"; finish; }

in_gdb() { # CORE COMMANDS...
	local core=$1 args=()
	shift
	for c in "$@"; do args+=(-ex "$c"); done
	timeout 60 gdb -q -batch -nx -iex 'set auto-load no' -iex 'set debuginfod enabled off' -ex 'set width 0' "${args[@]}" \
		"$stack" "$core" 2>&1
}

echo small >www/small
begin --dump "$here/by-signal.core" || finish
# Bytes that are in pool when it is dumped: a receive buffer that nobody reads is
# hard to have, a connection whose other side does not read is not.
in_ns timeout 60 python3 - <<-'EOF' >idle.out &
	import socket, sys, time
	s = socket.create_connection(("192.0.2.1", 19), 10)
	print(s.getsockname()[1], flush=True)
	time.sleep(50)
EOF
idle=$!
for _ in $(seq 100); do [ -s idle.out ] && break; sleep 0.05; done
port=$(cat idle.out)
sleep 0.5
tcb=$("$stack" stat "$live" connections --json | python3 -c "import json, sys
print(next(c['tcb'] for c in json.load(sys.stdin)['connections'] if c['remote'].endswith(':$port')))")

echo old >asked.core && chmod 644 asked.core # what was there before is not kept
timeout 20 "$stack" dump "$live" asked.core 2>dump.err
same dumped $? 0
round meanwhile
same kind "$(readelf -h asked.core | awk '/Type:/ { print $2 }')" CORE
has note <(readelf -nW asked.core 2>/dev/null) 'NTSTACK'
same mode "$(stat -c %a asked.core)" 600
mkfifo pipe.core
timeout 20 "$stack" dump "$live" pipe.core 2>dump.err
same no-file $? 2
# what was never written to is not there: the machine has 64 GiB of addresses
if [ "$(stat -c %s asked.core)" -lt 60000000 ]; then pass small; else fail small "$(stat -c %s asked.core)"; fi

in_gdb asked.core 'info threads' 'thread apply all -q backtrace 20' >gdb.out
has threads gdb.out '^\* 1 +LWP 1073741824 '
has chargen-waits gdb.out ' (ke_wait|io_sync) \('
has chargen gdb.out ' generate \(c='
has service gdb.out ' connection_thread \('
has worker gdb.out ' worker \('
has its-end gdb.out ' in co_start \(\)$'
hasnt whole gdb.out 'Cannot access memory|Backtrace stopped'
# The TCB of that connection, by its type: the driver's symbols are found, too.
in_gdb asked.core "p ((struct tcb *)$tcb)->rport" "p ((struct tcb *)$tcb)->state" \
	"p ((struct tcb *)$tcb)->snd_q != 0" 'p ((struct ex *)0x200000000000)->name' \
	"x/s ((struct tcb *)$tcb)->lock.name" "x/4cb (char *)$tcb - 16" >gdb.out
has tcb-port gdb.out "^\\\$1 = $port\$"
has tcb-state gdb.out '^\$2 = 4 '
has tcb-queue gdb.out '^\$3 = 1$'
has machine-name gdb.out '^\$4 = "live"'
has lock-name gdb.out '"tcb_lock"$'
has pool-tag gdb.out "84 'T'.*67 'C'.*80 'P'.*98 'b'"
# What it was sending lies in pool, as it went out (RFC 864).
has pool-bytes <(strings -n 70 asked.core) '^.*!"#\$%&.\(\)\*\+,-\./0123456789'

timeout 60 "$NTRIAGE" analyze asked.core >ntriage.out 2>&1
same ntriage $? 1 # no stop, so no cause of one
has ntriage-kind ntriage.out 'ELF core'
has ntriage-process ntriage.out 'refstack'

kill -QUIT "$live"
for _ in $(seq 100); do grep -q 'the machine is in' live.err && break; sleep 0.05; done
has by-signal live.err 'the machine is in .*by-signal.core'
in_gdb by-signal.core 'thread apply all -q backtrace 20' >gdb.out
has by-signal-stack gdb.out ' generate \(c='
round after-signal
# Nobody else's file, and a file that cannot be written
timeout 5 "$stack" dump "$live" /nonexistent/x 2>err
same no-file $? 2
timeout 10 "$stack" dump "$live" /dev/full 2>err # not a file of any length
same full $? 1
has full-said err "the dump is not whole"
kill "$idle"
wait "$idle" 2>/dev/null
stop ends

# A bug check: where iperf's thread begins it calls ke_bugcheck instead, as if by
# a debugger's .crash. The dump is written before the process aborts, and its first
# thread is the one that stopped the machine.
begin --dump "$here/stopped.core" || finish
{
	ulimit -c 0
	timeout 60 gdb -p "$live" -q -batch -nx -iex 'set debuginfod enabled off' -ex 'handle SIGABRT nostop noprint pass' \
		-ex 'break *iperf' -ex 'shell touch armed' -ex continue -ex 'set var $rdi = 0xe2' -ex 'set var $rsi = 11' \
		-ex 'set var $rdx = 22' -ex 'set var $rcx = 33' -ex 'set var $r8 = 44' -ex 'set var $rip = ke_bugcheck' \
		-ex 'delete' -ex 'continue' >gdb.live 2>&1
} &
debugger=$!
for _ in $(seq 100); do [ -e armed ] && break; sleep 0.1; done
sleep 0.3
in_ns timeout 5 bash -c 'exec 3<>/dev/tcp/192.0.2.1/5001; head -c 100 /dev/zero >&3; sleep 1' 2>/dev/null
wait "$debugger"
wait "$live" 2>/dev/null
same aborted $? 134
live=
has stopped-said live.err 'the machine stopped: .*(0xe2|0x000000E2|E2)'
has stopped-dump live.err 'the machine is in .*stopped.core'
in_gdb stopped.core 'backtrace' >gdb.out
has stopped-first gdb.out ' connection_thread \('
has stopped-note <(strings stopped.core) '^bugcheck 0xe2 0xb 0x16 0x21 0x2c$'
finish
