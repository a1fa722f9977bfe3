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
	t->session++;
	t->out = 0;
	t->held = false;
	t->state = SRV_FREE;
}

static void slot_close(struct srv_slot *t)
{
	if (t->file)
		io_close(t->file);
	t->file = NULL;
	t->state = SRV_CLOSED;
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
	if (s->stopping || ex_failed(io_open(s->x, DEVICE, &o, sizeof(o),
					     &s->workstation)))
		s->workstation = NULL;
	s->naming = false;
}

static void end(struct srv_slot *t)
{
	if (t->state != SRV_BUSY)
		return;
	t->state = SRV_ENDED;
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

/* A RECEIVE of no bytes takes an empty message, and of any other nothing: that
 * is indicated again then. */
static void has_gone(const struct sending *n, const struct irp *irp)
{
	struct srv_slot *t = n->slot;

	if (n->session != t->session)
		return;
	t->out -= (u32)n->r.length + SRV_ANSWER_COST;
	if (n->asks && irp->status == EX_SUCCESS && t->state == SRV_BUSY)
		message(t, (const u8 *)"", 0);
	if (t->held && t->out < SRV_ANSWERS / 2)
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
	s->sends--;
}

/* Takes data over. false: no memory. */
static bool start(struct srv_slot *t, enum tdi_minor minor, u32 flags,
		  u8 *data, u32 n)
{
	struct srv *s = t->srv;
	struct sending *o = ex_alloc_zero(s->x, EX_NONPAGED, sizeof(*o),
					  TAG_SRV);
	struct irp *irp = o ? io_irp_alloc(s->x) : NULL;

	if (!irp) {
		if (o)
			ex_free_pool(s->x, o, TAG_SRV);
		if (data)
			ex_free_pool(s->x, data, TAG_MESSAGE);
		return false;
	}
	t->out += n + SRV_ANSWER_COST;
	*o = (struct sending){ .srv = s, .slot = t, .session = t->session,
			       .asks = minor == TDI_RECEIVE, .data = data,
			       .r = { .data = data, .length = n,
				      .flags = flags } };
	irp->done = sent;
	irp->done_context = o;
	s->sends++;
	tdi_fill(irp, t->file, minor, &o->r);
	(void)io_call(t->file->device, irp);
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

	if (t->state == SRV_BUSY && t->held && t->out < SRV_ANSWERS / 2) {
		t->held = false;
		if (!start(t, TDI_RECEIVE, 0, NULL, 0))
			refuse(t, "no memory to go on");
	}
	ke_lower(before);
}

static void work(void *context)
{
	struct srv *s = context;

	s->working = true;
	s->kicked = false;
	for (u32 i = 0; i < s->slots && !s->stopping; i++) {
		if (s->slot[i].state == SRV_ENDED)
			slot_close(&s->slot[i]);
		if (s->slot[i].state == SRV_CLOSED)
			slot_open(&s->slot[i]);
		go_on(&s->slot[i]);
	}
	s->working = false;
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
	if (t->state != SRV_BUSY)
		return EX_SUCCESS;
	if (t->out >= SRV_ANSWERS) {
		t->held = true;
		return EX_DATA_NOT_ACCEPTED;
	}
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
	enum ke_irql before = ke_lock(&s->lock);

	for (u32 i = 0; i < s->slots && !t; i++)
		if (s->slot[i].state == SRV_FREE)
			t = &s->slot[i];
	if (t)
		t->state = SRV_BUSY;
	ke_unlock(&s->lock, before);
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
	if (!(flags & TDI_DISCONNECT_ABORT) && t->state == SRV_BUSY)
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

	s->stopping = true;
	while (s->working || s->kicked || s->naming)
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
	while (s->sends)
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
	s->naming = true;
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
