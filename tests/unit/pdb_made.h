// SPDX-License-Identifier: Apache-2.0
/*
 * A small program database, written byte by byte from the description of the
 * format (docs/formats/pdb.md), nothing of the reader's tables: an x86 module
 * with one of everything.  made_pdb() gives a file; the streams can be changed
 * before it.
 *
 *	1000 Entry (public _Entry@4)   1010 label lab   1040 inner   1060 thk
 *	1080 _Other (public)           2010 Data, public _Data
 */
#ifndef PDB_MADE_H
#define PDB_MADE_H

#include "test.h"

enum { MADE_STREAMS = 15, MADE_STREAM_MAX = 4096 };

struct made_stream {
	uint8_t d[MADE_STREAM_MAX];
	uint32_t n;
};
struct made {
	struct made_stream s[MADE_STREAMS];
	uint32_t block;
};

static inline void m8(struct made_stream *s, unsigned v)
{
	s->d[s->n++] = (uint8_t)v;
}
static inline void m16(struct made_stream *s, unsigned v)
{
	put16(s->d, s->n, (uint16_t)v);
	s->n += 2;
}
static inline void m32(struct made_stream *s, unsigned v)
{
	put32(s->d, s->n, v);
	s->n += 4;
}
static inline void mtext(struct made_stream *s, const char *text)
{
	memcpy(s->d + s->n, text, strlen(text) + 1);
	s->n += (uint32_t)strlen(text) + 1;
}
static inline void malign(struct made_stream *s)
{
	while (s->n & 3)
		m8(s, 0);
}

/* A symbol record is begun with its kind, and ended: its length is put in. */
static inline uint32_t rec_begin(struct made_stream *s, unsigned kind)
{
	uint32_t at = s->n;

	m16(s, 0);
	m16(s, kind);
	return at;
}
static inline void rec_end(struct made_stream *s, uint32_t at)
{
	malign(s);
	put16(s->d, at, (uint16_t)(s->n - at - 2));
}

static inline uint32_t made_pub(struct made_stream *s, unsigned flags,
				unsigned off, unsigned seg, const char *name)
{
	uint32_t at = rec_begin(s, 0x110e);

	m32(s, flags);
	m32(s, off);
	m16(s, seg);
	mtext(s, name);
	rec_end(s, at);
	return at;
}

static inline void made_proc(struct made_stream *s, unsigned kind,
			     unsigned off, unsigned size, const char *name)
{
	uint32_t at = rec_begin(s, kind);

	for (int i = 0; i < 3; i++)
		m32(s, 0);
	m32(s, size);
	m32(s, 0);
	m32(s, size);
	m32(s, 0x1001);
	m32(s, off);
	m16(s, 1);
	m8(s, 0);
	mtext(s, name);
	rec_end(s, at);
	at = rec_begin(s, 0x0006);
	rec_end(s, at);
}

static inline void made_info(struct made_stream *s)
{
	m32(s, 20000404);
	m32(s, 0x11223344);
	m32(s, 7);
	for (unsigned i = 0; i < 16; i++)
		m8(s, 0xa0 + i);
	m32(s, 7);
	mtext(s, "/names");
	m32(s, 1);     /* names */
	m32(s, 4);
	m32(s, 1);     /* words: present, deleted */
	m32(s, 1);
	m32(s, 0);
	m32(s, 0);
	m32(s, 10);
	m32(s, 0);
	m32(s, 20140508);
}

static inline void made_contrib(struct made_stream *s, unsigned off,
				unsigned size)
{
	m16(s, 1);
	m16(s, 0);
	m32(s, off);
	m32(s, size);
	m32(s, 0x60000020);
	m16(s, 0);
	m16(s, 0);
	m32(s, 0);
	m32(s, 0);
}

/* sizes of the module's symbols, C11 and C13 parts are put in later */
static inline uint32_t made_module(struct made_stream *s, unsigned stream,
				   const char *name)
{
	uint32_t at = s->n;

	m32(s, 0);
	made_contrib(s, 0, 0x100);
	m16(s, 1);
	m16(s, stream);
	for (int i = 0; i < 7; i++)
		m32(s, 0);
	mtext(s, name);
	mtext(s, name);
	malign(s);
	return at;
}

static inline void made_dbi(struct made *m)
{
	static const unsigned dbg[] = { 11, 0xffff, 0xffff, 0xffff, 0xffff, 5,
					0xffff, 0xffff, 0xffff, 12, 0xffff };
	struct made_stream *s = &m->s[3];
	uint32_t mod;

	m32(s, 0xffffffff);
	m32(s, 19990903);
	m32(s, 3);
	m16(s, 6);
	m16(s, 0x8e1f);
	m16(s, 7);
	m16(s, 0);
	m16(s, 8);
	m16(s, 0);
	for (int i = 0; i < 8; i++)
		m32(s, 0);
	m16(s, 0);
	m16(s, 0x14c);
	m32(s, 0);
	mod = made_module(s, 9, "a.obj");
	put32(s->d, mod + 0x24, m->s[9].n); /* the streams in parts: below */
	made_module(s, 0xffff, "* Linker *");
	put32(s->d, 0x18, s->n - mod);
	put32(s->d, 0x1c, 4 + 2 * 28);
	m32(s, 0xf12eba2d);
	made_contrib(s, 0, 0x80);
	made_contrib(s, 0x80, 0x80);
	put32(s->d, 0x30, sizeof(dbg) / sizeof(dbg[0]) * 2);
	for (size_t i = 0; i < sizeof(dbg) / sizeof(dbg[0]); i++)
		m16(s, dbg[i]);
}

static inline void made_section(struct made_stream *s, const char *name,
				unsigned rva, unsigned size, unsigned flags)
{
	uint32_t at = s->n;

	memcpy(s->d + at, name, strlen(name));
	put32(s->d, at + 0x08, size);
	put32(s->d, at + 0x0c, rva);
	put32(s->d, at + 0x10, size);
	put32(s->d, at + 0x24, flags);
	s->n += 40;
}

/* A hash table with all records in the buckets given (computed by hand from
 * the hash's description), which must ascend. */
struct made_hash {
	uint32_t off, bucket;
};
static inline void made_gsi(struct made_stream *s, const struct made_hash *h,
			    unsigned n)
{
	uint32_t bits, buckets = 0, at = s->n;

	m32(s, 0xffffffff);
	m32(s, 0xf12f091a);
	m32(s, n * 8);
	m32(s, 0);
	for (unsigned i = 0; i < n; i++) {
		m32(s, h[i].off + 1);
		m32(s, 1);
	}
	bits = s->n;
	s->n += 516;
	for (unsigned i = 0; i < n; i++) {
		if (i && h[i].bucket == h[i - 1].bucket)
			continue;
		s->d[bits + h[i].bucket / 8] |=
			(uint8_t)(1u << h[i].bucket % 8);
		m32(s, i * 12);
		buckets++;
	}
	put32(s->d, at + 12, 516 + buckets * 4);
}

static inline uint32_t made_bucket(const char *name)
{
	uint32_t h = 0, n = (uint32_t)strlen(name), i = 0;

	/* "XOR of 32-bit words, then of a 16-bit one, then of a byte" */
	for (; n - i >= 4; i += 4)
		h ^= (uint32_t)(uint8_t)name[i] |
		     (uint32_t)(uint8_t)name[i + 1] << 8 |
		     (uint32_t)(uint8_t)name[i + 2] << 16 |
		     (uint32_t)(uint8_t)name[i + 3] << 24;
	if (n - i >= 2) {
		h ^= (uint32_t)(uint8_t)name[i] |
		     (uint32_t)(uint8_t)name[i + 1] << 8;
		i += 2;
	}
	if (n - i)
		h ^= (uint8_t)name[i];
	h |= 0x20202020;
	h ^= h >> 11;
	h ^= h >> 16;
	return h % 4096;
}

static inline int by_bucket(const void *a, const void *b)
{
	const struct made_hash *x = a, *y = b;

	return x->bucket < y->bucket ? -1 : x->bucket > y->bucket;
}

static inline void made_symrec(struct made *m)
{
	struct made_stream *s = &m->s[8], *psi = &m->s[7];
	struct made_hash pub[3], glob[2];
	uint32_t entry, other, data, at;

	other = made_pub(s, 2, 0x80, 1, "_Other");
	entry = made_pub(s, 2, 0, 1, "_Entry@4");
	data = made_pub(s, 0, 0x10, 2, "_Data");
	pub[0] = (struct made_hash){ other, made_bucket("_Other") };
	pub[1] = (struct made_hash){ entry, made_bucket("_Entry@4") };
	pub[2] = (struct made_hash){ data, made_bucket("_Data") };
	qsort(pub, 3, sizeof(pub[0]), by_bucket);
	glob[0] = (struct made_hash){ s->n, made_bucket("Data") };
	at = rec_begin(s, 0x110d);
	m32(s, 0x74);
	m32(s, 0x10);
	m16(s, 2);
	mtext(s, "Data");
	rec_end(s, at);
	glob[1] = (struct made_hash){ s->n, made_bucket("Entry") };
	at = rec_begin(s, 0x1125);
	m32(s, 0);
	m32(s, 4); /* in the module's stream */
	m16(s, 1);
	mtext(s, "Entry");
	rec_end(s, at);
	qsort(glob, 2, sizeof(glob[0]), by_bucket);
	made_gsi(&m->s[6], glob, 2);
	psi->n = 28;
	made_gsi(psi, pub, 3);
	put32(psi->d, 0, psi->n - 28);
	put32(psi->d, 4, 12);
	m32(psi, entry);
	m32(psi, other);
	m32(psi, data);
}

static inline void made_c11(struct made_stream *s)
{
	uint32_t at = s->n;

	m16(s, 1);      /* one file, one section */
	m16(s, 1);
	m32(s, 18);     /* the file's entry */
	m32(s, 0x40);
	m32(s, 0x5f);
	m16(s, 1);
	m16(s, 1);      /* the file: one section */
	m16(s, 0);
	m32(s, 18 + 22);
	m32(s, 0x40);
	m32(s, 0x5f);
	m8(s, 5);
	memcpy(s->d + s->n, "b.asm", 5);
	s->n = at + 18 + 22;
	m16(s, 1);      /* the lines */
	m16(s, 2);
	m32(s, 0x40);
	m32(s, 0x48);
	m16(s, 70);
	m16(s, 71);
	malign(s);
}

static inline void made_c13(struct made_stream *s)
{
	uint32_t at;

	m32(s, 0xf4);
	m32(s, 8);
	m32(s, 1);      /* "a.c" */
	m32(s, 0);
	m32(s, 0xf2);
	m32(s, 0);
	at = s->n;
	m32(s, 0);
	m16(s, 1);
	m16(s, 1);      /* with columns */
	m32(s, 0x40);
	m32(s, 0);
	m32(s, 3);
	m32(s, 12 + 3 * 12);
	m32(s, 0);
	m32(s, 0x80000000u + 10);
	m32(s, 8);
	m32(s, 0x80000000u + 0xfeefee);
	m32(s, 0x10);
	m32(s, 0x80000000u + 12);
	for (int i = 0; i < 3; i++)
		m32(s, 0x00050001);
	put32(s->d, at - 4, s->n - at);
}

/* The module's stream; returns the sizes of its three parts. */
static inline void made_mod(struct made *m, uint32_t part[3])
{
	struct made_stream *s = &m->s[9];
	uint32_t at;

	m32(s, 4);
	made_proc(s, 0x1110, 0, 0x40, "Entry");
	at = rec_begin(s, 0x1105);
	m32(s, 0x10);
	m16(s, 1);
	m8(s, 0);
	mtext(s, "lab");
	rec_end(s, at);
	made_proc(s, 0x110f, 0x40, 0x20, "inner");
	at = rec_begin(s, 0x1102);
	for (int i = 0; i < 3; i++)
		m32(s, 0);
	m32(s, 0x60);
	m16(s, 1);
	m16(s, 6);
	m8(s, 0);
	mtext(s, "thk");
	rec_end(s, at);
	part[0] = s->n;
	made_c11(s);
	part[1] = s->n - part[0];
	made_c13(s);
	part[2] = s->n - part[0] - part[1];
}

static inline void made_names(struct made_stream *s)
{
	m32(s, 0xeffeeffe);
	m32(s, 1);
	m32(s, 12);
	m8(s, 0);
	mtext(s, "a.c");
	mtext(s, "$T0 ^ ");
	m32(s, 0);
	m32(s, 0);
}

static inline void made_frame(struct made_stream *s, unsigned rva,
			      unsigned size, unsigned prolog, unsigned regs,
			      unsigned flags)
{
	m32(s, rva);
	m32(s, size);
	m32(s, 8);
	m32(s, 4);
	m32(s, 0x10);
	m32(s, 5);
	m16(s, prolog);
	m16(s, regs);
	m32(s, flags);
}

static inline void made_streams(struct made *m)
{
	uint32_t part[3];

	memset(m, 0, sizeof(*m));
	m->block = 512;
	made_info(&m->s[1]);
	made_section(&m->s[5], ".text", 0x1000, 0x200, 0x60000020);
	made_section(&m->s[5], ".data", 0x2000, 0x100, 0xc0000040);
	made_symrec(m);
	made_mod(m, part);
	made_dbi(m);
	for (int i = 0; i < 3; i++)
		put32(m->s[3].d, 0x40 + 0x24 + 4 * (unsigned)i, part[i]);
	made_names(&m->s[10]);
	m32(&m->s[11], 0x1060); /* FPO: 2 locals, 1 argument, 2 registers */
	m32(&m->s[11], 6);
	m32(&m->s[11], 2);
	m16(&m->s[11], 1);
	m16(&m->s[11], 3 | 2 << 8 | 1 << 12);
	made_frame(&m->s[12], 0x1000, 0x40, 3, 0, 5);
	made_frame(&m->s[12], 0x1003, 0x3d, 0, 4, 0);
}

/* Blocks: 0 superblock, 1 and 2 free maps, 3 the directory's map, 4 the
 * directory, then the streams. The result is malloc'd. */
static inline uint8_t *made_pdb(const struct made *m, size_t *len)
{
	uint32_t b = m->block, next = 5, dir = 4 + 4 * MADE_STREAMS;
	uint8_t *f = calloc(200, b), *d = f + 4 * b;

	memcpy(f, "Microsoft C/C++ MSF 7.00\r\n\x1a" "DS\0\0", 32);
	put32(d, 0, MADE_STREAMS);
	for (unsigned i = 0; i < MADE_STREAMS; i++) {
		uint32_t n = m->s[i].n;

		put32(d, 4 + 4 * i, n);
		for (uint32_t k = 0; k < n; k += b, dir += 4) {
			memcpy(f + next * b, m->s[i].d + k,
			       n - k < b ? n - k : b);
			put32(d, dir, next++);
		}
	}
	put32(f, 0x20, b);
	put32(f, 0x24, 1);
	put32(f, 0x28, next);
	put32(f, 0x2c, dir);
	put32(f, 0x34, 3);
	put32(f, 3 * b, 4);
	*len = (size_t)next * b;
	return f;
}

#endif
