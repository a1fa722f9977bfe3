// SPDX-License-Identifier: Apache-2.0
/* Questions to an adapter, one after the other (adapter.h says why). */
#include "adapter.h"

static const struct question {
	enum ndis_oid oid;
	bool set, needed;
} questions[] = {
	{ NDIS_OID_MAX_FRAME, false, true },
	{ NDIS_OID_ADDRESS, false, true },
	{ NDIS_OID_LINK_SPEED, false, false },
	{ NDIS_OID_OFFLOAD, false, false },
	{ NDIS_OID_FILTER, true, true },
};
#define QUESTIONS (sizeof(questions) / sizeof(*questions))

static void take_answer(struct inet_query *q, enum ndis_oid oid)
{
	if (oid == NDIS_OID_MAX_FRAME)
		q->frame = q->value < 65535 ? q->value : 65535;
	else if (oid == NDIS_OID_LINK_SPEED)
		q->bps_100 = q->value;
	else if (oid == NDIS_OID_OFFLOAD)
		q->offloads = q->value;
}

/* false: the adapter is of no use. */
static bool answered(struct inet_query *q)
{
	const struct question *k = &questions[q->step++];
	u32 want = k->oid == NDIS_OID_ADDRESS ? 6 : 4;
	bool ok = !ex_failed(q->r.status) && (k->set || q->r.written == want);

	if (ok && !k->set)
		take_answer(q, k->oid);
	if (ok && k->oid == NDIS_OID_MAX_FRAME)
		ok = q->frame >= q->least_frame;
	return ok || !k->needed;
}

static void finish(struct inet_query *q, bool ok)
{
	q->ready(q, ok);
	KE_SET(&q->busy, false);     /* the last that is seen of q */
}

static void ask_on(struct inet_query *q);

static void done(struct ndis_request *r, void *context)
{
	struct inet_query *q = context;

	(void)r;
	if (answered(q))
		ask_on(q);
	else
		finish(q, false);
}

static enum ex_status ask(struct inet_query *q)
{
	const struct question *k = &questions[q->step];
	bool mac = k->oid == NDIS_OID_ADDRESS;

	q->value = k->set ? q->filter : 0;
	q->r = (struct ndis_request){
		.set = k->set, .oid = k->oid,
		.buffer = mac ? (void *)q->mac : &q->value,
		.length = mac ? 6 : 4, .done = done, .context = q };
	return ndis_ask(q->b, &q->r);
}

/* Asks until one answer is to be waited for, or all are here. */
static void ask_on(struct inet_query *q)
{
	enum ex_status st;

	while (q->step < QUESTIONS) {
		st = ask(q);
		if (st == EX_PENDING)
			return;      /* done() goes on */
		q->r.status = st;
		if (!answered(q)) {
			finish(q, false);
			return;
		}
	}
	finish(q, true);
}

void inet_query_adapter(struct inet_query *q)
{
	q->busy = true;
	ask_on(q);
}
