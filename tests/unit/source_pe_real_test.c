// SPDX-License-Identifier: Apache-2.0
/*
 * Real images against what other tools read out of them: exports, debug
 * directory and function bounds against llvm-readobj, COFF symbols of images
 * that gcc links here against objdump, all images as memory against a loader's
 * copy, one image against Breakpad's dump of it.
 */
#include "sym/pe_funcs.h"
#include "sym/source_pe.h"

#include "test.h"

#include <ctype.h>
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct ntr_symsrc_ops ntr_symsrc_pedwarf;

static const char *const folders[] = {
	"made/pe", "made/triple", "made/mdmp",
	"symbols/kernel_pe_pdb/systeminformer_amd64",
	"symbols/kernel_pe_pdb/systeminformer_arm64",
	"symbols/pdb/breakpad", "symbols/pdb/symbolic",
	"symbols/pdb/microsoft_seh_tests/x86",
	"symbols/pdb/microsoft_seh_tests/x64",
	"symbols/pdb/microsoft_seh_tests/ARM64",
};

struct image {
	char path[4600];
	struct ntr_symsrc *src;
	const struct ntr_pe *pe;
};
typedef void image_fn(struct image *i);

static bool have(const char *tool)
{
	char cmd[200];

	snprintf(cmd, sizeof(cmd), "command -v %s >/dev/null 2>&1", tool);
	return system(cmd) == 0;
}

static FILE *run(const char *what, const char *path)
{
	char cmd[5000];

	snprintf(cmd, sizeof(cmd), "%s '%s' 2>/dev/null", what, path);
	return popen(cmd, "r");
}

static bool is_image(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (!strcmp(dot, ".exe") || !strcmp(dot, ".dll") ||
		       !strcmp(dot, ".sys"));
}

static void one(const char *path, image_fn *fn)
{
	struct ntr_err e = { "" };
	struct image i = { .src = NULL };
	struct ntr_file *f;

	snprintf(i.path, sizeof(i.path), "%s", path);
	/* With DWARF in it, another format would come first. */
	if (ntr_file_open(&f, path, &e) ||
	    ntr_symsrc_open_next(&i.src, &ntr_symsrc_pedwarf, f, &e)) {
		TEST_FAIL("%s", e.msg);
		return;
	}
	CHECK_STR(i.src->ops->name, "pe");
	i.pe = ntr_symsrc_pe_image(i.src);
	fn(&i);
	ntr_symsrc_close(i.src);
}

/* How many images of the corpus there were. */
static unsigned all(image_fn *fn)
{
	const char *root = getenv("NTR_CORPUS");
	char path[4600];
	unsigned n = 0;

	for (size_t k = 0; k < NTR_COUNT(folders); k++) {
		struct dirent *de;
		DIR *dir;

		snprintf(path, sizeof(path), "%s/%s",
			 root ? root : "../shared/corpus", folders[k]);
		dir = opendir(path);
		while (dir && (de = readdir(dir))) {
			if (!is_image(de->d_name))
				continue;
			snprintf(path, sizeof(path), "%s/%s/%s",
				 root ? root : "../shared/corpus", folders[k],
				 de->d_name);
			one(path, fn);
			n++;
		}
		if (dir)
			closedir(dir);
	}
	return n;
}

/* --- exports --------------------------------------------------------------------- */

struct text { char *s; size_t n, cap; unsigned rows; };
static void row(struct text *t, const char *name, unsigned ord, unsigned rva)
{
	while (t->cap - t->n < strlen(name) + 64) {
		t->cap = t->cap ? t->cap * 2 : 4096;
		t->s = realloc(t->s, t->cap);
	}
	t->n += (size_t)sprintf(t->s + t->n, "%u %s %x\n", ord, name, rva);
	t->rows++;
}

static int by_ordinal(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}
/* Rows in one order, whatever order they came in. */
static char *sorted(struct text *t)
{
	char **v = calloc(t->rows + 1, sizeof(*v)), *out = calloc(1, t->n + 1);
	unsigned n = 0;

	for (char *p = t->s ? strtok(t->s, "\n") : NULL; p;
	     p = strtok(NULL, "\n"))
		v[n++] = p;
	qsort(v, n, sizeof(*v), by_ordinal);
	for (unsigned i = 0; i < n; i++) {
		strcat(out, v[i]);
		strcat(out, "\n");
	}
	free(v);
	free(t->s);
	memset(t, 0, sizeof(*t));
	return out;
}

static bool our_export(void *ctx, const struct ntr_pe_exported *x)
{
	row(ctx, x->name ? x->name : "", x->ordinal, x->rva);
	return true;
}

static unsigned exports_seen;
static void compare_exports(struct image *i)
{
	FILE *f = run("llvm-readobj --coff-exports", i->path);
	struct text theirs = { 0 }, ours = { 0 };
	char line[4096], name[4096] = "", *a, *b;
	unsigned ord = 0, rva;

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (sscanf(line, "  Ordinal: %u", &ord) == 1)
			continue;
		if (!strncmp(line, "  Name: ", 8))
			strcpy(name, line + 8);
		else if (sscanf(line, "  RVA: %x", &rva) == 1 && rva)
			row(&theirs, name, ord, rva);
	}
	pclose(f);
	(void)!ntr_pe_exports_each(i->pe, our_export, &ours, NULL, NULL);
	exports_seen += ours.rows;
	a = sorted(&ours);
	b = sorted(&theirs);
	CHECK_STR(a, b);
	free(a);
	free(b);
}

static void exports_as_llvm_reads_them(void)
{
	if (!have("llvm-readobj"))
		SKIP("no llvm-readobj");
	if (!all(compare_exports))
		SKIP("no corpus");
	CHECK(exports_seen >= 6);
}

/* --- debug directory --------------------------------------------------------------- */

static void compare_debug(struct image *i)
{
	FILE *f = run("llvm-readobj --coff-debug-directory", i->path);
	struct ntr_pe_debug_dir d = { 0 };
	struct ntr_pe_debug cv = { 0 };
	bool has = !ntr_pe_debug(i->pe, &cv, NULL);
	char line[4096];
	uint32_t n = 0;
	unsigned v;

	while (f && fgets(line, sizeof(line), f)) {
		char *p = line + strspn(line, " "), *q = strrchr(p, '(');

		p[strcspn(p, "\n")] = 0;
		if (!strcmp(p, "DebugEntry {"))
			CHECK_EQ(ntr_pe_debug_dirs(i->pe, &n, &d, NULL),
				 NTR_OK);
		else if (!strncmp(p, "Type: ", 6) && q)
			CHECK_EQ(d.type, strtoul(q + 1, NULL, 0));
		else if (!strncmp(p, "TimeDateStamp: ", 15) && q)
			CHECK_EQ(d.timestamp, strtoul(q + 1, NULL, 0));
		else if (sscanf(p, "SizeOfData: %x", &v) == 1)
			CHECK_EQ(d.size, v);
		else if (sscanf(p, "AddressOfRawData: %x", &v) == 1)
			CHECK_EQ(d.rva, v);
		else if (sscanf(p, "PointerToRawData: %x", &v) == 1)
			CHECK_EQ(d.raw, v);
		else if (sscanf(p, "PDBAge: %u", &v) == 1)
			CHECK_EQ(cv.age, v);
		else if (!strncmp(p, "PDBFileName: ", 13))
			CHECK(has && !strcmp(cv.pdb, p + 13));
	}
	pclose(f);
	CHECK_EQ(ntr_pe_debug_dirs(i->pe, &n, &d, NULL), NTR_END);
}

static void debug_directory_as_llvm_reads_it(void)
{
	if (!have("llvm-readobj"))
		SKIP("no llvm-readobj");
	if (!all(compare_debug))
		SKIP("no corpus");
}

/* --- .pdata --------------------------------------------------------------------------- */

static uint32_t paren(const char *line, const struct ntr_pe *pe)
{
	const char *q = strstr(line, "0x");
	const char *p = strstr(line, "(0x");

	return (uint32_t)(strtoull(p ? p + 1 : q, NULL, 16) - pe->image_base);
}

static unsigned functions_seen;

static void is_function(const struct ntr_pe_funcs *t, uint32_t start,
			uint32_t end)
{
	struct ntr_pe_func fn = { 0 };

	CHECK(ntr_pe_funcs_below(t, start, &fn));
	CHECK_EQ(fn.rva, start);
	CHECK_EQ(fn.end, end);
}

/* false: the tool died, as llvm-readobj 14 does on unwind data of version 2;
 * what it said until then counts. */
static bool functions_by_llvm(struct image *i, const struct ntr_pe_funcs *t,
			      unsigned *n)
{
	FILE *f = run("llvm-readobj --unwind", i->path);
	uint32_t start = 0, end = 0;
	bool chained = false;
	char line[4096];

	while (f && fgets(line, sizeof(line), f)) {
		char *p = line + strspn(line, " ");

		if (!strncmp(p, "Chained {", 9))
			chained = true; /* its addresses are another's */
		else if (!strncmp(p, "RuntimeFunction {", 17))
			chained = false;
		else if (chained)
			continue;
		else if (!strncmp(p, "StartAddress: ", 14) ||
			 !strncmp(p, "Function: ", 10))
			start = paren(p, i->pe);
		else if (!strncmp(p, "EndAddress: ", 12))
			end = paren(p, i->pe);
		else if (!strncmp(p, "FunctionLength: ", 16))
			end = start + (uint32_t)atoi(p + 16);
		if (!end)
			continue;
		/* It reads the whole section; what lies behind the directory
		 * is no address of the image. */
		if (start < i->pe->size)
			is_function(t, start, end);
		else
			--*n;
		end = 0;
		++*n;
	}
	return pclose(f) == 0;
}

static unsigned functions_by_objdump(struct image *i,
				     const struct ntr_pe_funcs *t)
{
	FILE *f = run("objdump -p", i->path);
	uint64_t start, end;
	bool in = false;
	char line[4096];
	unsigned n = 0;

	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "The Function Table", 18))
			in = true;
		else if (line[0] == '\n')
			in = false;
		if (!in || sscanf(line, " %*16[0-9a-f]: %16" SCNx64 " %16" SCNx64
			   " %*16[0-9a-f]", &start, &end) != 2)
			continue;
		is_function(t, (uint32_t)(start - i->pe->image_base),
			    (uint32_t)(end - i->pe->image_base));
		n++;
	}
	pclose(f);
	return n;
}

static void compare_functions(struct image *i)
{
	struct ntr_pe_funcs t;
	unsigned n = 0;

	CHECK_EQ(ntr_pe_funcs_load(&t, i->pe, NULL), NTR_OK);
	if (functions_by_llvm(i, &t, &n) && i->pe->machine != 0x14c)
		CHECK_EQ(t.n, n);
	if (i->pe->machine == 0x8664 && have("objdump")) {
		n = functions_by_objdump(i, &t);
		CHECK_EQ(t.n, n);
	}
	functions_seen += n;
	ntr_pe_funcs_fini(&t);
}

static void function_bounds_as_llvm_reads_them(void)
{
	if (!have("llvm-readobj"))
		SKIP("no llvm-readobj");
	if (!all(compare_functions))
		SKIP("no corpus");
	CHECK(functions_seen > 1000);
}

/* --- as memory, as symbols --------------------------------------------------------------- */

/* As the loader does it: headers, then each section at its RVA. */
static uint8_t *loaded(const struct image *i, uint8_t *known)
{
	const struct ntr_pe *pe = i->pe;
	uint8_t *m = calloc(1, pe->size);

	CHECK_EQ(ntr_file_read(i->src->file, 0, m, pe->headers_size, NULL),
		 NTR_OK);
	memset(known, 1, pe->headers_size);
	for (uint32_t k = 0; k < pe->nsections; k++) {
		const struct ntr_pe_section *c = &pe->section[k];
		uint32_t span = c->vsize > c->raw_size ? c->vsize
						       : c->raw_size;

		if ((uint64_t)c->rva + span > pe->size)
			continue;
		CHECK_EQ(ntr_file_read(i->src->file, c->raw_off, m + c->rva,
				       c->raw_size, NULL), NTR_OK);
		memset(known + c->rva, 1, span);
	}
	return m;
}

static bool our_name(void *ctx, const struct ntr_symbol *y)
{
	row(ctx, y->name, (unsigned)y->size, (unsigned)y->rva);
	return true;
}
static bool only_exports(void *ctx, const struct ntr_symbol *y)
{
	return y->kind != NTR_SYM_EXPORT || our_name(ctx, y);
}

/* An image in memory has the names of its file but for the COFF table. */
static void same_names(const struct image *i, const uint8_t *m)
{
	struct text file = { 0 }, memory = { 0 };
	struct ntr_symsrc *s = NULL;
	struct ntr_mem_space sp;
	struct ntr_pe pe;
	char *a, *b;

	ntr_mem_space_init(&sp, 0xfffff80100000000, m, i->pe->size);
	CHECK_EQ(ntr_pe_open(&pe, &sp.s, sp.base, true, NULL), NTR_OK);
	CHECK_EQ(ntr_symsrc_pe_memory(&s, &pe, NULL), NTR_OK);
	CHECK_EQ(ntr_symsrc_each(s, our_name, &memory, NULL), NTR_OK);
	CHECK_EQ(ntr_symsrc_each(i->src, only_exports, &file, NULL), NTR_OK);
	CHECK_EQ(s->id.timestamp, i->src->id.timestamp);
	CHECK(!memcmp(s->id.guid, i->src->id.guid, 16));
	a = sorted(&memory);
	b = sorted(&file);
	if (!i->pe->nsymbols)
		CHECK_STR(a, b);
	else /* names of the table stand for exports in the file */
		CHECK(strlen(a) >= strlen(b));
	free(a);
	free(b);
	ntr_symsrc_close(s);
}

static void compare_memory(struct image *i)
{
	uint8_t *known = calloc(1, i->pe->size), *m = loaded(i, known), b[16];
	struct ntr_pe_space ps;
	unsigned bad = 0;

	ntr_pe_space_init(&ps, i->pe, 0x7ff600000000, "loaded");
	for (uint32_t at = 0; at + 16 <= i->pe->size; at += 16) {
		enum ntr_st st = ntr_space_read(&ps.s, ps.base + at, b, 16,
						NULL);

		if (known[at] && known[at + 15])
			bad += st || memcmp(b, m + at, 16);
		else
			bad += st && st != NTR_ABSENT;
	}
	CHECK_EQ(bad, 0);
	same_names(i, m);
	free(known);
	free(m);
}

static void files_as_memory(void)
{
	if (!all(compare_memory))
		SKIP("no corpus");
}

struct inside { struct ntr_symsrc *s; unsigned n; };
static bool has_place(void *ctx, const struct ntr_symbol *y)
{
	struct inside *in = ctx;
	struct ntr_symbol z;

	/* A name leads to its address, its address to a name that is there. */
	CHECK_EQ(ntr_symsrc_named(in->s, y->name, &z, NULL), NTR_OK);
	CHECK_STR(z.name, y->name);
	CHECK_EQ(ntr_symsrc_at(in->s, y->rva, &z, NULL), NTR_OK);
	CHECK(z.rva == y->rva || y->rva - z.rva < z.size ||
	      y->kind == NTR_SYM_LABEL);
	in->n++;
	return true;
}

static unsigned symbols_seen;
static void compare_itself(struct image *i)
{
	struct inside in = { i->src, 0 };

	CHECK_EQ(ntr_symsrc_each(i->src, has_place, &in, NULL), NTR_OK);
	symbols_seen += in.n;
}

static void symbols_of_the_corpus(void)
{
	if (!all(compare_itself))
		SKIP("no corpus");
	CHECK(symbols_seen > 1000); /* md64.exe has a COFF table */
}

/* --- COFF tables of images linked by gcc --------------------------------------------------- */

static struct { char name[64]; uint64_t vma; } sec[64];
static int nsec;

static void read_sections(const char *path)
{
	FILE *f = run("objdump -h -w", path);
	char line[1000], name[64];
	uint64_t vma;
	int i;

	nsec = 0;
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " %d %63s %*x %" SCNx64, &i, name, &vma) ==
		    3 && i < 64) {
			strcpy(sec[i].name, name);
			sec[i].vma = vma;
			nsec = i + 1;
		}
	pclose(f);
}

struct coff_rows { struct text t; bool exports; };
static bool our_coff(void *ctx, const struct ntr_symbol *y)
{
	if (y->kind != NTR_SYM_EXPORT)
		row(ctx, y->name, 0, (unsigned)y->rva);
	return true;
}

/* Exported names that are in the COFF table too, here as there. */
static void their_coff(struct text *t, struct image *i)
{
	FILE *f = run("objdump -t -w", i->path);
	char line[8000], name[4096];
	int s, ty, scl, nx;
	uint64_t v;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "[%*d](sec %d)(fl %*x)(ty %x)(scl %d) "
			   "(nx %d) 0x%" SCNx64 " %4095[^\n]", &s,
			   (unsigned *)&ty, &scl, &nx, &v, name) != 6)
			continue;
		if (s < 1 || s > nsec ||
		    (scl != 2 && scl != 3 && scl != 6 && scl != 105) ||
		    (scl == 3 && !ty && nx))
			continue;
		row(t, name, 0, (unsigned)(sec[s - 1].vma + v -
					   i->pe->image_base));
	}
	pclose(f);
}

/* Twice the same row is one symbol. */
static void unique(char *rows)
{
	char *out = rows, *last = NULL;
	size_t last_n = 0;

	for (char *p = rows, *q; *p; p = q) {
		size_t n = strcspn(p, "\n") + 1;

		q = p + n;
		if (last && last_n == n && !memcmp(last, p, n))
			continue;
		memmove(out, p, n);
		last = out;
		last_n = n;
		out += n;
	}
	*out = 0;
}

static unsigned coff_seen;
static void compare_coff(struct image *i)
{
	struct text ours = { 0 }, theirs = { 0 };
	char *a, *b;

	read_sections(i->path);
	their_coff(&theirs, i);
	CHECK_EQ(ntr_symsrc_each(i->src, our_coff, &ours, NULL), NTR_OK);
	coff_seen += ours.rows;
	a = sorted(&ours);
	b = sorted(&theirs);
	unique(a);
	unique(b);
	CHECK_STR(a, b);
	free(a);
	free(b);
}

static void coff_tables_of_the_corpus(void)
{
	if (!have("objdump"))
		SKIP("no objdump");
	if (!all(compare_coff))
		SKIP("no corpus");
}

static const char source[] =
	"int data_x = 5; static int helper(int a) { return a * data_x; }\n"
	"int named_export_with_a_long_name(int a) { return helper(a) + 1; }\n"
	"int byord(int a) { return helper(a) + 2; }\n"
	"int __attribute__((stdcall)) DllMain(void *h, unsigned r, void *p)\n"
	"{ return 1; }\n";
static const char def[] =
	"LIBRARY a.dll\nEXPORTS\n named_export_with_a_long_name\n"
	" byord @12 NONAME\n fwd = kernel32.GetTickCount\n data_x DATA\n";

static void put_file(const char *dir, const char *name, const char *text)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
}

static void check_made(struct image *i)
{
	struct ntr_symbol y;

	compare_exports(i);
	compare_functions(i);
	compare_memory(i);
	compare_itself(i);
	compare_coff(i);
	CHECK_EQ(ntr_symsrc_named(i->src, "Ordinal12", &y, NULL), NTR_OK);
	CHECK_EQ(ntr_symsrc_at(i->src, y.rva + 3, &y, NULL), NTR_OK);
	CHECK_HAS(y.name, "byord");
	CHECK_EQ(ntr_symsrc_named(i->src, "fwd", &y, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_named(i->src, "helper", &y, NULL), NTR_OK);
	CHECK(y.code);
	CHECK_EQ(y.kind, NTR_SYM_FUNC);
	CHECK_EQ(ntr_symsrc_named(i->src, "data_x", &y, NULL), NTR_OK);
	CHECK(!y.code);
}

static void linked_here(const char *target)
{
	char dir[] = "/tmp/ntr-pe-XXXXXX", cmd[1000], path[300];
	char tool[100];

	snprintf(tool, sizeof(tool), "%s-w64-mingw32-gcc", target);
	if (!have(tool) || !have("objdump") || !have("llvm-readobj"))
		SKIP("no %s, objdump or llvm-readobj", tool);
	if (!mkdtemp(dir))
		SKIP("no folder for temporary files");
	put_file(dir, "a.c", source);
	put_file(dir, "a.def", def);
	snprintf(cmd, sizeof(cmd), "cd %s && %s -w -shared -O1 -fno-inline a.c "
		 "a.def -o a.dll", dir, tool);
	CHECK_EQ(system(cmd), 0);
	snprintf(path, sizeof(path), "%s/a.dll", dir);
	one(path, check_made);
	/* Without its COFF table there are the exports alone. */
	snprintf(cmd, sizeof(cmd), "cd %s && %s -w -s -shared -O1 -fno-inline "
		 "a.c a.def -o a.dll", dir, tool);
	CHECK_EQ(system(cmd), 0);
	one(path, compare_exports);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	CHECK_EQ(system(cmd), 0);
}

static void linked_by_gcc_x64(void)
{
	linked_here("x86_64");
}
static void linked_by_gcc_x86(void)
{
	linked_here("i686");
}

/* --- Breakpad's dump of an image without a PDB ------------------------------------------- */

static void breakpad_symbols(void)
{
	char dll[4096], sym[4096], line[1000], id[64] = "", want[64];
	unsigned start, size, n = 0;
	struct ntr_symsrc *s = NULL;
	struct ntr_pe_funcs t;
	struct ntr_pe_func fn;
	struct ntr_pe_debug d;
	FILE *f;

	if (!test_corpus("symbols/pdb/breakpad/pe_only_symbol_test.dll", dll,
			 sizeof(dll)) ||
	    !test_corpus("symbols/pdb/breakpad/pe_only_symbol_test.sym", sym,
			 sizeof(sym)))
		SKIP("no corpus");
	CHECK_EQ(ntr_symsrc_open(&s, dll, NULL), NTR_OK);
	CHECK_EQ(ntr_pe_funcs_load(&t, ntr_symsrc_pe_image(s), NULL), NTR_OK);
	f = fopen(sym, "r");
	while (fgets(line, sizeof(line), f)) {
		struct ntr_symbol y;
		char name[256];

		if (sscanf(line, "MODULE windows x86_64 %63s", id) == 1) {
			CHECK_EQ(ntr_pe_debug(ntr_symsrc_pe_image(s), &d,
					      NULL), NTR_OK);
			ntr_pdb_key(&d, want);
			CHECK_STR(id, want);
		} else if (sscanf(line, "INFO CODE_ID %63s", id) == 1) {
			ntr_pe_key(s->id.timestamp, s->id.image_size, want);
			CHECK_STR(id, want);
		} else if (sscanf(line, "STACK CFI INIT %x %x", &start,
				  &size) == 2) {
			CHECK(ntr_pe_funcs_below(&t, start, &fn));
			CHECK_EQ(fn.rva, start);
			CHECK_EQ(fn.end, start + size);
			n++;
		} else if (sscanf(line, "PUBLIC %x %*x %255s", &start,
				  name) == 2) {
			CHECK_EQ(ntr_symsrc_named(s, name, &y, NULL), NTR_OK);
			CHECK_EQ(y.rva, start);
		}
	}
	CHECK(n > 50);
	fclose(f);
	ntr_pe_funcs_fini(&t);
	ntr_symsrc_close(s);
}

int main(void)
{
	RUN(exports_as_llvm_reads_them);
	RUN(debug_directory_as_llvm_reads_it);
	RUN(function_bounds_as_llvm_reads_them);
	RUN(files_as_memory);
	RUN(symbols_of_the_corpus);
	RUN(coff_tables_of_the_corpus);
	RUN(linked_by_gcc_x64);
	RUN(linked_by_gcc_x86);
	RUN(breakpad_symbols);
	if (symbols_seen)
		fprintf(stderr, "%u exports, %u functions, %u symbols, %u of "
			"COFF tables compared\n", exports_seen, functions_seen,
			symbols_seen, coff_seen);
	return test_done();
}
