// SPDX-License-Identifier: Apache-2.0
/* Address and connection objects: making, finding, joining, closing. */
#include "object.h"
#include "tcp.h"

#define MILLI UINT64_C(1000000)
#define EPHEMERAL_FIRST 1025u        /* as on NT; RFC 6056 3.3.1 from there */
#define EPHEMERAL_LAST 65000u

static const struct inet_ip any;

/* --- ports ------------------------------------------------------------------------------ */

static u8 *used_of(struct inet_objects *o, u8 protocol)
{
	return protocol == 6 ? o->used[0] : protocol == 17 ? o->used[1] : NULL;
}

static bool is_used(const u8 *used, u32 port)
{
	return used[port / 8] >> port % 8 & 1;
}

static u16 free_port(struct inet *s, const u8 *used)
{
	u32 n = EPHEMERAL_LAST - EPHEMERAL_FIRST + 1;
	u32 at = (u32)(ex_random(s->x) % n);

	for (u32 i = 0; i < n; i++, at++) {
		u32 port = EPHEMERAL_FIRST + at % n;

		if (!is_used(used, port))
			return (u16)port;
	}
	return 0;
}

static struct inet_address **bucket_of(struct inet_objects *o, u16 port)
{
	return &o->bucket[port % INET_BUCKETS];
}

static bool collides(const struct inet_address *a, const struct inet_address *b)
{
	return a->protocol == b->protocol && a->port == b->port &&
	       !(a->reuse && b->reuse) &&
	       (!memcmp(&a->ip, &b->ip, sizeof(any)) ||
		!memcmp(&a->ip, &any, sizeof(any)) ||
		!memcmp(&b->ip, &any, sizeof(any)));
}

/* Its port, into the table; locked. */
static enum ex_status enter(struct inet *s, struct inet_address *a)
{
	struct inet_objects *o = s->objects;
	u8 *used = used_of(o, a->protocol);
	struct inet_address **at;

	if (used && !a->port) {
		a->port = free_port(s, used);
		if (!a->port)
			return EX_TOO_MANY_ADDRESSES;
	}
	at = bucket_of(o, a->port);
	if (used)
		for (struct inet_address *b = *at; b; b = b->next)
			if (collides(a, b))
				return EX_ADDRESS_ALREADY_EXISTS;
	if (used)
		used[a->port / 8] |= (u8)(1u << a->port % 8);
	a->serial = ++o->serial;
	a->next = *at;
	*at = a;
	o->addresses++;
	return EX_SUCCESS;
}

static void leave(struct inet_objects *o, struct inet_address *a)
{
	struct inet_address **at = bucket_of(o, a->port);
	u8 *used = used_of(o, a->protocol);
	bool last = true;

	while (*at && *at != a)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = a->next;
	o->addresses--;
	for (struct inet_address *b = *bucket_of(o, a->port); b; b = b->next)
		if (b->port == a->port && b->protocol == a->protocol)
			last = false;
	if (used && last)
		used[a->port / 8] &= (u8)~(1u << a->port % 8);
}

/* --- addresses --------------------------------------------------------------------------- */

enum ex_status inet_address_open(struct inet *s, const struct tdi_open *o,
				 struct inet_address **out)
{
	struct inet_address *a;
	enum ex_status st;

	if (o->address.family && o->address.family != s->family->family)
		return EX_INVALID_PARAMETER;
	a = ex_alloc_zero(s->x, EX_NONPAGED, sizeof(*a), TAG_ADDRESS);
	if (!a)
		return EX_INSUFFICIENT_RESOURCES;
	a->s = s;
	ke_lock_init(&a->lock, "address");
	memcpy(&a->ip, o->address.ip, s->family->address_len);
	a->port = o->address.port;
	a->protocol = o->protocol;
	a->reuse = o->reuse;
	a->refs = 1;
	if (memcmp(&a->ip, &any, sizeof(any)) &&
	    s->family->is_unicast(s, &a->ip) &&
	    !s->family->is_local(s, &a->ip)) {
		ex_free_pool(s->x, a, TAG_ADDRESS);
		return EX_INVALID_ADDRESS_COMPONENT;
	}
	ke_lock_dpc(&s->objects->lock);
	st = enter(s, a);
	ke_unlock_dpc(&s->objects->lock);
	if (ex_failed(st)) {
		ex_free_pool(s->x, a, TAG_ADDRESS);
		return st;
	}
	*out = a;
	return EX_SUCCESS;
}

void inet_address_get(struct inet_address *a)
{
	(void)KE_ADD(&a->refs, 1);
}

void inet_address_put(struct inet_address *a)
{
	if (KE_ADD(&a->refs, -1))
		return;
	ke_lock_fini(&a->lock);
	ex_free_pool(a->s->x, a, TAG_ADDRESS);
}

bool inet_listens(const struct inet_address *a)
{
	return KE_GET(&a->event[TDI_EVENT_CONNECT].fn) || KE_GET(&a->listens);
}

/* --- handlers ------------------------------------------------------------------------ */

void inet_address_handler(struct inet_address *a, enum tdi_event e, void *fn,
			  void *context)
{
	ke_lock_dpc(&a->lock);
	ke_latch(&a->events);
	KE_SET(&a->event[e].fn, fn);
	a->event[e].context = context;
	ke_unlatch(&a->events);
	ke_unlock_dpc(&a->lock);
}

static void no_handlers(struct inet_address *a)
{
	ke_lock_dpc(&a->lock);
	ke_latch(&a->events);
	for (u32 e = 0; e < TDI_EVENTS; e++) {
		KE_SET(&a->event[e].fn, NULL);
		a->event[e].context = NULL;
	}
	ke_unlatch(&a->events);
	ke_unlock_dpc(&a->lock);
}

static void *handler(struct inet_address *a, enum tdi_event e, void **context)
{
	void *fn;

	ke_latch(&a->events);
	fn = a->event[e].fn;
	*context = a->event[e].context;
	ke_unlatch(&a->events);
	return fn;
}

/* First counted, then looked at: whoever takes it away looks at the count
 * afterwards. */
void *inet_address_enter(struct inet_address *a, enum tdi_event e,
			 void **context)
{
	void *fn;

	if (!KE_GET(&a->event[e].fn))
		return NULL;
	(void)KE_ADD(&a->inside, 1);
	fn = handler(a, e, context);
	if (!fn)
		inet_address_leave(a);
	return fn;
}

void inet_address_leave(struct inet_address *a)
{
	(void)KE_ADD(&a->inside, -1);
}

void inet_address_wait(struct inet_address *a)
{
	while (KE_ADD(&a->inside, 0))
		ke_sleep(MILLI);
}

/* --- finding -------------------------------------------------------------------------- */

/* The better, the larger; 0: not this one. */
static unsigned match(const struct inet_address *a, u8 protocol,
		      const struct inet_ip *dst, u16 port)
{
	bool exact = !memcmp(&a->ip, dst, sizeof(*dst));

	if (a->closing || a->protocol != protocol || a->port != port)
		return 0;
	if (!exact && memcmp(&a->ip, &any, sizeof(any)))
		return 0;
	if (protocol == 6 && !inet_listens(a))
		return 0;
	return 1 + exact;
}

struct inet_address *inet_address_find(struct inet *s, u8 protocol,
				       const struct inet_ip *dst, u16 port,
				       const struct inet_ip *src)
{
	struct inet_address *a, *best = NULL;
	unsigned most = 0;

	(void)src;                   /* addresses have no remote side */
	ke_lock_dpc(&s->objects->lock);
	for (a = *bucket_of(s->objects, port); a; a = a->next) {
		unsigned m = match(a, protocol, dst, port);

		if (m > most) {
			most = m;
			best = a;
		}
	}
	if (best)
		inet_address_get(best);
	ke_unlock_dpc(&s->objects->lock);
	return best;
}

/* To a group or to all: also to who is bound to an address of ours. */
static bool takes(const struct inet_address *a, u8 protocol,
		  const struct inet_ip *dst, u16 port)
{
	struct inet *s = a->s;

	if (match(a, protocol, dst, port))
		return true;
	return !a->closing && a->protocol == protocol && a->port == port &&
	       !s->family->is_unicast(s, dst) && s->family->is_local(s, &a->ip);
}

/* Chains are from the newest to the oldest, so that it does not matter what is
 * opened and closed between two calls. */
struct inet_address *inet_address_next(struct inet *s, u8 protocol,
				       const struct inet_ip *dst, u16 port,
				       const struct inet_ip *src,
				       struct inet_address *prev)
{
	u64 below = prev ? prev->serial : UINT64_MAX;
	struct inet_address *a;

	(void)src;
	if (prev)
		inet_address_put(prev);
	ke_lock_dpc(&s->objects->lock);
	a = *bucket_of(s->objects, port);
	while (a && (a->serial >= below || !takes(a, protocol, dst, port)))
		a = a->next;
	if (a)
		inet_address_get(a);
	ke_unlock_dpc(&s->objects->lock);
	return a;
}

static void link_connection(struct inet_address *a, struct inet_connection *c)
{
	c->next = a->connections;
	c->at = &a->connections;
	if (c->next)
		c->next->at = &c->next;
	a->connections = c;
}

static void unlink_connection(struct inet_connection *c)
{
	*c->at = c->next;
	if (c->next)
		c->next->at = c->at;
	c->next = NULL;
	c->at = NULL;
}

/* The first connection, no longer the address's; referenced. */
static struct inet_connection *take_first(struct inet_address *a)
{
	struct inet_connection *c;

	ke_lock_dpc(&a->lock);
	c = a->connections;
	if (c) {
		unlink_connection(c);
		inet_connection_get(c);
		ke_lock_dpc(&c->lock);
		c->address = NULL;
		ke_unlock_dpc(&c->lock);
	}
	ke_unlock_dpc(&a->lock);
	return c;
}

/* Address before connection, and neither in a call out: the other way round is
 * what Q177245 was. */
void inet_address_close(struct inet_address *a)
{
	struct inet_objects *o = a->s->objects;
	struct inet_connection *c;

	ke_lock_dpc(&o->lock);
	leave(o, a);
	ke_lock_dpc(&a->lock);
	a->closing = true;
	ke_unlock_dpc(&a->lock);
	ke_unlock_dpc(&o->lock);
	while ((c = take_first(a))) {
		TCPDetach(c, false);
		inet_address_put(a);
		inet_connection_put(c);
	}
	no_handlers(a);
	if (a->protocol != 6)
		udp_close(a);
}

/* --- connections --------------------------------------------------------------------------- */

enum ex_status inet_connection_open(struct inet *s, void *context,
				    struct inet_connection **out)
{
	struct inet_connection *c = ex_alloc_zero(s->x, EX_NONPAGED,
						  sizeof(*c), TAG_CONNECTION);

	if (!c)
		return EX_INSUFFICIENT_RESOURCES;
	c->s = s;
	c->refs = 1;
	c->context = context;
	ke_lock_init(&c->lock, "connection");
	*out = c;
	return EX_SUCCESS;
}

void inet_connection_get(struct inet_connection *c)
{
	(void)KE_ADD(&c->refs, 1);
}

void inet_connection_put(struct inet_connection *c)
{
	if (KE_ADD(&c->refs, -1))
		return;
	ke_lock_fini(&c->lock);
	ex_free_pool(c->s->x, c, TAG_CONNECTION);
}

void *inet_handler(struct inet_connection *c, enum tdi_event e, void **context,
		   struct inet_address **a)
{
	void *fn = NULL;

	ke_lock_dpc(&c->lock);
	*a = c->address;
	if (*a)
		fn = inet_address_enter(*a, e, context);
	if (fn)
		inet_address_get(*a);
	ke_unlock_dpc(&c->lock);
	return fn;
}

void inet_connection_wait(struct inet_connection *c)
{
	while (KE_ADD(&c->inside, 0))
		ke_sleep(MILLI);
}

enum ex_status inet_associate(struct inet_connection *c,
			      struct inet_address *a)
{
	enum ex_status st = EX_INVALID_PARAMETER;

	ke_lock_dpc(&a->lock);
	ke_lock_dpc(&c->lock);
	if (!c->address && !c->closing && !a->closing && a->protocol == 6) {
		c->address = a;
		inet_address_get(a);
		link_connection(a, c);
		st = EX_SUCCESS;
	}
	ke_unlock_dpc(&c->lock);
	ke_unlock_dpc(&a->lock);
	return st;
}

/* The address is read first and locked before the connection: then looked at
 * again. */
static bool part(struct inet_connection *c)
{
	struct inet_address *a;
	bool was = false;

	ke_lock_dpc(&c->lock);
	a = c->address;
	if (a)
		inet_address_get(a);
	ke_unlock_dpc(&c->lock);
	if (!a)
		return false;
	ke_lock_dpc(&a->lock);
	ke_lock_dpc(&c->lock);
	if (c->address == a) {
		was = c->at;
		if (was)
			unlink_connection(c);
		c->address = NULL;
	}
	ke_unlock_dpc(&c->lock);
	ke_unlock_dpc(&a->lock);
	if (was)
		inet_address_put(a);
	inet_address_put(a);
	return was;
}

enum ex_status inet_disassociate(struct inet_connection *c)
{
	TCPDetach(c, false);
	return part(c) ? EX_SUCCESS : EX_INVALID_CONNECTION;
}

void inet_connection_close(struct inet_connection *c)
{
	ke_lock_dpc(&c->lock);
	c->closing = true;
	ke_unlock_dpc(&c->lock);
	TCPDetach(c, false);
	part(c);
}

/* --- all of them ----------------------------------------------------------------------------- */

enum ex_status inet_objects_start(struct inet *s)
{
	s->objects = ex_alloc_zero(s->x, EX_NONPAGED, sizeof(*s->objects),
				   TAG_ADDRESS);
	if (!s->objects)
		return EX_INSUFFICIENT_RESOURCES;
	ke_lock_init(&s->objects->lock, "address table");
	return EX_SUCCESS;
}

/* The files of clients that are still open keep theirs. */
void inet_objects_stop(struct inet *s)
{
	if (s->objects)
		ex_free_pool(s->x, s->objects, TAG_ADDRESS);
	s->objects = NULL;
}

/* --- information -------------------------------------------------------------------------------- */

enum ex_status inet_address_query(struct inet_address *a, struct tdi_request *r)
{
	struct tdi_address *to = r->value;

	if (r->info != TDI_LOCAL_ADDRESS)
		return EX_INVALID_PARAMETER;
	if (r->value_length < sizeof(*to))
		return EX_BUFFER_TOO_SMALL;
	memset(to, 0, sizeof(*to));
	to->family = a->s->family->family;
	memcpy(to->ip, &a->ip, a->s->family->address_len);
	to->port = a->port;
	r->moved = sizeof(*to);
	return EX_SUCCESS;
}

/* value: a tdi_address whose ip is the group. */
static enum ex_status group(struct inet_address *a, const struct tdi_request *r)
{
	const struct tdi_address *from = r->value;
	struct inet *s = a->s;
	struct inet_ip ip = { 0 };

	if (r->value_length < sizeof(*from))
		return EX_BUFFER_TOO_SMALL;
	memcpy(&ip, from->ip, s->family->address_len);
	return s->family->join(s, &ip, NULL, r->info == TDI_MULTICAST_LEAVE) ?
		       EX_SUCCESS : EX_INVALID_PARAMETER;
}

enum ex_status inet_address_set(struct inet_address *a, struct tdi_request *r)
{
	u32 v;

	if (r->info == TDI_MULTICAST_JOIN || r->info == TDI_MULTICAST_LEAVE)
		return group(a, r);
	if (r->value_length < sizeof(v))
		return EX_BUFFER_TOO_SMALL;
	memcpy(&v, r->value, sizeof(v));
	switch (r->info) {
	case TDI_TTL:
		KE_SET(&a->ttl, (u8)v);
		break;
	case TDI_TOS:
		KE_SET(&a->tos, (u8)v);
		break;
	case TDI_BROADCAST:
		KE_SET(&a->broadcast, v != 0);
		break;
	case TDI_HDRINCL:
		KE_SET(&a->header_included, v != 0);
		break;
	case TDI_RECEIVE_WINDOW:
		KE_SET(&a->rcv_buf, max_u32(min_u32(v, 1u << 29), 512));
		break;
	default:
		return EX_INVALID_PARAMETER;
	}
	return EX_SUCCESS;
}
