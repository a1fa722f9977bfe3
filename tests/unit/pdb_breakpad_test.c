// SPDX-License-Identifier: Apache-2.0
/*
 * The .sym files that Breakpad's dump_syms made from the same PDBs (through
 * DIA, on Windows) against what is read here: identity, every FUNC, line,
 * PUBLIC and STACK WIN.  Where dump_syms differs, and how it is compared:
 *
 *  - Names: it writes C++ names with types and arguments and drops leading
 *    underscores.  Compared: our innermost name is in its name.
 *  - Several names of one place: it writes one, marked m.  PUBLIC lines are
 *    asked for by name.
 *  - PUBLIC only where no FUNC begins; some lie inside a procedure, which is
 *    then what at() gives (_NLG_Dispatch in __NLG_Notify1).
 *  - Neighbouring lines with the same file and number are one line there.
 *    Compared: file and number at each line's address.
 *  - STACK WIN: where an FPO record and a FRAMEDATA record cover an address it
 *    has both, unwind() gives FRAMEDATA (15 of 281).  Of nested records
 *    unwind() gives the inner one.
 *  - OMAP: it joins neighbouring pieces of a function in any order, here only
 *    in the order of the source, so that a function's start stays one; and of
 *    bytes put in it gives some to no function (omap_stretched), here those
 *    between two pieces belong to both.  Compared: the name at both ends of
 *    every FUNC line; most are the same to the byte.
 */
#include "pdb_truth.h"

struct win {
	unsigned kind, rva, size, prolog, epilog, params, regs, locals, stack;
	unsigned has_program;
	char *program; /* or, FPO: "1" when ebp is a general register */
};

struct sym_file {
	char path[600];
	struct ntr_symsrc *s;
	char *file[4000];
	struct win win[4000];
	unsigned nfunc, named, exact, nline, nline_ok, npublic;
	unsigned nwin, nwin_ok, nwin_exact;
	bool omap;
};

/* The last part of a stored name, without the decoration of C. */
static void core_name(const char *name, char *out, size_t size)
{
	const char *from = name, *s;
	size_t n;

	for (s = name; *s; s++)
		if (s[0] == ':' && s[1] == ':')
			from = s + 2;
	from += strspn(from, "_@");
	s = strchr(from, '@');
	n = s ? (size_t)(s - from) : strlen(from);
	snprintf(out, size, "%.*s", (int)n, from);
}

static bool name_agrees(const char *theirs, const char *ours)
{
	char core[300];

	core_name(ours, core, sizeof(core));
	return core[0] && strstr(theirs, core);
}

static void check_func(struct sym_file *f, char *text)
{
	struct ntr_symbol got, end;
	struct ntr_err e = { "" };
	unsigned addr, size, params;
	int at = 0;

	text += text[0] == 'm' ? 2 : 0;
	if (sscanf(text, "%x %x %x %n", &addr, &size, &params, &at) != 3)
		return;
	f->nfunc++;
	test_.checks++;
	if (ntr_symsrc_at(f->s, addr, &got, &e) ||
	    ntr_symsrc_at(f->s, addr + size - 1, &end, &e)) {
		TEST_FAIL("%s: at(0x%x): %s", f->path, addr, e.msg);
		return;
	}
	if (name_agrees(text + at, got.name) && !strcmp(got.name, end.name))
		f->named++;
	else
		printf("    FUNC %s is %s to %s\n", text, got.name, end.name);
	f->exact += got.rva == addr && got.size == size;
	if (got.kind != NTR_SYM_FUNC || got.rva > addr ||
	    got.rva + got.size <= addr)
		TEST_FAIL("%s: FUNC %x+%x is %s 0x%" PRIx64 "+0x%" PRIx64,
			  f->path, addr, size, got.name, got.rva, got.size);
}

static void check_public(struct sym_file *f, char *text)
{
	struct ntr_symbol got;
	char name[300];
	unsigned addr, params;
	bool many = text[0] == 'm';

	if (sscanf(text + (many ? 2 : 0), "%x %x %299s", &addr, &params,
		   name) != 3)
		return;
	f->npublic++;
	CHECK_EQ(ntr_symsrc_named(f->s, name, &got, NULL), NTR_OK);
	CHECK_EQ(got.rva, addr);
	CHECK_EQ(ntr_symsrc_at(f->s, addr, &got, NULL), NTR_OK);
	if (got.kind == NTR_SYM_PUBLIC) /* or one inside a procedure */
		CHECK_EQ(got.rva, addr);
}

static void check_line(struct sym_file *f, const char *text)
{
	struct ntr_line got;
	unsigned addr, size, line, file;

	if (sscanf(text, "%x %x %u %u", &addr, &size, &line, &file) != 4 ||
	    !size || file >= NTR_COUNT(f->file) || !f->file[file])
		return;
	f->nline++;
	if (ntr_symsrc_line(f->s, addr, &got, NULL))
		return;
	if (got.line == line && !strcasecmp(got.file, f->file[file]) &&
	    got.rva <= addr && got.rva + got.size > addr)
		f->nline_ok++;
}

static void keep_win(struct sym_file *f, const char *text)
{
	struct win *w = &f->win[f->nwin];
	int at = 0;

	if (f->nwin < NTR_COUNT(f->win) &&
	    sscanf(text, "%x %x %x %x %x %x %x %x %x %x %n", &w->kind, &w->rva,
		   &w->size, &w->prolog, &w->epilog, &w->params, &w->regs,
		   &w->locals, &w->stack, &w->has_program, &at) == 10) {
		w->program = strdup(text + at);
		f->nwin++;
	}
}

static bool win_is(const struct win *w, const struct ntr_uwrec *u)
{
	if (w->params != u->params || w->regs != u->saved_regs ||
	    w->locals != u->locals || w->stack != u->max_stack)
		return false;
	if (w->kind == 4)
		return u->kind == NTR_UW_FRAMEDATA && u->program &&
		       !strcmp(u->program, w->program);
	return u->kind == NTR_UW_FPO && u->uses_ebp == (*w->program == '1');
}

/* Where records nest, and everywhere behind a piece's start, another line may
 * be the one that is given: then one that covers the address too. */
static void check_win(struct sym_file *f, const struct win *w)
{
	struct ntr_uwrec u;

	if (ntr_symsrc_unwind(f->s, w->rva, &u, NULL))
		return;
	if (win_is(w, &u)) {
		f->nwin_ok++;
		f->nwin_exact += u.rva == w->rva && u.size == w->size &&
				 u.prolog == w->prolog;
		return;
	}
	for (unsigned i = 0; i < f->nwin; i++)
		if (w->rva - f->win[i].rva < f->win[i].size &&
		    win_is(&f->win[i], &u)) {
			f->nwin_ok++;
			return;
		}
}

static void check_record(struct sym_file *f, char *line)
{
	unsigned n;
	int at = 0;

	line[strcspn(line, "\r\n")] = 0;
	if (sscanf(line, "FILE %u %n", &n, &at) == 1) {
		if (n < NTR_COUNT(f->file))
			f->file[n] = strdup(line + at);
	} else if (!strncmp(line, "FUNC ", 5)) {
		check_func(f, line + 5);
	} else if (!strncmp(line, "PUBLIC ", 7)) {
		check_public(f, line + 7);
	} else if (!strncmp(line, "STACK WIN ", 10)) {
		keep_win(f, line + 10);
	} else if (strchr("0123456789abcdef", line[0])) {
		check_line(f, line);
	}
}

static void check_module(struct sym_file *f, const char *line)
{
	char os[20], arch[20], id[60], want[60];
	const uint8_t *g = f->s->id.guid;

	CHECK_EQ(sscanf(line, "MODULE %19s %19s %59s", os, arch, id), 3);
	snprintf(want, sizeof(want), "%02X%02X%02X%02X%02X%02X%02X%02X"
		 "%02X%02X%02X%02X%02X%02X%02X%02X%X", g[3], g[2], g[1], g[0],
		 g[5], g[4], g[7], g[6], g[8], g[9], g[10], g[11], g[12],
		 g[13], g[14], g[15], f->s->id.age);
	CHECK_STR(id, want);
	CHECK_EQ(f->s->ptr_size, strcmp(arch, "x86_64") ? 4 : 8);
}

static void compare(const char *name)
{
	static struct sym_file f;
	static char line[20000];
	char rel[200], path[600];
	FILE *sym;

	memset(&f, 0, sizeof(f));
	snprintf(rel, sizeof(rel), "symbols/pdb/breakpad/%s.pdb", name);
	if (!test_corpus(rel, f.path, sizeof(f.path)))
		SKIP("no corpus");
	snprintf(rel, sizeof(rel), "symbols/pdb/breakpad/%s.sym", name);
	sym = fopen(test_corpus(rel, path, sizeof(path)), "r");
	f.s = open_pdb(f.path);
	if (!sym || !f.s)
		return;
	f.omap = !strncmp(name, "omap", 4);
	if (fgets(line, sizeof(line), sym))
		check_module(&f, line);
	while (fgets(line, sizeof(line), sym))
		check_record(&f, line);
	fclose(sym);
	for (unsigned i = 0; i < f.nwin; i++)
		check_win(&f, &f.win[i]);
	printf("    %s: %u FUNC, %u named so, %u exact; %u lines, %u so; "
	       "%u PUBLIC; %u STACK WIN, %u so, %u exact\n", name, f.nfunc,
	       f.named, f.exact, f.nline, f.nline_ok, f.npublic, f.nwin,
	       f.nwin_ok, f.nwin_exact);
	CHECK(f.nfunc > 100 && f.nline > 500 && f.npublic);
	CHECK_EQ(f.named, f.nfunc);
	CHECK_EQ(f.nline_ok, f.nline);
	CHECK_EQ(f.nwin_ok, f.nwin);
	CHECK(f.exact >= f.nfunc * (f.omap ? 80 : 100) / 100);
	CHECK(f.nwin_exact >= f.nwin * (f.omap ? 35 : 94) / 100);
	for (size_t i = 0; i < NTR_COUNT(f.file); i++)
		free(f.file[i]);
	for (unsigned i = 0; i < f.nwin; i++)
		free(f.win[i].program);
	ntr_symsrc_close(f.s);
}

static void x86(void)
{
	compare("dump_syms_regtest");
}
static void x64(void)
{
	compare("dump_syms_regtest64");
}
static void omap_functions_moved(void)
{
	compare("omap_reorder_funcs");
}
static void omap_blocks_moved(void)
{
	compare("omap_reorder_bbs");
}
static void omap_bytes_put_in(void)
{
	compare("omap_stretched");
}
static void omap_bytes_put_in_and_mapped(void)
{
	compare("omap_stretched_filled");
}

int main(void)
{
	RUN(x86);
	RUN(x64);
	RUN(omap_functions_moved);
	RUN(omap_blocks_moved);
	RUN(omap_bytes_put_in);
	RUN(omap_bytes_put_in_and_mapped);
	return test_done();
}
