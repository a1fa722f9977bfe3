// SPDX-License-Identifier: Apache-2.0
#include "space.h"

#include <endian.h>
#include <string.h>

#define PIECE 4096u

size_t ntr_space_read_some(const struct ntr_space *s, u64 addr, void *buf,
			   size_t len)
{
	size_t done = 0, n;

	if (s->some)
		return s->some(s, addr, buf, len);
	if (ntr_space_read(s, addr, buf, len, NULL) == NTR_OK)
		return len;
	while (done < len) {
		n = PIECE - (size_t)((addr + done) & (PIECE - 1));
		if (n > len - done)
			n = len - done;
		if (ntr_space_read(s, addr + done, (u8 *)buf + done, n, NULL))
			break;
		done += n;
	}
	return done;
}

enum ntr_st ntr_read_u8(const struct ntr_space *s, u64 addr, u8 *out)
{
	u8 v;
	enum ntr_st st = ntr_space_read(s, addr, &v, sizeof(v), NULL);

	if (st == NTR_OK)
		*out = v;
	return st;
}

#define READ_INT(type, conv)                                                  \
	enum ntr_st ntr_read_##type(const struct ntr_space *s, u64 addr,      \
				    type *out)                                \
	{                                                                     \
		type v;                                                       \
		enum ntr_st st = ntr_space_read(s, addr, &v, sizeof(v), NULL); \
		if (st == NTR_OK)                                             \
			*out = conv(v);                                       \
		return st;                                                    \
	}
READ_INT(u16, le16toh)
READ_INT(u32, le32toh)
READ_INT(u64, le64toh)

enum ntr_st ntr_read_ptr(const struct ntr_space *s, u64 addr,
			 unsigned ptr_size, u64 *out)
{
	enum ntr_st st;
	u32 v;

	if (ptr_size == 8)
		return ntr_read_u64(s, addr, out);
	st = ntr_read_u32(s, addr, &v);
	if (st == NTR_OK)
		*out = v;
	return st;
}

static enum ntr_st mem_space_read(const struct ntr_space *s, u64 addr,
				  void *buf, size_t len, struct ntr_err *e)
{
	const struct ntr_mem_space *m = s->impl;
	u64 off = addr - m->base;

	if (addr < m->base || off > m->len || len > m->len - off)
		return ntr_fail(e, NTR_ABSENT,
				"0x%" PRIx64 ": %zu bytes are not in %s", addr,
				len, s->name);
	memcpy(buf, (const u8 *)m->mem + off, len);
	return NTR_OK;
}

static size_t mem_space_some(const struct ntr_space *s, u64 addr, void *buf,
			     size_t len)
{
	const struct ntr_mem_space *m = s->impl;
	u64 off = addr - m->base;

	if (addr < m->base || off >= m->len)
		return 0;
	if (len > m->len - off)
		len = (size_t)(m->len - off);
	memcpy(buf, (const u8 *)m->mem + off, len);
	return len;
}

void ntr_mem_space_init(struct ntr_mem_space *m, u64 base, const void *mem,
			size_t len)
{
	*m = (struct ntr_mem_space){
		.s = { "memory array", mem_space_read, m, mem_space_some },
		.base = base,
		.mem = mem,
		.len = len,
	};
}
