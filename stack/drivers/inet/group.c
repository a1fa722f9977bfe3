// SPDX-License-Identifier: Apache-2.0
/* Groups that an interface is in (group.h): who uses them, and when each is to be
 * reported. All of it under the family's lock. */
#include "group.h"

#include <string.h>

struct inet_group *inet_group_find(const struct inet_groups *s,
				   const struct inet_ip *a)
{
	struct inet_group *g = s->head;

	while (g && memcmp(&g->group, a, sizeof(*a)))
		g = g->next;
	return g;
}

bool inet_group_has(struct inet_groups *s, const struct inet_ip *a)
{
	bool has;

	ke_latch(&s->latch);
	has = inet_group_find(s, a);
	ke_unlatch(&s->latch);
	return has;
}

bool inet_group_join(struct ex *x, struct inet_groups *s,
		     const struct inet_ip *a, const struct inet_group_limits *l)
{
	struct inet_group *g = inet_group_find(s, a);

	if (g) {
		g->users++;
		return true;
	}
	g = s->count < l->most ?
		    ex_alloc_zero(x, EX_NONPAGED, sizeof(*g), l->tag) : NULL;
	if (!g)
		return false;
	*g = (struct inet_group){ .next = s->head, .group = *a, .users = 1,
				  .more = l->reports,
				  .report_at = ex_now(x) + 1 };
	ke_latch(&s->latch);
	s->head = g;
	ke_unlatch(&s->latch);
	s->count++;
	return true;
}

bool inet_group_leave(struct inet_groups *s, const struct inet_ip *a,
		      struct inet_group **gone)
{
	struct inet_group **at = &s->head, *g;

	*gone = NULL;
	while (*at && memcmp(&(*at)->group, a, sizeof(*a)))
		at = &(*at)->next;
	g = *at;
	if (g && !--g->users) {
		ke_latch(&s->latch);
		*at = g->next;
		ke_unlatch(&s->latch);
		s->count--;
		*gone = g;
	}
	return g;
}

void inet_groups_free(struct ex *x, struct inet_groups *s, u32 tag)
{
	struct inet_group *g = s->head, *next;

	ke_latch(&s->latch);
	s->head = NULL;
	ke_unlatch(&s->latch);
	s->count = 0;
	for (; g; g = next) {
		next = g->next;
		ex_free_pool(x, g, tag);
	}
}

/* --- reports -------------------------------------------------------------------------- */

void inet_group_queried(struct ex *x, struct inet_groups *s,
			const struct inet_ip *a, u64 now, u64 most)
{
	for (struct inet_group *g = s->head; g; g = g->next) {
		if (a && memcmp(&g->group, a, sizeof(*a)))
			continue;
		if (!g->report_at || g->report_at > now + most)
			g->report_at = now + 1 + ex_random(x) % most;
	}
}

void inet_group_heard(struct inet_group *g)
{
	g->report_at = 0;
	g->more = 0;
	g->last = false;
}

bool inet_group_due(struct ex *x, struct inet_groups *s, u64 now, u64 interval,
		    struct inet_ip *group, bool *joined)
{
	struct inet_group *g = s->head;

	while (g && (!g->report_at || g->report_at > now))
		g = g->next;
	if (!g)
		return false;
	*group = g->group;
	*joined = g->more;
	g->last = true;
	g->report_at = 0;
	if (g->more && --g->more)
		g->report_at = now + 1 + ex_random(x) % interval;
	return true;
}
