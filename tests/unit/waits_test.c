// SPDX-License-Identifier: Apache-2.0
/* The wait-for graph and the work queues of forged hangs, on every generation
 * of NT; what is expected is written down here. */
#include "triage/waits.h"

#include "objects.h"

static const char *const machines[] = {
	"x86 nt3.51", "x86 nt4", "x86 2000", "x86 xp", "x86 2003", "x64 2003",
	"x64 7", "x64 10",
};
enum { NT351, NT4, W2K, XP, W2003, X64_2003, X64_7, X64_10, NGENS };

/* A fixture as another machine. */
static bool open_as(struct machine *m, const char *name, unsigned gen,
		    struct ntr_waits **w)
{
	struct ntr_err e = { "" };

	if (!machine_open_as(m, name, machines[gen], "full"))
		return false;
	*w = NULL;
	CHECK_EQ(ntr_waits(w, m->t, &e), NTR_OK);
	CHECK_STR(*w ? "" : e.msg, "");
	return *w != NULL;
}

static void close_both(struct machine *m, struct ntr_waits *w)
{
	ntr_waits_free(w);
	machine_close(m);
}

static uint64_t tid(const struct ntr_waits *w, uint32_t thread)
{
	return w->threads.v[thread].k.th.id;
}

static const struct ntr_wthread *by_tid(const struct ntr_waits *w, uint64_t id)
{
	for (size_t i = 0; i < w->threads.n; i++)
		if (w->threads.v[i].k.th.id == id)
			return &w->threads.v[i];
	return NULL;
}

/* "cannot tell" of a kind is said. */
static const char *said(const struct ntr_waits *w, const char *part)
{
	for (size_t i = 0; i < w->unknown.n; i++)
		if (strstr(w->unknown.v[i], part))
			return w->unknown.v[i];
	return NULL;
}

static void two_locks(void)
{
	for (unsigned g = 0; g < NGENS; g++) {
		struct ntr_waits *w;
		struct machine m;

		if (!open_as(&m, "hang-two-locks", g, &w))
			return;
		CHECK_EQ(w->cycles.n, 1);
		if (w->cycles.n) {
			const struct ntr_wcycle *c = &w->cycles.v[0];
			CHECK_EQ(c->n, 2);
			CHECK_EQ(tid(w, c->thread[0]), 0x104);
			CHECK_EQ(tid(w, c->thread[1]), 0x108);
			CHECK_STR(w->locks.v[c->lock[0]].name, "mutant");
			CHECK_EQ(c->behind, 3);
			CHECK_HAS(c->text, "thread 0x104 (server.exe) waits for mutant");
			CHECK_HAS(c->text, "which thread 0x104 (server.exe) owns");
		}
		CHECK_EQ(w->roots.n, 0);
		CHECK(by_tid(w, 0x114) && by_tid(w, 0x114)->cycle);
		CHECK_EQ(by_tid(w, 0x10c)->group, by_tid(w, 0x114)->group);
		CHECK(by_tid(w, 0x10c)->group != by_tid(w, 0x108)->group);
		CHECK_EQ(w->groups.v[by_tid(w, 0x10c)->group].n, 3);
		CHECK_EQ(w->groups.v[by_tid(w, 0x10c)->group].longest,
			 60 * 10000000ull);
		close_both(&m, w);
	}
}

static void ring(void)
{
	for (unsigned g = 0; g < NGENS; g++) {
		struct ntr_waits *w;
		struct machine m;

		if (!open_as(&m, "hang-ring", g, &w))
			return;
		/* NT 3.51 and 4 do not name the list of resources; the stacks
		 * of the default frames hold the lock's address. */
		CHECK_EQ(w->resources.r.n >= 2, true);
		CHECK_EQ(w->cycles.n, 1);
		if (w->cycles.n) {
			const struct ntr_wcycle *c = &w->cycles.v[0];
			CHECK_EQ(c->n, 3);
			CHECK_EQ(tid(w, c->thread[0]), 0x204);
			CHECK_EQ(tid(w, c->thread[1]), 0x304);
			CHECK_EQ(tid(w, c->thread[2]), 0x404);
			CHECK_STR(w->locks.v[c->lock[0]].name, "resource");
			CHECK(w->locks.v[c->lock[0]].exclusive);
			CHECK_EQ(w->locks.v[c->lock[0]].contention, 7);
			CHECK_STR(w->locks.v[c->lock[1]].name, "resource");
			CHECK(!w->locks.v[c->lock[1]].exclusive);
			CHECK_EQ(w->locks.v[c->lock[1]].nowners, 2);
			CHECK_STR(w->locks.v[c->lock[2]].name, "mutant");
		}
		CHECK(!by_tid(w, 0x408)->cycle);
		close_both(&m, w);
	}
}

static void slow_owner(void)
{
	for (unsigned g = 0; g < NGENS; g++) {
		struct ntr_waits *w;
		struct machine m;

		if (!open_as(&m, "hang-slow-owner", g, &w))
			return;
		CHECK_EQ(w->cycles.n, 0);
		CHECK_EQ(w->roots.n, 1);
		if (w->roots.n) {
			const struct ntr_wroot *r = &w->roots.v[0];
			CHECK_EQ(tid(w, r->thread), 0x204);
			CHECK_EQ(r->direct, 40);
			CHECK_EQ(r->all, 40);
			CHECK_EQ(r->longest, 45 * 10000000ull);
			CHECK_HAS(r->text, "thread 0x204 (System) owns resource");
			CHECK_HAS(r->text, "40 threads wait");
			CHECK_HAS(r->text, "45.0 s");
			CHECK_HAS(r->text, "state Ready");
		}
		CHECK_EQ(w->locks.n, 1);
		CHECK_EQ(w->locks.v[0].nwaiters, 40);
		CHECK_EQ(w->locks.v[0].nshared, 30);
		CHECK_EQ(w->groups.v[by_tid(w, 0x404)->group].n, 30);
		CHECK_EQ(w->groups.v[by_tid(w, 0x504)->group].n, 10);
		CHECK_EQ(said(w, "") == NULL, true);
		close_both(&m, w);
	}
}

static void critical_queue(void)
{
	for (unsigned g = 0; g < NGENS; g++) {
		const struct ntr_work_queue *q = NULL;
		const struct ntr_wqueue *v = NULL;
		struct ntr_waits *w;
		struct machine m;
		char name[64];

		if (!open_as(&m, "hang-critical-queue", g, &w))
			return;
		/* 10 has one queue of all priorities: its delayed workers
		 * wait for work, so it is not exhausted. */
		CHECK_EQ(w->queues.q.n, g == X64_10 ? 1 : 2);
		for (size_t i = 0; i < w->queues.q.n; i++)
			if (w->queues.q.v[i].items.n) {
				q = &w->queues.q.v[i];
				v = &w->queue_verdicts.v[i];
			} else {
				CHECK_EQ(w->queue_verdicts.v[i].verdict,
					 NTR_QV_IDLE);
				CHECK_STR(w->queues.q.v[i].name, "delayed");
				CHECK_EQ(w->queues.q.v[i].workers.n, 3);
			}
		CHECK(q && v);
		if (!q || !v)
			return;
		CHECK_EQ(q->items.n, 24);
		CHECK_EQ(v->blocked, 24);
		CHECK_EQ(v->running, 0);
		CHECK_EQ(v->shortest, 65 * 10000000ull);
		CHECK_EQ(v->in_group, 24);
		CHECK_EQ(q->has_counter, g >= XP);
		CHECK_STR(name_of(&m, q->items.v[0].routine, name),
			  "NDIS!ndisMRequestComplete");
		CHECK_EQ(q->items.v[0].parameter, 0x1234);
		if (g == X64_10) {
			CHECK_EQ(v->verdict, NTR_QV_UNKNOWN);
			CHECK_EQ(v->idle, 3);
			CHECK_EQ(q->items.v[0].priority, 13);
			CHECK(said(w, "some of its workers wait for work") != NULL);
		} else {
			CHECK_EQ(v->verdict, NTR_QV_EXHAUSTED);
			CHECK_STR(q->name, "critical");
			CHECK_HAS(v->text, "critical queue exhausted: 24 items");
			CHECK_HAS(v->text, "all 24 workers are blocked");
			CHECK_HAS(v->text, "tcpip6");
			CHECK_HAS(v->text, "65.0 s");
		}
		CHECK_EQ(w->cycles.n, 0);
		CHECK(by_tid(w, 0x200)->idle);
		CHECK_EQ(by_tid(w, 0x200)->nedges, 0);
		close_both(&m, w);
	}
}

static void busy_queue(void)
{
	for (unsigned g = 0; g < NGENS; g++) {
		struct ntr_waits *w;
		struct machine m;

		if (!open_as(&m, "busy-queue", g, &w))
			return;
		CHECK_EQ(w->queues.q.n, 1);
		CHECK_EQ(w->queues.q.v[0].items.n, 40);
		CHECK_EQ(w->queues.q.v[0].current, 1);
		CHECK_EQ(w->queue_verdicts.v[0].verdict, NTR_QV_WORKING);
		CHECK_EQ(w->queue_verdicts.v[0].running, 1);
		CHECK_EQ(w->queue_verdicts.v[0].blocked, 4);
		CHECK_EQ(w->cycles.n, 0);
		CHECK_EQ(w->roots.n, 0);
		close_both(&m, w);
	}
}

/* --- single shapes ------------------------------------------------------------------ */

static bool open_text(struct machine *m, const char *machine, const char *text,
		      struct ntr_waits **w)
{
	char whole[4096];

	snprintf(whole, sizeof(whole), "machine %s cpus 2\nmemory 32MiB\n%s",
		 machine, text);
	*w = NULL;
	if (!machine_open(m, whole, "full"))
		return false;
	CHECK_EQ(ntr_waits(w, m->t, NULL), NTR_OK);
	return *w != NULL;
}

static void a_lock_that_waits_for_itself(void)
{
	for (unsigned g = 0; g < NGENS; g++) {
		struct ntr_waits *w;
		struct machine m;

		if (!open_text(&m, machines[g],
			       "lock \"R\" resource shared owner 0x104\n"
			       "process \"a.exe\" { thread tid 0x104 wait Executive on \"R\" }\n",
			       &w))
			return;
		CHECK_EQ(w->cycles.n, 1);
		if (w->cycles.n) {
			CHECK_EQ(w->cycles.v[0].n, 1);
			CHECK_HAS(w->cycles.v[0].text, "which it owns itself");
		}
		close_both(&m, w);
	}
}

/* Waits that something else can end prove no deadlock. */
static void no_cycle_by_any_or_timeout(void)
{
	static const char *const texts[] = {
		"lock \"A\" mutex owner 0x104\nlock \"B\" mutex owner 0x108\n"
		"process \"a.exe\" { thread tid 0x104 wait UserRequest on \"B\" timeout\n"
		"thread tid 0x108 wait UserRequest on \"A\" }\n",
		"lock \"A\" mutex owner 0x104\nlock \"B\" mutex owner 0x108\nlock \"E\" event\n"
		"process \"a.exe\" { thread tid 0x104 wait UserRequest on \"B\" on \"E\"\n"
		"thread tid 0x108 wait UserRequest on \"A\" }\n",
	};

	for (unsigned g = 0; g < NGENS; g++)
		for (size_t i = 0; i < NTR_COUNT(texts); i++) {
			struct ntr_waits *w;
			struct machine m;

			/* 10 keeps no block for the timer in its ring. */
			if (g == X64_10 && !i)
				continue;
			if (!open_text(&m, machines[g], texts[i], &w))
				return;
			CHECK_EQ(w->cycles.n, 0);
			CHECK_EQ(by_tid(w, 0x104)->k.nwaits, i + 1);
			CHECK_EQ(by_tid(w, 0x104)->k.timeout, !i);
			CHECK(by_tid(w, 0x108)->certain);
			CHECK(!by_tid(w, 0x104)->certain);
			close_both(&m, w);
		}
}

static void a_cycle_by_all(void)
{
	for (unsigned g = 0; g < NGENS; g++) {
		struct ntr_waits *w;
		struct machine m;

		if (!open_text(&m, machines[g],
			       "lock \"A\" mutex owner 0x104\nlock \"B\" mutex owner 0x108\nlock \"E\" event\n"
			       "process \"a.exe\" { thread tid 0x104 wait UserRequest on \"B\" on \"E\" all\n"
			       "thread tid 0x108 wait UserRequest on \"A\" }\n", &w))
			return;
		CHECK_EQ(w->cycles.n, 1);
		close_both(&m, w);
	}
}

static void joins_and_fast_mutexes(void)
{
	for (unsigned g = 0; g < NGENS; g++) {
		struct ntr_waits *w;
		struct machine m;

		/* The reason tells on Vista and later; before, the stack. */
		if (!open_text(&m, machines[g],
			       "lock \"F\" fastmutex owner 0x108\n"
			       "process \"a.exe\" { thread tid 0x104 wait WrFastMutex on \"F\" { stack {\n"
			       "frame \"nt!KiSwapThread+0x8a\"; frame \"nt!KeWaitForSingleObject+0x1c2\"\n"
			       "frame \"nt!ExAcquireFastMutex+0x20\"; frame \"nt!PspSystemThreadStartup+0x2e\" } }\n"
			       "thread tid 0x108 wait UserRequest join 0x104 }\n", &w))
			return;
		CHECK_EQ(w->cycles.n, 1);
		if (w->cycles.n) {
			CHECK_HAS(w->cycles.v[0].text, "fast mutex");
			CHECK_HAS(w->cycles.v[0].text, "waits for thread 0x");
		}
		close_both(&m, w);
	}
}

static void events_record_no_owner(void)
{
	struct ntr_waits *w;
	struct machine m;

	if (!open_text(&m, "x64 7",
		       "lock \"E\" event\nprocess \"a.exe\" { thread tid 0x104 wait Executive on \"E\" times 5 }\n",
		       &w))
		return;
	CHECK_EQ(w->cycles.n, 0);
	CHECK_EQ(w->roots.n, 0);
	CHECK_HAS(said(w, "5 threads wait for"), "an event records no owner");
	close_both(&m, w);
}

/* --- damage ----------------------------------------------------------------------------- */

static void damaged_owner_and_table(void)
{
	struct ntr_waits *w;
	struct machine m;
	uint64_t lock, table;

	if (!open_text(&m, "x64 7",
		       "lock \"M\" mutex owner 0x108\n"
		       "lock \"R\" resource shared owner 0x108 0x10c 0x110\n"
		       "process \"a.exe\" { thread tid 0x104 wait Executive on \"M\"\n"
		       "thread tid 0x108 ready times 3\n"
		       "thread tid 0x204 wait Executive on \"R\" }\n", &w))
		return;
	CHECK_EQ(w->locks.n, 2);
	CHECK_EQ(w->roots.n, 3);
	CHECK_EQ(w->locks.v[1].nowners, 3);
	lock = w->locks.v[0].va;
	table = machine_ptr(&m, w->locks.v[1].va + 0x10);
	/* the mutex's owner is no thread; the table has an absurd length */
	machine_patch(&m, lock + 0x28, lock, 8);
	machine_patch(&m, table + 8, 0x7fffffff, 4);
	ntr_waits_free(w);
	CHECK_EQ(ntr_waits(&w, m.t, NULL), NTR_OK);
	CHECK_EQ(w->locks.v[0].nowners, 0);
	CHECK_HAS(said(w, "mutant"), "points to no thread");
	CHECK_EQ(w->locks.v[1].nowners, 1);
	CHECK_HAS(said(w, "resource"), "makes no sense");
	close_both(&m, w);
}

static void a_freed_thread_on_the_list(void)
{
	struct ntr_waits *w;
	struct machine m;

	if (!open_text(&m, "x86 xp",
		       "lock \"M\" mutex owner 0x108\n"
		       "process \"a.exe\" { thread tid 0x104 wait Executive on \"M\"\n"
		       "thread tid 0x108 ready }\n", &w))
		return;
	machine_patch(&m, by_tid(w, 0x108)->k.th.va, 0x2064, 2);
	ntr_waits_free(w);
	CHECK_EQ(ntr_waits(&w, m.t, NULL), NTR_OK);
	CHECK_EQ(w->roots.n, 0);
	CHECK(said(w, "1 of the thread list of a.exe cannot be read") != NULL);
	CHECK_HAS(said(w, "mutant"), "points to no thread");
	close_both(&m, w);
}

/* The links of items run in a circle that the head is no part of. */
static void a_circle_of_items(void)
{
	struct ntr_waits *w;
	struct machine m;
	uint64_t item, second;

	if (!open_as(&m, "hang-critical-queue", X64_2003, &w))
		return;
	for (size_t i = 0; i < w->queues.q.n; i++)
		if (w->queues.q.v[i].items.n) {
			second = w->queues.q.v[i].items.v[1].va;
			item = w->queues.q.v[i].items.v[10].va;
			machine_patch(&m, item, second, 8);
		}
	ntr_waits_free(w);
	CHECK_EQ(ntr_waits(&w, m.t, NULL), NTR_OK);
	for (size_t i = 0; i < w->queues.q.n; i++)
		if (w->queues.q.v[i].items.n) {
			CHECK_EQ(w->queues.q.v[i].items.n, 24);
			CHECK_HAS(w->queues.q.v[i].why, "but Blink of that");
		}
	close_both(&m, w);
}

/* A wait block of another thread, and a ring of blocks that does not end. */
static void bad_wait_blocks(void)
{
	struct ntr_waits *w;
	struct machine m;
	uint64_t block;

	if (!open_text(&m, "x64 7",
		       "lock \"A\" mutex owner 0x108\nlock \"B\" mutex owner 0x108\n"
		       "process \"a.exe\" { thread tid 0x104 wait Executive on \"A\" on \"B\"\n"
		       "thread tid 0x108 ready }\n", &w))
		return;
	block = by_tid(w, 0x104)->k.wait[1].block;
	/* the second block leads to itself, never to the first */
	machine_patch(&m, block + 0x20, block, 8);
	ntr_waits_free(w);
	CHECK_EQ(ntr_waits(&w, m.t, NULL), NTR_OK);
	CHECK_EQ(by_tid(w, 0x104)->k.nwaits, 64);
	CHECK(by_tid(w, 0x104)->k.wait_note != NULL);
	CHECK(!by_tid(w, 0x104)->certain);
	machine_patch(&m, block + 0x10, block, 8);
	ntr_waits_free(w);
	CHECK_EQ(ntr_waits(&w, m.t, NULL), NTR_OK);
	CHECK_EQ(by_tid(w, 0x104)->k.nwaits, 1);
	CHECK_HAS(by_tid(w, 0x104)->k.wait_note, "of another thread");
	close_both(&m, w);
}

static void waiters_of_an_object(void)
{
	for (unsigned g = 0; g < NGENS; g++) {
		struct ntr_dispatcher d;
		struct ntr_waits *w;
		struct ntr_list l;
		struct machine m;

		if (!open_text(&m, machines[g],
			       "lock \"M\" mutex owner 0x108\n"
			       "process \"a.exe\" { thread tid 0x10c wait Executive on \"M\" times 4\n"
			       "thread tid 0x108 ready }\n", &w))
			return;
		CHECK_EQ(w->locks.n, 1);
		CHECK_EQ(ntr_dispatcher_read(m.t, w->locks.v[0].va, &d, NULL), NTR_OK);
		CHECK_STR(d.name, "mutant");
		CHECK_EQ(d.signal, 0);
		CHECK_EQ(d.owner, by_tid(w, 0x108)->k.th.va);
		CHECK_EQ(ntr_dispatcher_waiters(m.t, d.va, &l, NULL), NTR_OK);
		CHECK_EQ(l.entry.n, 4);
		CHECK_EQ(l.entry.v[3], by_tid(w, 0x118)->k.th.va);
		CHECK_STR(l.why, "");
		ntr_list_fini(&l);
		close_both(&m, w);
	}
}

/* --- what symbols name ------------------------------------------------------------------ */

/* NT 4.0 has no KDBG: symbols name the resources and the queues, also those
 * that nobody waits for or serves. */
static void by_symbols(void)
{
	static const char text[] =
		"machine x86 nt4\nmemory 32MiB\nmodule \"a.sys\"\n"
		"lock \"one\" resource\nlock \"two\" resource owner 0x104\n"
		"queue hypercritical { item \"a!Work\" times 3 }\n"
		"process \"a.exe\" { thread tid 0x104 ready }\n";
	char dir[200], path[220], cmd[480];
	struct ntr_store *store = NULL;
	struct ntr_store_opts opts = { .offline = true };
	struct ntr_waits *w = NULL;
	struct machine m;
	FILE *f;

	temp_name(dir, sizeof(dir), "sym");
	snprintf(path, sizeof(path), "%s.forge", dir);
	f = fopen(path, "w");
	CHECK(f && fputs(text, f) >= 0);
	if (f)
		fclose(f);
	CHECK_EQ(forge_symbols(path, dir, NULL, NULL, NULL), NTR_OK);
	CHECK_EQ(ntr_store_open(&store, dir, &opts, NULL), NTR_OK);
	CHECK(machine_open_with(&m, text, "full", store));
	CHECK_EQ(ntr_waits(&w, m.t, NULL), NTR_OK);
	if (w) {
		CHECK_STR(w->resources.how, "symbols");
		CHECK_EQ(w->resources.r.n, 2);
		CHECK_EQ(w->resources.r.v[0].active, 0);
		CHECK_EQ(w->resources.r.v[1].nowners, 1);
		CHECK_EQ(w->resources.r.v[1].owner[0].thread,
			 by_tid(w, 0x104)->k.th.va);
		CHECK_EQ(w->queues.q.n, 3);
		CHECK_STR(w->queues.q.v[0].name, "critical");
		CHECK_STR(w->queues.q.v[2].name, "hypercritical");
		CHECK_STR(w->queues.q.v[2].named_by, "symbols");
		CHECK_EQ(w->queues.q.v[2].items.n, 3);
		CHECK_EQ(w->queue_verdicts.v[2].verdict, NTR_QV_UNKNOWN);
		CHECK(said(w, "none of its workers is known") != NULL);
	}
	close_both(&m, w);
	ntr_store_close(store);
	/* Without them, and nobody waiting, there is no way to the list. */
	if (!open_text(&m, "x86 nt4", strchr(text, '\n') + 1, &w))
		return;
	CHECK(said(w, "the list of resources is not named by this dump") != NULL);
	close_both(&m, w);
	snprintf(cmd, sizeof(cmd), "rm -r '%s' '%s'", dir, path);
	CHECK_EQ(system(cmd), 0);
}

int main(void)
{
	RUN(two_locks);
	RUN(ring);
	RUN(slow_owner);
	RUN(critical_queue);
	RUN(busy_queue);
	RUN(a_lock_that_waits_for_itself);
	RUN(no_cycle_by_any_or_timeout);
	RUN(a_cycle_by_all);
	RUN(joins_and_fast_mutexes);
	RUN(events_record_no_owner);
	RUN(damaged_owner_and_table);
	RUN(a_freed_thread_on_the_list);
	RUN(a_circle_of_items);
	RUN(bad_wait_blocks);
	RUN(waiters_of_an_object);
	RUN(by_symbols);
	return test_done();
}
