// SPDX-License-Identifier: Apache-2.0
/*
 * Who will end a wait, as far as memory says: requests, queued items and DPCs,
 * processors that spin, orders of locks, on forged machines of every
 * generation.  What is expected is written down here.
 */
#include "kobj/irp.h"
#include "triage/hang.h"
#include "triage/lock_order.h"

#include "objects.h"

/* With a page that a test may fill with spin locks. */
static const struct gen {
	const char *machine, *page, *acquire, *trap, *reg;
} gens[] = {
	{ "x86 nt3.51", "0x8a000000", "hal!KfAcquireSpinLock", "nt!KiTrap02+0x64", "ecx" },
	{ "x86 nt4", "0x8a000000", "hal!KfAcquireSpinLock", "nt!KiTrap02+0x64", "ecx" },
	{ "x86 2000", "0x8a000000", "hal!KfAcquireSpinLock", "nt!KiTrap02+0x64", "ecx" },
	{ "x86 xp", "0x8a000000", "hal!KfAcquireSpinLock", "nt!KiTrap02+0x64", "ecx" },
	{ "x86 2003", "0x8a000000", "nt!KefAcquireSpinLockAtDpcLevel", "nt!KiTrap02+0x64", "ecx" },
	{ "x64 2003", "0xfffffadf90000000", "nt!KeAcquireSpinLockRaiseToDpc", "nt!KiInterruptDispatch+0x140", "rcx" },
	{ "x64 7", "0xfffff98090000000", "nt!KxWaitForSpinLockAndAcquire", "nt!KiInterruptDispatch+0x140", "rcx" },
	{ "x64 10", "0xffffbe8090000000", "nt!KeAcquireSpinLockAtDpcLevel", "nt!KiInterruptDispatch+0x140", "rcx" },
};
enum { X64_2003 = 5, X64_7, X64_10, NGENS };

static bool open_text(struct machine *m, const char *text, struct ntr_hang **h)
{
	*h = NULL;
	if (!machine_open(m, text, "full"))
		return false;
	CHECK_EQ(ntr_hang_of(h, m->t, NULL), NTR_OK);
	return *h != NULL;
}

static void done(struct machine *m, struct ntr_hang *h)
{
	ntr_hang_free(h);
	machine_close(m);
}

/* A fixture as another machine, with text behind. */
static bool open_as(struct machine *m, const char *name, const char *machine,
		    const char *more, struct ntr_hang **h)
{
	char *text = fixture(name), *rest, *whole;
	size_t size;
	bool ok;

	CHECK(text != NULL);
	if (!text)
		return false;
	rest = strstr(text, "\nmachine ");
	rest = strchr(rest + 1, '\n');
	size = strlen(rest) + strlen(more) + 64;
	whole = malloc(size);
	snprintf(whole, size, "machine %s cpus 2%s%s", machine, rest, more);
	ok = open_text(m, whole, h);
	free(whole);
	free(text);
	return ok;
}

static const struct ntr_wthread *by_tid(const struct ntr_waits *w, uint64_t id)
{
	for (size_t i = 0; i < w->threads.n; i++)
		if (w->threads.v[i].k.th.id == id)
			return &w->threads.v[i];
	return NULL;
}

static const struct ntr_wlock *wait_of(const struct ntr_waits *w, uint64_t id)
{
	const struct ntr_wthread *x = by_tid(w, id);

	return x && x->nedges ? &w->locks.v[w->edges.v[x->edge].lock] : NULL;
}

static bool has(const struct ntr_hang_finding *f, const char *part)
{
	for (size_t i = 0; i < f->evidence.n; i++)
		if (strstr(f->evidence.v[i], part))
			return true;
	return false;
}

static const struct ntr_hang_finding *of_kind(const struct ntr_hang *h,
					      enum ntr_hang_kind k)
{
	for (size_t i = 0; i < h->findings.n; i++)
		if (h->findings.v[i].kind == k)
			return &h->findings.v[i];
	return NULL;
}

static bool untold(const struct ntr_hang *h, const char *part)
{
	for (size_t i = 0; i < h->unknown.n; i++)
		if (strstr(h->unknown.v[i], part))
			return true;
	return false;
}

/* --- processors ------------------------------------------------------------------- */

/* Two or three processors; the first one is where the machine was stopped. */
static bool spinners(struct machine *m, const struct gen *g, unsigned cpus,
		     const char *poke, const char *zero, const char *one,
		     const char *two, struct ntr_hang **h)
{
	char text[4000];

	snprintf(text, sizeof(text), "machine %s cpus %u\ncontainer full\n"
		 "memory 32MiB\nuptime 5h\nstop 0xe2\n"
		 "module \"tcpip.sys\" size 0x9000\npage %s valid\n"
		 "poke %s %s\nprocess \"server.exe\" pid 0x70 {\n"
		 "thread tid 0x74 cpu 1 irql 2 { stack { %s\n"
		 "frame \"nt!NtClose+0x11a\"\n} }\n%s\n}\n"
		 "current \"server.exe\" tid 0x78 irql 2\nstack {\n"
		 "frame \"nt!KeBugCheckEx+0x12e\"\n"
		 "trap \"%s\"\n%s\nframe \"nt!NtClose+0x11a\"\n}\n",
		 g->machine, cpus, g->page, g->page, poke, one, two, g->trap,
		 zero);
	return open_text(m, text, h);
}

static const char *spin_frames(char out[400], const struct gen *g,
			       const char *offset, const char *caller)
{
	snprintf(out, 400, "frame \"%s+0x17\" first %.*s%s\nframe \"%s\"\n",
		 g->acquire, (int)strlen(g->page) - 2, g->page, offset, caller);
	return out;
}

static void two_spin(void)
{
	char zero[400], one[400], lock[64];

	for (unsigned i = 0; i < NGENS; i++) {
		const struct ntr_hang_finding *f;
		const struct gen *g = &gens[i];
		struct ntr_hang *h;
		struct machine m;

		if (!spinners(&m, g, 2, "0100000000000000 01",
			      spin_frames(zero, g, "08", "tcpip!CloseAddress+0x5d"),
			      spin_frames(one, g, "00", "tcpip!CloseConn+0x41"),
			      "", &h))
			return;
		CHECK_EQ(h->kind, NTR_HANG_SPIN);
		CHECK_STR(h->text, "2 processors spin for spin locks, 0 idle: "
			  "nothing runs that could release the locks");
		f = of_kind(h, NTR_HANG_SPIN);
		if (f) {
			snprintf(lock, sizeof(lock), "for spin lock %.*s08 (in %s)",
				 (int)strlen(g->page) - 2, g->page, g->reg);
			CHECK(has(f, lock));
			snprintf(lock, sizeof(lock), "for spin lock %s (in %s)",
				 g->page, g->reg);
			CHECK(has(f, lock));
			CHECK(has(f, "CPU 0: it spins in "));
			CHECK(has(f, "CPU 1: it spins in "));
			CHECK(has(f, "called from tcpip!CloseAddress+0x5d"));
			CHECK(has(f, "called from tcpip!CloseConn+0x41"));
			CHECK(has(f, "in thread 0x74 (server.exe)"));
			CHECK(has(f, "they want different locks"));
			CHECK(!h->own->spin_link.found);
			CHECK(has(f, "a spin lock records no owner"));
		}
		done(&m, h);
	}
}

/* What is not in a register is not guessed; the same lock is said. */
static void which_lock(void)
{
	char zero[400], one[400];
	const struct gen *g = &gens[X64_7];
	const struct ntr_hang_finding *f;
	struct ntr_hang *h;
	struct machine m;

	if (!spinners(&m, g, 2, "01",
		      "frame \"nt!KxWaitForSpinLockAndAcquire+0x17\"\n"
		      "frame \"tcpip!A+0x20\"",
		      spin_frames(one, g, "00", "tcpip!B+0x20"), "", &h))
		return;
	f = of_kind(h, NTR_HANG_SPIN);
	CHECK(f && has(f, "which lock is not known: no register, or more than "
		       "one, points to a lock that is taken"));
	CHECK(f && !has(f, "they want"));
	CHECK_EQ(h->own->cpus.v[0].lock, 0);
	CHECK_EQ(h->own->cpus.v[1].lock, UINT64_C(0xfffff98090000000));
	done(&m, h);
	if (!spinners(&m, g, 2, "01", spin_frames(zero, g, "00", "tcpip!A+0x20"),
		      spin_frames(one, g, "00", "tcpip!B+0x20"), "", &h))
		return;
	f = of_kind(h, NTR_HANG_SPIN);
	CHECK(f && has(f, "they want the same lock"));
	done(&m, h);
	/* A lock that is free cannot be the one. */
	if (!spinners(&m, g, 2, "00", spin_frames(zero, g, "00", "tcpip!A+0x20"),
		      spin_frames(one, g, "00", "tcpip!B+0x20"), "", &h))
		return;
	CHECK_EQ(h->own->cpus.v[0].work, NTR_CW_SPINS);
	CHECK_EQ(h->own->cpus.v[0].lock, 0);
	done(&m, h);
}

/* Both ways, or it is no evidence. */
static void locks_that_belong_together(void)
{
	static const uint64_t pointers[] = { 0x8a000060, 0x8a002000 };
	struct ntr_hang *h;
	struct machine m;

	if (!open_as(&m, "hang-spin-locks", "x86 nt4", "", &h))
		return;
	CHECK(h->own->spin_link.found);
	CHECK(!h->own->spin_link.sized);
	CHECK_EQ(h->own->spin_link.at[0], 0x8a000060);
	CHECK_EQ(h->own->spin_link.to[0], 0x8a002000);
	CHECK_EQ(h->own->spin_link.at[1], 0x8a002000);
	CHECK_EQ(h->own->spin_link.to[1], 0x8a000040);
	CHECK(has(&h->findings.v[0], "(256 bytes) of the locks 0x8a000040 and "
		  "0x8a002010 point to one another"));
	CHECK(has(&h->findings.v[0], "thread 0x80 (server.exe) waits for IRP 0x"));
	CHECK(has(&h->findings.v[0], "a DPC queued on CPU 1 belongs to it: its "
		  "context is it; that processor spins"));
	for (size_t i = 0; i < NTR_COUNT(pointers); i++) {
		struct ntr_waits *w = NULL;

		m.patch[0] = (struct patch){ .va = pointers[i], .n = 4 };
		m.npatches = 1;
		CHECK_EQ(ntr_waits(&w, m.t, NULL), NTR_OK);
		CHECK(!w->spin_link.found);
		ntr_waits_free(w);
	}
	m.npatches = 0;
	done(&m, h);
}

static void spin_near_misses(void)
{
	static const char runs[] =
		"thread tid 0x80 cpu 2 irql 2 { stack {\n"
		"frame \"tcpip!LongHolder+0x20\"\nframe \"nt!NtClose+0x11a\"\n} }";
	static const char tries[] =
		"frame \"nt!KeTryToAcquireSpinLockAtDpcLevel+0x17\"\n"
		"frame \"tcpip!Poll+0x20\"";
	char zero[400], one[400];
	const struct gen *g = &gens[X64_7];
	struct ntr_waits *w = NULL;
	struct ntr_hang *h;
	struct machine m;

	/* The holder may be the one that runs. */
	if (!spinners(&m, g, 3, "0100000000000000 01",
		      spin_frames(zero, g, "08", "tcpip!A+0x20"),
		      spin_frames(one, g, "00", "tcpip!B+0x20"), runs, &h))
		return;
	CHECK(!of_kind(h, NTR_HANG_SPIN));
	CHECK(untold(h, "2 processors spin; whether one that does not owns what "
		     "they spin for is not known: a spin lock records no owner; "
		     "of CPU 2: it runs thread 0x80 (server.exe), in "
		     "tcpip!LongHolder+0x20"));
	done(&m, h);
	/* One that spins while another runs is contention. */
	if (!spinners(&m, g, 2, "01", spin_frames(zero, g, "00", "tcpip!A+0x20"),
		      "frame \"tcpip!LongHolder+0x20\"", "", &h))
		return;
	CHECK(!of_kind(h, NTR_HANG_SPIN));
	CHECK(!untold(h, "spin;"));
	CHECK_EQ(h->own->cpus.v[0].work, NTR_CW_SPINS);
	CHECK_EQ(h->own->cpus.v[1].work, NTR_CW_RUNS);
	done(&m, h);
	/* A try does not wait. */
	if (!spinners(&m, g, 2, "01", tries, tries, "", &h))
		return;
	CHECK(!of_kind(h, NTR_HANG_SPIN));
	CHECK_EQ(h->own->cpus.v[0].work, NTR_CW_RUNS);
	done(&m, h);
	/* All others are idle: nobody is left to release it. */
	if (!spinners(&m, g, 3, "01", spin_frames(zero, g, "00", "tcpip!A+0x20"),
		      spin_frames(one, g, "00", "tcpip!B+0x20"), "", &h))
		return;
	CHECK(of_kind(h, NTR_HANG_SPIN) != NULL);
	CHECK_HAS(h->text, "2 processors spin for spin locks, 1 idle");
	CHECK_EQ(h->own->cpus.v[2].work, NTR_CW_IDLE);
	/* But for a DPC, which runs on the idle thread's account. */
	m.patch[0] = (struct patch){ .va = m.t->cpus.v[2].kprcb + 0x21da,
				     .b = { 1 }, .n = 1 };
	m.npatches = 1;
	CHECK_EQ(ntr_waits(&w, m.t, NULL), NTR_OK);
	CHECK_EQ(w->cpus.v[2].work, NTR_CW_RUNS);
	ntr_waits_free(w);
	m.npatches = 0;
	done(&m, h);
}

/* --- requests ------------------------------------------------------------------------- */

static void requests(void)
{
	for (unsigned i = 0; i < NGENS; i++) {
		const struct ntr_wlock *l;
		struct ntr_hang *h;
		struct machine m;

		if (!open_as(&m, "hang-request", gens[i].machine, "", &h))
			return;
		CHECK_EQ(h->own->irps.n, 3);
		l = wait_of(h->own, 0x104);
		CHECK(l && l->ender);
		if (l && l->ender) {
			CHECK_HAS(l->ender, "IRP 0x");
			CHECK_HAS(l->ender, "(IRP_MJ_READ), which \\Driver\\disk "
				  "has (device 0x");
			CHECK_HAS(l->ender, "by its UserEvent; an item pending in "
				  "the ");
			CHECK_HAS(l->ender, "queue, disk!CompleteRead, refers to "
				  "it: its parameter is it");
		}
		l = wait_of(h->own, 0x204);
		CHECK_HAS(l && l->ender ? l->ender : "", "(IRP_MJ_WRITE), which "
			  "\\Driver\\disk has");
		CHECK_HAS(l && l->ender ? l->ender : "", "by the Event of its file "
			  "object");
		l = wait_of(h->own, 0x208);
		CHECK_HAS(l && l->ender ? l->ender : "", "(IRP_MJ_DEVICE_CONTROL)");
		CHECK_HAS(l && l->ender ? l->ender : "", "by the context of a "
			  "completion routine");
		/* The worker wants M, whose owner waits for what is queued. */
		CHECK_EQ(h->kind, NTR_HANG_QUEUE);
		CHECK(has(&h->findings.v[0], "1 of 1 blocked workers wait for "
			  "what a pending item refers to, the first "
			  "disk!CompleteRead"));
		CHECK_HAS(h->text, "what they wait for is still pending behind "
			  "them");
		CHECK_EQ(h->findings.n, 2);
		CHECK_EQ(h->findings.v[1].kind, NTR_HANG_OWNER);
		CHECK_HAS(h->findings.v[1].text, "thread 0x104 (a.exe) owns "
			  "mutant 0x");
		CHECK_HAS(h->findings.v[1].text, "3 threads wait for it");
		done(&m, h);
	}
}

/* Nobody is behind a read that takes long: a listening server. */
static void requests_alone(void)
{
	static const char text[] = "machine x64 7 cpus 2\ncontainer full\n"
		"memory 32MiB\nuptime 5h\nstop 0xe2\n"
		"module \"npfs.sys\" size 0x9000\n"
		"driver \"npfs\" module \"npfs.sys\"\n"
		"device \"pipe\" driver \"npfs\"\n"
		"lock \"E\" event\nlock \"F\" event\nlock \"G\" event\n"
		"queue delayed processed 2 lastpass 1\n"
		"process \"a.exe\" pid 0x100 {\n"
		"thread tid 0x104 wait Executive on \"E\" for 9000s\n"
		"thread tid 0x108 wait Executive on \"F\" for 9000s\n"
		"thread tid 0x10c wait WrQueue worker delayed\n}\n"
		"irp tid 0x104 event \"E\" { location READ device \"pipe\" current }\n"
		"irp tid 0x108 event \"G\" { location READ device \"pipe\" current }\n";
	struct ntr_hang *h;
	struct machine m;

	if (!open_text(&m, text, &h))
		return;
	CHECK_EQ(h->kind, NTR_HANG_NONE);
	CHECK_EQ(h->findings.n, 0);
	CHECK_EQ(h->own->irps.n, 1);
	CHECK(wait_of(h->own, 0x104)->ender != NULL);
	CHECK(wait_of(h->own, 0x108)->ender == NULL); /* another's event */
	done(&m, h);
}

/* A request that is damaged, completed or no request any more leads nowhere. */
static void damaged_requests(void)
{
	static const struct { unsigned off, n; uint8_t v[2]; bool found; } cases[] = {
		{ 0, 1, { 5 }, false },          /* Type */
		{ 0x43, 1, { 3 }, false },       /* CurrentLocation: completed */
		{ 0x43, 1, { 100 }, false },     /* nonsense */
		{ 0x42, 1, { 127 }, false },     /* StackCount beyond its Size */
		{ 0x43, 1, { 2 }, true },        /* not with a driver yet */
		{ 0x50, 1, { 1 }, false },       /* UserEvent: elsewhere */
	};

	for (size_t i = 0; i < NTR_COUNT(cases); i++) {
		struct ntr_waits *w = NULL;
		struct ntr_hang *h;
		struct machine m;
		uint64_t irp;

		if (!open_as(&m, "hang-request", "x64 7", "", &h))
			return;
		irp = h->own->irps.v[wait_of(h->own, 0x104)->irp].va;
		m.patch[0] = (struct patch){ .va = irp + cases[i].off,
					     .n = cases[i].n };
		memcpy(m.patch[0].b, cases[i].v, cases[i].n);
		m.npatches = 1;
		CHECK_EQ(ntr_waits(&w, m.t, NULL), NTR_OK);
		CHECK_EQ(wait_of(w, 0x104)->irp != NTR_NONE, cases[i].found);
		if (cases[i].found)
			CHECK_HAS(wait_of(w, 0x104)->ender, "which no driver has "
				  "yet");
		ntr_waits_free(w);
		m.npatches = 0;
		done(&m, h);
	}
}

static void dpcs(void)
{
	static const char *const more[] = {
		"dpc \"disk!Dpc\" cpu 1 irp 2\n",
		"dpc \"disk!Dpc\" cpu 1 device \"DR0\"\n",
	};
	static const char *const links[] = {
		"a DPC queued on CPU 1 belongs to it: its context is it",
		"a DPC queued on CPU 1 belongs to it: its context is the device",
	};

	for (unsigned i = 0; i < NGENS * 2; i++) {
		const struct ntr_wlock *l;
		struct ntr_hang *h;
		struct machine m;

		if (!open_as(&m, "hang-request", gens[i / 2].machine,
			     more[i % 2], &h))
			return;
		l = wait_of(h->own, 0x204);
		CHECK_HAS(l && l->ender ? l->ender : "", links[i % 2]);
		CHECK_EQ(h->own->cpus.v[1].ndpcs, 1);
		/* What waits in a work queue is told by that. */
		l = wait_of(h->own, 0x104);
		CHECK_HAS(l->ender, "disk!CompleteRead");
		done(&m, h);
	}
}

/* The context of a DPC says nothing about another request. */
static void another_dpc(void)
{
	struct ntr_hang *h;
	struct machine m;

	if (!open_as(&m, "hang-request", "x64 7",
		     "dpc \"disk!Dpc\" cpu 1 context 0x1234\n", &h))
		return;
	CHECK_EQ(wait_of(h->own, 0x204)->cpu, NTR_NONE);
	CHECK_EQ(h->own->cpus.v[1].ndpcs, 1);
	done(&m, h);
}

/* --- queues ------------------------------------------------------------------------------ */

static const struct ntr_wqueue *queue_named(const struct ntr_waits *w,
					    const char *name)
{
	for (size_t i = 0; i < w->queue_verdicts.n; i++)
		if (!strcmp(w->queues.q.v[w->queue_verdicts.v[i].queue].name,
			    name))
			return &w->queue_verdicts.v[i];
	return NULL;
}

static void one_queue_of_10(void)
{
	const struct ntr_hang_finding *f;
	const struct ntr_wqueue *v;
	struct ntr_hang *h;
	struct machine m;

	if (!open_as(&m, "x64-10-critical-queue", "x64 10", "", &h))
		return;
	CHECK_EQ(h->kind, NTR_HANG_QUEUE);
	CHECK_HAS(h->text, "all priorities queue exhausted: 4 items pending, the "
		  "next NDIS!ndisMRequestComplete; all 3 workers are blocked");
	CHECK_HAS(h->text, "what they wait for is still pending behind them");
	f = of_kind(h, NTR_HANG_QUEUE);
	CHECK(f && has(f, "3 of priority 13, 1 of priority 12 pending"));
	CHECK(f && has(f, "it has 3 workers of at most 3"));
	CHECK_HAS(wait_of(h->own, 0x100)->ender, "its parameter points to it");
	CHECK_HAS(wait_of(h->own, 0x104)->ender, "its parameter is it");
	v = queue_named(h->own, "all priorities");
	CHECK(v != NULL);
	if (v) {
		CHECK_EQ(v->awaiting, 3);
		CHECK_EQ(v->objects, 3);
		CHECK_EQ(v->stacks, 2);
		CHECK_EQ(v->in_routine, 3);
		CHECK_STR(v->routine, "tcpip6!LanDoNdisRequest");
		CHECK(v->stands);
	}
	done(&m, h);
}

/* The queue of 10 with what differs. */
static void queue_of_10(const char *queue, const char *threads,
			enum ntr_queue_verdict want, const char *say)
{
	char text[2000];
	struct ntr_hang *h;
	struct machine m;

	snprintf(text, sizeof(text), "machine x64 10 cpus 2\ncontainer full\n"
		 "memory 64MiB\nuptime 9m\nstop 0xe2\n"
		 "module \"disk.sys\" size 0x9000\nlock \"E\" event\n"
		 "queue critical %s {\n item \"disk!Continue\" times 5\n}\n"
		 "process \"System\" {\n%s\n}\n", queue, threads);
	if (!open_text(&m, text, &h))
		return;
	CHECK_EQ(h->own->queue_verdicts.n, 1);
	if (h->own->queue_verdicts.n)
		CHECK_EQ(h->own->queue_verdicts.v[0].verdict, want);
	CHECK_EQ(h->findings.n, want == NTR_QV_EXHAUSTED);
	if (*say)
		CHECK(untold(h, say));
	done(&m, h);
}

static void near_misses_of_10(void)
{
	static const char blocked[] =
		"thread tid 0x100 wait Executive on \"E\" for 5s worker critical "
		"times 4";

	/* It may have more, and had no time to get them. */
	queue_of_10("processed 7 lastpass 7 most 4096", blocked, NTR_QV_UNKNOWN,
		    "4092 workers more may be added");
	queue_of_10("processed 7 lastpass 7 most 4", blocked, NTR_QV_EXHAUSTED,
		    "");
	/* Ten seconds were enough. */
	queue_of_10("processed 7 lastpass 7 most 4096",
		    "thread tid 0x100 wait Executive on \"E\" for 11s worker "
		    "critical times 4", NTR_QV_EXHAUSTED, "");
	/* It drains. */
	queue_of_10("processed 8 lastpass 7 most 4",
		    "thread tid 0x100 wait Executive on \"E\" for 50s worker "
		    "critical times 4", NTR_QV_WORKING, "");
	queue_of_10("processed 7 lastpass 7 most 4",
		    "thread tid 0x100 wait Executive on \"E\" for 50s worker "
		    "critical times 4\nthread tid 0x200 ready worker critical",
		    NTR_QV_WORKING, "");
	/* A worker of any priority could take the items. */
	queue_of_10("processed 7 lastpass 7 most 5",
		    "thread tid 0x100 wait Executive on \"E\" for 50s worker "
		    "critical times 4\n"
		    "thread tid 0x200 wait WrQueue worker delayed",
		    NTR_QV_UNKNOWN, "some of its workers wait for work");
}

/* Until 7 the balance manager adds up to 16 workers. */
static void workers_are_added(void)
{
	static const struct { const char *dynamic, *time; unsigned n; } cases[] = {
		{ "4", "3s", 0 }, { "16", "3s", 1 }, { "4", "12s", 1 },
	};
	char text[1000];

	for (size_t i = 0; i < NTR_COUNT(cases); i++)
		for (unsigned g = 3; g < X64_10; g++) {
			struct ntr_hang *h;
			struct machine m;

			snprintf(text, sizeof(text), "machine %s cpus 2\n"
				 "container full\nmemory 64MiB\nuptime 9m\n"
				 "stop 0xe2\nmodule \"disk.sys\" size 0x9000\n"
				 "lock \"E\" event\n"
				 "queue critical processed 7 lastpass 7 dynamic "
				 "%s {\n item \"disk!Continue\" times 5\n}\n"
				 "process \"System\" {\nthread tid 0x100 wait "
				 "Executive on \"E\" for %s worker critical times "
				 "9\n}\n", gens[g].machine, cases[i].dynamic,
				 cases[i].time);
			if (!open_text(&m, text, &h))
				return;
			CHECK_EQ(h->findings.n, cases[i].n);
			if (!cases[i].n)
				CHECK(untold(h, "12 workers more may be added"));
			done(&m, h);
		}
}

/* Workers that wait elsewhere are no proof, and are told apart. */
static void not_awaited(void)
{
	const struct ntr_wqueue *v;
	struct ntr_hang *h;
	struct machine m;

	if (!open_as(&m, "hang-critical-queue", "x64 2003", "", &h))
		return;
	v = queue_named(h->own, "critical");
	CHECK(v != NULL);
	if (v) {
		CHECK_EQ(v->verdict, NTR_QV_EXHAUSTED);
		CHECK_EQ(v->awaiting, 0);
		CHECK_EQ(v->objects, 1);
		CHECK_EQ(v->stacks, 1);
		CHECK_EQ(v->in_routine, 24);
		CHECK_STR(v->routine, "tcpip6!LanDoNdisRequest");
	}
	CHECK(!strstr(h->text, "still pending behind them"));
	done(&m, h);
}

/* --- orders of locks ------------------------------------------------------------------------ */

static void inversions(void)
{
	for (unsigned i = 0; i < NGENS; i++) {
		const struct ntr_inversion *x;
		struct ntr_hang *h;
		struct machine m;

		if (!open_as(&m, "lock-order", gens[i].machine, "", &h))
			return;
		CHECK_EQ(h->own->cycles.n, 0);
		CHECK_EQ(h->own->inversions.n, 2);
		for (size_t k = 0; k < h->own->inversions.n; k++) {
			x = &h->own->inversions.v[k];
			CHECK(!x->deadlock);
			if (!strcmp(x->kind[0], "mutant")) {
				CHECK_EQ(x->by[0], NTR_OB_WAIT);
				CHECK_EQ(x->by[1], NTR_OB_WAIT);
				CHECK_HAS(x->text, "thread 0x104 (a.exe) owns "
					  "mutant 0x");
				CHECK_HAS(x->text, "thread 0x108 (a.exe) owns "
					  "mutant 0x");
				CHECK_HAS(x->text, "no deadlock came of it yet");
				continue;
			}
			CHECK_STR(x->kind[0], "resource");
			CHECK(x->by[0] != x->by[1]);
			CHECK_HAS(x->text, "thread 0x204 (a.exe) owns resource "
				  "0x");
			CHECK_HAS(x->text, "its stack has the first in an outer "
				  "frame");
			CHECK_HAS(x->text, "does not prove it");
		}
		done(&m, h);
	}
}

static void a_deadlock_is_an_inversion(void)
{
	struct ntr_hang *h;
	struct machine m;

	if (!open_as(&m, "hang-two-locks", "x86 nt4", "", &h))
		return;
	CHECK_EQ(h->own->inversions.n, 1);
	if (h->own->inversions.n)
		CHECK(h->own->inversions.v[0].deadlock);
	done(&m, h);
	/* Three in a ring: no two of them contradict each other. */
	if (!open_as(&m, "hang-ring", "x64 7", "", &h))
		return;
	CHECK_EQ(h->own->inversions.n, 0);
	done(&m, h);
}

/* --- power -------------------------------------------------------------------------------------- */

static bool first_irp(void *ctx, const struct ntr_irp *p, enum ntr_irp_from from)
{
	(void)from;
	*(uint64_t *)ctx = p->va;
	return false;
}

static void power(void)
{
	static const char format[] = "machine %s cpus 2\ncontainer full\n"
		"memory 64MiB\nuptime 5h\nstop 0x9f %u 0 0 0x%" PRIx64 "\n"
		"module \"usbhub.sys\" size 0x9000\n"
		"module \"filter.sys\" size 0x9000\n"
		"driver \"usbhub\" module \"usbhub.sys\"\n"
		"driver \"filter\" module \"filter.sys\"\n"
		"device \"pdo\" driver \"usbhub\"\n"
		"device \"flt\" driver \"filter\" on \"pdo\" unnamed\n"
		"process \"System\" {\nthread tid 0x50 wait Executive\n}\n"
		"irp tid 0x50 pending { location POWER minor 2 device \"pdo\"\n"
		"location POWER minor 2 device \"flt\" current }\n";
	static const char *const machines[] = { "x86 xp", "x64 7", "x64 10" };
	char text[2000];

	for (size_t i = 0; i < NTR_COUNT(machines) * 2; i++) {
		const struct ntr_hang_finding *f;
		unsigned p1 = i % 2 ? 3 : 5; /* 5: another story */
		struct ntr_irp_find found;
		uint64_t irp = 0;
		struct ntr_hang *h;
		struct machine m;

		snprintf(text, sizeof(text), format, machines[i / 2], p1,
			 UINT64_C(0));
		if (!open_text(&m, text, &h))
			return;
		CHECK(!of_kind(h, NTR_HANG_POWER));
		CHECK_EQ(ntr_irp_find(m.t, NULL, first_irp, &irp, &found, NULL),
			 NTR_OK);
		CHECK(irp != 0);
		done(&m, h);
		snprintf(text, sizeof(text), format, machines[i / 2], p1, irp);
		if (!open_text(&m, text, &h))
			return;
		f = of_kind(h, NTR_HANG_POWER);
		CHECK_EQ(f != NULL, i % 2);
		if (f) {
			CHECK_HAS(f->text, "(IRP_MN_SET_POWER) was not completed "
				  "in time");
			CHECK(has(f, "of \\Driver\\filter, which has the "
				  "request"));
			CHECK(has(f, "of \\Driver\\usbhub"));
		}
		done(&m, h);
	}
}

int main(void)
{
	RUN(two_spin);
	RUN(which_lock);
	RUN(locks_that_belong_together);
	RUN(spin_near_misses);
	RUN(requests);
	RUN(requests_alone);
	RUN(damaged_requests);
	RUN(dpcs);
	RUN(another_dpc);
	RUN(one_queue_of_10);
	RUN(near_misses_of_10);
	RUN(workers_are_added);
	RUN(not_awaited);
	RUN(inversions);
	RUN(a_deadlock_is_an_inversion);
	RUN(power);
	return test_done();
}
