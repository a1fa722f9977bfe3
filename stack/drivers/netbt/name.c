// SPDX-License-Identifier: Apache-2.0
/* The name service of a B node: RFC 1002 4.2 (packets), 5.1.1 (what is done). */
#include "netbt.h"

#include <string.h>

#define PORT 137u
#define HEADER 12u
#define RETRIES 3u                   /* RFC 1002 6: BCAST_REQ_RETRY_COUNT */
#define RETRY_NS (250 * NBT_MS)      /* BCAST_REQ_RETRY_TIMEOUT */
#define CACHE_NS (600 * NBT_SECOND)
#define CONFLICT_NS NBT_SECOND       /* CONFLICT_TIMER */
#define TTL 300000u
#define TYPE_NB 0x20u
#define TYPE_NBSTAT 0x21u
#define CLASS_IN 1u
#define GROUP 0x8000u                /* NB_FLAGS */
#define ACTIVE 0x0400u               /* NAME_FLAGS */
#define CONFLICT 0x0800u
/* Header flags: R, OPCODE, NM_FLAGS, RCODE of RFC 1002 4.2.1.1 */
#define RESPONSE 0x8000u
#define QUERY 0x0110u                /* RD B */
#define QUERY_YES 0x8500u            /* R AA RD */
#define STATUS_YES 0x8400u           /* R AA */
#define REGISTER 0x2910u             /* opcode 5 RD B */
#define REGISTER_NO 0xad86u          /* opcode 5 R AA RD RA ACT_ERR */
#define OVERWRITE 0x2810u            /* opcode 5 B: a demand, not a request */
#define RELEASE 0x3010u              /* opcode 6 B */
#define CONFLICTED 0xad87u           /* as REGISTER_NO, CFT_ERR */
#define TRUNCATED 0x0200u
#define OPCODE(f) ((f) >> 11 & 15)
#define RCODE(f) ((f) & 15)
#define CFT_ERR 7u
enum { OP_QUERY = 0, OP_REGISTER = 5, OP_RELEASE = 6 };

/* --- out --------------- */

static struct nbt_packet *packet(struct nbt *nb, u16 id, u32 flags)
{
	struct nbt_packet *s = nbt_packet_new(nb);

	if (!s)
		return NULL;
	nbt_put16(s->b, id);
	nbt_put16(s->b + 2, flags);
	s->n = HEADER;
	return s;
}

static void count(struct nbt_packet *s, u32 at)
{
	s->b[4 + 2 * at + 1]++;      /* QD AN NS AR */
}

static void add16(struct nbt_packet *s, u32 v)
{
	nbt_put16(s->b + s->n, v);
	s->n += 2;
}

static void add_name(struct nbt_packet *s, const char *name, u32 type)
{
	nbt_name_encode(name, s->b + s->n);
	s->n += NBT_ENCODED;
	add16(s, type);
	add16(s, CLASS_IN);
}

static void add_ttl(struct nbt_packet *s, u32 ttl)
{
	add16(s, ttl >> 16);
	add16(s, ttl & 0xffff);
}

/* RFC 1002 4.2.1.3: TTL, length, NB_FLAGS (a B node has none), address */
static void add_address(struct nbt_packet *s, u32 ttl, bool group, const u8 *ip)
{
	add_ttl(s, ttl);
	add16(s, 6);
	add16(s, group ? GROUP : 0);
	memcpy(s->b + s->n, ip, 4);
	s->n += 4;
}

/* RFC 1002 4.2.2, 4.2.9: the record's name is the question's, at 12. */
static void send_claim(struct nbt *nb, u16 id, u32 flags,
		       const struct nbt_name *n)
{
	struct nbt_packet *s = packet(nb, id, flags);

	if (!s)
		return;
	count(s, 0);
	count(s, 3);
	add_name(s, n->name, TYPE_NB);
	add16(s, 0xc000 | HEADER);
	add16(s, TYPE_NB);
	add16(s, CLASS_IN);
	add_address(s, flags == RELEASE ? 0 : TTL, n->group, nb->ip);
	nbt_packet_send(s, &nb->udp, nb->broadcast, PORT);
}

static void send_query(struct nbt *nb, u16 id, const char *name)
{
	struct nbt_packet *s = packet(nb, id, QUERY);

	if (!s)
		return;
	count(s, 0);
	add_name(s, name, TYPE_NB);
	nbt_packet_send(s, &nb->udp, nb->broadcast, PORT);
}

static void answer(struct nbt *nb, u16 id, u32 flags, const char *name,
		   bool group, const u8 *ip, const struct tdi_address *to)
{
	struct nbt_packet *s = packet(nb, id, flags);

	if (!s)
		return;
	count(s, 1);
	add_name(s, name, TYPE_NB);
	add_address(s, flags == CONFLICTED ? 0 : TTL, group, ip);
	nbt_packet_send(s, &nb->udp, to->ip, to->port);
}

/* RFC 1002 4.2.8: to the later of two that say a name is theirs. */
static void demand(struct nbt *nb, u16 id, const char *name,
		   const struct tdi_address *to)
{
	static const u8 none[4];

	answer(nb, id, CONFLICTED, name, false, none, to);
}

/* --- node status, RFC 1002 4.2.18 --------------- */

#define STATISTICS 46u
#define STATUS_NAMES 16u             /* that fit in PACKET */

static void add_names(struct nbt_packet *s)
{
	struct nbt *nb = s->nb;
	enum ke_irql before = ke_lock(&nb->lock);
	u8 *length = s->b + s->n, *num = length + 2;

	s->n += 3;
	for (struct nbt_name *n = nb->names; n; n = n->next) {
		if (!n->registered)
			continue;
		if (*num == STATUS_NAMES) {
			nbt_put16(s->b + 2, STATUS_YES | TRUNCATED);
			break;
		}
		memcpy(s->b + s->n, n->name, NBT_NAME);
		s->n += NBT_NAME;
		add16(s, (n->group ? GROUP : 0) | ACTIVE |
			 (n->conflict ? CONFLICT : 0));
		(*num)++;
	}
	ke_unlock(&nb->lock, before);
	/* The unit's id is its MAC address; nothing else is counted. */
	memcpy(s->b + s->n, nb->mac, sizeof(nb->mac));
	s->n += STATISTICS;
	nbt_put16(length, 1u + *num * 18u + STATISTICS);
}

static void status(struct nbt *nb, u16 id, const char *name,
		   const struct tdi_address *to)
{
	struct nbt_packet *s = packet(nb, id, STATUS_YES);

	if (!s)
		return;
	count(s, 1);
	add_name(s, name, TYPE_NBSTAT);
	add_ttl(s, 0);
	add_names(s);
	nbt_packet_send(s, &nb->udp, to->ip, to->port);
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

bool nbt_is_ours(struct nbt *nb, const char *name)
{
	struct nbt_name n;

	return ours(nb, name, &n);
}

struct record {                      /* of a packet that came in */
	u16 id, flags;
	char name[NBT_NAME];
	u16 type;
	bool resource, group;        /* there is an address */
	u8 ip[4];
};

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

/* Its holder has released it: who says so of another's address is passed over. */
static void forget(struct nbt *nb, const struct record *r)
{
	enum ke_irql before = ke_lock(&nb->lock);

	for (u32 i = 0; i < NBT_CACHE; i++) {
		struct nbt_cached *c = &nb->cache[i];

		if (!memcmp(c->name, r->name, NBT_NAME) &&
		    !memcmp(c->ip, r->ip, 4))
			c->until = 0;
	}
	ke_unlock(&nb->lock, before);
}

/* The oldest goes. id: of the query that was answered. */
static void cache(struct nbt *nb, const char *name, const u8 *ip, u16 id,
		  bool group)
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
	memcpy(c->name, name, NBT_NAME);
	memcpy(c->ip, ip, 4);
	c->until = ex_now(nb->x) + CACHE_NS;
	c->doubt = group ? 0 : ex_now(nb->x) + CONFLICT_NS;
	c->id = id;
	ke_unlock(&nb->lock, before);
}

/* --- in --------------- */

/* At at: type, class, TTL, length, then flags and address, once or more often:
 * the first of them. */
static bool parse_address(const u8 *p, u32 n, u32 at, struct record *r)
{
	u32 length;

	if (n - at < 10 || nbt_get16(p + at) != TYPE_NB ||
	    nbt_get16(p + at + 2) != CLASS_IN)
		return false;
	length = nbt_get16(p + at + 8);
	if (!length || length % 6 || length > n - at - 10)
		return false;
	r->resource = true;
	r->group = nbt_get16(p + at + 10) & GROUP;
	memcpy(r->ip, p + at + 12, 4);
	return true;
}

/* A name that is to be the question's. */
static bool same_name(const u8 *p, u32 n, u32 *at, const struct record *r)
{
	struct nbt_wire_name w;

	return nbt_name_decode(p, n, at, true, &w) && !w.scope &&
	       !memcmp(w.name, r->name, NBT_NAME);
}

/* At at: a question's type and class; of a claim the record that follows. */
static bool parse_question(const u8 *p, u32 n, u32 at, struct record *r)
{
	if (n - at < 4 || nbt_get16(p + at + 2) != CLASS_IN)
		return false;
	r->type = nbt_get16(p + at);
	at += 4;
	if (nbt_get16(p + 10) && same_name(p, n, &at, r))
		(void)parse_address(p, n, at, r);
	return true;
}

/* A response has no question (RFC 1002 4.2.13), but some repeat it. */
static bool parse_response(const u8 *p, u32 n, u32 at, struct record *r)
{
	if (nbt_get16(p + 4)) {
		if (n - at < 4)
			return false;
		at += 4;
		if (!same_name(p, n, &at, r))
			return RCODE(r->flags);
	}
	return parse_address(p, n, at, r) || RCODE(r->flags);
}

static bool parse(const u8 *p, u32 n, struct record *r)
{
	struct nbt_wire_name w;
	u32 at = HEADER;

	*r = (struct record){ .flags = 0 };
	if (n < HEADER || nbt_get16(p + 4) > 1)
		return false;
	r->id = nbt_get16(p);
	r->flags = nbt_get16(p + 2);
	/* RFC 1001 9: who has another scope is not spoken to. */
	if (!nbt_name_decode(p, n, &at, true, &w) || w.scope)
		return false;
	memcpy(r->name, w.name, NBT_NAME);
	if (r->flags & RESPONSE)
		return parse_response(p, n, at, r);
	return nbt_get16(p + 4) && parse_question(p, n, at, r);
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

/* Q188571: an answer of 0.0.0.0 is none, nor is one that names many. */
bool nbt_is_host(const u8 *ip)
{
	return ip[0] && ip[0] < 224;
}

/* Locked. The transaction that this is an answer to.  Whoever claims a name as
 * a B node waits for a "no" only (RFC 1002 5.1.1.1). */
static struct nbt_asked *asked_of(struct nbt *nb, const struct record *r)
{
	struct nbt_asked *a = nb->asked;

	while (a && (a->id != r->id || a->opcode != OPCODE(r->flags) ||
		     memcmp(a->name, r->name, NBT_NAME)))
		a = a->next;
	if (!a || a->answered ||
	    (!RCODE(r->flags) && (a->opcode == OP_REGISTER ||
				  !r->resource || !nbt_is_host(r->ip))))
		return NULL;
	return a;
}

/* Locked. RFC 1002 5.1.1.3: it was answered, and otherwise. */
static bool doubted(const struct nbt *nb, const struct record *r)
{
	u64 now = ex_now(nb->x);

	if (OPCODE(r->flags) != OP_QUERY || RCODE(r->flags) || !r->resource ||
	    !nbt_is_host(r->ip))
		return false;
	for (u32 i = 0; i < NBT_CACHE; i++) {
		const struct nbt_cached *c = &nb->cache[i];

		if (c->doubt > now && c->id == r->id &&
		    !memcmp(c->name, r->name, NBT_NAME))
			return memcmp(c->ip, r->ip, 4);
	}
	return false;
}

static void answered(struct nbt *nb, const struct record *r,
		     const struct tdi_address *from)
{
	enum ke_irql before = ke_lock(&nb->lock);
	struct nbt_asked *a = asked_of(nb, r);
	bool conflicting = !a && doubted(nb, r);

	if (a) {
		a->negative = RCODE(r->flags);
		a->group = r->group;
		memcpy(a->ip, r->ip, 4);
		KE_SET(&a->answered, true);
		ke_event_set(&a->event);
	}
	ke_unlock(&nb->lock, before);
	if (conflicting)
		demand(nb, r->id, r->name, from);
}

/* RFC 1002 4.2.8: a conflict is demanded. */
static void conflict(struct nbt *nb, const struct record *r)
{
	enum ke_irql before = ke_lock(&nb->lock);
	struct nbt_name *n = find(nb, r->name);

	if (n && n->registered)
		n->conflict = true;
	ke_unlock(&nb->lock, before);
}

static void asked(struct nbt *nb, const struct record *r,
		  const struct tdi_address *from)
{
	struct nbt_name n;

	if (r->type == TYPE_NBSTAT &&
	    (r->name[0] == '*' || ours(nb, r->name, &n)))
		status(nb, r->id, r->name, from);
	else if (r->type == TYPE_NB && ours(nb, r->name, &n))
		answer(nb, r->id, QUERY_YES, n.name, n.group, nb->ip, from);
}

static void took(struct nbt *nb, const struct record *r,
		 const struct tdi_address *from)
{
	if (r->flags & RESPONSE) {
		if (OPCODE(r->flags) == OP_REGISTER &&
		    RCODE(r->flags) == CFT_ERR)
			conflict(nb, r);
		else
			answered(nb, r, from);
		return;
	}
	switch (OPCODE(r->flags)) {
	case OP_QUERY:
		asked(nb, r, from);
		break;
	case OP_REGISTER:
		defend(nb, r, from);
		break;
	case OP_RELEASE:
		if (r->resource && !memcmp(r->ip, from->ip, 4))
			forget(nb, r);
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
	/* Q243478: a source that nobody has is not answered. */
	if (!KE_GET(&nb->stopping) && data && nbt_is_host(from->ip) && from->port &&
	    parse(data, indicated, &r))
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
	struct nbt_asked a = { .name = n->name, .opcode = OP_REGISTER };

	begin(nb, &a);
	for (u32 i = 0; i < RETRIES && !KE_GET(&a.answered) &&
			!KE_GET(&nb->stopping); i++) {
		send_claim(nb, a.id, REGISTER, n);
		(void)ke_wait(&a.event, RETRY_NS);
	}
	end(nb, &a);
	if (a.answered || KE_GET(&nb->stopping))
		return false;
	/* RFC 1001 15.2.1: nobody said no, so it is taken. */
	send_claim(nb, a.id, OVERWRITE, n);
	return true;
}

/* BUSY: another is claiming it, and will have done so, or not, soon. */
static enum ex_status enter(struct nbt *nb, struct nbt_name *fresh,
			    struct nbt_name **in)
{
	enum ke_irql before = ke_lock(&nb->lock);
	struct nbt_name *n = find(nb, fresh->name);
	enum ex_status st = EX_SUCCESS;

	if (!n) {
		fresh->next = nb->names;
		nb->names = n = fresh;
	} else if (n->group != fresh->group || n->conflict) {
		st = EX_ADDRESS_ALREADY_EXISTS;
	} else if (!n->registered) {
		st = EX_DEVICE_BUSY;
	} else {
		n->refs++;
	}
	ke_unlock(&nb->lock, before);
	*in = n;
	return st;
}

enum ex_status nbt_register(struct nbt *nb, const char *name, bool group,
			    struct nbt_name **out)
{
	struct nbt_name *n = ex_alloc_zero(nb->x, EX_NONPAGED, sizeof(*n),
					   TAG_NAME), *in;
	enum ke_irql before;
	enum ex_status st;

	if (!n)
		return EX_INSUFFICIENT_RESOURCES;
	memcpy(n->name, name, NBT_NAME);
	n->group = group;
	n->refs = 1;
	while ((st = enter(nb, n, &in)) == EX_DEVICE_BUSY)
		ke_sleep(RETRY_NS / 5);
	if (ex_failed(st) || in != n) {
		ex_free_pool(nb->x, n, TAG_NAME);
		*out = in;
		return st;
	}
	if (!claim(nb, n)) {
		nbt_release(nb, n);
		return EX_ADDRESS_ALREADY_EXISTS;
	}
	before = ke_lock(&nb->lock);
	n->registered = true;
	ke_unlock(&nb->lock, before);
	*out = n;
	return EX_SUCCESS;
}

void nbt_release(struct nbt *nb, struct nbt_name *n)
{
	enum ke_irql before = ke_lock(&nb->lock);
	struct nbt_name **at = &nb->names;
	bool last = !--n->refs;
	u16 id = nb->id += last;

	while (last && *at != n)
		at = &(*at)->next;
	if (last)
		*at = n->next;
	ke_unlock(&nb->lock, before);
	if (!last)
		return;
	if (n->registered && !n->conflict)
		send_claim(nb, id, RELEASE, n);
	ex_free_pool(nb->x, n, TAG_NAME);
}

enum ex_status nbt_resolve(struct nbt *nb, const char *name, u8 ip[4])
{
	struct nbt_asked a = { .name = name, .opcode = OP_QUERY };
	struct nbt_name n;

	if (cached(nb, name, ip))
		return EX_SUCCESS;
	if (ours(nb, name, &n)) {
		memcpy(ip, nb->ip, 4);
		return EX_SUCCESS;
	}
	begin(nb, &a);
	for (u32 i = 0; i < RETRIES && !KE_GET(&a.answered) &&
			!KE_GET(&nb->stopping); i++) {
		send_query(nb, a.id, name);
		(void)ke_wait(&a.event, RETRY_NS);
	}
	end(nb, &a);
	if (!a.answered || a.negative)
		return EX_OBJECT_NAME_NOT_FOUND;
	memcpy(ip, a.ip, 4);
	cache(nb, name, ip, a.id, a.group);
	return EX_SUCCESS;
}

/* --- port 137 --------------- */

enum ex_status nbt_names_start(struct nbt *nb)
{
	nb->id = (u16)ex_random(nb->x);
	return nbt_port_open(nb, PORT, receive, &nb->udp);
}
