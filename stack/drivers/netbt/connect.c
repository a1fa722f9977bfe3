// SPDX-License-Identifier: Apache-2.0
/* Calling: RFC 1002 5.3.2, in a thread of its own, as it waits. */
#include "netbt.h"

#include <string.h>

#define RETRIES 4u                   /* RFC 1002 6: SSN_RETRY_COUNT */
#define ANSWER_NS (10 * NBT_SECOND)
#define PORT 139u

struct calling {
	struct nbt_connection *c;
	struct irp *irp;
	struct tdi_request *r;
	u8 ip[4];
	u16 port;
};

static void ask(struct nbt_lower *l, const struct calling *k)
{
	u8 b[NBT_HEADER + 2 * NBT_ENCODED];

	nbt_header(b, NBT_REQUEST, 2 * NBT_ENCODED);
	nbt_name_encode(k->r->remote.netbios, b + NBT_HEADER);
	nbt_name_encode(k->c->address->name->name,
			b + NBT_HEADER + NBT_ENCODED);
	nbt_lower_send(l, b, sizeof(b), false);
}

/* One attempt. MORE_PROCESSING_REQUIRED: to somebody else. */
static enum ex_status attempt(struct calling *k, struct nbt_lower *l)
{
	struct tdi_request r = { .remote = { .family = 4, .port = k->port },
				 .timeout_ns = k->r->timeout_ns };
	enum ex_status st;

	memcpy(r.remote.ip, k->ip, 4);
	l->peer = r.remote;
	st = tdi_call(l->tcp, TDI_CONNECT, &r);
	if (ex_failed(st))
		return st;
	ask(l, k);
	st = ke_wait(&l->answer, ANSWER_NS);
	if (st == EX_TIMEOUT)
		return EX_IO_TIMEOUT;
	switch (KE_GET(&l->answer_type)) {
	case NBT_POSITIVE:
		return EX_SUCCESS;
	case NBT_RETARGET:
		memcpy(k->ip, l->retarget, 4);
		k->port = nbt_get16(l->retarget + 4);
		return k->port && nbt_is_host(k->ip) ?
			       EX_MORE_PROCESSING_REQUIRED :
			       EX_CONNECTION_REFUSED;
	case NBT_NEGATIVE:
		return EX_CONNECTION_REFUSED;
	default:
		return EX_CONNECTION_RESET;
	}
}

static enum ex_status call(struct calling *k)
{
	struct nbt_connection *c = k->c;
	enum ex_status st = EX_CONNECTION_REFUSED;
	struct nbt_lower *l;

	for (u32 i = 0; i < RETRIES && !KE_GET(&c->closing); i++) {
		st = nbt_lower_open(c->nb, c, &l);
		if (ex_failed(st))
			return st;
		nbt_set_lower(c, l);
		st = attempt(k, l);
		if (st == EX_SUCCESS && !KE_GET(&c->closing))
			return st;
		nbt_set_lower(c, NULL);
		if (KE_GET(&l->answer_type) && !KE_GET(&l->dead))
			nbt_lower_end(l);
		else
			nbt_lower_close(l);
		if (st != EX_MORE_PROCESSING_REQUIRED)
			break;
	}
	if (KE_GET(&c->closing))
		return EX_CANCELLED;
	return st == EX_MORE_PROCESSING_REQUIRED ? EX_CONNECTION_REFUSED : st;
}

static void thread(void *context)
{
	struct calling k = *(struct calling *)context;
	struct nbt *nb = k.c->nb;
	enum ex_status st = EX_SUCCESS;
	static const u8 none[4];

	ex_free_pool(nb->x, context, TAG_OP);
	memcpy(k.ip, k.r->remote.ip, 4);
	k.port = k.r->remote.port ? k.r->remote.port : PORT;
	if (!memcmp(k.ip, none, 4))
		st = nbt_resolve(nb, k.r->remote.netbios, k.ip);
	if (!ex_failed(st))
		st = call(&k);
	KE_SET(&k.c->connecting, false);
	io_complete(k.irp, st, 0);
	nbt_connection_put(k.c);
	(void)KE_ADD(&nb->threads, -1u);
}

static bool begin(struct nbt_connection *c)
{
	struct nbt *nb = c->nb;
	enum ke_irql before = ke_lock(&nb->lock);
	bool ok = c->address && !c->lower && !c->listen && !c->connecting &&
		  !c->closing && !nb->stopping;

	if (ok) {
		KE_SET(&c->connecting, true);
		(void)KE_ADD(&c->refs, 1u);
		(void)KE_ADD(&nb->threads, 1u);
	}
	ke_unlock(&nb->lock, before);
	return ok;
}

static void give_up(struct nbt_connection *c)
{
	struct nbt *nb = c->nb;

	KE_SET(&c->connecting, false);
	nbt_connection_put(c);
	(void)KE_ADD(&nb->threads, -1u);
}

enum ex_status nbt_connect(struct nbt_connection *c, struct irp *irp,
			   struct tdi_request *r)
{
	struct nbt *nb = c->nb;
	struct calling *k;
	struct ke_thread *t;

	if (!begin(c))
		return EX_INVALID_CONNECTION;
	k = ex_alloc(nb->x, EX_NONPAGED, sizeof(*k), TAG_OP);
	if (!k) {
		give_up(c);
		return EX_INSUFFICIENT_RESOURCES;
	}
	*k = (struct calling){ .c = c, .irp = irp, .r = r };
	io_pending(irp);
	t = ke_thread_create(nb->x, "netbt call", 8, thread, k);
	if (t) {
		ke_thread_put(t);
		return EX_PENDING;
	}
	ex_free_pool(nb->x, k, TAG_OP);
	give_up(c);
	return EX_INSUFFICIENT_RESOURCES;
}
