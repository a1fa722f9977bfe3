#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make install and make uninstall, below a DESTDIR.
. "$(dirname "$0")/../tools/lib.sh"
case $B in */asan | */cov) skip "install" "only the plain build is installed"; finish ;; esac
mode=$(basename "$B")

inst() { make -C "$TOP" --no-print-directory MODE="$mode" ${CC:+CC="$CC"} DESTDIR="$here/dest" PREFIX=/usr "$1" >log 2>&1; }
inst install && pass "make install" || fail "make install" "$(tail -3 log | tr '\n' '~')"
same "what is installed" "$(cd dest/usr && find . -type f ! -name '*.sig' ! -path '*/workloads/*' ! -name '*.so' | sort | tr '\n' ' ')" \
	"./bin/ntriage ./bin/refstack ./share/bash-completion/completions/ntriage ./share/bash-completion/completions/refstack ./share/doc/refstack/refstack.md ./share/doc/refstack/scripts.md ./share/man/man1/ntriage.1 ./share/man/man1/refstack.1 "
same "it runs" "$(dest/usr/bin/ntriage --version)" "$("$NTRIAGE" --version)"
export XDG_DATA_HOME=/nonexistent
same "it has the rules" "$(dest/usr/bin/ntriage sig list | wc -l)" "$("$NTRIAGE" sig list | wc -l)"
bash -n dest/usr/share/bash-completion/completions/ntriage && pass "its completion parses" || fail "its completion parses" ""
bash -n dest/usr/share/bash-completion/completions/refstack && pass "the other's completion parses" || fail "the other's completion parses" ""

# Of another place, and where the build tree cannot be seen: drivers and workloads
# are those that were installed.
mv dest moved
stack=$here/moved/usr/bin/refstack
"$stack" run moved/usr/share/refstack/workloads/transfer.txt --seed 5 >out 2>err
same "an installed workload runs" "$? $(grep -c ' ok$' out) $(cat err)" "0 4 "
same "with the same result" "$(tail -n +2 out)" "$("$B/refstack" run "$TOP/stack/workloads/transfer.txt" --seed 5 | tail -n +2)"
"$stack" run moved/usr/share/refstack/workloads/transfer.txt --stat | grep -q . && pass "stat of it" || fail "stat of it" ""
strace -f -e trace=openat -o trace "$stack" script "$TOP/tests/pkt/udp" >/dev/null 2>&1 &&
	same "its drivers are the installed ones" "$(grep -c "$B/drivers" trace)" 0
mv moved/usr/lib/refstack moved/usr/lib/away
"$stack" run moved/usr/share/refstack/workloads/transfer.txt >out 2>err
same "without drivers" "$?" 1
has "it says which one is missing" out 'tcpip.*lib/refstack/tcpip.so'
mv moved/usr/lib/away moved/usr/lib/refstack
mv moved dest
inst uninstall && pass "make uninstall" || fail "make uninstall" "$(tail -3 log | tr '\n' '~')"
same "nothing is left" "$(find dest -type f)" ""
finish
