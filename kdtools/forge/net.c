// SPDX-License-Identifier: Apache-2.0
/*
 * File objects, as the driver kits declare them; a transport's has in FsContext2
 * what it is.  In front of one stands an object header, with a name for the
 * object in a block of pool (16 or 32 bytes more), as handles would need it; it
 * names no type.
 */
#include "mach.h"
#include "ob.h"

#include <string.h>

static u64 o(const struct f_mach *m, u64 narrow, u64 wide)
{
	return f_prof_64(m->p) ? wide : narrow;
}

/* Where the object goes in a block: behind the headers. */
static u64 front(const struct f_mach *m, const struct f_sfile *x)
{
	return o(m, 0x18, 0x30) + (x->block ? o(m, 0x10, 0x20) : 0);
}

static enum ntr_st place(struct f_mach *m, const struct f_sfile *x, u64 *va)
{
	u64 need = front(m, x) + o(m, 0x70, 0xb8);

	if (!x->block) {
		*va = f_pool(m, need) + front(m, x);
		return NTR_OK;
	}
	for (size_t i = 0; i < m->named.n; i++) {
		const struct f_named *b = &m->named.v[i];

		if (strcmp(b->it->name, x->block))
			continue;
		if (b->it->size < need)
			return f_scen_err(m->s, m->e, NTR_BAD, x->loc,
					  "block \"%.40s\" has 0x%" PRIx64
					  " bytes, a file object needs 0x%"
					  PRIx64, x->block, b->it->size, need);
		*va = b->va + front(m, x);
		return NTR_OK;
	}
	return f_scen_err(m->s, m->e, NTR_BAD, x->loc,
			  "no block of pool \"%.40s\"", x->block);
}

static enum ntr_st put_file(struct f_mach *m, const struct f_sfile *x)
{
	u64 *slot = ntr_vec_add(&m->files), va = 0, device = 0;
	struct f_mem *q = &m->mem;
	enum ntr_st st;

	if (!slot)
		return ntr_fail(m->e, NTR_NOMEM, "out of memory");
	st = f_io_device(m, x->device, x->loc, &device);
	if (!st)
		st = place(m, x, &va);
	if (st)
		return st;
	*slot = va;
	f_put16(q, va, 5);
	f_put16(q, va + 2, (u16)o(m, 0x70, 0xb8));
	f_putp(q, va + o(m, 4, 8), device);
	f_putp(q, va + o(m, 0xc, 0x18), x->context);
	f_putp(q, va + o(m, 0x10, 0x20), x->context2);
	if (x->path)
		f_ob_string(m, va + o(m, 0x30, 0x58), x->path);
	return NTR_OK;
}

enum ntr_st f_net_files(struct f_mach *m)
{
	enum ntr_st st = NTR_OK;

	for (size_t i = 0; !st && i < m->s->files.n; i++)
		st = put_file(m, &m->s->files.v[i]);
	return st;
}

enum ntr_st f_net_file(struct f_mach *m, const char *name, struct f_loc at,
		       u64 *va)
{
	for (size_t i = 0; i < m->files.n; i++)
		if (!strcmp(m->s->files.v[i].name, name)) {
			*va = m->files.v[i];
			return NTR_OK;
		}
	return f_scen_err(m->s, m->e, NTR_BAD, at, "no file object \"%.40s\"",
			  name);
}
