#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ntriage report: the page against its golden file, as an independent parser
# sees it, with attacks in every field, of a large store; what fails.
. "$(dirname "$0")/../tools/lib.sh"
export NTRIAGE_RULES= # shipped rules change
check=$TOP/tests/tools/report_check.py
golden=$TOP/tests/golden/report/page/report.html

# --- golden ---------------------------------------------------------------------
forge "$TOP/tests/fixtures/hang-ring.forge" dump.dmp || finish
run "one dump" 0 report -o report.html dump.dmp
[ -n "${NTR_BLESS:-}" ] && cp report.html "$golden"
same "golden (NTR_BLESS=1 writes it)" "$(diff report.html "$golden" | head -3)" ""
same "one dump: parsed" "$(python3 "$check" check report.html)" ok
has "one dump: the graph" report.html '<svg class="waits".*aria-label="Who waits for whom: 4 waits"'
has "one dump: who owns" report.html 'four.exe</text>'
forge "$TOP/tests/fixtures/pool-leak-afd.forge" pool.dmp || finish
run "pool" 0 report -o pool.html pool.dmp
has "pool: how full" pool.html '11 MiB of 16 MiB, fine'
has "pool: which tag" pool.html '<code>AfdB</code>'
cp report.html same.html
run "several" 0 report -o two.html dump.dmp pool.dmp
run "several, again" 0 report -o again.html dump.dmp pool.dmp
same "the same bytes" "$(cmp two.html again.html 2>&1)" ""
same "several: parsed" "$(python3 "$check" check two.html)" ok

# --- a store ----------------------------------------------------------------------
command -v sqlite3 >/dev/null || { skip "store" "no sqlite3"; finish; }
sqlite3 r.db <"$TOP/tests/fixtures/results.sql" >/dev/null
run "store" 0 report --store r.db -o store.html
same "store: parsed" "$(python3 "$check" check store.html)" ok
same "store: a row a file" "$(grep -o '<tr data-k' store.html | wc -l)" 104
has "store: a correlation" store.html '97 % of this bucket \(58 of 60\), 0 % elsewhere \(0 of 38\)'
run "filter" 0 report --store r.db -o f.html fired=Q216765 'crashed<1998-08-01'
same "filter: rows" "$(grep -o '<tr data-k' f.html | wc -l)" "$(sqlite3 r.db "select count(*) from dumps where crash_time < strftime('%s', '1998-08-01') and id <= 58")"
run "few details" 0 report --store r.db -o d.html --details 5
same "few details: as many" "$(grep -c '<details class="dump"' d.html)" 5
has "few details: said" d.html 'Of 5 of 104 files'
run "json" 0 report --store r.db -o j.html --json
same "json: figures" "$(jq -c '[.schema, .files, .listed, .details, .buckets]' out)" '["ntriage.report/1",104,104,104,2]'
same "json: bytes" "$(jq .bytes out)" "$(wc -c <j.html)"

# --- attacks ------------------------------------------------------------------------
for seed in 1 2 3 4 5 6; do
	cp r.db evil.db
	python3 "$check" hostile evil.db $seed "$TOP/docs/verdict.schema.json"
	run "attack $seed" 0 report --store evil.db -o evil.html --title '</title><b id=evil>'
	same "attack $seed: parsed" "$(python3 "$check" check evil.html)" ok
	has "attack $seed: as text" <(python3 "$check" texts evil.html) '^10 attacks as text, hidden: \[\]$'
	run "attack $seed: Markdown" 0 report --store evil.db --format md
	same "attack $seed: no markup in Markdown" "$(python3 "$check" md out)" ok
	run "attack $seed: ticket" 0 report --store evil.db --format md id=$seed
	same "attack $seed: no markup in a ticket" "$(python3 "$check" md out)" ok
	hasnt "attack $seed: no control byte" out $'[\001-\010\013-\037\177]'
done

# --- many -----------------------------------------------------------------------------
sqlite3 r.db "with recursive n (i) as (select 1 union all select i + 1 from n where i < 10000)
	insert into dumps (path, size, judged_at, outcome, format, machine, os, code, code_name, crash_time, bucket, blame)
	select 'm/' || i || '.dmp', 65536, 1790000300, 'judged', 'dmp64', 'x64', '10.0.19041', 209, 'DRIVER_IRQL_NOT_LESS_OR_EQUAL',
	1600000000 + i * 7919, '0xd1_' || (i % 211) || '!Isr', 'm' || (i % 211) || '.sys' from n"
run "10,000 dumps" 0 report --store r.db -o many.html
same "10,000 dumps: listed" "$(grep -o '<tr data-k' many.html | wc -l)" 10104
has "10,000 dumps: details are cut, and it is said" many.html 'Of 200 of 10104 files'
has "10,000 dumps: buckets are cut, and it is said" many.html 'The 50 largest of 213 buckets'
same "10,000 dumps: under 8 MB" "$(($(wc -c <many.html) < 8000000))" 1

# --- what fails ------------------------------------------------------------------------
echo old >keep.html
run "a store that is none" 2 report --store keep.html -o keep2.html
same "a failure leaves nothing" "$(ls keep2.html* 2>/dev/null)" ""
run "no such folder" 2 report --store r.db -o no/where.html
mkdir shelf && echo old >shelf/r.html
run "a folder in the way" 2 report --store r.db -o shelf
same "a folder in the way: nothing left" "$(ls)" "$(ls | grep -v 'shelf\.')"
run "nothing to report" 1 report --store r.db -o none.html id=999999
has "nothing to report: said" none.html 'There are no results'
run "neither file nor filter" 2 report nowhere.dmp
has "neither file nor filter: said" err 'is no file, and no filter'
if [ -w /dev/full ]; then
	"$NTRIAGE" report --store r.db >/dev/full 2>err
	same "disk full" $? 2
fi
printf 'not a dump' >x.txt
run "no dump" 0 report -o x.html x.txt
has "no dump: said" x.html 'not-a-dump'
finish
