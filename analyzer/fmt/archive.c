// SPDX-License-Identifier: Apache-2.0
#include "archive.h"

enum ntr_st ntr_archive_open(struct ntr_file *in, u64 max_unpacked,
			     struct ntr_arena *arena, struct ntr_unpacked *out,
			     struct ntr_err *e)
{
	(void)max_unpacked, (void)arena, (void)out;
	return ntr_fail(e, NTR_UNSUP, "%s: not an archive", in->name);
}
