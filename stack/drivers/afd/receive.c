// SPDX-License-Identifier: Apache-2.0
/*
 * Receiving on connections: the transport indicates, bytes go straight into the
 * IRPs that wait and else into buffers up to the limit; what does not fit stays
 * with the transport ("stalled") until there is room again, when a RECEIVE of
 * ours gets it going.
 */
#include "inside.h"

static bool all_of_it(const struct irp *irp)
{
	return (afd_flags(irp) & (AFD_WAITALL | AFD_PEEK)) == AFD_WAITALL;
}

static void take(struct afd *a, struct afd_bytes *q, u32 n)
{
	struct afd_buffer *b = q->head;

	b->off += n;
	q->bytes -= n;
	if (b->off < b->length)
		return;
	q->head = b->next;
	if (!q->head)
		q->tail = NULL;
	ex_free_pool(a->x, b, AFD_TAG_BUFFER);
}

/* How much of n a reader gets: up to the mark of urgent data, from there on as if
 * there were none (as with BSD). */
static size_t to_mark(const struct afd_connection *c, size_t n)
{
	return c->marked && c->mark && n > c->mark ? c->mark : n;
}

static bool at_mark(const struct afd_connection *c)
{
	return c->marked && !c->mark;
}

/* So much was read. */
static void passed(struct afd_connection *c, size_t n)
{
	if (!n)
		return;
	c->marked &= c->mark != 0;
	if (c->marked)
		c->mark -= (u32)n;
}

/* Bytes that wait, into irp: at most to `room` of it. */
static void drain(struct afd *a, struct afd_bytes *q, struct irp *irp,
		  size_t room)
{
	while (q->head && afd_moved(irp) < room) {
		struct afd_buffer *b = q->head;
		size_t n = b->length - b->off;

		if (n > room - afd_moved(irp))
			n = room - afd_moved(irp);
		afd_scatter(irp, afd_moved(irp), b->data + b->off, n);
		afd_move(irp, n);
		take(a, q, (u32)n);
	}
}

static size_t peek(const struct afd_bytes *q, struct irp *irp, size_t room)
{
	size_t done = 0;

	for (struct afd_buffer *b = q->head; b && done < room; b = b->next) {
		size_t n = b->length - b->off;

		if (n > room - done)
			n = room - done;
		afd_scatter(irp, done, b->data + b->off, n);
		done += n;
	}
	return done;
}

static bool ended(const struct afd_connection *c)
{
	return c->eof || c->receive_shut;
}

/* The first that waits has what it gets: it is done with. */
static bool satisfied(struct afd_connection *c, struct irp *irp,
		      enum ex_status *st, size_t *n)
{
	size_t was = afd_moved(irp);
	size_t more = to_mark(c, afd_length(irp) - was);

	*st = EX_SUCCESS;
	*n = 0;
	if (c->in.bytes && afd_flags(irp) & AFD_PEEK) {
		*n = peek(&c->in, irp, more);
		return true;
	}
	drain(c->afd, &c->in, irp, was + more);
	*n = afd_moved(irp);
	passed(c, *n - was);
	if (*n == afd_length(irp) || (*n && (!all_of_it(irp) || at_mark(c))))
		return true;
	if (!ended(c))
		return false;
	if (!*n && c->error && !c->receive_shut) {
		*st = c->error;
		if (c->endpoint)     /* SO_ERROR was told by this */
			c->endpoint->error = EX_SUCCESS;
	}
	return true;
}

/* Under the lock. */
void afd_serve(struct afd_pass *p, struct afd_connection *c)
{
	struct irp *irp;
	enum ex_status st;
	size_t n;

	while ((irp = c->reads.head) && satisfied(c, irp, &st, &n))
		if (afd_unqueue(irp))
			afd_finish(p, irp, st, n);
}

/* --- what comes in ---------------------------------------------------------------------- */

/* Straight into the IRPs that wait. */
static u32 feed(struct afd_pass *p, struct afd_connection *c, const u8 *data,
		u32 n)
{
	struct irp *irp;
	u32 done = 0;

	while (done < n && !c->in.bytes && (irp = c->reads.head) &&
	       !(afd_flags(irp) & AFD_PEEK)) {
		size_t k = afd_length(irp) - afd_moved(irp);

		if (k > n - done)
			k = n - done;
		k = to_mark(c, k);
		afd_scatter(irp, afd_moved(irp), data + done, k);
		afd_move(irp, k);
		passed(c, k);
		done += (u32)k;
		if (afd_moved(irp) < afd_length(irp) && all_of_it(irp) &&
		    !at_mark(c))
			break;
		if (afd_unqueue(irp))
			afd_finish(p, irp, EX_SUCCESS, afd_moved(irp));
	}
	return done;
}

static u32 room_of(const struct afd_connection *c)
{
	return c->in.bytes < c->receive_limit ?
		       c->receive_limit - c->in.bytes :
		       0;
}

static u32 keep(struct afd_pass *p, struct afd_connection *c, const u8 *data,
		u32 n)
{
	u32 done = feed(p, c, data, n), k = n - done;

	if (k > room_of(c))
		k = room_of(c);
	if (k && afd_append(c->afd, &c->in, data + done, k))
		done += k;
	afd_serve(p, c);             /* one that peeks */
	if (c->endpoint && done)
		afd_wake(p, c->endpoint);
	return done;
}

/* A receive of room bytes to `to`. */
static struct afd_resume *resume_new(struct afd_connection *c, u8 *to,
				     u32 room)
{
	struct afd_resume *m = ex_alloc(c->afd->x, EX_NONPAGED, sizeof(*m),
					AFD_TAG_RESUME);

	if (!m)
		return NULL;
	m->buffer = NULL;
	m->user = NULL;
	io_irp_init(&m->op.irp, &m->op.location, 1);
	m->op.r = (struct tdi_request){ .flags = TDI_RECEIVE_NORMAL,
					.data = to, .length = room };
	return m;
}

static struct afd_resume *resume_buffered(struct afd_connection *c, u32 room)
{
	struct afd_buffer *b = afd_buffer(c->afd, room);
	struct afd_resume *m = b ? resume_new(c, b->data, room) : NULL;

	if (m)
		m->buffer = b;
	else
		ex_free_pool(c->afd->x, b, AFD_TAG_BUFFER);
	return m;
}

/* Its RECEIVE has something to read into. Under the lock. */
static bool resume_begin(struct afd_pass *p, struct afd_connection *c)
{
	u32 room = room_of(c);
	struct irp *irp;

	if (!c->stalled || c->resume || c->closing || c->aborted)
		return false;
	if (!room && c->reads.head)
		room = 1;            /* SO_RCVBUF of 0 */
	if (!room)
		return false;
	c->resume = resume_buffered(c, room);
	if (!c->resume) {
		irp = afd_dequeue(&c->reads);
		if (irp)
			afd_finish(p, irp, EX_INSUFFICIENT_RESOURCES, 0);
		return false;
	}
	c->stalled = false;
	c->refs++;
	return true;
}

static enum ex_status AfdRestartComplete(struct io_device *d, struct irp *irp,
					 void *context)
{
	struct afd_connection *c = context;
	size_t n = ex_failed(irp->status) ? 0 : irp->information;
	struct afd_resume *m;
	struct afd_buffer *b;
	bool discard;
	struct afd_pass p;

	(void)d;
	afd_enter(c->afd, &p);
	m = c->resume;
	b = m->buffer;
	if (c->closing)
		m = NULL;            /* the close may be about to cancel it */
	else
		c->resume = NULL;
	discard = n && c->closing;
	if (n > b->room)
		n = b->room;
	b->length = (u32)n;
	if (n && !c->closing && !c->receive_shut) {
		afd_add(&c->in, b);
		b = NULL;
		afd_serve(&p, c);
		if (c->endpoint)
			afd_wake(&p, c->endpoint);
	}
	afd_leave(&p);
	ex_free_pool(c->afd->x, b, AFD_TAG_BUFFER);
	ex_free_pool(c->afd->x, m, AFD_TAG_RESUME);
	if (discard)
		afd_abort(c);
	afd_resume(c);
	afd_connection_put(c);
	return EX_MORE_PROCESSING_REQUIRED;
}

void afd_resume(struct afd_connection *c)
{
	struct afd_resume *late = NULL;
	struct afd_pass p;
	bool go;

	afd_enter(c->afd, &p);
	go = resume_begin(&p, c);
	if (go)
		c->refs++;
	afd_leave(&p);
	if (!go)
		return;
	afd_op(c, &c->resume->op, TDI_RECEIVE, AfdRestartComplete);
	/* A close may have overtaken it on its way down. */
	afd_enter(c->afd, &p);
	if (c->closing)
		late = c->resume;
	afd_leave(&p);
	if (late)
		io_cancel(&late->op.irp);
	afd_connection_put(c);
}

/* --- straight from the transport --------------------------------------------------------- */

static enum ex_status AfdLentComplete(struct io_device *d, struct irp *irp,
				      void *context)
{
	struct afd_connection *c = context;
	struct afd_resume *m;
	struct afd_pass p;

	(void)d;
	afd_enter(c->afd, &p);
	m = c->resume;
	afd_finish(&p, m->user, irp->status,
		   ex_failed(irp->status) ? 0 : irp->information);
	if (c->closing)
		m = NULL;            /* the close may be about to cancel it */
	else
		c->resume = NULL;
	afd_leave(&p);
	ex_free_pool(c->afd->x, m, AFD_TAG_RESUME);
	afd_resume(c);
	afd_connection_put(c);
	return EX_MORE_PROCESSING_REQUIRED;
}

/* The transport has more than it indicates: it reads all of it into the memory
 * of the first that waits, at once. NULL: one that wants it otherwise, or stops
 * at the mark of urgent data. */
static struct irp *lend(struct afd_connection *c)
{
	struct irp *user = c->reads.head;
	struct afd_resume *m;
	size_t n;
	u8 *to;

	if (!user || c->in.bytes || c->resume || c->aborted || c->marked ||
	    afd_moved(user) || afd_flags(user) & (AFD_PEEK | AFD_WAITALL))
		return NULL;
	to = afd_flat(user, &n);
	m = to ? resume_new(c, to, (u32)n) : NULL;
	if (!m)
		return NULL;
	if (!afd_unqueue(user)) {
		ex_free_pool(c->afd->x, m, AFD_TAG_RESUME);
		return NULL;
	}
	m->user = user;
	c->resume = m;
	c->refs++;
	return afd_op_irp(c, &m->op, TDI_RECEIVE, AfdLentComplete);
}

enum ex_status AfdReceiveEvent(void *context, void *connection_context,
			       u32 flags, u32 indicated, u32 available,
			       u32 *taken, const u8 *data,
			       struct ndis_buffer *chain, struct irp **irp)
{
	struct afd_connection *c = connection_context;
	bool abort = false;
	struct afd_pass p;

	(void)context;
	(void)flags;
	(void)chain;
	*taken = 0;
	afd_enter(c->afd, &p);
	if (available > indicated && !c->closing && !c->receive_shut &&
	    (*irp = lend(c))) {
		afd_leave(&p);
		return EX_MORE_PROCESSING_REQUIRED;
	}
	if (c->closing) {            /* nobody will read it: RFC 1122 4.2.2.13 */
		abort = afd_abort_wanted(c);
		*taken = c->refs ? indicated : 0; /* else its file is being
					closed, and what is left with the
					transport resets it */
	} else if (c->receive_shut) {
		*taken = indicated;
	} else {
		*taken = keep(&p, c, data, indicated);
	}
	if (*taken < indicated)
		c->stalled = true;
	tdi_check_indication("afd", indicated, available, *taken);
	afd_leave(&p);
	if (abort)
		afd_abort_pump(p.afd);
	return *taken ? EX_SUCCESS : EX_DATA_NOT_ACCEPTED;
}

/* Urgent bytes, up to a limit: the sender must not fill our memory. */
enum ex_status AfdExpeditedEvent(void *context, void *connection_context,
				 u32 flags, u32 indicated, u32 available,
				 u32 *taken, const u8 *data,
				 struct ndis_buffer *chain, struct irp **irp)
{
	struct afd_connection *c = connection_context;
	struct afd_pass p;
	bool within;

	afd_enter(c->afd, &p);
	c->marked = true;
	c->mark = c->in.bytes + (available - indicated);
	within = c->oob_inline && indicated;
	afd_leave(&p);
	if (within)
		return AfdReceiveEvent(context, c, flags, indicated, available,
				       taken, data, chain, irp);
	afd_enter(c->afd, &p);
	*taken = indicated;
	if (indicated && !c->closing && !c->receive_shut &&
	    indicated <= AFD_OOB_MAX - c->oob.bytes &&
	    afd_append(c->afd, &c->oob, data, indicated) && c->endpoint)
		afd_wake(&p, c->endpoint);
	afd_leave(&p);
	return EX_SUCCESS;
}

/* --- what is asked for -------------------------------------------------------------------- */

/* Never waits: INVALID_PARAMETER when there is nothing, as with BSD. */
static void urgent(struct afd_pass *p, struct afd_connection *c,
		   struct irp *irp)
{
	size_t n;

	if (c->oob_inline || !c->oob.bytes) {
		afd_finish(p, irp, EX_INVALID_PARAMETER, 0);
		return;
	}
	if (afd_flags(irp) & AFD_PEEK) {
		n = peek(&c->oob, irp, afd_length(irp));
	} else {
		drain(c->afd, &c->oob, irp, afd_length(irp));
		n = afd_moved(irp);
	}
	afd_finish(p, irp, EX_SUCCESS, n);
}

static void begin(struct afd_pass *p, struct afd_connection *c,
		  struct irp *irp)
{
	if (afd_flags(irp) & AFD_OOB) {
		urgent(p, c, irp);
		return;
	}
	if (!afd_queue(p, &c->reads, irp))
		return;
	afd_serve(p, c);
	if (afd_flags(irp) & AFD_NOWAIT)
		afd_no_wait(p, irp);
}

enum ex_status AfdReceive(struct afd_endpoint *e, struct irp *irp)
{
	struct afd_connection *c;
	struct afd_pass p;

	if (!afd_transfer_ok(irp))
		return EX_INVALID_PARAMETER;
	if (e->kind != AFD_STREAM)
		return afd_datagram_receive(e, irp);
	afd_enter(e->afd, &p);
	c = e->c;
	if (!c || e->state != AFD_CONNECTED || e->closed) {
		enum ex_status st = e->closed ? EX_CANCELLED :
						afd_not_connected(e);

		afd_leave(&p);
		return st;
	}
	if (!afd_length(irp)) {
		afd_leave(&p);
		return EX_SUCCESS;
	}
	c->refs++;
	begin(&p, c, irp);
	afd_leave(&p);
	afd_resume(c);
	afd_connection_put(c);
	return EX_PENDING;
}

/* --- what a program may ask without reading ----------------------------------------------- */

static void query_stream(const struct afd_endpoint *e, struct afd_query *q)
{
	const struct afd_connection *c = e->c;

	if (!c)
		return;
	q->readable = c->in.bytes;
	if (!c->oob_inline)
		q->readable = (u32)to_mark(c, q->readable);
	q->unsent = c->buffered;
	q->at_mark = at_mark(c);
}

enum ex_status AfdQuery(struct afd_endpoint *e, struct irp *irp)
{
	struct afd_query *q = io_here(irp)->buffer;
	enum ex_status st = EX_SUCCESS;
	struct afd_pass p;

	*q = (struct afd_query){ 0 };
	afd_enter(e->afd, &p);
	if (e->state == AFD_LISTENING)
		st = EX_INVALID_PARAMETER;
	else if (e->kind == AFD_STREAM)
		query_stream(e, q);
	else
		q->readable = e->d->in.head ? e->d->in.head->length : 0;
	if (e->kind != AFD_STREAM)
		q->unsent = e->d->buffered;
	afd_leave(&p);
	return st;
}
