// SPDX-License-Identifier: Apache-2.0
/*
 * Profiles: what a machine of one architecture and NT version looks like.
 * A row per profile in prof.c; offsets are written down there from the format
 * facts, and shared with nothing.  To add one, copy the nearest row.
 */
#ifndef FORGE_PROF_H
#define FORGE_PROF_H

#include "base/ntr_types.h"

enum f_arch { F_X86, F_X64, F_ARM64, F_ALPHA, F_IA64 };

#define F_NO 0xffff /* this version has no such member */

struct f_off {
	/* KTHREAD, ETHREAD */
	u16 kt_init, kt_limit, kt_base, kt_kstack, kt_apc_process, kt_process,
		kt_state, kt_reason, kt_list, kt_trap, kt_irql, kt_next_cpu,
		et_cid, et_start, et_w32start, et_list, et_irps, et_process,
		et_size;
	/* KPROCESS, EPROCESS */
	u16 kp_dtb, kp_threads, ep_pid, ep_links, ep_parent, ep_image,
		ep_threads, ep_nthreads, ep_peb, ep_create, ep_handles, ep_size;
	/* KPRCB (CurrentThread, NextThread, IdleThread: 3 pointers from cur) */
	u16 pb_cur, pb_number, pb_state, pb_ctx_in_state, pb_sr_in_state,
		pb_ctx_ptr, pb_dpc_active, pb_dpc_stack, pb_mhz, pb_vendor,
		pb_cpu_type, pb_frozen, pb_isr_stack, pb_size;
	bool pb_number_u32;
	/* KPCR */
	u16 pcr_prcb, pcr_size;
	/* loader entry */
	u16 ldr_stamp, ldr_size;
	u16 teb; /* KTHREAD.Teb */
};

struct f_prof {
	const char *arch_name, *os, *descr;
	enum f_arch arch;
	u16 machine, build;
	u8 major, minor, sp;
	u8 page_shift;
	bool pae;
	const struct f_off *off;
	u16 kdbg_size;       /* 0: this version has no KDBG */
	u16 ver_rev;         /* fourth number of the version */
	const char *root;    /* system root */
	const char *kernel_pdb, *hal_pdb;
	u64 kernel, hal;     /* bases */
	u32 kernel_size, hal_size;
	u32 kernel_date, hal_date;
	u64 drivers, pool, stacks, pcr0, cpu; /* regions, growing upwards */
	u64 kuser;
	u64 pte_base;
	u32 stack;           /* kernel stack bytes */
	u32 align;           /* of driver sections */
	u16 system_pid;
	bool nb10;           /* old CodeView record */
	bool classic_kernel; /* kernel summary in the 32-bit/64-bit classic form */
	bool triage_blocks;  /* triage has the KDBG copy and data blocks */
};

static inline bool f_prof_64(const struct f_prof *p)
{
	return p->arch == F_X64 || p->arch == F_ARM64 || p->arch == F_IA64;
}
static inline unsigned f_prof_ptr(const struct f_prof *p)
{
	return f_prof_64(p) ? 8 : 4;
}

const struct f_prof *f_prof_find(const char *arch, const char *os);
/* The i-th row, NULL past the end. */
const struct f_prof *f_prof_at(size_t i);

#endif
