// SPDX-License-Identifier: Apache-2.0
/* An adapter whose other end is the host program: packet scripts, captures. */
#include "nic.h"

#include <stdlib.h>
#include <string.h>

struct waiting {
	struct waiting *next;
	u32 n;
	u8 bytes[];
};

struct nic_wire {
	struct ndis_adapter *adapter;
	void (*out)(void *ctx, const u8 *frame, u32 n, u64 when);
	void *ctx;
	struct waiting *head, *tail;
	struct ke_dpc dpc;
	bool inside, halting;
	u8 *flat;                    /* a frame on its way out */
	u32 room;
};

static void deliver(void *context, void *a, void *b)
{
	struct nic_wire *w = context;

	(void)a;
	(void)b;
	if (!w->adapter || w->halting)
		return;
	w->inside = true;
	while (w->head && !w->halting) {
		struct waiting *f = w->head;
		struct ndis_packet *p = ndis_packet_new(
			ndis_machine(w->adapter), 0, f->n);

		w->head = f->next;
		if (!w->head)
			w->tail = NULL;
		if (p) {
			memcpy(p->head->data, f->bytes, f->n);
			p->when = ex_now(ndis_machine(w->adapter));
			ndis_indicate_packet(w->adapter, p);
		}
		free(f);
	}
	ndis_indicate_complete(w->adapter);
	w->inside = false;
}

bool nic_wire_inject(struct nic_wire *w, const void *frame, u32 n)
{
	struct waiting *f = n && w->adapter ? malloc(sizeof(*f) + n) : NULL;

	if (!f)
		return false;
	f->next = NULL;
	f->n = n;
	memcpy(f->bytes, frame, n);
	if (w->tail)
		w->tail->next = f;
	else
		w->head = f;
	w->tail = f;
	(void)ex_interrupt(ndis_machine(w->adapter), &w->dpc, NULL, NULL);
	return true;
}

struct outgoing {
	struct nic_wire *w;
	u32 n;
	u64 when;
};

static void on_host(void *ctx)
{
	struct outgoing *o = ctx;

	o->w->out(o->w->ctx, o->w->flat, o->n, o->when);
}

static enum ex_status send(struct ndis_adapter *a, struct ndis_packet *p)
{
	struct nic_wire *w = ndis_context(a);
	struct outgoing o = { w, p->length, ex_now(ndis_machine(a)) };

	if (p->length > w->room) {
		u8 *more = realloc(w->flat, p->length);

		if (!more)
			return EX_INSUFFICIENT_RESOURCES;
		w->flat = more;
		w->room = p->length;
	}
	(void)ndis_packet_copy(p, 0, w->flat, p->length);
	if (w->out)
		ex_on_host(on_host, &o);
	return EX_SUCCESS;
}

static enum ex_status request(struct ndis_adapter *a, struct ndis_request *r)
{
	return ndis_answer(a, r);
}

static void halt(struct ndis_adapter *a)
{
	struct nic_wire *w = ndis_context(a);

	w->halting = true;
	while (w->inside)
		ke_sleep(1000000);
	(void)ke_dpc_remove(&w->dpc);
	w->adapter = NULL;
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
	w->out = out;
	w->ctx = ctx;
	ke_dpc_init(&w->dpc, deliver, w);
	w->dpc.target = 0;
	w->adapter = ndis_add(x, &miniport, i, w);
	if (!w->adapter) {
		free(w);
		return NULL;
	}
	return w;
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
	free(w->flat);
	free(w);
}

struct ndis_adapter *nic_wire_adapter(struct nic_wire *w)
{
	return w->adapter;
}
