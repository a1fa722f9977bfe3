// SPDX-License-Identifier: Apache-2.0
/* The types of the corpus' PDBs through the interface of symbol sources:
 * typedefs and ids of functions against llvm-pdbutil; the text of every type;
 * a structure whose layout is known, in dt's spelling. */
#include "sym/type_text.h"

#include "pdb_truth.h"

/* --- typedefs ------------------------------------------------------------------ */

struct udt {
	char name[4096];
	u64 type;
};

/* The next "S_UDT [size = n] `name`" and its "original type = 0x…". */
static bool next_udt(FILE *f, struct udt *u)
{
	static char line[8192];
	bool named = false;

	while (fgets(line, sizeof(line), f)) {
		char *p = strstr(line, "| S_UDT [size = ");
		char *t = strstr(line, "original type = 0x");

		if (p) {
			p = strchr(p, '`') + 1;
			p[strlen(p) - 2] = 0; /* `\n */
			snprintf(u->name, sizeof(u->name), "%s", p);
			named = true;
		} else if (t && named) {
			u->type = strtoull(t + 16, NULL, 16);
			return true;
		}
	}
	return false;
}

static size_t udts_of(const char *path, struct ntr_symsrc *s)
{
	FILE *f = pdbutil("dump --globals", path);
	struct udt u;
	size_t n = 0;

	while (next_udt(f, &u)) {
		struct ntr_type t = { 0 };
		u64 id = 0;

		CHECK(!ntr_symsrc_type_named(s, u.name, &id, NULL));
		CHECK(!ntr_symsrc_type(s, id, &t, NULL));
		/* of that name a structure, or else this typedef */
		CHECK(id == u.type || (t.name && !strcmp(t.name, u.name)));
		n++;
	}
	pclose(f);
	return n;
}

static void typedefs(void)
{
	const struct lines *all = all_pdbs();
	size_t n = 0;

	if (!all->n || !have_pdbutil())
		SKIP("no corpus or no llvm-pdbutil");
	for (size_t i = 0; i < all->n; i++) {
		struct ntr_symsrc *s = open_pdb(all->v[i]);

		n += s ? udts_of(all->v[i], s) : 0;
		ntr_symsrc_close(s);
	}
	printf("%zu typedefs\n", n);
	CHECK(n);
}

/* --- ids of functions ------------------------------------------------------------ */

static size_t ids_of(const char *path, struct ntr_symsrc *s)
{
	FILE *f = pdbutil("dump --ids", path);
	static char line[8192];
	unsigned long id = 0;
	size_t n = 0;

	while (fgets(line, sizeof(line), f)) {
		const char *type = strstr(line, ", type = 0x");
		struct ntr_type a, b;

		if (strstr(line, "FUNC_ID [")) {
			id = strtoul(line, NULL, 16);
		} else if (type && id) {
			u64 want = strtoull(type + 9, NULL, 16);

			CHECK(!ntr_symsrc_type(s, NTR_PDB_IPI_ID | id, &a,
					       NULL));
			CHECK(!ntr_symsrc_type(s, want, &b, NULL));
			CHECK_EQ(a.kind, NTR_TY_FUNC);
			CHECK_EQ(a.to, b.to);
			n++;
			id = 0;
		}
	}
	pclose(f);
	return n;
}

static void functions(void)
{
	const struct lines *all = all_pdbs();
	size_t n = 0;

	if (!all->n || !have_pdbutil())
		SKIP("no corpus or no llvm-pdbutil");
	for (size_t i = 0; i < all->n; i++) {
		struct ntr_symsrc *s = open_pdb(all->v[i]);

		n += s ? ids_of(all->v[i], s) : 0;
		ntr_symsrc_close(s);
	}
	printf("%zu ids of functions\n", n);
	CHECK(n);
}

/* --- text ---------------------------------------------------------------------- */

struct texts {
	struct ntr_symsrc *s;
	size_t n;
};

/* It fits whatever the size, and the shorter one is the beginning. */
static void text_fits(struct texts *t, const struct ntr_type_member *m)
{
	char all[8192], cut[32];
	size_t full = ntr_member_text(t->s, m, all, sizeof(all));
	size_t n = ntr_member_text(t->s, m, cut, sizeof(cut));

	CHECK(full && full < sizeof(all) - 1);
	CHECK_EQ(all[full], 0);
	CHECK_EQ(n, full < sizeof(cut) ? full : sizeof(cut) - 1);
	CHECK(!memcmp(all, cut, n) && !cut[n]);
	CHECK(!strstr(all, "????")); /* nothing here is unknown */
	t->n++;
}

static bool member_text_fits(void *ctx, const struct ntr_type_member *m)
{
	if (m->type)
		text_fits(ctx, m);
	return true;
}

static bool type_text_fits(void *ctx, const char *name, u64 id)
{
	struct texts *t = ctx;
	struct ntr_type_member m = { .type = id };
	char text[8192];

	text_fits(t, &m);
	ntr_type_text(t->s, id, text, sizeof(text));
	CHECK_STR(text, name);
	CHECK(!ntr_symsrc_members(t->s, id, member_text_fits, t, NULL));
	return true;
}

static void every_type_has_a_text(void)
{
	const struct lines *all = all_pdbs();
	size_t n = 0;

	if (!all->n)
		SKIP("no corpus");
	for (size_t i = 0; i < all->n; i++) {
		struct texts t = { .s = open_pdb(all->v[i]) };

		if (!t.s)
			continue;
		CHECK(!ntr_symsrc_each_type(t.s, type_text_fits, &t, NULL));
		ntr_symsrc_close(t.s);
		n += t.n;
	}
	printf("%zu texts\n", n);
	CHECK(n);
}

/* _KTHREADX of corpus made/pe, whose C source is beside it. */
static const struct {
	const char *path, *text;
	u64 off;
} layout[] = {
	{ "Header", "_LIST_ENTRY", 0 },
	{ "Header.Blink", "Ptr64 _LIST_ENTRY", 8 },
	{ "QuantumTarget", "Uint8B", 16 },
	{ "InitialStack", "Ptr64 Void", 24 },
	{ "Flags", "Uint4B", 32 },
	{ "Name", "[16] UChar", 36 },
	{ "Table", "[3][4] Uint2B", 52 },
	{ "u", "_U", 76 },
	{ "u.b.Mid", "Pos 5, 11 Bits", 76 },
	{ "A", "Pos 0, 3 Bits", 80 },
	{ "B", "Pos 3, 7 Bits", 80 },
	{ "Big", "Pos 0, 40 Bits", 88 },
	{ "Pool", "_POOL_TYPE", 96 },
	{ "Callback", "Ptr64     int ", 104 },
	{ "Str", "Ptr64 Char", 112 },
	{ "D", "Double", 120 },
};

static void a_known_layout(void)
{
	struct ntr_symsrc *s;
	struct ntr_type_hit h;
	char path[600];
	u64 id = 0;

	if (!test_corpus("made/pe/drv64.pdb", path, sizeof(path)))
		SKIP("no corpus");
	s = open_pdb(path);
	CHECK(s && !ntr_symsrc_type_named(s, "_KTHREADX", &id, NULL));
	for (size_t i = 0; i < sizeof(layout) / sizeof(layout[0]); i++) {
		struct ntr_type_member m;
		char text[64] = "";
		u64 off = 0;

		CHECK(!ntr_type_find_member(s, id, layout[i].path, &m, &off,
					    NULL));
		ntr_member_text(s, &m, text, sizeof(text));
		CHECK_STR(text, layout[i].text);
		CHECK_EQ(off, layout[i].off);
	}
	CHECK(!ntr_symsrc_hit(s, "_KTHREADX", "Header.Blink", &h, NULL));
	CHECK_EQ(h.off, 8);
	CHECK_EQ(h.kind, NTR_TK_POINTER);
	CHECK(!ntr_symsrc_hit(s, "_KTHREADX", "@size", &h, NULL));
	CHECK_EQ(h.off, 144);
	ntr_symsrc_close(s);
}

int main(void)
{
	RUN(typedefs);
	RUN(functions);
	RUN(every_type_has_a_text);
	RUN(a_known_layout);
	drop(&pdbs_);
	return test_done();
}
