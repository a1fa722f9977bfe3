// SPDX-License-Identifier: Apache-2.0
/* Modules, the functions named in them, and where everything stands. */
#include "img.h"

#include "base/text.h"
#include "img_i.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static u32 hash32(const char *s)
{
	u32 h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (u8)tolower((u8)*s)) * 16777619u;
	return h;
}

static void fill_guid(struct f_mod *m)
{
	u32 h = hash32(m->name) ^ m->stamp;

	for (int i = 0; i < 16; i++) {
		h = h * 1664525u + 1013904223u;
		m->guid[i] = (u8)(h >> 24);
	}
}

static size_t stem_len(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? (size_t)(dot - name) : strlen(name);
}

static bool is_stem(const char *stem, size_t n, const char *name)
{
	return stem_len(name) == n && !strncasecmp(stem, name, n);
}

static size_t role_of(const char *name)
{
	size_t n = stem_len(name);

	if (is_stem(name, n, "nt") || is_stem(name, n, "ntoskrnl") ||
	    is_stem(name, n, "ntkrnlmp") || is_stem(name, n, "ntkrnlpa") ||
	    is_stem(name, n, "ntkrpamp"))
		return 0;
	return is_stem(name, n, "hal") ? 1 : 2;
}

static void set_defaults(struct f_img *g, struct f_mod *m, size_t role)
{
	const struct f_prof *p = g->p;
	u16 ver[4] = { p->major, p->minor, p->build, p->ver_rev };

	*m = (struct f_mod){ .base = F_NONE, .align = p->align, .age = 1,
			     .exports = true, .pages = true, .headers = true };
	memcpy(m->ver, ver, sizeof(ver));
	if (role == 0) {
		m->name = m->export_name = "ntoskrnl.exe";
		m->pdb = p->kernel_pdb;
		m->base = p->kernel;
		m->size = p->kernel_size;
		m->stamp = p->kernel_date;
	} else if (role == 1) {
		m->name = m->export_name = "hal.dll";
		m->pdb = p->hal_pdb;
		m->base = p->hal;
		m->size = p->hal_size;
		m->stamp = p->hal_date;
	}
}

static const char *default_path(struct f_img *g, const struct f_mod *m)
{
	size_t role = role_of(m->name);

	return ntr_arena_printf(&g->s->a, "\\SystemRoot\\%s\\%s",
				role < 2 ? "system32" : "System32\\drivers",
				m->name);
}

static void apply(struct f_img *g, struct f_mod *m, const struct f_smod *s)
{
	m->s = s;
	m->loc = s->loc;
	if (strcmp(s->name, "nt") && strcmp(s->name, "hal"))
		m->name = s->name;
	if (!m->export_name)
		m->export_name = m->name;
	if (!m->stamp)
		m->stamp = g->p->kernel_date - hash32(m->name) % 2592000;
	if (s->date != F_NONE)
		m->stamp = (u32)s->date;
	if (s->base != F_NONE)
		m->base = s->base;
	if (s->size != F_NONE)
		m->size = (u32)s->size;
	if (s->checksum != F_NONE)
		m->checksum = (u32)s->checksum;
	if (s->has_ver)
		memcpy(m->ver, s->ver, sizeof(m->ver));
	if (s->pdb)
		m->pdb = s->pdb;
	m->path = s->path;
	m->age = (u32)s->age;
	m->exports = !s->no_exports;
	m->pages = !s->no_pages;
	m->headers = !s->no_headers;
}

static void complete(struct f_img *g, struct f_mod *m)
{
	if (!m->pdb)
		m->pdb = ntr_arena_printf(&g->s->a, "%.*s.pdb",
					  (int)stem_len(m->name), m->name);
	if (!m->path)
		m->path = default_path(g, m);
	if (!m->s || m->s->checksum == F_NONE)
		m->checksum = (hash32(m->name) ^ m->stamp) % 0x1fffff + 0x1000;
	fill_guid(m);
	if (m->s && m->s->has_guid)
		memcpy(m->guid, m->s->guid, 16);
	m->base_auto = m->base == F_NONE;
}

enum ntr_st f_img_init(struct f_img *g, struct f_scen *s, struct ntr_err *e)
{
	struct f_mod *m;

	*g = (struct f_img){ .s = s, .p = s->prof, .e = e };
	for (size_t i = 0; i < s->mods.n + 2; i++) {
		m = ntr_vec_add(&g->mods);
		if (!m)
			return ntr_fail(e, NTR_NOMEM, "out of memory");
		set_defaults(g, m, i);
	}
	g->mods.n = 2;
	for (size_t i = 0; i < s->mods.n; i++) {
		size_t role = role_of(s->mods.v[i].name);
		m = role < 2 ? &g->mods.v[role] : &g->mods.v[g->mods.n++];
		if (role < 2 && m->s)
			return f_scen_err(s, e, NTR_BAD, s->mods.v[i].loc,
					  "module \"%s\" is there already (line %u)",
					  s->mods.v[i].name, m->loc.line);
		if (role == 2)
			m->name = s->mods.v[i].name;
		apply(g, m, &s->mods.v[i]);
	}
	for (size_t i = 0; i < g->mods.n; i++)
		complete(g, &g->mods.v[i]);
	return NTR_OK;
}

void f_img_fini(struct f_img *g)
{
	for (size_t i = 0; i < g->mods.n; i++) {
		ntr_vec_fini(&g->mods.v[i].funcs);
		ntr_vec_fini(&g->mods.v[i].calls);
		ntr_vec_fini(&g->mods.v[i].exp), ntr_vec_fini(&g->mods.v[i].sym);
	}
	ntr_vec_fini(&g->mods);
}

/* --- symbols ------------------------------------------------------------------ */

static struct f_mod *find_mod(struct f_img *g, const char *stem, size_t n)
{
	char buf[256];

	if (n >= sizeof(buf))
		return NULL;
	memcpy(buf, stem, n);
	buf[n] = 0;
	/* A name without "." of a module whose name has one, or all of it. */
	for (size_t i = 0; i < g->mods.n; i++)
		if (is_stem(buf, n, g->mods.v[i].name) ||
		    !ntr_strcasecmp(buf, g->mods.v[i].name))
			return &g->mods.v[i];
	return strchr(buf, '.') || role_of(buf) >= 2 ? NULL
						     : &g->mods.v[role_of(buf)];
}

static struct f_func *find_func(struct f_mod *m, const char *name)
{
	for (size_t i = 0; i < m->funcs.n; i++)
		if (m->funcs.v[i].name && !strcmp(m->funcs.v[i].name, name))
			return &m->funcs.v[i];
	return NULL;
}

static struct f_func *find_fixed(struct f_mod *m, u32 off)
{
	for (size_t i = 0; i < m->funcs.n; i++)
		if (!m->funcs.v[i].name && off >= m->funcs.v[i].fixed &&
		    off - m->funcs.v[i].fixed < 0x40)
			return &m->funcs.v[i];
	return NULL;
}

static enum ntr_st bad_sym(struct f_img *g, struct f_loc at, const char *sym)
{
	return f_scen_err(g->s, g->e, NTR_BAD, at,
			  "\"%.60s\" is not module!Function, module!Function+0x10 or module+0x10",
			  sym);
}

/* "a!b+0x10", "a+0x10", "a!b" into parts. */
static bool split(struct f_img *g, const char *sym, const char **mod,
		  size_t *mod_len, const char **func, u64 *disp)
{
	const char *bang = strchr(sym, '!'), *plus = strrchr(sym, '+');
	char *end;

	*disp = 0;
	if (plus && (!bang || plus > bang)) {
		*disp = strtoull(plus + 1, &end, 16);
		if (end == plus + 1 || *end || *disp > UINT32_MAX)
			return false;
	} else {
		plus = sym + strlen(sym);
	}
	*mod = sym;
	*mod_len = (size_t)((bang ? bang : plus) - sym);
	*func = NULL;
	if (bang) {
		if (bang + 1 >= plus)
			return false;
		*func = ntr_arena_strndup(&g->s->a, bang + 1,
					  (size_t)(plus - bang - 1));
	}
	return *mod_len && (bang ? *func != NULL : *plus != 0);
}

static enum ntr_st set_frame(struct f_img *g, struct f_func *f, struct f_loc at,
			     u64 size)
{
	if (size == F_NONE)
		return NTR_OK;
	if (g->p->arch == F_X86 || g->p->arch == F_IA64)
		return NTR_OK; /* sizes may differ per call */
	if (f->frame && f->frame != size)
		return f_scen_err(g->s, g->e, NTR_BAD, at,
				  "a function has one frame size on this machine; line %u says %u bytes",
				  f->loc.line, f->frame);
	if (size % 16 || size < MIN_FRAME(g->p) || size > 0xfff0 ||
	    (g->p->arch == F_ARM64 && size > 0xff0))
		return f_scen_err(g->s, g->e, NTR_BAD, at,
				  "a frame of this machine has a multiple of 16 bytes, at least %u",
				  MIN_FRAME(g->p));
	f->frame = (u32)size;
	f->loc = at;
	return NTR_OK;
}

enum ntr_st f_img_sym(struct f_img *g, const char *sym, struct f_loc at,
		      enum f_func_kind kind, bool is_ret, u64 size,
		      struct f_symref *out)
{
	const char *mod, *func;
	struct f_mod *m;
	struct f_func *f;
	size_t n;
	u64 disp;

	if (!split(g, sym, &mod, &n, &func, &disp))
		return bad_sym(g, at, sym);
	m = find_mod(g, mod, n);
	if (!m)
		return f_scen_err(g->s, g->e, NTR_BAD, at,
				  "no module \"%.*s\"; add: module \"%.*s.sys\"",
				  (int)n, mod, (int)n, mod);
	if (func && disp > 0x4000)
		return f_scen_err(g->s, g->e, NTR_BAD, at,
				  "a function has at most 0x4000 bytes");
	if (func && kind == F_FN_PLAIN && is_ret && disp < 5)
		return f_scen_err(g->s, g->e, NTR_BAD, at,
				  "a return address stands after a call: +0x%x is too near to the start",
				  (unsigned)disp);
	f = func ? find_func(m, func) : find_fixed(m, (u32)disp);
	if (!f) {
		f = ntr_vec_add(&m->funcs);
		if (!f)
			return ntr_fail(g->e, NTR_NOMEM, "out of memory");
		*f = (struct f_func){ .name = func, .loc = at, .kind = kind,
				      .fixed = (u32)disp, .min_ret = UINT32_MAX };
	}
	if (kind == F_FN_TRAP)
		f->kind = kind;
	if (disp > f->max)
		f->max = (u32)disp;
	if (!func && disp < f->fixed)
		f->fixed = (u32)disp;
	if (is_ret && disp < f->min_ret)
		f->min_ret = (u32)disp;
	*out = (struct f_symref){ .mod = (size_t)(m - g->mods.v),
				  .func = (size_t)(f - m->funcs.v),
				  .disp = (u32)disp, .named = func != NULL };
	return set_frame(g, f, at, size);
}

u64 f_img_va(const struct f_img *g, const struct f_symref *r)
{
	const struct f_mod *m = &g->mods.v[r->mod];

	return m->base + r->disp + (r->named ? m->funcs.v[r->func].rva : 0);
}

u64 f_img_func_va(const struct f_img *g, const struct f_symref *r)
{
	const struct f_mod *m = &g->mods.v[r->mod];

	return m->base + m->funcs.v[r->func].rva;
}

u32 f_img_frame(const struct f_img *g, const struct f_symref *r)
{
	return g->mods.v[r->mod].funcs.v[r->func].frame;
}

int f_img_prologue_state(const struct f_img *g, const struct f_symref *r)
{
	const struct f_mod *m = &g->mods.v[r->mod];
	const struct f_func *f = &m->funcs.v[r->func];
	u32 d = r->named ? r->disp : r->disp - f->rva;

	return f_code_state(g, f, d);
}

void f_img_call(struct f_img *g, const struct f_symref *ret, u64 callee)
{
	struct f_mod *m = &g->mods.v[ret->mod];
	u32 rva = (u32)(f_img_va(g, ret) - m->base);
	struct f_call *c;

	for (size_t i = 0; i < m->calls.n; i++)
		if (m->calls.v[i].ret == rva) {
			if (m->calls.v[i].callee != callee)
				m->calls.v[i].indirect = true;
			return;
		}
	c = ntr_vec_add(&m->calls);
	if (c)
		*c = (struct f_call){ .ret = rva, .callee = callee };
}

void f_img_export(struct f_img *g, size_t mod, const char *name, u64 va)
{
	struct f_mod *m = &g->mods.v[mod];
	struct f_exp *x = ntr_vec_add(&m->exp);

	if (x)
		*x = (struct f_exp){ name, (u32)(va - m->base) };
}

u64 f_img_data(struct f_img *g, struct f_mem *mem, size_t mod, u32 len,
	       u32 align)
{
	struct f_mod *m = &g->mods.v[mod];
	u32 at = (m->data_used + align - 1) / align * align;

	if (at + len > m->data_len) {
		f_mem_fail(mem, NTR_LIMIT, "%s has no room for %u bytes of data",
			   m->name, len);
		return m->base + m->data;
	}
	m->data_used = at + len;
	f_map(mem, m->base + m->data + at, len);
	return m->base + m->data + at;
}

/* --- layout ---------------------------------------------------------------------- */

static int by_fixed(const void *a, const void *b)
{
	const struct f_func *const *x = a, *const *y = b;

	return (*x)->fixed < (*y)->fixed ? -1 : (*x)->fixed > (*y)->fixed;
}

static u32 code_need(const struct f_func *f)
{
	u32 n = f->max + 0x30;

	if (n < 0x60)
		n = 0x60;
	return (n + 15) / 16 * 16;
}

/* Functions known only by offset: around their offset. */
static u32 place_fixed(struct f_mod *m, struct f_func **v, size_t n)
{
	u32 end = m->text;

	for (size_t i = 0; i < n; i++) {
		struct f_func *f = v[i];
		u32 start = f->fixed > m->text + 0x40 ? (f->fixed - 0x40) & ~15u
						     : m->text;
		if (start < end)
			start = end;
		f->rva = start;
		end = (f->max + 0x30 + 15) & ~15u;
		if (i + 1 < n && end > (v[i + 1]->fixed & ~15u))
			end = v[i + 1]->fixed & ~15u;
		f->len = end > start ? end - start : 0;
		if (f->fixed < start)
			return i + 1 < n ? v[i]->fixed : f->fixed;
	}
	return 0;
}

static bool hits_fixed(struct f_func **v, size_t n, u32 at, u32 len, u32 *past)
{
	for (size_t i = 0; i < n; i++)
		if (at < v[i]->rva + v[i]->len && v[i]->rva < at + len) {
			*past = v[i]->rva + v[i]->len;
			return true;
		}
	return false;
}

static void place_named(struct f_mod *m, struct f_func **v, size_t n)
{
	u32 at = m->text + 0x40;

	for (size_t i = 0; i < m->funcs.n; i++) {
		struct f_func *f = &m->funcs.v[i];
		u32 past;
		if (!f->name)
			continue;
		f->len = code_need(f);
		while (hits_fixed(v, n, at, f->len, &past))
			at = (past + 15) & ~15u;
		f->rva = at;
		at += f->len + 0x10;
	}
}

static u32 highest(const struct f_mod *m)
{
	u32 top = 0, sum = 0;

	for (size_t i = 0; i < m->funcs.n; i++) {
		const struct f_func *f = &m->funcs.v[i];
		if (f->name)
			sum += code_need(f) + 0x10;
		else if (f->max + 0x30 > top)
			top = f->max + 0x30;
	}
	return m->text + 0x40 + top + sum;
}

static u32 align_up(u32 v, u32 a)
{
	return (v + a - 1) / a * a;
}

static u32 data_need(const struct f_img *g, size_t i)
{
	if (i == 0)
		return f_prof_64(g->p) ? 0x14000 : 0xc000;
	return g->p->align < 0x1000 ? 0x100 : g->p->align;
}

static void place_tail(struct f_img *g, struct f_mod *m, size_t i)
{
	u32 a = m->align, at;

	m->data_len = align_up(data_need(g, i), a);
	f_img_measure(g, m);
	m->tail = m->data_len + align_up(m->rdata_len, a) +
		  align_up(m->pdata_len, a) + align_up(m->rsrc_len, a);
	if (!m->size)
		m->size = align_up(align_up(highest(m), a) + m->tail +
				   0x6000 + hash32(m->name) % 0x18000,
				   a < 0x1000 ? 0x20 : a);
	at = m->size > m->tail ? (m->size - m->tail) / a * a : 0;
	m->text_end = at;
	m->data = at;
	m->rdata = m->data + m->data_len;
	m->pdata = m->rdata + align_up(m->rdata_len, a);
	m->rsrc = m->pdata + align_up(m->pdata_len, a);
}

static enum ntr_st layout_mod(struct f_img *g, size_t i)
{
	struct f_mod *m = &g->mods.v[i];
	struct f_func **v = ntr_arena_array(&g->s->a, m->funcs.n + 1, sizeof(*v));
	size_t n = 0;
	u32 bad;

	if (!v)
		return ntr_fail(g->e, NTR_NOMEM, "out of memory");
	m->text = m->align < 0x1000 ? 0x400 : m->align;
	for (size_t k = 0; k < m->funcs.n; k++) {
		struct f_func *f = &m->funcs.v[k];
		if (!f->frame)
			f->frame = DEFAULT_FRAME(g->p);
		if (!f->name)
			v[n++] = f;
	}
	qsort(v, n, sizeof(*v), by_fixed);
	place_tail(g, m, i);
	bad = place_fixed(m, v, n);
	if (bad)
		return f_scen_err(g->s, g->e, NTR_BAD, m->loc,
				  "%s+0x%x cannot be in code, which starts at +0x%x",
				  m->name, bad, m->text);
	place_named(m, v, n);
	for (size_t k = 0; k < m->funcs.n; k++) {
		struct f_func *f = &m->funcs.v[k];
		if (f->rva + f->len <= m->text_end)
			continue;
		return f_scen_err(g->s, g->e, NTR_BAD, f->loc,
				  "%s (0x%x bytes, code up to +0x%x) has no room for %s+0x%x",
				  m->name, m->size, m->text_end,
				  f->name ? f->name : "", f->max);
	}
	return NTR_OK;
}

static u64 place_base(struct f_img *g, u64 at)
{
	u64 step = g->p->build >= 10240 ? 0x10000 : 1u << g->p->page_shift;

	for (size_t i = 2; i < g->mods.n; i++) {
		struct f_mod *m = &g->mods.v[i];
		if (!m->base_auto)
			continue;
		m->base = at;
		for (size_t k = 0; k < g->mods.n; k++) {
			struct f_mod *o = &g->mods.v[k];
			u64 end = o->base + o->size;
			if (o->base_auto || o->base >= m->base + m->size ||
			    m->base >= end)
				continue;
			m->base = (end + step - 1) / step * step;
			k = (size_t)-1;
		}
		at = (m->base + m->size + step - 1) / step * step;
	}
	return at;
}

static enum ntr_st check_overlap(struct f_img *g)
{
	u64 page = 1ULL << g->p->page_shift;

	for (size_t i = 0; i < g->mods.n; i++) {
		struct f_mod *a = &g->mods.v[i];
		if (a->base & (page - 1) || a->base + a->size < a->base ||
		    (!f_prof_64(g->p) && a->base + a->size > UINT32_MAX))
			return f_scen_err(g->s, g->e, NTR_BAD, a->loc,
					  "%s cannot be at 0x%" PRIx64, a->name,
					  a->base);
		for (size_t k = 0; k < i; k++) {
			struct f_mod *b = &g->mods.v[k];
			if (a->base < b->base + b->size &&
			    b->base < a->base + a->size)
				return f_scen_err(g->s, g->e, NTR_BAD, a->loc,
						  "%s at 0x%" PRIx64 " overlaps %s at 0x%" PRIx64,
						  a->name, a->base, b->name,
						  b->base);
		}
	}
	return NTR_OK;
}

enum ntr_st f_img_layout(struct f_img *g, struct f_mem *m)
{
	enum ntr_st st;
	u64 end;

	(void)m;
	for (size_t i = 0; i < g->mods.n; i++) {
		st = layout_mod(g, i);
		if (st)
			return st;
	}
	end = place_base(g, g->p->drivers);
	st = check_overlap(g);
	if (st)
		return st;
	if (end > g->p->drivers + (24 << 20))
		return ntr_fail(g->e, NTR_LIMIT,
				"modules without a base need more than 24 MiB");
	return NTR_OK;
}

void f_img_symbol(struct f_img *g, size_t mod, const char *name, u64 va)
{
	struct f_mod *m = &g->mods.v[mod];
	struct f_exp *x = ntr_vec_add(&m->sym);

	if (x)
		*x = (struct f_exp){ name, (u32)(va - m->base) };
}
