// SPDX-License-Identifier: Apache-2.0
/* A machine from its making to its end. */
#include "../sched/inside.h"
#include "../trace/trace.h"

#include <stdio.h>
#include <string.h>

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

/* Frames of unoptimised or instrumented code are larger; stacks are by as much,
 * so that the same depth fits. */
#if CO_ASAN || CO_TSAN
#define STACK_SCALE 8
#elif !defined(__OPTIMIZE__)
#define STACK_SCALE 3
#else
#define STACK_SCALE 1
#endif

static void defaults(struct ex_config *c)
{
	if (!c->cpus)
		c->cpus = 1;
	if (c->cpus > EX_CPUS)
		c->cpus = EX_CPUS;
	if (!c->stack_kib)
		c->stack_kib = (c->profile == EX_X86 ? 12 : 24) * STACK_SCALE;
	if (!c->nonpaged_limit)
		c->nonpaged_limit = 256 * MIB;
	if (!c->paged_limit)
		c->paged_limit = 256 * MIB;
	if (!c->critical_static)
		c->critical_static = 5;
	if (!c->delayed_static)
		c->delayed_static = 7;
	if (!c->dynamic_max)
		c->dynamic_max = 16;
}

static u32 free_number(const struct sched *s)
{
	for (u32 n = 0;; n++) {
		bool used = false;

		for (u32 i = 0; i < s->nmachines; i++)
			used |= s->machine[i]->index == n;
		if (!used)
			return n;
	}
}

static bool start(struct ex *x)
{
	u64 seed = x->s->config.seed ^ (u64)x->index << 32;

	x->random = sched_random(&seed);
	for (u32 i = 0; i < x->ncpus; i++)
		if (!cpu_new(x, i))
			return false;
	ke_lock_init(&x->cancel, "cancel");
	return pool_start(x, EX_NONPAGED) && pool_start(x, EX_PAGED) &&
	       sched_add(x->s, x) && work_start(x);
}

struct ex *ex_new(const struct ex_config *c, struct sched *s)
{
	u32 number = free_number(s);
	struct ex *x = pages_new(number, c->special_pool);

	if (!x)
		return NULL;
	x->config = *c;
	defaults(&x->config);
	snprintf(x->name, sizeof(x->name), "%s", c->name ? c->name : "nt");
	x->config.name = x->name;
	x->s = s;
	x->index = number;
	x->ncpus = x->config.cpus;
	x->stack_size = (x->config.stack_kib * KIB + EX_PAGE - 1) / EX_PAGE *
			EX_PAGE;
	if (!start(x)) {
		ex_free(x);
		return NULL;
	}
	return x;
}

void ex_free(struct ex *x)
{
	if (!x)
		return;
	sched_remove(x->s, x);
	for (u32 i = 0; i < x->ncpus; i++)
		if (x->cpu[i])
			co_end(&x->cpu[i]->dpc_co);
	for (struct ke_thread *t = x->threads; t; t = t->all_next)
		co_end(&t->co);
	drivers_free(x);
	pages_free(x);
}

const char *ex_name(const struct ex *x)
{
	return x->name;
}

struct sched *ex_sched(struct ex *x)
{
	return x->s;
}

unsigned ex_cpus(const struct ex *x)
{
	return x->ncpus;
}

u64 ex_now(struct ex *x)
{
	return clock_now(x->s);
}

u64 ex_tick(struct ex *x)
{
	return x->s->live ? __atomic_load_n(&x->s->seen, __ATOMIC_RELAXED) :
			    x->s->now;
}

u64 ex_random(struct ex *x)
{
	u64 r;

	dispatch_lock();
	r = sched_random(&x->random);
	dispatch_unlock();
	return r;
}

static void *slot(struct ex *x, const char *name, size_t size)
{
	struct ex_slot *s;

	for (s = x->slots; s; s = s->next)
		if (!strcmp(s->name, name))
			return s->size == size ? s->memory : NULL;
	s = pages_get(x, sizeof(*s) + size);
	if (!s)
		return NULL;
	memset(s, 0, sizeof(*s) + size);
	*s = (struct ex_slot){ .next = x->slots, .size = size,
			       .memory = s + 1 };
	snprintf(s->name, sizeof(s->name), "%s", name);
	x->slots = s;
	return s->memory;
}

void *ex_slot(struct ex *x, const char *name, size_t size)
{
	void *p;

	if (strlen(name) >= sizeof(((struct ex_slot *)0)->name))
		return NULL;
	dispatch_lock();
	p = slot(x, name, size);
	dispatch_unlock();
	return p;
}

/* --- calls from outside ------------------------------------------------------------------ */

static bool call_is_over(void *ctx)
{
	const struct ke_thread *t = ctx;

	return KE_GET(&t->h.signal) || KE_GET(&t->x->stop);
}

/* A stop of another machine is not ours to tell of: the next run does. */
static void run_call(struct ke_thread *t)
{
	struct sched *s = t->x->s;
	bool other, again = false;

	do {
		enum ex_stop why = sched_run_call(s, call_is_over, t);

		other = why > EX_IDLE && why < EX_STOPPED &&
			s->stopped != t->x;
		again |= other;
	} while (other && !call_is_over(t));
	s->stop_seen &= !again;
}

enum ex_status machine_call(struct ex *x, void (*fn)(void *ctx), void *ctx)
{
	struct ke_thread *t;
	bool done;

	if (ke_machine() == x) {
		fn(ctx);
		return EX_SUCCESS;
	}
	if (ke_current || x->stop)
		return EX_DEVICE_NOT_READY;
	t = ke_thread_create(x, "call", 8, fn, ctx);
	if (!t)
		return EX_INSUFFICIENT_RESOURCES;
	t->is_call = true;
	run_call(t);
	done = t->h.signal;
	ke_thread_put(t);
	return done ? EX_SUCCESS : EX_UNSUCCESSFUL;
}

bool ex_call(struct ex *x, void (*fn)(void *ctx), void *ctx)
{
	return machine_call(x, fn, ctx) == EX_SUCCESS;
}

/* --- lines -------------------------------------------------------------------------------- */

struct line {
	struct ex *x;
	const char *fmt;
	va_list *ap;
};

/* The format came through ex_log(), where the compiler has checked it. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void log_line(void *ctx)
{
	struct line *l = ctx;
	char text[1024];

	vsnprintf(text, sizeof(text), l->fmt, *l->ap);
	l->x->log(l->x->log_ctx, text);
}
#pragma GCC diagnostic pop

void ex_log_to(struct ex *x, void (*fn)(void *ctx, const char *line),
	       void *ctx)
{
	x->log = fn;
	x->log_ctx = ctx;
}

void ex_log(struct ex *x, const char *fmt, ...)
{
	struct line l = { .x = x, .fmt = fmt };
	va_list ap;

	if (!x->log)
		return;
	va_start(ap, fmt);
	l.ap = &ap;
	ex_on_host(log_line, &l);
	va_end(ap);
}
