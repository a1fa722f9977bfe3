// SPDX-License-Identifier: Apache-2.0
/* Packets and buffers: counted blocks of nonpaged pool, and views of them. */
#include "ndis.h"

#include <string.h>

#define TAG_PACKET EX_TAG('N', 'D', 'P', 't')
#define TAG_BUFFER EX_TAG('N', 'D', 'b', 'f')
#define TAG_BLOCK EX_TAG('N', 'D', 'b', 'k')

/* first: the view of all of it, which needs no memory of its own.  refs: by
 * KE_ADD(). */
struct ndis_block {
	u32 refs, size;
	struct ndis_buffer first;
	u8 bytes[];
};

struct ndis_packet *ndis_packet_alloc(struct ex *x)
{
	struct ndis_packet *p = ex_alloc_zero(x, EX_NONPAGED, sizeof(*p),
					      TAG_PACKET);

	if (p) {
		p->refs = 1;
		p->x = x;
	}
	return p;
}

static void block_put(struct ex *x, struct ndis_block *b)
{
	if (b && !KE_ADD(&b->refs, -1u))
		ex_free_pool(x, b, TAG_BLOCK);
}

struct ndis_buffer *ndis_buffer_lend(struct ex *x, void *data, u32 n)
{
	struct ndis_buffer *b = ex_alloc_zero(x, EX_NONPAGED, sizeof(*b),
					      TAG_BUFFER);

	if (b) {
		b->data = data;
		b->length = n;
	}
	return b;
}

struct ndis_buffer *ndis_buffer_new(struct ex *x, u32 headroom, u32 n)
{
	struct ndis_block *k;

	if (n > UINT32_MAX / 2 || headroom > UINT32_MAX / 4)
		return NULL;
	k = ex_alloc(x, EX_NONPAGED, sizeof(*k) + headroom + n, TAG_BLOCK);
	if (!k)
		return NULL;
	k->refs = 1;
	k->size = headroom + n;
	k->first = (struct ndis_buffer){ .data = k->bytes + headroom,
					 .length = n, .block = k };
	return &k->first;
}

struct ndis_buffer *ndis_buffer_clone(struct ex *x, struct ndis_buffer *b,
				      u32 off, u32 n)
{
	struct ndis_buffer *c;

	if (off > b->length || n > b->length - off)
		return NULL;
	c = ndis_buffer_lend(x, b->data + off, n);
	if (c && b->block) {
		c->block = b->block;
		(void)KE_ADD(&c->block->refs, 1u);
	}
	return c;
}

void ndis_buffer_free(struct ex *x, struct ndis_buffer *b)
{
	struct ndis_block *k = b->block;

	if (!k || b != &k->first)
		ex_free_pool(x, b, TAG_BUFFER);
	block_put(x, k);
}

void ndis_packet_append(struct ndis_packet *p, struct ndis_buffer *b)
{
	b->next = NULL;
	if (p->tail)
		p->tail->next = b;
	else
		p->head = b;
	p->tail = b;
	p->length += b->length;
}

struct ndis_packet *ndis_packet_new(struct ex *x, u32 headroom, u32 n)
{
	struct ndis_packet *p = ndis_packet_alloc(x);
	struct ndis_buffer *b = p ? ndis_buffer_new(x, headroom, n) : NULL;

	if (!b) {
		if (p)
			ndis_packet_put(p);
		return NULL;
	}
	ndis_packet_append(p, b);
	return p;
}

void ndis_packet_ref(struct ndis_packet *p)
{
	(void)KE_ADD(&p->refs, 1);
}

static void drop_buffers(struct ndis_packet *p)
{
	while (p->head) {
		struct ndis_buffer *b = p->head;

		p->head = b->next;
		ndis_buffer_free(p->x, b);
	}
	p->tail = NULL;
	p->length = 0;
}

void ndis_packet_put(struct ndis_packet *p)
{
	if (KE_ADD(&p->refs, -1))
		return;
	if (p->release)
		p->release(p);
	drop_buffers(p);
	ex_free_pool(p->x, p, TAG_PACKET);
}

/* Room before the data that nobody else looks at. */
static u32 headroom(const struct ndis_buffer *b)
{
	if (!b || !b->block || KE_GET(&b->block->refs) != 1)
		return 0;
	return (u32)(b->data - b->block->bytes);
}

u8 *ndis_packet_push(struct ex *x, struct ndis_packet *p, u32 n)
{
	struct ndis_buffer *b = p->head;

	if (headroom(b) < n) {
		b = ndis_buffer_new(x, 64, n);
		if (!b)
			return NULL;
		b->next = p->head;
		p->head = b;
		if (!p->tail)
			p->tail = b;
	} else {
		b->data -= n;
		b->length += n;
	}
	p->length += n;
	return b->data;
}

static void drop_empty_head(struct ndis_packet *p)
{
	while (p->head && !p->head->length && p->head != p->tail) {
		struct ndis_buffer *b = p->head;

		p->head = b->next;
		ndis_buffer_free(p->x, b);
	}
}

bool ndis_packet_pull(struct ndis_packet *p, u32 n)
{
	if (n > p->length)
		return false;
	p->length -= n;
	while (n) {
		u32 part = p->head->length < n ? p->head->length : n;

		p->head->data += part;
		p->head->length -= part;
		n -= part;
		drop_empty_head(p);
	}
	return true;
}

void ndis_packet_trim(struct ndis_packet *p, u32 length)
{
	struct ndis_buffer *b = p->head, *rest;
	u32 left = length;

	if (length >= p->length || !b)
		return;
	while (b->length < left) {
		left -= b->length;
		b = b->next;
	}
	b->length = left;
	rest = b->next;
	b->next = NULL;
	p->tail = b;
	p->length = length;
	while (rest) {
		struct ndis_buffer *next = rest->next;

		ndis_buffer_free(p->x, rest);
		rest = next;
	}
}

u32 ndis_packet_copy(const struct ndis_packet *p, u32 off, void *to, u32 n)
{
	const struct ndis_buffer *b = p->head;
	u8 *out = to;
	u32 done = 0;

	for (; b && off >= b->length; b = b->next)
		off -= b->length;
	for (; b && done < n; b = b->next) {
		u32 part = b->length - off;

		if (part > n - done)
			part = n - done;
		memcpy(out + done, b->data + off, part);
		done += part;
		off = 0;
	}
	return done;
}

u8 *ndis_packet_flat(struct ex *x, struct ndis_packet *p, u32 n)
{
	struct ndis_buffer *b;

	if (n > p->length || !p->head)
		return NULL;
	if (p->head->length >= n)
		return p->head->data;
	b = ndis_buffer_new(x, 64, n);
	if (!b)
		return NULL;
	(void)ndis_packet_copy(p, 0, b->data, n);
	(void)ndis_packet_pull(p, n);
	if (!p->length)
		drop_buffers(p);
	b->next = p->head;
	p->head = b;
	if (!p->tail)
		p->tail = b;
	p->length += n;
	return b->data;
}

bool ndis_packet_ok(const struct ndis_packet *p)
{
	const struct ndis_buffer *last = NULL;
	u64 sum = 0;

	for (const struct ndis_buffer *b = p->head; b; b = b->next) {
		sum += b->length;
		last = b;
		if (sum > p->length)
			return false;
	}
	return sum == p->length && last == p->tail && KE_GET(&p->refs) > 0;
}

/* --- checksums ------------------------------------------------------------------- */

/* Half words of 32 bytes at a time, each in a lane that cannot run over. */
typedef u32 lanes __attribute__((vector_size(32)));
#define LANES_MOST (64u * 1024)

/* Wider where the processor has it; sanitizers do without. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&     \
	!defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
__attribute__((target_clones("avx2", "default")))
#endif
static u64 sum_lanes(const u8 *s, size_t n)
{
	lanes a = { 0 }, b = { 0 }, v, w;
	u64 sum = 0;

	for (; n >= 64; s += 64, n -= 64) {
		memcpy(&v, s, 32);
		memcpy(&w, s + 32, 32);
		a += (v & 0xffff) + (v >> 16);
		b += (w & 0xffff) + (w >> 16);
	}
	for (int i = 0; i < 8; i++)
		sum += (u64)a[i] + b[i];
	return sum;
}

/* RFC 1071: the sum in the host's order; the carries are added back at the
 * end. */
u32 ndis_sum(const void *p, size_t n, u32 sum)
{
	const u8 *s = p;
	u64 a = sum;
	u32 v;

	while (n >= 64) {
		size_t part = (n < LANES_MOST ? n : LANES_MOST) / 64 * 64;

		a += sum_lanes(s, part);
		s += part;
		n -= part;
	}
	for (; n >= 4; s += 4, n -= 4) {
		memcpy(&v, s, 4);
		a += v;
	}
	if (n) {
		v = 0;
		memcpy(&v, s, n);
		a += v;
	}
	a = (a & UINT32_MAX) + (a >> 32);
	a = (a & UINT32_MAX) + (a >> 32);
	a = (a & 0xffff) + (a >> 16);
	return (u32)((a & 0xffff) + (a >> 16));
}

/* A run that begins at an odd place counts with its bytes exchanged. */
static u32 swap_sum(u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xff) << 8 | sum >> 8;
}

u32 ndis_packet_sum(const struct ndis_packet *p, u32 off, u32 n, u32 sum)
{
	const struct ndis_buffer *b = p->head;
	bool odd = false;

	for (; b && off >= b->length; b = b->next)
		off -= b->length;
	for (; b && n; b = b->next) {
		u32 part = b->length - off, s;

		if (part > n)
			part = n;
		s = ndis_sum(b->data + off, part, 0);
		sum += odd ? swap_sum(s) : s;
		sum = (sum & 0xffff) + (sum >> 16);
		odd ^= part & 1;
		n -= part;
		off = 0;
	}
	return sum;
}
