// SPDX-License-Identifier: Apache-2.0
/*
 * A dump of any container format, opened: what the container itself says,
 * and where the memory is in the file.  Nothing here translates addresses or
 * looks into the memory; layers above do.
 *
 * A format fills a struct ntr_dump in its open():
 *   meta       header values, each valid only when its NTR_HAS_ bit is set
 *   runs       physical memory: sorted, not overlapping, as runs of pages;
 *   map        or, where a bitmap says which pages there are, that bitmap
 *   vblocks    virtual memory blocks (triage dumps, user dumps, ELF cores)
 *   modules, unloaded, threads, cpus, blobs   lists the container carries
 *   notes      what the reader should know: damage, oddities, assumptions
 * Every count read from the file is bounded by the file's size before it
 * becomes a size.  `complete` is false when bytes that the headers promise
 * are not in the file.
 *
 * To add a format: one file fmt_<name>.c with a struct ntr_fmt_ops, and one
 * line in fmt_list.h.  Probing looks at the first NTR_HEAD_LEN bytes only.
 */
#ifndef NTR_DUMP_H
#define NTR_DUMP_H

#include "../base/arena.h"
#include "../base/bin.h"
#include "../base/vec.h"
#include "file.h"
#include "pagemap.h"

#define NTR_HEAD_LEN 8192u /* bytes a probe may look at */

/* IMAGE_FILE_MACHINE_* values, as dump headers carry them. */
enum ntr_machine {
	NTR_MACHINE_UNKNOWN = 0,
	NTR_MACHINE_X86 = 0x014c,
	NTR_MACHINE_R4000 = 0x0166,
	NTR_MACHINE_ALPHA = 0x0184,
	NTR_MACHINE_POWERPC = 0x01f0,
	NTR_MACHINE_ARM = 0x01c4,
	NTR_MACHINE_IA64 = 0x0200,
	NTR_MACHINE_ALPHA64 = 0x0284,
	NTR_MACHINE_AMD64 = 0x8664,
	NTR_MACHINE_ARM64 = 0xaa64,
};

/* "x86", "x64", "ARM64", "Alpha", "IA64", …; "machine 0x…" is not made here:
 * NULL for a value not in the list. */
const char *ntr_machine_name(u32 machine);
unsigned ntr_machine_ptr_size(u32 machine);   /* 4 or 8 */
unsigned ntr_machine_page_shift(u32 machine); /* 12, or 13 (Alpha, IA64) */

enum ntr_dump_kind {
	NTR_KIND_UNKNOWN,
	NTR_KIND_FULL,          /* all physical memory */
	NTR_KIND_KERNEL,        /* kernel pages only */
	NTR_KIND_TRIAGE,        /* small memory dump */
	NTR_KIND_BITMAP_FULL,   /* all memory, pages selected by a bitmap */
	NTR_KIND_BITMAP_KERNEL, /* kernel or active memory, by a bitmap */
	NTR_KIND_RANGES,        /* RDMP page ranges: .dump /k /ka /f */
	NTR_KIND_HEADER,        /* header only */
	NTR_KIND_USER,          /* one process: MDMP, ELF core */
	NTR_KIND_PHYS,          /* physical memory of a machine, no NT header */
};
const char *ntr_dump_kind_name(enum ntr_dump_kind k); /* "triage", … */

/* Validity bits of struct ntr_meta. A field whose bit is clear was not
 * written (header filler "PAGE"), or the format does not have it. */
enum {
	NTR_HAS_MACHINE = 1u << 0,
	NTR_HAS_BUILD = 1u << 1,
	NTR_HAS_DTB = 1u << 2,
	NTR_HAS_PSMODS = 1u << 3,
	NTR_HAS_PSPROCS = 1u << 4,
	NTR_HAS_KDBG = 1u << 5,
	NTR_HAS_PFNDB = 1u << 6,
	NTR_HAS_CPUS = 1u << 7,
	NTR_HAS_BUGCHECK = 1u << 8,
	NTR_HAS_TIME = 1u << 9,
	NTR_HAS_UPTIME = 1u << 10,
	NTR_HAS_PRODUCT = 1u << 11,
	NTR_HAS_SUITE = 1u << 12,
	NTR_HAS_PAE = 1u << 13,
	NTR_HAS_SPBUILD = 1u << 14,
	NTR_HAS_VERSION = 1u << 15, /* os_major/os_minor (MDMP) */
	NTR_HAS_OTHER_OS = 1u << 16, /* os_text names another system, which
					left a record of its own: proof */
};

struct ntr_meta {
	u32 has;
	u32 machine;        /* enum ntr_machine, or a value not in it */
	u32 checked;        /* 1: checked build (major 0xC) */
	u32 build;          /* e.g. 1381, 2600, 19041 */
	u32 os_major, os_minor;
	u32 cpus;
	u32 bugcheck;       /* as in the header, flags not masked */
	u64 arg[4];
	u64 dtb;            /* as in the header, flag bits not masked */
	u64 pfndb, psmods, psprocs, kdbg; /* VAs; 32-bit ones zero-extended */
	u64 time;           /* FILETIME, UTC */
	u64 uptime;         /* 100 ns units */
	u32 product;        /* 1 workstation, 2 domain controller, 3 server */
	u32 suite;
	u32 pae;            /* 0 or 1 */
	u32 sp_build;       /* ServicePackBuild of a triage header */
	u64 required_space;
	char comment[132];
	char os_text[132];  /* service pack string, or name of another OS */
};

/* npages pages from pfn; at file offset off, or zeros that the format does
 * not store (off == NTR_OFF_ZERO). */
#define NTR_OFF_ZERO UINT64_MAX
#define NTR_OFF_PAGED (UINT64_MAX - 1) /* had through read_page() */
struct ntr_run {
	u64 pfn, npages, off;
};

struct ntr_vblock {
	u64 va, len, off;
	const char *what; /* "data block", "call stack", "PRCB", …; static */
};

/* One bytes-in-file reference. len 0: absent. */
struct ntr_loc {
	u64 off, len;
};

/* Strings live in the dump's arena. A value of 0 is "not given". */
struct ntr_dump_module {
	const char *name; /* path or base name, as stored, UTF-8 */
	bool nameless;    /* its name cannot be read: name is made of base */
	u64 base, size;
	u32 timestamp, checksum;
	struct ntr_loc cv;       /* CodeView record (MDMP) */
	u16 ver[4];              /* file version (MDMP), else 0 */
};

struct ntr_dump_unloaded {
	const char *name; /* may be cut at 12 characters: truncated is set */
	bool truncated;
	u64 start, end;
	u64 time;
};

/* A register file stored as bytes of a known layout. */
enum ntr_regs_form {
	NTR_REGS_NONE,
	NTR_REGS_CONTEXT,  /* NT CONTEXT of meta.machine */
	NTR_REGS_PRSTATUS, /* Linux elf_prstatus of meta.machine */
};

struct ntr_dump_thread {
	u64 id;
	u64 teb;
	struct ntr_loc context;
	enum ntr_regs_form form;
	u64 stack_va, stack_len;
	const char *name;
};

struct ntr_dump_cpu {
	u32 number;
	struct ntr_loc prstatus; /* NTR_REGS_PRSTATUS, len 0: none */
	struct ntr_loc qemu;     /* QEMUCPUState, len 0: none; cpu_note.h */
	struct ntr_loc vbox;     /* DBGFCORECPU, len 0: none; cpu_note.h */
};

/* Secondary (tagged) data of crash dumps; other named byte ranges. */
struct ntr_dump_blob {
	u8 guid[16];
	const char *name; /* what the tag is known to be, or NULL */
	struct ntr_loc loc;
};

/* Parts of a triage dump that layers above want by name. */
struct ntr_triage {
	bool present;
	struct ntr_loc prcb, process, thread, callstack, kdbg;
	u64 stack_va;            /* TopOfStack: address of the first byte */
	const char *broken_driver;
	bool valid_marker;       /* "TRGD" found where promised */
};

struct ntr_dump;

struct ntr_fmt_ops {
	const char *name;  /* "dmp64" */
	const char *descr; /* "NT 64-bit crash dump (PAGEDU64)" */
	/* OK: mine. UNSUP: not mine. BAD with text: mine but hopeless. */
	enum ntr_st (*probe)(const struct ntr_bin *head, u64 file_size,
			     struct ntr_err *e);
	/* Fill d; a failing open leaves nothing behind that close() would
	 * have to undo (arena, vectors and notes are the dump's). */
	enum ntr_st (*open)(struct ntr_dump *d, struct ntr_err *e);
	/* Optional. One page (1 << page_shift bytes) of physical memory of a
	 * format whose pages are not plain file bytes. */
	enum ntr_st (*read_page)(struct ntr_dump *d, u64 pfn, void *page,
				 struct ntr_err *e);
	void (*close)(struct ntr_dump *d); /* optional: free d->priv */
};

struct ntr_dump {
	struct ntr_file *file;   /* owned; the unpacked one for an archive */
	const char *path;        /* what the user named */
	const char *member;      /* member of an archive, or NULL */
	const char *packing;     /* "zip", "gzip", "cab" …, or NULL */
	const struct ntr_fmt_ops *fmt;
	enum ntr_dump_kind kind;
	unsigned page_shift;
	bool complete;
	struct ntr_meta meta;
	struct ntr_loc context;   /* NT CONTEXT of meta.machine */
	struct ntr_loc exception; /* EXCEPTION_RECORD32/64 */
	u64 exception_tid;        /* MDMP: thread that faulted */
	struct ntr_triage triage;
	struct { NTR_VEC(struct ntr_run); } runs;
	struct ntr_pagemap map;   /* used instead of runs when has_map */
	bool has_map;
	u64 map_first;            /* file offset of the map's first page, or
				     NTR_OFF_PAGED */
	struct { NTR_VEC(struct ntr_vblock); } vblocks;
	struct { NTR_VEC(struct ntr_dump_module); } modules;
	bool modules_whole;       /* every module promised is listed, even
				     where other parts are missing */
	struct { NTR_VEC(struct ntr_dump_unloaded); } unloaded;
	struct { NTR_VEC(struct ntr_dump_thread); } threads;
	struct { NTR_VEC(struct ntr_dump_cpu); } cpus;
	struct { NTR_VEC(struct ntr_dump_blob); } blobs;
	struct { NTR_VEC(const char *); } notes;
	u64 pages_missing;        /* promised by a map, not in the file */
	struct ntr_space phys;    /* ABSENT everywhere when runs is empty and
				     there is no read_page */
	struct ntr_space blocks;  /* vblocks as a space */
	size_t block_hint[8];     /* vblocks read last, by address */
	struct ntr_arena arena;
	struct ntr_run last_run;  /* lookup cache; npages 0: none */
	u8 *page;                 /* read_page() scratch */
	u64 page_pfn;             /* page in it, or UINT64_MAX */
	void *priv;               /* the format's */
};

struct ntr_open_opts {
	u64 max_unpacked; /* cap for archives; 0: NTR_MAX_UNPACKED */
};
#define NTR_MAX_UNPACKED (UINT64_C(64) << 30)

/*
 * Open path, recognised by content, through an archive if it is one.
 * opts may be NULL.  UNSUP: not a dump; the text names what it is instead.
 * On failure *out is untouched.
 */
NTR_MUST enum ntr_st ntr_dump_open(struct ntr_dump **out, const char *path,
				   const struct ntr_open_opts *opts,
				   struct ntr_err *e);
/* The same for an open file, which is taken over (closed on failure too). */
NTR_MUST enum ntr_st ntr_dump_open_file(struct ntr_dump **out,
					struct ntr_file *f,
					const struct ntr_open_opts *opts,
					struct ntr_err *e);
void ntr_dump_close(struct ntr_dump *d);

/* The format that recognises these first bytes, or NULL. Text when a format
 * knows why the bytes are hopeless. */
const struct ntr_fmt_ops *ntr_fmt_probe(const struct ntr_bin *head,
					u64 file_size, struct ntr_err *e);

/* For formats -------------------------------------------------------- */

/* Append a note (formatted, kept in the arena). At most NTR_MAX_NOTES. */
#define NTR_MAX_NOTES 64
void ntr_dump_note(struct ntr_dump *d, const char *fmt, ...) NTR_PRINTF(2, 3);

/* len bytes at off as a cursor over arena memory. ABSENT/IO/NOMEM with text. */
NTR_MUST enum ntr_st ntr_dump_load(struct ntr_dump *d, u64 off, size_t len,
				   const char *what, struct ntr_bin *out,
				   struct ntr_err *e);

/* Append in any order; ntr_dump_seal() sorts, drops overlaps (the first
 * listed wins, with a note), joins neighbours, and clamps to the file
 * (pages_missing, complete = false).  Empty runs are dropped.  BAD for a run
 * beyond 2^52 pages or wrapping; LIMIT beyond NTR_MAX_RUNS; NOMEM.
 * ntr_dump_open() seals. */
#define NTR_MAX_RUNS (1u << 22)
NTR_MUST enum ntr_st ntr_dump_add_run(struct ntr_dump *d, u64 pfn, u64 npages,
				      u64 off, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_dump_add_vblock(struct ntr_dump *d, u64 va, u64 len,
					 u64 off, const char *what,
					 struct ntr_err *e);
NTR_MUST enum ntr_st ntr_dump_seal(struct ntr_dump *d, struct ntr_err *e);

/*
 * The first run that reaches past pfn, from the runs or the map; it holds pfn
 * when out->pfn <= pfn.  To visit all memory: start at 0, go on with
 * out->pfn + out->npages.  A map may give one stretch in several pieces.
 * False: no page from pfn on.
 */
bool ntr_dump_run_from(const struct ntr_dump *d, u64 pfn, struct ntr_run *out);
/* Pages of physical memory in the file. */
u64 ntr_dump_page_count(const struct ntr_dump *d);

/* Name of what a file looks like that no format claims: "an ELF executable",
 * "a PE image", "text", "all zero bytes", "empty". Never NULL. */
const char *ntr_file_kind(const struct ntr_bin *head, u64 file_size);

#endif
