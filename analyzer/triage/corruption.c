// SPDX-License-Identifier: Apache-2.0
#include "corruption.h"

#include "../base/bits.h"
#include "../base/record.h"
#include "../kobj/list_check.h"
#include "../kobj/priv.h"
#include "../kobj/symbols.h"
#include "chkimg.h"
#include "pooltag.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_LINKS 65536u /* entries of one list */
#define MAX_IMAGES 32u

const char *ntr_damage_kind_name(enum ntr_damage_kind k)
{
	static const char *const name[] = {
#define NTR_DAMAGE_NAME(n, t) t,
		NTR_DAMAGE_KINDS(NTR_DAMAGE_NAME)
#undef NTR_DAMAGE_NAME
	};

	return (size_t)k < NTR_COUNT(name) ? name[k] : "?";
}

struct look {
	const struct ntr_corruption_in *in;
	struct ntr_corruption *out;
	struct ntr_target *t;
	bool nomem;
};

/* An item; its bits are counted here, once for all kinds. NULL: no more. */
static struct ntr_damage *add(struct look *k, const struct ntr_damage *d)
{
	struct ntr_corruption *o = k->out;
	struct ntr_damage *n;

	if (o->n == NTR_DAMAGE_MAX) {
		o->cut = true;
		return NULL;
	}
	n = ntr_vec_add(o);
	if (!n) {
		k->nomem = true;
		return NULL;
	}
	*n = *d;
	if (!n->has_expected || !n->has_found)
		return n;
	n->bits = ntr_bits_changed(n->found, n->expected);
	n->one_bit = ntr_one_bit(n->found, n->expected, &n->bit);
	o->one_bit += n->one_bit;
	return n;
}

/* --- lists ------------------------------------------------------------------------- */

static const struct list {
	const char *name;
	unsigned kdbg; /* its field there */
} lists[] = {
	{ "PsLoadedModuleList", 0x48 },
	{ "PsActiveProcessHead", 0x50 },
	{ "ExpSystemResourcesList", 0x60 },
	{ "KeBugCheckCallbackListHead", 0x80 },
	{ "IopErrorLogListHead", 0x90 },
};

static bool head_of(struct ntr_target *t, const struct list *l, u64 *va)
{
	char name[64];

	*va = ntr_kdbg_u64(&t->priv->kdbg, l->kdbg);
	if (ntr_kernel_va(t, *va))
		return true;
	if (l->kdbg == 0x48 && t->priv->psmods) {
		*va = t->priv->psmods;
		return true;
	}
	snprintf(name, sizeof(name), "nt!%s", l->name);
	return ntr_target_lookup(t, name, va, NULL) == NTR_OK;
}

static void list(struct look *k, const struct list *l)
{
	struct ntr_arena *a = &k->out->arena;
	struct ntr_list_check c;
	u64 head;

	if (!head_of(k->t, l, &head))
		return;
	ntr_list_check(k->t, head, MAX_LINKS, &c);
	/* A head that is not there, or was never made one. */
	if (!c.forward && c.last == head && (!c.next ||
					     c.state == NTR_LIST_UNREADABLE))
		return;
	k->out->looked_at[NTR_DAMAGE_LIST]++;
	if (c.state != NTR_LIST_BROKEN && c.state != NTR_LIST_WILD)
		return;
	add(k, &(struct ntr_damage){
		.kind = NTR_DAMAGE_LIST,
		.address = c.wrong_at ? c.wrong_at : c.last,
		.has_found = true, .has_expected = c.wrong_at != 0,
		.found = c.wrong_at ? c.wrong : c.next, .expected = c.expected,
		.neighbour = ntr_arena_printf(a, "nt!%s, %" PRIu64 " entries "
			"from its head", l->name, c.forward),
		.text = ntr_arena_printf(a, "nt!%s: %s", l->name,
					 ntr_list_state_text(c.state)),
	});
}

/* 0x19, 3: "in a healthy list, parameters 2, 3 and 4 are the same". */
static void list_of_stop(struct look *k)
{
	const struct ntr_verdict *v = k->in->v;

	if (!v->has_bugcheck || v->code != 0x19 || v->arg[0] != 3)
		return;
	for (unsigned i = 2; i < 4; i++)
		if (v->arg[i] != v->arg[1])
			add(k, &(struct ntr_damage){
				.kind = NTR_DAMAGE_LIST,
				.address = v->arg[1], .has_found = true,
				.has_expected = true, .found = v->arg[i],
				.expected = v->arg[1],
				.neighbour = "a free list of pool",
				.text = i == 2 ? "the stop: the next entry of "
					"a free list of pool does not point "
					"back" : "the stop: the previous entry "
					"of a free list of pool does not point "
					"on",
			});
}

static void check_lists(struct look *k)
{
	if (k->t->is_nt && !k->t->priv->user)
		for (size_t i = 0; i < NTR_COUNT(lists); i++)
			list(k, &lists[i]);
	list_of_stop(k);
	if (!k->out->looked_at[NTR_DAMAGE_LIST])
		k->out->why[NTR_DAMAGE_LIST] = "no head of a kernel list is in "
					       "the dump";
}

/* --- pool ---------------------------------------------------------------------------- */

static const char *beside(struct look *k, const struct ntr_pool_check *c)
{
	const char *driver;
	char tag[5];

	if (!c->has_before)
		return NULL;
	driver = ntr_tag_driver(k->t, c->before.tag);
	ntr_pool_tag_text(c->before.tag, tag);
	return ntr_arena_printf(&k->out->arena, "the block in front, of tag %s"
				"%s%s%s", tag, driver ? " (" : "",
				driver ? driver : "", driver ? ")" : "");
}

static void pool_page(struct look *k, const struct ntr_pool_damage *p)
{
	const struct ntr_pool_check *c = &p->check;
	struct ntr_damage d = {
		.kind = NTR_DAMAGE_POOL,
		.address = p->va + (c->has_flip ? c->flip_at : c->bad),
		.neighbour = beside(k, c),
		.text = ntr_pool_fault_text(c->fault),
	};
	u32 word;

	if (ntr_read_u32(k->t->mem, d.address, &word) == NTR_OK) {
		d.has_found = true;
		d.found = word;
		d.has_expected = c->has_flip;
		d.expected = word ^ UINT32_C(1) << (c->flip & 31);
	}
	add(k, &d);
}

static void check_pool(struct look *k)
{
	k->out->looked_at[NTR_DAMAGE_POOL] = k->in->walked;
	k->out->why[NTR_DAMAGE_POOL] = k->in->pages_why;
	for (size_t i = 0; i < k->in->npages && !k->nomem; i++)
		pool_page(k, &k->in->pages[i]);
}

/* --- code ------------------------------------------------------------------------------ */

static u64 bytes_of(const u8 *b, unsigned n)
{
	u64 v = 0;

	for (unsigned i = 0; i < n && i < 8; i++)
		v |= (u64)b[i] << 8 * i;
	return v;
}

static void code_range(struct look *k, const struct ntr_module *m,
		       const struct ntr_code_diff *d, const char *caveat)
{
	char at[128];

	ntr_target_symbolise(k->t, m->base + d->rva, at, sizeof(at));
	add(k, &(struct ntr_damage){
		.kind = NTR_DAMAGE_CODE, .address = m->base + d->rva,
		.has_found = true, .has_expected = true,
		.found = bytes_of(d->found, d->nbytes),
		.expected = bytes_of(d->expected, d->nbytes),
		.neighbour = ntr_arena_printf(&k->out->arena, "%s", at),
		.text = ntr_arena_printf(&k->out->arena, "%" PRIu32 " byte%s of "
			"code are not those of its file%s%s", d->len,
			d->len == 1 ? "" : "s", caveat ? "; " : "",
			caveat ? caveat : ""),
	});
}

static void image(struct look *k, struct ntr_module *m)
{
	struct ntr_chkimg *c = malloc(sizeof(*c));

	if (!c) {
		k->nomem = true;
		return;
	}
	if (!ntr_chkimg(k->t, m, c, NULL)) {
		k->out->looked_at[NTR_DAMAGE_CODE]++;
		for (u32 i = 0; i < c->nranges && i < NTR_CHKIMG_RANGES; i++)
			code_range(k, m, &c->range[i], c->caveat);
	}
	free(c);
}

/* The kernel's image and those of the stack, once each. */
static void check_code(struct look *k)
{
	const struct ntr_verdict *v = k->in->v;
	struct ntr_module *done[MAX_IMAGES];
	unsigned n = 0;

	for (size_t i = 0; i <= v->stack.n && n < MAX_IMAGES && !k->nomem;
	     i++) {
		u64 va = i ? v->stack.v[i - 1].f.ip : k->t->kernel_base;
		struct ntr_module *m = ntr_target_module(k->t, va);
		bool seen = !m;

		for (unsigned j = 0; j < n && !seen; j++)
			seen = done[j] == m;
		if (seen)
			continue;
		done[n++] = m;
		if (k->t->store)
			image(k, m);
	}
	if (!k->out->looked_at[NTR_DAMAGE_CODE])
		k->out->why[NTR_DAMAGE_CODE] = "no image file of the kernel or of "
			"a driver on the stack is at hand to compare with";
}

/* --- cookies ----------------------------------------------------------------------------- */

static void cookie(struct look *k, const struct ntr_cookie *c)
{
	const struct ntr_vframe *f = &k->in->v->stack.v[c->frame];
	char at[128];

	ntr_target_symbolise(k->t, f->f.ip, at, sizeof(at));
	add(k, &(struct ntr_damage){
		.kind = NTR_DAMAGE_COOKIE, .address = c->slot,
		.has_found = true, .has_expected = true, .found = c->found,
		.expected = c->expected,
		.neighbour = ntr_arena_printf(&k->out->arena, "%s", at),
		.text = ntr_arena_printf(&k->out->arena, "the stack cookie of "
			"frame %zu is not its module's", c->frame),
	});
}

static void check_cookies(struct look *k)
{
	const struct ntr_cookies *c = k->in->cookies;

	if (!c) {
		k->out->why[NTR_DAMAGE_COOKIE] = k->in->cookies_why;
		return;
	}
	k->out->looked_at[NTR_DAMAGE_COOKIE] = c->looked_at;
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].state == NTR_COOKIE_DAMAGED)
			cookie(k, &c->v[i]);
}

enum ntr_st ntr_corruption(const struct ntr_corruption_in *in,
			   struct ntr_corruption *out, struct ntr_err *e)
{
	struct look k = { .in = in, .out = out, .t = in->v->t };

	*out = (struct ntr_corruption){ 0 };
	check_lists(&k);
	check_pool(&k);
	check_code(&k);
	check_cookies(&k);
	if (!k.nomem)
		return NTR_OK;
	ntr_corruption_fini(out);
	return ntr_fail(e, NTR_NOMEM, "out of memory");
}

void ntr_corruption_fini(struct ntr_corruption *c)
{
	ntr_vec_fini(c);
	ntr_arena_fini(&c->arena);
	*c = (struct ntr_corruption){ 0 };
}
