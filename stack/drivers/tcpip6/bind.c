// SPDX-License-Identifier: Apache-2.0
/*
 * The protocol as NDIS sees it.
 *
 * An adapter is bound in a work item of the critical queue.  A miniport may
 * answer a request from a work item of the same queue: a bind that waited for
 * the answer would hold the worker that the answer needs, and with many adapters
 * at once no worker is left (KB968597).  So nothing waits here: each answer asks
 * the next question, and the last one starts the interface.
 */
#include "ip6.h"

struct ndis_binding *ip6_enter(struct inet_iface *f)
{
	if (!f->b || f->disabled)
		return NULL;
	f->sending++;
	return f->b;
}

void ip6_leave(struct inet_iface *f)
{
	f->sending--;
}

/* --- the questions -------------------------------------------------------------------- */

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

static void take_answer(struct inet_iface *f, enum ndis_oid oid)
{
	u32 v = f->ask.value;

	if (oid == NDIS_OID_MAX_FRAME)
		f->frame = v < 65535 ? v : 65535;
	else if (oid == NDIS_OID_LINK_SPEED)
		f->bps_100 = v;
	else if (oid == NDIS_OID_OFFLOAD) /* segments are cut for IPv4 alone */
		f->offloads = v & ~(u32)NDIS_LSO;
}

/* false: the adapter is of no use. */
static bool answered(struct inet_iface *f)
{
	struct ip6_ask *k = &f->ask;
	const struct question *q = &questions[k->step];
	u32 want = q->oid == NDIS_OID_ADDRESS ? 6 : 4;
	bool ok = !ex_failed(k->r.status) && (q->set || k->r.written == want);

	if (ok && !q->set)
		take_answer(f, q->oid);
	if (ok && q->oid == NDIS_OID_MAX_FRAME)
		ok = f->frame >= IP6_MIN_MTU;
	k->step++;
	return ok || !q->needed;
}

static void ask_on(struct inet_iface *f, struct ndis_binding *b);

static void done(struct ndis_request *r, void *context)
{
	struct ndis_binding *b = context;
	struct inet_iface *f = ndis_binding_get(b);

	(void)r;
	if (f && answered(f))
		ask_on(f, b);
	else if (f)
		f->ask.busy = false;
}

static enum ex_status ask(struct inet_iface *f, struct ndis_binding *b)
{
	struct ip6_ask *k = &f->ask;
	const struct question *q = &questions[k->step];
	bool mac = q->oid == NDIS_OID_ADDRESS;

	k->value = q->set ? NDIS_FILTER_DIRECTED | NDIS_FILTER_MULTICAST : 0;
	k->r = (struct ndis_request){
		.set = q->set, .oid = q->oid,
		.buffer = mac ? (void *)f->mac : &k->value,
		.length = mac ? 6 : 4, .done = done, .context = b };
	return ndis_ask(b, &k->r);
}

/* Asks until one answer is to be waited for, or all are here. */
static void ask_on(struct inet_iface *f, struct ndis_binding *b)
{
	enum ex_status st;

	while (f->ask.step < QUESTIONS) {
		st = ask(f, b);
		if (st == EX_PENDING)
			return;      /* done() goes on */
		f->ask.r.status = st;
		if (!answered(f)) {
			f->ask.busy = false;
			return;
		}
	}
	f->ask.busy = false;
	iface_start(f, b);
}

/* --- binding --------------------------------------------------------------------------- */

static enum ex_status bind(struct ndis_binding *b, void *context)
{
	struct ip6 *ip = context;
	struct inet_iface *f = iface_for(
		ip, ndis_info(ndis_binding_adapter(b))->name);

	if (!f)
		return EX_INSUFFICIENT_RESOURCES;
	f->ask = (struct ip6_ask){ .busy = true };
	ndis_binding_set(b, f);
	ask_on(f, b);
	return EX_SUCCESS;
}

static void unbind(struct ndis_binding *b)
{
	struct inet_iface *f = ndis_binding_get(b);

	if (!f)
		return;
	while (f->ask.busy)
		ke_sleep(MILLI);
	ndis_binding_set(b, NULL);
	iface_stop(f);
}

static const struct ndis_protocol protocol = {
	.name = "TCPIP6", .ethertypes = { 0x86dd }, .bind = bind,
	.unbind = unbind, .receive_packet = iface_receive,
	.receive_complete = iface_receive_complete, .status = iface_status,
};

enum ex_status ip6_bind(struct ip6 *ip)
{
	return ndis_register(ip->x, &protocol, ip);
}

void ip6_unbind_all(struct ip6 *ip)
{
	ndis_deregister(ip->x, &protocol);
}
