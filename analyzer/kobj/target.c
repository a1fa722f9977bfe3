// SPDX-License-Identifier: Apache-2.0
#include "target.h"

#include "priv.h"
#include "symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ntr_target_missing(struct ntr_target *t, const char *what,
			const char *supply)
{
	struct ntr_missing *m;

	for (size_t i = 0; i < t->missing.n; i++)
		if (!strcmp(t->missing.v[i].what, what))
			return;
	m = ntr_vec_add(&t->missing);
	if (m)
		*m = (struct ntr_missing){ what, supply };
}

/* --- what it is ------------------------------------------------------------------- */

/* Headers that only NT writes carry a build number. */
static void identify(struct ntr_target *t)
{
	const struct ntr_meta *m = &t->d->meta;

	t->machine = m->has & NTR_HAS_MACHINE ? m->machine : 0;
	t->ptr_size = ntr_machine_ptr_size(t->machine);
	t->build = m->has & NTR_HAS_BUILD ? m->build : 0;
	t->is_nt = m->has & NTR_HAS_BUILD;
}

static void name_other_os(struct ntr_target *t)
{
	const char *text = t->d->meta.os_text;
	char banner[80];

	if (!*text && t->d->kind != NTR_KIND_USER &&
	    ntr_target_find_linux(t, banner, sizeof(banner))) {
		t->other_os = ntr_arena_printf(&t->arena, "Linux guest (Linux %s)",
					       banner);
		return;
	}
	t->other_os = *text ? text : NULL;
	if (!strncmp(text, "Linux", 5) && t->d->kind != NTR_KIND_USER)
		t->other_os = ntr_arena_printf(&t->arena, "Linux guest (%s)",
					       text);
}

/* Not NT for sure: no kernel to look for. kdump's utsname is no proof: that
 * is the machine that wrote the dump. */
static bool surely_other(const struct ntr_target *t)
{
	const struct ntr_dump *d = t->d;

	return !t->is_nt && ((d->meta.has & NTR_HAS_OTHER_OS) ||
			     (d->kind == NTR_KIND_USER && d->meta.os_text[0]));
}

/* --- what is lacking --------------------------------------------------------------- */

static const char *kernel_key(struct ntr_target *t, struct ntr_module *k)
{
	char key[48];

	if (k->has_debug) {
		const char *pdb = k->debug.pdb;

		for (const char *s = pdb; *s; s++)
			if (*s == '\\' || *s == '/')
				pdb = s + 1;
		ntr_pdb_key(&k->debug, key);
		return ntr_arena_printf(&t->arena, "%s/%s/%s", pdb, key, pdb);
	}
	if (!k->timestamp)
		return NULL;
	ntr_pe_key(k->timestamp, (u32)k->size, key);
	if (k->nameless)
		return ntr_arena_printf(&t->arena, "the kernel's image with "
					"key %s (its debug record names the "
					"symbol file)", key);
	return ntr_arena_printf(&t->arena, "%s/%s (its debug record names the "
				"symbol file)", k->image, key);
}

static void note_symbols(struct ntr_target *t)
{
	struct ntr_module *k = t->kernel_base
				       ? ntr_target_module(t, t->kernel_base)
				       : NULL;
	const char *key;

	if (!k)
		return;
	(void)ntr_module_load(t, k);
	if (k->symbols && k->symbols->how)
		return;
	key = kernel_key(t, k);
	ntr_target_missing(t, "kernel symbols",
			   key ? key : "the symbol file of this kernel");
}

static void note_missing(struct ntr_target *t)
{
	if (!t->is_nt || t->d->kind == NTR_KIND_USER)
		return;
	if (t->d->triage.present)
		ntr_target_missing(t, "memory beyond the small dump: page "
				   "tables, pool, other threads",
				   "a kernel or complete memory dump");
	else if (t->paging == NTR_PAGING_NONE)
		ntr_target_missing(t, "address translation",
				   "a dump that holds the page tables");
	if (!t->d->complete)
		ntr_target_missing(t, "bytes that the headers promise",
				   "the whole file: this one was cut short");
	if (!t->kernel_base)
		ntr_target_missing(t, "the kernel's image",
				   "a dump with the kernel's first page, or "
				   "a header that names its module list");
	else if (!t->priv->kdbg.present && t->machine == NTR_MACHINE_AMD64 &&
		 (!t->build || t->build >= 9200))
		ntr_target_missing(t, "the debugger data block (KDBG), which "
				   "a running kernel keeps encoded",
				   "kernel symbols: KiWaitNever, KiWaitAlways,"
				   " KdpDataBlockEncoded");
	else if (!t->priv->kdbg.present && t->build >= 2195)
		ntr_target_missing(t, "the debugger data block (KDBG)",
				   "a dump that holds its page");
	if (!t->thread.va)
		ntr_target_missing(t, "the current thread and process",
				   t->machine == NTR_MACHINE_X86 ||
				   t->ptr_size == 8
					   ? "a dump that holds the KPRCB of "
					     "the processor that crashed"
					   : "kernel symbols of this machine");
	if (t->build && t->priv->thread.source == NTR_SRC_ASSUMED)
		ntr_target_missing(t, "structure layouts of this build",
				   "kernel symbols; the nearest build's are "
				   "used and checked");
	if (t->cpus.n < t->d->meta.cpus && t->d->meta.has & NTR_HAS_CPUS)
		ntr_target_missing(t, "some processors' registers",
				   "a dump that holds their KPRCBs");
	note_symbols(t);
}

/* --- opening ------------------------------------------------------------------------- */

static enum ntr_st open_steps(struct ntr_target *t)
{
	enum ntr_st st;

	identify(t);
	if (surely_other(t)) {
		ntr_target_no_kernel(t);
	} else {
		ntr_target_init_memory(t);
		ntr_target_find_kernel(t);
		t->is_nt |= t->kernel_base != 0;
		ntr_target_name_system(t);
		ntr_target_bind(t);
	}
	if (!t->is_nt)
		name_other_os(t);
	st = ntr_target_read_modules(t);
	if (st)
		return st;
	/* Now the kernel's symbols can be found. */
	if (ntr_kdbg_by_symbols(t) || t->store)
		ntr_target_bind(t);
	st = ntr_target_read_cpus(t);
	if (st == NTR_OK)
		st = ntr_target_read_unloaded(t);
	if (st)
		return st;
	ntr_target_read_current(t);
	note_missing(t);
	return NTR_OK;
}

enum ntr_st ntr_target_open(struct ntr_target **out, struct ntr_dump *d,
			    struct ntr_err *e)
{
	return ntr_target_open_with(out, d, NULL, e);
}

enum ntr_st ntr_target_open_with(struct ntr_target **out, struct ntr_dump *d,
				 struct ntr_store *store, struct ntr_err *e)
{
	struct ntr_target *t = calloc(1, sizeof(*t));
	enum ntr_st st;

	if (!t)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	t->d = d;
	t->store = store;
	t->crash_cpu = -1;
	t->priv = calloc(1, sizeof(*t->priv));
	st = t->priv ? open_steps(t) : NTR_NOMEM;
	if (st) {
		ntr_target_close(t);
		return ntr_fail(e, st, "%s", ntr_st_text(st));
	}
	*out = t;
	return NTR_OK;
}

void ntr_target_close(struct ntr_target *t)
{
	if (!t)
		return;
	ntr_target_close_symbols(t);
	if (t->paging != NTR_PAGING_NONE)
		ntr_xlat_fini(&t->xlat);
	ntr_vec_fini(&t->modules);
	ntr_vec_fini(&t->unloaded);
	ntr_vec_fini(&t->cpus);
	ntr_vec_fini(&t->missing);
	ntr_arena_fini(&t->arena);
	free(t->priv);
	free(t);
}

/* --- names of addresses ----------------------------------------------------------------- */

void ntr_target_symbolise(struct ntr_target *t, u64 va, char *out,
			  size_t size)
{
	const struct ntr_unloaded_module *u;
	const struct ntr_module *m = ntr_target_module(t, va);
	struct ntr_named at;

	/* An export that may end before va would be said as a fact. */
	if (m && ntr_target_name(t, va, false, &at) &&
	    (at.inside || at.sym.kind != NTR_SYM_EXPORT)) {
		snprintf(out, size, at.displacement ? "%s!%s+0x%" PRIx64 :
			 "%s!%s", m->name, at.name, at.displacement);
	} else if (m) {
		snprintf(out, size, "%s+0x%" PRIx64, m->name, va - m->base);
	} else if ((u = ntr_target_unloaded(t, va))) {
		snprintf(out, size, "<Unloaded_%s>+0x%" PRIx64, u->image,
			 va - u->start);
	} else {
		snprintf(out, size, "0x%" PRIx64, va);
	}
}

enum ntr_st ntr_target_member(struct ntr_target *t, const char *type, u64 va,
			      const char *path, u64 *out)
{
	return ntr_read_member(&t->priv->types, t->mem, va, type, path, out);
}
