// SPDX-License-Identifier: Apache-2.0
/*
 * Drivers with one device each, devices on one another, and the requests of
 * threads: IRPs whose stack locations name the devices, the lowest in number
 * 1.  The layouts have not changed from NT 3.51 to Windows 10.
 */
#include "mach.h"

#include "base/text.h"

#include <string.h>

enum { MAX_STACK = 32 };

static u64 o(const struct f_mach *m, u64 narrow, u64 wide)
{
	return f_prof_64(m->p) ? wide : narrow;
}

static bool find(struct f_mach *m, const char *name, size_t *at)
{
	for (size_t i = 0; i < m->s->drivers.n; i++)
		if (!strcmp(m->s->drivers.v[i].name, name)) {
			*at = i;
			return true;
		}
	return false;
}

static void put_driver(struct f_mach *m, const struct f_sdriver *s, u64 va,
		       u64 device)
{
	struct f_buf b = { 0 };
	struct f_mem *q = &m->mem;
	u64 text = f_pool(m, strlen(s->name) * 2 + 2);
	u16 n = (u16)f_buf_wide(&b, 0, s->name);

	f_put(q, text, b.p, b.n);
	if (b.lost)
		f_mem_fail(q, NTR_NOMEM, "out of memory");
	f_buf_fini(&b);
	f_put16(q, va, 4);
	f_put16(q, va + 2, (u16)o(m, 0xa8, 0x150));
	f_putp(q, va + o(m, 4, 8), device);
	f_put16(q, va + o(m, 0x1c, 0x38), n);
	f_put16(q, va + o(m, 0x1e, 0x3a), (u16)(n + 2));
	f_putp(q, va + o(m, 0x20, 0x40), text);
	for (size_t i = 0; s->image && i < m->img.mods.n; i++) {
		const struct f_mod *d = &m->img.mods.v[i];
		if (ntr_strcasecmp(d->name, s->image))
			continue;
		f_putp(q, va + o(m, 0xc, 0x18), d->base);
		f_put32(q, va + o(m, 0x10, 0x20), d->size);
	}
	f_put16(q, device, 3);
	f_put16(q, device + 2, (u16)o(m, 0xb8, 0x150));
	f_put32(q, device + 4, 1);
	f_putp(q, device + 8, va);
}

/* The devices under and over one, lowest first; the index of it in *mine. */
static size_t stack_of(struct f_mach *m, size_t at, size_t out[MAX_STACK],
		       size_t *mine)
{
	size_t n = 0, lower = at, base = at;
	bool more = true;

	for (size_t i = 0; i < MAX_STACK && m->s->drivers.v[base].over; i++) {
		if (!find(m, m->s->drivers.v[base].over, &lower))
			break;
		base = lower;
	}
	while (more && n < MAX_STACK) {
		if (base == at)
			*mine = n;
		out[n++] = base;
		more = false;
		for (size_t i = 0; !more && i < m->s->drivers.n; i++) {
			const struct f_sdriver *d = &m->s->drivers.v[i];
			if (d->over && !strcmp(d->over,
					       m->s->drivers.v[base].name))
				base = i, more = true;
		}
	}
	return n;
}

static void put_irp(struct f_mach *m, const struct f_thread *t,
		    const struct f_sirp *s, const u64 *device)
{
	size_t at, stack[MAX_STACK], mine = 0, n;
	struct f_mem *q = &m->mem;
	u64 irp, head = o(m, 0x70, 0xd0), each = o(m, 0x24, 0x48);

	if (!find(m, s->driver, &at)) {
		f_mem_fail(q, NTR_BAD, "line %u: no driver \"%.40s\"",
			   s->loc.line, s->driver);
		return;
	}
	n = stack_of(m, at, stack, &mine);
	irp = f_pool(m, head + n * each);
	f_put16(q, irp, 6);
	f_put16(q, irp + 2, (u16)(head + n * each));
	f_put8(q, irp + o(m, 0x22, 0x42), (u8)n);
	f_put8(q, irp + o(m, 0x23, 0x43), (u8)(mine + 1));
	f_putp(q, irp + o(m, 0x50, 0x98), t->va);
	f_putp(q, irp + o(m, 0x60, 0xb8), irp + head + mine * each);
	f_list_add(m, t->va + m->p->off->et_irps, irp + o(m, 0x10, 0x20));
	for (size_t i = mine; i < n; i++) {
		u64 l = irp + head + i * each;
		f_put8(q, l, (u8)s->major);
		f_put8(q, l + 1, (u8)s->minor);
		f_put8(q, l + 3, i == mine ? 1 : 0xe0);
		f_putp(q, l + o(m, 0x14, 0x28), device[stack[i]]);
	}
}

void f_io_write(struct f_mach *m)
{
	u64 driver[F_MAX_DRIVERS], device[F_MAX_DRIVERS];
	size_t lower;

	for (size_t i = 0; i < m->s->drivers.n; i++) {
		driver[i] = f_pool(m, o(m, 0xa8, 0x150));
		device[i] = f_pool(m, o(m, 0xb8, 0x150));
		put_driver(m, &m->s->drivers.v[i], driver[i], device[i]);
	}
	for (size_t i = 0; i < m->s->drivers.n; i++) {
		const struct f_sdriver *d = &m->s->drivers.v[i];
		if (!d->over)
			continue;
		if (find(m, d->over, &lower))
			f_putp(&m->mem, device[lower] + o(m, 0x10, 0x18),
			       device[i]);
		else
			f_mem_fail(&m->mem, NTR_BAD, "line %u: no driver "
				   "\"%.40s\"", d->loc.line, d->over);
	}
	for (size_t i = 0; i < m->threads.n; i++) {
		const struct f_thread *t = &m->threads.v[i];
		for (size_t k = 0; t->s && k < t->s->nirps; k++)
			put_irp(m, t, &t->s->irp[k], device);
	}
}
