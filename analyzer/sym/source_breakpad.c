// SPDX-License-Identifier: Apache-2.0
/* Breakpad .sym: the questions; the index is breakpad_index.c's. */
#include "breakpad.h"

#include "../fmt/dump.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK 2048u
/* INFO records follow MODULE. */
#define HEADER_LINES 16u

/* --- opening -------------------------------------------------------------- */

static bool bp_probe(const u8 *head, size_t len)
{
	return len > 7 && !memcmp(head, "MODULE ", 7);
}

static const struct { const char *name; u32 machine; unsigned ptr; } arches[] = {
	{ "x86", NTR_MACHINE_X86, 4 },
	{ "x86_64", NTR_MACHINE_AMD64, 8 },
	{ "x86_64h", NTR_MACHINE_AMD64, 8 },
	{ "arm64", NTR_MACHINE_ARM64, 8 },
	{ "arm64e", NTR_MACHINE_ARM64, 8 },
	{ "arm", NTR_MACHINE_ARM, 4 },
	{ "armv7", NTR_MACHINE_ARM, 4 },
};

static void set_arch(struct ntr_symsrc *s, const char *p, size_t n)
{
	for (size_t i = 0; i < NTR_COUNT(arches); i++)
		if (strlen(arches[i].name) == n && !memcmp(arches[i].name, p, n)) {
			s->machine = arches[i].machine;
			s->ptr_size = arches[i].ptr;
		}
}

/* GUID and age, or signature and age of a PDB 2.00. */
static bool set_id(struct ntr_symid *id, const char *p, size_t n)
{
	u64 age, sig;

	if (n > 32 && ntr_guid_from_text(p, 32, id->guid) &&
	    ntr_hex_text(p + 32, n - 32, &age) && age <= UINT32_MAX) {
		id->has_guid = true;
	} else if (n > 8 && n <= 16 && ntr_hex_text(p, 8, &sig) &&
		   ntr_hex_text(p + 8, n - 8, &age)) {
		id->has_sig = true;
		id->sig = (u32)sig;
	} else {
		return false;
	}
	id->age = (u32)age;
	return true;
}

static bool module_record(struct ntr_symsrc *s, struct ntr_words w,
			  bool *windows)
{
	const char *os, *arch, *id;
	size_t nos, narch, nid;

	if (!ntr_words_is(&w, "MODULE") || !ntr_words_next(&w, &os, &nos) ||
	    !ntr_words_next(&w, &arch, &narch) ||
	    !ntr_words_next(&w, &id, &nid) || !set_id(&s->id, id, nid))
		return false;
	set_arch(s, arch, narch);
	*windows = nos == 7 && !memcmp(os, "windows", 7);
	return true;
}

/* Windows: time stamp, 8 digits, and size of the image; else the build-id. */
static void code_id(struct ntr_symid *id, struct ntr_words w, bool windows)
{
	const char *p;
	u64 stamp, size, v;
	size_t n;

	if (!ntr_words_is(&w, "INFO") || !ntr_words_is(&w, "CODE_ID") ||
	    !ntr_words_next(&w, &p, &n))
		return;
	if (windows) {
		if (n <= 8 || n > 16 || !ntr_hex_text(p, 8, &stamp) ||
		    !ntr_hex_text(p + 8, n - 8, &size))
			return;
		id->timestamp = (u32)stamp;
		id->image_size = (u32)size;
		id->has_image = true;
		return;
	}
	if (n % 2 || n / 2 > sizeof(id->build_id))
		return;
	for (size_t i = 0; i < n / 2; i++) {
		if (!ntr_hex_text(p + 2 * i, 2, &v))
			return;
		id->build_id[i] = (u8)v;
	}
	id->nbuild_id = (unsigned)(n / 2);
}

static enum ntr_st read_header(struct ntr_symsrc *s, struct ntr_lines *l,
			       struct ntr_err *e)
{
	bool windows = false;
	enum ntr_st st = ntr_lines_next(l, e);

	if (st == NTR_END || (!st && !module_record(s, l->w, &windows)))
		return ntr_fail(e, NTR_BAD, "%s, line 1: wants \"MODULE os "
				"architecture id name\"", s->file->name);
	for (unsigned i = 0; st == NTR_OK && i < HEADER_LINES; i++) {
		st = ntr_lines_next(l, e);
		if (st == NTR_OK && ntr_words_is(&(struct ntr_words){ l->w.p,
						 l->w.end }, "INFO"))
			code_id(&s->id, l->w, windows);
	}
	return st == NTR_END ? NTR_OK : st;
}

static enum ntr_st bp_open(struct ntr_symsrc *s, struct ntr_err *e)
{
	struct ntr_lines l;
	enum ntr_st st = ntr_lines_open(&l, s->file, 0, CHUNK, e);

	if (st)
		return st;
	st = read_header(s, &l, e);
	ntr_lines_close(&l);
	if (st)
		return st;
	s->priv = calloc(1, sizeof(struct ntr_bp));
	return s->priv ? NTR_OK : ntr_fail(e, NTR_NOMEM, "out of memory");
}

static void bp_close(struct ntr_symsrc *s)
{
	ntr_bp_free(s->priv);
	free(s->priv);
}

/* --- texts ------------------------------------------------------------------ */

static enum ntr_st nomem(const struct ntr_symsrc *s, struct ntr_err *e)
{
	return ntr_fail(e, NTR_NOMEM, "%s: out of memory", s->file->name);
}

static enum ntr_st changed(const struct ntr_symsrc *s, u64 off,
			   struct ntr_err *e)
{
	return ntr_fail(e, NTR_IO, "%s+0x%" PRIx64 ": changed while it was read",
			s->file->name, off);
}

/* The line at off, in l until that is closed. */
static enum ntr_st read_line(struct ntr_symsrc *s, u64 off,
			     struct ntr_lines *l, struct ntr_err *e)
{
	enum ntr_st st = ntr_lines_open(l, s->file, off, 512, e);

	if (st)
		return st;
	st = ntr_lines_next(l, e);
	if (st)
		ntr_lines_close(l);
	return st == NTR_END ? changed(s, off, e) : st;
}

static enum ntr_st load_name(struct ntr_symsrc *s, struct ntr_bp_span *x,
			     enum ntr_bp_kind kind, struct ntr_err *e)
{
	struct ntr_bp_symbol sym;
	struct ntr_lines l;
	enum ntr_st st;

	if (x->text)
		return NTR_OK;
	st = read_line(s, x->off, &l, e);
	if (st)
		return st;
	if (ntr_bp_symbol(l.w, kind, &sym)) {
		x->text = ntr_arena_strndup(&s->arena, sym.name, sym.nname);
		st = x->text ? NTR_OK : nomem(s, e);
	} else {
		st = changed(s, x->off, e);
	}
	ntr_lines_close(&l);
	return st;
}

static enum ntr_st fill(struct ntr_symsrc *s, struct ntr_bp_span *x,
			enum ntr_bp_kind kind, struct ntr_symbol *out,
			struct ntr_err *e)
{
	enum ntr_st st = load_name(s, x, kind, e);

	if (st)
		return st;
	*out = (struct ntr_symbol){
		.name = x->text, .rva = x->rva, .size = x->size,
		.kind = kind == NTR_BP_FUNC ? NTR_SYM_FUNC : NTR_SYM_PUBLIC,
		.code = kind == NTR_BP_FUNC,
	};
	return NTR_OK;
}

/* ABSENT, with a word on lines that could not be read: it may have been one
 * of those. */
static enum ntr_st absent(const struct ntr_symsrc *s, const char *what,
			  struct ntr_err *e)
{
	if (s->broken)
		return ntr_fail(e, NTR_ABSENT, "%s: no %s; %" PRIu64 " lines "
				"are broken, the first is line %" PRIu64,
				s->file->name, what, s->broken,
				s->broken_line);
	return ntr_fail(e, NTR_ABSENT, "%s: no %s", s->file->name, what);
}

/* --- names -------------------------------------------------------------------- */

static enum ntr_st bp_at(struct ntr_symsrc *s, u64 rva, struct ntr_symbol *out,
			 struct ntr_err *e)
{
	struct ntr_bp *bp = s->priv;
	struct ntr_bp_span *f, *p;
	enum ntr_st st = ntr_bp_index(s, e);

	if (st)
		return st;
	f = ntr_bp_find(&bp->list[NTR_BP_FUNC], rva);
	if (f)
		return fill(s, f, NTR_BP_FUNC, out, e);
	f = ntr_bp_nearest(&bp->list[NTR_BP_FUNC], rva);
	p = ntr_bp_nearest(&bp->list[NTR_BP_PUBLIC], rva);
	if (p && (!f || p->rva > f->rva))
		return fill(s, p, NTR_BP_PUBLIC, out, e);
	return f ? fill(s, f, NTR_BP_FUNC, out, e) :
		   absent(s, "symbol at or below this address", e);
}

static enum ntr_st bp_each(struct ntr_symsrc *s, ntr_symbol_fn *fn, void *ctx,
			   struct ntr_err *e)
{
	struct ntr_bp *bp = s->priv;
	enum ntr_st st = ntr_bp_index(s, e);

	for (enum ntr_bp_kind k = NTR_BP_FUNC; !st && k <= NTR_BP_PUBLIC; k++)
		for (size_t i = 0; !st && i < bp->list[k].n; i++) {
			struct ntr_symbol sym;

			st = fill(s, &bp->list[k].v[i], k, &sym, e);
			if (st == NTR_OK && !fn(ctx, &sym))
				return NTR_OK;
		}
	return st;
}

static int by_hash(const void *a, const void *b)
{
	const struct ntr_bp_name *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	if (x->is_public != y->is_public)
		return x->is_public ? 1 : -1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static enum ntr_st index_names(struct ntr_symsrc *s, struct ntr_err *e)
{
	struct ntr_bp *bp = s->priv;

	if (bp->names.n)
		return NTR_OK;
	for (unsigned k = NTR_BP_FUNC; k <= NTR_BP_PUBLIC; k++)
		for (size_t i = 0; i < bp->list[k].n; i++) {
			struct ntr_bp_name *x = ntr_vec_add(&bp->names);

			if (!x) {
				ntr_vec_fini(&bp->names);
				return nomem(s, e);
			}
			x->hash = bp->list[k].v[i].hash;
			x->index = (u32)i;
			x->is_public = k == NTR_BP_PUBLIC;
		}
	if (bp->names.n)
		qsort(bp->names.v, bp->names.n, sizeof(*bp->names.v), by_hash);
	return NTR_OK;
}

static size_t first_of_hash(const struct ntr_bp *bp, u32 hash)
{
	size_t lo = 0, hi = bp->names.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (bp->names.v[mid].hash < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The stored name wins over one that is the same without decoration. */
static enum ntr_st bp_named(struct ntr_symsrc *s, const char *name,
			    struct ntr_symbol *out, struct ntr_err *e)
{
	struct ntr_bp *bp = s->priv;
	u32 hash = ntr_bp_hash(s->machine, name, strlen(name));
	enum ntr_st st = ntr_bp_index(s, e);
	struct ntr_symbol sym;
	bool found = false;

	if (st == NTR_OK)
		st = index_names(s, e);
	if (st)
		return st;
	for (size_t i = first_of_hash(bp, hash);
	     i < bp->names.n && bp->names.v[i].hash == hash; i++) {
		const struct ntr_bp_name *x = &bp->names.v[i];
		enum ntr_bp_kind k = x->is_public ? NTR_BP_PUBLIC : NTR_BP_FUNC;

		st = fill(s, &bp->list[k].v[x->index], k, &sym, e);
		if (st)
			return st;
		if (!strcmp(sym.name, name)) {
			*out = sym;
			return NTR_OK;
		}
		if (!found && ntr_bp_same(s->machine, sym.name, name)) {
			found = true;
			*out = sym;
		}
	}
	return found ? NTR_OK : absent(s, "symbol of this name", e);
}

/* --- lines -------------------------------------------------------------------- */

static enum ntr_st file_name(struct ntr_symsrc *s, u32 number,
			     const char **out, struct ntr_err *e)
{
	struct ntr_bp *bp = s->priv;
	size_t lo = 0, hi = bp->files.n;
	struct ntr_bp_file *f;
	struct ntr_lines l;
	const char *p;
	enum ntr_st st;
	size_t n;
	u32 v;

	while (lo < hi) { /* the last one of a number */
		size_t mid = lo + (hi - lo) / 2;

		if (bp->files.v[mid].number <= number)
			lo = mid + 1;
		else
			hi = mid;
	}
	f = lo ? &bp->files.v[lo - 1] : NULL;
	*out = "";
	if (!f || f->number != number)
		return NTR_OK;
	if (!f->name) {
		st = read_line(s, f->off, &l, e);
		if (st)
			return st;
		if (ntr_words_is(&l.w, "FILE") && ntr_words_dec32(&l.w, &v) &&
		    ntr_words_rest(&l.w, &p, &n))
			f->name = ntr_arena_strndup(&s->arena, p, n);
		ntr_lines_close(&l);
		if (!f->name)
			return changed(s, f->off, e);
	}
	*out = f->name;
	return NTR_OK;
}

/* The line records of one function, in the file's order. END: no more. */
struct func_lines {
	struct ntr_symsrc *s;
	struct ntr_bp_span *func;
	struct ntr_lines l;
	u64 line;
};

static enum ntr_st next_line(struct func_lines *f, struct ntr_bp_line *out,
			     struct ntr_err *e)
{
	for (;;) {
		enum ntr_st st = ntr_lines_next(&f->l, e);
		struct ntr_words w = f->l.w;

		if (st)
			return st;
		f->line++;
		if (ntr_words_is(&w, "FUNC") || ntr_words_is(&w, "PUBLIC") ||
		    ntr_words_is(&w, "STACK"))
			return NTR_END;
		if (ntr_bp_line(w, out))
			return NTR_OK;
		/* other broken lines were counted when the index was made */
		if (!f->func->checked && w.p < w.end &&
		    ((*w.p >= '0' && *w.p <= '9') ||
		     ((*w.p | 0x20) >= 'a' && (*w.p | 0x20) <= 'f')) &&
		    !ntr_words_is(&w, "FILE"))
			ntr_bp_broken(f->s, f->line);
	}
}

static enum ntr_st lines_of(struct ntr_symsrc *s, struct ntr_bp_span *func,
			    struct func_lines *f, struct ntr_err *e)
{
	enum ntr_st st;

	*f = (struct func_lines){ .s = s, .func = func, .line = func->line };
	st = ntr_lines_open(&f->l, s->file, func->off, CHUNK, e);
	if (st == NTR_OK) {
		st = ntr_lines_next(&f->l, e); /* FUNC itself */
		if (st)
			ntr_lines_close(&f->l);
	}
	return st == NTR_END ? changed(s, func->off, e) : st;
}

static enum ntr_st give_line(struct ntr_symsrc *s, const struct ntr_bp_line *b,
			     struct ntr_line *out, struct ntr_err *e)
{
	struct ntr_line line = { .line = b->line, .rva = b->rva,
				 .size = b->size };
	enum ntr_st st = file_name(s, b->file, &line.file, e);

	if (st == NTR_OK)
		*out = line;
	return st;
}

static enum ntr_st bp_line(struct ntr_symsrc *s, u64 rva, struct ntr_line *out,
			   struct ntr_err *e)
{
	struct ntr_bp *bp = s->priv;
	struct ntr_bp_line b, best = { 0 };
	struct ntr_bp_span *func;
	struct func_lines f;
	bool found = false;
	enum ntr_st st = ntr_bp_index(s, e);

	if (st)
		return st;
	func = ntr_bp_find(&bp->list[NTR_BP_FUNC], rva);
	if (!func)
		return absent(s, "function at this address", e);
	st = lines_of(s, func, &f, e);
	if (st)
		return st;
	while ((st = next_line(&f, &b, e)) == NTR_OK)
		if (b.rva <= rva && rva - b.rva < b.size &&
		    (!found || b.rva > best.rva)) {
			found = true;
			best = b;
		}
	ntr_lines_close(&f.l);
	if (st != NTR_END)
		return st;
	func->checked = true;
	return found ? give_line(s, &best, out, e) :
		       absent(s, "line at this address", e);
}

static enum ntr_st each_line_of(struct ntr_symsrc *s, struct ntr_bp_span *func,
				ntr_line_fn *fn, void *ctx, bool *stop,
				struct ntr_err *e)
{
	struct ntr_bp_line b;
	struct ntr_line line;
	struct func_lines f;
	enum ntr_st st = lines_of(s, func, &f, e);

	if (st)
		return st;
	while (!*stop && (st = next_line(&f, &b, e)) == NTR_OK) {
		st = give_line(s, &b, &line, e);
		if (st)
			break;
		*stop = !fn(ctx, &line);
	}
	ntr_lines_close(&f.l);
	if (st == NTR_END)
		func->checked = true;
	return st == NTR_END ? NTR_OK : st;
}

static enum ntr_st bp_each_line(struct ntr_symsrc *s, ntr_line_fn *fn,
				void *ctx, struct ntr_err *e)
{
	struct ntr_bp *bp = s->priv;
	struct ntr_bp_list *l = &bp->list[NTR_BP_FUNC];
	enum ntr_st st = ntr_bp_index(s, e);
	bool stop = false;

	for (size_t i = 0; st == NTR_OK && !stop && i < l->n; i++)
		st = each_line_of(s, &l->v[i], fn, ctx, &stop, e);
	return st;
}

/* --- unwind records -------------------------------------------------------------- */

static enum ntr_st win(struct ntr_symsrc *s, struct ntr_bp_span *x,
		       struct ntr_uwrec *out, struct ntr_err *e)
{
	struct ntr_bp_win w;
	struct ntr_lines l;
	enum ntr_st st = read_line(s, x->off, &l, e);

	if (st)
		return st;
	if (!ntr_bp_win(l.w, &w))
		st = changed(s, x->off, e);
	else if (w.has_program && !x->text) {
		x->text = ntr_arena_strndup(&s->arena, w.program, w.nprogram);
		st = x->text ? NTR_OK : nomem(s, e);
	}
	ntr_lines_close(&l);
	if (st)
		return st;
	*out = (struct ntr_uwrec){
		.kind = w.type == 4 || w.has_program ? NTR_UW_FRAMEDATA :
						       NTR_UW_FPO,
		.rva = w.rva, .size = w.size, .prolog = w.prolog,
		.params = w.params, .locals = w.locals,
		.saved_regs = w.saved_regs, .max_stack = w.max_stack,
		/* the types 0 … 3 are the values of FPO_DATA.cbFrame */
		.frame = w.type < 4 ? (enum ntr_fpo_frame)w.type : NTR_FPO_FPO,
		.uses_ebp = w.uses_ebp,
		.program = x->text,
	};
	return NTR_OK;
}

/* A program says more than the counts of FPO, so type 4 goes first. */
static enum ntr_st bp_unwind(struct ntr_symsrc *s, u64 rva,
			     struct ntr_uwrec *out, struct ntr_err *e)
{
	struct ntr_bp *bp = s->priv;
	struct ntr_bp_span *x;
	enum ntr_st st = ntr_bp_index(s, e);

	if (st)
		return st;
	x = ntr_bp_find(&bp->list[NTR_BP_FRAME], rva);
	if (x)
		return win(s, x, out, e);
	x = ntr_bp_find(&bp->list[NTR_BP_CFI], rva);
	if (x)
		return ntr_bp_cfi(s, x, rva, out, e);
	x = ntr_bp_find(&bp->list[NTR_BP_FPO], rva);
	return x ? win(s, x, out, e) :
		   absent(s, "unwind record at this address", e);
}

const struct ntr_symsrc_ops ntr_symsrc_breakpad = {
	.name = "breakpad", .descr = "Breakpad symbol file",
	.probe = bp_probe, .open = bp_open, .close = bp_close,
	.at = bp_at, .named = bp_named, .each = bp_each,
	.line = bp_line, .each_line = bp_each_line, .unwind = bp_unwind,
};
