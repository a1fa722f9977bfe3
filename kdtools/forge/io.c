// SPDX-License-Identifier: Apache-2.0
/*
 * Drivers, devices, IRPs, and the object directory that names them.
 *
 * Layouts are written down here.  DRIVER_OBJECT, DEVICE_OBJECT, IRP and
 * IO_STACK_LOCATION are those of the driver kits and have not moved; object
 * headers name their type by a pointer until Vista, by an index since 7, and
 * by an index under a cookie since 10 1511.  A directory is 37 chains.
 */
#include "ob.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	u8 index;
} types[F_OB_TYPES] = {
	{ "Type", 2 }, { "Directory", 3 }, { "Device", 0x1f },
	{ "Driver", 0x20 }, { "Process", 7 }, { "Thread", 8 },
	{ "File", 0x1c }, { "Event", 0xc }, { "Mutant", 0xe },
	{ "Semaphore", 0x10 }, { "Timer", 0x11 }, { "Key", 0x23 },
	{ "Section", 0x21 },
};
static const u8 cookie = 0x5b;

static u64 ps(const struct f_mach *m)
{
	return f_prof_ptr(m->p);
}

/* 32-bit offset, 64-bit offset */
static u64 o(const struct f_mach *m, u64 narrow, u64 wide)
{
	return f_prof_64(m->p) ? wide : narrow;
}

static bool used(const struct f_mach *m)
{
	return m->s->drivers.n || m->s->devices.n || m->s->irps.n ||
	       m->s->files.n || m->s->handles.n;
}

/* --- before the layout of modules ------------------------------------------------ */

static enum ntr_st ref(struct f_mach *m, const char *sym, struct f_loc at)
{
	struct f_symref *r = ntr_vec_add(&m->io_refs);

	if (!r)
		return ntr_fail(m->e, NTR_NOMEM, "out of memory");
	return f_img_sym(&m->img, sym, at, F_FN_PLAIN, false, F_NONE, r);
}

static enum ntr_st irp_refs(struct f_mach *m, const struct f_sirp *p)
{
	enum ntr_st st = NTR_OK;

	if (p->cancel)
		st = ref(m, p->cancel, p->loc);
	for (size_t i = 0; !st && i < p->n; i++)
		if (p->at[i].completion)
			st = ref(m, p->at[i].completion, p->at[i].loc);
	return st;
}

enum ntr_st f_io_resolve(struct f_mach *m)
{
	struct f_loc none = { 1, 1 };
	enum ntr_st st;

	if (!used(m))
		return NTR_OK;
	if (m->p->arch != F_X86 && m->p->arch != F_X64 &&
	    m->p->arch != F_ARM64)
		return ntr_fail(m->e, NTR_UNSUP, "drivers, devices, IRPs and "
				"handles of %s are not known to forge", m->p->arch_name);
	st = ref(m, "nt!IopInvalidDeviceRequest", none);
	for (size_t i = 0; !st && i < m->s->drivers.n; i++) {
		const struct f_sdriver *d = &m->s->drivers.v[i];
		for (size_t k = 0; !st && k < d->ndispatch; k++)
			st = ref(m, d->dispatch[k].routine, d->dispatch[k].loc);
	}
	for (size_t i = 0; !st && i < m->s->irps.n; i++)
		st = irp_refs(m, &m->s->irps.v[i]);
	return st;
}

void f_io_alloc(struct f_mach *m)
{
	if (!used(m))
		return;
	m->ob_root = f_img_data(&m->img, &m->mem, 0, 8, 8);
	m->ob_type = f_img_data(&m->img, &m->mem, 0, 8, 8);
	f_img_symbol(&m->img, 0, "ObpRootDirectoryObject", m->ob_root);
	f_img_symbol(&m->img, 0, "ObpTypeObjectType", m->ob_type);
	if (!m->s->handles.n)
		return;
	m->cid_table = f_img_data(&m->img, &m->mem, 0, 8, 8);
	f_img_symbol(&m->img, 0, "PspCidTable", m->cid_table);
}

/* --- objects ------------------------------------------------------------------------ */

void f_ob_string(struct f_mach *m, u64 at, const char *text)
{
	size_t n = strlen(text);
	u64 buffer = f_pool(m, 2 * n + 2);

	for (size_t i = 0; i < n; i++)
		f_put16(&m->mem, buffer + 2 * i, (u8)text[i]);
	f_put16(&m->mem, at, (u16)(2 * n));
	f_put16(&m->mem, at + 2, (u16)(2 * n + 2));
	f_putp(&m->mem, at + ps(m), buffer);
}

static void enter(struct f_mach *m, u64 dir, const char *name, u64 object)
{
	u64 entry = f_pool(m, 3 * ps(m)), bucket = 0;

	for (const char *c = name; *c; c++)
		bucket = bucket * 3 + (u8)(*c | 0x20);
	bucket = dir + bucket % 37 * ps(m);
	f_putp(&m->mem, entry, f_getp(&m->mem, bucket));
	f_putp(&m->mem, entry + ps(m), object);
	f_putp(&m->mem, bucket, entry);
}

static void put_type(struct f_ob *b, u64 header, unsigned type)
{
	struct f_mach *m = b->m;
	u8 index = types[type].index;

	if (m->p->build < 7600) {
		f_putp(&m->mem, header + o(m, 8, 0x10), b->type[type]);
		return;
	}
	if (m->p->build >= 10586)
		index ^= (u8)(cookie ^ (u8)(header >> 8));
	f_put8(&m->mem, header + o(m, 0xc, 0x18), index);
}

void f_ob_header(struct f_ob *b, enum f_ob_type type, u64 body)
{
	struct f_mach *m = b->m;
	u64 header = body - o(m, 0x18, 0x30);

	f_putp(&m->mem, header, 2);
	f_putp(&m->mem, header + ps(m), 1);
	put_type(b, header, type);
}

u64 f_ob_new(struct f_ob *b, enum f_ob_type type, const char *name, u64 dir,
	     u64 len)
{
	struct f_mach *m = b->m;
	u64 info = name ? o(m, 0x10, 0x20) : 0;
	u64 at = f_pool(m, info + o(m, 0x18, 0x30) + len);
	u64 header = at + info, body = header + o(m, 0x18, 0x30);

	f_ob_header(b, type, body);
	if (!name)
		return body;
	f_putp(&m->mem, at, dir);
	f_ob_string(m, at + ps(m), name);
	if (m->p->build < 7600)
		f_put8(&m->mem, header + o(m, 0xc, 0x18), (u8)info);
	else
		f_put8(&m->mem, header + o(m, 0xe, 0x1a), 2);
	if (dir)
		enter(m, dir, name, body);
	return body;
}

static u64 directory(struct f_ob *b, const char *name)
{
	return f_ob_new(b, F_OB_DIRECTORY, name, b->root, 40 * ps(b->m));
}

static u64 type_name_at(const struct f_mach *m)
{
	return m->p->build < 6001 ? o(m, 0x40, 0x78) : o(m, 8, 0x10);
}

static void put_directory(struct f_ob *b)
{
	struct f_mach *m = b->m;
	u64 at, dir;

	/* Types come first: an old header points to its type. */
	for (unsigned i = 0; i < b->ntypes; i++)
		b->type[i] = f_pool(m, 0x300) + 0x80;
	b->root = f_ob_new(b, F_OB_DIRECTORY, "\\", 0, 40 * ps(m));
	dir = directory(b, "ObjectTypes");
	for (unsigned i = 0; i < b->ntypes; i++) {
		u64 body = b->type[i], header = body - o(m, 0x18, 0x30);
		u64 info = header - o(m, 0x10, 0x20);
		put_type(b, header, F_OB_TYPE);
		if (m->p->build < 7600)
			f_put8(&m->mem, header + o(m, 0xc, 0x18),
			       (u8)o(m, 0x10, 0x20));
		else
			f_put8(&m->mem, header + o(m, 0xe, 0x1a), 2);
		f_putp(&m->mem, info, dir);
		f_ob_string(m, info + ps(m), types[i].name);
		f_ob_string(m, body + type_name_at(m), types[i].name);
		at = m->p->build < 6001 ? o(m, 0x4c, 0x90) : o(m, 0x14, 0x28);
		f_put8(&m->mem, body + at, types[i].index);
		enter(m, dir, types[i].name, body);
	}
	b->driver = directory(b, "Driver");
	b->device = directory(b, "Device");
	b->filesystem = directory(b, "FileSystem");
	if (m->s->handles.n)
		b->named = directory(b, "BaseNamedObjects");
	f_putp(&m->mem, m->ob_root, b->root);
	f_putp(&m->mem, m->ob_type, b->type[F_OB_TYPE]);
}

/* --- drivers and devices ----------------------------------------------------------------- */

static enum ntr_st put_driver(struct f_ob *b, const struct f_sdriver *d,
			      u64 invalid, size_t *next)
{
	struct f_mach *m = b->m;
	struct f_mem *q = &m->mem;
	u64 *slot = ntr_vec_add(&m->drivers), va;
	const struct f_mod *mod = NULL;
	char name[300];

	if (!slot)
		return ntr_fail(m->e, NTR_NOMEM, "out of memory");
	for (size_t i = 0; i < m->img.mods.n; i++)
		if (!strcasecmp(m->img.mods.v[i].name, d->module))
			mod = &m->img.mods.v[i];
	if (!mod)
		return f_scen_err(m->s, m->e, NTR_BAD, d->loc,
				  "no module \"%.40s\"", d->module);
	va = *slot = f_ob_new(b, F_OB_DRIVER, d->name,
			    d->filesystem ? b->filesystem : b->driver,
			    o(m, 0xa8, 0x150));
	f_put16(q, va, 4);
	f_put16(q, va + 2, (u16)o(m, 0xa8, 0x150));
	f_putp(q, va + o(m, 0xc, 0x18), mod->base);
	f_put32(q, va + o(m, 0x10, 0x20), mod->size);
	snprintf(name, sizeof(name), "\\%s\\%.200s",
		 d->filesystem ? "FileSystem" : "Driver", d->name);
	f_ob_string(m, va + o(m, 0x1c, 0x38), name);
	for (u64 i = 0; i < F_MAX_DISPATCH; i++)
		f_putp(q, va + o(m, 0x38, 0x70) + i * ps(m), invalid);
	for (size_t i = 0; i < d->ndispatch; i++)
		f_putp(q, va + o(m, 0x38, 0x70) +
		       d->dispatch[i].major * ps(m),
		       f_img_va(&m->img, &m->io_refs.v[(*next)++]));
	return NTR_OK;
}

static enum ntr_st find_driver(struct f_mach *m, const struct f_sdevice *d,
			       u64 *va)
{
	for (size_t i = 0; i < m->drivers.n; i++)
		if (!strcmp(m->s->drivers.v[i].name, d->driver)) {
			*va = m->drivers.v[i];
			return NTR_OK;
		}
	return f_scen_err(m->s, m->e, NTR_BAD, d->loc, "no driver \"%.40s\"",
			  d->driver);
}

enum ntr_st f_io_device(struct f_mach *m, const char *name, struct f_loc at,
			u64 *va)
{
	for (size_t i = 0; i < m->devices.n; i++)
		if (!strcmp(m->s->devices.v[i].name, name)) {
			*va = m->devices.v[i];
			return NTR_OK;
		}
	return f_scen_err(m->s, m->e, NTR_BAD, at, "no device \"%.40s\" "
			  "before this", name);
}

static void attach(struct f_mach *m, u64 va, u64 ext, u64 lower)
{
	u8 size = 1;

	f_putp(&m->mem, lower + o(m, 0x10, 0x18), va);
	if (m->p->build >= 2600)
		f_putp(&m->mem, ext + o(m, 0x18, 0x30), lower);
	(void)f_get(&m->mem, lower + o(m, 0x30, 0x4c), &size, 1);
	f_put8(&m->mem, va + o(m, 0x30, 0x4c), (u8)(size + 1));
}

static enum ntr_st put_device(struct f_ob *b, const struct f_sdevice *d)
{
	struct f_mach *m = b->m;
	struct f_mem *q = &m->mem;
	u64 va, driver = 0, lower = 0, ext, *slot;
	enum ntr_st st = find_driver(m, d, &driver);

	if (!st && d->lower)
		st = f_io_device(m, d->lower, d->loc, &lower);
	if (st)
		return st;
	slot = ntr_vec_add(&m->devices);
	if (!slot)
		return ntr_fail(m->e, NTR_NOMEM, "out of memory");
	va = *slot = f_ob_new(b, F_OB_DEVICE, d->unnamed ? NULL : d->name, b->device,
			    o(m, 0xb8, 0x150) + 0x40);
	ext = va + o(m, 0xb8, 0x150);
	f_put16(q, va, 3);
	f_put16(q, va + 2, (u16)o(m, 0xb8, 0x150));
	f_put32(q, va + 4, 1);
	f_putp(q, va + o(m, 8, 8), driver);
	f_putp(q, va + o(m, 0xc, 0x10),
	       f_getp(q, driver + o(m, 4, 8)));
	f_putp(q, driver + o(m, 4, 8), va);
	f_put32(q, va + o(m, 0x1c, 0x30), (u32)d->flags);
	f_put32(q, va + o(m, 0x2c, 0x48), (u32)d->type);
	f_put8(q, va + o(m, 0x30, 0x4c), 1);
	f_putp(q, va + o(m, 0xb0, 0x138), ext);
	f_put16(q, ext, 13);
	f_putp(q, ext + o(m, 4, 8), va);
	if (lower)
		attach(m, va, ext, lower);
	return NTR_OK;
}

/* --- IRPs ------------------------------------------------------------------------------------ */

static enum ntr_st put_location(struct f_mach *m, u64 va,
				const struct f_slocation *x, size_t *next)
{
	struct f_mem *q = &m->mem;
	enum ntr_st st = NTR_OK;
	u64 device = 0, file = 0;

	f_put8(q, va, (u8)x->major);
	f_put8(q, va + 1, (u8)x->minor);
	f_put8(q, va + 2, (u8)x->flags);
	f_put8(q, va + 3, (u8)x->control);
	for (u64 i = 0; i < 4; i++)
		f_putp(q, va + ps(m) * (1 + i), x->arg[i]);
	if (x->device)
		st = f_io_device(m, x->device, x->loc, &device);
	if (!st && x->file)
		st = f_net_file(m, x->file, x->loc, &file);
	f_putp(q, va + o(m, 0x14, 0x28), device);
	f_putp(q, va + o(m, 0x18, 0x30), file);
	if (x->completion)
		f_putp(q, va + o(m, 0x1c, 0x38),
		       f_img_va(&m->img, &m->io_refs.v[(*next)++]));
	f_putp(q, va + o(m, 0x20, 0x40),
	       x->sets ? f_lock_va(m, x->sets, x->loc) : x->context);
	return st;
}

/* UserEvent, and the Event inside of a FILE_OBJECT (wdm.h). */
static void put_events(struct f_mach *m, const struct f_sirp *p, u64 va)
{
	if (p->event)
		f_putp(&m->mem, va + o(m, 0x2c, 0x50),
		       f_lock_va(m, p->event, p->loc));
	if (p->file_event)
		f_putp(&m->mem, va + o(m, 0x64, 0xc0),
		       f_lock_va(m, p->file_event, p->loc) - o(m, 0x5c, 0x98));
}

static enum ntr_st put_irp(struct f_mach *m, const struct f_sirp *p,
			   size_t *next)
{
	u64 head = o(m, 0x70, 0xd0), each = o(m, 0x24, 0x48);
	u64 size = head + p->n * each, va = f_pool(m, size);
	u64 current = p->current == F_NONE ? p->n + 1 : p->current, *slot;
	const struct f_thread *t = NULL;
	struct f_mem *q = &m->mem;
	enum ntr_st st = NTR_OK;

	slot = ntr_vec_add(&m->irps);
	if (!slot)
		return ntr_fail(m->e, NTR_NOMEM, "out of memory");
	*slot = va;
	for (size_t i = 0; p->tid != F_NONE && i < m->threads.n; i++)
		if (m->threads.v[i].tid == p->tid && !m->threads.v[i].idle)
			t = &m->threads.v[i];
	if (p->tid != F_NONE && !t)
		return f_scen_err(m->s, m->e, NTR_BAD, p->loc,
				  "no thread 0x%" PRIx64, p->tid);
	f_put16(q, va, 6);
	f_put16(q, va + 2, (u16)size);
	f_putp(q, va + o(m, 4, 8), p->mdl);
	f_put32(q, va + o(m, 8, 0x10), (u32)p->flags);
	f_list_init(m, va + o(m, 0x10, 0x20));
	f_put32(q, va + o(m, 0x18, 0x30), (u32)p->status);
	f_putp(q, va + o(m, 0x1c, 0x38), p->information);
	f_put8(q, va + o(m, 0x21, 0x41), p->pending);
	f_put8(q, va + o(m, 0x22, 0x42), (u8)p->n);
	f_put8(q, va + o(m, 0x23, 0x43), (u8)current);
	f_put8(q, va + o(m, 0x24, 0x44), p->cancelled);
	if (p->cancel)
		f_putp(q, va + o(m, 0x38, 0x68),
		       f_img_va(&m->img, &m->io_refs.v[(*next)++]));
	put_events(m, p, va);
	f_putp(q, va + o(m, 0x50, 0x98), t ? t->va : 0);
	f_putp(q, va + o(m, 0x60, 0xb8), va + head + (current - 1) * each);
	if (t && p->kept)
		f_keep_on_stack(m, t, va);
	else if (t)
		f_list_add(m, t->va + m->p->off->et_irps, va + o(m, 0x10, 0x20));
	for (size_t i = 0; !st && i < p->n; i++)
		st = put_location(m, va + head + i * each, &p->at[i], next);
	return st;
}

/* --- all of it --------------------------------------------------------------------------------- */

enum ntr_st f_io_write(struct f_mach *m)
{
	struct f_ob b = { .m = m, .ntypes = F_OB_PROCESS };
	enum ntr_st st = NTR_OK;
	size_t next = 1; /* io_refs[0] is what stands in empty places */
	u64 invalid;

	if (!used(m))
		return m->item_irps.n ?
		       f_scen_err(m->s, m->e, NTR_BAD, m->item_irps.v[0].loc,
				  "there are no IRPs") : NTR_OK;
	if (m->s->handles.n)
		b.ntypes = F_OB_TYPES;
	invalid = f_img_va(&m->img, &m->io_refs.v[0]);
	put_directory(&b);
	for (size_t i = 0; !st && i < m->s->drivers.n; i++)
		st = put_driver(&b, &m->s->drivers.v[i], invalid, &next);
	for (size_t i = 0; !st && i < m->s->devices.n; i++)
		st = put_device(&b, &m->s->devices.v[i]);
	if (!st)
		st = f_net_files(m);
	for (size_t i = 0; !st && i < m->s->irps.n; i++)
		st = put_irp(m, &m->s->irps.v[i], &next);
	for (size_t i = 0; !st && i < m->item_irps.n; i++) {
		const struct f_item_irp *x = &m->item_irps.v[i];
		if (x->irp > m->irps.n)
			return f_scen_err(m->s, m->e, NTR_BAD, x->loc,
					  "there are %zu IRPs", m->irps.n);
		f_putp(&m->mem, x->at, m->irps.v[x->irp - 1]);
	}
	return st ? st : f_handle_write(&b);
}
