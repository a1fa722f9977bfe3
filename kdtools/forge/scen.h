// SPDX-License-Identifier: Apache-2.0
/*
 * A scenario as data: what the text says, with defaults still unset, and the
 * place in the text of everything a later stage could have to complain about.
 * The parser (scen_lex.c, scen_stmt.c, scen_*.c) fills it; nothing else
 * changes it.  All memory belongs to the scenario's arena.
 *
 * To add a statement: a row in the table of scen_stmt.c, a field here.
 */
#ifndef FORGE_SCEN_H
#define FORGE_SCEN_H

#include "base/arena.h"
#include "base/status.h"
#include "base/strbuf.h"
#include "base/vec.h"

struct f_prof;

#define F_NONE UINT64_MAX /* a number that was not given */

/* Bounds of what a scenario may ask for. */
enum {
	F_MAX_TEXT = 1 << 20,
	F_MAX_CPUS = 64,
	F_MAX_MODULES = 1024,
	F_MAX_UNLOADED = 50,
	F_MAX_PROCS = 2048,
	F_MAX_THREADS = 4096,
	F_MAX_FRAMES = 1 << 16, /* of one stack, cycles written out */
	F_MAX_STACK = 1 << 20,
	F_MAX_PAGES = 4096,
	F_MAX_DAMAGES = 256,
	F_MAX_BLOBS = 64,
	F_MAX_BYTES = 4096, /* of one poke or overwrite */
	F_MAX_HOLES = 16,
	F_MAX_POOL = 4096,        /* statements of pools */
	F_MAX_POOL_BLOCKS = 1 << 20,
	F_MAX_LOCKS = 1024,
	F_MAX_DPCS = 256,
	F_MAX_TIMERS = 1024,
	F_MAX_APCS = 256,
	F_MAX_QLOCKS = 64,
	F_MAX_PFNS = 256,
	F_NPAGELISTS = 7, /* six lists, and the highest page */
	F_MAX_OWNERS = 64,  /* of one lock */
	F_MAX_ITEMS = 256,  /* kinds of item of one queue */
	F_MAX_COUNT = 4096, /* times of a thread or an item */
	F_MAX_WAITS = 3,    /* objects of one wait */
	F_MAX_HOLDING = 4,  /* locks that a stack remembers */
	F_MAX_DRIVERS = 256,
	F_MAX_DEVICES = 1024,
	F_MAX_IRPS = 1024,
	F_MAX_FILES = 1024,
	F_MAX_DISPATCH = 28, /* IRP_MJ_MAXIMUM_FUNCTION + 1 */
	F_MAX_LOCATIONS = 32, /* of one IRP */
	F_MAX_HANDLES = 4096,   /* statements of handles */
	F_MAX_HANDLE_COUNT = 1 << 20,
};
#define F_MAX_MEMORY (256ULL << 30)

struct f_loc {
	u32 line, col; /* from 1 */
};

/* A number, or a word or "module!Function+0x10" that becomes one later. */
struct f_val {
	struct f_loc loc;
	const char *sym; /* NULL: num is the value */
	u64 num;
	bool given;
};

struct f_bytes {
	u8 *p;
	size_t n;
};

enum f_frame_kind { F_FRAME, F_TRAP };

struct f_sframe {
	struct f_loc loc;
	enum f_frame_kind kind;
	const char *sym;
	u64 size;         /* bytes, F_NONE = default */
	u64 err, cr2;     /* of a trap */
	u64 first;        /* register of the first argument, F_NONE */
};

/* Frames, or a cycle of them: `n` frames repeated `times`. */
struct f_sitem {
	struct f_loc loc;
	size_t first, n;  /* in f_sstack.frames */
	u64 times;        /* 1 for a plain frame; F_NONE = fill the stack */
	u64 bytes;        /* of one round, F_NONE = the sum of the frames */
};

struct f_sstack {
	struct f_loc loc;
	bool given, overflow;
	u64 size, below;  /* stack bytes; how far SP is under the limit */
	u64 stale;        /* bytes of old return addresses under SP */
	struct { NTR_VEC(struct f_sframe); } frames;
	struct { NTR_VEC(struct f_sitem); } items;
};

/* What a thread waits for: a lock, or the end of another thread. */
struct f_swait {
	struct f_loc loc;
	const char *lock; /* NULL: thread tid */
	u64 tid;
	bool shared;      /* of a resource */
};

struct f_sdpc {
	struct f_loc loc;
	const char *routine;
	u64 cpu, context, times;
	const char *device; /* its context; NULL */
	u64 irp;            /* its context: the n-th of the text; 0 none */
	bool threaded;
};

struct f_stimer {
	struct f_loc loc;
	const char *routine;  /* NULL: no DPC */
	u64 tid;              /* the thread's own; F_NONE */
	u64 cpu, due, period, context, list; /* due: from now, 100 ns */
	bool encoded, sync;
};

struct f_sapc {
	struct f_loc loc;
	u64 tid, context;
	const char *routine[3]; /* kernel, rundown, normal; NULL none */
	bool user;
};

struct f_sapcstate {
	struct f_loc loc;
	u64 tid, disabled, special;
	bool in_progress, kernel_pending, user_pending, attached;
};

struct f_sqlock {
	struct f_loc loc;
	u64 index, cpu[F_MAX_CPUS]; /* owner, then waiters in order */
	size_t n;
};

struct f_spfn {
	struct f_loc loc;
	u64 pfn, times, state, refs, share, pte, original, frame, cache;
	bool dirty;
};

struct f_sthread {
	struct f_loc loc;
	size_t proc;
	u64 tid;
	u64 cpu;          /* F_NONE: not running */
	u64 irql, reason, state;
	const char *start;
	bool dpc;
	struct f_swait wait[F_MAX_WAITS];
	size_t nwaits;
	const char *holding[F_MAX_HOLDING]; /* in frames, innermost first */
	size_t nholding;
	bool all, timeout;  /* of the wait */
	u64 waited;         /* 100 ns, F_NONE: 10 s */
	u64 worker;         /* kind of queue, F_NONE: none */
	u64 priority;
	bool copy;          /* by "times": the stack belongs to another */
	struct f_sstack stack;
};

enum f_lock_kind { F_L_MUTEX, F_L_RESOURCE, F_L_FAST, F_L_EVENT, F_L_SEMAPHORE };

struct f_slock {
	struct f_loc loc;
	const char *name;
	enum f_lock_kind kind;
	u64 owner[F_MAX_OWNERS];
	size_t nowners;
	bool shared, each;
	u64 contention;
};

struct f_sitem_kind {
	struct f_loc loc;
	const char *routine;
	u64 times, param;
	const char *of, *holds; /* the lock that the parameter is, or that it
				   points to a pointer to; NULL */
	u64 irp;           /* the parameter: the n-th IRP of the text; 0 none */
	bool inside;       /* with `of`: the item lies behind the lock */
};

enum f_queue_kind { F_Q_CRITICAL, F_Q_DELAYED, F_Q_HYPER, F_NQUEUES };

struct f_squeue {
	struct f_loc loc;
	bool given;
	u64 maximum, processed, last, dynamic, most;
	struct { NTR_VEC(struct f_sitem_kind); } items;
};

struct f_sdispatch {
	struct f_loc loc;
	u64 major;
	const char *routine;
};

struct f_sdriver {
	struct f_loc loc;
	const char *name, *module;
	bool filesystem;   /* in \FileSystem, else in \Driver */
	struct f_sdispatch dispatch[F_MAX_DISPATCH];
	size_t ndispatch;
};

struct f_sdevice {
	struct f_loc loc;
	const char *name, *driver;
	const char *lower; /* the device it is attached to; NULL */
	u64 type, flags;
	bool unnamed;      /* no name in the object directory */
};

struct f_slocation {
	struct f_loc loc;
	u64 major, minor, flags, control, context, arg[4];
	const char *device, *completion; /* NULL none */
	const char *sets; /* a lock, the completion's context; NULL */
	const char *file;                /* the same */
};

/* A file object. */
struct f_sfile {
	struct f_loc loc;
	const char *name, *device;
	const char *block; /* of pool that it lies in; NULL: anywhere */
	const char *path;  /* its FileName; NULL none */
	u64 context, context2;
};

struct f_sirp {
	struct f_loc loc;
	u64 tid, flags, mdl, status, information, current;
	const char *cancel; /* its cancel routine; NULL */
	const char *event;  /* a lock, its UserEvent; NULL */
	const char *file_event; /* a lock, its file object's Event; NULL */
	bool kept;          /* its address is on the thread's stack */
	bool cancelled, pending;
	struct f_slocation at[F_MAX_LOCATIONS]; /* number 1 first */
	size_t n;
};

struct f_sproc {
	struct f_loc loc;
	const char *name;
	u64 pid, parent;
	bool unlisted, noid; /* not on the list; not in PspCidTable */
};

enum f_handle_to {
	F_H_PROCESS, F_H_THREAD, F_H_DEVICE, F_H_DRIVER, F_H_FILE, F_H_EVENT,
	F_H_MUTANT, F_H_SEMAPHORE, F_H_TIMER, F_H_KEY, F_H_SECTION, F_NH
};

/* Handles of a process: one value, or `count` of the next that are free. */
struct f_shandle {
	struct f_loc loc;
	size_t proc;
	u64 value, count, access, id; /* value F_NONE; id of F_H_PROCESS, … */
	enum f_handle_to to;
	const char *name, *device;    /* NULL none */
	bool protect, inherit, audit;
};

struct f_smod {
	struct f_loc loc;
	const char *name, *path, *pdb;
	u64 base, size, date, checksum, age;
	u16 ver[4];
	u8 guid[16];
	bool has_ver, has_guid, no_exports, no_pages, no_headers;
};

struct f_sunl {
	struct f_loc loc;
	const char *name;
	u64 start, end, time;
};

enum f_pstate { F_P_VALID, F_P_TRANSITION, F_P_PAGEFILE, F_P_DEMAND, F_P_PROTO,
		F_P_ZERO };

struct f_spage {
	struct f_loc loc;
	u64 va, arg[2];
	enum f_pstate state;
};

struct f_spoke {
	struct f_loc loc;
	bool phys;
	u64 addr;
	struct f_bytes b;
};

enum f_pool_what { F_PL_BLOCK, F_PL_BIG, F_PL_PAGE, F_PL_OVERRUN, F_PL_FLIP,
		   F_PL_TAG, F_PL_LOOKASIDE, F_PL_SPECIAL, F_PL_CHUNK };

/* One statement of a pool, in the order of the text. */
struct f_spool_item {
	struct f_loc loc;
	enum f_pool_what what;
	bool paged;
	u32 tag;
	u64 size, count;     /* of a flip: size is the bit */
	u64 allocs, frees, bytes; /* of a tag; F_NONE = as the blocks say */
	u64 index;           /* of a lookaside list: its depth */
	bool free, quota, held, linked;
	const char *name;    /* what lies in it says "in NAME"; NULL */
	struct f_bytes b;    /* content, or what is written past the end */
};

/* Nonpaged 0, paged 1. */
struct f_spool {
	bool given;
	struct f_loc loc;
	u64 start, end, max;
	u64 inuse;           /* as the memory manager counts; F_NONE: no word */
};

enum f_damage { F_D_TRUNCATE, F_D_OVERWRITE, F_D_ZERO, F_D_APPEND };

struct f_sdamage {
	struct f_loc loc;
	enum f_damage kind;
	u64 off, len;
	struct f_bytes b;
};

struct f_sblob {
	u8 guid[16];
	u64 size;
	struct f_bytes b;
};

struct f_sreg {
	struct f_loc loc;
	const char *name;
	struct f_val v;
};

struct f_scen {
	struct ntr_arena a;
	const char *name, *text; /* borrowed */
	const struct f_prof *prof;
	struct f_loc prof_loc, cont_loc, mem_loc;
	u64 cpus, pae;
	const char *container;
	u64 memory, time, uptime;
	struct f_val stop[5];
	u64 product, suite, sp;
	const char *comment, *root, *broken;
	u64 kdbg;         /* 0 none, 1 normal, 2 encoded */
	u64 large;        /* 0 never, F_NONE when there is room */
	u64 irql;
	struct f_val exc_code, exc_at, exc_info[4];
	u64 exc_flags;
	size_t exc_ninfo;
	u64 current_tid;
	const char *current;
	struct f_loc current_loc;
	u64 hole[F_MAX_HOLES][2];
	size_t nholes;
	struct { NTR_VEC(struct f_smod); } mods;
	struct { NTR_VEC(struct f_sunl); } unl;
	struct { NTR_VEC(struct f_sproc); } procs;
	struct { NTR_VEC(struct f_sthread); } threads;
	bool symbols;           /* rule tests have those of its modules */
	struct { NTR_VEC(struct f_slock); } locks;
	struct f_squeue queue[F_NQUEUES];
	struct { NTR_VEC(struct f_sdpc); } dpcs;
	struct { NTR_VEC(struct f_stimer); } timers;
	struct { NTR_VEC(struct f_sapc); } apcs;
	struct { NTR_VEC(struct f_sapcstate); } apcstates;
	struct { NTR_VEC(struct f_sqlock); } qlocks;
	struct { NTR_VEC(struct f_spfn); } pfns;
	u64 pagelists[F_NPAGELISTS];
	bool pagelists_given;
	struct { NTR_VEC(struct f_sdriver); } drivers;
	struct { NTR_VEC(struct f_sdevice); } devices;
	struct { NTR_VEC(struct f_sirp); } irps;
	struct { NTR_VEC(struct f_sfile); } files;
	struct { NTR_VEC(struct f_shandle); } handles;
	struct { NTR_VEC(struct f_spage); } pages;
	struct { NTR_VEC(struct f_spoke); } pokes;
	struct f_spool pool[2];
	u64 pooltags;     /* 0 off, 1 on, 2 per processor; F_NONE = as the version */
	struct { NTR_VEC(struct f_spool_item); } pool_items;
	struct { NTR_VEC(struct f_sdamage); } damages;
	struct { NTR_VEC(struct f_sblob); } blobs;
	struct { NTR_VEC(struct f_sreg); } regs;
	struct f_sstack stack; /* of the crashing thread */
	struct ntr_str *diag;  /* may be NULL */
};

NTR_MUST enum ntr_st f_scen_parse(struct f_scen *s, const char *text,
				  const char *name, struct ntr_str *diag,
				  struct ntr_err *e);
void f_scen_fini(struct f_scen *s);

/*
 * "name:3:7: text", the line and a caret into diag and e; always returns st.
 */
enum ntr_st f_scen_err(struct f_scen *s, struct ntr_err *e, enum ntr_st st,
		       struct f_loc at, const char *fmt, ...)
	NTR_PRINTF(5, 6);

#endif
