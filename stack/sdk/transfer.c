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
	u32 f = s->nonblock ? AFD_NOWAIT : 0;

	for (size_t i = 0; i < sizeof(flag_rows) / sizeof(*flag_rows); i++)
		if (flags & flag_rows[i].msg)
			f |= flag_rows[i].afd;
	return f;
}

static s64 move(struct sk *s, enum afd_code code, const struct iovec *v, int n,
		int flags, struct tdi_address *a, bool to)
{
	struct afd_transfer t = { .v = v, .n = (u32)n,
				  .flags = flags_of(s, flags) };
	s64 r;

	if (n < 0)
		return -EINVAL;
	if (to && a) {
		t.addressed = true;
		t.address = *a;
	}
	r = sk_control(s, code, &t, sizeof(t));
	if (a && !to && r >= 0)
		*a = t.address;
	return r;
}

s64 sk_sendv(struct sk *s, const struct iovec *v, int n, int flags)
{
	return move(s, AFD_SEND, v, n, flags, NULL, true);
}

s64 sk_recvv(struct sk *s, const struct iovec *v, int n, int flags)
{
	return move(s, AFD_RECEIVE, v, n, flags, NULL, false);
}

s64 sk_sendto(struct sk *s, const void *p, size_t n, int flags,
	      const struct tdi_address *to)
{
	struct iovec v = { (void *)(uintptr_t)p, n };
	struct tdi_address a;

	if (to)
		a = *to;
	return move(s, AFD_SEND, &v, 1, flags, to ? &a : NULL, true);
}

s64 sk_recvfrom(struct sk *s, void *p, size_t n, int flags,
		struct tdi_address *from)
{
	struct iovec v = { p, n };

	return move(s, AFD_RECEIVE, &v, 1, flags, from, false);
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
	return as_file(s, false, p, n);
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

/* The IRP, for at most that long. */
static enum ex_status wait_for(struct io_device *d, struct irp *irp,
			       s64 timeout_ns)
{
	struct ke_event done;

	ke_event_init(&done, "poll", false, false);
	irp->event = &done;
	io_call(d, irp);
	if (ke_wait(&done, timeout_ns < 0 ? KE_FOREVER : (u64)timeout_ns) ==
	    EX_TIMEOUT) {
		io_cancel(irp);
		ke_wait(&done, KE_FOREVER);
	}
	irp->event = NULL;
	return irp->status;
}

static int ask(struct sk *first, struct afd_poll *q, s64 timeout_ns)
{
	struct irp *irp = io_irp_alloc(first->x);
	struct io_stack *at;
	enum ex_status st;
	int n;

	if (!irp)
		return -ENOBUFS;
	at = io_next(irp);
	at->major = IO_DEVICE_CONTROL;
	at->code = AFD_POLL;
	at->file = first->file;
	at->buffer = q;
	at->length = sizeof(*q);
	st = wait_for(first->file->device, irp, timeout_ns);
	n = (int)irp->information;
	io_irp_free(first->x, irp);
	if (st == EX_CANCELLED)
		return 0;
	return ex_failed(st) ? sk_errno(st) : n;
}

static int poll_entered(struct sk_poll *p, unsigned n, s64 timeout_ns)
{
	struct ex *x = p[0].s->x;
	struct afd_poll q = { .n = n };
	int r;

	q.item = ex_alloc_zero(x, EX_NONPAGED, n * sizeof(*q.item), TAG);
	if (!q.item)
		return -ENOBUFS;
	for (unsigned i = 0; i < n; i++) {
		q.item[i].file = p[i].s->file;
		q.item[i].events = p[i].events;
	}
	r = ask(p[0].s, &q, timeout_ns);
	for (unsigned i = 0; i < n; i++)
		p[i].revents = r > 0 ? q.item[i].revents : 0;
	ex_free_pool(x, q.item, TAG);
	return r;
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
