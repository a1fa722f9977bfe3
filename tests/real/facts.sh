#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Real dumps, fact by fact, against what other tools read out of them
# ($NTR_CORPUS/kernel_dump_facts.tsv); and that nothing is claimed of what a
# small dump cannot hold.
. "$(dirname "$0")/../tools/lib.sh"
table=$NTR_CORPUS/kernel_dump_facts.tsv
[ -f "$table" ] || { skip "corpus" "no $table"; finish; }

arch() { case $1 in 0x8664) echo x64 ;; 0xaa64) echo ARM64 ;; 0x14c) echo x86 ;; *) echo "$1" ;; esac; }

# fact PATH JQ WANT; an empty want is no fact
fact() {
	[ -n "$3" ] || return
	local got
	got=$(jq -r --arg p "$1" ".facts[] | select(.path == \$p) | .value | $2" out)
	[ "$got" = "$3" ] || wrong="$wrong $1 is $got, want $3;"
}

check_dump() { # FILE
	local whole
	"$NTRIAGE" --json facts "$1" >out 2>err || wrong=" exit $?;"
	fact machine.arch . "$(arch "$machine")"
	fact os.build . "$build"
	fact machine.cpus . "$cpus"
	fact bugcheck.raw . "$code"
	# What an imaging tool wrote in place of a stop is none.
	if jq -e '.facts[] | select(.path == "bugcheck.code") | .unknown // "" | test("imaging tool")' out >/dev/null; then
		p1=null p2=null p3=null p4=null
	fi
	fact bugcheck.p1 . "$p1"
	fact bugcheck.p2 . "$p2"
	fact bugcheck.p3 . "$p3"
	fact bugcheck.p4 . "$p4"
	fact time . "$time"
	fact uptime 'capture("^((?<d>[0-9]+)d)?((?<h>[0-9]+)h)?((?<m>[0-9]+)m)?((?<s>[0-9.]+)s)?$") | map_values(. // "0" | tonumber) | .d * 86400 + .h * 3600 + .m * 60 + .s | round' "$uptime"
	fact modules length "$drivers"
	fact kernel.base . "$base"
	if [ -n "$kstamp" ]; then
		fact modules '.[] | select(.name == "nt") | .timestamp' "$kstamp"
		fact modules '.[] | select(.name == "nt") | .size' "$((ksize))"
	fi
	# A list that is there is as long as its count says; every null has a reason.
	whole=$(jq '[.facts[] | select(.value == null and .unknown == null and .none == null)] | length' out)
	[ "$whole" = 0 ] || wrong="$wrong $whole facts without value and reason;"
	case $type in 4:*)
		whole=$(jq -r '[.facts[] | select(.path | test("^(waits|threads|queue|queues|pool)([.]|$)")) | select(.value != null)] | map(.path) | join(" ")' out)
		[ -z "$whole" ] || wrong="$wrong a small dump does not hold $whole;"
		"$NTRIAGE" facts "$1" 'pool.tag[AfdB].live' >out 2>err && wrong="$wrong a pool tag is known;"
		grep -q 'unknown because pool and its tags are not in a small dump' out || wrong="$wrong pool: $(head -1 out);"
		;;
	esac
}

checked=0
while IFS='|' read -r file _ sig _ build machine cpus code p1 p2 p3 p4 type time uptime _ _ _ _ _ _ drivers base ksize kstamp _; do
	path=$(find "$NTR_CORPUS/kernel_dumps" -name "$file" | head -1)
	[ -n "$path" ] || { skip "$file" "not in the corpus"; continue; }
	case $sig in
	NOT*)
		run "$file is refused" 2 facts "$path"
		continue
		;;
	esac
	wrong=
	check_dump "$path"
	checked=$((checked + 1))
	if [ -z "$wrong" ]; then pass "$file"; else fail "$file" "$wrong"; fi
done < <(tail -n +2 "$table" | tr '\t' '|')
same "some were checked" "$((checked > 0))" 1

for x in "$NTR_CORPUS"/vmcore_made_with_qemu/*.elf.xz; do
	[ -f "$x" ] || continue
	n=$(basename "$x")
	timeout 120 "$NTRIAGE" facts "$x" os.nt os.version waits.cycles pool.tags queue.critical.pending >out 2>err
	same "$n: exit" $? 1
	has "$n: no NT" out '^os.nt = false$'
	same "$n: the rest is unknown" "$(grep -c 'unknown because' out)" 4
	break
done
finish
