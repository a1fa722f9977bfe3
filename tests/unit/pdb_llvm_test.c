// SPDX-License-Identifier: Apache-2.0
/* Every record of every PDB of the corpus against llvm-pdbutil: publics,
 * globals, module symbols, lines, section headers, frame records. */
#include "pdb_truth.h"

/* Names as llvm-pdbutil shows them; the text between ` and `, which may hold
 * more of them: up to the last on the line, or the one before " (". */
static bool quoted(const char *line, char *out, size_t size)
{
	const char *a = strchr(line, '`'), *b = strrchr(line, '`');
	const char *addr = strstr(line, "` (addr = ");

	if (addr)
		b = addr;
	if (!a || b <= a || (size_t)(b - a) > size)
		return false;
	memcpy(out, a + 1, (size_t)(b - a - 1));
	out[b - a - 1] = 0;
	return true;
}

static bool addr_of(const char *line, unsigned *seg, unsigned *off)
{
	const char *a = strstr(line, "addr = ");

	return a && sscanf(a, "addr = %u:%u", seg, off) == 2;
}

static void symbol_line(struct lines *l, const struct image *im,
			const char *kind, const char *name, unsigned seg,
			unsigned off, unsigned size)
{
	uint32_t rva;

	if (image_rva(im, seg, off, &rva))
		add(l, "%s %08x %x %s", kind, rva, im->nomap ? 0 : size, name);
}

/* Records of llvm-pdbutil's dump: a head line with kind and name, then the
 * fields. */
static void read_symbols(const char *args, const char *path,
			 const struct image *im, struct lines *want)
{
	FILE *f = pdbutil(args, path);
	static char line[70000], name[70000];
	const char *kind = NULL;
	unsigned seg, off, size;

	while (f && fgets(line, sizeof(line), f)) {
		char word[64];

		if (sscanf(line, " %*u | %60s", word) == 1) {
			kind = NULL;
			if (!strcmp(word, "S_PUB32"))
				kind = "PUBLIC";
			else if (strstr(word, "DATA32") ||
				 strstr(word, "THREAD32"))
				kind = strstr(args, "--symbols") ? NULL :
					"DATA";
			else if (strstr(word, "PROC32"))
				kind = "FUNC";
			else if (!strcmp(word, "S_THUNK32"))
				kind = "THUNK";
			else if (!strcmp(word, "S_LABEL32"))
				kind = "LABEL";
			if (kind && !quoted(line, name, sizeof(name)))
				kind = NULL;
		}
		if (!kind || !addr_of(line, &seg, &off))
			continue;
		size = 0;
		if (strstr(line, "code size = "))
			sscanf(strstr(line, "code size = "),
			       "code size = %u", &size);
		if (!strcmp(kind, "THUNK"))
			sscanf(strstr(line, "size = "), "size = %u", &size);
		symbol_line(want, im, strcmp(kind, "THUNK") ? kind : "FUNC",
			    name, seg, off, size);
		kind = NULL;
	}
	if (f)
		pclose(f);
}

struct sym_list {
	struct lines l;
	bool omap;
};

static bool take_symbol(void *ctx, const struct ntr_symbol *s)
{
	static const char *const kinds[] = { "PUBLIC", "FUNC", "DATA",
					     "EXPORT", "LABEL" };
	struct sym_list *l = ctx;

	add(&l->l, "%s %08" PRIx64 " %" PRIx64 " %s", kinds[s->kind], s->rva,
	    l->omap ? 0 : s->size, s->name);
	return true;
}

static void symbols_of(const char *path)
{
	struct ntr_symsrc *s = open_pdb(path);
	struct sym_list got = { 0 };
	struct lines want = { 0 };
	struct image im;

	if (!s)
		return;
	image_read(&im, path);
	got.omap = im.nomap;
	read_symbols("dump --publics", path, &im, &want);
	read_symbols("dump --globals", path, &im, &want);
	read_symbols("dump --symbols", path, &im, &want);
	CHECK(want.n > 10);
	CHECK_EQ(ntr_symsrc_each(s, take_symbol, &got, NULL), NTR_OK);
	same_lines(base_name(path), &got.l, &want);
	drop(&got.l);
	drop(&want);
	free(im.omap);
	ntr_symsrc_close(s);
}

/* --- asking for each of them ------------------------------------------------------ */

struct asked {
	struct ntr_symsrc *s;
	unsigned n, by_name, by_addr, funcs;
};

static void ask_named(struct asked *a, const struct ntr_symbol *want)
{
	struct ntr_symbol got;
	struct ntr_err e = { "" };

	a->n++;
	if (ntr_symsrc_named(a->s, want->name, &got, &e))
		TEST_FAIL("named(%s): %s", want->name, e.msg);
	else if (!strcmp(got.name, want->name))
		a->by_name += got.rva == want->rva;
	else
		TEST_FAIL("named(%s) is %s", want->name, got.name);
}

static bool ask_one(void *ctx, const struct ntr_symbol *want)
{
	struct asked *a = ctx;
	struct ntr_symbol got;
	struct ntr_err e = { "" };

	if ((want->kind == NTR_SYM_PUBLIC || want->kind == NTR_SYM_DATA) &&
	    *want->name)
		ask_named(a, want);
	if (want->kind != NTR_SYM_FUNC || !want->size)
		return true;
	a->funcs++;
	if (ntr_symsrc_at(a->s, want->rva + want->size - 1, &got, &e))
		TEST_FAIL("at(end of %s): %s", want->name, e.msg);
	else if (got.kind != NTR_SYM_FUNC)
		TEST_FAIL("at(end of %s) is %s", want->name, got.name);
	if (ntr_symsrc_at(a->s, want->rva, &got, &e))
		TEST_FAIL("at(%s): %s", want->name, e.msg);
	else if (got.kind != NTR_SYM_FUNC || got.rva != want->rva)
		TEST_FAIL("at(%s 0x%" PRIx64 ") is %s 0x%" PRIx64, want->name,
			  want->rva, got.name, got.rva);
	else
		a->by_addr++;
	return true;
}

static void questions_of(const char *path)
{
	struct asked a = { .s = open_pdb(path) };

	if (!a.s)
		return;
	CHECK_EQ(ntr_symsrc_each(a.s, ask_one, &a, NULL), NTR_OK);
	CHECK(a.n && a.funcs);
	/* Some names are there more than once: static functions, strings. */
	CHECK(a.by_name >= a.n * 95 / 100);
	CHECK_EQ(a.by_addr, a.funcs);
	/* Through the hash tables: a miss there is no scan. */
	CHECK_EQ(ntr_pdb_of(a.s)->gsi_once.st, NTR_OK);
	CHECK_EQ(ntr_pdb_of(a.s)->psi_once.st, NTR_OK);
	ntr_symsrc_close(a.s);
}

/* --- lines ---------------------------------------------------------------------------- */

/* Pairs "line address[ !]", the line NSI or ASI when it is none. */
static void line_pairs(struct lines *want, const struct image *im, char *text,
		       unsigned seg, const char *file)
{
	char *save = NULL, *w = strtok_r(text, " \n", &save), *a;
	uint32_t rva;

	for (; w; w = strtok_r(NULL, " \n", &save)) {
		if (!strcmp(w, "!") || !(a = strtok_r(NULL, " \n", &save)))
			continue;
		if (strchr("0123456789", *w) &&
		    image_rva(im, seg, (uint32_t)strtoul(a, NULL, 16), &rva))
			add(want, "%08x %s %s", rva, w, file);
	}
}

static void read_lines(const char *path, const struct image *im,
		       struct lines *want)
{
	FILE *f = pdbutil("dump --l", path);
	static char line[20000], file[20000];
	unsigned seg = 0, a, b, n;

	while (f && fgets(line, sizeof(line), f)) {
		char *end = strstr(line, " (MD5: ");

		if (!end)
			end = strstr(line, " (SHA-");
		if (!end)
			end = strstr(line, " (no checksum)");
		if (!strncmp(line, "Mod ", 4)) {
			seg = 0;
		} else if (!strncmp(line, "(unknown file", 13)) {
			/* For a module without a stream LLVM 14 shows those of
			 * the one before again (umakscp.obj). */
			file[0] = 0;
		} else if (line[0] != ' ' && end) {
			snprintf(file, sizeof(file), "%.*s",
				 (int)(end - line), line);
		} else if (sscanf(line, " %x:%x-%x, line/addr entries = %u",
				  &a, &b, &b, &n) == 4) {
			sscanf(line, " %x", &seg);
		} else if (seg && file[0]) {
			line_pairs(want, im, line, seg, file);
		}
	}
	if (f)
		pclose(f);
}

static bool take_line(void *ctx, const struct ntr_line *l)
{
	add(ctx, "%08" PRIx64 " %u %s", l->rva, l->line, l->file);
	return true;
}

struct line_asked {
	struct ntr_symsrc *s;
	unsigned n, exact;
};

static bool ask_line(void *ctx, const struct ntr_line *want)
{
	struct line_asked *a = ctx;
	struct ntr_line got;
	uint64_t at = want->rva + want->size - 1;
	enum ntr_st st;

	if (!want->size)
		return true;
	test_.checks++;
	a->n++;
	st = ntr_symsrc_line(a->s, at, &got, NULL);
	CHECK(!st || st == NTR_ABSENT);
	if (st)
		return true;
	if (got.rva > at || at - got.rva >= got.size)
		TEST_FAIL("line(0x%" PRIx64 ") is %u at 0x%" PRIx64 "+0x%"
			  PRIx64, at, got.line, got.rva, got.size);
	else
		a->exact += got.line == want->line &&
			    !strcmp(got.file, want->file);
	return true;
}

static void lines_of(const char *path)
{
	struct ntr_symsrc *s = open_pdb(path);
	struct lines got = { 0 }, want = { 0 };
	struct line_asked a = { .s = s };
	struct image im;

	if (!s)
		return;
	image_read(&im, path);
	read_lines(path, &im, &want);
	CHECK(want.n > 5);
	CHECK_EQ(ntr_symsrc_each_line(s, take_line, &got, NULL), NTR_OK);
	same_lines(base_name(path), &got, &want);
	CHECK_EQ(ntr_symsrc_each_line(s, ask_line, &a, NULL), NTR_OK);
	/* Functions with the same code were folded: their lines are all there,
	 * the linker kept the code of one. And secpushpop.obj (ARM64) has three
	 * functions' lines at the address of the first. */
	CHECK(a.exact >= a.n * 85 / 100);
	drop(&got);
	drop(&want);
	free(im.omap);
	ntr_symsrc_close(s);
}

/* --- sections ------------------------------------------------------------------------- */

static void sections_of(const char *path)
{
	struct ntr_symsrc *s = open_pdb(path);
	struct image im;
	struct ntr_pdb *p;

	if (!s)
		return;
	p = ntr_pdb_of(s);
	image_read(&im, path);
	CHECK_EQ(ntr_pdb_need_sections(p, NULL), NTR_OK);
	CHECK(im.nsections);
	CHECK_EQ(p->nsections, im.nsections);
	CHECK_EQ(p->nomap_from, im.nomap);
	for (unsigned i = 0; i < im.nsections; i++) {
		uint32_t v = im.section[i].vsize, r = im.section[i].raw;

		CHECK_EQ(p->section[i].rva, im.section[i].rva);
		CHECK_EQ(p->section[i].size, v > r ? v : r);
		CHECK_EQ(p->section[i].flags, im.section[i].flags);
	}
	free(im.omap);
	ntr_symsrc_close(s);
}

/* --- frame records --------------------------------------------------------------------- */

struct frame {
	unsigned rva, code, locals, params, stack, prolog, regs;
	char a[8], b[8], c[12], program[2000];
};

static void check_fpo(struct ntr_symsrc *s, const struct frame *w)
{
	static const char *const kinds[] = { "FPO", "Trap", "TSS", "NonFPO" };
	struct ntr_uwrec u;
	struct ntr_err e = { "" };

	if (ntr_symsrc_unwind(s, w->rva, &u, &e)) {
		TEST_FAIL("unwind(0x%x): %s", w->rva, e.msg);
		return;
	}
	if (u.kind == NTR_UW_FRAMEDATA)
		return; /* the better record */
	CHECK_EQ(u.kind, NTR_UW_FPO);
	CHECK_EQ(u.rva, w->rva);
	CHECK_EQ(u.size, w->code);
	CHECK_EQ(u.locals, w->locals * 4);
	CHECK_EQ(u.params, w->params * 4);
	CHECK_EQ(u.prolog, w->prolog);
	CHECK_EQ(u.saved_regs, w->regs * 4);
	/* LLVM 14 takes these from bits 9 and 10, which are cbRegs' (winnt.h,
	 * and the .sym files of dump_syms): its "SEH" is bit 1 of the count of
	 * registers and its "BP" bit 2. */
	CHECK_EQ(!strcmp(w->b, "true"), w->regs >> 1 & 1);
	CHECK_EQ(!strcmp(w->a, "true"), w->regs >> 2 & 1);
	CHECK_STR(w->c, kinds[u.frame]);
}

static bool frame_is(const struct ntr_uwrec *u, const struct frame *w,
		     const struct image *im)
{
	if (!im->nomap && (u->size != w->code || u->prolog != w->prolog))
		return false;
	return u->locals == w->locals && u->params == w->params &&
	       u->max_stack == w->stack && u->saved_regs == w->regs &&
	       u->has_seh == !strcmp(w->a, "true") &&
	       u->function_start == !strcmp(w->c, "true") &&
	       u->program && !strcmp(u->program, w->program);
}

/* Functions with the same code were folded: one of the records of a place is
 * what we give; w are all of one place. */
static void check_frames(struct ntr_symsrc *s, const struct frame *w,
			 unsigned n, const struct image *im)
{
	struct ntr_uwrec u;
	struct ntr_err e = { "" };
	uint32_t rva;

	if (!n || !image_map(im, w->rva, &rva))
		return;
	if (ntr_symsrc_unwind(s, rva, &u, &e)) {
		TEST_FAIL("unwind(0x%x): %s", w->rva, e.msg);
		return;
	}
	CHECK_EQ(u.kind, NTR_UW_FRAMEDATA);
	CHECK_EQ(u.rva, rva);
	for (unsigned i = 0; i < n; i++)
		if (frame_is(&u, &w[i], im))
			return;
	TEST_FAIL("unwind(0x%x) is none of the %u records there", rva, n);
}

static void frames_of(const char *path, unsigned *nfpo, unsigned *nframe)
{
	FILE *f = pdbutil("dump --fpo", path);
	struct ntr_symsrc *s = open_pdb(path);
	static struct frame same[32];
	struct image im;
	char line[4000];
	unsigned n = 0;

	image_read(&im, path);
	while (s && f && fgets(line, sizeof(line), f)) {
		struct frame w = { 0 };

		if (sscanf(line, "%x | %u | %u | %u | %u | %u | %u | %7s | %7s"
			   " | %7s | %1999[^\n]", &w.rva, &w.code, &w.locals,
			   &w.params, &w.stack, &w.prolog, &w.regs, w.a, w.b,
			   w.c, w.program) == 11) {
			if (n == 32 || (n && same[0].rva != w.rva)) {
				check_frames(s, same, n, &im);
				n = 0;
			}
			same[n++] = w;
			++*nframe;
		} else if (sscanf(line, "%x | %u | %u | %u | %u | %u | %7s | "
				  "%7s | %11s", &w.rva, &w.code, &w.locals,
				  &w.params, &w.prolog, &w.regs, w.a, w.b,
				  w.c) == 9) {
			if (!im.nomap)
				check_fpo(s, &w);
			++*nfpo;
		}
	}
	if (s)
		check_frames(s, same, n, &im);
	if (f)
		pclose(f);
	free(im.omap);
	ntr_symsrc_close(s);
}

/* --- over all files ------------------------------------------------------------------- */

#define EACH_PDB(fn)                                                    \
	const struct lines *all = all_pdbs();                           \
	if (!all->n)                                                    \
		SKIP("no corpus");                                      \
	if (!have_pdbutil())                                            \
		SKIP("no llvm-pdbutil");                                \
	for (size_t i = 0; i < all->n; i++)                             \
		fn(all->v[i])

static void symbols(void)
{
	EACH_PDB(symbols_of);
}

static void questions(void)
{
	EACH_PDB(questions_of);
}

static void line_numbers(void)
{
	EACH_PDB(lines_of);
}

static void section_headers(void)
{
	EACH_PDB(sections_of);
}

static void frame_records(void)
{
	const struct lines *all = all_pdbs();
	unsigned nfpo = 0, nframe = 0;

	if (!all->n)
		SKIP("no corpus");
	if (!have_pdbutil())
		SKIP("no llvm-pdbutil");
	for (size_t i = 0; i < all->n; i++)
		frames_of(all->v[i], &nfpo, &nframe);
	CHECK(nfpo > 100);
	CHECK(nframe > 500);
}

int main(void)
{
	RUN(section_headers);
	RUN(symbols);
	RUN(questions);
	RUN(line_numbers);
	RUN(frame_records);
	return test_done();
}
