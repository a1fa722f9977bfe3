// SPDX-License-Identifier: Apache-2.0
/*
 * Groups that interfaces are in: IGMP version 2 (RFC 2236) for a host, with the
 * reports of version 1 while a router of that version is about.
 *
 * 224.0.0.1 is joined by everybody and never reported.
 */
#include "ip.h"

#define IGMP_LENGTH 8u
#define ALL_HOSTS 0xe0000001u
#define ALL_ROUTERS 0xe0000002u
#define UNSOLICITED (10 * SECOND)    /* RFC 2236 8.10 */
#define V1_ROUTER (400 * SECOND)     /* 8.11 */
#define TENTH (SECOND / 10)
#define REPORTS 2u                   /* RFC 2236 8.1: of a join */

enum { QUERY = 0x11, REPORT_V1 = 0x12, REPORT_V2 = 0x16, LEAVE = 0x17 };

static const struct inet_group_limits limits = { .most = GROUPS_MAX,
						 .tag = TAG_GROUP,
						 .reports = REPORTS };

/* Under the lock. */
static struct inet_group *find(const struct inet_iface *f, u32 group)
{
	struct inet_ip a = ip4_to(group);

	return inet_group_find(&f->groups, &a);
}

bool igmp_member(struct inet_iface *f, u32 group)
{
	struct inet_ip a = ip4_to(group);

	return group == ALL_HOSTS || inet_group_has(&f->groups, &a);
}

/* With the router alert option (RFC 2113), to leave the machine at once. */
static void send(struct inet_iface *f, u8 type, u32 group, u32 dst)
{
	static const u8 alert[4] = { 0x94, 4, 0, 0 };
	struct ip *ip = f->ip;
	struct ndis_packet *p = ndis_packet_new(ip->x, INET_HEADROOM,
						IGMP_LENGTH);
	u8 *d;

	if (!p)
		return;
	d = p->head->data;
	d[0] = type;
	d[1] = 0;
	put16(d + 2, 0);
	put32(d + 4, group);
	put_sum(d + 2, ndis_fold(ndis_sum(d, IGMP_LENGTH, 0)));
	(void)ip_output_options(ip, p, &(struct inet_tx){
		.src = ip4_to(ip_source(f, 0)), .dst = ip4_to(dst), .iface = f,
		.protocol = IP_IGMP, .ttl = 1 }, alert, sizeof(alert));
}

/* --- reports -------------------------------------------------------------------------- */

/* To the report that is due first; under the lock. Nothing sets it once the driver
 * goes. */
static void set_timer(struct ip *ip)
{
	u64 first = UINT64_MAX, now = ex_now(ip->x);

	EACH_IFACE(f, ip)
		for (struct inet_group *g = f->groups.head; g; g = g->next)
			if (g->report_at && g->report_at < first)
				first = g->report_at;
	if (first == UINT64_MAX || KE_GET(&ip->stopping))
		(void)ke_timer_cancel(&ip->igmp_timer);
	else
		ke_timer_set(&ip->igmp_timer, first > now ? first - now : 1, 0,
			     &ip->igmp_dpc);
}

/* Under the lock; 0: none. type: of the report. */
static u32 next_due(struct ip *ip, u64 now, struct inet_iface **out, u8 *type)
{
	struct inet_ip group;
	bool joined;

	EACH_IFACE(f, ip)
		if (inet_group_due(ip->x, &f->groups, now, UNSOLICITED, &group,
				   &joined)) {
			*out = f;
			*type = now < f->igmp_v1_until ? REPORT_V1 :
							 REPORT_V2;
			return ip4_of(&group);
		}
	return 0;
}

void igmp_due(void *context, void *a, void *b)
{
	struct ip *ip = context;
	u64 now = ex_now(ip->x);
	enum ke_irql before;
	struct inet_iface *f;
	u32 group;
	u8 type;

	(void)a;
	(void)b;
	do {
		before = ke_lock(&ip->lock);
		group = next_due(ip, now, &f, &type);
		if (!group)
			set_timer(ip);
		ke_unlock(&ip->lock, before);
		if (group)
			send(f, type, group, group);
	} while (group);
}

static void query(struct inet_iface *f, u32 group, u8 code)
{
	struct ip *ip = f->ip;
	enum ke_irql before = ke_lock(&ip->lock);
	u64 now = ex_now(ip->x), most = (code ? code : 100) * TENTH;
	struct inet_ip a = ip4_to(group);

	if (!code)   /* a router of version 1: RFC 2236 4 */
		f->igmp_v1_until = now + V1_ROUTER;
	inet_group_queried(ip->x, &f->groups, group ? &a : NULL, now, most);
	set_timer(ip);
	ke_unlock(&ip->lock, before);
}

/* Somebody else said it: RFC 2236 3. */
static void report(struct inet_iface *f, u32 group)
{
	struct ip *ip = f->ip;
	enum ke_irql before = ke_lock(&ip->lock);
	struct inet_group *g = find(f, group);

	if (g && g->report_at) {
		inet_group_heard(g);
		set_timer(ip);
	}
	ke_unlock(&ip->lock, before);
}

void IGMPRcv(struct inet_iface *f, struct ndis_packet *p,
	     const struct ip_head *h)
{
	u8 m[IGMP_LENGTH];
	u32 group;

	if (f->loopback)
		return;
	if (ndis_packet_copy(p, 0, m, sizeof(m)) < sizeof(m) ||
	    ndis_fold(ndis_packet_sum(p, 0, p->length, 0))) {
		ip_drop(f->ip, DROP_IGMP, IP_IGMP, p->length);
		return;
	}
	group = get32(m + 4);
	/* RFC 2236 6: general ones to all hosts, others to their group. */
	if (m[0] == QUERY && h->dst == (group ? group : ALL_HOSTS))
		query(f, group, m[1]);
	else if ((m[0] == REPORT_V1 || m[0] == REPORT_V2) && group == h->dst &&
		 ip_on_link(f, h->src))
		report(f, group);
	else if (m[0] == QUERY || m[0] == REPORT_V1 || m[0] == REPORT_V2)
		ip_drop(f->ip, DROP_IGMP, IP_IGMP, p->length);
}

/* --- joining and leaving ------------------------------------------------------------------ */

static struct inet_iface *iface_for(struct ip *ip, struct inet_iface *want)
{
	if (want)
		return KE_GET(&want->b) ? want : NULL;
	EACH_IFACE(f, ip)
		if (KE_GET(&f->b))
			return f;
	return NULL;
}

static bool join(struct inet_iface *f, const struct inet_ip *group)
{
	struct ip *ip = f->ip;
	enum ke_irql before = ke_lock(&ip->lock);
	bool ok = KE_GET(&f->b) && /* else igmp_drop() is over */
		  inet_group_join(ip->x, &f->groups, group, &limits);

	set_timer(ip);
	ke_unlock(&ip->lock, before);
	return ok;
}

static bool leave(struct inet_iface *f, const struct inet_ip *group)
{
	struct ip *ip = f->ip;
	enum ke_irql before = ke_lock(&ip->lock);
	struct inet_group *gone;
	bool known = inet_group_leave(&f->groups, group, &gone);
	bool v1 = ex_now(ip->x) < f->igmp_v1_until;

	set_timer(ip);
	ke_unlock(&ip->lock, before);
	if (!gone)
		return known;
	if (gone->last && !v1)
		send(f, LEAVE, ip4_of(group), ALL_ROUTERS);
	ex_free_pool(ip->x, gone, TAG_GROUP);
	return true;
}

bool igmp_join(struct inet *s, const struct inet_ip *group,
	       struct inet_iface *iface, bool leaves)
{
	struct inet_iface *f = iface_for(ip_of(s), iface);
	u32 a = ip4_of(group);
	struct inet_ip only = ip4_to(a);

	if (!f || !ip4_multicast(a))
		return false;
	if (a == ALL_HOSTS)
		return true;
	return leaves ? leave(f, &only) : join(f, &only);
}

void igmp_drop(struct inet_iface *f)
{
	enum ke_irql before = ke_lock(&f->ip->lock);

	inet_groups_free(f->ip->x, &f->groups, TAG_GROUP);
	ke_unlock(&f->ip->lock, before);
}
