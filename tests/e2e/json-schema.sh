#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What --json prints agrees with docs/verdict.schema.json, for every forged
# fixture and every real dump.
. "$(dirname "$0")/../tools/lib.sh"
python3 -c 'import jsonschema' 2>/dev/null || { skip "schema" "no python3-jsonschema"; finish; }

cat >validate.py <<'PY'
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
check = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
for line in open(sys.argv[2]):
    errors = list(check.iter_errors(json.loads(line)))
    if errors:
        e = errors[0]
        sys.exit("%s: %s" % ("/".join(map(str, e.path)), e.message[:200]))
PY
# valid NAME FILE: one JSON document per line
valid() {
	local why
	if why=$(python3 validate.py "$TOP/docs/verdict.schema.json" "$2" 2>&1); then pass "$1"; else fail "$1" "$(printf '%s' "$why" | tail -1)"; fi
}

for f in "$TOP"/tests/fixtures/*.forge; do
	n=$(basename "$f" .forge)
	forge "$f" d.dmp || continue
	"$NTRIAGE" analyze --json d.dmp | jq -c . >out
	valid "$n" out
done
for n in hang-two-locks hang-ring hang-slow-owner hang-critical-queue hang-spin-locks hang-request \
	x64-10-critical-queue lock-order busy-queue alpha-nt4; do
	forge "$TOP/tests/fixtures/$n.forge" d.dmp || continue
	"$NTRIAGE" analyze --hang --json d.dmp | jq -c . >out
	valid "$n --hang" out
	same "$n --hang: kind" "$(jq -r .hang.kind out)" "$(case $n in hang-two-locks | hang-ring) echo deadlock ;;
		hang-slow-owner) echo slow_owner ;; hang-critical-queue | hang-request | x64-10-critical-queue) echo exhausted_queue ;;
		hang-spin-locks) echo spinning_processors ;; busy-queue) echo none ;; *) echo unknown ;; esac)"
done
for n in pool-leak-afd pool-plateau pool-twins pool-overrun; do
	forge "$TOP/tests/fixtures/$n.forge" d.dmp || continue
	"$NTRIAGE" analyze --pool --json d.dmp | jq -c . >out
	valid "$n --pool" out
	"$NTRIAGE" analyze --baseline d.dmp --json d.dmp | jq -c . >out
	valid "$n --baseline" out
done
: >e.dmp
"$NTRIAGE" analyze --json e.dmp | jq -c . >out
valid "error object" out
same "one file is indented as jq does" "$("$NTRIAGE" analyze --json d.dmp | cmp - <("$NTRIAGE" analyze --json d.dmp | jq .) 2>&1)" ""

# The schema is tight: what is not a verdict does not pass.
"$NTRIAGE" analyze --json d.dmp >good
n=0
for change in 'del(.bucket)' '.bugcheck.code = "7f"' '.bugcheck.parameters |= .[1:]' '.system.time = "yesterday"' \
	'.stack[0].trust = "hope"' '.file.more = 1' '.schema = "ntriage.verdict/2"' '.system.kernel_base = 5' '.modules[0].base = null' 'del(.hang)' '.hang = "no"'; do
	jq -c "$change" good >out
	if python3 validate.py "$TOP/docs/verdict.schema.json" out >/dev/null 2>&1; then
		fail "schema refuses" "$change"
		n=1
	fi
done
[ $n = 0 ] && pass "schema refuses what is wrong"

if [ -d "$NTR_CORPUS" ]; then
	find "$NTR_CORPUS/kernel_dumps" "$NTR_CORPUS/user_minidumps" "$NTR_CORPUS/made" -name '*.dmp' -size -8M |
		sort | xargs "$NTRIAGE" analyze --hang --json >out 2>err
	valid "real dumps ($(wc -l <out))" out
else
	skip "real dumps" "no corpus"
fi
# Every command of the debugger, as the golden tests have it.
cat "$TOP"/tests/golden/kd/*/json >kd.json
if why=$(python3 validate.py "$TOP/docs/kd.schema.json" kd.json 2>&1); then
	pass "kd: $(wc -l <kd.json) objects"
else
	fail "kd" "$(printf '%s' "$why" | tail -1)"
fi
echo '{"schema":"ntriage.kd/1","command":"k","status":"ok","error":"no"}' >kd.json
python3 validate.py "$TOP/docs/kd.schema.json" kd.json >/dev/null 2>&1 && fail "kd: the schema is tight" "an error with status ok passes" || pass "kd: the schema is tight"
finish
