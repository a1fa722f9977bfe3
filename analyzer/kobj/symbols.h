// SPDX-License-Identifier: Apache-2.0
/*
 * Symbols of a target: which files belong to its modules, and the questions
 * one asks them.  Nothing is looked for before it is asked for: the first
 * question about a module finds and opens its files, once.
 *
 * A module's file is found by its debug record (GUID and age); where the dump
 * does not hold that record, through the image file of that time stamp and
 * size.  The kernel of a dump that has neither is recognised by its data: a
 * symbol file of the store whose addresses are those that the dump's header
 * and KDBG name (symbols_kernel.c).  How it was found is part of the answer.
 *
 * To add a kind of file: a row in the table of symbols.c.
 */
#ifndef NTR_SYMBOLS_H
#define NTR_SYMBOLS_H

#include "../sym/source.h"
#include "../sym/store.h"
#include "../unw/unw.h"
#include "target.h"

#define NTR_MODULE_SOURCES 4u

/* What is open for one module; sources in the order they are asked. */
struct ntr_module_symbols {
	struct ntr_symsrc *src[NTR_MODULE_SOURCES];
	const char *path[NTR_MODULE_SOURCES]; /* NULL: the image in memory */
	unsigned n;
	const char *how;     /* "GUID and age", "5 addresses of kernel data";
				NULL: nothing but the image in memory */
	const char *lacking; /* the file that was not found, and where; NULL */
	bool tried_image;
	struct ntr_file *image; /* the image's file, when it was asked for */
	struct ntr_pe *pe;      /* of it */
	struct ntr_pe_space *code; /* it, at the module's addresses */
	struct ntr_space both;  /* the dump's memory, else the image's file */
	struct ntr_target *t;   /* for both */
	struct ntr_module *m;
};

/* Finds and opens them on the first call. NULL: no memory. */
struct ntr_module_symbols *ntr_module_symbols(struct ntr_target *t,
					      struct ntr_module *m);
/* The module's image file: *pe and *code, which reads at VAs; false when
 * there is none. Both live as long as the target. */
bool ntr_module_image(struct ntr_target *t, struct ntr_module *m,
		      const struct ntr_pe **pe, const struct ntr_space **code);

/* Code and unwind data of a module, at its addresses: from the dump's memory,
 * and where that is not there from the image's file, which is looked for then
 * and not before. NULL: no memory. */
const struct ntr_space *ntr_module_code(struct ntr_target *t,
					struct ntr_module *m);

/* What an address is called. */
struct ntr_named {
	struct ntr_module *module;
	struct ntr_symsrc *src;
	struct ntr_symbol sym;  /* as stored */
	char name[256];         /* for display */
	u64 displacement;       /* from the symbol to the address */
	bool inside;            /* the symbol's size is known, and covers it */
};
/* False: no symbol. ret: va is a return address, which belongs to the call in
 * front of it, even where that ends its function. */
bool ntr_target_name(struct ntr_target *t, u64 va, bool ret,
		     struct ntr_named *out);
/* Source line of an address; false when none is known. */
bool ntr_target_line(struct ntr_target *t, u64 va, bool ret,
		     struct ntr_line *out);
/* "nt!KeBugCheckEx", or a name that any module may have. ABSENT with text. */
NTR_MUST enum ntr_st ntr_target_lookup(struct ntr_target *t, const char *name,
				       u64 *va, struct ntr_err *e);
/* The unwind record of an address, by the module's files. */
NTR_MUST enum ntr_st ntr_target_record(struct ntr_target *t,
				       struct ntr_module *m, u64 va,
				       struct ntr_uwrec *out);
/* A hook for struct ntr_types (ctx: the target): members as the kernel's own
 * symbol file has them. */
bool ntr_symbols_member(void *ctx, const char *name, struct ntr_type_hit *hit);

/* What the unwinder needs of this machine's own layout: a task gate's tables of
 * a processor (x86; 0 unknown), the ARM64 trap frame by its type. */
void ntr_target_task_gate(struct ntr_target *t, const struct ntr_cpu *cpu,
			  u64 *gdt, u64 *tss);
bool ntr_target_a64_trap(struct ntr_target *t, struct ntr_a64_trap *out);
/* The table of known layouts for this dump's build, as a source; owned. */
NTR_MUST enum ntr_st ntr_target_table(struct ntr_target *t,
				      struct ntr_symsrc **out,
				      struct ntr_err *e);

/* For kobj/ ----------------------------------------------------------- */
void ntr_target_close_symbols(struct ntr_target *t);
/* A file of the store that is this kernel's by the addresses in it; owned.
 * how: text for ntr_module_symbols. NULL: none. */
struct ntr_symsrc *ntr_kernel_by_addresses(struct ntr_target *t,
					   const struct ntr_module *k,
					   const char **path,
					   const char **how);
/* x64, Windows 8 and later: a running kernel keeps its KDBG encoded, with keys
 * that symbols name. True: it is read now. */
bool ntr_kdbg_by_symbols(struct ntr_target *t);

#endif
