// SPDX-License-Identifier: Apache-2.0
/*
 * Loaded and unloaded modules: the kernel's own list when it can be walked,
 * else what the container carries.  A list with a page missing in the middle
 * is walked from both ends; one with a loop ends where it closes.
 */
#include "../base/record.h"
#include "../base/text.h"
#include "priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 1024u  /* of a UNICODE_STRING, at most */
#define IMAGE_MAX 0x40000000u
#define UNLOADED_MAX 50u  /* MI_UNLOADED_DRIVERS */

struct raw_ldr {
	u64 base, full, name;
	u32 size, checksum, stamp;
	u16 full_len, name_len;
};
static const struct ntr_member ldr_members[] = {
	NTR_MEMBER(raw_ldr, base, "DllBase"),
	NTR_MEMBER(raw_ldr, size, "SizeOfImage"),
	NTR_MEMBER_OPT(raw_ldr, full_len, "FullDllName.Length"),
	NTR_MEMBER_OPT(raw_ldr, full, "FullDllName.Buffer"),
	NTR_MEMBER_OPT(raw_ldr, name_len, "BaseDllName.Length"),
	NTR_MEMBER_OPT(raw_ldr, name, "BaseDllName.Buffer"),
	NTR_MEMBER_OPT(raw_ldr, checksum, "CheckSum"),
	NTR_MEMBER_OPT(raw_ldr, stamp, "TimeDateStamp"),
};
enum { LDR_STAMP = 7 };

/* --- names ---------------------------------------------------------------------- */

static const char *file_part(const char *path)
{
	const char *p = path;

	for (const char *s = path; *s; s++)
		if (*s == '\\' || *s == '/')
			p = s + 1;
	return p;
}

/* The name a debugger gives a module: without extension, symbols made '_'. */
static const char *debugger_name(struct ntr_target *t, const char *image)
{
	const char *dot = strrchr(image, '.');
	size_t n = dot && dot != image ? (size_t)(dot - image) : strlen(image);
	char *s = ntr_arena_strndup(&t->arena, image, n);

	for (char *c = s; c && *c; c++)
		if (!((*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') ||
		      (*c >= 'A' && *c <= 'Z') || (u8)*c >= 0x80))
			*c = '_';
	return s ? s : "";
}

static void name_module(struct ntr_target *t, struct ntr_module *m,
			const char *full)
{
	m->image = file_part(full);
	m->path = m->image == full ? NULL : full;
	if (!t->priv->user &&
	    (ntr_is_kernel_image(m->image) ||
	     (t->kernel_base && m->base == t->kernel_base)))
		m->name = "nt";
	else
		m->name = debugger_name(t, m->image);
}

/* Text of a UNICODE_STRING, "" when it cannot be read. */
static const char *unicode_string(struct ntr_target *t, u64 va, u32 len)
{
	u8 raw[NAME_BYTES];
	char text[NAME_BYTES + 1];
	char *s;

	if (len > sizeof(raw))
		len = sizeof(raw);
	len &= ~1u;
	if (!len || !ntr_kernel_va(t, va) ||
	    ntr_space_read(t->mem, va, raw, len, NULL))
		return "";
	ntr_utf16_to_utf8(text, sizeof(text), raw, len);
	s = ntr_arena_strdup(&t->arena, text);
	return s ? s : "";
}

/* --- the kernel's list ------------------------------------------------------------- */

struct walk {
	struct ntr_target *t;
	u64 head;
	u64 *va;     /* entries met, NTR_MAX_MODULES of them */
	size_t n;
	const char *why; /* the walk stopped early, because … */
};

static bool walk_seen(const struct walk *w, u64 va)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->va[i] == va)
			return true;
	return false;
}

/* Follow one of the two links (at +0 or +pointer) until the head, a known
 * entry or a hole. The other link proves each step; only where it does not
 * fit is the whole list searched for a loop. */
static bool walk_links(struct walk *w, unsigned link, unsigned back)
{
	struct ntr_target *t = w->t;
	u64 va, prev = w->head, proof;

	if (ntr_read_ptr(t->mem, w->head + link, t->ptr_size, &va))
		return w->why = "its head is not in the dump", false;
	while (va != w->head) {
		if (w->n >= NTR_MAX_MODULES)
			return w->why = "it does not end", false;
		if (!ntr_kernel_va(t, va))
			return w->why = "a link is not a kernel address", false;
		if (ntr_read_ptr(t->mem, va + back, t->ptr_size, &proof))
			return w->why = "an entry is not in the dump", false;
		if (proof != prev && walk_seen(w, va))
			return w->why = "it closes into a loop", false;
		w->va[w->n++] = va;
		prev = va;
		if (ntr_read_ptr(t->mem, va + link, t->ptr_size, &va))
			return w->why = "an entry is not in the dump", false;
	}
	return true;
}

static void walk_list(struct walk *w)
{
	unsigned ptr = w->t->ptr_size;
	size_t front;

	if (walk_links(w, 0, ptr))
		return;
	/* The rest from the other end, brought into load order. */
	front = w->n;
	(void)walk_links(w, ptr, 0);
	while (w->n > front && front && walk_seen(&(struct walk){
			.va = w->va, .n = front }, w->va[w->n - 1]))
		w->n--;
	for (size_t a = front, b = w->n; a + 1 < b; a++, b--) {
		u64 x = w->va[a];

		w->va[a] = w->va[b - 1];
		w->va[b - 1] = x;
	}
}

static bool ldr_ok(const struct ntr_target *t, const struct raw_ldr *r)
{
	return ntr_kernel_va(t, r->base) && !(r->base & 0xfff) && r->size &&
	       r->size <= IMAGE_MAX && r->base + r->size > r->base;
}

static enum ntr_st ldr_module(struct ntr_target *t, const struct raw_ldr *r,
			      u32 have)
{
	struct ntr_module *m = ntr_vec_add(&t->modules);
	const char *full, *name;

	if (!m)
		return NTR_NOMEM;
	m->base = r->base;
	m->size = r->size;
	m->checksum = r->checksum;
	m->timestamp = have >> LDR_STAMP & 1 ? r->stamp : 0;
	full = unicode_string(t, r->full, r->full_len);
	name = unicode_string(t, r->name, r->name_len);
	/* Base name as stored; the path only when it ends in that name. */
	if (!*name || (*full && !ntr_strcasecmp(file_part(full), name)))
		name_module(t, m, full);
	else
		name_module(t, m, name);
	if (!m->path && *full && m->image != full)
		m->path = full;
	return NTR_OK;
}

static enum ntr_st ldr_entries(struct ntr_target *t, const struct walk *w,
			       u32 *bad)
{
	struct ntr_bound b;
	struct raw_ldr r;
	u32 have = 0;

	if (ntr_bind(&t->priv->types, "_KLDR", ldr_members,
		     NTR_COUNT(ldr_members), &b, NULL))
		return NTR_OK;
	/* A time stamp where another build had it would be a guess. */
	if (b.hit[LDR_STAMP].source == NTR_SRC_ASSUMED)
		b.have &= ~(1u << LDR_STAMP);
	for (size_t i = 0; i < w->n; i++) {
		if (ntr_bound_read(&b, t->mem, w->va[i], &r, &have, NULL) ||
		    !ldr_ok(t, &r)) {
			(*bad)++;
			continue;
		}
		if (ldr_module(t, &r, have))
			return NTR_NOMEM;
	}
	return NTR_OK;
}

static enum ntr_st modules_from_list(struct ntr_target *t)
{
	struct walk w = { .t = t, .head = t->priv->psmods };
	enum ntr_st st;
	u32 bad = 0;

	if (!ntr_kernel_va(t, w.head))
		return NTR_OK;
	w.va = malloc(NTR_MAX_MODULES * sizeof(*w.va));
	if (!w.va)
		return NTR_NOMEM;
	walk_list(&w);
	st = ldr_entries(t, &w, &bad);
	free(w.va);
	if (st || !t->modules.n)
		return st;
	t->modules_source = "kernel list";
	t->modules_complete = !w.why && !bad;
	if (!t->modules_complete)
		ntr_target_missing(t, ntr_arena_printf(&t->arena,
			"part of the module list (%zu modules read; %s)",
			t->modules.n, w.why ? w.why : "an entry is damaged"),
			"a dump that holds the pages of the list");
	return NTR_OK;
}

/* --- the container's list --------------------------------------------------------------- */

static enum ntr_st modules_from_dump(struct ntr_target *t)
{
	struct ntr_dump *d = t->d;

	for (size_t i = 0; i < d->modules.n; i++) {
		const struct ntr_dump_module *s = &d->modules.v[i];
		struct ntr_module *m = ntr_vec_add(&t->modules);

		if (!m)
			return NTR_NOMEM;
		m->base = s->base;
		m->size = s->size;
		m->timestamp = s->timestamp;
		m->checksum = s->checksum;
		memcpy(m->version, s->ver, sizeof(m->version));
		m->has_version = s->ver[0] || s->ver[1] || s->ver[2] ||
				 s->ver[3];
		m->nameless = s->nameless || !s->name || !*s->name;
		name_module(t, m, s->name ? s->name : "");
	}
	t->priv->from_dump = true;
	t->modules_complete = d->modules.n &&
			      (d->complete || d->modules_whole);
	t->modules_source = d->triage.present ? "triage driver list" :
			    d->kind == NTR_KIND_USER ? "dump's module list" :
						       "list in the dump";
	return NTR_OK;
}

/* --- lookup --------------------------------------------------------------------------- */

struct by_base {
	u64 base;
	u32 i;
};

static int by_base_cmp(const void *pa, const void *pb)
{
	const struct by_base *a = pa, *b = pb;

	if (a->base != b->base)
		return a->base < b->base ? -1 : 1;
	return a->i < b->i ? -1 : a->i > b->i;
}

static enum ntr_st index_modules(struct ntr_target *t)
{
	size_t n = t->modules.n;
	struct by_base *s;

	if (!n)
		return NTR_OK;
	t->priv->by_base = ntr_arena_array(&t->arena, n, sizeof(u32));
	s = malloc(n * sizeof(*s));
	if (!t->priv->by_base || !s) {
		free(s);
		return NTR_NOMEM;
	}
	for (size_t i = 0; i < n; i++)
		s[i] = (struct by_base){ t->modules.v[i].base, (u32)i };
	qsort(s, n, sizeof(*s), by_base_cmp);
	for (size_t i = 0; i < n; i++)
		t->priv->by_base[i] = s[i].i;
	free(s);
	return NTR_OK;
}

struct ntr_module *ntr_target_module(struct ntr_target *t, u64 va)
{
	size_t lo = 0, hi = t->modules.n, mid;
	struct ntr_module *m;

	while (lo < hi) { /* the last module that starts at or below va */
		mid = lo + (hi - lo) / 2;
		if (t->modules.v[t->priv->by_base[mid]].base <= va)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return NULL;
	m = &t->modules.v[t->priv->by_base[lo - 1]];
	return va - m->base < m->size ? m : NULL;
}

struct ntr_module *ntr_target_module_named(struct ntr_target *t,
					   const char *name)
{
	for (size_t i = 0; i < t->modules.n; i++)
		if (!ntr_strcasecmp(t->modules.v[i].name, name) ||
		    !ntr_strcasecmp(t->modules.v[i].image, name))
			return &t->modules.v[i];
	return NULL;
}

const struct ntr_unloaded_module *
ntr_target_unloaded(const struct ntr_target *t, u64 va)
{
	for (size_t i = 0; i < t->unloaded.n; i++)
		if (va >= t->unloaded.v[i].start && va < t->unloaded.v[i].end)
			return &t->unloaded.v[i];
	return NULL;
}

/* What is known of the kernel and what the list says of it. */
static void settle_kernel(struct ntr_target *t)
{
	struct ntr_module *k = NULL;

	for (size_t i = 0; i < t->modules.n && !k; i++) {
		struct ntr_module *m = &t->modules.v[i];

		if (t->kernel_base ? m->base == t->kernel_base
				   : ntr_is_kernel_image(m->image))
			k = m;
	}
	if (!k)
		return;
	if (!t->kernel_base) {
		t->kernel_base = k->base;
		t->kernel_source = t->modules_source;
	}
	t->kernel_size = k->size;
}

enum ntr_st ntr_target_read_modules(struct ntr_target *t)
{
	enum ntr_st st = NTR_OK;

	t->priv->user = t->d->kind == NTR_KIND_USER;
	if (t->is_nt && !t->priv->user)
		st = modules_from_list(t);
	if (st == NTR_OK && !t->modules.n)
		st = modules_from_dump(t);
	if (st)
		return st;
	if (!t->priv->user && t->is_nt)
		settle_kernel(t);
	return index_modules(t);
}

/* --- one module in full ---------------------------------------------------------------- */

/* MDMP carries CodeView records of its modules. */
static void load_dump_debug(struct ntr_target *t, struct ntr_module *m)
{
	size_t i = (size_t)(m - t->modules.v);
	const struct ntr_dump_module *s;
	u8 raw[24 + 260];
	struct ntr_bin b;
	size_t n;

	if (!t->priv->from_dump || i >= t->d->modules.n)
		return;
	s = &t->d->modules.v[i];
	n = s->cv.len < sizeof(raw) ? (size_t)s->cv.len : sizeof(raw);
	if (!n || ntr_file_read(t->d->file, s->cv.off, raw, n, NULL))
		return;
	b = ntr_bin_of(raw, n, "CodeView record", s->cv.off);
	m->has_debug = ntr_cv_parse(&b, &m->debug, NULL) == NTR_OK;
}

bool ntr_module_load(struct ntr_target *t, struct ntr_module *m)
{
	struct ntr_pe pe;

	if (m->tried_pe)
		return m->has_pe;
	m->tried_pe = true;
	load_dump_debug(t, m);
	if (ntr_pe_open(&pe, t->mem, m->base, true, NULL))
		return false;
	m->pe = ntr_arena_alloc(&t->arena, sizeof(*m->pe));
	if (!m->pe)
		return false;
	*m->pe = pe;
	m->has_pe = true;
	/* The image in memory knows better than a list entry. */
	if (pe.timestamp)
		m->timestamp = pe.timestamp;
	if (pe.checksum)
		m->checksum = pe.checksum;
	if (!m->has_version)
		m->has_version = ntr_pe_version(m->pe, m->version, NULL) ==
				 NTR_OK;
	if (!m->has_debug)
		m->has_debug = ntr_pe_debug(m->pe, &m->debug, NULL) == NTR_OK;
	return true;
}

/* --- unloaded --------------------------------------------------------------------------- */

static enum ntr_st unloaded_from_dump(struct ntr_target *t)
{
	for (size_t i = 0; i < t->d->unloaded.n; i++) {
		const struct ntr_dump_unloaded *s = &t->d->unloaded.v[i];
		struct ntr_unloaded_module *m = ntr_vec_add(&t->unloaded);

		if (!m)
			return NTR_NOMEM;
		*m = (struct ntr_unloaded_module){
			.image = s->name ? s->name : "",
			.truncated = s->truncated,
			.start = s->start,
			.end = s->end,
			.time = s->time,
		};
	}
	return NTR_OK;
}

/* One UNLOADED_DRIVERS: name, start, end, time; false for an empty one. */
static bool unloaded_read(struct ntr_target *t, u64 va,
			  struct ntr_unloaded_module *m)
{
	u8 r[0x28];
	bool wide = t->ptr_size == 8;
	u64 name;

	if (ntr_space_read(t->mem, va, r, wide ? 0x28 : 0x18, NULL))
		return false;
	name = wide ? ntr_load_u64(r + 8) : ntr_load_u32(r + 4);
	m->start = wide ? ntr_load_u64(r + 0x10) : ntr_load_u32(r + 8);
	m->end = wide ? ntr_load_u64(r + 0x18) : ntr_load_u32(r + 0xc);
	m->time = ntr_load_u64(r + (wide ? 0x20 : 0x10));
	if (!ntr_kernel_va(t, m->start) || m->end <= m->start)
		return false;
	m->image = file_part(unicode_string(t, name, ntr_load_u16(r)));
	return true;
}

/* MmUnloadedDrivers: a ring of 50, the next slot in MmLastUnloadedDriver;
 * newest first. */
static enum ntr_st unloaded_from_ring(struct ntr_target *t)
{
	const struct ntr_kdbg *k = &t->priv->kdbg;
	u64 ring = ntr_kdbg_u64(k, NTR_KDBG_MM_UNLOADED_DRIVERS);
	u64 last = ntr_kdbg_u64(k, NTR_KDBG_MM_LAST_UNLOADED_DRIVER), array;
	u32 next = 0, each = t->ptr_size == 8 ? 0x28 : 0x18;

	if (!ntr_kernel_va(t, ring) ||
	    ntr_read_ptr(t->mem, ring, t->ptr_size, &array) ||
	    !ntr_kernel_va(t, array))
		return NTR_OK;
	if (!ntr_kernel_va(t, last) || ntr_read_u32(t->mem, last, &next))
		next = 0;
	next %= UNLOADED_MAX;
	for (u32 i = 1; i <= UNLOADED_MAX; i++) {
		u32 slot = (next + UNLOADED_MAX - i) % UNLOADED_MAX;
		struct ntr_unloaded_module m = { 0 }, *out;

		if (!unloaded_read(t, array + (u64)slot * each, &m))
			continue;
		out = ntr_vec_add(&t->unloaded);
		if (!out)
			return NTR_NOMEM;
		*out = m;
	}
	return NTR_OK;
}

enum ntr_st ntr_target_read_unloaded(struct ntr_target *t)
{
	enum ntr_st st = unloaded_from_dump(t);

	if (st || t->unloaded.n || t->priv->user || !t->is_nt)
		return st;
	return unloaded_from_ring(t);
}
