// SPDX-License-Identifier: Apache-2.0
/*
 * What each processor was doing: idle, spinning for a spin lock, or running.
 * A spin lock records no owner on a free build; what is told is who spins, for
 * which lock as far as a register says so, and from where.
 *
 * The processor was interrupted (by the crash, or by the one that crashed),
 * perhaps in an interrupt's handler itself.  It spins when one of the places
 * that were interrupted is in an acquiring routine: taking a lock that is free
 * takes a few instructions.
 */
#include "../kobj/dpcs.h"
#include "hang.h"
#include "triage.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FRAMES 64u      /* of a processor's stack that are walked */
#define EXPORT_REACH 0x200u /* an export without a size names this much */

/* Routines that spin, as drivers and public symbols name them.  The first
 * argument is the lock; KxWaitForLockOwnerShip's is a KSPIN_LOCK_QUEUE
 * {Next, Lock}.  A routine that only tries is none of them. */
enum { PLAIN, QUEUED, QUEUE };
static const struct {
	const char *name;
	u8 kind;
} routines[] = {
	{ "KeAcquireSpinLock", PLAIN },
	{ "KfAcquireSpinLock", PLAIN },
	{ "KiAcquireSpinLock", PLAIN },
	{ "KeAcquireSpinLockAtDpcLevel", PLAIN },
	{ "KefAcquireSpinLockAtDpcLevel", PLAIN },
	{ "KeAcquireSpinLockRaiseToDpc", PLAIN },
	{ "KeAcquireSpinLockRaiseToSynch", PLAIN },
	{ "KeAcquireSpinLockForDpc", PLAIN },
	{ "KxWaitForSpinLockAndAcquire", PLAIN },
	{ "ExAcquireSpinLockShared", PLAIN },
	{ "ExAcquireSpinLockExclusive", PLAIN },
	{ "ExAcquireSpinLockSharedAtDpcLevel", PLAIN },
	{ "ExAcquireSpinLockExclusiveAtDpcLevel", PLAIN },
	{ "ExpWaitForSpinLockSharedAndAcquire", PLAIN },
	{ "ExpWaitForSpinLockExclusiveAndAcquire", PLAIN },
	{ "KeAcquireInStackQueuedSpinLock", QUEUED },
	{ "KeAcquireInStackQueuedSpinLockAtDpcLevel", QUEUED },
	{ "KeAcquireInStackQueuedSpinLockForDpc", QUEUED },
	{ "KeAcquireInStackQueuedSpinLockRaiseToSynch", QUEUED },
	{ "KxWaitForLockOwnerShip", QUEUE },
	{ "KxWaitForLockOwnerShipWithIrql", QUEUE },
	{ "NdisAcquireSpinLock", PLAIN },
	{ "NdisDprAcquireSpinLock", PLAIN },
};

/* Drivers on whose code an idle processor halts. */
static const char *const idlers[] = {
	"intelppm", "amdppm", "processr", "amdk8", "viac7", "crusoe", "p3", "acpi",
};

struct look {
	struct ntr_waits_job *j;
	struct ntr_wcpu *c;
	const struct ntr_cpu *cpu;
	struct ntr_frame f[FRAMES];
	size_t n;
};

static int routine_at(struct ntr_waits_job *j, u64 ip, bool ret)
{
	struct ntr_named at;

	if (!ntr_target_name(j->w->t, ip, ret, &at) ||
	    (!at.inside && at.displacement > EXPORT_REACH))
		return -1;
	for (size_t i = 0; i < NTR_COUNT(routines); i++)
		if (!strcmp(at.name, routines[i].name))
			return (int)i;
	return -1;
}

/* The next frame behind `at` that was interrupted; n: none. */
static size_t interrupted(const struct look *k, size_t at)
{
	for (at++; at < k->n; at++)
		if (k->f[at].trust == NTR_TRUST_TRAP)
			return at;
	return k->n;
}

/* --- which lock ------------------------------------------------------------------- */

static bool regs_at(struct look *k, size_t at, struct ntr_regs *out)
{
	const struct ntr_target *t = k->j->w->t;
	struct ntr_unw_env env = { .machine = t->machine, .build = t->build,
				   .mem = t->mem };
	u64 va;

	if (!at) {
		*out = k->cpu->regs;
		return true;
	}
	return !ntr_find_trap_frame(&env, k->f[at - 1].sp, k->f[at].sp,
				    k->f[at].ip, &va, out, NULL);
}

/* A plain spin lock that is taken is 1 (or a thread's address plus 1); a
 * queued one is the address of its last waiter. */
static bool taken(const struct ntr_target *t, u64 va, u8 kind)
{
	u64 v;

	if (!ntr_is_kernel_va(t, va) || va & (t->ptr_size - 1) ||
	    ntr_read_ptr(t->mem, va, t->ptr_size, &v))
		return false;
	return kind == PLAIN ? v & 1 : ntr_is_kernel_va(t, v);
}

static u64 lock_in(const struct ntr_target *t, u64 v, u8 kind)
{
	u64 lock;

	if (kind != QUEUE)
		return taken(t, v, kind) ? v : 0;
	if (!ntr_is_kernel_va(t, v) ||
	    ntr_read_ptr(t->mem, v + t->ptr_size, t->ptr_size, &lock))
		return 0;
	lock &= ~UINT64_C(3); /* bits: waits, owns */
	return taken(t, lock, QUEUED) ? lock : 0;
}

/* The register of the first argument; else the only other one that points to
 * a taken lock, since the routine may have moved it. */
static void find_lock(struct look *k, size_t at, u8 kind)
{
	const struct ntr_target *t = k->j->w->t;
	bool x64 = t->machine == NTR_MACHINE_AMD64;
	unsigned first = x64 ? NTR_X64_RCX : NTR_X86_ECX, n, which = 0, found = 0;
	unsigned last = x64 ? NTR_X64_R15 : NTR_X86_EDI;
	const char *const *names = ntr_reg_names(t->machine, &n);
	struct ntr_regs r;
	u64 lock = 0;

	k->c->no_lock = "the registers it spins with are not in the dump";
	if ((!x64 && t->machine != NTR_MACHINE_X86) || !regs_at(k, at, &r))
		return;
	k->c->no_lock = "no register, or more than one, points to a lock that "
			"is taken";
	if (ntr_reg_known(&r, first) && (lock = lock_in(t, r.r[first], kind))) {
		found = 1;
		which = first;
	}
	for (unsigned i = 0; !(lock && which == first) && i <= last; i++) {
		u64 v = ntr_reg_known(&r, i) ? lock_in(t, r.r[i], kind) : 0;

		if (!v || v == lock)
			continue;
		found++;
		lock = v;
		which = i;
	}
	if (found != 1)
		return;
	k->c->lock = lock;
	k->c->lock_from = names[which];
	k->c->no_lock = NULL;
}

/* --- what it does ------------------------------------------------------------------ */

static void keep(struct look *k, size_t from)
{
	for (; from < k->n && k->c->nframes < NTR_SPIN_FRAMES; from++)
		k->c->ip[k->c->nframes++] = k->f[from].ip;
}

static bool spins(struct look *k, size_t at)
{
	int r = routine_at(k->j, k->f[at].ip, false), outer;
	size_t up = at + 1;

	if (r < 0)
		return false;
	k->c->work = NTR_CW_SPINS;
	k->c->routine = routines[r].name;
	find_lock(k, at, routines[r].kind);
	/* One acquiring routine may call another. */
	while (up < k->n && (outer = routine_at(k->j, k->f[up].ip, true)) >= 0)
		up++;
	keep(k, up);
	return true;
}

/* The idle thread runs, and nobody's DPC on it. */
static bool idles(struct look *k, size_t at)
{
	struct ntr_target *t = k->j->w->t;
	bool known;

	if (!k->cpu->idle_thread || k->cpu->thread != k->cpu->idle_thread ||
	    ntr_dpc_active(t, k->cpu, &known))
		return false;
	for (; at < k->n; at++) {
		const struct ntr_module *m = ntr_target_module(t, k->f[at].ip);
		bool ok = m && (m->base == t->kernel_base ||
				!strcasecmp(m->name, "hal"));

		for (size_t i = 0; m && !ok && i < NTR_COUNT(idlers); i++)
			ok = !strcasecmp(m->name, idlers[i]);
		if (!ok)
			return false;
	}
	return true;
}

static void walk(struct look *k)
{
	struct ntr_waits *w = k->j->w;
	struct ntr_kthread *x, own;

	k->c->thread = ntr_va_map_get(&k->j->threads, k->cpu->thread);
	if (k->c->thread == NTR_NONE) {
		if (!k->cpu->thread)
			return;
		ntr_kthread_read(w->t, k->cpu->thread, &own);
	}
	x = k->c->thread == NTR_NONE ? &own : &w->threads.v[k->c->thread].k;
	if (k->cpu->has_regs)
		(void)ntr_thread_unwind(w->t, x, k->f, FRAMES, &k->n, NULL);
}

static const char *who(struct look *k)
{
	return k->c->thread == NTR_NONE ? "a thread that is on no list" :
	       ntr_waits_who(k->j, k->c->thread);
}

static const char *words(struct look *k)
{
	struct ntr_arena *a = &k->j->w->arena;
	const struct ntr_wcpu *c = k->c;
	const char *from = c->nframes ?
		ntr_hang_site(k->j->w->t, c->ip[0], c->work == NTR_CW_SPINS, a) :
		"an unknown place";

	switch (c->work) {
	case NTR_CW_IDLE:
		return "it is idle";
	case NTR_CW_RUNS:
		return ntr_arena_printf(a, "it runs %s, in %s", who(k), from);
	case NTR_CW_SPINS:
		return c->lock ?
		       ntr_arena_printf(a, "it spins in %s for spin lock 0x%"
			       PRIx64 " (in %s), called from %s, in %s; a spin "
			       "lock records no owner", c->routine, c->lock,
			       c->lock_from, from, who(k)) :
		       ntr_arena_printf(a, "it spins in %s for a spin lock, "
			       "called from %s, in %s; which lock is not known: "
			       "%s", c->routine, from, who(k), c->no_lock);
	default:
		return "what it did is not known: its registers or its stack "
		       "are not in the dump";
	}
}

static void dpcs(struct look *k)
{
	struct ntr_dpc_queue q;

	if (ntr_dpc_queue(k->j->w->t, k->cpu, &q, NULL))
		return;
	k->c->ndpcs = (u32)q.d.n;
	k->c->dpc = q.d.n ? q.d.v[0].routine : 0;
	ntr_dpc_queue_fini(&q);
}

static void look_at(struct ntr_waits_job *j, u32 at)
{
	struct look k = { .j = j, .c = ntr_vec_add(&j->w->cpus),
			  .cpu = &j->w->t->cpus.v[at] };
	size_t from;

	if (!k.c) {
		j->lost = true;
		return;
	}
	k.c->cpu = at;
	k.c->thread = NTR_NONE;
	walk(&k);
	from = interrupted(&k, 0);
	from = from < k.n ? from : 0;
	for (size_t i = 0; i < k.n && k.c->work == NTR_CW_UNKNOWN;
	     i = interrupted(&k, i))
		(void)spins(&k, i);
	if (k.n && k.c->work == NTR_CW_UNKNOWN) {
		k.c->work = idles(&k, from) ? NTR_CW_IDLE : NTR_CW_RUNS;
		keep(&k, from);
	}
	dpcs(&k);
	k.c->text = words(&k);
	if (!k.c->text)
		j->lost = true;
}

const char *ntr_waits_cpu_name(const struct ntr_waits *w,
			       const struct ntr_wcpu *c, struct ntr_arena *a)
{
	u32 number = w->t->cpus.v[c->cpu].number;

	return number == NTR_CPU_UNKNOWN ? "the processor that stopped" :
	       ntr_arena_printf(a, "CPU %" PRIu32, number);
}

/* Processors that are not in the dump. */
u32 ntr_waits_cpus_lacking(const struct ntr_waits *w)
{
	const struct ntr_meta *m = &w->t->d->meta;

	return m->has & NTR_HAS_CPUS && m->cpus > w->cpus.n ?
	       (u32)(m->cpus - w->cpus.n) : 0;
}

/* One processor that spins is contention, or has been a moment ago. */
static void say_unknown(struct ntr_waits_job *j)
{
	const struct ntr_wcpu *other = NULL;
	u32 n = 0;

	for (u32 i = 0; i < j->w->cpus.n; i++) {
		const struct ntr_wcpu *c = &j->w->cpus.v[i];

		n += c->work == NTR_CW_SPINS;
		if (c->work == NTR_CW_RUNS ||
		    (!other && c->work == NTR_CW_UNKNOWN))
			other = c;
	}
	if (n < 2 || (!other && !ntr_waits_cpus_lacking(j->w)))
		return;
	ntr_waits_say(j, "%u processors spin; whether one that does not owns "
		      "what they spin for is not known: a spin lock records "
		      "no owner%s%s%s%s", n, other ? "; of " : "", other ?
		      ntr_waits_cpu_name(j->w, other, &j->w->arena) : "", other ? ": " : "",
		      other ? other->text : "");
}

void ntr_waits_cpus(struct ntr_waits_job *j)
{
	for (u32 i = 0; i < j->w->t->cpus.n && !j->lost; i++)
		look_at(j, i);
	if (!j->lost)
		say_unknown(j);
}
