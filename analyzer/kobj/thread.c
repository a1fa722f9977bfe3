// SPDX-License-Identifier: Apache-2.0
/*
 * Threads and processes.  What the offset table of another build gives is
 * believed only where it makes sense: a stack is page-aligned kernel memory
 * of sane size, a process name is text.  What fails is left unset.
 */
#include "../base/text.h"
#include "priv.h"

#include <string.h>

#define STACK_MAX 0x100000u /* expanded stacks included */
#define THREAD_OBJECT 6u

struct raw_thread {
	u64 initial, limit, base, kernel, process, owner;
	u64 pid, tid;
};
static const struct ntr_member thread_members[] = {
	NTR_MEMBER_OPT(raw_thread, initial, "InitialStack"),
	NTR_MEMBER_OPT(raw_thread, limit, "StackLimit"),
	NTR_MEMBER_OPT(raw_thread, base, "StackBase"),
	NTR_MEMBER_OPT(raw_thread, kernel, "KernelStack"),
	/* The attached process is the one whose memory is seen. */
	NTR_MEMBER_OPT(raw_thread, process, "ApcState.Process|Process"),
};
/* _KTHREAD comes first in _ETHREAD. */
static const struct ntr_member ethread_members[] = {
	NTR_MEMBER_OPT(raw_thread, pid, "Cid.UniqueProcess"),
	NTR_MEMBER_OPT(raw_thread, tid, "Cid.UniqueThread"),
	NTR_MEMBER_OPT(raw_thread, owner, "ThreadsProcess"),
};
enum { HAVE_PID = 1, HAVE_TID = 2 };

struct raw_process {
	u64 pid;
	char name[16];
};
static const struct ntr_member process_members[] = {
	NTR_MEMBER_OPT(raw_process, pid, "UniqueProcessId"),
	NTR_MEMBER_STR_OPT(raw_process, name, "ImageFileName"),
};

void ntr_target_bind(struct ntr_target *t)
{
	struct ntr_target_priv *p = t->priv;
	const struct ntr_types *y = &p->types;

	/* Every member is optional, so binding itself cannot fail. */
	p->bound = !ntr_bind(y, "_KTHREAD", thread_members,
			     NTR_COUNT(thread_members), &p->thread, NULL) &&
		   !ntr_bind(y, "_ETHREAD", ethread_members,
			     NTR_COUNT(ethread_members), &p->ethread, NULL) &&
		   !ntr_bind(y, "_EPROCESS", process_members,
			     NTR_COUNT(process_members), &p->process, NULL);
}

/* --- what makes sense --------------------------------------------------------- */

static bool stack_ok(const struct ntr_target *t, u64 limit, u64 base)
{
	u64 align = (UINT64_C(1) << ntr_machine_page_shift(t->machine)) - 1;

	return ntr_kernel_va(t, limit) && base > limit &&
	       base - limit <= STACK_MAX && !(limit & align) &&
	       !(base & align);
}

static void take_stack(const struct ntr_target *t, const struct raw_thread *r,
		       struct ntr_thread *th)
{
	/* Before StackBase was kept apart, the stack began at InitialStack. */
	u64 base = r->base ? r->base : r->initial;

	if (!stack_ok(t, r->limit, base))
		return;
	th->stack_limit = r->limit;
	th->stack_base = base;
	if (r->initial > r->limit && r->initial <= base)
		th->initial_stack = r->initial;
	if (r->kernel >= r->limit && r->kernel < base)
		th->kernel_stack = r->kernel;
}

static bool id_ok(u64 id)
{
	return id < UINT32_MAX;
}

/* Image names may hold any character, but not control characters, and
 * nothing behind their end. */
static bool name_ok(const char name[16])
{
	size_t n = strnlen(name, 16);

	for (size_t i = 0; i < n; i++)
		if ((u8)name[i] < 0x20 || (u8)name[i] == 0x7f)
			return false;
	return n > 0;
}

static void take_process(struct ntr_target *t, struct ntr_thread *th)
{
	struct ntr_target_priv *p = t->priv;
	struct raw_process r = { 0 };
	u32 have = 0;

	if (!ntr_kernel_va(t, th->process) ||
	    ntr_bound_read(&p->process, t->mem, th->process, &r, &have, NULL))
		return;
	if ((have & 2) && name_ok(r.name)) {
		ntr_ascii_clean(th->process_name, sizeof(th->process_name),
				r.name, sizeof(r.name));
		if (p->process.source > th->source)
			th->source = p->process.source;
	}
	/* The id that belongs to the name; Cid names the thread's own. */
	if ((have & 1) && id_ok(r.pid))
		th->pid = r.pid;
}

static void take_ids(struct ntr_target *t, u64 va, struct ntr_thread *th,
		     struct raw_thread *r)
{
	struct ntr_target_priv *p = t->priv;
	u32 have = 0;

	if (ntr_bound_read(&p->ethread, t->mem, va, r, &have, NULL))
		return;
	if ((have & 3) != (HAVE_PID | HAVE_TID) || !id_ok(r->pid) ||
	    !id_ok(r->tid))
		return;
	/* Since 2000 they are handle values: multiples of four. */
	if (t->build >= 2195 && ((r->pid | r->tid) & 3))
		return;
	th->id = r->tid;
	th->pid = r->pid;
	th->has_ids = true;
	if (p->ethread.source > th->source)
		th->source = p->ethread.source;
}

void ntr_thread_read(struct ntr_target *t, u64 va, struct ntr_thread *th)
{
	struct ntr_target_priv *p = t->priv;
	struct raw_thread r = { 0 };
	u32 have = 0;
	u8 type;

	*th = (struct ntr_thread){ .va = va };
	if (!p->bound || !ntr_kernel_va(t, va) ||
	    ntr_bound_read(&p->thread, t->mem, va, &r, &have, NULL) || !have)
		return;
	/* By the layout of another build, a thread must at least be one. */
	if (p->thread.source == NTR_SRC_ASSUMED &&
	    (ntr_read_u8(t->mem, va, &type) ||
	     (type & 0x7f) != THREAD_OBJECT))
		return;
	th->source = p->thread.source;
	take_stack(t, &r, th);
	if (ntr_kernel_va(t, r.process) && !(r.process & (t->ptr_size - 1)))
		th->process = r.process;
	take_ids(t, va, th, &r);
	if (!th->process && ntr_kernel_va(t, r.owner))
		th->process = r.owner;
	take_process(t, th);
}
