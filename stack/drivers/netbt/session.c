// SPDX-License-Identifier: Apache-2.0
/* The session service, RFC 1002 4.3 and 5.3: what comes from TCP. */
#include "netbt.h"

#include <string.h>

void nbt_header(u8 out[NBT_HEADER], u8 type, u32 length)
{
	out[0] = type;
	out[1] = (u8)(length >> 16 & 1);
	nbt_put16(out + 2, length & 0xffff);
}

/* --- a message, up to the client --------------- */

static void copy_in(struct tdi_request *r, const u8 *p, u32 n)
{
	struct ndis_buffer *b = r->chain;
	size_t at = r->moved;

	if (!n)                      /* a RECEIVE of no bytes has no place for any */
		return;
	if (!b) {
		memcpy((u8 *)r->data + at, p, n);
		return;
	}
	for (; b && n; b = b->next) {
		u32 part;

		if (at >= b->length) {
			at -= b->length;
			continue;
		}
		part = b->length - (u32)at < n ? b->length - (u32)at : n;
		memcpy(b->data + at, p, part);
		p += part;
		n -= part;
		at = 0;
	}
}

/* Into a RECEIVE, which is complete when it is full or the message ends. */
static u32 fill(struct nbt_lower *l, struct irp *irp, const u8 *p, u32 n)
{
	struct tdi_request *r = io_here(irp)->buffer;
	size_t room = r->length - r->moved;
	u32 m = n < room ? n : (u32)room;

	copy_in(r, p, m);
	r->moved += m;
	l->left -= m;
	if (l->left && r->moved < r->length) {
		nbt_give_receive(l->conn, irp);
		return m;
	}
	io_complete(irp, l->left && !(r->flags & TDI_RECEIVE_PARTIAL) ?
				 EX_BUFFER_OVERFLOW : EX_SUCCESS, r->moved);
	nbt_connection_put(l->conn);
	return m;
}

static u32 indicate(struct nbt_lower *l, const u8 *p, u32 n, u32 available)
{
	struct nbt_connection *c = l->conn;
	void *context = NULL;
	tdi_receive_fn *fn = (tdi_receive_fn *)nbt_handler(l, TDI_EVENT_RECEIVE,
							   &context);
	enum ex_status st = EX_DATA_NOT_ACCEPTED;
	struct irp *irp = NULL;
	u32 taken = 0;

	if (fn)
		st = fn(context, c->context, TDI_RECEIVE_NORMAL |
			(n == l->left ? TDI_RECEIVE_ENTIRE_MESSAGE : 0u), n,
			l->left, &taken, p, NULL, &irp);
	if (fn)
		nbt_handler_over(c);
	if (st == EX_DATA_NOT_ACCEPTED)
		taken = 0;
	TRACE(netbt_indicate, l, (u64)l->type << 56 | (u64)l->flags << 48 |
				 l->length, (u64)n << 32 | available,
	      (u64)taken << 32 | l->capacity);
	tdi_check_indication("netbt", n, l->left, taken);
	if (irp && st == EX_MORE_PROCESSING_REQUIRED) {
		((struct tdi_request *)tdi_enter(irp))->moved = 0;
		(void)KE_ADD(&c->refs, 1u);
		nbt_give_receive(c, irp);
	} else if (taken < n || st == EX_DATA_NOT_ACCEPTED) {
		KE_SET(&l->hold, true);
	}
	if (!nbt_indicate_taken(l, n, taken))
		return 0;
	l->left -= taken;
	return taken;
}

/* false: it waits, for the client or for more. */
static bool message(struct nbt_lower *l, const u8 *p, u32 n, u32 available,
		    u32 *used)
{
	u32 m = n < l->left ? n : l->left;
	struct irp *irp;

	if (l->left && !m)
		return false;
	irp = nbt_take_receive(l->conn);
	if (irp)
		*used += fill(l, irp, p, m);
	else if (KE_GET(&l->hold))
		return false;
	else
		*used += indicate(l, p, m, available);
	/* An empty one is over when the client has been told. */
	if (!l->left && (l->length || irp || !KE_GET(&l->hold)))
		l->in_message = false;
	return true;
}

/* --- the rest --------------- */

/* RFC 1002 5.3.2: a request is answered. */
static void request(struct nbt_lower *l, const u8 *p, u32 n)
{
	struct nbt_wire_name called, calling;
	struct irp *irp = NULL;
	u8 b[NBT_HEADER + 1], code;
	u32 at = 0;

	if (!nbt_name_decode(p, n, &at, false, &called) ||
	    !nbt_name_decode(p, n, &at, false, &calling) || at != n) {
		nbt_reject(l, NBT_REQUEST, n, "bad names");
		return;
	}
	code = called.scope || calling.scope ? NBT_NOT_PRESENT :
	       nbt_offer(l, called.name, calling.name, &irp);
	nbt_header(b, code ? NBT_NEGATIVE : NBT_POSITIVE, code ? 1 : 0);
	b[NBT_HEADER] = code;
	if (!code)
		nbt_lower_up(l);
	nbt_lower_send(l, b, NBT_HEADER + (code ? 1 : 0), code);
	if (code)
		return;
	io_complete(irp, EX_SUCCESS, 0);
	nbt_lower_begins(l);
}

static void control(struct nbt_lower *l, u8 type, const u8 *p, u32 n)
{
	switch (type) {
	case NBT_REQUEST:
		request(l, p, n);
		return;
	case NBT_POSITIVE:
		(void)nbt_first(l, &l->up);
		if (KE_GET(&l->dead))
			return;      /* that is the answer, and was told */
		break;
	case NBT_NEGATIVE:
		l->answer_code = p[0];
		break;
	case NBT_RETARGET:
		memcpy(l->retarget, p, 6);
		break;
	default:                     /* RFC 1002 5.3.1: only that it lives */
		return;
	}
	KE_SET(&l->answer_type, type);
	ke_event_set(&l->answer);
}

/* false: more is needed, or nothing is to come. */
static bool header(struct nbt_lower *l, const u8 *p, u32 n, u32 available,
		   u32 *used)
{
	u32 length;

	if (n < NBT_HEADER)
		return false;
	length = (u32)(p[1] & 1) << 16 | nbt_get16(p + 2);
	l->type = p[0];
	l->flags = p[1];
	l->length = length;
	if (!nbt_indicate_check(l, p[0], p[1], length))
		return false;
	if (p[0] == NBT_MESSAGE) {
		l->in_message = true;
		l->left = length;
		*used += NBT_HEADER;
		return true;
	}
	TRACE(netbt_indicate, l, (u64)p[0] << 56 | (u64)p[1] << 48 | length,
	      (u64)n << 32 | available, l->capacity);
	if (n - NBT_HEADER < length)
		return false;
	control(l, p[0], p + NBT_HEADER, length);
	*used += NBT_HEADER + length;
	return true;
}

u32 nbt_process(struct nbt_lower *l, const u8 *p, u32 n, u32 available)
{
	bool goes_on = true;
	u32 used = 0;

	while (goes_on && !KE_GET(&l->dead)) {
		if (l->in_message)
			goes_on = message(l, p + used, n - used,
					  available - used, &used);
		else
			goes_on = header(l, p + used, n - used,
					 available - used, &used);
	}
	return KE_GET(&l->dead) ? n : used;
}

/* What the header says is to come, of what is not consumed. */
static u32 implied(const struct nbt_lower *l, u32 remaining)
{
	if (l->in_message)
		return l->left;
	return remaining < NBT_HEADER ? NBT_HEADER : NBT_HEADER + l->length;
}

static void keep(struct nbt_lower *l, const u8 *from, u32 n)
{
	(void)NbtCopyToStartOfIndicate(l, from, n, implied(l, n));
}

/* --- pumping --------------- */

/* The one that is in it; false: another is, and goes through it again: what TCP
 * has it fetches then.  wanted: the client holds no longer, which nobody sees
 * before that.  got: a RECEIVE has brought so much. */
static bool enter(struct nbt_lower *l, bool from_tcp, bool wanted, u32 got)
{
	enum ke_irql before = ke_lock(&l->nb->lock);
	bool first;

	if (got) {
		l->fill += got;
		KE_SET(&l->reading, false);
	}
	first = !l->pumping && !(from_tcp && KE_GET(&l->reading));
	if (wanted)
		KE_SET(&l->hold, false);
	if (from_tcp && !first)
		KE_SET(&l->held, true);
	if (l->pumping)
		l->again = true;
	l->pumping |= first;
	ke_unlock(&l->nb->lock, before);
	return first;
}

static void kept(struct nbt_lower *l)
{
	u32 n = l->fill, used;

	used = nbt_process(l, l->ind, n, n);
	if (used && used < n)
		keep(l, l->ind + used, n - used);
	else
		l->fill = n - used;
}

static void finish(struct nbt_lower *l);

static void read_done(void *context, struct irp *irp)
{
	struct nbt_lower *l = context;

	if (ex_failed(irp->status) || !l->req.moved) {
		KE_SET(&l->held, false);
		KE_SET(&l->reading, false);
		return;
	}
	if (enter(l, false, false, (u32)l->req.moved)) {
		kept(l);
		finish(l);
	}
}

/* TCP holds bytes, and there is room again: they come by a RECEIVE. */
static void resume(struct nbt_lower *l)
{
	if (!gate_enter(&l->gate))
		return;              /* it is closed, and TCP holds nothing */
	io_irp_reuse(l->irp);
	l->irp->done = read_done;
	l->irp->done_context = l;
	l->req = (struct tdi_request){ .data = l->ind + l->fill,
				       .length = l->capacity - l->fill };
	tdi_fill(l->irp, l->tcp, TDI_RECEIVE, &l->req);
	(void)io_call(l->tcp->device, l->irp);
	gate_leave(&l->gate);
}

static void tell_end(struct nbt_lower *l)
{
	if (!KE_GET(&l->dead) && ((l->in_message && l->left) || l->fill)) {
		KE_SET(&l->told, false);
		nbt_reject(l, l->type, l->length, "the message is cut off");
		return;
	}
	(void)nbt_lower_over(l, TDI_DISCONNECT_RELEASE, EX_REMOTE_DISCONNECT, true);
}

/* Under the lock: nothing was asked for meanwhile.  The client is told of the end
 * before it is left. */
static bool leave(struct nbt_lower *l, bool *read, bool *end)
{
	enum ke_irql before = ke_lock(&l->nb->lock);
	bool last, hold;

	/* A RECEIVE that came while the client was being asked. */
	if (KE_GET(&l->hold) && l->conn && l->conn->receives) {
		KE_SET(&l->hold, false);
		l->again = true;
	}
	hold = KE_GET(&l->hold);
	last = !l->again;
	l->again = false;
	*read = *end = false;
	if (last && KE_GET(&l->fin) && !(l->fill && hold))
		*end = nbt_first(l, &l->told);
	last &= !*end;
	if (last) {
		l->pumping = false;
		*read = KE_GET(&l->held) && !KE_GET(&l->reading) && !hold &&
			!KE_GET(&l->dead) && !KE_GET(&l->fin) &&
			l->fill < l->capacity;
		if (*read)
			KE_SET(&l->reading, true);
	}
	ke_unlock(&l->nb->lock, before);
	return last;
}

static void finish(struct nbt_lower *l)
{
	bool read, end;

	while (!leave(l, &read, &end)) {
		if (end)
			tell_end(l);
		else if (!KE_GET(&l->reading))
			kept(l);
	}
	if (read)
		resume(l);
}

void nbt_pump(struct nbt_lower *l, bool wanted)
{
	if (!enter(l, false, wanted, 0))
		return;
	if (!KE_GET(&l->reading))
		kept(l);
	finish(l);
}

/* --- from TCP --------------- */

/* Behind what is kept; how much of p was taken. */
static u32 append(struct nbt_lower *l, const u8 *p, u32 n)
{
	u32 done = 0;

	while (done < n && l->fill && l->fill < l->capacity) {
		u32 room = l->capacity - l->fill, was = l->fill;
		u32 part = n - done < room ? n - done : room;

		/* Half a header is made whole; then straight from p. */
		if (!l->in_message && l->fill < NBT_HEADER &&
		    part > NBT_HEADER - l->fill)
			part = NBT_HEADER - l->fill;
		memcpy(l->ind + l->fill, p + done, part);
		l->fill += part;
		done += part;
		kept(l);
		if (l->fill == was + part && KE_GET(&l->hold))
			break;
	}
	return done;
}

static u32 take(struct nbt_lower *l, const u8 *p, u32 n, u32 available)
{
	u32 done = 0, used;

	if (l->fill)
		done = append(l, p, n);
	if (l->fill || done == n)
		return done;
	used = nbt_process(l, p + done, n - done, available - done);
	done += used;
	if (done < n && !KE_GET(&l->dead)) {
		keep(l, p + done, n - done);
		done += l->fill;
	}
	return done;
}

enum ex_status nbt_receive(void *context, void *connection_context, u32 flags,
			   u32 indicated, u32 available, u32 *taken,
			   const u8 *data, struct ndis_buffer *chain,
			   struct irp **irp)
{
	struct nbt_lower *l = connection_context;

	(void)context;
	(void)flags;
	(void)chain;
	(void)irp;
	*taken = 0;
	KE_SET(&l->moved, ex_now(l->nb->x));
	if (!enter(l, true, false, 0))
		return EX_SUCCESS;
	*taken = KE_GET(&l->dead) ? indicated :
				    take(l, data, indicated, available);
	if (*taken < indicated)
		KE_SET(&l->held, true);
	finish(l);
	return EX_SUCCESS;
}
