#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The report in a real browser: links, search, filters, keyboard, phones, dark,
# print, contrast, no errors, no requests. NTR_PICTURES=DIR keeps screenshots.
. "$(dirname "$0")/../tools/lib.sh"
for p in sqlite3 chromium chromedriver; do
	command -v $p >/dev/null || { skip "browser" "no $p"; finish; }
done
sqlite3 r.db <"$TOP/tests/fixtures/results.sql" >/dev/null
run "made" 0 report --store r.db -o r.html
if ! timeout 200 python3 "$TOP/tests/tools/report_browser.py" r.html ${NTR_PICTURES:-} >browser 2>browser.err; then
	fail "browser" "$(tail -1 browser.err)"
fi
cat browser
grep -q '^fail' browser && fails=1
# Attacks: what a browser makes of them is one page that asks for nothing.
python3 "$TOP/tests/tools/report_check.py" hostile r.db 7 "$TOP/docs/verdict.schema.json"
run "attacks made" 0 report --store r.db -o evil.html
timeout 100 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$here/profile" \
	--enable-logging=stderr --dump-dom "file://$PWD/evil.html" >dom 2>log
has "attacks: a page" dom '<html lang="en" class="has-js">'
hasnt "attacks: nothing on the console" log 'CONSOLE'
hasnt "attacks: no element of theirs" dom '<img|<b id=|onload=hit[^<]*>[^<]*<svg'
finish
