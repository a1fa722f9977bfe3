// SPDX-License-Identifier: Apache-2.0
/* `ntriage results buckets`: correlate.h on the page. A new thing to say of a
 * bucket goes into both the text and the JSON of results_buckets.c. */
#ifndef NTR_CLI_RESULTS_BUCKETS_H
#define NTR_CLI_RESULTS_BUCKETS_H

#include "../store/correlate.h"
#include "cli.h"

/* At most `limit` buckets. Returns the exit code: 1 when there are none. */
int results_out_buckets(struct ntr_cli *c, const char *store,
			const struct correlate_result *r, size_t limit);

#endif
