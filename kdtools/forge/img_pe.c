// SPDX-License-Identifier: Apache-2.0
/*
 * PE headers, export directory, debug directory, .pdata and the version
 * resource.  Source: the PE/COFF specification and VS_VERSIONINFO's
 * documentation.  Section alignment = file alignment, so offsets in the file
 * and in memory are the same.
 */
#include "img_i.h"

#include <stdlib.h>
#include <string.h>

struct xent {
	const char *name;
	u32 rva;
};

static int by_name(const void *a, const void *b)
{
	const struct xent *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Named functions and named data, sorted; count in *n. Caller frees. */
static struct xent *exports_of(const struct f_mod *m, size_t *n)
{
	struct xent *v = calloc(m->funcs.n + m->exp.n + 1, sizeof(*v));

	*n = 0;
	if (!v)
		return NULL;
	for (size_t i = 0; m->exports && i < m->funcs.n; i++)
		if (m->funcs.v[i].name)
			v[(*n)++] = (struct xent){ m->funcs.v[i].name,
						   m->funcs.v[i].rva };
	for (size_t i = 0; i < m->exp.n; i++)
		v[(*n)++] = (struct xent){ m->exp.v[i].name, m->exp.v[i].rva };
	qsort(v, *n, sizeof(*v), by_name);
	return v;
}

static void put_str(struct f_buf *b, const char *s)
{
	f_buf_put(b, b->n, s, strlen(s) + 1);
}

static void put_exports(struct f_mod *m, struct f_buf *b, u32 rva)
{
	size_t n, at = b->n, names;
	struct xent *v = exports_of(m, &n);

	m->exp_len = 0;
	if (!v || (!n && !m->exp.n)) {
		b->lost |= !v;
		free(v);
		return;
	}
	names = at + 40 + n * 10;
	f_buf_zero(b, at, 40 + n * 10);
	f_buf_32(b, at + 4, m->stamp);
	f_buf_32(b, at + 12, rva + (u32)names);
	f_buf_32(b, at + 16, 1);
	f_buf_32(b, at + 20, (u32)n);
	f_buf_32(b, at + 24, (u32)n);
	f_buf_32(b, at + 28, rva + (u32)at + 40);
	f_buf_32(b, at + 32, rva + (u32)(at + 40 + n * 4));
	f_buf_32(b, at + 36, rva + (u32)(at + 40 + n * 8));
	put_str(b, m->export_name);
	for (size_t i = 0; i < n; i++) {
		f_buf_32(b, at + 40 + i * 4, v[i].rva);
		f_buf_32(b, at + 40 + n * 4 + i * 4, rva + (u32)b->n);
		f_buf_16(b, at + 40 + n * 8 + i * 2, (u16)i);
		put_str(b, v[i].name);
	}
	m->exp_rva = rva + (u32)at;
	m->exp_len = (u32)(b->n - at);
	f_buf_align(b, 16);
	free(v);
}

static void put_debug(const struct f_img *g, struct f_mod *m, struct f_buf *b,
		      u32 rva)
{
	size_t at = b->n, cv = at + 32;

	f_buf_zero(b, at, 32);
	f_buf_32(b, at + 4, m->stamp);
	f_buf_32(b, at + 12, 2); /* CodeView */
	f_buf_32(b, at + 20, rva + (u32)cv);
	f_buf_32(b, at + 24, rva + (u32)cv);
	if (g->p->nb10) {
		f_buf_put(b, cv, "NB10", 4);
		f_buf_32(b, cv + 4, 0);
		f_buf_32(b, cv + 8, m->stamp);
		f_buf_32(b, cv + 12, m->age);
	} else {
		f_buf_put(b, cv, "RSDS", 4);
		f_buf_put(b, cv + 4, m->guid, 16);
		f_buf_32(b, cv + 20, m->age);
	}
	put_str(b, m->pdb);
	f_buf_32(b, at + 16, (u32)(b->n - cv));
	m->dbg_rva = rva + (u32)at;
	m->dbg_len = 28;
	f_buf_align(b, 16);
}

/* .rdata: exports, debug directory, unwind records; .pdata beside it. */
static void put_rdata(struct f_img *g, struct f_mod *m, struct f_buf *b,
		      struct f_buf *pd)
{
	u32 row = f_code_pdata_row(g), n = 0;
	struct f_func **v = calloc(m->funcs.n + 1, sizeof(*v));
	u8 x[24];

	put_exports(m, b, m->rdata);
	put_debug(g, m, b, m->rdata);
	b->lost |= !v;
	for (size_t i = 0; v && i < m->funcs.n; i++) {
		size_t k = n++;
		for (; k && v[k - 1]->rva > m->funcs.v[i].rva; k--)
			v[k] = v[k - 1];
		v[k] = &m->funcs.v[i];
	}
	for (u32 i = 0; row && i < n; i++) {
		u32 at = m->rdata + (u32)b->n;
		u32 len = f_code_xdata(g, v[i], x);
		f_buf_put(b, b->n, x, len);
		f_code_pdata(g, m, v[i], at, x);
		f_buf_put(pd, pd->n, x, row);
	}
	free(v);
	f_buf_align(b, 16);
}

/* --- version resource -------------------------------------------------------- */

static size_t ver_open(struct f_buf *b, const char *key, u16 vlen, u16 type)
{
	size_t at;

	f_buf_align(b, 4);
	at = b->n;
	f_buf_16(b, at + 2, vlen);
	f_buf_16(b, at + 4, type);
	f_buf_wide(b, at + 6, key);
	f_buf_16(b, b->n, 0);
	f_buf_align(b, 4);
	return at;
}

static void ver_close(struct f_buf *b, size_t at)
{
	f_buf_16(b, at, (u16)(b->n - at));
}

static void ver_string(struct f_buf *b, const char *key, const char *val)
{
	size_t at = ver_open(b, key, (u16)(strlen(val) + 1), 1);

	f_buf_wide(b, b->n, val);
	f_buf_16(b, b->n, 0);
	ver_close(b, at);
}

static void ver_strings(const struct f_img *g, const struct f_mod *m,
			struct f_buf *b)
{
	const char *v = ntr_arena_printf(&g->s->a, "%u.%u.%u.%u", m->ver[0],
					 m->ver[1], m->ver[2], m->ver[3]);
	size_t info = ver_open(b, "StringFileInfo", 0, 1);
	size_t tab = ver_open(b, "040904B0", 0, 1);

	ver_string(b, "CompanyName", "Microsoft Corporation");
	ver_string(b, "FileDescription", m->name);
	ver_string(b, "FileVersion", v);
	ver_string(b, "InternalName", m->name);
	ver_string(b, "OriginalFilename", m->name);
	ver_string(b, "ProductVersion", v);
	ver_close(b, tab);
	ver_close(b, info);
}

static void put_version(const struct f_img *g, const struct f_mod *m,
			struct f_buf *b)
{
	size_t top = ver_open(b, "VS_VERSION_INFO", 52, 0), at = b->n, var, t;
	u32 hi = (u32)m->ver[0] << 16 | m->ver[1];
	u32 lo = (u32)m->ver[2] << 16 | m->ver[3];

	f_buf_zero(b, at, 52);
	f_buf_32(b, at, 0xfeef04bd);
	f_buf_32(b, at + 4, 0x10000);
	f_buf_32(b, at + 8, hi);
	f_buf_32(b, at + 12, lo);
	f_buf_32(b, at + 16, hi);
	f_buf_32(b, at + 20, lo);
	f_buf_32(b, at + 24, 0x3f);
	f_buf_32(b, at + 32, 0x40004); /* NT */
	f_buf_32(b, at + 36, 3);       /* driver */
	f_buf_32(b, at + 40, 7);       /* system */
	ver_strings(g, m, b);
	var = ver_open(b, "VarFileInfo", 0, 1);
	t = ver_open(b, "Translation", 4, 0);
	f_buf_32(b, b->n, 0x04b00409);
	ver_close(b, t);
	ver_close(b, var);
	ver_close(b, top);
}

static void put_rsrc(const struct f_img *g, const struct f_mod *m,
		     struct f_buf *b)
{
	struct f_buf v = { 0 };
	static const u32 id[3] = { 16, 1, 0x409 };

	/* type 16 → id 1 → language: three directories, then the data entry */
	for (u32 i = 0; i < 3; i++) {
		f_buf_zero(b, i * 24, 24);
		f_buf_16(b, i * 24 + 14, 1);
		f_buf_32(b, i * 24 + 16, id[i]);
		f_buf_32(b, i * 24 + 20,
			 i < 2 ? 0x80000000 | (i + 1) * 24 : 72);
	}
	put_version(g, m, &v);
	f_buf_zero(b, 72, 16);
	f_buf_32(b, 72, m->rsrc + 88);
	f_buf_32(b, 76, (u32)v.n);
	f_buf_put(b, 88, v.p, v.n);
	b->lost |= v.lost;
	f_buf_fini(&v);
	f_buf_align(b, 16);
}

void f_img_measure(struct f_img *g, struct f_mod *m)
{
	struct f_buf r = { 0 }, p = { 0 }, v = { 0 };

	put_rdata(g, m, &r, &p);
	put_rsrc(g, m, &v);
	/* exports of data come later: nt's few names fit in this slack */
	m->rdata_len = (u32)r.n + (m != &g->mods.v[0] ? 0 :
				   g->s->pool_items.n ? 0xa00 : 0x400);
	m->pdata_len = (u32)p.n;
	m->rsrc_len = (u32)v.n;
	f_buf_fini(&r);
	f_buf_fini(&p);
	f_buf_fini(&v);
}

/* --- headers --------------------------------------------------------------------- */

static void put_section(struct f_buf *b, size_t *at, const char *name, u32 rva,
			u32 len, u32 end, u32 flags)
{
	if (end <= rva)
		return;
	f_buf_zero(b, *at, 40);
	f_buf_put(b, *at, name, strlen(name));
	f_buf_32(b, *at + 8, len);
	f_buf_32(b, *at + 12, rva);
	f_buf_32(b, *at + 16, end - rva);
	f_buf_32(b, *at + 20, rva);
	f_buf_32(b, *at + 36, flags);
	*at += 40;
}

static void put_dir(struct f_buf *b, size_t dirs, unsigned i, u32 rva, u32 len)
{
	f_buf_32(b, dirs + i * 8, len ? rva : 0);
	f_buf_32(b, dirs + i * 8 + 4, len);
}

static void put_optional(const struct f_img *g, const struct f_mod *m,
			 struct f_buf *b, size_t o, bool wide)
{
	f_buf_16(b, o, wide ? 0x20b : 0x10b);
	f_buf_8(b, o + 2, g->p->build >= 2600 ? 7 : 3);
	f_buf_8(b, o + 3, 10);
	f_buf_32(b, o + 4, m->text_end - m->text);
	f_buf_32(b, o + 8, m->size - m->text_end);
	f_buf_32(b, o + 16, m->text);
	f_buf_32(b, o + 20, m->text);
	if (wide) {
		f_buf_64(b, o + 24, m->base);
	} else {
		f_buf_32(b, o + 24, m->data);
		f_buf_32(b, o + 28, (u32)m->base);
	}
	f_buf_32(b, o + 32, m->align);
	f_buf_32(b, o + 36, m->align);
	f_buf_16(b, o + 40, g->p->major);
	f_buf_16(b, o + 42, g->p->minor);
	f_buf_16(b, o + 44, g->p->major);
	f_buf_16(b, o + 46, g->p->minor);
	f_buf_16(b, o + 48, g->p->major);
	f_buf_16(b, o + 50, g->p->minor);
	f_buf_32(b, o + 56, m->size);
	f_buf_32(b, o + 60, m->text);
	f_buf_32(b, o + 64, m->checksum);
	f_buf_16(b, o + 68, 1); /* native */
	f_buf_32(b, o + 72, 0x40000);
	f_buf_32(b, o + (wide ? 80 : 76), 0x1000);
	f_buf_32(b, o + (wide ? 88 : 80), 0x100000);
	f_buf_32(b, o + (wide ? 96 : 84), 0x1000);
	f_buf_32(b, o + (wide ? 108 : 92), 16);
}

static void put_headers(const struct f_img *g, const struct f_mod *m,
			struct f_buf *b)
{
	bool wide = f_prof_64(g->p);
	size_t pe = 0x80, o = pe + 24, dirs = o + (wide ? 112 : 96);
	size_t sec = dirs + 16 * 8, first = sec;

	f_buf_zero(b, 0, sec);
	f_buf_put(b, 0, "MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff", 14);
	f_buf_16(b, 0x18, 0x40);
	f_buf_32(b, 0x3c, (u32)pe);
	f_buf_put(b, pe, "PE\0\0", 4);
	f_buf_16(b, pe + 4, g->p->machine);
	f_buf_32(b, pe + 8, m->stamp);
	f_buf_16(b, pe + 20, (u16)(dirs + 128 - o));
	f_buf_16(b, pe + 22, wide ? 0x22 : 0x10e);
	put_optional(g, m, b, o, wide);
	put_dir(b, dirs, 0, m->exp_rva, m->exp_len);
	put_dir(b, dirs, 2, m->rsrc, m->rsrc_len);
	put_dir(b, dirs, 3, m->pdata, m->pdata_len);
	put_dir(b, dirs, 6, m->dbg_rva, m->dbg_len);
	put_section(b, &sec, ".text", m->text, m->text_end - m->text,
		    m->text_end, 0x68000020);
	put_section(b, &sec, ".data", m->data, m->data_len, m->rdata, 0xc8000040);
	put_section(b, &sec, ".rdata", m->rdata, m->rdata_len, m->pdata, 0x48000040);
	if (m->pdata_len)
		put_section(b, &sec, ".pdata", m->pdata, m->pdata_len, m->rsrc, 0x48000040);
	put_section(b, &sec, ".rsrc", m->rsrc, m->rsrc_len, m->size, 0x42000040);
	f_buf_16(b, pe + 6, (u16)((sec - first) / 40));
}

static void write_one(struct f_img *g, struct f_mem *mem, struct f_mod *m)
{
	struct f_buf r = { 0 }, p = { 0 }, v = { 0 }, h = { 0 };

	f_code_write(g, mem, m);
	put_rdata(g, m, &r, &p);
	put_rsrc(g, m, &v);
	put_headers(g, m, &h);
	if (r.lost || p.lost || v.lost || h.lost)
		f_mem_fail(mem, NTR_NOMEM, "out of memory");
	else if (r.n > m->pdata - m->rdata)
		f_mem_fail(mem, NTR_LIMIT, "%s exports too much", m->name);
	else {
		f_put(mem, m->base + m->rdata, r.p, r.n);
		f_put(mem, m->base + m->pdata, p.p, p.n);
		f_put(mem, m->base + m->rsrc, v.p, v.n);
		if (m->headers)
			f_put(mem, m->base, h.p, h.n);
	}
	f_buf_fini(&r);
	f_buf_fini(&p);
	f_buf_fini(&v);
	f_buf_fini(&h);
}

void f_img_write(struct f_img *g, struct f_mem *m)
{
	for (size_t i = 0; i < g->mods.n; i++)
		if (g->mods.v[i].pages)
			write_one(g, m, &g->mods.v[i]);
}
