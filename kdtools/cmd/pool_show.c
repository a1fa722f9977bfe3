// SPDX-License-Identifier: Apache-2.0
#include "pool_show.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum ntr_st ntr_kd_pool(struct ntr_kd *k, struct ntr_pool **out,
			struct ntr_err *e)
{
	if (!k->t->is_nt)
		return ntr_fail(e, NTR_ABSENT, "pool is NT's, and this is %s",
				k->t->other_os ? k->t->other_os : "no NT");
	return ntr_pool_open(out, k->t, e);
}

const char *ntr_pool_kind_text(unsigned kind)
{
	return kind == NTR_PAGED ? "Paged pool" : "Nonpaged pool";
}

void ntr_pool_va_text(const struct ntr_kd *k, u64 va, char out[24])
{
	snprintf(out, 24, "%0*" PRIx64, (int)k->t->ptr_size * 2, va);
}

bool ntr_tag_listed(u32 tag, char *out, size_t size)
{
	const struct ntr_tag_info *i = ntr_tag_lookup(tag);

	if (!i)
		return false;
	snprintf(out, size, "%s%s%s", i->module ? i->module : "",
		 i->module ? ": " : "", i->text);
	return true;
}

void ntr_tag_owner(struct ntr_kd *k, u32 tag, char *out, size_t size,
		   const char **module)
{
	const struct ntr_tag_info *i = ntr_tag_lookup(tag);
	struct ntr_tag_drivers d;

	*module = i ? i->module : NULL;
	if (ntr_tag_listed(tag, out, size))
		return;
	ntr_tag_drivers(k->t, tag, &d);
	if (d.n == 1) {
		*module = d.module[0]->image;
		snprintf(out, size, "%s has the tag in its image", *module);
	} else if (d.n) {
		snprintf(out, size, "%s and %u other drivers have the tag in "
			 "their images", d.module[0]->image, d.n - 1);
	} else {
		snprintf(out, size, "no list names the tag, and %s", d.absent ?
			 "not all images are in the dump" :
			 "no driver's image holds it");
	}
}

bool ntr_tag_parse(const char *word, u32 *tag)
{
	size_t n = strlen(word);

	if (!n || n > 4)
		return false;
	*tag = 0;
	for (size_t i = 0; i < 4; i++)
		*tag |= (u32)(u8)(i < n ? word[i] : ' ') << 8 * i;
	return true;
}

bool ntr_tag_matches(const char *pattern, u32 tag)
{
	char text[5];
	size_t n;

	if (!pattern || !*pattern)
		return true;
	ntr_pool_tag_text(tag, text);
	/* ntr_wild_match() takes letters as alike; tags do not. */
	for (n = 0; pattern[n] && pattern[n] != '*'; n++)
		if (pattern[n] != '?' && (n >= 4 || pattern[n] != text[n]))
			return false;
	if (pattern[n])
		return ntr_wild_match(pattern, text);
	while (n < 4 && text[n] == ' ')
		n++;
	return n == 4;
}

static const char *state_text(enum ntr_pool_state s)
{
	return s == NTR_POOL_FREE ? "(Free)" : "(Allocated)";
}

void ntr_show_block(struct ntr_kd *k, const struct ntr_pool_form *f, u64 va,
		    const struct ntr_pool_block *b, bool marked)
{
	struct ntr_out *o = k->o;
	char at[24], tag[5];

	ntr_pool_va_text(k, va, at);
	ntr_pool_tag_text(b->tag, tag);
	ntr_out_open(o, NULL);
	ntr_out_hex(o, "address", NULL, va);
	ntr_out_uint(o, "size", NULL, b->size);
	ntr_out_uint(o, "previous_size", NULL, b->previous);
	ntr_out_str(o, "state", NULL, ntr_pool_state_name(b->state));
	ntr_out_str(o, "tag", NULL, tag);
	ntr_out_bool(o, "holds_address", NULL, marked);
	ntr_out_bool(o, "protected", NULL, b->protect);
	ntr_out_bool(o, "quota", NULL, b->quota);
	ntr_out_close(o);
	ntr_out_line(o, "%c%s size: %4" PRIx32 " previous size: %4" PRIx32
		     "  %-11s %c%s%s%s", marked ? '*' : ' ', at, b->size,
		     b->previous, state_text(b->state), marked ? '*' : ' ', tag,
		     b->protect ? " (Protected)" : "",
		     b->quota && f->quota_in_tag ? " Process (in the tag's "
		     "place)" : "");
}

void ntr_show_big(struct ntr_kd *k, u64 va, u64 bytes, u32 tag, bool marked)
{
	struct ntr_out *o = k->o;
	char at[24], text[5];

	ntr_pool_va_text(k, va, at);
	ntr_pool_tag_text(tag, text);
	ntr_out_open(o, NULL);
	ntr_out_hex(o, "address", NULL, va);
	ntr_out_uint(o, "size", NULL, bytes);
	ntr_out_none(o, "previous_size", NULL);
	ntr_out_str(o, "state", NULL, "large");
	ntr_out_str(o, "tag", NULL, text);
	ntr_out_bool(o, "holds_address", NULL, marked);
	ntr_out_none(o, "protected", NULL);
	ntr_out_none(o, "quota", NULL);
	ntr_out_close(o);
	ntr_out_line(o, "%c%s size: %4" PRIx64 " large allocation     "
		     "(Allocated) %c%s", marked ? '*' : ' ', at, bytes,
		     marked ? '*' : ' ', text);
}
