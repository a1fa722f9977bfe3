// SPDX-License-Identifier: Apache-2.0
/* DPC queues of forged machines. */
#include "kobj/dpcs.h"

#include "objects.h"

static const char *const machines[] = {
	"x86 nt3.51", "x86 nt4", "x86 2000", "x86 xp", "x86 2003", "x64 2003",
	"x64 7", "x64 10",
};
enum { FIRST_THREADED = 4, X64_10 = 7 };

static bool open_machine(struct machine *m, unsigned g)
{
	char text[512];

	snprintf(text, sizeof(text), "machine %s cpus 2\nmemory 32MiB\n"
		 "module \"ndis.sys\"\ndpc \"ndis!First\" context 0x1234\n"
		 "dpc \"ndis!Second\" times 2\ndpc \"ndis!Other\" cpu 1\n%s",
		 machines[g], g >= FIRST_THREADED ?
		 "dpc \"ndis!Slow\" threaded\n" : "");
	return machine_open(m, text, "full");
}

static void queues(void)
{
	for (unsigned g = 0; g < NTR_COUNT(machines); g++) {
		bool threaded = g >= FIRST_THREADED;
		struct ntr_dpc_queue q;
		struct machine m;
		char name[64];

		if (!open_machine(&m, g))
			return;
		CHECK_EQ(m.t->cpus.n, 2);
		CHECK_EQ(ntr_dpc_queue(m.t, &m.t->cpus.v[0], &q, NULL), NTR_OK);
		CHECK_EQ(q.d.n, threaded ? 4 : 3);
		CHECK_EQ(q.depth, q.d.n);
		CHECK_STR(q.why, "");
		CHECK_STR(name_of(&m, q.d.v[0].routine, name), "ndis!First");
		CHECK_EQ(q.d.v[0].context, 0x1234);
		CHECK_STR(name_of(&m, q.d.v[2].routine, name), "ndis!Second");
		CHECK(!q.d.v[2].threaded);
		if (threaded) {
			CHECK_STR(name_of(&m, q.d.v[3].routine, name), "ndis!Slow");
			CHECK(q.d.v[3].threaded);
		}
		ntr_dpc_queue_fini(&q);
		CHECK_EQ(ntr_dpc_queue(m.t, &m.t->cpus.v[1], &q, NULL), NTR_OK);
		CHECK_EQ(q.d.n, 1);
		CHECK_STR(name_of(&m, q.d.v[0].routine, name), "ndis!Other");
		ntr_dpc_queue_fini(&q);
		machine_close(&m);
	}
}

/* The last entry leads back to the first. */
static void a_circle(void)
{
	for (unsigned g = 0; g < NTR_COUNT(machines); g++) {
		struct ntr_dpc_queue q;
		struct machine m;
		unsigned entry;

		if (!open_machine(&m, g))
			return;
		entry = m.t->ptr_size;
		CHECK_EQ(ntr_dpc_queue(m.t, &m.t->cpus.v[0], &q, NULL), NTR_OK);
		machine_patch(&m, q.d.v[2].va + entry, q.d.v[0].va + entry,
			      m.t->ptr_size);
		ntr_dpc_queue_fini(&q);
		CHECK_EQ(ntr_dpc_queue(m.t, &m.t->cpus.v[0], &q, NULL), NTR_OK);
		CHECK_EQ(q.d.n, g >= FIRST_THREADED ? 4 : 3);
		CHECK_HAS(q.why, g == X64_10 ? "after 3 of 3" : "but Blink of that");
		ntr_dpc_queue_fini(&q);
		machine_close(&m);
	}
}

static void nothing_known(void)
{
	struct ntr_cpu none = { .number = 0 };
	struct ntr_dpc_queue q;
	struct ntr_err e = { "" };
	struct machine m;

	if (!open_machine(&m, 1))
		return;
	CHECK_EQ(ntr_dpc_queue(m.t, &none, &q, &e), NTR_ABSENT);
	CHECK_HAS(e.msg, "KPRCB of this processor is not in the dump");
	machine_close(&m);
}

int main(void)
{
	RUN(queues);
	RUN(a_circle);
	RUN(nothing_known);
	return test_done();
}
