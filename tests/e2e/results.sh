#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ntriage results: what changes a store, CSV and JSON Lines as other programs
# read them, a store that may only be read.
. "$(dirname "$0")/../tools/lib.sh"
command -v sqlite3 >/dev/null || { skip "results" "no sqlite3"; finish; }
sqlite3 r.db <"$TOP/tests/fixtures/results.sql" >/dev/null
export NTRIAGE_STORE=$PWD/r.db USER=ann

# --- export ---------------------------------------------------------------------
run "csv" 0 results export --format csv
cat >read.py <<'PY'
import csv, sys
rows = list(csv.DictReader(open("out", newline="", encoding="utf-8")))
print(len(rows), sum(r["fires"].split(" ")[0] == "Q216765" for r in rows),
      [r["path"] for r in rows if r["id"] in ("103", "104")],
      {r["error"] for r in rows if r["id"] == "104"},
      any(c < 32 and c not in (10, 13) or c == 127 for c in open("out", "rb").read()))
PY
same "csv: as python reads it" "$(python3 read.py)" \
	"104 58 [\"'=cmd|x!A1\", 'incoming/?[31mred?name.dmp'] {'the header\\'s \"length\" is ? wrong'} False"
run "json lines" 0 results export
same "json lines: one a line" "$(jq -r .id out | sort -n | uniq | wc -l)" 104
same "json lines: the verdict" "$(jq -c 'select(.id == 1) | .verdict' out)" \
	'{"schema":"ntriage.verdict/1","file":{"path":"incoming/nt351-1.dmp"}}'
same "json lines: a broken verdict" "$(jq -c 'select(.id == 2) | .verdict' out)" null
hasnt "json lines: no control byte" out $'[\001-\010\013-\037\177]'
run "no such format" 2 results export --format xml
run "nothing to export" 1 results export id=9999

# --- filters on the command line ----------------------------------------------------
run "query json" 0 results query --json 'fired=Q216765' 'crashed<1998-08-01'
same "query: as sqlite3 counts" "$(jq .count out)" "$(sqlite3 r.db "select count(*) from dumps where crash_time < strftime('%s', '1998-08-01') and id <= 58")"
run "limit" 0 results list -n 3
same "limit: rows" "$(tail -1 out)" "3 results"
run "no number" 2 results list -n 0
run "a bad sort prints no table" 2 results list --sort nowhere
same "a bad sort: nothing on stdout" "$(wc -c <out)" 0

# --- notes and pruning -----------------------------------------------------------------
run "note" 0 results note incoming/nt351-2.dmp ticket 4712 "it's done"
same "note: in the store" "$(sqlite3 r.db 'select dump, made_by, body from notes where id = 3')" "2|ann|ticket 4712 it's done"
run "note: found" 0 results query 'note~4712'
run "note: none such" 2 results note 999 text
run "prune without --yes" 1 results prune machine=x64
same "prune without --yes: all there" "$(sqlite3 r.db 'select count(*) from dumps')" 104
run "prune" 0 results prune machine=x64 --yes
same "prune: gone" "$(sqlite3 r.db 'select count(*), sum(machine is null) from dumps')" "64|4"
run "prune wants a filter" 2 results prune --yes
same "prune: still there" "$(sqlite3 r.db 'select count(*) from dumps; pragma integrity_check')" "64
ok"

# --- permission to read only -------------------------------------------------------------
unset NTRIAGE_STORE
mkdir shelf && cp r.db shelf/ && chmod 444 shelf/r.db && chmod 555 shelf && chmod 755 .
as_other() { "$@"; }
if [ "$(id -u)" = 0 ]; then
	command -v setpriv >/dev/null && as_other() { setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"; }
fi
cp "$NTRIAGE" ./ntriage && chmod 755 ./ntriage
if as_other touch shelf/x 2>/dev/null; then
	skip "read only" "the folder can be written to nevertheless"
else
	as_other ./ntriage results list --store shelf/r.db >out 2>err
	same "read only: exit" $? 0
	same "read only: rows" "$(tail -1 out)" "64 results"
	as_other ./ntriage results note 1 text --store shelf/r.db >out 2>err
	same "read only: no note" $? 2
	same "read only: nothing beside it" "$(ls shelf)" r.db
	# A writer that was killed has left what only a writer can bring in.
	chmod 755 shelf && head -c 4096 r.db >shelf/r.db-wal && chmod 444 shelf/r.db-wal && chmod 555 shelf
	as_other ./ntriage results list --store shelf/r.db >out 2>err
	same "read only, unfinished: exit" $? 2
	has "read only, unfinished: why" err 'the last writer did not finish'
fi
chmod -R u+w shelf

# --- no store, another thing -----------------------------------------------------------------
run "no store" 2 results list --store nowhere.db
has "no store: said" err 'there is no results store'
same "no store: none was made" "$(ls nowhere.db 2>&1 | grep -c 'No such')" 1
echo text >text.db
run "no database" 2 results list --store text.db
run "note in no database" 2 results note 1 x --store text.db
same "no database: as it was" "$(cat text.db)" text
finish
