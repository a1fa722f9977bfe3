// SPDX-License-Identifier: Apache-2.0
/*
 * Groups that an interface is in, as IGMP (tcpip/igmp.c) and MLD (tcpip6/mld.c)
 * report them: the messages are theirs.
 *
 * Invariants: everything here is called under the family's lock, but
 * inet_group_has(), for which the list has a latch; what inet_group_leave() gives
 * out is the caller's alone; a group in the list has at least one user.
 */
#ifndef INET_GROUP_H
#define INET_GROUP_H

#include "inet.h"

struct inet_group {
	struct inet_group *next;
	struct inet_ip group;
	u32 users;
	u64 report_at;               /* 0: no report waits */
	u8 more;                     /* unsolicited reports still to send */
	bool last;                   /* we were the last to report */
};

struct inet_groups {
	struct inet_group *head;     /* linked and unlinked under the latch, too */
	u32 count;
	struct ke_latch latch;
};

struct inet_group_limits {
	u32 most, tag;
	u8 reports;                  /* of a join, that nobody asked for */
};

struct inet_group *inet_group_find(const struct inet_groups *s,
				   const struct inet_ip *a);
/* The same, without the lock. */
bool inet_group_has(struct inet_groups *s, const struct inet_ip *a);
/* false: too many, or no memory. The first report is due at once. */
bool inet_group_join(struct ex *x, struct inet_groups *s,
		     const struct inet_ip *a,
		     const struct inet_group_limits *l);
/* false: it was not joined. gone: to be freed, nobody uses it any more. */
bool inet_group_leave(struct inet_groups *s, const struct inet_ip *a,
		      struct inet_group **gone);
void inet_groups_free(struct ex *x, struct inet_groups *s, u32 tag);

/* A router asks for the group (NULL: for all), within most ns. */
void inet_group_queried(struct ex *x, struct inet_groups *s,
			const struct inet_ip *a, u64 now, u64 most);
/* Somebody else has reported it. */
void inet_group_heard(struct inet_group *g);
/* A group that is to be reported now; its next time is set. joined: nobody has
 * asked for it. */
bool inet_group_due(struct ex *x, struct inet_groups *s, u64 now, u64 interval,
		    struct inet_ip *group, bool *joined);

#endif
