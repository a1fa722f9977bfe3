// SPDX-License-Identifier: Apache-2.0
/* Options: kept with the endpoint; those that are the transport's are told to
 * its files, also to those that are opened later. */
#include "inside.h"

/* AT_MOST: more than the maximum is the maximum. */
enum { ON_ADDRESS = 1, ON_CONNECTION = 2, OWN = 4, BOOL = 8, READ_ONLY = 16,
       OF_RAW = 32, AT_MOST = 64 };

static const struct row {
	u32 where;
	enum tdi_info info;
	u32 max, first, min;
} rows[AFD_OPTION_COUNT] = {
	[AFD_OPT_SNDBUF] = { OWN | AT_MOST, 0, AFD_WINDOW_MAX, AFD_WINDOW, 0 },
	[AFD_OPT_RCVBUF] = { OWN | AT_MOST | ON_ADDRESS | ON_CONNECTION,
			     TDI_RECEIVE_WINDOW, AFD_WINDOW_MAX, AFD_WINDOW, 0 },
	[AFD_OPT_LINGER] = { OWN | BOOL, 0, 1, 0, 0 },
	[AFD_OPT_REUSE] = { OWN | BOOL, 0, 1, 0, 0 },
	/* The transport leaves the byte where it is in the stream. */
	[AFD_OPT_OOBINLINE] = { OWN | ON_CONNECTION | BOOL, TDI_URGENT_INLINE,
				1, 0, 0 },
	[AFD_OPT_ERROR] = { OWN | READ_ONLY, 0, 0, 0, 0 },
	[AFD_OPT_LISTENING] = { OWN | READ_ONLY, 0, 0, 0, 0 },
	[AFD_OPT_KEEPALIVE] = { ON_CONNECTION | BOOL, TDI_KEEPALIVE, 1, 0, 0 },
	[AFD_OPT_NODELAY] = { ON_CONNECTION | BOOL, TDI_NODELAY, 1, 0, 0 },
	[AFD_OPT_MAXSEG] = { ON_CONNECTION, TDI_MAXSEG, 32767, 536, 88 },
	[AFD_OPT_USER_TIMEOUT] = { ON_CONNECTION, TDI_USER_TIMEOUT,
				   UINT32_MAX, 0, 0 },
	[AFD_OPT_BROADCAST] = { ON_ADDRESS | BOOL, TDI_BROADCAST, 1, 0, 0 },
	[AFD_OPT_KEEPIDLE] = { ON_CONNECTION, TDI_KEEP_IDLE, 32767, 7200, 0 },
	[AFD_OPT_KEEPINTVL] = { ON_CONNECTION, TDI_KEEP_INTERVAL, 32767, 1, 0 },
	[AFD_OPT_KEEPCNT] = { ON_CONNECTION, TDI_KEEP_COUNT, 15, 5, 0 },
	[AFD_OPT_TTL] = { ON_ADDRESS | ON_CONNECTION, TDI_TTL, 255, 128, 0 },
	[AFD_OPT_TOS] = { ON_ADDRESS | ON_CONNECTION, TDI_TOS, 255, 0, 0 },
	[AFD_OPT_HDRINCL] = { ON_ADDRESS | BOOL | OF_RAW, TDI_HDRINCL, 1, 0, 0 },
	[AFD_OPT_JOIN] = { ON_ADDRESS, TDI_MULTICAST_JOIN, 0, 0, 0 },
	[AFD_OPT_LEAVE] = { ON_ADDRESS, TDI_MULTICAST_LEAVE, 0, 0, 0 },
};

void afd_option_defaults(struct afd_endpoint *e)
{
	for (int i = 0; i < AFD_OPTION_COUNT; i++)
		e->option[i] = rows[i].first;
}

/* What an accepted socket has from its listener. */
void afd_option_inherit(struct afd_endpoint *to,
			const struct afd_endpoint *from)
{
	for (int i = 0; i < AFD_OPTION_COUNT; i++)
		to->option[i] = from->option[i];
	to->given = from->given;
	to->linger_s = from->linger_s;
}

static enum ex_status tell(struct io_file *f, enum tdi_minor minor,
			   enum tdi_info info, void *value, size_t n)
{
	struct tdi_request r = { .info = (int)info, .value = value,
				 .value_length = n };

	return tdi_call(f, minor, &r);
}

void afd_option_apply(struct afd_endpoint *e, struct io_file *f,
		      bool connection)
{
	u32 where = connection ? ON_CONNECTION : ON_ADDRESS;

	for (int i = 0; i < AFD_OPTION_COUNT; i++) {
		u32 v = e->option[i];

		if (e->given & 1u << i && rows[i].where & where)
			tell(f, TDI_SET_INFORMATION, rows[i].info, &v,
			     sizeof(v));
	}
}

/* The connection with a reference, NULL: none. */
static struct afd_connection *connection_of(struct afd_endpoint *e)
{
	struct afd_connection *c;
	struct afd_pass p;

	afd_enter(e->afd, &p);
	c = e->c;
	if (c)
		c->refs++;
	afd_leave(&p);
	return c;
}

/* --- set ------------------------------------------------------------------------------- */

static enum ex_status membership(struct afd_endpoint *e,
				 struct afd_option *o)
{
	struct tdi_address any = { .family = e->family };
	enum ex_status st = EX_SUCCESS;

	if (e->kind == AFD_STREAM)
		return EX_NOT_SUPPORTED;
	if (e->state == AFD_OPEN)
		st = afd_bind(e, &any);
	if (ex_failed(st))
		return st;
	return tell(e->address->file, TDI_SET_INFORMATION, rows[o->name].info,
		    &o->group, sizeof(o->group));
}

/* Under the lock, what takes effect at once. */
static void take_effect(struct afd_endpoint *e, const struct afd_option *o)
{
	e->option[o->name] = o->value;
	if (rows[o->name].where & BOOL)
		e->option[o->name] = o->value != 0;
	e->given |= 1u << o->name;
	if (o->name == AFD_OPT_LINGER)
		e->linger_s = o->seconds;
	if (!e->c)
		return;
	e->c->receive_limit = e->option[AFD_OPT_RCVBUF];
	e->c->send_limit = e->option[AFD_OPT_SNDBUF];
	e->c->oob_inline = e->option[AFD_OPT_OOBINLINE];
}

/* There is such an option of such an endpoint. */
static bool is_of(const struct row *r, const struct afd_endpoint *e)
{
	if (r->where & OF_RAW)
		return e->kind == AFD_RAW;
	return e->kind == AFD_STREAM || !(r->where & ON_CONNECTION) ||
	       r->where & (OWN | ON_ADDRESS);
}

enum ex_status AfdSetOption(struct afd_endpoint *e, struct irp *irp)
{
	struct afd_option *o = io_here(irp)->buffer;
	enum ex_status st = EX_SUCCESS;
	struct afd_connection *c;
	const struct row *r;
	struct afd_pass p;
	u32 v;

	if ((u32)o->name >= AFD_OPTION_COUNT)
		return EX_INVALID_PARAMETER;
	r = &rows[o->name];
	if (o->name == AFD_OPT_JOIN || o->name == AFD_OPT_LEAVE)
		return membership(e, o);
	if (!is_of(r, e))
		return EX_NOT_SUPPORTED;
	if (r->where & AT_MOST && o->value > r->max)
		o->value = r->max;
	if (r->where & READ_ONLY ||
	    (!(r->where & BOOL) && (o->value > r->max || o->value < r->min)))
		return EX_INVALID_PARAMETER;
	afd_enter(e->afd, &p);
	take_effect(e, o);
	v = e->option[o->name];
	afd_wake(&p, e);
	afd_leave(&p);
	c = connection_of(e);
	if (r->where & ON_CONNECTION && c)
		st = tell(c->file, TDI_SET_INFORMATION, r->info, &v,
			  sizeof(v));
	if (r->where & ON_CONNECTION && e->state == AFD_LISTENING)
		afd_listener_apply(e);
	if (r->where & ON_ADDRESS && e->address &&
	    (e->kind == AFD_STREAM || !(r->where & OWN)))
		st = tell(e->address->file, TDI_SET_INFORMATION, r->info, &v,
			  sizeof(v));
	if (c) {
		afd_resume(c);
		afd_connection_put(c);
	}
	return st;
}

/* --- get --------------------------------------------------------------------------------- */

static u32 own_value(struct afd_endpoint *e, struct afd_option *o)
{
	struct afd_pass p;
	u32 v;

	afd_enter(e->afd, &p);
	v = e->option[o->name];
	if (o->name == AFD_OPT_ERROR) {
		v = (u32)e->error;
		e->error = EX_SUCCESS;
	} else if (o->name == AFD_OPT_LISTENING) {
		v = e->state == AFD_LISTENING;
	}
	o->seconds = e->linger_s;
	afd_leave(&p);
	return v;
}

enum ex_status AfdGetOption(struct afd_endpoint *e, struct irp *irp)
{
	struct afd_option *o = io_here(irp)->buffer;
	struct afd_connection *c;
	const struct row *r;
	u32 v = 0;

	if ((u32)o->name >= AFD_OPTION_COUNT || o->name == AFD_OPT_JOIN ||
	    o->name == AFD_OPT_LEAVE)
		return EX_INVALID_PARAMETER;
	r = &rows[o->name];
	if (!is_of(r, e))
		return EX_NOT_SUPPORTED;
	o->value = own_value(e, o);
	if (r->where & OWN)
		return EX_SUCCESS;
	c = connection_of(e);
	if (r->where & ON_CONNECTION && c &&
	    !ex_failed(tell(c->file, TDI_QUERY_INFORMATION, r->info, &v,
			    sizeof(v))))
		o->value = v;
	if (c)
		afd_connection_put(c);
	if (r->where & ON_ADDRESS && e->address && !c &&
	    !ex_failed(tell(e->address->file, TDI_QUERY_INFORMATION, r->info,
			    &v, sizeof(v))))
		o->value = v;
	return EX_SUCCESS;
}
