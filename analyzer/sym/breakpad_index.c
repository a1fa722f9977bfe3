// SPDX-License-Identifier: Apache-2.0
#include "breakpad.h"

#include "../fmt/dump.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK (256u << 10)

void ntr_bp_broken(struct ntr_symsrc *s, u64 line)
{
	if (!s->broken++ || line < s->broken_line)
		s->broken_line = line;
}

/* --- the records ---------------------------------------------------------- */

bool ntr_bp_symbol(struct ntr_words w, enum ntr_bp_kind kind,
		   struct ntr_bp_symbol *out)
{
	u64 params;

	*out = (struct ntr_bp_symbol){ 0 };
	if (!ntr_words_is(&w, kind == NTR_BP_FUNC ? "FUNC" : "PUBLIC"))
		return false;
	/* m: other symbols have this address too */
	(void)ntr_words_is(&w, "m");
	return ntr_words_hex(&w, &out->rva) &&
	       (kind != NTR_BP_FUNC || ntr_words_hex(&w, &out->size)) &&
	       ntr_words_hex(&w, &params) &&
	       ntr_words_rest(&w, &out->name, &out->nname);
}

bool ntr_bp_win(struct ntr_words w, struct ntr_bp_win *out)
{
	u32 epilog, flag = 0;

	*out = (struct ntr_bp_win){ 0 };
	if (!ntr_words_is(&w, "STACK") || !ntr_words_is(&w, "WIN") ||
	    !ntr_words_hex32(&w, &out->type) || out->type > 4 ||
	    !ntr_words_hex(&w, &out->rva) || !ntr_words_hex(&w, &out->size) ||
	    !ntr_words_hex32(&w, &out->prolog) ||
	    !ntr_words_hex32(&w, &epilog) ||
	    !ntr_words_hex32(&w, &out->params) ||
	    !ntr_words_hex32(&w, &out->saved_regs) ||
	    !ntr_words_hex32(&w, &out->locals) ||
	    !ntr_words_hex32(&w, &out->max_stack) ||
	    !ntr_words_hex32(&w, &flag) || flag > 1)
		return false;
	out->has_program = flag;
	if (flag)
		return ntr_words_rest(&w, &out->program, &out->nprogram);
	if (!ntr_words_hex32(&w, &flag))
		return false;
	out->uses_ebp = flag;
	return true;
}

bool ntr_bp_line(struct ntr_words w, struct ntr_bp_line *out)
{
	return ntr_words_hex(&w, &out->rva) && ntr_words_hex(&w, &out->size) &&
	       ntr_words_dec32(&w, &out->line) &&
	       ntr_words_dec32(&w, &out->file) && ntr_words_end(&w);
}

/* --- names ------------------------------------------------------------------ */

/* _Name@12, @Name@8, _name of x86: what is between. */
static void undecorate(u32 machine, const char **name, size_t *n)
{
	const char *p = *name;
	size_t k = *n;

	if (machine != NTR_MACHINE_X86 || !k || p[0] == '?')
		return;
	while (k && p[k - 1] >= '0' && p[k - 1] <= '9')
		k--;
	if (k > 1 && k < *n && p[k - 1] == '@')
		*n = k - 1;
	if (*n > 1 && (p[0] == '_' || p[0] == '@')) {
		++*name;
		--*n;
	}
}

u32 ntr_bp_hash(u32 machine, const char *name, size_t n)
{
	u32 h = 2166136261u; /* FNV-1a */

	undecorate(machine, &name, &n);
	for (size_t i = 0; i < n; i++)
		h = (h ^ (u8)name[i]) * 16777619u;
	return h;
}

bool ntr_bp_same(u32 machine, const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);

	undecorate(machine, &a, &na);
	undecorate(machine, &b, &nb);
	return na == nb && !memcmp(a, b, na);
}

/* --- the pass over the file --------------------------------------------------- */

struct pass {
	struct ntr_symsrc *s;
	struct ntr_bp *bp;
	struct ntr_lines lines;
	u32 line;
	bool in_func; /* a FUNC went before, line records may follow */
	bool nomem;
};

static struct ntr_bp_span *add(struct pass *p, enum ntr_bp_kind kind, u64 rva,
			       u64 size)
{
	struct ntr_bp_span *x = ntr_vec_add(&p->bp->list[kind]);

	if (!x) {
		p->nomem = true;
		return NULL;
	}
	x->rva = rva;
	x->size = size;
	x->off = p->lines.off;
	x->line = p->line;
	return x;
}

static bool take_symbol(struct pass *p, enum ntr_bp_kind kind)
{
	struct ntr_bp_symbol sym;
	struct ntr_bp_span *x;

	if (kind == NTR_BP_FUNC)
		p->in_func = true; /* lines of a broken one are not another's */
	if (!ntr_bp_symbol(p->lines.w, kind, &sym))
		return false;
	x = add(p, kind, sym.rva, sym.size);
	if (x)
		x->hash = ntr_bp_hash(p->s->machine, sym.name, sym.nname);
	return true;
}

static bool take_file(struct pass *p, struct ntr_words w)
{
	struct ntr_bp_file *f;
	const char *name;
	size_t n;
	u32 number;

	if (!ntr_words_dec32(&w, &number) || !ntr_words_rest(&w, &name, &n))
		return false;
	f = ntr_vec_add(&p->bp->files);
	if (!f) {
		p->nomem = true;
		return true;
	}
	f->number = number;
	f->off = p->lines.off;
	return true;
}

static bool take_stack(struct pass *p, struct ntr_words w)
{
	struct ntr_bp_win win;
	u64 rva, size;

	if (ntr_words_is(&w, "WIN")) {
		if (!ntr_bp_win(p->lines.w, &win))
			return false;
		add(p, win.type == 4 ? NTR_BP_FRAME : NTR_BP_FPO, win.rva,
		    win.size);
		return true;
	}
	if (!ntr_words_is(&w, "CFI"))
		return false;
	if (!ntr_words_is(&w, "INIT"))
		return ntr_words_hex(&w, &rva) && !ntr_words_end(&w);
	if (!ntr_words_hex(&w, &rva) || !ntr_words_hex(&w, &size) ||
	    ntr_words_end(&w))
		return false;
	add(p, NTR_BP_CFI, rva, size);
	return true;
}

/* INLINE depth call_line call_file origin [address size]+; older
 * files have no call_file. Inlined frames have no place in the answers, but
 * a broken record is still counted. */
static bool inline_ok(struct ntr_words w)
{
	u64 v;
	unsigned n = 0;

	for (; n < 3; n++)
		if (!ntr_words_dec(&w, &v))
			return false;
	while (ntr_words_hex(&w, &v))
		n++;
	return ntr_words_end(&w) && n >= 5;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

/* False: the line is broken. Of line records only the first byte is looked
 * at: they are by far the most, and are read when somebody asks. */
static bool take_line(struct pass *p)
{
	struct ntr_words w = p->lines.w;

	if (w.p == w.end)
		return true;
	switch (*w.p) {
	case 'F':
		if (ntr_words_is(&w, "FUNC"))
			return take_symbol(p, NTR_BP_FUNC);
		if (ntr_words_is(&w, "FILE"))
			return take_file(p, w);
		break;
	case 'P':
		if (ntr_words_is(&w, "PUBLIC")) {
			p->in_func = false;
			return take_symbol(p, NTR_BP_PUBLIC);
		}
		break;
	case 'S':
		p->in_func = false;
		return ntr_words_is(&w, "STACK") && take_stack(p, w);
	case 'I':
		if (ntr_words_is(&w, "INLINE"))
			return p->in_func && inline_ok(w);
		return ntr_words_is(&w, "INLINE_ORIGIN") ||
		       ntr_words_is(&w, "INFO");
	case 'M':
		return p->line == 1; /* read when the file was opened */
	default:
		break;
	}
	return p->in_func && is_hex(*p->lines.w.p);
}

static enum ntr_st run(struct pass *p, struct ntr_err *e)
{
	enum ntr_st st;

	for (;;) {
		st = ntr_lines_next(&p->lines, e);
		if (st)
			return st == NTR_END ? NTR_OK : st;
		p->line++;
		if (p->lines.cut || !take_line(p))
			ntr_bp_broken(p->s, p->line);
		if (p->nomem)
			return ntr_fail(e, NTR_NOMEM, "%s: out of memory",
					p->s->file->name);
	}
}

/* --- order -------------------------------------------------------------------- */

/* Of spans that begin together the smallest comes last, and of equal ones the
 * first of the file: the last is looked at first. */
static int by_rva(const void *a, const void *b)
{
	const struct ntr_bp_span *x = a, *y = b;

	if (x->rva != y->rva)
		return x->rva < y->rva ? -1 : 1;
	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	return (x->off < y->off) - (x->off > y->off);
}

static int by_number(const void *a, const void *b)
{
	const struct ntr_bp_file *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return (x->off > y->off) - (x->off < y->off);
}

static u64 span_end(const struct ntr_bp_span *x)
{
	u64 end;

	return __builtin_add_overflow(x->rva, x->size, &end) ? UINT64_MAX : end;
}

static void link_parents(struct ntr_bp_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		u32 at = i ? (u32)i - 1 : NTR_BP_NONE;

		while (at != NTR_BP_NONE && span_end(&l->v[at]) <= l->v[i].rva)
			at = l->v[at].parent;
		l->v[i].parent = at;
	}
}

static bool order(struct ntr_bp_list *l)
{
	bool sorted = true;

	if (!l->n)
		return true;
	l->key = malloc(l->n * sizeof(*l->key));
	if (!l->key)
		return false;

	for (size_t i = 1; i < l->n && sorted; i++)
		sorted = by_rva(&l->v[i - 1], &l->v[i]) <= 0;
	if (!sorted)
		qsort(l->v, l->n, sizeof(*l->v), by_rva);
	link_parents(l);
	for (size_t i = 0; i < l->n; i++)
		l->key[i] = l->v[i].rva;
	return true;
}

/* Halving without a branch on what is compared: random addresses would be
 * mispredicted every other time. */
struct ntr_bp_span *ntr_bp_nearest(struct ntr_bp_list *l, u64 rva)
{
	const u64 *at = l->key;
	size_t n = l->n;

	if (!n || *at > rva)
		return NULL;
	while (n > 1) {
		size_t half = n / 2;

		at = at[half] <= rva ? at + half : at;
		n -= half;
	}
	return &l->v[at - l->key];
}

struct ntr_bp_span *ntr_bp_find(struct ntr_bp_list *l, u64 rva)
{
	struct ntr_bp_span *x = ntr_bp_nearest(l, rva);

	while (x && span_end(x) <= rva)
		x = x->parent == NTR_BP_NONE ? NULL : &l->v[x->parent];
	return x;
}

void ntr_bp_free(struct ntr_bp *bp)
{
	for (size_t i = 0; i < NTR_BP_KINDS; i++) {
		ntr_vec_fini(&bp->list[i]);
		free(bp->list[i].key);
		bp->list[i].key = NULL;
	}
	ntr_vec_fini(&bp->files);
	ntr_vec_fini(&bp->names);
	bp->indexed = false;
}

enum ntr_st ntr_bp_index(struct ntr_symsrc *s, struct ntr_err *e)
{
	struct pass p = { .s = s, .bp = s->priv };
	enum ntr_st st;

	if (p.bp->indexed)
		return NTR_OK;
	s->broken = 0;
	st = ntr_lines_open(&p.lines, s->file, 0, CHUNK, e);
	if (st)
		return st;
	st = run(&p, e);
	ntr_lines_close(&p.lines);
	for (size_t i = 0; st == NTR_OK && i < NTR_BP_KINDS; i++)
		if (!order(&p.bp->list[i]))
			st = ntr_fail(e, NTR_NOMEM, "%s: out of memory",
				      s->file->name);
	if (st) {
		ntr_bp_free(p.bp);
		return st;
	}
	if (p.bp->files.n)
		qsort(p.bp->files.v, p.bp->files.n, sizeof(*p.bp->files.v),
		      by_number);
	p.bp->indexed = true;
	return NTR_OK;
}
