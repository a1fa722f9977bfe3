// SPDX-License-Identifier: Apache-2.0
/* Many threads at once: !stacks, !running, !ready. */
#include "cmd.h"
#include "triage/hang.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOP_FRAMES 3u
#define LOOSE_FRAMES 8u /* of a thread that does not wait */

struct listing {
	struct ntr_kd *k;
	const struct ntr_waits *w;
	u64 detail;
	char filter[80];
	struct ntr_arena a; /* of texts */
	u32 shown;
};

static bool matches(const struct listing *l, const char *text)
{
	return !*l->filter || strcasestr(text, l->filter);
}

/* "drv!Read+0x20 <- drv!Dispatch+0x4" from frame `from` on. */
static const char *top_text(struct listing *l, const u64 *ip, u32 n, u32 from)
{
	const char *text = "";

	for (u32 i = from; i < n && i < from + TOP_FRAMES; i++)
		text = ntr_arena_printf(&l->a, "%s%s%s", text, i == from ? "" :
					" <- ", ntr_hang_site(l->w->t, ip[i],
					i, &l->a));
	return text;
}

static const char *state_word(const struct ntr_wthread *x)
{
	return x->k.note ? "?" : x->idle ? "Idle" :
	       ntr_thread_blocked(&x->k) ? "Blocked" :
	       x->k.has_state ? ntr_thread_state_name(x->k.state) : "?";
}

static void thread_line(struct listing *l, u32 at, const char *frames)
{
	const struct ntr_wthread *x = &l->w->threads.v[at];
	const struct ntr_thread *th = &x->k.th;
	char va[24], span[48] = "", cid[48] = "????.??????";
	bool blocked = ntr_thread_blocked(&x->k), timed = x->k.has_waited;
	struct ntr_out *o = l->k->o;

	l->shown++;
	ntr_kd_va(l->k, va, true, th->va);
	if (blocked && timed)
		ntr_span_text(span, x->k.waited);
	else if (blocked || x->k.note)
		strcpy(span, "????????");
	if (th->has_ids)
		snprintf(cid, sizeof(cid), "%4" PRIx64 ".%06" PRIx64, th->pid,
			 th->id);
	ntr_out_open(o, NULL);
	ntr_out_hex(o, "thread", NULL, th->va);
	ntr_out_uint_if(o, "pid", NULL, th->has_ids, th->pid);
	ntr_out_uint_if(o, "tid", NULL, th->has_ids, th->id);
	ntr_out_str(o, "image", NULL, *th->process_name ? th->process_name :
		    NULL);
	ntr_out_str(o, "state", NULL, x->k.has_state ?
		    ntr_thread_state_name(x->k.state) : NULL);
	ntr_out_bool(o, "idle_worker", NULL, x->idle);
	ntr_out_uint_if(o, "waited_ms", NULL, blocked && timed,
			x->k.waited / 10000);
	ntr_out_str(o, "top", NULL, *frames ? frames : NULL);
	ntr_out_str(o, "note", NULL, x->k.note);
	ntr_out_close(o);
	ntr_out_line(o, "%11s  %s  %-15s %-10s %s", cid, va, span,
		     state_word(x), x->k.note ? x->k.note : *frames ? frames :
		     x->idle ? "(a worker that waits for work)" : "????????");
}

static void say_complete(struct ntr_kd *k, const struct ntr_waits *w)
{
	bool complete = w->unknown.n == w->ownerless;

	ntr_out_bool(k->o, "complete", NULL, complete);
	if (!complete)
		ntr_out_line(k->o, "(not everything could be read: !waits says "
			     "what)");
}

/* --- threads that wait, by stack -------------------------------------------------- */

static bool group_matches(struct listing *l, const struct ntr_wgroup *g)
{
	if (!*l->filter)
		return true;
	for (u32 i = 0; i < g->nframes; i++)
		if (matches(l, ntr_hang_site(l->w->t, g->ip[i], i, &l->a)))
			return true;
	return false;
}

static void frames(struct listing *l, const struct ntr_wgroup *g)
{
	struct ntr_out *o = l->k->o;

	ntr_out_list(o, "frames");
	for (u32 i = 0; i < g->nframes; i++) {
		const char *site = ntr_hang_site(l->w->t, g->ip[i], i, &l->a);

		ntr_out_open(o, NULL);
		ntr_out_hex(o, "ip", NULL, g->ip[i]);
		ntr_out_str(o, "site", NULL, site);
		ntr_out_close(o);
		if (l->detail >= 2)
			ntr_out_line(o, "                %s", site);
	}
	ntr_out_list_end(o);
}

static void group(struct listing *l, u32 index)
{
	const struct ntr_wgroup *g = &l->w->groups.v[index];
	const char *top = top_text(l, g->ip, g->nframes,
				   ntr_hang_frame(l->w, g));
	u32 left = g->n;
	struct ntr_out *o = l->k->o;

	ntr_out_open(o, NULL);
	ntr_out_uint(o, "count", NULL, g->n);
	if (g->n > 1)
		ntr_out_line(o, "%" PRIu32 " threads in one stack:", g->n);
	ntr_out_list(o, "threads");
	for (u32 i = g->first; left && i < l->w->threads.n &&
			       !ntr_kd_stopped(l->k); i++)
		if (l->w->threads.v[i].group == index) {
			thread_line(l, i, top);
			left--;
		}
	ntr_out_list_end(o);
	frames(l, g);
	ntr_out_line(o, "%s", "");
	ntr_out_close(o);
}

struct order {
	u32 index, n;
};

static int by_count(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static enum ntr_st groups(struct listing *l, struct ntr_err *e)
{
	size_t n = l->w->groups.n;
	struct order *v = calloc(n + 1, sizeof(*v));

	if (!v)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	for (u32 i = 0; i < n; i++)
		v[i] = (struct order){ i, l->w->groups.v[i].n };
	qsort(v, n, sizeof(*v), by_count);
	ntr_out_list(l->k->o, "stacks");
	for (size_t i = 0; i < n && !ntr_kd_stopped(l->k); i++)
		if (group_matches(l, &l->w->groups.v[v[i].index]))
			group(l, v[i].index);
	ntr_out_list_end(l->k->o);
	free(v);
	return NTR_OK;
}

/* --- the other threads --------------------------------------------------------------- */

static void loose(struct listing *l, u32 at)
{
	const struct ntr_wthread *x = &l->w->threads.v[at];
	struct ntr_frame f[LOOSE_FRAMES];
	u64 ip[LOOSE_FRAMES];
	const char *top = "";
	size_t n = 0;

	if (!x->k.note && !x->idle)
		(void)ntr_thread_unwind(l->k->t, &x->k, f, LOOSE_FRAMES, &n,
					NULL);
	for (size_t i = 0; i < n; i++)
		ip[i] = f[i].ip;
	if (n)
		top = top_text(l, ip, (u32)n, 0);
	if (matches(l, top))
		thread_line(l, at, top);
}

static enum ntr_st run_stacks(struct ntr_kd *k, const struct ntr_call *c,
			      struct ntr_err *e)
{
	struct listing l = { .k = k };
	const char *s = c->args;
	enum ntr_st st = NTR_OK;

	if (*s >= '0' && *s <= '2' && (!s[1] || s[1] == ' '))
		st = ntr_cmd_value(k, c, &s, &l.detail, e);
	ntr_cmd_word(&s, l.filter, sizeof(l.filter));
	if (!st)
		st = ntr_cmd_end(k, c, s, e);
	if (!st)
		st = ntr_kd_waits(k, &l.w, e);
	if (st)
		return st;
	ntr_out_line(k->o, "%-11s  %-*s  %-15s %-10s %s", "Proc.Thread",
		     k->t->ptr_size == 4 ? 8 : 17, "Thread", "Waited", "State",
		     "Blocker");
	st = groups(&l, e);
	ntr_out_list(k->o, "others");
	for (u32 i = 0; !st && i < l.w->threads.n && !ntr_kd_stopped(k); i++)
		if (l.w->threads.v[i].group == NTR_NONE)
			loose(&l, i);
	ntr_out_list_end(k->o);
	ntr_out_uint(k->o, "threads_shown", NULL, l.shown);
	ntr_out_line(k->o, "\nThreads Processed: %zu", l.w->threads.n);
	say_complete(k, l.w);
	ntr_arena_fini(&l.a);
	return st;
}

/* --- !ready --------------------------------------------------------------------------- */

static bool is_ready(const struct ntr_kthread *x)
{
	return !x->note && x->has_state &&
	       (x->state == NTR_TS_READY || x->state == NTR_TS_DEFERRED ||
		x->state == NTR_TS_STANDBY);
}

static u32 ready_of(struct ntr_kd *k, const struct ntr_waits *w, int priority,
		    unsigned detail)
{
	u32 n = 0;

	for (u32 i = 0; i < w->threads.n && !ntr_kd_stopped(k); i++) {
		const struct ntr_kthread *x = &w->threads.v[i].k;
		int mine = x->has_priority ? x->priority : -1;

		if (!is_ready(x) || mine != priority)
			continue;
		if (!n++ && priority >= 0)
			ntr_out_line(k->o, "Ready Threads at priority %d",
				     priority);
		else if (n == 1)
			ntr_out_line(k->o, "Ready Threads at an unknown "
				     "priority");
		ntr_out_open(k->o, NULL);
		ntr_out_uint_if(k->o, "at_priority", NULL, priority >= 0,
				(u64)priority);
		ntr_show_thread(k, x, detail, 4);
		ntr_out_close(k->o);
	}
	return n;
}

static enum ntr_st run_ready(struct ntr_kd *k, const struct ntr_call *c,
			     struct ntr_err *e)
{
	const struct ntr_waits *w = NULL;
	u64 flags = 0;
	enum ntr_st st = ntr_cmd_one_value(k, c, &flags, e);
	u32 n = 0;

	if (!st)
		st = ntr_kd_waits(k, &w, e);
	if (st)
		return st;
	ntr_out_list(k->o, "threads");
	for (int p = 255; p >= -1; p--)
		n += ready_of(k, w, p, (unsigned)flags & 7u);
	ntr_out_list_end(k->o);
	ntr_out_str(k->o, "by", NULL, "the threads' own state");
	if (!n)
		ntr_out_line(k->o, "No thread that could be read is ready.");
	say_complete(k, w);
	return NTR_OK;
}

/* --- !running -------------------------------------------------------------------------- */

static bool is_idle(const struct ntr_cpu *c)
{
	return c->thread && c->thread == c->idle_thread;
}

static u64 mask(const struct ntr_target *t, bool idle)
{
	u64 m = 0;

	for (size_t i = 0; i < t->cpus.n; i++)
		if (t->cpus.v[i].number < 64 &&
		    (!idle || is_idle(&t->cpus.v[i])))
			m |= UINT64_C(1) << t->cpus.v[i].number;
	return m;
}

static void processor(struct ntr_kd *k, const struct ntr_cpu *c, bool stack,
		      struct ntr_kthread *x)
{
	struct ntr_out *o = k->o;
	char prcb[24], thread[24], number[16] = "?", pri[8] = "??";

	if (c->thread)
		ntr_kthread_read(k->t, c->thread, x);
	else
		memset(x, 0, sizeof(*x));
	if (c->number != NTR_CPU_UNKNOWN)
		snprintf(number, sizeof(number), "%" PRIu32, c->number);
	if (x->has_priority)
		snprintf(pri, sizeof(pri), "%2u", x->priority);
	ntr_kd_va(k, prcb, c->kprcb, c->kprcb);
	ntr_kd_va(k, thread, c->thread, c->thread);
	ntr_out_open(o, NULL);
	ntr_out_uint_if(o, "processor", NULL, c->number != NTR_CPU_UNKNOWN,
			c->number);
	ntr_out_hex_if(o, "prcb", NULL, c->kprcb, c->kprcb);
	ntr_out_bool(o, "idle", NULL, is_idle(c));
	ntr_out_line(o, "%3s    %s  %s  (%s)  %s", number, prcb, thread, pri,
		     is_idle(c) ? "Idle" : *x->th.process_name ?
		     x->th.process_name : "????????");
	ntr_out_open(o, "current");
	if (c->thread && stack) {
		ntr_out_line(o, "%s", "");
		ntr_show_thread(k, x, NTR_SHOW_STACK, 8);
		ntr_out_line(o, "%s", "");
	} else if (c->thread) {
		ntr_out_hex(o, "thread", NULL, c->thread);
		ntr_out_uint_if(o, "priority", NULL, x->has_priority,
				x->priority);
		ntr_out_str(o, "image", NULL, *x->th.process_name ?
			    x->th.process_name : NULL);
	}
	ntr_out_close(o);
	ntr_out_close(o);
}

static enum ntr_st running_options(const struct ntr_call *c, bool *idle,
				   bool *stack, struct ntr_err *e)
{
	const char *s = c->args;
	char word[16];

	while (*s) {
		ntr_cmd_word(&s, word, sizeof(word));
		if (*word != '-' || strspn(word + 1, "it") != strlen(word + 1))
			return ntr_fail(e, NTR_USAGE, "!running knows -i and -t, "
					"not \"%s\"", word);
		*idle |= strchr(word, 'i') != NULL;
		*stack |= strchr(word, 't') != NULL;
	}
	return NTR_OK;
}

static enum ntr_st run_running(struct ntr_kd *k, const struct ntr_call *c,
			       struct ntr_err *e)
{
	bool idle = false, stack = false;
	enum ntr_st st = running_options(c, &idle, &stack, e);
	int width = k->t->ptr_size == 4 ? 8 : 17;
	struct ntr_kthread *x;

	if (st)
		return st;
	if (!k->t->cpus.n)
		return ntr_fail(e, NTR_ABSENT, "nothing is known of any "
				"processor");
	x = calloc(1, sizeof(*x));
	if (!x)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	ntr_out_hex(k->o, "known_processors", NULL, mask(k->t, false));
	ntr_out_hex(k->o, "idle_processors", NULL, mask(k->t, true));
	ntr_out_line(k->o, "Known Processors:  (%016" PRIx64 ")",
		     mask(k->t, false));
	ntr_out_line(k->o, " Idle Processors:  (%016" PRIx64 ")\n",
		     mask(k->t, true));
	ntr_out_line(k->o, "       %-*s  %-*s  (pri) Image", width, "Prcb",
		     width, "Current");
	ntr_out_list(k->o, "processors");
	for (size_t i = 0; i < k->t->cpus.n && !ntr_kd_stopped(k); i++)
		if (idle || !is_idle(&k->t->cpus.v[i]))
			processor(k, &k->t->cpus.v[i], stack, x);
	ntr_out_list_end(k->o);
	free(x);
	return NTR_OK;
}

const struct ntr_cmd ntr_cmd_bang_ready = {
	.names = "!ready",
	.summary = "threads that could run",
	.operands = "[FLAGS]",
	.help = "Threads that are ready, about to run (Standby) or on their way to "
		"a processor (DeferredReady), by priority, the highest first. "
		"They are found by their own state, on the thread lists of all "
		"processes; the ready lists of the processors are not walked. "
		"FLAGS: 1, 2 and 4 as of !thread.",
	.example = "!ready", .does = "who waits for a processor",
	.run = run_ready,
};
const struct ntr_cmd ntr_cmd_bang_running = {
	.names = "!running",
	.summary = "the thread of each processor",
	.operands = "[-i] [-t]",
	.help = "The processors of which something is known, with their current "
		"threads; idle ones only with -i. -t adds the stacks.",
	.example = "!running -it", .does = "what every processor does",
	.run = run_running,
};
const struct ntr_cmd ntr_cmd_bang_stacks = {
	.names = "!stacks",
	.summary = "a line for each thread, grouped by stack",
	.operands = "[0 | 2] [FILTER]",
	.help = "Threads of identical stacks stand together, the largest group "
		"first. A line has the frames that say most: from the first one "
		"outside of the kernel. 2 shows the whole stack of each group. "
		"With FILTER only stacks that have this text in a frame.\n\n"
		"Behind them the threads that do not wait, and workers that wait "
		"for work.",
	.example = "!stacks 2 tcpip", .does = "whole stacks with tcpip in them",
	.run = run_stacks,
};
