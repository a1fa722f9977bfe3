// SPDX-License-Identifier: Apache-2.0
#include "pooltag.h"

#include "../base/record.h"

#include <stdlib.h>
#include <string.h>

#include "pooltags.inc"

#define CHUNK 0x10000u
#define PAGE 4096u

/* --- the list ----------------------------------------------------------------- */

const struct ntr_tag_info *ntr_tag_lookup(u32 tag)
{
	const struct ntr_tag_info *best = NULL;
	char text[5];
	unsigned least = 4; /* wildcards */

	ntr_pool_tag_text(tag, text);
	for (size_t i = 0; i < NTR_COUNT(tag_rows); i++) {
		const char *t = tag_rows[i].tag;
		unsigned k = 0, wild = 0;

		while (k < 4 && (t[k] == text[k] || t[k] == '?'))
			wild += t[k++] == '?';
		if (k == 4 && wild < least) {
			least = wild;
			best = &tag_rows[i];
		}
	}
	return best;
}

/* --- images -------------------------------------------------------------------- */

/* Places of the tag in the bytes, at any alignment; `end` of them are
 * beginnings, the three behind are there to finish one. */
static u32 count_in(const u8 *p, size_t len, u32 tag)
{
	u32 n = 0;

	for (size_t i = 0; len >= 4 && i <= len - 4; i++)
		n += ((ntr_load_u32(p + i) ^ tag) & 0x7fffffff) == 0;
	return n;
}

/* [va, va + len) of one module; what cannot be read is passed over. */
static u32 count_module(struct ntr_target *t, u64 va, u64 len, u32 tag,
			u8 *buf, struct ntr_tag_drivers *out)
{
	u64 off = 0;
	u32 n = 0;

	while (off < len) {
		u64 want = len - off < CHUNK ? len - off : CHUNK;
		size_t got = ntr_space_read_some(t->mem, va + off, buf,
						 (size_t)want);

		n += count_in(buf, got, tag);
		out->looked_at += got;
		if (got == want && off + want < len) {
			off += want - 3; /* one may lie across */
			continue;
		}
		off += got;
		if (got < want) {
			u64 skip = PAGE - (va + off) % PAGE;

			out->absent += skip;
			off += skip;
		}
	}
	return n;
}

void ntr_tag_drivers(struct ntr_target *t, u32 tag,
		     struct ntr_tag_drivers *out)
{
	u8 *buf = malloc(CHUNK);

	*out = (struct ntr_tag_drivers){ 0 };
	for (size_t i = 0; buf && i < t->modules.n; i++) {
		const struct ntr_module *m = &t->modules.v[i];
		u64 len = m->size < NTR_TAG_MAX_IMAGE ? m->size :
							NTR_TAG_MAX_IMAGE;
		u32 n;

		if (out->looked_at + len > NTR_TAG_MAX_TOTAL) {
			out->absent += m->size;
			continue;
		}
		out->absent += m->size - len;
		n = count_module(t, m->base, len, tag, buf, out);
		if (!n)
			continue;
		if (out->n == NTR_TAG_MAX_DRIVERS) {
			out->more = true;
			continue;
		}
		out->module[out->n] = m;
		out->places[out->n++] = n;
	}
	free(buf);
}

const char *ntr_tag_driver(struct ntr_target *t, u32 tag)
{
	const struct ntr_tag_info *i = ntr_tag_lookup(tag);
	struct ntr_tag_drivers d;

	if (i)
		return i->module;
	ntr_tag_drivers(t, tag, &d);
	return d.n == 1 ? d.module[0]->image : NULL;
}
