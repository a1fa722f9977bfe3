# SPDX-License-Identifier: Apache-2.0
# kdtools/report/page.css and page.js -> C strings page_css and page_js.
# Indentation and lines that are comments as a whole are left out.

BEGIN {
	if (list) {
		print "kdtools/report/page.css kdtools/report/page.js"
		exit 0
	}
	print "/* made by tools/gen_page.awk from kdtools/report */"
}

FNR == 1 {
	if (NR > 1)
		print "\t\"\";"
	name = FILENAME
	sub(/.*\./, "page_", name)
	printf "static const char %s[] =\n", name
	if (name == "page_js")
		print "\t\"\\n\""
}

/^[ \t]*\/\*.*\*\/[ \t]*$/ || /^[ \t]*\/\// || /^[ \t]*$/ { next }

{
	sub(/^[ \t]+/, "")
	gsub(/\\/, "&&")
	gsub(/"/, "\\\"")
	printf "\t\"%s\\n\"\n", $0
}

END {
	if (!list)
		print "\t\"\";"
}
