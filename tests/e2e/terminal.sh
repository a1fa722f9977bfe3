#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Colour on a terminal only, and only when wanted; ASCII of 120 columns else.
. "$(dirname "$0")/../tools/lib.sh"
unset NO_COLOR
forge "$TOP/tests/fixtures/nt351-double-fault.forge" d.dmp || finish

# tty COMMAND: what it prints when stdout is a terminal
tty_out() {
	python3 - "$@" <<'PY'
import os, pty, sys
data = b""
def read(fd):
    global data
    b = os.read(fd, 65536)
    data += b
    return b""
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = os.environ.get("WANT_TERM", "xterm")
    os.execv(sys.argv[1], sys.argv[1:])
while True:
    try:
        b = os.read(fd, 65536)
    except OSError:
        break
    if not b:
        break
    data += b
os.waitpid(pid, 0)
sys.stdout.buffer.write(data)
PY
}
esc=$'\033'
tty_out "$NTRIAGE" analyze d.dmp >out
has "terminal: coloured" out "$esc\["
NO_COLOR=1 tty_out "$NTRIAGE" analyze d.dmp >out
hasnt "NO_COLOR" out "$esc"
NO_COLOR= tty_out "$NTRIAGE" analyze d.dmp >out
has "empty NO_COLOR does not count" out "$esc\["
tty_out "$NTRIAGE" analyze --no-color d.dmp >out
hasnt "--no-color" out "$esc"
tty_out "$NTRIAGE" analyze --json d.dmp >out
hasnt "JSON is never coloured" out "$esc"
WANT_TERM=dumb tty_out "$NTRIAGE" analyze d.dmp >out
hasnt "dumb terminal" out "$esc"
run "pipe" 0 analyze d.dmp
hasnt "pipe: not coloured" out "$esc"
same "pipe: ASCII" "$(grep -cP '[^\x20-\x7e]' out)" 0
same "pipe: at most 120 columns" "$(awk 'length($0) > 120' out | wc -l)" 0
finish
