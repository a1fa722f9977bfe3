// SPDX-License-Identifier: Apache-2.0
/*
 * The forged machine: everything a container writer needs to know about it.
 *
 * f_mach_build() makes it from a scenario in this order: modules and stacks
 * are resolved to functions, modules are laid out, kernel objects get their
 * addresses (nt_alloc), stacks are written, then processors (cpu.c), objects
 * and lists (nt.c), locks and queues (lock.c), the debugger block (kdbg.c), and at last the images.
 */
#ifndef FORGE_MACH_H
#define FORGE_MACH_H

#include "ctx.h"
#include "img.h"
#include "mem.h"
#include "stk.h"

struct f_cpu {
	u64 pcr, prcb, gdt, idt, tss, df_tss, df_stack, df_stack_len;
	size_t thread;      /* running, in threads */
	u64 idle;           /* its idle thread's ETHREAD */
	struct f_regs regs; /* as its KPRCB keeps them */
};

struct f_thread {
	const struct f_sthread *s; /* NULL: the crashing thread, or an idle one */
	size_t proc;
	u64 va, tid, start;
	u64 cpu, irql, reason;     /* cpu F_NONE: not running */
	u8 state;
	bool dpc, idle;
	struct f_symref start_ref;
	bool has_start;
	struct f_stk stk;
};

struct f_proc {
	const char *name;
	u64 va, pid, parent, dtb;
	bool idle;           /* not in the list */
	bool unlisted, noid; /* not in the list, not in PspCidTable */
};

/* A work item whose parameter is an IRP, which is made later. */
struct f_item_irp {
	u64 at, irp; /* where the parameter is; the n-th of the text */
	struct f_loc loc;
};

struct f_mach {
	struct f_scen *s;
	const struct f_prof *p;
	struct ntr_err *e;
	struct f_mem mem;
	struct f_img img;
	struct { NTR_VEC(struct f_thread); } threads;
	struct { NTR_VEC(struct f_proc); } procs;
	struct f_cpu cpu[F_MAX_CPUS];
	size_t ncpus, crash;     /* crash: the crashing thread, in threads */
	struct f_stk df;         /* the stack that reports an overflow */
	bool has_df;
	/* addresses in the kernel's data */
	u64 mod_head, proc_head, bugdata, blocks, kdbg, kdbg_list, version;
	u64 unl_ptr, unl_last, unl_array, init_process, nprocs_va, build_va,
		pfn_db, phys_block, kd_key, kd_never, kd_always, vars;
	struct { NTR_VEC(u64); } ldr;  /* loader entry of each module */
	u64 res_head, work;   /* resources, work queues: lock.c */
	struct { NTR_VEC(u64); } locks; /* of the scenario's locks */
	struct { NTR_VEC(struct f_item_irp); } item_irps;
	struct { NTR_VEC(struct f_symref); } routines; /* of work items */
	struct { NTR_VEC(struct f_symref); } dpcs;
	struct { NTR_VEC(struct f_symref); } sched_refs; /* timers, APCs */
	u64 timer_table;       /* KiTimerTableListHead, 0 none */
	struct { NTR_VEC(u64); } dpc_vas; /* each, by its statement */
	struct { NTR_VEC(u64); } drivers, devices, irps; /* of the scenario */
	struct { NTR_VEC(struct f_symref); } io_refs; /* in their order */
	struct { NTR_VEC(u64); } files; /* file objects of the scenario */
	struct { NTR_VEC(struct f_named); } named; /* blocks of pool */
	u64 ob_root, ob_type;  /* variables of the object directory: io.c */
	u64 cid_table;         /* PspCidTable, 0: no handles */
	u64 pool_next;
	struct { u16 off; u64 va; } pool_kdbg[32]; /* fields of the KDBG */
	size_t npool_kdbg;
	/* the header's values */
	u64 stop[5], dtb;
	struct f_regs ctx;
	struct f_exc exc;
	u64 exc_va, ctx_va;
};

/* A block of pool that has a name in the scenario. */
struct f_named {
	const struct f_spool_item *it;
	u64 va; /* of its data */
};

NTR_MUST enum ntr_st f_mach_build(struct f_mach *m, struct f_scen *s,
				  struct ntr_err *e);
void f_mach_fini(struct f_mach *m);
/* The KDBG as it is in clear, at most 0x380 bytes; 0 when there is none. */
size_t f_kdbg_bytes(const struct f_mach *m, struct f_buf *b);

/* Between the parts of the builder. */
u64 f_pool(struct f_mach *m, u64 len);
/* In procs, of a process of the scenario. */
size_t f_proc_of(const struct f_mach *m, size_t scen);
void f_nt_objects(struct f_mach *m);
void f_nt_lists(struct f_mach *m);
void f_list_init(struct f_mach *m, u64 head);
void f_list_add(struct f_mach *m, u64 head, u64 entry); /* at the end */
NTR_MUST enum ntr_st f_lock_resolve(struct f_mach *m);
void f_lock_alloc(struct f_mach *m);
void f_lock_write(struct f_mach *m);
/* Address of a lock of the scenario; 0 and the memory's failure: none. */
u64 f_lock_va(struct f_mach *m, const char *name, struct f_loc at);
/* A waiting function keeps the address of what it waits for in its frame. */
void f_keep_on_stack(struct f_mach *m, const struct f_thread *t, u64 va);
NTR_MUST enum ntr_st f_dpc_resolve(struct f_mach *m);
void f_dpc_write(struct f_mach *m);
/* sched.c: timers, APCs, queued locks; pfn.c: physical pages. */
NTR_MUST enum ntr_st f_sched_resolve(struct f_mach *m);
void f_sched_alloc(struct f_mach *m);
void f_sched_write(struct f_mach *m);
NTR_MUST enum ntr_st f_pfn_write(struct f_mach *m);
/* A variable of the kernel that the KDBG names (kdbg: its field, 0 none). */
void f_variable(struct f_mach *m, const char *name, u16 kdbg, u64 v);
/* Contexts that are devices and IRPs, which are made later. */
NTR_MUST enum ntr_st f_dpc_contexts(struct f_mach *m);
/* io.c: drivers, devices, IRPs, the object directory. */
NTR_MUST enum ntr_st f_io_resolve(struct f_mach *m);
void f_io_alloc(struct f_mach *m);
NTR_MUST enum ntr_st f_io_write(struct f_mach *m);
NTR_MUST enum ntr_st f_io_device(struct f_mach *m, const char *name,
				 struct f_loc at, u64 *va);
/* net.c: file objects, when there are devices; and which one has a name. */
NTR_MUST enum ntr_st f_net_files(struct f_mach *m);
NTR_MUST enum ntr_st f_net_file(struct f_mach *m, const char *name,
				struct f_loc at, u64 *va);
void f_cpu_alloc(struct f_mach *m);
void f_cpu_write(struct f_mach *m);
/* pool.c: pages, tables and variables of kernel pool. */
NTR_MUST enum ntr_st f_pools_build(struct f_mach *m);
void f_kdbg_alloc(struct f_mach *m);
void f_kdbg_write(struct f_mach *m);
struct f_segs f_cpu_segs(const struct f_mach *m, const struct f_cpu *c);
/* The 64-bit form of an address: 32-bit targets are sign-extended. */
u64 f_ext(const struct f_mach *m, u64 va);

#endif
