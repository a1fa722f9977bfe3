// SPDX-License-Identifier: Apache-2.0
#include "bin.h"

void ntr_bin_poison(struct ntr_bin *b, u64 len, const char *what)
{
	if (b->bad)
		return;
	b->bad = what;
	b->bad_off = ntr_bin_off(b);
	b->bad_len = len - (len < ntr_bin_left(b) ? len : ntr_bin_left(b));
	b->end = b->pos;
}

void ntr_bin_copy(struct ntr_bin *b, void *out, size_t len, const char *what)
{
	const u8 *p = ntr_bin_take(b, len, what);

	if (p)
		memcpy(out, p, len);
	else
		memset(out, 0, len);
}

void ntr_bin_seek(struct ntr_bin *b, u64 off, const char *what)
{
	if (b->bad)
		return;
	if (off > (u64)(b->end - b->base)) {
		b->pos = b->end;
		ntr_bin_poison(b, off - (u64)(b->end - b->base), what);
		return;
	}
	b->pos = b->base + off;
}

struct ntr_bin ntr_bin_sub(const struct ntr_bin *b, u64 off, u64 len,
			   const char *what)
{
	struct ntr_bin s = *b;
	u64 size = (u64)(b->end - b->base);

	if (s.bad)
		return s;
	if (off > size || len > size - off) {
		s.pos = off > size ? s.end : s.base + off;
		ntr_bin_poison(&s, len, what);
		return s;
	}
	s.base = s.pos = b->base + off;
	s.end = s.base + len;
	s.off0 = b->off0 + off;
	return s;
}

bool ntr_bin_fits(struct ntr_bin *b, u64 n, u64 each, const char *what)
{
	u64 want;

	if (b->bad)
		return false;
	if (__builtin_mul_overflow(n, each, &want) || want > ntr_bin_left(b)) {
		ntr_bin_poison(b, want, what);
		return false;
	}
	return true;
}

enum ntr_st ntr_bin_done(const struct ntr_bin *b, struct ntr_err *e)
{
	if (!b->bad)
		return NTR_OK;
	return ntr_fail(e, NTR_BAD,
			"%s+0x%" PRIx64 ": %s wants %" PRIu64
			" bytes past the end",
			b->origin ? b->origin : "data", b->bad_off, b->bad,
			b->bad_len);
}
