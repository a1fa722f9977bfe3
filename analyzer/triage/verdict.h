// SPDX-License-Identifier: Apache-2.0
/*
 * The verdict: one struct that analyze, scan, the TUI, reports and JSON all
 * show (schema: docs/verdict.schema.json, "ntriage.verdict/1").  It is made
 * from a target and owns nothing but its arena; pointers into the target
 * stay valid as long as the target.
 *
 * Absent is not zero: every group has a flag or a NULL that says so.  To add to
 * it: a field here, a step in triage.h, report.c and report_json.c, the schema.
 */
#ifndef NTR_VERDICT_H
#define NTR_VERDICT_H

#include "../kobj/target.h"
#include "../unw/unw.h"

struct ntr_vframe {
	struct ntr_frame f;
	const struct ntr_module *module;              /* NULL none */
	const struct ntr_unloaded_module *unloaded;   /* NULL none */
	u64 offset;               /* from module base */
	const char *function;     /* NULL: no symbol */
	u64 displacement;         /* from function */
	bool export;              /* function is but the export before it:
				     shown, not blamed, not in the bucket */
	const char *file;         /* source file; NULL unknown */
	u32 line;                 /* valid with file */
};

/* A repeating run of frames: frames [first, first + period*count), all of
 * them in the stack. */
struct ntr_cycle {
	bool found;
	size_t first, period, count;
	u64 bytes;                /* of stack */
	const char *text;         /* "tcpip+0x1c -> tcpip+0x40" */
};

struct ntr_overflow {
	bool checked;             /* limits and sp were known */
	bool proven;
	const char *reason;       /* how it was proven, or why it was not */
	u64 sp, limit, base, size, used;
	const char *memory;       /* what of the stack in use the dump holds,
				     when suspected; NULL: all, or unknown */
	struct ntr_cycle cycle;
};

enum ntr_blame_class {
	NTR_BLAME_SKIP,           /* bug-check and trap plumbing of the kernel */
	NTR_BLAME_PLUMBING,       /* frameworks that run others' code */
	NTR_BLAME_OS,             /* the operating system itself */
	NTR_BLAME_DEFINITE,       /* anything else: a driver */
	NTR_BLAME_NONE,
};
const char *ntr_blame_class_name(enum ntr_blame_class c);

struct ntr_skipped {
	size_t frame;
	const char *reason;
};

struct ntr_blame {
	const char *module;       /* "amdppm", "Unknown_Module"; NULL: none */
	const char *image;        /* "amdppm.sys", or NULL */
	const char *function;     /* NULL without a symbol */
	u64 offset;               /* in module or function */
	int frame;                /* index in stack, -1: not from a frame */
	enum ntr_blame_class cls;
	const char *confidence;   /* "high" | "medium" | "low" */
	const char *reason;
	struct { NTR_VEC(struct ntr_skipped); } skipped;
};

struct ntr_bucket {
	const char *id;           /* FAILURE_BUCKET_ID shape */
	char hash[37];            /* GUID of MD5("km:" + lower(id)) */
	char mod[41], mod_func[41], mod_func_offset[41]; /* SHA-1; "" none */
	const char *algorithm;    /* "ntriage-bucket/1" */
};

struct ntr_param_text {
	const char *meaning;      /* "address referenced"; NULL unknown */
	const char *value;        /* decoded: "nt+0x1234", "read", …; or NULL */
};

/* An exception, from a record or from the parameters. */
struct ntr_exc {
	bool has_code, has_address, has_access;
	u32 code;
	u64 address;              /* of the instruction */
	u64 access;               /* 0 read, 1 write, 8 execute */
	u64 data;                 /* address accessed; valid with has_access */
};

struct ntr_hang;
struct ntr_pool_judgement;

struct ntr_verdict {
	struct ntr_target *t;
	bool has_bugcheck;
	u32 code;                 /* normalised */
	u32 code_raw;             /* as in the header */
	const char *name;         /* "IRQL_NOT_LESS_OR_EQUAL"; NULL unknown */
	u64 arg[4];
	struct ntr_param_text param[4];
	const char *explanation;  /* one plain sentence */
	const char *tool_mark;    /* the code is no bug check but the mark of an
				     imaging tool ("MATT"); NULL otherwise */
	const char *note;         /* about the blame of this bug check, or NULL */

	bool has_regs;
	struct ntr_regs regs;     /* the context the stack starts from */
	const char *context_source; /* "context in data block", "TSS", … */
	u64 trap_frame;           /* VA, 0 none */
	bool has_fault;
	struct ntr_regs fault;    /* the code that faulted; may equal regs */
	const char *fault_source; /* "trap frame at 0x…", "parameter 4", … */
	int fault_frame;          /* its index in stack, -1: not in it */
	struct ntr_exc exc;       /* the exception, as far as known */
	struct { NTR_VEC(struct ntr_vframe); } stack;
	enum ntr_unw_stop stop;
	struct ntr_overflow overflow;
	struct ntr_blame blame;
	struct ntr_bucket bucket;
	const char *single_bit;   /* hardware hint, or NULL */
	const struct ntr_hang *hang; /* hang.h; NULL: not asked for. The
				     caller sets and owns it */
	bool determined;          /* exit code 0 rather than 1 */
	bool want_trace;
	struct ntr_a64_trap a64_trap; /* for the unwinder */
	struct { NTR_VEC(const char *); } unwind_trace; /* see below */
	const struct ntr_pool_judgement *pool; /* NULL: not asked for; borrowed,
						  see pooljudge.h */
	struct ntr_arena arena;
};

NTR_MUST enum ntr_st ntr_verdict_make(struct ntr_verdict **out,
				      struct ntr_target *t, struct ntr_err *e);
/* The same; with unwind_trace every step of the unwinder leaves a line in
 * v->unwind_trace: what was tried, why it was taken or passed over. */
NTR_MUST enum ntr_st ntr_verdict_make_with(struct ntr_verdict **out,
					   struct ntr_target *t,
					   bool unwind_trace,
					   struct ntr_err *e);
void ntr_verdict_free(struct ntr_verdict *v);

/* Parts, for tests. ------------------------------------------------- */
/* GUID text of a failure bucket id, as WinDbg prints it. */
void ntr_failure_hash(const char *bucket_id, char out[37]);

struct ntr_hash_frame {
	const char *module, *function; /* function NULL: no symbol */
	u64 displacement;
};
void ntr_stack_hashes(const struct ntr_hash_frame *f, size_t n, char mod[41],
		      char mod_func[41], char mod_func_offset[41]);

/* Find the best repeating cycle in return addresses (innermost first). */
bool ntr_find_cycle(const u64 *ip, const u64 *sp, size_t n,
		    struct ntr_cycle *out);

#endif
