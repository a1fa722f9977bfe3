// SPDX-License-Identifier: Apache-2.0
#include "exception.h"

#include "../base/record.h"

#define REC32_FIELDS(S, A, r, z)    \
	S(r, z, u32, code, 0x00)    \
	S(r, z, u32, flags, 0x04)   \
	S(r, z, u32, record, 0x08)  \
	S(r, z, u32, address, 0x0c) \
	S(r, z, u32, nparams, 0x10) \
	A(r, z, u32, param, 0x14, NTR_EXCEPTION_PARAMS)
NTR_RECORD(exception32, 0x50, REC32_FIELDS)

#define REC64_FIELDS(S, A, r, z)    \
	S(r, z, u32, code, 0x00)    \
	S(r, z, u32, flags, 0x04)   \
	S(r, z, u64, record, 0x08)  \
	S(r, z, u64, address, 0x10) \
	S(r, z, u32, nparams, 0x18) \
	A(r, z, u64, param, 0x20, NTR_EXCEPTION_PARAMS)
NTR_RECORD(exception64, 0x98, REC64_FIELDS)

#define FILLER 0x45474150u /* "PAGE": the header field was never written */

static void from32(struct ntr_exception *x, struct ntr_bin *b)
{
	struct ntr_exception32 r;

	ntr_exception32_decode(&r, b);
	*x = (struct ntr_exception){ .code = r.code, .flags = r.flags,
				     .record = r.record, .address = r.address,
				     .nparams = r.nparams };
	for (unsigned i = 0; i < NTR_EXCEPTION_PARAMS; i++)
		x->param[i] = r.param[i];
}

static void from64(struct ntr_exception *x, struct ntr_bin *b)
{
	struct ntr_exception64 r;

	ntr_exception64_decode(&r, b);
	*x = (struct ntr_exception){ .code = r.code, .flags = r.flags,
				     .record = r.record, .address = r.address,
				     .nparams = r.nparams };
	for (unsigned i = 0; i < NTR_EXCEPTION_PARAMS; i++)
		x->param[i] = r.param[i];
}

enum ntr_st ntr_dump_exception(struct ntr_dump *d, struct ntr_exception *out,
			       struct ntr_err *e)
{
	struct ntr_exception x;
	struct ntr_bin b;
	bool wide = d->exception.len >= ntr_exception64_size;
	enum ntr_st st;

	if (d->exception.len < ntr_exception32_size)
		return ntr_fail(e, NTR_ABSENT, "no exception record");
	st = ntr_dump_load(d, d->exception.off, wide ? ntr_exception64_size :
			   ntr_exception32_size, "exception record", &b, e);
	if (st)
		return st;
	if (wide)
		from64(&x, &b);
	else
		from32(&x, &b);
	st = ntr_bin_done(&b, e);
	if (st)
		return st;
	if (!x.code || x.code == FILLER)
		return ntr_fail(e, NTR_ABSENT, "no exception record");
	if (x.nparams > NTR_EXCEPTION_PARAMS)
		return ntr_fail(e, NTR_BAD, "%s+0x%" PRIx64 ": exception "
				"record: %" PRIu32 " parameters, at most %d",
				d->file->name, d->exception.off, x.nparams,
				NTR_EXCEPTION_PARAMS);
	*out = x;
	return NTR_OK;
}
