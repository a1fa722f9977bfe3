#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# !chkimg with the image's file at hand: a patch, a changed bit, no difference.
. "$(dirname "$0")/../tools/lib.sh"
cat >a.forge <<'SCENARIO'
machine x64 7
memory 64MiB
stop 0xd1 0 2 0 0
module "drv.sys" size 0x9000
poke 0xfffff88001001008 04
poke 0xfffff88001001010 e911223344
SCENARIO
sed '/^poke/d' a.forge >file.forge
echo 'poke 0xfffff88001001008 00' | cat file.forge - >same.forge
mkdir images
forge a.forge a.dmp || finish
forge same.forge same.dmp || finish
forge file.forge images/drv.sys image || finish

run "differences" 0 kd --symbols images -c '!chkimg -d drv' a.dmp
same "differences: as poked" "$(head -5 out | tr -s ' ')" " fffff880\`01001008 - drv+0x1008
 [ 00:04 ] bit 2 changed: bad memory does that
 fffff880\`01001010-fffff880\`01001014 5 bytes - drv+0x1010
 [ 00 00 00 00 00:e9 11 22 33 44 ]
6 errors : drv.sys (fffff880\`01001008-fffff880\`01001014)"
has "differences: single bits counted" out '^1 of 2 ranges are a single changed bit$'
run "without -d" 0 kd --symbols images -c '!chkimg drv' a.dmp
same "without -d: the sum only" "$(head -1 out)" "6 errors : drv.sys (fffff880\`01001008-fffff880\`01001014)"
run "JSON" 0 kd --symbols images --json -c '!chkimg drv' a.dmp
same "JSON: differences" "$(jq -c '[.differing, .ranges, .single_bit_ranges, .differences[0].single_bit, .differences[1].single_bit, .differences[1].found]' out)" '[6,2,1,2,null,"e9 11 22 33 44"]'
run "no difference" 0 kd --symbols images -c '!chkimg -d drv' same.dmp
same "no difference: none" "$(head -2 out)" "0 errors : drv.sys
4096 bytes of code compared, 16384 not in the dump"
run "the file is not at hand" 1 kd -c '!chkimg drv' a.dmp
has "the file is not at hand: named" out '^the file of drv.sys \(time stamp [0-9a-f]{8}, size 9000\) is not at hand$'
finish
