// SPDX-License-Identifier: Apache-2.0
/*
 * All symbols, lines, types and frame rules of whole files against what
 * readelf, objdump, llvm-dwarfdump and pahole say of them: programs compiled here
 * with each compiler and version of DWARF, ntriage itself, the corpus.
 */
#include "dwarf_truth.h"
#include "fmt/dump.h"

#include <ctype.h>
#include <unistd.h>

static struct ntr_symsrc *src;
static const char *path, *layout_path; /* pahole's, when another */
static u64 base; /* of the file's addresses, as another tool says */
static char dir[] = "/tmp/ntr-dwarf-XXXXXX";

/* --- symbols ------------------------------------------------------------------- */

static bool collect_symbol(void *ctx, const struct ntr_symbol *s)
{
	if (s->name[0] != '.' && s->kind != NTR_SYM_EXPORT)
		say(ctx, "%" PRIx64 " %" PRIu64 " %.*s", s->rva, s->size,
		    (int)strcspn(s->name, "@"), s->name);
	return true;
}

static void readelf_symbol(void *ctx, char *line)
{
	char value[32], size[32], type[32], bind[32], vis[32], ndx[32];
	char name[4000];

	if (sscanf(line, " %*[0-9]: %31s %31s %31s %31s %31s %31s %3999s", value,
		   size, type, bind, vis, ndx, name) != 7 ||
	    !isdigit(ndx[0]) || name[0] == '.')
		return;
	if (strcmp(type, "FUNC") && strcmp(type, "OBJECT") &&
	    strcmp(type, "NOTYPE") && strcmp(type, "IFUNC"))
		return;
	if (name[0] == '$' && (!name[2] || name[2] == '.'))
		return; /* mapping symbols of ARM */
	say(ctx, "%" PRIx64 " %" PRIu64 " %.*s",
	    (u64)strtoull(value, NULL, 16) - base,
	    (u64)strtoull(size, NULL, 0), (int)strcspn(name, "@"), name);
}

struct coff {
	struct lines *want;
	u64 va[100]; /* of sections, from 1 */
};

static void objdump_section(void *ctx, char *line)
{
	struct coff *c = ctx;
	unsigned no;
	unsigned long long va;

	if (sscanf(line, " %u %*s %*x %llx", &no, &va) == 2 && no < 99)
		c->va[no + 1] = va;
}

/* External (2), static (3) and weak (105) ones, not the labels (6) that an
 * assembler leaves inside of functions. */
static void objdump_symbol(void *ctx, char *line)
{
	struct coff *c = ctx;
	int sec, cls, n = 0;
	unsigned long long value;

	if (sscanf(line, "[%*d](sec %d)(fl %*x)(ty %*x)(scl %d) (nx %*d) "
		   "0x%llx %n", &sec, &cls, &value, &n) == 3 && n && sec > 0 &&
	    sec < 100 && (cls == 2 || cls == 3 || cls == 105) && line[n] != '.')
		say(c->want, "%" PRIx64 " 0 %.*s", (u64)(c->va[sec] + value -
							 base),
		    (int)strcspn(line + n, "@"), line + n);
}

static void symbols(void)
{
	struct lines got = { 0 }, want = { 0 };
	bool pe = !strcmp(src->ops->name, "pedwarf");
	struct coff c = { .want = &want };

	CHECK_EQ(ntr_symsrc_each(src, collect_symbol, &got, NULL), NTR_OK);
	if (pe) {
		run_lines(objdump_section, &c, "objdump -h '%s'", path);
		run_lines(objdump_symbol, &c, "objdump -t '%s'", path);
	} else {
		run_lines(readelf_symbol, &want, "readelf -sW '%s' 2>/dev/null",
			  path);
	}
	same_lines("symbols", &got, &want, true);
}

/* An address inside a function is that function's. */
static bool covered(void *ctx, const struct ntr_symbol *s)
{
	struct ntr_symbol a;

	(void)ctx;
	if (!s->size || s->kind != NTR_SYM_FUNC)
		return true;
	for (u64 at = s->rva; at < s->rva + s->size;
	     at += s->size > 1 ? s->size - 1 : 1) {
		if (ntr_symsrc_at(src, at, &a, NULL))
			TEST_FAIL("nothing at %s+0x%" PRIx64, s->name,
				  at - s->rva);
		else if (at < a.rva || at >= a.rva + a.size)
			TEST_FAIL("%s+0x%" PRIx64 " is in %s", s->name,
				  at - s->rva, a.name);
		test_.checks++;
	}
	if (ntr_symsrc_named(src, s->name, &a, NULL) || strcmp(a.name, s->name))
		TEST_FAIL("%s is not found by name", s->name);
	return true;
}

static void lookups(void)
{
	CHECK_EQ(ntr_symsrc_each(src, covered, NULL, NULL), NTR_OK);
}

/* --- lines ----------------------------------------------------------------------- */

static const char *last_part(const char *p)
{
	const char *s = strrchr(p, '/');

	return s ? s + 1 : p;
}

static bool collect_line(void *ctx, const struct ntr_line *l)
{
	struct ntr_line at;
	struct ntr_symbol y;

	say(ctx, "%" PRIx64 " %u %s", l->rva, l->line, last_part(l->file));
	if (!l->size || !l->line)
		return true;
	/* the last row of a function may run into padding, of no unit */
	if (!ntr_symsrc_line(src, l->rva + l->size - 1, &at, NULL) &&
	    at.rva != l->rva)
		TEST_FAIL("+%" PRIx64 " is +%" PRIx64, l->rva + l->size - 1,
			  at.rva);
	if (ntr_symsrc_line(src, l->rva, &at, NULL)) {
		if (!ntr_symsrc_at(src, l->rva, &y, NULL) &&
		    l->rva < y.rva + y.size)
			TEST_FAIL("no line at %" PRIx64, l->rva);
	} else if (at.line != l->line || at.rva != l->rva) {
		TEST_FAIL("+%" PRIx64 " is line %u at +%" PRIx64 ", want %u",
			  l->rva, at.line, at.rva, l->line);
	}
	return true;
}

struct dumped {
	struct lines *want, seq; /* rows of the sequence at hand */
	char file[4096][96];
	int nfile;
	bool drop;
};

static void dwarfdump_line(void *ctx, char *line)
{
	struct dumped *d = ctx;
	unsigned long long addr;
	unsigned no, col, file;
	char *p;

	if (!strncmp(line, "file_names[", 11)) {
		d->nfile = atoi(line + 11) & 4095;
	} else if ((p = strstr(line, "   name: \"")) != NULL) {
		snprintf(d->file[d->nfile], sizeof(d->file[0]), "%s",
			 last_part(strtok(p + 10, "\"")));
	} else if (sscanf(line, "0x%llx %u %u %u", &addr, &no, &col, &file) ==
		   4) {
		if (!d->seq.n && !strstr(line, "end_sequence"))
			d->drop = !addr || addr < base;
		if (!strstr(line, "end_sequence")) {
			say(&d->seq, "%llx %u %s", addr - base, no,
			    d->file[file & 4095]);
			return;
		}
		for (size_t i = 0; i < d->seq.n && !d->drop; i++)
			say(d->want, "%s", d->seq.v[i]);
		forget(&d->seq);
	}
}

static void line_rows(void)
{
	struct lines got = { 0 }, want = { 0 };
	struct dumped *d = calloc(1, sizeof(*d));

	d->want = &want;
	CHECK_EQ(ntr_symsrc_each_line(src, collect_line, &got, NULL), NTR_OK);
	run_lines(dwarfdump_line, d, "llvm-dwarfdump --debug-line '%s' "
		  "2>/dev/null", path);
	same_lines("lines", &got, &want, false);
	free(d);
}

/* --- layouts, as pahole prints them ------------------------------------------------- */

struct expand {
	struct lines *out;
	const char *top;
	u64 off;
	unsigned depth;
};

static bool expand(void *ctx, const struct ntr_type_member *m);

static struct ntr_type type_of(u64 id)
{
	struct ntr_type t = { 0 };
	struct ntr_err e = { "" };

	if (ntr_symsrc_type(src, id, &t, &e))
		TEST_FAIL("type %" PRIx64 ": %s", id, e.msg);
	return t;
}

static void body(u64 id, const char *top, u64 off, unsigned depth,
		 struct lines *out)
{
	struct expand x = { out, top, off, depth };
	struct ntr_err e = { "" };

	if (ntr_symsrc_members(src, id, expand, &x, &e))
		TEST_FAIL("members of %s: %s", top, e.msg);
}

static bool expand(void *ctx, const struct ntr_type_member *m)
{
	struct expand *x = ctx;
	struct ntr_type t = type_of(m->type), in = t;
	u64 id = m->type;

	while (in.kind == NTR_TY_ARRAY || (in.kind == NTR_TY_ALIAS && !in.name))
		in = type_of(id = in.to);
	if (m->bits)
		say(x->out, "%s.%s bit %" PRIu64 ":%u", x->top, m->name,
		    (x->off + m->off) * 8 + m->bit, m->bits);
	else
		say(x->out, "%s.%s off %" PRIu64 " size %" PRIu64, x->top,
		    m->name ? m->name : "", x->off + m->off, t.size);
	if ((in.kind == NTR_TY_STRUCT || in.kind == NTR_TY_UNION) && !in.name &&
	    x->depth < 8)
		body(id, x->top, x->off + m->off, x->depth + 1, x->out);
	return true;
}

struct pahole {
	struct lines *want;
	char top[200];
	bool in;
	size_t start[16]; /* of the inner blocks that are open */
	unsigned depth;
};

/* The declared name: inside "(*…)", else the last word before [ : ; */
static void declared(const char *decl, char *out, size_t size)
{
	const char *p = strstr(decl, "(*"), *end;

	if (p) {
		p += 2;
		while (*p == '*' || *p == ' ')
			p++;
		end = p + strcspn(p, ")[");
	} else {
		end = decl + strcspn(decl, "[:;");
		while (end > decl && end[-1] == ' ')
			end--;
		p = end;
		while (p > decl && (isalnum((unsigned char)p[-1]) ||
				    p[-1] == '_' || p[-1] == '$'))
			p--;
	}
	snprintf(out, size, "%.*s", (int)(end - p), p);
}

static void pahole_line(void *ctx, char *line)
{
	struct pahole *p = ctx;
	unsigned off, bit, size, bits;
	char name[200], *c, *colon;

	if ((!strncmp(line, "struct ", 7) || !strncmp(line, "union ", 6)) &&
	    strchr(line, '{')) {
		p->in = sscanf(line, "%*s %199[A-Za-z0-9_]", p->top) == 1;
		return;
	}
	c = strstr(line, "/*");
	if (line[0] == '\t' && strchr(line, '{') && p->depth < 16)
		p->start[p->depth++] = p->want->n;
	if (line[0] == '\t' && strchr(line, '}') && p->depth) {
		p->depth--;
		/* a type defined inside, told from a member by the place */
		while (!c && p->want->n > p->start[p->depth])
			free(p->want->v[--p->want->n]);
	}
	if (line[0] == '}' || !p->in || !c || !strchr(line, ';') ||
	    strchr(line, ';') > c)
		return;
	declared(line, name, sizeof(name));
	colon = strchr(line, ':');
	if (sscanf(c, "/* %u: %u %u */", &off, &bit, &size) == 3 && colon &&
	    sscanf(colon, ":%u", &bits) == 1)
		say(p->want, "%s.%s bit %u:%u", p->top, name, off * 8 + bit,
		    bits);
	else if (sscanf(c, "/* %u %u */", &off, &size) == 2)
		say(p->want, "%s.%s off %u size %u", p->top, name, off, size);
}

/* pahole shows one struct of each name: where we have two that differ, none is
 * compared. */
struct chosen {
	struct lines names, twice;
};

static bool last_is(const struct lines *l, const char *name)
{
	return l->n && !strcmp(l->v[l->n - 1], name);
}

static bool names_of(void *ctx, const char *name, u64 id)
{
	struct chosen *c = ctx;

	(void)id;
	if (!last_is(&c->names, name))
		say(&c->names, "%s", name);
	else if (!last_is(&c->twice, name))
		say(&c->twice, "%s", name);
	return true;
}

static bool layout(void *ctx, const char *name, u64 id)
{
	struct ntr_type t = type_of(id);
	char word[200]; /* g++: "typedef __va_list_tag __va_list_tag" */

	if (strchr(name, ':')) /* pahole shows no type of a namespace */
		return true;
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(name, " "), name);
	if (t.kind == NTR_TY_STRUCT || t.kind == NTR_TY_UNION)
		body(id, word, 0, 0, ctx);
	return true;
}

static void without(struct lines *l, const struct lines *names)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		bool drop = false;

		for (size_t k = 0; k < names->n && !drop; k++) {
			size_t len = strlen(names->v[k]);

			drop = !strncmp(l->v[i], names->v[k], len) &&
			       l->v[i][len] == '.';
		}
		if (drop)
			free(l->v[i]);
		else
			l->v[n++] = l->v[i];
	}
	l->n = n;
}

static void layouts(void)
{
	struct lines got = { 0 }, want = { 0 };
	struct pahole p = { .want = &want };
	struct chosen c = { 0 };

	CHECK_EQ(ntr_symsrc_each_type(src, names_of, &c, NULL), NTR_OK);
	CHECK(c.twice.n * 10 <= c.names.n);
	CHECK_EQ(ntr_symsrc_each_type(src, layout, &got, NULL), NTR_OK);
	run_lines(pahole_line, &p, "pahole '%s' 2>/dev/null",
		  layout_path ? layout_path : path);
	without(&got, &c.twice);
	without(&want, &c.twice);
	forget(&c.names);
	forget(&c.twice);
	same_lines("layouts", &got, &want, true);
}

/* --- every struct, union and enum by its offset, as llvm-dwarfdump prints it --------- */

struct die {
	struct lines *want;
	char tag[64], name[2000];
	u64 owner, off; /* struct at hand; DIE at hand */
	int level, owner_level, owners[64];
	u64 ids[64];
	u64 place, bits, bit, value, old_bit, byte_size;
	bool has_place, has_bit, has_old, is_static, decl;
};

static void finish_die(struct die *d)
{
	bool member = !strcmp(d->tag, "DW_TAG_member");

	if (member && d->owner && !d->is_static && !d->decl) {
		if (!d->bits)
			say(d->want, "%" PRIx64 " %s at %" PRIu64, d->owner,
			    d->name, d->place);
		else if (d->has_bit)
			say(d->want, "%" PRIx64 " %s bit %" PRIu64 ":%" PRIu64,
			    d->owner, d->name, d->bit, d->bits);
		else if (d->has_old)
			say(d->want, "%" PRIx64 " %s bit %" PRIu64 ":%" PRIu64,
			    d->owner, d->name,
			    d->place * 8 + d->byte_size * 8 - d->old_bit -
				    d->bits, d->bits);
	}
	if (!strcmp(d->tag, "DW_TAG_enumerator") && d->owner)
		say(d->want, "%" PRIx64 " %s = %" PRId64, d->owner, d->name,
		    (s64)d->value);
}

static void begin_die(struct die *d, u64 off, int level, const char *tag)
{
	finish_die(d);
	d->off = off;
	snprintf(d->tag, sizeof(d->tag), "%s", tag);
	d->name[0] = 0;
	d->place = d->bits = d->bit = d->value = d->old_bit = d->byte_size = 0;
	d->has_place = d->has_bit = d->has_old = d->is_static = d->decl = false;
	if (level < 0 || level >= 64)
		level = 63;
	d->ids[level] = !strcmp(tag, "DW_TAG_structure_type") ||
			!strcmp(tag, "DW_TAG_class_type") ||
			!strcmp(tag, "DW_TAG_union_type") ||
			!strcmp(tag, "DW_TAG_enumeration_type") ? off : 0;
	d->owner = level ? d->ids[level - 1] : 0;
	d->level = level;
}

/* Of an owner that turns out to be a declaration nothing is expected. */
static void dwarfdump_die(void *ctx, char *line)
{
	struct die *d = ctx;
	unsigned long long off;
	char at[64], tag[64], *v;
	int n = 0;

	if (sscanf(line, "0x%llx:%n", &off, &n) == 1 && n) {
		int blanks = (int)strspn(line + n, " ");

		if (sscanf(line + n, " %63s", tag) == 1)
			begin_die(d, off, (blanks - 1) / 2, tag);
		return;
	}
	if (sscanf(line, " %63s", at) != 1 || !(v = strchr(line, '(')))
		return;
	v++;
	if (!strcmp(at, "DW_AT_name") && *v == '"')
		snprintf(d->name, sizeof(d->name), "%.*s",
			 (int)(strrchr(v, '"') - v - 1), v + 1);
	else if (!strcmp(at, "DW_AT_data_member_location"))
		d->place = strncmp(v, "DW_OP_plus_uconst ", 18) ?
				   strtoull(v, NULL, 0) :
				   strtoull(v + 18, NULL, 0);
	else if (!strcmp(at, "DW_AT_bit_size"))
		d->bits = strtoull(v, NULL, 0);
	else if (!strcmp(at, "DW_AT_byte_size"))
		d->byte_size = strtoull(v, NULL, 0);
	else if (!strcmp(at, "DW_AT_data_bit_offset"))
		d->bit = strtoull(v, NULL, 0), d->has_bit = true;
	else if (!strcmp(at, "DW_AT_bit_offset"))
		d->old_bit = strtoull(v, NULL, 0), d->has_old = true;
	else if (!strcmp(at, "DW_AT_const_value"))
		d->value = *v == '-' ? (u64)strtoll(v, NULL, 0) :
				       strtoull(v, NULL, 0);
	else if (!strcmp(at, "DW_AT_external"))
		d->is_static = true;
	else if (!strcmp(at, "DW_AT_declaration"))
		d->decl = true;
}

struct by_id {
	struct lines *out;
	u64 id;
	bool is_enum;
	u64 old_size; /* bit fields of the old form name their unit's size */
};

static bool member_by_id(void *ctx, const struct ntr_type_member *m)
{
	struct by_id *b = ctx;
	const char *name = m->name ? m->name : "";

	if (b->is_enum)
		say(b->out, "%" PRIx64 " %s = %" PRId64, b->id, name, m->value);
	else if (m->bits)
		say(b->out, "%" PRIx64 " %s bit %" PRIu64 ":%u", b->id, name,
		    m->off * 8 + m->bit, m->bits);
	else if (!m->base)
		say(b->out, "%" PRIx64 " %s at %" PRIu64, b->id, name, m->off);
	return true;
}

/* The ids to ask come from the tool's own list. */
static void each_listed(struct lines *want, struct lines *got)
{
	u64 last = 0;

	for (size_t i = 0; i < want->n; i++) {
		struct by_id b = { .out = got };
		struct ntr_err e = { "" };

		b.id = strtoull(want->v[i], NULL, 16);
		if (b.id == last)
			continue;
		last = b.id;
		b.is_enum = type_of(b.id).kind == NTR_TY_ENUM;
		if (ntr_symsrc_members(src, b.id, member_by_id, &b, &e))
			TEST_FAIL("members of %" PRIx64 ": %s", b.id, e.msg);
	}
}

static void members(void)
{
	struct lines got = { 0 }, want = { 0 };
	struct die *d = calloc(1, sizeof(*d));

	d->want = &want;
	run_lines(dwarfdump_die, d, "llvm-dwarfdump --debug-info '%s' "
		  "2>/dev/null", path);
	finish_die(d);
	each_listed(&want, &got);
	same_lines("members", &got, &want, true);
	free(d);
}

/* --- frame rules -------------------------------------------------------------------------- */

/* "r5": the value is in the register of that number. */
static const char *by_number(int n)
{
	static const char *const x64[] = {
		"$rax", "$rdx", "$rcx", "$rbx", "$rsi", "$rdi", "$rbp", "$rsp",
		"$r8", "$r9", "$r10", "$r11", "$r12", "$r13", "$r14", "$r15",
	};
	static const char *const x86[] = { "$eax", "$ecx", "$edx", "$ebx",
					   "$esp", "$ebp", "$esi", "$edi" };
	static char arm[8];

	if (src->machine == NTR_MACHINE_AMD64)
		return n < 16 ? x64[n] : "?";
	if (src->machine == NTR_MACHINE_X86)
		return n < 8 ? x86[n] : "?";
	snprintf(arm, sizeof(arm), n == 31 ? "sp" : "x%d", n);
	return arm;
}

/* "rsp+8" and "c-16" in our words. */
static void spell(const char *v, const char *dollar, char *out, size_t size)
{
	char reg[16];
	long off = 0;
	int n = 0;

	if (sscanf(v, "c%ld%n", &off, &n) == 1 && n && !v[n]) {
		snprintf(out, size, ".cfa %ld %c ^", labs(off),
			 off < 0 ? '-' : '+');
		return;
	}
	if (sscanf(v, "v%ld%n", &off, &n) == 1 && n && !v[n]) {
		snprintf(out, size, ".cfa %ld %c", labs(off),
			 off < 0 ? '-' : '+');
		return;
	}
	if (v[0] == 'r' && isdigit(v[1]) && !strchr(v, '+')) {
		snprintf(out, size, "%s", by_number(atoi(v + 1)));
		return;
	}
	if (sscanf(v, "%15[a-z0-9]%ld", reg, &off) >= 1)
		snprintf(out, size, "%s%s %ld %c", dollar, reg, labs(off),
			 off < 0 ? '-' : '+');
}

/* The rule for name in a text of ours; "" when there is none. */
static void rule_of(const char *cfi, const char *name, char *out, size_t size)
{
	char key[40];
	const char *p = cfi, *end;

	snprintf(key, sizeof(key), "%s: ", name);
	*out = 0;
	for (; (p = strstr(p, key)) != NULL; p++)
		if (p == cfi || p[-1] == ' ')
			break;
	if (!p)
		return;
	p += strlen(key);
	end = strchr(p, ':');
	while (end && end > p && end[-1] != ' ')
		end--;
	snprintf(out, size, "%.*s", end ? (int)(end - p - 1) : (int)strlen(p),
		 p);
}

struct frames {
	char col[64][16];
	int ncol;
	u64 lo, hi;
	bool fde, unsup_ok;
	char cie_ra[16];   /* its rule in the CIE's first row */
	unsigned rows, said_unsup;
};

static const char *dollar(void)
{
	return src->machine == NTR_MACHINE_ARM64 ? "" : "$";
}

static void check_column(const struct ntr_uwrec *u, const char *col,
			 const char *v, u64 pc)
{
	char name[24], got[256], want[256] = "";
	bool ra = !strcmp(col, "ra");

	snprintf(name, sizeof(name), "%s%s", ra ? "" : dollar(),
		 ra ? ".ra" : !strcmp(col, "CFA") ? ".cfa" : col);
	if (!strcmp(col, "CFA"))
		strcpy(name, ".cfa");
	rule_of(u->cfi, name, got, sizeof(got));
	test_.checks++;
	if (!strcmp(v, "exp") || !strcmp(v, "vexp")) {
		if (!*got)
			TEST_FAIL("%" PRIx64 ": %s has no rule", pc, name);
		return;
	}
	if (!strcmp(v, "u") || !strcmp(v, "s")) {
		/* readelf has one letter for "undefined" and "no rule"; x30
		 * keeps its value until a rule says otherwise */
		if (!strcmp(got, ".undef"))
			return;
		if (ra && src->machine == NTR_MACHINE_ARM64)
			strcpy(want, "x30");
		else if (ra)
			strcpy(want, ".undef");
	} else {
		spell(v, dollar(), want, sizeof(want));
	}
	if (strcmp(got, want))
		TEST_FAIL("%" PRIx64 ": %s is \"%s\", want \"%s\" (%s)", pc,
			  name, got, want, v);
}

/* Vector registers have no spelling in uwrec.h. */
static bool spelt(const char *col)
{
	return strncmp(col, "xmm", 3) && strncmp(col, "st", 2) &&
	       col[0] != 'v' && col[0] != 'd' && strcmp(col, "rip");
}

static void check_row(struct frames *f, u64 pc, char *values)
{
	struct ntr_uwrec u;
	struct ntr_err e = { "" };
	enum ntr_st st = ntr_symsrc_unwind(src, pc - base, &u, &e);
	char *v, *save;
	int i = 0;

	f->rows++;
	if (st == NTR_UNSUP && strstr(values, "exp")) {
		f->said_unsup++;
		return;
	}
	if (st) {
		TEST_FAIL("%" PRIx64 ": %s", pc, e.msg);
		return;
	}
	if (pc - base < u.rva || pc - base >= u.rva + u.size)
		TEST_FAIL("%" PRIx64 ": the record covers +%" PRIx64 " to +%"
			  PRIx64, pc, u.rva, u.rva + u.size);
	for (v = strtok_r(values, " ", &save); v && i < f->ncol;
	     v = strtok_r(NULL, " ", &save)) {
		if (*v == '(')
			continue; /* "r5 (rdi)" */
		if (spelt(f->col[i]))
			check_column(&u, f->col[i], v, pc);
		i++;
	}
}

/* readelf --debug-dump=frames-interp; a row at the end of its function is of
 * no address, and rows of equal address are replaced by the last of them. */
struct interp {
	struct frames f;
	u64 pc;
	char values[1024];
	bool row;
};

static void flush_row(struct interp *r, u64 next)
{
	if (r->row && r->f.fde && r->pc >= r->f.lo && r->pc < r->f.hi &&
	    r->pc >= base && r->f.lo >= base && r->pc != next)
		check_row(&r->f, r->pc, r->values);
	r->row = false;
}

static void readelf_frame(void *ctx, char *line)
{
	struct interp *r = ctx;
	unsigned long long lo, hi;
	char *p, *save, *fde;
	int n = 0;

	if ((fde = strstr(line, " FDE ")) != NULL || strstr(line, " CIE ")) {
		flush_row(r, 0);
		r->f.fde = fde && (p = strstr(line, "pc=")) &&
			   sscanf(p, "pc=%llx..%llx", &lo, &hi) == 2;
		if (r->f.fde)
			r->f.lo = lo, r->f.hi = hi;
	} else if ((p = strstr(line, "LOC ")) != NULL) {
		r->f.ncol = 0;
		for (p = strtok_r(p + 4, " ", &save); p && r->f.ncol < 64;
		     p = strtok_r(NULL, " ", &save))
			snprintf(r->f.col[r->f.ncol++], 16, "%s", p);
	} else if (sscanf(line, "%llx %n", &lo, &n) == 1 && n >= 9 &&
		   line[0] != ' ') {
		flush_row(r, lo);
		r->pc = lo;
		r->row = true;
		snprintf(r->values, sizeof(r->values), "%s", line + n);
	} else if (!*line) {
		flush_row(r, 0);
	}
}

static void frame_rules(void)
{
	struct interp *r = calloc(1, sizeof(*r));

	/* llvm-dwarfdump 14 forgets the CFA at DW_CFA_restore_state */
	run_lines(readelf_frame, r, "%s=frames-interp '%s' 2>/dev/null",
		  !strcmp(src->ops->name, "pedwarf") ? "objdump --dwarf" :
						       "readelf --debug-dump",
		  path);
	flush_row(r, 0);
	if (r->f.rows < 4)
		TEST_FAIL("only %u rows", r->f.rows);
	if (r->f.said_unsup * 20 > r->f.rows)
		TEST_FAIL("%u of %u rows are expressions not rendered",
			  r->f.said_unsup, r->f.rows);
	free(r);
}

/* --- a file ---------------------------------------------------------------------------------- */

enum { SYM = 1, LINE = 2, PAHOLE = 4, MEMBER = 8, FRAME = 16, ALL = 31 };

static void lowest_load(void *ctx, char *line)
{
	unsigned long long off, va;

	if (sscanf(line, " LOAD 0x%llx 0x%llx", &off, &va) == 2 &&
	    (va & ~0xfffull) < *(u64 *)ctx)
		*(u64 *)ctx = va & ~0xfffull;
}

static void image_base(void *ctx, char *line)
{
	unsigned long long v;

	if (sscanf(line, " ImageBase: 0x%llx", &v) == 1)
		*(u64 *)ctx = v;
}

static void one_file(const char *what, const char *file, unsigned parts)
{
	static const struct { unsigned bit; const char *name, *tool; void (*fn)(void); }
	all[] = {
		{ SYM, "symbols", "objdump", symbols },
		{ SYM, "lookups", "readelf", lookups },
		{ LINE, "lines", "llvm-dwarfdump", line_rows },
		{ PAHOLE, "layouts", "pahole", layouts },
		{ MEMBER, "members", "llvm-dwarfdump", members },
		{ FRAME, "frames", "objdump", frame_rules },
	};
	struct ntr_err e = { "" };

	path = file;
	if (ntr_symsrc_open(&src, file, &e)) {
		printf("fail %s: %s\n", what, e.msg);
		test_.failed++;
		return;
	}
	base = UINT64_MAX;
	run_lines(lowest_load, &base, "readelf -lW '%s' 2>/dev/null", file);
	if (base == UINT64_MAX)
		run_lines(image_base, &base,
			  "llvm-readobj --file-headers '%s'", file);
	for (size_t i = 0; i < NTR_COUNT(all); i++) {
		char name[200];

		snprintf(name, sizeof(name), "%s: %s", what, all[i].name);
		if (!(parts & all[i].bit))
			continue;
		if (have(all[i].tool) && have("readelf"))
			test_run_(name, all[i].fn);
		else
			printf("skip %s: no %s\n", name, all[i].tool);
	}
	ntr_symsrc_close(src);
}

/* --- the files --------------------------------------------------------------------------------- */

static const char *top(void)
{
	const char *t = getenv("TOP");

	return t ? t : ".";
}

static bool compiled(const char *cc, const char *flags, const char *source,
		     char *out, size_t size)
{
	char cmd[1024];

	snprintf(out, size, "%s/a.out", dir);
	snprintf(cmd, sizeof(cmd), "%s %s -o %s %s/tests/fixtures/%s "
		 ">/dev/null 2>&1", cc, flags, out, top(), source);
	unlink(out);
	return have(cc) && system(cmd) == 0;
}

static void compile_and_check(const char *cc, const char *flags,
			      const char *source, unsigned parts)
{
	char what[256], exe[64];

	snprintf(what, sizeof(what), "%s %s", cc, flags);
	if (compiled(cc, flags, source, exe, sizeof(exe)))
		one_file(what, exe, parts);
	else
		printf("skip %s: not compiled here\n", what);
}

/* pahole reads no type units: the same program without is its truth. */
static void type_units(const char *cc, const char *source)
{
	static const char *const flags[2] = { "-gdwarf-4", "-gdwarf-5" };
	char exe[64], plain[64], more[64];

	for (int i = 0; i < 2; i++) {
		if (!compiled(cc, flags[i], source, exe, sizeof(exe)))
			continue;
		snprintf(plain, sizeof(plain), "%s/plain", dir);
		snprintf(more, sizeof(more), "%s -fdebug-types-section",
			 flags[i]);
		layout_path = rename(exe, plain) ? NULL : plain;
		compile_and_check(cc, more, source, ALL & ~MEMBER);
		layout_path = NULL;
	}
}

static void compilers(void)
{
	static const char *const ccs[] = { "gcc", "clang" };
	static const char *const flags[] = {
		"-gdwarf-5 -O0", "-gdwarf-5 -O2", "-gdwarf-4 -O0",
		"-gdwarf-4 -O2 -no-pie", "-gdwarf-3 -O1", "-gdwarf-2 -O2",
		"-gdwarf-5 -gz -O1",
		"-gdwarf-5 -fno-asynchronous-unwind-tables -O1",
	};
	const char *c = "dwarf_types.c", *cc = "dwarf_types.cc";

	for (size_t i = 0; i < NTR_COUNT(ccs); i++) {
		for (size_t k = 0; k < NTR_COUNT(flags); k++)
			compile_and_check(ccs[i], flags[k], c, ALL);
		type_units(ccs[i], c);
	}
	compile_and_check("gcc", "-gdwarf-2 -gstrict-dwarf -O2", c, ALL);
	compile_and_check("gcc", "-gdwarf-5 -gdwarf64 -O1", c, ALL);
	compile_and_check("gcc", "-gdwarf-4 -gz=zlib-gnu -O1", c, ALL);
	compile_and_check("g++", "-gdwarf-5 -O1", cc, ALL & ~PAHOLE);
	compile_and_check("g++", "-gdwarf-4 -O0", cc, ALL & ~PAHOLE);
	compile_and_check("clang++", "-gdwarf-5 -O1", cc, ALL & ~PAHOLE);
	compile_and_check("x86_64-w64-mingw32-gcc", "-g -O1", c, ALL & ~PAHOLE);
	compile_and_check("x86_64-w64-mingw32-gcc", "-gdwarf-4 -O2", c,
			  ALL & ~PAHOLE);
	compile_and_check("i686-w64-mingw32-gcc", "-g -O1", c, ALL & ~PAHOLE);
	compile_and_check("i686-w64-mingw32-gcc", "-gdwarf-4 -O2", c,
			  ALL & ~PAHOLE);
}

static void unpacked(const char *name)
{
	char buf[512], rel[256], out[128], cmd[1024];

	snprintf(rel, sizeof(rel), "elf_cores/elfutils/%s.bz2", name);
	if (!test_corpus(rel, buf, sizeof(buf))) {
		printf("skip %s: not in the corpus\n", name);
		return;
	}
	snprintf(out, sizeof(out), "%s/exec", dir);
	snprintf(cmd, sizeof(cmd), "bunzip2 -c '%s' >%s", buf, out);
	if (system(cmd) == 0)
		one_file(name, out, strstr(name, "aarch64") ? ALL : SYM | FRAME);
}

static void corpus(void)
{
	static const char *const exes[] = { "made/mdmp/md64.exe",
					    "made/mdmp/slp64.exe" };
	char buf[512];

	unpacked("backtrace.x86_64.exec");
	unpacked("backtrace.i386.exec");
	unpacked("backtrace.aarch64.exec");
	for (size_t i = 0; i < NTR_COUNT(exes); i++)
		if (test_corpus(exes[i], buf, sizeof(buf)))
			one_file(exes[i], buf, ALL & ~PAHOLE);
		else
			printf("skip %s: not in the corpus\n", exes[i]);
}

static unsigned parts_of(const char *file)
{
	char cmd[1024];
	unsigned parts = SYM | FRAME;

	snprintf(cmd, sizeof(cmd), "objdump -h '%s' 2>/dev/null | "
		 "grep -q debug_info", file);
	if (system(cmd) == 0)
		parts |= LINE | MEMBER;
	return parts;
}

/* With arguments: those files instead, what of them there is. */
int main(int argc, char **argv)
{
	const char *ntriage = getenv("NTRIAGE");
	char cmd[64];

	for (int i = 1; i < argc; i++)
		one_file(argv[i], argv[i], parts_of(argv[i]));
	if (argc > 1)
		return test_done();
	if (!mkdtemp(dir))
		return 1;
	compilers();
	one_file("ntriage", ntriage ? ntriage : "build/dev/ntriage", ALL);
	corpus();
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd) || test_done();
}
