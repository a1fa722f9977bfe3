# SPDX-License-Identifier: Apache-2.0
# analyzer/sym/nt_types.txt -> rows for analyzer/sym/nt_types.c:
#   NT_BUILD(machine, build, known in full)
#   NT_ROW("struct.member", machine, kind, width, first, last, offset, "type")
# A build is written NUMBER * 16 + variant.
BEGIN {
	if (list) {
		print "analyzer/sym/nt_types.txt"
		exit
	}
	split("x86 x64 a64 axp i64", a)
	split("X86 AMD64 ARM64 ALPHA IA64", m)
	for (i in a)
		machine[a[i]] = "NTR_MACHINE_" m[i]
	print "/* made by tools/gen_nt_types.awk */"
}
function die(why) {
	print FILENAME ":" FNR ": " why >"/dev/stderr"
	failed = 1
	exit 1
}
function mach(name) {
	if (!(name in machine))
		die("no such machine: " name)
	return machine[name]
}
function key(b, p) {
	if (b !~ /^[0-9]+(\.[0-9])?$/)
		die("not a build: " b)
	split(b, p, ".")
	return p[1] * 16 + p[2]
}
function rows(arch, kind, width, type,    i, eq, span, first, last, ends, n) {
	for (i = 4; i <= NF; i++) {
		eq = index($i, "=")
		span = substr($i, 1, eq - 1)
		if (!eq || substr($i, eq + 1) !~ /^0x[0-9a-f]+$/)
			die("want builds=0xoffset: " $i)
		n = split(span, ends, "-")
		first = span == "*" ? 0 : key(ends[1])
		last = span == "*" ? "NT_ALWAYS" : key(ends[n])
		if (span != "*" && last < first)
			die("range runs backwards: " span)
		printf "NT_ROW(\"%s\", %s, %s, %d, %s, %s, %s, %s)\n", $1, mach(arch),
			kind, width, first, last, substr($i, eq + 1), type
	}
}
/^#/ || NF == 0 { next }
$1 == "!builds" || $1 == "!partial" {
	for (i = 3; i <= NF; i++)
		printf "NT_BUILD(%s, %d, %d)\n", mach($2), key($i), $1 == "!builds"
	next
}
{
	if ((before "") > ($1 ""))
		die("not sorted: " $1 " after " before)
	before = $1
	type = "NULL"
	if ($2 == "p") {
		kind = "NTR_TK_POINTER"; width = 0
	} else if ($2 ~ /^u[0-9]+$/) {
		kind = "NTR_TK_INT"; width = substr($2, 2) / 8
	} else if ($2 ~ /^b[0-9]+$/) {
		kind = "NTR_TK_BYTES"; width = substr($2, 2)
	} else if ($2 ~ /^_/) {
		kind = "NTR_TK_STRUCT"; width = 0; type = "\"" $2 "\""
	} else {
		die("no such type: " $2)
	}
	n = split($3, archs, ",")
	for (k = 1; k <= n; k++)
		rows(archs[k], kind, width, type)
}
END { exit failed }
