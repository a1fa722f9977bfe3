// SPDX-License-Identifier: Apache-2.0
/*
 * Handle tables of forged machines of each generation, damaged ones among
 * them.  What is expected is what the scenario says.
 */
#include "kobj/handle.h"

#include "kobj/cid.h"
#include "kobj/device.h"
#include "kobj/fileobj.h"
#include "kobj/irp.h"
#include "objects.h"

#include "kobj/process.h"

static const char *const gens[] = { "x86 nt3.51", "x86 nt4", "x86 2000",
				    "x86 xp", "x86 2003", "x64 2003", "x64 7",
				    "x64 10", "arm64 11" };
enum { NT351, NT4, W2K, XP, W2003, X64_2003, X64_7, X64_10, ARM64, NGENS };

/* Before 2000 the kernel's variables are known by symbols only. */
static bool no_kdbg(unsigned g)
{
	return g < W2K;
}

static const char scenario[] =
	"container full\nmemory 64MiB\ntime 2001-04-05T06:07:08Z\nstop 0xe2\n"
	"module \"disk.sys\" size 0x9000\n"
	"driver \"disk\" module \"disk.sys\"\n"
	"device \"DR0\" driver \"disk\" type 7\n"
	"process \"a.exe\" pid 0x1d0 { thread tid 0x1d4\n"
	"  handle 0x4 process 0x2d0 access 0x1fffff protect\n"
	"  handle 0x8 event \"Stop\" access 0x1f0003 inherit\n"
	"  handle 0xc mutant \"One\" access 0x1f0001 audit\n"
	"  handle 0x14 file \"\\temp\\x.log\" on \"DR0\" access 0x120089\n"
	"  handle 0x18 thread 0x2d4 access 0x1f03ff inherit protect }\n"
	"process \"b.exe\" pid 0x2d0 { thread tid 0x2d4\n"
	"  handles 2000 event \"Stop\" access 0x100000 }\n"
	"process \"c.exe\" pid 0x3d0 { thread tid 0x3d4 }\n";

static struct ntr_objects objects;

static bool open_text(struct machine *m, unsigned gen, const char *text)
{
	size_t size = strlen(text) + 64;
	char *whole = malloc(size);
	struct ntr_err e = { "" };
	bool ok;

	snprintf(whole, size, "machine %s cpus 1\n%s", gens[gen], text);
	ok = machine_open(m, whole, "full");
	free(whole);
	CHECK(ok);
	if (ok)
		CHECK_EQ(ntr_objects_open(m->t, &objects, &e), NTR_OK);
	return ok;
}

static u64 process_named(struct machine *m, const char *name)
{
	struct ntr_process_list l;
	u64 va = 0;

	if (ntr_process_list(m->t, &l, NULL))
		return 0;
	for (size_t i = 0; i < l.p.n; i++)
		if (!strcmp(l.p.v[i].name, name))
			va = l.p.v[i].va;
	ntr_process_list_fini(&l);
	return va;
}

static bool table_of(struct machine *m, const char *name,
		     struct ntr_handle_table *t)
{
	struct ntr_err e = { "" };
	enum ntr_st st = ntr_handle_table_of(&objects, process_named(m, name),
					     t, &e);

	if (st)
		CHECK_STR(e.msg, "");
	return st == NTR_OK;
}

/* --- what a table holds --------------------------------------------------------------- */

struct got {
	struct ntr_handle h[16];
	size_t n;
	u64 last, untold;
	char why[80];
};

static bool keep(void *ctx, const struct ntr_handle *h)
{
	struct got *g = ctx;

	if (h->why) {
		g->untold += h->n;
		snprintf(g->why, sizeof(g->why), "%s", h->why);
	}
	CHECK(!g->n || h->handle > g->last);
	g->last = h->handle;
	if (g->n < 16)
		g->h[g->n] = *h;
	g->n++;
	return true;
}

static struct ntr_handle_count walk(const struct ntr_handle_table *t,
				    struct got *g)
{
	struct ntr_handle_count n = { 0 };
	struct ntr_err e = { "" };

	memset(g, 0, sizeof(*g));
	CHECK_EQ(ntr_handle_walk(&objects, t, 0, UINT64_MAX, keep, g, &n, &e),
		 NTR_OK);
	return n;
}

static void check_one(const struct ntr_handle *h, u64 handle, u32 access,
		      unsigned attributes, const char *type, const char *name)
{
	struct ntr_object b = { .va = 0 };
	struct ntr_err e = { "" };

	CHECK_EQ(h->handle, handle);
	CHECK_EQ(h->access, access);
	CHECK_EQ(h->attributes, attributes);
	CHECK_EQ(ntr_object_read(&objects, h->object, &b, &e), NTR_OK);
	CHECK_STR(b.type_name, type);
	CHECK_STR(b.name, name);
}

static void entries(void)
{
	for (unsigned g = 0; g < NGENS; g++) {
		struct ntr_handle_table t;
		struct ntr_handle_count n;
		struct ntr_fileobj f;
		struct ntr_err e = { "" };
		struct machine m;
		struct got got;

		if (!open_text(&m, g, scenario) || !table_of(&m, "a.exe", &t))
			return;
		n = walk(&t, &got);
		CHECK_EQ(n.used, 5);
		CHECK_EQ(n.bad + n.absent + n.refused, 0);
		CHECK_EQ(got.n, 5);
		check_one(&got.h[0], 4, 0x1fffff, NTR_HA_PROTECT, "Process", "");
		check_one(&got.h[1], 8, 0x1f0003, NTR_HA_INHERIT, "Event",
			  "Stop");
		check_one(&got.h[2], 0xc, 0x1f0001, NTR_HA_AUDIT, "Mutant",
			  "One");
		check_one(&got.h[3], 0x14, 0x120089, 0, "File", "");
		check_one(&got.h[4], 0x18, 0x1f03ff,
			  NTR_HA_INHERIT | NTR_HA_PROTECT, "Thread", "");
		CHECK_EQ(got.h[0].object, process_named(&m, "b.exe"));
		CHECK_EQ(ntr_fileobj_read(&objects, got.h[3].object, &f, &e),
			 NTR_OK);
		CHECK_STR(f.name, "\\temp\\x.log");
		CHECK_STR(f.device_name, "DR0");
		CHECK_EQ(ntr_fileobj_read(&objects, got.h[1].object, &f, &e),
			 NTR_BAD);
		CHECK_EQ(t.source, g < W2K ? NTR_SRC_ASSUMED : NTR_SRC_TABLE);
		machine_close(&m);
	}
}

/* 2000 handles: one array, two layers' worth, or pages under a page. */
static void many(void)
{
	static const enum ntr_handle_form forms[NGENS] = {
		NTR_HF_ARRAY, NTR_HF_ARRAY, NTR_HF_LAYERS, NTR_HF_LEVELS,
		NTR_HF_LEVELS, NTR_HF_LEVELS, NTR_HF_LEVELS, NTR_HF_LEVELS,
		NTR_HF_LEVELS,
	};
	static const unsigned levels[NGENS] = { 0, 0, 2, 1, 1, 1, 1, 1, 1 };
	/* The 2000th: one entry of each 512 (256) is no handle since XP. */
	static const u64 last[NGENS] = {
		8000, 8000, 8000, 8012, 8012, 8028, 8028, 8028, 8028,
	};

	for (unsigned g = 0; g < NGENS; g++) {
		struct ntr_handle_table t;
		struct ntr_handle_count n;
		struct machine m;
		struct got got;

		if (!open_text(&m, g, scenario) || !table_of(&m, "b.exe", &t))
			return;
		CHECK_EQ(t.form, forms[g]);
		CHECK_EQ(t.level, levels[g]);
		CHECK_EQ(t.has_count, g >= W2K && g <= X64_7);
		if (t.has_count)
			CHECK_EQ(t.count, 2000);
		CHECK_EQ(t.has_bound, g >= XP);
		if (t.has_bound)
			CHECK_EQ(t.bound, 8192);
		n = walk(&t, &got);
		CHECK_EQ(n.used, 2000);
		CHECK_EQ(got.n, 2000);
		CHECK_EQ(got.last, last[g]);
		CHECK_EQ(t.process, process_named(&m, "b.exe"));
		if (g >= W2K)
			CHECK_EQ(t.pid, 0x2d0);
		machine_close(&m);
	}
}

static void one_handle(void)
{
	for (unsigned g = 0; g < NGENS; g++) {
		struct ntr_handle_count n = { 0 };
		struct ntr_handle_table t;
		struct machine m;
		struct got got = { .n = 0 };

		if (!open_text(&m, g, scenario) || !table_of(&m, "b.exe", &t))
			return;
		CHECK_EQ(ntr_handle_walk(&objects, &t, 7000, 7000, keep, &got,
					 &n, NULL), NTR_OK);
		CHECK_EQ(got.n, 1);
		CHECK_EQ(got.h[0].handle, 7000);
		CHECK_EQ(got.h[0].access, 0x100000);
		memset(&got, 0, sizeof(got));
		CHECK_EQ(ntr_handle_walk(&objects, &t, 8100, 8100, keep, &got,
					 &n, NULL), NTR_OK);
		CHECK_EQ(got.n, 0);
		machine_close(&m);
	}
}

static void no_table(void)
{
	for (unsigned g = 0; g < NGENS; g++) {
		struct ntr_handle_table t;
		struct ntr_err e = { "" };
		struct machine m;

		if (!open_text(&m, g, scenario))
			return;
		CHECK_EQ(ntr_handle_table_of(&objects, process_named(&m, "c.exe"),
					     &t, &e), NTR_END);
		CHECK(strstr(e.msg, "has no handle table") != NULL);
		CHECK_EQ(ntr_handle_table_of(&objects, 0x1000, &t, &e),
			 NTR_FAULT);
		CHECK_EQ(ntr_handle_table_read(&objects, 0x1000, &t, &e),
			 NTR_BAD);
		machine_close(&m);
	}
}

/* Three levels: more handles than pages of pointers hold. */
static void three_levels(void)
{
	static const char text[] =
		"container full\nmemory 128MiB\nstop 0xe2\n"
		"process \"big.exe\" pid 0x1d0 { thread tid 0x1d4\n"
		"  handles 140000 event \"E\" access 0x1f0003 }\n";
	struct ntr_handle_table t;
	struct ntr_handle_count n;
	struct machine m;
	struct got got;

	if (!open_text(&m, X64_7, text) || !table_of(&m, "big.exe", &t))
		return;
	CHECK_EQ(t.level, 2);
	n = walk(&t, &got);
	CHECK_EQ(n.used, 140000);
	CHECK_EQ(n.refused + n.bad + n.absent, 0);
	machine_close(&m);
}

/* --- damage ---------------------------------------------------------------------------- */

/* Where the head has its fields, and their widths: x86 XP, x64 7, x64 10. */
struct head {
	unsigned gen;
	u64 code, need, count;
	size_t ptr;
};
static const struct head heads[] = {
	{ XP, 0, 0x38, 0x3c, 4 }, { X64_7, 0, 0x5c, 0x58, 8 },
	{ X64_10, 8, 0, 0, 8 },
};

static void damaged_heads(void)
{
	for (size_t i = 0; i < NTR_COUNT(heads); i++) {
		const struct head *h = &heads[i];
		struct ntr_handle_table t;
		struct ntr_err e = { "" };
		struct machine m;
		struct got got;
		u64 code;

		if (!open_text(&m, h->gen, scenario) ||
		    !table_of(&m, "b.exe", &t))
			return;
		code = machine_ptr(&m, t.va + h->code);
		/* An absurd bound is no bound. */
		machine_patch(&m, t.va + h->need, 0xfffffffc, 4);
		CHECK(table_of(&m, "b.exe", &t));
		CHECK(!t.has_bound);
		CHECK_STR(t.note, "NextHandleNeedingPool makes no sense");
		CHECK_EQ(walk(&t, &got).used, 2000);
		/* An absurd count is shown as it is, and read past. */
		if (h->count) {
			machine_patch(&m, t.va + h->count, 0xffffffff, 4);
			CHECK(table_of(&m, "b.exe", &t));
			CHECK_EQ(t.count, 0xffffffff);
			CHECK_EQ(walk(&t, &got).used, 2000);
		}
		/* A level that does not exist, an address that is none. */
		machine_patch(&m, t.va + h->code, code | 3, h->ptr);
		CHECK_EQ(ntr_handle_table_read(&objects, t.va, &t, &e),
			 NTR_BAD);
		CHECK(strstr(e.msg, "level") != NULL);
		machine_patch(&m, t.va + h->code, 0x1001, h->ptr);
		CHECK_EQ(ntr_handle_table_read(&objects, t.va, &t, &e),
			 NTR_BAD);
		machine_close(&m);
	}
}

/* The page of pointers leads to itself, to a page again, and nowhere. */
static void damaged_pages(void)
{
	for (size_t i = 0; i < NTR_COUNT(heads); i++) {
		const struct head *h = &heads[i];
		u64 leaf = h->ptr == 4 ? 512 : 256;
		struct ntr_handle_table t;
		struct ntr_handle_count n;
		struct machine m;
		struct got got;

		if (!open_text(&m, h->gen, scenario) ||
		    !table_of(&m, "b.exe", &t))
			return;
		machine_patch(&m, t.first + h->ptr, t.first, h->ptr);
		n = walk(&t, &got);
		CHECK_EQ(n.used, 2000 - (leaf - 1));
		CHECK_EQ(n.refused, 1);
		CHECK_EQ(n.absent, leaf);
		CHECK_STR(got.why, "the table leads to a page of it again");
		machine_patch(&m, t.first + h->ptr,
			      machine_ptr(&m, t.first), h->ptr);
		CHECK_EQ(walk(&t, &got).refused, 1);
		machine_patch(&m, t.first + h->ptr, 0x44440000, h->ptr);
		n = walk(&t, &got);
		CHECK_EQ(n.refused, 1);
		CHECK_STR(got.why, "the table leads to no address here");
		CHECK_EQ(got.untold, leaf);
		/* A kernel address that is not in the dump. */
		machine_patch(&m, t.first + h->ptr, h->ptr == 4 ? 0xf1230000 :
			      0xfffff9ff12340000, h->ptr);
		n = walk(&t, &got);
		CHECK_EQ(n.refused, 0);
		CHECK_EQ(n.absent, leaf);
		CHECK_STR(got.why, "not in the dump");
		machine_close(&m);
	}
}

/* Three levels, all of them the same page: two million claims, none believed. */
static void ring(void)
{
	struct ntr_handle_table t;
	struct ntr_handle_count n;
	struct machine m;
	struct got got;
	u64 root;

	if (!open_text(&m, X64_7, scenario) || !table_of(&m, "b.exe", &t))
		return;
	root = t.first;
	machine_patch(&m, root, root, 8);
	machine_patch(&m, t.va, root | 2, 8);
	machine_patch(&m, t.va + 0x5c, 0, 4);
	CHECK(table_of(&m, "b.exe", &t));
	CHECK_EQ(t.level, 2);
	n = walk(&t, &got);
	CHECK(n.refused >= 1);
	CHECK(got.n < 20000);
	machine_close(&m);
}

static void damaged_entries(void)
{
	struct ntr_handle_table t;
	struct ntr_handle_count n;
	struct machine m;
	struct got got;

	/* 2000: bit 31 is the lock; both forms are the same object. */
	if (!open_text(&m, W2K, scenario) || !table_of(&m, "a.exe", &t))
		return;
	walk(&t, &got);
	machine_patch(&m, got.h[1].entry, machine_ptr(&m, got.h[1].entry) |
		      0x80000000, 4);
	walk(&t, &got);
	check_one(&got.h[1], 8, 0x1f0003, NTR_HA_INHERIT, "Event", "Stop");
	machine_close(&m);
	/* 7: an entry that leads to user space. */
	if (!open_text(&m, X64_7, scenario) || !table_of(&m, "a.exe", &t))
		return;
	walk(&t, &got);
	machine_patch(&m, got.h[1].entry, 0x12345671, 8);
	n = walk(&t, &got);
	CHECK_EQ(n.used, 4);
	CHECK_EQ(n.bad, 1);
	CHECK_STR(got.h[1].why, "its entry leads to no address of an object");
	CHECK_EQ(got.h[1].object, 0);
	machine_close(&m);
}

/* The word of Windows 10, written out: object header ffff9a0f`12345670,
 * inherit, a count of 0x7ffe, unlocked. */
static void packed_word(void)
{
	struct ntr_handle_table t;
	struct machine m;
	struct got got;

	if (!open_text(&m, X64_10, scenario) || !table_of(&m, "a.exe", &t))
		return;
	walk(&t, &got);
	machine_patch(&m, got.h[0].entry, 0x9a0f12345674fffd, 8);
	machine_patch(&m, got.h[0].entry + 8, 0x021fffff, 4);
	walk(&t, &got);
	CHECK_EQ(got.h[0].object, 0xffff9a0f123456a0);
	CHECK_EQ(got.h[0].attributes, NTR_HA_INHERIT);
	CHECK_EQ(got.h[0].access, 0x1fffff);
	machine_close(&m);
}

/* ARM64: devices, a stack of them and an IRP are read as on x64. */
static void arm64_io(void)
{
	static const char text[] =
		"container full\nmemory 64MiB\nstop 0xe2\n"
		"module \"disk.sys\" size 0x9000\n"
		"driver \"disk\" module \"disk.sys\"\n"
		"device \"DR0\" driver \"disk\" type 7 flags 0x50\n"
		"device \"flt\" driver \"disk\" on \"DR0\" type 7\n"
		"process \"a.exe\" pid 0x1d0 { thread tid 0x1d4\n"
		"  handle 0x4 thread 0x1d4 access 0x1f03ff }\n"
		"irp tid 0x1d4 flags 0x43 pending {\n"
		"  location READ device \"DR0\" control 1 current\n}\n";
	static struct ntr_irp p;
	struct ntr_device_list l;
	struct ntr_handle_table t;
	struct ntr_err e = { "" };
	struct machine m;
	struct got got;
	u64 device = 0;

	if (!open_text(&m, ARM64, text) || !table_of(&m, "a.exe", &t))
		return;
	walk(&t, &got);
	/* ETHREAD.IrpList of 22000 is at 0x520, IRP.ThreadListEntry at 0x20 */
	CHECK_EQ(ntr_irp_read(m.t, machine_ptr(&m, got.h[0].object + 0x520) -
			      0x20, &p, &e), NTR_OK);
	CHECK_STR(e.msg, "");
	CHECK_EQ(p.n, 1);
	CHECK_EQ(p.at[0].major, 3);
	CHECK_EQ(ntr_object_find(&objects, "\\Device\\DR0", &device, &e),
		 NTR_OK);
	CHECK_EQ(p.at[0].device, device);
	CHECK_EQ(ntr_device_stack(m.t, device, &l, &e), NTR_OK);
	CHECK_EQ(l.d.n, 2);
	CHECK_EQ(l.at, 1);
	CHECK_EQ(l.d.v[1].flags, 0x50);
	ntr_device_list_fini(&l);
	machine_close(&m);
}

/* --- ids ------------------------------------------------------------------------------ */

static const char hidden[] =
	"container full\nmemory 64MiB\nstop 0xe2\n"
	"process \"a.exe\" pid 0x1d0 { thread tid 0x1d4\n"
	"  handle 0x4 event access 0x1f0003 }\n"
	"process \"ghost.exe\" pid 0x2d0 unlisted { thread tid 0x2d4 }\n"
	"process \"noid.exe\" pid 0x3d0 noid { thread tid 0x3d4 }\n";

static void ids(void)
{
	for (unsigned g = W2K; g <= X64_10; g++) {
		struct ntr_cid_view v = { .processes = 0 };
		struct ntr_err e = { "" };
		unsigned ghost = 0, thread = 0, noid = 0;
		struct machine m;

		if (!open_text(&m, g, hidden))
			return;
		CHECK_EQ(ntr_cid_compare(&objects, &v, &e), NTR_OK);
		CHECK_STR(e.msg, "");
		CHECK_EQ(v.processes, 3);
		CHECK_EQ(v.threads, 4);
		CHECK_EQ(v.listed_processes, 3);
		CHECK_EQ(v.listed_threads, 3);
		CHECK_EQ(v.d.n, 3);
		CHECK_EQ(v.untold, 0);
		for (size_t i = 0; i < v.d.n; i++) {
			const struct ntr_cid_diff *d = &v.d.v[i];

			ghost += !d->thread && !d->listed && d->id == 0x2d0 &&
				 !strcmp(d->name, "ghost.exe");
			thread += d->thread && !d->listed && d->id == 0x2d4;
			noid += !d->thread && d->listed && d->id == 0x3d0 &&
				!strcmp(d->name, "noid.exe");
		}
		CHECK_EQ(ghost, 1);
		CHECK_EQ(thread, 1);
		CHECK_EQ(noid, 1);
		ntr_cid_fini(&v);
		machine_close(&m);
	}
}

/* Thread lists of ARM64 are not known; processes are compared all the same. */
static void ids_arm64(void)
{
	struct ntr_cid_view v = { .processes = 0 };
	struct machine m;

	if (!open_text(&m, ARM64, hidden))
		return;
	CHECK_EQ(ntr_cid_compare(&objects, &v, NULL), NTR_OK);
	CHECK_EQ(v.processes, 3);
	CHECK_EQ(v.threads, 4);
	CHECK_EQ(v.d.n, 2);
	CHECK_EQ(v.untold, 4);
	CHECK(*v.threads_why);
	CHECK_STR(v.list_why, "");
	ntr_cid_fini(&v);
	machine_close(&m);
}

/* A page of the table that is gone explains what the list has and it has not. */
static void ids_untold(void)
{
	struct ntr_cid_view v = { .processes = 0 };
	struct ntr_handle_table t;
	struct machine m;
	struct got got;

	if (!open_text(&m, X64_7, hidden))
		return;
	CHECK_EQ(ntr_handle_table_cid(&objects, &t, NULL), NTR_OK);
	CHECK(t.cid);
	walk(&t, &got);
	CHECK_EQ(got.h[0].handle, 4);
	machine_patch(&m, t.va, 0xfffff9ff12340000, 8);
	CHECK_EQ(ntr_cid_compare(&objects, &v, NULL), NTR_OK);
	CHECK_EQ(v.d.n, 0);
	CHECK_EQ(v.untold, 6);
	CHECK(*v.table_why);
	ntr_cid_fini(&v);
	machine_close(&m);
}

static void ids_need_symbols(void)
{
	for (unsigned g = 0; g < W2K; g++) {
		struct ntr_handle_table t;
		struct ntr_err e = { "" };
		struct machine m;

		if (!open_text(&m, g, hidden))
			return;
		CHECK(no_kdbg(g));
		CHECK_EQ(ntr_handle_table_cid(&objects, &t, &e), NTR_ABSENT);
		CHECK(strstr(e.msg, "nt!PspCidTable") != NULL);
		machine_close(&m);
	}
}

int main(void)
{
	RUN(entries);
	RUN(many);
	RUN(one_handle);
	RUN(no_table);
	RUN(three_levels);
	RUN(damaged_heads);
	RUN(damaged_pages);
	RUN(ring);
	RUN(damaged_entries);
	RUN(packed_word);
	RUN(arm64_io);
	RUN(ids);
	RUN(ids_arm64);
	RUN(ids_untold);
	RUN(ids_need_symbols);
	return test_done();
}
