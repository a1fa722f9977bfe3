#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make install and make uninstall, below a DESTDIR.
. "$(dirname "$0")/../tools/lib.sh"
case $B in */asan | */cov) skip "install" "only the plain build is installed"; finish ;; esac
mode=$(basename "$B")

inst() { make -C "$TOP" --no-print-directory MODE="$mode" ${CC:+CC="$CC"} DESTDIR="$here/dest" PREFIX=/usr "$1" >log 2>&1; }
inst install && pass "make install" || fail "make install" "$(tail -3 log | tr '\n' '~')"
same "what is installed" "$(cd dest && find . -type f ! -name '*.sig' | sort | tr '\n' ' ')" \
	"./usr/bin/ntriage ./usr/share/bash-completion/completions/ntriage ./usr/share/man/man1/ntriage.1 "
same "it runs" "$(dest/usr/bin/ntriage --version)" "$("$NTRIAGE" --version)"
export XDG_DATA_HOME=/nonexistent
same "it has the rules" "$(dest/usr/bin/ntriage sig list | wc -l)" "$("$NTRIAGE" sig list | wc -l)"
bash -n dest/usr/share/bash-completion/completions/ntriage && pass "its completion parses" || fail "its completion parses" ""
inst uninstall && pass "make uninstall" || fail "make uninstall" "$(tail -3 log | tr '\n' '~')"
same "nothing is left" "$(find dest -type f)" ""
finish
