#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The rules of the house that a machine can check (docs/architecture.md).
#   lint.sh CC
# Prints "pass NAME" or "fail NAME: what"; B names the build folder.
set -u
cc=${1:-gcc}
B=${B:-build/dev}
bad=0

# verdict NAME FINDINGS: one line, however many findings there are.
verdict() {
	if [ -z "$2" ]; then
		echo "pass $1"
		return
	fi
	bad=1
	echo "fail $1: $(printf '%s\n' "$2" | head -1) ($(printf '%s\n' "$2" | wc -l) in all)"
	printf '%s\n' "$2" | sed 's/^/    /' | head -40
}

sources=$(find analyzer signatures stack kdtools tests -name '*.[ch]' | sort)
headers=$(printf '%s\n' "$sources" | grep '\.h$' | grep -v '_list\.h$')
scripts=$(find tests tools .ci -name '*.sh' -o -name '*.awk' -o -path .ci/run 2>/dev/null | sort)

# --- layers: a file includes its own folder and lower layers only -------------
verdict layers "$(grep -Hn '^#include "' $(find analyzer signatures stack kdtools -name '*.[ch]') | awk -F: '
	BEGIN { n = split("base fmt mem sym unw kobj triage facts", l, " ")
		for (i = 1; i <= n; i++) level[l[i]] = i }
	{
		split($1, p, "/"); top = p[1]; mine = p[2]
		inc = $3; sub(/^#include "/, "", inc); sub(/".*/, "", inc)
		up = inc ~ /^\.\.\//; sub(/^(\.\.\/)+/, "", inc); sub(/^analyzer\//, "", inc)
		k = split(inc, q, "/"); theirs = k > 1 ? q[1] : mine
		where = $1 ":" $2 ": " inc
		if (top == "stack" && inc !~ /^(ex|sched|ndis|nic|tdi|trace|sdk|host|drivers|variants|inet)\// && inc ~ /\// && inc != "base/nearest.h") { print where " (the stack knows nothing of the analyzer)"; next }
		if (top == "stack") next
		if (top == "signatures" && theirs != "lang" && theirs != "facts" && theirs != "base") { print where " (rules see facts and base only)"; next }
		if (top == "analyzer" && theirs == "kdtools") { print where " (the analyzer knows no tools)"; next }
		if (top == "analyzer" && (theirs in level) && level[theirs] > level[mine]) print where " is a higher layer"
		else if (top == "analyzer" && !(theirs in level)) print where " is no layer"
		else if (top == "kdtools" && mine == "forge" && theirs != "forge" && theirs != "base") print where " (forge sees base only)"
	}')"

verdict library-is-silent "$(grep -HnE '(^|[^a-z_])(printf|puts|putchar|vprintf|perror|exit|_exit|abort|assert|system) *\(|(fprintf|fputs|fputc) *\(' \
	$(find analyzer signatures -name '*.[ch]') | grep -vE '^[^:]*:[0-9]+:[ 	]*(\*|/\*|//)|_Static_assert|NTR_PRINTF')"

# Globals: no writable data in any object of the library (unless instrumented).
if [ -f "$B/libntriage.a" ]; then
	verdict library-has-no-globals "$(size -A "$B/libntriage.a" 2>/dev/null | awk '
		/:$/ || /\(ex / { obj = $1 }
		$1 ~ /^\.(data|bss|tdata|tbss)(\.|$)/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0 { print obj " " $1 " " $2 " bytes" }')"
	verdict signatures-have-no-globals "$(size -A "$B/libsignatures.a" 2>/dev/null | awk '
		/:$/ || /\(ex / { obj = $1 }
		$1 ~ /^\.(data|bss|tdata|tbss)(\.|$)/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0 { print obj " " $1 " " $2 " bytes" }')"
	verdict library-prefix "$(nm -g --defined-only "$B/libntriage.a" 2>/dev/null | awk 'NF == 3 && $3 !~ /^(ntr_|__|\.)/ { print $3 }')"
fi

# --- every header compiles alone -----------------------------------------------
flags="-std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -Wall -Wextra -Werror -Wno-unused-function -Wno-unused-variable -Ianalyzer -Isignatures -Istack -Itests/fuzz -I$B/gen"
flags="$flags $(pkg-config --cflags libelf libarchive 2>/dev/null)"
alone() {
	case $1 in *.inc.h | tests/unit/*) return ;; esac
	printf '#include "%s"\n' "$PWD/$1" | $cc $flags -fsyntax-only -x c - >/dev/null 2>&1 || echo "$1"
}
export -f alone
export cc flags
verdict headers-alone "$(printf '%s\n' "$headers" | xargs -P 2 -I{} bash -c 'alone {}')"
verdict headers-explain-themselves "$(for h in $headers; do
	sed -n 2,4p "$h" | grep -q '^/\*' || echo "$h: no comment at the top"
done)"

# --- page and line ----------------------------------------------------------------
verdict spdx "$(for f in $sources $scripts; do
	sed -n 1,3p "$f" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$f"
done)"
verdict file-length "$(wc -l $sources | awk '$2 != "total" && $1 >= 1000 { print $2 ": " $1 " lines" }')"
verdict function-length "$(awk '
	FNR == 1 { start = 0 }
	/^[a-zA-Z_].*\(/ && !/;[ \t]*$/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
	/^\{/ { start = FNR }
	/^\}/ { if (start && FNR - start > 120) print FILENAME ":" start ": " name " is " FNR - start " lines"; start = 0 }' $sources)"
verdict no-loose-ends "$(grep -HnE '\b(TODO|FIXME|XXX|HACK)\b' $sources $scripts Makefile | grep -v '^tests/tools/lint.sh:')"
verdict no-blanks-at-line-ends "$(grep -HnE '[ 	]+$' $sources $scripts Makefile | cut -d: -f1,2)"
verdict no-machine-paths "$(grep -rnIE '/(work|farm|root|home)/[a-z]' . --exclude-dir=build --exclude-dir=.git --exclude=.git --exclude=lint.sh --exclude=LICENSE | cut -c1-120)"
# Own header, then the project's, then the system's.
verdict include-order "$(awk '
	FNR == 1 { sys = 0 }
	/^#include </ { sys = FNR }
	/^#include "/ && sys && $2 !~ /_list\.h|\.inc"/ { print FILENAME ":" FNR ": " $2 " behind a system header"; sys = 0 }' $sources)"

# --- registries ---------------------------------------------------------------------
verbs=$(sed -n 's/^NTR_VERB(\(.*\))$/\1/p' kdtools/cli/verb_list.h)
verdict verbs-sorted "$(printf '%s\n' "$verbs" | sort -c 2>&1)"
verdict verbs-have-golden-tests "$(for v in $verbs; do
	[ -n "$(ls tests/golden/"$v"/*/args 2>/dev/null)" ] || echo "$v: no tests/golden/$v/*/args"
done)"
verdict verbs-documented "$(for v in $verbs; do
	grep -q "ntriage $v" docs/user-guide.md 2>/dev/null || echo "$v: not in docs/user-guide.md"
done)"
fmts=$(sed -n 's/^NTR_FMT(\(.*\))$/\1/p' analyzer/fmt/fmt_list.h)
verdict formats-documented "$(for f in $fmts; do
	grep -qsE "fmt_$f\b" docs/formats/*.md || echo "$f: no page in docs/formats names fmt_$f"
done)"
verdict formats-fuzzed "$(for f in $fmts; do
	grep -qsE "fmt_$f\b|ntr_fmt_$f\b|ntr_dump_open" tests/fuzz/fuzz_*.c || echo "$f: no fuzz target"
done)"
verdict containers-documented "$(sed -n 's/^F_OUT_DECL("\([^"]*\)".*/\1/p' kdtools/forge/forge_out_list.h | while read -r c; do
	c=${c%-flat}
	grep -qE "(^|[^a-z-])$c([^a-z-]|\$)" docs/forge.md || echo "$c: not in docs/forge.md"
done)"
# The debugger's commands: sorted, described, tested, documented. docs/kd.md has
# what .help says of each, between ">" marks.
cmds=$(sed -n 's/^NTR_CMD(\(.*\))$/\1/p' kdtools/cmd/cmd_list.h)
verdict commands-sorted "$(printf '%s\n' "$cmds" | sort -c 2>&1)"
verdict commands-described "$(for c in $cmds; do
	grep -hA30 "^const struct ntr_cmd ntr_cmd_$c = {" kdtools/cmd/cmd_*.c | awk -v c="$c" '
		/^};/ { exit }
		/\.names = "[^"]/ { n = 1 } /\.summary = "[^"]/ { s = 1 } /\.help = "[^"]/ { h = 1 }
		/\.example = "[^"]/ { e = 1 } /\.operands = "/ { o = 1 } /\.does = "[^"]/ { d = 1 }
		END { if (!n || !s || !h || !e || !o || !d) print c ": names, summary, operands, help, example or does is lacking" }'
done)"
verdict commands-have-golden-tests "$(for c in $cmds; do
	[ -f "tests/golden/kd/$c/args" ] || echo "$c: no tests/golden/kd/$c/args"
done)"
if [ -x "$B/ntriage" ]; then
	verdict commands-documented "$("$B/ntriage" help --commands 2>&1 | diff - <(sed -n '/^<!-- commands -->$/,/^<!-- end -->$/p' docs/kd.md 2>/dev/null | sed '1d;$d') | head -5)"
fi
# The facts: docs/facts.md is what the schema says.
if [ -x "$B/ntriage" ]; then
	verdict facts-documented "$("$B/ntriage" facts --schema 2>&1 | diff - docs/facts.md | head -5)"
fi
# The filter language: docs/results.md has what the field table says.
if [ -x "$B/ntriage" ]; then
	verdict filter-fields-documented "$("$B/ntriage" results fields 2>&1 | diff - <(sed -n '/^<!-- fields -->$/,/^<!-- end -->$/p' docs/results.md 2>/dev/null | sed '1d;$d') | head -5)"
fi
verdict facts-fuzzed "$(grep -qs ntr_fact_schema tests/fuzz/fuzz_facts.c || echo "no fuzz target asks all facts")"
# The trust marks: every one in the schema and in the guide.
verdict trust-marks-documented "$(sed -n 's/^[ \t]*X([A-Z]*, "\([a-z]*\)").*/\1/p' analyzer/unw/unw.h | while read -r t; do
	grep -q "\"$t\"" docs/verdict.schema.json && grep -q "\`$t\`" docs/user-guide.md || echo "$t"
done)"
exit $bad
