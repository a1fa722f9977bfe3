// SPDX-License-Identifier: Apache-2.0
/* Processes and threads of forged machines of every generation. */
#include "kobj/process.h"

#include "objects.h"

/* Offsets are written down here again, from the structure tables. */
static const struct gen {
	const char *machine;
	unsigned links, threads, kthreads, entry; /* EPROCESS, KTHREAD */
	unsigned system;
} gens[] = {
	{ "x86 nt3.51", 0x98, 0, 0x50, 0x1a4, 2 },
	{ "x86 nt4", 0x98, 0, 0x50, 0x1a4, 2 },
	{ "x86 2000", 0xa0, 0x270, 0x50, 0x1a4, 8 },
	{ "x86 xp", 0x88, 0x190, 0x50, 0x1b0, 4 },
	{ "x86 2003", 0x98, 0x180, 0x50, 0x1a8, 4 },
	{ "x64 2003", 0xe0, 0x290, 0x70, 0x2c0, 4 },
	{ "x64 7", 0x188, 0x308, 0x30, 0x2f8, 4 },
	{ "x64 10", 0x448, 0x5e0, 0x30, 0x2f8, 4 },
};

static const char scenario[] =
	"memory 32MiB\nuptime 10h\n"
	"process \"smss.exe\" pid 0x20 parent 4 { thread tid 0x24 wait UserRequest for 30s priority 11 }\n"
	"process \"inetinfo.exe\" pid 0x100 parent 0x20 {\n"
	"thread tid 0x104 wait WrLpcReceive start \"afd!Work\" { stack {\n"
	"frame \"nt!KiSwapThread+0x8a\"; frame \"nt!KeWaitForSingleObject+0x1c2\"\n"
	"frame \"afd!Deep+0x40\"; frame \"nt!PspSystemThreadStartup+0x2e\" } }\n"
	"thread tid 0x108 ready priority 9 }\n"
	"module \"afd.sys\"\n"
	"current \"inetinfo.exe\" tid 0x10c\n";

static bool open_gen(struct machine *m, const struct gen *g, const char *more)
{
	char text[4096];

	snprintf(text, sizeof(text), "machine %s\n%s%s", g->machine, scenario,
		 more ? more : "");
	return machine_open(m, text, "full");
}

static void lists_processes(void)
{
	for (size_t i = 0; i < NTR_COUNT(gens); i++) {
		struct ntr_process_list l;
		struct ntr_err e = { "" };
		struct machine m;

		CHECK(open_gen(&m, &gens[i], NULL));
		CHECK_EQ(ntr_process_list(m.t, &l, &e), NTR_OK);
		CHECK_STR(e.msg, "");
		CHECK_EQ(l.p.n, 3);
		CHECK_STR(l.why, "");
		if (l.p.n == 3) {
			CHECK_STR(l.p.v[0].name, "System");
			CHECK_EQ(l.p.v[0].pid, gens[i].system);
			CHECK_STR(l.p.v[1].name, "smss.exe");
			CHECK_EQ(l.p.v[1].pid, 0x20);
			CHECK_EQ(l.p.v[1].parent, 4);
			CHECK_STR(l.p.v[2].name, "inetinfo.exe");
			CHECK_EQ(l.p.v[2].pid, 0x100);
			CHECK_EQ(l.p.v[2].parent, 0x20);
			CHECK(l.p.v[2].has_dtb && l.p.v[2].dtb &&
			      l.p.v[2].dtb != l.p.v[0].dtb);
			CHECK_EQ(l.p.v[2].note == NULL, true);
		}
		ntr_process_list_fini(&l);
		machine_close(&m);
	}
}

static void reads_threads(void)
{
	for (size_t i = 0; i < NTR_COUNT(gens); i++) {
		struct ntr_process_list l;
		struct ntr_thread_list th;
		struct ntr_kthread k;
		struct machine m;
		char name[64];

		CHECK(open_gen(&m, &gens[i], NULL));
		CHECK_EQ(ntr_process_list(m.t, &l, NULL), NTR_OK);
		CHECK_EQ(ntr_thread_list(m.t, l.p.v[2].va, &th, NULL), NTR_OK);
		CHECK_EQ(th.va.n, 3);
		ntr_kthread_read(m.t, th.va.v[1], &k);
		CHECK_EQ(k.th.id, 0x104);
		CHECK_EQ(k.th.pid, 0x100);
		CHECK_STR(k.th.process_name, "inetinfo.exe");
		CHECK_STR(ntr_thread_state_name(k.state), "Waiting");
		CHECK_STR(ntr_wait_reason_name(k.reason), "WrLpcReceive");
		CHECK_EQ(k.nwaits, 0);
		CHECK_STR(name_of(&m, k.start, name), "afd!Work");
		ntr_kthread_read(m.t, th.va.v[2], &k);
		CHECK_EQ(k.th.id, 0x108);
		CHECK_STR(ntr_thread_state_name(k.state), "Ready");
		CHECK_EQ(k.priority, 9);
		ntr_kthread_read(m.t, th.va.v[0], &k);
		CHECK_EQ(k.th.id, 0x10c);
		CHECK_STR(ntr_thread_state_name(k.state), "Running");
		ntr_thread_list_fini(&th);
		CHECK_EQ(ntr_thread_list(m.t, l.p.v[1].va, &th, NULL), NTR_OK);
		CHECK_EQ(th.va.n, 1);
		ntr_kthread_read(m.t, th.va.v[0], &k);
		CHECK_EQ(k.priority, 11);
		CHECK(k.has_waited);
		CHECK_EQ(k.waited, 30 * 10000000ull);
		ntr_thread_list_fini(&th);
		ntr_process_list_fini(&l);
		machine_close(&m);
	}
}

/* The stack of a thread that waits, from its switch frame. */
static void unwinds_a_blocked_thread(void)
{
	static const char *const want[] = {
		"nt!KiSwapContext", "nt!KiSwapThread",
		"nt!KeWaitForSingleObject", "afd!Deep",
		"nt!PspSystemThreadStartup",
	};

	for (size_t i = 0; i < NTR_COUNT(gens); i++) {
		struct ntr_process_list l;
		struct ntr_thread_list th;
		struct ntr_frame f[16];
		struct ntr_err e = { "" };
		struct ntr_kthread k;
		struct machine m;
		size_t n = 0;

		CHECK(open_gen(&m, &gens[i], NULL));
		CHECK_EQ(ntr_process_list(m.t, &l, NULL), NTR_OK);
		CHECK_EQ(ntr_thread_list(m.t, l.p.v[2].va, &th, NULL), NTR_OK);
		ntr_kthread_read(m.t, th.va.v[1], &k);
		(void)ntr_thread_unwind(m.t, &k, f, 16, &n, &e);
		CHECK_STR(n ? "" : e.msg, "");
		CHECK_EQ(n, NTR_COUNT(want));
		for (size_t j = 0; j < n && j < NTR_COUNT(want); j++) {
			char name[64];
			CHECK_STR(name_of(&m, f[j].ip, name), want[j]);
		}
		ntr_thread_list_fini(&th);
		ntr_process_list_fini(&l);
		machine_close(&m);
	}
}

/* --- damage --------------------------------------------------------------------- */

/* A link in the middle is overwritten: both ends are read, the gap is said. */
static void a_broken_link(void)
{
	for (size_t i = 0; i < NTR_COUNT(gens); i++) {
		struct ntr_process_list l;
		struct machine m;
		uint64_t va;

		CHECK(open_gen(&m, &gens[i], "process \"a.exe\" pid 0x200\nprocess \"b.exe\" pid 0x300\n"));
		CHECK_EQ(ntr_process_list(m.t, &l, NULL), NTR_OK);
		CHECK_EQ(l.p.n, 5);
		va = l.p.v[2].va;
		ntr_process_list_fini(&l);
		machine_patch(&m, va + gens[i].links, 0x41414141, 4);
		machine_patch(&m, va + gens[i].links + m.t->ptr_size, 0x42424242, 4);
		CHECK_EQ(ntr_process_list(m.t, &l, NULL), NTR_OK);
		/* System, smss | a, b */
		CHECK_EQ(l.p.n, 4);
		CHECK_EQ(l.gap, 2);
		CHECK_HAS(l.why, "Flink of");
		if (l.p.n == 4)
			CHECK_STR(l.p.v[3].name, "b.exe");
		ntr_process_list_fini(&l);
		machine_close(&m);
	}
}

/* A link that leads back into the list must not be followed for ever. */
static void a_cycle(void)
{
	for (size_t i = 0; i < NTR_COUNT(gens); i++) {
		struct ntr_process_list l;
		struct machine m;
		uint64_t first, last;

		CHECK(open_gen(&m, &gens[i], NULL));
		CHECK_EQ(ntr_process_list(m.t, &l, NULL), NTR_OK);
		first = l.p.v[0].va;
		last = l.p.v[2].va;
		ntr_process_list_fini(&l);
		machine_patch(&m, last + gens[i].links, first + gens[i].links,
			      m.t->ptr_size);
		CHECK_EQ(ntr_process_list(m.t, &l, NULL), NTR_OK);
		CHECK_EQ(l.p.n, 3);
		CHECK_HAS(l.why, "but Blink of that is");
		ntr_process_list_fini(&l);
		machine_close(&m);
	}
}

static void a_freed_thread(void)
{
	for (size_t i = 0; i < NTR_COUNT(gens); i++) {
		struct ntr_process_list l;
		struct ntr_thread_list th;
		struct ntr_kthread k;
		struct machine m;

		CHECK(open_gen(&m, &gens[i], NULL));
		CHECK_EQ(ntr_process_list(m.t, &l, NULL), NTR_OK);
		CHECK_EQ(ntr_thread_list(m.t, l.p.v[2].va, &th, NULL), NTR_OK);
		machine_patch(&m, th.va.v[1], 0x6545, 2);
		ntr_kthread_read(m.t, th.va.v[1], &k);
		CHECK_HAS(k.note, "freed or overwritten");
		CHECK(!k.has_state);
		CHECK_EQ(k.nwaits, 0);
		ntr_thread_list_fini(&th);
		ntr_process_list_fini(&l);
		machine_close(&m);
	}
}

static void no_list_in_a_small_dump(void)
{
	struct ntr_process_list l;
	struct ntr_err e = { "" };
	struct machine m;

	CHECK(machine_open(&m, "machine x64 7\nstop 0xd1\n", "triage"));
	/* The block of the current process is there, and says no more. */
	CHECK_EQ(ntr_process_list(m.t, &l, NULL), NTR_OK);
	CHECK_STR(l.how, "the current process");
	CHECK_EQ(l.p.n, 1);
	CHECK_HAS(l.why, "is not in the dump");
	ntr_process_list_fini(&l);
	machine_close(&m);
	CHECK(machine_open(&m, "machine x64 7\nstop 0xd1\n", "header"));
	CHECK_EQ(ntr_process_list(m.t, &l, &e), NTR_ABSENT);
	CHECK_HAS(e.msg, "process list is not in this dump");
	machine_close(&m);
}

/* Without a KDBG, a header or symbols: by the system process. */
static void from_the_system_process(void)
{
	struct ntr_process_list l;
	struct machine m;

	CHECK(machine_open(&m, "machine x64 7\nkdbg none\nprocess \"a.exe\" pid 0x44\n",
			   "full"));
	m.d->meta.has &= ~(u32)NTR_HAS_PSPROCS;
	CHECK_EQ(ntr_process_list(m.t, &l, NULL), NTR_OK);
	CHECK_STR(l.how, "the system process");
	CHECK_EQ(l.p.n, 2);
	if (l.p.n == 2)
		CHECK_STR(l.p.v[0].name, "System");
	ntr_process_list_fini(&l);
	machine_close(&m);
}

static void a_bad_switch_frame(void)
{
	struct ntr_process_list l;
	struct ntr_thread_list th;
	struct ntr_err e = { "" };
	struct ntr_kthread k;
	struct ntr_regs r;
	struct machine m;

	CHECK(open_gen(&m, &gens[6], NULL));
	CHECK_EQ(ntr_process_list(m.t, &l, NULL), NTR_OK);
	CHECK_EQ(ntr_thread_list(m.t, l.p.v[2].va, &th, NULL), NTR_OK);
	ntr_kthread_read(m.t, th.va.v[1], &k);
	machine_patch(&m, k.th.kernel_stack + 0x38, 0x1122, 8);
	CHECK_EQ(ntr_thread_regs(m.t, &k, &r, &e), NTR_BAD);
	CHECK_HAS(e.msg, "returns to 0x1122");
	ntr_thread_list_fini(&th);
	ntr_process_list_fini(&l);
	machine_close(&m);
}

int main(void)
{
	RUN(lists_processes);
	RUN(reads_threads);
	RUN(unwinds_a_blocked_thread);
	RUN(a_broken_link);
	RUN(a_cycle);
	RUN(a_freed_thread);
	RUN(no_list_in_a_small_dump);
	RUN(from_the_system_process);
	RUN(a_bad_switch_frame);
	return test_done();
}
