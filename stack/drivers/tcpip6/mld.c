// SPDX-License-Identifier: Apache-2.0
/*
 * Groups and their reports (RFC 3810; RFC 2710 while a router of version 1 is
 * near).  A report that waits goes out on the tick; all hosts (ff02::1) and what
 * stays in the node are never reported.
 */
#include "ip6.h"

#include <string.h>

#define V1_ROUTER (260 * SECOND)     /* RFC 3810 9.12: older version querier */
#define UNSOLICITED (1 * SECOND)     /* RFC 3810 9.11 */
#define ROBUSTNESS 2u
enum { MODE_IS_EXCLUDE = 2, TO_INCLUDE = 3, TO_EXCLUDE = 4 };

static const struct inet_group_limits limits = { .most = GROUPS_MAX,
						 .tag = TAG_GROUP6,
						 .reports = ROBUSTNESS };

bool mld_member(struct inet_iface *f, const struct inet_ip *group)
{
	struct inet_ip all = group_of(1);

	return same(group, &all) ||
	       inet_group_has(&f->groups, group);
}

/* --- sending --------------------------------------------------------------------------- */

/* type: MLD_REPORT, MLD_DONE, or MLD_REPORT_V2 with a record's type. */
static void send(struct inet_iface *f, u8 type, u8 record,
		 const struct inet_ip *group)
{
	static const u8 alert[8] = { NEXT_ICMP6, 0, 5, 2, 0, 0, 1, 0 };
	u32 n = type == MLD_REPORT_V2 ? 28 : 24;
	struct ndis_packet *p = ndis_packet_new(f->ip->x, INET_HEADROOM, 8 + n);
	/* RFC 3810 5.2.13: from an address of the link, or from none. */
	struct inet_tx t = { .src = addr_of_link(f), .iface = f, .ttl = 1,
			     .protocol = NEXT_HOP_BY_HOP, .dst = *group };
	u8 *m;

	if (!p)
		return;
	if (type != MLD_REPORT)
		t.dst = group_of(type == MLD_DONE ? 2 : 0x16);
	memset(p->head->data, 0, 8 + n);
	memcpy(p->head->data, alert, 8);
	m = p->head->data + 8;
	m[0] = type;
	if (type == MLD_REPORT_V2) {
		put16(m + 6, 1);
		m[8] = record;
	}
	memcpy(m + n - 16, group->b, 16);
	put_sum(m + 2, ndis_fold(ndis_sum(m, n, ip6_pseudo_sum(
				     &t.src, &t.dst, NEXT_ICMP6, n))));
	(void)ip6_output(&f->ip->s, p, &t);
}

static void report(struct inet_iface *f, const struct inet_ip *group,
		   bool joined, u64 now)
{
	if (now < KE_GET(&f->mld_v1_until))
		send(f, MLD_REPORT, 0, group);
	else
		send(f, MLD_REPORT_V2, joined ? TO_EXCLUDE : MODE_IS_EXCLUDE,
		     group);
}

static bool next_due(struct inet_iface *f, u64 now, struct inet_ip *group,
		     bool *joined)
{
	struct ip6 *ip = f->ip;
	enum ke_irql before = ke_lock(&ip->lock);
	bool due = inet_group_due(ip->x, &f->groups, now, UNSOLICITED, group,
				  joined);

	ke_unlock(&ip->lock, before);
	return due;
}

void mld_tick(struct inet_iface *f, u64 now)
{
	struct inet_ip group;
	bool joined;

	while (KE_GET(&f->up) && next_due(f, now, &group, &joined))
		report(f, &group, joined, now);
}

/* --- receiving ------------------------------------------------------------------------- */

/* RFC 3810 5.1.3: the code of a maximal response, in milliseconds. */
static u64 response_ms(u16 code)
{
	if (code < 32768)
		return code;
	return (u64)((code & 0xfffu) | 0x1000) << ((code >> 12 & 7) + 3);
}

static void query(struct inet_iface *f, const u8 *m, u32 n)
{
	struct ip6 *ip = f->ip;
	u64 now = ex_now(ip->x), most = response_ms(get16(m + 4)) * MILLI + 1;
	enum ke_irql before = ke_lock(&ip->lock);
	struct inet_ip group;

	memcpy(group.b, m + 8, 16);
	if (n == 24)
		KE_SET(&f->mld_v1_until, now + V1_ROUTER);
	inet_group_queried(ip->x, &f->groups, unspecified(&group) ? NULL : &group,
			   now, most);
	ke_unlock(&ip->lock, before);
}

/* Version 1: somebody else said it (RFC 2710 4). */
static void heard(struct inet_iface *f, const u8 *m)
{
	enum ke_irql before = ke_lock(&f->ip->lock);
	struct inet_ip group;
	struct inet_group *g;

	memcpy(group.b, m + 8, 16);
	g = inet_group_find(&f->groups, &group);
	if (g && ex_now(f->ip->x) < KE_GET(&f->mld_v1_until))
		inet_group_heard(g);
	ke_unlock(&f->ip->lock, before);
}

/* RFC 3810 5.1.14, 6.2: from the link, with a hop limit of 1, a query with the
 * router alert; 24 bytes are of version 1, 28 and more of version 2. */
void mld_receive(struct inet_iface *f, const u8 *m, u32 n,
		 const struct ip6_head *h)
{
	if (f->loopback)
		return;
	if (!link_local(&h->src) || h->hops != 1 || n < 24 ||
	    (m[0] == MLD_QUERY && ((n != 24 && n < 28) || !h->alert))) {
		ip6_drop(f->ip, DROP_MLD, NEXT_ICMP6, n);
		return;
	}
	if (m[0] == MLD_QUERY)
		query(f, m, n);
	else if (m[0] == MLD_REPORT)
		heard(f, m);
}

/* --- joining and leaving ------------------------------------------------------------------ */

bool mld_join_on(struct inet_iface *f, const struct inet_ip *group)
{
	enum ke_irql before = ke_lock(&f->ip->lock);
	bool ok = KE_GET(&f->b) && /* else mld_drop() is over */
		  inet_group_join(f->ip->x, &f->groups, group, &limits);

	ke_unlock(&f->ip->lock, before);
	return ok;
}

bool mld_leave_on(struct inet_iface *f, const struct inet_ip *group)
{
	struct ip6 *ip = f->ip;
	enum ke_irql before = ke_lock(&ip->lock);
	struct inet_group *gone;
	bool known = inet_group_leave(&f->groups, group, &gone);

	ke_unlock(&ip->lock, before);
	if (!gone)
		return known;
	if (KE_GET(&f->b) && ex_now(ip->x) >= KE_GET(&f->mld_v1_until))
		send(f, MLD_REPORT_V2, TO_INCLUDE, group);
	else if (KE_GET(&f->b) && gone->last)
		send(f, MLD_DONE, 0, group);
	ex_free_pool(ip->x, gone, TAG_GROUP6);
	return true;
}

static struct inet_iface *first_iface(struct ip6 *ip)
{
	EACH_IFACE(f, ip)
		if (KE_GET(&f->b))
			return f;
	return NULL;
}

bool mld_join(struct inet *s, const struct inet_ip *group,
	      struct inet_iface *iface, bool leave)
{
	struct inet_iface *on = iface ? iface : first_iface(ip6_of(s));
	struct inet_ip all = group_of(1);

	if (!on || !KE_GET(&on->b) || !multicast(group))
		return false;
	if (same(group, &all))
		return true;
	return leave ? mld_leave_on(on, group) : mld_join_on(on, group);
}

void mld_drop(struct inet_iface *f)
{
	enum ke_irql before = ke_lock(&f->ip->lock);

	inet_groups_free(f->ip->x, &f->groups, TAG_GROUP6);
	ke_unlock(&f->ip->lock, before);
}
