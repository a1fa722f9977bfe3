// SPDX-License-Identifier: Apache-2.0
/*
 * Handle tables, PspCidTable among them, and what their handles lead to.
 *
 * NT 3.51 and 4.0: one array, which the head names; where it names it and
 * what else is in the head is not public, so the rest of it is empty.  2000:
 * three layers of 256.  XP and later: pages of entries, with one or two levels
 * of pages of pointers above them when they are many.  An entry is the
 * header's address with attributes, and the access; the word of 64 bits of
 * Windows 8.1 and later has the address from bit 20 on.
 */
#include "ob.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 4096u

struct entry {
	u64 index, word;
	u32 access;
};

/* A table that is being made. */
struct table {
	struct f_ob *b;
	struct { NTR_VEC(struct entry); } e;
	u64 next;       /* index to give to a handle without a value */
	bool cid;
};

static u64 ps(const struct f_mach *m)
{
	return f_prof_ptr(m->p);
}

static u64 o(const struct f_mach *m, u64 narrow, u64 wide)
{
	return f_prof_64(m->p) ? wide : narrow;
}

static u64 leaf(const struct f_mach *m)
{
	return m->p->build < 2600 ? 256 : PAGE / (2 * ps(m));
}

/* --- entries ---------------------------------------------------------------------- */

static void encode(const struct f_mach *m, struct entry *e, u64 at,
		   const struct f_shandle *h)
{
	u64 attr = h->inherit * 2u + h->audit * 4u;

	e->access = (u32)h->access;
	if (m->p->build < 2600) { /* bit 31 is clear: nobody uses the entry */
		e->word = (at & 0x7fffffff) | attr | h->protect;
	} else if (m->p->build >= 9600 && f_prof_64(m->p)) {
		e->word = at >> 4 << 20 | (attr | h->protect) << 17 |
			  0x7fff << 1 | 1;
	} else {
		e->word = at | attr | 1;
		e->access |= h->protect * 0x02000000u;
	}
}

static bool has(const struct table *t, u64 index)
{
	for (size_t i = 0; i < t->e.n; i++)
		if (t->e.v[i].index == index)
			return true;
	return false;
}

static bool reserved(const struct table *t, u64 index)
{
	return !index || (t->b->m->p->build >= 2600 &&
			  !(index % leaf(t->b->m)));
}

static enum ntr_st add(struct table *t, const struct f_shandle *h, u64 index,
		       u64 body)
{
	struct f_mach *m = t->b->m;
	struct entry *e = ntr_vec_add(&t->e);

	if (!e)
		return ntr_fail(m->e, NTR_NOMEM, "out of memory");
	e->index = index;
	encode(m, e, t->cid ? body : body - o(m, 0x18, 0x30), h);
	return NTR_OK;
}

static int by_index(const void *a, const void *b)
{
	u64 x = ((const struct entry *)a)->index;
	u64 y = ((const struct entry *)b)->index;

	return (x > y) - (x < y);
}

/* --- the form of a table --------------------------------------------------------------- */

static void put_entry(struct f_mach *m, u64 at, const struct entry *e)
{
	f_putp(&m->mem, at, e->word);
	f_put32(&m->mem, at + ps(m), e->access);
}

/* In a pool block, or in pages of its own. */
static u64 array(struct f_mach *m, u64 len)
{
	u64 at = f_pool(m, PAGE + len + 2 * PAGE);
	u64 units = (len + 8 + 31) / 32;

	at = (at + PAGE - 1) & ~(u64)(PAGE - 1);
	if (len > PAGE - 0x40)
		return at;
	f_put8(&m->mem, at + 0x22, 2); /* paged */
	f_put8(&m->mem, at + 0x23, (u8)units);
	f_put32(&m->mem, at + 0x24, 0x7466624f); /* "Obft" */
	return at + 0x28;
}

static u64 put_array(struct table *t)
{
	struct f_mach *m = t->b->m;
	u64 last = t->e.v[t->e.n - 1].index;
	u64 head = f_pool(m, 0x40), at = array(m, (last + 1) * 8);

	for (size_t i = 0; i < t->e.n; i++)
		put_entry(m, at + t->e.v[i].index * 8, &t->e.v[i]);
	f_putp(&m->mem, head + 0x10, at);
	return head;
}

static u64 whole_page(struct f_mach *m)
{
	return (f_pool(m, 2 * PAGE) + PAGE - 1) & ~(u64)(PAGE - 1);
}

/* What is below a page of pointers, made when it is missing. */
static u64 below(struct f_mach *m, u64 page, u64 i, u64 size)
{
	u64 p = f_getp(&m->mem, page + i * ps(m));

	if (!p) {
		p = size == PAGE ? whole_page(m) : f_pool(m, size);
		f_putp(&m->mem, page + i * ps(m), p);
	}
	return p;
}

static u64 put_layers(struct table *t, u64 pid, u64 process)
{
	struct f_mach *m = t->b->m;
	u64 head = f_pool(m, 0x6c), one = f_pool(m, 0x400);

	for (size_t i = 0; i < t->e.n; i++) {
		u64 n = t->e.v[i].index;
		u64 two = below(m, one, n >> 16 & 255, 0x400);
		u64 three = below(m, two, n >> 8 & 255, 0x800);

		put_entry(m, three + (n & 255) * 8, &t->e.v[i]);
	}
	f_put32(&m->mem, head + 4, (u32)t->e.n);
	f_putp(&m->mem, head + 8, one);
	f_putp(&m->mem, head + 0xc, process);
	f_putp(&m->mem, head + 0x10, pid);
	return head;
}

struct levels {
	u64 root, node, leaf;
	unsigned level;
};

static u64 page_of(struct f_mach *m, const struct levels *l, u64 index)
{
	u64 page = index / l->leaf, at = l->root;

	if (l->level == 2)
		at = below(m, at, page / l->node, PAGE);
	if (l->level)
		at = below(m, at, page % l->node, PAGE);
	return at;
}

static void put_head(struct f_mach *m, u64 head, u64 code, u64 bound, u64 count)
{
	struct f_mem *q = &m->mem;

	if (m->p->build >= 9200) {
		f_putp(q, head + 8, code);
		f_put32(q, head, (u32)bound);
		return;
	}
	f_putp(q, head, code);
	f_put32(q, head + (m->p->build < 6000 ? o(m, 0x38, 0x64) :
			   o(m, 0x34, 0x5c)), (u32)bound);
	f_put32(q, head + (m->p->build < 6000 ? o(m, 0x3c, 0x68) :
			   o(m, 0x30, 0x58)), (u32)count);
}

static u64 put_levels(struct table *t, u64 pid, u64 process)
{
	struct f_mach *m = t->b->m;
	struct levels l = { .node = PAGE / ps(m), .leaf = leaf(m) };
	u64 last = t->e.v[t->e.n - 1].index, head = f_pool(m, 0x80);

	l.level = last < l.leaf ? 0 : last < l.leaf * l.node ? 1 : 2;
	l.root = whole_page(m);
	for (u64 i = 0; i <= last / l.leaf; i++)
		(void)page_of(m, &l, i * l.leaf);
	for (size_t i = 0; i < t->e.n; i++)
		put_entry(m, page_of(m, &l, t->e.v[i].index) +
			  t->e.v[i].index % l.leaf * 2 * ps(m), &t->e.v[i]);
	put_head(m, head, l.root | l.level, (last / l.leaf + 1) * l.leaf * 4,
		 t->e.n);
	if (m->p->build >= 9200) {
		f_putp(&m->mem, head + o(m, 0xc, 0x10), process);
		f_put32(&m->mem, head + o(m, 0x18, 0x28), (u32)pid);
	} else {
		f_putp(&m->mem, head + o(m, 4, 8), process);
		f_putp(&m->mem, head + o(m, 8, 0x10), pid);
	}
	return head;
}

static u64 put_table(struct table *t, u64 pid, u64 process)
{
	u16 build = t->b->m->p->build;

	qsort(t->e.v, t->e.n, sizeof(*t->e.v), by_index);
	return build < 2195 ? put_array(t) :
	       build < 2600 ? put_layers(t, pid, process) :
	       put_levels(t, pid, process);
}

/* --- what handles lead to ----------------------------------------------------------------- */

static u64 new_file(struct f_ob *b, const struct f_shandle *h, u64 device)
{
	struct f_mach *m = b->m;
	u64 va = f_ob_new(b, F_OB_FILE, NULL, 0, o(m, 0x80, 0xd8));

	f_put16(&m->mem, va, 5);
	f_put16(&m->mem, va + 2, (u16)o(m, 0x80, 0xd8));
	f_putp(&m->mem, va + o(m, 4, 8), device);
	f_put32(&m->mem, va + o(m, 0x2c, 0x50), 0x40042);
	f_ob_string(m, va + o(m, 0x30, 0x58), h->name);
	return va;
}

/* DISPATCHER_HEADER type by kind: events are of the notification kind. */
static u64 new_plain(struct f_ob *b, const struct f_shandle *h)
{
	static const struct {
		enum f_ob_type type;
		u8 kind;
		u16 narrow, wide;
	} k[F_NH] = {
		[F_H_EVENT] = { F_OB_EVENT, 0, 0x10, 0x18 },
		[F_H_MUTANT] = { F_OB_MUTANT, 2, 0x20, 0x38 },
		[F_H_SEMAPHORE] = { F_OB_SEMAPHORE, 5, 0x14, 0x20 },
		[F_H_TIMER] = { F_OB_TIMER, 8, 0x28, 0x40 },
		[F_H_KEY] = { F_OB_KEY, 0x6b, 0x30, 0x50 },
		[F_H_SECTION] = { F_OB_SECTION, 0, 0x28, 0x40 },
	};
	struct f_mach *m = b->m;
	u64 va = f_ob_new(b, k[h->to].type, h->name, h->name ? b->named : 0,
			  o(m, k[h->to].narrow, k[h->to].wide));

	f_put8(&m->mem, va, k[h->to].kind);
	f_put32(&m->mem, va + 4, h->to == F_H_MUTANT);
	f_list_init(m, va + 8);
	if (h->to == F_H_SEMAPHORE)
		f_put32(&m->mem, va + o(m, 0x10, 0x18), 8); /* Limit */
	return va;
}

/* An earlier handle to the same name has made it. */
static const struct f_shandle *same(const struct f_mach *m,
				    const struct f_shandle *h)
{
	for (const struct f_shandle *x = m->s->handles.v; x < h; x++)
		if (h->name && x->name && x->to == h->to &&
		    h->to >= F_H_EVENT && !strcmp(x->name, h->name))
			return x;
	return NULL;
}

static u64 by_id(const struct f_mach *m, const struct f_shandle *h)
{
	for (size_t i = 0; h->to == F_H_PROCESS && i < m->procs.n; i++)
		if (m->procs.v[i].pid == h->id && !m->procs.v[i].idle)
			return m->procs.v[i].va;
	for (size_t i = 0; h->to == F_H_THREAD && i < m->threads.n; i++)
		if (m->threads.v[i].tid == h->id && !m->threads.v[i].idle)
			return m->threads.v[i].va;
	return 0;
}

static u64 by_name(const struct f_mach *m, bool driver, const char *name)
{
	size_t n = driver ? m->drivers.n : m->devices.n;

	for (size_t i = 0; i < n; i++)
		if (!strcmp(driver ? m->s->drivers.v[i].name :
			    m->s->devices.v[i].name, name))
			return driver ? m->drivers.v[i] : m->devices.v[i];
	return 0;
}

/* made[i]: the object of statement i, 0 not yet. */
static enum ntr_st find(struct f_ob *b, const struct f_shandle *h, u64 *made,
			u64 *body)
{
	struct f_mach *m = b->m;
	const struct f_shandle *x = same(m, h);
	u64 device = 0;

	if (h->device)
		device = by_name(m, false, h->device);
	if (h->device && !device)
		return f_scen_err(m->s, m->e, NTR_BAD, h->loc,
				  "no device \"%.40s\"", h->device);
	if (x)
		*body = made[x - m->s->handles.v];
	else if (h->to <= F_H_THREAD)
		*body = by_id(m, h);
	else if (h->to <= F_H_DRIVER)
		*body = by_name(m, h->to == F_H_DRIVER, h->name);
	else
		*body = h->to == F_H_FILE ? new_file(b, h, device) :
			new_plain(b, h);
	return *body ? NTR_OK : f_scen_err(m->s, m->e, NTR_BAD, h->loc,
					   "a handle to what does not exist");
}

/* --- all of it --------------------------------------------------------------------------------- */

static enum ntr_st statement(struct table *t, const struct f_shandle *h,
			     u64 body)
{
	struct f_mach *m = t->b->m;
	enum ntr_st st = NTR_OK;

	if (h->value != F_NONE) {
		if (reserved(t, h->value / 4) || has(t, h->value / 4))
			return f_scen_err(m->s, m->e, NTR_BAD, h->loc,
					  "handle 0x%" PRIx64 " is taken, or "
					  "none that this version gives",
					  h->value);
		if (t->next <= h->value / 4)
			t->next = h->value / 4 + 1;
		return add(t, h, h->value / 4, body);
	}
	for (u64 i = 0; !st && i < h->count; i++) {
		while (reserved(t, t->next))
			t->next++;
		st = add(t, h, t->next++, body);
	}
	return st;
}

static enum ntr_st of_process(struct f_ob *b, size_t proc, u64 *made)
{
	struct f_mach *m = b->m;
	struct table t = { .b = b, .next = 1 };
	enum ntr_st st = NTR_OK;

	for (size_t i = 0; !st && i < m->s->handles.n; i++) {
		const struct f_shandle *h = &m->s->handles.v[i];

		if (f_proc_of(m, h->proc) == proc)
			st = statement(&t, h, made[i]);
	}
	if (!st && t.e.n)
		f_putp(&m->mem, m->procs.v[proc].va + m->p->off->ep_handles,
		       put_table(&t, m->procs.v[proc].pid,
				 m->procs.v[proc].va));
	ntr_vec_fini(&t.e);
	return st;
}

/* Ids are handles since 2000; before, they are numbers of entries. */
static enum ntr_st add_id(struct table *t, u64 id, u64 body)
{
	static const struct f_shandle plain = { .access = 0 };
	u64 index = t->b->m->p->build < 2195 ? id : id / 4;

	while (reserved(t, index) || has(t, index))
		index++;
	return add(t, &plain, index, body);
}

static enum ntr_st put_cid(struct f_ob *b)
{
	struct f_mach *m = b->m;
	struct table t = { .b = b, .cid = true };
	enum ntr_st st = NTR_OK;

	for (size_t i = 0; !st && i < m->procs.n; i++)
		if (!m->procs.v[i].idle && !m->procs.v[i].noid)
			st = add_id(&t, m->procs.v[i].pid, m->procs.v[i].va);
	for (size_t i = 0; !st && i < m->threads.n; i++)
		if (!m->threads.v[i].idle)
			st = add_id(&t, m->threads.v[i].tid,
				    m->threads.v[i].va);
	if (!st && t.e.n)
		f_putp(&m->mem, m->cid_table, put_table(&t, 0, 0));
	ntr_vec_fini(&t.e);
	return st;
}

static void put_headers(struct f_ob *b)
{
	struct f_mach *m = b->m;

	for (size_t i = 0; i < m->procs.n; i++)
		f_ob_header(b, F_OB_PROCESS, m->procs.v[i].va);
	for (size_t i = 0; i < m->threads.n; i++)
		f_ob_header(b, F_OB_THREAD, m->threads.v[i].va);
}

enum ntr_st f_handle_write(struct f_ob *b)
{
	struct f_mach *m = b->m;
	enum ntr_st st = NTR_OK;
	u64 *made;

	if (!m->s->handles.n)
		return NTR_OK;
	made = calloc(m->s->handles.n, sizeof(*made));
	if (!made)
		return ntr_fail(m->e, NTR_NOMEM, "out of memory");
	put_headers(b);
	for (size_t i = 0; !st && i < m->s->handles.n; i++)
		st = find(b, &m->s->handles.v[i], made, &made[i]);
	for (size_t i = 0; !st && i < m->procs.n; i++)
		st = of_process(b, i, made);
	free(made);
	return st ? st : put_cid(b);
}
