# SPDX-License-Identifier: Apache-2.0
# signatures/blame/classes.txt -> C table for analyzer/triage/blame.c.
# Format: docs/bugchecks.md.  An error names file:line.

BEGIN {
	n = 0
	if (list) {
		print "signatures/blame/classes.txt"
		exit 0
	}
	print "/* made by tools/gen_blame.awk from signatures/blame */"
	print "static const struct class_row class_rows[] = {"
}

function fail(why) {
	printf "%s:%d: %s\n", FILENAME, FNR, why >"/dev/stderr"
	failed = 1
	exit 1
}

/^[ \t]*(#|$)/ { next }

{
	if ($1 !~ /^(skip|plumbing|os|definite)$/)
		fail("\"" $1 "\" is no class")
	if (NF < 3)
		fail("CLASS PATTERN reason")
	if ($2 !~ /^[A-Za-z0-9_.*-]+(![A-Za-z0-9_.*?@$]+)?$/)
		fail("\"" $2 "\" is no pattern")
	low = tolower($2)
	if (low in seen)
		fail($2 " is there twice, first in line " seen[low])
	seen[low] = FNR
	split(low, part, "!")
	reason = $0
	sub(/^[ \t]*[^ \t]+[ \t]+[^ \t]+[ \t]+/, "", reason)
	gsub(/\\/, "\\\\", reason)
	gsub(/"/, "\\\"", reason)
	fn = index(low, "!") ? "\"" part[2] "\"" : "NULL"
	printf "\t{NTR_BLAME_%s, \"%s\", %s, \"%s\"},\n", toupper($1), part[1], fn, reason
	n++
}

END {
	if (list || failed)
		exit failed
	if (!n) {
		print "classes.txt: no rule" >"/dev/stderr"
		exit 1
	}
	print "};"
}
