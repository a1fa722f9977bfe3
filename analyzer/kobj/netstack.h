// SPDX-License-Identifier: Apache-2.0
/*
 * The network stack, from what needs no private types: drivers and their
 * devices, requests that are with them, file objects on them, and what is about
 * to run, runs or waits in their code.
 *
 * A driver belongs to a part of the stack by the image its code lies in; only
 * where that is not known by its name in the object directory, and `by_name`
 * says so.  A driver of network cards is one that has a device of that type.
 * Nothing here is guessed from an address alone, every walk is bounded, and
 * each list has a `why` for what it may lack.
 *
 * To add a driver to a part: a row of the tables in netstack.c.
 */
#ifndef NTR_KOBJ_NETSTACK_H
#define NTR_KOBJ_NETSTACK_H

#include "irp.h"

struct ntr_objects;

#define NTR_NET_MAX_DRIVERS 1024u
#define NTR_NET_MAX_DEVICES 16384u
#define NTR_NET_MAX_LOOKED 65536u /* devices looked at to find cards */
#define NTR_NET_MAX_IRPS 65536u
#define NTR_NET_MAX_FILES 65536u
#define NTR_NET_MAX_RUNS 65536u   /* work items, DPCs and threads */
#define NTR_NET_MAX_STACKS 8192u  /* threads whose stacks are walked */
#define NTR_NET_FRAMES 48u

#define NTR_NET_PARTS(X)                                                   \
	X(NDIS, "ndis")           /* the library of the card drivers */    \
	X(TCPIP, "tcpip")         /* TCP/IP, of both versions */           \
	X(TRANSPORT, "transport") /* other transports: NBF, IPX, … */      \
	X(NETBT, "netbt")         /* NetBIOS over TCP/IP */                \
	X(AFD, "afd")             /* sockets */                            \
	X(CARD, "card")           /* network cards */
enum ntr_net_part {
#define NTR_NET_PART_ENUM(n, t) NTR_NET_##n,
	NTR_NET_PARTS(NTR_NET_PART_ENUM)
#undef NTR_NET_PART_ENUM
	NTR_NET_NPARTS, /* none of them */
};
const char *ntr_net_part_name(enum ntr_net_part p);
/* "tcpip.sys", case ignored; NTR_NET_NPARTS: of no part. */
enum ntr_net_part ntr_net_image_part(const char *image);

/* What led to an object. */
enum ntr_net_from { NTR_NET_DIRECTORY, NTR_NET_IRP, NTR_NET_POOL };
const char *ntr_net_from_name(enum ntr_net_from f);

struct ntr_net_driver {
	u64 va;
	char name[128];                  /* "\Driver\Tcpip", "" unknown */
	enum ntr_net_part part;
	const struct ntr_module *module; /* of its image, NULL unknown */
	bool by_name;                    /* its part: only by its name */
	enum ntr_net_from from;
	u32 ndevices;
	char why[160];                   /* why devices may lack; "" */
};

struct ntr_net_device {
	u64 va, driver;
	enum ntr_net_part part;
	u32 type;
	bool has_type;
	char name[128];    /* "\Device\Tcp"; "" none or unknown */
	enum ntr_net_from from;
};
/* A device whose type is that of a network card. */
bool ntr_net_is_card(const struct ntr_net_device *d);

/* A request whose current location is for one of the devices. */
struct ntr_net_irp {
	u64 va, device, thread, file;
	enum ntr_net_part part;
	u8 major, minor;
	bool pending, cancelled;
	enum ntr_irp_from from;
	bool has_thread;   /* the three below are known */
	bool waits;        /* the thread is blocked, for `waited` */
	u64 waited;        /* 100 ns: IRPs have no time of their own */
	char process[64];  /* "" unknown */
};
/* The name of its request: TDI's, else the major function's; NULL. */
const char *ntr_net_irp_name(const struct ntr_net_irp *p);

enum ntr_net_file_kind { NTR_NF_UNKNOWN, NTR_NF_ADDRESS, NTR_NF_CONNECTION,
			 NTR_NF_CONTROL, NTR_NF_ENDPOINT };
const char *ntr_net_file_kind_name(enum ntr_net_file_kind k);
struct ntr_net_file {
	u64 va, device, context, context2;
	enum ntr_net_part part;
	enum ntr_net_file_kind kind;
	enum ntr_net_from from;
	char name[128];    /* "\Endpoint"; "" none */
};

enum ntr_net_run_kind { NTR_NR_WORK, NTR_NR_DPC, NTR_NR_THREAD };
const char *ntr_net_run_kind_name(enum ntr_net_run_kind k);
/* Code of the stack that is queued, or that a thread's stack holds. */
struct ntr_net_run {
	enum ntr_net_run_kind kind;
	enum ntr_net_part part;
	u64 va;            /* of the work item, the DPC or the thread */
	u64 at;            /* routine, or the innermost such frame */
	u64 parameter;     /* of a work item or a DPC */
	const char *queue; /* of a work item; static, NULL unnamed */
	u32 cpu;           /* of a DPC */
	u32 frame;         /* of a thread: number of that frame */
	enum ntr_trust trust; /* of it: a scanned one may be an old one */
	bool blocked, has_waited;
	u64 waited;        /* of a blocked thread, 100 ns */
	char process[64];
};

struct ntr_net {
	struct ntr_target *t; /* borrowed */
	struct { NTR_VEC(struct ntr_net_driver); } drivers;
	struct { NTR_VEC(struct ntr_net_device); } devices; /* by address */
	struct { NTR_VEC(struct ntr_net_irp); } irps;
	struct { NTR_VEC(struct ntr_net_file); } files;
	struct { NTR_VEC(struct ntr_net_run); } runs;
	u64 looked;           /* at devices, to find cards */
	u64 irps_seen;        /* all that were found, of any driver */
	u8 *parts;            /* of t->modules, by index */
	struct ntr_objects *objects; /* for names; NULL: none can be told */
	char drivers_why[200], irps_why[200], files_why[200], work_why[200],
		dpcs_why[200], threads_why[200]; /* "" nothing lacks */
};

/* p NULL: no pool is searched. Only NOMEM and ABSENT (no NT) fail. */
NTR_MUST enum ntr_st ntr_net_read(struct ntr_target *t, struct ntr_pool *p,
				  struct ntr_net *out, struct ntr_err *e);
void ntr_net_fini(struct ntr_net *n);

const struct ntr_net_device *ntr_net_device_at(const struct ntr_net *n, u64 va);
const struct ntr_net_driver *ntr_net_driver_at(const struct ntr_net *n, u64 va);

/* --- between its files ------------------------------------------------------- */

/* The device at va if it is one of the stack, found now if need be. NULL: it is
 * none; or memory was short, and *lost is set. */
const struct ntr_net_device *ntr_net_resolve(struct ntr_net *n, u64 va,
					     enum ntr_net_from from,
					     bool *lost);
/* The part that code belongs to. */
enum ntr_net_part ntr_net_code_part(const struct ntr_net *n, u64 va);
/* net_io.c, net_run.c: NOMEM only. */
NTR_MUST enum ntr_st ntr_net_io(struct ntr_net *n, struct ntr_pool *p);
NTR_MUST enum ntr_st ntr_net_runs(struct ntr_net *n);

#endif
