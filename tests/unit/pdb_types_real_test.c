// SPDX-License-Identifier: Apache-2.0
/* Every type record of every PDB of the corpus against llvm-pdbutil: names,
 * sizes, members, bit fields, enumerators, forward references. No record is
 * left out. */
#include "sym/tpi.h"

#include "pdb_truth.h"
#include "pdbutil_types.h"

static size_t nfiles, nudts, nmembers, nvalues, nbitfields, nforwards, narrays,
	nnames;

struct subject {
	const char *path;
	struct ntr_file *file;
	struct ntr_msf msf;
	struct ntr_tpi tpi;
	struct pu_types want;
};

static bool subject_open(struct subject *p, const char *path, bool hashed)
{
	struct ntr_err e = { "" };
	struct ntr_bin b;

	memset(p, 0, sizeof(*p));
	p->path = path;
	if (ntr_file_open(&p->file, path, &e) ||
	    ntr_msf_open(&p->msf, p->file, &e) ||
	    ntr_msf_stream(&p->msf, 2, &b, &e) ||
	    ntr_tpi_open(&p->tpi, b, &e)) {
		TEST_FAIL("%s: %s", path, e.msg);
		return false;
	}
	if (hashed && !ntr_msf_stream(&p->msf, p->tpi.hash_stream, &b, &e))
		ntr_tpi_hash(&p->tpi, b);
	return true;
}

static void subject_close(struct subject *p)
{
	ntr_tpi_fini(&p->tpi);
	ntr_msf_fini(&p->msf);
	ntr_file_close(p->file);
	pu_free(&p->want);
}

/* llvm-pdbutil follows a part of the forward references only (through the hash
 * values, and not from classes to structures). The rest by comparing names in
 * what it printed: the first complete record that has the unique name, or the
 * name where there is none. */
static void complete_forwards(struct pu_types *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct pu_type *r = &w->v[i];

		for (size_t k = 0; r->forward && !r->full && k < w->n; k++) {
			const struct pu_type *c = &w->v[k];

			if (!pu_udt(c) || c->forward)
				continue;
			if (r->unique ? c->unique &&
						!strcmp(r->unique, c->unique)
				      : !strcmp(r->name, c->name))
				r->full = (uint32_t)(0x1000 + k);
		}
	}
}

/* --- what should come out, from llvm-pdbutil's text alone ------------------- */

static uint64_t simple_size(uint32_t index)
{
	static const uint8_t size[256] = {
		[0x08] = 4, [0x10] = 1, [0x11] = 2, [0x12] = 4, [0x13] = 8,
		[0x20] = 1, [0x21] = 2, [0x22] = 4, [0x23] = 8, [0x30] = 1,
		[0x40] = 4, [0x41] = 8, [0x70] = 1, [0x71] = 2, [0x74] = 4,
		[0x75] = 4, [0x76] = 8, [0x77] = 8, [0x79] = 16, [0x7a] = 2,
		[0x7b] = 4,
	};

	switch (index >> 8) {
	case 0: return size[index];
	case 4: return 4;
	case 6: return 8;
	default: return 0;
	}
}

static uint64_t want_size(const struct pu_types *w, uint32_t index)
{
	for (int depth = 0; depth < 20; depth++) {
		const struct pu_type *r = pu_at(w, index);

		if (index < 0x1000)
			return simple_size(index);
		if (pu_udt(r) && r->forward) {
			if (!r->full)
				return 0;
			r = pu_at(w, r->full);
		}
		if (pu_is(r, "LF_POINTER"))
			return !strcmp(r->kind, "ptr64") ? 8 : 4;
		if (!pu_is(r, "LF_ENUM") && !pu_is(r, "LF_MODIFIER") &&
		    !pu_is(r, "LF_BITFIELD"))
			return r->size;
		index = r->ref;
	}
	return 0;
}

static bool want_signed(uint32_t index)
{
	switch (index) {
	case 0x10: case 0x11: case 0x12: case 0x13: case 0x70: case 0x74:
	case 0x76:
		return true;
	}
	return false;
}

static int64_t want_value(int64_t v, uint32_t under)
{
	bool sign = want_signed(under);

	switch (simple_size(under)) {
	case 1: return sign ? (int8_t)v : (uint8_t)v;
	case 2: return sign ? (int16_t)v : (uint16_t)v;
	case 4: return sign ? (int32_t)v : (int64_t)(uint32_t)v;
	}
	return v;
}

/* --- members ---------------------------------------------------------------- */

struct got {
	struct ntr_type_member m[70000];
	size_t n;
};
static struct got got;

static bool keep(void *ctx, const struct ntr_type_member *m)
{
	(void)ctx;
	if (got.n < sizeof(got.m) / sizeof(got.m[0]))
		got.m[got.n] = *m;
	got.n++;
	return true;
}

static void same_member(struct subject *p, const struct pu_type *udt,
			const struct pu_field *f,
			const struct ntr_type_member *m)
{
	const struct pu_type *unit = pu_at(&p->want, f->type);
	bool bits = pu_is(unit, "LF_BITFIELD");

	CHECK_EQ(m->base, !strcmp(f->leaf, "LF_BCLASS"));
	if (f->name)
		CHECK_STR(m->name, f->name);
	else if (!strcmp(f->leaf, "LF_VFUNCTAB"))
		CHECK_STR(m->name, "__VFN_table");
	if (!strcmp(f->leaf, "LF_ENUMERATE")) {
		CHECK_EQ(m->value, want_value(f->num, udt->ref));
		nvalues++;
		return;
	}
	CHECK_EQ(m->off, f->num);
	CHECK_EQ(m->type, bits ? unit->ref : f->type);
	CHECK_EQ(m->bit, unit->bit);
	CHECK_EQ(m->bits, unit->bits);
	nmembers++;
	nbitfields += bits;
}

static bool listed(const struct pu_field *f)
{
	return !strcmp(f->leaf, "LF_MEMBER") ||
	       !strcmp(f->leaf, "LF_ENUMERATE") ||
	       !strcmp(f->leaf, "LF_BCLASS") || !strcmp(f->leaf, "LF_VFUNCTAB");
}

static void same_members(struct subject *p, uint32_t index,
			 const struct pu_type *udt)
{
	const struct pu_type *list = pu_at(&p->want, udt->list);
	struct ntr_err e = { "" };
	size_t k = 0;

	got.n = 0;
	if (ntr_tpi_members(&p->tpi, index, keep, NULL, &e)) {
		TEST_FAIL("%s: type 0x%x: %s", p->path, index, e.msg);
		return;
	}
	for (size_t i = 0; i < list->nfield; i++) {
		/* The sample has no continued lists; if one comes, say so. */
		CHECK(strcmp(list->field[i].leaf, "LF_INDEX"));
		if (!listed(&list->field[i]))
			continue;
		if (k < got.n)
			same_member(p, udt, &list->field[i], &got.m[k]);
		k++;
	}
	CHECK_EQ(got.n, k);
}

/* --- records ------------------------------------------------------------------ */

static void same_udt(struct subject *p, uint32_t index, const struct pu_type *r)
{
	struct ntr_err e = { "" };
	struct ntr_type t, full;
	uint64_t size = pu_is(r, "LF_ENUM") ? want_size(&p->want, r->ref)
					    : r->size;

	if (ntr_tpi_type(&p->tpi, index, &t, &e)) {
		TEST_FAIL("%s: type 0x%x: %s", p->path, index, e.msg);
		return;
	}
	CHECK_STR(t.name, r->name);
	CHECK_EQ(t.kind, pu_is(r, "LF_ENUM") ? NTR_TY_ENUM :
			 pu_is(r, "LF_UNION") ? NTR_TY_UNION : NTR_TY_STRUCT);
	if (!r->forward) {
		CHECK_EQ(t.size, size);
		if (pu_is(r, "LF_ENUM"))
			CHECK_EQ(t.is_signed, want_signed(r->ref));
		same_members(p, index, r);
		nudts++;
		return;
	}
	nforwards++;
	if (!r->full) {
		CHECK(t.declared_only);
		return;
	}
	CHECK(!t.declared_only);
	CHECK(!ntr_tpi_type(&p->tpi, r->full, &full, &e));
	CHECK(full.name == t.name); /* the very bytes of that record */
	CHECK_EQ(full.size, t.size);
}

static void same_other(struct subject *p, uint32_t index, const struct pu_type *r)
{
	struct ntr_err e = { "" };
	struct ntr_type t;
	uint64_t each = want_size(&p->want, r->ref);

	if (ntr_tpi_type(&p->tpi, index, &t, &e)) {
		TEST_FAIL("%s: type 0x%x: %s", p->path, index, e.msg);
		return;
	}
	if (pu_is(r, "LF_ARRAY")) {
		CHECK_EQ(t.kind, NTR_TY_ARRAY);
		CHECK_EQ(t.size, r->size);
		CHECK_EQ(t.count, each ? r->size / each : 0);
		narrays++;
	} else if (pu_is(r, "LF_POINTER")) {
		CHECK_EQ(t.kind, NTR_TY_POINTER);
		CHECK_EQ(t.size, !strcmp(r->kind, "ptr64") ? 8 : 4);
	} else if (pu_is(r, "LF_MODIFIER") || pu_is(r, "LF_BITFIELD")) {
		CHECK_EQ(t.kind, NTR_TY_ALIAS);
		CHECK_EQ(t.size, each);
	} else if (pu_is(r, "LF_PROCEDURE") || pu_is(r, "LF_MFUNCTION")) {
		CHECK_EQ(t.kind, NTR_TY_FUNC);
	} else {
		CHECK_EQ(t.kind, NTR_TY_UNKNOWN);
		return;
	}
	CHECK_EQ(t.to, r->ref);
}

/* --- names -------------------------------------------------------------------- */

static bool each_seen(void *ctx, const char *name, u64 id)
{
	struct subject *p = ctx;
	const struct pu_type *r = pu_at(&p->want, id);

	CHECK(pu_udt(r) && !r->forward);
	CHECK_STR(name, r->name);
	nnames++;
	return true;
}

static bool no_name(const char *s)
{
	return !*s || !strcmp(s, "__unnamed") || (*s == '<' &&
	       !strchr(s, ':') && s[strlen(s) - 1] == '>');
}

/* Does a complete record of that name exist twice? */
static bool twice(const struct pu_types *w, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		n += pu_udt(&w->v[i]) && !w->v[i].forward &&
		     !strcmp(w->v[i].name, name);
	return n > 1;
}

/* By its name a type is found, or one that has the same name. */
static void find_by_name(struct subject *p, uint32_t index, const struct pu_type *r)
{
	struct ntr_err e = { "" };
	u64 id = 0;
	enum ntr_st st = ntr_tpi_named(&p->tpi, r->name, &id, &e);

	if (no_name(r->name) || (st && strstr(r->name, "<unnamed-") &&
				 twice(&p->want, r->name))) {
		CHECK_EQ(st, NTR_ABSENT);
		return;
	}
	CHECK_EQ(st, NTR_OK);
	CHECK_STR(pu_at(&p->want, id)->name, r->name);
	CHECK(!pu_at(&p->want, id)->forward);
	CHECK(id == index || twice(&p->want, r->name));
}

static void all_names(struct subject *p)
{
	struct ntr_err e = { "" };
	size_t named = 0, before = nnames;

	for (size_t i = 0; i < p->want.n; i++) {
		const struct pu_type *r = &p->want.v[i];

		if (!pu_udt(r) || r->forward)
			continue;
		named += !no_name(r->name);
		find_by_name(p, (uint32_t)(0x1000 + i), r);
	}
	CHECK_EQ(ntr_tpi_each(&p->tpi, each_seen, p, &e), NTR_OK);
	CHECK_EQ(nnames - before, named);
}

/* The hash table of the file and our index give the same ids. */
static void hash_and_index(struct subject *p)
{
	struct subject q;
	size_t asked = 0;

	if (!subject_open(&q, p->path, true))
		return;
	CHECK(q.tpi.hashed);
	for (size_t i = 0; i < p->want.n && asked < 400; i++) {
		const struct pu_type *r = &p->want.v[i];
		u64 a = 0, b = 0;

		if (!pu_udt(r) || r->forward || no_name(r->name) ||
		    strchr(r->name, '<') || (r->unique && strchr(r->unique, '?') &&
					     strstr(r->unique, "@?")))
			continue;
		q.tpi.asked = 0; /* through the hash table again */
		if (ntr_tpi_named(&q.tpi, r->name, &a, NULL))
			a = 1;
		if (ntr_tpi_named(&p->tpi, r->name, &b, NULL))
			b = 2;
		CHECK_EQ(a, b);
		asked++;
	}
	CHECK(asked && !q.tpi.indexed); /* each was found by its hash */
	subject_close(&q);
}

static void compare(const char *path)
{
	struct subject p;

	if (!subject_open(&p, path, false))
		return;
	CHECK(pdbutil_types(path, &p.want));
	CHECK_EQ(p.tpi.n, p.want.n);
	complete_forwards(&p.want);
	for (size_t i = 0; i < p.want.n; i++) {
		const struct pu_type *r = &p.want.v[i];
		uint32_t index = (uint32_t)(0x1000 + i);

		CHECK(r->leaf[0]);
		if (pu_udt(r))
			same_udt(&p, index, r);
		else
			same_other(&p, index, r);
	}
	all_names(&p);
	hash_and_index(&p);
	subject_close(&p);
	nfiles++;
}

static void agrees_with_llvm_pdbutil(void)
{
	const struct lines *all = all_pdbs();

	if (!all->n || !have_pdbutil())
		SKIP("no corpus or no llvm-pdbutil");
	for (size_t i = 0; i < all->n; i++)
		compare(all->v[i]);
	printf("%zu files, %zu complete types, %zu members, %zu enumerators, "
	       "%zu bit fields, %zu forward references, %zu arrays, %zu names\n",
	       nfiles, nudts, nmembers, nvalues, nbitfields, nforwards,
	       narrays, nnames);
	CHECK_EQ(nfiles, all->n);
	CHECK(nudts && nmembers && nvalues && nbitfields && nforwards);
}

int main(void)
{
	RUN(agrees_with_llvm_pdbutil);
	drop(&pdbs_);
	return test_done();
}
