// SPDX-License-Identifier: Apache-2.0
/*
 * What an adapter is asked when a family is bound to it, without waiting.
 *
 * A bind is a work item of the critical queue, and a miniport may answer a request
 * from a work item of the same queue: a bind that waited for the answer would
 * hold the worker that the answer needs, and with many adapters at once no worker
 * is left (KB968597).  So nothing waits here: each answer asks the next question,
 * in whatever thread it comes, and behind the last one ready() is called.
 *
 * Invariant: while busy, the binding and the query stay, and are the answering
 * CPU's alone (there is one question at a time); an unbind waits for its end.
 * ready() is called once, at DISPATCH or below; ok false: the adapter is of no use.
 *
 * To ask for more: a row of questions in adapter.c, and where its answer goes.
 */
#ifndef INET_ADAPTER_H
#define INET_ADAPTER_H

#include "inet.h"

struct inet_query {
	/* the family's */
	u32 filter, least_frame;
	void (*ready)(struct inet_query *q, bool ok);
	struct ndis_binding *b;
	/* the answers */
	u8 mac[6];
	u32 frame, bps_100, offloads;
	/* adapter.c's */
	struct ndis_request r;
	u32 step, value;
	bool busy;                   /* an answer is still to come: a word */
};

/* Its first four fields are set, all else is zero. */
void inet_query_adapter(struct inet_query *q);

#endif
