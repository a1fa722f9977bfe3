// SPDX-License-Identifier: Apache-2.0
/* Requests, devices and drivers of forged machines. */
#include "kobj/io.h"

#include "objects.h"

static const char *const machines[] = {
	"x86 nt3.51", "x86 nt4", "x86 2000", "x86 xp", "x86 2003", "x64 2003",
	"x64 7", "x64 10",
};

static const char text[] =
	" cpus 2\nmemory 32MiB\nmodule \"disk.sys\" size 0x9000\n"
	"driver \"\\Driver\\Disk\" image \"disk.sys\"\n"
	"driver \"\\Driver\\Filter\" over \"\\Driver\\Disk\"\n"
	"driver \"\\FileSystem\\Ntfs\" over \"\\Driver\\Filter\"\n"
	"driver \"\\Driver\\Beep\"\n"
	"process \"a.exe\" pid 0x100 { thread tid 0x104 wait Executive "
	"irp \"\\Driver\\Filter\" major 3 minor 2 irp \"\\Driver\\Beep\" major 14 }\n";

static bool open_machine(struct machine *m, const char *name, struct ntr_kthread *k)
{
	struct ntr_process_list l;
	struct ntr_thread_list th;
	char whole[1024];

	snprintf(whole, sizeof(whole), "machine %s%s", name, text);
	if (!machine_open(m, whole, "full"))
		return false;
	CHECK_EQ(ntr_process_list(m->t, &l, NULL), NTR_OK);
	CHECK_EQ(ntr_thread_list(m->t, l.p.v[1].va, &th, NULL), NTR_OK);
	CHECK_EQ(th.va.n, 1);
	ntr_kthread_read(m->t, th.va.v[0], k);
	ntr_thread_list_fini(&th);
	ntr_process_list_fini(&l);
	return true;
}

static void requests(void)
{
	for (size_t i = 0; i < NTR_COUNT(machines); i++) {
		struct ntr_device d[NTR_MAX_STACKED];
		struct ntr_driver v;
		struct ntr_kthread k;
		struct ntr_irp irp;
		struct ntr_list l;
		struct machine m;
		const char *why;
		unsigned n;

		if (!open_machine(&m, machines[i], &k))
			return;
		CHECK_EQ(ntr_irp_list(m.t, &k, &l, NULL), NTR_OK);
		CHECK_EQ(l.entry.n, 2);
		CHECK_EQ(ntr_irp_read(m.t, l.entry.v[0], &irp, NULL), NTR_OK);
		CHECK_EQ(irp.thread, k.th.va);
		CHECK_EQ(irp.stack_count, 3);
		CHECK_EQ(irp.current, 2);
		CHECK_EQ(irp.nlocs, 3);
		CHECK_EQ(irp.loc[0].device, 0);
		CHECK_STR(ntr_irp_major_name(irp.loc[1].major), "IRP_MJ_READ");
		CHECK_EQ(irp.loc[1].minor, 2);
		CHECK_EQ(irp.loc[1].control, 1);
		CHECK_EQ(ntr_device_stack(m.t, irp.loc[1].device, d, &n, &why,
					  NULL), NTR_OK);
		CHECK_EQ(n, 2);
		CHECK(why == NULL);
		CHECK_EQ(d[1].va, irp.loc[2].device);
		CHECK_EQ(ntr_driver_read(m.t, d[0].driver, &v, NULL), NTR_OK);
		CHECK_STR(v.name, "\\Driver\\Filter");
		CHECK_EQ(v.devices, d[0].va);
		CHECK_EQ(v.start, 0);
		CHECK_EQ(ntr_driver_read(m.t, d[1].driver, &v, NULL), NTR_OK);
		CHECK_STR(v.name, "\\FileSystem\\Ntfs");
		CHECK_EQ(ntr_irp_read(m.t, l.entry.v[1], &irp, NULL), NTR_OK);
		CHECK_EQ(irp.stack_count, 1);
		CHECK_EQ(irp.current, 1);
		CHECK_STR(ntr_irp_major_name(irp.loc[0].major),
			  "IRP_MJ_DEVICE_CONTROL");
		ntr_list_fini(&l);
		machine_close(&m);
	}
}

static void damage(void)
{
	struct ntr_device d[NTR_MAX_STACKED];
	struct ntr_err e = { "" };
	struct ntr_kthread k;
	struct ntr_irp irp;
	struct ntr_list l;
	struct machine m;
	const char *why;
	unsigned n;

	if (!open_machine(&m, "x64 7", &k))
		return;
	CHECK_EQ(ntr_irp_list(m.t, &k, &l, NULL), NTR_OK);
	CHECK_EQ(ntr_irp_read(m.t, l.entry.v[0], &irp, NULL), NTR_OK);
	/* Ntfs is attached to by Filter, on which it stands */
	machine_patch(&m, irp.loc[2].device + 0x18, irp.loc[1].device, 8);
	CHECK_EQ(ntr_device_stack(m.t, irp.loc[1].device, d, &n, &why, NULL), NTR_OK);
	CHECK_EQ(n, 2);
	CHECK_STR(why, "a device is attached to itself");
	machine_patch(&m, irp.loc[2].device, 9, 2);
	CHECK_EQ(ntr_device_stack(m.t, irp.loc[1].device, d, &n, &why, NULL), NTR_OK);
	CHECK_EQ(n, 1);
	CHECK_STR(why, "what is attached is no device in this dump");
	CHECK_EQ(ntr_device_read(m.t, irp.loc[2].device, d, &e), NTR_BAD);
	CHECK_HAS(e.msg, "its type is 9, not 3");
	/* 255 locations: those behind the page are not read */
	machine_patch(&m, irp.va + 0x42, 255, 1);
	CHECK_EQ(ntr_irp_read(m.t, irp.va, &irp, NULL), NTR_OK);
	CHECK_EQ(irp.stack_count, 255);
	CHECK(irp.nlocs <= NTR_MAX_LOCATIONS);
	machine_patch(&m, irp.va + 0x42, 3, 1);
	machine_patch(&m, irp.va + 0x43, 5, 1);
	CHECK_EQ(ntr_irp_read(m.t, irp.va, &irp, &e), NTR_BAD);
	CHECK_HAS(e.msg, "location 5 of 3");
	machine_patch(&m, irp.va, 0x6666, 2);
	CHECK_EQ(ntr_irp_read(m.t, irp.va, &irp, &e), NTR_BAD);
	CHECK_HAS(e.msg, "its type is 26214, not 6");
	ntr_list_fini(&l);
	machine_close(&m);
}

static void an_unknown_driver(void)
{
	struct ntr_err e = { "" };
	size_t n;
	u8 *p;

	CHECK(forge_text("machine x64 7\nprocess \"a\" { thread irp \"nobody\" }\n",
			 "t", "full", 160u << 20, &p, &n, NULL, &e) != NTR_OK);
	CHECK_HAS(e.msg, "no driver \"nobody\"");
}

int main(void)
{
	RUN(requests);
	RUN(damage);
	RUN(an_unknown_driver);
	return test_done();
}
