// SPDX-License-Identifier: Apache-2.0
/* What the tests of the unwinders stand on: memory as blocks, modules as a
 * table, PE files as memory, and the parts of a 64-bit triage dump that an
 * unwinder sees.  Offsets are literal; nothing here comes from the library's
 * own readers. */
#ifndef NTR_TEST_UNW_ENV_H
#define NTR_TEST_UNW_ENV_H

#include "test.h"
#include "unw/unw.h"

static inline uint64_t get64(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}
static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}
static inline uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

/* A whole file, or NULL. */
static inline uint8_t *slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = NULL;
	long n;

	if (!f)
		return NULL;
	if (!fseek(f, 0, SEEK_END) && (n = ftell(f)) >= 0) {
		rewind(f);
		p = malloc((size_t)n + 1);
		if (p)
			*len = fread(p, 1, (size_t)n, f);
	}
	fclose(f);
	return p;
}

struct test_block {
	uint64_t va, len;
	const uint8_t *p;
};
#define TEST_MAX_BLOCKS 4096
#define TEST_MAX_MODULES 512
#define TEST_MAX_RECORDS 400
#define TEST_MAX_FUNCTIONS 64

struct test_mem {
	struct ntr_space s;
	struct test_block b[TEST_MAX_BLOCKS];
	size_t n;
};

static inline enum ntr_st test_mem_read(const struct ntr_space *s, u64 va,
					void *buf, size_t len,
					struct ntr_err *e)
{
	const struct test_mem *m = s->impl;

	(void)e;
	for (size_t i = 0; i < m->n; i++)
		if (va >= m->b[i].va && va - m->b[i].va <= m->b[i].len &&
		    len <= m->b[i].len - (va - m->b[i].va)) {
			memcpy(buf, m->b[i].p + (va - m->b[i].va), len);
			return NTR_OK;
		}
	return NTR_ABSENT;
}

static inline size_t test_mem_some(const struct ntr_space *s, u64 va,
				   void *buf, size_t len)
{
	size_t n = 0;

	while (n < len && !test_mem_read(s, va + n, (u8 *)buf + n, 1, NULL))
		n++;
	return n;
}

static inline void test_mem_init(struct test_mem *m)
{
	m->n = 0;
	m->s = (struct ntr_space){ .name = "test memory", .read = test_mem_read,
				    .impl = m, .some = test_mem_some };
}

static inline void test_mem_add(struct test_mem *m, uint64_t va,
				const void *p, uint64_t len)
{
	if (m->n < TEST_MAX_BLOCKS)
		m->b[m->n++] = (struct test_block){ va, len, p };
}

/* A record of symbols; program and cfi are kept here. */
struct test_rec {
	uint64_t base;
	struct ntr_uwrec r;
	char program[400];
};

struct test_mods {
	struct ntr_unw_module m[TEST_MAX_MODULES];
	char name[TEST_MAX_MODULES][40];
	size_t n;
	struct test_rec rec[TEST_MAX_RECORDS];
	size_t nrec;
	struct { uint64_t start, size; } fn[TEST_MAX_FUNCTIONS];
	size_t nfn;
	char trace[16384]; /* all lines */
};

static inline bool test_mods_find(void *ctx, u64 ip, struct ntr_unw_module *out)
{
	const struct test_mods *t = ctx;

	for (size_t i = 0; i < t->n; i++)
		if (ip >= t->m[i].base && ip - t->m[i].base < t->m[i].size) {
			*out = t->m[i];
			return true;
		}
	return false;
}

static inline void test_mods_add(struct test_mods *t, uint64_t base,
				 uint64_t size, const struct ntr_pe *pe,
				 const struct ntr_space *code)
{
	if (t->n < TEST_MAX_MODULES)
		t->m[t->n++] = (struct ntr_unw_module){ base, size, pe, code };
}

/* Records and functions as symbols would answer; records nest, the one that
 * starts last wins. */
static inline enum ntr_st test_mods_record(void *ctx, u64 ip,
					   const struct ntr_unw_module *m,
					   struct ntr_uwrec *out)
{
	const struct test_mods *t = ctx;
	const struct test_rec *best = NULL;

	for (size_t i = 0; i < t->nrec; i++) {
		const struct test_rec *r = &t->rec[i];

		if (r->base != m->base || ip - m->base < r->r.rva ||
		    ip - m->base - r->r.rva >= r->r.size ||
		    (best && best->r.rva > r->r.rva))
			continue;
		best = r;
	}
	if (!best)
		return NTR_ABSENT;
	*out = best->r;
	out->program = *best->program ? best->program : NULL;
	return NTR_OK;
}

static inline struct ntr_uwrec *test_mods_add_record(struct test_mods *t,
						     uint64_t base,
						     struct ntr_uwrec r,
						     const char *program)
{
	struct test_rec *to = &t->rec[t->nrec < TEST_MAX_RECORDS ? t->nrec++ :
								    0];

	to->base = base;
	to->r = r;
	snprintf(to->program, sizeof(to->program), "%s", program);
	return &to->r;
}

static inline bool test_mods_function(void *ctx, u64 ip, u64 *start, u64 *size)
{
	const struct test_mods *t = ctx;
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < t->nfn; i++)
		if (t->fn[i].start <= ip &&
		    (best == SIZE_MAX || t->fn[i].start > t->fn[best].start))
			best = i;
	if (best == SIZE_MAX)
		return false;
	*start = t->fn[best].start;
	*size = t->fn[best].size;
	return true;
}

static inline void test_mods_add_function(struct test_mods *t, uint64_t start,
					  uint64_t size)
{
	if (t->nfn < TEST_MAX_FUNCTIONS) {
		t->fn[t->nfn].start = start;
		t->fn[t->nfn++].size = size;
	}
}

static inline void test_mods_trace(void *ctx, const char *line)
{
	struct test_mods *t = ctx;
	size_t n = strlen(t->trace);

	snprintf(t->trace + n, sizeof(t->trace) - n, "%s\n", line);
}

/* One module and one stack, both arrays, and what an unwinder needs of them. */
struct test_world {
	uint8_t *img, *stack;
	struct test_mem mem;
	struct test_mods mods;
	struct ntr_pe pe;
	struct ntr_unw_env env;
	unsigned nfn; /* functions in .pdata */
};

/* Arrays of zeros. w is zeroed, or from an earlier call. */
static inline void test_world_init(struct test_world *w, uint32_t machine,
				   uint32_t build, uint64_t base, uint32_t size,
				   uint64_t stack, uint32_t stack_len)
{
	free(w->img);
	free(w->stack);
	memset(w, 0, sizeof(*w));
	w->img = calloc(1, size);
	w->stack = calloc(1, stack_len);
	test_mem_init(&w->mem);
	test_mem_add(&w->mem, base, w->img, size);
	test_mem_add(&w->mem, stack, w->stack, stack_len);
	w->env = (struct ntr_unw_env){ .machine = machine, .build = build,
				       .mem = &w->mem.s, .stack_lo = stack,
				       .stack_hi = stack + stack_len,
				       .module = test_mods_find,
				       .ctx = &w->mods };
}

/* The module as a mapped 64-bit image: code from 0x1000 to 0x8000, .pdata
 * (empty) at rva. */
static inline void test_world_pe(struct test_world *w, uint32_t rva)
{
	w->pe = (struct ntr_pe){ .base = w->mem.b[0].va, .mapped = true,
				 .pe64 = true, .machine = w->env.machine,
				 .size = (uint32_t)w->mem.b[0].len,
				 .headers_size = 0x400, .nsections = 1 };
	w->pe.section[0] = (struct ntr_pe_section){
		.rva = 0x1000, .vsize = 0x7000, .flags = 0x60000020 };
	w->pe.dir[3].rva = rva;
	test_mods_add(&w->mods, w->pe.base, w->pe.size, &w->pe, NULL);
}

/* A PE file laid out as in memory: headers and sections at their RVAs. */
struct test_image {
	uint8_t *mem;
	size_t size;
	struct ntr_pe pe;
	struct ntr_mem_space space;
};

static inline bool test_image_load(struct test_image *im, const char *path,
				   uint64_t base)
{
	size_t len, nt, opt, sec;
	uint8_t *f = slurp(path, &len);
	bool wide;

	memset(im, 0, sizeof(*im));
	if (!f || len < 0x200)
		return false;
	nt = get32(f + 0x3c);
	opt = nt + 24;
	wide = get16(f + opt) == 0x20b;
	im->size = get32(f + opt + 56);
	im->mem = calloc(1, im->size);
	im->pe.machine = get16(f + nt + 4);
	im->pe.mapped = true;
	im->pe.base = base;
	im->pe.size = (uint32_t)im->size;
	im->pe.headers_size = get32(f + opt + 60);
	im->pe.image_base = wide ? get64(f + opt + 24) : get32(f + opt + 28);
	for (size_t i = 0; i < 16; i++) {
		im->pe.dir[i].rva = get32(f + opt + (wide ? 112 : 96) + 8 * i);
		im->pe.dir[i].size =
			get32(f + opt + (wide ? 116 : 100) + 8 * i);
	}
	memcpy(im->mem, f, im->pe.headers_size);
	sec = opt + get16(f + nt + 20);
	im->pe.nsections = get16(f + nt + 6);
	for (size_t i = 0; i < im->pe.nsections; i++, sec += 40) {
		struct ntr_pe_section *s = &im->pe.section[i];
		size_t n;

		s->vsize = get32(f + sec + 8);
		s->rva = get32(f + sec + 12);
		s->raw_size = get32(f + sec + 16);
		s->raw_off = get32(f + sec + 20);
		s->flags = get32(f + sec + 36);
		n = s->raw_size < s->vsize ? s->raw_size : s->vsize;
		memcpy(im->mem + s->rva, f + s->raw_off, n);
	}
	free(f);
	ntr_mem_space_init(&im->space, base, im->mem, im->size);
	im->pe.s = &im->space.s;
	return true;
}

static inline void test_image_free(struct test_image *im)
{
	free(im->mem);
	im->mem = NULL;
}

/* A 64-bit triage dump: call stack and data blocks as memory, the driver list
 * as modules (without PE data, as the dump has none of it). */
struct test_triage {
	uint8_t *f;
	size_t len;
	struct test_mem mem;
	struct test_mods mods;
	uint64_t stack_va, stack_len;
	const uint8_t *context;
};

static inline bool test_triage_load(struct test_triage *t, const char *path)
{
	const uint8_t *h;
	uint32_t n, at;

	memset(t, 0, sizeof(*t));
	t->f = slurp(path, &t->len);
	if (!t->f || t->len < 0x2080 || memcmp(t->f, "PAGEDU64", 8))
		return false;
	h = t->f + 0x2000;
	test_mem_init(&t->mem);
	t->context = t->f + 0x348;
	t->stack_va = get64(h + 0x48);
	t->stack_len = get32(h + 0x2c);
	test_mem_add(&t->mem, t->stack_va, t->f + get32(h + 0x28),
		     t->stack_len);
	at = get32(h + 0x78);
	n = get32(h + 0x7c);
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *b = t->f + at + 16 * i;

		test_mem_add(&t->mem, get64(b), t->f + get32(b + 8),
			     get32(b + 12));
	}
	at = get32(h + 0x30);
	n = get32(h + 0x34);
	for (uint32_t i = 0; i < n && i < TEST_MAX_MODULES; i++) {
		const uint8_t *d = t->f + at + 0x90 * i;
		const uint8_t *name = t->f + get32(d) + 4;
		uint32_t chars = get32(t->f + get32(d)), k = 0;

		for (uint32_t c = 0; c < chars; c++) {
			if (name[2 * c] == '\\')
				k = 0;
			else if (k < 39)
				t->mods.name[i][k++] = (char)name[2 * c];
		}
		t->mods.name[i][k] = 0;
		test_mods_add(&t->mods, get64(d + 0x38), get32(d + 0x48), NULL,
			      NULL);
	}
	return true;
}

/* A user minidump: its memory, its modules, the crashing context. */
struct test_mdmp {
	uint8_t *f;
	size_t len;
	struct test_mem mem;
	struct test_mods mods;
	const uint8_t *context;
};

static inline const uint8_t *test_mdmp_stream(const struct test_mdmp *d,
					      uint32_t type)
{
	uint32_t n = get32(d->f + 8), dir = get32(d->f + 12);

	for (uint32_t i = 0; i < n; i++)
		if (get32(d->f + dir + 12 * i) == type)
			return d->f + get32(d->f + dir + 12 * i + 8);
	return NULL;
}

static inline bool test_mdmp_load(struct test_mdmp *d, const char *path)
{
	const uint8_t *s;

	memset(d, 0, sizeof(*d));
	d->f = slurp(path, &d->len);
	if (!d->f || d->len < 32 || memcmp(d->f, "MDMP", 4))
		return false;
	test_mem_init(&d->mem);
	s = test_mdmp_stream(d, 5); /* memory list */
	for (uint32_t i = 0; s && i < get32(s); i++)
		test_mem_add(&d->mem, get64(s + 4 + 16 * i),
			     d->f + get32(s + 4 + 16 * i + 12),
			     get32(s + 4 + 16 * i + 8));
	s = test_mdmp_stream(d, 3); /* threads: their stacks */
	for (uint32_t i = 0; s && i < get32(s); i++)
		test_mem_add(&d->mem, get64(s + 4 + 48 * i + 24),
			     d->f + get32(s + 4 + 48 * i + 36),
			     get32(s + 4 + 48 * i + 32));
	s = test_mdmp_stream(d, 4); /* modules */
	for (uint32_t i = 0; s && i < get32(s); i++)
		test_mods_add(&d->mods, get64(s + 4 + 108 * i),
			      get32(s + 4 + 108 * i + 8), NULL, NULL);
	s = test_mdmp_stream(d, 6); /* exception */
	if (s)
		d->context = d->f + get32(s + 164);
	return d->context != NULL;
}

static inline const char *test_mods_name(const struct test_mods *t, u64 ip)
{
	for (size_t i = 0; i < t->n; i++)
		if (ip >= t->m[i].base && ip - t->m[i].base < t->m[i].size)
			return t->name[i];
	return "?";
}

#endif
