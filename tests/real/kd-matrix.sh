#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every command of the debugger on every real dump: an answer or a reason, and
# what another reader of these files found in them; and on another system's
# memory the commands about NT refuse in a line.
. "$(dirname "$0")/../tools/lib.sh"
. "$TOP/tests/tools/kd-sweep.sh"
facts=$NTR_CORPUS/kernel_dump_facts.tsv
[ -f "$facts" ] || { skip "kd on real dumps" "no $facts"; finish; }
forge "$TOP/tests/fixtures/kd-x64.forge" kd.dmp || finish
{ echo 'bang_pcr|!pcr'; echo 'lm|lm'; echo 'bang_thread|!thread'; echo 'bang_process|!process'; echo 'k|k'; echo 'r|r'; } >list
examples kd.dmp >>list

# fact FILE COLUMN
fact() {
	awk -F'\t' -v f="$1" -v c="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == c) n = i } $1 == f { print $n }' "$facts"
}

for d in "$NTR_CORPUS"/kernel_dumps/*.dmp "$NTR_CORPUS"/kernel_dumps/*/*.dmp; do
	f=$(basename "$d")
	case $(fact "$f" dumptype) in *TRIAGE) ;; *) continue ;; esac
	sweep "$f" "$d" list
	run "$f: facts" 0 kd --json -c '.bugcheck; lm o; k; version; r $ip, $sp' "$d"
	same "$f: code" "$(jq -r 'select(.command == ".bugcheck").code' out)" "$(fact "$f" bugcheck)"
	same "$f: modules" "$(jq -r 'select(.modules).modules | length' out)" "$(fact "$f" drivers)"
	same "$f: kernel" "$(jq -r 'select(.modules).modules[] | select(.name == "nt").base' out)" "$(fact "$f" nt_base)"
	same "$f: build" "$(jq -r 'select(.build).build' out)" "$(fact "$f" build)"
	same "$f: time" "$(jq -r 'select(.build).time' out)" "$(fact "$f" systemtime_utc)"
	same "$f: innermost frame" "$(jq -r 'select(.frames).frames[0].ip' out)" "$(jq -r 'select(.values).values[0].value' out)"
	run "$f: outer frames" 0 kd --json -c '.frame 1; r' "$d"
	same "$f: r is of the frame" "$(jq -r 'select(.command == "r").registers | .rip // .pc' out)" \
		"$(jq -r 'select(.command == ".frame 1").ip' out)"
done

linux=$NTR_CORPUS/vmcore_made_with_qemu/vm_kaslr.kdump-zlib
if [ -f "$linux" ]; then
	sweep linux "$linux" list
	for c in $("$NTRIAGE" kd --json -c .help kd.dmp 2>/dev/null | jq -r '.commands[].names | split(" ")[0] | select(startswith("!"))'); do
		case $c in '!address' | '!analyze' | '!chkimg' | '!dh' | '!error' | '!pte' | '!vtop') continue ;; esac
		"$NTRIAGE" kd -c "$c" "$linux" >out 2>err
		same "linux: $c refuses in a line" "$? $(wc -l <out) $(grep -c 'Windows NT, and this is Linux' out)" "1 1 1"
	done
else
	skip "linux" "no $linux"
fi
finish
