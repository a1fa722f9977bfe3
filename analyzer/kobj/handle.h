// SPDX-License-Identifier: Apache-2.0
/*
 * Handle tables: what a process has open.
 *
 * Until NT 4.0 a table is one array, whose head is not public: it is found by
 * its entries, and everything of it is assumed.  Windows 2000 has three layers
 * of 256; since XP there are one to three levels of pages, as TableCode says,
 * and since Windows 8 an entry of 64 bits packs the object's address, its
 * attributes and a count into one word.  PspCidTable, which gives ids to
 * processes and threads, is such a table too.
 *
 * A walk is bounded by the largest table there can be and goes to no page
 * twice.  A page that is not there is told to the caller with the handles it
 * would hold, and the walk goes on.  To add a generation: a form, a row of
 * shapes in handle.c.
 */
#ifndef NTR_KOBJ_HANDLE_H
#define NTR_KOBJ_HANDLE_H

#include "object.h"

#define NTR_MAX_HANDLES (1u << 24) /* of one table: Windows has no more */

enum ntr_handle_form {
	NTR_HF_ARRAY,  /* 3.51, 4.0 */
	NTR_HF_LAYERS, /* 2000 */
	NTR_HF_LEVELS, /* XP and later */
};

enum { NTR_HA_PROTECT = 1, NTR_HA_INHERIT = 2, NTR_HA_AUDIT = 4 };

struct ntr_handle {
	u64 handle, entry; /* entry: its address */
	u64 object;        /* body; 0: see why */
	u32 access;
	u8 attributes;     /* NTR_HA_… */
	u64 n;             /* handles this is of: 1, or more when `why` */
	const char *why;   /* why they cannot be told; static; NULL */
};

struct ntr_handle_table {
	u64 va, process, pid;
	bool has_pid;
	bool cid;            /* objects are processes and threads by id */
	enum ntr_handle_form form;
	u64 first;           /* the array, layer or page that the table names */
	unsigned level;      /* pages of pointers above the entries */
	bool has_count, has_bound;
	u64 count;           /* of open handles, as it says */
	u64 bound;           /* handles from here on have no entry */
	u64 entries;         /* of an array: its block has room for so many */
	const char *note;    /* what of it makes no sense; static; NULL */
	enum ntr_source source;
};

/* The table at va. ABSENT, FAULT, BAD with text. */
NTR_MUST enum ntr_st ntr_handle_table_read(const struct ntr_objects *o, u64 va,
					   struct ntr_handle_table *out,
					   struct ntr_err *e);
/* That of the process at va. END with text: it has none (any more); ABSENT,
 * FAULT, BAD: it cannot be told. */
NTR_MUST enum ntr_st ntr_handle_table_of(const struct ntr_objects *o,
					 u64 process,
					 struct ntr_handle_table *out,
					 struct ntr_err *e);
/* PspCidTable: it needs the debugger block, or symbols. */
NTR_MUST enum ntr_st ntr_handle_table_cid(const struct ntr_objects *o,
					  struct ntr_handle_table *out,
					  struct ntr_err *e);

/* What a walk met. */
struct ntr_handle_count {
	u64 used;        /* handles that lead to an object's address */
	u64 bad;         /* that lead nowhere */
	u64 absent;      /* entries that are not in the dump */
	u64 refused;     /* pages that are none, or in the table twice */
};

/* False ends the walk. */
typedef bool ntr_handle_fn(void *ctx, const struct ntr_handle *h);
/*
 * The handles of [first, last], in order.  Free entries are passed over.
 * NOMEM, or OK, whatever is damaged.  fn NULL: count only.
 */
NTR_MUST enum ntr_st ntr_handle_walk(const struct ntr_objects *o,
				     const struct ntr_handle_table *t,
				     u64 first, u64 last, ntr_handle_fn *fn,
				     void *ctx, struct ntr_handle_count *out,
				     struct ntr_err *e);

#endif
