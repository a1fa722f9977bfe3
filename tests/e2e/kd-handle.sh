#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# !handle on each generation: one handle, all of a type, ids, a page that is gone.
. "$(dirname "$0")/../tools/lib.sh"
cat >body <<'SCENARIO'
memory 64MiB
stop 0xe2
module "disk.sys" size 0x9000
driver "disk" module "disk.sys"
device "DR0" driver "disk" type 7
process "a.exe" pid 0x1d0 {
	thread tid 0x1d4
	handle 0x4 process 0x1d0 access 0x1fffff protect
	handle 0x8 event "Stop" access 0x1f0003 inherit
	handle 0xc file "\temp\x.log" on "DR0" access 0x120089
	handles 700 event "Stop" access 0x100000
}
SCENARIO
for m in "x86 nt3.51" "x86 nt4" "x86 2000" "x86 xp" "x86 2003" "x64 2003" "x64 7" "x64 10" "arm64 11"; do
	{ echo "machine $m"; cat body; } >a.forge
	forge a.forge a.dmp || continue
	run "$m: one" 0 kd -c '!handle c 3 1d0' a.dmp
	has "$m: entries" out '^Handle table at [0-9a-f`]+ with 703 entries in use$'
	has "$m: one: access" out '^000c: Object: [0-9a-f`]+  GrantedAccess: 00120089 Entry: '
	has "$m: one: type" out '^Object: [0-9a-f`]+  Type: \([0-9a-f`]+\) File$'
	has "$m: one: file" out '^    File: \\temp\\x\.log \{DR0\}$'
	run "$m: events" 0 kd --json -c '!handle 0 1 0 Event' a.dmp
	same "$m: events: in JSON" "$(jq -c '[.processes[] | select(.image == "a.exe") | .handles | length, .[0].name, .[0].inherit, .[700].access]' out)" '[701,"Stop",true,"0x100000"]'
	run "$m: free" 0 kd -c '!handle 3ff0 1 1d0' a.dmp
	has "$m: free: said" out '^3ff0: free handle$'
done
printf 'machine x64 7\n' | cat - body >a.forge
forge a.forge a.dmp || finish
run "ids" 0 kd -c '!handle 1d4 22' a.dmp
has "ids: the thread" out '^    Thread: Cid 01d0\.01d4  Image: a\.exe$'
run "all ids" 0 kd -c '!handle 0 20' a.dmp
has "all ids: agree with the lists" out '^Ids: 2 processes, 2 threads\. Lists: 2 processes, 2 threads\.$'
hasnt "all ids: nothing differs" out '^\*\*\*\*\*'
run "kernel table" 1 kd -c '!handle 0 10' a.dmp
has "kernel table: what would give it" out 'nt!ObpKernelHandleTable'
run "no such process" 1 kd -c '!handle 0 1 999' a.dmp
# The second page of the table is not there: the rest is shown.
table=$("$NTRIAGE" kd --json -c '!handle 4 1 1d0' a.dmp | jq -r '.processes[0].table')
root=$("$NTRIAGE" kd -c "? poi($table)" a.dmp | sed -n 's/.*= //p' | tr -d '`')
{ cat a.forge; printf 'poke 0x%x 0000341290f9ffff\n' $(((0x$root & ~3) + 8)); } >b.forge
forge b.forge b.dmp || finish
run "a page is gone" 0 kd -c '!handle 0 1 1d0' b.dmp
has "a page is gone: said" out '^0400 \.\. 07fc: Object: \?+  Entry: [0-9a-f`]+  \(not in the dump\)$'
has "a page is gone: before it" out '^03fc: Object: '
has "a page is gone: behind it" out '^0b00: Object: '
run "a table that is none" 0 kd -c '!handle' a.dmp
has "a table that is none: why" out 'has no handle table'
forge a.forge t.dmp triage || finish
run "triage" 0 kd -c '!handle' t.dmp
has "triage: why" out '^\('
finish
