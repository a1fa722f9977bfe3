#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The screen of output in README.md is what ntriage prints, and the commands of
# the reference stack there do what they shall (in a namespace of their own name).
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

# block N: of the section about the reference stack, as a script for this build
block()
{
	awk -v n="$1" '/^## / { in_ = $0 == "## The reference stack" } !in_ { next }
		/^```$/ { on = !on; k += on; next } on && k == n' "$TOP/README.md" |
		sed "s|build/dev/refstack|$B/refstack|g; s/\\bnt\\b/ntr-$$/g"
}
if [ -x "$B/refstack" ]; then
	(cd "$TOP" && bash -e <(block 1)) >out 2>&1
	same "README: in simulation" "$? $(grep -c ' ok$' out)" "0 4"
	has "README: scripts" out ' scripts, 0 not as they say'
	if [ "$(id -u)" = 0 ] && [ -e /dev/net/tun ] && command -v ip curl >/dev/null && unshare -n true 2>/dev/null; then
		(cd "$TOP" && timeout 60 bash <(block 2)) >out 2>err
		same "README: live" $? 0
		hasnt "README: nobody complains" err 'refstack:|ip:|rror|annot'
		has "README: curl" out '^# Documents'
		has "README: stat" out 'nonpaged'
		ip netns del "ntr-$$" 2>/dev/null
	else
		skip "README: live" "no root, TAP, ip or curl"
	fi
fi
finish
