#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ntriage scan when things go wrong: workers that crash, hang or run out of
# memory, a scanner that is killed at any moment, a full disk, a locked store.
. "$(dirname "$0")/../tools/lib.sh"
. "$TOP/tests/tools/scan-dumps.sh"
command -v sqlite3 >/dev/null || { skip "scan-kill" "no sqlite3"; finish; }
dumps d 40
cp other.dmp d/100.dmp && echo text >d/101.dmp
(cd d && zip -q0 050.zip 001.dmp 101.dmp 002.dmp)

# --- a worker in trouble ---------------------------------------------------------------
# One worker, which is stopped before it gets its file.
# trouble NAME SCAN-OPTIONS: starts it; its pid in $scanner, the worker's in $worker
trouble() {
	rm -f list && mkfifo list
	"$NTRIAGE" scan --json --no-store -j 1 $1 - <list >out 2>err &
	scanner=$!
	exec 7>list
	worker=
	for ((i = 0; i < 200; i++)); do
		worker=$(cat /proc/$scanner/task/*/children 2>/dev/null)
		[ -n "$worker" ] && break
		sleep .02
	done
	worker=${worker%% *}
	kill -STOP "$worker"
}
rows() { jq -r '"\(.path) \(.outcome) \(.error // "-")"' out; }

trouble
printf 'd/000.dmp\nd/001.dmp\n' >&7
sleep .3
kill -SEGV "$worker" && kill -CONT "$worker"
echo d/002.dmp >&7
exec 7>&-
wait $scanner
same "a crash: exit" $? 2
same "a crash: a row, and the others" "$(rows | sed 's/ended by .*/ended/; s/ended with .*/ended/')" "d/000.dmp crash the worker ended
d/001.dmp judged -
d/002.dmp judged -"
trouble
echo d/000.dmp >&7
sleep .3
kill -KILL "$worker"
exec 7>&-
wait $scanner
same "killed: a row" "$(rows)" "d/000.dmp memory the worker was killed from outside (memory short?)"
trouble "--timeout 1"
printf 'd/000.dmp\nd/001.dmp\n' >&7
exec 7>&-
wait $scanner
same "a hang: a row, and the others" "$(rows)" "d/000.dmp timeout not judged within 1.0 s
d/001.dmp judged -"
trouble
kill -KILL "$worker"
sleep .2
echo d/000.dmp >&7
exec 7>&-
wait $scanner
same "killed while idle: nothing is lost" "$(rows)" "d/000.dmp judged -"
trouble
disown $scanner
kill -KILL $scanner
exec 7>&-
kill -CONT "$worker" 2>/dev/null
sleep .3
same "no worker outlives the scanner" "$(awk '$1 == "State:" && $2 != "Z" { print $2 }' "/proc/$worker/status" 2>/dev/null)" ""
case $B in
*asan*) skip "memory" "AddressSanitizer's own use has no limit" ;;
*)
	run "memory: too little" 2 scan --json --no-store --memory 64k d/000.dmp d/001.dmp
	same "memory: rows" "$(jq -r .outcome out | sort -u | grep -cvE '^(memory|crash)$'):$(wc -l <out)" "0:2"
	run "memory: enough" 0 scan --no-store --memory 64M d/000.dmp
	;;
esac

# --- an end that is asked for --------------------------------------------------------------
rm -f list && mkfifo list
"$NTRIAGE" scan --format sarif --store int.db - <list >out 2>err &
scanner=$!
exec 7>list
printf 'd/000.dmp\nd/001.dmp\n' >&7
for ((i = 0; i < 100; i++)); do grep -q d/001 out && break; sleep .05; done
kill -INT $scanner 2>/dev/null || fail "interrupt" "no scanner"
kill -TERM $scanner
wait $scanner
same "interrupted: exit" $? 2
exec 7>&-
has "interrupted: said" err 'interrupted after 2 rows'
same "interrupted: the document is closed" "$(python3 "$TOP/tests/tools/sarif-check.py" out 2>&1)" "4 results"
same "interrupted: and says so" "$(jq -c '.runs[0].invocations' out)" '[{"executionSuccessful":false}]'
same "interrupted: the store has them" "$(sqlite3 int.db 'select count(*) from dumps')" 2

# --- the scanner is killed, at any moment -----------------------------------------------------
"$NTRIAGE" scan --json --store calm.db d >calm.out 2>/dev/null
final calm.db >calm
same "calm: rows" "$(wc -l <calm)" 46
RANDOM=216765
ends=0
for ((n = 0; n < 50; n++)); do
	"$NTRIAGE" scan --json --store k.db d >k.out 2>/dev/null &
	pid=$!
	sleep "$(printf '0.%03d' $((RANDOM % 120)))"
	kill -KILL $pid 2>/dev/null || ends=$((ends + 1))
	wait $pid 2>/dev/null
	# What was reported is kept.
	grep '}$' k.out 2>/dev/null | jq -r .path | sort >reported
	[ -s reported ] && sqlite3 k.db 'select path from dumps' 2>/dev/null | sort >kept &&
		[ -n "$(comm -23 reported kept)" ] && fail "kill $n: what was reported is kept" "$(comm -23 reported kept | head -1)"
	[ $((n % 10)) = 9 ] && final k.db >k.now 2>/dev/null && rm -f k.db k.db-*
done
pass "killed 50 times ($ends had ended)"
for ((n = 0; n < 6; n++)); do
	"$NTRIAGE" scan --json --store k.db d >/dev/null 2>&1 &
	sleep "0.0$((RANDOM % 10))"
	kill -KILL $! 2>/dev/null
	wait $! 2>/dev/null
done
"$NTRIAGE" scan --json --store k.db d >k.out 2>err
same "killed and run again: exit" $? 0
final k.db >k
same "killed and run again: the same store" "$(diff calm k | head -2)" ""
same "killed and run again: the same rows" "$(cmp calm.out k.out 2>&1)" ""
same "killed and run again: whole" "$(sqlite3 k.db 'pragma integrity_check')" ok

# --- a full disk ----------------------------------------------------------------------------------
(
	trap '' XFSZ
	ulimit -f 120
	"$NTRIAGE" scan --json --store full.db d 2>err | cat >full.out
	exit "${PIPESTATUS[0]}"
)
same "full: exit" $? 2
has "full: said" err 'scan: .*full\.db: '
jq -r .path full.out | sort >reported
sqlite3 full.db 'select path from dumps' 2>/dev/null | sort >kept
same "full: nothing is reported that is not kept" "$(comm -23 reported kept)" ""
"$NTRIAGE" scan --json --store full.db d >full.out 2>err
final full.db >full
same "full: another run completes" "$(diff calm full | head -2)$(cmp calm.out full.out 2>&1)" ""
if "$NTRIAGE" scan --json --no-store d >/dev/full 2>err; then fail "full: output" "exit 0"; else same "full: output" "$?:$(head -1 err)" "2:ntriage: standard output cannot be written"; fi

# --- a store that another process keeps locked -------------------------------------------------------
cat >lock.py <<'PY'
import sqlite3, sys, time
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("begin immediate")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
c.execute("rollback")
PY
# locked SECONDS: the store is, when it returns
locked() {
	rm -f lock.out
	python3 lock.py calm.db "$1" >lock.out 2>&1 &
	locker=$!
	for ((i = 0; i < 100; i++)); do grep -qs locked lock.out && break; sleep .05; done
}
locked 1.5
run "locked for a while" 0 scan --fresh --json --store calm.db d
same "locked for a while: rows" "$(cmp calm.out out 2>&1)" ""
wait $locker
locked 20
run "locked for long" 2 scan --fresh --json --store calm.db d
has "locked for long: said" err 'another process keeps the store locked'
same "locked for long: nothing is reported" "$(wc -c <out)" 0
kill $locker
wait $locker 2>/dev/null
finish
