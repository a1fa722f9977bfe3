#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ntriage sig check, test, explain, list: what they say of good and bad rules.
. "$(dirname "$0")/../tools/lib.sh"
. "$TOP/tests/tools/scan-dumps.sh"
mkdir mine
cat >mine/tests.sig <<'SIG'
# SPDX-License-Identifier: Apache-2.0
signature T-TESTS {
    title     "Stop 0xD1"
    class     stop
    severity  high
    status    stable
    component "e1c64x64.sys"
    on dump {
        require bugcheck.code == 0xd1
        require bugcheck.p2 == 2
    }
    say       "x"
    do        "y"

    test fires "it is one" {
        machine x64 10
        stop 0xd1 0x28 2 0 0
    }
    test fires "it should be one" {
        machine x64 10
        stop 0xd1 0x28 7 0 0
    }
    test silent "no scenario" {
        machine x64 10
        stopp 0xd1 0x28 7 0 0
    }
}
SIG
export NTRIAGE_RULES=$PWD/mine
run "test" 1 sig test
has "test: what failed" out "^FAIL T-TESTS fires \"it should be one\" \\($PWD/mine/tests.sig:[0-9]+\\)"
has "test: expected and got" out '^  expected:  fires, got: silent$'
has "test: the condition" out '^  condition: require bugcheck.p2 == 2'
has "test: the fact" out '^  got:       bugcheck.p2 is '
has "test: a broken scenario has the file's line" out 'tests\.sig:25:.*stopp'
has "test: counts" out '^3 tests of 1 rules: 1 passed, 2 failed$'
cp out two
run "test: one process" 1 sig test -j 1
same "test: the same with one process" "$(cmp out two 2>&1)" ""
run "test --json" 1 sig test --json
same "test --json: got" "$(jq -c '[.tests[] | [.got, .passed]], [.passed, .failed]' out)" '[["fires",true],["silent",false],[null,false]]
[1,2]'
cp out test.json
run "verbose" 1 sig test -v
has "verbose: what passed" out '^ok T-TESTS fires "it is one"'
run "test: no such rule" 2 sig test NO
printf 'signature A {\n    titel "x"\n}\nsignature B {\n    title "y" 7\n' >bad.sig
run "check: bad" 2 sig check bad.sig
has "check: the nearest name" err '^bad.sig:2:5: error: .*title'
has "check: the caret" err '^ +\| +\^~+'
run "check --json: bad" 2 sig check --json bad.sig
same "check --json: an error" "$(jq -c '.diagnostics[0] | [.file, .line, .column, .level]' out)" '["bad.sig",2,5,"error"]'
cp out check.json
run "check: good" 0 sig check mine
run "check: no such file" 2 sig check nowhere.sig
run "explain: fires" 0 sig explain T-TESTS a.dmp
run "explain: silent" 1 sig explain T-TESTS other.dmp
has "explain: why" out '^Not so: require bugcheck.code == 0xd1'
run "explain --json" 0 sig explain --json T-TESTS a.dmp
same "explain --json: it" "$(jq -c '[.rule, .result, .signatures[0].id, .signatures[0].result]' out)" '["T-TESTS","fires","T-TESTS","fires"]'
cp out explain.json
run "explain --json: silent" 1 sig explain --json T-TESTS other.dmp
cat out >>explain.json
run "explain: no dump" 2 sig explain T-TESTS mine/tests.sig
if python3 -c 'import jsonschema' 2>/dev/null; then
	cat >validate.py <<'PY'
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
text, at, n = "".join(open(f).read() for f in sys.argv[2:]), 0, 0
while text[at:].strip():
    at += len(text[at:]) - len(text[at:].lstrip())
    doc, end = json.JSONDecoder().raw_decode(text[at:])
    jsonschema.validate(doc, schema)
    at, n = at + end, n + 1
print(n)
PY
	same "the schema" "$(python3 validate.py "$TOP/docs/sig.schema.json" test.json check.json explain.json 2>&1 | tail -1)" 4
else
	skip "the schema" "no python3-jsonschema"
fi
# A terminal sees how far it is, once it has taken a while.
if python3 -c 'import pty' 2>/dev/null; then
	{ sed '/test fires/,$d' mine/tests.sig; for ((i = 0; i < 60; i++)); do printf '    test fires "%d" {\n        machine x64 10\n        stop 0xd1 0x28 2 0 0\n    }\n' $i; done; echo '}'; } >many.sig
	cat >term.py <<'PY'
import os, pty, signal, subprocess, sys, time
main, other = pty.openpty()
p = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=other)
# Its tests' processes stand still for longer than it takes.
pids = []
while not pids and p.poll() is None:
    pids = open("/proc/%d/task/%d/children" % (p.pid, p.pid)).read().split()
for pid in pids[:1]:
    os.kill(int(pid), signal.SIGSTOP)
    time.sleep(2.2)
    os.kill(int(pid), signal.SIGCONT)
p.wait()
os.close(other)
seen = b""
try:
    while part := os.read(main, 65536):
        seen += part
except OSError:
    pass
sys.stdout.write("yes" if b" of 60 tests, 0 failed" in seen and seen.endswith(b"\r\033[K") else repr(seen[:200]) if seen else "nothing")
PY
	got=$(NTRIAGE_RULES=$PWD/many.sig python3 term.py "$NTRIAGE" sig test -j 1)
	case $got in
	yes) pass "progress" ;;
	nothing) skip "progress" "the tests were over too soon" ;;
	*) fail "progress" "$got" ;;
	esac
else
	skip "progress" "no pty"
fi
finish
