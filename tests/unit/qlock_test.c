// SPDX-License-Identifier: Apache-2.0
/* Queued spin locks of forged machines, and processors that wait in a circle. */
#include "kobj/spinlocks.h"
#include "triage/waits.h"

#include "objects.h"

static const struct {
	const char *name;
	uint32_t nlocks;
	uint16_t at; /* LockQueue in the KPRCB */
} machines[] = {
	{ "x86 2000", 16, 0x3bc }, { "x86 xp", 16, 0x418 },
	{ "x86 2003", 33, 0x418 }, { "x64 2003", 33, 0x670 },
	{ "x64 7", 17, 0x670 },    { "x64 10", 17, 0x6f0 },
};

static bool open_machine(struct machine *m, unsigned g, const char *locks)
{
	char text[512];

	snprintf(text, sizeof(text), "machine %s cpus 4\nmemory 64MiB\n%s",
		 machines[g].name, locks);
	return machine_open(m, text, "full");
}

static uint64_t place_of(struct machine *m, unsigned g, unsigned cpu,
			 unsigned lock)
{
	return m->t->cpus.v[cpu].kprcb + machines[g].at +
	       (uint64_t)lock * 2 * m->t->ptr_size;
}

static void owner_and_order(void)
{
	for (unsigned g = 0; g < NTR_COUNT(machines); g++) {
		struct ntr_spin_waits s;
		struct ntr_qlocks l;
		struct machine m;

		if (!open_machine(&m, g, "qlock 7 owner 2 waiters 0 3\n"
				  "qlock 12 owner 1\n"))
			return;
		CHECK_EQ(ntr_qlocks(m.t, &l, NULL), NTR_OK);
		CHECK_EQ(l.q.n, machines[g].nlocks);
		CHECK_EQ(l.nabsent, 0);
		CHECK_STR(l.q.v[7].name, "IO   - Cancel");
		CHECK_EQ(l.q.v[7].state, NTR_QL_HELD);
		CHECK_EQ(l.q.v[7].owner, 2);
		CHECK_EQ(l.q.v[7].nwaiters, 2);
		CHECK_EQ(l.q.v[7].place[0], 1);
		CHECK_EQ(l.q.v[7].place[1], 0);
		CHECK_EQ(l.q.v[7].place[2], 0);
		CHECK_EQ(l.q.v[7].place[3], 2);
		CHECK_STR(l.q.v[7].why, "");
		CHECK_STR(l.q.v[12].name, "NTFS - Struct");
		CHECK_EQ(l.q.v[12].owner, 1);
		CHECK_EQ(l.q.v[12].nwaiters, 0);
		CHECK_EQ(l.q.v[5].state, NTR_QL_FREE);
		CHECK_EQ(l.q.v[5].owner, NTR_NO_CPU);
		CHECK_EQ(ntr_spin_waits(&l, &s, NULL), NTR_OK);
		CHECK_EQ(s.w.n, 2);
		CHECK_EQ(s.w.v[0].waiter, 0);
		CHECK_EQ(s.w.v[0].owner, 2);
		CHECK_EQ(s.w.v[0].lock, 7);
		CHECK_EQ(s.w.v[1].waiter, 3);
		CHECK_EQ(s.w.v[1].place, 2);
		ntr_spin_waits_fini(&s);
		ntr_qlocks_fini(&l);
		machine_close(&m);
	}
}

static void lock_names(void)
{
	struct ntr_qlocks l;
	struct machine m;

	if (!open_machine(&m, 2, "qlock 0 owner 0\n"))
		return;
	CHECK_EQ(ntr_qlocks(m.t, &l, NULL), NTR_OK);
	CHECK_STR(l.q.v[0].name, "KE   - Dispatcher");
	CHECK_STR(l.q.v[2].name, "MM   - PFN");
	CHECK_STR(l.q.v[15].name, "MM   - NonPagedPool");
	CHECK_STR(l.q.v[17].name, "KE   - Timer Table");
	ntr_qlocks_fini(&l);
	machine_close(&m);
}

/* The places are patched so that they contradict; no owner may come out. */
static void contradictions(void)
{
	for (unsigned g = 0; g < NTR_COUNT(machines); g++) {
		struct ntr_spin_waits s;
		struct ntr_qlocks l;
		struct machine m;
		unsigned ps;

		if (!open_machine(&m, g, "qlock 7 owner 2 waiters 0 3\n"
				  "qlock 4 owner 1 waiters 0\n"
				  "qlock 5 owner 1\n"))
			return;
		ps = m.t->ptr_size;
		/* 7: the last leads to the owner: a circle. */
		machine_patch(&m, place_of(&m, g, 3, 7), place_of(&m, g, 2, 7),
			      ps);
		/* 4: the owner's mark says that it waits, too. */
		machine_patch(&m, place_of(&m, g, 1, 4) + ps,
			      machine_ptr(&m, place_of(&m, g, 2, 4) + ps) | 1,
			      ps);
		/* 5: the lock's word is 0, and yet someone owns it. */
		machine_patch(&m, machine_ptr(&m, place_of(&m, g, 3, 5) + ps),
			      0, ps);
		CHECK_EQ(ntr_qlocks(m.t, &l, NULL), NTR_OK);
		CHECK_EQ(l.q.v[7].state, NTR_QL_CORRUPT);
		CHECK_EQ(l.q.v[7].owner, NTR_NO_CPU);
		CHECK_HAS(l.q.v[7].why, "circle");
		CHECK_EQ(l.q.v[4].state, NTR_QL_UNKNOWN);
		CHECK_EQ(l.q.v[4].owner, NTR_NO_CPU);
		CHECK_HAS(l.q.v[4].why, "the first in line waits");
		CHECK_EQ(l.q.v[5].state, NTR_QL_CORRUPT);
		CHECK_HAS(l.q.v[5].why, "is not in the line");
		CHECK(l.q.v[5].odd[1]);
		CHECK_EQ(ntr_spin_waits(&l, &s, NULL), NTR_OK);
		CHECK_EQ(s.w.n, 0);
		ntr_spin_waits_fini(&s);
		ntr_qlocks_fini(&l);
		machine_close(&m);
	}
}

/* Who got a free lock at once may carry no mark: the line still says it. */
static void owner_without_a_mark(void)
{
	struct ntr_qlocks l;
	struct machine m;
	uint64_t word;

	if (!open_machine(&m, 5, "qlock 9 owner 1 waiters 2\n"))
		return;
	word = machine_ptr(&m, place_of(&m, 5, 0, 9) + 8);
	machine_patch(&m, place_of(&m, 5, 1, 9) + 8, word, 8);
	CHECK_EQ(ntr_qlocks(m.t, &l, NULL), NTR_OK);
	CHECK_EQ(l.q.v[9].state, NTR_QL_HELD);
	CHECK_EQ(l.q.v[9].owner, 1);
	CHECK_EQ(l.q.v[9].place[2], 1);
	ntr_qlocks_fini(&l);
	machine_close(&m);
}

static void none_before_2000(void)
{
	struct ntr_qlocks l;
	struct ntr_err e = { "" };
	struct machine m;

	if (!machine_open(&m, "machine x86 nt4\nmemory 32MiB\n", "full"))
		return;
	CHECK_EQ(ntr_qlocks(m.t, &l, &e), NTR_ABSENT);
	CHECK_STR(e.msg, "this version has no queued spin locks");
	machine_close(&m);
}

/* Two processors, each with a lock that the other spins for. */
static void a_circle_of_processors(void)
{
	struct ntr_waits *w;
	struct machine m;

	if (!machine_open(&m, "machine x64 7 cpus 2\nmemory 64MiB\n"
			  "process \"one.exe\" pid 0x200 {\n"
			  "	thread tid 0x204 cpu 1\n}\n"
			  "current \"System\" tid 0x58\n"
			  "qlock 4 owner 0 waiters 1\n"
			  "qlock 12 owner 1 waiters 0\n", "full"))
		return;
	CHECK_EQ(ntr_waits(&w, m.t, NULL), NTR_OK);
	CHECK_EQ(w->cycles.n, 1);
	if (w->cycles.n) {
		CHECK_EQ(w->cycles.v[0].n, 2);
		CHECK_HAS(w->cycles.v[0].text, "waits for queued spin lock");
		CHECK_HAS(w->cycles.v[0].text, "thread 0x204 (one.exe) owns");
	}
	ntr_waits_free(w);
	machine_close(&m);
}

static void waiting_alone_is_no_circle(void)
{
	struct ntr_waits *w;
	struct machine m;

	if (!machine_open(&m, "machine x64 7 cpus 2\nmemory 64MiB\n"
			  "process \"one.exe\" pid 0x200 {\n"
			  "	thread tid 0x204 cpu 1\n}\n"
			  "current \"System\" tid 0x58\n"
			  "qlock 4 owner 0 waiters 1\n", "full"))
		return;
	CHECK_EQ(ntr_waits(&w, m.t, NULL), NTR_OK);
	CHECK_EQ(w->cycles.n, 0);
	CHECK_EQ(w->roots.n, 1);
	ntr_waits_free(w);
	machine_close(&m);
}

int main(void)
{
	RUN(owner_and_order);
	RUN(lock_names);
	RUN(contradictions);
	RUN(owner_without_a_mark);
	RUN(none_before_2000);
	RUN(a_circle_of_processors);
	RUN(waiting_alone_is_no_circle);
	return test_done();
}
