// SPDX-License-Identifier: Apache-2.0
/*
 * Sending. With SO_SNDBUF, what the user gives is copied into a block (tag
 * AfdB), his request completes, and a request of ours takes the block through
 * the transport; its completion routine frees both, on every path.  With
 * SO_SNDBUF of 0 nothing is copied: the user's request itself goes down.
 *
 * At most one CPU hands a connection's sends to the transport (afd_pump), so
 * they keep their order, and a transport that completes at once does not recurse.
 */
#include "inside.h"

#include <string.h>

/* --- what a send is made of ----------------------------------------------------------- */

void afd_block_free(struct afd *a, struct afd_block *b)
{
	if (b)
		ex_free_pool(a->x, b, AFD_TAG_BUFFER);
}

static void chain_free(struct afd *a, struct ndis_buffer *b)
{
	while (b) {
		struct ndis_buffer *next = b->next;

		ndis_buffer_free(a->x, b);
		b = next;
	}
}

static struct afd *afd_of(const struct afd_send *s)
{
	return s->c ? s->c->afd : s->e->afd;
}

void afd_send_discard(struct afd *a, struct afd_send *s)
{
	if (s->own)
		io_irp_free(a->x, s->irp);
	chain_free(a, s->chain);
	ex_free_pool(a->x, s, AFD_TAG_SEND);
}

static struct afd_send *send_alloc(struct afd *a, struct afd_endpoint *e,
				   struct irp *user, u32 n)
{
	struct afd_send *s = ex_alloc_zero(a->x, EX_NONPAGED, sizeof(*s),
					   AFD_TAG_SEND);

	if (!s)
		return NULL;
	s->size = n;
	s->request = ++a->requests;
	s->c = e->c;
	s->e = e->c ? NULL : e;
	if (afd_flags(user) & AFD_OOB)
		s->r.flags = TDI_SEND_EXPEDITED;
	s->r.length = n;
	TRACE(afd_send, e, n, io_here(user)->major, s->request);
	return s;
}

/* n bytes of the user's from off, copied. Under the lock. */
struct afd_send *afd_send_new(struct afd *a, struct afd_endpoint *e,
			      struct irp *user, size_t off, u32 n)
{
	struct afd_send *s = send_alloc(a, e, user, n);

	if (!s)
		return NULL;
	s->block = ex_alloc(a->x, EX_NONPAGED, sizeof(*s->block) + n,
			    AFD_TAG_BUFFER);
	s->irp = s->block ? io_irp_alloc(a->x) : NULL;
	if (!s->irp) {
		afd_block_free(a, s->block);
		ex_free_pool(a->x, s, AFD_TAG_SEND);
		return NULL;
	}
	s->own = true;
	*s->block = (struct afd_block){ .request = s->request, .endpoint = e,
					.size = n };
	afd_gather(user, off, s->block->data, n);
	s->r.data = s->block->data;
	s->complete = io_here(user)->major == IO_WRITE ? AfdWriteComplete :
							 AfdSendComplete;
	return s;
}

static bool chain_of(struct afd *a, struct afd_send *s, struct irp *user)
{
	const struct afd_transfer *t = io_here(user)->buffer;
	struct ndis_buffer **at = &s->chain;

	for (u32 i = 0; i < t->n; i++) {
		if (!t->v[i].iov_len)
			continue;
		*at = ndis_buffer_lend(a->x, t->v[i].iov_base,
				       (u32)t->v[i].iov_len);
		if (!*at)
			return false;
		at = &(*at)->next;
	}
	return true;
}

/* The user's request goes on upwards: he is told by the transport. */
static enum ex_status AfdDirectComplete(struct io_device *d, struct irp *irp,
					void *context)
{
	struct afd_send *s = context;

	(void)d;
	afd_send_unlink(s, irp->status);
	afd_send_free(s);
	return EX_SUCCESS;
}

/* The user's own memory and request. Under the lock. */
struct afd_send *afd_send_direct(struct afd *a, struct afd_endpoint *e,
				 struct irp *user)
{
	struct afd_send *s = send_alloc(a, e, user, (u32)afd_length(user));
	const struct io_stack *here = io_here(user);
	const struct afd_transfer *t = here->buffer;

	if (!s)
		return NULL;
	s->irp = user;
	s->r.flags |= TDI_SEND_NO_COPY;
	s->complete = AfdDirectComplete;
	if (here->major == IO_WRITE) {
		s->r.data = here->buffer;
	} else if (t->n == 1) {
		s->r.data = t->v[0].iov_base;
	} else if (chain_of(a, s, user)) {
		s->r.chain = s->chain;
	} else {
		afd_send_discard(a, s);
		return NULL;
	}
	return s;
}

void afd_send_issue(struct afd_send *s, struct io_file *f,
		    enum tdi_minor minor)
{
	struct irp *irp = s->irp;
	struct io_stack *at;

	tdi_fill(irp, f, minor, &s->r);
	at = &irp->stack[irp->current + 1];
	at->complete = s->complete;
	at->context = s;
	io_call(f->device, irp);
}

void afd_put_out(struct afd_send ***end, struct afd_send *s)
{
	s->next = NULL;
	**end = s;
	*end = &s->next;
}

/* --- the ways out ------------------------------------------------------------------------ */

static enum ex_status AfdReleaseComplete(struct io_device *d, struct irp *irp,
					 void *context)
{
	struct afd_connection *c = context;
	struct afd_pass p;

	(void)d;
	(void)irp;
	afd_enter(c->afd, &p);
	afd_quiet(c);
	afd_leave(&p);
	afd_connection_put(c);
	return EX_MORE_PROCESSING_REQUIRED;
}

/* The FIN's turn is after everything else. */
static bool fin_turn(const struct afd_connection *c)
{
	return c->fin_wanted && !c->fin_sent && c->opened && !c->error &&
	       !c->aborted && !c->writes.head;
}

/* One thing more was handed down; false: there is none. */
static bool pump_once(struct afd_connection *c)
{
	struct afd_send *s;
	bool fin = false;
	struct afd_pass p;

	afd_enter(c->afd, &p);
	s = c->out;
	if (s) {
		c->out = s->next;
		if (!c->out)
			c->out_end = &c->out;
	} else if (fin_turn(c)) {
		c->fin_sent = fin = true;
		c->refs++;
	} else {
		c->pumping = false;
	}
	afd_leave(&p);
	if (s) {
		afd_send_issue(s, c->file, TDI_SEND);
	} else if (fin) {
		io_irp_reuse(&c->op.irp);
		c->op.r = (struct tdi_request){
			.flags = TDI_DISCONNECT_RELEASE };
		afd_op(c, &c->op, TDI_DISCONNECT, AfdReleaseComplete);
	}
	return s || fin;
}

void afd_pump(struct afd_connection *c)
{
	struct afd_pass p;
	bool mine;

	afd_enter(c->afd, &p);
	mine = !c->pumping;
	if (mine) {
		c->pumping = true;
		c->refs++;
	}
	afd_leave(&p);
	if (!mine)
		return;
	while (pump_once(c))
		;
	afd_connection_put(c);
}

/* --- the way back -------------------------------------------------------------------------- */

static void block_link(struct afd_connection *c, struct afd_block *b)
{
	b->next = c->blocks;
	b->at = &c->blocks;
	if (b->next)
		b->next->at = &b->next;
	c->blocks = b;
}

static void block_unlink(struct afd_block *b)
{
	if (!b || !b->at)
		return;
	*b->at = b->next;
	if (b->next)
		b->next->at = b->at;
	b->at = NULL;
}

static void fill(struct afd_pass *p, struct afd_connection *c);

/* It is through, or failed: room for those that wait. */
void afd_send_unlink(struct afd_send *s, enum ex_status st)
{
	struct afd_connection *c = s->c;
	struct afd_pass p;

	TRACE(afd_send_done, s->block ? s->block->endpoint : s->e, s->size,
	      (u32)st, s->request);
	afd_enter(afd_of(s), &p);
	block_unlink(s->block);
	if (!c) {
		afd_datagram_told(&p, s, st);
		s->e->d->buffered -= s->size;
		afd_datagram_fill(&p, s->e);
		afd_wake(&p, s->e);
		afd_leave(&p);
		return;
	}
	c->buffered -= s->size;
	c->direct -= !s->block;
	if (ex_failed(st) && !c->error && st != EX_CANCELLED)
		afd_broken(&p, c, st);
	fill(&p, c);
	if (c->endpoint)
		afd_wake(&p, c->endpoint);
	afd_leave(&p);
}

/* All but the block, which is freed before. */
void afd_send_free(struct afd_send *s)
{
	struct afd_connection *c = s->c;
	struct afd_endpoint *e = s->e;

	afd_send_discard(afd_of(s), s);
	if (c) {
		afd_pump(c);
		afd_connection_put(c);
		return;
	}
	afd_datagram_pump(e);
	afd_endpoint_put(e);
}

enum ex_status AfdSendComplete(struct io_device *d, struct irp *irp,
			       void *context)
{
	struct afd_send *s = context;
	struct afd *a = afd_of(s);

	(void)d;
	afd_send_unlink(s, irp->status);
	afd_block_free(a, s->block);
	afd_send_free(s);
	return EX_MORE_PROCESSING_REQUIRED;
}

/* --- what is asked for ------------------------------------------------------------------------ */

static void go(struct afd_connection *c, struct afd_send *s)
{
	c->refs++;
	c->buffered += s->size;
	if (s->block)
		block_link(c, s->block);
	else
		c->direct++;
	afd_put_out(&c->out_end, s);
}

/* A piece of the first that waits. false: it has to wait on. */
static bool fill_one(struct afd_pass *p, struct afd_connection *c,
		     struct irp *irp)
{
	size_t left = afd_length(irp) - afd_moved(irp);
	u32 limit = c->send_limit ? c->send_limit : AFD_WINDOW;
	u32 room = c->buffered < limit ? limit - c->buffered : 0;
	u32 n = left < room ? (u32)left : room;
	struct afd_send *s;

	if (!n || !c->endpoint)
		return false;
	s = afd_send_new(c->afd, c->endpoint, irp, afd_moved(irp), n);
	if (!s) {
		if (afd_unqueue(irp))
			afd_finish(p, irp,
				   afd_moved(irp) ? EX_SUCCESS :
						    EX_INSUFFICIENT_RESOURCES,
				   afd_moved(irp));
		return true;
	}
	go(c, s);
	afd_move(irp, n);
	if (afd_moved(irp) == afd_length(irp) && afd_unqueue(irp))
		afd_finish(p, irp, EX_SUCCESS, afd_moved(irp));
	return true;
}

/* Under the lock. */
static void fill(struct afd_pass *p, struct afd_connection *c)
{
	while (c->writes.head && fill_one(p, c, c->writes.head))
		;
}

static enum ex_status may_send(struct afd_endpoint *e)
{
	if (e->closed)
		return EX_CANCELLED;
	if (e->state != AFD_CONNECTED || !e->c)
		return afd_not_connected(e);
	if (e->c->error) {
		e->error = EX_SUCCESS; /* SO_ERROR was told by this */
		return e->c->error;
	}
	return e->c->fin_wanted ? EX_LOCAL_DISCONNECT : EX_SUCCESS;
}

static void copied(struct afd_pass *p, struct afd_connection *c,
		   struct irp *irp)
{
	if (!afd_queue(p, &c->writes, irp))
		return;
	fill(p, c);
	if (afd_flags(irp) & AFD_NOWAIT)
		afd_no_wait(p, irp);
}

static void direct(struct afd_pass *p, struct afd_connection *c,
		   struct irp *irp)
{
	struct afd_send *s = afd_send_direct(c->afd, c->endpoint, irp);

	io_pending(irp);
	if (s)
		go(c, s);
	else
		afd_finish(p, irp, EX_INSUFFICIENT_RESOURCES, 0);
}

enum ex_status AfdSend(struct afd_endpoint *e, struct irp *irp)
{
	struct afd_connection *c;
	enum ex_status st;
	struct afd_pass p;

	if (!afd_transfer_ok(irp))
		return EX_INVALID_PARAMETER;
	if (e->kind != AFD_STREAM)
		return afd_datagram_send(e, irp);
	afd_enter(e->afd, &p);
	st = may_send(e);
	if (ex_failed(st) || !afd_length(irp)) {
		afd_leave(&p);
		return st;
	}
	c = e->c;
	c->refs++;
	if (c->send_limit || c->writes.head)
		copied(&p, c, irp);
	else
		direct(&p, c, irp);
	afd_leave(&p);
	afd_pump(c);
	afd_connection_put(c);
	return EX_PENDING;
}

enum ex_status AfdGiveUp(struct afd_endpoint *e, struct irp *irp)
{
	struct afd_connection *c;
	struct afd_pass p;

	(void)irp;
	afd_enter(e->afd, &p);
	c = e->c && e->c->direct ? e->c : NULL;
	if (c)
		c->refs++;
	afd_leave(&p);
	if (c) {
		afd_abort(c);
		afd_connection_put(c);
	}
	return EX_SUCCESS;
}
