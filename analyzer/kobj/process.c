// SPDX-License-Identifier: Apache-2.0
/*
 * The process list.  Its head is named by the KDBG, the dump's header, or
 * symbols; without them, any process leads to it: the system process, which
 * PsInitialSystemProcess (exported since 3.10) points to, or the current one.
 */
#include "process.h"

#include "../base/text.h"
#include "layout.h"
#include "priv.h"
#include "symbols.h"

#include <stdio.h>
#include <string.h>

#define PROCESS_OBJECT 3u
#define TYPE_BITS 0x7fu /* the top bit is a lock since Vista */

/* --- one process --------------------------------------------------------------- */

static bool name_ok(const char name[16])
{
	size_t n = strnlen(name, 16);

	for (size_t i = 0; i < n; i++)
		if ((u8)name[i] < 0x20 || (u8)name[i] == 0x7f)
			return false;
	return n > 0;
}

static bool time_ok(u64 filetime)
{
	return filetime >> 56 == 1; /* 1829 .. 2057 */
}

static void take(const struct ntr_target *t, const struct ntr_raw_process *r,
		 u32 have, bool dtb, struct ntr_process *p)
{
	p->has_pid = (have & NTR_RP_PID) && r->pid < UINT32_MAX;
	p->pid = p->has_pid ? r->pid : 0;
	p->has_parent = (have & NTR_RP_PARENT) && r->parent < UINT32_MAX;
	p->parent = p->has_parent ? r->parent : 0;
	p->has_dtb = dtb;
	p->dtb = !dtb ? 0 : t->ptr_size == 4 ? r->dtb & UINT32_MAX : r->dtb;
	p->has_nthreads = have & NTR_RP_NTHREADS;
	p->nthreads = r->nthreads;
	if ((have & NTR_RP_PEB) && !ntr_kernel_va(t, r->peb))
		p->peb = r->peb;
	if ((have & NTR_RP_CREATED) && time_ok(r->created))
		p->created = r->created;
	if ((have & NTR_RP_EXITED) && time_ok(r->exited))
		p->exited = r->exited;
	if ((have & NTR_RP_NAME) && name_ok(r->name))
		ntr_ascii_clean(p->name, sizeof(p->name), r->name,
				sizeof(r->name));
}

void ntr_process_read(struct ntr_target *t, u64 va, struct ntr_process *p)
{
	const struct ntr_layout *l = ntr_target_layout(t);
	struct ntr_raw_process r = { 0 };
	u32 have = 0, kernel = 0;

	*p = (struct ntr_process){ .va = va };
	if (!l || !ntr_kernel_va(t, va) || ntr_read_u8(t->mem, va, &r.type)) {
		p->note = "not in the dump";
		return;
	}
	if ((r.type & TYPE_BITS) != PROCESS_OBJECT) {
		p->note = "no process any more: freed or overwritten";
		return;
	}
	if (ntr_bound_read(&l->process, t->mem, va, &r, &have, NULL) ||
	    ntr_bound_read(&l->kprocess, t->mem, va, &r, &kernel, NULL))
		return;
	p->source = l->process.source;
	take(t, &r, have, kernel & 1, p);
}

/* --- where the list is ----------------------------------------------------------- */

/* An export of the kernel's image in memory, or a symbol of its files. */
static bool kernel_pointer(struct ntr_target *t, const char *name, u64 *out)
{
	u64 va;

	return ntr_target_lookup(t, name, &va, NULL) == NTR_OK &&
	       ntr_read_ptr(t->mem, va, t->ptr_size, out) == NTR_OK;
}

static bool try_head(struct ntr_target *t, u64 va, const char *how,
		     struct ntr_list *out, const char **found)
{
	if (!va || ntr_list_read(t, va, NTR_MAX_PROCESSES, out, NULL))
		return false;
	*found = how;
	return true;
}

/* The list seen from one of its processes: the head is among the entries. */
static bool from_process(struct ntr_target *t, const struct ntr_layout *l,
			 u64 process, const char *how, struct ntr_list *out,
			 const char **found)
{
	u64 *slot;

	if (!process || l->process_links == NTR_NO_OFFSET ||
	    !try_head(t, process + l->process_links, how, out, found))
		return false;
	slot = ntr_vec_add(&out->entry);
	if (!slot)
		return true;
	memmove(out->entry.v + 1, out->entry.v,
		(out->entry.n - 1) * sizeof(u64));
	out->entry.v[0] = process + l->process_links;
	out->gap++;
	return true;
}

static bool find_list(struct ntr_target *t, const struct ntr_layout *l,
		      struct ntr_list *out, const char **how)
{
	const struct ntr_meta *m = &t->d->meta;
	u64 va = ntr_kdbg_u64(&t->priv->kdbg, NTR_KDBG_PS_ACTIVE_PROCESS_HEAD);

	if (try_head(t, va, "KDBG", out, how))
		return true;
	if ((m->has & NTR_HAS_PSPROCS) &&
	    try_head(t, m->psprocs, "the dump's header", out, how))
		return true;
	if (ntr_target_lookup(t, "nt!PsActiveProcessHead", &va, NULL) ==
		    NTR_OK && try_head(t, va, "symbols", out, how))
		return true;
	if (kernel_pointer(t, "nt!PsInitialSystemProcess", &va) &&
	    from_process(t, l, va, "the system process", out, how))
		return true;
	return from_process(t, l, t->thread.process, "the current process",
			    out, how);
}

/* In the kernel's image there are no processes, but the list's head. */
static bool in_kernel(const struct ntr_target *t, u64 va)
{
	return t->kernel_base && va - t->kernel_base < t->kernel_size;
}

enum ntr_st ntr_process_list(struct ntr_target *t,
			     struct ntr_process_list *out, struct ntr_err *e)
{
	const struct ntr_layout *l = ntr_target_layout(t);
	struct ntr_process_list r = { .why = "" };
	struct ntr_list list;

	if (!t->is_nt)
		return ntr_fail(e, NTR_ABSENT, "no NT kernel in this dump");
	if (!l || l->process_links == NTR_NO_OFFSET)
		return ntr_fail(e, NTR_ABSENT, "the layout of _EPROCESS of "
				"build %u is not known", t->build);
	if (!find_list(t, l, &list, &r.how))
		return ntr_fail(e, NTR_ABSENT,
				"the process list is not in this dump");
	r.gap = list.gap;
	memcpy(r.why, list.why, sizeof(r.why));
	for (size_t i = 0; i < list.entry.n; i++) {
		struct ntr_process *p;
		u64 va = list.entry.v[i] - l->process_links;

		if (in_kernel(t, va)) {
			r.gap -= i < r.gap;
			continue;
		}
		p = ntr_vec_add(&r.p);
		if (!p) {
			ntr_list_fini(&list);
			ntr_process_list_fini(&r);
			return ntr_fail(e, NTR_NOMEM, "out of memory");
		}
		ntr_process_read(t, va, p);
	}
	ntr_list_fini(&list);
	*out = r;
	return NTR_OK;
}

void ntr_process_list_fini(struct ntr_process_list *l)
{
	ntr_vec_fini(&l->p);
}
