// SPDX-License-Identifier: Apache-2.0
/* An adapter whose other end is the host program: packet scripts, captures. */
#include "../ndis/gate.h"
#include "nic.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct waiting {
	struct waiting *next;
	u32 n;
	u8 bytes[];
};

struct nic_wire {
	struct ex *x;                /* never changes, as the next two */
	void (*out)(void *ctx, const u8 *frame, u32 n, u64 when);
	void *ctx;
	struct gate gate;
	struct ndis_adapter *adapter; /* who is in the gate has it */
	struct ke_latch latch;
	struct waiting *head, *tail; /* under it */
	struct ke_dpc dpc;
	pthread_mutex_t sending;     /* of host threads */
	u8 *flat;                    /* a frame on its way out: under it */
	u32 room;
};

static struct waiting *next_waiting(struct nic_wire *w)
{
	struct waiting *f = NULL;

	ke_latch(&w->latch);
	if (!gate_is_shut(&w->gate))
		f = w->head;
	if (f) {
		w->head = f->next;
		if (!w->head)
			w->tail = NULL;
	}
	ke_unlatch(&w->latch);
	return f;
}

static void deliver(void *context, void *a, void *b)
{
	struct nic_wire *w = context;
	struct waiting *f;

	(void)a;
	(void)b;
	if (!gate_enter(&w->gate))
		return;
	while ((f = next_waiting(w))) {
		struct ndis_packet *p = ndis_packet_new(w->x, 0, f->n);

		if (p) {
			memcpy(p->head->data, f->bytes, f->n);
			p->when = ex_now(w->x);
			ndis_indicate_packet(w->adapter, p);
		}
		free(f);
	}
	ndis_indicate_complete(w->adapter);
	gate_leave(&w->gate);
}

static void enqueue(struct nic_wire *w, struct waiting *f)
{
	ke_latch(&w->latch);
	if (w->tail)
		w->tail->next = f;
	else
		w->head = f;
	w->tail = f;
	ke_unlatch(&w->latch);
}

bool nic_wire_inject(struct nic_wire *w, const void *frame, u32 n)
{
	struct waiting *f;

	if (!n || !gate_enter(&w->gate))
		return false;
	f = malloc(sizeof(*f) + n);
	if (f) {
		f->next = NULL;
		f->n = n;
		memcpy(f->bytes, frame, n);
		enqueue(w, f);
		(void)ex_interrupt(w->x, &w->dpc, NULL, NULL);
	}
	gate_leave(&w->gate);
	return f;
}

struct outgoing {
	struct nic_wire *w;
	const struct ndis_packet *p;
	u64 when;
	bool sent;
};

/* The whole frame in one run; false: no memory. */
static bool flatten(struct nic_wire *w, const struct ndis_packet *p)
{
	if (p->length > w->room) {
		u8 *more = realloc(w->flat, p->length);

		if (!more)
			return false;
		w->flat = more;
		w->room = p->length;
	}
	(void)ndis_packet_copy(p, 0, w->flat, p->length);
	return true;
}

static void on_host(void *ctx)
{
	struct outgoing *o = ctx;
	struct nic_wire *w = o->w;

	pthread_mutex_lock(&w->sending);
	o->sent = flatten(w, o->p);
	if (o->sent)
		w->out(w->ctx, w->flat, o->p->length, o->when);
	pthread_mutex_unlock(&w->sending);
}

static enum ex_status send(struct ndis_adapter *a, struct ndis_packet *p)
{
	struct nic_wire *w = ndis_context(a);
	struct outgoing o = { w, p, ex_now(w->x), true };

	if (w->out)
		ex_on_host(on_host, &o);
	return o.sent ? EX_SUCCESS : EX_INSUFFICIENT_RESOURCES;
}

static enum ex_status request(struct ndis_adapter *a, struct ndis_request *r)
{
	return ndis_answer(a, r);
}

static void halt(struct ndis_adapter *a)
{
	struct nic_wire *w = ndis_context(a);

	gate_shut(&w->gate);
	(void)ke_dpc_remove(&w->dpc);
	KE_SET(&w->adapter, NULL);
}

static const struct ndis_miniport miniport = {
	.name = "wire", .send = send, .request = request, .halt = halt,
};

struct nic_wire *nic_wire_new(struct ex *x, const struct ndis_adapter_info *i,
			      void (*out)(void *ctx, const u8 *frame, u32 n,
					  u64 when), void *ctx)
{
	struct nic_wire *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->x = x;
	w->out = out;
	w->ctx = ctx;
	ke_dpc_init(&w->dpc, deliver, w);
	w->dpc.target = 0;
	pthread_mutex_init(&w->sending, NULL);
	KE_SET(&w->adapter, ndis_add(x, &miniport, i, w));
	if (w->adapter)
		return w;
	nic_wire_free(w);
	return NULL;
}

void nic_wire_free(struct nic_wire *w)
{
	if (!w)
		return;
	while (w->head) {
		struct waiting *f = w->head;

		w->head = f->next;
		free(f);
	}
	pthread_mutex_destroy(&w->sending);
	free(w->flat);
	free(w);
}

struct ndis_adapter *nic_wire_adapter(struct nic_wire *w)
{
	return KE_GET(&w->adapter);
}
