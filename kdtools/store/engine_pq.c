// SPDX-License-Identifier: Apache-2.0
#include "engine.h"

enum ntr_st engine_pq_open(struct engine **out, const char *url, bool ro, struct ntr_err *e)
{
	(void)out;
	(void)url;
	(void)ro;
	return ntr_fail(e, NTR_UNSUP, "a PostgreSQL store cannot be opened by this build");
}
