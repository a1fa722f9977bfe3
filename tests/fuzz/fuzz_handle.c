// SPDX-License-Identifier: Apache-2.0
/*
 * Handle tables of a machine whose memory is patched by the input: records of
 * {u16 offset, u32 value}.  The first byte chooses the build, and with it the
 * form of the table.  The memory is a table with pages of pointers above its
 * entries, which lead to an object, and a driver with a device.
 */
#include "fuzz_machine.h"
#include "kobj/device.h"
#include "kobj/fileobj.h"
#include "kobj/handle.h"

#define SIZE 0x8000u

enum { TABLE = 0x100, ROOT = 0x1000, MIDDLE = 0x2000, LEAF = 0x3000,
       OBJECT = 0x4100, TYPE = 0x4200, NAME = 0x4400 };

static void put_n(uint8_t *m, uint32_t at, uint64_t v, unsigned ptr)
{
	memcpy(m + at, &v, ptr);
}

static void tables(uint8_t *m, uint64_t base, unsigned ptr, uint32_t build)
{
	uint32_t code = build >= 9200 ? 8 : build == 2195 ? 8 : 0;
	uint64_t word = base + OBJECT - (ptr == 4 ? 0x18 : 0x30);

	put_n(m, TABLE + code, base + ROOT + (build >= 2600 ? 2 : 0), ptr);
	if (build < 2195)
		put_n(m, TABLE + 0x10, base + LEAF, ptr);
	put_n(m, ROOT, base + MIDDLE, ptr);
	put_n(m, MIDDLE, base + LEAF, ptr);
	if (build >= 9600 && ptr == 8)
		word = word >> 4 << 20 | 1;
	for (uint32_t i = 1; i < 64; i++) {
		put_n(m, LEAF + i * 2 * ptr, word, ptr);
		put_n(m, LEAF + i * 2 * ptr + ptr, 0x1f0003, 4);
	}
	put_n(m, OBJECT - (ptr == 4 ? 0x10 : 0x20), base + TYPE, ptr);
	m[OBJECT] = 5;
	m[TYPE + 0x40] = 8;
	put_n(m, TYPE + 0x44, base + NAME, 4);
	memcpy(m + NAME, "F\0i\0l\0e\0", 8);
}

static bool seen(void *ctx, const struct ntr_handle *h)
{
	const struct ntr_objects *o = ctx;
	struct ntr_fileobj f;
	struct ntr_object b;

	if (!h->why && !ntr_object_read(o, h->object, &b, NULL))
		return ntr_fileobj_read(o, h->object, &f, NULL) != NTR_NOMEM;
	return true;
}

static void use(struct ntr_target *t, uint64_t base)
{
	static struct ntr_objects o;
	struct ntr_handle_table h;
	struct ntr_handle_count n;
	struct ntr_device d = { .va = base + OBJECT, .driver = base + OBJECT };
	char why[160] = "";

	if (ntr_objects_open(t, &o, NULL))
		return;
	if (!ntr_handle_table_read(&o, base + TABLE, &h, NULL) &&
	    !ntr_handle_walk(&o, &h, 0, UINT64_MAX, seen, &o, &n, NULL)) {
		h.cid = true;
		if (ntr_handle_walk(&o, &h, 8, 0x400, NULL, NULL, &n, NULL))
			abort();
	}
	ntr_device_find_lower(t, &d, why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		uint32_t build;
		unsigned ptr;
	} of[8] = { { 1057, 4 }, { 1381, 4 }, { 2195, 4 }, { 2600, 4 },
		    { 9600, 4 }, { 7601, 8 }, { 9200, 8 }, { 19041, 8 } };
	struct ntr_target t = { .is_nt = true };
	struct ntr_target_priv p = { .service_pack = 0 };
	struct ntr_dump d = { .kind = NTR_KIND_FULL };
	struct ntr_mem_space mem;
	uint8_t *m = calloc(1, SIZE);
	uint64_t base;

	if (!m || !size) {
		free(m);
		return 0;
	}
	t.build = of[data[0] & 7].build;
	t.ptr_size = of[data[0] & 7].ptr;
	t.machine = t.ptr_size == 4 ? NTR_MACHINE_X86 : NTR_MACHINE_AMD64;
	base = t.ptr_size == 4 ? 0x80000000 : 0xfffff80000000000;
	tables(m, base, t.ptr_size, t.build);
	fuzz_patch(m, SIZE, data, size);
	t.d = &d;
	t.priv = &p;
	t.kernel_base = base;
	t.kernel_size = 0x100;
	p.types = (struct ntr_types){ .machine = t.machine,
				      .ptr_size = t.ptr_size,
				      .build = t.build };
	ntr_mem_space_init(&mem, base, m, SIZE);
	t.mem = &mem.s;
	use(&t, base);
	ntr_vec_fini(&t.missing);
	ntr_arena_fini(&t.arena);
	free(m);
	return 0;
}
