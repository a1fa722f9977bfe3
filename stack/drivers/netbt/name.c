// SPDX-License-Identifier: Apache-2.0
/* The name service of a B node: RFC 1002 4.2 (packets), 5.1.1 (what is done). */
#include "netbt.h"

#include <string.h>

#define UDP_DEVICE "\\Device\\Udp"
#define PORT 137u
#define HEADER 12u
#define RETRIES 3u                   /* RFC 1002 6: BCAST_REQ_RETRY_COUNT */
#define RETRY_NS (250 * NBT_MS)      /* BCAST_REQ_RETRY_TIMEOUT */
#define CACHE_NS (600 * NBT_SECOND)
#define TTL 300000u
#define TYPE_NB 0x20u
#define TYPE_NBSTAT 0x21u
#define CLASS_IN 1u
#define GROUP 0x8000u                /* NB_FLAGS */
#define ACTIVE 0x0400u               /* NAME_FLAGS */
#define CONFLICT 0x0800u
#define PACKET 576u                  /* RFC 1002 4.2: the most on UDP */
/* Header flags: R, OPCODE, NM_FLAGS, RCODE of RFC 1002 4.2.1.1 */
#define RESPONSE 0x8000u
#define QUERY 0x0110u                /* RD B */
#define QUERY_YES 0x8500u            /* R AA RD */
#define STATUS_YES 0x8400u           /* R AA */
#define REGISTER 0x2910u             /* opcode 5 RD B */
#define REGISTER_NO 0xad86u          /* opcode 5 R AA RD RA ACT_ERR */
#define RELEASE 0x3010u              /* opcode 6 B */
#define OPCODE(f) ((f) >> 11 & 15)

/* --- out --------------- */

struct sending {
	struct nbt *nb;
	struct tdi_request r;
	u32 n;
	u8 b[PACKET];
};

static void sent(void *context, struct irp *irp)
{
	struct sending *s = context;
	struct ex *x = s->nb->x;

	io_irp_free(x, irp);
	ex_free_pool(x, s, TAG_OP);
}

static struct sending *packet(struct nbt *nb, u16 id, u32 flags)
{
	struct sending *s = ex_alloc_zero(nb->x, EX_NONPAGED, sizeof(*s),
					  TAG_OP);

	if (!s)
		return NULL;
	s->nb = nb;
	nbt_put16(s->b, id);
	nbt_put16(s->b + 2, flags);
	s->n = HEADER;
	return s;
}

static void count(struct sending *s, u32 at)
{
	s->b[4 + 2 * at + 1]++;      /* QD AN NS AR */
}

static void add16(struct sending *s, u32 v)
{
	nbt_put16(s->b + s->n, v);
	s->n += 2;
}

static void add_name(struct sending *s, const char *name, u32 type)
{
	nbt_name_encode(name, s->b + s->n);
	s->n += NBT_ENCODED;
	add16(s, type);
	add16(s, CLASS_IN);
}

static void add_ttl(struct sending *s, u32 ttl)
{
	add16(s, ttl >> 16);
	add16(s, ttl & 0xffff);
}

/* RFC 1002 4.2.1.3: TTL, length, NB_FLAGS (a B node has none), address */
static void add_address(struct sending *s, u32 ttl, bool group, const u8 *ip)
{
	add_ttl(s, ttl);
	add16(s, 6);
	add16(s, group ? GROUP : 0);
	memcpy(s->b + s->n, ip, 4);
	s->n += 4;
}

static void go(struct sending *s, const u8 *ip, u16 port)
{
	struct nbt *nb = s->nb;
	struct irp *irp = io_irp_alloc(nb->x);

	if (!irp) {
		ex_free_pool(nb->x, s, TAG_OP);
		return;
	}
	s->r.data = s->b;
	s->r.length = s->n;
	s->r.remote = (struct tdi_address){ .family = 4, .port = port };
	memcpy(s->r.remote.ip, ip, 4);
	irp->done = sent;
	irp->done_context = s;
	tdi_fill(irp, nb->udp, TDI_SEND_DATAGRAM, &s->r);
	(void)io_call(nb->udp->device, irp);
}

/* RFC 1002 4.2.2, 4.2.9: the record's name is the question's, at 12. */
static void send_claim(struct nbt *nb, u16 id, u32 flags,
		       const struct nbt_name *n)
{
	struct sending *s = packet(nb, id, flags);

	if (!s)
		return;
	count(s, 0);
	count(s, 3);
	add_name(s, n->name, TYPE_NB);
	add16(s, 0xc000 | HEADER);
	add16(s, TYPE_NB);
	add16(s, CLASS_IN);
	add_address(s, flags == RELEASE ? 0 : TTL, n->group, nb->ip);
	go(s, nb->broadcast, PORT);
}

static void send_query(struct nbt *nb, u16 id, const char *name)
{
	struct sending *s = packet(nb, id, QUERY);

	if (!s)
		return;
	count(s, 0);
	add_name(s, name, TYPE_NB);
	go(s, nb->broadcast, PORT);
}

static void answer(struct nbt *nb, u16 id, u32 flags, const char *name,
		   bool group, const u8 *ip, const struct tdi_address *to)
{
	struct sending *s = packet(nb, id, flags);

	if (!s)
		return;
	count(s, 1);
	add_name(s, name, TYPE_NB);
	add_address(s, TTL, group, ip);
	go(s, to->ip, to->port);
}

/* --- node status, RFC 1002 4.2.18 --------------- */

#define STATISTICS 46u
#define STATUS_NAMES 16u             /* that fit in PACKET */

static void add_names(struct sending *s)
{
	struct nbt *nb = s->nb;
	enum ke_irql before = ke_lock(&nb->lock);
	u8 *length = s->b + s->n, *num = length + 2;

	s->n += 3;
	for (struct nbt_name *n = nb->names; n && *num < STATUS_NAMES;
	     n = n->next) {
		memcpy(s->b + s->n, n->name, NBT_NAME);
		s->n += NBT_NAME;
		add16(s, (n->group ? GROUP : 0) | ACTIVE |
			 (n->conflict ? CONFLICT : 0));
		(*num)++;
	}
	ke_unlock(&nb->lock, before);
	s->n += STATISTICS;          /* none are counted: zeros */
	nbt_put16(length, 1u + *num * 18u + STATISTICS);
}

static void status(struct nbt *nb, u16 id, const char *name,
		   const struct tdi_address *to)
{
	struct sending *s = packet(nb, id, STATUS_YES);

	if (!s)
		return;
	count(s, 1);
	add_name(s, name, TYPE_NBSTAT);
	add_ttl(s, 0);
	add_names(s);
	go(s, to->ip, to->port);
}

/* --- names of ours --------------- */

/* Locked. */
static struct nbt_name *find(struct nbt *nb, const char *name)
{
	struct nbt_name *n = nb->names;

	while (n && memcmp(n->name, name, NBT_NAME))
		n = n->next;
	return n;
}

/* A copy; false: it is none of ours. */
static bool ours(struct nbt *nb, const char *name, struct nbt_name *out)
{
	enum ke_irql before = ke_lock(&nb->lock);
	struct nbt_name *n = find(nb, name);

	if (n)
		*out = *n;
	ke_unlock(&nb->lock, before);
	return n && out->registered && !out->conflict;
}

/* --- the cache --------------- */

static bool cached(struct nbt *nb, const char *name, u8 ip[4])
{
	enum ke_irql before = ke_lock(&nb->lock);
	u64 now = ex_now(nb->x);
	bool found = false;

	for (u32 i = 0; i < NBT_CACHE && !found; i++) {
		struct nbt_cached *c = &nb->cache[i];

		if (c->until > now && !memcmp(c->name, name, NBT_NAME)) {
			memcpy(ip, c->ip, 4);
			found = true;
		}
	}
	ke_unlock(&nb->lock, before);
	return found;
}

/* The oldest goes. ip NULL: only forget. */
static void cache(struct nbt *nb, const char *name, const u8 *ip)
{
	enum ke_irql before = ke_lock(&nb->lock);
	struct nbt_cached *c = &nb->cache[0];

	for (u32 i = 0; i < NBT_CACHE; i++) {
		struct nbt_cached *d = &nb->cache[i];

		if (d->until && !memcmp(d->name, name, NBT_NAME)) {
			c = d;
			break;
		}
		if (d->until < c->until)
			c = d;
	}
	if (ip) {
		memcpy(c->name, name, NBT_NAME);
		memcpy(c->ip, ip, 4);
		c->until = ex_now(nb->x) + CACHE_NS;
	} else if (!memcmp(c->name, name, NBT_NAME)) {
		c->until = 0;
	}
	ke_unlock(&nb->lock, before);
}

/* --- in --------------- */

struct record {                      /* of a packet that came in */
	u16 id, flags;
	char name[NBT_NAME];
	u16 type;
	bool resource, group;        /* there is an address */
	u8 ip[4];
};

/* At *at: type, class, TTL, length, flags, address. */
static bool parse_address(const u8 *p, u32 n, u32 at, struct record *r)
{
	if (n < 16 || at > n - 16 || nbt_get16(p + at) != TYPE_NB ||
	    nbt_get16(p + at + 2) != CLASS_IN || nbt_get16(p + at + 8) < 6)
		return false;
	r->resource = true;
	r->group = nbt_get16(p + at + 10) & GROUP;
	memcpy(r->ip, p + at + 12, 4);
	return true;
}

static bool parse(const u8 *p, u32 n, struct record *r)
{
	u32 at = HEADER;

	*r = (struct record){ .flags = 0 };
	if (n < HEADER)
		return false;
	r->id = nbt_get16(p);
	r->flags = nbt_get16(p + 2);
	if (!nbt_name_decode(p, n, &at, r->name))
		return false;
	if (nbt_get16(p + 6) == 1 && !nbt_get16(p + 4)) /* an answer */
		return parse_address(p, n, at, r) || r->flags & RESPONSE;
	if (nbt_get16(p + 4) != 1 || at > n - 4 ||
	    nbt_get16(p + at + 2) != CLASS_IN)
		return false;
	r->type = nbt_get16(p + at);
	at += 4;
	if (nbt_get16(p + 10) == 1 && n - at >= 2 &&
	    nbt_get16(p + at) == (0xc000 | HEADER))
		(void)parse_address(p, n, at + 2, r);
	return true;
}

/* RFC 1002 5.1.1.5: somebody wants a name that is ours. */
static void defend(struct nbt *nb, const struct record *r,
		   const struct tdi_address *from)
{
	struct nbt_name n;

	if (!ours(nb, r->name, &n) || !r->resource ||
	    !memcmp(r->ip, nb->ip, 4) || (n.group && r->group))
		return;
	answer(nb, r->id, REGISTER_NO, n.name, n.group, nb->ip, from);
}

static void asked_answered(struct nbt *nb, const struct record *r)
{
	enum ke_irql before = ke_lock(&nb->lock);
	struct nbt_asked *a = nb->asked;

	while (a && (a->id != r->id || memcmp(a->name, r->name, NBT_NAME)))
		a = a->next;
	if (a && !a->answered) {
		a->answered = true;
		a->negative = r->flags & 15 || !r->resource;
		memcpy(a->ip, r->ip, 4);
		ke_event_set(&a->event);
	}
	ke_unlock(&nb->lock, before);
}

/* RFC 1002 4.2.8: a conflict is demanded (RCODE CFT_ERR, 7). */
static void conflict(struct nbt *nb, const struct record *r)
{
	enum ke_irql before = ke_lock(&nb->lock);
	struct nbt_name *n = find(nb, r->name);

	if (n && n->registered)
		n->conflict = true;
	ke_unlock(&nb->lock, before);
}

static void took(struct nbt *nb, const struct record *r,
		 const struct tdi_address *from)
{
	struct nbt_name n;

	if (r->flags & RESPONSE) {
		if (OPCODE(r->flags) == 5 && (r->flags & 15) == 7)
			conflict(nb, r);
		else
			asked_answered(nb, r);
		return;
	}
	switch (OPCODE(r->flags)) {
	case 0:
		if (r->type == TYPE_NBSTAT &&
		    (r->name[0] == '*' || ours(nb, r->name, &n)))
			status(nb, r->id, r->name, from);
		else if (r->type == TYPE_NB && ours(nb, r->name, &n))
			answer(nb, r->id, QUERY_YES, n.name, n.group, nb->ip,
			       from);
		break;
	case 5:
		defend(nb, r, from);
		break;
	case 6:
		if (memcmp(r->ip, nb->ip, 4))
			cache(nb, r->name, NULL);
		break;
	default:                     /* WACK, refresh: for name servers */
		break;
	}
}

static enum ex_status receive(void *context, const struct tdi_address *from,
			      const struct tdi_address *to, u32 indicated,
			      u32 available, u32 *taken, const u8 *data,
			      struct irp **irp)
{
	struct nbt *nb = context;
	struct record r;

	(void)to;
	(void)available;
	(void)irp;
	*taken = indicated;
	if (!nb->stopping && data && parse(data, indicated, &r))
		took(nb, &r, from);
	return EX_SUCCESS;
}

/* --- transactions --------------- */

static void begin(struct nbt *nb, struct nbt_asked *a)
{
	enum ke_irql before = ke_lock(&nb->lock);

	a->id = ++nb->id;
	ke_event_init(&a->event, "netbt name", false, false);
	a->next = nb->asked;
	nb->asked = a;
	ke_unlock(&nb->lock, before);
}

static void end(struct nbt *nb, struct nbt_asked *a)
{
	enum ke_irql before = ke_lock(&nb->lock);
	struct nbt_asked **at = &nb->asked;

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	ke_unlock(&nb->lock, before);
}

static bool claim(struct nbt *nb, struct nbt_name *n)
{
	struct nbt_asked a = { .name = n->name };

	begin(nb, &a);
	for (u32 i = 0; i < RETRIES && !a.answered; i++) {
		send_claim(nb, a.id, REGISTER, n);
		(void)ke_wait(&a.event, RETRY_NS);
	}
	end(nb, &a);
	return !(a.answered && a.negative) && !nb->stopping;
}

static struct nbt_name *enter(struct nbt *nb, struct nbt_name *fresh)
{
	enum ke_irql before = ke_lock(&nb->lock);
	struct nbt_name *n = find(nb, fresh->name);

	if (!n) {
		fresh->next = nb->names;
		nb->names = n = fresh;
	} else if (n->group == fresh->group && n->registered) {
		n->refs++;
	} else {
		n = NULL;
	}
	ke_unlock(&nb->lock, before);
	return n;
}

enum ex_status nbt_register(struct nbt *nb, const char *name, bool group,
			    struct nbt_name **out)
{
	struct nbt_name *n = ex_alloc_zero(nb->x, EX_NONPAGED, sizeof(*n),
					   TAG_NAME), *in;

	if (!n)
		return EX_INSUFFICIENT_RESOURCES;
	memcpy(n->name, name, NBT_NAME);
	n->group = group;
	n->refs = 1;
	in = enter(nb, n);
	if (in != n) {
		ex_free_pool(nb->x, n, TAG_NAME);
		*out = in;
		return in ? EX_SUCCESS : EX_ADDRESS_ALREADY_EXISTS;
	}
	if (!claim(nb, n)) {
		nbt_release(nb, n);
		return EX_ADDRESS_ALREADY_EXISTS;
	}
	n->registered = true;
	*out = n;
	return EX_SUCCESS;
}

void nbt_release(struct nbt *nb, struct nbt_name *n)
{
	enum ke_irql before = ke_lock(&nb->lock);
	struct nbt_name **at = &nb->names;
	bool last = !--n->refs;

	while (last && *at != n)
		at = &(*at)->next;
	if (last)
		*at = n->next;
	ke_unlock(&nb->lock, before);
	if (!last)
		return;
	if (n->registered && !n->conflict && nb->udp)
		send_claim(nb, ++nb->id, RELEASE, n);
	ex_free_pool(nb->x, n, TAG_NAME);
}

enum ex_status nbt_resolve(struct nbt *nb, const char *name, u8 ip[4])
{
	struct nbt_asked a = { .name = name };
	struct nbt_name n;

	if (cached(nb, name, ip))
		return EX_SUCCESS;
	if (ours(nb, name, &n)) {
		memcpy(ip, nb->ip, 4);
		return EX_SUCCESS;
	}
	begin(nb, &a);
	for (u32 i = 0; i < RETRIES && !a.answered && !nb->stopping; i++) {
		send_query(nb, a.id, name);
		(void)ke_wait(&a.event, RETRY_NS);
	}
	end(nb, &a);
	if (!a.answered || a.negative)
		return EX_OBJECT_NAME_NOT_FOUND;
	memcpy(ip, a.ip, 4);
	cache(nb, name, ip);
	return EX_SUCCESS;
}

/* --- port 137 --------------- */

enum ex_status nbt_names_start(struct nbt *nb)
{
	struct tdi_open o = { .kind = TDI_ADDRESS_FILE, .protocol = 17,
			      .address = { .family = 4, .port = PORT } };
	u32 on = 1;
	struct tdi_request r = { .info = TDI_BROADCAST, .value = &on,
				 .value_length = sizeof(on) };
	enum ex_status st = io_open(nb->x, UDP_DEVICE, &o, sizeof(o), &nb->udp);

	nb->id = (u16)ex_random(nb->x);
	if (!ex_failed(st))
		st = tdi_call(nb->udp, TDI_SET_INFORMATION, &r);
	if (!ex_failed(st))
		st = tdi_set_event(nb->udp, TDI_EVENT_RECEIVE_DATAGRAM,
				   (void *)receive, nb);
	return st;
}

void nbt_names_stop(struct nbt *nb)
{
	if (nb->udp)
		io_close(nb->udp);
	nb->udp = NULL;
}
