#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Golden tests: tests/golden/<verb>/<case>/ holds
#	args      arguments after "ntriage"; "dump.dmp" is the forged dump
#	scenario  optional: "FILE.forge [CONTAINER]", FILE from the case's own
#	          folder or from tests/fixtures
#	store     optional: a file of SQL in tests/fixtures; results.db is made of it
#	exit      optional: the exit code (0)
#	text      what is printed (stdout, then stderr)
#	json      the same with --json, for verbs that have it
#
#   run-golden.sh [--bless] [VERB/CASE...]
# --bless rewrites text and json; the difference is to be read.
bless=
[ "${1:-}" = --bless ] && bless=1 && shift
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/../tools/lib.sh"
golden=$TOP/tests/golden
export XDG_CACHE_HOME=/nonexistent/cache # its path is in what is printed
export NTRIAGE_RULES= # shipped rules have tests of their own

scenario_path() { # CASE FILE
	for d in "$1" "$TOP/tests/fixtures"; do
		[ -f "$d/$2" ] && printf '%s\n' "$d/$2" && return
	done
	return 1
}

# expect NAME KIND GOT: compare with, or write, the expected file
expect() {
	local want=$golden/$1/$2
	if [ -n "$bless" ]; then
		if [ "$2" = json ] && ! head -c1 "$3" | grep -q '{'; then
			rm -f "$want"
			return
		fi
		cp "$3" "$want"
		pass "$1 $2 (written)"
	elif [ ! -f "$want" ]; then
		[ "$2" = json ] || fail "$1 $2" "no expected output; run-golden.sh --bless writes it"
	elif cmp -s "$3" "$want"; then
		pass "$1 $2"
	else
		fail "$1 $2" "$(diff "$want" "$3" | head -6 | cut -c1-160 | tr '\n' '~')"
	fi
}

one_case() { # NAME
	local dir=$golden/$1 want=0 file container args st
	rm -rf work && mkdir work && cd work || exit 1
	if [ -f "$dir/scenario" ]; then
		read -r file container <"$dir/scenario"
		file=$(scenario_path "$dir" "$file") || { fail "$1" "no scenario $file"; cd ..; return; }
		forge "$file" dump.dmp $container || { cd ..; return; }
	fi
	cp "$dir"/*.forge "$dir"/*.txt "$dir"/*.sig . 2>/dev/null
	if [ -f "$dir/store" ]; then
		command -v sqlite3 >/dev/null || { skip "$1" "no sqlite3"; cd ..; return; }
		sqlite3 results.db <"$TOP/tests/fixtures/$(cat "$dir/store")" >/dev/null || fail "$1" "no store"
	fi
	[ -f "$dir/exit" ] && want=$(cat "$dir/exit")
	eval "args=($(cat "$dir/args"))"
	"$NTRIAGE" "${args[@]}" >../text 2>../err </dev/null
	st=$?
	cat ../err >>../text
	same "$1 exit" $st "$want"
	expect "$1" text ../text
	# WinDbg's kv and kb have lines of their own length; Markdown breaks none.
	if [ "${args[0]}" != kd ] && [ "${args[0]}" != report ] && awk 'length($0) > 120' ../text | grep -q .; then
		fail "$1 width" "a line has over 120 columns"
	fi
	if grep -qP '[^\x20-\x7e]' ../text && [ "${args[0]}" != help ]; then
		fail "$1 ascii" "$(grep -m1 -P '[^\x20-\x7e]' ../text | cat -v)"
	fi
	"$NTRIAGE" --json "${args[@]}" >../json 2>../err </dev/null
	same "$1 exit json" $? "$want"
	if [ -s ../json ] && head -c1 ../json | grep -q '{'; then
		jq -e . ../json >/dev/null || fail "$1 json" "does not parse"
	fi
	expect "$1" json ../json
	cd ..
}

if [ $# -gt 0 ]; then
	cases=$*
else
	cases=$(cd "$golden" && ls -d */*/ | sed 's|/$||')
fi
for c in $cases; do one_case "$c"; done
finish
