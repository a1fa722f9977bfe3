// SPDX-License-Identifier: Apache-2.0
/*
 * Spin locks.  In simulation a CPU that finds one taken is not asked again until
 * it is free, so no steps are wasted on spinning, and a circle of CPUs that spin is
 * known when it closes.  Live it spins, the owner's word (or its ticket) being what
 * CPUs compete for, and looks for a circle now and then.  A queued lock goes to
 * the CPU that came first.
 */
#include "../sched/inside.h"
#include "../trace/trace.h"

#include <string.h>

#define SITE __builtin_return_address(0)

void ke_lock_init(struct ke_lock *l, const char *name)
{
	*l = (struct ke_lock){ .name = name };
}

void ke_lock_init_queued(struct ke_lock *l, const char *name)
{
	*l = (struct ke_lock){ .name = name, .queued = true };
}

void ke_lock_fini(struct ke_lock *l)
{
	if (l->owner && ke_current)
		ke_bugcheck(0xf, TRACE_V(l), TRACE_V(l->owner), 0, 0);
}

static bool is_free(const struct ke_lock *l)
{
	return !l->owner && l->ticket == l->serving;
}

static bool try_live(struct ke_cpu *c, struct ke_lock *l)
{
	struct ke_cpu *nobody = NULL;
	u32 next = KE_GET(&l->serving);

	if (l->queued)
		return __atomic_compare_exchange_n(&l->ticket, &next, next + 1,
						   false, __ATOMIC_ACQUIRE,
						   __ATOMIC_RELAXED);
	return __atomic_compare_exchange_n(&l->owner, &nobody, c, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Nobody has it, and now the caller does. */
static inline bool try_it(struct ke_cpu *c, struct ke_lock *l)
{
	if (__builtin_expect(ke_lane != NULL, 0))
		return try_live(c, l);
	if (!is_free(l))
		return false;
	l->ticket += l->queued;
	return true;
}

static void deadlock_here(struct ke_cpu *c)
{
	if (!c->s->config.past_deadlock)
		machine_stop(c->x, EX_DEADLOCK);
}

/* Its turn: a plain lock when it is free, a queued one with the ticket. */
static bool is_ours(const struct ke_cpu *c, const struct ke_lock *l)
{
	return !l->owner && (!l->queued || l->serving == c->ticket);
}

/* The last row is of all that found none. */
static struct ex_contention *row_of(struct ex *x, const char *name)
{
	struct ex_contention *r = x->contention;
	const size_t most = sizeof(r->name) - 1;

	while (r < x->contention + EX_CONTENTIONS - 1 && r->times &&
	       strncmp(r->name, name, most))
		r++;
	if (!r->times)
		memcpy(r->name, name, strnlen(name, most));
	return r;
}

static u64 spin(struct ke_cpu *c, struct ke_lock *l, const void *site)
{
	u64 spins = 0;

	if (l->queued)
		c->ticket = l->ticket++;
	l->waiters++;
	while (!is_ours(c, l)) {
		spins++;
		c->spinning = l;
		c->spin_site = site;
		if (deadlock_of_cpu(c))
			deadlock_here(c);
		sched_next(c, SCHED_LOCK, l);
		c->spinning = NULL;
	}
	l->waiters--;
	return spins;
}

#define SPINS 256                    /* before its host looks round */
#define CIRCLE_SPINS (SPINS * 4096u) /* and before it looks for a circle */
#define SPINS_TOO_LONG UINT64_C(20000000000) /* ns: nobody will let it go */

/* The host looks: the run may be over, or the owner off its processor. */
static void look_round(struct ke_cpu *c, struct ke_lock *l, u64 spins)
{
	bool look = spins % CIRCLE_SPINS == 0;

	dispatch_lock();
	if ((look || KE_GET(&l->owner) == c) && deadlock_of_cpu(c))
		deadlock_here(c);
	if (look && clock_now(c->s) - c->spin_since > SPINS_TOO_LONG &&
	    !c->x->stop) {
		deadlock_livelock(c->x);
		machine_stop(c->x, EX_LIVELOCK);
	}
	sched_next(c, SCHED_LOCK, l);
}

static bool ours_live(struct ke_cpu *c, struct ke_lock *l)
{
	if (l->queued)
		return KE_GET(&l->serving) == c->ticket;
	return !KE_GET(&l->owner) && try_live(c, l);
}

static u64 spin_live(struct ke_cpu *c, struct ke_lock *l, const void *site)
{
	u64 spins = 0;

	if (l->queued)
		c->ticket = __atomic_fetch_add(&l->ticket, 1, __ATOMIC_ACQ_REL);
	KE_ADD(&l->waiters, 1);
	c->spin_site = site;
	c->spin_since = clock_now(c->s);
	KE_SET(&c->spinning, l);
	while (!ours_live(c, l)) {
		if (++spins % SPINS == 0)
			look_round(c, l, spins);
#if defined(__x86_64__)
		__builtin_ia32_pause();
#endif
	}
	KE_SET(&c->spinning, NULL);
	KE_ADD(&l->waiters, -1);
	return spins;
}

/* Takes a lock that somebody has, and writes down that it had to wait. */
__attribute__((noinline)) static u64 wait_for(struct ke_cpu *c,
					      struct ke_lock *l,
					      const void *site)
{
	struct ex *x = c->x;
	struct ex_contention *row;
	const void *held = KE_GET(&l->site);
	u64 spins;

	ke_latch(&x->contended);
	row = row_of(x, l->name ? l->name : "");
	row->times++;
	row->waited = site;
	row->held = held;
	ke_unlatch(&x->contended);
	spins = c->s->live ? spin_live(c, l, site) : spin(c, l, site);
	KE_ADD(&row->spins, spins);
	return spins;
}

static inline void own(struct ke_cpu *c, struct ke_lock *l, const void *site,
		       enum ke_irql before)
{
	KE_SET(&l->owner, c);        /* words: who spins looks at them */
	KE_SET(&l->site, site);
	l->before = before;
	l->below = c->held;
	c->held = l;
	RACE_GOT(l);
}

/* Not the last one taken. */
__attribute__((noinline)) static void unlink_held(struct ke_cpu *c,
						  const struct ke_lock *l)
{
	struct ke_lock **at = &c->held;

	while (*at && *at != l)
		at = &(*at)->below;
	if (*at)
		*at = l->below;
}

static inline void disown(struct ke_cpu *c, struct ke_lock *l)
{
	bool queued = l->queued;

	RACE_PUT(l);
	if (__builtin_expect(c->held == l, 1))
		c->held = l->below;
	else
		unlink_held(c, l);
	/* A plain one is another's from here on, and may be gone. */
	KE_SET(&l->owner, NULL);
	if (queued)
		KE_SET(&l->serving, l->serving + 1);
}

static inline void take(struct ke_cpu *c, struct ke_lock *l, const void *site,
			enum ke_irql before)
{
	u64 spins = 0;

	trace_on(c, TRACE_ke_lock_try, TRACE_V(l), TRACE_V(site), 0, 0);
	ke_point(SCHED_LOCK, l);
	if (__builtin_expect(!try_it(c, l), 0))
		spins = wait_for(c, l, site);
	own(c, l, site, before);
	if (c->tracing)
		l->since = ex_now(c->x);
	trace_on(c, TRACE_ke_lock_got, TRACE_V(l), TRACE_V(site), spins, 0);
}

enum ke_irql ke_lock(struct ke_lock *l)
{
	struct ke_cpu *c = ke_current;
	enum ke_irql before;

	if (!c)
		return KE_PASSIVE;
	before = c->irql;
	if (before > KE_DISPATCH)
		ke_bugcheck(0xa, TRACE_V(l), before, 1, TRACE_V(SITE));
	c->irql = KE_DISPATCH;
	RACE_GOT(c);
	take(c, l, SITE, before);
	return before;
}

void ke_lock_dpc(struct ke_lock *l)
{
	struct ke_cpu *c = ke_current;

	if (!c)
		return;
	if (c->irql != KE_DISPATCH)
		ke_bugcheck(0xa, TRACE_V(l), c->irql, 1, TRACE_V(SITE));
	take(c, l, SITE, KE_DISPATCH);
}

bool ke_trylock(struct ke_lock *l, enum ke_irql *before)
{
	struct ke_cpu *c = ke_current;

	if (!c)
		return true;
	if (c->irql > KE_DISPATCH)
		ke_bugcheck(0xa, TRACE_V(l), c->irql, 1, TRACE_V(SITE));
	ke_point(SCHED_LOCK, l);
	c = ke_current;              /* the thread may have moved */
	if (!try_it(c, l))
		return false;
	*before = c->irql;
	c->irql = KE_DISPATCH;
	own(c, l, SITE, *before);
	if (c->tracing)
		l->since = ex_now(c->x);
	trace_on(c, TRACE_ke_lock_got, TRACE_V(l), TRACE_V(SITE), 0, 0);
	return true;
}

/* Those that wait for it may try again; of a queued one the next alone. */
__attribute__((noinline)) static void wake(struct ke_cpu *me, struct ke_lock *l)
{
	const struct sched *s = me->s;

	for (u32 i = 0; !s->live && i < s->ncpus; i++) {
		struct ke_cpu *c = s->cpu[i];

		if (c && c->spinning == l && is_ours(c, l))
			sched_ready(c);
	}
}

static inline void put(struct ke_cpu *c, struct ke_lock *l, const void *site)
{
	bool waited;

	if (__builtin_expect(KE_PEEK(&l->owner) != c, 0))
		ke_bugcheck(0x10, TRACE_V(l), TRACE_V(l->owner), 0,
			    TRACE_V(site));
	trace_on(c, TRACE_ke_lock_put, TRACE_V(l), TRACE_V(site),
		 c->tracing ? ex_now(c->x) - l->since : 0, 0);
	waited = KE_PEEK(&l->waiters);
	disown(c, l);
	if (waited)
		wake(c, l);
}

/* Whoever has it next may free what it lies in: of the point it has the name, and
 * live nothing is looked at after it was let go (in simulation nobody goes on
 * before the point). */
void ke_unlock(struct ke_lock *l, enum ke_irql before)
{
	struct ke_cpu *c = ke_current;
	const char *name;

	if (!c)
		return;
	name = l->name;
	put(c, l, SITE);
	ke_lower(before);
	ke_point(SCHED_UNLOCK, name);
}

void ke_unlock_dpc(struct ke_lock *l)
{
	struct ke_cpu *c = ke_current;
	const char *name;

	if (!c)
		return;
	name = l->name;
	put(c, l, SITE);
	ke_point(SCHED_UNLOCK, name);
}
