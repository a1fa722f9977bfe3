// SPDX-License-Identifier: Apache-2.0
/* The kernel's virtual memory: blocks of the dump first, then copies of
 * structures whose address is known, then page tables. */
#include "../base/record.h"
#include "priv.h"

#include <string.h>

/* How far a dump with a header is searched for another page-table root when
 * the one it names does not work: NT's system root lies low. */
#define HEADER_DTB_LIMIT (UINT64_C(64) << 20)

bool ntr_kernel_va(const struct ntr_target *t, u64 va)
{
	if (t->ptr_size == 4)
		return va >= 0x80000000 && va <= UINT32_MAX;
	return va >> 63;
}

bool ntr_list_head_ok(const struct ntr_target *t, u64 va, u64 *flink)
{
	u64 next, back;

	if (!ntr_kernel_va(t, va) ||
	    ntr_read_ptr(t->mem, va, t->ptr_size, &next) ||
	    !ntr_kernel_va(t, next) ||
	    ntr_read_ptr(t->mem, next + t->ptr_size, t->ptr_size, &back) ||
	    back != va)
		return false;
	*flink = next;
	return true;
}

/* --- copies --------------------------------------------------------------- */

/* The copy that holds va, and how many bytes it has from there on. */
static const struct ntr_copy *copy_at(const struct ntr_target *t, u64 va,
				      u64 *left)
{
	const struct ntr_target_priv *p = t->priv;

	for (unsigned i = 0; i < p->ncopies; i++) {
		const struct ntr_copy *c = &p->copy[i];

		if (va < c->va || va - c->va >= c->len)
			continue;
		*left = c->len - (va - c->va);
		return c;
	}
	return NULL;
}

static enum ntr_st copies_read(const struct ntr_space *s, u64 va, void *buf,
			       size_t len, struct ntr_err *e)
{
	const struct ntr_target *t = s->impl;
	u64 left = 0;
	const struct ntr_copy *c = copy_at(t, va, &left);

	if (!c || len > left)
		return ntr_fail(e, NTR_ABSENT, "0x%" PRIx64
				" is not in this dump", va);
	return ntr_space_read(&t->d->file->space, c->off + (va - c->va), buf,
			      len, e);
}

static size_t copies_some(const struct ntr_space *s, u64 va, void *buf,
			  size_t len)
{
	u64 left = 0;

	if (!copy_at(s->impl, va, &left))
		return 0;
	if (len > left)
		len = (size_t)left;
	return copies_read(s, va, buf, len, NULL) ? 0 : len;
}

void ntr_target_add_copy(struct ntr_target *t, u64 va, struct ntr_loc at)
{
	struct ntr_target_priv *p = t->priv;

	if (!at.len || !ntr_kernel_va(t, va) || va + at.len < va ||
	    p->ncopies == NTR_COUNT(p->copy))
		return;
	p->copy[p->ncopies++] = (struct ntr_copy){ va, at.len, at.off };
}

/* --- which page tables ------------------------------------------------------ */

/* KUSER_SHARED_DATA.NtSystemRoot: "C:\…". */
static bool kuser_ok(const struct ntr_target *t)
{
	u64 va = t->ptr_size == 4 ? 0xffdf0000
				  : UINT64_C(0xfffff78000000000);
	u8 root[6];

	if (ntr_space_read(t->mem, va + 0x30, root, sizeof(root), NULL))
		return false;
	return (root[0] | 0x20) >= 'a' && (root[0] | 0x20) <= 'z' &&
	       !root[1] && ntr_load_u16(root + 2) == ':' &&
	       ntr_load_u16(root + 4) == '\\';
}

/* Does translation work? What the header names must be readable and make
 * sense; without a header, the shared user page. */
static bool memory_proves(const struct ntr_target *t)
{
	const struct ntr_meta *m = &t->d->meta;
	struct ntr_kdbg k;
	u64 flink;

	if ((m->has & NTR_HAS_PSMODS) && ntr_list_head_ok(t, m->psmods, &flink))
		return true;
	if ((m->has & NTR_HAS_KDBG) &&
	    ntr_kdbg_read(&k, t->mem, m->kdbg, t->ptr_size, NULL) == NTR_OK)
		return true;
	return kuser_ok(t);
}

static void paging_drop(struct ntr_target *t)
{
	if (t->paging == NTR_PAGING_NONE)
		return;
	ntr_xlat_fini(&t->xlat);
	t->paging = NTR_PAGING_NONE;
	t->priv->stack.n--; /* it was added last */
}

static bool paging_set(struct ntr_target *t, enum ntr_paging form, u64 dtb)
{
	struct ntr_target_priv *p = t->priv;

	paging_drop(t);
	if (ntr_xlat_init(&t->xlat, form, dtb, t->build, &t->d->phys, NULL))
		return false;
	t->paging = form;
	ntr_virt_init(&p->virt, &t->xlat, "kernel virtual memory");
	ntr_stack_space_add(&p->stack, &p->virt.s);
	return true;
}

/* The forms a machine may use, the likeliest first. */
static unsigned paging_forms(const struct ntr_target *t,
			     enum ntr_paging out[2])
{
	const struct ntr_meta *m = &t->d->meta;
	bool pae = m->has & NTR_HAS_PAE ? m->pae == 1 : m->dtb & 0xfe0;

	switch (t->machine) {
	case NTR_MACHINE_X86:
		out[0] = pae ? NTR_PAGING_PAE : NTR_PAGING_X86;
		out[1] = pae ? NTR_PAGING_X86 : NTR_PAGING_PAE;
		return 2;
	case NTR_MACHINE_AMD64:
		out[0] = NTR_PAGING_X64;
		out[1] = NTR_PAGING_X64_5;
		return 2;
	case NTR_MACHINE_ARM64:
		out[0] = NTR_PAGING_ARM64;
		return 1;
	case NTR_MACHINE_ALPHA:
		out[0] = NTR_PAGING_ALPHA;
		return 1;
	default:
		return 0;
	}
}

static u32 machine_of_form(enum ntr_paging form)
{
	switch (form) {
	case NTR_PAGING_X86:
	case NTR_PAGING_PAE:
		return NTR_MACHINE_X86;
	case NTR_PAGING_X64:
	case NTR_PAGING_X64_5:
		return NTR_MACHINE_AMD64;
	case NTR_PAGING_ARM64:
		return NTR_MACHINE_ARM64;
	case NTR_PAGING_ALPHA:
		return NTR_MACHINE_ALPHA;
	default:
		return NTR_MACHINE_UNKNOWN;
	}
}

static bool paging_from_header(struct ntr_target *t)
{
	enum ntr_paging form[2];
	unsigned n = paging_forms(t, form);

	for (unsigned i = 0; i < n; i++)
		if (paging_set(t, form[i], t->d->meta.dtb) && memory_proves(t))
			return true;
	return false;
}

/* A root that proves itself, in memory without (or with a wrong) header. */
static bool paging_from_memory(struct ntr_target *t, u64 limit)
{
	u32 was_machine = t->machine;
	unsigned was_ptr = t->ptr_size;
	struct ntr_dtb_hit hit = { 0 };
	enum ntr_st st = ntr_find_dtb(t->d, t->machine, limit, &hit, NULL);

	if (st && t->machine && !(t->d->meta.has & NTR_HAS_DTB))
		st = ntr_find_dtb(t->d, 0, limit, &hit, NULL);
	if (st)
		return false;
	/* A 32-bit guest of a 64-bit machine: the tables say what it is. */
	t->machine = machine_of_form(hit.form);
	t->ptr_size = ntr_machine_ptr_size(t->machine);
	if (paging_set(t, hit.form, hit.dtb)) {
		t->priv->code_hint = hit.entry;
		return true;
	}
	t->machine = was_machine;
	t->ptr_size = was_ptr;
	return false;
}

static bool has_physical(const struct ntr_dump *d)
{
	return d->runs.n || d->has_map;
}

static void choose_paging(struct ntr_target *t)
{
	const struct ntr_meta *m = &t->d->meta;
	bool header = m->has & NTR_HAS_DTB;
	enum ntr_paging form[2];

	if (!has_physical(t->d))
		return;
	if ((m->has & NTR_HAS_MACHINE) && !paging_forms(t, form)) {
		ntr_target_missing(t, "address translation",
				   "support for this machine's page tables");
		return;
	}
	if (header && paging_from_header(t))
		return;
	if (paging_from_memory(t, header ? HEADER_DTB_LIMIT : 0)) {
		if (header && memory_proves(t))
			ntr_dump_note(t->d, "page tables at 0x%" PRIx64
				      ", for the root 0x%" PRIx64 " in the "
				      "header does not work", t->xlat.root,
				      m->dtb);
		if (!header || memory_proves(t))
			return;
		paging_drop(t);
	}
	/* Nothing proved itself; most pages may be missing. Go by the header. */
	t->machine = m->has & NTR_HAS_MACHINE ? m->machine : t->machine;
	t->ptr_size = ntr_machine_ptr_size(t->machine);
	if (!header || !paging_forms(t, form) ||
	    !paging_set(t, form[0], m->dtb))
		return;
	ntr_target_missing(t, "proof that the page tables are the right ones",
			   "a dump that holds the pages its header names");
}

void ntr_target_no_kernel(struct ntr_target *t)
{
	struct ntr_target_priv *p = t->priv;

	p->copies = (struct ntr_space){ "copies in the dump", copies_read, t,
				       copies_some };
	ntr_stack_space_init(&p->stack, "memory of the dump");
	if (t->d->vblocks.n)
		ntr_stack_space_add(&p->stack, &t->d->blocks);
	ntr_stack_space_add(&p->stack, &p->copies);
	t->mem = &p->stack.s;
	p->types.machine = t->machine;
	p->types.ptr_size = t->ptr_size;
}

void ntr_target_init_memory(struct ntr_target *t)
{
	ntr_target_no_kernel(t);
	choose_paging(t);
}
