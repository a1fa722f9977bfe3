# SPDX-License-Identifier: Apache-2.0
# signatures/bugchecks/*.txt -> C tables for analyzer/triage/bugcheck.c.
# The language is described in docs/bugchecks.md.  An error names file:line.

BEGIN {
	nvalues = nstatus = nfills = ncases = ncodes = nenums = 0
	if (list) {
		d = "signatures/bugchecks/"
		print d "enums.txt", d "status.txt", d "fills.txt", d "codes.txt", d "names.txt"
		exit 0
	}
	kinds = " none hex dec size addr code irql status access50 trap context" \
		" excrec process thread device driver irp object eresource mdl" \
		" pte pfn ustr wstr astr tag acpi pool cookie" \
		" compl fileline ms cpu case enum "
	hows = " cr er tf stack tss cpu "
	modes = " frames param unloaded name objects hardware manual live none hung "
}

function fail(why) {
	printf "%s:%d: %s\n", FILENAME, FNR, why >"/dev/stderr"
	failed = 1
	exit 1
}

# Words n.. of the line as they stand, as a C string.
function rest(n,    s, i) {
	s = $0
	sub(/^[ \t]+/, "", s)
	for (i = 1; i < n; i++)
		sub(/^[^ \t]+[ \t]*/, "", s)
	sub(/[ \t]+$/, "", s)
	if (s == "")
		return "NULL"
	gsub(/\\/, "\\\\", s)
	gsub(/"/, "\\\"", s)
	return "\"" s "\""
}

function number(s,    i, v, c, base, digits) {
	s = tolower(s)
	base = 10
	if (substr(s, 1, 2) == "0x") {
		base = 16
		s = substr(s, 3)
	}
	if (s == "")
		fail("a number is missing")
	v = 0
	for (i = 1; i <= length(s); i++) {
		c = index("0123456789abcdef", substr(s, i, 1)) - 1
		if (c < 0 || c >= base)
			fail("\"" s "\" is not a number")
		v = v * base + c
	}
	return v
}

# C text of a number below 2^53, whatever awk this is.
function ctext(v,    hi) {
	hi = int(v / 65536)
	return sprintf("((u64)%d << 16 | %d)", hi, v - hi * 65536)
}

function param_no(s) {
	if (s !~ /^[1-4]$/)
		fail("a parameter number is 1 to 4, not \"" s "\"")
	return s
}

function parse_param(key,    n, kind, e) {
	n = substr($1, 2)
	kind = $2
	e = ""
	if (substr(kind, 1, 5) == "enum:") {
		e = substr(kind, 6)
		kind = "enum"
		if (!(e in enum_first))
			fail("there is no enum \"" e "\" (before this line)")
	}
	if (!index(kinds, " " kind " "))
		fail("\"" kind "\" is no kind of parameter")
	if ((key, n) in par)
		fail("parameter " n " is described twice")
	par[key, n] = sprintf("{NTR_PK_%s, %d, %s}", toupper(kind),
			      e == "" ? 0 : enum_no[e], rest(3))
}

function params(key,    i, s) {
	s = ""
	for (i = 1; i <= 4; i++)
		s = s ((key, i) in par ? par[key, i] : "{0, 0, NULL}") \
		    (i < 4 ? ", " : "")
	return s
}

/^[ \t]*(#|$)/ { next }

$1 == "enum" {
	in_enum = $2
	if (in_enum in enum_first)
		fail("enum " in_enum " is there twice")
	enum_no[in_enum] = ++nenums
	enum_name[nenums] = in_enum
	enum_first[in_enum] = nvalues
	code = ""
	next
}

$1 ~ /^(0x[0-9a-fA-F]+|[0-9]+)$/ && in_enum != "" {
	value[nvalues] = sprintf("{%d, %s, %s}", nenums, ctext(number($1)),
				 rest(2))
	nvalues++
	next
}

$1 == "status" {
	if (NF < 4)
		fail("status CODE NAME words")
	v = number($2)
	if (v <= last_status && nstatus)
		fail("status codes must be in order")
	last_status = v
	status[nstatus++] = sprintf("{%su, \"%s\", %s}", $2, $3, rest(4))
	next
}

$1 == "fill" {
	if (NF < 3)
		fail("fill VALUE words")
	number($2)
	fill[nfills++] = sprintf("{%su, %s}", $2, rest(3))
	next
}

$1 == "bugcheck" {
	if (NF != 3 || $2 !~ /^0x/ || $3 !~ /^[A-Z][A-Z0-9_]+$/)
		fail("bugcheck 0xCODE NAME")
	v = number($2)
	key = tolower($2)   # not v: mawk rounds large numbers in subscripts
	sub(/^0x0*/, "", key)
	if (key in seen)
		fail("code " $2 " is there twice, first at " seen[key])
	seen[key] = FILENAME ":" FNR
	code = ncodes++
	order[code] = v
	literal[code] = $2
	name[code] = $3
	in_enum = ""
	in_case = 0
	ncontext[code] = 0
	next
}

code == "" { fail("\"" $1 "\" outside a bugcheck, enum or status line") }

$1 ~ /^p[1-4]$/ {
	if (in_case)
		for (i = case_first; i < ncases; i++) {
			delete par["c" i, substr($1, 2)]
			parse_param("c" i)
		}
	else
		parse_param("b" code)
	next
}

$1 == "case" {
	in_case = 1
	case_first = ncases
	n = split($2, part, ",")
	for (i = 1; i <= n; i++) {
		m = split(part[i], ends, "-")
		lo = number(ends[1])
		hi = m > 1 ? number(ends[2]) : lo
		if (hi < lo)
			fail("range " part[i] " is upside down")
		case_range[ncases] = ctext(lo) ", " ctext(hi)
		case_text[ncases] = rest(3)
		case_of[ncases++] = code
	}
	next
}

# What follows belongs to the code, not to a case.
$1 == "context" {
	if (!index(hows, " " $2 " "))
		fail("\"" $2 "\" is no source of a context")
	if (ncontext[code] >= 4)
		fail("more than 4 sources of a context")
	context[code, ncontext[code]++] = sprintf("{NTR_CTX_%s, %d}",
		toupper($2), NF > 2 ? param_no($3) : 0)
	next
}

$1 == "ip" || $1 == "fault" || $1 == "access" || $1 == "exception" ||
$1 == "subject" {
	field[code, $1] = param_no($2)
	next
}

$1 == "blame" {
	if (!index(modes, " " $2 " "))
		fail("\"" $2 "\" is no way to blame")
	field[code, "mode"] = "NTR_BM_" toupper($2)
	n = 3
	if ($2 == "param" || $2 == "unloaded" || $2 == "name")
		field[code, "blame"] = param_no($(n++))
	if ($(n) == "low") {
		field[code, "low"] = "true"
		n++
	}
	field[code, "why"] = rest(n)
	next
}

$1 == "bucket" || $1 == "avbucket" || $1 == "text" {
	field[code, $1] = rest(2)
	next
}

{ fail("unknown word \"" $1 "\"") }

function get(c, f, none) {
	return (c, f) in field ? field[c, f] : none
}

function code_row(c,    i, s, n) {
	n = ncontext[c]
	s = ""
	for (i = 0; i < n; i++)
		s = s (i ? ", " : "") context[c, i]
	if (n == 0)
		s = "{0, 0}"
	printf "\t{%su, \"%s\",\n\t {%s},\n", literal[c], name[c], params("b" c)
	printf "\t {%s}, %d, %d, %d, %d, %d, %d,\n", s, n, get(c, "ip", 0),
		get(c, "fault", 0), get(c, "access", 0),
		get(c, "exception", 0), get(c, "subject", 1)
	printf "\t %s, %d, %s, %s,\n", get(c, "mode", "NTR_BM_FRAMES"),
		get(c, "blame", 0), get(c, "low", "false"), get(c, "why", "NULL")
	printf "\t %s, %s, %s, %d, %d},\n", get(c, "bucket", "NULL"),
		get(c, "avbucket", "NULL"), get(c, "text", "NULL"),
		first_case[c], count_case[c]
}

END {
	if (list || failed)
		exit failed
	print "/* made by tools/gen_bugchecks.awk from signatures/bugchecks */"
	print "static const struct enum_row enum_rows[] = {"
	for (i = 0; i < nvalues; i++)
		printf "\t%s,\n", value[i]
	print "};\nstatic const char *const enum_names[] = {\n\tNULL,"
	for (i = 1; i <= nenums; i++)
		printf "\t\"%s\",\n", enum_name[i]
	print "};\nstatic const struct status_row status_rows[] = {"
	for (i = 0; i < nstatus; i++)
		printf "\t%s,\n", status[i]
	print "};\nstatic const struct fill_row fill_rows[] = {"
	for (i = 0; i < nfills; i++)
		printf "\t%s,\n", fill[i]
	print "};\nstatic const struct ntr_bc_case case_rows[] = {"
	for (i = 0; i < ncases; i++) {
		if (!(case_of[i] in count_case))
			first_case[case_of[i]] = i
		count_case[case_of[i]]++
		printf "\t{%s, %s,\n\t {%s}},\n", case_range[i], case_text[i],
			params("c" i)
	}
	print "};\nstatic const struct ntr_bugcheck bugcheck_rows[] = {"
	for (i = 0; i < ncodes; i++) {   # insertion sort by code
		for (j = i; j > 0 && order[sorted[j - 1]] > order[i]; j--)
			sorted[j] = sorted[j - 1]
		sorted[j] = i
	}
	for (i = 0; i < ncodes; i++)
		code_row(sorted[i])
	print "};"
}
