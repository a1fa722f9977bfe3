#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The debugger at a terminal: prompt, editing, history, completion, Ctrl-C,
# the pager.
. "$(dirname "$0")/../tools/lib.sh"
command -v tmux >/dev/null || { skip "terminal" "no tmux"; finish; }
forge "$TOP/tests/fixtures/kd-x64.forge" d.dmp || finish
export XDG_STATE_HOME=$here/state
# libedit keeps the name of an added function when it ends (116 bytes).
export ASAN_OPTIONS=detect_leaks=0
T="tmux -L ntr-$$ -f /dev/null"
$T new-session -d -x 130 -y 40 "unset PAGER; cd '$here'; TERM=xterm '$NTRIAGE' kd --no-color d.dmp; echo left \$?; sleep 60" ||
	{ skip "terminal" "tmux cannot run here"; finish; }
trap '$T kill-server 2>/dev/null; rm -rf "$here"' EXIT

screen() { $T capture-pane -p -S -200 >screen; }
# until_has NAME PATTERN: within 10 seconds
until_has() {
	for _ in $(seq 100); do
		screen
		grep -qE -- "$2" screen && { pass "$1"; return; }
		sleep 0.1
	done
	fail "$1" "no \"$2\" in: $(tail -5 screen | tr '\n' '~')"
}
keys() { $T send-keys "$@"; }

until_has "prompt" '^0: kd>'
keys '? 1+1' Enter
until_has "a command" 'Evaluate expression: 2 '
keys '? 1+3' Left BSpace '*2' Enter
until_has "a line can be edited" 'Evaluate expression: 35 '
keys Up Enter
sleep 0.3
screen
same "history brings it back" "$(grep -c 'Evaluate expression: 35 ' screen)" 2
keys 'ln drv!Wai' Tab
until_has "a symbol is completed" 'ln drv!WaitForIt'
keys Enter
until_has "and found" 'drv!WaitForIt$'
keys 'dt nt!_KTH' Tab
until_has "a type is completed" 'dt nt!_KTHREAD'
keys C-u 'verta' Tab Enter
until_has "a command is completed" 'Kernel Version 7601'
keys '.lo' Tab
until_has "several: what they have in common" '\.log'
keys Tab
until_has "several: they are listed" '\.logappend +\.logclose +\.logopen'
keys C-c
sleep 0.3
keys '? 55' Enter
until_has "Ctrl-C empties the line" 'Evaluate expression: 85 '
keys 's -b 0 L?7fffffffffff 1 2 3' Enter
sleep 1
keys C-c
until_has "Ctrl-C ends a command" 'interrupted'
keys '~1s' Enter
until_has "the prompt shows the processor" '^1: kd>'
keys 'q' Enter
until_has "q leaves with 0" 'left 0'
has "the history is kept" state/ntriage/history 'drv!WaitForIt'
same "for its owner only" "$(stat -c %a state/ntriage/history)" 600

# A pager gets what is more than a screen, and only that.
cat >pager.sh <<'END'
#!/bin/sh
echo "PAGED $(wc -l)"
END
chmod +x pager.sh
$T new-window "cd '$here'; PAGER='$here/pager.sh' TERM=xterm '$NTRIAGE' kd --no-color d.dmp; sleep 60"
until_has "again" '^0: kd>'
keys '? 77' Enter
until_has "little is not paged" 'Evaluate expression: 119 '
keys 'db nt L1000' Enter
until_has "much is paged" 'PAGED 256'
keys C-d
finish
