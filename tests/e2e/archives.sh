#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A dump inside an archive opens directly; a bomb does not.
. "$(dirname "$0")/../tools/lib.sh"

forge "$TOP/tests/fixtures/nt351-double-fault.forge" memory.dmp || finish
"$NTRIAGE" analyze --json memory.dmp | jq 'del(.file)' >want

# opens ARCHIVE TOOL COMMAND...: same verdict as unpacked
opens() {
	local a=$1 tool=$2
	shift 2
	command -v "$tool" >/dev/null || { skip "$a" "no $tool"; return; }
	"$@" >/dev/null 2>&1 || { fail "$a" "$tool failed"; return; }
	run "$a" 0 analyze --json "$a"
	jq 'del(.file)' out >got
	same "$a: same verdict" "$(cmp got want 2>&1)" ""
	same "$a: packing is said" "$(jq '.file.packing != null' out)" true
}
opens d.zip zip zip d.zip memory.dmp
opens d.7z 7z 7z a d.7z memory.dmp
opens d.dmp.gz gzip sh -c 'gzip -c memory.dmp >d.dmp.gz'
opens d.dmp.xz xz sh -c 'xz -c memory.dmp >d.dmp.xz'
opens d.dmp.zst zstd zstd -q memory.dmp -o d.dmp.zst
opens d.cab gcab gcab -c d.cab memory.dmp
if command -v zip >/dev/null; then
	echo hello >readme.txt
	zip -q two.zip readme.txt memory.dmp
	run "archive with other files before the dump" 0 analyze --json two.zip
	zip -q none.zip readme.txt
	run "archive without a dump" 2 analyze none.zip
	cp d.zip renamed.dmp
	run "archive under another name" 0 analyze renamed.dmp
	head -c $(($(stat -c %s d.zip) / 2)) d.zip >half.zip
	timeout 20 "$NTRIAGE" analyze half.zip >out 2>err
	[ $? -le 2 ] && pass "half an archive" || fail "half an archive" "exit $?"
fi
# 512 MiB of zeros in little, with a cap of 16 MiB.
truncate -s 512M zeros
gzip -1 -c zeros >bomb.gz
rm zeros
run "bomb" 2 analyze --max-unpacked 16M bomb.gz
has "bomb: the limit is said" err 'unpacked size is over 16777216'
run "too small a limit" 2 analyze --max-unpacked=1k d.dmp.gz
finish
