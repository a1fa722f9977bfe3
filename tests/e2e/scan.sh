#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ntriage scan: what it makes of every kind of file, its formats as other
# programs read them, the same bytes whatever --jobs, what it does not read again.
. "$(dirname "$0")/../tools/lib.sh"
. "$TOP/tests/tools/scan-dumps.sh"
# what FILE PATH: outcome and rules of a row of JSON Lines
what() { jq -r --arg p "$2" 'select(.path == $p) | "\(.outcome) \(.signatures | map(.id + ":" + .result) | join(" "))" | sub(" $"; "")' "$1"; }
rules="T-D1:fires T-POOL:unknown"

# --- a folder of everything -----------------------------------------------------------
mkdir -p d/sub p
cp a.dmp d/ && { cat a.dmp; echo x; } >d/b.dmp && cp other.dmp d/
: >d/empty.dmp
head -c 8192 /dev/zero >d/zero.dmp
echo "no dump" >d/text.dmp
ln -s .. d/sub/loop && ln -s self d/self && ln -s nowhere d/gone && mkfifo d/fifo
cp a.dmp d/$'new\nline.dmp'
cp a.dmp d/$'byte\xff.dmp'
cp a.dmp 'd/byte\xff.dmp'
cp a.dmp 'd/=cmd|x,"y".dmp'
cp a.dmp p/one.dmp && cp d/b.dmp p/two.dmp && cp d/text.dmp p/readme.txt
(cd p && zip -q0 ../d/m.zip one.dmp readme.txt two.dmp && 7z a -bd ../d/m.7z one.dmp two.dmp >/dev/null &&
	tar cf ../d/m.tar one.dmp readme.txt two.dmp && gcab -c ../d/m.cab one.dmp two.dmp >/dev/null &&
	zip -qP secret ../d/locked.zip one.dmp && gzip -c one.dmp >../d/one.dmp.gz) || fail "archives" "cannot be made"
(cd d && zip -q nest.zip m.zip && head -c 90000 m.zip >cut.zip)
run "everything" 2 scan --json --no-store d
mv out all
while IFS='|' read -r path want; do
	same "$path" "$(what all "d/$path")" "$want"
done <<ROWS
a.dmp|judged $rules
b.dmp|judged $rules
other.dmp|judged
empty.dmp|not-a-dump
zero.dmp|not-a-dump
text.dmp|not-a-dump
sub/loop|not-a-dump
fifo|not-a-dump
self|unreadable
gone|unreadable
new\x0aline.dmp|judged $rules
byte\xff.dmp|judged $rules
byte\x5cxff.dmp|judged $rules
m.zip!one.dmp|judged $rules
m.zip!readme.txt|not-a-dump
m.zip!two.dmp|judged $rules
m.zip|archive
m.7z!two.dmp|judged $rules
m.tar!two.dmp|judged $rules
m.cab!two.dmp|judged $rules
locked.zip!one.dmp|not-a-dump
one.dmp.gz|judged $rules
nest.zip!m.zip!one.dmp|judged $rules
nest.zip!m.zip!two.dmp|judged $rules
nest.zip!m.zip|archive
cut.zip!one.dmp|judged $rules
cut.zip|damaged
ROWS
same "a row each" "$(jq -r .path all | sort | uniq -d)" ""
has "encrypted: said" all 'it is encrypted'
same "a loop: said" "$(jq -r 'select(.path == "d/self").error' all)" "a loop of links"

# --- formats --------------------------------------------------------------------------------
if python3 -c 'import jsonschema' 2>/dev/null; then
	cat >validate.py <<'PY'
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
for line in open(sys.argv[2]):
    jsonschema.validate(json.loads(line), schema)
PY
	same "json lines: the schema" "$(python3 validate.py "$TOP/docs/scan.schema.json" all 2>&1 | tail -1)" ""
	sed '1s/"judged"/"maybe"/' all >bad
	python3 validate.py "$TOP/docs/scan.schema.json" bad >/dev/null 2>&1 && fail "json lines: the schema is tight" "passes" || pass "json lines: the schema is tight"
	run "verdicts" 0 scan --verdicts --no-store d/a.dmp d/other.dmp
	same "verdicts: the schema" "$(python3 validate.py "$TOP/docs/scan.schema.json" out 2>&1 | tail -1)" ""
	jq -c .verdict out >verdicts
	same "verdicts: theirs" "$(python3 validate.py "$TOP/docs/verdict.schema.json" verdicts 2>&1 | tail -1)" ""
	same "verdicts: as analyze has them" "$(head -1 verdicts | jq -c .bucket)" "$("$NTRIAGE" analyze --json d/a.dmp | jq -c .bucket)"
else
	skip "json lines" "no python3-jsonschema"
fi
run "verdicts are JSON Lines" 2 scan --verdicts --format csv --no-store d/a.dmp
run "csv" 2 scan --format csv --no-store d
cat >read.py <<'PY'
import csv, json
rows = list(csv.DictReader(open("out", newline="", encoding="utf-8")))
want = [json.loads(l) for l in open("all")]
assert [r["path"].lstrip("'") for r in rows] == [w["path"] for w in want]
for r, w in zip(rows, want):
    assert r["outcome"] == w["outcome"] and int(r["size"]) == w["size"]
    assert r["code"] == (w["code"] or "") and r["blame"] == (w["blame"] or "")
    assert r["fires"].split() == [s["id"] for s in w["signatures"] if s["result"] == "fires"]
    assert r["modified"] == (w["modified"] or "")
raw = open("out", "rb").read()
assert not any(c < 32 and c not in (10, 13) for c in raw) and raw.count(b"\r\n") == len(rows) + 1
print(len(rows) > 30)
PY
same "csv: as python reads it" "$(python3 read.py 2>&1 | tail -1)" True
(cd d && "$NTRIAGE" scan --format csv --no-store '=cmd|x,"y".dmp') >out 2>err
has "csv: no formula" out "^\"'=cmd\\|x,\"\"y\"\"\\.dmp\""
run "sarif" 2 scan --format sarif --no-store d
same "sarif: valid" "$(python3 "$TOP/tests/tools/sarif-check.py" out 2>&1)" \
	"$(jq -s '[.[] | (.signatures | length) + (if .outcome | IN("judged", "undetermined", "archive") then 0 else 1 end)] | add' all) results"
same "sarif: whole" "$(jq -c '.runs[0].invocations' out)" '[{"executionSuccessful":true}]'
jq '.runs[0].results[0].kind = "open"' out >bad
python3 "$TOP/tests/tools/sarif-check.py" bad >/dev/null 2>&1 && fail "sarif: the check is tight" "passes" || pass "sarif: the check is tight"
run "text" 2 scan --no-store d
hasnt "text: ASCII" out $'[^\x20-\x7e]'
has "text: the rule" out '^  FIRES T-D1 \([0-9]+ %\) Stop 0xD1, any "driver"'
for f in text jsonl csv sarif; do
	for j in 1 2 8; do "$NTRIAGE" scan --format $f -j $j --no-store d >o.$j 2>/dev/null; done
	same "$f: the same bytes with -j 1, 2, 8" "$(cmp o.1 o.2 2>&1)$(cmp o.1 o.8 2>&1)" ""
done

# --- lists, exit codes, options -----------------------------------------------------------------
printf 'd/a.dmp\nd/b.dmp' | "$NTRIAGE" scan --json --no-store - >out
same "list: lines" "$?:$(jq -r .path out | tr '\n' ' ')" "0:d/a.dmp d/b.dmp "
printf '%s\0' d/other.dmp $'d/new\nline.dmp' | "$NTRIAGE" scan --json --no-store - >out
same "list: NUL" "$(jq -r .path out | tr '\n' ' ')" 'd/other.dmp d/new\x0aline.dmp '
mkfifo list.fifo
"$NTRIAGE" scan --json --no-store - <list.fifo >slow 2>&1 &
exec 7>list.fifo
echo d/a.dmp >&7
for ((i = 0; i < 100; i++)); do [ -s slow ] && break; sleep .05; done
same "list: a row before the next name" "$(jq -r .path slow)" d/a.dmp
exec 7>&-
wait $!
run "a rule fires" 0 scan --no-store d/a.dmp
run "none does" 1 scan --no-store d/other.dmp
run "no such file" 2 scan --no-store nowhere.dmp
run "an operand is no dump" 2 scan --no-store d/text.dmp
run "a pattern" 0 scan --json --no-store 'd/[ab].dmp'
same "a pattern: rows" "$(jq -r .path out | tr '\n' ' ')" "d/a.dmp d/b.dmp "
run "only" 1 scan --json --no-store --only T-POOL d/a.dmp
same "only: it" "$(what out d/a.dmp)" "judged T-POOL:unknown"
run "only: no such rule" 2 scan --no-store --only NO d/a.dmp
sure=$(jq -r 'select(.path == "d/a.dmp").signatures[0].confidence' all)
run "min-confidence: enough" 0 scan --no-store --min-confidence "$sure" d/a.dmp
[ "$sure" = 100 ] || run "min-confidence: too little" 1 scan --no-store --min-confidence $((sure + 1)) d/a.dmp
mkdir more && sed 's/T-D1/U-D1/; /^signature T-POOL/,$d' rules/t.sig >more/u.sig
run "rules" 0 scan --json --no-store --rules more d/a.dmp
same "rules: both" "$(what out d/a.dmp)" "judged T-D1:fires U-D1:fires T-POOL:unknown"
echo 'signature BROKEN {' >more/bad.sig
run "a broken rule" 0 scan --json --no-store --rules more d/a.dmp
same "a broken rule: the others" "$(what out d/a.dmp)" "judged T-D1:fires U-D1:fires T-POOL:unknown"
has "a broken rule: where" err 'bad\.sig:1:'
run "strict" 2 scan --strict --no-store --rules more d/a.dmp
same "strict: nothing done" "$(wc -c <out)" 0
run "profile" 0 scan --profile --no-store d/a.dmp d/b.dmp
has "profile: a rule" err '^ +2 +[0-9.]+ +[0-9.]+ +[0-9.]+  T-D1$'

# --- what is not read again -----------------------------------------------------------------------
mkdir k && cp a.dmp k/1.dmp && cp d/b.dmp k/2.dmp && cp d/m.zip k/
run "first" 0 scan --json --store s.db k
cp out first
# Other bytes, the same size and time: only a scan that reads sees them.
spoil() { cp -p k/1.dmp 1.good && tr '\000' '\001' <1.good >k/1.dmp && touch -r 1.good k/1.dmp; }
mend() { cp -p 1.good k/1.dmp; }
spoil
run "again" 0 scan --json --store s.db k
same "again: nothing was read" "$(cmp out first 2>&1)" ""
run "fresh" 0 scan --json --fresh --store s.db k
[ "$(what out k/1.dmp)" != "judged $rules" ] && pass "fresh: it was read" || fail "fresh: it was read" "$(what out k/1.dmp)"
mend
run "mended" 0 scan --json --fresh --store s.db k
spoil
sed -i 's/It stopped/It had stopped/' rules/t.sig
run "a changed rule" 0 scan --json --store s.db k
[ "$(what out k/1.dmp)" != "judged $rules" ] && pass "a changed rule: read" || fail "a changed rule: read" "no"
mend
mkdir sym
run "symbols" 0 scan --json --symbols "$PWD/sym" --store s.db k
spoil
run "symbols: again" 0 scan --json --symbols "$PWD/sym" --store s.db k
same "symbols: nothing was read" "$(what out k/1.dmp)" "judged $rules"
mkdir sym/nt.pdb
run "symbols changed" 0 scan --json --symbols "$PWD/sym" --store s.db k
[ "$(what out k/1.dmp)" != "judged $rules" ] && pass "symbols changed: read" || fail "symbols changed: read" "no"
mend
# An archive that lost a file.
run "before" 0 scan --json --store s.db k
same "members: there" "$(sqlite3 s.db "select count(*) from dumps where path like 'k/m.zip!%'")" 3
sleep 0.01
(cd p && rm ../k/m.zip && zip -q0 ../k/m.zip two.dmp)
run "after" 0 scan --json --store s.db k
same "members: gone" "$(sqlite3 s.db "select group_concat(path) from dumps where path like 'k/m.zip!%'")" 'k/m.zip!two.dmp'
same "runs are recorded" "$(sqlite3 s.db "select count(*) > 5, sum(ended_at is null) from runs")" "1|0"

# --- permission -----------------------------------------------------------------------------------
as_other() { "$@"; }
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	as_other() { setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"; }
fi
mkdir q && cp a.dmp q/shut.dmp && cp a.dmp q/z.dmp && mkdir q/folder && chmod 000 q/shut.dmp q/folder && chmod 755 . q
cp "$NTRIAGE" ./ntriage && chmod 755 ./ntriage && chmod -R go+rX rules
if as_other cat q/shut.dmp >/dev/null 2>&1; then
	skip "unreadable" "everything can be read"
else
	as_other ./ntriage scan --json --no-store q >out 2>err
	same "unreadable: exit" $? 2
	same "unreadable: rows" "$(jq -r '"\(.path) \(.outcome) \(.error)"' out | tr '\n' ',')" \
		"q/folder unreadable Permission denied,q/shut.dmp unreadable Permission denied,q/z.dmp judged null,"
fi
chmod -R u+rwx q
finish
