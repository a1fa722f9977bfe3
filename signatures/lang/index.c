// SPDX-License-Identifier: Apache-2.0
#include "index.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define MAX_CODES 64u   /* of one block; more are not indexed */
#define MAX_MODULES 4u  /* of one block that are remembered */
#define MAX_LOADED 4096u /* modules of a dump that are looked at */

/* Of a block: every list that is not empty must hold. */
struct sig_keys {
	u64 *code;
	u8 ncodes;
	bool never;          /* two conditions that exclude one another */
	u8 nmodules;
	u32 module[MAX_MODULES];   /* names of the index */
	const char *arch;
	u16 os[4];
	u8 nos;
};

/* A key and a rule that has it; beside a stop code a module that must be there
 * too, plus 1, so that most rules of a code cost a bit. */
struct sig_key {
	u64 key;
	u32 rule, module;
};

struct sig_keyed {
	NTR_VEC(struct sig_key);
};

struct sig_index {
	struct sig_keyed code, module; /* sorted by key */
	struct { NTR_VEC(u32); } always;
	struct { NTR_VEC(const char *); } names;
	u32 *slot;           /* of names, plus 1: open addressing */
	size_t nslots;
};

struct sig_profile {
	bool has_code, has_modules, has_arch, has_os;
	u64 code;
	const char *arch;
	struct ntr_fact os;
	u8 *loaded;          /* a bit for each name of the index */
	struct { NTR_VEC(u32); } names; /* that are loaded */
};

/* --- names of modules ---------------------------------------------------- */

/* In small letters and without the extension; false: too long. */
static bool plain(const char *name, char out[NTR_FACT_KEY])
{
	static const char *const ext[] = { ".sys", ".dll", ".exe" };
	size_t n = strlen(name);

	for (size_t i = 0; i < NTR_COUNT(ext) && n > 4; i++)
		if (!ntr_strcasecmp(name + n - 4, ext[i])) {
			n -= 4;
			break;
		}
	if (!n || n >= NTR_FACT_KEY)
		return false;
	for (size_t i = 0; i < n; i++)
		out[i] = ntr_ascii_lower(name[i]);
	out[n] = 0;
	return true;
}

static size_t hash_of(const char *s)
{
	u64 h = UINT64_C(0xcbf29ce484222325);

	for (; *s; s++)
		h = (h ^ (u8)*s) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32);
}

static u32 *slot_of(const struct sig_index *x, const char *name)
{
	size_t i = hash_of(name) & (x->nslots - 1);

	while (x->slot[i] && strcmp(x->names.v[x->slot[i] - 1], name))
		i = (i + 1) & (x->nslots - 1);
	return &x->slot[i];
}

static bool grow(struct sig_index *x)
{
	size_t n = x->nslots ? x->nslots * 2 : 256;
	u32 *slot;

	if (x->names.n * 2 < x->nslots)
		return true;
	slot = calloc(n, sizeof(*slot));
	if (!slot)
		return false;
	free(x->slot);
	x->slot = slot;
	x->nslots = n;
	for (size_t i = 0; i < x->names.n; i++)
		*slot_of(x, x->names.v[i]) = (u32)i + 1;
	return true;
}

/* Number of a name, made when it is new; false: no memory. */
static bool intern(struct sig_set *s, const char *name, u32 *out)
{
	struct sig_index *x = s->index;
	const char **v;
	u32 *slot;

	if (!grow(x))
		return false;
	slot = slot_of(x, name);
	if (!*slot) {
		v = ntr_vec_add(&x->names);
		if (!v)
			return false;
		*v = ntr_arena_strdup(&s->arena, name);
		if (!*v)
			return false;
		*slot = (u32)x->names.n;
	}
	*out = *slot - 1;
	return true;
}

/* --- what a condition needs ---------------------------------------------- */

static const struct ntr_fact_row *row_of(const struct sig_expr *e)
{
	return e->node == SIG_N_PATH && e->u.path->var < 0 ? e->u.path->row :
							      NULL;
}

static bool is_fact(const struct sig_expr *e, const char *path)
{
	const struct ntr_fact_row *row = row_of(e);

	return row && !strcmp(row->path, path);
}

/* fact == literal, either way round: the literal. */
static const struct sig_expr *equals(const struct sig_expr *e, const char *path)
{
	if (e->node != SIG_N_COMPARE || e->op != SIG_T_EQ)
		return NULL;
	for (unsigned i = 0; i < 2; i++)
		if (is_fact(e->kid[i], path) &&
		    e->kid[!i]->node == SIG_N_LITERAL)
			return e->kid[!i];
	return NULL;
}

struct codes {
	u64 v[MAX_CODES];
	unsigned n;
};

static bool add_code(struct codes *c, const struct sig_expr *literal)
{
	if (c->n == MAX_CODES)
		return false;
	c->v[c->n++] = literal->u.lit.n;
	return true;
}

/* Stop codes with which it may be true; false: others too. */
static bool codes_of(const struct sig_expr *e, struct codes *c)
{
	const struct sig_expr *x = equals(e, "bugcheck.code");

	if (x)
		return add_code(c, x);
	if (e->node == SIG_N_OR) {
		for (unsigned i = 0; i < e->nkids; i++)
			if (!codes_of(e->kid[i], c))
				return false;
		return true;
	}
	if (e->node != SIG_N_IN || e->negated ||
	    !is_fact(e->kid[0], "bugcheck.code") ||
	    e->kid[1]->node != SIG_N_LIST)
		return false;
	for (unsigned i = 0; i < e->kid[1]->nkids; i++)
		if (e->kid[1]->kid[i]->node != SIG_N_LITERAL ||
		    !add_code(c, e->kid[1]->kid[i]))
			return false;
	return true;
}

/* Both hold: what is in the two. False: no memory. */
static bool meet(struct sig_set *s, struct sig_keys *k, const struct codes *c)
{
	u8 n = 0;

	if (!k->code) {
		k->code = ntr_arena_array(&s->arena, c->n + 1, sizeof(*k->code));
		if (!k->code)
			return false;
		memcpy(k->code, c->v, c->n * sizeof(*c->v));
		k->ncodes = (u8)c->n;
		k->never |= !c->n;
		return true;
	}
	for (unsigned i = 0; i < k->ncodes; i++)
		for (unsigned j = 0; j < c->n; j++)
			if (k->code[i] == c->v[j]) {
				k->code[n++] = k->code[i];
				break;
			}
	k->ncodes = n;
	k->never |= !n;
	return true;
}

/* A path below module["name"] that must be there: the name. */
static const char *module_of(const struct sig_expr *e)
{
	const struct ntr_fact_row *row = row_of(e);

	if (!row || strncmp(row->path, "module[\"\"]", 10) ||
	    !strcmp(row->path, "module[\"\"].loaded") || !e->u.path->key ||
	    e->u.path->key->node != SIG_N_LITERAL)
		return NULL;
	return e->u.path->key->u.lit.s;
}

/* The kernel and the HAL are asked for by names that they do not have. */
static bool many_names(const char *p)
{
	return !strcmp(p, "nt") || !strncmp(p, "ntoskrnl", 8) ||
	       !strncmp(p, "ntkr", 4) || !strncmp(p, "hal", 3);
}

static bool add_module(struct sig_set *s, struct sig_keys *k, const char *name)
{
	char p[NTR_FACT_KEY];
	u32 id;

	if (k->nmodules == MAX_MODULES || !plain(name, p) || many_names(p))
		return true;
	if (!intern(s, p, &id))
		return false;
	for (unsigned i = 0; i < k->nmodules; i++)
		if (k->module[i] == id)
			return true;
	k->module[k->nmodules++] = id;
	return true;
}

/* Modules without which it cannot be true. */
static bool modules_of(struct sig_set *s, struct sig_keys *k,
		       const struct sig_expr *e)
{
	bool positive = (e->node == SIG_N_COMPARE || e->node == SIG_N_MATCH ||
			 e->node == SIG_N_IN) && !e->negated;
	bool exists = e->node == SIG_N_CALL && !strcmp(e->u.call.name, "exists");
	const char *name = module_of(e);

	if (name) /* a bool of a module */
		return add_module(s, k, name);
	if (e->node == SIG_N_PATH && e->u.path->row && e->u.path->var < 0 &&
	    !strcmp(e->u.path->row->path, "module[\"\"].loaded") &&
	    e->u.path->key->node == SIG_N_LITERAL)
		return add_module(s, k, e->u.path->key->u.lit.s);
	for (unsigned i = 0; (positive || exists) && i < e->nkids; i++) {
		name = module_of(e->kid[i]);
		if (name && !add_module(s, k, name))
			return false;
	}
	return true;
}

static bool keys_of(struct sig_set *s, const struct sig_block *b)
{
	struct sig_keys *k = b->keys;

	for (size_t i = 0; i < b->nsteps; i++) {
		const struct sig_expr *e = b->step[i].e, *x;
		struct codes c = { .n = 0 };

		if (b->cond[b->step[i].cond].kind != SIG_C_REQUIRE)
			continue;
		if ((codes_of(e, &c) && !meet(s, k, &c)) ||
		    !modules_of(s, k, e))
			return false;
		x = equals(e, "machine.arch");
		if (x)
			k->arch = x->u.lit.s;
		x = equals(e, "os.version");
		if (x) {
			memcpy(k->os, x->u.lit.version, sizeof(k->os));
			k->nos = (u8)x->u.lit.nversion;
		}
	}
	return true;
}

/* --- the index ----------------------------------------------------------- */

static bool push(struct sig_keyed *v, u64 key, u32 rule, u32 module)
{
	struct sig_key *x = ntr_vec_add(v);

	if (x)
		*x = (struct sig_key){ key, rule, module };
	return x != NULL;
}

static bool always(struct sig_index *x, u32 rule)
{
	u32 *slot = ntr_vec_add(&x->always);

	if (slot)
		*slot = rule;
	return slot != NULL;
}

static bool add_block(struct sig_index *x, const struct sig_keys *k, u32 rule)
{
	if (k->never)
		return true;
	for (unsigned i = 0; i < k->ncodes; i++)
		if (!push(&x->code, k->code[i], rule,
			  k->nmodules ? k->module[0] + 1 : 0))
			return false;
	if (k->ncodes)
		return true;
	if (k->nmodules)
		return push(&x->module, k->module[0], rule, 0);
	return always(x, rule);
}

bool sig_judged(const struct sig_code *r, const struct sig_block *b)
{
	for (size_t i = 0; i < r->nblocks; i++)
		if (!r->block[i].trace)
			return !b->trace;
	return true;
}

static bool add_rule(struct sig_set *s, struct sig_code *r)
{
	for (size_t i = 0; i < r->nblocks; i++) {
		struct sig_block *b = &r->block[i];

		b->keys = ntr_arena_alloc(&s->arena, sizeof(*b->keys));
		if (!b->keys || !keys_of(s, b))
			return false;
		if (sig_judged(r, b) &&
		    !add_block(s->index, b->keys, (u32)r->number))
			return false;
	}
	return true;
}

static int by_key(const void *a, const void *b)
{
	const struct sig_key *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

static void sort(struct sig_keyed *v)
{
	if (v->n)
		qsort(v->v, v->n, sizeof(*v->v), by_key);
}

enum ntr_st sig_index_make(struct sig_set *s, struct ntr_err *e)
{
	s->index = calloc(1, sizeof(*s->index));
	if (!s->index || !grow(s->index))
		return ntr_fail(e, NTR_NOMEM, "no memory for the index of rules");
	for (size_t i = 0; i < s->rules.n; i++)
		if (!add_rule(s, s->rules.v[i]))
			return ntr_fail(e, NTR_NOMEM, "no memory for the index "
					"of rules");
	sort(&s->index->code);
	sort(&s->index->module);
	return NTR_OK;
}

void sig_index_free(struct sig_index *x)
{
	if (!x)
		return;
	ntr_vec_fini(&x->code);
	ntr_vec_fini(&x->module);
	ntr_vec_fini(&x->always);
	ntr_vec_fini(&x->names);
	free(x->slot);
	free(x);
}

/* --- a dump -------------------------------------------------------------- */

static bool ask(const struct sig_set *s, struct ntr_facts *f, const char *path,
		struct ntr_fact *out)
{
	const struct ntr_fact_row *row = sig_schema_find(s->schema, path);
	struct ntr_fact_at at = { .nindexes = 0 };

	if (!row)
		return false;
	ntr_fact_eval(f, row, &at, out);
	return out->state == NTR_FACT_KNOWN;
}

/* A module's name, or its file's. */
static void note(const struct sig_index *x, struct sig_profile *p,
		 const struct ntr_fact *name)
{
	char out[NTR_FACT_KEY];
	u32 id;

	if (name->state != NTR_FACT_KNOWN || !plain(name->s, out))
		return;
	id = *slot_of(x, out);
	if (!id || p->loaded[(id - 1) / 8] & 1u << (id - 1) % 8)
		return;
	p->loaded[(id - 1) / 8] |= (u8)(1u << (id - 1) % 8);
	p->names.v[p->names.n++] = id - 1;
}

static bool loaded(const struct sig_set *s, struct ntr_facts *f,
		   struct sig_profile *p, struct ntr_arena *a)
{
	const struct sig_index *x = s->index;
	const struct ntr_fact_row *row[2] = {
		sig_schema_find(s->schema, "modules[].name"),
		sig_schema_find(s->schema, "modules[].image"),
	};
	struct ntr_fact list, whole, v;

	if (!x->names.n || !row[0] || !row[1] ||
	    !ask(s, f, "modules_whole", &whole) || !whole.n ||
	    !ask(s, f, "modules", &list) || list.n > MAX_LOADED)
		return true;
	p->loaded = ntr_arena_alloc(a, x->names.n / 8 + 1);
	p->names.v = ntr_arena_array(a, x->names.n, sizeof(*p->names.v));
	if (!p->loaded || !p->names.v)
		return false;
	for (u64 i = 0; i < list.n; i++)
		for (unsigned k = 0; k < 2; k++) {
			struct ntr_fact_at at = { .index = { i },
						  .nindexes = 1 };

			ntr_fact_eval(f, row[k], &at, &v);
			note(x, p, &v);
		}
	p->has_modules = true;
	return true;
}

struct sig_profile *sig_profile_new(const struct sig_set *s,
				    struct ntr_facts *f, struct ntr_arena *a)
{
	struct sig_profile *p = ntr_arena_alloc(a, sizeof(*p));
	struct ntr_fact v;

	if (!p)
		return NULL;
	p->has_code = ask(s, f, "bugcheck.code", &v);
	p->code = p->has_code ? v.n : 0;
	p->has_arch = ask(s, f, "machine.arch", &v);
	p->arch = p->has_arch ? v.s : NULL;
	p->has_os = ask(s, f, "os.version", &p->os);
	return loaded(s, f, p, a) ? p : NULL;
}

static bool has_module(const struct sig_profile *p, u32 id)
{
	return p->loaded[id / 8] & 1u << id % 8;
}

static bool same_os(const struct ntr_fact *f, const struct sig_keys *k)
{
	for (unsigned i = 0; i < 4; i++)
		if ((i < f->nversion ? f->version[i] : 0) !=
		    (i < k->nos ? k->os[i] : 0))
			return false;
	return true;
}

static bool passes(const struct sig_profile *p, const struct sig_keys *k)
{
	bool code = !k->ncodes || !p->has_code;

	if (k->never)
		return false;
	for (unsigned i = 0; !code && i < k->ncodes; i++)
		code = k->code[i] == p->code;
	if (!code)
		return false;
	for (unsigned i = 0; p->has_modules && i < k->nmodules; i++)
		if (!has_module(p, k->module[i]))
			return false;
	if (p->has_arch && k->arch && ntr_strcasecmp(k->arch, p->arch))
		return false;
	return !p->has_os || !k->nos || same_os(&p->os, k);
}

bool sig_passes(const struct sig_set *s, const struct sig_profile *p,
		const struct sig_code *r)
{
	(void)s;
	for (size_t i = 0; i < r->nblocks; i++)
		if (sig_judged(r, &r->block[i]) && passes(p, r->block[i].keys))
			return true;
	return false;
}

static size_t first(const struct sig_keyed *v, u64 key)
{
	size_t lo = 0, hi = v->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v->v[mid].key < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool take(const struct sig_set *s, const struct sig_profile *p, u32 rule,
		 struct sig_numbers *out)
{
	u32 *slot;

	if (!sig_passes(s, p, s->rules.v[rule]))
		return true;
	slot = ntr_vec_add(out);
	if (slot)
		*slot = rule;
	return slot != NULL;
}

/* Rules of a key, or of all keys. */
static bool take_key(const struct sig_set *s, const struct sig_profile *p,
		     const struct sig_keyed *v, bool all, u64 key,
		     struct sig_numbers *out)
{
	for (size_t i = all ? 0 : first(v, key);
	     i < v->n && (all || v->v[i].key == key); i++) {
		const struct sig_key *x = &v->v[i];

		if (x->module && p->has_modules &&
		    !has_module(p, x->module - 1))
			continue;
		if (!take(s, p, x->rule, out))
			return false;
	}
	return true;
}

static int by_number(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

/* A rule of several blocks is found several times. */
static void once(struct sig_numbers *v)
{
	size_t n = 0;

	if (v->n)
		qsort(v->v, v->n, sizeof(*v->v), by_number);
	for (size_t i = 0; i < v->n; i++)
		if (!n || v->v[n - 1] != v->v[i])
			v->v[n++] = v->v[i];
	v->n = n;
}

bool sig_candidates(const struct sig_set *s, const struct sig_profile *p,
		    struct sig_numbers *out)
{
	const struct sig_index *x = s->index;

	if (!take_key(s, p, &x->code, !p->has_code, p->code, out))
		return false;
	if (!p->has_modules && !take_key(s, p, &x->module, true, 0, out))
		return false;
	for (size_t i = 0; p->has_modules && i < p->names.n; i++)
		if (!take_key(s, p, &x->module, false, p->names.v[i], out))
			return false;
	for (size_t i = 0; i < x->always.n; i++)
		if (!take(s, p, x->always.v[i], out))
			return false;
	once(out);
	return true;
}
