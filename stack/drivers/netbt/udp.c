// SPDX-License-Identifier: Apache-2.0
/* What the name service and the datagram service have of UDP. */
#include "netbt.h"

#include <string.h>

#define UDP_DEVICE "\\Device\\Udp"

static void sent(void *context, struct irp *irp)
{
	struct nbt_packet *s = context;
	struct ex *x = s->nb->x;

	io_irp_free(x, irp);
	ex_free_pool(x, s, TAG_OP);
}

struct nbt_packet *nbt_packet_new(struct nbt *nb)
{
	struct nbt_packet *s = ex_alloc_zero(nb->x, EX_NONPAGED, sizeof(*s),
					     TAG_OP);

	if (s)
		s->nb = nb;
	return s;
}

void nbt_packet_send(struct nbt_packet *s, struct io_file *const *from,
		     const u8 *ip, u16 port)
{
	struct nbt *nb = s->nb;
	struct ex *x = nb->x;
	bool inside = gate_enter(&nb->gate);
	struct irp *irp = inside && *from ? io_irp_alloc(x) : NULL;

	if (!irp) {
		ex_free_pool(x, s, TAG_OP);
		if (inside)
			gate_leave(&nb->gate);
		return;
	}
	s->r.data = s->b;
	s->r.length = s->n;
	s->r.remote = (struct tdi_address){ .family = 4, .port = port };
	memcpy(s->r.remote.ip, ip, 4);
	irp->done = sent;
	irp->done_context = s;
	tdi_fill(irp, *from, TDI_SEND_DATAGRAM, &s->r);
	(void)io_call((*from)->device, irp);
	gate_leave(&nb->gate);
}

enum ex_status nbt_port_open(struct nbt *nb, u16 port, tdi_datagram_fn *fn,
			     struct io_file **out)
{
	struct tdi_open o = { .kind = TDI_ADDRESS_FILE, .protocol = 17,
			      .address = { .family = 4, .port = port } };
	u32 on = 1;
	struct tdi_request r = { .info = TDI_BROADCAST, .value = &on,
				 .value_length = sizeof(on) };
	enum ex_status st = io_open(nb->x, UDP_DEVICE, &o, sizeof(o), out);

	if (!ex_failed(st))
		st = tdi_call(*out, TDI_SET_INFORMATION, &r);
	if (!ex_failed(st))
		st = tdi_set_event(*out, TDI_EVENT_RECEIVE_DATAGRAM,
				   (void *)fn, nb);
	return st;
}

void nbt_port_close(struct io_file **port)
{
	if (*port)
		io_close(*port);
	*port = NULL;
}
