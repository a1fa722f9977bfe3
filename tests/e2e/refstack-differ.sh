#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The same stories in socket calls (stack/workloads/calls), told by Linux at both
# ends, by Linux and the reference stack over a TAP device, each way round, and by
# the stack at both: the same results of calls, the same bytes, the same
# handshakes and closes on the wire, but for what tests/stack/differ.txt
# explains.
. "$(dirname "$0")/../tools/lib.sh"

[ -x "$B/refstack" ] || { skip differ "refstack is not built"; finish; }
[ "$(id -u)" = 0 ] || { skip differ "only root may make a namespace"; finish; }
[ -e /dev/net/tun ] || { skip differ "there is no /dev/net/tun"; finish; }
for p in ip tshark python3; do
	command -v $p >/dev/null || { skip differ "no $p"; finish; }
done
unshare -n true 2>/dev/null || { skip differ "no namespace may be made"; finish; }

timeout 120 python3 "$TOP/tests/tools/differ.py" "$B/refstack" "$TOP/tests/stack/differ.txt" \
	"$TOP"/stack/workloads/calls/*.txt >out 2>err
st=$?
grep -E '^(pass|fail) ' out
# every play has its line, and the program did not break
same differ-plays "$(grep -cE '^(pass|fail) ' out)" $((4 * $(ls "$TOP"/stack/workloads/calls/*.txt | wc -l)))
same differ-ends "$st: $(head -c 300 err)" "$((st == 1 && $(grep -c '^fail ' out) > 0)): "
grep -q '^fail ' out && fails=1
finish
