// SPDX-License-Identifier: Apache-2.0
/*
 * The network stack.  The first byte chooses: the rest as the start of a block
 * that may hold a NetBIOS session header; as a page of pool that is scanned for
 * them; or, as in fuzz_io, as records {u16 offset, u32 value} that patch an x86
 * machine's memory: tcpip's driver with two devices, a TDI request of the
 * current thread with a file object, NDIS's lists.
 */
#include "fuzz_machine.h"
#include "kobj/ndis.h"
#include "kobj/netbios.h"
#include "kobj/netstack.h"

#include <stdlib.h>
#include <string.h>

#define SIZE 0x2000u

enum { /* where things are */
	CODE = 0x100, DRIVER = 0x200, DEVICES = 0x400, FILE_AT = 0x680,
	IRP = 0x700, THREAD = 0x900, LISTS = 0xd00,
};

/* --- headers ------------------------------------------------------------------- */

static void one_header(const uint8_t *data, size_t size)
{
	uint8_t *own = malloc(size ? size : 1); /* so that a sanitizer sees */
	struct ntr_nbt_header h;

	if (!own)
		return;
	memcpy(own, data, size);
	for (u64 room = 0; room < 3; room++) {
		u64 block = room == 2 ? UINT64_C(1) << 40 : size * room;

		if (!ntr_nbt_header_check(own, size, block, &h))
			continue;
		if (size < 4 || block < 4 || h.room != block - 4 ||
		    h.length > 0x1ffff || h.beyond != (h.length > h.room) ||
		    h.flags & 1 || strlen(h.fault) >= sizeof(h.fault) ||
		    !ntr_nbt_sign_text(h.sign) ||
		    (!ntr_nbt_type_name(h.type) && !*h.fault))
			abort();
	}
	free(own);
}

static void scan_page(const uint8_t *data, size_t size)
{
	uint8_t *page = calloc(1, NTR_POOL_PAGE);
	struct ntr_target t = { .machine = NTR_MACHINE_X86, .ptr_size = 4 };
	struct ntr_pool p = { .t = &t, .has_form = true };
	struct ntr_nbt_scan s;
	struct ntr_mem_space mem;

	if (!page || !size || ntr_pool_form_of(NTR_MACHINE_X86, data[0] & 1 ?
					       1381 : 2600, &p.form, NULL)) {
		free(page);
		return;
	}
	memcpy(page, data + 1, size - 1 < NTR_POOL_PAGE ? size - 1 :
							  NTR_POOL_PAGE);
	ntr_mem_space_init(&mem, BASE, page, NTR_POOL_PAGE);
	t.mem = &mem.s;
	p.start[0] = (struct ntr_pool_num){ .known = true, .v = BASE };
	p.end[0] = (struct ntr_pool_num){ .known = true,
					  .v = BASE + NTR_POOL_PAGE };
	if (ntr_nbt_scan(&p, &s, NULL) == NTR_OK) {
		if (s.addresses.n > NTR_TDI_MAX_ADDRESSES)
			abort();
		for (size_t i = 0; i < s.addresses.n; i++)
			if (s.addresses.v[i].va % 4 || !s.addresses.v[i].tag ||
			    s.addresses.v[i].va - BASE >= NTR_POOL_PAGE)
				abort();
		if (s.h.n > s.found || s.faults > s.found ||
		    s.found > s.blocks)
			abort();
		ntr_nbt_scan_fini(&s);
	}
	free(page);
}

/* --- a machine -------------------------------------------------------------------- */

static void device(uint8_t *m, uint32_t n)
{
	uint32_t d = DEVICES + n * 0x100;

	m[d] = 3;
	put(m, d + 8, BASE + DRIVER);
	put(m, d + 0xc, n ? 0 : BASE + DEVICES + 0x100);
	put(m, d + 0x2c, 0x12);
}

static void machine(uint8_t *m)
{
	m[DRIVER] = 4;
	put(m, DRIVER + 4, BASE + DEVICES);
	put(m, DRIVER + 0xc, BASE + CODE);
	put(m, DRIVER + 0x10, 0x100);
	device(m, 0);
	device(m, 1);
	m[FILE_AT] = 5;
	put(m, FILE_AT + 4, BASE + DEVICES + 0x100);
	put(m, FILE_AT + 0x10, 2);
	put(m, IRP, 0x00b80006);
	m[IRP + 0x22] = 2;
	m[IRP + 0x23] = 1;
	put(m, IRP + 0x50, BASE + THREAD);
	put(m, IRP + 0x70, 0x0000070f);
	put(m, IRP + 0x70 + 0x14, BASE + DEVICES);
	put(m, IRP + 0x70 + 0x18, BASE + FILE_AT);
	m[THREAD] = 6;
	put(m, THREAD + 0x20c, BASE + IRP + 0x10);
	put(m, THREAD + 0x210, BASE + IRP + 0x10);
	put(m, IRP + 0x10, BASE + THREAD + 0x20c);
	put(m, IRP + 0x14, BASE + THREAD + 0x20c);
	put(m, LISTS, BASE + LISTS + 0x40);
	put(m, LISTS + 4, BASE + LISTS + 0x80);
	put(m, LISTS + 0x40, BASE + LISTS + 0x60);
	put(m, LISTS + 0x44, BASE + LISTS + 0x80);
	put(m, LISTS + 0x80, BASE + LISTS + 0xa0);
}

/* Every link first, every other member behind it. */
static bool member(void *ctx, const char *name, struct ntr_type_hit *hit)
{
	(void)ctx;
	*hit = (struct ntr_type_hit){ .off = strstr(name, "Next") ? 0 : 4,
				      .kind = strstr(name, "Queue") ||
					      strstr(name, "Next") ?
					      NTR_TK_POINTER : NTR_TK_STRUCT,
				      .width = 4, .source = NTR_SRC_EXACT };
	return true;
}

static void use(struct ntr_target *t)
{
	struct ntr_types y = { .machine = t->machine, .ptr_size = 4,
			       .better = member };
	struct ntr_ndis lists;
	struct ntr_net n;

	if (ntr_net_read(t, NULL, &n, NULL) == NTR_OK) {
		for (size_t i = 0; i < n.irps.n; i++)
			if (!ntr_net_device_at(&n, n.irps.v[i].device))
				abort();
		for (size_t i = 1; i < n.devices.n; i++)
			if (n.devices.v[i - 1].va >= n.devices.v[i].va)
				abort();
		ntr_net_fini(&n);
	}
	if (ntr_ndis_read_with(t, &y, BASE + LISTS, BASE + LISTS + 4, &lists,
			       NULL) == NTR_OK)
		ntr_ndis_fini(&lists);
}

static void patched(const uint8_t *data, size_t size)
{
	static const uint16_t builds[4] = { 1381, 2600, 3790, 19041 };
	struct ntr_module mod = { .name = "tcpip", .image = "tcpip.sys",
				  .base = BASE + CODE, .size = 0x100,
				  .tried_pe = true };
	struct fuzz_machine x;
	u32 by_base[1] = { 0 };

	if (!fuzz_machine_open(&x, builds, SIZE, machine, data, size))
		return;
	x.t.thread.va = BASE + THREAD;
	x.t.modules.v = &mod;
	x.t.modules.n = x.t.modules.cap = 1;
	x.p.by_base = by_base;
	use(&x.t);
	fuzz_machine_close(&x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	switch (data[0] % 3) {
	case 0:
		one_header(data + 1, size - 1);
		break;
	case 1:
		scan_page(data + 1, size - 1);
		break;
	default:
		patched(data + 1, size - 1);
	}
	return 0;
}
