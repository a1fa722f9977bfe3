// SPDX-License-Identifier: Apache-2.0
/*
 * Target: a dump with its kernel found.  This is what every question about
 * the machine starts from: which NT it is, its virtual memory, its modules,
 * its processors with their registers, the current thread and process.
 *
 * ntr_target_open() never fails for want of evidence: what cannot be
 * determined stays unset (see the `has`/`source` fields), and missing[] says
 * what is lacking and what would supply it.  Only NOMEM and IO are errors.
 *
 * Values read from kernel structures carry a source: `exact` (the dump's own
 * types), `table` (offset table of this very build), `assumed` (nearest
 * build).
 *
 * To read more of a machine, add a step to kobj/ (priv.h lists them) and its
 * results here, each with a value that says "unknown".
 */
#ifndef NTR_TARGET_H
#define NTR_TARGET_H

#include "../mem/xlat.h"
#include "../sym/bind.h"
#include "../sym/pe.h"
#include "../unw/regs.h"

struct ntr_module {
	const char *name;    /* "tcpip": image name without extension, WinDbg
				style ("nt" for the kernel) */
	const char *image;   /* "tcpip.sys", base name as stored */
	const char *path;    /* full path, or NULL */
	bool nameless;       /* its name cannot be read: the others are made up */
	u64 base, size;
	u32 timestamp;       /* 0 unknown */
	u32 checksum;        /* 0 unknown */
	bool has_pe, has_version, has_debug, tried_pe; /* filled lazily */
	u16 version[4];
	struct ntr_pe_debug debug;
	struct ntr_pe *pe;   /* headers, when their page is in the dump */
	struct ntr_module_symbols *symbols; /* NULL until asked for: symbols.h */
};

struct ntr_unloaded_module {
	const char *image;
	bool truncated;
	u64 start, end;
	u64 time;            /* FILETIME, 0 unknown */
};

/* A processor whose registers the header holds, but not its number. */
#define NTR_CPU_UNKNOWN UINT32_MAX

struct ntr_cpu {
	u32 number;
	u64 kpcr, kprcb;     /* VAs, 0 unknown */
	u64 thread;          /* CurrentThread, 0 unknown */
	u64 idle_thread;
	bool has_regs;
	struct ntr_regs regs;
	const char *regs_source; /* "header", "KPRCB.ProcessorState",
				    "CPU note", … static; NULL none */
	bool has_irql;
	u8 irql;             /* as the KPCR says: a bugcheck raises it */
};

struct ntr_thread {
	u64 va;              /* 0: unknown */
	u64 process;
	u64 stack_base, stack_limit, initial_stack, kernel_stack; /* 0 unknown */
	u64 id, pid;         /* valid when has_ids */
	bool has_ids;
	char process_name[64]; /* "" unknown */
	enum ntr_source source;
};

/* What is lacking, and what would supply it; both static or arena text. */
struct ntr_missing {
	const char *what, *supply;
};

struct ntr_target {
	struct ntr_dump *d;          /* borrowed */
	struct ntr_store *store;     /* where symbols are; borrowed, NULL none */
	u32 machine;
	unsigned ptr_size;
	u32 build;                   /* 0 unknown */
	const char *os_name;         /* "Windows NT 3.51", …; NULL unknown */
	const char *service_pack;    /* "Service Pack 6", or NULL */
	const char *product;         /* "Workstation", "Server", … or NULL */
	bool is_nt;                  /* false: Linux guest, raw junk, … */
	const char *other_os;        /* "Linux guest", when recognised */

	enum ntr_paging paging;
	struct ntr_xlat xlat;        /* valid when paging != NONE */
	const struct ntr_space *mem; /* kernel virtual memory; never NULL */

	u64 kernel_base, kernel_size; /* 0 unknown */
	const char *kernel_source;    /* how it was found; static */
	u64 kdbg;                     /* VA of a validated KDBG, 0 none */
	struct { NTR_VEC(struct ntr_module); } modules; /* by load order */
	bool modules_complete;
	const char *modules_source;   /* "triage driver list", … static */
	struct { NTR_VEC(struct ntr_unloaded_module); } unloaded;
	struct { NTR_VEC(struct ntr_cpu); } cpus; /* those of which something
				is known; their count is in d->meta */
	int crash_cpu;                /* index into cpus, -1 unknown */
	struct ntr_thread thread;     /* current thread of the crash CPU */
	struct { NTR_VEC(struct ntr_missing); } missing;
	struct ntr_arena arena;
	struct ntr_target_priv *priv;
	/* Asked by every long walk (pool, memory): true ends it, with LIMIT
	 * "stopped". The caller's, or NULL. */
	bool (*stop)(void *ctx);
	void *stop_ctx;
};

static inline bool ntr_target_stopped(const struct ntr_target *t)
{
	return t->stop && t->stop(t->stop_ctx);
}

struct ntr_store;

/* Also completes d->meta where an image has no header: the stop (from
 * KiBugCheckData), time and uptime (from the shared user page). */
NTR_MUST enum ntr_st ntr_target_open(struct ntr_target **out,
				     struct ntr_dump *d, struct ntr_err *e);
/* The same with symbols: the kernel's types are looked for first. store may
 * be NULL, and outlives the target. */
NTR_MUST enum ntr_st ntr_target_open_with(struct ntr_target **out,
					  struct ntr_dump *d,
					  struct ntr_store *store,
					  struct ntr_err *e);
void ntr_target_close(struct ntr_target *t);

/* Module that holds va; O(log n). NULL none. */
struct ntr_module *ntr_target_module(struct ntr_target *t, u64 va);
/* By WinDbg name or image name, ASCII case ignored. */
struct ntr_module *ntr_target_module_named(struct ntr_target *t,
					   const char *name);
const struct ntr_unloaded_module *
ntr_target_unloaded(const struct ntr_target *t, u64 va);

/* Read headers, version and debug record of a module now, if not yet done.
 * Returns whether the PE headers are there. */
bool ntr_module_load(struct ntr_target *t, struct ntr_module *m);

/* Everything readable about the thread at va. Always fills th->va. */
void ntr_thread_read(struct ntr_target *t, u64 va, struct ntr_thread *th);

/* An integer or pointer member of a kernel structure at va, by name. */
NTR_MUST enum ntr_st ntr_target_member(struct ntr_target *t, const char *type,
				       u64 va, const char *path, u64 *out);

/* Add to missing[] once. */
void ntr_target_missing(struct ntr_target *t, const char *what,
			const char *supply);

/* "nt!KeBugCheckEx+0x12", "nt+0x3f8f60", "<Unloaded_x.sys>+0x12", or "0x…"
 * when in no module. */
void ntr_target_symbolise(struct ntr_target *t, u64 va, char *out,
			  size_t size);

/* x86: registers of the interrupted task, from the TSS that selector 0x28 of
 * the CPU's GDT names, for a double fault. x64: from the machine frame at the
 * top of the double-fault IST stack. ABSENT/FAULT say what was missing. */
NTR_MUST enum ntr_st ntr_double_fault_regs(struct ntr_target *t,
					   const struct ntr_cpu *cpu,
					   struct ntr_regs *out,
					   struct ntr_err *e);
#endif
