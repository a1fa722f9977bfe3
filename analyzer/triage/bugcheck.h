// SPDX-License-Identifier: Apache-2.0
/*
 * What is known of every bug check: its name, the meaning of its parameters,
 * where the faulting context is, how to explain it and whom to blame.  The
 * knowledge is data (signatures/bugchecks/, docs/bugchecks.md); this is the
 * lookup.  Codes are sorted and unique; a pointer returned lives for ever.
 *
 * To add a bug check: a block in signatures/bugchecks/codes.txt.  To add a
 * kind of parameter: a row in NTR_PK_LIST and its text in explain.c.
 */
#ifndef NTR_BUGCHECK_H
#define NTR_BUGCHECK_H

#include "../base/ntr_types.h"

#define NTR_PK_LIST(X)                                                      \
	X(NONE) X(HEX) X(DEC) X(SIZE)                                       \
	X(ADDR)      /* address of data */                                  \
	X(CODE)      /* address of code */                                  \
	X(IRQL) X(STATUS)                                                   \
	X(ACCESS50)  /* read/write/execute, numbered by NT version */       \
	X(TRAP) X(CONTEXT) X(EXCREC)                                        \
	X(PROCESS) X(THREAD) X(DEVICE) X(DRIVER) X(IRP) X(OBJECT)           \
	X(ERESOURCE) X(MDL) X(PTE) X(PFN)                                   \
	X(USTR) X(WSTR) X(ASTR) /* UNICODE_STRING*, wide, char string */    \
	X(TAG)       /* pool tag, four characters */                        \
	X(ACPI)      /* ACPI name, four characters */                       \
	X(POOL)      /* a pool block, or its header */                      \
	X(COOKIE)    /* stack cookie; the next parameter is the right one */ \
	X(COMPL)     /* complement of the parameter before */               \
	X(FILELINE)  /* source file id << 16 | line */                      \
	X(MS) X(CPU)                                                        \
	X(CASE)      /* selects the case */                                 \
	X(ENUM)
enum ntr_pkind {
#define NTR_PK_ENUM_(n) NTR_PK_##n,
	NTR_PK_LIST(NTR_PK_ENUM_)
#undef NTR_PK_ENUM_
};

struct ntr_bc_param {
	u8 kind;             /* enum ntr_pkind; NONE: not described */
	u8 list;             /* which enum, for NTR_PK_ENUM */
	const char *meaning; /* NULL: none */
};

struct ntr_bc_case {
	u64 lo, hi;          /* of the subject parameter */
	const char *text;
	struct ntr_bc_param p[4]; /* replaces the code's where described */
};

enum ntr_ctx_how {
	NTR_CTX_NONE,
	NTR_CTX_CR,          /* CONTEXT at the parameter */
	NTR_CTX_ER,          /* EXCEPTION_RECORD at the parameter */
	NTR_CTX_TF,          /* KTRAP_FRAME at the parameter */
	NTR_CTX_STACK,       /* a trap frame somewhere on the stack */
	NTR_CTX_TSS,         /* the interrupted task of a double fault */
	NTR_CTX_CPU,         /* registers of the processor in the parameter */
};
struct ntr_bc_context {
	u8 how, param;       /* param 1..4, or 0 */
};

enum ntr_blame_mode {
	NTR_BM_FRAMES,       /* the stack, from the fault outwards */
	NTR_BM_PARAM,        /* the module at a parameter, then the stack */
	NTR_BM_UNLOADED,     /* the unloaded module at a parameter */
	NTR_BM_NAME,         /* the module a string parameter names */
	NTR_BM_OBJECTS,      /* the driver of an IRP, driver or device object */
	NTR_BM_HARDWARE, NTR_BM_MANUAL, NTR_BM_LIVE, NTR_BM_NONE,
	NTR_BM_HUNG,         /* frames of the processor that hangs */
};

struct ntr_bugcheck {
	u32 code;
	const char *name;
	struct ntr_bc_param p[4];
	struct ntr_bc_context context[4];
	u8 ncontext;
	u8 ip, fault, access, exception; /* parameter 1..4, 0 none */
	u8 subject;          /* parameter that selects the case */
	u8 mode;             /* enum ntr_blame_mode */
	u8 blame;            /* its parameter */
	bool low;            /* blame only with low confidence */
	const char *why;     /* about the blame; NULL none */
	const char *bucket, *avbucket; /* shapes; NULL default */
	const char *text;    /* explanation template; NULL none */
	u16 first_case, ncases;
};

size_t ntr_bugcheck_count(void);
const struct ntr_bugcheck *ntr_bugcheck_at(size_t i);
/* By normalised code; NULL unknown. */
const struct ntr_bugcheck *ntr_bugcheck_find(u32 code);
/* The case that the parameters select, or NULL. */
const struct ntr_bc_case *ntr_bugcheck_case(const struct ntr_bugcheck *b,
					    const u64 arg[4]);
/* Parameter n (1..4) as the case or the code describes it. Never NULL. */
const struct ntr_bc_param *ntr_bugcheck_param(const struct ntr_bugcheck *b,
					      const struct ntr_bc_case *c,
					      unsigned n);

/* The code to look up for a code as a dump header has it: small dumps mark
 * some with 0x10000000 ("_M"), others carry 0x40000000 or 0x80000000. */
u32 ntr_bugcheck_normalise(u32 raw);
/* Four printable characters: a mark that an imaging tool wrote in place of a
 * code. mark is the text as the bytes lie in the file. */
bool ntr_bugcheck_tool_mark(u32 raw, char mark[5]);
/* Bit 29: a code that a driver defined for itself. */
bool ntr_bugcheck_is_custom(u32 raw);

/* NTSTATUS or exception code; NULL unknown. words: "access violation". */
const char *ntr_nt_status_name(u32 status, const char **words);

/* What memory filled with about this value is; NULL: no known fill. */
const char *ntr_fill_words(u32 value);

/* Name of a value of enum number list, or NULL. */
const char *ntr_bc_enum_text(unsigned list, u64 value);
/* Number of the enum of that name, 0 none. */
unsigned ntr_bc_enum_number(const char *name);

#endif
