// SPDX-License-Identifier: Apache-2.0
/*
 * What the files of kobj/ share about an open target.  A target is filled in
 * steps, each in its own file, in this order; each step may use what the
 * earlier ones found and must do with what they did not find:
 *   memory.c    spaces: blocks of the dump, copies, page tables
 *   kernel.c    KDBG, kernel base, head of the module list
 *   system.c    build, names, variant of the offset tables
 *   cpus.c      processors, the crash CPU, copies of a triage dump
 *   thread.c    the current thread and process
 *   modules.c   loaded and unloaded modules
 */
#ifndef NTR_KOBJ_PRIV_H
#define NTR_KOBJ_PRIV_H

#include "../mem/find_dtb.h"
#include "kdbg.h"
#include "target.h"

#define NTR_MAX_CPUS 2048u
#define NTR_MAX_MODULES 4096u

/* A structure that a triage dump holds as a copy, put at its address. */
struct ntr_copy {
	u64 va, len, off;
};

struct ntr_target_priv {
	struct ntr_types types;
	struct ntr_kdbg kdbg;
	u64 psmods;               /* head of the module list, 0 unknown */
	u64 code_hint;            /* an address in the kernel's code, or 0 */
	struct ntr_copy copy[4];
	unsigned ncopies;
	u32 pages_scanned;        /* by PE scans so far */
	struct ntr_space copies;
	struct ntr_virt virt;
	struct ntr_stack_space stack;
	u32 *by_base;             /* module indices, by base */
	bool from_dump;           /* modules[i] is d->modules[i] */
	bool user;                /* a process, not a machine */
	bool bound;               /* the three below are made */
	struct ntr_bound thread, ethread, process;
	unsigned service_pack;    /* 0 unknown or none */
	struct ntr_layout *layout; /* of layout.c, NULL until asked for */
};

/* Steps. All of them never fail but for NOMEM. */
void ntr_target_no_kernel(struct ntr_target *t); /* only what is listed */
void ntr_target_init_memory(struct ntr_target *t);
void ntr_target_find_kernel(struct ntr_target *t);
void ntr_target_name_system(struct ntr_target *t);
NTR_MUST enum ntr_st ntr_target_read_cpus(struct ntr_target *t);
void ntr_target_read_current(struct ntr_target *t);
NTR_MUST enum ntr_st ntr_target_read_modules(struct ntr_target *t);
NTR_MUST enum ntr_st ntr_target_read_unloaded(struct ntr_target *t);

/* Shared helpers. */
bool ntr_kernel_va(const struct ntr_target *t, u64 va);
/* Put a copy of len bytes at file offset off at va; the first four. */
void ntr_target_add_copy(struct ntr_target *t, u64 va, struct ntr_loc at);
/* Bind the members of threads and processes once types are final. */
void ntr_target_bind(struct ntr_target *t);
/* The secrets that encode pointers on x64, by symbols; encoded_va is 0. */
bool ntr_wait_keys(struct ntr_target *t, struct ntr_kdbg_keys *out);
/* Is this the image name of a kernel ("ntkrnlpa.exe")? */
bool ntr_is_kernel_image(const char *image);
/* LIST_ENTRY at va whose successor points back at it; *flink. */
bool ntr_list_head_ok(const struct ntr_target *t, u64 va, u64 *flink);

/* Only when no NT kernel was found. */
bool ntr_target_find_linux(struct ntr_target *t, char *out, size_t size);

/* Offer every 8 (4) byte aligned position of the kernel's writable memory
 * [base, base+size), page by page; stops when fn says true. p has room bytes
 * from there to the end of the page. */
typedef bool ntr_scan_fn(struct ntr_target *t, u64 va, const u8 *p,
			 size_t room, void *ctx);
bool ntr_target_scan_kernel(struct ntr_target *t, ntr_scan_fn *fn, void *ctx);

#endif
