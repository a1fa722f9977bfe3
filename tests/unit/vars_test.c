// SPDX-License-Identifier: Apache-2.0
/*
 * Parameters and locals of functions: a PDB made here with each kind of
 * record, real PDBs against what llvm-pdbutil prints of them, and a program
 * compiled here against readelf.
 */
#include "pdb_made.h"

#include "../fuzz/fuzz_symsrc.h"
#include "sym/source.h"

#include <unistd.h>

static struct made m;

struct got {
	struct ntr_var v[32];
	char name[32][40];
	unsigned n;
};

static bool take(void *ctx, const struct ntr_var *v)
{
	struct got *g = ctx;

	snprintf(g->name[g->n], sizeof(g->name[0]), "%s", v->name);
	g->v[g->n++] = *v;
	return g->n < 32;
}

/* "p x param=1 place=3 rsp+168": one line for all of them. */
static const char *text(const struct got *g)
{
	static char out[2000];
	static const char *const place[] = { "?", "reg", "rel", "cfa",
					     "static" };
	size_t n = 0;

	out[0] = 0;
	for (unsigned i = 0; i < g->n; i++)
		n += (size_t)snprintf(out + n, sizeof(out) - n,
				      "%s%s:%s:%s:%s%+d", i ? " " : "",
				      g->name[i], g->v[i].param ? "p" : "l",
				      place[g->v[i].place],
				      g->v[i].reg ? g->v[i].reg : "",
				      (int)g->v[i].off);
	return out;
}

static const char *vars_at(struct ntr_symsrc *s, u64 rva)
{
	struct got g = { .n = 0 };
	enum ntr_st st = ntr_symsrc_vars(s, rva, take, &g, NULL);

	return st ? ntr_st_text(st) : text(&g);
}

/* --- a made PDB: x86, .text at 0x1000 -------------------------------------------- */

static void proc_head(struct made_stream *s, unsigned off, unsigned size,
		      const char *name)
{
	uint32_t at = rec_begin(s, 0x1110);

	for (int i = 0; i < 3; i++)
		m32(s, 0);
	m32(s, size);
	m32(s, 0);
	m32(s, size);
	m32(s, 0x1001);
	m32(s, off);
	m16(s, 1);
	m8(s, 0);
	mtext(s, name);
	rec_end(s, at);
}

static void end(struct made_stream *s)
{
	rec_end(s, rec_begin(s, 0x0006));
}

static void block(struct made_stream *s, unsigned off, unsigned size)
{
	uint32_t at = rec_begin(s, 0x1103);

	m32(s, 0);
	m32(s, 0);
	m32(s, size);
	m32(s, off);
	m16(s, 1);
	mtext(s, "");
	rec_end(s, at);
}

static void bprel(struct made_stream *s, int off, const char *name)
{
	uint32_t at = rec_begin(s, 0x110b);

	m32(s, (unsigned)off);
	m32(s, 0x74);
	mtext(s, name);
	rec_end(s, at);
}

static void local(struct made_stream *s, unsigned flags, const char *name)
{
	uint32_t at = rec_begin(s, 0x113e);

	m32(s, 0x74);
	m16(s, flags);
	mtext(s, name);
	rec_end(s, at);
}

/* off, section, length of a range, then one gap of two bytes at 4 */
static void range(struct made_stream *s, unsigned off, unsigned len)
{
	m32(s, off);
	m16(s, 1);
	m16(s, len);
	m16(s, 4);
	m16(s, 2);
}

static void in_reg(struct made_stream *s, unsigned reg, unsigned off,
		   unsigned len)
{
	uint32_t at = rec_begin(s, 0x1141);

	m16(s, reg);
	m16(s, 0);
	range(s, off, len);
	rec_end(s, at);
}

static void at_frame(struct made_stream *s, int where, unsigned off,
		     unsigned len)
{
	uint32_t at = rec_begin(s, 0x1142);

	m32(s, (unsigned)where);
	range(s, off, len);
	rec_end(s, at);
}

static void frameproc(struct made_stream *s, unsigned bytes, unsigned flags)
{
	uint32_t at = rec_begin(s, 0x1012);

	m32(s, bytes);
	for (int i = 0; i < 4; i++)
		m32(s, 0);
	m16(s, 0);
	m32(s, flags);
	rec_end(s, at);
}

static void old_kinds(struct made_stream *s)
{
	uint32_t at;

	proc_head(s, 0, 0x40, "Entry");
	bprel(s, 8, "first");
	bprel(s, -4, "counter");
	at = rec_begin(s, 0x1106); /* S_REGISTER: esi */
	m32(s, 0x74);
	m16(s, 23);
	mtext(s, "kept");
	rec_end(s, at);
	at = rec_begin(s, 0x1111); /* S_REGREL32: esp + 0x10 */
	m32(s, 0x10);
	m32(s, 0x74);
	m16(s, 21);
	mtext(s, "low");
	rec_end(s, at);
	block(s, 0x20, 8);
	bprel(s, -8, "inner");
	end(s);
	bprel(s, -12, "late");
	end(s);
}

static void new_kinds(struct made_stream *s)
{
	proc_head(s, 0x40, 0x20, "newer");
	frameproc(s, 0x20, 2u << 14 | 1u << 16); /* locals ebp, params vframe */
	local(s, 1, "param");
	at_frame(s, 4, 0x40, 0x20);
	local(s, 0, "moves");
	in_reg(s, 17, 0x40, 0x10); /* eax, then ecx */
	in_reg(s, 18, 0x50, 0x10);
	local(s, 0, "gone");
	rec_end(s, rec_begin(s, 0x114d)); /* an inlined function's own */
	local(s, 0, "inlined");
	rec_end(s, rec_begin(s, 0x114e));
	end(s);
}

static struct ntr_symsrc *made_vars(void)
{
	struct ntr_err e = { "" };
	struct made_stream *s = &m.s[9];
	struct ntr_symsrc *src;
	uint8_t *f;
	size_t len;

	made_streams(&m);
	s->n = 0;
	m32(s, 4);
	old_kinds(s);
	new_kinds(s);
	put32(m.s[3].d, 64 + 0x24, s->n);
	put32(m.s[3].d, 64 + 0x28, 0);
	put32(m.s[3].d, 64 + 0x2c, 0);
	f = made_pdb(&m, &len);
	src = fuzz_open(f, len, NULL, &e);
	free(f);
	if (!src)
		TEST_FAIL("open: %s", e.msg);
	return src;
}

static void pdb_records(void)
{
	struct ntr_symsrc *s = made_vars();

	if (!s)
		return;
	CHECK_STR(vars_at(s, 0x1010),
		  "first:p:rel:ebp+8 counter:l:rel:ebp-4 kept:l:reg:esi+0 "
		  "low:l:rel:esp+16 late:l:rel:ebp-12");
	CHECK_STR(vars_at(s, 0x1024),
		  "first:p:rel:ebp+8 counter:l:rel:ebp-4 kept:l:reg:esi+0 "
		  "low:l:rel:esp+16 inner:l:rel:ebp-8 late:l:rel:ebp-12");
	CHECK_STR(vars_at(s, 0x1040),
		  "param:p:cfa:+0 moves:l:reg:eax+0 gone:l:?:+0");
	CHECK_STR(vars_at(s, 0x1044), /* in the gap */
		  "param:p:?:+0 moves:l:?:+0 gone:l:?:+0");
	CHECK_STR(vars_at(s, 0x1050),
		  "param:p:cfa:+0 moves:l:reg:ecx+0 gone:l:?:+0");
	CHECK_STR(vars_at(s, 0x1090), ntr_st_text(NTR_ABSENT));
	ntr_symsrc_close(s);
}

/* Every byte of the records changed, and every length of them. */
static void pdb_damage(void)
{
	struct ntr_symsrc *s = made_vars();
	uint32_t n = m.s[9].n;
	size_t len;

	if (s)
		ntr_symsrc_close(s);
	for (uint32_t i = 4; i < 2 * n; i++) {
		struct ntr_err e;
		uint8_t keep = m.s[9].d[i % n], *f;

		if (i < n)
			m.s[9].d[i] = 0xff;
		else
			put32(m.s[3].d, 64 + 0x24, i - n);
		f = made_pdb(&m, &len);
		s = fuzz_open(f, len, NULL, &e);
		free(f);
		m.s[9].d[i % n] = i < n ? keep : m.s[9].d[i % n];
		if (!s)
			continue;
		for (u64 rva = 0x1000; rva < 0x1060; rva += 8)
			CHECK(vars_at(s, rva) != NULL);
		ntr_symsrc_close(s);
	}
}

/* --- real PDBs ----------------------------------------------------------------------- */

static void check_real(const char *file, u64 rva, const char *want)
{
	char rel[100], buf[500];
	struct ntr_symsrc *s;
	struct ntr_err e = { "" };
	const char *path;

	snprintf(rel, sizeof(rel), "made/triple/%s", file);
	path = test_corpus(rel, buf, sizeof(buf));
	if (!path) {
		SKIP("no %s", rel);
		return;
	}
	if (ntr_symsrc_open(&s, path, &e)) {
		TEST_FAIL("%s", e.msg);
		return;
	}
	CHECK_STR(vars_at(s, rva), want);
	ntr_symsrc_close(s);
}

/* What llvm-pdbutil dump --symbols prints of Level4. */
static void real_pdbs(void)
{
	check_real("crash64_O0.pdb", 0x1043, "p:p:rel:rsp+168 x:p:rel:rsp+180 "
		   "pad:l:rel:rsp+0");
	check_real("crash64_O0.pdb", 0x1010, "p:p:?:+0 x:p:?:+0 pad:l:?:+0");
	check_real("crash32_O0.pdb", 0x102f, "p:p:rel:ebp+8 x:p:rel:ebp+12 "
		   "pad:l:rel:ebp-160");
}

/* --- DWARF --------------------------------------------------------------------------- */

static const char program[] =
	"static int kept = 7;\n"
	"int f(int a, char *b, long c)\n"
	"{\n"
	"	int d = a + (int)c;\n"
	"	{ volatile int e = d + kept; d += e + *b; }\n"
	"	return d;\n"
	"}\n"
	"int main(void) { return f(1, \"x\", 2); }\n";

/* readelf's DW_OP_fbreg numbers of f, in the file's order. */
static unsigned readelf(const char *path, int *off, unsigned max)
{
	char cmd[300], line[400];
	unsigned n = 0;
	FILE *p;

	snprintf(cmd, sizeof(cmd), "readelf --debug-dump=info %s 2>/dev/null",
		 path);
	p = popen(cmd, "r");
	while (p && fgets(line, sizeof(line), p)) {
		char *at = strstr(line, "(DW_OP_fbreg: ");

		if (at && n < max)
			off[n++] = atoi(at + 14);
	}
	if (p)
		pclose(p);
	return n;
}

/* base: what the frame's base is understood as. */
static void dwarf_of(const char *flags, const char *base)
{
	char dir[] = "/tmp/ntr-vars-XXXXXX", cmd[400], path[100], want[300];
	struct ntr_symsrc *s = NULL;
	struct ntr_symbol f;
	int off[8] = { 0 };
	FILE *c;

	if (!mkdtemp(dir))
		return;
	snprintf(path, sizeof(path), "%s/v.c", dir);
	c = fopen(path, "w");
	if (c) {
		fputs(program, c);
		fclose(c);
	}
	snprintf(cmd, sizeof(cmd), "cd %s && gcc -O0 %s -o v v.c 2>/dev/null",
		 dir, flags);
	if (system(cmd)) {
		SKIP("gcc %s does not compile", flags);
		return;
	}
	snprintf(path, sizeof(path), "%s/v", dir);
	CHECK_EQ(readelf(path, off, 8), 5);
	CHECK_EQ(ntr_symsrc_open(&s, path, NULL), NTR_OK);
	if (s && !ntr_symsrc_named(s, "f", &f, NULL)) {
		snprintf(want, sizeof(want), "a:p:%s:%+d b:p:%s:%+d "
			 "c:p:%s:%+d d:l:%s:%+d", base, off[0], base, off[1],
			 base, off[2], base, off[3]);
		CHECK_STR(vars_at(s, f.rva + f.size - 1), want);
		CHECK(strncmp(vars_at(s, f.rva), want, strlen(want)) == 0);
	}
	if (s)
		ntr_symsrc_close(s);
	snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	CHECK_EQ(system(cmd), 0);
}

static void dwarf(void)
{
	dwarf_of("-gdwarf-5", "cfa");
	dwarf_of("-gdwarf-4", "cfa");
	/* the base is a location list: nothing is said */
	dwarf_of("-gdwarf-2 -gstrict-dwarf", "?");
}

int main(void)
{
	RUN(pdb_records);
	RUN(pdb_damage);
	RUN(real_pdbs);
	RUN(dwarf);
	return test_done();
}
