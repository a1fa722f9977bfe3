// SPDX-License-Identifier: Apache-2.0
/* The driver srv: "name=SERVER sessions=8". */
#include "srv.h"

#include <string.h>

#define DEVICE "\\Device\\NetBT"
#define MS 1000000ull
#define SESSIONS 8u

/* --- slots --------------- */

static void kick(struct srv *s)
{
	enum ke_irql before = ke_lock(&s->lock);
	bool first = !s->kicked && !s->stopping;

	s->kicked |= first;
	ke_unlock(&s->lock, before);
	if (first)
		ex_work_queue(s->x, &s->work, EX_DELAYED);
}

/* false: it was in another. */
static bool slot_move(struct srv_slot *t, enum srv_state from,
		      enum srv_state to)
{
	bool ok;

	ke_latch(&t->latch);
	ok = t->state == from;
	if (ok)
		KE_SET(&t->state, to);
	ke_unlatch(&t->latch);
	return ok;
}

static bool is_busy(const struct srv_slot *t)
{
	return KE_GET(&t->state) == SRV_BUSY;
}

static void slot_open(struct srv_slot *t)
{
	struct srv *s = t->srv;
	struct tdi_open o = { .kind = TDI_CONNECTION_FILE, .context = t };
	struct tdi_request r = { .address = s->address };

	if (ex_failed(io_open(s->x, DEVICE, &o, sizeof(o), &t->file)))
		return;
	if (ex_failed(tdi_call(t->file, TDI_ASSOCIATE, &r))) {
		io_close(t->file);
		t->file = NULL;
		return;
	}
	gate_open(&t->gate);
	ke_latch(&t->latch);
	t->session++;
	t->out = 0;
	t->held = false;
	KE_SET(&t->state, SRV_FREE);
	ke_unlatch(&t->latch);
}

static void slot_close(struct srv_slot *t)
{
	gate_shut(&t->gate);
	if (t->file)
		io_close(t->file);
	t->file = NULL;
	ke_latch(&t->latch);
	KE_SET(&t->state, SRV_CLOSED);
	ke_unlatch(&t->latch);
	if (t->message)
		ex_free_pool(t->srv->x, t->message, TAG_MESSAGE);
	t->message = NULL;
}

/* It takes as long as a name does. Without it the server serves as well. */
static void name_workstation(void *context)
{
	struct srv *s = context;
	struct tdi_open o = { .kind = TDI_ADDRESS_FILE,
			      .address = { .family = 17 } };

	memcpy(o.address.netbios, s->name, sizeof(s->name) - 1);
	if (KE_GET(&s->stopping) || ex_failed(io_open(s->x, DEVICE, &o, sizeof(o),
					     &s->workstation)))
		s->workstation = NULL;
	(void)KE_ADD(&s->naming, -1u);
}

static void end(struct srv_slot *t)
{
	if (slot_move(t, SRV_BUSY, SRV_ENDED))
		kick(t->srv);
}

/* --- answers --------------- */

struct sending {
	struct srv *srv;
	struct srv_slot *slot;
	u32 session;
	bool asks;                   /* a RECEIVE: for what is held */
	struct tdi_request r;
	u8 *data;
};

static void message(struct srv_slot *t, const u8 *p, u32 n);

/* A message is held, and there is room for its answer; goes: it is held no more. */
static bool may_go_on(struct srv_slot *t, bool goes)
{
	bool may;

	ke_latch(&t->latch);
	may = t->state == SRV_BUSY && t->held && t->out < SRV_ANSWERS / 2;
	if (may && goes)
		t->held = false;
	ke_unlatch(&t->latch);
	return may;
}

/* A RECEIVE of no bytes takes an empty message, and of any other nothing: that
 * is indicated again then. */
static void has_gone(const struct sending *n, const struct irp *irp)
{
	struct srv_slot *t = n->slot;

	bool same;

	ke_latch(&t->latch);
	same = n->session == t->session;
	if (same)
		t->out -= (u32)n->r.length + SRV_ANSWER_COST;
	ke_unlatch(&t->latch);
	if (same && n->asks && irp->status == EX_SUCCESS && is_busy(t))
		message(t, (const u8 *)"", 0);
	if (same && may_go_on(t, false))
		kick(t->srv);
}

static void sent(void *context, struct irp *irp)
{
	struct sending *n = context;
	struct srv *s = n->srv;

	has_gone(n, irp);
	io_irp_free(s->x, irp);
	if (n->data)
		ex_free_pool(s->x, n->data, TAG_MESSAGE);
	ex_free_pool(s->x, n, TAG_SRV);
	(void)KE_ADD(&s->sends, -1u);
}

/* Whose session it is that something is sent for, and that it is on its way. */
static u32 count_out(struct srv_slot *t, u32 n)
{
	u32 session;

	ke_latch(&t->latch);
	t->out += n;
	session = t->session;
	ke_unlatch(&t->latch);
	return session;
}

/* Takes data over. false: no memory, or the slot is being closed. */
static bool start(struct srv_slot *t, enum tdi_minor minor, u32 flags,
		  u8 *data, u32 n)
{
	struct srv *s = t->srv;
	struct sending *o = ex_alloc_zero(s->x, EX_NONPAGED, sizeof(*o),
					  TAG_SRV);
	struct irp *irp = o ? io_irp_alloc(s->x) : NULL;

	if (!irp || !gate_enter(&t->gate)) {
		if (irp)
			io_irp_free(s->x, irp);
		if (o)
			ex_free_pool(s->x, o, TAG_SRV);
		if (data)
			ex_free_pool(s->x, data, TAG_MESSAGE);
		return false;
	}
	*o = (struct sending){ .srv = s, .slot = t,
			       .session = count_out(t, n + SRV_ANSWER_COST),
			       .asks = minor == TDI_RECEIVE, .data = data,
			       .r = { .data = data, .length = n,
				      .flags = flags } };
	irp->done = sent;
	irp->done_context = o;
	(void)KE_ADD(&s->sends, 1u);
	tdi_fill(irp, t->file, minor, &o->r);
	(void)io_call(t->file->device, irp);
	gate_leave(&t->gate);
	return true;
}

static void refuse(struct srv_slot *t, const char *why)
{
	const u8 *a = t->peer.ip;

	ex_log(t->srv->x, "srv: %u.%u.%u.%u:%u: %s", a[0], a[1], a[2], a[3],
	       t->peer.port, why);
	(void)start(t, TDI_DISCONNECT, TDI_DISCONNECT_ABORT, NULL, 0);
	end(t);
}

/* By the worker, which closes no slot meanwhile. */
static void go_on(struct srv_slot *t)
{
	enum ke_irql before = ke_raise(KE_DISPATCH);

	if (may_go_on(t, true) && !start(t, TDI_RECEIVE, 0, NULL, 0))
		refuse(t, "no memory to go on");
	ke_lower(before);
}

static void set_working(struct srv *s, bool on)
{
	enum ke_irql before = ke_lock(&s->lock);

	s->working = on;
	if (on)
		s->kicked = false;
	ke_unlock(&s->lock, before);
}

static bool is_working(struct srv *s)
{
	enum ke_irql before = ke_lock(&s->lock);
	bool is = s->working || s->kicked;

	ke_unlock(&s->lock, before);
	return is || KE_GET(&s->naming);
}

static void work(void *context)
{
	struct srv *s = context;

	set_working(s, true);
	for (u32 i = 0; i < s->slots && !KE_GET(&s->stopping); i++) {
		struct srv_slot *t = &s->slot[i];

		if (KE_GET(&t->state) == SRV_ENDED)
			slot_close(t);
		if (KE_GET(&t->state) == SRV_CLOSED)
			slot_open(t);
		go_on(t);
	}
	set_working(s, false);
}

static void message(struct srv_slot *t, const u8 *p, u32 n)
{
	u8 *out = NULL;
	u32 out_n = 0;

	if (!srv_answer(t->srv->x, p, n, &out, &out_n))
		refuse(t, "not a message of this SMB");
	else if (!out || !start(t, TDI_SEND, 0, out, out_n))
		refuse(t, "no memory for an answer");
}

/* false: too much is on its way; what it has is held until that is less. */
static bool has_room(struct srv_slot *t)
{
	bool room;

	ke_latch(&t->latch);
	room = t->out < SRV_ANSWERS;
	t->held |= !room;
	ke_unlatch(&t->latch);
	return room;
}

/* --- netbt's events --------------- */

static bool collect(struct srv_slot *t, const u8 *data, u32 n, u32 available)
{
	if (!t->message) {
		if (available > SRV_MESSAGE_MAX)
			return false;
		t->message = ex_alloc(t->srv->x, EX_NONPAGED, available,
				      TAG_MESSAGE);
		t->want = available;
		t->got = 0;
	}
	if (!t->message || n > t->want - t->got)
		return false;
	memcpy(t->message + t->got, data, n);
	t->got += n;
	return true;
}

static enum ex_status on_receive(void *context, void *connection_context,
				 u32 flags, u32 indicated, u32 available,
				 u32 *taken, const u8 *data,
				 struct ndis_buffer *chain, struct irp **irp)
{
	struct srv_slot *t = connection_context;

	(void)context;
	(void)flags;
	(void)chain;
	(void)irp;
	*taken = indicated;
	if (!is_busy(t))
		return EX_SUCCESS;
	if (!has_room(t))
		return EX_DATA_NOT_ACCEPTED;
	if (!t->message && indicated == available) {
		message(t, data, indicated);
	} else if (!collect(t, data, indicated, available)) {
		refuse(t, "no memory for a message");
	} else if (t->got == t->want) {
		u8 *p = t->message;

		t->message = NULL;
		message(t, p, t->want);
		ex_free_pool(t->srv->x, p, TAG_MESSAGE);
	}
	return EX_SUCCESS;
}

static void accepted(void *context, struct irp *irp)
{
	struct srv_slot *t = context;

	t->peer = t->req.remote;
	if (ex_failed(irp->status))
		end(t);
}

static enum ex_status on_connect(void *context,
				 const struct tdi_address *remote,
				 void **connection_context, struct irp **accept)
{
	struct srv *s = context;
	struct srv_slot *t = NULL;

	for (u32 i = 0; i < s->slots && !t; i++)
		if (slot_move(&s->slot[i], SRV_FREE, SRV_BUSY))
			t = &s->slot[i];
	if (!t)
		return EX_INSUFFICIENT_RESOURCES;
	t->peer = *remote;
	io_irp_reuse(t->irp);
	t->irp->done = accepted;
	t->irp->done_context = t;
	t->req = (struct tdi_request){ .remote = *remote };
	tdi_fill(t->irp, t->file, TDI_ACCEPT, &t->req);
	*connection_context = t;
	*accept = t->irp;
	return EX_SUCCESS;
}

static void on_disconnect(void *context, void *connection_context, u32 flags,
			  enum ex_status why)
{
	struct srv_slot *t = connection_context;

	(void)context;
	(void)why;
	if (!(flags & TDI_DISCONNECT_ABORT) && is_busy(t))
		(void)start(t, TDI_DISCONNECT, TDI_DISCONNECT_RELEASE, NULL, 0);
	end(t);
}

/* --- loading --------------- */

/* RFC 1001 14.1: in capitals, blanks behind; 0x20 is the server. */
static bool set_name(struct srv *s, const char *p, size_t n)
{
	if (!n || n > 15)
		return false;
	memset(s->name, ' ', sizeof(s->name));
	for (size_t i = 0; i < n; i++)
		s->name[i] = p[i] >= 'a' && p[i] <= 'z' ?
				     (char)(p[i] - 'a' + 'A') : p[i];
	s->name[15] = 0x20;
	return true;
}

static bool set_sessions(struct srv *s, const char *p, size_t n)
{
	u32 v = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9' || v > SRV_SLOTS_MOST)
			return false;
		v = v * 10 + (u32)(p[i] - '0');
	}
	if (!v || v > SRV_SLOTS_MOST)
		return false;
	s->slots = v;
	return true;
}

static bool parse(struct srv *s, const char *p)
{
	while (*(p += strspn(p, " "))) {
		size_t n = strcspn(p, " ");
		bool ok = false;

		if (n > 5 && !memcmp(p, "name=", 5))
			ok = set_name(s, p + 5, n - 5);
		else if (n > 9 && !memcmp(p, "sessions=", 9))
			ok = set_sessions(s, p + 9, n - 9);
		if (!ok) {
			ex_log(s->x, "srv: option %.*s", (int)n, p);
			return false;
		}
		p += n;
	}
	return s->name[0];
}

static void unload(struct io_driver *d)
{
	struct srv *s = d->extension;
	enum ke_irql before = ke_lock(&s->lock);

	KE_SET(&s->stopping, true);
	ke_unlock(&s->lock, before);
	while (is_working(s))
		ke_sleep(MS);
	for (u32 i = 0; i < s->slots; i++) {
		slot_close(&s->slot[i]);
		if (s->slot[i].irp)
			io_irp_free(s->x, s->slot[i].irp);
	}
	if (s->workstation)
		io_close(s->workstation);
	if (s->address)
		io_close(s->address);
	while (KE_GET(&s->sends))
		ke_sleep(MS);
	ke_lock_fini(&s->lock);
	d->extension = NULL;
	ex_free_pool(d->x, s, TAG_SRV);
}

static enum ex_status start_all(struct srv *s, const char *options)
{
	struct tdi_open o = { .kind = TDI_ADDRESS_FILE,
			      .address = { .family = 17 } };
	enum ex_status st;

	if (!parse(s, options))
		return EX_INVALID_PARAMETER;
	for (u32 i = 0; i < s->slots; i++) {
		s->slot[i].srv = s;
		s->slot[i].irp = io_irp_alloc(s->x);
		if (!s->slot[i].irp)
			return EX_INSUFFICIENT_RESOURCES;
	}
	memcpy(o.address.netbios, s->name, sizeof(s->name));
	st = io_open(s->x, DEVICE, &o, sizeof(o), &s->address);
	if (!ex_failed(st))
		st = tdi_set_event(s->address, TDI_EVENT_RECEIVE,
				   (void *)on_receive, s);
	if (!ex_failed(st))
		st = tdi_set_event(s->address, TDI_EVENT_DISCONNECT,
				   (void *)on_disconnect, s);
	if (!ex_failed(st))
		st = tdi_set_event(s->address, TDI_EVENT_CONNECT,
				   (void *)on_connect, s);
	if (ex_failed(st))
		return st;
	kick(s);
	(void)KE_ADD(&s->naming, 1u);
	ex_work_queue(s->x, &s->names, EX_DELAYED);
	return EX_SUCCESS;
}

static enum ex_status entry(struct io_driver *d, const char *options)
{
	struct srv *s = ex_alloc_zero(d->x, EX_NONPAGED, sizeof(*s), TAG_SRV);
	enum ex_status st;

	if (!s)
		return EX_INSUFFICIENT_RESOURCES;
	s->x = d->x;
	s->driver = d;
	s->slots = SESSIONS;
	ke_lock_init(&s->lock, "srv");
	ex_work_init(&s->work, work, s);
	ex_work_init(&s->names, name_workstation, s);
	d->extension = s;
	d->unload = unload;
	st = start_all(s, options);
	if (ex_failed(st))
		unload(d);
	return st;
}

IO_DRIVER(srv, "5.2.3790", entry);
