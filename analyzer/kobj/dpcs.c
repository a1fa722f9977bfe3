// SPDX-License-Identifier: Apache-2.0
#include "dpcs.h"

#include "priv.h"

#include <stdio.h>
#include <string.h>

struct dpc_layout {
	u32 entry, routine, context; /* of a KDPC */
	u32 head, depth;             /* of a KPRCB */
	u32 step;                    /* to the threaded queue; 0 none */
	bool single;
};

static bool at(const struct ntr_types *y, const char *type, const char *member,
	       u32 *out)
{
	struct ntr_type_hit h;

	if (!ntr_types_find(y, type, member, &h))
		return false;
	*out = h.off;
	return true;
}

static bool find_layout(const struct ntr_types *y, struct dpc_layout *l)
{
	*l = (struct dpc_layout){ .entry = 0 };
	if (!at(y, "_KDPC", "DpcListEntry", &l->entry) ||
	    !at(y, "_KDPC", "DeferredRoutine", &l->routine) ||
	    !at(y, "_KDPC", "DeferredContext", &l->context))
		return false;
	if (at(y, "_KPRCB", "DpcListHead", &l->head))
		return at(y, "_KPRCB", "DpcQueueDepth", &l->depth);
	if (!at(y, "_KPRCB", "DpcData.DpcQueueDepth", &l->depth))
		return false;
	(void)at(y, "_KDPC_DATA", "@size", &l->step);
	if (at(y, "_KPRCB", "DpcData.DpcListHead", &l->head))
		return true;
	l->single = true;
	return at(y, "_KPRCB", "DpcData.DpcList", &l->head);
}

static enum ntr_st add(struct ntr_target *t, const struct dpc_layout *l,
		       struct ntr_dpc_queue *q, u64 entry, bool threaded)
{
	struct ntr_dpc *d = ntr_vec_add(&q->d);

	if (!d)
		return NTR_NOMEM;
	d->va = entry - l->entry;
	d->threaded = threaded;
	if (ntr_read_ptr(t->mem, d->va + l->routine, t->ptr_size, &d->routine))
		d->routine = 0;
	if (ntr_read_ptr(t->mem, d->va + l->context, t->ptr_size, &d->context))
		d->context = 0;
	return NTR_OK;
}

static enum ntr_st read_double(struct ntr_target *t,
			       const struct dpc_layout *l,
			       struct ntr_dpc_queue *q, u64 head, bool threaded)
{
	struct ntr_list list;
	enum ntr_st st = ntr_list_read(t, head, NTR_MAX_DPCS, &list, NULL);

	if (st == NTR_NOMEM)
		return st;
	if (st) {
		snprintf(q->why, sizeof(q->why), "its list head at 0x%" PRIx64
			 " is none, or not in the dump", head);
		return NTR_OK;
	}
	if (list.why[0])
		memcpy(q->why, list.why, sizeof(q->why));
	for (size_t i = 0; !st && i < list.entry.n; i++)
		st = add(t, l, q, list.entry.v[i], threaded);
	ntr_list_fini(&list);
	return st;
}

/* At most `depth` entries: a circle ends there. */
static enum ntr_st read_single(struct ntr_target *t,
			       const struct dpc_layout *l,
			       struct ntr_dpc_queue *q, u64 head, u32 depth,
			       bool threaded)
{
	u64 next = 0, from = head;
	enum ntr_st st = NTR_OK;

	for (u32 i = 0; !st; i++) {
		if (ntr_read_ptr(t->mem, from, t->ptr_size, &next)) {
			snprintf(q->why, sizeof(q->why), "the link at 0x%"
				 PRIx64 " is not in the dump", from);
			return NTR_OK;
		}
		if (!next)
			return NTR_OK;
		if (!ntr_kernel_va(t, next) || i >= depth ||
		    i >= NTR_MAX_DPCS) {
			snprintf(q->why, sizeof(q->why), "the link at 0x%"
				 PRIx64 " leads to 0x%" PRIx64 ", after %u of "
				 "%u", from, next, i, depth);
			return NTR_OK;
		}
		st = add(t, l, q, next, threaded);
		from = next;
	}
	return st;
}

enum ntr_st ntr_dpc_queue(struct ntr_target *t, const struct ntr_cpu *cpu,
			  struct ntr_dpc_queue *out, struct ntr_err *e)
{
	struct ntr_dpc_queue q = { .why = "" };
	enum ntr_st st = NTR_OK;
	struct dpc_layout l;

	if (!cpu->kprcb)
		return ntr_fail(e, NTR_ABSENT, "the KPRCB of this processor is "
				"not in the dump");
	if (!find_layout(&t->priv->types, &l))
		return ntr_fail(e, NTR_ABSENT, "the DPC queues of build %u are "
				"not known", t->build);
	for (u32 i = 0; !st && i < (l.step ? 2u : 1u); i++) {
		u64 head = cpu->kprcb + l.head + (u64)i * l.step;
		u32 depth;

		if (ntr_read_u32(t->mem, cpu->kprcb + l.depth +
				 (u64)i * l.step, &depth)) {
			ntr_dpc_queue_fini(&q);
			return ntr_fail(e, NTR_ABSENT, "the DPC queues of this "
					"processor are not in the dump");
		}
		q.depth += depth;
		st = l.single ? read_single(t, &l, &q, head, depth, i)
			      : read_double(t, &l, &q, head, i);
	}
	if (st) {
		ntr_dpc_queue_fini(&q);
		return ntr_fail(e, st, "out of memory");
	}
	if (!q.why[0] && q.depth != q.d.n)
		snprintf(q.why, sizeof(q.why), "%zu DPCs are queued, the "
			 "processor counts %u", q.d.n, q.depth);
	*out = q;
	return NTR_OK;
}

bool ntr_dpc_active(struct ntr_target *t, const struct ntr_cpu *cpu, bool *known)
{
	u64 v = 0;

	*known = cpu->kprcb &&
		 !ntr_read_member(&t->priv->types, t->mem, cpu->kprcb, "_KPRCB",
				  "DpcRoutineActive", &v);
	return *known && v;
}

void ntr_dpc_queue_fini(struct ntr_dpc_queue *q)
{
	ntr_vec_fini(&q->d);
}
