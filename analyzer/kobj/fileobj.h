// SPDX-License-Identifier: Apache-2.0
/*
 * FILE_OBJECT: what an open file, pipe or connection is of.  Its layout is
 * that of wdm.h and has not moved.  To read more of it: a row in fileobj.c, a
 * field here, its lines in sym/nt_types.txt.
 */
#ifndef NTR_KOBJ_FILEOBJ_H
#define NTR_KOBJ_FILEOBJ_H

#include "object.h"

#define NTR_FILE_NAME 256u

struct ntr_fileobj {
	u64 va, device, context, context2; /* 0 none or unknown */
	u32 flags;
	bool has_flags;
	char name[NTR_FILE_NAME];  /* "" none, or unknown */
	char device_name[64];      /* of its device; "" none, or unknown */
};
/* BAD: there is none at va. */
NTR_MUST enum ntr_st ntr_fileobj_read(const struct ntr_objects *o, u64 va,
				      struct ntr_fileobj *out,
				      struct ntr_err *e);

#endif
