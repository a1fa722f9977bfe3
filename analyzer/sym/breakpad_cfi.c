// SPDX-License-Identifier: Apache-2.0
/* STACK CFI: the rules of the INIT record, and of the records behind it that
 * begin at or below the address, in one text. */
#include "breakpad.h"

#include <string.h>

#define CHUNK 2048u

struct rules {
	char *text;  /* NTR_UWREC_CFI bytes */
	size_t n;
};

static bool is_name(const char *p, size_t n)
{
	return n > 1 && p[n - 1] == ':';
}

/* The end of the rule that begins at `at`: where the next name begins. */
static size_t rule_end(const struct rules *r, size_t at)
{
	struct ntr_words w = { r->text + at, r->text + r->n };
	const char *p;
	size_t n;

	(void)ntr_words_next(&w, &p, &n);
	while (ntr_words_next(&w, &p, &n))
		if (is_name(p, n))
			return (size_t)(p - r->text);
	return r->n;
}

/* Take out the rule of this name ("$rbx:"), if there is one. */
static void drop(struct rules *r, const char *name, size_t n)
{
	for (size_t at = 0, end; at < r->n; at = end) {
		end = rule_end(r, at);
		if (end - at <= n || memcmp(r->text + at, name, n) ||
		    r->text[at + n] != ' ')
			continue;
		memmove(r->text + at, r->text + end, r->n - end);
		r->n -= end - at;
		return;
	}
}

static bool append(struct rules *r, const char *p, size_t n)
{
	if (NTR_UWREC_CFI - 1 - r->n < n + 1)
		return false;
	memcpy(r->text + r->n, p, n);
	r->n += n;
	r->text[r->n++] = ' ';
	return true;
}

/* "NAME: EXPR NAME: EXPR": each replaces an earlier one of its name. */
static enum ntr_st merge(struct rules *r, struct ntr_words w)
{
	bool open = false, empty = false;
	const char *p;
	size_t n;

	while (ntr_words_next(&w, &p, &n)) {
		if (memchr(p, 0, n))
			return NTR_BAD;
		if (is_name(p, n)) {
			if (empty)
				return NTR_BAD;
			drop(r, p, n);
			open = empty = true;
		} else if (!open) {
			return NTR_BAD;
		} else {
			empty = false;
		}
		if (!append(r, p, n))
			return NTR_LIMIT;
	}
	return open && !empty ? NTR_OK : NTR_BAD;
}

static enum ntr_st refuse(const struct ntr_symsrc *s, enum ntr_st st, u64 line,
			  struct ntr_err *e)
{
	if (st == NTR_LIMIT)
		return ntr_fail(e, st, "%s, line %" PRIu64 ": STACK CFI: rules "
				"are longer than %u bytes", s->file->name,
				line, NTR_UWREC_CFI);
	return ntr_fail(e, st, "%s, line %" PRIu64 ": STACK CFI: wants an "
			"address and rules \"name: expression\"",
			s->file->name, line);
}

/* One record behind INIT. END: it is none, or is above rva. Wrong rules are
 * worse than none, so a broken one is an error, not passed over. */
static enum ntr_st delta(struct rules *r, struct ntr_words w, u64 rva)
{
	u64 at;

	if (!ntr_words_is(&w, "STACK") || !ntr_words_is(&w, "CFI") ||
	    ntr_words_is(&w, "INIT"))
		return NTR_END;
	if (!ntr_words_hex(&w, &at))
		return NTR_BAD;
	return at > rva ? NTR_END : merge(r, w);
}

static enum ntr_st init_record(struct rules *r, struct ntr_words w)
{
	u64 v;

	if (!ntr_words_is(&w, "STACK") || !ntr_words_is(&w, "CFI") ||
	    !ntr_words_is(&w, "INIT") || !ntr_words_hex(&w, &v) ||
	    !ntr_words_hex(&w, &v))
		return NTR_BAD;
	return merge(r, w);
}

static enum ntr_st gather(struct ntr_symsrc *s, struct ntr_lines *l,
			  struct rules *r, const struct ntr_bp_span *init,
			  u64 rva, struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	for (u64 line = init->line; st == NTR_OK; line++) {
		st = ntr_lines_next(l, e);
		if (st)
			break;
		st = line == init->line ? init_record(r, l->w) :
					  delta(r, l->w, rva);
		if (st && st != NTR_END)
			return refuse(s, st, line, e);
	}
	return st == NTR_END ? NTR_OK : st;
}

enum ntr_st ntr_bp_cfi(struct ntr_symsrc *s, const struct ntr_bp_span *init,
		       u64 rva, struct ntr_uwrec *out, struct ntr_err *e)
{
	struct ntr_uwrec rec = { .kind = NTR_UW_CFI, .rva = init->rva,
				 .size = init->size };
	struct rules r = { rec.cfi, 0 };
	struct ntr_lines l;
	enum ntr_st st = ntr_lines_open(&l, s->file, init->off, CHUNK, e);

	if (st)
		return st;
	st = gather(s, &l, &r, init, rva, e);
	ntr_lines_close(&l);
	if (st)
		return st;
	if (r.n)
		rec.cfi[r.n - 1] = 0;
	*out = rec;
	return NTR_OK;
}
