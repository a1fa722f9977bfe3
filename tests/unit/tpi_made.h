// SPDX-License-Identifier: Apache-2.0
/*
 * A TPI stream written byte by byte: leaf numbers and layouts as cvinfo.h has
 * them, nothing taken from the reader.  made_begin(), then for each type
 * rec() … end(), then made_finish().
 */
#ifndef NTR_TPI_MADE_H
#define NTR_TPI_MADE_H

#include "test.h"

struct made {
	uint8_t p[0x20000];
	size_t n;
	size_t rec;     /* where the open record begins */
	unsigned types; /* closed records */
	size_t at[4096]; /* where each began, from the first */
};

static inline void w8(struct made *m, unsigned v)
{
	m->p[m->n++] = (uint8_t)v;
}
static inline void w16(struct made *m, unsigned v)
{
	put16(m->p, m->n, (uint16_t)v);
	m->n += 2;
}
static inline void w32(struct made *m, uint32_t v)
{
	put32(m->p, m->n, v);
	m->n += 4;
}
static inline void w64(struct made *m, uint64_t v)
{
	put64(m->p, m->n, v);
	m->n += 8;
}
static inline void wz(struct made *m, const char *s) /* NUL-terminated */
{
	memcpy(m->p + m->n, s, strlen(s) + 1);
	m->n += strlen(s) + 1;
}
static inline void wp(struct made *m, const char *s) /* length in front */
{
	w8(m, (unsigned)strlen(s));
	memcpy(m->p + m->n, s, strlen(s));
	m->n += strlen(s);
}
/* Bytes 0xf3 0xf2 0xf1 up to a multiple of four. */
static inline void pad(struct made *m)
{
	while ((m->n - m->rec) % 4)
		w8(m, 0xf0 + (unsigned)(4 - (m->n - m->rec) % 4));
}

#define MADE_HEADER 56u

static inline void made_begin(struct made *m)
{
	memset(m, 0, sizeof(*m));
	m->n = MADE_HEADER;
}
static inline void rec(struct made *m, unsigned leaf)
{
	m->rec = m->n;
	w16(m, 0);
	w16(m, leaf);
}
/* The index of the type. */
static inline uint32_t end(struct made *m)
{
	pad(m);
	put16(m->p, m->rec, (uint16_t)(m->n - m->rec - 2));
	m->at[m->types] = m->rec - MADE_HEADER;
	return 0x1000 + m->types++;
}
static inline void made_finish(struct made *m)
{
	put32(m->p, 0x00, 20040203);
	put32(m->p, 0x04, MADE_HEADER);
	put32(m->p, 0x08, 0x1000);
	put32(m->p, 0x0c, 0x1000 + m->types);
	put32(m->p, 0x10, (uint32_t)m->n - MADE_HEADER);
	put16(m->p, 0x14, 0xffff);
	put16(m->p, 0x16, 0xffff);
	put32(m->p, 0x18, 4);
	put32(m->p, 0x1c, 0x3ffff);
}

/* The same records under the header of Visual C++ 4: 16 bytes. */
static inline size_t made_old(const struct made *m, uint8_t *out)
{
	size_t len = m->n - MADE_HEADER;

	put32(out, 0, 19951122);
	put16(out, 4, 0x1000);
	put16(out, 6, (uint16_t)(0x1000 + m->types));
	put32(out, 8, (uint32_t)len);
	put16(out, 12, 0xffff);
	put16(out, 14, 0);
	memcpy(out + 16, m->p + MADE_HEADER, len);
	return len + 16;
}

/* --- common records ------------------------------------------------------------ */

static inline void member(struct made *m, uint32_t type, unsigned off,
			  const char *name)
{
	w16(m, 0x150d);
	w16(m, 3);
	w32(m, type);
	w16(m, off);
	wz(m, name);
	pad(m);
}
static inline uint32_t structure(struct made *m, unsigned prop, uint32_t list,
				 unsigned size, const char *name,
				 const char *unique)
{
	rec(m, 0x1505);
	w16(m, 1);
	w16(m, prop);
	w32(m, list);
	w32(m, 0);
	w32(m, 0);
	w16(m, size);
	wz(m, name);
	if (unique)
		wz(m, unique);
	return end(m);
}
static inline uint32_t list_of(struct made *m, uint32_t type, const char *name)
{
	rec(m, 0x1203);
	member(m, type, 0, name);
	return end(m);
}
static inline uint32_t continued(struct made *m, uint32_t next)
{
	rec(m, 0x1203);
	member(m, 0x74, 4, "Part");
	w16(m, 0x1404);
	w16(m, 0);
	w32(m, next);
	return end(m);
}
static inline uint32_t pointer64(struct made *m, uint32_t to)
{
	rec(m, 0x1002);
	w32(m, to);
	w32(m, 0x1000c);
	return end(m);
}
static inline uint32_t modifier(struct made *m, uint32_t to)
{
	rec(m, 0x1001);
	w32(m, to);
	w16(m, 1);
	return end(m);
}
static inline uint32_t array(struct made *m, uint32_t of, unsigned bytes)
{
	rec(m, 0x1503);
	w32(m, of);
	w32(m, 0x23);
	w16(m, bytes);
	wz(m, "");
	return end(m);
}

#endif
