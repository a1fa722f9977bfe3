// SPDX-License-Identifier: Apache-2.0
#include "cookie.h"

#include "../base/record.h"
#include "../fmt/dump.h"
#include "../kobj/symbols.h"
#include "../sym/pe_funcs.h"

#include <stdlib.h>
#include <string.h>

#define MAX_PROLOGUE 512u  /* bytes of a function that are looked at */
#define MAX_TABLES 32u     /* modules whose tables of functions are kept */
#define MAX_FUNCTION 0x10000u
#define MAX_DATA 4096u     /* of a handler */
#define FLAG_HANDLERS 3u   /* UNW_FLAG_EHANDLER, UNW_FLAG_UHANDLER */
#define FLAG_CHAIN 4u

const char *ntr_cookie_state_name(enum ntr_cookie_state s)
{
	return s == NTR_COOKIE_OK ? "ok" : s == NTR_COOKIE_DAMAGED ?
	       "damaged" : "unknown";
}

/* What is kept of a module while a stack is looked at. */
struct table {
	struct ntr_module *m;
	const struct ntr_pe *pe;
	const struct ntr_space *code;
	bool has_cookie;
	u64 cookie;         /* the variable */
	enum ntr_st st;     /* why there is none */
	const char *why;
	struct ntr_pe_funcs funcs;
};

struct look {
	struct ntr_verdict *v;
	struct ntr_cookies *out;
	struct table table[MAX_TABLES];
	unsigned ntables;
	bool guessed; /* a frame inside this one was found by a scan */
	bool nomem;
};

/* --- modules ------------------------------------------------------------------------- */

static void find_pe(struct look *k, struct table *t)
{
	struct ntr_target *tg = k->v->t;

	if (ntr_module_load(tg, t->m))
		t->pe = t->m->pe;
	else if (tg->store)
		(void)ntr_module_image(tg, t->m, &t->pe, &t->code);
	if (tg->store)
		t->code = ntr_module_code(tg, t->m);
	if (!t->code)
		t->code = tg->mem;
}

static void find_cookie(struct look *k, struct table *t)
{
	struct ntr_err e = { "" };

	t->why = "the headers of its image are not in the dump";
	t->st = NTR_FAULT;
	if (!t->pe)
		return;
	t->st = ntr_cookie_variable(t->pe, t->m->base, &t->cookie, &e);
	t->has_cookie = t->st == NTR_OK;
	if (t->st)
		t->why = ntr_arena_printf(&k->v->arena, "%s", e.msg);
	else if (t->pe->pe64 && ntr_pe_funcs_load(&t->funcs, t->pe, NULL))
		k->nomem = true;
}

static struct table *table_of(struct look *k, const struct ntr_module *m)
{
	struct table *t;

	for (unsigned i = 0; i < k->ntables; i++)
		if (k->table[i].m == m)
			return &k->table[i];
	if (k->ntables == MAX_TABLES)
		return NULL;
	t = &k->table[k->ntables++];
	t->m = ntr_target_module(k->v->t, m->base);
	if (t->m) {
		find_pe(k, t);
		find_cookie(k, t);
	}
	return t;
}

/* --- a function ------------------------------------------------------------------------ */

struct function {
	u64 start, len;  /* len 0 unknown */
	u32 data;        /* x64: RVA of its unwind record; 0 none */
	bool part;       /* split off from another */
};

static bool function_x64(const struct table *t, u64 ip, struct function *f)
{
	struct ntr_pe_func fn;
	u32 rva = (u32)(ip - t->m->base);

	if (!ntr_pe_funcs_below(&t->funcs, rva, &fn) || rva >= fn.end)
		return false;
	*f = (struct function){ .start = t->m->base + fn.rva,
				.len = fn.end - fn.rva, .data = fn.data };
	f->part = ntr_pe_funcs_primary(&t->funcs, &fn) != fn.rva;
	return true;
}

/* x86 has no table: the nearest name, when the code there makes a frame. */
static bool function_x86(struct look *k, const struct table *t, u64 ip,
			 struct function *f)
{
	struct ntr_named at;
	u8 b[5];

	if (!ntr_target_name(k->v->t, ip, true, &at) ||
	    at.displacement > MAX_FUNCTION ||
	    ntr_space_read(t->code, ip - at.displacement, b, 5, NULL))
		return false;
	*f = (struct function){ .start = ip - at.displacement,
				.len = at.displacement };
	return !memcmp(b, "\x55\x8b\xec", 3) ||
	       !memcmp(b, "\x8b\xff\x55\x8b\xec", 5);
}

static bool site_in_code(struct look *k, const struct table *t,
			 const struct function *f, struct ntr_cookie_site *s)
{
	u8 code[MAX_PROLOGUE];
	size_t n = f->len && f->len < sizeof(code) ? (size_t)f->len :
						     sizeof(code);

	n = ntr_space_read_some(t->code, f->start, code, n);
	return ntr_cookie_in_code(k->v->t->machine, code, n, f->start,
				  t->cookie, s);
}

/* The record's handler and what is behind it. */
static bool site_in_data(struct look *k, const struct table *t,
			 const struct function *f, struct ntr_cookie_site *s)
{
	u8 head[4], data[MAX_DATA];
	struct ntr_named at;
	struct ntr_bin b;
	u64 va = t->m->base + f->data;
	size_t codes;

	if (!f->data || ntr_space_read(t->code, va, head, 4, NULL) ||
	    !(head[0] >> 3 & FLAG_HANDLERS) || head[0] >> 3 & FLAG_CHAIN)
		return false;
	codes = ((size_t)head[2] + 1) / 2 * 4;
	b = ntr_bin_of(data, ntr_space_read_some(t->code, va + 4 + codes, data,
						 sizeof(data)), "handler", 0);
	va = t->m->base + ntr_bin_u32(&b, "handler");
	if (b.bad || !ntr_target_name(k->v->t, va, false, &at) ||
	    at.displacement)
		return false;
	return !ntr_cookie_in_handler(at.name, &b, head[3] & 15,
				      (head[3] >> 4) * 16u, s, NULL);
}

/* --- a frame ------------------------------------------------------------------------------ */

static u64 base_value(const struct ntr_frame *f, enum ntr_cookie_base b)
{
	return b == NTR_COOKIE_SP ? f->sp : f->fp;
}

static bool needs_fp(const struct ntr_cookie_site *s)
{
	return s->base == NTR_COOKIE_FP || (s->mixed &&
					    s->mix == NTR_COOKIE_FP);
}

/* Entered by a call, so that the prologue has run. */
static bool by_call(const struct ntr_frame *f)
{
	return f->trust != NTR_TRUST_CONTEXT && f->trust != NTR_TRUST_TRAP;
}

static const char *compare(struct look *k, const struct table *t,
			   const struct ntr_frame *f,
			   const struct ntr_cookie_site *s,
			   struct ntr_cookie *c)
{
	const struct ntr_target *tg = k->v->t;
	u64 mask = tg->ptr_size == 8 ? UINT64_MAX : UINT32_MAX;

	if (needs_fp(s) && !f->fp)
		return "the frame register is not known there";
	c->slot = (base_value(f, s->base) + (u64)(s64)s->off) & mask;
	if (ntr_read_ptr(tg->mem, t->cookie, tg->ptr_size, &c->expected))
		return "the module's cookie is not in the dump";
	if (ntr_read_ptr(tg->mem, c->slot, tg->ptr_size, &c->found))
		return "that part of the stack is not in the dump";
	if (s->mixed)
		c->found = (c->found ^ base_value(f, s->mix)) & mask;
	if (c->found == c->expected) {
		c->state = NTR_COOKIE_OK;
		return NULL;
	}
	if (!by_call(f))
		return "the function was interrupted, perhaps before it stored "
		       "its cookie or after it took its frame down";
	if (k->guessed)
		return "a frame inside it was found by a scan, so where it lies "
		       "is a guess";
	c->state = NTR_COOKIE_DAMAGED;
	return NULL;
}

static bool same_site(const struct ntr_cookie_site *a,
		      const struct ntr_cookie_site *b)
{
	return a->base != b->base || (a->off == b->off && a->mix == b->mix);
}

static const char *check(struct look *k, const struct table *t,
			 const struct ntr_frame *f, const struct function *fn,
			 struct ntr_cookie *c, bool *has)
{
	struct ntr_cookie_site code, data;
	bool by_code = site_in_code(k, t, fn, &code);
	bool by_data = site_in_data(k, t, fn, &data);

	*has = by_code || by_data;
	if (!*has)
		return NULL;
	c->evidence = by_code && by_data ? "code and handler data" : by_code ?
		      "code" : "handler data";
	if (by_code && by_data && !same_site(&code, &data))
		return "code and handler data do not agree where it is kept";
	if (by_code && by_data) /* the code says what it is mixed with */
		data.mix = code.mix;
	if (fn->part)
		return "the function is split in parts";
	return compare(k, t, f, by_data ? &data : &code, c);
}

/* How a frame was found has to vouch for its stack pointer, or for its frame
 * pointer on x86. */
static bool trusted(const struct ntr_verdict *v, const struct ntr_frame *f)
{
	switch (f->trust) {
	case NTR_TRUST_CONTEXT:
	case NTR_TRUST_TRAP:
	case NTR_TRUST_CFI:
	case NTR_TRUST_FPO:
		return true;
	case NTR_TRUST_FRAMEPTR:
	case NTR_TRUST_CODE:
		return v->t->machine == NTR_MACHINE_X86;
	default:
		return false;
	}
}

static void add(struct look *k, const struct ntr_cookie *c)
{
	struct ntr_cookie *n = ntr_vec_add(k->out);

	if (n)
		*n = *c;
	else
		k->nomem = true;
}

static void frame(struct look *k, size_t i)
{
	const struct ntr_vframe *f = &k->v->stack.v[i];
	struct ntr_cookie c = { .frame = i };
	struct function fn;
	struct table *t;
	bool has = false;

	k->guessed = f->f.trust == NTR_TRUST_SCAN ||
		     (k->guessed && by_call(&f->f));
	if (!f->module || !trusted(k->v, &f->f))
		return;
	t = table_of(k, f->module);
	if (!t || !t->m || (!t->has_cookie && t->st == NTR_ABSENT)) {
		k->out->looked_at++;
		return;
	}
	if (!t->has_cookie) {
		c.why = t->why;
		add(k, &c);
		return;
	}
	if (!(t->pe->pe64 ? function_x64(t, f->f.ip - by_call(&f->f), &fn) :
			    function_x86(k, t, f->f.ip, &fn)))
		return;
	k->out->looked_at++;
	c.why = check(k, t, &f->f, &fn, &c, &has);
	if (has)
		add(k, &c);
}

enum ntr_st ntr_cookies(struct ntr_verdict *v, struct ntr_cookies *out,
			struct ntr_err *e)
{
	struct ntr_cookies got = { 0 };
	struct look *k = calloc(1, sizeof(*k));
	bool nomem = !k;

	if (v->t->machine != NTR_MACHINE_AMD64 &&
	    v->t->machine != NTR_MACHINE_X86)
		got.why = "cookies of this machine are not looked for";
	else if (!v->stack.n)
		got.why = "there is no stack";
	if (k && !got.why) {
		k->v = v;
		k->out = &got;
		for (size_t i = 0; i < v->stack.n && !k->nomem; i++)
			frame(k, i);
		for (unsigned i = 0; i < k->ntables; i++)
			ntr_pe_funcs_fini(&k->table[i].funcs);
		nomem = k->nomem;
	}
	free(k);
	if (nomem) {
		ntr_cookies_fini(&got);
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	if (!got.why && !got.looked_at && !got.n)
		got.why = "no frame was found by unwind data of a function that "
			  "could be looked at";
	*out = got;
	return NTR_OK;
}

void ntr_cookies_fini(struct ntr_cookies *c)
{
	ntr_vec_fini(c);
	*c = (struct ntr_cookies){ 0 };
}

static int rank(const struct ntr_cookie *c)
{
	return c->state == NTR_COOKIE_DAMAGED ? 2 : c->state == NTR_COOKIE_OK;
}

const struct ntr_cookie *ntr_cookies_worst(const struct ntr_cookies *c)
{
	const struct ntr_cookie *worst = NULL;

	for (size_t i = 0; i < c->n; i++)
		if (!worst || rank(&c->v[i]) > rank(worst))
			worst = &c->v[i];
	return worst;
}
