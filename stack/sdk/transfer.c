// SPDX-License-Identifier: Apache-2.0
/* Sockets: bytes, in all the ways that BSD and Win32 move them; poll. */
#include "inside.h"

#define TAG EX_TAG('S', 'o', 'c', 'k')

static const struct {
	int msg;
	u32 afd;
} flag_rows[] = {
	{ MSG_DONTWAIT, AFD_NOWAIT },
	{ MSG_PEEK, AFD_PEEK },
	{ MSG_OOB, AFD_OOB },
	{ MSG_WAITALL, AFD_WAITALL },
};

static u32 flags_of(const struct sk *s, int flags)
{
	u32 f = KE_GET(&s->nonblock) ? AFD_NOWAIT : 0;

	for (size_t i = 0; i < sizeof(flag_rows) / sizeof(*flag_rows); i++)
		if (flags & flag_rows[i].msg)
			f |= flag_rows[i].afd;
	return f;
}

/* recv(2) of Linux: any length is right, and so much is moved at most. */
static size_t at_most(size_t n)
{
	return n < INT32_MAX ? n : INT32_MAX;
}

struct moving {
	const struct iovec *v;
	int n, flags;
	const struct tdi_address *to;
	struct tdi_address *from;
	bool truncated;
};

static s64 move(struct sk *s, enum afd_code code, struct moving *m)
{
	struct afd_transfer t = { .v = m->v, .n = (u32)m->n,
				  .flags = flags_of(s, m->flags) };
	s64 r;

	if (m->n < 0)
		return -EINVAL;
	if (m->n > (int)AFD_VECTORS)
		return -EMSGSIZE;
	if (m->to && !sk_family_ok(s, m->to))
		return -EAFNOSUPPORT;
	if (m->to) {
		t.addressed = true;
		t.address = *m->to;
	}
	r = sk_control_for(s, code, &t, sizeof(t),
			   code == AFD_SEND ? KE_GET(&s->send_ms) :
					      KE_GET(&s->receive_ms));
	if (code == AFD_SEND || r < 0)
		return r;
	if (m->from)
		*m->from = t.address;
	m->truncated = t.truncated;
	return t.truncated && m->flags & MSG_TRUNC ? (s64)t.whole : r;
}

s64 sk_sendv(struct sk *s, const struct iovec *v, int n, int flags)
{
	return move(s, AFD_SEND, &(struct moving){ .v = v, .n = n,
						   .flags = flags });
}

s64 sk_recvv(struct sk *s, const struct iovec *v, int n, int flags)
{
	return move(s, AFD_RECEIVE, &(struct moving){ .v = v, .n = n,
						      .flags = flags });
}

s64 sk_sendmsg(struct sk *s, const struct sk_message *m, int flags)
{
	return move(s, AFD_SEND,
		    &(struct moving){ .v = m->v, .n = m->n, .flags = flags,
				      .to = m->address.family ? &m->address :
								NULL });
}

s64 sk_recvmsg(struct sk *s, struct sk_message *m, int flags)
{
	struct moving g = { .v = m->v, .n = m->n, .flags = flags,
			    .from = &m->address };
	s64 r = move(s, AFD_RECEIVE, &g);

	m->flags = g.truncated ? MSG_TRUNC : 0;
	return r;
}

s64 sk_sendto(struct sk *s, const void *p, size_t n, int flags,
	      const struct tdi_address *to)
{
	struct iovec v = { (void *)(uintptr_t)p, n };

	return move(s, AFD_SEND, &(struct moving){ .v = &v, .n = 1,
						   .flags = flags, .to = to });
}

s64 sk_recvfrom(struct sk *s, void *p, size_t n, int flags,
		struct tdi_address *from)
{
	struct iovec v = { p, at_most(n) };

	return move(s, AFD_RECEIVE, &(struct moving){ .v = &v, .n = 1,
						      .flags = flags,
						      .from = from });
}

s64 sk_send(struct sk *s, const void *p, size_t n, int flags)
{
	return sk_sendto(s, p, n, flags, NULL);
}

s64 sk_recv(struct sk *s, void *p, size_t n, int flags)
{
	return sk_recvfrom(s, p, n, flags, NULL);
}

/* --- as a file ------------------------------------------------------------------------- */

static void file_location(struct io_stack *at, struct sk *s, bool write,
			  void *p, size_t n)
{
	at->major = write ? IO_WRITE : IO_READ;
	at->file = s->file;
	at->buffer = p;
	at->length = n;
}

static s64 as_file(struct sk *s, bool write, void *p, size_t n)
{
	enum ex_status st;
	struct irp *irp;
	size_t moved;
	int e = sk_enter(s);

	if (e)
		return e;
	irp = io_irp_alloc(s->x);
	if (!irp) {
		sk_leave(s);
		return -ENOBUFS;
	}
	file_location(io_next(irp), s, write, p, n);
	st = io_sync(s->file->device, irp);
	moved = irp->information;
	io_irp_free(s->x, irp);
	sk_leave(s);
	return ex_failed(st) ? sk_errno(st) : (s64)moved;
}

s64 sk_read(struct sk *s, void *p, size_t n)
{
	return as_file(s, false, p, at_most(n));
}

s64 sk_write(struct sk *s, const void *p, size_t n)
{
	return as_file(s, true, (void *)(uintptr_t)p, n);
}

/* --- overlapped -------------------------------------------------------------------------- */

struct overlapped {
	struct ex *x;
	struct irp *irp;
	void (*done)(void *ctx, s64 result);
	void *ctx;
	struct iovec v;
	struct afd_transfer t;
};

static void overlapped_done(void *context, struct irp *irp)
{
	struct overlapped *o = context;
	s64 r = ex_failed(irp->status) ? sk_errno(irp->status) :
					 (s64)irp->information;

	o->done(o->ctx, r);
	io_irp_free(o->x, irp);
	ex_free_pool(o->x, o, TAG);
}

static void overlapped_location(struct overlapped *o, struct sk *s,
				bool write, bool file)
{
	struct io_stack *at = io_next(o->irp);

	if (file) {
		file_location(at, s, write, o->v.iov_base, o->v.iov_len);
		return;
	}
	o->t.v = &o->v;
	o->t.n = 1;
	at->major = IO_DEVICE_CONTROL;
	at->code = write ? AFD_SEND : AFD_RECEIVE;
	at->file = s->file;
	at->buffer = &o->t;
	at->length = sizeof(o->t);
}

int sk_overlapped(struct sk *s, bool write, bool file, void *p, size_t n,
		  void (*done)(void *ctx, s64 result), void *ctx)
{
	struct overlapped *o;
	int e = sk_enter(s);

	if (e)
		return e;
	o = ex_alloc_zero(s->x, EX_NONPAGED, sizeof(*o), TAG);
	if (o)
		o->irp = io_irp_alloc(s->x);
	if (!o || !o->irp) {
		if (o)
			ex_free_pool(s->x, o, TAG);
		sk_leave(s);
		return -ENOBUFS;
	}
	o->x = s->x;
	o->done = done;
	o->ctx = ctx;
	o->v = (struct iovec){ p, n };
	o->irp->done = overlapped_done;
	o->irp->done_context = o;
	overlapped_location(o, s, write, file);
	io_call(s->file->device, o->irp);
	sk_leave(s);
	return 0;
}

/* --- poll ------------------------------------------------------------------------------------ */

static int poll_entered(struct sk_poll *p, unsigned n, s64 timeout_ns)
{
	struct ex *x = p[0].s->x;
	struct afd_poll q = { .n = n };
	enum ex_status st;
	size_t found = 0;

	q.item = ex_alloc_zero(x, EX_NONPAGED, n * sizeof(*q.item), TAG);
	if (!q.item)
		return -ENOBUFS;
	for (unsigned i = 0; i < n; i++) {
		q.item[i].file = p[i].s->file;
		q.item[i].events = p[i].events;
	}
	st = sk_control_status(p[0].s, AFD_POLL, &q, sizeof(q),
			       timeout_ns < 0 ? KE_FOREVER : (u64)timeout_ns,
			       &found);
	if (ex_failed(st))           /* its time is over, or it failed */
		found = 0;
	for (unsigned i = 0; i < n; i++)
		p[i].revents = found ? q.item[i].revents : 0;
	ex_free_pool(x, q.item, TAG);
	if (ex_failed(st) && st != EX_DEVICE_NOT_READY)
		return sk_errno(st);
	return (int)found;
}

int sk_poll(struct sk_poll *p, unsigned n, s64 timeout_ns)
{
	unsigned in = 0;
	int r = -EINVAL;

	if (!n || n > AFD_POLL_ITEMS)
		return r;
	while (in < n && !sk_enter(p[in].s))
		in++;
	r = in == n ? poll_entered(p, n, timeout_ns) : -EBADF;
	while (in)
		sk_leave(p[--in].s);
	return r;
}
