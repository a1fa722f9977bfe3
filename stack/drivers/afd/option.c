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

/* What an accepted socket has from its listener. Under the lock. */
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

/* Two may be telling at once, each what it was when he began: whoever is the last
 * sees that it is not so any more. */
static enum ex_status tell_value(const struct afd_endpoint *e, int i,
				 struct io_file *f)
{
	enum ex_status st;
	u32 v, told;

	do {
		v = told = KE_GET(&e->option[i]);
		st = tell(f, TDI_SET_INFORMATION, rows[i].info, &v, sizeof(v));
	} while (!ex_failed(st) && told != KE_GET(&e->option[i]));
	return st;
}

u32 afd_option_apply(struct afd_endpoint *e, struct io_file *f,
		     bool connection)
{
	u32 where = connection ? ON_CONNECTION : ON_ADDRESS;
	u32 sets = KE_GET(&e->sets), given = KE_GET(&e->given);

	for (int i = 0; i < AFD_OPTION_COUNT; i++)
		if (given & 1u << i && rows[i].where & where)
			(void)tell_value(e, i, f);
	return sets;
}

/* Whom an option may be told. */
struct files {
	struct afd_connection *c;    /* with a reference; NULL: none */
	struct io_file *address;     /* NULL: none */
};

/* Under the lock. */
static struct files files_of(struct afd_endpoint *e)
{
	struct files f = { .c = e->c, .address = e->address ? e->address->file :
							      NULL };

	if (f.c)
		f.c->refs++;
	return f;
}

/* --- set ------------------------------------------------------------------------------- */

static enum ex_status membership(struct afd_endpoint *e,
				 struct afd_option *o)
{
	enum ex_status st;

	if (e->kind == AFD_STREAM)
		return EX_NOT_SUPPORTED;
	st = afd_bind_any(e);
	if (ex_failed(st))
		return st;
	return tell(e->address->file, TDI_SET_INFORMATION, rows[o->name].info,
		    &o->group, sizeof(o->group));
}

/* Under the lock, what takes effect at once. */
static void take_effect(struct afd_endpoint *e, const struct afd_option *o)
{
	u32 v = rows[o->name].where & BOOL ? o->value != 0 : o->value;

	KE_SET(&e->option[o->name], v);
	KE_SET(&e->given, e->given | 1u << o->name);
	KE_SET(&e->sets, e->sets + 1);
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
	const struct row *r;
	struct files f;
	struct afd_pass p;
	bool ahead;                  /* a listener's, made ahead */

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
	f = files_of(e);
	ahead = e->free;
	afd_wake(&p, e);
	afd_leave(&p);
	if (r->where & ON_CONNECTION && f.c)
		st = tell_value(e, (int)o->name, f.c->file);
	if (r->where & ON_CONNECTION && ahead)
		afd_listener_apply(e);
	if (r->where & ON_ADDRESS && f.address &&
	    (e->kind == AFD_STREAM || !(r->where & OWN)))
		st = tell_value(e, (int)o->name, f.address);
	if (f.c) {
		afd_resume(f.c);
		afd_connection_put(f.c);
	}
	return st;
}

/* --- get --------------------------------------------------------------------------------- */

static struct files own_value(struct afd_endpoint *e, struct afd_option *o)
{
	struct files f = { NULL, NULL };
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
	o->value = v;
	o->seconds = e->linger_s;
	if (!(rows[o->name].where & OWN))
		f = files_of(e);
	afd_leave(&p);
	return f;
}

enum ex_status AfdGetOption(struct afd_endpoint *e, struct irp *irp)
{
	struct afd_option *o = io_here(irp)->buffer;
	const struct row *r;
	struct files f;
	u32 v = 0;

	if ((u32)o->name >= AFD_OPTION_COUNT || o->name == AFD_OPT_JOIN ||
	    o->name == AFD_OPT_LEAVE)
		return EX_INVALID_PARAMETER;
	r = &rows[o->name];
	if (!is_of(r, e))
		return EX_NOT_SUPPORTED;
	f = own_value(e, o);
	if (r->where & ON_CONNECTION && f.c &&
	    !ex_failed(tell(f.c->file, TDI_QUERY_INFORMATION, r->info, &v,
			    sizeof(v))))
		o->value = v;
	if (r->where & ON_ADDRESS && f.address && !f.c &&
	    !ex_failed(tell(f.address, TDI_QUERY_INFORMATION, r->info, &v,
			    sizeof(v))))
		o->value = v;
	if (f.c)
		afd_connection_put(f.c);
	return EX_SUCCESS;
}
