// SPDX-License-Identifier: Apache-2.0
/*
 * The structures of kernel objects, bound once per target: what the readers of
 * kobj/ share.  Every member is optional; the readers look at `have`.
 *
 * To read another member: a field in the raw struct here, a row in layout.c,
 * its lines in sym/nt_types.txt.
 */
#ifndef NTR_KOBJ_LAYOUT_H
#define NTR_KOBJ_LAYOUT_H

#include "target.h"

#define NTR_NO_OFFSET UINT32_MAX

struct ntr_raw_process {
	u64 pid, parent, peb, created, exited, dtb;
	u32 nthreads;
	u8 type;
	char name[16];
};
enum {
	NTR_RP_PID = 1u << 0, NTR_RP_PARENT = 1u << 1, NTR_RP_PEB = 1u << 2,
	NTR_RP_CREATED = 1u << 3, NTR_RP_EXITED = 1u << 4,
	NTR_RP_NTHREADS = 1u << 5, NTR_RP_NAME = 1u << 6,
};

struct ntr_raw_thread {
	u8 type, state, reason, irql, mode, prio, base, nblocks;
	u32 wait_time;
	u64 blocks, queue, teb, trap;
	u64 start, w32start;
};
enum { /* bits of `have` of the _KTHREAD part, in the order of the rows */
	NTR_RT_STATE = 1u << 0, NTR_RT_REASON = 1u << 1, NTR_RT_IRQL = 1u << 2,
	NTR_RT_MODE = 1u << 3, NTR_RT_PRIO = 1u << 4, NTR_RT_BASE = 1u << 5,
	NTR_RT_NBLOCKS = 1u << 6, NTR_RT_WAIT_TIME = 1u << 7,
	NTR_RT_BLOCKS = 1u << 8, NTR_RT_QUEUE = 1u << 9, NTR_RT_TEB = 1u << 10,
	NTR_RT_TRAP = 1u << 11,
};
enum { NTR_RE_START = 1u << 0, NTR_RE_W32START = 1u << 1 };

struct ntr_raw_block {
	u64 thread, object, next;
	u16 type;
};
enum {
	NTR_RB_THREAD = 1u << 0, NTR_RB_OBJECT = 1u << 1, NTR_RB_NEXT = 1u << 2,
	NTR_RB_TYPE = 1u << 3,
};

struct ntr_raw_resource {
	u64 table, shared, exclusive;
	u32 contention;
	u16 active, flag;
};
enum {
	NTR_RR_TABLE = 1u << 0, NTR_RR_SHARED = 1u << 1,
	NTR_RR_EXCLUSIVE = 1u << 2, NTR_RR_CONTENTION = 1u << 3,
	NTR_RR_ACTIVE = 1u << 4, NTR_RR_FLAG = 1u << 5,
};

struct ntr_raw_work {
	u32 dynamic, processed, last, depth, nthreads, max;
};
enum {
	NTR_RW_DYNAMIC = 1u << 0, NTR_RW_PROCESSED = 1u << 1,
	NTR_RW_LAST = 1u << 2, NTR_RW_DEPTH = 1u << 3,
	NTR_RW_NTHREADS = 1u << 4, NTR_RW_MAX = 1u << 5,
};

struct ntr_layout {
	struct ntr_bound process, kprocess, kthread, ethread, block, resource,
		work;
	/* Offsets; NTR_NO_OFFSET: not known. */
	u32 process_links, process_threads, kprocess_threads;
	u32 thread_list, kthread_list, thread_irps, thread_timer, queue_entry;
	u32 header_waiters, block_size;
	u32 resource_list, owner_first, owner_size, owner_word;
	u32 owners;         /* built-in owner entries of a resource */
	unsigned owner_shift; /* count in the owner's word begins here */
	u32 mutant_owner, fast_owner, fast_event, guarded_owner, guarded_gate;
	u32 queue_items, queue_current, queue_max, queue_threads;
	u32 pri_items, pri_current, pri_max, pri_threads;
	u32 item_routine, item_param, work_size;
};

/* NULL: no memory, or nothing of the machine is known. */
const struct ntr_layout *ntr_target_layout(struct ntr_target *t);

#endif
