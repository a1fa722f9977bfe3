// SPDX-License-Identifier: Apache-2.0
/* Connections of TCP: opened before they are needed, closed by a worker. */
#include "netbt.h"

#include <string.h>

#define PENDING_MAX 256u             /* without a session yet */
#define PENDING_NS (30 * NBT_SECOND)
#define RETIRED_NS (2 * NBT_SECOND)
#define TCP_DEVICE "\\Device\\Tcp"

/* --- one --------------- */

static void lower_free(struct nbt_lower *l)
{
	struct ex *x = l->nb->x;

	if (l->conn)
		nbt_connection_put(l->conn);
	if (l->irp)
		io_irp_free(x, l->irp);
	if (l->ind)
		ex_free_pool(x, l->ind, TAG_INDICATE);
	ex_free_pool(x, l, TAG_LOWER);
}

static void close_files(struct nbt_lower *l)
{
	gate_shut(&l->gate);
	if (l->tcp)
		io_close(l->tcp);
	if (l->address)
		io_close(l->address);
	l->tcp = l->address = NULL;
}

static enum ex_status join(struct nbt_lower *l, struct io_file *address)
{
	struct tdi_open o = { .kind = TDI_CONNECTION_FILE, .protocol = 6,
			      .context = l };
	struct tdi_request r = { .address = address };
	enum ex_status st;

	st = io_open(l->nb->x, TCP_DEVICE, &o, sizeof(o), &l->tcp);
	if (ex_failed(st))
		return st;
	return tdi_call(l->tcp, TDI_ASSOCIATE, &r);
}

static struct nbt_lower *lower_new(struct nbt *nb)
{
	struct nbt_lower *l = ex_alloc_zero(nb->x, EX_NONPAGED, sizeof(*l),
					    TAG_LOWER);

	if (!l)
		return NULL;
	l->nb = nb;
	l->capacity = nb->capacity;
	l->ind = ex_alloc(nb->x, EX_NONPAGED, l->capacity, TAG_INDICATE);
	l->irp = io_irp_alloc(nb->x);
	ke_event_init(&l->answer, "netbt answer", false, false);
	if (l->ind && l->irp)
		return l;
	lower_free(l);
	return NULL;
}

static void to_used(struct nbt_lower *l)
{
	struct nbt *nb = l->nb;
	enum ke_irql before = ke_lock(&nb->lock);

	l->since = ex_now(nb->x);
	l->next = nb->used;
	nb->used = l;
	ke_unlock(&nb->lock, before);
}

static void kick(struct nbt *nb)
{
	enum ke_irql before = ke_lock(&nb->lock);
	bool first = !nb->kicked && !nb->stopping;

	nb->kicked |= first;
	ke_unlock(&nb->lock, before);
	if (first)
		ex_work_queue(nb->x, &nb->work, EX_DELAYED);
}

/* --- ending --------------- */

void nbt_lower_close(struct nbt_lower *l)
{
	struct nbt *nb = l->nb;
	enum ke_irql before = ke_lock(&nb->lock);
	struct nbt_lower **at = &nb->used;

	KE_SET(&l->dead, true);
	while (*at && *at != l)
		at = &(*at)->next;
	if (*at) {
		*at = l->next;
		l->next = nb->closing;
		nb->closing = l;
	}
	ke_unlock(&nb->lock, before);
	kick(nb);
}

struct op {                          /* of netbt's own, to TCP */
	struct nbt_lower *l;
	struct irp *irp;
	struct tdi_request r;
	bool then;
	u8 data[80];
};

static void op_done(void *context, struct irp *irp);

static bool op_start(struct nbt_lower *l, enum tdi_minor minor, u32 flags,
		     const u8 *p, u32 n, bool then)
{
	struct ex *x = l->nb->x;
	struct op *o = ex_alloc_zero(x, EX_NONPAGED, sizeof(*o), TAG_OP);

	if (!o)
		return false;
	o->irp = io_irp_alloc(x);
	if (!o->irp || n > sizeof(o->data) || !gate_enter(&l->gate)) {
		if (o->irp)
			io_irp_free(x, o->irp);
		ex_free_pool(x, o, TAG_OP);
		return false;
	}
	o->l = l;
	o->then = then;
	o->r.flags = flags;
	if (n)
		memcpy(o->data, p, n);
	o->r.data = o->data;
	o->r.length = n;
	o->irp->done = op_done;
	o->irp->done_context = o;
	tdi_fill(o->irp, l->tcp, minor, &o->r);
	(void)io_call(l->tcp->device, o->irp);
	gate_leave(&l->gate);
	return true;
}

static void op_done(void *context, struct irp *irp)
{
	struct op *o = context;
	struct nbt_lower *l = o->l;
	bool then = o->then, sent = o->r.length;

	io_irp_free(l->nb->x, irp);
	ex_free_pool(l->nb->x, o, TAG_OP);
	if (then && (!sent || !op_start(l, TDI_DISCONNECT,
					TDI_DISCONNECT_RELEASE, NULL, 0, true)))
		nbt_lower_close(l);
}

void nbt_lower_send(struct nbt_lower *l, const u8 *p, u32 n, bool then)
{
	if (then)
		KE_SET(&l->dead, true); /* what comes now is dropped */
	if (op_start(l, TDI_SEND, 0, p, n, then))
		return;
	if (then)
		nbt_lower_close(l);
	else
		nbt_lower_reset(l);
}

void nbt_lower_end(struct nbt_lower *l)
{
	KE_SET(&l->dead, true);
	if (!op_start(l, TDI_DISCONNECT, TDI_DISCONNECT_RELEASE, NULL, 0, true))
		nbt_lower_close(l);
}

void nbt_lower_over(struct nbt_lower *l, u32 flags, enum ex_status why, bool tell)
{
	struct nbt_connection *c;
	void *context = NULL;
	tdi_disconnect_fn *fn;
	bool up;

	KE_SET(&l->answer_type, 0);
	ke_event_set(&l->answer);
	ke_latch(&l->latch);
	up = l->up;
	ke_unlatch(&l->latch);
	if (!up) {
		if (l->inbound)
			nbt_lower_close(l);
		return;
	}
	c = l->conn;
	nbt_fail_receives(c, why);
	fn = tell ? (tdi_disconnect_fn *)nbt_handler(l, TDI_EVENT_DISCONNECT,
						     &context) : NULL;
	if (!fn)
		return;
	fn(context, c->context, flags, why);
	nbt_handler_over(c);
}

/* By who was the first to find that it is dead, or comes after `quiet`. */
static void tell_abort(struct nbt_lower *l, enum ex_status why)
{
	bool first;

	ke_latch(&l->latch);
	first = !l->quiet && !KE_GET(&l->told);
	if (first)
		KE_SET(&l->told, true);
	ke_unlatch(&l->latch);
	nbt_lower_over(l, TDI_DISCONNECT_ABORT, why, first);
}

void nbt_lower_up(struct nbt_lower *l)
{
	ke_latch(&l->latch);
	l->quiet = true;
	KE_SET(&l->up, true);
	ke_unlatch(&l->latch);
}

void nbt_lower_begins(struct nbt_lower *l)
{
	bool dead;

	ke_latch(&l->latch);
	l->quiet = false;
	dead = KE_GET(&l->dead);
	ke_unlatch(&l->latch);
	if (dead)
		tell_abort(l, EX_CONNECTION_RESET);
}

void nbt_lower_reset(struct nbt_lower *l)
{
	if (!nbt_first(l, &l->dead))
		return;
	(void)op_start(l, TDI_DISCONNECT, TDI_DISCONNECT_ABORT, NULL, 0,
		       false);
	tell_abort(l, EX_CONNECTION_RESET);
}

/* --- TCP's events --------------- */

static void accepted(void *context, struct irp *irp)
{
	if (ex_failed(irp->status))
		nbt_lower_close(context);
}

static struct nbt_lower *take_free(struct nbt *nb,
				   const struct tdi_address *remote)
{
	enum ke_irql before = ke_lock(&nb->lock);
	struct nbt_lower *l = nb->lowers_new < PENDING_MAX && !nb->stopping ?
				      nb->free : NULL;

	if (l) {
		nb->free = l->next;
		nb->lowers_free--;
		nb->lowers_new++;    /* counted anew each second */
		l->inbound = true;
		l->peer = *remote;
		l->next = nb->used;
		nb->used = l;
		l->since = ex_now(nb->x);
	}
	ke_unlock(&nb->lock, before);
	return l;
}

static enum ex_status on_connect(void *context,
				 const struct tdi_address *remote,
				 void **connection_context, struct irp **accept)
{
	struct nbt *nb = context;
	struct nbt_lower *l = take_free(nb, remote);

	kick(nb);
	if (!l || !gate_enter(&l->gate))
		return EX_INSUFFICIENT_RESOURCES;
	io_irp_reuse(l->irp);
	l->irp->done = accepted;
	l->irp->done_context = l;
	l->req = (struct tdi_request){ .remote = *remote };
	tdi_fill(l->irp, l->tcp, TDI_ACCEPT, &l->req);
	gate_leave(&l->gate);
	*connection_context = l;
	*accept = l->irp;
	return EX_SUCCESS;
}

static void on_disconnect(void *context, void *connection_context, u32 flags,
			  enum ex_status why)
{
	struct nbt_lower *l = connection_context;

	(void)context;
	if (flags & TDI_DISCONNECT_ABORT) {
		if (nbt_first(l, &l->dead) || !KE_GET(&l->told))
			tell_abort(l, why);
		return;
	}
	KE_SET(&l->fin, true);
	nbt_pump(l, false);
}

static enum ex_status open_address(struct nbt *nb, u16 port,
				   struct io_file **out)
{
	struct tdi_open o = { .kind = TDI_ADDRESS_FILE, .protocol = 6,
			      .address = { .family = 4, .port = port } };
	enum ex_status st = io_open(nb->x, TCP_DEVICE, &o, sizeof(o), out);

	if (!ex_failed(st))
		st = tdi_set_event(*out, TDI_EVENT_RECEIVE,
				   (void *)nbt_receive, nb);
	if (!ex_failed(st))
		st = tdi_set_event(*out, TDI_EVENT_DISCONNECT,
				   (void *)on_disconnect, nb);
	if (!ex_failed(st) && port)
		st = tdi_set_event(*out, TDI_EVENT_CONNECT,
				   (void *)on_connect, nb);
	return st;
}

enum ex_status nbt_lower_open(struct nbt *nb, struct nbt_connection *c,
			      struct nbt_lower **out)
{
	struct nbt_lower *l = lower_new(nb);
	enum ex_status st;

	if (!l)
		return EX_INSUFFICIENT_RESOURCES;
	st = open_address(nb, 0, &l->address);
	if (!ex_failed(st))
		st = join(l, l->address);
	if (ex_failed(st)) {
		close_files(l);
		lower_free(l);
		return st;
	}
	l->conn = c;
	(void)KE_ADD(&c->refs, 1u);
	to_used(l);
	*out = l;
	return EX_SUCCESS;
}

/* --- the worker --------------- */

static bool open_one(struct nbt *nb)
{
	struct nbt_lower *l = lower_new(nb);
	enum ke_irql before;

	if (!l)
		return false;
	if (ex_failed(join(l, nb->tcp))) {
		close_files(l);
		lower_free(l);
		return false;
	}
	before = ke_lock(&nb->lock);
	l->next = nb->free;
	nb->free = l;
	nb->lowers_free++;
	ke_unlock(&nb->lock, before);
	return true;
}

static struct nbt_lower *take_closing(struct nbt *nb)
{
	enum ke_irql before = ke_lock(&nb->lock);
	struct nbt_lower *l = nb->closing;

	if (l)
		nb->closing = l->next;
	ke_unlock(&nb->lock, before);
	return l;
}

static void close_all(struct nbt *nb)
{
	struct nbt_lower *l;
	enum ke_irql before;

	while ((l = take_closing(nb))) {
		close_files(l);
		before = ke_lock(&nb->lock);
		l->since = ex_now(nb->x);
		l->next = nb->retired;
		nb->retired = l;
		ke_unlock(&nb->lock, before);
	}
}

static void set_working(struct nbt *nb, bool on)
{
	enum ke_irql before = ke_lock(&nb->lock);

	nb->working = on;
	if (on)
		nb->kicked = false;
	ke_unlock(&nb->lock, before);
}

static bool is_working(struct nbt *nb)
{
	enum ke_irql before = ke_lock(&nb->lock);
	bool is = nb->working || nb->kicked || KE_GET(&nb->threads);

	ke_unlock(&nb->lock, before);
	return is;
}

static bool wants_more(struct nbt *nb)
{
	enum ke_irql before = ke_lock(&nb->lock);
	bool more = !nb->stopping && nb->lowers_free < NBT_SPARES;

	ke_unlock(&nb->lock, before);
	return more;
}

static void work(void *context)
{
	struct nbt *nb = context;

	set_working(nb, true);
	close_all(nb);
	while (wants_more(nb) && open_one(nb))
		;
	set_working(nb, false);
}

/* --- time --------------- */

/* One at a time: the lock is not held while it is ended. */
static struct nbt_lower *overdue(struct nbt *nb, u64 now)
{
	enum ke_irql before = ke_lock(&nb->lock);
	struct nbt_lower *l;

	nb->lowers_new = 0;
	for (l = nb->used; l; l = l->next) {
		if (!l->inbound || KE_GET(&l->up))
			continue;
		nb->lowers_new++;
		if (l->since + PENDING_NS <= now)
			break;
	}
	ke_unlock(&nb->lock, before);
	return l;
}

static void free_retired(struct nbt *nb, u64 now)
{
	enum ke_irql before = ke_lock(&nb->lock);
	struct nbt_lower **at = &nb->retired, *l, *gone = NULL;

	while ((l = *at)) {
		if (l->since + RETIRED_NS > now ||
		    (l->conn && l->conn->lower == l)) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		l->next = gone;
		gone = l;
	}
	ke_unlock(&nb->lock, before);
	while ((l = gone)) {
		gone = l->next;
		lower_free(l);
	}
}

/* RFC 1001 16.1.3: nothing went or came for as long, so the peer is tried. A
 * message goes out in one piece, so this comes between two. */
static struct nbt_lower *silent(struct nbt *nb, u64 now)
{
	enum ke_irql before = ke_lock(&nb->lock);
	struct nbt_lower *l = nb->keepalive_ns ? nb->used : NULL;

	while (l && (!KE_GET(&l->up) || KE_GET(&l->dead) || KE_GET(&l->fin) ||
		     KE_GET(&l->moved) + nb->keepalive_ns > now))
		l = l->next;
	if (l)
		KE_SET(&l->moved, now);
	ke_unlock(&nb->lock, before);
	return l;
}

static void tick(void *context, void *a, void *b)
{
	u8 keep[NBT_HEADER];
	struct nbt *nb = context;
	u64 now = ex_now(nb->x);
	struct nbt_lower *l;

	(void)a;
	(void)b;
	if (!gate_enter(&nb->gate))
		return;
	while ((l = overdue(nb, now)))
		nbt_lower_close(l);
	nbt_header(keep, NBT_KEEPALIVE, 0);
	while ((l = silent(nb, now)))
		(void)op_start(l, TDI_SEND, 0, keep, sizeof(keep), false);
	free_retired(nb, now);
	gate_leave(&nb->gate);
}

/* --- all of them --------------- */

enum ex_status nbt_lowers_start(struct nbt *nb)
{
	enum ex_status st;

	ex_work_init(&nb->work, work, nb);
	ke_dpc_init(&nb->dpc, tick, nb);
	ke_timer_init(&nb->tick, "netbt");
	nb->tick.background = true;
	st = open_address(nb, 139, &nb->tcp);
	if (ex_failed(st))
		return st;
	ke_timer_set(&nb->tick, NBT_SECOND, NBT_SECOND, &nb->dpc);
	kick(nb);
	return EX_SUCCESS;
}

static void move_all(struct nbt *nb, struct nbt_lower **from)
{
	enum ke_irql before = ke_lock(&nb->lock);

	while (*from) {
		struct nbt_lower *l = *from;

		*from = l->next;
		KE_SET(&l->dead, true);
		KE_SET(&l->told, true);
		l->next = nb->closing;
		nb->closing = l;
	}
	ke_unlock(&nb->lock, before);
}

void nbt_lowers_stop(struct nbt *nb)
{
	enum ke_irql before = ke_lock(&nb->lock);

	KE_SET(&nb->stopping, true);
	ke_unlock(&nb->lock, before);
	(void)ke_timer_cancel(&nb->tick);
	(void)ke_dpc_remove(&nb->dpc);
	while (is_working(nb))
		ke_sleep(NBT_MS);
	gate_shut(&nb->gate);
	move_all(nb, &nb->free);
	move_all(nb, &nb->used);
	close_all(nb);
	if (nb->tcp)
		io_close(nb->tcp);
	nb->tcp = NULL;
	ke_sleep(NBT_MS);            /* calls that are on their way */
	free_retired(nb, UINT64_MAX);
}
