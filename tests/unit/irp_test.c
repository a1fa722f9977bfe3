// SPDX-License-Identifier: Apache-2.0
/* Drivers, devices and IRPs of forged machines of each generation; what is
 * expected is written down here. */
#include "kobj/device.h"
#include "kobj/irp.h"
#include "kobj/process.h"

#include "objects.h"

static const char *const gens[] = { "x86 nt4", "x86 2000", "x86 xp",
				    "x86 2003", "x64 2003", "x64 7", "x64 10",
				    "x86 nt3.51" };
enum { NT4, W2K, XP, NGENS = 8 };

/* The fixture as another machine. */
static bool open_as(struct machine *m, unsigned gen, const char *container)
{
	return machine_open_as(m, "io-x64-7", gens[gen], container);
}

/* The thread's IRP list, or of a thread that is not there an empty one. */
static struct ntr_list irps_of(struct machine *m, uint64_t tid,
			       struct ntr_kthread *k)
{
	struct ntr_process_list ps;
	struct ntr_list l = { .why = "no such thread" };
	struct ntr_err e = { "" };
	bool found = false;

	CHECK_EQ(ntr_process_list(m->t, &ps, &e), NTR_OK);
	for (size_t i = 0; i < ps.p.n && !found; i++) {
		struct ntr_thread_list ts;
		CHECK_EQ(ntr_thread_list(m->t, ps.p.v[i].va, &ts, &e), NTR_OK);
		for (size_t n = 0; n < ts.va.n && !found; n++) {
			ntr_kthread_read(m->t, ts.va.v[n], k);
			found = k->th.id == tid;
		}
		ntr_thread_list_fini(&ts);
	}
	ntr_process_list_fini(&ps);
	CHECK(found);
	if (found)
		CHECK_EQ(ntr_thread_irps(m->t, k, &l, &e), NTR_OK);
	return l;
}

/* Its first IRP; 0 none. */
static uint64_t first_irp(struct machine *m, struct ntr_kthread *k)
{
	struct ntr_list l = irps_of(m, 0x4d4, k);
	uint64_t va = l.entry.n ? l.entry.v[0] : 0;

	ntr_list_fini(&l);
	return va;
}

static void check_first(struct machine *m, const struct ntr_irp *p,
			const struct ntr_kthread *k)
{
	char name[64];

	CHECK_EQ(p->stack_count, 2);
	CHECK_EQ(p->n, 2);
	CHECK_EQ(p->current, 1);
	CHECK_EQ(ntr_irp_state(p), NTR_IRP_ACTIVE);
	CHECK(ntr_irp_current(p) == &p->at[0]);
	CHECK_STR(p->note, "");
	CHECK_EQ(p->thread, k->th.va);
	CHECK_EQ(p->mdl, 0x81234560);
	CHECK_EQ(p->flags, 0x43);
	CHECK(p->pending && !p->cancelled);
	CHECK_EQ(p->at[0].major, 3);
	CHECK_EQ(p->at[0].control, 1);
	CHECK_EQ(p->at[0].arg[0], 0x1000);
	CHECK_EQ(p->at[0].arg[2], 0x2000);
	CHECK_EQ(p->at[0].completion, 0);
	CHECK_EQ(p->at[1].control, 0xe0);
	CHECK_EQ(p->at[1].context, 0x1234);
	CHECK_STR(name_of(m, p->at[1].completion, name), "filter!ReadDone");
	CHECK(p->at[0].device && p->at[0].device != p->at[1].device);
}

static void irps(void)
{
	static struct ntr_irp p;

	for (unsigned g = 0; g < NGENS; g++) {
		struct ntr_kthread k;
		struct ntr_err e = { "" };
		struct machine m;
		struct ntr_list l;
		char name[64];

		if (!open_as(&m, g, "full"))
			return;
		l = irps_of(&m, 0x4d4, &k);
		CHECK_EQ(l.entry.n, 2);
		CHECK_STR(l.why, "");
		if (l.entry.n == 2) {
			CHECK_EQ(ntr_irp_read(m.t, l.entry.v[0], &p, &e), NTR_OK);
			check_first(&m, &p, &k);
			CHECK_EQ(ntr_irp_read(m.t, l.entry.v[1], &p, &e), NTR_OK);
			CHECK_EQ(ntr_irp_state(&p), NTR_IRP_IDLE);
			CHECK(p.cancelled && !ntr_irp_current(&p));
			CHECK_EQ(p.at[0].major, 0xe);
			CHECK_STR(name_of(&m, p.cancel_routine, name),
				  "disk!Cancel");
		}
		ntr_list_fini(&l);
		l = irps_of(&m, 0x4d8, &k);
		CHECK_EQ(l.entry.n, 0);
		CHECK_STR(l.why, "");
		ntr_list_fini(&l);
		machine_close(&m);
	}
}

static void device_stacks(void)
{
	static struct ntr_irp p;

	for (unsigned g = 0; g < NGENS; g++) {
		struct ntr_device_list l;
		struct ntr_driver d;
		struct ntr_kthread k;
		struct ntr_err e = { "" };
		struct machine m;

		if (!open_as(&m, g, "full"))
			return;
		CHECK_EQ(ntr_irp_read(m.t, first_irp(&m, &k), &p, &e), NTR_OK);
		CHECK_EQ(ntr_device_stack(m.t, p.at[0].device, &l, &e), NTR_OK);
		CHECK_EQ(l.d.n, 2); /* the filter on top, the disk under it */
		CHECK_EQ(l.at, 1);
		CHECK_EQ(l.d.v[0].va, p.at[1].device);
		CHECK_EQ(l.d.v[0].stack_size, 2);
		CHECK_EQ(l.d.v[1].type, 7);
		CHECK_EQ(l.d.v[1].flags, 0x50);
		CHECK_EQ(l.d.v[1].references, 1);
		CHECK_EQ(ntr_driver_read(m.t, l.d.v[1].driver, &d, &e), NTR_OK);
		CHECK_STR(d.name, "\\Driver\\disk");
		CHECK_EQ(d.size, 0x9000);
		CHECK_EQ(ntr_dispatch_kind(m.t, &d, d.major[3]), NTR_D_OWN);
		CHECK_EQ(ntr_dispatch_kind(m.t, &d, d.major[0]), NTR_D_KERNEL);
		CHECK_EQ(ntr_dispatch_kind(m.t, &d, d.major[14]),
			 NTR_D_FOREIGN);
		CHECK_EQ(ntr_dispatch_kind(m.t, &d, d.start - 0x800),
			 m.t->modules_complete ? NTR_D_NO_MODULE
					       : NTR_D_UNKNOWN);
		ntr_device_list_fini(&l);
		/* From the top down: recorded since XP, before it is looked for
		 * in the devices of all drivers. */
		CHECK_EQ(ntr_device_stack(m.t, p.at[1].device, &l, &e), NTR_OK);
		CHECK_EQ(l.at, 0);
		CHECK_EQ(l.d.n, 2);
		CHECK_EQ(l.d.v[1].va, p.at[0].device);
		CHECK_STR(l.why, "");
		ntr_device_list_fini(&l);
		CHECK_EQ(ntr_driver_devices(m.t, &d, &l, &e), NTR_OK);
		CHECK_EQ(l.d.n, 1);
		CHECK_EQ(l.d.v[0].va, p.at[0].device);
		ntr_device_list_fini(&l);
		machine_close(&m);
	}
}

/* NT 4.0: the driver's name leads to the namespace; without it, nothing does. */
static void no_way_down(void)
{
	static struct ntr_irp p;
	struct ntr_device_list l;
	struct ntr_device d;
	struct ntr_kthread k;
	struct ntr_err e = { "" };
	struct machine m;

	if (!open_as(&m, NT4, "full"))
		return;
	CHECK_EQ(ntr_irp_read(m.t, first_irp(&m, &k), &p, &e), NTR_OK);
	CHECK_EQ(ntr_device_read(m.t, p.at[1].device, &d, &e), NTR_OK);
	machine_patch(&m, d.driver - 0x18 + 0xc, 0, 1); /* NameInfoOffset */
	CHECK_EQ(ntr_device_stack(m.t, p.at[1].device, &l, &e), NTR_OK);
	CHECK_EQ(l.d.n, 1);
	CHECK_HAS(l.why, "keeps no AttachedTo");
	CHECK_HAS(l.why, "are not known");
	ntr_device_list_fini(&l);
	machine_close(&m);
}

/* --- damage: x64 7 ----------------------------------------------------------------- */

static void damaged_irps(void)
{
	static struct ntr_irp p;
	struct ntr_kthread k;
	struct ntr_err e = { "" };
	struct machine m;
	uint64_t va;

	if (!open_as(&m, 5, "full"))
		return;
	va = first_irp(&m, &k);
	machine_patch(&m, va + 0x42, 0xff, 1); /* StackCount */
	CHECK_EQ(ntr_irp_read(m.t, va, &p, &e), NTR_OK);
	CHECK_HAS(p.note, "StackCount 255, but its Size 0x160 has room for 2");
	CHECK_EQ(p.n, 2);
	CHECK_EQ(ntr_irp_state(&p), NTR_IRP_UNKNOWN);
	CHECK(ntr_irp_current(&p) == NULL);
	machine_patch(&m, va + 2, 0xffff, 2); /* Size */
	CHECK_EQ(ntr_irp_read(m.t, va, &p, &e), NTR_OK);
	CHECK_EQ(p.n, 127);
	machine_patch(&m, va + 2, 0, 2);
	CHECK_EQ(ntr_irp_read(m.t, va, &p, &e), NTR_OK);
	CHECK_EQ(p.n, 0);
	machine_patch(&m, va + 2, 0x160, 2);
	machine_patch(&m, va + 0x42, 2, 1);
	machine_patch(&m, va + 0x43, 9, 1); /* CurrentLocation */
	CHECK_EQ(ntr_irp_read(m.t, va, &p, &e), NTR_OK);
	CHECK_HAS(p.note, "CurrentLocation 9 of StackCount 2");
	machine_patch(&m, va + 0x43, 4, 1);
	CHECK_EQ(ntr_irp_read(m.t, va, &p, &e), NTR_OK);
	CHECK_EQ(ntr_irp_state(&p), NTR_IRP_DONE);
	machine_patch(&m, va + 0x43, 2, 1);
	CHECK_EQ(ntr_irp_read(m.t, va, &p, &e), NTR_OK);
	CHECK_HAS(p.note, "CurrentLocation 2 is at");
	machine_patch(&m, va, 5, 2); /* Type */
	CHECK_EQ(ntr_irp_read(m.t, va, &p, &e), NTR_BAD);
	CHECK_HAS(e.msg, "type 5, that of an IRP is 6");
	CHECK_EQ(ntr_irp_read(m.t, 0x1000, &p, &e), NTR_BAD);
	CHECK(ntr_irp_read(m.t, 0xfffffa80ff000000, &p, &e) != NTR_OK);
	CHECK_HAS(e.msg, "not in the dump");
	machine_close(&m);
}

static void damaged_devices(void)
{
	static struct ntr_irp p;
	struct ntr_device_list l;
	struct ntr_driver d;
	struct ntr_kthread k;
	struct ntr_err e = { "" };
	struct machine m;
	uint64_t disk;

	if (!open_as(&m, 5, "full"))
		return;
	CHECK_EQ(ntr_irp_read(m.t, first_irp(&m, &k), &p, &e), NTR_OK);
	disk = p.at[0].device;
	machine_patch(&m, disk + 0x18, disk, 8); /* attached to itself */
	CHECK_EQ(ntr_device_stack(m.t, disk, &l, &e), NTR_OK);
	CHECK_EQ(l.d.n, 1);
	CHECK_HAS(l.why, "AttachedDevice of 0x");
	CHECK_HAS(l.why, "leads back to 0x");
	CHECK_EQ(ntr_driver_read(m.t, l.d.v[0].driver, &d, &e), NTR_OK);
	ntr_device_list_fini(&l);
	machine_patch(&m, disk + 0x18, p.at[1].device, 8);
	machine_patch(&m, p.at[1].device + 0x18, disk, 8); /* a ring */
	CHECK_EQ(ntr_device_stack(m.t, disk, &l, &e), NTR_OK);
	CHECK_EQ(l.d.n, 2);
	CHECK_HAS(l.why, "leads back to 0x");
	ntr_device_list_fini(&l);
	machine_patch(&m, p.at[1].device + 0x18, 0xfffffa80ff000000, 8);
	CHECK_EQ(ntr_device_stack(m.t, disk, &l, &e), NTR_OK);
	CHECK_EQ(l.d.n, 2);
	CHECK_HAS(l.why, "not in the dump");
	ntr_device_list_fini(&l);
	machine_patch(&m, disk + 0x10, disk, 8); /* NextDevice */
	CHECK_EQ(ntr_driver_devices(m.t, &d, &l, &e), NTR_OK);
	CHECK_EQ(l.d.n, 1);
	CHECK_HAS(l.why, "NextDevice of 0x");
	ntr_device_list_fini(&l);
	CHECK_EQ(ntr_device_stack(m.t, d.va, &l, &e), NTR_BAD);
	CHECK_HAS(e.msg, "type 4, that of a device object is 3");
	CHECK_EQ(ntr_driver_read(m.t, disk, &d, &e), NTR_BAD);
	machine_close(&m);
}

/* --- all of them -------------------------------------------------------------------- */

struct tally {
	unsigned thread, pool;
	uint64_t last;
};

static bool count(void *ctx, const struct ntr_irp *p, enum ntr_irp_from from)
{
	struct tally *n = ctx;

	n->last = p->va;
	if (from == NTR_IRP_POOL)
		n->pool++;
	else
		n->thread++;
	return true;
}

static void found(void)
{
	for (unsigned g = 0; g < NGENS; g++) {
		struct ntr_irp_find r;
		struct ntr_err e = { "" };
		struct tally n = { 0 };
		struct ntr_kthread k;
		struct machine m;
		uint64_t va;

		if (!open_as(&m, g, "full"))
			return;
		CHECK_EQ(ntr_irp_find(m.t, NULL, count, &n, &r, &e), NTR_OK);
		CHECK_EQ(n.thread, 2);
		CHECK_EQ(n.pool, 0);
		CHECK_EQ(r.damaged, 0);
		CHECK_STR(r.threads_why, "");
		/* A list that leads to itself behind the first entry. */
		va = first_irp(&m, &k) + (m.t->ptr_size == 8 ? 0x20 : 0x10);
		machine_patch(&m, va, va, m.t->ptr_size);
		n = (struct tally){ 0 };
		CHECK_EQ(ntr_irp_find(m.t, NULL, count, &n, &r, &e), NTR_OK);
		CHECK_EQ(r.damaged, 1);
		CHECK(n.thread <= 2);
		machine_close(&m);
	}
}

/* A block of pool with an IRP in it, and one that is none any more. */
static void found_in_pool(void)
{
	static const char text[] =
		"machine x64 7\ncontainer full\nmemory 64MiB\n"
		"pool nonpaged {\n"
		"block \"Irp \" size 0x118 data 06001801 00000000"
		" 0000000000000000 00000000 00000000 0000000000000000"
		" 0000000000000000 0000000000000000 0000000000000000"
		" 0000000000000000 0000 0102\n"
		"block \"Irp \" size 0x118 data 0102\n"
		"}\n";
	struct ntr_pool *pool;
	struct ntr_irp_find r;
	struct ntr_err e = { "" };
	struct tally n = { 0 };
	struct machine m;

	if (!machine_open(&m, text, "full"))
		return;
	CHECK_EQ(ntr_pool_open(&pool, m.t, &e), NTR_OK);
	CHECK_EQ(ntr_irp_find(m.t, pool, count, &n, &r, &e), NTR_OK);
	CHECK_STR(r.pool_why, "");
	CHECK_EQ(r.blocks, 2);
	CHECK_EQ(r.none, 1);
	CHECK_EQ(n.pool, 1);
	CHECK_EQ(n.thread, 0);
	ntr_pool_close(pool);
	machine_close(&m);
}

/* A small dump has neither lists of processes nor pool. */
static void triage(void)
{
	struct ntr_irp_find r;
	struct ntr_err e = { "" };
	struct tally n = { 0 };
	struct machine m;

	if (!open_as(&m, 5, "triage"))
		return;
	CHECK_EQ(ntr_irp_find(m.t, NULL, count, &n, &r, &e), NTR_OK);
	CHECK_EQ(n.thread + n.pool, 0);
	CHECK(r.threads_why[0] != 0);
	machine_close(&m);
}

int main(void)
{
	RUN(irps);
	RUN(device_stacks);
	RUN(no_way_down);
	RUN(damaged_irps);
	RUN(damaged_devices);
	RUN(found);
	RUN(found_in_pool);
	RUN(triage);
	return test_done();
}
