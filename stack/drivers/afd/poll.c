// SPDX-License-Identifier: Apache-2.0
/* Poll: an IRP that waits until one of its endpoints is ready. The client limits
 * its wait, and cancels. */
#include "inside.h"

#include <poll.h>

#define ENDED (POLLIN | POLLRDNORM | POLLRDHUP) /* nothing more comes */
#define ALWAYS (POLLERR | POLLHUP | POLLNVAL)

static int of_listener(const struct afd_endpoint *e)
{
	return e->ready ? POLLIN | POLLRDNORM : 0;
}

static int of_connection(const struct afd_endpoint *e)
{
	const struct afd_connection *c = e->c;
	int r = 0;

	if (c->in.bytes || c->stalled)
		r |= POLLIN | POLLRDNORM;
	if (c->eof || c->receive_shut)
		r |= ENDED;
	if (c->oob.bytes && !c->oob_inline)
		r |= POLLPRI;
	if (c->error)
		return r | POLLERR | POLLHUP | POLLOUT | POLLWRNORM;
	if ((c->eof || c->receive_shut) && c->fin_wanted)
		r |= POLLHUP;
	if (c->fin_wanted || !c->send_limit || c->buffered < c->send_limit)
		r |= POLLOUT | POLLWRNORM;
	return r;
}

static int of_datagrams(const struct afd_endpoint *e)
{
	int r = 0;

	if (e->d->in.head)
		r |= POLLIN | POLLRDNORM;
	if (e->receive_shut)
		r |= ENDED | (e->send_shut ? POLLHUP : 0);
	if (e->error)
		r |= POLLERR;
	if (!e->option[AFD_OPT_SNDBUF] ||
	    e->d->buffered < e->option[AFD_OPT_SNDBUF])
		r |= POLLOUT | POLLWRNORM;
	return r;
}

/* As poll() of Linux has it. */
static int state_of(const struct afd_endpoint *e)
{
	if (!e || e->closed)
		return POLLNVAL;
	if (e->kind != AFD_STREAM)
		return of_datagrams(e);
	if (e->state == AFD_LISTENING)
		return of_listener(e);
	if (e->state == AFD_CONNECTED)
		return of_connection(e);
	if (e->state == AFD_CONNECTING)
		return 0;
	return POLLOUT | POLLWRNORM | POLLHUP | (e->error ? POLLERR : 0) |
	       (e->failed ? ENDED : 0);
}

static u32 look(struct afd_poll *q)
{
	u32 n = 0;

	for (u32 i = 0; i < q->n; i++) {
		struct afd_poll_item *it = &q->item[i];

		it->revents = (short)(state_of(it->file->context) &
				      (it->events | ALWAYS));
		n += it->revents != 0;
	}
	return n;
}

static bool has(const struct afd_poll *q, const struct afd_endpoint *e)
{
	for (u32 i = 0; i < q->n; i++)
		if (q->item[i].file->context == e)
			return true;
	return false;
}

void afd_wake(struct afd_pass *p, struct afd_endpoint *e)
{
	struct irp *irp, *next;

	for (irp = p->afd->polls.head; irp; irp = next) {
		struct afd_poll *q = io_here(irp)->buffer;
		u32 n;

		next = irp->next;
		if (!has(q, e))
			continue;
		n = look(q);
		if (n && afd_unqueue(irp))
			afd_finish(p, irp, EX_SUCCESS, n);
	}
}

enum ex_status AfdPoll(struct afd_endpoint *e, struct irp *irp)
{
	struct afd_poll *q = io_here(irp)->buffer;
	struct afd_pass p;
	u32 n;

	if (!q->n || q->n > AFD_POLL_ITEMS || !q->item)
		return EX_INVALID_PARAMETER;
	for (u32 i = 0; i < q->n; i++)
		if (!q->item[i].file ||
		    q->item[i].file->device != e->afd->device)
			return EX_INVALID_PARAMETER;
	afd_enter(e->afd, &p);
	if (afd_queue(&p, &p.afd->polls, irp)) {
		n = look(q);
		if (n && afd_unqueue(irp))
			afd_finish(&p, irp, EX_SUCCESS, n);
	}
	afd_leave(&p);
	return EX_PENDING;
}
