// SPDX-License-Identifier: Apache-2.0
/* Sockets: made, named, connected, closed; the one way into AFD. */
#include "inside.h"

#include <string.h>

#define TAG EX_TAG('S', 'o', 'c', 'k')

static const struct {
	enum ex_status status;
	int error;
} errors[] = {
	{ EX_SUCCESS, 0 },
	{ EX_PENDING, EINPROGRESS },
	{ EX_TIMEOUT, ETIMEDOUT },
	{ EX_IO_TIMEOUT, ETIMEDOUT },
	{ EX_UNSUCCESSFUL, EIO },
	{ EX_INVALID_PARAMETER, EINVAL },
	{ EX_INVALID_DEVICE_REQUEST, EOPNOTSUPP },
	{ EX_NOT_SUPPORTED, EOPNOTSUPP },
	{ EX_INSUFFICIENT_RESOURCES, ENOBUFS },
	{ EX_CANCELLED, ECANCELED },
	{ EX_BUFFER_TOO_SMALL, EINVAL },
	{ EX_BUFFER_OVERFLOW, EMSGSIZE },
	{ EX_DATA_NOT_ACCEPTED, EAGAIN },
	{ EX_DEVICE_NOT_READY, EAGAIN },
	{ EX_DEVICE_BUSY, EALREADY },
	{ EX_ADDRESS_ALREADY_EXISTS, EADDRINUSE },
	{ EX_TOO_MANY_ADDRESSES, EADDRNOTAVAIL },
	{ EX_CONNECTION_REFUSED, ECONNREFUSED },
	{ EX_PORT_UNREACHABLE, ECONNREFUSED },
	{ EX_CONNECTION_RESET, ECONNRESET },
	{ EX_REMOTE_DISCONNECT, ECONNRESET },
	{ EX_CONNECTION_DISCONNECTED, ECONNRESET },
	{ EX_CONNECTION_ABORTED, ECONNABORTED },
	{ EX_LOCAL_DISCONNECT, EPIPE },
	{ EX_INVALID_CONNECTION, ENOTCONN },
	{ EX_NETWORK_UNREACHABLE, ENETUNREACH },
	{ EX_HOST_UNREACHABLE, EHOSTUNREACH },
	{ EX_NOT_FOUND, EADDRNOTAVAIL },
	{ EX_INVALID_ADDRESS_COMPONENT, EADDRNOTAVAIL },
	{ EX_ACCESS_DENIED, EACCES },
	{ EX_OBJECT_NAME_NOT_FOUND, EAFNOSUPPORT },
};

int sk_errno(enum ex_status st)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (errors[i].status == st)
			return -errors[i].error;
	return ex_failed(st) ? -EIO : 0;
}

/* --- in and out -------------------------------------------------------------------- */

/* Inside, unless it is closed; with close nobody comes in after us. How many are
 * inside now, or -EBADF. */
static int enter(struct sk *s, bool close)
{
	int r = -EBADF;

	ke_latch(&s->latch);
	if (!s->closed)
		r = (int)++s->users;
	s->closed |= close;
	ke_unlatch(&s->latch);
	return r;
}

int sk_enter(struct sk *s)
{
	int r = enter(s, false);

	return r < 0 ? r : 0;
}

void sk_leave(struct sk *s)
{
	struct ex *x = s->x;
	bool last;

	ke_latch(&s->latch);
	last = !--s->users && s->closed;
	ke_unlatch(&s->latch);
	if (!last)
		return;
	io_close(s->file);
	ex_free_pool(x, s, TAG);
}

/* One that cannot fail. */
static void tell(struct sk *s, enum afd_code code);

/* For at most ns: what was moved until then counts. */
static enum ex_status by(struct irp *irp, struct sk *s, enum afd_code code,
			 void *p, size_t n, u64 ns)
{
	struct io_stack *at = io_next(irp);
	struct ke_event done;
	bool late;

	at->major = IO_DEVICE_CONTROL;
	at->code = code;
	at->file = s->file;
	at->buffer = p;
	at->length = n;
	if (ns == KE_FOREVER)
		return io_sync(s->file->device, irp);
	ke_event_init(&done, "socket", false, false);
	irp->event = &done;
	io_call(s->file->device, irp);
	late = ke_wait(&done, ns) == EX_TIMEOUT;
	if (late) {
		if (!io_cancel(irp) && code == AFD_SEND)
			tell(s, AFD_GIVE_UP);
		ke_wait(&done, KE_FOREVER);
	}
	irp->event = NULL;
	return late && irp->status == EX_CANCELLED ? EX_DEVICE_NOT_READY :
						     irp->status;
}

static void tell(struct sk *s, enum afd_code code)
{
	struct io_stack at;
	struct irp irp;

	io_irp_init(&irp, &at, 1);
	(void)by(&irp, s, code, NULL, 0, KE_FOREVER);
}

enum ex_status sk_control_status(struct sk *s, enum afd_code code, void *p,
				 size_t n, u64 ns, size_t *information)
{
	struct irp *irp = io_irp_alloc(s->x);
	enum ex_status st;

	if (!irp)
		return EX_INSUFFICIENT_RESOURCES;
	st = by(irp, s, code, p, n, ns);
	*information = irp->information;
	io_irp_free(s->x, irp);
	return st;
}

static u64 ns_of(u32 ms)
{
	return ms ? ms * UINT64_C(1000000) : KE_FOREVER;
}

s64 sk_control_for(struct sk *s, enum afd_code code, void *p, size_t n, u32 ms)
{
	size_t moved = 0;
	enum ex_status st;
	int e = sk_enter(s);

	if (e)
		return e;
	st = sk_control_status(s, code, p, n, ns_of(ms), &moved);
	sk_leave(s);
	return ex_failed(st) ? sk_errno(st) : (s64)moved;
}

s64 sk_control(struct sk *s, enum afd_code code, void *p, size_t n)
{
	return sk_control_for(s, code, p, n, 0);
}

/* --- made and closed ----------------------------------------------------------------- */

static int sk_new(struct ex *x, int domain, int type, int protocol,
		  struct sk **out)
{
	struct afd_open o = {
		.kind = type == SOCK_STREAM ? AFD_STREAM :
			type == SOCK_DGRAM  ? AFD_DATAGRAM :
					      AFD_RAW,
		.family = domain == AF_INET6 ? 6 : 4,
		.protocol = (u8)protocol,
	};
	struct sk *s = ex_alloc_zero(x, EX_NONPAGED, sizeof(*s), TAG);
	enum ex_status st;

	if (!s)
		return -ENOBUFS;
	s->x = x;
	s->domain = domain;
	s->type = type;
	s->protocol = protocol;
	st = io_open(x, AFD_DEVICE, &o, sizeof(o), &s->file);
	if (ex_failed(st)) {
		ex_free_pool(x, s, TAG);
		return sk_errno(st);
	}
	*out = s;
	return 0;
}

int sk_socket(struct ex *x, int domain, int type, int protocol,
	      struct sk **out)
{
	bool nonblock = type & SOCK_NONBLOCK;
	int e;

	type &= ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (domain != AF_INET && domain != AF_INET6)
		return -EAFNOSUPPORT;
	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_RAW)
		return -ESOCKTNOSUPPORT;
	if (protocol < 0 || protocol > 255 ||
	    (type == SOCK_STREAM && protocol && protocol != 6) ||
	    (type == SOCK_DGRAM && protocol && protocol != 17))
		return -EPROTONOSUPPORT;
	e = sk_new(x, domain, type, protocol, out);
	if (!e)
		(*out)->nonblock = nonblock;
	return e;
}

int sk_close(struct sk *s)
{
	int inside = enter(s, true);

	if (inside < 0)
		return inside;
	if (inside > 1)
		tell(s, AFD_END);
	sk_leave(s);
	return 0;
}

int sk_nonblock(struct sk *s, bool on)
{
	KE_SET(&s->nonblock, on);
	return 0;
}

/* --- named and connected --------------------------------------------------------------- */

/* Of its own family, or of none. */
bool sk_family_ok(const struct sk *s, const struct tdi_address *a)
{
	return !a->family || a->family == (s->domain == AF_INET6 ? 6 : 4);
}

int sk_bind(struct sk *s, const struct tdi_address *a)
{
	struct tdi_address copy = *a;

	if (!sk_family_ok(s, a))
		return -EAFNOSUPPORT;
	return (int)sk_control(s, AFD_BIND, &copy, sizeof(copy));
}

int sk_listen(struct sk *s, int backlog)
{
	struct afd_listen l = { .backlog = backlog < 0 ? 0 : (u32)backlog };

	return (int)sk_control(s, AFD_LISTEN, &l, sizeof(l));
}

static int accept_entered(struct sk *s, struct sk **out,
			  struct tdi_address *from)
{
	struct afd_accept a = { .flags = KE_GET(&s->nonblock) ? AFD_NOWAIT :
								0 };
	struct sk *n = NULL;
	int e = sk_new(s->x, s->domain, s->type, s->protocol, &n);

	if (e)
		return e;
	n->receive_ms = KE_GET(&s->receive_ms);
	n->send_ms = KE_GET(&s->send_ms);
	a.onto = n->file;
	e = (int)sk_control_for(s, AFD_ACCEPT, &a, sizeof(a), n->receive_ms);
	if (e < 0) {
		sk_close(n);
		return e;
	}
	if (from)
		*from = a.from;
	*out = n;
	return 0;
}

int sk_accept(struct sk *s, struct sk **out, struct tdi_address *from)
{
	int e = sk_enter(s);

	if (e)
		return e;
	e = accept_entered(s, out, from);
	sk_leave(s);
	return e;
}

int sk_connect(struct sk *s, const struct tdi_address *to)
{
	struct afd_connect c = { .flags = KE_GET(&s->nonblock) ? AFD_NOWAIT : 0,
				 .to = *to };
	size_t more = 0;
	enum ex_status st;
	int e = sk_family_ok(s, to) ? sk_enter(s) : -EAFNOSUPPORT;

	if (e)
		return e;
	st = sk_control_status(s, AFD_CONNECT, &c, sizeof(c),
			       ns_of(KE_GET(&s->send_ms)), &more);
	sk_leave(s);
	if (st == EX_INVALID_DEVICE_REQUEST)
		return -EISCONN;
	if (st == EX_DEVICE_NOT_READY)
		return -EINPROGRESS; /* it goes on */
	if (ex_failed(st))
		return sk_errno(st);
	return more ? -EINPROGRESS : 0;
}

int sk_shutdown(struct sk *s, int how)
{
	u32 v = how == SHUT_RD	 ? AFD_SHUT_RECEIVE :
		how == SHUT_WR	 ? AFD_SHUT_SEND :
		how == SHUT_RDWR ? AFD_SHUT_RECEIVE | AFD_SHUT_SEND :
				   0;

	return (int)sk_control(s, AFD_SHUTDOWN, &v, sizeof(v));
}

int sk_ioctl(struct sk *s, unsigned long request, int *v)
{
	struct afd_query q = { 0 };
	s64 e;

	if (!v)
		return -EFAULT;
	if (request == FIONBIO)
		return sk_nonblock(s, *v);
	if (request != FIONREAD && request != SIOCATMARK && request != TIOCOUTQ)
		return -ENOTTY;
	if (request == SIOCATMARK && s->type != SOCK_STREAM)
		return -ENOTTY;
	e = sk_control(s, AFD_QUERY, &q, sizeof(q));
	if (e < 0)
		return (int)e;
	*v = request == FIONREAD   ? (int)q.readable :
	     request == SIOCATMARK ? q.at_mark :
				     (int)q.unsent;
	return 0;
}

int sk_name(struct sk *s, struct tdi_address *local)
{
	return (int)sk_control(s, AFD_GET_NAME, local, sizeof(*local));
}

int sk_peer(struct sk *s, struct tdi_address *remote)
{
	return (int)sk_control(s, AFD_GET_PEER, remote, sizeof(*remote));
}

int sk_info(struct sk *s, struct tdi_tcp_info *out)
{
	return (int)sk_control(s, AFD_GET_INFO, out, sizeof(*out));
}
