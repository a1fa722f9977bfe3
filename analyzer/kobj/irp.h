// SPDX-License-Identifier: Apache-2.0
/*
 * I/O request packets: the header, its stack locations, the requests of a
 * thread, and every request that can be found.
 *
 * An IRP is refused when its Type is another's; what its counts claim is held
 * against its Size and against what is in the dump, and `note` says where they
 * disagree.  A location that cannot be read stays in the list without `read`.
 */
#ifndef NTR_KOBJ_IRP_H
#define NTR_KOBJ_IRP_H

#include "pool.h"
#include "process.h"

#define NTR_MAX_LOCATIONS 127u   /* StackCount is a signed byte */
#define NTR_MAX_THREAD_IRPS 65536u

struct ntr_irp_location {
	u64 va;
	bool read;
	u8 major, minor, flags, control;
	u64 arg[4];
	u64 device, file, completion, context;
};

struct ntr_irp {
	u64 va;
	u16 size;
	u32 flags, status;
	u64 information, mdl, buffer, user_buffer, thread, cancel_routine, file;
	u64 event;               /* UserEvent; 0 none */
	u64 current_va;          /* as CurrentStackLocation says */
	u8 mode, stack_count, current; /* current: 1 .. stack_count, more: none */
	bool has_counts, has_thread, has_mdl, has_status;
	bool pending, cancelled;
	struct ntr_irp_location at[NTR_MAX_LOCATIONS]; /* number 1 first */
	unsigned n;
	char note[160];          /* what does not fit; "" all does */
	enum ntr_source source;
};

enum ntr_irp_state { NTR_IRP_ACTIVE, NTR_IRP_IDLE, NTR_IRP_DONE,
		     NTR_IRP_UNKNOWN };
/* Where it is on its way: with a driver, not yet with one, completed. */
enum ntr_irp_state ntr_irp_state(const struct ntr_irp *p);
/* Its current location; NULL none. */
const struct ntr_irp_location *ntr_irp_current(const struct ntr_irp *p);
/* By what the completion of the request signals that object: "its UserEvent";
 * static. NULL: not that it is known. */
const char *ntr_irp_signals(struct ntr_target *t, const struct ntr_irp *p,
			    u64 object);
/* "IRP_MN_START_DEVICE" and the like, NULL where the major has none. */
const char *ntr_minor_name(u8 major, u8 minor);

/* Statuses of reading; BAD with text: there is no IRP. */
NTR_MUST enum ntr_st ntr_irp_read(struct ntr_target *t, u64 va,
				  struct ntr_irp *out, struct ntr_err *e);
/* The IRPs on a thread's list, in `entry`; see list.h. */
NTR_MUST enum ntr_st ntr_thread_irps(struct ntr_target *t,
				     const struct ntr_kthread *k,
				     struct ntr_list *out, struct ntr_err *e);

/* --- finding them ------------------------------------------------------------------ */

enum ntr_irp_from { NTR_IRP_THREAD, NTR_IRP_POOL };
/* False ends the search. */
typedef bool ntr_irp_fn(void *ctx, const struct ntr_irp *p,
			enum ntr_irp_from from);
struct ntr_irp_find {
	u64 threads;      /* whose lists were read */
	u64 damaged;      /* lists that are */
	u64 blocks;       /* with the tag of IRPs in nonpaged pool */
	u64 none;         /* of these: no IRP any more */
	bool stopped;
	char threads_why[160]; /* why not all threads could be asked; "" */
	char pool_why[160];    /* why pool could not be searched; "" */
};
/*
 * Every IRP once: first those of the threads of every process, then blocks of
 * nonpaged pool with the tag "Irp ".  p NULL: no pool.  Only NOMEM fails.
 */
NTR_MUST enum ntr_st ntr_irp_find(struct ntr_target *t, struct ntr_pool *p,
				  ntr_irp_fn *fn, void *ctx,
				  struct ntr_irp_find *out,
				  struct ntr_err *e);

#endif
