// SPDX-License-Identifier: Apache-2.0
/* The whole way of a dump: container, kernel, stack, verdict, hashes. */
#include "fuzz.h"
#include "triage/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What every verdict promises its readers. */
static void check(const struct ntr_verdict *v)
{
	const struct ntr_cycle *c = &v->overflow.cycle;

	if (c->found && c->first + c->period * c->count > v->stack.n)
		abort();
	if (v->blame.frame >= 0 && (size_t)v->blame.frame >= v->stack.n)
		abort();
	if (v->fault_frame >= 0 && (size_t)v->fault_frame >= v->stack.n)
		abort();
	for (size_t i = 0; i < v->blame.skipped.n; i++)
		if (v->blame.skipped.v[i].frame >= v->stack.n ||
		    !v->blame.skipped.v[i].reason)
			abort();
	if (v->bucket.id && strlen(v->bucket.hash) != 36)
		abort();
	if (v->has_bugcheck && !v->explanation)
		abort();
	if (v->blame.module && !v->tool_mark && !v->blame.confidence)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ntr_dump *d = NULL;
	struct ntr_target *t = NULL;
	struct ntr_verdict *v = NULL;
	char path[64];
	int fd = ntr_fuzz_fd(data, size);

	if (fd < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (ntr_dump_open(&d, path, NULL, NULL) == NTR_OK &&
	    ntr_target_open(&t, d, NULL) == NTR_OK &&
	    ntr_verdict_make(&v, t, NULL) == NTR_OK)
		check(v);
	ntr_verdict_free(v);
	ntr_target_close(t);
	ntr_dump_close(d);
	close(fd);
	return 0;
}
