// SPDX-License-Identifier: Apache-2.0
#include "engine.h"

enum ntr_st engine_do(struct engine *g, enum sql_id id,
		      const struct sql_val *v, size_t n, s64 *first,
		      struct ntr_err *e)
{
	struct sql_val got = { .kind = SQL_NULL };
	struct sql_cur *c;
	bool some = false;
	enum ntr_st st = g->ops->run(g, &c, id, NULL, v, n, e);

	if (st)
		return st;
	while (!(st = g->ops->step(c, e))) {
		if (!some && first)
			g->ops->col(c, 0, &got);
		some = true;
	}
	g->ops->done(c);
	if (st != NTR_END)
		return st;
	if (first)
		*first = got.i;
	return NTR_OK;
}
