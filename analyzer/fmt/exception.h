// SPDX-License-Identifier: Apache-2.0
/*
 * The exception record a dump carries (dump.h: d->exception), decoded.  NT
 * writes it in the width of the machine, a user minidump always in 64 bits;
 * the length of the record tells which.  Only
 * the first nparams parameters mean anything.  Source: EXCEPTION_RECORD32/64
 * of the public SDK headers.
 */
#ifndef NTR_EXCEPTION_H
#define NTR_EXCEPTION_H

#include "dump.h"

#define NTR_EXCEPTION_PARAMS 15

struct ntr_exception {
	u32 code, flags;
	u64 record, address;
	u32 nparams;
	u64 param[NTR_EXCEPTION_PARAMS];
};

/* ABSENT when the dump has none (or only header filler); BAD, IO. */
NTR_MUST enum ntr_st ntr_dump_exception(struct ntr_dump *d,
					struct ntr_exception *out,
					struct ntr_err *e);

#endif
