// SPDX-License-Identifier: Apache-2.0
/*
 * Readers of forged dumps for the forge tests, written from the format
 * documents with literal offsets: nothing comes from kdtools/forge but
 * forge.h.
 */
#ifndef FORGE_READ_H
#define FORGE_READ_H

#include "../../kdtools/forge/forge.h"
#include "test.h"

#include <unistd.h>

/* --- bytes ------------------------------------------------------------------- */

struct blob {
	uint8_t *p;
	size_t n;
};

static inline uint64_t rd(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

static inline uint64_t at(const struct blob *b, size_t off, size_t n)
{
	return off + n <= b->n ? rd(b->p + off, n) : 0xdeaddeaddeaddeadull;
}

static inline char *slurp(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *s = calloc(1, 1 << 20);
	size_t n = f && s ? fread(s, 1, (1 << 20) - 1, f) : 0;

	if (f)
		fclose(f);
	if (!n) {
		free(s);
		return NULL;
	}
	return s;
}

static inline char *fixture(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "tests/fixtures/%s.forge", name);
	return slurp(path);
}

static inline struct blob forge_str(const char *text, const char *container)
{
	struct blob b = { 0 };
	struct ntr_err e = { { 0 } };
	enum ntr_st st = forge_text(text, "test", container, 160u << 20, &b.p,
				    &b.n, NULL, &e);

	CHECK_STR(st ? e.msg : "", "");
	return b;
}

static inline struct blob forge_fix(const char *name, const char *container)
{
	char *t = fixture(name);
	struct blob b = { 0 };

	CHECK(t != NULL);
	if (t)
		b = forge_str(t, container);
	free(t);
	return b;
}

/* --- physical and virtual memory of a full dump -------------------------------- */

static inline size_t phys32(const struct blob *d, uint64_t pa, size_t start, unsigned shift)
{
	size_t off = start;

	for (uint64_t i = 0; i < at(d, 0x64, 4); i++) {
		uint64_t pfn = at(d, 0x6c + i * 8, 4), n = at(d, 0x70 + i * 8, 4);
		if ((pa >> shift) - pfn < n)
			return off + (size_t)(pa - (pfn << shift));
		off += (size_t)(n << shift);
	}
	return SIZE_MAX;
}

static inline size_t phys64(const struct blob *d, uint64_t pa)
{
	size_t off = 0x2000;

	for (uint64_t i = 0; i < at(d, 0x88, 4); i++) {
		uint64_t pfn = at(d, 0x98 + i * 16, 8), n = at(d, 0xa0 + i * 16, 8);
		if ((pa >> 12) - pfn < n)
			return off + (size_t)(pa - (pfn << 12));
		off += (size_t)(n << 12);
	}
	return SIZE_MAX;
}

static inline uint64_t p32(const struct blob *d, uint64_t pa, size_t n)
{
	size_t o = phys32(d, pa, 0x1000, 12);

	return o == SIZE_MAX ? 0 : at(d, o, n);
}

static inline uint64_t p64(const struct blob *d, uint64_t pa)
{
	size_t o = phys64(d, pa);

	return o == SIZE_MAX ? 0 : at(d, o, 8);
}

/* x86 without PAE; *raw: the last entry. 0 = not valid. */
static inline uint64_t x86_pa(const struct blob *d, uint32_t va, uint32_t *raw)
{
	uint64_t dtb = at(d, 0x10, 4) & 0xfffff000;
	uint32_t e = (uint32_t)p32(d, dtb + (va >> 22) * 4, 4);

	*raw = e;
	if (!(e & 1))
		return 0;
	if (e & 0x80)
		return (e & 0xffc00000) | (va & 0x3fffff);
	e = (uint32_t)p32(d, (e & 0xfffff000) + (va >> 12 & 0x3ff) * 4, 4);
	*raw = e;
	return e & 1 ? (e & 0xfffff000) | (va & 0xfff) : 0;
}

static inline uint64_t v86(const struct blob *d, uint32_t va, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t raw;
		uint64_t pa = x86_pa(d, va + (uint32_t)i, &raw);
		v |= (pa ? p32(d, pa, 1) : 0) << 8 * i;
	}
	return v;
}

static inline uint64_t x64_pa(const struct blob *d, uint64_t va)
{
	uint64_t t = at(d, 0x10, 8) & 0xffffffffff000;

	for (int s = 39; s >= 12; s -= 9) {
		uint64_t e = p64(d, t + (va >> s & 0x1ff) * 8);
		if (!(e & 1))
			return 0;
		t = e & 0xffffffffff000;
		if (s == 21 && (e & 0x80))
			return (e & 0xfffffffe00000) | (va & 0x1fffff);
	}
	return t | (va & 0xfff);
}

static inline uint64_t v64(const struct blob *d, uint64_t va, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t pa = x64_pa(d, va + i);
		size_t o = pa ? phys64(d, pa) : SIZE_MAX;
		v |= (o == SIZE_MAX ? 0 : at(d, o, 1)) << 8 * i;
	}
	return v;
}

static inline bool wide_is(const struct blob *d, uint64_t va, const char *s, bool x64)
{
	for (size_t i = 0; s[i]; i++)
		if ((x64 ? v64(d, va + i * 2, 2)
			 : v86(d, (uint32_t)(va + i * 2), 2)) != (uint8_t)s[i])
			return false;
	return true;
}

static inline const char *tool(const char *a, const char *b)
{
	char cmd[160];

	snprintf(cmd, sizeof(cmd), "command -v %s >/dev/null 2>&1", a);
	if (!system(cmd))
		return a;
	snprintf(cmd, sizeof(cmd), "command -v %s >/dev/null 2>&1", b);
	return system(cmd) ? NULL : b;
}

static inline char *run(const char *cmd)
{
	FILE *f = popen(cmd, "r");
	char *s = calloc(1, 1 << 18);
	size_t n = f && s ? fread(s, 1, (1 << 18) - 1, f) : 0;

	if (f)
		pclose(f);
	if (s)
		s[n] = 0;
	return s;
}

static inline void temp_name(char *out, size_t size, const char *name)
{
	const char *b = getenv("B");

	snprintf(out, size, "%s/forge-test-%d-%s", b ? b : "/tmp", (int)getpid(),
		 name);
}

static inline void save(const char *path, const struct blob *d)
{
	FILE *f = fopen(path, "wb");

	CHECK(f && fwrite(d->p, 1, d->n, f) == d->n);
	if (f)
		fclose(f);
}

#endif
