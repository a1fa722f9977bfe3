// SPDX-License-Identifier: Apache-2.0
/* .DBG files made by hand for tests: every number is written where the layout
 * (docs/formats/dbg.md) says it is, in a buffer that keeps its length. */
#ifndef DBG_IMAGE_H
#define DBG_IMAGE_H

#include "test.h"

enum { DBG_ROOM = 0x2000 };
struct dbg_image {
	uint8_t b[DBG_ROOM];
	size_t len;
	int ndirs, ncv;
};

/* Sections: .text 0x1000+0x800, .data 0x3000+0x200, PAGE 0x4000+0x400 (code).
 * Directory entries from 0xc0 on (room for 8), data from 0x200 on. */
static inline void dbg_start(struct dbg_image *d)
{
	static const struct { const char *n; uint32_t rva, size, flags; } s[] = {
		{ ".text", 0x1000, 0x800, 0x60000020 },
		{ ".data", 0x3000, 0x200, 0xc0000040 },
		{ "PAGE", 0x4000, 0x400, 0x60000020 },
	};

	memset(d, 0, sizeof(*d));
	put16(d->b, 0x00, 0x4944);
	put16(d->b, 0x04, 0x14c);
	put32(d->b, 0x08, 0x36aa0011); /* time stamp */
	put32(d->b, 0x0c, 0x000c0ffe); /* check sum */
	put32(d->b, 0x10, 0x80100000);
	put32(d->b, 0x14, 0x5000);
	put32(d->b, 0x18, 3);
	put32(d->b, 0x1c, 0x18);       /* exported names */
	for (int i = 0; i < 3; i++) {
		uint8_t *p = d->b + 0x30 + 40 * i;

		memcpy(p, s[i].n, strlen(s[i].n));
		put32(p, 8, s[i].size);
		put32(p, 12, s[i].rva);
		put32(p, 16, s[i].size);
		put32(p, 36, s[i].flags);
	}
	memcpy(d->b + 0xa8, "KeBugCheck\0NtClose\0\0\0\0\0\0", 24);
	d->len = 0x200;
}

/* Room for n bytes of data of a type; where they are. */
static inline uint8_t *dbg_part(struct dbg_image *d, uint32_t type, size_t n)
{
	uint8_t *e = d->b + 0xc0 + 28 * d->ndirs++, *p = d->b + d->len;

	put32(e, 12, type);
	put32(e, 16, (uint32_t)n);
	put32(e, 24, (uint32_t)d->len);
	put32(d->b, 0x20, (uint32_t)(28 * d->ndirs));
	d->len += (n + 3) & ~(size_t)3;
	return p;
}

static inline uint8_t *coff_symbol(uint8_t *p, const char *name,
				   uint32_t strings_at, uint32_t value,
				   int section, int type, int class, int naux)
{
	if (strings_at)
		put32(p, 4, strings_at);
	else
		memcpy(p, name, strlen(name));
	put32(p, 8, value);
	put16(p, 12, (uint16_t)section);
	put16(p, 14, (uint16_t)type);
	p[16] = (uint8_t)class;
	p[17] = (uint8_t)naux;
	return p + 18;
}

/* 11 symbols, 4 lines. */
static inline void dbg_add_coff(struct dbg_image *d)
{
	uint8_t *h = dbg_part(d, 1, 32 + 4 * 6 + 11 * 18 + 40), *p = h + 32;
	static const struct { uint32_t rva; uint16_t line; } l[] = {
		{ 0x1010, 20 }, { 0x1014, 21 }, { 0x1020, 30 }, { 0x4010, 7 },
	};

	put32(h, 0, 11);
	put32(h, 4, 32 + 4 * 6);
	put32(h, 8, 4);
	put32(h, 12, 32);
	for (int i = 0; i < 4; i++, p += 6) {
		put32(p, 0, l[i].rva);
		put16(p, 4, l[i].line);
	}
	p = coff_symbol(p, ".file", 0, 0, -2, 0, 103, 1);
	memcpy(p, "ke\\bugcheck.c", 13);
	p += 18;
	p = coff_symbol(p, ".text", 0, 0x1010, 1, 0, 3, 1);
	put32(p, 0, 0x20); /* its piece of the section */
	p += 18;
	p = coff_symbol(p, NULL, 4, 0x1010, 1, 0x20, 2, 0);
	p = coff_symbol(p, "_Small@0", 0, 0x1020, 1, 0x20, 3, 1);
	put32(p, 4, 0x0c); /* size of its code */
	p += 18;
	p = coff_symbol(p, "_KeData", 0, 0x3010, 2, 0, 2, 0);
	p = coff_symbol(p, "_abs", 0, 0x1234, -1, 0, 2, 0);
	p = coff_symbol(p, "_import", 0, 0, 0, 0, 2, 0);
	p = coff_symbol(p, "_PagedFn", 0, 0x4010, 3, 0x20, 2, 0);
	put32(p, 0, 40);
	memcpy(p + 4, "_KeBugCheckEx@20", 17);
}

static inline void dbg_add_fpo(struct dbg_image *d)
{
	uint8_t *p = dbg_part(d, 3, 3 * 16);

	put32(p, 0x00, 0x1010);
	put32(p, 0x04, 0x10);
	put32(p, 0x08, 5);                 /* words of locals */
	put16(p, 0x0c, 3);                 /* words of parameters */
	put16(p, 0x0e, 0x0007 | 3 << 8 | 1 << 12); /* prolog 7, 3 regs, ebp */
	put32(p, 0x10, 0x1100);
	put32(p, 0x14, 0x40);
	put16(p, 0x1e, 1 << 14 | 1 << 11); /* trap frame, SEH */
	put32(p, 0x20, 0x4010);
	put32(p, 0x24, 0x30);
	put16(p, 0x2e, 3 << 14);           /* an EBP frame */
}

static inline void dbg_add_misc(struct dbg_image *d)
{
	uint8_t *p = dbg_part(d, 4, 12 + 16);

	put32(p, 0, 1);
	put32(p, 4, 12 + 16);
	memcpy(p + 12, "ntoskrnl.exe", 13);
}

static inline void dbg_add_omap(struct dbg_image *d)
{
	uint8_t *p = dbg_part(d, 8, 4 * 8);
	static const uint32_t m[][2] = {
		{ 0x1000, 0x1000 }, { 0x1010, 0x1400 }, { 0x1018, 0x1700 },
		{ 0x4000, 0 },
	};

	for (int i = 0; i < 4; i++) {
		put32(p, 8 * (size_t)i, m[i][0]);
		put32(p, 8 * (size_t)i + 4, m[i][1]);
	}
}

/* --- CodeView: begin, subsections, end -------------------------------------- */

struct cv_image {
	uint8_t b[0x1000];
	size_t len;
	int n;
	struct { uint16_t kind; uint32_t off, len; } part[16];
};

static inline void cv_start(struct cv_image *c, const char *form)
{
	memset(c, 0, sizeof(*c));
	memcpy(c->b, form, 4);
	c->len = 8;
}
static inline uint8_t *cv_part(struct cv_image *c, int kind, size_t len)
{
	uint8_t *p = c->b + c->len;

	c->part[c->n].kind = (uint16_t)kind;
	c->part[c->n].off = (uint32_t)c->len;
	c->part[c->n++].len = (uint32_t)len;
	c->len += (len + 3) & ~(size_t)3;
	return p;
}
static inline void cv_end(struct cv_image *c, struct dbg_image *d)
{
	uint8_t *p = c->b + c->len;

	put32(c->b, 4, (uint32_t)c->len);
	put16(p, 0, 16);
	put16(p, 2, 12);
	put32(p, 4, (uint32_t)c->n);
	for (int i = 0; i < c->n; i++) {
		put16(p, 16 + 12 * (size_t)i, c->part[i].kind);
		put16(p, 18 + 12 * (size_t)i, 1);
		put32(p, 20 + 12 * (size_t)i, c->part[i].off);
		put32(p, 24 + 12 * (size_t)i, c->part[i].len);
	}
	c->len += 16 + 12 * (size_t)c->n;
	memcpy(dbg_part(d, 2, c->len), c->b, c->len);
}
/* A counted name; returns what follows it. */
static inline uint8_t *pname(uint8_t *p, const char *s)
{
	p[0] = (uint8_t)strlen(s);
	memcpy(p + 1, s, strlen(s));
	return p + 1 + strlen(s);
}
/* A record that began at r and ends at p, padded with 0 to 4. */
static inline uint8_t *cv_record(uint8_t *r, uint8_t *p, int kind)
{
	while ((p - r) & 3)
		*p++ = 0;
	put16(r, 0, (uint16_t)(p - r - 2));
	put16(r, 2, (uint16_t)kind);
	return p;
}

/* sstSegMap: segment 1 is section 1, segment 2 is section 3 from 0x10 on. */
static inline void cv_add_segmap(struct cv_image *c)
{
	uint8_t *p = cv_part(c, 0x12d, 4 + 2 * 20);

	put16(p, 0, 2);
	put16(p, 2, 2);
	put16(p, 4 + 6, 1);
	put32(p, 4 + 16, 0x800);
	put16(p, 24 + 6, 3);
	put32(p, 24 + 12, 0x10);
	put32(p, 24 + 16, 0x3f0);
}

/* NB09: a module's procedure, thunk and label; publics; global data. */
static inline void cv_add_syms16(struct cv_image *c)
{
	uint8_t *p = cv_part(c, 0x125, 4 + 48 + 32 + 20), *r;

	put32(p, 0, 1);
	r = p + 4;
	put32(r, 4 + 12, 0x30);        /* length of S_GPROC32 */
	put32(r, 4 + 24, 0x40);        /* offset */
	put16(r, 4 + 28, 1);
	put16(r, 4 + 30, 0x1003);      /* type */
	r = cv_record(r, pname(r + 4 + 33, "IopFree"), 0x205);
	put32(r, 4 + 12, 0x80);        /* S_THUNK32 */
	put16(r, 4 + 16, 1);
	put16(r, 4 + 18, 6);
	r = cv_record(r, pname(r + 4 + 21, "ThunkX"), 0x206);
	put32(r, 4, 0x90);             /* S_LABEL32 */
	put16(r, 8, 1);
	r = cv_record(r, pname(r + 4 + 7, "retry"), 0x209);
	c->part[c->n - 1].len = (uint32_t)(r - p);
	c->len = (size_t)(r - c->b);

	p = cv_part(c, 0x12a, 16 + 64);
	r = p + 16;
	put32(r, 4, 0x40);
	put16(r, 8, 1);
	r = cv_record(r, pname(r + 12, "_IopFree@8"), 0x203);
	put32(r, 4, 0x20);             /* segment 2: section 3 + 0x10 */
	put16(r, 8, 2);
	r = cv_record(r, pname(r + 12, "_PageMe@0"), 0x203);
	put32(p, 4, (uint32_t)(r - p - 16));
	put32(p, 8, 4);                /* then 4 bytes of a hash table */
	put32(r, 0, 0xffffffff);
	c->part[c->n - 1].len = (uint32_t)(r + 4 - p);
	c->len = (size_t)(r + 4 - c->b);
}

/* NB11: the same with 32-bit types. */
static inline void cv_add_syms32(struct cv_image *c)
{
	uint8_t *p = cv_part(c, 0x134, 16 + 128), *r = p + 16;

	put32(r, 4 + 12, 0x30);
	put32(r, 4 + 24, 0x1003);
	put32(r, 4 + 28, 0x40);
	put16(r, 4 + 32, 1);
	r = cv_record(r, pname(r + 4 + 35, "IopFree"), 0x100b);
	put32(r, 4, 0x74);
	put32(r, 8, 0x8);
	put16(r, 12, 2);
	r = cv_record(r, pname(r + 14, "_Count"), 0x1008);
	put32(r, 8, 0x40);
	put16(r, 12, 1);
	r = cv_record(r, pname(r + 14, "_IopFree@8"), 0x1009);
	put32(p, 4, (uint32_t)(r - p - 16));
	c->part[c->n - 1].len = (uint32_t)(r - p);
	c->len = (size_t)(r - c->b);
}

/* Two files; the second has lines in two segments. */
static inline void cv_add_lines(struct cv_image *c)
{
	uint8_t *p = cv_part(c, 0x127, 0xb0);

	put16(p, 0x00, 2);           /* files */
	put16(p, 0x02, 1);
	put32(p, 0x04, 0x20);
	put32(p, 0x08, 0x50);
	put32(p, 0x0c, 0x40);        /* range of the module */
	put32(p, 0x10, 0x6f);
	put16(p, 0x14, 1);
	put16(p, 0x20, 1);           /* file 1: one segment */
	put32(p, 0x24, 0x38);
	put32(p, 0x28, 0x40);
	put32(p, 0x2c, 0x4f);
	pname(p + 0x30, "free.c");
	put16(p, 0x38, 1);           /* segment 1, two lines */
	put16(p, 0x3a, 2);
	put32(p, 0x3c, 0x40);
	put32(p, 0x40, 0x48);
	put16(p, 0x44, 100);
	put16(p, 0x46, 102);
	put16(p, 0x50, 2);           /* file 2: two segments */
	put32(p, 0x54, 0x80);
	put32(p, 0x58, 0x90);
	put32(p, 0x5c, 0x60);
	put32(p, 0x60, 0x6f);
	put32(p, 0x64, 0x20);
	put32(p, 0x68, 0x27);
	pname(p + 0x6c, "inline.h");
	put16(p, 0x80, 1);
	put16(p, 0x82, 1);
	put32(p, 0x84, 0x60);
	put16(p, 0x88, 5);
	put16(p, 0x90, 2);
	put16(p, 0x92, 1);
	put32(p, 0x94, 0x20);
	put16(p, 0x98, 9);
}

/* One type record at *p; its offset goes into the table. */
static inline uint8_t *cv_type(uint8_t *table, int i, uint8_t *first,
			       uint8_t *r, uint8_t *end, int leaf)
{
	put32(table, 4 * (size_t)i, (uint32_t)(r - first));
	while ((end - r) & 3) {
		*end = (uint8_t)(0xf0 + (4 - ((end - r) & 3)));
		end++;
	}
	put16(r, 0, (uint16_t)(end - r - 2));
	put16(r, 2, (uint16_t)leaf);
	return end;
}

/* NB09 types: 0x1000 field list, 0x1001 bit field, 0x1002 array, 0x1003
 * struct _ITEM, 0x1004 forward reference to it, 0x1005 pointer to 0x1004,
 * 0x1006 list of values, 0x1007 enum _STATE. */
static inline void cv_add_types16(struct cv_image *c)
{
	uint8_t *p = cv_part(c, 0x12b, 0x200), *t = p + 8, *f = t + 8 * 4;
	uint8_t *r = f, *e;

	put32(p, 4, 8);
	e = r + 4;
	put16(e, 0, 0x0406); put16(e, 2, 0x1005); put16(e, 6, 0);
	e = pname(e + 8, "Next");
	*e++ = 0xf1;
	put16(e, 0, 0x0406); put16(e, 2, 0x1001); put16(e, 6, 4);
	e = pname(e + 8, "Flag");
	*e++ = 0xf1;
	put16(e, 0, 0x0406); put16(e, 2, 0x1002); put16(e, 6, 0x8002);
	put16(e, 8, 8);
	e = pname(e + 10, "Name");
	r = cv_type(t, 0, f, r, e, 0x0204);
	r[4] = 3; r[5] = 2; put16(r, 6, 0x22);
	r = cv_type(t, 1, f, r, r + 8, 0x0206);
	put16(r, 4, 0x20); put16(r, 6, 0x22); put16(r, 8, 12);
	r = cv_type(t, 2, f, r, pname(r + 10, ""), 0x0003);
	put16(r, 4, 3); put16(r, 6, 0x1000); put16(r, 14, 20);
	r = cv_type(t, 3, f, r, pname(r + 16, "_ITEM"), 0x0005);
	put16(r, 8, 0x80);
	r = cv_type(t, 4, f, r, pname(r + 16, "_ITEM"), 0x0005);
	put16(r, 4, 0x0a); put16(r, 6, 0x1004);
	r = cv_type(t, 5, f, r, r + 8, 0x0002);
	e = r + 4;
	put16(e, 0, 0x0403); put16(e, 4, 0x8000); e[6] = 0xff;
	e = pname(e + 7, "Bad");
	put16(e, 0, 0x0403); put16(e, 4, 7);
	e = pname(e + 6, "Good");
	r = cv_type(t, 6, f, r, e, 0x0204);
	put16(r, 6, 0x74); put16(r, 8, 0x1006);
	r = cv_type(t, 7, f, r, pname(r + 12, "_STATE"), 0x0007);
	c->part[c->n - 1].len = (uint32_t)(r - p);
	c->len = (size_t)(r - c->b);
}

/* The same of NB11; the list goes on in another (0x1008). */
static inline void cv_add_types32(struct cv_image *c)
{
	uint8_t *p = cv_part(c, 0x12b, 0x200), *t = p + 8, *f = t + 9 * 4;
	uint8_t *r = f, *e;

	put32(p, 4, 9);
	e = r + 4;
	put16(e, 0, 0x1405); put32(e, 4, 0x1005); put16(e, 8, 0);
	e = pname(e + 10, "Next");
	*e++ = 0xf1;
	put16(e, 0, 0x1404); put32(e, 4, 0x1008);
	r = cv_type(t, 0, f, r, e + 8, 0x1203);
	put32(r, 4, 0x22); r[8] = 3; r[9] = 2;
	r = cv_type(t, 1, f, r, r + 10, 0x1205);
	put32(r, 4, 0x20); put32(r, 8, 0x22); put16(r, 12, 12);
	r = cv_type(t, 2, f, r, pname(r + 14, ""), 0x1003);
	put16(r, 4, 3); put32(r, 8, 0x1000); put16(r, 20, 20);
	r = cv_type(t, 3, f, r, pname(r + 22, "_ITEM"), 0x1005);
	put16(r, 6, 0x80);
	r = cv_type(t, 4, f, r, pname(r + 22, "_ITEM"), 0x1005);
	put32(r, 4, 0x1004); put32(r, 8, 0x800a);
	r = cv_type(t, 5, f, r, r + 12, 0x1002);
	e = r + 4;
	put16(e, 0, 0x0403); put16(e, 4, 0x8000); e[6] = 0xff;
	e = pname(e + 7, "Bad");
	put16(e, 0, 0x0403); put16(e, 4, 7);
	e = pname(e + 6, "Good");
	r = cv_type(t, 6, f, r, e, 0x1203);
	put32(r, 8, 0x74); put32(r, 12, 0x1006);
	r = cv_type(t, 7, f, r, pname(r + 16, "_STATE"), 0x1007);
	e = r + 4;
	put16(e, 0, 0x1405); put32(e, 4, 0x1001); put16(e, 8, 4);
	e = pname(e + 10, "Flag");
	*e++ = 0xf1;
	put16(e, 0, 0x1405); put32(e, 4, 0x1002); put16(e, 8, 0x8002);
	put16(e, 10, 8);
	e = pname(e + 12, "Name");
	r = cv_type(t, 8, f, r, e, 0x1203);
	c->part[c->n - 1].len = (uint32_t)(r - p);
	c->len = (size_t)(r - c->b);
}

#endif
