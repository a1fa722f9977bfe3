// SPDX-License-Identifier: Apache-2.0
#include "symbols.h"

#include "../base/text.h"
#include "../sym/demangle.h"
#include "../sym/elf_image.h"
#include "../sym/source_pe.h"
#include "../sym/source_table.h"
#include "../sym/type_text.h"
#include "elf_id.h"
#include "priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Windows XP and later have their symbols in PDBs only. */
#define LAST_DBG_BUILD 2195u

/* --- finding the files of a module ------------------------------------------ */

static void add_source(struct ntr_module_symbols *s, struct ntr_symsrc *src,
		       const char *path)
{
	if (s->n == NTR_MODULE_SOURCES) {
		ntr_symsrc_close(src);
		return;
	}
	s->path[s->n] = path;
	s->src[s->n++] = src;
}

/* Looks for w and opens it. Of several failures *why keeps the first, but for
 * one that met a wrong file: that is worth more. */
static bool add_wanted(struct ntr_target *t, struct ntr_module_symbols *s,
		       const struct ntr_want *w, struct ntr_err *why)
{
	struct ntr_err e = { "" };
	struct ntr_symsrc *src;
	char *path = NULL;
	enum ntr_st st = ntr_store_find(t->store, w, &path, &e);

	if (st == NTR_OK) {
		st = ntr_symsrc_open(&src, path, &e);
		if (st == NTR_OK)
			add_source(s, src, ntr_arena_strdup(&t->arena, path));
		free(path);
	}
	if (st && (!why->msg[0] || ntr_store_refused(t->store)))
		*why = e;
	return st == NTR_OK;
}

typedef enum ntr_st want_fn(struct ntr_want *w, const struct ntr_pe_debug *d,
			    struct ntr_err *e);
/* Files that a debug record names, best first. */
static want_fn *const by_debug[] = {
	ntr_want_pdb, ntr_want_isf, ntr_want_breakpad,
};

static bool add_by_debug(struct ntr_target *t, struct ntr_module_symbols *s,
			 const struct ntr_pe_debug *d, struct ntr_err *why)
{
	struct ntr_want w;

	for (size_t i = 0; i < NTR_COUNT(by_debug); i++) {
		struct ntr_err e = { "" };

		if (by_debug[i](&w, d, &e)) {
			if (!why->msg[0])
				*why = e;
			continue;
		}
		if (add_wanted(t, s, &w, why)) {
			s->how = d->rsds ? "GUID and age" :
					   "time stamp and age";
			return true;
		}
	}
	return false;
}

static bool add_dbg(struct ntr_target *t, struct ntr_module_symbols *s,
		    const struct ntr_module *m, struct ntr_err *why)
{
	struct ntr_want w;

	if (!m->timestamp || m->nameless || t->build > LAST_DBG_BUILD ||
	    ntr_want_dbg(&w, m->image, m->timestamp, (u32)m->size,
			 m->checksum, NULL) ||
	    !add_wanted(t, s, &w, why))
		return false;
	s->how = "time stamp";
	return true;
}

/* ELF: the executable or library itself, and its split debug file. */
static bool add_elf(struct ntr_target *t, struct ntr_module_symbols *s,
		    const struct ntr_module *m, struct ntr_err *why)
{
	u8 id[NTR_BUILD_ID_MAX];
	struct ntr_err none = { "" };
	struct ntr_elf_debug d;
	struct ntr_want w;
	size_t n = 0;

	if (ntr_elf_build_id(t->mem, m->base, id, &n) ||
	    ntr_want_elf(&w, id, n, m->image, NULL) ||
	    !add_wanted(t, s, &w, why))
		return false;
	s->how = "build-id";
	/* Stripped: the rest is in a file of its own, if anywhere. */
	if (ntr_elf_debug_name(s->src[s->n - 1], &d, NULL) == NTR_OK &&
	    !d.has_info && ntr_want_elf(&w, id, n, d.link, NULL) == NTR_OK)
		(void)add_wanted(t, s, &w, &none);
	return true;
}

/* The image's own file: names its debug file, and has exports. */
static bool open_image(struct ntr_target *t, struct ntr_module *m,
		       struct ntr_module_symbols *s, struct ntr_err *why)
{
	struct ntr_want w;
	struct ntr_pe *pe;
	char *path = NULL;

	if (s->tried_image)
		return s->pe != NULL;
	s->tried_image = true;
	if (m->nameless)
		return ntr_fail(why, NTR_ABSENT, "the name of its file is not "
				"in the dump") == NTR_OK;
	if (!t->store || !m->timestamp ||
	    ntr_want_image(&w, m->image, m->timestamp, (u32)m->size, NULL) ||
	    ntr_store_find(t->store, &w, &path, why))
		return false;
	pe = ntr_arena_alloc(&t->arena, sizeof(*pe));
	if (pe && ntr_file_open(&s->image, path, why) == NTR_OK &&
	    ntr_pe_open(pe, &s->image->space, 0, false, why) == NTR_OK)
		s->pe = pe;
	free(path);
	return s->pe != NULL;
}

static void add_debug_files(struct ntr_target *t, struct ntr_module *m,
			    struct ntr_module_symbols *s)
{
	struct ntr_err why = { "" }, image = { "" };
	struct ntr_pe_debug d;
	const char *path, *how;
	struct ntr_symsrc *src;

	if (add_elf(t, s, m, &why))
		return;
	if (m->has_debug) {
		if (add_by_debug(t, s, &m->debug, &why))
			return;
	} else if (open_image(t, m, s, &image) &&
		   ntr_pe_debug(s->pe, &d, NULL) == NTR_OK) {
		m->debug = d;
		m->has_debug = true;
		if (add_by_debug(t, s, &d, &why))
			return;
	}
	if (!why.msg[0])
		why = image;
	if (add_dbg(t, s, m, &why))
		return;
	if (m->base == t->kernel_base && !m->has_debug) {
		src = ntr_kernel_by_addresses(t, m, &path, &how);
		if (src) {
			add_source(s, src, path);
			s->how = how;
			return;
		}
	}
	if (why.msg[0])
		s->lacking = ntr_arena_strdup(&t->arena, why.msg);
}

static void add_image_sources(const struct ntr_module *m,
			      struct ntr_module_symbols *s)
{
	struct ntr_symsrc *src;

	/* Built by gcc or clang, the file has DWARF. */
	if (s->image && s->pe &&
	    ntr_symsrc_open(&src, s->image->name, NULL) == NTR_OK)
		add_source(s, src, s->image->name);
	else if (m->has_pe &&
		 ntr_symsrc_pe_memory(&src, m->pe, NULL) == NTR_OK)
		add_source(s, src, NULL);
}

struct ntr_module_symbols *ntr_module_symbols(struct ntr_target *t,
					      struct ntr_module *m)
{
	struct ntr_module_symbols *s = m->symbols;

	if (s)
		return s;
	s = ntr_arena_alloc(&t->arena, sizeof(*s));
	if (!s)
		return NULL;
	m->symbols = s; /* first: what follows may ask for types */
	(void)ntr_module_load(t, m);
	if (t->store)
		add_debug_files(t, m, s);
	add_image_sources(m, s);
	return s;
}

bool ntr_module_image(struct ntr_target *t, struct ntr_module *m,
		      const struct ntr_pe **pe, const struct ntr_space **code)
{
	struct ntr_module_symbols *s = ntr_module_symbols(t, m);

	if (!s || !open_image(t, m, s, &(struct ntr_err){ "" }))
		return false;
	if (!s->code) {
		s->code = ntr_arena_alloc(&t->arena, sizeof(*s->code));
		if (!s->code)
			return false;
		ntr_pe_space_init(s->code, s->pe, m->base, m->image);
	}
	*pe = s->pe;
	*code = &s->code->s;
	return true;
}

static enum ntr_st both_read(const struct ntr_space *s, u64 va, void *buf,
			     size_t len, struct ntr_err *e)
{
	struct ntr_module_symbols *y = s->impl;
	enum ntr_st st = ntr_space_read(y->t->mem, va, buf, len, e);
	const struct ntr_space *code;
	const struct ntr_pe *pe;

	if ((st != NTR_ABSENT && st != NTR_FAULT) ||
	    !ntr_module_image(y->t, y->m, &pe, &code))
		return st;
	return ntr_space_read(code, va, buf, len, e);
}

const struct ntr_space *ntr_module_code(struct ntr_target *t,
					struct ntr_module *m)
{
	struct ntr_module_symbols *s = ntr_module_symbols(t, m);

	if (!s)
		return NULL;
	s->t = t;
	s->m = m;
	s->both = (struct ntr_space){ .name = "image", .read = both_read,
				      .impl = s };
	return &s->both;
}

void ntr_target_close_symbols(struct ntr_target *t)
{
	for (size_t i = 0; i < t->modules.n; i++) {
		struct ntr_module_symbols *s = t->modules.v[i].symbols;

		for (unsigned k = 0; s && k < s->n; k++)
			ntr_symsrc_close(s->src[k]);
		if (s)
			ntr_file_close(s->image);
	}
}

/* --- questions ---------------------------------------------------------------- */

/* MSVC's literals (strings, and constants for floating point and vectors) have
 * public names and stand between functions, where their names would pass for
 * that of code. */
static bool is_literal(const char *name)
{
	static const char *const heads[] = { "??_C@", "\"", "L\"", "__xmm@",
					     "__ymm@", "__zmm@", "__real@",
					     "__mask@" };

	for (size_t i = 0; i < NTR_COUNT(heads); i++)
		if (!strncmp(name, heads[i], strlen(heads[i])))
			return true;
	return strstr(name, "`string'") != NULL;
}

/* A function that is known to end before rva says nothing of it. */
static bool names(const struct ntr_symbol *sym, u64 rva, bool ret)
{
	return sym->rva <= rva && !is_literal(sym->name) &&
	       !(sym->size && rva - ret - sym->rva >= sym->size);
}

bool ntr_target_name(struct ntr_target *t, u64 va, bool ret,
		     struct ntr_named *out)
{
	struct ntr_module *m = ntr_target_module(t, va - ret);
	struct ntr_module_symbols *s = m ? ntr_module_symbols(t, m) : NULL;
	u64 rva = m ? va - m->base : 0;

	for (unsigned i = 0; s && i < s->n; i++) {
		struct ntr_symbol sym;

		if (ntr_symsrc_at(s->src[i], rva - ret, &sym, NULL) ||
		    !names(&sym, rva, ret))
			continue;
		out->module = m;
		out->src = s->src[i];
		out->sym = sym;
		out->displacement = rva - sym.rva;
		out->inside = sym.size != 0;
		ntr_demangle(t->machine, sym.name, out->name,
			     sizeof(out->name));
		return true;
	}
	return false;
}

bool ntr_target_line(struct ntr_target *t, u64 va, bool ret,
		     struct ntr_line *out)
{
	struct ntr_module *m = ntr_target_module(t, va - ret);
	struct ntr_module_symbols *s = m ? ntr_module_symbols(t, m) : NULL;

	for (unsigned i = 0; s && i < s->n; i++)
		if (ntr_symsrc_line(s->src[i], va - ret - m->base, out,
				    NULL) == NTR_OK)
			return true;
	return false;
}

static bool lookup_in(struct ntr_target *t, struct ntr_module *m,
		      const char *name, u64 *va)
{
	struct ntr_module_symbols *s = ntr_module_symbols(t, m);
	struct ntr_symbol sym;

	for (unsigned i = 0; s && i < s->n; i++) {
		if (ntr_symsrc_named(s->src[i], name, &sym, NULL))
			continue;
		*va = m->base + sym.rva;
		return true;
	}
	return false;
}

enum ntr_st ntr_target_lookup(struct ntr_target *t, const char *name, u64 *va,
			      struct ntr_err *e)
{
	const char *bang = strchr(name, '!');
	struct ntr_module *m;
	char mod[128];

	if (!bang) {
		for (size_t i = 0; i < t->modules.n; i++)
			if (lookup_in(t, &t->modules.v[i], name, va))
				return NTR_OK;
		return ntr_fail(e, NTR_ABSENT, "no symbol \"%.80s\" in the "
				"symbols at hand", name);
	}
	snprintf(mod, sizeof(mod), "%.*s", (int)(bang - name), name);
	m = ntr_target_module_named(t, mod);
	if (!m)
		return ntr_fail(e, NTR_ABSENT, "no module \"%s\" in this dump",
				mod);
	if (lookup_in(t, m, bang + 1, va))
		return NTR_OK;
	if (m->symbols && m->symbols->lacking)
		return ntr_fail(e, NTR_ABSENT, "no symbols for %s: %s",
				m->name, m->symbols->lacking);
	return ntr_fail(e, NTR_ABSENT, "no symbol \"%.80s\" in %s", bang + 1,
			m->name);
}

enum ntr_st ntr_target_record(struct ntr_target *t, struct ntr_module *m,
			      u64 va, struct ntr_uwrec *out)
{
	struct ntr_module_symbols *s = ntr_module_symbols(t, m);

	for (unsigned i = 0; s && i < s->n; i++)
		if (ntr_symsrc_unwind(s->src[i], va - m->base, out, NULL) ==
		    NTR_OK)
			return NTR_OK;
	return NTR_ABSENT;
}

/* --- types of the kernel --------------------------------------------------------- */

/* The table of layouts has short names of its own for some structures. */
static const char *public_type(const char *type)
{
	return strcmp(type, "_KLDR") ? type : "_KLDR_DATA_TABLE_ENTRY";
}

bool ntr_symbols_member(void *ctx, const char *name, struct ntr_type_hit *hit)
{
	struct ntr_target *t = ctx;
	struct ntr_module_symbols *s;
	struct ntr_module *k;
	const char *dot = strchr(name, '.');
	char type[96];

	if (!t->store || !t->modules.n || !t->kernel_base || !dot)
		return false;
	k = ntr_target_module(t, t->kernel_base);
	s = k ? ntr_module_symbols(t, k) : NULL;
	snprintf(type, sizeof(type), "%.*s", (int)(dot - name), name);
	for (unsigned i = 0; s && i < s->n; i++)
		if (ntr_symsrc_hit(s->src[i], public_type(type), dot + 1, hit,
				   NULL) == NTR_OK)
			return true;
	return false;
}

enum ntr_st ntr_target_table(struct ntr_target *t, struct ntr_symsrc **out,
			     struct ntr_err *e)
{
	return ntr_symsrc_table(out, &t->priv->types, e);
}
