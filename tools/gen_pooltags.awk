# SPDX-License-Identifier: Apache-2.0
# signatures/pooltags/tags.txt -> C table for analyzer/triage/pooltag.c.
# The file describes its format.  An error names file:line.

BEGIN {
	n = 0
	if (list) {
		print "signatures/pooltags/tags.txt"
		exit 0
	}
	print "/* made by tools/gen_pooltags.awk from signatures/pooltags */"
	print "static const struct ntr_tag_info tag_rows[] = {"
}

function fail(why) {
	printf "%s:%d: %s\n", FILENAME, FNR, why >"/dev/stderr"
	failed = 1
	exit 1
}

/^[ \t]*(#|$)/ { next }

{
	line = $0
	sub(/^[ \t]+/, "", line)
	if (substr(line, 1, 1) == "\"") {
		tag = substr(line, 2, 4)
		if (substr(line, 6, 1) != "\"")
			fail("a quoted tag has four characters")
		line = substr(line, 7)
	} else {
		tag = $1
		line = substr(line, length(tag) + 1)
	}
	if (length(tag) != 4 || tag ~ /["\\]/)
		fail("\"" tag "\" is no tag of four characters")
	sub(/^[ \t]+/, "", line)
	module = line
	sub(/[ \t].*/, "", module)
	text = substr(line, length(module) + 1)
	sub(/^[ \t]+/, "", text)
	sub(/[ \t]+$/, "", text)
	if (module !~ /^[a-z0-9._-]+$/)
		fail("\"" module "\" is no module")
	if (text == "" || text ~ /["\\]/)
		fail("a description is missing, or has quotes in it")
	if (tag in seen)
		fail(tag " is there twice, first in line " seen[tag])
	seen[tag] = FNR
	# "??" begins a trigraph for some compilers: each letter alone.
	c = ""
	for (i = 1; i <= 4; i++)
		c = c (i > 1 ? ", " : "") "'" (substr(tag, i, 1) == "'" ? "\\'" : substr(tag, i, 1)) "'"
	printf "\t{ { %s, 0 }, %s, \"%s\" },\n", c,
		module == "-" ? "NULL" : "\"" module "\"", text
	n++
}

END {
	if (list || failed)
		exit failed
	if (!n) {
		print "tags.txt: no tag" >"/dev/stderr"
		exit 1
	}
	print "};"
}
