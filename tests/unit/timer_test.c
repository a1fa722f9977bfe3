// SPDX-License-Identifier: Apache-2.0
/* Timers of forged machines of each generation. */
#include "kobj/timer.h"

#include "objects.h"

static const char *const machines[] = {
	"x86 nt3.51", "x86 nt4", "x86 2000", "x86 xp", "x86 2003", "x64 2003",
	"x64 7", "x64 10",
};
enum { FIRST_X64 = 5, X64_7 = 6, X64_10 = 7 };
/* The table's lists: 128 in 2000, 256 in XP, 512 in 2003; 256 a processor in
 * 7, twice as many in 19041; two processors. */
static const uint32_t lists[] = { 128, 128, 128, 256, 512, 512, 512, 1024 };

static bool open_machine(struct machine *m, unsigned g, const char *more)
{
	char text[1024];

	snprintf(text, sizeof(text), "machine %s cpus 2\nmemory 32MiB\n"
		 "uptime 1h\nmodule \"ndis.sys\"\n"
		 "process \"app.exe\" pid 0x200 {\n"
		 "	thread tid 0x204 wait UserRequest\n}\n"
		 "timer \"ndis!First\" due 2s period 500 context 0x77 list 3\n"
		 "timer \"ndis!Second\" due 3s list 3 synchronization\n"
		 "timer thread 0x204 due 1s list 5\n"
		 "timer nodpc due 9s list 6\n%s", machines[g], more);
	return machine_open(m, text, "full");
}

static const struct ntr_timer *in_list(const struct ntr_timers *l, uint32_t list,
				       unsigned nth)
{
	for (size_t i = 0; i < l->t.n; i++)
		if (l->t.v[i].list == list && !nth--)
			return &l->t.v[i];
	CHECK(!"a timer is missing");
	return &l->t.v[0];
}

static void check_all(struct machine *m, unsigned g, const struct ntr_timers *l)
{
	const uint64_t hour = 36000000000;
	const struct ntr_timer *x = in_list(l, 3, 0);
	char name[64];

	CHECK_EQ(l->t.n, 4);
	CHECK_EQ(l->nlists, lists[g]);
	CHECK_EQ(l->ndamaged, 0);
	CHECK_EQ(l->nabsent, 0);
	CHECK(l->has_now);
	CHECK_EQ(l->now, hour);
	CHECK_EQ(l->assumed, g < 2);
	CHECK_STR(name_of(m, x->routine, name), "ndis!First");
	CHECK_EQ(x->context, 0x77);
	CHECK_EQ(x->due, hour + 20000000);
	CHECK_EQ(x->period, 500);
	CHECK_EQ(x->cpu, g >= X64_7 ? 0 : NTR_CPU_UNKNOWN);
	CHECK(!x->synchronization);
	x = in_list(l, 3, 1);
	CHECK_STR(name_of(m, x->routine, name), "ndis!Second");
	CHECK_EQ(x->due, hour + 30000000);
	CHECK_EQ(x->period, 0);
	CHECK(x->synchronization);
	x = in_list(l, 5, 0);
	CHECK(x->thread);
	CHECK_EQ(x->dpc, 0);
	CHECK(!x->dpc_note);
	x = in_list(l, 6, 0);
	CHECK_EQ(x->thread, 0);
	CHECK_EQ(x->dpc, 0);
	CHECK(!x->dpc_note);
}

static void each_generation(void)
{
	for (unsigned g = 0; g < NTR_COUNT(machines); g++) {
		struct ntr_timers l;
		struct machine m;

		if (!open_machine(&m, g, ""))
			return;
		CHECK_EQ(ntr_timers(m.t, &l, NULL), NTR_OK);
		check_all(&m, g, &l);
		ntr_timers_fini(&l);
		machine_close(&m);
	}
}

/* 10's kernel names its keys; what 7's were is not in this machine. */
static void encoded_pointers(void)
{
	for (unsigned g = FIRST_X64; g < NTR_COUNT(machines); g++) {
		const struct ntr_timer *x;
		struct ntr_timers l;
		struct machine m;
		char name[64];

		if (!open_machine(&m, g, "timer \"ndis!Hidden\" due 4s list 9 "
				  "encoded\ntimer nodpc due 4s list 10 "
				  "encoded\n"))
			return;
		CHECK_EQ(ntr_timers(m.t, &l, NULL), NTR_OK);
		x = in_list(&l, 9, 0);
		if (g == X64_10) {
			CHECK_STR(name_of(&m, x->routine, name), "ndis!Hidden");
			CHECK(!x->dpc_note);
			x = in_list(&l, 10, 0);
			CHECK_EQ(x->dpc, 0);
			CHECK(!x->dpc_note);
		} else {
			CHECK_EQ(x->dpc, 0);
			CHECK_EQ(x->routine, 0);
			CHECK_HAS(x->dpc_note, "encoded: nt!KiWaitNever and");
		}
		ntr_timers_fini(&l);
		machine_close(&m);
	}
}

static void on_another_processor(void)
{
	for (unsigned g = X64_7; g <= X64_10; g++) {
		struct ntr_timers l;
		struct machine m;

		if (!open_machine(&m, g, "timer \"ndis!There\" due 4s cpu 1 "
				  "list 255\n"))
			return;
		CHECK_EQ(ntr_timers(m.t, &l, NULL), NTR_OK);
		CHECK_EQ(l.t.n, 5);
		CHECK_EQ(in_list(&l, 255, 0)->cpu, 1);
		ntr_timers_fini(&l);
		machine_close(&m);
	}
}

/* The second of list 3 leads to itself; list 5's timer is overwritten; the
 * head of list 7 is wild. */
static void damaged_lists(void)
{
	static const uint32_t entry[] = { 0x18, 0x18, 0x18, 0x18, 0x18, 0x20,
					  0x20, 0x20 };
	static const uint32_t size[] = { 8, 8, 8, 8, 0x10, 0x18, 0x20, 0x20 };

	for (unsigned g = 0; g < NTR_COUNT(machines); g++) {
		uint64_t at, head;
		struct ntr_timers l;
		struct machine m;

		if (!open_machine(&m, g, ""))
			return;
		CHECK_EQ(ntr_timers(m.t, &l, NULL), NTR_OK);
		at = in_list(&l, 3, 1)->va + entry[g];
		head = machine_ptr(&m, at); /* its Flink: list 3's head */
		machine_patch(&m, at, at, m.t->ptr_size);
		machine_patch(&m, in_list(&l, 5, 0)->va, 0x42, 1);
		machine_patch(&m, head + 4 * size[g], 0x1234, m.t->ptr_size);
		ntr_timers_fini(&l);
		CHECK_EQ(ntr_timers(m.t, &l, NULL), NTR_OK);
		CHECK_EQ(l.t.n, 4);
		CHECK_EQ(l.ndamaged, 2);
		CHECK_EQ(l.damage.v[0].list, 3);
		CHECK_EQ(l.damage.v[0].head, head);
		CHECK_HAS(l.damage.v[0].why, "but Blink of that is");
		CHECK_EQ(l.damage.v[1].list, 7);
		CHECK_STR(in_list(&l, 5, 0)->note,
			  "no timer any more: freed or overwritten");
		CHECK_EQ(in_list(&l, 5, 0)->thread, 0);
		ntr_timers_fini(&l);
		machine_close(&m);
	}
}

/* Nothing is wrong with a list whose timer the dump does not hold. */
static void a_timer_that_is_not_there(void)
{
	for (unsigned g = 0; g < NTR_COUNT(machines); g++) {
		struct ntr_timers l;
		struct machine m;
		uint64_t at, head;

		if (!open_machine(&m, g, ""))
			return;
		CHECK_EQ(ntr_timers(m.t, &l, NULL), NTR_OK);
		at = in_list(&l, 6, 0)->va + (g < FIRST_X64 ? 0x18 : 0x20);
		head = machine_ptr(&m, at);
		machine_patch(&m, head, head + 0x8000000, m.t->ptr_size);
		machine_patch(&m, head + m.t->ptr_size, head + 0x8000000,
			      m.t->ptr_size);
		ntr_timers_fini(&l);
		CHECK_EQ(ntr_timers(m.t, &l, NULL), NTR_OK);
		CHECK_EQ(l.t.n, 3);
		CHECK_EQ(l.ndamaged, 0);
		CHECK_EQ(l.npartial, 1);
		ntr_timers_fini(&l);
		machine_close(&m);
	}
}

/* The kernel's watch over itself sets timers at odd addresses. */
static void a_timer_at_an_odd_address(void)
{
	struct ntr_timers l;
	struct machine m;
	uint64_t at, head;

	if (!open_machine(&m, X64_10, ""))
		return;
	CHECK_EQ(ntr_timers(m.t, &l, NULL), NTR_OK);
	at = in_list(&l, 6, 0)->va + 0x20;
	head = machine_ptr(&m, at);
	machine_patch(&m, head, at + 9, 8);
	machine_patch(&m, head + 8, at + 9, 8);
	machine_patch(&m, in_list(&l, 3, 1)->va + 0x20, at + 9, 8);
	ntr_timers_fini(&l);
	CHECK_EQ(ntr_timers(m.t, &l, NULL), NTR_OK);
	CHECK_EQ(l.t.n, 3);
	CHECK_EQ(l.nunaligned, 2);
	CHECK_EQ(l.ndamaged, 0);
	ntr_timers_fini(&l);
	machine_close(&m);
}

static void nothing_known(void)
{
	struct ntr_timers l;
	struct ntr_err e = { "" };
	struct machine m;

	if (!machine_open(&m, "machine x86 xp\nmemory 32MiB\n", "full"))
		return;
	CHECK_EQ(ntr_timers(m.t, &l, &e), NTR_ABSENT);
	CHECK_HAS(e.msg, "would name nt!KiTimerTableListHead");
	machine_close(&m);
	if (!machine_open(&m, "machine x64 10\nmemory 64MiB\nstop 0xe2\n",
			  "triage"))
		return;
	for (size_t i = 0; i < m.t->cpus.n; i++)
		m.t->cpus.v[i].kprcb = 0;
	CHECK_EQ(ntr_timers(m.t, &l, &e), NTR_ABSENT);
	CHECK_HAS(e.msg, "timer tables are not in the dump");
	machine_close(&m);
}

int main(void)
{
	RUN(each_generation);
	RUN(encoded_pointers);
	RUN(on_another_processor);
	RUN(damaged_lists);
	RUN(a_timer_that_is_not_there);
	RUN(a_timer_at_an_odd_address);
	RUN(nothing_known);
	return test_done();
}
