// SPDX-License-Identifier: Apache-2.0
/*
 * IRPs, drivers, devices, the object directory and descriptor tables of a
 * machine whose memory is patched by the input: records of {u16 offset, u32
 * value}, each four bytes replaced.  The memory is that of an x86 machine: a
 * driver with two devices on one another, an IRP with two locations, a root
 * directory with a chain of two entries. The first byte chooses the build.
 */
#include "fuzz_machine.h"
#include "kobj/device.h"
#include "kobj/irp.h"
#include "kobj/object.h"
#include "kobj/tables.h"

#include <stdlib.h>
#include <string.h>

#define SIZE 0x2000u

enum { /* where things are */
	DRIVER = 0x200, DEVICES = 0x400, EXTENSIONS = 0x600, IRP = 0x700,
	THREAD = 0x900, ROOT = 0xc40, ENTRIES = 0xd40, TYPE = 0xe00,
	TABLES = 0x1000, TEXT = 0x1800,
};

static void device(uint8_t *m, uint32_t n)
{
	uint32_t d = DEVICES + n * 0x100, x = EXTENSIONS + n * 0x40;

	m[d] = 3;
	put(m, d + 8, BASE + DRIVER);
	put(m, d + 0xc, n ? 0 : BASE + DEVICES + 0x100);
	put(m, d + 0x10, n ? 0 : BASE + DEVICES + 0x100);
	put(m, d + 0xb0, BASE + x);
	put(m, x + 0x18, n ? BASE + DEVICES : 0);
}

static void machine(uint8_t *m)
{
	m[DRIVER] = 4;
	put(m, DRIVER + 4, BASE + DEVICES);
	put(m, DRIVER + 0xc, BASE);
	put(m, DRIVER + 0x10, 0x100);
	put(m, DRIVER + 0x1c, 8);
	put(m, DRIVER + 0x20, BASE + TEXT);
	device(m, 0);
	device(m, 1);
	put(m, IRP, 0x00b80006);
	put(m, IRP + 0x10, BASE + IRP + 0x10);
	put(m, IRP + 0x14, BASE + IRP + 0x10);
	m[IRP + 0x22] = 2;
	m[IRP + 0x23] = 1;
	put(m, IRP + 0x50, BASE + THREAD);
	put(m, IRP + 0x70 + 0x14, BASE + DEVICES);
	m[THREAD] = 6;
	put(m, THREAD + 0x20c, BASE + IRP + 0x10);
	put(m, THREAD + 0x210, BASE + IRP + 0x10);
	put(m, IRP + 0x10, BASE + THREAD + 0x20c);
	put(m, IRP + 0x14, BASE + THREAD + 0x20c);
	put(m, ROOT - 0x10, BASE + TYPE);
	put(m, ROOT + 0x14, BASE + ENTRIES);
	put(m, ENTRIES, BASE + ENTRIES + 0x10);
	put(m, ENTRIES + 4, BASE + DEVICES);
	put(m, ENTRIES + 0x14, BASE + ROOT);
	put(m, TYPE + 0x40, 8);
	put(m, TYPE + 0x44, BASE + TEXT);
	memcpy(m + TEXT, "T\0y\0p\0e\0", 8);
}

static void use_devices(struct ntr_target *t)
{
	struct ntr_device_list l;
	struct ntr_driver r;

	for (u32 n = 0; n < 2; n++)
		if (!ntr_device_stack(t, BASE + DEVICES + n * 0x100, &l, NULL))
			ntr_device_list_fini(&l);
	if (ntr_driver_read(t, BASE + DRIVER, &r, NULL))
		return;
	for (unsigned i = 0; i < NTR_MAJORS; i++)
		(void)ntr_dispatch_kind(t, &r, r.major[i]);
	if (!ntr_driver_devices(t, &r, &l, NULL))
		ntr_device_list_fini(&l);
}

static void use_irps(struct ntr_target *t)
{
	struct ntr_irp *p = malloc(sizeof(*p));
	struct ntr_kthread k;
	struct ntr_list l;

	if (p && !ntr_irp_read(t, BASE + IRP, p, NULL)) {
		const struct ntr_irp_location *x = ntr_irp_current(p);

		if (x)
			(void)ntr_minor_name(x->major, x->minor);
	}
	free(p);
	ntr_kthread_read(t, BASE + THREAD, &k);
	if (!ntr_thread_irps(t, &k, &l, NULL))
		ntr_list_fini(&l);
}

static void use_objects(struct ntr_target *t)
{
	struct ntr_objects *o = malloc(sizeof(*o));
	struct ntr_directory d;
	struct ntr_object b;
	u64 va;

	if (o && !ntr_objects_open(t, o, NULL)) {
		o->root = BASE + ROOT;
		(void)!ntr_object_find(o, "\\ObjectTypes\\Type", &va, NULL);
		(void)!ntr_object_read(o, BASE + ROOT, &b, NULL);
		if (!ntr_directory_read(o, BASE + ROOT, &d, NULL))
			ntr_directory_fini(&d);
	}
	free(o);
}

static void use_tables(struct ntr_target *t)
{
	struct ntr_segment s;
	struct ntr_gate g;
	char text[32];

	for (unsigned i = 0; i < 64; i++)
		(void)!ntr_gate_read(t, BASE + TABLES, i, &g, NULL);
	for (unsigned i = 0; i < 16; i++)
		if (!ntr_segment_read(t, BASE + TABLES, (u16)(i * 8), &s, NULL))
			ntr_segment_type_text(&s, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t builds[4] = { 1381, 2600, 7601, 19041 };
	struct fuzz_machine x;

	if (!fuzz_machine_open(&x, builds, SIZE, machine, data, size))
		return 0;
	use_devices(&x.t);
	use_irps(&x.t);
	use_objects(&x.t);
	use_tables(&x.t);
	fuzz_machine_close(&x);
	return 0;
}
