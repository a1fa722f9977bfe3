// SPDX-License-Identifier: Apache-2.0
/*
 * UDP (RFC 768) and raw sockets, for both families.
 *
 * A datagram goes to a RECEIVE_DATAGRAM that waits, otherwise to the event
 * handler of the address; nothing is kept here when neither wants it.  One to a
 * group or to all goes to every address that it matches.  Raw sockets of IPv4
 * get the IP header, too, which the family leaves in p->protocol[0] (its length
 * in [1]).
 *
 * A waiting IRP holds a reference to its address.  Whoever takes it out of the
 * queue completes it, unless its cancel routine was called before: then that
 * one does.
 */
#include "../../trace/trace.h"
#include "bytes.h"
#include "inet.h"

#include <string.h>

#define PROTOCOL_UDP 17
#define UDP_HEADER 8u

struct datagram {                    /* as it goes up */
	struct inet *s;
	struct ndis_packet *p;       /* begins with what the client gets */
	struct tdi_address from, to;
};

/* --- IRPs that wait --------------------------------------------------------------- */

/* Under a->lock; false: it is not there (any more). */
static bool unlink_irp(struct inet_address *a, struct irp *irp)
{
	struct irp **at = &a->datagrams;

	while (*at && *at != irp)
		at = &(*at)->next;
	if (!*at)
		return false;
	KE_SET(at, irp->next);
	irp->next = NULL;
	return true;
}

static void cancel(struct io_device *d, struct irp *irp)
{
	struct inet_address *a = irp->driver[0];
	enum ke_irql before = ke_lock(&a->lock);

	(void)d;
	(void)unlink_irp(a, irp);
	ke_unlock(&a->lock, before);
	io_complete(irp, EX_CANCELLED, 0);
	inet_address_put(a);
}

void UDPReceive(struct inet_address *a, struct irp *irp, struct tdi_request *r)
{
	enum ke_irql before = ke_lock(&a->lock);
	struct irp **at = &a->datagrams;
	enum ex_status st = EX_PENDING;

	irp->driver[0] = a;
	irp->driver[1] = r;
	irp->next = NULL;
	io_pending(irp);
	if (a->closing)
		st = EX_CANCELLED;
	else if (!io_set_cancel(irp, cancel))
		st = EX_CANCELLED;
	if (st == EX_PENDING) {
		while (*at)
			at = &(*at)->next;
		KE_SET(at, irp);
		inet_address_get(a);
	}
	ke_unlock(&a->lock, before);
	if (st != EX_PENDING)
		io_complete(irp, st, 0);
}

/* The next that nobody cancels; its reference to a is the caller's. */
static struct irp *take_irp(struct inet_address *a)
{
	enum ke_irql before = ke_lock(&a->lock);
	struct irp *irp;

	while ((irp = a->datagrams)) {
		KE_SET(&a->datagrams, irp->next);
		irp->next = NULL;
		if (io_take_cancel(irp))
			break;
	}
	ke_unlock(&a->lock, before);
	return irp;
}

void udp_close(struct inet_address *a)
{
	struct irp *irp;

	while ((irp = take_irp(a))) {
		io_complete(irp, EX_CANCELLED, 0);
		inet_address_put(a);
	}
}

/* --- up ------------------------------------------------------------------------------ */

static u32 copy_chain(const struct ndis_packet *p, u32 off,
		      struct tdi_request *r, u32 n)
{
	struct ndis_buffer *b = r->chain;
	u32 done = 0;

	if (!b)
		return ndis_packet_copy(p, off, r->data, n);
	for (; b && done < n; b = b->next) {
		u32 part = b->length < n - done ? b->length : n - done;

		done += ndis_packet_copy(p, off + done, b->data, part);
	}
	return done;
}

/* What is from off on, as far as there is room. */
static void fill(const struct datagram *d, struct irp *irp,
		 struct tdi_request *r, u32 off)
{
	u32 left = d->p->length - off;
	u32 n = r->length < left ? (u32)r->length : left;

	n = copy_chain(d->p, off, r, n);
	r->moved = n;
	r->remote = d->from;
	io_complete(irp, n < left ? EX_BUFFER_OVERFLOW : EX_SUCCESS, n);
}

static void indicate(const struct datagram *d, tdi_datagram_fn *fn,
		     void *context)
{
	u32 n = d->p->length, indicated = n, taken = 0;
	const u8 *data = ndis_packet_flat(d->s->x, d->p, n);
	struct irp *irp = NULL;
	enum ex_status st;

	if (!data) {
		data = d->p->head ? d->p->head->data : NULL;
		indicated = d->p->head ? d->p->head->length : 0;
	}
	st = fn(context, &d->from, &d->to, indicated, n, &taken, data, &irp);
	if (st == EX_DATA_NOT_ACCEPTED)
		return;
	tdi_check_indication("udp", indicated, n, taken);
	if (irp)
		fill(d, irp, tdi_enter(irp), taken < n ? taken : n);
}

static void give(const struct datagram *d, struct inet_address *a)
{
	struct irp *irp = KE_GET(&a->datagrams) ? take_irp(a) : NULL;
	void *context, *fn;

	if (irp) {
		fill(d, irp, irp->driver[1], 0);
		inet_address_put(a);
		return;
	}
	fn = inet_address_enter(a, TDI_EVENT_RECEIVE_DATAGRAM, &context);
	if (!fn)
		return;
	indicate(d, (tdi_datagram_fn *)fn, context);
	inet_address_leave(a);
}

static void give_all(struct datagram *d, const struct inet_rx *rx, u8 protocol,
		     u16 port)
{
	struct inet_address *a = NULL;

	while ((a = inet_address_next(d->s, protocol, &rx->dst, port, &rx->src,
				      a)))
		give(d, a);
}

static struct tdi_address address(const struct inet *s,
				  const struct inet_ip *ip, u16 port)
{
	struct tdi_address t = { .family = s->family->family, .port = port };

	memcpy(t.ip, ip->b, s->family->address_len);
	return t;
}

/* --- UDP in ------------------------------------------------------------------------------ */

/* RFC 768; RFC 8200 8.1: no sum is an error in IPv6. */
static bool sum_ok(struct inet *s, const struct ndis_packet *p,
		   const struct inet_rx *rx, u32 length, u16 sum)
{
	if (!sum)
		return s->family->family == 4;
	if (p->flags & NDIS_CSUM_L4_OK)
		return true;
	return !ndis_fold(ndis_packet_sum(p, 0, length,
			s->family->pseudo_sum(&rx->src, &rx->dst, PROTOCOL_UDP,
					      length)));
}

static void deliver(struct inet *s, struct ndis_packet *p,
		    const struct inet_rx *rx, u16 from, u16 to)
{
	struct datagram d = { .s = s, .p = p,
			      .from = address(s, &rx->src, from),
			      .to = address(s, &rx->dst, to) };
	struct inet_address *a;

	if (rx->broadcast || rx->multicast) {
		(void)ndis_packet_pull(p, UDP_HEADER);
		inet_count(s, udp_in);
		give_all(&d, rx, PROTOCOL_UDP, to);
		return;
	}
	a = inet_address_find(s, PROTOCOL_UDP, &rx->dst, to, &rx->src);
	if (!a) {
		inet_count(s, udp_no_ports);
		s->family->refuse(s, p, rx, INET_PORT_UNREACHABLE);
		return;
	}
	inet_count(s, udp_in); /* RFC 4113: of those that are delivered */
	(void)ndis_packet_pull(p, UDP_HEADER);
	give(&d, a);
	inet_address_put(a);
}

void UDPRcv(struct inet *s, struct ndis_packet *p, const struct inet_rx *rx)
{
	const u8 *h = ndis_packet_flat(s->x, p, UDP_HEADER);
	u32 length = h ? get16(h + 4) : 0;

	/* Longer than the datagram, or shorter than its own header. */
	if (length < UDP_HEADER || length > p->length || !get16(h + 2) ||
	    !sum_ok(s, p, rx, length, get16(h + 6))) {
		inet_count(s, udp_in_errors);
		return;
	}
	ndis_packet_trim(p, length);
	deliver(s, p, rx, get16(h), get16(h + 2));
}

/* --- raw in --------------------------------------------------------------------------------- */

/* A copy with the IP header in front. */
static struct ndis_packet *with_header(struct inet *s,
				       const struct ndis_packet *p)
{
	u32 n = p->protocol[0] && s->family->family == 4 ?
			(u32)(uintptr_t)p->protocol[1] : 0;
	struct ndis_packet *q = ndis_packet_new(s->x, 0, n + p->length);

	if (!q)
		return NULL;
	if (n)
		memcpy(q->head->data, p->protocol[0], n);
	(void)ndis_packet_copy(p, 0, q->head->data + n, p->length);
	return q;
}

/* ICMP, IGMP and ICMPv6 are known, with or without raw sockets. */
static bool is_familys(u8 protocol)
{
	return protocol == 1 || protocol == 2 || protocol == 58;
}

void RawRcv(struct inet *s, struct ndis_packet *p, const struct inet_rx *rx)
{
	struct inet_address *a = inet_address_next(s, rx->protocol, &rx->dst,
						   0, &rx->src, NULL);
	struct datagram d = { .s = s, .from = address(s, &rx->src, 0),
			      .to = address(s, &rx->dst, 0) };

	if (!a) {
		inet_count_by(s, INET_in_unknown, !is_familys(rx->protocol));
		s->family->refuse(s, p, rx, INET_PROTOCOL_UNREACHABLE);
		return;
	}
	d.p = with_header(s, p);
	for (; a; a = inet_address_next(s, rx->protocol, &rx->dst, 0, &rx->src,
					a))
		if (d.p)
			give(&d, a);
	if (d.p)
		ndis_packet_put(d.p);
}

/* --- out -------------------------------------------------------------------------------------- */

static bool is_group(const struct inet *s, const struct inet_ip *a)
{
	return s->family->family == 4 ? a->b[0] >> 4 == 0xe : a->b[0] == 0xff;
}

/* The client's bytes are copied: it has them back when the call returns. */
static struct ndis_packet *packet_of(struct inet *s,
				     const struct tdi_request *r, u32 head)
{
	struct ndis_packet *p = ndis_packet_new(s->x, INET_HEADROOM,
						head + (u32)r->length);
	size_t done = 0;

	if (!p)
		return NULL;
	if (!r->chain && r->length)
		memcpy(p->head->data + head, r->data, r->length);
	for (struct ndis_buffer *b = r->chain; b && done < r->length;
	     b = b->next) {
		size_t n = b->length < r->length - done ? b->length :
							  r->length - done;

		memcpy(p->head->data + head + done, b->data, n);
		done += n;
	}
	if (r->chain && done < r->length) {
		ndis_packet_put(p);
		return NULL;
	}
	return p;
}

static void udp_header(struct inet_address *a, struct ndis_packet *p,
		       const struct inet_tx *t, const struct inet_path *path,
		       u16 port)
{
	const struct inet_family *f = a->s->family;
	u32 sum = f->pseudo_sum(&t->src, &t->dst, PROTOCOL_UDP, p->length);
	u8 *h = p->head->data;
	u16 v;

	put16(h, a->port);
	put16(h + 2, port);
	put16(h + 4, (u16)p->length);
	memset(h + 6, 0, 2);
	if (path->offloads & NDIS_CSUM_L4_DO &&
	    p->length + f->header_len <= path->mtu) {
		p->flags |= NDIS_CSUM_L4_DO;
		p->csum_offset = 6;
		v = (u16)~ndis_fold(sum); /* the adapter adds the rest */
	} else {
		v = ndis_fold(ndis_packet_sum(p, 0, p->length, sum));
		v = v ? v : 0xffff; /* RFC 768: zero says that there is none */
	}
	memcpy(h + 6, &v, 2);
}

static enum ex_status send(struct inet_address *a, const struct tdi_request *r)
{
	struct inet *s = a->s;
	const struct inet_family *f = s->family;
	bool raw = a->protocol != PROTOCOL_UDP;
	u32 head = raw ? 0 : UDP_HEADER;
	bool own = KE_GET(&a->header_included);
	u32 most = 65535u - head - (f->family == 4 && !own ? f->header_len :
							     0u);
	struct inet_tx t = { .src = a->ip, .protocol = a->protocol,
			     .tos = KE_GET(&a->tos), .header_included = own };
	struct inet_path path;
	struct ndis_packet *p;

	memcpy(t.dst.b, r->remote.ip, f->address_len);
	if (r->length > most)
		return EX_BUFFER_OVERFLOW;
	if (r->remote.family != f->family || (!raw && !r->remote.port))
		return EX_INVALID_PARAMETER;
	if (!f->is_unicast(s, &t.dst) && !is_group(s, &t.dst) &&
	    !KE_GET(&a->broadcast))
		return EX_ACCESS_DENIED;
	t.ttl = KE_GET(&a->ttl);
	if (!t.ttl && is_group(s, &t.dst))
		t.ttl = 1;
	if (is_group(s, &a->ip)) /* bound to a group: from any of ours */
		t.src = (struct inet_ip){ { 0 } };
	if (!f->route(s, &t.dst, &t.src, &path))
		return EX_NETWORK_UNREACHABLE;
	p = packet_of(s, r, head);
	if (!p)
		return EX_INSUFFICIENT_RESOURCES;
	if (!raw)
		udp_header(a, p, &t, &path, r->remote.port);
	inet_count(s, udp_out);
	return f->output(s, p, &t);
}

void UDPSend(struct inet_address *a, struct irp *irp, struct tdi_request *r)
{
	enum ex_status st = send(a, r);

	io_complete(irp, st, ex_failed(st) ? 0 : r->length);
}

/* --- errors --------------------------------------------------------------------------------------- */

static enum ex_status status_of(enum inet_error what)
{
	switch (what) {
	case INET_NET_UNREACHABLE:
		return EX_NETWORK_UNREACHABLE;
	case INET_PORT_UNREACHABLE:
		return EX_PORT_UNREACHABLE;
	case INET_TOO_BIG:
		return EX_BUFFER_OVERFLOW;
	default:
		return EX_HOST_UNREACHABLE;
	}
}

bool udp_is_ours(struct inet *s, const struct inet_ip *src,
		 const struct inet_ip *dst, const u8 *quoted, u32 n)
{
	struct inet_address *a = n < 4 ? NULL :
		inet_address_find(s, PROTOCOL_UDP, src, get16(quoted), dst);

	if (a)
		inet_address_put(a);
	return a;
}

void udp_icmp(struct inet *s, u8 protocol, const struct inet_ip *src,
	      const struct inet_ip *dst, const u8 *quoted, u32 n,
	      enum inet_error what, u32 mtu)
{
	u16 from = protocol == PROTOCOL_UDP && n >= 4 ? get16(quoted) : 0;
	struct tdi_address remote = address(s, dst, from ? get16(quoted + 2) :
							   0);
	struct inet_address *a;
	void *fn, *context;

	(void)mtu;
	if (protocol == PROTOCOL_UDP && !from)
		return;
	a = inet_address_find(s, protocol, src, from, dst);
	if (!a)
		return;
	fn = inet_address_enter(a, TDI_EVENT_ERROR, &context);
	if (fn) {
		((tdi_error_fn *)fn)(context, NULL, &remote, status_of(what));
		inet_address_leave(a);
	}
	inet_address_put(a);
}
