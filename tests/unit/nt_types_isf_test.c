// SPDX-License-Identifier: Apache-2.0
/* The table of NT structure offsets against the symbol tables of kernels of
 * the same build: every member of the table, its offset and its width. */
#include "sym/nt_types.h"
#include "sym/source.h"

#include "fmt/dump.h"
#include "test.h"

static const struct {
	const char *isf;
	uint32_t build;
} kernels[] = {
	{ "5278AFF86C341677D7D7835C85B7B844", 19041 },
	{ "79BE8C368BEC7DD9677EA9B355ACE784", 19041 },
	/* I/O rings without writing: before 22H2 (see nt_types.txt) */
	{ "A426BA5ABEE5E5BF2ECF16EEEE7E769C", 22000 },
};

struct member {
	const char *name;
	struct ntr_type_member m;
	bool found;
};

static bool look(void *ctx, const struct ntr_type_member *m)
{
	struct member *w = ctx;

	if (m->name && !strcmp(m->name, w->name)) {
		w->m = *m;
		w->found = true;
	}
	return !w->found;
}

/* A path in the symbol table; "@size" is the size of the structure. */
static bool isf_find(struct ntr_symsrc *s, const char *type, const char *path,
		     uint64_t *off, struct ntr_type *t)
{
	char step[64];
	uint64_t id;

	/* _KLDR: the name that the table has for it */
	if (!strcmp(type, "_KLDR"))
		type = "_KLDR_DATA_TABLE_ENTRY";
	*off = 0;
	if (ntr_symsrc_type_named(s, type, &id, NULL) ||
	    ntr_symsrc_type(s, id, t, NULL))
		return false;
	if (!strcmp(path, "@size")) {
		*off = t->size;
		return true;
	}
	for (; *path; path += strcspn(path, "."), path += *path == '.') {
		struct member w = { .name = step };

		snprintf(step, sizeof(step), "%.*s", (int)strcspn(path, "."),
			 path);
		if (ntr_symsrc_members(s, id, look, &w, NULL) || !w.found ||
		    ntr_symsrc_type(s, w.m.type, t, NULL))
			return false;
		*off += w.m.off;
		id = w.m.type;
	}
	return true;
}

/* The row of an array is of its first element, unless it is of bytes. */
static bool same_kind(struct ntr_symsrc *s, const struct ntr_type_hit *h,
		      const struct ntr_type *t)
{
	struct ntr_type elem;

	while (t->kind == NTR_TY_ARRAY && h->kind != NTR_TK_BYTES &&
	       ntr_symsrc_type(s, t->to, &elem, NULL) == NTR_OK)
		t = &elem; /* more than once: an array of arrays */
	switch (h->kind) {
	case NTR_TK_STRUCT:
		return t->kind == NTR_TY_STRUCT && !strcmp(t->name, h->type);
	case NTR_TK_BYTES:
		return t->kind == NTR_TY_ARRAY && t->size == h->width;
	default:
		return t->size == h->width;
	}
}

/* One member; false: it differs. *n counts those that are in both. */
static bool compare(struct ntr_symsrc *s, uint32_t build, const char *name,
		    unsigned *n)
{
	struct ntr_types types = { .machine = NTR_MACHINE_AMD64, .ptr_size = 8,
				   .build = build };
	const char *dot = strchr(name, '.');
	struct ntr_type_hit h;
	struct ntr_type t;
	char type[64];
	uint64_t off;
	bool mine, there;

	snprintf(type, sizeof(type), "%.*s", (int)(dot - name), name);
	mine = ntr_types_find(&types, type, dot + 1, &h);
	there = isf_find(s, type, dot + 1, &off, &t);
	if (!mine && !there)
		return true;
	++*n;
	if (mine && there && h.source == NTR_SRC_TABLE && h.off == off &&
	    (!strcmp(dot, ".@size") || same_kind(s, &h, &t)))
		return true;
	printf("%s %u: table %s 0x%x width %u, symbols %s 0x%" PRIx64
	       " width %" PRIu64 "\n", name, build,
	       mine ? ntr_source_name(h.source) : "absent", mine ? h.off : 0,
	       mine ? h.width : 0, there ? "exact" : "absent",
	       there ? off : 0, there ? t.size : 0);
	return false;
}

/* Member names of the lines that hold for x64. */
static bool next_name(FILE *f, char name[128])
{
	char line[4096], kind[64], machines[64];

	while (fgets(line, sizeof(line), f))
		if (line[0] != '#' && line[0] != '!' &&
		    sscanf(line, "%127s %63s %63s", name, kind,
			   machines) == 3 && strstr(machines, "x64"))
			return true;
	return false;
}

static void compare_all(const char *isf, uint32_t build)
{
	const char *top = getenv("TOP");
	unsigned n = 0, wrong = 0;
	char path[512], name[128];
	struct ntr_symsrc *s;
	struct ntr_err e;
	FILE *f;

	snprintf(path, sizeof(path), "%s/analyzer/sym/nt_types.txt",
		 top ? top : ".");
	f = fopen(path, "r");
	if (!f || ntr_symsrc_open(&s, isf, &e)) {
		TEST_FAIL("%s: %s", f ? isf : path, f ? e.msg : "not there");
		return;
	}
	while (next_name(f, name))
		wrong += !compare(s, build, name, &n);
	fclose(f);
	ntr_symsrc_close(s);
	CHECK_EQ(wrong, 0);
	CHECK(n >= 40);
}

static void dt_from_isf_equals_the_table(void)
{
	char path[512], rel[128];
	unsigned n = 0;

	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		snprintf(rel, sizeof(rel),
			 "symbols/isf/ntkrnlmp.pdb/%s-1.json.xz",
			 kernels[i].isf);
		if (!test_corpus(rel, path, sizeof(path)))
			continue;
		compare_all(path, kernels[i].build);
		n++;
	}
	if (!n)
		SKIP("no ISF in the corpus");
}

int main(void)
{
	RUN(dt_from_isf_equals_the_table);
	return test_done();
}
