// SPDX-License-Identifier: Apache-2.0
#include "msf.h"

enum ntr_st ntr_msf_open_jg(struct ntr_msf *m, struct ntr_err *e)
{
	return ntr_fail(e, NTR_UNSUP, "%s: PDB 2.00", m->file->name);
}
