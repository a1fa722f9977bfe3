// SPDX-License-Identifier: Apache-2.0
#include "fileobj.h"

#include "device.h"
#include "priv.h"

#include <stdio.h>
#include <string.h>

#define IO_TYPE_FILE 5u

struct raw_file {
	u64 device, context, context2, buffer;
	u32 flags;
	u16 bytes;
};
static const struct ntr_member members[] = {
	NTR_MEMBER_OPT(raw_file, device, "DeviceObject"),
	NTR_MEMBER_OPT(raw_file, context, "FsContext"),
	NTR_MEMBER_OPT(raw_file, context2, "FsContext2"),
	NTR_MEMBER_OPT(raw_file, flags, "Flags"),
	NTR_MEMBER_OPT(raw_file, bytes, "FileName.Length"),
	NTR_MEMBER_OPT(raw_file, buffer, "FileName.Buffer"),
};
enum { HAS_FLAGS = 8, HAS_NAME = 0x30 };

enum ntr_st ntr_fileobj_read(const struct ntr_objects *o, u64 va,
			     struct ntr_fileobj *out, struct ntr_err *e)
{
	struct ntr_fileobj f = { .va = va };
	struct raw_file r = { 0 };
	struct ntr_object d;
	struct ntr_bound b;
	u32 have = 0;
	u16 type;
	enum ntr_st st;

	if (!ntr_kernel_va(o->t, va) || ntr_read_u16(o->t->mem, va, &type))
		return ntr_fail(e, NTR_FAULT, "file object 0x%" PRIx64 ": not "
				"in the dump", va);
	if (type != IO_TYPE_FILE)
		return ntr_fail(e, NTR_BAD, "0x%" PRIx64 ": type %u, that of a "
				"file object is 5", va, type);
	st = ntr_bind(&o->t->priv->types, "_FILE_OBJECT", members,
		      NTR_COUNT(members), &b, e);
	if (!st)
		st = ntr_bound_read(&b, o->t->mem, va, &r, &have, e);
	if (st)
		return st;
	f.device = r.device;
	f.context = r.context;
	f.context2 = r.context2;
	f.flags = r.flags;
	f.has_flags = have & HAS_FLAGS;
	if ((have & HAS_NAME) == HAS_NAME)
		ntr_kernel_string(o->t, r.buffer, r.bytes, f.name,
				  sizeof(f.name));
	if (f.device && ntr_object_read(o, f.device, &d, NULL) == NTR_OK)
		snprintf(f.device_name, sizeof(f.device_name), "%.63s", d.name);
	*out = f;
	return NTR_OK;
}
