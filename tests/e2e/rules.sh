#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The shipped rules: they load, they are in the one layout, their tests pass.
. "$(dirname "$0")/../tools/lib.sh"

export XDG_DATA_HOME=/nonexistent NTRIAGE_RULES=$TOP/signatures/rules
"$NTRIAGE" --strict sig check >out 2>err
same "the rules load" "$?:$(head -5 err)" "0:"
same "their layout" "$("$NTRIAGE" sig fmt --check $(find "$NTRIAGE_RULES" -name '*.sig' | sort) 2>&1 | head -5)" ""
"$NTRIAGE" sig test >out 2>err
same "their tests pass" "$?:$(grep -E '^(FAIL|DIED|NOT RUN)' out | head -5)$(head -3 err)" "0:"
tail -1 out | grep -qE '^[0-9]+ tests of [0-9]+ rules: ' &&
	pass "tests were run" || fail "tests were run" "$(tail -1 out)"
# Every rule that is stable is tested to fire and to be silent.
"$NTRIAGE" --json sig list >list.json
for expect in fires silent; do
	grep -L "test *$expect" $(find "$NTRIAGE_RULES" -name '*.sig') >lacking
	same "every file has a test that it $expect" "$(head -3 lacking)" ""
done
finish
