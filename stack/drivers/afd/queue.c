// SPDX-License-Identifier: Apache-2.0
/* IRPs that wait in AFD and can be cancelled there; bytes that wait for one. */
#include "inside.h"

#include <string.h>

static void unlink_irp(struct afd_irps *q, struct irp *irp)
{
	struct irp **at = &q->head;

	while (*at && *at != irp)
		at = &(*at)->next;
	if (*at)
		*at = irp->next;
	irp->driver[0] = NULL;
}

/* What was moved before it was cancelled is not lost. */
static void AfdCancel(struct io_device *d, struct irp *irp)
{
	struct afd *a = d->extension;
	enum ke_irql before = ke_lock(&a->lock);
	size_t moved = afd_moved(irp);

	if (irp->driver[0])
		unlink_irp(irp->driver[0], irp);
	ke_unlock(&a->lock, before);
	io_complete(irp, moved ? EX_SUCCESS : EX_CANCELLED, moved);
}

/* false: it was cancelled before, and is done. */
bool afd_queue(struct afd_pass *p, struct afd_irps *q, struct irp *irp)
{
	struct irp **at = &q->head;

	while (*at)
		at = &(*at)->next;
	io_pending(irp);
	irp->next = NULL;
	irp->driver[0] = q;
	*at = irp;
	if (io_set_cancel(irp, AfdCancel))
		return true;
	unlink_irp(q, irp);
	afd_finish(p, irp, EX_CANCELLED, 0);
	return false;
}

bool afd_unqueue(struct irp *irp)
{
	unlink_irp(irp->driver[0], irp);
	return io_take_cancel(irp);
}

void afd_no_wait(struct afd_pass *p, struct irp *irp)
{
	size_t moved = afd_moved(irp);

	if (irp->driver[0] && afd_unqueue(irp))
		afd_finish(p, irp, moved ? EX_SUCCESS : EX_DEVICE_NOT_READY,
			   moved);
}

struct irp *afd_dequeue(struct afd_irps *q)
{
	struct irp *irp;

	while ((irp = q->head))
		if (afd_unqueue(irp))
			return irp;
	return NULL;
}

void afd_flush(struct afd_pass *p, struct afd_irps *q, enum ex_status st)
{
	struct irp *irp;

	while ((irp = afd_dequeue(q)))
		afd_finish(p, irp, afd_moved(irp) ? EX_SUCCESS : st,
			   afd_moved(irp));
}

/* --- the user's memory ---------------------------------------------------------------- */

static bool is_control(const struct irp *irp)
{
	return irp->stack[irp->current].major == IO_DEVICE_CONTROL;
}

static const struct afd_transfer *transfer(const struct irp *irp)
{
	return irp->stack[irp->current].buffer;
}

bool afd_transfer_ok(const struct irp *irp)
{
	const struct io_stack *s = &irp->stack[irp->current];
	u64 sum = 0;

	if (!is_control(irp))
		return (s->buffer || !s->length) && s->length <= INT32_MAX;
	if (transfer(irp)->n > AFD_VECTORS ||
	    (transfer(irp)->n && !transfer(irp)->v))
		return false;
	for (u32 i = 0; i < transfer(irp)->n; i++) {
		const struct iovec *v = &transfer(irp)->v[i];

		if (v->iov_len > INT32_MAX || (v->iov_len && !v->iov_base))
			return false;
		sum += v->iov_len;
	}
	return sum <= INT32_MAX;
}

size_t afd_length(const struct irp *irp)
{
	size_t sum = 0;

	if (!is_control(irp))
		return irp->stack[irp->current].length;
	for (u32 i = 0; i < transfer(irp)->n; i++)
		sum += transfer(irp)->v[i].iov_len;
	return sum;
}

u32 afd_flags(const struct irp *irp)
{
	return is_control(irp) ? transfer(irp)->flags : 0;
}

/* The run of the user's memory at off, at most n bytes of it. */
static u8 *run_at(struct irp *irp, size_t off, size_t *n)
{
	const struct io_stack *s = io_here(irp);
	const struct iovec *v;

	if (!is_control(irp)) {
		if (*n > s->length - off)
			*n = s->length - off;
		return (u8 *)s->buffer + off;
	}
	for (v = transfer(irp)->v; off >= v->iov_len; v++)
		off -= v->iov_len;
	if (*n > v->iov_len - off)
		*n = v->iov_len - off;
	return (u8 *)v->iov_base + off;
}

u8 *afd_flat(const struct irp *irp, size_t *n)
{
	*n = afd_length(irp);
	if (!is_control(irp))
		return irp->stack[irp->current].buffer;
	return transfer(irp)->n == 1 ? transfer(irp)->v[0].iov_base : NULL;
}

void afd_scatter(struct irp *irp, size_t off, const u8 *from, size_t n)
{
	while (n) {
		size_t k = n;
		u8 *to = run_at(irp, off, &k);

		memcpy(to, from, k);
		from += k;
		off += k;
		n -= k;
	}
}

void afd_gather(struct irp *irp, size_t off, u8 *to, size_t n)
{
	while (n) {
		size_t k = n;
		const u8 *from = run_at(irp, off, &k);

		memcpy(to, from, k);
		to += k;
		off += k;
		n -= k;
	}
}

/* --- bytes ------------------------------------------------------------------------------ */

struct afd_buffer *afd_buffer(struct afd *a, u32 room)
{
	struct afd_buffer *b = ex_alloc(a->x, EX_NONPAGED, sizeof(*b) + room,
					AFD_TAG_BUFFER);

	if (b) {
		memset(b, 0, sizeof(*b));
		b->room = room;
	}
	return b;
}

void afd_add(struct afd_bytes *q, struct afd_buffer *b)
{
	b->next = NULL;
	if (q->tail)
		q->tail->next = b;
	else
		q->head = b;
	q->tail = b;
	q->bytes += b->length;
}

/* Small segments share a buffer, so that the limit bounds memory, too. */
#define GRAIN 256u

bool afd_append(struct afd *a, struct afd_bytes *q, const u8 *p, u32 n)
{
	struct afd_buffer *t = q->tail;
	u32 fits = t ? t->room - t->length : 0;
	struct afd_buffer *b = NULL;

	if (fits > n)
		fits = n;
	if (n > fits) {
		b = afd_buffer(a, (n - fits + GRAIN - 1) / GRAIN * GRAIN);
		if (!b)
			return false;
	}
	if (fits) {
		memcpy(t->data + t->length, p, fits);
		t->length += fits;
		q->bytes += fits;
	}
	if (b) {
		memcpy(b->data, p + fits, n - fits);
		b->length = n - fits;
		afd_add(q, b);
	}
	return true;
}

void afd_drop(struct afd *a, struct afd_bytes *q)
{
	while (q->head) {
		struct afd_buffer *b = q->head;

		q->head = b->next;
		ex_free_pool(a->x, b, AFD_TAG_BUFFER);
	}
	q->tail = NULL;
	q->bytes = 0;
}
