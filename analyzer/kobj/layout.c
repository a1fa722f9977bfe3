// SPDX-License-Identifier: Apache-2.0
#include "layout.h"

#include "priv.h"

static const struct ntr_member process_members[] = {
	NTR_MEMBER_OPT(ntr_raw_process, pid, "UniqueProcessId"),
	NTR_MEMBER_OPT(ntr_raw_process, parent,
		       "InheritedFromUniqueProcessId"),
	NTR_MEMBER_OPT(ntr_raw_process, peb, "Peb"),
	NTR_MEMBER_OPT(ntr_raw_process, created, "CreateTime"),
	NTR_MEMBER_OPT(ntr_raw_process, exited, "ExitTime"),
	NTR_MEMBER_OPT(ntr_raw_process, nthreads, "ActiveThreads"),
	NTR_MEMBER_STR_OPT(ntr_raw_process, name, "ImageFileName"),
};
/* _KPROCESS comes first in _EPROCESS, _KTHREAD in _ETHREAD. */
static const struct ntr_member kprocess_members[] = {
	NTR_MEMBER_OPT(ntr_raw_process, dtb, "DirectoryTableBase"),
};
static const struct ntr_member kthread_members[] = {
	NTR_MEMBER_OPT(ntr_raw_thread, state, "State"),
	NTR_MEMBER_OPT(ntr_raw_thread, reason, "WaitReason"),
	NTR_MEMBER_OPT(ntr_raw_thread, irql, "WaitIrql"),
	NTR_MEMBER_OPT(ntr_raw_thread, mode, "WaitMode"),
	NTR_MEMBER_OPT(ntr_raw_thread, prio, "Priority"),
	NTR_MEMBER_OPT(ntr_raw_thread, base, "BasePriority"),
	NTR_MEMBER_OPT(ntr_raw_thread, nblocks, "WaitBlockCount"),
	NTR_MEMBER_OPT(ntr_raw_thread, wait_time, "WaitTime"),
	NTR_MEMBER_OPT(ntr_raw_thread, blocks, "WaitBlockList"),
	NTR_MEMBER_OPT(ntr_raw_thread, queue, "Queue"),
	NTR_MEMBER_OPT(ntr_raw_thread, teb, "Teb"),
	NTR_MEMBER_OPT(ntr_raw_thread, trap, "TrapFrame"),
};
static const struct ntr_member ethread_members[] = {
	NTR_MEMBER_OPT(ntr_raw_thread, start, "StartAddress"),
	NTR_MEMBER_OPT(ntr_raw_thread, w32start, "Win32StartAddress"),
};
static const struct ntr_member block_members[] = {
	NTR_MEMBER_OPT(ntr_raw_block, thread, "Thread"),
	NTR_MEMBER_OPT(ntr_raw_block, object, "Object"),
	NTR_MEMBER_OPT(ntr_raw_block, next, "NextWaitBlock"),
	NTR_MEMBER_OPT(ntr_raw_block, type, "WaitType"),
};
static const struct ntr_member resource_members[] = {
	NTR_MEMBER_OPT(ntr_raw_resource, table, "OwnerTable"),
	NTR_MEMBER_OPT(ntr_raw_resource, shared, "SharedWaiters"),
	NTR_MEMBER_OPT(ntr_raw_resource, exclusive, "ExclusiveWaiters"),
	NTR_MEMBER_OPT(ntr_raw_resource, contention, "ContentionCount"),
	NTR_MEMBER_OPT(ntr_raw_resource, active, "ActiveCount"),
	NTR_MEMBER_OPT(ntr_raw_resource, flag, "Flag"),
};
static const struct ntr_member work_members[] = {
	NTR_MEMBER_OPT(ntr_raw_work, dynamic, "DynamicThreadCount"),
	NTR_MEMBER_OPT(ntr_raw_work, processed, "WorkItemsProcessed"),
	NTR_MEMBER_OPT(ntr_raw_work, last, "WorkItemsProcessedLastPass"),
	NTR_MEMBER_OPT(ntr_raw_work, depth, "QueueDepthLastPass"),
	NTR_MEMBER_OPT(ntr_raw_work, nthreads, "ThreadCount"),
	NTR_MEMBER_OPT(ntr_raw_work, max, "MaxThreads"),
};

/* Every member is optional, so binding itself cannot fail. */
static bool bind_all(const struct ntr_types *y, struct ntr_layout *l)
{
	const struct {
		const char *type;
		const struct ntr_member *m;
		unsigned n;
		struct ntr_bound *out;
	} rows[] = {
#define ROW(type, members, out) { type, members, NTR_COUNT(members), &l->out }
		ROW("_EPROCESS", process_members, process),
		ROW("_KPROCESS", kprocess_members, kprocess),
		ROW("_KTHREAD", kthread_members, kthread),
		ROW("_ETHREAD", ethread_members, ethread),
		ROW("_KWAIT_BLOCK", block_members, block),
		ROW("_ERESOURCE", resource_members, resource),
		ROW("_EX_WORK_QUEUE", work_members, work),
#undef ROW
	};

	for (size_t i = 0; i < NTR_COUNT(rows); i++)
		if (ntr_bind(y, rows[i].type, rows[i].m, rows[i].n,
			     rows[i].out, NULL))
			return false;
	return true;
}

static void find_offsets(const struct ntr_types *y, struct ntr_layout *l)
{
	const struct {
		const char *type, *member;
		u32 *out;
	} rows[] = {
		{ "_EPROCESS", "ActiveProcessLinks", &l->process_links },
		{ "_EPROCESS", "ThreadListHead", &l->process_threads },
		{ "_KPROCESS", "ThreadListHead", &l->kprocess_threads },
		{ "_ETHREAD", "ThreadListEntry", &l->thread_list },
		{ "_KTHREAD", "ThreadListEntry", &l->kthread_list },
		{ "_ETHREAD", "IrpList", &l->thread_irps },
		{ "_KTHREAD", "Timer", &l->thread_timer },
		{ "_KTHREAD", "QueueListEntry", &l->queue_entry },
		{ "_DISPATCHER_HEADER", "WaitListHead", &l->header_waiters },
		{ "_KWAIT_BLOCK", "@size", &l->block_size },
		{ "_ERESOURCE", "SystemResourcesList", &l->resource_list },
		{ "_ERESOURCE", "OwnerThreads|OwnerEntry", &l->owner_first },
		{ "_OWNER_ENTRY", "@size", &l->owner_size },
		{ "_OWNER_ENTRY", "TableSize", &l->owner_word },
		{ "_KMUTANT", "OwnerThread", &l->mutant_owner },
		{ "_FAST_MUTEX", "Owner", &l->fast_owner },
		{ "_FAST_MUTEX", "Event|Gate", &l->fast_event },
		{ "_KGUARDED_MUTEX", "Owner", &l->guarded_owner },
		{ "_KGUARDED_MUTEX", "Gate", &l->guarded_gate },
		{ "_KQUEUE", "EntryListHead", &l->queue_items },
		{ "_KQUEUE", "CurrentCount", &l->queue_current },
		{ "_KQUEUE", "MaximumCount", &l->queue_max },
		{ "_KQUEUE", "ThreadListHead", &l->queue_threads },
		{ "_KPRIQUEUE", "EntryListHead", &l->pri_items },
		{ "_KPRIQUEUE", "CurrentCount", &l->pri_current },
		{ "_KPRIQUEUE", "MaximumCount", &l->pri_max },
		{ "_KPRIQUEUE", "ThreadListHead", &l->pri_threads },
		{ "_WORK_QUEUE_ITEM", "WorkerRoutine", &l->item_routine },
		{ "_WORK_QUEUE_ITEM", "Parameter", &l->item_param },
		{ "_EX_WORK_QUEUE", "@size", &l->work_size },
	};
	struct ntr_type_hit h;

	for (size_t i = 0; i < NTR_COUNT(rows); i++)
		*rows[i].out = ntr_types_find(y, rows[i].type, rows[i].member,
					      &h) ? h.off : NTR_NO_OFFSET;
	/* Two entries before Vista, when they were called OwnerThreads. */
	l->owners = ntr_types_find(y, "_ERESOURCE", "OwnerEntry", &h) ? 1 : 2;
}

/* Flag bits moved in below the count (symbols of 7 and of 10 14393). */
static unsigned owner_shift(u32 build)
{
	return build >= 14393 ? 3 : build >= 7600 ? 2 : 0;
}

const struct ntr_layout *ntr_target_layout(struct ntr_target *t)
{
	struct ntr_layout *l = t->priv->layout;

	if (l)
		return l;
	l = ntr_arena_alloc(&t->arena, sizeof(*l));
	if (!l || !bind_all(&t->priv->types, l))
		return NULL;
	find_offsets(&t->priv->types, l);
	l->owner_shift = owner_shift(t->build);
	t->priv->layout = l;
	return l;
}
