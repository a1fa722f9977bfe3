// SPDX-License-Identifier: Apache-2.0
/*
 * Policies: which of the CPUs that can go on does.
 *
 * To add one: a function below and its row in `policies`.  It gets the CPU that
 * goes on if nothing is said (-1: there is none) and gives the id of one that
 * is ready.
 */
#include "inside.h"
#include "../trace/trace.h"

#include <stdlib.h>
#include <string.h>

#define PCT_CHANGES 64

struct sched_pct {
	u32 low;                     /* the next priority below all others */
	u32 priority[SCHED_CPUS];
	u64 change[PCT_CHANGES];
	unsigned nchanges;
};

u64 sched_random(u64 *state)
{
	/* SplitMix64 (Steele, Lea, Flood 2014). */
	u64 z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* The k-th that is ready. */
static u32 nth_ready(const struct sched *s, u32 k)
{
	for (u32 w = 0; w < SCHED_WORDS; w++) {
		u64 bits = s->ready[w];
		u32 n = (u32)__builtin_popcountll(bits);

		if (k >= n) {
			k -= n;
			continue;
		}
		while (k--)
			bits &= bits - 1;
		return w * 64 + (u32)__builtin_ctzll(bits);
	}
	return 0;
}

/* The first behind id, around. */
static u32 ready_behind(const struct sched *s, s32 id)
{
	for (u32 i = 1; i <= s->ncpus; i++) {
		u32 at = (u32)(id + (s32)i) % s->ncpus;

		if (sched_is_ready(s, at))
			return at;
	}
	return nth_ready(s, 0);
}

/* Without an opinion: go on, but not for ever. */
static u32 go_on(struct sched *s, s32 id)
{
	if (id < 0 || s->in_a_row >= SCHED_FAIR)
		return ready_behind(s, id);
	return (u32)id;
}

static u32 choose_random(struct sched *s, s32 id)
{
	u64 r = sched_random(&s->random);

	(void)id;
	return nth_ready(s, (u32)((r >> 32) * s->nready >> 32));
}

static u32 choose_round_robin(struct sched *s, s32 id)
{
	return ready_behind(s, id);
}

static u32 highest(const struct sched *s)
{
	u32 best = nth_ready(s, 0);

	for (u32 k = 1; k < s->nready; k++) {
		u32 id = nth_ready(s, k);

		if (s->pct->priority[id] > s->pct->priority[best])
			best = id;
	}
	return best;
}

/* Burckhardt et al. 2010: random priorities, and d - 1 points at which the one
 * that runs falls below all others. One that spins too long falls, too. */
static u32 choose_pct(struct sched *s, s32 id)
{
	struct sched_pct *p = s->pct;

	for (unsigned i = 0; id >= 0 && i < p->nchanges; i++)
		if (p->change[i] == s->decisions && p->low)
			p->priority[id] = p->low--;
	if (id >= 0 && s->in_a_row >= SCHED_FAIR && p->low)
		p->priority[id] = p->low--;
	return highest(s);
}

static u32 choose_replay(struct sched *s, s32 id)
{
	const struct sched_mark *m = s->replay + s->replay_at;

	if (s->replay_at == s->nreplay || s->replay_after < m->after) {
		s->replay_after++;
		s->diverged |= id < 0 && s->replay_at < s->nreplay;
		return go_on(s, id);
	}
	s->replay_after = 0;
	s->replay_at++;
	if (m->point == SCHED_MARK_MORE)
		return choose_replay(s, id);
	if (sched_is_ready(s, m->cpu))
		return m->cpu;
	s->diverged = true;
	return go_on(s, id);
}

static u32 (*const policies[])(struct sched *s, s32 id) = {
	[SCHED_RANDOM] = choose_random,
	[SCHED_PCT] = choose_pct,
	[SCHED_DIRECTED] = go_on,
	[SCHED_REPLAY] = choose_replay,
	[SCHED_ROUND_ROBIN] = choose_round_robin,
	[SCHED_RUN_ON] = go_on,
};

/* --- directed ------------------------------------------------------------------------ */

static const char *object_name(u32 point, const void *object)
{
	const struct ke_lock *lock = object;
	const struct ke_header *header = object;

	if (!object)
		return NULL;
	switch (point) {
	case SCHED_LOCK:
		return lock->name;
	case SCHED_WAIT:
	case SCHED_SIGNAL:
	case SCHED_TIMER:
		return header->name;
	case SCHED_UNLOCK:
	case SCHED_INDICATE:
	case SCHED_USER:
		return object;
	default:
		return NULL;
	}
}

static bool rule_is_for(const struct sched_rule *r, u32 point,
			const void *object)
{
	const char *name;

	if (r->point != point)
		return false;
	if (!r->object)
		return true;
	name = object_name(point, object);
	return name && !strcmp(name, r->object);
}

/* The CPU that a rule says goes on; -1: none does. Every rule counts. */
static s32 ruled(struct sched *s, const struct ke_cpu *c, u32 point,
		 const void *object)
{
	s32 pick = -1;

	for (size_t i = 0; i < s->config.nrules; i++) {
		const struct sched_rule *r = &s->rules[i];
		u64 n;

		if (!rule_is_for(r, point, object))
			continue;
		n = ++s->rule_count[i];
		if (pick >= 0 || (r->nth && n != r->nth) || s->nready < 2)
			continue;
		if (r->cpu < 0)
			pick = (s32)ready_behind(s, (s32)c->id);
		else if (r->cpu < SCHED_CPUS &&
			 sched_is_ready(s, (u32)r->cpu))
			pick = r->cpu;
	}
	return pick;
}

/* --- one decision ------------------------------------------------------------------------ */

struct ke_cpu *policy_choose(struct sched *s, struct ke_cpu *c, u32 point,
			     const void *object)
{
	s32 id = c && sched_is_ready(s, c->id) ? (s32)c->id : -1;
	s32 rule = -1;
	u32 pick;

	if (s->at_point && s->config.policy == SCHED_DIRECTED)
		rule = ruled(s, c, point, object);
	if (s->nready < 2)
		return id >= 0 ? c : s->cpu[nth_ready(s, 0)];
	s->decisions++;
	pick = rule >= 0 ? (u32)rule : policies[s->config.policy](s, id);
	s->in_a_row = (s32)pick == id ? s->in_a_row + 1 : 0;
	string_note(s, point, pick, (s32)pick == id);
	if (c && (s32)pick != id)
		trace_on(c, TRACE_ke_switch, c->id, pick, point, s->decisions);
	return s->cpu[pick];
}

static bool pct_start(struct sched *s)
{
	unsigned n = s->config.pct_depth ? s->config.pct_depth : 3;
	u64 steps = s->config.pct_steps ? s->config.pct_steps : 10000;

	s->pct = calloc(1, sizeof(*s->pct));
	if (!s->pct)
		return false;
	s->pct->low = 1u << 20;
	for (u32 i = 0; i < SCHED_CPUS; i++)
		s->pct->priority[i] = s->pct->low + 1 +
				      (u32)(sched_random(&s->random) >> 40);
	s->pct->nchanges = n - 1 < PCT_CHANGES ? n - 1 : PCT_CHANGES;
	for (unsigned i = 0; i < s->pct->nchanges; i++)
		s->pct->change[i] = 1 + sched_random(&s->random) % steps;
	return true;
}

bool policy_start(struct sched *s)
{
	if (s->config.policy == SCHED_REPLAY &&
	    !string_parse(s, s->config.replay ? s->config.replay : ""))
		return false;
	s->random = s->config.seed ^ 0x5ced;
	return s->config.policy != SCHED_PCT || pct_start(s);
}

void policy_end(struct sched *s)
{
	free(s->pct);
}
