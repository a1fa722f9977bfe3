#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The screen of output in README.md is what ntriage prints.
#   readme.sh [--bless]   --bless writes it anew
bless=${1:-}
. "$(dirname "$0")/../tools/lib.sh"

uncounted()
{
	sed -E 's/ of [0-9]+ rules/ of N rules/'
}

forge "$TOP/tests/fixtures/nt351-double-fault.forge" demo.dmp || finish
run "demo" 0 analyze demo.dmp
if [ "$bless" = --bless ]; then
	awk -v new=out '/^\$ ntriage analyze demo.dmp$/ { print; while ((getline l < new) > 0) print l; skip = 1 }
		skip && /^```$/ { skip = 0 }
		!skip { print }' "$TOP/README.md" >readme && cp readme "$TOP/README.md"
fi
awk '/^```$/ { on = 0 } on { print } /^\$ ntriage analyze demo.dmp$/ { on = 1 }' "$TOP/README.md" >shown
# How many rules there are changes with every new one.
same "README shows what is printed" "$(diff <(uncounted <shown) <(uncounted <out) | head -4)" ""

# The commands of the README's table are verbs.
for v in $(grep -oE '^\| `ntriage [a-z]+' "$TOP/README.md" | awk '{ print $NF }'); do
	"$NTRIAGE" help "$v" >/dev/null 2>&1 || fail "README names $v" "no such verb"
done
grep -qE '^make demo' "$TOP/README.md" && grep -qE '^make check' "$TOP/README.md" &&
	pass "README has the two commands" || fail "README has the two commands" "make demo, make check"
finish
