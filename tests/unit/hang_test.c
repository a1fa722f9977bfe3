// SPDX-License-Identifier: Apache-2.0
/* Whether a machine hangs, on forged ones of every generation of NT. */
#include "triage/hang.h"

#include "objects.h"

static const char *const machines[] = {
	"x86 nt3.51", "x86 nt4", "x86 2000", "x86 xp", "x86 2003", "x64 2003",
	"x64 7", "x64 10",
};

/* A fixture as another machine. */
static bool open_as(struct machine *m, const char *name, unsigned gen,
		    struct ntr_hang **h)
{
	struct ntr_err e = { "" };

	*h = NULL;
	if (!machine_open_as(m, name, machines[gen], "full"))
		return false;
	CHECK_EQ(ntr_hang_of(h, m->t, &e), NTR_OK);
	return *h != NULL;
}

static bool evidence(const struct ntr_hang_finding *f, const char *part)
{
	for (size_t i = 0; i < f->evidence.n; i++)
		if (strstr(f->evidence.v[i], part))
			return true;
	return false;
}

static void each(const char *name, enum ntr_hang_kind kind, const char *text,
		 const char *const *parts, size_t nparts, unsigned ngens)
{
	for (unsigned g = 0; g < ngens; g++) {
		struct ntr_hang *h;
		struct machine m;

		if (!open_as(&m, name, g, &h))
			return;
		CHECK_EQ(h->kind, kind);
		CHECK_HAS(h->text, text);
		CHECK_EQ(h->findings.n, 1);
		for (size_t i = 0; h->findings.n && i < nparts; i++)
			if (!evidence(&h->findings.v[0], parts[i]))
				CHECK_STR(machines[g], parts[i]);
		CHECK(h->looked_at != NULL);
		ntr_hang_free(h);
		machine_close(&m);
	}
}

static void two_locks(void)
{
	static const char *const parts[] = {
		"thread 0x104 (server.exe) has waited 90.0 s for mutant 0x",
		"which thread 0x108 (server.exe) owns",
		"thread 0x108 (server.exe) has waited 91.0 s for mutant 0x",
		"which thread 0x104 (server.exe) owns",
		"3 more threads wait for one of these",
	};

	each("hang-two-locks", NTR_HANG_DEADLOCK, "deadlock of 2 threads",
	     parts, NTR_COUNT(parts), NTR_COUNT(machines));
}

static void ring(void)
{
	static const char *const parts[] = {
		"thread 0x204 (one.exe) has waited 30.0 s for resource 0x",
		"thread 0x304 (two.exe) has waited 31.0 s for resource 0x",
		"which thread 0x404 (three.exe) owns with others",
		"thread 0x404 (three.exe) has waited 32.0 s for mutant 0x",
	};

	each("hang-ring", NTR_HANG_DEADLOCK, "deadlock of 3 threads", parts,
	     NTR_COUNT(parts), NTR_COUNT(machines));
}

static void slow_owner(void)
{
	static const char *const parts[] = {
		"(exclusively): 10 wait for it exclusively, 30 shared; "
		"contention count 40",
	};

	each("hang-slow-owner", NTR_HANG_OWNER, "thread 0x204 (System) owns "
	     "resource 0x", parts, NTR_COUNT(parts), NTR_COUNT(machines));
}

static void queue(void)
{
	static const char *const parts[] = {
		"24 of 24 workers wait in tcpip6",
		"pending: 23 items of NDIS!ndisMRequestComplete",
		"pending: 1 item of tcpip6!LanBindAdapter",
	};

	/* 10 has one queue of all priorities, whose delayed workers wait for
	 * work: it is not proven that nobody takes the items. */
	const unsigned before_10 = NTR_COUNT(machines) - 1;
	struct ntr_hang *h;
	struct machine m;

	each("hang-critical-queue", NTR_HANG_QUEUE, "critical queue exhausted",
	     parts, NTR_COUNT(parts), before_10);
	if (!open_as(&m, "hang-critical-queue", before_10, &h))
		return;
	CHECK_EQ(h->kind, NTR_HANG_UNKNOWN);
	CHECK_EQ(h->findings.n, 0);
	ntr_hang_free(h);
	machine_close(&m);
}

/* NT 3.51 and 4 do not name their list of resources: it cannot be told. */
static void draining(void)
{
	for (unsigned g = 0; g < NTR_COUNT(machines); g++) {
		struct ntr_hang *h;
		struct machine m;

		if (!open_as(&m, "busy-queue", g, &h))
			return;
		CHECK_EQ(h->findings.n, 0);
		CHECK_EQ(h->kind, g < 2 ? NTR_HANG_UNKNOWN : NTR_HANG_NONE);
		CHECK_EQ(h->unknown.n, g < 2 ? 2 : 1);
		ntr_hang_free(h);
		machine_close(&m);
	}
}

/* Contention that is over in a moment is none. */
static void contention(void)
{
	static const struct { const char *time; unsigned n; } cases[] = {
		{ "9s", 0 }, { "10s", 1 },
	};
	char text[600];

	for (size_t i = 0; i < NTR_COUNT(cases); i++) {
		struct ntr_hang *h = NULL;
		struct machine m;

		snprintf(text, sizeof(text), "machine x64 7\ncontainer full\n"
			 "memory 32MiB\nuptime 5h\nstop 0xe2\n"
			 "lock \"M\" mutex owner 0x204\n"
			 "process \"a.exe\" pid 0x200 {\n"
			 "thread tid 0x204 ready\n"
			 "thread tid 0x208 wait Executive on \"M\" for %s\n}\n",
			 cases[i].time);
		if (!machine_open(&m, text, "full"))
			return;
		CHECK_EQ(ntr_hang_of(&h, m.t, NULL), NTR_OK);
		CHECK_EQ(h->findings.n, cases[i].n);
		ntr_hang_free(h);
		machine_close(&m);
	}
}

static void no_list(void)
{
	struct ntr_hang *h = NULL;

	CHECK_EQ(ntr_hang(&h, NULL, "no list here", NULL), NTR_OK);
	CHECK_EQ(h->kind, NTR_HANG_UNKNOWN);
	CHECK_EQ(h->unknown.n, 1);
	CHECK_STR(h->unknown.v[0], "no list here");
	CHECK(h->looked_at == NULL);
	ntr_hang_free(h);
}

int main(void)
{
	RUN(two_locks);
	RUN(ring);
	RUN(slow_owner);
	RUN(queue);
	RUN(draining);
	RUN(contention);
	RUN(no_list);
	return test_done();
}
