// SPDX-License-Identifier: Apache-2.0
/* Endpoints: made, bound, named, closed; the addresses that they share. */
#include "inside.h"

#include <string.h>

static size_t size_of(enum afd_kind kind)
{
	return sizeof(struct afd_endpoint) +
	       (kind == AFD_STREAM ? 0 : sizeof(struct afd_datagrams));
}

enum ex_status AfdCreate(struct io_device *d, struct irp *irp)
{
	struct afd *a = d->extension;
	const struct afd_open *o = io_here(irp)->buffer;
	struct afd_endpoint *e = NULL;
	enum ex_status st = EX_INVALID_PARAMETER;
	struct afd_pass p;

	if (!o || io_here(irp)->length < sizeof(*o) || o->kind < AFD_STREAM ||
	    o->kind > AFD_RAW || (o->family != 4 && o->family != 6))
		goto out;
	st = EX_INSUFFICIENT_RESOURCES;
	e = ex_alloc_zero(a->x, EX_NONPAGED, size_of(o->kind),
			  AFD_TAG_ENDPOINT);
	if (!e)
		goto out;
	e->afd = a;
	e->refs = 1;
	e->kind = (u8)o->kind;
	if (o->kind != AFD_STREAM)
		e->d->out_end = &e->d->out;
	e->family = o->family;
	e->protocol = o->protocol;
	afd_option_defaults(e);
	io_here(irp)->file->context = e;
	afd_enter(a, &p);
	afd_born(a);
	afd_leave(&p);
	st = EX_SUCCESS;
out:
	io_complete(irp, st, 0);
	return st;
}

/* --- references --------------------------------------------------------------------- */

static void endpoint_free(void *ctx)
{
	struct afd_endpoint *e = ctx;
	struct afd *a = e->afd;
	struct afd_pass p;

	if (e->c)
		afd_connection_put(e->c);
	if (e->address)
		afd_address_put(e->address);
	ex_free_pool(a->x, e, AFD_TAG_ENDPOINT);
	afd_enter(a, &p);
	afd_gone(a);
	afd_leave(&p);
}

static void address_free(void *ctx)
{
	struct afd_address *addr = ctx;
	struct afd *a = addr->afd;
	struct afd_pass p;

	if (addr->file)
		io_close(addr->file);
	ex_free_pool(a->x, addr, AFD_TAG_ADDRESS);
	afd_enter(a, &p);
	afd_gone(a);
	afd_leave(&p);
}

/* The last one closes files, which wants PASSIVE. */
static void last(struct afd *a, struct ex_work *w, ke_thread_fn *fn, void *ctx)
{
	if (ke_irql() == KE_PASSIVE && !ke_in_dpc()) {
		fn(ctx);
		return;
	}
	ex_work_init(w, fn, ctx);
	ex_work_queue(a->x, w, EX_DELAYED);
}

void afd_endpoint_put(struct afd_endpoint *e)
{
	struct afd_pass p;
	u32 left;

	afd_enter(e->afd, &p);
	left = --e->refs;
	afd_leave(&p);
	if (!left)
		last(p.afd, &e->work, endpoint_free, e);
}

void afd_address_put(struct afd_address *a)
{
	struct afd_pass p;
	u32 left;

	afd_enter(a->afd, &p);
	left = --a->refs;
	afd_leave(&p);
	if (!left)
		last(p.afd, &a->work, address_free, a);
}

/* --- bind ------------------------------------------------------------------------------ */

static const char *address_device(const struct afd_endpoint *e)
{
	static const char *const name[2][3] = {
		{ "\\Device\\Tcp", "\\Device\\Udp", "\\Device\\RawIp" },
		{ "\\Device\\Tcp6", "\\Device\\Udp6", "\\Device\\RawIp6" },
	};

	return name[e->family == 6][e->kind - AFD_STREAM];
}

const char *afd_device(const struct afd_endpoint *e)
{
	return address_device(e);
}

static u8 protocol_of(const struct afd_endpoint *e)
{
	if (e->kind == AFD_RAW)
		return e->protocol;
	return e->kind == AFD_STREAM ? 6 : 17;
}

static enum ex_status address_open(struct afd_endpoint *e,
				   struct afd_address *addr,
				   const struct tdi_address *at)
{
	struct tdi_open o = { .kind = TDI_ADDRESS_FILE, .address = *at,
			      .protocol = protocol_of(e),
			      .reuse = KE_GET(&e->option[AFD_OPT_REUSE]) };
	enum ex_status st = io_open(e->afd->x, address_device(e), &o,
				    sizeof(o), &addr->file);

	if (ex_failed(st)) {
		addr->file = NULL;
		return st;
	}
	afd_set_handlers(addr, (enum afd_kind)e->kind, &st);
	return st;
}

static enum ex_status bind_new(struct afd_endpoint *e,
			       const struct tdi_address *at)
{
	struct afd_address *addr;
	enum ex_status st;
	struct afd_pass p;

	addr = ex_alloc_zero(e->afd->x, EX_NONPAGED, sizeof(*addr),
			     AFD_TAG_ADDRESS);
	if (!addr)
		return EX_INSUFFICIENT_RESOURCES;
	addr->afd = e->afd;
	addr->refs = 1;
	afd_enter(e->afd, &p);
	afd_born(e->afd);
	addr->owner = e;
	afd_leave(&p);
	st = address_open(e, addr, at);
	afd_enter(e->afd, &p);
	if (!ex_failed(st) && e->closed)
		st = EX_CANCELLED;
	if (ex_failed(st)) {
		addr->owner = NULL;
	} else {
		e->address = addr;
		e->state = AFD_BOUND;
	}
	afd_leave(&p);
	if (ex_failed(st))
		afd_address_put(addr);
	else
		(void)afd_option_apply(e, addr->file, false);
	return st;
}

static enum ex_status bind_it(struct afd_endpoint *e,
			      const struct tdi_address *at)
{
	enum ex_status st;
	struct afd_pass p;
	bool ok;

	afd_enter(e->afd, &p);
	ok = e->state == AFD_OPEN && !e->busy && !e->closed;
	if (ok)
		e->busy = true;
	afd_leave(&p);
	if (!ok)
		return EX_INVALID_PARAMETER;
	st = bind_new(e, at);
	afd_enter(e->afd, &p);
	e->busy = false;
	afd_leave(&p);
	return st;
}

enum ex_status AfdBind(struct afd_endpoint *e, struct irp *irp)
{
	const struct tdi_address *at = io_here(irp)->buffer;
	enum ex_status st;

	if (at->family != e->family)
		return EX_INVALID_PARAMETER;
	ke_wait(&e->afd->binding, KE_FOREVER);
	st = bind_it(e, at);
	ke_mutex_release(&e->afd->binding);
	return st;
}

static bool is_unbound(struct afd_endpoint *e)
{
	struct afd_pass p;
	bool yes;

	afd_enter(e->afd, &p);
	yes = e->state == AFD_OPEN;
	afd_leave(&p);
	return yes;
}

/* Of two that want it at once one does it, and both go on. */
enum ex_status afd_bind_any(struct afd_endpoint *e)
{
	struct tdi_address any = { .family = e->family };
	enum ex_status st = EX_SUCCESS;

	if (!is_unbound(e))
		return st;
	ke_wait(&e->afd->binding, KE_FOREVER);
	if (is_unbound(e))
		st = bind_it(e, &any);
	ke_mutex_release(&e->afd->binding);
	return st;
}

/* --- names -------------------------------------------------------------------------------- */

static enum ex_status query(struct afd_endpoint *e, bool connection,
			    enum tdi_info info, void *value, size_t n)
{
	struct tdi_request r = { .info = (int)info, .value = value,
				 .value_length = n };
	struct afd_connection *c = NULL;
	struct afd_address *addr;
	enum ex_status st;
	struct afd_pass p;

	afd_enter(e->afd, &p);
	if (e->c && !e->closed) {
		c = e->c;
		c->refs++;
	}
	addr = e->address;
	afd_leave(&p);
	if (c) {
		st = tdi_call(c->file, TDI_QUERY_INFORMATION, &r);
		afd_connection_put(c);
		return st;
	}
	if (connection || !addr)
		return EX_INVALID_CONNECTION;
	return tdi_call(addr->file, TDI_QUERY_INFORMATION, &r);
}

enum ex_status AfdName(struct afd_endpoint *e, struct irp *irp)
{
	struct tdi_address *out = io_here(irp)->buffer;

	if (is_unbound(e)) {
		*out = (struct tdi_address){ .family = e->family };
		return EX_SUCCESS;
	}
	return query(e, false, TDI_LOCAL_ADDRESS, out, sizeof(*out));
}

enum ex_status AfdPeer(struct afd_endpoint *e, struct irp *irp)
{
	struct tdi_address *out = io_here(irp)->buffer;
	enum ex_status st = EX_SUCCESS;
	struct afd_pass p;

	afd_enter(e->afd, &p);
	if (e->state != AFD_CONNECTED)
		st = EX_INVALID_CONNECTION;
	else
		*out = e->c ? e->c->peer : e->d->peer;
	afd_leave(&p);
	return st;
}

enum ex_status AfdInfo(struct afd_endpoint *e, struct irp *irp)
{
	memset(io_here(irp)->buffer, 0, sizeof(struct tdi_tcp_info));
	return query(e, true, TDI_CONNECTION_STATE, io_here(irp)->buffer,
		     sizeof(struct tdi_tcp_info));
}

/* --- the end --------------------------------------------------------------------------------- */

/* Whatever waits is cancelled, nobody can begin anything. Once. */
static void end(struct afd_endpoint *e, bool waited)
{
	struct afd_connection *c;
	struct afd_pass p;
	bool again;

	afd_enter(e->afd, &p);
	again = e->closed;
	e->closed = true;
	if (e->address && e->address->owner == e)
		e->address->owner = NULL;
	if (e->kind != AFD_STREAM) {
		afd_flush(&p, &e->d->reads, EX_CANCELLED);
		afd_flush(&p, &e->d->writes, EX_CANCELLED);
		afd_drop(e->afd, &e->d->in);
	}
	afd_flush(&p, &e->accepts, EX_CANCELLED);
	c = again ? NULL : e->c;
	if (c) {
		afd_flush(&p, &c->reads, EX_CANCELLED);
		afd_flush(&p, &c->writes, EX_CANCELLED);
		afd_flush(&p, &c->connects, EX_CANCELLED);
		c->refs++;
	}
	afd_wake(&p, e);
	afd_leave(&p);
	afd_unlisten(e);
	if (c) {
		afd_disconnect(e, c, waited);
		afd_connection_put(c);
	}
}

enum ex_status AfdEnd(struct afd_endpoint *e, struct irp *irp)
{
	(void)irp;
	end(e, true);
	return EX_SUCCESS;
}

enum ex_status AfdCleanup(struct io_device *d, struct irp *irp)
{
	(void)d;
	end(afd_endpoint_of(irp), false);
	io_complete(irp, EX_SUCCESS, 0);
	return EX_SUCCESS;
}

enum ex_status AfdClose(struct io_device *d, struct irp *irp)
{
	struct afd_endpoint *e = afd_endpoint_of(irp);

	(void)d;
	io_here(irp)->file->context = NULL;
	afd_endpoint_put(e);
	io_complete(irp, EX_SUCCESS, 0);
	return EX_SUCCESS;
}
